#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/dense.hpp>
#include <guanxi/relation/survival_times.hpp>

namespace guanxi::relation {

/// A retention curve; one entry a distinct time (events or censorings).
struct survival_curve {
  std::vector<double> time, at_risk, events, survival, std_error, low, high,
      hazard;                                                            // hazard: Nelson-Aalen, cumulative
  double median = unknown, median_low = unknown, median_high = unknown;  // NaN: not reached
};

namespace detail {

/// What happens at each distinct time, ascending.
struct steps {
  std::vector<double> time, events, leaving, entering;
};

[[nodiscard]] inline steps count_steps(std::span<const double> duration, std::span<const std::uint8_t> event,
                                       std::span<const double> entry, std::span<const double> weights,
                                       unsigned threads) {
  steps out;
  const std::size_t n = duration.size();
  const double step = grid_step(duration);
  if (step > 0.0 && entry.empty()) {
    double most = 0.0;
    for (const double x : duration) most = std::max(most, x);
    const std::size_t points = static_cast<std::size_t>(most / step) + 1;
    const std::size_t block = std::max<std::size_t>(1u << 16, (n + 15) / 16), blocks = (n + block - 1) / block;
    struct part {
      std::vector<double> events, leaving;
      std::vector<std::uint32_t> counts;  // 2 a point: censored, events
    };
    std::vector<part> parts(blocks);
    const double per = 1.0 / step;
    parallel_blocks(
        n, block,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          part& p = parts[number];
          if (weights.empty()) {
            p.counts.assign(2 * points, 0);
            for (std::size_t i = begin; i < end; ++i)
              ++p.counts[2 * static_cast<std::size_t>(duration[i] * per) + (event[i] != 0)];
          } else {
            p.events.assign(points, 0.0), p.leaving.assign(points, 0.0);
            for (std::size_t i = begin; i < end; ++i) {
              const auto at = static_cast<std::size_t>(duration[i] * per);
              p.leaving[at] += weights[i], p.events[at] += event[i] != 0 ? weights[i] : 0.0;
            }
          }
        },
        threads);
    for (std::size_t k = 0; k < points; ++k) {
      double events = 0.0, leaving = 0.0;
      for (const part& p : parts) {
        if (weights.empty()) {
          events += p.counts[2 * k + 1], leaving += static_cast<double>(p.counts[2 * k]) + p.counts[2 * k + 1];
        } else {
          events += p.events[k], leaving += p.leaving[k];
        }
      }
      if (leaving > 0.0)
        out.time.push_back(static_cast<double>(k) * step), out.events.push_back(events), out.leaving.push_back(leaving);
    }
    out.entering.assign(out.time.size(), 0.0);
    return out;
  }
  const auto order = by_time(duration);
  for (std::size_t j = 0; j < n; ++j) {
    const std::uint32_t i = order[j];
    const double w = weights.empty() ? 1.0 : weights[i];
    if (out.time.empty() || duration[i] != out.time.back())
      out.time.push_back(duration[i]), out.events.push_back(0.0), out.leaving.push_back(0.0);
    out.leaving.back() += w, out.events.back() += event[i] != 0 ? w : 0.0;
  }
  out.entering.assign(out.time.size(), 0.0);
  for (std::size_t i = 0; i < entry.size(); ++i) {  // counted at the first time after the entry
    const auto at = std::upper_bound(out.time.begin(), out.time.end(), entry[i]);
    if (at != out.time.end())
      out.entering[static_cast<std::size_t>(at - out.time.begin())] += weights.empty() ? 1.0 : weights[i];
  }
  return out;
}

/// First time at which a falling curve is at most 1/2; where it is exactly 1/2 until the next drop, the middle of that
/// stretch.
[[nodiscard]] inline double half_time(std::span<const double> time, std::span<const double> curve) {
  for (std::size_t j = 0; j < time.size(); ++j) {
    if (!(curve[j] <= 0.5 + 1e-12)) continue;
    if (std::fabs(curve[j] - 0.5) > 1e-12) return time[j];
    for (std::size_t k = j + 1; k < time.size(); ++k) {
      if (curve[k] < 0.5 - 1e-12) return 0.5 * (time[j] + time[k]);
    }
    return time[j];
  }
  return unknown;
}

}  // namespace detail

/// Kaplan-Meier estimate of the part of customers that stay, with Greenwood's standard error.
///
/// Takes   duration >= 0 of each customer's relation; event = it ended (0: still with us when last seen); entry: when
/// it came
///         under observation (late entry), before its duration, or empty; weights > 0, or empty: P(left) as a weight
///         lets customers that never say goodbye count in part; level of the bands.
/// Gives   one entry a distinct time. Bands on the log scale, capped at 1 (R's default): survival exp(+-z se /
/// survival).
///         Median as R gives it, its ends where the bands reach 1/2; NaN when not reached, never the last time.
/// Fails   errc::size_mismatch, errc::out_of_domain ("'duration' is negative in row 12, want 0 or more").
/// Costs   O(n) by counting when durations lie on a grid (whole numbers or binary fractions of them), else O(n log n).
/// Source  Kaplan and Meier (1958), JASA 53, 457-481; Greenwood (1926).
/// Beware  float grids like 0.1 are not exact: count in whole periods.
[[nodiscard]] inline survival_curve kaplan_meier(std::span<const double> duration, std::span<const std::uint8_t> event,
                                                 std::span<const double> entry = {},
                                                 std::span<const double> weights = {}, double level = 0.9,
                                                 unsigned threads = 0) {
  const std::size_t n = duration.size();
  detail::check_events("kaplan_meier", n, event.size());
  detail::check_column("kaplan_meier", "duration", duration, n, 0.0, "0 or more");
  if (!entry.empty()) {
    detail::check_column("kaplan_meier", "entry", entry, n, 0.0, "0 or more");
    for (std::size_t i = 0; i < n; ++i) {
      if (!(entry[i] < duration[i])) {
        throw error(errc::out_of_order,
                    "relation::kaplan_meier: 'entry' is not before 'duration' in row " + std::to_string(i));
      }
    }
  }
  if (!weights.empty()) detail::check_column("kaplan_meier", "weights", weights, n, 0.0, "0 or more");
  if (!(level > 0.0 && level < 1.0))
    throw error(errc::out_of_domain,
                "relation::kaplan_meier: 'level' is " + std::to_string(level) + ", want between 0 and 1");
  const detail::steps s = detail::count_steps(duration, event, entry, weights, threads);
  const double z = normal_quantile(0.5 + 0.5 * level);
  survival_curve out;
  out.time = s.time, out.events = s.events;
  double at_risk = 0.0;
  if (entry.empty()) {
    for (std::size_t j = s.time.size(); j-- > 0;) at_risk += s.leaving[j];
  }
  double survival = 1.0, greenwood = 0.0, hazard = 0.0;
  for (std::size_t j = 0; j < s.time.size(); ++j) {
    at_risk += s.entering[j];
    const double d = s.events[j], r = at_risk;
    if (d > 0.0) {
      const bool last = r - d <= 1e-12 * r;
      survival = last ? 0.0 : survival * (1.0 - d / r);
      greenwood += last ? 0.0 : d / (r * (r - d));
      hazard += d / r;
    }
    const double ratio = std::sqrt(greenwood), se = survival * ratio;
    out.at_risk.push_back(r), out.survival.push_back(survival), out.std_error.push_back(survival > 0.0 ? se : unknown),
        out.hazard.push_back(hazard);
    out.low.push_back(survival > 0.0 ? survival * std::exp(-z * ratio) : unknown);
    out.high.push_back(survival > 0.0 ? std::min(1.0, survival * std::exp(z * ratio)) : unknown);
    at_risk -= s.leaving[j];
  }
  out.median = detail::half_time(out.time, out.survival);
  out.median_low = detail::half_time(out.time, out.low), out.median_high = detail::half_time(out.time, out.high);
  return out;
}

/// Test of equal retention of groups.
struct log_rank_test {
  double statistic = unknown;
  std::size_t degrees = 0;
  double p_value = unknown;
  std::vector<double> observed, expected;  // a group
};

/// Log-rank test: observed against expected events of G groups, hypergeometric variance, chi squared with G - 1
/// degrees.
///
/// Takes   duration, event, group 0 .. G-1 (empty groups allowed); weights of 0 or more, or empty: P(left) as a weight.
///         With weights that are not counts the p-value takes their sums for counts.
/// Gives   statistic and p-value; NaN when fewer than two groups have customers or nothing happened.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(n log n), O(n) on whole-number times; O(times G^2).
/// Source  Mantel (1966); Peto and Peto (1972), J. R. Statist. Soc. A 135, 185-207.
[[nodiscard]] inline log_rank_test log_rank(std::span<const double> duration, std::span<const std::uint8_t> event,
                                            std::span<const std::uint32_t> group,
                                            std::span<const double> weights = {}) {
  const std::size_t n = duration.size();
  detail::check_events("log_rank", n, event.size());
  detail::check_column("log_rank", "duration", duration, n, 0.0, "0 or more");
  if (group.size() != n) {
    throw error(errc::size_mismatch, "relation::log_rank: 'duration' has " + std::to_string(n) +
                                         " entries, 'group' has " + std::to_string(group.size()));
  }
  if (!weights.empty()) detail::check_column("log_rank", "weights", weights, n, 0.0, "0 or more");
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  std::size_t groups = 0;
  for (const std::uint32_t g : group) groups = std::max<std::size_t>(groups, g + std::size_t{1});
  if (groups > 1000)
    throw error(errc::out_of_domain,
                "relation::log_rank: 'group' goes up to " + std::to_string(groups - 1) + ", want at most 1,000 groups");
  log_rank_test out;
  out.observed.assign(groups, 0.0), out.expected.assign(groups, 0.0);
  std::vector<double> risk(groups), variance(groups * groups), died(groups), left(groups);
  double total = 0.0;
  for (std::size_t i = 0; i < n; ++i) risk[group[i]] += weight(i), total += weight(i);
  const std::vector<double> start = risk;
  const auto order = detail::by_time(duration);
  for (std::size_t j = 0; j < n;) {
    std::fill(died.begin(), died.end(), 0.0), std::fill(left.begin(), left.end(), 0.0);
    double d = 0.0, gone = 0.0;
    std::size_t k = j;
    for (; k < n && duration[order[k]] == duration[order[j]]; ++k) {
      const std::uint32_t i = order[k];
      left[group[i]] += weight(i), gone += weight(i);
      if (event[i] != 0) died[group[i]] += weight(i), d += weight(i);
    }
    if (d > 0.0) {
      for (std::size_t g = 0; g < groups; ++g) out.observed[g] += died[g], out.expected[g] += d * risk[g] / total;
      if (total > 1.0) {
        const double f = d * std::max(total - d, 0.0) / (total - 1.0);
        for (std::size_t a = 0; a < groups; ++a) {
          for (std::size_t b = 0; b < groups; ++b)
            variance[a * groups + b] += f * (risk[a] / total) * ((a == b ? 1.0 : 0.0) - risk[b] / total);
        }
      }
    }
    for (std::size_t g = 0; g < groups; ++g) risk[g] -= left[g];
    total -= gone;
    j = k;
  }
  std::vector<std::size_t> used;
  for (std::size_t g = 0; g < groups; ++g) {
    if (start[g] > 0.0 && variance[g * groups + g] > 0.0) used.push_back(g);
  }
  if (used.size() < 2) return out;
  used.pop_back();  // the differences sum to 0
  const std::size_t m = used.size();
  std::vector<double> v(m * m), u(m);
  for (std::size_t a = 0; a < m; ++a) {
    u[a] = out.observed[used[a]] - out.expected[used[a]];
    for (std::size_t b = 0; b < m; ++b) v[a * m + b] = variance[used[a] * groups + used[b]];
  }
  std::vector<double> x = u;
  if (!detail::lu_solve(v, x)) return out;
  out.statistic = 0.0;
  for (std::size_t a = 0; a < m; ++a) out.statistic += u[a] * x[a];
  out.degrees = m;
  out.p_value = gamma_tails(0.5 * static_cast<double>(m), 0.5 * out.statistic).upper;
  return out;
}

/// Parts of customers that have left by each cause, with competing risks.
struct incidence_curve {
  std::size_t causes = 0;
  std::vector<double> time, survival;
  std::vector<double> incidence, std_error;  // times x causes by rows
};

/// Aalen-Johansen estimate of cumulative incidence: F_k(t) = sum over t_j <= t of S(t_j-) d_kj / r_j.
///
/// Takes   duration, cause: 0 = still with us, 1 .. K = why it left (1 to a rival, 2 stopped importing); weights of 0
/// or
///         more, or empty: a customer whose end is not known for sure counts in part.
/// Gives   one row a distinct time; the causes' parts and survival sum to 1. Standard error by the Aalen estimator.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(n log n), O(n) on whole-number times; times x causes.
/// Source  Aalen and Johansen (1978), Scandinavian J. of Statistics 5, 141-150; variance as in Marubini and Valsecchi
///         (1995), ch. 10.
/// Beware  1 - Kaplan-Meier of one cause alone, the others taken as censored, says too much.
[[nodiscard]] inline incidence_curve cumulative_incidence(std::span<const double> duration,
                                                          std::span<const std::uint8_t> cause,
                                                          std::span<const double> weights = {}) {
  const std::size_t n = duration.size();
  if (n != cause.size()) {
    throw error(errc::size_mismatch, "relation::cumulative_incidence: 'duration' has " + std::to_string(n) +
                                         " entries, 'cause' has " + std::to_string(cause.size()));
  }
  detail::check_column("cumulative_incidence", "duration", duration, n, 0.0, "0 or more");
  if (!weights.empty()) detail::check_column("cumulative_incidence", "weights", weights, n, 0.0, "0 or more");
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  incidence_curve out;
  for (const std::uint8_t c : cause) out.causes = std::max<std::size_t>(out.causes, c);
  const std::size_t K = out.causes;
  const auto order = detail::by_time(duration);
  double risk = 0.0, survival = 1.0;
  for (std::size_t i = 0; i < n; ++i) risk += weight(i);
  const double whole = risk;
  std::vector<double> f(K), d(K);
  // Var F(t) = sum (F - F_j)^2 d/(r(r-d)) + S^2 dk (r-dk)/r^3 - 2 (F - F_j) S dk/r^2: kept as sums of F^0, F^1, F^2
  std::vector<double> v0(K), v1(K), v2(K);
  for (std::size_t j = 0; j < n;) {
    std::fill(d.begin(), d.end(), 0.0);
    double all = 0.0, gone = 0.0;
    std::size_t k = j;
    for (; k < n && duration[order[k]] == duration[order[j]]; ++k) {
      const double w = weight(order[k]);
      gone += w;
      if (cause[order[k]] != 0) d[cause[order[k]] - 1u] += w, all += w;
    }
    if (!(risk > 1e-12 * whole)) break;  // only customers of weight 0 are left
    out.time.push_back(duration[order[j]]);
    for (std::size_t c = 0; c < K; ++c) {
      f[c] += survival * d[c] / risk;
      if (all > 0.0) {
        const double g = risk > all * (1.0 + 1e-12) ? all / (risk * (risk - all)) : 0.0,
                     s2 = survival * survival * d[c] * (risk - d[c]) / (risk * risk * risk);
        const double mix = survival * d[c] / (risk * risk);
        v2[c] += g, v1[c] += -2.0 * f[c] * g - 2.0 * mix, v0[c] += f[c] * f[c] * g + s2 + 2.0 * f[c] * mix;
      }
    }
    survival = risk > all * (1.0 + 1e-12) ? survival * (1.0 - all / risk) : 0.0;
    out.survival.push_back(survival);
    for (std::size_t c = 0; c < K; ++c) {
      out.incidence.push_back(f[c]);
      out.std_error.push_back(std::sqrt(std::max(0.0, v0[c] + f[c] * v1[c] + f[c] * f[c] * v2[c])));
    }
    risk -= gone;
    j = k;
  }
  return out;
}

}  // namespace guanxi::relation
