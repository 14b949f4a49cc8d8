#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/dense.hpp>

namespace guanxi::relation {

enum class hazard_link : std::uint8_t { logit, cloglog };

/// Chance of leaving in a period, given that one was still there: a regression on customer-periods.
///
/// Row i is one customer in one period: P(leaves) = link(a[period] + x_i' coef). Covariates may change from period to
/// period. With cloglog the coefficients are those of proportional hazards in continuous time.
/// An event may be a chance: 1 - P(alive) of a customer that never says goodbye.
///
/// Source  Cox (1972), J. R. Statist. Soc. B 34, sect. 6; Prentice and Gloeckler (1978), Biometrics 34, 57-67; Singer and
///         Willett (1993), J. of Educational Statistics 18, 155-195.
/// Costs   O(rows p^2) a Newton step, 5 to 9 steps; periods enter by their own block (periods x p^2).
class DiscreteHazard {
 public:
  explicit DiscreteHazard(hazard_link link = hazard_link::logit, double ridge = 0.0, int max_passes = 60, unsigned threads = 0)
      : link_(link), ridge_(ridge), max_passes_(max_passes), threads_(threads) {
    if (!(ridge >= 0) || std::isinf(ridge))
      throw error(errc::out_of_domain, "relation::DiscreteHazard: 'ridge' is " + std::to_string(ridge) + "; 0 or more is wanted");
  }

  /// Takes   x: rows x covariates, row after row; event in [0, 1]; period 0 .. T-1 of each row, or empty for one period;
  ///         weights >= 0 or empty.
  /// Gives   *this, always with a status. A period in which nobody (everybody) left has the chance 0 (1) and says nothing of
  ///         the covariates; a coefficient that runs off is named.
  /// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_domain, errc::empty.
  DiscreteHazard& fit(std::span<const double> x, std::size_t covariates, std::span<const double> event,
                      std::span<const std::uint32_t> period = {}, std::span<const double> weights = {}) {
    check(x, covariates, event, period, weights);
    prepare(x, covariates, event, period, weights);
    climb();
    finish();
    return *this;
  }

  [[nodiscard]] std::span<const double> coefficients() const noexcept { return coef_; }
  [[nodiscard]] std::span<const double> standard_errors() const noexcept { return errors_; }
  /// Intercept of each period on the link's scale, at covariates 0; -infinity where nobody left. And its standard error.
  [[nodiscard]] std::span<const double> intercepts() const noexcept { return intercept_; }
  [[nodiscard]] std::span<const double> intercept_errors() const noexcept { return intercept_error_; }
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  /// With the periods' own chances and no covariates.
  [[nodiscard]] double log_likelihood_null() const noexcept { return log_likelihood_null_; }
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_; }
  [[nodiscard]] int passes() const noexcept { return passes_; }
  [[nodiscard]] const std::vector<std::string>& status() const noexcept { return status_; }
  /// Covariance of the coefficients alone, p x p.
  [[nodiscard]] std::span<const double> covariance() const noexcept { return covariance_; }

  /// Chance of leaving of each row; an interval by the delta method on the link's scale.
  struct chances {
    std::vector<double> hazard, low, high;
  };
  [[nodiscard]] chances predict(std::span<const double> x, std::span<const std::uint32_t> period, double level = 0.9) const {
    if (status_.empty()) throw error(errc::not_fitted, "relation::DiscreteHazard: fit comes first");
    const std::size_t p = coef_.size(), n = p ? x.size() / p : period.size();
    if (p && x.size() != n * p)
      throw error(errc::size_mismatch, "relation::DiscreteHazard: 'X' has " + std::to_string(x.size()) + " entries, want rows of " + std::to_string(p));
    if (!period.empty() && period.size() != n)
      throw error(errc::size_mismatch, "relation::DiscreteHazard: 'period' has " + std::to_string(period.size()) + " entries, 'X' has " +
                                           std::to_string(n) + " rows");
    if (!(level > 0 && level < 1))
      throw error(errc::out_of_domain, "relation::DiscreteHazard: 'level' is " + std::to_string(level) + "; between 0 and 1 is wanted");
    const double z = normal_quantile(0.5 * (1 + level));
    chances out{std::vector<double>(n), std::vector<double>(n, unknown), std::vector<double>(n, unknown)};
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t t = period.empty() ? 0 : period[i];
      if (t >= intercept_.size()) {  // a period that was never seen
        out.hazard[i] = unknown;
        continue;
      }
      double eta = intercept_[t];
      for (std::size_t j = 0; j < p; ++j) eta += x[i * p + j] * coef_[j];
      out.hazard[i] = inverse(eta);
      if (!std::isfinite(intercept_[t]) || covariance_.empty()) continue;
      // variance of a_t + x'b = variance of a_t's own part + (x - m_t)' Cov (x - m_t)
      double variance = own_variance_[t];
      for (std::size_t j = 0; j < p; ++j)
        for (std::size_t k = 0; k < p; ++k)
          variance += (x[i * p + j] - middle_[t * p + j]) * covariance_[j * p + k] * (x[i * p + k] - middle_[t * p + k]);
      const double half = z * std::sqrt(std::max(0.0, variance));
      out.low[i] = inverse(eta - half), out.high[i] = inverse(eta + half);
    }
    return out;
  }

  /// Value of one covariate at which the chance of leaving reaches `hazard`, the others as they are: the price position at
  /// which a customer would leave. Interval by the delta method; NaN where the covariate's own effect is within 1.645 standard
  /// errors of nothing, for then no value of it can be told.
  struct reached {
    std::vector<double> value, low, high;
  };
  [[nodiscard]] reached reach(std::span<const double> x, std::span<const std::uint32_t> period, std::size_t covariate, double hazard,
                              double level = 0.9) const {
    if (!(hazard > 0 && hazard < 1))
      throw error(errc::out_of_domain, "relation::DiscreteHazard: 'hazard' is " + std::to_string(hazard) + "; between 0 and 1 is wanted");
    if (covariate >= coef_.size())
      throw error(errc::out_of_domain, "relation::DiscreteHazard: 'covariate' is " + std::to_string(covariate) + ", there are " + std::to_string(coef_.size()));
    const std::size_t p = coef_.size(), n = predict(x, period, level).hazard.size();  // checks the arguments
    reached out{std::vector<double>(n, unknown), std::vector<double>(n, unknown), std::vector<double>(n, unknown)};
    const double own = coef_[covariate], z = normal_quantile(0.5 * (1 + level));
    if (!(std::fabs(own) > 1.645 * errors_[covariate])) return out;
    std::vector<double> at(p);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t t = period.empty() ? 0 : period[i];
      if (t >= intercept_.size() || !std::isfinite(intercept_[t])) continue;
      double rest = intercept_[t];
      for (std::size_t j = 0; j < p; ++j) at[j] = x[i * p + j], rest += j == covariate ? 0.0 : at[j] * coef_[j];
      at[covariate] = out.value[i] = (link(hazard) - rest) / own;
      double variance = own_variance_[t];
      for (std::size_t j = 0; j < p; ++j)
        for (std::size_t k = 0; k < p; ++k)
          variance += (at[j] - middle_[t * p + j]) * covariance_[j * p + k] * (at[k] - middle_[t * p + k]);
      const double half = z * std::sqrt(std::max(0.0, variance)) / std::fabs(own);
      out.low[i] = out.value[i] - half, out.high[i] = out.value[i] + half;
    }
    return out;
  }

 private:
  static void check(std::span<const double> x, std::size_t p, std::span<const double> event, std::span<const std::uint32_t> period,
                    std::span<const double> weights) {
    const std::string who = "relation::DiscreteHazard: ";
    const std::size_t n = event.size();
    if (n == 0) throw error(errc::empty, who + "there are no rows");
    if (x.size() != n * p)
      throw error(errc::size_mismatch, who + "'X' has " + std::to_string(x.size()) + " entries, want " + std::to_string(n) + " rows of " + std::to_string(p));
    const auto same = [&](const char* name, std::size_t size) {
      if (size != n && size != 0)
        throw error(errc::size_mismatch, who + "'" + name + "' has " + std::to_string(size) + " entries, 'event' has " + std::to_string(n));
    };
    same("period", period.size()), same("weights", weights.size());
    for (std::size_t i = 0; i < n; ++i) {
      if (!(event[i] >= 0 && event[i] <= 1))
        throw error(errc::out_of_domain, who + "'event' is " + std::to_string(event[i]) + " in row " + std::to_string(i) + ", want a chance from 0 to 1");
      if (!period.empty() && period[i] >= 100'000)
        throw error(errc::out_of_domain, who + "'period' is " + std::to_string(period[i]) + " in row " + std::to_string(i) + ", want 0 to 99,999");
      if (!weights.empty() && !(weights[i] >= 0 && weights[i] < 1e300))
        throw error(errc::out_of_domain, who + "'weights' is " + std::to_string(weights[i]) + " in row " + std::to_string(i) + ", want 0 or more");
    }
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!std::isfinite(x[i]))
        throw error(errc::not_finite, who + "'X' is not a number in row " + std::to_string(i / p) + ", column " + std::to_string(i % p));
  }

  /// Rows of periods that say something, with covariates centred and scaled.
  void prepare(std::span<const double> x, std::size_t p, std::span<const double> event, std::span<const std::uint32_t> period,
               std::span<const double> weights) {
    p_ = p, status_.clear();
    const std::size_t n = event.size();
    periods_ = 1;
    for (const std::uint32_t t : period) periods_ = std::max<std::size_t>(periods_, std::size_t{t} + 1);
    at_risk_.assign(periods_, 0.0), left_.assign(periods_, 0.0);
    const auto when = [&](std::size_t i) -> std::size_t { return period.empty() ? 0 : period[i]; };
    const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
    for (std::size_t i = 0; i < n; ++i) at_risk_[when(i)] += weight(i), left_[when(i)] += weight(i) * event[i];
    events_ = 0, rows_ = 0;
    for (std::size_t t = 0; t < periods_; ++t) events_ += left_[t], rows_ += at_risk_[t];
    x_.clear(), y_.clear(), w_.clear(), when_.clear();
    centre_.assign(p, 0.0), scale_.assign(p, 1.0), constant_.assign(p, false);
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (!tells(when(i)) || !(weight(i) > 0)) continue;
      y_.push_back(event[i]), w_.push_back(weight(i)), when_.push_back(static_cast<std::uint32_t>(when(i)));
      x_.insert(x_.end(), x.begin() + static_cast<std::ptrdiff_t>(i * p), x.begin() + static_cast<std::ptrdiff_t>((i + 1) * p));
      total += weight(i);
      for (std::size_t j = 0; j < p; ++j) centre_[j] += weight(i) * x[i * p + j];
    }
    std::vector<double> squares(p);
    for (double& c : centre_) c /= std::max(total, 1e-300);
    for (std::size_t i = 0; i < y_.size(); ++i)
      for (std::size_t j = 0; j < p; ++j) squares[j] += w_[i] * (x_[i * p + j] - centre_[j]) * (x_[i * p + j] - centre_[j]);
    for (std::size_t j = 0; j < p; ++j) {
      const double sd = std::sqrt(squares[j] / std::max(total, 1e-300));
      constant_[j] = !(sd > 1e-12 * (1 + std::fabs(centre_[j])));
      scale_[j] = constant_[j] ? 1.0 : sd;
      if (constant_[j]) status_.push_back("covariate " + std::to_string(j) + " is constant: no effect can be seen");
    }
    for (std::size_t i = 0; i < y_.size(); ++i)
      for (std::size_t j = 0; j < p; ++j) x_[i * p + j] = constant_[j] ? 0.0 : (x_[i * p + j] - centre_[j]) / scale_[j];
  }
  [[nodiscard]] bool tells(std::size_t t) const noexcept { return left_[t] > 0 && left_[t] < at_risk_[t]; }

  [[nodiscard]] double inverse(double eta) const noexcept {
    return link_ == hazard_link::logit ? logistic(eta) : -std::expm1(-std::exp(std::fmin(eta, 700.0)));
  }
  [[nodiscard]] double link(double h) const noexcept {
    return link_ == hazard_link::logit ? std::log(h) - std::log1p(-h) : std::log(-std::log1p(-h));
  }
  struct piece {
    double value, slope, bend;  // log-likelihood, derivative in eta, minus the second derivative
  };
  [[nodiscard]] piece of(double y, double eta) const noexcept {
    if (link_ == hazard_link::logit) {
      const double h = logistic(eta);
      return {y * eta - log1pexp(eta), y - h, h * (1 - h)};
    }
    const double m = std::exp(std::clamp(eta, -700.0, 40.0)), gone = -std::expm1(-m);
    const double odds = std::exp(-m) / gone;  // 1 / (exp(m) - 1)
    return {(y > 0 ? y * std::log(gone) : 0.0) - (1 - y) * m, m * (y * odds - (1 - y)),
            (1 - y) * m + y * m * odds * (m / gone - 1)};
  }

  struct sums {
    double value = 0;
    std::vector<double> slope_t, bend_t, cross, slope, bend;  // T, T, T x p, p, p (p + 1) / 2
    sums(std::size_t t, std::size_t p) : slope_t(t), bend_t(t), cross(t * p), slope(p), bend(p * (p + 1) / 2) {}
    void add(const sums& o) {
      value += o.value;
      for (auto [to, from] : {std::pair{&slope_t, &o.slope_t}, std::pair{&bend_t, &o.bend_t}, std::pair{&cross, &o.cross},
                              std::pair{&slope, &o.slope}, std::pair{&bend, &o.bend}})
        for (std::size_t i = 0; i < to->size(); ++i) (*to)[i] += (*from)[i];
    }
  };
  [[nodiscard]] sums evaluate(std::span<const double> a, std::span<const double> b) const {
    constexpr std::size_t block = 16'384;
    const std::size_t blocks = (y_.size() + block - 1) / block;
    std::vector<sums> part(blocks, sums(periods_, p_));
    parallel_blocks(
        y_.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          sums& s = part[number];
          for (std::size_t i = begin; i < end; ++i) {
            const double* x = x_.data() + i * p_;
            const std::size_t t = when_[i];
            double eta = a[t];
            for (std::size_t j = 0; j < p_; ++j) eta += x[j] * b[j];
            const piece here = of(y_[i], eta);
            const double slope = w_[i] * here.slope, bend = w_[i] * here.bend;
            s.value += w_[i] * here.value;
            s.slope_t[t] += slope, s.bend_t[t] += bend;
            double* out = s.bend.data();
            for (std::size_t j = 0; j < p_; ++j) {
              s.slope[j] += slope * x[j];
              const double part_j = bend * x[j];
              s.cross[t * p_ + j] += part_j;
              for (std::size_t k = 0; k <= j; ++k) *out++ += part_j * x[k];
            }
          }
        },
        threads_);
    sums all(periods_, p_);
    for (const sums& s : part) all.add(s);
    for (std::size_t j = 0; j < p_; ++j) {
      all.value -= 0.5 * ridge_ * b[j] * b[j];
      all.slope[j] -= ridge_ * b[j];
      all.bend[j * (j + 1) / 2 + j] += ridge_;
    }
    return all;
  }

  /// The coefficients' own matrix once the periods are taken out: B - C' D^-1 C.
  [[nodiscard]] std::vector<double> reduced(const sums& s) const {
    std::vector<double> m(p_ * p_);
    std::size_t at = 0;
    for (std::size_t j = 0; j < p_; ++j)
      for (std::size_t k = 0; k <= j; ++k, ++at) {
        double v = s.bend[at];
        for (std::size_t t = 0; t < periods_; ++t)
          if (s.bend_t[t] > 0) v -= s.cross[t * p_ + j] * s.cross[t * p_ + k] / s.bend_t[t];
        m[j * p_ + k] = m[k * p_ + j] = v;
      }
    for (std::size_t j = 0; j < p_; ++j)
      if (constant_[j]) m[j * p_ + j] = 1.0;
    return m;
  }

  void climb() {
    std::vector<double> a(periods_, 0.0), b(p_, 0.0);
    log_likelihood_null_ = 0;
    for (std::size_t t = 0; t < periods_; ++t) {
      if (!tells(t)) continue;
      const double h = left_[t] / at_risk_[t];
      a[t] = link(h);
      log_likelihood_null_ += left_[t] * std::log(h) + (at_risk_[t] - left_[t]) * std::log1p(-h);
    }
    sums now = evaluate(a, b);
    converged_ = false;
    for (passes_ = 0; passes_ < max_passes_; ++passes_) {
      gradient_ = 0;
      for (const double g : now.slope_t) gradient_ = std::max(gradient_, std::fabs(g));
      for (const double g : now.slope) gradient_ = std::max(gradient_, std::fabs(g));
      if (gradient_ <= 1e-10 * std::max(1.0, events_)) {
        converged_ = true;
        break;
      }
      std::vector<double> m = reduced(now), step = now.slope;
      for (std::size_t j = 0; j < p_; ++j)
        for (std::size_t t = 0; t < periods_; ++t)
          if (now.bend_t[t] > 0) step[j] -= now.cross[t * p_ + j] * now.slope_t[t] / now.bend_t[t];
      std::vector<double> factor = m;
      for (double lift = 1e-10; p_ && !detail::cholesky_factor(factor, p_) && lift < 1e6; lift *= 10) {
        factor = m;
        for (std::size_t j = 0; j < p_; ++j) factor[j * p_ + j] += lift * (1 + m[j * p_ + j]);
      }
      if (p_) detail::cholesky_solve(factor, step);
      bool better = false;
      double part = 1;
      for (int halving = 0; halving < 40 && !better; ++halving, part *= 0.5) {
        std::vector<double> next_a = a, next_b = b;
        for (std::size_t j = 0; j < p_; ++j) next_b[j] += part * step[j];
        for (std::size_t t = 0; t < periods_; ++t) {
          if (!(now.bend_t[t] > 0)) continue;
          double s = now.slope_t[t];
          for (std::size_t j = 0; j < p_; ++j) s -= now.cross[t * p_ + j] * step[j];
          next_a[t] += part * s / now.bend_t[t];
        }
        sums there = evaluate(next_a, next_b);
        if (!(there.value >= now.value - 1e-13 * std::fabs(now.value))) continue;
        better = true;
        a = std::move(next_a), b = std::move(next_b), now = std::move(there);
      }
      bool away = false;
      for (const double v : b) away = away || std::fabs(v) > 25;
      if (!better || away) break;
    }
    a_ = a, b_ = b;
    log_likelihood_ = now.value;
    for (const double v : b) log_likelihood_ += 0.5 * ridge_ * v * v;  // the penalty is no part of the likelihood
    last_ = reduced(now);
    bend_t_ = now.bend_t, cross_ = now.cross;
  }

  void finish() {
    std::size_t silent = 0;
    for (std::size_t t = 0; t < periods_; ++t) silent += at_risk_[t] > 0 && !tells(t);
    if (!(events_ > 0)) status_.push_back("nobody left: no effect can be estimated");
    if (silent > 0 && events_ > 0) status_.push_back(std::to_string(silent) + " of " + std::to_string(periods_) + " periods say nothing: nobody or everybody left");
    char text[48];
    std::snprintf(text, sizeof text, "%.2g", gradient_);
    status_.push_back(std::string(converged_ ? "converged" : "not converged") + ": gradient " + text + " after " + std::to_string(passes_) + " steps");
    coef_.resize(p_), errors_.assign(p_, unknown), covariance_.clear();
    std::vector<double> factor = last_;
    const bool fine = events_ > 0 && (p_ == 0 || detail::cholesky_factor(factor, p_));
    if (fine) covariance_.assign(p_ * p_, 0.0);
    for (std::size_t j = 0; j < p_; ++j) {
      coef_[j] = constant_[j] ? 0.0 : b_[j] / scale_[j];
      if (!fine) continue;
      std::vector<double> unit(p_);
      unit[j] = 1;
      detail::cholesky_solve(factor, unit);
      for (std::size_t k = 0; k < p_; ++k) covariance_[j * p_ + k] = constant_[j] || constant_[k] ? 0.0 : unit[k] / (scale_[j] * scale_[k]);
      if (!constant_[j]) errors_[j] = std::sqrt(unit[j]) / scale_[j];
      if (!constant_[j] && std::fabs(b_[j]) > 5 && !(std::sqrt(unit[j]) < 10 * std::fabs(b_[j])))
        status_.insert(status_.begin(), "covariate " + std::to_string(j) + " separates: no finite estimate");
    }
    intercept_.assign(periods_, unknown), intercept_error_.assign(periods_, unknown);
    own_variance_.assign(periods_, unknown), middle_.assign(periods_ * p_, 0.0);
    for (std::size_t t = 0; t < periods_; ++t) {
      if (!tells(t)) {
        if (at_risk_[t] > 0) intercept_[t] = left_[t] > 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
        continue;
      }
      intercept_[t] = a_[t];
      own_variance_[t] = 1 / bend_t_[t];
      double variance = own_variance_[t];
      for (std::size_t j = 0; j < p_; ++j) {
        intercept_[t] -= coef_[j] * centre_[j];
        middle_[t * p_ + j] = constant_[j] ? 0.0 : centre_[j] + scale_[j] * cross_[t * p_ + j] / bend_t_[t];
      }
      if (!fine) continue;
      for (std::size_t j = 0; j < p_; ++j)
        for (std::size_t k = 0; k < p_; ++k) variance += middle_[t * p_ + j] * covariance_[j * p_ + k] * middle_[t * p_ + k];
      intercept_error_[t] = std::sqrt(std::max(0.0, variance));
    }
    x_.clear(), x_.shrink_to_fit();
  }

  hazard_link link_;
  double ridge_;
  int max_passes_;
  unsigned threads_;
  std::size_t p_ = 0, periods_ = 0;
  std::vector<double> x_, y_, w_, centre_, scale_, at_risk_, left_, a_, b_, last_, bend_t_, cross_;
  std::vector<std::uint32_t> when_;
  std::vector<bool> constant_;
  double events_ = 0, rows_ = 0;
  bool converged_ = false;
  std::vector<double> coef_, errors_, covariance_, intercept_, intercept_error_, own_variance_, middle_;
  double log_likelihood_ = unknown, log_likelihood_null_ = unknown, gradient_ = unknown;
  int passes_ = 0;
  std::vector<std::string> status_;
};

}  // namespace guanxi::relation
