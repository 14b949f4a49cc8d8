#pragma once
// What fits with coefficients share: from the scaled columns of the search back to the columns as they came, and draws.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/newton_any.hpp>
#include <guanxi/value/normal_shifts.hpp>

namespace guanxi::value::detail {

inline constexpr std::size_t log_parameters = 4;  // the first four are searched as logarithms, coefficients as they are

/// Fills parameters, errors and the point theta from a search in scaled columns: theta = map at. frozen: not identified.
/// Gives the jitter that the curvature needed.
inline double take_mapped(fit_result& out, std::vector<double>& theta, const optimum_any& best, const std::vector<double>& map, const std::vector<char>& frozen,
                          std::size_t logs = log_parameters) {
  const std::size_t n = best.at.size();
  theta.assign(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) theta[i] += map[i * n + j] * best.at[j];
  out.params = theta;
  for (std::size_t i = 0; i < logs; ++i) out.params[i] = std::exp(theta[i]);
  out.log_likelihood = best.here.value;
  out.passes = best.passes, out.converged = best.converged, out.gradient_norm = best.gradient_norm;
  std::vector<double> hessian = best.here.hessian;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (frozen[i] || frozen[j]) hessian[i * n + j] = i == j ? -1 : 0;
  const curvature c = invert_curvature(hessian, n);
  out.condition = c.condition;
  out.log_covariance.assign(n, std::vector<double>(n, 0.0));
  out.covariance.assign(n, std::vector<double>(n, unknown));
  out.standard_errors.assign(n, unknown);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      if (frozen[i] || frozen[j]) continue;
      double v = 0;
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t l = 0; l < n; ++l)
          if (!frozen[k] && !frozen[l]) v += map[i * n + k] * map[j * n + l] * c.inverse[k * n + l];
      out.log_covariance[i][j] = v;
      if (c.jitter < 1e-6) out.covariance[i][j] = v * (i < logs ? out.params[i] : 1.0) * (j < logs ? out.params[j] : 1.0);
    }
  for (std::size_t i = 0; i < n; ++i) out.standard_errors[i] = std::sqrt(out.covariance[i][i]);
  return c.jitter;
}

/// n draws from N(theta, covariance), row after row; shifts of logarithms are held in -8 .. 8.
[[nodiscard]] inline std::vector<double> draw_theta(const std::vector<double>& theta, const std::vector<std::vector<double>>& covariance, std::size_t n,
                                                    std::uint64_t seed) {
  const std::size_t m = theta.size();
  std::vector<double> out = normal_shifts(covariance, m, n, seed);
  for (std::size_t i = 0; i < n * m; ++i) {
    const double most = i % m < log_parameters ? 8.0 : 1e3;
    out[i] = theta[i % m] + std::clamp(out[i], -most, most);
  }
  return out;
}

}  // namespace guanxi::value::detail
