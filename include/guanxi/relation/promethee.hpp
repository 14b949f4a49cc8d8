#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/relation/criteria.hpp>

namespace guanxi::relation {

/// How a difference d > 0 in a criterion becomes a preference in [0, 1].
enum class preference : std::uint8_t {
  usual,     // 1
  u_shape,   // 1 for d > q
  v_shape,   // min(d / p, 1)
  level,     // 1/2 for q < d <= p, 1 for d > p
  linear,    // (d - q) / (p - q), within 0 and 1
  gaussian,  // 1 - exp(-d^2 / (2 s^2))
};

/// "usual", "u_shape", "v_shape", "level", "linear", "gaussian". Fails with errc::unknown_name.
[[nodiscard]] inline preference to_preference(std::string_view word) {
  constexpr std::array<std::string_view, 6> words{"usual", "u_shape", "v_shape", "level", "linear", "gaussian"};
  for (std::size_t i = 0; i < 6; ++i) {
    if (words[i] == word) return static_cast<preference>(i);
  }
  throw error(errc::unknown_name, "relation::promethee: no preference '" + std::string(word) +
                                      "'; want usual, u_shape, v_shape, level, linear or gaussian");
}

/// Preference of one criterion with its thresholds (0 <= q <= p, s > 0; those that the shape does not use are ignored).
struct preference_rule {
  preference shape = preference::linear;
  double q = 0.0, p = 1.0, s = 1.0;
};

/// Flows of each account: what it is preferred over others (plus), others over it (minus), their difference (net).
struct promethee_flows {
  std::vector<double> net, plus, minus;
};

namespace detail {

[[nodiscard]] inline double prefer(const preference_rule& f, double d) {
  if (!(d > 0.0)) return 0.0;
  switch (f.shape) {
    case preference::usual:
      return 1.0;
    case preference::u_shape:
      return d > f.q ? 1.0 : 0.0;
    case preference::v_shape:
      return f.p > 0.0 ? std::min(d / f.p, 1.0) : 1.0;
    case preference::level:
      return d > f.p ? 1.0 : d > f.q ? 0.5 : 0.0;
    case preference::linear:
      return f.p > f.q ? std::clamp((d - f.q) / (f.p - f.q), 0.0, 1.0) : d > f.q ? 1.0 : 0.0;
    case preference::gaussian:
      return -std::expm1(-d * d / (2.0 * f.s * f.s));
  }
  return 0.0;
}

/// Order of doubles by radix on their bits: least significant first, three passes of 11 bits on the high part would not
/// be exact, so all 64 bits count; passes in which all keys agree are skipped.
inline void sort_values(std::vector<std::pair<double, std::uint32_t>>& v) {
  if (v.size() < 2048) {
    std::sort(v.begin(), v.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second < b.second;
    });
    return;
  }
  struct item {
    std::uint64_t key;
    std::uint32_t row;
  };
  std::vector<item> a(v.size()), b(v.size());
  constexpr int bits = 11, passes = 6;
  std::vector<std::array<std::uint32_t, 1u << bits>> count(passes);
  for (auto& c : count) c.fill(0);
  for (std::size_t i = 0; i < v.size(); ++i) {
    std::uint64_t key = 0;
    const double value = v[i].first + 0.0;  // -0 becomes 0
    std::memcpy(&key, &value, sizeof key);
    key ^= (key >> 63) != 0 ? ~std::uint64_t{0} : std::uint64_t{1} << 63;
    a[i] = {key, v[i].second};
    for (int pass = 0; pass < passes; ++pass)
      ++count[static_cast<std::size_t>(pass)][(key >> (pass * bits)) & ((1u << bits) - 1)];
  }
  for (int pass = 0; pass < passes; ++pass) {
    auto& c = count[static_cast<std::size_t>(pass)];
    if (std::find(c.begin(), c.end(), static_cast<std::uint32_t>(v.size())) != c.end()) continue;
    std::uint32_t at = 0;
    for (auto& k : c) at += std::exchange(k, at);
    for (const item& it : a) b[c[(it.key >> (pass * bits)) & ((1u << bits) - 1)]++] = it;
    a.swap(b);
  }
  for (std::size_t i = 0; i < v.size(); ++i) {
    const std::uint64_t key = (a[i].key >> 63) != 0 ? a[i].key ^ (std::uint64_t{1} << 63) : ~a[i].key;
    std::memcpy(&v[i].first, &key, sizeof key);
    v[i].second = a[i].row;
  }
}

/// sum over j of P(x_i - x_j) for ascending distinct-or-equal x, by two pointers and prefix sums. `turn` = -1 gives
/// sum over j of P(x_j - x_i) when x is negated and reversed by the caller.
inline void one_side(std::span<const double> x, const preference_rule& f, std::span<double> out) {
  const std::size_t n = x.size();
  double q = 0.0, p = 0.0;
  switch (f.shape) {
    case preference::u_shape:
      q = p = f.q;
      break;
    case preference::v_shape:
      p = f.p;
      break;
    case preference::level:
    case preference::linear:
      q = f.q, p = f.p;
      break;
    default:
      break;
  }
  const bool ramp = (f.shape == preference::linear || f.shape == preference::v_shape) && p > q;
  const double middle = x[n / 2], width = ramp ? 1.0 / (p - q) : 0.0;
  std::vector<double> prefix;
  if (ramp) {
    prefix.resize(n + 1);
    running_sum c;
    for (std::size_t j = 0; j < n; ++j) c.add(x[j] - middle), prefix[j + 1] = c.value();
  }
  std::size_t a = 0, b = 0;  // a: differences that count in full; b: differences that count at all
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0 && x[i] == x[i - 1]) {
      out[i] = out[i - 1];
      continue;
    }
    if (ramp) {
      while (a < n && x[i] - x[a] >= p) ++a;
    } else {
      while (a < n && x[i] - x[a] > p) ++a;
    }
    while (b < n && x[i] - x[b] > q) ++b;
    const auto full = static_cast<double>(a), part = static_cast<double>(b - std::min(a, b));
    if (ramp) {
      out[i] = b > a ? full + (part * ((x[i] - middle) - q) - (prefix[b] - prefix[a])) * width : full;
    } else {
      out[i] = f.shape == preference::level && p > q ? full + 0.5 * part : full;
    }
  }
}

}  // namespace detail

/// PROMETHEE II: net_i = 1/(n-1) sum over criteria k, accounts j of w_k [P_k(x_i - x_j) - P_k(x_j - x_i)].
///
/// Takes   criteria; one preference rule a criterion (or one for all).
/// Gives   flows within [-1, 1]; equal values get equal flows exactly; net flows sum to 0. One account: flows 0.
/// Fails   errc::size_mismatch, errc::not_finite, errc::out_of_domain (0 <= q <= p, s > 0; weights; types).
/// Costs   O(n log n) a criterion (radix sort, prefix sums, two pointers); gaussian O(n^2).
/// Source  Brans and Vincke (1985), Management Science 31, 647-656.
/// Beware  adding an account can turn the order of two others; see stability in the docs.
[[nodiscard]] inline promethee_flows promethee(const criteria& c, std::span<const preference_rule> rules,
                                               unsigned threads = 0) {
  const auto k = detail::check_criteria("promethee", c);
  if (rules.size() != 1 && rules.size() != k.m) {
    throw error(errc::size_mismatch, "relation::promethee: " + std::to_string(rules.size()) + " preference rules for " +
                                         std::to_string(k.m) + " criteria");
  }
  for (const preference_rule& r : rules) {
    if (!(r.q >= 0.0) || !(r.p >= 0.0) ||
        (r.shape != preference::u_shape && r.shape != preference::v_shape && r.q > r.p)) {
      throw error(errc::out_of_domain, "relation::promethee: 'q' is " + std::to_string(r.q) + " and 'p' is " +
                                           std::to_string(r.p) + ", want 0 <= q <= p");
    }
    if (r.shape == preference::gaussian && !(r.s > 0.0))
      throw error(errc::out_of_domain, "relation::promethee: 's' is " + std::to_string(r.s) + ", want above 0");
  }
  const std::size_t n = k.n, m = k.m;
  promethee_flows out;
  out.plus.assign(n, 0.0), out.minus.assign(n, 0.0), out.net.assign(n, 0.0);
  if (n < 2) return out;
  std::vector<std::vector<double>> plus(m), minus(m);
  const auto rule = [&](std::size_t j) -> const preference_rule& { return rules[rules.size() == 1 ? 0 : j]; };
  parallel_blocks(
      m, 1,
      [&](std::size_t j, std::size_t, std::size_t) {
        plus[j].assign(n, 0.0), minus[j].assign(n, 0.0);
        if (k.weight[j] == 0.0) return;
        if (rule(j).shape == preference::gaussian) return;  // below, over blocks of accounts
        std::vector<std::pair<double, std::uint32_t>> v(n);
        for (std::size_t i = 0; i < n; ++i) v[i] = {k.sign[j] * c.x[i * m + j], static_cast<std::uint32_t>(i)};
        detail::sort_values(v);
        std::vector<double> x(n), flow(n);
        for (std::size_t i = 0; i < n; ++i) x[i] = v[i].first;
        detail::one_side(x, rule(j), flow);
        for (std::size_t i = 0; i < n; ++i) plus[j][v[i].second] = flow[i];
        for (std::size_t i = 0; i < n; ++i) x[i] = -v[n - 1 - i].first;
        detail::one_side(x, rule(j), flow);
        for (std::size_t i = 0; i < n; ++i) minus[j][v[n - 1 - i].second] = flow[i];
      },
      threads);
  for (std::size_t j = 0; j < m; ++j) {
    if (rule(j).shape != preference::gaussian || k.weight[j] == 0.0) continue;
    parallel_blocks(
        n, 64,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) {
            running_sum up, down;
            for (std::size_t o = 0; o < n; ++o) {
              const double d = k.sign[j] * (c.x[i * m + j] - c.x[o * m + j]);
              if (d > 0.0) up.add(detail::prefer(rule(j), d));
              if (d < 0.0) down.add(detail::prefer(rule(j), -d));
            }
            plus[j][i] = up.value(), minus[j][i] = down.value();
          }
        },
        threads);
  }
  const double per = 1.0 / static_cast<double>(n - 1);
  for (std::size_t j = 0; j < m; ++j) {
    for (std::size_t i = 0; i < n; ++i)
      out.plus[i] += k.weight[j] * plus[j][i] * per, out.minus[i] += k.weight[j] * minus[j][i] * per;
  }
  for (std::size_t i = 0; i < n; ++i) out.net[i] = out.plus[i] - out.minus[i];
  return out;
}

}  // namespace guanxi::relation
