#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/review/words.hpp>

namespace guanxi::review {

/// How often customers of this ledger came back within the horizon after having been silent as long as each is now.
struct come_back_columns {
  std::vector<double> odds;  // n: the ledger's figure held to the stated one; the stated one where it has nothing to say
  std::vector<double> seen;  // n: customers that were overdue and silent about as long, at an earlier date
  std::vector<double> came;  // n: of these, how many bought within the horizon after it; parts where dates disagree
  std::vector<double> silent;              // edges of the classes of silence, days
  std::vector<double> class_seen, class_came, class_odds;
  bool learned = false;  // whether the ledger had anything to say
};

namespace detail {
/// Odds that may not rise with silence: pools neighbours that do (weighted isotonic regression).
inline void falling(std::vector<double>& odds, const std::vector<double>& weight) {
  struct pool {
    double sum, weight;
    std::size_t count;
  };
  std::vector<pool> pools;
  for (std::size_t b = 0; b < odds.size(); ++b) {
    pools.push_back({odds[b] * weight[b], weight[b], 1});
    while (pools.size() > 1) {
      const pool last = pools.back(), before = pools[pools.size() - 2];
      if (last.sum / last.weight <= before.sum / before.weight) break;
      pools.pop_back();
      pools.back() = {before.sum + last.sum, before.weight + last.weight, before.count + last.count};
    }
  }
  std::size_t at = 0;
  for (const pool& p : pools)
    for (std::size_t j = 0; j < p.count; ++j) odds[at++] = p.sum / p.weight;
}
}  // namespace detail

/// Learns from the ledger how often silence ended: at dates a quarter apart, who was overdue (silent for more than twice its own
/// mean gap) and bought again within the horizon.
///
/// Takes   days; end: nothing after it is read; horizon in days; stated: the odds believed before looking, which count for
///         `weight` customers in each class of silence; infinite: the ledger is not asked.
/// Gives   odds that never rise with silence. A customer counts once a class, with the mean over its dates there.
/// Costs   O(customers dates + rows).
/// Source  frequencies in classes of silence, Beta prior, pooled where they would rise (Ayer et al. 1955, Ann. Math. Stat. 26, 641).
/// Beware  who came back without being asked; effort may do more, and what it does is in the response.
[[nodiscard]] inline come_back_columns come_back(const ledger::purchase_days& days, day end, double horizon, double stated, double weight = 4.0) {
  const std::size_t n = days.customers();
  come_back_columns out;
  out.silent = {0, 91, 182, 365, 547, 730, 1095};
  const std::size_t classes = out.silent.size();
  const auto class_of = [&](double silence) {
    return static_cast<std::size_t>(std::upper_bound(out.silent.begin(), out.silent.end(), silence) - out.silent.begin()) - 1;
  };
  out.class_seen.assign(classes, 0.0), out.class_came.assign(classes, 0.0), out.class_odds.assign(classes, stated);
  const auto span = static_cast<day>(std::max(1.0, std::min(horizon, 36'500.0)));
  std::vector<double> gaps;
  std::vector<std::size_t> until(n);  // rows of each customer up to the end
  day first = end;
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t stop = days.start[c];
    while (stop < days.start[c + 1] && days.date[stop] <= end) ++stop;
    until[c] = stop;
    const std::size_t count = stop - days.start[c];
    if (count > 0) first = std::min(first, days.date[days.start[c]]);
    if (count > 1) gaps.push_back(static_cast<double>(days.date[stop - 1] - days.date[days.start[c]]) / static_cast<double>(count - 1));
  }
  double usual = 91.0;  // for who bought once
  if (!gaps.empty()) {
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    usual = *middle;
  }
  if (std::isfinite(weight))
    for (std::size_t c = 0; c < n; ++c) {
      std::array<double, 7> dates{}, came{};
      for (day at = end - span; at > first; at -= 91) {
        const auto begin = days.date.begin() + static_cast<std::ptrdiff_t>(days.start[c]);
        const auto after = std::upper_bound(begin, days.date.begin() + static_cast<std::ptrdiff_t>(until[c]), at);
        if (after == begin) break;
        const double count = static_cast<double>(after - begin), silence = static_cast<double>(at - *(after - 1));
        const double gap = count > 1 ? static_cast<double>(*(after - 1) - *begin) / (count - 1) : usual;
        if (silence <= 2.0 * gap) continue;
        const std::size_t k = class_of(silence);
        dates[k] += 1.0;
        came[k] += after != days.date.begin() + static_cast<std::ptrdiff_t>(until[c]) && *after <= at + span;
      }
      for (std::size_t k = 0; k < classes; ++k)
        if (dates[k] > 0.0) out.class_seen[k] += 1.0, out.class_came[k] += came[k] / dates[k];
    }
  std::vector<double> held(classes);
  std::size_t known = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    held[k] = out.class_seen[k] + std::min(weight, 1e12);
    if (held[k] > 0.0) out.class_odds[k] = (out.class_came[k] + std::min(weight, 1e12) * stated) / held[k];
    if (out.class_seen[k] > 0.0) known = k + 1;
  }
  out.learned = known > 0;
  if (known > 0) {
    std::vector<double> odds(out.class_odds.begin(), out.class_odds.begin() + static_cast<std::ptrdiff_t>(known));
    for (double& w : held) w = std::max(w, 1e-12);
    detail::falling(odds, held);
    std::copy(odds.begin(), odds.end(), out.class_odds.begin());
    std::fill(out.class_odds.begin() + static_cast<std::ptrdiff_t>(known), out.class_odds.end(), odds.back());  // longer than the ledger can tell
  }
  out.odds.assign(n, stated), out.seen.assign(n, 0.0), out.came.assign(n, 0.0);
  for (std::size_t c = 0; c < n; ++c) {
    if (until[c] == days.start[c]) continue;
    const std::size_t k = class_of(static_cast<double>(end - days.date[until[c] - 1]));
    out.odds[c] = out.class_odds[k], out.seen[c] = out.class_seen[k], out.came[c] = out.class_came[k];
  }
  return out;
}

/// Odds that a customer comes back if it has left: of those who came back some had never left, and P(alive) says how many.
///
/// Takes   c: come_back(); p_alive: n, NaN taken as 1. Gives (odds - a) / (1 - a), between 0 and 1; c.odds where nothing was learned.
[[nodiscard]] inline std::vector<double> of_those_who_left(const come_back_columns& c, std::span<const double> p_alive) {
  std::vector<double> out(c.odds);
  for (std::size_t i = 0; c.learned && i < out.size(); ++i) {
    const double alive = std::isfinite(p_alive[i]) ? p_alive[i] : 1.0;
    out[i] = alive < 1.0 ? std::clamp((out[i] - alive) / (1.0 - alive), 0.0, 1.0) : 0.0;
  }
  return out;
}

/// What was learned, in words; "" when the ledger had nothing to say.
[[nodiscard]] inline std::string come_back_sentence(const come_back_columns& c) {
  std::string text;
  constexpr const char* words[] = {"under 3 months", "3 to 6 months", "6 to 12 months", "12 to 18 months", "18 to 24 months", "2 to 3 years", "over 3 years"};
  for (std::size_t k = 0; k < c.class_seen.size(); ++k)
    if (c.class_seen[k] > 0.0)
      text += (text.empty() ? "" : ", ") + std::string(words[k]) + " " + percent(c.class_came[k] / c.class_seen[k]) + " of " + in_words(c.class_seen[k]);
  return text.empty() ? text
                      : "Won back: of customers that were overdue and silent, as many came back within the horizon by themselves: " + text +
                            ". A gain from a lost customer is weighed by that.";
}

}  // namespace guanxi::review
