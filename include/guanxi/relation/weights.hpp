#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/relation/criteria.hpp>

namespace guanxi::relation {

enum class weighting : std::uint8_t { equal, entropy, critic, merec, deviation };

/// "equal", "entropy", "critic", "merec", "deviation". Fails with errc::unknown_name.
[[nodiscard]] inline weighting to_weighting(std::string_view word) {
  constexpr std::array<std::string_view, 5> words{"equal", "entropy", "critic", "merec", "deviation"};
  for (std::size_t i = 0; i < 5; ++i) {
    if (words[i] == word) return static_cast<weighting>(i);
  }
  throw error(errc::unknown_name, "relation::weights: no method '" + std::string(word) +
                                      "'; want equal, entropy, critic, merec or deviation");
}

/// Weights of criteria from the data alone. They sum to 1; a constant column has weight 0 (all equal if every one is).
///
/// Takes   x: n x m by rows, types as in criteria (empty: all +1; critic then leaves the types out).
/// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_domain (entropy and merec want values above 0).
/// Costs   O(n m), critic and merec O(n m^2).
/// Source  Shannon entropy; Diakoulaki et al. (1995) (CRITIC); Keshavarz-Ghorabaee et al. (2021) (MEREC).
/// Beware  such weights say which columns differ, not which matter; one outlier moves min-max scaled weights.
[[nodiscard]] inline std::vector<double> weights(std::span<const double> x, std::size_t m, weighting method,
                                                 std::span<const int> types = {}) {
  const std::vector<double> one(m, 1.0);
  const auto k = detail::check_criteria("weights", {x, one, types});
  const std::size_t n = k.n;
  const auto count = static_cast<double>(n);
  std::vector<double> w(m, 0.0), low, high;
  detail::column_ends(x, m, low, high);
  const bool positive = method == weighting::entropy || method == weighting::merec;
  for (std::size_t i = 0; positive && i < x.size(); ++i) {
    if (!(x[i] > 0.0 || (x[i] == 0.0 && method == weighting::entropy))) {
      throw error(errc::out_of_domain, "relation::weights: 'x' is not above 0 in row " + std::to_string(i / m) +
                                           ", column " + std::to_string(i % m));
    }
  }
  std::vector<double> mean(m), sd(m);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % m] += x[i] / count;
  for (std::size_t i = 0; i < x.size(); ++i) sd[i % m] += (x[i] - mean[i % m]) * (x[i] - mean[i % m]);
  for (double& s : sd) s = n > 1 ? std::sqrt(s / count) : 0.0;
  if (method == weighting::equal) w = one;
  if (method == weighting::deviation) w = sd;
  if (method == weighting::entropy && n > 1) {
    for (std::size_t j = 0; j < m; ++j) {
      double total = 0.0, h = 0.0;
      for (std::size_t i = 0; i < n; ++i) total += x[i * m + j];
      for (std::size_t i = 0; i < n; ++i) {
        const double p = total > 0.0 ? x[i * m + j] / total : 0.0;
        if (p > 0.0) h -= p * std::log(p);
      }
      w[j] = high[j] > low[j] ? std::max(0.0, 1.0 - h / std::log(count)) : 0.0;
    }
  }
  if (method == weighting::critic) {
    for (std::size_t j = 0; j < m; ++j) {
      if (!(high[j] > low[j])) continue;
      double conflict = 0.0;
      for (std::size_t o = 0; o < m; ++o) {
        if (o == j || !(high[o] > low[o])) continue;
        double both = 0.0;
        for (std::size_t i = 0; i < n; ++i) both += (x[i * m + j] - mean[j]) * (x[i * m + o] - mean[o]);
        conflict += 1.0 - k.sign[j] * k.sign[o] * both / (count * sd[j] * sd[o]);
      }
      w[j] = sd[j] / (high[j] - low[j]) * conflict;
    }
  }
  if (method == weighting::merec) {
    std::vector<double> logs(m);
    for (std::size_t i = 0; i < n; ++i) {
      double total = 0.0;
      for (std::size_t j = 0; j < m; ++j)
        total += logs[j] = std::fabs(std::log(k.sign[j] > 0.0 ? low[j] / x[i * m + j] : x[i * m + j] / high[j]));
      const double all = std::log1p(total / static_cast<double>(m));
      for (std::size_t j = 0; j < m; ++j)
        w[j] += std::fabs(std::log1p((total - logs[j]) / static_cast<double>(m)) - all);
    }
  }
  double total = 0.0;
  for (const double v : w) total += v;
  for (double& v : w) v = total > 0.0 ? v / total : 1.0 / static_cast<double>(m);
  return w;
}

/// Weights from pairwise judgements, and how consistent these are.
struct ahp_weights {
  std::vector<double> weights;
  double ratio = 0.0;  // consistency ratio; above 0.1 the judgements contradict one another
  std::vector<std::string> status;
};

/// AHP: principal eigenvector of the matrix of judgements (entry (i, j): how much more i matters than j).
///
/// Takes   pairs: m x m by rows, above 0, pairs(j, i) = 1 / pairs(i, j), m <= 10 for the ratio (NaN beyond).
/// Gives   weights that sum to 1, the consistency ratio, and above 0.1 the most contradictory triple.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   power iteration, O(m^2) a step. Source: Saaty (1980).
[[nodiscard]] inline ahp_weights weights_ahp(std::span<const double> pairs) {
  const auto m = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(pairs.size()))));
  if (m == 0 || m * m != pairs.size())
    throw error(errc::size_mismatch, "relation::weights_ahp: 'pairs' has " + std::to_string(pairs.size()) +
                                         " entries, want a square matrix");
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      if (!(pairs[i * m + j] > 0.0) || !std::isfinite(pairs[i * m + j]) ||
          std::fabs(pairs[i * m + j] * pairs[j * m + i] - 1.0) > 1e-6) {
        throw error(errc::out_of_domain, "relation::weights_ahp: 'pairs' (" + std::to_string(i) + ", " +
                                             std::to_string(j) +
                                             ") and its mirror want to be above 0 and to multiply to 1");
      }
    }
  }
  ahp_weights out;
  std::vector<double> w(m, 1.0 / static_cast<double>(m)), next(m);
  double lambda = 0.0;
  for (int pass = 0; pass < 1000; ++pass) {
    lambda = 0.0;
    double change = 0.0;
    for (std::size_t i = 0; i < m; ++i) {
      next[i] = 0.0;
      for (std::size_t j = 0; j < m; ++j) next[i] += pairs[i * m + j] * w[j];
      lambda += next[i];
    }
    for (std::size_t i = 0; i < m; ++i) next[i] /= lambda, change = std::max(change, std::fabs(next[i] - w[i]));
    w = next;
    if (change < 1e-15) break;
  }
  constexpr std::array<double, 10> random_index{0, 0, .58, .90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49};
  if (m > 10)
    out.ratio = std::numeric_limits<double>::quiet_NaN();
  else if (m > 2)
    out.ratio = std::max(0.0, (lambda - static_cast<double>(m)) / static_cast<double>(m - 1) / random_index[m - 1]);
  if (out.ratio > 0.1) {
    double most = 0.0;
    std::size_t a = 0, b = 1, c = 2;
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = i + 1; j < m; ++j) {
        for (std::size_t k = j + 1; k < m; ++k) {
          const double away = std::fabs(std::log(pairs[i * m + j] * pairs[j * m + k] * pairs[k * m + i]));
          if (away > most) most = away, a = i, b = j, c = k;
        }
      }
    }
    out.status.push_back("judgements contradict one another, most of all criteria " + std::to_string(a) + ", " +
                         std::to_string(b) + ", " + std::to_string(c));
  }
  out.weights = std::move(w);
  return out;
}

}  // namespace guanxi::relation
