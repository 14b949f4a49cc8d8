#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::plan {

/// What one try is worth for the knowledge it gives: E max_j (net_j + slope_j Z) - max_j net_j, Z standard normal.
///
/// Takes   net: value less cost at the prices of each level; slope: how far one observation is expected to move each of
///         them (predictive standard deviation, signs may differ).
/// Gives   >= 0, in money; 0 when no observation could change the choice.
/// Fails   errc::size_mismatch.
/// Costs   O(L log L).
/// Source  Frazier, Powell and Dayanik (2009), INFORMS J. Computing 21, 599-613.
[[nodiscard]] inline double knowledge_gradient(std::span<const double> net, std::span<const double> slope) {
  if (net.size() != slope.size())
    throw error(errc::size_mismatch, "plan::knowledge_gradient: 'net' has " + std::to_string(net.size()) +
                                         " entries, 'slope' has " + std::to_string(slope.size()));
  struct line {
    double a, s;
  };
  std::vector<line> all;
  for (std::size_t j = 0; j < net.size(); ++j) all.push_back({net[j], slope[j]});
  std::sort(all.begin(), all.end(), [](const line& x, const line& y) { return x.s != y.s ? x.s < y.s : x.a > y.a; });
  std::vector<line> top;     // upper envelope, left to right
  std::vector<double> turn;  // where each line of it takes over from the one before
  for (const line& one : all) {
    if (!top.empty() && top.back().s == one.s) continue;
    while (!top.empty()) {
      const double z = (top.back().a - one.a) / (one.s - top.back().s);
      if (!turn.empty() && z <= turn.back()) {
        top.pop_back();
        turn.pop_back();
        continue;
      }
      turn.push_back(z);
      break;
    }
    top.push_back(one);
  }
  double sum = 0.0;
  for (std::size_t j = 0; j < turn.size(); ++j) {
    const double z = -std::abs(turn[j]);
    sum += (top[j + 1].s - top[j].s) * (normal_pdf(z) + z * normal_cdf(z));
  }
  return std::max(0.0, sum);
}

}  // namespace guanxi::plan
