#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <guanxi/base/incomplete.hpp>

namespace guanxi::share {

/// P(nobody holds more than supplier j) under a Dirichlet law, for all j: p_largest with equal rates, made for a million
/// customers.
///
/// Takes   shape > 0, out: as long as shape; work: kept by the caller between calls.
/// Gives   probabilities that sum to 1, to about 1e-4. Who is above the leader with a chance under 1e-7 (Chernoff) gets
/// 0. Costs   one exp a competitor and point, some 8 ns; 20 to 100 points.
/// Source  P(j) = Int f_j(v) prod_{k != j} F_k(v) dv by the trapezoid rule in ln v; F by the two-point Hermite rule of
/// f.
class largest_share {
 public:
  void operator()(std::span<const double> shape, std::span<double> out) {
    std::fill(out.begin(), out.end(), 0.0);
    if (shape.empty()) return;
    std::size_t top = 0;
    for (std::size_t j = 1; j < shape.size(); ++j)
      if (shape[j] > shape[top]) top = j;
    rivals_.clear();
    for (std::size_t j = 0; j < shape.size(); ++j)
      if (j == top || competes(shape[top], shape[j])) rivals_.push_back(j);
    if (rivals_.size() == 1) {
      out[top] = 1.0;
      return;
    }
    grid(shape[top], shape);
    integrate(shape, out);
  }

 private:
  /// P(G_j > G_top) <= exp(-(top ln(2 top / n) + j ln(2 j / n))), n = top + j.
  static bool competes(double top, double j) {
    const double n = top + j;
    return top * std::log(2.0 * top / n) + j * std::log(2.0 * j / n) < 16.0;
  }

  /// From where the leader's distribution function is about e^-14 to where the others' densities have gone.
  void grid(double top, std::span<const double>) {
    double high = top + 6.5 * std::sqrt(top) + 18.0, low = 0.0;
    if (top > 1.0) {
      const double root = 1.0 - 1.0 / (9.0 * top) - 5.0 / (3.0 * std::sqrt(top));
      low = root > 0 ? top * root * root * root : 0.0;
    }
    const double power = (-14.0 + lgamma(top + 1.0)) / top;  // F(v) about v^a / gamma(a + 1)
    from_ = std::max(low > 0 ? std::log(low) : -700.0, std::max(power, -700.0));
    const double span = std::log(high) - from_, step = std::min(0.4, 0.7 / std::sqrt(top));
    points_ = std::clamp<std::size_t>(static_cast<std::size_t>(span / step) + 2, 8, 160);
    step_ = span / static_cast<double>(points_ - 1);
  }

  void integrate(std::span<const double> shape, std::span<double> out) {
    const std::size_t n = rivals_.size();
    density_.resize(n * points_);
    below_.resize(n * points_);
    value_.resize(points_);
    all_.assign(points_, 1.0);
    for (std::size_t q = 0; q < points_; ++q) value_[q] = std::exp(from_ + step_ * static_cast<double>(q));
    for (std::size_t i = 0; i < n; ++i) {
      const double a = shape[rivals_[i]], log_gamma = lgamma(a);
      double* f = density_.data() + i * points_;
      double* cdf = below_.data() + i * points_;
      for (std::size_t q = 0; q < points_; ++q)
        f[q] = std::exp(a * (from_ + step_ * static_cast<double>(q)) - value_[q] - log_gamma);
      double sum = gamma_cdf(value_[0], a), slope = a - value_[0], turn = slope * slope - value_[0];
      cdf[0] = sum;
      for (std::size_t q = 1; q < points_; ++q) {
        const double s = a - value_[q], t = s * s - value_[q];
        sum += step_ * (0.5 * (f[q - 1] + f[q]) + step_ * (0.1 * (f[q - 1] * slope - f[q] * s) +
                                                           step_ / 120.0 * (f[q - 1] * turn + f[q] * t)));
        slope = s, turn = t;
        cdf[q] = std::clamp(sum, 1e-300, 1.0);
      }
      cdf[0] = std::max(cdf[0], 1e-300);
      for (std::size_t q = 0; q < points_; ++q) all_[q] *= cdf[q];
    }
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      double mass = 0.0;
      for (std::size_t q = 0; q < points_; ++q)
        if (all_[q] > 0) mass += density_[i * points_ + q] * (all_[q] / below_[i * points_ + q]);
      out[rivals_[i]] = mass;
      total += mass;
    }
    for (const std::size_t j : rivals_) out[j] = total > 0 ? out[j] / total : 1.0 / static_cast<double>(n);
  }

  std::vector<std::size_t> rivals_;
  std::vector<double> density_, below_, value_, all_;
  double from_ = 0.0, step_ = 0.0;
  std::size_t points_ = 0;
};

}  // namespace guanxi::share
