#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>

namespace guanxi::review {

/// One way to treat an account over the horizon. Level 0 must cost nothing.
struct effort_level {
  std::string name;
  double hours = 0.0;  // of our people
  double money = 0.0;  // travel, samples; in the ledger's currency
};

/// The levels used when the caller names none: hold, remote care, regular visits, key account programme.
[[nodiscard]] inline std::vector<effort_level> default_efforts() {
  return {{"hold", 0, 0}, {"remote care", 8, 200}, {"regular visits", 24, 1'500}, {"key account programme", 80, 6'000}};
}

/// One of our people.
struct manager {
  std::string name;
  double hours = 0.0;                    // over the horizon
  std::vector<std::string> countries{};  // that he or she knows; empty: all
};

/// Prior for what effort does. A ledger without variation in effort cannot tell (managers visit who will buy anyway),
/// so the prior is wide and every gain carries its width; narrow it by your own answers or an experiment.
struct response_prior {
  double most_a = 2.0, most_b = 6.0;      // part of the headroom won at saturation ~ Beta(a, b): mean 0.25
  double half = 24.0, half_log_sd = 0.7;  // hours that win half of that ~ lognormal around `half`
  double power = 1.2, power_log_sd = 0.4; // above 1: the first hours alone do little
  double win_back = 0.25;                 // pull on a customer that has left, relative to one that buys
  double win_back_weight = 4.0;           // customers that `win_back` counts for beside those that the ledger saw come back or not
  double learned = 0.5;                   // part of the doubt about one account that a horizon of effort settles
  double room = 1.0;                      // what it buys elsewhere where nothing is seen, as a multiple of expected sales
  double room_low = 0.1, room_high = 4.0; // its interval, as parts of that; room 0: taken as nothing
};

/// What is known of each account; NaN = unknown. Money over the horizon.
struct stake_columns {
  std::span<const double> value, value_low, value_high;  // expected sales and their interval
  std::span<const double> p_alive;
  std::span<const double> headroom, headroom_low, headroom_high;  // what it buys from others, over the horizon
  std::span<const double> win_back = {};  // odds that it comes back if it has left; empty: response_prior::win_back for all
};

/// Gains, one row an account and level (row = account * levels + level), in money over the horizon after margin.
struct gain_columns {
  std::vector<double> gain, low, high;
  std::vector<double> from_headroom, from_keeping;  // the two parts; they add up to `gain`
  std::vector<double> doubt;  // one an account: standard deviation of what is at stake there, as a part of its mean
};

namespace detail {
/// Log standard deviation of a positive quantity from its mean and an interval of z standard deviations to each side.
[[nodiscard]] inline double log_sd(double low, double high, double mean, double z) {
  if (!(mean > 0) || !std::isfinite(low) || !std::isfinite(high)) return 0.0;
  const double floor = 0.01 * mean;
  return std::clamp(std::log(std::max(high, floor) / std::max(low, floor)) / (2 * z), 0.0, 1.5);
}
}  // namespace detail

/// Expected gain of every effort level for every account, with the interval over what effort might do and over value
/// and headroom.
///
/// gain = margin * won(hours) * (headroom * (a + (1 - a) w) + lapsing * w), won(h) = most * h^p / (half^p + h^p), where a is
/// P(alive), w the odds that a customer that has left comes back, and lapsing is what the account would be worth if it still bought (value / max(a, 0.2)) times 1 - a.
/// Takes   stakes: n entries a column; levels: at least one, the first one free; margin in (0, 1]; level of the intervals
///         that go in and come out.
/// Gives   n * levels rows; an unknown headroom counts as 0.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(n (draws + levels draws)); same bits for any number of threads.
/// Source  Little (1970), Management Science 16, B466 (ADBUDG response); the prior is ours and stated above.
/// Beware  the effect of effort is a prior, not an estimate; see response_prior.
[[nodiscard]] inline gain_columns gains(const stake_columns& stakes, std::span<const effort_level> levels, double margin,
                                        const response_prior& prior = {}, std::size_t draws = 200,
                                        std::uint64_t seed = 0, unsigned threads = 0, double level = 0.9) {
  const std::size_t n = stakes.value.size(), count = levels.size();
  if (count == 0 || levels[0].hours != 0 || levels[0].money != 0)
    throw error(errc::out_of_domain, "review::gains: the first effort level must cost no hours and no money");
  if (!(margin > 0 && margin <= 1))
    throw error(errc::out_of_domain, "review::gains: margin is " + std::to_string(margin) + ", wanted above 0 and at most 1");
  if (!stakes.win_back.empty() && stakes.win_back.size() != n)
    throw error(errc::size_mismatch, "review::gains: 'win_back' has " + std::to_string(stakes.win_back.size()) + " entries, 'value' has " + std::to_string(n));
  for (const auto& column : {stakes.value_low, stakes.value_high, stakes.p_alive, stakes.headroom, stakes.headroom_low, stakes.headroom_high})
    if (column.size() != n)
      throw error(errc::size_mismatch, "review::gains: a column has " + std::to_string(column.size()) + " entries, 'value' has " + std::to_string(n));
  if (!(level > 0 && level < 1))
    throw error(errc::out_of_domain, "review::gains: level is " + std::to_string(level) + ", wanted a number between 0 and 1");
  const double z = normal_quantile((1 + level) / 2);
  std::vector<double> won(draws * count), mean_won(count);
  for (std::size_t d = 0; d < draws; ++d) {
    random_stream random(seed, d);
    const double a = random.gamma(prior.most_a), b = random.gamma(prior.most_b);
    const double most = a / (a + b);
    const double half = prior.half * std::exp(prior.half_log_sd * random.normal());
    const double power = prior.power * std::exp(prior.power_log_sd * random.normal());
    for (std::size_t j = 0; j < count; ++j) {
      const double h = levels[j].hours;
      won[d * count + j] = h > 0 ? most / (1 + std::pow(half / h, power)) : 0.0;
      mean_won[j] += won[d * count + j] / static_cast<double>(draws);
    }
  }
  gain_columns out;
  for (auto* column : {&out.gain, &out.low, &out.high, &out.from_headroom, &out.from_keeping}) column->assign(n * count, 0.0);
  out.doubt.assign(n, 0.0);
  parallel_blocks(
      n, 256,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> stake(draws), sample(draws);
        for (std::size_t i = begin; i < end; ++i) {
          const double value = std::isfinite(stakes.value[i]) ? std::max(0.0, stakes.value[i]) : 0.0;
          const double alive = std::isfinite(stakes.p_alive[i]) ? stakes.p_alive[i] : 1.0;
          const double back = stakes.win_back.empty() ? prior.win_back : stakes.win_back[i];
          const double pull = alive + (1 - alive) * back;
          const double room = std::isfinite(stakes.headroom[i]) ? pull * std::max(0.0, stakes.headroom[i]) : 0.0;
          const double lapsing = value / std::max(alive, 0.2) * (1 - alive) * back;
          const double value_sd = detail::log_sd(stakes.value_low[i], stakes.value_high[i], value, z);
          const double room_sd = detail::log_sd(stakes.headroom_low[i], stakes.headroom_high[i], stakes.headroom[i], z);
          const double spread = lapsing * lapsing * std::expm1(value_sd * value_sd) + room * room * std::expm1(room_sd * room_sd);
          if (lapsing + room > 0) out.doubt[i] = std::sqrt(spread) / (lapsing + room);
          random_stream random(seed, draws + i);
          for (double& s : stake)
            s = lapsing * std::exp(value_sd * random.normal() - value_sd * value_sd / 2) +
                room * std::exp(room_sd * random.normal() - room_sd * room_sd / 2);
          for (std::size_t j = 0; j < count; ++j) {
            const std::size_t row = i * count + j;
            out.from_headroom[row] = margin * room * mean_won[j];
            out.from_keeping[row] = margin * lapsing * mean_won[j];
            out.gain[row] = out.from_headroom[row] + out.from_keeping[row];
            for (std::size_t d = 0; d < draws; ++d) sample[d] = margin * stake[d] * won[d * count + j];
            const auto quantile = [&](double p) {
              const auto place = sample.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(draws - 1));
              std::nth_element(sample.begin(), place, sample.end());
              return *place;
            };
            out.low[row] = quantile((1 - level) / 2);
            out.high[row] = quantile((1 + level) / 2);
          }
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::review
