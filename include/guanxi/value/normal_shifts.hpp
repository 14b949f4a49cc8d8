#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/random.hpp>

namespace guanxi::value::detail {

/// n draws of m numbers from N(0, covariance), row after row; one random stream a draw, so a draw does not depend on n.
///
/// Takes   covariance: m x m; empty: all shifts are 0. Directions without variance do not move.
/// Costs   m^3 and n m^2.
[[nodiscard]] inline std::vector<double> normal_shifts(const std::vector<std::vector<double>>& covariance, std::size_t m, std::size_t n, std::uint64_t seed) {
  std::vector<double> root(m * m, 0.0), out(n * m);
  for (std::size_t j = 0; j < m && !covariance.empty(); ++j) {
    double d = covariance[j][j];
    for (std::size_t k = 0; k < j; ++k) d -= root[j * m + k] * root[j * m + k];
    if (!(d > 1e-300)) continue;
    root[j * m + j] = std::sqrt(d);
    for (std::size_t i = j + 1; i < m; ++i) {
      double c = covariance[i][j];
      for (std::size_t k = 0; k < j; ++k) c -= root[i * m + k] * root[j * m + k];
      root[i * m + j] = c / root[j * m + j];
    }
  }
  std::vector<double> e(m);
  for (std::size_t i = 0; i < n; ++i) {
    random_stream random(seed, i, 0);
    for (double& v : e) v = random.normal();
    for (std::size_t j = 0; j < m; ++j)
      for (std::size_t k = 0; k <= j; ++k) out[i * m + j] += root[j * m + k] * e[k];
  }
  return out;
}

}  // namespace guanxi::value::detail
