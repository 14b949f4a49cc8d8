#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>

namespace guanxi::share {

/// P(supplier j holds the largest share), for all j, when the shares are normalised independent gammas.
///
/// Takes   shape, rate: of each supplier, > 0; rate empty = all equal (a Dirichlet); out: as long as shape.
///         points: nodes of the integral (64 gives about 1e-6, 24 about 1e-3).
/// Gives   probabilities that sum to 1. Suppliers that cannot compete (mean more than 9 standard deviations of both
/// below the
///         top) get 0 without any integral.
/// Fails   errc::size_mismatch; errc::out_of_domain for a shape or rate not above 0.
/// Costs   O(points x suppliers that compete), about 150 ns each.
/// Source  P(j) = Int f_j(v) prod_{k != j} F_k(v) dv, by the trapezoid rule in ln v.
inline void p_largest(std::span<const double> shape, std::span<const double> rate, std::span<double> out,
                      std::size_t points = 64) {
  const std::size_t n = shape.size();
  if (out.size() != n || (!rate.empty() && rate.size() != n))
    throw error(errc::size_mismatch, "share::p_largest: 'shape' has " + std::to_string(n) + " entries, 'rate' " +
                                         std::to_string(rate.size()) + ", 'out' " + std::to_string(out.size()));
  const auto b = [&](std::size_t j) { return rate.empty() ? 1.0 : rate[j]; };
  std::size_t top = 0;
  for (std::size_t j = 0; j < n; ++j) {
    if (!(shape[j] > 0) || !(b(j) > 0))
      throw error(errc::out_of_domain, "share::p_largest: supplier " + std::to_string(j) + " has shape " +
                                           std::to_string(shape[j]) + " and rate " + std::to_string(b(j)) +
                                           "; both must be above 0");
    out[j] = 0.0;
    if (shape[j] / b(j) > shape[top] / b(top)) top = j;
  }
  if (n == 0) return;
  std::vector<std::size_t> rivals;
  const double mean = shape[top] / b(top), spread = std::sqrt(shape[top]) / b(top);
  for (std::size_t j = 0; j < n; ++j) {
    const double gap = mean - shape[j] / b(j);
    if (j == top || gap < 4.5 * (spread + (std::sqrt(shape[j]) + 1.0) / b(j))) rivals.push_back(j);
  }
  if (rivals.size() == 1) {
    out[top] = 1.0;
    return;
  }
  // The largest value lies where the product of all distribution functions rises from 0 to 1.
  double low = 0.0, high = 0.0;
  for (const std::size_t j : rivals) {
    const double a = shape[j], m = a / b(j);
    const double up = (a + 8.0 * std::sqrt(a) + 25.0) / b(j);
    double down = 0.0;
    if (a > 1) {
      const double root = 1.0 - 1.0 / (9.0 * a) - 7.0 / (3.0 * std::sqrt(a));  // Wilson-Hilferty, 7 standard deviations
      down = root > 0 ? m * root * root * root : 0.0;
    }
    if (down <= 0) down = std::exp(std::max(-700.0, (-30.0 + lgamma(a + 1.0)) / a)) / b(j);
    low = std::max(low, down);
    high = std::max(high, up);
  }
  const double from = std::log(low), step = (std::log(high) - from) / static_cast<double>(points - 1);
  std::vector<double> log_cdf(rivals.size());
  double total = 0.0;
  for (std::size_t q = 0; q < points; ++q) {
    const double v = std::exp(from + step * static_cast<double>(q));
    double all = 0.0;
    for (std::size_t i = 0; i < rivals.size(); ++i) {
      const std::size_t j = rivals[i];
      log_cdf[i] = std::log(std::max(gamma_cdf(b(j) * v, shape[j]), 1e-300));
      all += log_cdf[i];
    }
    if (all < -600) continue;
    for (std::size_t i = 0; i < rivals.size(); ++i) {
      const std::size_t j = rivals[i];
      const double density = shape[j] * guanxi::detail::gamma_front(shape[j], b(j) * v);  // of ln v
      const double mass = density * std::exp(all - log_cdf[i]);
      out[j] += mass;
      total += mass;
    }
  }
  for (const std::size_t j : rivals) out[j] = total > 0 ? out[j] / total : (j == top ? 1.0 : 0.0);
}

}  // namespace guanxi::share
