#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include <guanxi/graph.hpp>

#include "../support/graph.hpp"

namespace guanxi::graph {
namespace {

/// Customers and suppliers of two kinds that keep to themselves; new ties come each period, three of four inside a kind.
fixtures::table kinds(std::uint32_t customers, std::uint32_t suppliers, std::uint32_t periods, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  fixtures::table t;
  t.customers = customers, t.suppliers = suppliers, t.periods = periods;
  for (std::uint32_t p = 0; p < periods; ++p)
    for (std::uint32_t c = 0; c < customers; ++c)
      for (int i = 0; i < 2; ++i) {
        auto s = static_cast<std::uint32_t>(random() % suppliers);
        if (s % 2 != c % 2 && random() % 4 != 0) s = (s + 1) % suppliers;
        t.customer.push_back(c), t.supplier.push_back(s), t.period.push_back(p);
        t.amount.push_back(1.0 + static_cast<double>(random() % 1000));
      }
  return t;
}

TEST(WalkKernel, DenseRowsAreTheWalks) {
  for (const auto& [nc, ns] : {std::pair{30u, 12u}, {12u, 30u}}) {
    const auto t = fixtures::random_lines(180, nc, ns, 3);
    const SupplierGraph g(t.view(false, true));
    walk_reading how;
    how.precision = 1e-14;
    const walk_kernel exact(g, how), pushed(g, how, 0);
    ASSERT_TRUE(exact.dense());
    ASSERT_FALSE(pushed.dense());
    auto a = exact.make_scratch();
    auto b = pushed.make_scratch();
    for (const side from : {side::customer, side::supplier}) {
      const std::size_t own = from == side::customer ? nc : ns, other = from == side::customer ? ns : nc;
      std::vector<double> x(other), y(other);
      for (std::uint32_t i = 0; i < own; ++i) {
        exact.row(from, i, x, a);
        pushed.row(from, i, y, b);
        for (std::size_t j = 0; j < other; ++j) EXPECT_NEAR(x[j], y[j], 1e-10) << i << " " << j;
      }
    }
  }
}

TEST(Logistic, AgreesWithItsOwnGradient) {
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal;
  labelled_rows d;
  d.features = 2;
  for (int i = 0; i < 4000; ++i) {
    const float x = normal(random), z = normal(random);
    d.x.insert(d.x.end(), {x, z});
    d.y.push_back(std::uniform_real_distribution<>{}(random) < logistic_curve::chance(-1 + 1.5 * x - 0.5 * z));
    d.weight.push_back(1);
  }
  const logistic_curve m = fit_ridge_logistic(d, 1e-6);
  EXPECT_NEAR(m.slope[0] / m.sd[0], 1.5, 0.15);
  EXPECT_NEAR(m.slope[1] / m.sd[1], -0.5, 0.1);
  double sum = 0;
  for (std::size_t i = 0; i < d.size(); ++i) sum += d.y[i] - logistic_curve::chance(m.logit(d.row(i)));
  EXPECT_NEAR(sum, 0, 1e-4);
  const logistic_curve held = fit_ridge_logistic(d, 1e9);
  EXPECT_NEAR(held.slope[0], 0, 1e-3);
  const std::vector<double> around{0.7, 0.2};
  EXPECT_NEAR(fit_ridge_logistic(d, 1e9, around).slope[0], 0.7, 1e-3);
}

TEST(Logistic, ChoiceFindsTheSlope) {
  std::mt19937_64 random(2);
  std::normal_distribution<float> normal;
  labelled_rows d;
  d.features = 1;
  std::vector<std::uint32_t> group;
  for (std::uint32_t g = 0; g < 600; ++g) {
    std::vector<double> p;
    const std::size_t first = d.x.size();
    for (int i = 0; i < 8; ++i) {
      d.x.push_back(normal(random));
      d.y.push_back(0), d.weight.push_back(1), group.push_back(g);
      p.push_back(std::exp(1.2 * d.x.back()));
    }
    d.y[first + static_cast<std::size_t>(std::discrete_distribution<int>(p.begin(), p.end())(random))] = 1;
  }
  const std::vector<double> start{0.0};
  EXPECT_NEAR(fit_choice(d, group, start, 1e-6)[0], 1.2, 0.15);
}

TEST(TieModel, FindsTheKinds) {
  const auto t = kinds(60, 40, 6, 11);
  const SupplierGraph g(t.view(false, true));
  TieModel m;
  m.fit(g);
  ASSERT_TRUE(m.known()) << m.status();
  const prospects p = m.next(g, side::customer, {}, 3);
  std::size_t same = 0;
  for (std::size_t i = 0; i < p.from.size(); ++i) {
    same += p.from[i] % 2 == p.to[i] % 2;
    EXPECT_GT(p.chance[i], 0);
    EXPECT_LT(p.chance[i], 1);
    const auto ties = g.by_customer().others(p.from[i]);
    EXPECT_FALSE(std::binary_search(ties.begin(), ties.end(), p.to[i]));
    if (p.rank[i] > 1) {
      EXPECT_LE(p.chance[i], p.chance[i - 1]);
    }
  }
  EXPECT_GT(static_cast<double>(same), 0.8 * static_cast<double>(p.from.size()));
  const prospects w = m.next(g, side::supplier, std::vector<std::uint32_t>{4}, 5);
  ASSERT_FALSE(w.to.empty());
  EXPECT_LE(w.to.size(), 5u);
}

TEST(TieModel, NothingAfterTheDateCounts) {
  auto t = kinds(40, 30, 7, 5);
  const SupplierGraph before(t.view(false, true));
  for (std::size_t i = 0; i < t.period.size(); ++i)
    if (t.period[i] > 4) t.supplier[i] = 0, t.amount[i] = 1e9;
  const SupplierGraph after(t.view(false, true));
  TieModel a, b;
  a.fit(before, 4), b.fit(after, 4);
  const prospects x = a.next(before, side::customer), y = b.next(after, side::customer);
  EXPECT_EQ(x.to, y.to);
  EXPECT_EQ(x.chance, y.chance);
}

TEST(TieModel, SameBitsForRowOrderThreadsAndKeepsItsRanksUnderAnotherCurrency) {
  const auto t = kinds(40, 30, 6, 9);
  auto u = t.permuted(3);
  const SupplierGraph g(t.view(false, true)), h(u.view(false, true));
  tie_model_options one, two;
  one.threads = 1, two.threads = 2;
  TieModel a, b, c;
  const prospects x = a.fit(g, {}, one).next(g, side::customer), y = b.fit(h, {}, two).next(h, side::customer);
  EXPECT_EQ(x.to, y.to);
  EXPECT_EQ(x.chance, y.chance);
  for (double& w : u.amount) w *= 1024;
  const SupplierGraph dear(u.view(false, true));
  const prospects z = c.fit(dear).next(dear, side::customer);
  ASSERT_EQ(x.chance.size(), z.chance.size());
  for (std::size_t i = 0; i < z.chance.size(); ++i) EXPECT_NEAR(x.chance[i], z.chance[i], 1e-4 * x.chance[i]);
}

TEST(TieModel, SaysWhatItCannotKnow) {
  const auto t = kinds(20, 10, 1, 9);
  const SupplierGraph g(t.view(false, true));
  TieModel m;
  EXPECT_FALSE(m.fit(g).known());
  EXPECT_EQ(m.status(), "chance not known: the past is shorter than two horizons");
  try {
    (void)m.next(g, side::customer);
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::not_fitted);
  }
  const SupplierGraph timeless(t.view(false, false));
  try {
    m.fit(timeless);
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "graph::TieModel: no 'period' column was given");
  }
}

}  // namespace
}  // namespace guanxi::graph
