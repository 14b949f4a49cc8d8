#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>

namespace guanxi::share {

/// Few ties that explain the totals: cells in row order, and what could not be placed.
struct sparse_fill {
  std::vector<std::uint32_t> row, column;
  std::vector<double> value;
  double left = 0.0;  // of the rows' total that found no allowed cell
};

/// The fewest ties that explain totals of customers and suppliers: the other end from raking, which uses every cell.
///
/// Takes   rows, columns: totals >= 0 of equal sum (1e-9); allowed: row-major, 0 = this pair cannot trade; empty = all
/// can. Gives   cells that meet every total, at most rows + columns - 1 of them. A pair of totals that are equal is closed
///         at once (one tie for two totals), then the largest of either side trade as much as they can. The true
///         minimum is hard to find (it asks which subsets of totals are equal); `left` > 0 only with `allowed`.
/// Fails   errc::size_mismatch, errc::out_of_domain for negative or non-finite totals or unequal sums.
/// Costs   O((rows + columns) log(rows + columns)); with `allowed` O(ties x columns).
/// Source  Anand, Craig and von Peter (2015), Quantitative Finance 15, 625-636, made without chance.
[[nodiscard]] inline sparse_fill minimum_density(std::span<const double> rows, std::span<const double> columns,
                                                 std::span<const std::uint8_t> allowed = {}) {
  const std::size_t n = rows.size(), k = columns.size();
  if (!allowed.empty() && allowed.size() != n * k)
    throw error(errc::size_mismatch, "share::minimum_density: 'allowed' has " + std::to_string(allowed.size()) +
                                         " cells, " + std::to_string(n) + " x " + std::to_string(k) + " are wanted");
  double sum = 0.0, other = 0.0;
  const auto check = [&](std::span<const double> x, const char* what, double& into) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!(x[i] >= 0 && x[i] <= std::numeric_limits<double>::max()))
        throw error(errc::out_of_domain, std::string("share::minimum_density: '") + what + "' has " +
                                             std::to_string(x[i]) + " at " + std::to_string(i) +
                                             ", it must be at least 0 and finite");
      into += x[i];
    }
  };
  check(rows, "rows", sum);
  check(columns, "columns", other);
  if (std::abs(sum - other) > 1e-9 * std::max(sum, other))
    throw error(errc::out_of_domain, "share::minimum_density: rows sum to " + std::to_string(sum) + ", columns to " +
                                         std::to_string(other) + "; they must be equal");
  std::vector<double> r(rows.begin(), rows.end()), c(columns.begin(), columns.end());
  const double dust = 1e-12 * std::max(sum, 1e-300);
  sparse_fill out;
  const auto trade = [&](std::size_t i, std::size_t j) {
    const double x = std::min(r[i], c[j]);
    out.row.push_back(static_cast<std::uint32_t>(i));
    out.column.push_back(static_cast<std::uint32_t>(j));
    out.value.push_back(x);
    const bool close = std::abs(r[i] - c[j]) <= 1e-9 * x;
    r[i] = close || r[i] - x <= dust ? 0.0 : r[i] - x;
    c[j] = close || c[j] - x <= dust ? 0.0 : c[j] - x;
  };
  const auto may = [&](std::size_t i, std::size_t j) { return allowed.empty() || allowed[i * k + j] != 0; };
  using entry = std::pair<double, std::size_t>;
  {  // equal totals first
    std::vector<entry> a, b;
    for (std::size_t i = 0; i < n; ++i)
      if (r[i] > dust) a.emplace_back(r[i], i);
    for (std::size_t j = 0; j < k; ++j)
      if (c[j] > dust) b.emplace_back(c[j], j);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    for (std::size_t x = 0, y = 0; x < a.size() && y < b.size();) {
      const double gap = a[x].first - b[y].first;
      if (std::abs(gap) <= 1e-9 * a[x].first) {
        if (may(a[x].second, b[y].second)) trade(a[x].second, b[y].second);
        ++x, ++y;
      } else {
        ++(gap < 0 ? x : y);
      }
    }
  }
  if (allowed.empty()) {
    std::priority_queue<entry> big_rows, big_columns;
    for (std::size_t i = 0; i < n; ++i)
      if (r[i] > dust) big_rows.emplace(r[i], i);
    for (std::size_t j = 0; j < k; ++j)
      if (c[j] > dust) big_columns.emplace(c[j], j);
    while (!big_rows.empty() && !big_columns.empty()) {
      const std::size_t i = big_rows.top().second, j = big_columns.top().second;
      big_rows.pop();
      big_columns.pop();
      trade(i, j);
      if (r[i] > 0) big_rows.emplace(r[i], i);
      if (c[j] > 0) big_columns.emplace(c[j], j);
    }
  } else {
    // The row with least freedom (room in its columns over what it wants) goes first, so that few are left over.
    for (;;) {
      std::size_t row = n, column = k;
      double tightest = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < n; ++i) {
        if (r[i] <= dust) continue;
        double room = 0.0;
        for (std::size_t j = 0; j < k; ++j) room += may(i, j) ? c[j] : 0.0;
        if (room > dust && room / r[i] < tightest) tightest = room / r[i], row = i;
      }
      if (row == n) break;
      for (std::size_t j = 0; j < k; ++j)
        if (may(row, j) && c[j] > dust && (column == k || c[j] > c[column])) column = j;
      if (column == k) break;
      trade(row, column);
    }
    for (const double x : r) out.left += x > dust ? x : 0.0;
  }
  std::vector<std::size_t> order(out.value.size());
  for (std::size_t e = 0; e < order.size(); ++e) order[e] = e;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(out.row[a], out.column[a]) < std::pair(out.row[b], out.column[b]);
  });
  sparse_fill sorted;
  sorted.left = out.left;
  for (const std::size_t e : order) {
    sorted.row.push_back(out.row[e]);
    sorted.column.push_back(out.column[e]);
    sorted.value.push_back(out.value[e]);
  }
  return sorted;
}

}  // namespace guanxi::share
