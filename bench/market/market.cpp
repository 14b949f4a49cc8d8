// Advantage of a 226 x 785 table and the firm-level split at 10k, 100k and 1M cells; the answer is checked first.
#include <guanxi/market.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

namespace guanxi::market {
namespace {

std::vector<double> money(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> out(n);
  for (double& x : out) x = static_cast<double>(random() % 100'000) / 100;
  return out;
}

void advantage_table(benchmark::State& st) {
  const std::vector<double> x = money(226 * 785, 7);
  double sum = 0;
  for (const double v : advantage(x, 226, 785).nrca) sum += v;
  if (std::abs(sum) > 1e-14) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(advantage(x, 226, 785));
  st.SetItemsProcessed(st.iterations() * 226 * 785);
}
BENCHMARK(advantage_table)->Unit(benchmark::kMicrosecond);

void split_of_change(benchmark::State& st) {
  const auto n = static_cast<std::size_t>(st.range(0));
  const std::vector<double> w0 = money(n, 1), w1 = money(n, 2);
  std::vector<double> all0 = money(n, 3), all1 = money(n, 4);
  std::vector<std::uint32_t> group(n);
  for (std::size_t k = 0; k < n; ++k) all0[k] += w0[k], all1[k] += w1[k], group[k] = static_cast<std::uint32_t>(k % 40);
  const change_sources s = sources_of_change(w0, w1, all0, all1, group, 40);
  for (std::size_t k = 0; k < n; ++k)
    if (std::abs(s.market[k] + s.mix[k] + s.buyer[k] + s.own[k] - (w1[k] - w0[k])) > 1e-8) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(sources_of_change(w0, w1, all0, all1, group, 40));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(split_of_change)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace guanxi::market
