#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/plan/response.hpp>

namespace guanxi::plan {

/// The responses of all accounts, as columns. `most` may be empty: no limit.
struct response_columns {
  std::span<const double> low, high, half, power, most;
  [[nodiscard]] std::size_t accounts() const noexcept { return low.size(); }
  [[nodiscard]] response of(std::size_t i) const {
    return {low[i], high[i], half[i], power[i], most.empty() ? std::numeric_limits<double>::infinity() : most[i]};
  }
};

/// Settings of plan::spread.
struct spread_settings {
  double tolerance = 1e-6;     // gap at which the search stops, relative
  std::uint64_t nodes = 2'000; // of the search over accounts that hang between nothing and enough; 0: none
  unsigned threads = 0;        // the answer does not depend on it
};

/// Continuous effort for every account and a bound that no spread can exceed.
struct spread_plan {
  std::vector<double> effort;  // per account
  std::vector<double> value;   // per account: R(effort)
  double price = 0.0;          // worth of one more unit of the budget
  double total = 0.0;          // sum of value
  double bound = 0.0;          // no spread is worth more
  double gap = 0.0;            // (bound - total) / |bound|
  double used = 0.0;
  std::uint64_t nodes = 0;
  std::string status;  // "optimal" (to the tolerance), or "within 3.1e-04"
};

namespace spread_detail {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr std::size_t block = 4096;

/// One account's concave envelope on [a, b]: a chord from a to x0 with slope s, then the curve itself up to b.
struct curve {
  double rise = 0.0, log_half = 0.0, half = 1.0, power = 1.0, low = 0.0;
  double constant = 0.0;  // log(rise power / half): log R'(x) = constant + (power - 1) t - 2 log(1 + e^(power t))
  double a = 0.0, b = inf;
  double s = 0.0;   // price below which the account is on
  double x0 = 0.0;  // effort at which it comes on
};

inline double at(const curve& c, double x) {
  return x > 0.0 ? c.low + c.rise / (1.0 + std::exp(-c.power * (std::log(x) - c.log_half))) : c.low;
}
inline double slope(const curve& c, double x) {
  if (!(x > 0.0)) return c.power < 1.0 ? inf : c.power == 1.0 ? c.rise / c.half : 0.0;
  const double u = std::exp(-std::abs(c.power * (std::log(x) - c.log_half)));
  return c.rise * c.power * u / (x * (1.0 + u) * (1.0 + u));
}

/// Sets s and x0 from a and b.
inline void envelope(curve& c) {
  c.s = 0.0;
  c.x0 = c.a;
  if (!(c.rise > 0.0) || !(c.b > c.a)) return;
  if (c.power <= 1.0) {
    c.s = slope(c, c.a);
    return;
  }
  if (c.a == 0.0) {
    c.x0 = c.half * std::exp(std::log(c.power - 1.0) / c.power);
    if (c.x0 < c.b) {
      c.s = slope(c, c.x0);
      return;
    }
    c.x0 = c.b;
    c.s = (at(c, c.b) - c.low) / c.b;
    return;
  }
  const double turn = c.half * std::exp(std::log((c.power - 1.0) / (c.power + 1.0)) / c.power);
  if (c.a >= turn) {
    c.s = slope(c, c.a);
    return;
  }
  const double base = at(c, c.a);
  const auto short_of = [&](double x) { return slope(c, x) * (x - c.a) - (at(c, x) - base); };  // > 0 before the tangent
  double left = turn, right = std::min(c.b, c.half * std::exp(std::log(c.power - 1.0) / c.power) * 4.0 + c.a);
  if (c.b <= turn || short_of(std::min(c.b, right)) > 0.0) {
    c.x0 = std::min(c.b, right);
  } else {
    for (std::size_t step = 0; step < 80 && right - left > 1e-15 * right; ++step) {
      const double middle = 0.5 * (left + right);
      (short_of(middle) > 0.0 ? left : right) = middle;
    }
    c.x0 = right;
  }
  c.s = (at(c, c.x0) - base) / (c.x0 - c.a);
}

inline curve make(const response& r) {
  curve c;
  c.rise = r.high - r.low;
  c.low = r.low;
  c.half = r.half;
  c.log_half = std::log(r.half);
  c.power = r.power;
  c.b = r.most;
  if (c.rise > 0.0) c.constant = std::log(c.rise * r.power / r.half);
  envelope(c);
  return c;
}

/// log of the effort at which the slope of a curve that is on falls to the price, relative to half; at most `top`.
/// g(t) is concave and falls, so Newton's steps from the right stay right of the root and close in quadratically.
inline double settle(const curve& c, double log_price, double start) {
  double t = start;
  for (std::size_t step = 0; step < 60; ++step) {
    const double w = c.power * t;
    const double e = std::exp(-std::abs(w));
    const double soft = (w > 0.0 ? w : 0.0) + std::log1p(e);
    const double part = w > 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
    const double off = c.constant + (c.power - 1.0) * t - 2.0 * soft - log_price;
    const double down = (c.power - 1.0) - 2.0 * c.power * part;
    if (!(down < 0.0)) {  // left of the turning point: go to the outer line
      t = std::max(t + 1.0, (c.constant - log_price) / (c.power + 1.0));
      continue;
    }
    const double move = off / down;
    t -= move;
    if (std::abs(move) < 3e-7) break;  // the step after it is below 1e-13
  }
  return t;
}

struct sums {
  double spend = 0.0;  // of accounts that are on (s > price) and of the lower ends of the others
  double down = 0.0;   // its derivative in log price, <= 0
  double tied = 0.0;   // what accounts with s == price could add
  double best = 0.0;   // sum of max (envelope - price x)
};

class market {
 public:
  market(std::vector<curve> curves, double budget, unsigned threads)
      : c_(std::move(curves)), t_(c_.size(), unknown), budget_(budget), threads_(threads) {}

  [[nodiscard]] std::vector<curve>& curves() noexcept { return c_; }
  [[nodiscard]] double price() const noexcept { return price_; }
  [[nodiscard]] double bound() const noexcept { return bound_; }

  sums pass(double price) {
    const std::size_t blocks = (c_.size() + block - 1) / block;
    std::vector<sums> parts(blocks);
    const double log_price = std::log(price);
    parallel_blocks(
        c_.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          sums p;
          for (std::size_t i = begin; i < end; ++i) {
            const curve& c = c_[i];
            if (!(c.s > price)) {
              p.spend += c.a;
              p.best += (c.a > 0.0 ? at(c, c.a) : c.low) - price * c.a;
              if (c.s == price) p.tied += c.x0 - c.a;
              continue;
            }
            bool free = false;
            const double x = demand(i, log_price, free);
            p.spend += x;
            const double part = 1.0 / (1.0 + std::exp(-c.power * t_[i]));
            if (free) p.down += x / ((c.power - 1.0) - 2.0 * c.power * part);
            p.best += (free ? c.low + c.rise * part : at(c, x)) - price * x;
          }
          parts[number] = p;
        },
        threads_);
    running_sum spend, down, tied, best;
    for (const sums& p : parts) spend.add(p.spend), down.add(p.down), tied.add(p.tied), best.add(p.best);
    return {spend.value(), down.value(), tied.value(), best.value()};
  }

  /// Finds the price at which the envelopes spend the budget; false when not even the lower ends fit.
  bool solve(double start) {
    const std::size_t n = c_.size();
    running_sum least, most;
    double top = 0.0;
    for (const curve& c : c_) {
      least.add(c.a);
      most.add(c.s > 0.0 ? c.b : c.a);
      if (c.s < inf) top = std::max(top, c.s);
    }
    if (least.value() > budget_ * (1 + 1e-12)) return false;
    if (most.value() <= budget_) {  // all that makes sense fits: one more unit is worth nothing
      price_ = 0.0;
      running_sum best;
      for (const curve& c : c_) best.add(at(c, c.s > 0.0 ? c.b : c.a));
      bound_ = best.value();
      jump_left_ = 0.0;
      return true;
    }
    double low = 0.0, high = inf, l = start > 0.0 ? start : top > 0.0 ? 0.5 * top : 1.0;
    double spend_low = inf, spend_high = 0.0;
    bool listed = false;
    double list_low = 0.0, list_high = 0.0;
    std::vector<std::pair<double, double>> jumps;  // s, x0 - a, rising
    sums now;
    for (std::size_t step = 0; step < 300; ++step) {
      now = pass(l);
      const double miss = budget_ - now.spend;
      if (miss >= 0.0 && miss <= now.tied) break;
      if (std::abs(miss) <= 1e-10 * budget_ && now.down < 0.0) break;
      if (miss < 0.0)
        low = l, spend_low = now.spend;
      else
        high = l, spend_high = now.spend + now.tied;
      if (high < inf && low > 0.0 && high - low <= 4e-16 * high) {  // the last bits of a price: stay on the cheap side
        l = high;
        now = pass(l);
        break;
      }
      // accounts that come on within the bracket, when they are few
      if (!listed && (high < inf || n <= 4096)) {
        std::size_t count = 0;
        for (const curve& c : c_) count += c.s > low && c.s < high && c.s < inf;
        if (count <= 4096) {
          listed = true;
          list_low = low, list_high = high;
          for (const curve& c : c_)
            if (c.s > low && c.s < high && c.s < inf && c.x0 > c.a) jumps.emplace_back(c.s, c.x0 - c.a);
          std::sort(jumps.begin(), jumps.end());
        }
      }
      double next = 0.0;
      if (listed && l >= list_low && l <= list_high) {
        next = by_model(jumps, l, now);
      } else if (high < inf && low > 0.0) {  // regula falsi in logs, bent to the middle
        const double f_low = std::log(spend_low / budget_), f_high = std::log(std::max(spend_high, 1e-300) / budget_);
        const double share = f_low - f_high > 0.0 ? f_low / (f_low - f_high) : 0.5;
        next = std::exp(std::log(low) + std::clamp(share, 0.02, 0.98) * (std::log(high) - std::log(low)));
        if (step % 3 == 2) next = std::sqrt(low * high);
      } else if (now.down < 0.0) {
        next = l * std::exp(std::clamp(miss / now.down, -3.0, 3.0));
        next = miss < 0.0 ? std::max(next, 1.02 * l) : std::min(next, 0.98 * l);
      } else {
        next = miss < 0.0 ? 2.0 * l : 0.5 * l;
      }
      if (!(next > low && next < high)) next = high == inf ? 2.0 * low : low > 0.0 ? std::sqrt(low * high) : 0.25 * high;
      if (step % 16 == 15 && high < inf && low > 0.0) next = std::sqrt(low * high);
      if (next == l) next = high < inf && low > 0.0 ? 0.5 * (low + high) : l * 1.5;
      if (next < 1e-290) break;
      l = next;
    }
    price_ = l;
    bound_ = l * budget_ + now.best;
    last_ = now;
    return true;
  }

  /// Efforts at the price: spends the budget; gives the account that hangs on its chord, or n.
  std::size_t efforts(std::vector<double>& x) {
    const std::size_t n = c_.size();
    x.resize(n);
    if (price_ == 0.0) {
      for (std::size_t i = 0; i < n; ++i) x[i] = c_[i].s > 0.0 ? c_[i].b : c_[i].a;
      return n;
    }
    double left = budget_ - last_.spend;
    std::size_t hangs = n;
    const double log_price = std::log(price_);
    // the remainder goes to the accounts whose effort follows the price
    const double per = last_.down < 0.0 && (left < 0.0 || last_.tied == 0.0) ? left / last_.down : 0.0;
    const double shift = std::clamp(per, -1e-6, 1e-6);
    parallel_blocks(
        n, block,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) {
            const curve& c = c_[i];
            if (!(c.s > price_)) {
              x[i] = c.a;
              continue;
            }
            bool free = false;
            x[i] = demand(i, log_price, free);
            if (free && shift != 0.0) {
              const double part = 1.0 / (1.0 + std::exp(-c.power * t_[i]));
              x[i] = std::min(c.b, x[i] * (1.0 + shift / ((c.power - 1.0) - 2.0 * c.power * part)));
            }
          }
        },
        threads_);
    if (last_.tied > 0.0 && left > 0.0)
      for (std::size_t i = 0; i < n && left > 0.0; ++i) {
        if (c_[i].s != price_) continue;
        const double more = std::min(left, c_[i].x0 - c_[i].a);
        x[i] = c_[i].a + more;
        left -= more;
        if (x[i] < c_[i].x0) hangs = i;
      }
    return hangs;
  }

 private:
  double demand(std::size_t i, double log_price, bool& free) {
    const curve& c = c_[i];
    free = false;
    if (c.x0 >= c.b) {
      if (std::isnan(t_[i])) t_[i] = std::log(c.b) - c.log_half;
      return c.b;
    }
    double start = t_[i];
    const double outer = (c.constant - log_price) / (c.power + 1.0);  // right of the root
    if (!(start <= outer)) start = outer;
    const double t = settle(c, log_price, start);
    t_[i] = t;
    const double x = c.half * std::exp(t);
    if (x >= c.b) {
      t_[i] = std::log(c.b) - c.log_half;
      return c.b;
    }
    free = x > c.x0;
    return std::max(x, c.x0);
  }

  /// Price at which spend meets the budget when accounts that are on follow their derivative and others come on or go.
  double by_model(const std::vector<std::pair<double, double>>& jumps, double l, const sums& now) const {
    double spend = now.spend;
    const double down = std::min(now.down, 0.0);
    auto here = std::lower_bound(jumps.begin(), jumps.end(), std::pair{l, -inf});
    const auto line = [&](double price) { return spend + down * std::log(price / l); };
    if (spend < budget_) {  // cheaper: accounts come on
      auto it = here;
      // those tied at l are on just below it
      for (auto tie = here; tie != jumps.end() && tie->first == l; ++tie) spend += tie->second;
      if (spend >= budget_) return l;
      while (it != jumps.begin()) {
        --it;
        if (line(it->first) >= budget_) break;
        if (line(it->first) + it->second >= budget_) return it->first;
        spend += it->second;
      }
    } else {
      for (auto it = here; it != jumps.end(); ++it) {
        if (it->first == l) continue;
        if (line(it->first) <= budget_) break;
        spend -= it->second;
        if (line(it->first) <= budget_) return it->first;
      }
    }
    if (!(down < 0.0)) return 0.0;
    return l * std::exp((budget_ - spend) / down);
  }

  std::vector<curve> c_;
  std::vector<double> t_;
  double budget_;
  unsigned threads_;
  double price_ = 0.0, bound_ = 0.0, jump_left_ = 0.0;
  sums last_;
};

}  // namespace spread_detail

}  // namespace guanxi::plan
