#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/value/shrink.hpp>

namespace guanxi::value {

/// Business time: a day of a busy month counts for more than one, a day of a quiet month for less.
///
/// Purchases that come at a pace which follows the season come at an even pace in business time, so every model of an even
/// pace can be used there. A year of business time has as many days as a year of the calendar.
class season_clock {
 public:
  /// Takes   index: how busy each month (12 numbers), week of the year (52 or 53) or day of the year (366) is against the
  ///         others, each > 0; only their ratios count. first, last: days between which the clock will be asked most.
  /// Fails   errc::size_mismatch for another number of entries, errc::out_of_domain for one that is not between 0.01 and 100
  ///         times their mean.
  season_clock(std::span<const double> index, day first, day last) : first_(first) {
    if (index.size() != 12 && index.size() != 52 && index.size() != 53 && index.size() != 366)
      throw error(errc::size_mismatch, "value::season_clock: 'season' has " + std::to_string(index.size()) +
                                           " entries; 12 months, 52 or 53 weeks, or 366 days are wanted");
    double sum = 0;
    for (const double v : index) sum += v;
    const double mean = sum / static_cast<double>(index.size());
    for (std::size_t i = 0; i < index.size(); ++i)
      if (!(index[i] >= 0.01 * mean && index[i] <= 100 * mean && mean > 0 && std::isfinite(mean)))
        throw error(errc::out_of_domain, "value::season_clock: 'season' has " + std::to_string(index[i]) + " at place " + std::to_string(i + 1) +
                                             "; numbers > 0, from a hundredth to a hundred times their mean, are wanted");
    const std::int64_t length = std::max<std::int64_t>(0, static_cast<std::int64_t>(last) - first) + 1;
    std::array<double, 366> part{};
    double year = 0;
    for (day d = 0; d < 366; ++d) {
      const day at = static_cast<day>(to_day({2000, 1, 1}) + d);  // a leap year has every day
      const std::size_t place = index.size() == 12 ? to_date(at).month - 1 : index.size() == 366 ? static_cast<std::size_t>(d) : std::min<std::size_t>(static_cast<std::size_t>(d) / 7, index.size() - 1);
      part[static_cast<std::size_t>(d)] = index[place];
      year += index[place] * (d == 59 ? 0.2425 : 1.0);
    }
    for (double& p : part) p *= 365.2425 / year;
    ticks_.resize(static_cast<std::size_t>(length) + 1);
    ticks_[0] = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      const date when = to_date(static_cast<day>(first + i));
      const auto of_year = static_cast<std::size_t>(to_day({2000, when.month, when.dom}) - to_day({2000, 1, 1}));
      ticks_[static_cast<std::size_t>(i) + 1] = ticks_[static_cast<std::size_t>(i)] + part[of_year];
    }
  }

  /// Business day of a day: first itself at first, whole numbers. Days outside the range go on at an even pace.
  [[nodiscard]] day to(std::int64_t d) const noexcept {
    const std::int64_t i = d - first_, last = static_cast<std::int64_t>(ticks_.size()) - 1;
    const double t = i < 0 ? static_cast<double>(i) : i <= last ? ticks_[static_cast<std::size_t>(i)] : ticks_.back() + static_cast<double>(i - last);
    return static_cast<day>(first_ + std::llround(std::clamp(t, -2e9, 2e9)));
  }
  /// First day after `d` by which `ahead` business days have passed.
  [[nodiscard]] day after(day d, std::int64_t ahead) const noexcept {
    const std::int64_t want = static_cast<std::int64_t>(to(d)) + ahead;
    std::int64_t low = d, high = static_cast<std::int64_t>(d) + 1;
    while (to(high) < want && high - d < (std::int64_t{1} << 24)) low = high, high = d + 2 * (high - d);
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      (to(middle) < want ? low : high) = middle;
    }
    return static_cast<day>(high);
  }

  /// The same purchases in business time, seen from `at`: what is known stays known, what comes in (at, at + ahead] stays
  /// there, what comes after stays after. Row by row the same; dates are written to `into`.
  [[nodiscard]] ledger::purchase_days seen_from(const ledger::purchase_days& days, std::int64_t at, std::int64_t ahead, std::vector<day>& into) const {
    const day now = to(at), end = std::max(to(at + ahead), static_cast<day>(now + 1));
    into.resize(days.date.size());
    for (std::size_t i = 0; i < into.size(); ++i) {
      const std::int64_t d = days.date[i];
      const day t = to(d);
      into[i] = d <= at ? std::min(t, now) : d <= at + ahead ? std::clamp(t, static_cast<day>(now + 1), end) : std::max(t, static_cast<day>(end + 1));
    }
    return {days.start, into, days.amount};
  }
  /// Business days in (at, at + ahead], at least 1.
  [[nodiscard]] std::int64_t ahead(std::int64_t at, std::int64_t ahead) const noexcept {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(to(at + ahead)) - to(at));
  }

 private:
  day first_;
  std::vector<double> ticks_;
};

/// How busy each month of the year is, learned from a ledger; 1 is the mean of the year.
struct month_index {
  std::vector<double> index, low, high;  // 12 each; ends of 90 % intervals
  double years = 0;                      // years in which a month could be compared with the twelve months round it
  double spread = 0;                     // standard deviation between months that is more than chance, in logs
  std::string status;
};

/// Season of a ledger by months, shrunk to none as far as chance explains it.
///
/// Takes   days: see ledger::purchase_days; end: last day that is known.
/// Gives   12 numbers. Each month's purchases a day are compared with those of the twelve months round it, so growth of the
///         book is no season; months are shrunk to 1 by how much years differ and by how few purchases there are.
///         A ledger of less than two years gives 1 everywhere, and the status says so: there growth and season are one.
/// Fails   errc::empty when nobody has bought up to end.
/// Costs   one pass over the days.
/// Source  Shiskin (1967), ratio to moving average; DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188.
[[nodiscard]] inline month_index season_index(const ledger::purchase_days& days, day end) {
  const auto month_of = [](day d) {
    const date when = to_date(d);
    return static_cast<std::int64_t>(when.year) * 12 + when.month - 1;
  };
  day first = std::numeric_limits<day>::max();
  for (const day d : days.date)
    if (d <= end) first = std::min(first, d);
  if (first > end) throw error(errc::empty, "value::season_index: nobody has bought up to " + to_text(end));
  const std::int64_t from = month_of(first) + (to_date(first).dom > 1 ? 1 : 0), until = month_of(static_cast<day>(end + 1));
  month_index out;
  out.index.assign(12, 1.0), out.low = out.high = out.index;
  const std::int64_t months = until - from;
  if (months < 24) {
    out.status = "no season: " + std::to_string(std::max<std::int64_t>(0, months)) + " whole months; 24 are needed to tell it from growth";
    return out;
  }
  std::vector<double> count(static_cast<std::size_t>(months)), length(count.size());
  for (const day d : days.date) {
    if (d > end) continue;
    const std::int64_t m = month_of(d) - from;
    if (m >= 0 && m < months) count[static_cast<std::size_t>(m)] += 1;
  }
  for (std::int64_t m = 0; m < months; ++m) {
    const auto start = [&](std::int64_t k) { return to_day({static_cast<std::int32_t>(k / 12), static_cast<std::uint32_t>(k % 12 + 1), 1}); };
    length[static_cast<std::size_t>(m)] = start(from + m + 1) - start(from + m);
  }
  std::array<std::vector<double>, 12> ratio;
  std::array<double, 12> purchases{};
  for (std::size_t m = 6; m + 6 < count.size(); ++m) {
    double got = 0.5 * (count[m - 6] + count[m + 6]), of = 0.5 * (length[m - 6] + length[m + 6]);
    for (std::size_t k = m - 5; k <= m + 5; ++k) got += count[k], of += length[k];
    const auto place = static_cast<std::size_t>((from + static_cast<std::int64_t>(m)) % 12);
    ratio[place].push_back(std::log((count[m] + 0.5) / length[m]) - std::log((got + 6) / of));
    purchases[place] += count[m];
  }
  double within = 0, freedom = 0;  // between years, the same for all months
  for (const auto& r : ratio) {
    double mean = 0;
    for (const double v : r) mean += v / static_cast<double>(r.size());
    for (const double v : r) within += (v - mean) * (v - mean);
    freedom += static_cast<double>(r.size()) - 1;
    out.years = std::max(out.years, static_cast<double>(r.size()));
  }
  const double between_years = (within + 3 * 0.01) / (freedom + 3);  // a tenth, as if seen three times, where years are few
  std::vector<double> z(12), v(12);
  for (std::size_t k = 0; k < 12; ++k) {
    for (const double r : ratio[k]) z[k] += r / static_cast<double>(ratio[k].size());
    v[k] = between_years / static_cast<double>(std::max<std::size_t>(1, ratio[k].size())) + 1 / std::max(purchases[k], 1.0);
  }
  const shrunk_effects s = shrink(z, v);
  double mean = 0;
  for (std::size_t k = 0; k < 12; ++k) mean += std::exp(s.effect[k]) / 12;
  for (std::size_t k = 0; k < 12; ++k) {
    out.index[k] = std::exp(s.effect[k]) / mean;
    out.low[k] = out.index[k] * std::exp(-1.6448536269514722 * s.deviation[k]);
    out.high[k] = out.index[k] * std::exp(1.6448536269514722 * s.deviation[k]);
  }
  out.spread = s.spread;
  out.status = s.spread > 0 ? "season of " + std::to_string(static_cast<int>(out.years)) + (out.years > 1 ? " years" : " year")
                            : "no season beyond chance";
  return out;
}

}  // namespace guanxi::value
