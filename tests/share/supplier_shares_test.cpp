#include <guanxi/share/supplier_shares.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/share_books.hpp"

namespace guanxi::share {
namespace {

const std::vector<double> kAlpha{1.2, 0.8, 0.5, 0.3, 0.2};

std::string sentence(const std::function<void()>& call) {
  try {
    call();
  } catch (const error& e) {
    return e.what();
  }
  return "no error";
}

TEST(SupplierShares, RowsAreSortedAndSharesSumToOne) {
  const auto d = testing::steady(60, 6, kAlpha, 5, 100.0, 3);
  SupplierShares model({.own = 1});
  const auto& s = model.fit(d.view()).shares();
  ASSERT_GT(s.rows(), 500u);
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> sum;
  for (std::size_t i = 0; i < s.rows(); ++i) {
    sum[{s.customer[i], s.period[i]}] += s.share[i];
    EXPECT_LE(s.low[i], s.share[i] + 1e-12);
    EXPECT_GE(s.high[i], s.share[i] * 0.2);
    if (i == 0) continue;
    const auto key = [&](std::size_t r) { return std::tuple(s.customer[r], s.supplier[r], s.period[r]); };
    EXPECT_LT(key(i - 1), key(i));
  }
  EXPECT_EQ(sum.size(), model.wallets().rows());
  for (const auto& [key, value] : sum) EXPECT_NEAR(value, 1.0, 1e-12);
}

TEST(SupplierShares, CountsOfOnePeriodGiveTheDirichletMultinomialPosterior) {
  const auto d = testing::steady(200, 1, kAlpha, 8, 1.0, 5);
  SupplierShares model({.own = 0, .phi = 1.0});
  const auto& s = model.fit(d.view()).shares();
  const auto& alpha = model.alpha();
  double total = 0.0;
  for (const double a : alpha) total += a;
  EXPECT_NEAR(total, 3.0, 0.8);
  for (std::size_t i = 0; i < s.rows(); ++i) {
    if (s.supplier[i] == rest) continue;
    const double a = alpha[s.supplier[i]] + s.amount[i];
    EXPECT_NEAR(s.share[i], a / (total + 8.0), 1e-12);
    EXPECT_NEAR(s.low[i], beta_quantile(0.05, a, total + 8.0 - a), 1e-10);
    EXPECT_NEAR(s.high[i], beta_quantile(0.95, a, total + 8.0 - a), 1e-10);
  }
}

TEST(SupplierShares, InfiniteFirmnessPoolsAllPeriods) {
  const auto d = testing::steady(50, 5, kAlpha, 4, 1.0, 6);
  SupplierShares model({.phi = 1.0, .firmness = std::numeric_limits<double>::infinity()});
  const auto& s = model.fit(d.view()).shares();
  double total = 0.0;
  for (const double a : model.alpha()) total += a;
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> pooled;
  for (std::size_t i = 0; i < d.amount.size(); ++i) pooled[{d.customer[i], d.supplier[i]}] += d.amount[i];
  std::size_t checked = 0;
  for (std::size_t i = 0; i < s.rows(); ++i) {
    if (s.supplier[i] == rest || s.period[i] != 4) continue;
    EXPECT_NEAR(s.share[i], (model.alpha()[s.supplier[i]] + pooled[{s.customer[i], s.supplier[i]}]) / (total + 20.0),
                1e-12);
    ++checked;
  }
  EXPECT_GT(checked, 100u);
}

TEST(SupplierShares, NinetyPercentIntervalsCoverTheTrueHabit) {
  std::vector<double> truth;
  const auto d = testing::steady(1500, 6, kAlpha, 6, 250.0, 11, &truth);
  SupplierShares model({.own = 0, .keep = 1});
  const auto& k = model.fit(d.view()).customers();
  double inside = 0.0;
  for (std::size_t i = 0; i < k.rows(); ++i) {
    const double habit = truth[k.customer[i] * kAlpha.size()];
    inside += habit >= k.own_low[i] && habit <= k.own_high[i] ? 1.0 : 0.0;
  }
  const double coverage = inside / static_cast<double>(k.rows());
  EXPECT_GT(coverage, 0.88);
  EXPECT_LT(coverage, 0.96);  // a little too wide: some noise is taken for drift
}

TEST(SupplierShares, ForecastsSumToOneFadeAndCoverWhatIsBought) {
  auto d = testing::steady(1500, 7, kAlpha, 6, 250.0, 13);
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> bought;
  share::delivery_columns past = d;
  past.customer.clear(), past.supplier.clear(), past.period.clear(), past.amount.clear(), past.periods = 6;
  for (std::size_t r = 0; r < d.amount.size(); ++r) {
    if (d.period[r] == 6)
      bought[{d.customer[r], d.supplier[r]}] += d.amount[r] / 1500.0;
    else
      testing::add(past, d.customer[r], d.period[r], d.supplier[r], d.amount[r]);
  }
  SupplierShares model({.own = 0});
  model.fit(past.view());
  const shares_columns f = model.forecast(3);
  EXPECT_EQ(f.share, SupplierShares({.own = 0, .threads = 3}).fit(past.view()).forecast(3).share);
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> sum;
  double inside = 0.0, all = 0.0, near = 0.0, far = 0.0;
  for (std::size_t r = 0; r < f.rows(); ++r) {
    sum[{f.customer[r], f.period[r]}] += f.share[r];
    if (f.supplier[r] == rest) continue;
    (f.period[r] == 6 ? near : far) += f.high[r] - f.low[r];
    if (f.period[r] != 6) continue;
    const double s = bought[{f.customer[r], f.supplier[r]}];
    all += 1.0, inside += s >= f.low[r] - 1e-9 && s <= f.high[r] + 1e-9 ? 1.0 : 0.0;
  }
  for (const auto& [key, value] : sum) EXPECT_NEAR(value, 1.0, 1e-9);
  EXPECT_GT(inside / all, 0.86);
  EXPECT_LT(inside / all, 0.98);  // shares of six orders are discrete
  EXPECT_GT(far / 2.0, near * 0.999);
}

TEST(SupplierShares, HeadroomIsWhatOthersSell) {
  const auto d = testing::steady(50, 4, kAlpha, 6, 10.0, 2);
  SupplierShares model({.own = 0});
  const auto& k = model.fit(d.view()).customers();
  for (std::size_t i = 0; i < k.rows(); ++i) {
    EXPECT_NEAR(k.headroom[i], k.wallet[i] * (1.0 - k.own_share[i]), 1e-9);
    EXPECT_LE(k.headroom_low[i], k.headroom_high[i]);
  }
  EXPECT_TRUE(std::isnan(SupplierShares{}.fit(d.view()).customers().headroom[0]));
}

TEST(SupplierShares, CurrencyAndThreadsChangeNothing) {
  auto d = testing::steady(300, 5, kAlpha, 4, 10.0, 8);
  const auto fit = [&](unsigned threads) {
    return SupplierShares({.own = 2, .threads = threads}).fit(d.view()).shares();
  };
  const shares_columns one = fit(1), many = fit(7);
  EXPECT_EQ(one.share, many.share);
  EXPECT_EQ(one.low, many.low);
  for (double& x : d.amount) x *= 1000.0;
  const shares_columns scaled = fit(1);
  for (std::size_t i = 0; i < one.rows(); ++i) EXPECT_NEAR(scaled.share[i], one.share[i], 1e-9);
}

TEST(SupplierShares, LaterPeriodsChangeNothingEarlier) {
  const auto d = testing::steady(80, 6, kAlpha, 4, 10.0, 9);
  auto longer = d;
  longer.periods = 7;
  share::delivery_columns wild;
  wild.customers = d.customers, wild.suppliers = d.suppliers, wild.periods = 7;
  for (std::size_t i = 0; i < d.amount.size(); ++i) {
    testing::add(wild, d.customer[i], d.period[i], d.supplier[i], d.amount[i]);
    if (i + 1 == d.amount.size() || d.customer[i + 1] != d.customer[i]) testing::add(wild, d.customer[i], 6, 4, 1e7);
  }
  const auto before = SupplierShares({.own = 1}).fit(d.view()).shares();
  const auto after = SupplierShares({.own = 1}).fit(wild.view()).shares();
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::size_t> at;
  for (std::size_t i = 0; i < after.rows(); ++i) at[{after.customer[i], after.supplier[i], after.period[i]}] = i;
  for (std::size_t i = 0; i < before.rows(); ++i) {
    const auto found = at.find({before.customer[i], before.supplier[i], before.period[i]});
    ASSERT_NE(found, at.end());
    EXPECT_EQ(before.share[i], after.share[found->second]);
    EXPECT_EQ(before.high[i], after.high[found->second]);
  }
}

TEST(SupplierShares, OneSupplierHoldsEverything) {
  share::delivery_columns d;
  d.customers = 2, d.suppliers = 1, d.periods = 3;
  for (std::uint32_t c = 0; c < 2; ++c)
    for (std::uint32_t t = 0; t < 3; ++t) testing::add(d, c, t, 0, 5.0);
  SupplierShares model({.own = 0});
  const auto& k = model.fit(d.view()).customers();
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(k.own_share[i], 1.0);
    EXPECT_EQ(k.own_low[i], 1.0);
    EXPECT_EQ(k.p_largest[i], 1.0);
    EXPECT_EQ(k.p_dominant[i], 1.0);
    EXPECT_EQ(k.wallet[i], 5.0);
  }
}

TEST(SupplierShares, ARisingShareIsSeenToRise) {
  share::delivery_columns d;
  d.customers = 30, d.suppliers = 2, d.periods = 8;
  for (std::uint32_t c = 0; c < 30; ++c)
    for (std::uint32_t t = 0; t < 8; ++t) {
      const double s = c == 0 ? 0.2 + 0.08 * t : 0.5 + ((c + t) % 2 == 0 ? 0.05 : -0.05);
      testing::add(d, c, t, 0, 1000.0 * s);
      testing::add(d, c, t, 1, 1000.0 * (1.0 - s));
    }
  SupplierShares model({.own = 0});
  const auto& k = model.fit(d.view()).customers();
  EXPECT_GT(k.own_p_rising[0], 0.95);
  EXPECT_GT(k.own_trend[0], 0.2);
  EXPECT_LT(std::abs(k.own_trend[1]), 0.1);
  EXPECT_LT(k.rival_p_rising[0], 0.05);
}

TEST(SupplierShares, WindowsOfPeriodsAreMergedFromTheEnd) {
  share::delivery_columns d;
  d.customers = 1, d.suppliers = 2, d.periods = 5;
  for (std::uint32_t t = 0; t < 5; ++t) testing::add(d, 0, t, t % 2, 1.0 + t);
  const delivery_columns m = merge_periods(d.view(), 2);
  EXPECT_EQ(m.periods, 3u);
  EXPECT_EQ(m.period, (std::vector<std::uint32_t>{0, 1, 1, 2, 2}));
  EXPECT_EQ(m.supplier, (std::vector<std::uint32_t>{0, 0, 1, 0, 1}));
  EXPECT_EQ(m.amount, (std::vector<double>{1, 3, 2, 5, 4}));
  SupplierShares model({.own = 0, .window = 2});
  EXPECT_EQ(model.fit(d.view()).wallets().wallet.back(), 9.0);
}

TEST(SupplierShares, NothingSeenIsSaidAndNeverCrashes) {
  share::delivery_columns empty;
  SupplierShares model;
  EXPECT_EQ(model.fit(empty.view()).status(), "no deliveries: nothing is known of any customer");
  EXPECT_EQ(model.shares().rows(), 0u);
  empty.customers = 3, empty.suppliers = 2, empty.periods = 4;
  EXPECT_EQ(model.fit(empty.view()).wallets().rows(), 0u);
}

TEST(SupplierShares, NegativeAndUnknownAmountsAreLeftOutAndTold) {
  share::delivery_columns d;
  d.customers = 1, d.suppliers = 3, d.periods = 1;
  testing::add(d, 0, 0, 0, 5.0);
  testing::add(d, 0, 0, 1, -2.0);
  testing::add(d, 0, 0, 2, unknown);
  SupplierShares model;
  EXPECT_EQ(model.fit(d.view()).status().substr(0, 98),
            "2 rows left out because their net amount is negative or not a number, the first is row 1; how stea");
  EXPECT_EQ(model.wallets().wallet[0], 5.0);
}

TEST(SupplierShares, BrokenContractsAreSentences) {
  auto d = testing::steady(3, 2, kAlpha, 3, 1.0, 1);
  EXPECT_EQ(sentence([] { SupplierShares({.level = 1.0}); }),
            "SupplierShares: 'level' is 1.000000, it must lie between 0 and 1");
  EXPECT_EQ(sentence([] { (void)SupplierShares().shares(); }), "SupplierShares: call fit first");
  EXPECT_EQ(sentence([&] { SupplierShares({.own = 9}).fit(d.view()); }),
            "SupplierShares::fit: 'own' is supplier 9, there are 5");
  auto swapped = d;
  std::swap(swapped.customer.front(), swapped.customer.back());
  EXPECT_EQ(
      sentence([&] { SupplierShares().fit(swapped.view()); }),
      "SupplierShares::fit: row 1 is not after the row before it; sort by customer, period, supplier and sum rows of "
      "one key");
  auto shorter = d;
  shorter.period.pop_back();
  EXPECT_EQ(sentence([&] { SupplierShares().fit(shorter.view()); }),
            "SupplierShares::fit: 'period' has " + std::to_string(d.amount.size() - 1) + " entries, 'amount' has " +
                std::to_string(d.amount.size()));
}

}  // namespace
}  // namespace guanxi::share
