#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/gravity_prior.hpp>
#include <guanxi/share/habit_trend.hpp>
#include <guanxi/share/hidden_errors.hpp>
#include <guanxi/share/hidden_habit.hpp>
#include <guanxi/share/hidden_period.hpp>
#include <guanxi/share/hidden_sight.hpp>
#include <guanxi/share/hidden_totals.hpp>
#include <guanxi/share/rake.hpp>

namespace guanxi::share {

namespace detail {

inline void check_hidden(const hidden_period& p, const hidden_settings& s) {
  const std::size_t cells = p.customers * p.suppliers;
  const auto want = [](const char* what, std::size_t have, std::size_t wish) {
    if (have != wish)
      throw error(errc::size_mismatch, std::string("share::fill_hidden: '") + what + "' has " + std::to_string(have) +
                                           " entries, " + std::to_string(wish) + " are wanted");
  };
  want("amount", p.amount.size(), cells);
  want("row", p.row.size(), p.customers);
  want("column", p.column.size(), p.suppliers);
  for (const auto& h : p.past) want("past", h.size(), cells);
  want("covariate", p.covariate.size(), cells * p.covariates);
  if (!p.group.empty()) want("group", p.group.size(), p.customers);
  if (!p.row_error.empty()) want("row_error", p.row_error.size(), p.customers);
  if (!p.column_error.empty()) want("column_error", p.column_error.size(), p.suppliers);
  if (!p.part.empty()) want("part", p.part.size(), cells);
  if (!p.reach.empty()) want("reach", p.reach.size(), cells);
  if (!p.part.empty() && p.reach.empty()) want("reach", 0, cells);
  if (!(s.level > 0 && s.level < 1))
    throw error(errc::out_of_domain,
                "share::fill_hidden: 'level' is " + std::to_string(s.level) + ", it must lie between 0 and 1");
  const auto good = [&](const char* what, std::span<const double> x, double most) {
    for (std::size_t e = 0; e < x.size(); ++e)
      if (x[e] < 0 || x[e] > most || std::isinf(x[e]))
        throw error(errc::out_of_domain, std::string("share::fill_hidden: '") + what + "' has " + std::to_string(x[e]) +
                                             " at " + std::to_string(e) + ", it must be at least 0 and " +
                                             (most < 2.0 ? std::string("at most 1") : std::string("finite")));
  };
  for (std::size_t e = 0; e < cells; ++e)
    if (p.amount[e] < 0 || std::isinf(p.amount[e]))
      throw error(errc::out_of_domain, "share::fill_hidden: 'amount' has " + std::to_string(p.amount[e]) + " in row " +
                                           std::to_string(e / p.suppliers) + ", column " +
                                           std::to_string(e % p.suppliers) + ", it must be at least 0 and finite");
  constexpr double any = std::numeric_limits<double>::max();
  good("part", p.part, any);
  good("reach", p.reach, 1.0);
  good("row_error", p.row_error, any);
  good("column_error", p.column_error, any);
  for (const soft_sum& s2 : p.sums)
    for (const std::size_t e : s2.cells)
      if (e >= cells)
        throw error(errc::out_of_domain, "share::fill_hidden: a sum names cell " + std::to_string(e) + ", there are " +
                                             std::to_string(cells));
}

class hidden_fill {
 public:
  hidden_fill(const hidden_period& p, const hidden_settings& s)
      : p_(p), s_(s), n_(p.customers), k_(p.suppliers), cells_(n_ * k_), habit_(p_, s.threads) {
    check_hidden(p, s);
  }

  hidden_cells run() {
    read_totals(p_, row_, column_, out_.status);
    whole_ = {row_.all, column_.all};
    left_ = {row_.left, column_.left};
    open_.resize(cells_);
    for (std::size_t e = 0; e < cells_; ++e) open_[e] = std::isnan(p_.amount[e]) && reach(e) < 1.0;
    learn();
    std::vector<double> prior = first_guess();
    out_.amount = finished(prior);
    wallets();
    sight_ = sight_of(p_, out_.amount, row_.all, out_.status);
    laws();
    if (unreported()) {  // what was not reported is less likely there
      conceal(prior);
      out_.amount = finished(prior);
      wallets();
    }
    intervals();
    trends();
    headroom();
    return std::move(out_);
  }

 private:
  [[nodiscard]] double reach(std::size_t e) const {
    return p_.reach.empty() || std::isnan(p_.reach[e]) ? 0.0 : p_.reach[e];
  }
  [[nodiscard]] bool in_part(std::size_t e) const {
    return !p_.part.empty() && std::isnan(p_.amount[e]) && !std::isnan(p_.part[e]);
  }
  [[nodiscard]] double part_seen(std::size_t e) const { return in_part(e) ? p_.part[e] : 0.0; }

  /// Cells that were not listed although they might have been.
  [[nodiscard]] bool unreported() const {
    for (std::size_t e = 0; e < p_.reach.size(); ++e)
      if (open_[e] != 0 && !in_part(e) && reach(e) > 0) return true;
    return false;
  }

  void learn() {
    out_.discount = 0.0;
    if (p_.past.size() == 1) say(out_.status, "one earlier period: it was taken as it is");
    if (p_.past.size() > 1) {
      habit_.learn(whole_);
      out_.discount = habit_.discount();
      out_.group_weight = habit_.group_weight;
      out_.power = habit_.power;
      say(out_.status, "discount of older periods " + short_number(out_.discount) + " by backtest");
    }
    for (std::size_t u = 0; u < 3 && u + 1 < p_.past.size(); ++u) foretold_.push_back(habit_.expected_past(u));
    double off = 0.0, all = 0.0;
    for (std::size_t u = 0; u < foretold_.size(); ++u)
      for (std::size_t e = 0; e < cells_; ++e) {
        const double gap = p_.past[u][e] - foretold_[u][e];
        off += gap * gap, all += foretold_[u][e];
      }
    if (all > 0) out_.phi = off / all;
  }

  [[nodiscard]] rake_settings firmly() const {
    rake_settings how;
    how.tol = 1e-7, how.sweeps = 400, how.threads = s_.threads;
    how.row_weight = row_weight_, how.column_weight = column_weight_;
    return how;
  }

  /// How firm noisy totals are against what the cells say of them: variance of the one over that of the other. How well
  /// the cells foretell a total is seen in the newest complete period, foretold without the totals of that side.
  void weigh_totals() {
    if (!row_.soft && !column_.soft) return;
    const auto weigh = [&](const side_totals& side, bool rows, double& from_cells, std::vector<double>& weight) {
      from_cells = side.soft ? foretells(rows) : 1.0;
      weight.assign(side.all.size(), std::numeric_limits<double>::infinity());
      for (std::size_t i = 0; i < weight.size(); ++i)
        if (const double told = side.error[i] * side.all[i], said = from_cells * side.left[i]; told > 0)
          weight[i] = said * said / (told * told);
    };
    weigh(row_, true, row_from_cells_, row_weight_);
    double unused = 1.0;
    weigh(column_, false, unused, column_weight_);
  }

  /// Relative deviation of totals of one side from what cells and the totals of the other side say; 1 without two
  /// complete periods.
  [[nodiscard]] double foretells(bool rows) const {
    if (p_.past.size() < 2) return 1.0;
    const margin truth = habit_.totals_of(p_.past[0]), before = habit_.totals_of(p_.past[1]);
    margin want = truth;
    double now = 0.0, then = 0.0;
    for (const double x : truth.row) now += x;
    for (const double x : before.row) then += x;
    std::vector<double>& other = rows ? want.column : want.row;
    const std::vector<double>& old = rows ? before.column : before.row;
    const std::span<const double> told = rows ? p_.column : p_.row;
    for (std::size_t i = 0; i < other.size(); ++i)  // totals that are not told today were not told then
      if (std::isnan(told[i])) other[i] = then > 0 ? old[i] * now / then : 0.0;
    const std::vector<double> loose(rows ? n_ : k_, 0.0), firm(rows ? k_ : n_, std::numeric_limits<double>::infinity());
    rake_settings how = habit_.rough();
    how.row_weight = rows ? loose : firm;
    how.column_weight = rows ? firm : loose;
    const margin said = habit_.totals_of(habit_.raked_to({p_.past[1].begin(), p_.past[1].end()}, want, {}, how));
    const std::vector<double>&is = rows ? truth.row : truth.column, &was = rows ? said.row : said.column;
    std::vector<double> off;
    for (std::size_t i = 0; i < is.size(); ++i)
      if (is[i] > 0 && was[i] > 0) off.push_back(std::abs(std::log(is[i] / was[i])));
    if (off.size() < 10) return 1.0;
    std::sort(off.begin(), off.end());
    return std::clamp(off[off.size() * 68 / 100], 1e-3, 1.0);  // 68 % lie within one deviation
  }

  /// Expected amounts of the open cells, before the last raking.
  [[nodiscard]] std::vector<double> first_guess() {
    weigh_totals();
    if (p_.past.empty()) {
      std::vector<double> prior = bare_prior(p_.amount);
      thin(prior);
      return prior;
    }
    if (p_.covariates > 0) mean_ = bare_prior(p_.amount);
    rake_settings how = habit_.rough();
    how.row_weight = row_weight_, how.column_weight = column_weight_;
    if (!p_.part.empty()) {
      std::vector<double> prior = habit_.expected(0, whole_, whole_, {}, mean_, how);
      thin(prior);
      return prior;
    }
    return habit_.expected(0, whole_, left_, open_, mean_, how);
  }

  /// What is still hidden of cells of which a part `reach` was seen: gamma law about the expectation, Poisson counts of
  /// the same size, so that expectation and what was seen over its reach are weighed 1 to reach.
  void thin(std::vector<double>& prior) const {
    for (std::size_t e = 0; e < cells_; ++e)
      if (in_part(e)) prior[e] = (1.0 - reach(e)) * (prior[e] + p_.part[e]) / (1.0 + reach(e));
  }

  [[nodiscard]] std::vector<double> finished(std::vector<double> prior) {
    for (std::size_t e = 0; e < cells_; ++e)
      if (open_[e] == 0) prior[e] = 0.0;
    double told_row = 0.0, told_column = 0.0;
    for (const double x : left_.row) told_row += x;
    for (const double x : left_.column) told_column += x;
    if (column_weight_.empty() && std::abs(told_row - told_column) > 1e-6 * std::max(told_row, told_column) &&
        out_.wallet.empty())
      say(out_.status, "what is left of the customers' totals is " + short_number(told_row) + ", of the suppliers' " +
                           short_number(told_column) + "; the suppliers' were scaled");
    std::string violated;
    std::vector<double> x = habit_.raked_to(std::move(prior), left_, open_, firmly(), &violated);
    if (!violated.empty() && out_.wallet.empty()) say(out_.status, violated);
    meet_sums(x);
    for (std::size_t e = 0; e < cells_; ++e) x[e] = std::isnan(p_.amount[e]) ? x[e] + part_seen(e) : p_.amount[e];
    return x;
  }

  /// Sums over groups of cells, as firm as their errors say, in turn with the totals.
  void meet_sums(std::vector<double>& x) {
    if (p_.sums.empty()) return;
    const double phi = out_.phi > 0 ? out_.phi : 1.0;
    std::vector<double> log_factor(p_.sums.size(), 0.0);
    double off = 0.0;
    for (int pass = 0; pass < 60; ++pass) {
      off = 0.0;
      for (std::size_t g = 0; g < p_.sums.size(); ++g) {
        double have = 0.0, fixed = 0.0;
        for (const std::size_t e : p_.sums[g].cells)
          (open_[e] != 0 ? have : fixed) += x[e] + (open_[e] ? 0.0 : seen_amount(p_, e));
        for (const std::size_t e : p_.sums[g].cells) fixed += open_[e] != 0 ? part_seen(e) : 0.0;
        const double want = p_.sums[g].total - fixed, spread = p_.sums[g].error * p_.sums[g].total;
        if (pass == 0 && fixed > p_.sums[g].total * (1.0 + 1e-9 + 3.0 * p_.sums[g].error))
          say(out_.status, "sum " + std::to_string(g) + " over a group: " + short_number(p_.sums[g].total) +
                               " is below the " + short_number(fixed) + " already seen in it; it was set aside");
        if (!(have > 0) || !(want > 0)) continue;
        // the factor so far is a part of the step: f = (want / have without it) ^ (weight / (1 + weight))
        const double weight = spread > 0 ? phi * want / (spread * spread) : std::numeric_limits<double>::infinity();
        const double power = std::isinf(weight) ? 1.0 : weight / (1.0 + weight);
        const double next = power * (std::log(want / have) + log_factor[g]), step = next - log_factor[g];
        off = std::max(off, std::abs(step));
        log_factor[g] = next;
        for (const std::size_t e : p_.sums[g].cells)
          if (open_[e] != 0) x[e] *= std::exp(step);
      }
      if (off < 1e-6) break;
      rake_settings how = firmly();
      how.sweeps = 100;
      if (row_weight_.empty() && column_weight_.empty()) {
        x = habit_.raked_to(std::move(x), left_, open_, how);
      } else {
        break;  // soft totals and soft sums: the sums have the last word
      }
    }
    if (off > 1e-3)
      say(out_.status, "the sums over groups and the totals contradict each other; both were met in part");
  }

  /// Without a past: covariates and known cells, else independence.
  [[nodiscard]] std::vector<double> bare_prior(std::span<const double> amount) {
    if (p_.covariates > 0) {
      std::vector<double> column = column_.all;
      double r = 0.0, c = 0.0;
      for (const double x : row_.all) r += x;
      for (const double x : column) c += x;
      for (double& x : column) x *= c > 0 ? r / c : 1.0;
      gravity_settings g;
      g.seed = s_.seed, g.threads = s_.threads;
      // A pair of which no covariate is known cannot trade.
      std::vector<std::uint8_t> allowed(cells_, 1);
      for (std::size_t e = 0; e < cells_; ++e) {
        bool any = false;
        for (std::size_t q = 0; q < p_.covariates; ++q) any = any || std::isfinite(p_.covariate[e * p_.covariates + q]);
        allowed[e] = any || p_.amount[e] > 0;
      }
      return gravity_prior(amount, row_.all, column, p_.covariate, p_.covariates, allowed, g).mean;
    }
    double total = 0.0;
    for (const double x : left_.row) total += x;
    std::vector<double> p(cells_);
    for (std::size_t e = 0; e < cells_; ++e) p[e] = left_.row[e / k_] * left_.column[e % k_] / std::max(total, 1e-300);
    return p;
  }

  /// Relative deviation of what is hidden of a customer's total after the raking: the total's own error, and what the
  /// cells say of it.
  [[nodiscard]] double wallet_error(std::size_t i, double hidden) const {
    const double told = row_.error[i] * row_.all[i], said = row_from_cells_ * hidden;
    return told > 0 && said > 0 ? 1.0 / std::sqrt(1.0 / (told * told) + 1.0 / (said * said)) / hidden : 0.0;
  }

  void wallets() {
    out_.wallet.assign(n_, 0.0);
    for (std::size_t e = 0; e < cells_; ++e) out_.wallet[e / k_] += out_.amount[e];
    out_.wallet_low = out_.wallet_high = out_.wallet;
    const double z = normal_quantile(0.5 + 0.5 * s_.level);
    wallet_error_.assign(n_, 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      double seen = 0.0;
      for (std::size_t j = 0; j < k_; ++j) seen += seen_amount(p_, i * k_ + j);
      const double hidden = std::max(out_.wallet[i] - seen, 0.0), error = wallet_error_[i] = wallet_error(i, hidden);
      if (!(error > 0)) continue;
      out_.wallet_low[i] = seen + hidden * std::exp(-z * error);
      out_.wallet_high[i] = seen + hidden * std::exp(z * error);
    }
  }

  /// Errors where the truth is known: the newest complete periods foretold from those before them (one list a period);
  /// without two of them, half of the known cells foretold from the other half.
  [[nodiscard]] std::vector<std::vector<seen_error>> errors() {
    std::vector<std::vector<seen_error>> found;
    const auto add = [&](double truth, double expected, double wallet, double weight, bool before) {
      if (!(expected > 0) || !(wallet > 0)) return;
      found.back().push_back({expected / wallet, truth > 0 ? std::log(truth / expected) : unknown, weight, before});
    };
    for (std::size_t u = 0; u < foretold_.size(); ++u) {
      found.emplace_back();
      const margin m = habit_.totals_of(p_.past[u]);
      for (std::size_t e = 0; e < cells_; ++e)
        add(p_.past[u][e], foretold_[u][e], m.row[e / k_], 1.0, bought_before(e, u + 1));
    }
    if (!found.empty()) return found;
    found.emplace_back();
    for (std::uint32_t half = 0; half < 2; ++half) {
      std::vector<double> part(p_.amount.begin(), p_.amount.end());
      for (std::size_t e = 0; e < cells_; ++e) {
        random_stream stream(s_.seed, e, 5);
        if ((stream() & 1) == half) part[e] = unknown;
      }
      std::vector<double> prior = habit_.raked_to(bare_prior(part), whole_, {}, habit_.rough());
      for (std::size_t e = 0; e < cells_; ++e) {
        if (!std::isnan(part[e])) continue;
        if (p_.amount[e] >= 0)
          add(p_.amount[e], prior[e], row_.all[e / k_],
              p_.seen_if_big && p_.amount[e] > 0 ? 1.0 / sight_.chance(p_.amount[e]) : 1.0, true);
        else if (p_.seen_if_big && half == 0)
          add(0.0, prior[e], row_.all[e / k_], 0.5, true);  // most unseen cells are empty
      }
    }
    return found;
  }

  [[nodiscard]] bool bought_before(std::size_t e, std::size_t from = 0) const {
    for (std::size_t h = from; h < p_.past.size(); ++h)
      if (p_.past[h][e] > 0) return true;
    return false;
  }

  /// Laws of the errors, and by how much they must be stretched: the newest complete period by the laws of those
  /// before, the known cells of the present one by all of them.
  void laws() {
    const std::vector<std::vector<seen_error>> found = errors();
    std::vector<seen_error> all, older;
    for (std::size_t u = 0; u < found.size(); ++u) {
      all.insert(all.end(), found[u].begin(), found[u].end());
      if (u > 0) older.insert(older.end(), found[u].begin(), found[u].end());
    }
    laws_ = laws_of(std::move(all));
    if (p_.past.size() < 2) return;
    stretch_search search(s_.level);
    if (!older.empty()) search.add(laws_of(std::move(older)), found[0]);
    const std::vector<double> now = habit_.expected(0, whole_, whole_, {}, {}, habit_.rough());
    std::vector<seen_error> known;
    for (std::size_t e = 0; e < cells_; ++e)
      if (p_.amount[e] > 0 && now[e] > 0 && row_.all[e / k_] > 0)
        known.push_back({now[e] / row_.all[e / k_], std::log(p_.amount[e] / now[e]),
                         p_.seen_if_big ? std::min(1.0 / sight_.chance(p_.amount[e]), 20.0) : 1.0, bought_before(e)});
    search.add(laws_, known);
    stretch_ = search.found();
    out_.stretch = stretch_.before;
  }

  /// A cell that might have been reported, and was not, is less likely active: expectations fall by that much.
  void conceal(std::vector<double>& prior) {
    std::vector<double> active(cells_, 0.0);
    std::vector<silence> quiet(n_);
    for (std::size_t e = 0; e < cells_; ++e) {
      const double wallet = out_.wallet[e / k_];
      if (reach(e) <= 0 || in_part(e)) continue;
      if (p_.amount[e] > 0) quiet[e / k_].listed += 1;
      if (open_[e] == 0 || !(out_.amount[e] > 0) || !(wallet > 0)) continue;
      active[e] = law_at(laws_, out_.amount[e] / wallet).p_active;
      quiet[e / k_].log_nothing += std::log1p(-active[e] * std::min(reach(e), 1.0 - 1e-12));
    }
    out_.concealed = concealed_customers(quiet);
    for (std::size_t e = 0; e < cells_; ++e)
      if (active[e] > 0) prior[e] *= hidden_odds(active[e], reach(e) * (1.0 - out_.concealed[e / k_])) / active[e];
  }

  /// P(active | not reported).
  [[nodiscard]] static double hidden_odds(double active, double reported) {
    const double left = active * (1.0 - reported);
    return left / std::max(1.0 - active + left, 1e-300);
  }

  void intervals() {
    for (auto* c : {&out_.low, &out_.high, &out_.low_active, &out_.high_active, &out_.p_active}) c->assign(cells_, 0.0);
    for (auto* c : {&out_.p_largest, &out_.p_dominant}) c->assign(cells_, 0.0);
    if (out_.concealed.empty()) out_.concealed.assign(n_, 0.0);
    out_.source.assign(cells_, 0);
    parallel_blocks(
        n_, 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          std::vector<double> tilt;
          for (std::size_t i = begin; i < end; ++i) {
            for (std::size_t j = 0; j < k_; ++j) one_cell(i, j, tilt);
            who_is_largest(i);
          }
        },
        s_.threads);
  }

  void one_cell(std::size_t i, std::size_t j, std::vector<double>& tilt) {
    const std::size_t e = i * k_ + j;
    const double x = out_.amount[e], seen = part_seen(e), rest_of = x - seen, wallet = out_.wallet[i];
    const double tail = 0.5 * (1.0 - s_.level);
    using kind = enum source;
    if (open_[e] == 0 || (in_part(e) && !(rest_of > 1e-12 * x))) {
      out_.low[e] = out_.high[e] = out_.low_active[e] = out_.high_active[e] = x;
      out_.p_active[e] = x > 0;
      out_.source[e] = static_cast<std::uint8_t>(kind::seen);
      return;
    }
    const bool before = bought_before(e);
    out_.source[e] = static_cast<std::uint8_t>(seen > 0              ? kind::seen
                                               : before              ? kind::history
                                               : p_.covariates > 0   ? kind::covariates
                                               : left_.column[j] > 0 ? kind::margins
                                                                     : kind::prior);
    if (!(rest_of > 0)) return;
    const double share = wallet > 0 ? rest_of / wallet : 0.0;
    const error_law& law = law_at(laws_, share);
    const double line = wallet > 0 ? rest_of * std::exp(law.lift(share)) : rest_of;
    std::span<const double> weight = law.weight;
    double active = law.p_active;
    if (p_.seen_if_big) {
      tilt.resize(law.ratio.size());
      double all = 0.0, hidden = 0.0;
      for (std::size_t q = 0; q < tilt.size(); ++q) {
        tilt[q] = law.weight[q] * (1.0 - sight_.chance(line * std::exp(law.ratio[q])));
        all += law.weight[q], hidden += tilt[q];
      }
      active = hidden_odds(active, all > 0 ? 1.0 - hidden / all : 0.0);
      weight = tilt;
    } else if (!in_part(e) && reach(e) > 0) {
      active = hidden_odds(active, reach(e) * (1.0 - out_.concealed[i]));
    }
    if (seen > 0) active = 1.0;
    const double loose_row = 3.0 * row_.error[i] * row_.all[i], loose_column = 3.0 * column_.error[j] * column_.all[j];
    const double most = std::min(left_.row[i] + loose_row, left_.column[j] + loose_column);
    const double middle = weighted_quantile(law.ratio, weight, 0.5), by = before ? stretch_.before : stretch_.fresh;
    const double noise = wallet_error_[i];  // of the total, adds to the cell's own
    const auto at = [&](double p) {
      const double off = by * (weighted_quantile(law.ratio, weight, p) - middle);
      const double more = noise > 0 && p > 0 && p < 1 ? normal_quantile(p) * noise : 0.0;
      const double both = off * more >= 0 ? std::copysign(std::hypot(off, more), off == 0.0 ? more : off) : off;
      return seen + std::min(line * std::exp(middle + both), most);
    };
    out_.p_active[e] = active;
    out_.low_active[e] = law.ratio.empty() ? seen : at(tail);
    out_.high_active[e] = law.ratio.empty() ? seen + most : at(1.0 - tail);
    const double idle = 1.0 - active;
    out_.low[e] = tail > idle && active > 0 ? at((tail - idle) / active) : 0.0;
    out_.high[e] = 1.0 - tail > idle && active > 0 ? at((1.0 - tail - idle) / active) : 0.0;
  }

  /// P(largest), P(above half) by draws of a customer's larger cells, scaled to what is left of the wallet.
  void who_is_largest(std::size_t i) {
    const double wallet = out_.wallet[i];
    std::vector<std::size_t> rivals;
    for (std::size_t j = 0; j < k_; ++j)
      if (out_.amount[i * k_ + j] > 0.002 * wallet) rivals.push_back(i * k_ + j);
    if (rivals.empty() || !(wallet > 0)) return;
    random_stream stream(s_.seed, i, 3);
    std::vector<double> drawn(rivals.size());
    for (int d = 0; d < s_.draws; ++d) {
      double hidden = 0.0, want = 0.0;
      for (std::size_t q = 0; q < rivals.size(); ++q) {
        const std::size_t e = rivals[q];
        drawn[q] = 0.0;
        if (open_[e] == 0) continue;
        drawn[q] = out_.amount[e] - part_seen(e);
        want += drawn[q];
        const error_law& law = law_at(laws_, drawn[q] / wallet);
        const bool there = stream.bernoulli(out_.p_active[e]);
        drawn[q] *= !there || law.ratio.empty() ? 0.0 : std::exp(law.ratio[stream.index(law.ratio.size())]);
        hidden += drawn[q];
      }
      std::size_t best = 0;
      for (std::size_t q = 0; q < rivals.size(); ++q) {
        const std::size_t e = rivals[q];
        drawn[q] = open_[e] == 0 ? out_.amount[e] : part_seen(e) + (hidden > 0 ? drawn[q] * want / hidden : drawn[q]);
        if (drawn[q] > drawn[best]) best = q;
      }
      out_.p_largest[rivals[best]] += 1.0 / s_.draws;
      if (drawn[best] > 0.5 * wallet) out_.p_dominant[rivals[best]] += 1.0 / s_.draws;
    }
  }

  /// Slope of the logit share over the last eight periods. Money over phi are counts; the present cell, when hidden,
  /// counts no more than its interval allows.
  void trends() {
    out_.trend.assign(cells_, unknown);
    out_.p_rising.assign(cells_, unknown);
    const std::size_t have = std::min<std::size_t>(p_.past.size(), 7);
    if (have == 0) return;
    std::vector<margin> then;
    for (std::size_t h = 0; h < have; ++h) then.push_back(habit_.totals_of(p_.past[h]));
    const double z = 2.0 * normal_quantile(0.5 + 0.5 * s_.level);
    parallel_blocks(
        n_, 16,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          std::vector<double> won(have + 1), all(have + 1);
          for (std::size_t e = begin * k_; e < end * k_; ++e) {
            const std::size_t i = e / k_;
            if (!bought_before(e) && !(p_.amount[e] > 0)) continue;
            // a customer's own unit of choice: phi, but at most a quarter of the smallest wallet
            double smallest = out_.wallet[i];
            for (std::size_t h = 0; h < have; ++h)
              if (then[h].row[i] > 0) smallest = std::min(smallest, then[h].row[i]);
            const double phi = std::min(out_.phi > 0 ? out_.phi : 0.25 * smallest, 0.25 * smallest);
            if (!(phi > 0)) continue;
            for (std::size_t h = 0; h < have; ++h) {
              won[have - 1 - h] = p_.past[h][e] / phi;
              all[have - 1 - h] = then[h].row[i] / phi;
            }
            double counts = out_.wallet[i] / phi;
            const double share = out_.wallet[i] > 0 ? std::min(out_.amount[e] / out_.wallet[i], 1.0) : 0.0;
            if (open_[e] != 0 && share > 0 && out_.low_active[e] > 0) {
              const double spread = std::log(out_.high_active[e] / out_.low_active[e]) / z;
              counts = std::min(counts, (1.0 - share) / (share * std::max(spread * spread, 1e-12)));
            }
            won[have] = share * counts, all[have] = counts;
            const trend_of_share t = habit_trend(won, all, 3.0 / 8.0);
            out_.trend[e] = t.slope, out_.p_rising[e] = t.p_rising;
          }
        },
        s_.threads);
  }

  void headroom() {
    for (auto* c : {&out_.headroom, &out_.headroom_low, &out_.headroom_high}) c->assign(n_, unknown);
    if (p_.own >= k_) return;
    for (std::size_t i = 0; i < n_; ++i) {
      const std::size_t e = i * k_ + p_.own;
      const double room = std::max(out_.wallet[i] - out_.amount[e], 0.0);
      const double down = std::hypot(out_.wallet[i] - out_.wallet_low[i], out_.high[e] - out_.amount[e]);
      const double up = std::hypot(out_.wallet_high[i] - out_.wallet[i], out_.amount[e] - out_.low[e]);
      out_.headroom[i] = room;
      out_.headroom_low[i] = std::max(room - down, 0.0);
      out_.headroom_high[i] = room + up;
    }
  }

  hidden_period p_;
  hidden_settings s_;
  std::size_t n_, k_, cells_;
  habit_blend habit_;
  side_totals row_, column_;
  margin whole_, left_;
  std::vector<std::uint8_t> open_;  // 1: (a part of) the cell is hidden
  std::vector<double> row_weight_, column_weight_, mean_, wallet_error_;
  double row_from_cells_ = 1.0;                // relative deviation of a total from what the cells say of it
  std::vector<std::vector<double>> foretold_;  // the newest complete periods from those before each
  std::vector<error_law> laws_;
  stretches stretch_;
  sight_law sight_;
  hidden_cells out_;
};

}  // namespace detail

/// Who sold how much to whom in a period of which only some cells are seen.
///
/// Known cells come back unchanged. Hidden ones: earlier periods (habit_blend: discounts weighed, group and sharpness
/// chosen by foretelling the newest complete periods from those before), else covariates (gravity_prior), else
/// independence; raked to what the known cells leave of the totals, noisy totals as firm as their errors say. Cells
/// seen in part keep what was seen. Intervals: the errors made where the truth is known, by expected share, stretched
/// so that the known cells are covered; under size-dependent sight tilted to cells that would not be seen.
///
/// Takes   a view, see hidden_period; any subset of totals, past and covariates.
/// Gives   hidden_cells; in `status` on what it rests and what contradicts itself.
/// Fails   errc::size_mismatch; errc::out_of_domain for negative amounts, a reach above 1, a level outside (0, 1).
/// Costs   some 50 rakings of cells x about 40 sweeps; memory 200 B a cell.
/// Source  Deming and Stephan (1940); soft totals: Chizat et al. (2018), Math. Comp. 87; split conformal intervals: Lei
///         et al. (2018), JASA 113.
[[nodiscard]] inline hidden_cells fill_hidden(const hidden_period& period, const hidden_settings& settings = {}) {
  return detail::hidden_fill(period, settings).run();
}

}  // namespace guanxi::share
