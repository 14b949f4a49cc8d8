#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/tier_rule.hpp>

namespace relation = guanxi::relation;
using relation::cuts;
using relation::evidence;
using relation::tier;
using V = std::vector<double>;

namespace {
constexpr double nan_ = guanxi::unknown;

cuts fixed() {
  cuts c;
  c.value = {1000, 5000, 20000};
  c.breadth = {2, 3, 4};
  return c;
}

struct one {
  V value{12000}, share{0.42}, low{0.36}, tenure{5}, orders{14}, breadth{3}, alive{0.97};
  [[nodiscard]] evidence see() const { return {value, share, low, tenure, orders, breadth, alive}; }
};

std::string sentence(const auto& call) {
  try {
    call();
  } catch (const guanxi::error& e) {
    return e.what();
  }
  return "no error";
}
}  // namespace

TEST(TierRule, SaysWhyInNumbers) {
  const one c;
  const auto t = relation::tier_rule(c.see(), fixed());
  EXPECT_EQ(t.value[0], tier::partnership);
  EXPECT_EQ(
      t.why[0].substr(0, t.why[0].find(" (")),
      "42 % of its purchases, sales of 12,000 a year, 14 orders a year for 5 years, 3 product lines: partnership");
  EXPECT_NE(t.why[0].find(
                "; strategic alliance needs 60 % of its purchases and 1 of sales of 20,000 a year or 4 product lines"),
            std::string::npos)
      << t.why[0];
}

TEST(TierRule, EachTierHasItsCase) {
  const V value{500, 2000, 9000, 50000}, share{.05, .2, .4, .8}, low{.04, .18, .36, .75}, tenure{.5, 1.5, 3, 8},
      orders{2, 5, 9, 24}, breadth{1, 2, 3, 6};
  const auto t = relation::tier_rule({value, share, low, tenure, orders, breadth, {}}, fixed());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(t.value[i], static_cast<tier>(i)) << t.why[i];
}

TEST(TierRule, WithoutSharesBehaviourDecidesAndTheSentenceSaysSo) {
  one c;
  c.share = {nan_};
  const auto t = relation::tier_rule(c.see(), fixed());
  EXPECT_EQ(t.value[0], tier::partnership);  // 4 of 4 reach the partnership's cuts, 2 of 4 the alliance's
  EXPECT_NE(t.why[0].find("its total purchases are not known"), std::string::npos);
  const evidence blind{c.value, {}, {}, c.tenure, c.orders, c.breadth, {}};
  EXPECT_EQ(relation::tier_rule(blind, fixed()).value[0], tier::partnership);
}

TEST(TierRule, AShareBelowTheCutHoldsBackWhateverElseIsKnown) {
  one c;
  c.share = {0.10};
  c.value = {1e6}, c.orders = {52}, c.breadth = {9};
  EXPECT_EQ(relation::tier_rule(c.see(), fixed()).value[0], tier::vendor);
}

TEST(TierRule, AProbablyLostCustomerIsAVendor) {
  one c;
  c.alive = {0.12};
  const auto t = relation::tier_rule(c.see(), fixed());
  EXPECT_EQ(t.value[0], tier::vendor);
  EXPECT_GE(t.p_vendor[0], 0.88);
  EXPECT_NE(t.why[0].find(": P(alive) is 12 %, so vendor; if it still buys partnership"), std::string::npos)
      << t.why[0];
}

TEST(TierRule, NothingKnown) {
  const V none{nan_};
  const auto t = relation::tier_rule({none, none, none, none, none, none, none}, fixed());
  EXPECT_EQ(t.value[0], tier::vendor);
  EXPECT_EQ(t.why[0], "nothing known: vendor until shown otherwise");
}

// Slow twin: the probabilities are what draws of the stated laws give.
TEST(TierRule, ProbabilitiesAgreeWithDraws) {
  const one c;
  const cuts k = fixed();
  const auto t = relation::tier_rule(c.see(), k);
  std::mt19937_64 g(3);
  std::normal_distribution<double> normal;
  std::array<double, 4> seen{};
  const int draws = 400000;
  for (int d = 0; d < draws; ++d) {
    std::array<double, 4> w{};
    double total = 0;
    for (double& one_weight : w) total += one_weight = std::gamma_distribution<double>(k.certainty / 4)(g);
    const double share = c.share[0] + normal(g) * (c.share[0] - c.low[0]) / 1.6448536269514722;
    const double value = c.value[0] * std::exp(normal(g) / std::sqrt(c.orders[0] + 1));
    const double orders = std::gamma_distribution<double>(c.orders[0] + 0.5)(g);
    std::size_t reached = 0;
    const bool alive = std::uniform_real_distribution<double>()(g) < c.alive[0];
    for (std::size_t h = 0; h < 3; ++h) {
      const double met = (w[0] * (value >= k.value[h]) + w[1] * (orders >= k.orders[h]) +
                          w[2] * (c.tenure[0] >= k.tenure[h]) + w[3] * (c.breadth[0] >= k.breadth[h])) /
                         total;
      if (alive && reached == h && share >= k.share[h] && met >= k.majority) ++reached;
    }
    seen[reached] += 1.0 / draws;
  }
  // Draws use one share for all tiers, the columns only need each P(at least h): these agree since cuts are nested.
  EXPECT_NEAR(t.p_vendor[0], seen[0], 4e-3);
  EXPECT_NEAR(t.p_preferred[0], seen[1], 4e-3);
  EXPECT_NEAR(t.p_partnership[0], seen[2], 4e-3);
  EXPECT_NEAR(t.p_alliance[0], seen[3], 4e-3);
}

namespace {
struct book {
  V value, share, low, tenure, orders, breadth, alive;
  explicit book(std::size_t n, double currency = 1.0) {
    guanxi::random_stream g(11);
    const auto u = [&] { return static_cast<double>(g() >> 11) * 0x1p-53; };
    for (std::size_t i = 0; i < n; ++i) {
      const bool blind = u() < .3;
      value.push_back(currency * std::exp(6 + 4 * u())), share.push_back(blind ? nan_ : u());
      low.push_back(share.back() * u()), tenure.push_back(8 * u()), orders.push_back(std::floor(30 * u()));
      breadth.push_back(u() < .2 ? nan_ : std::floor(1 + 6 * u())), alive.push_back(u() < .2 ? nan_ : std::sqrt(u()));
    }
  }
  [[nodiscard]] evidence see() const { return {value, share, low, tenure, orders, breadth, alive}; }
};
}  // namespace

TEST(TierRule, ProbabilitiesSumToOneAndThreadsDoNotMatter) {
  const book b(20000);
  const auto t = relation::tier_rule(b.see(), {}, 1), four = relation::tier_rule(b.see(), {}, 4);
  EXPECT_EQ(t.p_alliance, four.p_alliance);
  EXPECT_EQ(t.why, four.why);
  for (std::size_t i = 0; i < t.value.size(); ++i) {
    EXPECT_NEAR(t.p_vendor[i] + t.p_preferred[i] + t.p_partnership[i] + t.p_alliance[i], 1.0, 1e-12);
    EXPECT_GE(std::min(std::min(t.p_vendor[i], t.p_preferred[i]), std::min(t.p_partnership[i], t.p_alliance[i])), 0.0);
  }
}

TEST(TierRule, AnotherCurrencyChangesNoTier) {
  const book a(2000), b(2000, 7.3);
  EXPECT_EQ(relation::tier_rule(a.see()).value, relation::tier_rule(b.see()).value);
}

TEST(TierRule, MoreOfAnythingNeverLowersATier) {
  const book b(3000);
  const cuts kept = relation::resolve(b.see(), {});
  const auto before = relation::tier_rule(b.see(), kept);
  for (V book::* column : {&book::value, &book::share, &book::tenure, &book::orders, &book::breadth}) {
    book more = b;
    for (double& x : more.*column) x = column == &book::share ? std::min(1.0, x * 1.4) : x * 1.4 + 0.1;
    const auto after = relation::tier_rule(more.see(), kept);
    for (std::size_t i = 0; i < before.value.size(); ++i) EXPECT_GE(after.value[i], before.value[i]) << i;
  }
}

TEST(TierRule, KeptCutsGiveTheSameTiersAndFilledCutsAreQuantiles) {
  const book b(1001);
  const cuts kept = relation::resolve(b.see(), {});
  EXPECT_EQ(relation::tier_rule(b.see()).value, relation::tier_rule(b.see(), kept).value);
  V sorted = b.value;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_DOUBLE_EQ(kept.value[0], sorted[500]);
  EXPECT_DOUBLE_EQ(kept.value[2], sorted[900]);
}

TEST(TierRule, BadInputSpeaks) {
  one c;
  c.share = {1.2};
  EXPECT_EQ(sentence([&] { (void)relation::tier_rule(c.see()); }),
            "relation::tier_rule: 'share' is 1.2 in row 0, want 0 to 1");
  c.share = {0.2, 0.3};
  EXPECT_EQ(sentence([&] { (void)relation::tier_rule(c.see()); }),
            "relation::tier_rule: 'value_year' has 1 entries, 'share' has 2");
  c = {};
  c.orders = {-1};
  EXPECT_EQ(sentence([&] { (void)relation::tier_rule(c.see()); }),
            "relation::tier_rule: 'orders_year' is -1 in row 0, want 0 or more");
  cuts k;
  k.share = {0.5, 0.4, 0.6};
  EXPECT_EQ(sentence([&] { (void)relation::tier_rule(one{}.see(), k); }),
            "relation::tier_rule: cuts of 'share' fall from 0.5 to 0.4, want them ascending");
  EXPECT_EQ(relation::tier_rule({}).value.size(), 0u);
}
