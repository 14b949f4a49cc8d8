#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/graph/like_customers.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

/// What each customer buys, one entry an item and holder (the supplier it is bought from), sorted by both.
struct baskets {
  std::vector<std::uint64_t> start;
  std::vector<std::uint32_t> item;
  std::vector<std::uint32_t> holder;
  std::vector<double> amount;  // net, > 0
  std::vector<double> total;   // of each customer
  std::size_t items = 0;

  [[nodiscard]] std::size_t customers() const noexcept { return total.size(); }
};

/// Baskets whose items are the suppliers themselves (or whatever stands on that side).
[[nodiscard]] inline baskets baskets_by_supplier(const two_sided& g) {
  baskets out;
  out.start.assign(g.customer.start.begin(), g.customer.start.end());
  out.item.assign(g.customer.other.begin(), g.customer.other.end());
  out.holder = out.item;
  out.amount.assign(g.customer.weight.begin(), g.customer.weight.end());
  out.items = g.suppliers();
  for (std::size_t c = 0; c < g.customers(); ++c) out.total.push_back(g.customer.strength(c));
  return out;
}

/// Baskets whose items are the products of the lines. Fails errc::unknown_name without products. Costs O(L log L).
[[nodiscard]] inline baskets baskets_by_product(const SupplierGraph& g) {
  if (!g.has_products())
    throw error(errc::unknown_name, "graph::needs_gap: by product was asked, but no 'product' column was given");
  baskets out;
  out.items = g.products();
  out.start.push_back(0);
  struct entry {
    std::uint32_t item, holder;
    double amount;
  };
  std::vector<entry> mine;
  std::size_t p = 0;
  const std::size_t pairs = g.pair_customer().size();
  for (std::size_t c = 0; c < g.customers(); ++c) {
    mine.clear();
    for (; p < pairs && g.pair_customer()[p] == c; ++p)
      for (std::uint64_t i = g.pair_start()[p]; i < g.pair_start()[p + 1]; ++i)
        mine.push_back({g.line_product()[i], g.pair_supplier()[p], g.line_amount()[i]});
    std::stable_sort(mine.begin(), mine.end(), [](const entry& a, const entry& b) {
      return std::pair(a.item, a.holder) < std::pair(b.item, b.holder);
    });
    running_sum total;
    for (std::size_t i = 0; i < mine.size();) {
      running_sum net;
      std::size_t j = i;
      for (; j < mine.size() && mine[j].item == mine[i].item && mine[j].holder == mine[i].holder; ++j) net.add(mine[j].amount);
      if (net.value() > 0) {
        out.item.push_back(mine[i].item);
        out.holder.push_back(mine[i].holder);
        out.amount.push_back(net.value());
        total.add(net.value());
      }
      i = j;
    }
    out.start.push_back(out.item.size());
    out.total.push_back(total.value());
  }
  return out;
}

struct gap_options {
  std::size_t k = 10;
  double level = 0.90;  // of the interval of chance
  unsigned threads = 0;
};

/// Items that like customers buy and this one does not, or buys less of; rows by customer and rank.
struct gaps {
  std::vector<std::uint32_t> customer, item;
  std::vector<double> chance, low, high;          // part of the like customers who buy it, and its interval
  std::vector<double> expected, actual, gap;      // money: what this customer would buy if it were like them
  std::vector<std::uint32_t> held_by;             // supplier of most of it among the like customers
  std::vector<std::uint32_t> rank;                // 1, 2, ...
};

namespace detail {

struct gap_scratch {
  std::vector<double> chance, part;
  std::vector<std::uint32_t> touched;
};

struct gap_row {
  std::uint32_t item;
  double chance, expected, actual;
  [[nodiscard]] double gap() const noexcept { return expected - actual; }
};

[[nodiscard]] inline double bought(const baskets& b, std::size_t customer, std::uint32_t item) noexcept {
  const auto first = b.item.begin() + static_cast<std::ptrdiff_t>(b.start[customer]);
  const auto last = b.item.begin() + static_cast<std::ptrdiff_t>(b.start[customer + 1]);
  double sum = 0;
  for (auto it = std::lower_bound(first, last, item); it != last && *it == item; ++it)
    sum += b.amount[static_cast<std::size_t>(it - b.item.begin())];
  return sum;
}

/// The supplier that holds most of an item among like customers, weighted by likeness; the lower id at a tie.
[[nodiscard]] inline std::uint32_t holder_of(const baskets& b, std::span<const std::uint32_t> like, std::span<const double> weight,
                                             std::uint32_t item) {
  std::vector<std::pair<std::uint32_t, double>> held;
  for (std::size_t n = 0; n < like.size(); ++n) {
    const auto first = b.item.begin() + static_cast<std::ptrdiff_t>(b.start[like[n]]);
    const auto last = b.item.begin() + static_cast<std::ptrdiff_t>(b.start[like[n] + 1]);
    for (auto it = std::lower_bound(first, last, item); it != last && *it == item; ++it) {
      const auto i = static_cast<std::size_t>(it - b.item.begin());
      held.emplace_back(b.holder[i], weight[n] * b.amount[i]);
    }
  }
  std::stable_sort(held.begin(), held.end(), [](const auto& a, const auto& c) { return a.first < c.first; });
  std::uint32_t best = none;
  double most = -1;
  for (std::size_t i = 0; i < held.size();) {
    double sum = 0;
    std::size_t j = i;
    for (; j < held.size() && held[j].first == held[i].first; ++j) sum += held[j].second;
    if (sum > most) most = sum, best = held[i].first;
    i = j;
  }
  return best;
}

}  // namespace detail

/// What like customers buy and a customer does not (actual = 0), or buys less of than its kind.
///
/// With likeness a_v of the like customers v, chance = sum a_v [v buys it] / sum a_v and
/// expected = W_u sum a_v (share of the item in v's purchases) / sum a_v, W_u the customer's own purchases.
/// Takes   alike: rows of like_customers over the same customers.
/// Gives   rows with a positive gap, largest gap first. The interval of chance is the Beta(1/2 + e chance,
///         1/2 + e (1 - chance)) of Jeffreys with e = (sum a)^2 / sum a^2, the effective number of like customers.
/// Fails   errc::size_mismatch when alike names a customer without basket; errc::out_of_domain for k = 0 or a level
///         outside (0, 1).
/// Costs   O(entries of the like customers) a customer; threads over blocks, same bits for any number.
/// Beware  like customers are chosen by what they buy: chance is a description of them, not yet a forecast.
[[nodiscard]] inline gaps needs_gap(const baskets& b, const likes& alike, const gap_options& options = {}) {
  if (options.k == 0) throw error(errc::out_of_domain, "graph::needs_gap: k is 0, wanted at least 1");
  if (!(options.level > 0 && options.level < 1))
    throw error(errc::out_of_domain, "graph::needs_gap: level is " + std::to_string(options.level) + ", wanted inside (0, 1)");
  for (const auto* ids : {&alike.customer, &alike.like})
    for (const std::uint32_t c : *ids)
      if (c >= b.customers())
        throw error(errc::size_mismatch, "graph::needs_gap: like customer " + std::to_string(c) + " has no basket, there are " +
                                             std::to_string(b.customers()));
  constexpr std::size_t block = 256;
  const std::size_t n = alike.customer.size();
  std::vector<gaps> parts((n + block - 1) / block);
  detail::workspaces<detail::gap_scratch> pool;
  const auto one = [&](std::size_t i, detail::gap_scratch& t, gaps& out) {
    const std::uint32_t u = alike.customer[i];
    const std::size_t first = alike.start[i], count = alike.start[i + 1] - first;
    const std::span<const std::uint32_t> like(alike.like.data() + first, count);
    const std::span<const double> weight(alike.similarity.data() + first, count);
    double sum = 0, squares = 0;
    std::size_t found = 0;
    for (std::size_t v = 0; v < count; ++v) {
      sum += weight[v];
      squares += weight[v] * weight[v];
      std::uint32_t last = none;
      for (std::uint64_t e = b.start[like[v]]; e < b.start[like[v] + 1]; ++e) {
        const std::uint32_t item = b.item[e];
        if (t.chance[item] == 0) t.touched[found++] = item;
        if (item != last) t.chance[item] += weight[v];
        t.part[item] += weight[v] * (b.amount[e] / b.total[like[v]]);
        last = item;
      }
    }
    if (!(sum > 0)) return;
    std::vector<detail::gap_row> rows;
    for (std::size_t f = 0; f < found; ++f) {
      const std::uint32_t item = t.touched[f];
      const double expected = b.total[u] * t.part[item] / sum;
      const detail::gap_row row{item, std::min(1.0, t.chance[item] / sum), expected, detail::bought(b, u, item)};
      t.chance[item] = t.part[item] = 0;
      if (row.gap() > 0) rows.push_back(row);
    }
    const std::size_t keep = std::min(options.k, rows.size());
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(keep), rows.end(),
                      [](const detail::gap_row& x, const detail::gap_row& y) {
                        return x.gap() > y.gap() || (x.gap() == y.gap() && x.item < y.item);
                      });
    const double effective = sum * sum / squares;
    for (std::size_t r = 0; r < keep; ++r) {
      const detail::gap_row& row = rows[r];
      const double yes = 0.5 + effective * row.chance, no = 0.5 + effective * (1 - row.chance);
      out.customer.push_back(u);
      out.item.push_back(row.item);
      out.chance.push_back(row.chance);
      out.low.push_back(beta_quantile((1 - options.level) / 2, yes, no));
      out.high.push_back(beta_quantile((1 + options.level) / 2, yes, no));
      out.expected.push_back(row.expected);
      out.actual.push_back(row.actual);
      out.gap.push_back(row.gap());
      out.held_by.push_back(detail::holder_of(b, like, weight, row.item));
      out.rank.push_back(static_cast<std::uint32_t>(r + 1));
    }
  };
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        auto scratch = pool.take([&] {
          return detail::gap_scratch{std::vector<double>(b.items), std::vector<double>(b.items), std::vector<std::uint32_t>(b.items)};
        });
        for (std::size_t i = begin; i < end; ++i) one(i, *scratch, parts[number]);
        pool.put(std::move(scratch));
      },
      options.threads);
  gaps out;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const gaps& p : parts) {
    append(out.customer, p.customer), append(out.item, p.item), append(out.chance, p.chance), append(out.low, p.low);
    append(out.high, p.high), append(out.expected, p.expected), append(out.actual, p.actual), append(out.gap, p.gap);
    append(out.held_by, p.held_by), append(out.rank, p.rank);
  }
  return out;
}

}  // namespace guanxi::graph
