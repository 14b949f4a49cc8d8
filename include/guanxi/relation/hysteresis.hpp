#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace guanxi::relation {

/// The tier that is reported to people: it moves only on evidence that lasts.
///
/// Keeps tier r until the tiers above it together, or those below it together, hold at least `hold` for `dwell` rows in a
/// row, or at least 0.95 once; then takes the likeliest tier of that side. Uses the past only. Costs O(states) a row.
class hysteresis {
 public:
  hysteresis(double hold, std::size_t dwell) : hold_(hold), dwell_(dwell) {}

  /// The next row's probabilities in, the reported tier out. The first row of a customer starts at its likeliest tier.
  std::uint8_t next(std::span<const double> p) {
    if (fresh_) {
      fresh_ = false;
      return tier_ = likeliest(p, 0, p.size());
    }
    double below = 0.0, above = 0.0;
    for (std::size_t s = 0; s < tier_; ++s) below += p[s];
    for (std::size_t s = tier_ + 1u; s < p.size(); ++s) above += p[s];
    const int side = above >= hold_ ? 1 : below >= hold_ ? -1 : 0;
    run_ = side == 0 ? 0 : side == side_ ? run_ + 1 : 1;
    side_ = side;
    if (side != 0 && (run_ >= dwell_ || above >= 0.95 || below >= 0.95)) {
      tier_ = side > 0 ? likeliest(p, tier_ + 1u, p.size()) : likeliest(p, 0, tier_);
      run_ = 0, side_ = 0;
    }
    return tier_;
  }

 private:
  static std::uint8_t likeliest(std::span<const double> p, std::size_t from, std::size_t to) {
    std::size_t best = from;
    for (std::size_t s = from; s < to; ++s) {
      if (p[s] > p[best]) best = s;
    }
    return static_cast<std::uint8_t>(best);
  }
  double hold_;
  std::size_t dwell_, run_ = 0;
  int side_ = 0;
  bool fresh_ = true;
  std::uint8_t tier_ = 0;
};

}  // namespace guanxi::relation
