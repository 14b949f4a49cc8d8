#pragma once
// The body of CustomerValue: learn at origins, weigh, set level and intervals, forecast.
#include <guanxi/value/customer_value.hpp>

namespace guanxi::value {

inline void CustomerValue::learn(const ledger::purchase_days& days, day start, day end, const fading& fade,
                                 const known_then& known) {
  using namespace detail;
  plan_ = plan_origins(start, end, horizon_);
  books_.clear();
  rows_.clear();
  for (std::size_t origin = 0; origin < plan_.at.size(); ++origin) {
    const day at = plan_.at[origin];
    book b;
    b.ahead = plan_.ahead[origin];
    const auto horizon = static_cast<double>(b.ahead);
    b.date = at;
    b.start = start;
    b.old_until = static_cast<day>(start + old_span(days, at, b.length()));
    look(b, known ? known(at) : days, b.ahead, fade, learn_most, settings_.threads);
    if (b.customers.empty()) continue;
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
            row.then = look_ahead(days, s.customer, at, b.ahead);
            row.alive = detail::alive(b, s);
            row.group = group_of(s.n);
            row.half = static_cast<unsigned>(mix(s.customer ^ 0x5bd1e995u) >> 63);
            at_least_given_alive(b.stop, b.story, s.n - 1, s.recency, s.age, horizon, space);
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

/// Two numbers for each naive row, by the likelihood at the origins.
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
          sum += naive(count, {e, tau}, b.mean_rate * horizon).log_pmf(rows_[i].then.purchases);
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

inline void CustomerValue::fit_stack() {
  using namespace detail;
  const std::size_t n = rows_.size();
  std::vector<double> density(n * candidates);
  std::vector<double>& mean = row_mean_;
  mean.assign(n * candidates, 0.0);
  std::vector<double> mixture(n * candidates);  // of the laws, which are shrunk where the naive rows are not
  parallel_blocks(
      n, 1024,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          const learn_row& row = rows_[i];
          const book& b = books_[row.book];
          const laws l = laws_of(b, b.customers[row.who], static_cast<double>(b.ahead), row.alive, row.pool, beta_[row.half]);
          for (std::size_t m = 0; m < candidates; ++m) {
            density[i * candidates + m] = std::max(1e-30, std::exp(l.of[m].log_pmf(row.then.purchases)));
            mean[i * candidates + m] = l.mean(m, row.exact_mean);
            mixture[i * candidates + m] = m == regular ? row.exact_mean : l.of[m].mean;
          }
          density[i * candidates + regular] = std::max(1e-30, row.exact_density);
        }
      },
      settings_.threads);
  // the dropout model and the pool begin with a third of the weight each: a few hundred customers cannot tell 17 parts apart
  std::vector<double> start(candidates, 1.0 / (3.0 * (candidates - 2)));
  start[regular] = start[pooled] = 1.0 / 3;
  const stack_weights whole = stack(density, candidates, 1.0, start);
  weights_.clear();
  static constexpr std::array<const char*, classes> words{"1", "2-3", "4-9", "10+"};
  for (std::size_t g = 0; g < classes; ++g) {
    std::vector<double> part;
    for (std::size_t i = 0; i < n; ++i)
      if (rows_[i].group == g)
        part.insert(part.end(), density.begin() + static_cast<std::ptrdiff_t>(i * candidates),
                    density.begin() + static_cast<std::ptrdiff_t>((i + 1) * candidates));
    const stack_weights own = stack(part, candidates, 1.0, whole.weight);
    const auto size = static_cast<double>(part.size() / candidates);
    for (std::size_t m = 0; m < candidates; ++m) {
      weight_[g][m] = (size * own.weight[m] + 50 * whole.weight[m]) / (size + 50);
      weights_.push_back({candidate_name(m), words[g], weight_[g][m]});
    }
  }
  row_mixed_.assign(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t m = 0; m < candidates; ++m) row_mixed_[i] += weight_[rows_[i].group][m] * mixture[i * candidates + m];
  fit_mean();
  scores_.clear();
  stacked_none_.assign(n, 0.0);
  for (std::size_t m = 0; m <= candidates; ++m) {
    candidate_score score;
    score.candidate = m < candidates ? candidate_name(m) : "stack";
    double logs = 0, squares = 0, sum = 0, of = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto& w = weight_[rows_[i].group];
      double p = 0, e = 0;
      if (m < candidates) {
        p = density[i * candidates + m];
        e = mean[i * candidates + m];
      } else {
        for (std::size_t k = 0; k < candidates; ++k) {
          p += w[k] * density[i * candidates + k];
          e += w[k] * mean[i * candidates + k];
        }
        e = stacked_mean_[i];
      }
      const double y = rows_[i].then.purchases;
      logs += std::log(p);
      squares += (e - y) * (e - y);
      sum += e - y;
      of += y;
    }
    score.log_score = logs / static_cast<double>(n);
    score.rmse = std::sqrt(squares / static_cast<double>(n));
    score.bias = of > 0 ? 100 * sum / of : unknown;
    scores_.push_back(score);
  }
}

/// The mean has its own weights: those that made the totals and the squares right, not the whole distribution.
inline void CustomerValue::fit_mean() {
  using namespace detail;
  const std::size_t n = rows_.size();
  std::vector<double> y(n), forecast(row_mean_);
  for (double& f : forecast) f = std::max(f, 1e-9);
  for (std::size_t i = 0; i < n; ++i) y[i] = rows_[i].then.purchases;
  // the pool, which has the others among its features, and the dropout model begin with most of the weight
  std::vector<double> prior(candidates, 0.0);
  static constexpr std::array<std::size_t, 6> plain{last_window, mean_of_two, same_window_last_year, whole_rate, faded_alive + 1, faded_alive + 2};
  for (const std::size_t m : plain) prior[m] = 0.2 / plain.size();
  prior[regular] = prior[pooled] = 0.4;
  mean_weight_ = mean_stack(forecast, y, candidates, mean_prior, prior);
  stacked_mean_.assign(n, 0.0);
  row_factor_.assign(n, 1.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t m = 0; m < candidates; ++m) stacked_mean_[i] += mean_weight_[m] * forecast[i * candidates + m];
    row_factor_[i] = std::clamp(stacked_mean_[i] / std::max(row_mixed_[i], 1e-12), 0.2, 5.0);
  }
}

/// Level: few origins, or shorter ones, say little of the level of the coming window. The total of the stack is therefore
/// shrunk to that of four plain forecasts, each trusted as far as its total was right at the origins. Season: origins at the
/// same time of earlier years.
inline void CustomerValue::fit_level(const detail::book& now) {
  using namespace detail;
  static constexpr std::array<std::size_t, 4> plain{last_window, whole_rate, faded_alive + 2, regular};
  const std::size_t books = books_.size(), n = rows_.size();
  const auto horizon = static_cast<double>(horizon_);
  std::vector<double> got(books), said(books);
  std::array<double, plain.size()> before{};
  double all_got = 0, all_said = 0, seasonal = 0, seasons = 0;
  for (std::size_t i = 0; i < n; ++i) {
    got[rows_[i].book] += rows_[i].then.purchases;
    said[rows_[i].book] += stacked_mean_[i];
    for (std::size_t k = 0; k < plain.size(); ++k) before[k] += row_mean_[i * candidates + plain[k]];
  }
  const auto log_ratio = [](double y, double e) { return std::log((y + 20) / (e + 20)); };
  for (std::size_t k = 0; k < books; ++k) {
    all_got += got[k];
    all_said += said[k];
  }
  const double general = log_ratio(all_got, all_said);
  for (std::size_t k = 0; k < books; ++k)
    if (plan_.seasonal[k]) {
      seasonal += log_ratio(got[k], said[k]) - general;
      seasons += 1;
    }
  const std::size_t stride = std::max<std::size_t>(1, now.customers.size() / 2 / rows_most);
  const std::size_t part = (now.customers.size() + stride - 1) / stride;
  std::vector<std::array<double, plain.size() + 1>> expected(part);
  parallel_blocks(
      part, 1024,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        ahead_space space;
        for (std::size_t i = begin; i < end; ++i) {
          const history& s = now.customers[i * stride];
          const double p = detail::alive(now, s), exact = exact_mean(now, s, p, horizon, space);
          const laws l = laws_of(now, s, horizon, p, pool_features(now, s, horizon, p, exact), beta_[2]);
          for (std::size_t k = 0; k < plain.size(); ++k) expected[i][k] = l.mean(plain[k], exact);
          expected[i].back() = stacked_mean(l, exact);
        }
      },
      settings_.threads);
  std::array<double, plain.size() + 1> now_total{};
  for (const auto& e : expected)
    for (std::size_t k = 0; k < e.size(); ++k) now_total[k] += e[k];
  double anchor = 0, trust = 1e-9;
  for (std::size_t k = 0; k < plain.size(); ++k) {
    const double off = log_ratio(before[k], all_got), w = level_trust(off);
    anchor += w * (log_ratio(now_total[k], now_total.back()) - 0.5 * off);
    trust += w;
  }
  anchor /= trust;
  const double share = static_cast<double>(plan_.horizon) / horizon;
  const double evidence = 0.5 * (static_cast<double>(books) + 1) * share * share;
  double log_level = anchor / (evidence + 1);
  const double history = books_.empty() ? 0 : (static_cast<double>(plan_.at.front() + plan_.horizon - books_.front().start)) / 7.0;
  if (seasons > 0) {
    log_level += seasonal / (seasons + 2.0);
    season_ = "season from " + detail::number(seasons) + (seasons > 1 ? " earlier years" : " earlier year") + ", shrunk by " +
              detail::text(2 / (seasons + 2.0));
  } else {
    season_ = "season not identifiable: " + detail::text(history, 0) + " weeks of history";
  }
  level_ = std::exp(std::clamp(log_level, -0.7, 0.7));
  double off = 0;
  for (std::size_t k = 0; k < books; ++k) {
    const double miss = log_ratio(got[k], said[k]);
    off += std::max(0.0, miss * miss - 2 / std::max(got[k], 1.0));
  }
  level_variance_ = books == 0 ? 0.01 : off / static_cast<double>(books);
  // what the level was learned from: purchases at the origins, which overlap by half; counts vary twice as much as Poisson's
  if (books > 0) level_variance_ += 2 * static_cast<double>(books) / std::max(all_got, 1.0) / std::max(evidence, 0.5);
  if (plan_.shortened) level_variance_ += 0.01 / (evidence + 1);
}

/// Weights of the money candidates (Kullback-Leibler distance of means), level, and spread of money given that it comes.
inline void CustomerValue::fit_money() {
  using namespace detail;
  const std::size_t n = rows_.size();
  std::vector<std::array<double, money_candidates>> m(n);
  std::vector<double> y(n);
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const book& b = books_[rows_[i].book];
    m[i] = money_of(b, b.customers[rows_[i].who], static_cast<double>(b.ahead), std::max(stacked_mean_[i], 1e-6));
    y[i] = std::max(0.0, rows_[i].then.money);
    total += y[i];
  }
  money_weight_.fill(1.0 / money_candidates);
  if (!(total > 0)) return;
  std::vector<double> all(n * money_candidates), prior(money_candidates);
  double trust = 0;
  for (std::size_t j = 0; j < money_candidates; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += all[i * money_candidates + j] = m[i][j];
    trust += prior[j] = level_trust(std::log(sum / total)) + 1e-6;
  }
  for (double& p : prior) p /= trust;
  const std::vector<double> weight = mean_stack(all, y, money_candidates, money_prior, prior);
  const std::vector<double> near = square_stack(all, y, money_candidates, square_prior, weight);
  std::copy(near.begin(), near.end(), money_weight_.begin());
  money_level_ = level_;  // what purchases the level adds or takes, money follows; candidates of purchases are before the level
  double best = -1e300;
  const std::size_t stride = std::max<std::size_t>(1, n / 5000);
  for (const double c0 : {0.02, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8, 1.2})
    for (const double c1 : {0.02, 0.1, 0.2, 0.35, 0.55, 0.8, 1.2, 1.8}) {
      double sum = 0;
      for (std::size_t i = 0; i < n; i += stride) {
        if (!(y[i] > 0)) continue;
        const double buys = std::max(1e-6, 1 - stacked_none_[i]), mean = money_mean(m[i]) / buys;
        const double shape = 1.0 / (c0 + c1 / std::max(1.0, stacked_mean_[i] / buys));
        const double ratio = y[i] / mean;
        sum += shape * std::log(shape * ratio) - shape * ratio - lgamma(shape);
      }
      if (sum > best) {
        best = sum;
        spread_ = {c0, c1};
      }
    }
}

/// Ranks of what happened within what was forecast, and the tail levels at which the intervals would have covered.
inline void CustomerValue::fit_ranks() {
  using namespace detail;
  const std::size_t stride = std::max<std::size_t>(1, rows_.size() / 4000);
  std::vector<double> count_rank, pmf;
  std::array<double, 11> missed{};  // absolute error of the quantile 0.40, 0.42 .. 0.60
  ahead_space space;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const learn_row& row = rows_[i];
    const book& b = books_[row.book];
    const history& s = b.customers[row.who];
    const auto horizon = static_cast<double>(b.ahead);
    laws l = laws_of(b, s, horizon, row.alive, row.pool, beta_[row.half]);
    for (auto& law : l.of) law.mean *= row_factor_[i];
    const auto& w = weight_[row.group];
    double none = 0;
    for (std::size_t m = 0; m < candidates; ++m)
      if (m != regular) none += w[m] * std::exp(l.of[m].log_pmf(0));
    at_least_given_alive(b.stop, b.story, s.n - 1, s.recency, s.age, horizon * row_factor_[i], space);
    none += w[regular] * (1 - row.alive * (space.at_least.size() > 1 ? space.at_least[1] : 0.0));
    stacked_none_[i] = std::min(1 - 1e-9, none);
    if (i % stride != 0) continue;
    pmf.clear();
    for (std::size_t m = 0; m < candidates; ++m)
      if (m != regular) l.of[m].add_to(pmf, w[m]);
    if (pmf.size() < space.at_least.size()) pmf.resize(space.at_least.size(), 0.0);
    pmf[0] += w[regular] * (1 - row.alive);
    for (std::size_t n = 0; n < space.at_least.size(); ++n)
      pmf[n] += w[regular] * row.alive * (space.at_least[n] - (n + 1 < space.at_least.size() ? space.at_least[n + 1] : 0.0));
    const auto y = static_cast<std::size_t>(row.then.purchases);
    double so_far = 0;
    std::size_t quantile = 0;
    for (std::size_t q = 0; q < missed.size(); ++q) {
      const double wanted = 0.4 + 0.02 * static_cast<double>(q);
      for (; quantile + 1 < pmf.size() && so_far + pmf[quantile] < wanted; ++quantile) so_far += pmf[quantile];
      missed[q] += std::fabs(static_cast<double>(quantile) - row.then.purchases);
    }
    double below = 0;
    for (std::size_t n = 0; n < std::min(y, pmf.size()); ++n) below += pmf[n];
    const double here = y < pmf.size() ? pmf[y] : 0.0;
    const double dice = static_cast<double>(mix(s.customer * 2654435761u + row.book + settings_.seed) >> 11) * 0x1p-53;
    count_rank.push_back(std::min(1.0, below + dice * here));
  }
  ranks_ = count_rank;
  std::size_t least = 5;  // the median itself unless another was nearer to what happened
  for (std::size_t q = 0; q < missed.size(); ++q)
    if (missed[q] < missed[least] * (1 - 1e-9)) least = q;
  median_at_ = 0.5 + 0.5 * (0.4 + 0.02 * static_cast<double>(least) - 0.5);
}

inline void CustomerValue::predict_all(const ledger::purchase_days& days, const detail::book& b, const fading& fade,
                                       std::span<const outcome> then) {
  using namespace detail;
  const std::size_t n = days.customers();
  const auto horizon = static_cast<double>(horizon_);
  for (auto* column : {&out_.p_alive, &out_.p_buy, &out_.purchases, &out_.purchases_median, &out_.purchases_low,
                       &out_.purchases_high, &out_.spend, &out_.value, &out_.value_median, &out_.value_low, &out_.value_high})
    column->assign(n, unknown);
  out_.next_order.assign(n, no_day);
  variance_.assign(n, 0.0);
  money_variance_.assign(n, 0.0);
  log_score_.assign(then.size(), unknown);
  crps_.assign(then.size(), unknown);
  out_.reason.assign(n, "no purchase yet");
  const auto group_words = [](std::size_t m) -> std::size_t { return m <= same_window_last_year ? 0 : m == whole_rate ? 1 : m < regular ? 2 : m == regular ? 3 : 4; };
  static constexpr std::array<const char*, 5> parts{"earlier windows", "the whole history", "the recent pace",
                                                    "gaps and the chance of being alive", "several windows pooled"};
  parallel_blocks(
      n, 1024,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        ahead_space space;
        std::vector<double> pmf;
        for (std::size_t c = begin; c < end; ++c) {
          const history s = look_back(days, c, b.date, b.start, b.old_until, horizon_, fade);
          if (!(s.n > 0)) continue;
          const std::size_t group = group_of(s.n);
          const auto& w = weight_[group];
          const double alive = detail::alive(b, s), exact = exact_mean(b, s, alive, horizon, space);
          const pool_row pool = pool_features(b, s, horizon, alive, exact);
          laws l = laws_of(b, s, horizon, alive, pool, beta_[2]);
          const double mean = stacked_mean(l, exact) * level_;
          const double factor = recentre(l, exact, group, mean), stretched = horizon * factor;
          pmf.clear();
          std::array<double, 5> share{};
          for (std::size_t m = 0; m < candidates; ++m) {
            if (m == regular || w[m] < 1e-4) continue;
            l.of[m].mean *= factor;
            l.of[m].add_to(pmf, w[m]);
            share[group_words(m)] += w[m];
          }
          if (w[regular] >= 1e-4) {
            at_least_given_alive(b.stop, b.story, s.n - 1, s.recency, s.age, stretched, space);
            if (pmf.size() < space.at_least.size()) pmf.resize(space.at_least.size(), 0.0);
            pmf[0] += w[regular] * (1 - alive);
            for (std::size_t k = space.at_least.size(); k-- > 0;)
              pmf[k] += w[regular] * alive * (space.at_least[k] - (k + 1 < space.at_least.size() ? space.at_least[k + 1] : 0.0));
            share[group_words(regular)] += w[regular];
          }
          double total = 0;
          for (const double p : pmf) total += p;
          const auto quantile = [&](double level) {
            double sum = 0;
            for (std::size_t k = 0; k < pmf.size(); ++k) {
              sum += pmf[k];
              if (sum >= level * total) return static_cast<double>(k);
            }
            return static_cast<double>(pmf.size() - 1);
          };
          const double none = pmf[0] / total;
          double first_moment = 0, second_moment = 0;
          for (std::size_t k = 1; k < pmf.size(); ++k) {
            const double at = static_cast<double>(k);
            first_moment += at * pmf[k], second_moment += at * at * pmf[k];
          }
          first_moment /= total;
          variance_[c] = std::max(0.0, second_moment / total - first_moment * first_moment);
          if (!then.empty()) {
            const auto y = static_cast<std::size_t>(then[c].purchases);
            log_score_[c] = std::log(std::max(1e-12, y < pmf.size() ? pmf[y] / total : 0.0));
            double below = 0, crps = 0;
            for (std::size_t k = 0; k < std::max(pmf.size(), y); ++k) {
              below += k < pmf.size() ? pmf[k] / total : 0.0;
              crps += k < y ? below * below : (1 - below) * (1 - below);
            }
            crps_[c] = crps;
          }
          out_.p_alive[c] = std::max(alive, 1 - none);  // the parts may disagree; who will buy is alive
          out_.p_buy[c] = 1 - none;
          out_.purchases[c] = mean;
          out_.purchases_median[c] = quantile(median_at_);
          out_.purchases_low[c] = quantile(count_tail_[0]);
          out_.purchases_high[c] = quantile(count_tail_[1]);
          predict_money(b, s, c, mean / level_, none);
          predict_next(b, s, c, mean, space);
          std::size_t top = 0;
          for (std::size_t k = 1; k < share.size(); ++k)
            if (share[k] > share[top]) top = k;
          out_.reason[c] = reason_of(s, parts[top], share[top]);
        }
      },
      settings_.threads);
}

inline void CustomerValue::predict_money(const detail::book& b, const history& s, std::size_t c, double purchases, double none) {
  const double buys = std::max(1e-6, 1 - none);
  const double mean = money_mean(money_of(b, s, static_cast<double>(horizon_), std::max(purchases, 1e-6))) * money_level_;
  const double shape = money_shape(out_.purchases[c] / buys), given = mean / buys;
  const auto quantile = [&](double level) {
    if (level <= none) return 0.0;
    return given / shape * gamma_quantile(std::min(1 - 1e-12, (level - none) / buys), shape);
  };
  out_.value[c] = mean;
  money_variance_[c] = buys * given * given * (1 + 1 / shape) - mean * mean;
  out_.value_median[c] = quantile(0.5);
  out_.value_low[c] = quantile(money_tail_[0]);
  out_.value_high[c] = quantile(money_tail_[1]);
  out_.spend[c] = mean / std::max(out_.purchases[c], 1e-12);
}

/// Median date of the next order, given that one comes: from the phase of the gap, at the pace of the forecast.
inline void CustomerValue::predict_next(const detail::book& b, const history& s, std::size_t c, double mean, detail::ahead_space& space) {
  const double horizon = static_cast<double>(horizon_), count = b.stop.r + b.story.stages * (s.n - 1);
  const double own = count / (b.stop.alpha + s.age) / b.story.stages * horizon;
  const double pace = std::clamp(mean / std::max(1e-9, own * std::max(out_.p_alive[c], 0.05)), 0.2, 5.0);
  const double at = b.stop.alpha + s.age, q = (s.age - s.recency) / at;
  space.weight.assign(1, 1.0);
  double total = 1;
  for (unsigned j = 1; j < b.story.stages; ++j) {
    space.weight.push_back(space.weight.back() * q * (count + j - 1) / j);
    total += space.weight.back();
  }
  const auto none_until = [&](double t) {
    const double z = t * pace / (at + t * pace), log_rest = -std::log1p(t * pace / at);
    double sum = 0;
    for (unsigned j = 0; j < b.story.stages; ++j) {
      double term = std::exp((count + j) * log_rest), part = 0;
      for (unsigned e = 0; e + j < b.story.stages; ++e) {
        part += term;
        term *= (count + j + e) / (e + 1) * z;
      }
      sum += space.weight[j] / total * part;
    }
    return sum;
  };
  double low = 0, high = 1;
  while (none_until(high) > 0.5 && high < 36525) high *= 2;
  for (int i = 0; i < 24 && high - low > 0.25; ++i) {
    const double middle = 0.5 * (low + high);
    (none_until(middle) > 0.5 ? low : high) = middle;
  }
  if (high >= 36525) return;
  out_.next_order[c] = static_cast<day>(b.date + std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(high))));
}

inline std::string CustomerValue::reason_of(const history& s, const char* part, double share) const {
  std::string text = detail::number(s.n) + (s.n > 1 ? " purchases" : " purchase") + ", the last " + detail::number(s.age - s.recency) + " days ago";
  if (s.n > 1) text += ", usual gap " + detail::text(s.recency / (s.n - 1), 0) + " days";
  text += "; " + detail::number(s.last_window) + " in the last window";
  text += std::string("; decided by ") + part + " (" + detail::text(100 * share, 0) + " %)";
  return text;
}

/// Totals of the book: customers vary independently, the level is common to all.
inline void CustomerValue::add_up() {
  double count = 0, count_variance = 0, money = 0, money_variance = 0;
  for (std::size_t c = 0; c < out_.customers(); ++c) {
    if (std::isnan(out_.purchases[c])) continue;
    count += out_.purchases[c], count_variance += variance_[c];
    money += out_.value[c], money_variance += money_variance_[c];
  }
  const double z = normal_quantile(0.5 * (1 + settings_.level));
  const auto ends = [&](double mean, double variance) {
    const double wide = z * std::sqrt(variance + mean * mean * level_variance_);
    return book_total{mean, std::max(0.0, mean - wide), mean + wide};
  };
  purchases_total_ = ends(count, count_variance);
  value_total_ = ends(money, money_variance);
}

inline void CustomerValue::tell(const detail::book& b) {
  status_ = "learned at " + std::to_string(books_.size()) + (books_.size() == 1 ? " origin" : " origins") + " of " +
            std::to_string(plan_.horizon) + " days";
  if (books_.empty()) status_ = "history too short to try forecasts on it: fixed weights";
  if (plan_.shortened && !books_.empty()) status_ += " (shortened: the ledger is short)";
  status_ += "; " + season_;
  if (b.status.find("vanished") != std::string::npos) status_ += "; " + b.status;
  if (scores_.size() > detail::candidates) {
    const double gain = scores_.back().log_score - scores_[detail::last_window].log_score;
    const bool rmse = scores_.back().rmse <= scores_[detail::last_window].rmse;
    status_ += gain > 0 && rmse ? "; beats the last window at the origins" : "; does not beat the last window at the origins";
    if (plan_.shortened) status_ += ", which need not hold over the whole horizon";
  }
}

inline CustomerValue& CustomerValue::fit(const ledger::purchase_days& days, day end, std::span<const outcome> then,
                                         const known_then& known) {
  using namespace detail;
  const day start = first_day(days);
  if (days.customers() == 0 || start > end)
    throw error(errc::empty, "value::CustomerValue: nobody has bought up to " + to_text(end));
  const fading fade(static_cast<std::size_t>(static_cast<std::int64_t>(end) - start + 1));
  out_ = {};
  level_ = money_level_ = 1;
  median_at_ = 0.5;
  level_variance_ = 0.01;
  count_tail_ = {0.5 * (1 - settings_.level), 0.5 * (1 + settings_.level)};
  money_tail_ = count_tail_;
  scores_.clear();
  ranks_.clear();
  learn(days, start, end, fade, known);

  book now;
  now.date = end;
  now.start = start;
  now.old_until = static_cast<day>(start + old_span(days, end, now.length()));
  look(now, days, horizon_, fade, learn_most, settings_.threads);
  fit_book(now, 6, settings_.threads);
  double money = 0, count = 0;
  for (const history& s : now.customers) money += s.money, count += s.n;
  book_spend_ = std::max(0.0, money / std::max(count, 1.0));

  if (rows_.size() >= 20) {
    fit_naive();
    fit_pool();
    fit_stack();
    fit_level(now);
    fit_ranks();
    fit_money();
  } else {
    books_.clear();
    season_ = "season not identifiable: " + text(static_cast<double>(now.length()) / 7, 0) + " weeks of history";
    for (auto& w : weight_) {
      w.fill(0.0);
      w[whole_rate] = w[faded_rate + 2] = w[faded_alive + 3] = w[regular] = 0.25;
    }
    mean_weight_.assign(weight_[0].begin(), weight_[0].end());
    for (auto& b : beta_) b.assign(pool_width, 0.0);
    money_weight_.fill(1.0 / money_candidates);
  }
  predict_all(days, now, fade, then);
  add_up();
  tell(now);
  rows_.clear();
  books_.clear();
  return *this;
}

}  // namespace guanxi::value
