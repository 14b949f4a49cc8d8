#include <guanxi/relation/discrete_hazard.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>

namespace guanxi::relation {
namespace {

struct rows {
  std::vector<double> x, y, w;
  std::vector<std::uint32_t> t;
};

rows simulated(std::size_t customers, hazard_link link, std::uint64_t seed) {
  rows out;
  for (std::size_t c = 0; c < customers; ++c) {
    random_stream random(seed, c);
    const double own = random.normal();
    for (std::uint32_t t = 0; t < 8; ++t) {
      const double moving = random.normal(), eta = -2 - .1 * t + .8 * own - .5 * moving;
      const double h = link == hazard_link::logit ? logistic(eta) : -std::expm1(-std::exp(eta));
      const bool gone = random.uniform() < h;
      out.x.push_back(own + 40), out.x.push_back(moving * 1000), out.y.push_back(gone), out.t.push_back(t), out.w.push_back(1 + .5 * static_cast<double>(c % 3));
      if (gone) break;
    }
  }
  return out;
}

/// The log-likelihood as it is written.
double twin(const rows& r, hazard_link link, const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < r.y.size(); ++i) {
    const double eta = a[r.t[i]] + b[0] * r.x[2 * i] + b[1] * r.x[2 * i + 1];
    const double h = link == hazard_link::logit ? 1 / (1 + std::exp(-eta)) : 1 - std::exp(-std::exp(eta));
    sum += r.w[i] * (r.y[i] * std::log(h) + (1 - r.y[i]) * std::log(1 - h));
  }
  return sum;
}

class Link : public testing::TestWithParam<hazard_link> {};

TEST_P(Link, IsTheTopOfTheLikelihoodAndItsErrorsAreItsCurvature) {
  rows r = simulated(400, GetParam(), 5);
  for (std::size_t i = 0; i < r.y.size(); i += 7) r.y[i] = .3;  // an event that is a chance
  DiscreteHazard m(GetParam());
  m.fit(r.x, 2, r.y, r.t, r.w);
  ASSERT_EQ(m.status().back().substr(0, 9), "converged");
  const std::vector<double> a(m.intercepts().begin(), m.intercepts().end()), b(m.coefficients().begin(), m.coefficients().end());
  const double top = twin(r, GetParam(), a, b);
  EXPECT_NEAR(m.log_likelihood(), top, 1e-9 * std::fabs(top));
  for (std::size_t k = 0; k < a.size() + 2; ++k)
    for (const double way : {-1e-3, 1e-3}) {
      auto aa = a, bb = b;
      (k < a.size() ? aa[k] : bb[k - a.size()]) += way * (k == a.size() + 1 ? 1e-3 : 1.0);
      EXPECT_LT(twin(r, GetParam(), aa, bb), top) << k;
    }
  // errors against the inverse of the whole matrix of second differences
  const std::size_t q = a.size() + 2;
  std::vector<double> h(q * q);
  const auto at = [&](std::size_t i, double di, std::size_t j, double dj) {
    auto aa = a, bb = b;
    const auto move = [&](std::size_t k, double d) { (k < a.size() ? aa[k] : bb[k - a.size()]) += d; };
    move(i, di), move(j, dj);
    return twin(r, GetParam(), aa, bb);
  };
  for (std::size_t i = 0; i < q; ++i)
    for (std::size_t j = 0; j < q; ++j) {
      const double si = i == q - 1 ? 1e-6 : i == q - 2 ? 1e-4 : 1e-3, sj = j == q - 1 ? 1e-6 : j == q - 2 ? 1e-4 : 1e-3;
      h[i * q + j] = -(at(i, si, j, sj) - at(i, si, j, -sj) - at(i, -si, j, sj) + at(i, -si, j, -sj)) / (4 * si * sj);
    }
  for (std::size_t k = 0; k < q; ++k) {
    std::vector<double> unit(q);
    unit[k] = 1;
    ASSERT_TRUE(detail::lu_solve(h, unit));
    const double want = std::sqrt(unit[k]), got = k < a.size() ? m.intercept_errors()[k] : m.standard_errors()[k - a.size()];
    EXPECT_NEAR(got / want, 1, 2e-2) << k;
  }
}

TEST_P(Link, FindsWhatItWasMadeOfAndCovers) {
  int covered = 0, inside = 0;
  constexpr int books = 150;
  for (int book = 0; book < books; ++book) {
    rows r = simulated(500, GetParam(), 100 + static_cast<std::uint64_t>(book));
    DiscreteHazard m(GetParam());
    m.fit(r.x, 2, r.y, r.t);
    covered += std::fabs(m.coefficients()[0] - .8) < 1.6449 * m.standard_errors()[0];
    const std::vector<double> x{40.5, -300};
    const std::vector<std::uint32_t> t{2};
    const auto c = m.predict(x, t, .9);
    const double eta = -2.2 + .4 + .15, want = GetParam() == hazard_link::logit ? logistic(eta) : -std::expm1(-std::exp(eta));
    inside += c.low[0] <= want && want <= c.high[0];
  }
  for (const int hits : {covered, inside}) {  // 135 wanted, four binomial errors are 15
    EXPECT_GE(hits, 120);
    EXPECT_LE(hits, 148);
  }
}
INSTANTIATE_TEST_SUITE_P(Both, Link, testing::Values(hazard_link::logit, hazard_link::cloglog));

TEST(DiscreteHazard, WithoutCovariatesItIsTheLifeTable) {
  const std::vector<double> y{0, 1, 0, 0, 1, 1, 0, 0, 0, 0};
  const std::vector<std::uint32_t> t{0, 0, 0, 0, 1, 1, 1, 2, 2, 2};
  DiscreteHazard m;
  m.fit({}, 0, y, t);
  const std::vector<std::uint32_t> ask{0, 1, 2};
  const auto c = m.predict({}, ask);
  EXPECT_NEAR(c.hazard[0], .25, 1e-12);
  EXPECT_NEAR(c.hazard[1], 2.0 / 3, 1e-12);
  EXPECT_EQ(c.hazard[2], 0);
  EXPECT_EQ(m.status()[0], "1 of 3 periods say nothing: nobody or everybody left");
  EXPECT_NEAR(m.log_likelihood(), m.log_likelihood_null(), 1e-12);
}

TEST(DiscreteHazard, RowOrderWeightsAndSeparation) {
  rows r = simulated(300, hazard_link::logit, 9);
  DiscreteHazard m, once;
  m.fit(r.x, 2, r.y, r.t, r.w);
  rows twice;
  for (std::size_t i = r.y.size(); i-- > 0;)
    for (int k = 0; k < static_cast<int>(2 * r.w[i]); ++k)
      twice.x.insert(twice.x.end(), {r.x[2 * i], r.x[2 * i + 1]}), twice.y.push_back(r.y[i]), twice.t.push_back(r.t[i]);
  once.fit(twice.x, 2, twice.y, twice.t);
  for (std::size_t j = 0; j < 2; ++j) EXPECT_NEAR(m.coefficients()[j] / once.coefficients()[j], 1, 1e-8);
  const std::vector<double> x{0, 0, 0, 0, 1, 1, 1, 1}, y{0, 0, 0, 0, 1, 1, 1, 1};
  DiscreteHazard apart;
  apart.fit(x, 1, y);
  EXPECT_EQ(apart.status()[0], "covariate 0 separates: no finite estimate");
}

TEST(DiscreteHazard, TellsWhereACustomerWouldLeave) {
  int covered = 0;
  for (int book = 0; book < 150; ++book) {
    const rows r = simulated(500, hazard_link::logit, 900 + static_cast<std::uint64_t>(book));
    DiscreteHazard m;
    m.fit(r.x, 2, r.y, r.t);
    const std::vector<double> x{40.5, 0};
    const std::vector<std::uint32_t> t{2};
    const auto v = m.reach(x, t, 1, .5);
    const std::vector<double> there{40.5, v.value[0]};
    ASSERT_NEAR(m.predict(there, t).hazard[0], .5, 1e-12);
    // the customers were made with link = -2.2 + .8 (x0 - 40) - .5 x1 / 1000
    const double want = 1000 * (-2.2 + .4) / .5;
    covered += v.low[0] <= want && want <= v.high[0];
  }
  EXPECT_GE(covered, 120);  // 135 wanted, four binomial errors are 15
  EXPECT_LE(covered, 148);
  const std::vector<double> x{1, 2, 1, 2, 2, 1}, y{0, 1, 1, 0, 1, 0}, ask{1};
  DiscreteHazard weak;
  weak.fit(x, 1, y);
  EXPECT_TRUE(std::isnan(weak.reach(ask, {}, 0, .5).value[0]));  // an effect that cannot be told from nothing
  EXPECT_THROW((void)weak.reach(ask, {}, 1, .5), error);
}

TEST(DiscreteHazard, SaysWhatIsWrong) {
  const std::vector<double> y{0, 2};
  try {
    DiscreteHazard().fit({}, 0, y);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "relation::DiscreteHazard: 'event' is 2.000000 in row 1, want a chance from 0 to 1");
  }
  EXPECT_THROW((void)DiscreteHazard().predict({}, {}), error);
}

}  // namespace
}  // namespace guanxi::relation
