#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/positive_solve.hpp>

namespace guanxi::share {

/// A fitted linear quantile.
struct quantile_fit {
  std::vector<double> b, error;    // by column of x; standard errors
  std::vector<double> covariance;  // of b, row-major
  double loss = 0.0;               // sum of r (q - 1{r < 0})
  double gap = 0.0;                // duality gap over the loss: how far the loss can be from the least one
  bool exact = false;              // b passes through as many rows as it has entries and no move lowers the loss
  int steps = 0;
};

namespace detail {

/// Interior point search for the dual of the quantile regression: max y'a, x'a = (1 - q) x'1, 0 <= a <= 1.
class quantile_search {
 public:
  quantile_search(std::span<const double> y, std::span<const double> x, std::size_t k, double q, unsigned threads)
      : y_(y), x_(x), n_(y.size()), k_(k), q_(q), threads_(threads) {}

  quantile_fit run() {
    quantile_fit out;
    a_.assign(n_, 1.0 - q_);
    s_.assign(n_, q_);
    for (auto* v : {&z_, &w_, &weight_, &right_, &da_, &dz_, &dw_, &xi_}) v->assign(n_, 0.0);
    b_ = least_squares();
    parallel_blocks(
        n_, block,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) {
            // c = -y, dual variable -b: r = c - x (-b)
            double r = -(y_[i] - value(i));
            if (r == 0) r = 0.001;
            z_[i] = std::max(r, 0.0);
            w_[i] = z_[i] - r;
          }
        },
        threads_);
    double gap = duality();
    const double scale = std::max(1e-300, gap);
    while (gap > 1e-11 * scale && out.steps < 60) {
      ++out.steps;
      if (!step()) break;
      gap = duality();
    }
    finish(out, gap);
    return out;
  }

  /// Errors of coefficients that were found elsewhere.
  void errors_at(quantile_fit& out) {
    b_ = out.b;
    out.loss = loss(b_);
    spread(out);
  }

 private:
  static constexpr std::size_t block = 4096;

  [[nodiscard]] double value(std::size_t i) const {
    double v = 0.0;
    for (std::size_t j = 0; j < k_; ++j) v += x_[i * k_ + j] * b_[j];
    return v;
  }

  /// x' diag(weight) x (lower half) and x' (weight * right); weight empty = ones.
  void normal(std::vector<double>& matrix, std::vector<double>& vector, std::span<const double> weight,
              std::span<const double> right, bool with_matrix) const {
    const std::size_t size = k_ * k_ + k_, blocks = (n_ + block - 1) / block;
    std::vector<double> parts(blocks * size, 0.0);
    parallel_blocks(
        n_, block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          double* m = parts.data() + number * size;
          double* v = m + k_ * k_;
          for (std::size_t i = begin; i < end; ++i) {
            const double* row = x_.data() + i * k_;
            const double u = weight.empty() ? 1.0 : weight[i];
            for (std::size_t a = 0; a < k_; ++a) {
              const double ua = u * row[a];
              v[a] += ua * right[i];
              if (with_matrix)
                for (std::size_t c = 0; c <= a; ++c) m[a * k_ + c] += ua * row[c];
            }
          }
        },
        threads_);
    if (with_matrix) matrix.assign(k_ * k_, 0.0);
    vector.assign(k_, 0.0);
    for (std::size_t number = 0; number < blocks; ++number) {
      if (with_matrix)
        for (std::size_t e = 0; e < k_ * k_; ++e) matrix[e] += parts[number * size + e];
      for (std::size_t a = 0; a < k_; ++a) vector[a] += parts[number * size + k_ * k_ + a];
    }
  }

  std::vector<double> least_squares() const {
    std::vector<double> m, v;
    normal(m, v, {}, y_, true);
    return solve_positive(m, v, k_);
  }

  [[nodiscard]] double duality() const {
    return parallel_sum(
        n_, block,
        [&](std::size_t begin, std::size_t end) {
          double sum = 0.0;
          for (std::size_t i = begin; i < end; ++i) sum += z_[i] * a_[i] + w_[i] * s_[i];
          return sum;
        },
        threads_);
  }

  struct lengths {
    double primal = 1e20, dual = 1e20;
  };

  /// Longest steps that keep a, s, z and w positive.
  [[nodiscard]] lengths longest() const {
    std::vector<lengths> part((n_ + block - 1) / block);
    parallel_blocks(
        n_, block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          lengths& l = part[number];
          for (std::size_t i = begin; i < end; ++i) {
            if (da_[i] < 0) l.primal = std::min(l.primal, -a_[i] / da_[i]);
            if (da_[i] > 0) l.primal = std::min(l.primal, s_[i] / da_[i]);
            if (dz_[i] < 0) l.dual = std::min(l.dual, -z_[i] / dz_[i]);
            if (dw_[i] < 0) l.dual = std::min(l.dual, -w_[i] / dw_[i]);
          }
        },
        threads_);
    lengths out;
    for (const lengths& l : part) out.primal = std::min(out.primal, l.primal), out.dual = std::min(out.dual, l.dual);
    out.primal = std::min(0.9995 * out.primal, 1.0);
    out.dual = std::min(0.9995 * out.dual, 1.0);
    return out;
  }

  template <class Body>
  void each(Body&& body) {
    parallel_blocks(
        n_, block,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) body(i);
        },
        threads_);
  }

  /// One predictor and corrector step of Mehrotra.
  bool step() {
    std::vector<double> matrix, vector;
    each([&](std::size_t i) {
      weight_[i] = 1.0 / (z_[i] / a_[i] + w_[i] / s_[i]);
      right_[i] = z_[i] - w_[i];
    });
    normal(matrix, vector, weight_, right_, true);
    cholesky(matrix, k_);
    std::vector<double> db = solve_factored(matrix, vector, k_);
    const auto moved = [&](std::size_t i) {
      double v = 0.0;
      for (std::size_t j = 0; j < k_; ++j) v += x_[i * k_ + j] * db[j];
      return v;
    };
    each([&](std::size_t i) {
      da_[i] = weight_[i] * (moved(i) - right_[i]);
      dz_[i] = -z_[i] * (1.0 + da_[i] / a_[i]);
      dw_[i] = -w_[i] * (1.0 - da_[i] / s_[i]);
    });
    lengths go = longest();
    if (std::min(go.primal, go.dual) < 1.0) {
      const double mu = duality();
      const double there = parallel_sum(
          n_, block,
          [&](std::size_t begin, std::size_t end) {
            double sum = 0.0;
            for (std::size_t i = begin; i < end; ++i)
              sum += (z_[i] + go.dual * dz_[i]) * (a_[i] + go.primal * da_[i]) +
                     (w_[i] + go.dual * dw_[i]) * (s_[i] - go.primal * da_[i]);
            return sum;
          },
          threads_);
      const double ratio = there / mu, target = mu * ratio * ratio * ratio / (2.0 * static_cast<double>(n_));
      each([&](std::size_t i) {
        // xi holds what the second order adds to the right side
        const double dadz = da_[i] * dz_[i], dsdw = -da_[i] * dw_[i];
        dz_[i] = dadz / a_[i];
        dw_[i] = dsdw / s_[i];
        xi_[i] = target * (1.0 / a_[i] - 1.0 / s_[i]) - dz_[i] + dw_[i];
        right_[i] -= xi_[i];
      });
      normal(matrix_unused_, vector, weight_, right_, false);
      db = solve_factored(matrix, vector, k_);
      each([&](std::size_t i) {
        const double second_z = dz_[i], second_w = dw_[i];
        da_[i] = weight_[i] * (moved(i) - right_[i]);
        dz_[i] = target / a_[i] - z_[i] - z_[i] / a_[i] * da_[i] - second_z;
        dw_[i] = target / s_[i] - w_[i] + w_[i] / s_[i] * da_[i] - second_w;
      });
      go = longest();
    }
    if (!(go.primal > 1e-10 || go.dual > 1e-10)) return false;
    each([&](std::size_t i) {
      a_[i] += go.primal * da_[i];
      s_[i] -= go.primal * da_[i];
      z_[i] += go.dual * dz_[i];
      w_[i] += go.dual * dw_[i];
    });
    for (std::size_t j = 0; j < k_; ++j) b_[j] -= go.dual * db[j];
    return true;
  }

  [[nodiscard]] double loss(std::span<const double> b) const {
    return parallel_sum(
        n_, block,
        [&](std::size_t begin, std::size_t end) {
          double sum = 0.0;
          for (std::size_t i = begin; i < end; ++i) {
            double r = y_[i];
            for (std::size_t j = 0; j < k_; ++j) r -= x_[i * k_ + j] * b[j];
            sum += r * (q_ - (r < 0 ? 1.0 : 0.0));
          }
          return sum;
        },
        threads_);
  }

  /// The corner next to the interior point: rows whose residual is nearest to 0 are met exactly, if they span.
  [[nodiscard]] std::vector<double> corner() const {
    std::vector<double> off(n_);
    for (std::size_t i = 0; i < n_; ++i) off[i] = std::abs(y_[i] - value(i));
    std::vector<std::size_t> near(n_);
    std::iota(near.begin(), near.end(), std::size_t{0});
    const std::size_t most = std::min(n_, 4 * k_ + 8);
    std::partial_sort(near.begin(), near.begin() + most, near.end(), [&](std::size_t a, std::size_t c) {
      return off[a] < off[c] || (off[a] == off[c] && a < c);
    });
    // Gauss elimination takes the first rows that are independent.
    std::vector<std::vector<double>> kept;
    for (std::size_t m = 0; m < most && kept.size() < k_; ++m) {
      std::vector<double> row(x_.begin() + near[m] * k_, x_.begin() + (near[m] + 1) * k_);
      row.push_back(y_[near[m]]);
      double size = 0.0, left = 0.0;
      for (std::size_t j = 0; j < k_; ++j) size = std::max(size, std::abs(row[j]));
      for (const auto& pivot : kept) {
        const auto at = static_cast<std::size_t>(pivot.back());
        const double f = row[at] / pivot[at];
        for (std::size_t j = 0; j <= k_; ++j) row[j] -= f * pivot[j];
        row[at] = 0.0;
      }
      std::size_t best = 0;
      for (std::size_t j = 0; j < k_; ++j)
        if (std::abs(row[j]) > left) left = std::abs(row[j]), best = j;
      if (left <= 1e-9 * size) continue;
      row.push_back(static_cast<double>(best));
      kept.push_back(std::move(row));
    }
    if (kept.size() < k_) return {};
    std::vector<double> b(k_, 0.0);
    for (std::size_t m = k_; m-- > 0;) {
      const auto at = static_cast<std::size_t>(kept[m].back());
      double v = kept[m][k_];
      for (std::size_t j = 0; j < k_; ++j)
        if (j != at) v -= kept[m][j] * b[j];
      b[at] = v / kept[m][at];
    }
    return b;
  }

  void finish(quantile_fit& out, double gap) {
    out.loss = loss(b_);
    const std::vector<double> edge = corner();
    if (!edge.empty()) {
      const double there = loss(edge);
      if (there <= out.loss * (1.0 + 1e-12)) {
        b_ = edge;
        out.loss = there;
        out.exact = gap <= 1e-7 * std::max(there, 1e-300);
      }
    }
    out.gap = out.loss > 0 ? gap / out.loss : 0.0;
    out.b = b_;
    spread(out);
  }

  /// Powell's sandwich: H^-1 (q (1 - q) x'x) H^-1 with H = sum K(r / h) x x' / h, h by Hall and Sheather.
  void spread(quantile_fit& out) const {
    std::vector<double> r(n_), sorted;
    for (std::size_t i = 0; i < n_; ++i) r[i] = y_[i] - value(i);
    sorted = r;
    const auto at = [&](double p) {
      const auto place = sorted.begin() + std::min(n_ - 1, static_cast<std::size_t>(p * static_cast<double>(n_)));
      std::nth_element(sorted.begin(), place, sorted.end());
      return *place;
    };
    const auto n = static_cast<double>(n_);
    const double u = normal_quantile(q_), f = normal_pdf(u);
    double h = std::pow(n, -1.0 / 3.0) * std::pow(1.959963984540054, 2.0 / 3.0) *
               std::pow(1.5 * f * f / (2.0 * u * u + 1.0), 1.0 / 3.0);
    h = std::min({h, 0.95 * q_, 0.95 * (1.0 - q_)});
    double deviation = 0.0;
    for (const double v : r) deviation += v * v / n;
    const double robust = (at(0.75) - at(0.25)) / 1.349;
    const double scale = std::min(std::sqrt(deviation), robust > 0 ? robust : std::sqrt(deviation));
    const double width = std::max((normal_quantile(q_ + h) - normal_quantile(q_ - h)) * scale, 1e-12);
    std::vector<double> kernel(n_);
    for (std::size_t i = 0; i < n_; ++i) kernel[i] = normal_pdf(r[i] / width) / width;
    std::vector<double> hessian, outer, unused;
    normal(hessian, unused, kernel, r, true);
    normal(outer, unused, {}, r, true);
    cholesky(hessian, k_);
    out.covariance.assign(k_ * k_, 0.0);
    out.error.clear();
    for (std::size_t a = 0; a < k_; ++a)
      for (std::size_t c = a + 1; c < k_; ++c) outer[a * k_ + c] = outer[c * k_ + a];
    std::vector<double> half(k_ * k_);  // H^-1 x'x
    for (std::size_t c = 0; c < k_; ++c) {
      std::vector<double> column(k_);
      for (std::size_t a = 0; a < k_; ++a) column[a] = outer[a * k_ + c];
      column = solve_factored(hessian, column, k_);
      for (std::size_t a = 0; a < k_; ++a) half[a * k_ + c] = column[a];
    }
    for (std::size_t a = 0; a < k_; ++a) {
      std::vector<double> row(half.begin() + a * k_, half.begin() + (a + 1) * k_);
      row = solve_factored(hessian, row, k_);
      for (std::size_t c = 0; c < k_; ++c) out.covariance[a * k_ + c] = q_ * (1.0 - q_) * row[c];
    }
    for (std::size_t a = 0; a < k_; ++a) out.error.push_back(std::sqrt(std::max(0.0, out.covariance[a * k_ + a])));
  }

  std::span<const double> y_, x_;
  std::size_t n_, k_;
  double q_;
  unsigned threads_;
  std::vector<double> b_, a_, s_, z_, w_, weight_, right_, da_, dz_, dw_, xi_, matrix_unused_;
};

/// Many rows: rows that surely lie above or below the plane count only through their sum, so that few are left to search.
/// A plane that has the rows of either sum on their side is the plane of all rows.
/// Source: Portnoy and Koenker (1997), section 5, with the sums' own y in place of a large number.
inline quantile_fit quantile_of_many(std::span<const double> y, std::span<const double> x, std::size_t k, double q,
                                     unsigned threads) {
  const std::size_t n = y.size();
  std::size_t sample = static_cast<std::size_t>(0.75 * std::pow(static_cast<double>(n) * static_cast<double>(k), 2.0 / 3.0)) + 50 * k;
  std::vector<double> r(n), part_y, part_x;
  std::vector<signed char> side(n);  // 0: searched
  const auto take = [&](std::size_t i) {
    part_y.push_back(y[i]);
    part_x.insert(part_x.end(), x.begin() + i * k, x.begin() + (i + 1) * k);
  };
  const auto residual = [&](std::size_t i, const std::vector<double>& b) {
    double v = y[i];
    for (std::size_t j = 0; j < k; ++j) v -= x[i * k + j] * b[j];
    return v;
  };
  for (; 4 * sample < n; sample *= 2) {
    part_y.clear(), part_x.clear();
    for (std::size_t m = 0; m < sample; ++m) take(m * n / sample);
    const quantile_fit first = quantile_search(part_y, part_x, k, q, threads).run();
    parallel_blocks(
        n, 4096,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) {
            double variance = 0.0;
            for (std::size_t a = 0; a < k; ++a) {
              double v = 0.0;
              for (std::size_t c = 0; c < k; ++c) v += first.covariance[a * k + c] * x[i * k + c];
              variance += v * x[i * k + a];
            }
            r[i] = residual(i, first.b) / std::sqrt(std::max(variance, 1e-300));
          }
        },
        threads);
    std::vector<double> sorted = r;
    const double half = 0.5 * static_cast<double>(sample) / static_cast<double>(n);
    const auto at = [&](double p) {
      const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(std::clamp(p, 0.0, 1.0) * static_cast<double>(n - 1));
      std::nth_element(sorted.begin(), place, sorted.end());
      return *place;
    };
    const double low = at(q - half), high = at(q + half);
    for (std::size_t i = 0; i < n; ++i) side[i] = r[i] < low ? -1 : r[i] > high ? 1 : 0;
    for (int round = 0; round < 6; ++round) {
      part_y.clear(), part_x.clear();
      std::vector<double> sums(2 * (k + 1), 0.0);
      for (std::size_t i = 0; i < n; ++i) {
        if (side[i] == 0) {
          take(i);
          continue;
        }
        double* sum = sums.data() + (side[i] > 0 ? k + 1 : 0);
        for (std::size_t j = 0; j < k; ++j) sum[j] += x[i * k + j];
        sum[k] += y[i];
      }
      for (const std::size_t from : {std::size_t{0}, k + 1}) {
        part_x.insert(part_x.end(), sums.begin() + from, sums.begin() + from + k);
        part_y.push_back(sums[from + k]);
      }
      quantile_fit fit = quantile_search(part_y, part_x, k, q, threads).run();
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (side[i] == 0) continue;
        const double now = residual(i, fit.b);
        if ((side[i] > 0) == (now > 0) && now != 0) continue;
        ++wrong;
        side[i] = 0;
      }
      if (wrong == 0) {
        const double gap = fit.gap * fit.loss;
        quantile_search(y, x, k, q, threads).errors_at(fit);
        fit.gap = fit.loss > 0 ? gap / fit.loss : 0.0;
        return fit;
      }
      if (wrong > sample / 4) break;
    }
  }
  return quantile_search(y, x, k, q, threads).run();
}

}  // namespace detail

/// The line (or plane) below which a part q of the values lies: least sum of r (q - 1{r < 0}), r = y - x b.
///
/// Takes   y; x: row-major, rows x k, k = entries of a row (put a column of ones for an intercept), independent columns;
///         q in (0, 1). At least k + 1 rows.
/// Gives   coefficients with standard errors (Powell's sandwich); `exact` when they are a corner of the problem.
/// Fails   errc::size_mismatch, errc::out_of_domain for q outside (0, 1) or values that are not finite.
/// Costs   15 to 30 steps of O(rows k^2), from 20,000 rows on over some (rows k)^(2/3) of them.
/// Source  Koenker and Bassett (1978), Econometrica 46, 33-50; interior points: Portnoy and Koenker (1997), Statistical
///         Science 12, 279-300; errors: Powell (1991), Hall and Sheather (1988).
[[nodiscard]] inline quantile_fit quantile_regression(std::span<const double> y, std::span<const double> x,
                                                      std::size_t k, double q, unsigned threads = 0) {
  if (k == 0 || x.size() != y.size() * k)
    throw error(errc::size_mismatch, "share::quantile_regression: 'x' has " + std::to_string(x.size()) +
                                         " entries, 'y' has " + std::to_string(y.size()) + " for " +
                                         std::to_string(k) + " columns");
  if (!(q > 0 && q < 1))
    throw error(errc::out_of_domain,
                "share::quantile_regression: 'q' is " + std::to_string(q) + ", it must lie between 0 and 1");
  if (y.size() <= k)
    throw error(errc::out_of_domain, "share::quantile_regression: " + std::to_string(y.size()) + " rows for " +
                                         std::to_string(k) + " columns, more rows than columns are needed");
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!(y[i] - y[i] == 0))
      throw error(errc::out_of_domain,
                  "share::quantile_regression: 'y' has " + std::to_string(y[i]) + " at " + std::to_string(i));
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i] - x[i] == 0))
      throw error(errc::out_of_domain, "share::quantile_regression: 'x' has " + std::to_string(x[i]) + " in row " +
                                           std::to_string(i / k));
  return y.size() > 20'000 ? detail::quantile_of_many(y, x, k, q, threads)
                           : detail::quantile_search(y, x, k, q, threads).run();
}

/// Mean of r (q - 1{r < 0}): the loss by which guesses of a quantile are compared.
[[nodiscard]] inline double pinball(std::span<const double> y, std::span<const double> guess, double q) {
  if (guess.size() != y.size())
    throw error(errc::size_mismatch, "share::pinball: 'y' has " + std::to_string(y.size()) + " entries, 'guess' " +
                                         std::to_string(guess.size()));
  double sum = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double r = y[i] - guess[i];
    sum += r * (q - (r < 0 ? 1.0 : 0.0));
  }
  return y.empty() ? unknown : sum / static_cast<double>(y.size());
}

}  // namespace guanxi::share
