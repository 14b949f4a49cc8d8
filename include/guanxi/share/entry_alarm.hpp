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
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>

namespace guanxi::share {

/// Which customers show a rival's arrival or rise. Periods count from 0; -1 = none.
struct entry_alarm_columns {
  std::vector<double> p;            // how often a series without order in time looks as bad
  std::vector<std::int32_t> alarm;  // period in which the rise began to show, when p <= false_alarm
  std::vector<std::int32_t> rule;   // period of the common rule, for comparison
  double rule_false_alarm = 0.0;    // how often the rule cries on the same series in random order
};

namespace detail {

/// Largest climb of the running sum of deviations from the mean (a CUSUM), and where it began.
inline double climb(std::span<const double> x, std::size_t& from) {
  double mean = 0.0, run = 0.0, best = 0.0;
  for (const double v : x) mean += v / static_cast<double>(x.size());
  std::size_t begin = 0;
  from = 0;
  for (std::size_t t = 0; t < x.size(); ++t) {
    if (run <= 0) run = 0.0, begin = t;
    run += x[t] - mean;
    if (run > best) best = run, from = begin;
  }
  return best;
}

/// Two rises in a row on a wallet that stays within a tenth.
inline std::int32_t two_rises(std::span<const double> x, std::span<const double> wallet) {
  for (std::size_t t = 2; t < x.size(); ++t) {
    const bool flat = std::abs(wallet[t] - wallet[t - 2]) <= 0.1 * wallet[t - 2];
    if (x[t] > x[t - 1] && x[t - 1] > x[t - 2] && flat) return static_cast<std::int32_t>(t);
  }
  return -1;
}

}  // namespace detail

/// A rival's arrival or rise with each customer, at a false-alarm rate that the caller sets.
///
/// Takes   rival: customers x periods, a rival's (or all rivals') share; wallet likewise; false_alarm: in (0, 1), the
///         part of quiet customers that may be cried over in the whole span; shuffles: random orders, at least 1 /
///         false_alarm.
/// Gives   p by putting each customer's own periods in random order, so the rate holds for any law of the shares as
/// long
///         as quiet periods are exchangeable; periods that depend on their neighbours make p too small. Beside it the
///         common rule: two rises in a row on a flat total, with the rate at which it cries on shuffled series.
/// Fails   errc::size_mismatch, errc::out_of_domain. Costs O(customers x periods x shuffles).
/// Source  Page (1954), Biometrika 41 (CUSUM); permutation test: Pitman (1937).
[[nodiscard]] inline entry_alarm_columns entry_alarm(std::span<const double> rival, std::span<const double> wallet,
                                                     std::size_t periods, double false_alarm = 0.05, int shuffles = 499,
                                                     std::uint64_t seed = 0, unsigned threads = 0) {
  if (periods == 0 || rival.size() % periods != 0 || wallet.size() != rival.size())
    throw error(errc::size_mismatch, "share::entry_alarm: 'rival' has " + std::to_string(rival.size()) +
                                         " entries and 'wallet' " + std::to_string(wallet.size()) + " for " +
                                         std::to_string(periods) + " periods a customer");
  if (!(false_alarm > 0 && false_alarm < 1) || shuffles < 1 || false_alarm * (shuffles + 1) < 1)
    throw error(errc::out_of_domain, "share::entry_alarm: 'false_alarm' is " + std::to_string(false_alarm) + " with " +
                                         std::to_string(shuffles) +
                                         " shuffles; it must lie in (0, 1) and shuffles be at least 1 / false_alarm");
  const std::size_t n = rival.size() / periods;
  entry_alarm_columns out{std::vector<double>(n, 1.0), std::vector<std::int32_t>(n, -1),
                          std::vector<std::int32_t>(n, -1), 0.0};
  std::vector<double> cried(n, 0.0);
  parallel_blocks(
      n, 64,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> x(periods), w(periods);
        for (std::size_t i = begin; i < end; ++i) {
          const auto here = rival.subspan(i * periods, periods), money = wallet.subspan(i * periods, periods);
          x.assign(here.begin(), here.end());
          w.assign(money.begin(), money.end());
          if (std::any_of(x.begin(), x.end(), [](double v) { return !std::isfinite(v); })) {
            out.p[i] = std::numeric_limits<double>::quiet_NaN();
            continue;
          }
          std::size_t from = 0, nowhere = 0;
          const double seen = detail::climb(x, from);
          out.rule[i] = detail::two_rises(x, w);
          random_stream stream(seed, i, 11);
          int as_bad = 0, cries = 0;
          for (int k = 0; k < shuffles; ++k) {
            for (std::size_t t = periods; t > 1; --t) {
              const std::size_t other = stream.index(t);
              std::swap(x[t - 1], x[other]);
              std::swap(w[t - 1], w[other]);
            }
            as_bad += detail::climb(x, nowhere) >= seen * (1 - 1e-12);
            cries += detail::two_rises(x, w) >= 0;
          }
          out.p[i] = (1.0 + as_bad) / (1.0 + shuffles);
          cried[i] = static_cast<double>(cries) / shuffles;
          if (seen > 0 && out.p[i] <= false_alarm) out.alarm[i] = static_cast<std::int32_t>(from);
        }
      },
      threads);
  for (const double c : cried) out.rule_false_alarm += c / static_cast<double>(std::max<std::size_t>(n, 1));
  return out;
}

}  // namespace guanxi::share
