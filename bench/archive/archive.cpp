// Customer files on disk: load, look-ups, the table of all, expiry. A file is five facts of about 430 bytes together:
// country, region, tier, manager, a note. Making the texts is outside the clock; answers are checked before it starts.
// Look-ups ask single questions, each its own snapshot, of customers in random order. "as of" asks a fact with eight
// versions at a random day, as known at a random day.
#include <guanxi/archive/archive.hpp>
#include <guanxi/base/random.hpp>

#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace {
using namespace guanxi;
using namespace guanxi::archive;
namespace fs = std::filesystem;

struct book {
  std::vector<std::string> name, country, region, manager, note;
  std::vector<std::int64_t> tier;
  std::vector<std::string_view> v_name, v_country, v_region, v_manager, v_note;

  explicit book(std::size_t customers) {
    random_stream draw(7);
    for (std::size_t i = 0; i < customers; ++i) {
      std::string id = std::to_string(i);
      name.push_back("C-" + std::string(7 - std::min<std::size_t>(7, id.size()), '0') + id);
      country.push_back("country " + std::to_string(draw.index(60)));
      region.push_back("region " + std::to_string(draw.index(400)));
      manager.push_back("manager " + std::to_string(draw.index(30)));
      tier.push_back(static_cast<std::int64_t>(draw.index(4)));
      std::string text = "note " + std::to_string(draw.index(1'000'000'000)) + ": asks for bearings, seals and belts; ";
      while (text.size() < 360) text += "buys from two others as well; ";
      note.push_back(std::move(text));
    }
    v_name.assign(name.begin(), name.end());
    v_country.assign(country.begin(), country.end());
    v_region.assign(region.begin(), region.end());
    v_manager.assign(manager.begin(), manager.end());
    v_note.assign(note.begin(), note.end());
  }
  [[nodiscard]] load_batch batch() const {
    load_batch b;
    b.customer = v_name;
    b.columns = {{"country", std::span<const std::string_view>(v_country), {}, false},
                 {"manager", std::span<const std::string_view>(v_manager), {}, false},
                 {"region", std::span<const std::string_view>(v_region), {}, false},
                 {"tier", std::span<const std::int64_t>(tier), {}, false},
                 {"note", std::span<const std::string_view>(v_note), {}, false}};
    return b;
  }
};

struct scratch {
  fs::path folder;
  scratch() {
    static int count = 0;
    folder = fs::temp_directory_path() / ("guanxi_bench_" + std::to_string(getpid()) + "_" + std::to_string(count++));
    fs::create_directories(folder);
  }
  ~scratch() { fs::remove_all(folder); }
  [[nodiscard]] std::string file() const { return (folder / "customers.db").string(); }
};

archive_options roomy() {
  archive_options o{false, false, 5000};
  o.cache_mb = 1024;
  return o;
}

void load(benchmark::State& state) {
  const book b(static_cast<std::size_t>(state.range(0)));
  const load_batch batch = b.batch();
  for (auto _ : state) {
    state.PauseTiming();
    const scratch at;
    auto a = std::make_unique<archive::archive>(at.file());  // power safe
    state.ResumeTiming();
    const load_report r = a->load({&batch, 1});
    state.PauseTiming();
    if (r.rows != b.name.size() || a->get(b.name[b.name.size() / 2], "note") != value(b.note[b.name.size() / 2]))
      state.SkipWithError("wrong answer");
    a.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(load)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// One archive a size, shared by the look-ups: every customer's tier was written eight times, the last with the load's.
struct filled {
  scratch at;
  book b;
  std::unique_ptr<archive::archive> a;
  static constexpr instant start = a_day * 10'000;
  explicit filled(std::size_t customers) : b(customers), a(std::make_unique<archive::archive>(at.file(), roomy())) {
    load_batch all = b.batch();
    const when first{start, {}, start};
    (void)a->load({&all, 1}, first);
    // history for every tenth customer: eight versions
    for (std::int64_t v = 1; v < 8; ++v) {
      std::vector<std::string_view> some;
      std::vector<std::int64_t> tier;
      for (std::size_t i = 0; i < customers; i += 10) {
        some.push_back(b.v_name[i]);
        tier.push_back(v % 4);
      }
      load_batch more;
      more.customer = some;
      more.columns = {{"tier", std::span<const std::int64_t>(tier), {}, false}};
      (void)a->load({&more, 1}, {start + v * a_day, {}, start + v * a_day});
    }
  }
  static filled& of(std::int64_t customers) {
    static std::map<std::int64_t, std::unique_ptr<filled>> made;
    auto& f = made[customers];
    if (!f) f = std::make_unique<filled>(static_cast<std::size_t>(customers));
    return *f;
  }
};

void look_up(benchmark::State& state, bool as_of) {
  filled& f = filled::of(state.range(0));
  random_stream draw(9);
  const std::size_t n = f.b.name.size();
  for (std::size_t i = 1; i < n; i += n / 97)
    if (i % 10 != 0 && f.a->get(f.b.v_name[i], "tier") != value(f.b.tier[i]))
      return state.SkipWithError("wrong answer");
  if (f.a->get(f.b.v_name[0], "tier", {filled::start + 3 * a_day, filled::start + 5 * a_day}) !=
          value(std::int64_t{3}) ||
      f.a->get(f.b.v_name[0], "tier", {filled::start + 5 * a_day, filled::start + 3 * a_day}) != value(std::int64_t{3}))
    return state.SkipWithError("wrong answer");
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < 100'000; ++i)
    order.push_back(static_cast<std::uint32_t>(as_of ? draw.index(n / 10) * 10 : draw.index(n)));
  std::size_t i = 0;
  for (auto _ : state) {
    const std::uint32_t c = order[i++ % order.size()];
    as_seen seen;
    if (as_of)
      seen = {filled::start + static_cast<instant>(i % 8) * a_day,
              filled::start + static_cast<instant>(i * 5 % 8) * a_day};
    benchmark::DoNotOptimize(f.a->get(f.b.v_name[c], "tier", seen));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(look_up, current, false)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(look_up, as_of, true)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void whole_file(benchmark::State& state) {
  filled& f = filled::of(state.range(0));
  random_stream draw(9);
  if (f.a->get(f.b.name[1]).size() != 5) return state.SkipWithError("wrong answer");
  for (auto _ : state) benchmark::DoNotOptimize(f.a->get(f.b.v_name[draw.index(f.b.name.size())]));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(whole_file)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void find(benchmark::State& state) {
  filled& f = filled::of(state.range(0));
  const std::vector<field_value> asked{{"country", std::string("country 7")}, {"tier", std::int64_t{2}}};
  std::size_t want = 0;
  for (std::size_t i = 0; i < f.b.name.size(); ++i)
    want += f.b.country[i] == "country 7" && (i % 10 == 0 ? std::int64_t{3} : f.b.tier[i]) == 2;
  if (f.a->find(asked).size() != want) return state.SkipWithError("wrong answer");
  for (auto _ : state) benchmark::DoNotOptimize(f.a->find(asked));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(want));  // customers found
}
BENCHMARK(find)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void columns(benchmark::State& state) {
  filled& f = filled::of(state.range(0));
  const std::vector<std::string> fields{"country", "region", "tier", "manager"};
  const table t = f.a->columns(fields);
  if (t.rows != f.b.name.size() || t.columns[3].wholes[1] != f.b.tier[1]) return state.SkipWithError("wrong answer");
  for (auto _ : state) benchmark::DoNotOptimize(f.a->columns(fields).rows);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(columns)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void expire(benchmark::State& state) {
  const book b(static_cast<std::size_t>(state.range(0)));
  const load_batch batch = b.batch();
  const std::vector<expiry_rule> rules{{"notes", "note", "", expiry_rule::end::valid_to, 1, 0, "house rule"}};
  for (auto _ : state) {
    state.PauseTiming();
    const scratch at;
    auto a = std::make_unique<archive::archive>(at.file());
    (void)a->load({&batch, 1}, {a_day, 2 * a_day, a_day});
    state.ResumeTiming();
    const expiry_report r = a->expire(rules, a_day * 1000, false);
    state.PauseTiming();
    if (r.rows.size() != b.name.size() || a->history(b.name[0]).size() != 4) state.SkipWithError("wrong answer");
    a.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));  // rows that left
}
BENCHMARK(expire)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void put(benchmark::State& state, bool personal) {
  const scratch at;
  archive::archive a(at.file(), roomy());
  if (personal && !can_seal()) return state.SkipWithError("no libsodium");
  std::int64_t i = 0;
  for (auto _ : state) {
    ++i;
    const std::vector<field_value> fields{{"tier", i % 4}, {"note", "visit " + std::to_string(i)}};
    a.put("C" + std::to_string(i % 1000), fields, {}, {"visit", "li"}, {personal, {}});
  }
  if (a.get("C" + std::to_string(i % 1000), "tier") != value(i % 4)) return state.SkipWithError("wrong answer");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(put, plain, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(put, sealed, true)->Unit(benchmark::kMicrosecond);

}  // namespace
