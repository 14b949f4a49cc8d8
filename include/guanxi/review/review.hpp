#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/plan/allocate.hpp>
#include <guanxi/relation/tier_rule.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/countries.hpp>
#include <guanxi/review/effort.hpp>
#include <guanxi/review/offers.hpp>
#include <guanxi/review/reasons.hpp>
#include <guanxi/review/sales.hpp>
#include <guanxi/review/shares.hpp>
#include <guanxi/value/customer_value.hpp>

namespace guanxi::review {

/// Everything a review found. Owns its columns.
struct result {
  customer_columns customers;
  country_columns countries;
  sales_change change;             // parts are empty when they cannot be told
  supplier_periods over_time;
  book_figures book;
  plan::allocation plan;
  std::vector<effort_level> efforts;
  std::vector<std::string> suppliers;  // names by code
  std::vector<std::string> notes;      // what the figures rest on
};

namespace detail {

inline void check(const settings& s) {
  const auto refuse = [](const char* name, double value, const char* wish) {
    throw error(errc::out_of_domain, std::string("review: ") + name + " is " + std::to_string(value) + ", wanted " + wish);
  };
  if (!(s.horizon > 0) || !std::isfinite(s.horizon)) refuse("horizon", s.horizon, "a positive length");
  if (!(s.level > 0 && s.level < 1)) refuse("level", s.level, "a number between 0 and 1");
  if (s.hours < 0 || std::isinf(s.hours)) refuse("hours", s.hours, "0 or more");
  if (s.money < 0 || std::isinf(s.money)) refuse("money", s.money, "0 or more");
  if (!std::isnan(s.margin) && !(s.margin > 0 && s.margin <= 1)) refuse("margin", s.margin, "above 0 and at most 1");
  if (s.efforts.empty()) throw error(errc::empty, "review: 'efforts' names no level, wanted at least one that costs nothing");
  for (const effort_level& e : s.efforts)
    if (!(e.hours >= 0) || !(e.money >= 0) || std::isinf(e.hours) || std::isinf(e.money))
      throw error(errc::out_of_domain, "review: effort '" + e.name + "' costs " + std::to_string(e.hours) + " hours and " + std::to_string(e.money) + " money, wanted 0 or more of each");
}

/// The part of sales that is left to us: given, from costs, or 0.3; says which.
[[nodiscard]] inline double margin_of(const ledger::Ledger& book, const sales_columns& sales, day end, const settings& s, std::vector<std::string>& notes) {
  if (!std::isnan(s.margin)) return s.margin;
  if (book.has_cost()) {
    const std::vector<double> each = book.margin(end);
    running_sum left, all;
    for (std::size_t c = 0; c < each.size(); ++c)
      if (std::isfinite(each[c]) && sales.year[c] > 0) left.add(each[c] * sales.year[c]), all.add(sales.year[c]);
    const double margin = all.value() > 0 ? left.value() / all.value() : 0.0;
    if (margin > 0 && margin <= 1) {
      notes.push_back("Margin " + percent(margin) + ", from the ledger's costs of the last year.");
      return margin;
    }
  }
  notes.push_back("Margin assumed 30 % of sales: give `margin` or a cost column.");
  return 0.3;
}

/// Number of products that each customer bought in the last year; NaN without a product column.
[[nodiscard]] inline std::vector<double> breadth_of(const ledger::Ledger& book, day end) {
  std::vector<double> breadth(book.customers(), unknown);
  if (book.products().empty()) return breadth;
  const ledger::item_totals totals = book.products().totals(end - (year_days - 1), end);
  for (std::size_t c = 0; c < breadth.size(); ++c) breadth[c] = static_cast<double>(totals.start[c + 1] - totals.start[c]);
  return breadth;
}

/// Mean of a sum of independent customers with its interval at the customers' own level.
inline void sum_with_interval(std::span<const double> mean, std::span<const double> low, std::span<const double> high, double& sum, double& sum_low, double& sum_high) {
  running_sum total, below, above;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (!std::isfinite(mean[i])) continue;
    total.add(mean[i]);
    below.add((mean[i] - std::min(low[i], mean[i])) * (mean[i] - std::min(low[i], mean[i])));
    above.add((std::max(high[i], mean[i]) - mean[i]) * (std::max(high[i], mean[i]) - mean[i]));
  }
  sum = total.value();
  sum_low = sum - std::sqrt(below.value());
  sum_high = sum + std::sqrt(above.value());
}

/// What each account buys from others over the horizon, and its interval.
struct headroom_columns {
  std::vector<double> mean, low, high;
};
[[nodiscard]] inline headroom_columns headroom_of(const share_picture& shares, const offer_columns& offers, double years, bool deliveries, std::vector<std::string>& notes) {
  const std::size_t n = shares.wallet.size();
  headroom_columns out{std::vector<double>(n, unknown), std::vector<double>(n, unknown), std::vector<double>(n, unknown)};
  bool by_offers = false;
  for (std::size_t c = 0; c < n; ++c) {
    if (!std::isnan(shares.wallet[c])) {
      out.mean[c] = years * shares.wallet[c] * (1 - shares.share[c]);
      out.low[c] = years * shares.wallet_low[c] * (1 - shares.high[c]);
      out.high[c] = years * shares.wallet_high[c] * (1 - shares.low[c]);
    } else if (!deliveries && !std::isnan(offers.money[c])) {
      out.mean[c] = years * offers.money[c];
      out.low[c] = 0.25 * out.mean[c];
      out.high[c] = 4 * out.mean[c];
      by_offers = true;
    }
  }
  if (by_offers)
    notes.push_back("Room to grow: without deliveries it is taken from what like customers buy from us and this one does not, between a quarter and four times that.");
  else if (!deliveries)
    notes.push_back("Room to grow is not known (neither deliveries nor products): gains rest on keeping customers alone.");
  return out;
}

}  // namespace detail

/// The key-account review: which customers deserve our limited people, time and money, and what to do with each.
///
/// Takes   book: our sales; known: deliveries of all suppliers as far as seen, or nullptr; settings.
/// Gives   one row a customer of the ledger, the plan, the markets, and what everything rests on.
/// Fails   errc::out_of_domain or errc::empty with a sentence, when a setting or the ledger cannot be meant.
/// Costs   about a second for 1,000 customers with 300,000 lines and 650,000 deliveries. Uses nothing after the last day
///         of the ledger. Same bits for any row order and number of threads.
[[nodiscard]] inline result review(const ledger::Ledger& book, const known_deliveries* known, const settings& s) {
  const auto enter = [&s](std::string_view room) {
    if (s.progress) s.progress(room);
  };
  detail::check(s);
  result out;
  out.efforts = s.efforts;
  enter("ledger");
  const day end = book.last_day();
  const ledger::purchase_days days = book.days();
  const std::size_t n = book.customers(), levels = s.efforts.size();
  const double years = s.horizon * days_in(s.u) / days_in(unit::years);
  sales_columns sales = sales_of(days, end, s.threads);
  customer_columns& c = out.customers;
  const double margin = detail::margin_of(book, sales, end, s, out.notes);

  enter("value");
  value::CustomerValue model({.horizon = s.horizon, .u = s.u, .level = s.level, .seed = s.seed, .threads = s.threads});
  model.fit(days, end);
  value::forecast future = model.predict();
  out.notes.push_back("Value: " + model.status());

  enter("share");
  share_picture shares = picture_shares(days, known, s);
  for (std::string& note : shares.notes) out.notes.push_back(std::move(note));

  enter("graph");
  offer_columns offers = offers_of(book, end, 3, s.threads);

  enter("market");
  out.countries = countries_of(book, sales, shares, known, end);

  enter("relation");
  const std::vector<double> breadth = detail::breadth_of(book, end);
  relation::tier_columns tiers = relation::tier_rule({.value_year = sales.year, .share = shares.share, .share_low = shares.low, .tenure = sales.tenure,
                                                      .orders_year = sales.orders, .breadth = breadth, .p_alive = future.p_alive});

  enter("plan");
  const detail::headroom_columns room = detail::headroom_of(shares, offers, years, known != nullptr, out.notes);
  const stake_columns stakes{future.value, future.value_low, future.value_high, future.p_alive, room.mean, room.low, room.high};
  const gain_columns gain = gains(stakes, s.efforts, margin, s.response, 200, s.seed, s.threads);
  const bool money_limited = !std::isnan(s.money);
  out.book.budget_names = {"hours"};
  out.book.budgets = {std::isnan(s.hours) ? 1'600.0 : s.hours};
  if (std::isnan(s.hours)) out.notes.push_back("Hours assumed 1,600, one person-year: give `hours`.");
  if (money_limited) {
    out.book.budget_names.emplace_back("money");
    out.book.budgets.push_back(s.money);
  } else {
    out.notes.push_back("Money is not limited; what an effort costs is taken off its gain in the plan.");
  }
  out.notes.push_back("What effort does is a stated prior, not an estimate: a ledger without variation in effort cannot tell. It wins a part of the room to grow and of what lapses, at saturation 25 % in the mean (90 % from 5 % to 52 %); half of that after 24 hours, give or take a factor of 3.");
  const std::size_t budgets = out.book.budgets.size();
  std::vector<std::uint64_t> start(n + 1);
  std::vector<double> worth(n * levels), cost(n * levels * budgets);
  for (std::size_t i = 0; i <= n; ++i) start[i] = i * levels;
  for (std::size_t row = 0; row < n * levels; ++row) {
    const effort_level& e = s.efforts[row % levels];
    worth[row] = gain.gain[row] - (money_limited ? 0.0 : e.money);
    cost[row * budgets] = e.hours;
    if (money_limited) cost[row * budgets + 1] = e.money;
  }
  const plan::book options{start, worth, cost, budgets};
  plan::settings rules;
  rules.threads = s.threads;
  rules.names = out.book.budget_names;
  out.plan = plan::allocate(options, out.book.budgets, rules);

  enter("review");
  c.sales_year = std::move(sales.year), c.sales_before = std::move(sales.before), c.orders_year = std::move(sales.orders), c.tenure = std::move(sales.tenure);
  c.last_order = std::move(sales.last), c.next_order = std::move(future.next_order);
  c.p_alive = std::move(future.p_alive), c.p_buy = std::move(future.p_buy), c.purchases = std::move(future.purchases);
  c.purchases_low = std::move(future.purchases_low), c.purchases_high = std::move(future.purchases_high);
  c.value = std::move(future.value), c.value_low = std::move(future.value_low), c.value_high = std::move(future.value_high);
  c.reason = std::move(future.reason);
  c.wallet = std::move(shares.wallet), c.wallet_low = std::move(shares.wallet_low), c.wallet_high = std::move(shares.wallet_high);
  c.share = std::move(shares.share), c.share_low = std::move(shares.low), c.share_high = std::move(shares.high);
  c.trend = std::move(shares.trend), c.p_rising = std::move(shares.p_rising);
  c.dominant = std::move(shares.largest), c.dominant_share = std::move(shares.largest_share), c.p_largest = std::move(shares.p_largest);
  c.share_why = std::move(shares.why);
  c.offer = std::move(offers.text);
  c.tier_why = std::move(tiers.why);
  c.level = out.plan.level;
  c.net = out.plan.net;
  c.tier.resize(n);
  c.why.resize(n);
  c.watch.resize(n);
  for (auto* column : {&c.p_tier, &c.hours, &c.money, &c.gain, &c.gain_low, &c.gain_high}) column->assign(n, 0.0);
  const std::vector<const std::vector<double>*> p_tiers{&tiers.p_vendor, &tiers.p_preferred, &tiers.p_partnership, &tiers.p_alliance};
  for (std::size_t i = 0; i < n; ++i) {
    c.tier[i] = static_cast<std::uint8_t>(tiers.value[i]);
    c.p_tier[i] = (*p_tiers[c.tier[i]])[i];
    const std::size_t row = i * levels + c.level[i];
    const effort_level& e = s.efforts[c.level[i]];
    c.hours[i] = e.hours, c.money[i] = e.money;
    c.gain[i] = gain.gain[row], c.gain_low[i] = gain.low[row], c.gain_high[i] = gain.high[row];
    std::size_t second = levels;
    double second_net = 0;
    for (std::size_t j = 0; j < levels; ++j) {
      double net = worth[i * levels + j];
      for (std::size_t k = 0; k < budgets; ++k) net -= out.plan.prices[k] * cost[(i * levels + j) * budgets + k];
      if (j != c.level[i] && (second == levels || net > second_net)) second = j, second_net = net;
    }
    const std::string next = second == levels || gain.gain[i * levels + levels - 1] <= 0 ? "" : s.efforts[second].name + ", net " + in_words(second_net);
    c.why[i] = effort_sentence(c, i, e, {gain.from_headroom[row], gain.from_keeping[row]}, next);
    c.watch[i] = watch_sentence(c, i, end);
  }
  book_figures& b = out.book;
  b.end = end;
  b.own = shares.own;
  b.wallet = shares.wallet_total;
  b.share = shares.share_total;
  detail::sum_with_interval(c.value, c.value_low, c.value_high, b.value, b.value_low, b.value_high);
  b.gain = std::accumulate(c.gain.begin(), c.gain.end(), 0.0);
  b.gain_low = std::accumulate(c.gain_low.begin(), c.gain_low.end(), 0.0);
  b.gain_high = std::accumulate(c.gain_high.begin(), c.gain_high.end(), 0.0);
  b.bound = out.plan.bound, b.gap = out.plan.gap, b.prices = out.plan.prices, b.used = out.plan.used, b.plan_status = out.plan.status;
  out.notes.push_back("Plan: " + b.plan_status + ". The interval of the whole gain adds the accounts' ends: what effort does is unknown for all of them together.");
  out.change = std::move(shares.change);
  out.over_time = std::move(shares.over_time);
  out.suppliers = std::move(shares.suppliers);
  return out;
}

}  // namespace guanxi::review
