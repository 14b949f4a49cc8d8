#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/tier_model.hpp>

#include "reference/relation_paths.hpp"

namespace relation = guanxi::relation;
using guanxi::unknown;
using relation::emission;
using relation::family;
using relation::TierModel;
using V = std::vector<double>;

namespace {
const V pi{.55, .25, .15, .05};
const V moves{.90, .08, .015, .005, .08, .82, .09, .01, .02, .08, .82, .08, .01, .01, .08, .90};

emission poisson(V rate) { return {"orders", family::poisson, std::move(rate), {}, {}, {}, {}}; }

struct book {
  std::vector<std::uint32_t> customer;
  std::vector<std::int64_t> period;
  std::vector<V> columns, covariates;
  std::vector<std::uint8_t> truth;
  [[nodiscard]] relation::panel see() const {
    relation::panel p{customer, period, {}, {}};
    for (std::size_t c = 0; c < columns.size(); ++c) p.emissions.push_back({"column " + std::to_string(c), columns[c]});
    for (std::size_t c = 0; c < covariates.size(); ++c)
      p.covariates.push_back({"z" + std::to_string(c), covariates[c]});
    return p;
  }
};

double uniform(guanxi::random_stream& g) { return (static_cast<double>(g() >> 11) + 0.5) * 0x1p-53; }
double normal(guanxi::random_stream& g) { return guanxi::normal_quantile(uniform(g)); }
std::size_t pick(guanxi::random_stream& g, const double* p, std::size_t n) {
  double u = uniform(g);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    if (u < p[i]) return i;
    u -= p[i];
  }
  return n - 1;
}
double poisson_draw(guanxi::random_stream& g, double rate) {
  double left = std::exp(-rate), k = 0, u = uniform(g);
  for (double p = left; u > p && k < 1000; u -= p, p *= rate / ++k) {
  }
  return k;
}

/// A panel from the reference chain with Poisson counts, seeded.
book simulate(std::size_t customers, std::size_t periods, std::uint64_t seed, const V& rate = {.5, 2, 4, 8}) {
  book b;
  b.columns.resize(1);
  for (std::uint32_t i = 0; i < customers; ++i) {
    guanxi::random_stream g(seed, i);
    std::size_t s = pick(g, pi.data(), 4);
    for (std::size_t t = 0; t < periods; ++t) {
      if (t > 0) s = pick(g, moves.data() + 4 * s, 4);
      b.customer.push_back(i), b.period.push_back(static_cast<std::int64_t>(t)),
          b.truth.push_back(static_cast<std::uint8_t>(s));
      b.columns[0].push_back(poisson_draw(g, rate[s]));
    }
  }
  return b;
}

relation::tier_settings settings(std::vector<emission> e, unsigned threads = 0) {
  relation::tier_settings s;
  s.emissions = std::move(e);
  s.threads = threads;
  return s;
}

std::string sentence(const auto& call) {
  try {
    call();
  } catch (const guanxi::error& e) {
    return e.what();
  }
  return "no error";
}
}  // namespace

TEST(TierModel, ReferenceCase) {
  const book b{{0, 0, 0, 0, 0, 0}, {1, 2, 3, 4, 5, 6}, {{1, 0, 3, unknown, 6, 9}}, {}, {}};
  const auto f = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})}).filter(b.see());
  EXPECT_NEAR(f.log_likelihood, -12.42369035484895, 1e-12);
  const V want[] = {
      {.679172087, .275534139, .0447473889, .0005463847}, {}, {.24862875, .63406922, .11340671, .00389532},
      {.27679850, .54893855, .15410079, .02016216},       {}, {3.2e-9, .00131250840, .235202099, .763485390}};
  const double digits[] = {1e-9, 0, 1e-8, 1e-8, 0, 1e-9};
  for (std::size_t t = 0; t < 6; ++t) {
    for (std::size_t s = 0; s < want[t].size(); ++s)
      EXPECT_NEAR(f.p[t * 4 + s], want[t][s], digits[t]) << t << " " << s;
  }
}

TEST(TierModel, AGapIsMissingPeriods) {
  const book gap{{0, 0, 0, 0, 0}, {1, 2, 3, 5, 6}, {{1, 0, 3, 6, 9}}, {}, {}};
  const auto f = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})}).filter(gap.see());
  EXPECT_NEAR(f.log_likelihood, -12.42369035484895, 1e-12);
  EXPECT_EQ(f.p.size(), 20u);
}

TEST(TierModel, FilterAndSmootherEqualAllPaths) {
  // four families at once, missing cells and a whole missing row
  const std::vector<emission> laws{
      {"orders", family::negative_binomial, {1, 3, 6, 12}, {.7, 2, 5, 9}, {}, {}, {}},
      {"spend", family::log_normal, {3, 4, 5, 6}, {.5, .6, .4, .3}, {.5, .2, .1, .05}, {}, {}},
      {"share", family::beta, {.1, .3, .5, .8}, {5, 6, 7, 9}, {.3, .1, .05, .02}, {.01, .02, .05, .3}, {}},
      {"mood", family::normal, {-1, 0, 1, 2}, {1, 1, 2, 1}, {}, {}, {}}};
  book b{{7, 7, 7, 7, 7, 7},
         {1, 2, 3, 4, 5, 6},
         {{0, 2, unknown, unknown, 9, 4},
          {0, 50, 90, unknown, 300, 0},
          {0, .2, .4, unknown, 1, .7},
          {-1, unknown, .5, unknown, 2, 1}},
         {},
         {}};
  const auto m = TierModel::given(pi, moves, laws);
  const auto density = [&](std::size_t t, std::size_t s) {
    double f = 1.0;
    for (std::size_t c = 0; c < 4; ++c) {
      const double y = b.columns[c][t];
      if (std::isnan(y)) continue;
      const emission& e = laws[c];
      const double k = e.spread[s], mean = e.mean[s];
      if (c == 0)
        f *= std::tgamma(y + k) / std::tgamma(k) / std::tgamma(y + 1) * std::pow(k / (k + mean), k) *
             std::pow(mean / (k + mean), y);
      if (c == 1)
        f *= y == 0 ? e.zero[s]
                    : (1 - e.zero[s]) / (y * std::sqrt(2 * M_PI * k)) *
                          std::exp(-std::pow(std::log(y) - mean, 2) / (2 * k));
      if (c == 2) {
        const double a = mean * k, d = (1 - mean) * k;
        f *= y == 0   ? e.zero[s]
             : y == 1 ? e.one[s]
                      : (1 - e.zero[s] - e.one[s]) * std::pow(y, a - 1) * std::pow(1 - y, d - 1) * std::tgamma(a + d) /
                            std::tgamma(a) / std::tgamma(d);
      }
      if (c == 3) f *= std::exp(-(y - mean) * (y - mean) / (2 * k)) / std::sqrt(2 * M_PI * k);
    }
    return f;
  };
  const auto want = reference::all_paths(6, 4, pi, density,
                                         [&](std::size_t, std::size_t r, std::size_t s) { return moves[r * 4 + s]; });
  const auto f = m.filter(b.see()), g = m.smooth(b.see());
  EXPECT_NEAR(f.log_likelihood, std::log(want.likelihood), 1e-11);
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(f.p[i], want.filtered[i], 1e-12);
    EXPECT_NEAR(g.p[i], want.smoothed[i], 1e-12);
  }
}

TEST(TierModel, TheFutureDoesNotChangeTheFilter) {
  book b = simulate(20, 12, 5);
  const auto m = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})});
  const auto before = m.filter(b.see()), smooth_before = m.smooth(b.see());
  for (std::size_t i = 0; i < b.period.size(); ++i) {
    if (b.period[i] > 7) b.columns[0][i] = 20;
  }
  const auto after = m.filter(b.see()), smooth_after = m.smooth(b.see());
  bool history_moved = false;
  for (std::size_t i = 0; i < b.period.size(); ++i) {
    if (b.period[i] > 7) continue;
    EXPECT_EQ(before.tier[i], after.tier[i]);
    for (std::size_t s = 0; s < 4; ++s) {
      EXPECT_EQ(before.p[i * 4 + s], after.p[i * 4 + s]);
      history_moved = history_moved || smooth_before.p[i * 4 + s] != smooth_after.p[i * 4 + s];
    }
  }
  EXPECT_TRUE(history_moved);
}

TEST(TierModel, RowByRowUpdatesEqualTheFilter) {
  const book b = simulate(50, 10, 9);
  const auto m = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})});
  const auto f = m.filter(b.see());
  V state(4);
  for (std::size_t i = 0; i < b.customer.size(); ++i) {
    m.update(state, std::span<const double>(&b.columns[0][i], 1), {}, b.period[i] == 0);
    for (std::size_t s = 0; s < 4; ++s) EXPECT_NEAR(state[s], f.p[i * 4 + s], 1e-12);
  }
}

TEST(TierModel, TheLikelihoodNeverFallsAndParametersComeBack) {
  const book b = simulate(2000, 24, 3);
  TierModel m(settings({{"orders", family::poisson, {}, {}, {}, {}, {}}}));
  m.fit(b.see());
  for (std::size_t i = 1; i < m.history().size(); ++i)
    EXPECT_GE(m.history()[i], m.history()[i - 1] - 1e-9 * std::fabs(m.history()[i]));
  EXPECT_LE(m.gradient_norm(), 1e-6 * 48000);
  EXPECT_EQ(m.status()[0].substr(0, 9), "converged") << m.status()[0];
  const V rate{.5, 2, 4, 8};
  for (std::size_t s = 0; s < 4; ++s) {
    EXPECT_NEAR(m.emissions()[0].mean[s], rate[s], 4.0 * m.emission_errors()[0].mean[s]);
    EXPECT_NEAR(m.transitions()[s * 5], moves[s * 5], 4.0 * m.transition_errors()[s * 5]);
    EXPECT_GT(m.transition_errors()[s * 5], 0.0);
  }
  EXPECT_GE(m.log_likelihood(), TierModel::given(pi, moves, {poisson(rate)}).filter(b.see()).log_likelihood);
}

TEST(TierModel, RowOrderThreadsAndDuplicationDoNotMatter) {
  const book b = simulate(300, 8, 21);
  book turned = b;
  std::reverse(turned.customer.begin(), turned.customer.end()),
      std::reverse(turned.period.begin(), turned.period.end());
  std::reverse(turned.columns[0].begin(), turned.columns[0].end());
  const std::vector<emission> free{{"orders", family::negative_binomial, {}, {}, {}, {}, {}}};
  TierModel one(settings(free, 1)), four(settings(free, 4)), reversed(settings(free, 2));
  one.fit(b.see()), four.fit(b.see()), reversed.fit(turned.see());
  EXPECT_EQ(one.log_likelihood(), four.log_likelihood());
  EXPECT_EQ(one.transitions(), four.transitions());
  EXPECT_EQ(one.transitions(), reversed.transitions());
  EXPECT_EQ(one.emissions()[0].mean, reversed.emissions()[0].mean);
  book twice = b;
  for (std::size_t i = 0; i < b.customer.size(); ++i)
    twice.customer.push_back(b.customer[i] + 1000), twice.period.push_back(b.period[i]),
        twice.columns[0].push_back(b.columns[0][i]);
  TierModel doubled(settings(free));
  doubled.fit(twice.see());
  EXPECT_NEAR(doubled.log_likelihood(), 2 * one.log_likelihood(), 1e-5 * std::fabs(one.log_likelihood()));
  for (std::size_t s = 0; s < 4; ++s)
    EXPECT_NEAR(doubled.emissions()[0].mean[s], one.emissions()[0].mean[s], 1e-3 * one.emissions()[0].mean[s]);
}

TEST(TierModel, LabelsAreCountedAndBothWaysAgree) {
  book b = simulate(400, 6, 8);
  b.columns[0].assign(b.truth.begin(), b.truth.end());
  TierModel m(settings({{"tier", family::label, {}, {}, {}, {}, {}}}));
  m.fit(b.see());
  V count(16), row(4);
  for (std::size_t i = 1; i < b.truth.size(); ++i) {
    if (b.customer[i] == b.customer[i - 1]) count[b.truth[i - 1] * 4u + b.truth[i]] += 1, row[b.truth[i - 1]] += 1;
  }
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(m.transitions()[i], count[i] / row[i / 4], 1e-12);
  // a constant covariate makes it an ordered logit with nothing to tell: the same matrix but for the small prior
  b.covariates.assign(1, V(b.customer.size(), 3.0));
  TierModel logit(settings({{"tier", family::label, {}, {}, {}, {}, {}}}));
  logit.fit(b.see());
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(logit.transitions()[i], m.transitions()[i], 5e-4);
}

TEST(TierModel, CovariatesOnAnyScaleGiveTheSameForecast) {
  book b = simulate(300, 8, 4);
  guanxi::random_stream g(2);
  b.covariates.resize(2);
  for (std::size_t i = 0; i < b.customer.size(); ++i)
    b.covariates[0].push_back(normal(g)), b.covariates[1].push_back(std::floor(4 * uniform(g)));
  book other = b;
  for (double& x : other.covariates[1]) x = 1000 - 55 * x;
  TierModel a(settings({{"orders", family::poisson, {}, {}, {}, {}, {}}})),
      c(settings({{"orders", family::poisson, {}, {}, {}, {}, {}}}));
  a.fit(b.see()), c.fit(other.see());
  for (std::size_t i = 1; i < a.history().size(); ++i)
    EXPECT_GE(a.history()[i], a.history()[i - 1] - 1e-9 * std::fabs(a.history()[i]));
  const auto fa = a.forecast(b.see(), 2, {}, 0), fc = c.forecast(other.see(), 2, {}, 0);
  for (std::size_t i = 0; i < fa.p.size(); ++i) EXPECT_NEAR(fa.p[i], fc.p[i], 1e-5);
}

TEST(TierModel, CovariateEffectsComeBack) {
  // labels driven by one covariate with slope 1 in every tier
  const relation::ordered_moves law{4, 1, {1, 2.5, 4, -1, 1, 3, -3, -1, 1, -4, -2.5, -1}, {1, 1, 1, 1}, {1}};
  book b;
  b.columns.resize(1), b.covariates.resize(1);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    guanxi::random_stream g(77, i);
    std::size_t s = i % 4;
    V z{0};
    for (int t = 0; t < 8; ++t) {
      double row[4];
      if (t > 0) {
        law.row(s, z, row);
        s = pick(g, row, 4);
      }
      z[0] = normal(g);
      b.customer.push_back(i), b.period.push_back(t), b.columns[0].push_back(static_cast<double>(s)),
          b.covariates[0].push_back(z[0]);
    }
  }
  TierModel m(settings({{"tier", family::label, {}, {}, {}, {}, {}}}));
  m.fit(b.see());
  for (std::size_t s = 0; s < 4; ++s) EXPECT_NEAR(m.effects()[s], 1.0, 4 * m.effect_errors()[s] + 0.02) << s;
}

TEST(OrderedLogit, GradientAndCurvatureEqualDifferences) {
  relation::ordered_moves m{
      4, 2, {-1, .5, 2, -2, 0, 1, -3, -1, .3, -2, -1.5, .1}, {.4, -.2, .1, .3, -.5, .2, 0, .7}, {0, 0}};
  const V z{.7, -1.3};
  V row(4);
  for (std::size_t s = 0; s < 4; ++s) {
    m.row(s, z, row.data());
    EXPECT_NEAR(row[0] + row[1] + row[2] + row[3], 1.0, 1e-14);
    for (std::size_t k = 0; k < 4; ++k) {
      relation::detail::move_sums at(5);
      V w(4, 0.0);
      w[k] = 1.0;
      relation::detail::add_moves(m, s, w.data(), z.data(), at, true);
      EXPECT_NEAR(at.value, std::log(row[k]), 1e-13);
      const auto entry = [&](std::size_t i) -> double& {
        return i < 3 ? m.threshold[s * 3 + i] : m.slope[s * 2 + i - 3];
      };
      for (std::size_t i = 0; i < 5; ++i) {
        const double h = 1e-5, was = entry(i);
        relation::detail::move_sums up(5), down(5);
        entry(i) = was + h, relation::detail::add_moves(m, s, w.data(), z.data(), up, true);
        entry(i) = was - h, relation::detail::add_moves(m, s, w.data(), z.data(), down, true);
        entry(i) = was;
        EXPECT_NEAR(at.gradient[i], (up.value - down.value) / (2 * h), 1e-8);
        for (std::size_t j = i; j < 5; ++j)
          EXPECT_NEAR(at.information[j * 5 + i], -(up.gradient[j] - down.gradient[j]) / (2 * h), 1e-7)
              << s << k << i << j;
      }
    }
  }
}

TEST(TierModel, HysteresisMovesLessThanTheLikeliestTierAndFollowsARealChange) {
  const book b = simulate(500, 24, 31);
  const auto m = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})});
  const auto f = m.filter(b.see());
  int reported = 0, plain = 0;
  const auto best = [&](std::size_t i) {
    return std::max_element(f.p.begin() + static_cast<long>(i * 4), f.p.begin() + static_cast<long>(i * 4 + 4)) -
           f.p.begin() - static_cast<long>(i * 4);
  };
  for (std::size_t i = 1; i < b.customer.size(); ++i) {
    if (b.customer[i] != b.customer[i - 1]) continue;
    reported += f.tier[i] != f.tier[i - 1], plain += best(i) != best(i - 1);
  }
  EXPECT_LT(reported, plain);
  const book jump{std::vector<std::uint32_t>(12, 0),
                  {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                  {{0, 1, 0, 0, 1, 0, 8, 9, 7, 8, 9, 8}},
                  {},
                  {}};
  const auto j = m.filter(jump.see(), true);
  EXPECT_EQ(j.tier[5], 0);
  EXPECT_EQ(j.tier[8], 3);
  EXPECT_NE(j.why[8].find("strategic alliance"), std::string::npos) << j.why[8];
}

TEST(TierModel, ForecastIsTheChainAndSumsToOne) {
  const book b{{0}, {0}, {{unknown}}, {}, {}};
  const auto m = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})});
  const auto f = m.forecast(b.see(), 3);
  double p0 = 0;
  for (std::size_t r = 0; r < 4; ++r) p0 += pi[r] * moves[r * 4];
  EXPECT_NEAR(f.p[0], p0, 1e-14);
  for (std::size_t h = 0; h < 3; ++h)
    EXPECT_NEAR(f.p[h * 4] + f.p[h * 4 + 1] + f.p[h * 4 + 2] + f.p[h * 4 + 3], 1.0, 1e-12);
  EXPECT_NEAR(f.up[0], 1 - f.p[0], 1e-12);  // nothing seen: likeliest tier 0
  EXPECT_TRUE(std::isnan(f.up_low[0]));     // given parameters have no uncertainty
  const V rate{.5, 2, 4, 8};
  double mean = 0, below = 0;
  for (std::size_t s = 0; s < 4; ++s) mean += f.p[s] * rate[s];
  EXPECT_NEAR(f.columns[0].mean[0], mean, 1e-12);
  for (int y = 0; y <= f.columns[0].high[0]; ++y) {
    for (std::size_t s = 0; s < 4; ++s)
      below += f.p[s] * std::exp(-rate[s] + y * std::log(rate[s]) - std::lgamma(y + 1.0));
    if (y < f.columns[0].high[0]) {
      EXPECT_LT(below, 0.95);
    }
  }
  EXPECT_GE(below, 0.95);
}

TEST(TierModel, ACustomerBornYesterdayGetsTheStartNotAVerdict) {
  const book b{{0}, {0}, {{unknown}}, {}, {}};
  const auto f = TierModel::given(pi, moves, {poisson({.5, 2, 4, 8})}).filter(b.see());
  for (std::size_t s = 0; s < 4; ++s) EXPECT_NEAR(f.p[s], pi[s], 1e-15);
}

TEST(TierModel, AnImpossibleRowCountsAsMissing) {
  const book b{{0, 0, 0}, {0, 1, 2}, {{0, 1, 0}}, {}, {}};
  emission reading{"tier", family::ordinal, {}, {}, {}, {}, {1, 0, 1, 0}};  // nobody can read 1
  const auto f = TierModel::given({.5, .5}, {.9, .1, .1, .9}, {reading}).filter(b.see());
  for (const double p : f.p) EXPECT_TRUE(std::isfinite(p));
}

TEST(TierModel, BadInputSpeaks) {
  const auto m = [] { return TierModel(settings({{"orders", family::poisson, {}, {}, {}, {}, {}}})); };
  const book twice{{17, 17}, {3, 3}, {{1, 2}}, {}, {}};
  EXPECT_EQ(sentence([&] { m().fit(twice.see()); }), "relation: panel has two rows for customer 17, period 3");
  const book half{{1, 1}, {3, 4}, {{1, 2.5}}, {}, {}};
  EXPECT_EQ(sentence([&] { m().fit(half.see()); }), "relation: 'column 0' is 2.5 in row 1, want a whole number");
  const book share{{1}, {3}, {{1.2}}, {}, {}};
  EXPECT_EQ(sentence([&] { TierModel(settings({{"share", family::beta, {}, {}, {}, {}, {}}})).fit(share.see()); }),
            "relation: 'column 0' is 1.2 in row 0, want 0 to 1");
  EXPECT_EQ(sentence([&] { TierModel::given({.5, .5}, {.9, .1, .1, .87}, {poisson({1, 2})}); }),
            "relation: 'transitions' row 1 sums to 0.97, want 1");
  EXPECT_EQ(sentence([&] { (void)m().filter(half.see()); }),
            "relation: TierModel has no parameters yet; call fit first");
  const book leap{{1, 1}, {201912, 2019120000}, {{1, 2}}, {}, {}};
  EXPECT_EQ(
      sentence([&] { m().fit(leap.see()); }),
      "relation: 'period' jumps from 201912 to 2019120000 for customer 1; count periods in consecutive whole numbers");
  EXPECT_EQ(sentence([&] { m().fit(book{}.see()); }),
            "relation: the model has 1 emissions, the panel has 0 such columns");
}

TEST(TierModel, OneCustomerOnePeriodHasAStatusNotAnError) {
  const book b{{0}, {0}, {{3}}, {}, {}};
  TierModel m(settings({{"orders", family::negative_binomial, {}, {}, {}, {}, {}}}));
  m.fit(b.see());
  bool said = false;
  for (const auto& s : m.status()) said = said || s == "no customer has two periods: transitions are not known";
  EXPECT_TRUE(said);
  EXPECT_TRUE(std::isfinite(m.log_likelihood()));
}
