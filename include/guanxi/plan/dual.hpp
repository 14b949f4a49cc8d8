#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/plan/cuts.hpp>
#include <guanxi/plan/problem.hpp>

namespace guanxi::plan::detail {

/// Prices of the rows with the bound that they certify.
struct prices {
  std::vector<double> l;                                    // D
  double bound = std::numeric_limits<double>::infinity();   // exact L(l)
  double floor = -std::numeric_limits<double>::infinity();  // no prices can bring the bound below this, if known
};

/// Search state: best prices so far, planes met on the way, passes used.
struct search {
  prices best;
  std::vector<cut> cuts;  // in scaled prices y = l scale
  std::size_t passes = 0;
  std::size_t keep = 64;

  void note(const problem& p, std::span<const double> l, const tally& sum) {
    ++passes;
    if (sum.exact < best.bound) {
      best.bound = sum.exact;
      best.l.assign(l.begin(), l.end());
    }
    cut c;
    gradient(p, sum.use, c.slope);
    c.offset = sum.exact;
    for (std::size_t d = 0; d < l.size(); ++d) c.offset -= c.slope[d] * l[d] * p.rows[d].scale;
    cuts.push_back(std::move(c));
    if (cuts.size() > keep) cuts.erase(cuts.begin());
  }
};

/// A box around prices in which levels are screened; empty: everywhere.
struct box {
  std::vector<double> low, high;
  [[nodiscard]] bool open() const noexcept { return low.empty(); }
};

namespace dual_detail {

/// Newton step on the free prices; false when there is none.
inline bool newton_step(const std::vector<double>& g, const std::vector<double>& h, const std::vector<double>& y,
                        std::vector<double>& step, double& decrement) {
  const std::size_t dims = g.size();
  std::vector<std::size_t> open;
  double trace = 0.0;
  for (std::size_t d = 0; d < dims; ++d)
    if (y[d] > 0.0 || g[d] < 0.0) {
      open.push_back(d);
      trace += h[d * dims + d];
    }
  step.assign(dims, 0.0);
  decrement = 0.0;
  if (open.empty()) return false;
  const std::size_t m = open.size();
  std::vector<double> a(m * m), b(m);
  const double ridge = 1e-12 * trace + 1e-300;
  for (std::size_t r = 0; r < m; ++r) {
    b[r] = -g[open[r]];
    for (std::size_t c = 0; c < m; ++c) a[r * m + c] = h[open[r] * dims + open[c]];
    a[r * m + r] += ridge;
  }
  if (!cuts_detail::solve(a, b, m)) return false;
  for (std::size_t r = 0; r < m; ++r) {
    if (!std::isfinite(b[r])) return false;
    step[open[r]] = b[r];
    decrement -= g[open[r]] * b[r];
  }
  return true;
}

}  // namespace dual_detail

/// Smoothed Newton with annealing from temperature t to t_end (money); the search keeps the best exact bound met.
///
/// Gives false when a price left the box on the way (it then stops there).
/// Source  the dual of section 2 of the method; log-sum-exp smoothing of the maximum over levels.
inline bool anneal(const problem& p, search& found, std::vector<double>& l, double t, double t_end, const box& within) {
  const std::size_t dims = p.rows.size();
  std::vector<double> y(dims), step, g, h, trial(dims), l_trial(dims);
  for (std::size_t d = 0; d < dims; ++d) y[d] = l[d] * p.rows[d].scale;
  tally now, next;
  pass(p, l, t, now);
  found.note(p, l, now);
  bool inside = true;
  const double factor = 10.0;
  for (std::size_t round = 0; round < 200 && inside; ++round) {
    gradient(p, now.mean, g);
    curvature(p, now.spread, t, h);
    double decrement = 0.0;
    bool moved = false;
    if (dual_detail::newton_step(g, h, y, step, decrement) && decrement > 0.0) {
      double length = 1.0;
      // no price grows more than tenfold beyond the size of all prices at once
      double size = 0.0, reach = 0.0;
      for (std::size_t d = 0; d < dims; ++d) size += y[d], reach = std::max(reach, std::abs(step[d]));
      const double most = 3.0 * std::max(size, std::abs(now.exact));
      if (reach > most) length = most / reach;
      for (std::size_t back = 0; back < 12; ++back, length *= 0.3) {
        for (std::size_t d = 0; d < dims; ++d) {
          trial[d] = std::max(0.0, y[d] + length * step[d]);
          l_trial[d] = trial[d] / p.rows[d].scale;
        }
        if (!within.open()) {
          for (std::size_t d = 0; d < dims; ++d) {
            if (l_trial[d] < within.low[d]) l_trial[d] = within.low[d], inside = false;
            if (l_trial[d] > within.high[d]) l_trial[d] = within.high[d], inside = false;
            trial[d] = l_trial[d] * p.rows[d].scale;
          }
        }
        pass(p, l_trial, t, next);
        found.note(p, l_trial, next);
        if (next.smooth < now.smooth || !inside) {
          moved = next.smooth < now.smooth || !inside;
          break;
        }
      }
    }
    const double fell = moved ? now.smooth - next.smooth : 0.0;
    if (moved) {
      y = trial;
      l = l_trial;
      std::swap(now, next);
    }
    if (!moved || std::min(decrement, 2 * fell) < 1e-3 * t * static_cast<double>(p.n)) {
      if (t <= t_end) break;
      t = std::max(t_end, t / factor);
      pass(p, l, t, now);
      found.note(p, l, now);
    }
  }
  return inside;
}

/// Keeps of every account the levels that can be best somewhere in the box; decided accounts become constants.
inline problem screen(const problem& p, std::span<const double> l, const box& in) {
  problem out;
  out.k = p.k;
  out.classes = p.classes;
  out.rows = p.rows;
  out.threads = p.threads;
  out.own = std::make_unique<problem::storage>();
  std::vector<double> e, half_low, half_high;
  class_prices(p, l, e);
  // how far the price that a class pays for a budget can move from e
  std::vector<double> reach(p.classes * p.k, 0.0);
  for (std::size_t d = 0; d < p.rows.size(); ++d) {
    const double far = std::max(in.high[d] - l[d], l[d] - in.low[d]);
    const row& r = p.rows[d];
    if (r.classes.empty())
      for (std::size_t c = 0; c < p.classes; ++c) reach[c * p.k + r.budget] += far;
    else
      for (const std::uint32_t c : r.classes) reach[c * p.k + r.budget] += far;
  }
  struct part {
    std::vector<double> value, cost;
    std::vector<std::uint64_t> count, source;
    std::vector<std::uint32_t> of_class, account;
    double base_value = 0.0;
    std::vector<double> base_use;
  };
  const std::size_t k = p.k;
  const std::size_t blocks = (p.n + account_block - 1) / account_block;
  std::vector<part> parts(blocks);
  parallel_blocks(
      p.n, account_block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        part& mine = parts[number];
        mine.base_use.assign(p.classes * k, 0.0);
        std::vector<double> r;
        std::vector<std::uint64_t> open;
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t c = p.class_of(i) * k;
          const std::uint64_t from = p.start[i];
          const std::uint64_t to = p.start[i + 1];
          r.resize(to - from);
          std::uint64_t best = from;
          for (std::uint64_t row = from; row < to; ++row) {
            double net = p.value[row];
            for (std::size_t b = 0; b < k; ++b) net -= e[c + b] * p.cost[row * k + b];
            r[row - from] = net;
            if (net > r[best - from]) best = row;
          }
          open.clear();
          for (std::uint64_t row = from; row < to; ++row) {
            double can = 0.0;
            for (std::size_t b = 0; b < k; ++b)
              can += reach[c + b] * std::abs(p.cost[row * k + b] - p.cost[best * k + b]);
            if (row == best || r[best - from] - r[row - from] <= can * (1 + 1e-12)) open.push_back(row);
          }
          if (open.size() == 1) {
            mine.base_value += p.value[best];
            for (std::size_t b = 0; b < k; ++b) mine.base_use[c + b] += p.cost[best * k + b];
            continue;
          }
          mine.count.push_back(open.size());
          mine.account.push_back(static_cast<std::uint32_t>(i));
          if (p.classes > 1) mine.of_class.push_back(p.of_class[i]);
          for (const std::uint64_t row : open) {
            mine.value.push_back(p.value[row]);
            for (std::size_t b = 0; b < k; ++b) mine.cost.push_back(p.cost[row * k + b]);
            mine.source.push_back(row);
          }
        }
      },
      p.threads);
  running_sum value;
  value.add(p.base_value);
  std::vector<running_sum> use(p.classes * k);
  for (std::size_t j = 0; j < p.base_use.size(); ++j) use[j].add(p.base_use[j]);
  auto& own = *out.own;
  own.start.push_back(0);
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const part& one : parts) {
    value.add(one.base_value);
    for (std::size_t j = 0; j < use.size(); ++j) use[j].add(one.base_use[j]);
    for (const std::uint64_t c : one.count) own.start.push_back(own.start.back() + c);
    append(own.value, one.value);
    append(own.cost, one.cost);
    append(own.source, one.source);
    append(own.of_class, one.of_class);
    append(own.account, one.account);
  }
  out.base_value = value.value();
  out.base_use.resize(use.size());
  for (std::size_t j = 0; j < use.size(); ++j) out.base_use[j] = use[j].value();
  out.adopt();
  return out;
}

/// Every m-th account with the rows scaled to it: prices of the sample start the search on the whole.
inline problem sample(const problem& p, std::size_t wanted) {
  problem out;
  out.k = p.k;
  out.classes = p.classes;
  out.rows = p.rows;
  out.threads = p.threads;
  out.own = std::make_unique<problem::storage>();
  auto& own = *out.own;
  const std::size_t every = std::max<std::size_t>(1, p.n / wanted);
  own.start.push_back(0);
  std::size_t taken = 0;
  for (std::size_t i = every / 2; i < p.n; i += every, ++taken) {
    for (std::uint64_t row = p.start[i]; row < p.start[i + 1]; ++row) {
      own.value.push_back(p.value[row]);
      for (std::size_t b = 0; b < p.k; ++b) own.cost.push_back(p.cost[row * p.k + b]);
    }
    own.start.push_back(own.value.size());
    if (p.classes > 1) own.of_class.push_back(p.of_class[i]);
  }
  const double part = static_cast<double>(taken) / static_cast<double>(p.n);
  for (row& r : out.rows) {
    r.amount *= part;
    r.scale *= part;
  }
  out.adopt();
  return out;
}

/// Cutting planes in a box that follows the best prices, until the planes prove that nothing better is left.
///
/// Gives false when a price wants to leave `within`.
/// Source  Kelley (1960) with a trust box; the least height over an interior box holds everywhere by convexity.
inline bool finish(const problem& p, search& found, double tolerance, const box& within) {
  const std::size_t dims = p.rows.size();
  std::vector<double> y(dims), radius(dims), low(dims), high(dims), l(dims);
  double mean = 0.0;
  for (std::size_t d = 0; d < dims; ++d) mean += found.best.l[d] * p.rows[d].scale / static_cast<double>(dims);
  const double size = std::max(std::abs(found.best.bound), 1e-300);
  if (mean <= 0.0) mean = 1e-3 * size;
  for (std::size_t d = 0; d < dims; ++d) radius[d] = 0.01 * std::max(found.best.l[d] * p.rows[d].scale, 0.05 * mean);
  found.keep = 40 + 8 * dims;
  tally sum;
  for (std::size_t step = 0; step < 60 + 25 * dims; ++step) {
    bool fenced = false;  // the box of the screening holds a side of ours
    for (std::size_t d = 0; d < dims; ++d) {
      y[d] = found.best.l[d] * p.rows[d].scale;
      low[d] = std::max(0.0, y[d] - radius[d]);
      high[d] = y[d] + radius[d];
      if (!within.open()) {
        low[d] = std::max(low[d], within.low[d] * p.rows[d].scale);
        high[d] = std::min(high[d], within.high[d] * p.rows[d].scale);
      }
    }
    const lowest master = lowest_point(found.cuts, low, high);
    if (master.inside) found.best.floor = std::max(found.best.floor, master.height);
    const bool done = found.best.bound - master.height <= tolerance * size;
    if (done && master.inside) return true;
    if (done) {
      for (std::size_t d = 0; d < dims; ++d) {
        const bool at_high = master.y[d] >= high[d] - 1e-9 * (high[d] - low[d]);
        const bool at_low = master.y[d] <= low[d] + 1e-9 * (high[d] - low[d]) && low[d] > 0.0;
        if (!within.open() && at_high && high[d] >= within.high[d] * p.rows[d].scale) fenced = true;
        if (!within.open() && at_low && low[d] <= within.low[d] * p.rows[d].scale) fenced = true;
        if (at_high || at_low) radius[d] *= 8.0;
      }
      if (fenced) return false;
      continue;
    }
    for (std::size_t d = 0; d < dims; ++d) l[d] = master.y[d] / p.rows[d].scale;
    pass(p, l, 0.0, sum);
    const double before = found.best.bound;
    found.note(p, l, sum);
    if (found.best.bound < before && !master.inside)
      for (std::size_t d = 0; d < dims; ++d)
        if (master.y[d] >= high[d] - 1e-9 * (high[d] - low[d]) ||
            (master.y[d] <= low[d] + 1e-9 * (high[d] - low[d]) && low[d] > 0.0))
          radius[d] *= 4.0;
  }
  return true;
}

inline double mean_best(const problem& p) {
  double size = 0.0;
  for (std::size_t i = 0; i < p.n; ++i) {
    double best = 0.0;
    for (std::uint64_t row = p.start[i]; row < p.start[i + 1]; ++row) best = std::max(best, std::abs(p.value[row]));
    size += best;
  }
  return p.n == 0 ? 0.0 : size / static_cast<double>(p.n);
}

/// Prices at which the bound is least, to a relative tolerance of the bound.
///
/// Costs   small books: about 40 passes; large ones: a few full passes, the rest on a sample and on the accounts that a
///         box around the prices leaves undecided.
inline prices solve_dual(const problem& p, std::span<const double> start, double tolerance, std::size_t& passes) {
  const std::size_t dims = p.rows.size();
  search found;
  found.best.l.assign(dims, 0.0);
  std::vector<double> l(start.begin(), start.end());
  const bool warm = l.size() == dims;
  if (!warm) l.assign(dims, 0.0);
  tally sum;
  if (dims == 0 || p.n == 0) {
    pass(p, l, 0.0, sum);
    found.note(p, l, sum);
    passes += found.passes;
    return found.best;
  }
  const double root = std::sqrt(static_cast<double>(p.n));
  problem some;
  const problem* at = &p;
  if (p.n >= 40'000) {
    some = sample(p, 8192);
    at = &some;
  }
  const double scale = std::max(mean_best(*at), 1e-300);
  if (at != &p) {
    {
      search first;
      first.best.l = l;
      anneal(some, first, l, (warm ? 0.03 : 0.3) * scale, 0.003 * scale, {});
      l = first.best.l;
      if (p.n >= 400'000) {
        some = sample(p, 65'536);
        search second;
        second.best.l = l;
        std::vector<double> from = l;
        anneal(some, second, from, 0.003 * scale, 0.001 * scale, {});
        l = second.best.l;
      }
    }
    double wide = p.n >= 400'000 ? 0.2 : 0.4;
    double narrow = 0.02;
    bool whole = false;
    for (std::size_t round = 0; round < 12 && !whole; ++round) {
      const auto around = [&](double h) {
        box b;
        double mean = 0.0;
        for (std::size_t d = 0; d < dims; ++d) mean += l[d] * p.rows[d].scale / static_cast<double>(dims);
        if (mean <= 0.0) mean = scale * static_cast<double>(p.n) * 1e-3;
        for (std::size_t d = 0; d < dims; ++d) {
          const double half = h * std::max(l[d], 0.1 * mean / p.rows[d].scale);
          b.low.push_back(std::max(0.0, l[d] - half));
          b.high.push_back(l[d] + half);
        }
        return b;
      };
      const box outer = around(wide);
      const problem rough = screen(p, l, outer);
      search mid;
      mid.best.l = l;
      std::vector<double> from = l;
      anneal(rough, mid, from, 0.003 * scale, 0.0003 * scale, outer);
      passes += mid.passes;
      l = mid.best.l;
      box inner = around(narrow);
      for (std::size_t d = 0; d < dims; ++d) {
        inner.low[d] = std::max(inner.low[d], outer.low[d]);
        inner.high[d] = std::min(inner.high[d], outer.high[d]);
      }
      const problem fine = screen(rough, l, inner);
      search last;
      last.best.l = l;
      from = l;
      anneal(fine, last, from, 0.0003 * scale, scale * std::max(1e-7, 1e-3 / root), inner);
      whole = finish(fine, last, tolerance, inner);
      passes += last.passes;
      l = last.best.l;
      found.best.floor = whole ? std::max(found.best.floor, last.best.floor) : found.best.floor;
      wide = std::min(3.0 * wide, 8.0);  // the optimum is outside: look further, down to a price of 0
      narrow = std::min(4.0 * narrow, wide);
    }
    pass(p, l, 0.0, sum);
    found.note(p, l, sum);
    if (!whole) finish(p, found, tolerance, {});
    passes += found.passes;
    return found.best;
  }
  std::vector<double> from = l;
  anneal(p, found, from, (warm ? 0.003 : 0.3) * scale, scale * std::max(1e-7, 1e-4 / root), {});
  finish(p, found, tolerance, {});
  passes += found.passes;
  return found.best;
}

}  // namespace guanxi::plan::detail
