// What TierModel can be asked for beside the plain chain: lost customers, a stationary start, unlike periods, small
// books.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/tier_model.hpp>

namespace relation = guanxi::relation;
using guanxi::unknown;
using relation::emission;
using relation::family;
using relation::TierModel;
using V = std::vector<double>;

namespace {
struct book {
  std::vector<std::uint32_t> customer;
  std::vector<std::int64_t> period;
  V orders, exposure, z;
  std::vector<std::uint8_t> truth;
  [[nodiscard]] relation::panel see() const {
    relation::panel p{customer, period, {{"orders", orders}}, {}, exposure};
    if (!z.empty()) p.covariates.push_back({"z", z});
    return p;
  }
};

std::size_t pick(guanxi::random_stream& g, const double* p, std::size_t n) {
  double u = g.uniform();
  for (std::size_t i = 0; i + 1 < n; ++i) {
    if (u < p[i]) return i;
    u -= p[i];
  }
  return n - 1;
}
double poisson_draw(guanxi::random_stream& g, double rate) {
  double k = 0, u = g.uniform();
  for (double p = std::exp(-rate); u > p && k < 1000; u -= p, p *= rate / ++k) {
  }
  return k;
}

book simulate(std::size_t customers, std::size_t periods, std::uint64_t seed, const V& start, const V& moves,
              const V& rate, const V& lengths = {1}) {
  book b;
  const std::size_t S = start.size();
  for (std::uint32_t i = 0; i < customers; ++i) {
    guanxi::random_stream g(seed, i);
    std::size_t s = pick(g, start.data(), S);
    for (std::size_t t = 0; t < periods; ++t) {
      if (t > 0) s = pick(g, moves.data() + S * s, S);
      const double length = lengths[t % lengths.size()];
      b.customer.push_back(i), b.period.push_back(static_cast<std::int64_t>(t));
      b.orders.push_back(poisson_draw(g, rate[s] * length)), b.truth.push_back(static_cast<std::uint8_t>(s));
      if (lengths.size() > 1) b.exposure.push_back(length);
    }
  }
  return b;
}

relation::tier_settings settings(family kind, std::size_t tiers) {
  relation::tier_settings s;
  s.tiers = tiers, s.emissions = {{"orders", kind, {}, {}, {}, {}, {}}}, s.prior = 0.0;
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

void expect_rising(const TierModel& m) {
  for (std::size_t i = 1; i < m.history().size(); ++i)
    ASSERT_GE(m.history()[i], m.history()[i - 1] - 1e-9 * std::fabs(m.history()[i])) << i;
}
const V two{.9, .1, .2, .8};
}  // namespace

TEST(TierStates, LostIsNeverLeftAndComesBackFromSimulatedBooks) {
  const V start{0, .6, .4}, moves{1, 0, 0, .06, .84, .10, .02, .10, .88};
  const book b = simulate(3000, 16, 5, start, moves, {0, 1, 5});
  for (const family kind : {family::poisson, family::negative_binomial}) {
    auto s = settings(kind, 2);
    s.lost = true;
    TierModel m(s);
    m.fit(b.see());
    expect_rising(m);
    EXPECT_EQ(m.states(), 3u);
    EXPECT_EQ(m.initial()[0], 0.0);
    EXPECT_EQ(m.transitions()[0], 1.0);
    EXPECT_TRUE(std::isnan(m.transition_errors()[0]));
    for (const std::size_t i : {3u, 4u, 6u, 8u})
      EXPECT_NEAR(m.transitions()[i], moves[i], 4 * m.transition_errors()[i]) << i;
    EXPECT_NEAR(m.emissions()[0].mean[1], 1, .1);
    EXPECT_NEAR(m.emissions()[0].mean[2], 5, .1);
    const auto f = m.filter(b.see(), true);
    double said = 0, was = 0;
    for (std::size_t i = 0; i < b.customer.size(); ++i) {
      if (b.period[i] != 15) continue;
      said += f.p[i * 3], was += b.truth[i] == 0;
      if (b.orders[i] > 0) {
        EXPECT_LT(f.p[i * 3], 1e-6);
      }
    }
    EXPECT_NEAR(said / was, 1.0, .05);
    const auto reported = std::find(f.tier.begin(), f.tier.end(), 0);
    ASSERT_NE(reported, f.tier.end());
    EXPECT_EQ(f.why[static_cast<std::size_t>(reported - f.tier.begin())].substr(0, 4), "lost");
  }
}

TEST(TierStates, LostWithCovariates) {
  const V start{0, .6, .4}, moves{1, 0, 0, .06, .84, .10, .02, .10, .88};
  book b = simulate(400, 10, 6, start, moves, {0, 1, 5});
  guanxi::random_stream g(3);
  for (std::size_t i = 0; i < b.customer.size(); ++i) b.z.push_back(g.normal());
  auto s = settings(family::poisson, 2);
  s.lost = true;
  TierModel m(s);
  m.fit(b.see());
  expect_rising(m);
  EXPECT_EQ(m.transitions()[0], 1.0);
  EXPECT_TRUE(std::isnan(m.effects()[0]));
  ASSERT_EQ(m.effect_errors().size(), m.effects().size());
  const bool singular = std::any_of(m.status().begin(), m.status().end(), [](const std::string& t) { return t.find("singular") != std::string::npos; });
  EXPECT_EQ(singular, std::isnan(m.effect_errors()[1]));  // the errors are unknown exactly when the status says so
  EXPECT_NEAR(m.effects()[1], 0.0, singular ? .5 : 4 * m.effect_errors()[1] + .01);  // nothing drives the moves
  const auto f = m.forecast(b.see(), 2, {}, 50);
  for (std::size_t i = 0; i < f.up.size(); ++i) {
    EXPECT_NEAR(f.p[i * 3] + f.p[i * 3 + 1] + f.p[i * 3 + 2], 1.0, 1e-12);
    EXPECT_EQ(std::isnan(f.up_low[i]), singular);  // no errors, no interval
    if (singular) continue;
    EXPECT_LE(f.up_low[i], f.up[i]);
    EXPECT_GE(f.up_high[i], f.up[i]);
  }
}

TEST(TierStates, AStationaryStartIsTheLawOfTheChainAndTheTopOfItsLikelihood) {
  const V pi{2.0 / 3, 1.0 / 3};
  const book b = simulate(800, 5, 9, pi, two, {1, 5});
  auto s = settings(family::poisson, 2);
  s.initial = relation::beginning::stationary;
  TierModel m(s);
  m.fit(b.see());
  expect_rising(m);
  const auto a = m.transitions();
  for (std::size_t c = 0; c < 2; ++c)
    EXPECT_NEAR(m.initial()[0] * a[c] + m.initial()[1] * a[2 + c], m.initial()[c], 1e-12);
  const auto value = [&](double up, double down) {
    return TierModel::given({down / (up + down), up / (up + down)}, {1 - up, up, down, 1 - down}, {m.emissions()[0]})
        .filter(b.see())
        .log_likelihood;
  };
  const double best = value(a[1], a[2]);
  EXPECT_NEAR(best, m.log_likelihood(), 1e-8);
  for (const double step : {-1e-3, 1e-3}) {
    EXPECT_LT(value(a[1] + step, a[2]), best);
    EXPECT_LT(value(a[1], a[2] + step), best);
  }
  // the free start can only do better on the same book; the transitions' errors are smaller when starts speak too
  TierModel open(settings(family::poisson, 2));
  open.fit(b.see());
  EXPECT_GE(open.log_likelihood(), m.log_likelihood() - 1e-6);
  EXPECT_LT(m.transition_errors()[1], open.transition_errors()[1]);
  EXPECT_NEAR(a[1], .1, 4 * m.transition_errors()[1]);
}

TEST(TierStates, UnlikePeriodsAreNoMoves) {
  const book b = simulate(1500, 12, 12, {.6, .4}, two, {1, 5}, {.5, 1, 2});
  for (const family kind : {family::poisson, family::negative_binomial}) {
    TierModel m(settings(kind, 2));
    m.fit(b.see());
    expect_rising(m);
    EXPECT_NEAR(m.emissions()[0].mean[0], 1, .06);
    EXPECT_NEAR(m.emissions()[0].mean[1], 5, .15);
    EXPECT_NEAR(m.transitions()[0], .9, 4 * m.transition_errors()[0]);
    EXPECT_LE(m.gradient_norm(), 1e-6 * static_cast<double>(b.customer.size()));
    // one row after the other gives the filter, with the lengths
    const auto f = m.filter(b.see());
    V state(2);
    for (std::size_t i = 0; i < 60; ++i) {
      m.update(state, std::span<const double>(&b.orders[i], 1), {}, b.period[i] == 0, b.exposure[i]);
      EXPECT_NEAR(state[0], f.p[2 * i], 1e-12);
    }
  }
  book same = b;
  same.exposure.assign(b.customer.size(), 1.0);
  book none = same;
  none.exposure.clear();
  TierModel x(settings(family::negative_binomial, 2)), y(settings(family::negative_binomial, 2));
  x.fit(same.see()), y.fit(none.see());
  EXPECT_NEAR(x.log_likelihood(), y.log_likelihood(), 1e-6 * std::fabs(y.log_likelihood()));
}

TEST(TierStates, SmallBooksGetAPriorThatIsSaid) {
  const book b = simulate(50, 10, 2, {.6, .4}, two, {1, 5});
  auto s = settings(family::negative_binomial, 2);
  s.prior = unknown;
  TierModel m(s);
  m.fit(b.see());
  expect_rising(m);
  EXPECT_EQ(m.prior(), 0.5);
  bool said = false;
  for (const auto& line : m.status())
    said = said || line == "a book of 50 customers: 0.5 starts and moves were added to every cell (prior)";
  EXPECT_TRUE(said);
  for (const double p : m.transitions()) EXPECT_GT(p, 0.0);
  const book large = simulate(250, 4, 2, {.6, .4}, two, {1, 5});
  m.fit(large.see());
  EXPECT_EQ(m.prior(), 0.0);
}

TEST(TierStates, TheCriterionFindsTheNumberOfTiers) {
  const book b = simulate(600, 12, 4, {.4, .3, .3}, {.9, .08, .02, .08, .84, .08, .02, .08, .9}, {.5, 4, 15});
  V value;
  for (std::size_t tiers = 1; tiers <= 5; ++tiers) {
    TierModel m(settings(family::poisson, tiers));
    m.fit(b.see());
    value.push_back(m.bic());
    EXPECT_EQ(m.parameters(), tiers - 1 + tiers * (tiers - 1) + tiers);
  }
  EXPECT_EQ(std::min_element(value.begin(), value.end()) - value.begin(), 2);
}

TEST(TierStates, IntervalsOfTheMovesHoldTheTruth) {
  const V start{.6, .4}, rate{1, 4};
  int inside = 0, all = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const book b = simulate(60, 10, 900 + seed, start, two, rate);
    auto s = settings(family::poisson, 2);
    s.prior = unknown, s.starts = 2;
    TierModel m(s);
    m.fit(b.see());
    const auto f = m.forecast(b.see(), 1, {}, 200, false);
    const auto truth = TierModel::given(start, two, {{"orders", family::poisson, rate, {}, {}, {}, {}}})
                           .forecast(b.see(), 1, {}, 0, false);
    for (std::size_t i = 0; i < f.up.size(); ++i) {
      const double p = f.tier[i] == 0 ? truth.p[2 * i + 1] : truth.p[2 * i];
      const double low = f.tier[i] == 0 ? f.up_low[i] : f.down_low[i],
                   high = f.tier[i] == 0 ? f.up_high[i] : f.down_high[i];
      inside += p >= low && p <= high, ++all;
    }
  }
  EXPECT_NEAR(static_cast<double>(inside) / all, 0.90, 0.04);
}

TEST(TierStates, BadInputSpeaks) {
  auto s = settings(family::normal, 2);
  s.lost = true;
  EXPECT_EQ(sentence([&] { TierModel{s}; }),
            "relation: 'lost' wants columns that show nothing bought; 'orders' is normal");
  s = settings(family::poisson, 2), s.lost = true, s.initial = relation::beginning::stationary;
  EXPECT_EQ(sentence([&] { TierModel{s}; }),
            "relation: 'initial' is stationary and 'lost' is set: such a chain settles with everybody lost");
  s = settings(family::poisson, 8), s.lost = true;
  EXPECT_EQ(sentence([&] { TierModel{s}; }), "relation: 'tiers' is 8, want 1 to 7");
  book b = simulate(3, 3, 1, {.6, .4}, two, {1, 5}, {1, 2});
  b.exposure[4] = 0;
  EXPECT_EQ(sentence([&] { TierModel(settings(family::poisson, 2)).fit(b.see()); }),
            "relation: 'exposure' is 0.000000 in row 4, want a finite length above 0");
}
