#pragma once
// The purchase models written plainly, one customer at a time, with the gamma functions of the standard library.
#include <cmath>
#include <cstddef>
#include <vector>

namespace guanxi::reference {

inline long double log_beta(long double a, long double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }
inline long double log_add(long double a, long double b) {
  const long double high = a > b ? a : b;
  return std::isinf(high) ? high : high + std::log(std::exp(a - high) + std::exp(b - high));
}

/// kind: 0 NBD, 1 BG/CNBD-k, 2 MBG/CNBD-k.
inline long double purchase_log_likelihood(int kind, int k, long double r, long double alpha, long double a, long double b,
                                           long double x, long double t, long double age, long double log_gaps) {
  const long double count = r + k * x, gap = age - t, minus = -INFINITY;
  long double live = minus;
  for (int j = 0; j < k; ++j) {
    if (j > 0 && gap == 0) break;
    const long double term = (j > 0 ? j * std::log(gap) : 0.0L) - std::lgamma(j + 1.0L) + std::lgamma(count + j) -
                             (count + j) * std::log(alpha + age);
    live = log_add(live, term);
  }
  long double total = r * std::log(alpha) - std::lgamma(r) + (k - 1) * log_gaps - x * std::lgamma(static_cast<long double>(k));
  if (kind == 0) return total + live;
  const long double m = kind == 2 ? 1 : 0;
  const long double dead = kind == 1 && x == 0
                               ? minus
                               : std::lgamma(count) - count * std::log(alpha + t) + log_beta(a + 1, b + x - 1 + m);
  return total - log_beta(a, b) + log_add(live + log_beta(a, b + x + m), dead);
}

inline long double gamma_gamma_log_likelihood(long double p, long double q, long double v, long double x, long double m) {
  return std::lgamma(p * x + q) - std::lgamma(p * x) - std::lgamma(q) + q * std::log(v) + (p * x - 1) * std::log(m) +
         p * x * std::log(x) - (p * x + q) * std::log(x * m + v);
}

}  // namespace guanxi::reference
