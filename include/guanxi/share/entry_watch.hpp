#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::share {

/// Alarms raised period by period. Periods count from 0; -1 = none.
struct entry_watch_columns {
  std::vector<std::int32_t> alarm;  // first period in which the alarm stood
  std::vector<std::int32_t> began;  // where the rise behind it began
  std::vector<double> climb;        // the largest climb so far, at the end
  double threshold = 0.0;           // a climb from here on is an alarm
};

namespace detail {

/// Sum of normal scores of sequential ranks less an allowance, kept above 0. Under exchangeable periods the ranks are
/// independent and uniform whatever the law of the shares, so the climb has one law for all.
class rank_climb {
 public:
  explicit rank_climb(double allowance) : allowance_(allowance) {}
  /// u in (0, 1): the rank of the new period among all so far, ties and places within a rank at random.
  double add(double u, std::int32_t period) {
    if (run_ <= 0) began_ = period;
    run_ = std::max(0.0, run_ + normal_quantile(u) - allowance_);
    return run_;
  }
  [[nodiscard]] std::int32_t began() const noexcept { return began_; }

 private:
  double allowance_, run_ = 0.0;
  std::int32_t began_ = 0;
};

/// The climb that quiet series reach at most with probability 1 - rate, over `periods`, from simulated ranks.
inline double climb_threshold(std::size_t periods, std::size_t first, double allowance, double rate, std::uint64_t seed,
                              unsigned threads) {
  constexpr std::size_t paths = 40'000;
  std::vector<double> top(paths);
  parallel_blocks(
      paths, 1000,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t p = begin; p < end; ++p) {
          random_stream stream(seed, p, 31);
          rank_climb climb(allowance);
          double best = 0.0;
          for (std::size_t t = 1; t < periods; ++t) {
            // A rank among t + 1, and a place within it: together uniform.
            const double now = climb.add(stream.uniform(), static_cast<std::int32_t>(t));
            if (t >= first) best = std::max(best, now);
          }
          top[p] = best;
        }
      },
      threads);
  std::sort(top.begin(), top.end());
  return top[std::min(paths - 1, static_cast<std::size_t>(std::ceil((1.0 - rate) * static_cast<double>(paths))))];
}

}  // namespace detail

/// A rival's arrival or rise, told in the period in which it shows: looks at each period with those before it only.
///
/// Takes   rival: customers x periods, a rival's (or all rivals') share; NaN = not known, skipped; false_alarm in (0, 1):
///         the part of quiet customers that may be named over the whole span; first: the period from which alarms may
///         stand (some history is needed); allowance: half the rise in standard deviations that should be found soonest.
/// Gives   the first period in which the climb of normal scores of sequential ranks passes the threshold. The rate holds
///         for any law of the shares as long as quiet periods are exchangeable: the ranks of new periods among all so
///         far are then independent and uniform.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(customers x periods^2), and 40,000 simulated paths for the threshold.
/// Source  McDonald (1990), Naval Research Logistics 37, 627-646 (CUSUM of sequential ranks); Page (1954).
[[nodiscard]] inline entry_watch_columns entry_watch(std::span<const double> rival, std::size_t periods,
                                                     double false_alarm = 0.05, std::size_t first = 4,
                                                     double allowance = 0.5, std::uint64_t seed = 0,
                                                     unsigned threads = 0) {
  if (periods == 0 || rival.size() % periods != 0)
    throw error(errc::size_mismatch, "share::entry_watch: 'rival' has " + std::to_string(rival.size()) +
                                         " entries for " + std::to_string(periods) + " periods a customer");
  if (!(false_alarm > 0 && false_alarm < 1) || !(allowance >= 0))
    throw error(errc::out_of_domain, "share::entry_watch: 'false_alarm' is " + std::to_string(false_alarm) +
                                         " and 'allowance' " + std::to_string(allowance) +
                                         "; the rate must lie between 0 and 1, the allowance be at least 0");
  const std::size_t n = rival.size() / periods;
  entry_watch_columns out{std::vector<std::int32_t>(n, -1), std::vector<std::int32_t>(n, -1),
                          std::vector<double>(n, 0.0), 0.0};
  out.threshold = detail::climb_threshold(periods, first, allowance, false_alarm, seed + 1, threads);
  parallel_blocks(
      n, 256,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> past;
        for (std::size_t i = begin; i < end; ++i) {
          random_stream stream(seed, i, 29);
          detail::rank_climb climb(allowance);
          past.clear();
          for (std::size_t t = 0; t < periods; ++t) {
            const double x = rival[i * periods + t], place = stream.uniform();
            if (!(x - x == 0)) continue;
            double below = 0.0, same = 0.0;
            for (const double v : past) below += v < x ? 1.0 : 0.0, same += v == x ? 1.0 : 0.0;
            past.push_back(x);
            if (past.size() == 1) continue;
            const double u = (below + place * (same + 1.0)) / static_cast<double>(past.size());
            const double now = climb.add(u, static_cast<std::int32_t>(t));
            if (t < first) continue;
            out.climb[i] = std::max(out.climb[i], now);
            if (now >= out.threshold && out.alarm[i] < 0) {
              out.alarm[i] = static_cast<std::int32_t>(t);
              out.began[i] = climb.began();
            }
          }
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::share
