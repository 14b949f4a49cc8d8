#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/chain.hpp>
#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/ordered_logit.hpp>
#include <guanxi/relation/panel.hpp>
#include <guanxi/relation/tier_parameters.hpp>
#include <guanxi/relation/tier_settings.hpp>

namespace guanxi::relation::detail {

/// The best point of a search and how it was reached.
struct tier_found {
  tier_parameters at;
  double value = -std::numeric_limits<double>::infinity(), log_likelihood = value,
         gradient = std::numeric_limits<double>::infinity();
  std::vector<double> history;
  bool converged = false, stalled = false;
  std::vector<std::uint32_t> impossible;
};

/// Expectation-maximisation with SQUAREM steps from several starts. `settings.prior` is a number here.
class tier_search {
 public:
  tier_search(const tier_settings& settings, const prepared& rows)
      : settings_(settings), rows_(rows), S_(states_of(settings)), low_(settings.lost ? 1 : 0) {}

  int passes = 0;

  [[nodiscard]] expectations expect(const tier_parameters& q) {
    const auto tables = tables_of(rows_, q, S_, settings_.threads);
    const chain_view view{q.initial, q.moves, q.driven.covariates > 0 ? &q.driven : nullptr, tables};
    ++passes;
    return with_states(S_, [&]<std::size_t S>() {
      return relation::detail::expect<S>(rows_, q.laws, view, std::move(room_), settings_.threads);
    });
  }

  [[nodiscard]] move_prior prior() const {
    return {settings_.strength, settings_.ridge, std::max(settings_.prior, 0.01)};
  }

  /// Log prior of the parameters: what the objective adds to the log-likelihood.
  [[nodiscard]] double log_prior(const tier_parameters& q) const {
    double total = 0.0;
    if (q.driven.covariates > 0) total += move_log_prior(q.driven, prior());
    const double w = settings_.prior;
    for (std::size_t s = low_; w > 0.0 && s < S_; ++s) {
      if (settings_.initial == beginning::free) total += w * std::log(q.initial[s]);
      for (std::size_t c = 0; q.driven.covariates == 0 && c < S_; ++c) total += w * std::log(q.moves[s * S_ + c]);
    }
    for (std::size_t c = 0; c < q.laws.size(); ++c) {
      const emission& e = q.laws[c];
      if (e.kind == family::ordinal) {
        for (const double x : e.reading) total += 0.1 * std::log(x);
      }
      const auto part = [](double weight, double p) { return weight > 0.0 ? weight * std::log(p) : 0.0; };
      const double z = rows_.columns[c].zeros, o = e.one.empty() ? 0.0 : rows_.columns[c].ones;
      for (std::size_t s = low_; w > 0.0 && s < e.zero.size(); ++s) {
        const double one = e.one.empty() ? 0.0 : e.one[s];
        total += w * (part(z, e.zero[s]) + part(o, one) + part(1.0 - z - o, 1.0 - e.zero[s] - one));
      }
    }
    return total;
  }

  struct improved {
    tier_parameters next;
    double gradient = 0.0;  // of what came in, largest entry
  };

  /// The M-step, and the gradient at the point that the expectations belong to.
  [[nodiscard]] improved maximise(const tier_parameters& was, expectations& e) {
    improved out;
    out.next = was;
    if (settings_.initial == beginning::free) shares(e.initial, out.next.initial.data(), low_, out.gradient);
    if (was.driven.covariates > 0) {
      const move_data d{std::span<const double>(e.xi).subspan(S_ * S_), rows_.z, rows_.rows() - 1};
      const auto done = fit_moves(out.next.driven, d, prior(), 1, settings_.threads);
      out.gradient = std::max(out.gradient, done.gradient);
      if (done.gradient > 1e-9 * (1.0 + std::fabs(done.value)))
        (void)fit_moves(out.next.driven, d, prior(), 1, settings_.threads);
      room_ = std::move(e.xi);
    } else if (settings_.initial == beginning::stationary && S_ > 1) {
      settle(was, e, out);
    } else {
      for (std::size_t s = low_; s < S_; ++s)
        shares(std::span<const double>(e.moves).subspan(s * S_, S_), out.next.moves.data() + s * S_, 0, out.gradient);
    }
    for (std::size_t c = 0; c < was.laws.size(); ++c) {
      emission law = was.laws[c];
      out.gradient = std::max(out.gradient, law_gradient(law, rows_.columns[c], e, c));
      out.next.laws[c] = refit(was.laws[c], rows_.columns[c], e.sums[c], e.histogram[c], c == 0, settings_.prior);
      if (settings_.lost) set_lost(out.next.laws[c]);
    }
    return out;
  }

  /// First point of start `number`: tiers cut from the leading column, at equal parts or at random places.
  [[nodiscard]] tier_parameters start(int number) const {
    const std::size_t live = settings_.tiers;
    tier_parameters q;
    q.laws = settings_.emissions;
    random_stream g(settings_.seed, static_cast<std::uint64_t>(number));
    const auto uniform = [&] { return (static_cast<double>(g() >> 11) + 0.5) * 0x1p-53; };
    const coded& lead = rows_.columns[0];
    std::vector<double> count(lead.value.size());
    double seen = 0.0;
    for (const std::uint32_t code : lead.code) {
      if (code != coded::missing) count[code] += 1.0, seen += 1.0;
    }
    std::vector<double> cut;
    for (std::size_t s = 1; s < live; ++s)
      cut.push_back(number == 0 ? static_cast<double>(s) / static_cast<double>(live) : uniform());
    std::sort(cut.begin(), cut.end());
    std::vector<std::size_t> group(lead.value.size(), low_);
    double below = 0.0;
    const bool tiers_seen = q.laws[0].kind == family::label || q.laws[0].kind == family::ordinal;
    for (std::size_t d = 0; d < lead.value.size(); ++d) {
      const double middle = (below + 0.5 * count[d]) / seen;
      below += count[d];
      for (const double c : cut) group[d] += middle > c;
      if (tiers_seen) group[d] = static_cast<std::size_t>(lead.value[d]);
    }
    expectations e;
    e.sums.assign(q.laws.size(), std::vector<moments>(S_));
    e.histogram.resize(q.laws.size());
    for (std::size_t c = 0; c < q.laws.size(); ++c) begin_law(q.laws[c], c, group, e, number == 0);
    q.initial.assign(S_, 1.0 / static_cast<double>(live));
    q.moves.assign(S_ * S_, S_ > 1 ? 0.2 / static_cast<double>(S_ - 1) : 1.0);
    for (std::size_t s = 0; s < S_ && S_ > 1; ++s) q.moves[s * S_ + s] = 0.8;
    if (settings_.lost) {
      q.initial[0] = 0.0;
      for (std::size_t s = 0; s < S_; ++s) q.moves[s] = s == 0 ? 1.0 : 0.0;
    }
    if (rows_.covariates > 0 && S_ > 1) {
      q.driven = moves_from(q.moves, S_, rows_.covariates);
      q.driven.absorbing = settings_.lost;
    }
    return q;
  }

  /// SQUAREM cycles until the gradient is small, the passes are spent, or gains fall below `enough` of the value.
  void climb(tier_found& s, int most, double tol, double enough) {
    const int last = passes + most;
    const double scale = static_cast<double>(rows_.rows());
    std::vector<double> x0, x1, x2, x;
    auto e0 = expect(s.at);
    s.value = e0.log_likelihood + log_prior(s.at);
    int quiet = 0;
    while (true) {
      s.history.push_back(s.value), s.log_likelihood = e0.log_likelihood, s.impossible = e0.impossible;
      improved one = maximise(s.at, e0);
      s.gradient = one.gradient;
      s.converged = one.gradient <= tol * scale;
      if (s.converged || passes >= last) return;
      auto e1 = expect(one.next);
      const double value1 = e1.log_likelihood + log_prior(one.next);
      if (!(value1 >= s.value)) {  // an inner search that ran into rounding: stay at the better point
        s.stalled = true;
        return;
      }
      s.history.push_back(value1);
      improved two = maximise(one.next, e1);
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
      for (int tries = 0; tries < 3 && alpha < -1.0 && !jumped && std::isfinite(alpha);
           ++tries, alpha = 0.5 * (alpha - 1.0)) {
        x.resize(x0.size());
        for (std::size_t i = 0; i < x.size(); ++i)
          x[i] = x0[i] - 2.0 * alpha * (x1[i] - x0[i]) + alpha * alpha * (x2[i] - 2.0 * x1[i] + x0[i]);
        tier_parameters far = two.next;
        if (!unpack(x, far, settings_.lost)) continue;
        if (settings_.initial == beginning::stationary) far.initial = settled(far.moves, S_);
        if (far.initial.empty()) continue;
        auto e2 = expect(far);
        const double value2 = e2.log_likelihood + log_prior(far);
        if (value2 >= value1) s.at = std::move(far), e0 = std::move(e2), gained = value2, jumped = true;
      }
      if (!jumped) {
        e0 = expect(two.next);
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

  [[nodiscard]] tier_found best_of_starts() {
    tier_found best;
    const bool exact = settings_.emissions[0].kind == family::label;
    const int starts = exact || S_ == 1 ? 1 : settings_.starts;
    for (int i = 0; i < starts; ++i) {
      tier_found s;
      s.at = start(i);
      if (settings_.initial == beginning::stationary) s.at.initial = settled(s.at.moves, S_);
      climb(s, std::min(settings_.max_passes, rows_.covariates > 0 ? 60 : 300), settings_.tol * 1e2, 1e-8);
      if (s.value > best.value) best = std::move(s);
    }
    best.stalled = false;
    best.history.pop_back();
    climb(best, settings_.max_passes, settings_.tol, 1e-15);
    const bool precise =
        best.stalled && best.gradient <= 1e-6 * static_cast<double>(rows_.rows());  // all that doubles can tell
    best.converged = best.converged || precise;
    return best;
  }

  /// Gradient of the log-likelihood (prior included) at q in the free log-ratios, the driven moves and the emissions,
  /// in that order.
  [[nodiscard]] std::vector<double> gradient(tier_parameters& q, std::span<const ratio> free) {
    auto e = expect(q);
    std::vector<double> g, pull;
    if (settings_.initial == beginning::stationary) pull = settled_pull(e.initial, q.initial, q.moves);
    for (const ratio& f : free) {
      double total = 0.0, own = 0.0;
      for (std::size_t c = 0; c < S_; ++c) {
        const bool start = f.row == S_;
        if (start && c < low_) continue;
        double v = settings_.prior + (start ? e.initial[c] : e.moves[f.row * S_ + c]);
        if (!pull.empty() && !start) v += q.moves[f.row * S_ + c] * pull[f.row * S_ + c];
        total += v;
        if (c == f.column) own = v;
      }
      g.push_back(own - total * (f.row == S_ ? q.initial[f.column] : q.moves[f.row * S_ + f.column]));
    }
    if (q.driven.covariates > 0) {
      const move_data d{std::span<const double>(e.xi).subspan(S_ * S_), rows_.z, rows_.rows() - 1};
      const auto moves = move_gradient(q.driven, d, prior(), settings_.threads);
      g.insert(g.end(), moves.begin(), moves.end());
      room_ = std::move(e.xi);
    }
    for (std::size_t c = 0; c < q.laws.size(); ++c) {
      each_parameter(q.laws[c], [&](const char* what, std::size_t s, double, auto&&) {
        if (s >= low_)
          g.push_back(slope(q.laws[c], rows_.columns[c], e.sums[c], e.histogram[c], what, s, settings_.prior));
      });
    }
    return g;
  }

 private:
  /// Weights from `from` on, plus the prior, as parts of their sum.
  void shares(std::span<const double> weight, double* into, std::size_t from, double& gradient) const {
    double total = 0.0;
    for (std::size_t s = from; s < S_; ++s) total += weight[s] + settings_.prior;
    for (std::size_t s = from; s < S_ && total > 1e-300; ++s) {
      gradient = std::max(gradient, std::fabs(weight[s] + settings_.prior - into[s] * total));
      into[s] = (weight[s] + settings_.prior) / total;
    }
  }

  /// Transitions whose settled law is the start: an ascent by fixed points, halved until the expected value rises.
  void settle(const tier_parameters& was, const expectations& e, improved& out) const {
    const auto value = [&](std::span<const double> pi, std::span<const double> a) {
      double total = 0.0;
      for (std::size_t s = 0; s < S_; ++s) total += e.initial[s] > 0.0 ? e.initial[s] * std::log(pi[s]) : 0.0;
      for (std::size_t i = 0; i < S_ * S_; ++i) {
        const double w = e.moves[i] + settings_.prior;
        if (w > 0.0) total += w * std::log(a[i]);
      }
      return total;
    };
    std::vector<double> a = was.moves, pi = was.initial;
    for (int turn = 0; turn < 4; ++turn) {
      const auto pull = settled_pull(e.initial, pi, a);
      std::vector<double> next(S_ * S_);
      for (std::size_t r = 0; r < S_; ++r) {
        const double least = *std::min_element(pull.begin() + static_cast<std::ptrdiff_t>(r * S_),
                                               pull.begin() + static_cast<std::ptrdiff_t>((r + 1) * S_));
        double total = 0.0;
        for (std::size_t c = 0; c < S_; ++c) {
          const std::size_t i = r * S_ + c;
          total += next[i] = e.moves[i] + settings_.prior + a[i] * (pull[i] - least);
        }
        for (std::size_t c = 0; c < S_; ++c) {
          const std::size_t i = r * S_ + c;
          if (turn == 0) out.gradient = std::max(out.gradient, std::fabs(next[i] - total * a[i]));
          next[i] = total > 1e-300 ? next[i] / total : a[i];
        }
      }
      const double now = value(pi, a);
      bool better = false;
      double part = 1.0;
      for (int halving = 0; halving < 30 && !better; ++halving, part *= 0.5) {
        std::vector<double> tried(S_ * S_);
        for (std::size_t i = 0; i < tried.size(); ++i) tried[i] = a[i] + part * (next[i] - a[i]);
        const auto there = settled(tried, S_);
        if (there.empty() || !(value(there, tried) >= now)) continue;
        a = tried, pi = there, better = true;
      }
      if (!better) break;
    }
    out.next.moves = a, out.next.initial = pi;
  }

  [[nodiscard]] double law_gradient(emission& law, const coded& column, const expectations& e, std::size_t c) const {
    double most = 0.0;
    each_parameter(law, [&](const char* what, std::size_t s, double, auto&&) {
      if (s >= low_)
        most = std::max(most, std::fabs(slope(law, column, e.sums[c], e.histogram[c], what, s, settings_.prior)));
    });
    if (law.kind == family::ordinal) {
      for (std::size_t s = 0; s < S_; ++s) {
        double total = 0.1 * static_cast<double>(S_);
        std::vector<double> row(S_, 0.1);
        for (std::size_t d = 0; d < column.value.size(); ++d)
          row[static_cast<std::size_t>(column.value[d])] += e.histogram[c][d * S_ + s],
              total += e.histogram[c][d * S_ + s];
        for (std::size_t k = 0; k < S_; ++k) most = std::max(most, std::fabs(row[k] - total * law.reading[s * S_ + k]));
      }
    }
    return most;
  }

  /// First parameters of one column: from rows weighted by the group of their leading value; given means are kept.
  void begin_law(emission& law, std::size_t c, std::span<const std::size_t> group, expectations& e, bool keep) const {
    const coded& column = rows_.columns[c];
    const emission asked = law;
    const auto fill = [&](std::vector<double>& v, double x) { v.assign(S_, x); };
    fill(law.mean, law.kind == family::beta ? 0.5 : 1.0);
    switch (law.kind) {
      case family::negative_binomial:
        fill(law.spread, 1.0);
        break;
      case family::log_normal:
        fill(law.spread, column.variance), fill(law.zero, 0.1);
        fill(law.mean, column.centre);
        break;
      case family::normal:
        fill(law.spread, column.variance), fill(law.mean, column.centre);
        break;
      case family::beta:
        fill(law.spread, 4.0), fill(law.zero, 0.1), fill(law.one, 0.01);
        break;
      case family::label:
        std::iota(law.mean.begin(), law.mean.end(), 0.0);
        return;
      case family::ordinal:
        std::iota(law.mean.begin(), law.mean.end(), 0.0);
        if (law.reading.size() != S_ * S_) {
          law.reading.assign(S_ * S_, S_ > 1 ? 0.2 / static_cast<double>(S_ - 1) : 1.0);
          for (std::size_t s = 0; s < S_ && S_ > 1; ++s) law.reading[s * S_ + s] = 0.8;
        }
        return;
      default:
        break;
    }
    const bool histogram = by_histogram(law, column);
    if (histogram) e.histogram[c].assign(column.value.size() * S_, 0.0);
    const std::size_t live = settings_.tiers;
    const double own = live > 1 ? 0.85 : 1.0, other = live > 1 ? 0.15 / static_cast<double>(live - 1) : 0.0;
    for (std::size_t r = 0; r < rows_.rows(); ++r) {
      const std::uint32_t code = column.code[r], leading = rows_.columns[0].code[r];
      if (code == coded::missing) continue;
      for (std::size_t s = low_; s < S_; ++s) {
        const double w = leading == coded::missing ? 1.0 / static_cast<double>(live)
                         : group[leading] == s     ? own
                                                   : other;
        if (histogram) {
          e.histogram[c][code * S_ + s] += w;
        } else {
          const auto f = feature(law.kind, column.centre, column.value[code], column.length(code));
          moments& m = e.sums[c][s];
          m.zero += w * f[0], m.one += w * f[1], m.rest += w * f[2], m.first += w * f[3], m.second += w * f[4];
        }
      }
    }
    if (histogram) {
      std::vector<emission> all(settings_.emissions);
      all[c] = law;
      finish_moments(all, rows_, S_, e);
    }
    law = refit(law, column, e.sums[c], e.histogram[c], true, settings_.prior);
    if (settings_.lost) set_lost(law);
    if (keep && asked.mean.size() == S_) law.mean = asked.mean;
    if (keep && asked.spread.size() == S_) law.spread = asked.spread;
  }

  const tier_settings& settings_;
  const prepared& rows_;
  std::size_t S_, low_;
  std::vector<double> room_;
};

}  // namespace guanxi::relation::detail
