// A million questions with two times, against a log that is simply replayed.
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>

#include "reference/archive_log.hpp"
#include "support/archive.hpp"

namespace guanxi::archive {
namespace {

using Oracle = in_folder;

TEST_F(Oracle, AMillionQuestions) {
  archive a(place(), options(false));
  constexpr std::size_t customers = 250;
  random_stream draw(21);
  const privacy sealed{can_seal(), {}};
  std::vector<std::string> names;
  std::vector<reference::archive_log> plain(customers), personal(customers), entry(customers);
  for (std::size_t c = 0; c < customers; ++c) names.push_back("C" + std::to_string(c));
  std::int64_t known = 100;
  {  // half of them were loaded, and lie packed until the first write
    std::vector<std::string_view> some;
    std::vector<std::int64_t> held;
    for (std::size_t c = 0; c < customers; c += 2) {
      some.push_back(names[c]);
      held.push_back(static_cast<std::int64_t>(draw.index(6)));
      plain[c].writes.push_back({10, always, 97, held.back() == 0 ? 9 : static_cast<int>(held.back())});
      if (held.back() == 0) held.back() = 9;
    }
    load_batch batch;
    batch.customer = some;
    batch.columns = {{"plain", std::span<const std::int64_t>(held), {}, false}};
    (void)a.load({&batch, 1}, {10, {}, 97});
  }
  for (std::size_t w = 0; w < customers * 24; ++w) {
    known += static_cast<std::int64_t>(draw.index(3)) == 0;  // many writes at one instant
    const std::size_t c = draw.index(customers);
    const auto from = static_cast<std::int64_t>(draw.index(60));
    const std::int64_t to = draw.bernoulli(0.3) ? always : from + 1 + static_cast<std::int64_t>(draw.index(25));
    const int x = static_cast<int>(draw.index(6));
    const value held = x == 0 ? value{} : whole(x);
    const when times{from, to, known};
    const origin who{draw.bernoulli(0.5) ? "s" : "t", "u"};
    switch (draw.index(3)) {
      case 0:
        plain[c].writes.push_back({from, to, known, x});
        a.put(names[c], one("plain", held), times, who);
        break;
      case 1:
        personal[c].writes.push_back({from, to, known, x});
        a.put(names[c], one("personal", held), times, who, sealed);
        break;
      default:
        entry[c].writes.push_back({from, to, known, x});
        a.add(names[c], "entry", "k", held, times, who);
    }
  }
  const std::vector<std::string_view> ids(names.begin(), names.end());
  std::size_t asked = 0, wrong = 0;
  const auto check = [&](const char* field, const std::vector<reference::archive_log>& logs, std::size_t questions) {
    for (std::size_t q = 0; q < questions; ++q) {
      const auto v = static_cast<std::int64_t>(draw.index(90)) - 2;
      const std::int64_t k = 95 + static_cast<std::int64_t>(draw.index(static_cast<std::uint64_t>(known - 90)));
      const auto answers = a.get(ids, field, {v, k});
      for (std::size_t c = 0; c < customers; ++c) {
        const int want = logs[c].ask(v, k);
        wrong += answers[c] != (want == 0 ? value{} : whole(want));
        ++asked;
      }
    }
  };
  const std::size_t part = std::getenv("GUANXI_ARCHIVE_SERVER") == nullptr ? 1 : 100;  // a server is asked over a wire
  check("plain", plain, 3'600 / part);
  check("personal", personal, 300 / part);
  for (std::size_t q = 0; q < 400 / part; ++q) {  // by the whole file, where entries are
    const auto v = static_cast<std::int64_t>(draw.index(90)) - 2;
    const std::int64_t k = 95 + static_cast<std::int64_t>(draw.index(static_cast<std::uint64_t>(known - 90)));
    for (std::size_t c = 0; c < customers; ++c) {
      int got = 0;
      for (const fact& f : a.file(names[c], {v, k}))
        if (f.field == "entry") got = static_cast<int>(std::get<std::int64_t>(f.value));
      wrong += got != entry[c].ask(v, k);
      ++asked;
    }
  }
  EXPECT_GE(asked, 1'000'000u / part);
  RecordProperty("asked", static_cast<int>(asked));
  EXPECT_EQ(wrong, 0u) << "of " << asked;
}

}  // namespace
}  // namespace guanxi::archive
