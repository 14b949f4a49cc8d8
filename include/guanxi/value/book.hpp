#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <guanxi/value/ahead.hpp>
#include <guanxi/value/count_law.hpp>
#include <guanxi/value/exposure_prior.hpp>
#include <guanxi/value/group_effects.hpp>
#include <guanxi/value/history.hpp>
#include <guanxi/value/purchase_model.hpp>
#include <guanxi/value/rate_mixture.hpp>

namespace guanxi::value::detail {

/// Candidate forecasts of the number of purchases.
enum candidate : std::size_t {
  last_window,
  mean_of_two,
  same_window_last_year,
  whole_rate,               // all purchases over the whole exposure: NBD, zero-truncated for old customers
  faded_rate,               // one for each half-life ...
  faded_alive = faded_rate + half_lives.size(),  // ... and the same with the chance of being alive
  regular = faded_alive + half_lives.size(),     // MBG/CNBD-k
  pooled,                   // log-linear pool of several windows, learned at earlier dates
  pooled_alive,
  candidates,
};

[[nodiscard]] inline std::string candidate_name(std::size_t m) {
  static constexpr std::array<const char*, 5> weeks{"4", "13", "26", "52", "104"};
  if (m == last_window) return "last_window";
  if (m == mean_of_two) return "mean_of_two";
  if (m == same_window_last_year) return "same_window_last_year";
  if (m == whole_rate) return "nbd_zero_truncated";
  if (m >= faded_rate && m < faded_alive) return std::string("discounted_") + weeks[m - faded_rate] + "w";
  if (m >= faded_alive && m < regular) return std::string("discounted_") + weeks[m - faded_alive] + "w_alive";
  if (m == regular) return "mbg_cnbd_k";
  return m == pooled ? "pooled" : "pooled_alive";
}

/// What is learned of a whole book at one date from the past alone.
struct book {
  day date = 0, start = 0, old_until = 0;
  std::int64_t ahead = 0;             // days to be forecast
  double r = 1, alpha = 100;          // rates a day
  rate_mixture rates;                 // their law without a shape; empty: the gamma law of r and alpha
  purchase_parameters stop;           // MBG/CNBD-k, days
  purchase_story story{dropout::from_start, 1};
  std::string status, rates_status;
  double mean_rate = 0;               // purchases a customer and day of exposure
  std::vector<history> customers;     // those that are looked at
  std::vector<group_effects> groups;  // of each property of customers

  /// Length of what is known, in days.
  [[nodiscard]] std::int64_t length() const noexcept { return static_cast<std::int64_t>(date) - start + 1; }
};

/// The same customer falls to the same half, whatever the rest of the book.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

[[nodiscard]] inline day first_day(const ledger::purchase_days& days) {
  day first = std::numeric_limits<day>::max();
  for (std::size_t c = 0; c < days.customers(); ++c)
    if (days.start[c] < days.start[c + 1]) first = std::min(first, days.date[days.start[c]]);
  return first;
}

/// Customers first seen within so many days of the ledger's start were there before: the 90 % quantile of the gaps, at
/// least 13 weeks and at most a third of the ledger.
[[nodiscard]] inline std::int64_t old_span(const ledger::purchase_days& days, day date, std::int64_t length) {
  std::vector<std::int32_t> gaps;
  const std::size_t stride = std::max<std::size_t>(1, days.customers() / 20'000);
  for (std::size_t c = 0; c < days.customers(); c += stride)
    for (std::size_t j = days.start[c] + 1; j < days.start[c + 1] && days.date[j] <= date; ++j)
      gaps.push_back(days.date[j] - days.date[j - 1]);
  std::int64_t span = 91;
  if (!gaps.empty()) {
    const auto at = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() * 9 / 10);
    std::nth_element(gaps.begin(), at, gaps.end());
    span = std::max<std::int64_t>(span, *at);
  }
  return std::min(span, length / 3);
}

/// Histories of all customers (or a fixed part of them) at a date. Costs one pass over the days.
inline void look(book& b, const ledger::purchase_days& days, std::int64_t horizon, const fading& fade, std::size_t most,
                 unsigned threads) {
  const std::size_t n = days.customers();
  const std::uint64_t part = n > most ? ~std::uint64_t{0} / n * most : ~std::uint64_t{0};
  std::vector<std::vector<history>> found((n + 4095) / 4096);
  parallel_blocks(
      n, 4096,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        for (std::size_t c = begin; c < end; ++c) {
          if (mix(c) > part) continue;
          history s = look_back(days, c, b.date, b.start, b.old_until, horizon, fade);
          if (s.n > 0) found[number].push_back(s);
        }
      },
      threads);
  b.customers.clear();
  for (const auto& f : found) b.customers.insert(b.customers.end(), f.begin(), f.end());
}

/// Fits the rates (zero-truncated for old customers) and the dropout model with regular gaps.
inline void fit_book(book& b, unsigned most_stages, unsigned threads) {
  const std::size_t n = b.customers.size();
  std::vector<double> count(n), exposure(n), x(n), t(n), age(n), gaps(n);
  std::vector<std::uint8_t> before(n);
  double old = 0, total = 0, time = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const history& s = b.customers[i];
    count[i] = s.faded.back();
    exposure[i] = s.exposure.back() * s.pace;
    old += s.old ? 1 : 0;
    before[i] = s.old;
    total += count[i];
    time += exposure[i];
    x[i] = s.n - 1;
    t[i] = s.recency * s.pace;
    age[i] = s.age * s.pace;
    gaps[i] = s.log_gaps + x[i] * std::log(s.pace);
  }
  b.mean_rate = total / std::max(time, 1.0);
  const fit_result rates = fit_rates({count, exposure, old, static_cast<double>(b.length())}, threads);
  b.rates_status = rates.status;
  if (std::isfinite(rates.params[0]) && std::isfinite(rates.params[1]) && total > 0) {
    b.r = std::max(rates.params[0], 1e-3);
    b.alpha = rates.params[1];
  }
  if (total > 0) b.rates = rate_mixture::fit(count, exposure, before, static_cast<double>(b.length()));
  PurchaseModel model("value::CustomerValue", {dropout::from_start, 1, most_stages, threads});
  model.fit(group({x, t, age, {}, gaps}));
  b.stop = model.parameters();
  b.story = model.story();
  b.status = model.result().status;
}

/// Simple laws of two numbers: mean = (1 - e) count + e book, size = tau (0.5 + count).
struct naive_fit {
  double e = 0.1, tau = 2;
};

/// Mean and variance of the rate a day, as remembered with half-life h; `part` of what is remembered counts.
[[nodiscard]] inline rate_moments faded_rate_of(const book& b, const history& s, std::size_t h, double part = 1.0) {
  const double count = std::max(0.0, part * s.faded[h]), exposure = part * s.exposure[h] * s.pace;
  rate_moments rate;
  if (b.rates.empty()) {
    rate.mean = (b.r + count) / (b.alpha + exposure);
    rate.variance = rate.mean / (b.alpha + exposure);
  } else {
    rate = b.rates.posterior(count, exposure, s.old);
  }
  return {rate.mean * s.pace, rate.variance * s.pace * s.pace};
}
/// Size of the negative binomial whose rate has that mean and variance.
[[nodiscard]] inline double size_of(const rate_moments& rate) noexcept {
  return std::clamp(rate.mean * rate.mean / std::max(rate.variance, 1e-300), 1e-3, 1e6);
}
/// Mean of the faded rate over the horizon.
[[nodiscard]] inline double faded_mean(const book& b, const history& s, std::size_t h, double horizon) {
  return faded_rate_of(b, s, h).mean * horizon;
}

[[nodiscard]] inline double alive(const book& b, const history& s) {
  return value::probability_alive(b.stop, b.story, s.n - 1, s.recency * s.pace, s.age * s.pace);
}

/// P(Y >= n | alive) of the dropout model over the horizon, into space.at_least.
inline void law_if_alive(const book& b, const history& s, double horizon, ahead_space& space) {
  at_least_given_alive(b.stop, b.story, s.n - 1, s.recency * s.pace, s.age * s.pace, horizon * s.pace, space);
}

/// Mean of the dropout model with regular gaps over the horizon.
[[nodiscard]] inline double exact_mean(const book& b, const history& s, double p_alive, double horizon, ahead_space& space) {
  law_if_alive(b, s, horizon, space);
  double sum = 0;
  for (std::size_t n = space.at_least.size(); n-- > 1;) sum += space.at_least[n];
  return p_alive * sum;
}

/// Features of the pool: the last horizon and its parts against each other and against the whole history, the dropout
/// model's mean, how long ago, how old. All in units of the horizon, so that what is learned at a shorter one carries over.
inline constexpr std::size_t pool_width = 16;
struct pool_row {
  double offset = 0;  // log of the mean over the horizon before anything is learned
  std::array<double, pool_width> f{};
};
/// Takes   expected: mean of the dropout model over the horizon.
[[nodiscard]] inline pool_row pool_features(const book& b, const history& s, double horizon, double p_alive, double expected) {
  std::array<double, memories> l{};
  for (std::size_t h = 0; h < memories; ++h) l[h] = std::log(faded_mean(b, s, h, horizon));
  const double whole = l.back(), rate = std::log(std::max(b.mean_rate * horizon * s.pace, 1e-9)), since = s.age - s.recency;
  const auto window = [](double count) { return std::log(count + 0.5); };
  const double last = window(s.last_window), half = window(2 * s.last_half), quarter = window(4 * s.last_quarter),
               eighth = window(8 * s.last_eighth);
  pool_row out;
  out.offset = whole;
  out.f = {1.0,
           std::log(std::max(expected, 1e-6)) - whole,
           last - whole,
           half - last,
           quarter - half,
           eighth - quarter,
           window(0.5 * (s.last_window + s.window_before)) - last,
           std::log1p(since / horizon),
           std::log1p(std::min(s.age, 2 * horizon) / horizon),
           s.n == 1 ? 1.0 : 0.0,
           std::log(std::max(p_alive, 1e-4)),
           whole - rate,
           l[0] - l[1],
           l[1] - l[2],
           l[2] - whole,
           b.length() > 364 ? window(s.last_year) - last : 0.0};
  return out;
}

}  // namespace guanxi::value::detail
