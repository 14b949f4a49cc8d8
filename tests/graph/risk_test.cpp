#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <guanxi/graph.hpp>

#include "../reference/graph.hpp"
#include "../support/graph.hpp"

namespace guanxi::graph {
namespace {

struct flows {
  std::vector<std::uint32_t> seller, buyer, product;
  std::vector<double> amount;
  std::size_t firms;
  [[nodiscard]] firm_flows view() const { return {seller, buyer, product, amount, firms}; }
};
flows random_flows(std::size_t firms, std::size_t rows, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  flows f;
  f.firms = firms;
  for (std::size_t i = 0; i < rows; ++i) {
    f.seller.push_back(static_cast<std::uint32_t>(random() % firms));
    f.buyer.push_back(static_cast<std::uint32_t>(random() % firms));
    f.product.push_back(static_cast<std::uint32_t>(random() % 3));
    f.amount.push_back(static_cast<double>(random() % 100));
  }
  return f;
}

/// The two formulas as they stand, by double sums over all firms and products.
double plain_risk(const flows& f, std::size_t failing, const std::vector<std::uint8_t>& essential, double base, double tol) {
  const std::size_t n = f.firms, products = 3;
  std::vector<reference::matrix> w(products, reference::matrix(n, std::vector<double>(n, 0.0)));  // product, seller, buyer
  for (std::size_t i = 0; i < f.amount.size(); ++i) w[f.product[i]][f.seller[i]][f.buyer[i]] += f.amount[i];
  std::vector<double> out(n, 0.0), market(products, 0.0);
  reference::matrix sold(products, std::vector<double>(n, 0.0));
  double total = 0;
  for (std::size_t k = 0; k < products; ++k)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i) out[j] += w[k][j][i], sold[k][j] += w[k][j][i], market[k] += w[k][j][i], total += w[k][j][i];
  std::vector<double> down(n, 1.0), up(n, 1.0);
  down[failing] = up[failing] = 0;
  for (bool moving = true; moving;) {
    moving = false;
    std::vector<double> d(n), u(n);
    for (std::size_t i = 0; i < n; ++i) {
      double level = 1, other = 0, other_all = 0, bought = 0;
      for (std::size_t k = 0; k < products; ++k) {
        double came = 0, all = 0;
        for (std::size_t j = 0; j < n; ++j)
          if (w[k][j][i] > 0) came += w[k][j][i] * (1 - sold[k][j] / market[k] * (1 - down[j])), all += w[k][j][i];
        if (all == 0) continue;
        if (essential[k] != 0) level = std::min(level, came / all);
        else other += came, other_all += all;
      }
      if (other_all > 0) level = std::min(level, base + (1 - base) * other / other_all);
      for (std::size_t k = 0; k < products; ++k)
        for (std::size_t l = 0; l < n; ++l) bought += w[k][i][l] * up[l];
      d[i] = std::min(level, down[i]);
      u[i] = std::min(out[i] > 0 ? bought / out[i] : 1.0, up[i]);
      moving = moving || down[i] - d[i] > tol * std::max(down[i], tol) || up[i] - u[i] > tol * std::max(up[i], tol);
    }
    down = d, up = u;
  }
  double lost = 0;
  for (std::size_t i = 0; i < n; ++i) lost += out[i] * (1 - std::min(down[i], up[i]));
  return lost / total;
}

TEST(SystemicRisk, EqualsTheFormulasAsTheyStand) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const flows f = random_flows(8, 30, seed);
    for (const std::vector<std::uint8_t>& essential : {std::vector<std::uint8_t>{1, 1, 1}, {1, 0, 0}, {0, 0, 0}}) {
      risk_options o;
      o.essential = essential, o.base = 0.3, o.tol = 1e-6, o.max_rounds = 10'000'000;  // the twin has no end but the tolerance
      const auto r = systemic_risk(f.view(), o).index();
      double own = 0;
      for (std::size_t i = 0; i < f.firms; ++i) {
        EXPECT_NEAR(r.index[i], plain_risk(f, i, essential, 0.3, 1e-6), 1e-12) << seed << " " << i;
        EXPECT_GE(r.index[i], r.output[i] - 1e-12);
        EXPECT_LE(r.index[i], 1 + 1e-12);
        own += r.output[i];
      }
      EXPECT_NEAR(own, 1, 1e-12);
    }
  }
}

TEST(SystemicRisk, AChainByHandAndMoreFailingLoseMore) {
  // 0 sells to 1, 1 sells to 2, each alone in its product: whoever fails, all fail.
  const flows chain{{0, 1}, {1, 2}, {0, 1}, {10, 30}, 3};
  const systemic_risk all(chain.view());
  EXPECT_NEAR(all.index().index[0], 1, 1e-12);
  EXPECT_NEAR(all.index().index[1], 1, 1e-12);
  EXPECT_NEAR(all.index().index[2], 1, 1e-12);  // nobody is left to buy
  EXPECT_NEAR(all.index().output[1], 0.75, 1e-12);
  EXPECT_EQ(all.lost(all.after({})), 0.0);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const flows f = random_flows(9, 30, seed);
    risk_options o;
    o.tol = 1e-6;
    const systemic_risk risk(f.view(), o);
    std::vector<std::uint32_t> failing;
    double before = 0;
    for (std::uint32_t i = 0; i < 9; i += 2) {
      failing.push_back(i);
      const double now = risk.lost(risk.after(failing));
      EXPECT_GE(now, before - 1e-5);
      before = now;
    }
    EXPECT_LE(risk.lost(risk.after(failing, 0.5)), before + 1e-5);
  }
}

TEST(SystemicRisk, SpeaksPlainlyAndHasAnswersWithoutTrade) {
  const flows f{{0}, {1, 1}, {}, {1.0}, 2};
  try {
    (void)systemic_risk(f.view());
    FAIL();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "graph::systemic_risk: 'buyer' has 2 rows, 'amount' has 1");
  }
  const flows none_of_it{{0}, {1}, {}, {-1.0}, 2};
  EXPECT_TRUE(std::isnan(systemic_risk(none_of_it.view()).index().index[0]));
}

TEST(Brokerage, IsBurtsConstraintOnTheProjection) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto t = fixtures::random_lines(60, 12, 9, seed);
    const SupplierGraph g(t.view(false, false));
    const auto v = g.view();
    for (const side of : {side::customer, side::supplier})
      for (const meeting how : {meeting::once, meeting::common, meeting::contested})
        for (const std::uint32_t least : {1u, 2u}) {
          const two_sided face = v.facing(of);
          const std::size_t n = face.customers();
          reference::matrix b(n, std::vector<double>(face.suppliers(), 0.0)), w(n, std::vector<double>(n, 0.0));
          for (std::uint32_t i = 0; i < n; ++i)
            for (std::uint64_t e = face.customer.start[i]; e < face.customer.start[i + 1]; ++e) b[i][face.customer.other[e]] = face.customer.weight[e];
          for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) {
              double common = 0, money = 0;
              for (std::size_t s = 0; s < b[i].size(); ++s)
                if (b[i][s] > 0 && b[j][s] > 0) ++common, money += std::min(b[i][s], b[j][s]);
              if (i != j && common >= least) w[i][j] = how == meeting::once ? 1.0 : how == meeting::common ? common : money;
            }
          const projection p = project(v, of, least, how, 2);
          const brokers r = brokerage(p, 2);
          for (std::size_t i = 0; i < n; ++i) {
            double sum = 0, constraint = 0, effective = 0;
            std::size_t contacts = 0;
            for (std::size_t j = 0; j < n; ++j) sum += w[i][j], contacts += w[i][j] > 0;
            EXPECT_EQ(r.contacts[i], contacts);
            if (contacts == 0) {
              EXPECT_TRUE(std::isnan(r.constraint[i]) && std::isnan(r.effective[i]));
              continue;
            }
            for (std::size_t j = 0; j < n; ++j) {
              if (!(w[i][j] > 0)) continue;
              double indirect = 0, same = 0, most = 0;
              for (std::size_t q = 0; q < n; ++q) most = std::max(most, w[j][q]);
              for (std::size_t q = 0; q < n; ++q) {
                double sum_q = 0;
                for (std::size_t k = 0; k < n; ++k) sum_q += w[q][k];
                if (q == i || q == j || !(w[i][q] > 0)) continue;
                indirect += w[i][q] / sum * w[q][j] / sum_q;
                same += w[i][q] / sum * w[j][q] / most;
              }
              constraint += (w[i][j] / sum + indirect) * (w[i][j] / sum + indirect);
              effective += 1 - same;
            }
            EXPECT_NEAR(r.constraint[i], constraint, 1e-12);
            EXPECT_NEAR(r.effective[i], effective, 1e-12);
            EXPECT_NEAR(r.efficiency[i], effective / static_cast<double>(contacts), 1e-12);
            if (contacts > 1) {
              EXPECT_GE(r.hierarchy[i], 0.0);
              EXPECT_LE(r.hierarchy[i], 1.0 + 1e-12);
            }
          }
        }
  }
}

}  // namespace
}  // namespace guanxi::graph
