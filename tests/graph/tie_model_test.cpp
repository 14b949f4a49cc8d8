#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <guanxi/graph.hpp>

#include "../reference/graph.hpp"
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
  choice_rows d;
  d.features = 1;
  for (std::uint32_t g = 0; g < 600; ++g) {
    std::vector<double> p;
    const std::size_t first = d.x.size();
    for (int i = 0; i < 8; ++i) {
      d.x.push_back(normal(random));
      d.y.push_back(0), d.weight.push_back(1);
      p.push_back(std::exp(1.2 * d.x.back()));
    }
    d.start.push_back(d.size());
    d.y[first + static_cast<std::size_t>(std::discrete_distribution<int>(p.begin(), p.end())(random))] = 1;
  }
  const std::vector<double> zero{0.0}, light{1e-6}, stiff{1e9}, away{0.4};
  const std::vector<double> b = fit_choice(d, zero, light, zero);
  EXPECT_NEAR(b[0], 1.2, 0.15);
  for (const double step : {-0.05, 0.05}) EXPECT_LT(choice_likelihood(d, std::vector<double>{b[0] + step}), choice_likelihood(d, b));
  EXPECT_NEAR(fit_choice(d, away, stiff, zero)[0], 0.4, 1e-4);
}

TEST(Choice, RanksAndTheirWorthByHand) {
  const std::vector<double> score{3, 1, 2, 2};
  const std::vector<float> weight{1, 1, 1, 3};
  std::vector<double> r;
  log_ranks(score, {}, r);
  EXPECT_DOUBLE_EQ(r[0], 0.0);
  EXPECT_DOUBLE_EQ(r[2], -std::log1p(1.5));
  EXPECT_DOUBLE_EQ(r[3], r[2]);
  EXPECT_DOUBLE_EQ(r[1], -std::log1p(3.0));
  log_ranks(score, weight, r);
  EXPECT_DOUBLE_EQ(r[1], -std::log1p(5.0));
  const std::vector<std::uint8_t> chosen{0, 0, 1, 0};  // second of the order, with one of five others before it
  EXPECT_DOUBLE_EQ(order_worth(score, chosen, weight), 1.0 / 2 + 0.5 * (1 - 1.0 / 5));
}

TEST(ChanceScale, MovesToWhatCameAndNeverTurnsTheOrder) {
  std::mt19937_64 random(4);
  std::vector<double> z;
  std::vector<std::uint8_t> came;
  std::vector<float> weight;
  for (int i = 0; i < 40'000; ++i) {
    z.push_back(-5 + 4 * std::uniform_real_distribution<>{}(random));
    came.push_back(std::uniform_real_distribution<>{}(random) < logistic_curve::chance(-3 + 0.5 * (z.back() + 3)));  // steeper than true
    weight.push_back(1);
  }
  const chance_scale scale(z, came, weight);
  for (double x = -4.8; x < -1.3; x += 0.1) EXPECT_NEAR(scale(x), -3 + 0.5 * (x + 3), 0.45) << x;
  for (double x = -8; x < 2; x += 0.01) EXPECT_LT(scale(x), scale(x + 0.01));
  EXPECT_DOUBLE_EQ(chance_scale()(0.3), 0.3);
}

TEST(SmallSide, RegressionAndPathsEqualTheirFormulas) {
  for (const auto& [nc, ns] : {std::pair{9u, 6u}, {6u, 9u}}) {
    const auto t = fixtures::random_lines(60, nc, ns, 8);
    const SupplierGraph g(t.view(false, false));
    walk_reading how;
    how.half_life = std::numeric_limits<double>::infinity();
    const tie_walk walk(g, how);
    const auto reg = small_side_scores::regression(walk), way = small_side_scores::paths(walk);
    const auto v = g.view();
    std::vector<std::vector<double>> a(nc, std::vector<double>(ns, 0.0));
    for (std::uint32_t c = 0; c < nc; ++c)
      for (const std::uint32_t s : v.customer.others(c)) a[c][s] = 1;
    const bool on_c = nc <= ns;
    const std::size_t n = std::min(nc, ns), far = std::max(nc, ns);
    const auto at = [&](std::size_t i, std::size_t x) { return on_c ? a[i][x] : a[x][i]; };
    double with = 0;
    for (std::size_t i = 0; i < n; ++i) with += (on_c ? v.customer.degree(i) : v.supplier.degree(i)) > 0;
    const double ridge = 2 * static_cast<double>(v.ties()) / with;
    for (std::size_t i = 0; i < n; ++i) {
      // coefficients of the others by their own normal equations: (B_o B_o' + ridge I) b = B_o B_i'
      std::vector<std::size_t> o;
      for (std::size_t j = 0; j < n; ++j)
        if (j != i) o.push_back(j);
      reference::matrix m(n - 1, std::vector<double>(n - 1, 0.0));
      std::vector<double> rhs(n - 1, 0.0);
      for (std::size_t p = 0; p + 1 < n; ++p)
        for (std::size_t x = 0; x < far; ++x) {
          rhs[p] += at(o[p], x) * at(i, x);
          for (std::size_t q = 0; q + 1 < n; ++q) m[p][q] += at(o[p], x) * at(o[q], x);
        }
      for (std::size_t p = 0; p + 1 < n; ++p) m[p][p] += ridge;
      const std::vector<double> b = reference::solve(m, rhs);
      std::vector<double> mine(far), paths(far);
      reg.row(on_c ? side::customer : side::supplier, static_cast<std::uint32_t>(i), mine);
      way.row(on_c ? side::customer : side::supplier, static_cast<std::uint32_t>(i), paths);
      for (std::size_t x = 0; x < far; ++x) {
        std::vector<double> back(n), back_paths(n);
        reg.row(on_c ? side::supplier : side::customer, static_cast<std::uint32_t>(x), back);
        way.row(on_c ? side::supplier : side::customer, static_cast<std::uint32_t>(x), back_paths);
        EXPECT_NEAR(paths[x], back_paths[i], 1e-12);
        if (at(i, x) > 0) continue;
        double want = 0, want_paths = 0;
        for (std::size_t p = 0; p + 1 < n; ++p) want += b[p] * at(o[p], x);
        EXPECT_NEAR(mine[x], want, 1e-10);
        EXPECT_NEAR(back[i], want, 1e-10);
        const auto d_own = [&](std::size_t k) { return static_cast<double>(on_c ? v.customer.degree(k) : v.supplier.degree(k)); };
        const auto d_far = [&](std::size_t k) { return static_cast<double>(on_c ? v.supplier.degree(k) : v.customer.degree(k)); };
        for (std::size_t y = 0; y < far; ++y)
          for (std::size_t j = 0; j < n; ++j)
            if (at(i, y) * at(j, y) * at(j, x) > 0) want_paths += 1 / std::sqrt(d_own(i) * d_far(x)) / (d_own(j) * d_far(y));
        EXPECT_NEAR(paths[x], 0.05 * std::sqrt(static_cast<double>(n * far)) * want_paths, 1e-12);
      }
    }
  }
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
