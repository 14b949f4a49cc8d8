#include <guanxi/graph/concentration.hpp>
#include <guanxi/graph/labels.hpp>
#include <guanxi/graph/supplier_graph.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "reference/graph.hpp"
#include "support/graph.hpp"

namespace guanxi::graph {
namespace {

template <class T>
std::vector<T> list(std::span<const T> x) {
  return {x.begin(), x.end()};
}
void expect_same(const SupplierGraph& a, const SupplierGraph& b) {
  EXPECT_EQ(list(a.by_customer().start), list(b.by_customer().start));
  EXPECT_EQ(list(a.by_customer().other), list(b.by_customer().other));
  EXPECT_EQ(list(a.by_customer().weight), list(b.by_customer().weight));
  EXPECT_EQ(list(a.by_supplier().start), list(b.by_supplier().start));
  EXPECT_EQ(list(a.by_supplier().other), list(b.by_supplier().other));
  EXPECT_EQ(list(a.by_supplier().weight), list(b.by_supplier().weight));
  EXPECT_EQ(list(a.lines_of_tie()), list(b.lines_of_tie()));
  EXPECT_EQ(list(a.line_amount()), list(b.line_amount()));
}
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

TEST(SupplierGraph, BothSidesEqualTheDenseTable) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto t = fixtures::random_lines(400, 25, 17, seed);
    const auto want = reference::dense(t.view());
    for (const bool detailed : {false, true}) {
      const SupplierGraph g(t.view(detailed, detailed));
      std::size_t ties = 0;
      for (std::size_t c = 0; c < 25; ++c)
        for (std::size_t s = 0; s < 17; ++s) ties += want[c][s] > 0;
      ASSERT_EQ(g.ties(), ties);
      ASSERT_EQ(g.by_supplier().ties(), ties);
      for (std::size_t c = 0; c < 25; ++c)
        for (std::size_t i = 0; i < g.by_customer().degree(c); ++i)
          ASSERT_NEAR(g.by_customer().weights(c)[i], want[c][g.by_customer().others(c)[i]], 1e-9);
      for (std::size_t s = 0; s < 17; ++s) {
        const auto o = g.by_supplier().others(s);
        ASSERT_TRUE(std::is_sorted(o.begin(), o.end()));
        for (std::size_t i = 0; i < o.size(); ++i) ASSERT_NEAR(g.by_supplier().weights(s)[i], want[o[i]][s], 1e-9);
      }
    }
  }
}

TEST(SupplierGraph, SameBitsForAnyOrderOfTheLines) {
  const auto t = fixtures::random_lines(3000, 40, 30, 3);
  for (const bool detailed : {false, true}) {
    const SupplierGraph want(t.view(detailed, detailed));
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto p = t.permuted(seed);
      expect_same(SupplierGraph(p.view(detailed, detailed)), want);
    }
  }
}

TEST(SupplierGraph, SortedColumnsAreUsedInPlaceWhenAsked) {
  const auto t = fixtures::southern_women();
  const SupplierGraph borrowed(t.view(), {false, true});
  EXPECT_EQ(borrowed.by_customer().other.data(), t.supplier.data());
  EXPECT_EQ(borrowed.by_customer().weight.data(), t.amount.data());
  const SupplierGraph copied(t.view());
  EXPECT_NE(copied.by_customer().other.data(), t.supplier.data());
  expect_same(borrowed, copied);
  const auto p = t.permuted(5);
  const SupplierGraph sorted(p.view(), {false, true});
  EXPECT_NE(sorted.by_customer().other.data(), p.supplier.data());
  expect_same(sorted, copied);
}

TEST(SupplierGraph, MovingKeepsTheViews) {
  const auto t = fixtures::southern_women().permuted(2);
  SupplierGraph a(t.view());
  const SupplierGraph b = std::move(a);
  EXPECT_EQ(b.ties(), 89u);
  EXPECT_EQ(b.by_customer().degree(0), 8u);
  EXPECT_EQ(b.by_supplier().degree(7), 14u);
}

TEST(SupplierGraph, CreditsNetAndWhatIsLeftOutIsListed) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::uint32_t> c{0, 0, 1, 1, 2, 0}, s{0, 0, 0, 0, 1, 1};
  const std::vector<double> x{10, -4, 5, -5, -3, nan};
  const SupplierGraph g({c, s, x});
  EXPECT_EQ(g.ties(), 1u);
  EXPECT_EQ(g.by_customer().weights(0)[0], 6.0);
  ASSERT_EQ(g.refused().size(), 3u);
  EXPECT_EQ(g.refused()[0].row, 5u);
  EXPECT_STREQ(reason(g.refused()[0].why), "amount is not a finite number");
  EXPECT_EQ(g.refused()[1].why, refusal::net_zero);
  EXPECT_EQ(g.refused()[1].customer, 1u);
  EXPECT_EQ(g.refused()[2].why, refusal::net_negative);
  const SupplierGraph zero({c, s, x}, {true, false});
  EXPECT_EQ(zero.ties(), 2u);
  EXPECT_EQ(zero.by_customer().weights(1)[0], 0.0);
}

TEST(SupplierGraph, SplittingALineInTwoChangesNothing) {
  auto t = fixtures::random_lines(500, 20, 15, 9);
  for (double& x : t.amount) x = std::round(x * 4);
  const SupplierGraph want(t.view(false, false));
  auto split = t;
  for (std::size_t i = 0; i < t.amount.size(); i += 3) {
    split.amount[i] = t.amount[i] - 1;
    split.customer.push_back(t.customer[i]), split.supplier.push_back(t.supplier[i]), split.amount.push_back(1);
  }
  const SupplierGraph got(split.view(false, false));
  EXPECT_EQ(list(got.by_customer().weight), list(want.by_customer().weight));
  EXPECT_EQ(list(got.by_supplier().other), list(want.by_supplier().other));
}

TEST(SupplierGraph, AWindowIsTheGraphOfItsLines) {
  const auto t = fixtures::random_lines(600, 20, 15, 4);
  const SupplierGraph g(t.view());
  fixtures::table part = t;
  part.customer.clear(), part.supplier.clear(), part.amount.clear(), part.period.clear(), part.product.clear();
  for (std::size_t i = 0; i < t.amount.size(); ++i)
    if (t.period[i] >= 1 && t.period[i] <= 3) {
      part.customer.push_back(t.customer[i]), part.supplier.push_back(t.supplier[i]), part.amount.push_back(t.amount[i]);
      part.period.push_back(t.period[i]), part.product.push_back(t.product[i]);
    }
  expect_same(g.window(1, 3), SupplierGraph(part.view()));
  EXPECT_EQ(g.window(1, 3).customers(), 20u);
}

TEST(SupplierGraph, DeliveriesAndProductTotalsBecomeGraphs) {
  const std::vector<std::uint32_t> c{0, 0, 1}, s{0, 1, 1}, p{0, 1, 1};
  const std::vector<double> x{5, 7, 9};
  const ledger::deliveries seen{c, s, p, x, {}, 3, 2, 2};
  EXPECT_EQ(graph_of(seen).ties(), 3u);
  const SupplierGraph last = graph_of(seen, 1, 1);
  EXPECT_EQ(last.ties(), 2u);
  EXPECT_EQ(last.customers(), 3u);
  expect_error(errc::empty, "graph: the window of periods 2 .. 1 is empty", [&] { (void)graph_of(seen, 2, 1); });
  const std::vector<std::uint64_t> start{0, 2, 2, 3};
  const SupplierGraph products = graph_of_products(start, c, x, 4);
  EXPECT_EQ(products.customers(), 3u);
  EXPECT_EQ(products.suppliers(), 4u);
}

TEST(SupplierGraph, BadInputSpeaksPlainly) {
  const std::vector<std::uint32_t> twelve(12, 0), eleven(11, 0);
  const std::vector<double> x(12, 1.0);
  expect_error(errc::size_mismatch, "graph: 'supplier' has 11 rows, 'customer' has 12", [&] { SupplierGraph g({twelve, eleven, x}); });
  const std::vector<std::uint32_t> five(12, 5);
  expect_error(errc::out_of_domain, "graph: 'customer' holds id 5, only 3 labels were given",
               [&] { SupplierGraph g({five, twelve, x, {}, {}, 3, 1}); });
  const SupplierGraph empty(lines{});
  EXPECT_EQ(empty.ties(), 0u);
  EXPECT_EQ(empty.customers(), 0u);
  expect_error(errc::unknown_name, "graph: a window of periods was asked, but no 'period' was given", [&] { (void)empty.at(1); });
}

TEST(Concentration, IsBurtsConstraint) {
  const auto women = fixtures::southern_women();
  const SupplierGraph g(women.view());
  const spread of = concentration(g.view());
  EXPECT_EQ(of.hhi[0], 0.125);  // Evelyn: 8 events alike
  EXPECT_EQ(of.ties[0], 8u);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto t = fixtures::random_lines(120, 20, 15, seed);
    const SupplierGraph r(t.view());
    const auto want = reference::constraint(reference::dense(t.view()));
    const spread c = concentration(r.view()), s = concentration(r.view(), side::supplier);
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_EQ(std::isnan(c.hhi[i]), r.by_customer().degree(i) == 0);
      if (!std::isnan(c.hhi[i])) { EXPECT_NEAR(c.hhi[i], want[i], 1e-15); }
    }
    for (std::size_t i = 0; i < 15; ++i) {
      EXPECT_EQ(std::isnan(s.hhi[i]), r.by_supplier().degree(i) == 0);
      if (!std::isnan(s.hhi[i])) { EXPECT_NEAR(s.hhi[i], want[20 + i], 1e-15); }
    }
  }
}

TEST(Concentration, FiguresOfOneCustomerByHand) {
  const std::vector<double> x{1, 5, 0, 2, 2};
  const guanxi::concentration c = concentration_of(x);
  EXPECT_EQ(c.parts, 4u);
  EXPECT_EQ(c.total, 10.0);
  EXPECT_NEAR(c.hhi, 0.34, 1e-15);
  EXPECT_NEAR(c.normalised, (0.34 - 0.25) / 0.75, 1e-15);
  EXPECT_NEAR(c.effective, 1 / 0.34, 1e-14);
  EXPECT_NEAR(c.entropy, -(0.1 * std::log(0.1) + 0.5 * std::log(0.5) + 0.4 * std::log(0.2)), 1e-15);
  EXPECT_EQ(c.cr1, 0.5);
  EXPECT_EQ(c.cr3, 0.9);
  EXPECT_EQ(c.largest, 1u);
  EXPECT_TRUE(std::isnan(concentration_of(std::vector<double>{}).hhi));
  EXPECT_TRUE(std::isnan(concentration_of(std::vector<double>{3.0}).normalised));
  EXPECT_DOUBLE_EQ(unbiased_hhi(std::vector<double>{3, 2}), (6.0 + 2.0) / 20.0);
  EXPECT_TRUE(std::isnan(unbiased_hhi(std::vector<double>{1})));
}

TEST(RankWhole, TableAndSortAgree) {
  const std::vector<std::int64_t> near{5, -3, 5, 9, -3}, far{5, -3, 5, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  const auto a = rank_whole<std::int64_t>(near);
  EXPECT_EQ(a.labels, (std::vector<std::int64_t>{-3, 5, 9}));
  EXPECT_EQ(a.codes, (std::vector<std::uint32_t>{1, 0, 1, 2, 0}));
  EXPECT_EQ(rank_whole<std::int64_t>(far).codes, (std::vector<std::uint32_t>{2, 1, 2, 3, 0}));
  const std::vector<std::uint32_t> own{2, 0, 1, 2};
  EXPECT_TRUE(rank_whole<std::uint32_t>(own).same);
  EXPECT_TRUE(rank_whole<std::uint32_t>(own).codes.empty());
}

}  // namespace
}  // namespace guanxi::graph
