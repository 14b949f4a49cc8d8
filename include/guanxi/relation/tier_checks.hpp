#pragma once
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/tier_settings.hpp>
#include <guanxi/relation/words.hpp>

namespace guanxi::relation::detail {

inline void check_settings(const tier_settings& s) {
  const auto bad = [](const std::string& what) { throw error(errc::out_of_domain, "relation: " + what); };
  const std::size_t most = s.lost ? 7 : 8;
  if (s.tiers < 1 || s.tiers > most)
    bad("'tiers' is " + std::to_string(s.tiers) + ", want 1 to " + std::to_string(most));
  if (!(s.hold > 0.0 && s.hold <= 1.0)) bad("'hysteresis' is " + count_text(s.hold) + ", want above 0, at most 1");
  if (s.dwell < 1) bad("'dwell' is 0, want 1 or more");
  if (s.starts < 1) bad("'starts' is " + std::to_string(s.starts) + ", want 1 or more");
  if (s.max_passes < 1) bad("'max_passes' is " + std::to_string(s.max_passes) + ", want 1 or more");
  if (!(s.strength >= 0.0) || !(s.ridge >= 0.0) || s.prior < 0.0) bad("'strength', 'ridge' and 'prior' want 0 or more");
  if (s.lost && s.initial == beginning::stationary)
    bad("'initial' is stationary and 'lost' is set: such a chain settles with everybody lost");
  for (const emission& e : s.emissions) {
    if (s.lost && e.kind == family::normal)
      bad("'lost' wants columns that show nothing bought; '" + e.column + "' is normal");
  }
}

inline void check_stochastic(const std::string& what, std::span<const double> x, std::size_t S, bool vector) {
  for (std::size_t r = 0; r * S < x.size(); ++r) {
    double total = 0.0;
    for (std::size_t s = 0; s < S; ++s) {
      if (!(x[r * S + s] >= 0.0))
        throw error(errc::out_of_domain, "relation: '" + what + "' has an entry below 0 in row " + std::to_string(r));
      total += x[r * S + s];
    }
    if (std::fabs(total - 1.0) > 1e-8) {
      char text[32];
      std::snprintf(text, sizeof text, "%.6g", total);
      throw error(errc::out_of_domain, "relation: '" + what + "'" + (vector ? "" : " row " + std::to_string(r)) +
                                           " sums to " + text + ", want 1");
    }
  }
}

/// Fills what a given emission leaves out and checks lengths.
inline void complete(emission& e, std::size_t S) {
  const auto want = [&](std::vector<double>& v, const char* what, std::size_t size, double usual, bool may) {
    if (v.empty() && may) v.assign(size, usual);
    if (v.size() != size) {
      throw error(errc::size_mismatch, "relation: emission '" + e.column + "' has " + std::to_string(v.size()) +
                                           " entries of '" + what + "', want " + std::to_string(size));
    }
  };
  switch (e.kind) {
    case family::label:
    case family::ordinal:
      e.mean.resize(S);
      std::iota(e.mean.begin(), e.mean.end(), 0.0);
      if (e.kind == family::ordinal) want(e.reading, "reading", S * S, 0.0, false);
      break;
    case family::poisson:
      want(e.mean, "mean", S, 0, false);
      break;
    case family::log_normal:
      want(e.zero, "zero", S, 0.0, true), want(e.mean, "mean", S, 0, false), want(e.spread, "spread", S, 0, false);
      break;
    case family::beta:
      want(e.one, "one", S, 0.0, true), want(e.zero, "zero", S, 0.0, true), want(e.mean, "mean", S, 0, false),
          want(e.spread, "spread", S, 0, false);
      break;
    default:
      want(e.mean, "mean", S, 0, false), want(e.spread, "spread", S, 0, false);
  }
}

}  // namespace guanxi::relation::detail
