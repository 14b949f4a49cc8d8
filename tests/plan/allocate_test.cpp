#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/plan.hpp>

#include "reference/plan_enumerate.hpp"
#include "support/plan_books.hpp"

namespace {
using namespace guanxi;
using fixtures::owned_book;

/// What the plan says of itself, counted again the obvious way.
void expect_sound(const owned_book& o, const plan::allocation& r, const std::string& name, const std::vector<double>& budget) {
  ASSERT_EQ(r.level.size(), o.start.size() - 1) << name;
  const std::size_t k = o.budgets;
  double value = 0.0, loss = 0.0, size = 1.0;
  std::vector<double> use(k, 0.0);
  for (std::size_t i = 0; i < r.level.size(); ++i) {
    const std::uint64_t row = o.start[i] + r.level[i];
    ASSERT_LT(row, o.start[i + 1]) << name;
    value += o.value[row];
    size += std::abs(o.value[row]);
    loss += r.loss[i];
    EXPECT_GE(r.loss[i], 0.0) << name;
    for (std::size_t d = 0; d < k; ++d) use[d] += o.cost[row * k + d];
  }
  double unspent = 0.0;
  for (std::size_t d = 0; d < k; ++d) {
    EXPECT_LE(use[d], budget[d] * (1 + 1e-11)) << name;
    EXPECT_NEAR(use[d], r.used[d], 1e-9 * (1 + budget[d])) << name;
    EXPECT_GE(r.prices[d], 0.0) << name;
    unspent += r.prices[d] * (budget[d] - use[d]);
  }
  EXPECT_NEAR(value, r.value, 1e-11 * size) << name;
  EXPECT_GE(r.bound, r.value) << name;
  EXPECT_GE(r.dual, r.bound - 1e-12 * size) << name;
  EXPECT_NEAR(r.dual - r.value, loss + unspent, 1e-11 * (size + std::abs(r.dual))) << name;  // the identity
}

TEST(Allocate, NeverBeatsEnumerationAndIsNeverBeatenByItsBound) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const owned_book o = fixtures::small_book(seed);
    const auto want = reference::enumerate(o.view(), o.budget);
    plan::settings set;
    set.exact = plan::proof::none;
    const auto r = plan::allocate(o.view(), o.budget, set);
    const std::string name = "seed " + std::to_string(seed);
    expect_sound(o, r, name, o.budget);
    EXPECT_LE(r.value, want.value + 1e-9) << name;
    EXPECT_GE(r.bound, want.value - 1e-9) << name;
  }
}

TEST(Allocate, TheGapShrinksWithTheBook) {
  const struct {
    std::size_t n;
    double gap;
  } wanted[] = {{1'000, 1.5e-4}, {10'000, 1.5e-5}, {60'000, 3e-6}};
  for (const auto& [n, gap] : wanted) {
    const owned_book o = fixtures::exporter_book(n);
    plan::settings set;
    set.exact = plan::proof::none;
    const auto r = plan::allocate(o.view(), o.budget, set);
    expect_sound(o, r, std::to_string(n), o.budget);
    EXPECT_LE(r.gap, gap) << n;
  }
}

TEST(Allocate, SameBitsForAnyNumberOfThreads) {
  for (const std::size_t n : {9'000u, 60'000u}) {
    const owned_book o = fixtures::exporter_book(n);
    plan::settings one;
    one.threads = 1;
    const auto want = plan::allocate(o.view(), o.budget, one);
    for (const unsigned threads : {2u, 3u, 8u}) {
      plan::settings many = one;
      many.threads = threads;
      const auto got = plan::allocate(o.view(), o.budget, many);
      EXPECT_EQ(got.level, want.level);
      EXPECT_EQ(got.prices, want.prices);
      EXPECT_EQ(got.value, want.value);
      EXPECT_EQ(got.bound, want.bound);
    }
  }
}

TEST(Allocate, NoAccounts) {
  const std::vector<std::uint64_t> start{0};
  const std::vector<double> budget{5.0};
  const auto r = plan::allocate({start, {}, {}, 1}, budget);
  EXPECT_EQ(r.status, "optimal");
  EXPECT_EQ(r.value, 0.0);
  EXPECT_EQ(r.bound, 0.0);
  EXPECT_EQ(r.prices, std::vector<double>{0.0});
}

TEST(Allocate, OneLevelEach) {
  const std::vector<std::uint64_t> start{0, 1, 2};
  const std::vector<double> value{3.0, -1.0}, cost{1.0, 2.0}, budget{3.0};
  const auto r = plan::allocate({start, value, cost, 1}, budget);
  EXPECT_EQ(r.status, "optimal");
  EXPECT_EQ(r.value, 2.0);
  EXPECT_EQ(r.used[0], 3.0);
}

TEST(Allocate, ZeroBudgetsLeaveWhatIsFree) {
  const std::vector<std::uint64_t> start{0, 2, 4};
  const std::vector<double> value{0.0, 7.0, 0.0, 5.0}, cost{0.0, 1.0, 0.0, 0.0}, budget{0.0};
  const auto r = plan::allocate({start, value, cost, 1}, budget);
  EXPECT_EQ(r.level, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(r.value, 5.0);
  EXPECT_EQ(r.status, "optimal");
}

TEST(Allocate, ASlackBudgetHasNoPrice) {
  const std::vector<std::uint64_t> start{0, 2, 4};
  const std::vector<double> value{0.0, 7.0, 0.0, 5.0}, cost{0.0, 1.0, 0.0, 1.0}, budget{100.0};
  const auto r = plan::allocate({start, value, cost, 1}, budget);
  EXPECT_EQ(r.value, 12.0);
  EXPECT_EQ(r.prices[0], 0.0);
  EXPECT_EQ(r.gap, 0.0);
}

TEST(Allocate, EqualAccountsAreServedInOrder) {
  owned_book o;
  for (int i = 0; i < 20; ++i) {
    o.value.insert(o.value.end(), {0.0, 10.0});
    o.cost.insert(o.cost.end(), {0.0, 3.0});
    o.start.push_back(o.value.size());
  }
  o.budget = {31.0};
  const auto r = plan::allocate(o.view(), o.budget);
  EXPECT_EQ(r.value, 100.0);
  expect_sound(o, r, "equal", o.budget);
}

TEST(Allocate, GreatAndTinyValuesInOneBook) {
  owned_book o;
  for (int i = 0; i < 40; ++i) {
    const double worth = i % 2 ? 1e12 : 1e-12;
    o.value.insert(o.value.end(), {0.0, worth, 1.5 * worth});
    o.cost.insert(o.cost.end(), {0.0, 1.0, 3.0});
    o.start.push_back(o.value.size());
  }
  o.budget = {50.0};
  const auto r = plan::allocate(o.view(), o.budget);
  expect_sound(o, r, "great and tiny", o.budget);
  EXPECT_NEAR(r.value, 20e12 + 15 * 0.5e12, 1.0);
}

TEST(Allocate, ABudgetBelowTheLeastNeedNamesTheRow) {
  const std::vector<std::uint64_t> start{0, 2, 3, 4};
  const std::vector<double> value{1.0, 7.0, 3.0, 5.0}, cost{1000.0, 2000.0, 4120.4, 0.0}, budget{1440.0};
  plan::settings set;
  set.names = {"hours"};
  const auto r = plan::allocate({start, value, cost, 1}, budget, set);
  EXPECT_EQ(r.status,
            "infeasible: 'hours' needs at least 5,120.4, budget 1,440: raise it by 3,680.4 or free one of account 1, "
            "account 0 (largest first)");
  ASSERT_EQ(r.failing.size(), 1u);
  EXPECT_TRUE(r.level.empty());
  EXPECT_FALSE(r.feasible());
  EXPECT_TRUE(std::isnan(r.value));
  const std::vector<double> enough{r.failing[0].need};  // what the message says makes it feasible
  EXPECT_TRUE(plan::allocate({start, value, cost, 1}, enough, set).feasible());
}

std::string refusal(const owned_book& o, const std::vector<double>& budget, const plan::settings& set = {}) {
  try {
    (void)plan::allocate(o.view(), budget, set);
  } catch (const error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Allocate, RefusesWithOneSentence) {
  owned_book o;
  o.value = {0.0, 7.0, 0.0, 5.0};
  o.cost = {0.0, 1.0, 0.0, 1.0};
  o.start = {0, 2, 4};
  EXPECT_EQ(refusal(o, {1.0, 2.0}), "plan::allocate: 'budget' has 2 entries, the book has 1 budgets");
  EXPECT_EQ(refusal(o, {-1.0}), "plan::allocate: budget of budget 0 is -1.000000, wanted >= 0");
  EXPECT_EQ(refusal(o, {NAN}), "plan::allocate: budget of budget 0 is nan, wanted a number >= 0");
  owned_book bad = o;
  bad.value[3] = NAN;
  EXPECT_EQ(refusal(bad, {1.0}), "plan::allocate: 'value' of account 1 level 1 is nan, wanted a finite number");
  bad = o;
  bad.cost[1] = -2.0;
  EXPECT_EQ(refusal(bad, {1.0}), "plan::allocate: cost in budget 0 of account 0 level 1 is -2.000000, wanted >= 0");
  bad = o;
  bad.cost[2] = INFINITY;
  EXPECT_EQ(refusal(bad, {1.0}), "plan::allocate: cost in budget 0 of account 1 level 0 is inf, wanted a number >= 0");
  bad = o;
  bad.start = {0, 4, 4};
  EXPECT_EQ(refusal(bad, {1.0}), "plan::allocate: account 1 has no level, wanted at least one");
  bad = o;
  bad.cost.pop_back();
  EXPECT_EQ(refusal(bad, {1.0}), "plan::allocate: 'cost' has 3 entries, wanted 4 rows x 1 budgets");
  plan::settings set;
  set.pins = {{5, 0}};
  EXPECT_EQ(refusal(o, {1.0}, set), "plan::allocate: 'pins' names account 5, the book has 2");
  set.pins = {{1, 3}};
  EXPECT_EQ(refusal(o, {1.0}, set), "plan::allocate: 'pins' names level 3 of account 1, which has 2");
}

TEST(Explain, AtTheSwitchingPriceBothLevelsAreWorthTheSame) {
  const owned_book o = fixtures::exporter_book(300);
  const auto r = plan::allocate(o.view(), o.budget);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const auto why = plan::explain(o.view(), r, i);
    ASSERT_NE(why.level, why.runner_up);
    EXPECT_NEAR(why.net, r.net[i], 1e-9 * (1 + std::abs(why.net)));
    for (std::size_t d = 0; d < 3; ++d) {
      if (std::isnan(why.switching[d])) continue;
      ++seen;
      std::vector<double> at = r.prices;
      at[d] = why.switching[d];
      const auto net = [&](std::uint32_t j) {
        const std::uint64_t row = o.start[i] + j;
        return o.value[row] - at[0] * o.cost[row * 3] - at[1] * o.cost[row * 3 + 1] - at[2] * o.cost[row * 3 + 2];
      };
      EXPECT_NEAR(net(why.level), net(why.runner_up), 1e-9 * (1 + std::abs(why.value)));
    }
  }
  EXPECT_GT(seen, 300u);
  EXPECT_THROW((void)plan::explain(o.view(), r, 300), error);
}

}  // namespace
