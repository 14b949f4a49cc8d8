#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/weighting.hpp>

namespace guanxi::graph {

struct community_options {
  double resolution = 1;
  weighting weight = weighting::binary;
  std::size_t starts = 0;  // the best of so many; 0: 10 up to 100,000 ties, 3 up to a million, else 1
  std::uint64_t seed = 7;
};

/// Groups of customers and suppliers that trade with one another more than their sizes explain.
struct grouping {
  std::vector<std::uint32_t> customer, supplier;  // number of the group, by its lowest node
  double modularity = 0;
  std::size_t groups = 0;
};

/// Barber's modularity of a grouping: sum over ties inside groups of (w - resolution W_c W_s / W) / W.
/// Source Barber (2007), PRE 76, 066102.
[[nodiscard]] inline double barber_modularity(const two_sided& g, std::span<const std::uint32_t> customer, std::span<const std::uint32_t> supplier,
                                              double resolution = 1, weighting how = weighting::binary) {
  if (customer.size() != g.customers() || supplier.size() != g.suppliers())
    throw error(errc::size_mismatch, "graph::barber_modularity: one group for each customer and each supplier is wanted");
  const std::vector<double> x = tie_values(g, how);
  std::uint32_t groups = 0;
  for (const std::uint32_t k : customer) groups = std::max(groups, k + 1);
  for (const std::uint32_t k : supplier) groups = std::max(groups, k + 1);
  std::vector<double> own(groups, 0), other(groups, 0);
  double inside = 0, all = 0;
  for (std::size_t c = 0; c < g.customers(); ++c)
    for (std::uint64_t e = g.customer.start[c]; e < g.customer.start[c + 1]; ++e) {
      const std::uint32_t s = g.customer.other[e];
      all += x[e];
      own[customer[c]] += x[e];
      other[supplier[s]] += x[e];
      if (customer[c] == supplier[s]) inside += x[e];
    }
  double expected = 0;
  for (std::uint32_t k = 0; k < groups; ++k) expected += own[k] * other[k];
  return all > 0 ? inside / all - resolution * expected / (all * all) : 0;
}

namespace detail {

/// Nodes with two strengths (as customers, as suppliers) and ties among them; a group of nodes is such a node again.
struct mixed_ties {
  std::vector<std::uint64_t> start;
  std::vector<std::uint32_t> other;
  std::vector<double> weight, as_customer, as_supplier;
  [[nodiscard]] std::size_t size() const noexcept { return as_customer.size(); }
};

/// Moves nodes to the neighbouring group that gains most until none gains. Gives whether anything moved.
inline bool move_nodes(const mixed_ties& g, std::vector<std::uint32_t>& group, double all, double resolution, random_stream& random) {
  const std::size_t n = g.size();
  std::vector<double> c(n, 0), s(n, 0), link(n, 0);
  std::vector<std::uint32_t> members(n, 0), empty;
  for (std::size_t i = 0; i < n; ++i) c[group[i]] += g.as_customer[i], s[group[i]] += g.as_supplier[i], ++members[group[i]];
  for (std::uint32_t k = 0; k < n; ++k)
    if (members[k] == 0) empty.push_back(k);
  std::vector<std::uint32_t> queue(n), near;
  std::vector<char> waiting(n, 1);
  std::iota(queue.begin(), queue.end(), 0u);
  for (std::size_t i = n; i > 1; --i) std::swap(queue[i - 1], queue[random.index(i)]);
  bool moved = false;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const std::uint32_t v = queue[at];
    waiting[v] = 0;
    const std::uint32_t old = group[v];
    near.clear();
    for (std::uint64_t e = g.start[v]; e < g.start[v + 1]; ++e) {
      const std::uint32_t k = group[g.other[e]];
      if (link[k] == 0) near.push_back(k);
      link[k] += g.weight[e];
    }
    c[old] -= g.as_customer[v], s[old] -= g.as_supplier[v], --members[old];
    const auto gain = [&](std::uint32_t k) { return link[k] - resolution * (g.as_customer[v] * s[k] + g.as_supplier[v] * c[k]) / all; };
    std::uint32_t best = old;
    double most = gain(old);
    for (const std::uint32_t k : near) {
      const double here = gain(k);
      if (here > most + 1e-12 || (here > most - 1e-12 && k < best && k != old && best != old)) most = std::max(most, here), best = k;
    }
    if (most < -1e-12 && members[old] > 0 && !empty.empty()) best = empty.back(), empty.pop_back();
    for (const std::uint32_t k : near) link[k] = 0;
    if (best != old && members[old] == 0) empty.push_back(old);
    c[best] += g.as_customer[v], s[best] += g.as_supplier[v], ++members[best];
    group[v] = best;
    if (best == old) continue;
    moved = true;
    for (std::uint64_t e = g.start[v]; e < g.start[v + 1]; ++e) {
      const std::uint32_t u = g.other[e];
      if (waiting[u] || group[u] == best) continue;
      waiting[u] = 1;
      queue.push_back(u);
    }
  }
  return moved;
}

/// Numbers groups 0 .. by their lowest node; gives how many.
inline std::uint32_t number_groups(std::vector<std::uint32_t>& group) {
  std::vector<std::uint32_t> name(group.size(), none);
  std::uint32_t next = 0;
  for (std::uint32_t& k : group) {
    if (name[k] == none) name[k] = next++;
    k = name[k];
  }
  return next;
}

/// The graph whose nodes are groups.
[[nodiscard]] inline mixed_ties merge_groups(const mixed_ties& g, const std::vector<std::uint32_t>& group, std::uint32_t groups) {
  mixed_ties out;
  out.as_customer.assign(groups, 0), out.as_supplier.assign(groups, 0), out.start.assign(1, 0);
  std::vector<std::uint64_t> start(groups + 1, 0);
  for (const std::uint32_t k : group) ++start[k + 1];
  for (std::uint32_t k = 0; k < groups; ++k) start[k + 1] += start[k];
  std::vector<std::uint32_t> member(group.size());
  std::vector<std::uint64_t> next(start.begin(), start.end() - 1);
  for (std::uint32_t i = 0; i < group.size(); ++i) {
    member[next[group[i]]++] = i;
    out.as_customer[group[i]] += g.as_customer[i], out.as_supplier[group[i]] += g.as_supplier[i];
  }
  std::vector<double> sum(groups, 0);
  std::vector<std::uint32_t> near;
  for (std::uint32_t k = 0; k < groups; ++k) {
    near.clear();
    for (std::uint64_t m = start[k]; m < start[k + 1]; ++m)
      for (std::uint64_t e = g.start[member[m]]; e < g.start[member[m] + 1]; ++e) {
        const std::uint32_t to = group[g.other[e]];
        if (to == k) continue;
        if (sum[to] == 0) near.push_back(to);
        sum[to] += g.weight[e];
      }
    std::sort(near.begin(), near.end());
    for (const std::uint32_t to : near) out.other.push_back(to), out.weight.push_back(sum[to]), sum[to] = 0;
    out.start.push_back(out.other.size());
  }
  return out;
}

}  // namespace detail

/// Communities of a graph of two sides by Barber's modularity.
///
/// Nodes move to the neighbouring group that gains most, groups become nodes, until nothing gains; then single nodes may
/// move again, and so on. Best of several random orders from the seed.
/// Gives   groups numbered by their lowest node (customers first); nodes without ties stand alone.
/// Fails   errc::out_of_domain for a resolution not above 0.
/// Costs   O(ties) a pass, some 10 to 30 passes a start.
/// Source  Barber (2007), PRE 76, 066102; the moves of Blondel et al. (2008), J. Stat. Mech. P10008, with a queue.
[[nodiscard]] inline grouping communities(const two_sided& g, const community_options& o = {}) {
  if (!(o.resolution > 0)) throw error(errc::out_of_domain, "graph::communities: resolution is " + std::to_string(o.resolution) + ", wanted above 0");
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  const std::vector<double> x = tie_values(g, o.weight), y = across(g.customer, g.supplier, x);
  detail::mixed_ties base;
  base.as_customer.assign(n, 0), base.as_supplier.assign(n, 0), base.start.assign(1, 0);
  double all = 0;
  for (std::size_t c = 0; c < nc; ++c) {
    for (std::uint64_t e = g.customer.start[c]; e < g.customer.start[c + 1]; ++e) {
      base.other.push_back(static_cast<std::uint32_t>(g.customer.other[e] + nc)), base.weight.push_back(x[e]);
      base.as_customer[c] += x[e], all += x[e];
    }
    base.start.push_back(base.other.size());
  }
  for (std::size_t s = 0; s < g.suppliers(); ++s) {
    for (std::uint64_t e = g.supplier.start[s]; e < g.supplier.start[s + 1]; ++e) {
      base.other.push_back(g.supplier.other[e]), base.weight.push_back(y[e]);
      base.as_supplier[nc + s] += y[e];
    }
    base.start.push_back(base.other.size());
  }
  grouping best;
  best.modularity = -2;
  const std::size_t starts = o.starts != 0 ? o.starts : g.ties() <= 100'000 ? 10 : g.ties() <= 1'000'000 ? 3 : 1;
  for (std::size_t number = 0; number < starts && (number == 0 || all > 0); ++number) {
    random_stream random(o.seed, number, 55);
    std::vector<std::uint32_t> of(n);
    std::iota(of.begin(), of.end(), 0u);
    for (int round = 0; round < 20; ++round) {
      bool moved = all > 0 && detail::move_nodes(base, of, all, o.resolution, random);
      std::uint32_t groups = detail::number_groups(of);
      detail::mixed_ties level = detail::merge_groups(base, of, groups);
      for (bool merged = all > 0; merged;) {
        std::vector<std::uint32_t> up(level.size());
        std::iota(up.begin(), up.end(), 0u);
        merged = detail::move_nodes(level, up, all, o.resolution, random);
        moved |= merged;
        const std::uint32_t fewer = detail::number_groups(up);
        for (std::uint32_t& k : of) k = up[k];
        level = detail::merge_groups(level, up, fewer);
      }
      if (!moved) break;
    }
    const std::uint32_t groups = detail::number_groups(of);
    std::vector<std::uint32_t> c(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(nc)), s(of.begin() + static_cast<std::ptrdiff_t>(nc), of.end());
    const double q = barber_modularity(g, c, s, o.resolution, o.weight);
    if (q > best.modularity + 1e-12) best = {std::move(c), std::move(s), q, groups};
  }
  return best;
}

}  // namespace guanxi::graph
