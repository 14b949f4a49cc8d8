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
#include <guanxi/value/any_purchase.hpp>
#include <guanxi/value/covariate_rows.hpp>
#include <guanxi/value/mapped_fit.hpp>
#include <guanxi/value/newton_any.hpp>
#include <guanxi/value/purchase_intervals.hpp>
#include <guanxi/value/row_local.hpp>

namespace guanxi::value {

/// Which model the covariates move.
enum class covariate_kind { bgnbd, mbgnbd, pareto_nbd };

struct covariate_settings {
  covariate_kind kind = covariate_kind::pareto_nbd;
  std::vector<std::string> purchase, dropout;  // names of the columns
  unsigned threads = 0;
};

/// A purchase model whose parameters depend on what is known of each customer (country, size, product group, ...).
///
/// The rate of purchases is multiplied by exp(g . x): alpha_i = alpha exp(-g . x). Leaving by exp(h . z): beta_i =
/// beta exp(-h . z) for Pareto/NBD; for BG/NBD and MBG/NBD a_i = a exp(h . z), so that the odds a / b are multiplied.
/// Columns are centred and scaled inside; the parameters are those of the columns as they came.
/// Source  Fader and Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models".
class CovariateModel {
 public:
  explicit CovariateModel(covariate_settings s) : s_(std::move(s)), caller_(std::string("value::CovariateModel (") + title() + ")") {
    if (s_.purchase.empty() && s_.dropout.empty())
      throw error(errc::empty, caller_ + ": there is no covariate, neither of 'purchase' nor of 'dropout'");
  }

  /// Fits by maximum likelihood with analytic first and second derivatives; also fits the model without covariates.
  /// Costs   a sort, then 5 to 12 passes of about 250 ns a distinct row (Pareto), 120 ns (BG).
  CovariateModel& fit(const customer_rows& rows, const covariate_rows& known) {
    check_rows(rows, known);
    const detail::covariate_groups g(rows, known, s_.purchase.size(), s_.dropout.size());
    const detail::column_scale sp(known.purchase, s_.purchase, g, caller_), sd(known.dropout, s_.dropout, g, caller_);
    const std::vector<double> start = fit_without(rows);
    const std::size_t n = 4 + s_.purchase.size() + s_.dropout.size();
    std::vector<double> theta(n, 0.0), cp = standard(known.purchase, sp, g), cd = standard(known.dropout, sd, g);
    std::copy(start.begin(), start.end(), theta.begin());
    const auto f = [&](const std::vector<double>& at) { return pass(rows, g, cp, cd, at); };
    optimum_any best = maximise_any(f, theta);
    if (!best.converged || without_vanished_) {
      theta[2] = -0.7, theta[3] = s_.kind == covariate_kind::pareto_nbd ? mean_log_age(rows) : 0.7;
      const optimum_any other = maximise_any(f, theta);
      if (other.here.value > best.here.value || !std::isfinite(best.here.value)) best = other;
    }
    take(best, sp, sd, rows, g);
    return *this;
  }
  /// A model from known parameters: the four of the model, then the coefficients of purchase and of dropout.
  CovariateModel& set(std::span<const double> params) {
    const auto all = names();
    if (params.size() != all.size())
      throw error(errc::size_mismatch, caller_ + ": 'params' has " + std::to_string(params.size()) + " entries; " + std::to_string(all.size()) + " are wanted");
    for (std::size_t i = 0; i < 4; ++i) detail::check_positive(caller_, all[i], params[i]);
    for (const double p : params)
      if (!std::isfinite(p)) throw error(errc::not_finite, caller_ + ": 'params' holds " + detail::number(p));
    result_ = {};
    result_.names = all;
    result_.params.assign(params.begin(), params.end());
    theta_ = result_.params;
    for (std::size_t i = 0; i < 4; ++i) theta_[i] = std::log(theta_[i]);
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }
  /// The same customers without covariates, and the test against it.
  [[nodiscard]] double log_likelihood_without() const noexcept { return without_; }
  [[nodiscard]] likelihood_ratio_test test() const {
    ready();
    likelihood_ratio_test out;
    out.statistic = std::max(0.0, 2 * (result_.log_likelihood - without_));
    out.degrees = static_cast<double>(s_.purchase.size() + s_.dropout.size());
    out.p_value = std::isfinite(out.statistic) ? gamma_tails(0.5 * out.degrees, 0.5 * out.statistic).upper : unknown;
    out.p_at_boundary = out.p_value;
    return out;
  }

  void probability_alive(const customer_rows& rows, const covariate_rows& known, std::span<double> out) const {
    each(rows, known, out, [](const any_purchase& m, double x, double t, double age, detail::ahead_space&) { return m.alive(x, t, age); });
  }
  void expected_purchases(const customer_rows& rows, const covariate_rows& known, double horizon, std::span<double> out) const {
    detail::check_positive(caller_, "horizon", horizon);
    each(rows, known, out, [&](const any_purchase& m, double x, double t, double age, detail::ahead_space& space) {
      return m.mean(x, t, age, horizon, space);
    });
  }
  /// Expected purchases of new customers, who are known by their covariates alone, in the horizon after the first purchase.
  void expected_purchases_new(const covariate_rows& known, std::size_t customers, double horizon, std::span<double> out) const {
    const std::vector<double> zero(customers, 0.0);
    expected_purchases({zero, zero, zero}, known, horizon, out);
  }
  /// P(exactly n purchases in the horizon); with rows of zeros: of new customers.
  void probability_of(const customer_rows& rows, const covariate_rows& known, std::uint64_t n, double horizon, std::span<double> out) const {
    detail::check_positive(caller_, "horizon", horizon);
    each(rows, known, out, [&](const any_purchase& m, double x, double t, double age, detail::ahead_space& space) {
      m.at_least(x, t, age, horizon, space);
      const double here = n < space.at_least.size() ? space.at_least[n] : 0.0, more = n + 1 < space.at_least.size() ? space.at_least[n + 1] : 0.0;
      return n == 0 ? 1 - more : here - more;
    });
  }
  /// Every prediction with its interval, as forecast_purchases of the models without covariates.
  [[nodiscard]] purchase_forecast forecast(const customer_rows& rows, const covariate_rows& known, std::size_t draws, const interval_settings& s) const;

  /// n draws of the parameters from their approximate posterior: normal in the logs of the first four, normal in the coefficients.
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    std::vector<double> out = log_draws(n, seed);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (i % theta_.size() < 4) out[i] = std::exp(out[i]);
    return out;
  }
  /// The same with the logs of the first four.
  [[nodiscard]] std::vector<double> log_draws(std::size_t n, std::uint64_t seed) const {
    ready();
    return detail::draw_theta(theta_, result_.log_covariance, n, seed);
  }
  /// Logs of the four parameters, then the coefficients: finite also where a column is far from 0.
  [[nodiscard]] std::span<const double> theta() const noexcept { return theta_; }
  /// The four parameters of one customer; theta as theta() or a row of log_draws().
  [[nodiscard]] std::array<double, 4> of_row(std::span<const double> theta, const covariate_rows& known, std::size_t i) const {
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size();
    std::array<double, 4> q{theta[0], theta[1], theta[2], theta[3]};
    for (std::size_t k = 0; k < np; ++k) q[1] -= theta[4 + k] * known.purchase[i * np + k];
    const double sign = leaves() == 3 ? -1.0 : 1.0;
    for (std::size_t k = 0; k < nd; ++k) q[leaves()] += sign * theta[4 + np + k] * known.dropout[i * nd + k];
    for (double& v : q) v = std::exp(std::clamp(v, -60.0, 60.0));
    return q;
  }
  /// The log-likelihood with all derivatives in (ln of the four, coefficients) for columns as they are; for tests.
  [[nodiscard]] local_any at(const customer_rows& rows, const covariate_rows& known, const std::vector<double>& theta) const {
    check_rows(rows, known);
    const detail::covariate_groups g(rows, known, s_.purchase.size(), s_.dropout.size());
    std::vector<double> p, d;
    for (const std::size_t i : g.first) {
      for (std::size_t k = 0; k < s_.purchase.size(); ++k) p.push_back(known.purchase[i * s_.purchase.size() + k]);
      for (std::size_t k = 0; k < s_.dropout.size(); ++k) d.push_back(known.dropout[i * s_.dropout.size() + k]);
    }
    return pass(rows, g, p, d, theta);
  }

 private:
  [[nodiscard]] const char* title() const noexcept {
    return s_.kind == covariate_kind::pareto_nbd ? "ParetoNBD" : s_.kind == covariate_kind::bgnbd ? "BGNBD" : "MBGNBD";
  }
  [[nodiscard]] std::size_t leaves() const noexcept { return s_.kind == covariate_kind::pareto_nbd ? 3 : 2; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out = s_.kind == covariate_kind::pareto_nbd ? std::vector<std::string>{"r", "alpha", "s", "beta"}
                                                                         : std::vector<std::string>{"r", "alpha", "a", "b"};
    for (const auto& n : s_.purchase) out.push_back("purchase:" + n);
    for (const auto& n : s_.dropout) out.push_back("dropout:" + n);
    return out;
  }
  void ready() const {
    if (result_.params.empty()) throw error(errc::not_fitted, caller_ + ": fit comes first");
  }
  void check_rows(const customer_rows& rows, const covariate_rows& known) const {
    check(rows, caller_);
    detail::check_covariates(known.purchase, rows.size(), s_.purchase, "purchase", caller_);
    detail::check_covariates(known.dropout, rows.size(), s_.dropout, "dropout", caller_);
  }
  static double mean_log_age(const customer_rows& rows) {
    double sum = 0, all = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double w = rows.weights.empty() ? 1.0 : rows.weights[i];
      sum += w * rows.age[i], all += w;
    }
    return std::log(std::max(sum / std::max(all, 1e-300), 1e-12));
  }
  static std::vector<double> standard(std::span<const double> values, const detail::column_scale& s, const detail::covariate_groups& g) {
    std::vector<double> out;
    const std::size_t wide = s.mean.size();
    for (const std::size_t i : g.first)
      for (std::size_t k = 0; k < wide; ++k) out.push_back((values[i * wide + k] - s.mean[k]) / s.deviation[k]);
    return out;
  }
  [[nodiscard]] any_purchase plain(const std::array<double, 4>& q) const {
    if (s_.kind == covariate_kind::pareto_nbd) {
      ParetoNBD m(1);
      return any_purchase(m.set({q[0], q[1], q[2], q[3]}));
    }
    PurchaseModel m("value::" + std::string(title()), {s_.kind == covariate_kind::bgnbd ? dropout::after_purchase : dropout::from_start, 1, 1, 1});
    return any_purchase(m.set({q[0], q[1], q[2], q[3]}, 1));
  }
  std::vector<double> fit_without(const customer_rows& rows) {
    fit_result r;
    if (s_.kind == covariate_kind::pareto_nbd)
      r = ParetoNBD(s_.threads).fit(rows).result();
    else
      r = PurchaseModel(caller_, {s_.kind == covariate_kind::bgnbd ? dropout::after_purchase : dropout::from_start, 1, 1, s_.threads}).fit(rows).result();
    without_ = r.log_likelihood;
    without_vanished_ = r.status.starts_with("dropout vanished");
    std::vector<double> out;
    for (const double p : r.params) out.push_back(std::log(p));
    return out;
  }
  /// Sum over the groups of the log-likelihood with derivatives in theta; columns cp, cd are those of the groups.
  [[nodiscard]] local_any pass(const customer_rows& rows, const detail::covariate_groups& g, const std::vector<double>& cp,
                               const std::vector<double>& cd, const std::vector<double>& theta) const {
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size(), n = theta.size(), block = 512;
    std::vector<local_any> parts((g.first.size() + block - 1) / block, local_any(n));
    const std::size_t leave = leaves();
    const double sign = leave == 3 ? -1.0 : 1.0;
    parallel_blocks(
        g.first.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          local_any& out = parts[number];
          std::vector<double> scale(n, 1.0);         // theta j moves the log of parameter `of` j by scale j
          std::vector<std::size_t> of(n);
          for (std::size_t j = 0; j < n; ++j) of[j] = j < 4 ? j : j < 4 + np ? 1 : leave;
          for (std::size_t i = begin; i < end; ++i) {
            const std::size_t row = g.first[i];
            if (g.weight[i] == 0) continue;
            std::array<double, 4> logs{theta[0], theta[1], theta[2], theta[3]}, p{};
            for (std::size_t k = 0; k < np; ++k) scale[4 + k] = -cp[i * np + k], logs[1] += theta[4 + k] * scale[4 + k];
            for (std::size_t k = 0; k < nd; ++k) scale[4 + np + k] = sign * cd[i * nd + k], logs[leave] += theta[4 + np + k] * scale[4 + np + k];
            for (std::size_t k = 0; k < 4; ++k) p[k] = std::exp(std::clamp(logs[k], -60.0, 60.0));
            const double x = rows.frequency[row], t = rows.recency[row], age = rows.age[row], w = g.weight[i];
            const detail::rising_at rise(p[0], x);
            local<4> one = leave == 3 ? detail::pareto_row({p[0], p[1], p[2], p[3]}, rise, x, t, age)
                                      : detail::beta_row(p[0], p[1], p[2], p[3], s_.kind == covariate_kind::mbgnbd ? 1.0 : 0.0, rise, x, t, age);
            detail::to_logs(one, p);
            out.value += w * one.value;
            for (std::size_t j = 0; j < n; ++j) {
              out.gradient[j] += w * scale[j] * one.gradient[of[j]];
              for (std::size_t l = 0; l < n; ++l) out.hessian[j * n + l] += w * scale[j] * scale[l] * one.hessian[of[j]][of[l]];
            }
          }
        },
        s_.threads);
    local_any sum(n);
    for (const local_any& part : parts) sum += part;
    return sum;
  }
  void take(const optimum_any& best, const detail::column_scale& sp, const detail::column_scale& sd, const customer_rows& rows, const detail::covariate_groups& g) {
    const std::size_t np = s_.purchase.size(), nd = s_.dropout.size(), n = best.at.size(), leave = leaves();
    const double sign = leave == 3 ? 1.0 : -1.0;
    // raw = map standard: coefficients are divided by the deviation, the two base parameters take the means back
    std::vector<double> map(n * n, 0.0);
    for (std::size_t j = 0; j < 4; ++j) map[j * n + j] = 1;
    for (std::size_t k = 0; k < np; ++k) map[(4 + k) * n + 4 + k] = 1 / sp.deviation[k], map[n + 4 + k] = sp.mean[k] / sp.deviation[k];
    for (std::size_t k = 0; k < nd; ++k)
      map[(4 + np + k) * n + 4 + np + k] = 1 / sd.deviation[k], map[leave * n + 4 + np + k] = sign * sd.mean[k] / sd.deviation[k];
    result_ = {};
    result_.names = names();
    double repeats = 0;
    for (std::size_t i = 0; i < g.first.size(); ++i) result_.customers += g.weight[i], repeats += g.weight[i] * rows.frequency[g.first[i]];
    const std::array<double, 4> middle{std::exp(best.at[0]), std::exp(best.at[1]), std::exp(best.at[2]), std::exp(best.at[3])};
    const bool vanished = leave == 3 ? -std::expm1(-middle[2] * std::log1p(std::exp(mean_log_age(rows)) / middle[3])) < 1e-3
                                     : middle[2] / (middle[2] + middle[3]) < 1e-4;
    std::vector<char> frozen(n, 0);
    for (std::size_t j = 0; j < n; ++j) frozen[j] = vanished && (j == 2 || j == 3 || j >= 4 + np);
    constexpr std::array<detail::shape_and_scale, 2> laws{{{0, 1}, {2, 3}}};
    const bool ridge = detail::take_mapped(result_, theta_, best, map, frozen, laws);
    if (repeats == 0)
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
  }
  template <class Body>
  void each(const customer_rows& rows, const covariate_rows& known, std::span<double> out, Body&& body) const {
    ready();
    check_rows(rows, known);
    detail::same_size(caller_, "out", out.size(), rows.size());
    parallel_blocks(
        rows.size(), 4096,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          any_purchase m = plain({1, 1, 1, 1});
          detail::ahead_space space;
          for (std::size_t i = begin; i < end; ++i)
            out[i] = body(m.move_to(of_row(theta_, known, i)), rows.frequency[i], rows.recency[i], rows.age[i], space);
        },
        s_.threads);
  }

  covariate_settings s_;
  std::string caller_;
  double without_ = unknown;
  bool without_vanished_ = false;
  std::vector<double> theta_;
  fit_result result_;
};

inline purchase_forecast CovariateModel::forecast(const customer_rows& rows, const covariate_rows& known, std::size_t n_draws, const interval_settings& s) const {
  ready();
  check_rows(rows, known);
  detail::check_positive(caller_, "horizon", s.horizon);
  if (!(s.level > 0 && s.level < 1)) throw error(errc::out_of_domain, caller_ + ": 'level' is " + detail::number(s.level) + "; a number between 0 and 1 is wanted");
  if (n_draws < 1) throw error(errc::out_of_domain, caller_ + ": 'draws' is 0; 1 or more are wanted");
  const detail::covariate_groups g(rows, known, s_.purchase.size(), s_.dropout.size());
  const std::size_t m = result_.params.size(), np = s_.purchase.size(), n = g.first.size(), block = 64, leave = leaves();
  const double sign = leave == 3 ? -1.0 : 1.0;
  const std::vector<double> theta = log_draws(n_draws, s.seed);
  std::vector<double> mean(((n + block - 1) / block) * n_draws), variance(mean.size());
  purchase_forecast one;
  const std::array columns{&purchase_forecast::p_alive, &purchase_forecast::p_alive_low, &purchase_forecast::p_alive_high, &purchase_forecast::p_none,
                           &purchase_forecast::purchases, &purchase_forecast::purchases_low, &purchase_forecast::purchases_high,
                           &purchase_forecast::purchases_error, &purchase_forecast::count_low, &purchase_forecast::count_high};
  for (const auto c : columns) (one.*c).resize(n);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        any_purchase model = plain({1, 1, 1, 1});
        std::vector<double> mine(n_draws * 4), slope(4 * m);
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t row = g.first[i];
          model.set_params(of_row(theta_, known, row));
          for (std::size_t d = 0; d < n_draws; ++d) {
            const auto q = of_row(std::span(theta).subspan(d * m, m), known, row);
            std::copy(q.begin(), q.end(), mine.begin() + static_cast<std::ptrdiff_t>(4 * d));
          }
          if (!result_.log_covariance.empty()) {  // how the parameters of the model move the logs of this customer's
            std::fill(slope.begin(), slope.end(), 0.0);
            for (std::size_t j = 0; j < 4; ++j) slope[j * m + j] = 1;
            for (std::size_t k = 0; k < np; ++k) slope[m + 4 + k] = -known.purchase[row * np + k];
            for (std::size_t k = 4 + np; k < m; ++k) slope[leave * m + k] = sign * known.dropout[row * (m - 4 - np) + k - 4 - np];
            std::vector<std::vector<double>> c(4, std::vector<double>(4, 0.0));
            for (std::size_t a = 0; a < 4; ++a)
              for (std::size_t b = 0; b < 4; ++b)
                for (std::size_t k = 0; k < m; ++k)
                  for (std::size_t l = 0; l < m && slope[a * m + k] != 0; ++l) c[a][b] += slope[a * m + k] * result_.log_covariance[k][l] * slope[b * m + l];
            model.set_log_covariance(std::move(c));
          }
          const purchase_forecast f = forecast_purchases(model, {rows.frequency.subspan(row, 1), rows.recency.subspan(row, 1), rows.age.subspan(row, 1)},
                                                         mine, {s.horizon, s.level, 1, s.seed});
          for (const auto c : columns) (one.*c)[i] = (f.*c)[0];
          for (std::size_t d = 0; d < n_draws; ++d)
            mean[number * n_draws + d] += g.weight[i] * f.total_mean[d], variance[number * n_draws + d] += g.weight[i] * f.total_variance[d];
        }
      },
      s.threads);
  purchase_forecast out;
  out.total_mean.assign(n_draws, 0.0), out.total_variance.assign(n_draws, 0.0);
  for (std::size_t k = 0; k < mean.size(); ++k) out.total_mean[k % n_draws] += mean[k], out.total_variance[k % n_draws] += variance[k];
  for (std::size_t i = 0; i < n; ++i) out.total += g.weight[i] * one.purchases[i];
  const interval total = detail::mixed_normal(out.total_mean, out.total_variance, s.level, s.seed);
  out.total_low = total.low, out.total_high = total.high;
  for (const auto c : columns) {
    (out.*c).resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) (out.*c)[i] = (one.*c)[g.place[i]];
  }
  return out;
}

}  // namespace guanxi::value
