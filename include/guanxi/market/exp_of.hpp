#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace guanxi::market::detail {

/// exp of n numbers, without branches, so that a compiler makes vectors of it. Error about one unit in the last place.
/// Below -640 the answer is that of -640 (1e-278), above 700 that of 700; NaN and infinities give NaN.
/// Source: reduction by ln 2 in two parts (Cody and Waite 1980), then Taylor's series to the 13th power.
inline void exp_of(const double* x, double* out, std::size_t n) noexcept {
  constexpr double to_two = 1.4426950408889634074, high = 6.93147180369123816490e-01, low = 1.90821492927058770002e-10, round = 6755399441055744.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double t = std::min(700.0, std::max(-640.0, x[i]));
    const double shifted = t * to_two + round, k = shifted - round;
    const double r = (t - k * high) - k * low;
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    out[i] = p * std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023) << 52) + (x[i] - x[i]);
  }
}

}  // namespace guanxi::market::detail
