#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/relation/criteria.hpp>

namespace guanxi::relation {

/// Classes of accounts by comparison with profiles; class 0 lies below the first profile.
struct sorted_classes {
  std::vector<std::uint8_t> pessimistic, optimistic;  // where they differ the account is incomparable: look at it
};

/// Thresholds of ELECTRE TRI-B, one entry a criterion: indifferent up to q, preferred from p, a veto from v (empty:
/// none).
struct outranking {
  std::span<const double> profiles;  // R x m by rows, ascending in the sense of the types
  std::span<const double> q, p, v = {};
  double cut = 0.75;
};

namespace detail {

struct tri {
  checked_criteria k;
  std::size_t profiles = 0;
  std::vector<double> profile, q, p, v, ramp, fall;  // type-adjusted; 1 / (p - q), 1 / (v - p)
  double cut = 0.75;
};

[[nodiscard]] inline tri check_tri(const criteria& c, const outranking& o) {
  tri t;
  t.k = check_criteria("electre_tri", c);
  const std::size_t m = t.k.m;
  const auto length = [&](const char* what, std::size_t size) {
    if (size != m)
      throw error(errc::size_mismatch, std::string("relation::electre_tri: '") + what + "' has " +
                                           std::to_string(size) + " entries, 'x' has " + std::to_string(m) +
                                           " columns");
  };
  length("q", o.q.size()), length("p", o.p.size());
  if (!o.v.empty()) length("v", o.v.size());
  if (o.profiles.empty() || o.profiles.size() % m != 0) {
    throw error(errc::size_mismatch, "relation::electre_tri: 'profiles' has " + std::to_string(o.profiles.size()) +
                                         " entries, want rows of " + std::to_string(m));
  }
  if (!(o.cut > 0.5 && o.cut <= 1.0))
    throw error(errc::out_of_domain,
                "relation::electre_tri: 'cut' is " + std::to_string(o.cut) + ", want above 0.5, at most 1");
  t.profiles = o.profiles.size() / m, t.cut = o.cut;
  if (t.profiles > 64)
    throw error(errc::out_of_domain,
                "relation::electre_tri: " + std::to_string(t.profiles) + " 'profiles', want at most 64");
  for (std::size_t h = 0; h < t.profiles; ++h) {
    for (std::size_t j = 0; j < m; ++j) {
      t.profile.push_back(t.k.sign[j] * o.profiles[h * m + j]);
      if (!std::isfinite(t.profile.back()))
        throw error(errc::not_finite, "relation::electre_tri: 'profiles' is not a number in row " + std::to_string(h) +
                                          ", column " + std::to_string(j));
      if (h > 0 && t.profile[h * m + j] < t.profile[(h - 1) * m + j]) {
        throw error(errc::out_of_order, "relation::electre_tri: 'profiles' " + std::to_string(h - 1) + " and " +
                                            std::to_string(h) + " cross in criterion " + std::to_string(j));
      }
    }
  }
  for (std::size_t j = 0; j < m; ++j) {
    const double v = o.v.empty() ? std::numeric_limits<double>::infinity() : o.v[j];
    if (!(o.q[j] >= 0.0 && o.q[j] <= o.p[j] && o.p[j] <= v)) {
      throw error(errc::out_of_domain, "relation::electre_tri: criterion " + std::to_string(j) + " has q " +
                                           std::to_string(o.q[j]) + ", p " + std::to_string(o.p[j]) + ", v " +
                                           std::to_string(v) + ", want 0 <= q <= p <= v");
    }
    t.q.push_back(o.q[j]), t.p.push_back(o.p[j]), t.v.push_back(v);
    t.ramp.push_back(o.p[j] > o.q[j] ? 1.0 / (o.p[j] - o.q[j]) : 0.0);
    t.fall.push_back(v > o.p[j] && std::isfinite(v) ? 1.0 / (v - o.p[j]) : 0.0);
  }
  return t;
}

/// Support of "x is at least as good as y" for the difference d = y - x.
[[nodiscard]] inline double support(const tri& t, std::size_t j, double d) {
  return d <= t.q[j] ? 1.0 : d >= t.p[j] ? 0.0 : (t.p[j] - d) * t.ramp[j];
}
[[nodiscard]] inline double objection(const tri& t, std::size_t j, double d) {
  return d <= t.p[j] ? 0.0 : d >= t.v[j] ? 1.0 : (d - t.p[j]) * t.fall[j];
}

/// Credibility from supports and objections under weights w.
[[nodiscard]] inline double credibility(std::size_t m, const double* w, const double* s, const double* o) {
  double c = 0.0;
  for (std::size_t j = 0; j < m; ++j) c += w[j] * s[j];
  double sigma = c;
  if (c < 1.0) {
    for (std::size_t j = 0; j < m; ++j) {
      if (o[j] > c) sigma *= (1.0 - o[j]) / (1.0 - c);
    }
  }
  return sigma;
}

/// Fills supports and objections of account against profile in both directions: 4 rows of m.
inline void compare(const tri& t, const double* x, std::size_t h, double* out) {
  const std::size_t m = t.k.m;
  for (std::size_t j = 0; j < m; ++j) {
    const double d = t.profile[h * m + j] - t.k.sign[j] * x[j];
    out[j] = support(t, j, d), out[m + j] = objection(t, j, d);
    out[2 * m + j] = support(t, j, -d), out[3 * m + j] = objection(t, j, -d);
  }
}

/// sigma >= cut up to rounding of the weighted sum.
[[nodiscard]] inline bool reaches(double sigma, double cut) { return sigma >= cut - 1e-12; }

inline constexpr std::size_t lanes = 64;  // accounts taken side by side

/// Weighted supports and largest objections of `lanes` accounts (x: m rows of lanes, type-adjusted) against profile h,
/// in both directions. No branches within a loop: each is one over lanes. An objection is left unbounded above: it only
/// tells which lanes want the written-out form.
struct weighed {
  std::array<double, lanes> over{}, under{}, against_over{}, against_under{};
};

inline void weigh(const tri& t, const double* x, std::size_t h, weighed& out) {
  out = {};
  for (std::size_t j = 0; j < t.k.m; ++j) {
    const double b = t.profile[h * t.k.m + j], w = t.k.weight[j], q = t.q[j], p = t.p[j], ramp = t.ramp[j];
    const double* a = x + j * lanes;
    if (p > q) {
      const double slope = w * ramp;
      for (std::size_t l = 0; l < lanes; ++l) {
        const double d = b - a[l], up = std::max((p - d) * slope, 0.0), down = std::max((p + d) * slope, 0.0);
        out.over[l] += std::min(up, w), out.under[l] += std::min(down, w);
      }
    } else {
      for (std::size_t l = 0; l < lanes; ++l) {
        const double d = b - a[l];
        out.over[l] += d <= q ? w : 0.0, out.under[l] += -d <= q ? w : 0.0;
      }
    }
    if (!std::isfinite(t.v[j])) continue;
    const double fall = t.v[j] > p ? t.fall[j] : std::numeric_limits<double>::max();
    for (std::size_t l = 0; l < lanes; ++l) {
      const double d = b - a[l], up = (d - p) * fall, down = (-d - p) * fall;
      out.against_over[l] = up > out.against_over[l] ? up : out.against_over[l];
      out.against_under[l] = down > out.against_under[l] ? down : out.against_under[l];
    }
  }
}

/// Credibility of one lane written out, for those whose objection exceeds their support.
[[nodiscard]] inline double discounted(const tri& t, const double* x, std::size_t l, std::size_t h, double turn,
                                       double c) {
  double sigma = c;
  for (std::size_t j = 0; j < t.k.m && c < 1.0; ++j) {
    const double o = objection(t, j, turn * (t.profile[h * t.k.m + j] - x[j * lanes + l]));
    if (o > c) sigma *= (1.0 - o) / (1.0 - c);
  }
  return sigma;
}

}  // namespace detail

/// ELECTRE TRI-B: class of each account, by both rules.
///
/// Pessimistic: from the top, the first profile that the account outranks (sigma >= cut); class 0 when none.
/// Optimistic: from the bottom, the first profile that is strictly preferred to the account; the class below it, the
/// top when none.
///
/// Takes   criteria; profiles ascending; 0 <= q <= p <= v; 0.5 < cut <= 1.
/// Gives   classes 0 .. R; pessimistic <= optimistic.
/// Fails   errc::size_mismatch, errc::out_of_domain, errc::out_of_order ("'profiles' 1 and 2 cross in criterion 4").
/// Costs   O(n m R), threads over accounts.
/// Source  Yu (1992), thesis, Paris-Dauphine; Mousseau, Slowinski and Zielniewicz (2000), Comput. Oper. Res. 27,
/// 757-777.
[[nodiscard]] inline sorted_classes electre_tri(const criteria& c, const outranking& o, unsigned threads = 0) {
  const detail::tri t = detail::check_tri(c, o);
  const std::size_t m = t.k.m, R = t.profiles;
  sorted_classes out;
  out.pessimistic.resize(t.k.n), out.optimistic.resize(t.k.n);
  parallel_blocks(
      t.k.n, 8192,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> x(m * detail::lanes);
        std::array<std::uint8_t, detail::lanes> over{}, under{}, low{}, high{};
        detail::weighed w;
        const double line = t.cut - 1e-12;  // as detail::reaches
        const auto fill = [&](std::size_t h, double turn, const auto& sum, const auto& against, auto& into) {
          std::uint8_t doubt = 0;
          for (std::size_t l = 0; l < detail::lanes; ++l) into[l] = sum[l] >= line;
          for (std::size_t l = 0; l < detail::lanes; ++l)
            doubt = static_cast<std::uint8_t>(doubt | (into[l] & static_cast<std::uint8_t>(against[l] > sum[l])));
          for (std::size_t l = 0; l < detail::lanes && doubt != 0; ++l) {
            if (into[l] != 0 && against[l] > sum[l])
              into[l] = detail::reaches(detail::discounted(t, x.data(), l, h, turn, sum[l]), t.cut);
          }
        };
        for (std::size_t first = begin; first < end; first += detail::lanes) {
          const std::size_t count = std::min(detail::lanes, end - first);
          const double* from = c.x.data() + first * m;
          for (std::size_t j = 0; j < m; ++j) {
            double* to = x.data() + j * detail::lanes;
            const double sign = t.k.sign[j];
            for (std::size_t l = 0; l < count; ++l) to[l] = sign * from[l * m + j];
          }
          low.fill(0), high.fill(static_cast<std::uint8_t>(R));
          for (std::size_t h = 0; h < R; ++h) {
            detail::weigh(t, x.data(), h, w);
            fill(h, 1.0, w.over, w.against_over, over), fill(h, -1.0, w.under, w.against_under, under);
            const auto here = static_cast<std::uint8_t>(h), next = static_cast<std::uint8_t>(h + 1),
                       top = static_cast<std::uint8_t>(R);
            for (std::size_t l = 0; l < detail::lanes; ++l) {
              low[l] = over[l] != 0 ? next : low[l];
              const bool first_above = (under[l] & (over[l] ^ 1u)) != 0 && high[l] == top;
              high[l] = first_above ? here : high[l];
            }
          }
          std::copy_n(low.begin(), count, out.pessimistic.begin() + static_cast<std::ptrdiff_t>(first));
          std::copy_n(high.begin(), count, out.optimistic.begin() + static_cast<std::ptrdiff_t>(first));
        }
      },
      threads);
  return out;
}

/// How often each account falls into each class when the weights are not known for sure.
struct class_acceptability {
  std::size_t classes = 0;
  std::vector<double> share;            // accounts x classes
  std::vector<double> std_error;        // sqrt(p (1 - p) / draws)
  std::vector<std::uint8_t> likeliest;  // accounts
};

/// SMAA on ELECTRE TRI-B (pessimistic rule): weights drawn uniformly from the simplex, or Dirichlet(certainty x
/// weights).
///
/// Takes   as electre_tri; certainty 0 = nothing is known of the weights, else how firmly they are (the sum of the
/// Dirichlet
///         parameters); draws; seed. A draw's weights depend on its number alone, so threads change nothing.
/// Gives   shares of the draws.
/// Costs   O(n m R) once for the comparisons and O(n m R) a draw.
/// Source  Tervonen et al. (2009), European J. of Operational Research 192, 236-242 (SMAA-TRI).
[[nodiscard]] inline class_acceptability smaa_tri(const criteria& c, const outranking& o, std::size_t draws = 10'000,
                                                  double certainty = 0.0, std::uint64_t seed = 0,
                                                  unsigned threads = 0) {
  const detail::tri t = detail::check_tri(c, o);
  if (draws == 0) throw error(errc::out_of_domain, "relation::smaa_tri: 'draws' is 0, want 1 or more");
  if (!(certainty >= 0.0))
    throw error(errc::out_of_domain,
                "relation::smaa_tri: 'certainty' is " + std::to_string(certainty) + ", want 0 or more");
  const std::size_t m = t.k.m, R = t.profiles;
  std::vector<double> weights(draws * m);
  for (std::size_t d = 0; d < draws; ++d) {
    random_stream g(seed, d, 2);
    double total = 0.0;
    for (std::size_t j = 0; j < m; ++j) {
      double& w = weights[d * m + j];
      if (certainty == 0.0) {
        w = -std::log((static_cast<double>(g() >> 11) + 0.5) * 0x1p-53);
      } else {
        w = t.k.weight[j] > 0.0 ? g.gamma(certainty * t.k.weight[j]) : 0.0;
      }
      total += w;
    }
    for (std::size_t j = 0; j < m; ++j) weights[d * m + j] /= total;
  }
  class_acceptability out;
  out.classes = R + 1;
  out.share.assign(t.k.n * (R + 1), 0.0), out.std_error.resize(t.k.n * (R + 1)), out.likeliest.resize(t.k.n);
  parallel_blocks(
      t.k.n, 64,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> rows(R * 4 * m);
        std::vector<std::uint32_t> seen(R + 1);
        for (std::size_t i = begin; i < end; ++i) {
          bool plain = true;  // no objection anywhere: sigma is the weighted support
          for (std::size_t h = 0; h < R; ++h) {
            detail::compare(t, c.x.data() + i * m, h, rows.data() + h * 4 * m);
            for (std::size_t j = 0; j < m; ++j) plain = plain && rows[h * 4 * m + m + j] == 0.0;
          }
          std::fill(seen.begin(), seen.end(), 0u);
          for (std::size_t d = 0; d < draws; ++d) {
            const double* w = weights.data() + d * m;
            std::size_t low = R;
            for (; low > 0; --low) {
              const double* row = rows.data() + (low - 1) * 4 * m;
              double sigma = 0.0;
              if (plain) {
                for (std::size_t j = 0; j < m; ++j) sigma += w[j] * row[j];
              } else {
                sigma = detail::credibility(m, w, row, row + m);
              }
              if (detail::reaches(sigma, t.cut)) break;
            }
            ++seen[low];
          }
          for (std::size_t h = 0; h <= R; ++h) {
            const double p = static_cast<double>(seen[h]) / static_cast<double>(draws);
            out.share[i * (R + 1) + h] = p, out.std_error[i * (R + 1) + h] =
                                                std::sqrt(p * (1.0 - p) / static_cast<double>(draws));
          }
          out.likeliest[i] = static_cast<std::uint8_t>(std::max_element(seen.begin(), seen.end()) - seen.begin());
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::relation
