#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/market/gravity_rows.hpp>
#include <guanxi/market/within.hpp>

namespace guanxi::market {
namespace detail {

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
  // Sums less a value near the mean, block by block: one pass, the same bits for any number of threads.
  constexpr std::size_t block = 32768;
  const std::size_t blocks = (n + block - 1) / block;
  const auto moments = [&](const double* x, double* to, std::size_t stride, double near) {
    std::vector<double> sum(blocks), square(blocks);
    parallel_blocks(n, block, [&](std::size_t from, std::size_t last, std::size_t number) {
      double s[4] = {0, 0, 0, 0}, q[4] = {0, 0, 0, 0};
      for (std::size_t i = from; i < last; ++i) {
        const double d = x[g.origin[i]] - near;
        to[i * stride] = d, s[i % 4] += d, q[i % 4] += d * d;
      }
      sum[number] = (s[0] + s[1]) + (s[2] + s[3]), square[number] = (q[0] + q[1]) + (q[2] + q[3]);
    }, g.rows.threads);
    const double count = static_cast<double>(n), m = std::accumulate(sum.begin(), sum.end(), 0.0) / count;
    return std::pair{m, std::sqrt(std::max(0.0, std::accumulate(square.begin(), square.end(), 0.0) / count - m * m))};
  };
  const auto near_mean = [&](const double* x) {  // of up to 1,000 rows
    double sum = 0;
    const std::size_t few = std::min<std::size_t>(n, 1000), step = n / few;
    for (std::size_t i = 0; i < few; ++i) sum += x[g.origin[i * step]];
    return sum / static_cast<double>(few);
  };
  out.unit = moments(in.value.data(), out.y.data(), 1, 0.0).first;
  std::vector<double> shift(p), inverse(p);
  for (std::size_t c = 0; c < p; ++c) {
    const double* x = in.regressors.data() + c * all;
    const double near = near_mean(x);
    const auto [m, sd] = moments(x, out.v.data() + c, out.k, near);
    shift[c] = m, out.mean[c] = near + m;
    out.scale[c] = sd > 1e-8 * std::abs(m) && sd > 1e-12 * std::abs(out.mean[c]) && sd > 0 ? sd : 0;
    inverse[c] = out.scale[c] > 0 ? 1 / sd : 0;
  }
  parallel_blocks(n, block, [&](std::size_t from, std::size_t last, std::size_t) {
    for (std::size_t i = from; i < last; ++i) {
      out.y[i] /= out.unit;
      for (std::size_t c = 0; c < p; ++c) out.v[i * out.k + c] = (out.v[i * out.k + c] - shift[c]) * inverse[c];
    }
  }, g.rows.threads);
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
  const std::size_t p = col.k - 1;
  std::vector<double> scale(p, 0.0);
  for (std::size_t i = 0; i < g.rows.n; ++i)
    for (std::size_t c = 0; c < p; ++c) scale[c] += w[i] * col.v[i * col.k + c] * col.v[i * col.k + c];
  const auto check = [&](double least) {
    std::vector<double> a(p * p), floor(p);
    for (std::size_t i = 0; i < p; ++i)
      for (std::size_t j = 0; j < p; ++j) a[i * p + j] = work.gram[i * col.k + j];
    std::vector<char> out(p, 0);
    for (std::size_t c = 0; c < p; ++c) floor[c] = scale[c] * least, out[c] = col.scale[c] == 0;
    (void)inverse_of(std::move(a), p, floor, out);
    return out;
  };
  // A rough projection leaves more than there is: where even a thousandth is far away, nothing is explained.
  project_quickly(g.rows, work, w.data(), col.v.data(), 1e-2);
  std::vector<char> out = check(1e9);
  if (std::none_of(out.begin(), out.end(), [](char c) { return c != 0; })) return out;
  project_out(g.rows, work, w.data(), col.v.data(), 1e-9);
  return check(10);
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
}  // namespace guanxi::market
