#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace guanxi::graph {

/// Rows of features with a yes or no and a weight, for a logistic curve.
struct labelled_rows {
  std::size_t features = 0;
  std::vector<float> x;  // rows x features
  std::vector<std::uint8_t> y;
  std::vector<float> weight;
  std::vector<std::uint32_t> customer, supplier;  // whom a row is about; may be empty
  [[nodiscard]] std::size_t size() const noexcept { return y.size(); }
  [[nodiscard]] std::span<const float> row(std::size_t i) const noexcept { return {x.data() + i * features, features}; }
  void append(const labelled_rows& more) {
    x.insert(x.end(), more.x.begin(), more.x.end());
    y.insert(y.end(), more.y.begin(), more.y.end());
    weight.insert(weight.end(), more.weight.begin(), more.weight.end());
    customer.insert(customer.end(), more.customer.begin(), more.customer.end());
    supplier.insert(supplier.end(), more.supplier.begin(), more.supplier.end());
  }
};

/// P(yes) = 1 / (1 + exp(-(b0 + sum b_k (x_k - mean_k) / sd_k))).
struct logistic_curve {
  double intercept = 0;
  std::vector<double> slope, mean, sd;
  [[nodiscard]] double logit(std::span<const float> x) const noexcept {
    double z = intercept;
    for (std::size_t k = 0; k < slope.size(); ++k) z += slope[k] * (static_cast<double>(x[k]) - mean[k]) / sd[k];
    return z;
  }
  [[nodiscard]] static double chance(double logit) noexcept { return 1 / (1 + std::exp(-logit)); }
};

/// Mean negative log-likelihood of rows under a curve.
[[nodiscard]] inline double log_loss(const logistic_curve& m, const labelled_rows& d) {
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    const double z = m.logit(d.row(i)), w = d.weight[i];
    sum += w * (std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0) - (d.y[i] != 0 ? z : 0.0));
    weight += w;
  }
  return weight > 0 ? sum / weight : 0;
}

namespace detail {

/// Solves h x = g in place for a symmetric positive definite h (n x n); false when it is not.
inline bool solve_definite(std::vector<double>& h, std::vector<double>& g) {
  const std::size_t n = g.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) h[j * n + j] -= h[j * n + k] * h[j * n + k];
    if (!(h[j * n + j] > 0)) return false;
    h[j * n + j] = std::sqrt(h[j * n + j]);
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) h[i * n + j] -= h[i * n + k] * h[j * n + k];
      h[i * n + j] /= h[j * n + j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) g[i] -= h[i * n + k] * g[k];
    g[i] /= h[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) g[i] -= h[k * n + i] * g[k];
    g[i] /= h[i * n + i];
  }
  return true;
}

}  // namespace detail

/// Logistic regression with a ridge on the standardised slopes, by Newton's method.
///
/// Takes   ridge: prior precision of a slope, above 0; the intercept is free. around: the slopes (of features divided by
///         their sd) towards which it pulls; empty: 0. only: features that may have a slope; empty: all.
///         start: a curve of the same rows where the search begins.
/// Costs   O(rows x features^2) a pass, about 8 passes. Columns that do not vary get slope 0.
/// Source  le Cessie and van Houwelingen (1992), Applied Statistics 41, 191-201.
[[nodiscard]] inline logistic_curve fit_ridge_logistic(const labelled_rows& d, double ridge, std::span<const double> around = {},
                                                       std::span<const std::uint8_t> only = {}, const logistic_curve* start = nullptr) {
  const std::size_t f = d.features, p = f + 1, n = d.size();
  logistic_curve m;
  m.slope.assign(f, 0.0), m.mean.assign(f, 0.0), m.sd.assign(f, 1.0);
  double total = 0, yes = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double w = d.weight[i];
    total += w;
    if (d.y[i] != 0) yes += w;
    for (std::size_t k = 0; k < f; ++k) m.mean[k] += w * d.row(i)[k];
  }
  if (!(total > 0)) return m;
  for (double& x : m.mean) x /= total;
  std::vector<double> spread(f, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < f; ++k) {
      const double e = d.row(i)[k] - m.mean[k];
      spread[k] += d.weight[i] * e * e;
    }
  std::vector<char> still(f, 0);
  for (std::size_t k = 0; k < f; ++k) {
    m.sd[k] = std::sqrt(spread[k] / total);
    still[k] = !(m.sd[k] > 1e-9) || (!only.empty() && only[k] == 0);
    if (!(m.sd[k] > 1e-9)) m.sd[k] = 1;
    if (!around.empty() && !still[k]) m.slope[k] = around[k];
  }
  const double base = std::clamp(yes / total, 1e-9, 1 - 1e-9);
  m.intercept = std::log(base / (1 - base));
  if (start != nullptr) m.slope = start->slope, m.intercept = start->intercept;
  std::vector<double> g(p), h(p * p), z(p);
  for (int pass = 0; pass < 40; ++pass) {
    std::fill(g.begin(), g.end(), 0.0);
    std::fill(h.begin(), h.end(), 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const auto x = d.row(i);
      z[0] = 1;
      double eta = m.intercept;
      for (std::size_t k = 0; k < f; ++k) {
        z[k + 1] = still[k] ? 0.0 : (static_cast<double>(x[k]) - m.mean[k]) / m.sd[k];
        eta += m.slope[k] * z[k + 1];
      }
      const double q = logistic_curve::chance(eta), w = d.weight[i] * q * (1 - q), e = d.weight[i] * ((d.y[i] != 0 ? 1.0 : 0.0) - q);
      for (std::size_t a = 0; a < p; ++a) {
        g[a] += e * z[a];
        const double wz = w * z[a];
        double* row = h.data() + a * p;
        for (std::size_t b = 0; b <= a; ++b) row[b] += wz * z[b];
      }
    }
    h[0] += 1e-9;
    for (std::size_t k = 0; k < f; ++k) {
      g[k + 1] -= ridge * (m.slope[k] - (around.empty() ? 0.0 : around[k]));
      h[(k + 1) * p + k + 1] += ridge;
    }
    if (!detail::solve_definite(h, g)) break;
    double size = 0;
    for (const double step : g) size = std::max(size, std::abs(step));
    const double cut = size > 2 ? 2 / size : 1.0;
    m.intercept += cut * g[0];
    for (std::size_t k = 0; k < f; ++k) m.slope[k] += cut * g[k + 1];
    if (size < 1e-6) break;
  }
  return m;
}

}  // namespace guanxi::graph
