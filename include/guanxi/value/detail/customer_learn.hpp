#pragma once
// CustomerValue, its body: Learn at origins: what was known then, what came, the naive rows and the pool.
#include <guanxi/value/customer_value.hpp>

namespace guanxi::value {

/// What is seen at a date, in days of the calendar or, with a season, in business days.
inline CustomerValue::seen_days CustomerValue::see(const ledger::purchase_days& days, day start, day at, std::int64_t ahead) {
  seen_days out{days, start, at, ahead};
  if (!clock_) return out;
  out.days = clock_->seen_from(days, at, ahead, business_);
  out.start = clock_->to(start), out.at = clock_->to(at), out.ahead = clock_->ahead(at, ahead);
  return out;
}

/// Opens a book at a date: histories of its customers, and what their groups do.
inline void CustomerValue::open_book(detail::book& b, const seen_days& seen, const fading& fade, std::size_t most) const {
  b.ahead = seen.ahead;
  b.date = seen.at;
  b.start = seen.start;
  b.old_until = there_before_ ? static_cast<day>(b.start + detail::old_span(seen.days, b.date, b.length())) : static_cast<day>(b.start - 1);
  detail::look(b, seen.days, b.ahead, fade, most, settings_.threads);
  b.groups = learn_groups(b.customers, properties_);
  if (!properties_.empty())
    for (history& s : b.customers) give_effects(s, b.groups, properties_);
}

/// Whether those whom the ledger shows first were customers before it began: then their first purchase is one like the
/// others, else it is a beginning. Decided at the two latest origins by which of the two told better what then happened.
inline bool CustomerValue::were_there_before(const ledger::purchase_days& days, day start, day, const fading& fade) {
  using namespace detail;
  double better = 0;
  there_before_ = true;
  for (std::size_t origin = 0; origin < std::min<std::size_t>(2, plan_.at.size()); ++origin) {
    const day at = plan_.at[origin];
    book b;
    open_book(b, see(days, start, at, plan_.ahead[origin]), fade, 20'000);
    const std::size_t n = b.customers.size();
    std::vector<double> count(n), exposure(n), repeats(n), since(n);
    std::vector<std::uint8_t> before(n), none(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      const history& s = b.customers[i];
      count[i] = s.faded.back(), exposure[i] = s.exposure.back() * s.pace, before[i] = s.old;
      repeats[i] = s.n - 1, since[i] = s.age * s.pace;
    }
    const auto window = static_cast<double>(b.length());
    const rate_mixture with = rate_mixture::fit(count, exposure, before, window), without = rate_mixture::fit(repeats, since, none, window);
    if (with.empty() || without.empty()) continue;
    const auto horizon = static_cast<double>(b.ahead);
    for (std::size_t i = 0; i < n; ++i) {
      const history& s = b.customers[i];
      if (!s.old) continue;
      const double y = look_ahead(days, s.customer, at, plan_.ahead[origin]).purchases;
      const rate_moments one = with.posterior(count[i], exposure[i], true), two = without.posterior(repeats[i], since[i], false);
      better += count_law{1.0, size_of(one), one.mean * horizon * s.pace}.log_pmf(y) - count_law{1.0, size_of(two), two.mean * horizon * s.pace}.log_pmf(y);
    }
  }
  return better >= 0;
}

inline void CustomerValue::learn(const ledger::purchase_days& days, day start, day end, const fading& fade,
                                 const known_then& known) {
  using namespace detail;
  plan_ = plan_origins(start, end, horizon_);
  there_before_ = were_there_before(days, start, end, fade);
  books_.clear();
  rows_.clear();
  for (std::size_t origin = 0; origin < plan_.at.size(); ++origin) {
    const day at = plan_.at[origin];
    book b;
    const seen_days seen = see(known ? known(at) : days, start, at, plan_.ahead[origin]);
    open_book(b, seen, fade, learn_most);
    if (b.customers.empty()) continue;
    const auto horizon = static_cast<double>(b.ahead);
    fit_book(b, 4, settings_.threads);
    const std::size_t number = books_.size();
    const std::size_t stride = std::max<std::size_t>(1, b.customers.size() / rows_most);
    std::vector<learn_row> rows((b.customers.size() + stride - 1) / stride);
    parallel_blocks(
        rows.size(), 1024,
        [&](std::size_t begin, std::size_t stop, std::size_t) {
          ahead_space space;
          for (std::size_t i = begin; i < stop; ++i) {
            learn_row& row = rows[i];
            const history& s = b.customers[i * stride];
            row.book = number;
            row.who = i * stride;
            row.then = look_ahead(days, s.customer, at, plan_.ahead[origin]);
            row.alive = detail::alive(b, s);
            row.group = group_of(s.n);
            row.half = static_cast<unsigned>(mix(s.customer ^ 0x5bd1e995u) >> 63);
            law_if_alive(b, s, horizon, space);
            for (std::size_t n = space.at_least.size(); n-- > 1;) row.exact_mean += row.alive * space.at_least[n];
            row.pool = pool_features(b, s, horizon, row.alive, row.exact_mean);
            const auto y = static_cast<std::size_t>(row.then.purchases);
            const double here = y < space.at_least.size() ? space.at_least[y] : 0;
            const double more = y + 1 < space.at_least.size() ? space.at_least[y + 1] : 0;
            row.exact_density = row.alive * (here - more) + (y == 0 ? 1 - row.alive : 0.0);
          }
        },
        settings_.threads);
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    books_.push_back(std::move(b));
  }
}

inline void CustomerValue::fit_naive() {
  using namespace detail;
  const std::size_t stride = std::max<std::size_t>(1, rows_.size() / 4000);
  for (std::size_t which = 0; which < 3; ++which) {
    double best = -1e300;
    for (const double e : {0.02, 0.05, 0.1, 0.2, 0.35})
      for (const double tau : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0}) {
        double sum = 0;
        for (std::size_t i = 0; i < rows_.size(); i += stride) {
          const book& b = books_[rows_[i].book];
          const history& s = b.customers[rows_[i].who];
          const auto known = static_cast<double>(b.length()), horizon = static_cast<double>(b.ahead);
          const double count = which == 1 && known >= 2 * horizon ? 0.5 * (s.last_window + s.window_before)
                               : which == 2 && known > 364        ? s.last_year
                                                                  : s.last_window;
          sum += naive(count, {e, tau}, b.mean_rate * horizon * s.pace).log_pmf(rows_[i].then.purchases);
        }
        if (sum > best) {
          best = sum;
          naive_[which] = {e, tau};
        }
      }
  }
}

inline void CustomerValue::fit_pool() {
  using namespace detail;
  std::array<double, pool_width> ridge{};
  ridge.fill(10.0);
  ridge[0] = 1.0;
  for (unsigned part = 0; part < 3; ++part) {
    std::vector<double> feature, offset, outcome;
    for (const learn_row& row : rows_) {
      if (part == row.half) continue;  // half 0 is forecast by what half 1 taught, and the other way round
      feature.insert(feature.end(), row.pool.f.begin(), row.pool.f.end());
      offset.push_back(row.pool.offset);
      outcome.push_back(row.then.purchases);
    }
    beta_[part] = log_linear(feature, pool_width, offset, outcome, ridge);
  }
  double best = -1e300;
  const std::size_t stride = std::max<std::size_t>(1, rows_.size() / 8000);
  for (const double tau : {0.15, 0.25, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.5, 7.0, 12.0}) {
    double sum = 0;
    for (std::size_t i = 0; i < rows_.size(); i += stride) {
      const learn_row& row = rows_[i];
      const history& s = books_[row.book].customers[row.who];
      sum += count_law{1.0, tau * (0.5 + s.faded[3]), pooled_mean(row.pool, beta_[row.half])}.log_pmf(row.then.purchases);
    }
    if (sum > best) {
      best = sum;
      pooled_tau_ = tau;
    }
  }
}

}  // namespace guanxi::value
