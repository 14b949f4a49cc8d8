#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/market/gravity_passes.hpp>
#include <guanxi/market/gravity_rows.hpp>
#include <guanxi/market/gravity_separation.hpp>

namespace guanxi::market::detail {

/// Coefficients in the caller's units and their covariance, from a tight last projection; gives the constant of the effects.
[[nodiscard]] inline double coefficients_of(const gravity_input& in, const gravity_settings& set, const gravity_rows& g, const gravity_columns& col, gravity_passes& s,
                                            const std::vector<char>& gone, gravity_fit& out) {
  const std::size_t p = in.columns, k = p + 1, n = g.rows.n;
  project_for_errors(g.rows, s.work, s.w.data(), col.v.data(), 1e-7);
  out.sweeps = s.work.passes;
  std::vector<double> a(p * p), ones(p);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) a[i * p + j] = s.work.gram[i * k + j];
  for (std::size_t c = 0; c < p; ++c) {
    ones[c] = s.work.gram[c * k + c] * 1e-3;
    out.gradient = std::max(std::isnan(out.gradient) ? 0.0 : out.gradient, std::abs(s.work.gram[c * k + p]) / static_cast<double>(n));
  }
  std::vector<char> skip = gone;
  std::vector<double> inverse = inverse_of(std::move(a), p, ones, skip);
  std::vector<double> meat(p * p, 0.0);
  const auto score = [&](std::size_t run, std::size_t i, double* to) {
    const double e = (col.y[i] - s.mu[i]) * (col.weight.empty() ? 1 : col.weight[i]);
    for (std::size_t c = 0; c < p; ++c) {
      double x = col.v[i * k + c] - s.work.first[run * k + c];
      for (std::size_t o = 0; o < g.rows.others; ++o) x -= s.work.level[static_cast<std::size_t>(g.rows.other[i * g.rows.others + o]) * k + c];
      to[c] = e * x;
    }
  };
  if (set.errors == gravity_errors::model) {
    for (double& x : inverse) x /= col.unit;
  } else if (set.errors == gravity_errors::hetero) {
    std::vector<double> parts(g.rows.blocks() * p * p, 0.0);
    g.rows.each_block([&](std::size_t from, std::size_t to, std::size_t blk) {
      std::vector<double> one(p);
      for (std::size_t run = from; run < to; ++run)
        for (std::size_t i = g.rows.run[run]; i < g.rows.run[run + 1]; ++i) {
          score(run, i, one.data());
          for (std::size_t c = 0; c < p; ++c)
            for (std::size_t d = 0; d < p; ++d) parts[(blk * p + c) * p + d] += one[c] * one[d];
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
      std::vector<double> sum(groups[way] * p, 0.0), one(p);
      for (std::size_t run = 0; run < g.rows.runs(); ++run)
        for (std::size_t i = g.rows.run[run]; i < g.rows.run[run + 1]; ++i) {
          score(run, i, one.data());
          for (std::size_t c = 0; c < p; ++c) sum[group[way][i] * p + c] += one[c];
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
    out.coefficient[i] = s.b[i] / col.scale[i];
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
  return constant;
}

}  // namespace guanxi::market::detail
