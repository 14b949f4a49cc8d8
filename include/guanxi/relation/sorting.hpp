#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/relation/criteria.hpp>
#include <guanxi/relation/promethee.hpp>
#include <guanxi/relation/ranking.hpp>

namespace guanxi::relation {
namespace detail {

/// Profiles by rows, ascending in the sense of the types and not crossing. Gives their number.
inline std::size_t check_profiles(const char* where, std::span<const double> profiles, const checked_criteria& k) {
  const std::string place = std::string("relation::") + where + ": ";
  if (profiles.empty() || profiles.size() % k.m != 0) {
    throw error(errc::size_mismatch, place + "'profiles' has " + std::to_string(profiles.size()) +
                                         " entries, want rows of " + std::to_string(k.m));
  }
  const std::size_t R = profiles.size() / k.m;
  if (R > 64) throw error(errc::out_of_domain, place + std::to_string(R) + " 'profiles', want at most 64");
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const std::size_t h = i / k.m, j = i % k.m;
    if (!std::isfinite(profiles[i]))
      throw error(errc::not_finite,
                  place + "'profiles' is not a number in row " + std::to_string(h) + ", column " + std::to_string(j));
    if (h > 0 && k.sign[j] * profiles[i] < k.sign[j] * profiles[i - k.m]) {
      throw error(errc::out_of_order, place + "'profiles' " + std::to_string(h - 1) + " and " + std::to_string(h) +
                                          " cross in criterion " + std::to_string(j));
    }
  }
  return R;
}

}  // namespace detail

/// COPRAS: relative weight of each account, Q = S+ + sum S- / (S- sum 1 / S-), on columns divided by their sums; the
/// best account has 1.
///
/// Takes   criteria; every entry 0 or more, column sums above 0, and for criteria where less is better entries such
/// that
///         no account has S- = 0 unless there are no such criteria.
/// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_domain. Costs O(n m).
/// Source  Zavadskas, Kaklauskas and Sarka (1994); the variant with Q divided by its largest.
/// Beware  an added account can turn the order of two others.
[[nodiscard]] inline std::vector<double> copras(const criteria& c) {
  const auto k = detail::check_criteria("copras", c);
  const std::size_t n = k.n, m = k.m;
  std::vector<double> sum(m, 0.0), plus(n, 0.0), minus(n, 0.0), out(n, 0.0);
  for (std::size_t i = 0; i < c.x.size(); ++i) {
    if (c.x[i] < 0.0)
      throw error(errc::out_of_domain, "relation::copras: 'x' is below 0 in row " + std::to_string(i / m) +
                                           ", column " + std::to_string(i % m));
    sum[i % m] += c.x[i];
  }
  bool costs = false;
  for (std::size_t i = 0; i < c.x.size(); ++i) {
    const std::size_t j = i % m;
    if (!(sum[j] > 0.0)) continue;  // a column of zeros tells nothing
    (k.sign[j] > 0.0 ? plus : minus)[i / m] += k.weight[j] * c.x[i] / sum[j];
    costs = costs || (k.sign[j] < 0.0 && k.weight[j] > 0.0);
  }
  double total = 0.0, inverse = 0.0, best = 0.0;
  for (std::size_t i = 0; i < n && costs; ++i) {
    if (!(minus[i] > 0.0))
      throw error(errc::out_of_domain, "relation::copras: row " + std::to_string(i) +
                                           " has 0 in every criterion where less is better, want above 0");
    total += minus[i], inverse += 1.0 / minus[i];
  }
  for (std::size_t i = 0; i < n; ++i)
    out[i] = plus[i] + (costs ? total / (minus[i] * inverse) : 0.0), best = std::max(best, out[i]);
  for (double& q : out) q = best > 0.0 ? q / best : 0.0;
  return out;
}

/// FlowSort with limiting profiles: class of each account by its net flow among the profiles.
///
/// Takes   criteria; one preference rule a criterion or one for all; profiles R x m by rows, ascending.
/// Gives   classes 0 .. R: the number of profiles whose net flow the account's reaches, when it stands among them
/// alone,
///         so that no other account can change it.
/// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_order, errc::out_of_domain.
/// Costs   O(n m R^2). Source: Nemery and Lamboray (2008), TOP 16, 90-113.
[[nodiscard]] inline std::vector<std::uint8_t> flow_sort(const criteria& c, std::span<const preference_rule> rules,
                                                         std::span<const double> profiles, unsigned threads = 0) {
  const auto k = detail::check_criteria("flow_sort", c);
  const std::size_t m = k.m, R = detail::check_profiles("flow_sort", profiles, k);
  if (rules.size() != 1 && rules.size() != m) {
    throw error(errc::size_mismatch, "relation::flow_sort: " + std::to_string(rules.size()) + " preference rules for " +
                                         std::to_string(m) + " criteria");
  }
  const auto prefers = [&](const double* a, const double* b) {
    double total = 0.0;
    for (std::size_t j = 0; j < m; ++j)
      total += k.weight[j] * detail::prefer(rules[rules.size() == 1 ? 0 : j], k.sign[j] * (a[j] - b[j]));
    return total;
  };
  std::vector<double> among(R, 0.0);  // net flow of each profile among the profiles
  for (std::size_t h = 0; h < R; ++h) {
    for (std::size_t o = 0; o < R; ++o)
      among[h] += prefers(&profiles[h * m], &profiles[o * m]) - prefers(&profiles[o * m], &profiles[h * m]);
  }
  std::vector<std::uint8_t> out(k.n);
  parallel_blocks(
      k.n, 4096,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> net(R);
        for (std::size_t i = begin; i < end; ++i) {
          const double* a = c.x.data() + i * m;
          double own = 0.0;
          for (std::size_t h = 0; h < R; ++h) {
            const double d = prefers(a, &profiles[h * m]) - prefers(&profiles[h * m], a);
            own += d, net[h] = among[h] - d;
          }
          std::uint8_t at = 0;
          for (std::size_t h = 0; h < R; ++h) at = static_cast<std::uint8_t>(at + (own >= net[h] - 1e-12));
          out[i] = at;
        }
      },
      threads);
  return out;
}

/// TOPSIS-Sort: closeness of accounts and profiles measured together against fixed ends; class = profiles reached.
///
/// Takes   criteria; profiles R x m ascending; bounds: m x 2 (low, high) that hold all values: with fixed ends no
/// account
///         changes another one's class.
/// Gives   classes 0 .. R. Fails as spotis, and errc::out_of_order for profiles that cross. Costs O((n + R) m).
/// Source  Sabokbar et al. (2016), Expert Systems with Applications 60 (TOPSIS-Sort; here with given ends).
[[nodiscard]] inline std::vector<std::uint8_t> topsis_sort(const criteria& c, std::span<const double> profiles,
                                                           std::span<const double> bounds) {
  const auto k = detail::check_criteria("topsis_sort", c);
  const std::size_t m = k.m, R = detail::check_profiles("topsis_sort", profiles, k);
  (void)spotis(c, bounds);  // the same checks of bounds
  const auto closeness = [&](const double* a) {
    double best = 0.0, worst = 0.0;
    for (std::size_t j = 0; j < m; ++j) {
      const double width = bounds[2 * j + 1] - bounds[2 * j], up = k.weight[j] * (a[j] - bounds[2 * j]) / width,
                   down = k.weight[j] * (bounds[2 * j + 1] - a[j]) / width;
      best += k.sign[j] > 0.0 ? down * down : up * up, worst += k.sign[j] > 0.0 ? up * up : down * down;
    }
    best = std::sqrt(best), worst = std::sqrt(worst);
    return best + worst > 0.0 ? worst / (best + worst) : 0.5;
  };
  std::vector<double> line(R);
  for (std::size_t h = 0; h < R; ++h) line[h] = closeness(&profiles[h * m]);
  std::vector<std::uint8_t> out(k.n);
  for (std::size_t i = 0; i < k.n; ++i) {
    const double own = closeness(c.x.data() + i * m);
    for (std::size_t h = 0; h < R; ++h) out[i] = static_cast<std::uint8_t>(out[i] + (own >= line[h] - 1e-12));
  }
  return out;
}

}  // namespace guanxi::relation
