#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// How far the suppliers of small customers are among those of large ones; 0 .. 100, NaN without a pair.
struct nested {
  double customers = unknown, suppliers = unknown, all = unknown;
};

namespace detail {
/// Sum over pairs of the filling of the smaller in the larger, in percent; pairs of equal degree give 0.
[[nodiscard]] inline double nested_pairs(const two_sided& g) {
  std::vector<std::uint32_t> common(g.customers(), 0), touched;
  double sum = 0;
  for (std::uint32_t i = 0; i < g.customers(); ++i) {
    touched.clear();
    for (const std::uint32_t s : g.customer.others(i))
      for (const std::uint32_t j : g.supplier.others(s))
        if (g.customer.degree(j) < g.customer.degree(i) && common[j]++ == 0) touched.push_back(j);
    for (const std::uint32_t j : touched) {
      sum += 100.0 * common[j] / static_cast<double>(g.customer.degree(j));
      common[j] = 0;
    }
  }
  return sum;
}
}  // namespace detail

/// Nestedness by overlap and decreasing fill of customers, suppliers and both. Order of rows does not matter.
/// Costs O(sum of degrees squared), nothing stored. Source: Almeida-Neto et al. (2008), Oikos 117, 1227-1239.
[[nodiscard]] inline nested nodf(const two_sided& g) {
  const double c = detail::nested_pairs(g), s = detail::nested_pairs(g.swapped());
  const double nc = static_cast<double>(g.customers()), ns = static_cast<double>(g.suppliers());
  const double pc = nc * (nc - 1) / 2, ps = ns * (ns - 1) / 2;
  return {pc > 0 ? c / pc : unknown, ps > 0 ? s / ps : unknown, pc + ps > 0 ? (c + s) / (pc + ps) : unknown};
}

/// Small patterns of several suppliers.
struct motif_counts {
  std::uint64_t customer_pairs = 0;  // a customer with two suppliers (a choice of two)
  std::uint64_t supplier_pairs = 0;  // a supplier with two customers
  std::uint64_t squares = 0;         // two customers with the same two suppliers
  std::uint64_t paths = 0;           // three ties in a row
  double closed = unknown;           // 4 squares / paths: chance that a row of three ties is closed by a fourth
};

/// Counts of patterns. Costs O(sum of customers' degrees squared). Source: Robins and Alexander (2004), CMOT 10, 69-94.
[[nodiscard]] inline motif_counts motifs(const two_sided& g) {
  motif_counts out;
  std::vector<std::uint32_t> common(g.suppliers(), 0), touched;
  const auto pairs = [](std::uint64_t d) { return d < 2 ? std::uint64_t{0} : d * (d - 1) / 2; };
  for (std::size_t c = 0; c < g.customers(); ++c) out.customer_pairs += pairs(g.customer.degree(c));
  for (std::uint32_t s = 0; s < g.suppliers(); ++s) {
    out.supplier_pairs += pairs(g.supplier.degree(s));
    touched.clear();
    for (const std::uint32_t c : g.supplier.others(s)) {
      out.paths += (g.customer.degree(c) - 1) * (g.supplier.degree(s) - 1);
      for (const std::uint32_t k : g.customer.others(c)) {
        if (k >= s) break;
        if (common[k]++ == 0) touched.push_back(k);
      }
    }
    for (const std::uint32_t k : touched) {
      out.squares += pairs(common[k]);
      common[k] = 0;
    }
  }
  if (out.paths > 0) out.closed = 4.0 * static_cast<double>(out.squares) / static_cast<double>(out.paths);
  return out;
}

}  // namespace guanxi::graph
