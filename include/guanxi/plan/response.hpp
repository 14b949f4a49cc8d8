#pragma once
#include <cmath>
#include <limits>
#include <string>

#include <guanxi/base/error.hpp>

namespace guanxi::plan {

/// What continuous effort does to one account: R(x) = low + (high - low) x^power / (half^power + x^power).
///
/// power <= 1: concave; power > 1: S-shaped, the first hours alone do little. Money over the effort's unit.
/// Source  Little (1970), Management Science 16, B466 (ADBUDG); Lodish (1971), Management Science 18, P25 (CALLPLAN).
struct response {
  double low = 0.0;    // sales or gain without effort
  double high = 0.0;   // at saturation
  double half = 1.0;   // effort that wins half of high - low, > 0
  double power = 1.0;  // > 0
  double most = std::numeric_limits<double>::infinity();  // largest effort that makes sense, >= 0
};

/// R(x), x >= 0. Costs one log and one exp.
[[nodiscard]] inline double response_at(const response& r, double x) {
  if (!(x > 0.0)) return r.low;
  return r.low + (r.high - r.low) / (1.0 + std::exp(-r.power * std::log(x / r.half)));
}

/// R'(x), x > 0: what one more unit of effort gains there.
[[nodiscard]] inline double slope_at(const response& r, double x) {
  const double u = std::exp(-std::abs(r.power * std::log(x / r.half)));  // the same for u and 1/u
  return (r.high - r.low) * r.power * u / (x * (1.0 + u) * (1.0 + u));
}

/// The effort at which an S-shape turns from convex to concave; 0 for power <= 1.
[[nodiscard]] inline double inflection(const response& r) {
  return r.power <= 1.0 ? 0.0 : r.half * std::pow((r.power - 1.0) / (r.power + 1.0), 1.0 / r.power);
}

/// The curve behind four answers of the manager: sales without effort, at today's effort, with half as much again, and
/// with all the effort in the world.
///
/// Takes   effort: today's, > 0; none, now, more, saturation: answers in money.
/// Gives   the one response through all four.
/// Fails   errc::out_of_domain when the answers do not rise: none < now < more < saturation.
/// Source  Little (1970): q(x) = (R - low)/(high - R) is a power of x, so two inner answers fix power and half.
[[nodiscard]] inline response response_from_answers(double effort, double none, double now, double more,
                                                    double saturation) {
  if (!(effort > 0.0) || !std::isfinite(effort))
    throw error(errc::out_of_domain,
                "plan::response_from_answers: 'effort' is " + std::to_string(effort) + ", wanted today's effort, above 0");
  if (!(none < now && now < more && more < saturation) || !std::isfinite(none) || !std::isfinite(saturation))
    throw error(errc::out_of_domain, "plan::response_from_answers: the answers none " + std::to_string(none) + ", now " +
                                         std::to_string(now) + ", half more " + std::to_string(more) + ", saturation " +
                                         std::to_string(saturation) + " must rise in this order");
  const double q = (now - none) / (saturation - now);
  const double q_more = (more - none) / (saturation - more);
  response out;
  out.low = none;
  out.high = saturation;
  out.power = std::log(q_more / q) / std::log(1.5);
  out.half = effort * std::exp(-std::log(q) / out.power);
  return out;
}

}  // namespace guanxi::plan
