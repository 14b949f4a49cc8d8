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
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::relation {

/// What is seen of a customer in each period; empty spans: not known.
struct habit_columns {
  std::span<const std::uint32_t> customer;
  std::span<const std::int64_t> period;
  std::span<const double> share;    // our part of its purchases, 0 to 1, NaN = not known
  std::span<const double> orders;   // orders behind that share (with everybody), for its sampling error
  std::span<const double> lines;    // product lines bought from us
  std::span<const double> offered;  // product lines bought from anybody
};

/// Signs of stickiness, one row a customer in the order of codes; NaN where a sign cannot be seen.
struct stickiness_table {
  std::vector<std::uint32_t> customer, periods;
  std::vector<double> bought;                                          // part of its periods in which it bought from us
  std::vector<double> persistence, persistence_low, persistence_high;  // after a period with an order: another one
  std::vector<double> volatility;                                      // sd of logit share beyond sampling
  std::vector<double> breadth, breadth_low, breadth_high;              // our lines of the lines it buys anywhere
  std::vector<double> stay;  // expected further periods, 1 / (1 - persistence)
};

/// Stickiness of each customer, its parts shown and not mixed into one index.
///
/// Takes   one row a customer and period, in any order; share is needed, the others may be empty.
/// Gives   persistence with Jeffreys intervals (90 %): of the periods with a share above 0, the part that is followed
/// by
///         another such period; volatility: the standard deviation of logit share ((share x orders + 1/2) / (orders +
///         1)) less what sampling of that many orders explains, 0 at least, NaN below three known periods; breadth with
///         its Jeffreys interval; stay from persistence.
/// Fails   errc::size_mismatch, errc::out_of_domain naming the row.
/// Costs   O(n log n).
/// Beware  a customer that had no choice looks sticky.
[[nodiscard]] inline stickiness_table stickiness(const habit_columns& h, double level = 0.9) {
  const std::size_t n = h.customer.size();
  const auto length = [&](const char* name, std::size_t m, bool may) {
    if (m != n && !(may && m == 0))
      throw error(errc::size_mismatch, std::string("relation::stickiness: 'customer' has ") + std::to_string(n) +
                                           " entries, '" + name + "' has " + std::to_string(m));
  };
  length("period", h.period.size(), false), length("share", h.share.size(), false);
  length("orders", h.orders.size(), true), length("lines", h.lines.size(), true);
  length("offered", h.offered.size(), true);
  for (std::size_t i = 0; i < n; ++i) {
    if (h.share[i] < 0.0 || h.share[i] > 1.0)
      throw error(errc::out_of_domain, "relation::stickiness: 'share' is " + std::to_string(h.share[i]) + " in row " +
                                           std::to_string(i) + ", want 0 to 1");
    const bool few = !h.orders.empty() && h.orders[i] < 0.0;
    if (few || (!h.lines.empty() && h.lines[i] < 0.0) || (!h.offered.empty() && h.offered[i] < 0.0))
      throw error(errc::out_of_domain,
                  "relation::stickiness: a count is negative in row " + std::to_string(i) + ", want 0 or more");
  }
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return h.customer[a] != h.customer[b] ? h.customer[a] < h.customer[b] : h.period[a] < h.period[b];
  });
  const double tail = 0.5 - 0.5 * level;
  const auto jeffreys = [&](double hits, double all, double& p, double& low, double& high) {
    p = low = high = unknown;
    if (!(all > 0.0)) return;
    p = hits / all;
    low = hits > 0.0 ? beta_quantile(tail, hits + 0.5, all - hits + 0.5) : 0.0;
    high = hits < all ? beta_quantile(1.0 - tail, hits + 0.5, all - hits + 0.5) : 1.0;
  };
  stickiness_table out;
  for (std::size_t j = 0; j < n;) {
    const std::uint32_t who = h.customer[order[j]];
    double known = 0.0, bought = 0.0, chances = 0.0, again = 0.0, sum = 0.0, squares = 0.0, noise = 0.0, seen = 0.0;
    double lines = 0.0, offered = 0.0;
    std::uint32_t periods = 0;
    std::size_t before = n;
    for (; j < n && h.customer[order[j]] == who; ++j) {
      const std::uint32_t i = order[j];
      if (before < n && h.period[i] == h.period[before])
        throw error(errc::duplicate, "relation::stickiness: two rows for customer " + std::to_string(who) +
                                         ", period " + std::to_string(h.period[i]));
      ++periods;
      if (!h.lines.empty() && !h.offered.empty() && h.offered[i] > 0.0)
        lines += std::min(h.lines[i], h.offered[i]), offered += h.offered[i];
      if (!std::isnan(h.share[i])) {
        known += 1.0, bought += h.share[i] > 0.0;
        if (before < n && h.period[i] == h.period[before] + 1 && h.share[before] > 0.0)
          chances += 1.0, again += h.share[i] > 0.0;
        const double m = h.orders.empty() ? 20.0 : h.orders[i];
        if (m > 0.0) {
          const double p = (h.share[i] * m + 0.5) / (m + 1.0), logit = std::log(p / (1.0 - p));
          sum += logit, squares += logit * logit, noise += h.orders.empty() ? 0.0 : 1.0 / ((m + 1.0) * p * (1.0 - p));
          seen += 1.0;
        }
      }
      before = i;
    }
    double p = 0.0, low = 0.0, high = 0.0;
    out.customer.push_back(who), out.periods.push_back(periods);
    out.bought.push_back(known > 0.0 ? bought / known : unknown);
    jeffreys(again, chances, p, low, high);
    out.persistence.push_back(p), out.persistence_low.push_back(low), out.persistence_high.push_back(high);
    const double middle = chances > 0.0 ? (again + 0.5) / (chances + 1.0) : unknown;
    out.stay.push_back(1.0 / (1.0 - middle));
    const double spread = seen > 2.0 ? (squares - sum * sum / seen) / (seen - 1.0) - noise / seen : unknown;
    out.volatility.push_back(std::isnan(spread) ? unknown : std::sqrt(std::max(0.0, spread)));
    jeffreys(lines, offered, p, low, high);
    out.breadth.push_back(p), out.breadth_low.push_back(low), out.breadth_high.push_back(high);
  }
  return out;
}

}  // namespace guanxi::relation
