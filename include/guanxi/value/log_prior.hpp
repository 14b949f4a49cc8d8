#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/value/newton.hpp>

namespace guanxi::value {

/// What was known of the parameters before the data: independent normal laws of their logarithms. Empty: nothing.
struct log_prior {
  std::vector<double> mean;       // of ln(parameter), in the model's order
  std::vector<double> deviation;  // > 0; infinity: nothing known of that one

  /// Fails when the columns do not fit the model.
  void check(const std::string& caller, std::size_t parameters) const {
    if (mean.empty() && deviation.empty()) return;
    if (mean.size() != parameters || deviation.size() != parameters)
      throw error(errc::size_mismatch, caller + ": 'prior' has " + std::to_string(mean.size()) + " means and " +
                                           std::to_string(deviation.size()) + " deviations, the model has " +
                                           std::to_string(parameters) + " parameters");
    for (std::size_t i = 0; i < parameters; ++i)
      if (!std::isfinite(mean[i]) || !(deviation[i] > 0))
        throw error(errc::out_of_domain, caller + ": 'prior' needs finite means and positive deviations");
  }
  /// Log density less its constant at the logs theta.
  template <std::size_t N>
  [[nodiscard]] double value(const std::array<double, N>& theta) const {
    double sum = 0;
    for (std::size_t i = 0; i < mean.size() && i < N; ++i) {
      const double z = (theta[i] - mean[i]) / deviation[i];
      sum -= 0.5 * z * z;
    }
    return sum;
  }
  /// Adds it with its derivatives.
  template <std::size_t N>
  void add(local<N>& here, const std::array<double, N>& theta) const {
    here.value += value(theta);
    for (std::size_t i = 0; i < mean.size() && i < N; ++i) {
      const double precision = 1.0 / (deviation[i] * deviation[i]);
      here.gradient[i] -= (theta[i] - mean[i]) * precision;
      here.hessian[i][i] -= precision;
    }
  }
};

}  // namespace guanxi::value
