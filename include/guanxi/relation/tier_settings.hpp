#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/relation/emission.hpp>

namespace guanxi::relation {

/// Where customers start: free probabilities, or those that the chain itself settles at.
enum class beginning : std::uint8_t { free, stationary };

/// Settings of TierModel.
struct tier_settings {
  std::size_t tiers = 4;            // 1 .. 8, without the lost state
  std::vector<emission> emissions;  // the first is the leading column: its mean ascends with the tier
  double hold = 0.6;                // probability that another side must hold before the reported tier moves
  std::size_t dwell = 2;            // for so many periods in a row
  double strength = 10.0;           // ridge that draws a tier's slopes to the common ones (covariates)
  double ridge = 1.0;               // ridge on the common slopes
  double prior = unknown;           // moves and starts added to every cell; NaN: by the size of the book (small_book)
  int starts = 5;
  std::uint64_t seed = 0;
  double tol = 1e-8;  // on the largest entry of the gradient, a row
  int max_passes = 1000;
  unsigned threads = 0;
  bool lost = false;  // a state 0 below the tiers that is never left and in which nothing is bought
  beginning initial = beginning::free;
};

namespace detail {
/// Books with fewer customers get `small_prior` moves and starts in every cell unless a prior is given. In simulated
/// books of 50 and 150 customers the next tier is foretold best with 0.3 to 1 (the page of the model has the table);
/// from 200 on it no longer matters.
inline constexpr std::size_t small_book = 200;
inline constexpr double small_prior = 0.5;

/// Number of states of the chain: the tiers and, where asked for, lost.
[[nodiscard]] inline std::size_t states_of(const tier_settings& s) { return s.tiers + (s.lost ? 1 : 0); }
}  // namespace detail

/// Probabilities of the states and the reported state of each row of a panel, in the order of its rows. Without `lost`
/// state s is tier s; with it state 0 is lost and state s tier s - 1.
struct tier_rows {
  std::size_t tiers = 0;           // states
  std::vector<double> p;           // rows x states
  std::vector<std::uint8_t> tier;  // with hysteresis
  std::vector<std::string> why;    // empty unless asked for
  double log_likelihood = 0.0;
};

/// What lies ahead of each customer of a panel; rows are customer by customer, ahead = 1 .. periods.
struct tier_forecast {
  std::size_t tiers = 0;
  std::vector<std::uint32_t> customer;
  std::vector<std::uint32_t> ahead;
  std::vector<std::uint8_t> tier;  // reported at the last row
  std::vector<double> p;           // rows x tiers
  std::vector<double> up, up_low, up_high, down, down_low, down_high;
  struct column {
    std::string name;
    std::vector<double> mean, low, high;
  };
  std::vector<column> columns;
};

}  // namespace guanxi::relation
