#pragma once
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>

namespace guanxi::ledger {

/// The code of a missing id.
inline constexpr std::uint32_t no_code = 0xFFFFFFFFu;

/// The distinct ids of a column, sorted: the code of an id is its rank, so codes do not depend on the order of rows.
///
/// Ids are whole numbers (sorted as numbers), texts (sorted by their bytes) or plain positions 0..n-1.
/// Where the two kinds meet, a number stands for its decimal text: 370 finds "370", "0370" is another id.
class Dictionary {
 public:
  enum class kind { positions, integers, text };

  Dictionary() = default;

  /// Ids that are the codes themselves: 0..size-1.
  [[nodiscard]] static Dictionary positions(std::size_t size) {
    Dictionary d;
    d.size_ = size;
    return d;
  }
  /// Takes   ids sorted, each once. Fails with errc::out_of_order otherwise.
  [[nodiscard]] static Dictionary of(std::vector<std::int64_t> ids) {
    Dictionary d;
    for (std::size_t i = 1; i < ids.size(); ++i)
      if (ids[i - 1] >= ids[i]) throw error(errc::out_of_order, "Dictionary: 'ids' must be sorted and each once");
    d.kind_ = kind::integers;
    d.size_ = ids.size();
    d.numbers_ = std::move(ids);
    return d;
  }
  /// Takes   ids sorted by bytes, each once. Fails with errc::out_of_order otherwise.
  [[nodiscard]] static Dictionary of(std::span<const std::string_view> ids) {
    Dictionary d;
    d.kind_ = kind::text;
    d.size_ = ids.size();
    d.offset_.reserve(ids.size() + 1);
    d.offset_.push_back(0);
    std::size_t bytes = 0;
    for (const auto id : ids) bytes += id.size();
    d.bytes_.reserve(bytes);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i && ids[i - 1] >= ids[i]) throw error(errc::out_of_order, "Dictionary: 'ids' must be sorted and each once");
      d.bytes_ += ids[i];
      d.offset_.push_back(d.bytes_.size());
    }
    return d;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] kind of_kind() const noexcept { return kind_; }
  /// Sorted numbers; empty unless the ids are integers.
  [[nodiscard]] std::span<const std::int64_t> numbers() const noexcept { return numbers_; }
  /// Text of a code, for ids that are text; the view lives as long as the dictionary.
  [[nodiscard]] std::string_view text(std::size_t code) const noexcept {
    return std::string_view(bytes_).substr(offset_[code], offset_[code + 1] - offset_[code]);
  }
  /// Offsets (size + 1) and bytes of all texts, in Arrow's large_utf8 layout; empty unless the ids are text.
  [[nodiscard]] std::span<const std::uint64_t> offsets() const noexcept { return offset_; }
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

  /// What a person reads for a code: the text, or the number in decimals.
  [[nodiscard]] std::string name(std::size_t code) const {
    if (kind_ == kind::text) return std::string(text(code));
    return std::to_string(kind_ == kind::integers ? numbers_[code] : static_cast<std::int64_t>(code));
  }

  /// Code of an id, or no_code. Costs O(log size).
  [[nodiscard]] std::uint32_t find(std::int64_t id) const {
    if (kind_ == kind::text) return find_text(std::to_string(id));
    if (kind_ == kind::positions) return id >= 0 && static_cast<std::uint64_t>(id) < size_ ? static_cast<std::uint32_t>(id) : no_code;
    const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), id);
    return at != numbers_.end() && *at == id ? static_cast<std::uint32_t>(at - numbers_.begin()) : no_code;
  }
  [[nodiscard]] std::uint32_t find(std::string_view id) const {
    if (kind_ == kind::text) return find_text(id);
    const auto number = as_number(id);
    return number ? find(*number) : no_code;
  }

  /// The number whose decimal text `id` is: "370" and "-4", but not "0370", "+4", "4.0" or "-0".
  [[nodiscard]] static std::optional<std::int64_t> as_number(std::string_view id) noexcept {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(id.data(), id.data() + id.size(), value);
    if (id.empty() || code != std::errc{} || end != id.data() + id.size()) return std::nullopt;
    const std::size_t sign = id[0] == '-' ? 1 : 0;
    if (id[sign] == '0' && id.size() > 1) return std::nullopt;
    return value;
  }

 private:
  [[nodiscard]] std::uint32_t find_text(std::string_view id) const noexcept {
    std::size_t low = 0, high = size_;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (text(middle) < id) low = middle + 1;
      else high = middle;
    }
    return low < size_ && text(low) == id ? static_cast<std::uint32_t>(low) : no_code;
  }

  kind kind_ = kind::positions;
  std::size_t size_ = 0;
  std::vector<std::int64_t> numbers_;
  std::vector<std::uint64_t> offset_;
  std::string bytes_;
};

}  // namespace guanxi::ledger
