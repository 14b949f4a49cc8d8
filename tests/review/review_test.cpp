#include <guanxi/review.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/review_book.hpp"

namespace guanxi::review {
namespace {

result run(const fixtures::review_book& b, bool deliveries, settings s = {}) {
  const ledger::Ledger book(b.lines());
  if (!deliveries) return review(book, nullptr, s);
  const ledger::Deliveries seen(b.deliveries(), &book.names());
  return review(book, &seen, s);
}

settings with_budgets(double hours, double money) {
  settings s;
  s.hours = hours;
  s.money = money;
  return s;
}

void expect_sound(const result& r, std::size_t n) {
  const customer_columns& c = r.customers;
  for (const auto* column : {&c.sales_year, &c.sales_before, &c.orders_year, &c.tenure, &c.p_alive, &c.p_buy, &c.purchases, &c.value, &c.value_low, &c.value_high,
                             &c.wallet, &c.share, &c.trend, &c.p_rising, &c.dominant_share, &c.p_largest, &c.p_tier, &c.hours, &c.money, &c.gain, &c.gain_low, &c.gain_high, &c.net})
    ASSERT_EQ(column->size(), n);
  for (const auto* column : {&c.why, &c.reason, &c.tier_why, &c.share_why, &c.offer, &c.watch}) ASSERT_EQ(column->size(), n);
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_FALSE(c.why[i].empty());
    EXPECT_FALSE(c.share_why[i].empty());
    EXPECT_LT(c.level[i], r.efforts.size());
    if (std::isnan(c.value[i])) continue;
    EXPECT_LE(c.value_low[i], c.value_high[i]);
    EXPECT_GE(c.p_alive[i], 0.0);
    EXPECT_LE(c.p_alive[i], 1.0);
    EXPECT_GE(c.gain[i], 0.0);
  }
}

TEST(Review, GoesThroughEveryRoomAndKeepsTheBudgets) {
  const auto b = fixtures::make_review_book(1);
  std::vector<std::string> rooms;
  settings s = with_budgets(400, 20'000);
  s.progress = [&rooms](std::string_view room) { rooms.emplace_back(room); };
  const result r = run(b, true, s);
  expect_sound(r, 60);
  EXPECT_EQ(rooms, (std::vector<std::string>{"ledger", "value", "share", "graph", "market", "relation", "plan", "review"}));
  EXPECT_LE(std::accumulate(r.customers.hours.begin(), r.customers.hours.end(), 0.0), 400.0);
  EXPECT_LE(std::accumulate(r.customers.money.begin(), r.customers.money.end(), 0.0), 20'000.0);
  EXPECT_GE(r.book.bound, r.book.gain - 1e-9 * r.book.gain);
  EXPECT_GT(r.book.gain, 0.0);
  EXPECT_EQ(r.countries.country.size(), 4u);
}

TEST(Review, WeAreRecognisedByOurFigures) {
  const result r = run(fixtures::make_review_book(2), true);
  EXPECT_EQ(r.book.own, 2u);
  EXPECT_EQ(r.suppliers.size(), 5u);
  EXPECT_NE(r.notes[1].find("Value"), std::string::npos);
}

TEST(Review, WeAreAddedWhenTheDeliveriesDoNotHoldUs) {
  const auto b = fixtures::make_review_book(2, false);
  const result r = run(b, true);
  EXPECT_EQ(r.suppliers.size(), 6u);
  EXPECT_EQ(r.suppliers[r.book.own], "us");
  const result known = run(fixtures::make_review_book(2, true), true);
  for (std::size_t i = 0; i < 60; ++i)
    if (std::isfinite(r.customers.wallet[i])) {
      EXPECT_NEAR(r.customers.wallet[i], known.customers.wallet[i], 1e-6 * (1 + known.customers.wallet[i])) << i;
    }
}

TEST(Review, WithoutDeliveriesSharesAreNotKnownAndSaySo) {
  const result r = run(fixtures::make_review_book(3), false);
  expect_sound(r, 60);
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_TRUE(std::isnan(r.customers.share[i]));
    EXPECT_EQ(r.customers.share_why[i], "Not known: no deliveries given.");
    EXPECT_EQ(r.customers.dominant[i], no_supplier);
  }
  EXPECT_TRUE(r.change.share.empty());
  EXPECT_TRUE(std::isnan(r.book.share));
}

TEST(Review, SalesOfTheYearsAreThoseOfTheLedger) {
  const auto b = fixtures::make_review_book(4);
  const result r = run(b, true);
  const day end = *std::max_element(b.date.begin(), b.date.end());
  std::vector<double> year(60), before(60);
  for (std::size_t i = 0; i < b.date.size(); ++i) {
    if (end - b.date[i] < 365) year[b.customer[i]] += b.amount[i];
    else if (end - b.date[i] < 730) before[b.customer[i]] += b.amount[i];
  }
  for (std::size_t c = 0; c < 60; ++c) {
    EXPECT_NEAR(r.customers.sales_year[c], year[c], 1e-9 * (1 + year[c]));
    EXPECT_NEAR(r.customers.sales_before[c], before[c], 1e-9 * (1 + before[c]));
  }
}

TEST(Review, RivalsAddUpToTheMarketOfTheirCountry) {
  const auto b = fixtures::make_review_book(4);
  const result r = run(b, true);
  const std::size_t countries = r.countries.country.size();
  std::vector<double> total(countries), shares(countries), own(countries), leader(countries);
  std::vector<std::uint32_t> who(countries, no_supplier);
  for (std::size_t i = 0; i < r.rivals.country.size(); ++i) {
    const std::uint32_t k = r.rivals.country[i], s = r.rivals.supplier[i];
    total[k] += r.rivals.amount[i];
    shares[k] += r.rivals.share[i];
    if (s == r.book.own) own[k] = r.rivals.share[i];
    else if (r.rivals.share[i] > leader[k]) leader[k] = r.rivals.share[i], who[k] = s;
    EXPECT_LE(r.rivals.shared[i], r.rivals.customers[i]);
    if (s == r.book.own) {
      EXPECT_EQ(r.rivals.shared[i], r.rivals.customers[i]);
    }
    if (i > 0 && r.rivals.country[i - 1] == k) {
      EXPECT_GE(r.rivals.amount[i - 1], r.rivals.amount[i]);
    }
  }
  for (std::size_t k = 0; k < countries; ++k) {
    EXPECT_NEAR(total[k], r.countries.market_year[k], 1e-9 * total[k]);
    EXPECT_NEAR(shares[k], 1.0, 1e-12);
    EXPECT_NEAR(own[k], r.countries.share[k], 1e-12);
    EXPECT_NEAR(leader[k], r.countries.leader_share[k], 1e-12);
    EXPECT_EQ(who[k], r.countries.leader[k]);
  }
}

TEST(Review, TiesAreTheDeliveriesOfTheLastTwoYears) {
  const auto b = fixtures::make_review_book(4);
  const result r = run(b, true);
  const day last = *std::max_element(b.d_date.begin(), b.d_date.end());
  const std::int32_t until = to_date(last).year * 12 + static_cast<std::int32_t>(to_date(last).month);
  std::vector<double> now(60 * 5), before(60 * 5);
  for (std::size_t i = 0; i < b.d_date.size(); ++i) {
    const std::int32_t age = until - to_date(b.d_date[i]).year * 12 - static_cast<std::int32_t>(to_date(b.d_date[i]).month);
    if (age < 12) now[b.d_customer[i] * 5 + b.d_supplier[i]] += b.d_amount[i];
    else if (age < 24) before[b.d_customer[i] * 5 + b.d_supplier[i]] += b.d_amount[i];
  }
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < now.size(); ++i) wanted += now[i] > 0 || before[i] > 0;
  ASSERT_EQ(r.ties.customer.size(), wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t cell = r.ties.customer[i] * 5 + r.ties.supplier[i];
    EXPECT_NEAR(r.ties.amount[i], now[cell], 1e-9 * (1 + now[cell]));
    EXPECT_NEAR(r.ties.before[i], before[cell], 1e-9 * (1 + before[cell]));
  }
  EXPECT_TRUE(run(b, false).ties.customer.empty());
  EXPECT_TRUE(run(b, false).rivals.country.empty());
}

TEST(Review, CountriesAddUpToTheBookAlsoWhenDeliveriesWereReadAlone) {
  const auto b = fixtures::make_review_book(4);
  const ledger::Ledger book(b.lines());
  const ledger::Deliveries alone(b.deliveries()), shared(b.deliveries(), &book.names());
  const result one = review(book, &alone), two = review(book, &shared);
  EXPECT_EQ(one.countries.market_year, two.countries.market_year);
  EXPECT_EQ(one.countries.leader, two.countries.leader);
  double sales = 0, of_customers = 0, market = 0, wallets = 0;
  for (const double x : one.countries.sales_year) sales += x;
  for (const double x : one.customers.sales_year) of_customers += x;
  for (const double x : one.countries.market_year) market += x;
  for (const double x : one.customers.wallet) wallets += std::isnan(x) ? 0.0 : x;
  EXPECT_NEAR(sales, of_customers, 1e-9 * sales);
  EXPECT_NEAR(market, wallets, 1e-9 * market);
  for (std::size_t k = 0; k < one.countries.country.size(); ++k) {
    EXPECT_NE(one.countries.leader[k], one.book.own);
    EXPECT_GT(one.countries.share[k], 0.0);
    EXPECT_LT(one.countries.share[k], 1.0);
  }
}

TEST(Review, TheSalesChangeAddsUp) {
  const result r = run(fixtures::make_review_book(5), true);
  ASSERT_EQ(r.change.share.size(), 60u);
  EXPECT_NEAR(r.change.by_share + r.change.by_customer + r.change.by_market, r.change.after - r.change.before, 1e-6);
}

TEST(Review, SameBitsForAnyOrderOfRowsAndNumberOfThreads) {
  auto b = fixtures::make_review_book(6);
  settings one = with_budgets(300, 9'000);
  one.threads = 1;
  const result want = run(b, true, one);
  for (auto* column : {&b.customer, &b.product, &b.country}) std::reverse(column->begin(), column->end());
  std::reverse(b.date.begin(), b.date.end());
  std::reverse(b.amount.begin(), b.amount.end());
  settings two = one;
  two.threads = 2;
  const result got = run(b, true, two);
  EXPECT_EQ(got.customers.level, want.customers.level);
  EXPECT_EQ(got.customers.gain, want.customers.gain);
  EXPECT_EQ(got.customers.gain_low, want.customers.gain_low);
  EXPECT_EQ(got.customers.value, want.customers.value);
  EXPECT_EQ(got.customers.share_low, want.customers.share_low);
  EXPECT_EQ(got.customers.why, want.customers.why);
}

TEST(Review, ZeroBudgetsHoldEverybody) {
  const result r = run(fixtures::make_review_book(7), true, with_budgets(0, 0));
  for (const std::uint32_t level : r.customers.level) EXPECT_EQ(level, 0u);
  EXPECT_EQ(r.book.gain, 0.0);
}

TEST(Review, MoreHoursNeverGainLess) {
  const auto b = fixtures::make_review_book(8);
  double last = -1;
  for (const double hours : {0.0, 50.0, 200.0, 800.0, 5'000.0}) {
    const result r = run(b, true, with_budgets(hours, 50'000));
    EXPECT_GE(r.book.gain, last);
    last = r.book.gain;
  }
}

TEST(Review, OneCustomerAndOneOrderAreEnough) {
  fixtures::review_book b;
  b.customer = {0}, b.product = {0}, b.country = {0}, b.date = {to_day({2024, 5, 1})}, b.amount = {100};
  const result r = run(b, false);
  expect_sound(r, 1);
  EXPECT_EQ(r.customers.sales_year[0], 100.0);
}

TEST(Review, RefusesWhatCannotBeMeant) {
  const auto b = fixtures::make_review_book(9, true, 5);
  const auto sentence = [&b](auto&& change) {
    settings s;
    change(s);
    try {
      (void)run(b, false, s);
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(sentence([](settings& s) { s.horizon = 0; }), "review: horizon is 0.000000, wanted a positive length");
  EXPECT_EQ(sentence([](settings& s) { s.hours = -1; }), "review: hours is -1.000000, wanted 0 or more");
  EXPECT_EQ(sentence([](settings& s) { s.money = -5; }), "review: money is -5.000000, wanted 0 or more");
  EXPECT_EQ(sentence([](settings& s) { s.margin = 1.5; }), "review: margin is 1.500000, wanted above 0 and at most 1");
  EXPECT_EQ(sentence([](settings& s) { s.level = 1; }), "review: level is 1.000000, wanted a number between 0 and 1");
  EXPECT_EQ(sentence([](settings& s) { s.efforts.clear(); }), "review: 'efforts' names no level, wanted at least one that costs nothing");
}

}  // namespace
}  // namespace guanxi::review
