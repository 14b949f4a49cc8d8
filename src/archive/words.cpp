// Small texts that the parts share.
#include <cstdio>

#include "store.hpp"

namespace guanxi::archive {

std::string_view kind_name(std::size_t kind) {
  constexpr std::string_view names[] = {"nothing", "true or false", "a whole number",  "a number",
                                        "a text",  "a date",        "a withheld value"};
  return kind < 7 ? names[kind] : "an unknown kind";
}

std::string time_text(instant t) {
  if (t == always) return "open";
  const instant number = t >= 0 ? t / a_day : -((-t + a_day - 1) / a_day);
  if (number < midnight(0) - 719'162 || number > 2'932'896) return std::to_string(t) + " us";
  std::string text = to_text(static_cast<day>(number));
  const instant rest = t - number * a_day;
  if (rest == 0) return text;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d.%06d", static_cast<int>(rest / 3'600'000'000),
                static_cast<int>(rest / 60'000'000 % 60), static_cast<int>(rest / 1'000'000 % 60),
                static_cast<int>(rest % 1'000'000));
  return text + buffer;
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  }
  return text;
}

std::string audit_hash(const std::string& before, std::int64_t n, instant at, std::string_view what,
                       std::string_view subject, std::string_view detail) {
  return sha256(join({before, std::to_string(n), std::to_string(at), what, subject, detail}));
}

void want_text(std::string_view text, const char* argument) {
  if (text.find('\0') != std::string_view::npos)
    throw error(errc::bad_format, std::string("archive: '") + argument + "' has a zero byte inside its text");
}

std::string value_text(const value& x) {
  if (const auto* b = std::get_if<bool>(&x)) return *b ? "true" : "false";
  if (const auto* n = std::get_if<std::int64_t>(&x)) return std::to_string(*n);
  if (const auto* t = std::get_if<std::string>(&x)) return *t;
  if (const auto* d = std::get_if<date_value>(&x)) return to_text(d->number);
  if (const auto* r = std::get_if<double>(&x)) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.17g", *r);
    return buffer;
  }
  return {};
}

}  // namespace guanxi::archive
