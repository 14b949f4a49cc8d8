#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi::market {

/// Compound growth a period: (last / first)^(1 / periods) - 1; periods counts steps, not points.
/// Gives NaN when a value is not above 0 or periods is not: growth from nothing is not a rate.
[[nodiscard]] inline double cagr(double first, double last, double periods) noexcept {
  if (!(first > 0) || !(last > 0) || !(periods > 0)) return unknown;
  return std::pow(last / first, 1 / periods) - 1;
}

/// Growth against the mean of both values, (last - first) / ((last + first) / 2), in [-2, 2]; NaN when both are 0.
/// For values of 0 or more: bounded also where a market appears or ends.
[[nodiscard]] inline double midpoint_growth(double first, double last) noexcept {
  const double sum = first + last;
  return sum > 0 && first >= 0 && last >= 0 ? 2 * (last - first) / sum : unknown;
}

/// Growth a period by least squares on logarithms, with its interval.
struct log_trend {
  double rate = unknown;            // exp(slope) - 1
  interval range;                   // of the rate; unknown for two points
  double slope = unknown, standard_error = unknown;
  std::size_t used = 0;             // points with a value above 0
  std::size_t left_out = 0;         // points without: a logarithm does not take them
  [[nodiscard]] std::string_view status() const noexcept {
    if (used < 2) return "fewer than two values above 0";
    return left_out != 0 ? "values of 0, below 0 or unknown were left out" : "ok";
  }
};

/// Trend of values over periods.
///
/// Takes   values; periods of the same length (any unit), or empty for 0, 1, 2, ...; level of the interval.
/// Gives   interval exp(slope +- t_{n-2} se) - 1 with Student's quantile.
/// Fails   errc::size_mismatch; errc::out_of_domain for a level outside (0, 1).
/// Costs   O(n). Source: least squares of ln v on t.
[[nodiscard]] inline log_trend trend(std::span<const double> values, std::span<const double> periods = {}, double level = 0.95) {
  if (!periods.empty() && periods.size() != values.size())
    throw error(errc::size_mismatch, "market::growth: 'periods' has " + std::to_string(periods.size()) + " entries, 'values' has " + std::to_string(values.size()));
  if (!(level > 0 && level < 1)) throw error(errc::out_of_domain, "market::growth: level is " + std::to_string(level) + ", wanted inside (0, 1)");
  log_trend out;
  const auto time = [&](std::size_t i) { return periods.empty() ? static_cast<double>(i) : periods[i]; };
  running_sum st, sv;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0) || !std::isfinite(values[i])) {
      ++out.left_out;
      continue;
    }
    ++out.used;
    st.add(time(i));
    sv.add(std::log(values[i]));
  }
  if (out.used < 2) return out;
  const double n = static_cast<double>(out.used), mean_t = st.value() / n, mean_v = sv.value() / n;
  double tt = 0, tv = 0, rest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0) || !std::isfinite(values[i])) continue;
    tt += (time(i) - mean_t) * (time(i) - mean_t);
    tv += (time(i) - mean_t) * (std::log(values[i]) - mean_v);
  }
  if (!(tt > 0)) return out;
  out.slope = tv / tt;
  out.rate = std::expm1(out.slope);
  if (out.used < 3) return out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0) || !std::isfinite(values[i])) continue;
    const double e = std::log(values[i]) - mean_v - out.slope * (time(i) - mean_t);
    rest += e * e;
  }
  const double df = n - 2;
  out.standard_error = std::sqrt(rest / df / tt);
  const double x = beta_quantile(1 - level, 0.5 * df, 0.5);  // Student's t through the beta law
  const double t = std::sqrt(df * (1 / x - 1));
  out.range = {std::expm1(out.slope - t * out.standard_error), std::expm1(out.slope + t * out.standard_error)};
  return out;
}

}  // namespace guanxi::market
