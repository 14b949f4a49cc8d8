#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/tier_parameters.hpp>
#include <guanxi/relation/tier_settings.hpp>

namespace guanxi::relation::detail {

/// One period ahead: a <- a Q(z).
inline void step(const tier_parameters& q, std::span<const double> z, std::span<double> a) {
  const std::size_t S = a.size();
  std::array<double, 8> next{}, row{};
  for (std::size_t r = 0; r < S; ++r) {
    const double* m = q.moves.data() + r * S;
    if (q.driven.covariates > 0) q.driven.row(r, z, row.data()), m = row.data();
    for (std::size_t s = 0; s < S; ++s) next[s] += a[r] * m[s];
  }
  std::copy_n(next.begin(), S, a.begin());
}

/// Probability above and below state r.
inline void sides(std::span<const double> a, std::size_t r, double& up, double& down) {
  up = down = 0.0;
  for (std::size_t s = 0; s < a.size(); ++s) (s > r ? up : down) += s == r ? 0.0 : a[s];
}
/// 5 and 95 % of draws, which hold the estimate; NaN without draws.
inline void quantiles(std::vector<double> x, double estimate, double& low, double& high) {
  low = high = unknown;
  if (x.empty()) return;
  std::sort(x.begin(), x.end());
  const auto at = [&](double p) {
    const double place = p * static_cast<double>(x.size() - 1);
    const auto i = static_cast<std::size_t>(place);
    return x[i] + (place - static_cast<double>(i)) * (x[std::min(i + 1, x.size() - 1)] - x[i]);
  };
  low = std::min(at(0.05), estimate), high = std::max(at(0.95), estimate);
}
/// Mean and 90 % interval of a column when the states have probabilities a.
inline void mixture(const emission& e, std::span<const double> a, tier_forecast::column& out, std::size_t at) {
  double mean = 0.0, top = 0.0;
  for (std::size_t s = 0; s < a.size(); ++s)
    mean += a[s] * expectation(e, s), top = std::max(top, expectation(e, s));
  out.mean[at] = mean;
  const bool whole = e.kind != family::log_normal && e.kind != family::beta && e.kind != family::normal;
  const auto cdf = [&](double y) {
    double total = 0.0;
    for (std::size_t s = 0; s < a.size(); ++s) total += a[s] > 1e-12 ? a[s] * distribution(e, s, y) : 0.0;
    return total;
  };
  const auto quantile = [&](double p) {
    double low = 0.0, high = std::max(1.0, top);
    if (e.kind == family::normal) {
      low = high = mean;
      double width = 1.0;
      for (const double v : e.spread) width = std::max(width, std::sqrt(v));
      while (cdf(low) > p) low -= width, width *= 2.0;
    }
    if (cdf(low) >= p && !(e.kind == family::normal)) return low;
    double reach = std::max(1.0, std::fabs(high));
    while (cdf(high) < p && reach < 1e300) high += reach, reach *= 2.0;
    for (int i = 0; i < 200 && high - low > (whole ? 1.0 : 1e-9 * (1.0 + std::fabs(high))); ++i) {
      const double middle = whole ? std::floor(0.5 * (low + high)) : 0.5 * (low + high);
      (cdf(middle) < p ? low : high) = middle;
    }
    return whole ? std::ceil(high) : high;
  };
  out.low[at] = quantile(0.05), out.high[at] = quantile(0.95);
}

}  // namespace guanxi::relation::detail
