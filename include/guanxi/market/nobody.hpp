#pragma once
#include <cstdint>

namespace guanxi::market {

/// "Not known" in a column of ids.
inline constexpr std::uint32_t nobody = 0xffffffffu;

}  // namespace guanxi::market
