#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/ledger/simulate_countries.hpp>

// The laws of the simulated exporter, one customer at a time. docs/ledger/simulate.md gives every equation by number.
namespace guanxi::ledger {

enum class dropout { none, beta_geometric, exponential };

/// The world's settings. "A period" is period_months calendar months; weeks have 7 days.
struct exporter_settings {
  std::size_t customers = 800;
  std::size_t suppliers = 40;  // we are supplier 0
  std::size_t products = 60;
  std::uint32_t years = 6;  // of history; one more year is simulated for hold-outs
  std::uint64_t seed = 7;
  date start{2019, 1, 1};  // must be the first of a month
  std::uint32_t period_months = 3;

  double rate_shape = 1.5;         // (3) order rates: gamma of this shape ...
  double orders_per_week = 0.125;  //     ... and this mean
  std::uint32_t regularity = 2;    // (7) stages of a gap; 1 = Poisson
  double season = 0.25;            // (6) height of the season
  std::uint32_t season_peak = 10;  //     month of its top, 1..12
  double arrivals = 0.5;           // (2) part of the customers that come during the history
  dropout leaving = dropout::beta_geometric;
  double dropout_a = 0.8, dropout_b = 20.0;  // (8) Beta(a, b) chance to leave after an order
  double lifetime_shape = 1.5;               // (9) hazards a week: gamma of this shape ...
  double lifetime_weeks = 400.0;             //     ... and this rate

  double order_median = 8000.0;  // (4) money of an order
  double order_spread = 0.8;     //     deviation of log mean orders between customers
  double order_noise = 0.5;      //     deviation of log orders of one customer
  double size_effect = 0.25;     // on log order money, for log size of the country
  double distance_effect = 0.3;  // on our log weight, for log distance

  double wallet_walk = 0.08;  // (5) deviation of a period's step of the log wallet
  double growth = 0.02;       //     drift of the log wallet a year

  double rivals = 4.0;         // (10) mean number of linked rivals at the start
  double weight_spread = 0.7;  // (11) deviation of log weights of rivals
  double own_weight = 0.8;     //      our log weight before tier and distance
  double share_walk = 0.15;    // (12) deviation of a period's step of each log weight
  double arrive = 0.03;        // (13) chance a period that one more rival links up
  double leave = 0.03;         //      chance a period that a linked rival leaves

  std::array<double, 4> tier_start{0.45, 0.30, 0.17, 0.08};  // (14)
  double tier_up = 0.05, tier_down = 0.04;                   //      chances a period
  std::array<double, 4> tier_share{-0.8, 0.0, 0.6, 1.2};     // on our log weight
  std::array<double, 4> tier_rate{1.0, 1.1, 1.25, 1.5};      // on our order rate, order money divided by it
  std::array<double, 4> tier_lines{0.3, 0.6, 1.0, 1.5};      // mean of further lines of an order

  std::vector<double> coverage{0.6};    // (15) one mean for all rivals, or one value a supplier (ours is not used)
  double coverage_concentration = 8.0;  //      of the Beta law round the mean
  double sight_size = 0.25;             //      how much large deliveries are seen more often
  double hidden = 0.1;                  //      part of the customers whose rivals are never seen

  std::size_t futures = 32;  // continuations behind the expected values; 0: they are NaN
  bool cells = true;         // keep the truth of customer x period and all deliveries
  unsigned threads = 0;
};

/// What all customers share: calendar, countries, suppliers, products.
struct simulated_world {
  exporter_settings set;
  std::size_t periods = 0;         // of history
  std::size_t future_periods = 0;  // of the year after it
  day begin = 0;
  day end = 0;                       // first day after the history
  std::vector<day> month;            // first day of each month, and the day after the last
  std::array<double, 12> season{};   // by month of the year
  std::uint32_t first_month = 0;     // 0..11
  std::vector<double> country_draw;  // weights
  std::array<double, simulated_countries.size()> country_size{}, country_distance{};  // log, mean taken off
  std::vector<double> link;         // chance that a rival is linked, by supplier; 0 for us
  std::vector<double> popularity;   // log weight of a supplier, the same for all customers
  std::vector<double> coverage;     // chance that a delivery of median size is seen
  std::vector<double> product_sum;  // cumulative draw of products
};

namespace simulation_detail {

/// The purposes of a customer's streams: a change of one law leaves the draws of the others as they are.
enum part : std::uint32_t { traits, tiers, wallets, shares, orders, rival_orders, sight, lines, parts };

inline void want(bool good, const char* name, double value, const char* wish) {
  if (!good)
    throw error(errc::out_of_domain,
                std::string("simulate::exporter: '") + name + "' is " + std::to_string(value) + ", it must be " + wish);
}

inline void check(const exporter_settings& s) {
  const auto positive = [](const char* name, double x) { want(x > 0 && std::isfinite(x), name, x, "above 0"); };
  const auto chance = [](const char* name, double x) { want(x >= 0 && x <= 1, name, x, "in [0, 1]"); };
  const auto spread = [](const char* name, double x) { want(x >= 0 && std::isfinite(x), name, x, "at least 0"); };
  want(s.customers >= 1 && s.customers <= 100'000'000, "customers", static_cast<double>(s.customers), "in 1 .. 1e8");
  want(s.suppliers >= 2 && s.suppliers <= 100'000, "suppliers", static_cast<double>(s.suppliers),
       "in 2 .. 100000 (we are one)");
  want(s.products >= 1 && s.products <= 1'000'000, "products", static_cast<double>(s.products), "in 1 .. 1e6");
  want(s.years >= 1 && s.years <= 100, "years", s.years, "in 1 .. 100");
  want(s.period_months >= 1 && 12 % s.period_months == 0, "period_months", s.period_months, "1, 2, 3, 4, 6 or 12");
  want(s.regularity >= 1 && s.regularity <= 1000, "regularity", s.regularity, "in 1 .. 1000");
  want(s.season >= 0 && s.season < 1, "season", s.season, "in [0, 1)");
  want(s.season_peak >= 1 && s.season_peak <= 12, "season_peak", s.season_peak, "a month, 1 .. 12");
  if (!valid(s.start) || s.start.dom != 1)
    throw error(errc::out_of_domain, "simulate::exporter: 'start' must be the first day of a month");
  for (const auto& [name, x] : {std::pair{"rate_shape", s.rate_shape},
                                {"orders_per_week", s.orders_per_week},
                                {"dropout_a", s.dropout_a},
                                {"dropout_b", s.dropout_b},
                                {"lifetime_shape", s.lifetime_shape},
                                {"lifetime_weeks", s.lifetime_weeks},
                                {"order_median", s.order_median},
                                {"coverage_concentration", s.coverage_concentration}})
    positive(name, x);
  for (const auto& [name, x] : {std::pair{"arrivals", s.arrivals},
                                {"arrive", s.arrive},
                                {"leave", s.leave},
                                {"hidden", s.hidden},
                                {"tier_up", s.tier_up},
                                {"tier_down", s.tier_down}})
    chance(name, x);
  want(s.tier_up + s.tier_down <= 1, "tier_up + tier_down", s.tier_up + s.tier_down, "at most 1");
  for (const auto& [name, x] : {std::pair{"order_spread", s.order_spread},
                                {"order_noise", s.order_noise},
                                {"wallet_walk", s.wallet_walk},
                                {"weight_spread", s.weight_spread},
                                {"share_walk", s.share_walk},
                                {"rivals", s.rivals},
                                {"sight_size", s.sight_size}})
    spread(name, x);
  for (const double x : s.tier_rate) positive("tier_rate", x);
  for (const double x : s.tier_lines) want(x >= 0 && x <= 1000, "tier_lines", x, "in [0, 1000]");
  for (const double x : s.coverage) chance("coverage", x);
  if (s.coverage.size() != 1 && s.coverage.size() != s.suppliers)
    throw error(errc::size_mismatch, "simulate::exporter: 'coverage' has " + std::to_string(s.coverage.size()) +
                                         " entries, give one or one a supplier (" + std::to_string(s.suppliers) + ")");
}

}  // namespace simulation_detail

/// The shared part of the world. Fails with errc::out_of_domain naming the setting.
[[nodiscard]] inline simulated_world make_world(const exporter_settings& settings) {
  simulation_detail::check(settings);
  simulated_world w;
  w.set = settings;
  const exporter_settings& s = w.set;
  w.periods = s.years * 12 / s.period_months;
  w.future_periods = 12 / s.period_months;
  w.first_month = s.start.month - 1;
  for (std::uint32_t m = 0; m <= (s.years + 1) * 12; ++m) {
    const std::uint32_t number = w.first_month + m;
    w.month.push_back(to_day({s.start.year + static_cast<std::int32_t>(number / 12), number % 12 + 1, 1}));
  }
  w.begin = w.month.front();
  w.end = w.month[s.years * 12];
  for (std::uint32_t m = 0; m < 12; ++m)
    w.season[m] = 1.0 + s.season * std::cos(2.0 * pi * (static_cast<double>(m + 1) - s.season_peak) / 12.0);

  double size = 0, distance = 0;
  for (const auto& c : simulated_countries) {
    size += std::log(c.size) / static_cast<double>(simulated_countries.size());
    distance += std::log(c.distance) / static_cast<double>(simulated_countries.size());
  }
  for (std::size_t c = 0; c < simulated_countries.size(); ++c) {
    w.country_size[c] = std::log(simulated_countries[c].size) - size;
    w.country_distance[c] = std::log(simulated_countries[c].distance) - distance;
    w.country_draw.push_back(std::exp(0.7 * w.country_size[c] - 0.5 * w.country_distance[c]));
  }

  constexpr std::uint64_t nobody = std::uint64_t{1} << 63;  // streams of the world, beyond any customer
  double total = 0;
  for (std::size_t j = 0; j < s.suppliers; ++j) {
    random_stream draw(s.seed, nobody + j);
    w.popularity.push_back(j == 0 ? 0.0 : 0.5 * draw.normal());
    w.link.push_back(j == 0 ? 0.0 : std::exp(w.popularity[j]));
    total += w.link[j];
    const double mean = s.coverage.size() == 1 ? s.coverage[0] : s.coverage[j];
    const bool fixed = s.coverage.size() != 1 || mean == 0 || mean == 1 || s.coverage_concentration >= 1e12;
    const double k = s.coverage_concentration;
    w.coverage.push_back(j == 0 ? 1.0 : fixed ? mean : draw.beta(k * mean, k * (1.0 - mean)));
  }
  for (double& l : w.link) l = std::min(0.95, s.rivals * l / total);
  double sum = 0;
  for (std::size_t k = 0; k < s.products; ++k)
    w.product_sum.push_back(sum += std::pow(static_cast<double>(k + 1), -0.8));
  return w;
}

/// One customer: drawn once, then moved period by period. `Sink` receives what happens:
/// order(customer, day, cents), and, where Sink::rivals, delivery(supplier, amount, orders, seen_amount, seen_orders).
class simulated_customer {
 public:
  static constexpr day never = std::numeric_limits<day>::max();

  struct month_money {
    double wallet = 0;  // expected spending of the period with everybody
    double ours = 0;    // of it while we supplied the customer
  };

  simulated_customer(const simulated_world& w, std::size_t number) : world_(&w) {
    for (std::uint32_t p = 0; p < simulation_detail::parts; ++p) stream_[p] = random_stream(w.set.seed, number, p);
    draw_traits();
    draw_links();
  }

  /// Runs period p (0 is the first); the caller goes through them in order.
  template <class Sink>
  void run(std::size_t p, Sink& sink) {
    if (p > 0) move();
    find_shares();
    if (p == 0) reference_ = own_share_;
    const exporter_settings& s = world_->set;
    money_ = {};
    active_ = false;
    for (std::size_t m = p * s.period_months; m < (p + 1) * s.period_months; ++m) run_month(m, sink);
    if constexpr (Sink::rivals) deliver(sink);
  }

  /// Streams of continuation f (from 1), for what may happen after now; stage and lifetime are memoryless.
  void branch(std::uint64_t seed, std::size_t number, std::size_t f) {
    for (std::uint32_t p = 0; p < simulation_detail::parts; ++p)
      stream_[p] = random_stream(seed, number, static_cast<std::uint32_t>(f) * 16 + p);
    if (stage_left_ >= 0) stage_left_ = new_stage();
    if (alive() && world_->set.leaving == dropout::exponential)
      die_ = world_->end + 7.0 * stream_[simulation_detail::traits].exponential(hazard_);
  }

  [[nodiscard]] bool alive() const noexcept { return entered_ != never && left_ == never; }
  [[nodiscard]] std::uint32_t country() const noexcept { return country_; }
  [[nodiscard]] bool hidden() const noexcept { return hidden_; }
  [[nodiscard]] day entered() const noexcept { return entry_; }
  [[nodiscard]] day left() const noexcept { return left_; }
  [[nodiscard]] double base_rate() const noexcept { return rate_; }
  [[nodiscard]] double order_mean() const noexcept { return order_mean_; }
  [[nodiscard]] double own_share() const noexcept { return own_share_; }
  [[nodiscard]] std::size_t rivals() const noexcept { return links_.size(); }
  [[nodiscard]] std::size_t tier() const noexcept { return tier_; }
  [[nodiscard]] bool was_active() const noexcept { return active_; }
  [[nodiscard]] month_money money() const noexcept { return money_; }
  [[nodiscard]] double wallet_a_day() const noexcept { return wallet_ * std::exp(log_wallet_); }
  /// (6) without the season: orders a week now, whether alive or not.
  [[nodiscard]] double rate_now() const noexcept {
    return rate_ * std::exp(log_wallet_) * own_share_ / reference_ * world_->set.tier_rate[tier_];
  }
  /// Lines of an order: product and cents of each, the cents summing to the order's.
  template <class Line>
  void lines(std::int64_t cents, Line&& line) {
    random_stream& draw = stream_[simulation_detail::lines];
    const std::uint64_t further = draw.poisson(world_->set.tier_lines[tier_]);
    double left = 1.0;
    std::int64_t done = 0;
    for (std::uint64_t l = 0; l <= further; ++l) {
      // uniform spacings one by one: the part that goes to the next of (further + 1 - l) lines
      const double open = static_cast<double>(further - l);
      left *= l == further ? 0.0 : std::pow(draw.uniform(), 1.0 / open);
      const auto until = cents - static_cast<std::int64_t>(std::llround(left * static_cast<double>(cents)));
      const std::uint32_t what = product(draw);
      if (until > done || l == further) line(what, until - done);
      done = until;
    }
  }

 private:
  struct tie {
    std::uint32_t supplier;
    double log_weight;
    double share = 0;
  };

  void draw_traits() {
    const simulated_world& w = *world_;
    const exporter_settings& s = w.set;
    random_stream& draw = stream_[simulation_detail::traits];
    country_ = static_cast<std::uint32_t>(draw.categorical(w.country_draw));
    hidden_ = draw.bernoulli(s.hidden);
    rate_ = std::max(draw.gamma(s.rate_shape, s.rate_shape / s.orders_per_week), 1e-12);
    const double log_mean =
        std::log(s.order_median) + s.size_effect * w.country_size[country_] + s.order_spread * draw.normal();
    order_mean_ = std::exp(log_mean);
    leave_chance_ = draw.beta(s.dropout_a, s.dropout_b);
    hazard_ = std::max(draw.gamma(s.lifetime_shape, s.lifetime_weeks), 1e-300);
    const bool comes = draw.bernoulli(s.arrivals);
    const auto history = static_cast<double>(w.end - w.begin);
    entry_ = comes ? w.begin + static_cast<day>(draw.uniform() * history) : w.begin;
    comes_ = comes;
    stage_ = static_cast<std::uint32_t>(draw.index(s.regularity));
    const double life = draw.exponential(hazard_);
    if (s.leaving == dropout::exponential) die_ = entry_ + 7.0 * life;
    tier_ = stream_[simulation_detail::tiers].categorical(s.tier_start);
  }

  void draw_links() {
    const simulated_world& w = *world_;
    random_stream& draw = stream_[simulation_detail::shares];
    own_log_ = w.set.own_weight - w.set.distance_effect * w.country_distance[country_];
    for (std::uint32_t j = 1; j < w.link.size(); ++j)
      if (draw.uniform() < w.link[j]) links_.push_back({j, new_weight(j, draw)});
    if (links_.empty()) add_rival(draw);
  }

  double new_weight(std::uint32_t supplier, random_stream& draw) const {
    return world_->popularity[supplier] + world_->set.weight_spread * draw.normal();
  }

  /// (13) a rival that is not linked yet, each as likely; nobody when all are, or when sixteen tries find none.
  void add_rival(random_stream& draw) {
    if (links_.size() + 1 >= world_->link.size()) return;
    for (int attempt = 0; attempt < 16; ++attempt) {
      const auto j = static_cast<std::uint32_t>(1 + draw.index(world_->link.size() - 1));
      const bool known = std::any_of(links_.begin(), links_.end(), [j](const tie& t) { return t.supplier == j; });
      if (known) continue;
      links_.push_back({j, new_weight(j, draw)});
      return;
    }
  }

  void move() {
    const exporter_settings& s = world_->set;
    const double years = s.period_months / 12.0;
    const double step = stream_[simulation_detail::wallets].normal();
    log_wallet_ += s.growth * years - 0.5 * s.wallet_walk * s.wallet_walk + s.wallet_walk * step;
    random_stream& draw = stream_[simulation_detail::shares];
    own_log_ += s.share_walk * draw.normal();
    for (tie& t : links_) t.log_weight += s.share_walk * draw.normal();
    for (std::size_t i = links_.size(); i-- > 0;)
      if (draw.uniform() < s.leave && links_.size() > 1) links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(i));
    if (draw.uniform() < s.arrive) add_rival(draw);
    const double u = stream_[simulation_detail::tiers].uniform();
    if (u < s.tier_up) {
      tier_ = std::min<std::size_t>(tier_ + 1, 3);
    } else if (u < s.tier_up + s.tier_down && tier_ > 0) {
      --tier_;
    }
  }

  void find_shares() {
    double top = own_log_ + world_->set.tier_share[tier_];
    const double ours = top;
    for (const tie& t : links_) top = std::max(top, t.log_weight);
    own_share_ = std::exp(ours - top);
    double total = own_share_;
    for (tie& t : links_) total += t.share = std::exp(t.log_weight - top);
    own_share_ /= total;
    for (tie& t : links_) t.share /= total;
    if (wallet_ == 0) wallet_ = rate_ / 7.0 * order_mean_ / own_share_;  // (5) so that wallet x share = rate x order
  }

  double new_stage() { return stream_[simulation_detail::orders].exponential() / world_->set.regularity; }

  template <class Sink>
  void run_month(std::size_t m, Sink& sink) {
    const simulated_world& w = *world_;
    const double from = w.month[m], to = w.month[m + 1];
    const double season = w.season[(w.first_month + m) % 12];
    const double a_day = wallet_a_day() * season;
    money_.wallet += a_day * (to - from);
    if (left_ != never || entry_ >= to) return;
    double t = from;
    if (stage_left_ < 0) {  // the relation begins
      t = entry_;
      entered_ = entry_;
      active_ = true;
      if (comes_) {
        stage_ = 0;
        place(entry_, sink);
      }
      stage_left_ = new_stage();
    }
    active_ = true;
    const double speed = rate_now() / 7.0 * season;  // (6) gaps of mean one are run through at this speed
    const double start = t;
    const double stop = std::min(to, die_);
    while (left_ == never) {
      const double need = stage_left_ / speed;
      if (t + need >= stop) {
        stage_left_ -= (stop - t) * speed;
        t = stop;
        if (stop < to) left_ = static_cast<day>(std::floor(stop));
        break;
      }
      t += need;
      stage_left_ = new_stage();
      if (++stage_ == w.set.regularity) {
        stage_ = 0;
        place(static_cast<day>(std::floor(t)), sink);
      }
    }
    stage_left_ = std::max(stage_left_, 0.0);
    money_.ours += a_day * std::max(0.0, std::min(t, to) - start);
  }

  template <class Sink>
  void place(day when, Sink& sink) {
    const exporter_settings& s = world_->set;
    random_stream& draw = stream_[simulation_detail::orders];
    const double noise = s.order_noise * draw.normal() - 0.5 * s.order_noise * s.order_noise;
    const double money = order_mean_ / s.tier_rate[tier_] * std::exp(noise);
    const auto cents = std::max<std::int64_t>(1, std::llround(std::min(100.0 * money, 9e15)));
    sink.order(*this, when, cents);
    const double u = draw.uniform();
    if (s.leaving == dropout::beta_geometric && u < leave_chance_) left_ = when;
  }

  template <class Sink>
  void deliver(Sink& sink) {
    const exporter_settings& s = world_->set;
    const double without = (money_.wallet - money_.ours) / (1.0 - own_share_);
    const double size = std::log(order_mean_ / s.order_median);
    for (const tie& t : links_) {
      const double mean = t.share * (money_.ours + without);
      const std::uint64_t orders = stream_[simulation_detail::rival_orders].poisson(mean / order_mean_);
      if (orders == 0) continue;
      const double blind = -std::log(world_->coverage[t.supplier]);
      double amount = 0, seen = 0;
      std::uint64_t seen_orders = 0;
      for (std::uint64_t o = 0; o < orders; ++o) {
        const double noise =
            s.order_noise * stream_[simulation_detail::rival_orders].normal() - 0.5 * s.order_noise * s.order_noise;
        const double money = std::max(1.0, std::round(100.0 * order_mean_ * std::exp(noise))) / 100.0;
        amount += money;
        if (hidden_) continue;
        // (15) seen with chance coverage ^ ((median / money) ^ sight_size), by the exponential of one uniform
        const double power = s.sight_size == 0 ? 1.0 : std::exp(-s.sight_size * (noise + size));
        if (stream_[simulation_detail::sight].exponential() <= blind * power) continue;
        seen += money;
        ++seen_orders;
      }
      sink.delivery(t.supplier, amount, orders, seen, seen_orders);
    }
  }

  std::uint32_t product(random_stream& draw) const {
    const std::vector<double>& sum = world_->product_sum;
    const double u = draw.uniform() * sum.back();
    const auto k = static_cast<std::size_t>(std::upper_bound(sum.begin(), sum.end(), u) - sum.begin());
    return static_cast<std::uint32_t>((std::min(k, sum.size() - 1) + std::size_t{country_} * 7) % sum.size());
  }

  const simulated_world* world_;
  std::array<random_stream, simulation_detail::parts> stream_;
  std::uint32_t country_ = 0;
  bool hidden_ = false, comes_ = false, active_ = false;
  day entry_ = 0, entered_ = never, left_ = never;
  double rate_ = 0, order_mean_ = 0, leave_chance_ = 0, hazard_ = 0;
  double die_ = std::numeric_limits<double>::infinity();
  double wallet_ = 0, log_wallet_ = 0, own_log_ = 0, own_share_ = 0, reference_ = 1;
  std::uint32_t stage_ = 0;
  double stage_left_ = -1;
  std::size_t tier_ = 0;
  month_money money_;
  std::vector<tie> links_;
};

}  // namespace guanxi::ledger
