#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/ledger/deliveries.hpp>

namespace guanxi::review {

/// "No supplier": nobody was recognised, or nothing is known.
inline constexpr std::uint32_t no_supplier = 0xffffffffu;

/// Which supplier of a delivery record is the company whose ledger is given, and how alike the two are.
struct own_match {
  std::uint32_t supplier = no_supplier;
  double likeness = 0.0;  // sum of minima over sum of maxima of the cells, 1 = the same figures
};

/// Finds the supplier whose deliveries look like our own sales cell by cell.
///
/// Takes   seen: deliveries; own: our sales, customers x periods row-major, in the same customers and periods.
/// Gives   the most alike supplier, whatever its likeness; no_supplier when there are no rows.
/// Costs   O(rows + customers periods).
/// Source  likeness is Ruzicka's index, sum min / sum max (Ruzicka 1958, Biologia 13, 647).
[[nodiscard]] inline own_match recognise_own(const ledger::deliveries& seen, std::span<const double> own) {
  std::vector<double> common(seen.suppliers), total(seen.suppliers);
  double sales = 0;
  for (const double x : own) sales += std::max(0.0, x);
  for (std::size_t row = 0; row < seen.rows(); ++row) {
    const double theirs = seen.amount[row];
    const double ours = own[seen.customer[row] * seen.periods + seen.period[row]];
    total[seen.supplier[row]] += theirs;
    common[seen.supplier[row]] += std::max(0.0, std::min(theirs, ours));
  }
  own_match best;
  for (std::size_t s = 0; s < seen.suppliers; ++s) {
    const double all = total[s] + sales - common[s];
    const double likeness = all > 0 ? common[s] / all : 0.0;
    if (likeness > best.likeness) best = {static_cast<std::uint32_t>(s), likeness};
  }
  return best;
}

/// Deliveries with our own sales as one more supplier (the last code), in the same order of rows.
struct joined_deliveries {
  std::vector<std::uint32_t> customer, supplier, period;
  std::vector<double> amount;
  std::size_t customers = 0, suppliers = 0, periods = 0;

  [[nodiscard]] ledger::deliveries view() const {
    return {customer, supplier, period, amount, {}, customers, suppliers, periods};
  }
};

/// Adds our sales to what was seen of the others. Takes as recognise_own. Costs O(rows + customers periods).
[[nodiscard]] inline joined_deliveries join_own(const ledger::deliveries& seen, std::span<const double> own) {
  joined_deliveries out;
  out.customers = seen.customers;
  out.suppliers = seen.suppliers + 1;
  out.periods = seen.periods;
  const auto add = [&out](std::size_t c, std::size_t s, std::size_t t, double x) {
    out.customer.push_back(static_cast<std::uint32_t>(c));
    out.supplier.push_back(static_cast<std::uint32_t>(s));
    out.period.push_back(static_cast<std::uint32_t>(t));
    out.amount.push_back(x);
  };
  std::size_t row = 0;
  for (std::size_t c = 0; c < seen.customers; ++c)
    for (std::size_t t = 0; t < seen.periods; ++t) {
      for (; row < seen.rows() && seen.customer[row] == c && seen.period[row] == t; ++row)
        add(c, seen.supplier[row], t, seen.amount[row]);
      if (own[c * seen.periods + t] > 0) add(c, seen.suppliers, t, own[c * seen.periods + t]);
    }
  return out;
}

}  // namespace guanxi::review
