#include <guanxi/share/gamma_shares.hpp>
#include <guanxi/share/p_largest.hpp>

#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/random.hpp>

namespace guanxi::share {
namespace {

const std::vector<double> kShape{1.7, .4, 3.2, .9}, kRate{2, 1.2, 1.2, 1.5};

TEST(GammaShares, MomentsOfTheReference) {
  const auto m = moments_of_gamma_shares(kShape, kRate);
  const std::vector<double> mean{.200677, .073613, .588903, .136807}, second{.0592804, .0158382, .3801176, .0346100};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(m.mean[i], mean[i], 6e-7);
    EXPECT_NEAR(m.second[i], second[i], 6e-8);
  }
  EXPECT_LT(std::abs(m.deficit), 1e-10);
  EXPECT_NEAR(cross_moment_of_gamma_shares(kShape, kRate, 0, 2), .1037135, 6e-8);
}

TEST(GammaShares, SecondMomentsAddUp) {
  const auto m = moments_of_gamma_shares(kShape, kRate);
  double all = 0.0;
  for (std::size_t i = 0; i < 4; ++i) {
    all += m.second[i];
    for (std::size_t j = 0; j < 4; ++j)
      if (i != j) all += cross_moment_of_gamma_shares(kShape, kRate, i, j);
  }
  EXPECT_NEAR(all, 1.0, 1e-9);  // (sum of shares)^2
}

TEST(GammaShares, EqualRatesAreADirichlet) {
  for (const double scale : {0.01, 1.0, 300.0}) {
    std::vector<double> a, b(4, 0.7);
    double total = 0;
    for (const double x : kShape) a.push_back(scale * x), total += scale * x;
    const auto m = moments_of_gamma_shares(a, b);
    EXPECT_LT(std::abs(m.deficit), 1e-9) << scale;
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(m.mean[i], a[i] / total, 1e-9);
      EXPECT_NEAR(m.second[i], a[i] * (a[i] + 1) / (total * (total + 1)), 1e-9);
    }
  }
}

TEST(GammaShares, TwoClassesAreExact) {
  EXPECT_NEAR(share_quantile(.05, 1.7, 2, 4.5, 1.2), .02992, 5e-6);
  EXPECT_NEAR(share_quantile(.50, 1.7, 2, 4.5, 1.2), .16581, 5e-6);
  EXPECT_NEAR(share_quantile(.95, 1.7, 2, 4.5, 1.2), .45997, 5e-6);
  EXPECT_NEAR(share_quantile(.3, 2, 1, 3, 1), beta_quantile(.3, 2, 3), 1e-13);
  EXPECT_THROW((void)share_quantile(.3, 0, 1, 3, 1), error);
}

TEST(GammaShares, LargestOfTheReferenceAndOfDraws) {
  std::vector<double> p(4);
  p_largest(kShape, kRate, p);
  EXPECT_NEAR(p[2], .840046, 2e-6);
  double sum = 0;
  for (const double x : p) sum += x;
  EXPECT_NEAR(sum, 1.0, 1e-12);
  std::vector<double> won(4, 0.0);
  const int draws = 400000;
  random_stream stream(5);
  for (int k = 0; k < draws; ++k) {
    std::size_t best = 0;
    double top = -1;
    for (std::size_t j = 0; j < 4; ++j) {
      const double g = stream.gamma(kShape[j], kRate[j]);
      if (g > top) top = g, best = j;
    }
    won[best] += 1.0 / draws;
  }
  for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(p[j], won[j], 5 * std::sqrt(p[j] * (1 - p[j]) / draws) + 1e-5);
}

TEST(GammaShares, LargestAtTheEnds) {
  std::vector<double> p(3);
  p_largest(std::vector<double>{1e-9, 500, 1e-3}, {}, p, 24);
  EXPECT_EQ(p[1], 1.0);
  p_largest(std::vector<double>{40, 40, 1}, {}, p, 32);
  EXPECT_NEAR(p[0], .5, 1e-4);
  p_largest(std::vector<double>{.001, .001, .001}, {}, p);
  EXPECT_NEAR(p[0], 1.0 / 3, 1e-6);
  EXPECT_THROW(p_largest(std::vector<double>{1, 0, 1}, {}, p), error);
}

TEST(GammaShares, BetaIntervalIsExactForADirichlet) {
  const auto i = beta_interval(.3, .3 * .7 / 11, .9);
  EXPECT_NEAR(i.low, beta_quantile(.05, 3, 7), 1e-12);
  EXPECT_NEAR(i.high, beta_quantile(.95, 3, 7), 1e-12);
}

}  // namespace
}  // namespace guanxi::share
