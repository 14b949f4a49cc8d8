#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/graph/needs_gap.hpp>
#include <guanxi/graph/supplier_graph.hpp>

namespace guanxi::graph {

/// Needs that hang on one supplier; rows by customer and item. item = none when a row is about all purchases.
struct sole_sources {
  std::vector<std::uint32_t> customer, item, supplier;
  std::vector<double> share;          // of the supplier in all periods looked at
  std::vector<std::int64_t> since;    // first period from which it held `level` in every period with purchases; -1 unknown
};

namespace detail {

struct need_line {
  std::uint32_t item, period, supplier;
  double amount;
};

inline void sole_source_of(std::vector<need_line>& mine, std::uint32_t customer, double level, bool periods, sole_sources& out) {
  const auto by_supplier = [](const need_line& a, const need_line& b) {
    return std::pair(a.item, a.supplier) < std::pair(b.item, b.supplier);
  };
  std::stable_sort(mine.begin(), mine.end(), by_supplier);
  for (std::size_t i = 0; i < mine.size();) {
    std::size_t j = i;
    double total = 0, most = 0;
    std::uint32_t holder = none;
    while (j < mine.size() && mine[j].item == mine[i].item) {
      running_sum sum;
      const std::size_t first = j;
      for (; j < mine.size() && mine[j].item == mine[first].item && mine[j].supplier == mine[first].supplier; ++j) sum.add(mine[j].amount);
      const double net = sum.value();
      if (net > 0) total += net;
      if (net > most) most = net, holder = mine[first].supplier;
    }
    if (holder != none && most / total >= level) {
      std::int64_t since = -1;
      if (periods) {
        std::vector<need_line> need(mine.begin() + static_cast<std::ptrdiff_t>(i), mine.begin() + static_cast<std::ptrdiff_t>(j));
        std::stable_sort(need.begin(), need.end(), [](const need_line& a, const need_line& b) { return a.period < b.period; });
        for (std::size_t k = need.size(); k > 0;) {
          const std::uint32_t t = need[k - 1].period;
          double all = 0, held = 0;
          for (; k > 0 && need[k - 1].period == t; --k) {
            all += need[k - 1].amount;
            if (need[k - 1].supplier == holder) held += need[k - 1].amount;
          }
          if (all > 0 && !(held >= level * all)) break;
          if (all > 0) since = t;
        }
      }
      out.customer.push_back(customer);
      out.item.push_back(mine[i].item);
      out.supplier.push_back(holder);
      out.share.push_back(most / total);
      out.since.push_back(since);
    }
    i = j;
  }
}

}  // namespace detail

/// Customers (or customers' products) whose largest supplier holds `level` of the purchases or more.
///
/// Takes   level in (0, 1]; by_product: look at every product of a customer by itself.
/// Fails   errc::out_of_domain for the level; errc::unknown_name for by_product without products.
/// Costs   O(L log L) over the lines of each customer.
[[nodiscard]] inline sole_sources single_source(const SupplierGraph& g, double level = 0.95, bool by_product = false) {
  if (!(level > 0 && level <= 1))
    throw error(errc::out_of_domain, "graph::single_source: level is " + std::to_string(level) + ", wanted in (0, 1]");
  if (by_product && !g.has_products())
    throw error(errc::unknown_name, "graph::single_source: by product was asked, but no 'product' column was given");
  sole_sources out;
  std::vector<detail::need_line> mine;
  std::size_t p = 0;
  for (std::uint32_t c = 0; c < g.customers(); ++c) {
    mine.clear();
    if (!g.has_lines()) {
      for (std::uint64_t i = g.by_customer().start[c]; i < g.by_customer().start[c + 1]; ++i)
        mine.push_back({none, 0, g.by_customer().other[i], g.by_customer().weight[i]});
    }
    for (; g.has_lines() && p < g.pair_customer().size() && g.pair_customer()[p] == c; ++p)
      for (std::uint64_t i = g.pair_start()[p]; i < g.pair_start()[p + 1]; ++i)
        mine.push_back({by_product ? g.line_product()[i] : none, g.has_periods() ? g.line_period()[i] : 0, g.pair_supplier()[p],
                        g.line_amount()[i]});
    detail::sole_source_of(mine, c, level, g.has_periods(), out);
  }
  return out;
}

}  // namespace guanxi::graph
