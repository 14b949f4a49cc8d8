// Pins, exclusions, minimum levels, floors and caps, infeasible rows, price ranges, least amounts.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/plan.hpp>

#include "reference/plan_enumerate.hpp"
#include "support/plan_books.hpp"

namespace {
using namespace guanxi;
using fixtures::owned_book;

/// A small book with conditions drawn at random.
struct conditioned {
  owned_book o;
  std::vector<std::uint32_t> region, product;
  plan::settings set;
};

conditioned draw(std::uint64_t seed) {
  conditioned c;
  c.o = fixtures::small_book(seed);
  std::mt19937_64 bits(seed * 77 + 1);
  const std::size_t n = c.o.start.size() - 1;
  for (std::size_t i = 0; i < n; ++i) {
    c.region.push_back(static_cast<std::uint32_t>(bits() % 3));
    c.product.push_back(static_cast<std::uint32_t>(bits() % 2));
  }
  const auto held = [&] {
    const auto i = static_cast<std::uint32_t>(bits() % n);
    return plan::held{i, static_cast<std::uint32_t>(bits() % (c.o.start[i + 1] - c.o.start[i]))};
  };
  if (bits() % 3 == 0) c.set.pins.push_back(held());
  if (bits() % 3 == 0) c.set.excluded.push_back(held());
  if (bits() % 3 == 0) c.set.minimum.push_back(held());
  for (std::uint64_t q = bits() % 4; q > 0; --q)
    c.set.limits.push_back({bits() % 2, static_cast<std::uint32_t>(bits() % 3), bits() % c.o.budgets, bits() % 2 == 0,
                            static_cast<double>(bits() % 20)});
  return c;
}

reference::best_plan want(const conditioned& c) {
  return reference::enumerate(c.o.view(), c.o.budget, [&](const std::vector<std::uint32_t>& level) {
    for (const auto& h : c.set.pins)
      if (level[h.account] != h.level) return false;
    for (const auto& h : c.set.excluded)
      if (level[h.account] == h.level) return false;
    for (const auto& h : c.set.minimum)
      if (level[h.account] < h.level) return false;
    for (const auto& q : c.set.limits) {
      double use = 0.0;
      const auto& group = q.grouping == 0 ? c.region : c.product;
      for (std::size_t i = 0; i < level.size(); ++i)
        if (group[i] == q.group) use += c.o.cost[(c.o.start[i] + level[i]) * c.o.budgets + q.budget];
      if (q.floor ? use < q.amount - 1e-9 : use > q.amount + 1e-9) return false;
    }
    return true;
  });
}

TEST(Conditions, OptimalOrInfeasibleAsEnumerationSays) {
  std::size_t none = 0, held = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    conditioned c = draw(seed);
    c.set.groups = {c.region, c.product};
    const auto oracle = want(c);
    const auto r = plan::allocate(c.o.view(), c.o.budget, c.set);
    ASSERT_EQ(r.feasible(), oracle.found) << "seed " << seed << ": " << r.status;
    if (!oracle.found) {
      ++none;
      EXPECT_EQ(r.status.rfind("infeasible: ", 0), 0u) << r.status;
      EXPECT_NE(r.failing.at(0).why, plan::shortfall::kind::not_found) << seed;
      continue;
    }
    held += !c.set.limits.empty();
    EXPECT_NEAR(r.value, oracle.value, 1e-9) << "seed " << seed;
    EXPECT_EQ(r.status, "optimal") << seed;
    // the identity, with the prices of floors and caps
    double parts = 0.0;
    for (const double loss : r.loss) parts += loss;
    for (std::size_t d = 0; d < c.o.budgets; ++d) parts += r.prices[d] * (c.o.budget[d] - r.used[d]);
    for (std::size_t q = 0; q < c.set.limits.size(); ++q)
      parts += r.limit_prices[q] * (c.set.limits[q].floor ? r.limit_used[q] - c.set.limits[q].amount : c.set.limits[q].amount - r.limit_used[q]);
    EXPECT_NEAR(r.dual - r.value, parts, 1e-9 * (1 + std::abs(r.dual))) << seed;
  }
  EXPECT_GT(none, 300u);
  EXPECT_GT(held, 300u);
}

TEST(Conditions, AFloorCostsWhatItsPriceSays) {
  const owned_book o = fixtures::exporter_book(400);
  std::vector<std::uint32_t> region(400);
  for (std::size_t i = 0; i < 400; ++i) region[i] = static_cast<std::uint32_t>(i % 4);
  plan::settings set;
  set.exact = plan::proof::none;
  set.groups = {region};
  const auto open = plan::allocate(o.view(), o.budget, set);
  double north = 0.0;
  for (std::size_t i = 1; i < 400; i += 4) north += o.cost[(o.start[i] + open.level[i]) * 3];
  const double step = 0.02 * o.budget[0];
  set.limits = {{0, 1, 0, true, north + step}};
  const auto one = plan::allocate(o.view(), o.budget, set);
  set.limits[0].amount = north + 2 * step;
  const auto two = plan::allocate(o.view(), o.budget, set);
  EXPECT_GE(one.limit_used[0], north + step - 1e-6);
  EXPECT_GT(one.limit_prices[0], 0.0);
  const double slope = (one.dual - two.dual) / step;  // convex in the floor
  EXPECT_GE(slope, one.limit_prices[0] * (1 - 1e-6));
  EXPECT_LE(slope, two.limit_prices[0] * (1 + 1e-6));
}

TEST(Conditions, EveryFailingRowIsNamed) {
  const std::vector<std::uint64_t> start{0, 2, 4};
  const std::vector<double> value{0, 7, 0, 5}, cost{0, 1, 3, 4, 0, 2, 5, 6}, budget{2.0, 1.0};
  const std::vector<std::uint32_t> region{0, 1};
  plan::settings set;
  set.names = {"hours", "money"};
  const auto both = plan::allocate({start, value, cost, 2}, budget, set);
  EXPECT_EQ(both.status,
            "infeasible: 'money' needs at least 3, budget 1: raise it by 2 or free one of account 1, account 0 (largest first)");
  const std::vector<double> enough{20.0, 20.0};
  set.groups = {region};
  set.limits = {{0, 1, 0, true, 7.5}, {0, 1, 1, false, 1.0}};
  EXPECT_EQ(plan::allocate({start, value, cost, 2}, enough, set).status,
            "infeasible: the floor of group 1 on 'hours' asks 7.5, at most 5 can be met; the cap of group 1 on 'money' is 1, its "
            "accounts need at least 2");
  set.limits = {{0, 0, 0, true, 3.0}, {0, 1, 0, true, 4.5}};
  const std::vector<double> small{6.0, 20.0};
  EXPECT_EQ(plan::allocate({start, value, cost, 2}, small, set).status,
            "infeasible: 'hours' needs at least 7.5, budget 6: raise it by 1.5");
}

TEST(Conditions, RowsThatFailOnlyTogetherAreNamedTogether) {
  // each account needs 4 hours or 4 of money; 6 of each serve only two of three
  std::vector<std::uint64_t> start{0};
  std::vector<double> value, cost;
  for (int i = 0; i < 4; ++i) {
    value.insert(value.end(), {1.0, 1.0});
    cost.insert(cost.end(), {4.0, 0.0, 0.0, 4.0});
    start.push_back(value.size());
  }
  plan::settings set;
  set.names = {"hours", "money"};
  const std::vector<double> budget{7.0, 7.0};
  const auto r = plan::allocate({start, value, cost, 2}, budget, set);
  EXPECT_EQ(r.status.rfind("infeasible: 'hours', 'money' cannot be kept together; at least raise ", 0), 0u) << r.status;
  std::vector<double> more = budget;
  for (const auto& s : r.failing) more[s.budget] += s.raise;
  EXPECT_NEAR(more[0] + more[1], 16.0, 1e-6);
}

TEST(Conditions, AllLevelsExcluded) {
  const std::vector<std::uint64_t> start{0, 2, 3};
  const std::vector<double> value{0, 7, 1}, cost{0, 1, 0}, budget{2.0};
  plan::settings set;
  set.excluded = {{1, 0}};
  EXPECT_EQ(plan::allocate({start, value, cost, 1}, budget, set).status,
            "infeasible: account 1 has no level left: excluded, or larger than what the others leave of a budget");
}

TEST(Marginal, ThePriceLiesBetweenNextAndLastAndBothAreSlopes) {
  const owned_book o = fixtures::exporter_book(1000);
  const auto r = plan::allocate(o.view(), o.budget);
  const auto range = plan::price_ranges(o.view(), o.budget, r);
  for (std::size_t d = 0; d < 3; ++d) {
    EXPECT_LE(range[d].next, r.prices[d]);
    EXPECT_GE(range[d].last, r.prices[d]);
    EXPECT_GT(range[d].next, 0.5 * r.prices[d]);
    EXPECT_LT(range[d].last, 2.0 * r.prices[d]);
    for (const double part : {0.01, -0.01}) {  // the bound is concave: a longer step earns less than next, saves more than last
      std::vector<double> other = o.budget;
      other[d] *= 1 + part;
      const double slope = (plan::allocate(o.view(), other).dual - r.dual) / (other[d] - o.budget[d]);
      if (part > 0) {
        EXPECT_LE(slope, range[d].next * (1 + 1e-6));
      } else {
        EXPECT_GE(slope, range[d].last * (1 - 1e-6));
      }
    }
  }
}

TEST(Marginal, TheLeastAmountReachesTheTargetAndLessCannot) {
  const owned_book o = fixtures::exporter_book(500);
  const auto full = plan::allocate(o.view(), o.budget);
  for (const double part : {0.5, 0.8, 0.97, 1.0}) {
    const double target = part * full.value;
    const auto found = plan::least(o.view(), o.budget, 0, target);
    ASSERT_EQ(found.status, "reached") << part;
    EXPECT_GE(found.plan.value, target);
    EXPECT_LE(found.at_least, found.amount);
    EXPECT_NEAR(found.at_least, found.amount, 0.002 * o.budget[0]) << part;
    std::vector<double> just = o.budget;
    just[0] = found.at_least * (1 - 1e-6);
    EXPECT_LE(plan::allocate(o.view(), just).bound, target * (1 + 1e-9)) << part;
    just[0] = found.amount;
    EXPECT_GE(plan::allocate(o.view(), just).value, target * (1 - 1e-9)) << part;
  }
  const auto never = plan::least(o.view(), o.budget, 0, 100 * full.value);
  EXPECT_EQ(never.status.rfind("infeasible: the target is ", 0), 0u) << never.status;
}

TEST(Marginal, AWarmStartGivesThePlanOfAFreshCall) {
  for (const std::size_t n : {1'000u, 60'000u}) {
    const owned_book o = fixtures::exporter_book(n);
    const auto before = plan::allocate(o.view(), o.budget);
    std::vector<double> less = o.budget;
    less[0] = std::floor(0.9 * less[0]);
    plan::settings warm;
    warm.start_prices = before.prices;
    const auto fresh = plan::allocate(o.view(), less);
    const auto again = plan::allocate(o.view(), less, warm);
    EXPECT_NEAR(again.value, fresh.value, 1e-8 * fresh.value);
    EXPECT_NEAR(again.dual, fresh.dual, 2e-9 * fresh.dual);
    if (n <= 2000) { EXPECT_EQ(again.level, fresh.level); }
  }
}

}  // namespace
