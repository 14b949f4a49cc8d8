// Continuous effort under one budget, 10k to 1M accounts, concave and S-shaped. The gap is held to a figure before the clock.
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include <guanxi/plan/spread.hpp>

namespace {
using namespace guanxi;

struct curves {
  std::vector<double> low, high, half, power, most;
  [[nodiscard]] plan::response_columns view() const { return {low, high, half, power, most}; }
};

curves make(std::size_t n, bool s_shaped) {
  std::mt19937_64 bits(7);
  std::uniform_real_distribution<double> u;
  std::normal_distribution<double> z;
  curves c;
  for (std::size_t i = 0; i < n; ++i) {
    c.low.push_back(0.0);
    c.high.push_back(std::exp(8.0 + 1.3 * z(bits)));
    c.half.push_back(8 + 32 * u(bits));
    c.power.push_back(s_shaped ? 1.2 + 1.8 * u(bits) : 0.4 + 0.6 * u(bits));
    c.most.push_back(200.0);
  }
  return c;
}

void spread(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const curves c = make(n, state.range(1) != 0);
  const double budget = 12.0 * static_cast<double>(n);
  const auto first = plan::spread(c.view(), budget);
  if (first.gap > 1e-6 || first.used > budget * (1 + 1e-9)) return state.SkipWithError("wrong spread");
  for (auto _ : state) benchmark::DoNotOptimize(plan::spread(c.view(), budget));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["gap"] = first.gap;
}
BENCHMARK(spread)->ArgsProduct({{10'000, 100'000, 1'000'000}, {0, 1}})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
