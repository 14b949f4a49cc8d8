#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

/// How many shortest paths between two others lead through a node (each pair once, split over equal paths).
struct between {
  std::vector<double> customer, supplier;
  std::vector<double> customer_error, supplier_error;  // standard error from the sample of sources; 0 when exact
  std::size_t sources = 0;
};

namespace detail {

struct brandes_scratch {
  std::vector<std::uint32_t> distance, order;
  std::vector<double> paths, share;
};

/// Adds the dependence of one source to sum and its square to square.
inline void brandes(const two_sided& g, std::uint32_t source, brandes_scratch& t, std::vector<double>& sum, std::vector<double>& square) {
  const std::size_t nc = g.customers();
  const auto others = [&](std::uint32_t v) { return v < nc ? g.customer.others(v) : g.supplier.others(v - nc); };
  const auto node = [&](std::uint32_t o, std::uint32_t from) { return static_cast<std::uint32_t>(from < nc ? o + nc : o); };
  t.order.assign(1, source);
  t.distance[source] = 0;
  t.paths[source] = 1;
  for (std::size_t i = 0; i < t.order.size(); ++i) {
    const std::uint32_t v = t.order[i];
    for (const std::uint32_t o : others(v)) {
      const std::uint32_t u = node(o, v);
      if (t.distance[u] == none) {
        t.distance[u] = t.distance[v] + 1;
        t.order.push_back(u);
      }
      if (t.distance[u] == t.distance[v] + 1) t.paths[u] += t.paths[v];
    }
  }
  for (std::size_t i = t.order.size(); i-- > 0;) {
    const std::uint32_t v = t.order[i];
    for (const std::uint32_t o : others(v)) {
      const std::uint32_t u = node(o, v);
      if (t.distance[u] == t.distance[v] + 1) t.share[v] += t.paths[v] / t.paths[u] * (1 + t.share[u]);
    }
    if (v != source) {
      sum[v] += t.share[v];
      square[v] += t.share[v] * t.share[v];
    }
  }
  for (const std::uint32_t v : t.order) t.distance[v] = none, t.paths[v] = t.share[v] = 0;
}

}  // namespace detail

/// Betweenness of every node, exact or from a sample of sources.
///
/// Takes   sources: how many nodes paths start from, drawn without repetition; 0 or all nodes: exact.
/// Gives   estimates without bias with their standard errors over the drawn sources.
/// Costs   O(sources x ties). Source: Brandes (2001), J. Math. Sociology 25, 163; Brandes and Pich (2007), IJBC 17, 2303.
[[nodiscard]] inline between betweenness(const two_sided& g, std::size_t sources = 0, std::uint64_t seed = 7, unsigned threads = 0) {
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  std::vector<std::uint32_t> from(n);
  std::iota(from.begin(), from.end(), 0u);
  between out;
  out.sources = sources == 0 ? n : std::min(sources, n);
  random_stream random(seed, 0, 77);
  for (std::size_t i = 0; i < out.sources && out.sources < n; ++i) std::swap(from[i], from[i + random.index(n - i)]);
  const std::size_t block = std::max<std::size_t>(1, (out.sources + 15) / 16);
  std::vector<std::pair<std::vector<double>, std::vector<double>>> parts(out.sources == 0 ? 0 : (out.sources + block - 1) / block);
  detail::workspaces<detail::brandes_scratch> pool;
  parallel_blocks(
      out.sources, block,
      [&](std::size_t begin, std::size_t end, std::size_t at) {
        auto t = pool.take([&] { return detail::brandes_scratch{std::vector<std::uint32_t>(n, none), {}, std::vector<double>(n), std::vector<double>(n)}; });
        parts[at] = {std::vector<double>(n), std::vector<double>(n)};
        for (std::size_t i = begin; i < end; ++i) detail::brandes(g, from[i], *t, parts[at].first, parts[at].second);
        pool.put(std::move(t));
      },
      threads);
  std::vector<double> sum(n), square(n);
  for (const auto& [a, b] : parts)
    for (std::size_t v = 0; v < n; ++v) sum[v] += a[v], square[v] += b[v];
  const double k = static_cast<double>(out.sources), all = static_cast<double>(n);
  out.customer.resize(nc), out.supplier.resize(n - nc), out.customer_error.resize(nc), out.supplier_error.resize(n - nc);
  for (std::size_t v = 0; v < n; ++v) {
    const double value = sum[v] * all / k / 2;
    const double spread = k > 1 ? std::max(0.0, square[v] / k - sum[v] / k * (sum[v] / k)) * k / (k - 1) : 0;
    const double error = out.sources == n ? 0 : k > 1 ? all / 2 * std::sqrt(spread / k * (1 - k / all)) : unknown;
    (v < nc ? out.customer[v] : out.supplier[v - nc]) = value;
    (v < nc ? out.customer_error[v] : out.supplier_error[v - nc]) = error;
  }
  return out;
}

}  // namespace guanxi::graph
