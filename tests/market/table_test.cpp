#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/market/gravity.hpp>
#include <guanxi/market/table.hpp>

#include "reference/market_table.hpp"

namespace guanxi::market {
namespace {

struct trade {
  std::vector<std::uint32_t> exporter, importer, product, period;
  std::vector<double> value, quantity, part;
  std::size_t exporters = 12, importers = 9, products = 4, periods = 5;
  [[nodiscard]] flow_columns columns() const { return {exporter, importer, product, period, value, {}, quantity, {}, {}, {}, exporters, importers, products, periods}; }
  void add(std::uint32_t e, std::uint32_t m, std::uint32_t p, std::uint32_t t, double v, double q) {
    exporter.push_back(e), importer.push_back(m), product.push_back(p), period.push_back(t), value.push_back(v), quantity.push_back(q);
  }
};
trade made(std::uint64_t seed) {
  trade out;
  random_stream r(seed);
  for (std::uint32_t t = 0; t < out.periods; ++t)
    for (std::uint32_t e = 0; e < out.exporters; ++e)
      for (std::uint32_t m = 0; m < out.importers; ++m)
        for (std::uint32_t p = 0; p < out.products; ++p)
          if (r.bernoulli(0.4) && !(m == 3 && t == 2) && !(e == 2 && m == 5)) {  // exporter 2 does not sell to importer 5
            const double v = r.gamma(0.7) * 1000;
            out.add(e, m, p, t, v, r.bernoulli(0.2) ? unknown : v / (1 + r.gamma(3.0)));
            if (r.bernoulli(0.1)) out.add(e, m, p, t, 5, 2);
          }
  return out;
}

void near(double a, double b, const char* name) {
  if (std::isnan(b)) {
    EXPECT_TRUE(std::isnan(a)) << name;
  } else {
    EXPECT_NEAR(a, b, 1e-12 * (1 + std::abs(b))) << name;
  }
}

TEST(Table, EqualsPlainLoops) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const trade t = made(seed);
    table_settings set;
    set.own = 2;
    const market_table got = table(t.columns(), set);
    const auto want = reference::market_rows(t.columns(), 2, set.cap, set.prior);
    ASSERT_EQ(got.cells(), want.size());
    for (std::size_t c = 0; c < got.cells(); ++c) {
      const reference::market_row& w = want.at({got.importer[c], got.product[c]});
      if (!(w.size > 0)) continue;
      near(got.size[c], w.size, "size"), near(got.size_before[c], w.before, "before"), near(got.sales[c], w.sales, "sales"), near(got.share[c], w.share, "share");
      if (w.before > 0) near(got.growth[c], w.size / w.before - 1, "growth");
      EXPECT_EQ(got.leader[c], w.leader);
      near(got.hhi[c], w.hhi, "hhi"), near(got.rca[c], w.rca, "rca"), near(got.rsca[c], (w.rca - 1) / (w.rca + 1), "rsca"), near(got.nrca[c], w.nrca, "nrca");
      near(got.price[c], w.price, "price"), near(got.complementarity[c], w.complementarity, "complementarity");
      if (w.leader != nobody) near(got.similarity[c], w.similarity, "similarity"), near(got.leader_share[c], w.leader_share, "leader share");
      near(got.potential[c], w.potential, "potential"), near(got.gap[c], w.gap, "gap");
      near(1 - got.difficulty[c], w.chance, "chance"), near(got.score[c], w.chance * w.gap, "score");
      double sum = 0;
      for (std::size_t i = got.start[c]; i < got.start[c + 1]; ++i) sum += got.supplier_share[i];
      EXPECT_NEAR(sum, 1, 1e-12);
      EXPECT_LE(got.difficulty_low[c], got.difficulty[c]);
      EXPECT_GE(got.difficulty_high[c], got.difficulty[c]);
    }
  }
}

void same_bits(const market_table& a, const market_table& b) {
  const auto same = [](const std::vector<double>& x, const std::vector<double>& y) {
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_TRUE(x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) << i;
  };
  same(a.size, b.size), same(a.share, b.share), same(a.hhi, b.hhi), same(a.potential_high, b.potential_high), same(a.gap_low, b.gap_low);
  same(a.score, b.score), same(a.trend_low, b.trend_low), same(a.price, b.price), same(a.rung, b.rung), same(a.difficulty_high, b.difficulty_high);
}

TEST(Table, SameBitsForAnyOrderOfRowsAndThreads) {
  const trade t = made(7);
  table_settings set;
  set.own = 1, set.threads = 1;
  const market_table one = table(t.columns(), set);
  set.threads = 4;
  same_bits(one, table(t.columns(), set));
  std::vector<std::size_t> order(t.value.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  random_stream r(3);
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[r.index(i + 1)]);
  trade mixed;
  for (const std::size_t i : order) mixed.add(t.exporter[i], t.importer[i], t.product[i], t.period[i], t.value[i], t.quantity[i]);
  same_bits(one, table(mixed.columns(), set));
}

TEST(Table, NothingAfterThePeriodLookedAtIsRead) {
  trade t = made(9);
  table_settings set;
  set.own = 1, set.now = 3;
  const market_table before = table(t.columns(), set);
  for (std::size_t i = 0; i < t.value.size(); ++i)
    if (t.period[i] == 4) t.value[i] *= 1000;
  same_bits(before, table(t.columns(), set));
}

TEST(Table, MoneyInOtherUnitsScalesMoneyAndNothingElse) {
  trade t = made(11);
  table_settings set;
  set.own = 4;
  const market_table a = table(t.columns(), set);
  for (double& v : t.value) v *= 8;
  const market_table b = table(t.columns(), set);
  for (std::size_t c = 0; c < a.cells(); ++c) {
    near(b.score[c], 8 * a.score[c], "score"), near(b.share[c], a.share[c], "share"), near(b.difficulty[c], a.difficulty[c], "difficulty");
    near(b.potential_low[c], 8 * a.potential_low[c], "low"), near(b.rung[c], a.rung[c], "rung");
  }
}

TEST(Table, TheRangeOfThePotentialHoldsWhatIsTraded) {
  // Flows are gamma around supply x demand; the range of an exporter, made from the others, must hold 90 % of its flows.
  std::size_t inside = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    random_stream r(seed);
    trade t;
    t.exporters = 40, t.importers = 40, t.products = 3, t.periods = 2;
    for (std::uint32_t e = 0; e < t.exporters; ++e)
      for (std::uint32_t m = 0; m < t.importers; ++m)
        for (std::uint32_t p = 0; p < t.products; ++p)
          if (e != m) t.add(e, m, p, 1, 100 * r.gamma(1.5), unknown);
    for (std::uint32_t own = 0; own < 10; ++own) {
      table_settings set;
      set.own = own, set.like = 39;
      const market_table got = table(t.columns(), set);
      for (std::size_t c = 0; c < got.cells(); ++c) {
        if (got.importer[c] == own || std::isnan(got.attainable_high[c]) || !(got.attainable[c] > 0)) continue;
        ++all, inside += got.potential_low[c] <= got.sales[c] && got.sales[c] <= got.potential_high[c];
      }
    }
  }
  const double covered = static_cast<double>(inside) / static_cast<double>(all);
  EXPECT_GT(covered, 0.88);
  EXPECT_LT(covered, 0.94);
}

TEST(Table, GravityCanSayWhatIsExpected) {
  const trade t = made(13);
  std::vector<double> told(t.value.size(), unknown);
  for (std::size_t i = 0; i < told.size(); ++i)
    if (t.period[i] == 4) told[i] = 2 * t.value[i];
  flow_columns in = t.columns();
  in.expected = told;
  table_settings set;
  set.own = 2;
  const market_table got = table(in, set);
  for (std::size_t c = 0; c < got.cells(); ++c)
    if (got.sales[c] > 0) near(got.potential[c], std::min(got.size[c], 2 * got.sales[c]), "potential");
}

TEST(Table, AYearUnderWayIsEstimated) {
  trade t = made(15);
  t.part = t.value;
  for (std::size_t i = 0; i < t.value.size(); ++i) {
    if (t.period[i] == 4) t.part[i] = t.value[i] *= 0.5;  // half of the year has been seen
    else t.part[i] *= 0.5;
  }
  flow_columns in = t.columns();
  in.part = t.part;
  table_settings set;
  set.own = 2;
  const market_table got = table(in, set);
  EXPECT_TRUE(got.partial);
  for (std::size_t c = 0; c < got.cells(); ++c) {
    if (!(got.size[c] > 0)) continue;
    EXPECT_NEAR(got.potential[c], got.attainable[c] * got.size[c], 1e-9);
    if (!std::isnan(got.size_low[c])) {
      EXPECT_LE(got.size_low[c], got.size_high[c]);
    }
  }
}

TEST(Table, WhatIsNotKnownIsNotZero) {
  trade t;
  t.exporters = 2, t.importers = 2, t.products = 1, t.periods = 2;
  t.add(0, 0, 0, 0, 10, unknown), t.add(1, 0, 0, 1, 30, unknown), t.add(0, 1, 0, 0, 5, unknown);  // importer 1 has no rows in period 1
  table_settings set;
  set.own = 0;
  const market_table got = table(t.columns(), set);
  EXPECT_EQ(got.size[0], 30.0);
  EXPECT_EQ(got.sales[0], 0.0);
  EXPECT_EQ(got.share_before[0], 1.0);
  EXPECT_TRUE(std::isnan(got.size[1]));
  EXPECT_TRUE(std::isnan(got.sales[1]));
  EXPECT_TRUE(std::isnan(got.score[1]));
  std::vector<std::uint8_t> flag{0, 1, 0};
  flow_columns in = t.columns();
  in.mirrored = flag;
  EXPECT_TRUE(std::isnan(table(in, set).growth[0])) << "an importer's report is not compared with a mirrored one";
  std::vector<std::uint32_t> home{0, nobody};
  in.home = home;
  EXPECT_EQ(table(in, set).own_trade, 1u);
}

TEST(Table, BrokenContractsAreSentences) {
  const trade t = made(1);
  const auto message = [](auto&& call) {
    try {
      call();
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  trade bad = t;
  bad.value[5] = -2;
  EXPECT_EQ(message([&] { (void)table(bad.columns(), {}); }), "market::table: 'value' is -2.000000 in row 5, wanted 0 or more");
  table_settings set;
  set.own = 99;
  EXPECT_EQ(message([&] { (void)table(t.columns(), set); }), "market::table: own is 99, there are 12 exporters");
  set = {};
  set.back = 0;
  EXPECT_EQ(message([&] { (void)table(t.columns(), set); }), "market::table: back is 0, wanted at least 1");
  set = {};
  const std::vector<double> margin{0.1};
  set.margin = margin;
  EXPECT_EQ(message([&] { (void)table(t.columns(), set); }), "market::table: 'margin' has 1 entries, there are 4 products");
  EXPECT_EQ(message([&] { (void)table(flow_columns{}, {}); }), "market::table: there is no row");
}

}  // namespace
}  // namespace guanxi::market
