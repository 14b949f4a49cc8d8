#pragma once
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/sales.hpp>
#include <guanxi/review/words.hpp>

namespace guanxi::review {

/// Fails with a sentence when a setting cannot be meant.
inline void check(const settings& s) {
  const auto refuse = [](const char* name, double value, const char* wish) {
    throw error(errc::out_of_domain, std::string("review: ") + name + " is " + std::to_string(value) + ", wanted " + wish);
  };
  if (!(s.horizon > 0) || !std::isfinite(s.horizon)) refuse("horizon", s.horizon, "a positive length");
  if (!(s.level > 0 && s.level < 1)) refuse("level", s.level, "a number between 0 and 1");
  if (s.hours < 0 || std::isinf(s.hours)) refuse("hours", s.hours, "0 or more");
  if (s.money < 0 || std::isinf(s.money)) refuse("money", s.money, "0 or more");
  if (!std::isnan(s.margin) && !(s.margin > 0 && s.margin <= 1)) refuse("margin", s.margin, "above 0 and at most 1");
  if (s.efforts.empty()) throw error(errc::empty, "review: 'efforts' names no level, wanted at least one that costs nothing");
  const response_prior& r = s.response;
  for (const auto& [name, value] : {std::pair{"response most_a", r.most_a}, {"response most_b", r.most_b}, {"response half", r.half},
                                    {"response power", r.power}, {"response room_high", r.room_high}})
    if (!(value > 0) || std::isinf(value)) refuse(name, value, "above 0");
  for (const auto& [name, value] : {std::pair{"response half_log_sd", r.half_log_sd}, {"response power_log_sd", r.power_log_sd},
                                    {"response win_back", r.win_back}, {"response room", r.room}, {"response room_low", r.room_low}, {"response learned", r.learned}, {"abroad", s.abroad}})
    if (!(value >= 0) || std::isinf(value)) refuse(name, value, "0 or more");
  if (!(r.win_back_weight >= 0)) refuse("response win_back_weight", r.win_back_weight, "0 or more");
  if (s.pool_hour < 0 || std::isinf(s.pool_hour)) refuse("pool_hour", s.pool_hour, "0 or more");
  for (const manager& m : s.managers)
    if (!(m.hours >= 0) || std::isinf(m.hours))
      throw error(errc::out_of_domain, "review: manager '" + m.name + "' has " + std::to_string(m.hours) + " hours, wanted 0 or more");
  for (const effort_level& e : s.efforts)
    if (!(e.hours >= 0) || !(e.money >= 0) || std::isinf(e.hours) || std::isinf(e.money))
      throw error(errc::out_of_domain, "review: effort '" + e.name + "' costs " + std::to_string(e.hours) + " hours and " + std::to_string(e.money) + " money, wanted 0 or more of each");
}

/// The part of sales that is left to us: given, from costs, or 0.3; says which.
[[nodiscard]] inline double margin_of(const ledger::Ledger& book, const sales_columns& sales, day end, const settings& s, std::vector<std::string>& notes) {
  if (!std::isnan(s.margin)) return s.margin;
  if (book.has_cost()) {
    const std::vector<double> each = book.margin(end);
    running_sum left, all;
    for (std::size_t c = 0; c < each.size(); ++c)
      if (std::isfinite(each[c]) && sales.year[c] > 0) left.add(each[c] * sales.year[c]), all.add(sales.year[c]);
    const double margin = all.value() > 0 ? left.value() / all.value() : 0.0;
    if (margin > 0 && margin <= 1) {
      notes.push_back("Margin " + percent(margin) + ", from the ledger's costs of the last year.");
      return margin;
    }
  }
  notes.push_back("Margin assumed 30 % of sales: give `margin` or a cost column.");
  return 0.3;
}

/// What the prior of effort says, in words.
[[nodiscard]] inline std::string response_sentence(const response_prior& p) {
  const double low = beta_quantile(0.05, p.most_a, p.most_b), high = beta_quantile(0.95, p.most_a, p.most_b);
  return "What effort does is a stated prior, not an estimate: a ledger without variation in effort cannot tell. It wins a part of the room to "
         "grow and of what lapses, at saturation " + percent(p.most_a / (p.most_a + p.most_b)) + " in the mean (90 % from " + percent(low) + " to " +
         percent(high) + "); half of that after " + in_words(p.half) + " hours, give or take a factor of " + in_words(std::exp(1.6448536269514722 * p.half_log_sd)) + "; a customer that has left is pulled " +
         percent(p.win_back) + " as much, where the ledger does not say how often customers silent as long came back.";
}

}  // namespace guanxi::review
