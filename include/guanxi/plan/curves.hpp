#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>

namespace guanxi::plan {

/// What is believed of the accounts' responses high x^power / (half^power + x^power), one entry an account.
struct believed_curves {
  std::span<const double> high;   // gain at saturation, money
  std::span<const double> half;   // effort that wins half of it, > 0
  std::span<const double> power;  // > 0; above 1 the first hours alone do little
};

/// How far the beliefs may be wrong, as standard deviations of logs. Half and power are wrong for all accounts alike: that
/// does not diversify away. A curve that was learned (an experiment, four answers for each account) deserves less.
struct curve_doubt {
  double half = 0.7;
  double power = 0.4;
  double high = 0.3;  // of each account's own saturation
};

/// Draws of the gains of every level over the curves that are plausible, around those believed.
///
/// Takes   start: the book's; effort: rows, in the unit of `half`; beliefs; doubt; draws S; seed.
/// Gives   rows x S, row-major: input of allocate_at_risk. An effort of 0 gains 0.
/// Fails   errc::size_mismatch; errc::out_of_domain for half or power <= 0.
/// Costs   one power a row and draw; 4 bytes each. Same bits for any number of threads.
/// Source  Little (1970), Management Science 16, B466 (the curve); the doubt is ours and stated.
/// Beware  the mean over curves is not the curve of the mean: an S-shape in doubt is less S-shaped.
[[nodiscard]] inline std::vector<float> response_draws(std::span<const std::uint64_t> start, std::span<const double> effort,
                                                       const believed_curves& c, std::size_t draws = 200,
                                                       const curve_doubt& doubt = {}, std::uint64_t seed = 0, unsigned threads = 0) {
  const std::size_t n = start.empty() ? 0 : start.size() - 1;
  for (const auto& [name, column] : {std::pair{"high", c.high}, {"half", c.half}, {"power", c.power}})
    if (column.size() != n)
      throw error(errc::size_mismatch, std::string("plan::response_draws: '") + name + "' has " + std::to_string(column.size()) +
                                           " entries, the book has " + std::to_string(n) + " accounts");
  for (const auto& [name, column] : {std::pair{"half", c.half}, {"power", c.power}})
    for (std::size_t i = 0; i < n; ++i)
      if (!(column[i] > 0.0) || std::isinf(column[i]))
        throw error(errc::out_of_domain, std::string("plan::response_draws: '") + name + "' of account " + std::to_string(i) + " is " +
                                             std::to_string(column[i]) + ", wanted above 0");
  std::vector<double> half(draws), power(draws);
  for (std::size_t w = 0; w < draws; ++w) {
    random_stream random(seed, w, 1);
    half[w] = doubt.half * random.normal();
    power[w] = std::exp(doubt.power * random.normal());
  }
  std::vector<float> out(effort.size() * draws, 0.0f);
  parallel_blocks(
      n, 256,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> high(draws);
        for (std::size_t i = begin; i < end; ++i) {
          random_stream random(seed, i, 2);
          for (double& h : high) h = c.high[i] * std::exp(doubt.high * random.normal() - 0.5 * doubt.high * doubt.high);
          for (std::uint64_t r = start[i]; r < start[i + 1]; ++r) {
            if (!(effort[r] > 0.0)) continue;
            const double far = std::log(c.half[i] / effort[r]);
            for (std::size_t w = 0; w < draws; ++w)
              out[r * draws + w] = static_cast<float>(high[w] / (1.0 + std::exp(c.power[i] * power[w] * (far + half[w]))));
          }
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::plan
