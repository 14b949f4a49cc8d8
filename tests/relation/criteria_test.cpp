#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/electre_tri.hpp>
#include <guanxi/relation/promethee.hpp>
#include <guanxi/relation/ranking.hpp>
#include <guanxi/relation/weights.hpp>

namespace relation = guanxi::relation;
using relation::preference;
using relation::preference_rule;
using V = std::vector<double>;
using T = std::vector<int>;

namespace {
const V example{3.37, 6.73, 0.93, 7.48, 2.64,  1.68, 1.68, 1.42, 2.38, 4.48, 3.86, 3.99,
                0.98, 1.06, 6.91, 4.86, 10.07, 5.62, 1.47, 5.88, 3.96, 3.09, 1.66, 2.72};
const V example_weights{.4, .3, .2, .1};
const T example_types{1, -1, 1, 1};

std::string sentence(const auto& call) {
  try {
    call();
  } catch (const guanxi::error& e) {
    return e.what();
  }
  return "no error";
}

/// Values rounded so that ties, indifference and vetoes occur.
V random_table(std::size_t n, std::size_t m, std::uint64_t seed) {
  guanxi::random_stream g(seed);
  V x;
  for (std::size_t i = 0; i < n * m; ++i) x.push_back(std::round(100 * g.uniform()) / 10);
  return x;
}

/// The definition, all pairs.
relation::promethee_flows all_pairs(const V& x, const V& w, const T& types, const std::vector<preference_rule>& rules) {
  const std::size_t m = w.size(), n = x.size() / m;
  relation::promethee_flows f{V(n), V(n), V(n)};
  double total = 0;
  for (const double v : w) total += v;
  const auto P = [](const preference_rule& r, double d) {
    if (d <= 0) return 0.0;
    switch (r.shape) {
      case preference::usual:
        return 1.0;
      case preference::u_shape:
        return d > r.q ? 1.0 : 0.0;
      case preference::v_shape:
        return std::min(d / r.p, 1.0);
      case preference::level:
        return d > r.p ? 1.0 : d > r.q ? 0.5 : 0.0;
      case preference::linear:
        return d <= r.q ? 0.0 : d >= r.p ? 1.0 : (d - r.q) / (r.p - r.q);
      default:
        return 1 - std::exp(-d * d / (2 * r.s * r.s));
    }
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < m; ++k) {
        const double d = types[k] * (x[i * m + k] - x[j * m + k]);
        f.plus[i] += w[k] / total * P(rules[k], d) / static_cast<double>(n - 1),
            f.minus[i] += w[k] / total * P(rules[k], -d) / static_cast<double>(n - 1);
      }
    }
    f.net[i] = f.plus[i] - f.minus[i];
  }
  return f;
}

/// sigma(x, y): credibility of "x is at least as good as y", one line of the definition after another.
double sigma(const V& x, const V& y, const V& w, const V& q, const V& p, const V& v) {
  double c = 0, total = 0;
  V D;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double d = y[k] - x[k];
    c += w[k] * (d <= q[k] ? 1 : d >= p[k] ? 0 : (p[k] - d) / (p[k] - q[k])), total += w[k];
    D.push_back(d <= p[k] ? 0 : d >= v[k] ? 1 : (d - p[k]) / (v[k] - p[k]));
  }
  c /= total;
  double s = c;
  for (const double d : D) {
    if (d > c) s *= (1 - d) / (1 - c);
  }
  return s;
}
}  // namespace

TEST(Promethee, PublishedExample) {
  const auto f = relation::promethee({example, example_weights, example_types},
                                     std::vector<preference_rule>{{preference::usual, 0, 0, 1}});
  const V want{-.32, .04, -.20, .12, .16, .20};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(f.net[i], want[i], 1e-14);
}

TEST(Promethee, EveryShapeEqualsAllPairsWithTies) {
  const V x = random_table(300, 6, 4), w{1, 2, .5, 1, 0, 3};
  const T types{1, -1, 1, 1, -1, -1};
  const std::vector<preference_rule> rules{{preference::usual, 0, 0, 1},       {preference::u_shape, 1.25, 0, 1},
                                           {preference::v_shape, 0, 2.75, 1},  {preference::level, .75, 3.25, 1},
                                           {preference::linear, .75, 3.25, 1}, {preference::gaussian, 0, 0, 2}};
  for (std::size_t turn = 0; turn < 6; ++turn) {  // every shape meets every column
    std::vector<preference_rule> r = rules;
    std::rotate(r.begin(), r.begin() + static_cast<std::ptrdiff_t>(turn), r.end());
    const auto got = relation::promethee({x, w, types}, r), want = all_pairs(x, w, types, r);
    double sum = 0;
    for (std::size_t i = 0; i < 300; ++i) {
      EXPECT_NEAR(got.plus[i], want.plus[i], 1e-12);
      EXPECT_NEAR(got.minus[i], want.minus[i], 1e-12);
      sum += got.net[i];
    }
    EXPECT_NEAR(sum, 0.0, 1e-12);
  }
}

TEST(Promethee, LargeTableBySortingEqualsAllPairs) {
  const V x = random_table(3000, 2, 6), w{1, 2};
  const T types{1, -1};
  const std::vector<preference_rule> rules{{preference::linear, 1.03, 2.51, 1}, {preference::linear, 1, 1, 1}};
  const auto got = relation::promethee({x, w, types}, rules), want = all_pairs(x, w, types, rules);
  for (std::size_t i = 0; i < 3000; ++i) EXPECT_NEAR(got.net[i], want.net[i], 1e-11);
}

TEST(Promethee, AddingAConstantAndThreadsChangeNothing) {
  V x = random_table(500, 3, 9);
  for (double& v : x) v = std::round(v * 8) / 8;  // exact in binary, also after the shift
  const V w{1, 1, 1};
  const std::vector<preference_rule> r{{preference::linear, .5, 2, 1}};
  const auto a = relation::promethee({x, w}, r, 1), b = relation::promethee({x, w}, r, 4);
  EXPECT_EQ(a.net, b.net);
  for (std::size_t i = 0; i < x.size(); i += 3) x[i] += 4096;
  const auto c = relation::promethee({x, w}, r);
  for (std::size_t i = 0; i < 500; ++i) EXPECT_NEAR(a.net[i], c.net[i], 1e-12);
  const std::vector<preference_rule> v{{preference::v_shape, 0, 2, 1}}, linear{{preference::linear, 0, 2, 1}};
  EXPECT_EQ(relation::promethee({x, w}, v).net, relation::promethee({x, w}, linear).net);
}

TEST(ElectreTri, TextbookCase) {
  const V w{.4, .35, .25}, q{1, 1, 1}, p{3, 3, 3}, v{8, 8, 8}, profiles{4, 4, 4, 7, 7, 7};
  const V x{7.5, 6.5, 7.0, 9, 9, 3, 9, 9, -2, 5, 3.5, 2, 2, 2, 2};
  const auto c = relation::electre_tri({x, w}, {profiles, q, p, v, 0.7});
  EXPECT_EQ(c.pessimistic, (std::vector<std::uint8_t>{2, 2, 1, 1, 0}));
  EXPECT_EQ(c.optimistic, (std::vector<std::uint8_t>{2, 2, 2, 1, 0}));
  EXPECT_NEAR(sigma({7, 7, 7}, {9, 9, 3}, w, q, p, v), .625, 1e-12);
  EXPECT_NEAR(sigma({4, 4, 4}, {7.5, 6.5, 7}, w, q, p, v), .086301, 5e-7);
}

TEST(ElectreTri, EqualsTheDefinitionOnRoundedRows) {
  const V x = random_table(300, 4, 12), w{.3, .3, .2, .2}, q{.5, 1, 0, .5}, p{1.5, 1, 2, 3}, v{4, 5, 6, 9},
          profiles{2, 3, 2.5, 7, 5, 5, 5, 5, 8, 7, 7.5, 2};
  const T types{1, 1, 1, -1};
  const auto c = relation::electre_tri({x, w, types}, {profiles, q, p, v, 0.7});
  int vetoed = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const auto turned = [&](const double* row) { return V{row[0], row[1], row[2], -row[3]}; };
    const V a = turned(&x[i * 4]);
    const auto over = [&](std::size_t h) { return sigma(a, turned(&profiles[h * 4]), w, q, p, v) >= 0.7 - 1e-12; };
    const auto under = [&](std::size_t h) { return sigma(turned(&profiles[h * 4]), a, w, q, p, v) >= 0.7 - 1e-12; };
    std::size_t low = 0, high = 3;
    for (std::size_t h = 3; h-- > 0;) {
      if (over(h)) {
        low = h + 1;
        break;
      }
    }
    for (std::size_t h = 0; h < 3; ++h) {
      if (under(h) && !over(h)) {
        high = h;
        break;
      }
    }
    EXPECT_EQ(c.pessimistic[i], low);
    EXPECT_EQ(c.optimistic[i], high);
    EXPECT_LE(c.pessimistic[i], c.optimistic[i]);
    vetoed += low < high;
  }
  EXPECT_GT(vetoed, 0);
  V better = x;
  for (std::size_t i = 0; i < better.size(); i += 4) better[i] += 1;
  const auto up = relation::electre_tri({better, w, types}, {profiles, q, p, v, 0.7});
  for (std::size_t i = 0; i < 300; ++i) EXPECT_GE(up.pessimistic[i], c.pessimistic[i]);
}

TEST(ElectreTri, SmaaGivesKnownSharesAndTheSameForAnyThreads) {
  // one criterion reached of two: outranked when w_1 >= .6, which uniform weights do in 40 % of draws
  const V x{5, 0}, w{.5, .5}, zero{0, 0}, profiles{3, 3};
  const auto s = relation::smaa_tri({x, w}, {profiles, zero, zero, {}, 0.6}, 40000, 0.0, 1);
  EXPECT_NEAR(s.share[1], 0.4, 4 * s.std_error[1]);
  EXPECT_NEAR(s.share[0] + s.share[1], 1.0, 1e-15);
  const V many = random_table(300, 2, 3);
  EXPECT_EQ(relation::smaa_tri({many, w}, {profiles, zero, zero, {}, 0.6}, 200, 5.0, 1, 1).share,
            relation::smaa_tri({many, w}, {profiles, zero, zero, {}, 0.6}, 200, 5.0, 1, 4).share);
}

TEST(Ranking, TopsisExample) {
  const auto t = relation::topsis({example, example_weights, example_types});
  const V want{.23429900696631084, .35415269460783866, .273250542756534,
               .41508639830381594, .6274017907085664,  .3681500835986201};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(t[i], want[i], 1e-14);
  EXPECT_EQ(relation::topsis({V{1, 1}, V{1}})[0], 0.5);
}

TEST(Ranking, VikorByHand) {
  const auto v = relation::vikor({V{1, 10, 3, 30, 2, 10}, V{1, 1}, T{1, -1}});
  EXPECT_NEAR(v.s[0], .5, 1e-15);  // worst in the first, best in the second
  EXPECT_NEAR(v.s[1], .5, 1e-15);
  EXPECT_NEAR(v.s[2], .25, 1e-15);
  EXPECT_NEAR(v.q[2], 0.0, 1e-15);
  EXPECT_NEAR(v.q[0], 1.0, 1e-15);
}

TEST(Ranking, SpotisDoesNotReverse) {
  const V bounds{0, 10, 0, 10}, w{.5, .5}, three{1, 9, 5, 5, 8, 3};
  const auto s = relation::spotis({three, w}, bounds);
  EXPECT_NEAR(s[1], .5, 1e-15);
  const auto two = relation::spotis({std::span<const double>(three).first(4), w}, bounds);
  EXPECT_EQ(two[0], s[0]);
  EXPECT_EQ(sentence([&] { (void)relation::spotis({V{1, 11}, w}, bounds); }),
            "relation::spotis: 'x' is outside 'bounds' in row 0, column 1");
}

TEST(Weights, SumToOneAndAConstantColumnHasNone) {
  V x;
  guanxi::random_stream g(2);
  for (int i = 0; i < 50; ++i) x.insert(x.end(), {1 + g.uniform(), 5.0, 10 * g.uniform() + .1});
  for (const auto method : {relation::weighting::entropy, relation::weighting::critic, relation::weighting::merec,
                            relation::weighting::deviation}) {
    const auto w = relation::weights(x, 3, method);
    EXPECT_NEAR(w[0] + w[1] + w[2], 1.0, 1e-12);
    EXPECT_NEAR(w[1], 0.0, 1e-12);
    EXPECT_GT(w[2], 0.0);
  }
}

TEST(Weights, AhpOfConsistentJudgementsGivesTheRatios) {
  const auto a = relation::weights_ahp(V{1, 2, 4, .5, 1, 2, .25, .5, 1});
  EXPECT_NEAR(a.weights[0], 4.0 / 7, 1e-12);
  EXPECT_NEAR(a.ratio, 0.0, 1e-12);
  EXPECT_TRUE(a.status.empty());
  const auto b = relation::weights_ahp(V{1, 9, 1.0 / 9, 1.0 / 9, 1, 9, 9, 1.0 / 9, 1});
  EXPECT_GT(b.ratio, 0.1);
  EXPECT_EQ(b.status[0], "judgements contradict one another, most of all criteria 0, 1, 2");
}

TEST(Criteria, BadInputSpeaks) {
  const V x{1, 2, 3, 4}, w{1, 1}, zero{0, 0}, one{1, 1};
  EXPECT_EQ(sentence([&] { (void)relation::topsis({V{1, 2, 3}, w}); }),
            "relation::topsis: 'weights' has 2 entries, which does not divide the 3 of 'x'");
  EXPECT_EQ(sentence([&] { (void)relation::topsis({x, zero}); }),
            "relation::topsis: every entry of 'weights' is 0, want at least one above 0");
  EXPECT_EQ(sentence([&] { (void)relation::topsis({V{1, guanxi::unknown}, w}); }),
            "relation::topsis: 'x' is not a number in row 0, column 1");
  const V crossing{1, 5, 2, 4};
  EXPECT_EQ(sentence([&] { (void)relation::electre_tri({x, w}, {crossing, zero, one, {}, .75}); }),
            "relation::electre_tri: 'profiles' 0 and 1 cross in criterion 1");
  EXPECT_EQ(sentence([&] { (void)relation::to_preference("cubic"); }),
            "relation::promethee: no preference 'cubic'; want usual, u_shape, v_shape, level, linear or gaussian");
}
