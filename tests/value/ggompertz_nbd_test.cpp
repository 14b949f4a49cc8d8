#include <guanxi/value/ggompertz_nbd.hpp>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "reference/value_pareto.hpp"
#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

/// The likelihood by Simpson's rule over the time of leaving, in long double.
long double plain(const gompertz_parameters& q, long double x, long double t, long double age) {
  const long double b = q.b, beta = q.beta, s = q.s, alpha = q.alpha, r = q.r;
  const auto stay = [&](long double u) { return beta - 1 + std::exp(b * u); };
  long double sum = 0;
  constexpr int pieces = 40'000;
  for (int i = 0; i <= pieces && age > t; ++i) {
    const long double w = static_cast<long double>(i) / pieces, u = t + (age - t) * w * w, slope = 2 * w * (age - t);
    sum += (i == 0 || i == pieces ? 1 : i % 2 ? 4 : 2) * slope * b * s * std::exp(s * std::log(beta) - (r + x) * std::log(alpha + u) + b * u - (s + 1) * std::log(stay(u)));
  }
  const long double live = std::exp(s * (std::log(beta) - std::log(stay(age))) - (r + x) * std::log(alpha + age));
  return std::lgamma(r + x) - std::lgamma(r) + r * std::log(alpha) + std::log(live + sum / (3 * pieces));
}

TEST(GGompertzNBD, LikelihoodAgreesWithThePlainIntegral) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> u(0, 1);
  for (int i = 0; i < 150; ++i) {
    const double age = std::pow(10, 2 * u(random)), x = std::array{0.0, 1.0, 3.0, 20.0}[static_cast<std::size_t>(i) % 4], t = x == 0 ? 0 : age * u(random);
    const gompertz_parameters q{std::pow(10, 2 * u(random) - 1), std::pow(10, 2 * u(random)), std::pow(10, 3 * u(random) - 2) / age, std::pow(10, 2 * u(random) - 1), std::pow(10, 4 * u(random) - 2)};
    const auto want = static_cast<double>(plain(q, x, t, age));
    EXPECT_NEAR(gompertz_log_likelihood(q, x, t, age), want, 1e-9 * std::fabs(want) + 1e-11) << i;
  }
}

TEST(GGompertzNBD, ASmallBIsParetoNBD) {
  for (const double x : {0.0, 2.0, 40.0})
    for (const double t : {0.0, 17.0, 29.9, 30.0}) {
      if ((x == 0) != (t == 0)) continue;
      EXPECT_NEAR(gompertz_log_likelihood({0.5, 10, 1e-10, 0.6, 12e-10}, x, t, 30), pareto_log_likelihood({0.5, 10, 0.6, 12}, x, t, 30), 1e-7);
    }
}

TEST(GGompertzNBD, ValueAndDerivatives) {
  std::mt19937_64 random(17);
  std::uniform_real_distribution<double> u(0, 1);
  std::vector<double> x, t, age;
  for (int i = 0; i < 50; ++i) {
    const double n = std::floor(std::exp(5 * u(random)) - 1), a = 1 + 50 * u(random);
    x.push_back(n), age.push_back(a), t.push_back(n > 0 ? (i % 7 == 0 ? a : a * u(random)) : 0);
  }
  const GGompertzNBD model(1);
  for (int point = 0; point < 12; ++point) {
    std::vector<double> theta;
    for (int j = 0; j < 5; ++j) theta.push_back(3 * u(random) - 1.5);
    theta[2] -= 3, theta[4] += 2;
    const local_any here = model.at({x, t, age}, theta);
    double want = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      want += gompertz_log_likelihood({std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2]), std::exp(theta[3]), std::exp(theta[4] + theta[2])}, x[i], t[i], age[i]);
    EXPECT_NEAR(here.value, want, 1e-10 * std::fabs(want));
    for (std::size_t j = 0; j < 5; ++j) {
      auto up = theta, down = theta;
      constexpr double h = 1e-5;
      up[j] += h, down[j] -= h;
      const local_any above = model.at({x, t, age}, up), below = model.at({x, t, age}, down);
      EXPECT_NEAR(here.gradient[j], (above.value - below.value) / (2 * h), 1e-6 * std::fabs(here.value)) << j;
      for (std::size_t l = 0; l < 5; ++l)
        EXPECT_NEAR(here.hessian[j * 5 + l], (above.gradient[l] - below.gradient[l]) / (2 * h), 1e-6 * std::fabs(here.value)) << j << l;
    }
  }
}

TEST(GGompertzNBD, OnCdnowItCollapsesOntoParetoNBDAndSaysSo) {
  const auto data = support::cdnow();
  GGompertzNBD model;
  model.fit(data.rows());
  EXPECT_NEAR(model.result().log_likelihood, -9594.974, 0.01);
  EXPECT_EQ(model.result().status.substr(0, 50), "the hazard does not rise: equals Pareto/NBD with b") << model.result().status;
}

TEST(GGompertzNBD, SimulatedParametersComeBackAndTheStoryIsForetold) {
  std::vector<double> x, t, age;
  double ahead = 0;
  const gompertz_parameters truth{1.2, 6, 0.06, 1.5, 8};
  for (std::uint64_t c = 0; c < 8000; ++c) {
    random_stream random(31, c);
    const double rate = random.gamma(truth.r) / truth.alpha, eta = random.gamma(truth.s) / truth.beta, end = 40 + 30 * random.uniform();
    const double gone = std::log1p(random.exponential() / eta) / truth.b;
    double last = 0, n = 0;
    for (double at = random.exponential() / rate; at < std::min(end + 26, gone); at += random.exponential() / rate)
      if (at < end)
        last = at, n += 1;
      else
        ahead += 1;
    x.push_back(n), t.push_back(last), age.push_back(end);
  }
  GGompertzNBD model;
  model.fit({x, t, age});
  const auto& r = model.result();
  EXPECT_TRUE(r.converged) << r.status;
  const std::array<double, 5> want{truth.r, truth.alpha, truth.b, truth.s, truth.beta};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_LT(std::fabs(r.params[i] - want[i]), 4 * r.standard_errors[i]) << i;
  std::vector<double> mean(x.size());
  model.expected_purchases({x, t, age}, 26, mean);
  double total = 0;
  for (const double m : mean) total += m;
  EXPECT_NEAR(total / ahead, 1, 0.06);
}

TEST(GGompertzNBD, TheLawSumsToOneAndItsMeanIsTheExpectation) {
  for (const gompertz_parameters& q : {gompertz_parameters{0.5, 10, 0.05, 0.6, 2}, {3, 4, 0.3, 2, 0.2}, {0.8, 6, 1e-4, 1, 1}}) {
    GGompertzNBD model(1);
    model.set(q);
    double mass = 0, mean = 0;
    for (std::uint64_t n = 0; n < 400; ++n) mass += model.pmf(n, 20), mean += static_cast<double>(n) * model.pmf(n, 20);
    EXPECT_NEAR(mass, 1, 1e-9);
    EXPECT_NEAR(mean / model.expected_purchases_new(20), 1, 1e-8);
    const std::vector<double> x{4}, t{9}, age{12};
    std::vector<double> e(1), p(1);
    model.expected_purchases({x, t, age}, 15, e);
    mass = mean = 0;
    for (std::uint64_t n = 0; n < 400; ++n) model.probability_of({x, t, age}, n, 15, p), mass += p[0], mean += static_cast<double>(n) * p[0];
    EXPECT_NEAR(mass, 1, 1e-9);
    EXPECT_NEAR(mean / e[0], 1, 1e-8);
  }
}

TEST(GGompertzNBD, ExtremesStayFinite) {
  struct odd { std::vector<double> x, t, age; };
  for (const odd& o : {odd{{0, 0, 0}, {0, 0, 0}, {5, 9, 9}}, odd{{2000}, {1e3}, {1e3}}, odd{{0}, {0}, {0}}, odd{{3, 3, 3}, {8, 8, 8}, {9, 9, 9}}, odd{{4, 1}, {0.01, 0.002}, {0.02, 0.02}}}) {
    GGompertzNBD model(1);
    model.fit({o.x, o.t, o.age});
    EXPECT_NE(model.result().status, "not fitted");
    std::vector<double> out(o.x.size());
    model.expected_purchases({o.x, o.t, o.age}, 26, out);
    for (const double e : out) EXPECT_TRUE(std::isfinite(e)) << model.result().status;
  }
}

}  // namespace
}  // namespace guanxi::value
