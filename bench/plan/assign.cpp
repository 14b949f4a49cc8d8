// Accounts to managers: 1,000 x 20 and more; capacity 12 % above need, floor 85 % of it. Loads and gap are held before the clock.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include <guanxi/plan/assign.hpp>

#include "support/plan_rosters.hpp"

namespace {
using namespace guanxi;

void assign(benchmark::State& state) {
  const auto made = fixtures::travel_roster(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  const auto first = plan::assign(made.view(), made.limits());
  if (!first.feasible || first.gap > 1e-4) return state.SkipWithError("wrong assignment");
  for (std::size_t m = 0; m < made.managers; ++m)
    if (first.loads[m] > made.capacity[m] * (1 + 1e-9) || first.loads[m] < made.floor[m] * (1 - 1e-9))
      return state.SkipWithError("a load is broken");
  for (auto _ : state) benchmark::DoNotOptimize(plan::assign(made.view(), made.limits()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["gap"] = first.gap;
}
BENCHMARK(assign)->Args({1'000, 20})->Args({10'000, 40})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
