#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/share/concentration.hpp>
#include <guanxi/share/trend.hpp>
#include <guanxi/share/wallet_allocation_rule.hpp>

namespace guanxi::share {
namespace {

TEST(Concentration, FourSuppliers) {
  const auto c = concentration(std::vector<double>{0.1, 0.4, 0.2, 0.3});
  EXPECT_NEAR(c.hhi, 0.30, 1e-15);
  EXPECT_NEAR(c.effective, 3.3333, 5e-5);
  EXPECT_NEAR(c.exp_entropy, 3.5961, 5e-5);
  EXPECT_NEAR(c.cr[1], 0.70, 1e-15);
  EXPECT_NEAR(c.hall_tideman, 0.3333, 5e-5);
  EXPECT_NEAR(c.kwoka, 0.03, 1e-15);
  EXPECT_EQ(c.cr.size(), 4u);
}

TEST(Concentration, AmountsWillDo) {
  EXPECT_NEAR(hhi(std::vector<double>{40, 30, 20, 10}), 0.30, 1e-15);
  EXPECT_TRUE(std::isnan(hhi(std::vector<double>{0, 0})));
  EXPECT_TRUE(std::isnan(concentration({}).hhi));
}

TEST(Concentration, SplittingASupplierNeverRaisesHhi) {
  for (const double part : {0.0, 0.1, 0.5, 0.99})
    EXPECT_LE(hhi(std::vector<double>{0.5 * part, 0.5 * (1 - part), 0.3, 0.2}),
              hhi(std::vector<double>{0.5, 0.3, 0.2}) + 1e-15);
}

TEST(Concentration, ByCustomer) {
  std::vector<double> out(3);
  hhi(std::vector<double>{1, 3, 2, 1}, std::vector<std::uint32_t>{0, 2, 0, 2}, out);
  EXPECT_NEAR(out[0], 5.0 / 9, 1e-15);
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_NEAR(out[2], 10.0 / 16, 1e-15);
  try {
    hhi(std::vector<double>{1, 2}, std::vector<std::uint32_t>{0}, out);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "share::hhi: 'customer' has 1 entries, 'share' has 2");
  }
  try {
    (void)concentration(std::vector<double>{0.5, -0.1});
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "share::concentration: 'share' has -0.100000 at 1, it must be at least 0 and finite");
  }
}

TEST(Dominance, MelnikShyStenbacka) {
  EXPECT_NEAR(dominance_threshold(0.82, 0.04), 0.1646, 1e-12);
  EXPECT_NEAR(dominance_threshold(0.3, 0.3), 0.5, 1e-15);
  EXPECT_THROW((void)dominance_threshold(0.2, 0.3), error);
}

TEST(WalletAllocationRule, PublishedRanks) {
  const std::vector<std::vector<double>> want{{1}, {.667, .333}, {.5, .333, .167}, {.4, .3, .2, .1}};
  for (std::size_t n = 1; n <= 4; ++n)
    for (std::size_t r = 1; r <= n; ++r)
      EXPECT_NEAR(wallet_allocation_rule(static_cast<double>(r), n), want[n - 1][r - 1], 5e-4);
  EXPECT_NEAR(wallet_allocation_rule(1.5, 2), 0.5, 1e-15);
  EXPECT_THROW((void)wallet_allocation_rule(3, 2), error);
}

TEST(Trend, MannKendallWithAndWithoutTies) {
  const auto r = mann_kendall(std::vector<double>{1, 2, 4, 3, 5, 6, 8, 7});
  EXPECT_EQ(r.s, 24.0);
  EXPECT_NEAR(r.variance, 65.3333, 5e-5);
  EXPECT_NEAR(r.z, 2.84551, 5e-6);
  EXPECT_NEAR(r.p, 0.004434, 1e-6);
  const auto tied = mann_kendall(std::vector<double>{1, 1, 2, 2, 2, 3});
  EXPECT_EQ(tied.s, 11.0);
  EXPECT_NEAR(tied.variance, (6 * 5 * 17 - 2 * 1 * 9 - 3 * 2 * 11) / 18.0, 1e-12);
  EXPECT_EQ(mann_kendall(std::vector<double>{7}).p, 1.0);
  EXPECT_EQ(mann_kendall(std::vector<double>{5, 5, 5}).z, 0.0);
}

TEST(Trend, TheilSenIsNotBentByOneWildValue) {
  const std::vector<double> straight{1, 3, 5, 7, 9, 11}, wild{1, 3, 5, 7, 9, 500};
  EXPECT_EQ(theil_sen(straight).slope, 2.0);
  EXPECT_EQ(theil_sen(straight).intercept, 1.0);
  EXPECT_NEAR(theil_sen(wild).slope, 2.0, 1e-12);
  const auto r = theil_sen(wild);
  EXPECT_LE(r.low, r.slope);
  EXPECT_GE(r.high, r.slope);
  EXPECT_TRUE(std::isnan(theil_sen(std::vector<double>{4}).slope));
  EXPECT_EQ(theil_sen(std::vector<double>{1, unknown, 5}).slope, 2.0);
}

}  // namespace
}  // namespace guanxi::share
