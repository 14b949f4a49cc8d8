#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace guanxi::value::detail {

/// How totals were missed at the origins.
struct level_trials {
  std::vector<double> miss, got;  // ln(what came / what was forecast) after fitting; what came
  double independent = 0;         // so many origins that do not overlap would tell as much

  /// Relative variance that all customers of a book share over the coming horizon: shocks that hit all (a season, a crisis),
  /// and what is not known of the level because it was learned from so few totals.
  ///
  /// Takes   mean, variance: of the total when every customer varies for itself.
  /// Gives   shock + (shock + chance) / independent. chance: relative variance of an origin's total by the customers' own
  ///         variation; shock: what the misses show beyond it and beyond one
  ///         standard deviation of what chance gives, held towards `before`^2 by the weight of one origin, since one
  ///         origin alone, at which the level was fitted, shows no miss at all.
  [[nodiscard]] double variance(double mean, double variance, double before = 0.035) const {
    if (miss.empty() || !(mean > 0)) return 16 * before * before;
    double chance = 0, square = 0;
    const auto n = static_cast<double>(miss.size());
    for (std::size_t k = 0; k < miss.size(); ++k) {
      chance += variance / (mean * std::max(got[k], 1e-9 * mean)) / n;
      square += miss[k] * miss[k] / n;
    }
    chance = std::min(chance, 1.0);
    const double own = std::max(independent, 0.5), freedom = std::max(0.0, own - 1);
    const double seen = freedom > 0 ? std::max(0.0, square * own / freedom - chance * (1 + std::sqrt(2 / freedom))) : 0.0;
    const double shock = (freedom * seen + before * before) / (freedom + 1);
    return shock + (shock + chance) / own;
  }
};

}  // namespace guanxi::value::detail
