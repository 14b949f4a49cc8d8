#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/deliveries.hpp>

namespace guanxi::share {

/// Deliveries that own their columns.
struct delivery_columns {
  std::vector<std::uint32_t> customer, supplier, period;
  std::vector<double> amount, orders;
  std::size_t customers = 0, suppliers = 0, periods = 0;

  [[nodiscard]] ledger::deliveries view() const noexcept {
    return {customer, supplier, period, amount, orders, customers, suppliers, periods};
  }
};

/// Fails with a sentence when the columns are of unlike length, a code is too large, or the rows are not sorted by
/// customer, period and supplier with every key once. Costs one pass.
inline void check(const ledger::deliveries& seen, const std::string& who) {
  const auto wrong = [&](const std::string& what) { throw error(errc::size_mismatch, who + ": " + what); };
  const std::size_t n = seen.amount.size();
  const auto length = [&](const char* column, std::size_t have) {
    if (have != n)
      wrong(std::string("'").append(column) + "' has " + std::to_string(have) + " entries, 'amount' has " +
            std::to_string(n));
  };
  length("customer", seen.customer.size());
  length("supplier", seen.supplier.size());
  length("period", seen.period.size());
  if (!seen.orders.empty()) length("orders", seen.orders.size());
  for (std::size_t i = 0; i < n; ++i) {
    const auto c = seen.customer[i], s = seen.supplier[i], p = seen.period[i];
    if (c >= seen.customers || s >= seen.suppliers || p >= seen.periods)
      throw error(errc::out_of_domain, who + ": row " + std::to_string(i) + " has customer " + std::to_string(c) +
                                           ", supplier " + std::to_string(s) + ", period " + std::to_string(p) +
                                           "; there are " + std::to_string(seen.customers) + " customers, " +
                                           std::to_string(seen.suppliers) + " suppliers, " +
                                           std::to_string(seen.periods) + " periods");
    if (i == 0) continue;
    const auto c0 = seen.customer[i - 1], s0 = seen.supplier[i - 1], p0 = seen.period[i - 1];
    if (c0 < c || (c0 == c && (p0 < p || (p0 == p && s0 < s)))) continue;
    throw error(errc::out_of_order, who + ": row " + std::to_string(i) +
                                        " is not after the row before it; sort by customer, period, supplier and sum "
                                        "rows of one key");
  }
}

/// Sums every `window` neighbouring periods into one, counted back from the last period.
///
/// Takes   deliveries as in ledger/deliveries.hpp; window >= 1 (12 makes years of months).
/// Gives   owning columns, sorted likewise; the first window may be shorter than the others.
/// Fails   errc::out_of_domain when window is 0, and as check() does.
/// Costs   O(rows log rows of one customer).
[[nodiscard]] inline delivery_columns merge_periods(const ledger::deliveries& seen, std::size_t window) {
  if (window == 0) throw error(errc::out_of_domain, "share::merge_periods: 'window' is 0, it must be at least 1");
  check(seen, "share::merge_periods");
  delivery_columns out;
  out.customers = seen.customers;
  out.suppliers = seen.suppliers;
  out.periods = (seen.periods + window - 1) / window;
  const std::size_t shift = out.periods * window - seen.periods;
  const auto merged = [&](std::size_t row) { return static_cast<std::uint32_t>((seen.period[row] + shift) / window); };
  std::vector<std::size_t> order;
  for (std::size_t begin = 0, n = seen.rows(); begin < n;) {
    std::size_t end = begin;
    while (end < n && seen.customer[end] == seen.customer[begin] && merged(end) == merged(begin)) ++end;
    order.resize(end - begin);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = begin + i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return seen.supplier[a] < seen.supplier[b]; });
    for (std::size_t i = 0; i < order.size();) {
      exact_sum amount;
      double orders = 0.0;
      const std::uint32_t supplier = seen.supplier[order[i]];
      bool known = true;
      for (; i < order.size() && seen.supplier[order[i]] == supplier; ++i) {
        const double x = seen.amount[order[i]];
        if (x - x == 0)
          amount.add(x);
        else
          known = false;
        if (!seen.orders.empty()) orders += seen.orders[order[i]];
      }
      out.customer.push_back(seen.customer[begin]);
      out.supplier.push_back(supplier);
      out.period.push_back(merged(begin));
      out.amount.push_back(known ? amount.value() : std::numeric_limits<double>::quiet_NaN());
      if (!seen.orders.empty()) out.orders.push_back(orders);
    }
    begin = end;
  }
  return out;
}

}  // namespace guanxi::share
