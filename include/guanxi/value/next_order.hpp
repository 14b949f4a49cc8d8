#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/forecast.hpp>
#include <guanxi/value/groups.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

/// When each customer's next order comes if the customer still buys, how large it is, and who is overdue.
/// One entry a customer of the book; NaN and no_day for those without a purchase up to the end.
struct next_orders {
  std::vector<double> silence;   // days since the last purchase
  std::vector<double> chance;    // chance of a silence at least so long while the customer still buys
  std::vector<std::uint8_t> overdue;  // 1: the alarm is on
  std::vector<day> alarm_on;     // first day of silence that raises the alarm; no_day when beyond a hundred years
  std::vector<day> next_low, next_median, next_high;  // date of the next order, given that the customer still buys
  std::vector<double> size, size_low, size_high;  // money of it: median and interval
  double threshold = 0.05;       // the alarm is on when chance is below
  std::size_t calibrated_on = 0; // completed gaps that the threshold was learned from; 0: the model's own
  std::string status;
};

namespace detail {

/// P(gap > g) of the gap that follows x repeats in t days, for a customer who still buys: Erlang-k of a gamma rate.
[[nodiscard]] inline double gap_survival(const purchase_parameters& p, unsigned stages, double x, double t, double g) {
  const double count = p.r + stages * x, at = p.alpha + t, z = g / (at + g);
  double term = std::exp(-count * std::log1p(g / at)), sum = 0;
  for (unsigned j = 0; j < stages; ++j) {
    sum += term;
    term *= (count + j) / (j + 1) * z;
  }
  return std::min(1.0, sum);
}

/// Smallest gap in days whose survival falls to `chance`; infinity beyond a hundred years.
[[nodiscard]] inline double gap_at(const purchase_parameters& p, unsigned stages, double x, double t, double chance) {
  double low = 0, high = 1;
  while (gap_survival(p, stages, x, t, high) > chance) {
    low = high;
    high *= 2;
    if (high > 36525) return std::numeric_limits<double>::infinity();
  }
  for (int i = 0; i < 60 && high - low > 1e-3; ++i) {
    const double middle = 0.5 * (low + high);
    (gap_survival(p, stages, x, t, middle) > chance ? low : high) = middle;
  }
  return high;
}

}  // namespace detail

/// Dates and sizes of the next orders, and an alarm for customers who are silent for longer than their habit allows.
///
/// Takes   days: see ledger::purchase_days; end: last day that is known; false_alarm: share of a buying customer's gaps in
///         which the alarm may be raised although the next order still comes; level: of the intervals.
/// Gives   next_orders. The chance is that of MBG/CNBD-k, the rate of each customer being learned from its own gaps; the
///         threshold is the false_alarm quantile of that chance among completed gaps that began in the ledger's first half,
///         so that a book whose gaps are not of that family still gets the rate that was asked for.
/// Fails   errc::out_of_domain when false_alarm or level is not between 0 and 1; errc::empty when nobody has bought.
/// Costs   a fit of MBG/CNBD-k and about 2 microseconds a customer.
/// Source  Platzer and Reutterer (2016), Marketing Science 35, 779-799, for regular gaps; quantile calibration as in
///         conformal prediction, Vovk, Gammerman and Shafer (2005).
/// Beware  one who has left is silent as well: an alarm says "longer than habit", not "lost".
[[nodiscard]] inline next_orders next_order(const ledger::purchase_days& days, day end, double false_alarm = 0.05,
                                            double level = 0.9, unsigned threads = 0) {
  for (const auto& [name, value] : {std::pair{"false_alarm", false_alarm}, {"level", level}})
    if (!(value > 0 && value < 1))
      throw error(errc::out_of_domain, std::string("value::next_order: '") + name + "' is " + detail::number(value) + "; between 0 and 1 is wanted");
  const std::size_t n = days.customers();
  const customer_columns past = to_rows(days, end, unit::days);
  if (past.customer.empty())
    throw error(errc::empty, "value::next_order: nobody has bought up to " + to_text(end));
  PurchaseModel model("value::next_order", {dropout::from_start, 1, 6, threads});
  model.fit(past.rows());
  const purchase_parameters p = model.parameters();
  const unsigned k = model.story().stages;

  next_orders out;
  out.threshold = false_alarm;
  day first = std::numeric_limits<day>::max();
  for (const std::size_t c : past.customer) first = std::min(first, days.date[days.start[c]]);
  const double middle = 0.5 * (static_cast<double>(first) + end);
  std::vector<double> chances;
  const std::size_t stride = std::max<std::size_t>(1, n / 50'000);  // customers whose gaps the threshold is learned from
  double within = 0, within_of = 0, all = 0, all_of = 0;
  std::vector<double> log_mean(n, 0.0), log_count(n, 0.0);
  for (const std::size_t c : past.customer) {
    double sum = 0, square = 0, count = 0;
    const bool learn = c % stride == 0;
    for (std::size_t j = days.start[c]; j < days.start[c + 1] && days.date[j] <= end; ++j) {
      if (learn && days.date[j] <= middle && j + 1 < days.start[c + 1] && days.date[j + 1] <= end)
        chances.push_back(detail::gap_survival(p, k, static_cast<double>(j - days.start[c]),
                                               static_cast<double>(days.date[j]) - days.date[days.start[c]],
                                               static_cast<double>(days.date[j + 1]) - days.date[j]));
      if (!(days.amount[j] > 0)) continue;
      const double l = std::log(days.amount[j]);
      sum += l, square += l * l, count += 1;
    }
    if (count > 0) {
      log_mean[c] = sum / count, log_count[c] = count;
      all += sum / count, all_of += 1;
      if (count > 1) within += square - sum * sum / count, within_of += count - 1;
    }
  }
  if (chances.size() >= 200) {
    const auto at = chances.begin() + static_cast<std::ptrdiff_t>(false_alarm * static_cast<double>(chances.size()));
    std::nth_element(chances.begin(), at, chances.end());
    out.threshold = *at;
    out.calibrated_on = chances.size();
  }
  const double book = all_of > 0 ? all / all_of : 0.0, noise = within_of > 0 ? within / within_of : 0.25;
  double between = 0;
  for (const std::size_t c : past.customer)
    if (log_count[c] > 0) between += (log_mean[c] - book) * (log_mean[c] - book) - noise / log_count[c];
  between = all_of > 1 ? std::max(0.01 * noise + 1e-6, between / (all_of - 1)) : noise + 1e-6;
  const double shrink = noise / between, z = normal_quantile(0.5 * (1 + level));

  for (auto* column : {&out.silence, &out.chance, &out.size, &out.size_low, &out.size_high}) column->assign(n, unknown);
  for (auto* column : {&out.alarm_on, &out.next_low, &out.next_median, &out.next_high}) column->assign(n, no_day);
  out.overdue.assign(n, 0);
  parallel_blocks(
      past.customer.size(), 1024,
      [&](std::size_t begin, std::size_t stop, std::size_t) {
        for (std::size_t i = begin; i < stop; ++i) {
          const std::size_t c = past.customer[i];
          const double x = past.frequency[i], t = past.recency[i], silent = past.age[i] - t;
          const double here = detail::gap_survival(p, k, x, t, silent);
          const auto last = static_cast<day>(end - static_cast<std::int64_t>(silent));
          const auto date = [&](double gap, day least) {
            return std::isfinite(gap) ? std::max(least, static_cast<day>(last + static_cast<std::int64_t>(std::ceil(gap)))) : no_day;
          };
          out.silence[c] = silent;
          out.chance[c] = here;
          out.overdue[c] = here < out.threshold ? 1 : 0;
          out.alarm_on[c] = date(detail::gap_at(p, k, x, t, out.threshold), std::numeric_limits<day>::min());
          const auto after = static_cast<day>(end + 1);
          out.next_low[c] = date(detail::gap_at(p, k, x, t, here * 0.5 * (1 + level)), after);
          out.next_median[c] = date(detail::gap_at(p, k, x, t, here * 0.5), after);
          out.next_high[c] = date(detail::gap_at(p, k, x, t, here * 0.5 * (1 - level)), after);
          if (all_of > 0) {
            const double count = log_count[c], mean = (log_mean[c] * count + book * shrink) / (count + shrink);
            const double sd = std::sqrt(noise * (1 + 1 / (count + shrink)));
            out.size[c] = std::exp(mean), out.size_low[c] = std::exp(mean - z * sd), out.size_high[c] = std::exp(mean + z * sd);
          }
        }
      },
      threads);
  out.status = out.calibrated_on > 0 ? "alarm at a chance below " + std::to_string(out.threshold) + ", learned from " +
                                           std::to_string(out.calibrated_on) + " completed gaps"
                                     : "few completed gaps: alarm by the model's own chance";
  out.status += "; gaps of " + std::to_string(k) + (k > 1 ? " stages" : " stage");
  return out;
}

}  // namespace guanxi::value
