#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/plan/book.hpp>
#include <guanxi/plan/core.hpp>
#include <guanxi/plan/dual.hpp>
#include <guanxi/plan/feasible.hpp>
#include <guanxi/plan/repair.hpp>
#include <guanxi/plan/restrict.hpp>

namespace guanxi::plan {

namespace detail {

/// "1,234.5": at most one decimal, none when whole.
inline std::string amount_text(double x) {
  char digits[336];
  const double rounded = std::round(std::abs(x) * 10.0) / 10.0;
  const bool whole = rounded == std::floor(rounded);
  std::snprintf(digits, sizeof digits, whole ? "%.0f" : "%.1f", rounded);
  const std::string plain = digits;
  const std::size_t point = std::min(plain.find('.'), plain.size());
  std::string text;
  if (x < 0.0 && rounded > 0.0) text.push_back('-');
  for (std::size_t at = 0; at < plain.size(); ++at) {
    if (at > 0 && at < point && (point - at) % 3 == 0) text.push_back(',');
    text.push_back(plain[at]);
  }
  return text;
}

inline std::string gap_text(double gap) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.1e", gap);
  return digits;
}

/// Bounds the levels that a better plan could use, where the settings ask for it. Betters `x` and plan.bound.
/// `fits`: whether x keeps its rows. plan.value is minus infinity when no plan is known at the end.
inline bool prove(const problem& p, std::span<const double> l, const settings& set, bool fits, draft& x,
                  allocation& plan) {
  const double none = -std::numeric_limits<double>::infinity();
  plan.value = fits ? x.value : none;
  const double size = std::max(std::abs(plan.bound), fits ? std::abs(x.value) : 0.0);
  if (fits && plan.bound - x.value <= 1e-12 * size) return true;
  if (fits && set.exact == proof::none) return false;
  double lower = x.value;
  if (!fits) {  // every plan is worth more than this
    running_sum least;
    for (std::size_t i = 0; i < p.n; ++i) {
      double low = std::numeric_limits<double>::infinity();
      for (std::uint64_t r = p.start[i]; r < p.start[i + 1]; ++r) low = std::min(low, p.value[r]);
      least.add(low);
    }
    lower = least.value() + p.base_value;
    lower -= 1e-6 * (1.0 + std::abs(lower));
  }
  const double room = fits ? (plan.bound - lower) * (1 + 1e-9) + 1e-12 * size : std::numeric_limits<double>::infinity();
  const problem core = core_of(p, l, room);
  plan.core = core.value.size();
  const bool small = core.value.size() <= 300 || p.n <= 2'000;
  if (set.exact != proof::full && !(small && (fits || p.n <= 2'000))) return false;
  const std::uint64_t allowed = set.exact == proof::full ? set.nodes : std::min<std::uint64_t>(set.nodes, 2'000);
  // A short search first: a better plan leaves a smaller core, and its proof costs a part of that of the first one.
  const bool shrink = fits && core.value.size() > 600 && allowed > 1'000;
  core_search first(core, l, lower, std::max(size, std::abs(lower)));
  bool proven = first.run(shrink ? 300 : allowed);
  plan.nodes = first.nodes();
  const auto adopt = [&](const problem& of, const core_search& tree) {
    for (std::size_t c = 0; c < of.n; ++c) {
      const std::uint32_t i = of.own->account[c];
      x.choice[i] = static_cast<std::uint32_t>(of.own->source[of.start[c] + tree.choice()[c]] - p.start[i]);
    }
    if (!fits) {  // accounts outside the core have one level
      std::vector<char> in(p.n, 0);
      for (const std::uint32_t i : of.own->account) in[i] = 1;
      for (std::size_t i = 0; i < p.n; ++i)
        if (!in[i]) x.choice[i] = 0;
    }
  };
  if (first.better()) adopt(core, first);
  if (fits || first.better()) {
    plan.value = first.lower();
    plan.bound = std::min(plan.bound, first.upper());
  }
  if (proven || !shrink) return proven;
  // Room by the prices: a level that a better plan could use has a reduced loss of at most dual - value.
  const problem rest = core_of(p, l, (plan.dual - plan.value) * (1 + 1e-9) + 1e-12 * size);
  const bool smaller = 4 * rest.value.size() < 3 * core.value.size();
  core_search second(rest, l, plan.value, std::max(size, std::abs(lower)));
  core_search& tree = smaller ? second : first;
  proven = tree.run(smaller ? allowed - plan.nodes : allowed);
  plan.nodes = smaller ? plan.nodes + tree.nodes() : tree.nodes();
  if (tree.better()) adopt(smaller ? rest : core, tree);
  plan.value = tree.lower();
  plan.bound = std::min(plan.bound, std::max(plan.value, tree.upper()));
  return proven;
}

/// Takes today's plan where it keeps the rows and is worth more than `x`; true when it was taken.
inline bool start_from(const book& b, const restricted& open, std::span<const std::uint32_t> present, bool fits,
                       draft& x) {
  const problem& p = open.p;
  if (present.size() != p.n || p.n == 0) return false;
  draft today;
  today.choice.assign(p.n, 0);
  for (std::size_t i = 0; i < p.n; ++i) {
    const auto count = static_cast<std::uint32_t>(p.start[i + 1] - p.start[i]);
    std::uint32_t j = 0;
    while (j < count && open.level(b, i, j) != present[i]) ++j;
    if (j == count) return false;  // closed by a pin, an exclusion or a budget
    today.choice[i] = j;
  }
  recount(p, today);
  if (!kept(p, today) || (fits && today.value <= x.value)) return false;
  x = std::move(today);
  return true;
}

}  // namespace detail

/// The failing rows in words. `account` and `limit_name` turn numbers into the caller's names.
template <class AccountName, class LimitName>
[[nodiscard]] std::string sentence(const allocation& plan, const settings& set, AccountName&& account,
                                   LimitName&& limit_name) {
  std::string text = "infeasible: ";
  const auto row_name = [&](const shortfall& s) {
    std::string name = detail::budget_name(set, s.budget);
    if (!s.of_limit) return name;
    std::string full = set.limits[s.limit].floor ? "the floor of " : "the cap of ";
    return full.append(limit_name(s.limit)).append(" on ").append(name);
  };
  bool first = true;
  bool joint = false;
  for (const shortfall& s : plan.failing) {
    if (s.why == shortfall::kind::joint) {
      joint = true;
      continue;
    }
    if (!first) text += "; ";
    first = false;
    if (s.why == shortfall::kind::not_found)
      return text +
             "no plan was found that keeps all rows, though none is proven missing; allow more nodes or raise a budget";
    if (s.why == shortfall::kind::no_level) {
      for (std::size_t j = 0; j < std::min<std::size_t>(3, s.accounts.size()); ++j)
        text.append(j ? ", " : "").append(account(s.accounts[j]));
      text += s.accounts.size() > 3 ? ", ... have" : s.accounts.size() > 1 ? " have" : " has";
      text += " no level left: excluded, or larger than what the others leave of a budget";
      continue;
    }
    const std::string name = row_name(s);
    if (s.why == shortfall::kind::out_of_reach) {
      text +=
          name + " asks " + detail::amount_text(s.need) + ", at most " + detail::amount_text(s.have) + " can be met";
      continue;
    }
    if (s.of_limit) {
      text +=
          name + " is " + detail::amount_text(s.have) + ", its accounts need at least " + detail::amount_text(s.need);
      continue;
    }
    text += name + " needs at least " + detail::amount_text(s.need) + ", budget " + detail::amount_text(s.have) +
            ": raise it by " + detail::amount_text(s.need - s.have);
    if (!s.accounts.empty()) {
      text += " or free one of ";
      for (std::size_t j = 0; j < std::min<std::size_t>(3, s.accounts.size()); ++j)
        text.append(j ? ", " : "").append(account(s.accounts[j]));
      if (s.accounts.size() > 3) text += ", ...";
      text += " (largest first)";
    }
  }
  if (!joint) return text;
  if (!first) text += "; ";
  std::string help;
  first = true;
  for (const shortfall& s : plan.failing) {
    if (s.why != shortfall::kind::joint) continue;
    text.append(first ? "" : ", ").append(row_name(s));
    first = false;
    if (s.raise > 0.0) {
      help.append(help.empty() ? "" : " and ").append(s.of_limit && set.limits[s.limit].floor ? "lower " : "raise ");
      help.append(row_name(s)).append(" by ").append(detail::amount_text(s.raise));
    }
  }
  text += " cannot be kept together";
  return help.empty() ? text : text + "; at least " + help;
}

/// One level for every account under shared budgets, so that the sum of gains is as large as possible.
///
/// Takes   b: the options (see book); budget: K amounts >= 0; set: pins, minimum levels, floors and caps, proof,
/// threads. Gives   the plan, the price of each budget, and a bound that no plan can exceed: (bound - value)/|bound| is
/// the
///         certified gap. Rows that cannot be met give status "infeasible: ..." and the failing rows, no levels.
/// Fails   errc::size_mismatch, not_finite, out_of_domain, unknown_name for a broken book, with account and level.
/// Costs   a few passes over the book; 8 bytes (K + 1) a level are read once a pass. Same plan for any number of
/// threads. Source  multiple-choice knapsack by Lagrangian decomposition: Sinha and Zoltners (1979), Oper. Res. 27,
/// 503-515;
///         any prices l >= 0 give a bound L(l) >= every plan.
/// Beware  a gap in value is not a gap in choices: near-ties abound, look at explain().
[[nodiscard]] inline allocation allocate(const book& b, std::span<const double> budget, const settings& set = {}) {
  detail::check(b, budget, set);
  const std::size_t k = b.budgets;
  const std::size_t n = b.accounts();
  allocation plan;
  plan.prices.assign(k, 0.0);
  plan.used.assign(k, 0.0);
  plan.limit_prices.assign(set.limits.size(), 0.0);
  plan.limit_used.assign(set.limits.size(), 0.0);
  const auto infeasible = [&](std::string words) {
    plan.value = plan.bound = plan.dual = plan.gap = unknown;
    plan.prices.assign(k, unknown);
    plan.used.assign(k, unknown);
    plan.limit_prices.assign(set.limits.size(), unknown);
    plan.limit_used.assign(set.limits.size(), unknown);
    plan.level.clear();
    plan.status = std::move(words);
    return plan;
  };
  detail::restricted open = detail::restrict_book(b, budget, set);
  const auto number = [](std::size_t i) { return "account " + std::to_string(i); };
  const auto group = [&](std::size_t q) { return "group " + std::to_string(set.limits[q].group); };
  if (!open.emptied.empty() || !open.failing.empty()) {
    plan.failing = open.failing;
    if (!open.emptied.empty())
      plan.failing.push_back({shortfall::kind::no_level, 0, false, 0, unknown, unknown, unknown, open.emptied});
    return infeasible(sentence(plan, set, number, group));
  }
  const detail::problem& p = open.p;
  const detail::prices best = detail::solve_dual(p, set.start_prices, set.tolerance, plan.passes);
  detail::tally sums;
  detail::draft x;
  x.choice.resize(n);
  detail::pass(p, best.l, 0.0, sums, x.choice);
  ++plan.passes;
  plan.dual = plan.bound = sums.exact;
  detail::recount(p, x);
  if (!p.rows.empty() && n > 0) {
    const std::size_t most = 20'000;
    detail::mender hand(p, best.l, x, detail::least_losses(p, best.l, x.choice, most));
    bool fits = hand.repair();
    if (!fits) {
      detail::pass(p, best.l, 0.0, sums, x.choice);
      detail::recount(p, x);
      detail::mender all(p, best.l, x, detail::least_losses(p, best.l, x.choice, b.value.size()));
      fits = all.repair();
      if (fits) {
        all.fill();
        all.pairs(256, 64);
      }
    } else {
      hand.fill();
      hand.pairs(256, 64);
    }
    if (fits) detail::recount(p, x);
    fits = detail::start_from(b, open, set.present, fits, x) || fits;
    const bool proven = detail::prove(p, best.l, set, fits, x, plan);
    if (plan.value == -std::numeric_limits<double>::infinity()) {
      const detail::relaxation miss = detail::least_relaxation(p);
      for (std::size_t d = 0; d < p.rows.size(); ++d) {
        const bool in_proof = miss.least > 1e-9 ? miss.weight[d] > 1e-9 : proven;
        if (!in_proof) continue;
        plan.failing.push_back({shortfall::kind::joint,
                                p.rows[d].budget,
                                d >= k,
                                d >= k ? d - k : 0,
                                p.rows[d].amount + miss.raise[d],
                                p.rows[d].amount,
                                miss.raise[d],
                                {}});
      }
      if (plan.failing.empty())
        plan.failing.push_back({shortfall::kind::not_found, 0, false, 0, unknown, unknown, unknown, {}});
      return infeasible(sentence(plan, set, number, group));
    }
    detail::recount(p, x);
  }
  // the result in the book's levels
  plan.value = x.value;
  plan.level.resize(n);
  plan.loss.resize(n);
  plan.net.resize(n);
  std::vector<double> e;
  detail::class_prices(p, best.l, e);
  parallel_blocks(
      n, detail::account_block,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          const double* price = e.data() + p.class_of(i) * k;
          double top = -std::numeric_limits<double>::infinity();
          double mine = 0.0;
          for (std::uint64_t r = p.start[i]; r < p.start[i + 1]; ++r) {
            double net = p.value[r];
            for (std::size_t d = 0; d < k; ++d) net -= price[d] * p.cost[r * k + d];
            top = std::max(top, net);
            if (r - p.start[i] == x.choice[i]) mine = net;
          }
          plan.level[i] = open.level(b, i, x.choice[i]);
          plan.loss[i] = top - mine;
          plan.net[i] = mine;
        }
      },
      set.threads);
  for (std::size_t d = 0; d < k; ++d) {
    plan.prices[d] = best.l[d];
    plan.used[d] = x.use[d];
  }
  for (std::size_t q = 0; q < set.limits.size(); ++q) {
    plan.limit_prices[q] = best.l[k + q];
    plan.limit_used[q] = x.use[k + q];
  }
  plan.bound = std::max(plan.bound, plan.value);
  plan.gap = plan.bound == plan.value ? 0.0 : (plan.bound - plan.value) / std::abs(plan.bound);
  plan.status = plan.gap <= 1e-12 ? "optimal" : std::string("within ").append(detail::gap_text(plan.gap));
  if (plan.gap > 1e-12 && set.exact == proof::full)
    plan.status += "; not proven in " + detail::amount_text(static_cast<double>(plan.nodes)) + " nodes";
  return plan;
}

}  // namespace guanxi::plan
