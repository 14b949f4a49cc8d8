#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi {

/// Both sides of a distribution function: P(X <= x) and P(X > x). Each is computed for itself where it is small.
struct tails {
  double lower = 0.0;
  double upper = 1.0;
};

namespace detail {

/// Taylor coefficients of Temme's c_0 .. c_8 in eta, made from the recurrence of DLMF 8.12 in exact fractions.
inline constexpr std::array<std::array<double, 16>, 9> temme = {
    {{{-0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073, 0.0003527336860670194,
       -0.0001787551440329218, 3.919263178522438e-05, -2.185448510679992e-06, -1.85406221071516e-06,
       8.296711340953087e-07, -1.7665952736826078e-07, 6.707853543401498e-09, 1.0261809784240309e-08,
       -4.382036018453353e-09, 9.14769958223679e-10, -2.5514193994946248e-11}},
     {{-0.001851851851851852, -0.003472222222222222, 0.0026455026455026454, -0.0009902263374485596,
       0.00020576131687242798, -4.018775720164609e-07, -1.8098550334489977e-05, 7.64916091608111e-06,
       -1.6120900894563446e-06, 4.647127802807434e-09, 1.378633446915721e-07, -5.752545603517705e-08,
       1.1951628599778148e-08, -1.7543241719747647e-11, -1.0091543710600413e-09, 4.162792991842583e-10}},
     {{0.004133597883597883, -0.0026813271604938273, 0.0007716049382716049, 2.0093878600823047e-06,
       -0.0001073665322636516, 5.2923448829120125e-05, -1.2760635188618728e-05, 3.423578734096138e-08,
       1.3721957309062934e-06, -6.298992138380055e-07, 1.4280614206064242e-07, -2.0477098421990866e-10,
       -1.409252991086752e-08, 6.228974084922022e-09, -1.3670488396617114e-09, 9.428356159014678e-13}},
     {{0.0006494341563786008, 0.00022947209362139917, -0.0004691894943952557, 0.00026772063206283885,
       -7.561801671883977e-05, -2.396505113867297e-07, 1.1082654115347302e-05, -5.6749528269915965e-06,
       1.4230900732435883e-06, -2.7861080291528143e-11, -1.6958404091930278e-07, 8.099464905388083e-08,
       -1.9111168485973655e-08, 2.3928620439808118e-12, 2.0620131815488797e-09, -9.460496661855133e-10}},
     {{-0.0008618882909167117, 0.0007840392217200666, -0.0002990724803031902, -1.4638452578843418e-06,
       6.641498215465122e-05, -3.968365047179435e-05, 1.1375726970678419e-05, 2.507497226237533e-10,
       -1.6954149536558305e-06, 8.907507532205309e-07, -2.292934834000805e-07, 2.956794137544049e-11,
       2.8865829742708783e-08, -1.4189739437803219e-08, 3.4463580499464896e-09, -2.3024517174528067e-13}},
     {{-0.00033679855336635813, -6.972813758365857e-05, 0.0002772753244959392, -0.00019932570516188847,
       6.797780477937208e-05, 1.419062920643967e-07, -1.3594048189768693e-05, 8.018470256334202e-06,
       -2.291481176508095e-06, -3.252473551298454e-10, 3.4652846491085265e-07, -1.8447187191171344e-07,
       4.8240967037894184e-08, -1.7989466721743514e-14, -6.306194500013523e-09, 3.162417628774568e-09}},
     {{0.0005313079364639922, -0.0005921664373536939, 0.0002708782096718045, 7.902353232660328e-07,
       -8.153969367561969e-05, 5.61168275310625e-05, -1.8329116582843375e-05, -3.0796134506033047e-09,
       3.465155368803609e-06, -2.0291327396058603e-06, 5.788792863149004e-07, 2.338630673826657e-13,
       -8.828600746330484e-08, 4.7435958880408125e-08, -1.2545415020710383e-08, 8.649648858010293e-14}},
     {{0.00034436760689237765, 5.171790908260592e-05, -0.00033493161081142234, 0.0002812695154763237,
       -0.00010976582244684731, -1.2741009095484485e-07, 2.7744451511563645e-05, -1.8263488805711332e-05,
       5.7876949497350525e-06, 4.93875893393627e-10, -1.0595367014026043e-06, 6.166714376110408e-07,
       -1.7562973359060463e-07, -1.297447328701544e-12, 2.695423606288966e-08, -1.4578352908731272e-08}},
     {{-0.0006526239185953094, 0.0008394987206720873, -0.000438297098541721, -6.969091458420552e-07,
       0.00016644846642067547, -0.00012783517679769218, 4.629953263691304e-05, 4.557909867922708e-09,
       -1.0595271125805195e-05, 6.783342904865167e-06, -2.1075476666258803e-06, -1.7213731432817144e-11,
       3.773587741611098e-07, -2.1867506700122867e-07, 6.220228804018927e-08, 6.597703826733e-16}}}};

/// x^a e^-x / gamma(a + 1).
[[nodiscard]] inline double gamma_front(double a, double x) noexcept {
  if (a >= 10) return std::exp(-deviance(a, x) - stirling_tail(a) - half_log_two_pi) / std::sqrt(a);
  const double log_factorial = a < 0.5 ? lgamma1p(a) : lgamma(a + 1.0);
  return std::exp(a * std::log(x) - x - log_factorial);
}

[[nodiscard]] inline tails gamma_uniform(double a, double x) noexcept {
  const double half = deviance(a, x);  // a eta^2 / 2
  const double eta = std::copysign(std::sqrt(2.0 * half / a), x - a);
  double sum = 0.0;
  for (std::size_t k = temme.size(); k-- > 0;) sum = sum / a + polynomial(temme[k], eta);
  const double rest = std::exp(-half - half_log_two_pi) / std::sqrt(a) * sum;
  const double z = std::copysign(std::sqrt(half), x - a);
  return {0.5 * std::erfc(-z) - rest, 0.5 * std::erfc(z) + rest};
}

[[nodiscard]] inline tails gamma_series(double a, double x) noexcept {
  double term = 1.0;
  double sum = 1.0;
  for (double n = a + 1.0; term > 1e-17 * sum; n += 1.0) {
    term *= x / n;
    sum += term;
  }
  const double lower = std::min(1.0, gamma_front(a, x) * sum);
  return {lower, 1.0 - lower};
}

/// a < 1, x < 1: the upper side by itself, since 1 - lower would round it away.
[[nodiscard]] inline tails gamma_small(double a, double x) noexcept {
  const double power = a * std::log(x) - (a < 0.5 ? lgamma1p(a) : lgamma(a + 1.0));
  double term = 1.0;
  double sum = 0.0;
  for (int n = 1; n < 60; ++n) {
    term *= -x / n;
    const double next = sum + term / (a + n);
    if (next == sum) break;
    sum = next;
  }
  const double factor = std::exp(power);
  const double upper = -std::expm1(power) - factor * a * sum;
  return {factor * (1.0 + a * sum), std::max(0.0, upper)};
}

/// Legendre's continued fraction for the upper side, x > a; modified Lentz.
[[nodiscard]] inline tails gamma_fraction(double a, double x) noexcept {
  double b = x + 1.0 - a;
  double c = 1e300;
  double d = 1.0 / b;
  double h = d;
  for (int n = 1; n < 100'000; ++n) {
    const double an = -n * (n - a);
    b += 2.0;
    d = an * d + b;
    if (std::abs(d) < 1e-300) d = 1e-300;
    c = b + an / c;
    if (std::abs(c) < 1e-300) c = 1e-300;
    d = 1.0 / d;
    const double change = d * c;
    h *= change;
    if (std::abs(change - 1.0) < 2e-16) break;
  }
  const double upper = std::min(1.0, gamma_front(a, x) * a * h);
  return {1.0 - upper, upper};
}

/// x^a y^b / B(a, b), y = 1 - x.
[[nodiscard]] inline double beta_front(double a, double b, double x, double y) noexcept {
  if (a >= 10 && b >= 10) {
    const double n = a + b;
    const double rest = stirling_tail(n) - stirling_tail(a) - stirling_tail(b);
    return std::exp(rest - deviance(a, n * x) - deviance(b, n * y) - half_log_two_pi) * std::sqrt(a / n * b);
  }
  const double log_x = x <= 0.5 ? std::log(x) : std::log1p(-y);
  const double log_y = x <= 0.5 ? std::log1p(-x) : std::log(y);
  return std::exp(a * log_x + b * log_y - lbeta(a, b));
}

/// I_x(a, b) over x^a y^b / B(a, b), for x below about the mean; lambda = a - (a + b) x, given without cancellation.
/// The even part of DLMF 8.17.22 as in Didonato and Morris (1992), BFRAC; modified Lentz.
[[nodiscard]] inline double beta_fraction(double a, double b, double x, double y, double lambda) noexcept {
  double h = a / (a + 1.0) * (lambda + 1.0);
  double c = h;
  double d = 0.0;
  for (int m = 1; m < 1'000'000; ++m) {
    const double twice = a + 2 * m;
    const double ratio = (a + m - 1) / (twice - 1);
    const double alpha = ratio * ((a + b + m - 1) / (twice - 1)) * m * (b - m) * x * x;
    const double beta = m + m * (b - m) * x / (twice - 1) + (a + m) / (twice + 1) * (lambda + 1.0 + m * (1.0 + y));
    d = beta + alpha * d;
    c = beta + alpha / c;
    if (std::abs(d) < 1e-300) d = 1e-300;
    if (std::abs(c) < 1e-300) c = 1e-300;
    d = 1.0 / d;
    const double change = c * d;
    h *= change;
    if (std::abs(change - 1.0) < 2e-16) break;
  }
  return 1.0 / h;
}

/// a I_x(a, b) over the same, by the continued fraction of DLMF 8.17.22, where a shape is below 1; x below about (a +
/// 1) / (a + b + 2); modified Lentz.
[[nodiscard]] inline double beta_fraction_small(double a, double b, double x) noexcept {
  double c = 1.0;
  double d = 1.0 - (a + b) * x / (a + 1.0);
  if (std::abs(d) < 1e-300) d = 1e-300;
  d = 1.0 / d;
  double h = d;
  for (int m = 1; m < 1'000'000; ++m) {
    const double even = m * (b - m) * x / ((a + (2 * m - 1)) * (a + 2 * m));
    d = 1.0 + even * d;
    c = 1.0 + even / c;
    if (std::abs(d) < 1e-300) d = 1e-300;
    if (std::abs(c) < 1e-300) c = 1e-300;
    d = 1.0 / d;
    h *= d * c;
    const double odd = -(a + m) * ((a + b + m) / (a + 2 * m)) * x / (a + (2 * m + 1));
    d = 1.0 + odd * d;
    c = 1.0 + odd / c;
    if (std::abs(d) < 1e-300) d = 1e-300;
    if (std::abs(c) < 1e-300) c = 1e-300;
    d = 1.0 / d;
    const double change = d * c;
    h *= change;
    if (std::abs(change - 1.0) < 2e-16) break;
  }
  return h;
}

/// Where a distribution function on the line meets p: at + more, `more` being too small to add without rounding.
struct line_point {
  double at = 0.0;
  double more = 0.0;
};

/// Newton on the log of the smaller tail, kept in a bracket. at(t) gives {tails, density in t}.
template <class At>
[[nodiscard]] line_point solve_quantile(double p, double start, double low, double high, At&& at) {
  const bool by_lower = p <= 0.5;
  const double target = by_lower ? std::log(p) : std::log1p(-p);
  double t = std::clamp(start, low, high);
  for (int step = 0; step < 200; ++step) {
    const auto [side, density] = at(t);
    const double tail = by_lower ? side.lower : side.upper;
    const double off = std::log(tail) - target;  // -infinity where the tail rounds to nothing
    (by_lower == (off > 0) ? high : low) = t;
    const double move = -off / ((by_lower ? density : -density) / tail);
    const double size = std::max(1.0, std::abs(t));
    if (std::abs(move) <= 1e-12 * size) return {t, move};
    if (std::abs(off) <= 4e-16 * (1.0 + std::abs(target)) || high - low <= 4e-16 * size) break;
    const double next = t + move;
    t = next > low && next < high ? next : 0.5 * (low + high);
  }
  return {t, 0.0};
}

}  // namespace detail

/// Regularised incomplete gamma: {P(a, x), Q(a, x)}, a > 0, x >= 0; NaN outside.
///
/// Relative error of the smaller side at most 1e-12 for 1e-8 <= a <= 1e8 (1e-13 in the middle), of both sides absolute
/// 1e-14. Costs 50 ns to 1 us. Source: series and Legendre's fraction (DLMF 8.7.1, 8.9.2), Temme's uniform expansion
/// (DLMF 8.12.3) from a = 64 near x = a.
[[nodiscard]] inline tails gamma_tails(double a, double x) noexcept {
  if (!(a > 0) || !(x >= 0)) return {unknown, unknown};
  if (x == 0) return {0.0, 1.0};
  if (x == std::numeric_limits<double>::infinity()) return {1.0, 0.0};
  if (a >= 64 && std::abs(x - a) < 0.3 * a) return detail::gamma_uniform(a, x);
  if (a < 1 && x < 1) return detail::gamma_small(a, x);
  return x < a + 1 ? detail::gamma_series(a, x) : detail::gamma_fraction(a, x);
}
[[nodiscard]] inline double gamma_cdf(double x, double shape) noexcept { return gamma_tails(shape, x).lower; }

/// Regularised incomplete beta: {I_x(a, b), I_{1-x}(b, a)}, a, b > 0, 0 <= x <= 1; NaN outside.
/// Give y = 1 - x where it is known better than x.
///
/// Relative error of the side that is computed (below the mean the lower) at most 1e-12 for 1e-8 <= a, b <= 1e8, 1e-10
/// where one shape is below 1 and the other above 1e6;
/// the other is one minus it. Costs 50 ns to 1 us, O(sqrt(max(a, b))) near the mean: 100 us at 1e8.
/// Source: DLMF 8.17.22 with the front factor from deviances (Loader 2000).
[[nodiscard]] inline tails beta_tails(double a, double b, double x, double y) noexcept {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && y >= 0 && x <= 1 && y <= 1)) return {unknown, unknown};
  if (x == 0) return {0.0, 1.0};
  if (y == 0) return {1.0, 0.0};
  const double front = detail::beta_front(a, b, x, y);
  const bool small = std::min(a, b) < 1;
  const double lambda = x <= 0.5 ? a - (a + b) * x : (a + b) * y - b;
  if (x < (a + 1.0) / (a + b + 2.0)) {
    const double lower = std::min(
        1.0, front * (small ? detail::beta_fraction_small(a, b, x) / a : detail::beta_fraction(a, b, x, y, lambda)));
    return {lower, 1.0 - lower};
  }
  const double upper = std::min(
      1.0, front * (small ? detail::beta_fraction_small(b, a, y) / b : detail::beta_fraction(b, a, y, x, -lambda)));
  return {1.0 - upper, upper};
}
[[nodiscard]] inline tails beta_tails(double a, double b, double x) noexcept { return beta_tails(a, b, x, 1.0 - x); }
[[nodiscard]] inline double beta_cdf(double x, double a, double b) noexcept { return beta_tails(a, b, x).lower; }

/// The x with P(X <= x) = p for the gamma law of the shape and scale 1; 0 <= p <= 1 (NaN outside).
/// Where the answer is below the smallest double (tiny shapes), 0. Relative error at most 1e-11, mostly 1e-14 (the
/// rounding of p). Costs 3 to 8 evaluations of gamma_tails. Source: Newton on the log of the smaller tail in log x.
[[nodiscard]] inline double gamma_quantile(double p, double shape) {
  if (!(p >= 0 && p <= 1) || !(shape > 0)) return unknown;
  if (p == 0) return 0.0;
  if (p == 1) return std::numeric_limits<double>::infinity();
  const double start = digamma(shape) + normal_quantile(p) * std::sqrt(trigamma(shape));
  const auto at = [shape](double t) {
    const double x = std::exp(t);
    return std::pair{gamma_tails(shape, x), shape * detail::gamma_front(shape, x)};
  };
  const auto [t, more] = detail::solve_quantile(p, start, -745.0, 709.0, at);
  return t <= -744.0 ? 0.0 : std::exp(t) * (1.0 + more);
}

/// The x with P(X <= x) = p for the beta law; 0 <= p <= 1 (NaN outside). Never fails: for tiny shapes the answer may be
/// nearer to 0 or 1 than a double can tell and then is 0 or 1. Relative error at most 1e-11, mostly 1e-14 (the rounding
/// of p). Costs 3 to 8 evaluations of beta_tails. Source: Newton on the log of the smaller tail in log(x / (1 - x)).
[[nodiscard]] inline double beta_quantile(double p, double a, double b) {
  if (!(p >= 0 && p <= 1) || !(a > 0) || !(b > 0)) return unknown;
  if (p == 0 || p == 1) return p;
  const double start = digamma(a) - digamma(b) + normal_quantile(p) * std::sqrt(trigamma(a) + trigamma(b));
  const auto at = [a, b](double t) {
    const double x = logistic(t);
    const double y = logistic(-t);
    return std::pair{beta_tails(a, b, x, y), detail::beta_front(a, b, x, y)};
  };
  const auto [t, more] = detail::solve_quantile(p, start, -745.0, 745.0, at);
  if (t <= -744.0) return 0.0;
  return t >= 744.0 ? 1.0 : logistic(t) * (1.0 + logistic(-t) * more);
}

}  // namespace guanxi
