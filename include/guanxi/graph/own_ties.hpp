#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// Ties that own their columns: what remains of a graph after a filter, or a new set of ties.
struct own_ties {
  std::vector<std::uint64_t> c_start, s_start;
  std::vector<std::uint32_t> c_other, s_other;
  std::vector<double> c_weight, s_weight;
  [[nodiscard]] two_sided view() const noexcept { return {{c_start, c_other, c_weight}, {s_start, s_other, s_weight}}; }
};

/// The ties e (in the order of g.customer) with keep(e). Costs O(ties).
template <class Keep>
[[nodiscard]] own_ties ties_where(const two_sided& g, const Keep& keep) {
  own_ties out;
  out.c_start.assign(g.customers() + 1, 0), out.s_start.assign(g.suppliers() + 1, 0);
  for (std::size_t c = 0; c < g.customers(); ++c) {
    for (std::uint64_t e = g.customer.start[c]; e < g.customer.start[c + 1]; ++e) {
      if (!keep(e)) continue;
      out.c_other.push_back(g.customer.other[e]);
      out.c_weight.push_back(g.customer.weight[e]);
      ++out.s_start[g.customer.other[e] + 1];
    }
    out.c_start[c + 1] = out.c_other.size();
  }
  for (std::size_t s = 0; s < g.suppliers(); ++s) out.s_start[s + 1] += out.s_start[s];
  std::vector<std::uint64_t> next(out.s_start.begin(), out.s_start.end() - 1);
  out.s_other.resize(out.c_other.size()), out.s_weight.resize(out.c_other.size());
  for (std::size_t c = 0; c < g.customers(); ++c)
    for (std::uint64_t e = out.c_start[c]; e < out.c_start[c + 1]; ++e) {
      const std::uint64_t slot = next[out.c_other[e]]++;
      out.s_other[slot] = static_cast<std::uint32_t>(c);
      out.s_weight[slot] = out.c_weight[e];
    }
  return out;
}

/// Revealed advantage of each tie, in the order of g.customer: share of s in what c buys, against its share in all trade.
/// Source  Balassa (1965), The Manchester School 33, 99-123.
[[nodiscard]] inline std::vector<double> advantage_of_ties(const two_sided& g) {
  std::vector<double> out(g.ties()), strength(g.suppliers());
  double all = 0;
  for (std::size_t s = 0; s < strength.size(); ++s) all += strength[s] = g.supplier.strength(s);
  for (std::size_t c = 0; c < g.customers(); ++c) {
    const double own = g.customer.strength(c);
    for (std::uint64_t e = g.customer.start[c]; e < g.customer.start[c + 1]; ++e)
      out[e] = g.customer.weight[e] / own / (strength[g.customer.other[e]] / all);
  }
  return out;
}

/// Connected part of each node (suppliers after the customers), numbered by first node; nodes without ties are parts of one.
[[nodiscard]] inline std::vector<std::uint32_t> parts_of(const two_sided& g) {
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  std::vector<std::uint32_t> part(n, none), queue;
  std::uint32_t parts = 0;
  for (std::uint32_t root = 0; root < n; ++root) {
    if (part[root] != none) continue;
    part[root] = parts;
    queue.assign(1, root);
    while (!queue.empty()) {
      const std::uint32_t v = queue.back();
      queue.pop_back();
      for (const std::uint32_t o : v < nc ? g.customer.others(v) : g.supplier.others(v - nc)) {
        const auto u = static_cast<std::uint32_t>(v < nc ? o + nc : o);
        if (part[u] != none) continue;
        part[u] = parts;
        queue.push_back(u);
      }
    }
    ++parts;
  }
  return part;
}

}  // namespace guanxi::graph
