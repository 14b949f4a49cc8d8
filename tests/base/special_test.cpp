#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/special.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "reference/base_special.hpp"

namespace guanxi {
namespace {

// |got - want| <= relative * |want|, for values down to the smallest double.
void near(double got, double want, double relative, const char* what, double a, double b = 0) {
  EXPECT_LE(std::abs(got - want), relative * std::abs(want))
      << what << " at " << a << ", " << b << ": " << got << " for " << want;
}

TEST(Special, GammaFamilyMeetsMpmath) {
  for (const auto& [x, log_gamma, psi, psi1] : reference::gamma_family) {
    near(lgamma(x), log_gamma, 1e-15, "lgamma", x);
    if (x != 1.4616321449683622) near(digamma(x), psi, 2e-15, "digamma", x);
    near(trigamma(x), psi1, 1e-15, "trigamma", x);
  }
  EXPECT_NEAR(digamma(1.4616321449683622), -9.2412655217294275e-17, 1e-19);  // beside the root
}

TEST(Special, LogBetaAndRisingKeepTheirDigits) {
  for (const auto& [a, b, want] : reference::log_beta) {
    EXPECT_NEAR(lbeta(a, b), want, 4e-15 * (1 + std::abs(want))) << a << ' ' << b;
    EXPECT_EQ(lbeta(a, b), lbeta(b, a));
  }
  for (const auto& [x, n, want] : reference::log_rising_table)
    EXPECT_NEAR(log_rising(x, n), want, 1e-14 * (std::abs(want) + n)) << x << ' ' << n;
}

TEST(Special, RisingIsTheSumOfLogs) {
  for (const double x : {1e-8, 0.3, 4.5, 9.999, 10.0, 77.0, 1e7}) {
    double sum = 0;
    for (int n = 1; n < 60; ++n) {
      sum += std::log(x + (n - 1));
      EXPECT_NEAR(log_rising(x, n), sum, 2e-13 * (1 + std::abs(sum))) << x << ' ' << n;
    }
  }
}

TEST(Special, StirlingRestIsWhatTheFormulaLeaves) {
  for (const double x : {0.5, 1.0, 3.0, 9.5, 20.0})
    EXPECT_NEAR(stirling_rest(x), lgamma(x) - ((x - 0.5) * std::log(x) - x + half_log_two_pi), 2e-14);
}

TEST(Special, OutsideTheDomainIsNotANumberOrInfinite) {
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(lgamma(0.0), infinite);
  EXPECT_EQ(digamma(0.0), -infinite);
  EXPECT_EQ(trigamma(0.0), infinite);
  EXPECT_TRUE(std::isnan(lgamma(-1.0)));
  EXPECT_TRUE(std::isnan(digamma(-0.5)));
  EXPECT_TRUE(std::isnan(lbeta(-1.0, 2.0)));
  EXPECT_TRUE(std::isnan(normal_quantile(1.5)));
  EXPECT_EQ(normal_quantile(0.0), -infinite);
  EXPECT_EQ(normal_quantile(1.0), infinite);
  EXPECT_TRUE(std::isnan(gamma_tails(0.0, 1.0).lower));
  EXPECT_TRUE(std::isnan(beta_quantile(0.5, 0.0, 1.0)));
  EXPECT_TRUE(std::isnan(gamma_quantile(std::nan(""), 1.0)));
}

TEST(Special, LogsOfSums) {
  EXPECT_DOUBLE_EQ(log1pexp(0.0), std::log(2.0));
  EXPECT_EQ(log1pexp(1000.0), 1000.0);
  EXPECT_NEAR(log1pexp(-700.0), std::exp(-700.0), 1e-318);
  EXPECT_DOUBLE_EQ(log1mexp(-1e-10), std::log(1e-10) - 5e-11);
  EXPECT_DOUBLE_EQ(logaddexp(-1000.0, -1000.0), -1000.0 + std::log(2.0));
  const double nothing = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(logaddexp(nothing, nothing), nothing);
  EXPECT_EQ(logaddexp(nothing, 3.0), 3.0);
}

TEST(Special, NormalLawMeetsMpmathAndGoesThereAndBack) {
  for (const auto& [z, p] : reference::normal_table) {
    near(normal_cdf(z), p, 2e-15, "normal_cdf", z);
    if (z < 3) {
      EXPECT_NEAR(normal_quantile(normal_cdf(z)), z, 2e-15 * (1 + std::abs(z)));
    }
  }
}

TEST(Special, IncompleteGammaMeetsMpmath) {
  for (const auto& [a, x, lower, upper] : reference::gamma_tail_table) {
    const tails got = gamma_tails(a, x);
    EXPECT_NEAR(got.lower, lower, 1e-14) << a << ' ' << x;
    EXPECT_NEAR(got.upper, upper, 1e-14) << a << ' ' << x;
    lower < upper ? near(got.lower, lower, 1e-12, "lower", a, x) : near(got.upper, upper, 1e-12, "upper", a, x);
  }
}

TEST(Special, IncompleteBetaMeetsMpmath) {
  for (const auto& [a, b, x, lower, upper] : reference::beta_tail_table) {
    const tails got = beta_tails(a, b, x);
    EXPECT_NEAR(got.lower, lower, 1e-12) << a << ' ' << b << ' ' << x;
    EXPECT_NEAR(got.upper, upper, 1e-12) << a << ' ' << b << ' ' << x;
    const tails mirrored = beta_tails(b, a, 1.0 - x, x);
    EXPECT_NEAR(mirrored.upper, got.lower, 1e-12);
  }
}

TEST(Special, QuantilesGoThereAndBackOverTheWholeRange) {
  for (const double a : {1e-8, 1e-3, 0.2, 1.0, 3.7, 80.0, 1e4, 1e8})
    for (const double p : {1e-12, 0.01, 0.05, 0.5, 0.9, 0.999}) {
      const double x = gamma_quantile(p, a);
      ASSERT_TRUE(x >= 0 && std::isfinite(x)) << a << ' ' << p;
      if (x > 1e-300) {
        EXPECT_NEAR(gamma_cdf(x, a), p, 1e-11 * p + 1e-13) << a << ' ' << p;
      }
      for (const double b : {1e-8, 1e-3, 0.2, 1.0, 3.7, 80.0, 1e4, 1e8}) {
        const double q = beta_quantile(p, a, b);
        ASSERT_TRUE(q >= 0 && q <= 1) << a << ' ' << b << ' ' << p;
        if (q > 1e-300 && q < 0.9) {
          EXPECT_NEAR(beta_cdf(q, a, b), p, 1e-10 * p + 1e-12) << a << ' ' << b << ' ' << p;
        }
      }
    }
}

TEST(Special, TinyShapesGiveTheirPointMasses) {
  // Beta(1e-8, 1e-8) is a coin: the median is in the middle, all else at the ends.
  EXPECT_EQ(beta_quantile(0.4, 1e-8, 1e-8), 0.0);
  EXPECT_EQ(beta_quantile(0.6, 1e-8, 1e-8), 1.0);
  EXPECT_NEAR(beta_quantile(0.5, 1e-8, 1e-8), 0.5, 1e-6);
  EXPECT_EQ(gamma_quantile(0.5, 1e-8), 0.0);
}

TEST(Special, ProbabilitiesSumToOne) {
  double poisson = 0, binomial = 0;
  for (int k = 0; k < 400; ++k) poisson += std::exp(poisson_log_pmf(k, 123.4));
  for (int k = 0; k <= 300; ++k) binomial += std::exp(binomial_log_pmf(k, 300, 0.37));
  EXPECT_NEAR(poisson, 1.0, 1e-13);
  EXPECT_NEAR(binomial, 1.0, 1e-13);
  EXPECT_EQ(std::exp(binomial_log_pmf(0, 5, 0.0)), 1.0);
  EXPECT_EQ(std::exp(poisson_log_pmf(2, 0.0)), 0.0);
}

}  // namespace
}  // namespace guanxi
