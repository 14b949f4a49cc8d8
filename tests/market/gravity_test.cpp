#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/market/gravity.hpp>

namespace {
using namespace guanxi;

struct trade {
  std::vector<double> value, x;
  std::vector<std::uint32_t> exporter, importer, year;
};
trade made(std::size_t rows, std::uint64_t seed) {
  trade out;
  random_stream r(seed);
  for (std::size_t i = 0; i < rows; ++i) {
    out.exporter.push_back(static_cast<std::uint32_t>(r.index(20)));
    out.importer.push_back(static_cast<std::uint32_t>(r.index(15)));
    out.year.push_back(static_cast<std::uint32_t>(r.index(4)));
    out.x.push_back(r.normal());
  }
  for (std::size_t i = 0; i < rows; ++i)
    out.value.push_back(r.bernoulli(0.6) ? r.gamma(2.0) * std::exp(0.5 * out.x[i] + 0.1 * out.exporter[i] - 0.2 * out.importer[i] + 0.3 * out.year[i]) : 0.0);
  return out;
}

// First-order conditions of the pseudo-likelihood: what they say needs no second program.
TEST(Gravity, ResidualsSumToZeroOverEachEffectAndAreOrthogonalToRegressors) {
  const trade t = made(3000, 1);
  const auto fit = market::gravity({.value = t.value, .regressors = t.x, .columns = 1, .effects = {t.exporter, t.importer, t.year}});
  ASSERT_TRUE(fit.converged);
  double along = 0;
  std::vector<double> by(20 + 15 + 4, 0.0);
  for (std::size_t i = 0; i < t.value.size(); ++i) {
    const double e = t.value[i] - fit.fitted[i];
    along += e * t.x[i];
    by[t.exporter[i]] += e, by[20 + t.importer[i]] += e, by[35 + t.year[i]] += e;
  }
  double total = 0;
  for (const double v : t.value) total += v;
  EXPECT_LT(std::abs(along) / total, 1e-9);
  for (const double s : by) EXPECT_LT(std::abs(s) / total, 1e-9);
}

TEST(Gravity, ExpectedTradeIsRegressorsAndEffects) {
  const trade t = made(500, 2);
  const auto fit = market::gravity({.value = t.value, .regressors = t.x, .columns = 1, .effects = {t.exporter, t.importer}});
  for (std::size_t i = 0; i < t.value.size(); ++i)
    EXPECT_NEAR(fit.fitted[i] / std::exp(fit.coefficient[0] * t.x[i] + fit.effect[0][t.exporter[i]] + fit.effect[1][t.importer[i]]), 1, 1e-9);
}

TEST(Gravity, WithoutRegressorsTwoEffectsKeepBothMargins) {
  const trade t = made(800, 3);
  const auto fit = market::gravity({.value = t.value, .effects = {t.exporter, t.importer}});
  std::vector<double> had(20, 0.0), gave(20, 0.0);
  for (std::size_t i = 0; i < t.value.size(); ++i) had[t.exporter[i]] += t.value[i], gave[t.exporter[i]] += fit.fitted[i];
  for (std::size_t e = 0; e < 20; ++e) EXPECT_NEAR(gave[e] / had[e], 1, 1e-9);
}

TEST(Gravity, ManyRegressorsTakeTheGeneralKernel) {
  const trade t = made(2000, 4);
  random_stream r(9);
  std::vector<double> x = t.x;
  for (std::size_t c = 1; c < 9; ++c)
    for (std::size_t i = 0; i < t.value.size(); ++i) x.push_back(r.normal());
  const auto fit = market::gravity({.value = t.value, .regressors = x, .columns = 9, .effects = {t.exporter, t.importer}});
  ASSERT_TRUE(fit.converged);
  for (std::size_t c = 0; c < 9; ++c) {
    double along = 0, scale = 0;
    for (std::size_t i = 0; i < t.value.size(); ++i) along += (t.value[i] - fit.fitted[i]) * x[c * t.value.size() + i], scale += t.value[i];
    EXPECT_LT(std::abs(along) / scale, 1e-9);
  }
}

TEST(Gravity, ExpOfManyIsExp) {
  std::vector<double> x, y;
  random_stream r(8);
  for (int i = 0; i < 100'000; ++i) x.push_back(r.uniform(-640, 700));
  for (const double t : {0.0, -0.0, 1e-300, 0.34657359, -0.34657360, 700.0, -640.0, 1.0}) x.push_back(t);
  y.resize(x.size());
  market::detail::exp_of(x.data(), y.data(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i] / std::exp(x[i]), 1, 5e-16) << x[i];
  const std::vector<double> ends{-1e4, -std::numeric_limits<double>::infinity(), 1e4, unknown};
  std::vector<double> at(4);
  market::detail::exp_of(ends.data(), at.data(), 4);
  EXPECT_EQ(at[0], at[0]);
  EXPECT_LT(at[0], 1e-277);
  EXPECT_GT(at[2], 1e303);
  EXPECT_TRUE(std::isnan(at[3]));
}

TEST(Gravity, TheSameBitsForAnyOrderOfRowsAndThreads) {
  const trade t = made(40'000, 6);
  const auto fit = [](const trade& d, unsigned threads) {
    return market::gravity({.value = d.value, .regressors = d.x, .columns = 1, .effects = {d.exporter, d.importer}}, {.threads = threads});
  };
  const auto one = fit(t, 1), two = fit(t, 3);
  trade turned = t;
  std::reverse(turned.value.begin(), turned.value.end()), std::reverse(turned.x.begin(), turned.x.end());
  std::reverse(turned.exporter.begin(), turned.exporter.end()), std::reverse(turned.importer.begin(), turned.importer.end());
  const auto back = fit(turned, 2);
  EXPECT_EQ(one.coefficient, two.coefficient);
  EXPECT_EQ(one.standard_error, two.standard_error);
  EXPECT_EQ(one.coefficient, back.coefficient);
  EXPECT_EQ(one.standard_error, back.standard_error);
  EXPECT_EQ(one.deviance, back.deviance);
}

TEST(Gravity, ARegressorNearlyExplainedByTheEffectsStays) {
  trade t = made(4000, 7);
  std::vector<double> x = t.x;  // an exporter's size with a thousandth of its own
  random_stream r(4);
  for (std::size_t i = 0; i < t.value.size(); ++i) x.push_back(t.exporter[i] + 1e-3 * r.normal());
  for (std::size_t i = 0; i < t.value.size(); ++i) x.push_back(2.0 * t.exporter[i] - t.importer[i]);  // and one that has nothing of its own
  const auto fit = market::gravity({.value = t.value, .regressors = x, .columns = 3, .effects = {t.exporter, t.importer}});
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ(fit.collinear, (std::vector<std::size_t>{2}));
  EXPECT_NEAR(fit.coefficient[0], 0.5, 0.1);
}

TEST(Gravity, BrokenContractsAreSentences) {
  const trade t = made(10, 5);
  const auto message = [](auto&& call) {
    try {
      call();
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  std::vector<double> bad = t.value;
  bad[7] = -1;
  EXPECT_EQ(message([&] { (void)market::gravity({.value = bad}); }), "market::gravity: value -1.000000 in row 7 is below 0");
  EXPECT_EQ(message([&] { (void)market::gravity({.value = t.value, .regressors = t.x, .columns = 2}); }),
            "market::gravity: 10 regressor values for 2 columns of 10 rows");
  const std::vector<double> zero(10, 0.0);
  EXPECT_EQ(message([&] { (void)market::gravity({.value = zero}); }), "market::gravity: every value is 0: there is no trade to explain");
}
}  // namespace
