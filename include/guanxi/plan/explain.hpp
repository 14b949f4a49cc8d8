#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/plan/book.hpp>

namespace guanxi::plan {

/// What an account pays for one unit of each budget: the prices, plus caps of its groups, less floors.
[[nodiscard]] inline std::vector<double> account_prices(const book& b, const allocation& plan, std::size_t account,
                                                        const settings& set = {}) {
  std::vector<double> price(plan.prices.begin(), plan.prices.begin() + static_cast<std::ptrdiff_t>(b.budgets));
  for (std::size_t q = 0; q < set.limits.size(); ++q) {
    const limit& one = set.limits[q];
    if (set.groups[one.grouping][account] == one.group)
      price[one.budget] += one.floor ? -plan.limit_prices[q] : plan.limit_prices[q];
  }
  return price;
}

/// Why an account got its level: the best other level at the prices, and the price at which that one would be as good.
///
/// Takes   the book and the plan made of it (with its settings, when there were pins, minimum levels, floors or caps).
/// Gives   switching[k]: the price of budget k, others held, at which level and runner-up are worth the same; NaN when
///         the two cost the same in k or the price would be negative.
/// Fails   errc::unknown_name for an account outside the book; errc::infeasible for a plan without levels.
/// Costs   O(levels K).
/// Source  equal reduced values r_j(l) = v_j - l'c_j of two levels, solved for one price.
[[nodiscard]] inline explanation explain(const book& b, const allocation& plan, std::size_t account,
                                         const settings& set = {}) {
  if (account >= b.accounts())
    throw error(errc::unknown_name, "plan::explain: account " + std::to_string(account) + " is not in the book of " +
                                        std::to_string(b.accounts()));
  if (plan.level.size() != b.accounts())
    throw error(errc::infeasible, "plan::explain: the plan has levels for " + std::to_string(plan.level.size()) +
                                      " accounts, the book has " + std::to_string(b.accounts()));
  const std::size_t k = b.budgets;
  const std::vector<double> price = account_prices(b, plan, account, set);
  const std::size_t count = b.levels(account);
  std::vector<char> closed(count, 0);
  for (const held& h : set.excluded)
    if (h.account == account) closed[h.level] = 1;
  for (const held& h : set.minimum)
    if (h.account == account)
      for (std::size_t j = 0; j < h.level; ++j) closed[j] = 1;
  for (const held& h : set.pins)
    if (h.account == account)
      for (std::size_t j = 0; j < count; ++j) closed[j] |= j != h.level;
  const auto net = [&](std::size_t j) {
    const std::uint64_t r = b.start[account] + j;
    double out = b.value[r];
    for (std::size_t d = 0; d < k; ++d) out -= price[d] * b.cost[r * k + d];
    return out;
  };
  explanation out;
  out.level = out.runner_up = plan.level[account];
  const std::uint64_t own = b.start[account] + out.level;
  out.value = b.value[own];
  out.loss = plan.loss[account];
  out.net = net(out.level);
  out.cost.assign(b.cost.begin() + static_cast<std::ptrdiff_t>(own * k),
                  b.cost.begin() + static_cast<std::ptrdiff_t>((own + 1) * k));
  out.switching.assign(k, unknown);
  out.runner_net = -std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < count; ++j)
    if (j != out.level && !closed[j] && net(j) > out.runner_net) {
      out.runner_net = net(j);
      out.runner_up = static_cast<std::uint32_t>(j);
    }
  if (out.runner_up == out.level) {
    out.runner_net = unknown;
    return out;
  }
  const std::uint64_t other = b.start[account] + out.runner_up;
  for (std::size_t d = 0; d < k; ++d) {
    const double more = b.cost[other * k + d] - b.cost[own * k + d];
    if (more == 0.0) continue;
    const double at = plan.prices[d] + (out.runner_net - out.net) / more;
    if (at >= 0.0) out.switching[d] = at;
  }
  return out;
}

/// Runner-up of every account, as columns.
struct runner_up_columns {
  std::vector<std::uint32_t> level;  // == the chosen level where there is no other
  std::vector<double> behind;        // net of the choice less that of the runner-up; 0: as good; negative for a compromise; NaN: none
  std::vector<double> switching;     // accounts x K: price at which both are worth the same; NaN: never
};

/// explain() for every account. Costs O(rows K) and the look at the account's conditions.
[[nodiscard]] inline runner_up_columns runner_ups(const book& b, const allocation& plan, const settings& set = {}) {
  const std::size_t n = plan.level.size(), k = b.budgets;
  runner_up_columns out;
  out.level.resize(n);
  out.behind.resize(n);
  out.switching.resize(n * k);
  std::vector<char> bound_by(n, 0);
  for (const auto* list : {&set.pins, &set.excluded, &set.minimum})
    for (const held& h : *list) bound_by[h.account] = 1;
  settings free = set;
  free.pins.clear(), free.excluded.clear(), free.minimum.clear();
  parallel_blocks(
      n, 1024,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          const explanation e = explain(b, plan, i, bound_by[i] ? set : free);
          out.level[i] = e.runner_up;
          const double gap = e.net - e.runner_net, size = std::abs(b.value[b.start[i] + plan.level[i]]) + std::abs(e.net);
          out.behind[i] = std::abs(gap) <= 1e-9 * size ? 0.0 : gap;  // as good: what rounding leaves is no difference
          for (std::size_t d = 0; d < k; ++d) out.switching[i * k + d] = e.switching[d];
        }
      },
      set.threads);
  return out;
}

}  // namespace guanxi::plan
