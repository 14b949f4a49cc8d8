#pragma once
#include <cstddef>
#include <vector>

namespace guanxi::graph::detail {

/// Turns a symmetric positive definite matrix (n x n, by rows) into its inverse, in place, by the sweep. Costs n^3.
inline void invert_definite(std::vector<double>& a, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    double* row_k = a.data() + k * n;
    const double pivot = 1 / row_k[k];
    row_k[k] = 1;
    for (std::size_t j = 0; j < n; ++j) row_k[j] *= pivot;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      double* row_i = a.data() + i * n;
      const double f = row_i[k];
      if (f == 0) continue;
      row_i[k] = 0;
      for (std::size_t j = 0; j < n; ++j) row_i[j] -= f * row_k[j];
    }
  }
}

}  // namespace guanxi::graph::detail
