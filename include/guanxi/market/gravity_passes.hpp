#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/market/exp_of.hpp>
#include <guanxi/market/gravity_rows.hpp>
#include <guanxi/market/gravity_separation.hpp>
#include <guanxi/market/within.hpp>

namespace guanxi::market::detail {

/// The passes of a fit: weighted least squares on the working variable, the effects projected out, steps halved when the
/// deviance rises.
class gravity_passes {
 public:
  std::vector<double> mu, w, b;       // expectation (of value / mean), weights, coefficients of the scaled regressors
  std::vector<double> first, level;   // effects: of the runs, of the stacked levels
  effect_work work;
  double deviance = std::numeric_limits<double>::infinity();

  gravity_passes(const gravity_rows& g, gravity_columns& col, const std::vector<char>& gone)
      : mu(g.rows.n), w(g.rows.n), b(col.k - 1, 0.0), first(g.rows.runs(), 0.0), level(g.rows.levels, 0.0), work(g.rows, col.k), g_(g), col_(col), gone_(gone),
        eta_(g.rows.n), trial_(g.rows.n), step_(col.k - 1, 0.0), first_step_(g.rows.runs()), level_step_(g.rows.levels) {
    start();
  }

  void run(const gravity_settings& set, gravity_fit& out) {
    double loose = 0.1;
    for (std::size_t pass = 0; pass < set.passes && !out.converged; ++pass) {
      project_quickly(g_.rows, work, w.data(), col_.v.data(), loose);
      solve();
      double factor = 1, found = 0, size = 0;
      for (int half = 0; half < 30; ++half, factor /= 2) {
        std::tie(found, size) = move(pass, half, factor);
        if (std::isfinite(found) && (pass == 0 || found <= deviance + 1e-9 * (std::abs(deviance) + 1))) break;
      }
      eta_.swap(trial_);
      double largest = 0;
      for (std::size_t c = 0; c < b.size(); ++c) b[c] += factor * step_[c], largest = std::max(largest, std::abs(factor * step_[c]));
      for (std::size_t r = 0; r < first.size(); ++r) first[r] += factor * first_step_[r];
      for (std::size_t l = 0; l < level.size(); ++l) level[l] += factor * level_step_[l];
      for (std::size_t l = 0; l < g_.rows.levels; ++l) work.level[l * col_.k + b.size()] = 0;  // the next working variable starts anew
      out.iterations = pass + 1;
      out.log_step = std::max(largest, size);
      // What is left after a step is its square (Newton) and the part of it that a loose projection missed.
      out.converged = pass > 0 && factor == 1 && out.log_step * (loose + out.log_step) < 0.1 * set.tolerance;
      loose = std::clamp(0.1 * out.log_step, 1e-5, 0.1);
      deviance = found;
    }
  }

 private:
  void start() {
    const std::size_t p = b.size(), k = col_.k;
    certain_ = parallel_sum(g_.rows.n, 32768, [&](std::size_t from, std::size_t last) {
      double certain = 0;
      for (std::size_t i = from; i < last; ++i) {
        const double y = col_.y[i], t = col_.weight.empty() ? 1 : col_.weight[i];
        mu[i] = (y + 1) / 2;
        eta_[i] = y > 0 ? std::log(mu[i]) : -0.69314718055994531;
        col_.v[i * k + p] = eta_[i] - (col_.base.empty() ? 0 : col_.base[i]) + (y - mu[i]) / mu[i];
        w[i] = mu[i] * t;
        if (y > 0) certain += t * (y * std::log(y) - y);
      }
      return certain;
    }, g_.rows.threads);
  }

  /// Steps of the coefficients and of the levels.
  void solve() {
    const std::size_t p = b.size(), k = col_.k;
    std::vector<double> a(p * p), least(p);
    for (std::size_t i = 0; i < p; ++i) {
      least[i] = work.gram[i * k + i] * 1e-3;
      for (std::size_t j = 0; j < p; ++j) a[i * p + j] = work.gram[i * k + j];
    }
    std::vector<char> skip = gone_;
    const std::vector<double> inverse = inverse_of(std::move(a), p, least, skip);
    for (std::size_t i = 0; i < p; ++i) {
      step_[i] = 0;
      for (std::size_t j = 0; j < p; ++j) step_[i] += inverse[i * p + j] * work.gram[j * k + p];
    }
    for (std::size_t l = 0; l < g_.rows.levels; ++l) level_step_[l] = less(work.level.data() + l * k);
  }
  [[nodiscard]] double less(const double* from) const noexcept {
    double x = from[b.size()];
    for (std::size_t c = 0; c < b.size(); ++c) x -= step_[c] * from[c];
    return x;
  }
  [[nodiscard]] double others(std::size_t i) const noexcept {
    const std::size_t count = g_.rows.others;
    if (count == 1) return level_step_[g_.rows.other[i]];
    double x = 0;
    for (std::size_t e = 0; e < count; ++e) x += level_step_[g_.rows.other[i * count + e]];
    return x;
  }

  /// Puts factor x step into trial_, mu, w and the working variable; gives the deviance and the size of the move.
  [[nodiscard]] std::pair<double, double> move(std::size_t pass, int half, double factor) {
    const effect_rows& rows = g_.rows;
    const std::size_t p = b.size(), k = col_.k;
    const bool plain = col_.weight.empty();
    const double* from = pass > 0 ? eta_.data() : col_.base.empty() ? nullptr : col_.base.data();
    std::vector<double> part_dev(rows.blocks()), part_move(rows.blocks()), part_mu(rows.blocks());
    rows.each_block([&](std::size_t first_run, std::size_t last_run, std::size_t blk) {
      double dev = 0, sq = 0, sum = 0;
      for (std::size_t run = first_run; run < last_run; ++run) {
        const std::size_t begin = rows.run[run], end = rows.run[run + 1];
        double mean = 0;
        for (std::size_t i = begin; i < end; ++i) {
          const double other = others(i);
          double d = other;
          for (std::size_t c = 0; c < p; ++c) d += step_[c] * col_.v[i * k + c];
          trial_[i] = d;
          if (half == 0) mean += w[i] * other;
        }
        if (half == 0) first_step_[run] = less(work.first.data() + run * k) - (work.weight_run[run] > 0 ? mean / work.weight_run[run] : 0);
        const double own = first_step_[run];
        for (std::size_t i = begin; i < end; ++i) trial_[i] = factor * (trial_[i] + own) + (from != nullptr ? from[i] : 0.0);
        exp_of(trial_.data() + begin, mu.data() + begin, end - begin);
        for (std::size_t i = begin; i < end; ++i) {
          const double x = trial_[i], m = mu[i], y = col_.y[i], d = x - (from != nullptr ? from[i] : 0.0), t = plain ? 1.0 : col_.weight[i], tm = t * m;
          w[i] = tm, col_.v[i * k + p] = (y - m) / m;
          dev += tm - t * y * x, sq += tm * d * d, sum += tm;
        }
      }
      part_dev[blk] = dev, part_move[blk] = sq, part_mu[blk] = sum;
    });
    double dev = 0, sq = 0, sum = 0;
    for (std::size_t blk = 0; blk < part_dev.size(); ++blk) dev += part_dev[blk], sq += part_move[blk], sum += part_mu[blk];
    return {2 * (certain_ + dev), std::sqrt(sq / sum)};
  }

  const gravity_rows& g_;
  gravity_columns& col_;
  const std::vector<char>& gone_;
  std::vector<double> eta_, trial_, step_, first_step_, level_step_;
  double certain_ = 0;  // the part of the deviance that does not move
};

}  // namespace guanxi::market::detail
