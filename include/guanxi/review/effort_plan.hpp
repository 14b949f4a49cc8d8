#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/plan/allocate.hpp>
#include <guanxi/plan/assign.hpp>
#include <guanxi/plan/explore.hpp>
#include <guanxi/plan/pool.hpp>
#include <guanxi/plan/rules.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/effort.hpp>
#include <guanxi/review/words.hpp>

namespace guanxi::review {

/// The gains of every account and level, and the plan that chooses one level an account.
struct effort_plan {
  gain_columns gain;
  plan::allocation chosen;
  std::vector<std::string> budget_names;
  std::vector<double> budgets;
  std::vector<double> worth;  // accounts x levels: gain, less the money of the level where money is not limited
  std::vector<double> cost;   // accounts x levels x budgets
  std::vector<std::string> notes;
  std::vector<plan::rule_plan> rules;  // what simple rules would do with the same budgets
  std::vector<double> try_worth;       // accounts held: what a try of the smallest effort teaches, less what it gives up; else 0
  std::vector<double> pool_lost;       // accounts held: what is lost while they wait for us and not for the pool; 0: nothing
  double pool_hour = unknown;          // worth of an hour of the pool
  std::vector<std::uint32_t> manager;  // one an account, plan::nobody without effort; empty without managers
  std::vector<double> fit;             // one an account: part of the gain that its manager gets; empty without managers
  std::vector<double> manager_prices;  // worth of one more hour of each

  /// Worth of a row at the prices of the budgets.
  [[nodiscard]] double net(std::size_t row) const {
    double left = worth[row];
    for (std::size_t k = 0; k < budgets.size(); ++k) left -= chosen.prices[k] * cost[row * budgets.size() + k];
    return left;
  }
};

namespace detail {

/// Level and manager of every account together, in one problem with one bound. Takes `p` with its plain plan; replaces that.
inline void with_managers(effort_plan& p, const settings& s, std::span<const std::string> country) {
  const std::size_t n = p.chosen.level.size(), levels = s.efforts.size(), people = s.managers.size(), k = p.budgets.size();
  double all = 0.0;
  for (const manager& m : s.managers) all += m.hours;
  const std::size_t first = p.budgets[0] < all ? 0 : 1;  // hours are a budget of their own where fewer are given than people have
  constexpr std::size_t most = 400'000;                 // pairs that are looked at
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> best(n, -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 1; j < levels; ++j) best[i] = std::max(best[i], p.net(i * levels + j));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return best[x] > best[y]; });
  std::vector<char> in(n, 0);
  const std::size_t reach = std::min(n, most / std::max<std::size_t>(1, (levels - 1) * people));
  for (std::size_t q = 0; q < reach; ++q) in[order[q]] = 1;
  if (reach < n) p.notes.push_back("Managers: the " + in_words(static_cast<double>(reach)) + " accounts with the most to gain were given to people; the others are held.");
  std::vector<std::uint64_t> start{0};
  std::vector<double> value, load, cost;
  std::vector<std::uint32_t> who, step;
  const auto add = [&](std::size_t row, std::uint32_t m, std::uint32_t j, double worth) {
    value.push_back(worth), who.push_back(m), step.push_back(j), load.push_back(p.cost[row * k]);
    for (std::size_t b = first; b < k; ++b) cost.push_back(p.cost[row * k + b]);
  };
  const auto part = [&](std::size_t i, std::size_t m) {
    const auto& known = s.managers[m].countries;
    return known.empty() || i >= country.size() || country[i].empty() || std::find(known.begin(), known.end(), country[i]) != known.end() ? 1.0 : s.abroad;
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::uint32_t m = 0; m < people && in[i]; ++m)
      for (std::uint32_t j = 1; j < levels; ++j) {
        const std::size_t row = i * levels + j;
        const double worth = p.worth[row] - (1.0 - part(i, m)) * p.gain.gain[row];
        if (worth > 0.0) add(row, m, j, worth);
      }
    add(i * levels, plan::nobody, 0, p.worth[i * levels]);
    start.push_back(value.size());
  }
  std::vector<double> capacity, budget(p.budgets.begin() + static_cast<std::ptrdiff_t>(first), p.budgets.end());
  for (const manager& m : s.managers) capacity.push_back(m.hours);
  plan::assign_settings how;
  how.effort = 1'200;
  how.threads = s.threads;
  const plan::assignment a = plan::assign({start, value, who, load, cost, people, 1, k - first}, {{}, capacity, budget}, how);
  if (!a.feasible) {
    p.notes.push_back("Managers: " + a.status + ".");
    return;
  }
  p.manager.assign(n, plan::nobody), p.fit.assign(n, 1.0);
  p.chosen.used.assign(k, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t o = start[i] + a.option[i];
    p.chosen.level[i] = step[o];
    p.manager[i] = who[o];
    if (who[o] != plan::nobody) p.fit[i] = part(i, who[o]);
    for (std::size_t b = 0; b < k; ++b) p.chosen.used[b] += p.cost[(i * levels + step[o]) * k + b];
  }
  p.manager_prices = a.prices;
  if (first == 0)
    for (double& price : p.manager_prices) price += a.budget_prices[0];
  double weighed = 0.0, hours = 0.0, plain = 0.0;
  for (std::size_t m = 0; m < people; ++m) {
    weighed += p.manager_prices[m] * a.loads[m];
    hours += a.loads[m];
    plain += p.manager_prices[m] / static_cast<double>(people);
  }
  p.chosen.prices[0] = hours > 0.0 ? weighed / hours : plain;
  for (std::size_t b = 1; b < k; ++b) p.chosen.prices[b] = a.budget_prices[b - first];
  p.chosen.loss = a.loss, p.chosen.net = a.net;
  p.chosen.value = a.value, p.chosen.bound = a.bound, p.chosen.gap = a.gap, p.chosen.status = a.status;
  p.notes.push_back("Managers: level and manager are chosen together; " + a.status + ". Outside the countries that a manager knows " + percent(s.abroad) +
                    " of a gain is counted.");
}

/// Accounts that get no effort: what a try would teach, and what they lose by waiting for us.
inline void beyond_the_plan(effort_plan& p, const settings& s) {
  const std::size_t n = p.chosen.level.size(), levels = s.efforts.size();
  p.try_worth.assign(n, 0.0), p.pool_lost.assign(n, 0.0);
  p.pool_hour = std::isnan(s.pool_hour) ? 0.5 * p.chosen.prices[0] : s.pool_hour;
  std::vector<double> ours(n, 0.0), pools(n, 0.0), act(n, 0.0), decay(n, 0.0), net(levels), slope(levels);
  for (std::size_t i = 0; i < n; ++i) {
    if (p.chosen.level[i] != 0) continue;
    double best = 0.0, smallest = -std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < levels; ++j) {
      const std::size_t row = i * levels + j;
      net[j] = p.net(row);
      slope[j] = std::sqrt(s.response.learned) * p.gain.doubt[i] * p.gain.gain[row];
      best = std::max(best, net[j]);
      if (j == 0) continue;
      smallest = std::max(smallest, net[j]);
      ours[i] = std::max(ours[i], net[j]);
      pools[i] = std::max(pools[i], net[j] + (p.chosen.prices[0] - p.pool_hour) * s.efforts[j].hours);
    }
    if (levels > 1) p.try_worth[i] = std::max(0.0, plan::knowledge_gradient(net, slope) - (best - smallest));
  }
  const plan::pool_columns back = plan::pool_rule({ours, pools, act, decay});
  for (std::size_t i = 0; i < n; ++i)
    if (p.chosen.level[i] == 0 && back.give_back[i]) p.pool_lost[i] = back.lost[i];
}

}  // namespace detail

/// Chooses an effort level for every account under the hours and the money of the settings; with managers also who gives it.
///
/// Accounts that are held get two figures: what a try would teach (knowledge gradient over what is unknown of the account, less what
/// the try gives up), and what they lose while they wait for us instead of the pool (plan::pool_rule: we act with chance 0, the pool
/// works at settings::pool_hour).
/// Takes   stakes: n accounts; margin in (0, 1]; revenue: of the last year, for the simple rules beside the plan; country: words,
///         or empty. Costs one gains(), one plan::allocate(), and with managers one plan::assign().
[[nodiscard]] inline effort_plan plan_effort(const stake_columns& stakes, double margin, const settings& s, std::span<const double> revenue = {},
                                             std::span<const std::string> country = {}) {
  const std::size_t n = stakes.value.size(), levels = s.efforts.size();
  effort_plan out;
  out.gain = gains(stakes, s.efforts, margin, s.response, 200, s.seed, s.threads, s.level);
  out.budget_names = {"hours"};
  double people = 0.0;
  for (const manager& m : s.managers) people += m.hours;
  out.budgets = {!std::isnan(s.hours) ? s.hours : s.managers.empty() ? 1'600.0 : people};
  if (std::isnan(s.hours) && s.managers.empty()) out.notes.push_back("Hours assumed 1,600, one person-year: give `hours`.");
  const bool money_limited = !std::isnan(s.money);
  if (money_limited) {
    out.budget_names.emplace_back("money");
    out.budgets.push_back(s.money);
  } else {
    out.notes.push_back("Money is not limited; what an effort costs is taken off its gain in the plan.");
  }
  const std::size_t k = out.budgets.size();
  std::vector<std::uint64_t> start(n + 1);
  for (std::size_t i = 0; i <= n; ++i) start[i] = i * levels;
  out.worth.resize(n * levels);
  out.cost.resize(n * levels * k);
  for (std::size_t row = 0; row < n * levels; ++row) {
    const effort_level& e = s.efforts[row % levels];
    out.worth[row] = out.gain.gain[row] - (money_limited ? 0.0 : e.money);
    out.cost[row * k] = e.hours;
    if (money_limited) out.cost[row * k + 1] = e.money;
  }
  plan::settings rules;
  rules.threads = s.threads;
  rules.names = out.budget_names;
  const plan::book options{start, out.worth, out.cost, k};
  out.chosen = plan::allocate(options, out.budgets, rules);
  if (n > 0 && out.chosen.failing.empty()) {
    out.rules = plan::simple_rules(options, out.budgets, revenue);
    if (!s.managers.empty()) detail::with_managers(out, s, country);
    detail::beyond_the_plan(out, s);
  }
  out.try_worth.resize(n, 0.0), out.pool_lost.resize(n, 0.0);
  return out;
}

/// The best level that an account did not get, in words; "" when no level gains anything.
[[nodiscard]] inline std::string next_best(const effort_plan& p, std::size_t account, const std::vector<effort_level>& efforts) {
  const std::size_t levels = efforts.size(), row = account * levels;
  if (levels < 2 || !(p.gain.gain[row + levels - 1] > 0)) return "";
  std::size_t best = levels;
  for (std::size_t j = 0; j < levels; ++j)
    if (j != p.chosen.level[account] && (best == levels || p.net(row + j) > p.net(row + best))) best = j;
  std::string text = efforts[best].name + ", net " + in_words(p.net(row + best));
  const std::size_t k = p.budgets.size(), own = row + p.chosen.level[account];
  const double more = p.cost[(row + best) * k] - p.cost[own * k];
  const double turn = more == 0.0 ? -1.0 : p.chosen.prices[0] + (p.net(row + best) - p.net(own)) / more;
  if (turn >= 0.0) text += ", as good when an hour is worth " + in_words(turn);
  return text;
}

}  // namespace guanxi::review
