#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace guanxi::value {

/// A function of N parameters at one point: value, gradient, matrix of second derivatives (full, symmetric).
template <std::size_t N>
struct local {
  double value = 0;
  std::array<double, N> gradient{};
  std::array<std::array<double, N>, N> hessian{};
};

/// What a search gives: always the best point seen.
template <std::size_t N>
struct optimum {
  std::array<double, N> at{};  // in logs
  local<N> here;
  unsigned passes = 0;
  bool converged = false;
  double gradient_norm = 0;  // largest component of the gradient in logs
};

namespace detail {

/// Solves A x = b for symmetric positive definite A (Cholesky); false when it is not.
template <std::size_t N>
[[nodiscard]] bool solve(std::array<std::array<double, N>, N> a, std::array<double, N> b, std::array<double, N>& x) {
  for (std::size_t j = 0; j < N; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    if (!(a[j][j] > 0)) return false;
    a[j][j] = std::sqrt(a[j][j]);
    for (std::size_t i = j + 1; i < N; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = N; i-- > 0;) {
    for (std::size_t k = i + 1; k < N; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  x = b;
  return true;
}

/// From derivatives in the parameters to derivatives in their logs.
template <std::size_t N>
void to_logs(local<N>& f, const std::array<double, N>& p) {
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = 0; j < N; ++j)
      f.hessian[i][j] = f.hessian[i][j] * p[i] * p[j] + (i == j ? f.gradient[i] * p[i] : 0.0);
  for (std::size_t i = 0; i < N; ++i) f.gradient[i] *= p[i];
}

/// Entry i, j of a square matrix of n rows, whichever way it is kept.
template <std::size_t N>
[[nodiscard]] double& entry(std::array<std::array<double, N>, N>& m, std::size_t, std::size_t i, std::size_t j) {
  return m[i][j];
}
[[nodiscard]] inline double& entry(std::vector<double>& m, std::size_t n, std::size_t i, std::size_t j) { return m[i * n + j]; }

/// Damped Newton steps inside a box, for points of any kind of storage: what maximise() and maximise_any() do.
///
/// Takes   f(point) -> value, gradient, hessian; start; n parameters; solve(matrix, b, x): false when the matrix is not definite.
template <class Optimum, class F, class Point, class Solve>
[[nodiscard]] Optimum climb(F&& f, Point start, std::size_t n, Solve&& solve, double low, double high, unsigned limit) {
  Optimum best;
  best.at = std::move(start);
  best.here = f(best.at);
  best.passes = 1;
  if (!std::isfinite(best.here.value)) return best;
  double damp = 0.0;
  for (unsigned failures = 0; best.passes < limit && failures < 60;) {
    const double here = best.here.value, scale = 1.0 + std::fabs(here);
    Point g = best.here.gradient, held = g, step = g;  // held: 1 where the box holds the parameter
    best.gradient_norm = 0;
    for (std::size_t i = 0; i < n; ++i) {
      held[i] = (best.at[i] <= low && g[i] < 0) || (best.at[i] >= high && g[i] > 0);
      if (held[i] > 0) g[i] = 0;
      best.gradient_norm = std::max(best.gradient_norm, std::fabs(g[i]));
    }
    auto a = best.here.hessian;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) entry(a, n, i, j) = held[i] > 0 || held[j] > 0 ? (i == j ? 1.0 : 0.0) : -entry(a, n, i, j);
    const double floor = 1e-10 * scale;
    for (;;) {
      auto damped = a;
      for (std::size_t i = 0; i < n; ++i) entry(damped, n, i, i) += damp * (std::fabs(entry(a, n, i, i)) + floor);
      if (solve(damped, g, step)) break;
      damp = std::max(1e-4, 4.0 * damp);
      if (damp > 1e30) return best;
    }
    double longest = 0, promised = 0;
    for (const double s : step) longest = std::max(longest, std::fabs(s));
    if (longest > 2.5)
      for (double& s : step) s *= 2.5 / longest;
    for (std::size_t i = 0; i < n; ++i) {
      promised += g[i] * step[i];
      for (std::size_t j = 0; j < n; ++j) promised -= 0.5 * step[i] * entry(a, n, i, j) * step[j];
    }
    if (promised < 1e-11 * scale && damp < 1.0) {
      best.converged = true;
      if (promised < 1e-15 * scale) return best;
    }
    Point to = best.at;
    for (std::size_t i = 0; i < n; ++i) to[i] = std::clamp(to[i] + step[i], low, high);
    auto there = f(to);
    ++best.passes;
    const double gain = there.value - here;
    if (std::isfinite(there.value) && gain > 0) {
      const double ratio = gain / promised;
      damp = ratio > 0.75 ? (damp < 1e-3 ? 0.0 : damp / 10.0) : ratio < 0.25 ? std::max(1e-3, 3.0 * damp) : damp;
      best.at = std::move(to);
      best.here = std::move(there);
      failures = 0;
      if (best.converged) return best;
    } else {
      if (best.converged) return best;
      damp = std::max(1e-2, 6.0 * damp);
      ++failures;
      if (promised < 1e-9 * scale) {
        best.converged = true;
        return best;
      }
    }
  }
  return best;
}

}  // namespace detail

/// Maximises f by damped Newton steps in logs, inside a box.
///
/// Takes   f(theta) -> local<N> in logs; start; low, high: the box in logs.
/// Gives   the best point seen; converged when the gain that a further step promises is below 1e-11 of |value| + 1.
/// Costs   one call of f a pass; 5 to 12 passes for the purchase models.
/// Source  Nocedal and Wright (2006), Numerical Optimization, ch. 4: step control by the ratio of real to promised gain.
template <std::size_t N, class F>
[[nodiscard]] optimum<N> maximise(F&& f, std::array<double, N> start, double low = -27.0, double high = 27.0,
                                  unsigned limit = 100) {
  const auto solve = [](const auto& a, const auto& b, auto& x) { return detail::solve(a, b, x); };
  return detail::climb<optimum<N>>(f, start, N, solve, low, high, limit);
}

}  // namespace guanxi::value
