#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/value/ahead.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/draw_interval.hpp>
#include <guanxi/value/gompertz_likelihood.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/mapped_fit.hpp>
#include <guanxi/value/newton_any.hpp>
#include <guanxi/value/pareto_nbd.hpp>

namespace guanxi::value {

/// Gamma-Gompertz/NBD: Poisson purchases until a Gompertz time of leaving, whose hazard rises with age (b > 0).
///
/// As b goes to 0 with beta / b fixed it becomes Pareto/NBD with beta / b; the search is made in (r, alpha, b, s, beta / b), so
/// that the limit is no ridge, and the status names it.
/// Source  Bemmaor and Glady (2012), "Modeling purchasing behavior with sudden death: a flexible customer lifetime model",
///         Management Science 58(5), 1012-1021.
class GGompertzNBD {
 public:
  explicit GGompertzNBD(unsigned threads = 0) : threads_(threads) {}
  [[nodiscard]] static std::string name() { return "value::GGompertzNBD"; }

  /// Fits by maximum likelihood with analytic first and second derivatives. Four starts; costs 30 to 100 passes of 1 to 5 us a distinct history.
  GGompertzNBD& fit(const customer_rows& rows) {
    check(rows, name());
    const row_groups g = group(rows);
    const fit_result plain = ParetoNBD(threads_).fit(g).result();
    double exposure = 0;
    for (std::size_t i = 0; i < g.times.size(); ++i) exposure += g.age_weight[i] * g.times[i];
    const double age = std::max(exposure / std::max(g.customers, 1e-300), 1e-12);
    const auto f = [&](const std::vector<double>& at) { return pass(g, at); };
    optimum_any best;
    // From Pareto/NBD, whose s runs away where the hazard rises; and from s = 1 with as many gone at the mean age as Pareto/NBD says.
    const auto log = [&](std::size_t i) { return std::clamp(std::log(plain.params[i]), -12.0, 12.0); };
    const bool stays = plain.status.starts_with("dropout vanished");
    const double left = stays ? 0.1 : std::clamp(plain.params[2] * std::log1p(age / plain.params[3]), 1e-3, 5.0);
    for (const auto& [bend, own] : {std::pair{0.05, false}, {1.5, false}, {1.5, true}, {4.0, true}}) {
      const double b = bend / age;
      std::vector<double> start{log(0), log(1), std::log(b), log(2), log(3)};
      if (stays) start[3] = -0.7, start[4] = std::log(age);
      if (own) start[3] = 0.0, start[4] = std::log(std::expm1(bend) / std::expm1(left) / b);
      const optimum_any one = maximise_any(f, start, -25.0, 25.0, 80);
      if (best.passes == 0 || one.here.value > best.here.value) best = one;
    }
    result_ = {};
    result_.names = names();
    result_.customers = g.customers;
    std::vector<double> map(25, 0.0), theta;
    for (std::size_t i = 0; i < 5; ++i) map[i * 5 + i] = 1;
    map[4 * 5 + 2] = 1;  // ln beta = ln(beta / b) + ln b
    const bool straight = std::exp(best.at[2]) * age < 2e-3;
    const double gone = -std::expm1(-std::exp(best.at[3]) * std::log1p(age / std::exp(best.at[4])));
    const bool vanished = straight && gone < 1e-3;
    std::vector<char> frozen(5, 0);
    if (straight) frozen[2] = 1;
    if (vanished) frozen[3] = frozen[4] = 1;
    constexpr std::array<detail::shape_and_scale, 2> laws{{{0, 1}, {3, 4}}};
    detail::take_mapped(result_, theta, best, map, frozen, laws, 5);
    q_ = {result_.params[0], result_.params[1], result_.params[2], result_.params[3], result_.params[4]};
    say(g, best, plain, straight, vanished);
    return *this;
  }
  /// A model from known parameters.
  GGompertzNBD& set(const gompertz_parameters& q) {
    for (const auto& [what, value] : {std::pair{"r", q.r}, {"alpha", q.alpha}, {"b", q.b}, {"s", q.s}, {"beta", q.beta}}) detail::check_positive(name(), what, value);
    q_ = q;
    result_ = {};
    result_.names = names();
    result_.params = {q.r, q.alpha, q.b, q.s, q.beta};
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }
  [[nodiscard]] const gompertz_parameters& parameters() const noexcept { return q_; }

  /// Chance that each customer still buys. Costs 1 to 5 us a row.
  void probability_alive(const customer_rows& rows, std::span<double> out) const {
    each(rows, out, [](const gompertz_parameters& q, double x, double t, double age) { return logistic(-gompertz_log_odds_left(q, x, t, age)); }, q_);
  }
  /// Expected purchases in (age, age + horizon]: by quadrature over the time that is lived.
  void expected_purchases(const customer_rows& rows, double horizon, std::span<double> out) const {
    detail::check_positive(name(), "horizon", horizon);
    each(rows, out, [&](const gompertz_parameters& q, double x, double t, double age) { return mean(q, x, t, age, horizon); }, q_);
  }
  /// P(exactly n purchases in the horizon) of each customer. Costs some hundred negative binomial laws a row.
  void probability_of(const customer_rows& rows, std::uint64_t n, double horizon, std::span<double> out) const {
    detail::check_positive(name(), "horizon", horizon);
    each(rows, out, [&](const gompertz_parameters& q, double x, double t, double age) {
      const double odds = gompertz_log_odds_left(q, x, t, age);
      return logistic(-odds) * counts(q, x, age, n, horizon) + (n == 0 ? logistic(odds) : 0.0);
    }, q_);
  }
  [[nodiscard]] double expected_purchases_new(double horizon) const {
    ready();
    detail::check_positive(name(), "horizon", horizon);
    return mean(q_, 0, 0, 0, horizon);
  }
  [[nodiscard]] double pmf(std::uint64_t n, double horizon) const {
    ready();
    detail::check_positive(name(), "horizon", horizon);
    return counts(q_, 0, 0, n, horizon);
  }
  /// Intervals of P(alive) and of the expectation over draws of the parameters.
  [[nodiscard]] std::pair<row_intervals, row_intervals> intervals(const customer_rows& rows, double horizon, double level, std::size_t draws, std::uint64_t seed) const {
    ready();
    check(rows, name());
    detail::check_positive(name(), "horizon", horizon);
    const auto at = [](std::span<const double> p) { return gompertz_parameters{p[0], p[1], p[2], p[3], p[4]}; };
    auto alive = draw_interval(result_, rows.size(), level, draws, seed, name(), [&](std::span<const double> p, std::span<double> out) {
      each(rows, out, [](const gompertz_parameters& q, double x, double t, double age) { return logistic(-gompertz_log_odds_left(q, x, t, age)); }, at(p));
    });
    auto means = draw_interval(result_, rows.size(), level, draws, seed, name(), [&](std::span<const double> p, std::span<double> out) {
      each(rows, out, [&](const gompertz_parameters& q, double x, double t, double age) { return mean(q, x, t, age, horizon); }, at(p));
    });
    return {std::move(alive), std::move(means)};
  }
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    ready();
    return detail::draw_parameters(result_, n, seed);
  }
  /// The log-likelihood of rows in (ln r, ln alpha, ln b, ln s, ln(beta / b)) with all derivatives; for tests.
  [[nodiscard]] local_any at(const customer_rows& rows, const std::vector<double>& theta) const { return pass(group(rows), theta); }

 private:
  static std::vector<std::string> names() { return {"r", "alpha", "b", "s", "beta"}; }
  void ready() const {
    if (result_.params.empty()) throw error(errc::not_fitted, name() + ": fit comes first");
  }
  static double mean(const gompertz_parameters& q, double x, double t, double age, double horizon) {
    return logistic(-gompertz_log_odds_left(q, x, t, age)) * (q.r + x) / (q.alpha + age) * detail::gompertz_living_time(q, age, horizon);
  }
  /// P(n purchases in the horizon | there at age): to its end, or until a time of leaving.
  static double counts(const gompertz_parameters& q, double x, double age, std::uint64_t n, double horizon) {
    const double beta = detail::gompertz_beta_at(q, age), alpha = q.alpha + age, count = q.r + x, k = static_cast<double>(n);
    const double front = log_rising(count, k) - lgamma(k + 1);
    const auto law = [&](double u) { return std::exp(front - count * std::log1p(u / alpha) + (n > 0 ? k * std::log(u / (alpha + u)) : 0.0)); };
    double sum = law(horizon) * std::exp(-q.s * detail::gompertz_time(q.b, beta, horizon).log);
    detail::gompertz_panels(0, horizon, alpha / (1 + k), count + k, q.b, beta, q.s + 1, 1.0, [&](double u, double weight) {
      sum += weight * law(u) * q.b * q.s / beta * std::exp(q.b * u - (q.s + 1) * detail::gompertz_time(q.b, beta, u).log);
      return true;
    });
    return sum;
  }
  [[nodiscard]] local_any pass(const row_groups& g, const std::vector<double>& theta) const {
    constexpr std::size_t block = 256;
    const gompertz_parameters q{std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2]), std::exp(theta[3]), std::exp(std::clamp(theta[4] + theta[2], -60.0, 60.0))};
    std::vector<local_any> parts((g.size() + block - 1) / block, local_any(5));
    std::vector<detail::rising_at> rise;
    for (const double x : g.counts) rise.emplace_back(q.r, x);
    parallel_blocks(
        g.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          local_any& out = parts[number];
          for (std::size_t i = begin; i < end; ++i) {
            local<5> f = detail::gompertz_row(q, rise[g.x[i]], g.counts[g.x[i]], g.times[g.t[i]], g.times[g.age[i]]);
            // from ln beta to ln(beta / b): ln b moves both
            f.gradient[2] += f.gradient[4];
            for (std::size_t j = 0; j < 5; ++j) f.hessian[2][j] += f.hessian[4][j];
            for (std::size_t j = 0; j < 5; ++j) f.hessian[j][2] += f.hessian[j][4];
            const double w = g.weight[i];
            out.value += w * f.value;
            for (std::size_t j = 0; j < 5; ++j) {
              out.gradient[j] += w * f.gradient[j];
              for (std::size_t l = 0; l < 5; ++l) out.hessian[j * 5 + l] += w * f.hessian[j][l];
            }
          }
        },
        threads_);
    local_any sum(5);
    for (const local_any& part : parts) sum += part;
    return sum;
  }
  template <class Body>
  void each(const customer_rows& rows, std::span<double> out, Body&& body, const gompertz_parameters& q) const {
    ready();
    check(rows, name());
    detail::same_size(name(), "out", out.size(), rows.size());
    parallel_blocks(
        rows.size(), 1024,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) out[i] = body(q, rows.frequency[i], rows.recency[i], rows.age[i]);
        },
        threads_);
  }
  void say(const row_groups& g, const optimum_any& best, const fit_result& plain, bool straight, bool vanished) {
    if (g.repeats == 0)
      result_.status = "no repeat purchases: rate not identifiable";
    else if (vanished)
      result_.status = "dropout vanished: equals NBD";
    else if (straight)
      result_.status = "the hazard does not rise: equals Pareto/NBD with beta " + detail::number(q_.beta / q_.b) + " (log-likelihood " +
                       detail::text(result_.log_likelihood) + ", Pareto/NBD " + detail::text(plain.log_likelihood) + ")";
    else if (!best.converged)
      result_.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    else if (best.at[3] > 9)
      result_.status = "converged, but all customers leave alike: beta and s are not told apart";
    else if (result_.condition > 1e8)
      result_.status = "flat ridge: not every parameter is identified";
    else
      result_.status = "converged in " + std::to_string(best.passes) + " passes";
  }

  unsigned threads_;
  gompertz_parameters q_;
  fit_result result_;
};

}  // namespace guanxi::value
