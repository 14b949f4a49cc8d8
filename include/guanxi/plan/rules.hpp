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

#include <guanxi/base/error.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/plan/book.hpp>

namespace guanxi::plan {

/// A plan made by a rule of thumb, kept within the budgets.
struct rule_plan {
  std::string name;
  std::vector<std::uint32_t> level;
  double value = 0.0;
  std::vector<double> used;  // K
};

namespace rules_detail {

class filler {
 public:
  filler(const book& b, std::span<const double> budget) : b_(b), left_(budget.begin(), budget.end()), level_(b.accounts(), 0) {
    for (std::size_t i = 0; i < b.accounts(); ++i) {  // every account begins at its cheapest level
      double least = std::numeric_limits<double>::infinity();
      for (std::uint64_t r = b.start[i]; r < b.start[i + 1]; ++r) {
        double sum = 0.0;
        for (std::size_t k = 0; k < b.budgets; ++k) sum += b.cost[r * b.budgets + k] / std::max(budget[k], 1e-300);
        if (sum < least) least = sum, level_[i] = static_cast<std::uint32_t>(r - b.start[i]);
      }
      for (std::size_t k = 0; k < b.budgets; ++k) left_[k] -= b.cost[(b.start[i] + level_[i]) * b.budgets + k];
    }
  }
  bool move(std::size_t i, std::uint32_t to) {
    const std::size_t k = b_.budgets, from_row = (b_.start[i] + level_[i]) * k, to_row = (b_.start[i] + to) * k;
    for (std::size_t d = 0; d < k; ++d)
      if (const double by = b_.cost[to_row + d] - b_.cost[from_row + d]; by > 0.0 && by > left_[d]) return false;
    for (std::size_t d = 0; d < k; ++d) left_[d] -= b_.cost[to_row + d] - b_.cost[from_row + d];
    level_[i] = to;
    return true;
  }
  /// The wished level, or the next lower one that fits.
  void wish(std::size_t i, std::uint32_t to) {
    const double now = b_.value[b_.start[i] + level_[i]];
    for (std::uint32_t j = to + 1; j-- > 0;)
      if (j == level_[i] || (b_.value[b_.start[i] + j] >= now && move(i, j))) return;
  }
  [[nodiscard]] rule_plan done(std::string name) const {
    rule_plan out{std::move(name), level_, 0.0, std::vector<double>(b_.budgets, 0.0)};
    running_sum sum;
    for (std::size_t i = 0; i < b_.accounts(); ++i) {
      const std::uint64_t r = b_.start[i] + level_[i];
      sum.add(b_.value[r]);
      for (std::size_t k = 0; k < b_.budgets; ++k) out.used[k] += b_.cost[r * b_.budgets + k];
    }
    out.value = sum.value();
    return out;
  }
  [[nodiscard]] std::uint32_t level(std::size_t i) const { return level_[i]; }

 private:
  const book& b_;
  std::vector<double> left_;
  std::vector<std::uint32_t> level_;
};

}  // namespace rules_detail

/// What simple rules would do with the same budgets: a plan should beat them, and by how much is worth knowing.
///
/// "the same for all": the highest level that everybody can get. "gain per <first budget>": best ratio first. With
/// revenue: "by revenue" (largest first, each the highest level that fits) and "ABC" (customers of the first 80 % of
/// revenue the highest level, up to 95 % a middle one, the others none). With present: "last year's plan", cut from the
/// smallest accounts where it no longer fits. No rule takes a level that is known to lose money: that is to their favour.
/// Takes   the book; budgets; revenue, present: one entry an account, or empty.
/// Gives   plans within the budgets (when the cheapest levels fit).
/// Fails   errc::size_mismatch.
/// Costs   O(rows log rows).
[[nodiscard]] inline std::vector<rule_plan> simple_rules(const book& b, std::span<const double> budget,
                                                         std::span<const double> revenue = {},
                                                         std::span<const std::uint32_t> present = {}) {
  const std::size_t n = b.accounts();
  for (const auto& [name, size] : {std::pair{"revenue", revenue.size()}, {"present", present.size()}})
    if (size != 0 && size != n)
      throw error(errc::size_mismatch, std::string("plan::simple_rules: '") + name + "' has " + std::to_string(size) +
                                           " entries, the book has " + std::to_string(n) + " accounts");
  std::vector<rule_plan> out;
  const auto top = [&](std::size_t i) { return static_cast<std::uint32_t>(b.levels(i) - 1); };
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!revenue.empty()) {
    const auto worth = [&](std::size_t i) { return std::isfinite(revenue[i]) ? revenue[i] : 0.0; };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return worth(x) > worth(y); });
    rules_detail::filler all(b, budget), abc(b, budget);
    for (const std::size_t i : order) all.wish(i, top(i));
    out.push_back(all.done("by revenue"));
    double total = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) total += std::max(0.0, worth(i));
    for (const std::size_t i : order) {
      if (sum < 0.8 * total)
        abc.wish(i, top(i));
      else if (sum < 0.95 * total)
        abc.wish(i, top(i) / 2);
      sum += std::max(0.0, worth(i));
    }
    out.push_back(abc.done("ABC"));
  }
  if (!present.empty()) {
    rules_detail::filler last(b, budget);
    for (const std::size_t i : order) last.wish(i, std::min(present[i], top(i)));
    out.push_back(last.done("last year's plan"));
  }
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < n; ++i) most = std::max(most, top(i));
  for (std::uint32_t j = most + 1; j-- > 0;) {
    std::vector<double> need(b.budgets, 0.0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < b.budgets; ++k) need[k] += b.cost[(b.start[i] + std::min(j, top(i))) * b.budgets + k];
    bool fits = true;
    for (std::size_t k = 0; k < b.budgets; ++k) fits = fits && need[k] <= budget[k];
    if (!fits && j > 0) continue;
    rules_detail::filler same(b, budget);
    for (std::size_t i = 0; i < n; ++i) same.wish(i, std::min(j, top(i)));
    out.push_back(same.done("the same for all"));
    break;
  }
  if (b.budgets > 0) {
    struct ratio {
      double r;
      std::uint32_t account, level;
    };
    std::vector<ratio> list;
    rules_detail::filler best(b, budget);
    for (std::size_t i = 0; i < n; ++i)
      for (std::uint64_t r = b.start[i]; r < b.start[i + 1]; ++r) {
        const std::uint64_t base = b.start[i] + best.level(i);
        const double gain = b.value[r] - b.value[base], more = b.cost[r * b.budgets] - b.cost[base * b.budgets];
        if (gain > 0.0)
          list.push_back({more > 0.0 ? gain / more : std::numeric_limits<double>::max(), static_cast<std::uint32_t>(i),
                          static_cast<std::uint32_t>(r - b.start[i])});
      }
    std::stable_sort(list.begin(), list.end(), [](const ratio& x, const ratio& y) { return x.r > y.r; });
    for (const ratio& one : list)
      if (b.value[b.start[one.account] + one.level] > b.value[b.start[one.account] + best.level(one.account)])
        best.move(one.account, one.level);
    out.push_back(best.done("gain per unit of the first budget"));
  }
  return out;
}

}  // namespace guanxi::plan
