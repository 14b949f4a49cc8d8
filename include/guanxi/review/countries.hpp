#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <guanxi/base/concentration.hpp>
#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/sales.hpp>
#include <guanxi/review/shares.hpp>

namespace guanxi::review {

namespace detail {

/// Country of every customer of the deliveries that is in the ledger; no_supplier for the others.
[[nodiscard]] inline std::vector<std::uint32_t> country_of_deliveries(const std::vector<std::uint32_t>& country, const known_deliveries& known) {
  std::vector<std::uint32_t> out(known.rows.customers, no_supplier);
  for (std::size_t c = 0; c < country.size(); ++c)
    if (known.code[c] != no_supplier) out[known.code[c]] = country[c];
  return out;
}

/// Market size, leader and concentration of each country from the deliveries of its customers.
inline void fill_markets(country_columns& out, const std::vector<std::uint32_t>& row_of, const std::vector<std::uint32_t>& country, const share_picture& shares, const known_deliveries& known) {
  const ledger::deliveries& seen = shares.rows;
  const auto year = std::min(seen.periods, static_cast<std::size_t>(std::max(1.0, std::round(known.periods_per_year))));
  const std::vector<std::uint32_t> where = country_of_deliveries(country, known);
  const std::size_t rows = out.country.size();
  std::vector<double> held(rows * seen.suppliers);
  for (std::size_t i = 0; i < seen.rows(); ++i) {
    if (where[seen.customer[i]] == no_supplier || !(seen.amount[i] > 0)) continue;
    const std::size_t r = row_of[where[seen.customer[i]]];
    const std::size_t age = seen.periods - 1 - seen.period[i];
    if (age >= 2 * year) continue;
    double& market = age < year ? out.market_year[r] : out.market_before[r];
    market = (std::isnan(market) ? 0.0 : market) + seen.amount[i];
    if (age < year) held[r * seen.suppliers + seen.supplier[i]] += seen.amount[i];
  }
  for (std::size_t r = 0; r < rows; ++r) {
    if (!(out.market_year[r] > 0)) continue;
    const double* of = held.data() + r * seen.suppliers;
    const auto leader = static_cast<std::size_t>(std::max_element(of, of + seen.suppliers) - of);
    out.leader[r] = static_cast<std::uint32_t>(leader);
    out.leader_share[r] = of[leader] / out.market_year[r];
    if (shares.own != no_supplier) out.share[r] = of[shares.own] / out.market_year[r];
    out.hhi[r] = concentration_of({of, seen.suppliers}).hhi;
  }
}

}  // namespace detail

/// One row a country of the ledger's customers, the largest first: our sales there, and the seen market where deliveries are known.
/// Costs   O(customers + deliveries + countries suppliers).
[[nodiscard]] inline country_columns countries_of(const ledger::Ledger& book, const sales_columns& sales, const share_picture& shares, const known_deliveries* known, day end) {
  country_columns out;
  if (book.countries().empty()) return out;
  const std::vector<std::uint32_t> country = book.country(end);
  const std::size_t names = book.country_names().size();
  std::vector<double> year(names + 1), before(names + 1), customers(names + 1);
  const auto at = [names](std::uint32_t code) { return code == ledger::no_code ? names : code; };
  for (std::size_t c = 0; c < country.size(); ++c) {
    year[at(country[c])] += sales.year[c];
    before[at(country[c])] += sales.before[c];
    if (sales.last[c] != no_date) customers[at(country[c])] += 1;
  }
  std::vector<std::uint32_t> order(names), row_of(names);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return year[a] > year[b]; });
  for (std::size_t r = 0; r < names; ++r) {
    const std::uint32_t code = order[r];
    row_of[code] = static_cast<std::uint32_t>(r);
    out.country.push_back(book.country_names().name(code));
    out.customers.push_back(customers[code]);
    out.sales_year.push_back(year[code]);
    out.sales_before.push_back(before[code]);
  }
  for (auto* column : {&out.market_year, &out.market_before, &out.share, &out.leader_share, &out.hhi}) column->assign(names, unknown);
  out.leader.assign(names, no_supplier);
  if (known) detail::fill_markets(out, row_of, country, shares, *known);
  return out;
}

}  // namespace guanxi::review
