#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include <guanxi/base/day.hpp>

namespace guanxi::ledger {

/// What a book of customers bought, one row a customer and day, sorted by customer and then by day.
///
/// A purchase day is a day with at least one line that is not a return (amount >= 0); several orders of one day are
/// one purchase. Amounts are net of credit notes (see ledger.hpp). Views only: the ledger owns the columns.
struct purchase_days {
  std::span<const std::uint64_t> start;  // customers + 1: the rows of customer c are start[c] .. start[c + 1] - 1
  std::span<const day> date;
  std::span<const double> amount;  // net money of the day, in the ledger's currency

  [[nodiscard]] std::size_t customers() const noexcept { return start.empty() ? 0 : start.size() - 1; }
  [[nodiscard]] std::size_t rows() const noexcept { return date.size(); }
};

}  // namespace guanxi::ledger
