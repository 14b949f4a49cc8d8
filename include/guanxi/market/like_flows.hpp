#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>

namespace guanxi::market::detail {

/// What was traded where a rule expected so much: pairs (expected, traded / expected) of exporters like us, and from them the
/// range that holds a flow of ours. Zeros count: where the rule expects a little, most trade nothing.
class like_flows {
 public:
  void add(double expected, double traded) {
    if (expected > 0 && std::isfinite(expected)) pair_.emplace_back(expected, traded / expected);
  }
  void close() { std::sort(pair_.begin(), pair_.end()); }
  [[nodiscard]] std::size_t size() const noexcept { return pair_.size(); }

  /// The range that holds `level` of the flows with an expectation near this one; NaN with fewer than 20 of them.
  /// The nearest are a fifth of all, 20 to 200: order statistics that cover a new value.
  [[nodiscard]] interval range(double expected, double level) const {
    if (!(expected > 0) || pair_.size() < 20) return {};
    const std::size_t take = std::clamp<std::size_t>(pair_.size() / 5, 20, 200);
    const auto here = std::lower_bound(pair_.begin(), pair_.end(), std::pair<double, double>{expected, -1.0});
    const auto at = static_cast<std::size_t>(here - pair_.begin());
    const std::size_t from = std::min(at > take / 2 ? at - take / 2 : 0, pair_.size() - take);
    std::vector<double> near;
    near.reserve(take);
    for (std::size_t i = from; i < from + take; ++i) near.push_back(pair_[i].second);
    std::sort(near.begin(), near.end());
    const auto quantile = [&](double q) {
      const double x = std::clamp(q * static_cast<double>(take + 1) - 1, 0.0, static_cast<double>(take - 1));
      const auto i = static_cast<std::size_t>(x);
      return i + 1 < take ? near[i] + (x - static_cast<double>(i)) * (near[i + 1] - near[i]) : near[i];
    };
    return {expected * quantile(0.5 * (1 - level)), expected * quantile(0.5 * (1 + level))};
  }

 private:
  std::vector<std::pair<double, double>> pair_;
};

}  // namespace guanxi::market::detail
