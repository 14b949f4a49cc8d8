// Ledger from columns and its summary: customers x 10 lines, integer ids, 3 years, random order. The columns are made
// outside the clock; the answer is checked against sums over the columns first.
#include <guanxi/ledger.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace {
using namespace guanxi;

struct book {
  std::vector<std::int64_t> customer;
  std::vector<std::string> name;
  std::vector<std::string_view> text;
  std::vector<day> date;
  std::vector<double> amount;

  explicit book(std::int64_t customers, bool texts = false) {
    std::mt19937_64 g(7);
    for (std::int64_t i = 0; i < customers * 10; ++i) {
      customer.push_back(static_cast<std::int64_t>(g() % static_cast<std::uint64_t>(customers)) + 100'000);
      date.push_back(static_cast<day>(18'000 + g() % 1095));
      amount.push_back(static_cast<double>(g() % 100'000) / 100);
    }
    if (!texts) return;
    for (const std::int64_t id : customer) name.push_back("customer-" + std::to_string(id));
    text.assign(name.begin(), name.end());
  }
  [[nodiscard]] ledger::order_lines lines() const {
    ledger::order_lines l;
    if (text.empty()) l.customer = std::span<const std::int64_t>(customer);
    else l.customer = std::span<const std::string_view>(text);
    l.date = date;
    l.amount = amount;
    return l;
  }
  [[nodiscard]] bool right(const ledger::Ledger& led) const {
    double want = 0, got = 0;
    for (const double a : amount) want += a;
    for (const double a : led.days().amount) got += a;
    const auto s = led.summary();
    std::uint64_t days = 0;
    for (std::size_t i = 0; i < s.rows(); ++i) days += s.frequency[i] + 1u;
    return led.lines() == amount.size() && std::fabs(got - want) <= 1e-9 * want && days == led.days().rows();
  }
};

void build(benchmark::State& state, bool texts) {
  const book b(state.range(0), texts);
  if (!b.right(ledger::Ledger(b.lines()))) return state.SkipWithError("wrong answer");
  for (auto _ : state) {
    const ledger::Ledger led(b.lines());
    benchmark::DoNotOptimize(led.days().rows());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(b.amount.size()));  // lines
}
void ledger_build(benchmark::State& state) { build(state, false); }
void ledger_build_text_ids(benchmark::State& state) { build(state, true); }

void ledger_summary(benchmark::State& state) {
  const book b(state.range(0));
  const ledger::Ledger led(b.lines());
  if (!b.right(led)) return state.SkipWithError("wrong answer");
  for (auto _ : state) {
    const auto s = led.summary();
    benchmark::DoNotOptimize(s.spend.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(led.customers()));  // customers
}

BENCHMARK(ledger_build)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ledger_build_text_ids)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ledger_summary)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();
}  // namespace
