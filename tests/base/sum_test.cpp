#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi {
namespace {

TEST(RunningSum, KeepsWhatPlainAdditionLoses) {
  running_sum s;
  for (const double x : {1.0, 1e100, 1.0, -1e100}) s.add(x);
  EXPECT_EQ(s.value(), 2.0);
}

TEST(ExactSum, SameBitsForAnyOrderAndGrouping) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> amount(-5e6, 9e6);
  std::vector<double> x(20'000);
  for (double& v : x) v = amount(random);
  exact_sum want;
  for (const double v : x) want.add(v);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(x.begin(), x.end(), random);
    exact_sum left, right;
    for (std::size_t i = 0; i < x.size(); ++i) (i % 3 == 0 ? left : right).add(x[i]);
    left.add(right);
    EXPECT_EQ(left.value(), want.value());
  }
}

TEST(ExactSum, CentsCancelToNothing) {
  exact_sum s;
  for (const double x : {0.1, 0.2, -0.1, -0.2, 12.34, -12.34, -1e-20}) s.add(x);
  EXPECT_NEAR(s.value(), 0.0, 1e-15);
}

TEST(ParallelSum, SameBitsForAnyNumberOfThreads) {
  const std::size_t n = 100'003;
  const auto harmonic = [](std::size_t begin, std::size_t end) {
    double part = 0;
    for (std::size_t i = begin; i < end; ++i) part += 1.0 / static_cast<double>(i + 1);
    return part;
  };
  const double want = parallel_sum(n, 1024, harmonic, 1);
  for (unsigned threads : {2u, 3u, 8u}) EXPECT_EQ(parallel_sum(n, 1024, harmonic, threads), want);
}

TEST(ParallelBlocks, AThrowReachesTheCaller) {
  EXPECT_THROW(parallel_blocks(
                   100, 1,
                   [](std::size_t begin, std::size_t, std::size_t) {
                     if (begin == 42) throw error(errc::out_of_domain, "row 42");
                   },
                   4),
               error);
}

}  // namespace
}  // namespace guanxi
