#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/graph/supplier_graph.hpp>

namespace guanxi::graph {

/// What happened to a tie in a period.
///   present  there in the first period: since when is not known
///   added    first ever ("new" in Python)
///   kept     there, and not lost before (also after a quiet time shorter than `quiet`)
///   quiet    first period of an absence that was, or until now is, shorter than `quiet`
///   lost     first period of an absence of at least `quiet` periods
///   back     there again after being lost
enum class change : std::uint8_t { present, added, kept, quiet, lost, back };

[[nodiscard]] constexpr std::string_view name(change c) noexcept {
  switch (c) {
    case change::present: return "present";
    case change::added: return "new";
    case change::kept: return "kept";
    case change::quiet: return "quiet";
    case change::lost: return "lost";
    case change::back: return "back";
  }
  return "";
}

/// Changes of ties, by (customer, supplier, period). Amounts and shares of the customer's purchases in the period
/// before (NaN in the first) and in the period itself.
struct changes {
  std::vector<std::uint32_t> customer, supplier, period;
  std::vector<change> what;
  std::vector<double> before, after, share_before, share_after;
  std::uint32_t quiet = 1;  // the length of absence that was taken as a loss
};

namespace detail {

/// Periods in which a pair's net amount is positive, with that amount.
struct pair_history {
  std::vector<std::uint32_t> period;
  std::vector<double> amount;
  void read(const SupplierGraph& g, std::size_t pair) {
    period.clear();
    amount.clear();
    for (std::uint64_t i = g.pair_start()[pair]; i < g.pair_start()[pair + 1];) {
      running_sum net;
      const std::uint32_t t = g.line_period()[i];
      for (; i < g.pair_start()[pair + 1] && g.line_period()[i] == t; ++i) net.add(g.line_amount()[i]);
      if (!(net.value() > 0)) continue;
      period.push_back(t);
      amount.push_back(net.value());
    }
  }
};

/// 95 % quantile of the absences between two presences, at least 1: the book's own habit.
[[nodiscard]] inline std::uint32_t usual_gap(const SupplierGraph& g) {
  std::vector<std::uint64_t> gaps(g.periods() + 1, 0);
  pair_history h;
  std::uint64_t total = 0;
  for (std::size_t p = 0; p < g.pair_customer().size(); ++p) {
    h.read(g, p);
    for (std::size_t i = 1; i < h.period.size(); ++i) {
      const std::uint32_t absent = h.period[i] - h.period[i - 1] - 1;
      if (absent == 0) continue;
      ++gaps[absent];
      ++total;
    }
  }
  std::uint64_t seen = 0;
  for (std::uint32_t length = 0; length < gaps.size(); ++length) {
    seen += gaps[length];
    if (total > 0 && static_cast<double>(seen) >= 0.95 * static_cast<double>(total)) return std::max(1u, length);
  }
  return 1;
}

}  // namespace detail

/// Which ties are new, kept, quiet, lost or back in each period.
///
/// A tie is there in a period when its net amount of the period is positive.
/// Takes   quiet: periods of absence that make a loss; by default the 95 % quantile of the book's own absences.
/// Gives   per period: present + new + kept + back = number of ties there. The first period can only say "present";
///         absences at the end shorter than `quiet` stay "quiet".
/// Fails   errc::unknown_name without periods; errc::out_of_domain for quiet = 0.
/// Costs   O(lines + customers x periods).
[[nodiscard]] inline changes tie_changes(const SupplierGraph& g, std::optional<std::uint32_t> quiet = {}) {
  if (!g.has_periods()) throw error(errc::unknown_name, "graph::tie_changes: no 'period' column was given");
  if (quiet && *quiet == 0) throw error(errc::out_of_domain, "graph::tie_changes: quiet is 0, wanted at least 1");
  changes out;
  out.quiet = quiet ? *quiet : detail::usual_gap(g);
  const std::size_t periods = g.periods(), pairs = g.pair_customer().size();
  std::vector<double> total(periods);
  detail::pair_history h;
  for (std::size_t first = 0; first < pairs;) {
    const std::uint32_t customer = g.pair_customer()[first];
    std::fill(total.begin(), total.end(), 0.0);
    std::size_t last = first;
    for (; last < pairs && g.pair_customer()[last] == customer; ++last) {
      h.read(g, last);
      for (std::size_t i = 0; i < h.period.size(); ++i) total[h.period[i]] += h.amount[i];
    }
    for (; first < last; ++first) {
      h.read(g, first);
      const auto amount_at = [&](std::uint32_t t) {
        const auto it = std::lower_bound(h.period.begin(), h.period.end(), t);
        return it != h.period.end() && *it == t ? h.amount[static_cast<std::size_t>(it - h.period.begin())] : 0.0;
      };
      const auto say = [&](std::uint32_t t, change what) {
        const double before = t == 0 ? unknown : amount_at(t - 1), after = amount_at(t);
        out.customer.push_back(customer);
        out.supplier.push_back(g.pair_supplier()[first]);
        out.period.push_back(t);
        out.what.push_back(what);
        out.before.push_back(before);
        out.after.push_back(after);
        out.share_before.push_back(t == 0 || !(total[t - 1] > 0) ? unknown : before / total[t - 1]);
        out.share_after.push_back(total[t] > 0 ? after / total[t] : unknown);
      };
      for (std::size_t i = 0; i < h.period.size(); ++i) {
        const std::uint32_t t = h.period[i];
        const std::uint32_t absent = i == 0 ? 0 : t - h.period[i - 1] - 1;
        if (i == 0)
          say(t, t == 0 ? change::present : change::added);
        else
          say(t, absent >= out.quiet ? change::back : change::kept);
        const std::uint32_t next = i + 1 < h.period.size() ? h.period[i + 1] : static_cast<std::uint32_t>(periods);
        if (next > t + 1) say(t + 1, next - t - 1 >= out.quiet ? change::lost : change::quiet);
      }
    }
  }
  return out;
}

}  // namespace guanxi::graph
