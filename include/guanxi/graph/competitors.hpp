#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/graph/bicm.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

/// Upper tails of the hypergeometric law from a table of ln n!.
class hypergeometric {
 public:
  /// Takes population: number of customers in all. Costs O(population) once.
  explicit hypergeometric(std::size_t population) : log_factorial_(population + 1) {
    for (std::size_t i = 2; i <= population; ++i) log_factorial_[i] = log_factorial_[i - 1] + std::log(static_cast<double>(i));
  }

  /// P(X >= x): x or more common customers when two suppliers draw a and b customers blindly.
  /// Gives   1 for x <= max(0, a + b - population); far tails keep their relative precision (1e-66 survives).
  /// Costs   a few terms: starts at x and stops at 1e-17 of the sum. Source: Tumminello et al. (2011), PLoS ONE 6, e17994.
  [[nodiscard]] double at_least(std::uint64_t x, std::uint64_t a, std::uint64_t b) const noexcept {
    const std::uint64_t n = log_factorial_.size() - 1;
    const std::uint64_t least = a + b > n ? a + b - n : 0, most = std::min(a, b);
    if (x <= least) return 1.0;
    if (x > most) return 0.0;
    const double mean = static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(n);
    if (static_cast<double>(x) > mean) return std::min(1.0, sum_up(x, a, b, n, most));
    return std::max(0.0, 1.0 - sum_down(x - 1, a, b, n, least));
  }

 private:
  [[nodiscard]] double log_choose(std::uint64_t n, std::uint64_t k) const noexcept {
    return log_factorial_[n] - log_factorial_[k] - log_factorial_[n - k];
  }
  [[nodiscard]] double term(std::uint64_t x, std::uint64_t a, std::uint64_t b, std::uint64_t n) const noexcept {
    return std::exp(log_choose(a, x) + log_choose(n - a, b - x) - log_choose(n, b));
  }
  [[nodiscard]] double sum_up(std::uint64_t x, std::uint64_t a, std::uint64_t b, std::uint64_t n, std::uint64_t most) const noexcept {
    double t = term(x, a, b, n), sum = t;
    for (; x < most && t > 1e-17 * sum; ++x) {
      t *= static_cast<double>(a - x) * static_cast<double>(b - x) / (static_cast<double>(x + 1) * static_cast<double>(n + x + 1 - a - b));
      sum += t;
    }
    return sum;
  }
  [[nodiscard]] double sum_down(std::uint64_t x, std::uint64_t a, std::uint64_t b, std::uint64_t n, std::uint64_t least) const noexcept {
    double t = term(x, a, b, n), sum = t;
    for (; x > least && t > 1e-17 * sum; --x) {
      t *= static_cast<double>(x) * static_cast<double>(n + x - a - b) / (static_cast<double>(a - x + 1) * static_cast<double>(b - x + 1));
      sum += t;
    }
    return sum;
  }
  std::vector<double> log_factorial_;
};

struct competitor_options {
  std::uint32_t min_common = 1;  // pairs with fewer common customers are counted, but not stored
  bool test = true;              // p-values
  double fdr = 0.05;             // false discovery rate of what is called validated
  unsigned threads = 0;
  bool bicm = false;             // by the most random graph with these degrees on both sides; else hypergeometric
};

/// Pairs of suppliers with common customers, by (supplier, rival), supplier < rival.
struct rivals {
  std::vector<std::uint32_t> supplier, rival, common;
  std::vector<double> contested;  // money both are after: sum over common customers of the smaller tie
  std::vector<double> jaccard;    // common / (customers of either)
  std::vector<double> newman;     // sum over common customers of 1 / (their suppliers - 1)
  std::vector<double> p_value;    // of `common` or more by chance; NaN when not tested
  std::vector<std::uint8_t> validated;
  std::uint64_t met = 0;    // pairs with a common customer
  std::uint64_t tests = 0;  // all pairs: suppliers (suppliers - 1) / 2
  double cut = -1;          // largest p-value that is validated; -1 when none is
};

namespace detail {

struct overlap_key {
  std::uint32_t small, large, common;
  friend bool operator==(const overlap_key&, const overlap_key&) = default;
};
struct overlap_hash {
  [[nodiscard]] std::size_t operator()(const overlap_key& k) const noexcept {
    std::uint64_t h = (std::uint64_t{k.small} << 32 | k.large) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 29) ^ k.common) * 0xbf58476d1ce4e5b9u;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }
};
struct tested {
  double p = 1;
  std::uint64_t pairs = 0;
};
using overlap_table = std::unordered_map<overlap_key, tested, overlap_hash>;

/// What is summed of a pair, side by side in memory.
struct overlap_sum {
  double contested = 0, newman = 0;
  std::uint32_t common = 0;
};
struct overlap_scratch {
  std::vector<overlap_sum> sum;
  std::vector<std::uint32_t> touched;
};

struct overlap_part {
  rivals found;
  overlap_table table;
};

/// Largest p that the Benjamini-Hochberg rule lets pass among `tests`, -1 for none.
[[nodiscard]] inline double benjamini_hochberg(std::vector<std::pair<double, std::uint64_t>> groups, std::uint64_t tests, double fdr) {
  std::sort(groups.begin(), groups.end());
  double cut = -1;
  std::uint64_t rank = 0;
  for (const auto& [p, count] : groups) {
    rank += count;
    if (p <= static_cast<double>(rank) * fdr / static_cast<double>(tests)) cut = p;
  }
  return cut;
}

}  // namespace detail

/// Suppliers that serve the same customers, and whether more than chance explains.
///
/// Gives   one row a pair with at least min_common common customers. p-values come from the hypergeometric law with
///         the suppliers' numbers of customers fixed, or with bicm from a Poisson law around the number expected when the
///         customers' numbers of suppliers are kept too (an upper bound for the usual small chances); validated = passes Benjamini-Hochberg over ALL pairs of suppliers,
///         also those that never meet and those below min_common.
/// Fails   errc::out_of_domain for fdr outside (0, 1) or min_common = 0.
/// Costs   O(sum over customers of d^2) time, one triangle only; memory O(suppliers) a thread and the rows given.
/// Source  Newman (2001), PRE 64, 016132; Tumminello et al. (2011); Benjamini and Hochberg (1995), JRSS B 57, 289.
/// Beware  customers differ in size, which the hypergeometric law ignores: large customers make pairs of large suppliers
///         look meant. bicm counts with it.
[[nodiscard]] inline rivals competitors(const two_sided& g, const competitor_options& options = {}) {
  if (options.min_common == 0) throw error(errc::out_of_domain, "graph::competitors: min_common is 0, wanted at least 1");
  if (!(options.fdr > 0 && options.fdr < 1))
    throw error(errc::out_of_domain, "graph::competitors: fdr is " + std::to_string(options.fdr) + ", wanted inside (0, 1)");
  const rows &cs = g.customer, &ss = g.supplier;
  const std::size_t n = ss.size();
  const hypergeometric law(options.test && !options.bicm ? g.customers() : 0);
  std::optional<bipartite_null> null_graph;
  std::vector<double> usual;
  if (options.test && options.bicm) {
    null_graph.emplace(g);
    usual = null_graph->expected_common();
  }
  const auto p_of = [&](std::uint32_t common, std::size_t j, std::size_t k) {
    if (!options.bicm) return law.at_least(common, std::min(ss.degree(j), ss.degree(k)), std::max(ss.degree(j), ss.degree(k)));
    const double mean = usual[null_graph->supplier_class(j) * null_graph->supplier_classes() + null_graph->supplier_class(k)];
    return mean > 0 ? gamma_cdf(mean, static_cast<double>(common)) : 0.0;
  };
  constexpr std::size_t block = 64;
  std::vector<detail::overlap_part> parts((n + block - 1) / block);
  detail::workspaces<detail::overlap_scratch> pool;
  const auto one = [&](std::size_t j, detail::overlap_scratch& t, detail::overlap_part& part) {
    std::size_t found = 0;
    for (std::uint64_t i = ss.start[j]; i < ss.start[j + 1]; ++i) {
      const std::uint32_t c = ss.other[i];
      const double w = ss.weight[i];
      const std::size_t degree = cs.degree(c);
      const double share = degree > 1 ? 1.0 / static_cast<double>(degree - 1) : 0.0;
      for (std::uint64_t e = cs.start[c + 1]; e-- > cs.start[c];) {
        const std::uint32_t k = cs.other[e];
        if (k <= j) break;
        t.touched[found] = k;
        detail::overlap_sum& sum = t.sum[k];
        found += sum.common++ == 0;
        sum.contested += std::min(w, cs.weight[e]);
        sum.newman += share;
      }
    }
    const auto dj = static_cast<std::uint32_t>(ss.degree(j));
    const auto chance = [&](std::uint32_t k, std::uint32_t common) {
      if (!options.test) return unknown;
      const auto dk = static_cast<std::uint32_t>(ss.degree(k));
      detail::tested& seen = part.table[{std::min(dj, dk), std::max(dj, dk), common}];
      if (seen.pairs++ == 0) seen.p = p_of(common, j, k);
      return seen.p;
    };
    part.found.met += found;
    std::size_t enough = 0;  // only pairs that are given are put in order
    for (std::size_t f = 0; f < found; ++f) {
      const std::uint32_t k = t.touched[f];
      if (t.sum[k].common >= options.min_common) {
        t.touched[enough++] = k;
        continue;
      }
      if (options.test) (void)chance(k, t.sum[k].common);
      t.sum[k] = {};
    }
    std::sort(t.touched.begin(), t.touched.begin() + static_cast<std::ptrdiff_t>(enough));
    rivals& r = part.found;
    for (std::size_t f = 0; f < enough; ++f) {
      const std::uint32_t k = t.touched[f], dk = static_cast<std::uint32_t>(ss.degree(k));
      const detail::overlap_sum sum = std::exchange(t.sum[k], {});
      r.supplier.push_back(static_cast<std::uint32_t>(j));
      r.rival.push_back(k);
      r.common.push_back(sum.common);
      r.contested.push_back(sum.contested);
      r.jaccard.push_back(sum.common / (static_cast<double>(dj) + dk - sum.common));
      r.newman.push_back(sum.newman);
      r.p_value.push_back(chance(k, sum.common));
    }
  };
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        auto scratch = pool.take([&] {
          return detail::overlap_scratch{std::vector<detail::overlap_sum>(n), std::vector<std::uint32_t>(n + 1)};
        });
        for (std::size_t j = begin; j < end; ++j) one(j, *scratch, parts[number]);
        pool.put(std::move(scratch));
      },
      options.threads);
  rivals out;
  detail::overlap_table all;
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), from.begin(), from.end());
    from = {};
  };
  for (detail::overlap_part& p : parts) {
    append(out.supplier, p.found.supplier), append(out.rival, p.found.rival), append(out.common, p.found.common);
    append(out.contested, p.found.contested), append(out.jaccard, p.found.jaccard), append(out.newman, p.found.newman);
    append(out.p_value, p.found.p_value);
    out.met += p.found.met;
    for (const auto& [key, seen] : p.table) {
      detail::tested& sum = all[key];
      sum.p = seen.p;
      sum.pairs += seen.pairs;
    }
    p.table = {};
  }
  out.tests = n == 0 ? 0 : std::uint64_t{n} * (n - 1) / 2;
  if (options.test) {
    std::vector<std::pair<double, std::uint64_t>> groups;
    for (const auto& [key, seen] : all) groups.emplace_back(seen.p, seen.pairs);
    out.cut = detail::benjamini_hochberg(std::move(groups), out.tests, options.fdr);
  }
  out.validated.reserve(out.p_value.size());
  for (const double p : out.p_value) out.validated.push_back(p <= out.cut);
  return out;
}

}  // namespace guanxi::graph
