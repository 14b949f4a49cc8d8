#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/graph/like_kernel.hpp>
#include <guanxi/graph/like_pruned.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

namespace detail {

/// Rows of all asked customers by a kernel, in blocks on several threads.
template <class Kernel>
[[nodiscard]] likes rows_of_likes(const like_options& options, std::span<const std::uint32_t> who, std::size_t n, const Kernel& kernel) {
  constexpr std::size_t block = 256;
  struct part {
    std::vector<candidate> found;
    std::vector<std::uint32_t> count;
  };
  std::vector<part> parts((n + block - 1) / block);
  workspaces<typename Kernel::scratch> pool;
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        auto scratch = pool.take([&] { return kernel.make_scratch(); });
        part& mine = parts[number];
        for (std::size_t i = begin; i < end; ++i) {
          const auto& best = kernel.row(who.empty() ? static_cast<std::uint32_t>(i) : who[i], *scratch);
          mine.count.push_back(static_cast<std::uint32_t>(best.size()));
          mine.found.insert(mine.found.end(), best.begin(), best.end());
        }
        pool.put(std::move(scratch));
      },
      options.threads);
  likes out;
  out.customer.reserve(n);
  out.start.reserve(n + 1);
  out.start.push_back(0);
  for (std::size_t i = 0; i < n; ++i) out.customer.push_back(who.empty() ? static_cast<std::uint32_t>(i) : who[i]);
  for (part& p : parts) {
    for (const std::uint32_t c : p.count) out.start.push_back(out.start.back() + c);
    for (const candidate& c : p.found) {
      out.like.push_back(c.id);
      out.similarity.push_back(c.similarity);
      out.common.push_back(c.common);
    }
    p = {};
  }
  return out;
}

}  // namespace detail

/// The k customers whose suppliers are most like those of each customer.
///
/// Takes   who: customers asked for; empty: all. Suppliers may be products (graph_of_products).
/// Gives   rows in the order of `who`; fewer than k when fewer share anything. Equal similarity: lower id first.
///         similarity(u, v) == similarity(v, u) to the bit; same bits for any number of threads.
/// Fails   errc::out_of_domain for k = 0 or a customer that does not exist.
/// Costs   at most O(sum over suppliers of d^2) time, O(customers) memory a thread; no product matrix. Binary cosine and
///         Jaccard skip what cannot reach the k best (like_pruned).
/// Source  Salton and McGill (1983) for the cosine; sparse accumulators: Gustavson (1978), ACM TOMS 4, 250.
[[nodiscard]] inline likes like_customers(const two_sided& g, const like_options& options = {},
                                          std::span<const std::uint32_t> who = {}) {
  if (options.k == 0) throw error(errc::out_of_domain, "graph::like_customers: k is 0, wanted at least 1");
  for (const std::uint32_t u : who)
    if (u >= g.customers())
      throw error(errc::out_of_domain, "graph::like_customers: customer " + std::to_string(u) + " of " + std::to_string(g.customers()));
  const std::size_t n = who.empty() ? g.customers() : who.size();
  const bool counts = options.measure == likeness::jaccard || (options.measure == likeness::cosine && options.weight == weighting::binary);
  if (counts && options.max_degree == 0) return detail::rows_of_likes(options, who, n, detail::like_pruned(g, options));
  return detail::rows_of_likes(options, who, n, detail::like_kernel(g, options));
}

}  // namespace guanxi::graph
