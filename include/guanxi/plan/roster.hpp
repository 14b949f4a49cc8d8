#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>

namespace guanxi::plan {

/// No manager: a level of effort that needs none.
inline constexpr std::uint32_t nobody = 0xFFFFFFFFu;

/// The options of every account: which manager, at which level; borrowed columns. A pair that is not listed is not allowed.
///
/// One option fills R loads of its manager (hours; sales, where portfolios are to be balanced) and K budgets that all
/// share (travel money, senior slots).
struct roster {
  std::span<const std::uint64_t> start;    // accounts + 1
  std::span<const double> value;           // options: expected gain, money, any sign
  std::span<const std::uint32_t> manager;  // options: 0..managers-1, or nobody
  std::span<const double> load;            // options x R, >= 0
  std::span<const double> cost;            // options x K, >= 0
  std::size_t managers = 0;
  std::size_t loads = 1;    // R
  std::size_t budgets = 0;  // K

  [[nodiscard]] std::size_t accounts() const noexcept { return start.empty() ? 0 : start.size() - 1; }
};

/// What managers can and must carry.
struct roster_limits {
  std::span<const double> floor;     // managers x R; empty: 0
  std::span<const double> capacity;  // managers x R
  std::span<const double> budget;    // K
};

/// Settings of plan::assign.
struct assign_settings {
  unsigned threads = 0;           // the answer does not depend on it
  std::size_t effort = 600;       // options that the local search looks at
  std::size_t starts = 4;         // of the local search; the best end counts; above 50,000 options one
  double enough = 1e-4;           // while the gap is larger, up to twice as many starts again
  std::uint64_t nodes = 20'000;   // of the proof of optimality
  std::vector<double> start = {}; // prices to start at: managers x R, then K
};

/// One option an account, and a bound that no assignment can exceed.
struct assignment {
  std::vector<std::uint32_t> option;   // per account: chosen option, 0-based in the account
  std::vector<std::uint32_t> manager;  // per account
  std::vector<double> loss;            // per account: given up at the prices, >= 0
  std::vector<double> net;             // per account: value less load and cost at the prices
  std::vector<double> prices;          // managers x R: worth of one more unit of capacity; negative: what the floor costs
  std::vector<double> budget_prices;   // K
  std::vector<double> loads;           // managers x R
  std::vector<double> used;            // K
  double value = 0.0;
  double bound = 0.0;
  double gap = 0.0;     // (bound - value) / |bound|
  std::string status;   // "optimal", "within 4.5e-05", "infeasible: ..."
  bool feasible = true;
  std::vector<std::uint32_t> short_of;  // managers in the proof, when infeasible
  double need = unknown, have = unknown;  // hours that only they can serve, and what they have
  std::size_t passes = 0;
};

namespace roster_detail {

inline void check(const roster& r, const roster_limits& lim) {
  const auto fail = [](errc code, const std::string& text) { throw error(code, "plan::assign: " + text); };
  const std::size_t rows = r.value.size();
  if (r.start.empty() || r.start.front() != 0 || r.start.back() != rows)
    fail(errc::size_mismatch, "'start' must begin with 0 and end with the number of options, " + std::to_string(rows));
  if (r.manager.size() != rows || r.load.size() != rows * r.loads || r.cost.size() != rows * r.budgets)
    fail(errc::size_mismatch, "'manager', 'load' and 'cost' must have one row an option, " + std::to_string(rows));
  if (lim.capacity.size() != r.managers * r.loads || (!lim.floor.empty() && lim.floor.size() != lim.capacity.size()) ||
      lim.budget.size() != r.budgets)
    fail(errc::size_mismatch, "'capacity' has " + std::to_string(lim.capacity.size()) + " entries, wanted " +
                                  std::to_string(r.managers) + " managers x " + std::to_string(r.loads) + " loads");
  for (std::size_t i = 0; i + 1 < r.start.size(); ++i)
    if (r.start[i + 1] <= r.start[i])
      fail(errc::infeasible, "account " + std::to_string(i) + " has no manager who may take it");
  for (std::size_t o = 0; o < rows; ++o) {
    if (!std::isfinite(r.value[o])) fail(errc::not_finite, "'value' of option " + std::to_string(o) + " is not finite");
    if (r.manager[o] != nobody && r.manager[o] >= r.managers)
      fail(errc::unknown_name, "option " + std::to_string(o) + " names manager " + std::to_string(r.manager[o]) +
                                   ", there are " + std::to_string(r.managers));
  }
  for (const auto& [name, column] : {std::pair{"load", r.load}, {"cost", r.cost}})
    for (std::size_t j = 0; j < column.size(); ++j)
      if (!(column[j] >= 0.0) || std::isinf(column[j]))
        fail(errc::out_of_domain, std::string("a ") + name + " is " + std::to_string(column[j]) + ", wanted a number >= 0");
  for (const auto& [name, column] : {std::pair{"capacity", lim.capacity}, {"floor", lim.floor}, {"budget", lim.budget}})
    for (std::size_t j = 0; j < column.size(); ++j)
      if (!(column[j] >= 0.0))
        fail(errc::out_of_domain, std::string("a ") + name + " is " + std::to_string(column[j]) + ", wanted >= 0");
}

/// Rows of the roster: loads of managers, then budgets; each with a least and a largest use, and a signed price.
struct rows {
  const roster* r = nullptr;
  std::vector<double> low, high, scale;
  [[nodiscard]] std::size_t size() const noexcept { return low.size(); }
  /// Calls f(row, amount) for the rows that an option fills.
  template <class F>
  void each(std::size_t option, F&& f) const {
    if (r->manager[option] != nobody)
      for (std::size_t q = 0; q < r->loads; ++q) f(r->manager[option] * r->loads + q, r->load[option * r->loads + q]);
    const std::size_t first = r->managers * r->loads;
    for (std::size_t k = 0; k < r->budgets; ++k) f(first + k, r->cost[option * r->budgets + k]);
  }
  [[nodiscard]] double net(std::size_t option, const double* u) const {
    double out = r->value[option];
    each(option, [&](std::size_t d, double x) { out -= u[d] * x; });
    return out;
  }
  [[nodiscard]] double miss(std::size_t d, double use) const {
    const double slack = 1e-12 * (std::abs(high[d]) < 1e300 ? std::abs(high[d]) : std::abs(low[d]));
    if (use > high[d] + slack) return use - high[d];
    if (use < low[d] - slack) return low[d] - use;
    return 0.0;
  }
};

}  // namespace roster_detail

}  // namespace guanxi::plan
