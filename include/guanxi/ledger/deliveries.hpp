#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace guanxi::ledger {

/// What is known of every supplier's deliveries, one row a customer, period and supplier, sorted in that order.
///
/// Rows with the same key have been summed, so a key occurs once. Periods are consecutive whole numbers 0 .. periods - 1
/// (months, quarters, years: as the caller counts them). A cell that is not listed was not seen. Views only.
struct deliveries {
  std::span<const std::uint32_t> customer;
  std::span<const std::uint32_t> supplier;
  std::span<const std::uint32_t> period;
  std::span<const double> amount;  // money; net of credit notes
  std::span<const double> orders;  // number of orders or order lines; empty when not known
  std::size_t customers = 0;
  std::size_t suppliers = 0;
  std::size_t periods = 0;

  [[nodiscard]] std::size_t rows() const noexcept { return amount.size(); }
};

}  // namespace guanxi::ledger
