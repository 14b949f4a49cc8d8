#pragma once
#include <cmath>
#include <cstdio>
#include <string>

namespace guanxi::relation {
namespace detail {

/// "1,234,567"; rounded to the unit, or to three digits below 100.
[[nodiscard]] inline std::string money_text(double x) {
  char buffer[64];
  if (std::fabs(x) < 100.0) {
    std::snprintf(buffer, sizeof buffer, "%.3g", x);
    return buffer;
  }
  std::snprintf(buffer, sizeof buffer, "%.0f", x);
  const std::string digits = buffer;
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

/// "14", "2.5": at most one digit after the point.
[[nodiscard]] inline std::string count_text(double x) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.1f", x);
  std::string text = buffer;
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
  return text;
}

/// "42 %"; one digit after the point below 10 %.
[[nodiscard]] inline std::string percent_text(double part) {
  const double percent = 100.0 * part;
  if (percent >= 9.95) return count_text(std::round(percent)) + " %";
  return count_text(percent) + " %";
}

/// "5 years", "1 year", "7 months".
[[nodiscard]] inline std::string years_text(double years) {
  const bool months = years < 0.96;
  const std::string number =
      months ? count_text(std::round(12.0 * years)) : count_text(std::round(years * 10.0) / 10.0);
  return number + (months ? " month" : " year") + (number == "1" ? "" : "s");
}

/// "1 order", "14 orders".
[[nodiscard]] inline std::string plural(const std::string& number, const char* word) {
  return number + " " + word + (number == "1" ? "" : "s");
}

}  // namespace detail
}  // namespace guanxi::relation
