#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace guanxi::relation {

/// The four relations with a customer, ascending. A tier is a state of behaviour, not a contract.
enum class tier : std::uint8_t {
  vendor,       // one of many, bought on price and by occasion; our share is low and jumps
  preferred,    // first asked, regular orders, a share well above an equal split
  partnership,  // several lines, planned volumes; a rival must be much better to enter
  alliance,     // dominant or sole for what we make, mutual commitments, long horizon
};

inline constexpr std::size_t tier_count = 4;

/// "vendor", "preferred supplier", "partnership", "strategic alliance".
[[nodiscard]] constexpr std::string_view label(tier t) noexcept {
  constexpr std::array<std::string_view, tier_count> words{"vendor", "preferred supplier", "partnership",
                                                           "strategic alliance"};
  return words[static_cast<std::size_t>(t)];
}

}  // namespace guanxi::relation
