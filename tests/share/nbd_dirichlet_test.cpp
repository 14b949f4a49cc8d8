#include <guanxi/share/nbd_dirichlet.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/random.hpp>

namespace guanxi::share {
namespace {

// Toothpaste, the example of the R package NBDdirichlet.
const std::vector<double> kShares{.25, .19, .10, .10, .09, .08, .03, .02};
const std::vector<double> kPenetrations{.20, .17, .09, .08, .08, .07, .03, .02};

void expect_printed(const std::vector<double>& got, const std::vector<double>& want, double half) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], half * 1.0001) << i;
}

TEST(NBDDirichlet, ToothpasteFit) {
  NBDDirichlet d;
  d.fit(.56, 2.6, kShares, kPenetrations);
  EXPECT_NEAR(d.m(), 1.456, 1e-12);
  EXPECT_NEAR(d.k(), .778816, 5e-7);
  EXPECT_NEAR(d.k() * std::log1p(d.m() / d.k()) + std::log(1 - .56), 0.0, 1e-12);
  EXPECT_NEAR(d.s(), 1.295253, 5e-7);
  expect_printed(d.s_by_brand(), {1.29766, 2.21335, 1.60312, .84455, 1.44931, 1.29296, 2.21981, 2.13817}, 5e-6);
  NBDDirichlet weighted(combine_rule::weighted);
  EXPECT_NEAR(weighted.fit(.56, 2.6, kShares, kPenetrations).s(), 1.549944, 5e-5);
}

TEST(NBDDirichlet, ToothpasteTables) {
  NBDDirichlet d;
  d.fit(.56, 2.6, kShares, kPenetrations);
  expect_printed(d.penetration(), {.20, .16, .09, .09, .08, .07, .03, .02}, .005);
  expect_printed(d.buying_rate(), {1.82, 1.76, 1.68, 1.68, 1.67, 1.66, 1.62, 1.61}, .005);
  expect_printed(d.category_rate(), {3.16, 3.22, 3.30, 3.30, 3.31, 3.32, 3.37, 3.38}, .005);
  const auto dup = d.duplication();
  std::vector<double> first;
  for (std::size_t k = 1; k < 8; ++k) first.push_back(dup[k]);  // of the buyers of brand 1
  expect_printed(first, {.19, .10, .10, .09, .08, .03, .02}, .005);
  expect_printed(d.frequency(0, 6, true), {.80, .12, .04, .02, .01, 0, .01}, .005);
}

TEST(NBDDirichlet, ToothpasteAtARoundS) {
  NBDDirichlet d;
  const auto round = d.fit(.56, 2.6, kShares, kPenetrations).with_s(1.3);
  expect_printed(round.scr(), {.575, .548, .509, .509, .505, .500, .480, .476}, .0005);
  expect_printed(round.loyal(), {.452, .424, .386, .386, .382, .378, .358, .354}, .0005);
}

TEST(NBDDirichlet, TablesAgreeWithEachOther) {
  NBDDirichlet d;
  d.fit(.56, 2.6, kShares, kPenetrations);
  const auto b = d.penetration(), w = d.buying_rate();
  for (std::size_t j = 0; j < 8; ++j) {
    EXPECT_NEAR(b[j] * w[j], d.m() * kShares[j], 1e-12);  // purchases add up
    const auto f = d.frequency(j, 200);
    double sum = 0, mean = 0;
    for (std::size_t n = 0; n < f.size(); ++n) sum += f[n], mean += static_cast<double>(n) * f[n];
    EXPECT_NEAR(sum, 1.0, 1e-10);
    EXPECT_NEAR(mean, d.m() * kShares[j], 1e-9);
    EXPECT_NEAR(f[0], 1.0 - b[j], 1e-12);
  }
  const auto twice = d.scaled(2.0).penetration();
  for (std::size_t j = 0; j < 8; ++j) EXPECT_GT(twice[j], b[j]);
  const auto one = d.scaled(1.0).penetration();
  for (std::size_t j = 0; j < 8; ++j) EXPECT_NEAR(one[j], b[j], 1e-14);
}

TEST(NBDDirichlet, OwnPurchasesTellOfTheWallet) {
  NBDDirichlet d;
  d.fit(.56, 2.6, kShares, kPenetrations);
  double p = 0, wallet = 0;
  const auto f = d.frequency(0, 300);
  for (std::size_t r = 0; r < 300; ++r) {
    const auto e = d.expect(0, r);
    if (f[r] < 1e-14) continue;
    EXPECT_GE(e.wallet, static_cast<double>(r));
    p += f[r] * e.share;
    wallet += f[r] * e.wallet;
  }
  EXPECT_NEAR(wallet, d.m(), 1e-8);
  EXPECT_NEAR(p, kShares[0], 1e-8);  // the prior share is kept on average
}

TEST(NBDDirichlet, CountsGiveTheParametersBack) {
  const std::vector<double> alpha{.6, .4, .2, .1};
  std::vector<int> counts;
  std::vector<double> s(4);
  for (std::size_t i = 0; i < 20000; ++i) {
    random_stream stream(17, i);
    stream.dirichlet(alpha, s);
    std::vector<int> x(4, 0);
    const auto n = stream.negative_binomial(.8, .8 / 3.0);
    for (std::uint64_t k = 0; k < n; ++k) ++x[stream.categorical(s)];
    counts.insert(counts.end(), x.begin(), x.end());
  }
  NBDDirichlet d;
  d.fit(std::span<const int>(counts), 4);
  EXPECT_NEAR(d.m(), 3.0, .1);
  EXPECT_NEAR(d.k(), .8, .04);
  EXPECT_NEAR(d.s(), 1.3, .08);
  for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(d.shares()[j], alpha[j] / 1.3, .01);
}

TEST(NBDDirichlet, BadTablesAreSentences) {
  const auto sentence = [](double b, double w, std::vector<double> s, std::vector<double> p) -> std::string {
    try {
      NBDDirichlet().fit(b, w, s, p);
    } catch (const error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(sentence(1.2, 2, {.5}, {.2}), "NBDDirichlet: 'penetration' is 1.200000, it must lie between 0 and 1");
  EXPECT_EQ(sentence(.5, .9, {.5}, {.2}), "NBDDirichlet: 'rate' is 0.900000, a buyer buys at least once");
  EXPECT_EQ(sentence(.5, 2, {.5, .1}, {.2}), "NBDDirichlet: 'shares' has 2 entries, 'penetrations' has 1");
  EXPECT_EQ(sentence(.5, 2, {.5, .6}, {.2, .2}), "NBDDirichlet: the shares sum to 1.100000, at most 1 is possible");
  EXPECT_EQ(sentence(.5, 2, {.5}, {.7}),
            "NBDDirichlet: brand 0 has penetration 0.700000, it must be above 0 and at most the category's 0.500000");
  EXPECT_EQ(NBDDirichlet().fit(.5, 2, std::vector<double>{.5}, std::vector<double>{.05}).status(),
            "no brand's penetration can be met by any S; S is set to 1");
}

}  // namespace
}  // namespace guanxi::share
