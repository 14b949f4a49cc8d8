#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/value/newton.hpp>

namespace guanxi::value {

/// What a fit gives, whatever happened: the best point, its errors, and a sentence that says how far to trust it.
struct fit_result {
  std::vector<std::string> names;            // of the parameters
  std::vector<double> params;                // best point
  std::vector<double> standard_errors;       // NaN where a parameter is at a limit or not identified
  std::vector<std::vector<double>> covariance;  // of the parameters; NaN rows where not identified
  std::vector<std::vector<double>> log_covariance;  // of their logarithms: what intervals are drawn from
  double log_likelihood = unknown;
  double customers = 0;          // sum of weights
  double gradient_norm = unknown;  // largest derivative of the log-likelihood in a log parameter
  double condition = unknown;      // of the matrix of second derivatives in logs, scaled to a unit diagonal
  unsigned passes = 0;
  bool converged = false;
  std::string status = "not fitted";

  [[nodiscard]] double aic() const noexcept { return 2.0 * static_cast<double>(params.size()) - 2.0 * log_likelihood; }
  [[nodiscard]] double bic() const noexcept {
    return std::log(customers) * static_cast<double>(params.size()) - 2.0 * log_likelihood;
  }
};

namespace detail {

/// Eigenvalue range of a small symmetric matrix with unit diagonal (Jacobi): largest / smallest; infinity when not positive.
template <std::size_t N>
[[nodiscard]] double condition_of(std::array<std::array<double, N>, N> a) {
  for (int sweep = 0; sweep < 30; ++sweep)
    for (std::size_t p = 0; p < N; ++p)
      for (std::size_t q = p + 1; q < N; ++q) {
        if (a[p][q] == 0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const double t = (theta >= 0 ? 1.0 : -1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < N; ++k) {
          const double kp = a[k][p], kq = a[k][q];
          a[k][p] = c * kp - s * kq;
          a[k][q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < N; ++k) {
          const double pk = a[p][k], qk = a[q][k];
          a[p][k] = c * pk - s * qk;
          a[q][k] = s * pk + c * qk;
        }
      }
  double low = a[0][0], high = a[0][0];
  for (std::size_t i = 1; i < N; ++i) {
    low = std::min(low, a[i][i]);
    high = std::max(high, a[i][i]);
  }
  return low > 0 ? high / low : std::numeric_limits<double>::infinity();
}

/// Errors from the matrix of second derivatives in logs, over the first `free` parameters.
template <std::size_t N>
void fill_errors(fit_result& out, const optimum<N>& best, std::size_t free = N) {
  out.covariance.assign(N, std::vector<double>(N, unknown));
  out.log_covariance.assign(N, std::vector<double>(N, 0.0));
  out.standard_errors.assign(N, unknown);
  std::array<std::array<double, N>, N> information{};
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = 0; j < N; ++j)
      information[i][j] = i < free && j < free ? -best.here.hessian[i][j] : (i == j ? 1.0 : 0.0);
  std::array<double, N> scale{};
  for (std::size_t i = 0; i < N; ++i) scale[i] = 1.0 / std::sqrt(std::max(information[i][i], 1e-300));
  auto unit_diagonal = information;
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = 0; j < N; ++j) unit_diagonal[i][j] *= scale[i] * scale[j];
  out.condition = condition_of(unit_diagonal);
  double jitter = 0;
  std::array<std::array<double, N>, N> inverse{};
  for (int attempt = 0; attempt < 12; ++attempt, jitter = jitter == 0 ? 1e-10 : jitter * 10) {
    auto a = unit_diagonal;
    for (std::size_t i = 0; i < N; ++i) a[i][i] += jitter;
    bool good = true;
    for (std::size_t j = 0; j < N && good; ++j) {
      std::array<double, N> e{}, column{};
      e[j] = 1;
      good = solve(a, e, column);
      for (std::size_t i = 0; i < N; ++i) inverse[i][j] = column[i];
    }
    if (good) break;
  }
  for (std::size_t i = 0; i < free; ++i)
    for (std::size_t j = 0; j < free; ++j) {
      out.log_covariance[i][j] = inverse[i][j] * scale[i] * scale[j];
      if (jitter < 1e-6) out.covariance[i][j] = out.log_covariance[i][j] * out.params[i] * out.params[j];
    }
  for (std::size_t i = 0; i < free; ++i) out.standard_errors[i] = std::sqrt(out.covariance[i][i]);
}

}  // namespace detail
}  // namespace guanxi::value
