#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/purchase_likelihood.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

/// Purchases of customers over an exposure: those who were there before the ledger began are seen only if they bought.
struct exposure_rows {
  std::span<const double> count;     // purchases in the exposure; all of them, or the repeats when it starts at the first
  std::span<const double> exposure;  // time
  double truncated = 0;              // how many of the rows are seen only because count >= 1
  double window = 1;                 // exposure of those
};

/// Gamma law of purchase rates, rate ~ Gamma(r, alpha), from counts and exposures with zero-truncation for old customers.
///
/// A ledger begins in the middle of relations: the first purchase it shows of an old customer is no beginning. For those
/// all purchases over the whole window count, given that there is at least one.
/// Costs 4 to 10 passes over grouped rows. Source: Johnson, Kemp and Kotz (2005), ch. 5.11 (truncated negative binomial).
[[nodiscard]] inline fit_result fit_rates(const exposure_rows& rows, unsigned threads = 1) {
  fit_result out;
  out.names = {"r", "alpha"};
  const customer_rows as_rows{rows.count, rows.exposure, rows.exposure};
  const row_groups g = group(as_rows);
  purchase_likelihood likelihood(g, {dropout::none, 1}, threads);
  const double n = rows.truncated, w = rows.window;
  const auto f = [&](const std::array<double, 2>& theta) {
    const double r = std::exp(theta[0]), alpha = std::exp(theta[1]);
    const local<4> all = likelihood(r, alpha, 1, 1);
    local<2> s{all.value, {all.gradient[0], all.gradient[1]},
               {{{all.hessian[0][0], all.hessian[0][1]}, {all.hessian[1][0], all.hessian[1][1]}}}};
    if (n > 0) {
      const double gr = -std::log1p(w / alpha), ga = 1 / alpha - 1 / (alpha + w), none = r * gr;
      const double u = 1.0 / std::expm1(-none), uu = u * (1 + u);
      s.value -= n * log1mexp(none);
      s.gradient[0] += n * u * gr;
      s.gradient[1] += n * u * r * ga;
      s.hessian[0][0] += n * uu * gr * gr;
      s.hessian[0][1] += n * (uu * gr * r * ga + u * ga);
      s.hessian[1][1] += n * (uu * r * r * ga * ga + u * r * (1 / ((alpha + w) * (alpha + w)) - 1 / (alpha * alpha)));
      s.hessian[1][0] = s.hessian[0][1];
    }
    detail::to_logs(s, {r, alpha});
    return s;
  };
  double exposure = 0;
  for (const double e : rows.exposure) exposure += e;
  const double rate = std::max(g.repeats, 0.1) / std::max(exposure, 1e-12);
  const optimum<2> best = maximise<2>(f, {0.0, -std::log(rate)}, std::log(1e-4), std::log(1e6));
  out.params = {std::exp(best.at[0]), std::exp(best.at[1])};
  out.log_likelihood = best.here.value;
  out.customers = g.customers;
  out.passes = best.passes;
  out.converged = best.converged;
  out.gradient_norm = best.gradient_norm;
  detail::fill_errors(out, best);
  if (g.repeats == 0)
    out.status = "no purchases beyond the first: rate not identifiable";
  else if (best.at[0] <= std::log(1.01e-4))
    out.status = "prior vanished: pure exposure shrinkage";
  else
    out.status = best.converged ? "converged in " + std::to_string(best.passes) + " passes"
                                : "stopped after " + std::to_string(best.passes) + " passes";
  return out;
}

}  // namespace guanxi::value
