#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>

namespace guanxi::relation {

/// Accounts measured by several criteria; views only.
struct criteria {
  std::span<const double> x;        // accounts x m by rows
  std::span<const double> weights;  // m, 0 or more; need not sum to 1
  std::span<const int> types = {};  // m: +1 more is better, -1 less is better; empty: all +1
};

namespace detail {

struct checked_criteria {
  std::size_t n = 0, m = 0;
  std::vector<double> weight;  // sums to 1
  std::vector<double> sign;    // +1 or -1
};

/// Whether every entry is a finite number: 0 x is NaN exactly for those that are not. Costs one reading of the memory.
[[nodiscard]] inline bool all_finite(std::span<const double> x) {
  std::array<double, 8> zero{};
  std::size_t i = 0;
  for (; i + 8 <= x.size(); i += 8) {
    for (std::size_t k = 0; k < 8; ++k) zero[k] += 0.0 * x[i + k];
  }
  for (; i < x.size(); ++i) zero[0] += 0.0 * x[i];
  for (std::size_t k = 1; k < 8; ++k) zero[0] += zero[k];
  return zero[0] == 0.0;
}

[[nodiscard]] inline checked_criteria check_criteria(const char* where, const criteria& c) {
  const std::string place = std::string("relation::") + where + ": ";
  checked_criteria out;
  out.m = c.weights.size();
  if (out.m == 0) throw error(errc::empty, place + "'weights' is empty");
  if (c.x.size() % out.m != 0) {
    throw error(errc::size_mismatch, place + "'weights' has " + std::to_string(out.m) +
                                         " entries, which does not divide the " + std::to_string(c.x.size()) +
                                         " of 'x'");
  }
  out.n = c.x.size() / out.m;
  if (!c.types.empty() && c.types.size() != out.m) {
    throw error(errc::size_mismatch, place + "'types' has " + std::to_string(c.types.size()) +
                                         " entries, 'weights' has " + std::to_string(out.m));
  }
  double total = 0.0;
  for (std::size_t k = 0; k < out.m; ++k) {
    if (!(c.weights[k] >= 0.0) || !std::isfinite(c.weights[k]))
      throw error(errc::out_of_domain, place + "'weights' is negative or not a number in entry " + std::to_string(k));
    total += c.weights[k];
    const int type = c.types.empty() ? 1 : c.types[k];
    if (type != 1 && type != -1)
      throw error(errc::out_of_domain, place + "'types' is " + std::to_string(type) + " in entry " + std::to_string(k) +
                                           ", want 1 (more is better) or -1");
    out.sign.push_back(type);
  }
  if (!(total > 0.0))
    throw error(errc::out_of_domain, place + "every entry of 'weights' is 0, want at least one above 0");
  for (const double w : c.weights) out.weight.push_back(w / total);
  if (!all_finite(c.x)) {
    const auto i = static_cast<std::size_t>(
        std::find_if(c.x.begin(), c.x.end(), [](double v) { return !std::isfinite(v); }) - c.x.begin());
    throw error(errc::not_finite, place + "'x' is not a number in row " + std::to_string(i / out.m) + ", column " +
                                      std::to_string(i % out.m));
  }
  return out;
}

/// Least and greatest of each column.
inline void column_ends(std::span<const double> x, std::size_t m, std::vector<double>& low, std::vector<double>& high) {
  low.assign(m, std::numeric_limits<double>::infinity()), high.assign(m, -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < x.size(); ++i)
    low[i % m] = std::min(low[i % m], x[i]), high[i % m] = std::max(high[i % m], x[i]);
}

}  // namespace detail
}  // namespace guanxi::relation
