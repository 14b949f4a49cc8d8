#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/ledger/purchase_days.hpp>

namespace guanxi::value {

/// Inner edges of the scores, ascending: score = 1 + number of edges below the value. Store them to score a later date alike.
struct rfm_edges {
  std::vector<double> recency, frequency, monetary;
};

/// What the monetary column holds.
enum class monetary { mean, sum };

/// Recency, frequency and money of each customer with a purchase up to `end`, in the order of the ledger's ids.
struct rfm_table {
  std::vector<std::uint32_t> customer;
  std::vector<double> recency;    // days since the last purchase
  std::vector<double> frequency;  // purchase days
  std::vector<double> monetary;   // money a purchase day, or in all
  std::vector<std::uint8_t> r, f, m;  // scores 1 .. bins, more is better; recency counts backwards
  std::vector<std::string> segment;
  rfm_edges edges;
};

/// One line of the table of segments: scores are told in fifths, whatever the number of bins.
struct rfm_segment {
  std::uint8_t r_low, r_high, f_low, f_high;
  std::string_view word;
};

/// The table of segments in common use, (r, f) -> word. The first line that fits counts. It is data: give another if you like.
inline constexpr std::array<rfm_segment, 10> usual_segments{{
    {5, 5, 4, 5, "champions"},
    {3, 4, 4, 5, "loyal"},
    {4, 5, 2, 3, "growing"},
    {5, 5, 1, 1, "new"},
    {4, 4, 1, 1, "promising"},
    {3, 3, 3, 3, "needs attention"},
    {3, 3, 1, 2, "about to sleep"},
    {1, 2, 5, 5, "cannot lose"},
    {1, 2, 3, 4, "at risk"},
    {1, 2, 1, 2, "sleeping"},
}};

namespace detail {

/// Inner quantile edges of a column (type 1: data values, so a share of ties scores alike); equal edges are dropped.
/// Costs O(n log bins): selections inside selections, no full sort.
[[nodiscard]] inline std::vector<double> quantile_edges(std::span<const double> column, unsigned bins) {
  std::vector<double> copy(column.begin(), column.end()), edges;
  auto from = copy.begin();
  for (unsigned b = 1; b < bins; ++b) {
    const std::size_t rank = (copy.size() * b + bins - 1) / bins;
    const auto at = copy.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    if (at >= from) std::nth_element(from, at, copy.end());
    edges.push_back(*at);
    from = std::min(at + 1, copy.end());
  }
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  if (!copy.empty() && !edges.empty() && edges.back() == *std::max_element(copy.begin(), copy.end())) edges.pop_back();
  return edges;
}

inline void scores(std::span<const double> column, std::span<const double> edges, bool backwards, std::vector<std::uint8_t>& out) {
  const auto top = static_cast<std::uint8_t>(edges.size() + 1);
  out.resize(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) {
    std::uint8_t score = 1;
    for (const double edge : edges) score = static_cast<std::uint8_t>(score + (column[i] > edge));
    out[i] = backwards ? static_cast<std::uint8_t>(top + 1 - score) : score;
  }
}

/// A score of 1 .. top told in fifths.
[[nodiscard]] inline unsigned fifth(std::uint8_t score, std::size_t top) {
  return top <= 1 ? 3u : 1u + static_cast<unsigned>((score - 1) * 4 / static_cast<double>(top - 1) + 0.5);
}

}  // namespace detail

/// Scores a table with its edges, and names the segments.
inline void score(rfm_table& table, std::span<const rfm_segment> segments = usual_segments) {
  detail::scores(table.recency, table.edges.recency, true, table.r);
  detail::scores(table.frequency, table.edges.frequency, false, table.f);
  detail::scores(table.monetary, table.edges.monetary, false, table.m);
  const std::size_t r_top = table.edges.recency.size() + 1, f_top = table.edges.frequency.size() + 1;
  std::vector<std::string> word(r_top * f_top);
  for (std::size_t r = 1; r <= r_top; ++r)
    for (std::size_t f = 1; f <= f_top; ++f) {
      const unsigned r5 = detail::fifth(static_cast<std::uint8_t>(r), r_top), f5 = detail::fifth(static_cast<std::uint8_t>(f), f_top);
      for (const rfm_segment& s : segments)
        if (r5 >= s.r_low && r5 <= s.r_high && f5 >= s.f_low && f5 <= s.f_high) {
          word[(r - 1) * f_top + f - 1] = s.word;
          break;
        }
    }
  table.segment.resize(table.r.size());
  for (std::size_t i = 0; i < table.r.size(); ++i) table.segment[i] = word[(table.r[i] - 1u) * f_top + table.f[i] - 1u];
}

/// Recency, frequency and money with scores by quantiles.
///
/// Takes   days: see ledger::purchase_days; end: inclusive, nothing later is looked at; bins: 1 .. 100 scores a column;
///         edges: fixed edges of an earlier table (then bins is not used).
/// Gives   one row a customer with a purchase up to end. Ties share a score, so a column with few distinct values has
///         fewer scores than bins.
/// Fails   errc::out_of_domain for bins, errc::empty when nobody has bought up to end.
/// Costs   one pass over the days and three selections.
[[nodiscard]] inline rfm_table rfm(const ledger::purchase_days& days, day end, unsigned bins = 5,
                                   monetary money = monetary::mean, const rfm_edges* edges = nullptr,
                                   std::span<const rfm_segment> segments = usual_segments) {
  if (bins < 1 || bins > 100)
    throw error(errc::out_of_domain, "value::rfm: 'bins' is " + std::to_string(bins) + "; 1 to 100 is wanted");
  rfm_table out;
  for (std::size_t c = 0; c < days.customers(); ++c) {
    const auto* from = days.date.data() + days.start[c];
    const auto* to = std::upper_bound(from, days.date.data() + days.start[c + 1], end);
    if (to == from) continue;
    double total = 0;
    for (std::size_t j = days.start[c]; j < days.start[c] + static_cast<std::size_t>(to - from); ++j) total += days.amount[j];
    const auto n = static_cast<double>(to - from);
    out.customer.push_back(static_cast<std::uint32_t>(c));
    out.recency.push_back(static_cast<double>(end) - to[-1]);
    out.frequency.push_back(n);
    out.monetary.push_back(money == monetary::sum ? total : total / n);
  }
  if (out.customer.empty()) throw error(errc::empty, "value::rfm: nobody has bought up to " + to_text(end));
  if (edges != nullptr)
    out.edges = *edges;
  else
    out.edges = {detail::quantile_edges(out.recency, bins), detail::quantile_edges(out.frequency, bins),
                 detail::quantile_edges(out.monetary, bins)};
  score(out, segments);
  return out;
}

}  // namespace guanxi::value
