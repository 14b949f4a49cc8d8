// Kernels of the share room: Dirichlet-multinomial fit, raking, the whole SupplierShares. Data is made outside the
// clock.
#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <guanxi/base/random.hpp>
#include <guanxi/share.hpp>

#include "reference/share_dirichlet_multinomial.hpp"
#include "support/share_books.hpp"

namespace {
using namespace guanxi;

std::vector<std::int32_t> counts_of(std::size_t rows, std::size_t columns) {
  std::vector<double> alpha(columns, 0.15), habit(columns);
  std::vector<std::int32_t> out(rows * columns, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    random_stream stream(7, i);
    stream.dirichlet(alpha, habit);
    for (std::uint64_t n = 1 + stream.index(20); n-- > 0;) ++out[i * columns + stream.categorical(habit)];
  }
  return out;
}

void dirichlet_multinomial_fit(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto counts = counts_of(rows, 20);
  share::DirichletMultinomial model;
  model.fit(std::span<const std::int32_t>(counts), 20);
  const double twin = reference::dm_log_likelihood(counts, model.alpha());
  if (std::abs(model.log_likelihood() / twin - 1.0) > 1e-10) return state.SkipWithError("wrong likelihood");
  for (auto _ : state) benchmark::DoNotOptimize(model.fit(std::span<const std::int32_t>(counts), 20).alpha().data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(dirichlet_multinomial_fit)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void rake_sparse(benchmark::State& state) {
  const auto cells = static_cast<std::size_t>(state.range(0));
  const std::size_t columns = 1000, a_row = 10, rows = cells / a_row;
  std::vector<std::size_t> start{0};
  std::vector<std::uint32_t> column;
  std::vector<double> value, row(rows, 0.0), sum(columns, 0.0);
  random_stream stream(3);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < a_row; ++k) {
      const auto j = static_cast<std::uint32_t>(k * 100 + stream.index(100));
      const double x = stream.exponential() + 0.05;
      column.push_back(j);
      value.push_back(stream.exponential() + 0.05);
      row[i] += x;
      sum[j] += x;
    }
    start.push_back(column.size());
  }
  const share::sparse_matrix prior{start, column, value, columns};
  const auto once = share::rake(prior, row, sum);
  if (!once.converged) return state.SkipWithError("not converged");
  for (auto _ : state) benchmark::DoNotOptimize(share::rake(prior, row, sum).row_factor.data());
  state.SetItemsProcessed(state.iterations() * once.sweeps * state.range(0));  // cells a sweep
  state.counters["sweeps"] = once.sweeps;
}
BENCHMARK(rake_sparse)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

void supplier_shares(benchmark::State& state) {
  const auto d = testing::steady(static_cast<std::size_t>(state.range(0)), 6, {1.2, .8, .5, .3, .2}, 6, 250.0, 5);
  share::SupplierShares model({.own = 0, .keep = 1});
  const auto& s = model.fit(d.view()).shares();
  double sum = 0.0;
  for (const double x : s.share) sum += x;
  if (std::abs(sum / static_cast<double>(model.wallets().rows()) - 1.0) > 1e-9)
    return state.SkipWithError("shares do not sum to 1");
  for (auto _ : state) benchmark::DoNotOptimize(model.fit(d.view()).shares().share.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));  // customers
}
BENCHMARK(supplier_shares)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
