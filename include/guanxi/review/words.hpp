#pragma once
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace guanxi::review {

/// A number with its thousands set apart: 1234567.8 -> "1,234,568"; NaN -> "not known".
[[nodiscard]] inline std::string in_words(double x) {
  if (!std::isfinite(x)) return std::isnan(x) ? "not known" : "without limit";
  const std::string digits = std::to_string(std::llabs(std::llround(x)));
  std::string out = std::llround(x) < 0 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

/// A part as percent: 0.423 -> "42 %", below 10 % with one decimal.
[[nodiscard]] inline std::string percent(double part) {
  if (!std::isfinite(part)) return "not known";
  const double tenths = std::round(part * 1000);
  if (std::abs(part) >= 0.0995 || tenths == 0) return std::to_string(std::lround(part * 100)) + " %";
  const long value = std::lround(std::abs(tenths));
  return (tenths < 0 ? "-" : "") + std::to_string(value / 10) + "." + std::to_string(value % 10) + " %";
}

/// "1 order", "12 orders": a whole number and its noun.
[[nodiscard]] inline std::string count_of(double number, const std::string& noun) {
  const std::string digits = in_words(number);
  return digits + " " + noun + (digits == "1" ? "" : "s");
}

}  // namespace guanxi::review
