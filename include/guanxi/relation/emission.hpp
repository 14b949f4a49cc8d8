#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::relation {

/// What a column of the panel looks like inside one tier.
enum class family : std::uint8_t {
  poisson,            // counts: mean
  negative_binomial,  // counts: mean, spread = size
  log_normal,         // money: zero = P(0), above it log normal with mean (of logs) and spread (variance of logs)
  beta,               // share of wallet: zero = P(0), one = P(1), between them beta with mean and spread (precision)
  normal,             // any number: mean, spread = variance
  ordinal,            // a noisy reading 0 .. S-1 of the tier itself: reading, S x S by rows (tier, reading)
  label,              // the tier itself, seen without noise
};

/// "poisson", "negative_binomial", "log_normal", "beta", "normal", "ordinal", "label".
[[nodiscard]] constexpr std::string_view name(family f) noexcept {
  constexpr std::array<std::string_view, 7> words{"poisson", "negative_binomial", "log_normal", "beta",
                                                  "normal",  "ordinal",           "label"};
  return words[static_cast<std::size_t>(f)];
}

/// Family from its word. Fails with errc::unknown_name.
[[nodiscard]] inline family to_family(std::string_view word) {
  for (std::size_t f = 0; f < 7; ++f) {
    if (name(static_cast<family>(f)) == word) return static_cast<family>(f);
  }
  throw error(errc::unknown_name,
              "relation: no emission family '" + std::string(word) +
                  "'; families are poisson, negative_binomial, log_normal, beta, normal, ordinal, label");
}

/// One column's law in every tier; entries are per tier, empty where the family has no such parameter or it is to be
/// found.
struct emission {
  std::string column;
  family kind = family::negative_binomial;
  std::vector<double> mean, spread, zero, one, reading;
};

namespace detail {

inline constexpr double largest_size = 1e6;

/// log density of y in state s, y valid for the family and not NaN; x: length of the period, which counts grow with.
[[nodiscard]] inline double log_density(const emission& e, std::size_t s, double y, double x = 1.0) {
  const auto log_part = [](double p) { return p > 0.0 ? std::log(p) : -std::numeric_limits<double>::infinity(); };
  switch (e.kind) {
    case family::poisson:
      return poisson_log_pmf(y, e.mean[s] * x);
    case family::negative_binomial: {
      const double k = e.spread[s], m = e.mean[s] * x;
      if (k >= largest_size) return poisson_log_pmf(y, m);
      const double events = y > 0.0 ? y * (std::log(m) - std::log(k + m)) : 0.0;
      return log_rising(k, y) - lgamma(y + 1.0) - k * std::log1p(m / k) + events;
    }
    case family::log_normal: {
      if (y <= 0.0) return log_part(e.zero[s]);
      const double d = std::log(y) - e.mean[s];
      return std::log1p(-e.zero[s]) - half_log_two_pi - 0.5 * std::log(e.spread[s]) - 0.5 * d * d / e.spread[s] -
             std::log(y);
    }
    case family::beta: {
      if (y <= 0.0) return log_part(e.zero[s]);
      if (y >= 1.0) return log_part(e.one[s]);
      const double a = e.mean[s] * e.spread[s], b = (1.0 - e.mean[s]) * e.spread[s];
      return log_part(1.0 - e.zero[s] - e.one[s]) + (a - 1.0) * std::log(y) + (b - 1.0) * std::log1p(-y) - lbeta(a, b);
    }
    case family::normal: {
      const double d = y - e.mean[s];
      return -half_log_two_pi - 0.5 * std::log(e.spread[s]) - 0.5 * d * d / e.spread[s];
    }
    case family::ordinal: {
      const std::size_t states = e.mean.size();
      return log_part(e.reading[s * states + static_cast<std::size_t>(y)]);
    }
    case family::label:
      return static_cast<double>(s) == y ? 0.0 : -std::numeric_limits<double>::infinity();
  }
  return 0.0;
}

/// P(Y <= y) in state s.
[[nodiscard]] inline double distribution(const emission& e, std::size_t s, double y) {
  switch (e.kind) {
    case family::poisson:
      return y < 0.0 ? 0.0 : gamma_tails(std::floor(y) + 1.0, e.mean[s]).upper;
    case family::negative_binomial: {
      if (y < 0.0) return 0.0;
      if (e.spread[s] >= largest_size) return gamma_tails(std::floor(y) + 1.0, e.mean[s]).upper;
      return beta_cdf(e.spread[s] / (e.spread[s] + e.mean[s]), e.spread[s], std::floor(y) + 1.0);
    }
    case family::log_normal:
      if (y < 0.0) return 0.0;
      return e.zero[s] +
             (y > 0.0 ? (1.0 - e.zero[s]) * normal_cdf((std::log(y) - e.mean[s]) / std::sqrt(e.spread[s])) : 0.0);
    case family::beta: {
      if (y < 0.0) return 0.0;
      if (y >= 1.0) return 1.0;
      const double inner = y > 0.0 ? beta_cdf(y, e.mean[s] * e.spread[s], (1.0 - e.mean[s]) * e.spread[s]) : 0.0;
      return e.zero[s] + (1.0 - e.zero[s] - e.one[s]) * inner;
    }
    case family::normal:
      return normal_cdf((y - e.mean[s]) / std::sqrt(e.spread[s]));
    case family::ordinal: {
      const std::size_t states = e.mean.size();
      double total = 0.0;
      for (std::size_t k = 0; k < states && static_cast<double>(k) <= y; ++k) total += e.reading[s * states + k];
      return total;
    }
    case family::label:
      return static_cast<double>(s) <= y ? 1.0 : 0.0;
  }
  return 0.0;
}

/// Mean of the column in state s.
[[nodiscard]] inline double expectation(const emission& e, std::size_t s) {
  switch (e.kind) {
    case family::log_normal:
      return (1.0 - e.zero[s]) * std::exp(e.mean[s] + 0.5 * e.spread[s]);
    case family::beta:
      return e.one[s] + (1.0 - e.zero[s] - e.one[s]) * e.mean[s];
    case family::ordinal: {
      const std::size_t states = e.mean.size();
      double total = 0.0;
      for (std::size_t k = 0; k < states; ++k) total += static_cast<double>(k) * e.reading[s * states + k];
      return total;
    }
    case family::label:
      return static_cast<double>(s);
    default:
      return e.mean[s];
  }
}

/// Whether y may stand in a column of the family; the wish as words when not.
[[nodiscard]] inline const char* wish(family kind, double y, std::size_t states) {
  const bool whole = std::floor(y) == y;
  switch (kind) {
    case family::poisson:
    case family::negative_binomial:
      return y >= 0.0 && whole && y <= 1e9 ? nullptr : "a whole number";
    case family::log_normal:
      return y >= 0.0 && std::isfinite(y) ? nullptr : "0 or more";
    case family::beta:
      return y >= 0.0 && y <= 1.0 ? nullptr : "0 to 1";
    case family::normal:
      return std::isfinite(y) ? nullptr : "a finite number";
    default:
      return y >= 0.0 && whole && y < static_cast<double>(states) ? nullptr : "a tier 0 .. tiers - 1";
  }
}

/// A column as codes into its distinct values (of counts with unlike periods: distinct pairs of value and length).
struct coded {
  static constexpr std::uint32_t missing = 0xffffffffu;
  std::vector<double> value;            // distinct, ascending
  std::vector<double> exposure;         // length of the period of each; empty: all 1
  std::vector<std::uint32_t> code;      // a row; missing for NaN
  double centre = 0.0, variance = 1.0;  // of the values (of their logs for log_normal), for the moments and the floor
  double zeros = 0.0, ones = 0.0;       // part of the rows that are 0 and 1: what masses are drawn to in small books
  [[nodiscard]] double length(std::size_t d) const noexcept { return exposure.empty() ? 1.0 : exposure[d]; }
};

/// What the M-step needs of one column: per state weights of 0, of 1, of the rest, and two weighted sums over the rest
/// (counts: their sum and the sum of the periods' lengths); for counts and readings the weighted histogram.
struct moments {
  double zero = 0.0, one = 0.0, rest = 0.0, first = 0.0, second = 0.0;
};

inline constexpr std::size_t features = 5;

/// The five terms of `moments` for one value.
[[nodiscard]] inline std::array<double, features> feature(family kind, double centre, double y, double x = 1.0) {
  switch (kind) {
    case family::log_normal: {
      if (y <= 0.0) return {1.0, 0.0, 0.0, 0.0, 0.0};
      const double d = std::log(y) - centre;
      return {0.0, 0.0, 1.0, d, d * d};
    }
    case family::beta:
      if (y <= 0.0) return {1.0, 0.0, 0.0, 0.0, 0.0};
      if (y >= 1.0) return {0.0, 1.0, 0.0, 0.0, 0.0};
      return {0.0, 0.0, 1.0, std::log(y), std::log1p(-y)};
    case family::normal:
      return {0.0, 0.0, 1.0, y - centre, (y - centre) * (y - centre)};
    default:
      return {0.0, 0.0, 1.0, y, x};
  }
}

/// d/d(log size) of the weighted log-likelihood of counts with a fixed mean, and its second derivative.
inline std::pair<double, double> size_slope(const coded& column, std::span<const double> weight, std::size_t states,
                                            std::size_t s, double rate, double k) {
  double g = 0.0, h = 0.0, m = rate, base = -std::log1p(m / k);
  const double psi = digamma(k), psi1 = trigamma(k);
  for (std::size_t d = 0; d < column.value.size(); ++d) {
    const double w = weight[d * states + s];
    if (w <= 0.0) continue;
    const double y = column.value[d];
    if (!column.exposure.empty()) m = rate * column.exposure[d], base = -std::log1p(m / k);
    const double slope = digamma(y + k) - psi + base + (m - y) / (k + m);
    const double bend = trigamma(y + k) - psi1 + m / (k * (k + m)) - (m - y) / ((k + m) * (k + m));
    g += w * k * slope;
    h += w * (k * slope + k * k * bend);
  }
  return {g, h};
}

/// Newton on log size within (1e-4, 1e6); the sum of slopes is monotone enough for a bracket.
[[nodiscard]] inline double best_size(const coded& column, std::span<const double> weight, std::size_t states,
                                      std::size_t s, double m, double start) {
  double low = std::log(1e-4), high = std::log(largest_size), x = std::clamp(std::log(start), low + 1.0, high - 1.0);
  for (int pass = 0; pass < 60; ++pass) {
    const auto [g, h] = size_slope(column, weight, states, s, m, std::exp(x));
    (g > 0.0 ? low : high) = x;
    double next = h < 0.0 ? x - g / h : 0.5 * (low + high);
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (std::fabs(next - x) < 1e-12 * (1.0 + std::fabs(x))) return std::exp(next);
    x = next;
    if (high - low < 1e-10) break;
  }
  return x > std::log(largest_size) - 0.01 ? largest_size : std::exp(x);
}

/// Derivative in log rate of weighted negative binomial counts over periods of unlike lengths, and the second one.
[[nodiscard]] inline std::pair<double, double> rate_slope(const coded& column, std::span<const double> weight,
                                                          std::size_t states, std::size_t s, double rate, double k) {
  double g = 0.0, h = 0.0;
  for (std::size_t d = 0; d < column.value.size(); ++d) {
    const double w = weight[d * states + s], m = rate * column.length(d), part = k / (k + m);
    g += w * part * (column.value[d] - m);
    h -= w * part * part * m * (1.0 + column.value[d] / k);
  }
  return {g, h};
}

/// Newton on the log of the rate, whose log-likelihood is concave.
[[nodiscard]] inline double best_rate(const coded& column, std::span<const double> weight, std::size_t states,
                                      std::size_t s, double rate, double k) {
  for (int pass = 0; pass < 50; ++pass) {
    const auto [g, h] = rate_slope(column, weight, states, s, rate, k);
    if (!(h < 0.0)) break;
    const double step = std::clamp(-g / h, -2.0, 2.0);
    rate = std::max(rate * std::exp(step), 1e-10);
    if (std::fabs(step) < 1e-13) break;
  }
  return rate;
}

/// Gradient of the beta log-likelihood in (logit mean, log precision), from the sums of log y and log(1 - y).
[[nodiscard]] inline std::array<double, 2> beta_slope(const moments& t, double m, double phi) {
  const double a = m * phi, b = (1.0 - m) * phi;
  const double da = t.rest * (digamma(phi) - digamma(a)) + t.first;
  const double db = t.rest * (digamma(phi) - digamma(b)) + t.second;
  return {m * (1.0 - m) * phi * (da - db), a * da + b * db};
}

/// Newton in (log a, log b) with step halving; the log-likelihood is concave in (a, b).
inline void best_beta(const moments& t, double& m, double& phi) {
  const double mean_log = t.first / t.rest, mean_rest = t.second / t.rest;
  const auto value = [&](double a, double b) { return (a - 1.0) * mean_log + (b - 1.0) * mean_rest - lbeta(a, b); };
  double a = m * phi, b = (1.0 - m) * phi;
  for (int pass = 0; pass < 100; ++pass) {
    const double ga = a * (digamma(a + b) - digamma(a) + mean_log), gb = b * (digamma(a + b) - digamma(b) + mean_rest);
    const double tri = trigamma(a + b);
    const double haa = ga + a * a * (tri - trigamma(a)), hbb = gb + b * b * (tri - trigamma(b)), hab = a * b * tri;
    const double det = haa * hbb - hab * hab;
    double da = ga / (a * a * (trigamma(a) - tri)), db = gb / (b * b * (trigamma(b) - tri));
    if (haa < 0.0 && det > 0.0) da = -(hbb * ga - hab * gb) / det, db = -(haa * gb - hab * ga) / det;
    const double longest = std::max(std::fabs(da), std::fabs(db));
    if (!(longest > 1e-13)) break;
    double step = std::min(1.0, 2.0 / longest);
    const double now = value(a, b);
    int cut = 0;
    while (cut < 40 && !(value(a * std::exp(step * da), b * std::exp(step * db)) >= now)) step *= 0.5, ++cut;
    if (cut == 40) break;
    a *= std::exp(step * da), b *= std::exp(step * db);
    if (a + b > largest_size) break;
  }
  phi = std::min(a + b, largest_size), m = std::clamp(a / (a + b), 1e-9, 1.0 - 1e-9);
}

/// Makes means ascend by pooling neighbours, weighted by mass. Source: Ayer et al. (1955), pool adjacent violators.
inline bool pool_ascending(std::vector<double>& mean, std::span<const double> mass) {
  bool pooled = false;
  struct piece {
    double total, weight;
    std::size_t count;
  };
  std::vector<piece> pieces;
  for (std::size_t s = 0; s < mean.size(); ++s) {
    const double w = std::max(mass[s], 1e-300);
    pieces.push_back({mean[s] * w, w, 1});
    while (pieces.size() > 1 && pieces[pieces.size() - 2].total * pieces.back().weight >
                                    pieces.back().total * pieces[pieces.size() - 2].weight) {
      const piece last = pieces.back();
      pieces.pop_back();
      pieces.back() = {pieces.back().total + last.total, pieces.back().weight + last.weight,
                       pieces.back().count + last.count};
      pooled = true;
    }
  }
  std::size_t s = 0;
  for (const piece& p : pieces) {
    for (std::size_t k = 0; k < p.count; ++k) mean[s++] = p.total / p.weight;
  }
  return pooled;
}

/// New parameters of one column from its weighted sums; `was` gives the starting point of the inner searches.
/// Sums: moments per state; for counts and readings also the histogram, distinct x states.
[[nodiscard]] inline emission refit(const emission& was, const coded& column, std::span<const moments> sums,
                                    std::span<const double> histogram, bool ascending, double prior = 0.0) {
  emission e = was;
  const std::size_t states = sums.size();
  std::vector<double> mass(states);
  for (std::size_t s = 0; s < states; ++s) {
    const moments& t = sums[s];
    const double all = t.zero + t.one + t.rest;
    const bool counts = e.kind == family::poisson || e.kind == family::negative_binomial;
    mass[s] = counts ? t.second : t.rest;
    if (all <= 1e-12) continue;  // nobody there: keep
    switch (e.kind) {
      case family::poisson:
      case family::negative_binomial:
        e.mean[s] = std::max(t.first / t.second, 1e-10);
        if (e.kind == family::negative_binomial && !column.exposure.empty() && was.spread[s] < largest_size)
          e.mean[s] = best_rate(column, histogram, states, s, e.mean[s], was.spread[s]);
        break;
      case family::log_normal:
      case family::normal:
        if (e.kind == family::log_normal) e.zero[s] = (t.zero + prior * column.zeros) / (all + prior);
        if (t.rest > 1e-12) {
          const double m = t.first / t.rest;
          e.mean[s] = column.centre + m;
          e.spread[s] = std::max(t.second / t.rest - m * m, 1e-6 * column.variance);
        }
        break;
      case family::beta:
        e.zero[s] = (t.zero + prior * column.zeros) / (all + prior);
        e.one[s] = (t.one + prior * column.ones) / (all + prior);
        if (t.rest > 1e-12) best_beta(t, e.mean[s], e.spread[s]);
        break;
      case family::ordinal: {
        double total = 0.0;
        std::vector<double> row(states, 0.1);
        for (std::size_t d = 0; d < column.value.size(); ++d)
          row[static_cast<std::size_t>(column.value[d])] += histogram[d * states + s];
        for (const double w : row) total += w;
        for (std::size_t k = 0; k < states; ++k) e.reading[s * states + k] = row[k] / total;
        break;
      }
      case family::label:
        break;
    }
  }
  const bool location = e.kind != family::ordinal && e.kind != family::label && e.kind != family::beta;
  if (ascending && location) (void)pool_ascending(e.mean, mass);
  if (e.kind == family::log_normal || e.kind == family::normal) {  // the variance about a pooled mean
    for (std::size_t s = 0; s < states; ++s) {
      const moments& t = sums[s];
      if (t.rest <= 1e-12) continue;
      const double m = e.mean[s] - column.centre;
      e.spread[s] = std::max((t.second - 2.0 * m * t.first) / t.rest + m * m, 1e-6 * column.variance);
    }
  }
  if (e.kind == family::negative_binomial) {
    for (std::size_t s = 0; s < states; ++s) {
      if (sums[s].rest > 1e-12) e.spread[s] = best_size(column, histogram, states, s, e.mean[s], was.spread[s]);
    }
  }
  return e;
}

/// Visits every free parameter of one column on an unconstrained scale: use(name, state, value on that scale, back).
/// `back` writes a value of that scale into the emission.
template <class Use>
void each_parameter(emission& e, Use&& use) {
  const auto logs = [&](std::vector<double>& v, const char* what) {
    for (std::size_t s = 0; s < v.size(); ++s)
      use(what, s, std::log(std::max(v[s], 1e-300)), [&v, s](double x) { v[s] = std::exp(x); });
  };
  const auto plain = [&](std::vector<double>& v, const char* what) {
    for (std::size_t s = 0; s < v.size(); ++s) use(what, s, v[s], [&v, s](double x) { v[s] = x; });
  };
  const auto logits = [&](std::vector<double>& v, const char* what) {
    for (std::size_t s = 0; s < v.size(); ++s) {
      if (v[s] > 0.0 && v[s] < 1.0)
        use(what, s, std::log(v[s] / (1.0 - v[s])), [&v, s](double x) { v[s] = logistic(x); });
    }
  };
  switch (e.kind) {
    case family::poisson:
      logs(e.mean, "mean");
      break;
    case family::negative_binomial:
      logs(e.mean, "mean"), logs(e.spread, "spread");
      break;
    case family::log_normal:
      plain(e.mean, "mean"), logs(e.spread, "spread"), logits(e.zero, "zero");
      break;
    case family::beta:
      logits(e.mean, "mean"), logs(e.spread, "spread"), logits(e.zero, "zero"), logits(e.one, "one");
      break;
    case family::normal:
      plain(e.mean, "mean"), logs(e.spread, "spread");
      break;
    default:
      break;
  }
}

/// Derivative of the expected log-likelihood in one of the parameters above.
[[nodiscard]] inline double slope(const emission& e, const coded& column, std::span<const moments> sums,
                                  std::span<const double> histogram, std::string_view what, std::size_t s,
                                  double prior = 0.0) {
  const moments& t = sums[s];
  const double all = t.zero + t.one + t.rest + prior;
  if (what == "zero") return t.zero + prior * column.zeros - e.zero[s] * all;
  if (what == "one") return t.one + prior * column.ones - e.one[s] * all;
  switch (e.kind) {
    case family::poisson:
      return t.first - e.mean[s] * t.second;
    case family::negative_binomial: {
      const double k = e.spread[s], m = e.mean[s];
      if (what == "mean" && k >= largest_size) return t.first - m * t.second;
      if (what == "mean")
        return column.exposure.empty() ? k / (k + m) * (t.first - m * t.rest)
                                       : rate_slope(column, histogram, sums.size(), s, m, k).first;
      return k >= largest_size ? 0.0 : size_slope(column, histogram, sums.size(), s, m, k).first;
    }
    case family::beta:
      return e.spread[s] >= largest_size ? 0.0 : beta_slope(t, e.mean[s], e.spread[s])[what == "mean" ? 0 : 1];
    case family::log_normal:
    case family::normal: {
      const double m = e.mean[s] - column.centre;
      if (what == "mean") return (t.first - m * t.rest) / e.spread[s];
      const double squares = t.second - 2.0 * m * t.first + m * m * t.rest;
      return e.spread[s] <= 1.0001e-6 * column.variance ? 0.0 : 0.5 * (squares / e.spread[s] - t.rest);
    }
    default:
      return 0.0;
  }
}

}  // namespace detail
}  // namespace guanxi::relation
