#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/value/history.hpp>
#include <guanxi/value/shrink.hpp>

namespace guanxi::value {

/// A property of customers that does not change, such as country or product group: a code each, negative where not known.
struct customer_group {
  std::string name;
  std::vector<std::int32_t> code;
  [[nodiscard]] std::size_t groups() const noexcept {
    std::int32_t most = -1;
    for (const std::int32_t c : code) most = std::max(most, c);
    return static_cast<std::size_t>(most + 1);
  }
};

/// What a property does to the purchase rate and to the money of a purchase: logs of factors, one a group.
struct group_effects {
  shrunk_effects rate, spend;
  std::vector<double> customers;  // seen in each group
};

/// Learns the effects of properties from histories.
///
/// Takes   customers: what is known at a date; properties: codes by customer, all of them (histories name their customer).
/// Gives   one entry a property. Rates: repeat purchases against those expected at the book's mean, whose chance has two
///         parts, that of counts and that of customers who differ in rate; spend: mean log money of a purchase. Both are
///         shrunk, see shrink(): a property that does not matter has effects of exactly 0. Several properties are fitted one
///         given the others, in three rounds.
/// Costs   a few passes over the histories.
[[nodiscard]] inline std::vector<group_effects> learn_groups(std::span<const history> customers, std::span<const customer_group> properties) {
  std::vector<group_effects> out(properties.size());
  if (properties.empty() || customers.empty()) return out;
  double repeats = 0, time = 0;
  for (const history& s : customers) repeats += s.n - 1, time += s.age;
  if (!(repeats > 0) || !(time > 0)) {
    for (std::size_t j = 0; j < out.size(); ++j) {
      const std::vector<double> none(properties[j].groups(), 0.0);
      out[j].rate.effect = out[j].rate.deviation = out[j].spend.effect = out[j].spend.deviation = out[j].customers = none;
    }
    return out;
  }
  const double mean = repeats / time;
  double excess = 0, squares = 0;  // how much customers differ in rate: of the squared relative deviation, by moments
  for (const history& s : customers) {
    const double e = mean * s.age, off = s.n - 1 - e;
    excess += off * off - e, squares += e * e;
  }
  const double differ = squares > 0 ? std::max(0.0, excess / squares) : 0.0;
  for (std::size_t j = 0; j < out.size(); ++j) out[j].rate.effect.assign(properties[j].groups(), 0.0), out[j].spend.effect = out[j].rate.effect;
  const auto code_of = [&](std::size_t j, const history& s) { return properties[j].code[s.customer]; };
  const auto others = [&](const history& s, std::size_t but, bool spend) {
    double sum = 0;
    for (std::size_t k = 0; k < out.size(); ++k)
      if (k != but && code_of(k, s) >= 0) sum += (spend ? out[k].spend : out[k].rate).effect[static_cast<std::size_t>(code_of(k, s))];
    return sum;
  };
  for (int round = 0; round < (out.size() > 1 ? 3 : 1); ++round)
    for (std::size_t j = 0; j < out.size(); ++j) {
      const std::size_t groups = properties[j].groups();
      std::vector<double> got(groups), expected(groups), square(groups), logs(groups), number(groups), seen(groups), variance(groups);
      out[j].customers.assign(groups, 0.0);
      for (const history& s : customers) {
        if (code_of(j, s) < 0) continue;
        const auto g = static_cast<std::size_t>(code_of(j, s));
        const double e = mean * s.age * std::exp(others(s, j, false));
        got[g] += s.n - 1, expected[g] += e, square[g] += e * e;
        out[j].customers[g] += 1;
        if (s.positive > 0) logs[g] += s.log_money / s.positive - others(s, j, true), number[g] += 1;
      }
      for (std::size_t g = 0; g < groups; ++g) {
        seen[g] = std::log((got[g] + 0.5) / (expected[g] + 0.5));
        const double e = expected[g] + 0.5;
        variance[g] = out[j].customers[g] > 0 ? (e + differ * square[g]) / (e * e) : INFINITY;
      }
      out[j].rate = shrink(seen, variance);
      double within = 0, freedom = 0;
      for (const history& s : customers) {
        if (code_of(j, s) < 0 || !(s.positive > 0)) continue;
        const auto g = static_cast<std::size_t>(code_of(j, s));
        const double off = s.log_money / s.positive - others(s, j, true) - logs[g] / number[g];
        within += off * off, freedom += 1;
      }
      for (std::size_t g = 0; g < groups; ++g) freedom -= number[g] > 0 ? 1 : 0;
      const double spread = freedom > 0 ? within / freedom : INFINITY;
      for (std::size_t g = 0; g < groups; ++g) {
        seen[g] = number[g] > 0 ? logs[g] / number[g] : 0.0;
        variance[g] = number[g] > 0 ? std::max(spread, 1e-6) / number[g] : INFINITY;
      }
      out[j].spend = shrink(seen, variance);
    }
  return out;
}

/// Puts the effects into a history: what this customer's groups do to its rate and to the money of a purchase.
inline void give_effects(history& s, std::span<const group_effects> effects, std::span<const customer_group> properties) {
  double rate = 0, spend = 0;
  for (std::size_t j = 0; j < effects.size(); ++j) {
    const std::int32_t code = properties[j].code[s.customer];
    if (code < 0 || static_cast<std::size_t>(code) >= effects[j].rate.effect.size()) continue;
    rate += effects[j].rate.effect[static_cast<std::size_t>(code)];
    spend += effects[j].spend.effect[static_cast<std::size_t>(code)];
  }
  s.pace = std::exp(std::clamp(rate, -5.0, 5.0));
  s.worth = std::exp(std::clamp(spend, -5.0, 5.0));
}

}  // namespace guanxi::value
