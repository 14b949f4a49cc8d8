#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <guanxi/relation/chain.hpp>
#include <guanxi/relation/dense.hpp>
#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/ordered_logit.hpp>
#include <guanxi/relation/tier_settings.hpp>

namespace guanxi::relation::detail {

/// Everything that TierModel learns.
struct tier_parameters {
  std::vector<double> initial, moves;
  ordered_moves driven;
  std::vector<emission> laws;
};

/// Density tables of all columns under q.
[[nodiscard]] inline std::vector<density_table> tables_of(const prepared& rows, const tier_parameters& q,
                                                          std::size_t states, unsigned threads) {
  std::vector<density_table> out;
  for (std::size_t c = 0; c < q.laws.size(); ++c) out.push_back(tabulate(q.laws[c], rows.columns[c], states, threads));
  return out;
}

/// Filter and, when asked for, smoother of every row under q.
[[nodiscard]] inline traces trace_rows(const prepared& rows, const tier_parameters& q, bool smooth, unsigned threads) {
  const std::size_t states = q.initial.size();
  const auto tables = tables_of(rows, q, states, threads);
  const chain_view view{q.initial, q.moves, q.driven.covariates > 0 ? &q.driven : nullptr, tables};
  return with_states(states, [&]<std::size_t S>() { return trace<S>(rows, q.laws, view, smooth, threads); });
}

/// The law that nothing is bought, in state 0; other states are left as they are.
inline void set_lost(emission& e) {
  switch (e.kind) {
    case family::poisson:
      e.mean[0] = 1e-10;
      break;
    case family::negative_binomial:
      e.mean[0] = 1e-10, e.spread[0] = 1.0;
      break;
    case family::log_normal:
      e.mean[0] = e.mean[1], e.spread[0] = e.spread[1], e.zero[0] = 1.0;
      break;
    case family::beta:
      e.mean[0] = 0.5, e.spread[0] = 4.0, e.zero[0] = 1.0, e.one[0] = 0.0;
      break;
    default:
      break;
  }
}

/// Probabilities that the chain settles at: pi = pi A. Costs O(S^3). Empty when there is no single such law.
[[nodiscard]] inline std::vector<double> settled(std::span<const double> moves, std::size_t S) {
  std::vector<double> a(S * S), pi(S, 0.0);
  for (std::size_t r = 0; r < S; ++r) {
    for (std::size_t c = 0; c < S; ++c) a[c * S + r] = (r == c ? 1.0 : 0.0) - moves[r * S + c];
  }
  for (std::size_t c = 0; c < S; ++c) a[(S - 1) * S + c] = 1.0;
  pi[S - 1] = 1.0;
  if (!lu_solve(a, pi)) return {};
  double total = 0.0;
  for (double& p : pi) total += p = std::max(p, 1e-300);
  for (double& p : pi) p /= total;
  return pi;
}

/// Derivative of sum g_s log pi_s(A) in A(i, j): pi_i (Z r)_j with r = g / pi, Z = (I - A + 1 pi)^-1.
[[nodiscard]] inline std::vector<double> settled_pull(std::span<const double> g, std::span<const double> pi,
                                                      std::span<const double> moves) {
  const std::size_t S = pi.size();
  std::vector<double> a(S * S), r(S), out(S * S, 0.0);
  for (std::size_t i = 0; i < S; ++i) {
    r[i] = g[i] / pi[i];
    for (std::size_t j = 0; j < S; ++j) a[i * S + j] = (i == j ? 1.0 : 0.0) - moves[i * S + j] + pi[j];
  }
  if (!lu_solve(a, r)) return out;
  for (std::size_t i = 0; i < S; ++i) {
    for (std::size_t j = 0; j < S; ++j) out[i * S + j] = pi[i] * r[j];
  }
  return out;
}

/// Free cells of the rows of transitions, and of the start (row S), as log-ratios to the row's largest cell.
struct ratio {
  std::size_t row, column, base;
};

[[nodiscard]] inline std::vector<ratio> ratios_of(const tier_parameters& q, bool with_start, bool with_moves) {
  const std::size_t S = q.initial.size();
  std::vector<ratio> out;
  for (std::size_t r = with_moves ? 0 : S; r < S + (with_start ? 1 : 0); ++r) {
    const double* a = r == S ? q.initial.data() : q.moves.data() + r * S;
    const auto base = static_cast<std::size_t>(std::max_element(a, a + S) - a);
    for (std::size_t c = 0; c < S; ++c) {
      if (c != base && a[c] > 1e-7) out.push_back({r, c, base});
    }
  }
  return out;
}

[[nodiscard]] inline double ratio_value(const tier_parameters& q, const ratio& f) {
  const double* a = f.row == q.initial.size() ? q.initial.data() : q.moves.data() + f.row * q.initial.size();
  return std::log(a[f.column] / a[f.base]);
}

/// Writes log-ratios back; rows without a free cell stay as they are.
inline void set_ratios(std::span<const ratio> free, std::span<const double> x, tier_parameters& q) {
  const std::size_t S = q.initial.size();
  for (std::size_t r = 0; r <= S; ++r) {
    double total = 0.0;
    std::vector<double> row(S, 0.0);
    bool any = false;
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (free[i].row != r) continue;
      row[free[i].base] = 1.0, row[free[i].column] = std::exp(x[i]), any = true;
    }
    if (!any) continue;
    for (const double v : row) total += v;
    double* into = r == S ? q.initial.data() : q.moves.data() + r * S;
    for (std::size_t c = 0; c < S; ++c) into[c] = row[c] / total;
  }
}

/// All parameters in one vector, for steps of the search.
inline void pack(tier_parameters& q, std::vector<double>& x) {
  x.clear();
  x.insert(x.end(), q.initial.begin(), q.initial.end());
  if (q.driven.covariates > 0) {
    for (auto* v : {&q.driven.threshold, &q.driven.slope, &q.driven.common}) x.insert(x.end(), v->begin(), v->end());
  } else {
    x.insert(x.end(), q.moves.begin(), q.moves.end());
  }
  for (emission& e : q.laws) {
    each_parameter(e, [&](const char*, std::size_t, double value, auto&&) { x.push_back(value); });
    x.insert(x.end(), e.reading.begin(), e.reading.end());
  }
}

/// False when the point is not inside the domain.
[[nodiscard]] inline bool unpack(std::span<const double> x, tier_parameters& q, bool lost) {
  std::size_t at = 0;
  const auto take = [&](std::vector<double>& v, bool positive) {
    bool fine = true;
    for (double& one : v) {
      fine = fine && (!positive || x[at] > 0.0 || (x[at] == 0.0 && one == 0.0));
      one = x[at++];
    }
    return fine;
  };
  bool fine = take(q.initial, true);
  if (q.driven.covariates > 0) {
    (void)take(q.driven.threshold, false), (void)take(q.driven.slope, false), (void)take(q.driven.common, false);
    fine = fine && thresholds_ascend(q.driven);
  } else {
    fine = take(q.moves, true) && fine;
  }
  for (emission& e : q.laws) {
    each_parameter(e, [&](const char*, std::size_t, double, auto&& back) { back(x[at++]); });
    fine = take(e.reading, true) && fine;
    if (lost) set_lost(e);
    for (const double v : e.spread) fine = fine && v > 1e-12 && v <= largest_size * 1e6;
    for (const double v : e.mean) fine = fine && std::isfinite(v);
  }
  return fine && (q.laws.empty() || q.laws[0].kind == family::beta ||
                  std::is_sorted(q.laws[0].mean.begin() + (lost ? 1 : 0), q.laws[0].mean.end()));
}

}  // namespace guanxi::relation::detail
