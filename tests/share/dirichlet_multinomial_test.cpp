#include <guanxi/share/dirichlet_multinomial.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/random.hpp>

#include "reference/share_dirichlet_multinomial.hpp"

namespace guanxi::share {
namespace {

std::vector<std::int64_t> table(std::size_t rows, const std::vector<double>& alpha, std::uint64_t seed, int most = 30) {
  std::vector<std::int64_t> counts;
  std::vector<double> s(alpha.size());
  for (std::size_t i = 0; i < rows; ++i) {
    random_stream stream(seed, i);
    stream.dirichlet(alpha, s);
    std::vector<std::int64_t> x(alpha.size(), 0);
    const auto n = 1 + stream.index(static_cast<std::uint64_t>(most));
    for (std::uint64_t k = 0; k < n; ++k) ++x[stream.categorical(s)];
    counts.insert(counts.end(), x.begin(), x.end());
  }
  return counts;
}

TEST(DirichletMultinomial, HistogramEqualsGammaFunctions) {
  const std::vector<double> alpha{0.7, 1.9, 0.02, 5.0};
  const auto counts = table(400, alpha, 2);
  const std::span<const std::int64_t> view(counts);
  const auto fast = dirichlet_multinomial_slopes(histogram_of_counts(view, 4), alpha);
  const auto slow = reference::dirichlet_multinomial(counts, alpha);
  const auto gamma = dirichlet_multinomial_slopes(view, alpha);
  EXPECT_NEAR(fast.value, slow.value, 1e-12 * std::abs(slow.value));
  EXPECT_NEAR(gamma.value, slow.value, 1e-12 * std::abs(slow.value));
  EXPECT_NEAR(fast.common, gamma.common, 1e-10 * std::abs(gamma.common));
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(fast.gradient[j], slow.gradient[j], 1e-5 * (1 + std::abs(slow.gradient[j])));  // finite differences
    EXPECT_NEAR(fast.gradient[j], gamma.gradient[j], 1e-9 * (1 + std::abs(gamma.gradient[j])));
    EXPECT_NEAR(fast.curvature[j], gamma.curvature[j], 1e-9 * (1 + std::abs(gamma.curvature[j])));
  }
}

TEST(DirichletMultinomial, FindsTheMaximum) {
  const std::vector<double> truth{0.4, 0.9, 0.2, 1.1, 0.05};
  const auto counts = table(5000, truth, 3);
  DirichletMultinomial model;
  model.fit(std::span<const std::int64_t>(counts), 5);
  EXPECT_EQ(model.status(), "converged");
  EXPECT_LE(model.search().passes, 12);
  for (std::size_t j = 0; j < 5; ++j) EXPECT_NEAR(model.alpha()[j], truth[j], 0.15 * truth[j] + 0.01);
  const double best = model.log_likelihood();
  for (std::size_t j = 0; j < 5; ++j)
    for (const double step : {0.999, 1.001}) {
      auto other = model.alpha();
      other[j] *= step;
      EXPECT_LT(reference::dirichlet_multinomial(counts, other).value, best);
    }
}

TEST(DirichletMultinomial, LargeAndRealCounts) {
  std::vector<double> counts{300, 5, 0, 700, 1000, 12, 40, 60, 2, 513, 255, 256};
  DirichletMultinomial whole, real;
  whole.fit(std::span<const double>(counts), 3);
  for (double& x : counts) x += 1e-9;
  real.fit(std::span<const double>(counts), 3);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(whole.alpha()[j], real.alpha()[j], 1e-6);
  EXPECT_NEAR(whole.log_likelihood(), real.log_likelihood(), 1e-5);
}

TEST(DirichletMultinomial, SharesAreThePosterior) {
  const auto counts = table(300, {1.0, 1.0, 0.5}, 4);
  DirichletMultinomial model;
  model.fit(std::span<const std::int64_t>(counts), 3);
  const auto s = model.shares(std::span<const std::int64_t>(counts));
  const auto& a = model.alpha();
  const double total = a[0] + a[1] + a[2];
  for (std::size_t i = 0; i < 300; ++i) {
    const double n = static_cast<double>(counts[3 * i] + counts[3 * i + 1] + counts[3 * i + 2]);
    EXPECT_NEAR(s.mean[3 * i] + s.mean[3 * i + 1] + s.mean[3 * i + 2], 1.0, 1e-12);
    EXPECT_NEAR(s.mean[3 * i], (a[0] + static_cast<double>(counts[3 * i])) / (total + n), 1e-14);
    EXPECT_LT(s.low[3 * i], s.mean[3 * i]);
    EXPECT_GT(s.high[3 * i], s.mean[3 * i]);
  }
}

TEST(DirichletMultinomial, EndsWithoutMaximumAreSaid) {
  std::vector<int> loyal, alike;
  for (int i = 0; i < 40; ++i) {
    for (const int x : {i % 2 == 0 ? 9 : 0, i % 2 == 0 ? 0 : 9}) loyal.push_back(x);
    for (const int x : {5, 5}) alike.push_back(x);
  }
  DirichletMultinomial a, b, c;
  a.fit(std::span<const int>(loyal), 2);
  EXPECT_EQ(a.status(), "every customer is loyal to one supplier: the sum of alpha goes to 0");
  b.fit(std::span<const int>(alike), 2);
  EXPECT_EQ(b.status(), "customers are all alike: the counts are multinomial, the sum of alpha has no end");
  c.fit(std::span<const int>(std::vector<int>{3, 0, 4, 0}), 2);
  EXPECT_EQ(c.status(), "only one supplier was bought from: its share is 1");
  EXPECT_EQ(c.shares(std::span<const int>(std::vector<int>{3, 0})).mean[0], 1.0);
}

TEST(DirichletMultinomial, SameBitsForAnyThreads) {
  const auto counts = table(20000, {0.4, 0.9, 0.2}, 5);
  DirichletMultinomial one(1), many(8);
  one.fit(std::span<const std::int64_t>(counts), 3);
  many.fit(std::span<const std::int64_t>(counts), 3);
  EXPECT_EQ(one.alpha(), many.alpha());
  EXPECT_EQ(one.log_likelihood(), many.log_likelihood());
  EXPECT_EQ(one.coefficient(), many.coefficient());
}

TEST(DirichletMultinomial, BadCountsAreSentences) {
  const auto sentence = [](const std::vector<double>& counts, std::size_t columns) -> std::string {
    try {
      DirichletMultinomial().fit(std::span<const double>(counts), columns);
    } catch (const error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(sentence({1, 2, 3, -1}, 2),
            "DirichletMultinomial: 'counts' has -1.000000 in row 1, column 1; a count must be at least 0 and finite");
  EXPECT_EQ(sentence({1, 0.5, 3, std::nan("")}, 2).substr(0, 30), "DirichletMultinomial: 'counts'");
  EXPECT_EQ(sentence({1, 2, 3}, 2),
            "DirichletMultinomial: 'counts' has 3 entries, which is no whole number of rows of 2");
  EXPECT_EQ(sentence({0, 0}, 2), "DirichletMultinomial: all counts are 0");
  EXPECT_EQ(sentence({}, 2), "DirichletMultinomial: all counts are 0");
  EXPECT_THROW((void)DirichletMultinomial().alpha(), error);
}

}  // namespace
}  // namespace guanxi::share
