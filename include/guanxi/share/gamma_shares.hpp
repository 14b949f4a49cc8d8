#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi::share {

/// First and second moments of shares that are normalised independent gammas.
struct share_moments {
  std::vector<double> mean;    // E s_i, sums to 1
  std::vector<double> second;  // E s_i^2
  double deficit = 0.0;        // by how much the means missed 1 before they were scaled

  [[nodiscard]] double variance(std::size_t i) const { return std::max(0.0, second[i] - mean[i] * mean[i]); }
};

namespace detail {

/// Nodes x = ln u of the trapezoid rule, and ln L(u) = -sum_j a_j log1p(u / b_j) there, one power a class of equal
/// rates.
struct laplace_grid {
  std::vector<double> u, weight;  // weight = step * u * L(u)

  laplace_grid(std::span<const double> shape, std::span<const double> rate, double step) {
    std::vector<std::pair<double, double>> classes;  // rate, sum of shapes
    double sum = 0.0;
    for (std::size_t j = 0; j < shape.size(); ++j) {
      sum += shape[j];
      const auto same = std::find_if(classes.begin(), classes.end(), [&](const auto& c) { return c.first == rate[j]; });
      if (same != classes.end())
        same->second += shape[j];
      else
        classes.emplace_back(rate[j], shape[j]);
    }
    double low = classes[0].first, high = classes[0].first;
    for (const auto& [b, a] : classes) low = std::min(low, b), high = std::max(high, b);
    const double from = std::log(low) + std::log(1e-13), to = std::log(high) + 31.0 / std::min(sum, 31.0) + 2.0;
    const auto points = static_cast<std::size_t>(std::ceil((to - from) / step)) + 1;
    for (std::size_t q = 0; q < points; ++q) {
      const double x = from + step * static_cast<double>(q), value = std::exp(x);
      double log_l = 0.0;
      for (const auto& [b, a] : classes) log_l -= a * std::log1p(value / b);
      u.push_back(value);
      weight.push_back(step * std::exp(x + log_l));
    }
  }
};

inline void check_gammas(std::span<const double> shape, std::span<const double> rate, const char* who) {
  if (shape.size() != rate.size() || shape.empty())
    throw error(errc::size_mismatch, std::string(who) + ": 'shape' has " + std::to_string(shape.size()) +
                                         " entries, 'rate' has " + std::to_string(rate.size()) +
                                         "; at least 1 of both");
  for (std::size_t j = 0; j < shape.size(); ++j)
    if (!(shape[j] > 0) || !(rate[j] > 0))
      throw error(errc::out_of_domain, std::string(who) + ": supplier " + std::to_string(j) + " has shape " +
                                           std::to_string(shape[j]) + " and rate " + std::to_string(rate[j]) +
                                           "; both must be above 0");
}

}  // namespace detail

/// Moments of s_i = G_i / sum_j G_j, G_j ~ Gamma(shape_j, rate_j) independent: what every supplier holds when the
/// deliveries of each are seen in part, so that the posterior rates differ.
///
/// Takes   shape, rate: above 0, of equal length.
/// Gives   means scaled to sum to 1; `deficit` is what the integral missed (below 1e-10 for sums of shapes above .05).
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(suppliers + rate classes) a node, some 100 to 300 nodes.
/// Source  E s_i = Int a_i/(b_i + u) L(u) du, E s_i^2 = Int u a_i (a_i + 1)/(b_i + u)^2 L(u) du,
///         L(u) = prod_j (b_j/(b_j + u))^a_j, by the trapezoid rule in ln u.
[[nodiscard]] inline share_moments moments_of_gamma_shares(std::span<const double> shape,
                                                           std::span<const double> rate) {
  detail::check_gammas(shape, rate, "share::moments_of_gamma_shares");
  double sum = 0.0;
  for (const double a : shape) sum += a;
  const detail::laplace_grid grid(shape, rate, std::min(0.2, 1.5 / std::sqrt(sum + 1.0)));
  share_moments out;
  out.mean.assign(shape.size(), 0.0);
  out.second.assign(shape.size(), 0.0);
  running_sum total;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    for (std::size_t q = 0; q < grid.u.size(); ++q) {
      const double r = 1.0 / (rate[i] + grid.u[q]), w = grid.weight[q] * r * shape[i];
      out.mean[i] += w;
      out.second[i] += w * grid.u[q] * r * (shape[i] + 1.0);
    }
    total.add(out.mean[i]);
  }
  out.deficit = 1.0 - total.value();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    out.mean[i] /= total.value();
    out.second[i] /= total.value();
  }
  return out;
}

/// E s_i s_j of the same law, i != j.
[[nodiscard]] inline double cross_moment_of_gamma_shares(std::span<const double> shape, std::span<const double> rate,
                                                         std::size_t i, std::size_t j) {
  detail::check_gammas(shape, rate, "share::cross_moment_of_gamma_shares");
  double sum = 0.0, out = 0.0;
  for (const double a : shape) sum += a;
  const detail::laplace_grid grid(shape, rate, std::min(0.2, 1.5 / std::sqrt(sum + 1.0)));
  for (std::size_t q = 0; q < grid.u.size(); ++q)
    out += grid.weight[q] * grid.u[q] * shape[i] / (rate[i] + grid.u[q]) * shape[j] / (rate[j] + grid.u[q]);
  return out;
}

/// Quantile of G1 / (G1 + G2) for two gammas of unlike rates, exact: from the beta quantile x, x b2 / (x b2 + (1 - x)
/// b1). Takes  p in [0, 1]; own shape and rate, the rivals' shape and their common rate. Costs one beta quantile.
[[nodiscard]] inline double share_quantile(double p, double shape, double rate, double rivals_shape,
                                           double rivals_rate) {
  if (!(p >= 0 && p <= 1) || !(shape > 0 && rate > 0 && rivals_shape > 0 && rivals_rate > 0))
    throw error(errc::out_of_domain, "share::share_quantile: 'p' is " + std::to_string(p) +
                                         "; it must lie between 0 and 1, shapes and rates above 0");
  const double x = beta_quantile(p, shape, rivals_shape);
  return x * rivals_rate / (x * rivals_rate + (1.0 - x) * rate);
}

/// The interval of a share by the beta law with its mean and variance: exact for equal rates, close for unlike ones.
[[nodiscard]] inline interval beta_interval(double mean, double variance, double level) {
  if (!(mean > 0)) return {0.0, 0.0};
  if (!(mean < 1)) return {1.0, 1.0};
  if (!(variance > 0)) return {mean, mean};
  const double total = std::max(mean * (1.0 - mean) / variance - 1.0, 1e-6), tail = 0.5 * (1.0 - level);
  return {beta_quantile(tail, total * mean, total * (1.0 - mean)),
          beta_quantile(1.0 - tail, total * mean, total * (1.0 - mean))};
}

}  // namespace guanxi::share
