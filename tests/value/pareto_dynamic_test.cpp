#include <guanxi/value/pareto_dynamic.hpp>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::value {
namespace {

/// Weekly season, common to all, and a fair that each customer visits now and then (moves leaving).
struct seasonal_book {
  std::vector<double> born, when, from, purchase, dropout;
  std::vector<std::uint64_t> start{0}, path{0};
  double end = 104;
  [[nodiscard]] dynamic_rows rows() const { return {born, end, start, when}; }
  [[nodiscard]] covariate_paths paths() const { return {path, from, purchase, dropout}; }
};

seasonal_book simulated(std::size_t n, double g, double h, std::uint64_t seed, double watched = 104) {
  seasonal_book out;
  out.end = watched;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(seed, c);
    const double born = 50 * random.uniform(), rate = random.gamma(0.9) / 8, leave = random.gamma(1.5) / 80;
    out.born.push_back(born);
    std::vector<double> x, z;
    for (int w = 0; w < 160; ++w) {
      out.from.push_back(w);
      x.push_back(w % 52 >= 40 ? 1.0 : 0.0), z.push_back(random.uniform() < 0.3 ? 1.0 : 0.0);
      out.purchase.push_back(x.back()), out.dropout.push_back(z.back());
    }
    out.path.push_back(out.from.size());
    double left = 1e9, need = random.exponential();
    for (double at = born; at < 150;) {
      const auto w = static_cast<std::size_t>(at);
      const double to = static_cast<double>(w) + 1, power = leave * std::exp(h * z[w]);
      if (need < power * (to - at)) {
        left = at + need / power;
        break;
      }
      need -= power * (to - at), at = to;
    }
    for (double at = born; at < std::min(left, watched);) {
      const auto w = static_cast<std::size_t>(at);
      const double to = std::min(static_cast<double>(w) + 1, std::min(left, watched)), next = at + random.exponential() / (rate * std::exp(g * x[w]));
      if (next < to) out.when.push_back(next);
      at = next < to ? next : to;
    }
    out.start.push_back(out.when.size());
  }
  return out;
}

/// The likelihood of one customer by a fine sum over the time of leaving, in long double.
long double plain(const seasonal_book& b, std::size_t c, const std::vector<double>& theta) {
  const long double r = std::exp(theta[0]), alpha = std::exp(theta[1]), s = std::exp(theta[2]), beta = std::exp(theta[3]);
  const auto fa = [&](std::size_t i) { return std::exp(static_cast<long double>(theta[4]) * b.purchase[b.path[c] + i]); };
  const auto fb = [&](std::size_t i) { return std::exp(static_cast<long double>(theta[5]) * b.dropout[b.path[c] + i]); };
  const auto x = static_cast<long double>(b.start[c + 1] - b.start[c]);
  const double t = x > 0 ? b.when[b.start[c + 1] - 1] : b.born[c];
  long double A = 0, B = 0, dead = 0, jumps = 0;
  for (std::uint64_t j = b.start[c]; j < b.start[c + 1]; ++j) jumps += theta[4] * b.purchase[b.path[c] + static_cast<std::size_t>(b.when[j])];
  for (double at = b.born[c]; at < b.end;) {
    const auto i = static_cast<std::size_t>(at);
    double to = std::min(b.end, static_cast<double>(i) + 1);
    if (at < t && t < to) to = t;
    if (at >= t) {
      constexpr int pieces = 60;  // Simpson's rule
      const long double step = (static_cast<long double>(to) - at) / pieces;
      for (int k = 0; k <= pieces; ++k) {
        const long double u = step * k, w = (k == 0 || k == pieces ? 1 : k % 2 ? 4 : 2) * step / 3;
        dead += w * s * fb(i) * std::pow(alpha + A + fa(i) * u, -(r + x)) * std::pow(beta + B + fb(i) * u, -(s + 1));
      }
    }
    A += fa(i) * (static_cast<long double>(to) - at), B += fb(i) * (static_cast<long double>(to) - at);
    at = to;
  }
  return std::lgamma(r + x) - std::lgamma(r) + r * std::log(alpha) + s * std::log(beta) + jumps + std::log(std::pow(alpha + A, -(r + x)) * std::pow(beta + B, -s) + dead);
}

TEST(ParetoNBDDynamic, ValueAndDerivativesAgreeWithThePlainSum) {
  const seasonal_book book = simulated(40, 0.7, 0.9, 3);
  const ParetoNBDDynamic model({{"season"}, {"fair"}, 1});
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> u(-1, 1);
  for (int point = 0; point < 6; ++point) {
    const std::vector<double> theta{u(random), 2 + u(random), u(random), 3 + u(random), u(random), u(random)};
    const local_any here = model.at(book.rows(), book.paths(), theta);
    long double want = 0;
    for (std::size_t c = 0; c < 40; ++c) want += plain(book, c, theta);
    EXPECT_NEAR(here.value, static_cast<double>(want), 1e-9 * std::fabs(here.value));
    for (std::size_t j = 0; j < 6; ++j) {
      auto up = theta, down = theta;
      constexpr double h = 1e-5;
      up[j] += h, down[j] -= h;
      const local_any above = model.at(book.rows(), book.paths(), up), below = model.at(book.rows(), book.paths(), down);
      EXPECT_NEAR(here.gradient[j], (above.value - below.value) / (2 * h), 1e-6 * std::fabs(here.value)) << j;
      for (std::size_t l = 0; l < 6; ++l)
        EXPECT_NEAR(here.hessian[j * 6 + l], (above.gradient[l] - below.gradient[l]) / (2 * h), 1e-6 * std::fabs(here.value)) << j << l;
    }
  }
}

TEST(ParetoNBDDynamic, WithoutAnEffectItIsParetoNBD) {
  const seasonal_book book = simulated(60, 0, 0, 5);
  ParetoNBDDynamic model({{"season"}, {"fair"}, 1});
  model.set(std::vector<double>{0.9, 8, 1.5, 80, 0, 0});
  std::vector<double> x, t, age, alive(60), mean(60), want(60);
  for (std::size_t c = 0; c < 60; ++c) {
    x.push_back(static_cast<double>(book.start[c + 1] - book.start[c]));
    t.push_back(x.back() > 0 ? book.when[book.start[c + 1] - 1] - book.born[c] : 0);
    age.push_back(book.end - book.born[c]);
  }
  model.predict(book.rows(), book.paths(), 26, alive, mean);
  ParetoNBD plain_model;
  plain_model.set({0.9, 8, 1.5, 80});
  plain_model.expected_purchases({x, t, age}, 26, want);
  for (std::size_t c = 0; c < 60; ++c) EXPECT_NEAR(mean[c], want[c], 1e-10 * (1 + want[c]));
  plain_model.probability_alive({x, t, age}, want);
  for (std::size_t c = 0; c < 60; ++c) EXPECT_NEAR(alive[c], want[c], 1e-10);
  double sum = 0;
  for (std::size_t c = 0; c < 60; ++c) sum += pareto_log_likelihood({0.9, 8, 1.5, 80}, x[c], t[c], age[c]);
  EXPECT_NEAR(model.at(book.rows(), book.paths(), {std::log(0.9), std::log(8.0), std::log(1.5), std::log(80.0), 0, 0}).value, sum, 1e-9 * std::fabs(sum));
}

TEST(ParetoNBDDynamic, SimulatedParametersComeBackAndTheSeasonIsForetold) {
  const seasonal_book book = simulated(3000, 0.8, 0.9, 11), later = simulated(3000, 0.8, 0.9, 11, 130);
  ParetoNBDDynamic model({{"season"}, {"fair"}, 0});
  model.fit(book.rows(), book.paths());
  const fit_result& r = model.result();
  EXPECT_TRUE(r.converged) << r.status;
  const std::array<double, 6> truth{0.9, 8, 1.5, 80, 0.8, 0.9};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_LT(std::fabs(r.params[i] - truth[i]), 4 * r.standard_errors[i]) << i;
  EXPECT_NEAR(r.params[4], 0.8, 0.1);
  EXPECT_LT(r.standard_errors[5], 0.4);
  EXPECT_LT(model.test().p_value, 1e-10);
  double happened = 0;
  for (const double w : later.when) happened += w > 104;
  const dynamic_forecast f = model.forecast(book.rows(), book.paths(), 26, 0.9, 20, 1);
  EXPECT_NEAR(f.total / happened, 1, 0.1);
  EXPECT_LT(f.total_low, f.total);
  EXPECT_GT(f.total_high, f.total);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_LE(f.purchases_low[i], f.purchases_high[i]);
}

TEST(ParetoNBDDynamic, OnePathForAllIsAPathForEachAndThreadsChangeNothing) {
  seasonal_book book = simulated(200, 0.8, 0, 7);
  for (std::size_t c = 0; c < 200; ++c)
    for (std::size_t w = 0; w < 160; ++w) book.dropout[c * 160 + w] = book.dropout[w];
  ParetoNBDDynamic one({{"season"}, {"fair"}, 1}), two({{"season"}, {"fair"}, 3});
  one.fit(book.rows(), book.paths());
  const std::vector<std::uint64_t> common{0, 160};
  two.fit(book.rows(), {common, std::span(book.from).first(160), std::span(book.purchase).first(160), std::span(book.dropout).first(160)});
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(one.result().params[i] / two.result().params[i], 1, 1e-6);
  ParetoNBDDynamic three({{"season"}, {"fair"}, 3});
  EXPECT_EQ(three.fit(book.rows(), book.paths()).result().params, one.result().params);
}

TEST(ParetoNBDDynamic, BadInputIsNamed) {
  const seasonal_book book = simulated(3, 0, 0, 7);
  ParetoNBDDynamic model({{"season"}, {"fair"}, 1});
  const auto sentence = [](auto&& call) {
    try {
      call();
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  std::vector<double> late = book.from;
  for (double& v : late) v += 60;
  EXPECT_TRUE(sentence([&] { model.fit(book.rows(), {book.path, late, book.purchase, book.dropout}); })
                  .starts_with("value::ParetoNBDDynamic: the first period of the covariates begins after the first purchase at "));
  EXPECT_EQ(sentence([&] { model.fit(book.rows(), {book.path, book.from, book.purchase, std::vector<double>(book.dropout.size(), 1.0)}); }),
            "value::ParetoNBDDynamic: fair is the same in every period; a column that varies is wanted");
  EXPECT_EQ(sentence([] { ParetoNBDDynamic({{}, {}, 1}); }), "value::ParetoNBDDynamic: there is no covariate, neither of 'purchase' nor of 'dropout'");
}

}  // namespace
}  // namespace guanxi::value
