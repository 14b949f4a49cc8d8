#include <guanxi/market.hpp>

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace guanxi::market {
namespace {

template <class Call>
void expect_error(errc code, const char* sentence, Call&& call) {
  try {
    call();
    FAIL() << "no error: " << sentence;
  } catch (const error& e) {
    EXPECT_EQ(e.code(), code);
    EXPECT_STREQ(e.what(), sentence);
  }
}

TEST(Growth, TheFiguresOfTheDocumentation) {
  const std::vector<double> v{100, 108, 119, 130, 140};
  EXPECT_NEAR(cagr(v.front(), v.back(), 4), 0.0878, 5e-5);
  EXPECT_NEAR(trend(v).rate, 0.0896, 5e-5);
  EXPECT_LT(trend(v).range.low, trend(v).rate);
  EXPECT_GT(trend(v).range.high, trend(v).rate);
  EXPECT_TRUE(std::isnan(cagr(0, 5, 1)));
  EXPECT_EQ(midpoint_growth(0, 5), 2.0);
  EXPECT_EQ(midpoint_growth(5, 0), -2.0);
  EXPECT_TRUE(std::isnan(midpoint_growth(0, 0)));
}

TEST(Growth, StudentsIntervalByHand) {
  // slope of ln v on t for ln v = 0, 1, 1: b = 0.5, residuals -1/6, 1/3, -1/6, se^2 = (1/6) / 1 / 2; t_1(0.975) = 12.7062047
  const std::vector<double> v{1, std::exp(1.0), std::exp(1.0)};
  const log_trend t = trend(v);
  EXPECT_NEAR(t.slope, 0.5, 1e-14);
  EXPECT_NEAR(t.standard_error, std::sqrt(1.0 / 12), 1e-14);
  EXPECT_NEAR(t.range.low, std::expm1(0.5 - 12.706204736432095 * std::sqrt(1.0 / 12)), 1e-9);
  const std::vector<double> holes{1, 0, std::exp(1.0), unknown, -3};
  EXPECT_EQ(trend(holes).used, 2u);
  EXPECT_EQ(trend(holes).left_out, 3u);
  EXPECT_NEAR(trend(holes).slope, 0.5, 1e-15);
  EXPECT_TRUE(std::isnan(trend(holes).range.low));
  EXPECT_EQ(trend(std::vector<double>{1}).status(), "fewer than two values above 0");
  expect_error(errc::size_mismatch, "market::growth: 'periods' has 1 entries, 'values' has 3", [&] { (void)trend(v, std::vector<double>{1}); });
}

TEST(Advantage, EqualsTheFormulasAndItsSumsVanish) {
  std::mt19937_64 random(3);
  const std::size_t n = 12, m = 9;
  std::vector<double> x(n * m);
  for (double& v : x) v = random() % 3 == 0 ? 0 : static_cast<double>(random() % 10'000) / 7;
  for (std::size_t j = 0; j < m; ++j) x[4 * m + j] = 0;  // an exporter without trade
  const advantages a = advantage(x, n, m);
  double total = 0;
  for (const double v : x) total += v;
  for (std::size_t i = 0; i < n; ++i) {
    double xc = 0, row = 0, weighted = 0;
    for (std::size_t j = 0; j < m; ++j) xc += x[i * m + j];
    for (std::size_t j = 0; j < m; ++j) {
      double xp = 0;
      for (std::size_t k = 0; k < n; ++k) xp += x[k * m + j];
      const std::size_t k = i * m + j;
      row += a.nrca[k];
      EXPECT_NEAR(a.nrca[k], x[k] / total - xc * xp / total / total, 1e-15);
      if (i == 4) {
        EXPECT_TRUE(std::isnan(a.rca[k]));
        continue;
      }
      EXPECT_NEAR(a.rca[k], (x[k] / xc) / (xp / total), 1e-12);
      EXPECT_NEAR(a.rsca[k], (a.rca[k] - 1) / (a.rca[k] + 1), 1e-15);
      weighted += a.rca[k] * xp / total;
    }
    EXPECT_NEAR(row, 0, 1e-16);
    if (i != 4) { EXPECT_NEAR(weighted, 1.0, 1e-13); }
  }
}

TEST(Advantage, ListedCellsEqualTheTable) {
  const std::vector<double> x{5, 0, 2, 1, 8, 0};
  const std::vector<std::uint32_t> e{0, 0, 1, 1}, p{0, 2, 0, 1};
  const std::vector<double> v{5, 2, 1, 8};
  const advantages a = advantage(x, 2, 3), b = advantage(e, p, v, 2, 3);
  const std::size_t cell[] = {0, 2, 3, 4};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(b.rca[k], a.rca[cell[k]]);
    EXPECT_EQ(b.nrca[k], a.nrca[cell[k]]);
  }
  expect_error(errc::out_of_domain, "market::advantage: value -3.000000 in row 1 is below 0", [] { (void)advantage(std::vector<double>{1, -3}, 2, 1); });
  expect_error(errc::size_mismatch, "market::advantage: 2 values for 3 exporters x 1 products", [] { (void)advantage(std::vector<double>{1, 3}, 3, 1); });
}

TEST(Similarity, BoundsAndPairs) {
  const std::vector<double> a{1, 1, 2}, b{10, 10, 20}, c{0, 0, 5}, none(3, 0.0);
  EXPECT_EQ(similarity(a, b), 1.0);
  EXPECT_EQ(similarity(a, c), 0.5);
  EXPECT_TRUE(std::isnan(similarity(a, none)));
  std::vector<double> all;
  for (const auto* row : {&a, &b, &c}) all.insert(all.end(), row->begin(), row->end());
  const std::vector<double> s = similarities(all, all, 3);
  EXPECT_EQ(s[2], 0.5);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(s[3 * i + j], s[3 * j + i]);
}

struct books {
  std::vector<double> w0, w1, all0, all1;
};
books random_books(std::size_t cells, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  books b;
  for (std::size_t k = 0; k < cells; ++k) {
    const double a0 = random() % 6 == 0 ? 0 : static_cast<double>(random() % 5000), a1 = random() % 6 == 0 ? 0 : static_cast<double>(random() % 5000);
    b.all0.push_back(a0), b.all1.push_back(a1);
    b.w0.push_back(a0 * static_cast<double>(random() % 100) / 100), b.w1.push_back(a1 * static_cast<double>(random() % 100) / 100);
  }
  return b;
}

TEST(ConstantShare, PiecesAddUpInEveryCell) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const books b = random_books(12, seed);
    for (const share_weights w : {share_weights::base, share_weights::end, share_weights::mid})
      for (const share_order o : {share_order::product_first, share_order::place_first}) {
        const share_split s = constant_share(b.w0, b.w1, b.all0, b.all1, 3, 4, w, o);
        for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(s.market[k] + s.product[k] + s.place[k] + s.own[k], b.w1[k] - b.w0[k], 1e-9);
        EXPECT_NEAR(s.total_market + s.total_product + s.total_place + s.total_own, s.change, 1e-9);
      }
    // swapping the periods under mid weights flips own
    const share_split there = constant_share(b.w0, b.w1, b.all0, b.all1, 3, 4, share_weights::mid);
    const share_split back = constant_share(b.w1, b.w0, b.all1, b.all0, 3, 4, share_weights::mid);
    EXPECT_NEAR(there.total_own, -back.total_own, 1e-9);
  }
}

TEST(ConstantShare, ByHand) {
  // two products, one place: our share 0.5 stays, product 0 doubles, product 1 stays
  const std::vector<double> w0{50, 50}, w1{100, 60}, all0{100, 100}, all1{200, 100};
  const share_split s = constant_share(w0, w1, all0, all1, 2, 1);
  EXPECT_NEAR(s.total_market, 50, 1e-12);   // all purchases grew by half
  EXPECT_NEAR(s.total_product, 0, 1e-12);   // + 25 - 25
  EXPECT_NEAR(s.total_place, 0, 1e-12);
  EXPECT_NEAR(s.total_own, 10, 1e-12);      // share 0.5 -> 0.6 of 100
  const share_split entered = constant_share(std::vector<double>{0, 5}, std::vector<double>{7, 5}, std::vector<double>{0, 10}, std::vector<double>{20, 10}, 2, 1);
  EXPECT_EQ(entered.entered, 7.0);
  const share_split raised = constant_share(std::vector<double>{5}, std::vector<double>{7}, std::vector<double>{4}, std::vector<double>{20}, 1, 1);
  EXPECT_EQ(raised.raised, (std::vector<std::size_t>{0}));
  expect_error(errc::out_of_domain, "market::constant_share: 'w0' is -1.000000 in cell 0, wanted 0 or more",
               [] { (void)constant_share(std::vector<double>{-1}, std::vector<double>{1}, std::vector<double>{1}, std::vector<double>{1}, 1, 1); });
}

TEST(SourcesOfChange, EachCauseLandsInItsPiece) {
  const std::vector<std::uint32_t> group{0, 0, 1, 1};
  const std::vector<double> w0{10, 10, 10, 10}, all0{100, 100, 100, 100};
  const auto split = [&](std::vector<double> w1, std::vector<double> all1) { return sources_of_change(w0, w1, all0, all1, group, 2); };
  const change_sources market = split({12, 12, 12, 12}, {120, 120, 120, 120});
  EXPECT_NEAR(market.total_market, 8, 1e-12);
  EXPECT_NEAR(market.total_own, 0, 1e-12);
  const change_sources lost = split({10, 10, 10, 0}, {100, 100, 100, 100});
  EXPECT_NEAR(lost.own[3], -10, 1e-12);
  EXPECT_NEAR(lost.total_own, -10, 1e-12);
  const change_sources gone = split({10, 10, 10, 0}, {100, 100, 100, 0});
  EXPECT_NEAR(gone.own[3], 0, 1e-12);
  EXPECT_LT(gone.buyer[3], 0);
  const change_sources dark = split({10, 10, 10, 25}, {100, 100, 100, unknown});
  EXPECT_EQ(dark.unexplained[3], 15.0);
  EXPECT_NEAR(dark.total_own, 0.0, 1e-13);
  for (const auto* s : {&market, &lost, &gone, &dark})
    EXPECT_NEAR(s->total_market + s->total_mix + s->total_buyer + s->total_own + s->total_unexplained, s->change, 1e-12);
  expect_error(errc::out_of_domain, "market::sources_of_change: group 7 in cell 0, there are 2",
               [&] { (void)sources_of_change(w0, w0, all0, all0, std::vector<std::uint32_t>{7, 0, 0, 0}, 2); });
}

TEST(SourcesOfChange, AddsUpOnRandomBooks) {
  const books b = random_books(60, 4);
  std::vector<std::uint32_t> group;
  for (std::uint32_t k = 0; k < 60; ++k) group.push_back(k % 7);
  const change_sources s = sources_of_change(b.w0, b.w1, b.all0, b.all1, group, 7);
  for (std::size_t k = 0; k < 60; ++k) EXPECT_NEAR(s.market[k] + s.mix[k] + s.buyer[k] + s.own[k], b.w1[k] - b.w0[k], 1e-9);
}

class Countries : public testing::Test {
 protected:
  // customers 0, 1 in country 0; 2 in country 1; 3 nowhere known. Suppliers: 0 = us, 1, 2. Two periods, one a year.
  std::vector<std::uint64_t> start{0, 2, 3, 5, 5};
  std::vector<day> date{-200, 300, 350, 100, 364};
  std::vector<double> amount{40, 60, 20, 10, 5};
  std::vector<std::uint32_t> country{0, 0, 1, nobody};
  std::vector<std::uint32_t> c{0, 0, 0, 0, 1, 2, 3}, s{0, 0, 1, 1, 0, 2, 1}, p{0, 1, 0, 1, 1, 1, 1};
  std::vector<double> x{40, 60, 60, 100, 20, 85, 7};
  country_input in() { return {{start, date, amount}, country, 2, 364, {c, s, p, x, {}, 4, 3, 2}, 0, 1}; }
};

TEST_F(Countries, TheTableByHand) {
  const country_columns t = country_table(in());
  EXPECT_EQ(t.customers, (std::vector<std::uint64_t>{2, 1, 0}));
  EXPECT_EQ(t.sales, (std::vector<double>{80, 15, 0}));
  EXPECT_EQ(t.sales_before[0], 40.0);
  EXPECT_EQ(t.growth[0], 1.0);
  EXPECT_TRUE(std::isnan(t.growth[1]));
  EXPECT_EQ(t.market, (std::vector<double>{180, 85, 7}));
  EXPECT_NEAR(t.share[0], 80.0 / 180, 1e-15);
  EXPECT_EQ(t.share[1], 0.0);
  EXPECT_EQ(t.leader, (std::vector<std::uint32_t>{1, 2, 1}));
  EXPECT_NEAR(t.leader_share[0], 100.0 / 180, 1e-15);
  EXPECT_NEAR(t.hhi[0], (80.0 * 80 + 100 * 100) / (180.0 * 180), 1e-15);
  EXPECT_EQ(t.market_before[0], 100.0);
  EXPECT_NEAR(t.market_growth[0], 0.8, 1e-15);
  EXPECT_NEAR(t.from_market[0] + t.from_own[0], 80 - 40, 1e-12);
  EXPECT_NEAR(t.from_own[0], 60 - 0.4 * 160 + 20, 1e-12);
}

TEST_F(Countries, WithoutDeliveriesTheMarketIsNotKnown) {
  country_input only = in();
  only.seen = {};
  const country_columns t = country_table(only);
  EXPECT_EQ(t.sales, (std::vector<double>{80, 15, 0}));
  for (const double m : t.market) EXPECT_TRUE(std::isnan(m));
  EXPECT_EQ(t.leader[0], nobody);
  country_input apart = in();
  apart.own = nobody;
  EXPECT_EQ(country_table(apart).market[1], 100.0) << "our sales are added when we are not among the suppliers";
  country_input wrong = in();
  wrong.periods_a_year = 0;
  expect_error(errc::out_of_domain, "market::country_table: periods_a_year is 0, wanted at least 1", [&] { (void)country_table(wrong); });
  const std::vector<std::uint32_t> few{0};
  wrong = in();
  wrong.country = few;
  expect_error(errc::size_mismatch, "market::country_table: 'country' has 1 entries, there are 4 customers", [&] { (void)country_table(wrong); });
}

}  // namespace
}  // namespace guanxi::market
