#include <guanxi/value/pareto_nbd.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "reference/value_pareto.hpp"
#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

TEST(ParetoNBD, ThePublishedTableOfCdnow) {
  const auto data = support::cdnow();
  ParetoNBD model;
  model.fit(data.rows());
  const fit_result& r = model.result();
  EXPECT_TRUE(r.converged);
  EXPECT_LE(r.passes, 20u);
  EXPECT_NEAR(r.log_likelihood, -9594.974, 5e-4);  // the printed -9594.98 stops short of the ridge's top
  EXPECT_NEAR(r.params[0], 0.5532, 1e-3);
  EXPECT_NEAR(r.params[1], 10.577, 0.01);
  EXPECT_NEAR(r.params[2], 0.6062, 1e-3);
  EXPECT_NEAR(r.params[3], 11.669, 0.01);
  std::vector<double> p(data.x.size()), e(data.x.size());
  model.probability_alive(data.rows(), p);
  model.expected_purchases(data.rows(), 39, e);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1051.89, 0.3);
  EXPECT_NEAR(std::accumulate(e.begin(), e.end(), 0.0), 1665.52, 0.3);
}

TEST(ParetoNBD, LikelihoodAgreesWithThePlainIntegral) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> u(0, 1);
  for (int i = 0; i < 300; ++i) {
    pareto_parameters q{std::pow(10, 4 * u(random) - 2), std::pow(10, 5 * u(random) - 2), std::pow(10, 4 * u(random) - 2), std::pow(10, 5 * u(random) - 2)};
    if (i % 5 == 0) q.beta = q.alpha;
    const std::array<double, 6> counts{0, 1, 3, 20, 300, 5000};
    const double x = counts[static_cast<std::size_t>(i) % 6], age = std::pow(10, 3 * u(random) - 1), t = x == 0 ? 0 : age * u(random);
    const auto want = static_cast<double>(reference::pareto_log_likelihood(q.r, q.alpha, q.s, q.beta, x, t, age));
    EXPECT_NEAR(pareto_log_likelihood(q, x, t, age), want, 1e-9 * std::fabs(want) + 1e-12) << i;
  }
}

TEST(ParetoNBD, ValueGradientAndSecondDerivatives) {
  std::mt19937_64 random(17);
  std::uniform_real_distribution<double> u(0, 1);
  std::vector<double> x, t, age;
  for (int i = 0; i < 60; ++i) {
    const double n = std::floor(std::exp(5 * u(random)) - 1), a = 1 + 50 * u(random);
    x.push_back(n), age.push_back(a), t.push_back(n > 0 ? (i % 7 == 0 ? a : a * u(random)) : 0);
  }
  const row_groups g = group({x, t, age});
  pareto_likelihood f(g);
  for (int point = 0; point < 20; ++point) {
    std::array<double, 4> p{};
    for (double& v : p) v = std::exp(4 * u(random) - 2);
    if (point % 4 == 0) p[3] = p[1];
    const local<4> here = f(p[0], p[1], p[2], p[3]);
    double want = 0;
    for (std::size_t i = 0; i < x.size(); ++i) want += pareto_log_likelihood({p[0], p[1], p[2], p[3]}, x[i], t[i], age[i]);
    EXPECT_NEAR(here.value, want, 1e-11 * std::fabs(want));
    for (std::size_t j = 0; j < 4; ++j) {
      auto up = p, down = p;
      const double h = 1e-5 * p[j];
      up[j] += h, down[j] -= h;
      const local<4> above = f(up[0], up[1], up[2], up[3]), below = f(down[0], down[1], down[2], down[3]);
      const double slope = (above.value - below.value) / (2 * h);
      EXPECT_NEAR(here.gradient[j], slope, 1e-6 * (std::fabs(slope) + std::fabs(here.value) / p[j] * 1e-2)) << j;
      for (std::size_t l = 0; l < 4; ++l) {
        const double bend = (above.gradient[l] - below.gradient[l]) / (2 * h);
        EXPECT_NEAR(here.hessian[j][l], bend, 1e-5 * (std::fabs(bend) + 1e-3 * std::fabs(here.value) / (p[j] * p[l]))) << j << l;
      }
    }
  }
}

TEST(ParetoNBD, ExpectationAgreesWithTheStory) {
  const pareto_parameters q{0.9, 5, 1.3, 20};
  ParetoNBD model;
  model.set(q);
  const double x = 4, t = 22, age = 30, horizon = 39, alive = logistic(-pareto_log_odds_left(q, x, t, age));
  double sum = 0, none = 0;
  constexpr int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    random_stream random(5, static_cast<std::uint64_t>(i));
    double n = 0;
    if (random.uniform() <= alive) {
      const double rate = random.gamma(q.r + x) / (q.alpha + age), leave = random.gamma(q.s) / (q.beta + age);
      n = static_cast<double>(random.poisson(rate * std::min(horizon, random.exponential() / leave)));
    }
    sum += n, none += n == 0;
  }
  EXPECT_NEAR(sum / draws, model.mean(x, t, age, horizon), 0.04);
  std::vector<double> out(1);
  model.probability_of({std::vector<double>{x}, std::vector<double>{t}, std::vector<double>{age}}, 0, horizon, out);
  EXPECT_NEAR(none / draws, out[0], 0.005);
}

TEST(ParetoNBD, TheLawSumsToOneAndItsMeanIsTheExpectation) {
  for (const auto& q : {pareto_parameters{0.5, 10, 0.6, 11}, {3, 1, 2, 60}, {0.02, 1, 1, 5}}) {
    ParetoNBD model;
    model.set(q);
    const std::vector<double> x{6}, t{20}, age{30};
    std::vector<double> e(1);
    detail::ahead_space space;
    pareto_at_least_given_alive(q, 6, 30, 26, space);
    double sum = 0;
    for (std::size_t n = space.at_least.size(); n-- > 1;) sum += space.at_least[n];
    model.expected_purchases({x, t, age}, 26, e);
    EXPECT_NEAR(sum * logistic(-pareto_log_odds_left(q, 6, 20, 30)) / e[0], 1, 1e-10);
    double fresh = 0, mass = 0;
    for (std::uint64_t n = 0; n < 300; ++n) mass += model.pmf(n, 3), fresh += static_cast<double>(n) * model.pmf(n, 3);
    EXPECT_NEAR(mass, 1, 1e-10);
    EXPECT_NEAR(fresh / model.expected_purchases_new(3), 1, 1e-8);
  }
}

TEST(ParetoNBD, DiscountedPurchasesAreTheSumOverSmallSteps) {
  const pareto_parameters q{0.55, 10.6, 0.6, 11.7};
  ParetoNBD model;
  model.set(q);
  const std::vector<double> x{6}, t{20}, age{30};
  std::vector<double> out(1);
  for (const double rate : {0.0, 0.0027, 0.2, 5.0}) {
    model.discounted_purchases({x, t, age}, rate, 200, out);
    double want = 0;
    constexpr int steps = 400'000;
    for (int i = 0; i < steps; ++i) {  // midpoints of the density of purchases
      const double tau = 200.0 * (i + 0.5) / steps;
      want += std::exp(-rate * tau) * std::pow((q.beta + 30) / (q.beta + 30 + tau), q.s) * 200 / steps;
    }
    want *= logistic(-pareto_log_odds_left(q, 6, 20, 30)) * (q.r + 6) / (q.alpha + 30);
    EXPECT_NEAR(out[0] / want, 1, 1e-6) << rate;
  }
  model.discounted_purchases({x, t, age}, 0.0027, std::numeric_limits<double>::infinity(), out);
  double before = out[0];
  model.discounted_purchases({x, t, age}, 0.0027, 20'000, out);
  EXPECT_NEAR(out[0] / before, 1, 1e-9);
}

TEST(ParetoNBD, SimulatedParametersComeBack) {
  std::vector<double> x, t, age;
  for (std::uint64_t c = 0; c < 8000; ++c) {
    random_stream random(31, c);
    const double rate = random.gamma(0.8) / 6, leave = random.gamma(1.4) / 60, end = 40 + 30 * random.uniform();
    const double gone = std::min(end, random.exponential() / leave);
    double at = 0, last = 0, n = 0;
    for (at = random.exponential() / rate; at < gone; at += random.exponential() / rate) last = at, n += 1;
    x.push_back(n), t.push_back(last), age.push_back(end);
  }
  ParetoNBD model;
  model.fit({x, t, age});
  const auto& r = model.result();
  const std::array<double, 4> truth{0.8, 6, 1.4, 60};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_LT(std::fabs(r.params[i] - truth[i]), 4 * r.standard_errors[i]) << i;
  EXPECT_NEAR(r.params[0], 0.8, 0.08);
}

TEST(ParetoNBD, ExtremesStayFiniteAndSayWhatHappened) {
  struct odd { std::vector<double> x, t, age; };
  for (const odd& o : {odd{{0, 0, 0}, {0, 0, 0}, {5, 9, 9}}, odd{{2000}, {1e3}, {1e3}}, odd{{20'000, 0}, {300, 0}, {300, 300}},
                       odd{{0}, {0}, {0}}, odd{{3, 3, 3}, {8, 8, 8}, {9, 9, 9}}, odd{{4, 1}, {0.01, 0.002}, {0.02, 0.02}}}) {
    ParetoNBD model;
    model.fit({o.x, o.t, o.age});
    EXPECT_NE(model.result().status, "not fitted");
    std::vector<double> out(o.x.size());
    model.expected_purchases({o.x, o.t, o.age}, 26, out);
    for (const double e : out) EXPECT_TRUE(std::isfinite(e)) << model.result().status;
  }
}

TEST(ParetoNBD, SameBitsForAnyNumberOfThreadsAndNarrowLanes) {
  const auto data = support::cdnow();
  ParetoNBD one(1), three(3);
  one.fit(data.rows());
  three.fit(data.rows());
  EXPECT_EQ(one.result().params, three.result().params);
  const auto a = detail::leaving_plain<true>(1.7, std::exp(1.7), 2.5, 1.6, 0.7), b = detail::leaving_of<true>(1.7, std::exp(1.7), 2.5, 1.6, 0.7);
  EXPECT_EQ(a.one, b.one);
  EXPECT_EQ(a.lb_ib, b.lb_ib);
}

TEST(ParetoNBD, APriorPullsTheMode) {
  const auto data = support::cdnow();
  ParetoNBD free, held;
  free.fit(data.rows());
  held.fit(data.rows(), {{0.0, 2.0, 0.0, 2.0}, {0.001, 1, 1, 1}});
  EXPECT_NEAR(held.result().params[0], 1, 0.02);
  EXPECT_LT(held.result().log_likelihood, free.result().log_likelihood);
}

}  // namespace
}  // namespace guanxi::value
