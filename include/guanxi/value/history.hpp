#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/ledger/purchase_days.hpp>

namespace guanxi::value {

/// Half-lives, in days, of the recency-weighted rates: 4, 13, 26, 52 and 104 weeks. Last: no forgetting.
inline constexpr std::array<double, 5> half_lives{28, 91, 182, 364, 728};
inline constexpr std::size_t memories = half_lives.size() + 1;

/// Everything the forecasts look at of one customer at a date; times in days. Nothing after the date is in it.
struct history {
  std::size_t customer = 0;
  double n = 0;             // purchase days in all
  double age = 0;           // first purchase to the date
  double recency = 0;       // first to last purchase
  double log_gaps = 0;      // sum of ln(gap in days)
  bool old = false;         // was there when the ledger began
  double last_window = 0;   // purchases in the last horizon
  double window_before = 0; // purchases in the horizon before
  double last_year = 0;     // purchases in the same window a year ago (364 days)
  double last_half = 0, last_quarter = 0, last_eighth = 0;  // purchases in those parts of the last horizon
  std::array<double, memories> faded{};    // purchases, each halved every half-life
  std::array<double, memories> exposure{};  // days, faded alike
  double money = 0;         // in all
  double money_last = 0, money_before = 0, money_last_year = 0, money_four = 0;  // money_four: in the last four horizons
  std::array<double, memories> faded_money{};
  double log_money = 0;     // sum of ln(amount) over positive days
  double positive = 0;      // purchase days with positive money
  double pace = 1;          // what its groups (country, product group) do to the rate: a factor
  double worth = 1;         // and to the money of a purchase
};

/// What a purchase of `d` days ago still counts, for every half-life. One table for a book.
class fading {
 public:
  explicit fading(std::size_t longest) : table_((longest + 1) * half_lives.size()) {
    for (std::size_t d = 0; d <= longest; ++d)
      for (std::size_t h = 0; h < half_lives.size(); ++h)
        table_[d * half_lives.size() + h] = std::exp2(-static_cast<double>(d) / half_lives[h]);
  }
  [[nodiscard]] const double* operator[](std::size_t d) const noexcept { return table_.data() + d * half_lives.size(); }
  /// Days of exposure, faded, when it began `length` days ago.
  [[nodiscard]] static double exposure(double length, std::size_t h) {
    if (h == half_lives.size()) return length;
    const double scale = half_lives[h] / 0.6931471805599453;
    return -scale * std::expm1(-length / scale);
  }

 private:
  std::vector<double> table_;
};

/// History of customer c at `date`. Gives n = 0 when nothing was bought up to then.
/// Takes   start: first day of the ledger; old_until: customers first seen up to that day count as there before.
[[nodiscard]] inline history look_back(const ledger::purchase_days& days, std::size_t c, day date, day start, day old_until,
                                       std::int64_t horizon, const fading& fade) {
  history s;
  s.customer = c;
  const std::size_t from = days.start[c], end = days.start[c + 1];
  if (from == end || days.date[from] > date) return s;
  const day first = days.date[from];
  s.old = first <= old_until;
  s.age = static_cast<double>(date) - first;
  const std::int64_t at = date, year = at - 364;
  for (std::size_t j = from; j < end && days.date[j] <= date; ++j) {
    const std::int64_t d = days.date[j], ago = at - d;
    const double money = days.amount[j];
    s.n += 1;
    s.money += money;
    if (money > 0) {
      s.log_money += std::log(money);
      s.positive += 1;
    }
    if (j > from) s.log_gaps += std::log(std::max(1.0, static_cast<double>(d - days.date[j - 1])));  // business days may be equal
    s.recency = static_cast<double>(d - first);
    const double* w = fade[static_cast<std::size_t>(ago)];
    const bool counts = j > from || s.old;
    for (std::size_t h = 0; h < half_lives.size(); ++h) {
      if (counts) s.faded[h] += w[h];
      s.faded_money[h] += w[h] * money;
    }
    if (ago < horizon) {
      s.last_window += 1;
      s.money_last += money;
      if (2 * ago < horizon) s.last_half += 1;
      if (4 * ago < horizon) s.last_quarter += 1;
      if (8 * ago < horizon) s.last_eighth += 1;
    } else if (ago < 2 * horizon) {
      s.window_before += 1;
      s.money_before += money;
    }
    if (ago < 4 * horizon) s.money_four += money;
    if (d > year && d <= year + horizon) {
      s.last_year += 1;
      s.money_last_year += money;
    }
  }
  s.faded[half_lives.size()] = s.n - (s.old ? 0.0 : 1.0);
  s.faded_money[half_lives.size()] = s.money;
  const double length = s.old ? static_cast<double>(date) - start + 1 : s.age;
  for (std::size_t h = 0; h < memories; ++h) s.exposure[h] = fading::exposure(length, h);
  return s;
}

/// Purchases and money of customer c in (date, date + horizon].
struct outcome {
  double purchases = 0, money = 0;
};
[[nodiscard]] inline outcome look_ahead(const ledger::purchase_days& days, std::size_t c, day date, std::int64_t horizon) {
  outcome out;
  const auto* end = days.date.data() + days.start[c + 1];
  const auto* at = std::upper_bound(days.date.data() + days.start[c], end, date);
  for (; at != end && *at <= date + horizon; ++at) {
    out.purchases += 1;
    out.money += days.amount[static_cast<std::size_t>(at - days.date.data())];
  }
  return out;
}

}  // namespace guanxi::value
