#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/share/beta_ends.hpp>
#include <guanxi/share/p_largest.hpp>

namespace guanxi::share {

/// What is known of the concentration of one customer or market whose shares follow a Dirichlet law.
struct concentration_posterior {
  double hhi = 0.0, hhi_low = 0.0, hhi_high = 0.0;  // mean (exact) and interval
  double hhi_of_mean = 0.0;                         // of the mean shares: lower, since spread adds to the squares
  double effective = 0.0, effective_low = 0.0, effective_high = 0.0;  // 1 / hhi, median and interval
  double lead = 0.0, lead_low = 0.0, lead_high = 0.0;  // largest share less the second, mean and interval
  std::vector<double> p_largest;                       // by supplier
  std::vector<double> p_dominant;                      // P(share > (1 - g (s1^2 - s2^2)) / 2 and largest)
  std::vector<double> p_half;                          // P(share > 1/2)
};

namespace detail {
/// The value below which a part p of sorted draws lies, between neighbours in proportion.
inline double sorted_quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}
}  // namespace detail

/// Concentration and dominance when the shares are known with error.
///
/// Takes   alpha: Dirichlet parameter of every supplier, > 0 (what is bought on average plus what was seen, in counts);
///         level; draws >= 2 for what has no closed form; seed; g of dominance_threshold.
/// Gives   E hhi exactly, sum a (a + 1) / (S (S + 1)); p_largest by an integral, p_half by the beta law; the others over
///         draws.
/// Fails   errc::out_of_domain. Costs O(draws x suppliers), some 100 ns each.
/// Source  moments of the Dirichlet law; dominance: Melnik, Shy and Stenbacka (2008), Journal of Economic Behavior and
///         Organization 66, 466-477.
[[nodiscard]] inline concentration_posterior posterior_concentration(std::span<const double> alpha, double level = 0.9,
                                                                     int draws = 2000, std::uint64_t seed = 0,
                                                                     double g = 1.0) {
  const std::size_t n = alpha.size();
  const auto fail = [](const std::string& what) {
    throw error(errc::out_of_domain, "share::posterior_concentration: " + what);
  };
  if (n == 0) fail("'alpha' is empty");
  if (!(level > 0 && level < 1)) fail("'level' is " + std::to_string(level) + ", it must lie between 0 and 1");
  if (draws < 2) fail("'draws' is " + std::to_string(draws) + ", it must be at least 2");
  double sum = 0.0;
  for (std::size_t j = 0; j < n; ++j) {
    if (!(alpha[j] > 0 && alpha[j] <= std::numeric_limits<double>::max()))
      fail("'alpha' is " + std::to_string(alpha[j]) + " at " + std::to_string(j) + ", it must be above 0 and finite");
    sum += alpha[j];
  }
  concentration_posterior out;
  for (const double a : alpha) {
    out.hhi += a / sum * ((a + 1.0) / (sum + 1.0));
    out.hhi_of_mean += a / sum * (a / sum);
    out.p_half.push_back(n == 1 ? 1.0 : beta_law(a, sum - a).above_half());
  }
  out.p_largest.resize(n);
  p_largest(alpha, {}, out.p_largest, 200);
  out.p_dominant.assign(n, 0.0);
  std::vector<double> square, effective, lead, share(n);
  for (int d = 0; d < draws; ++d) {
    random_stream stream(seed, static_cast<std::uint64_t>(d), 23);
    stream.dirichlet(alpha, share);
    double h = 0.0, first = 0.0, second = 0.0;
    std::size_t top = 0;
    for (std::size_t j = 0; j < n; ++j) {
      h += share[j] * share[j];
      if (share[j] > first)
        second = first, first = share[j], top = j;
      else
        second = std::max(second, share[j]);
    }
    square.push_back(h);
    effective.push_back(1.0 / h);
    lead.push_back(first - second);
    out.lead += (first - second) / draws;
    if (first > 0.5 * (1.0 - g * (first * first - second * second))) out.p_dominant[top] += 1.0 / draws;
  }
  const double tail = 0.5 * (1.0 - level);
  for (auto* v : {&square, &effective, &lead}) std::sort(v->begin(), v->end());
  out.hhi_low = detail::sorted_quantile(square, tail);
  out.hhi_high = detail::sorted_quantile(square, 1.0 - tail);
  out.effective = detail::sorted_quantile(effective, 0.5);
  out.effective_low = detail::sorted_quantile(effective, tail);
  out.effective_high = detail::sorted_quantile(effective, 1.0 - tail);
  out.lead_low = detail::sorted_quantile(lead, tail);
  out.lead_high = detail::sorted_quantile(lead, 1.0 - tail);
  return out;
}

}  // namespace guanxi::share
