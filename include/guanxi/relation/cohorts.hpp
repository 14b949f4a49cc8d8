#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/purchase_days.hpp>

namespace guanxi::relation {

/// Customers by the calendar period of their first purchase, and what became of them; columns of equal length, ordered by
/// group, cohort, age. Every age up to the end is there, also where nobody bought.
struct cohort_table {
  std::vector<std::uint32_t> group;
  std::vector<day> cohort;                    // first day of the period in which they first bought
  std::vector<std::uint32_t> age;             // periods since then, 0 = the first one
  std::vector<double> customers;              // size of the cohort
  std::vector<double> active, orders, amount;  // who bought in that period, on how many days, for how much
  std::vector<double> retention, low, high;   // active / customers, with Wilson's interval
  std::vector<std::uint8_t> partial;          // the ledger ends before this period does
  std::vector<std::uint8_t> opening;          // the ledger begins in the cohort's period: it holds all older customers
};

namespace detail {

/// Number of the calendar period in which a day lies: days, weeks from Monday, months, years; `every` of them together.
[[nodiscard]] inline std::int64_t period_of(day d, unit u, std::int64_t every) {
  const auto down = [every](std::int64_t n) { return n >= 0 ? n / every : -((-n + every - 1) / every); };
  if (u == unit::days) return down(d);
  if (u == unit::weeks) return down(std::int64_t{d} + 3 >= 0 ? (std::int64_t{d} + 3) / 7 : -((-std::int64_t{d} - 3 + 6) / 7));
  const date at = to_date(d);
  if (u == unit::years) return down(at.year);
  return down(std::int64_t{at.year} * 12 + at.month - 1);
}
/// First day of a period.
[[nodiscard]] inline day first_day_of(std::int64_t period, unit u, std::int64_t every) {
  const std::int64_t n = period * every;
  if (u == unit::days) return static_cast<day>(n);
  if (u == unit::weeks) return static_cast<day>(7 * n - 3);
  if (u == unit::years) return to_day({static_cast<std::int32_t>(n), 1, 1});
  const std::int64_t year = n >= 0 ? n / 12 : -((-n + 11) / 12);
  return to_day({static_cast<std::int32_t>(year), static_cast<std::uint32_t>(n - 12 * year + 1), 1});
}

}  // namespace detail

/// Cohorts of first purchases.
///
/// Takes   days: purchase days by customer; end: last day that is known; u and every: the calendar period (3 months: a
///         quarter); group: of each customer, 0 .. G-1 (tier, country), or empty; level of
///         Wilson's interval.
/// Gives   see cohort_table.
/// Fails   errc::size_mismatch, errc::out_of_domain, errc::empty when nobody bought up to the end.
/// Costs   one pass over the purchase days; periods^2 x groups numbers.
/// Source  Wilson (1927), JASA 22, 209-212 (interval).
[[nodiscard]] inline cohort_table cohorts(const ledger::purchase_days& days, day end, unit u = unit::months, std::int64_t every = 1,
                                          std::span<const std::uint32_t> group = {}, double level = 0.9) {
  const std::size_t n = days.customers();
  if (!group.empty() && group.size() != n)
    throw error(errc::size_mismatch, "relation::cohorts: 'group' has " + std::to_string(group.size()) + " entries, there are " +
                                         std::to_string(n) + " customers");
  if (every < 1 || every > 1200)
    throw error(errc::out_of_domain, "relation::cohorts: 'every' is " + std::to_string(every) + "; 1 to 1,200 periods are wanted");
  if (!(level > 0 && level < 1))
    throw error(errc::out_of_domain, "relation::cohorts: 'level' is " + std::to_string(level) + "; between 0 and 1 is wanted");
  day start = std::numeric_limits<day>::max();
  std::size_t groups = 1;
  for (std::size_t c = 0; c < n; ++c) {
    if (!group.empty()) groups = std::max<std::size_t>(groups, std::size_t{group[c]} + 1);
    if (days.start[c] < days.start[c + 1]) start = std::min(start, days.date[days.start[c]]);
  }
  if (start > end) throw error(errc::empty, "relation::cohorts: nobody has bought up to " + to_text(end));
  const std::int64_t first = detail::period_of(start, u, every);
  const std::int64_t last = detail::period_of(end, u, every);
  const auto width = static_cast<std::size_t>(last - first + 1);
  if (width > 4000)
    throw error(errc::out_of_domain, "relation::cohorts: the ledger spans " + std::to_string(width) + " periods; at most 4,000 are wanted");
  if (groups > 10'000)
    throw error(errc::out_of_domain, "relation::cohorts: 'group' names " + std::to_string(groups) + " groups; at most 10,000 are wanted");
  struct cell {
    double active = 0, orders = 0, amount = 0;
  };
  std::vector<cell> cells(groups * width * width);
  std::vector<double> size(groups * width);
  for (std::size_t c = 0; c < n; ++c) {
    const std::size_t from = days.start[c], until = days.start[c + 1];
    if (from == until || days.date[from] > end) continue;
    const auto born = static_cast<std::size_t>(detail::period_of(days.date[from], u, every) - first);
    const std::size_t row = (group.empty() ? 0 : group[c]) * width + born;
    size[row] += 1;
    std::size_t before = width;
    for (std::size_t j = from; j < until && days.date[j] <= end; ++j) {
      const auto at = static_cast<std::size_t>(detail::period_of(days.date[j], u, every) - first) - born;
      cell& here = cells[row * width + at];
      here.active += at != before;
      here.orders += 1;
      here.amount += days.amount[j];
      before = at;
    }
  }
  cohort_table out;
  const double z = normal_quantile(0.5 * (1 + level));
  const bool whole = detail::first_day_of(last + 1, u, every) == end + 1;
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t born = 0; born < width; ++born) {
      const double all = size[g * width + born];
      if (!(all > 0)) continue;
      for (std::size_t age = 0; born + age < width; ++age) {
        const cell& here = cells[(g * width + born) * width + age];
        const double p = here.active / all, middle = (p + z * z / (2 * all)) / (1 + z * z / all);
        const double half = z / (1 + z * z / all) * std::sqrt(p * (1 - p) / all + z * z / (4 * all * all));
        out.group.push_back(static_cast<std::uint32_t>(g));
        out.cohort.push_back(detail::first_day_of(first + static_cast<std::int64_t>(born), u, every));
        out.age.push_back(static_cast<std::uint32_t>(age));
        out.customers.push_back(all);
        out.active.push_back(here.active);
        out.orders.push_back(here.orders);
        out.amount.push_back(here.amount);
        out.retention.push_back(p);
        out.low.push_back(std::max(0.0, middle - half));
        out.high.push_back(std::min(1.0, middle + half));
        out.partial.push_back(born + age + 1 == width && !whole);
        out.opening.push_back(born == 0);
      }
    }
  return out;
}

}  // namespace guanxi::relation
