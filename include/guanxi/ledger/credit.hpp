#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <guanxi/base/day.hpp>
#include <guanxi/ledger/day_records.hpp>

namespace guanxi::ledger {

/// Takes credit notes off the purchase days before them.
///
/// A credit lowers the net of its own day if the customer also bought that day, otherwise of the last purchase day before
/// it; what is left goes further back, day by day. No day's net falls below 0. What exceeds everything earlier is kept as
/// the customer's unmatched credit, so that net - unmatched always adds up to the lines. Later days are never
/// touched, and credits after `end` are not known yet: no look-ahead.
/// Takes   start (customers + 1), date, net: purchase days sorted by customer and day, net starting at what was sold;
///         credits sorted by customer and day; unmatched: one entry a customer, added to.
/// Costs   O(credits x days walked back).
inline void net_credits(std::span<const std::uint64_t> start, std::span<const day> date, std::span<double> net,
                        std::span<const credit_note> credits, day end, std::span<double> unmatched) {
  for (const credit_note& note : credits) {
    if (note.date > end) continue;
    const auto first = static_cast<std::size_t>(start[note.customer]);
    const auto last = static_cast<std::size_t>(start[note.customer + 1]);
    auto row = static_cast<std::size_t>(
        std::upper_bound(date.begin() + static_cast<std::ptrdiff_t>(first), date.begin() + static_cast<std::ptrdiff_t>(last),
                         note.date) - date.begin());
    double left = note.amount;
    while (left > 0 && row > first) {
      --row;
      const double taken = std::min(left, net[row]);
      net[row] -= taken;
      left -= taken;
    }
    unmatched[note.customer] += left;
  }
}

}  // namespace guanxi::ledger
