#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

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
  optimum<N> best;
  best.at = start;
  best.here = f(start);
  best.passes = 1;
  if (!std::isfinite(best.here.value)) return best;
  double damp = 0.0;
  for (unsigned failures = 0; best.passes < limit && failures < 60;) {
    const local<N>& here = best.here;
    std::array<bool, N> fixed{};
    std::array<double, N> g = here.gradient;
    best.gradient_norm = 0;
    for (std::size_t i = 0; i < N; ++i) {
      fixed[i] = (best.at[i] <= low && g[i] < 0) || (best.at[i] >= high && g[i] > 0);
      if (fixed[i]) g[i] = 0;
      best.gradient_norm = std::max(best.gradient_norm, std::fabs(g[i]));
    }
    auto a = here.hessian;
    for (std::size_t i = 0; i < N; ++i)
      for (std::size_t j = 0; j < N; ++j) a[i][j] = fixed[i] || fixed[j] ? (i == j ? 1.0 : 0.0) : -a[i][j];
    const double floor = 1e-10 * (1.0 + std::fabs(here.value));
    std::array<double, N> step{};
    for (;;) {
      auto damped = a;
      for (std::size_t i = 0; i < N; ++i) damped[i][i] += damp * (std::fabs(a[i][i]) + floor);
      if (detail::solve(damped, g, step)) break;
      damp = std::max(1e-4, 4.0 * damp);
      if (damp > 1e30) return best;
    }
    double longest = 0, promised = 0;
    for (const double s : step) longest = std::max(longest, std::fabs(s));
    if (longest > 2.5)
      for (double& s : step) s *= 2.5 / longest;
    for (std::size_t i = 0; i < N; ++i) {
      promised += g[i] * step[i];
      for (std::size_t j = 0; j < N; ++j) promised -= 0.5 * step[i] * a[i][j] * step[j];
    }
    if (promised < 1e-11 * (1.0 + std::fabs(here.value)) && damp < 1.0) {
      best.converged = true;
      if (promised < 1e-15 * (1.0 + std::fabs(here.value))) return best;
    }
    std::array<double, N> to = best.at;
    for (std::size_t i = 0; i < N; ++i) to[i] = std::clamp(to[i] + step[i], low, high);
    const local<N> there = f(to);
    ++best.passes;
    const double gain = there.value - here.value;
    if (std::isfinite(there.value) && gain > 0) {
      const double ratio = gain / promised;
      damp = ratio > 0.75 ? (damp < 1e-3 ? 0.0 : damp / 10.0) : ratio < 0.25 ? std::max(1e-3, 3.0 * damp) : damp;
      best.at = to;
      best.here = there;
      failures = 0;
      if (best.converged) return best;
    } else {
      if (best.converged) return best;
      damp = std::max(1e-2, 6.0 * damp);
      ++failures;
      if (promised < 1e-9 * (1.0 + std::fabs(here.value))) {
        best.converged = true;
        return best;
      }
    }
  }
  return best;
}

}  // namespace guanxi::value
