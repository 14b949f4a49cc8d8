#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/tie_choice.hpp>
#include <guanxi/graph/tie_features.hpp>

namespace guanxi::graph {

/// How one side orders its candidates: a choice model of all features, and the walk from that side, weighed.
///
/// The order is by a weighted mean of log ranks: under the model, under the curve of all pairs, and under the walk. The ridge
/// of the model is the one with which earlier dates foretold later choices best. The parts are those that lean most on the
/// walk among those whose orders on later dates are within one standard error of the best (mean average precision of ten +
/// half the area under the curve): models have to prove themselves, and on graphs with few new ties the walk leads.
class tie_ranking {
 public:
  tie_ranking() = default;
  /// Takes   dates: groups of past dates, oldest first, features as in tie_features; curves: of each date, learned on those
  ///         before it, nullptr where there is none; curve: learned on all.
  tie_ranking(side from, const std::vector<choice_rows>& dates, const std::vector<const logistic_curve*>& curves, const logistic_curve& curve,
              unsigned threads = 0)
      : from_(from), curve_(curve) {
    learn(dates, curves, threads);
  }

  [[nodiscard]] std::span<const double> slope() const noexcept { return slope_; }
  /// Parts of the walk, and of the curve in what is not the walk's.
  [[nodiscard]] double mix() const noexcept { return mix_; }
  [[nodiscard]] double curve_part() const noexcept { return part_; }
  [[nodiscard]] double ridge() const noexcept { return ridge_; }

  /// Scores that order the rows of one group. Takes x: rows x features; weight: of sampled rows, empty: all are there.
  void order(std::span<const float> x, std::span<const float> weight, std::vector<double>& out) const {
    std::vector<double> model, curve, walk;
    logs(slope_, &curve_, x, weight, model, curve, walk);
    out.resize(model.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (1 - mix_) * ((1 - part_) * model[i] + part_ * curve[i]) + mix_ * walk[i];
  }

 private:
  using slopes = std::vector<double>;
  static constexpr std::size_t f = tie_features_count;
  static constexpr std::array<double, 5> ridges{3, 10, 30, 100, 300};
  static constexpr std::array<double, 8> mixes{0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1};
  static constexpr std::array<double, 4> parts{0, 0.25, 0.5, 0.75};

  [[nodiscard]] std::array<std::size_t, 2> walks() const noexcept {
    if (from_ == side::customer) return {static_cast<std::size_t>(tie_feature::walk_from_customer), static_cast<std::size_t>(tie_feature::walk_plain)};
    return {static_cast<std::size_t>(tie_feature::walk_from_supplier), static_cast<std::size_t>(tie_feature::walk_plain_from_supplier)};
  }
  void logs(std::span<const double> slope, const logistic_curve* curve_of, std::span<const float> x, std::span<const float> weight,
            std::vector<double>& model, std::vector<double>& curve, std::vector<double>& walk) const {
    const std::size_t n = x.size() / f;
    const auto w = walks();
    std::vector<double> score(n);
    for (std::size_t i = 0; i < n; ++i) score[i] = static_cast<double>(x[i * f + w[0]]) + static_cast<double>(x[i * f + w[1]]);
    log_ranks(score, weight, walk);
    model = walk;
    if (!slope.empty()) {
      for (std::size_t i = 0; i < n; ++i) score[i] = detail::linear(slope, x.subspan(i * f, f));
      log_ranks(score, weight, model);
    }
    curve = model;
    if (curve_of != nullptr && !curve_of->slope.empty()) {
      for (std::size_t i = 0; i < n; ++i) score[i] = curve_of->logit(x.subspan(i * f, f));
      log_ranks(score, weight, curve);
    }
  }

  // Slopes of all ridges, stiffest first to be found: each begins at the last. Few features first, which the ridge pulls to.
  [[nodiscard]] std::array<slopes, ridges.size()> paths(const choice_rows& d, std::span<const double> sd, std::size_t only = ridges.size()) const {
    slopes base(f, 0.0), few(f, 1e7);
    const auto w = walks();
    for (const std::size_t k : w) base[k] = 0.5 * sd[k];
    for (const std::size_t k : {w[0], w[1], static_cast<std::size_t>(tie_feature::like_sum), static_cast<std::size_t>(tie_feature::alike_sum),
                                static_cast<std::size_t>(tie_feature::foretold), static_cast<std::size_t>(tie_feature::three_ties)})
      few[k] = 5;
    base = fit_choice(d, base, few, base);
    std::array<slopes, ridges.size()> out;
    const slopes* start = &base;
    for (std::size_t r = ridges.size(); r-- > 0;) {
      if (only < ridges.size() && r != only) continue;
      out[r] = fit_choice(d, base, slopes(f, ridges[r]), *start);
      start = &out[r];
    }
    return out;
  }

  void learn(const std::vector<choice_rows>& dates, const std::vector<const logistic_curve*>& curves, unsigned threads) {
    choice_rows all;
    all.features = f;
    for (const choice_rows& d : dates) all.append(d);
    if (all.chosen() < 20) return;
    const slopes sd = standardise(all);
    std::vector<choice_rows> scaled;
    all = {};
    all.features = f;
    for (const choice_rows& d : dates) {
      scaled.push_back(thinned(d, scaled.size()));
      scale(scaled.back(), sd);
      all.append(scaled.back());
    }
    std::vector<std::size_t> tested;
    for (std::size_t j = 1, before = dates[0].chosen(); j < dates.size(); before += dates[j++].chosen())
      if (before >= 20 && dates[j].chosen() >= 10) tested.push_back(j);
    std::vector<std::array<slopes, ridges.size()>> tries(tested.size());
    std::vector<std::array<double, ridges.size()>> fits(tested.size());
    parallel_blocks(
        tested.size(), 1,
        [&](std::size_t t, std::size_t, std::size_t) {
          choice_rows before;
          before.features = f;
          for (std::size_t j = 0; j < tested[t]; ++j) before.append(scaled[j]);
          tries[t] = paths(before, sd);
          for (std::size_t r = 0; r < ridges.size(); ++r) fits[t][r] = choice_likelihood(scaled[tested[t]], tries[t][r]);
        },
        threads);
    std::size_t best = 3;
    if (!tested.empty()) {
      std::array<double, ridges.size()> sum{};
      for (const auto& one : fits)
        for (std::size_t r = 0; r < sum.size(); ++r) sum[r] += one[r];
      best = static_cast<std::size_t>(std::max_element(sum.begin(), sum.end()) - sum.begin());
    }
    ridge_ = ridges[best];
    std::vector<slopes> used;
    for (const auto& one : tries) used.push_back(raw(one[best], sd));
    slope_ = raw(paths(all, sd, best)[best], sd);
    mix_ = 0.8, part_ = 0;
    if (!tested.empty()) choose_parts(dates, curves, tested, used);
  }
  void choose_parts(const std::vector<choice_rows>& dates, const std::vector<const logistic_curve*>& curves, const std::vector<std::size_t>& tested,
                    const std::vector<slopes>& used) {
    constexpr std::size_t all = mixes.size() * parts.size();
    std::vector<std::array<double, all>> worth;
    std::vector<double> model, curve, walk, score;
    for (std::size_t t = 0; t < tested.size(); ++t) {
      const choice_rows& d = dates[tested[t]];
      for (std::size_t g = 0; g < d.groups(); ++g) {
        const std::uint64_t first = d.start[g], n = d.start[g + 1] - first;
        const std::span<const float> weight(d.weight.data() + first, n);
        logs(used[t], curves[tested[t]], {d.x.data() + first * f, n * f}, weight, model, curve, walk);
        score.resize(n);
        worth.emplace_back();
        for (std::size_t m = 0; m < all; ++m) {
          const double mix = mixes[m / parts.size()], part = parts[m % parts.size()];
          for (std::size_t i = 0; i < n; ++i) score[i] = (1 - mix) * ((1 - part) * model[i] + part * curve[i]) + mix * walk[i];
          worth.back()[m] = order_worth(score, {d.y.data() + first, n}, weight);
        }
      }
    }
    const double n = static_cast<double>(worth.size());
    std::array<double, all> mean{};
    for (const auto& w : worth)
      for (std::size_t m = 0; m < all; ++m) mean[m] += w[m] / n;
    const auto best = static_cast<std::size_t>(std::max_element(mean.begin(), mean.end()) - mean.begin());
    for (std::size_t k = mixes.size(); k-- > best / parts.size();) {
      std::size_t m = k * parts.size();  // the best part of the curve at this mix
      for (std::size_t p = 0; p < parts.size(); ++p)
        if (mean[k * parts.size() + p] > mean[m]) m = k * parts.size() + p;
      double square = 0;
      for (const auto& w : worth) {
        const double e = w[best] - w[m] - (mean[best] - mean[m]);
        square += e * e;
      }
      if (mean[best] - mean[m] > std::sqrt(square) / n) continue;
      mix_ = mixes[k], part_ = parts[m % parts.size()];
      return;
    }
  }

  // At most some 160 rows a group: what was chosen, what the walk finds nearest, and a sample of the others.
  [[nodiscard]] choice_rows thinned(const choice_rows& d, std::size_t number) const {
    constexpr std::size_t near = 50, more = 100;
    choice_rows out;
    out.features = f;
    std::vector<float> value;
    for (std::size_t g = 0; g < d.groups(); ++g) {
      const std::uint64_t first = d.start[g], last = d.start[g + 1];
      float bar = -1e30f;
      double keep = 1;
      if (last - first > near + more) {
        value.clear();
        for (std::uint64_t i = first; i < last; ++i) value.push_back(d.x[i * f + walks()[0]]);
        std::nth_element(value.begin(), value.begin() + near, value.end(), std::greater<>());
        bar = value[near];
        keep = static_cast<double>(more) / static_cast<double>(last - first - near);
      }
      random_stream random(11, g, static_cast<std::uint32_t>(number));
      for (std::uint64_t i = first; i < last; ++i) {
        const bool sure = d.y[i] != 0 || d.x[i * f + walks()[0]] > bar;
        if (random.uniform() >= keep && !sure) continue;
        out.x.insert(out.x.end(), d.row(i).begin(), d.row(i).end());
        out.y.push_back(d.y[i]);
        out.weight.push_back(sure ? d.weight[i] : static_cast<float>(d.weight[i] / keep));
      }
      out.start.push_back(out.size());
    }
    return out;
  }
  [[nodiscard]] static slopes standardise(const choice_rows& d) {
    slopes mean(f, 0.0), sd(f, 0.0);
    const double n = static_cast<double>(d.size());
    for (std::size_t i = 0; i < d.size(); ++i)
      for (std::size_t k = 0; k < f; ++k) mean[k] += d.x[i * f + k] / n;
    for (std::size_t i = 0; i < d.size(); ++i)
      for (std::size_t k = 0; k < f; ++k) sd[k] += (d.x[i * f + k] - mean[k]) * (d.x[i * f + k] - mean[k]) / n;
    for (double& s : sd) s = s > 1e-12 ? std::sqrt(s) : 1.0;
    return sd;
  }
  static void scale(choice_rows& d, std::span<const double> sd) {
    for (std::size_t i = 0; i < d.size(); ++i)
      for (std::size_t k = 0; k < f; ++k) d.x[i * f + k] = static_cast<float>(d.x[i * f + k] / sd[k]);
  }
  [[nodiscard]] static slopes raw(slopes b, std::span<const double> sd) {
    for (std::size_t k = 0; k < f; ++k) b[k] /= sd[k];
    return b;
  }

  side from_ = side::customer;
  logistic_curve curve_;
  slopes slope_;
  double mix_ = 1, part_ = 0, ridge_ = 100;
};

}  // namespace guanxi::graph
