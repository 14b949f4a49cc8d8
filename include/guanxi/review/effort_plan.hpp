#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/plan/allocate.hpp>
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

  /// Worth of a row at the prices of the budgets.
  [[nodiscard]] double net(std::size_t row) const {
    double left = worth[row];
    for (std::size_t k = 0; k < budgets.size(); ++k) left -= chosen.prices[k] * cost[row * budgets.size() + k];
    return left;
  }
};

/// Chooses an effort level for every account under the hours and the money of the settings.
/// Takes   stakes: n accounts; margin in (0, 1]; revenue: of the last year, for the simple rules beside the plan. Costs one gains() and one plan::allocate().
[[nodiscard]] inline effort_plan plan_effort(const stake_columns& stakes, double margin, const settings& s, std::span<const double> revenue = {}) {
  const std::size_t n = stakes.value.size(), levels = s.efforts.size();
  effort_plan out;
  out.gain = gains(stakes, s.efforts, margin, s.response, 200, s.seed, s.threads, s.level);
  out.budget_names = {"hours"};
  out.budgets = {std::isnan(s.hours) ? 1'600.0 : s.hours};
  if (std::isnan(s.hours)) out.notes.push_back("Hours assumed 1,600, one person-year: give `hours`.");
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
  if (n > 0 && out.chosen.failing.empty()) out.rules = plan::simple_rules(options, out.budgets, revenue);
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
