#pragma once
// CustomerValue, its body: Weights of the candidates for the distribution and for the mean, and the level.
#include <guanxi/value/customer_value.hpp>

namespace guanxi::value {

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

inline void CustomerValue::fit_mean() {
  using namespace detail;
  const std::size_t n = rows_.size();
  std::vector<double> y(n), forecast(row_mean_);
  for (double& f : forecast) f = std::max(f, 1e-9);
  for (std::size_t i = 0; i < n; ++i) y[i] = rows_[i].then.purchases;
  // the pool, which has the others among its features, begins with most of the weight, the dropout model with the next part
  std::vector<double> prior(candidates, 0.0);
  static constexpr std::array<std::size_t, 6> plain{last_window, mean_of_two, same_window_last_year, whole_rate, faded_alive + 1, faded_alive + 2};
  for (const std::size_t m : plain) prior[m] = 0.1 / plain.size();
  prior[regular] = 0.3;
  prior[pooled] = 0.6;
  mean_weight_ = mean_stack(forecast, y, candidates, mean_prior, prior);
  stacked_mean_.assign(n, 0.0);
  row_factor_.assign(n, 1.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t m = 0; m < candidates; ++m) stacked_mean_[i] += mean_weight_[m] * forecast[i * candidates + m];
    row_factor_[i] = std::clamp(stacked_mean_[i] / std::max(row_mixed_[i], 1e-12), 0.2, 5.0);
  }
}

inline void CustomerValue::fit_level(const detail::book& now) {
  using namespace detail;
  static constexpr std::array<std::size_t, 4> plain{last_window, whole_rate, faded_alive + 2, regular};
  const std::size_t books = books_.size(), n = rows_.size();
  const auto horizon = static_cast<double>(now.ahead);
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
  const double share = static_cast<double>(plan_.horizon) / static_cast<double>(horizon_);
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
  trials_[0] = {std::vector<double>(books), got, evidence};  // origins overlap by half
  for (std::size_t k = 0; k < books; ++k) trials_[0].miss[k] = log_ratio(got[k], said[k]);
}

}  // namespace guanxi::value
