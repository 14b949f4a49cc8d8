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
/// least: entries that are wanted in any case, however small.
inline void nb_upper(double size, double z, double rest, std::vector<double>& upper, std::size_t least = 0) {
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
    if (m > least && ratio < 1 && term < 1e-19 * largest * (1 - ratio)) break;
  }
  double sum = 0;
  for (std::size_t m = upper.size(); m-- > 0;) upper[m] = sum += upper[m];
}

/// Whether the law of NB(size, z) is too long to be summed term by term.
[[nodiscard]] inline bool long_law(double size, double z, double rest) noexcept {
  const double mean = size * z / rest;
  return mean + 60 * std::sqrt(mean / rest) + 60 / rest > 2e5;
}

/// Expected purchases ahead of a living customer with Poisson purchases: lambda ~ Gamma(count, alpha), dropout after each
/// purchase with chance p ~ Beta(a, b). The mean over p of (1 - (1 + p horizon / alpha)^-count) / p, by Gauss and Legendre in
/// the logit of p; both ends by their leading term. Positive throughout. Costs 20 to 100 us: for laws too long to be summed.
[[nodiscard]] inline double mean_by_chance(double count, double alpha, double a, double b, double horizon) {
  static constexpr double node[6] = {0.12523340851146891547, 0.36783149899818019375, 0.58731795428661744730, 0.76990267419430468704, 0.90411725637047485668, 0.98156063424671925069};
  static constexpr double weight[6] = {0.24914704581340278500, 0.23349253653835480876, 0.20316742672306592175, 0.16007832854334622633, 0.10693932599531843096, 0.04717533638651182719};
  const double c = horizon / alpha, front = lbeta(a, b), low = std::log(1e-13 / (c * (count + 1) + b + 1)), high = -std::log(1e-13 / (a + 2));
  const auto log_f = [&](double v) {
    const double lp = -log1pexp(-v), lq = -log1pexp(v), bought = -std::expm1(-count * std::log1p(c * std::exp(lp)));
    return (a - 1) * lp + b * lq - front + std::log(bought);  // times p from dp, over p from the mean
  };
  double sum = count * c * std::exp(a * low - front) / a - std::expm1(-count * std::log1p(c)) * std::exp(-b * high - front) / b;
  const double wish = std::min(1.0, 1.5 * std::sqrt(1 / a + 1 / b));
  const auto panels = static_cast<std::size_t>(std::ceil((high - low) / wish));
  const double half = 0.5 * (high - low) / static_cast<double>(panels);
  double best = -1e300;
  for (std::size_t i = 0; i < panels; ++i) {
    const double middle = low + half * (2.0 * static_cast<double>(i) + 1.0);
    const double here = std::max({log_f(middle - half), log_f(middle), log_f(middle + half)});
    best = std::max(best, here);
    if (here < best - 60) continue;
    for (int k = 0; k < 6; ++k) sum += half * weight[k] * (std::exp(log_f(middle - half * node[k])) + std::exp(log_f(middle + half * node[k])));
  }
  return sum;
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
    nb_upper(count + j, z, rest, space.upper, s.stages + 8);
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

namespace detail {
/// Expected purchases of a customer who is alive: the sum over n of P(Y >= n), or an integral where that sum is too long.
[[nodiscard]] inline double mean_given_alive(const purchase_parameters& p, purchase_story s, double x, double t, double age, double horizon, ahead_space& space) {
  const double whole = p.alpha + age + horizon;
  if (s.stages == 1 && s.stop != dropout::none && p.a > 0 && long_law(p.r + x, horizon / whole, (p.alpha + age) / whole))
    return mean_by_chance(p.r + x, p.alpha + age, p.a, p.b + x + (s.stop == dropout::from_start ? 1.0 : 0.0), horizon);
  at_least_given_alive(p, s, x, t, age, horizon, space);
  double sum = 0;
  for (std::size_t n = space.at_least.size(); n-- > 1;) sum += space.at_least[n];
  return sum;
}
/// P(no purchase in the horizon | alive), a sum of positive terms: no digits are lost where it is small.
[[nodiscard]] inline double silent_given_alive(const purchase_parameters& p, purchase_story s, double x, double t, double age, double horizon) {
  const double count = p.r + s.stages * x, z = horizon / (p.alpha + age + horizon), q = (age - t) / (p.alpha + age);
  const double none = std::exp(-count * std::log1p(horizon / (p.alpha + age)));
  double total = 0, silent = 0, weight = 1, stay = 1;  // stay: (1 - z)^j
  for (unsigned j = 0; j < s.stages; ++j) {
    double term = none * stay, sum = 0;
    for (unsigned m = 0; m + j < s.stages; ++m) {
      sum += term;
      term *= (count + j + m) / (m + 1) * z;
    }
    total += weight, silent += weight * sum;
    weight *= q * (count + j) / (j + 1), stay *= (p.alpha + age) / (p.alpha + age + horizon);
  }
  return silent / total;
}
}  // namespace detail

/// Log-likelihood of one customer: what purchase_likelihood sums, with its digits kept where silence is nearly certain.
/// Source: as purchase_likelihood. Costs about 150 ns.
[[nodiscard]] inline double purchase_log_likelihood(const purchase_parameters& p, purchase_story s, double x, double t, double age, double log_gaps = 0) {
  const bool stops = s.stop != dropout::none && p.a > 0;
  const double m = s.stop == dropout::from_start ? 1.0 : 0.0, k = s.stages, n = k * x;
  if (x == 0) {  // what is missing from certain silence: the chance of a first purchase
    const double grown = std::log1p(age / p.alpha), z = age / (p.alpha + age);
    double buys = 0;
    if (s.stages == 1) {
      buys = -std::expm1(-p.r * grown);
    } else if (p.r * age >= k * p.alpha) {  // purchases are likely: the silence is small, and known by its logarithm
      buys = -std::expm1(detail::phases(z, p.r, 0.0, s.stages).log - p.r * grown);
    } else if (age > 0) {
      double term = std::exp(log_rising(p.r, k) - lgamma(k + 1) - p.r * grown + k * std::log(z)), sum = 0;
      for (double at = k; at < 4e6; at += 1) {
        sum += term;
        const double ratio = (p.r + at) / (at + 1) * z;
        term *= ratio;
        if (ratio < 1 && term < 1e-18 * sum * (1 - ratio)) break;
      }
      buys = sum;
    }
    if (stops && m > 0) buys *= p.b / (p.a + p.b);
    if (buys < 0.5) return (k - 1) * log_gaps + std::log1p(-buys);
  }
  const double steps = detail::phases((age - t) / (p.alpha + age), p.r + n, 0.0, s.stages).log;
  double out = log_rising(p.r, n) - p.r * std::log1p(age / p.alpha) - (n > 0 ? n * std::log(p.alpha + age) : 0.0) + steps + (k - 1) * log_gaps - x * lgamma(k);
  if (!stops) return out;
  out += log_rising(p.b, x + m) - log_rising(p.a + p.b, x + m);
  const double odds = detail::log_odds_stopped(p, s, x, t, age);
  return std::isinf(odds) ? out : out + log1pexp(odds);
}

/// Expected purchases of a customer in `horizon` after the age, dropout counted.
/// Exact for every k, without a pole at a = 1 and without overflow: the sum over n of P(Y >= n).
[[nodiscard]] inline double expected_purchases(const purchase_parameters& p, purchase_story s, double x, double t,
                                               double age, double horizon, detail::ahead_space& space) {
  const double alive = probability_alive(p, s, x, t, age);
  if (s.stages == 1 && (s.stop == dropout::none || !(p.a > 0))) return (p.r + x) / (p.alpha + age) * horizon;
  return alive * detail::mean_given_alive(p, s, x, t, age, horizon, space);
}

}  // namespace guanxi::value
