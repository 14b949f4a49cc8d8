// A saved scorer of a million customers, asked by eight threads in random order: median and 99.9th percentile of a call.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/value/snapshot.hpp>

namespace {
using namespace guanxi;
using namespace guanxi::value;

void snapshot_score(benchmark::State& st) {
  const auto n = static_cast<std::size_t>(st.range(0));
  const auto threads = static_cast<std::size_t>(st.range(1));
  std::vector<std::string> names(n);
  for (std::size_t i = 0; i < n; ++i) names[i] = "C" + std::to_string(100'000'000 + 7 * i);
  std::vector<std::string_view> customer(names.begin(), names.end()), country(n, "Ghana"), group(n, "pumps");
  std::vector<score_figures> figures(n);
  for (std::size_t i = 0; i < n; ++i) figures[i].purchases = static_cast<double>(i), country[i] = i % 2 ? "Ghana" : "Kenya";
  const std::string path = (std::filesystem::temp_directory_path() / "guanxi_bench.gxs").string();
  write_snapshot(path, {customer, country, group, figures});
  const LiveScorer live(path);
  std::filesystem::remove(path);
  if (live.score({names[n / 2]}).figures.purchases != static_cast<double>(n / 2)) return st.SkipWithError("wrong answer");
  std::vector<double> all;
  for (auto _ : st) {
    std::vector<std::vector<double>> each(threads);
    {
      std::vector<std::jthread> team;
      for (std::size_t t = 0; t < threads; ++t)
        team.emplace_back([&, t] {
          random_stream random(3, t);
          each[t].reserve(50'000);
          double sum = 0;
          for (int i = 0; i < 50'000; ++i) {
            const bool known = i % 10 != 0;
            const enquiry e{known ? std::string_view(names[random.index(n)]) : std::string_view("a stranger"), "Kenya", "pumps"};
            const auto start = std::chrono::steady_clock::now();
            sum += live.score(e).figures.purchases;
            each[t].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
          }
          benchmark::DoNotOptimize(sum);
        });
    }
    all.clear();
    for (const auto& e : each) all.insert(all.end(), e.begin(), e.end());
  }
  const auto at = [&](double p) {
    const auto k = static_cast<std::ptrdiff_t>(p * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), all.begin() + k, all.end());
    return 1e6 * all[static_cast<std::size_t>(k)];
  };
  st.counters["p50_us"] = at(0.5);
  st.counters["p999_us"] = at(0.999);
  st.SetItemsProcessed(st.iterations() * static_cast<std::int64_t>(50'000 * threads));
}
BENCHMARK(snapshot_score)->Args({10'000, 8})->Args({1'000'000, 1})->Args({1'000'000, 8})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
