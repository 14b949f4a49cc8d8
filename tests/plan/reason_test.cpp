#include <guanxi/plan/reason.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/plan/curves.hpp>
#include <guanxi/plan/draw_prices.hpp>
#include <guanxi/plan/highs.hpp>
#include <guanxi/plan/risk.hpp>

#include "support/plan_books.hpp"

namespace guanxi::plan {
namespace {

TEST(Reasons, OneSentenceAnAccountInTheCallersWords) {
  const std::vector<std::uint64_t> start{0, 3, 5};
  const std::vector<double> value{0, 9'000, 14'000, 0, 1}, cost{0, 10, 24, 0, 12};
  const book b{start, value, cost, 1};
  settings set;
  set.names = {"hours"};
  const std::vector<double> budget{24};
  const allocation p = allocate(b, budget, set);
  const std::vector<std::uint32_t> code{0, 1, 2, 0, 1};
  const std::vector<std::string> names{"hold", "call", "visit"};
  const auto text = reasons(b, p, runner_ups(b, p, set), set, {code, names});
  ASSERT_EQ(text.size(), 2u);
  EXPECT_EQ(text[0].find("gains 14,000 for 24 hours, "), 0u) << text[0];
  EXPECT_NE(text[0].find("call"), std::string::npos) << text[0];
  EXPECT_EQ(text[1].find("no effort here gains what it costs elsewhere; nearest call, which falls short by "), 0u) << text[1];
  settings pinned = set;
  pinned.pins = {{0, 0}};
  const allocation q = allocate(b, budget, pinned);
  const auto held = reasons(b, q, runner_ups(b, q, pinned), pinned, {code, names});
  EXPECT_NE(held[0].find("held by hand, visit would be worth"), std::string::npos) << held[0];
}

TEST(Reasons, AmountsAreShort) {
  EXPECT_EQ(short_amount(1'234'567.8), "1,234,568");
  EXPECT_EQ(short_amount(41.372), "41.37");
  EXPECT_EQ(short_amount(12.0), "12");
  EXPECT_EQ(short_amount(0.13472), "0.1347");
  EXPECT_EQ(short_amount(std::nan("")), "unknown");
}

TEST(PricesOverDraws, DrawsThatDoNotMoveGiveThePricesOfThePlanForAnyNumberOfThreads) {
  const auto o = fixtures::exporter_book(300);
  std::vector<double> draws;
  for (const double v : o.value) draws.insert(draws.end(), 30, v);
  const allocation p = allocate(o.view(), o.budget);
  const draw_prices d = prices_over_draws<double>(o.view(), o.budget, draws, p);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(d.price[k].low, p.prices[k], 0.02 * p.prices[k] + 1e-9);
    EXPECT_NEAR(d.price[k].high, p.prices[k], 0.02 * p.prices[k] + 1e-9);
  }
  settings three;
  three.threads = 3;
  const draw_prices again = prices_over_draws<double>(o.view(), o.budget, draws, p, three);
  EXPECT_EQ(again.all, d.all);
  EXPECT_EQ(again.firm, d.firm);
  EXPECT_THROW((void)prices_over_draws<double>(o.view(), o.budget, std::span<const double>(draws).first(7), p), error);
}

TEST(ResponseDraws, WithoutDoubtTheCurveItselfAndSharedDoubtMovesAllAlike) {
  const std::vector<std::uint64_t> start{0, 2, 4};
  const std::vector<double> effort{0, 30, 0, 30}, high{100, 200}, half{30, 30}, power{1, 2};
  const auto sure = response_draws(start, effort, {high, half, power}, 3, {0, 0, 0});
  EXPECT_EQ(sure[0], 0.0f);
  EXPECT_NEAR(sure[3], 50.0f, 1e-4f);
  EXPECT_NEAR(sure[9], 100.0f, 1e-4f);
  const auto moved = response_draws(start, effort, {high, half, power}, 50, {0.7, 0, 0}, 4);
  for (std::size_t w = 0; w < 50; ++w) {  // odds of the curves: (half/x)^-power with the same half
    const double a = moved[50 + w] / (100.0 - moved[50 + w]), b = moved[150 + w] / (200.0 - moved[150 + w]);
    EXPECT_NEAR(a * a, b, 1e-3 * b);
  }
  EXPECT_THROW((void)response_draws(start, effort, {high, std::vector<double>{0, 1}, power}, 3), error);
  EXPECT_THROW((void)response_draws(start, effort, {high, half, std::vector<double>{1}}, 3), error);
}

TEST(Highs, IsNotNeededAndAMissingLibraryIsNamed) {
  try {
    const highs_library none("/no/such/libhighs.so");
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::io);
    EXPECT_STREQ(e.what(), "plan::highs_library: '/no/such/libhighs.so' cannot be opened: give the path of HiGHS's C library, or set GUANXI_HIGHS");
  }
}

TEST(Highs, AgreesWithOurProofWhereItIsInstalled) {
  if (std::getenv("GUANXI_HIGHS") == nullptr) GTEST_SKIP() << "GUANXI_HIGHS does not name HiGHS's C library";
  const highs_library highs;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto o = fixtures::small_book(seed);
    settings full;
    full.exact = proof::full;
    const allocation ours = allocate(o.view(), o.budget, full), theirs = allocate_by_highs(highs, o.view(), o.budget);
    ASSERT_EQ(ours.feasible(), theirs.feasible());
    if (!ours.failing.empty()) continue;
    EXPECT_NEAR(ours.value, theirs.value, 1e-9) << seed << theirs.status;
    EXPECT_GE(theirs.bound, ours.value - 1e-9) << seed;
  }
}

}  // namespace
}  // namespace guanxi::plan
