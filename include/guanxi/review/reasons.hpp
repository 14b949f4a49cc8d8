#pragma once
#include <cmath>
#include <cstddef>
#include <string>

#include <guanxi/base/day.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/words.hpp>

namespace guanxi::review {

/// The parts of a gain that a sentence names; they add up to the gain.
struct gain_parts {
  double headroom = 0, keeping = 0;
};

/// Why an account gets its effort: what is at stake, what the effort is expected to win, and what else was near.
[[nodiscard]] inline std::string effort_sentence(const customer_columns& c, std::size_t i, const effort_level& level, gain_parts parts,
                                                 const std::string& next_best, double sure = 0.9) {
  if (level.hours == 0 && level.money == 0) {
    if (std::isnan(c.value[i])) return "Hold: no purchase yet, nothing is known of what it could be worth.";
    std::string hold = "Hold: no effort here gains what it costs elsewhere" + (next_best.empty() ? std::string() : " (next best: " + next_best + ")") + ".";
    if (!c.come_back.empty() && c.p_alive[i] < 0.5)
      hold += " The chance that it still buys is " + percent(c.p_alive[i]) + "; of customers silent as long " + percent(c.come_back[i]) + " come back.";
    if (!c.pool_lost.empty() && c.pool_lost[i] > 0) hold += " In the pool it could gain " + in_words(c.pool_lost[i]) + ".";
    if (!c.try_worth.empty() && c.try_worth[i] > 0) hold += " A try is worth " + in_words(c.try_worth[i]) + " for what it teaches.";
    return hold;
  }
  std::string text = "Gains " + in_words(c.gain[i]) + " (" + percent(sure) + " from " + in_words(c.gain_low[i]) + " to " + in_words(c.gain_high[i]) + ")";
  if (parts.headroom > 0 && parts.headroom >= parts.keeping)
    text += ", mostly from what it buys elsewhere" + (std::isnan(c.share[i]) ? std::string() : " (we hold " + percent(c.share[i]) + ")") +
            (c.p_alive[i] < 0.5 ? ", by winning it back: the chance that it still buys is " + percent(c.p_alive[i]) +
                                      (c.come_back.empty() ? std::string() : "; of customers silent as long " + percent(c.come_back[i]) + " come back")
                                : std::string());
  else if (parts.keeping > 0)
    text += ", mostly from keeping it: the chance that it still buys is " + percent(c.p_alive[i]);
  text += "; net of the price of its hours and money " + in_words(c.net[i]);
  if (!next_best.empty()) text += ". Next best: " + next_best;
  return text + ".";
}

/// What to look at now, most pressing first; "" when nothing is.
[[nodiscard]] inline std::string watch_sentence(const customer_columns& c, std::size_t i, day end) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (c.p_rising[i] <= 0.1 && c.share[i] > 0) add("Our share falls.");
  if (c.p_alive[i] < 0.5 && c.sales_before[i] + c.sales_year[i] > 0)
    add("Silent for " + count_of(std::round((end - c.last_order[i]) / 7.0), "week") + ": it may be lost.");
  if (c.sales_before[i] > 0 && c.sales_year[i] < 0.5 * c.sales_before[i] && c.sales_year[i] > 0)
    add("Bought less than half of the year before.");
  return text;
}

}  // namespace guanxi::review
