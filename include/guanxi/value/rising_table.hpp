#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

namespace guanxi::value::detail {

/// ln of the rising factorial (a)_k = a (a+1) ... (a+k-1) and its two derivatives in a, for k = 0 .. most.
///
/// Every ratio of beta functions with whole steps is a difference of two entries: no gamma function, no cancellation.
/// Costs one logarithm and one division an entry; an own sum keeps what each addition drops.
struct rising_table {
  std::vector<double> log, first, second;

  rising_table(double a, std::size_t most) : log(most + 1), first(most + 1), second(most + 1) {
    double sum = 0, rest = 0;
    for (std::size_t k = 0; k < most; ++k) {
      const double here = a + static_cast<double>(k), inverse = 1 / here, term = std::log(here), next = sum + term;
      rest += std::fabs(sum) >= std::fabs(term) ? (sum - next) + term : (term - next) + sum;
      sum = next;
      log[k + 1] = sum + rest;
      first[k + 1] = first[k] + inverse;
      second[k + 1] = second[k] - inverse * inverse;
    }
  }
};

/// 2F1(1, b; c; z) for c > b > 0 and 0 <= z < 1, by Gauss's continued fraction (modified Lentz).
/// Source  DLMF 15.7.1 with a = 1; Thompson and Barnett (1986) for the evaluation. Costs 10 to 100 steps;
/// relative error under 1e-11, reached near z = 1 where the fraction is small.
[[nodiscard]] inline double hypergeometric_one(double b, double c, double z) noexcept {
  double f = 1, upper = 1, lower = 0;
  for (int step = 1; step < 100'000; ++step) {
    const double k = step / 2;
    const double e = step % 2 ? (b + k) * (step == 1 ? 1.0 : c + k - 1) / ((step == 1 ? 1.0 : c + 2 * k - 1) * (c + 2 * k))
                              : k * (c - b + k - 1) / ((c + 2 * k - 2) * (c + 2 * k - 1));
    lower = 1 / (1 - e * z * lower);
    upper = 1 - e * z / upper;
    const double change = upper * lower;
    f *= change;
    if (std::fabs(change - 1) < 1e-15) break;
  }
  return 1 / f;
}

}  // namespace guanxi::value::detail
