#pragma once
#include <limits>

namespace guanxi {

/// Ends of an interval; NaN on both sides when nothing is known.
struct interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  friend constexpr bool operator==(const interval&, const interval&) = default;
};

/// "Unknown" in every column of numbers: never 0.
inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace guanxi
