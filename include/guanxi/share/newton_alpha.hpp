#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace guanxi::share {

/// Log-likelihood of a Dirichlet-multinomial at one alpha, with what Newton's step needs.
/// The Hessian is diag(curvature) + common 11'. All parts that do not depend on alpha may be left out of `value`.
struct alpha_slopes {
  double value = 0.0;
  std::vector<double> gradient, curvature;
  double common = 0.0;
};

/// How the search for alpha ended.
struct alpha_fit {
  double value = 0.0;
  double gradient_norm = 0.0;  // largest |alpha_j g_j|: the slope in log alpha_j
  int passes = 0;              // evaluations of the likelihood
  bool converged = false;
  bool at_bound = false;  // sum of alpha went to a bound: all customers alike, or everybody loyal to one
};

namespace detail {

inline double slope_in_logs(std::span<const double> alpha, const alpha_slopes& at) {
  double norm = 0.0;
  for (std::size_t j = 0; j < alpha.size(); ++j) norm = std::max(norm, std::abs(alpha[j] * at.gradient[j]));
  return norm;
}

/// Newton's step in ln alpha. There the Hessian is diag(h) + z alpha alpha' with h_j = alpha_j^2 q_j + alpha_j g_j:
/// step_j = (b alpha_j - alpha_j g_j) / h_j, b = sum(alpha^2 g / h) / (1/z + sum alpha^2 / h).
/// Where that is no ascent direction, a step of the gradient.
inline void newton_step(std::span<const double> alpha, const alpha_slopes& at, std::vector<double>& step) {
  const auto bend = [&](std::size_t j) {
    const double h = alpha[j] * (alpha[j] * at.curvature[j] + at.gradient[j]);
    return h < 0 ? h : -std::abs(alpha[j] * at.gradient[j]) - 1e-12;
  };
  double top = 0.0, bottom = at.common != 0 ? 1.0 / at.common : 0.0;
  for (std::size_t j = 0; j < alpha.size(); ++j) {
    if (alpha[j] <= 0) continue;
    const double h = bend(j);
    top += alpha[j] * alpha[j] * at.gradient[j] / h;
    bottom += alpha[j] * alpha[j] / h;
  }
  const double b = bottom > 0 && at.common != 0 ? top / bottom : 0.0;
  double rise = 0.0;
  for (std::size_t j = 0; j < alpha.size(); ++j) {
    step[j] = alpha[j] > 0 ? alpha[j] * (b - at.gradient[j]) / bend(j) : 0.0;
    rise += step[j] * alpha[j] * at.gradient[j];
  }
  if (rise > 0) return;
  const double norm = std::max(slope_in_logs(alpha, at), 1e-300);
  for (std::size_t j = 0; j < alpha.size(); ++j) step[j] = 0.5 * alpha[j] * at.gradient[j] / norm;
}

}  // namespace detail

/// Maximises a Dirichlet-multinomial likelihood over alpha by Newton's method with halving.
///
/// Takes   alpha: the start, entries > 0 (entries of 0 stay 0); evaluate(alpha) gives alpha_slopes; at most `passes`
///         evaluations; stops when the largest slope in log alpha is below tol; sum of alpha stays in [lowest,
///         highest].
/// Gives   alpha at its best point, and how the search ended.
/// Source  Newton with a diagonal plus rank one Hessian: Minka (2000), "Estimating a Dirichlet distribution",
/// section 3.
template <class Evaluate>
alpha_fit newton_alpha(std::vector<double>& alpha, Evaluate&& evaluate, int passes, double tol, double lowest = 1e-6,
                       double highest = 1e8) {
  alpha_fit fit;
  alpha_slopes at = evaluate(std::span<const double>(alpha));
  fit.passes = 1;
  std::vector<double> step(alpha.size()), next(alpha.size());
  while (fit.passes < passes) {
    fit.gradient_norm = detail::slope_in_logs(alpha, at);
    if (fit.gradient_norm < tol) {
      fit.converged = true;
      break;
    }
    detail::newton_step(alpha, at, step);
    double length = 1.0;
    for (std::size_t j = 0; j < alpha.size(); ++j) length = std::min(length, 3.0 / std::max(3.0, std::abs(step[j])));
    bool better = false;
    for (int half = 0; half < 30 && fit.passes < passes && !better; ++half, length *= 0.5) {
      double sum = 0.0;
      for (std::size_t j = 0; j < alpha.size(); ++j) sum += next[j] = alpha[j] * std::exp(length * step[j]);
      if (sum < lowest || sum > highest) {
        fit.at_bound = true;
        continue;
      }
      alpha_slopes there = evaluate(std::span<const double>(next));
      ++fit.passes;
      if (!(there.value >= at.value - 1e-12 * std::abs(at.value))) continue;
      better = true;
      at = std::move(there);
      alpha.swap(next);
    }
    if (!better) break;  // nothing higher within rounding
    fit.at_bound = false;
  }
  fit.gradient_norm = detail::slope_in_logs(alpha, at);
  fit.converged = fit.converged || fit.gradient_norm < tol;
  fit.value = at.value;
  return fit;
}

}  // namespace guanxi::share
