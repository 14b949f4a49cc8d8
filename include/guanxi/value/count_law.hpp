#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <guanxi/base/special.hpp>

namespace guanxi::value {

/// Negative binomial law of a count that may also be nothing at all: P(Y = n) = alive NB(n; size, mean / alive) (+ 1 - alive at 0).
struct count_law {
  double alive = 1;  // chance that the negative binomial applies
  double size = 1;   // NB: variance = m + m^2 / size, m = mean / alive
  double mean = 0;   // of the whole law

  [[nodiscard]] double log_pmf(double n) const noexcept {
    const double m = mean / alive;
    if (!(m > 0)) return n == 0 ? 0.0 : -std::numeric_limits<double>::infinity();
    const double zero = -size * std::log1p(m / size);
    if (n == 0) return alive >= 1 ? zero : std::log1p(alive * std::expm1(zero));
    return std::log(alive) + log_rising(size, n) - lgamma(n + 1) + zero + n * (std::log(m) - std::log(size + m));
  }
  /// Adds weight times the probabilities of 0 .. to into[0 ..]; grows `into` until what is left is below 1e-9.
  void add_to(std::vector<double>& into, double weight) const {
    const double m = mean / alive;
    if (into.empty()) into.push_back(0.0);
    into[0] += weight * (1 - alive);
    if (!(m > 0)) {
      into[0] += weight * alive;
      return;
    }
    const double ratio = m / (size + m), scale = weight * alive;
    const auto last = static_cast<std::size_t>(std::min(2e6, m + 40 * std::sqrt(m + m * m / size) + 40));
    double term = std::exp(-size * std::log1p(m / size)), sum = 0;
    std::size_t n = 0;
    if (term < 1e-250) {
      n = static_cast<std::size_t>(std::max(0.0, m - 12 * std::sqrt(m + m * m / size)));
      term = std::exp(log_pmf(static_cast<double>(n)) - std::log(alive));
    }
    for (; n <= last; ++n) {
      if (n >= into.size()) into.resize(n + 1, 0.0);
      into[n] += scale * term;
      sum += term;
      if (sum > 1 - 1e-9) break;
      term *= (size + static_cast<double>(n)) / (static_cast<double>(n) + 1) * ratio;
    }
  }
};

}  // namespace guanxi::value
