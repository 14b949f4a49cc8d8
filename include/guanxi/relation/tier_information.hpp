#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/dense.hpp>
#include <guanxi/relation/tier_parameters.hpp>
#include <guanxi/relation/tier_search.hpp>

namespace guanxi::relation::detail {

/// How well the parameters of a fitted model are known.
struct tier_information {
  std::vector<ratio> free;  // log-ratios of starts and transitions, first in the order of the parameters
  std::vector<double> centre, covariance;
  bool with_laws = false;  // emissions are among the parameters
  std::vector<double> transition_errors, effect_errors;
  std::vector<emission> emission_errors;

  [[nodiscard]] std::size_t order() const noexcept { return centre.size(); }
};

/// Most rows x parameters for which a model with covariates gets the whole information, not that of known tiers.
inline constexpr std::size_t information_limit = 8'000'000;

/// Covariance from the information (lower half); empty when it is not positive definite.
[[nodiscard]] inline std::vector<double> invert(std::vector<double> information, std::size_t n) {
  std::vector<double> out;
  if (n == 0 || !cholesky_factor(information, n)) return out;
  out.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const auto column = std::span<double>(out).subspan(i * n, n);
    column[i] = 1.0;
    cholesky_solve(information, column);
  }
  return out;
}

/// The free parameters of q on their unconstrained scale: log-ratios, driven moves, emissions from state `low` on.
[[nodiscard]] inline std::vector<double> free_values(tier_parameters& q, std::span<const ratio> free, bool laws,
                                                     std::size_t low) {
  std::vector<double> x;
  for (const ratio& f : free) x.push_back(ratio_value(q, f));
  for (auto* v : {&q.driven.threshold, &q.driven.slope, &q.driven.common}) x.insert(x.end(), v->begin(), v->end());
  for (emission& law : q.laws) {
    if (laws)
      each_parameter(law, [&](const char*, std::size_t s, double v, auto&&) {
        if (s >= low) x.push_back(v);
      });
  }
  return x;
}

inline void set_free_values(std::span<const double> x, std::span<const ratio> free, bool laws, std::size_t low,
                            tier_parameters& q) {
  set_ratios(free, x.first(free.size()), q);
  std::size_t i = free.size();
  for (auto* v : {&q.driven.threshold, &q.driven.slope, &q.driven.common}) {
    for (double& one : *v) one = x[i++];
  }
  for (emission& law : q.laws) {
    if (laws)
      each_parameter(law, [&](const char*, std::size_t s, double, auto&& back) {
        if (s >= low) back(x[i++]);
      });
  }
}

/// Standard errors of the transitions by the delta method through the softmax of a row; NaN for a cell at 0.
inline void find_transition_errors(const tier_parameters& q, tier_information& out) {
  const std::size_t S = q.initial.size(), n = out.order();
  out.transition_errors.assign(S * S, unknown);
  for (std::size_t r = 0; r < S; ++r) {
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < out.free.size(); ++i) {
      if (out.free[i].row == r) at.push_back(i);
    }
    for (std::size_t c = 0; c < S && !at.empty(); ++c) {
      const double p = q.moves[r * S + c];
      if (p <= 1e-7) continue;
      double variance = 0.0;
      for (const std::size_t i : at) {
        for (const std::size_t j : at) {
          const double di = p * ((out.free[i].column == c ? 1.0 : 0.0) - q.moves[r * S + out.free[i].column]);
          const double dj = p * ((out.free[j].column == c ? 1.0 : 0.0) - q.moves[r * S + out.free[j].column]);
          variance += di * dj * out.covariance[i * n + j];
        }
      }
      out.transition_errors[r * S + c] = std::sqrt(variance);
    }
  }
}

/// Standard errors of the emissions on their own scale, laid out like them; `at`: where they begin.
inline void find_emission_errors(const tier_parameters& q, std::size_t at, std::size_t low, tier_information& out) {
  const std::size_t n = out.order();
  for (emission law : q.laws) {
    emission errors = law;
    for (auto* v : {&errors.mean, &errors.spread, &errors.zero, &errors.one, &errors.reading})
      std::fill(v->begin(), v->end(), unknown);
    each_parameter(law, [&](const char* what, std::size_t s, double value, auto&& back) {
      if (s < low) return;
      const double se = std::sqrt(out.covariance[at * n + at]), h = 1e-6;
      ++at;
      const std::string_view name = what;
      auto& source = name == "mean" ? law.mean : name == "spread" ? law.spread : name == "zero" ? law.zero : law.one;
      auto& into = name == "mean"     ? errors.mean
                   : name == "spread" ? errors.spread
                   : name == "zero"   ? errors.zero
                                      : errors.one;
      back(value + h);
      const double high = source[s];
      back(value - h);
      into[s] = se * (high - source[s]) / (2.0 * h);
      back(value);
    });
    out.emission_errors.push_back(std::move(errors));
  }
}

/// Observed information by central differences of the exact gradient, its inverse, and the standard errors. With
/// covariates and a large book (information_limit), or with tiers seen, the information of the moves given the tiers.
[[nodiscard]] inline tier_information inform(tier_search& search, const tier_settings& settings, const prepared& rows,
                                             const tier_parameters& now, std::span<const double> scale,
                                             std::vector<std::string>& status) {
  const std::size_t S = now.initial.size(), p = now.driven.covariates, low = settings.lost ? 1 : 0;
  const bool driven = p > 0, seen = settings.emissions[0].kind == family::label;
  tier_information out;
  tier_parameters q = now;
  out.free = ratios_of(q, settings.initial == beginning::free && !seen, !driven);
  out.with_laws = true;
  out.centre = free_values(q, out.free, true, low);
  if (driven && (seen || rows.rows() * out.centre.size() > information_limit)) {
    out.free.clear(), out.with_laws = false;
    out.centre = free_values(q, out.free, false, low);
    auto e = search.expect(q);
    const move_data d{std::span<const double>(e.xi).subspan(S * S), rows.z, rows.rows() - 1};
    auto done = fit_moves(q.driven, d, search.prior(), 1, settings.threads, true);
    const auto size = static_cast<std::size_t>(std::sqrt(static_cast<double>(done.information.size())) + 0.5);
    out.centre.resize(size);
    const std::size_t cuts = S - 1,
                      own = cuts + p;  // there: thresholds and slopes state by state, then the common ones
    const auto place = [&](std::size_t i) {
      if (i < S * cuts) return i / cuts * own + i % cuts;
      return i < S * own ? (i - S * cuts) / p * own + cuts + (i - S * cuts) % p : i;
    };
    std::vector<double> turned(size * size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j)
        turned[i * size + j] = done.information[std::max(place(i), place(j)) * size + std::min(place(i), place(j))];
    }
    out.covariance = invert(std::move(turned), size);
    if (!seen) status.push_back("standard errors of effects take the tiers as known: too narrow");
  } else {
    const std::size_t n = out.centre.size();
    const auto gradient = [&](const std::vector<double>& x) {
      tier_parameters here = now;
      set_free_values(x, out.free, true, low, here);
      if (settings.initial == beginning::stationary) here.initial = settled(here.moves, S);
      return search.gradient(here, out.free);
    };
    std::vector<double> information(n * n);
    const int was = search.passes;
    for (std::size_t i = 0; i < n; ++i) {
      const double h = 1e-5 * std::max(1.0, std::fabs(out.centre[i]));
      std::vector<double> up = out.centre, down = out.centre;
      up[i] += h, down[i] -= h;
      const auto gu = gradient(up), gd = gradient(down);
      for (std::size_t j = 0; j < n; ++j) information[j * n + i] = -(gu[j] - gd[j]) / (2.0 * h);
    }
    search.passes = was;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j)
        information[i * n + j] = information[j * n + i] = 0.5 * (information[i * n + j] + information[j * n + i]);
    }
    out.covariance = invert(std::move(information), n);
  }
  if (out.covariance.empty()) {
    status.push_back("the information matrix is singular: no standard errors");
    if (driven) out.effect_errors.assign(S * p, unknown);
    else out.transition_errors.assign(S * S, unknown);
    return out;
  }
  const std::size_t n = out.order(), first = out.free.size();
  for (std::size_t i = 0; driven && i < S * p; ++i) {
    const std::size_t at = first + S * (S - 1) + i;
    out.effect_errors.push_back(i < low * p ? unknown : std::sqrt(out.covariance[at * n + at]) / scale[i % p]);
  }
  if (!driven) find_transition_errors(now, out);
  if (out.with_laws) find_emission_errors(now, first + (driven ? S * (S - 1) + S * p + p : 0), low, out);
  return out;
}

/// Parameters drawn from the normal law about the fit; empty when the information is not known.
[[nodiscard]] inline std::vector<tier_parameters> draw_parameters(const tier_parameters& now,
                                                                  const tier_information& known,
                                                                  const tier_settings& settings, int draws) {
  std::vector<tier_parameters> out;
  if (known.covariance.empty() || draws <= 0) return out;
  const std::size_t n = known.order(), S = now.initial.size(), cuts = S - 1, low = settings.lost ? 1 : 0;
  std::vector<double> root = known.covariance;
  if (!cholesky_factor(root, n)) return out;
  for (int d = 0; d < draws; ++d) {
    random_stream g(settings.seed, static_cast<std::uint64_t>(d), 1);
    std::vector<double> z(n), x = known.centre;
    for (double& one : z) one = normal_quantile((static_cast<double>(g() >> 11) + 0.5) * 0x1p-53);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) x[i] += root[i * n + j] * z[j];
    }
    x.resize(std::max(
        n, known.free.size() + now.driven.threshold.size() + now.driven.slope.size() + now.driven.common.size()));
    tier_parameters q = now;
    set_free_values(x, known.free, known.with_laws, low, q);
    for (std::size_t s = 0; now.driven.covariates > 0 && s < S; ++s)
      std::sort(q.driven.threshold.begin() + static_cast<std::ptrdiff_t>(s * cuts),
                q.driven.threshold.begin() + static_cast<std::ptrdiff_t>((s + 1) * cuts));
    if (settings.initial == beginning::stationary) q.initial = settled(q.moves, S);
    if (q.initial.empty()) q.initial = now.initial;
    out.push_back(std::move(q));
  }
  return out;
}

}  // namespace guanxi::relation::detail
