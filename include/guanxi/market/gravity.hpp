#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/market/gravity_errors.hpp>
#include <guanxi/market/gravity_passes.hpp>
#include <guanxi/market/gravity_rows.hpp>
#include <guanxi/market/gravity_separation.hpp>
#include <guanxi/market/within.hpp>

namespace guanxi::market {
namespace detail {

/// The effects in the caller's levels: those after the first sum to 0 over the rows of a connected part, the first takes the rest.
inline void effects_of(const gravity_input& in, const gravity_rows& g, const std::vector<std::size_t>& levels, const std::vector<std::uint32_t>& part, double constant,
                       std::vector<double> first, std::vector<double> level, gravity_fit& out) {
  const std::size_t n = g.rows.n, all = in.value.size();
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
  for (std::size_t i = 0; i < n; ++i) out.zeros += col.y[i] == 0;
  detail::gravity_passes fit(g, col, gone);
  fit.run(set, out);
  out.deviance = fit.deviance * col.unit;
  const double constant = detail::coefficients_of(in, set, g, col, fit, gone, out);
  out.fitted.assign(all, 0.0);
  for (std::size_t i = 0; i < n; ++i) out.fitted[g.origin[i]] = fit.mu[i] * col.unit;
  detail::effects_of(in, g, levels, part, constant, std::move(fit.first), std::move(fit.level), out);
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
