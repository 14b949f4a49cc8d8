#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::share {

/// Slope of ln(s / (1 - s)) a period, with its standard error and P(slope > 0).
struct trend_of_share {
  double slope = unknown;
  double error = unknown;
  double p_rising = unknown;
};

/// Trend of a share from effective counts: logistic regression of won on time, a normal prior on the slope.
///
/// Takes   won, all: counts of each period in order of time, 0 <= won <= all, real numbers allowed; prior: its standard
///         deviation for the slope a period.
/// Gives   NaN when nothing or everything was won, or when all falls in one period.
/// Costs   O(periods), at most 6 Newton steps.
/// Source  binomial generalised linear model (McCullagh and Nelder 1989), quasi-counts; normal approximation at the
/// mode.
[[nodiscard]] inline trend_of_share habit_trend(std::span<const double> won, std::span<const double> all,
                                                double prior) {
  double sum = 0.0, total = 0.0, moment = 0.0, square = 0.0;
  for (std::size_t k = 0; k < won.size(); ++k) {
    const auto t = static_cast<double>(k);
    sum += won[k];
    total += all[k];
    moment += t * all[k];
    square += t * t * all[k];
  }
  if (!(sum > 0) || !(total - sum > 1e-12 * total)) return {};
  const double centre = moment / total;
  if (!(square / total - centre * centre > 1e-12)) return {};
  double level = std::log(sum / (total - sum)), slope = 0.0, variance = 0.0;
  for (int pass = 0; pass < 6; ++pass) {
    double g0 = 0.0, g1 = -slope / (prior * prior), h00 = 1e-12, h01 = 0.0, h11 = 1.0 / (prior * prior);
    // Periods are one apart, so the odds of each are those of the one before times exp(slope).
    double odds = std::exp(level - slope * centre);
    const double turns = std::exp(slope);
    for (std::size_t k = 0; k < won.size(); ++k, odds *= turns) {
      if (all[k] <= 0) continue;
      const double t = static_cast<double>(k) - centre, p = odds < 1e300 ? odds / (1.0 + odds) : 1.0;
      const double r = won[k] - all[k] * p, w = all[k] * p * (1.0 - p);
      g0 += r, g1 += r * t, h00 += w, h01 += w * t, h11 += w * t * t;
    }
    const double det = h00 * h11 - h01 * h01;
    const double up = (h11 * g0 - h01 * g1) / det, turn = (h00 * g1 - h01 * g0) / det;
    const double cut = std::min(1.0, 2.0 / std::max(std::abs(up), std::abs(turn)));
    level += cut * up;
    slope += cut * turn;
    variance = h00 / det;
    if (std::abs(up) + std::abs(turn) < 1e-4) break;  // Newton squares what is left
  }
  const double error = std::sqrt(variance);
  return {slope, error, normal_cdf(slope / error)};
}

}  // namespace guanxi::share
