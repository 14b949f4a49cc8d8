#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/dense.hpp>

namespace guanxi::relation {

/// How a linear score becomes the chance of leaving in a period.
enum class hazard_link : std::uint8_t {
  cloglog,  // 1 - exp(-exp(eta)): proportional hazards seen in whole periods, like Cox
  logit,    // 1 / (1 + exp(-eta))
};

/// "cloglog", "logit". Fails with errc::unknown_name.
[[nodiscard]] inline hazard_link to_hazard_link(std::string_view word) {
  if (word == "cloglog") return hazard_link::cloglog;
  if (word == "logit") return hazard_link::logit;
  throw error(errc::unknown_name,
              "relation::DiscreteHazard: 'link' is '" + std::string(word) + "', want cloglog or logit");
}

/// Hazard of leaving in whole periods, with covariates that may change from period to period.
///
/// One row a customer and period in which it could leave: covariates as known at the start of the period, and the
/// event: 0 it stayed, 1 it left, or anything between where leaving is only probable (1 - P(alive) spread over silent
/// periods). A constant is added by the caller as a column of ones.
///
/// Source  Prentice and Gloeckler (1978), Biometrics 34, 57-67 (cloglog); Cox (1972) (logit); Allison (1982).
/// Costs   O(n p^2) a Newton step.
/// Beware  effects of what people chose to do are not causal.
class DiscreteHazard {
 public:
  explicit DiscreteHazard(hazard_link link = hazard_link::cloglog, double ridge = 0.0, double tol = 1e-10,
                          int max_passes = 60, unsigned threads = 0)
      : link_(link), ridge_(ridge), tol_(tol), max_passes_(max_passes), threads_(threads) {}

  /// Takes   x: n x p by rows; event in [0, 1]; weights of 0 or more, or empty; ridge on the coefficients of columns
  ///         scaled to deviation 1 (constants are free). Gives *this, always with a status.
  /// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_domain.
  DiscreteHazard& fit(std::span<const double> x, std::size_t p, std::span<const double> event,
                      std::span<const double> weights = {}) {
    check(x, p, event, weights);
    p_ = p;
    const std::size_t n = event.size();
    std::vector<double> sd(p, 1.0), mean(p, 0.0), force(p, 0.0);
    for (std::size_t j = 0; j < p; ++j) {
      double total = 0.0, squares = 0.0;
      for (std::size_t i = 0; i < n; ++i) total += x[i * p + j];
      mean[j] = n > 0 ? total / static_cast<double>(n) : 0.0;
      for (std::size_t i = 0; i < n; ++i) squares += (x[i * p + j] - mean[j]) * (x[i * p + j] - mean[j]);
      const double s = n > 0 ? std::sqrt(squares / static_cast<double>(n)) : 0.0;
      const bool constant = !(s > 1e-12 * (1.0 + std::fabs(mean[j])));
      sd[j] = constant ? std::max(std::fabs(mean[j]), 1e-300) : s;
      force[j] = constant ? 0.0 : ridge_;
    }
    std::vector<double> b(p, 0.0);
    double left = 0.0, seen = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double w = weights.empty() ? 1.0 : weights[i];
      left += w * event[i], seen += w;
    }
    events_ = left;
    sums now = add_up(x, event, weights, b, sd, force);
    bool converged = false;
    status_.clear();
    for (passes_ = 0; passes_ < max_passes_; ++passes_) {
      gradient_ = 0.0;
      for (const double g : now.gradient) gradient_ = std::max(gradient_, std::fabs(g));
      if (gradient_ <= tol_ * std::max(1.0, left)) {
        converged = true;
        break;
      }
      std::vector<double> factor = now.information, step = now.gradient;
      double lift = 0.0;
      while (!detail::cholesky_factor(factor, p) && lift < 1e6) {
        lift = lift == 0.0 ? 1e-10 : 10.0 * lift;
        factor = now.information;
        for (std::size_t j = 0; j < p; ++j) factor[j * p + j] += lift * (1.0 + now.information[j * p + j]);
      }
      detail::cholesky_solve(factor, step);
      double part = 1.0;
      bool better = false;
      for (int halving = 0; halving < 40 && !better; ++halving, part *= 0.5) {
        std::vector<double> next = b;
        for (std::size_t j = 0; j < p; ++j) next[j] += part * step[j];
        sums there = add_up(x, event, weights, next, sd, force);
        if (!(there.value >= now.value - 1e-13 * std::fabs(now.value))) continue;
        better = true, b = std::move(next), now = std::move(there);
      }
      bool away = false;
      for (const double v : b) away = away || std::fabs(v) > 40.0;
      if (!better || away) break;
    }
    coef_.assign(p, 0.0), covariance_.clear(), errors_.assign(p, unknown);
    for (std::size_t j = 0; j < p; ++j) coef_[j] = b[j] / sd[j];
    std::vector<double> factor = now.information;
    const bool known = detail::cholesky_factor(factor, p);
    if (known) {
      covariance_.assign(p * p, 0.0);
      for (std::size_t j = 0; j < p; ++j) {
        std::vector<double> unit(p);
        unit[j] = 1.0;
        detail::cholesky_solve(factor, unit);
        for (std::size_t k = 0; k < p; ++k) covariance_[j * p + k] = unit[k] / sd[j] / sd[k];
        errors_[j] = std::sqrt(covariance_[j * p + j]);
      }
    }
    log_likelihood_ = now.plain;
    const double rate = seen > 0.0 ? left / seen : 0.0;
    log_likelihood_null_ =
        (left > 0.0 ? left * std::log(rate) : 0.0) + (seen > left ? (seen - left) * std::log1p(-rate) : 0.0);
    char text[48];
    std::snprintf(text, sizeof text, "%.2g", gradient_);
    if (!(left > 0.0)) status_.push_back("nobody left: no effect can be estimated");
    status_.push_back((converged ? "converged: gradient " : "not converged: gradient ") + std::string(text) +
                      " after " + std::to_string(passes_) + " steps");
    if (!known) status_.push_back("the columns depend on one another or separate: no standard errors");
    for (std::size_t j = 0; known && left > 0.0 && j < p; ++j) {
      if (std::fabs(b[j]) > 5.0 && !(errors_[j] * sd[j] < 10.0 * std::fabs(b[j])))
        status_.insert(status_.begin(), "covariate " + std::to_string(j) + " separates: no finite estimate");
    }
    fitted_ = true;
    return *this;
  }

  /// Chance of leaving in each row's period, with an interval (delta method on the score).
  struct hazards {
    std::vector<double> hazard, low, high;
  };
  [[nodiscard]] hazards predict(std::span<const double> x, double level = 0.9) const {
    need_fit(x);
    const double z = normal_quantile(0.5 + 0.5 * level);
    hazards out;
    for (std::size_t i = 0; i * p_ < x.size(); ++i) {
      const double* row = x.data() + i * p_;
      const double eta = score(row), se = error_of(row);
      out.hazard.push_back(chance(eta)), out.low.push_back(chance(eta - z * se)),
          out.high.push_back(chance(eta + z * se));
    }
    return out;
  }

  /// Value of column `which` at which the hazard of each row reaches `hazard`, the others as they are: the price at
  /// which it would leave. NaN where the column has no effect. The interval is by the delta method.
  struct turning_point {
    std::vector<double> value, low, high;
  };
  [[nodiscard]] turning_point reach(std::span<const double> x, std::size_t which, double hazard,
                                    double level = 0.9) const {
    need_fit(x);
    if (which >= p_ || !(hazard > 0.0 && hazard < 1.0))
      throw error(errc::out_of_domain, "relation::DiscreteHazard: 'hazard' is " + std::to_string(hazard) +
                                           ", want between 0 and 1, and a column of the model");
    const double z = normal_quantile(0.5 + 0.5 * level), beta = coef_[which];
    const double line =
        link_ == hazard_link::logit ? std::log(hazard / (1.0 - hazard)) : std::log(-std::log1p(-hazard));
    turning_point out;
    std::vector<double> slope(p_);
    for (std::size_t i = 0; i * p_ < x.size(); ++i) {
      const double* row = x.data() + i * p_;
      const double v = row[which] + (line - score(row)) / beta;
      for (std::size_t j = 0; j < p_; ++j) slope[j] = -(j == which ? v : row[j]) / beta;
      double variance = 0.0;
      for (std::size_t j = 0; j < p_ && !covariance_.empty(); ++j) {
        for (std::size_t k = 0; k < p_; ++k) variance += slope[j] * slope[k] * covariance_[j * p_ + k];
      }
      const bool fine = std::isfinite(v);
      const double half = covariance_.empty() ? unknown : z * std::sqrt(std::max(0.0, variance));
      out.value.push_back(fine ? v : unknown), out.low.push_back(fine ? v - half : unknown),
          out.high.push_back(fine ? v + half : unknown);
    }
    return out;
  }

  [[nodiscard]] std::span<const double> coefficients() const noexcept { return coef_; }
  [[nodiscard]] std::span<const double> standard_errors() const noexcept { return errors_; }
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] double log_likelihood_null() const noexcept { return log_likelihood_null_; }
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_; }
  [[nodiscard]] int passes() const noexcept { return passes_; }
  [[nodiscard]] const std::vector<std::string>& status() const noexcept { return status_; }

 private:
  struct sums {
    double value = 0.0, plain = 0.0;
    std::vector<double> gradient, information;
  };

  static void check(std::span<const double> x, std::size_t p, std::span<const double> event,
                    std::span<const double> weights) {
    const std::string place = "relation::DiscreteHazard: ";
    const std::size_t n = event.size();
    if (p == 0 || x.size() != n * p)
      throw error(errc::size_mismatch, place + "'X' has " + std::to_string(x.size()) + " entries, want " +
                                           std::to_string(n) + " rows of " + std::to_string(p));
    if (!weights.empty() && weights.size() != n)
      throw error(errc::size_mismatch, place + "'event' has " + std::to_string(n) + " entries, 'weights' has " +
                                           std::to_string(weights.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!std::isfinite(x[i]))
        throw error(errc::not_finite, place + "'X' is not a number in row " + std::to_string(i / p) + ", column " +
                                          std::to_string(i % p));
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!(event[i] >= 0.0 && event[i] <= 1.0))
        throw error(errc::out_of_domain, place + "'event' is " + std::to_string(event[i]) + " in row " +
                                             std::to_string(i) + ", want 0 to 1");
      if (!weights.empty() && !(weights[i] >= 0.0 && std::isfinite(weights[i])))
        throw error(errc::out_of_domain, place + "'weights' is not 0 or more in row " + std::to_string(i));
    }
  }
  void need_fit(std::span<const double> x) const {
    if (!fitted_) throw error(errc::not_fitted, "relation: DiscreteHazard has no parameters yet; call fit first");
    if (x.size() % p_ != 0)
      throw error(errc::size_mismatch, "relation::DiscreteHazard: 'X' has " + std::to_string(x.size()) +
                                           " entries, want rows of " + std::to_string(p_));
  }
  [[nodiscard]] double score(const double* row) const {
    double eta = 0.0;
    for (std::size_t j = 0; j < p_; ++j) eta += row[j] * coef_[j];
    return eta;
  }
  [[nodiscard]] double error_of(const double* row) const {
    if (covariance_.empty()) return unknown;
    double variance = 0.0;
    for (std::size_t j = 0; j < p_; ++j) {
      for (std::size_t k = 0; k < p_; ++k) variance += row[j] * row[k] * covariance_[j * p_ + k];
    }
    return std::sqrt(std::max(0.0, variance));
  }
  [[nodiscard]] double chance(double eta) const {
    return link_ == hazard_link::logit ? logistic(eta) : -std::expm1(-std::exp(std::min(eta, 700.0)));
  }

  /// Log-likelihood of one row, its slope in the score and minus its bend (observed).
  void term(double eta, double y, double& value, double& slope, double& bend) const {
    if (link_ == hazard_link::logit) {
      const double h = logistic(eta);
      value = y * eta - (eta > 0.0 ? eta + std::log1p(std::exp(-eta)) : std::log1p(std::exp(eta)));
      slope = y - h, bend = h * (1.0 - h);
      return;
    }
    const double u = std::exp(std::min(eta, 700.0)), h = -std::expm1(-u);  // log(1 - h) = -u
    const double e = u > 1e-300 ? u * std::exp(-u) / h : 1.0;              // d log h / d eta
    value = (y > 0.0 ? y * (u < 1e-12 ? eta : std::log(h)) : 0.0) - (1.0 - y) * u;
    slope = y * e - (1.0 - y) * u;
    bend = (1.0 - y) * u - y * e * (1.0 - u - e);
  }

  [[nodiscard]] sums add_up(std::span<const double> x, std::span<const double> event, std::span<const double> weights,
                            std::span<const double> b, std::span<const double> sd,
                            std::span<const double> force) const {
    const std::size_t n = event.size(), p = b.size(), block = std::max<std::size_t>(2048, n / 64 + 1),
                      blocks = (n + block - 1) / block;
    std::vector<sums> part(blocks);
    parallel_blocks(
        n, block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          sums& s = part[number];
          s.gradient.assign(p, 0.0), s.information.assign(p * p, 0.0);
          std::vector<double> row(p);
          for (std::size_t i = begin; i < end; ++i) {
            double eta = 0.0, value = 0.0, slope = 0.0, bend = 0.0;
            for (std::size_t j = 0; j < p; ++j) row[j] = x[i * p + j] / sd[j], eta += row[j] * b[j];
            term(eta, event[i], value, slope, bend);
            const double w = weights.empty() ? 1.0 : weights[i];
            s.plain += w * value;
            for (std::size_t j = 0; j < p; ++j) {
              s.gradient[j] += w * slope * row[j];
              for (std::size_t k = 0; k <= j; ++k) s.information[j * p + k] += w * bend * row[j] * row[k];
            }
          }
        },
        threads_);
    sums out;
    out.gradient.assign(p, 0.0), out.information.assign(p * p, 0.0);
    for (const sums& s : part) {
      out.plain += s.plain;
      for (std::size_t j = 0; j < p; ++j) out.gradient[j] += s.gradient[j];
      for (std::size_t j = 0; j < p * p; ++j) out.information[j] += s.information[j];
    }
    out.value = out.plain;
    for (std::size_t j = 0; j < p; ++j) {
      out.value -= 0.5 * force[j] * b[j] * b[j], out.gradient[j] -= force[j] * b[j];
      out.information[j * p + j] += force[j];
    }
    return out;
  }

  hazard_link link_;
  double ridge_, tol_;
  int max_passes_;
  unsigned threads_;
  std::size_t p_ = 0;
  double events_ = 0.0, log_likelihood_ = unknown, log_likelihood_null_ = unknown, gradient_ = unknown;
  int passes_ = 0;
  bool fitted_ = false;
  std::vector<double> coef_, errors_, covariance_;
  std::vector<std::string> status_;
};

}  // namespace guanxi::relation
