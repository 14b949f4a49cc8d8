#pragma once
// CustomerValue, its body: Ranks at the origins, and the forecast of every customer.
#include <guanxi/value/customer_value.hpp>

namespace guanxi::value {

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
    law_if_alive(b, s, horizon * row_factor_[i], space);
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
    count_rank.push_back(std::min(1.0, below + dice(s.customer, 2 + row.book) * here));
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
  const auto horizon = static_cast<double>(b.ahead);
  for (auto* column : {&out_.p_alive, &out_.p_buy, &out_.purchases, &out_.purchases_median, &out_.purchases_low,
                       &out_.purchases_high, &out_.spend, &out_.value, &out_.value_median, &out_.value_low, &out_.value_high})
    column->assign(n, unknown);
  out_.next_order.assign(n, no_day);
  variance_.assign(n, 0.0);
  money_variance_.assign(n, 0.0);
  log_score_.assign(then.size(), unknown);
  crps_.assign(then.size(), unknown);
  purchase_ranks_.assign(then.size(), unknown);
  value_ranks_.assign(then.size(), unknown);
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
          history s = look_back(days, c, b.date, b.start, b.old_until, b.ahead, fade);
          if (!(s.n > 0)) continue;
          give_effects(s, b.groups, properties_);
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
            law_if_alive(b, s, stretched, space);
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
            double less = 0;
            for (std::size_t k = 0; k < std::min(y, pmf.size()); ++k) less += pmf[k] / total;
            purchase_ranks_[c] = std::min(1.0, less + dice(s.customer, 1) * (y < pmf.size() ? pmf[y] / total : 0.0));
          }
          out_.p_alive[c] = std::max(alive, 1 - none);  // the parts may disagree; who will buy is alive
          out_.p_buy[c] = 1 - none;
          out_.purchases[c] = mean;
          out_.purchases_median[c] = quantile(median_at_);
          out_.purchases_low[c] = quantile(count_tail_[0]);
          out_.purchases_high[c] = quantile(count_tail_[1]);
          predict_money(b, s, c, mean / level_, none, then.empty() ? nullptr : &then[c]);
          predict_next(b, s, c, mean, space);
          std::size_t top = 0;
          for (std::size_t k = 1; k < share.size(); ++k)
            if (share[k] > share[top]) top = k;
          out_.reason[c] = reason_of(s, parts[top], share[top]);
        }
      },
      settings_.threads);
}

inline void CustomerValue::predict_next(const detail::book& b, const history& s, std::size_t c, double mean, detail::ahead_space& space) {
  const double horizon = static_cast<double>(b.ahead), count = b.stop.r + b.story.stages * (s.n - 1);
  const double own = count / (b.stop.alpha + s.age * s.pace) * s.pace / b.story.stages * horizon;
  const double pace = s.pace * std::clamp(mean / std::max(1e-9, own * std::max(out_.p_alive[c], 0.05)), 0.2, 5.0);
  const double at = b.stop.alpha + s.age * s.pace, q = (s.age - s.recency) * s.pace / at;
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
  const std::int64_t ahead = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(high)));
  out_.next_order[c] = clock_ ? clock_->after(end_, ahead) : static_cast<day>(b.date + ahead);
}

inline std::string CustomerValue::reason_of(const history& s, const char* part, double share) const {
  std::string text = detail::number(s.n) + (s.n > 1 ? " purchases" : " purchase") + ", the last " + detail::number(s.age - s.recency) + " days ago";
  if (s.n > 1) text += ", usual gap " + detail::text(s.recency / (s.n - 1), 0) + " days";
  text += "; " + detail::number(s.last_window) + " in the last window";
  text += std::string("; decided by ") + part + " (" + detail::text(100 * share, 0) + " %)";
  return text;
}

}  // namespace guanxi::value
