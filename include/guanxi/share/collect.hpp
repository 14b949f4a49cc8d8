#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/share/merge_periods.hpp>

namespace guanxi::share {

namespace detail {
/// Stable counting sort of `order` by key[order[i]] < keys.
inline void sort_by(std::span<const std::uint32_t> key, std::size_t keys, std::vector<std::uint32_t>& order,
                    std::vector<std::uint32_t>& other) {
  std::vector<std::size_t> start(keys + 1, 0);
  for (const std::uint32_t k : key) ++start[k + 1];
  for (std::size_t k = 0; k < keys; ++k) start[k + 1] += start[k];
  for (const std::uint32_t i : order) other[start[key[i]]++] = i;
  order.swap(other);
}
}  // namespace detail

/// True when rows are already one a customer, period and supplier, in that order, with codes in range: collect would
/// copy them. Costs one pass.
[[nodiscard]] inline bool is_collected(const ledger::deliveries& rows) {
  const std::size_t n = rows.amount.size();
  if (rows.customer.size() != n || rows.supplier.size() != n || rows.period.size() != n) return false;
  for (std::size_t i = 0; i < n; ++i) {
    const auto c = rows.customer[i], s = rows.supplier[i], p = rows.period[i];
    if (c >= rows.customers || s >= rows.suppliers || p >= rows.periods) return false;
    if (i == 0) continue;
    const auto c0 = rows.customer[i - 1], s0 = rows.supplier[i - 1], p0 = rows.period[i - 1];
    if (!(c0 < c || (c0 == c && (p0 < p || (p0 == p && s0 < s))))) return false;
  }
  return true;
}

/// Deliveries in any order, several rows a key allowed -> one row a customer, period and supplier, in that order.
///
/// Takes   codes and amounts of equal length (orders may be empty); the number of customers, suppliers and periods.
/// Gives   owning columns. Amounts of one key are summed exactly, so the order of the rows changes no bit; credit notes
///         (negative amounts) net against purchases of the same key. A NaN makes its key NaN.
/// Fails   errc::size_mismatch, errc::out_of_domain for a code that is too large or more than 2^32 - 1 rows.
/// Costs   three counting sorts, O(rows + customers + suppliers + periods).
[[nodiscard]] inline delivery_columns collect(const ledger::deliveries& rows) {
  const std::size_t n = rows.amount.size();
  if (rows.customer.size() != n || rows.supplier.size() != n || rows.period.size() != n ||
      (!rows.orders.empty() && rows.orders.size() != n))
    throw error(errc::size_mismatch, "share::collect: customer has " + std::to_string(rows.customer.size()) +
                                         " entries, supplier " + std::to_string(rows.supplier.size()) + ", period " +
                                         std::to_string(rows.period.size()) + ", amount " + std::to_string(n));
  if (n >= std::numeric_limits<std::uint32_t>::max())
    throw error(errc::out_of_domain, "share::collect: " + std::to_string(n) + " rows, at most 4294967294 are taken");
  for (std::size_t i = 0; i < n; ++i)
    if (rows.customer[i] >= rows.customers || rows.supplier[i] >= rows.suppliers || rows.period[i] >= rows.periods)
      throw error(errc::out_of_domain, "share::collect: row " + std::to_string(i) + " has a code that is too large");
  std::vector<std::uint32_t> order(n), other(n);
  for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<std::uint32_t>(i);
  detail::sort_by(rows.supplier, rows.suppliers, order, other);
  detail::sort_by(rows.period, rows.periods, order, other);
  detail::sort_by(rows.customer, rows.customers, order, other);
  delivery_columns out;
  out.customers = rows.customers;
  out.suppliers = rows.suppliers;
  out.periods = rows.periods;
  for (std::size_t i = 0; i < n;) {
    const std::uint32_t first = order[i];
    exact_sum amount;
    double orders = 0.0;
    bool known = true;
    for (; i < n; ++i) {
      const std::uint32_t r = order[i];
      if (rows.customer[r] != rows.customer[first] || rows.period[r] != rows.period[first] ||
          rows.supplier[r] != rows.supplier[first])
        break;
      if (rows.amount[r] - rows.amount[r] == 0)
        amount.add(rows.amount[r]);
      else
        known = false;
      if (!rows.orders.empty()) orders += rows.orders[r];
    }
    out.customer.push_back(rows.customer[first]);
    out.supplier.push_back(rows.supplier[first]);
    out.period.push_back(rows.period[first]);
    out.amount.push_back(known ? amount.value() : std::numeric_limits<double>::quiet_NaN());
    if (!rows.orders.empty()) out.orders.push_back(orders);
  }
  return out;
}

}  // namespace guanxi::share
