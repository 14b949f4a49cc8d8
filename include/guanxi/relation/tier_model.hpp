#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/relation/chain.hpp>
#include <guanxi/relation/dense.hpp>
#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/hysteresis.hpp>
#include <guanxi/relation/ordered_logit.hpp>
#include <guanxi/relation/panel.hpp>
#include <guanxi/relation/tier.hpp>
#include <guanxi/relation/words.hpp>

namespace guanxi::relation {

/// Settings of TierModel.
struct tier_settings {
  std::size_t tiers = 4;             // 1 .. 8
  std::vector<emission> emissions;   // the first is the leading column: its mean ascends with the tier
  double hold = 0.6;                 // probability that another side must hold before the reported tier moves
  std::size_t dwell = 2;             // for so many periods in a row
  double strength = 10.0;            // ridge that draws a tier's slopes to the common ones (covariates)
  double ridge = 1.0;                // ridge on the common slopes
  double prior = 0.0;                // moves and starts added to every cell; with covariates at least 0.01
  int starts = 5;
  std::uint64_t seed = 0;
  double tol = 1e-8;                 // on the largest entry of the gradient, a row
  int max_passes = 1000;
  unsigned threads = 0;
};

/// Probabilities of the tiers and the reported tier of each row of a panel, in the order of its rows.
struct tier_rows {
  std::size_t tiers = 0;
  std::vector<double> p;             // rows x tiers
  std::vector<std::uint8_t> tier;    // with hysteresis
  std::vector<std::string> why;      // empty unless asked for
  double log_likelihood = 0.0;
};

/// What lies ahead of each customer of a panel; rows are customer by customer, ahead = 1 .. periods.
struct tier_forecast {
  std::size_t tiers = 0;
  std::vector<std::uint32_t> customer;
  std::vector<std::uint32_t> ahead;
  std::vector<std::uint8_t> tier;    // reported at the last row
  std::vector<double> p;             // rows x tiers
  std::vector<double> up, up_low, up_high, down, down_low, down_high;
  struct column {
    std::string name;
    std::vector<double> mean, low, high;
  };
  std::vector<column> columns;
};

/// Ordered hidden Markov model of the relation with each customer.
///
/// A hidden tier 0 .. tiers - 1 moves from period to period; what is seen of a customer in a period (orders, spend, share,
/// breadth) depends on the tier only. Transitions are free, or ordered logits of covariates. Fitted by expectation-
/// maximisation from several starts with SQUAREM steps; the log-likelihood never falls.
///
/// Source  Netzer, Lattin and Srinivasan (2008), Marketing Science 27, 185-204 (ordered transitions); Rabiner (1989)
///         (scaled recursions); Varadhan and Roland (2008), Scandinavian J. of Statistics 35, 335-353 (SQUAREM).
/// Costs   about 2 S^2 multiply-adds forward and 3 S^2 backward a row and pass; logs and gamma functions once a distinct
///         value of a column; with covariates S (S - 1) logistics a row.
/// Beware  people visit accounts that they expect to grow: a slope of visits is not what one more visit would do.
class TierModel {
 public:
  explicit TierModel(tier_settings settings = {}) : settings_(std::move(settings)) { check_settings(); }

  /// A model with known parameters: initial (S), transitions (S x S by rows), complete emissions.
  /// Fails with errc::out_of_domain when a row does not sum to 1, errc::size_mismatch for wrong lengths.
  static TierModel given(std::vector<double> initial, std::vector<double> transitions, std::vector<emission> emissions, tier_settings settings = {}) {
    settings.tiers = initial.size();
    settings.emissions = std::move(emissions);
    TierModel m(std::move(settings));
    const std::size_t S = m.settings_.tiers;
    if (transitions.size() != S * S) {
      throw error(errc::size_mismatch, "relation: 'transitions' has " + std::to_string(transitions.size()) + " entries, want " + std::to_string(S * S));
    }
    check_stochastic("initial", initial, S, true), check_stochastic("transitions", transitions, S, false);
    m.now_ = {std::move(initial), std::move(transitions), {}, m.settings_.emissions};
    for (emission& e : m.now_.laws) complete(e, S);
    m.fitted_ = true;
    m.status_.push_back("parameters were given, nothing was fitted");
    return m;
  }

  /// Finds the parameters. Gives *this.
  /// Fails   errc::size_mismatch, errc::duplicate (two rows of one customer and period), errc::out_of_domain (a value that
  ///         the column's family cannot have), errc::empty (no rows).
  TierModel& fit(const panel& p) {
    check_columns(p);
    if (p.customer.empty()) throw error(errc::empty, "relation: panel has no rows");
    centre_.clear(), scale_.clear(), status_.clear(), history_.clear();
    covariate_names_.clear();
    for (const auto& c : p.covariates) covariate_names_.push_back(c.name);
    const detail::prepared rows = detail::prepare(p, settings_.emissions, settings_.tiers, centre_, scale_);
    passes_ = 0;
    fitted_ = true;
    best_of_starts(rows);
    say(rows);
    find_information(rows);
    return *this;
  }

  /// P(tier at t | what was seen up to t) and the reported tier of every row; for decisions.
  [[nodiscard]] tier_rows filter(const panel& p, bool words = false) const { return traced(p, false, words); }
  /// P(tier at t | everything seen), for history only: a smoothed tier used at t looks ahead.
  [[nodiscard]] tier_rows smooth(const panel& p) const { return traced(p, true, false); }

  /// One new row of one customer: turns its probabilities (S, after the row before) into those after the row `seen` (a
  /// value an emission column, NaN = not known), moved by covariates z of the row before. `fresh`: its first row; then
  /// `state` is only written.
  /// Costs   O(S^2), no allocation.
  void update(std::span<double> state, std::span<const double> seen, std::span<const double> z = {}, bool fresh = false) const {
    const std::size_t S = settings_.tiers;
    std::array<double, 8> u{}, q{}, logs{};
    if (fresh) {
      for (std::size_t s = 0; s < S; ++s) u[s] = now_.initial[s];
    } else {
      std::array<double, 64> standard{};
      for (std::size_t j = 0; j < std::min<std::size_t>(z.size(), 64); ++j) standard[j] = (z[j] - centre_[j]) / scale_[j];
      for (std::size_t r = 0; r < S; ++r) {
        const double* row = now_.moves.data() + r * S;
        if (driven()) now_.driven.row(r, std::span<const double>(standard.data(), now_.driven.covariates), q.data()), row = q.data();
        for (std::size_t s = 0; s < S; ++s) u[s] += state[r] * row[s];
      }
    }
    for (std::size_t c = 0; c < now_.laws.size(); ++c) {
      if (std::isnan(seen[c])) continue;
      for (std::size_t s = 0; s < S; ++s) logs[s] += kernel_of(now_.laws[c], s, seen[c]);
    }
    double most = -std::numeric_limits<double>::infinity(), total = 0.0;
    for (std::size_t s = 0; s < S; ++s) most = std::max(most, logs[s]);
    for (std::size_t s = 0; s < S; ++s) total += q[s] = u[s] * std::exp(logs[s] - most);
    const bool possible = total > 0.0 && std::isfinite(total);
    for (std::size_t s = 0; s < S; ++s) state[s] = possible ? q[s] / total : u[s];
  }

  /// Tiers, odds of moving and the columns of `periods` periods ahead, for every customer of the panel.
  ///
  /// Takes   periods >= 1; covariates held at the customer's last row, or `ahead` (customers x periods x covariates, in the
  ///         order of the customers' codes: what holds in the last row and the periods after it); draws for the intervals
  ///         (90 %) of P(up) and P(down), which hold the uncertainty of the transitions, not of today's tier.
  /// Costs   periods x S^2 a customer and draw.
  [[nodiscard]] tier_forecast forecast(const panel& p, std::size_t periods, std::span<const double> ahead = {}, int draws = 200,
                                       bool with_columns = true) const {
    need_fit();
    check_columns(p);
    const std::size_t S = settings_.tiers;
    std::vector<double> centre = centre_, scale = scale_;
    const detail::prepared rows = detail::prepare(p, now_.laws, S, centre, scale);
    const std::size_t n = rows.customers(), k = rows.covariates;
    if (periods < 1) throw error(errc::out_of_domain, "relation: 'periods' is 0, want 1 or more");
    if (!ahead.empty() && ahead.size() != n * periods * k) {
      throw error(errc::size_mismatch, "relation: 'covariates' ahead has " + std::to_string(ahead.size()) + " entries, want " +
                                           std::to_string(n * periods * k) + " (customers x periods x covariates)");
    }
    const auto t = trace_rows(rows, now_, false);
    const auto reported = report(rows, t.filtered);
    const std::vector<parameters> sample = draw(draws);
    tier_forecast out;
    out.tiers = S;
    const std::size_t total = n * periods;
    out.customer.resize(total), out.ahead.resize(total), out.tier.resize(total), out.p.resize(total * S);
    for (auto* v : {&out.up, &out.up_low, &out.up_high, &out.down, &out.down_low, &out.down_high}) v->resize(total);
    const std::size_t columns = with_columns ? now_.laws.size() : 0;
    for (std::size_t c = 0; c < columns; ++c) out.columns.push_back({now_.laws[c].column, std::vector<double>(total), std::vector<double>(total), std::vector<double>(total)});
    parallel_blocks(
        n, 64,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          std::vector<double> a(S), z(k), up(sample.size()), down(sample.size());
          std::vector<std::vector<double>> path(sample.size(), std::vector<double>(S));
          for (std::size_t i = begin; i < end; ++i) {
            const std::size_t last = rows.start[i + 1] - 1;
            const std::uint8_t r = reported[last];
            a.assign(t.filtered.begin() + static_cast<std::ptrdiff_t>(last * S), t.filtered.begin() + static_cast<std::ptrdiff_t>((last + 1) * S));
            for (auto& one : path) one = a;
            for (std::size_t h = 0; h < periods; ++h) {
              for (std::size_t j = 0; j < k; ++j) {
                z[j] = ahead.empty() ? rows.z[last * k + j] : (ahead[(i * periods + h) * k + j] - centre_[j]) / scale_[j];
                if (std::isnan(z[j])) z[j] = 0.0;
              }
              const std::size_t at = i * periods + h;
              step(now_, z, a);
              out.customer[at] = rows.customer[i], out.ahead[at] = static_cast<std::uint32_t>(h + 1), out.tier[at] = r;
              std::copy(a.begin(), a.end(), out.p.begin() + static_cast<std::ptrdiff_t>(at * S));
              sides(a, r, out.up[at], out.down[at]);
              for (std::size_t d = 0; d < sample.size(); ++d) step(sample[d], z, path[d]), sides(path[d], r, up[d], down[d]);
              quantiles(up, out.up[at], out.up_low[at], out.up_high[at]);
              quantiles(down, out.down[at], out.down_low[at], out.down_high[at]);
              for (std::size_t c = 0; c < columns; ++c) mixture(now_.laws[c], a, out.columns[c], at);
            }
          }
        },
        settings_.threads);
    return out;
  }

  /// Transition matrix at covariates z (on their own scale); without z at their means.
  [[nodiscard]] std::vector<double> transitions(std::span<const double> z = {}) const {
    need_fit();
    const std::size_t S = settings_.tiers;
    if (!driven()) return now_.moves;
    std::vector<double> standard(now_.driven.covariates, 0.0), out(S * S);
    for (std::size_t j = 0; j < z.size() && j < standard.size(); ++j) standard[j] = (z[j] - centre_[j]) / scale_[j];
    for (std::size_t s = 0; s < S; ++s) now_.driven.row(s, standard, out.data() + s * S);
    return out;
  }
  [[nodiscard]] std::span<const double> initial() const noexcept { return now_.initial; }
  [[nodiscard]] std::span<const emission> emissions() const noexcept { return now_.laws; }
  /// Thresholds (S x (S - 1)) at the covariates' means; empty without covariates.
  [[nodiscard]] std::span<const double> thresholds() const noexcept { return now_.driven.threshold; }
  /// Slopes (S x covariates) a unit of each covariate; empty without covariates.
  [[nodiscard]] std::vector<double> effects() const {
    std::vector<double> out = now_.driven.slope;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] /= scale_[i % scale_.size()];
    return out;
  }
  /// Standard errors of effects(), in the same shape; empty without covariates.
  [[nodiscard]] std::span<const double> effect_errors() const noexcept { return effect_errors_; }
  /// Standard errors of transitions() (no covariates; NaN for a cell at 0); empty with covariates.
  [[nodiscard]] std::span<const double> transition_errors() const noexcept { return transition_errors_; }
  /// Standard errors of the emissions, laid out like emissions(); no covariates.
  [[nodiscard]] std::span<const emission> emission_errors() const noexcept { return emission_errors_; }
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] std::span<const double> history() const noexcept { return history_; }
  [[nodiscard]] int passes() const noexcept { return passes_; }
  [[nodiscard]] double gradient_norm() const noexcept { return gradient_; }
  [[nodiscard]] const std::vector<std::string>& status() const noexcept { return status_; }
  [[nodiscard]] const tier_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] std::span<const std::string> covariates() const noexcept { return covariate_names_; }
  /// One pass of expectation-maximisation from the present parameters, for measuring. Gives the log-likelihood before it.
  double pass(const panel& p) {
    std::vector<double> centre = centre_, scale = scale_;
    const detail::prepared rows = detail::prepare(p, now_.laws, settings_.tiers, centre, scale);
    return pass(rows);
  }
  double pass(const detail::prepared& rows) {
    auto e = expect(rows, now_);
    now_ = maximise(rows, now_, e).next;
    return e.log_likelihood;
  }

 private:
  struct parameters {
    std::vector<double> initial, moves;
    ordered_moves driven;
    std::vector<emission> laws;
  };
  struct improved {
    parameters next;
    double gradient = 0.0;  // of what came in, largest entry
  };

  [[nodiscard]] bool driven() const noexcept { return now_.driven.covariates > 0; }
  void need_fit() const {
    if (!fitted_) throw error(errc::not_fitted, "relation: TierModel has no parameters yet; call fit first");
  }

  // ---- checks
  void check_settings() const {
    const auto bad = [](const std::string& what) { throw error(errc::out_of_domain, "relation: " + what); };
    if (settings_.tiers < 1 || settings_.tiers > 8) bad("'tiers' is " + std::to_string(settings_.tiers) + ", want 1 to 8");
    if (!(settings_.hold > 0.0 && settings_.hold <= 1.0)) bad("'hysteresis' is " + detail::count_text(settings_.hold) + ", want above 0, at most 1");
    if (settings_.dwell < 1) bad("'dwell' is 0, want 1 or more");
    if (settings_.starts < 1) bad("'starts' is " + std::to_string(settings_.starts) + ", want 1 or more");
    if (settings_.max_passes < 1) bad("'max_passes' is " + std::to_string(settings_.max_passes) + ", want 1 or more");
    if (!(settings_.strength >= 0.0) || !(settings_.ridge >= 0.0) || !(settings_.prior >= 0.0)) bad("'strength', 'ridge' and 'prior' want 0 or more");
  }
  void check_columns(const panel& p) const {
    if (p.emissions.size() != settings_.emissions.size()) {
      throw error(errc::size_mismatch, "relation: the model has " + std::to_string(settings_.emissions.size()) + " emissions, the panel has " +
                                           std::to_string(p.emissions.size()) + " such columns");
    }
    if (p.emissions.empty()) throw error(errc::empty, "relation: TierModel needs at least one emission column");
    if (fitted_ && driven() && p.covariates.size() != now_.driven.covariates) {
      throw error(errc::size_mismatch, "relation: the model was fitted with " + std::to_string(now_.driven.covariates) + " covariates, the panel has " +
                                           std::to_string(p.covariates.size()));
    }
  }
  static void check_stochastic(const std::string& what, std::span<const double> x, std::size_t S, bool vector) {
    for (std::size_t r = 0; r * S < x.size(); ++r) {
      double total = 0.0;
      for (std::size_t s = 0; s < S; ++s) {
        if (!(x[r * S + s] >= 0.0)) throw error(errc::out_of_domain, "relation: '" + what + "' has an entry below 0 in row " + std::to_string(r));
        total += x[r * S + s];
      }
      if (std::fabs(total - 1.0) > 1e-8) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", total);
        throw error(errc::out_of_domain, "relation: '" + what + "'" + (vector ? "" : " row " + std::to_string(r)) + " sums to " + text + ", want 1");
      }
    }
  }
  /// Fills what a given emission leaves out and checks lengths.
  static void complete(emission& e, std::size_t S) {
    const auto want = [&](std::vector<double>& v, const char* what, std::size_t size, double usual, bool may) {
      if (v.empty() && may) v.assign(size, usual);
      if (v.size() != size) {
        throw error(errc::size_mismatch, "relation: emission '" + e.column + "' has " + std::to_string(v.size()) + " entries of '" + what + "', want " + std::to_string(size));
      }
    };
    switch (e.kind) {
      case family::label:
      case family::ordinal:
        e.mean.resize(S);
        std::iota(e.mean.begin(), e.mean.end(), 0.0);
        if (e.kind == family::ordinal) want(e.reading, "reading", S * S, 0.0, false);
        break;
      case family::poisson: want(e.mean, "mean", S, 0, false); break;
      case family::log_normal: want(e.zero, "zero", S, 0.0, true), want(e.mean, "mean", S, 0, false), want(e.spread, "spread", S, 0, false); break;
      case family::beta: want(e.one, "one", S, 0.0, true), want(e.zero, "zero", S, 0.0, true), want(e.mean, "mean", S, 0, false), want(e.spread, "spread", S, 0, false); break;
      default: want(e.mean, "mean", S, 0, false), want(e.spread, "spread", S, 0, false);
    }
  }

  // ---- one pass
  [[nodiscard]] detail::expectations expect(const detail::prepared& rows, const parameters& q) {
    std::vector<detail::density_table> tables;
    for (std::size_t c = 0; c < q.laws.size(); ++c) tables.push_back(detail::tabulate(q.laws[c], rows.columns[c], settings_.tiers, settings_.threads));
    const detail::chain_view view{q.initial, q.moves, q.driven.covariates > 0 ? &q.driven : nullptr, tables};
    ++passes_;
    return detail::with_states(settings_.tiers, [&]<std::size_t S>() { return detail::expect<S>(rows, q.laws, view, std::move(room_), settings_.threads); });
  }

  [[nodiscard]] detail::traces trace_rows(const detail::prepared& rows, const parameters& q, bool smooth) const {
    std::vector<detail::density_table> tables;
    for (std::size_t c = 0; c < q.laws.size(); ++c) tables.push_back(detail::tabulate(q.laws[c], rows.columns[c], settings_.tiers, settings_.threads));
    const detail::chain_view view{q.initial, q.moves, q.driven.covariates > 0 ? &q.driven : nullptr, tables};
    return detail::with_states(settings_.tiers, [&]<std::size_t S>() { return detail::trace<S>(rows, q.laws, view, smooth, settings_.threads); });
  }

  [[nodiscard]] move_prior prior() const { return {settings_.strength, settings_.ridge, std::max(settings_.prior, 0.01)}; }

  /// Log prior of the parameters: what the objective adds to the log-likelihood.
  [[nodiscard]] double log_prior(const parameters& q) const {
    double total = 0.0;
    if (q.driven.covariates > 0) total += detail::move_log_prior(q.driven, prior());
    if (settings_.prior > 0.0) {
      for (const double x : q.initial) total += settings_.prior * std::log(x);
      if (q.driven.covariates == 0) {
        for (const double x : q.moves) total += settings_.prior * std::log(x);
      }
    }
    for (const emission& e : q.laws) {
      if (e.kind != family::ordinal) continue;
      for (const double x : e.reading) total += 0.1 * std::log(x);
    }
    return total;
  }

  [[nodiscard]] improved maximise(const detail::prepared& rows, const parameters& was, detail::expectations& e) {
    const std::size_t S = settings_.tiers;
    improved out;
    out.next = was;
    const auto shares = [&](std::span<const double> weight, double* into) {
      double total = 0.0;
      for (const double w : weight) total += w + settings_.prior;
      for (std::size_t s = 0; s < S && total > 1e-300; ++s) {
        out.gradient = std::max(out.gradient, std::fabs(weight[s] + settings_.prior - into[s] * total));
        into[s] = (weight[s] + settings_.prior) / total;
      }
    };
    shares(e.initial, out.next.initial.data());
    if (was.driven.covariates > 0) {
      const std::size_t cells = S * S;
      const detail::move_data d{std::span<const double>(e.xi).subspan(cells), rows.z, rows.rows() - 1};
      const auto done = detail::fit_moves(out.next.driven, d, prior(), 1, settings_.threads);
      out.gradient = std::max(out.gradient, done.gradient);
      if (done.gradient > 1e-9 * (1.0 + std::fabs(done.value))) (void)detail::fit_moves(out.next.driven, d, prior(), 30, settings_.threads);
      room_ = std::move(e.xi);
    } else {
      for (std::size_t s = 0; s < S; ++s) shares(std::span<const double>(e.moves).subspan(s * S, S), out.next.moves.data() + s * S);
    }
    for (std::size_t c = 0; c < was.laws.size(); ++c) {
      emission law = was.laws[c];
      out.gradient = std::max(out.gradient, law_gradient(law, rows.columns[c], e, c));
      out.next.laws[c] = detail::refit(was.laws[c], rows.columns[c], e.sums[c], e.histogram[c], c == 0);
    }
    return out;
  }

  [[nodiscard]] double law_gradient(emission& law, const detail::coded& column, const detail::expectations& e, std::size_t c) const {
    double most = 0.0;
    detail::each_parameter(law, [&](const char* what, std::size_t s, double, auto&&) {
      most = std::max(most, std::fabs(detail::slope(law, column, e.sums[c], e.histogram[c], what, s)));
    });
    if (law.kind == family::ordinal) {
      const std::size_t S = settings_.tiers;
      for (std::size_t s = 0; s < S; ++s) {
        double total = 0.1 * static_cast<double>(S);
        std::vector<double> row(S, 0.1);
        for (std::size_t d = 0; d < column.value.size(); ++d) row[static_cast<std::size_t>(column.value[d])] += e.histogram[c][d * S + s], total += e.histogram[c][d * S + s];
        for (std::size_t k = 0; k < S; ++k) most = std::max(most, std::fabs(row[k] - total * law.reading[s * S + k]));
      }
    }
    return most;
  }

  // ---- the search
  [[nodiscard]] parameters start(const detail::prepared& rows, int number) {
    const std::size_t S = settings_.tiers;
    parameters q;
    q.laws = settings_.emissions;
    random_stream g(settings_.seed, static_cast<std::uint64_t>(number));
    const auto uniform = [&] { return (static_cast<double>(g() >> 11) + 0.5) * 0x1p-53; };
    const detail::coded& lead = rows.columns[0];
    std::vector<double> count(lead.value.size());
    double seen = 0.0;
    for (const std::uint32_t code : lead.code) {
      if (code != detail::coded::missing) count[code] += 1.0, seen += 1.0;
    }
    std::vector<double> cut;
    for (std::size_t s = 1; s < S; ++s) cut.push_back(number == 0 ? static_cast<double>(s) / static_cast<double>(S) : uniform());
    std::sort(cut.begin(), cut.end());
    std::vector<std::size_t> group(lead.value.size());
    double below = 0.0;
    const bool tiers_seen = q.laws[0].kind == family::label || q.laws[0].kind == family::ordinal;
    for (std::size_t d = 0; d < lead.value.size(); ++d) {
      const double middle = (below + 0.5 * count[d]) / seen;
      below += count[d];
      for (const double c : cut) group[d] += middle > c;
      if (tiers_seen) group[d] = static_cast<std::size_t>(lead.value[d]);
    }
    detail::expectations e;
    e.sums.assign(q.laws.size(), std::vector<detail::moments>(S));
    e.histogram.resize(q.laws.size());
    for (std::size_t c = 0; c < q.laws.size(); ++c) begin_law(rows, q.laws[c], c, group, e, number == 0);
    q.initial.assign(S, 1.0 / static_cast<double>(S));
    q.moves.assign(S * S, S > 1 ? 0.2 / static_cast<double>(S - 1) : 1.0);
    for (std::size_t s = 0; s < S && S > 1; ++s) q.moves[s * S + s] = 0.8;
    if (rows.covariates > 0 && S > 1) q.driven = detail::moves_from(q.moves, S, rows.covariates);
    return q;
  }

  /// First parameters of one column: from rows weighted by the group of their leading value; given means are kept.
  void begin_law(const detail::prepared& rows, emission& law, std::size_t c, std::span<const std::size_t> group, detail::expectations& e, bool keep) const {
    const std::size_t S = settings_.tiers;
    const detail::coded& column = rows.columns[c];
    const emission asked = law;
    const auto fill = [&](std::vector<double>& v, double x) { v.assign(S, x); };
    fill(law.mean, law.kind == family::beta ? 0.5 : 1.0);
    switch (law.kind) {
      case family::negative_binomial: fill(law.spread, 1.0); break;
      case family::log_normal: fill(law.spread, column.variance), fill(law.zero, 0.1); fill(law.mean, column.centre); break;
      case family::normal: fill(law.spread, column.variance), fill(law.mean, column.centre); break;
      case family::beta: fill(law.spread, 4.0), fill(law.zero, 0.1), fill(law.one, 0.01); break;
      case family::label: std::iota(law.mean.begin(), law.mean.end(), 0.0); return;
      case family::ordinal:
        std::iota(law.mean.begin(), law.mean.end(), 0.0);
        if (law.reading.size() != S * S) {
          law.reading.assign(S * S, S > 1 ? 0.2 / static_cast<double>(S - 1) : 1.0);
          for (std::size_t s = 0; s < S && S > 1; ++s) law.reading[s * S + s] = 0.8;
        }
        return;
      default: break;
    }
    const bool histogram = detail::by_histogram(law, column);
    if (histogram) e.histogram[c].assign(column.value.size() * S, 0.0);
    const double own = S > 1 ? 0.85 : 1.0, other = S > 1 ? 0.15 / static_cast<double>(S - 1) : 0.0;
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      const std::uint32_t code = column.code[r], leading = rows.columns[0].code[r];
      if (code == detail::coded::missing) continue;
      for (std::size_t s = 0; s < S; ++s) {
        const double w = leading == detail::coded::missing ? 1.0 / static_cast<double>(S) : group[leading] == s ? own : other;
        if (histogram) {
          e.histogram[c][code * S + s] += w;
        } else {
          const auto f = detail::feature(law.kind, column.centre, column.value[code]);
          detail::moments& m = e.sums[c][s];
          m.zero += w * f[0], m.one += w * f[1], m.rest += w * f[2], m.first += w * f[3], m.second += w * f[4];
        }
      }
    }
    if (histogram) {
      std::vector<emission> all(settings_.emissions);
      all[c] = law;
      detail::finish_moments(all, rows, S, e);
    }
    law = detail::refit(law, column, e.sums[c], e.histogram[c], true);
    if (keep && asked.mean.size() == S) law.mean = asked.mean;
    if (keep && asked.spread.size() == S) law.spread = asked.spread;
  }

  struct search {
    parameters at;
    double value = -std::numeric_limits<double>::infinity(), log_likelihood = value, gradient = std::numeric_limits<double>::infinity();
    std::vector<double> history;
    bool converged = false, stalled = false;
    std::vector<std::uint32_t> impossible;
  };

  static void pack(parameters& q, std::vector<double>& x) {
    x.clear();
    x.insert(x.end(), q.initial.begin(), q.initial.end());
    if (q.driven.covariates > 0) {
      for (auto* v : {&q.driven.threshold, &q.driven.slope, &q.driven.common}) x.insert(x.end(), v->begin(), v->end());
    } else {
      x.insert(x.end(), q.moves.begin(), q.moves.end());
    }
    for (emission& e : q.laws) {
      detail::each_parameter(e, [&](const char*, std::size_t, double value, auto&&) { x.push_back(value); });
      x.insert(x.end(), e.reading.begin(), e.reading.end());
    }
  }
  /// False when the point is not inside the domain.
  static bool unpack(std::span<const double> x, parameters& q) {
    std::size_t at = 0;
    const auto take = [&](std::vector<double>& v, bool positive) {
      bool fine = true;
      for (double& one : v) {
        fine = fine && (!positive || x[at] > 0.0 || (x[at] == 0.0 && one == 0.0));
        one = x[at++];
      }
      return fine;
    };
    bool fine = take(q.initial, true);
    if (q.driven.covariates > 0) {
      (void)take(q.driven.threshold, false), (void)take(q.driven.slope, false), (void)take(q.driven.common, false);
      fine = fine && detail::thresholds_ascend(q.driven);
    } else {
      fine = take(q.moves, true) && fine;
    }
    for (emission& e : q.laws) {
      detail::each_parameter(e, [&](const char*, std::size_t, double, auto&& back) { back(x[at++]); });
      fine = take(e.reading, true) && fine;
      for (const double v : e.spread) fine = fine && v > 1e-12 && v <= detail::largest_size * 1e6;
      for (const double v : e.mean) fine = fine && std::isfinite(v);
    }
    return fine && (q.laws.empty() || q.laws[0].kind == family::beta || std::is_sorted(q.laws[0].mean.begin(), q.laws[0].mean.end()));
  }

  /// SQUAREM cycles until the gradient is small, the passes are spent, or gains fall below `enough` of the value.
  void climb(const detail::prepared& rows, search& s, int passes, double tol, double enough) {
    const int last = passes_ + passes;
    const double scale = static_cast<double>(rows.rows());
    std::vector<double> x0, x1, x2, x;
    auto e0 = expect(rows, s.at);
    s.value = e0.log_likelihood + log_prior(s.at);
    int quiet = 0;
    while (true) {
      s.history.push_back(s.value), s.log_likelihood = e0.log_likelihood, s.impossible = e0.impossible;
      improved one = maximise(rows, s.at, e0);
      s.gradient = one.gradient;
      s.converged = one.gradient <= tol * scale;
      if (s.converged || passes_ >= last) return;
      auto e1 = expect(rows, one.next);
      const double value1 = e1.log_likelihood + log_prior(one.next);
      if (!(value1 >= s.value)) {  // an inner search that ran into rounding: stay at the better point
        s.stalled = true;
        return;
      }
      s.history.push_back(value1);
      improved two = maximise(rows, one.next, e1);
      pack(s.at, x0), pack(one.next, x1), pack(two.next, x2);
      double r = 0.0, v = 0.0;
      if (x0.size() == x1.size() && x1.size() == x2.size()) {
        for (std::size_t i = 0; i < x0.size(); ++i) {
          r += (x1[i] - x0[i]) * (x1[i] - x0[i]);
          v += (x2[i] - 2.0 * x1[i] + x0[i]) * (x2[i] - 2.0 * x1[i] + x0[i]);
        }
      }
      double alpha = v > 0.0 ? -std::sqrt(r / v) : -1.0;
      bool jumped = false;
      double gained = value1;
      for (int tries = 0; tries < 3 && alpha < -1.0 && !jumped && std::isfinite(alpha); ++tries, alpha = 0.5 * (alpha - 1.0)) {
        x.resize(x0.size());
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = x0[i] - 2.0 * alpha * (x1[i] - x0[i]) + alpha * alpha * (x2[i] - 2.0 * x1[i] + x0[i]);
        parameters far = two.next;
        if (!unpack(x, far)) continue;
        auto e2 = expect(rows, far);
        const double value2 = e2.log_likelihood + log_prior(far);
        if (value2 >= value1) s.at = std::move(far), e0 = std::move(e2), gained = value2, jumped = true;
      }
      if (!jumped) {
        e0 = expect(rows, two.next);
        gained = e0.log_likelihood + log_prior(two.next);
        if (!(gained >= value1)) {
          s.at = std::move(one.next), s.value = value1, s.log_likelihood = e1.log_likelihood, s.stalled = true;
          return;
        }
        s.at = std::move(two.next);
      }
      quiet = gained - s.value < enough * (1.0 + std::fabs(gained)) ? quiet + 1 : 0;
      s.value = gained;
      if (quiet >= 3) {
        s.history.push_back(s.value), s.log_likelihood = e0.log_likelihood, s.stalled = true;
        return;
      }
    }
  }

  void best_of_starts(const detail::prepared& rows) {
    search best;
    const bool exact = settings_.emissions[0].kind == family::label;
    const int starts = exact || settings_.tiers == 1 ? 1 : settings_.starts;
    for (int i = 0; i < starts; ++i) {
      search s;
      s.at = start(rows, i);
      climb(rows, s, settings_.max_passes, settings_.tol * 1e2, 1e-8);
      if (s.value > best.value) best = std::move(s);
    }
    best.stalled = false;
    best.history.pop_back();
    climb(rows, best, settings_.max_passes, settings_.tol, 1e-15);
    now_ = std::move(best.at);
    history_ = std::move(best.history);
    log_likelihood_ = best.log_likelihood, gradient_ = best.gradient;
    const bool precise = best.stalled && best.gradient <= 1e-6 * static_cast<double>(rows.rows());  // all that doubles can tell
    converged_ = best.converged || precise, stalled_ = best.stalled;
    impossible_ = std::move(best.impossible);
  }

  // ---- status and uncertainty
  void say(const detail::prepared& rows) {
    const std::size_t S = settings_.tiers;
    char text[64];
    std::snprintf(text, sizeof text, "%.2g", gradient_ / static_cast<double>(rows.rows()));
    if (converged_) {
      status_.push_back("converged: gradient " + std::string(text) + " a row after " + std::to_string(passes_) + " passes");
    } else if (stalled_) {
      status_.push_back("no further gain, gradient " + std::string(text) + " a row: at the edge of the domain or of precision");
    } else {
      status_.push_back("not converged after " + std::to_string(passes_) + " passes, gradient " + std::string(text) + " a row: raise max_passes");
    }
    const auto t = trace_rows(rows, now_, true);
    std::vector<double> mass(S);
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      for (std::size_t s = 0; s < S; ++s) mass[s] += t.smoothed[r * S + s];
    }
    for (std::size_t s = 0; s < S; ++s) {
      if (mass[s] < 1.0 && S > 1) status_.push_back("tier " + std::to_string(s) + " is empty: " + std::to_string(S - 1) + " tiers suffice");
    }
    for (const emission& e : now_.laws) {
      for (std::size_t s = 0; e.kind == family::negative_binomial && s < S; ++s) {
        if (e.spread[s] >= detail::largest_size) status_.push_back("'" + e.column + "' shows no over-dispersion in tier " + std::to_string(s) + ": equals Poisson");
      }
    }
    if (rows.customers() == 1 && rows.rows() > 1) status_.push_back("one customer: the starting probabilities stand at a corner and mean nothing");
    if (rows.customers() == rows.rows()) status_.push_back("no customer has two periods: transitions are not known");
    if (rows.inserted > 0) status_.push_back(std::to_string(rows.inserted) + " periods without a row were taken as not seen");
    if (rows.holes > 0) status_.push_back(std::to_string(rows.holes) + " covariate entries were not known and taken as average");
    if (driven()) status_.push_back("effects of what people chose to do (visits) are not causal: they went where growth was expected");
    if (!impossible_.empty()) {
      const std::uint32_t row = impossible_[0];
      const auto at = std::upper_bound(rows.start.begin(), rows.start.end(), row) - rows.start.begin() - 1;
      status_.push_back(std::to_string(impossible_.size()) + " rows fit no tier and counted as missing; the first: customer " +
                        std::to_string(rows.customer[static_cast<std::size_t>(at)]) + ", period " +
                        std::to_string(rows.first[static_cast<std::size_t>(at)] + static_cast<std::int64_t>(row - rows.start[static_cast<std::size_t>(at)])));
    }
  }

  /// Free cells of the transition rows as log-ratios to the row's largest cell.
  struct ratio {
    std::size_t row, column, base;
  };
  [[nodiscard]] std::vector<ratio> ratios() const {
    const std::size_t S = settings_.tiers;
    std::vector<ratio> out;
    for (std::size_t r = 0; r < S; ++r) {
      const double* a = now_.moves.data() + r * S;
      const auto base = static_cast<std::size_t>(std::max_element(a, a + S) - a);
      for (std::size_t c = 0; c < S; ++c) {
        if (c != base && a[c] > 1e-7) out.push_back({r, c, base});
      }
    }
    return out;
  }

  static void set_ratios(std::span<const ratio> free, std::span<const double> x, std::size_t S, std::vector<double>& moves) {
    std::vector<double> old = moves;
    for (std::size_t r = 0; r < S; ++r) {
      double total = 0.0;
      std::vector<double> row(S, 0.0);
      bool any = false;
      for (std::size_t i = 0; i < free.size(); ++i) {
        if (free[i].row != r) continue;
        row[free[i].base] = 1.0, row[free[i].column] = std::exp(x[i]), any = true;
      }
      if (!any) continue;
      for (const double v : row) total += v;
      for (std::size_t c = 0; c < S; ++c) moves[r * S + c] = row[c] / total;
    }
  }

  /// Observed information by central differences of the exact gradient; its inverse gives the standard errors and draws.
  void find_information(const detail::prepared& rows) {
    const std::size_t S = settings_.tiers;
    covariance_.clear(), transition_errors_.clear(), effect_errors_.clear(), emission_errors_.clear();
    if (driven()) {
      auto e = expect(rows, now_);
      const detail::move_data d{std::span<const double>(e.xi).subspan(S * S), rows.z, rows.rows() - 1};
      ordered_moves copy = now_.driven;
      const auto done = detail::fit_moves(copy, d, prior(), 1, settings_.threads, true);
      if (!invert(done.information, static_cast<std::size_t>(std::sqrt(static_cast<double>(done.information.size())) + 0.5))) return;
      const std::size_t p = now_.driven.covariates, own = S - 1 + p, size = order_;
      for (std::size_t s = 0; s < S; ++s) {
        for (std::size_t j = 0; j < p; ++j) {
          const std::size_t at = s * own + S - 1 + j;
          effect_errors_.push_back(std::sqrt(covariance_[at * size + at]) / scale_[j]);
        }
      }
      if (settings_.emissions[0].kind != family::label) status_.push_back("standard errors of effects take the tiers as known: too narrow");
      return;
    }
    const std::vector<ratio> free = ratios();
    std::vector<double> x;
    for (const ratio& f : free) x.push_back(std::log(now_.moves[f.row * S + f.column] / now_.moves[f.row * S + f.base]));
    parameters q = now_;
    for (emission& law : q.laws) detail::each_parameter(law, [&](const char*, std::size_t, double v, auto&&) { x.push_back(v); });
    const std::size_t n = x.size();
    const int was = passes_;
    const auto gradient = [&](std::span<const double> at) {
      parameters here = now_;
      set_ratios(free, at.first(free.size()), S, here.moves);
      std::size_t i = free.size();
      for (emission& law : here.laws) detail::each_parameter(law, [&](const char*, std::size_t, double, auto&& back) { back(at[i++]); });
      const auto e = expect(rows, here);
      std::vector<double> g;
      for (const ratio& f : free) {
        double total = 0.0;
        for (std::size_t c = 0; c < S; ++c) total += e.moves[f.row * S + c] + settings_.prior;
        g.push_back(e.moves[f.row * S + f.column] + settings_.prior - total * here.moves[f.row * S + f.column]);
      }
      for (std::size_t c = 0; c < here.laws.size(); ++c) {
        detail::each_parameter(here.laws[c], [&](const char* what, std::size_t s, double, auto&&) {
          g.push_back(detail::slope(here.laws[c], rows.columns[c], e.sums[c], e.histogram[c], what, s));
        });
      }
      return g;
    };
    std::vector<double> information(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      const double h = 1e-5 * std::max(1.0, std::fabs(x[i]));
      std::vector<double> up = x, down = x;
      up[i] += h, down[i] -= h;
      const auto gu = gradient(up), gd = gradient(down);
      for (std::size_t j = 0; j < n; ++j) information[j * n + i] = -(gu[j] - gd[j]) / (2.0 * h);
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) information[i * n + j] = information[j * n + i] = 0.5 * (information[i * n + j] + information[j * n + i]);
    }
    passes_ = was;
    centre_of_draws_ = x;
    if (!invert(information, n)) {
      status_.push_back("the information matrix is singular: no standard errors");
      return;
    }
    transition_errors_.assign(S * S, unknown);
    for (std::size_t r = 0; r < S; ++r) {  // delta method through the softmax of a row
      std::vector<std::size_t> at;
      for (std::size_t i = 0; i < free.size(); ++i) {
        if (free[i].row == r) at.push_back(i);
      }
      if (at.empty()) continue;
      for (std::size_t c = 0; c < S; ++c) {
        const double p = now_.moves[r * S + c];
        if (p <= 1e-7) continue;
        double variance = 0.0;
        for (const std::size_t i : at) {
          for (const std::size_t j : at) {
            const double di = p * ((free[i].column == c ? 1.0 : 0.0) - now_.moves[r * S + free[i].column]);
            const double dj = p * ((free[j].column == c ? 1.0 : 0.0) - now_.moves[r * S + free[j].column]);
            variance += di * dj * covariance_[i * n + j];
          }
        }
        transition_errors_[r * S + c] = std::sqrt(variance);
      }
    }
    std::size_t i = free.size();
    for (emission law : now_.laws) {
      emission errors = law;
      for (auto* v : {&errors.mean, &errors.spread, &errors.zero, &errors.one, &errors.reading}) std::fill(v->begin(), v->end(), unknown);
      detail::each_parameter(law, [&](const char* what, std::size_t s, double value, auto&& back) {
        const double se = std::sqrt(covariance_[i * n + i]), h = 1e-6;
        ++i;
        auto& source = std::string_view(what) == "mean" ? law.mean : std::string_view(what) == "spread" ? law.spread : std::string_view(what) == "zero" ? law.zero : law.one;
        auto& into = std::string_view(what) == "mean" ? errors.mean : std::string_view(what) == "spread" ? errors.spread : std::string_view(what) == "zero" ? errors.zero : errors.one;
        back(value + h);
        const double high = source[s];
        back(value - h);
        into[s] = se * (high - source[s]) / (2.0 * h);
        back(value);
      });
      emission_errors_.push_back(std::move(errors));
    }
  }

  /// Covariance from the information (lower half); false and empty when it is not positive definite.
  bool invert(std::vector<double> information, std::size_t n) {
    order_ = n;
    covariance_.clear();
    if (n == 0 || !detail::cholesky_factor(information, n)) return false;
    covariance_.assign(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const auto column = std::span<double>(covariance_).subspan(i * n, n);
      column[i] = 1.0;
      detail::cholesky_solve(information, column);
    }
    return true;
  }

  /// Parameters drawn from the normal law about the fit; empty when the information is not known.
  [[nodiscard]] std::vector<parameters> draw(int draws) const {
    std::vector<parameters> out;
    if (covariance_.empty() || draws <= 0) return out;
    const std::size_t S = settings_.tiers, n = order_;
    std::vector<double> root = covariance_;
    if (!detail::cholesky_factor(root, n)) return out;
    const auto free = driven() ? std::vector<ratio>{} : ratios();
    for (int d = 0; d < draws; ++d) {
      random_stream g(settings_.seed, static_cast<std::uint64_t>(d), 1);
      std::vector<double> z(n), x(n);
      for (double& one : z) one = normal_quantile((static_cast<double>(g() >> 11) + 0.5) * 0x1p-53);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) x[i] += root[i * n + j] * z[j];
      }
      parameters q{now_.initial, now_.moves, now_.driven, {}};
      if (driven()) {
        const std::size_t p = q.driven.covariates, cuts = S - 1, own = cuts + p;
        for (std::size_t s = 0; s < S; ++s) {
          for (std::size_t k = 0; k < cuts; ++k) q.driven.threshold[s * cuts + k] += x[s * own + k];
          for (std::size_t j = 0; j < p; ++j) q.driven.slope[s * p + j] += x[s * own + cuts + j];
          std::sort(q.driven.threshold.begin() + static_cast<std::ptrdiff_t>(s * cuts), q.driven.threshold.begin() + static_cast<std::ptrdiff_t>((s + 1) * cuts));
        }
      } else {
        for (std::size_t i = 0; i < free.size(); ++i) x[i] += centre_of_draws_[i];
        set_ratios(free, std::span<const double>(x).first(free.size()), S, q.moves);
      }
      out.push_back(std::move(q));
    }
    return out;
  }

  // ---- rows out
  [[nodiscard]] std::vector<std::uint8_t> report(const detail::prepared& rows, std::span<const double> p) const {
    const std::size_t S = settings_.tiers;
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
    const std::size_t S = settings_.tiers;
    std::vector<double> centre = centre_, scale = scale_;
    const detail::prepared rows = detail::prepare(p, now_.laws, S, centre, scale);
    const auto t = trace_rows(rows, now_, smooth);
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
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r * S), S, out.p.begin() + static_cast<std::ptrdiff_t>(rows.source[r] * S));
        out.tier[rows.source[r]] = reported[r];
        if (!words) continue;
        const std::uint8_t before = r > rows.start[i] ? reported[r - 1] : reported[r];
        out.why[rows.source[r]] = reason(rows, r, reported[r], before, std::span<const double>(from).subspan(r * S, S));
      }
    }
    return out;
  }

  [[nodiscard]] std::string tier_name(std::size_t s) const { return settings_.tiers == tier_count ? std::string(label(static_cast<tier>(s))) : "tier " + std::to_string(s); }

  /// The two columns that speak most for the reported tier against the tier before (or against the likeliest other one).
  [[nodiscard]] std::string reason(const detail::prepared& rows, std::size_t r, std::size_t now, std::size_t before, std::span<const double> p) const {
    std::size_t rival = before;
    if (rival == now) {
      rival = now == 0 ? (p.size() > 1 ? 1 : 0) : 0;
      for (std::size_t s = 0; s < p.size(); ++s) {
        if (s != now && p[s] > p[rival]) rival = s;
      }
    }
    std::vector<std::pair<double, std::size_t>> found;
    for (std::size_t c = 0; c < now_.laws.size(); ++c) {
      const std::uint32_t code = rows.columns[c].code[r];
      if (code == detail::coded::missing) continue;
      const double y = rows.columns[c].value[code];
      double d = detail::log_density(now_.laws[c], now, y) - detail::log_density(now_.laws[c], rival, y);
      if (std::isnan(d)) d = 0.0;
      found.emplace_back(-std::fabs(d), c);
    }
    std::sort(found.begin(), found.end());
    std::string text = tier_name(now) + " (" + detail::percent_text(p[now]) + ")";
    if (before != now) text += ", before " + tier_name(before);
    if (found.empty()) return text + ": nothing seen in this period";
    text += ": ";
    for (std::size_t i = 0; i < std::min<std::size_t>(2, found.size()); ++i) {
      const std::size_t c = found[i].second;
      const emission& e = now_.laws[c];
      if (i > 0) text += "; ";
      text += e.column + " " + detail::money_text(rows.columns[c].value[rows.columns[c].code[r]]) + " (" + tier_name(now) + " averages " +
              detail::money_text(detail::expectation(e, now));
      if (rival != now) text += ", " + tier_name(rival) + " " + detail::money_text(detail::expectation(e, rival));
      text += ")";
    }
    return text;
  }

  // ---- forecast helpers
  void step(const parameters& q, std::span<const double> z, std::vector<double>& a) const {
    const std::size_t S = a.size();
    std::array<double, 8> next{}, row{};
    for (std::size_t r = 0; r < S; ++r) {
      const double* m = q.moves.data() + r * S;
      if (q.driven.covariates > 0) q.driven.row(r, z, row.data()), m = row.data();
      for (std::size_t s = 0; s < S; ++s) next[s] += a[r] * m[s];
    }
    std::copy_n(next.begin(), S, a.begin());
  }
  static void sides(std::span<const double> a, std::size_t r, double& up, double& down) {
    up = down = 0.0;
    for (std::size_t s = 0; s < a.size(); ++s) (s > r ? up : down) += s == r ? 0.0 : a[s];
  }
  static void quantiles(std::vector<double> x, double estimate, double& low, double& high) {
    low = high = unknown;
    if (x.empty()) return;
    std::sort(x.begin(), x.end());
    const auto at = [&](double p) {
      const double place = p * static_cast<double>(x.size() - 1);
      const auto i = static_cast<std::size_t>(place);
      return x[i] + (place - static_cast<double>(i)) * (x[std::min(i + 1, x.size() - 1)] - x[i]);
    };
    low = std::min(at(0.05), estimate), high = std::max(at(0.95), estimate);
  }
  static void mixture(const emission& e, std::span<const double> a, tier_forecast::column& out, std::size_t at) {
    double mean = 0.0, top = 0.0;
    for (std::size_t s = 0; s < a.size(); ++s) mean += a[s] * detail::expectation(e, s), top = std::max(top, detail::expectation(e, s));
    out.mean[at] = mean;
    const bool whole = e.kind != family::log_normal && e.kind != family::beta && e.kind != family::normal;
    const auto cdf = [&](double y) {
      double total = 0.0;
      for (std::size_t s = 0; s < a.size(); ++s) total += a[s] > 1e-12 ? a[s] * detail::distribution(e, s, y) : 0.0;
      return total;
    };
    const auto quantile = [&](double p) {
      double low = 0.0, high = std::max(1.0, top);
      if (e.kind == family::normal) {
        low = high = mean;
        double width = 1.0;
        for (const double v : e.spread) width = std::max(width, std::sqrt(v));
        while (cdf(low) > p) low -= width, width *= 2.0;
      }
      if (cdf(low) >= p && !(e.kind == family::normal)) return low;
      double reach = std::max(1.0, std::fabs(high));
      while (cdf(high) < p && reach < 1e300) high += reach, reach *= 2.0;
      for (int i = 0; i < 200 && high - low > (whole ? 1.0 : 1e-9 * (1.0 + std::fabs(high))); ++i) {
        const double middle = whole ? std::floor(0.5 * (low + high)) : 0.5 * (low + high);
        (cdf(middle) < p ? low : high) = middle;
      }
      return whole ? std::ceil(high) : high;
    };
    out.low[at] = quantile(0.05), out.high[at] = quantile(0.95);
  }

  /// log density up to a term that is the same in every state.
  [[nodiscard]] static double kernel_of(const emission& e, std::size_t s, double y) {
    if (e.kind == family::poisson) return (y > 0.0 ? y * std::log(e.mean[s]) : 0.0) - e.mean[s];
    return detail::log_density(e, s, y);
  }

  tier_settings settings_;
  parameters now_;
  std::vector<double> centre_, scale_, history_, room_;
  std::vector<double> covariance_, centre_of_draws_, transition_errors_, effect_errors_;
  std::vector<emission> emission_errors_;
  std::vector<std::string> status_, covariate_names_;
  std::vector<std::uint32_t> impossible_;
  std::size_t order_ = 0;
  double log_likelihood_ = unknown, gradient_ = unknown;
  int passes_ = 0;
  bool fitted_ = false, converged_ = false, stalled_ = false;
};

}  // namespace guanxi::relation
