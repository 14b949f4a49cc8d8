#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/value/ahead.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/log_prior.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/pareto_likelihood.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

namespace detail {
/// (1 - e^(-c y)) / c, which is y at c = 0; also for negative c.
[[nodiscard]] inline double saturated(double c, double y) noexcept { return c == 0 ? y : -std::expm1(-c * y) / c; }

/// Nodes tau and weights of an integral over (0, horizon], in panels of v = ln(1 + tau / scale) at most `widest` long.
template <class Body>
void over_horizon(double horizon, double scale, double widest, Body&& body) {
  const double span = std::log1p(horizon / scale);
  const auto panels = static_cast<std::size_t>(std::clamp(std::ceil(span / widest), 1.0, 200.0));
  const double half = 0.5 * span / static_cast<double>(panels);
  for (std::size_t panel = 0; panel < panels; ++panel)
    for (std::size_t k = 0; k < legendre_node.size(); ++k) {
      const double v = half * (2.0 * static_cast<double>(panel) + 1.0 + legendre_node[k]);
      body(scale * std::expm1(v), half * legendre_weight[k] * scale * std::exp(v));
    }
}

/// Integral over (0, horizon] of e^(-rate tau) ((beta + age) / (beta + age + tau))^s: the discounted time that is lived.
[[nodiscard]] inline double pareto_living_time(const pareto_parameters& q, double age, double rate, double horizon) {
  const double beta = q.beta + age;
  if (rate == 0) return beta * saturated(q.s - 1.0, std::log1p(horizon / beta));
  double sum = 0;
  const double end = std::min(horizon, 42.0 / rate);
  // one scale for what falls first: e^(-rate tau) or the power
  const double scale = std::min(beta / std::max(q.s, 1.0), 1.0 / rate);
  over_horizon(end, scale, 0.4, [&](double tau, double weight) { sum += weight * std::exp(-rate * tau - q.s * std::log1p(tau / beta)); });
  return sum;
}
/// P(no purchase in the horizon | alive): silent to its end, or left before a purchase. Both parts are positive.
[[nodiscard]] inline double pareto_silent_given_alive(const pareto_parameters& q, double x, double age, double horizon) {
  const double count = q.r + x, alpha = q.alpha + age, beta = q.beta + age;
  const bool alpha_first = alpha <= beta;
  const double small = alpha_first ? alpha : beta, large = alpha_first ? beta : alpha;
  const leaving in = leaving_of<false>(std::log1p(horizon / small), 1.0 + horizon / small, alpha_first ? count : q.s + 1.0, alpha_first ? q.s + 1.0 : count, small / large);
  return std::exp(-count * std::log1p(horizon / alpha) - q.s * std::log1p(horizon / beta)) + q.s * small / beta * in.one;
}
}  // namespace detail

/// P(Y >= n | alive) of the Pareto/NBD for n = 0, 1, ... into space.at_least: purchases in `horizon` after `age`.
/// Costs 12 to some hundred negative binomial laws, each O(largest count). Source: the law of purchases given the time of
/// leaving, integrated over that time; Fader and Hardie (2014), "Deriving the conditional pmf of the Pareto/NBD model".
inline void pareto_at_least_given_alive(const pareto_parameters& q, double x, double age, double horizon, detail::ahead_space& space) {
  const double count = q.r + x, alpha = q.alpha + age, beta = q.beta + age;
  const auto law = [&](double time) { detail::nb_upper(count, time / (alpha + time), alpha / (alpha + time), space.upper); };
  law(horizon);
  const double stays = std::exp(-q.s * std::log1p(horizon / beta));
  space.at_least.assign(space.upper.size(), 0.0);
  for (std::size_t n = 0; n < space.upper.size(); ++n) space.at_least[n] = stays * space.upper[n];
  const double widest = std::min({1.5, 4.0 / std::sqrt(count + 1.0), 8.0 / (q.s + 1.0)});
  detail::over_horizon(horizon, std::min(alpha, beta), widest, [&](double time, double weight) {
    const double w = weight * q.s / beta * std::exp(-(q.s + 1.0) * std::log1p(time / beta));
    if (!(w > 1e-19)) return;
    law(time);
    const std::size_t most = std::min(space.upper.size(), space.at_least.size());
    for (std::size_t n = 0; n < most; ++n) space.at_least[n] += w * space.upper[n];
  });
  space.at_least[0] = 1.0;
}

/// Pareto/NBD: Poisson purchases until an exponential time of leaving, both rates gamma-distributed (r, alpha, s, beta).
///
/// fit() always returns; its status says in words what to make of the result.
/// Source  Schmittlein, Morrison and Colombo (1987), Management Science 33, 1-24; Fader and Hardie (2005).
class ParetoNBD {
 public:
  explicit ParetoNBD(unsigned threads = 0) : threads_(threads) {}

  /// Fits by maximum likelihood, or to the posterior mode under a prior.
  /// Costs 6 to 15 passes of about 100 ns a distinct history.
  ParetoNBD& fit(const customer_rows& rows, const log_prior& prior = {}) {
    check(rows, name());
    return fit(group(rows), prior);
  }
  ParetoNBD& fit(const row_groups& g, const log_prior& prior = {}) {
    prior.check(name(), 4);
    const unsigned threads = g.size() < 20'000 ? 1 : threads_;
    result_ = {};
    result_.names = {"r", "alpha", "s", "beta"};
    result_.customers = g.customers;
    const optimum<2> plain = detail::fit_rate_only(g, 1, threads);
    pareto_likelihood likelihood(g, threads);
    double exposure = 0;
    for (std::size_t i = 0; i < g.times.size(); ++i) exposure += g.age_weight[i] * g.times[i];
    const double age = std::log(std::max(exposure / std::max(g.customers, 1e-300), 1e-12));
    const auto f = [&](const std::array<double, 4>& theta) {
      const std::array<double, 4> p{std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2]), std::exp(theta[3])};
      local<4> here = likelihood(p[0], p[1], p[2], p[3]);
      detail::to_logs(here, p);
      prior.add(here, theta);
      return here;
    };
    optimum<4> best = maximise<4>(f, {plain.at[0], plain.at[1], -0.7, age}, -20.0, 20.0);
    if (!best.converged || best.here.value < plain.here.value - 1e-6) {
      const optimum<4> small = maximise<4>(f, {plain.at[0], plain.at[1], -4.0, age}, -20.0, 20.0);
      if (small.here.value > best.here.value || !std::isfinite(best.here.value)) best = small;
    }
    q_ = {std::exp(best.at[0]), std::exp(best.at[1]), std::exp(best.at[2]), std::exp(best.at[3])};
    result_.params = {q_.r, q_.alpha, q_.s, q_.beta};
    result_.log_likelihood = best.here.value - prior.value(best.at);
    result_.passes = best.passes;
    result_.converged = best.converged;
    result_.gradient_norm = best.gradient_norm;
    detail::fill_errors(result_, best);
    say(g, best, plain, age);
    return *this;
  }
  /// A model from known parameters.
  ParetoNBD& set(const pareto_parameters& q) {
    for (const auto& [what, value] : {std::pair{"r", q.r}, {"alpha", q.alpha}, {"s", q.s}, {"beta", q.beta}})
      detail::check_positive(name(), what, value);
    q_ = q;
    result_ = {};
    result_.names = {"r", "alpha", "s", "beta"};
    result_.params = {q.r, q.alpha, q.s, q.beta};
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] static std::string name() { return "value::ParetoNBD"; }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }
  [[nodiscard]] const pareto_parameters& parameters() const noexcept { return q_; }

  /// Chance that each customer still buys. Costs about 70 ns a row.
  void probability_alive(const customer_rows& rows, std::span<double> out) const {
    each(rows, out, [&](std::size_t i, detail::ahead_space&) {
      return logistic(-pareto_log_odds_left(q_, rows.frequency[i], rows.recency[i], rows.age[i]));
    });
  }
  /// Expected purchases in (age, age + horizon]. Costs about 90 ns a row.
  void expected_purchases(const customer_rows& rows, double horizon, std::span<double> out) const {
    detail::check_positive(name(), "horizon", horizon);
    each(rows, out, [&](std::size_t i, detail::ahead_space&) { return mean(rows.frequency[i], rows.recency[i], rows.age[i], horizon); });
  }
  /// P(exactly n purchases in the horizon) of each customer.
  void probability_of(const customer_rows& rows, std::uint64_t n, double horizon, std::span<double> out) const {
    detail::check_positive(name(), "horizon", horizon);
    each(rows, out, [&](std::size_t i, detail::ahead_space& space) {
      const double odds = pareto_log_odds_left(q_, rows.frequency[i], rows.recency[i], rows.age[i]), alive = logistic(-odds);
      if (n == 0) return logistic(odds) + alive * detail::pareto_silent_given_alive(q_, rows.frequency[i], rows.age[i], horizon);
      pareto_at_least_given_alive(q_, rows.frequency[i], rows.age[i], horizon, space);
      const double here = n < space.at_least.size() ? space.at_least[n] : 0.0;
      const double more = n + 1 < space.at_least.size() ? space.at_least[n + 1] : 0.0;
      return alive * (here - more);
    });
  }
  /// Discounted expected purchases: the sum of e^(-rate tau) over the purchases at age + tau, tau to the horizon (may be
  /// infinite when rate > 0). The rate is a continuous one a unit of time: ln(1 + d) for d a unit.
  /// Source: Fader, Hardie and Lee (2005), RFM and CLV (DERT), as an integral over time without Tricomi's function.
  void discounted_purchases(const customer_rows& rows, double rate, double horizon, std::span<double> out) const {
    check_discount(name(), rate, horizon);
    each(rows, out, [&](std::size_t i, detail::ahead_space&) {
      const double x = rows.frequency[i], age = rows.age[i];
      return logistic(-pareto_log_odds_left(q_, x, rows.recency[i], age)) * (q_.r + x) / (q_.alpha + age) * detail::pareto_living_time(q_, age, rate, horizon);
    });
  }
  static void check_discount(const std::string& caller, double rate, double horizon) {
    if (!(rate >= 0) || std::isinf(rate))
      throw error(errc::out_of_domain, caller + ": 'rate' is " + detail::number(rate) + "; a number >= 0 is wanted");
    if (!(horizon > 0)) throw error(errc::out_of_domain, caller + ": 'horizon' is " + detail::number(horizon) + "; a positive number is wanted");
    if (rate == 0 && std::isinf(horizon)) throw error(errc::out_of_domain, caller + ": an infinite 'horizon' needs a 'rate' above 0");
  }
  [[nodiscard]] double expected_purchases_new(double horizon) const {
    ready();
    detail::check_positive(name(), "horizon", horizon);
    return mean(0, 0, 0, horizon);
  }
  [[nodiscard]] double pmf(std::uint64_t n, double horizon) const {
    ready();
    detail::check_positive(name(), "horizon", horizon);
    detail::ahead_space space;
    pareto_at_least_given_alive(q_, 0, 0, horizon, space);
    return n < space.at_least.size() ? space.at_least[n] - (n + 1 < space.at_least.size() ? space.at_least[n + 1] : 0.0) : 0.0;
  }
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    ready();
    return detail::draw_parameters(result_, n, seed);
  }
  /// Expected purchases of one customer.
  [[nodiscard]] double mean(double x, double t, double age, double horizon) const noexcept {
    const double beta = q_.beta + age;
    return logistic(-pareto_log_odds_left(q_, x, t, age)) * (q_.r + x) / (q_.alpha + age) * beta *
           detail::saturated(q_.s - 1.0, std::log1p(horizon / beta));
  }

 private:
  void ready() const {
    if (result_.params.empty()) throw error(errc::not_fitted, name() + ": fit comes first");
  }
  template <class Body>
  void each(const customer_rows& rows, std::span<double> out, Body&& body) const {
    ready();
    check(rows, name());
    detail::same_size(name(), "out", out.size(), rows.size());
    parallel_blocks(
        rows.size(), 8192,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          detail::ahead_space space;
          for (std::size_t i = begin; i < end; ++i) out[i] = body(i, space);
        },
        threads_);
  }
  void say(const row_groups& g, const optimum<4>& best, const optimum<2>& plain, double log_age) {
    const double gone = -std::expm1(-q_.s * std::log1p(std::exp(log_age) / q_.beta));  // share of customers who left by the mean age
    if (g.repeats == 0) {
      result_.status = "no repeat purchases: rate not identifiable";
    } else if (gone < 1e-3 || result_.log_likelihood < plain.here.value) {
      result_.status = "dropout vanished: equals NBD (log-likelihood " + detail::text(result_.log_likelihood) + " with dropout, " +
                       detail::text(plain.here.value) + " without)";
      detail::fill_errors(result_, best, 2);
    } else if (!best.converged) {
      result_.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    } else if (best.at[0] > 9.0) {
      result_.status = "converged, but all customers look alike: only the rate r / alpha is identified";
    } else if (best.at[2] > 9.0 || best.at[3] > 19.0) {
      result_.status = "converged, but all customers leave alike: only the rate s / beta is identified";
    } else if (result_.condition > 1e8) {
      result_.status = "flat ridge: only the mean rates are identified, not every parameter";
    } else if (g.repeats < 20) {
      result_.status = "converged, but on only " + detail::number(g.repeats) + " repeat purchases: wide errors";
    } else {
      result_.status = "converged in " + std::to_string(best.passes) + " passes";
    }
  }

  unsigned threads_;
  pareto_parameters q_;
  fit_result result_;
};

}  // namespace guanxi::value
