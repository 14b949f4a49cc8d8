#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/concentration.hpp>
#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/market/constant_share.hpp>
#include <guanxi/market/nobody.hpp>

namespace guanxi::market {

/// What the table of countries is made from. Customer ids are the same in all columns.
struct country_input {
  ledger::purchase_days ours;               // our sales; customers beyond its end have none
  std::span<const std::uint32_t> country;   // country of each customer, `nobody` where not known
  std::size_t countries = 0;
  day end = 0;                              // last day of the last year (inclusive)
  ledger::deliveries seen;                  // all suppliers' deliveries; empty when not known
  std::uint32_t own = nobody;               // our id among the suppliers; `nobody`: we are not among them
  std::uint32_t periods_a_year = 1;         // how many periods of `seen` make a year; its last year ends with its last period
};

/// One entry a country; the last one collects customers whose country is not known.
struct country_columns {
  std::vector<std::uint64_t> customers;        // who bought from us in the last year
  std::vector<std::uint64_t> customers_seen;   // who bought from anybody in the last year, as far as seen
  std::vector<double> sales, sales_before;     // ours in the 365 days up to `end`, and in the 365 days before
  std::vector<double> growth;                  // sales / sales_before - 1; NaN without sales before
  std::vector<double> market, market_before;   // purchases from everybody that were seen, in the last year and before; NaN when none
  std::vector<double> market_growth;
  std::vector<double> share, share_before;     // ours of the market
  std::vector<std::uint64_t> suppliers;        // with deliveries in the last year
  std::vector<std::uint32_t> leader;           // the largest rival; `nobody` when none is seen
  std::vector<double> leader_share, hhi;
  std::vector<double> from_market, from_own;   // our change from year to year: customers bought more, we won share (seen deliveries)
};

namespace detail {

/// Sales of each customer in the 365 days that end at `end`.
[[nodiscard]] inline std::vector<double> year_of_sales(const ledger::purchase_days& ours, day end, std::size_t customers) {
  std::vector<double> out(customers, 0.0);
  for (std::size_t c = 0; c < ours.customers() && c < customers; ++c) {
    running_sum sum;
    for (std::uint64_t i = ours.start[c]; i < ours.start[c + 1]; ++i)
      if (ours.date[i] <= end && ours.date[i] > end - 365) sum.add(ours.amount[i]);
    out[c] = sum.value();
  }
  return out;
}

/// Deliveries of a window of periods: country x supplier, and a customer's total and ours.
struct seen_year {
  std::vector<double> cell;         // countries x suppliers
  std::vector<double> total, mine;  // of each customer
  std::vector<char> bought;         // customer seen with a positive amount
};
[[nodiscard]] inline seen_year year_of_deliveries(const country_input& in, std::size_t countries, std::int64_t first, std::int64_t last) {
  seen_year out;
  out.cell.assign(countries * in.seen.suppliers, 0.0);
  out.total.assign(in.country.size(), 0.0);
  out.mine.assign(in.country.size(), 0.0);
  out.bought.assign(in.country.size(), 0);
  for (std::size_t i = 0; i < in.seen.rows(); ++i) {
    if (in.seen.period[i] < first || in.seen.period[i] > last) continue;
    const std::uint32_t c = in.seen.customer[i], s = in.seen.supplier[i];
    const std::size_t place = in.country[c] == nobody ? countries - 1 : in.country[c];
    out.cell[place * in.seen.suppliers + s] += in.seen.amount[i];
    out.total[c] += in.seen.amount[i];
    if (s == in.own) out.mine[c] += in.seen.amount[i];
    if (in.seen.amount[i] > 0) out.bought[c] = 1;
  }
  return out;
}

}  // namespace detail

/// What our countries look like: our sales, the market that is seen there, our share, who leads, how concentrated.
///
/// Gives   countries + 1 entries. Without deliveries the market columns are NaN: not known, never 0. Where we are not
///         among the suppliers (own = nobody) our sales of the year are added to the market.
/// Fails   errc::size_mismatch when `country` is shorter than the ledger or the deliveries need; errc::out_of_domain for
///         a country without number or periods_a_year = 0.
/// Costs   O(purchase days + deliveries + countries x suppliers).
/// Beware  deliveries from customs see part of the market: sizes are lower bounds, concentration is too high.
[[nodiscard]] inline country_columns country_table(const country_input& in) {
  const std::size_t n = in.country.size(), countries = in.countries + 1;
  if (in.ours.customers() > n || in.seen.customers > n)
    throw error(errc::size_mismatch, "market::country_table: 'country' has " + std::to_string(n) + " entries, there are " +
                                         std::to_string(std::max(in.ours.customers(), in.seen.customers)) + " customers");
  if (in.periods_a_year == 0) throw error(errc::out_of_domain, "market::country_table: periods_a_year is 0, wanted at least 1");
  for (const std::uint32_t c : in.country)
    if (c != nobody && c >= in.countries)
      throw error(errc::out_of_domain, "market::country_table: country " + std::to_string(c) + " has no number below " + std::to_string(in.countries));
  country_columns out;
  for (auto* column : {&out.customers, &out.customers_seen, &out.suppliers}) column->assign(countries, 0);
  for (auto* column : {&out.sales, &out.sales_before}) column->assign(countries, 0.0);
  for (auto* column : {&out.growth, &out.market, &out.market_before, &out.market_growth, &out.share, &out.share_before, &out.leader_share, &out.hhi,
                       &out.from_market, &out.from_own})
    column->assign(countries, unknown);
  out.leader.assign(countries, nobody);
  const auto place = [&](std::size_t c) { return in.country[c] == nobody ? countries - 1 : in.country[c]; };
  const std::vector<double> now = detail::year_of_sales(in.ours, in.end, n), then = detail::year_of_sales(in.ours, in.end - 365, n);
  for (std::size_t c = 0; c < n; ++c) {
    out.sales[place(c)] += now[c];
    out.sales_before[place(c)] += then[c];
    out.customers[place(c)] += now[c] > 0;
  }
  for (std::size_t k = 0; k < countries; ++k)
    if (out.sales_before[k] > 0) out.growth[k] = out.sales[k] / out.sales_before[k] - 1;
  if (in.seen.rows() == 0) return out;
  const std::int64_t last = static_cast<std::int64_t>(in.seen.periods) - 1, year = in.periods_a_year;
  const detail::seen_year one = detail::year_of_deliveries(in, countries, last - year + 1, last);
  const bool two_years = in.seen.periods >= 2 * in.periods_a_year;
  const detail::seen_year two = detail::year_of_deliveries(in, countries, last - 2 * year + 1, last - year);
  const bool listed = in.own != nobody && in.own < in.seen.suppliers;
  std::vector<double> w0(n), w1(n), all0(n), all1(n);
  for (std::size_t c = 0; c < n; ++c) {
    out.customers_seen[place(c)] += one.bought[c];
    w1[c] = std::max(0.0, listed ? one.mine[c] : now[c]), w0[c] = std::max(0.0, listed ? two.mine[c] : then[c]);
    all1[c] = std::max(0.0, one.total[c]) + (listed ? 0 : w1[c]), all0[c] = std::max(0.0, two.total[c]) + (listed ? 0 : w0[c]);
  }
  std::vector<double> parts;
  for (std::size_t k = 0; k < countries; ++k) {
    const std::size_t row = k * in.seen.suppliers;
    parts.assign(one.cell.begin() + static_cast<std::ptrdiff_t>(row), one.cell.begin() + static_cast<std::ptrdiff_t>(row + in.seen.suppliers));
    double before = 0;
    for (std::size_t s = 0; s < in.seen.suppliers; ++s) before += std::max(0.0, two.cell[row + s]);
    const double mine = listed ? std::max(0.0, parts[in.own]) : std::max(0.0, out.sales[k]);
    const double mine_before = listed ? std::max(0.0, two.cell[row + in.own]) : std::max(0.0, out.sales_before[k]);
    if (!listed) {
      parts.push_back(mine);
      before += mine_before;
    }
    const concentration c = concentration_of(parts);
    if (c.parts == 0) continue;
    out.suppliers[k] = c.parts;
    out.market[k] = c.total;
    out.hhi[k] = c.hhi;
    out.share[k] = mine / c.total;
    if (two_years && before > 0) {
      out.market_before[k] = before;
      out.market_growth[k] = c.total / before - 1;
      out.share_before[k] = mine_before / before;
    }
    double most = 0;
    for (std::size_t s = 0; s < in.seen.suppliers; ++s)
      if (s != in.own && parts[s] > most) most = parts[s], out.leader[k] = static_cast<std::uint32_t>(s);
    if (most > 0) out.leader_share[k] = most / c.total;
  }
  if (two_years) {
    const std::vector<std::uint32_t> one_group(n, 0);
    const change_sources split = sources_of_change(w0, w1, all0, all1, one_group, 1);
    for (std::size_t k = 0; k < countries; ++k)
      if (!std::isnan(out.market[k])) out.from_market[k] = out.from_own[k] = 0;
    for (std::size_t c = 0; c < n; ++c) {
      if (std::isnan(out.from_own[place(c)])) continue;
      out.from_market[place(c)] += split.market[c] + split.mix[c] + split.buyer[c];
      out.from_own[place(c)] += split.own[c];
    }
  }
  return out;
}

}  // namespace guanxi::market
