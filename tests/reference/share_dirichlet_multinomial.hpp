#pragma once
// The Dirichlet-multinomial likelihood row by row with std::lgamma, its gradient by differences.
#include <cmath>
#include <cstddef>
#include <vector>

namespace guanxi::reference {

struct dm_value {
  double value = 0.0;
  std::vector<double> gradient;
};

template <class T>
double dm_log_likelihood(const std::vector<T>& counts, const std::vector<double>& alpha) {
  long double sum = 0.0L, total = 0.0L;
  for (const double a : alpha) total += a;
  for (std::size_t i = 0; i < counts.size(); i += alpha.size()) {
    long double n = 0.0L;
    for (std::size_t j = 0; j < alpha.size(); ++j) {
      const auto x = static_cast<long double>(counts[i + j]);
      n += x;
      sum += std::lgamma(static_cast<long double>(alpha[j]) + x) - std::lgamma(static_cast<long double>(alpha[j]));
    }
    sum += std::lgamma(total) - std::lgamma(total + n);
  }
  return static_cast<double>(sum);
}

template <class T>
dm_value dirichlet_multinomial(const std::vector<T>& counts, const std::vector<double>& alpha) {
  dm_value out{dm_log_likelihood(counts, alpha), {}};
  for (std::size_t j = 0; j < alpha.size(); ++j) {
    auto up = alpha, down = alpha;
    const double step = 1e-5 * alpha[j];
    up[j] += step;
    down[j] -= step;
    out.gradient.push_back((dm_log_likelihood(counts, up) - dm_log_likelihood(counts, down)) / (2.0 * step));
  }
  return out;
}

}  // namespace guanxi::reference
