#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/dense.hpp>

namespace guanxi::relation {

/// Moves between ordered states driven by covariates: from state s to s' with probability
/// F(mu(s, s') - z'rho_s) - F(mu(s, s' - 1) - z'rho_s), F logistic. Positive rho moves up.
struct ordered_moves {
  std::size_t states = 0, covariates = 0;
  std::vector<double> threshold;  // states x (states - 1), ascending in a row
  std::vector<double> slope;      // states x covariates
  std::vector<double> common;     // covariates: what slopes are shrunk to
  bool absorbing = false;         // state 0 is never left

  /// One row of the transition matrix at covariates z. No digits are lost where two logistics are near each other.
  void row(std::size_t s, std::span<const double> z, double* out) const {
    open_row(s, z, out);
    for (std::size_t k = 0; absorbing && s == 0 && k < states; ++k) out[k] = k == 0 ? 1.0 : 0.0;
  }

  /// The row of the formula, also for an absorbing state.
  void open_row(std::size_t s, std::span<const double> z, double* out) const {
    double eta = 0.0;
    for (std::size_t j = 0; j < covariates; ++j) eta += z[j] * slope[s * covariates + j];
    const double* mu = threshold.data() + s * (states - 1);
    for (std::size_t k = 0; k + 1 < states; ++k) {
      const double a = mu[k] - eta;
      out[k] = logistic(a);
      if (k > 0) out[k] *= logistic(eta - mu[k - 1]) * -std::expm1(mu[k - 1] - mu[k]);
    }
    out[states - 1] = states == 1 ? 1.0 : logistic(eta - mu[states - 2]);
  }
};

/// How the fit of ordered_moves is held together. Covariates are taken as standardised.
struct move_prior {
  double strength = 10.0;  // ridge on slope - common slope, on the summed log-likelihood; 0: every state on its own
  double ridge = 1.0;      // ridge on the common slope (on each slope when strength is 0)
  double cell = 0.01;      // moves added to every cell at z = 0, which keep thresholds apart
};

namespace detail {

/// Log-likelihood of weighted moves out of one state with gradient and curvature in (thresholds, slopes).
struct move_sums {
  double value = 0.0;
  std::vector<double> gradient, information;  // size P and P x P (lower half), information = -Hessian
  explicit move_sums(std::size_t size) : gradient(size), information(size * size) {}
  void add(const move_sums& o) {
    value += o.value;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += o.gradient[i];
    for (std::size_t i = 0; i < information.size(); ++i) information[i] += o.information[i];
  }
};

/// Adds the moves out of state s of one row: weights w[0 .. states - 1] of the states moved to, covariates z.
/// Costs states - 1 exponentials and states logs; the covariates' part once a row, not once a cell.
inline void add_moves(const ordered_moves& m, std::size_t s, const double* w, const double* z, move_sums& out,
                      bool curve) {
  const std::size_t cuts = m.states - 1, p = m.covariates, size = cuts + p;
  const double* mu = m.threshold.data() + s * cuts;
  double eta = 0.0;
  for (std::size_t j = 0; j < p; ++j) eta += z[j] * m.slope[s * p + j];
  std::array<double, 8> f{}, rest{}, cross{};  // F at the thresholds, 1 - F, curvature of (threshold, eta)
  for (std::size_t k = 0; k < cuts; ++k) {
    const double e = std::exp(-std::fabs(mu[k] - eta)), big = 1.0 / (1.0 + e);
    f[k] = mu[k] >= eta ? big : e * big;
    rest[k] = mu[k] >= eta ? e * big : big;
  }
  double pull = 0.0, both = 0.0;
  for (std::size_t k = 0; k <= cuts; ++k) {
    if (w[k] <= 1e-12) continue;
    const bool top = k == cuts, bottom = k == 0;
    const double fa = top ? 1.0 : f[k], ra = top ? 0.0 : rest[k], fb = bottom ? 0.0 : f[k - 1],
                 rb = bottom ? 1.0 : rest[k - 1];
    const double gap = top || bottom ? 1.0 : -std::expm1(mu[k - 1] - mu[k]);
    out.value += w[k] * std::log(fa * rb * gap);
    if (!curve) continue;
    // A = f(a) / P, B = f(b) / P written so that nothing cancels
    const double A = ra / (rb * gap), B = fb / (fa * gap);
    const double haa = w[k] * (A * (ra - fa) - A * A), hbb = w[k] * (-B * (rb - fb) - B * B), hab = w[k] * A * B;
    if (!top) out.gradient[k] += w[k] * A, out.information[k * size + k] -= haa, cross[k] += haa + hab;
    if (!bottom)
      out.gradient[k - 1] -= w[k] * B, out.information[(k - 1) * size + k - 1] -= hbb, cross[k - 1] += hbb + hab;
    if (!top && !bottom) out.information[k * size + k - 1] -= hab;
    const double ends = (top ? 0.0 : haa) + (bottom ? 0.0 : hbb) + (top || bottom ? 0.0 : 2.0 * hab);
    pull += w[k] * ((top ? 0.0 : A) - (bottom ? 0.0 : B));
    both += ends;
  }
  if (!curve) return;
  for (std::size_t j = 0; j < p; ++j) {
    double* row = out.information.data() + (cuts + j) * size;
    out.gradient[cuts + j] -= pull * z[j];
    for (std::size_t k = 0; k < cuts; ++k) row[k] += cross[k] * z[j];
    const double part = both * z[j];
    for (std::size_t i = 0; i <= j; ++i) row[cuts + i] -= part * z[i];
  }
}

/// Expected moves of every row: weight of (from, to) in xi[row * S * S + from * S + to], covariates z[row * p + j].
struct move_data {
  std::span<const double> xi;
  std::span<const double> z;
  std::size_t rows = 0;
};

[[nodiscard]] inline std::vector<move_sums> collect_moves(const ordered_moves& m, const move_data& d, double cell,
                                                          bool curve, unsigned threads) {
  const std::size_t S = m.states, p = m.covariates, size = S - 1 + p;
  const std::size_t block = std::max<std::size_t>(512, d.rows / 64 + 1), blocks = (d.rows + block - 1) / block;
  std::vector<std::vector<move_sums>> part(blocks, std::vector<move_sums>(S, move_sums(size)));
  parallel_blocks(
      d.rows, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        for (std::size_t r = begin; r < end; ++r) {
          const double* w = d.xi.data() + r * S * S;
          for (std::size_t s = m.absorbing ? 1 : 0; s < S; ++s) {
            double any = 0.0;
            for (std::size_t k = 0; k < S; ++k) any += w[s * S + k];
            if (any > 1e-12) add_moves(m, s, w + s * S, d.z.data() + r * p, part[number][s], curve);
          }
        }
      },
      threads);
  std::vector<move_sums> total(S, move_sums(size));
  for (const auto& one : part) {
    for (std::size_t s = 0; s < S; ++s) total[s].add(one[s]);
  }
  const std::vector<double> middle(p, 0.0), added(S, cell);
  for (std::size_t s = 0; s < S; ++s) {
    add_moves(m, s, added.data(), middle.data(), total[s], curve);
  }
  return total;
}

[[nodiscard]] inline double move_penalty(const ordered_moves& m, const move_prior& prior) {
  double total = 0.0;
  for (std::size_t j = 0; j < m.covariates; ++j) {
    if (prior.strength > 0.0) total += 0.5 * prior.ridge * m.common[j] * m.common[j];
    for (std::size_t s = 0; s < m.states; ++s) {
      const double away = m.slope[s * m.covariates + j] - (prior.strength > 0.0 ? m.common[j] : 0.0);
      total += 0.5 * (prior.strength > 0.0 ? prior.strength : prior.ridge) * away * away;
    }
  }
  return total;
}

/// What the prior subtracts from the log-likelihood, the added moves included.
[[nodiscard]] inline double move_log_prior(const ordered_moves& m, const move_prior& prior) {
  double total = -move_penalty(m, prior);
  std::vector<double> row(m.states), middle(m.covariates, 0.0);
  for (std::size_t s = 0; s < m.states; ++s) {
    m.open_row(s, middle, row.data());
    for (const double q : row) total += prior.cell * std::log(q);
  }
  return total;
}

[[nodiscard]] inline bool thresholds_ascend(const ordered_moves& m) {
  for (std::size_t s = 0; s < m.states; ++s) {
    for (std::size_t k = 1; k + 1 < m.states; ++k) {
      if (!(m.threshold[s * (m.states - 1) + k] > m.threshold[s * (m.states - 1) + k - 1])) return false;
    }
  }
  return true;
}

/// Newton with step halving on the concave penalised log-likelihood. Gives the norm of the last gradient (largest
/// entry) and, when asked for, the factor of the joint information.
struct move_fit {
  double value = 0.0, gradient = 0.0;
  int passes = 0;
  std::vector<double> information;  // joint, in the order thresholds (states x cuts), slopes (states x p), common (p)
};

inline move_fit fit_moves(ordered_moves& m, const move_data& d, const move_prior& prior, int most, unsigned threads,
                          bool keep = false) {
  const std::size_t S = m.states, p = m.covariates, cuts = S - 1, own = cuts + p;
  const bool shared = prior.strength > 0.0 && p > 0;
  const std::size_t size = S * own + (shared ? p : 0), to = S * own;
  move_fit out;
  const auto objective = [&](const std::vector<move_sums>& sums) {
    double total = -move_penalty(m, prior);
    for (const auto& one : sums) total += one.value;
    return total;
  };
  for (out.passes = 0; out.passes < most; ++out.passes) {
    const auto sums = collect_moves(m, d, prior.cell, true, threads);
    out.value = objective(sums);
    std::vector<double> g(size), h(size * size);
    for (std::size_t s = 0; s < S; ++s) {
      const std::size_t at = s * own;
      for (std::size_t i = 0; i < own; ++i) {
        g[at + i] = sums[s].gradient[i];
        for (std::size_t j = 0; j <= i; ++j) h[(at + i) * size + at + j] = sums[s].information[i * own + j];
      }
      for (std::size_t j = 0; j < p; ++j) {
        const std::size_t k = at + cuts + j;
        const double force = shared ? prior.strength : prior.ridge;
        g[k] -= force * (m.slope[s * p + j] - (shared ? m.common[j] : 0.0));
        h[k * size + k] += force;
        if (shared) {
          g[to + j] += force * (m.slope[s * p + j] - m.common[j]);
          h[(to + j) * size + k] -= force;
          h[(to + j) * size + to + j] += force;
        }
      }
    }
    for (std::size_t j = 0; shared && j < p; ++j)
      g[to + j] -= prior.ridge * m.common[j], h[(to + j) * size + to + j] += prior.ridge;
    out.gradient = 0.0;
    for (const double x : g) out.gradient = std::max(out.gradient, std::fabs(x));
    if (keep) out.information = h;
    if (out.gradient < 1e-9 * (1.0 + std::fabs(out.value))) break;
    std::vector<double> factor = h, step = g;
    double lift = 0.0;
    while (!cholesky_factor(factor, size)) {
      lift = lift == 0.0 ? 1e-8 : lift * 10.0;
      factor = h;
      for (std::size_t i = 0; i < size; ++i) factor[i * size + i] += lift * (1.0 + h[i * size + i]);
      if (lift > 1e8) return out;
    }
    cholesky_solve(factor, step);
    const ordered_moves was = m;
    double part = 1.0;
    bool better = false;
    for (int halving = 0; halving < 40 && !better; ++halving, part *= 0.5) {
      for (std::size_t s = 0; s < S; ++s) {
        for (std::size_t k = 0; k < cuts; ++k)
          m.threshold[s * cuts + k] = was.threshold[s * cuts + k] + part * step[s * own + k];
        for (std::size_t j = 0; j < p; ++j) m.slope[s * p + j] = was.slope[s * p + j] + part * step[s * own + cuts + j];
      }
      for (std::size_t j = 0; shared && j < p; ++j) m.common[j] = was.common[j] + part * step[to + j];
      if (!thresholds_ascend(m)) continue;
      better = objective(collect_moves(m, d, prior.cell, false, threads)) >= out.value;
    }
    if (!better) {
      m = was;
      break;
    }
  }
  if (!shared) {
    for (std::size_t j = 0; j < p; ++j) {
      m.common[j] = 0.0;
      for (std::size_t s = 0; s < S; ++s) m.common[j] += m.slope[s * p + j] / static_cast<double>(S);
    }
  }
  return out;
}

/// Gradient of the penalised log-likelihood in the thresholds (states x cuts), slopes (states x p) and common slopes
/// (p); without a shared prior the last are not free and their entries are 0 with curvature 1 (fixed where they are).
[[nodiscard]] inline std::vector<double> move_gradient(const ordered_moves& m, const move_data& d,
                                                       const move_prior& prior, unsigned threads) {
  const std::size_t S = m.states, p = m.covariates, cuts = S - 1;
  const bool shared = prior.strength > 0.0;
  const double force = shared ? prior.strength : prior.ridge;
  const auto sums = collect_moves(m, d, prior.cell, true, threads);
  std::vector<double> g(S * cuts + S * p + p);
  for (std::size_t s = 0; s < S; ++s) {
    for (std::size_t k = 0; k < cuts; ++k) g[s * cuts + k] = sums[s].gradient[k];
    for (std::size_t j = 0; j < p; ++j) {
      const double away = m.slope[s * p + j] - (shared ? m.common[j] : 0.0);
      g[S * cuts + s * p + j] = sums[s].gradient[cuts + j] - force * away;
      if (shared) g[S * cuts + S * p + j] += force * away;
    }
  }
  for (std::size_t j = 0; j < p; ++j) g[S * cuts + S * p + j] -= (shared ? prior.ridge : 1.0) * m.common[j];
  return g;
}

/// Thresholds that give the transition matrix a (rows sum to 1, cells of 0 lifted) at z = 0, slopes 0.
[[nodiscard]] inline ordered_moves moves_from(std::span<const double> a, std::size_t states, std::size_t covariates) {
  ordered_moves m{states, covariates, std::vector<double>(states * (states - 1)),
                  std::vector<double>(states * covariates), std::vector<double>(covariates)};
  for (std::size_t s = 0; s < states; ++s) {
    double total = 0.0, below = 0.0;
    for (std::size_t k = 0; k < states; ++k) total += a[s * states + k] + 1e-4;
    for (std::size_t k = 0; k + 1 < states; ++k) {
      below += (a[s * states + k] + 1e-4) / total;
      m.threshold[s * (states - 1) + k] = std::log(below / (1.0 - below));
    }
  }
  return m;
}

}  // namespace detail
}  // namespace guanxi::relation
