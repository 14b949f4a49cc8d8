#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <guanxi/ledger/dictionary.hpp>

namespace guanxi::ledger::detail {

[[nodiscard]] inline std::uint64_t mix(std::uint64_t x) noexcept {  // finaliser of SplitMix64 (Steele et al. 2014)
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// What a table keeps of a number: the number.
struct number_cell {
  std::int64_t key = 0;
  number_cell() = default;
  explicit number_cell(std::int64_t id) noexcept : key(id) {}
  [[nodiscard]] std::uint64_t hash() const noexcept { return mix(static_cast<std::uint64_t>(key)); }
  [[nodiscard]] bool equals(const number_cell& other) const noexcept { return key == other.key; }
  [[nodiscard]] static bool needs_text(const number_cell&) noexcept { return false; }
};

/// What a table keeps of a text: up to 16 bytes whole (first and last eight, overlapping), of longer ones 128 bits of hash.
/// So short texts are compared without a look at where they lie.
struct text_cell {
  std::uint64_t head = 0, tail = 0;
  std::uint32_t size = 0;
  text_cell() = default;
  explicit text_cell(std::string_view id) noexcept : size(static_cast<std::uint32_t>(std::min<std::size_t>(id.size(), 0xFFFFFFFFu))) {
    const char* p = id.data();
    const std::size_t n = id.size();
    if (n > 16) {
      head = 0x9E3779B97F4A7C15u ^ n;
      for (std::size_t at = 0; at + 8 <= n; at += 8) head = mix(head ^ word(p + at)), tail = (std::rotl(tail, 23) ^ word(p + at)) * 0xD6E8FEB86659FD93u;
      head = mix(head ^ word(p + n - 8));
      tail = (std::rotl(tail, 23) ^ word(p + n - 8)) * 0xD6E8FEB86659FD93u;
    } else if (n >= 8) {
      head = word(p);
      tail = word(p + n - 8);
    } else if (n) {
      std::memcpy(&head, p, n);
    }
  }
  [[nodiscard]] std::uint64_t hash() const noexcept { return mix(head ^ mix(tail + size * 0x9E3779B97F4A7C15u)); }
  [[nodiscard]] bool equals(const text_cell& other) const noexcept { return head == other.head && tail == other.tail && size == other.size; }
  [[nodiscard]] static bool needs_text(const text_cell& cell) noexcept { return cell.size > 16; }

 private:
  [[nodiscard]] static std::uint64_t word(const char* p) noexcept {
    std::uint64_t out;
    std::memcpy(&out, p, 8);
    return out;
  }
};

/// Open addressing from ids to a number each; grows at half full.
template <class Cell>
class id_table {
 public:
  explicit id_table(std::size_t expected = 512) : slots_(std::bit_ceil(std::max<std::size_t>(16, expected * 2))) {}

  /// Asks for the memory of the slot that a hash will look at.
  void prefetch([[maybe_unused]] std::uint64_t hash) const noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
#endif
  }
  /// The number that the id already has, or `value`, which it then gets. same(number): whether the text of that number is
  /// the one looked for; asked only when a cell does not hold its whole text.
  template <class Same>
  std::uint32_t insert(const Cell& cell, std::uint64_t hash, std::uint32_t value, Same&& same) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      slot& s = slots_[at];
      if (s.value == no_code) {
        s = {cell, value};
        ++size_;
        return value;
      }
      if (s.cell.equals(cell) && (!Cell::needs_text(cell) || same(s.value))) return s.value;
    }
  }

 private:
  struct slot {
    Cell cell;
    std::uint32_t value = no_code;
  };
  void grow() {
    std::vector<slot> old(slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const slot& s : old) {
      if (s.value == no_code) continue;
      std::size_t at = s.cell.hash() & mask;
      while (slots_[at].value != no_code) at = (at + 1) & mask;
      slots_[at] = s;
    }
  }
  std::vector<slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace guanxi::ledger::detail
