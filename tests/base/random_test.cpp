#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi {
namespace {

using words = std::array<std::uint32_t, 4>;

TEST(Philox, MeetsRandom123sPublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (words{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (words{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}));
  EXPECT_EQ(philox4x32({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}),
            (words{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}));
}

TEST(Philox, MeetsRandom123sCode) {  // computed with Random123 1.14
  EXPECT_EQ(philox4x32({0x9e3779b1u, 1, 0x10000000u, 7}, {0x61u, 0xfffffffeu}),
            (words{0xaa738448u, 0x83e955ccu, 0x02de6959u, 0x86fac494u}));
  EXPECT_EQ(philox4x32({0xdaa66d13u, 3, 0x30000000u, 0x15u}, {0x123u, 0xfffffffcu}),
            (words{0xa3fac7eau, 0x5e7b076au, 0xe92da880u, 0x05be6dd9u}));
}

TEST(RandomStream, IsFoundByItsNameAlone) {
  random_stream a(7, 3, 1), again(7, 3, 1), seed(8, 3, 1), id(7, 4, 1), part(7, 3, 2);
  for (int i = 0; i < 9; ++i) {
    const auto x = a();
    EXPECT_EQ(x, again());
    EXPECT_NE(x, seed());
    EXPECT_NE(x, id());
    EXPECT_NE(x, part());
  }
}

TEST(RandomStream, SameBitsForAnyNumberOfThreads) {
  const auto draw = [](unsigned threads) {
    std::vector<double> x(10'000);
    parallel_blocks(
        x.size(), 64,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) x[i] = random_stream(7, i).gamma(0.7);
        },
        threads);
    return x;
  };
  EXPECT_EQ(draw(1), draw(5));
}

// Kolmogorov-Smirnov: sqrt(n) D < 2.23 has probability 0.9999 under the law; the seed is fixed.
double kolmogorov(std::size_t n, const std::function<double(random_stream&)>& draw,
                  const std::function<double(double)>& cdf, std::uint64_t seed) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    random_stream stream(seed, i);
    x[i] = draw(stream);
  }
  std::sort(x.begin(), x.end());
  double most = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double f = cdf(x[i]);
    most = std::max({most, f - static_cast<double>(i) / static_cast<double>(n),
                     static_cast<double>(i + 1) / static_cast<double>(n) - f});
  }
  return most * std::sqrt(static_cast<double>(n));
}

TEST(RandomStream, ContinuousLawsPassKolmogorov) {
  const std::size_t n = 100'000;
  EXPECT_LT(kolmogorov(n, [](auto& s) { return s.uniform(); }, [](double x) { return x; }, 1), 2.23);
  EXPECT_LT(kolmogorov(n, [](auto& s) { return s.normal(); }, normal_cdf, 2), 2.23);
  EXPECT_LT(
      kolmogorov(n, [](auto& s) { return s.exponential(2.0); }, [](double x) { return -std::expm1(-2 * x); }, 3), 2.23);
  EXPECT_LT(kolmogorov(
                n, [](auto& s) { return std::log(s.lognormal(1.0, 0.5)); },
                [](double x) { return normal_cdf((x - 1.0) / 0.5); }, 4),
            2.23);
  std::uint64_t seed = 10;
  for (const double shape : {0.05, 0.5, 1.0, 2.5, 40.0, 1e4, 1e8})
    EXPECT_LT(
        kolmogorov(
            n, [shape](auto& s) { return s.gamma(shape); }, [shape](double x) { return gamma_cdf(x, shape); }, ++seed),
        2.23)
        << shape;
  for (const auto& [a, b] : {std::pair{0.05, 1.5}, {0.5, 2.0}, {1.0, 1.0}, {30.0, 4.0}, {1e4, 1e6}})
    EXPECT_LT(kolmogorov(
                  n, [a = a, b = b](auto& s) { return s.beta(a, b); },
                  [a = a, b = b](double x) { return beta_cdf(x, a, b); }, ++seed),
              2.23)
        << a << ' ' << b;
}

TEST(RandomStream, TinyGammaShapesAreRightInLogs) {
  // -shape log G tends to a unit exponential as the shape goes to 0.
  for (const double shape : {1e-8, 1e-5})
    EXPECT_LT(kolmogorov(
                  20'000, [shape](auto& s) { return -shape * s.log_gamma(shape); },
                  [](double x) { return -std::expm1(-x); }, 30),
              2.23);
  random_stream s(5);
  double ones = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double x = s.beta(1e-8, 3e-8);
    ASSERT_TRUE(x >= 0 && x <= 1);
    ones += x;
  }
  EXPECT_NEAR(ones / 10'000, 0.25, 4 * std::sqrt(0.25 * 0.75 / 10'000));
}

// Chi-square over cells of at least 10 expected; gives the probability of a larger value.
double chi_square(const std::vector<std::uint64_t>& x, const std::function<double(double)>& log_pmf, double from,
                  double to) {
  const auto n = static_cast<double>(x.size());
  std::vector<double> count(static_cast<std::size_t>(to - from) + 1);
  for (const auto k : x)
    if (static_cast<double>(k) >= from && static_cast<double>(k) <= to)
      ++count[static_cast<std::size_t>(static_cast<double>(k) - from)];
  double statistic = 0, cells = 0, seen = 0, expected = 0, all_seen = 0, all_expected = 0;
  for (std::size_t i = 0; i < count.size(); ++i) {
    seen += count[i];
    expected += n * std::exp(log_pmf(from + static_cast<double>(i)));
    if (expected >= 10) {
      statistic += (seen - expected) * (seen - expected) / expected;
      ++cells;
      all_seen += seen;
      all_expected += expected;
      seen = expected = 0;
    }
  }
  const double rest = n - all_expected;  // everything else is the last cell
  if (rest >= 10) statistic += (n - all_seen - rest) * (n - all_seen - rest) / rest;
  return gamma_tails(0.5 * (cells - (rest >= 10 ? 0.0 : 1.0)), 0.5 * statistic).upper;
}

TEST(RandomStream, CountsPassChiSquare) {
  const std::size_t n = 100'000;
  std::vector<std::uint64_t> x(n);
  std::uint64_t seed = 50;
  for (const double mean : {0.3, 4.0, 9.99, 10.0, 75.0, 2000.0}) {
    ++seed;
    for (std::size_t i = 0; i < n; ++i) x[i] = random_stream(seed, i).poisson(mean);
    const double wide = 8 * std::sqrt(mean) + 8;
    EXPECT_GT(chi_square(
                  x, [mean](double k) { return poisson_log_pmf(k, mean); }, std::floor(std::max(0.0, mean - wide)),
                  std::ceil(mean + wide)),
              1e-4)
        << mean;
  }
  for (const auto& [trials, p] : {std::pair{7.0, 0.3}, {40.0, 0.9}, {100.0, 0.3}, {5000.0, 0.5}, {1e6, 0.0002}}) {
    ++seed;
    for (std::size_t i = 0; i < n; ++i) x[i] = random_stream(seed, i).binomial(static_cast<std::uint64_t>(trials), p);
    const double mean = trials * p, wide = 8 * std::sqrt(mean) + 8;
    EXPECT_GT(chi_square(
                  x, [trials = trials, p = p](double k) { return binomial_log_pmf(k, trials, p); },
                  std::floor(std::max(0.0, mean - wide)), std::ceil(std::min(trials, mean + wide))),
              1e-4)
        << trials << ' ' << p;
  }
  for (std::size_t i = 0; i < n; ++i) x[i] = random_stream(90, i).geometric(0.2);
  EXPECT_GT(chi_square(x, [](double k) { return std::log(0.2) + (k - 1) * std::log(0.8); }, 1, 80), 1e-4);
  for (std::size_t i = 0; i < n; ++i) x[i] = random_stream(91, i).index(13);
  EXPECT_GT(chi_square(x, [](double) { return -std::log(13.0); }, 0, 12), 1e-4);
  const std::array<double, 4> weight{1.0, 0.0, 3.0, 6.0};
  for (std::size_t i = 0; i < n; ++i) x[i] = random_stream(92, i).categorical(weight);
  EXPECT_GT(chi_square(
                x, [&](double k) { return k == 1 ? -1e9 : std::log(weight[static_cast<std::size_t>(k)] / 10); }, 0, 3),
            1e-3);
  EXPECT_EQ(std::count(x.begin(), x.end(), 1u), 0);
}

TEST(RandomStream, ExtremesKeepMeanAndSpread) {
  const double n = 20'000;
  for (const double mean : {1e-8, 1e-3, 1e4, 1e8}) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      const double x = static_cast<double>(random_stream(60, i).poisson(mean)) - mean;
      sum += x;
      square += x * x;
    }
    EXPECT_NEAR(sum / n, 0.0, 4 * std::sqrt(mean / n) + 1e-7);
    if (mean > 1) {
      EXPECT_NEAR(square / n / mean, 1.0, 4 * std::sqrt(2 / n));
    }
  }
  EXPECT_EQ(random_stream(1).poisson(0.0), 0u);
  EXPECT_EQ(random_stream(1).binomial(0, 0.4), 0u);
  EXPECT_EQ(random_stream(1).binomial(9, 1.0), 9u);
  EXPECT_EQ(random_stream(1).geometric(1.0), 1u);
}

TEST(RandomStream, DirichletSumsToOneAndHasItsMeans) {
  const std::array<double, 3> alpha{1e-6, 2.0, 6.0};
  std::array<double, 3> share{}, mean{};
  for (std::size_t i = 0; i < 20'000; ++i) {
    random_stream(70, i).dirichlet(alpha, share);
    EXPECT_NEAR(share[0] + share[1] + share[2], 1.0, 1e-12);
    for (std::size_t j = 0; j < 3; ++j) mean[j] += share[j] / 20'000;
  }
  EXPECT_NEAR(mean[1], 0.25, 4 * std::sqrt(0.25 * 0.75 / 9 / 20'000));
}

TEST(RandomStream, SaysWhatIsWrong) {
  random_stream s(1);
  try {
    (void)s.gamma(-1.0);
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::out_of_domain);
    EXPECT_STREQ(e.what(), "random_stream::gamma: 'shape' is -1.000000, it must be above 0");
  }
  EXPECT_THROW((void)s.gamma(std::nan("")), error);
  EXPECT_THROW((void)s.poisson(-1), error);
  EXPECT_THROW((void)s.poisson(std::nan("")), error);
  EXPECT_THROW((void)s.binomial(3, 1.5), error);
  EXPECT_THROW((void)s.categorical({}), error);
  EXPECT_THROW((void)s.index(0), error);
  EXPECT_THROW((void)s.geometric(0.0), error);
  EXPECT_THROW((void)s.exponential(0.0), error);
}

}  // namespace
}  // namespace guanxi
