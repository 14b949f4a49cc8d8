#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/sum.hpp>
#include <guanxi/ledger/delivery_rows.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/relation/tier_rule.hpp>
#include <guanxi/review/assumptions.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/countries.hpp>
#include <guanxi/review/effort_plan.hpp>
#include <guanxi/review/headroom.hpp>
#include <guanxi/review/known.hpp>
#include <guanxi/review/offers.hpp>
#include <guanxi/review/reasons.hpp>
#include <guanxi/review/rivals.hpp>
#include <guanxi/review/sales.hpp>
#include <guanxi/review/shares.hpp>
#include <guanxi/review/win_back.hpp>
#include <guanxi/value/customer_value.hpp>

namespace guanxi::review {

/// Everything a review found. Owns its columns.
struct result {
  customer_columns customers;
  std::vector<std::string> country;    // of each customer; "" = not known
  country_columns countries;
  tie_columns ties;                    // empty without deliveries, as the rivals are
  rival_columns rivals;
  sales_change change;                 // its columns are empty when it cannot be told
  supplier_periods over_time;
  book_figures book;
  std::vector<effort_level> efforts;
  std::vector<std::string> suppliers;  // names by code
  std::vector<std::string> notes;      // what the figures rest on
};

namespace detail {

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

/// Country of each customer in words; "" where it is not known.
[[nodiscard]] inline std::vector<std::string> country_words(const ledger::Ledger& book, day end) {
  std::vector<std::string> out(book.customers());
  const std::vector<std::uint32_t> code = book.countries().empty() ? std::vector<std::uint32_t>{} : book.country(end);
  for (std::size_t c = 0; c < code.size(); ++c)
    if (code[c] != ledger::no_code) out[c] = book.country_names().name(code[c]);
  return out;
}

inline void take(customer_columns& c, sales_columns&& sales) {
  c.sales_year = std::move(sales.year), c.sales_before = std::move(sales.before), c.orders_year = std::move(sales.orders);
  c.tenure = std::move(sales.tenure), c.last_order = std::move(sales.last);
}

inline void take(customer_columns& c, value::forecast&& future) {
  c.next_order = std::move(future.next_order), c.p_alive = std::move(future.p_alive), c.p_buy = std::move(future.p_buy);
  c.purchases = std::move(future.purchases), c.purchases_low = std::move(future.purchases_low), c.purchases_high = std::move(future.purchases_high);
  c.value = std::move(future.value), c.value_low = std::move(future.value_low), c.value_high = std::move(future.value_high);
  c.reason = std::move(future.reason);
}

inline void take(customer_columns& c, share_picture& shares) {
  c.wallet = std::move(shares.wallet), c.wallet_low = std::move(shares.wallet_low), c.wallet_high = std::move(shares.wallet_high);
  c.share = std::move(shares.share), c.share_low = std::move(shares.low), c.share_high = std::move(shares.high);
  c.trend = std::move(shares.trend), c.p_rising = std::move(shares.p_rising), c.share_why = std::move(shares.why);
  c.dominant = std::move(shares.largest), c.dominant_share = std::move(shares.largest_share), c.p_largest = std::move(shares.p_largest);
}

inline void take(customer_columns& c, relation::tier_columns&& tiers) {
  const std::array<const std::vector<double>*, 4> p{&tiers.p_vendor, &tiers.p_preferred, &tiers.p_partnership, &tiers.p_alliance};
  for (std::size_t i = 0; i < tiers.value.size(); ++i) {
    c.tier.push_back(static_cast<std::uint8_t>(tiers.value[i]));
    c.p_tier.push_back((*p[c.tier[i]])[i]);
  }
  c.tier_why = std::move(tiers.why);
}

/// The plan's choice of each account and the sentences that explain it.
inline void take(customer_columns& c, const effort_plan& p, const std::vector<effort_level>& efforts, day end, double level) {
  const std::size_t n = c.value.size(), levels = efforts.size();
  c.level = p.chosen.level;
  c.net = p.chosen.net;
  c.try_worth = p.try_worth, c.pool_lost = p.pool_lost;
  c.level_gain = p.gain.gain;
  c.manager = p.manager;
  c.manager.resize(n, no_supplier);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t row = i * levels + c.level[i];
    const effort_level& e = efforts[c.level[i]];
    c.hours.push_back(e.hours), c.money.push_back(e.money);
    const double fit = p.fit.empty() ? 1.0 : p.fit[i];
    c.gain.push_back(fit * p.gain.gain[row]), c.gain_low.push_back(fit * p.gain.low[row]), c.gain_high.push_back(fit * p.gain.high[row]);
    c.why.push_back(effort_sentence(c, i, e, {fit * p.gain.from_headroom[row], fit * p.gain.from_keeping[row]}, next_best(p, i, efforts), level));
    c.watch.push_back(watch_sentence(c, i, end));
  }
}

[[nodiscard]] inline book_figures figures(const customer_columns& c, const share_picture& shares, const effort_plan& p, day end) {
  book_figures b;
  b.end = end;
  b.own = shares.own, b.wallet = shares.wallet_total, b.share = shares.share_total;
  sum_with_interval(c.value, c.value_low, c.value_high, b.value, b.value_low, b.value_high);
  for (const auto& [column, sum] : {std::pair{&c.gain, &b.gain}, {&c.gain_low, &b.gain_low}, {&c.gain_high, &b.gain_high}}) {
    running_sum total;
    for (const double x : *column) total.add(x);
    *sum = total.value();
  }
  b.budget_names = p.budget_names, b.budgets = p.budgets;
  b.plan_value = p.chosen.value;
  b.pool_hour = p.pool_hour, b.manager_prices = p.manager_prices;
  for (const plan::rule_plan& r : p.rules) b.baseline_names.push_back(r.name), b.baselines.push_back(r.value);
  b.prices = p.chosen.prices, b.used = p.chosen.used, b.bound = p.chosen.bound, b.gap = p.chosen.gap, b.plan_status = p.chosen.status;
  return b;
}

}  // namespace detail

/// The key-account review: which customers deserve our limited people, time and money, and what to do with each.
///
/// Takes   book: our sales; deliveries: every supplier's, as far as seen, or nullptr; settings.
/// Gives   one row a customer of the ledger, the plan, the markets, and what everything rests on.
/// Fails   errc::out_of_domain or errc::empty with a sentence, when a setting or the ledger cannot be meant.
/// Costs   about a second for 1,000 customers with 300,000 lines and 650,000 deliveries. Uses nothing of the ledger after its
///         last day. Same bits for any row order and number of threads.
[[nodiscard]] inline result review(const ledger::Ledger& book, const ledger::Deliveries* deliveries = nullptr, const settings& s = {}) {
  const auto enter = [&s](std::string_view room) {
    if (s.progress) s.progress(room);
  };
  const auto note = [](result& to, std::vector<std::string>& from) {
    for (std::string& line : from) to.notes.push_back(std::move(line));
  };
  check(s);
  result out;
  out.efforts = s.efforts;
  enter("ledger");
  const day end = book.last_day();
  const ledger::purchase_days days = book.days();
  sales_columns sales = sales_of(days, end, s.threads);
  const double margin = margin_of(book, sales, end, s, out.notes);
  out.country = detail::country_words(book, end);

  enter("value");
  value::CustomerValue model({.horizon = s.horizon, .u = s.u, .level = s.level, .seed = s.seed, .threads = s.threads});
  value::forecast future = model.fit(book, end).predict();
  out.notes.push_back("Value: " + model.status());

  enter("share");
  std::optional<known_deliveries> known;
  if (deliveries) known = beside(*deliveries, book);
  share_picture shares = picture_shares(days, known ? &*known : nullptr, s);
  note(out, shares.notes);

  enter("graph");
  offer_columns offers = offers_of(book, end, 3, s.threads);

  enter("market");
  out.countries = countries_of(book, shares, known ? &*known : nullptr, end);
  if (known) {
    out.ties = year_ties(shares, *known);
    out.rivals = rivals_of(out.ties, book, out.countries, shares.own, *known, end);
  }

  enter("relation");
  const std::vector<double> breadth = detail::breadth_of(book, end);
  relation::tier_columns tiers = relation::tier_rule({.value_year = sales.year, .share = shares.share, .share_low = shares.low, .tenure = sales.tenure,
                                                      .orders_year = sales.orders, .breadth = breadth, .p_alive = future.p_alive});

  enter("plan");
  const double years = s.horizon * days_in(s.u) / days_in(unit::years);
  const headroom_columns room = headroom_of(shares, offers, years, known.has_value(), future.value, s.response, out.notes);
  come_back_columns back = come_back(days, end, s.horizon * days_in(s.u), s.response.win_back, s.response.win_back_weight);
  const std::vector<double> returns = of_those_who_left(back, future.p_alive);
  effort_plan chosen = plan_effort({future.value, future.value_low, future.value_high, future.p_alive, room.mean, room.low, room.high, returns}, margin, s,
                                   sales.year, out.country);
  note(out, chosen.notes);
  if (std::string learned = come_back_sentence(back); !learned.empty()) out.notes.push_back(std::move(learned));
  out.customers.come_back = std::move(back.odds);
  out.notes.push_back(response_sentence(s.response));

  enter("review");
  detail::take(out.customers, std::move(sales));
  detail::take(out.customers, std::move(future));
  detail::take(out.customers, shares);
  detail::take(out.customers, std::move(tiers));
  out.customers.offer = std::move(offers.text);
  detail::take(out.customers, chosen, s.efforts, end, s.level);
  out.book = detail::figures(out.customers, shares, chosen, end);
  out.notes.push_back("Plan: " + out.book.plan_status + ". The interval of the whole gain adds the accounts' ends: what effort does is unknown for all of them together.");
  if (book.first_day() > end - 2 * year_days + 31) {  // told last: what the ledger does not cover is not known, not 0
    out.customers.sales_before.assign(out.customers.sales_before.size(), unknown);
    out.countries.sales_before.assign(out.countries.sales_before.size(), unknown);
    out.notes.push_back("The ledger covers less than two years: sales of the year before are not known.");
  }
  out.change = std::move(shares.change);
  out.over_time = std::move(shares.over_time);
  out.suppliers = std::move(shares.suppliers);
  return out;
}

}  // namespace guanxi::review
