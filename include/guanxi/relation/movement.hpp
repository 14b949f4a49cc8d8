#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>

namespace guanxi::relation {

/// How customers moved between tiers from one period to the next. Matrices are tiers x tiers by rows: from, to.
struct movement_table {
  std::size_t tiers = 0;
  std::vector<std::uint64_t> counts;
  std::vector<double> rate, low, high;  // part of the row's moves, with its interval; NaN / {0, 1} for no moves
  std::vector<double> stay, stay_low, stay_high;  // expected periods in the tier, 1 / (1 - rate of staying)
  std::vector<std::int64_t> period;               // the period moved to, ascending
  std::vector<std::uint64_t> up, same, down;      // moves into that period
  std::uint64_t gaps = 0;  // neighbouring rows of a customer with periods missing between: no move
};

/// Counts, rates and expected stay of the moves from one period to the next.
///
/// Takes   one row a customer and period in any order: codes of customers, whole periods, tiers 0 .. tiers - 1; level
/// of
///         the intervals.
/// Gives   the table; only neighbouring periods make a move, gaps are counted apart. Interval of a rate: equal-tailed
///         Jeffreys, beta(k + 1/2, n - k + 1/2), with 0 and 1 as the outer ends where k = 0 or k = n.
/// Fails   errc::size_mismatch; errc::out_of_domain for a tier >= tiers or a level outside (0, 1); errc::duplicate for
/// two
///         rows of one customer and period.
/// Costs   O(n) when rows come sorted by customer and period, else O(n log n).
/// Source  Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133 (Jeffreys interval).
/// Beware  moves of one customer are not independent; where a whole market grows, rates of moving up are partly its.
[[nodiscard]] inline movement_table movement(std::span<const std::uint32_t> customer,
                                             std::span<const std::int64_t> period, std::span<const std::uint8_t> tier,
                                             std::size_t tiers = 4, double level = 0.9) {
  const std::size_t n = customer.size();
  const auto same_length = [n](const char* name, std::size_t m) {
    if (m != n) {
      throw error(errc::size_mismatch, "relation::movement: 'customer' has " + std::to_string(n) + " entries, '" +
                                           name + "' has " + std::to_string(m));
    }
  };
  same_length("period", period.size()), same_length("tier", tier.size());
  if (!(level > 0.0 && level < 1.0))
    throw error(errc::out_of_domain,
                "relation::movement: 'level' is " + std::to_string(level) + ", want between 0 and 1");
  if (tiers < 1 || tiers > 255)
    throw error(errc::out_of_domain, "relation::movement: 'tiers' is " + std::to_string(tiers) + ", want 1 to 255");
  for (std::size_t i = 0; i < n; ++i) {
    if (tier[i] >= tiers) {
      throw error(errc::out_of_domain, "relation::movement: 'tier' is " + std::to_string(tier[i]) + " in row " +
                                           std::to_string(i) + ", want 0 to " + std::to_string(tiers - 1));
    }
  }
  const auto before = [&](std::size_t a, std::size_t b) {
    return customer[a] != customer[b] ? customer[a] < customer[b] : period[a] < period[b];
  };
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);

  movement_table out;
  out.tiers = tiers;
  out.counts.assign(tiers * tiers, 0);
  struct step {
    std::int64_t period;
    int direction;
  };
  std::vector<step> steps;
  for (std::size_t j = 1; j < n; ++j) {
    const std::size_t a = order[j - 1], b = order[j];
    if (customer[a] != customer[b]) continue;
    if (period[a] == period[b]) {
      throw error(errc::duplicate, "relation::movement: two rows for customer " + std::to_string(customer[a]) +
                                       ", period " + std::to_string(period[a]));
    }
    if (period[a] == std::numeric_limits<std::int64_t>::max() || period[a] + 1 != period[b]) {
      ++out.gaps;
      continue;
    }
    ++out.counts[tier[a] * tiers + tier[b]];
    steps.push_back({period[b], (tier[b] > tier[a]) - (tier[b] < tier[a])});
  }
  std::stable_sort(steps.begin(), steps.end(), [](const step& a, const step& b) { return a.period < b.period; });
  for (const step& s : steps) {
    if (out.period.empty() || out.period.back() != s.period) {
      out.period.push_back(s.period);
      out.up.push_back(0), out.same.push_back(0), out.down.push_back(0);
    }
    ++(s.direction > 0 ? out.up : s.direction < 0 ? out.down : out.same).back();
  }
  const double tail = 0.5 * (1.0 - level);
  out.rate.assign(tiers * tiers, unknown);
  out.low.assign(tiers * tiers, 0.0);
  out.high.assign(tiers * tiers, 1.0);
  for (std::size_t r = 0; r < tiers; ++r) {
    const auto row = out.counts.begin() + static_cast<std::ptrdiff_t>(r * tiers);
    const auto total =
        static_cast<double>(std::accumulate(row, row + static_cast<std::ptrdiff_t>(tiers), std::uint64_t{0}));
    for (std::size_t c = 0; c < tiers && total > 0.0; ++c) {
      const std::size_t at = r * tiers + c;
      const auto k = static_cast<double>(out.counts[at]);
      out.rate[at] = k / total;
      if (k > 0.0) out.low[at] = beta_quantile(tail, k + 0.5, total - k + 0.5);
      if (k < total) out.high[at] = beta_quantile(1.0 - tail, k + 0.5, total - k + 0.5);
    }
    const std::size_t self = r * tiers + r;
    out.stay.push_back(1.0 / (1.0 - out.rate[self]));
    out.stay_low.push_back(1.0 / (1.0 - out.low[self]));
    out.stay_high.push_back(1.0 / (1.0 - out.high[self]));
  }
  return out;
}

}  // namespace guanxi::relation
