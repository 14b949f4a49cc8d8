#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/ledger/delivery_rows.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/review/shares.hpp>

namespace guanxi::review {

/// Deliveries beside a ledger: which delivery customer each customer of the ledger is, and in which period a day lies.
///
/// Takes   seen: made with the ledger's names (codes are then the same), or alone (customers are found by their ids).
///         Periods that are plain numbers are taken as calendar years when all lie in 1900 .. 2200, else no day has one.
/// Costs   O(customers log customers). The result borrows from `seen`.
[[nodiscard]] inline known_deliveries beside(const ledger::Deliveries& seen, const ledger::Ledger& book) {
  known_deliveries out;
  out.rows = seen.view();
  const std::size_t n = book.customers();
  for (std::size_t s = 0; s < seen.suppliers().size(); ++s) out.suppliers.push_back(seen.suppliers().name(s));
  out.code.assign(n, no_supplier);
  if (seen.known_customers() == n) {
    std::iota(out.code.begin(), out.code.end(), 0u);
  } else {
    for (std::size_t c = 0; c < n; ++c) {
      const std::uint32_t found = seen.prospects().find(book.names().name(c));
      if (found != ledger::no_code) out.code[c] = static_cast<std::uint32_t>(seen.known_customers()) + found;
    }
  }
  const std::int64_t first = seen.number_of(0), last = first + static_cast<std::int64_t>(seen.periods()) - 1;
  constexpr std::int64_t nowhere = std::numeric_limits<std::int64_t>::min();
  if (seen.by_date()) {
    out.periods_per_year = 12.0 / static_cast<double>(ledger::months_in(seen.length()));
    out.period_of = [first, length = seen.length()](day d) { return ledger::period_of(d, length) - first; };
  } else {
    out.periods_per_year = 1;
    const bool years = first >= 1900 && last <= 2200;
    out.period_of = [first, years](day d) { return years ? std::int64_t{to_date(d).year} - first : nowhere; };
  }
  return out;
}

/// Whether days can be found among the periods at all.
[[nodiscard]] inline bool has_dates(const known_deliveries& known, day d) {
  return known.period_of(d) != std::numeric_limits<std::int64_t>::min();
}

}  // namespace guanxi::review
