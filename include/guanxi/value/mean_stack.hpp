#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace guanxi::value {

/// Weights >= 0 of forecasts of a mean, learned from what happened.
///
/// Takes   forecast: rows x candidates, row after row, > 0; happened: >= 0, a row each; prior: how much of the total the
///         prior weighs (0: not at all); prior_weight: what the weights are shrunk to, sums to 1 (empty: all alike).
/// Gives   weights that make sum_i [happened_i ln mean_i - mean_i] largest, mean_i = sum_m w_m forecast_im. They need not
///         sum to 1: with no prior the forecasts' total over the rows is then that of what happened.
/// Costs   O(rows candidates) a pass, at most 300 passes; every pass raises the objective.
/// Source  Lee and Seung (2001), NIPS 13: multiplicative updates of the Kullback-Leibler divergence.
[[nodiscard]] inline std::vector<double> mean_stack(std::span<const double> forecast, std::span<const double> happened,
                                                    std::size_t candidates, double prior = 0.02,
                                                    std::span<const double> prior_weight = {}) {
  std::vector<double> weight(candidates, 1.0 / static_cast<double>(std::max<std::size_t>(1, candidates)));
  if (!prior_weight.empty()) weight.assign(prior_weight.begin(), prior_weight.end());
  const std::vector<double> to = weight;
  const std::size_t rows = happened.size();
  double total = 0;
  for (const double y : happened) total += y;
  if (!(total > 0)) return weight;
  std::vector<double> up(candidates), down(candidates);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t m = 0; m < candidates; ++m) down[m] += forecast[i * candidates + m];
  for (int pass = 0; pass < 300; ++pass) {
    std::fill(up.begin(), up.end(), 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      if (!(happened[i] > 0)) continue;
      const double* f = forecast.data() + i * candidates;
      double mean = 1e-300;
      for (std::size_t m = 0; m < candidates; ++m) mean += weight[m] * f[m];
      const double share = happened[i] / mean;
      for (std::size_t m = 0; m < candidates; ++m) up[m] += share * f[m];
    }
    double moved = 0;
    for (std::size_t m = 0; m < candidates; ++m) {
      const double next = (weight[m] * up[m] + prior * total * to[m]) / std::max(1e-300, down[m] + prior * total);
      moved = std::max(moved, std::fabs(next - weight[m]));
      weight[m] = next;
    }
    if (moved < 1e-7) break;
  }
  return weight;
}

/// Weights >= 0 that make the squared error small and stay near given ones.
///
/// Takes   forecast, happened, candidates: as mean_stack; prior: pull towards `near`, in units of a candidate's mean square.
/// Gives   weights of least sum_i (happened_i - mean_i)^2 + prior c sum_m (w_m - near_m)^2, c the mean of sum_i f_im^2.
/// Costs   O(rows candidates^2), then at most 500 rounds of coordinate descent on candidates^2 numbers.
[[nodiscard]] inline std::vector<double> square_stack(std::span<const double> forecast, std::span<const double> happened,
                                                      std::size_t candidates, double prior, std::span<const double> near) {
  std::vector<double> weight(near.begin(), near.end()), square(candidates * candidates), with(candidates);
  for (std::size_t i = 0; i < happened.size(); ++i) {
    const double* f = forecast.data() + i * candidates;
    for (std::size_t m = 0; m < candidates; ++m) {
      with[m] += f[m] * happened[i];
      for (std::size_t l = 0; l < candidates; ++l) square[m * candidates + l] += f[m] * f[l];
    }
  }
  double pull = 0;
  for (std::size_t m = 0; m < candidates; ++m) pull += square[m * candidates + m];
  pull *= prior / static_cast<double>(std::max<std::size_t>(1, candidates));
  if (!(pull > 0)) return weight;
  for (int round = 0; round < 500; ++round) {
    double moved = 0;
    for (std::size_t m = 0; m < candidates; ++m) {
      double left = with[m] + pull * near[m];
      for (std::size_t l = 0; l < candidates; ++l)
        if (l != m) left -= square[m * candidates + l] * weight[l];
      const double next = std::max(0.0, left / (square[m * candidates + m] + pull));
      moved = std::max(moved, std::fabs(next - weight[m]));
      weight[m] = next;
    }
    if (moved < 1e-9) break;
  }
  return weight;
}

/// How far a forecast may be trusted for the level: 1 when its total was right at the origins, 0.6 when a third off, and
/// soon nothing. Takes log_error: ln(forecast total / what happened).
[[nodiscard]] inline double level_trust(double log_error) noexcept { return std::exp(-log_error * log_error / (2 * 0.3 * 0.3)); }

}  // namespace guanxi::value
