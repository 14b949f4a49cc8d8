#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <guanxi/graph.hpp>

#include "../support/graph.hpp"

namespace guanxi::graph {
namespace {

SupplierGraph random_graph(std::uint32_t nc, std::uint32_t ns, std::size_t rows, std::uint64_t seed) {
  return SupplierGraph(fixtures::random_lines(rows, nc, ns, seed).view(false, false));
}

TEST(Personalised, NeverAboveAndNearThePageRankOfOneSeed) {
  const SupplierGraph g = random_graph(40, 25, 200, 4);
  std::vector<std::uint32_t> seeds{0, 3, 41, 50};
  personal_options o;
  o.k = 0, o.precision = 1e-7;
  const personal_scores p = personalised(g, seeds, nullptr, o);
  for (const std::uint32_t seed : seeds) {
    std::vector<double> c(40), s(25);
    (seed < 40 ? c[seed] : s[seed - 40]) = 1;
    const node_scores exact = pagerank(g.view(), {0.85, 1e-12, weighting::binary, 1000}, c, s);
    if (seed < 40 && g.by_customer().degree(seed) == 0) continue;
    if (seed >= 40 && g.by_supplier().degree(seed - 40) == 0) continue;
    std::vector<double> got(65, 0);
    for (std::size_t i = 0; i < p.seed.size(); ++i)
      if (p.seed[i] == seed) got[p.node[i]] = p.score[i];
    for (std::uint32_t v = 0; v < 65; ++v) {
      if (v == seed) continue;
      const double want = v < 40 ? exact.customer[v] : exact.supplier[v - 40];
      const double degree = static_cast<double>(v < 40 ? g.by_customer().degree(v) : g.by_supplier().degree(v - 40));
      EXPECT_LE(got[v], want + 1e-11);
      EXPECT_GE(got[v], want - 1e-7 * degree - 1e-11);
    }
  }
  EXPECT_THROW((void)personalised(g, std::vector<std::uint32_t>{65}), error);
}

TEST(Hits, AreTheSingularVectors) {
  const SupplierGraph g(fixtures::southern_women().view());
  const node_scores h = hits(g.view(), {0.85, 1e-14, weighting::binary, 10'000});
  ASSERT_TRUE(h.converged);
  double lambda = 0;
  for (std::size_t c = 0; c < 18; ++c) {
    double sum = 0;
    for (const std::uint32_t s : g.by_customer().others(c)) sum += h.supplier[s];
    if (c == 0) lambda = sum / h.customer[0];
    EXPECT_NEAR(sum, lambda * h.customer[c], 1e-10);
  }
  EXPECT_NEAR(std::accumulate(h.customer.begin(), h.customer.end(), 0.0), 1, 1e-12);
}

/// Counts shortest paths by levels from every node, in the plainest way.
std::vector<double> slow_betweenness(const two_sided& g) {
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  std::vector<std::vector<std::size_t>> near(n);
  for (std::size_t c = 0; c < nc; ++c)
    for (const std::uint32_t s : g.customer.others(c)) near[c].push_back(nc + s), near[nc + s].push_back(c);
  std::vector<std::vector<double>> far(n, std::vector<double>(n, 1e9)), paths(n, std::vector<double>(n, 0));
  for (std::size_t a = 0; a < n; ++a) {
    far[a][a] = 0, paths[a][a] = 1;
    for (double d = 0; d < static_cast<double>(n); ++d)
      for (std::size_t v = 0; v < n; ++v)
        if (far[a][v] == d)
          for (const std::size_t u : near[v]) {
            if (far[a][u] > d + 1) far[a][u] = d + 1;
            if (far[a][u] == d + 1) paths[a][u] += paths[a][v];
          }
  }
  std::vector<double> out(n, 0);
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = a + 1; b < n; ++b)
        if (a != v && b != v && far[a][b] < 1e9 && far[a][v] + far[v][b] == far[a][b]) out[v] += paths[a][v] * paths[v][b] / paths[a][b];
  return out;
}

TEST(Betweenness, EqualsCountedPathsAndTheSampleIsNear) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const SupplierGraph g = random_graph(9, 7, 20 + 5 * seed, seed);
    const std::vector<double> want = slow_betweenness(g.view());
    const between got = betweenness(g.view());
    for (std::size_t v = 0; v < 16; ++v) EXPECT_NEAR(v < 9 ? got.customer[v] : got.supplier[v - 9], want[v], 1e-10);
  }
  const SupplierGraph women(fixtures::southern_women().view());
  const between b = betweenness(women.view());
  EXPECT_NEAR(*std::max_element(b.supplier.begin(), b.supplier.end()), 110.20639698200813, 1e-9);
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const between part = betweenness(women.view(), 8, seed);
    sum += part.supplier[7];
    EXPECT_GT(part.supplier_error[7], 0);
  }
  EXPECT_NEAR(sum / 200, b.supplier[7], 6);
  const between one = betweenness(women.view(), 8, 3, 1), two = betweenness(women.view(), 8, 3, 2);
  EXPECT_EQ(one.customer, two.customer);
}

double slow_nodf(const two_sided& g) {
  double sum = 0;
  for (std::uint32_t i = 0; i < g.customers(); ++i)
    for (std::uint32_t j = 0; j < g.customers(); ++j) {
      if (g.customer.degree(i) <= g.customer.degree(j) || g.customer.degree(j) == 0) continue;
      double common = 0;
      for (const std::uint32_t s : g.customer.others(i))
        for (const std::uint32_t t : g.customer.others(j)) common += s == t;
      sum += 100 * common / static_cast<double>(g.customer.degree(j));
    }
  return sum;
}

TEST(Nodf, PublishedAndBruteForce) {
  const SupplierGraph women(fixtures::southern_women().view());
  const nested n = nodf(women.view());
  EXPECT_NEAR(n.customers, 48.205726735, 1e-8);
  EXPECT_NEAR(n.suppliers, 49.212454212, 1e-8);
  EXPECT_NEAR(n.all, 48.581186573, 1e-8);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> triangle;
  for (std::uint32_t i = 0; i < 4; ++i)
    for (std::uint32_t j = 0; j + i < 4; ++j) triangle.emplace_back(i, j);
  const SupplierGraph perfect(fixtures::pairs(triangle).view());
  EXPECT_NEAR(nodf(perfect.view()).all, 100, 1e-12);
  const SupplierGraph g = random_graph(12, 9, 50, 2);
  EXPECT_NEAR(nodf(g.view()).customers, slow_nodf(g.view()) / 66, 1e-10);
  EXPECT_NEAR(nodf(g.view()).suppliers, slow_nodf(g.view().swapped()) / 36, 1e-10);
  EXPECT_TRUE(std::isnan(nodf(SupplierGraph().view()).all));
}

TEST(Motifs, BruteForceAndRobinsAlexander) {
  EXPECT_NEAR(motifs(SupplierGraph(fixtures::southern_women().view()).view()).closed, 0.46776406035665297, 1e-14);
  const SupplierGraph g = random_graph(10, 8, 45, 8);
  const two_sided v = g.view();
  std::uint64_t squares = 0, paths = 0;
  for (std::uint32_t a = 0; a < 10; ++a)
    for (std::uint32_t b = 0; b < a; ++b) {
      std::uint64_t common = 0;
      for (const std::uint32_t s : v.customer.others(a))
        for (const std::uint32_t t : v.customer.others(b)) common += s == t;
      squares += common * (common - (common > 0)) / 2;
    }
  for (std::uint32_t c = 0; c < 10; ++c)
    for (const std::uint32_t s : v.customer.others(c)) paths += (v.customer.degree(c) - 1) * (v.supplier.degree(s) - 1);
  const motif_counts m = motifs(v);
  EXPECT_EQ(m.squares, squares);
  EXPECT_EQ(m.paths, paths);
}

TEST(Complexity, IsTheSecondEigenvector) {
  for (const auto& [nc, ns] : {std::pair{14u, 9u}, {9u, 14u}}) {
    const SupplierGraph g = random_graph(nc, ns, 90, 3);
    const two_sided v = g.view();
    const sophistication e = complexity(v);
    double sum = 0, square = 0;
    for (const double x : e.customer) if (x == x) sum += x, square += x * x;
    EXPECT_NEAR(sum, 0, 1e-10);
    // D_c^-1 M D_s^-1 M' e is lambda e, up to the constant that the standard form took out
    double own = 0, count = 0;
    std::vector<double> image(nc, 0);
    for (std::uint32_t c = 0; c < nc; ++c) {
      if (!(e.customer[c] == e.customer[c])) continue;
      for (const std::uint32_t s : v.customer.others(c))
        for (const std::uint32_t o : v.supplier.others(s))
          image[c] += e.customer[o] / static_cast<double>(v.customer.degree(c)) / static_cast<double>(v.supplier.degree(s));
      own += image[c] - e.lambda2 * e.customer[c], ++count;
    }
    for (std::uint32_t c = 0; c < nc; ++c)
      if (e.customer[c] == e.customer[c]) {
        EXPECT_NEAR(image[c] - e.lambda2 * e.customer[c], own / count, 1e-9);
      }
  }
}

TEST(Fitness, PublishedOnTheWomen) {
  const SupplierGraph g(fixtures::southern_women().view());
  const sophistication f = fitness(g.view(), 50);
  EXPECT_NEAR(f.customer[0], 2.7933917811, 1e-9);
  EXPECT_NEAR(f.customer[1], 2.3523263343, 1e-9);
  EXPECT_NEAR(f.customer[2], 1.8745103046, 1e-9);
  EXPECT_NEAR(f.customer[3], 1.8657799026, 1e-9);
  EXPECT_EQ(f.updates, 50u);
}

TEST(Communities, BestKnownOnTheWomenAndEveryGroupingCounted) {
  const SupplierGraph g(fixtures::southern_women().view());
  community_options o;
  o.starts = 50;
  const grouping best = communities(g.view(), o);
  EXPECT_NEAR(best.modularity, 0.3455371796490342, 1e-12);
  EXPECT_EQ(best.groups, 4u);
  const grouping again = communities(g.view(), o);
  EXPECT_EQ(best.customer, again.customer);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {  // 6 nodes: try all groupings
    const SupplierGraph small = random_graph(3, 3, 7, seed);
    double most = -1;
    for (int code = 0; code < 729 * 64; ++code) {
      std::vector<std::uint32_t> of(6);
      for (int i = 0, rest = code; i < 6; ++i, rest /= 6) of[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(rest % 6);
      most = std::max(most, barber_modularity(small.view(), {of.data(), 3}, {of.data() + 3, 3}));
    }
    EXPECT_NEAR(communities(small.view(), o).modularity, most, 1e-12) << seed;
  }
  const grouping none_at_all = communities(SupplierGraph().view());
  EXPECT_EQ(none_at_all.groups, 0u);
}

TEST(Bicm, KeepsTheDegreesOfBothSides) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const SupplierGraph g = random_graph(20, 12, 90 + 30 * seed, seed);
    const two_sided v = g.view();
    const bipartite_null null(v);
    for (std::uint32_t c = 0; c < 20; ++c) {
      double sum = 0;
      for (std::uint32_t s = 0; s < 12; ++s) sum += null.chance(c, s);
      EXPECT_NEAR(sum, static_cast<double>(v.customer.degree(c)), 1e-8);
    }
    for (std::uint32_t s = 0; s < 12; ++s) {
      double sum = 0;
      for (std::uint32_t c = 0; c < 20; ++c) sum += null.chance(c, s);
      EXPECT_NEAR(sum, static_cast<double>(v.supplier.degree(s)), 1e-8);
    }
    const std::vector<double> common = null.expected_common();
    double want = 0;
    for (std::uint32_t c = 0; c < 20; ++c) want += null.chance(c, 1) * null.chance(c, 2);
    EXPECT_NEAR(common[null.supplier_class(1) * null.supplier_classes() + null.supplier_class(2)], want, 1e-10);
  }
  const SupplierGraph full(fixtures::pairs({{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {2, 0}}).view());
  const bipartite_null certain(full.view());
  EXPECT_EQ(certain.chance(0, 2), 1.0);
  EXPECT_EQ(certain.chance(2, 2), 0.0);
  competitor_options o;
  o.bicm = true;
  const rivals r = competitors(SupplierGraph(fixtures::southern_women().view()).view(), o);
  for (const double p : r.p_value) EXPECT_TRUE(p > 0 && p <= 1);
}

TEST(LikePruned, EqualsTheFullCountOnHeavyTails) {
  std::mt19937_64 random(5);
  fixtures::table t;
  t.customers = 600, t.suppliers = 80;
  for (int i = 0; i < 6000; ++i) {
    const double u = std::uniform_real_distribution<>{}(random);
    t.customer.push_back(static_cast<std::uint32_t>(random() % 600));
    t.supplier.push_back(static_cast<std::uint32_t>(80 * u * u * u));
    t.amount.push_back(1);
  }
  const SupplierGraph g(t.view());
  for (const likeness m : {likeness::cosine, likeness::jaccard})
    for (const std::uint32_t least : {1u, 3u}) {
      like_options o;
      o.measure = m, o.k = 7, o.min_common = least;
      const likes fast = like_customers(g.view(), o);
      const two_sided v = g.view();
      const likes full = detail::rows_of_likes(o, {}, 600, detail::like_kernel(v, o));
      EXPECT_EQ(fast.start, full.start);
      EXPECT_EQ(fast.like, full.like);
      EXPECT_EQ(fast.similarity, full.similarity);
      EXPECT_EQ(fast.common, full.common);
    }
}

TEST(Concentration, FastLogarithmIsWithinOneUnit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::exp(std::uniform_real_distribution<>{-600, 600}(random));
    EXPECT_NEAR(detail::log_positive(x), std::log(x), 2.3e-16 * std::max(1.0, std::abs(std::log(x))));
  }
  EXPECT_EQ(detail::log_positive(1.0), 0.0);
}

}  // namespace
}  // namespace guanxi::graph
