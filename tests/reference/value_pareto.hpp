#pragma once
// Pareto/NBD written plainly: the integral over the time of leaving by Simpson's rule in long double.
#include <cmath>

namespace guanxi::reference {

inline long double pareto_log_likelihood(long double r, long double alpha, long double s, long double beta, long double x,
                                         long double t, long double age) {
  const long double least = std::fmin(alpha, beta), span = std::log((least + age) / (least + t));
  const auto log_f = [&](long double v) {
    const long double u = (least + t) * std::exp(v) - least;
    return -(r + x) * std::log(alpha + u) - (s + 1) * std::log(beta + u) + std::log(least + u);
  };
  const int pieces = 20'000;
  const long double top = std::fmax(log_f(0), log_f(span)), h = span / pieces;
  // Simpson's rule on a grid that is fine where the integrand falls fast: v = span w^3
  long double sum = 0;
  for (int i = 0; i <= pieces; ++i) {
    const long double w = static_cast<long double>(i) / pieces, v = span * w * w * w, slope = 3 * w * w;
    sum += (i == 0 || i == pieces ? 1 : i % 2 == 1 ? 4 : 2) * slope * std::exp(log_f(v) - top);
  }
  const long double dead = std::log(s) + top + std::log(sum * h / 3);
  const long double live = -(r + x) * std::log(alpha + age) - s * std::log(beta + age);
  const long double high = std::fmax(dead, live), low = std::fmin(dead, live);
  return std::lgamma(r + x) - std::lgamma(r) + r * std::log(alpha) + s * std::log(beta) + high +
         (std::isinf(low) ? 0 : std::log1p(std::exp(low - high)));
}

}  // namespace guanxi::reference
