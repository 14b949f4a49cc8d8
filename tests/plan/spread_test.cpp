#include <guanxi/plan/spread.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::plan {
namespace {

struct curves {
  std::vector<double> low, high, half, power, most;
  [[nodiscard]] response_columns view() const { return {low, high, half, power, most}; }
};

curves some(std::size_t n, std::uint64_t seed, bool s_shaped) {
  std::mt19937_64 bits(seed);
  std::uniform_real_distribution<double> u;
  std::normal_distribution<double> z;
  curves c;
  for (std::size_t i = 0; i < n; ++i) {
    c.low.push_back(100 * u(bits));
    c.high.push_back(c.low.back() + std::exp(4.0 + z(bits)));
    c.half.push_back(5 + 20 * u(bits));
    c.power.push_back(s_shaped ? 1.2 + 2.5 * u(bits) : 0.4 + 0.6 * u(bits));
    c.most.push_back(i % 4 == 0 ? 30.0 : std::numeric_limits<double>::infinity());
  }
  return c;
}

/// Grid dynamic programme: the best spread in whole steps, a feasible plan.
double grid(const curves& c, double budget, double step) {
  const auto cells = static_cast<std::size_t>(budget / step + 1e-9);
  std::vector<double> best(cells + 1, 0.0);
  for (std::size_t i = 0; i < c.low.size(); ++i) {
    std::vector<double> r(cells + 1);
    for (std::size_t j = 0; j <= cells; ++j)
      r[j] = step * static_cast<double>(j) <= c.most[i] ? response_at(c.view().of(i), step * static_cast<double>(j)) : -1e300;
    std::vector<double> next(cells + 1, -1e300);
    for (std::size_t b = 0; b <= cells; ++b)
      for (std::size_t j = 0; j <= b; ++j) next[b] = std::max(next[b], best[b - j] + r[j]);
    best = next;
  }
  return best[cells];
}

TEST(Spread, BeatsAFineGridAndItsBoundHoldsForConcaveAndSShaped) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const std::size_t n = seed % 3 == 0 ? 30 : 10;
    const curves c = some(n, seed, seed % 2 == 0);
    const double budget = static_cast<double>(n) * (seed % 5 == 0 ? 1.0 : 6.0);
    const spread_plan p = spread(c.view(), budget, {.tolerance = 1e-6});
    const double want = grid(c, budget, 0.25);
    EXPECT_GE(p.total, want * (1 - 1e-6)) << seed;
    EXPECT_GE(p.bound, want * (1 - 1e-12)) << seed;
    EXPECT_LE(p.total, p.bound);
    EXPECT_LE(p.gap, 1e-6) << seed << " " << p.nodes;
    EXPECT_EQ(p.status, "optimal");
    double used = 0.0, value = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_GE(p.effort[i], 0.0);
      EXPECT_LE(p.effort[i], c.most[i]);
      used += p.effort[i];
      value += response_at(c.view().of(i), p.effort[i]);
      EXPECT_NEAR(p.value[i], response_at(c.view().of(i), p.effort[i]), 1e-9);
    }
    EXPECT_LE(used, budget * (1 + 1e-9));
    EXPECT_NEAR(value, p.total, 1e-9 * value);
  }
}

TEST(Spread, ConcaveEffortsHaveOneSlopeAndThePriceIsTheFiniteDifference) {
  const curves c = some(500, 3, false);
  const spread_plan p = spread(c.view(), 2'000);
  EXPECT_LE(p.gap, 1e-10);
  EXPECT_NEAR(p.used, 2'000, 1e-6);
  for (std::size_t i = 0; i < 500; ++i)
    if (p.effort[i] > 0 && p.effort[i] < c.most[i]) {
      EXPECT_NEAR(slope_at(c.view().of(i), p.effort[i]), p.price, 1e-6 * p.price);
    }
  const double more = spread(c.view(), 2'001).total - p.total, less = p.total - spread(c.view(), 1'999).total;
  EXPECT_LE(more, p.price * (1 + 1e-6));
  EXPECT_GE(less, p.price * (1 - 1e-6));
}

TEST(Spread, EqualAccountsUnderAnSShapeAreServedOneByOne) {
  const std::size_t n = 6;
  curves c{std::vector<double>(n, 0.0), std::vector<double>(n, 100.0), std::vector<double>(n, 10.0), std::vector<double>(n, 4.0), std::vector<double>(n, 1e3)};
  const spread_plan p = spread(c.view(), 30.0);
  EXPECT_GE(p.total, grid(c, 30.0, 0.25) * (1 - 1e-6));
  EXPECT_GE(p.total, 1.5 * 6 * response_at(c.view().of(0), 5.0));  // equal effort for all wins little
}

TEST(Spread, NeverLessWithMoreBudgetAndTheSameBitsForAnyThreads) {
  const curves c = some(40, 9, true);
  double before = 0.0;
  for (double budget = 0.0; budget < 900.0; budget += 37.0) {
    const spread_plan p = spread(c.view(), budget);
    EXPECT_GE(p.bound, before * (1 - 1e-12));
    before = p.total;
  }
  const curves big = some(50'000, 4, true);
  const spread_plan one = spread(big.view(), 300'000, {.threads = 1}), two = spread(big.view(), 300'000, {.threads = 3});
  EXPECT_EQ(one.effort, two.effort);
  EXPECT_EQ(one.total, two.total);
  EXPECT_LE(one.gap, 1e-6);
  EXPECT_GE(one.gap, 0.0);
  EXPECT_NEAR(one.used, 300'000, 1e-3);
}

TEST(Spread, EdgesAreAnswered) {
  const curves none;
  EXPECT_EQ(spread(none.view(), 5.0).total, 0.0);
  const curves c = some(5, 2, true);
  const spread_plan zero = spread(c.view(), 0.0);
  EXPECT_EQ(zero.used, 0.0);
  EXPECT_EQ(zero.effort, std::vector<double>(5, 0.0));
  curves all = c;
  all.most.assign(5, 4.0);
  const spread_plan rich = spread(all.view(), 100.0);
  EXPECT_EQ(rich.price, 0.0);
  EXPECT_EQ(rich.used, 20.0);
  curves worse = c;
  worse.high = worse.low;
  EXPECT_EQ(spread(worse.view(), 10.0).used, 0.0);
}

TEST(Response, FourAnswersComeBack) {
  const response r = response_from_answers(12, 100, 260, 330, 500);
  EXPECT_NEAR(response_at(r, 0), 100, 1e-12);
  EXPECT_NEAR(response_at(r, 12), 260, 1e-9);
  EXPECT_NEAR(response_at(r, 18), 330, 1e-9);
  EXPECT_NEAR(response_at(r, 1e12), 500, 1e-3);
  const double h = 1e-5;
  EXPECT_NEAR(slope_at(r, 12), (response_at(r, 12 + h) - response_at(r, 12 - h)) / (2 * h), 1e-6);
  try {
    (void)response_from_answers(12, 100, 260, 250, 500);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "plan::response_from_answers: the answers none 100.000000, now 260.000000, half more 250.000000, saturation 500.000000 must rise in this order");
  }
}

TEST(Spread, RefusesWhatCannotBeMeant) {
  curves c = some(3, 1, true);
  c.power[1] = 0.0;
  try {
    (void)spread(c.view(), 5.0);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "plan::spread: 'power' of account 1 is 0.000000, wanted above 0");
  }
  EXPECT_THROW((void)spread(some(3, 1, true).view(), -1.0), error);
}

}  // namespace
}  // namespace guanxi::plan
