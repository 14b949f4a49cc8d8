#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/relation/survival_times.hpp>

namespace guanxi::relation {

/// Parts of customers whose leaving nobody announced: rows for kaplan_meier, log_rank, cumulative_incidence and Cox.
struct departures {
  std::vector<std::uint32_t> row;  // customer the part belongs to
  std::vector<double> duration;
  std::vector<std::uint8_t> event;
  std::vector<double> weight;  // the parts of a customer sum to 1
};

/// Spreads 1 - P(alive) over the silent periods of each customer.
///
/// Takes   last: periods from the first to the last purchase; age: periods from the first purchase to now, >= last;
///         p_alive in [0, 1], from any model of value.
/// Gives   one part that is still with us (weight P(alive), censored at age) and one part for each silent period, an
/// event
///         at last + 1, last + 2, .. up to age rounded up, each with the same share of 1 - P(alive). A customer without
///         a silent period has its event at age.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(silent periods).
/// Beware  nothing is known of where inside the silence a customer left; spreading evenly says just that.
[[nodiscard]] inline departures spread_departure(std::span<const double> last, std::span<const double> age,
                                                 std::span<const double> p_alive) {
  const std::size_t n = age.size();
  detail::check_column("spread_departure", "duration", age, n, 0.0, "0 or more");
  detail::check_column("spread_departure", "last", last, n, 0.0, "0 or more");
  if (p_alive.size() != n) {
    throw error(errc::size_mismatch, "relation::spread_departure: 'duration' has " + std::to_string(n) +
                                         " entries, 'p_alive' has " + std::to_string(p_alive.size()));
  }
  departures out;
  const auto add = [&](std::size_t i, double at, bool event, double w) {
    if (!(w > 0.0)) return;
    out.row.push_back(static_cast<std::uint32_t>(i)), out.duration.push_back(at);
    out.event.push_back(event), out.weight.push_back(w);
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (!(p_alive[i] >= 0.0 && p_alive[i] <= 1.0)) {
      throw error(errc::out_of_domain,
                  "relation::spread_departure: 'p_alive' is not between 0 and 1 in row " + std::to_string(i));
    }
    if (last[i] > age[i])
      throw error(errc::out_of_order,
                  "relation::spread_departure: 'last' is after 'duration' in row " + std::to_string(i));
    if (age[i] - last[i] > 1e5)
      throw error(errc::out_of_domain, "relation::spread_departure: more than 100,000 silent periods in row " +
                                           std::to_string(i) + ", want a longer unit of time");
    add(i, age[i], false, p_alive[i]);
    const auto silent = static_cast<std::size_t>(std::ceil(age[i] - last[i]));
    const double w = (1.0 - p_alive[i]) / static_cast<double>(std::max<std::size_t>(silent, 1));
    if (silent == 0) add(i, age[i], true, w);
    for (std::size_t k = 1; k <= silent; ++k) add(i, std::min(last[i] + static_cast<double>(k), age[i]), true, w);
  }
  return out;
}

}  // namespace guanxi::relation
