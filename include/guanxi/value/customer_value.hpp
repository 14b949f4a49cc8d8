#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/value/book.hpp>
#include <guanxi/value/count_law.hpp>
#include <guanxi/value/forecast.hpp>
#include <guanxi/value/group_effects.hpp>
#include <guanxi/value/history.hpp>
#include <guanxi/value/level_trials.hpp>
#include <guanxi/value/log_linear.hpp>
#include <guanxi/value/mean_stack.hpp>
#include <guanxi/value/origins.hpp>
#include <guanxi/value/season.hpp>
#include <guanxi/value/stack.hpp>

namespace guanxi::value {

/// Weight of one candidate forecast in the stack, for customers with so many purchases so far.
struct candidate_weight {
  std::string candidate;
  std::string purchases;  // class of customers: "1", "2-3", "4-9", "10+"
  double weight = 0;
};

/// How one candidate did at the origins inside the past.
struct candidate_score {
  std::string candidate;
  double log_score = unknown;  // mean log probability of what happened
  double rmse = unknown, bias = unknown;  // of the mean; bias in percent of the total
};

/// Total of a book over the horizon, with the ends of its interval.
struct book_total {
  double mean = unknown, low = unknown, high = unknown;
};

/// Forecast of what every customer will buy in a horizon, with intervals, learned from the user's own ledger.
///
/// Candidates (the naive rows among them: last window, mean of two windows, same window last year) are tried at rolling
/// origins inside the past; weights that made what then happened most likely combine them, for each class of customers.
/// Purchases and money are weighted apart. Nothing after `end` is looked at.
/// Same bits for any number of threads. At most 100,000 customers are learned from; all are forecast.
/// Costs   about 10 microseconds a customer, and 1 to 3 seconds of learning on large books.
/// Source  see docs/value/customer_value.md.
class CustomerValue {
 public:
  struct settings {
    double horizon = 26;       // forecast covers (end, end + horizon]
    unit u = unit::weeks;      // of the horizon
    double level = 0.9;        // of the intervals
    std::uint64_t seed = 0;    // of the randomised ranks by which intervals are calibrated
    unsigned threads = 0;      // 0 = all of the machine's
  };

  explicit CustomerValue(settings s) : settings_(s) {
    detail::check_positive("value::CustomerValue", "horizon", s.horizon);
    if (!(s.level > 0 && s.level < 1))
      throw error(errc::out_of_domain, "value::CustomerValue: 'level' is " + detail::number(s.level) + "; between 0 and 1 is wanted");
    const double length = s.horizon * days_in(s.u);
    if (length < 1 || length > 36525)
      throw error(errc::out_of_domain, "value::CustomerValue: 'horizon' is " + detail::number(length) + " days; 1 day to 100 years is wanted");
    horizon_ = static_cast<std::int64_t>(std::llround(length));
  }

  /// How busy each month (12 numbers), week (52 or 53) or day (366) of the year is; only ratios count. Everything is then
  /// learned and forecast in business time, see season_clock. Empty: none is given. Fails at fit, as season_clock does.
  CustomerValue& use_season(std::vector<double> index) {
    season_index_ = std::move(index);
    return *this;
  }
  /// A property of customers that may matter for how often they buy and what for: codes 0, 1, ... by customer, negative where
  /// not known. May be given several times. What it does is learned at every origin and shrunk, see learn_groups().
  CustomerValue& use_property(std::string name, std::vector<std::int32_t> code) {
    properties_.push_back({std::move(name), std::move(code)});
    return *this;
  }
  /// Learned effects of the properties, in the order in which they were given.
  [[nodiscard]] const std::vector<group_effects>& effects() const noexcept { return effects_; }
  [[nodiscard]] const std::vector<customer_group>& properties() const noexcept { return properties_; }

  /// Learns and forecasts. Takes days: see ledger::purchase_days; end: last day that is known, inclusive.
  /// Fails with errc::empty when nobody has bought up to end.
  /// then: for backtests only, what happened to each customer afterwards; it is scored and never learned from.
  CustomerValue& fit(const ledger::purchase_days& days, day end) { return fit(days, end, {}); }
  /// known: what was known on an earlier day, row by row the same purchase days with the money net of the credits up to
  /// then; none: the money of `days`, from which later credits have been taken already.
  using known_then = std::function<ledger::purchase_days(day)>;
  CustomerValue& fit(const ledger::purchase_days& days, day end, std::span<const outcome> then, const known_then& known = {});
  /// From a ledger (ledger::Ledger): the credits that came after an origin are not known at that origin.
  template <class Book>
    requires requires(const Book& b, day d) { b.days(d); b.last_day(); }
  CustomerValue& fit(const Book& book, day end) {
    std::deque<decltype(book.days(end))> kept;
    const auto known = [&](day at) { return kept.emplace_back(book.days(at)).view(); };
    const auto now = book.days(end);
    return fit(now.view(), end, {}, known);
  }
  /// Of each customer, when `then` was given: log probability of what happened, and ranked probability score.
  [[nodiscard]] const std::vector<double>& log_score() const noexcept { return log_score_; }
  [[nodiscard]] const std::vector<double>& crps() const noexcept { return crps_; }
  /// Ranks, in [0, 1], of what then happened to each customer within what was forecast: uniform when the forecast is honest.
  /// Where the forecast puts mass on one outcome (a count, no money at all) the rank is drawn evenly over that mass, by the
  /// seed and the customer: an interval of whole numbers covers more than asked, the rank does not.
  [[nodiscard]] const std::vector<double>& purchase_ranks() const noexcept { return purchase_ranks_; }
  [[nodiscard]] const std::vector<double>& value_ranks() const noexcept { return value_ranks_; }

  [[nodiscard]] forecast predict() const {
    if (status_ == "not fitted") throw error(errc::not_fitted, "value::CustomerValue: fit comes first");
    return out_;
  }
  /// What was learned from what, in words; says so when the stack does not beat "same as last window".
  [[nodiscard]] const std::string& status() const noexcept { return status_; }
  [[nodiscard]] const std::vector<candidate_weight>& weights() const noexcept { return weights_; }
  [[nodiscard]] const std::vector<candidate_score>& scores() const noexcept { return scores_; }
  /// Factor on every forecast for season and level (1 = none), and how it came about.
  [[nodiscard]] double level_factor() const noexcept { return level_; }
  [[nodiscard]] const std::string& season() const noexcept { return season_; }
  /// Purchases and money of the whole book over the horizon: customers vary each for itself, and the level varies for all as
  /// it was missed at the origins.
  [[nodiscard]] const book_total& purchases_total() const noexcept { return purchases_total_; }
  [[nodiscard]] const book_total& value_total() const noexcept { return value_total_; }
  /// Probability of 0, 1, 2, ... purchases of each customer is not kept; ranks of what happened at the origins are:
  /// uniform when the forecast is honest.
  [[nodiscard]] const std::vector<double>& ranks() const noexcept { return ranks_; }

 private:
  static constexpr std::size_t classes = 4, money_candidates = 8, learn_most = 100'000, rows_most = 20'000;

  static constexpr double money_prior = 1.0, mean_prior = 0.01, square_prior = 0.5;

  struct learn_row {
    std::size_t book = 0, who = 0;
    outcome then;
    double alive = 1, exact_mean = 0, exact_density = 0;
    detail::pool_row pool;
    std::size_t group = 0;
    unsigned half = 0;
  };
  struct laws {
    std::array<count_law, detail::candidates> of;
    std::array<double, 3> naive{};  // the naive rows themselves; their laws are shrunk to the book
    /// Mean of candidate m for the stack of means; `exact` is the mean of the dropout model.
    [[nodiscard]] double mean(std::size_t m, double exact) const noexcept {
      return m < naive.size() ? naive[m] : m == detail::regular ? exact : of[m].mean;
    }
  };

  [[nodiscard]] static std::size_t group_of(double n) noexcept { return n < 2 ? 0 : n < 4 ? 1 : n < 10 ? 2 : 3; }

  [[nodiscard]] double pooled_mean(const detail::pool_row& row, const std::vector<double>& beta) const {
    double eta = row.offset;
    for (std::size_t j = 0; j < detail::pool_width && j < beta.size(); ++j) eta += row.f[j] * beta[j];
    return std::exp(std::clamp(eta, -30.0, 20.0));
  }
  [[nodiscard]] count_law naive(double count, const detail::naive_fit& fit, double book_mean) const {
    return {1.0, std::max(1e-3, fit.tau * (0.5 + count)), (1 - fit.e) * count + fit.e * book_mean};
  }
  /// Laws of every candidate but the exact regular one.
  [[nodiscard]] laws laws_of(const detail::book& b, const history& s, double horizon, double alive,
                             const detail::pool_row& pool, const std::vector<double>& beta) const {
    using namespace detail;
    laws out;
    const double known = static_cast<double>(b.length()), book_mean = b.mean_rate * horizon * s.pace;
    const auto two = known >= 2 * horizon ? 0.5 * (s.last_window + s.window_before) : s.last_window;
    const auto year = known > 364 ? s.last_year : s.last_window;
    out.naive = {s.last_window, two, year};
    out.of[last_window] = naive(s.last_window, naive_[0], book_mean);
    out.of[mean_of_two] = naive(two, naive_[1], book_mean);
    out.of[same_window_last_year] = naive(year, naive_[2], book_mean);
    const rate_moments whole = faded_rate_of(b, s, memories - 1);
    out.of[whole_rate] = {1.0, size_of(whole), whole.mean * horizon};
    const double floor = std::max(alive, 1e-6);
    for (std::size_t h = 0; h < half_lives.size(); ++h) {
      const double mean = faded_mean(b, s, h, horizon);
      const double size = size_of(faded_rate_of(b, s, h, std::exp2(-0.5 * horizon / half_lives[h])));
      out.of[faded_rate + h] = {1.0, size, mean};
      out.of[faded_alive + h] = {floor, size, mean * floor};
    }
    const double mean = pooled_mean(pool, beta), size = pooled_tau_ * (0.5 + s.faded[3]);
    out.of[pooled] = {1.0, size, mean};
    out.of[pooled_alive] = {std::max(alive, 0.02), size, mean};
    return out;
  }

  struct seen_days {
    ledger::purchase_days days;
    day start = 0, at = 0;
    std::int64_t ahead = 0;
  };
  [[nodiscard]] seen_days see(const ledger::purchase_days& days, day start, day at, std::int64_t ahead);
  void open_book(detail::book& b, const seen_days& seen, const fading& fade, std::size_t most) const;
  [[nodiscard]] bool were_there_before(const ledger::purchase_days& days, day start, day end, const fading& fade);
  void learn(const ledger::purchase_days& days, day start, day end, const fading& fade, const known_then& known);
  void fit_naive();
  void fit_pool();
  void fit_stack();
  void fit_mean();
  void fit_level(const detail::book& now);
  void fit_money();
  void fit_ranks();
  /// Even draw in [0, 1) of a customer, one for each purpose.
  [[nodiscard]] double dice(std::size_t customer, std::uint64_t purpose) const noexcept {
    return static_cast<double>(detail::mix(customer * 2654435761u + purpose + settings_.seed) >> 11) * 0x1p-53;
  }
  /// Mean of the stack of means, before the level; `exact` is the mean of the dropout model.
  [[nodiscard]] double stacked_mean(const laws& l, double exact) const {
    double sum = 0;
    for (std::size_t m = 0; m < detail::candidates; ++m) sum += mean_weight_[m] * l.mean(m, exact);
    return std::max(sum, 1e-9);
  }
  /// Factor that brings the mixture for the distribution to the mean that is forecast.
  [[nodiscard]] double recentre(const laws& l, double exact, std::size_t group, double mean) const {
    double mixed = 0;
    for (std::size_t m = 0; m < detail::candidates; ++m) mixed += weight_[group][m] * (m == detail::regular ? exact : l.of[m].mean);
    return std::clamp(mean / std::max(mixed, 1e-12), 0.2, 5.0);
  }
  void predict_all(const ledger::purchase_days& days, const detail::book& b, const fading& fade, std::span<const outcome> then);
  void predict_money(const detail::book& b, const history& s, std::size_t c, double purchases, double none, const outcome* then);
  void predict_next(const detail::book& b, const history& s, std::size_t c, double mean, detail::ahead_space& space);
  [[nodiscard]] std::string reason_of(const history& s, const char* part, double share) const;
  void add_up();
  void tell(const detail::book& b);

  /// Money candidates of a customer over the horizon, given the mean number of purchases.
  [[nodiscard]] std::array<double, money_candidates> money_of(const detail::book& b, const history& s, double horizon, double purchases) const {
    const double known = static_cast<double>(b.length()), book = book_spend_ * s.worth;
    std::array<double, money_candidates> m{};
    const double two = known >= 2 * horizon ? 0.5 * (s.money_last + s.money_before) : s.money_last;
    m[0] = s.money_last;
    m[1] = two;
    m[2] = known > 364 ? s.money_last_year : two;
    m[3] = known >= 4 * horizon ? 0.25 * s.money_four : two;
    const auto shrunk = [&](double money, double count, double k) { return (std::max(money, 0.0) + k * book) / (count + k); };
    m[4] = purchases * shrunk(s.money, s.n, 0.5);
    m[5] = purchases * shrunk(s.money, s.n, 5.0);
    m[6] = purchases * shrunk(s.money_last, s.last_window, 0.5);
    m[7] = purchases * shrunk(s.money_last + s.money_before, s.last_window + s.window_before, 0.5);
    const double least = 1e-4 * std::max(book, 1e-9) * std::max(purchases, 1e-3);
    for (double& v : m) v = std::max(v, least);
    return m;
  }
  [[nodiscard]] double money_mean(const std::array<double, money_candidates>& m) const {
    double sum = 0;
    for (std::size_t j = 0; j < money_candidates; ++j) sum += money_weight_[j] * m[j];
    return sum;
  }
  [[nodiscard]] double money_shape(double purchases_if_any) const {
    return 1.0 / (spread_[0] + spread_[1] / std::max(1.0, purchases_if_any));
  }

  settings settings_;
  std::int64_t horizon_ = 182;
  origin_plan plan_;
  std::vector<double> season_index_;
  std::optional<season_clock> clock_;
  std::vector<day> business_;  // dates in business time
  std::vector<customer_group> properties_;
  std::vector<group_effects> effects_;
  bool there_before_ = true;
  day end_ = 0;
  std::vector<detail::book> books_;
  std::vector<learn_row> rows_;
  std::array<detail::naive_fit, 3> naive_{};
  std::array<std::vector<double>, 3> beta_;  // learned on half 0, half 1, all
  double pooled_tau_ = 1;
  std::array<std::array<double, detail::candidates>, classes> weight_{};
  std::vector<double> mean_weight_;
  std::vector<double> row_mean_;  // rows x candidates: what each candidate expected at the origins
  std::vector<double> stacked_mean_, stacked_none_, row_factor_, row_mixed_;
  double median_at_ = 0.5;  // quantile that was nearest to what happened at the origins, half-way to the median
  double level_ = 1, money_level_ = 1, book_spend_ = 0;
  std::array<double, money_candidates> money_weight_{};
  std::array<double, 2> spread_{0.3, 0.7};
  std::array<double, 2> count_tail_{0.05, 0.95}, money_tail_{0.05, 0.95};
  std::vector<double> ranks_, log_score_, crps_, purchase_ranks_, value_ranks_, variance_, money_variance_;
  std::array<detail::level_trials, 2> trials_;  // of purchases, of money
  book_total purchases_total_, value_total_;
  std::string season_, status_ = "not fitted";
  std::vector<candidate_weight> weights_;
  std::vector<candidate_score> scores_;
  forecast out_;
};

}  // namespace guanxi::value

#include <guanxi/value/detail/customer_fit.hpp>
#include <guanxi/value/detail/customer_learn.hpp>
#include <guanxi/value/detail/customer_money.hpp>
#include <guanxi/value/detail/customer_predict.hpp>
#include <guanxi/value/detail/customer_stack.hpp>
