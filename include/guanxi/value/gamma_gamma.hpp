#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

/// One row a customer: number of purchases behind the mean, and the mean money a purchase. Views only.
struct spend_rows {
  std::span<const double> frequency;     // purchases behind the mean; 0: the spend is not looked at
  std::span<const double> spend;         // mean money a purchase, > 0 where frequency > 0
  std::span<const double> weights = {};  // empty: one each
  [[nodiscard]] std::size_t size() const noexcept { return frequency.size(); }
};

/// Fails with a sentence that names the row when the rows are no summary of spend.
inline void check(const spend_rows& rows, std::string_view caller) {
  const std::size_t n = rows.size();
  detail::same_size(caller, "spend", rows.spend.size(), n);
  if (!rows.weights.empty()) detail::same_size(caller, "weights", rows.weights.size(), n);
  if (n == 0) throw error(errc::empty, std::string(caller) + ": there are no customers");
  for (std::size_t i = 0; i < n; ++i) {
    const double x = rows.frequency[i], m = rows.spend[i];
    if (!(x >= 0) || x != std::floor(x) || std::isinf(x))
      detail::bad_row(caller, errc::out_of_domain, i, "frequency " + detail::number(x) + " is no whole number >= 0");
    if (x > 0 && !(m > 0 && m < 1e300))
      detail::bad_row(caller, std::isfinite(m) ? errc::out_of_domain : errc::not_finite, i,
                      "spend " + detail::number(m) + " where a positive mean is wanted,");
    if (!rows.weights.empty() && !(rows.weights[i] >= 0 && rows.weights[i] < 1e300))
      detail::bad_row(caller, errc::out_of_domain, i, "weight " + detail::number(rows.weights[i]) + ", a number >= 0 is wanted,");
  }
}

/// Money a purchase: gamma with shape p and a customer's own scale, which is gamma(q, v) over the book.
///
/// Assumes that the size of orders does not depend on their number. Money is divided by its book mean inside, so the
/// currency changes v only.
/// Source  Fader, Hardie and Lee (2005), RFM and CLV; Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value".
class GammaGamma {
 public:
  /// The log-likelihood of rows with frequency > 0 at given parameters, without a fit.
  [[nodiscard]] static double log_likelihood(const spend_rows& rows, double p, double q, double v) {
    check(rows, "value::GammaGamma");
    GammaGamma one;
    one.take(rows);
    return one.at({p, q, v / one.scale_}).value - std::accumulate(one.weight_of_.begin(), one.weight_of_.end(), 0.0) * std::log(one.scale_);
  }
  /// Fits by maximum likelihood over rows with frequency > 0. Costs a sort and 6 to 12 passes.
  GammaGamma& fit(const spend_rows& rows) {
    check(rows, "value::GammaGamma");
    take(rows);
    result_ = {};
    result_.names = {"p", "q", "v"};
    result_.customers = std::accumulate(weight_of_.begin(), weight_of_.end(), 0.0);
    if (mean_.empty()) {
      result_.params = {unknown, unknown, unknown};
      result_.standard_errors = result_.params;
      result_.status = "no repeat purchases: spend not identifiable";
      return *this;
    }
    const auto f = [this](const std::array<double, 3>& theta) {
      const std::array<double, 3> p{std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2])};
      local<3> here = at(p);
      detail::to_logs(here, p);
      return here;
    };
    const optimum<3> best = maximise<3>(f, {0.7, 1.0, 0.7});
    p_ = std::exp(best.at[0]);
    q_ = std::exp(best.at[1]);
    v_ = std::exp(best.at[2]) * scale_;
    result_.params = {p_, q_, v_};
    double shift = 0;
    for (const double w : weight_of_) shift += w;
    result_.log_likelihood = best.here.value - shift * std::log(scale_);
    result_.passes = best.passes;
    result_.converged = best.converged;
    result_.gradient_norm = best.gradient_norm;
    detail::fill_errors(result_, best);
    const double largest = *std::max_element(best.at.begin(), best.at.end());
    if (largest > 15)
      result_.status = "boundary: spend hardly differs, a parameter runs to its limit; use the mean alone";
    else if (!best.converged)
      result_.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    else if (result_.condition > 1e8)
      result_.status = "flat ridge: not every parameter is identified";
    else if (q_ <= 1)
      result_.status = "converged, but q <= 1: the book's mean spend is infinite under the model";
    else if (result_.customers < 10)
      result_.status = "converged, but on only " + detail::number(result_.customers) + " customers with repeats: wide errors";
    else
      result_.status = "converged in " + std::to_string(best.passes) + " passes";
    return *this;
  }
  /// A model from known parameters.
  GammaGamma& set(double p, double q, double v) {
    detail::check_positive("value::GammaGamma", "p", p);
    detail::check_positive("value::GammaGamma", "q", q);
    detail::check_positive("value::GammaGamma", "v", v);
    p_ = p, q_ = q, v_ = v;
    result_ = {};
    result_.names = {"p", "q", "v"};
    result_.params = {p, q, v};
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }

  /// Expected money a purchase; NaN for customers without repeats when q <= 1 (the book's mean is then infinite).
  void expected_spend(const spend_rows& rows, std::span<double> out) const {
    if (result_.params.empty()) throw error(errc::not_fitted, "value::GammaGamma: fit comes first");
    check(rows, "value::GammaGamma");
    detail::same_size("value::GammaGamma", "out", out.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = expected_spend(rows.frequency[i], rows.spend[i]);
  }
  [[nodiscard]] double expected_spend(double x, double mean) const noexcept {
    const double rest = p_ * x + q_ - 1.0;
    if (!(rest > 0)) return unknown;
    return p_ * (v_ + (x > 0 ? x * mean : 0.0)) / rest;
  }
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    if (result_.params.empty()) throw error(errc::not_fitted, "value::GammaGamma: fit comes first");
    return detail::draw_parameters(result_, n, seed);
  }

 private:
  void take(const spend_rows& rows) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows.frequency[i] > 0 && (rows.weights.empty() || rows.weights[i] > 0)) order.push_back(i);
    const auto weight = [&](std::size_t i) { return rows.weights.empty() ? 1.0 : rows.weights[i]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (rows.frequency[a] != rows.frequency[b]) return rows.frequency[a] < rows.frequency[b];
      if (rows.spend[a] != rows.spend[b]) return rows.spend[a] < rows.spend[b];
      return weight(a) < weight(b);
    });
    counts_.clear(), begin_.clear(), mean_.clear(), weight_.clear(), weight_of_.clear(), log_mean_.clear();
    double total = 0, of = 0;
    for (const std::size_t i : order) total += weight(i) * rows.spend[i], of += weight(i);
    scale_ = of > 0 ? total / of : 1.0;
    for (const std::size_t i : order) {
      if (counts_.empty() || counts_.back() != rows.frequency[i]) {
        counts_.push_back(rows.frequency[i]);
        begin_.push_back(mean_.size());
        weight_of_.push_back(0);
        log_mean_.push_back(0);
      }
      mean_.push_back(rows.spend[i] / scale_);
      weight_.push_back(weight(i));
      weight_of_.back() += weight(i);
      log_mean_.back() += weight(i) * std::log(mean_.back());
    }
    begin_.push_back(mean_.size());
  }
  [[nodiscard]] local<3> at(const std::array<double, 3>& theta) const {
    const auto [p, q, v] = theta;
    local<3> s;
    const double gamma_q = lgamma(q), psi_q = digamma(q), psi1_q = trigamma(q), log_v = std::log(v);
    for (std::size_t g = 0; g < counts_.size(); ++g) {
      const double x = counts_[g], w = weight_of_[g], px = p * x, a = px + q;
      double logs = 0, ones = 0, squares = 0;
      for (std::size_t i = begin_[g]; i < begin_[g + 1]; ++i) {
        const double money = x * mean_[i] + v, inverse = 1.0 / money;
        logs += weight_[i] * std::log(money);
        ones += weight_[i] * inverse;
        squares += weight_[i] * inverse * inverse;
      }
      const double psi_a = digamma(a), psi1_a = trigamma(a), log_x = std::log(x);
      s.value += w * (log_rising(px, q) - gamma_q + q * log_v + px * log_x) + (px - 1) * log_mean_[g] - a * logs;
      s.gradient[0] += x * (w * (psi_a - digamma(px) + log_x) + log_mean_[g] - logs);
      s.gradient[1] += w * (psi_a - psi_q + log_v) - logs;
      s.gradient[2] += w * q / v - a * ones;
      s.hessian[0][0] += w * x * x * (psi1_a - trigamma(px));
      s.hessian[0][1] += w * x * psi1_a;
      s.hessian[0][2] -= x * ones;
      s.hessian[1][1] += w * (psi1_a - psi1_q);
      s.hessian[1][2] += w / v - ones;
      s.hessian[2][2] += a * squares - w * q / (v * v);
    }
    s.hessian[1][0] = s.hessian[0][1], s.hessian[2][0] = s.hessian[0][2], s.hessian[2][1] = s.hessian[1][2];
    return s;
  }

  double p_ = 1, q_ = 2, v_ = 1, scale_ = 1;
  std::vector<double> counts_, weight_of_, log_mean_, mean_, weight_;
  std::vector<std::size_t> begin_;
  fit_result result_;
};

}  // namespace guanxi::value
