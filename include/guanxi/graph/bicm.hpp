#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/graph/logistic.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// The most random graph of two sides with the expected degrees of a given one, on distinct degrees.
///
/// P(c, s) = x_c y_s / (1 + x_c y_s), where x depends on the degree of c alone and y on that of s.
/// Costs   O((distinct degrees)^2) memory, that to the third a Newton step; some 10 to 30 steps.
/// Source  Saracco et al. (2015), Scientific Reports 5, 10595; Newton on ln x and ln y of the convex likelihood.
class bipartite_null {
 public:
  explicit bipartite_null(const two_sided& g) {
    class_c_ = classes(g.customer, degree_c_, count_c_);
    class_s_ = classes(g.supplier, degree_s_, count_s_);
    peel(g.customers(), g.suppliers());
    solve();
  }
  [[nodiscard]] double chance(std::size_t customer, std::size_t supplier) const noexcept { return of_classes(class_c_[customer], class_s_[supplier]); }
  /// Largest difference of an expected degree from the degree.
  [[nodiscard]] double error() const noexcept { return error_; }
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }

  /// Expected number of common customers of suppliers of two classes: table[class j * classes + class k].
  [[nodiscard]] std::vector<double> expected_common() const {
    const std::size_t n = degree_s_.size();
    std::vector<double> out(n * n, 0.0), row(n);
    for (std::size_t a = 0; a < degree_c_.size(); ++a) {
      for (std::size_t j = 0; j < n; ++j) row[j] = of_classes(a, j);
      for (std::size_t j = 0; j < n; ++j)
        for (std::size_t k = 0; k < n; ++k) out[j * n + k] += static_cast<double>(count_c_[a]) * row[j] * row[k];
    }
    return out;
  }
  [[nodiscard]] std::size_t supplier_classes() const noexcept { return degree_s_.size(); }
  [[nodiscard]] std::uint32_t supplier_class(std::size_t s) const noexcept { return class_s_[s]; }

 private:
  static std::vector<std::uint32_t> classes(const rows& r, std::vector<std::uint64_t>& degree, std::vector<std::uint64_t>& count) {
    for (std::size_t i = 0; i < r.size(); ++i) degree.push_back(r.degree(i));
    std::sort(degree.begin(), degree.end());
    degree.erase(std::unique(degree.begin(), degree.end()), degree.end());
    count.assign(degree.size(), 0);
    std::vector<std::uint32_t> out(r.size());
    for (std::size_t i = 0; i < r.size(); ++i) {
      out[i] = static_cast<std::uint32_t>(std::lower_bound(degree.begin(), degree.end(), r.degree(i)) - degree.begin());
      ++count[out[i]];
    }
    return out;
  }
  // Nodes tied to nobody or to everybody who is left are certain; they leave, the others' degrees go down.
  void peel(std::size_t nc, std::size_t ns) {
    left_c_.assign(degree_c_.begin(), degree_c_.end()), left_s_.assign(degree_s_.begin(), degree_s_.end());
    when_c_.assign(degree_c_.size(), 0), when_s_.assign(degree_s_.size(), 0);
    sure_c_.assign(degree_c_.size(), 0), sure_s_.assign(degree_s_.size(), 0);
    std::uint64_t here = nc, there = ns;
    for (std::uint32_t stage = 1;; ++stage) {
      bool any = false;
      const auto one = [&](std::vector<std::uint64_t>& left, std::vector<std::uint32_t>& when, std::vector<double>& sure, const std::vector<std::uint64_t>& count,
                           std::uint64_t& own, std::uint64_t others, std::vector<std::uint64_t>& left_other, const std::vector<std::uint32_t>& when_other) {
        std::uint64_t gone = 0, full = 0;
        for (std::size_t k = 0; k < left.size(); ++k) {
          if (when[k] != 0 || (left[k] != 0 && left[k] != others)) continue;
          when[k] = stage;
          sure[k] = left[k] != 0 ? 1.0 : 0.0;
          gone += count[k];
          if (left[k] != 0) full += count[k];
          any = true;
        }
        own -= gone;
        for (std::size_t k = 0; k < left_other.size(); ++k)
          if (when_other[k] == 0) left_other[k] -= full;
      };
      one(left_c_, when_c_, sure_c_, count_c_, here, there, left_s_, when_s_);
      ++stage;
      one(left_s_, when_s_, sure_s_, count_s_, there, here, left_c_, when_c_);
      if (!any) break;
    }
  }
  [[nodiscard]] double of_classes(std::size_t a, std::size_t b) const noexcept {
    if (when_c_[a] != 0 && (when_s_[b] == 0 || when_c_[a] < when_s_[b])) return sure_c_[a];
    if (when_s_[b] != 0) return sure_s_[b];
    return 1 / (1 + std::exp(-(theta_[a] + phi_[b])));
  }
  void solve() {
    theta_.assign(degree_c_.size(), 0.0), phi_.assign(degree_s_.size(), 0.0);
    std::vector<std::size_t> a, b;
    double ties = 0;
    for (std::size_t k = 0; k < degree_c_.size(); ++k)
      if (when_c_[k] == 0) a.push_back(k), ties += static_cast<double>(left_c_[k] * count_c_[k]);
    for (std::size_t k = 0; k < degree_s_.size(); ++k)
      if (when_s_[k] == 0) b.push_back(k);
    if (a.empty() || b.empty()) return;
    for (const std::size_t k : a) theta_[k] = std::log(static_cast<double>(left_c_[k]) / std::sqrt(ties));
    for (const std::size_t k : b) phi_[k] = std::log(static_cast<double>(left_s_[k]) / std::sqrt(ties));
    const std::size_t n = a.size() + b.size();
    std::vector<double> grad(n), hess(n * n);
    const auto loss = [&](const std::vector<double>& t, const std::vector<double>& p) {
      double sum = 0;
      for (const std::size_t i : a) {
        sum -= static_cast<double>(count_c_[i] * left_c_[i]) * t[i];
        for (const std::size_t j : b) {
          const double z = t[i] + p[j];
          sum += static_cast<double>(count_c_[i]) * static_cast<double>(count_s_[j]) * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))));
        }
      }
      for (const std::size_t j : b) sum -= static_cast<double>(count_s_[j] * left_s_[j]) * p[j];
      return sum;
    };
    double now = loss(theta_, phi_);
    for (steps_ = 0; steps_ < 100; ++steps_) {
      std::fill(grad.begin(), grad.end(), 0.0);
      std::fill(hess.begin(), hess.end(), 0.0);
      for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j) {
          const double p = 1 / (1 + std::exp(-(theta_[a[i]] + phi_[b[j]])));
          const double w = static_cast<double>(count_c_[a[i]]) * static_cast<double>(count_s_[b[j]]);
          const std::size_t k = a.size() + j;
          grad[i] -= w * p, grad[k] -= w * p;
          hess[i * n + i] += w * p * (1 - p), hess[k * n + k] += w * p * (1 - p), hess[k * n + i] += w * p * (1 - p);
        }
      error_ = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        grad[i] += static_cast<double>(count_c_[a[i]] * left_c_[a[i]]);
        error_ = std::max(error_, std::abs(grad[i]) / static_cast<double>(count_c_[a[i]]));
      }
      for (std::size_t j = 0; j < b.size(); ++j) {
        grad[a.size() + j] += static_cast<double>(count_s_[b[j]] * left_s_[b[j]]);
        error_ = std::max(error_, std::abs(grad[a.size() + j]) / static_cast<double>(count_s_[b[j]]));
      }
      if (error_ < 1e-11 * std::max(1.0, static_cast<double>(degree_c_.back()))) return;
      const double pin = hess[0];
      for (std::size_t r = 0; r < n; ++r) {
        hess[r * n + r] += 1e-12 * pin;
        for (std::size_t c = 0; c <= r; ++c) hess[r * n + c] += ((r < a.size()) == (c < a.size()) ? 1 : -1) * pin / static_cast<double>(n);
      }
      if (!detail::solve_definite(hess, grad)) return;
      double step = 1;
      for (int half = 0; half < 40; ++half, step /= 2) {
        std::vector<double> t = theta_, p = phi_;
        for (std::size_t i = 0; i < a.size(); ++i) t[a[i]] += step * grad[i];
        for (std::size_t j = 0; j < b.size(); ++j) p[b[j]] += step * grad[a.size() + j];
        const double next = loss(t, p);
        if (next <= now + 1e-12 * std::abs(now)) {
          theta_ = std::move(t), phi_ = std::move(p), now = next;
          break;
        }
      }
    }
  }

  std::vector<std::uint64_t> degree_c_, degree_s_, count_c_, count_s_, left_c_, left_s_;
  std::vector<std::uint32_t> class_c_, class_s_, when_c_, when_s_;
  std::vector<double> theta_, phi_, sure_c_, sure_s_;
  double error_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace guanxi::graph
