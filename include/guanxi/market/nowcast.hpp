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

namespace guanxi::market {

/// This year's total before the year is over, one a market.
struct nowcasts {
  std::vector<double> estimate, low, high;  // NaN where neither this year nor an earlier one is known
  std::vector<double> bridge1, bridge3;     // baselines: grown like last year, like the mean of three years
  std::vector<double> last_year;
  double shrink = 0, last_weight = 0;       // the rule that past years chose
  double spread = unknown;                  // its log error in past years, pooled
};

namespace detail {
/// Rest of the year in logs, ln(full / seen), with a market's own mean over at most three years drawn towards the middle of all.
struct rest_of_year {
  std::vector<double> one, three, middle;  // of each market; NaN where not known
};
[[nodiscard]] inline rest_of_year rests(std::span<const double> seen, std::span<const double> full, std::size_t markets, std::size_t years, std::size_t upto) {
  rest_of_year out{std::vector<double>(markets, unknown), std::vector<double>(markets, unknown), std::vector<double>(markets, unknown)};
  std::vector<double> all;
  for (std::size_t m = 0; m < markets; ++m) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t back = 1; back <= 3 && back <= upto; ++back) {
      const double s = seen[m * years + upto - back], f = full[m * years + upto - back];
      if (!(s > 0 && f > 0)) continue;
      const double r = std::log(f / s);
      if (back == 1) out.one[m] = r;
      sum += r, ++count;
    }
    if (count > 0) all.push_back(out.three[m] = sum / static_cast<double>(count));
  }
  if (all.empty()) return out;
  std::sort(all.begin(), all.end());
  const double middle = all.size() % 2 == 1 ? all[all.size() / 2] : 0.5 * (all[all.size() / 2 - 1] + all[all.size() / 2]);
  std::fill(out.middle.begin(), out.middle.end(), middle);
  return out;
}
[[nodiscard]] inline double nowcast_of(double seen, double own, double middle, double last, double shrink, double weight) noexcept {
  const double rest = std::isnan(own) ? middle : (1 - shrink) * own + shrink * middle;
  const double bridge = seen > 0 ? std::log(seen) + rest : unknown;
  if (std::isnan(bridge)) return last > 0 ? std::log(last) : unknown;
  return last > 0 ? (1 - weight) * bridge + weight * std::log(last) : bridge;
}
}  // namespace detail

/// Estimates the full year of each market from the part of it that was seen.
///
/// Takes   seen, full: markets x years, row by row: sales up to the same month of each year, and of the whole year; the last
///         year is the current one, its `full` is never read. Unknown is NaN. level: of the interval.
/// Gives   the bridge (seen x the usual rest of the year), a market's own rest drawn towards the middle of all markets and blended
///         with last year's total; how far was chosen on earlier years by the same rule (rolling origin), never on the current
///         one. The interval is the quantile of the rule's log errors in those years over markets of like size.
/// Fails   errc::size_mismatch; errc::out_of_domain for a level outside (0, 1).
/// Costs   O(markets x years x rules).
/// Beware  with fewer than three earlier years the rule is the default (half, a tenth) and the interval is unknown.
[[nodiscard]] inline nowcasts nowcast(std::span<const double> seen, std::span<const double> full, std::size_t markets, std::size_t years, double level = 0.9) {
  if (seen.size() != markets * years || full.size() != seen.size())
    throw error(errc::size_mismatch, "market::nowcast: " + std::to_string(seen.size()) + " and " + std::to_string(full.size()) + " values for " + std::to_string(markets) +
                                         " markets x " + std::to_string(years) + " years");
  if (!(level > 0 && level < 1)) throw error(errc::out_of_domain, "market::nowcast: level is " + std::to_string(level) + ", wanted inside (0, 1)");
  if (years < 2) throw error(errc::out_of_domain, "market::nowcast: " + std::to_string(years) + " year, wanted at least one before the current");
  nowcasts out;
  out.shrink = 0.5, out.last_weight = 0.1;
  constexpr double shrinks[] = {0, 0.25, 0.5, 0.75, 1}, weights[] = {0, 0.1, 0.2, 0.35, 0.5};
  double best = std::numeric_limits<double>::infinity();
  std::vector<std::pair<double, double>> errors;  // size, log error of the chosen rule
  const std::size_t now = years - 1;
  for (const double shrink : shrinks)
    for (const double weight : weights) {
      double sum = 0;
      std::vector<std::pair<double, double>> found;
      for (std::size_t y = 2; y < now; ++y) {
        const detail::rest_of_year r = detail::rests(seen, full, markets, years, y);
        for (std::size_t m = 0; m < markets; ++m) {
          const double truth = full[m * years + y], e = detail::nowcast_of(seen[m * years + y], r.three[m], r.middle[m], full[m * years + y - 1], shrink, weight);
          if (!(truth > 0) || std::isnan(e)) continue;
          found.emplace_back(full[m * years + y - 1] > 0 ? full[m * years + y - 1] : truth, e - std::log(truth));
          sum += std::abs(found.back().second);
        }
      }
      if (!found.empty() && sum / static_cast<double>(found.size()) < best) best = sum / static_cast<double>(found.size()), out.shrink = shrink, out.last_weight = weight, errors = found;
    }
  std::sort(errors.begin(), errors.end());
  if (!errors.empty()) out.spread = best;
  const detail::rest_of_year r = detail::rests(seen, full, markets, years, now);
  for (std::size_t m = 0; m < markets; ++m) {
    const double s = seen[m * years + now], last = full[m * years + now - 1];
    const double e = detail::nowcast_of(s, r.three[m], r.middle[m], last, out.shrink, out.last_weight);
    out.estimate.push_back(std::exp(e));
    out.bridge1.push_back(s > 0 ? s * std::exp(r.one[m]) : unknown);
    out.bridge3.push_back(s > 0 ? s * std::exp(r.three[m]) : unknown);
    out.last_year.push_back(last);
    double low = unknown, high = unknown;
    if (errors.size() >= 20 && !std::isnan(e)) {  // errors of the markets nearest in size
      const std::size_t take = std::clamp<std::size_t>(errors.size() / 5, 20, errors.size());
      const std::pair<double, double> mine{last > 0 ? last : std::exp(e), -std::numeric_limits<double>::infinity()};
      const std::size_t at = static_cast<std::size_t>(std::lower_bound(errors.begin(), errors.end(), mine) - errors.begin());
      const std::size_t from = std::min(at > take / 2 ? at - take / 2 : 0, errors.size() - take);
      std::vector<double> near;
      for (std::size_t i = from; i < from + take; ++i) near.push_back(-errors[i].second);
      std::sort(near.begin(), near.end());
      const auto quantile = [&](double q) {  // position of the order statistic that covers a new value
        const double x = std::clamp(q * static_cast<double>(take + 1) - 1, 0.0, static_cast<double>(take - 1));
        const auto i = static_cast<std::size_t>(x);
        return i + 1 < take ? near[i] + (x - static_cast<double>(i)) * (near[i + 1] - near[i]) : near[i];
      };
      low = std::exp(e + quantile(0.5 * (1 - level))), high = std::exp(e + quantile(0.5 * (1 + level)));
    }
    out.low.push_back(low), out.high.push_back(high);
  }
  return out;
}

}  // namespace guanxi::market
