#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/concentration.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/market/advantage.hpp>
#include <guanxi/market/flows.hpp>
#include <guanxi/market/growth.hpp>
#include <guanxi/market/like_flows.hpp>
#include <guanxi/market/nowcast.hpp>

namespace guanxi::market {

struct table_settings {
  std::uint32_t own = nobody;           // our number among the exporters; `nobody`: no column of ours
  std::uint32_t now = nobody;           // the period looked at; `nobody`: the last one
  std::uint32_t back = 1;               // compared with so many periods before
  double level = 0.9;                   // of all intervals
  double cap = 10;                      // of ease
  std::size_t like = 30;                // exporters nearest to us in size, whose flows make the range of the potential
  double prior = 10;                    // past cases that the product's own rate counts for in a chance
  std::span<const double> margin{};     // of each product, part of sales; empty: 1, the score is then in sales
  std::span<const double> entry{};      // of each importer, money to get in; empty: 0
  unsigned threads = 0;
};

/// One entry a cell of importer x product; NaN where not known. Suppliers lie behind one another, the largest first.
struct market_table {
  std::vector<std::uint32_t> importer, product;
  std::vector<double> size, size_low, size_high;          // purchases in `now`; the whole of it where only a part was seen
  std::vector<double> size_before, growth;                // of the period compared with
  std::vector<double> trend, trend_low, trend_high;       // a period, over all complete ones
  std::vector<std::uint8_t> report;                       // 1 importer's, 2 mirrored, 3 both, 0 none; growth across kinds is unknown
  std::vector<double> sales, share, share_before;         // ours
  std::vector<std::uint32_t> suppliers, leader;           // leader: the largest rival
  std::vector<double> leader_share, lead;                 // lead: our share / its share
  std::vector<double> hhi, effective;
  std::vector<double> rca, rsca, nrca;                    // ours in the product, over all exporters and products handed in
  std::vector<double> price, rung, ladder;                // our unit value / the market's; part of rivals' quantity sold for less; 90 % / 10 %
  std::vector<double> similarity, complementarity;        // of our exports with the leader's; with what the importer buys
  std::vector<double> attainable, attainable_low, attainable_high;  // share, at most 1
  std::vector<double> potential, potential_low, potential_high;     // money
  std::vector<double> gap, gap_low, gap_high;             // potential less our sales, never below 0
  std::vector<std::uint32_t> cases;                       // past cases in the cell behind the chance
  std::vector<double> difficulty, difficulty_low, difficulty_high;  // 1 - chance
  std::vector<double> score, score_low, score_high;       // money at stake: chance x margin x gap - entry
  std::vector<std::size_t> start;                         // first supplier of each cell, cells + 1
  std::vector<std::uint32_t> supplier;
  std::vector<double> supplier_share, supplier_before, supplier_price;
  std::uint32_t now = 0, before = nobody;
  bool partial = false;
  std::size_t own_trade = 0, like_flows = 0;
  [[nodiscard]] std::size_t cells() const noexcept { return importer.size(); }
};

namespace detail {

/// Sums over everything that was sold in one period.
struct world_sums {
  std::vector<double> sold, bought, product;              // by exporter, by importer, by product
  double all = 0;
  std::vector<std::size_t> line;                          // exporters + 1: their products behind one another
  std::vector<std::uint32_t> line_product;
  std::vector<double> line_value;
  std::vector<char> reported;                             // importer x period: any row at all
};

[[nodiscard]] inline world_sums world_of(const flow_columns& in, const flow_entries& f, std::uint32_t now) {
  world_sums out;
  std::vector<running_sum> e(in.exporters), m(in.importers), p(in.products);
  out.reported.assign(in.importers * in.periods, 0);
  std::vector<std::size_t> mine(in.exporters + 1, 0);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pair;  // (cell, entry) with trade now
  for (std::size_t c = 0; c < f.cells(); ++c)
    for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i) {
      out.reported[f.importer[c] * in.periods + f.period[i]] = 1;
      if (f.period[i] != now) continue;
      const double v = f.part[i];
      e[f.exporter[i]].add(v), m[f.importer[c]].add(v), p[f.product[c]].add(v);
      if (v > 0) pair.emplace_back(static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(i)), ++mine[f.exporter[i] + 1];
    }
  running_sum all;
  for (const running_sum& s : e) out.sold.push_back(s.value()), all.add(s.value());
  for (const running_sum& s : m) out.bought.push_back(s.value());
  for (const running_sum& s : p) out.product.push_back(s.value());
  out.all = all.value();
  std::partial_sum(mine.begin(), mine.end(), mine.begin());
  std::vector<std::pair<std::uint32_t, double>> by(pair.size());
  std::vector<std::size_t> at(mine.begin(), mine.end() - 1);
  for (const auto& [c, i] : pair) by[at[f.exporter[i]]++] = {f.product[c], f.part[i]};
  out.line.push_back(0);
  for (std::size_t x = 0; x < in.exporters; ++x) {
    const auto first = by.begin() + static_cast<std::ptrdiff_t>(mine[x]), last = by.begin() + static_cast<std::ptrdiff_t>(mine[x + 1]);
    std::stable_sort(first, last, [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto i = first; i != last;) {
      const std::uint32_t product = i->first;
      running_sum sum;
      for (; i != last && i->first == product; ++i) sum.add(i->second);
      out.line_product.push_back(product), out.line_value.push_back(sum.value());
    }
    out.line.push_back(out.line_product.size());
  }
  return out;
}

/// How suppliers fared in a cell.
struct chance_counts {
  double entrants = 0, stayed = 0;   // outside at t - 1, in at t, and in at t + 1
  double holders = 0, held = 0;      // in at t, and in at t + 1 with no smaller share
};

/// Purchases of a cell by period: whole, or what fell in the months seen (`amount` is value or part).
inline void totals_of(const flow_entries& f, std::size_t c, const std::vector<double>& amount, std::span<double> out) {
  std::vector<running_sum> sum(out.size());
  for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i) sum[f.period[i]].add(amount[i]);
  for (std::size_t t = 0; t < out.size(); ++t) out[t] = sum[t].value();
}

[[nodiscard]] inline chance_counts chances_of(const flow_entries& f, std::size_t c, std::span<const double> total, const char* reported, std::uint32_t last) {
  chance_counts out;
  for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i) {
    const std::uint32_t t = f.period[i];
    if (!(f.value[i] > 0) || t >= last || !reported[t + 1]) continue;
    const bool after = i + 1 < f.start[c + 1] && f.exporter[i + 1] == f.exporter[i] && f.period[i + 1] == t + 1 && f.value[i + 1] > 0;
    const bool before = i > f.start[c] && f.exporter[i - 1] == f.exporter[i] && f.period[i - 1] + 1 == t && f.value[i - 1] > 0;
    ++out.holders;
    if (after && f.value[i + 1] / total[t + 1] >= f.value[i] / total[t]) ++out.held;
    if (t > 0 && reported[t - 1] && !before) ++out.entrants, out.stayed += after;
  }
  return out;
}

struct unit_value {
  double price, quantity;
};
/// Unit value below which a part q of the quantity was sold.
[[nodiscard]] inline double price_at(const std::vector<unit_value>& sorted, double q) noexcept {
  double all = 0, seen = 0;
  for (const unit_value& u : sorted) all += u.quantity;
  for (const unit_value& u : sorted)
    if ((seen += u.quantity) >= q * all) return u.price;
  return sorted.empty() ? unknown : sorted.back().price;
}

}  // namespace detail

/// The table of countries and products: how large, how fast, whose, at which price, what could be ours, how hard, and the money at stake.
///
/// Takes   flows of everybody in some periods (a complete record of those importers; absent cells are 0 where the importer has rows
///         in the period, unknown where it has none). With `part` the last period is under way: sizes are nowcasts, shares are
///         those of what was seen.
/// Gives   cells of importer x product, sorted. Potential: supply share x ease x demand, or `expected` where given (gravity); ease is
///         trade with the importer over what shares alone would give; where we do not sell yet, that of exporters of our size. Its
///         range is that of what these trade where as much is expected of them. Chance: of past entrants in the cell,
///         how many were still there a period later; where we are in, of past suppliers, how many held their share; drawn
///         towards the product's rate by `prior` cases, with beta quantiles. Score: absolute, in money: chance x margin x gap,
///         less the cost of entry where we are not in yet. Every figure of a cell needs only the flows handed in, never which
///         cells are looked at.
/// Fails   errc::size_mismatch, errc::out_of_domain, errc::not_finite, errc::empty, each with the row or the setting.
/// Costs   four counting sorts of the rows, then O(rows + cells x like); about 0.3 s for 1M rows. Same bits for any order of rows
///         and any number of threads.
/// Source  Balassa (1965); Finger and Kreinin (1979); Michaely (1996); Decreux and Spies (2016), the shape; see each function.
/// Beware  rca, nrca, complementarity and potential depend on the flows handed in; unit values need one unit of quantity a product.
[[nodiscard]] inline market_table table(const flow_columns& flows, const table_settings& settings);

}  // namespace guanxi::market

#include <guanxi/market/table_columns.hpp>
