#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <guanxi/graph/pagerank.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/weighting.hpp>

namespace guanxi::graph {

/// HITS: customers as hubs, suppliers as authorities; the leading singular vectors of the ties, each side scaled to sum 1.
///
/// Takes   options.weight, options.tol: largest change of a score a step; damping is not used.
/// Gives   error_bound = the last change; with several parts of equal strength the answer is the one near equal scores.
/// Costs   two reads of the ties a step. Source: Kleinberg (1999), JACM 46, 604-632.
[[nodiscard]] inline node_scores hits(const two_sided& g, const walk_options& options = {}) {
  if (!(options.tol > 0)) throw error(errc::out_of_domain, "graph::hits: tol must be above 0");
  const std::vector<double> x = tie_values(g, options.weight);
  node_scores out;
  out.customer.assign(g.customers(), 0.0);
  out.supplier.assign(g.suppliers(), 1.0 / static_cast<double>(std::max<std::size_t>(1, g.suppliers())));
  std::vector<double> last;
  const auto scale = [](std::vector<double>& v) {
    double sum = 0;
    for (const double s : v) sum += s;
    if (sum > 0) for (double& s : v) s /= sum;
  };
  out.converged = false;
  for (; out.steps < options.max_steps && !out.converged; ++out.steps) {
    last = out.supplier;
    for (std::size_t c = 0; c < g.customers(); ++c) {
      double sum = 0;
      for (std::uint64_t e = g.customer.start[c]; e < g.customer.start[c + 1]; ++e) sum += x[e] * out.supplier[g.customer.other[e]];
      out.customer[c] = sum;
    }
    scale(out.customer);
    std::fill(out.supplier.begin(), out.supplier.end(), 0.0);
    for (std::size_t c = 0; c < g.customers(); ++c)
      for (std::uint64_t e = g.customer.start[c]; e < g.customer.start[c + 1]; ++e) out.supplier[g.customer.other[e]] += x[e] * out.customer[c];
    scale(out.supplier);
    out.error_bound = 0;
    for (std::size_t s = 0; s < last.size(); ++s) out.error_bound = std::max(out.error_bound, std::abs(last[s] - out.supplier[s]));
    out.converged = out.error_bound <= options.tol;
  }
  return out;
}

}  // namespace guanxi::graph
