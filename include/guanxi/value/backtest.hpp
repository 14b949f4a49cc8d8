#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/value/ahead.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/customer_value.hpp>
#include <guanxi/value/history.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace guanxi::value {

/// How one forecaster did on what happened after `at`. NaN where a row has no such thing (naive rows have no interval).
struct backtest_row {
  std::string model;
  double mae = unknown;         // of the mean
  double mae_median = unknown;  // of the median
  double rmse = unknown;        // of the mean
  double bias = unknown;        // forecast less actual total, percent of the actual total
  double correlation = unknown;
  double coverage = unknown;    // share of customers inside the interval
  double top10 = unknown;       // share of all purchases made by the tenth of customers that were forecast highest
  double log_score = unknown;   // mean log probability of what happened, higher is better
  double crps = unknown;        // ranked probability score, lower is better
  double interval_score = unknown;  // width + penalty of misses, lower is better
  double auc = unknown;         // chance that one who buys is ranked above one who does not
  double value_mae = unknown, value_mae_median = unknown, value_rmse = unknown, value_bias = unknown, value_correlation = unknown;
  double value_coverage = unknown, value_top10 = unknown;
  // customer_value alone: coverage by ranks, in which the mass of a whole number is cut evenly; totals that came, and their interval
  double coverage_randomised = unknown, value_coverage_randomised = unknown;
  double total = unknown, total_low = unknown, total_high = unknown;
  double value_total = unknown, value_total_low = unknown, value_total_high = unknown;
  std::string status;
};

namespace detail {

/// Distributional forecast of the book, column by column; empty columns where there is none.
struct judged {
  std::string name, status;
  std::vector<double> mean, median, low, high, p_buy, log_score, crps, value, value_median, value_low, value_high;
};

[[nodiscard]] inline double share_of_top(std::span<const double> forecast, std::span<const double> actual) {
  std::vector<std::size_t> order(forecast.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return forecast[a] > forecast[b]; });
  const std::size_t top = std::max<std::size_t>(1, (forecast.size() + 5) / 10);
  double all = 0, got = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    all += actual[order[i]];
    if (i < top) got += actual[order[i]];
  }
  return all > 0 ? got / all : unknown;
}

/// Area under the curve of ranking buyers above others, ties half.
[[nodiscard]] inline double ranking_area(std::span<const double> score, std::span<const double> actual) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double buyers = 0, ranks = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    double here = 0;
    for (; j < order.size() && score[order[j]] == score[order[i]]; ++j) here += actual[order[j]] > 0 ? 1 : 0;
    ranks += here * 0.5 * static_cast<double>(i + 1 + j);
    buyers += here;
    i = j;
  }
  const double others = static_cast<double>(score.size()) - buyers;
  return buyers > 0 && others > 0 ? (ranks - 0.5 * buyers * (buyers + 1)) / (buyers * others) : unknown;
}

struct errors_of {
  double mae = unknown, rmse = unknown, bias = unknown, correlation = unknown;
  errors_of(std::span<const double> forecast, std::span<const double> actual) {
    const auto n = static_cast<double>(forecast.size());
    double absolute = 0, square = 0, f = 0, y = 0, ff = 0, yy = 0, fy = 0;
    for (std::size_t i = 0; i < forecast.size(); ++i) {
      const double e = forecast[i] - actual[i];
      absolute += std::fabs(e), square += e * e;
      f += forecast[i], y += actual[i];
    }
    for (std::size_t i = 0; i < forecast.size(); ++i) {
      const double a = forecast[i] - f / n, b = actual[i] - y / n;
      ff += a * a, yy += b * b, fy += a * b;
    }
    mae = absolute / n;
    rmse = std::sqrt(square / n);
    if (y > 0) bias = 100 * (f - y) / y;
    if (ff > 0 && yy > 0) correlation = fy / std::sqrt(ff * yy);
  }
};

[[nodiscard]] inline double average(std::span<const double> x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return x.empty() ? unknown : sum / static_cast<double>(x.size());
}

[[nodiscard]] inline backtest_row judge(const judged& j, std::span<const double> purchases, std::span<const double> money, double level) {
  backtest_row row;
  row.model = j.name;
  row.status = j.status;
  if (!j.mean.empty()) {
    const errors_of e(j.mean, purchases);
    row.mae = e.mae, row.rmse = e.rmse, row.bias = e.bias, row.correlation = e.correlation;
    row.mae_median = j.median.empty() ? e.mae : errors_of(j.median, purchases).mae;
    row.top10 = share_of_top(j.mean, purchases);
    row.auc = ranking_area(j.p_buy.empty() ? j.mean : j.p_buy, purchases);
  }
  const auto covered = [](std::span<const double> low, std::span<const double> high, std::span<const double> y) {
    double inside = 0;
    for (std::size_t i = 0; i < y.size(); ++i) inside += y[i] >= low[i] && y[i] <= high[i] ? 1 : 0;
    return inside / static_cast<double>(y.size());
  };
  if (!j.low.empty()) {
    row.coverage = covered(j.low, j.high, purchases);
    double score = 0;
    for (std::size_t i = 0; i < purchases.size(); ++i)
      score += j.high[i] - j.low[i] +
               2 / (1 - level) * (std::max(0.0, j.low[i] - purchases[i]) + std::max(0.0, purchases[i] - j.high[i]));
    row.interval_score = score / static_cast<double>(purchases.size());
  }
  row.log_score = average(j.log_score);
  row.crps = average(j.crps);
  if (!j.value.empty()) {
    const errors_of e(j.value, money);
    row.value_mae = e.mae, row.value_rmse = e.rmse, row.value_bias = e.bias, row.value_correlation = e.correlation;
    row.value_mae_median = j.value_median.empty() ? e.mae : errors_of(j.value_median, money).mae;
    row.value_top10 = share_of_top(j.value, money);
    if (!j.value_low.empty()) row.value_coverage = covered(j.value_low, j.value_high, money);
  }
  return row;
}

/// Scores a law given by P(Y >= n).
inline void score_law(judged& out, std::span<const double> at_least, double y, double level) {
  const auto p = [&](std::size_t n) {
    return (n < at_least.size() ? at_least[n] : 0.0) - (n + 1 < at_least.size() ? at_least[n + 1] : 0.0);
  };
  const auto quantile = [&](double at) {
    std::size_t n = 0;
    while (n + 1 < at_least.size() && 1 - at_least[n + 1] < at) ++n;
    return static_cast<double>(n);
  };
  out.median.push_back(quantile(0.5));
  out.low.push_back(quantile(0.5 * (1 - level)));
  out.high.push_back(quantile(0.5 * (1 + level)));
  out.p_buy.push_back(at_least.size() > 1 ? at_least[1] : 0.0);
  out.log_score.push_back(std::log(std::max(1e-12, p(static_cast<std::size_t>(y)))));
  double crps = 0;
  for (std::size_t n = 0; n < std::max(at_least.size(), static_cast<std::size_t>(y)); ++n) {
    const double above = n + 1 < at_least.size() ? at_least[n + 1] : 0.0;
    crps += static_cast<double>(n) < y ? (1 - above) * (1 - above) : above * above;
  }
  out.crps.push_back(crps);
}

}  // namespace detail

/// Tries every forecaster on a date in the past: what is known up to `at` against what came in (at, at + horizon].
///
/// Takes   days: see ledger::purchase_days; at: last day that is known; horizon in units u; known_then: see CustomerValue::fit;
///         prepare: gives CustomerValue its season and properties, which must be known at `at`.
/// Gives   one row a forecaster: the naive rows (last_window, mean_of_two, same_window_last_year, rate), the classic models,
///         and customer_value, all on the customers with a purchase up to `at`. Nothing after `at` is learned from.
/// Fails   errc::empty when nobody has bought up to `at`, errc::out_of_domain when the ledger ends before at + horizon
/// Costs   a fit of each model; about as much as three fits of CustomerValue.
[[nodiscard]] inline std::vector<backtest_row> backtest(const ledger::purchase_days& days, day at, double horizon,
                                                        unit u = unit::weeks, double level = 0.9, unsigned threads = 0,
                                                        const CustomerValue::known_then& known_then = {},
                                                        const std::function<void(CustomerValue&)>& prepare = {}) {
  using namespace detail;
  CustomerValue ours({horizon, u, level, 0, threads});
  if (prepare) prepare(ours);
  const auto length = static_cast<std::int64_t>(std::llround(horizon * days_in(u)));
  day last = std::numeric_limits<day>::min();
  for (const day d : days.date) last = std::max(last, d);
  if (static_cast<std::int64_t>(at) + length > last)
    throw error(errc::out_of_domain, "value::backtest: 'at' " + to_text(at) + " plus " + std::to_string(length) +
                                         " days is after the ledger's last day " + to_text(last));
  const std::size_t n = days.customers();
  std::vector<outcome> then(n);
  for (std::size_t c = 0; c < n; ++c) then[c] = look_ahead(days, c, at, length);
  const ledger::purchase_days before = known_then ? known_then(at) : days;
  ours.fit(before, at, then, known_then);
  const forecast f = ours.predict();

  const day start = first_day(days);
  const fading fade(static_cast<std::size_t>(static_cast<std::int64_t>(at) - start + 1));
  std::vector<history> past;
  std::vector<double> purchases, money;
  judged own;
  own.name = "customer_value";
  own.status = ours.status();
  for (std::size_t c = 0; c < n; ++c) {
    const history s = look_back(before, c, at, start, at, length, fade);
    if (!(s.n > 0)) continue;
    past.push_back(s);
    purchases.push_back(then[c].purchases);
    money.push_back(then[c].money);
    own.mean.push_back(f.purchases[c]), own.median.push_back(f.purchases_median[c]);
    own.low.push_back(f.purchases_low[c]), own.high.push_back(f.purchases_high[c]), own.p_buy.push_back(f.p_buy[c]);
    own.value.push_back(f.value[c]), own.value_median.push_back(f.value_median[c]);
    own.value_low.push_back(f.value_low[c]), own.value_high.push_back(f.value_high[c]);
    own.log_score.push_back(ours.log_score()[c]), own.crps.push_back(ours.crps()[c]);
  }
  const std::size_t m = past.size();
  const auto span = static_cast<double>(length);
  std::vector<backtest_row> rows;
  const auto naive = [&](const char* name, auto&& count, auto&& worth) {
    judged j;
    j.name = name;
    for (const history& s : past) j.mean.push_back(count(s)), j.value.push_back(worth(s));
    rows.push_back(judge(j, purchases, money, level));
  };
  const std::int64_t known = static_cast<std::int64_t>(at) - start + 1;
  naive("last_window", [](const history& s) { return s.last_window; }, [](const history& s) { return s.money_last; });
  if (known >= 2 * length)
    naive("mean_of_two", [](const history& s) { return 0.5 * (s.last_window + s.window_before); },
          [](const history& s) { return 0.5 * (s.money_last + s.money_before); });
  if (known > 364 && length <= 364)
    naive("same_window_last_year", [](const history& s) { return s.last_year; }, [](const history& s) { return s.money_last_year; });
  naive("rate", [&](const history& s) { return s.age > 0 ? (s.n - 1) / s.age * span : 0.0; },
        [&](const history& s) { return s.age > 0 ? s.money / s.n * (s.n - 1) / s.age * span : 0.0; });

  std::vector<double> x(m), t(m), age(m), gaps(m);
  for (std::size_t i = 0; i < m; ++i) {
    x[i] = past[i].n - 1;
    t[i] = past[i].recency / 7, age[i] = past[i].age / 7;
    gaps[i] = past[i].log_gaps - x[i] * std::log(7.0);
  }
  const customer_rows columns{x, t, age, {}, gaps};
  const auto classic = [&](const char* name, PurchaseModel model) {
    model.fit(columns);
    judged j;
    j.name = name;
    j.status = model.result().status;
    if (model.story().stages > 1) j.status += ", k = " + std::to_string(model.story().stages);
    ahead_space space;
    for (std::size_t i = 0; i < m; ++i) {
      const double p = value::probability_alive(model.parameters(), model.story(), x[i], t[i], age[i]);
      at_least_given_alive(model.parameters(), model.story(), x[i], t[i], age[i], span / 7, space);
      double mean = 0;
      for (std::size_t k = space.at_least.size(); k-- > 1;) mean += space.at_least[k] *= p;
      j.mean.push_back(mean);
      score_law(j, space.at_least, purchases[i], level);
      j.value.push_back(mean * past[i].money / past[i].n);
    }
    rows.push_back(judge(j, purchases, money, level));
  };
  classic("nbd", NBD(threads));
  classic("bg_nbd", BGNBD(threads));
  classic("mbg_nbd", MBGNBD(threads));
  classic("bg_cnbd_k", BGCNBDk(1, 6, threads));
  classic("mbg_cnbd_k", MBGCNBDk(1, 6, threads));
  backtest_row mine = judge(own, purchases, money, level);
  const auto inside = [&](const std::vector<double>& rank) {
    double all = 0, in = 0;
    for (const double r : rank)
      if (!std::isnan(r)) all += 1, in += r >= 0.5 * (1 - level) && r <= 0.5 * (1 + level) ? 1 : 0;
    return all > 0 ? in / all : unknown;
  };
  mine.coverage_randomised = inside(ours.purchase_ranks()), mine.value_coverage_randomised = inside(ours.value_ranks());
  mine.total = std::accumulate(purchases.begin(), purchases.end(), 0.0), mine.value_total = std::accumulate(money.begin(), money.end(), 0.0);
  mine.total_low = ours.purchases_total().low, mine.total_high = ours.purchases_total().high;
  mine.value_total_low = ours.value_total().low, mine.value_total_high = ours.value_total().high;
  rows.push_back(std::move(mine));
  return rows;
}

}  // namespace guanxi::value
