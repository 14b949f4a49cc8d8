// Kernels for periods seen in part: filling hidden cells, the gravity prior, loss split, entry alarm. Data outside the
// clock.
#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <guanxi/base/random.hpp>
#include <guanxi/share.hpp>

namespace {
using namespace guanxi;

void fill_hidden(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t k = 50;
  std::vector<double> old(n * k), last(n * k), seen(n * k), row(n, 0.0), column(k, 0.0);
  random_stream s(5);
  for (std::size_t e = 0; e < n * k; ++e) {
    old[e] = s.uniform() < 0.2 ? s.exponential() : 0.0;
    last[e] = old[e] * s.lognormal(0.0, 0.3);
    const double now = last[e] * s.lognormal(0.0, 0.3);
    seen[e] = s.uniform() < 0.1 ? now : unknown;
    row[e / k] += now;
    column[e % k] += now;
  }
  share::hidden_period p;
  p.customers = n, p.suppliers = k, p.amount = seen, p.row = row, p.column = column, p.past = {last, old};
  const auto once = share::fill_hidden(p);
  double total = 0.0, want = 0.0;
  for (const double x : once.amount) total += x;
  for (const double x : row) want += x;
  if (std::abs(total / want - 1.0) > 1e-6) return state.SkipWithError("totals are not met");
  for (auto _ : state) benchmark::DoNotOptimize(share::fill_hidden(p).amount.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));  // customers
}
BENCHMARK(fill_hidden)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void loss_split(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<double> o0(n), w0(n), o1(n), w1(n);
  random_stream s(6);
  for (std::size_t i = 0; i < n; ++i) {
    w0[i] = s.exponential(), w1[i] = s.exponential();
    o0[i] = w0[i] * s.uniform(), o1[i] = w1[i] * s.uniform();
  }
  const auto once = share::loss_split(o0, w0, o1, w1);
  for (std::size_t i = 0; i < n; ++i)
    if (std::abs(once.rivals[i] + once.size[i] + once.market[i] - once.change[i]) > 1e-12)
      return state.SkipWithError("the parts do not add up");
  for (auto _ : state) benchmark::DoNotOptimize(share::loss_split(o0, w0, o1, w1).rivals.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(loss_split)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void entry_alarm(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t t = 12;
  std::vector<double> rival(n * t), wallet(n * t, 1.0);
  random_stream s(7);
  for (double& x : rival) x = s.uniform();
  const auto once = share::entry_alarm(rival, wallet, t, 0.05, 99);
  double cried = 0.0;
  for (const auto a : once.alarm) cried += a >= 0;
  if (std::abs(cried / static_cast<double>(n) - 0.05) > 0.02) return state.SkipWithError("not the rate that was set");
  for (auto _ : state) benchmark::DoNotOptimize(share::entry_alarm(rival, wallet, t, 0.05, 99).p.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(entry_alarm)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
