// One level an account under three binding budgets: 1k to 1M accounts of four levels. The book is made outside the clock;
// before it starts the plan is counted again and its gap is held to what the page promises.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>

#include <benchmark/benchmark.h>

#include <guanxi/plan.hpp>

#include "support/plan_books.hpp"

namespace {
using namespace guanxi;

const fixtures::owned_book& book_of(std::size_t n) {
  static std::map<std::size_t, fixtures::owned_book> books;
  const auto [at, fresh] = books.try_emplace(n);
  if (fresh) at->second = fixtures::exporter_book(n);
  return at->second;
}

bool sound(const fixtures::owned_book& o, const plan::allocation& r, double gap) {
  double value = 0.0, use[3] = {};
  for (std::size_t i = 0; i < r.level.size(); ++i) {
    const std::uint64_t row = o.start[i] + r.level[i];
    value += o.value[row];
    for (std::size_t d = 0; d < 3; ++d) use[d] += o.cost[row * 3 + d];
  }
  for (std::size_t d = 0; d < 3; ++d)
    if (use[d] > o.budget[d] * (1 + 1e-9)) return false;
  return std::abs(value - r.value) <= 1e-9 * value && r.bound >= r.value && r.gap <= gap;
}

void run(benchmark::State& state, plan::settings set, double gap) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto& o = book_of(n);
  const auto first = plan::allocate(o.view(), o.budget, set);
  if (!sound(o, first, gap)) return state.SkipWithError("wrong plan");
  for (auto _ : state) benchmark::DoNotOptimize(plan::allocate(o.view(), o.budget, set));
  state.SetItemsProcessed(state.iterations() * state.range(0));  // accounts per second
  state.counters["gap"] = first.gap;
}

void allocate(benchmark::State& state) {
  plan::settings set;
  set.exact = plan::proof::none;
  run(state, set, state.range(0) < 10'000 ? 1.5e-4 : state.range(0) < 100'000 ? 1.5e-5 : 3e-6);
}
BENCHMARK(allocate)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void prove(benchmark::State& state) {
  plan::settings set;
  set.exact = plan::proof::full;
  run(state, set, 1e-12);
}
BENCHMARK(prove)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void resolve(benchmark::State& state) {
  const auto& o = book_of(static_cast<std::size_t>(state.range(0)));
  plan::settings set;
  set.exact = plan::proof::none;
  set.start_prices = plan::allocate(o.view(), o.budget, set).prices;
  fixtures::owned_book less = o;
  less.budget[0] = std::floor(0.9 * less.budget[0]);
  if (!sound(less, plan::allocate(less.view(), less.budget, set), 1.5e-4)) return state.SkipWithError("wrong plan");
  for (auto _ : state) benchmark::DoNotOptimize(plan::allocate(less.view(), less.budget, set));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(resolve)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
