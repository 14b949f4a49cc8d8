#include <guanxi/value.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reference/value_purchase.hpp"
#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

TEST(CustomerValue, NothingAfterTheEndIsLookedAt) {
  const auto book = support::simulated_days(300, 1, 200, 900, 3);
  auto changed = book;
  for (std::size_t i = 0; i < changed.date.size(); ++i)
    if (changed.date[i] > 600) changed.amount[i] *= 17;
  support::day_columns cut;
  for (std::size_t c = 0; c + 1 < book.start.size(); ++c) {
    for (std::size_t j = book.start[c]; j < book.start[c + 1]; ++j)
      if (book.date[j] <= 600) cut.date.push_back(book.date[j]), cut.amount.push_back(book.amount[j]);
    cut.start.push_back(cut.date.size());
  }
  CustomerValue one({.horizon = 26}), two({.horizon = 26}), three({.horizon = 26});
  const forecast f = one.fit(book.days(), 600).predict(), g = two.fit(changed.days(), 600).predict(), h = three.fit(cut.days(), 600).predict();
  for (const auto* other : {&g, &h}) {
    EXPECT_TRUE(same(f.purchases, other->purchases));
    EXPECT_TRUE(same(f.value, other->value));
    EXPECT_TRUE(same(f.value_high, other->value_high));
    EXPECT_EQ(f.next_order, other->next_order);
    EXPECT_EQ(f.reason, other->reason);
  }
  EXPECT_EQ(one.status(), two.status());
}

TEST(CustomerValue, SameBitsForAnyNumberOfThreads) {
  const auto book = support::simulated_days(5000, 2, 200, 700, 4);
  CustomerValue one({.horizon = 13, .threads = 1}), three({.horizon = 13, .threads = 3});
  const forecast f = one.fit(book.days(), 699).predict(), g = three.fit(book.days(), 699).predict();
  EXPECT_TRUE(same(f.purchases, g.purchases));
  EXPECT_TRUE(same(f.value_low, g.value_low));
}

TEST(CustomerValue, OrderWithinTheColumns) {
  const auto book = support::simulated_days(800, 2, 300, 800, 5);
  CustomerValue model({.horizon = 26});
  const forecast f = model.fit(book.days(), 799).predict();
  for (std::size_t c = 0; c < f.customers(); ++c) {
    if (std::isnan(f.purchases[c])) continue;
    EXPECT_GE(f.p_alive[c], 0);
    EXPECT_LE(f.p_alive[c], 1);
    EXPECT_GE(f.p_buy[c], 0);
    EXPECT_LE(f.p_buy[c], 1);
    EXPECT_LE(f.purchases_low[c], f.purchases_median[c]);
    EXPECT_LE(f.purchases_median[c], f.purchases_high[c]);
    EXPECT_LE(f.value_low[c], f.value_median[c]);
    EXPECT_LE(f.value_median[c], f.value_high[c]);
    EXPECT_NEAR(f.spend[c] * f.purchases[c], f.value[c], 1e-6 * f.value[c] + 1e-9);
    EXPECT_TRUE(f.next_order[c] == no_day || f.next_order[c] >= 800);
  }
}

TEST(CustomerValue, CustomersWithoutAPurchaseAreUnknown) {
  support::day_columns book;
  book.start = {0, 2, 2, 3};
  book.date = {10, 90, 400};
  book.amount = {5, 6, 7};
  CustomerValue model({.horizon = 4});
  const forecast f = model.fit(book.days(), 200).predict();
  EXPECT_FALSE(std::isnan(f.purchases[0]));
  for (const std::size_t c : {1u, 2u}) {
    EXPECT_TRUE(std::isnan(f.value[c]));
    EXPECT_EQ(f.next_order[c], no_day);
    EXPECT_EQ(f.reason[c], "no purchase yet");
  }
  EXPECT_NE(model.status().find("history too short"), std::string::npos);
}

TEST(CustomerValue, TheIntervalIsHonestOnSimulatedBooks) {
  double inside = 0, money_inside = 0, all = 0, bias = 0, total = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto book = support::simulated_days(1500, seed < 3 ? 1 : 2, 300, 1100, 100 + seed);
    CustomerValue model({.horizon = 26});
    std::vector<outcome> then;
    for (std::size_t c = 0; c < 1500; ++c) then.push_back(look_ahead(book.days(), c, 900, 182));
    const forecast f = model.fit(book.days(), 900).predict();
    for (std::size_t c = 0; c < 1500; ++c) {
      if (std::isnan(f.purchases[c])) continue;
      all += 1;
      inside += then[c].purchases >= f.purchases_low[c] && then[c].purchases <= f.purchases_high[c];
      money_inside += then[c].money >= f.value_low[c] && then[c].money <= f.value_high[c];
      bias += f.purchases[c] - then[c].purchases, total += then[c].purchases;
    }
  }
  EXPECT_GT(inside / all, 0.88);  // counts in whole numbers cover a little more than asked
  EXPECT_LT(inside / all, 0.985);
  EXPECT_GT(money_inside / all, 0.87);
  EXPECT_LT(money_inside / all, 0.985);
  EXPECT_LT(std::fabs(bias / total), 0.06);
}

TEST(CustomerValue, TheTotalOfTheBookIsCovered) {
  double inside = 0, money_inside = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto book = support::simulated_days(400, 1, 300, 1100, 900 + seed);
    CustomerValue model({.horizon = 26, .threads = 1});
    model.fit(book.days(), 900);
    double came = 0, money = 0;
    for (std::size_t c = 0; c < 400; ++c) {
      const outcome then = look_ahead(book.days(), c, 900, 182);
      if (book.date[book.start[c]] <= 900) came += then.purchases, money += then.money;
    }
    all += 1;
    inside += came >= model.purchases_total().low && came <= model.purchases_total().high;
    money_inside += money >= model.value_total().low && money <= model.value_total().high;
  }
  EXPECT_GE(inside / all, 0.8);  // 90 % of 60 books: 0.8 and 0.98 are the ends of chance
  EXPECT_GE(money_inside / all, 0.8);
  RecordProperty("purchases", std::to_string(inside / all));
  RecordProperty("money", std::to_string(money_inside / all));
}

TEST(CustomerValue, CurrencyChangesMoneyOnly) {
  const auto book = support::simulated_days(400, 1, 200, 800, 8);
  auto dear = book;
  for (double& v : dear.amount) v *= 64;
  CustomerValue one({.horizon = 13}), two({.horizon = 13});
  const forecast f = one.fit(book.days(), 799).predict(), g = two.fit(dear.days(), 799).predict();
  EXPECT_TRUE(same(f.purchases, g.purchases));
  for (std::size_t c = 0; c < f.customers(); ++c)
    if (!std::isnan(f.value[c])) {
      EXPECT_NEAR(g.value[c] / f.value[c], 64, 1e-6);
    }
}

TEST(CustomerValue, WrongSettingsAreNamed) {
  const auto sentence = [](CustomerValue::settings s) -> std::string {
    try {
      CustomerValue model(s);
    } catch (const error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(sentence({.horizon = 0}), "value::CustomerValue: 'horizon' is 0; a positive number is wanted");
  EXPECT_EQ(sentence({.level = 1}), "value::CustomerValue: 'level' is 1; between 0 and 1 is wanted");
  CustomerValue model({});
  EXPECT_THROW(static_cast<void>(model.predict()), error);
  EXPECT_THROW(model.fit({}, 0), error);
}

TEST(Stack, WeightsLieOnTheSimplexAndEachPassRaisesTheScore) {
  std::vector<double> density;
  for (int i = 0; i < 400; ++i) {
    const double p = i % 4 == 0 ? 0.6 : 0.1;
    density.insert(density.end(), {p, 0.2, 0.7 - p});
  }
  const stack_weights w = stack(density, 3);
  double sum = 0;
  for (const double v : w.weight) {
    EXPECT_GE(v, 0);
    sum += v;
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_GE(w.log_score, std::log(0.6) * 0.75 + std::log(0.1) * 0.25);
}

TEST(ZeroTruncation, RatesOfOldCustomersComeBack) {
  std::vector<double> count, exposure;
  for (std::size_t c = 0; c < 20'000; ++c) {
    random_stream random(9, c);
    const double n = static_cast<double>(random.poisson(random.gamma(0.8) / 30 * 50));
    if (n > 0) count.push_back(n), exposure.push_back(50);
  }
  const fit_result fit = fit_rates({count, exposure, static_cast<double>(count.size()), 50});
  EXPECT_NEAR(fit.params[0], 0.8, 4 * fit.standard_errors[0]);
  EXPECT_NEAR(fit.params[1], 30, 4 * fit.standard_errors[1]);
  EXPECT_LT(fit.standard_errors[0], 0.1);
}

TEST(GammaGamma, LikelihoodIsThatOfTheTwinAndTheTruthComesBack) {
  std::vector<double> x, m;
  for (std::size_t c = 0; c < 6000; ++c) {
    random_stream random(31, c);
    const double n = static_cast<double>(c % 9), nu = random.gamma(3.7) / 15.4;
    x.push_back(n);
    m.push_back(n > 0 ? random.gamma(6.2 * n) / (n * nu) : unknown);
  }
  GammaGamma model;
  model.fit({x, m});
  EXPECT_TRUE(model.result().converged) << model.result().status;
  const std::vector<double> truth{6.2, 3.7, 15.4}, p = model.result().params;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(p[i], truth[i], 4 * model.result().standard_errors[i]);
  long double want = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] > 0) want += reference::gamma_gamma_log_likelihood(p[0], p[1], p[2], x[i], m[i]);
  EXPECT_NEAR(model.result().log_likelihood, static_cast<double>(want), 1e-8 * std::fabs(static_cast<double>(want)));
  EXPECT_NEAR(model.expected_spend(4, 10), p[0] * (p[2] + 40) / (4 * p[0] + p[1] - 1), 1e-12);
  try {
    GammaGamma().fit({std::vector<double>{1, 2}, std::vector<double>{3, -4}});
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "value::GammaGamma: spend -4 where a positive mean is wanted, in row 1");
  }
}

TEST(Rfm, ScoresByQuantilesAndTiesShareAScore) {
  support::day_columns book;
  for (int c = 0; c < 10; ++c) {
    for (int j = 0; j <= c / 2; ++j) book.date.push_back(j + c), book.amount.push_back(10.0 * (c + 1));
    book.start.push_back(book.date.size());
  }
  const rfm_table t = rfm(book.days(), 100, 5);
  EXPECT_EQ(t.frequency, (std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(t.f, (std::vector<std::uint8_t>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(t.m, (std::vector<std::uint8_t>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(t.r, (std::vector<std::uint8_t>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(t.segment.front(), "sleeping");
  EXPECT_EQ(t.segment.back(), "champions");
  const rfm_table again = rfm(book.days(), 100, 5, monetary::mean, &t.edges);
  EXPECT_EQ(again.f, t.f);
  EXPECT_THROW(static_cast<void>(rfm(book.days(), -5, 5)), error);
}

TEST(Backtest, NaiveRowsStandBesideTheModels) {
  const auto book = support::simulated_days(600, 1, 300, 900, 12);
  const auto rows = backtest(book.days(), 600, 26);
  EXPECT_EQ(rows.front().model, "last_window");
  EXPECT_EQ(rows.back().model, "customer_value");
  for (const auto& r : rows) {
    EXPECT_TRUE(std::isfinite(r.rmse)) << r.model;
    EXPECT_EQ(std::isfinite(r.log_score), r.model.find("window") == std::string::npos && r.model != "mean_of_two" && r.model != "rate") << r.model;
  }
  EXPECT_LT(rows.back().rmse, rows.front().rmse);
  EXPECT_THROW(static_cast<void>(backtest(book.days(), 890, 26)), error);
}

}  // namespace
}  // namespace guanxi::value
