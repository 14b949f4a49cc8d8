#include <guanxi/plan/risk.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/plan/explore.hpp>
#include <guanxi/plan/rules.hpp>

#include "support/plan_books.hpp"

namespace guanxi::plan {
namespace {

/// Three levels each, two countries that fail together, one budget.
struct world {
  std::vector<std::uint64_t> start{0};
  std::vector<double> value, cost, budget;
  std::vector<std::uint32_t> country;
  std::vector<float> draws;
  [[nodiscard]] book view() const { return {start, value, cost, 1}; }
};

world make(std::size_t n, std::size_t s, std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  world w;
  double all = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      w.value.push_back(static_cast<double>(j * (10 + bits() % 40)));
      w.cost.push_back(static_cast<double>(j * (1 + bits() % 5)));
    }
    all += w.cost.back();
    w.country.push_back(static_cast<std::uint32_t>(bits() % 2));
    w.start.push_back(w.value.size());
  }
  w.budget = {std::floor(0.5 * all)};
  const common_factor factor{w.country, 0.8};
  const std::vector<double> own(n, 0.3);
  w.draws = common_draws(w.start, w.value, {&factor, 1}, own, s, seed);
  return w;
}

double objective(const world& w, const std::vector<std::size_t>& at, std::size_t s, double risk, double tail) {
  std::vector<double> total(s, 0.0);
  for (std::size_t i = 0; i < at.size(); ++i)
    for (std::size_t d = 0; d < s; ++d) total[d] += static_cast<double>(w.draws[(w.start[i] + at[i]) * s + d]);
  double mean = 0.0;
  for (const double x : total) mean += x / static_cast<double>(s);
  std::sort(total.begin(), total.end());
  const double count = tail * static_cast<double>(s);
  double bad = 0.0, left = count;
  for (std::size_t d = 0; d < s && left > 0; ++d, left -= 1.0) bad += std::min(1.0, left) * total[d] / count;
  return (1 - risk) * mean + risk * bad;
}

TEST(Risk, BoundAndPlanAgainstEveryPlan) {
  std::size_t best = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const std::size_t n = 7, s = 250;
    const world w = make(n, s, seed);
    const double risk = 0.3 + 0.2 * static_cast<double>(seed % 4);
    double want = -1e300;
    std::vector<std::size_t> at(n, 0);
    for (std::size_t code = 0; code < 2187; ++code) {
      double used = 0.0;
      std::size_t rest = code;
      for (std::size_t i = 0; i < n; ++i, rest /= 3) used += w.cost[w.start[i] + (at[i] = rest % 3)];
      if (used <= w.budget[0]) want = std::max(want, objective(w, at, s, risk, 0.1));
    }
    const risk_plan p = allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.risk = risk, .tail = 0.1, .tolerance = 1e-9, .rounds = 40});
    EXPECT_GE(p.chosen.bound, want * (1 - 1e-9)) << seed;
    EXPECT_LE(p.chosen.value, want * (1 + 1e-9)) << seed;
    EXPECT_GE(p.chosen.value, 0.93 * want) << seed;
    best += p.chosen.value >= want * (1 - 1e-6);
    std::vector<std::size_t> mine(p.chosen.level.begin(), p.chosen.level.end());
    EXPECT_NEAR(p.chosen.value, objective(w, mine, s, risk, 0.1), 1e-6 * want);
  }
  EXPECT_GE(best, 8u);
}

TEST(Risk, WithoutRiskItIsThePlainPlanAndRiskMovesEffortToOtherCountries) {
  const std::size_t s = 200;
  const world w = make(400, s, 3);
  const risk_plan plain = allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.risk = 0.0});
  std::vector<double> mean(w.value.size());
  for (std::size_t r = 0; r < mean.size(); ++r)
    for (std::size_t d = 0; d < s; ++d) mean[r] += static_cast<double>(w.draws[r * s + d]) / static_cast<double>(s);
  const allocation want = allocate({w.start, mean, w.cost, 1}, w.budget);
  EXPECT_NEAR(plain.chosen.value, want.value, 1e-6 * want.value);
  const risk_plan careful = allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.risk = 0.9});
  EXPECT_GE(careful.cvar, plain.cvar * (1 - 1e-9));
  EXPECT_LE(careful.mean, plain.mean * (1 + 1e-9));
  EXPECT_LE(careful.chosen.gap, 1e-2);
  settings three;
  three.threads = 3;
  const risk_plan threads = allocate_at_risk<float>(w.view(), w.budget, w.draws, three, {.risk = 0.9});
  EXPECT_EQ(threads.chosen.level, careful.chosen.level);
  for (std::size_t i = 0; i < 400; ++i) {
    EXPECT_GE(careful.chance[i], 0.0);
    EXPECT_LE(careful.chance[i], 1.0);
    EXPECT_LE(careful.gain[i].low, careful.gain[i].high);
  }
}

TEST(Risk, AgainstTodaysPlanEveryPlanAndNeverBelowNothing) {
  std::size_t best = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const std::size_t n = 6, s = 120;
    world w = make(n, s, seed);
    std::vector<std::uint32_t> today(n);
    double needs = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      today[i] = static_cast<std::uint32_t>((seed + i) % 3);
      needs += w.cost[w.start[i] + today[i]];
    }
    w.budget[0] = std::max(w.budget[0], needs);
    // the same draws less those of today's level: its plain objective is the one that we want
    world less = w;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        for (std::size_t d = 0; d < s; ++d) less.draws[(w.start[i] + j) * s + d] -= w.draws[(w.start[i] + today[i]) * s + d];
    double want = -1e300;
    std::vector<std::size_t> at(n, 0);
    for (std::size_t code = 0; code < 729; ++code) {
      double used = 0.0;
      std::size_t rest = code;
      for (std::size_t i = 0; i < n; ++i, rest /= 3) used += w.cost[w.start[i] + (at[i] = rest % 3)];
      if (used <= w.budget[0]) want = std::max(want, objective(less, at, s, 1.0, 0.1));
    }
    const risk_plan p = allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.risk = 1.0, .tail = 0.1, .tolerance = 1e-9, .rounds = 40, .against = today});
    EXPECT_GE(want, -1e-6) << seed;  // today's plan itself
    EXPECT_GE(p.chosen.bound, want - 1e-6) << seed;
    EXPECT_LE(p.chosen.value, want + 1e-4) << seed;
    EXPECT_GE(p.cvar, -1e-9) << seed;
    best += p.chosen.value >= want - 1e-3 * (1.0 + std::abs(want));
    const std::vector<std::size_t> mine(p.chosen.level.begin(), p.chosen.level.end());
    EXPECT_NEAR(p.cvar, objective(less, mine, s, 1.0, 0.1), 1e-3) << seed;
  }
  EXPECT_GE(best, 5u);
  const world w = make(4, 20, 1);
  const std::vector<std::uint32_t> shorter(3), wrong{0, 0, 0, 9};
  EXPECT_THROW((void)allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.against = shorter}), error);
  EXPECT_THROW((void)allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.against = wrong}), error);
}

TEST(Risk, RefusesWhatCannotBeMeant) {
  const world w = make(3, 10, 1);
  EXPECT_THROW((void)allocate_at_risk<float>(w.view(), w.budget, std::span(w.draws).first(11), {}, {}), error);
  EXPECT_THROW((void)allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.risk = 1.5}), error);
  EXPECT_THROW((void)allocate_at_risk<float>(w.view(), w.budget, w.draws, {}, {.risk = 0.5, .tail = 0.0}), error);
}

TEST(KnowledgeGradient, AgreesWithQuadrature) {
  std::mt19937_64 bits(4);
  std::normal_distribution<double> z;
  for (std::size_t trial = 0; trial < 50; ++trial) {
    const std::size_t levels = 1 + bits() % 5;
    std::vector<double> a(levels), s(levels);
    for (std::size_t j = 0; j < levels; ++j) a[j] = z(bits), s[j] = 2 * z(bits);
    double want = 0.0, mass = 0.0;
    for (double x = -9.0; x <= 9.0; x += 1e-3) {
      double top = -1e300;
      for (std::size_t j = 0; j < levels; ++j) top = std::max(top, a[j] + s[j] * x);
      want += top * normal_pdf(x) * 1e-3;
      mass += normal_pdf(x) * 1e-3;
    }
    want -= *std::max_element(a.begin(), a.end()) * mass;
    EXPECT_NEAR(knowledge_gradient(a, s), want, 2e-6);
  }
  EXPECT_EQ(knowledge_gradient(std::vector<double>{1, 2}, std::vector<double>{0, 0}), 0.0);
}

TEST(Rules, KeepTheBudgetsAndNeverBeatTheBound) {
  const auto o = fixtures::exporter_book(500);
  std::vector<double> revenue(500);
  std::vector<std::uint32_t> present(500);
  for (std::size_t i = 0; i < 500; ++i) {
    revenue[i] = o.value[4 * i + 3] * (0.5 + static_cast<double>(i % 7));
    present[i] = static_cast<std::uint32_t>(i % 4);
  }
  const allocation best = allocate(o.view(), o.budget);
  const auto rules = simple_rules(o.view(), o.budget, revenue, present);
  ASSERT_EQ(rules.size(), 5u);
  EXPECT_EQ(rules[0].name, "by revenue");
  EXPECT_EQ(rules[2].name, "last year's plan");
  for (const rule_plan& r : rules) {
    EXPECT_LE(r.value, best.bound) << r.name;
    EXPECT_LT(r.value, best.value) << r.name;
    EXPECT_GT(r.value, 0.0) << r.name;
    for (std::size_t k = 0; k < 3; ++k) EXPECT_LE(r.used[k], o.budget[k] * (1 + 1e-9)) << r.name;
  }
  EXPECT_THROW((void)simple_rules(o.view(), o.budget, std::span(revenue).first(3)), error);
}

}  // namespace
}  // namespace guanxi::plan
