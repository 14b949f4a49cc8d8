#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi::plan::detail {

inline constexpr std::size_t account_block = 4096;

/// One row of the plan, budget, cap or floor: sign (amount - use) >= 0, the use counted over some classes of accounts.
struct row {
  std::size_t budget = 0;
  double sign = 1.0;  // -1 for a floor
  double amount = 0.0;
  double scale = 1.0;                  // price times scale is money of the size of the plan
  std::vector<std::uint32_t> classes;  // empty: all
};

/// How far a row is broken, in its unit; 0 when kept. Sums of many costs may differ in the last bits from a budget that
/// was summed in another order, so a part in 10^12 is allowed.
inline double broken(const row& r, double use) {
  const double excess = r.sign * (use - r.amount);
  return excess > 1e-12 * std::abs(r.amount) ? excess : 0.0;
}

/// The levels that are still open, by account, and the rows. Accounts of one class pay the same prices.
struct problem {
  std::size_t n = 0;
  std::size_t k = 0;
  std::span<const std::uint64_t> start;
  std::span<const double> value;
  std::span<const double> cost;
  std::span<const std::uint32_t> of_class;  // empty: one class
  std::size_t classes = 1;
  std::vector<row> rows;
  double base_value = 0.0;       // of accounts that are decided and no longer here
  std::vector<double> base_use;  // classes x K
  unsigned threads = 1;

  struct storage {
    std::vector<std::uint64_t> start;
    std::vector<double> value, cost;
    std::vector<std::uint32_t> of_class, account;  // account: number in the problem this one was made of
    std::vector<std::uint64_t> source;             // level row in the problem this one was made of
  };
  std::unique_ptr<storage> own;

  void adopt() {
    n = own->start.size() - 1;
    start = own->start;
    value = own->value;
    cost = own->cost;
    if (classes > 1) of_class = own->of_class;
  }
  [[nodiscard]] std::size_t class_of(std::size_t i) const noexcept { return of_class.empty() ? 0 : of_class[i]; }
};

/// What an account of each class pays for a unit of each budget: classes x K. Floors pay back, so it may be negative.
inline void class_prices(const problem& p, std::span<const double> l, std::vector<double>& out) {
  out.assign(p.classes * p.k, 0.0);
  for (std::size_t d = 0; d < p.rows.size(); ++d) {
    const row& r = p.rows[d];
    if (r.classes.empty())
      for (std::size_t c = 0; c < p.classes; ++c) out[c * p.k + r.budget] += r.sign * l[d];
    else
      for (const std::uint32_t c : r.classes) out[c * p.k + r.budget] += r.sign * l[d];
  }
}

/// Sums of one pass at prices l and temperature t.
struct tally {
  double exact = 0.0;          // L(l): no plan is worth more
  double smooth = 0.0;         // L_t(l), when t > 0
  double best_value = 0.0;     // sum of v over the best levels
  std::vector<double> use;     // classes x K: of the best levels
  std::vector<double> mean;    // classes x K: expected use at temperature t
  std::vector<double> spread;  // classes x K x K: covariance of use, lower triangle
};

namespace pass_detail {

struct block_sums {
  double exact = 0.0, smooth = 0.0, best_value = 0.0;
};

/// One block of accounts. FK: number of budgets when known at compile time, else 0.
template <std::size_t FK>
void run_block(const problem& p, const double* e, double t, std::size_t begin, std::size_t end, block_sums& sums,
               double* use, double* mean, double* spread, std::uint32_t* choice, std::vector<double>& r) {
  const std::size_t k = FK == 0 ? p.k : FK;
  const std::uint64_t first = p.start[begin];
  const std::uint64_t last = p.start[end];
  r.resize(last - first);
  const double* value = p.value.data();
  const double* cost = p.cost.data();
  const auto reduce = [&](std::uint64_t from, std::uint64_t to, const double* price) {
    for (std::uint64_t row = from; row < to; ++row) {
      double net = value[row];
      for (std::size_t b = 0; b < k; ++b) net -= price[b] * cost[row * k + b];
      r[row - first] = net;
    }
  };
  if (p.of_class.empty()) reduce(first, last, e);
  const double cut = -30.0 * t;
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = p.class_of(i) * k;
    const std::uint64_t from = p.start[i];
    const std::uint64_t to = p.start[i + 1];
    if (!p.of_class.empty()) reduce(from, to, e + c);
    std::uint64_t best = from;
    double m = r[from - first];
    double second = -std::numeric_limits<double>::infinity();
    for (std::uint64_t row = from + 1; row < to; ++row) {
      const double x = r[row - first];
      if (x > m || (x == m && value[row] < value[best])) {
        second = m;
        m = x;
        best = row;
      } else if (x > second) {
        second = x;
      }
    }
    sums.exact += m;
    sums.best_value += value[best];
    for (std::size_t b = 0; b < k; ++b) use[c + b] += cost[best * k + b];
    if (choice != nullptr) choice[i] = static_cast<std::uint32_t>(best - from);
    if (t <= 0.0) continue;
    if (second - m < cut) {  // one level is sure
      sums.smooth += m;
      for (std::size_t b = 0; b < k; ++b) mean[c + b] += cost[best * k + b];
      continue;
    }
    double z = 0.0;
    double at[8] = {};
    double square[36] = {};
    for (std::uint64_t row = from; row < to; ++row) {
      const double x = r[row - first] - m;
      if (x < cut) continue;
      const double w = std::exp(x / t);
      z += w;
      const double* own = cost + row * k;
      for (std::size_t b = 0, s = 0; b < k; ++b) {
        at[b] += w * own[b];
        for (std::size_t d = 0; d <= b; ++d, ++s) square[s] += w * own[b] * own[d];
      }
    }
    sums.smooth += m + t * std::log(z);
    for (std::size_t b = 0, s = 0; b < k; ++b) {
      at[b] /= z;
      mean[c + b] += at[b];
      for (std::size_t d = 0; d <= b; ++d, ++s) spread[(c + b) * k + d] += square[s] / z - at[b] * at[d];
    }
  }
}

using block_fn = void (*)(const problem&, const double*, double, std::size_t, std::size_t, block_sums&, double*,
                          double*, double*, std::uint32_t*, std::vector<double>&);

inline block_fn pick(std::size_t k) {
  switch (k) {
    case 1:
      return run_block<1>;
    case 2:
      return run_block<2>;
    case 3:
      return run_block<3>;
    case 4:
      return run_block<4>;
    default:
      return run_block<0>;
  }
}

}  // namespace pass_detail

/// One pass over the open levels: exact bound and use, and for t > 0 the smoothed bound with gradient and curvature.
/// Sums are taken in fixed blocks of accounts, so the bits do not depend on the number of threads.
inline void pass(const problem& p, std::span<const double> l, double t, tally& out,
                 std::span<std::uint32_t> choice = {}) {
  thread_local std::vector<double> e;
  class_prices(p, l, e);
  const std::size_t width = p.classes * p.k;
  const std::size_t blocks = (p.n + account_block - 1) / account_block;
  const bool warm = t > 0.0;
  const std::size_t stride = width * (warm ? 2 + p.k : 1);
  std::vector<pass_detail::block_sums> sums(blocks);
  std::vector<double> parts(blocks * stride, 0.0);
  const auto run = pass_detail::pick(p.k);
  const double* price = e.data();
  parallel_blocks(
      p.n, account_block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        thread_local std::vector<double> scratch;
        double* part = parts.data() + number * stride;
        run(p, price, t, begin, end, sums[number], part, warm ? part + width : nullptr,
            warm ? part + 2 * width : nullptr, choice.empty() ? nullptr : choice.data(), scratch);
      },
      p.threads);
  running_sum exact, smooth, best;
  exact.add(p.base_value);
  smooth.add(p.base_value);
  best.add(p.base_value);
  for (const auto& s : sums) {
    exact.add(s.exact);
    smooth.add(s.smooth);
    best.add(s.best_value);
  }
  const auto total = [&](std::size_t at, const std::vector<double>& base) {
    running_sum sum;
    if (!base.empty()) sum.add(base[at < width ? at : at - width]);
    for (std::size_t b = 0; b < blocks; ++b) sum.add(parts[b * stride + at]);
    return sum.value();
  };
  out.use.resize(width);
  for (std::size_t j = 0; j < width; ++j) out.use[j] = total(j, p.base_use);
  if (warm) {
    out.mean.resize(width);
    out.spread.resize(width * p.k);
    for (std::size_t j = 0; j < width; ++j) out.mean[j] = total(width + j, p.base_use);
    for (std::size_t j = 0; j < width * p.k; ++j) out.spread[j] = total(2 * width + j, {});
  }
  for (std::size_t j = 0; j < p.base_use.size(); ++j) {
    exact.add(-price[j] * p.base_use[j]);
    smooth.add(-price[j] * p.base_use[j]);
  }
  for (std::size_t d = 0; d < p.rows.size(); ++d) {
    exact.add(p.rows[d].sign * l[d] * p.rows[d].amount);
    smooth.add(p.rows[d].sign * l[d] * p.rows[d].amount);
  }
  out.exact = exact.value();
  out.smooth = smooth.value();
  out.best_value = best.value();
}

/// Use of one row from the use by class.
inline double row_use(const problem& p, const row& r, std::span<const double> use) {
  running_sum sum;
  if (r.classes.empty())
    for (std::size_t c = 0; c < p.classes; ++c) sum.add(use[c * p.k + r.budget]);
  else
    for (const std::uint32_t c : r.classes) sum.add(use[c * p.k + r.budget]);
  return sum.value();
}

/// Derivative of the bound by each price times its scale: sign (amount - use) / scale.
inline void gradient(const problem& p, std::span<const double> use, std::vector<double>& out) {
  out.resize(p.rows.size());
  for (std::size_t d = 0; d < p.rows.size(); ++d)
    out[d] = p.rows[d].sign * (p.rows[d].amount - row_use(p, p.rows[d], use)) / p.rows[d].scale;
}

/// Second derivative at temperature t, in scaled prices: D x D.
inline void curvature(const problem& p, std::span<const double> spread, double t, std::vector<double>& out) {
  const std::size_t dims = p.rows.size();
  out.assign(dims * dims, 0.0);
  std::vector<std::vector<char>> in(dims, std::vector<char>(p.classes, 0));
  for (std::size_t d = 0; d < dims; ++d) {
    if (p.rows[d].classes.empty()) in[d].assign(p.classes, 1);
    for (const std::uint32_t c : p.rows[d].classes) in[d][c] = 1;
  }
  for (std::size_t d = 0; d < dims; ++d)
    for (std::size_t q = 0; q <= d; ++q) {
      const std::size_t hi = std::max(p.rows[d].budget, p.rows[q].budget);
      const std::size_t lo = std::min(p.rows[d].budget, p.rows[q].budget);
      double sum = 0.0;
      for (std::size_t c = 0; c < p.classes; ++c)
        if (in[d][c] && in[q][c]) sum += spread[(c * p.k + hi) * p.k + lo];
      sum *= p.rows[d].sign * p.rows[q].sign / (t * p.rows[d].scale * p.rows[q].scale);
      out[d * dims + q] = out[q * dims + d] = sum;
    }
}

}  // namespace guanxi::plan::detail
