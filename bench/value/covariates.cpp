// Fits of models with covariates and of GGompertz/NBD on simulated customers; the answer is checked before the clock.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/value/covariate_model.hpp>
#include <guanxi/value/ggompertz_nbd.hpp>
#include <guanxi/value/pareto_dynamic.hpp>

namespace {
using namespace guanxi;
using namespace guanxi::value;

struct known_book {
  std::vector<double> x, t, age, size;
};

/// Pareto/NBD customers, in weeks with the precision of days; a size of five classes moves the rate.
known_book simulated(std::size_t n) {
  known_book out;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(7, c);
    const double size = std::floor(5 * random.uniform()), rate = random.gamma(0.6) / 10 * std::exp(0.3 * size), leave = random.gamma(0.8) / 15;
    const double end = std::floor(7 * (27 + 12 * random.uniform())) / 7, gone = std::min(end, random.exponential() / leave);
    double last = 0, k = 0;
    for (double at = random.exponential() / rate; at < gone; at += random.exponential() / rate) {
      const double day = std::ceil(7 * at) / 7;
      if (day > last && day <= end) last = day, k += 1;
    }
    out.x.push_back(k), out.t.push_back(last), out.age.push_back(end), out.size.push_back(size);
  }
  return out;
}

void covariate_fit(benchmark::State& st, covariate_kind kind) {
  const known_book b = simulated(static_cast<std::size_t>(st.range(0)));
  const customer_rows rows{b.x, b.t, b.age};
  CovariateModel model({kind, {"size"}, {}, 1});
  model.fit(rows, {b.size, {}});
  if (!model.result().converged || std::fabs(model.result().params[4] - 0.3) > 0.08) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(model.fit(rows, {b.size, {}}).result().log_likelihood);
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK_CAPTURE(covariate_fit, pareto, covariate_kind::pareto_nbd)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(covariate_fit, bg, covariate_kind::bgnbd)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void gompertz_fit(benchmark::State& st) {
  const known_book b = simulated(static_cast<std::size_t>(st.range(0)));
  GGompertzNBD model(1);
  model.fit({b.x, b.t, b.age});
  if (!std::isfinite(model.result().log_likelihood)) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(model.fit({b.x, b.t, b.age}).result().log_likelihood);
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(gompertz_fit)->Arg(2'357)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// Two years of weeks, a season of ten weeks common to all.
void dynamic_fit(benchmark::State& st) {
  const auto n = static_cast<std::size_t>(st.range(0));
  std::vector<double> born, when, from, season;
  std::vector<std::uint64_t> start{0};
  for (int w = 0; w < 104; ++w) from.push_back(w), season.push_back(w % 52 >= 42 ? 1.0 : 0.0);
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(7, c);
    const double rate = random.gamma(0.9) / 8, gone = random.exponential() / (random.gamma(1.5) / 80), first = 50 * random.uniform();
    born.push_back(first);
    for (double at = first; at < std::min(104.0, first + gone);) {
      const auto w = static_cast<std::size_t>(at);
      const double to = static_cast<double>(w) + 1, next = at + random.exponential() / (rate * std::exp(0.8 * season[w]));
      if (next < std::min({to, 104.0, first + gone})) when.push_back(next);
      at = std::min(next, to);
    }
    start.push_back(when.size());
  }
  const std::vector<std::uint64_t> common{0, from.size()};
  const dynamic_rows rows{born, 104, start, when};
  const covariate_paths paths{common, from, season, {}};
  ParetoNBDDynamic model({{"season"}, {}, 1});
  model.fit(rows, paths);
  if (!model.result().converged || std::fabs(model.result().params[4] - 0.8) > 0.15) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(model.fit(rows, paths).result().log_likelihood);
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(dynamic_fit)->Arg(2'357)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
