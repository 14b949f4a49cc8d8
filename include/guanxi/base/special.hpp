#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <guanxi/base/error.hpp>

// Gamma-family functions for positive arguments, logarithms of sums, the normal law.
// All are pure and safe on several threads (std::lgamma is not: it writes signgam).
// Errors stated below were measured against mpmath over 1e-8 .. 1e8; see docs/base/special.md.
// The incomplete gamma and beta functions and their quantiles are in incomplete.hpp.
namespace guanxi {

inline constexpr double pi = 3.14159265358979323846;
inline constexpr double half_log_two_pi = 0.91893853320467274178;

namespace detail {

/// c[0] + c[1] x + c[2] x^2 + ...
template <std::size_t N>
[[nodiscard]] constexpr double polynomial(const std::array<double, N>& c, double x) noexcept {
  double sum = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

/// lgamma(2 + z) / z on [-0.5, 0.5]; Chebyshev fit made with mpmath, error 6e-19.
inline constexpr std::array<double, 19> lgamma_at_two{
    4.2278433509846713939e-1,  3.2246703342411323562e-1, -6.735230105319810342e-2,  2.0580808427780380065e-2,
    -7.3855510286719983953e-3, 2.890510331034266859e-3,  -1.1927539118428156859e-3, 5.0966951541154583479e-4,
    -2.231547540052050773e-4,  9.9457673558194982074e-5, -4.4926313379155697453e-5, 2.050559075583345311e-5,
    -9.4387150992115326607e-6, 4.384704404598360326e-6,  -2.0439048107029906744e-6, 9.2005278949681004906e-7,
    -4.325239344560481638e-7,  2.7874080521135899778e-7, -1.3219945666117874478e-7};

/// digamma(1.5 + t) / (1.5 + t - root) on [-0.5, 0.5]; Chebyshev fit made with mpmath, error 2e-17.
inline constexpr std::array<double, 22> digamma_at_root{
    9.5105587603183289283e-1, -4.2362742128146050498e-1, 2.4054248424077421856e-1, -1.4840492305390885721e-1,
    9.4988724454941213253e-2, -6.192213327306453169e-2,  4.0760833812420736017e-2, -2.6975796756138248795e-2,
    1.7907252439451199397e-2, -1.1908218001568644751e-2, 7.9269446464037960374e-3, -5.2799648732574042082e-3,
    3.5190064015022760473e-3, -2.345267632540769041e-3,  1.5566317474486839277e-3, -1.037637409841860467e-3,
    7.2332662792875541556e-4, -4.8219905305667888755e-4, 2.2723316609873758807e-4, -1.5148586836773365902e-4,
    2.5968482126430746555e-4, -1.7312261802727393258e-4};
inline constexpr double digamma_root = 1.4616321449683622;
inline constexpr double digamma_root_rest = 9.5499954299656977152e-17;

/// Stirling's remainder for x >= 10: relative error below 1e-14.
[[nodiscard]] inline double stirling_tail(double x) noexcept {
  const double r = 1.0 / x;
  constexpr std::array<double, 7> c{1.0 / 12,   -1.0 / 360,       1.0 / 1260, -1.0 / 1680,
                                    1.0 / 1188, -691.0 / 360'360, 1.0 / 156};
  return r * polynomial(c, r * r);
}

/// stirling_tail(b) - stirling_tail(a + b), b >= 10; by the slope in the middle where a is tiny.
[[nodiscard]] inline double stirling_drop(double a, double b) noexcept {
  if (a > 1e-4) return stirling_tail(b) - stirling_tail(a + b);
  const double r = 1.0 / (b + 0.5 * a);
  constexpr std::array<double, 7> c{1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32'760, 1.0 / 12};
  return a * r * r * polynomial(c, r * r);
}

/// log(gamma(b) / gamma(a + b)) for b >= 10, a > 0, without the cancellation of the two.
[[nodiscard]] inline double lgamma_drop(double a, double b) noexcept {
  const double slope = (a + b - 0.5) * std::log1p(a / b);
  return stirling_drop(a, b) - slope - a * (std::log(b) - 1.0);
}

}  // namespace detail

/// log gamma(x), x > 0; +infinity at 0, NaN below.
///
/// Relative error at most 1e-15, also beside the zeros at 1 and 2.
/// Costs about 10 to 25 ns, no state. Source: Chebyshev fit about 2, recurrence, Stirling's series from 10
/// (DLMF 5.11.1).
[[nodiscard]] inline double lgamma(double x) noexcept {
  if (!(x > 0)) return x == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (x >= 10) {
    if (x == std::numeric_limits<double>::infinity()) return x;
    return (x - 0.5) * (std::log(x) - 1.0) - 0.5 + half_log_two_pi + detail::stirling_tail(x);
  }
  const auto at_two = [](double z) { return z * detail::polynomial(detail::lgamma_at_two, z); };
  if (x < 0.5) return at_two(x) - std::log1p(x) - std::log(x);
  if (x < 1.5) return at_two(x - 1.0) - std::log1p(x - 1.0);
  double product = 1.0;
  while (x > 2.5) {
    x -= 1.0;
    product *= x;
  }
  return at_two(x - 2.0) + std::log(product);
}

/// lgamma(1 + x) for -0.5 <= x <= 0.5 without rounding 1 + x. Relative error at most 1e-15.
[[nodiscard]] inline double lgamma1p(double x) noexcept {
  return x * detail::polynomial(detail::lgamma_at_two, x) - std::log1p(x);
}

/// lgamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2]: what Stirling's formula leaves, x > 0.
/// Absolute error at most 2e-15. Source: Loader (2000), "Fast and accurate computation of binomial probabilities".
[[nodiscard]] inline double stirling_rest(double x) noexcept {
  double sum = 0.0;
  for (; x < 10; x += 1.0) sum += (x + 0.5) * std::log1p(1.0 / x) - 1.0;
  return sum + detail::stirling_tail(x);
}

/// x log(x / mean) + mean - x for x, mean > 0, without cancellation near x = mean. Source: Loader (2000), bd0.
[[nodiscard]] inline double deviance(double x, double mean) noexcept {
  if (std::abs(x - mean) >= 0.1 * (x + mean)) return x * std::log(x / mean) + mean - x;
  const double v = (x - mean) / (x + mean);
  double sum = (x - mean) * v;
  double term = 2.0 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/// Derivative of lgamma, x > 0; -infinity at 0, NaN below. Relative error at most 2e-15, also beside the root 1.4616.
/// Costs about 10 to 20 ns. Source: Chebyshev fit on [1, 2] with the root taken out, recurrence, DLMF 5.11.2 from 10.
[[nodiscard]] inline double digamma(double x) noexcept {
  if (!(x > 0)) return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (x >= 10) {
    const double r = 1.0 / x;
    constexpr std::array<double, 7> c{1.0 / 12,  -1.0 / 120,      1.0 / 252, -1.0 / 240,
                                      1.0 / 132, -691.0 / 32'760, 1.0 / 12};
    return std::log(x) - 0.5 * r - r * r * detail::polynomial(c, r * r);
  }
  double sum = 0.0;
  if (x < 1) {
    sum = -1.0 / x;
    x += 1.0;
  }
  while (x > 2) {
    x -= 1.0;
    sum += 1.0 / x;
  }
  const double from_root = (x - detail::digamma_root) - detail::digamma_root_rest;
  return sum + from_root * detail::polynomial(detail::digamma_at_root, x - 1.5);
}

/// Second derivative of lgamma, x > 0; +infinity at 0, NaN below. Relative error at most 1e-15. Costs about 10 to 30
/// ns. Source: recurrence, DLMF 5.15.8 from 10.
[[nodiscard]] inline double trigamma(double x) noexcept {
  if (!(x > 0)) return x == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  double sum = 0.0;
  for (; x < 10; x += 1.0) sum += 1.0 / (x * x);
  const double r = 1.0 / x;
  constexpr std::array<double, 8> c{1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                    5.0 / 66, -691.0 / 2730, 7.0 / 6,  -3617.0 / 510};
  return sum + (r + r * r * (0.5 + r * detail::polynomial(c, r * r)));
}

/// log(gamma(x + n) / gamma(x)): the log of x (x + 1) ... (x + n - 1) when n is whole; x > 0, n >= 0 (any real).
///
/// Does not lose digits where x is large (the difference of two lgamma(1e8) keeps eight) nor where n is small.
/// Error at most 4e-15 (1 + |result|), and about 1e-14 (|result| + n) for tiny n.
/// Source: Didonato and Morris (1992), ACM TOMS 708, ALGDIV, with Stirling's series; recurrence below 10.
[[nodiscard]] inline double log_rising(double x, double n) noexcept {
  if (n == 0) return 0.0;
  if (x < 10 && n >= 0.5) return lgamma(x + n) - lgamma(x);
  double above = 0.0;
  for (; x < 10; x += 1.0) above += std::log1p(n / x);
  return -detail::lgamma_drop(n, x) - above;
}

/// log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b), a, b > 0, without cancellation where they are large.
/// Error at most 4e-15 (1 + |result|) for 1e-8 <= a, b <= 1e8. Source: Didonato and Morris (1992), BETALN.
[[nodiscard]] inline double lbeta(double a, double b) noexcept {
  const double small = std::min(a, b);
  const double large = std::max(a, b);
  if (!(small > 0))
    return small == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (small >= 10) {
    const double rest =
        detail::stirling_tail(small) + (detail::stirling_tail(large) - detail::stirling_tail(small + large));
    const double ratio = small / large;
    const double u = (small - 0.5) * std::log(ratio / (1.0 + ratio));
    return ((rest - 0.5 * std::log(large)) + half_log_two_pi) + u - large * std::log1p(ratio);
  }
  if (large >= 10) return lgamma(small) + detail::lgamma_drop(small, large);
  return lgamma(small) + (lgamma(large) - lgamma(small + large));
}

/// log(1 + e^x) for every x. Relative error at most 4e-16. Source: Maechler (2012), "Accurately computing log(1 -
/// exp(-|a|))".
[[nodiscard]] inline double log1pexp(double x) noexcept {
  if (x <= 18.0) return std::log1p(std::exp(x));
  return x <= 33.3 ? x + std::exp(-x) : x;
}

/// log(1 - e^x) for x < 0; -infinity at 0. Source: Maechler (2012).
[[nodiscard]] inline double log1mexp(double x) noexcept {
  return x > -0.6931471805599453 ? std::log(-std::expm1(x)) : std::log1p(-std::exp(x));
}

/// log(e^a + e^b); -infinity is the log of nothing.
[[nodiscard]] inline double logaddexp(double a, double b) noexcept {
  const double high = std::max(a, b);
  const double low = std::min(a, b);
  if (low == -std::numeric_limits<double>::infinity()) return high;
  if (high == std::numeric_limits<double>::infinity()) return high;
  return high + std::log1p(std::exp(low - high));
}

/// 1 / (1 + e^-x).
[[nodiscard]] inline double logistic(double x) noexcept {
  if (x >= 0) return 1.0 / (1.0 + std::exp(-x));
  const double e = std::exp(x);
  return e / (1.0 + e);
}

/// Density of the standard normal law.
[[nodiscard]] inline double normal_pdf(double x) noexcept { return 0.39894228040143267794 * std::exp(-0.5 * x * x); }

/// P(Z <= x) of the standard normal law. Relative error at most 2e-15 for x >= -37, where the result still is normal.
/// Source: erfc with the rounding of x / sqrt(2) given back to first order.
[[nodiscard]] inline double normal_cdf(double x) noexcept {
  constexpr double root = 0.70710678118654752440;
  constexpr double root_rest = -4.8336466567264567e-17;
  const double z = -x * root;
  const double lost = std::fma(-x, root, -z) - x * root_rest;
  const double upper = std::erfc(z);
  if (!(std::abs(z) < 27)) return 0.5 * upper;
  return 0.5 * (upper - lost * 1.12837916709551257390 * std::exp(-z * z));
}

/// The x with P(Z <= x) = p, 0 <= p <= 1 (infinite at the ends, NaN outside). Relative error at most 2e-15.
/// Costs about 5 ns in the middle, 25 ns in the tails. Source: Wichura (1988), AS 241, PPND16.
[[nodiscard]] inline double normal_quantile(double p) noexcept {
  constexpr std::array<double, 8> a{3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                    3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr std::array<double, 8> b{1.0,
                                    4.2313330701600911252e+1,
                                    6.8718700749205790830e+2,
                                    5.3941960214247511077e+3,
                                    2.1213794301586595867e+4,
                                    3.9307895800092710610e+4,
                                    2.8729085735721942674e+4,
                                    5.2264952788528545610e+3};
  constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                    3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                    2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr std::array<double, 8> d{1.0,
                                    2.05319162663775882187e0,
                                    1.67638483018380384940e0,
                                    6.89767334985100004550e-1,
                                    1.48103976427480074590e-1,
                                    1.51986665636164571966e-2,
                                    5.47593808499534494600e-4,
                                    1.05075007164441684324e-9};
  constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                    2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr std::array<double, 8> f{1.0,
                                    5.99832206555887937690e-1,
                                    1.36929880922735805310e-1,
                                    1.48753612908506148525e-2,
                                    7.86869131145613259100e-4,
                                    1.84631831751005468180e-5,
                                    1.42151175831644588870e-7,
                                    2.04426310338993978564e-15};
  using detail::polynomial;
  if (!(p > 0 && p < 1)) {
    const double end = std::numeric_limits<double>::infinity();
    return p == 0 ? -end : p == 1 ? end : std::numeric_limits<double>::quiet_NaN();
  }
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1.0 - p));
  const double x =
      r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5.0) / polynomial(f, r - 5.0);
  return q < 0 ? -x : x;
}

/// log P(X = k) of the Poisson law, k >= 0, mean >= 0. Error at most 1e-14 (1 + |result|) for k <= 1e8.
/// Source: Loader (2000).
[[nodiscard]] inline double poisson_log_pmf(double k, double mean) noexcept {
  if (k == 0) return -mean;
  if (mean == 0) return -std::numeric_limits<double>::infinity();
  return -stirling_rest(k) - deviance(k, mean) - half_log_two_pi - 0.5 * std::log(k);
}

/// log P(X = k) of the binomial law, 0 <= k <= n, 0 <= p <= 1. Error at most 2e-13 (1 + |result|) for n <= 1e8.
/// Source: Loader (2000).
[[nodiscard]] inline double binomial_log_pmf(double k, double n, double p) noexcept {
  if (p == 0 || p == 1) return k == n * p ? 0.0 : -std::numeric_limits<double>::infinity();
  if (k == 0) return n * std::log1p(-p);
  if (k == n) return n * std::log(p);
  const double rest = stirling_rest(n) - stirling_rest(k) - stirling_rest(n - k);
  return rest - deviance(k, n * p) - deviance(n - k, n * (1.0 - p)) - half_log_two_pi +
         0.5 * (std::log(n / k) - std::log(n - k));
}

}  // namespace guanxi
