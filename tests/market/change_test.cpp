#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/market/nowcast.hpp>
#include <guanxi/market/rival_moves.hpp>
#include <guanxi/market/space.hpp>

namespace guanxi::market {
namespace {

TEST(RivalMoves, WhatWasLostGoesToThoseWhoGained) {
  const std::vector<double> own{-10, 6, -4, 0}, all0{100, 100, 100, 50}, all1{100, 200, 100, 50};
  const std::vector<std::uint32_t> cell{0, 0, 0, 1, 1}, rival{0, 1, 2, 0, 1};
  const std::vector<double> before{20, 30, 40, 50, 10}, after{26, 34, 30, 80, 20};
  const rival_moves m = moves_to_rivals(own, all0, all1, cell, rival, before, after);
  ASSERT_EQ(m.cell, (std::vector<std::uint32_t>{0, 0, 1, 2}));
  EXPECT_EQ(m.rival, (std::vector<std::uint32_t>{0, 1, 0, nobody}));
  EXPECT_NEAR(m.amount[0], -6, 1e-12);
  EXPECT_NEAR(m.amount[1], -4, 1e-12);
  EXPECT_EQ(m.amount[2], 6.0);   // 50 % -> 40 %
  EXPECT_EQ(m.amount[3], -4.0);  // nobody was seen to gain
}

TEST(RivalMoves, SumToOwnInEveryCellAndForAnyOrder) {
  random_stream r(3);
  std::vector<double> own, all0, all1, before, after;
  std::vector<std::uint32_t> cell, rival;
  for (std::uint32_t c = 0; c < 50; ++c) {
    own.push_back(r.normal()), all0.push_back(100), all1.push_back(120);
    for (std::uint32_t k = 0; k < 6; ++k) cell.push_back(c), rival.push_back(k), before.push_back(r.gamma(2.0)), after.push_back(r.gamma(2.0));
  }
  const rival_moves m = moves_to_rivals(own, all0, all1, cell, rival, before, after);
  std::map<std::uint32_t, double> sum;
  for (std::size_t i = 0; i < m.cell.size(); ++i) sum[m.cell[i]] += m.amount[i];
  for (std::uint32_t c = 0; c < 50; ++c) EXPECT_NEAR(sum[c], own[c], 1e-12);
  std::reverse(cell.begin(), cell.end()), std::reverse(rival.begin(), rival.end()), std::reverse(before.begin(), before.end()), std::reverse(after.begin(), after.end());
  EXPECT_EQ(moves_to_rivals(own, all0, all1, cell, rival, before, after).amount, m.amount);
}

TEST(ChangeRange, HoldsTheTruthAndVanishesWherePurchasesAreKnown) {
  // Purchases are lognormal around a centre; the range is told, the truth is drawn. 90 % must hold about 90 %.
  random_stream r(5);
  const std::size_t n = 400;
  const double z = normal_quantile(0.95);
  std::vector<double> w0(n, 20), w1, low0, high0, low1, high1, true0, true1;
  std::vector<std::uint32_t> group(n, 0);
  for (std::size_t k = 0; k < n; ++k) {
    w1.push_back(15 + 10 * r.uniform());
    const double c0 = 200 * std::exp(r.normal()), c1 = c0 * 1.1, sd = 0.2;
    low0.push_back(c0 * std::exp(-z * sd)), high0.push_back(c0 * std::exp(z * sd)), low1.push_back(c1 * std::exp(-z * sd)), high1.push_back(c1 * std::exp(z * sd));
    true0.push_back(std::max(w0[k], c0 * std::exp(sd * r.normal()))), true1.push_back(std::max(w1[k], c1 * std::exp(sd * r.normal())));
  }
  const change_sources truth = sources_of_change(w0, w1, true0, true1, group, 1);
  const change_ranges range = change_range(w0, w1, low0, high0, low1, high1, group, 1);
  std::size_t inside = 0;
  for (std::size_t k = 0; k < n; ++k) inside += range.own[k].low <= truth.own[k] && truth.own[k] <= range.own[k].high;
  EXPECT_GT(inside, 0.85 * n);
  EXPECT_LT(inside, 0.95 * n);
  EXPECT_LT(range.total_own.low, truth.total_own);
  EXPECT_GT(range.total_own.high, truth.total_own);
  const change_ranges sure = change_range(w0, w1, true0, true0, true1, true1, group, 1);
  for (std::size_t k = 0; k < n; ++k) {
    EXPECT_EQ(sure.own[k].low, truth.own[k]);
    EXPECT_EQ(sure.own[k].high, truth.own[k]);
  }
  const std::vector<double> none(n, unknown);
  EXPECT_TRUE(std::isnan(change_range(w0, w1, none, none, low1, high1, group, 1).own[0].low));
}

// The nowcast on markets that grow by one factor and have one season: the rule is exact, and the future is not read.
TEST(Nowcast, IsExactWhereTheRestOfTheYearIsAlwaysTheSame) {
  const std::size_t markets = 30, years = 6;
  std::vector<double> seen, full;
  for (std::size_t m = 0; m < markets; ++m)
    for (std::size_t y = 0; y < years; ++y) full.push_back(100.0 * static_cast<double>(m + 1) * std::pow(1.1, static_cast<double>(y))), seen.push_back(0.4 * full.back());
  const nowcasts n = nowcast(seen, full, markets, years);
  for (std::size_t m = 0; m < markets; ++m) {
    EXPECT_NEAR(n.bridge1[m] / full[m * years + 5], 1, 1e-12);
    EXPECT_NEAR(n.estimate[m] / full[m * years + 5], 1, 1e-12);
    EXPECT_NEAR(n.low[m] / n.high[m], 1, 1e-12);
  }
  std::vector<double> later = full;
  for (std::size_t m = 0; m < markets; ++m) later[m * years + 5] = 7;
  EXPECT_EQ(nowcast(seen, later, markets, years).estimate, n.estimate);
  seen[5] = unknown;
  const nowcasts dark = nowcast(seen, full, markets, years);
  EXPECT_TRUE(std::isnan(dark.bridge1[0]));
  EXPECT_NEAR(dark.estimate[0], full[4], 1e-9) << "what was not seen is last year's";
}

TEST(Space, ByHand) {
  // three exporters, three products; the third product nobody has
  const std::vector<double> rca{2, 1, 0, 1, 0, 0, 0, 3, unknown};
  const std::vector<double> phi = proximity(rca, 3, 3);
  EXPECT_EQ(phi[0], 1.0);
  EXPECT_EQ(phi[1], 0.5);
  EXPECT_TRUE(std::isnan(phi[2]));
  const std::vector<double> kept = density(rca, phi, 3, 3), out = density(rca, phi, 3, 3, false);
  EXPECT_NEAR(kept[3], 1 / 1.5, 1e-15);  // exporter 1 has product 0 alone
  EXPECT_EQ(out[3], 0.0);
  EXPECT_EQ(out[4], 1.0);
  EXPECT_TRUE(std::isnan(kept[2]));
}

}  // namespace
}  // namespace guanxi::market
