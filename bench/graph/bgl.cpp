// Boost.Graph algorithms on the view, which copies nothing, beside our own kernels on the same arrays: the counter
// `times` is the view's time over the direct one, taken turn by turn. 10k, 100k and 1M ties.
#if __has_include(<boost/graph/graph_traits.hpp>)
#include <guanxi/graph/bgl.hpp>
#include <guanxi/graph/core.hpp>
#include <guanxi/graph/cut_nodes.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/core_numbers.hpp>
#include <boost/graph/page_rank.hpp>

#include <guanxi/graph/supplier_graph.hpp>

namespace guanxi::graph {
namespace {

SupplierGraph ties(std::int64_t n) {
  const auto customers = static_cast<std::size_t>(n / 10), suppliers = static_cast<std::size_t>(n / 50);
  std::mt19937_64 random(7);
  const auto id = [&](std::size_t most) {
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    return static_cast<std::uint32_t>(std::min(most - 1, static_cast<std::size_t>(static_cast<double>(most) * u * std::sqrt(u))));
  };
  std::vector<std::uint32_t> c, s;
  for (std::int64_t i = 0; i < n; ++i) c.push_back(id(customers)), s.push_back(id(suppliers));
  const std::vector<double> w(c.size(), 1.0);
  return SupplierGraph(lines{c, s, w, {}, {}, customers, suppliers});
}

template <class T>
auto by_vertex(std::vector<T>& values) {
  return boost::make_iterator_property_map(values.begin(), boost::typed_identity_property_map<std::uint32_t>());
}

// Times the view; between the turns, outside its clock, the direct kernel.
template <class View, class Direct>
void both(benchmark::State& st, View on_view, Direct direct) {
  using clock = std::chrono::steady_clock;
  double view = 0, ours = 0;
  for (auto _ : st) {
    const auto start = clock::now();
    on_view();
    const auto middle = clock::now();
    st.PauseTiming();
    const auto again = clock::now();
    direct();
    ours += std::chrono::duration<double>(clock::now() - again).count();
    view += std::chrono::duration<double>(middle - start).count();
    st.ResumeTiming();
  }
  st.counters["times"] = view / ours;
  st.SetItemsProcessed(st.iterations() * st.range(0));
}

void core_on_view(benchmark::State& st) {
  const SupplierGraph g = ties(st.range(0));
  const bgl_view v(g.view());
  std::vector<int> number(num_vertices(v));
  boost::core_numbers(v, by_vertex(number));
  const core_numbers_of want = core(g.view());
  for (std::size_t i = 0; i < g.customers(); ++i)
    if (static_cast<std::uint32_t>(number[i]) != want.customer[i]) return st.SkipWithError("wrong answer");
  both(st, [&] { boost::core_numbers(v, by_vertex(number)); }, [&] { benchmark::DoNotOptimize(core(g.view())); });
}
BENCHMARK(core_on_view)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void cuts_on_view(benchmark::State& st) {
  const SupplierGraph g = ties(st.range(0));
  const bgl_view v(g.view());
  std::vector<std::uint32_t> found;
  boost::articulation_points(v, std::back_inserter(found));
  if (found.size() != cut_nodes(g.view()).nodes.size()) return st.SkipWithError("wrong answer");
  both(
      st,
      [&] {
        found.clear();
        boost::articulation_points(v, std::back_inserter(found));
      },
      [&] { benchmark::DoNotOptimize(cut_nodes(g.view())); });
}
BENCHMARK(cuts_on_view)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// Ten sweeps of Boost's page_rank against ten plain sweeps over the same rows.
void pagerank_sweeps_on_view(benchmark::State& st) {
  const SupplierGraph g = ties(st.range(0));
  const bgl_view v(g.view());
  const two_sided t = g.view();
  const std::size_t nc = g.customers(), n = num_vertices(v);
  std::vector<double> rank(n), other(n), x(n), y(n);
  const auto direct = [&](int sweeps) {
    std::fill(x.begin(), x.end(), 1 / static_cast<double>(n));
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      for (std::size_t i = 0; i < n; ++i) {
        const bool customer = i < nc;
        const rows& r = customer ? t.customer : t.supplier;
        const rows& far = customer ? t.supplier : t.customer;
        const std::size_t shift = customer ? nc : 0;
        double sum = 0;
        for (const std::uint32_t o : r.others(customer ? i : i - nc)) sum += x[o + shift] / static_cast<double>(far.degree(o));
        y[i] = 0.15 / static_cast<double>(n) + 0.85 * sum;
      }
      std::swap(x, y);
    }
  };
  const auto on_view = [&](int sweeps) {
    boost::graph::page_rank(v, by_vertex(rank), boost::graph::n_iterations(static_cast<std::size_t>(sweeps)), 0.85, n, by_vertex(other));
  };
  direct(150), on_view(150);  // they begin at unlike values: compared where both have settled
  double a = 0, b = 0, most = 0;
  for (std::size_t i = 0; i < n; ++i) a += rank[i], b += x[i];
  for (std::size_t i = 0; i < n; ++i) most = std::max(most, std::abs(rank[i] / a - x[i] / b));
  if (most > 1e-8) return st.SkipWithError("wrong answer");
  both(st, [&] { on_view(10); }, [&] { direct(10); });
}
BENCHMARK(pagerank_sweeps_on_view)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace guanxi::graph
#endif
