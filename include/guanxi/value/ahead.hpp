#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <guanxi/base/special.hpp>
#include <guanxi/value/purchase_likelihood.hpp>

namespace guanxi::value {

/// Parameters of the family: rate of a stage ~ Gamma(r, alpha), dropout odds ~ Beta(a, b). Without dropout a is 0.
struct purchase_parameters {
  double r = 1, alpha = 1, a = 0, b = 1;
};

namespace detail {

/// Terms of NB(size, z), P(Y = m), m = 0 .. where the rest is below 1e-18 of the total; then summed from above.
/// z is the chance of one more event: mean = size z / (1 - z). rest = 1 - z, given apart because it may be known better.
inline void nb_upper(double size, double z, double rest, std::vector<double>& upper) {
  upper.clear();
  if (!(z > 0)) {
    upper.push_back(1.0);
    return;
  }
  const double mean = size * z / rest, sd = std::sqrt(mean / rest);
  const double log_zero = size * std::log(rest);
  const auto limit = static_cast<std::size_t>(std::min(4e6, mean + 60 * sd + 60 / rest + 200));
  std::size_t from = 0;
  double term = std::exp(log_zero);
  if (log_zero < -600) {  // start near the mode, in logs
    from = static_cast<std::size_t>(std::min(3e6, std::max(0.0, mean - sd)));
    const double m = static_cast<double>(from);
    term = std::exp(log_rising(size, m) - lgamma(m + 1) + log_zero + m * std::log(z));
  }
  upper.resize(from + 1, 0.0);
  upper[from] = term;
  for (std::size_t m = from; m > 0 && upper[m] > 1e-40 * term; --m)
    upper[m - 1] = upper[m] * static_cast<double>(m) / ((size + static_cast<double>(m) - 1) * z);
  double largest = term;
  for (std::size_t m = from + 1; m < limit; ++m) {
    const double at = static_cast<double>(m);
    const double ratio = (size + at - 1) / at * z;
    term *= ratio;
    upper.push_back(term);
    largest = std::max(largest, term);
    if (ratio < 1 && term < 1e-19 * largest * (1 - ratio)) break;
  }
  double sum = 0;
  for (std::size_t m = upper.size(); m-- > 0;) upper[m] = sum += upper[m];
}

/// Memory that one thread reuses from customer to customer.
struct ahead_space {
  std::vector<double> upper, weight, at_least;
};

/// ln of the odds that the customer has stopped; -infinity when that cannot be.
[[nodiscard]] inline double log_odds_stopped(const purchase_parameters& p, purchase_story s, double x, double t, double age) {
  if (s.stop == dropout::none || !(p.a > 0) || (s.stop == dropout::after_purchase && x == 0))
    return -std::numeric_limits<double>::infinity();
  const double m = s.stop == dropout::from_start ? 1.0 : 0.0, count = p.r + s.stages * x;
  const double odds = count * std::log1p((age - t) / (p.alpha + t)) + std::log(p.a / ((x + m - 1.0) + p.b));
  return s.stages == 1 ? odds : odds - phases((age - t) / (p.alpha + age), count, 0.0, s.stages).log;
}

/// P(Y >= n | alive) for n = 0, 1, ... into space.at_least: the exact law of purchases in `horizon` after `age`.
///
/// After the last purchase j of the k stages have passed, with the weight of its phase; the rate given j is
/// Gamma(R + j, alpha + age); the n-th purchase needs n k - j stages more and n - 1 survived dropouts.
inline void at_least_given_alive(const purchase_parameters& p, purchase_story s, double x, double t, double age,
                                 double horizon, ahead_space& space) {
  const double count = p.r + s.stages * x, m = s.stop == dropout::from_start ? 1.0 : 0.0;
  const double whole = p.alpha + age + horizon, z = horizon / whole, rest = (p.alpha + age) / whole;
  const double q = (age - t) / (p.alpha + age);
  space.weight.assign(1, 1.0);
  double total = 1.0;
  for (unsigned j = 1; j < s.stages; ++j) {
    space.weight.push_back(space.weight.back() * q * (count + j - 1) / j);
    total += space.weight.back();
  }
  space.at_least.assign(1, 1.0);
  for (unsigned j = 0; j < s.stages; ++j) {
    const double w = space.weight[j] / total;
    if (w < 1e-18) continue;
    nb_upper(count + j, z, rest, space.upper);
    for (std::size_t n = 1, at = s.stages - j; at < space.upper.size(); ++n, at += s.stages) {
      if (n >= space.at_least.size()) space.at_least.push_back(0.0);
      space.at_least[n] += w * space.upper[at];
    }
  }
  if (s.stop == dropout::none || !(p.a > 0)) return;
  double survived = 1.0;
  const double b = p.b + x + m;
  for (std::size_t n = 1; n < space.at_least.size(); ++n) {
    space.at_least[n] *= survived;
    survived *= (b + static_cast<double>(n) - 1) / (p.a + b + static_cast<double>(n) - 1);
  }
}

}  // namespace detail

/// Chance that a customer with x repeats, recency t and age T still buys.
[[nodiscard]] inline double probability_alive(const purchase_parameters& p, purchase_story s, double x, double t, double age) {
  return logistic(-detail::log_odds_stopped(p, s, x, t, age));
}

/// Expected purchases of a customer in `horizon` after the age, dropout counted.
/// Exact for every k, without a pole at a = 1 and without overflow: the sum over n of P(Y >= n).
[[nodiscard]] inline double expected_purchases(const purchase_parameters& p, purchase_story s, double x, double t,
                                               double age, double horizon, detail::ahead_space& space) {
  const double alive = probability_alive(p, s, x, t, age);
  if (s.stages == 1 && (s.stop == dropout::none || !(p.a > 0))) return (p.r + x) / (p.alpha + age) * horizon;
  detail::at_least_given_alive(p, s, x, t, age, horizon, space);
  double sum = 0;
  for (std::size_t n = space.at_least.size(); n-- > 1;) sum += space.at_least[n];
  return alive * sum;
}

}  // namespace guanxi::value
