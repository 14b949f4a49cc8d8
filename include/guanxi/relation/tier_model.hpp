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
#include <guanxi/relation/hysteresis.hpp>
#include <guanxi/relation/panel.hpp>
#include <guanxi/relation/tier_checks.hpp>
#include <guanxi/relation/tier_information.hpp>
#include <guanxi/relation/tier_outlook.hpp>
#include <guanxi/relation/tier_parameters.hpp>
#include <guanxi/relation/tier_search.hpp>
#include <guanxi/relation/tier_settings.hpp>
#include <guanxi/relation/tier_words.hpp>

namespace guanxi::relation {

/// Ordered hidden Markov model of the relation with each customer.
///
/// A hidden tier 0 .. tiers - 1 moves from period to period; what is seen of a customer in a period (orders, spend,
/// share, breadth) depends on the tier only. Transitions are free, or ordered logits of covariates. Fitted by
/// expectation- maximisation from several starts with SQUAREM steps; the log-likelihood never falls.
///
/// Source  Netzer, Lattin and Srinivasan (2008), Marketing Science 27, 185-204 (ordered transitions); Rabiner (1989)
///         (scaled recursions); Varadhan and Roland (2008), Scandinavian J. of Statistics 35, 335-353 (SQUAREM).
/// Costs   about 2 S^2 multiply-adds forward and 3 S^2 backward a row and pass; logs and gamma functions once a
/// distinct
///         value of a column; with covariates S (S - 1) logistics a row.
/// Beware  people visit accounts that they expect to grow: a slope of visits is not what one more visit would do.
class TierModel {
 public:
  explicit TierModel(tier_settings settings = {}) : settings_(std::move(settings)) {
    detail::check_settings(settings_);
  }

  /// A model with known parameters: initial (S), transitions (S x S by rows), complete emissions; with settings.lost
  /// state 0 of each is the lost one.
  /// Fails with errc::out_of_domain when a row does not sum to 1, errc::size_mismatch for wrong lengths.
  static TierModel given(std::vector<double> initial, std::vector<double> transitions, std::vector<emission> emissions,
                         tier_settings settings = {}) {
    settings.tiers = initial.size() - (settings.lost && initial.size() > 1 ? 1 : 0);
    settings.emissions = std::move(emissions);
    TierModel m(std::move(settings));
    const std::size_t S = m.states();
    if (transitions.size() != S * S) {
      throw error(errc::size_mismatch, "relation: 'transitions' has " + std::to_string(transitions.size()) +
                                           " entries, want " + std::to_string(S * S));
    }
    detail::check_stochastic("initial", initial, S, true);
    detail::check_stochastic("transitions", transitions, S, false);
    m.now_ = {std::move(initial), std::move(transitions), {}, m.settings_.emissions};
    for (emission& e : m.now_.laws) detail::complete(e, S);
    m.fitted_ = true;
    m.status_.push_back("parameters were given, nothing was fitted");
    return m;
  }

  /// Finds the parameters. Gives *this.
  /// Fails   errc::size_mismatch, errc::duplicate (two rows of one customer and period), errc::out_of_domain (a value
  ///         that the column's family cannot have; a stationary start with covariates), errc::empty (no rows).
  TierModel& fit(const panel& p) {
    check_columns(p);
    if (p.customer.empty()) throw error(errc::empty, "relation: panel has no rows");
    if (settings_.initial == beginning::stationary && !p.covariates.empty())
      throw error(errc::out_of_domain, "relation: 'initial' is stationary, which wants a panel without covariates");
    centre_.clear(), scale_.clear(), covariate_names_.clear();
    for (const auto& c : p.covariates) covariate_names_.push_back(c.name);
    const detail::prepared rows = detail::prepare(p, settings_.emissions, states(), centre_, scale_);
    tier_settings resolved = settings_;
    if (std::isnan(resolved.prior)) resolved.prior = rows.customers() < detail::small_book ? detail::small_prior : 0.0;
    detail::tier_search search(resolved, rows);
    detail::tier_found found = search.best_of_starts();
    status_ = detail::tier_status(resolved, rows, found, search.passes, std::isnan(settings_.prior));
    known_ = detail::inform(search, resolved, rows, found.at, scale_, status_);
    now_ = std::move(found.at), history_ = std::move(found.history);
    log_likelihood_ = found.log_likelihood, gradient_ = found.gradient, passes_ = search.passes;
    prior_ = resolved.prior, rows_ = rows.rows() - rows.inserted, fitted_ = true;
    return *this;
  }

  /// P(state at t | what was seen up to t) and the reported state of every row; for decisions.
  [[nodiscard]] tier_rows filter(const panel& p, bool words = false) const { return traced(p, false, words); }
  /// P(state at t | everything seen), for history only: a smoothed tier used at t looks ahead.
  [[nodiscard]] tier_rows smooth(const panel& p) const { return traced(p, true, false); }

  /// One new row of one customer: turns its probabilities (S, after the row before) into those after the row `seen` (a
  /// value an emission column, NaN = not known), moved by covariates z of the row before. `fresh`: its first row; then
  /// `state` is only written. `exposure`: length of the period.
  /// Costs   O(S^2), no allocation.
  void update(std::span<double> state, std::span<const double> seen, std::span<const double> z = {}, bool fresh = false,
              double exposure = 1.0) const {
    const std::size_t S = states();
    std::array<double, 8> u{}, q{}, logs{};
    if (fresh) {
      for (std::size_t s = 0; s < S; ++s) u[s] = now_.initial[s];
    } else {
      std::array<double, 64> standard{};
      for (std::size_t j = 0; j < std::min<std::size_t>(z.size(), 64); ++j)
        standard[j] = (z[j] - centre_[j]) / scale_[j];
      for (std::size_t r = 0; r < S; ++r) {
        const double* row = now_.moves.data() + r * S;
        if (driven())
          now_.driven.row(r, std::span<const double>(standard.data(), now_.driven.covariates), q.data()),
              row = q.data();
        for (std::size_t s = 0; s < S; ++s) u[s] += state[r] * row[s];
      }
    }
    for (std::size_t c = 0; c < now_.laws.size(); ++c) {
      if (std::isnan(seen[c])) continue;
      for (std::size_t s = 0; s < S; ++s) logs[s] += kernel_of(now_.laws[c], s, seen[c], exposure);
    }
    double most = -std::numeric_limits<double>::infinity(), total = 0.0;
    for (std::size_t s = 0; s < S; ++s) most = std::max(most, logs[s]);
    for (std::size_t s = 0; s < S; ++s) total += q[s] = u[s] * std::exp(logs[s] - most);
    const bool possible = total > 0.0 && std::isfinite(total);
    for (std::size_t s = 0; s < S; ++s) state[s] = possible ? q[s] / total : u[s];
  }

  /// Tiers, odds of moving and the columns of `periods` periods ahead, for every customer of the panel.
  ///
  /// Takes   periods >= 1; covariates held at the customer's last row, or `ahead` (customers x periods x covariates, in
  ///         the order of the customers' codes: what holds in the last row and the periods after it); draws for the
  ///         intervals (90 %) of P(up) and P(down): each draw of the parameters filters the panel anew, so that the
  ///         uncertainty of today's tier is inside.
  /// Costs   a filter of the panel and periods x S^2 a customer, for each draw.
  [[nodiscard]] tier_forecast forecast(const panel& p, std::size_t periods, std::span<const double> ahead = {},
                                       int draws = 200, bool with_columns = true) const {
    need_fit();
    check_columns(p);
    const std::size_t S = states();
    std::vector<double> centre = centre_, scale = scale_;
    const detail::prepared rows = detail::prepare(p, now_.laws, S, centre, scale);
    const std::size_t n = rows.customers(), k = rows.covariates;
    if (periods < 1) throw error(errc::out_of_domain, "relation: 'periods' is 0, want 1 or more");
    if (!ahead.empty() && ahead.size() != n * periods * k) {
      throw error(errc::size_mismatch, "relation: 'covariates' ahead has " + std::to_string(ahead.size()) +
                                           " entries, want " + std::to_string(n * periods * k) +
                                           " (customers x periods x covariates)");
    }
    const auto filtered = detail::trace_rows(rows, now_, false, settings_.threads).filtered;
    const auto reported = report(rows, filtered);
    const auto sample = detail::draw_parameters(now_, known_, settings_, draws);
    const std::vector<double> today = last_rows(rows, sample);
    tier_forecast out = empty_forecast(n * periods, with_columns);
    parallel_blocks(
        n, 64,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          std::vector<double> a(S), z(k), up(sample.size()), down(sample.size()), path(sample.size() * S);
          for (std::size_t i = begin; i < end; ++i) {
            const std::size_t last = rows.start[i + 1] - 1;
            const std::uint8_t r = reported[last];
            a.assign(filtered.begin() + static_cast<std::ptrdiff_t>(last * S),
                     filtered.begin() + static_cast<std::ptrdiff_t>((last + 1) * S));
            for (std::size_t d = 0; d < sample.size(); ++d)
              std::copy_n(today.begin() + static_cast<std::ptrdiff_t>((d * n + i) * S), S,
                          path.begin() + static_cast<std::ptrdiff_t>(d * S));
            for (std::size_t h = 0; h < periods; ++h) {
              for (std::size_t j = 0; j < k; ++j) {
                z[j] =
                    ahead.empty() ? rows.z[last * k + j] : (ahead[(i * periods + h) * k + j] - centre_[j]) / scale_[j];
                if (std::isnan(z[j])) z[j] = 0.0;
              }
              const std::size_t at = i * periods + h;
              detail::step(now_, z, a);
              out.customer[at] = rows.customer[i], out.ahead[at] = static_cast<std::uint32_t>(h + 1), out.tier[at] = r;
              std::copy(a.begin(), a.end(), out.p.begin() + static_cast<std::ptrdiff_t>(at * S));
              detail::sides(a, r, out.up[at], out.down[at]);
              for (std::size_t d = 0; d < sample.size(); ++d) {
                const auto one = std::span<double>(path).subspan(d * S, S);
                detail::step(sample[d], z, one), detail::sides(one, r, up[d], down[d]);
              }
              detail::quantiles(up, out.up[at], out.up_low[at], out.up_high[at]);
              detail::quantiles(down, out.down[at], out.down_low[at], out.down_high[at]);
              for (std::size_t c = 0; c < out.columns.size(); ++c) detail::mixture(now_.laws[c], a, out.columns[c], at);
            }
          }
        },
        settings_.threads);
    return out;
  }

  /// Transition matrix at covariates z (on their own scale); without z at their means.
  [[nodiscard]] std::vector<double> transitions(std::span<const double> z = {}) const {
    need_fit();
    const std::size_t S = states();
    if (!driven()) return now_.moves;
    std::vector<double> standard(now_.driven.covariates, 0.0), out(S * S);
    for (std::size_t j = 0; j < z.size() && j < standard.size(); ++j) standard[j] = (z[j] - centre_[j]) / scale_[j];
    for (std::size_t s = 0; s < S; ++s) now_.driven.row(s, standard, out.data() + s * S);
    return out;
  }
  /// Number of free parameters, as the information criterion counts them; slopes count in full.
  [[nodiscard]] std::size_t parameters() const {
    need_fit();
    const std::size_t S = states(), live = settings_.tiers, low = settings_.lost ? 1 : 0;
    const bool seen = settings_.emissions[0].kind == family::label;
    std::size_t total = settings_.initial == beginning::free ? live - 1 : 0;
    total += live * (S - 1) + (driven() ? live * now_.driven.covariates : 0);
    for (emission law : now_.laws) {
      detail::each_parameter(law, [&](const char*, std::size_t s, double, auto&&) { total += s >= low; });
      if (law.kind == family::ordinal) total += S * (S - 1);
    }
    return seen ? total - (live - 1) : total;
  }
  /// Bayesian information criterion, -2 log-likelihood + parameters x log(rows); the number of tiers with the least is
  /// the one to take. Source: Schwarz (1978), Annals of Statistics 6, 461-464.
  [[nodiscard]] double bic() const {
    return -2.0 * log_likelihood_ + static_cast<double>(parameters()) * std::log(static_cast<double>(rows_));
  }
  [[nodiscard]] std::size_t states() const noexcept { return detail::states_of(settings_); }
  [[nodiscard]] std::span<const double> initial() const noexcept { return now_.initial; }
  [[nodiscard]] std::span<const emission> emissions() const noexcept { return now_.laws; }
  /// Thresholds (S x (S - 1)) at the covariates' means; empty without covariates.
  [[nodiscard]] std::span<const double> thresholds() const noexcept { return now_.driven.threshold; }
  /// Slopes (S x covariates) a unit of each covariate; empty without covariates, NaN for a lost state.
  [[nodiscard]] std::vector<double> effects() const {
    std::vector<double> out = now_.driven.slope;
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = settings_.lost && i < now_.driven.covariates ? unknown : out[i] / scale_[i % scale_.size()];
    return out;
  }
  /// Standard errors of effects(), in the same shape; empty without covariates.
  [[nodiscard]] std::span<const double> effect_errors() const noexcept { return known_.effect_errors; }
  /// Standard errors of transitions() (no covariates; NaN for a cell at 0); empty with covariates.
  [[nodiscard]] std::span<const double> transition_errors() const noexcept { return known_.transition_errors; }
  /// Standard errors of the emissions, laid out like emissions(); empty when only the moves' are known.
  [[nodiscard]] std::span<const emission> emission_errors() const noexcept { return known_.emission_errors; }
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] std::span<const double> history() const noexcept { return history_; }
  [[nodiscard]] int passes() const noexcept { return passes_; }
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_; }
  /// The prior that was used: moves and starts added to every cell.
  [[nodiscard]] double prior() const noexcept { return prior_; }
  [[nodiscard]] const std::vector<std::string>& status() const noexcept { return status_; }
  [[nodiscard]] const tier_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] std::span<const std::string> covariates() const noexcept { return covariate_names_; }
  /// One pass of expectation-maximisation from the present parameters, for measuring. Gives the log-likelihood before
  /// it.
  double pass(const panel& p) {
    std::vector<double> centre = centre_, scale = scale_;
    const detail::prepared rows = detail::prepare(p, now_.laws, states(), centre, scale);
    return pass(rows);
  }
  double pass(const detail::prepared& rows) {
    tier_settings resolved = settings_;
    if (std::isnan(resolved.prior)) resolved.prior = 0.0;
    detail::tier_search search(resolved, rows);
    auto e = search.expect(now_);
    now_ = search.maximise(now_, e).next;
    return e.log_likelihood;
  }

 private:
  [[nodiscard]] bool driven() const noexcept { return now_.driven.covariates > 0; }
  void need_fit() const {
    if (!fitted_) throw error(errc::not_fitted, "relation: TierModel has no parameters yet; call fit first");
  }
  void check_columns(const panel& p) const {
    if (p.emissions.size() != settings_.emissions.size()) {
      throw error(errc::size_mismatch, "relation: the model has " + std::to_string(settings_.emissions.size()) +
                                           " emissions, the panel has " + std::to_string(p.emissions.size()) +
                                           " such columns");
    }
    if (p.emissions.empty()) throw error(errc::empty, "relation: TierModel needs at least one emission column");
    if (fitted_ && driven() && p.covariates.size() != now_.driven.covariates) {
      throw error(errc::size_mismatch, "relation: the model was fitted with " + std::to_string(now_.driven.covariates) +
                                           " covariates, the panel has " + std::to_string(p.covariates.size()));
    }
  }

  /// Probabilities of the states in each customer's last row under each draw: draws x customers x S.
  [[nodiscard]] std::vector<double> last_rows(const detail::prepared& rows,
                                              std::span<const detail::tier_parameters> sample) const {
    const std::size_t S = states(), n = rows.customers();
    std::vector<double> out(sample.size() * n * S);
    for (std::size_t d = 0; d < sample.size(); ++d) {
      const auto filtered = detail::trace_rows(rows, sample[d], false, settings_.threads).filtered;
      for (std::size_t i = 0; i < n; ++i)
        std::copy_n(filtered.begin() + static_cast<std::ptrdiff_t>((rows.start[i + 1] - 1) * S), S,
                    out.begin() + static_cast<std::ptrdiff_t>((d * n + i) * S));
    }
    return out;
  }

  [[nodiscard]] tier_forecast empty_forecast(std::size_t total, bool with_columns) const {
    tier_forecast out;
    out.tiers = states();
    out.customer.resize(total), out.ahead.resize(total), out.tier.resize(total), out.p.resize(total * out.tiers);
    for (auto* v : {&out.up, &out.up_low, &out.up_high, &out.down, &out.down_low, &out.down_high}) v->resize(total);
    for (std::size_t c = 0; with_columns && c < now_.laws.size(); ++c)
      out.columns.push_back(
          {now_.laws[c].column, std::vector<double>(total), std::vector<double>(total), std::vector<double>(total)});
    return out;
  }

  [[nodiscard]] std::vector<std::uint8_t> report(const detail::prepared& rows, std::span<const double> p) const {
    const std::size_t S = states();
    std::vector<std::uint8_t> out(rows.rows());
    for (std::size_t i = 0; i < rows.customers(); ++i) {
      hysteresis h(settings_.hold, settings_.dwell);
      std::uint8_t last = 0;
      for (std::size_t r = rows.start[i]; r < rows.start[i + 1]; ++r) {
        if (rows.source[r] != detail::no_row) last = h.next(p.subspan(r * S, S));
        out[r] = last;
      }
    }
    return out;
  }

  [[nodiscard]] tier_rows traced(const panel& p, bool smooth, bool words) const {
    need_fit();
    check_columns(p);
    const std::size_t S = states();
    std::vector<double> centre = centre_, scale = scale_;
    const detail::prepared rows = detail::prepare(p, now_.laws, S, centre, scale);
    const auto t = detail::trace_rows(rows, now_, smooth, settings_.threads);
    const std::vector<double>& from = smooth ? t.smoothed : t.filtered;
    const auto reported = report(rows, from);
    tier_rows out;
    out.tiers = S, out.log_likelihood = t.log_likelihood;
    const std::size_t n = p.customer.size();
    out.p.resize(n * S), out.tier.resize(n);
    if (words) out.why.resize(n);
    for (std::size_t i = 0; i < rows.customers(); ++i) {
      for (std::size_t r = rows.start[i]; r < rows.start[i + 1]; ++r) {
        if (rows.source[r] == detail::no_row) continue;
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r * S), S,
                    out.p.begin() + static_cast<std::ptrdiff_t>(rows.source[r] * S));
        out.tier[rows.source[r]] = reported[r];
        if (!words) continue;
        const std::uint8_t before = r > rows.start[i] ? reported[r - 1] : reported[r];
        out.why[rows.source[r]] = detail::reason(settings_, now_, rows, r, reported[r], before,
                                                 std::span<const double>(from).subspan(r * S, S));
      }
    }
    return out;
  }

  /// log density up to a term that is the same in every state.
  [[nodiscard]] static double kernel_of(const emission& e, std::size_t s, double y, double exposure) {
    if (e.kind == family::poisson) return (y > 0.0 ? y * std::log(e.mean[s] * exposure) : 0.0) - e.mean[s] * exposure;
    return detail::log_density(e, s, y, exposure);
  }

  tier_settings settings_;
  detail::tier_parameters now_;
  detail::tier_information known_;
  std::vector<double> centre_, scale_, history_;
  std::vector<std::string> status_, covariate_names_;
  double log_likelihood_ = unknown, gradient_ = unknown, prior_ = 0.0;
  std::size_t rows_ = 0;
  int passes_ = 0;
  bool fitted_ = false;
};

}  // namespace guanxi::relation
