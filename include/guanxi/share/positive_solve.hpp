#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include <guanxi/share/rake.hpp>

namespace guanxi::share {

/// Lower Cholesky factor in place, row-major n x n, only the lower half is read and written. A pivot that rounding made
/// too small is lifted, so that the factor always exists. Costs n^3 / 3.
inline void cholesky(std::vector<double>& a, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    double* x = a.data() + i * n;
    for (std::size_t j = 0; j < i; ++j) x[j] = (x[j] - detail::dot(x, a.data() + j * n, j)) / a[j * n + j];
    const double pivot = x[i] - detail::dot(x, x, i);
    x[i] = std::sqrt(pivot > 1e-12 * x[i] ? pivot : std::max(1e-12 * std::abs(x[i]), 1e-300));
  }
}

/// x of L L' x = b for the factor of cholesky().
[[nodiscard]] inline std::vector<double> solve_factored(const std::vector<double>& l, std::vector<double> b,
                                                        std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) b[i] = (b[i] - detail::dot(l.data() + i * n, b.data(), i)) / l[i * n + i];
  for (std::size_t i = n; i-- > 0;) {
    b[i] /= l[i * n + i];
    for (std::size_t j = 0; j < i; ++j) b[j] -= l[i * n + j] * b[i];
  }
  return b;
}

/// x of A x = b for a symmetric positive definite A, row-major n x n, lower half. Costs n^3 / 3.
[[nodiscard]] inline std::vector<double> solve_positive(std::vector<double> a, std::vector<double> b, std::size_t n) {
  cholesky(a, n);
  return solve_factored(a, std::move(b), n);
}

}  // namespace guanxi::share
