#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/draw_interval.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/purchase_model.hpp>
#include <guanxi/value/rising_table.hpp>

namespace guanxi::value {

/// One row a contract: the periods that it has lasted, and whether it has ended. Views only.
struct contract_rows {
  std::span<const double> duration;      // lost: the period in which it ended, 1, 2, ...; else periods survived, 0, 1, ...
  std::span<const double> lost;          // 1: ended in that period, 0: still runs
  std::span<const double> weights = {};  // contracts that the row stands for; empty: one each
  [[nodiscard]] std::size_t size() const noexcept { return duration.size(); }
};

/// Fails with a sentence that names the row when the rows are no history of contracts.
inline void check(const contract_rows& rows, std::string_view caller) {
  const std::size_t n = rows.size();
  const auto same = [&](std::string_view name, std::size_t size) {
    if (size != n)
      throw error(errc::size_mismatch, std::string(caller) + ": '" + std::string(name) + "' has " + std::to_string(size) +
                                           " entries, 'duration' has " + std::to_string(n));
  };
  same("lost", rows.lost.size());
  if (!rows.weights.empty()) same("weights", rows.weights.size());
  if (n == 0) throw error(errc::empty, std::string(caller) + ": there are no contracts");
  for (std::size_t i = 0; i < n; ++i) {
    const double t = rows.duration[i], gone = rows.lost[i];
    if (gone != 0 && gone != 1)
      detail::bad_row(caller, errc::out_of_domain, i, "lost is " + detail::number(gone) + " where 0 or 1 is wanted,");
    if (!(t >= gone && t <= 1e6) || t != std::floor(t))
      detail::bad_row(caller, errc::out_of_domain, i,
                      "duration " + detail::number(t) + (gone == 1 ? " of a lost contract is no whole number from 1 to 1,000,000"
                                                                    : " is no whole number from 0 to 1,000,000"));
    if (!rows.weights.empty() && !(rows.weights[i] >= 0 && rows.weights[i] < 1e300))
      detail::bad_row(caller, errc::out_of_domain, i, "weight " + detail::number(rows.weights[i]) + ", a number >= 0 is wanted,");
  }
}

/// Shifted beta-geometric: contracts end at each renewal with their own chance, which is Beta(a, b) over the book.
///
/// Retention rises with tenure because those with a high chance of leaving leave first.
/// Source  Fader and Hardie (2007), "How to Project Customer Retention", J. Interactive Marketing 21(1), eq. 5 to 8.
class SBG {
 public:
  /// Fits by maximum likelihood. Costs one pass over the rows for the counts a period, then 5 to 15 passes over periods.
  SBG& fit(const contract_rows& rows) {
    take(rows);
    return search();
  }
  /// The log-likelihood of rows at given parameters, without a fit.
  [[nodiscard]] static double log_likelihood(const contract_rows& rows, double a, double b) {
    SBG one;
    one.take(rows);
    return one.at({a, b}).value;
  }
  /// Fits to the number of contracts that still ran after 0, 1, 2, ... renewals (never rising).
  SBG& fit_active(std::span<const double> active) {
    if (active.size() < 2) throw error(errc::empty, "value::SBG: 'active' has fewer than two entries");
    ended_.assign(active.size(), 0.0);
    running_.assign(active.size(), 0.0);
    for (std::size_t t = 0; t < active.size(); ++t) {
      if (!(active[t] >= 0 && active[t] < 1e300) || (t > 0 && active[t] > active[t - 1]))
        throw error(errc::out_of_domain, "value::SBG: 'active' is " + detail::number(active[t]) + " after " + std::to_string(t) +
                                             " renewals; numbers >= 0 that never rise are wanted");
      if (t > 0) ended_[t] = active[t - 1] - active[t];
    }
    running_.back() = active.back();
    return search();
  }
  /// A model from known parameters.
  SBG& set(double a, double b) {
    detail::check_positive("value::SBG", "a", a);
    detail::check_positive("value::SBG", "b", b);
    a_ = a, b_ = b;
    result_ = {};
    result_.names = {"a", "b"};
    result_.params = {a, b};
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }

  /// P(a contract that has lasted `tenure` periods lasts `ahead` more).
  [[nodiscard]] double survival(std::uint64_t ahead, std::uint64_t tenure = 0) const {
    ready();
    return lasts(a_, b_, ahead, tenure);
  }
  /// Share of the contracts with `tenure` renewals behind them that renew once more.
  [[nodiscard]] double retention(std::uint64_t tenure) const { return survival(1, tenure); }
  /// Expected further periods of a contract that has lasted `tenure`, each discounted by 1 / (1 + rate) a period, the first
  /// one after one period. rate 0: the plain expected remaining life, infinite for a <= 1.
  [[nodiscard]] double residual_lifetime(std::uint64_t tenure, double rate) const {
    ready();
    check_rate(rate);
    return residual(a_, b_, tenure, rate);
  }
  /// Interval of the survival curve after 1 .. periods.size() further periods from draws of the parameters.
  [[nodiscard]] row_intervals survival_interval(std::size_t periods, std::uint64_t tenure, double level, std::size_t draws, std::uint64_t seed) const {
    ready();
    return draw_interval(result_, periods, level, draws, seed, "value::SBG", [&](std::span<const double> p, std::span<double> out) {
      double s = 1;
      for (std::size_t t = 0; t < out.size(); ++t) {
        const double here = p[1] + static_cast<double>(tenure + t);
        out[t] = s *= here / (p[0] + here);
      }
    });
  }
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    ready();
    return detail::draw_parameters(result_, n, seed);
  }

  /// The log-likelihood with its derivatives in (a, b) for the rows of the last fit.
  [[nodiscard]] local<2> at(const std::array<double, 2>& p) const {
    const detail::rising_table b(p[1], ended_.size()), ab(p[0] + p[1], ended_.size() + 1);
    local<2> s;
    std::vector<double> kept(ended_.size() + 1, 0.0);  // ln of (b)_t / (a + b)_t: no difference of two large logarithms
    for (std::size_t t = 0; t < ended_.size(); ++t) kept[t + 1] = kept[t] - std::log1p(p[0] / (p[1] + static_cast<double>(t)));
    const auto add = [&](double w, std::size_t up, std::size_t down) {
      s.value += w * (kept[up] - (down > up ? std::log1p((p[1] + static_cast<double>(up)) / p[0]) : 0.0));  // ln of a / (a + b + t)
      s.gradient[0] -= w * ab.first[down];
      s.gradient[1] += w * (b.first[up] - ab.first[down]);
      s.hessian[0][0] -= w * ab.second[down];
      s.hessian[0][1] -= w * ab.second[down];
      s.hessian[1][1] += w * (b.second[up] - ab.second[down]);
    };
    double all = 0;
    for (std::size_t t = 0; t < ended_.size(); ++t) {
      if (running_[t] > 0) add(running_[t], t, t);
      if (ended_[t] > 0) add(ended_[t], t - 1, t), all += ended_[t];
    }
    s.gradient[0] += all / p[0];
    s.hessian[0][0] -= all / (p[0] * p[0]);
    s.hessian[1][0] = s.hessian[0][1];
    return s;
  }

 private:
  void take(const contract_rows& rows) {
    check(rows, "value::SBG");
    const double longest = *std::max_element(rows.duration.begin(), rows.duration.end());
    ended_.assign(static_cast<std::size_t>(longest) + 1, 0.0);
    running_.assign(ended_.size(), 0.0);
    for (std::size_t i = 0; i < rows.size(); ++i)
      (rows.lost[i] == 1 ? ended_ : running_)[static_cast<std::size_t>(rows.duration[i])] += rows.weights.empty() ? 1.0 : rows.weights[i];
  }
  void ready() const {
    if (result_.params.empty()) throw error(errc::not_fitted, "value::SBG: fit comes first");
  }
  static void check_rate(double rate) {
    if (!(rate >= 0) || std::isinf(rate))
      throw error(errc::out_of_domain, "value::SBG: 'rate' is " + detail::number(rate) + "; a number >= 0 a period is wanted");
  }
  [[nodiscard]] static double lasts(double a, double b, std::uint64_t ahead, std::uint64_t tenure) {
    double s = 1;
    for (std::uint64_t t = 0; t < ahead; ++t) s *= (b + static_cast<double>(tenure + t)) / (a + b + static_cast<double>(tenure + t));
    return s;
  }
  [[nodiscard]] static double residual(double a, double b, std::uint64_t tenure, double rate) {
    const double here = b + static_cast<double>(tenure);
    if (rate == 0) return a > 1 ? here / (a - 1) : std::numeric_limits<double>::infinity();
    const double z = 1 / (1 + rate);
    return z * here / (a + here) * detail::hypergeometric_one(here + 1, a + here + 1, z);
  }
  SBG& search() {
    result_ = {};
    result_.names = {"a", "b"};
    double gone = 0, at_risk = 0;
    for (std::size_t t = 0; t < ended_.size(); ++t) {
      result_.customers += ended_[t] + running_[t];
      gone += ended_[t];
      at_risk += static_cast<double>(t) * (ended_[t] + running_[t]);
    }
    if (!(gone > 0) || !(at_risk > 0)) {
      result_.params = {unknown, unknown};
      result_.standard_errors = result_.params;
      result_.status = at_risk > 0 ? "nobody has left: the chance of leaving is not identifiable"
                                   : "no contract has come to a renewal: nothing to learn from";
      return *this;
    }
    const auto f = [this](const std::array<double, 2>& theta) {
      const std::array<double, 2> p{std::exp(theta[0]), std::exp(theta[1])};
      local<2> here = at(p);
      detail::to_logs(here, p);
      return here;
    };
    const double rate = std::min(0.95, gone / at_risk);
    const optimum<2> best = maximise<2>(f, {std::log(2 * rate), std::log(2 * (1 - rate))}, -20, 20);
    a_ = std::exp(best.at[0]), b_ = std::exp(best.at[1]);
    result_.params = {a_, b_};
    result_.log_likelihood = best.here.value;
    result_.passes = best.passes;
    result_.converged = best.converged;
    result_.gradient_norm = best.gradient_norm;
    detail::fill_errors(result_, best);
    if (best.at[0] > 9)
      result_.status = "boundary: all contracts look alike, retention does not rise with tenure; only a / (a + b) is identified";
    else if (!best.converged)
      result_.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    else if (result_.condition > 1e8)
      result_.status = "flat ridge: only the mean chance of leaving is identified";
    else if (gone < 20)
      result_.status = "converged, but only " + detail::number(gone) + " contracts have ended: wide errors";
    else
      result_.status = "converged in " + std::to_string(best.passes) + " passes";
    return *this;
  }

  double a_ = 1, b_ = 1;
  std::vector<double> ended_, running_;  // by period
  fit_result result_;
};

}  // namespace guanxi::value
