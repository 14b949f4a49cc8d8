#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace guanxi::value::detail {

/// Poisson regression with an offset and a ridge: mean = exp(offset + f . beta). Any outcome >= 0 may be given (quasi-likelihood).
///
/// Takes   feature: rows x width, row after row; ridge: penalty of each coefficient; scale: divides the outcome and the mean,
///         so that the ridge means the same for money as for counts.
/// Gives   beta; zeros where nothing can be learned. Costs O(rows width^2) a pass, at most 40 passes.
[[nodiscard]] inline std::vector<double> log_linear(std::span<const double> feature, std::size_t width,
                                                    std::span<const double> offset, std::span<const double> outcome,
                                                    std::span<const double> ridge, double scale = 1.0) {
  std::vector<double> beta(width, 0.0), gradient(width), matrix(width * width), step(width);
  const std::size_t rows = outcome.size();
  const auto objective = [&](const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      double eta = offset[i];
      for (std::size_t j = 0; j < width; ++j) eta += feature[i * width + j] * b[j];
      sum += (outcome[i] * eta - std::exp(std::fmin(eta, 60.0))) / scale;
    }
    for (std::size_t j = 0; j < width; ++j) sum -= 0.5 * ridge[j] * b[j] * b[j];
    return sum;
  };
  double here = objective(beta);
  for (int pass = 0; pass < 40; ++pass) {
    for (std::size_t j = 0; j < width; ++j) gradient[j] = -ridge[j] * beta[j];
    std::fill(matrix.begin(), matrix.end(), 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      const double* f = feature.data() + i * width;
      double eta = offset[i];
      for (std::size_t j = 0; j < width; ++j) eta += f[j] * beta[j];
      const double mean = std::exp(std::fmin(eta, 60.0)) / scale, left = outcome[i] / scale - mean;
      for (std::size_t j = 0; j < width; ++j) {
        gradient[j] += left * f[j];
        const double part = mean * f[j];
        for (std::size_t k = 0; k <= j; ++k) matrix[j * width + k] += part * f[k];
      }
    }
    for (std::size_t j = 0; j < width; ++j) matrix[j * width + j] += ridge[j] + 1e-9;
    for (std::size_t j = 0; j < width; ++j) {  // Cholesky in the lower triangle
      for (std::size_t k = 0; k < j; ++k) matrix[j * width + j] -= matrix[j * width + k] * matrix[j * width + k];
      const double root = std::sqrt(std::fmax(matrix[j * width + j], 1e-12));
      matrix[j * width + j] = root;
      for (std::size_t i = j + 1; i < width; ++i) {
        for (std::size_t k = 0; k < j; ++k) matrix[i * width + j] -= matrix[i * width + k] * matrix[j * width + k];
        matrix[i * width + j] /= root;
      }
    }
    step = gradient;
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t k = 0; k < i; ++k) step[i] -= matrix[i * width + k] * step[k];
      step[i] /= matrix[i * width + i];
    }
    for (std::size_t i = width; i-- > 0;) {
      for (std::size_t k = i + 1; k < width; ++k) step[i] -= matrix[k * width + i] * step[k];
      step[i] /= matrix[i * width + i];
    }
    double promised = 0;
    for (std::size_t j = 0; j < width; ++j) promised += gradient[j] * step[j];
    double part = 1.0;
    std::vector<double> to(width);
    bool better = false;
    for (int half = 0; half < 30 && !better; ++half, part *= 0.5) {
      for (std::size_t j = 0; j < width; ++j) to[j] = beta[j] + part * step[j];
      const double there = objective(to);
      if (there > here) {
        better = true;
        beta = to;
        here = there;
      }
    }
    if (!better || promised < 1e-8 * (1 + std::fabs(here))) break;
  }
  return beta;
}

}  // namespace guanxi::value::detail
