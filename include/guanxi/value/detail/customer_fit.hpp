#pragma once
// CustomerValue, its body: CustomerValue::fit, totals and status.
#include <guanxi/value/customer_value.hpp>

namespace guanxi::value {

inline void CustomerValue::add_up() {
  double count = 0, count_variance = 0, money = 0, money_variance = 0;
  for (std::size_t c = 0; c < out_.customers(); ++c) {
    if (std::isnan(out_.purchases[c])) continue;
    count += out_.purchases[c], count_variance += variance_[c];
    money += out_.value[c], money_variance += money_variance_[c];
  }
  const double z = normal_quantile(0.5 * (1 + settings_.level));
  const auto ends = [&](double mean, double variance, const detail::level_trials& trials) {
    const double wide = z * std::sqrt(variance + mean * mean * trials.variance(mean, variance));
    return book_total{mean, std::max(0.0, mean - wide), mean + wide};
  };
  purchases_total_ = ends(count, count_variance, trials_[0]);
  value_total_ = ends(money, money_variance, trials_[1]);
}

inline void CustomerValue::tell(const detail::book& b) {
  status_ = "learned at " + std::to_string(books_.size()) + (books_.size() == 1 ? " origin" : " origins") + " of " +
            std::to_string(plan_.horizon) + " days";
  if (books_.empty()) status_ = "history too short to try forecasts on it: fixed weights";
  if (plan_.shortened && !books_.empty()) status_ += " (shortened: the ledger is short)";
  status_ += "; " + (clock_ ? std::string("season as given") : season_);
  if (!there_before_) status_ += "; customers began with their first purchase";
  if (b.status.find("vanished") != std::string::npos) status_ += "; " + b.status;
  if (scores_.size() > detail::candidates) {
    const candidate_score& own = scores_.back();
    std::size_t best = detail::last_window;  // of the naive rows, by the error of the mean
    for (const std::size_t m : {detail::mean_of_two, detail::same_window_last_year})
      if (scores_[m].rmse < scores_[best].rmse * (1 - 1e-9)) best = m;
    std::string name = scores_[best].candidate;
    std::replace(name.begin(), name.end(), '_', ' ');
    const bool wins = own.log_score > scores_[best].log_score && own.rmse <= scores_[best].rmse;
    status_ += (wins ? "; beats the " : "; does not beat the ") + name + " at the origins";
    if (!wins) status_ += " (rmse " + detail::text(own.rmse, 3) + " against " + detail::text(scores_[best].rmse, 3) + ")";
    if (plan_.shortened) status_ += ", which need not hold over the whole horizon";
  }
}

inline CustomerValue& CustomerValue::fit(const ledger::purchase_days& days, day end, std::span<const outcome> then,
                                         const known_then& known) {
  using namespace detail;
  const day start = first_day(days);
  if (days.customers() == 0 || start > end)
    throw error(errc::empty, "value::CustomerValue: nobody has bought up to " + to_text(end));
  for (const customer_group& g : properties_)
    if (g.code.size() != days.customers())
      throw error(errc::size_mismatch, "value::CustomerValue: '" + g.name + "' has " + std::to_string(g.code.size()) + " entries, 'days' has " + std::to_string(days.customers()) + " customers");
  clock_.reset();
  if (!season_index_.empty()) clock_.emplace(season_index_, start, static_cast<day>(std::min<std::int64_t>(static_cast<std::int64_t>(end) + 2 * horizon_ + 1500, std::numeric_limits<day>::max())));
  end_ = end;
  const std::int64_t longest = clock_ ? static_cast<std::int64_t>(clock_->to(end)) - clock_->to(start) : static_cast<std::int64_t>(end) - start;
  const fading fade(static_cast<std::size_t>(longest + 1));
  out_ = {};
  level_ = money_level_ = 1;
  median_at_ = 0.5;
  trials_ = {};
  count_tail_ = {0.5 * (1 - settings_.level), 0.5 * (1 + settings_.level)};
  money_tail_ = count_tail_;
  scores_.clear();
  ranks_.clear();
  learn(days, start, end, fade, known);

  book now;
  const seen_days seen = see(days, start, end, horizon_);
  open_book(now, seen, fade, learn_most);
  effects_ = now.groups;
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
  predict_all(seen.days, now, fade, then);
  add_up();
  tell(now);
  rows_.clear();
  books_.clear();
  return *this;
}

}  // namespace guanxi::value
