#include <guanxi/ledger/encode.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>

namespace guanxi::ledger {
namespace {

/// Texts of 1 to 40 bytes over few letters, so that many share their first or last bytes; some hold zero bytes.
std::vector<std::string> texts(std::size_t n, std::uint64_t seed) {
  std::vector<std::string> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    random_stream random(seed, i);
    const auto size = 1 + static_cast<std::size_t>(random.uniform() * 40);
    out[i].assign(size, 'a');
    for (int change = 0; change < 3; ++change) out[i][static_cast<std::size_t>(random.uniform() * static_cast<double>(size))] = random.uniform() < .5 ? 'b' : '\0';
  }
  return out;
}

TEST(Encode, TextsOfAnyLengthGetTheirRank) {
  const auto ids = texts(200'000, 3);
  std::vector<std::string_view> column(ids.begin(), ids.end());
  std::map<std::string_view, std::uint32_t> rank;
  for (const auto id : column) rank[id] = 0;
  std::uint32_t next = 0;
  for (auto& [id, r] : rank) r = next++;
  for (const unsigned threads : {1u, 3u}) {
    const encoded_column got = encode(id_column(std::span<const std::string_view>(column)), "customer", threads);
    ASSERT_EQ(got.dictionary.size(), rank.size());
    for (std::size_t i = 0; i < column.size(); ++i) ASSERT_EQ(got.code[i], rank[column[i]]) << i << ' ' << threads;
    for (const auto& [id, r] : rank) ASSERT_EQ(got.dictionary.text(r), id);
  }
}

TEST(Encode, WideNumbersGetTheirRank) {
  std::vector<std::int64_t> column(150'000);
  for (std::size_t i = 0; i < column.size(); ++i) column[i] = static_cast<std::int64_t>(detail::mix(i % 70'001));
  std::vector<std::int64_t> sorted = column;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const encoded_column got = encode(id_column(std::span<const std::int64_t>(column)), "customer", 2);
  ASSERT_TRUE(std::equal(sorted.begin(), sorted.end(), got.dictionary.numbers().begin(), got.dictionary.numbers().end()));
  for (std::size_t i = 0; i < column.size(); ++i) ASSERT_EQ(sorted[got.code[i]], column[i]);
}

TEST(TextCell, LongTextsThatShareAllHashesAreStillTold) {
  detail::id_table<detail::text_cell> table;
  const std::vector<std::string> names{"a text of more than sixteen bytes", "another text of more than sixteen bytes"};
  const detail::text_cell cell(names[0]);  // the same cell for both: as if all 128 bits agreed
  const auto same = [&](std::size_t asked) { return [&, asked](std::uint32_t v) { return names[v] == names[asked]; }; };
  EXPECT_EQ(table.insert(cell, 1, 0, same(0)), 0u);
  EXPECT_EQ(table.insert(cell, 1, 1, same(1)), 1u);
  EXPECT_EQ(table.insert(cell, 1, 2, same(0)), 0u);
  EXPECT_EQ(table.insert(cell, 1, 2, same(1)), 1u);
}

}  // namespace
}  // namespace guanxi::ledger
