#pragma once
#include <string>
#include <string_view>

#include <guanxi/base/error.hpp>

namespace guanxi {

/// Unit in which lengths of time are told. Days keep their precision: 10 days are 10/7 weeks.
enum class unit { days, weeks, months, years };

/// Days in one unit: 1, 7, 365.25/12, 365.25.
[[nodiscard]] constexpr double days_in(unit u) noexcept {
  switch (u) {
    case unit::days:
      return 1.0;
    case unit::weeks:
      return 7.0;
    case unit::months:
      return 365.25 / 12.0;
    case unit::years:
      return 365.25;
  }
  return 1.0;
}

/// Unit from its letter: "D", "W", "M" or "Y". Fails with errc::unknown_name.
[[nodiscard]] inline unit to_unit(std::string_view letter) {
  if (letter == "D") return unit::days;
  if (letter == "W") return unit::weeks;
  if (letter == "M") return unit::months;
  if (letter == "Y") return unit::years;
  throw error(errc::unknown_name, "unit: '" + std::string(letter) + "' is not one of D, W, M, Y");
}

}  // namespace guanxi
