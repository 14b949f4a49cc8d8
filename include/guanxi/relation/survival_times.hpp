#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>

namespace guanxi::relation::detail {

inline void check_column(const char* where, const char* what, std::span<const double> x, std::size_t n, double low,
                         const char* want) {
  if (x.size() != n) {
    throw error(errc::size_mismatch, std::string("relation::") + where + ": 'duration' has " + std::to_string(n) +
                                         " entries, '" + what + "' has " + std::to_string(x.size()));
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (!(x[i] >= low) || !std::isfinite(x[i])) {
      const bool negative = x[i] < 0.0 && low == 0.0;
      throw error(errc::out_of_domain, std::string("relation::") + where + ": '" + what + "' is " +
                                           (negative           ? "negative"
                                            : std::isnan(x[i]) ? "not known"
                                                               : "not finite") +
                                           " in row " + std::to_string(i) + ", want " + want);
    }
  }
}

inline void check_events(const char* where, std::size_t n, std::size_t events) {
  if (n != events) {
    throw error(errc::size_mismatch, std::string("relation::") + where + ": 'duration' has " + std::to_string(n) +
                                         " entries, 'event' has " + std::to_string(events));
  }
}

/// Order of the rows by time, ascending; a stable counting sort when the times lie on a grid of whole numbers.
[[nodiscard]] inline std::vector<std::uint32_t> by_time(std::span<const double> t) {
  std::vector<std::uint32_t> order(t.size());
  double most = 0.0;
  bool whole = true;
  for (const double x : t) most = std::max(most, x), whole = whole && x == std::floor(x);
  if (whole && most < 4.0 * static_cast<double>(t.size()) + 1024.0) {
    std::vector<std::uint32_t> start(static_cast<std::size_t>(most) + 2);
    for (const double x : t) ++start[static_cast<std::size_t>(x) + 1];
    std::partial_sum(start.begin(), start.end(), start.begin());
    for (std::uint32_t i = 0; i < t.size(); ++i) order[start[static_cast<std::size_t>(t[i])]++] = i;
    return order;
  }
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return t[a] != t[b] ? t[a] < t[b] : a < b; });
  return order;
}

/// The step between times when they lie on a grid step x 0, 1, 2, ... with at most 4 n + 1024 points; else 0.
[[nodiscard]] inline double grid_step(std::span<const double> t) {
  double most = 0.0, step = 1.0;
  for (int halvings = 0; halvings < 5;
       ++halvings, step *= 0.5) {  // whole numbers, halves, .. sixteenths: exact in binary
    bool whole = true;
    most = 0.0;
    for (const double x : t) {
      most = std::max(most, x);
      if (x / step != std::floor(x / step)) {
        whole = false;
        break;
      }
    }
    if (whole) return most / step <= 4.0 * static_cast<double>(t.size()) + 1024.0 ? step : 0.0;
  }
  return 0.0;
}

}  // namespace guanxi::relation::detail
