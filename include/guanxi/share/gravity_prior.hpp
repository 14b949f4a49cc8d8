#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/share/positive_solve.hpp>
#include <guanxi/share/rake.hpp>

namespace guanxi::share {

/// How gravity_prior learns.
struct gravity_settings {
  double power = 1.3;           // variance of a cell = phi mean^power
  std::size_t landmarks = 192;  // known cells that carry the smooth part; 0 = straight lines only
  int passes = 6;               // Newton steps of the smooth part
  std::uint64_t seed = 0;       // which known cells are landmarks
  unsigned threads = 0;
};

/// A prior for all cells from covariates, known cells and margins.
struct gravity_result {
  std::vector<double> mean;         // customers x suppliers, agrees with the margins
  std::vector<double> coefficient;  // of the standardised covariates, then of their bends
  double phi = 0.0;
  int passes = 0;
};

namespace detail {

/// Covariates with mean 0 and deviation 1 over all cells; a column of more than ten values gets bends at its median and
/// its 80 % point. Cells without a value get the mean.
[[nodiscard]] inline std::vector<double> bent_columns(std::span<const double> covariate, std::size_t cells,
                                                      std::size_t columns, std::size_t& wide) {
  std::vector<std::vector<double>> out;
  const auto standard = [&](std::vector<double> x) {
    double n = 0.0, sum = 0.0, squares = 0.0;
    for (const double v : x)
      if (std::isfinite(v)) n += 1.0, sum += v;
    const double mean = n > 0 ? sum / n : 0.0;
    for (const double v : x)
      if (std::isfinite(v)) squares += (v - mean) * (v - mean);
    const double spread = n > 1 ? std::sqrt(squares / n) : 0.0;
    for (double& v : x) v = std::isfinite(v) && spread > 0 ? (v - mean) / spread : 0.0;
    if (spread > 0) out.push_back(std::move(x));
  };
  for (std::size_t k = 0; k < columns; ++k) {
    std::vector<double> x(cells), sorted;
    for (std::size_t e = 0; e < cells; ++e) {
      x[e] = covariate[e * columns + k];
      if (std::isfinite(x[e])) sorted.push_back(x[e]);
    }
    standard(x);
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> values = sorted;
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() <= 10) continue;
    for (const double part : {0.5, 0.8}) {
      const double bend = sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
      std::vector<double> above(cells);
      for (std::size_t e = 0; e < cells; ++e) above[e] = std::isfinite(x[e]) ? std::max(x[e] - bend, 0.0) : x[e];
      standard(std::move(above));
    }
  }
  wide = out.size();
  std::vector<double> flat(cells * wide);
  for (std::size_t e = 0; e < cells; ++e)
    for (std::size_t k = 0; k < wide; ++k) flat[e * wide + k] = out[k][e];
  return flat;
}

/// Places of customers and suppliers: the first three pairs of singular vectors of the doubly centred first covariate,
/// so that customers near the same suppliers lie near each other. Scaled to a mean square length of 1.
struct places {
  std::vector<double> row, column;  // three numbers each
};

[[nodiscard]] inline places places_of(std::span<const double> z, std::size_t wide, std::size_t rows,
                                      std::size_t columns) {
  std::vector<double> a(rows * columns), row(rows, 0.0), column(columns, 0.0);
  double all = 0.0;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      const double x = a[i * columns + j] = z[(i * columns + j) * wide];
      row[i] += x / static_cast<double>(columns);
      column[j] += x / static_cast<double>(rows);
      all += x / static_cast<double>(rows * columns);
    }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) a[i * columns + j] += all - row[i] - column[j];
  places out{std::vector<double>(rows * 3, 0.0), std::vector<double>(columns * 3, 0.0)};
  random_stream stream(1);
  for (std::size_t d = 0; d < 3; ++d) {
    std::vector<double> u(rows), v(columns);
    for (double& x : v) x = stream.normal();
    double length = 0.0;
    for (int pass = 0; pass < 60; ++pass) {
      const auto unit = [](std::vector<double>& x) {
        double square = 0.0;
        for (const double y : x) square += y * y;
        const double norm = std::sqrt(square);
        for (double& y : x) y = norm > 0 ? y / norm : 0.0;
        return norm;
      };
      for (std::size_t i = 0; i < rows; ++i) u[i] = dot(a.data() + i * columns, v.data(), columns);
      length = unit(u);
      std::fill(v.begin(), v.end(), 0.0);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) v[j] += u[i] * a[i * columns + j];
      unit(v);
    }
    const double root = std::sqrt(length);
    for (std::size_t i = 0; i < rows; ++i) out.row[i * 3 + d] = u[i] * root;
    for (std::size_t j = 0; j < columns; ++j) out.column[j * 3 + d] = v[j] * root;
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) a[i * columns + j] -= length * u[i] * v[j];
  }
  const auto scale = [](std::vector<double>& x) {
    double square = 0.0;
    for (const double y : x) square += y * y;
    const double by = square > 0 ? std::sqrt(static_cast<double>(x.size() / 3) / square) : 0.0;
    for (double& y : x) y *= by;
  };
  scale(out.row);
  scale(out.column);
  return out;
}

inline double nearness(const double* a, const double* b, std::size_t n, double reach) {
  double square = 0.0;
  for (std::size_t k = 0; k < n; ++k) square += (a[k] - b[k]) * (a[k] - b[k]);
  return std::exp(-square / (2.0 * reach * reach));
}

}  // namespace detail

/// What every supplier is expected to sell to every customer, from covariates (distance, size, country), the cells that
/// are known, and the margins: a Poisson gravity model whose customer and supplier effects are held by the margins
/// themselves, then a smooth correction (Gaussian process on landmarks) over like pairs of like customers and like
/// suppliers.
///
/// Takes   amount: customers x suppliers, NaN = not known; row, column: totals of all cells, >= 0; covariate: cells x
///         columns, NaN allowed; allowed: 0 = the pair cannot trade (empty: all may).
/// Gives   expected amounts that meet the margins; known cells are used to learn, and are not put in.
/// Fails   errc::size_mismatch.
/// Costs   O((known + passes * cells) * landmarks + known * landmarks^2) time, 8 B x cells x landmarks memory.
/// Source  Anderson and van Wincoop (2003), AER 93; Santos Silva and Tenreyro (2006); landmarks: Williams and Seeger
///         (2001), NIPS 13. Margins inside the fit are what a plain regression on known cells lacks.
[[nodiscard]] inline gravity_result gravity_prior(std::span<const double> amount, std::span<const double> row,
                                                  std::span<const double> column, std::span<const double> covariate,
                                                  std::size_t covariates, std::span<const std::uint8_t> allowed = {},
                                                  const gravity_settings& settings = {}) {
  const std::size_t n = row.size(), k = column.size(), cells = n * k;
  if (amount.size() != cells || covariate.size() != cells * covariates || (!allowed.empty() && allowed.size() != cells))
    throw error(errc::size_mismatch, "share::gravity_prior: 'amount' has " + std::to_string(amount.size()) +
                                         " entries and 'covariate' " + std::to_string(covariate.size()) + "; " +
                                         std::to_string(n) + " x " + std::to_string(k) + " cells of " +
                                         std::to_string(covariates) + " columns are wanted");
  gravity_result out;
  const auto may = [&](std::size_t e) { return allowed.empty() || allowed[e] != 0; };
  std::size_t wide = 0;
  const std::vector<double> z = detail::bent_columns(covariate, cells, covariates, wide);
  std::vector<std::size_t> known;
  for (std::size_t e = 0; e < cells; ++e)
    if (may(e) && std::isfinite(amount[e]) && row[e / k] > 0 && column[e % k] > 0) known.push_back(e);
  std::vector<double> base(cells, 1.0), shift(cells, 0.0);
  const auto raked = [&](std::span<const double> log_prior) {
    std::vector<double> p(cells);
    for (std::size_t e = 0; e < cells; ++e)
      p[e] = may(e) ? base[e] * std::exp(std::clamp(log_prior[e], -30.0, 30.0)) : 0.0;
    rake_settings s;
    s.tol = 1e-6, s.sweeps = 150, s.threads = settings.threads;
    const rake_result r = rake(dense_matrix{p, n, k}, row, column, s);
    for (std::size_t e = 0; e < cells; ++e) p[e] *= r.row_factor[e / k] * r.column_factor[e % k];
    return p;
  };
  out.mean = raked(shift);
  if (known.empty() || wide == 0) return out;
  // Newton on the columns f of known cells: working weights mean^(2 - power) / phi, prior N(0, 1) of every coefficient.
  const auto learn = [&](const auto& feature, std::size_t width, double power, int passes) {
    std::vector<double> b(width, 0.0), f(width);
    for (int pass = 0; pass < passes; ++pass) {
      double phi = 0.0;
      for (const std::size_t e : known)
        phi += (amount[e] - out.mean[e]) * (amount[e] - out.mean[e]) / std::pow(std::max(out.mean[e], 1e-12), power);
      phi = std::max(phi / static_cast<double>(known.size()), 1e-12);
      std::vector<double> h(width * width, 0.0), g(width, 0.0);
      for (const std::size_t e : known) {
        const double mean = std::max(out.mean[e], 1e-12), w = std::max(std::pow(mean, 2.0 - power) / phi, 1e-8);
        const double* x = feature(e);
        const double target = shift[e] + std::clamp((amount[e] - mean) / mean, -3.0, 3.0);
        for (std::size_t i = 0; i < width; ++i) {
          const double wx = w * x[i];
          g[i] += wx * target;
          double* line = h.data() + i * width;
          for (std::size_t j = 0; j <= i; ++j) line[j] += wx * x[j];
        }
      }
      for (std::size_t i = 0; i < width; ++i) h[i * width + i] += 1.0;
      b = solve_positive(std::move(h), std::move(g), width);
      double move = 0.0;
      for (std::size_t e = 0; e < cells; ++e) {
        const double now = std::clamp(detail::dot(feature(e), b.data(), width), -12.0, 12.0);
        move = std::max(move, std::abs(now - shift[e]));
        shift[e] = now;
      }
      out.mean = raked(shift);
      out.phi = phi;
      ++out.passes;
      if (move < 1e-3) break;
    }
    return b;
  };
  out.coefficient = learn([&](std::size_t e) { return z.data() + e * wide; }, wide, 1.0, 12);
  const std::size_t marks = std::min(settings.landmarks, known.size() / 4);
  if (marks < 8) return out;
  const detail::places place = detail::places_of(z, wide, n, k);
  std::vector<std::size_t> mark = known;
  random_stream stream(settings.seed, 17);
  for (std::size_t i = 0; i < marks; ++i) std::swap(mark[i], mark[i + stream.index(mark.size() - i)]);
  mark.resize(marks);
  const auto like = [&](std::size_t a, std::size_t b) {
    return 0.5 * detail::nearness(&place.row[a / k * 3], &place.row[b / k * 3], 3, 0.5) *
               detail::nearness(&place.column[a % k * 3], &place.column[b % k * 3], 3, 0.5) +
           0.3 * detail::nearness(&z[a * wide], &z[b * wide], wide, 1.0);
  };
  std::vector<double> root(marks * marks);
  for (std::size_t i = 0; i < marks; ++i)
    for (std::size_t j = 0; j <= i; ++j) root[i * marks + j] = like(mark[i], mark[j]) + (i == j ? 1e-6 : 0.0);
  cholesky(root, marks);
  std::vector<double> feature(cells * marks);
  parallel_blocks(
      cells, 512,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t e = begin; e < end; ++e) {
          double* x = feature.data() + e * marks;
          for (std::size_t i = 0; i < marks; ++i)
            x[i] = (like(e, mark[i]) - detail::dot(root.data() + i * marks, x, i)) / root[i * marks + i];
        }
      },
      settings.threads);
  base = out.mean;
  for (double& x : base) x = std::max(x, 1e-300);
  std::fill(shift.begin(), shift.end(), 0.0);
  (void)learn([&](std::size_t e) { return feature.data() + e * marks; }, marks, settings.power, settings.passes);
  return out;
}

}  // namespace guanxi::share
