// Fits and scores of purchase models on simulated summaries (day precision, in weeks); the answer is checked before the clock.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/value/customer_value.hpp>
#include <guanxi/value/pareto_nbd.hpp>
#include <guanxi/value/posterior.hpp>
#include <guanxi/value/purchase_model.hpp>

namespace {
using namespace guanxi;
using namespace guanxi::value;

struct book {
  std::vector<double> x, t, age;
  [[nodiscard]] customer_rows rows() const { return {x, t, age}; }
};

/// BG/NBD customers with the parameters of CDNOW.
book simulated(std::size_t n) {
  book out;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(7, c);
    const double rate = random.gamma(0.2426) / 4.4136, stop = random.beta(0.7929, 2.4258);
    const double age = std::floor(7 * (27 + 12 * random.uniform())) / 7;
    double at = 0, last = 0, x = 0;
    while (rate > 1e-9) {
      at += random.gamma(1) / rate;
      const double day = std::floor(7 * at) / 7;
      if (day > age) break;
      if (day > last) x += 1, last = day;
      if (random.uniform() < stop) break;
    }
    out.x.push_back(x), out.t.push_back(last), out.age.push_back(age);
  }
  return out;
}

template <class Model>
void fit(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  Model model(1);
  model.fit(b.rows());
  if (!model.result().converged || std::fabs(model.result().params[1] / model.result().params[0] / (4.4136 / 0.2426) - 1) > 0.8)
    return st.SkipWithError("wrong answer");
  for (auto _ : st) {
    model.fit(b.rows());
    benchmark::DoNotOptimize(model.result().log_likelihood);
  }
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK_TEMPLATE(fit, NBD)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(fit, BGNBD)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(fit, MBGNBD)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(fit, ParetoNBD)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// P(alive) and expected purchases of Pareto/NBD in one call.
void pareto_expected(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  ParetoNBD model(1);
  model.set({0.5532, 10.577, 0.6062, 11.669});
  std::vector<double> out(b.x.size());
  model.expected_purchases(b.rows(), 39, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!(out[i] >= 0 && out[i] <= (0.5532 + b.x[i]) / (10.577 + b.age[i]) * 39)) return st.SkipWithError("wrong answer");
  for (auto _ : st) {
    model.expected_purchases(b.rows(), 39, out);
    benchmark::DoNotOptimize(out.data());
  }
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(pareto_expected)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

/// Four chains of 1,000 kept draws.
template <class Model>
void posterior_draws(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  Model model(1);
  model.fit(b.rows());
  if (sample_posterior(model, b.rows()).status.substr(0, 12) != "chains agree") return st.SkipWithError("chains disagree");
  for (auto _ : st) benchmark::DoNotOptimize(sample_posterior(model, b.rows()).draws.data());
  st.SetItemsProcessed(st.iterations() * 4000);
}
BENCHMARK_TEMPLATE(posterior_draws, BGNBD)->Arg(2'357)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_TEMPLATE(posterior_draws, ParetoNBD)->Arg(2'357)->Unit(benchmark::kMillisecond)->UseRealTime();

void alive(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  BGNBD model(1);
  model.set({0.2426, 4.4136, 0.7929, 2.4258}, 1);
  std::vector<double> out(b.x.size());
  model.probability_alive(b.rows(), out);
  for (std::size_t i = 0; i < 100; ++i) {
    const double x = b.x[i], odds = x == 0 ? 0 : 0.7929 / (2.4258 + x - 1) * std::pow((4.4136 + b.age[i]) / (4.4136 + b.t[i]), 0.2426 + x);
    if (std::fabs(out[i] - 1 / (1 + odds)) > 1e-9) return st.SkipWithError("wrong answer");
  }
  for (auto _ : st) {
    model.probability_alive(b.rows(), out);
    benchmark::DoNotOptimize(out.data());
  }
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(alive)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

void expected(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  BGNBD model(1);
  model.set({0.2426, 4.4136, 0.7929, 2.4258}, 1);
  std::vector<double> out(b.x.size());
  model.expected_purchases(b.rows(), 39, out);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!(out[i] >= 0 && out[i] <= (0.2426 + b.x[i]) / (4.4136 + b.age[i]) * 39)) return st.SkipWithError("wrong answer");
  for (auto _ : st) {
    model.expected_purchases(b.rows(), 39, out);
    benchmark::DoNotOptimize(out.data());
  }
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(expected)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

/// Customers with about 15 purchase days each over three years; horizon 26 weeks.
void customer_value(benchmark::State& st) {
  const auto n = static_cast<std::size_t>(st.range(0));
  std::vector<std::uint64_t> start{0};
  std::vector<day> date;
  std::vector<double> amount;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(11, c);
    const double rate = random.gamma(1.2) / 60, stop = random.beta(0.5, 10);
    day last = -1;
    for (double at = 300 * random.uniform(); at < 1092; at += random.gamma(1) / rate) {
      if (static_cast<day>(at) != last) date.push_back(last = static_cast<day>(at)), amount.push_back(10 + 90 * random.gamma(2));
      if (random.uniform() < stop) break;
    }
    start.push_back(date.size());
  }
  CustomerValue model({.horizon = 26});
  model.fit({start, date, amount}, 1091);
  double total = 0;
  for (const double p : model.predict().purchases) total += std::isnan(p) ? 0 : p;
  if (!(total > 0.3 * static_cast<double>(date.size()) / 6 && total < 2 * static_cast<double>(date.size()) / 6)) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(model.fit({start, date, amount}, 1091).status().data());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(customer_value)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
