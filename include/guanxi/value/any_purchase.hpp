#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/incomplete.hpp>
#include <guanxi/value/ahead.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/pareto_nbd.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

/// One purchase model of any kind with its parameters as a row of numbers: what intervals, posteriors and totals work on.
///
/// Made from a fitted model (implicitly); with() gives the same model at other parameters.
class any_purchase {
 public:
  any_purchase(const PurchaseModel& m)  // NOLINT: implicit, so that every model can be handed over
      : name_(m.name()), story_(m.story()), result_(m.result()) { use(result_.params); }
  any_purchase(const ParetoNBD& m)  // NOLINT
      : name_(ParetoNBD::name()), pareto_(true), result_(m.result()) { use(result_.params); }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }
  [[nodiscard]] bool is_pareto() const noexcept { return pareto_; }
  [[nodiscard]] purchase_story story() const noexcept { return story_; }
  [[nodiscard]] std::size_t parameters() const noexcept { return result_.params.size(); }
  [[nodiscard]] any_purchase with(std::span<const double> params) const {
    any_purchase out = *this;
    out.use(params);
    return out;
  }
  /// Puts other parameters into this one; standard errors stay those of the fit.
  any_purchase& move_to(std::span<const double> params) {
    use(params);
    return *this;
  }
  /// The covariance of the logs of the parameters that the delta method takes.
  void set_log_covariance(std::vector<std::vector<double>> covariance) { result_.log_covariance = std::move(covariance); }
  void set_params(std::span<const double> params) {
    use(params);
    result_.params.assign(params.begin(), params.end());
  }
  [[nodiscard]] const purchase_parameters& family() const noexcept { return p_; }
  [[nodiscard]] const pareto_parameters& pareto() const noexcept { return q_; }

  [[nodiscard]] double alive(double x, double t, double age) const {
    return pareto_ ? logistic(-pareto_log_odds_left(q_, x, t, age)) : probability_alive(p_, story_, x, t, age);
  }
  [[nodiscard]] double mean(double x, double t, double age, double horizon, detail::ahead_space& space) const {
    if (!pareto_) return expected_purchases(p_, story_, x, t, age, horizon, space);
    const double beta = q_.beta + age;
    return alive(x, t, age) * (q_.r + x) / (q_.alpha + age) * beta * detail::saturated(q_.s - 1.0, std::log1p(horizon / beta));
  }
  /// P(Y >= n) for n = 0, 1, ... into space.at_least.
  void at_least(double x, double t, double age, double horizon, detail::ahead_space& space) const {
    if (pareto_)
      pareto_at_least_given_alive(q_, x, age, horizon, space);
    else
      detail::at_least_given_alive(p_, story_, x, t, age, horizon, space);
    const double lives = alive(x, t, age);
    for (std::size_t n = 1; n < space.at_least.size(); ++n) space.at_least[n] *= lives;
  }
  /// Mean and mean square of the count, without its whole law where that is dear.
  [[nodiscard]] std::array<double, 2> moments(double x, double t, double age, double horizon, detail::ahead_space& space) const {
    double first = 0, second = 0;
    if (!pareto_) {
      at_least(x, t, age, horizon, space);
      for (std::size_t k = space.at_least.size(); k-- > 1;) {
        first += space.at_least[k];
        second += (2.0 * static_cast<double>(k) - 1.0) * space.at_least[k];
      }
      return {first, second};
    }
    // time that is lived of the horizon: its mean and mean square by its survival function
    const double beta = q_.beta + age, alpha = q_.alpha + age, count = q_.r + x;
    double square = 0;
    detail::over_horizon(horizon, beta / std::max(1.0, q_.s), 1.0, [&](double tau, double weight) { square += weight * 2 * tau * std::exp(-q_.s * std::log1p(tau / beta)); });
    const double lives = alive(x, t, age);
    first = lives * count / alpha * beta * detail::saturated(q_.s - 1.0, std::log1p(horizon / beta));
    second = lives * count * (count + 1) / (alpha * alpha) * square + first;
    return {first, second};
  }
  /// The same law for a customer who has just made the first purchase.
  void at_least_new(double horizon, detail::ahead_space& space) const {
    at_least(0, 0, 0, horizon, space);  // alive() at age 0 is b / (a + b) for MBG, 1 otherwise
  }

 private:
  void use(std::span<const double> params) {
    if (params.size() != result_.params.size() || params.empty()) throw error(errc::not_fitted, name_ + ": fit comes first");
    if (pareto_)
      q_ = {params[0], params[1], params[2], params[3]};
    else
      p_ = {params[0], params[1], params.size() > 2 ? params[2] : 0.0, params.size() > 2 ? params[3] : 1.0};
  }

  std::string name_;
  bool pareto_ = false;
  purchase_story story_;
  fit_result result_;
  purchase_parameters p_;
  pareto_parameters q_;
};

/// Two nested models on the same customers: twice the gain in log-likelihood, against chi-squared.
struct likelihood_ratio_test {
  double statistic = 0, degrees = 0, p_value = 1;
  double p_at_boundary = 1;  // half of it: where the smaller model is the larger one with a parameter at its limit (no dropout)
};
/// Fails when the models were fitted to unlike numbers of customers or the larger one has no more parameters.
/// Source: Wilks (1938); Self and Liang (1987) for the boundary.
[[nodiscard]] inline likelihood_ratio_test likelihood_ratio(const fit_result& smaller, const fit_result& larger) {
  if (larger.params.size() <= smaller.params.size())
    throw error(errc::out_of_domain, "value::likelihood_ratio: 'larger' has " + std::to_string(larger.params.size()) +
                                         " parameters, 'smaller' has " + std::to_string(smaller.params.size()));
  if (larger.customers != smaller.customers || !std::isfinite(larger.log_likelihood) || !std::isfinite(smaller.log_likelihood))
    throw error(errc::out_of_domain, "value::likelihood_ratio: both models must be fitted to the same customers");
  likelihood_ratio_test out;
  out.statistic = std::max(0.0, 2 * (larger.log_likelihood - smaller.log_likelihood));
  out.degrees = static_cast<double>(larger.params.size() - smaller.params.size());
  out.p_value = gamma_tails(0.5 * out.degrees, 0.5 * out.statistic).upper;
  out.p_at_boundary = 0.5 * out.p_value;
  return out;
}

}  // namespace guanxi::value
