// Rows, likeness, rivals, PageRank and structure at 10k, 100k and 1M ties; ten ties a customer, five times as many
// customers as suppliers, heavy tails on both sides. Making the data is outside the clock.
#include <guanxi/graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>


namespace guanxi::graph {
namespace {

struct book {
  std::vector<std::uint32_t> customer, supplier;
  std::vector<double> amount;
  std::size_t customers, suppliers;
  [[nodiscard]] lines view() const { return {customer, supplier, amount, {}, {}, customers, suppliers}; }
};

book shuffled_lines(std::int64_t ties) {
  book b;
  b.customers = static_cast<std::size_t>(ties / 10), b.suppliers = static_cast<std::size_t>(ties / 50);
  std::mt19937_64 random(7);
  const auto id = [&](std::size_t n) {
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    return static_cast<std::uint32_t>(std::min(n - 1, static_cast<std::size_t>(static_cast<double>(n) * u * std::sqrt(u))));
  };
  for (std::int64_t i = 0; i < ties; ++i) {
    b.customer.push_back(id(b.customers));
    b.supplier.push_back(id(b.suppliers));
    b.amount.push_back(static_cast<double>(random() % 100'000 + 1) / 100);
  }
  return b;
}

bool rows_agree(const SupplierGraph& g, const book& b) {
  double left = 0, right = 0, want = 0;
  for (const double w : g.by_customer().weight) left += w;
  for (const double w : g.by_supplier().weight) right += w;
  for (const double w : b.amount) want += w;
  return std::abs(left - want) < 1e-9 * want && std::abs(right - want) < 1e-9 * want;
}

void build_rows(benchmark::State& st) {
  const book b = shuffled_lines(st.range(0));
  if (!rows_agree(SupplierGraph(b.view()), b)) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(SupplierGraph(b.view()));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(build_rows)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void spread_of_customers(benchmark::State& st) {
  const book b = shuffled_lines(st.range(0));
  const SupplierGraph g(b.view());
  const spread s = concentration(g.view());
  double total = 0, want = 0;
  for (const double x : s.strength) total += x;
  for (const double x : b.amount) want += x;
  if (std::abs(total - want) > 1e-9 * want) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(concentration(g.view(), side::customer, 1));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(spread_of_customers)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void top_10_like(benchmark::State& st) {
  const book b = shuffled_lines(st.range(0));
  const SupplierGraph g(b.view());
  const likes all = like_customers(g.view());
  const auto own = g.by_customer().others(0), other = g.by_customer().others(all.like[0]);
  std::vector<std::uint32_t> both;
  std::set_intersection(own.begin(), own.end(), other.begin(), other.end(), std::back_inserter(both));
  if (both.size() != all.common[0]) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(like_customers(g.view()));
  st.SetItemsProcessed(st.iterations() * static_cast<std::int64_t>(g.customers()));
}
BENCHMARK(top_10_like)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void rivals_of_all(benchmark::State& st) {
  const book b = shuffled_lines(st.range(0));
  const SupplierGraph g(b.view());
  const rivals r = competitors(g.view(), {2, true, 0.05, 1});
  const auto one = g.by_supplier().others(r.supplier[0]), two = g.by_supplier().others(r.rival[0]);
  std::vector<std::uint32_t> both;
  std::set_intersection(one.begin(), one.end(), two.begin(), two.end(), std::back_inserter(both));
  if (both.size() != r.common[0]) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(competitors(g.view(), {2, true, 0.05, 1}));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(rivals_of_all)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void pagerank_1e8(benchmark::State& st) {
  const book b = shuffled_lines(st.range(0));
  const SupplierGraph g(b.view());
  const node_scores x = pagerank(g.view(), {0.85, 1e-8, weighting::binary, 1000}), y = pagerank(g.view(), {0.85, 1e-13, weighting::binary, 1000});
  double off = 0;
  for (std::size_t i = 0; i < x.customer.size(); ++i) off += std::abs(x.customer[i] - y.customer[i]);
  if (!x.converged || off > 1e-8) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(pagerank(g.view(), {0.85, 1e-8, weighting::binary, 1000}));
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(pagerank_1e8)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void core_and_cuts(benchmark::State& st) {
  const book b = shuffled_lines(st.range(0));
  const SupplierGraph g(b.view());
  const core_numbers_of k = core(g.view()), member = core(g.view(), 3, 3);
  for (std::size_t c = 0; c < k.customer.size(); ++c)
    if ((k.customer[c] >= 3) != (member.customer[c] != 0)) return st.SkipWithError("wrong answer");
  for (auto _ : st) {
    benchmark::DoNotOptimize(core(g.view()));
    benchmark::DoNotOptimize(cut_nodes(g.view()));
  }
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(core_and_cuts)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace guanxi::graph
