// One customer after a new sighting: the same bits as the recursion over its whole history with the fit's parameters.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/random.hpp>
#include <guanxi/share.hpp>
#include <guanxi/share/gamma_slopes.hpp>

#include "support/share_books.hpp"

namespace {
using namespace guanxi;

share::delivery_columns book() {
  return guanxi::testing::steady(300, 6, {1.2, .8, .5, .3, .2, .1}, 5, 250.0, 11);
}

/// The same book with one more amount in the last period for one pair.
share::delivery_columns with(const share::delivery_columns& d, std::uint32_t customer, std::uint32_t supplier,
                             double more) {
  share::delivery_columns out;
  out.customers = d.customers, out.suppliers = d.suppliers, out.periods = d.periods;
  const auto last = static_cast<std::uint32_t>(d.periods - 1);
  bool done = false;
  for (std::size_t i = 0; i < d.amount.size(); ++i) {
    const bool after = d.customer[i] > customer || (d.customer[i] == customer && d.period[i] == last && d.supplier[i] >= supplier);
    if (!done && after) {
      done = true;
      if (d.customer[i] == customer && d.supplier[i] == supplier && d.period[i] == last) {
        guanxi::testing::add(out, customer, last, supplier, d.amount[i] + more);
        continue;
      }
      guanxi::testing::add(out, customer, last, supplier, more);
    }
    guanxi::testing::add(out, d.customer[i], d.period[i], d.supplier[i], d.amount[i]);
  }
  if (!done) guanxi::testing::add(out, customer, last, supplier, more);
  return out;
}

TEST(Update, OfNothingNewGivesTheRowsOfTheFit) {
  const auto d = book();
  share::SupplierShares model({.own = 0});
  model.fit(d.view());
  const auto& all = model.shares();
  const auto one = model.update(std::vector<std::uint32_t>{17}, std::vector<std::uint32_t>{0}, std::vector<double>{0.0});
  std::size_t k = 0;
  for (std::size_t i = 0; i < all.rows(); ++i) {
    if (all.customer[i] != 17 || all.period[i] != 5) continue;
    ASSERT_LT(k, one.rows());
    EXPECT_EQ(one.supplier[k], all.supplier[i]);
    EXPECT_EQ(one.share[k], all.share[i]);
    EXPECT_EQ(one.low[k], all.low[i]);
    EXPECT_EQ(one.high[k], all.high[i]);
    EXPECT_EQ(one.p_active[k], all.p_active[i]);
    EXPECT_EQ(one.amount[k], all.amount[i]);
    EXPECT_EQ(one.source[k], all.source[i]);
    if (one.supplier[k] != share::rest) {
      EXPECT_EQ(one.p_largest[k], all.p_largest[i]);
      EXPECT_TRUE(all.trend[i] != all.trend[i] || one.trend[k] == all.trend[i]);
    }
    ++k;
  }
  EXPECT_EQ(k, one.rows());
}

/// With phi and firmness held, only alpha ties the customers together: the twin takes alpha from the fit.
TEST(Update, SameBitsAsTheWholeHistory) {
  const auto d = book();
  const share::SupplierShares::settings held{.own = 0, .phi = 250.0, .firmness = 60.0};
  share::SupplierShares model(held);
  model.fit(d.view());
  for (std::uint32_t customer = 0; customer < 300; customer += 13) {
    const std::uint32_t supplier = customer % 6;
    const auto after = model.update(std::vector{customer}, std::vector{supplier}, std::vector{333.25});
    // The recursion from the first period on; fading looks at the sum of alpha of the period before.
    std::vector<double> evidence(6, 0.0), now(6, 0.0);
    double average = 1.0;
    bool bought = false;
    const auto more = with(d, customer, supplier, 333.25);
    double sum = 0.0;
    for (std::uint32_t t = 0; t < 6; ++t) {
      if (bought) {
        const double all = t == 0 ? 0.0 : model.alpha_totals()[t - 1];
        const share::drift::step next = model.wander().next(sum / 250.0, average * all);
        average = next.average / all;
        sum *= next.keep;
        for (double& e : evidence) e *= next.keep;
      }
      std::fill(now.begin(), now.end(), 0.0);
      double total = 0.0;
      for (std::size_t i = 0; i < more.amount.size(); ++i)
        if (more.customer[i] == customer && more.period[i] == t) {
          evidence[more.supplier[i]] += more.amount[i];
          now[more.supplier[i]] += more.amount[i];
          total += more.amount[i];
        }
      if (total > 0) bought = true, sum += total;
    }
    const double all = model.alpha_totals().back();
    double together = 0.0, unseen = all;
    std::vector<double> shape;
    for (std::size_t k = 0; k + 1 < after.rows(); ++k) {
      const std::size_t s = after.supplier[k];
      shape.push_back(std::max(average * all / all * model.alpha()[s] + evidence[s] / 250.0, 1e-12));
      unseen -= model.alpha()[s];
      EXPECT_EQ(after.amount[k], now[s]);
    }
    together = unseen > 1e-9 * all ? average * all / all * unseen : 0.0;
    for (const double a : shape) together += a;
    for (std::size_t k = 0; k < shape.size(); ++k) EXPECT_EQ(after.share[k], shape[k] / together) << customer;
  }
}

TEST(Update, MoreFromARivalNeverRaisesTheOthers) {
  const auto d = book();
  share::SupplierShares model({.own = 0});
  model.fit(d.view());
  double before = 1.0;
  for (const double more : {0.0, 100.0, 1000.0, 1e5}) {
    const auto rows = model.update(std::vector<std::uint32_t>{5}, std::vector<std::uint32_t>{4}, std::vector{more});
    double sum = 0.0, ours = 0.0;
    for (std::size_t k = 0; k < rows.rows(); ++k) {
      sum += rows.share[k];
      if (rows.supplier[k] == 0) ours = rows.share[k];
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_LE(ours, before);
    before = ours;
  }
}

TEST(Update, SaysWhatIsWrong) {
  const auto d = book();
  share::SupplierShares model;
  EXPECT_THROW((void)model.update({}, {}, {}), error);
  model.fit(d.view());
  const auto says = [&](std::vector<std::uint32_t> c, std::vector<std::uint32_t> s, std::vector<double> a) {
    try {
      (void)model.update(c, s, a);
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(says({300}, {0}, {1.0}),
            "SupplierShares::update: row 0 has customer 300 and supplier 0; the fit knew 300 customers and 6 suppliers");
  EXPECT_EQ(says({3}, {0}, {-1.0}),
            "SupplierShares::update: 'amount' is -1.000000 in row 0, it must be at least 0 and finite");
  EXPECT_EQ(says({3, 3}, {1, 1}, {1.0, 1.0}),
            "SupplierShares::update: row 1 is not after the row before it; sort by customer and supplier and sum rows of "
            "one pair");
  EXPECT_EQ(model.update({}, {}, {}).rows(), 0u);
}

TEST(BetaLaw, AgreesWithTheGeneralQuantile) {
  for (int i = 0; i < 20'000; ++i) {
    random_stream s(1, static_cast<std::uint64_t>(i));
    const double a = std::exp(s.uniform(-6, 9)), b = std::exp(s.uniform(-6, 9)), p = i % 2 == 0 ? 0.05 : 0.95;
    const share::beta_law law(a, b);
    const double want = beta_quantile(p, a, b);
    EXPECT_NEAR(law.quantile(p), want, 1e-8 * std::min(want, 1 - want) + 1e-14) << a << ' ' << b << ' ' << p;
    EXPECT_NEAR(law.above_half(), beta_tails(a, b, 0.5).upper, 1e-10);
  }
}

TEST(LargestShare, AgreesWithTheFineIntegral) {
  share::largest_share fast;
  for (int i = 0; i < 500; ++i) {
    random_stream s(2, static_cast<std::uint64_t>(i));
    std::vector<double> shape(2 + s.index(12)), got(shape.size()), want(shape.size());
    const double scale = std::exp(s.uniform(-3, 6));
    for (double& a : shape) a = scale * s.exponential() + 0.01;
    fast(shape, got);
    share::p_largest(shape, {}, want, 1500);
    for (std::size_t j = 0; j < shape.size(); ++j) EXPECT_NEAR(got[j], want[j], 1e-4);
  }
}

TEST(GammaSlopes, AgreeWithTheirOwnFunctions) {
  for (double x = 1e-8; x < 1e8; x *= 1.07) {
    const auto g = share::gamma_slopes_at(x);
    EXPECT_NEAR(g.value, guanxi::lgamma(x), 1e-13 * std::max(1.0, std::abs(guanxi::lgamma(x))));
    EXPECT_NEAR(g.first, guanxi::digamma(x), 1e-13 * std::max(1.0, std::abs(guanxi::digamma(x))));
    EXPECT_NEAR(g.second, guanxi::trigamma(x), 1e-13 * std::max(1.0, guanxi::trigamma(x)));
  }
}

}  // namespace
