#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>
#include <guanxi/base/random.hpp>
#include <guanxi/share.hpp>

namespace {
using namespace guanxi;

struct world {
  std::size_t n = 60, k = 25;
  std::vector<std::vector<double>> year;  // oldest first
  std::vector<double> distance, row, column, seen;

  /// Lognormal tables that wander; the last year is seen in a tenth of its cells.
  explicit world(std::uint64_t seed, std::size_t years = 4, double spread = 1.0) {
    random_stream s(seed);
    std::vector<double> a(n * 2), b(k * 2), x(n * k);
    for (double& v : a) v = s.uniform();
    for (double& v : b) v = s.uniform();
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < k; ++j) {
        const double d = std::log(std::hypot(a[2 * i] - b[2 * j], a[2 * i + 1] - b[2 * j + 1]) + 0.05);
        distance.push_back(d);
        x[i * k + j] = std::exp(-1.5 * d + 0.3 * spread * s.normal()) * (s.uniform() < 0.6);
      }
    for (std::size_t t = 0; t < years; ++t) {
      for (double& v : x) v *= std::exp(0.2 * spread * s.normal());
      year.push_back(x);
    }
    row.assign(n, 0.0), column.assign(k, 0.0);
    for (std::size_t e = 0; e < n * k; ++e) {
      row[e / k] += x[e], column[e % k] += x[e];
      seen.push_back(s.uniform() < 0.1 ? x[e] : unknown);
    }
  }
  [[nodiscard]] share::hidden_period view(bool with_past, bool with_distance) const {
    share::hidden_period p;
    p.customers = n, p.suppliers = k, p.amount = seen, p.row = row, p.column = column;
    if (with_past)
      for (std::size_t t = year.size() - 1; t-- > 0;) p.past.push_back(year[t]);
    if (with_distance) p.covariate = distance, p.covariates = 1;
    return p;
  }
  [[nodiscard]] double wrong(const std::vector<double>& guess) const {
    double off = 0.0, all = 0.0;
    for (std::size_t e = 0; e < n * k; ++e) off += std::abs(guess[e] - year.back()[e]), all += year.back()[e];
    return off / all;
  }
};

TEST(HiddenCells, KnownCellsAndTotalsComeBack) {
  const world w(3);
  const auto found = share::fill_hidden(w.view(true, false));
  std::vector<double> row(w.n, 0.0), column(w.k, 0.0);
  for (std::size_t e = 0; e < w.seen.size(); ++e) {
    if (!std::isnan(w.seen[e])) {
      EXPECT_EQ(found.amount[e], w.seen[e]);
      EXPECT_EQ(found.low[e], found.high[e]);
    }
    row[e / w.k] += found.amount[e], column[e % w.k] += found.amount[e];
  }
  for (std::size_t i = 0; i < w.n; ++i) EXPECT_NEAR(row[i], w.row[i], 1e-4 * w.row[i]);
  for (std::size_t j = 0; j < w.k; ++j) EXPECT_NEAR(column[j], w.column[j], 1e-4 * w.column[j]);
}

TEST(HiddenCells, HistoryAndCovariatesBeatMargins) {
  const world w(5);
  const double margins = w.wrong(share::fill_hidden(w.view(false, false)).amount);
  const double distance = w.wrong(share::fill_hidden(w.view(false, true)).amount);
  const double past = w.wrong(share::fill_hidden(w.view(true, false)).amount);
  EXPECT_LT(distance, 0.9 * margins);
  EXPECT_LT(past, 0.5 * distance);
}

TEST(HiddenCells, IntervalsHoldForPositiveCells) {
  double inside = 0.0, all = 0.0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const world w(seed);
    const auto found = share::fill_hidden(w.view(true, false));
    for (std::size_t e = 0; e < w.seen.size(); ++e)
      if (std::isnan(w.seen[e]) && w.year.back()[e] > 0 && found.amount[e] > 0) {
        all += 1;
        inside += w.year.back()[e] >= found.low_active[e] && w.year.back()[e] <= found.high_active[e];
      }
  }
  EXPECT_NEAR(inside / all, 0.90, 0.02);
}

TEST(HiddenCells, EverythingKnownIsReturned) {
  world w(7);
  w.seen = w.year.back();
  const auto found = share::fill_hidden(w.view(true, true));
  for (std::size_t e = 0; e < w.seen.size(); ++e) EXPECT_EQ(found.amount[e], w.seen[e]);
}

TEST(HiddenCells, SameBitsForAnyNumberOfThreads) {
  const world w(9);
  const auto one = share::fill_hidden(w.view(true, true), {.threads = 1}),
             two = share::fill_hidden(w.view(true, true), {.threads = 3});
  EXPECT_EQ(one.amount, two.amount);
  EXPECT_EQ(one.high, two.high);
  EXPECT_EQ(one.p_largest, two.p_largest);
}

TEST(HiddenCells, TotalBelowWhatIsSeenIsSaid) {
  world w(11);
  w.row[4] = 1e-3;
  w.seen[4 * w.k] = 5.0;
  EXPECT_NE(share::fill_hidden(w.view(true, false)).status.find("customer 4: total 0.001 below the"),
            std::string::npos);
}

TEST(HiddenCells, NoisyTotalsPullAsHardAsTheyAreFirm) {
  double plain = 0.0, soft = 0.0, inside = 0.0, all = 0.0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const world w(seed);
    random_stream noise(seed, 77);
    std::vector<double> told = w.row, error(w.n, 0.3);
    for (double& x : told) x *= std::exp(0.3 * noise.normal());
    share::hidden_period p = w.view(true, false);
    p.row = told;
    plain += w.wrong(share::fill_hidden(p).amount);
    p.row_error = error;
    const auto found = share::fill_hidden(p);
    soft += w.wrong(found.amount);
    for (std::size_t i = 0; i < w.n; ++i) {
      all += 1.0;
      inside += w.row[i] >= found.wallet_low[i] && w.row[i] <= found.wallet_high[i];
    }
  }
  EXPECT_LT(soft, 0.7 * plain);
  EXPECT_GT(inside / all, 0.85);
  EXPECT_LT(inside / all, 0.97);
}

TEST(HiddenCells, ATotalWithoutWeightIsNoTotalAndAFirmOneIsMet) {
  const world w(4);
  share::hidden_period p = w.view(true, false);
  const auto hard = share::fill_hidden(p);
  std::vector<double> error(w.n, 1e-9);
  p.row_error = error;
  const auto firm = share::fill_hidden(p);
  for (std::size_t e = 0; e < w.seen.size(); ++e)
    EXPECT_NEAR(firm.amount[e], hard.amount[e], 1e-3 * (1e-3 + hard.amount[e]));
  std::fill(error.begin(), error.end(), 1e6);
  const auto loose = share::fill_hidden(p);
  double off = 0.0;
  for (std::size_t i = 0; i < w.n; ++i) off += std::abs(loose.wallet[i] - w.row[i]) / w.row[i];
  EXPECT_GT(off / static_cast<double>(w.n), 0.01);
}

TEST(HiddenCells, ThinnedCellsKeepWhatWasSeenAndTeach) {
  double told = 0.0, blind = 0.0, inside = 0.0, all = 0.0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const world w(seed, 4, 2.0);
    random_stream s(seed, 9);
    std::vector<double> amount(w.n * w.k, unknown), part(w.n * w.k), reach(w.n * w.k, 0.7);
    for (std::size_t e = 0; e < part.size(); ++e) {  // forty orders a unit of money, each seen with probability .7
      const double orders = std::round(40.0 * w.year.back()[e]);
      double seen = 0.0;
      for (int q = 0; q < orders; ++q) seen += s.uniform() < 0.7;
      part[e] = orders > 0 ? w.year.back()[e] * seen / orders : 0.0;
    }
    share::hidden_period p = w.view(true, false);
    p.amount = amount;
    blind += w.wrong(share::fill_hidden(p).amount);
    p.part = part, p.reach = reach;
    const auto found = share::fill_hidden(p);
    told += w.wrong(found.amount);
    for (std::size_t e = 0; e < part.size(); ++e) {
      EXPECT_GE(found.amount[e], part[e]);
      if (!(part[e] > 0)) continue;
      all += 1.0;
      inside += w.year.back()[e] >= found.low_active[e] - 1e-9 && w.year.back()[e] <= found.high_active[e] + 1e-9;
    }
  }
  EXPECT_LT(told, 0.6 * blind);
  EXPECT_GT(inside / all, 0.85);
}

TEST(HiddenCells, WhatWouldHaveBeenReportedIsLessLikelyThere) {
  const world w(8);
  std::vector<double> amount(w.n * w.k, unknown), reach(w.n * w.k, 0.8);
  random_stream s(3);
  for (std::size_t e = 0; e < amount.size(); ++e)
    if (w.year.back()[e] > 0 && e / w.k >= 6 && s.uniform() < 0.8) amount[e] = w.year.back()[e];  // six hide
  share::hidden_period p = w.view(true, false);
  p.amount = amount;
  const auto blind = share::fill_hidden(p);
  p.reach = reach;
  const auto told = share::fill_hidden(p);
  double active = 0.0, before = 0.0, count = 0.0;
  for (std::size_t e = 6 * w.k; e < amount.size(); ++e)
    if (std::isnan(amount[e]) && w.year[w.year.size() - 2][e] > 0)
      active += told.p_active[e], before += blind.p_active[e], ++count;
  EXPECT_LT(active, before);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_GT(told.concealed[i], 0.9);
  for (std::size_t i = 6; i < w.n; ++i) EXPECT_LT(told.concealed[i], 0.1);
}

TEST(HiddenCells, SumsOverGroupsAreMetAndHelp) {
  const world w(10, 1);
  share::hidden_period p = w.view(false, false);
  const double alone = w.wrong(share::fill_hidden(p).amount);
  for (std::size_t g = 0; g < 6; ++g)
    for (std::size_t j = 0; j < w.k; ++j) {
      share::soft_sum sum;
      for (std::size_t i = g; i < w.n; i += 6)
        sum.cells.push_back(i * w.k + j), sum.total += w.year.back()[i * w.k + j];
      if (j % 2 == 0) p.sums.push_back(sum);
    }
  const auto found = share::fill_hidden(p);
  EXPECT_LT(w.wrong(found.amount), alone);
  for (const auto& sum : p.sums) {
    double have = 0.0;
    for (const std::size_t e : sum.cells) have += found.amount[e];
    EXPECT_NEAR(have, sum.total, 0.02 * sum.total + 0.05);
  }
}

TEST(HiddenCells, TrendAndHeadroom) {
  world w(12, 6);
  for (std::size_t t = 0; t < w.year.size(); ++t)  // supplier 0 rises with everybody
    for (std::size_t i = 0; i < w.n; ++i) w.year[t][i * w.k] = (0.02 + 0.06 * static_cast<double>(t)) * w.row[i];
  w.row.assign(w.n, 0.0), w.column.assign(w.k, 0.0);
  for (std::size_t e = 0; e < w.n * w.k; ++e) w.row[e / w.k] += w.year.back()[e], w.column[e % w.k] += w.year.back()[e];
  for (std::size_t e = 0; e < w.n * w.k; ++e)
    if (!std::isnan(w.seen[e])) w.seen[e] = w.year.back()[e];
  share::hidden_period p = w.view(true, false);
  p.own = 0;
  const auto found = share::fill_hidden(p);
  double rising = 0.0;
  for (std::size_t i = 0; i < w.n; ++i) {
    rising += found.p_rising[i * w.k];
    EXPECT_NEAR(found.headroom[i], found.wallet[i] - found.amount[i * w.k], 1e-9);
    EXPECT_LE(found.headroom_low[i], found.headroom[i]);
    EXPECT_GE(found.headroom_high[i], found.headroom[i]);
  }
  EXPECT_GT(rising / static_cast<double>(w.n), 0.85);
}

TEST(HiddenCells, BadPartsAreSentences) {
  const world w(2);
  std::vector<double> reach(w.n * w.k, 1.5), error(w.n, -0.1);
  share::hidden_period p = w.view(true, false);
  p.reach = reach;
  EXPECT_THROW((void)share::fill_hidden(p), guanxi::error);
  p = w.view(true, false), p.row_error = error;
  EXPECT_THROW((void)share::fill_hidden(p), guanxi::error);
  p = w.view(true, false), p.sums.push_back({{w.n * w.k}, 1.0, 0.0});
  EXPECT_THROW((void)share::fill_hidden(p), guanxi::error);
}

TEST(StretchSearch, WidensLawsThatAreTooNarrowAndKeepsGoodOnes) {
  random_stream s(5);
  std::vector<share::detail::seen_error> calm, wild;
  for (int i = 0; i < 2000; ++i) calm.push_back({0.1 + 0.2 * s.uniform(), 0.2 * s.normal(), 1.0, true});
  for (int i = 0; i < 2000; ++i) wild.push_back({0.1 + 0.2 * s.uniform(), 0.4 * s.normal(), 1.0, true});
  const auto laws = share::detail::laws_of(calm);
  share::detail::stretch_search same(0.9), wide(0.9);
  same.add(laws, calm), wide.add(laws, wild);
  EXPECT_NEAR(same.found().before, 1.0, 0.06);
  EXPECT_NEAR(wide.found().before, 2.0, 0.15);
}

TEST(GravityPrior, FindsTheSlopeOfDistance) {
  world w(13, 1, 0.2);
  for (std::size_t e = 0; e < w.seen.size(); ++e) w.seen[e] = w.year.back()[e] > 0 ? w.year.back()[e] : unknown;
  std::vector<std::uint8_t> allowed;
  for (const double x : w.year.back()) allowed.push_back(x > 0);
  const auto g = share::gravity_prior(w.seen, w.row, w.column, w.distance, 1, allowed);
  EXPECT_LT(w.wrong(g.mean), 0.08);
}

TEST(OwnWallets, ElasticityOfOwnRange) {
  random_stream s(1);
  std::vector<double> part;
  for (int i = 0; i < 3000; ++i) {
    const double size = s.normal();
    for (int k = 0; k < 5; ++k) part.push_back(std::exp(size + s.normal()));
  }
  const auto law = share::own_elasticity(part, 5);
  EXPECT_EQ(law.parts, 5u);
  EXPECT_GT(law.elasticity, 0.4);
  EXPECT_LT(law.elasticity, 0.9);
  const std::vector<double> own{100, 0, 400};
  const auto w = share::own_wallets(own, 5000, law);
  EXPECT_NEAR(w.wallet[0] + w.wallet[2], 5000, 1e-9);
  EXPECT_TRUE(std::isnan(w.wallet[1]));
  EXPECT_THROW((void)share::own_wallets(own, 100, law), error);
}

TEST(OwnWallets, SurveyTeachesAndIntervalsHold) {
  random_stream s(2);
  const std::size_t n = 600;
  std::vector<double> own, total, truth, trait;
  for (std::size_t i = 0; i < n; ++i) {
    const double size = 8 + s.normal(), logit = -3 + 0.5 * (size - 8) + 0.4 * s.normal();
    truth.push_back(std::exp(size));
    own.push_back(truth.back() / (1 + std::exp(-logit)));
    trait.push_back(truth.back() / 100 * std::exp(0.3 * s.normal()));
    total.push_back(i % 5 == 0 ? truth.back() : unknown);
  }
  const auto w = share::surveyed_wallets(own, total, trait);
  double inside = 0, count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (i % 5 == 0) {
      EXPECT_EQ(w.wallet[i], truth[i]);
    } else {
      inside += truth[i] >= w.low[i] && truth[i] <= w.high[i], ++count;
    }
  }
  EXPECT_NEAR(inside / count, 0.9, 0.04);
}

TEST(LossSplit, PartsAddUp) {
  random_stream s(4);
  std::vector<double> o0, w0, o1, w1;
  for (int i = 0; i < 200; ++i) {
    w0.push_back(i % 10 ? s.exponential() : 0), w1.push_back(i % 7 ? s.exponential() : 0);
    o0.push_back(w0.back() * s.uniform()), o1.push_back(w1.back() * s.uniform());
  }
  const auto c = share::loss_split(o0, w0, o1, w1);
  for (std::size_t i = 0; i < o0.size(); ++i) EXPECT_NEAR(c.rivals[i] + c.size[i] + c.market[i], o1[i] - o0[i], 1e-12);
  const std::vector<double> own{10, 10}, wallet{100, 50}, doubled{200, 100}, sold{20, 20};
  const auto grown = share::loss_split(own, wallet, sold, doubled);
  EXPECT_NEAR(grown.market[0], 10, 1e-12);
  EXPECT_NEAR(grown.rivals[0], 0, 1e-12);
}

TEST(EntryAlarm, QuietCustomersAtTheRateAndLoudOnesFound) {
  random_stream s(6);
  const std::size_t n = 2000, t = 16;
  std::vector<double> rival, wallet(n * t, 100.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t q = 0; q < t; ++q) rival.push_back(0.3 + 0.05 * s.normal() + (i >= n / 2 && q >= 10 ? 0.1 : 0.0));
  const auto a = share::entry_alarm(rival, wallet, t, 0.1, 199);
  double quiet = 0, loud = 0;
  for (std::size_t i = 0; i < n; ++i) (i < n / 2 ? quiet : loud) += a.alarm[i] >= 0;
  EXPECT_NEAR(quiet / (n / 2), 0.1, 0.03);
  EXPECT_GT(loud / (n / 2), 0.7);
  EXPECT_GT(a.rule_false_alarm, 0.5);  // the common rule cries on noise
}

}  // namespace
