#include <guanxi/review/win_back.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/review/effort_plan.hpp>
#include <guanxi/review/review.hpp>

#include "support/review_book.hpp"

namespace guanxi::review {
namespace {

struct book_of_days {
  std::vector<std::uint64_t> start{0};
  std::vector<day> date;
  std::vector<double> amount;
  void add(std::vector<day> days) {
    for (const day d : days) date.push_back(d), amount.push_back(100.0);
    start.push_back(date.size());
  }
  [[nodiscard]] ledger::purchase_days view() const { return {start, date, amount}; }
};

/// Forty customers that buy every 30 days for a year; `back` of them come again after 500 days of silence; ten that never stop.
book_of_days book(int back) {
  book_of_days b;
  for (int c = 0; c < 40; ++c) {
    std::vector<day> days;
    for (int j = 0; j < 12; ++j) days.push_back(30 * j);
    if (c < back) days.push_back(330 + 500);
    b.add(days);
  }
  for (int c = 0; c < 10; ++c) {
    std::vector<day> days;
    for (int j = 0; j < 60; ++j) days.push_back(c + 30 * j);
    b.add(days);
  }
  return b;
}

TEST(ComeBack, WhoNeverCameBackIsNotExpectedAndWhoDidIs) {
  const come_back_columns none = come_back(book(0).view(), 1'800, 365, 0.25), some = come_back(book(20).view(), 1'800, 365, 0.25);
  EXPECT_LT(none.odds[0], 0.03);
  EXPECT_EQ(none.came[0], 0.0);
  EXPECT_EQ(none.seen[0], 40.0);  // silent for four years: seen only in the years before
  // twenty were silent for 6 to 12 months twice: once they came back within the year after, once they did not
  EXPECT_DOUBLE_EQ(some.class_seen[2], 40.0);
  EXPECT_DOUBLE_EQ(some.class_came[2], 10.0);
  EXPECT_GT(some.class_odds[2], 0.15);
  for (std::size_t k = 1; k < some.class_odds.size(); ++k) EXPECT_LE(some.class_odds[k], some.class_odds[k - 1] + 1e-12) << k;
}

TEST(ComeBack, StatedWhereTheLedgerIsNotAskedOrHasNothingToSay) {
  const come_back_columns stated = come_back(book(20).view(), 1'800, 365, 0.4, std::numeric_limits<double>::infinity());
  for (const double odds : stated.odds) EXPECT_DOUBLE_EQ(odds, 0.4);
  EXPECT_EQ(come_back_sentence(stated), "");
  book_of_days young;
  young.add({0, 10});
  young.add({5});
  young.add({});
  const come_back_columns little = come_back(young.view(), 20, 365, 0.25);
  EXPECT_EQ(little.odds, (std::vector<double>{0.25, 0.25, 0.25}));
  EXPECT_TRUE(come_back(book_of_days{}.view(), 20, 365, 0.25).odds.empty());
}

TEST(ComeBack, OfThoseWhoCameBackSomeHadNeverLeft) {
  come_back_columns c;
  c.odds = {0.7, 0.7, 0.1, 0.25, 0.4};
  c.learned = true;
  const auto w = of_those_who_left(c, std::vector<double>{0.5, 0.0, 0.4, 1.0, unknown});
  EXPECT_DOUBLE_EQ(w[0], 0.4);
  EXPECT_DOUBLE_EQ(w[1], 0.7);
  EXPECT_EQ(w[2], 0.0);
  EXPECT_EQ(w[3], 0.0);
  EXPECT_EQ(w[4], 0.0);
  c.learned = false;
  EXPECT_EQ(of_those_who_left(c, std::vector<double>(5, 0.5)), c.odds);
}

TEST(ComeBack, NothingAfterTheEndIsRead) {
  book_of_days longer;
  const book_of_days b = book(20);
  for (std::size_t c = 0; c + 1 < b.start.size(); ++c) {
    std::vector<day> days(b.date.begin() + static_cast<std::ptrdiff_t>(b.start[c]), b.date.begin() + static_cast<std::ptrdiff_t>(b.start[c + 1]));
    days.push_back(1'801 + static_cast<day>(c));
    longer.add(days);
  }
  EXPECT_EQ(come_back(longer.view(), 1'800, 365, 0.25).odds, come_back(b.view(), 1'800, 365, 0.25).odds);
}

TEST(ComeBack, OddsThatWouldRiseArePooled) {
  std::vector<double> odds{0.2, 0.5, 0.1};
  detail::falling(odds, {1.0, 3.0, 2.0});
  EXPECT_DOUBLE_EQ(odds[0], 0.425);
  EXPECT_DOUBLE_EQ(odds[1], 0.425);
  EXPECT_DOUBLE_EQ(odds[2], 0.1);
}

TEST(ComeBack, ALostCustomerIsWorthItsOdds) {
  const std::vector<double> value{1'000, 1'000}, alive{0.003, 0.003}, room{50'000, 50'000}, odds{0.25, 0.02};
  const auto g = gains({value, value, value, alive, room, room, room, odds}, default_efforts(), 0.3);
  const auto stake = [](double w) { return (0.003 + 0.997 * w) * 50'000 + 5'000 * 0.997 * w; };  // value counts as if alive: 1,000 / 0.2
  EXPECT_NEAR(g.gain[7] / g.gain[3], stake(0.02) / stake(0.25), 1e-12);
  EXPECT_LT(g.gain[7], 0.1 * g.gain[3]);
  EXPECT_THROW((void)gains({value, value, value, alive, room, room, room, std::span(odds).first(1)}, default_efforts(), 0.3), error);
}

// -- managers, tries, the pool -------------------------------------------------------------------------------------------

struct stakes {
  std::vector<double> value, low, high, alive, room, room_low, room_high;
  std::vector<std::string> country;
  [[nodiscard]] stake_columns view() const { return {value, low, high, alive, room, room_low, room_high}; }
};

stakes some(std::size_t n) {
  stakes s;
  for (std::size_t i = 0; i < n; ++i) {
    random_stream random(3, i);
    const double size = random.lognormal(9, 1.2);
    s.value.push_back(size), s.low.push_back(0.5 * size), s.high.push_back(2 * size), s.alive.push_back(random.uniform());
    s.room.push_back(1.5 * size), s.room_low.push_back(0.3 * size), s.room_high.push_back(5 * size);
    s.country.push_back(i % 3 == 0 ? "GH" : i % 3 == 1 ? "PE" : "");
  }
  return s;
}

TEST(EffortPlan, LevelAndManagerAreChosenTogetherWithinEverybodysHours) {
  const stakes s = some(120);
  settings set;
  set.money = 40'000;
  set.managers = {{"Ama", 300, {"GH"}}, {"Luis", 250, {"PE"}}, {"Kim", 60, {}}};
  const effort_plan p = plan_effort(s.view(), 0.3, set, {}, s.country);
  ASSERT_EQ(p.manager.size(), 120u);
  EXPECT_EQ(p.budgets[0], 610.0);
  std::vector<double> load(3, 0.0);
  double value = 0.0, money = 0.0;
  for (std::size_t i = 0; i < 120; ++i) {
    const effort_level& e = set.efforts[p.chosen.level[i]];
    EXPECT_EQ(p.manager[i] == plan::nobody, p.chosen.level[i] == 0) << i;
    if (p.manager[i] == plan::nobody) continue;
    load[p.manager[i]] += e.hours;
    money += e.money;
    const bool knows = p.manager[i] == 2 || s.country[i].empty() || s.country[i] == (p.manager[i] == 0 ? "GH" : "PE");
    EXPECT_EQ(p.fit[i], knows ? 1.0 : 0.75) << i;
    value += p.fit[i] * p.gain.gain[i * 4 + p.chosen.level[i]];
  }
  for (std::size_t m = 0; m < 3; ++m) EXPECT_LE(load[m], set.managers[m].hours);
  EXPECT_LE(money, 40'000);
  EXPECT_NEAR(value, p.chosen.value, 1e-6 * value);
  EXPECT_GE(p.chosen.bound, p.chosen.value);
  EXPECT_LT(p.chosen.gap, 0.02);
  settings fewer = set;
  fewer.hours = 200;  // less than people have: an own budget
  const effort_plan q = plan_effort(s.view(), 0.3, fewer, {}, s.country);
  EXPECT_LE(q.chosen.used[0], 200.0);
  EXPECT_LT(q.chosen.value, p.chosen.value);
  EXPECT_GT(q.chosen.prices[0], 0.0);
  // nobody can do more than all hours in one hand that knows everything
  settings one = set;
  one.managers = {{"all", 610, {}}};
  EXPECT_GE(plan_effort(s.view(), 0.3, one, {}, s.country).chosen.bound * (1 + 1e-9), p.chosen.value);
}

TEST(EffortPlan, TriesAndThePoolAreForAccountsWithoutEffort) {
  const stakes s = some(200);
  settings set;
  set.hours = 300;
  const effort_plan p = plan_effort(s.view(), 0.3, set);
  std::size_t tries = 0, pooled = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_GE(p.try_worth[i], 0.0);
    EXPECT_GE(p.pool_lost[i], 0.0);
    if (p.chosen.level[i] != 0) {
      EXPECT_EQ(p.try_worth[i] + p.pool_lost[i], 0.0) << i;
    }
    tries += p.try_worth[i] > 0.0;
    pooled += p.pool_lost[i] > 0.0;
  }
  EXPECT_GT(tries, 0u);
  EXPECT_GT(pooled, 0u);
  EXPECT_DOUBLE_EQ(p.pool_hour, 0.5 * p.chosen.prices[0]);
  settings dear = set;
  dear.pool_hour = 1e9;
  for (const double lost : plan_effort(s.view(), 0.3, dear).pool_lost) EXPECT_EQ(lost, 0.0);
  stakes sure = s;  // nothing unknown of the account: nothing to learn
  sure.low = sure.high = sure.value, sure.room_low = sure.room_high = sure.room;
  for (const double worth : plan_effort(sure.view(), 0.3, set).try_worth) EXPECT_EQ(worth, 0.0);
}

TEST(EffortPlan, TheReviewNamesManagersAndRefusesHoursThatAreNone) {
  const auto b = fixtures::make_review_book(1);
  const ledger::Ledger ledger(b.lines());
  settings set;
  set.money = 20'000;
  set.managers = {{"Ama", 200, {}}, {"Luis", 100, {}}};
  const result r = review(ledger, nullptr, set);
  double ama = 0.0;
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(r.customers.manager[i] == no_supplier, r.customers.level[i] == 0);
    if (r.customers.manager[i] == 0) ama += r.customers.hours[i];
    EXPECT_GE(r.customers.come_back[i], 0.0);
    EXPECT_LE(r.customers.come_back[i], 1.0);
  }
  EXPECT_LE(ama, 200.0);
  EXPECT_EQ(r.book.manager_prices.size(), 2u);
  set.managers[1].hours = -1;
  try {
    (void)review(ledger, nullptr, set);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "review: manager 'Luis' has -1.000000 hours, wanted 0 or more");
  }
}

}  // namespace
}  // namespace guanxi::review
