#pragma once
#include <cstddef>
#include <limits>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/purchase_days.hpp>

namespace guanxi::review {

/// Days of one year, for "the last year": (end - 365, end].
inline constexpr day year_days = 365;

/// Our sales to each customer, read off its purchase days up to `end`.
struct sales_columns {
  std::vector<double> year, before;  // net money of the last year and of the year before it
  std::vector<double> orders;        // purchase days of the last year
  std::vector<double> tenure;        // years since the first purchase; NaN without one
  std::vector<day> last;             // day of the last purchase; no_date without one
};
inline constexpr day no_date = std::numeric_limits<day>::min();

/// Costs O(rows). Days after `end` are not read.
[[nodiscard]] inline sales_columns sales_of(const ledger::purchase_days& days, day end, unsigned threads = 0) {
  const std::size_t n = days.customers();
  sales_columns out;
  out.year.assign(n, 0.0);
  out.before.assign(n, 0.0);
  out.orders.assign(n, 0.0);
  out.tenure.assign(n, unknown);
  out.last.assign(n, no_date);
  parallel_blocks(
      n, 4096,
      [&](std::size_t begin, std::size_t stop, std::size_t) {
        for (std::size_t c = begin; c < stop; ++c) {
          running_sum year, before;
          for (std::size_t i = days.start[c]; i < days.start[c + 1] && days.date[i] <= end; ++i) {
            const day age = end - days.date[i];
            if (out.last[c] == no_date) out.tenure[c] = static_cast<double>(age) / days_in(unit::years);
            out.last[c] = days.date[i];
            if (age >= 2 * year_days) continue;
            (age < year_days ? year : before).add(days.amount[i]);
            if (age < year_days) out.orders[c] += 1;
          }
          out.year[c] = year.value();
          out.before[c] = before.value();
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::review
