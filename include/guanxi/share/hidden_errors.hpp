#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>

namespace guanxi::share::detail {

/// Quantile of sorted values that count with weights.
[[nodiscard]] inline double weighted_quantile(std::span<const double> x, std::span<const double> w, double p) {
  if (x.empty()) return 0.0;
  double total = 0.0, sum = 0.0;
  for (const double v : w) total += v;
  if (!(total > 0)) return p < 0.5 ? x.front() : x.back();
  for (std::size_t k = 0; k < x.size(); ++k)
    if ((sum += w[k]) >= p * total) return x[k];
  return x.back();
}

/// Errors of one kind of cell, known from where the truth was known.
struct error_law {
  double above = 0.0;          // share from which this law holds
  double p_active = 0.0;       // weight of positive cells
  double slope = 1.0;          // of ln truth on ln expected: small cells are not as unlike as their expectations
  double middle = 0.0;         // ln expected share where the slope turns
  std::vector<double> ratio;   // ln truth / expected of the positive ones, sorted
  std::vector<double> weight;  // of each

  /// ln of what is expected of an active cell, over its expected amount.
  [[nodiscard]] double lift(double share) const { return (slope - 1.0) * (std::log(share) - middle); }
};

struct seen_error {
  double expected_share = 0.0, ratio = 0.0, weight = 1.0;  // ratio NaN: the cell was 0
  bool before = true;                                      // bought in an earlier period
};

/// Slope of ln truth on ln expected inside one range; ratios become distances from that line.
inline void turn(error_law& law, std::vector<std::pair<double, double>>& found, std::span<const double> expected) {
  if (found.size() < 10) return;
  double w = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double weight = found[k].second;
    w += weight, x += weight * expected[k], y += weight * found[k].first;
  }
  law.middle = x / w;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double weight = found[k].second, d = expected[k] - law.middle;
    xx += weight * d * d, xy += weight * d * (found[k].first - y / w);
  }
  law.slope = xx > 0 ? std::clamp(1.0 + xy / xx, 0.0, 1.0) : 1.0;
  for (std::size_t k = 0; k < found.size(); ++k) found[k].first -= law.lift(std::exp(expected[k]));
}

/// Laws for ten ranges of the expected share with as many positive cells in each.
[[nodiscard]] inline std::vector<error_law> laws_of(std::vector<seen_error> errors) {
  std::sort(errors.begin(), errors.end(), [](const seen_error& a, const seen_error& b) {
    return a.expected_share != b.expected_share         ? a.expected_share < b.expected_share
           : std::isnan(a.ratio) != std::isnan(b.ratio) ? std::isnan(a.ratio)
                                                        : a.ratio < b.ratio;
  });
  std::size_t positive = 0;
  for (const auto& e : errors) positive += !std::isnan(e.ratio);
  const std::size_t ranges = std::clamp<std::size_t>(positive / 50, 1, 10);
  std::vector<error_law> out;
  std::size_t at = 0, have = 0;
  for (std::size_t r = 0; r < ranges; ++r) {
    error_law law;
    law.above = r == 0 || at >= errors.size() ? 0.0 : errors[at].expected_share;
    std::vector<std::pair<double, double>> found;
    std::vector<double> expected;
    double active = 0.0, all = 0.0;
    for (; at < errors.size() && (have < (r + 1) * positive / ranges || r + 1 == ranges); ++at) {
      all += errors[at].weight;
      if (std::isnan(errors[at].ratio)) continue;
      active += errors[at].weight;
      found.emplace_back(errors[at].ratio, errors[at].weight);
      expected.push_back(std::log(errors[at].expected_share));
      ++have;
    }
    turn(law, found, expected);
    law.p_active = all > 0 ? active / all : 0.0;
    std::sort(found.begin(), found.end());
    const std::size_t step = std::max<std::size_t>(found.size() / 1000, 1);
    for (std::size_t k = step / 2; k < found.size(); k += step) {
      law.ratio.push_back(found[k].first);
      law.weight.push_back(found[k].second);
    }
    out.push_back(std::move(law));
  }
  return out;
}

[[nodiscard]] inline const error_law& law_at(std::span<const error_law> laws, double share) {
  std::size_t r = laws.size() - 1;
  while (r > 0 && share < laws[r].above) --r;
  return laws[r];
}

/// By how much intervals must be stretched about their middle to hold as often as they promise: of cells bought before,
/// and of others.
struct stretches {
  double before = 1.0, fresh = 1.0;
};

/// Needed stretch of each cell whose truth is known but that the laws have not seen; the quantile at `level` of all of
/// them. Few cells move it little: the log of the quantile is drawn towards 0.
///
/// Source  conformal prediction with normalised scores: Lei et al. (2018), JASA 113; the shrinking is ours.
class stretch_search {
 public:
  explicit stretch_search(double level) : level_(level) {}

  void add(std::span<const error_law> laws, std::span<const seen_error> errors) {
    const double tail = 0.5 * (1.0 - level_);
    struct ends {
      double low, middle, high;
    };
    std::vector<ends> of;
    for (const error_law& law : laws)
      of.push_back({weighted_quantile(law.ratio, law.weight, tail), weighted_quantile(law.ratio, law.weight, 0.5),
                    weighted_quantile(law.ratio, law.weight, 1.0 - tail)});
    for (const seen_error& e : errors) {
      if (std::isnan(e.ratio)) continue;
      const error_law& law = law_at(laws, e.expected_share);
      if (law.ratio.size() < 10) continue;
      const ends& q = of[static_cast<std::size_t>(&law - laws.data())];
      const double off = e.ratio - law.lift(e.expected_share) - q.middle;
      const double half = off > 0 ? q.high - q.middle : q.middle - q.low;
      score_[e.before ? 0 : 1].emplace_back(std::abs(off) / std::max(half, 1e-9), e.weight);
    }
  }

  [[nodiscard]] stretches found() {
    std::vector<std::pair<double, double>> all = score_[0];
    all.insert(all.end(), score_[1].begin(), score_[1].end());
    const double both = drawn(all, 0.0);
    return {std::exp(drawn(score_[0], both)), std::exp(drawn(score_[1], both))};
  }

 private:
  [[nodiscard]] double drawn(std::vector<std::pair<double, double>>& score, double towards) const {
    if (score.empty()) return towards;
    std::sort(score.begin(), score.end());
    std::vector<double> x, w;
    double sum = 0.0, squares = 0.0;
    for (const auto& [value, weight] : score)
      x.push_back(value), w.push_back(weight), sum += weight, squares += weight * weight;
    const double n = squares > 0 ? sum * sum / squares : 0.0;
    const double p = std::min(level_ * (1.0 + 1.0 / std::max(n, 1.0)), 1.0);
    const double log_at = std::log(std::clamp(weighted_quantile(x, w, p), 0.3, 4.0));
    return towards + (log_at - towards) * n / (n + 40.0);
  }

  double level_;
  std::vector<std::pair<double, double>> score_[2];
};

}  // namespace guanxi::share::detail
