#pragma once
// Slow and obvious: dense tables, one formula after the other.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <guanxi/graph/supplier_graph.hpp>

namespace guanxi::graph::reference {

using matrix = std::vector<std::vector<double>>;

/// Net amounts above 0, customers x suppliers.
[[nodiscard]] inline matrix dense(const lines& in) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, long double> net;
  for (std::size_t i = 0; i < in.amount.size(); ++i) net[{in.customer[i], in.supplier[i]}] += in.amount[i];
  matrix w(in.customers, std::vector<double>(in.suppliers, 0.0));
  for (const auto& [key, x] : net)
    if (x > 1e-9L) w[key.first][key.second] = static_cast<double>(x);
  return w;
}

[[nodiscard]] inline matrix transposed(const matrix& w) {
  if (w.empty()) return {};
  matrix t(w[0].size(), std::vector<double>(w.size()));
  for (std::size_t i = 0; i < w.size(); ++i)
    for (std::size_t j = 0; j < w[0].size(); ++j) t[j][i] = w[i][j];
  return t;
}

/// Burt's constraint with its indirect term, on the whole graph of N nodes.
[[nodiscard]] inline std::vector<double> constraint(const matrix& w) {
  const std::size_t nc = w.size(), ns = w.empty() ? 0 : w[0].size(), n = nc + ns;
  matrix p(n, std::vector<double>(n, 0.0));
  for (std::size_t c = 0; c < nc; ++c)
    for (std::size_t s = 0; s < ns; ++s) p[c][nc + s] = p[nc + s][c] = w[c][s];
  for (auto& row : p) {
    double sum = 0;
    for (const double x : row) sum += x;
    for (double& x : row) x = sum > 0 ? x / sum : 0;
  }
  std::vector<double> out(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j || p[i][j] == 0) continue;
      double indirect = 0;
      for (std::size_t q = 0; q < n; ++q)
        if (q != i && q != j) indirect += p[i][q] * p[q][j];
      out[i] += (p[i][j] + indirect) * (p[i][j] + indirect);
    }
  return out;
}

/// Solves A x = b by Gauss with pivots.
[[nodiscard]] inline std::vector<double> solve(matrix a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i)
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double f = a[i][k] / a[k][k];
      if (f == 0) continue;
      for (std::size_t j = k; j < n; ++j) a[i][j] -= f * a[k][j];
      b[i] -= f * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

/// PageRank of the N nodes by a dense solve; nodes without ties pass their mass to v.
[[nodiscard]] inline std::vector<double> pagerank(const matrix& w, std::vector<double> v, double a) {
  const std::size_t nc = w.size(), ns = w[0].size(), n = nc + ns;
  double total = 0;
  for (const double x : v) total += x;
  for (double& x : v) x /= total;
  matrix m(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) m[i][i] = 1;
  const auto weight = [&](std::size_t i, std::size_t j) {
    if (i < nc && j >= nc) return w[i][j - nc];
    if (i >= nc && j < nc) return w[j][i - nc];
    return 0.0;
  };
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += weight(i, j);
    for (std::size_t j = 0; j < n; ++j) m[j][i] -= a * (sum > 0 ? weight(i, j) / sum : v[j]);
  }
  for (double& x : v) x *= 1 - a;
  return solve(m, v);
}

[[nodiscard]] inline std::pair<std::vector<double>, std::vector<double>> birank(const matrix& w, double a) {
  const std::size_t nc = w.size(), ns = w[0].size(), n = nc + ns;
  std::vector<double> dc(nc, 0), ds(ns, 0);
  for (std::size_t c = 0; c < nc; ++c)
    for (std::size_t s = 0; s < ns; ++s) dc[c] += w[c][s], ds[s] += w[c][s];
  matrix m(n, std::vector<double>(n, 0.0));
  std::vector<double> b(n);
  for (std::size_t i = 0; i < n; ++i) m[i][i] = 1, b[i] = (1 - a) / static_cast<double>(i < nc ? nc : ns);
  for (std::size_t c = 0; c < nc; ++c)
    for (std::size_t s = 0; s < ns; ++s)
      if (w[c][s] > 0) m[c][nc + s] = m[nc + s][c] = -a * w[c][s] / std::sqrt(dc[c] * ds[s]);
  const std::vector<double> x = solve(m, b);
  return {{x.begin(), x.begin() + static_cast<std::ptrdiff_t>(nc)}, {x.begin() + static_cast<std::ptrdiff_t>(nc), x.end()}};
}

/// P(X >= x) of the hypergeometric law by adding all its terms.
[[nodiscard]] inline double hypergeometric(std::size_t n, std::size_t a, std::size_t b, std::size_t x) {
  const auto log_choose = [](std::size_t m, std::size_t k) {
    return std::lgamma(static_cast<double>(m) + 1) - std::lgamma(static_cast<double>(k) + 1) - std::lgamma(static_cast<double>(m - k) + 1);
  };
  double sum = 0;
  for (std::size_t k = std::max(x, a + b > n ? a + b - n : 0); k <= std::min(a, b); ++k)
    sum += std::exp(log_choose(a, k) + log_choose(n - a, b - k) - log_choose(n, b));
  return std::min(1.0, sum);
}

/// Pieces of a graph without node `gone` (n: none), and the trade inside each.
[[nodiscard]] inline std::vector<double> pieces(const matrix& w, std::size_t gone, std::size_t no_c = ~std::size_t{0}, std::size_t no_s = ~std::size_t{0}) {
  const std::size_t nc = w.size(), n = nc + w[0].size();
  std::vector<int> piece(n, -1);
  std::vector<double> trade;
  const auto weight = [&](std::size_t i, std::size_t j) {
    const std::size_t c = std::min(i, j), s = std::max(i, j);
    if (c >= nc || s < nc || (c == no_c && s - nc == no_s)) return 0.0;
    return w[c][s - nc];
  };
  for (std::size_t start = 0; start < n; ++start) {
    if (start == gone || piece[start] >= 0) continue;
    std::vector<std::size_t> todo{start};
    piece[start] = static_cast<int>(trade.size());
    double sum = 0;
    while (!todo.empty()) {
      const std::size_t i = todo.back();
      todo.pop_back();
      for (std::size_t j = 0; j < n; ++j) {
        if (j == gone || !(weight(i, j) > 0)) continue;
        sum += weight(i, j);
        if (piece[j] < 0) piece[j] = static_cast<int>(trade.size()), todo.push_back(j);
      }
    }
    trade.push_back(sum / 2);
  }
  return trade;
}

/// Core numbers by deleting, for each k, nodes with fewer than k ties until none is left to delete.
[[nodiscard]] inline std::vector<std::uint32_t> core(const matrix& w) {
  const std::size_t nc = w.size(), n = nc + w[0].size();
  std::vector<std::uint32_t> out(n, 0);
  for (std::uint32_t k = 1; k <= n; ++k) {
    std::vector<char> in(n, 1);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < n; ++i) {
        std::uint32_t degree = 0;
        for (std::size_t j = 0; j < n; ++j) {
          const bool tie = i < nc ? (j >= nc && w[i][j - nc] > 0) : (j < nc && w[j][i - nc] > 0);
          degree += tie && in[j];
        }
        if (in[i] && degree < k) in[i] = 0, changed = true;
      }
    }
    for (std::size_t i = 0; i < n; ++i)
      if (in[i]) out[i] = k;
  }
  return out;
}

}  // namespace guanxi::graph::reference
