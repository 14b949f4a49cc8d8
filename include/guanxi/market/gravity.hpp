#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/market/within.hpp>

namespace guanxi::market {

/// Which errors the estimates get: the model's own (Poisson), robust against unlike variances, or of clusters.
enum class gravity_errors : std::uint8_t { model, hetero, cluster };

/// Why a row does not take part.
enum class gravity_drop : std::uint8_t { kept = 0, empty_effect = 1, separated = 2 };

struct gravity_input {
  std::span<const double> value{};                       // trade, 0 or more
  std::span<const double> regressors{};                  // column after column: columns x rows
  std::size_t columns = 0;
  std::vector<std::span<const std::uint32_t>> effects{};  // level of each row, one span an effect; none: a constant
  std::span<const double> weight{}, offset{};            // empty: 1 and 0
  std::vector<std::span<const std::uint32_t>> clusters{};  // one or two, for gravity_errors::cluster
};

struct gravity_settings {
  gravity_errors errors = gravity_errors::hetero;
  double tolerance = 1e-8;   // a pass that moves the fit by less ends it
  std::size_t passes = 100;
  bool separation = true;    // look for separated rows
  unsigned threads = 0;
};

struct gravity_fit {
  std::vector<double> coefficient;       // of each regressor; NaN where it was left out as collinear
  std::vector<double> covariance;        // columns x columns
  std::vector<double> standard_error;
  std::vector<std::vector<double>> effect;  // of each level; -infinity: no trade at all; NaN: no rows
  std::vector<double> fitted;            // expected value of each row; 0 for rows that were dropped as certain zeros
  std::vector<gravity_drop> dropped;     // of each row
  std::vector<std::size_t> collinear;    // regressors that the others and the effects explain
  std::vector<std::size_t> uncertain;    // regressors whose cluster variance came out below 0
  double deviance = unknown, log_step = unknown, gradient = unknown;
  std::size_t iterations = 0, sweeps = 0, rows = 0, zeros = 0, separated = 0, empty = 0, singles = 0, parts = 0, groups = 0;
  bool converged = false, rectified = true;  // rectified: the search for separated rows came to its end
};

namespace detail {

struct gravity_rows {
  effect_rows rows;
  std::vector<std::uint32_t> origin;  // row of the caller
  std::vector<std::size_t> order;     // effects: the one of the runs first
  std::vector<std::size_t> start;     // of each effect (by `order`) among the stacked levels
};

[[nodiscard]] inline std::vector<std::size_t> level_counts(const gravity_input& in) {
  std::vector<std::size_t> out;
  for (const auto& e : in.effects) out.push_back(e.empty() ? 0 : std::size_t{*std::max_element(e.begin(), e.end())} + 1);
  return out;
}

inline void check_gravity(const gravity_input& in, const gravity_settings& set) {
  const std::size_t n = in.value.size();
  const auto same = [&](std::size_t have, const char* name) {
    if (have != n) throw error(errc::size_mismatch, std::string("market::gravity: '") + name + "' has " + std::to_string(have) + " rows, 'value' has " + std::to_string(n));
  };
  if (in.columns == 0 ? !in.regressors.empty() : in.regressors.size() != n * in.columns)
    throw error(errc::size_mismatch, "market::gravity: " + std::to_string(in.regressors.size()) + " regressor values for " + std::to_string(in.columns) + " columns of " + std::to_string(n) + " rows");
  for (const auto& e : in.effects) same(e.size(), "effects");
  for (const auto& c : in.clusters) same(c.size(), "clusters");
  if (!in.weight.empty()) same(in.weight.size(), "weight");
  if (!in.offset.empty()) same(in.offset.size(), "offset");
  if (n == 0) throw error(errc::out_of_domain, "market::gravity: there is no row");
  if (n >= 0xffffffffu) throw error(errc::out_of_domain, "market::gravity: " + std::to_string(n) + " rows, at most 4294967294 are possible");
  if (set.errors == gravity_errors::cluster && (in.clusters.empty() || in.clusters.size() > 2))
    throw error(errc::out_of_domain, "market::gravity: " + std::to_string(in.clusters.size()) + " clusters, wanted one or two");
  if (!(set.tolerance > 0)) throw error(errc::out_of_domain, "market::gravity: tolerance " + std::to_string(set.tolerance) + ", wanted above 0");
  bool any = false;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(in.value[i])) throw error(errc::not_finite, "market::gravity: value in row " + std::to_string(i) + " is not a finite number");
    if (in.value[i] < 0) throw error(errc::out_of_domain, "market::gravity: value " + std::to_string(in.value[i]) + " in row " + std::to_string(i) + " is below 0");
    any = any || in.value[i] > 0;
    if (!in.weight.empty() && !(in.weight[i] > 0 && std::isfinite(in.weight[i])))
      throw error(errc::out_of_domain, "market::gravity: weight " + std::to_string(in.weight[i]) + " in row " + std::to_string(i) + ", wanted above 0");
    if (!in.offset.empty() && !std::isfinite(in.offset[i])) throw error(errc::not_finite, "market::gravity: offset in row " + std::to_string(i) + " is not a finite number");
  }
  for (std::size_t i = 0; i < in.regressors.size(); ++i)
    if (!std::isfinite(in.regressors[i]))
      throw error(errc::not_finite, "market::gravity: regressor " + std::to_string(i / n) + " in row " + std::to_string(i % n) + " is not a finite number");
  if (!any) throw error(errc::out_of_domain, "market::gravity: every value is 0: there is no trade to explain");
}

/// Drops rows of levels without any trade, until every level left has some. Costs O(rows) a round.
inline void drop_empty(const gravity_input& in, const std::vector<std::size_t>& levels, std::vector<gravity_drop>& drop) {
  for (bool again = true; again;) {
    again = false;
    for (std::size_t e = 0; e < in.effects.size(); ++e) {
      std::vector<char> trade(levels[e], 0);
      for (std::size_t i = 0; i < drop.size(); ++i)
        if (drop[i] == gravity_drop::kept && in.value[i] > 0) trade[in.effects[e][i]] = 1;
      for (std::size_t i = 0; i < drop.size(); ++i)
        if (drop[i] == gravity_drop::kept && !trade[in.effects[e][i]]) drop[i] = gravity_drop::empty_effect, again = true;
    }
  }
}

/// Kept rows in an order that does not depend on the caller's: by effects, equal ones by their values.
[[nodiscard]] inline gravity_rows sorted_rows(const gravity_input& in, const std::vector<std::size_t>& levels, const std::vector<gravity_drop>& drop, unsigned threads) {
  gravity_rows out;
  const std::size_t n = drop.size(), effects = in.effects.size();
  out.order.resize(effects);
  std::iota(out.order.begin(), out.order.end(), std::size_t{0});
  std::stable_sort(out.order.begin(), out.order.end(), [&](std::size_t a, std::size_t b) { return levels[a] > levels[b]; });
  for (std::size_t i = 0; i < n; ++i)
    if (drop[i] == gravity_drop::kept) out.origin.push_back(static_cast<std::uint32_t>(i));
  std::vector<std::uint32_t> next(out.origin.size());
  for (std::size_t o = effects; o-- > 0;) {  // least important first
    const auto& level = in.effects[out.order[o]];
    std::vector<std::uint32_t> count(levels[out.order[o]] + 1, 0);
    for (const std::uint32_t i : out.origin) ++count[level[i] + 1];
    std::partial_sum(count.begin(), count.end(), count.begin());
    for (const std::uint32_t i : out.origin) next[count[level[i]]++] = i;
    out.origin.swap(next);
  }
  const auto equal = [&](std::uint32_t a, std::uint32_t b) {
    for (const auto& e : in.effects)
      if (e[a] != e[b]) return false;
    return true;
  };
  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    if (in.value[a] != in.value[b]) return in.value[a] < in.value[b];
    for (std::size_t c = 0; c < in.columns; ++c)
      if (in.regressors[c * n + a] != in.regressors[c * n + b]) return in.regressors[c * n + a] < in.regressors[c * n + b];
    if (!in.weight.empty() && in.weight[a] != in.weight[b]) return in.weight[a] < in.weight[b];
    return !in.offset.empty() && in.offset[a] < in.offset[b];
  };
  for (std::size_t i = 0; i < out.origin.size();) {
    std::size_t j = i + 1;
    while (j < out.origin.size() && equal(out.origin[i], out.origin[j])) ++j;
    if (j - i > 1) std::sort(out.origin.begin() + static_cast<std::ptrdiff_t>(i), out.origin.begin() + static_cast<std::ptrdiff_t>(j), less);
    i = j;
  }
  effect_rows& r = out.rows;
  r.n = out.origin.size();
  r.threads = threads;
  r.others = effects > 0 ? effects - 1 : 0;
  out.start.assign(std::max<std::size_t>(1, effects), 0);
  for (std::size_t o = 1; o < effects; ++o) out.start[o] = r.levels, r.levels += levels[out.order[o]];
  if (effects == 0) {
    r.run = {0, static_cast<std::uint32_t>(r.n)};
  } else {
    r.run.assign(levels[out.order[0]] + 1, 0);
    for (const std::uint32_t i : out.origin) ++r.run[in.effects[out.order[0]][i] + 1];
    std::partial_sum(r.run.begin(), r.run.end(), r.run.begin());
  }
  r.other.resize(r.n * r.others);
  for (std::size_t i = 0; i < r.n; ++i)
    for (std::size_t o = 1; o < effects; ++o) r.other[i * r.others + o - 1] = static_cast<std::uint32_t>(out.start[o] + in.effects[out.order[o]][out.origin[i]]);
  r.cut();
  return out;
}

/// Connected parts of runs and levels (two effects), over the rows where keep(i). Part of a run; runs without rows: nobody's.
template <class Keep>
[[nodiscard]] inline std::vector<std::uint32_t> parts_of(const effect_rows& r, Keep&& keep) {
  std::vector<std::uint32_t> parent(r.runs() + r.levels);
  std::iota(parent.begin(), parent.end(), 0u);
  const auto root = [&](std::uint32_t x) {
    while (parent[x] != x) x = parent[x] = parent[parent[x]];
    return x;
  };
  for (std::size_t run = 0; run < r.runs(); ++run)
    for (std::size_t i = r.run[run]; i < r.run[run + 1]; ++i)
      if (keep(i))
        for (std::size_t e = 0; e < r.others; ++e) {
          const std::uint32_t a = root(static_cast<std::uint32_t>(run)), b = root(static_cast<std::uint32_t>(r.runs() + r.other[i * r.others + e]));
          if (a != b) parent[std::max(a, b)] = std::min(a, b);
        }
  for (std::uint32_t x = 0; x < parent.size(); ++x) parent[x] = root(x);
  return parent;
}
[[nodiscard]] inline std::size_t count_parts(const effect_rows& r, const std::vector<std::uint32_t>& parent) {
  std::size_t parts = 0;
  for (std::size_t run = 0; run < r.runs(); ++run) parts += r.run[run + 1] > r.run[run] && parent[run] == run;
  return parts;
}

/// Inverse of a symmetric positive matrix by Cholesky; columns that the ones before explain are marked and get zeros.
[[nodiscard]] inline std::vector<double> inverse_of(std::vector<double> a, std::size_t k, const std::vector<double>& scale, std::vector<char>& out) {
  std::vector<double> l(k * k, 0.0), inv(k * k, 0.0);
  for (std::size_t j = 0; j < k; ++j) {
    double d = a[j * k + j];
    for (std::size_t m = 0; m < j; ++m) d -= l[j * k + m] * l[j * k + m];
    if (out[j] || !(d > 1e-11 * scale[j])) {
      out[j] = 1;
      continue;
    }
    l[j * k + j] = std::sqrt(d);
    for (std::size_t i = j + 1; i < k; ++i) {
      double s = a[i * k + j];
      for (std::size_t m = 0; m < j; ++m) s -= l[i * k + m] * l[j * k + m];
      l[i * k + j] = s / l[j * k + j];
    }
  }
  for (std::size_t c = 0; c < k; ++c) {
    if (out[c]) continue;
    std::vector<double> y(k, 0.0);
    for (std::size_t i = c; i < k; ++i) {
      if (out[i]) continue;
      double s = i == c ? 1 : 0;
      for (std::size_t m = c; m < i; ++m) s -= l[i * k + m] * y[m];
      y[i] = s / l[i * k + i];
    }
    for (std::size_t i = k; i-- > 0;) {
      if (out[i]) continue;
      double s = y[i];
      for (std::size_t m = i + 1; m < k; ++m) s -= out[m] ? 0 : l[m * k + i] * inv[m * k + c];
      inv[i * k + c] = s / l[i * k + i];
    }
  }
  return inv;
}

/// The columns of the fit in the order of the rows, regressors centred and scaled; the last column is the working variable.
struct gravity_columns {
  std::size_t k = 0;                 // regressors + 1
  std::vector<double> v;             // n x k
  std::vector<double> y, base;       // value / its mean; offset
  std::vector<double> weight;        // empty: 1
  std::vector<double> mean, scale;   // of each regressor
  double unit = 1;                   // mean of the values
};
[[nodiscard]] inline gravity_columns columns_of(const gravity_input& in, const gravity_rows& g) {
  gravity_columns out;
  const std::size_t n = g.rows.n, all = in.value.size(), p = in.columns;
  out.k = p + 1;
  out.v.resize(n * out.k);
  out.y.resize(n);
  out.mean.resize(p), out.scale.resize(p);
  running_sum total;
  for (std::size_t i = 0; i < n; ++i) total.add(out.y[i] = in.value[g.origin[i]]);
  out.unit = total.value() / static_cast<double>(n);
  for (double& y : out.y) y /= out.unit;
  for (std::size_t c = 0; c < p; ++c) {
    const double* x = in.regressors.data() + c * all;
    running_sum sum, square;
    for (std::size_t i = 0; i < n; ++i) sum.add(x[g.origin[i]]);
    const double m = out.mean[c] = sum.value() / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) square.add((x[g.origin[i]] - m) * (x[g.origin[i]] - m));
    const double sd = std::sqrt(square.value() / static_cast<double>(n));
    out.scale[c] = sd > 1e-12 * std::abs(m) && sd > 0 ? sd : 0;
    const double inverse = out.scale[c] > 0 ? 1 / sd : 0;
    for (std::size_t i = 0; i < n; ++i) out.v[i * out.k + c] = (x[g.origin[i]] - m) * inverse;
  }
  if (!in.offset.empty()) {
    out.base.resize(n);
    for (std::size_t i = 0; i < n; ++i) out.base[i] = in.offset[g.origin[i]];
  }
  if (!in.weight.empty()) {
    out.weight.resize(n);
    for (std::size_t i = 0; i < n; ++i) out.weight[i] = in.weight[g.origin[i]];
  }
  return out;
}

/// Regressors that effects and earlier regressors explain on the rows of positive weight w.
[[nodiscard]] inline std::vector<char> explained(const gravity_rows& g, const gravity_columns& col, effect_work& work, const std::vector<double>& w) {
  project_out(g.rows, work, w.data(), col.v.data(), 1e-9);
  const std::size_t p = col.k - 1;
  std::vector<double> a(p * p), scale(p, 0.0);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) a[i * p + j] = work.gram[i * col.k + j];
  for (std::size_t i = 0; i < g.rows.n; ++i)
    for (std::size_t c = 0; c < p; ++c) scale[c] += w[i] * col.v[i * col.k + c] * col.v[i * col.k + c];
  std::vector<char> out(p, 0);
  for (std::size_t c = 0; c < p; ++c) scale[c] *= 10, out[c] = col.scale[c] == 0;
  (void)inverse_of(std::move(a), p, scale, out);
  return out;
}

/// The iterative rectifier: rows of value 0 whose expectation can be driven to 0 at no cost elsewhere. True when it came to an end.
inline bool rectify(const gravity_rows& g, gravity_columns& col, std::vector<char>& separated) {
  const std::size_t n = g.rows.n, p = col.k - 1, k = col.k;
  constexpr double heavy = 1e6, small = 1e-3;
  std::vector<double> w(n), u(n);
  for (std::size_t i = 0; i < n; ++i) w[i] = col.y[i] > 0 ? heavy : 1, u[i] = col.y[i] > 0 ? 0 : 1;
  effect_work work(g.rows, k);
  std::vector<char> out(p, 0);
  std::vector<double> inverse, fit(n);
  separated.assign(n, 0);
  for (int pass = 0; pass < 200; ++pass) {
    for (std::size_t i = 0; i < n; ++i) col.v[i * k + p] = u[i];
    project_out(g.rows, work, w.data(), col.v.data(), 1e-10);
    if (pass == 0) {
      std::vector<double> a(p * p), scale(p, 0.0);
      for (std::size_t i = 0; i < p; ++i)
        for (std::size_t j = 0; j < p; ++j) a[i * p + j] = work.gram[i * k + j];
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < p; ++c) scale[c] += 1e-4 * w[i] * col.v[i * k + c] * col.v[i * k + c] / heavy;
      for (std::size_t c = 0; c < p; ++c) out[c] = col.scale[c] == 0;
      inverse = inverse_of(std::move(a), p, scale, out);
    }
    std::vector<double> b(p, 0.0);
    for (std::size_t i = 0; i < p; ++i)
      for (std::size_t j = 0; j < p; ++j) b[i] += inverse[i * p + j] * work.gram[j * k + p];
    const auto effect = [&](std::size_t run, std::size_t i, std::size_t c) {
      double x = work.first[run * k + c];
      for (std::size_t e = 0; e < g.rows.others; ++e) x += work.level[static_cast<std::size_t>(g.rows.other[i * g.rows.others + e]) * k + c];
      return x;
    };
    double lowest = 0, highest = 0;
    for (std::size_t run = 0; run < g.rows.runs(); ++run)
      for (std::size_t i = g.rows.run[run]; i < g.rows.run[run + 1]; ++i) {
        double x = effect(run, i, p);
        for (std::size_t c = 0; c < p; ++c) x += b[c] * (col.v[i * k + c] - effect(run, i, c));
        fit[i] = std::abs(x) < small ? 0 : x;
        if (col.y[i] > 0) continue;
        lowest = std::min(lowest, fit[i]), highest = std::max(highest, fit[i]);
      }
    if (highest == 0) return true;
    if (lowest == 0) {
      for (std::size_t i = 0; i < n; ++i) separated[i] = col.y[i] == 0 && fit[i] > 0;
      return true;
    }
    for (std::size_t i = 0; i < n; ++i) u[i] = col.y[i] > 0 ? 0 : std::max(0.0, fit[i]);
  }
  return false;
}

}  // namespace detail

/// Gravity equation: expected trade = exp(regressors b + effects), by Poisson pseudo-maximum likelihood.
///
/// Takes   value: trade of 0 or more (any unit); regressors; levels of any number of effects, numbered from 0. Equal rows,
///         zeros and weights are welcome.
/// Gives   coefficients, errors (hetero: sandwich without small-sample factor; cluster: CR1 with G/(G-1), two ways by
///         inclusion and exclusion), effects, expected value of each row, and every row that was left out with its
///         reason: levels without trade, and separated rows (their expectation goes to 0, so no estimate exists with them).
///         Always returns; `converged` says whether the last pass moved the fit by less than the tolerance.
/// Fails   errc::size_mismatch; errc::out_of_domain or errc::not_finite with the row.
/// Costs   about passes x sweeps x rows: 1M rows with two effects take some tenths of a second. Same bits for any order of
///         rows and any number of threads.
/// Source  Santos Silva and Tenreyro (2006), Rev. Econ. Stat. 88, 641; separation: Correia, Guimaraes and Zylkin (2021),
///         "Verifying the existence of maximum likelihood estimates for generalized linear models", iterative rectifier.
/// Beware  with pair effects and few years cluster errors are too small (Weidner and Zylkin 2021).
[[nodiscard]] inline gravity_fit gravity(const gravity_input& in, const gravity_settings& set = {}) {
  detail::check_gravity(in, set);
  gravity_fit out;
  const std::size_t all = in.value.size(), p = in.columns, k = p + 1;
  const std::vector<std::size_t> levels = detail::level_counts(in);
  out.dropped.assign(all, gravity_drop::kept);
  detail::drop_empty(in, levels, out.dropped);
  detail::gravity_rows g = detail::sorted_rows(in, levels, out.dropped, set.threads);
  detail::gravity_columns col = detail::columns_of(in, g);
  std::vector<char> gone(p, 0);
  std::vector<double> w(g.rows.n);
  std::vector<std::uint32_t> part;
  {
    detail::effect_work work(g.rows, k);
    for (std::size_t i = 0; i < g.rows.n; ++i) w[i] = col.y[i] > 0 ? 1 : 0;
    gone = detail::explained(g, col, work, w);
    part = detail::parts_of(g.rows, [](std::size_t) { return true; });
    bool sure = std::none_of(gone.begin(), gone.end(), [](char c) { return c != 0; }) && g.rows.others <= 1;
    if (sure && g.rows.others == 1) {
      const auto traded = detail::parts_of(g.rows, [&](std::size_t i) { return col.y[i] > 0; });
      sure = detail::count_parts(g.rows, part) == detail::count_parts(g.rows, traded);
    }
    if (!sure && set.separation && std::any_of(col.y.begin(), col.y.end(), [](double y) { return y == 0; })) {
      std::vector<char> separated;
      out.rectified = detail::rectify(g, col, separated);
      if (std::any_of(separated.begin(), separated.end(), [](char c) { return c != 0; })) {
        for (std::size_t i = 0; i < g.rows.n; ++i)
          if (separated[i]) out.dropped[g.origin[i]] = gravity_drop::separated;
        detail::drop_empty(in, levels, out.dropped);
        g = detail::sorted_rows(in, levels, out.dropped, set.threads);
        col = detail::columns_of(in, g);
        part = detail::parts_of(g.rows, [](std::size_t) { return true; });
        w.resize(g.rows.n);
      }
    }
    if (!sure) {
      detail::effect_work again(g.rows, k);
      std::fill(w.begin(), w.end(), 1.0);
      for (std::size_t i = 0; i < g.rows.n; ++i) col.v[i * k + p] = 0;
      gone = detail::explained(g, col, again, w);
    }
  }
  const std::size_t n = g.rows.n;
  out.rows = n;
  out.parts = g.rows.others == 1 ? detail::count_parts(g.rows, part) : 1;
  for (std::size_t c = 0; c < p; ++c)
    if (gone[c]) {
      out.collinear.push_back(c);
      for (std::size_t i = 0; i < n; ++i) col.v[i * k + c] = 0;
    }
  for (std::size_t i = 0; i < all; ++i) out.separated += out.dropped[i] == gravity_drop::separated, out.empty += out.dropped[i] == gravity_drop::empty_effect;
  detail::effect_work work(g.rows, k);
  std::vector<double> eta(n), mu(n), b(p, 0.0), step(k, 0.0), inverse, ones(p, 0.0);
  std::vector<double> first(g.rows.runs(), 0.0), level(g.rows.levels, 0.0), first_step(g.rows.runs()), level_step(g.rows.levels);
  double certain = 0;  // the part of the deviance that does not move
  {
    running_sum s;
    for (std::size_t i = 0; i < n; ++i) {
      const double y = col.y[i], t = col.weight.empty() ? 1 : col.weight[i];
      mu[i] = (y + 1) / 2;
      eta[i] = std::log(mu[i]);
      col.v[i * k + p] = eta[i] - (col.base.empty() ? 0 : col.base[i]) + (y - mu[i]) / mu[i];
      w[i] = mu[i] * t;
      if (y > 0) s.add(t * (y * std::log(y) - y));
      out.zeros += y == 0;
    }
    certain = s.value();
  }
  double deviance = std::numeric_limits<double>::infinity(), loose = 1e-2;
  std::vector<double> trial(n);
  for (std::size_t pass = 0; pass < set.passes && !out.converged; ++pass) {
    detail::project_quickly(g.rows, work, w.data(), col.v.data(), loose);
    for (std::size_t c = 0; c < p; ++c) ones[c] = work.gram[c * k + c] * 1e-3;
    std::vector<double> a(p * p);
    for (std::size_t i = 0; i < p; ++i)
      for (std::size_t j = 0; j < p; ++j) a[i * p + j] = work.gram[i * k + j];
    std::vector<char> skip = gone;
    inverse = detail::inverse_of(std::move(a), p, ones, skip);
    for (std::size_t i = 0; i < p; ++i) {
      step[i] = 0;
      for (std::size_t j = 0; j < p; ++j) step[i] += inverse[i * p + j] * work.gram[j * k + p];
    }
    const auto move = [&](const double* from) {
      double x = from[p];
      for (std::size_t c = 0; c < p; ++c) x -= step[c] * from[c];
      return x;
    };
    for (std::size_t l = 0; l < g.rows.levels; ++l) level_step[l] = move(work.level.data() + l * k);
    double factor = 1, found = 0, size = 0;
    const auto others = [&](std::size_t i) {
      double x = 0;
      for (std::size_t e = 0; e < g.rows.others; ++e) x += level_step[g.rows.other[i * g.rows.others + e]];
      return x;
    };
    for (int half = 0; half < 30; ++half, factor /= 2) {
      std::vector<double> part_dev(g.rows.blocks()), part_move(g.rows.blocks()), part_mu(g.rows.blocks());
      g.rows.each_block([&](std::size_t from, std::size_t to, std::size_t blk) {
        double dev = 0, sq = 0, sum = 0;
        for (std::size_t run = from; run < to; ++run) {
          const std::size_t begin = g.rows.run[run], end = g.rows.run[run + 1];
          if (half == 0) {
            double mean = 0;
            for (std::size_t i = begin; i < end; ++i) mean += w[i] * others(i);
            first_step[run] = move(work.first.data() + run * k) - (work.weight_run[run] > 0 ? mean / work.weight_run[run] : 0);
          }
          for (std::size_t i = begin; i < end; ++i) {
            double d = first_step[run] + others(i);
            for (std::size_t c = 0; c < p; ++c) d += step[c] * col.v[i * k + c];
            d *= factor;
            const double x = (pass > 0 ? eta[i] : col.base.empty() ? 0.0 : col.base[i]) + d, m = std::max(std::exp(x), 1e-280), y = col.y[i];
            const double t = col.weight.empty() ? 1 : col.weight[i];
            trial[i] = x, mu[i] = m, w[i] = m * t, col.v[i * k + p] = (y - m) / m;
            dev += t * (m - y * x);
            sq += t * m * d * d;
            sum += t * m;
          }
        }
        part_dev[blk] = dev, part_move[blk] = sq, part_mu[blk] = sum;
      });
      double dev = 0, sq = 0, sum = 0;
      for (std::size_t blk = 0; blk < part_dev.size(); ++blk) dev += part_dev[blk], sq += part_move[blk], sum += part_mu[blk];
      found = 2 * (certain + dev);
      size = std::sqrt(sq / sum);
      if (std::isfinite(found) && (pass == 0 || found <= deviance + 1e-9 * (std::abs(deviance) + 1))) break;
    }
    eta.swap(trial);
    double largest = 0;
    for (std::size_t c = 0; c < p; ++c) b[c] += factor * step[c], largest = std::max(largest, std::abs(factor * step[c]));
    for (std::size_t r = 0; r < first.size(); ++r) first[r] += factor * first_step[r];
    for (std::size_t l = 0; l < level.size(); ++l) level[l] += factor * level_step[l];
    for (std::size_t l = 0; l < g.rows.levels; ++l) work.level[l * k + p] = 0;  // the next working variable starts anew
    out.iterations = pass + 1;
    out.log_step = std::max(largest, size);
    // What is left after a step is its square (Newton) and the part of it that a loose projection missed.
    out.converged = pass > 0 && factor == 1 && out.log_step * (loose + out.log_step) < 0.1 * set.tolerance;
    loose = std::clamp(1e-2 * out.log_step, 1e-4, 1e-2);
    deviance = found;
  }
  out.deviance = deviance * col.unit;
  // Errors, from a tight last projection.
  detail::project_out(g.rows, work, w.data(), col.v.data(), 1e-9);
  out.sweeps = work.passes;
  std::vector<double> a(p * p);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) a[i * p + j] = work.gram[i * k + j];
  for (std::size_t c = 0; c < p; ++c) ones[c] = work.gram[c * k + c] * 1e-3, out.gradient = std::max(std::isnan(out.gradient) ? 0.0 : out.gradient, std::abs(work.gram[c * k + p]) / static_cast<double>(n));
  std::vector<char> skip = gone;
  inverse = detail::inverse_of(std::move(a), p, ones, skip);
  std::vector<double> meat(p * p, 0.0);
  const auto score = [&](std::size_t run, std::size_t i, double* s) {
    const double e = (col.y[i] - mu[i]) * (col.weight.empty() ? 1 : col.weight[i]);
    for (std::size_t c = 0; c < p; ++c) {
      double x = col.v[i * k + c] - work.first[run * k + c];
      for (std::size_t o = 0; o < g.rows.others; ++o) x -= work.level[static_cast<std::size_t>(g.rows.other[i * g.rows.others + o]) * k + c];
      s[c] = e * x;
    }
  };
  if (set.errors == gravity_errors::model) {
    for (double& x : inverse) x /= col.unit;
  } else if (set.errors == gravity_errors::hetero) {
    std::vector<double> parts(g.rows.blocks() * p * p, 0.0);
    g.rows.each_block([&](std::size_t from, std::size_t to, std::size_t blk) {
      std::vector<double> s(p);
      for (std::size_t run = from; run < to; ++run)
        for (std::size_t i = g.rows.run[run]; i < g.rows.run[run + 1]; ++i) {
          score(run, i, s.data());
          for (std::size_t c = 0; c < p; ++c)
            for (std::size_t d = 0; d < p; ++d) parts[(blk * p + c) * p + d] += s[c] * s[d];
        }
    });
    for (std::size_t blk = 0; blk < g.rows.blocks(); ++blk)
      for (std::size_t c = 0; c < p * p; ++c) meat[c] += parts[blk * p * p + c];
  } else {
    std::vector<std::vector<std::uint32_t>> group;  // numbers of the kept rows' clusters
    std::vector<std::size_t> groups;
    const auto numbered = [&](const std::vector<std::uint64_t>& key) {
      std::vector<std::uint64_t> names = key;
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      std::vector<std::uint32_t> number(n);
      for (std::size_t i = 0; i < n; ++i) number[i] = static_cast<std::uint32_t>(std::lower_bound(names.begin(), names.end(), key[i]) - names.begin());
      group.push_back(std::move(number));
      groups.push_back(names.size());
    };
    std::vector<std::uint64_t> key(n, 0);
    for (const auto& c : in.clusters) {
      for (std::size_t i = 0; i < n; ++i) key[i] = c[g.origin[i]];
      numbered(key);
    }
    if (in.clusters.size() == 2) {
      for (std::size_t i = 0; i < n; ++i) key[i] = (std::uint64_t{group[0][i]} << 32) | group[1][i];
      numbered(key);
    }
    out.groups = in.clusters.size() == 2 ? std::min(groups[0], groups[1]) : groups[0];
    const double factor = out.groups > 1 ? static_cast<double>(out.groups) / static_cast<double>(out.groups - 1) : unknown;
    for (std::size_t way = 0; way < group.size(); ++way) {
      std::vector<double> sum(groups[way] * p, 0.0), s(p);
      for (std::size_t run = 0; run < g.rows.runs(); ++run)
        for (std::size_t i = g.rows.run[run]; i < g.rows.run[run + 1]; ++i) {
          score(run, i, s.data());
          for (std::size_t c = 0; c < p; ++c) sum[group[way][i] * p + c] += s[c];
        }
      for (std::size_t q = 0; q < groups[way]; ++q)
        for (std::size_t c = 0; c < p; ++c)
          for (std::size_t d = 0; d < p; ++d) meat[c * p + d] += (way == 2 ? -factor : factor) * sum[q * p + c] * sum[q * p + d];
    }
  }
  out.coefficient.assign(p, unknown), out.standard_error.assign(p, unknown), out.covariance.assign(p * p, unknown);
  double constant = std::log(col.unit);
  for (std::size_t i = 0; i < p; ++i) {
    if (gone[i]) continue;
    out.coefficient[i] = b[i] / col.scale[i];
    constant -= out.coefficient[i] * col.mean[i];
    for (std::size_t j = 0; j < p; ++j) {
      if (gone[j]) continue;
      double v = 0;
      if (set.errors == gravity_errors::model) {
        v = inverse[i * p + j];
      } else {
        for (std::size_t x = 0; x < p; ++x)
          for (std::size_t y = 0; y < p; ++y) v += inverse[i * p + x] * meat[x * p + y] * inverse[y * p + j];
      }
      out.covariance[i * p + j] = v / (col.scale[i] * col.scale[j]);
    }
    const double v = out.covariance[i * p + i];
    if (v < 0) out.uncertain.push_back(i);
    out.standard_error[i] = v >= 0 ? std::sqrt(v) : unknown;
  }
  out.fitted.assign(all, 0.0);
  for (std::size_t i = 0; i < n; ++i) out.fitted[g.origin[i]] = mu[i] * col.unit;
  // Effects: those after the first sum to 0 over the rows of a connected part, the first takes the rest.
  for (double& x : first) x += constant;
  const std::size_t effects = in.effects.size();
  if (g.rows.others == 1) {
    std::vector<double> sum(g.rows.runs() + g.rows.levels, 0.0), count(sum.size(), 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t l = g.rows.other[i], root = part[g.rows.runs() + l];
      sum[root] += level[l], count[root] += 1;
    }
    for (std::size_t l = 0; l < g.rows.levels; ++l) {
      const std::uint32_t root = part[g.rows.runs() + l];
      if (count[root] > 0) level[l] -= sum[root] / count[root];
    }
    for (std::size_t r = 0; r < g.rows.runs(); ++r)
      if (count[part[r]] > 0) first[r] += sum[part[r]] / count[part[r]];
  } else {
    for (std::size_t o = 1; o < effects; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += level[g.rows.other[i * g.rows.others + o - 1]];
      const double mean = sum / static_cast<double>(n);
      for (std::size_t l = 0; l < levels[g.order[o]]; ++l) level[g.start[o] + l] -= mean;
      for (double& x : first) x += mean;
    }
  }
  out.effect.resize(std::max<std::size_t>(1, effects));
  if (effects == 0) out.effect[0] = first;
  for (std::size_t o = 0; o < effects; ++o) {
    const std::size_t e = g.order[o];
    std::vector<double>& to = out.effect[e];
    to.assign(levels[e], unknown);
    std::vector<std::size_t> count(levels[e], 0);
    for (std::size_t i = 0; i < all; ++i) {
      const std::uint32_t l = in.effects[e][i];
      if (out.dropped[i] == gravity_drop::kept) ++count[l];
      else if (std::isnan(to[l])) to[l] = -std::numeric_limits<double>::infinity();
    }
    for (std::size_t l = 0; l < levels[e]; ++l) {
      if (count[l] > 0) to[l] = o == 0 ? first[l] : level[g.start[o] + l];
      out.singles += count[l] == 1;
    }
  }
  return out;
}

/// What happened, in sentences a person can act on.
[[nodiscard]] inline std::string gravity_status(const gravity_fit& fit, std::span<const std::string> names) {
  std::string text = fit.converged ? "converged in " + std::to_string(fit.iterations) + " passes"
                                   : "not converged in " + std::to_string(fit.iterations) + " passes: the last one moved the fit by " + std::to_string(fit.log_step);
  const auto list = [&](const std::vector<std::size_t>& which) {
    std::string out;
    for (const std::size_t c : which) out += (out.empty() ? "'" : ", '") + (c < names.size() ? names[c] : std::to_string(c)) + "'";
    return out;
  };
  if (!fit.collinear.empty()) text += "; left out, since effects and other regressors explain it: " + list(fit.collinear);
  if (fit.empty > 0) text += "; " + std::to_string(fit.empty) + " rows of effects without any trade dropped";
  if (fit.separated > 0) text += "; " + std::to_string(fit.separated) + " separated rows dropped";
  if (!fit.rectified) text += "; the search for separated rows did not end: coefficients may not exist";
  if (fit.singles > 0) text += "; " + std::to_string(fit.singles) + " effects have one row and absorb it";
  if (fit.parts > 1) text += "; the effects fall into " + std::to_string(fit.parts) + " parts that trade does not connect";
  if (!fit.uncertain.empty()) text += "; the two-way cluster variance is below 0 for " + list(fit.uncertain);
  return text;
}

}  // namespace guanxi::market
