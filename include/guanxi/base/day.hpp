#pragma once
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <guanxi/base/error.hpp>

namespace guanxi {

/// A calendar day as the number of days since 1970-01-01 (Arrow's date32).
using day = std::int32_t;

/// A calendar date, proleptic Gregorian.
struct date {
  std::int32_t year = 1970;
  std::uint32_t month = 1;  // 1..12
  std::uint32_t dom = 1;    // day of the month, 1..31
  friend constexpr bool operator==(const date&, const date&) = default;
};

/// Day number of a calendar date; the date must exist (see valid()).
/// Costs O(1). Source: Hinnant (2013), "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
[[nodiscard]] constexpr day to_day(date d) noexcept {
  const std::int32_t y = d.year - (d.month <= 2 ? 1 : 0);
  const std::int32_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<std::uint32_t>(y - era * 400);
  const std::uint32_t doy = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.dom - 1;
  const std::uint32_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int32_t>(doe) - 719468;
}

/// Calendar date of a day number. Costs O(1). Source: Hinnant (2013), civil_from_days.
[[nodiscard]] constexpr date to_date(day number) noexcept {
  const std::int32_t z = number + 719468;
  const std::int32_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<std::uint32_t>(z - era * 146097);
  const std::uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::uint32_t mp = (5 * doy + 2) / 153;
  const std::uint32_t month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int32_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1};
}

[[nodiscard]] constexpr bool leap(std::int32_t year) noexcept {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/// Whether the date exists in the calendar and lies in the years 1..9999.
[[nodiscard]] constexpr bool valid(date d) noexcept {
  constexpr std::array<std::uint32_t, 12> length{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (d.year < 1 || d.year > 9999 || d.month < 1 || d.month > 12 || d.dom < 1) return false;
  return d.dom <= length[d.month - 1] + (d.month == 2 && leap(d.year) ? 1u : 0u);
}

/// "2024-02-29". Costs one small string.
[[nodiscard]] inline std::string to_text(day number) {
  const date d = to_date(number);
  std::string text = std::to_string(d.year);
  text.insert(0, text.size() < 4 ? 4 - text.size() : 0, '0');
  for (const std::uint32_t part : {d.month, d.dom}) {
    text += part < 10 ? "-0" : "-";
    text += std::to_string(part);
  }
  return text;
}

/// Reads the day from the front of an ISO 8601 text: "2024-02-29", "2024-02-29T08:30", "2024-02-29 08:30+02:00".
/// The day is the one written, in the zone in which it was written.
/// Gives true and the day, or false when the text does not start with a date of four-digit year that exists.
[[nodiscard]] inline bool read_day(std::string_view text, day& out) noexcept {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  if (text.size() > 10 && text[10] != 'T' && text[10] != ' ') return false;
  date d;
  const auto number = [text](std::size_t from, std::size_t length, auto& value) {
    const char* first = text.data() + from;
    const auto [end, code] = std::from_chars(first, first + length, value);
    return code == std::errc{} && end == first + length;
  };
  if (!number(0, 4, d.year) || !number(5, 2, d.month) || !number(8, 2, d.dom) || !valid(d)) return false;
  out = to_day(d);
  return true;
}

}  // namespace guanxi
