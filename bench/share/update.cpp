// One customer after a new sighting, and a raking sweep against reading its arrays once.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <guanxi/base/random.hpp>
#include <guanxi/share.hpp>

#include "support/share_books.hpp"

namespace {
using namespace guanxi;

void update_one_customer(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto d = guanxi::testing::steady(n, 12, std::vector<double>(20, 0.3), 10, 250.0, 5);
  share::SupplierShares model({.own = 0, .keep = 1});
  model.fit(d.view());
  const std::uint32_t nobody[1] = {0}, us[1] = {0};
  const double none[1] = {0.0};
  const auto same = model.update(nobody, us, none);
  for (std::size_t i = 0; i < same.rows(); ++i)
    if (model.shares().supplier[i] == same.supplier[i] && model.shares().share[i] != same.share[i])
      return state.SkipWithError("not the row of the fit");
  random_stream stream(3);
  std::uint32_t who[1] = {0}, whom[1] = {0};
  double more[1] = {100.0};
  for (auto _ : state) {
    who[0] = static_cast<std::uint32_t>(stream.index(n));
    whom[0] = static_cast<std::uint32_t>(stream.index(20));
    benchmark::DoNotOptimize(model.update(who, whom, more).share.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(update_one_customer)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

void quantile_line(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<double> y, x;
  random_stream stream(4);
  for (std::size_t i = 0; i < n; ++i) {
    double v = 0.0;
    for (int j = 0; j < 10; ++j) v += x.emplace_back(j == 0 ? 1.0 : stream.normal());
    y.push_back(v + stream.exponential());
  }
  const auto fit = share::quantile_regression(y, x, 10, 0.9);
  if (!(fit.gap < 1e-8)) return state.SkipWithError("not at its least loss");
  for (auto _ : state) benchmark::DoNotOptimize(share::quantile_regression(y, x, 10, 0.9).b.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(quantile_line)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
