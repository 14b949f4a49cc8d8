// Customers a second of the simulated exporter (two years of history and one after it), and of the purchase models.
#include <guanxi/ledger/simulate.hpp>
#include <guanxi/ledger/simulate_models.hpp>

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

namespace {
using namespace guanxi;

void simulate_exporter(benchmark::State& st) {
  ledger::exporter_settings s;
  s.customers = static_cast<std::size_t>(st.range(0));
  s.years = 2;
  s.futures = 0;
  s.cells = st.range(1) != 0;
  {
    auto small = s;
    small.customers = 2000;
    small.threads = 1;
    const auto one = ledger::exporter(small);
    small.threads = 0;
    if (one.lines.amount != ledger::exporter(small).lines.amount) return st.SkipWithError("threads change the bits");
  }
  for (auto _ : st) benchmark::DoNotOptimize(ledger::exporter(s).lines.amount.data());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(simulate_exporter)
    ->ArgsProduct({{10'000, 100'000, 1'000'000}, {0, 1}})
    ->ArgNames({"customers", "cells"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void simulate_bgnbd(benchmark::State& st) {
  ledger::model_settings m;
  const std::vector<double> age(static_cast<std::size_t>(st.range(0)), 39.0);
  double left = 0;
  const auto check = ledger::simulate_model(m, age);
  for (std::size_t i = 0; i < age.size(); ++i) left += check.recency[i] > age[i];
  if (left > 0) return st.SkipWithError("a purchase after the end");
  for (auto _ : st) benchmark::DoNotOptimize(ledger::simulate_model(m, age).recency.data());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(simulate_bgnbd)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();
}  // namespace
