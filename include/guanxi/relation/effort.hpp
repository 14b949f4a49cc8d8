#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/migration.hpp>

namespace guanxi::relation {

/// What one unit of effort a period (an hour, a visit) is believed to do to the log-odds of moving up.
///
/// The default says: most likely a little good, perhaps nothing, perhaps harm. With it ten units turn a chance of
/// moving up of 10 % into 13 %, and 90 % of the belief lies between 5 % and 32 %. It is an opinion: a ledger in which
/// effort follows hope cannot tell (see the page of the model).
struct effort_prior {
  double mean = 0.05, sd = 0.10;
  double half = 20.0;  // units after which another unit does half as much: effect = rho u / (1 + u / half)
};

/// Transitions P shifted by eta on the log-odds of every "at or below" split: positive eta moves up. Rows keep 0 and 1
/// where they stand (an absorbing row stays). Source: McCullagh (1980), J. R. Statist. Soc. B 42 (proportional odds).
[[nodiscard]] inline std::vector<double> shifted(std::span<const double> transitions, std::size_t S, double eta) {
  std::vector<double> out(S * S);
  for (std::size_t r = 0; r < S; ++r) {
    double below = 0.0, last = 0.0;
    for (std::size_t c = 0; c < S; ++c) {
      below += transitions[r * S + c];
      const double rest = 1.0 - below;
      double now = c + 1 == S || rest <= 1e-15 ? 1.0 : below <= 0.0 ? 0.0 : below / (below + rest * std::exp(eta));
      now = std::max(now, last);
      out[r * S + c] = now - last, last = now;
    }
  }
  return out;
}

/// Value of each tier under each level of effort, and what effort adds, with intervals.
struct effort_values {
  std::size_t levels = 0, tiers = 0;
  std::vector<double> value, value_low, value_high;  // levels x tiers
  std::vector<double> gain, gain_low, gain_high;     // over level 0
  std::vector<double> positive;                      // chance that the gain is above 0
};

/// Value of a customer of each tier under each level of effort kept up, when neither the odds of moving nor the effect
/// of effort are known for sure.
///
/// Takes   transitions: D x S x S, draws of the matrix without extra effort (D = 1: taken as known); reward (S) a
/// period,
///         gross; effort: units a period of each level, the first 0; the prior of the effect; rate of interest a
///         period; draws; seed; level of the intervals. A lost state, absorbing with reward 0, stays lost.
/// Gives   levels x tiers by rows: means over the draws, and intervals. Row 0 of the gains is 0.
/// Fails   as migration_value; errc::out_of_domain for effort that does not start at 0 or is negative, a prior with a
///         negative spread, no draws.
/// Costs   levels x draws LU decompositions of S x S.
/// Beware  the gain is the prior's as long as nothing was learned from varied effort, and its interval shows that; the
/// plan
///         charges the effort.
[[nodiscard]] inline effort_values value_of_effort(std::span<const double> transitions, std::span<const double> reward,
                                                   std::span<const double> effort, const effort_prior& prior,
                                                   double rate, std::size_t draws = 1'000, std::uint64_t seed = 0,
                                                   double level = 0.9, unsigned threads = 0) {
  const std::size_t S = reward.size(), E = effort.size();
  const std::string place = "relation::value_of_effort: ";
  if (S == 0 || transitions.empty() || transitions.size() % (S * S) != 0) {
    throw error(errc::size_mismatch, place + "'transitions' has " + std::to_string(transitions.size()) +
                                         " entries, want draws x " + std::to_string(S) + " x " + std::to_string(S));
  }
  if (E == 0 || effort[0] != 0.0) throw error(errc::out_of_domain, place + "'effort' wants 0 as its first level");
  for (const double u : effort) {
    if (!(u >= 0.0) || !std::isfinite(u))
      throw error(errc::out_of_domain, place + "'effort' is " + std::to_string(u) + ", want 0 or more");
  }
  if (!(prior.sd >= 0.0) || !std::isfinite(prior.mean) || !(prior.half > 0.0))
    throw error(errc::out_of_domain, place + "the prior wants a number as mean, sd of 0 or more and half above 0");
  if (draws == 0 || !(level > 0.0 && level < 1.0))
    throw error(errc::out_of_domain, place + "'draws' wants 1 or more, 'level' between 0 and 1");
  const std::size_t D = transitions.size() / (S * S), cells = E * S;
  std::vector<double> all(draws * cells);
  parallel_blocks(
      draws, 16,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t d = begin; d < end; ++d) {
          random_stream g(seed, d, 5);
          const double rho = prior.mean + prior.sd * g.normal();
          const auto base = transitions.subspan(d % D * S * S, S * S);
          for (std::size_t e = 0; e < E; ++e) {
            const double eta = rho * effort[e] / (1.0 + effort[e] / prior.half);
            const auto v = migration_value(
                effort[e] > 0.0 ? shifted(base, S, eta) : std::vector<double>(base.begin(), base.end()), reward, rate);
            std::copy(v.begin(), v.end(), all.begin() + static_cast<std::ptrdiff_t>(d * cells + e * S));
          }
        }
      },
      threads);
  effort_values out;
  out.levels = E, out.tiers = S;
  const auto place_of = [](std::vector<double>& x, double p) {
    const double at = p * static_cast<double>(x.size() - 1);
    const auto i = static_cast<std::size_t>(at);
    return x[i] + (at - static_cast<double>(i)) * (x[std::min(i + 1, x.size() - 1)] - x[i]);
  };
  std::vector<double> v(draws), gain(draws);
  for (std::size_t k = 0; k < cells; ++k) {
    double mean = 0.0, more = 0.0, positive = 0.0;
    for (std::size_t d = 0; d < draws; ++d) {
      v[d] = all[d * cells + k], gain[d] = v[d] - all[d * cells + k % S];
      mean += v[d], more += gain[d], positive += gain[d] > 0.0;
    }
    std::sort(v.begin(), v.end()), std::sort(gain.begin(), gain.end());
    const auto n = static_cast<double>(draws);
    out.value.push_back(mean / n), out.gain.push_back(more / n), out.positive.push_back(positive / n);
    out.value_low.push_back(place_of(v, 0.5 - 0.5 * level)), out.value_high.push_back(place_of(v, 0.5 + 0.5 * level));
    out.gain_low.push_back(place_of(gain, 0.5 - 0.5 * level)),
        out.gain_high.push_back(place_of(gain, 0.5 + 0.5 * level));
  }
  return out;
}

}  // namespace guanxi::relation
