// Minimum density, fitness ensembles, attraction, dynamic shares, posterior concentration, quantile lines, loss draws:
// against brute force, finite differences and draws.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/random.hpp>
#include <guanxi/share.hpp>

namespace {
using namespace guanxi;

template <class Call>
std::string says(Call&& call) {
  try {
    call();
  } catch (const error& e) {
    return e.what();
  }
  return {};
}

/// The least number of ties by search over which subsets of rows and columns balance.
std::size_t fewest(const std::vector<int>& rows, const std::vector<int>& columns) {
  const std::size_t n = rows.size(), k = columns.size(), all = std::size_t{1} << (n + k);
  std::vector<int> most(all, -1);  // blocks that a set of rows and columns can be cut into
  std::vector<int> sum(all, 0);
  most[0] = 0;
  for (std::size_t s = 1; s < all; ++s) {
    for (std::size_t i = 0; i < n; ++i)
      if (s >> i & 1) sum[s] += rows[i];
    for (std::size_t j = 0; j < k; ++j)
      if (s >> (n + j) & 1) sum[s] -= columns[j];
  }
  for (std::size_t s = 1; s < all; ++s) {
    if (sum[s] != 0) continue;
    most[s] = 1;
    for (std::size_t part = (s - 1) & s; part > 0; part = (part - 1) & s)
      if (sum[part] == 0 && most[part] >= 0 && most[s ^ part] >= 0) most[s] = std::max(most[s], most[part] + most[s ^ part]);
  }
  return n + k - static_cast<std::size_t>(most[all - 1]);
}

TEST(MinimumDensity, MeetsTotalsWithFewTies) {
  std::size_t ours = 0, least = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    random_stream s(3, i);
    std::vector<int> rows(4), columns(4, 1);
    for (int& r : rows) r = 4 + static_cast<int>(s.index(6));
    for (int left = std::accumulate(rows.begin(), rows.end(), 0) - 4; left > 0; --left) ++columns[s.index(4)];
    const std::vector<double> r(rows.begin(), rows.end()), c(columns.begin(), columns.end());
    const auto got = share::minimum_density(r, c);
    std::vector<double> row(4, 0.0), column(4, 0.0);
    for (std::size_t e = 0; e < got.value.size(); ++e) {
      EXPECT_GT(got.value[e], 0.0);
      row[got.row[e]] += got.value[e];
      column[got.column[e]] += got.value[e];
    }
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_NEAR(row[j], r[j], 1e-9);
      EXPECT_NEAR(column[j], c[j], 1e-9);
    }
    EXPECT_LE(got.value.size(), 7u);
    EXPECT_GE(got.value.size(), fewest(rows, columns));
    ours += got.value.size();
    least += fewest(rows, columns);
  }
  EXPECT_LE(static_cast<double>(ours), 1.1 * static_cast<double>(least));
}

TEST(MinimumDensity, KeepsOutPairsThatCannotTradeAndSaysWhatIsLeft) {
  const std::vector<double> r{5, 3}, c{4, 4};
  const std::vector<std::uint8_t> allowed{1, 1, 0, 1};
  const auto got = share::minimum_density(r, c, allowed);
  EXPECT_EQ(got.left, 0.0);
  for (std::size_t e = 0; e < got.value.size(); ++e) EXPECT_TRUE(allowed[got.row[e] * 2 + got.column[e]]);
  EXPECT_EQ(share::minimum_density(r, c, std::vector<std::uint8_t>{1, 0, 0, 1}).left, 1.0);
  EXPECT_EQ(says([] { (void)share::minimum_density(std::vector<double>{5.0}, std::vector<double>{4.0}); }),
            "share::minimum_density: rows sum to 5.000000, columns to 4.000000; they must be equal");
}

TEST(FitnessEnsemble, TiesAndTotalsHoldOnAverage) {
  std::vector<double> r(30), c(20);
  random_stream s(5);
  for (double& x : r) x = s.lognormal(0, 1);
  for (double& x : c) x = s.lognormal(0, 1);
  const double sum = std::accumulate(r.begin(), r.end(), 0.0), other = std::accumulate(c.begin(), c.end(), 0.0);
  for (double& x : c) x *= sum / other;
  const share::fitness_ensemble e(r, c, 150);
  EXPECT_NEAR(e.links(), 150, 1e-6);
  const auto cells = e.cells();
  double ties = 0.0;
  std::vector<double> mean(600, 0.0);
  const int draws = 4000;
  int below = 0, above = 0, in_active = 0, active = 0;
  for (int d = 0; d < draws; ++d) {
    const auto w = e.draw(7, static_cast<std::uint32_t>(d));
    for (std::size_t k = 0; k < w.size(); ++k) {
      mean[k] += w[k] / draws;
      ties += w[k] > 0 ? 1.0 / draws : 0.0;
    }
    if (w[17] > 0) {
      ++active;
      in_active += w[17] >= cells.low_active[17] && w[17] <= cells.high_active[17] ? 1 : 0;
    }
    below += w[17] < cells.low[17] ? 1 : 0;
    above += w[17] > cells.high[17] ? 1 : 0;
  }
  EXPECT_NEAR(ties, 150, 1.0);
  EXPECT_NEAR(in_active / static_cast<double>(active), 0.9, 0.04);
  EXPECT_LE(below, 0.06 * draws);
  EXPECT_LE(above, 0.06 * draws);
  for (std::size_t i = 0; i < 30; ++i) {
    double exact = 0.0;
    for (std::size_t j = 0; j < 20; ++j) {
      exact += cells.amount[i * 20 + j];
      EXPECT_NEAR(cells.amount[i * 20 + j], r[i] * c[j] / sum, 1e-12 * sum);
    }
    EXPECT_NEAR(exact, r[i], 1e-9 * sum);
  }
}

TEST(FitnessEnsemble, LearnsTheDensityFromKnownCells) {
  const std::vector<double> r{4, 2, 2}, c{3, 3, 2};
  std::vector<std::uint8_t> known(9, 255);
  known[0] = 1, known[4] = 1, known[8] = 0, known[1] = 0;
  const share::fitness_ensemble e(r, c, unknown, known);
  EXPECT_NEAR(e.p(0, 0) + e.p(1, 1) + e.p(2, 2) + e.p(0, 1), 2.0, 1e-8);
  EXPECT_NEAR(share::fitness_ensemble(r, c, 9).p(2, 2), 1.0, 1e-6);
  EXPECT_EQ(says([&] { share::fitness_ensemble(r, c, 10); }),
            "share::fitness_ensemble: 'links' is 10.000000, it must be above 0 and at most the 9 pairs with positive totals");
}

std::vector<double> attractions(const std::vector<double>& a, const std::vector<double>& x, double b, bool mci) {
  std::vector<double> s;
  double sum = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += s.emplace_back(std::exp(a[j] + b * (mci ? std::log(x[j]) : x[j])));
  for (double& v : s) v /= sum;
  return s;
}

TEST(Attraction, ElasticitiesAreTheDerivatives) {
  const std::vector<double> a{0.2, -0.1, 0.4}, x{1.1, 0.9, 1.3};
  for (const bool mci : {false, true}) {
    const auto s = attractions(a, x, -1.3, mci);
    const auto e = share::elasticities(s, x, -1.3, mci ? share::attraction_kind::mci : share::attraction_kind::mnl);
    for (std::size_t k = 0; k < 3; ++k) {
      auto up = x, down = x;
      up[k] *= 1 + 1e-5, down[k] *= 1 - 1e-5;
      const auto hi = attractions(a, up, -1.3, mci), lo = attractions(a, down, -1.3, mci);
      for (std::size_t j = 0; j < 3; ++j)
        EXPECT_NEAR(e[j * 3 + k], (std::log(hi[j]) - std::log(lo[j])) / (std::log1p(1e-5) - std::log1p(-1e-5)), 1e-8);
    }
  }
}

TEST(Attraction, FindsItsOwnCoefficients) {
  for (const auto kind : {share::attraction_kind::mnl, share::attraction_kind::mci}) {
    std::vector<double> share_of, x;
    random_stream s(9);
    const std::vector<double> a{0.5, 0.0, -0.5, 0.0};
    for (int t = 0; t < 40; ++t) {
      std::vector<double> u;
      double sum = 0.0;
      for (std::size_t j = 0; j < 4; ++j) {
        const double p = s.uniform(0.5, 2.0), ad = s.uniform(0.5, 2.0);
        x.push_back(p), x.push_back(ad);
        const bool mci = kind == share::attraction_kind::mci;
        sum += u.emplace_back(std::exp(a[j] - 1.3 * (mci ? std::log(p) : p) + 0.4 * (mci ? std::log(ad) : ad)));
      }
      for (const double v : u) share_of.push_back(v / sum);
    }
    share_of[5] = 0.0;  // not offered in that period: the others' ratios do not care
    const auto fit = share::fit_attraction(share_of, x, 4, 2, kind);
    EXPECT_NEAR(fit.b[0], -1.3, 1e-9);
    EXPECT_NEAR(fit.b[1], 0.4, 1e-9);
    for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(fit.intercept[j], a[j], 1e-9);
    EXPECT_NEAR(fit.fitted[3], share_of[3], 1e-9);
    EXPECT_EQ(fit.used, 159u);
  }
}

TEST(DynamicShares, ScoreIsTheSumOfItsPredictions) {
  const std::vector<double> x{8, 2, 6, 4, 3, 7, 2, 9};
  const share::dynamic_shares d(x, 2, 0.5, 0.9, 0.8);
  double twin = 0.0;
  std::vector<double> a{0.5, 0.5};
  for (std::size_t t = 0; t < 4; ++t) {
    if (t > 0)
      for (double& v : a) v = 0.5 + 0.8 * (v - 0.5);
    const double s = a[0] + a[1], n = x[2 * t] + x[2 * t + 1];
    EXPECT_NEAR(d.columns().foretold[2 * t], a[0] / s, 1e-14);
    if (t > 0) {
      twin += std::lgamma(s) - std::lgamma(s + n);
      for (std::size_t j = 0; j < 2; ++j) twin += std::lgamma(a[j] + x[2 * t + j]) - std::lgamma(a[j]);
    }
    for (std::size_t j = 0; j < 2; ++j) a[j] += x[2 * t + j];
    EXPECT_NEAR(d.columns().share[2 * t], a[0] / (a[0] + a[1]), 1e-14);
  }
  EXPECT_NEAR(d.columns().log_score, twin, 1e-10);
  const share::dynamic_shares learned(x, 2);
  for (double u = 0.05; u < 1; u += 0.05) EXPECT_GE(learned.columns().log_score, learned.score(u) - 1e-9);
}

TEST(DynamicShares, SteadyHabitsKeepEverythingAndCoverageHolds) {
  int inside = 0, all = 0, kept = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    random_stream s(13, i);
    std::vector<double> habit(4), x;
    s.dirichlet(std::vector<double>{2, 1, 1, .5}, habit);
    for (int t = 0; t < 10; ++t) {
      std::vector<double> n(4, 0.0);
      for (int k = 0; k < 15; ++k) n[s.categorical(habit)] += 1.0;
      x.insert(x.end(), n.begin(), n.end());
    }
    const share::dynamic_shares d(x, 4);
    kept += d.columns().discount > 0.9 ? 1 : 0;
    for (std::size_t j = 0; j < 4; ++j, ++all)
      inside += habit[j] >= d.columns().low[36 + j] && habit[j] <= d.columns().high[36 + j] ? 1 : 0;
  }
  EXPECT_GT(kept, 150);
  EXPECT_NEAR(inside / static_cast<double>(all), 0.9, 0.04);
}

TEST(PosteriorConcentration, MomentsAndChances) {
  const std::vector<double> alpha{6, 3, 1.5, .5};
  const auto c = share::posterior_concentration(alpha, 0.9, 20'000, 3);
  double h = 0.0, lead = 0.0;
  std::vector<double> first(4, 0.0), half(4, 0.0), s(4);
  const int draws = 40'000;
  for (int d = 0; d < draws; ++d) {
    random_stream stream(77, static_cast<std::uint64_t>(d));
    stream.dirichlet(alpha, s);
    for (const double x : s) h += x * x / draws;
    const auto top = static_cast<std::size_t>(std::max_element(s.begin(), s.end()) - s.begin());
    first[top] += 1.0 / draws;
    for (std::size_t j = 0; j < 4; ++j) half[j] += s[j] > 0.5 ? 1.0 / draws : 0.0;
    std::sort(s.begin(), s.end());
    lead += (s[3] - s[2]) / draws;
  }
  EXPECT_NEAR(c.hhi, h, 0.003);
  EXPECT_NEAR(c.lead, lead, 0.005);
  EXPECT_GT(c.hhi, c.hhi_of_mean);
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(c.p_largest[j], first[j], 0.01);
    EXPECT_NEAR(c.p_half[j], half[j], 0.01);
    EXPECT_GE(c.p_dominant[j], c.p_half[j] - 0.01);  // the threshold is never above 1/2
  }
}

/// Least loss over all lines through as many rows as there are coefficients.
double least_loss(const std::vector<double>& y, const std::vector<double>& x, double q) {
  double best = 1e300;
  const std::size_t n = y.size();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      if (x[2 * i + 1] == x[2 * j + 1]) continue;
      const double slope = (y[j] - y[i]) / (x[2 * j + 1] - x[2 * i + 1]), level = y[i] - slope * x[2 * i + 1];
      double loss = 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        const double r = y[k] - level - slope * x[2 * k + 1];
        loss += r * (q - (r < 0 ? 1.0 : 0.0));
      }
      best = std::min(best, loss);
    }
  return best;
}

TEST(QuantileRegression, FindsTheLeastLoss) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    random_stream s(21, i);
    std::vector<double> y, x;
    for (int k = 0; k < 25; ++k) {
      const double v = s.normal();
      x.push_back(1.0), x.push_back(v);
      y.push_back(1 + 2 * v + s.normal() * (1 + 0.5 * v * v));
    }
    for (const double q : {0.1, 0.5, 0.9}) {
      const auto fit = share::quantile_regression(y, x, 2, q);
      EXPECT_NEAR(fit.loss, least_loss(y, x, q), 1e-9);
      EXPECT_TRUE(fit.exact);
    }
  }
}

TEST(QuantileRegression, TheRightPartLiesBelowAndErrorsCover) {
  int inside = 0;
  const int books = 200;
  for (int i = 0; i < books; ++i) {
    random_stream s(22, static_cast<std::uint64_t>(i));
    std::vector<double> y, x;
    for (int k = 0; k < 800; ++k) {
      const double v = s.normal();
      x.push_back(1.0), x.push_back(v);
      y.push_back(1 + 2 * v + s.normal());
    }
    const auto fit = share::quantile_regression(y, x, 2, 0.8);
    int below = 0;
    for (std::size_t k = 0; k < y.size(); ++k) below += y[k] < fit.b[0] + fit.b[1] * x[2 * k + 1] - 1e-9 ? 1 : 0;
    EXPECT_NEAR(below / 800.0, 0.8, 0.003);
    inside += std::abs(fit.b[1] - 2.0) < 1.645 * fit.error[1] ? 1 : 0;
  }
  EXPECT_NEAR(inside / static_cast<double>(books), 0.9, 0.06);
}

TEST(QuantileRegression, SaysWhatIsWrong) {
  const std::vector<double> y{1, 2, 3}, x{1, 1, 1};
  EXPECT_EQ(says([&] { (void)share::quantile_regression(y, x, 1, 1.0); }),
            "share::quantile_regression: 'q' is 1.000000, it must lie between 0 and 1");
  EXPECT_EQ(says([&] { (void)share::quantile_regression(y, x, 3, 0.5); }),
            "share::quantile_regression: 'x' has 3 entries, 'y' has 3 for 3 columns");
}

TEST(WalletQuantiles, ChoosesTheQuantileThatTotalsCallFor) {
  random_stream s(31);
  std::vector<double> own, feature, total;
  for (int i = 0; i < 2000; ++i) {
    const double size = s.normal(), wallet = std::exp(5 + size), share_of = s.uniform(0.2, 1.0);
    own.push_back(wallet * share_of);
    feature.push_back(size);
    total.push_back(i < 100 ? wallet : unknown);
  }
  const auto w = share::wallet_quantiles(own, feature, 1, unknown, total);
  EXPECT_GE(w.q, 0.9);
  EXPECT_EQ(w.known, 100u);
  for (std::size_t i = 0; i < own.size(); ++i) {
    EXPECT_GE(w.wallet[i], own[i]);
    EXPECT_NEAR(w.headroom[i], w.wallet[i] - own[i], 1e-9);
    EXPECT_LE(w.low[i], w.wallet[i]);
    EXPECT_GE(w.high[i], w.wallet[i]);
  }
}

TEST(LossSplitDraws, ExactWalletsGiveTheExactSplit) {
  const std::vector<double> o0{40, 30, 10}, w0{100, 60, 40}, o1{20, 15, 12}, w1{100, 30, 50};
  const auto plain = share::loss_split(o0, w0, o1, w1);
  const auto drawn = share::loss_split_draws(o0, {w0, w0, w0}, o1, {w1, w1, w1});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(drawn.rivals.mean[i], plain.rivals[i], 1e-12);
    EXPECT_NEAR(drawn.rivals.low[i], plain.rivals[i], 1e-12);
    EXPECT_NEAR(drawn.rivals.high[i], plain.rivals[i], 1e-12);
    EXPECT_EQ(drawn.rivals.mean[i] + drawn.size.mean[i] + drawn.market.mean[i], plain.change[i]);
  }
}

TEST(LossSplitDraws, IntervalsCoverTheTrueParts) {
  int inside = 0, all = 0;
  for (std::uint64_t book = 0; book < 40; ++book) {
    random_stream s(41, book);
    std::vector<double> o0, o1, w0, w1, m0, l0, h0, m1, l1, h1;
    for (int i = 0; i < 60; ++i) {
      const double a = s.lognormal(4, 0.7), b = a * s.lognormal(0, 0.3);
      w0.push_back(a), w1.push_back(b);
      o0.push_back(a * s.uniform(0.1, 0.6));
      o1.push_back(b * s.uniform(0.1, 0.6));
      const auto guess = [&](double w, double own, std::vector<double>& m, std::vector<double>& l, std::vector<double>& h) {
        const double rest = (w - own) * std::exp(0.4 * s.normal());
        m.push_back(own + rest);
        l.push_back(own + rest * std::exp(-0.4 * 1.6449));
        h.push_back(own + rest * std::exp(0.4 * 1.6449));
      };
      guess(a, o0.back(), m0, l0, h0);
      guess(b, o1.back(), m1, l1, h1);
    }
    const auto truth = share::loss_split(o0, w0, o1, w1);
    const auto got = share::loss_split_draws(o0, {m0, l0, h0}, o1, {m1, l1, h1}, 0.9, 0.0, 200, book);
    for (std::size_t i = 0; i < 60; ++i, ++all) {
      inside += truth.rivals[i] >= got.rivals.low[i] && truth.rivals[i] <= got.rivals.high[i] ? 1 : 0;
      EXPECT_NEAR(got.rivals.mean[i] + got.size.mean[i] + got.market.mean[i], got.change[i], 1e-9);
    }
  }
  EXPECT_NEAR(inside / static_cast<double>(all), 0.9, 0.04);
}

TEST(EntryWatch, TheRateHoldsForAnyLawAndRisesAreSeenSoon) {
  for (const int law : {0, 1, 2}) {
    std::vector<double> x;
    for (std::uint64_t i = 0; i < 4000; ++i) {
      random_stream s(61, i);
      for (int t = 0; t < 16; ++t)
        x.push_back(law == 0   ? s.normal()
                    : law == 1 ? std::exp(3 * s.normal())
                               : static_cast<double>(s.index(3)));  // many ties
    }
    const auto w = share::entry_watch(x, 16, 0.1);
    EXPECT_NEAR(static_cast<double>(std::count_if(w.alarm.begin(), w.alarm.end(), [](int a) { return a >= 0; })) / 4000, 0.1,
                0.016);
    for (std::size_t i = 0; i < 4000; ++i)
      for (std::size_t t = 10; t < 16; ++t) x[i * 16 + t] += law == 0 ? 3.0 : law == 1 ? 1e6 : 3.0;
    const auto up = share::entry_watch(x, 16, 0.1);
    EXPECT_GT(std::count_if(up.alarm.begin(), up.alarm.end(), [](int a) { return a >= 10; }), 3000);
    for (std::size_t i = 0; i < 4000; ++i)  // no look-ahead
      EXPECT_TRUE(w.alarm[i] < 0 || w.alarm[i] >= 10 || up.alarm[i] == w.alarm[i]) << i;
  }
}

// What the parts become when nothing is left to learn.
TEST(Degenerate, NoHistoryOneSightOfAllCountsIsTheDirichletMultinomialPosterior) {
  share::delivery_columns d;
  d.customers = 400, d.suppliers = 4, d.periods = 1;
  for (std::uint32_t c = 0; c < 400; ++c) {
    random_stream s(51, c);
    std::vector<double> habit(4);
    s.dirichlet(std::vector<double>{1.2, .8, .5, .3}, habit);
    std::vector<int> n(4, 0);
    for (int k = 0; k < 12; ++k) ++n[s.categorical(habit)];
    for (std::uint32_t j = 0; j < 4; ++j) {
      if (n[j] == 0) continue;
      d.customer.push_back(c), d.period.push_back(0), d.supplier.push_back(j);
      d.amount.push_back(n[j]);
    }
  }
  share::SupplierShares model({.phi = 1.0});
  model.fit(d.view());
  const auto& alpha = model.alpha();
  const double sum = std::accumulate(alpha.begin(), alpha.end(), 0.0);
  for (std::size_t i = 0; i < model.shares().rows(); ++i) {
    const auto s = model.shares().supplier[i];
    if (s == share::rest) continue;
    EXPECT_NEAR(model.shares().share[i], (alpha[s] + model.shares().amount[i]) / (sum + 12.0), 1e-12);
  }
}

TEST(Degenerate, EverythingKnownComesBackUnchanged) {
  share::hidden_period p;
  p.customers = 3, p.suppliers = 3;
  const std::vector<double> amount{5, 0, 2, 1, 4, 0, 0, 3, 3}, row{7, 5, 6}, column{6, 7, 5};
  p.amount = amount, p.row = row, p.column = column;
  const auto c = share::fill_hidden(p, {0.9, 50, 1, 1});
  for (std::size_t e = 0; e < amount.size(); ++e) {
    EXPECT_NEAR(c.amount[e], amount[e], 1e-12);
    EXPECT_NEAR(c.low[e], amount[e], 1e-12);
    EXPECT_NEAR(c.high[e], amount[e], 1e-12);
  }
}

TEST(Degenerate, NoHistoryNoCovariatesIsRaking) {
  share::hidden_period p;
  p.customers = 4, p.suppliers = 3;
  const std::vector<double> amount(12, unknown), row{7, 5, 6, 2}, column{9, 7, 4};
  p.amount = amount, p.row = row, p.column = column;
  const auto c = share::fill_hidden(p, {0.9, 50, 1, 1});
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(c.amount[i * 3 + j], row[i] * column[j] / 20.0, 1e-5);
}

}  // namespace
