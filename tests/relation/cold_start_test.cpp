// Where history is short: portfolio cells, sorting by profiles, how firm a ranking is, and what effort may be worth.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/effort.hpp>
#include <guanxi/relation/portfolio.hpp>
#include <guanxi/relation/sorting.hpp>
#include <guanxi/relation/stability.hpp>

namespace relation = guanxi::relation;
using relation::preference;
using relation::preference_rule;
using V = std::vector<double>;
using T = std::vector<int>;
using B = std::vector<std::uint8_t>;

namespace {
std::string sentence(const auto& call) {
  try {
    call();
  } catch (const guanxi::error& e) {
    return e.what();
  }
  return "no error";
}
V random_table(std::size_t n, std::size_t m, std::uint64_t seed) {
  guanxi::random_stream g(seed);
  V x;
  for (std::size_t i = 0; i < n * m; ++i) x.push_back(std::round(100 * g.uniform()) / 10 + .1);
  return x;
}
}  // namespace

TEST(Portfolio, CellsAndChancesByHand) {
  const std::vector<V> cuts{{1.0}, {2.0, 4.0}};
  const V axes{.5, 3, 1, 4, 2, 1}, errors{.5, 0, 0, 1, 0, 0};
  const auto p = relation::portfolio(axes, errors, cuts);
  EXPECT_EQ(p.cells, 6u);
  EXPECT_EQ(p.cell, (std::vector<std::uint16_t>{1, 5, 3}));  // a value at a cut lies above it
  const double below = .5 * std::erfc(-1 / std::sqrt(2.0));  // one error below the cut of the first axis
  EXPECT_NEAR(p.p[1], below, 1e-12);
  EXPECT_NEAR(p.p[4], 1 - below, 1e-12);
  EXPECT_NEAR(p.p[6 + 5], .5, 1e-12);
  EXPECT_NEAR(p.nearest[0], 1, 1e-12);
  EXPECT_EQ(p.nearest[1], 0);
  EXPECT_TRUE(std::isinf(p.nearest[2]));
  EXPECT_NEAR(p.doubtful, 2.0 / 3, 1e-15);
  for (std::size_t i = 0; i < 3; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < 6; ++c) sum += p.p[i * 6 + c];
    EXPECT_NEAR(sum, 1, 1e-12);
  }
  const std::vector<V> crossed{{2.0, 1.0}};
  EXPECT_EQ(sentence([&] { (void)relation::portfolio(axes, {}, crossed); }),
            "relation::portfolio: 'cuts' of axis 0 do not ascend");
}

TEST(Portfolio, ChancesAgreeWithDraws) {
  const std::vector<V> cuts{{0.0, 1.0}, {.5}};
  const V at{.3, .7}, se{.6, .4};
  const auto p = relation::portfolio(at, se, cuts);
  V seen(6);
  guanxi::random_stream g(3);
  for (int d = 0; d < 200000; ++d) {
    const double x = at[0] + se[0] * g.normal(), y = at[1] + se[1] * g.normal();
    seen[static_cast<std::size_t>(2 * ((x >= 0) + (x >= 1)) + (y >= .5))] += 1.0 / 200000;
  }
  for (std::size_t c = 0; c < 6; ++c) EXPECT_NEAR(p.p[c], seen[c], .005);
}

TEST(Copras, ByHand) {
  // sums 10, 5; benefits .6, cost .4: S+ = .12 .18 .30, S- = .08 .16 .16, Q = S+ + .4 / (S- (12.5 + 6.25 + 6.25))
  const V x{2, 1, 3, 2, 5, 2}, w{.6, .4};
  const T types{1, -1};
  const auto q = relation::copras({x, w, types});
  EXPECT_NEAR(q[0], .32 / .40, 1e-12);
  EXPECT_NEAR(q[1], .28 / .40, 1e-12);
  EXPECT_NEAR(q[2], 1.0, 1e-12);
  EXPECT_EQ(sentence([&] { (void)relation::copras({V{1, -1}, w, types}); }),
            "relation::copras: 'x' is below 0 in row 0, column 1");
}

TEST(FlowSort, EqualsFlowsOfTheAccountAmongTheProfiles) {
  const V x = random_table(200, 3, 5), w{1, 2, 1}, profiles{2, 8, 3, 5, 5, 5, 8, 2, 7};
  const T types{1, -1, 1};
  const std::vector<preference_rule> r{{preference::linear, .5, 3, 1}};
  const auto got = relation::flow_sort({x, w, types}, r, profiles);
  for (std::size_t i = 0; i < 200; ++i) {
    V four(x.begin() + static_cast<long>(3 * i), x.begin() + static_cast<long>(3 * i + 3));
    four.insert(four.end(), profiles.begin(), profiles.end());
    const auto net = relation::promethee({four, w, types}, r).net;
    int want = 0;
    for (std::size_t h = 1; h < 4; ++h) want += net[0] >= net[h] - 1e-12;
    EXPECT_EQ(got[i], want) << i;
  }
  EXPECT_EQ(*std::max_element(got.begin(), got.end()), 3);
  EXPECT_EQ(*std::min_element(got.begin(), got.end()), 0);
  EXPECT_EQ(sentence([&] { (void)relation::flow_sort({x, w, types}, r, V{2, 8, 3, 1, 5, 5}); }),
            "relation::flow_sort: 'profiles' 0 and 1 cross in criterion 0");
}

TEST(TopsisSort, ProfilesThemselvesReachTheirClassAndBetterIsNeverLower) {
  const V profiles{3, 7, 6, 3}, bounds{0, 10.2, 0, 10.2}, w{1, 1};
  const T types{1, -1};
  EXPECT_EQ(relation::topsis_sort({profiles, w, types}, profiles, bounds), (B{1, 2}));
  V x = random_table(200, 2, 9);
  const auto before = relation::topsis_sort({x, w, types}, profiles, bounds);
  for (std::size_t i = 0; i < 200; ++i) x[2 * i] = std::min(10.2, x[2 * i] + 1);
  const auto after = relation::topsis_sort({x, w, types}, profiles, bounds);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_GE(after[i], before[i]);
}

TEST(TopChances, KnownSharesAndTheSameForAnyThreads) {
  // two criteria, two accounts, each best in one: uniform weights make each the best half of the time
  const V x{0, 1, 1, 0}, w{1, 1};
  const std::vector<preference_rule> usual{{preference::usual, 0, 0, 1}};
  const auto a = relation::top_chances({x, w}, 1, relation::ranking::promethee, usual, 4000, 0.0, 3, 1);
  EXPECT_NEAR(a.top[0], .5, 4 * a.std_error[0]);
  EXPECT_NEAR(a.top[0] + a.top[1], 1, 1e-12);
  const auto b = relation::top_chances({x, w}, 1, relation::ranking::promethee, usual, 4000, 0.0, 3, 4);
  EXPECT_EQ(a.top, b.top);
  EXPECT_EQ(a.mean_rank, b.mean_rank);
  const auto sure = relation::top_chances({x, V{9, 1}}, 1, relation::ranking::topsis, {}, 500, 1e6, 3);
  EXPECT_EQ(sure.top, (V{0, 1}));
  const auto all = relation::top_chances({x, w}, 2, relation::ranking::vikor, {}, 50);
  EXPECT_EQ(all.top, (V{1, 1}));
}

TEST(Stability, ATurnedPairIsFoundAndALonelyCriterionIsStable) {
  const V one = random_table(40, 1, 2);
  const auto still = relation::stability({one, V{1}}, relation::ranking::topsis, {});
  EXPECT_EQ(still.tried, 40u);
  EXPECT_EQ(still.turning, 0u);
  // the definition on a small table: every account left out, every neighbouring pair looked at
  const V x = random_table(30, 4, 7), w{1, 2, 3, 1};
  const auto got = relation::stability({x, w}, relation::ranking::topsis, {});
  const auto base = relation::topsis({x, w});
  std::vector<std::size_t> order(30);
  for (std::size_t i = 0; i < 30; ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return base[a] > base[b]; });
  std::size_t turning = 0;
  for (std::size_t gone = 0; gone < 30; ++gone) {
    V less = x;
    less.erase(less.begin() + static_cast<long>(4 * gone), less.begin() + static_cast<long>(4 * gone + 4));
    const auto there = relation::topsis({less, w});
    std::vector<std::size_t> others;
    for (const auto i : order) {
      if (i != gone) others.push_back(i);
    }
    std::uint32_t turned = 0;
    for (std::size_t k = 1; k < others.size(); ++k)
      turned += there[others[k - 1] - (others[k - 1] > gone)] < there[others[k] - (others[k] > gone)];
    EXPECT_EQ(got.turned[gone], turned);
    turning += turned > 0;
  }
  EXPECT_EQ(got.turning, turning);
  EXPECT_GT(turning, 0u);
  EXPECT_EQ(relation::stability({x, w}, relation::ranking::topsis, {}, 10, 1).tried, 10u);
}

TEST(Effort, ShiftedRowsSumToOneAndMoveUp) {
  const V a{.90, .08, .015, .005, .08, .82, .09, .01, .02, .08, .82, .08, 0, 0, 0, 1};
  const auto same = relation::shifted(a, 4, 0), up = relation::shifted(a, 4, 1);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(same[i], a[i], 1e-15);
  for (std::size_t r = 0; r < 4; ++r) {
    double sum = 0, before = 0, after = 0;
    for (std::size_t c = 0; c < 4; ++c)
      sum += up[r * 4 + c], before += static_cast<double>(c) * a[r * 4 + c],
          after += static_cast<double>(c) * up[r * 4 + c];
    EXPECT_NEAR(sum, 1, 1e-14);
    EXPECT_GE(after, before - 1e-15);
  }
  EXPECT_NEAR(up[0] / (1 - up[0]), .9 / .1 / std::exp(1.0), 1e-12);  // odds of staying at the bottom
  const V lost{1, 0, .1, .9};
  EXPECT_EQ(relation::shifted(lost, 2, 2)[0], 1.0);
}

TEST(Effort, WithoutDoubtItIsTheDifferenceOfTwoValues) {
  const V a{.9, .1, .2, .8}, reward{1, 5}, effort{0, 10};
  const relation::effort_prior sure{.1, 0.0, 20.0};
  const auto v = relation::value_of_effort(a, reward, effort, sure, .1, 50);
  const double eta = .1 * 10 / 1.5;
  const auto base = relation::migration_value(a, reward, .1),
             more = relation::migration_value(relation::shifted(a, 2, eta), reward, .1);
  for (std::size_t s = 0; s < 2; ++s) {
    EXPECT_NEAR(v.value[s], base[s], 1e-10);
    EXPECT_NEAR(v.gain[2 + s], more[s] - base[s], 1e-10);
    EXPECT_NEAR(v.gain_low[2 + s], v.gain_high[2 + s], 1e-10);
    EXPECT_EQ(v.gain[s], 0);
    EXPECT_EQ(v.positive[2 + s], 1);
  }
}

TEST(Effort, TheDefaultPriorIsWideAndThreadsDoNotMatter) {
  const V a{.9, .1, .2, .8}, reward{1, 5}, effort{0, 5, 20};
  const auto v = relation::value_of_effort(a, reward, effort, {}, .1, 2000, 1, .9, 1),
             w = relation::value_of_effort(a, reward, effort, {}, .1, 2000, 1, .9, 4);
  EXPECT_EQ(v.gain, w.gain);
  for (std::size_t k = 2; k < 6; ++k) {
    EXPECT_LT(v.gain_low[k], 0);
    EXPECT_GT(v.gain_high[k], 0);
    EXPECT_NEAR(v.positive[k], .69, .04);  // P(N(.05, .1) > 0)
  }
  EXPECT_GT(v.gain[4], v.gain[2]);
  EXPECT_EQ(sentence([&] { (void)relation::value_of_effort(a, reward, V{1, 2}, {}, .1); }),
            "relation::value_of_effort: 'effort' wants 0 as its first level");
}
