// Kernels of structure and risk at 10k and 100k ties; the answer is checked before the clock starts.
#include <guanxi/graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

namespace guanxi::graph {
namespace {

struct book {
  std::vector<std::uint32_t> customer, supplier, product, period;
  std::vector<double> amount;
  std::size_t customers, suppliers;
};
book lines_of(std::int64_t n) {
  book b;
  b.customers = static_cast<std::size_t>(n / 10), b.suppliers = static_cast<std::size_t>(n / 50);
  std::mt19937_64 random(7);
  const auto id = [&](std::size_t most) {
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    return static_cast<std::uint32_t>(std::min(most - 1, static_cast<std::size_t>(static_cast<double>(most) * u * std::sqrt(u))));
  };
  for (std::int64_t i = 0; i < n; ++i) {
    b.customer.push_back(id(b.customers)), b.supplier.push_back(id(b.suppliers));
    b.product.push_back(static_cast<std::uint32_t>(random() % 20)), b.period.push_back(static_cast<std::uint32_t>(random() % 6));
    b.amount.push_back(static_cast<double>(random() % 100'000 + 1) / 100);
  }
  return b;
}
SupplierGraph graph_of(const book& b) { return SupplierGraph(lines{b.customer, b.supplier, b.amount, b.product, b.period, b.customers, b.suppliers, 20, 6}); }

/// Times `call` after `right` has agreed with its answer.
template <class Call, class Right>
void timed(benchmark::State& st, Call call, Right right) {
  if (!right(call())) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(call());
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
double sum(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

void hits_scores(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return hits(g.view(), {0.85, 1e-8, weighting::binary, 1000}); },
        [](const node_scores& r) { return r.converged && std::abs(sum(r.customer) - 1) < 1e-9; });
}
void fitness_100(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return fitness(g.view(), 100, 1e-10); }, [](const sophistication& r) { return r.updates == 100; });
}
void nested_pairs(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return nodf(g.view()); }, [](const nested& r) { return r.all > 0 && r.all < 100; });
}
void null_of_degrees(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return bipartite_null(g.view()); }, [](const bipartite_null& r) { return r.error() < 1e-6; });
}
void motif_counts_of_all(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return motifs(g.view()); }, [](const motif_counts& r) { return r.closed > 0 && r.closed < 1; });
}
void brokers_of_suppliers(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return brokerage(project(g.view(), side::supplier, 3, meeting::common, 1), 1); }, [](const brokers& r) {
    return std::all_of(r.constraint.begin(), r.constraint.end(), [](double c) { return !(c < 0) && !(c > 1.2); });
  });
}
void changes_of_ties(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return tie_changes(g); }, [](const changes& r) { return !r.customer.empty(); });
}
void failing_suppliers(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  const std::vector<std::uint32_t> failing{0, 1, 2};
  timed(st, [&] { return disrupt(g, failing, 0.2); }, [](const disruption& r) { return r.total_lost >= r.total_unserved && r.total_unserved > 0; });
}
void risk_of_50_firms(benchmark::State& st) {
  const book b = lines_of(st.range(0));
  std::vector<std::uint32_t> who(50);
  std::iota(who.begin(), who.end(), 0u);
  const systemic_risk risk({b.supplier, b.customer, b.product, b.amount, b.customers});
  timed(st, [&] { return risk.index(who); }, [](const systemic_risk_of& r) { return r.index[0] >= r.output[0] && r.index[0] <= 1; });
}
void learned_ranking(benchmark::State& st) {
  const SupplierGraph g = graph_of(lines_of(st.range(0)));
  timed(st, [&] { return TieModel().fit(g); }, [](const TieModel& m) { return m.known(); });
}
BENCHMARK(hits_scores)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(fitness_100)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(nested_pairs)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(null_of_degrees)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(motif_counts_of_all)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(brokers_of_suppliers)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(changes_of_ties)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(failing_suppliers)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(risk_of_50_firms)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(learned_ranking)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace guanxi::graph
