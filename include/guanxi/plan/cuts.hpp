#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace guanxi::plan::detail {

/// A plane under a convex function: f(y) >= height + slope'(y - at), kept as offset + slope'y.
struct cut {
  double offset = 0.0;
  std::vector<double> slope;
};

/// Lowest point of the highest plane in a box.
struct lowest {
  double height = -std::numeric_limits<double>::infinity();
  std::vector<double> y;
  std::vector<double> weight;  // of each cut; they sum to one
  bool inside = false;         // no side of the box holds it, other than y = 0: then `height` holds for the whole model
};

namespace cuts_detail {

/// Solves A x = b (A is m x m, row-major, destroyed) with partial pivoting; false when singular.
inline bool solve(std::vector<double>& a, std::vector<double>& b, std::size_t m) {
  for (std::size_t c = 0; c < m; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < m; ++r)
      if (std::abs(a[r * m + c]) > std::abs(a[pivot * m + c])) pivot = r;
    if (std::abs(a[pivot * m + c]) < 1e-300) return false;
    if (pivot != c) {
      for (std::size_t j = c; j < m; ++j) std::swap(a[c * m + j], a[pivot * m + j]);
      std::swap(b[c], b[pivot]);
    }
    for (std::size_t r = c + 1; r < m; ++r) {
      const double f = a[r * m + c] / a[c * m + c];
      if (f == 0.0) continue;
      for (std::size_t j = c; j < m; ++j) a[r * m + j] -= f * a[c * m + j];
      b[r] -= f * b[c];
    }
  }
  for (std::size_t c = m; c-- > 0;) {
    for (std::size_t j = c + 1; j < m; ++j) b[c] -= a[c * m + j] * b[j];
    b[c] /= a[c * m + c];
  }
  return true;
}

}  // namespace cuts_detail

/// Minimum over low <= y <= high of max over cuts of offset + slope'y, by the simplex method on the weights of the
/// cuts.
///
/// Takes   at least one cut; low <= high, D = low.size().
/// Costs   O(D^3 + cuts D) a step, about 2 D steps.
/// Source  the dual of the cutting-plane master; started at the cut that is highest at `low`, always feasible there.
inline lowest lowest_point(std::span<const cut> cuts, std::span<const double> low, std::span<const double> high) {
  // max sum_c a_c w_c - sum_d (high - low)_d s_d   s.t.  sum_c w_c = 1,  -sum_c w_c slope_cd - s_d + t_d = 0,  all >=
  // 0. Columns: cuts, then s (ceiling of the box), then t (floor of the box). Multipliers: the height at u, and u = y -
  // low.
  const std::size_t dims = low.size();
  const std::size_t m = dims + 1;
  const std::size_t count = cuts.size();
  std::vector<double> height(count);
  std::size_t first = 0;
  double top = 0.0;
  for (std::size_t c = 0; c < count; ++c) {
    height[c] = cuts[c].offset;
    for (std::size_t d = 0; d < dims; ++d) height[c] += cuts[c].slope[d] * low[d];
    if (height[c] > height[first]) first = c;
    top = std::max(top, std::abs(height[c]));
  }
  const auto entry = [&](std::size_t column, std::size_t r) -> double {
    if (column < count) return r == dims ? 1.0 : -cuts[column].slope[r];
    if (r == dims) return 0.0;
    if (column < count + dims) return column - count == r ? -1.0 : 0.0;
    return column - count - dims == r ? 1.0 : 0.0;
  };
  const auto worth = [&](std::size_t column) -> double {
    if (column < count) return height[column];
    if (column < count + dims) return -(high[column - count] - low[column - count]);
    return 0.0;
  };
  std::vector<std::size_t> basis(m);
  for (std::size_t d = 0; d < dims; ++d) basis[d] = cuts[first].slope[d] < 0.0 ? count + d : count + dims + d;
  // -slope > 0 for a falling cut needs s_d = -slope; a rising one needs t_d = slope.
  basis[dims] = first;
  std::vector<double> a(m * m), x(m), u(m), move(m);
  lowest out;
  const double tiny = 1e-13 * std::max(top, std::numeric_limits<double>::min());
  for (std::size_t step = 0; step < 50 * m + 200; ++step) {
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t j = 0; j < m; ++j) a[r * m + j] = entry(basis[j], r);
    std::fill(x.begin(), x.end(), 0.0);
    x[dims] = 1.0;
    std::vector<double> copy = a;
    if (!cuts_detail::solve(copy, x, m)) break;
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t j = 0; j < m; ++j) copy[j * m + r] = entry(basis[j], r);  // transposed
    for (std::size_t j = 0; j < m; ++j) u[j] = worth(basis[j]);
    if (!cuts_detail::solve(copy, u, m)) break;
    // worth - u'column > 0 improves
    std::size_t enter = count + 2 * dims;
    double most = tiny;
    const bool careful = step > 20 * m + 50;  // lowest number first, which cannot cycle
    for (std::size_t c = 0; c < count + 2 * dims; ++c) {
      double gain = worth(c);
      if (c < count) {
        gain -= u[dims];
        for (std::size_t d = 0; d < dims; ++d) gain += u[d] * cuts[c].slope[d];
      } else if (c < count + dims) {
        gain += u[c - count];
      } else {
        gain -= u[c - count - dims];
      }
      if (gain > most) {
        enter = c;
        if (careful) break;
        most = gain;
      }
    }
    if (enter == count + 2 * dims) break;
    for (std::size_t r = 0; r < m; ++r) move[r] = entry(enter, r);
    copy = a;
    if (!cuts_detail::solve(copy, move, m)) break;
    std::size_t leave = m;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < m; ++j)
      if (move[j] > 1e-12) {
        const double ratio = std::max(0.0, x[j]) / move[j];
        if (ratio < least || (ratio == least && leave < m && basis[j] < basis[leave])) {
          least = ratio;
          leave = j;
        }
      }
    if (leave == m) break;
    basis[leave] = enter;
  }
  // Read the point. In exact arithmetic 0 <= u <= high - low (the columns s and t price out).
  out.y.resize(dims);
  out.inside = true;
  for (std::size_t d = 0; d < dims; ++d) {
    const double width = high[d] - low[d];
    const double at = std::clamp(u[d], 0.0, width);
    out.y[d] = low[d] + at;
    if (at >= width * (1 - 1e-9) || (at <= width * 1e-9 && low[d] > 0.0)) out.inside = false;
  }
  out.weight.assign(count, 0.0);
  for (std::size_t j = 0; j < m; ++j)
    if (basis[j] < count) out.weight[basis[j]] += std::max(0.0, x[j]);
  double highest = -std::numeric_limits<double>::infinity();
  for (const cut& c : cuts) {
    double at = c.offset;
    for (std::size_t d = 0; d < dims; ++d) at += c.slope[d] * out.y[d];
    highest = std::max(highest, at);
  }
  // A certified floor of the model: any weights that sum to one give one; take these over the box.
  double sum = 0.0;
  for (const double w : out.weight) sum += w;
  double certified = 0.0;
  std::vector<double> slope(dims, 0.0);
  for (std::size_t c = 0; c < count; ++c) {
    if (out.weight[c] == 0.0) continue;
    const double w = out.weight[c] / sum;
    certified += w * height[c];
    for (std::size_t d = 0; d < dims; ++d) slope[d] += w * cuts[c].slope[d];
  }
  for (std::size_t d = 0; d < dims; ++d) certified += std::min(0.0, slope[d] * (high[d] - low[d]));
  out.height = std::min(certified, highest);
  return out;
}

}  // namespace guanxi::plan::detail
