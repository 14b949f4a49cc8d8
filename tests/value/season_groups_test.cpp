// Season given as a clock, properties of customers, and how far each is believed.
#include <guanxi/value.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

const std::vector<double> busy_winter{1.5, 1.3, 1.0, 0.8, 0.6, 0.5, 0.5, 0.6, 0.8, 1.0, 1.5, 1.9};

/// Customers who buy at even pace in the time of the clock; `factor` of their rate by group (customer number modulo groups).
support::day_columns book_of(std::size_t customers, std::int32_t length, std::uint64_t seed, const season_clock* clock, std::vector<double> factor = {1}) {
  support::day_columns out;
  for (std::size_t c = 0; c < customers; ++c) {
    random_stream random(seed, c);
    const double rate = random.gamma(2.0) / 60.0 * factor[c % factor.size()];
    day last = -1;
    for (double at = random.uniform() * 200; at < length + 400; at += random.gamma(1.0) / rate) {
      const day d = clock ? clock->after(0, std::max<std::int64_t>(1, static_cast<std::int64_t>(at))) : static_cast<day>(at);
      if (d >= length) break;
      if (d != last) out.date.push_back(last = d), out.amount.push_back(10 + 40 * random.gamma(3.0));
    }
    out.start.push_back(out.date.size());
  }
  return out;
}

TEST(SeasonClock, AYearHasItsDaysAndTheClockNeverGoesBack) {
  const season_clock clock(busy_winter, 0, 4000);
  EXPECT_NEAR(clock.to(3653), 3653, 3);  // ten years
  for (day d = 1; d < 4000; ++d) {
    EXPECT_GE(clock.to(d), clock.to(d - 1));
    const day after = clock.after(d, 10);
    EXPECT_GE(clock.to(after) - clock.to(d), 10);
    EXPECT_LT(clock.to(after - 1) - clock.to(d), 10);
  }
  const season_clock even(std::vector<double>(12, 3.0), 0, 4000);
  for (day d = 0; d < 4000; ++d) EXPECT_EQ(even.to(d), d);
}

TEST(SeasonClock, WrongIndicesAreNamed) {
  const auto sentence = [](std::vector<double> index) -> std::string {
    try {
      const season_clock clock(index, 0, 10);
    } catch (const error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(sentence({1, 2, 3}), "value::season_clock: 'season' has 3 entries; 12 months, 52 or 53 weeks, or 366 days are wanted");
  EXPECT_NE(sentence({0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}).find("at place 1"), std::string::npos);
  EXPECT_NE(sentence(std::vector<double>(12, unknown)).find("at place 1"), std::string::npos);
}

TEST(SeasonIndex, MonthsComeBackAndTwoYearsAreNeeded) {
  const season_clock clock(busy_winter, 0, 4000);
  const auto book = book_of(1500, 2000, 3, &clock);
  const month_index m = season_index(book.days(), 1999);
  for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(m.index[k], busy_winter[k], 0.12) << k;
  const month_index none = season_index(book_of(1500, 2000, 4, nullptr).days(), 1999);
  for (const double v : none.index) EXPECT_NEAR(v, 1, 0.04);
  const month_index brief = season_index(book.days(), 600);
  EXPECT_EQ(brief.index, std::vector<double>(12, 1.0));
  EXPECT_NE(brief.status.find("24 are needed"), std::string::npos);
}

TEST(CustomerValue, AGivenSeasonSetsTheLevel) {
  const season_clock clock(busy_winter, 0, 2000);
  const auto book = book_of(1500, 900, 5, &clock);
  double came = 0;
  const day end = 640;  // of October: a busy half-year follows
  for (std::size_t c = 0; c < 1500; ++c)
    if (book.start[c] < book.start[c + 1] && book.date[book.start[c]] <= end) came += look_ahead(book.days(), c, end, 182).purchases;
  const auto total = [&](std::vector<double> season) {
    CustomerValue model({.horizon = 26});
    return model.use_season(std::move(season)).fit(book.days(), end).purchases_total();
  };
  const book_total given = total(busy_winter), none = total({});
  EXPECT_LT(std::fabs(given.mean / came - 1), 0.05);
  EXPECT_LT(std::fabs(given.mean / came - 1), 0.5 * std::fabs(none.mean / came - 1));
  EXPECT_GE(came, given.low);
  EXPECT_LE(came, given.high);
}

TEST(CustomerValue, ASeasonAndPropertiesLookAtNothingAfterTheEnd) {
  const season_clock clock(busy_winter, 0, 2000);
  const auto book = book_of(400, 900, 6, &clock, {1, 2});
  support::day_columns cut;
  for (std::size_t c = 0; c + 1 < book.start.size(); ++c) {
    for (std::size_t j = book.start[c]; j < book.start[c + 1]; ++j)
      if (book.date[j] <= 640) cut.date.push_back(book.date[j]), cut.amount.push_back(book.amount[j]);
    cut.start.push_back(cut.date.size());
  }
  std::vector<std::int32_t> code(400);
  for (std::size_t c = 0; c < 400; ++c) code[c] = static_cast<std::int32_t>(c % 2);
  CustomerValue one({.horizon = 13}), two({.horizon = 13, .threads = 2});
  for (CustomerValue* m : {&one, &two}) m->use_season(busy_winter).use_property("group", code);
  const forecast f = one.fit(book.days(), 640).predict(), g = two.fit(cut.days(), 640).predict();
  for (std::size_t c = 0; c < 400; ++c) {
    if (std::isnan(f.purchases[c])) continue;
    EXPECT_EQ(f.purchases[c], g.purchases[c]);
    EXPECT_EQ(f.value_high[c], g.value_high[c]);
    EXPECT_EQ(f.next_order[c], g.next_order[c]);
  }
}

TEST(CustomerValue, APropertyThatMattersHelpsAndOneThatDoesNotChangesNothing) {
  const std::vector<double> factor{0.3, 1.0, 3.0};
  double gain = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto book = book_of(900, 620, 40 + seed, nullptr, factor);
    std::vector<outcome> then;
    std::vector<std::int32_t> matters(900), not_at_all(900);
    for (std::size_t c = 0; c < 900; ++c) {
      then.push_back(look_ahead(book.days(), c, 365, 182));
      matters[c] = static_cast<std::int32_t>(c % 3), not_at_all[c] = static_cast<std::int32_t>(c / 3 % 4);
    }
    const auto score = [&](std::vector<std::int32_t> code) {
      CustomerValue model({.horizon = 26});
      if (!code.empty()) model.use_property("group", code);
      model.fit(book.days(), 365, then);
      double sum = 0;
      for (const double v : model.log_score()) sum += std::isnan(v) ? 0 : v;
      if (code == matters) {
        const auto& e = model.effects()[0].rate;
        EXPECT_NEAR(e.effect[2] - e.effect[1], std::log(3.0), 0.35);
        EXPECT_NEAR(e.effect[1] - e.effect[0], std::log(1 / 0.3), 0.5);
      }
      if (code == not_at_all) {
        for (const double v : model.effects()[0].rate.effect) EXPECT_LT(std::fabs(v), 0.12);
      }
      return sum;
    };
    const double none = score({});
    gain += score(matters) - none;
    EXPECT_NEAR(score(not_at_all), none, 4);
  }
  EXPECT_GT(gain, 10);
}

TEST(CustomerValue, APropertyOfTheWrongLengthIsNamed) {
  const auto book = book_of(50, 600, 7, nullptr);
  CustomerValue model({.horizon = 13});
  try {
    model.use_property("country", {0, 1}).fit(book.days(), 500);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "value::CustomerValue: 'country' has 2 entries, 'days' has 50 customers");
  }
}

TEST(CustomerValue, SingleCustomersAreCoveredByRanks) {
  double inside = 0, money = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto book = support::simulated_days(1200, seed < 3 ? 1 : 2, 300, 1100, 300 + seed);
    std::vector<outcome> then;
    for (std::size_t c = 0; c < 1200; ++c) then.push_back(look_ahead(book.days(), c, 900, 182));
    CustomerValue model({.horizon = 26});
    model.fit(book.days(), 900, then);
    for (std::size_t c = 0; c < 1200; ++c) {
      const double r = model.purchase_ranks()[c], v = model.value_ranks()[c];
      if (std::isnan(r)) continue;
      all += 1, inside += r >= 0.05 && r <= 0.95, money += v >= 0.05 && v <= 0.95;
    }
  }
  EXPECT_GT(inside / all, 0.88);
  EXPECT_LT(inside / all, 0.92);
  EXPECT_GT(money / all, 0.88);
  EXPECT_LT(money / all, 0.93);
}

TEST(Shrink, ChanceIsPulledToNothingAndDifferencesStay) {
  const std::vector<double> variance(6, 0.01);
  const shrunk_effects none = shrink(std::vector<double>{0.1, -0.1, 0.05, -0.05, 0.1, -0.1}, variance);
  EXPECT_EQ(none.spread, 0);
  for (const double v : none.effect) EXPECT_EQ(v, 0);
  const shrunk_effects some = shrink(std::vector<double>{1, -1, 1, -1, 1, -1}, variance);
  EXPECT_NEAR(some.effect[0], 1, 0.02);
  EXPECT_GT(some.deviation[0], 0.05);
  EXPECT_EQ(shrink(std::vector<double>{5}, std::vector<double>{1}).effect[0], 0);
  EXPECT_EQ(shrink(std::vector<double>{5, 1, 1}, std::vector<double>{INFINITY, 1, 1}).effect[0], 0);
}

}  // namespace
}  // namespace guanxi::value
