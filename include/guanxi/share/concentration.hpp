#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>

namespace guanxi::share {

/// How concentrated one customer's purchases (or one market) are.
struct concentration_of {
  double hhi = unknown;           // sum of squared shares, 1/n .. 1
  double effective = unknown;     // 1 / hhi: that many equal suppliers
  double exp_entropy = unknown;   // exp(-sum s ln s): another effective number, gentler to small suppliers
  double hall_tideman = unknown;  // 1 / (2 sum rank s - 1), rank 1 = largest
  double kwoka = unknown;         // sum of squared gaps between neighbours in rank: how far the first stand out
  std::vector<double> cr;         // cr[k - 1] = share of the k largest together
};

namespace detail {
inline double positive_sum(std::span<const double> share, const char* who) {
  double total = 0.0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (!(share[i] >= 0) || share[i] - share[i] != 0)
      throw error(errc::out_of_domain, std::string(who) + ": 'share' has " + std::to_string(share[i]) + " at " +
                                           std::to_string(i) + ", it must be at least 0 and finite");
    total += share[i];
  }
  return total;
}
}  // namespace detail

/// Sum of squared shares (Herfindahl 1950, Hirschman 1945).
///
/// Takes   shares or amounts, >= 0, in any order; they are divided by their sum first.
/// Gives   1/n .. 1; NaN when the sum is 0. Fails errc::out_of_domain for a negative or non-finite share. Costs O(n).
[[nodiscard]] inline double hhi(std::span<const double> share) {
  const double total = detail::positive_sum(share, "share::hhi");
  double squares = 0.0;
  for (const double s : share) squares += (s / total) * (s / total);
  return total > 0 ? squares : unknown;
}

/// hhi of every customer: out[c] = hhi of the shares with customer code c.
///
/// Takes   share and customer of equal length, customers in any order; out: as many entries as customers.
/// Gives   NaN for a customer without rows. Fails errc::size_mismatch, errc::out_of_domain. Costs O(rows).
inline void hhi(std::span<const double> share, std::span<const std::uint32_t> customer, std::span<double> out) {
  if (share.size() != customer.size())
    throw error(errc::size_mismatch, "share::hhi: 'customer' has " + std::to_string(customer.size()) +
                                         " entries, 'share' has " + std::to_string(share.size()));
  (void)detail::positive_sum(share, "share::hhi");
  std::vector<double> total(out.size(), 0.0);
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (customer[i] >= out.size())
      throw error(errc::out_of_domain, "share::hhi: 'customer' has code " + std::to_string(customer[i]) +
                                           ", there are " + std::to_string(out.size()) + " customers");
    total[customer[i]] += share[i];
    out[customer[i]] += share[i] * share[i];
  }
  for (std::size_t c = 0; c < out.size(); ++c) out[c] = total[c] > 0 ? out[c] / (total[c] * total[c]) : unknown;
}

/// All measures of concentration at once.
///
/// Takes   shares or amounts, >= 0; they are divided by their sum first.
/// Gives   the measures; all NaN and cr empty when the sum is 0.
/// Fails   errc::out_of_domain for a negative or non-finite share.
/// Costs   O(n log n).
/// Source  Hall and Tideman (1967), JASA 62, 162-168; Kwoka (1977), dominance index.
/// Beware  of estimated shares: the mean of hhi over draws exceeds hhi of the means by the sum of their variances.
[[nodiscard]] inline concentration_of concentration(std::span<const double> share) {
  const double total = detail::positive_sum(share, "share::concentration");
  concentration_of out;
  if (!(total > 0)) return out;
  std::vector<double> s(share.begin(), share.end());
  std::sort(s.begin(), s.end(), std::greater<>());
  double squares = 0.0, entropy = 0.0, ranks = 0.0, gaps = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    s[i] /= total;
    squares += s[i] * s[i];
    if (s[i] > 0) entropy -= s[i] * std::log(s[i]);
    ranks += static_cast<double>(i + 1) * s[i];
    if (i > 0) gaps += (s[i - 1] - s[i]) * (s[i - 1] - s[i]);
    out.cr.push_back(sum += s[i]);
  }
  out.hhi = squares;
  out.effective = 1.0 / squares;
  out.exp_entropy = std::exp(entropy);
  out.hall_tideman = 1.0 / (2.0 * ranks - 1.0);
  out.kwoka = gaps;
  return out;
}

/// Share from which the largest of a market counts as dominant: (1 - g (s1^2 - s2^2)) / 2.
///
/// Takes   s1 >= s2, the two largest shares; g in [0, 1], how much a gap to the second matters.
/// Gives   the threshold; the largest is dominant when s1 exceeds it.
/// Fails   errc::out_of_domain.  Costs O(1).
/// Source  Melnik, Shy and Stenbacka (2008), J. Econ. Behav. Organ. 67.
[[nodiscard]] inline double dominance_threshold(double s1, double s2, double g = 1.0) {
  if (!(s1 >= s2 && s2 >= 0 && s1 + s2 <= 1.0 + 1e-12) || !(g >= 0 && g <= 1))
    throw error(errc::out_of_domain, "share::dominance_threshold: 's1' " + std::to_string(s1) + ", 's2' " +
                                         std::to_string(s2) + ", 'g' " + std::to_string(g) +
                                         "; wanted s1 >= s2 >= 0, s1 + s2 <= 1 and g between 0 and 1");
  return 0.5 * (1.0 - g * (s1 * s1 - s2 * s2));
}

}  // namespace guanxi::share
