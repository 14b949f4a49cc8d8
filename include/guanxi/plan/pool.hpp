#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>

namespace guanxi::plan {

/// What is known of accounts that lie idle with their owner; money, or chances a period (say a month).
struct idle_columns {
  std::span<const double> owner_gain;  // net gain when the owner works it: gain less hours at the owner's price
  std::span<const double> pool_gain;   // net gain when the pool's next manager does, at that one's price
  std::span<const double> act;         // chance that the owner acts in a period
  std::span<const double> decay;       // chance that the occasion is lost in a period without work
};

/// What to do with each idle account.
struct pool_columns {
  std::vector<double> keep;     // worth with the owner: the gain, when it comes, if it is still there
  std::vector<double> release;  // worth in the pool, after the cost of changing hands
  std::vector<double> lost;     // release - keep: value lost through waiting; > 0: give it back
  std::vector<std::uint8_t> give_back;
};

/// Which idle accounts return to the pool: those that lose value by waiting for their owner, whatever the number of days.
///
/// keep = act owner_gain / (1 - (1 - act)(1 - decay) discount), release = pool_gain discount^delay (1 - decay)^delay - moving.
/// Takes   columns of n entries; discount per period in (0, 1]; moving: money; delay: periods until the pool works it.
/// Fails   errc::size_mismatch; errc::out_of_domain for a chance outside 0 to 1.
/// Costs   O(n).
/// Source  a geometric waiting time beside a geometric loss: the sum over periods in closed form.
[[nodiscard]] inline pool_columns pool_rule(const idle_columns& c, double moving = 0.0, double discount = 1.0, double delay = 0.0) {
  const std::size_t n = c.owner_gain.size();
  for (const auto& [name, column] : {std::pair{"pool_gain", c.pool_gain}, {"act", c.act}, {"decay", c.decay}})
    if (column.size() != n)
      throw error(errc::size_mismatch, std::string("plan::pool_rule: '") + name + "' has " + std::to_string(column.size()) +
                                           " entries, 'owner_gain' has " + std::to_string(n));
  for (const auto& [name, column] : {std::pair{"act", c.act}, {"decay", c.decay}})
    for (std::size_t i = 0; i < n; ++i)
      if (!(column[i] >= 0.0 && column[i] <= 1.0))
        throw error(errc::out_of_domain, std::string("plan::pool_rule: '") + name + "' of account " + std::to_string(i) +
                                             " is " + std::to_string(column[i]) + ", wanted 0 to 1");
  if (!(discount > 0.0 && discount <= 1.0))
    throw error(errc::out_of_domain, "plan::pool_rule: 'discount' is " + std::to_string(discount) + ", wanted above 0 and at most 1");
  pool_columns out;
  for (std::size_t i = 0; i < n; ++i) {
    const double stays = (1.0 - c.act[i]) * (1.0 - c.decay[i]) * discount;
    const double keep = c.act[i] > 0.0 ? c.act[i] * std::max(0.0, c.owner_gain[i]) / (1.0 - stays) : 0.0;
    const double release = std::max(0.0, c.pool_gain[i]) * std::pow(discount * (1.0 - c.decay[i]), delay) - moving;
    out.keep.push_back(keep);
    out.release.push_back(release);
    out.lost.push_back(release - keep);
    out.give_back.push_back(release > keep && release > 0.0);
  }
  return out;
}

}  // namespace guanxi::plan
