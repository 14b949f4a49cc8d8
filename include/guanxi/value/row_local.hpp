#pragma once
// The log-likelihood of one customer with all derivatives: for books where every customer has parameters of its own.
#include <array>
#include <cmath>
#include <cstddef>

#include <guanxi/base/special.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/pareto_likelihood.hpp>
#include <guanxi/value/purchase_likelihood.hpp>

namespace guanxi::value::detail {

/// ln (p)_n and its two derivatives in p, n whole: a running product for few steps, closed forms for many.
struct rising_at {
  double log = 0, first = 0, second = 0;
  rising_at(double p, double n) {
    if (n > 40) {
      log = log_rising(p, n), first = digamma(p + n) - digamma(p), second = trigamma(p + n) - trigamma(p);
      return;
    }
    double product = 1;
    for (double at = 0; at < n; at += 1) {
      const double inverse = 1 / (p + at);
      product *= p + at;
      first += inverse, second -= inverse * inverse;
      if (product > 1e200 || product < 1e-200) log += std::log(product), product = 1;
    }
    log += std::log(product);
  }
};

inline void mirror(local<4>& f) {
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j) f.hessian[i][j] = f.hessian[j][i];
}

/// Adds ln(1 + e^odds) with derivatives, from those of the log odds (upper triangle).
inline void add_soft(local<4>& out, double log_odds, const std::array<double, 4>& d, const std::array<std::array<double, 4>, 4>& c) {
  const double dead = logistic(log_odds), mixed = dead * logistic(-log_odds);
  out.value += log1pexp(log_odds);
  for (std::size_t j = 0; j < 4; ++j) {
    out.gradient[j] += dead * d[j];
    for (std::size_t l = j; l < 4; ++l) out.hessian[j][l] += dead * c[j][l] + mixed * d[j] * d[l];
  }
}

/// Pareto/NBD in r, alpha, s, beta. rise: of (r)_x, which customers with equal counts share. Costs about 200 ns.
[[nodiscard]] inline local<4> pareto_row(const pareto_parameters& q, const rising_at& rise, double x, double t, double age) {
  local<4> f;
  auto& g = f.gradient;
  auto& h = f.hessian;
  const double ga = std::log1p(age / q.alpha), gb = std::log1p(age / q.beta), ia = 1 / (q.alpha + age), ib = 1 / (q.beta + age);
  f.value = rise.log - q.r * ga - q.s * gb - (x > 0 ? x * std::log(q.alpha + age) : 0.0);
  g[0] = rise.first - ga, g[1] = q.r * age / q.alpha * ia - x * ia;
  g[2] = -gb, g[3] = q.s * age / q.beta * ib;
  h[0][0] = rise.second, h[0][1] = age / q.alpha * ia;
  h[1][1] = (q.r + x) * ia * ia - q.r / (q.alpha * q.alpha);
  h[2][3] = age / q.beta * ib, h[3][3] = q.s * (ib * ib - 1 / (q.beta * q.beta));
  if (age > t) {
    const left_odds_local odds =
        left_odds(q, x, t, age, std::log1p((age - t) / (q.alpha + t)), std::log1p((age - t) / (q.beta + t)));
    add_soft(f, odds.log, odds.first, odds.second);
  }
  mirror(f);
  return f;
}

/// BG/NBD (m = 0) and MBG/NBD (m = 1) in r, alpha, a, b. Costs about 100 ns.
[[nodiscard]] inline local<4> beta_row(double r, double alpha, double a, double b, double m, const rising_at& rise, double x, double t, double age) {
  local<4> f;
  auto& g = f.gradient;
  auto& h = f.hessian;
  const double grown = std::log1p(age / alpha), inv_age = 1 / (alpha + age), inv_t = 1 / (alpha + t), count = r + x;
  const rising_at of_b(b, x + m), of_ab(a + b, x + m);
  f.value = rise.log - r * grown - (x > 0 ? x * std::log(alpha + age) : 0.0) + of_b.log - of_ab.log;
  g[0] = rise.first - grown, g[1] = r * age / alpha * inv_age - x * inv_age;
  g[2] = -of_ab.first, g[3] = of_b.first - of_ab.first;
  h[0][0] = rise.second, h[0][1] = age / alpha * inv_age;
  h[1][1] = count * inv_age * inv_age - r / (alpha * alpha);
  h[2][2] = h[2][3] = -of_ab.second, h[3][3] = of_b.second - of_ab.second;
  if (x + m > 0) {
    const double rest = x + m - 1 + b, gr = std::log1p((age - t) / (alpha + t)), gal = count * (inv_age - inv_t);
    std::array<std::array<double, 4>, 4> c{};
    c[0][1] = inv_age - inv_t, c[1][1] = -count * (inv_age * inv_age - inv_t * inv_t);
    c[2][2] = -1 / (a * a), c[3][3] = 1 / (rest * rest);
    add_soft(f, count * gr + std::log(a / rest), {gr, gal, 1 / a, -1 / rest}, c);
  }
  mirror(f);
  return f;
}

}  // namespace guanxi::value::detail
