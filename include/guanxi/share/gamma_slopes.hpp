#pragma once
#include <cmath>

namespace guanxi::share {

/// ln gamma with its first two derivatives.
struct gamma_slopes {
  double value = 0.0, first = 0.0, second = 0.0;
};

/// lgamma, digamma and trigamma of one number, their common parts computed once.
///
/// Takes   x > 0. Gives all three to 1e-13 absolute or relative, whichever is larger. Costs some 30 ns.
/// Source  Stirling's series (DLMF 5.11.1, 5.11.2, 5.15.8) from 9 on, the recurrence below.
[[nodiscard]] inline gamma_slopes gamma_slopes_at(double x) noexcept {
  double product = 1.0, first = 0.0, second = 0.0;
  while (x < 9.0) {
    const double inverse = 1.0 / x;
    product *= x;
    first += inverse;
    second += inverse * inverse;
    x += 1.0;
  }
  const double log_x = std::log(x), inverse = 1.0 / x, square = inverse * inverse;
  const double series =
      inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188 - square * (691.0 / 360360))))));
  const double drop =
      square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square * (1.0 / 132 - square * (691.0 / 32760))))));
  const double turn =
      square * inverse *
      (1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42 - square * (1.0 / 30 - square * (5.0 / 66 - square * (691.0 / 2730))))));
  gamma_slopes out;
  out.value = (x - 0.5) * log_x - x + 0.91893853320467274178 + series - (product == 1.0 ? 0.0 : std::log(product));
  out.first = log_x - 0.5 * inverse - drop - first;
  out.second = inverse + 0.5 * square + turn + second;
  return out;
}

}  // namespace guanxi::share
