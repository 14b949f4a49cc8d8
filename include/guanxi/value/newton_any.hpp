#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/value/fit_result.hpp>

namespace guanxi::value {

/// A function of any number of parameters at one point; the second derivatives row after row, full and symmetric.
struct local_any {
  double value = 0;
  std::vector<double> gradient, hessian;
  explicit local_any(std::size_t n = 0) : gradient(n, 0.0), hessian(n * n, 0.0) {}
  [[nodiscard]] std::size_t size() const noexcept { return gradient.size(); }
  local_any& operator+=(const local_any& o) {
    value += o.value;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += o.gradient[i];
    for (std::size_t i = 0; i < hessian.size(); ++i) hessian[i] += o.hessian[i];
    return *this;
  }
};

struct optimum_any {
  std::vector<double> at;
  local_any here;
  unsigned passes = 0;
  bool converged = false;
  double gradient_norm = 0;
};

namespace detail {

/// Root of a symmetric positive definite matrix (lower, in place); false when it is not.
[[nodiscard]] inline bool cholesky(std::vector<double>& a, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j * n + j] -= a[j * n + k] * a[j * n + k];
    if (!(a[j * n + j] > 0)) return false;
    a[j * n + j] = std::sqrt(a[j * n + j]);
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      a[i * n + j] /= a[j * n + j];
    }
  }
  return true;
}
/// x of root root' x = b.
inline void solve_root(const std::vector<double>& root, std::size_t n, std::vector<double>& b) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= root[i * n + k] * b[k];
    b[i] /= root[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= root[k * n + i] * b[k];
    b[i] /= root[i * n + i];
  }
}

/// Inverse of minus the second derivatives, by a scaled Cholesky root; jitter is what had to be added to the unit diagonal,
/// condition the ratio of largest to smallest eigenvalue of the scaled matrix (by power steps on it and on its inverse).
struct curvature {
  std::vector<double> inverse;
  double condition = 1, jitter = 0;
};
[[nodiscard]] inline curvature invert_curvature(const std::vector<double>& hessian, std::size_t n) {
  curvature out;
  std::vector<double> scale(n), a(n * n), root;
  for (std::size_t i = 0; i < n; ++i) scale[i] = 1.0 / std::sqrt(std::max(-hessian[i * n + i], 1e-300));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = -hessian[i * n + j] * scale[i] * scale[j];
  for (int attempt = 0; attempt < 14; ++attempt, out.jitter = out.jitter == 0 ? 1e-10 : out.jitter * 10) {
    root = a;
    for (std::size_t i = 0; i < n; ++i) root[i * n + i] += out.jitter;
    if (cholesky(root, n)) break;
  }
  out.inverse.assign(n * n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    std::vector<double> e(n, 0.0);
    e[j] = 1;
    solve_root(root, n, e);
    for (std::size_t i = 0; i < n; ++i) out.inverse[i * n + j] = e[i] * scale[i] * scale[j];
  }
  const auto length = [](std::vector<double>& v) {
    double s = 0;
    for (const double x : v) s += x * x;
    s = std::sqrt(s);
    for (double& x : v) x /= s > 0 ? s : 1;
    return s;
  };
  std::vector<double> top(n), low(n);
  for (std::size_t i = 0; i < n; ++i) top[i] = low[i] = 1.0 + 0.1 * static_cast<double>(i % 3);
  double largest = 1, smallest = 1;
  length(top), length(low);
  for (int step = 0; step < 60; ++step) {
    std::vector<double> next(n, 0.0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) next[i] += a[i * n + j] * top[j];
    largest = length(next), top = next;
    solve_root(root, n, low);
    smallest = 1 / length(low);
  }
  out.condition = out.jitter > 0 ? std::numeric_limits<double>::infinity() : largest / smallest;
  return out;
}

}  // namespace detail

/// maximise() of newton.hpp for a number of parameters that is known at run time only. Same rule, same status.
///
/// Takes   f(theta) -> local_any; start; low, high: the box; limit: passes.
/// Source  Nocedal and Wright (2006), Numerical Optimization, ch. 4.
template <class F>
[[nodiscard]] optimum_any maximise_any(F&& f, std::vector<double> start, double low = -27.0, double high = 27.0, unsigned limit = 100) {
  const std::size_t n = start.size();
  optimum_any best;
  best.at = std::move(start);
  best.here = f(best.at);
  best.passes = 1;
  if (!std::isfinite(best.here.value)) return best;
  double damp = 0.0;
  for (unsigned failures = 0; best.passes < limit && failures < 60;) {
    const local_any& here = best.here;
    std::vector<double> g = here.gradient, step;
    std::vector<char> fixed(n);
    best.gradient_norm = 0;
    for (std::size_t i = 0; i < n; ++i) {
      fixed[i] = (best.at[i] <= low && g[i] < 0) || (best.at[i] >= high && g[i] > 0);
      if (fixed[i]) g[i] = 0;
      best.gradient_norm = std::max(best.gradient_norm, std::fabs(g[i]));
    }
    std::vector<double> a(n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] = fixed[i] || fixed[j] ? (i == j ? 1.0 : 0.0) : -here.hessian[i * n + j];
    const double floor = 1e-10 * (1.0 + std::fabs(here.value));
    for (;;) {
      auto root = a;
      for (std::size_t i = 0; i < n; ++i) root[i * n + i] += damp * (std::fabs(a[i * n + i]) + floor);
      step = g;
      if (detail::cholesky(root, n)) {
        detail::solve_root(root, n, step);
        break;
      }
      damp = std::max(1e-4, 4.0 * damp);
      if (damp > 1e30) return best;
    }
    double longest = 0, promised = 0;
    for (const double s : step) longest = std::max(longest, std::fabs(s));
    if (longest > 2.5)
      for (double& s : step) s *= 2.5 / longest;
    for (std::size_t i = 0; i < n; ++i) {
      promised += g[i] * step[i];
      for (std::size_t j = 0; j < n; ++j) promised -= 0.5 * step[i] * a[i * n + j] * step[j];
    }
    if (promised < 1e-11 * (1.0 + std::fabs(here.value)) && damp < 1.0) {
      best.converged = true;
      if (promised < 1e-15 * (1.0 + std::fabs(here.value))) return best;
    }
    std::vector<double> to = best.at;
    for (std::size_t i = 0; i < n; ++i) to[i] = std::clamp(to[i] + step[i], low, high);
    local_any there = f(to);
    ++best.passes;
    const double gain = there.value - here.value;
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
      if (promised < 1e-9 * (1.0 + std::fabs(here.value))) {
        best.converged = true;
        return best;
      }
    }
  }
  return best;
}

}  // namespace guanxi::value
