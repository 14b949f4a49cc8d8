#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace guanxi::value {

/// Weights of a mixture of forecasts that make what happened most likely.
struct stack_weights {
  std::vector<double> weight;
  double log_score = 0;  // mean log probability of what happened under the mixture
  unsigned passes = 0;
};

/// Takes   density: rows x candidates, row after row: the probability that candidate m gave to what happened in row i;
///         prior: pseudo-rows a candidate, 0.5 by default (a weight then never quite vanishes for lack of data).
///         start: where the weights begin and what the pseudo-rows are shared by, > 0, sums to 1; empty: all alike.
/// Gives   weights on the simplex: maximum of sum_i ln sum_m w_m p_im + sum_m prior_m ln w_m. The objective is concave and every
///         pass raises it.
/// Costs   O(rows candidates) a pass, at most 300 passes.
/// Source  Yao, Vehtari, Simpson and Gelman (2018), Bayesian Analysis 13, 917-1007; EM for mixture weights.
[[nodiscard]] inline stack_weights stack(std::span<const double> density, std::size_t candidates, double prior = 0.5,
                                         std::span<const double> start = {}) {
  stack_weights out;
  const std::size_t rows = density.size() / std::max<std::size_t>(1, candidates);
  out.weight.assign(candidates, 1.0 / static_cast<double>(candidates));
  if (!start.empty()) out.weight.assign(start.begin(), start.end());
  if (rows == 0) return out;
  std::vector<double> next(candidates), pseudo(candidates);
  for (std::size_t m = 0; m < candidates; ++m) pseudo[m] = prior * static_cast<double>(candidates) * out.weight[m];
  double before = -1e300;
  for (out.passes = 1; out.passes <= 300; ++out.passes) {
    next = pseudo;
    double score = 0, objective = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const double* p = density.data() + i * candidates;
      double total = 1e-300;
      for (std::size_t m = 0; m < candidates; ++m) total += out.weight[m] * p[m];
      score += std::log(total);
      for (std::size_t m = 0; m < candidates; ++m) next[m] += out.weight[m] * p[m] / total;
    }
    objective = score;
    for (std::size_t m = 0; m < candidates; ++m)
      if (pseudo[m] > 0) objective += pseudo[m] * std::log(out.weight[m]);
    out.log_score = score / static_cast<double>(rows);
    if (objective - before < 1e-7 * static_cast<double>(rows)) break;
    before = objective;
    double sum = 0;
    for (const double w : next) sum += w;
    for (std::size_t m = 0; m < candidates; ++m) out.weight[m] = next[m] / sum;
  }
  return out;
}

}  // namespace guanxi::value
