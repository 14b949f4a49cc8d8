#include <guanxi/graph.hpp>

#include <array>
#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "reference/graph.hpp"
#include "support/graph.hpp"

namespace guanxi::graph {
namespace {

template <class Call>
void expect_error(errc code, const char* sentence, Call&& call) {
  try {
    call();
    FAIL() << "no error: " << sentence;
  } catch (const error& e) {
    EXPECT_EQ(e.code(), code);
    EXPECT_STREQ(e.what(), sentence);
  }
}

double similar(const reference::matrix& w, std::size_t u, std::size_t v, likeness measure, weighting how) {
  const std::size_t ns = w[0].size();
  double common = 0, du = 0, dv = 0, su = 0, sv = 0;
  for (std::size_t s = 0; s < ns; ++s) su += w[u][s], sv += w[v][s];
  double dot = 0, uu = 0, vv = 0, least = 0, most = 0;
  for (std::size_t s = 0; s < ns; ++s) {
    double d = 0;
    for (const auto& row : w) d += row[s] > 0;
    const double idf = d > 0 ? std::log(static_cast<double>(w.size()) / d) : 0;
    const auto value = [&](double x, double total) {
      if (x == 0) return 0.0;
      switch (how) {
        case weighting::binary: return 1.0;
        case weighting::amount: return x;
        case weighting::log: return std::log1p(x);
        case weighting::share: return x / total;
        case weighting::tfidf: return x / total * idf;
      }
      return 0.0;
    };
    const double x = value(w[u][s], su), y = value(w[v][s], sv);
    common += w[u][s] > 0 && w[v][s] > 0, du += w[u][s] > 0, dv += w[v][s] > 0;
    dot += x * y, uu += x * x, vv += y * y, least += std::min(x, y), most += std::max(x, y);
  }
  if (common == 0) return 0;
  switch (measure) {
    case likeness::cosine: return dot == 0 ? 0 : dot / std::sqrt(uu * vv);
    case likeness::jaccard: return common / (du + dv - common);
    case likeness::overlap: return common / std::min(du, dv);
    case likeness::ruzicka: return least / most;
  }
  return 0;
}

TEST(LikeCustomers, EqualsTheDenseTableForEveryMeasureAndWeight) {
  const auto t = fixtures::random_lines(250, 30, 14, 11);
  const SupplierGraph g(t.view(false, false));
  const auto w = reference::dense(t.view());
  for (const likeness m : {likeness::cosine, likeness::jaccard, likeness::overlap, likeness::ruzicka})
    for (const weighting how : {weighting::binary, weighting::amount, weighting::log, weighting::share, weighting::tfidf}) {
      like_options o;
      o.k = 4, o.measure = m, o.weight = how;
      const likes got = like_customers(g.view(), o);
      for (std::size_t u = 0; u < 30; ++u) {
        std::vector<std::pair<double, std::size_t>> want;
        for (std::size_t v = 0; v < 30; ++v)
          if (v != u && similar(w, u, v, m, how) > 0) want.emplace_back(-similar(w, u, v, m, how), v);
        std::sort(want.begin(), want.end());
        ASSERT_EQ(got.start[u + 1] - got.start[u], std::min<std::size_t>(4, want.size()));
        for (std::size_t r = 0; r < got.start[u + 1] - got.start[u]; ++r) {
          EXPECT_NEAR(got.similarity[got.start[u] + r], -want[r].first, 1e-12);
          EXPECT_NEAR(similar(w, u, got.like[got.start[u] + r], m, how), -want[r].first, 1e-12);
        }
      }
    }
}

TEST(LikeCustomers, SymmetricToTheBitAndTheSameForAnyThreads) {
  const auto t = fixtures::random_lines(900, 60, 20, 5);
  const SupplierGraph g(t.view(false, false));
  for (const weighting how : {weighting::binary, weighting::share}) {
    like_options o;
    o.k = 60, o.weight = how, o.threads = 1;
    const likes a = like_customers(g.view(), o);
    o.threads = 3;
    const likes b = like_customers(g.view(), o);
    EXPECT_EQ(a.like, b.like);
    EXPECT_EQ(a.similarity, b.similarity);
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> sim;
    for (std::size_t u = 0; u < 60; ++u)
      for (std::size_t i = a.start[u]; i < a.start[u + 1]; ++i) sim[{static_cast<std::uint32_t>(u), a.like[i]}] = a.similarity[i];
    for (const auto& [key, value] : sim) EXPECT_EQ(value, (sim.at({key.second, key.first})));
  }
}

TEST(LikeCustomers, BadSettingsSpeakPlainly) {
  const auto women = fixtures::southern_women();
  const SupplierGraph g(women.view());
  like_options o;
  o.k = 0;
  expect_error(errc::out_of_domain, "graph::like_customers: k is 0, wanted at least 1", [&] { (void)like_customers(g.view(), o); });
  const std::vector<std::uint32_t> who{18};
  expect_error(errc::out_of_domain, "graph::like_customers: customer 18 of 18", [&] { (void)like_customers(g.view(), {}, who); });
  expect_error(errc::unknown_name, "graph: measure 'cos' is not one of cosine, jaccard, overlap, ruzicka", [] { (void)to_likeness("cos"); });
}

TEST(NeedsGap, EqualsThePlainSums) {
  const auto t = fixtures::random_lines(300, 20, 12, 21);
  const SupplierGraph g(t.view());
  const likes alike = like_customers(g.view(), {5, likeness::cosine, weighting::binary, 1, 0, 0});
  for (const bool product : {false, true}) {
    const baskets b = product ? baskets_by_product(g) : baskets_by_supplier(g.view());
    std::vector<std::map<std::uint32_t, double>> buys(20);
    for (std::size_t c = 0; c < 20; ++c)
      for (std::size_t i = b.start[c]; i < b.start[c + 1]; ++i) buys[c][b.item[i]] += b.amount[i];
    const gaps got = needs_gap(b, alike, {100, 0.9, 2});
    std::size_t row = 0;
    for (std::uint32_t u = 0; u < 20; ++u) {
      double sum = 0;
      std::map<std::uint32_t, double> chance, part;
      for (std::size_t i = alike.start[u]; i < alike.start[u + 1]; ++i) {
        const std::uint32_t v = alike.like[i];
        sum += alike.similarity[i];
        for (const auto& [item, x] : buys[v]) chance[item] += alike.similarity[i], part[item] += alike.similarity[i] * x / b.total[v];
      }
      std::size_t want = 0;
      const auto own = [&](std::uint32_t item) { return buys[u].count(item) != 0 ? buys[u].at(item) : 0.0; };
      for (const auto& [item, c] : chance) want += b.total[u] * part[item] / sum - own(item) > 1e-9;
      std::size_t have = 0;
      for (; row < got.customer.size() && got.customer[row] == u; ++row, ++have) {
        const std::uint32_t item = got.item[row];
        EXPECT_NEAR(got.chance[row], std::min(1.0, chance[item] / sum), 1e-12);
        EXPECT_NEAR(got.expected[row], b.total[u] * part[item] / sum, 1e-9);
        EXPECT_NEAR(got.actual[row], own(item), 1e-9);
        EXPECT_LT(got.low[row], got.high[row]);
        EXPECT_LE(got.low[row], got.chance[row] + 0.05);
        EXPECT_EQ(got.rank[row], have + 1);
        EXPECT_GE(have > 0 ? got.gap[row - 1] : got.gap[row], got.gap[row]);
      }
      EXPECT_NEAR(static_cast<double>(have), static_cast<double>(want), 0.1) << u;
    }
    EXPECT_EQ(row, got.customer.size());
  }
}

TEST(NeedsGap, SaysWhatIsMissingAndWhoHoldsIt) {
  // customers 0, 1, 2 buy product 0 from supplier 0; 1 and 2 also product 1: mostly from supplier 2
  const std::vector<std::uint32_t> c{0, 1, 1, 2, 2}, s{0, 0, 1, 0, 2}, p{0, 0, 1, 0, 1};
  const std::vector<double> x{100, 50, 10, 50, 40};
  const SupplierGraph g({c, s, x, p, {}, 3, 3, 2});
  const std::vector<std::uint32_t> who{0};
  const gaps got = needs_gap(baskets_by_product(g), like_customers(g.view(), {}, who));
  ASSERT_EQ(got.item.size(), 1u);
  EXPECT_EQ(got.item[0], 1u);
  EXPECT_EQ(got.actual[0], 0.0);
  EXPECT_EQ(got.chance[0], 1.0);
  EXPECT_NEAR(got.expected[0], 100 * (10.0 / 60 + 40.0 / 90) / 2, 1e-12);
  EXPECT_EQ(got.held_by[0], 2u);
}

TEST(Competitors, EqualThePlainCounts) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto t = fixtures::random_lines(250, 25, 16, seed);
    const SupplierGraph g(t.view(false, false));
    const auto w = reference::dense(t.view());
    const rivals got = competitors(g.view(), {1, true, 0.2, 2});
    std::size_t row = 0;
    std::vector<double> all;
    for (std::size_t j = 0; j < 16; ++j)
      for (std::size_t k = j + 1; k < 16; ++k) {
        double common = 0, contested = 0, newman = 0, dj = 0, dk = 0;
        for (std::size_t c = 0; c < 25; ++c) {
          double d = 0;
          for (const double x : w[c]) d += x > 0;
          dj += w[c][j] > 0, dk += w[c][k] > 0;
          if (!(w[c][j] > 0 && w[c][k] > 0)) continue;
          ++common, contested += std::min(w[c][j], w[c][k]), newman += 1 / (d - 1);
        }
        if (common == 0) continue;
        ASSERT_LT(row, got.supplier.size());
        ASSERT_EQ(got.supplier[row], j);
        ASSERT_EQ(got.rival[row], k);
        EXPECT_EQ(got.common[row], common);
        EXPECT_NEAR(got.contested[row], contested, 1e-9);
        EXPECT_NEAR(got.newman[row], newman, 1e-12);
        EXPECT_NEAR(got.jaccard[row], common / (dj + dk - common), 1e-15);
        const double p = reference::hypergeometric(25, static_cast<std::size_t>(dj), static_cast<std::size_t>(dk), static_cast<std::size_t>(common));
        EXPECT_NEAR(got.p_value[row], p, 1e-11);
        all.push_back(got.p_value[row]);
        ++row;
      }
    ASSERT_EQ(row, got.supplier.size());
    EXPECT_EQ(got.met, row);
    EXPECT_EQ(got.tests, 120u);
    std::sort(all.begin(), all.end());
    double cut = -1;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] <= static_cast<double>(i + 1) * 0.2 / 120) cut = all[i];
    EXPECT_EQ(got.cut, cut);
    const rivals two = competitors(g.view(), {2, true, 0.2, 1});
    EXPECT_EQ(two.cut, cut) << "pairs below min_common still count as tests";
    EXPECT_EQ(two.met, got.met);
    for (const std::uint32_t x : two.common) EXPECT_GE(x, 2u);
  }
}

TEST(Competitors, FarTailsKeepTheirDigits) {
  const hypergeometric law(700);
  EXPECT_NEAR(std::log(law.at_least(80, 100, 100)), std::log(reference::hypergeometric(700, 100, 100, 80)), 1e-8);
  EXPECT_GT(law.at_least(100, 100, 100), 0.0);
  EXPECT_LT(law.at_least(100, 100, 100), 1e-120);
  EXPECT_EQ(law.at_least(0, 100, 100), 1.0);
  EXPECT_EQ(law.at_least(101, 100, 100), 0.0);
  for (std::uint64_t x = 0; x <= 60; ++x) EXPECT_NEAR(law.at_least(x, 500, 60), reference::hypergeometric(700, 500, 60, x), 1e-10);
}

TEST(Pagerank, EqualsTheDenseSolve) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto t = fixtures::random_lines(90, 18, seed % 2 == 0 ? 26 : 12, seed);
    const SupplierGraph g(t.view(false, false));
    const auto w = reference::dense(t.view());
    auto binary = w;
    for (auto& row : binary)
      for (double& x : row) x = x > 0;
    const std::size_t ns = w[0].size();
    std::vector<double> uniform(18 + ns, 1.0), seeded(18 + ns, 0.0);
    seeded[3] = 2, seeded[18 + 4] = 1, seeded[17] = 1;
    const std::vector<double> sc(seeded.begin(), seeded.begin() + 18), ss(seeded.begin() + 18, seeded.end());
    for (const weighting how : {weighting::binary, weighting::amount}) {
      const auto& m = how == weighting::binary ? binary : w;
      const node_scores a = pagerank(g.view(), {0.85, 1e-13, how, 1000}), b = pagerank(g.view(), {0.5, 1e-13, how, 1000}, sc, ss);
      const auto want_a = reference::pagerank(m, uniform, 0.85), want_b = reference::pagerank(m, seeded, 0.5);
      double error_a = 0, error_b = 0, mass = 0;
      for (std::size_t i = 0; i < 18 + ns; ++i) {
        const double x = i < 18 ? a.customer[i] : a.supplier[i - 18], y = i < 18 ? b.customer[i] : b.supplier[i - 18];
        error_a += std::abs(x - want_a[i]), error_b += std::abs(y - want_b[i]), mass += x;
      }
      EXPECT_LT(error_a, 3e-13);
      EXPECT_LT(error_b, 3e-13);
      EXPECT_NEAR(mass, 1.0, 1e-12);
      EXPECT_TRUE(a.converged);
    }
  }
}

TEST(Pagerank, TheErrorBoundHolds) {
  const auto t = fixtures::random_lines(150, 40, 30, 8);
  const SupplierGraph g(t.view(false, false));
  auto w = reference::dense(t.view());
  for (auto& row : w)
    for (double& x : row) x = x > 0;
  const auto want = reference::pagerank(w, std::vector<double>(70, 1.0), 0.85);
  for (const double tol : {1e-2, 1e-4, 1e-8}) {
    const node_scores got = pagerank(g.view(), {0.85, tol, weighting::binary, 1000});
    double off = 0;
    for (std::size_t i = 0; i < 70; ++i) off += std::abs((i < 40 ? got.customer[i] : got.supplier[i - 40]) - want[i]);
    EXPECT_LE(off, got.error_bound + 1e-14);
    EXPECT_LE(got.error_bound, tol);
  }
}

TEST(Pagerank, SouthernWomen) {
  const auto women = fixtures::southern_women();
  const SupplierGraph g(women.view());
  const node_scores x = pagerank(g.view());
  EXPECT_NEAR(x.supplier[7], 0.072497125194, 1e-11);
  EXPECT_NEAR(x.customer[0], 0.042563450745, 1e-11);
  double mass = 0;
  for (const double v : x.customer) mass += v;
  EXPECT_NEAR(mass, 0.505067567568, 1e-11);
  const node_scores b = birank(g.view());
  EXPECT_NEAR(b.supplier[7], 0.0925794145, 1e-9);
  EXPECT_NEAR(b.customer[0], 0.071128894968, 1e-9);
}

TEST(Birank, EqualsTheDenseSolve) {
  const auto t = fixtures::random_lines(90, 18, 12, 2);
  const SupplierGraph g(t.view(false, false));
  const auto [c, s] = reference::birank(reference::dense(t.view()), 0.7);
  const node_scores got = birank(g.view(), {0.7, 1e-13, weighting::amount, 1000});
  for (std::size_t i = 0; i < c.size(); ++i) EXPECT_NEAR(got.customer[i], c[i], 1e-12);
  for (std::size_t i = 0; i < s.size(); ++i) EXPECT_NEAR(got.supplier[i], s[i], 1e-12);
}

TEST(Pagerank, BadSettingsSpeakPlainly) {
  const auto women = fixtures::southern_women();
  const SupplierGraph g(women.view());
  expect_error(errc::out_of_domain, "graph::pagerank: damping is 1.000000, wanted inside (0, 1)",
               [&] { (void)pagerank(g.view(), {1.0, 1e-10, weighting::binary, 1000}); });
  expect_error(errc::out_of_domain, "graph::pagerank: tol must be above 0", [&] { (void)pagerank(g.view(), {0.85, 0, weighting::binary, 1000}); });
  const std::vector<double> zero(18, 0.0), short_one(3, 1.0);
  expect_error(errc::out_of_domain, "graph::pagerank: all seeds are 0", [&] { (void)pagerank(g.view(), {}, zero); });
  expect_error(errc::size_mismatch, "graph::pagerank: customer seeds have 3 entries, there are 18", [&] { (void)pagerank(g.view(), {}, short_one); });
}

TEST(Core, EqualsDeletionNodeByNode) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto t = fixtures::random_lines(120, 18, 14, seed);
    const SupplierGraph g(t.view(false, false));
    const auto want = reference::core(reference::dense(t.view()));
    const core_numbers_of got = core(g.view());
    for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(got.customer[i], want[i]);
    for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(got.supplier[i], want[18 + i]);
    for (std::uint32_t k = 1; k < 7; ++k) {
      const core_numbers_of member = core(g.view(), k, k);
      for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(member.customer[i] != 0, got.customer[i] >= k);
      for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(member.supplier[i] != 0, got.supplier[i] >= k);
    }
    const core_numbers_of a = core(g.view(), 2, 3), b = core(g.view(), 3, 3);
    for (std::size_t i = 0; i < 18; ++i) EXPECT_GE(a.customer[i], b.customer[i]);
  }
  const auto women = fixtures::southern_women();
  const SupplierGraph g(women.view());
  const core_numbers_of c = core(g.view());
  std::array<int, 5> count{};
  for (const std::uint32_t k : c.customer) ++count[k];
  for (const std::uint32_t k : c.supplier) ++count[k];
  EXPECT_EQ(count, (std::array<int, 5>{0, 0, 4, 5, 23}));
}

TEST(CutNodes, EqualTakingEveryNodeAndTieOut) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const auto t = fixtures::random_lines(34, 16, 13, seed);
    const SupplierGraph g(t.view(false, false));
    const auto w = reference::dense(t.view());
    const cuts got = cut_nodes(g.view());
    const std::size_t whole = reference::pieces(w, 29).size();
    EXPECT_EQ(got.components, whole);
    std::size_t at = 0;
    for (std::size_t v = 0; v < 29; ++v) {
      const auto left = reference::pieces(w, v);
      if (left.size() <= whole) continue;
      ASSERT_LT(at, got.nodes.size()) << seed;
      EXPECT_EQ(got.nodes[at].id, v);
      EXPECT_EQ(got.nodes[at].pieces, left.size() - whole + 1);
      // pieces of v's own part: those that differ from the untouched parts
      auto before = reference::pieces(w, 29), after = left;
      std::sort(before.begin(), before.end()), std::sort(after.begin(), after.end());
      double own_sum = 0, own_most = 0;
      for (const double x : after) {
        const auto same = std::find_if(before.begin(), before.end(), [x](double y) { return std::abs(x - y) < 1e-9 && x > 0; });
        if (same != before.end()) before.erase(same);
        else own_sum += x, own_most = std::max(own_most, x);
      }
      EXPECT_NEAR(got.nodes[at].severed, own_sum - own_most, 1e-8) << seed << " " << v;
      ++at;
    }
    EXPECT_EQ(at, got.nodes.size());
    at = 0;
    for (std::size_t c = 0; c < 16; ++c)
      for (std::size_t s = 0; s < 13; ++s)
        if (w[c][s] > 0 && reference::pieces(w, 29, c, s).size() > whole) {
          ASSERT_LT(at, got.bridges.size());
          EXPECT_EQ(got.bridges[at].customer, c);
          EXPECT_EQ(got.bridges[at].supplier, s);
          ++at;
        }
    EXPECT_EQ(at, got.bridges.size());
  }
}

TEST(CutNodes, TheExampleOfTheDocumentation) {
  const auto t = fixtures::pairs({{0, 0}, {1, 0}, {1, 1}, {2, 1}, {2, 2}, {3, 2}, {3, 1}});
  const SupplierGraph g(t.view());
  const cuts got = cut_nodes(g.view());
  ASSERT_EQ(got.nodes.size(), 3u);  // c2 (1), s1 (4), s2 (5)
  EXPECT_EQ(got.nodes[0].id, 1u);
  EXPECT_EQ(got.nodes[1].id, 4u);
  EXPECT_EQ(got.nodes[2].id, 5u);
  ASSERT_EQ(got.bridges.size(), 3u);
  EXPECT_EQ(got.bridges[2].customer, 1u);
  EXPECT_EQ(got.bridges[2].supplier, 1u);
  EXPECT_EQ(got.bridges[2].severed, 2.0);  // c0, s0, c1 with two ties against four
}

TEST(TieChanges, EveryKindOnce) {
  //               period: 0  1  2  3  4  5  6
  // tie (0, 0)            x  x  .  x  .  .  .     present kept quiet kept lost
  // tie (0, 1)            .  x  .  .  x  x  .     new lost back kept quiet
  const std::vector<std::uint32_t> c(7, 0), s{0, 0, 0, 1, 1, 1, 2}, p{0, 1, 3, 1, 4, 5, 6};
  const std::vector<double> x{10, 10, 30, 10, 40, 5, 1};
  const SupplierGraph g({c, s, x, {}, p});
  const changes got = tie_changes(g, 2);
  const auto kinds = [&](std::uint32_t supplier) {
    std::string out;
    for (std::size_t i = 0; i < got.what.size(); ++i)
      if (got.supplier[i] == supplier) out += std::to_string(got.period[i]) + std::string(name(got.what[i])) + " ";
    return out;
  };
  EXPECT_EQ(kinds(0), "0present 1kept 2quiet 3kept 4lost ");
  EXPECT_EQ(kinds(1), "1new 2lost 4back 5kept 6quiet ");
  EXPECT_EQ(kinds(2), "6new ");
  EXPECT_TRUE(std::isnan(got.before[0]));
  EXPECT_EQ(got.after[0], 10.0);
  EXPECT_EQ(got.share_after[1], 0.5);
  EXPECT_EQ(tie_changes(g).quiet, 2u);  // absences between presences: 1 and 2; 95 % quantile 2
}

TEST(TieChanges, PresencesOfAPeriodAddUp) {
  const auto t = fixtures::random_lines(800, 20, 12, 6);
  const SupplierGraph g(t.view());
  const changes got = tie_changes(g);
  std::vector<std::size_t> there(6), want(6);
  for (std::size_t i = 0; i < got.what.size(); ++i)
    there[got.period[i]] += got.what[i] == change::present || got.what[i] == change::added || got.what[i] == change::kept || got.what[i] == change::back;
  for (std::uint32_t p = 0; p < 6; ++p) want[p] = g.window(p, p).ties();
  EXPECT_EQ(there, want);
  expect_error(errc::out_of_domain, "graph::tie_changes: quiet is 0, wanted at least 1", [&] { (void)tie_changes(g, 0); });
  const SupplierGraph plain(t.view(false, false));
  expect_error(errc::unknown_name, "graph::tie_changes: no 'period' column was given", [&] { (void)tie_changes(plain); });
}

TEST(SingleSource, ByCustomerAndByProduct) {
  const std::vector<std::uint32_t> c{0, 0, 0, 1, 1, 2}, s{0, 1, 0, 0, 1, 2}, p{0, 0, 1, 0, 0, 1}, t{0, 0, 1, 0, 1, 1};
  const std::vector<double> x{50, 50, 900, 4, 96, 7};
  const SupplierGraph g({c, s, x, p, t});
  const sole_sources whole = single_source(g);
  ASSERT_EQ(whole.customer.size(), 3u);
  EXPECT_EQ(whole.supplier, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(whole.since, (std::vector<std::int64_t>{1, 1, 1}));
  EXPECT_EQ(whole.item[0], none);
  const sole_sources items = single_source(g, 0.95, true);
  EXPECT_EQ(items.customer, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(items.item, (std::vector<std::uint32_t>{1, 0, 1}));
  expect_error(errc::out_of_domain, "graph::single_source: level is 0.000000, wanted in (0, 1]", [&] { (void)single_source(g, 0); });
}

TEST(Disrupt, ByHand) {
  // product 0: supplier 0 sells 100 to customer 0, supplier 1 sells 50 to customer 1 and 50 to customer 2
  const std::vector<std::uint32_t> c{0, 1, 2}, s{0, 1, 1}, p{0, 0, 0};
  const std::vector<double> x{100, 50, 50};
  const SupplierGraph g({c, s, x, p});
  const std::vector<std::uint32_t> fails{0};
  const disruption got = disrupt(g, fails, 0.2);
  EXPECT_EQ(got.lost, (std::vector<double>{100, 0, 0}));
  EXPECT_NEAR(got.replaced[0], 20, 1e-12);
  EXPECT_NEAR(got.total_unserved, 80, 1e-12);
  EXPECT_EQ(disrupt(g, {}, 0.2).total_lost, 0.0);
  EXPECT_EQ(disrupt(g, std::vector<std::uint32_t>{0, 1}, 5.0).total_unserved, 200.0);
  expect_error(errc::out_of_domain, "graph::disrupt: supplier 9 of 2", [&] { (void)disrupt(g, std::vector<std::uint32_t>{9}); });
}

TEST(Disrupt, KnownCustomersComeFirstAndNothingIsServedTwice) {
  const auto t = fixtures::random_lines(400, 20, 12, 15);
  const SupplierGraph g(t.view());
  for (const double spare : {0.0, 0.1, 0.5, 10.0}) {
    const std::vector<std::uint32_t> fails{0, 1, 1};
    const disruption got = disrupt(g, fails, spare);
    double replaced = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_LE(got.lost[i], got.before[i] * (1 + 1e-12));
      EXPECT_GE(got.unserved[i], 0.0);
      replaced += got.replaced[i];
    }
    EXPECT_NEAR(replaced + got.total_unserved, got.total_lost, 1e-6);
    EXPECT_EQ(spare == 0.0, replaced == 0.0);
  }
}

TEST(NextSuppliers, TheWalkIsPersonalisedPagerank) {
  const auto t = fixtures::random_lines(120, 15, 20, 3);
  const SupplierGraph g(t.view(false, false));
  auto w = reference::dense(t.view());
  for (auto& row : w)
    for (double& x : row) x = x > 0;
  next_options o;
  o.k = 0;
  o.walk.precision = 1e-12;
  for (std::uint32_t c = 0; c < 15; ++c) {
    if (g.by_customer().degree(c) == 0) continue;
    std::vector<double> seed(35, 0.0);
    seed[c] = 1;
    const auto want = reference::pagerank(w, seed, 0.85);
    const std::vector<std::uint32_t> who{c};
    const prospects got = next_suppliers(g, who, o);
    for (std::size_t i = 0; i < got.to.size(); ++i) {
      EXPECT_NEAR(got.score[i], want[15 + got.to[i]], 1e-9);
      EXPECT_EQ(w[c][got.to[i]], 0.0);
      EXPECT_TRUE(std::isnan(got.chance[i]));
    }
  }
}

TEST(NextSuppliers, NothingAfterTheDateMattersAndThreadsDoNot) {
  const auto t = fixtures::random_lines(1500, 40, 30, 12);
  auto changed = t;
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < t.amount.size(); ++i)
    if (t.period[i] > 3) changed.amount[i] = static_cast<double>(random() % 1000), changed.supplier[i] = static_cast<std::uint32_t>(random() % 30);
  const SupplierGraph a(t.view()), b(changed.view());
  next_options o;
  o.at = 3;
  o.threads = 1;
  const prospects x = next_suppliers(a, {}, o);
  o.threads = 3;
  const prospects y = next_suppliers(b, {}, o);
  EXPECT_EQ(x.to, y.to);
  EXPECT_EQ(x.score, y.score);
  EXPECT_EQ(x.via, y.via);
  EXPECT_FALSE(x.to.empty());
  const winnable_customers p = winnable(a, 25, o), q = winnable(b, 25, o);
  EXPECT_EQ(p.who.to, q.who.to);
  EXPECT_EQ(p.entry_share, q.entry_share);
}

TEST(NextSuppliers, TheWayIsReversible) {
  const auto t = fixtures::random_lines(150, 15, 12, 3);
  const SupplierGraph g(t.view());
  walk_reading how;
  how.precision = 1e-13;
  const tie_walk walk(g, how);
  auto one = walk.make_scratch(), two = walk.make_scratch();
  walk.push(2, one);
  for (std::uint32_t s = 15; s < 27; ++s) {
    walk.push(s, two);
    EXPECT_NEAR(one.score(s) * walk.strength(2), two.score(2) * walk.strength(s), 1e-10);
    tie_walk::clear(two);
  }
}

TEST(NextSuppliers, ReasonsAreThePathsOfLengthThree) {
  // 0 shares supplier 0 with 1 and 2; both buy from 1, customer 3 buys only from 1
  const auto t = fixtures::pairs({{0, 0}, {1, 0}, {2, 0}, {1, 1}, {2, 1}, {3, 1}, {2, 2}});
  const SupplierGraph g(t.view());
  const std::vector<std::uint32_t> who{0};
  const prospects got = next_suppliers(g, who);
  ASSERT_EQ(got.to.size(), 2u);
  EXPECT_EQ(got.to[0], 1u);
  EXPECT_EQ(got.via[0], 1u);  // customer 1 has fewer ties, so its path is heavier
  EXPECT_EQ(got.via2[0], 2u);
  EXPECT_EQ(got.via[1], 2u);
  EXPECT_EQ(got.via2[1], none);
  EXPECT_EQ(got.status, "chance not known: fewer than two periods");
}

TEST(Analytics, EmptyAndOneSidedGraphsHaveAnswers) {
  const SupplierGraph empty(lines{});
  lines names;
  names.customers = 3;
  const SupplierGraph one_side(names);
  for (const SupplierGraph* g : {&empty, &one_side}) {
    EXPECT_EQ(concentration(g->view()).ties.size(), g->customers());
    EXPECT_TRUE(like_customers(g->view()).like.empty());
    EXPECT_TRUE(competitors(g->view()).supplier.empty());
    EXPECT_EQ(core(g->view()).customer.size(), g->customers());
    EXPECT_EQ(cut_nodes(g->view()).components, g->customers());
    EXPECT_TRUE(single_source(*g).customer.empty());
    EXPECT_TRUE(next_suppliers(*g).to.empty());
    const node_scores x = pagerank(g->view());
    double mass = 0;
    for (const double v : x.customer) mass += v;
    EXPECT_NEAR(mass, g->customers() == 0 ? 0.0 : 1.0, 1e-15);
  }
}

}  // namespace
}  // namespace guanxi::graph
