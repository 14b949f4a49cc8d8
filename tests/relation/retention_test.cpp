#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>
#include <guanxi/relation/cox.hpp>
#include <guanxi/relation/kaplan_meier.hpp>
#include <guanxi/relation/migration.hpp>

namespace relation = guanxi::relation;
using V = std::vector<double>;
using E = std::vector<std::uint8_t>;

namespace {
// 6-MP against placebo, weeks of remission: Freireich et al. (1963), Blood 21, 699-716
const V drug{6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35};
const E drug_event{1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0};
const V control{1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23};

struct trial {
  V time, x;
  E event;
  std::vector<std::uint32_t> group;
  trial() {
    for (std::size_t i = 0; i < 21; ++i)
      time.push_back(drug[i]), event.push_back(drug_event[i]), x.push_back(1), group.push_back(0);
    for (const double t : control) time.push_back(t), event.push_back(1), x.push_back(0), group.push_back(1);
  }
};

double uniform(guanxi::random_stream& g) { return (static_cast<double>(g() >> 11) + 0.5) * 0x1p-53; }

std::string sentence(const auto& call) {
  try {
    call();
  } catch (const guanxi::error& e) {
    return e.what();
  }
  return "no error";
}

double at(const relation::survival_curve& c, const V& column, double t) {
  for (std::size_t j = 0; j < c.time.size(); ++j) {
    if (c.time[j] == t) return column[j];
  }
  return guanxi::unknown;
}

/// Efron's log partial likelihood written out.
double efron(const V& x, std::size_t p, const V& time, const E& event, const V& b) {
  const auto eta = [&](std::size_t i) {
    double e = 0;
    for (std::size_t j = 0; j < p; ++j) e += x[i * p + j] * b[j];
    return e;
  };
  double total = 0;
  for (std::size_t i = 0; i < time.size(); ++i) {
    bool first = event[i];
    for (std::size_t k = 0; k < i; ++k) first = first && !(event[k] && time[k] == time[i]);
    if (!first) continue;
    double risk = 0, tied = 0, d = 0;
    for (std::size_t k = 0; k < time.size(); ++k) {
      if (time[k] >= time[i]) risk += std::exp(eta(k));
      if (time[k] == time[i] && event[k]) tied += std::exp(eta(k)), d += 1, total += eta(k);
    }
    for (double l = 0; l < d; ++l) total -= std::log(risk - l / d * tied);
  }
  return total;
}
}  // namespace

TEST(KaplanMeier, LeukaemiaTrial) {
  const auto c = relation::kaplan_meier(drug, drug_event, {}, {}, 0.95);
  const V t{6, 7, 10, 13, 16, 22, 23}, s{.857143, .806723, .752941, .690196, .627451, .537815, .448179};
  const V e{.0763604, .0869353, .0963497, .1068147, .1140539, .1282338, .1345915};
  for (std::size_t j = 0; j < 7; ++j) {
    EXPECT_NEAR(at(c, c.survival, t[j]), s[j], 5e-7);
    EXPECT_NEAR(at(c, c.std_error, t[j]), e[j], 5e-8);
  }
  EXPECT_EQ(c.median, 23);
  EXPECT_EQ(c.median_low, 16);
  EXPECT_TRUE(std::isnan(c.median_high));
  const auto k = relation::kaplan_meier(control, E(21, 1), {}, {}, 0.95);
  EXPECT_EQ(k.median, 8);
  EXPECT_EQ(k.median_low, 4);
  EXPECT_EQ(k.median_high, 12);
}

TEST(KaplanMeier, CountingSortingAndWeightsAgreeWithTheDefinition) {
  guanxi::random_stream g(5);
  V whole, real, w;
  E event;
  for (int i = 0; i < 400; ++i)
    whole.push_back(std::floor(40 * uniform(g)) * 0.25), event.push_back(uniform(g) < .6), w.push_back(uniform(g));
  for (const double t : whole) real.push_back(t * 1.1 + 1e-3);
  const auto a = relation::kaplan_meier(whole, event), b = relation::kaplan_meier(real, event),
             c = relation::kaplan_meier(whole, event, {}, w);
  ASSERT_EQ(a.time.size(), b.time.size());
  for (std::size_t j = 0; j < a.time.size(); ++j) EXPECT_EQ(a.survival[j], b.survival[j]);
  double s = 1, sw = 1, h = 0;
  for (std::size_t j = 0; j < a.time.size(); ++j) {
    double r = 0, d = 0, rw = 0, dw = 0;
    for (std::size_t i = 0; i < 400; ++i) {
      if (whole[i] >= a.time[j]) r += 1, rw += w[i];
      if (whole[i] == a.time[j] && event[i]) d += 1, dw += w[i];
    }
    s *= 1 - d / r, sw *= 1 - dw / rw, h += d / r;
    EXPECT_NEAR(a.survival[j], s, 1e-13);
    EXPECT_NEAR(c.survival[j], sw, 1e-11);
    EXPECT_NEAR(a.hazard[j], h, 1e-12);
    if (j > 0) {
      EXPECT_LE(a.survival[j], a.survival[j - 1]);
    }
  }
  EXPECT_EQ(relation::kaplan_meier(whole, event, {}, w, .9, 1).survival,
            relation::kaplan_meier(whole, event, {}, w, .9, 4).survival);
}

TEST(KaplanMeier, LateEntryCountsOnlyThoseUnderObservation) {
  const V t{3, 5, 5, 8, 9}, entry{0, 1, 4, 2, 6};
  const E e{1, 1, 0, 1, 1};
  const auto c = relation::kaplan_meier(t, e, entry);
  EXPECT_EQ(c.at_risk, (V{3, 3, 2, 1}));  // at 3: rows 0, 1, 3; at 5: 1, 2, 3; at 8: 3, 4; at 9: 4
}

TEST(KaplanMeier, AllStayedIsAnAnswer) {
  const auto c = relation::kaplan_meier(V{1, 2, 3}, E{0, 0, 0});
  EXPECT_EQ(c.survival.back(), 1.0);
  EXPECT_TRUE(std::isnan(c.median));
}

TEST(LogRank, LeukaemiaTrial) {
  const trial t;
  const auto r = relation::log_rank(t.time, t.event, t.group);
  EXPECT_NEAR(r.statistic, 16.79294099, 1e-8);
  EXPECT_EQ(r.degrees, 1u);
  EXPECT_NEAR(r.p_value, std::erfc(std::sqrt(r.statistic / 2)), 1e-13);
}

TEST(Cox, LeukaemiaTrial) {
  const trial t;
  relation::Cox efron_fit, breslow(relation::ties::breslow);
  efron_fit.fit(t.x, 1, t.time, t.event), breslow.fit(t.x, 1, t.time, t.event);
  EXPECT_NEAR(efron_fit.coefficients()[0], -1.5721251488, 1e-8);
  EXPECT_NEAR(efron_fit.standard_errors()[0], .4123967177, 1e-8);
  EXPECT_NEAR(efron_fit.log_likelihood_null(), -93.1842699968, 1e-8);
  EXPECT_NEAR(efron_fit.log_likelihood(), -85.0084245774, 1e-8);
  EXPECT_NEAR(breslow.coefficients()[0], -1.5091914126, 1e-8);
  EXPECT_NEAR(breslow.standard_errors()[0], .4095644064, 1e-8);
  EXPECT_NEAR(breslow.log_likelihood_null(), -93.9850504782, 1e-8);
  EXPECT_NEAR(breslow.log_likelihood(), -86.3796220711, 1e-8);
}

TEST(Cox, TopOfTheWrittenOutLikelihood) {
  guanxi::random_stream g(8);
  V x, time;
  E event;
  for (int i = 0; i < 120; ++i) {
    x.push_back(uniform(g)), x.push_back(std::floor(3 * uniform(g))), x.push_back(100 * uniform(g));
    time.push_back(std::ceil(-8 * std::log(uniform(g)) * std::exp(-x[x.size() - 3]))), event.push_back(uniform(g) < .7);
  }
  relation::Cox m;
  m.fit(x, 3, time, event);
  V b(m.coefficients().begin(), m.coefficients().end());
  EXPECT_NEAR(m.log_likelihood(), efron(x, 3, time, event, b), 1e-9);
  EXPECT_NEAR(m.log_likelihood_null(), efron(x, 3, time, event, {0, 0, 0}), 1e-9);
  V information(9);
  const V h{1e-3, 1e-3, 1e-5};
  const auto value = [&](std::size_t i, double a, std::size_t j, double c) {
    V at = b;
    at[i] += a * h[i], at[j] += c * h[j];
    return efron(x, 3, time, event, at);
  };
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR((value(i, 1, i, 0) - value(i, -1, i, 0)) / (2 * h[i]), 0.0, 2e-5 / h[i] * 1e-3);
    for (std::size_t j = 0; j < 3; ++j)
      information[i * 3 + j] =
          -(value(i, 1, j, 1) - value(i, 1, j, -1) - value(i, -1, j, 1) + value(i, -1, j, -1)) / (4 * h[i] * h[j]);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    V unit(3);
    unit[i] = 1;
    ASSERT_TRUE(relation::detail::lu_solve(information, unit));
    EXPECT_NEAR(m.standard_errors()[i], std::sqrt(unit[i]), 1e-4 * m.standard_errors()[i]);
  }
  double pairs = 0, right = 0;  // concordance by all pairs
  for (std::size_t i = 0; i < 120; ++i) {
    for (std::size_t k = 0; k < 120; ++k) {
      if (!event[i] || !(time[k] > time[i] || (time[k] == time[i] && !event[k]))) continue;
      double ei = 0, ek = 0;
      for (std::size_t j = 0; j < 3; ++j) ei += x[i * 3 + j] * b[j], ek += x[k * 3 + j] * b[j];
      pairs += 1, right += ei > ek ? 1 : 0;
    }
  }
  EXPECT_NEAR(m.concordance(), right / pairs, 1e-12);
}

TEST(Cox, ThreadsAndRowOrderDoNotMatterAndScaleDoesNot) {
  guanxi::random_stream g(18);
  V x, time;
  E event;
  for (int i = 0; i < 20000; ++i) {
    x.push_back(uniform(g)), x.push_back(uniform(g));
    time.push_back(std::ceil(-40 * std::log(uniform(g)) * std::exp(-x[x.size() - 2]))),
        event.push_back(uniform(g) < .7);
  }
  relation::Cox one(relation::ties::efron, 1e-10, 50, 1), four(relation::ties::efron, 1e-10, 50, 4);
  one.fit(x, 2, time, event), four.fit(x, 2, time, event);
  EXPECT_EQ(one.coefficients()[0], four.coefficients()[0]);
  EXPECT_NEAR(one.coefficients()[0], 1.0, 4 * one.standard_errors()[0]);
  for (std::size_t i = 0; i < x.size(); i += 2) x[i] = 5 + 100 * x[i];
  relation::Cox scaled;
  scaled.fit(x, 2, time, event);
  EXPECT_NEAR(scaled.coefficients()[0] * 100, one.coefficients()[0], 1e-9);
  EXPECT_NEAR(scaled.log_likelihood(), one.log_likelihood(), 1e-7);
}

TEST(Cox, SeparationAndNoEventsHaveAStatus) {
  relation::Cox m;
  m.fit(V{0, 0, 0, 1, 1, 1}, 1, V{1, 2, 3, 4, 5, 6}, E{1, 1, 1, 0, 0, 0});
  EXPECT_EQ(m.status()[0], "covariate 0 separates: no finite estimate");
  m.fit(V{0, 1, 0}, 1, V{1, 2, 3}, E{0, 0, 0});
  EXPECT_EQ(m.status()[0], "nobody left: no effect can be estimated");
  m.fit(V{2, 2, 2}, 1, V{1, 2, 3}, E{1, 0, 1});
  EXPECT_EQ(m.status()[0], "covariate 0 is constant: no effect can be seen");
}

TEST(Incidence, PartsSumToOneAndOneCauseIsKaplanMeier) {
  guanxi::random_stream g(4);
  V t;
  E cause, any;
  for (int i = 0; i < 500; ++i)
    t.push_back(std::floor(20 * uniform(g))), cause.push_back(static_cast<std::uint8_t>(3 * uniform(g))),
        any.push_back(cause.back() != 0);
  const auto f = relation::cumulative_incidence(t, cause);
  const auto k = relation::kaplan_meier(t, any);
  for (std::size_t j = 0; j < f.time.size(); ++j) {
    EXPECT_NEAR(f.incidence[2 * j] + f.incidence[2 * j + 1] + f.survival[j], 1.0, 1e-12);
    EXPECT_NEAR(f.survival[j], k.survival[j], 1e-12);
  }
  const auto one = relation::cumulative_incidence(t, any);
  for (std::size_t j = 0; j + 1 < one.time.size(); ++j) {
    EXPECT_NEAR(one.incidence[j], 1 - k.survival[j], 1e-12);
    EXPECT_NEAR(one.std_error[j], k.std_error[j], 1e-9);  // one cause alone: Greenwood
  }
}

TEST(Retention, BadInputSpeaks) {
  V t(13, 1.0);
  t[12] = -1;
  EXPECT_EQ(sentence([&] { (void)relation::kaplan_meier(t, E(13, 1)); }),
            "relation::kaplan_meier: 'duration' is negative in row 12, want 0 or more");
  EXPECT_EQ(sentence([&] { (void)relation::kaplan_meier(V{1, 2}, E{1}); }),
            "relation::kaplan_meier: 'duration' has 2 entries, 'event' has 1");
  EXPECT_EQ(sentence([&] { (void)relation::kaplan_meier(V{2, 2}, E{1, 1}, V{0, 3}); }),
            "relation::kaplan_meier: 'entry' is not before 'duration' in row 1");
  relation::Cox m;
  EXPECT_EQ(sentence([&] { m.fit(V{1, 2, 3}, 2, V{1, 2}, E{1, 1}); }),
            "relation::Cox: 'X' has 3 entries, want 2 rows of 2");
  EXPECT_TRUE(relation::kaplan_meier({}, {}).time.empty());
}

TEST(Migration, RecencyChainOfTheExample) {
  // bought k periods ago; buys again with p = .5, .3, .1; lapsed after that. Net contribution 100, mailing 10, interest
  // .1
  const V p{.5, .5, 0, 0, .3, 0, .7, 0, .1, 0, 0, .9, 0, 0, 0, 1}, reward{90, -10, -10, 0},
      want{208.91634981, 52.69961977, 8.99239544, 0};
  const auto v = relation::migration_value(p, reward, 0.1);
  for (std::size_t s = 0; s < 4; ++s) EXPECT_NEAR(v[s], want[s], 5e-9);
  const auto long_run = relation::migration_value(p, reward, 0.1, 2000);
  for (std::size_t s = 0; s < 4; ++s) EXPECT_NEAR(long_run[s], v[s], 1e-9);
}

TEST(Migration, BergerAndNasr) {
  const double m = 7, r = .8, d = .15;  // one live state and the lost one
  EXPECT_NEAR(relation::migration_value(V{r, 1 - r, 0, 1}, V{m, 0}, d)[0], m * (1 + d) / (1 + d - r), 1e-11);
  EXPECT_NEAR(relation::migration_value(V{r, 1 - r, 0, 1}, V{m, 0}, 0.0)[0], m / (1 - r), 1e-11);
}

TEST(Migration, GainOfEffortIsTheDifferenceOfTwoValues) {
  const V none{.9, .1, .2, .8}, some{.7, .3, .1, .9}, reward{1, 5, 1, 5};
  V both = none;
  both.insert(both.end(), some.begin(), some.end());
  const auto g = relation::gain_of_effort(both, reward, 2, 0.1);
  const auto a = relation::migration_value(none, V{1, 5}, 0.1), b = relation::migration_value(some, V{1, 5}, 0.1);
  EXPECT_EQ(g[0], 0.0);
  for (std::size_t s = 0; s < 2; ++s) EXPECT_NEAR(g[2 + s], b[s] - a[s], 1e-12);
}

TEST(Migration, BadInputSpeaks) {
  EXPECT_EQ(sentence([] { (void)relation::migration_value(V{.5, .5, .5, .47}, V{1, 2}, .1); }),
            "relation::migration_value: 'transitions' row 1 sums to 0.97, want 1");
  EXPECT_EQ(sentence([] { (void)relation::migration_value(V{.5, .5, .5, .5}, V{1, 2}, 0.0); }).substr(0, 66),
            "relation::migration_value: with 'rate' 0 a tier earns for ever and");
}
