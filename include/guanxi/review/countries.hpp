#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/market/country_table.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/shares.hpp>

namespace guanxi::review {

namespace detail {

/// Delivery customers in the ledger's numbers; who is not in the ledger (a prospect) comes after all of its customers.
[[nodiscard]] inline std::vector<std::uint32_t> ledger_customers(const ledger::deliveries& seen, const known_deliveries& known) {
  const auto n = static_cast<std::uint32_t>(known.code.size());
  std::vector<std::uint32_t> number(seen.customers);
  for (std::size_t d = 0; d < seen.customers; ++d) number[d] = n + static_cast<std::uint32_t>(d);
  for (std::uint32_t c = 0; c < n; ++c)
    if (known.code[c] != no_supplier) number[known.code[c]] = c;
  std::vector<std::uint32_t> out(seen.rows());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = number[seen.customer[i]];
  return out;
}

}  // namespace detail

/// One row a country of the ledger, the largest sales first: market::country_table with names. Empty without a country column.
/// Prospects have no country in a ledger, so the markets are those of our customers. Costs as country_table.
[[nodiscard]] inline country_columns countries_of(const ledger::Ledger& book, const share_picture& shares, const known_deliveries* known, day end) {
  country_columns out;
  if (book.countries().empty()) return out;
  const std::size_t n = book.customers(), names = book.country_names().size();
  std::vector<std::uint32_t> country = book.country(end), customer;
  market::country_input in;
  in.ours = book.days();
  in.countries = names;
  in.end = end;
  if (known) {
    customer = detail::ledger_customers(shares.rows, *known);
    country.resize(n + shares.rows.customers, market::nobody);
    in.seen = shares.rows;
    in.seen.customer = customer;
    in.seen.customers = country.size();
    in.own = shares.own;
    in.periods_a_year = static_cast<std::uint32_t>(std::max(1.0, std::round(known->periods_per_year)));
  }
  in.country = country;
  const market::country_columns table = market::country_table(in);
  std::vector<std::size_t> order(names);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return table.sales[a] > table.sales[b]; });
  for (const std::size_t k : order) {
    out.country.push_back(book.country_names().name(k));
    out.code.push_back(static_cast<std::uint32_t>(k));
    out.customers.push_back(static_cast<double>(table.customers[k]));
    out.sales_year.push_back(table.sales[k]);
    out.sales_before.push_back(table.sales_before[k]);
    out.market_year.push_back(table.market[k]);
    out.market_before.push_back(table.market_before[k]);
    out.share.push_back(table.share[k]);
    out.leader.push_back(table.leader[k]);
    out.leader_share.push_back(table.leader_share[k]);
    out.hhi.push_back(table.hhi[k]);
  }
  return out;
}

}  // namespace guanxi::review
