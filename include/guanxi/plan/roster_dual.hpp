#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/plan/cuts.hpp>
#include <guanxi/plan/roster.hpp>

namespace guanxi::plan::roster_detail {

/// Sums of one pass at prices u and temperature t.
struct tally {
  double exact = 0.0, smooth = 0.0;
  std::vector<double> mean;    // D: expected use
  std::vector<double> spread;  // D x D: covariance of use, lower triangle by row number
};

/// L(u) = sum_i max_o (V - u'use) + sum_d (u_d > 0 ? u_d high_d : u_d low_d), with its smooth form. Any u is a bound.
inline void pass(const rows& w, std::span<const double> u, double t, tally& out, unsigned threads) {
  const roster& r = *w.r;
  const std::size_t dims = w.size(), n = r.accounts();
  const std::size_t block = 512;
  const std::size_t blocks = (n + block - 1) / block;
  struct part {
    double exact = 0.0, smooth = 0.0;
    std::vector<double> mean, spread;
  };
  std::vector<part> parts(blocks);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        part& p = parts[number];
        p.mean.assign(dims, 0.0);
        p.spread.assign(dims * dims, 0.0);
        std::vector<double> net, mine(dims, 0.0);
        std::vector<std::size_t> touched;
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t from = r.start[i], count = r.start[i + 1] - from;
          net.resize(count);
          double top = -std::numeric_limits<double>::infinity();
          for (std::size_t j = 0; j < count; ++j) top = std::max(top, net[j] = w.net(from + j, u.data()));
          p.exact += top;
          const double cut = -30.0 * t;
          double z = 0.0;
          std::size_t alone = 0, alive = 0;
          for (std::size_t j = 0; j < count; ++j) {
            const double x = net[j] - top;
            if (x < cut) {
              net[j] = 0.0;
              continue;
            }
            ++alive;
            alone = j;
            z += net[j] = std::exp(x / t);
          }
          p.smooth += top + t * std::log(z);
          if (alive == 1) {
            w.each(from + alone, [&](std::size_t d, double x) { p.mean[d] += x; });
            continue;
          }
          touched.clear();
          for (std::size_t j = 0; j < count; ++j) {
            if (net[j] == 0.0) continue;
            const double weight = net[j] / z;
            w.each(from + j, [&](std::size_t d, double x) {
              if (mine[d] == 0.0) touched.push_back(d), mine[d] = 1e-300;
              mine[d] += weight * x;
              w.each(from + j, [&](std::size_t e, double y) {
                if (e <= d) p.spread[d * dims + e] += weight * x * y;
              });
            });
          }
          std::sort(touched.begin(), touched.end());
          for (std::size_t a = 0; a < touched.size(); ++a) {
            const std::size_t d = touched[a];
            p.mean[d] += mine[d];
            for (std::size_t b = 0; b <= a; ++b) p.spread[d * dims + touched[b]] -= mine[d] * mine[touched[b]];
          }
          for (const std::size_t d : touched) mine[d] = 0.0;
        }
      },
      threads);
  running_sum exact, smooth;
  out.mean.assign(dims, 0.0);
  out.spread.assign(dims * dims, 0.0);
  for (const part& p : parts) {
    exact.add(p.exact);
    smooth.add(p.smooth);
    for (std::size_t d = 0; d < dims; ++d) out.mean[d] += p.mean[d];
    for (std::size_t j = 0; j < dims * dims; ++j) out.spread[j] += p.spread[j];
  }
  for (std::size_t d = 0; d < dims; ++d) {
    const double rest = u[d] > 0.0 ? u[d] * w.high[d] : u[d] < 0.0 ? u[d] * w.low[d] : 0.0;
    exact.add(rest);
    smooth.add(rest);
  }
  out.exact = exact.value();
  out.smooth = smooth.value();
}

struct prices {
  std::vector<double> u;
  double bound = std::numeric_limits<double>::infinity();
};

/// Smoothed Newton with annealing over signed prices; no step crosses a price of 0, where the slope of the limits jumps.
/// Stops early once the bound is below `hopeless`, which proves that no assignment exists.
inline prices solve(const rows& w, std::vector<double> u, double scale, double hopeless, unsigned threads,
                    std::size_t& passes) {
  const std::size_t dims = w.size();
  prices best;
  const bool warm = u.size() == dims;
  if (!warm) u.assign(dims, 0.0);
  for (std::size_t d = 0; d < dims; ++d)
    if ((u[d] > 0.0 && !(w.high[d] < 1e300))) u[d] = 0.0;
  tally now, next;
  const auto note = [&](const tally& s, const std::vector<double>& at) {
    ++passes;
    if (s.exact < best.bound) {
      best.bound = s.exact;
      best.u = at;
    }
  };
  double t = (warm ? 0.01 : 0.3) * scale;
  const double t_end = 1e-6 * scale;
  pass(w, u, t, now, threads);
  note(now, u);
  std::vector<double> g(dims), step(dims), trial(dims);
  const auto n = static_cast<double>(w.r->accounts());
  for (std::size_t round = 0; round < 120; ++round) {
    std::vector<std::size_t> open;
    std::vector<int> side(dims, 0);  // the sign that a price may have after the step
    double trace = 0.0;
    for (std::size_t d = 0; d < dims; ++d) {
      const double over = now.mean[d] - w.high[d], under = now.mean[d] - w.low[d];
      side[d] = u[d] > 0.0 ? 1 : u[d] < 0.0 ? -1 : over > 0.0 ? 1 : under < 0.0 ? -1 : 0;
      if (side[d] == 0) continue;
      g[d] = side[d] > 0 ? -over : -under;
      open.push_back(d);
      trace += now.spread[d * dims + d] / t;
    }
    double decrement = 0.0;
    bool moved = false;
    if (!open.empty()) {
      const std::size_t m = open.size();
      std::vector<double> a(m * m), b(m);
      for (std::size_t x = 0; x < m; ++x) {
        b[x] = -g[open[x]];
        for (std::size_t y = 0; y < m; ++y) {
          const std::size_t d = std::max(open[x], open[y]), e = std::min(open[x], open[y]);
          a[x * m + y] = now.spread[d * dims + e] / t;
        }
        a[x * m + x] += 1e-9 * trace / static_cast<double>(m) + 1e-300;
      }
      std::vector<double> sized(m, 0.0);
      bool good = detail::cuts_detail::solve(a, b, m);
      for (std::size_t x = 0; x < m; ++x) good = good && std::isfinite(b[x]);
      std::fill(step.begin(), step.end(), 0.0);
      if (good)
        for (std::size_t x = 0; x < m; ++x) {
          step[open[x]] = b[x];
          decrement -= g[open[x]] * b[x];
        }
      double length = 1.0;
      for (std::size_t d = 0; d < dims; ++d) {  // no price beyond what the largest accounts are worth at once
        const double most = 2.0 * scale / w.scale[d] + 2.0 * std::abs(u[d]);
        if (std::abs(step[d]) * length > most) length = most / std::abs(step[d]);
      }
      for (std::size_t back = 0; good && decrement > 0.0 && back < 12; ++back, length *= 0.3) {
        for (std::size_t d = 0; d < dims; ++d) {
          trial[d] = u[d] + length * step[d];
          if (trial[d] * side[d] < 0.0) trial[d] = 0.0;
        }
        pass(w, trial, t, next, threads);
        note(next, trial);
        if (next.smooth < now.smooth) {
          moved = true;
          break;
        }
      }
    }
    if (best.bound < hopeless) return best;
    const double fell = moved ? now.smooth - next.smooth : 0.0;
    if (moved) {
      u = trial;
      std::swap(now, next);
    }
    if (!moved || std::min(decrement, 2 * fell) < 1e-3 * t * n) {
      if (t <= t_end) break;
      t = std::max(t_end, t / 6.0);
      pass(w, u, t, now, threads);
      note(now, u);
    }
  }
  return best;
}

}  // namespace guanxi::plan::roster_detail
