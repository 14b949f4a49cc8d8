#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/plan/allocate.hpp>

namespace guanxi::plan {

/// What one more unit of a budget is worth, and what the last unit was worth: next <= price <= last.
struct price_range {
  double next = 0.0;
  double last = 0.0;
};

/// Right and left slope of the best bound in each budget, over a step of 1e-4 of it.
///
/// A price at a kink of the bound is not unique; between next and last every price is right.
/// Takes   the book, its budgets, the plan made of them and its settings.
/// Gives   K ranges; last is NaN for a budget of 0 or when less of it keeps no plan.
/// Costs   two warm solves of the prices a budget.
[[nodiscard]] inline std::vector<price_range> price_ranges(const book& b, std::span<const double> budget,
                                                           const allocation& plan, const settings& set = {}) {
  std::vector<price_range> out(b.budgets, {unknown, unknown});
  if (!plan.failing.empty()) return out;
  std::vector<double> start(plan.prices.begin(), plan.prices.end());
  start.insert(start.end(), plan.limit_prices.begin(), plan.limit_prices.end());
  const detail::restricted here = detail::restrict_book(b, budget, set);
  std::size_t passes = 0;
  const double tolerance = 1e-12;
  const auto bound_at = [&](std::size_t d, double amount) {
    std::vector<double> other(budget.begin(), budget.end());
    other[d] = amount;
    const detail::restricted there = detail::restrict_book(b, other, set);
    if (!there.failing.empty() || !there.emptied.empty()) return unknown;
    return detail::solve_dual(there.p, start, tolerance, passes).bound;
  };
  const double now = detail::solve_dual(here.p, start, tolerance, passes).bound;
  for (std::size_t d = 0; d < b.budgets; ++d) {
    const double step = budget[d] > 0.0 ? 1e-4 * budget[d] : 1.0;
    out[d].next = std::clamp((bound_at(d, budget[d] + step) - now) / step, 0.0, plan.prices[d]);
    if (budget[d] <= 0.0) continue;
    const double less = bound_at(d, budget[d] - step);
    out[d].last = std::isnan(less) ? unknown : std::max(plan.prices[d], (now - less) / step);
  }
  return out;
}

/// The least amount of one budget for a target gain.
struct least_amount {
  double amount = 0.0;    // with it the plan below reaches the target
  double at_least = 0.0;  // no smaller amount can: certified by prices
  allocation plan;        // the plan at `amount`
  std::string status;     // "reached" or "infeasible: ..."
};

namespace detail {

/// Largest amount of budget `vary` below which the bound proves that `target` is out of reach, between need and most.
/// A level that does not fit at an amount does not fit below it, so a tangent of the bound holds to its left.
inline double least_by_bound(const book& b, std::vector<double> at, std::size_t vary, double target, double need,
                             double most, const settings& set) {
  std::vector<double> start = set.start_prices;
  double slope = 0.0;
  const auto bound_at = [&](double amount) {
    at[vary] = amount;
    const restricted open = restrict_book(b, at, set);
    if (!open.failing.empty() || !open.emptied.empty()) return -std::numeric_limits<double>::infinity();
    std::size_t passes = 0;
    const prices best = solve_dual(open.p, start, set.tolerance, passes);
    start = best.l;
    slope = best.l[vary];
    return best.bound;
  };
  double low = need, high = most;
  if (bound_at(need) >= target) return need;
  double reach = bound_at(high);
  for (std::size_t step = 0; step < 60 && high - low > 1e-9 * high; ++step) {
    if (slope > 0.0) low = std::max(low, std::min(high, high - (reach - target) / slope) * (1 - 1e-12));
    const double middle = step % 2 == 0 && slope > 0.0 ? low + 0.1 * (high - low) : 0.5 * (low + high);
    const double bound = bound_at(middle);
    if (bound >= target) {
      high = middle;
      reach = bound;
    } else {
      low = middle;
      slope = 0.0;
    }
  }
  return low;
}

}  // namespace detail

/// How much of one budget is needed to gain `target`, the other budgets staying as they are.
///
/// Takes   vary: the budget to find, < K; target: money; budget[vary] is not read.
/// Gives   amount, which does, and at_least, below which nothing can; status "infeasible: ..." when no amount does.
/// Fails   as allocate; errc::out_of_domain for `vary`, errc::not_finite for `target`.
/// Costs   up to 60 warm solves of the prices and up to 60 plans.
/// Source  the bound is concave in a budget: where a tangent meets the target no smaller amount can do (Newton's
/// method).
[[nodiscard]] inline least_amount least(const book& b, std::span<const double> budget, std::size_t vary, double target,
                                        const settings& set = {}) {
  if (vary >= b.budgets)
    throw error(errc::out_of_domain, "plan::least: 'vary' is " + std::to_string(vary) + ", wanted a budget below " +
                                         std::to_string(b.budgets));
  if (!std::isfinite(target))
    throw error(errc::not_finite, "plan::least: 'target' is not finite, wanted an amount of money");
  std::vector<double> at(budget.begin(), budget.end());
  if (at.size() == b.budgets) at[vary] = 0.0;
  detail::check(b, at, set);
  double most = 0.0, need = 0.0;  // all accounts at their dearest and at their cheapest
  for (std::size_t i = 0; i < b.accounts(); ++i) {
    double top = 0.0, low = std::numeric_limits<double>::infinity();
    for (std::uint64_t r = b.start[i]; r < b.start[i + 1]; ++r) {
      top = std::max(top, b.cost[r * b.budgets + vary]);
      low = std::min(low, b.cost[r * b.budgets + vary]);
    }
    most += top;
    need += low;
  }
  most *= 1 + 1e-9;
  least_amount out;
  settings warm = set;
  const auto plan_at = [&](double amount) {
    at[vary] = amount;
    allocation made = allocate(b, at, warm);
    if (made.failing.empty()) {
      warm.start_prices.assign(made.prices.begin(), made.prices.end());
      warm.start_prices.insert(warm.start_prices.end(), made.limit_prices.begin(), made.limit_prices.end());
    }
    return made;
  };
  const allocation top = plan_at(most);
  if (!top.failing.empty() || top.bound < target) {
    out.plan = top;
    out.amount = out.at_least = unknown;
    out.status = !top.failing.empty() ? top.status
                                      : "infeasible: the target is " + detail::amount_text(target) + ", at most " +
                                            detail::amount_text(top.bound) + " can be gained with any amount";
    return out;
  }
  out.at_least = detail::least_by_bound(b, at, vary, target, need, most, warm);
  double bad = out.at_least * (1 - 1e-12), good = most;
  out.plan = top;
  double amount = out.at_least;
  double stride = std::max(1e-6 * most, 1e-4 * out.at_least);
  for (std::size_t step = 0; step < 40; ++step) {
    allocation made = plan_at(std::min(amount, most));
    const bool reached = made.failing.empty() && made.value >= target;
    if (reached) {
      good = std::min(amount, made.used[vary]);
      out.plan = std::move(made);
      break;
    }
    bad = amount;
    amount += stride;
    stride *= 2.0;
    if (amount >= most) break;
  }
  for (std::size_t step = 0; step < 20 && good - bad > 1e-6 * good; ++step) {
    const double middle = 0.5 * (good + bad);
    allocation made = plan_at(middle);
    if (made.failing.empty() && made.value >= target) {
      good = std::min(middle, made.used[vary]);
      out.plan = std::move(made);
    } else {
      bad = middle;
    }
  }
  if (out.plan.value < target) {
    out.amount = unknown;
    out.status = "infeasible: no plan was found that gains " + detail::amount_text(target);
    return out;
  }
  out.amount = out.plan.used[vary];
  out.at_least = std::min(out.at_least, out.amount);
  out.status = "reached";
  return out;
}

}  // namespace guanxi::plan
