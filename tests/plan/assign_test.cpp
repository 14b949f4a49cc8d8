#include <guanxi/plan/assign.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "support/plan_rosters.hpp"

namespace guanxi::plan {
namespace {

/// Best value over all assignments; minus infinity when none keeps the rows.
double enumerate(const fixtures::owned_roster& o) {
  const std::size_t n = o.start.size() - 1;
  std::vector<std::size_t> at(o.start.begin(), o.start.end() - 1);
  double best = -std::numeric_limits<double>::infinity();
  for (;;) {
    std::vector<double> load(o.managers * o.loads, 0.0), cost(o.budgets, 0.0);
    double value = 0.0;
    for (const std::size_t j : at) {
      value += o.value[j];
      for (std::size_t q = 0; q < o.loads; ++q) load[o.manager[j] * o.loads + q] += o.load[j * o.loads + q];
      for (std::size_t k = 0; k < o.budgets; ++k) cost[k] += o.cost[j * o.budgets + k];
    }
    bool kept = true;
    for (std::size_t d = 0; d < load.size(); ++d) kept = kept && load[d] <= o.capacity[d] && load[d] >= o.floor[d];
    for (std::size_t k = 0; k < cost.size(); ++k) kept = kept && cost[k] <= o.budget[k];
    if (kept) best = std::max(best, value);
    std::size_t i = 0;
    for (; i < n; ++i) {
      if (++at[i] < o.start[i + 1]) break;
      at[i] = o.start[i];
    }
    if (i == n) return best;
  }
}

TEST(Assign, SmallRostersAgainstEveryAssignment) {
  std::size_t feasible = 0, found = 0, best = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto o = fixtures::small_roster(seed);
    const double want = enumerate(o);
    const assignment a = assign(o.view(), o.limits());
    if (want == -std::numeric_limits<double>::infinity()) {
      EXPECT_FALSE(a.feasible) << seed;
      continue;
    }
    ++feasible;
    if (!a.feasible) {
      EXPECT_NE(a.status.find("none is proven missing"), std::string::npos) << seed << a.status;
      continue;
    }
    ++found;
    EXPECT_GE(a.bound, want - 1e-9) << seed;
    EXPECT_LE(a.value, want + 1e-9) << seed;
    best += std::abs(a.value - want) < 1e-9;
    double value = 0.0;
    for (std::size_t i = 0; i < a.option.size(); ++i) value += o.value[o.start[i] + a.option[i]];
    EXPECT_NEAR(value, a.value, 1e-9);
    for (std::size_t d = 0; d < a.loads.size(); ++d) {
      EXPECT_LE(a.loads[d], o.capacity[d] + 1e-9);
      EXPECT_GE(a.loads[d], o.floor[d] - 1e-9);
    }
  }
  EXPECT_GT(feasible, 150u);
  EXPECT_GE(static_cast<double>(found), 0.97 * static_cast<double>(feasible));
  EXPECT_GE(static_cast<double>(best), 0.97 * static_cast<double>(feasible));
  RecordProperty("best", static_cast<int>(best));
}

TEST(Assign, AThousandAccountsAndTwentyManagers) {
  const auto o = fixtures::travel_roster(1'000, 20);
  const assignment a = assign(o.view(), o.limits(), {.threads = 1});
  ASSERT_TRUE(a.feasible) << a.status;
  EXPECT_LE(a.gap, 1e-4);
  // the bound again, by hand
  double bound = 0.0;
  for (std::size_t i = 0; i < 1'000; ++i) {
    double top = -1e300;
    for (std::size_t j = o.start[i]; j < o.start[i + 1]; ++j) top = std::max(top, o.value[j] - a.prices[o.manager[j]] * o.load[j]);
    bound += top;
  }
  for (std::size_t m = 0; m < 20; ++m) bound += a.prices[m] * (a.prices[m] > 0 ? o.capacity[m] : o.floor[m]);
  EXPECT_NEAR(bound, a.bound, 1e-9 * bound);
  const assignment two = assign(o.view(), o.limits(), {.threads = 3});
  EXPECT_EQ(a.option, two.option);
  EXPECT_EQ(a.prices, two.prices);
}

TEST(Assign, AFloorHasANegativePriceAndACapacityAPositiveOne) {
  // one manager is worse for everybody, but must have work
  fixtures::owned_roster o;
  o.managers = 2;
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::uint32_t m = 0; m < 2; ++m) {
      o.value.push_back(m == 0 ? 10.0 : 4.0 + 0.1 * static_cast<double>(i));
      o.load.push_back(1.0);
      o.manager.push_back(m);
    }
    o.start.push_back(o.value.size());
  }
  o.capacity = {10.0, 10.0};
  o.floor = {0.0, 3.0};
  const assignment a = assign(o.view(), o.limits());
  ASSERT_TRUE(a.feasible);
  EXPECT_LT(a.prices[1], 0.0);
  EXPECT_NEAR(a.prices[1], -5.2, 0.15);
  EXPECT_EQ(a.loads[1], 3.0);
  o.floor = {0.0, 0.0};
  o.capacity = {6.0, 10.0};
  EXPECT_GT(assign(o.view(), o.limits()).prices[0], 0.0);
}

TEST(Assign, WhatCannotBeIsNamed) {
  fixtures::owned_roster o;
  o.managers = 2;
  for (std::size_t i = 0; i < 6; ++i) {  // manager 0 alone may take the first four
    for (std::uint32_t m = 0; m < (i < 4 ? 1u : 2u); ++m) {
      o.value.push_back(5.0);
      o.load.push_back(3.0);
      o.manager.push_back(m);
    }
    o.start.push_back(o.value.size());
  }
  o.capacity = {9.0, 100.0};
  o.floor = {0.0, 0.0};
  const assignment a = assign(o.view(), o.limits());
  EXPECT_FALSE(a.feasible);
  EXPECT_EQ(a.status, "infeasible: capacity is short");
  EXPECT_EQ(a.short_of, std::vector<std::uint32_t>{0});
  EXPECT_EQ(a.need, 12.0);
  EXPECT_EQ(a.have, 9.0);
  o.capacity = {12.0, 100.0};
  EXPECT_TRUE(assign(o.view(), o.limits()).feasible);
  o.floor = {0.0, 7.0};
  const assignment floor = assign(o.view(), o.limits());
  EXPECT_FALSE(floor.feasible);
  EXPECT_EQ(floor.short_of, std::vector<std::uint32_t>{1});
  o.start[1] = 0;
  EXPECT_THROW((void)assign(o.view(), o.limits()), error);
}

}  // namespace
}  // namespace guanxi::plan
