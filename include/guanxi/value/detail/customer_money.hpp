#pragma once
// CustomerValue, its body: Money: its weights and spread, and the money of one customer.
#include <guanxi/value/customer_value.hpp>

namespace guanxi::value {

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
  trials_[1] = {std::vector<double>(books_.size()), std::vector<double>(books_.size()), trials_[0].independent};
  for (std::size_t i = 0; i < n; ++i) trials_[1].got[rows_[i].book] += y[i], trials_[1].miss[rows_[i].book] += money_mean(m[i]);
  for (std::size_t k = 0; k < books_.size(); ++k) trials_[1].miss[k] = std::log(std::max(trials_[1].got[k], 1e-9 * total) / std::max(trials_[1].miss[k], 1e-9 * total));
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

inline void CustomerValue::predict_money(const detail::book& b, const history& s, std::size_t c, double purchases, double none, const outcome* then) {
  const double mean = money_mean(money_of(b, s, static_cast<double>(b.ahead), std::max(purchases, 1e-6))) * money_level_;
  // who is nearly lost may have a mean of money that the few purchases cannot bring: then money is likelier than purchases say
  const double likely = std::max(1e-6, 1 - none), pace = s.n * static_cast<double>(b.ahead) / (s.age + static_cast<double>(b.ahead));
  const double often = std::clamp(out_.purchases[c] / likely, 1.0, 2 + 2 * std::max(s.last_window, pace));
  const double most = 4 * often * std::max({s.money / s.n, book_spend_ * s.worth, 1e-12});
  const double buys = std::min(1.0, std::max(likely, mean / most));
  const double shape = money_shape(often), given = mean / buys;
  none = 1 - buys;
  const auto quantile = [&](double level) {
    if (level <= none) return 0.0;
    return given / shape * gamma_quantile(std::min(1 - 1e-12, (level - none) / buys), shape);
  };
  out_.value[c] = mean;
  money_variance_[c] = buys * given * given * (1 + 1 / shape) - mean * mean;
  if (then) value_ranks_[c] = then->money > 0 ? none + buys * gamma_cdf(then->money * shape / given, shape) : none * dice(s.customer, 0);
  out_.value_median[c] = quantile(0.5);
  out_.value_low[c] = quantile(money_tail_[0]);
  out_.value_high[c] = quantile(money_tail_[1]);
  out_.spend[c] = mean / std::max(out_.purchases[c], 1e-12);
}

}  // namespace guanxi::value
