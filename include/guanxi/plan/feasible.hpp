#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <guanxi/plan/dual.hpp>
#include <guanxi/plan/problem.hpp>

namespace guanxi::plan::detail {

/// Whether shares of levels (and so, nearly, whole levels) can keep all rows together, and if not, by how much they
/// miss.
struct relaxation {
  double least = 0.0;          // smallest sum over rows of (miss / amount); > 0 proves that no plan keeps all rows
  std::vector<double> weight;  // D, 0..1: rows in the proof have a weight > 0
  std::vector<double> raise;   // D: how much each row must give way in that cheapest mix, in its unit
};

/// Phase one of the plan by cutting planes: prices of a book without gains are a Farkas proof where the bound is
/// negative.
///
/// Source  Farkas (1902); F(l) = sum_i min_j l'c_ij - l'b over 0 <= l_d amount_d <= 1: F > 0 anywhere proves
/// infeasibility.
inline relaxation least_relaxation(const problem& p) {
  const std::size_t dims = p.rows.size();
  problem q;
  q.n = p.n;
  q.k = p.k;
  q.start = p.start;
  q.cost = p.cost;
  q.of_class = p.of_class;
  q.classes = p.classes;
  q.rows = p.rows;
  q.threads = p.threads;
  q.base_use = p.base_use;
  q.own = std::make_unique<problem::storage>();
  q.own->value.assign(p.value.size(), 0.0);
  q.value = q.own->value;
  const std::vector<double> low(dims, 0.0), high(dims, 1.0);
  std::vector<double> l(dims);
  std::vector<std::vector<double>> uses;
  std::vector<cut> cuts;
  relaxation out;
  out.weight.assign(dims, 0.0);
  out.raise.assign(dims, 0.0);
  for (std::size_t d = 0; d < dims; ++d) l[d] = 0.5 / p.rows[d].scale;
  tally sum;
  double best = 0.0;
  for (std::size_t step = 0; step < 100 + 30 * dims; ++step) {
    pass(q, l, 0.0, sum);
    cut c;
    gradient(q, sum.use, c.slope);
    c.offset = sum.exact;
    for (std::size_t d = 0; d < dims; ++d) c.offset -= c.slope[d] * l[d] * q.rows[d].scale;
    std::vector<double> use(dims);
    for (std::size_t d = 0; d < dims; ++d) use[d] = row_use(q, q.rows[d], sum.use);
    cuts.push_back(std::move(c));
    uses.push_back(std::move(use));
    if (sum.exact < best) {
      best = sum.exact;
      for (std::size_t d = 0; d < dims; ++d) out.weight[d] = l[d] * q.rows[d].scale;
    }
    const lowest master = lowest_point(cuts, low, high);
    for (std::size_t d = 0; d < dims; ++d) {
      double mix = 0.0, all = 0.0;
      for (std::size_t j = 0; j < uses.size(); ++j) mix += master.weight[j] * uses[j][d], all += master.weight[j];
      out.raise[d] = all > 0.0 ? std::max(0.0, q.rows[d].sign * (mix / all - q.rows[d].amount)) : 0.0;
    }
    if (master.height >= -1e-12 || best - master.height <= 1e-10) break;
    for (std::size_t d = 0; d < dims; ++d) l[d] = master.y[d] / q.rows[d].scale;
  }
  out.least = std::max(0.0, -best);
  return out;
}

}  // namespace guanxi::plan::detail
