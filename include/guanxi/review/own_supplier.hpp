#pragma once
#include <algorithm>
#include <cmath>
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
  double equal = 0.0;     // part of its cells that hold our figure to half a percent: high also when only some cells were seen
  double inside = 0.0;    // part of its money that our figures cover cell by cell: 1 also when only some orders were seen
  std::size_t cells = 0;  // cells it was seen in

  /// Whether these are surely our figures, whole or seen in part. A rival that always sells less than we do is inside too,
  /// but its cells are not equal.
  [[nodiscard]] bool ours() const noexcept { return whole() || (cells >= 10 && inside >= 0.98 && equal >= 0.2); }
  [[nodiscard]] bool whole() const noexcept { return likeness >= 0.8; }
  [[nodiscard]] double strength() const noexcept { return std::max(likeness, cells >= 10 ? inside * equal : 0.0); }
};

/// Finds the supplier whose deliveries look like our own sales cell by cell.
///
/// Takes   seen: deliveries; own: our sales, customers x periods row-major, in the same customers and periods.
/// Gives   the supplier with the largest of likeness and inside x equal (from 10 cells on); no_supplier without rows.
/// Costs   O(rows + customers periods).
/// Source  likeness is Ruzicka's index, sum min / sum max (Ruzicka 1958, Biologia 13, 647).
[[nodiscard]] inline own_match recognise_own(const ledger::deliveries& seen, std::span<const double> own) {
  std::vector<double> common(seen.suppliers), total(seen.suppliers);
  std::vector<std::size_t> cells(seen.suppliers), equal(seen.suppliers);
  double sales = 0;
  for (const double x : own) sales += std::max(0.0, x);
  for (std::size_t row = 0; row < seen.rows(); ++row) {
    const std::uint32_t s = seen.supplier[row];
    const double theirs = seen.amount[row];
    const double ours = own[seen.customer[row] * seen.periods + seen.period[row]];
    total[s] += theirs;
    common[s] += std::max(0.0, std::min(theirs, ours));
    cells[s] += 1;
    if (ours > 0 && std::abs(theirs - ours) <= 0.005 * ours) equal[s] += 1;
  }
  own_match best;
  for (std::size_t s = 0; s < seen.suppliers; ++s) {
    const double all = total[s] + sales - common[s];
    const own_match one{static_cast<std::uint32_t>(s), all > 0 ? common[s] / all : 0.0,
                        cells[s] > 0 ? static_cast<double>(equal[s]) / static_cast<double>(cells[s]) : 0.0, total[s] > 0 ? common[s] / total[s] : 0.0, cells[s]};
    if (one.strength() > best.strength()) best = one;
  }
  return best;
}

/// Deliveries in which our rows are our own sales, in the same order of rows.
struct joined_deliveries {
  std::vector<std::uint32_t> customer, supplier, period;
  std::vector<double> amount;
  std::size_t customers = 0, suppliers = 0, periods = 0;

  [[nodiscard]] ledger::deliveries view() const {
    return {customer, supplier, period, amount, {}, customers, suppliers, periods};
  }
};

/// Puts our sales beside what was seen of the others: as supplier `us`, whose rows they replace, or as one more supplier
/// when `us` is seen.suppliers. Takes as recognise_own. Costs O(rows + customers periods).
[[nodiscard]] inline joined_deliveries join_own(const ledger::deliveries& seen, std::span<const double> own, std::uint32_t us) {
  joined_deliveries out;
  out.customers = seen.customers;
  out.suppliers = std::max<std::size_t>(seen.suppliers, us + std::size_t{1});
  out.periods = seen.periods;
  const auto add = [&out](std::size_t c, std::size_t s, std::size_t t, double x) {
    out.customer.push_back(static_cast<std::uint32_t>(c));
    out.supplier.push_back(static_cast<std::uint32_t>(s));
    out.period.push_back(static_cast<std::uint32_t>(t));
    out.amount.push_back(x);
  };
  std::size_t row = 0;
  const auto others = [&](std::size_t c, std::size_t t, std::size_t until) {
    for (; row < seen.rows() && seen.customer[row] == c && seen.period[row] == t && seen.supplier[row] < until; ++row)
      add(c, seen.supplier[row], t, seen.amount[row]);
  };
  for (std::size_t c = 0; c < seen.customers; ++c)
    for (std::size_t t = 0; t < seen.periods; ++t) {
      others(c, t, us);
      if (row < seen.rows() && seen.customer[row] == c && seen.period[row] == t && seen.supplier[row] == us) ++row;
      if (own[c * seen.periods + t] > 0) add(c, us, t, own[c * seen.periods + t]);
      others(c, t, out.suppliers);
    }
  return out;
}

}  // namespace guanxi::review
