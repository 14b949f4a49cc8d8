// Mean and tail of 200 draws with common factors, 10k and 100k accounts. Draws are made outside the clock.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include <guanxi/plan/risk.hpp>

#include "support/plan_books.hpp"

namespace {
using namespace guanxi;

void at_risk(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto o = fixtures::exporter_book(n);
  std::vector<std::uint32_t> country(n);
  for (std::size_t i = 0; i < n; ++i) country[i] = static_cast<std::uint32_t>(i % 13);
  const plan::common_factor factor{country, 0.4};
  const std::vector<double> own(n, 0.5);
  const auto draws = plan::common_draws(o.start, o.value, {&factor, 1}, own, 200, 1);
  plan::settings set;
  set.exact = plan::proof::none;
  const auto first = plan::allocate_at_risk<float>(o.view(), o.budget, draws, set);
  if (first.chosen.gap > 1e-3 || first.cvar > first.mean) return state.SkipWithError("wrong plan");
  for (auto _ : state) benchmark::DoNotOptimize(plan::allocate_at_risk<float>(o.view(), o.budget, draws, set));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["gap"] = first.chosen.gap;
  state.counters["rounds"] = static_cast<double>(first.rounds);
}
BENCHMARK(at_risk)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
