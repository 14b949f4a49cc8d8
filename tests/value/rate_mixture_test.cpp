#include <guanxi/value/rate_mixture.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>

namespace guanxi::value {
namespace {

struct book {
  std::vector<double> count, exposure, later;
  std::vector<std::uint8_t> old;
  double window = 180;
};

/// Rates with a tail heavier than a gamma's (log-normal), watched for 180 days if they bought, or from a first purchase on.
book simulated(std::size_t customers, std::uint64_t seed) {
  book out;
  for (std::size_t c = 0; c < customers; ++c) {
    random_stream random(seed, c);
    const double rate = 0.01 * std::exp(1.3 * random.normal());
    const bool old = c % 3 != 0;
    const double exposure = old ? out.window : 10 + 170 * random.uniform();
    const double n = static_cast<double>(random.poisson(rate * exposure));
    if (old && n == 0) continue;
    out.count.push_back(n), out.exposure.push_back(exposure), out.old.push_back(old);
    out.later.push_back(static_cast<double>(random.poisson(rate * 180)));
  }
  return out;
}

TEST(RateMixture, SeesTheFutureOfAHeavyTailedBookWithoutBias) {
  const book b = simulated(20'000, 3);
  const rate_mixture m = rate_mixture::fit(b.count, b.exposure, b.old, b.window);
  ASSERT_FALSE(m.empty());
  double said = 0, came = 0, said_large = 0, came_large = 0;
  for (std::size_t i = 0; i < b.count.size(); ++i) {
    const rate_moments r = m.posterior(b.count[i], b.exposure[i], b.old[i] != 0);
    said += 180 * r.mean, came += b.later[i];
    if (b.count[i] >= 12) said_large += 180 * r.mean, came_large += b.later[i];
  }
  EXPECT_NEAR(said / came, 1, 0.02);
  EXPECT_NEAR(said_large / came_large, 1, 0.03);  // a gamma law is 15 to 25 % low here
}

TEST(RateMixture, MassesAreALawAndThePosteriorIsBayes) {
  const book b = simulated(3'000, 4);
  const rate_mixture m = rate_mixture::fit(b.count, b.exposure, b.old, b.window);
  double total = 0;
  for (const double w : m.masses()) total += w;
  EXPECT_NEAR(total, 1, 1e-12);
  for (const bool old : {false, true}) {
    long double sum = 0, first = 0, second = 0;
    for (std::size_t k = 0; k < m.rates().size(); ++k) {
      const long double rate = m.rates()[k];
      const long double p = m.masses()[k] * std::pow(rate, 2.5L) * std::exp(-70 * rate) / (old ? 1 - std::exp(-rate * 180) : 1.0L);
      sum += p, first += p * rate, second += p * rate * rate;
    }
    const rate_moments r = m.posterior(2.5, 70, old);
    EXPECT_NEAR(r.mean, static_cast<double>(first / sum), 1e-12);
    EXPECT_NEAR(r.variance, static_cast<double>(second / sum - first / sum * first / sum), 1e-12);
  }
}

TEST(RateMixture, IsNoLessLikelyThanAnyGammaOnTheGrid) {
  const book b = simulated(4'000, 5);
  const rate_mixture m = rate_mixture::fit(b.count, b.exposure, b.old, b.window);
  for (const double r : {0.3, 0.8, 2.0})
    for (const double alpha : {20.0, 60.0, 200.0}) {
      double sum = 0;
      for (std::size_t i = 0; i < b.count.size(); ++i) {
        const double n = b.count[i], e = b.exposure[i];
        sum += lgamma(r + n) - lgamma(r) - lgamma(n + 1) + r * std::log(alpha / (alpha + e)) + n * std::log(e / (alpha + e));
        if (b.old[i]) sum -= std::log1p(-std::pow(alpha / (alpha + b.window), r));
      }
      EXPECT_GT(m.log_likelihood(), sum) << r << ' ' << alpha;
    }
}

TEST(RateMixture, RowOrderAndEmptyBooks) {
  book b = simulated(2'000, 6);
  const rate_mixture m = rate_mixture::fit(b.count, b.exposure, b.old, b.window);
  std::vector<double> count(b.count.rbegin(), b.count.rend()), exposure(b.exposure.rbegin(), b.exposure.rend());
  const std::vector<std::uint8_t> old(b.old.rbegin(), b.old.rend());
  const rate_mixture back = rate_mixture::fit(count, exposure, old, b.window);
  EXPECT_EQ(m.posterior(3, 50, false).mean, back.posterior(3, 50, false).mean);
  EXPECT_TRUE(rate_mixture::fit({}, {}, {}, 1).empty());
  const std::vector<double> none{0, 0}, days{30, 50};
  const std::vector<std::uint8_t> young{0, 0};
  const rate_mixture quiet = rate_mixture::fit(none, days, young, 50);
  EXPECT_LT(quiet.posterior(0, 50, false).mean, 0.01);
  const std::vector<double> large{50'000}, year{365};
  EXPECT_NEAR(rate_mixture::fit(large, year, std::vector<std::uint8_t>{1}, 365).posterior(50'000, 365, true).mean * 365 / 50'000, 1, 0.1);
}

}  // namespace
}  // namespace guanxi::value
