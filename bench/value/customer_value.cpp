// The default forecaster on books of simulated purchase days; the answer is checked before the clock. Sizes: customers.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/value/customer_value.hpp>
#include <guanxi/value/next_order.hpp>

namespace {
using namespace guanxi;
using namespace guanxi::value;

struct book {
  std::vector<std::uint64_t> start{0};
  std::vector<day> date;
  std::vector<double> amount;
  [[nodiscard]] ledger::purchase_days days() const { return {start, date, amount}; }
};

/// About 20 purchase days a customer over three years; rates are gamma, some stop.
book simulated(std::size_t n) {
  book out;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(11, c);
    const double rate = random.gamma(1.0) / 35.0, stop = random.beta(0.4, 12.0), mean = 50 * random.gamma(2.0);
    double at = random.uniform() * 400;
    std::int32_t last = -1;
    while (at < 1095) {
      const auto d = static_cast<std::int32_t>(at);
      if (d != last) out.date.push_back(last = d), out.amount.push_back(mean * (0.5 + random.uniform()));
      if (random.uniform() < stop) break;
      at += random.gamma(1) / rate;
    }
    out.start.push_back(out.date.size());
  }
  return out;
}

void forecast_book(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  CustomerValue model({.horizon = 26});
  double expected = 0, came = 0;
  const forecast f = model.fit(b.days(), 912).predict();
  for (std::size_t c = 0; c < f.customers(); ++c)
    if (!std::isnan(f.purchases[c])) expected += f.purchases[c], came += look_ahead(b.days(), c, 912, 182).purchases;
  if (!(std::fabs(expected / came - 1) < 0.1)) return st.SkipWithError("wrong answer");
  for (auto _ : st) {
    model.fit(b.days(), 1094);
    benchmark::DoNotOptimize(model.level_factor());
  }
  st.SetItemsProcessed(st.iterations() * st.range(0));
  st.counters["purchase_days"] = static_cast<double>(b.date.size());
}
BENCHMARK(forecast_book)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

void next_orders_book(benchmark::State& st) {
  const book b = simulated(static_cast<std::size_t>(st.range(0)));
  if (!(next_order(b.days(), 1094).calibrated_on > 200)) return st.SkipWithError("wrong answer");
  for (auto _ : st) benchmark::DoNotOptimize(next_order(b.days(), 1094).threshold);
  st.SetItemsProcessed(st.iterations() * st.range(0));
}
BENCHMARK(next_orders_book)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();
}  // namespace
