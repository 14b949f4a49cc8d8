#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/graph/logistic.hpp>

namespace guanxi::graph {

/// Rows of features in groups; in each group some rows were chosen.
struct choice_rows {
  std::size_t features = 0;
  std::vector<float> x;            // rows x features
  std::vector<std::uint8_t> y;     // 1: chosen
  std::vector<float> weight;       // of how many rows it is the sample
  std::vector<std::uint64_t> start{0};
  [[nodiscard]] std::size_t size() const noexcept { return y.size(); }
  [[nodiscard]] std::size_t groups() const noexcept { return start.size() - 1; }
  [[nodiscard]] std::span<const float> row(std::size_t i) const noexcept { return {x.data() + i * features, features}; }
  [[nodiscard]] std::size_t chosen() const noexcept { return static_cast<std::size_t>(std::count(y.begin(), y.end(), std::uint8_t{1})); }
  void append(const choice_rows& more) {
    const std::uint64_t before = size();
    x.insert(x.end(), more.x.begin(), more.x.end());
    y.insert(y.end(), more.y.begin(), more.y.end());
    weight.insert(weight.end(), more.weight.begin(), more.weight.end());
    for (std::size_t g = 1; g < more.start.size(); ++g) start.push_back(before + more.start[g]);
  }
};

namespace detail {
[[nodiscard]] inline double linear(std::span<const double> b, std::span<const float> x) noexcept {
  double z = 0;
  for (std::size_t k = 0; k < b.size(); ++k) z += b[k] * static_cast<double>(x[k]);
  return z;
}
}  // namespace detail

/// Log-likelihood of the choices under slopes.
[[nodiscard]] inline double choice_likelihood(const choice_rows& d, std::span<const double> b) {
  double sum = 0;
  std::vector<double> eta;
  for (std::size_t g = 0; g < d.groups(); ++g) {
    double top = -1e300, total = 0, chosen = 0;
    eta.clear();
    for (std::uint64_t i = d.start[g]; i < d.start[g + 1]; ++i) {
      eta.push_back(detail::linear(b, d.row(i)));
      top = std::max(top, eta.back());
      if (d.y[i] != 0) sum += eta.back(), ++chosen;
    }
    if (chosen == 0) continue;
    for (std::uint64_t i = d.start[g]; i < d.start[g + 1]; ++i) total += d.weight[i] * std::exp(eta[i - d.start[g]] - top);
    sum -= chosen * (std::log(total) + top);
  }
  return sum;
}

/// Slopes of a choice among the rows of one group: P(row) ~ exp(sum b_k x_k), one term for every row that was chosen.
///
/// Takes   around: slopes towards which a ridge pulls; ridge: one precision a slope; start: where Newton's method begins.
/// Costs   O(rows x features^2) a pass, fewer where few rows can be chosen. Source: McFadden (1974), Conditional logit
///         analysis of qualitative choice behavior; rows are weighted as sampled.
[[nodiscard]] inline std::vector<double> fit_choice(const choice_rows& d, std::span<const double> around, std::span<const double> ridge,
                                                    std::span<const double> start) {
  const std::size_t f = d.features;
  std::vector<double> b(start.begin(), start.end()), g(f), h(f * f), mean(f), part;
  for (int pass = 0; pass < 25; ++pass) {
    std::fill(g.begin(), g.end(), 0.0);
    std::fill(h.begin(), h.end(), 0.0);
    for (std::size_t group = 0; group < d.groups(); ++group) {
      const std::uint64_t first = d.start[group], last = d.start[group + 1];
      double top = -1e300, chosen = 0, total = 0;
      part.clear();
      for (std::uint64_t i = first; i < last; ++i) {
        part.push_back(detail::linear(b, d.row(i)));
        top = std::max(top, part.back());
        chosen += d.y[i];
      }
      if (chosen == 0) continue;
      for (std::uint64_t i = first; i < last; ++i) total += part[i - first] = d.weight[i] * std::exp(part[i - first] - top);
      std::fill(mean.begin(), mean.end(), 0.0);
      for (std::uint64_t i = first; i < last; ++i) {
        const auto x = d.row(i);
        const double q = part[i - first] / total, w = q * chosen;
        for (std::size_t a = 0; a < f; ++a) mean[a] += q * x[a];
        if (d.y[i] != 0)
          for (std::size_t a = 0; a < f; ++a) g[a] += x[a];
        if (w < 1e-6) continue;  // too little to bend the curve
        for (std::size_t a = 0; a < f; ++a) {
          const double wx = w * x[a];
          double* row = h.data() + a * f;
          for (std::size_t c = 0; c <= a; ++c) row[c] += wx * x[c];
        }
      }
      for (std::size_t a = 0; a < f; ++a) {
        g[a] -= chosen * mean[a];
        for (std::size_t c = 0; c <= a; ++c) h[a * f + c] -= chosen * mean[a] * mean[c];
      }
    }
    for (std::size_t k = 0; k < f; ++k) {
      g[k] -= ridge[k] * (b[k] - around[k]);
      h[k * f + k] += ridge[k] + 1e-9;
    }
    if (!detail::solve_definite(h, g)) break;
    double size = 0;
    for (const double step : g) size = std::max(size, std::abs(step));
    const double cut = size > 1 ? 1 / size : 1.0;
    for (std::size_t k = 0; k < f; ++k) b[k] += cut * g[k];
    if (size < 1e-5) break;
  }
  return b;
}

/// - ln(1 + number of better rows), rows weighted as sampled; equal scores share what they would get.
inline void log_ranks(std::span<const double> score, std::span<const float> weight, std::vector<double>& out) {
  const std::size_t n = score.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return score[a] != score[b] ? score[a] > score[b] : a < b; });
  out.resize(n);
  double before = 0;
  for (std::size_t i = 0; i < n;) {
    std::size_t j = i;
    double here = 0;
    for (; j < n && score[order[j]] == score[order[i]]; ++j) here += weight.empty() ? 1.0 : static_cast<double>(weight[order[j]]);
    const double shared = -std::log1p(before + 0.5 * std::max(0.0, here - 1));
    for (; i < j; ++i) out[order[i]] = shared;
    before += here;
  }
}

/// How good an order of one group is: mean average precision of the first ten, plus half the area under its curve.
///
/// Takes   chosen, weight: of the rows, as in choice_rows; at least one row chosen and one not.
[[nodiscard]] inline double order_worth(std::span<const double> score, std::span<const std::uint8_t> chosen, std::span<const float> weight) {
  const std::size_t n = score.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return score[a] != score[b] ? score[a] > score[b] : a < b; });
  double before = 0, hits = 0, others = 0, all = 0, precision = 0, above = 0;
  for (std::size_t i = 0; i < n; ++i) (chosen[i] != 0 ? all : others) += chosen[i] != 0 ? 1.0 : static_cast<double>(weight[i]);
  if (all == 0 || others == 0) return 0.5;
  for (const std::uint32_t i : order) {
    if (chosen[i] == 0) {
      before += weight[i];
      continue;
    }
    ++hits;
    if (before + hits <= 10) precision += hits / (before + hits);
    above += before;
  }
  return precision / std::min(10.0, all) + 0.5 * (1 - above / (all * others));
}

}  // namespace guanxi::graph
