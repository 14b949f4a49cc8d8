#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/value/any_purchase.hpp>
#include <guanxi/value/draw_interval.hpp>
#include <guanxi/value/dynamic_likelihood.hpp>
#include <guanxi/value/dynamic_rows.hpp>
#include <guanxi/value/mapped_fit.hpp>
#include <guanxi/value/pareto_nbd.hpp>

namespace guanxi::value {

struct dynamic_settings {
  std::vector<std::string> purchase, dropout;  // names of the covariates
  unsigned threads = 0;
};

/// What the dynamic model foretells of each customer.
struct dynamic_forecast {
  std::vector<double> p_alive, p_alive_low, p_alive_high, purchases, purchases_low, purchases_high;
  double total = 0, total_low = 0, total_high = 0;  // expected purchases of all together, within an interval of the expectation
};

/// Pareto/NBD with covariates that change over time: season, campaigns, fairs, prices, a customer's own size.
///
/// The rate of purchases is multiplied by exp(g . x(u)), the rate of leaving by exp(h . z(u)). Expectations take the
/// covariates of the periods to come as known.
/// Source  Bachmann, Meierer and Naef (2021), "The role of time-varying contextual factors in latent attrition models for
///         customer base analysis", Marketing Science 40(4), 783-809.
class ParetoNBDDynamic {
 public:
  explicit ParetoNBDDynamic(dynamic_settings s) : s_(std::move(s)) {
    if (s_.purchase.empty() && s_.dropout.empty()) throw error(errc::empty, name() + ": there is no covariate, neither of 'purchase' nor of 'dropout'");
  }
  [[nodiscard]] static std::string name() { return "value::ParetoNBDDynamic"; }

  /// Fits by maximum likelihood with analytic first and second derivatives; also fits the model without covariates.
  /// Costs   5 to 15 passes; a pass 0.2 to 1 us a customer and period after its last purchase.
  ParetoNBDDynamic& fit(const dynamic_rows& rows, const covariate_paths& paths) {
    detail::check(rows, paths, s_.purchase, s_.dropout, name());
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size(), n = 4 + np + nd, periods = paths.from.size();
    std::vector<double> map(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) map[i * n + i] = 1;
    const auto scaled = [&](std::span<const double> values, const std::vector<std::string>& names, std::size_t first, std::size_t base) {
      std::vector<double> out(values.begin(), values.end());
      for (std::size_t k = 0; k < names.size(); ++k) {
        double mean = 0, square = 0;
        for (std::size_t i = 0; i < periods; ++i) mean += values[i * names.size() + k] / static_cast<double>(periods);
        for (std::size_t i = 0; i < periods; ++i) square += std::pow(values[i * names.size() + k] - mean, 2) / static_cast<double>(periods);
        const double deviation = std::sqrt(square);
        if (!(deviation > 1e-12 * std::fabs(mean)))
          throw error(errc::out_of_domain, name() + ": " + names[k] + " is the same in every period; a column that varies is wanted");
        for (std::size_t i = 0; i < periods; ++i) out[i * names.size() + k] = (values[i * names.size() + k] - mean) / deviation;
        map[(first + k) * n + first + k] = 1 / deviation, map[base * n + first + k] = mean / deviation;
      }
      return out;
    };
    const std::vector<double> cp = scaled(paths.purchase, s_.purchase, 4, 1), cd = scaled(paths.dropout, s_.dropout, 4 + np, 3);
    const covariate_paths standard{paths.start, paths.from, cp, cd};
    const prepared p(rows, standard, np, nd);
    const fit_result plain = ParetoNBD(s_.threads).fit({p.x, p.t, p.age}).result();
    without_ = plain.log_likelihood;
    std::vector<double> theta(n, 0.0);
    for (std::size_t i = 0; i < 4; ++i) theta[i] = std::clamp(std::log(plain.params[i]), -15.0, 15.0);
    const auto f = [&](const std::vector<double>& at) { return pass(p, standard, at); };
    optimum_any best = maximise_any(f, theta, -27, 27, 60);
    if (!best.converged || plain.status.starts_with("dropout vanished")) {
      double age = 0;
      for (const double a : p.age) age += a / static_cast<double>(p.age.size());
      theta[2] = -0.7, theta[3] = std::log(std::max(age, 1e-12));
      const optimum_any other = maximise_any(f, theta, -27, 27, 60);
      if (other.here.value > best.here.value || !std::isfinite(best.here.value)) best = other;
    }
    result_ = {};
    result_.names = names();
    result_.customers = static_cast<double>(rows.size());
    double age = 0;
    for (const double a : p.age) age += a / static_cast<double>(p.age.size());
    const bool vanished = -std::expm1(-std::exp(best.at[2]) * std::log1p(age / std::exp(best.at[3]))) < 1e-3;
    std::vector<char> frozen(n, 0);
    for (std::size_t j = 0; j < n; ++j) frozen[j] = vanished && (j == 2 || j == 3 || j >= 4 + np);
    constexpr std::array<detail::shape_and_scale, 2> laws{{{0, 1}, {2, 3}}};
    const bool ridge = detail::take_mapped(result_, theta_, best, map, frozen, laws);
    if (rows.when.empty())
      result_.status = "no repeat purchases: rate not identifiable";
    else if (vanished)
      result_.status = "dropout vanished: only the purchase side is identified (log-likelihood " + detail::text(result_.log_likelihood) + ")";
    else if (!best.converged)
      result_.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    else if (result_.condition > 1e8)
      result_.status = "flat ridge: columns that tell the same, or too few customers for so many";
    else if (ridge)
      result_.status = "converged, but customers look alike: a shape and its scale are not told apart, their errors are not known";
    else
      result_.status = "converged in " + std::to_string(best.passes) + " passes";
    return *this;
  }
  /// A model from known parameters: r, alpha, s, beta, then the coefficients of purchase and of dropout.
  ParetoNBDDynamic& set(std::span<const double> params) {
    const auto all = names();
    if (params.size() != all.size())
      throw error(errc::size_mismatch, name() + ": 'params' has " + std::to_string(params.size()) + " entries; " + std::to_string(all.size()) + " are wanted");
    for (std::size_t i = 0; i < 4; ++i) detail::check_positive(name(), all[i], params[i]);
    for (const double p : params)
      if (!std::isfinite(p)) throw error(errc::not_finite, name() + ": 'params' holds " + detail::number(p));
    result_ = {};
    result_.names = all;
    result_.params.assign(params.begin(), params.end());
    theta_ = result_.params;
    for (std::size_t i = 0; i < 4; ++i) theta_[i] = std::log(theta_[i]);
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }
  [[nodiscard]] double log_likelihood_without() const noexcept { return without_; }
  /// Against the same customers without covariates.
  [[nodiscard]] likelihood_ratio_test test() const {
    ready();
    likelihood_ratio_test out;
    out.statistic = std::max(0.0, 2 * (result_.log_likelihood - without_));
    out.degrees = static_cast<double>(s_.purchase.size() + s_.dropout.size());
    out.p_value = std::isfinite(out.statistic) ? gamma_tails(0.5 * out.degrees, 0.5 * out.statistic).upper : unknown;
    out.p_at_boundary = out.p_value;
    return out;
  }
  /// P(alive) at the end, and expected purchases in (end, end + horizon]; an out may be empty.
  void predict(const dynamic_rows& rows, const covariate_paths& paths, double horizon, std::span<double> alive, std::span<double> purchases) const {
    ready();
    detail::check(rows, paths, s_.purchase, s_.dropout, name());
    detail::check_positive(name(), "horizon", horizon);
    predict_at(prepared(rows, paths, s_.purchase.size(), s_.dropout.size()), rows, paths, horizon, theta_, alive, purchases);
  }
  /// The same with intervals over draws of the parameters.
  [[nodiscard]] dynamic_forecast forecast(const dynamic_rows& rows, const covariate_paths& paths, double horizon, double level, std::size_t n_draws, std::uint64_t seed) const {
    if (!(level > 0 && level < 1)) throw error(errc::out_of_domain, name() + ": 'level' is " + detail::number(level) + "; a number between 0 and 1 is wanted");
    if (n_draws < 2) throw error(errc::out_of_domain, name() + ": 'draws' is " + std::to_string(n_draws) + "; 2 or more are wanted");
    dynamic_forecast out;
    const std::size_t n = rows.size(), m = result_.params.size();
    out.p_alive.resize(n), out.purchases.resize(n);
    predict(rows, paths, horizon, out.p_alive, out.purchases);
    const prepared p(rows, paths, s_.purchase.size(), s_.dropout.size());
    const std::vector<double> theta = detail::draw_theta(theta_, result_.log_covariance, n_draws, seed);
    std::vector<double> alive(n * n_draws), mean(n * n_draws), total(n_draws, 0.0), one(n_draws);
    for (std::size_t d = 0; d < n_draws; ++d) {
      predict_at(p, rows, paths, horizon, std::span(theta).subspan(d * m, m), std::span(alive).subspan(d * n, n), std::span(mean).subspan(d * n, n));
      for (std::size_t i = 0; i < n; ++i) total[d] += mean[d * n + i];
    }
    const auto range = [&](const std::vector<double>& from, std::vector<double>& low, std::vector<double>& high) {
      low.resize(n), high.resize(n);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t d = 0; d < n_draws; ++d) one[d] = from[d * n + i];
        low[i] = detail::quantile_of(one, (1 - level) / 2), high[i] = detail::quantile_of(one, (1 + level) / 2);
      }
    };
    range(alive, out.p_alive_low, out.p_alive_high);
    range(mean, out.purchases_low, out.purchases_high);
    for (const double v : out.purchases) out.total += v;
    out.total_low = detail::quantile_of(total, (1 - level) / 2), out.total_high = detail::quantile_of(total, (1 + level) / 2);
    return out;
  }
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    ready();
    std::vector<double> out = detail::draw_theta(theta_, result_.log_covariance, n, seed);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (i % theta_.size() < 4) out[i] = std::exp(out[i]);
    return out;
  }
  /// The log-likelihood with all derivatives in (ln of the four, coefficients), columns as they are; for tests.
  [[nodiscard]] local_any at(const dynamic_rows& rows, const covariate_paths& paths, const std::vector<double>& theta) const {
    detail::check(rows, paths, s_.purchase, s_.dropout, name());
    return pass(prepared(rows, paths, s_.purchase.size(), s_.dropout.size()), paths, theta);
  }

 private:
  /// Histories on each customer's own time, with stretches of equal covariates.
  struct prepared {
    std::vector<double> x, t, age, at_purchases;
    std::vector<std::size_t> start{0};
    std::vector<detail::stretch> path;
    prepared(const dynamic_rows& rows, const covariate_paths& paths, std::size_t np, std::size_t nd) : at_purchases(rows.size() * np, 0.0) {
      std::vector<detail::stretch> one;
      for (std::size_t c = 0; c < rows.size(); ++c) {
        const std::uint64_t from = rows.start[c], to = rows.start[c + 1];
        x.push_back(static_cast<double>(to - from));
        t.push_back(to > from ? rows.when[to - 1] - rows.born[c] : 0.0);
        age.push_back(rows.end - rows.born[c]);
        detail::stretches(one, paths, c, rows.born[c], 0.0, age.back(), np, nd);
        path.insert(path.end(), one.begin(), one.end());
        start.push_back(path.size());
        std::size_t at = 0;
        for (std::uint64_t j = from; j < to && np > 0; ++j) {  // a purchase belongs to the stretch that holds it
          while (at + 1 < one.size() && rows.when[j] - rows.born[c] >= one[at].to) ++at;
          for (std::size_t k = 0; k < np; ++k) at_purchases[c * np + k] += paths.purchase[one[at].row * np + k];
        }
      }
    }
    [[nodiscard]] detail::dynamic_customer customer(std::size_t c, std::size_t np) const {
      return {std::span(path).subspan(start[c], start[c + 1] - start[c]), x[c], t[c], age[c], std::span(at_purchases).subspan(c * np, np)};
    }
  };
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out{"r", "alpha", "s", "beta"};
    for (const auto& n : s_.purchase) out.push_back("purchase:" + n);
    for (const auto& n : s_.dropout) out.push_back("dropout:" + n);
    return out;
  }
  void ready() const {
    if (result_.params.empty()) throw error(errc::not_fitted, name() + ": fit comes first");
  }
  [[nodiscard]] detail::period_factors factors(const covariate_paths& paths, std::span<const double> theta) const {
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size(), periods = paths.from.size();
    detail::period_factors f{std::vector<double>(periods), std::vector<double>(periods)};
    for (std::size_t i = 0; i < periods; ++i) {
      double p = 0, d = 0;
      for (std::size_t k = 0; k < np; ++k) p += theta[4 + k] * paths.purchase[i * np + k];
      for (std::size_t k = 0; k < nd; ++k) d += theta[4 + np + k] * paths.dropout[i * nd + k];
      f.buy[i] = std::exp(std::clamp(p, -60.0, 60.0)), f.leave[i] = std::exp(std::clamp(d, -60.0, 60.0));
    }
    return f;
  }
  [[nodiscard]] local_any pass(const prepared& p, const covariate_paths& paths, const std::vector<double>& theta) const {
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size(), block = 256, n = theta.size();
    const detail::period_factors f = factors(paths, theta);
    std::vector<local_any> parts((p.x.size() + block - 1) / block, local_any(n));
    parallel_blocks(
        p.x.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          detail::dynamic_likelihood l(theta, f, paths.purchase, paths.dropout, np, nd);
          for (std::size_t c = begin; c < end; ++c) l.add(p.customer(c, np), parts[number]);
        },
        s_.threads);
    local_any sum(n);
    for (const local_any& part : parts) sum += part;
    return sum;
  }
  void predict_at(const prepared& p, const dynamic_rows& rows, const covariate_paths& paths, double horizon, std::span<const double> theta, std::span<double> alive,
                  std::span<double> purchases) const {
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size();
    const detail::period_factors f = factors(paths, theta);
    const double r = std::exp(theta[0]), alpha = std::exp(theta[1]), s = std::exp(theta[2]), beta = std::exp(theta[3]);
    parallel_blocks(
        p.x.size(), 256,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          detail::dynamic_likelihood l(theta, f, paths.purchase, paths.dropout, np, nd);
          std::vector<detail::stretch> ahead;
          for (std::size_t c = begin; c < end; ++c) {
            local_any none(0);
            const double lives = logistic(-l.add(p.customer(c, np), none));
            if (!alive.empty()) alive[c] = lives;
            if (purchases.empty()) continue;
            detail::stretches(ahead, paths, c, rows.born[c], p.age[c], p.age[c] + horizon, np, nd);
            const double now = beta + l.shape_b();
            double here = now, sum = 0;
            for (const detail::stretch& piece : ahead) {  // a (now / here)^s times the time that is lived of the stretch
              const double grows = f.leave[piece.row], length = piece.to - piece.from;
              sum += f.buy[piece.row] * std::exp(-s * std::log(here / now)) * here / grows * detail::saturated(s - 1, std::log1p(grows * length / here));
              here += grows * length;
            }
            purchases[c] = lives * (r + p.x[c]) / (alpha + l.shape_a()) * sum;
          }
        },
        s_.threads);
  }

  dynamic_settings s_;
  double without_ = unknown;
  std::vector<double> theta_;
  fit_result result_;
};

}  // namespace guanxi::value
