// Kernels of relation: one pass of the chain, Kaplan-Meier, Cox, PROMETHEE, ELECTRE TRI, the tier rule.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/relation.hpp>

namespace relation = guanxi::relation;
using V = std::vector<double>;

namespace {
void hmm_pass(benchmark::State& st) {
  std::vector<std::uint32_t> customer;
  std::vector<std::int64_t> period;
  V y;
  guanxi::random_stream g(7);
  for (std::uint32_t i = 0; i < st.range(0); ++i) {
    for (int t = 0; t < 36; ++t) customer.push_back(i), period.push_back(t), y.push_back(std::floor(-3.0 * std::log(g.uniform())));
  }
  const V pi{.55, .25, .15, .05}, a{.90, .08, .015, .005, .08, .82, .09, .01, .02, .08, .82, .08, .01, .01, .08, .90};
  auto m = relation::TierModel::given(pi, a, {{"orders", relation::family::poisson, {.3, 1.2, 3, 7}, {}, {}, {}, {}}});
  const relation::panel p{customer, period, {{"orders", y}}, {}};
  V centre, scale;
  const auto rows = relation::detail::prepare(p, m.emissions(), 4, centre, scale);
  // The answer first: a series whose log-likelihood is known to 14 digits, by the same pass, and the pass against the filter.
  auto known = relation::TierModel::given(pi, a, {{"orders", relation::family::poisson, {.5, 2, 4, 8}, {}, {}, {}, {}}});
  const std::vector<std::uint32_t> one(6, 0);
  const std::vector<std::int64_t> when{0, 1, 2, 3, 4, 5};
  const V orders{1, 0, 3, guanxi::unknown, 6, 9};
  const relation::panel six{one, when, {{"orders", orders}}, {}};
  const double want = m.filter(p).log_likelihood;
  if (!(std::fabs(known.filter(six).log_likelihood + 12.42369035484895) < 1e-10)) return st.SkipWithError("the filter is wrong");
  if (!(std::fabs(m.pass(rows) - want) < 1e-9 * std::fabs(want))) return st.SkipWithError("the pass is not the filter's likelihood");
  for (auto _ : st) benchmark::DoNotOptimize(m.pass(rows));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(hmm_pass)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime();

void kaplan_meier(benchmark::State& st) {
  guanxi::random_stream g(3);
  V t;
  std::vector<std::uint8_t> e;
  for (int i = 0; i < st.range(0); ++i) t.push_back(std::floor(200 * g.uniform()) / 4), e.push_back(g.uniform() < .6);
  const auto c = relation::kaplan_meier(t, e);
  double s = 1, dead = 0;
  for (std::size_t j = 0; j < c.time.size(); ++j) s *= 1 - c.events[j] / c.at_risk[j], dead += c.events[j];
  if (std::fabs(s - c.survival.back()) > 1e-9) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(relation::kaplan_meier(t, e).median);
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(kaplan_meier)->Arg(10000)->Arg(100000)->Arg(1000000)->Unit(benchmark::kMillisecond)->UseRealTime();

void cox(benchmark::State& st) {
  guanxi::random_stream g(3);
  V x, t;
  std::vector<std::uint8_t> e;
  for (int i = 0; i < st.range(0); ++i) {
    for (int j = 0; j < 5; ++j) x.push_back(g.normal());
    t.push_back(std::ceil(-80 * std::log(g.uniform()) * std::exp(-.5 * x[x.size() - 5])) / 4), e.push_back(g.uniform() < .7);
  }
  relation::Cox m;
  if (std::fabs(m.fit(x, 5, t, e).coefficients()[0] - .5) > .1) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(m.fit(x, 5, t, e).log_likelihood());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(cox)->Arg(10000)->Arg(100000)->Arg(1000000)->Unit(benchmark::kMillisecond)->UseRealTime();

V table(std::int64_t n) {
  guanxi::random_stream g(5);
  V x;
  for (std::int64_t i = 0; i < 8 * n; ++i) x.push_back(g.lognormal(0, 1));
  return x;
}

void promethee(benchmark::State& st) {
  const V x = table(st.range(0)), w(8, 1.0);
  const std::vector<relation::preference_rule> r{{relation::preference::linear, .1, 1.5, 1}};
  double sum = 0;
  for (const double v : relation::promethee({x, w}, r).net) sum += v;
  if (std::fabs(sum) > 1e-6) return st.SkipWithError("net flows do not sum to 0");
  for (auto _ : st) benchmark::DoNotOptimize(relation::promethee({x, w}, r).net.data());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(promethee)->Arg(10000)->Arg(100000)->Unit(benchmark::kMillisecond)->UseRealTime();

void electre_tri(benchmark::State& st) {
  const V x = table(st.range(0)), w(8, 1.0), q(8, .1), p(8, .4), v(8, 4.0);
  V profiles;
  for (const double b : {.5, 1.0, 2.0}) profiles.insert(profiles.end(), 8, b);
  const auto c = relation::electre_tri({x, w}, {profiles, q, p, v, .7});
  for (std::size_t i = 0; i < c.pessimistic.size(); ++i) {
    if (c.pessimistic[i] > c.optimistic[i]) return st.SkipWithError("pessimistic above optimistic");
  }
  for (auto _ : st) benchmark::DoNotOptimize(relation::electre_tri({x, w}, {profiles, q, p, v, .7}).pessimistic.data());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(electre_tri)->Arg(10000)->Arg(100000)->Arg(1000000)->Unit(benchmark::kMillisecond)->UseRealTime();
}  // namespace
