#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/plan/allocate.hpp>
#include <guanxi/plan/explain.hpp>

namespace guanxi::plan {

/// How the levels of the rows are called: a number into `names` for each row; empty: 0, 1, 2, ...
struct level_names {
  std::span<const std::uint32_t> code;
  std::span<const std::string> names;
};

/// "41.37", "9,000": four figures below a thousand, whole above.
[[nodiscard]] inline std::string short_amount(double x) {
  if (!std::isfinite(x)) return "unknown";
  if (std::abs(x) >= 1000.0 || x == std::round(x)) return detail::amount_text(std::round(x));
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.4g", x);
  return digits;
}

/// Why every account got its level, one sentence each: what it gains and takes, what that is worth at the prices, the next best level
/// and the price at which that one would be as good; for a level held by hand what the hold costs at the prices.
///
/// Takes   the book, the plan made of it, runner_ups() of both, its settings; names of budgets in the settings.
/// Gives   n sentences. Costs O(rows K) and the text, some 150 bytes an account.
[[nodiscard]] inline std::vector<std::string> reasons(const book& b, const allocation& plan, const runner_up_columns& next,
                                                      const settings& set = {}, const level_names& called = {}) {
  const std::size_t n = plan.level.size(), k = b.budgets;
  std::vector<std::string> out(n);
  std::vector<char> pinned(n, 0);
  for (const held& h : set.pins) pinned[h.account] = 1;
  const auto name = [&](std::size_t i, std::uint32_t level) {
    return called.code.empty() ? std::to_string(level) : called.names[called.code[b.start[i] + level]];
  };
  const auto budget = [&](std::size_t d) { return d < set.names.size() ? set.names[d] : "budget " + std::to_string(d); };
  parallel_blocks(
      n, 1024,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          const std::uint64_t row = b.start[i] + plan.level[i];
          const std::vector<double> price = account_prices(b, plan, i, set);
          std::string paid;
          double worth = b.value[row];
          for (std::size_t d = 0; d < k; ++d) {
            const double c = b.cost[row * k + d];
            worth -= price[d] * c;
            if (c > 0.0) paid += (paid.empty() ? "" : ", ") + short_amount(c) + " " + budget(d);
          }
          if (std::abs(worth) <= 1e-9 * std::abs(b.value[row])) worth = 0.0;
          std::string& text = out[i];
          const bool other = next.level[i] != plan.level[i];
          const bool even = other && next.behind[i] == 0.0;
          if (paid.empty() && !pinned[i] && b.value[row] == 0.0) {
            text = "no effort here gains what it costs elsewhere";
            if (other && !even && next.behind[i] >= 0.0) text += "; nearest " + name(i, next.level[i]) + ", which falls short by " + short_amount(next.behind[i]);
          } else {
            text = "gains " + short_amount(b.value[row]) + (paid.empty() ? " for nothing" : " for " + paid) + ", " + short_amount(worth) + " beyond their prices";
            if (other && !even && next.behind[i] >= 0.0) text += "; next " + name(i, next.level[i]) + ", " + short_amount(next.behind[i]) + " less";
          }
          if (even) text += "; " + name(i, next.level[i]) + " is as good at these prices";
          if (other && !even && next.behind[i] < 0.0)
            text += "; " + name(i, next.level[i]) + " would be worth " + short_amount(-next.behind[i]) + " more, but does not fit the budgets";
          if (pinned[i]) {
            double most = worth;
            std::uint32_t best = plan.level[i];
            for (std::uint32_t j = 0; j < b.levels(i); ++j) {
              double net = b.value[b.start[i] + j];
              for (std::size_t d = 0; d < k; ++d) net -= price[d] * b.cost[(b.start[i] + j) * k + d];
              if (net > most) most = net, best = j;
            }
            text += "; held by hand";
            if (best != plan.level[i]) text += ", " + name(i, best) + " would be worth " + short_amount(most - worth) + " more at the prices";
          } else if (other) {
            for (std::size_t d = 0; d < k; ++d)
              if (const double at = next.switching[i * k + d]; !std::isnan(at) && !even && next.behind[i] >= 0.0) {
                text += "; as good when " + budget(d) + " cost " + short_amount(at) + " (now " + short_amount(plan.prices[d]) + ")";
                break;
              }
          }
          text += ".";
        }
      },
      set.threads);
  return out;
}

}  // namespace guanxi::plan
