// The table of countries and products at 10k, 100k and 1M rows; shares are checked before the clock starts.
#include <guanxi/base/random.hpp>
#include <guanxi/market/table.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

namespace guanxi::market {
namespace {

void market_table_rows(benchmark::State& st) {
  const auto n = static_cast<std::size_t>(st.range(0));
  random_stream r(7);
  std::vector<std::uint32_t> e, m, p, t;
  std::vector<double> v, q;
  for (std::size_t i = 0; i < n; ++i) {
    e.push_back(static_cast<std::uint32_t>(r.index(200))), m.push_back(static_cast<std::uint32_t>(r.index(200)));
    p.push_back(static_cast<std::uint32_t>(r.index(std::max<std::size_t>(1, n / 20'000)))), t.push_back(static_cast<std::uint32_t>(r.index(8)));
    v.push_back(r.gamma(0.8) * 1000), q.push_back(r.gamma(3.0));
  }
  const flow_columns in{e, m, p, t, v, {}, q, {}, {}, {}, 200, 200, std::max<std::size_t>(1, n / 20'000), 8};
  table_settings set;
  set.own = 3;
  const market_table got = table(in, set);
  for (std::size_t c = 0; c < got.cells(); ++c) {
    double sum = 0;
    for (std::size_t i = got.start[c]; i < got.start[c + 1]; ++i) sum += got.supplier_share[i];
    if (got.start[c] != got.start[c + 1] && std::abs(sum - 1) > 1e-9) return st.SkipWithError("shares do not sum to 1");
  }
  for (auto _ : st) benchmark::DoNotOptimize(table(in, set));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(market_table_rows)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace guanxi::market
