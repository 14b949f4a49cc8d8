#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/newton.hpp>

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
  const auto solve = [n](std::vector<double> root, const std::vector<double>& b, std::vector<double>& x) {
    if (!detail::cholesky(root, n)) return false;
    x = b;
    detail::solve_root(root, n, x);
    return true;
  };
  return detail::climb<optimum_any>(f, std::move(start), n, solve, low, high, limit);
}

}  // namespace guanxi::value
