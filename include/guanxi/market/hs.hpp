#pragma once
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include <guanxi/base/error.hpp>
#include <guanxi/market/codes_table.hpp>
#include <guanxi/market/hs_table.hpp>

namespace guanxi::market {

/// True for the years in which the Harmonized System changed.
[[nodiscard]] constexpr bool is_hs_edition(int year) noexcept {
  return year == 1992 || year == 1996 || year == 2002 || year == 2007 || year == 2012 || year == 2017 || year == 2022;
}

/// A code of the Harmonized System; its edition is part of the type, so codes of two editions do not compare.
template <int Edition>
  requires(is_hs_edition(Edition))
class hs {
 public:
  static constexpr int edition = Edition;
  /// Takes 2, 4, 6 or (national) 7 to 12 digits, dots and spaces between them. Fails errc::bad_format; repair: an odd number of
  /// digits below 6 has lost its leading zero to a spreadsheet, which is put back.
  explicit hs(std::string_view text, bool repair = false) {
    for (const char c : text) {
      if (c >= '0' && c <= '9') digits_.push_back(c);
      else if (c != '.' && c != ' ') throw error(errc::bad_format, "market::hs: '" + std::string(text) + "' is not made of digits");
    }
    if (repair && digits_.size() % 2 == 1 && digits_.size() <= 9) digits_.insert(digits_.begin(), '0'), repaired_ = true;
    if (digits_.size() < 2 || digits_.size() == 3 || digits_.size() == 5 || digits_.size() > 12)
      throw error(errc::bad_format, "market::hs: '" + std::string(text) + "' has " + std::to_string(digits_.size()) + " digits, wanted 2, 4, 6, or a longer national code" +
                                        (digits_.size() % 2 == 1 ? "; with a lost leading zero: ask for repair" : ""));
    if (chapter() == 0 || chapter() == 77) throw error(errc::bad_format, "market::hs: '" + std::string(text) + "' has no chapter of the Harmonized System");
  }
  [[nodiscard]] std::string_view code() const noexcept { return std::string_view(digits_).substr(0, 6); }
  [[nodiscard]] std::string_view national() const noexcept { return digits_.size() > 6 ? std::string_view(digits_).substr(6) : std::string_view(); }
  [[nodiscard]] bool repaired() const noexcept { return repaired_; }
  [[nodiscard]] int chapter() const noexcept { return (digits_[0] - '0') * 10 + digits_[1] - '0'; }
  /// Title of the chapter and the section; empty for 98 and 99 (national use).
  [[nodiscard]] std::string_view chapter_title() const noexcept {
    for (const auto& c : hs_chapters)
      if (c.chapter == chapter()) return c.title;
    return {};
  }
  [[nodiscard]] std::string_view section_title() const noexcept {
    for (const auto& s : hs_sections)
      if (chapter() >= s.first && chapter() <= s.last) return s.title;
    return {};
  }
  /// The heading's number, 0 for a chapter alone; its title, known for 2022 and empty for other editions.
  [[nodiscard]] int heading() const noexcept { return digits_.size() < 4 ? 0 : chapter() * 100 + (digits_[2] - '0') * 10 + digits_[3] - '0'; }
  [[nodiscard]] std::string_view heading_title() const noexcept {
    if constexpr (Edition != 2022) return {};
    const auto at = std::lower_bound(std::begin(hs_headings), std::end(hs_headings), heading(), [](const hs_heading_entry& e, int want) { return e.heading < want; });
    return at != std::end(hs_headings) && at->heading == heading() ? at->title : std::string_view();
  }
  friend bool operator==(const hs& a, const hs& b) noexcept { return a.digits_ == b.digits_; }
  friend auto operator<=>(const hs& a, const hs& b) noexcept { return a.digits_ <=> b.digits_; }

 private:
  std::string digits_;
  bool repaired_ = false;
};

}  // namespace guanxi::market
