#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/value/ahead.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/lanes.hpp>
#include <guanxi/value/log_prior.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/normal_shifts.hpp>
#include <guanxi/value/purchase_likelihood.hpp>

namespace guanxi::value {

namespace detail {

[[nodiscard]] inline optimum<2> fit_rate_only(const row_groups& g, unsigned stages, unsigned threads, const log_prior& prior = {}) {
  purchase_likelihood likelihood(g, {dropout::none, stages}, threads);
  const auto f = [&](const std::array<double, 2>& theta) {
    const std::array<double, 2> p{std::exp(theta[0]), std::exp(theta[1])};
    const local<4> all = likelihood(p[0], p[1], 1, 1);
    local<2> here{all.value, {all.gradient[0], all.gradient[1]},
                  {{{all.hessian[0][0], all.hessian[0][1]}, {all.hessian[1][0], all.hessian[1][1]}}}};
    to_logs(here, p);
    prior.add(here, theta);
    return here;
  };
  double exposure = 0;
  for (std::size_t i = 0; i < g.times.size(); ++i) exposure += g.age_weight[i] * g.times[i];
  const double rate = stages * std::max(g.repeats, 0.1) / std::max(exposure, 1e-12);
  return maximise<2>(f, {0.0, -std::log(rate)});
}

[[nodiscard]] inline optimum<4> fit_with_dropout(const row_groups& g, purchase_story story, std::array<double, 4> start,
                                                 unsigned threads, const log_prior& prior = {}) {
  purchase_likelihood likelihood(g, story, threads);
  const auto f = [&](const std::array<double, 4>& theta) {
    const std::array<double, 4> p{std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2]), std::exp(theta[3])};
    local<4> here = likelihood(p[0], p[1], p[2], p[3]);
    to_logs(here, p);
    prior.add(here, theta);
    return here;
  };
  return maximise<4>(f, start);
}

[[nodiscard]] inline std::string text(double value, int digits = 2) {
  std::string out(32, '\0');
  const int size = std::snprintf(out.data(), out.size(), "%.*f", digits, value);
  out.resize(static_cast<std::size_t>(std::max(0, size)));
  return out;
}

/// P(alive) for Poisson purchases with dropout (k = 1), four customers at a time.
GUANXI_LANES_INLINE void alive_lanes(const purchase_parameters& p, double m, const customer_rows& rows, std::size_t begin, std::size_t end,
                                     std::span<double> out) noexcept {
  std::array<double, 4> last_x{}, last_t{}, last_age{}, last_out{};
  for (std::size_t i = begin; i < end; i += 4) {
    const bool whole = i + 4 <= end;
    if (!whole)
      for (std::size_t j = 0; i + j < end; ++j) last_x[j] = rows.frequency[i + j], last_t[j] = rows.recency[i + j], last_age[j] = rows.age[i + j];
    lanes x, t, age, grown, rest, log_rest, e, stops;
    load_lanes(whole ? rows.frequency.data() + i : last_x.data(), x);
    load_lanes(whole ? rows.recency.data() + i : last_t.data(), t);
    load_lanes(whole ? rows.age.data() + i : last_age.data(), age);
    const lanes gap = (age - t) / (p.alpha + t);
    log1p_lanes(gap, grown);
    const lanes shifted = (x + (m - 1.0)) + p.b;  // BG without repeats cannot have stopped: its term is taken away below
    at_least_lanes(shifted, 1e-300, rest);
    const lanes ratio = p.a / rest;
    log_lanes(ratio, log_rest);
    const lanes odds = (p.r + x) * grown + log_rest;
    exp_lanes(odds, e);
    const lanes raised = x + m;
    at_most_lanes(raised, 1.0, stops);
    const lanes alive = 1.0 / (1.0 + e * stops);
    store_lanes(alive, whole ? out.data() + i : last_out.data());
    if (!whole)
      for (std::size_t j = 0; i + j < end; ++j) out[i + j] = last_out[j];
  }
}
inline void alive_plain(const purchase_parameters& p, double m, const customer_rows& rows, std::size_t begin, std::size_t end, std::span<double> out) noexcept {
  alive_lanes(p, m, rows, begin, end, out);
}
GUANXI_LANES_WIDE inline void alive_wide(const purchase_parameters& p, double m, const customer_rows& rows, std::size_t begin, std::size_t end,
                                         std::span<double> out) noexcept {
  alive_lanes(p, m, rows, begin, end, out);
}

}  // namespace detail

/// A member of the family that is not yet chosen: which dropout, and how many stages may be tried.
struct purchase_settings {
  dropout stop = dropout::after_purchase;
  unsigned least_stages = 1, most_stages = 1;  // the likelihood chooses among them
  unsigned threads = 0;                        // 0 = all of the machine's
};

/// Purchase model with gamma rates, Erlang gaps and beta dropout: NBD, BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k.
///
/// fit() always returns. Its status says in words what to make of the result.
/// Source  Ehrenberg (1959); Fader, Hardie and Lee (2005); Batislam, Denizel and Filiztekin (2007); Platzer and
///         Reutterer (2017). Expectations: exact renewal sums, see ahead.hpp.
class PurchaseModel {
 public:
  PurchaseModel(std::string name, purchase_settings s) : name_(std::move(name)), settings_(s) {
    if (s.least_stages < 1 || s.most_stages < s.least_stages || s.most_stages > 12)
      throw error(errc::out_of_domain, name_ + ": 'k' from " + std::to_string(s.least_stages) + " to " +
                                           std::to_string(s.most_stages) + "; 1 to 12 is wanted");
    story_ = {s.stop, s.least_stages};
  }

  /// Fits by maximum likelihood. Costs 6 to 12 passes over the grouped rows (for every k that is tried).
  /// With a prior: the mode of the posterior; log_likelihood is then still that of the data alone.
  PurchaseModel& fit(const customer_rows& rows, const log_prior& prior = {}) {
    check(rows, name_);
    if (settings_.most_stages > 1 && rows.log_gaps.empty())
      throw error(errc::size_mismatch, name_ + ": 'log_gaps' (sum of ln of the gaps between purchases) is needed for k > 1");
    const row_groups groups = group(rows);
    return fit(groups, prior);
  }
  PurchaseModel& fit(const row_groups& groups, const log_prior& prior = {}) {
    prior.check(name_, settings_.stop == dropout::none ? 2 : 4);
    stages_tried_.clear();
    for (unsigned k = settings_.least_stages; k <= settings_.most_stages; ++k) {
      fit_result one;
      purchase_parameters p;
      fit_one(groups, k, one, p, prior);
      stages_tried_.emplace_back(k, one.log_likelihood);
      if (k == settings_.least_stages || one.log_likelihood > result_.log_likelihood) {
        result_ = std::move(one);
        parameters_ = p;
        story_ = {settings_.stop, k};
      } else if (k > settings_.least_stages + 1) {
        break;  // the likelihood is past its peak in k
      }
    }
    return *this;
  }
  /// Builds a model from known parameters, without a fit.
  PurchaseModel& set(purchase_parameters p, unsigned stages) {
    for (const auto& [what, value] : {std::pair{"r", p.r}, {"alpha", p.alpha}, {"a", p.a}, {"b", p.b}})
      if (!(settings_.stop == dropout::none && (what[0] == 'b' || std::string_view(what) == "a")))
        detail::check_positive(name_, what, value);
    if (stages < 1 || stages > 12)
      throw error(errc::out_of_domain, name_ + ": 'k' is " + std::to_string(stages) + "; 1 to 12 is wanted");
    if (settings_.stop == dropout::none) p.a = 0;
    parameters_ = p;
    story_ = {settings_.stop, stages};
    result_ = {};
    name_parameters(result_);
    result_.params = settings_.stop == dropout::none ? std::vector{p.r, p.alpha} : std::vector{p.r, p.alpha, p.a, p.b};
    result_.status = "parameters were given, not fitted";
    return *this;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }
  [[nodiscard]] const purchase_parameters& parameters() const noexcept { return parameters_; }
  [[nodiscard]] purchase_story story() const noexcept { return story_; }
  /// (k, log-likelihood) of every number of stages that was tried.
  [[nodiscard]] const std::vector<std::pair<unsigned, double>>& stages_tried() const noexcept { return stages_tried_; }

  /// Chance that each customer still buys, in [0, 1].
  /// Costs about 8 ns a row for k = 1 with AVX2.
  void probability_alive(const customer_rows& rows, std::span<double> out) const {
    ready(rows, out.size());
    if (story_.stages == 1 && story_.stop != dropout::none && parameters_.a > 1e-200) {
      const double m = story_.stop == dropout::from_start ? 1.0 : 0.0;
      parallel_blocks(
          rows.size(), 65'536,
          [&](std::size_t begin, std::size_t end, std::size_t) {
            detail::wide_lanes() ? detail::alive_wide(parameters_, m, rows, begin, end, out) : detail::alive_plain(parameters_, m, rows, begin, end, out);
          },
          settings_.threads);
      return;
    }
    each(rows.size(), [&](std::size_t i, detail::ahead_space&) {
      out[i] = value::probability_alive(parameters_, story_, rows.frequency[i], rows.recency[i], rows.age[i]);
    });
  }
  /// Expected purchases of each customer in (age, age + horizon].
  void expected_purchases(const customer_rows& rows, double horizon, std::span<double> out) const {
    ready(rows, out.size());
    check_horizon(horizon);
    if (story_.stages > 1 || story_.stop == dropout::none) {
      each(rows.size(), [&](std::size_t i, detail::ahead_space& space) {
        out[i] = value::expected_purchases(parameters_, story_, rows.frequency[i], rows.recency[i], rows.age[i], horizon, space);
      });
      return;
    }
    // For k = 1 what a living customer will buy depends on frequency and age alone: kept in a small table by both.
    parallel_blocks(
        rows.size(), 65'536,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          struct kept { double x = -1, age = -1, mean = 0; };
          std::vector<kept> table(8192);
          detail::ahead_space space;
          for (std::size_t i = begin; i < end; ++i) {
            const double x = rows.frequency[i], age = rows.age[i];
            const std::uint64_t key = (std::bit_cast<std::uint64_t>(age) ^ (static_cast<std::uint64_t>(x) << 21)) * 0x9E3779B97F4A7C15u;
            kept& slot = table[key >> 51];
            if (slot.x != x || slot.age != age) {
              slot = {x, age, detail::mean_given_alive(parameters_, story_, x, 0.0, age, horizon, space)};
            }
            out[i] = slot.mean * value::probability_alive(parameters_, story_, x, rows.recency[i], age);
          }
        },
        settings_.threads);
  }
  /// P(exactly n purchases in the horizon) of each customer.
  void probability_of(const customer_rows& rows, std::uint64_t n, double horizon, std::span<double> out) const {
    ready(rows, out.size());
    check_horizon(horizon);
    each(rows.size(), [&](std::size_t i, detail::ahead_space& space) {
      const double x = rows.frequency[i], t = rows.recency[i], age = rows.age[i];
      const double alive = value::probability_alive(parameters_, story_, x, t, age);
      if (n == 0) {
        out[i] = logistic(detail::log_odds_stopped(parameters_, story_, x, t, age)) + alive * detail::silent_given_alive(parameters_, story_, x, t, age, horizon);
        return;
      }
      detail::at_least_given_alive(parameters_, story_, x, t, age, horizon, space);
      const double here = n < space.at_least.size() ? space.at_least[n] : 0.0;
      const double more = n + 1 < space.at_least.size() ? space.at_least[n + 1] : 0.0;
      out[i] = alive * (here - more);
    });
  }
  /// Expected repeat purchases of a new customer in the horizon after the first purchase.
  [[nodiscard]] double expected_purchases_new(double horizon) const {
    if (result_.params.empty()) throw error(errc::not_fitted, name_ + ": fit comes first");
    check_horizon(horizon);
    detail::ahead_space space;
    return value::expected_purchases(parameters_, story_, 0, 0, 0, horizon, space);  // alive at age 0 is b / (a + b) for MBG
  }
  /// P(a new customer repeats exactly n times in the horizon after the first purchase).
  [[nodiscard]] double pmf(std::uint64_t n, double horizon) const {
    const std::vector<double> p = new_customer(horizon);
    return n < p.size() ? p[n] - (n + 1 < p.size() ? p[n + 1] : 0.0) : 0.0;
  }
  /// n draws of the parameters from their approximate posterior (normal in logs), row after row.
  /// Same seed, same draws. A parameter that is at a limit stays there.
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const;

 private:
  void name_parameters(fit_result& out) const {
    out.names = settings_.stop == dropout::none ? std::vector<std::string>{"r", "alpha"}
                                                : std::vector<std::string>{"r", "alpha", "a", "b"};
  }
  void check_horizon(double horizon) const { detail::check_positive(name_, "horizon", horizon); }
  void ready(const customer_rows& rows, std::size_t size) const {
    if (result_.params.empty()) throw error(errc::not_fitted, name_ + ": fit comes first");
    check(rows, name_);
    detail::same_size(name_, "out", size, rows.size());
  }
  template <class Body>
  void each(std::size_t n, Body&& body) const {
    parallel_blocks(
        n, 8192,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          detail::ahead_space space;
          for (std::size_t i = begin; i < end; ++i) body(i, space);
        },
        settings_.threads);
  }
  [[nodiscard]] std::vector<double> new_customer(double horizon) const {
    if (result_.params.empty()) throw error(errc::not_fitted, name_ + ": fit comes first");
    check_horizon(horizon);
    detail::ahead_space space;
    detail::at_least_given_alive(parameters_, story_, 0, 0, 0, horizon, space);
    if (story_.stop == dropout::from_start)  // the first purchase may have been the last
      for (std::size_t n = 1; n < space.at_least.size(); ++n) space.at_least[n] *= parameters_.b / (parameters_.a + parameters_.b);
    return space.at_least;
  }

  void fit_one(const row_groups& g, unsigned k, fit_result& out, purchase_parameters& p, const log_prior& prior) const {
    const unsigned threads = g.size() < 40'000 ? 1 : settings_.threads;
    name_parameters(out);
    out.customers = g.customers;
    const bool no_stop = settings_.stop == dropout::none;
    const optimum<2> plain = no_stop ? detail::fit_rate_only(g, k, threads, prior) : detail::fit_rate_only(g, k, threads);
    if (settings_.stop == dropout::none) {
      p = {std::exp(plain.at[0]), std::exp(plain.at[1]), 0, 1};
      out.params = {p.r, p.alpha};
      finish(out, plain, g);
      out.log_likelihood -= prior.value(plain.at);
      return;
    }
    optimum<4> best = detail::fit_with_dropout(g, {settings_.stop, k}, {plain.at[0], plain.at[1], -0.7, 0.7}, threads, prior);
    if (!best.converged || best.here.value < plain.here.value - 1e-6) {
      const optimum<4> small = detail::fit_with_dropout(g, {settings_.stop, k}, {plain.at[0], plain.at[1], -5.0, 1.0}, threads, prior);
      if (small.here.value > best.here.value || !std::isfinite(best.here.value)) best = small;
    }
    p = {std::exp(best.at[0]), std::exp(best.at[1]), std::exp(best.at[2]), std::exp(best.at[3])};
    out.params = {p.r, p.alpha, p.a, p.b};
    finish(out, best, g);
    out.log_likelihood -= prior.value(best.at);
    const bool vanished = (p.a < 1e-3 && std::fabs(best.here.gradient[2]) < 1e-4 * g.customers) ||
                          p.a / (p.a + p.b) < 1e-4 || out.log_likelihood < plain.here.value;
    if (vanished && g.repeats > 0) {
      out.status = std::string("dropout vanished: equals ") + (k == 1 ? "NBD" : "NBD with regular gaps") +
                   " (log-likelihood " + detail::text(best.here.value) + " with dropout, " + detail::text(plain.here.value) +
                   " without)";
      detail::fill_errors(out, best, 2);
    }
  }
  template <std::size_t N>
  void finish(fit_result& out, const optimum<N>& best, const row_groups& g) const {
    out.log_likelihood = best.here.value;
    out.passes = best.passes;
    out.converged = best.converged;
    out.gradient_norm = best.gradient_norm;
    detail::fill_errors(out, best);
    if (g.repeats == 0)
      out.status = "no repeat purchases: rate not identifiable";
    else if (!best.converged)
      out.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    else if (best.at[0] > 9.0)
      out.status = "converged, but all customers look alike: only the rate r / alpha is identified";
    else if (out.condition > 1e8)
      out.status = "flat ridge: only the mean rate is identified, not every parameter";
    else if (g.repeats < 20)
      out.status = "converged, but on only " + detail::number(g.repeats) + " repeat purchases: wide errors";
    else
      out.status = "converged in " + std::to_string(best.passes) + " passes";
  }

  std::string name_;
  purchase_settings settings_;
  purchase_story story_;
  purchase_parameters parameters_;
  fit_result result_;
  std::vector<std::pair<unsigned, double>> stages_tried_;
};

namespace detail {
/// n draws from N(ln params, covariance in logs), exponentiated; one stream a draw.
[[nodiscard]] inline std::vector<double> draw_parameters(const fit_result& fit, std::size_t n, std::uint64_t seed) {
  const std::size_t m = fit.params.size();
  std::vector<double> out = normal_shifts(fit.log_covariance, m, n, seed);  // flat directions are capped
  for (std::size_t i = 0; i < n * m; ++i) out[i] = fit.params[i % m] * std::exp(std::clamp(out[i], -8.0, 8.0));
  return out;
}
}  // namespace detail

inline std::vector<double> PurchaseModel::draws(std::size_t n, std::uint64_t seed) const {
  if (result_.params.empty()) throw error(errc::not_fitted, name_ + ": fit comes first");
  return detail::draw_parameters(result_, n, seed);
}

/// Poisson purchases with gamma rates, no dropout. Source: Ehrenberg (1959).
class NBD : public PurchaseModel {
 public:
  explicit NBD(unsigned threads = 0) : PurchaseModel("value::NBD", {dropout::none, 1, 1, threads}) {}
};
/// NBD with dropout after each repeat purchase. Source: Fader, Hardie and Lee (2005).
class BGNBD : public PurchaseModel {
 public:
  explicit BGNBD(unsigned threads = 0) : PurchaseModel("value::BGNBD", {dropout::after_purchase, 1, 1, threads}) {}
};
/// NBD with dropout after every purchase, the first included. Source: Batislam, Denizel and Filiztekin (2007).
class MBGNBD : public PurchaseModel {
 public:
  explicit MBGNBD(unsigned threads = 0) : PurchaseModel("value::MBGNBD", {dropout::from_start, 1, 1, threads}) {}
};
/// BG/NBD with regular gaps: Erlang with k stages, k by likelihood from 1 to most. Source: Platzer and Reutterer (2017).
class BGCNBDk : public PurchaseModel {
 public:
  explicit BGCNBDk(unsigned least = 1, unsigned most = 6, unsigned threads = 0)
      : PurchaseModel("value::BGCNBDk", {dropout::after_purchase, least, most, threads}) {}
};
/// MBG/NBD with regular gaps: Erlang with k stages, k by likelihood. Source: Platzer and Reutterer (2017).
class MBGCNBDk : public PurchaseModel {
 public:
  explicit MBGCNBDk(unsigned least = 1, unsigned most = 6, unsigned threads = 0)
      : PurchaseModel("value::MBGCNBDk", {dropout::from_start, least, most, threads}) {}
};

}  // namespace guanxi::value
