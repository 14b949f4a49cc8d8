#include <guanxi/value/mean_stack.hpp>
#include <guanxi/value/next_order.hpp>
#include <guanxi/value/origins.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

TEST(NextOrder, SurvivalOfAGapIsThatOfDrawnGaps) {
  const purchase_parameters p{2.0, 60.0, 0.3, 4.0};
  double longer = 0;
  const int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    random_stream random(3, static_cast<std::uint64_t>(i));
    const double rate = random.gamma(2.0 + 2 * 5) / (60.0 + 140.0);
    longer += random.gamma(2) / rate > 45;
  }
  const double share = longer / draws;
  EXPECT_NEAR(detail::gap_survival(p, 2, 5, 140, 45), share, 4 * std::sqrt(share * (1 - share) / draws));
  EXPECT_DOUBLE_EQ(detail::gap_survival(p, 2, 5, 140, 0), 1.0);
  EXPECT_NEAR(detail::gap_survival(p, 2, 5, 140, detail::gap_at(p, 2, 5, 140, 0.2)), 0.2, 1e-4);
}

TEST(NextOrder, TheFalseAlarmRateIsTheOneAskedFor) {
  for (const unsigned k : {1u, 3u})
    for (const double rate : {0.05, 0.15}) {
      double raised = 0, gaps = 0;
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const auto book = support::simulated_days(6000, k, 200, 1600, 40 + seed, 0.5, 12.0);
        const day end = 900;
        const next_orders next = next_order(book.days(), end, rate);
        for (std::size_t c = 0; c < 6000; ++c) {
          if (!(next.silence[c] <= 3)) continue;  // gaps that have just begun: no bias to long ones
          for (std::size_t j = book.start[c]; j < book.start[c + 1]; ++j)
            if (book.date[j] > end) {
              gaps += 1;
              raised += book.date[j] >= next.alarm_on[c];
              break;
            }
        }
      }
      ASSERT_GT(gaps, 800);
      EXPECT_NEAR(raised / gaps, rate, 0.3 * rate + 4 * std::sqrt(rate / gaps)) << k;
    }
}

TEST(NextOrder, DatesAndSizesCoverWhatThenComes) {
  const auto book = support::simulated_days(6000, 2, 300, 1800, 77, 0.3, 12.0);
  const day end = 900;
  const next_orders next = next_order(book.days(), end);
  double inside = 0, size_inside = 0, all = 0;
  for (std::size_t c = 0; c < 6000; ++c)
    for (std::size_t j = book.start[c]; j < book.start[c + 1]; ++j)
      if (book.date[j] > end) {
        all += 1;
        inside += book.date[j] >= next.next_low[c] && book.date[j] <= next.next_high[c];
        size_inside += book.amount[j] >= next.size_low[c] && book.amount[j] <= next.size_high[c];
        EXPECT_LE(next.next_low[c], next.next_median[c]);
        EXPECT_LE(next.next_median[c], next.next_high[c]);
        break;
      }
  EXPECT_NEAR(inside / all, 0.9, 0.04);
  EXPECT_NEAR(size_inside / all, 0.9, 0.04);
}

TEST(NextOrder, NothingAfterTheEndIsLookedAtAndThreadsDoNotMatter) {
  const auto book = support::simulated_days(3000, 2, 300, 1000, 5);
  auto changed = book;
  for (std::size_t i = 0; i < changed.date.size(); ++i)
    if (changed.date[i] > 700) changed.amount[i] *= 3;
  const next_orders one = next_order(book.days(), 700, 0.05, 0.9, 1), two = next_order(changed.days(), 700, 0.05, 0.9, 3);
  EXPECT_EQ(one.alarm_on, two.alarm_on);
  EXPECT_EQ(one.next_median, two.next_median);
  EXPECT_EQ(one.overdue, two.overdue);
  for (std::size_t c = 0; c < one.size.size(); ++c) EXPECT_TRUE(one.size[c] == two.size[c] || std::isnan(one.size[c]));
}

TEST(NextOrder, WrongSettingsAreNamed) {
  const auto book = support::simulated_days(50, 1, 100, 300, 5);
  try {
    static_cast<void>(next_order(book.days(), 200, 0.0));
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "value::next_order: 'false_alarm' is 0; between 0 and 1 is wanted");
  }
  EXPECT_THROW(static_cast<void>(next_order(book.days(), -5)), error);
}

TEST(MeanStack, TotalsAreKeptAndGoodForecastsGetTheWeight) {
  std::vector<double> forecast, happened;
  double total = 0, of = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    random_stream random(1, i);
    const double rate = random.gamma(1.0) * 4;
    forecast.insert(forecast.end(), {rate + 1e-6, 4.0, random.gamma(1.0) * 4 + 1e-6});
    happened.push_back(static_cast<double>(random.poisson(rate)));
  }
  const std::vector<double> w = mean_stack(forecast, happened, 3, 0.0);
  for (std::size_t i = 0; i < happened.size(); ++i) {
    of += happened[i];
    for (std::size_t m = 0; m < 3; ++m) total += w[m] * forecast[3 * i + m];
  }
  EXPECT_NEAR(total / of, 1, 1e-3);
  EXPECT_GT(w[0], 0.9);
  const std::vector<double> s = square_stack(forecast, happened, 3, 0.01, w);
  EXPECT_GT(s[0], 0.9);
  for (const double v : s) EXPECT_GE(v, 0);
  EXPECT_EQ(square_stack(forecast, happened, 3, 0.0, w), w);
}

TEST(Origins, AShortLedgerIsCutInHalves) {
  const origin_plan plan = plan_origins(0, 189, 182);
  ASSERT_EQ(plan.at.size(), 1u);
  EXPECT_TRUE(plan.shortened);
  EXPECT_EQ(plan.horizon, 95);
  EXPECT_EQ(plan.at[0], 94);
  EXPECT_EQ(plan.ahead[0], 95);
  const origin_plan longer = plan_origins(0, 1999, 182);
  EXPECT_FALSE(longer.shortened);
  for (std::size_t i = 0; i < longer.at.size(); ++i) EXPECT_LE(longer.at[i] + longer.ahead[i], 1999);
}

}  // namespace
}  // namespace guanxi::value
