#pragma once
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/relation/dense.hpp>

namespace guanxi::relation {
namespace detail {

inline void check_chain(const char* where, std::span<const double> transitions, std::size_t states, double rate) {
  const std::string place = std::string("relation::") + where + ": ";
  if (states == 0) throw error(errc::empty, place + "'reward' is empty");
  if (transitions.size() != states * states) {
    throw error(errc::size_mismatch, place + "'transitions' has " + std::to_string(transitions.size()) +
                                         " entries, want " + std::to_string(states * states) + " (states x states)");
  }
  if (!(rate >= 0.0) || !std::isfinite(rate)) {
    throw error(errc::out_of_domain, place + "'rate' is " + std::to_string(rate) + ", want 0 or more a period");
  }
  for (std::size_t r = 0; r < states; ++r) {
    double total = 0.0;
    for (std::size_t c = 0; c < states; ++c) {
      const double p = transitions[r * states + c];
      if (!(p >= 0.0 && p <= 1.0 + 1e-12)) {
        throw error(errc::out_of_domain, place + "'transitions' row " + std::to_string(r) + " has the entry " +
                                             std::to_string(p) + ", want 0 to 1");
      }
      total += p;
    }
    if (std::fabs(total - 1.0) > 1e-8) {
      char text[32];
      std::snprintf(text, sizeof text, "%.6g", total);
      throw error(errc::out_of_domain,
                  place + "'transitions' row " + std::to_string(r) + " sums to " + text + ", want 1");
    }
  }
}

}  // namespace detail

/// Present value of a customer that stands in each tier now: V = (I - P / (1 + rate))^-1 reward.
///
/// Takes   transitions (S x S by rows, rows sum to 1), reward (S) at the start of a period, interest rate a period >=
/// 0. Gives   S values in the money of reward; negative for a tier in which going on loses money: stop earlier. Fails
/// errc::size_mismatch, errc::out_of_domain naming the row and its sum; errc::infeasible when the sum has no end
///         (rate 0 and a closed set of tiers that earns). With rate 0 an absorbing tier of reward 0 is worth 0.
/// Costs   one LU decomposition, O(S^3).
/// Source  Dwyer (1997), J. of Direct Marketing 11, 6-13 (customer migration); Pfeifer and Carraway (2000), J. of
///         Interactive Marketing 14, 43-55.
[[nodiscard]] inline std::vector<double> migration_value(std::span<const double> transitions,
                                                         std::span<const double> reward, double rate) {
  const std::size_t S = reward.size();
  detail::check_chain("migration_value", transitions, S, rate);
  const double g = 1.0 / (1.0 + rate);
  std::vector<double> a(S * S), v(reward.begin(), reward.end());
  for (std::size_t r = 0; r < S; ++r) {
    const bool over = rate == 0.0 && transitions[r * S + r] == 1.0 && reward[r] == 0.0;  // absorbing, earns nothing: 0
    for (std::size_t c = 0; c < S; ++c) a[r * S + c] = (r == c ? 1.0 : 0.0) - (over ? 0.0 : g * transitions[r * S + c]);
  }
  double largest = 0.0;
  for (const double x : reward) largest = std::max(largest, std::fabs(x));
  if (!detail::lu_solve(a, v)) largest = -1.0;
  for (const double x : v) {
    if (largest < 0.0 || !std::isfinite(x) || std::fabs(x) > 1e13 * (largest + 1e-300)) {
      throw error(errc::infeasible,
                  "relation::migration_value: with 'rate' 0 a tier earns for ever and has no finite value; want a rate "
                  "above 0 or a "
                  "tier of reward 0 that is never left");
    }
  }
  return v;
}

/// The same over a limited number of periods: sum over t = 0 .. periods of (P / (1 + rate))^t reward, by Horner's rule.
/// Costs   O(periods S^2).
[[nodiscard]] inline std::vector<double> migration_value(std::span<const double> transitions,
                                                         std::span<const double> reward, double rate,
                                                         std::size_t periods) {
  const std::size_t S = reward.size();
  detail::check_chain("migration_value", transitions, S, rate);
  std::vector<double> v(reward.begin(), reward.end()), next(S);
  for (std::size_t t = 0; t < periods; ++t) {
    for (std::size_t r = 0; r < S; ++r) {
      double sum = 0.0;
      for (std::size_t c = 0; c < S; ++c) sum += transitions[r * S + c] * v[c];
      next[r] = reward[r] + sum / (1.0 + rate);
    }
    v.swap(next);
  }
  return v;
}

/// What each level of effort, kept up, adds to a customer of each tier over doing nothing (level 0).
///
/// Takes   transitions (E x S x S), reward (E x S): level 0 = nothing. Rewards are gross: the plan charges the effort.
/// Gives   E x S by rows; row 0 is 0. For an account weight the row by its tier probabilities.
/// Fails   as migration_value.
/// Costs   E LU decompositions.
/// Beware  a ledger without variation in effort does not show what effort does: the transitions of level e > 0 then are
/// a
///         prior, and the gain is no better than it.
[[nodiscard]] inline std::vector<double> gain_of_effort(std::span<const double> transitions,
                                                        std::span<const double> reward, std::size_t levels,
                                                        double rate) {
  if (levels == 0 || reward.size() % levels != 0 || reward.empty()) {
    throw error(errc::size_mismatch, "relation::gain_of_effort: 'reward' has " + std::to_string(reward.size()) +
                                         " entries for " + std::to_string(levels) + " levels, want levels x tiers");
  }
  const std::size_t S = reward.size() / levels;
  if (transitions.size() != levels * S * S) {
    throw error(errc::size_mismatch, "relation::gain_of_effort: 'transitions' has " +
                                         std::to_string(transitions.size()) + " entries, want " +
                                         std::to_string(levels * S * S) + " (levels x tiers x tiers)");
  }
  std::vector<double> out(levels * S), base;
  for (std::size_t e = 0; e < levels; ++e) {
    const auto v = migration_value(transitions.subspan(e * S * S, S * S), reward.subspan(e * S, S), rate);
    if (e == 0) base = v;
    for (std::size_t s = 0; s < S; ++s) out[e * S + s] = v[s] - base[s];
  }
  return out;
}

}  // namespace guanxi::relation
