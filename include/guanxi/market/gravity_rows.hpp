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
      std::vector<char> trade(levels[e], 0), rows(levels[e], 0);
      for (std::size_t i = 0; i < drop.size(); ++i) {
        const bool kept = drop[i] == gravity_drop::kept;
        rows[in.effects[e][i]] |= kept;
        trade[in.effects[e][i]] |= kept && in.value[i] > 0;
      }
      if (rows == trade) continue;
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
  for (std::size_t run = 0; run < r.runs(); ++run) {
    std::uint32_t a = root(static_cast<std::uint32_t>(run));
    for (std::size_t i = r.run[run]; i < r.run[run + 1]; ++i)
      if (keep(i))
        for (std::size_t e = 0; e < r.others; ++e) {
          const std::uint32_t b = root(static_cast<std::uint32_t>(r.runs() + r.other[i * r.others + e]));
          if (a != b) parent[std::max(a, b)] = std::min(a, b), a = std::min(a, b);
        }
  }
  for (std::uint32_t x = 0; x < parent.size(); ++x) parent[x] = root(x);
  return parent;
}
[[nodiscard]] inline std::size_t count_parts(const effect_rows& r, const std::vector<std::uint32_t>& parent) {
  std::size_t parts = 0;
  for (std::size_t run = 0; run < r.runs(); ++run) parts += r.run[run + 1] > r.run[run] && parent[run] == run;
  return parts;
}

}  // namespace detail
}  // namespace guanxi::market
