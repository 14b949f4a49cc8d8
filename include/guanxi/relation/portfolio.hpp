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
#include <guanxi/base/special.hpp>

namespace guanxi::relation {

/// Cells of a portfolio matrix; cell numbers run with the last axis fastest.
struct portfolio_cells {
  std::size_t cells = 0;
  std::vector<std::uint16_t> cell;      // accounts
  std::vector<double> p;                // accounts x cells: chance of each cell
  std::vector<double> nearest;          // standard errors to the nearest cut; infinite where the value is exact
  std::vector<std::uint8_t> near_axis;  // the axis of that cut
  double doubtful = 0.0;                // part of the accounts whose likeliest cell has less than 0.9
};

/// Portfolio matrix: axes, cuts on each, a cell an account, and how sure the cell is.
///
/// Takes   axes: accounts x k by rows, k = 1 .. 4; errors: their standard errors in the same shape, 0 = exact, or
/// empty;
///         cuts: one ascending list an axis. Errors are taken as normal and independent of one another.
/// Gives   cell: lower bound is inside (value at a cut lies above it); chances by products of normal probabilities.
/// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_order (cuts that do not ascend), errc::out_of_domain.
/// Costs   O(accounts x cells).
/// Source  Fiocca (1982), Krapfel, Salmond and Spekman (1991), Kraljic (1983), Zolkewski and Turnbull (2002) are tables
/// of
///         names over such cells.
/// Beware  cuts taken from this year's book move with it; keep last year's, so that a move means something.
[[nodiscard]] inline portfolio_cells portfolio(std::span<const double> axes, std::span<const double> errors,
                                               std::span<const std::vector<double>> cuts) {
  const std::size_t k = cuts.size();
  if (k < 1 || k > 4)
    throw error(errc::out_of_domain, "relation::portfolio: " + std::to_string(k) + " axes, want 1 to 4");
  if (axes.size() % k != 0 || (!errors.empty() && errors.size() != axes.size())) {
    throw error(errc::size_mismatch, "relation::portfolio: 'axes' has " + std::to_string(axes.size()) +
                                         " entries and 'errors' " + std::to_string(errors.size()) + " for " +
                                         std::to_string(k) + " axes");
  }
  portfolio_cells out;
  out.cells = 1;
  for (std::size_t j = 0; j < k; ++j) {
    for (std::size_t i = 0; i < cuts[j].size(); ++i) {
      if (!std::isfinite(cuts[j][i]) || (i > 0 && !(cuts[j][i] > cuts[j][i - 1])))
        throw error(errc::out_of_order, "relation::portfolio: 'cuts' of axis " + std::to_string(j) + " do not ascend");
    }
    out.cells *= cuts[j].size() + 1;
    if (out.cells > 4096)
      throw error(errc::out_of_domain, "relation::portfolio: more than 4,096 cells; want fewer cuts");
  }
  const std::size_t n = axes.size() / k;
  out.cell.resize(n), out.p.assign(n * out.cells, 0.0), out.nearest.resize(n), out.near_axis.resize(n);
  std::size_t doubtful = 0;
  std::vector<double> part, grown;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t cell = 0;
    double nearest = std::numeric_limits<double>::infinity();
    std::vector<double> p{1.0};
    for (std::size_t j = 0; j < k; ++j) {
      const double x = axes[i * k + j], se = errors.empty() ? 0.0 : errors[i * k + j];
      if (!std::isfinite(x) || !(se >= 0.0) || !std::isfinite(se)) {
        throw error(errc::not_finite,
                    "relation::portfolio: 'axes' or 'errors' is not a number (errors: 0 or more) in row " +
                        std::to_string(i) + ", axis " + std::to_string(j));
      }
      const auto& c = cuts[j];
      const auto box = static_cast<std::size_t>(std::upper_bound(c.begin(), c.end(), x) - c.begin());
      cell = cell * (c.size() + 1) + box;
      part.assign(c.size() + 1, 0.0);
      if (se > 0.0) {
        double below = 0.0;
        for (std::size_t b = 0; b < c.size(); ++b) {
          const double at = normal_cdf((c[b] - x) / se);
          part[b] = at - below, below = at;
          const double away = std::fabs(c[b] - x) / se;
          if (away < nearest) nearest = away, out.near_axis[i] = static_cast<std::uint8_t>(j);
        }
        part[c.size()] = 1.0 - below;
      } else {
        part[box] = 1.0;
      }
      grown.clear();
      for (const double a : p) {
        for (const double b : part) grown.push_back(a * b);
      }
      p.swap(grown);
    }
    out.cell[i] = static_cast<std::uint16_t>(cell), out.nearest[i] = nearest;
    std::copy(p.begin(), p.end(), out.p.begin() + static_cast<std::ptrdiff_t>(i * out.cells));
    doubtful += *std::max_element(p.begin(), p.end()) < 0.9;
  }
  out.doubtful = n > 0 ? static_cast<double>(doubtful) / static_cast<double>(n) : 0.0;
  return out;
}

}  // namespace guanxi::relation
