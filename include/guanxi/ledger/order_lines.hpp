#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <guanxi/base/day.hpp>
#include <guanxi/ledger/dictionary.hpp>

namespace guanxi::ledger {

/// The day of a line whose date is missing.
inline constexpr day no_day = std::numeric_limits<day>::min();

/// A borrowed column of ids, in the layout that the caller has. Exactly one of the spans is in use.
///
/// A missing id is no_code in `codes`, a clear bit in `valid` (Arrow's layout: bit i of byte i / 8), an empty text.
struct id_column {
  std::span<const std::uint32_t> codes;  // positions in `names`, or ranks as they are when `names` is null
  const Dictionary* names = nullptr;
  std::span<const std::int64_t> wide;
  std::span<const std::int32_t> narrow;
  std::span<const std::string_view> text;
  const std::uint8_t* valid = nullptr;
  std::size_t valid_offset = 0;

  id_column() = default;
  id_column(std::span<const std::int64_t> ids) : wide(ids) {}
  id_column(std::span<const std::int32_t> ids) : narrow(ids) {}
  id_column(std::span<const std::string_view> ids) : text(ids) {}
  id_column(std::span<const std::uint32_t> ranks, const Dictionary* dictionary = nullptr) : codes(ranks), names(dictionary) {}

  [[nodiscard]] std::size_t size() const noexcept {
    return codes.size() + wide.size() + narrow.size() + text.size();
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bool is_valid(std::size_t i) const noexcept {
    return !valid || (valid[(i + valid_offset) / 8] >> ((i + valid_offset) % 8) & 1u);
  }
};

/// A line that was refused: where, in which column, and why.
struct rejected_line {
  std::uint64_t line = 0;  // counted from 0 in the order read
  std::string column;
  std::string reason;
};

/// Sales as columns that somebody else owns, one entry an order line, in any order.
struct order_lines {
  id_column customer{};
  std::span<const day> date{};     // days since 1970-01-01; no_day where missing
  std::span<const double> amount{};  // money of the line; negative: a credit note
  id_column order{};               // the rest is optional: empty when not known
  id_column product{};
  id_column country{};
  id_column supplier{};
  std::span<const double> cost{};  // our cost of the line, for margins; NaN where unknown
  id_column line_currency{};       // currency of each line; lines unlike `currency` are refused
  std::string_view currency{};     // currency of the ledger; empty: the most frequent of line_currency, or not known
  std::span<const rejected_line> refused{};  // lines that a reader has refused already, by rising line number

  [[nodiscard]] std::size_t size() const noexcept { return amount.size(); }
};

}  // namespace guanxi::ledger
