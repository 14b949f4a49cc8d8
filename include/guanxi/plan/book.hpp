#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace guanxi::plan {

/// The options of every account: borrowed columns, accounts in canonical order (sorted by id), levels in order.
struct book {
  std::span<const std::uint64_t> start;  // accounts + 1: levels of account i are rows start[i] .. start[i+1]-1
  std::span<const double> value;         // rows: expected gain of the level, money, any sign
  std::span<const double> cost;          // rows x K, row-major, >= 0, in the unit of each budget
  std::size_t budgets = 0;               // K, 1..8

  [[nodiscard]] std::size_t accounts() const noexcept { return start.empty() ? 0 : start.size() - 1; }
  [[nodiscard]] std::size_t levels(std::size_t account) const noexcept { return start[account + 1] - start[account]; }
};

/// What an account must take, may not take, or must take at least.
struct held {
  std::uint32_t account = 0;
  std::uint32_t level = 0;
};

/// A floor or a cap on what the accounts of one group take of one budget.
struct limit {
  std::size_t grouping = 0;  // which column of settings::groups
  std::uint32_t group = 0;   // the group's number in that column
  std::size_t budget = 0;    // which budget
  bool floor = true;         // at least `amount`; false: at most
  double amount = 0.0;       // in the budget's unit
};

/// How far the proof of optimality goes.
enum class proof {
  none,       // prices, repair and fill; the certified gap says how good the plan is
  automatic,  // prove when the core is small (see plan::allocate), else stop at the certified gap
  full,       // prove, within settings::nodes
};

/// Settings of plan::allocate; the defaults suit every size.
struct settings {
  proof exact = proof::automatic;
  double tolerance = 1e-9;       // relative, of the bound against the best bound that prices can give
  std::uint64_t nodes = 400'000;  // of the proof; a count and not a time, so that every machine gives the same plan
  unsigned threads = 0;          // 0: all of the machine's; the answer does not depend on it
  std::vector<held> pins;        // account takes exactly this level
  std::vector<held> excluded;    // account may not take this level
  std::vector<held> minimum;     // account takes this level or a later one
  std::vector<std::span<const std::uint32_t>> groups;  // columns of group numbers, one entry an account
  std::vector<limit> limits;                           // floors and caps of groups
  std::vector<double> start_prices;                    // warm start: prices of budgets (and limits) of a similar book
  std::span<const std::uint32_t> present = {};         // today's levels, one an account, or empty: never do worse
  std::vector<std::string> names;                      // of the budgets, for sentences; "budget 0" when missing
};

/// Why no plan can meet the rows: one failing row each.
struct shortfall {
  enum class kind {
    least_need,    // the accounts of the row need more than it has, whatever else is chosen
    out_of_reach,  // a floor asks more than its group can take, or than the budget has
    joint,         // kept alone, but not together with the other joint rows
    no_level,      // the accounts named have no level left that fits
    not_found,     // no plan was found within the nodes allowed; none is proven to be missing
  };
  kind why = kind::least_need;
  std::size_t budget = 0;               // which budget
  bool of_limit = false;                // a floor or cap, not a budget
  std::size_t limit = 0;                // which of settings::limits
  double need = 0.0;                    // the least that the accounts need (floor: what it asks)
  double have = 0.0;                    // budget or cap (floor: the most that the group can take)
  double raise = 0.0;                   // what the row must give way in the cheapest mix of levels, at least
  std::vector<std::uint32_t> accounts;  // those with the largest least need, largest first
};

/// A plan: one level an account, what it is worth, and a bound that no plan can exceed.
///
/// bound - value == sum of loss + sum over budgets of price (budget - used) + the same for limits (at a plan that
/// was not proven optimal): compromises plus unspent budget at its price.
struct allocation {
  std::vector<std::uint32_t> level;  // chosen level (0-based in the account) per account
  std::vector<double> prices;        // K: worth of one more unit of each budget, money
  std::vector<double> used;          // K: what the plan uses
  std::vector<double> loss;          // per account: what its level gives up at the prices, >= 0, 0 for its best level
  std::vector<double> net;           // per account: value less cost at the prices
  std::vector<double> limit_prices;  // per limit: what the floor costs, or one more unit of the cap is worth; >= 0
  std::vector<double> limit_used;    // per limit
  double value = 0.0;
  double bound = 0.0;              // no plan can be worth more
  double dual = 0.0;               // the bound at the prices, before any proof; bound <= dual
  double gap = 0.0;                // (bound - value) / |bound|
  std::string status;              // "optimal", "within 3.1e-06", "infeasible: ..."
  std::vector<shortfall> failing;  // rows that cannot be met, when infeasible
  std::uint64_t nodes = 0;         // of the proof
  std::size_t core = 0;            // levels that the proof had to look at
  std::size_t passes = 0;          // full passes over the book
  [[nodiscard]] bool feasible() const noexcept { return !level.empty() || failing.empty(); }
};

/// Why an account got its level.
struct explanation {
  std::uint32_t level = 0;
  std::uint32_t runner_up = 0;    // the best other level at the prices; == level when there is none
  double value = 0.0;             // of the chosen level
  double loss = 0.0;              // given up at the prices to fit the budgets
  double net = 0.0;               // value less cost at the prices
  double runner_net = 0.0;        // the same for the runner-up
  std::vector<double> cost;       // K: of the chosen level
  std::vector<double> switching;  // K: price of the budget, others held, at which the runner-up is as good; NaN: never
};

}  // namespace guanxi::plan
