#pragma once
// What fits with coefficients share: from the scaled columns of the search back to the columns as they came, and draws.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/newton_any.hpp>
#include <guanxi/value/normal_shifts.hpp>

namespace guanxi::value::detail {

inline constexpr std::size_t log_parameters = 4;  // the first four are searched as logarithms, coefficients as they are

/// Shape and scale of a gamma law among the parameters: where all customers look alike both run away together.
struct shape_and_scale {
  std::size_t shape, scale;
};

/// Fills parameters, errors and the point theta from a search in scaled columns: theta = map at. frozen: not identified.
///
/// Where the curvature is flat along one of `laws`, its scale is held: the errors of shape and scale are then unknown, and those of
/// the others are what they are, since moving along the ridge leaves them where they are.
/// Gives   whether a law was held.
inline bool take_mapped(fit_result& out, std::vector<double>& theta, const optimum_any& best, const std::vector<double>& map, std::vector<char> frozen,
                        std::span<const shape_and_scale> laws, std::size_t logs = log_parameters) {
  const std::size_t n = best.at.size();
  theta.assign(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) theta[i] += map[i * n + j] * best.at[j];
  out.params = theta;
  for (std::size_t i = 0; i < logs; ++i) out.params[i] = std::exp(theta[i]);
  out.log_likelihood = best.here.value;
  out.passes = best.passes, out.converged = best.converged, out.gradient_norm = best.gradient_norm;
  const auto curved = [&] {
    std::vector<double> hessian = best.here.hessian;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (frozen[i] || frozen[j]) hessian[i * n + j] = i == j ? -1 : 0;
    return invert_curvature(hessian, n);
  };
  curvature c = curved();
  std::vector<char> unsure(n, 0);
  for (const shape_and_scale& law : laws) {
    if (c.condition <= 1e8 || frozen[law.scale]) continue;
    frozen[law.scale] = 1;
    curvature held = curved();
    if (held.condition < 0.01 * c.condition)
      c = std::move(held), unsure[law.shape] = 1;
    else
      frozen[law.scale] = 0;
  }
  out.condition = c.condition;
  out.log_covariance.assign(n, std::vector<double>(n, 0.0));
  out.covariance.assign(n, std::vector<double>(n, unknown));
  out.standard_errors.assign(n, unknown);
  bool ridge = false;
  for (std::size_t i = 0; i < n; ++i) {
    ridge = ridge || unsure[i];
    for (std::size_t j = 0; j < n; ++j) {
      if (frozen[i] || frozen[j]) continue;
      double v = 0;
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t l = 0; l < n; ++l)
          if (!frozen[k] && !frozen[l]) v += map[i * n + k] * map[j * n + l] * c.inverse[k * n + l];
      out.log_covariance[i][j] = v;
      if (c.jitter < 1e-6 && !unsure[i] && !unsure[j]) out.covariance[i][j] = v * (i < logs ? out.params[i] : 1.0) * (j < logs ? out.params[j] : 1.0);
    }
  }
  for (std::size_t i = 0; i < n; ++i) out.standard_errors[i] = std::sqrt(out.covariance[i][i]);
  return ridge;
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
