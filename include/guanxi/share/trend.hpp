#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::share {

/// Result of the Mann-Kendall test for a monotone trend.
struct mann_kendall_result {
  double s = 0.0;         // pairs that rise less pairs that fall
  double variance = 0.0;  // of s when there is no trend, corrected for ties
  double z = 0.0;         // (s -+ 1) / sqrt(variance), 0 when s is 0
  double p = 1.0;         // two-sided, normal approximation
  double tau = 0.0;       // s / (n (n - 1) / 2)
};

namespace detail {
inline std::vector<double> known_values(std::span<const double> value) {
  std::vector<double> kept;
  for (const double v : value)
    if (v == v) kept.push_back(v);
  return kept;
}
}  // namespace detail

/// Does a series rise or fall? Rank test of Mann (1945) and Kendall (1975).
///
/// Takes   values in order of time; NaN is left out.
/// Gives   s, its variance n (n - 1)(2n + 5)/18 less t (t - 1)(2t + 5)/18 a group of t ties, z, p, tau; all 0 and p 1
/// for
///         fewer than 2 values.
/// Costs   O(n^2) time, O(n) memory.
/// Beware  values that depend on each other make p too small.
[[nodiscard]] inline mann_kendall_result mann_kendall(std::span<const double> value) {
  std::vector<double> x = detail::known_values(value);
  mann_kendall_result out;
  const std::size_t n = x.size();
  if (n < 2) return out;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) out.s += x[j] > x[i] ? 1.0 : x[j] < x[i] ? -1.0 : 0.0;
  const auto part = [](double t) { return t * (t - 1.0) * (2.0 * t + 5.0) / 18.0; };
  out.variance = part(static_cast<double>(n));
  std::sort(x.begin(), x.end());
  for (std::size_t i = 0; i < n;) {
    std::size_t j = i;
    while (j < n && x[j] == x[i]) ++j;
    out.variance -= part(static_cast<double>(j - i));
    i = j;
  }
  if (out.variance > 0 && out.s != 0) out.z = (out.s - std::copysign(1.0, out.s)) / std::sqrt(out.variance);
  out.p = 2.0 * normal_cdf(-std::abs(out.z));
  out.tau = out.s / (0.5 * static_cast<double>(n) * static_cast<double>(n - 1));
  return out;
}

/// Slope, intercept and interval of a trend that one wild value cannot bend.
struct theil_sen_result {
  double slope = unknown;  // median of the slopes of all pairs
  double intercept = unknown;
  double low = unknown, high = unknown;  // interval of the slope
};

/// Median slope of Theil (1950) and Sen (1968), with Sen's interval.
///
/// Takes   values in order of time, one a period; NaN is left out but keeps its place; level of the interval.
/// Gives   slope a period; intercept = median(value) - slope median(time), times 0, 1, ...; NaN for fewer than 2
/// values. Fails   errc::out_of_domain when level is not between 0 and 1. Costs   O(n^2 log n).
[[nodiscard]] inline theil_sen_result theil_sen(std::span<const double> value, double level = 0.9) {
  if (!(level > 0 && level < 1))
    throw error(errc::out_of_domain,
                "share::theil_sen: 'level' is " + std::to_string(level) + ", it must lie between 0 and 1");
  std::vector<double> slopes, times, values;
  for (std::size_t j = 0; j < value.size(); ++j) {
    if (value[j] != value[j]) continue;
    for (std::size_t i = 0; i < values.size(); ++i)
      slopes.push_back((value[j] - values[i]) / (static_cast<double>(j) - times[i]));
    times.push_back(static_cast<double>(j));
    values.push_back(value[j]);
  }
  theil_sen_result out;
  if (slopes.empty()) return out;
  const auto median = [](std::vector<double>& v) {
    std::sort(v.begin(), v.end());
    return 0.5 * (v[(v.size() - 1) / 2] + v[v.size() / 2]);
  };
  const double spread = std::sqrt(mann_kendall(values).variance) * normal_quantile(0.5 + 0.5 * level);
  out.slope = median(slopes);
  out.intercept = median(values) - out.slope * median(times);
  const auto pairs = static_cast<double>(slopes.size());
  const auto at = [&](double rank) {
    return slopes[static_cast<std::size_t>(std::clamp(std::round(rank), 1.0, pairs)) - 1];
  };
  out.low = at(0.5 * (pairs - spread));
  out.high = at(0.5 * (pairs + spread) + 1.0);
  return out;
}

}  // namespace guanxi::share
