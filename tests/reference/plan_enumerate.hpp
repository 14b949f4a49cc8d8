#pragma once
// The obvious plan: try every combination of levels.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/plan/book.hpp>

namespace guanxi::reference {

struct best_plan {
  bool found = false;
  double value = -std::numeric_limits<double>::infinity();
  std::vector<std::uint32_t> level;
};

/// `keeps(level)` may add conditions; budgets are always checked.
template <class Keeps>
best_plan enumerate(const plan::book& b, std::span<const double> budget, Keeps&& keeps) {
  best_plan best;
  std::vector<std::uint32_t> level(b.accounts(), 0);
  while (true) {
    double value = 0.0;
    std::vector<double> use(b.budgets, 0.0);
    for (std::size_t i = 0; i < level.size(); ++i) {
      const std::uint64_t r = b.start[i] + level[i];
      value += b.value[r];
      for (std::size_t d = 0; d < b.budgets; ++d) use[d] += b.cost[r * b.budgets + d];
    }
    bool fits = keeps(level);
    for (std::size_t d = 0; d < b.budgets; ++d) fits = fits && use[d] <= budget[d] * (1 + 1e-12);
    if (fits && value > best.value) best = {true, value, level};
    std::size_t i = 0;
    while (i < level.size() && ++level[i] == b.levels(i)) level[i++] = 0;
    if (i == level.size()) return best;
  }
}

inline best_plan enumerate(const plan::book& b, std::span<const double> budget) {
  return enumerate(b, budget, [](const auto&) { return true; });
}

}  // namespace guanxi::reference
