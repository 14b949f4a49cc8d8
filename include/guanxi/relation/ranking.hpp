#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/relation/criteria.hpp>

namespace guanxi::relation {

/// TOPSIS: closeness to the best of every criterion, D- / (D+ + D-) on columns scaled by their norm; 0 to 1, more is
/// better. Fails as check of criteria (size_mismatch, not_finite, out_of_domain). Costs two passes, O(n m). Source
/// Hwang and Yoon (1981). Beware: an added account can turn the order of two others.
[[nodiscard]] inline std::vector<double> topsis(const criteria& c) {
  const auto k = detail::check_criteria("topsis", c);
  const std::size_t n = k.n, m = k.m;
  std::vector<double> norm(m), low, high, out(n);
  for (std::size_t i = 0; i < c.x.size(); ++i) norm[i % m] += c.x[i] * c.x[i];
  detail::column_ends(c.x, m, low, high);
  for (std::size_t j = 0; j < m; ++j) {
    norm[j] = norm[j] > 0.0 ? k.weight[j] / std::sqrt(norm[j]) : 0.0;
    if (k.sign[j] < 0.0) std::swap(low[j], high[j]);  // high: the ideal
  }
  for (std::size_t i = 0; i < n; ++i) {
    double best = 0.0, worst = 0.0;
    for (std::size_t j = 0; j < m; ++j) {
      const double a = (c.x[i * m + j] - high[j]) * norm[j], b = (c.x[i * m + j] - low[j]) * norm[j];
      best += a * a, worst += b * b;
    }
    best = std::sqrt(best), worst = std::sqrt(worst);
    out[i] = best + worst > 0.0 ? worst / (best + worst) : 0.5;
  }
  return out;
}

/// What VIKOR gives; less is better in all three.
struct vikor_scores {
  std::vector<double> s, r, q;  // group regret, largest single regret, compromise
};

/// VIKOR: q = v (S - S*) / (S- - S*) + (1 - v) (R - R*) / (R- - R*). A criterion that is the same for all counts 0.
/// Fails as topsis, and errc::out_of_domain for v outside [0, 1]. Costs O(n m).
/// Source  Opricovic and Tzeng (2004), European J. of Operational Research 156, 445-455.
[[nodiscard]] inline vikor_scores vikor(const criteria& c, double v = 0.5) {
  const auto k = detail::check_criteria("vikor", c);
  if (!(v >= 0.0 && v <= 1.0))
    throw error(errc::out_of_domain, "relation::vikor: 'v' is " + std::to_string(v) + ", want 0 to 1");
  const std::size_t n = k.n, m = k.m;
  std::vector<double> low, high;
  detail::column_ends(c.x, m, low, high);
  vikor_scores out;
  out.s.assign(n, 0.0), out.r.assign(n, 0.0), out.q.assign(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      const double width = high[j] - low[j];
      const double away =
          width > 0.0 ? k.weight[j] * (k.sign[j] > 0.0 ? high[j] - c.x[i * m + j] : c.x[i * m + j] - low[j]) / width
                      : 0.0;
      out.s[i] += away, out.r[i] = std::max(out.r[i], away);
    }
  }
  if (n == 0) return out;
  const auto [s0, s1] = std::minmax_element(out.s.begin(), out.s.end());
  const auto [r0, r1] = std::minmax_element(out.r.begin(), out.r.end());
  for (std::size_t i = 0; i < n; ++i) {
    out.q[i] = (*s1 > *s0 ? v * (out.s[i] - *s0) / (*s1 - *s0) : 0.0) +
               (*r1 > *r0 ? (1.0 - v) * (out.r[i] - *r0) / (*r1 - *r0) : 0.0);
  }
  return out;
}

/// SPOTIS: weighted distance to the best corner of fixed bounds; less is better. Free of rank reversal, since an
/// account's score does not depend on the others. Takes   bounds: m x 2 (low, high), which hold all values. Fails as
/// topsis; errc::out_of_domain for a value outside. Costs O(n m). Source: Dezert et al. (2020), FUSION 2020.
[[nodiscard]] inline std::vector<double> spotis(const criteria& c, std::span<const double> bounds) {
  const auto k = detail::check_criteria("spotis", c);
  const std::size_t n = k.n, m = k.m;
  if (bounds.size() != 2 * m) {
    throw error(errc::size_mismatch, "relation::spotis: 'bounds' has " + std::to_string(bounds.size()) +
                                         " entries, want " + std::to_string(2 * m) + " (low and high a criterion)");
  }
  for (std::size_t j = 0; j < m; ++j) {
    if (!(bounds[2 * j] < bounds[2 * j + 1]))
      throw error(errc::out_of_domain,
                  "relation::spotis: 'bounds' of criterion " + std::to_string(j) + " are not low < high");
  }
  std::vector<double> out(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      const double x = c.x[i * m + j], low = bounds[2 * j], high = bounds[2 * j + 1];
      if (!(x >= low && x <= high)) {
        throw error(errc::out_of_domain, "relation::spotis: 'x' is outside 'bounds' in row " + std::to_string(i) +
                                             ", column " + std::to_string(j));
      }
      out[i] += k.weight[j] * (k.sign[j] > 0.0 ? high - x : x - low) / (high - low);
    }
  }
  return out;
}

}  // namespace guanxi::relation
