#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <guanxi/base/special.hpp>

namespace guanxi::value::detail {

/// ln G(p + n) - ln G(p) with two derivatives in p, for ascending whole n: running sums instead of gamma functions.
struct rising {
  std::vector<double> log, first, second;

  /// Costs one logarithm and division for each step of n; long jumps (over 48) take the closed forms.
  void fill(double p, std::span<const double> n, double step, double shift) {
    log.resize(n.size());
    first.resize(n.size());
    second.resize(n.size());
    double at = 0, sum = 0, d1 = 0, d2 = 0;
    for (std::size_t i = 0; i < n.size(); ++i) {
      const double to = step * n[i] + shift;
      if (to - at > 48) {
        sum += log_rising(p + at, to - at);
        d1 += digamma(p + to) - digamma(p + at);
        d2 += trigamma(p + to) - trigamma(p + at);
        at = to;
      }
      for (; at < to; at += 1) {
        const double inverse = 1.0 / (p + at);
        sum += std::log(p + at);
        d1 += inverse;
        d2 -= inverse * inverse;
      }
      log[i] = sum;
      first[i] = d1;
      second[i] = d2;
    }
  }
};

}  // namespace guanxi::value::detail
