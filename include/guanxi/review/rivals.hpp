#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/shares.hpp>

namespace guanxi::review {

/// Who sold what to whom in the last year of the deliveries, and in the year before: sorted by customer, then supplier.
///
/// Takes   shares: with its rows, in which we are one of the suppliers when we could be placed.
/// Gives   one entry a customer and supplier with a positive amount in one of the two years; the year before is NaN when the
///         deliveries do not cover it. Customers and suppliers are the codes of the deliveries.
/// Costs   O(deliveries log deliveries).
[[nodiscard]] inline tie_columns year_ties(const share_picture& shares, const known_deliveries& known) {
  const ledger::deliveries& rows = shares.rows;
  const auto year = static_cast<std::size_t>(std::max(1.0, std::round(known.periods_per_year)));
  const std::size_t last = rows.periods - std::min(rows.periods, year);
  const bool two_years = rows.periods >= 2 * year;
  const std::size_t first = two_years ? rows.periods - 2 * year : last;
  std::vector<std::size_t> row;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.period[i] >= first) row.push_back(i);
  const auto tie = [&rows](std::size_t i) { return (std::uint64_t{rows.customer[i]} << 32) | rows.supplier[i]; };
  std::stable_sort(row.begin(), row.end(), [&](std::size_t a, std::size_t b) { return tie(a) != tie(b) ? tie(a) < tie(b) : rows.period[a] < rows.period[b]; });
  tie_columns out;
  for (std::size_t i = 0; i < row.size();) {
    double now = 0, before = 0;
    const std::uint64_t key = tie(row[i]);
    for (; i < row.size() && tie(row[i]) == key; ++i) (rows.period[row[i]] >= last ? now : before) += std::max(0.0, rows.amount[row[i]]);
    if (!(now > 0 || before > 0)) continue;
    out.customer.push_back(static_cast<std::uint32_t>(key >> 32)), out.supplier.push_back(static_cast<std::uint32_t>(key));
    out.amount.push_back(now), out.before.push_back(two_years ? before : unknown);
  }
  return out;
}

/// The suppliers of each country, the largest first; the countries in the order of `countries`.
///
/// Takes   ties: of year_ties; countries: of countries_of; `most` rivals a country are kept, and always ourselves.
/// Gives   what each sold in the last year and the year before, its parts of what was seen, how many customers it has, and
///         how many of these are ours as well. A market whose country is not known is not told.
/// Costs   O(ties log ties).
/// Beware  what deliveries do not show is no part of these markets.
[[nodiscard]] inline rival_columns rivals_of(const tie_columns& ties, const ledger::Ledger& book, const country_columns& countries, std::uint32_t own,
                                             const known_deliveries& known, day end, std::size_t most = 12) {
  rival_columns out;
  if (book.countries().empty()) return out;
  constexpr std::uint32_t nowhere = 0xffffffffu;
  std::vector<std::uint32_t> row_of(book.country_names().size(), nowhere), place(known.rows.customers, nowhere);
  for (std::size_t k = 0; k < countries.code.size(); ++k) row_of[countries.code[k]] = static_cast<std::uint32_t>(k);
  const std::vector<std::uint32_t> country = book.country(end);
  for (std::size_t c = 0; c < country.size(); ++c)
    if (country[c] != ledger::no_code && known.code[c] != no_supplier) place[known.code[c]] = row_of[country[c]];

  struct cell {
    std::uint32_t country, supplier;
    double now, before;
    bool shared;
  };
  std::vector<cell> cells;
  for (std::size_t i = 0; i < ties.customer.size();) {
    std::size_t next = i;
    bool ours = false;
    for (; next < ties.customer.size() && ties.customer[next] == ties.customer[i]; ++next) ours = ours || (ties.supplier[next] == own && ties.amount[next] > 0);
    for (; i < next; ++i)
      if (place[ties.customer[i]] != nowhere) cells.push_back({place[ties.customer[i]], ties.supplier[i], ties.amount[i], ties.before[i], ours});
  }
  std::stable_sort(cells.begin(), cells.end(), [](const cell& a, const cell& b) { return a.country != b.country ? a.country < b.country : a.supplier < b.supplier; });

  rival_columns of_country;
  const auto keep = [&] {  // the country is complete: its parts, then the largest of them
    double now = 0, before = 0;
    for (std::size_t j = 0; j < of_country.supplier.size(); ++j) now += of_country.amount[j], before += of_country.before[j];
    std::vector<std::size_t> order(of_country.supplier.size());
    for (std::size_t j = 0; j < order.size(); ++j) order[j] = j;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return of_country.amount[a] > of_country.amount[b]; });
    std::size_t kept = 0;
    for (const std::size_t j : order) {
      if (kept >= most && of_country.supplier[j] != own) continue;
      kept += of_country.supplier[j] != own;
      out.country.push_back(of_country.country[j]), out.supplier.push_back(of_country.supplier[j]);
      out.amount.push_back(of_country.amount[j]), out.before.push_back(of_country.before[j]);
      out.share.push_back(now > 0 ? of_country.amount[j] / now : unknown), out.share_before.push_back(before > 0 ? of_country.before[j] / before : unknown);
      out.customers.push_back(of_country.customers[j]), out.shared.push_back(of_country.shared[j]);
    }
    of_country = {};
  };
  for (std::size_t i = 0; i < cells.size();) {
    const cell& head = cells[i];
    double now = 0, before = 0, customers = 0, shared = 0;
    for (; i < cells.size() && cells[i].country == head.country && cells[i].supplier == head.supplier; ++i) {
      now += cells[i].now, before += cells[i].before;
      customers += cells[i].now > 0, shared += cells[i].now > 0 && cells[i].shared;
    }
    of_country.country.push_back(head.country), of_country.supplier.push_back(head.supplier);
    of_country.amount.push_back(now), of_country.before.push_back(before);
    of_country.customers.push_back(customers), of_country.shared.push_back(shared);
    if (i == cells.size() || cells[i].country != head.country) keep();
  }
  return out;
}

}  // namespace guanxi::review
