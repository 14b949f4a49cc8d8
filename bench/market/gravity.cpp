// Gravity with two effects at 10k, 100k and 1M rows; the margins of the fit are checked before the clock starts.
#include <guanxi/base/random.hpp>
#include <guanxi/market/gravity.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

namespace guanxi::market {
namespace {

void gravity_rows(benchmark::State& st) {
  const auto n = static_cast<std::size_t>(st.range(0));
  const auto levels = static_cast<std::size_t>(std::sqrt(static_cast<double>(n) * 10));
  random_stream r(5);
  std::vector<double> y, x(2 * n), a(levels), b(levels);
  for (std::size_t l = 0; l < levels; ++l) a[l] = r.normal(), b[l] = r.normal();
  std::vector<std::uint32_t> e, m;
  for (std::size_t i = 0; i < n; ++i) {
    e.push_back(static_cast<std::uint32_t>(r.index(levels))), m.push_back(static_cast<std::uint32_t>(r.index(levels)));
    x[i] = r.normal(), x[n + i] = r.bernoulli(0.2) ? 1 : 0;
    y.push_back(r.bernoulli(0.45) ? r.gamma(1.0) * std::exp(a[e[i]] + b[m[i]] - 0.9 * x[i] + 0.35 * x[n + i]) : 0.0);
  }
  const gravity_input in{.value = y, .regressors = x, .columns = 2, .effects = {e, m}};
  const gravity_fit fit = gravity(in);
  std::vector<double> rest(levels, 0.0);
  double all = 0;
  for (std::size_t i = 0; i < n; ++i) rest[e[i]] += y[i] - fit.fitted[i], all += y[i];
  for (const double s : rest)
    if (!fit.converged || std::abs(s) > 1e-8 * all) return st.SkipWithError("an exporter's expected trade is not its trade");
  for (auto _ : st) benchmark::DoNotOptimize(gravity(in));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(gravity_rows)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace guanxi::market
