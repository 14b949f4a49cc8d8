#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <guanxi/graph/logistic.hpp>

namespace guanxi::graph {

/// Turns logits into logits that came true: a rising broken line, learned on rows that the logits had not seen.
///
/// Rows are cut into bins of 15 positives or more; each moves by ln((came + 5) / (expected + 5)), then neighbours that
/// would turn the order are pooled. Few positives: nothing moves. Beyond the outer bins the line keeps its last move.
/// Source  pooling: Ayer et al. (1955), Annals of Mathematical Statistics 26, 641-647.
class chance_scale {
 public:
  chance_scale() = default;
  chance_scale(std::span<const double> logit, std::span<const std::uint8_t> came, std::span<const float> weight) {
    std::vector<std::uint32_t> order(logit.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return logit[a] != logit[b] ? logit[a] < logit[b] : a < b; });
    double left = 0;
    for (const std::uint8_t y : came) left += y;
    struct bin {
      double hits = 0, expected = 0, at = 0;
    } now;
    std::vector<bin> bins;
    for (const std::uint32_t i : order) {
      const double p = weight[i] * logistic_curve::chance(logit[i]);
      now.expected += p, now.at += p * logit[i];
      now.hits += came[i], left -= came[i];
      if (now.hits >= 15 && left >= 15) bins.push_back(now), now = {};
    }
    if (now.hits >= 15) bins.push_back(now);
    if (bins.size() < 2) return;
    std::vector<double> pooled, count;
    std::vector<std::size_t> members;
    for (const bin& b : bins) {
      from_.push_back(b.at / std::max(1e-300, b.expected));
      pooled.push_back(from_.back() + std::log((b.hits + 5) / (b.expected + 5)));
      count.push_back(b.hits), members.push_back(1);
      while (pooled.size() > 1 && pooled.back() < pooled[pooled.size() - 2]) {
        const std::size_t k = pooled.size() - 2;
        pooled[k] = (pooled[k] * count[k] + pooled[k + 1] * count[k + 1]) / (count[k] + count[k + 1]);
        count[k] += count[k + 1], members[k] += members[k + 1];
        pooled.pop_back(), count.pop_back(), members.pop_back();
      }
    }
    for (std::size_t k = 0; k < pooled.size(); ++k) to_.insert(to_.end(), members[k], pooled[k]);
  }

  [[nodiscard]] double operator()(double z) const noexcept {
    if (from_.empty()) return z;
    const auto up = static_cast<std::size_t>(std::upper_bound(from_.begin(), from_.end(), z) - from_.begin());
    const double never_flat = 1e-6 * z;
    if (up == 0) return z + to_.front() - from_.front() + never_flat;
    if (up == from_.size()) return z + to_.back() - from_.back() + never_flat;
    const double part = (z - from_[up - 1]) / std::max(1e-12, from_[up] - from_[up - 1]);
    return to_[up - 1] + part * (to_[up] - to_[up - 1]) + never_flat;
  }

 private:
  std::vector<double> from_, to_;
};

}  // namespace guanxi::graph
