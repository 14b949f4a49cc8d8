#include <guanxi/value/purchase_model.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reference/value_purchase.hpp"
#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

struct published {
  PurchaseModel model;
  std::vector<double> params;
  double log_likelihood, alive, purchases;
};

TEST(PurchaseModel, ThePublishedTablesOfCdnow) {
  const auto data = support::cdnow();
  ASSERT_EQ(data.x.size(), 2357u);
  std::vector<published> table;
  table.push_back({NBD(), {.3848, 12.072}, -9763.66, 2357, unknown});
  table.push_back({BGNBD(), {.2426, 4.4136, .7929, 2.4258}, -9582.43, 1917.28, 1653.42});
  table.push_back({MBGNBD(), {.5248, 6.1830, .8914, 1.6140}, -9582.13, 1057.64, 1576.74});
  for (auto& row : table) {
    row.model.fit(data.rows());
    const fit_result& r = row.model.result();
    EXPECT_TRUE(r.converged) << row.model.name();
    EXPECT_LE(r.passes, 12u);
    EXPECT_NEAR(r.log_likelihood, row.log_likelihood, 0.005 + 1e-9) << row.model.name();
    for (std::size_t i = 0; i < row.params.size(); ++i) EXPECT_NEAR(r.params[i] / row.params[i], 1, 1e-3) << row.model.name();
    std::vector<double> p(data.x.size()), e(data.x.size());
    row.model.probability_alive(data.rows(), p);
    row.model.expected_purchases(data.rows(), 39, e);
    EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), row.alive, 0.005 + 1e-9) << row.model.name();
    if (std::isfinite(row.purchases)) {
      EXPECT_NEAR(std::accumulate(e.begin(), e.end(), 0.0), row.purchases, 0.005 + 1e-9) << row.model.name();
    }
  }
}

TEST(PurchaseModel, RegularityDoesNotSuitCdnow) {
  const auto data = support::cdnow();
  std::vector<double> gaps(data.x.size(), 0.0);
  BGCNBDk one(1, 1);
  one.fit({data.x, data.t, data.age, {}, gaps});
  BGNBD plain;
  plain.fit(data.rows());
  EXPECT_EQ(one.result().params, plain.result().params);
}

class Twin : public testing::TestWithParam<std::tuple<int, unsigned>> {};

TEST_P(Twin, ValueGradientAndSecondDerivatives) {
  const auto [kind, k] = GetParam();
  const purchase_story story{kind == 0 ? dropout::none : kind == 1 ? dropout::after_purchase : dropout::from_start, k};
  std::mt19937_64 random(11 + static_cast<unsigned>(kind) * 7 + k);
  std::uniform_real_distribution<double> u(0, 1);
  std::vector<double> x, t, age, gaps;
  for (int i = 0; i < 60; ++i) {
    const double n = std::floor(std::exp(5 * u(random)) - 1), a = 1 + 50 * u(random);
    x.push_back(n);
    t.push_back(n > 0 ? (i % 7 == 0 ? a : a * u(random)) : 0);
    age.push_back(a);
    gaps.push_back(n * (u(random) - 0.5));
  }
  const row_groups g = group({x, t, age, {}, gaps});
  purchase_likelihood f(g, story);
  for (int point = 0; point < 20; ++point) {
    std::array<double, 4> p{};
    for (double& v : p) v = std::exp(4 * u(random) - 2);
    const local<4> here = f(p[0], p[1], p[2], p[3]);
    long double want = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      want += reference::purchase_log_likelihood(kind, static_cast<int>(k), p[0], p[1], p[2], p[3], x[i], t[i], age[i], gaps[i]);
    EXPECT_NEAR(here.value, static_cast<double>(want), 1e-11 * std::fabs(static_cast<double>(want)));
    for (std::size_t j = 0; j < (kind == 0 ? 2u : 4u); ++j) {
      auto up = p, down = p;
      const double h = 1e-5 * p[j];
      up[j] += h, down[j] -= h;
      const local<4> above = f(up[0], up[1], up[2], up[3]), below = f(down[0], down[1], down[2], down[3]);
      const double slope = (above.value - below.value) / (2 * h);
      EXPECT_NEAR(here.gradient[j], slope, 1e-6 * (std::fabs(slope) + std::fabs(here.value) / p[j] * 1e-2)) << j;
      for (std::size_t l = 0; l < (kind == 0 ? 2u : 4u); ++l) {
        const double bend = (above.gradient[l] - below.gradient[l]) / (2 * h);
        EXPECT_NEAR(here.hessian[j][l], bend, 1e-5 * (std::fabs(bend) + 1e-3 * std::fabs(here.value) / (p[j] * p[l]))) << j << l;
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Family, Twin, testing::Combine(testing::Values(0, 1, 2), testing::Values(1u, 2u, 3u, 5u)));

/// A future drawn from the story: phase, rate and dropout odds given the history, then purchases one by one.
double simulated_mean(const purchase_parameters& p, purchase_story s, double x, double t, double age, double horizon, std::size_t draws) {
  const double count = p.r + s.stages * x, b = p.b + x + (s.stop == dropout::from_start ? 1 : 0);
  const double alive = probability_alive(p, s, x, t, age);
  std::vector<double> weight{1.0};
  for (unsigned j = 1; j < s.stages; ++j) weight.push_back(weight.back() * (age - t) / (p.alpha + age) * (count + j - 1) / j);
  double sum = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    random_stream random(5, i);
    if (random.uniform() > alive) continue;
    const std::size_t j = random.categorical(weight);
    const double rate = random.gamma(count + static_cast<double>(j)) / (p.alpha + age), stop = random.beta(p.a, b);
    double at = random.gamma(s.stages - static_cast<double>(j)) / rate;
    for (; at < horizon; at += random.gamma(s.stages) / rate) {
      sum += 1;
      if (random.uniform() < stop) break;
    }
  }
  return sum / static_cast<double>(draws);
}

TEST(PurchaseModel, ExpectationAgreesWithTheStory) {
  detail::ahead_space space;
  for (const dropout stop : {dropout::after_purchase, dropout::from_start})
    for (const unsigned k : {1u, 2u, 3u}) {
      const purchase_parameters p{0.9, 5, 0.8, 2.4};
      const double got = expected_purchases(p, {stop, k}, 4, 22, 30, 39, space);
      EXPECT_NEAR(simulated_mean(p, {stop, k}, 4, 22, 30, 39, 100'000), got, 0.04) << k;
    }
}

TEST(PurchaseModel, TheLawSumsToOneAndItsMeanIsTheExpectation) {
  MBGNBD model;
  model.set({0.5, 6, 0.9, 1.6}, 1);
  const std::vector<double> x{3}, t{20}, age{30};
  std::vector<double> out(1), e(1);
  double sum = 0, mean = 0;
  for (std::uint64_t n = 0; n < 200; ++n) {
    model.probability_of({x, t, age}, n, 26, out);
    sum += out[0], mean += static_cast<double>(n) * out[0];
  }
  model.expected_purchases({x, t, age}, 26, e);
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_NEAR(mean, e[0], 1e-10);
  double fresh = 0;
  for (std::uint64_t n = 1; n < 300; ++n) fresh += static_cast<double>(n) * model.pmf(n, 26);
  EXPECT_NEAR(fresh, model.expected_purchases_new(26), 1e-9);
}

TEST(PurchaseModel, NewCustomersInClosedForm) {
  BGNBD model;  // Fader, Hardie and Lee (2005), eq. 9, at the published point: computed with mpmath
  model.set({0.2426, 4.4136, 0.7929, 2.4258}, 1);
  EXPECT_NEAR(model.expected_purchases_new(39), 1.1951, 5e-4);
}

TEST(PurchaseModel, VanishedDropoutIsTheRateAlone) {
  detail::ahead_space space;
  const purchase_parameters tiny{0.7, 9, 1e-12, 3}, none{0.7, 9, 0, 1};
  const double with = expected_purchases(tiny, {dropout::from_start, 1}, 5, 20, 26, 26, space);
  EXPECT_NEAR(with, expected_purchases(none, {dropout::none, 1}, 5, 20, 26, 26, space), 1e-9);
}

TEST(PurchaseModel, AliveRisesWithRecencyAndStaysInItsRange) {
  const purchase_parameters p{0.5, 6, 0.9, 1.6};
  for (const unsigned k : {1u, 3u}) {
    double before = 0;
    for (double t = 1; t <= 40; t += 1) {
      const double now = probability_alive(p, {dropout::from_start, k}, 6, t, 40);
      EXPECT_GE(now, before);
      EXPECT_LE(now, 1);
      before = now;
    }
  }
}

TEST(PurchaseModel, AnotherUnitOfTimeChangesAlphaOnly) {
  const auto data = support::cdnow();
  auto t = data.t, age = data.age;
  for (double& v : t) v *= 7;
  for (double& v : age) v *= 7;
  BGNBD weeks, days;
  weeks.fit(data.rows());
  days.fit({data.x, t, age});
  EXPECT_NEAR(days.result().params[1] / weeks.result().params[1], 7, 1e-5);
  for (const std::size_t i : {0u, 2u, 3u}) EXPECT_NEAR(days.result().params[i] / weeks.result().params[i], 1, 1e-5);
}

TEST(PurchaseModel, SameBitsForAnyOrderOfRowsAndNumberOfThreads) {
  const auto data = support::cdnow();
  std::vector<std::size_t> order(data.x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(3);
  std::shuffle(order.begin(), order.end(), random);
  support::summary_columns other;
  for (const std::size_t i : order) other.x.push_back(data.x[i]), other.t.push_back(data.t[i]), other.age.push_back(data.age[i]);
  MBGNBD one(1), three(3);
  one.fit(data.rows());
  three.fit(other.rows());
  EXPECT_EQ(one.result().params, three.result().params);
  EXPECT_EQ(one.result().log_likelihood, three.result().log_likelihood);
}

TEST(PurchaseModel, AWeightIsThatManyRows) {
  const std::vector<double> x{0, 2, 5, 1}, t{0, 9, 20, 4}, age{12, 14, 22, 30}, w{3, 2, 4, 1};
  std::vector<double> lx, lt, la;
  for (std::size_t i = 0; i < 4; ++i)
    for (int j = 0; j < w[i]; ++j) lx.push_back(x[i]), lt.push_back(t[i]), la.push_back(age[i]);
  BGNBD weighted, repeated;
  weighted.fit({x, t, age, w});
  repeated.fit({lx, lt, la});
  EXPECT_EQ(weighted.result().params, repeated.result().params);
}

TEST(PurchaseModel, ExtremesStayFiniteAndSayWhatHappened) {
  struct odd { std::vector<double> x, t, age; };
  for (const odd& o : {odd{{0, 0, 0}, {0, 0, 0}, {5, 9, 9}}, odd{{2000}, {1e3}, {1e3}}, odd{{20'000, 0}, {300, 0}, {300, 300}},
                       odd{{0}, {0}, {0}}, odd{{3, 3, 3}, {8, 8, 8}, {9, 9, 9}}, odd{{4, 1}, {0.01, 0.002}, {0.02, 0.02}}})
    for (PurchaseModel model : {PurchaseModel(NBD()), PurchaseModel(BGNBD()), PurchaseModel(MBGNBD())}) {
      model.fit({o.x, o.t, o.age});
      EXPECT_FALSE(model.result().status.empty());
      std::vector<double> out(o.x.size());
      model.expected_purchases({o.x, o.t, o.age}, 26, out);
      for (const double e : out) EXPECT_TRUE(std::isfinite(e)) << model.name() << " " << model.result().status;
      for (const double p : model.result().params) EXPECT_TRUE(std::isfinite(p));
    }
  BGNBD none;
  none.fit({std::vector<double>{0, 0}, std::vector<double>{0, 0}, std::vector<double>{4, 5}});
  EXPECT_EQ(none.result().status, "no repeat purchases: rate not identifiable");
}

TEST(PurchaseModel, SimulatedParametersComeBack) {
  const auto book = support::simulated_days(4000, 3, 100, 900, 21, 0.8, 6.0);
  const customer_columns columns = to_rows(book.days(), 899, unit::days);
  MBGCNBDk model;
  model.fit(columns.rows());
  EXPECT_EQ(model.story().stages, 3u);
  EXPECT_NEAR(model.result().params[0], 1.2, 0.12);
  EXPECT_NEAR(model.result().params[2] / (model.result().params[2] + model.result().params[3]), 0.8 / 6.8, 0.012);
}

template <class F>
std::string sentence(F&& f) {
  try {
    f();
  } catch (const error& e) {
    return e.what();
  }
  return "no error";
}

TEST(PurchaseModel, WrongRowsAreNamed) {
  const auto fit = [](double x, double t, double age) {
    return sentence([&] { BGNBD().fit({std::vector<double>{1, x}, std::vector<double>{2, t}, std::vector<double>{9, age}}); });
  };
  EXPECT_EQ(fit(2, 40, 39), "value::BGNBD: recency 40 > age 39 in row 1");
  EXPECT_EQ(fit(-1, 1, 9), "value::BGNBD: frequency -1 is negative in row 1");
  EXPECT_EQ(fit(1.5, 1, 9), "value::BGNBD: frequency 1.5 is not a whole number in row 1");
  EXPECT_EQ(fit(1, 0, 9), "value::BGNBD: frequency 1 with recency 0 in row 1");
  EXPECT_EQ(fit(0, 3, 9), "value::BGNBD: frequency 0 with recency 3 in row 1");
  EXPECT_EQ(fit(1, std::nan(""), 9), "value::BGNBD: recency is NaN in row 1");
  EXPECT_EQ(sentence([] { BGNBD().fit(customer_rows{}); }), "value::BGNBD: there are no customers");
  EXPECT_EQ(sentence([] { BGNBD().fit({std::vector<double>{1, 2}, std::vector<double>{1}, std::vector<double>{3, 3}}); }),
            "value::BGNBD: 'recency' has 1 entries, 'frequency' has 2");
  EXPECT_EQ(sentence([] { static_cast<void>(BGNBD().expected_purchases_new(9)); }), "value::BGNBD: fit comes first");
  EXPECT_EQ(sentence([] { NBD m; m.set({1, 2, 0, 1}, 1); static_cast<void>(m.pmf(0, -1)); }),
            "value::NBD: 'horizon' is -1; a positive number is wanted");
}

TEST(PurchaseModel, DrawsAreTheSeedsOwn) {
  BGNBD model;
  model.fit(support::cdnow().rows());
  const auto one = model.draws(400, 7);
  EXPECT_EQ(one, model.draws(400, 7));
  EXPECT_NE(one, model.draws(400, 8));
  double sum = 0;
  for (std::size_t i = 0; i < 400; ++i) sum += std::log(one[4 * i]);
  EXPECT_NEAR(sum / 400, std::log(model.result().params[0]), 0.02);
}

}  // namespace
}  // namespace guanxi::value
