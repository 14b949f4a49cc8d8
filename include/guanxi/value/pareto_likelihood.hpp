#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/lanes.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/rising.hpp>

namespace guanxi::value {

/// Purchase rate ~ Gamma(r, alpha), dropout rate ~ Gamma(s, beta).
struct pareto_parameters {
  double r = 1, alpha = 1, s = 1, beta = 1;
};

namespace detail {

/// Integrals over the time u of leaving, from the last purchase to today, of
///   f(u) = ((A + t)/(A + u))^p ((B + t)/(B + u))^e / (A + t)
/// times 1, la = ln((A+u)/(A+t)), lb, ia = (A+t)/(A+u), ib and their products; A is the smaller of alpha and beta.
struct leaving {
  double one = 0;
  double la = 0, lb = 0, ia = 0, ib = 0;
  double la_la = 0, la_lb = 0, lb_lb = 0, la_ia = 0, la_ib = 0, lb_ia = 0, lb_ib = 0, ia_ia = 0, ia_ib = 0, ib_ib = 0;
};

inline constexpr std::array<double, 12> legendre_node{
    -0.98156063424671925069, -0.90411725637047485668, -0.76990267419430468704, -0.58731795428661744730,
    -0.36783149899818019375, -0.12523340851146891547, 0.12523340851146891547,  0.36783149899818019375,
    0.58731795428661744730,  0.76990267419430468704,  0.90411725637047485668,  0.98156063424671925069};
inline constexpr std::array<double, 12> legendre_weight{
    0.04717533638651182719, 0.10693932599531843096, 0.16007832854334622633, 0.20316742672306592175,
    0.23349253653835480876, 0.24914704581340278500, 0.24914704581340278500, 0.23349253653835480876,
    0.20316742672306592175, 0.16007832854334622633, 0.10693932599531843096, 0.04717533638651182719};

inline constexpr std::array<double, 8> legendre_node_8{-0.96028985649753623168, -0.79666647741362673959, -0.52553240991632898582, -0.18343464249564980494,
                                                      0.18343464249564980494,  0.52553240991632898582,  0.79666647741362673959,  0.96028985649753623168};
inline constexpr std::array<double, 8> legendre_weight_8{0.10122853629037625915, 0.22238103445337447054, 0.31370664587788728734, 0.36268378337836198297,
                                                        0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054, 0.10122853629037625915};

/// One panel of v = ln((A+u)/(A+t)), from `low` over `width`, with 12 or (Fours = 2) 8 nodes.
template <bool Products, std::size_t Fours = 3>
GUANXI_LANES_INLINE void leaving_panel(leaving& out, double low, double width, double p, double e, double kappa) noexcept {
  lanes one, la, lb, ia, ib, laa, lab, lbb, laia, laib, lbia, lbib, iaa, iab, ibb;
  set_lanes(one, 0.0);
  if constexpr (Products) la = lb = ia = ib = laa = lab = lbb = laia = laib = lbia = lbib = iaa = iab = ibb = one;
  const double half = 0.5 * width, middle = low + half;
  for (std::size_t k = 0; k < Fours; ++k) {
    const double* node = (Fours == 2 ? legendre_node_8.data() : legendre_node.data()) + 4 * k;
    const double* weight = (Fours == 2 ? legendre_weight_8.data() : legendre_weight.data()) + 4 * k;
    const lanes n{node[0], node[1], node[2], node[3]}, w{weight[0], weight[1], weight[2], weight[3]};
    const lanes v = middle + half * n;
    lanes grown, other, f;
    exp_lanes(v, grown);
    const lanes rise = kappa * (grown - 1.0);
    log1p_lanes(rise, other);
    exp_lanes((1.0 - p) * v - e * other, f);
    f = f * (half * w);
    one += f;
    if constexpr (Products) {
      const lanes ea = 1.0 / grown, eb = 1.0 / (1.0 + rise);
      const lanes fv = f * v, fo = f * other, fa = f * ea, fb = f * eb;
      la += fv, lb += fo, ia += fa, ib += fb;
      laa += fv * v, lab += fv * other, lbb += fo * other;
      laia += fv * ea, laib += fv * eb, lbia += fo * ea, lbib += fo * eb;
      iaa += fa * ea, iab += fa * eb, ibb += fb * eb;
    }
  }
  out.one += sum_lanes(one);
  if constexpr (Products) {
    out.la += sum_lanes(la), out.lb += sum_lanes(lb), out.ia += sum_lanes(ia), out.ib += sum_lanes(ib);
    out.la_la += sum_lanes(laa), out.la_lb += sum_lanes(lab), out.lb_lb += sum_lanes(lbb);
    out.la_ia += sum_lanes(laia), out.la_ib += sum_lanes(laib), out.lb_ia += sum_lanes(lbia), out.lb_ib += sum_lanes(lbib);
    out.ia_ia += sum_lanes(iaa), out.ia_ib += sum_lanes(iab), out.ib_ib += sum_lanes(ibb);
  }
}

/// All panels: at most 2 long and with at most a factor e^8 between their ends; stops where nothing is left.
/// span = ln((A+T)/(A+t)), ratio = (A+T)/(A+t), kappa = (A+t)/(B+t) <= 1.
template <bool Products>
GUANXI_LANES_INLINE void leaving_integral(leaving& out, double span, double ratio, double p, double e, double kappa) noexcept {
  const double fixed = std::fabs(p - 1.0);
  const auto slope = [&](double grown) { return fixed + e * kappa * grown / (1.0 + kappa * (grown - 1.0)); };
  const double falls_by = slope(ratio) * span;
  if (span <= 1.6 && falls_by <= 4.0) return leaving_panel<Products, 2>(out, 0.0, span, p, e, kappa);
  if (span <= 2.0 && falls_by <= 8.0) return leaving_panel<Products>(out, 0.0, span, p, e, kappa);
  double at = 0, grown = 1, best = 0;
  for (int panel = 0; panel < 4000 && at < span; ++panel) {
    double width = std::min({2.0, 8.0 / slope(grown), span - at});
    double next = std::exp(at + width);
    for (int cut = 0; cut < 40 && slope(next) * width > 12.0; ++cut) {
      width *= 0.5;
      next = std::exp(at + width);
    }
    leaving_panel<Products>(out, at, width, p, e, kappa);
    at = span - at - width < 1e-13 * span ? span : at + width;
    grown = next;
    const double height = (1.0 - p) * at - e * std::log1p(kappa * (grown - 1.0));
    const double falls = p - 1.0 + e * kappa * grown / (1.0 + kappa * (grown - 1.0));
    best = std::max(best, height);
    if (height < best - 45.0 && falls > 0) break;
  }
}
template <bool Products>
[[nodiscard]] inline leaving leaving_plain(double span, double ratio, double p, double e, double kappa) noexcept {
  leaving out;
  leaving_integral<Products>(out, span, ratio, p, e, kappa);
  return out;
}
template <bool Products>
[[nodiscard]] GUANXI_LANES_WIDE inline leaving leaving_wide(double span, double ratio, double p, double e, double kappa) noexcept {
  leaving out;
  leaving_integral<Products>(out, span, ratio, p, e, kappa);
  return out;
}
template <bool Products>
[[nodiscard]] inline leaving leaving_of(double span, double ratio, double p, double e, double kappa) noexcept {
  return wide_lanes() ? leaving_wide<Products>(span, ratio, p, e, kappa) : leaving_plain<Products>(span, ratio, p, e, kappa);
}

/// ln of s (B + t)^-1 times the integral over the time of leaving: what the dead have, at t.
[[nodiscard]] inline double pareto_left(const pareto_parameters& q, double x, double t, double age, double la, double lb) noexcept {
  const bool alpha_first = q.alpha <= q.beta;
  const double small = (alpha_first ? q.alpha : q.beta) + t, large = (alpha_first ? q.beta : q.alpha) + t;
  const double count = q.r + x;
  const leaving in = leaving_of<false>(alpha_first ? la : lb, 1.0 + (age - t) / small, alpha_first ? count : q.s + 1.0,
                                       alpha_first ? q.s + 1.0 : count, small / large);
  return std::log(q.s * small / (q.beta + t) * in.one);
}

/// ln of the odds that a customer has left, with its derivatives in r, alpha, s, beta (second ones above the diagonal).
struct left_odds_local {
  double log = 0;
  std::array<double, 4> first{};
  std::array<std::array<double, 4>, 4> second{};
};
/// la, lb: ln((alpha + age)/(alpha + t)) and the same for beta; age > t.
[[nodiscard]] inline left_odds_local left_odds(const pareto_parameters& q, double x, double t, double age, double la, double lb) noexcept {
  left_odds_local out;
  const bool alpha_first = q.alpha <= q.beta;
  const double count = q.r + x, near = age - t;
  const double at = q.alpha + t, bt = q.beta + t;
  const double small = alpha_first ? at : bt, large = alpha_first ? bt : at;
  const double p = alpha_first ? count : q.s + 1, e = alpha_first ? q.s + 1 : count;
  const detail::leaving m = detail::leaving_of<true>(alpha_first ? la : lb, 1 + near / small, p, e, small / large);
  const double one = 1 / m.one;
  // moments of ln((alpha+u)/(alpha+t)), ln((beta+u)/(beta+t)) and of the inverses
  const double ea = (alpha_first ? m.la : m.lb) * one, eb = (alpha_first ? m.lb : m.la) * one;
  const double ia = (alpha_first ? m.ia : m.ib) * one / at, ib = (alpha_first ? m.ib : m.ia) * one / bt;
  const double aa = (alpha_first ? m.la_la : m.lb_lb) * one, bb = (alpha_first ? m.lb_lb : m.la_la) * one, ab = m.la_lb * one;
  const double a_ia = (alpha_first ? m.la_ia : m.lb_ib) * one / at, a_ib = (alpha_first ? m.la_ib : m.lb_ia) * one / bt;
  const double b_ia = (alpha_first ? m.lb_ia : m.la_ib) * one / at, b_ib = (alpha_first ? m.lb_ib : m.la_ia) * one / bt;
  const double ia_ia = (alpha_first ? m.ia_ia : m.ib_ib) * one / (at * at), ib_ib = (alpha_first ? m.ib_ib : m.ia_ia) * one / (bt * bt);
  const double ia_ib = m.ia_ib * one / (at * bt);
  out.log = std::log(q.s * small / bt * m.one) + count * la + q.s * lb;
  const double k = q.s + 1, inv_age_a = 1 / (q.alpha + age), inv_age_b = 1 / (q.beta + age);
  // derivatives of the log odds: those of ln s + ln integral, less those of what the living have
  out.first = {la - ea, count * (inv_age_a - ia), 1 / q.s + lb - eb, q.s * inv_age_b - k * ib};
  auto& c = out.second;
  c[0][0] = aa - ea * ea;
  c[0][1] = count * (a_ia - ea * ia) - ia + inv_age_a;
  c[0][2] = ab - ea * eb;
  c[0][3] = k * (a_ib - ea * ib);
  c[1][1] = count * count * (ia_ia - ia * ia) + count * ia_ia - count * inv_age_a * inv_age_a;
  c[1][2] = count * (b_ia - ia * eb);
  c[1][3] = count * k * (ia_ib - ia * ib);
  c[2][2] = bb - eb * eb - 1 / (q.s * q.s);
  c[2][3] = k * (b_ib - eb * ib) - ib + inv_age_b;
  c[3][3] = k * k * (ib_ib - ib * ib) + k * ib_ib - q.s * inv_age_b * inv_age_b;
  return out;
}

}  // namespace detail

/// ln of the odds that a customer with x repeats, recency t and age T has left; -infinity when t = T.
/// Stable for x to 5,000, rates 1e-8 to 1e4 and alpha = beta. Costs about 60 ns.
/// Source: Schmittlein, Morrison and Colombo (1987); the integral over the time of leaving by Gauss and Legendre in the
/// logarithm of time, in place of two hypergeometric functions that nearly cancel.
[[nodiscard]] inline double pareto_log_odds_left(const pareto_parameters& q, double x, double t, double age) noexcept {
  if (!(age > t)) return -std::numeric_limits<double>::infinity();
  const double la = std::log1p((age - t) / (q.alpha + t)), lb = std::log1p((age - t) / (q.beta + t));
  return (q.r + x) * la + q.s * lb + detail::pareto_left(q, x, t, age, la, lb);
}

/// Log-likelihood of one customer. Source: Fader and Hardie (2005), "A note on deriving the Pareto/NBD model".
[[nodiscard]] inline double pareto_log_likelihood(const pareto_parameters& q, double x, double t, double age) noexcept {
  const double rise = log_rising(q.r, x);
  const auto at = [&](double u) {
    return rise - q.r * std::log1p(u / q.alpha) - (x > 0 ? x * std::log(q.alpha + u) : 0.0) - q.s * std::log1p(u / q.beta);
  };
  if (!(age > t)) return at(age);
  if (x == 0) {  // nearly certain to be silent: what is missing from 1 is the chance of a first purchase, integrated by itself
    const bool alpha_first = q.alpha <= q.beta;
    const double small = alpha_first ? q.alpha : q.beta, large = alpha_first ? q.beta : q.alpha;
    const detail::leaving in = detail::leaving_of<false>(std::log1p(age / small), 1.0 + age / small, alpha_first ? q.r + 1.0 : q.s,
                                                         alpha_first ? q.s : q.r + 1.0, small / large);
    const double buys = q.r * small / q.alpha * in.one;
    if (buys < 0.5) return std::log1p(-buys);
  }
  const double la = std::log1p((age - t) / (q.alpha + t)), lb = std::log1p((age - t) / (q.beta + t));
  const double left = detail::pareto_left(q, x, t, age, la, lb), odds = (q.r + x) * la + q.s * lb + left;
  return odds > 0 ? at(t) + left + log1pexp(-odds) : at(age) + log1pexp(odds);
}

/// Log-likelihood of grouped histories with first and second derivatives in r, alpha, s, beta.
///
/// The derivatives are moments of the law of the time of leaving, taken in the same pass as the integral itself.
/// Costs   about 100 ns a group and pass.
class pareto_likelihood {
 public:
  explicit pareto_likelihood(const row_groups& groups, unsigned threads = 1) : g_(groups), threads_(threads), a_(groups.times.size()), b_(groups.times.size()) {}

  [[nodiscard]] local<4> operator()(double r, double alpha, double s, double beta) {
    for (std::size_t i = 0; i < g_.times.size(); ++i) {
      a_[i] = std::log(alpha + g_.times[i]);
      b_[i] = std::log(beta + g_.times[i]);
    }
    of_r_.fill(r, g_.counts, 1, 0);
    local<4> sum;
    auto& g = sum.gradient;
    auto& h = sum.hessian;
    for (std::size_t i = 0; i < g_.counts.size(); ++i) {
      sum.value += g_.count_weight[i] * of_r_.log[i];
      g[0] += g_.count_weight[i] * of_r_.first[i];
      h[0][0] += g_.count_weight[i] * of_r_.second[i];
    }
    for (std::size_t i = 0; i < g_.times.size(); ++i) {
      const double w = g_.age_weight[i], n = g_.age_repeats[i], time = g_.times[i];
      if (w == 0) continue;
      const double grown_a = std::log1p(time / alpha), grown_b = std::log1p(time / beta);
      const double ia = 1 / (alpha + time), ib = 1 / (beta + time);
      sum.value -= w * (r * grown_a + s * grown_b) + n * a_[i];
      g[0] -= w * grown_a;
      g[1] += w * r * time / alpha * ia - n * ia;
      g[2] -= w * grown_b;
      g[3] += w * s * time / beta * ib;
      h[0][1] += w * time / alpha * ia;
      h[1][1] += (w * r + n) * ia * ia - w * r / (alpha * alpha);
      h[2][3] += w * time / beta * ib;
      h[3][3] += w * s * (ib * ib - 1 / (beta * beta));
    }
    constexpr std::size_t block = 4096;
    parts_.assign((g_.size() + block - 1) / block, local<4>{});
    const pareto_parameters q{r, alpha, s, beta};
    parallel_blocks(
        g_.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t number) { add(parts_[number], q, begin, end); }, threads_);
    for (const local<4>& part : parts_) {
      sum.value += part.value;
      for (std::size_t i = 0; i < 4; ++i) {
        g[i] += part.gradient[i];
        for (std::size_t j = i; j < 4; ++j) h[i][j] += part.hessian[i][j];
      }
    }
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < i; ++j) h[i][j] = h[j][i];
    return sum;
  }

  /// The log-likelihood alone: about a third of the cost.
  [[nodiscard]] double value(double r, double alpha, double s, double beta) {
    of_r_.fill(r, g_.counts, 1, 0);
    for (std::size_t i = 0; i < g_.times.size(); ++i) {
      a_[i] = std::log(alpha + g_.times[i]);
      b_[i] = std::log(beta + g_.times[i]);
    }
    const pareto_parameters q{r, alpha, s, beta};
    double sum = 0;
    for (std::size_t i = 0; i < g_.counts.size(); ++i) sum += g_.count_weight[i] * of_r_.log[i];
    for (std::size_t i = 0; i < g_.times.size(); ++i)
      if (g_.age_weight[i] > 0)
        sum -= g_.age_weight[i] * (r * std::log1p(g_.times[i] / alpha) + s * std::log1p(g_.times[i] / beta)) + g_.age_repeats[i] * a_[i];
    for (std::size_t i = 0; i < g_.size(); ++i) {
      const double t = g_.times[g_.t[i]], age = g_.times[g_.age[i]], x = g_.counts[g_.x[i]], near = age - t;
      if (!(near > 0)) continue;
      const double la = near < 0.1 * (alpha + t) ? std::log1p(near / (alpha + t)) : a_[g_.age[i]] - a_[g_.t[i]];
      const double lb = near < 0.1 * (beta + t) ? std::log1p(near / (beta + t)) : b_[g_.age[i]] - b_[g_.t[i]];
      sum += g_.weight[i] * log1pexp((r + x) * la + s * lb + detail::pareto_left(q, x, t, age, la, lb));
    }
    return sum;
  }

 private:
  void add(local<4>& out, const pareto_parameters& q, std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      const double t = g_.times[g_.t[i]], age = g_.times[g_.age[i]], x = g_.counts[g_.x[i]], w = g_.weight[i];
      if (!(age > t)) continue;
      const double near = age - t;
      const double la = near < 0.1 * (q.alpha + t) ? std::log1p(near / (q.alpha + t)) : a_[g_.age[i]] - a_[g_.t[i]];
      const double lb = near < 0.1 * (q.beta + t) ? std::log1p(near / (q.beta + t)) : b_[g_.age[i]] - b_[g_.t[i]];
      const auto [log_odds, d, c] = detail::left_odds(q, x, t, age, la, lb);
      double dead, more;
      if (log_odds > 0) {
        const double f = std::exp(-log_odds);
        dead = 1 / (1 + f), more = log_odds + std::log1p(f);
      } else {
        const double f = std::exp(log_odds);
        dead = f / (1 + f), more = std::log1p(f);
      }
      out.value += w * more;
      const double wd = w * dead, mixed = wd * (1 - dead);
      for (std::size_t j = 0; j < 4; ++j) {
        out.gradient[j] += wd * d[j];
        for (std::size_t l = j; l < 4; ++l) out.hessian[j][l] += wd * c[j][l] + mixed * d[j] * d[l];
      }
    }
  }

  const row_groups& g_;
  unsigned threads_;
  std::vector<double> a_, b_;
  detail::rising of_r_;
  std::vector<local<4>> parts_;
};

}  // namespace guanxi::value
