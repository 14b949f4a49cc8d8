#include <guanxi/value/covariate_model.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "reference/value_pareto.hpp"
#include "reference/value_purchase.hpp"
#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

struct known_book {
  std::vector<double> x, t, age, size, country;  // size moves purchases, country leaving
  [[nodiscard]] customer_rows rows() const { return {x, t, age}; }
  [[nodiscard]] covariate_rows known() const { return {size, country}; }
};

/// Customers of Pareto/NBD (m < 0), BG/NBD (0) or MBG/NBD (1) with a covariate on either side.
known_book simulated(std::size_t n, int m, double g, double h, std::uint64_t seed) {
  known_book out;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(seed, c);
    const double size = 2000 + 5 * random.normal(), country = random.uniform() < 0.4 ? 1.0 : 0.0, end = 40 + 30 * random.uniform();
    const double rate = random.gamma(0.8) / 6 * std::exp(g * (size - 2000)), leave = random.gamma(1.4) / 60 * std::exp(h * country);
    const double stop = random.beta(0.7 * std::exp(h * country), 3.0), gone = m < 0 ? std::min(end, random.exponential() / leave) : end;
    double at = 0, last = 0, k = 0;
    bool lives = m != 1 || random.uniform() >= stop;
    while (lives) {
      at += random.exponential() / rate;
      if (at >= gone) break;
      last = at, k += 1;
      if (m >= 0) lives = random.uniform() >= stop;
    }
    out.x.push_back(k), out.t.push_back(last), out.age.push_back(end), out.size.push_back(size), out.country.push_back(country);
  }
  return out;
}
const std::array kinds{covariate_kind::pareto_nbd, covariate_kind::bgnbd, covariate_kind::mbgnbd};

TEST(CovariateModel, ValueAndDerivativesAgreeWithThePlainTwins) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> u(0, 1);
  std::vector<double> x, t, age, p, d;
  for (int i = 0; i < 40; ++i) {
    const double n = std::floor(std::exp(5 * u(random)) - 1), a = 1 + 50 * u(random);
    x.push_back(n), age.push_back(a), t.push_back(n > 0 ? (i % 7 == 0 ? a : a * u(random)) : 0);
    p.push_back(u(random)), p.push_back(u(random) - 0.5), d.push_back(2 * u(random));
  }
  for (const covariate_kind kind : kinds) {
    const CovariateModel model({kind, {"u", "v"}, {"z"}, 1});
    for (int point = 0; point < 10; ++point) {
      std::vector<double> theta;
      for (int j = 0; j < 7; ++j) theta.push_back(j < 4 ? 3 * u(random) - 1.5 : u(random) - 0.5);
      const local_any here = model.at({x, t, age}, {p, d}, theta);
      long double want = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double move = theta[4] * p[2 * i] + theta[5] * p[2 * i + 1], go = theta[6] * d[i];
        const long double r = std::exp(theta[0]), alpha = std::exp(theta[1] - move);
        want += kind == covariate_kind::pareto_nbd
                    ? reference::pareto_log_likelihood(r, alpha, std::exp(theta[2]), std::exp(theta[3] - go), x[i], t[i], age[i])
                    : reference::purchase_log_likelihood(kind == covariate_kind::bgnbd ? 1 : 2, 1, r, alpha, std::exp(theta[2] + go), std::exp(theta[3]), x[i], t[i], age[i], 0);
      }
      EXPECT_NEAR(here.value, static_cast<double>(want), 1e-10 * std::fabs(here.value));
      for (std::size_t j = 0; j < 7; ++j) {
        auto up = theta, down = theta;
        constexpr double h = 1e-5;
        up[j] += h, down[j] -= h;
        const local_any above = model.at({x, t, age}, {p, d}, up), below = model.at({x, t, age}, {p, d}, down);
        EXPECT_NEAR(here.gradient[j], (above.value - below.value) / (2 * h), 1e-6 * (1 + std::fabs(here.value))) << j;
        for (std::size_t l = 0; l < 7; ++l)
          EXPECT_NEAR(here.hessian[j * 7 + l], (above.gradient[l] - below.gradient[l]) / (2 * h), 1e-6 * (1 + std::fabs(here.value))) << j << l;
      }
    }
  }
}

TEST(CovariateModel, SimulatedParametersComeBack) {
  for (int kind = 0; kind < 3; ++kind) {
    const known_book book = simulated(6000, kind - 1, 0.06, 0.8, 21);
    CovariateModel model({kinds[static_cast<std::size_t>(kind)], {"size"}, {"country"}, 1});
    model.fit(book.rows(), book.known());
    const fit_result& r = model.result();
    EXPECT_TRUE(r.converged) << r.status;
    EXPECT_LT(std::fabs(r.params[4] - 0.06), 4 * r.standard_errors[4]) << kind;
    EXPECT_LT(std::fabs(r.params[5] - 0.8), 4 * r.standard_errors[5]) << kind;
    EXPECT_LT(r.standard_errors[4], 0.01);
    EXPECT_LT(r.standard_errors[5], 0.4);
    // alpha belongs to a column near 2000: only the product matters
    EXPECT_NEAR(std::log(r.params[1]) - r.params[4] * 2000, std::log(6.0), 0.3);
    EXPECT_LT(std::fabs(r.params[0] - 0.8), 4 * r.standard_errors[0]) << kind;
    const likelihood_ratio_test test = model.test();
    EXPECT_EQ(test.degrees, 2);
    EXPECT_LT(test.p_value, 1e-10);
  }
}

TEST(CovariateModel, NoiseIsNotSignificantAndChangesNothing) {
  const auto data = support::cdnow();
  std::vector<double> noise;
  for (std::size_t i = 0; i < data.x.size(); ++i) noise.push_back(random_stream(3, i).normal());
  CovariateModel model({covariate_kind::bgnbd, {"noise"}, {}, 1});
  model.fit(data.rows(), {noise, {}});
  EXPECT_GT(model.test().p_value, 0.01);
  EXPECT_NEAR(model.log_likelihood_without(), -9582.43, 0.01);
  EXPECT_GE(model.result().log_likelihood, model.log_likelihood_without() - 1e-6);
  EXPECT_NEAR(model.result().params[0], 0.2426, 2e-3);
}

TEST(CovariateModel, PredictionsAreThoseOfTheModelAtTheCustomersOwnParameters) {
  const known_book book = simulated(40, -1, 0.06, 0.8, 4);
  CovariateModel model({covariate_kind::pareto_nbd, {"size"}, {"country"}, 1});
  const std::vector<double> params{0.8, 6 * std::exp(0.06 * 2000), 1.4, 60, 0.06, 0.8};
  model.set(params);
  std::vector<double> alive(40), mean(40), none(40), fresh(40);
  model.probability_alive(book.rows(), book.known(), alive);
  model.expected_purchases(book.rows(), book.known(), 26, mean);
  model.probability_of(book.rows(), book.known(), 0, 26, none);
  model.expected_purchases_new(book.known(), 40, 26, fresh);
  for (std::size_t i = 0; i < 40; ++i) {
    ParetoNBD one;
    one.set({0.8, 6 * std::exp(-0.06 * (book.size[i] - 2000)), 1.4, 60 * std::exp(-0.8 * book.country[i])});
    const customer_rows row{std::span(book.x).subspan(i, 1), std::span(book.t).subspan(i, 1), std::span(book.age).subspan(i, 1)};
    std::vector<double> out(1);
    one.probability_alive(row, out);
    EXPECT_NEAR(alive[i], out[0], 1e-9);
    one.expected_purchases(row, 26, out);
    EXPECT_NEAR(mean[i], out[0], 1e-9 * (1 + out[0]));
    one.probability_of(row, 0, 26, out);
    EXPECT_NEAR(none[i], out[0], 1e-9);
    EXPECT_NEAR(fresh[i], one.expected_purchases_new(26), 1e-9 * (1 + fresh[i]));
  }
}

TEST(CovariateModel, IntervalsOfEveryPredictionAndTheSameBits) {
  const known_book book = simulated(600, -1, 0.06, 0.8, 9);
  std::vector<fit_result> results;
  for (const unsigned threads : {1u, 3u}) {
    CovariateModel model({covariate_kind::pareto_nbd, {"size"}, {"country"}, threads});
    model.fit(book.rows(), book.known());
    results.push_back(model.result());
    const purchase_forecast f = model.forecast(book.rows(), book.known(), 30, {26, 0.9, threads, 1});
    std::vector<double> mean(600);
    model.expected_purchases(book.rows(), book.known(), 26, mean);
    EXPECT_NEAR(f.total, std::accumulate(mean.begin(), mean.end(), 0.0), 1e-6);
    EXPECT_LT(f.total_low, f.total);
    EXPECT_GT(f.total_high, f.total);
    for (std::size_t i = 0; i < 600; ++i) {
      EXPECT_NEAR(f.purchases[i], mean[i], 1e-9);
      EXPECT_GT(f.purchases_error[i], 0);
      EXPECT_LE(f.purchases_low[i], f.purchases_high[i]);
    }
  }
  EXPECT_EQ(results[0].params, results[1].params);
  EXPECT_EQ(results[0].log_likelihood, results[1].log_likelihood);
  auto back = book;
  for (auto* c : {&back.x, &back.t, &back.age, &back.size, &back.country}) std::reverse(c->begin(), c->end());
  CovariateModel model({covariate_kind::pareto_nbd, {"size"}, {"country"}, 1});
  EXPECT_EQ(model.fit(back.rows(), back.known()).result().params, results[0].params);
}

TEST(CovariateModel, BadInputIsNamed) {
  const auto sentence = [](auto&& call) {
    try {
      call();
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  const std::vector<double> x{0, 2, 1}, t{0, 3, 1}, age{5, 6, 7}, same{1, 1, 1}, odd{1, NAN, 2};
  CovariateModel model({covariate_kind::bgnbd, {"size"}, {}, 1});
  EXPECT_EQ(sentence([&] { model.fit({x, t, age}, {same, {}}); }),
            "value::CovariateModel (BGNBD): size is the same for every customer; a column that varies is wanted");
  EXPECT_EQ(sentence([&] { model.fit({x, t, age}, {odd, {}}); }), "value::CovariateModel (BGNBD): size is NaN in row 1");
  EXPECT_EQ(sentence([&] { model.fit({x, t, age}, {std::vector<double>{1, 2}, {}}); }),
            "value::CovariateModel (BGNBD): 'purchase' has 2 numbers; 3 rows of 1 are wanted");
  EXPECT_EQ(sentence([] { CovariateModel({covariate_kind::bgnbd, {}, {}, 1}); }),
            "value::CovariateModel (BGNBD): there is no covariate, neither of 'purchase' nor of 'dropout'");
}

TEST(CovariateModel, ExtremesStayFiniteAndSayWhatHappened) {
  for (const covariate_kind kind : kinds)
    for (int odd = 0; odd < 3; ++odd) {
      std::vector<double> x{0, 3, 2000, 1, 0, 5}, t{0, 8, 1e3, 0.01, 0, 9}, age{5, 9, 1e3, 0.02, 7, 9}, c{1e8, -1e8, 0, 3, 5, 1}, z{1, 0, 1, 0, 1, 0};
      if (odd == 1) x.assign(6, 0), t.assign(6, 0);
      if (odd == 2) x = {1, 2, 3, 4, 5, 6}, t = age;
      CovariateModel model({kind, {"c"}, {"z"}, 1});
      model.fit({x, t, age}, {c, z});
      EXPECT_NE(model.result().status, "not fitted");
      std::vector<double> out(6);
      model.expected_purchases({x, t, age}, {c, z}, 26, out);
      for (const double e : out) EXPECT_TRUE(std::isfinite(e)) << model.result().status;
    }
}

}  // namespace
}  // namespace guanxi::value
