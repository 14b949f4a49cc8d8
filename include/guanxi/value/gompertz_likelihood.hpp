#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <guanxi/base/special.hpp>
#include <guanxi/value/pareto_likelihood.hpp>
#include <guanxi/value/row_local.hpp>

namespace guanxi::value {

/// Purchase rate ~ Gamma(r, alpha); time of leaving Gompertz with hazard eta b e^(b u), eta ~ Gamma(s, beta).
struct gompertz_parameters {
  double r = 1, alpha = 1, b = 0.1, s = 1, beta = 1;
};

namespace detail {

/// ln(1 + (e^(b u) - 1) / beta), which times -s is the log of the chance to stay till u; share = e^(bu) / (beta - 1 + e^(bu)).
struct gompertz_time {
  double log = 0, share = 0;
  gompertz_time(double b, double beta, double u) {
    const double y = b * u, rest = beta - 1.0;
    if (y < 1) {
      const double rise = std::expm1(y);
      log = std::log1p(rise / beta), share = (1.0 + rise) / (beta + rise);
    } else {
      const double damped = rest * std::exp(-y);
      log = y + std::log1p(damped) - std::log(beta), share = 1.0 / (1.0 + damped);
    }
  }
};

/// Nodes and weights over low .. high for functions like (alpha + u)^-count e^(b u) (beta - 1 + e^(b u))^-e: panels as long as
/// the nearest pole and the fall of the logarithm allow. body(u, weight) gives false to stop.
template <class Body>
void gompertz_panels(double low, double high, double alpha, double count, double b, double beta, double e, double lift, Body&& body) {
  const double pole = beta > 1 ? std::log(beta - 1.0) : 0.0;
  const auto falls = [&](double u) { return count / (alpha + u) + std::fabs(lift - e * gompertz_time(b, beta, u).share) * b; };
  for (double at = low; at < high;) {
    // distance to the pole e^(b u) = 1 - beta: real for beta < 1, at least pi / b away for beta > 1
    const double near = (beta < 1 ? (b * at < 1 ? std::log1p((beta + std::expm1(b * at)) / (1.0 - beta)) : b * at - std::log1p(-beta))
                                  : std::max(3.0, std::fabs(b * at - pole))) / b;
    double width = std::min({high - at, 0.9 * (alpha + at), 0.8 * near, 6.0 / std::max(falls(at), 1e-300)});
    for (int cut = 0; cut < 60 && falls(at + width) * width > 10.0; ++cut) width *= 0.5;
    if (!(at + width > at)) return;
    for (std::size_t k = 0; k < legendre_node.size(); ++k)
      if (!body(at + 0.5 * width * (1 + legendre_node[k]), 0.5 * width * legendre_weight[k])) return;
    at = high - at - width < 1e-13 * high ? high : at + width;
  }
}

/// Moments of the law of the time of leaving between t and age, of the scores in ln r, ln alpha, ln b, ln s, ln beta.
struct gompertz_moments {
  double mass = 0, peak = 0;  // the integral is mass e^peak
  std::array<double, 5> first{};
  std::array<std::array<double, 5>, 5> second{};
};

/// Score and second derivatives of one term, weight w; e = s + 1 for a time of leaving, s for the living.
inline void add_gompertz_term(gompertz_moments& m, const gompertz_parameters& q, double count, double u, double w, double e, bool left) {
  const gompertz_time h(q.b, q.beta, u);
  const double ia = q.alpha / (q.alpha + u), lg = std::log(q.alpha + u), y = q.b * u;
  const double inverse = q.b * u < 1 ? 1 / (q.beta + std::expm1(y)) : h.share * std::exp(-y);  // 1 / (beta - 1 + e^(b u))
  const double hb = y * h.share, hbeta = q.beta * inverse;
  const std::array<double, 5> v{-q.r * lg, -count * ia, (left ? 1 + y : 0.0) - e * hb, (left ? 1.0 : 0.0) - q.s * (h.log + std::log(q.beta)), -e * hbeta};
  m.mass += w;
  for (std::size_t i = 0; i < 5; ++i) {
    m.first[i] += w * v[i];
    for (std::size_t j = i; j < 5; ++j) m.second[i][j] += w * v[i] * v[j];
  }
  m.second[0][0] += w * v[0], m.second[0][1] -= w * q.r * ia, m.second[1][1] -= w * count * ia * (1 - ia);
  m.second[2][2] += w * ((left ? y : 0.0) - e * (hb + y * y * h.share * (1 - h.share)));
  m.second[2][3] -= w * q.s * hb, m.second[2][4] += w * e * hb * hbeta;
  m.second[3][3] -= w * q.s * (h.log + std::log(q.beta)), m.second[3][4] -= w * q.s * hbeta;
  m.second[4][4] -= w * e * hbeta * (1 - hbeta);
}

/// ln of the density of leaving at u times the chance of the history till then, over that of the history at its last purchase.
[[nodiscard]] inline double gompertz_log_term(const gompertz_parameters& q, double count, double t, double u) {
  return std::log(q.b) + std::log(q.s / q.beta) + q.b * u - count * std::log1p((u - t) / (q.alpha + t)) - (q.s + 1) * gompertz_time(q.b, q.beta, u).log;
}

/// The integral over the time of leaving from t to age of e^gompertz_log_term, as mass e^peak.
[[nodiscard]] inline gompertz_moments gompertz_left(const gompertz_parameters& q, double x, double t, double age, bool derivatives) {
  gompertz_moments m;
  const double count = q.r + x;
  m.peak = gompertz_log_term(q, count, t, t);
  bool first = true;
  double best = m.peak;
  gompertz_panels(t, age, q.alpha, count, q.b, q.beta, q.s + 1, 1.0, [&](double u, double weight) {
    const double log = gompertz_log_term(q, count, t, u);
    if (log - m.peak > 300 || first) {  // the density of leaving rises: a new scale
      const double scale = std::exp(m.peak - log);
      m.mass *= scale;
      for (std::size_t i = 0; i < 5; ++i) {
        m.first[i] *= scale;
        for (std::size_t j = 0; j < 5; ++j) m.second[i][j] *= scale;
      }
      m.peak = log, first = false;
    }
    best = std::max(best, log);
    const double w = weight * std::exp(log - m.peak);
    if (derivatives)
      add_gompertz_term(m, q, count, u, w, q.s + 1, true);
    else
      m.mass += w;
    const bool falling = (q.s + 1) * gompertz_time(q.b, q.beta, u).share * q.b + count / (q.alpha + u) > q.b;
    return !(log < best - 45 && falling);
  });
  return m;
}

}  // namespace detail

/// ln of the odds that the customer has left; -infinity when t = T.
[[nodiscard]] inline double gompertz_log_odds_left(const gompertz_parameters& q, double x, double t, double age) {
  if (!(age > t)) return -std::numeric_limits<double>::infinity();
  const detail::gompertz_moments m = detail::gompertz_left(q, x, t, age, false);
  return std::log(m.mass) + m.peak + (q.r + x) * std::log1p((age - t) / (q.alpha + t)) + q.s * detail::gompertz_time(q.b, q.beta, age).log;
}

/// Log-likelihood of one customer. Costs 1 to 5 us.
/// Source  Bemmaor and Glady (2012), Management Science 58(5), eq. 7; the integral over the time of leaving by Gauss and Legendre.
[[nodiscard]] inline double gompertz_log_likelihood(const gompertz_parameters& q, double x, double t, double age) {
  if (x == 0 && age > 0) {  // what is missing from certain silence: the chance of a first purchase while there
    double buys = 0;
    detail::gompertz_panels(0, age, q.alpha, q.r + 1, q.b, q.beta, q.s, 0.0, [&](double u, double weight) {
      buys += weight * q.r / q.alpha * std::exp(-(q.r + 1) * std::log1p(u / q.alpha) - q.s * detail::gompertz_time(q.b, q.beta, u).log);
      return true;
    });
    if (buys < 0.5) return std::log1p(-buys);
  }
  const double rise = log_rising(q.r, x);
  const auto history = [&](double u) { return rise - q.r * std::log1p(u / q.alpha) - (x > 0 ? x * std::log(q.alpha + u) : 0.0); };
  const double live = history(age) - q.s * detail::gompertz_time(q.b, q.beta, age).log;
  if (!(age > t)) return live;
  const detail::gompertz_moments m = detail::gompertz_left(q, x, t, age, false);
  return logaddexp(live, history(t) + m.peak + std::log(m.mass));
}

namespace detail {

/// The log-likelihood of one customer with derivatives in ln r, ln alpha, ln b, ln s, ln beta.
[[nodiscard]] inline local<5> gompertz_row(const gompertz_parameters& q, const rising_at& rise, double x, double t, double age) {
  local<5> f;
  const double count = q.r + x, log_alpha = std::log(q.alpha), log_beta = std::log(q.beta);
  const auto history = [&](double u) { return rise.log - q.r * std::log1p(u / q.alpha) - (x > 0 ? x * std::log(q.alpha + u) : 0.0); };
  const double live = history(age) - q.s * gompertz_time(q.b, q.beta, age).log;
  gompertz_moments m;
  if (age > t) m = gompertz_left(q, x, t, age, true);
  const double left = age > t ? history(t) + m.peak : live;
  const double shift = live - left;  // the living on the scale of the integral
  if (shift > 300) m = {};
  add_gompertz_term(m, q, count, age, shift > 300 ? 1.0 : std::exp(shift), q.s, false);
  f.value = (shift > 300 ? live : left) + std::log(m.mass);
  const std::array<double, 5> c{q.r * (rise.first + log_alpha), q.r, 0, q.s * log_beta, q.s};
  for (std::size_t i = 0; i < 5; ++i) {
    f.gradient[i] = c[i] + m.first[i] / m.mass;
    for (std::size_t j = i; j < 5; ++j) f.hessian[i][j] = m.second[i][j] / m.mass - m.first[i] / m.mass * (m.first[j] / m.mass);
  }
  f.hessian[0][0] += c[0] + q.r * q.r * rise.second, f.hessian[0][1] += q.r;
  f.hessian[3][3] += c[3], f.hessian[3][4] += q.s;
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < i; ++j) f.hessian[i][j] = f.hessian[j][i];
  return f;
}

/// Integral over (0, horizon] of the chance to stay, for a customer who is there at `age`: that of a new one with beta' =
/// 1 + (beta - 1) e^(-b age).
[[nodiscard]] inline double gompertz_beta_at(const gompertz_parameters& q, double age) { return q.beta * std::exp(-q.b * age) - std::expm1(-q.b * age); }
[[nodiscard]] inline double gompertz_living_time(const gompertz_parameters& q, double age, double horizon) {
  const double beta = gompertz_beta_at(q, age);
  double sum = 0;
  gompertz_panels(0, horizon, horizon, 0.0, q.b, beta, q.s, 0.0, [&](double u, double weight) {
    const double log = -q.s * gompertz_time(q.b, beta, u).log;
    sum += weight * std::exp(log);
    return log > -45 - 8;
  });
  return sum;
}

}  // namespace detail
}  // namespace guanxi::value
