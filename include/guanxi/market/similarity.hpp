#pragma once
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>

namespace guanxi::market {

/// Likeness of two profiles: sum of min(share, share), in [0, 1]; NaN when one of them is empty.
///
/// Exports of two sellers: Finger and Kreinin (1979), similarity. Exports against a market's imports: Michaely (1996),
/// complementarity; it is the same figure.
/// Takes   money of 0 or more over the same products. Costs O(products).
[[nodiscard]] inline double similarity(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size())
    throw error(errc::size_mismatch, "market::similarity: the profiles have " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " products");
  double sa = 0, sb = 0;
  for (std::size_t p = 0; p < a.size(); ++p) sa += a[p], sb += b[p];
  if (!(sa > 0 && sb > 0)) return unknown;
  double sum = 0;
  for (std::size_t p = 0; p < a.size(); ++p) sum += std::min(a[p] / sa, b[p] / sb);
  return std::min(1.0, sum);
}

/// All pairs of rows of two tables over the same products: rows_a x rows_b, row by row. Costs O(rows_a rows_b products).
[[nodiscard]] inline std::vector<double> similarities(std::span<const double> a, std::span<const double> b, std::size_t products) {
  if (products == 0 || a.size() % products != 0 || b.size() % products != 0)
    throw error(errc::size_mismatch, "market::similarity: " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values do not make rows of " +
                                         std::to_string(products) + " products");
  std::vector<double> x(a.begin(), a.end()), y(b.begin(), b.end());
  for (auto* table : {&x, &y})
    for (std::size_t row = 0; row < table->size(); row += products) {
      double sum = 0;
      for (std::size_t p = 0; p < products; ++p) sum += (*table)[row + p];
      for (std::size_t p = 0; p < products; ++p) (*table)[row + p] = sum > 0 ? (*table)[row + p] / sum : unknown;
    }
  // Eight sums side by side, so that a compiler makes vectors of them; a table with itself needs one half.
  const auto likeness = [&](const double* u, const double* v) {
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    std::size_t p = 0;
    for (; p + 8 <= products; p += 8)
      for (std::size_t l = 0; l < 8; ++l) lane[l] += u[p + l] < v[p + l] ? u[p + l] : v[p + l];
    double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (; p < products; ++p) sum += std::min(u[p], v[p]);
    return std::min(1.0, sum);
  };
  const std::size_t rows = x.size() / products, columns = y.size() / products;
  const bool same = a.data() == b.data() && a.size() == b.size();
  std::vector<double> out(rows * columns, unknown);
  parallel_blocks(rows, 8, [&](std::size_t from, std::size_t to, std::size_t) {
    for (std::size_t i = from; i < to; ++i)
      for (std::size_t j = same ? i : 0; j < columns; ++j)
        if (x[i * products] == x[i * products] && y[j * products] == y[j * products]) out[i * columns + j] = likeness(x.data() + i * products, y.data() + j * products);
  });
  if (same)
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < i; ++j) out[i * columns + j] = out[j * columns + i];
  return out;
}

}  // namespace guanxi::market
