#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/walk.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

struct personal_options {
  std::size_t k = 10;         // nodes a seed; 0: all that are reached
  double damping = 0.85;
  double precision = 1e-5;    // a score is at most precision x strength of the node too small
  bool fading = false;        // ties fade with age (half of the observed span)
  unsigned threads = 0;
};

/// Walks from many seeds; rows by seed and descending score (equal: lower node). Nodes: suppliers after the customers.
struct personal_scores {
  std::vector<std::uint32_t> seed, node, rank;
  std::vector<double> score;
};

/// Personalised PageRank of many seeds by forward push, each for itself.
///
/// Takes   seeds: nodes, suppliers counted from customers() on; want: which side is given, nothing: both.
/// Gives   scores never above the true ones and at most precision x strength below; the seed itself is left out.
/// Fails   errc::out_of_domain for damping, precision or a node that does not exist.
/// Costs   O(1 / ((1 - damping) precision)) a seed, independent of the size of the graph; memory O(nodes) a thread.
/// Source  Andersen, Chung and Lang (2006), FOCS, 475-486.
[[nodiscard]] inline personal_scores personalised(const SupplierGraph& g, std::span<const std::uint32_t> seeds, const side* want = nullptr,
                                                  const personal_options& o = {}) {
  if (!(o.damping > 0 && o.damping < 1))
    throw error(errc::out_of_domain, "graph::personalised: damping is " + std::to_string(o.damping) + ", wanted inside (0, 1)");
  if (!(o.precision > 0)) throw error(errc::out_of_domain, "graph::personalised: precision must be above 0");
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  for (const std::uint32_t v : seeds)
    if (v >= n) throw error(errc::out_of_domain, "graph::personalised: node " + std::to_string(v) + " of " + std::to_string(n));
  walk_reading how;
  how.damping = o.damping, how.precision = o.precision;
  if (!o.fading) how.half_life = std::numeric_limits<double>::infinity();
  const tie_walk walk(g, how);
  constexpr std::size_t block = 8;
  std::vector<personal_scores> parts((seeds.size() + block - 1) / block);
  detail::workspaces<tie_walk::scratch> pool;
  parallel_blocks(
      seeds.size(), block,
      [&](std::size_t begin, std::size_t end, std::size_t at) {
        auto t = pool.take([&] { return walk.make_scratch(); });
        std::vector<std::pair<double, std::uint32_t>> found;
        for (std::size_t i = begin; i < end; ++i) {
          walk.push(seeds[i], *t);
          found.clear();
          for (const std::uint32_t v : t->touched)
            if (v != seeds[i] && t->score(v) > 0 && (want == nullptr || (*want == side::customer) == (v < nc))) found.emplace_back(-t->score(v), v);
          tie_walk::clear(*t);
          const std::size_t take = o.k == 0 ? found.size() : std::min(o.k, found.size());
          std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(take), found.end());
          for (std::size_t r = 0; r < take; ++r) {
            parts[at].seed.push_back(seeds[i]);
            parts[at].node.push_back(found[r].second);
            parts[at].rank.push_back(static_cast<std::uint32_t>(r + 1));
            parts[at].score.push_back(-found[r].first);
          }
        }
        pool.put(std::move(t));
      },
      o.threads);
  personal_scores out;
  const auto append = [](auto& to, const auto& part) { to.insert(to.end(), part.begin(), part.end()); };
  for (const personal_scores& p : parts) append(out.seed, p.seed), append(out.node, p.node), append(out.rank, p.rank), append(out.score, p.score);
  return out;
}

}  // namespace guanxi::graph
