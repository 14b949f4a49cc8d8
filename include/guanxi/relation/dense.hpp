#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace guanxi::relation::detail {

/// Solves A x = b in place for a symmetric positive definite A (n x n by rows, lower half read), Cholesky without pivots.
/// Gives false and leaves b when A is not positive definite. A is overwritten by its factor.
[[nodiscard]] inline bool cholesky_factor(std::span<double> a, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    double d = a[j * n + j];
    for (std::size_t k = 0; k < j; ++k) d -= a[j * n + k] * a[j * n + k];
    if (!(d > 0.0) || !std::isfinite(d)) return false;
    const double root = std::sqrt(d);
    a[j * n + j] = root;
    for (std::size_t i = j + 1; i < n; ++i) {
      double x = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) x -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = x / root;
    }
  }
  return true;
}

/// b <- (L L')^-1 b for the factor above.
inline void cholesky_solve(std::span<const double> l, std::span<double> b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= l[i * n + k] * b[k];
    b[i] /= l[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= l[k * n + i] * b[k];
    b[i] /= l[i * n + i];
  }
}

/// Solves A x = b with partial pivoting, A n x n by rows (overwritten), b overwritten. False when A is singular.
[[nodiscard]] inline bool lu_solve(std::vector<double> a, std::span<double> b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t best = c;
    for (std::size_t r = c + 1; r < n; ++r) {
      if (std::fabs(a[r * n + c]) > std::fabs(a[best * n + c])) best = r;
    }
    if (!(std::fabs(a[best * n + c]) > 1e-300)) return false;
    if (best != c) {
      for (std::size_t k = 0; k < n; ++k) std::swap(a[best * n + k], a[c * n + k]);
      std::swap(b[best], b[c]);
    }
    for (std::size_t r = c + 1; r < n; ++r) {
      const double f = a[r * n + c] / a[c * n + c];
      if (f == 0.0) continue;
      for (std::size_t k = c; k < n; ++k) a[r * n + k] -= f * a[c * n + k];
      b[r] -= f * b[c];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  return true;
}

}  // namespace guanxi::relation::detail
