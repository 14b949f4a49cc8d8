#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <guanxi/base/day.hpp>

namespace guanxi::ledger {

namespace detail {
[[nodiscard]] inline std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}
/// Day from eight digits yyyymmdd of the years 1800 to 2200.
[[nodiscard]] inline bool read_digits(std::string_view digits, day& out) noexcept {
  std::uint32_t number = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.size() != 8 || code != std::errc{} || end != digits.data() + 8) return false;
  const date d{static_cast<std::int32_t>(number / 10000), number / 100 % 100, number % 100};
  if (d.year < 1800 || d.year > 2200 || !valid(d)) return false;
  out = to_day(d);
  return true;
}
}  // namespace detail

/// Day from a text as sales ledgers write it: ISO 8601 ("2024-02-29", with or without a time) or its basic form "20240229".
/// The day is the one written, in the zone in which it was written. Gives false for anything else: see why_no_day().
[[nodiscard]] inline bool read_text_day(std::string_view text, day& out) noexcept {
  text = detail::trimmed(text);
  return read_day(text, out) || detail::read_digits(text, out);
}

/// First day of a month "2024-02", "202402", of a quarter "2024-Q1", "2024Q1", or the day of read_text_day().
[[nodiscard]] inline bool read_text_period(std::string_view text, day& out) noexcept {
  text = detail::trimmed(text);
  if (read_text_day(text, out)) return true;
  if (text.size() < 6 || text.size() > 7) return false;
  std::array<char, 8> digits{'0', '0', '0', '0', '0', '0', '0', '1'};
  std::copy_n(text.begin(), 4, digits.begin());
  std::string_view rest = text.substr(4);
  if (rest.size() == 3 && rest[0] == '-') rest.remove_prefix(1);
  if (rest.size() != 2) return false;
  if ((rest[0] == 'Q' || rest[0] == 'q') && rest[1] >= '1' && rest[1] <= '4') {
    const int month = (rest[1] - '1') * 3 + 1;
    digits[4] = month >= 10 ? '1' : '0';
    digits[5] = static_cast<char>('0' + month % 10);
  } else {
    std::copy(rest.begin(), rest.end(), digits.begin() + 4);
  }
  return detail::read_digits({digits.data(), 8}, out);
}

/// Why a text is not taken as a day, in words: a two-digit year, a day and month that could be either, or no date at all.
[[nodiscard]] inline std::string why_no_day(std::string_view text) {
  std::array<std::uint32_t, 3> part{};
  std::array<std::size_t, 3> digits{};
  std::size_t parts = 0, at = 0;
  while (at < text.size() && parts < 3) {
    if (text[at] < '0' || text[at] > '9') {
      ++at;
      continue;
    }
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    digits[parts] = at - from;
    if (digits[parts] > 9) break;
    std::from_chars(text.data() + from, text.data() + at, part[parts]);
    ++parts;
  }
  const std::string quoted = "the date '" + std::string(text.substr(0, 40)) + "' ";
  if (text.find_first_not_of(" \t") == std::string_view::npos) return "the date is empty";
  if (parts == 3 && digits[0] <= 2 && digits[1] <= 2 && digits[2] == 2) return quoted + "has a two-digit year; write the year in full or give date_format";
  if (parts == 3 && digits[0] <= 2 && digits[1] <= 2 && digits[2] == 4) {
    if (part[0] <= 12 && part[1] <= 12 && part[0] != part[1])
      return quoted + "can be day-month or month-day; write year-month-day or give date_format";
    return quoted + "is not written year-month-day; give date_format";
  }
  if (parts == 3 && digits[0] == 4) {
    const date d{static_cast<std::int32_t>(part[0]), part[1], part[2]};
    return quoted + (valid(d) ? "is not written year-month-day; give date_format" : "does not exist in the calendar");
  }
  return quoted + "is no date written year-month-day";
}

}  // namespace guanxi::ledger
