#include <guanxi/value/bgbb.hpp>
#include <guanxi/value/sbg.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::value {
namespace {

struct donors {
  std::vector<double> x, t, n, w;
  [[nodiscard]] occasion_rows rows() const { return {x, t, n, w}; }
};

donors published() {
  donors out;
  std::ifstream file(std::string(GUANXI_TEST_DATA) + "/donations_bgbb.csv");
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#' || line[0] == 'f') continue;
    std::stringstream cells(line);
    std::string cell;
    std::vector<double> v;
    while (std::getline(cells, cell, ',')) v.push_back(std::stod(cell));
    out.x.push_back(v[0]), out.t.push_back(v[1]), out.n.push_back(v[2]), out.w.push_back(v[3]);
  }
  return out;
}

long double lbeta_of(long double a, long double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

/// The likelihood as it is printed: a sum of products of beta functions.
long double likelihood(const BGBB::parameters& p, double x, double t, double n) {
  const auto [al, be, ga, de] = p;
  const long double all = lbeta_of(al, be) + lbeta_of(ga, de);
  long double sum = std::exp(lbeta_of(al + x, be + n - x) + lbeta_of(ga, de + n) - all);
  for (double i = 0; i < n - t; ++i) sum += std::exp(lbeta_of(al + x, be + t - x + i) + lbeta_of(ga + 1, de + t + i) - all);
  return sum;
}

TEST(BGBB, ThePublishedTableOfDonors) {
  const donors d = published();
  ASSERT_EQ(d.x.size(), 22u);
  BGBB m;
  const fit_result& r = m.fit(d.rows()).result();
  EXPECT_TRUE(r.converged) << r.status;
  EXPECT_DOUBLE_EQ(r.customers, 11104);
  EXPECT_NEAR(r.log_likelihood, -33225.58, 0.006);
  const std::array<double, 4> want{1.204, .750, .657, 2.783};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(r.params[i], want[i], 1e-3);
}

TEST(BGBB, LikelihoodAndDerivativesAreThoseOfThePrintedSum) {
  donors d{{0, 3, 5, 0, 20, 1}, {0, 4, 5, 0, 31, 9}, {0, 12, 5, 7, 60, 9}, {1, 2, .5, 3, 1, 4}};
  BGBB m;
  m.fit(d.rows());
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> u(-3, 3);
  for (int point = 0; point < 50; ++point) {
    BGBB::parameters p;
    for (double& v : p) v = std::exp(u(random));
    long double want = 0;
    for (std::size_t i = 0; i < d.x.size(); ++i) want += d.w[i] * std::log(likelihood(p, d.x[i], d.t[i], d.n[i]));
    const local<4> here = m.at(p);
    EXPECT_NEAR(here.value, static_cast<double>(want), 1e-11 * (1 + std::fabs(static_cast<double>(want))));
    for (std::size_t i = 0; i < 4; ++i) {
      auto up = p, down = p;
      const double h = 1e-5 * p[i];
      up[i] += h, down[i] -= h;
      const local<4> above = m.at(up), below = m.at(down);
      EXPECT_NEAR(here.gradient[i], (above.value - below.value) / (2 * h), 1e-6 * (1 + std::fabs(here.value)) / p[i]);
      for (std::size_t j = 0; j < 4; ++j)
        EXPECT_NEAR(here.hessian[i][j], (above.gradient[j] - below.gradient[j]) / (2 * h), 1e-6 * (1 + std::fabs(here.value)) / (p[i] * p[j]));
    }
  }
}

TEST(BGBB, PredictionsAreRatiosOfLikelihoods) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> u(-2, 2);
  for (int point = 0; point < 40; ++point) {
    BGBB::parameters p;
    for (double& v : p) v = std::exp(u(random));
    BGBB m;
    m.set(p[0], p[1], p[2], p[3]);
    const std::vector<double> x{0, 2, 6, 0, 3}, t{0, 3, 6, 0, 9}, n{6, 8, 6, 0, 30};
    const occasion_rows rows{x, t, n};
    std::vector<double> alive(5), later(5), mean(5), sum(5), total(5), chance(5);
    m.probability_alive(rows, 0, alive);
    m.probability_alive(rows, 3, later);
    m.expected_purchases(rows, 7, mean);
    for (std::size_t i = 0; i < 5; ++i) {
      const long double l = likelihood(p, x[i], t[i], n[i]), all = lbeta_of(p[0], p[1]) + lbeta_of(p[2], p[3]);
      const auto there = [&](double j) {
        return static_cast<double>(std::exp(lbeta_of(p[0] + x[i], p[1] + n[i] - x[i]) + lbeta_of(p[2], p[3] + n[i] + j) - all) / l);
      };
      EXPECT_NEAR(alive[i], there(0), 1e-10);
      EXPECT_NEAR(later[i], there(3), 1e-10);
      double want = 0;
      for (int j = 1; j <= 7; ++j)
        want += static_cast<double>(std::exp(lbeta_of(p[0] + x[i] + 1, p[1] + n[i] - x[i]) + lbeta_of(p[2], p[3] + n[i] + j) - all) / l);
      EXPECT_NEAR(mean[i], want, 1e-9 * (1 + want));
    }
    for (std::uint64_t k = 0; k <= 7; ++k) {
      m.probability_of(rows, k, 7, chance);
      for (std::size_t i = 0; i < 5; ++i) total[i] += chance[i], sum[i] += static_cast<double>(k) * chance[i];
    }
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(total[i], 1, 1e-12);
      EXPECT_NEAR(sum[i], mean[i], 1e-11 * (1 + mean[i]));
    }
    double one = 0, average = 0;
    for (std::uint64_t k = 0; k <= 9; ++k) one += m.pmf(k, 9), average += static_cast<double>(k) * m.pmf(k, 9);
    EXPECT_NEAR(one, 1, 1e-12);
    EXPECT_NEAR(average, m.expected_purchases_new(9), 1e-11);
  }
}

TEST(BGBB, DiscountedPurchasesAreTheSumOverAllOccasions) {
  BGBB m;
  m.set(1.204, .750, .657, 2.783);
  const std::vector<double> x{0, 3}, t{0, 5}, n{6, 6};
  std::vector<double> out(2), before(2), upto(2);
  m.residual_purchases({x, t, n}, 0.1, out);
  std::vector<double> want(2, 0.0);
  before = {0, 0};
  for (std::uint64_t j = 1; j < 400; ++j) {
    m.expected_purchases({x, t, n}, j, upto);
    for (std::size_t i = 0; i < 2; ++i) want[i] += (upto[i] - before[i]) * std::pow(1.1, -static_cast<double>(j));
    before = upto;
  }
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(out[i], want[i], 1e-11);
  m.residual_purchases({x, t, n}, 0.0, out);
  EXPECT_TRUE(std::isinf(out[0]));
  m.set(1.204, .750, 6, 2.783).residual_purchases({x, t, n}, 0.0, out);
  m.expected_purchases({x, t, n}, 100'000, upto);
  EXPECT_NEAR(out[1], upto[1], 1e-6);
}

TEST(BGBB, FindsWhatItWasMadeOfAndItsIntervalsCover) {
  const BGBB::parameters truth{1.2, .8, .7, 2.8};
  int covered = 0;
  constexpr int books = 200;
  BGBB exact;
  exact.set(truth[0], truth[1], truth[2], truth[3]);
  const std::vector<double> px{2}, pt{4}, pn{6};
  std::vector<double> want(1);
  exact.expected_purchases({px, pt, pn}, 5, want);
  for (int book = 0; book < books; ++book) {
    donors d;
    for (std::uint64_t c = 0; c < 1500; ++c) {
      random_stream random(static_cast<std::uint64_t>(book) + 1, c);
      const double buys = random.beta(truth[0], truth[1]), leaves = random.beta(truth[2], truth[3]);
      double x = 0, t = 0;
      for (int i = 1; i <= 6 && random.uniform() >= leaves; ++i)
        if (random.uniform() < buys) ++x, t = i;
      d.x.push_back(x), d.t.push_back(t), d.n.push_back(6), d.w.push_back(1);
    }
    BGBB m;
    m.fit(d.rows());
    ASSERT_TRUE(m.result().converged) << m.result().status;
    const row_intervals range = m.expected_purchases_interval({px, pt, pn}, 5, 0.9, 400, 7);
    covered += range.low[0] <= want[0] && want[0] <= range.high[0];
    for (std::size_t i = 0; i < 2 && book == 0; ++i) EXPECT_NEAR(m.result().params[i] / truth[i], 1, 0.35);
  }
  EXPECT_GE(covered, books * 84 / 100);  // 90 % of 200: 180, four binomial errors are 17
  EXPECT_LE(covered, books * 97 / 100);
}

TEST(BGBB, SaysWhatIsWrong) {
  BGBB m;
  const std::vector<double> x{1}, t{3}, n{2};
  try {
    m.fit({x, t, n});
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "value::BGBB: frequency 1, recency 3, occasions 2: frequency <= recency <= occasions is wanted, both 0 or neither, in row 0");
  }
  const std::vector<double> none{0, 0}, some{4, 5};
  EXPECT_EQ(m.fit({none, none, some}).result().status, "nobody has bought again: nothing is identifiable");
  EXPECT_EQ(m.fit({none, none, none}).result().status, "there was no occasion yet: nothing to learn from");
}

TEST(SBG, ThePublishedExamples) {
  const std::vector<double> high{1000, 869, 743, 653, 593, 551, 517, 491}, regular{1000, 631, 468, 382, 326, 289, 262, 241};
  SBG m;
  m.fit_active(high);
  EXPECT_NEAR(m.result().params[0], .668, 6e-4);
  EXPECT_NEAR(m.result().params[1], 3.806, 6e-4);
  EXPECT_NEAR(m.result().log_likelihood, -1611.16, 0.006);
  EXPECT_NEAR(m.retention(0), m.result().params[1] / (m.result().params[0] + m.result().params[1]), 1e-15);
  m.fit_active(regular);
  EXPECT_NEAR(m.result().params[0], .704, 6e-4);
  EXPECT_NEAR(m.result().params[1], 1.182, 6e-4);
  EXPECT_NEAR(m.result().log_likelihood, -1680.27, 0.006);
}

TEST(SBG, RowsAndCountsAreTheSameFit) {
  SBG rows, counts;
  const std::vector<double> duration{1, 2, 2, 3, 3, 0}, lost{1, 1, 0, 1, 0, 0}, weights{40, 20, 10, 6, 24, 0};
  rows.fit({duration, lost, weights});
  const std::vector<double> ended{1, 2, 3, 3}, gone{1, 1, 1, 0}, w{40, 30, 6, 24};
  counts.fit({ended, gone, w});
  EXPECT_GT(rows.result().log_likelihood, counts.result().log_likelihood);  // ten contracts only watched to period 2
  const std::vector<double> active{100, 60, 30, 24};
  EXPECT_EQ(SBG().fit_active(active).result().params, counts.result().params);
}

TEST(SBG, DerivativesAndResidualLifetime) {
  const std::vector<double> active{500, 300, 220, 200, 190};
  SBG m;
  m.fit_active(active);
  for (const double a : {.05, .7, 8.0})
    for (const double b : {.1, 2.0, 30.0}) {
      const local<2> here = m.at({a, b});
      long double want = 0;
      for (int t = 1; t <= 4; ++t) want += (active[t - 1] - active[t]) * (lbeta_of(a + 1, b + t - 1) - lbeta_of(a, b));
      want += active[4] * (lbeta_of(a, b + 4) - lbeta_of(a, b));
      EXPECT_NEAR(here.value, static_cast<double>(want), 1e-10 * std::fabs(static_cast<double>(want)));
      const local<2> up = m.at({a * (1 + 1e-5), b}), down = m.at({a * (1 - 1e-5), b});
      EXPECT_NEAR(here.gradient[0], (up.value - down.value) / (2e-5 * a), 1e-5 * (1 + std::fabs(here.gradient[0])));
      EXPECT_NEAR(here.hessian[0][1], (up.gradient[1] - down.gradient[1]) / (2e-5 * a), 1e-5 * (1 + std::fabs(here.hessian[0][1])));
      m.set(a, b);
      double sum = 0;
      for (std::uint64_t j = 1; j < 600; ++j) sum += m.survival(j, 3) * std::pow(1.08, -static_cast<double>(j));
      EXPECT_NEAR(m.residual_lifetime(3, .08), sum, 1e-10 * (1 + sum));
      m.fit_active(active);
    }
  EXPECT_DOUBLE_EQ(SBG().set(3, 5).residual_lifetime(1, 0), 3);
  EXPECT_TRUE(std::isinf(SBG().set(.5, 5).residual_lifetime(1, 0)));
}

TEST(SBG, ExtremesAndWhatItSays) {
  SBG m;
  const std::vector<double> same{100, 50, 25, 12, 6, 3};  // constant retention: no differences between contracts
  EXPECT_NE(m.fit_active(same).result().status.find("boundary"), std::string::npos) << m.result().status;
  const std::vector<double> nobody{10, 10, 10};
  EXPECT_EQ(m.fit_active(nobody).result().status, "nobody has left: the chance of leaving is not identifiable");
  const std::vector<double> rising{10, 11};
  EXPECT_THROW(m.fit_active(rising), error);
  const std::vector<double> duration{0}, lost{1};
  try {
    m.fit({duration, lost});
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "value::SBG: duration 0 of a lost contract is no whole number from 1 to 1,000,000 in row 0");
  }
}

TEST(HypergeometricOne, IsItsSeries) {
  for (const double b : {.01, 1.0, 40.0, 3000.0})
    for (const double extra : {.001, 1.0, 25.0})
      for (const double z : {0.0, .3, .9, .99}) {
        long double sum = 0, term = 1;
        for (int k = 0; k < 200'000 && term > 1e-22L * sum; ++k) sum += term, term *= (b + k) / (b + extra + k) * z;
        EXPECT_NEAR(detail::hypergeometric_one(b, b + extra, z) / static_cast<double>(sum), 1, 1e-11) << b << ' ' << extra << ' ' << z;
      }
}

}  // namespace
}  // namespace guanxi::value
