#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::relation {

/// One row a cohort and age.
struct cohort_table {
  std::vector<std::int64_t> cohort;  // period of the first order
  std::vector<std::uint32_t> age;    // periods since
  std::vector<std::uint64_t> customers, active, orders;
  std::vector<double> amount, retention, low, high;
  std::vector<std::uint8_t> partial;     // the period is not over: too low
  std::vector<std::uint8_t> whole_book;  // the first cohort holds all older customers: no cohort
};

/// Cohorts by the period of the first order: who came back at each age.
///
/// Takes   one row an order in any order: customer codes, period (consecutive whole numbers), amount (rows of 0 or less
/// do
///         not make a customer active and are left out); `end` the last period of the ledger, `complete` whether it is
///         over.
/// Gives   every age from 0 to `end`, also those in which nobody came; retention = active / customers with Wilson
///         intervals (not at age 0, where it is 1 by definition).
/// Fails   errc::size_mismatch, errc::out_of_domain (a period after `end`, level outside (0, 1)).
/// Costs   O(n log n). Source: Wilson (1927), JASA 22, 209-212.
[[nodiscard]] inline cohort_table cohorts(std::span<const std::uint32_t> customer, std::span<const std::int64_t> period,
                                          std::span<const double> amount, std::int64_t end, bool complete,
                                          double level = 0.9) {
  const std::size_t n = customer.size();
  if (period.size() != n || amount.size() != n) {
    throw error(errc::size_mismatch, "relation::cohorts: 'customer' has " + std::to_string(n) + " entries, 'period' " +
                                         std::to_string(period.size()) + ", 'amount' " + std::to_string(amount.size()));
  }
  if (!(level > 0.0 && level < 1.0))
    throw error(errc::out_of_domain,
                "relation::cohorts: 'level' is " + std::to_string(level) + ", want between 0 and 1");
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < n; ++i) {
    if (period[i] > end)
      throw error(errc::out_of_domain, "relation::cohorts: 'period' is " + std::to_string(period[i]) + " in row " +
                                           std::to_string(i) + ", after the end " + std::to_string(end));
    if (amount[i] > 0.0) order.push_back(static_cast<std::uint32_t>(i));
  }
  cohort_table out;
  if (order.empty()) return out;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return customer[a] != customer[b] ? customer[a] < customer[b]
           : period[a] != period[b]   ? period[a] < period[b]
           : amount[a] != amount[b]   ? amount[a] < amount[b]  // the same sum for any order of the rows
                                      : a < b;
  });
  std::int64_t first = end;
  for (const std::uint32_t i : order) first = std::min(first, period[i]);
  if (end - first > 100'000)
    throw error(errc::out_of_domain, "relation::cohorts: more than 100,000 periods, want a longer unit");
  const auto T = static_cast<std::size_t>(end - first) + 1;
  std::vector<std::uint64_t> size(T), active(T * T), orders(T * T);
  std::vector<double> money(T * T);
  for (std::size_t j = 0; j < order.size();) {
    const std::uint32_t who = customer[order[j]];
    const auto start = static_cast<std::size_t>(period[order[j]] - first);
    ++size[start];
    std::size_t last = T;
    for (; j < order.size() && customer[order[j]] == who; ++j) {
      const auto now = static_cast<std::size_t>(period[order[j]] - first), at = start * T + now - start;
      if (now != last) ++active[at], last = now;
      ++orders[at], money[at] += amount[order[j]];
    }
  }
  const double z = normal_quantile(0.5 + 0.5 * level);
  for (std::size_t c = 0; c < T; ++c) {
    for (std::size_t a = 0; size[c] > 0 && c + a < T; ++a) {
      const double m = static_cast<double>(size[c]), p = static_cast<double>(active[c * T + a]) / m,
                   d = 1.0 + z * z / m, middle = (p + z * z / (2.0 * m)) / d,
                   half = z / d * std::sqrt(p * (1.0 - p) / m + z * z / (4.0 * m * m));
      out.cohort.push_back(first + static_cast<std::int64_t>(c)), out.age.push_back(static_cast<std::uint32_t>(a));
      out.customers.push_back(size[c]), out.active.push_back(active[c * T + a]);
      out.orders.push_back(orders[c * T + a]), out.amount.push_back(money[c * T + a]);
      out.retention.push_back(p), out.low.push_back(a == 0 ? p : std::max(0.0, middle - half)),
          out.high.push_back(a == 0 ? p : std::min(1.0, middle + half));
      out.partial.push_back(!complete && c + a + 1 == T), out.whole_book.push_back(c == 0);
    }
  }
  return out;
}

}  // namespace guanxi::relation
