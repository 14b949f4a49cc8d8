#include <guanxi/ledger/encode.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace {
using namespace guanxi;
using namespace guanxi::ledger;

std::vector<std::uint32_t> codes(const encoded_column& e) { return {e.code.begin(), e.code.end()}; }

TEST(Dictionary, CodesAreRanksOfSortedNumbers) {
  const std::vector<std::int64_t> ids{30, -5, 30, 7};
  const auto e = encode(std::span<const std::int64_t>(ids), "customer");
  EXPECT_EQ(codes(e), (std::vector<std::uint32_t>{2, 0, 2, 1}));
  EXPECT_EQ(std::vector<std::int64_t>(e.dictionary.numbers().begin(), e.dictionary.numbers().end()), (std::vector<std::int64_t>{-5, 7, 30}));
}

TEST(Dictionary, WideRangesGoThroughTheHashTableWithTheSameRanks) {
  const std::vector<std::int64_t> ids{std::int64_t{1} << 62, -(std::int64_t{1} << 62), 0, std::int64_t{1} << 62,
                                      std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(codes(encode(std::span<const std::int64_t>(ids), "customer")), (std::vector<std::uint32_t>{3, 1, 2, 3, 0, 4}));
}

TEST(Dictionary, TextsAreSortedByTheirBytes) {
  const std::vector<std::string_view> ids{"b", "a", "", "ä", "B", "10", "9", "  "};
  const auto e = encode(std::span<const std::string_view>(ids), "customer");
  EXPECT_EQ(codes(e), (std::vector<std::uint32_t>{4, 3, no_code, 5, 2, 0, 1, no_code}));
  EXPECT_EQ(e.dictionary.text(5), "ä");
  EXPECT_EQ(e.dictionary.find("10"), 0u);
  EXPECT_EQ(e.dictionary.find("c"), no_code);
}

TEST(Dictionary, ANumberMeetsItsDecimalTextAndNoOther) {
  const auto numbers = Dictionary::of(std::vector<std::int64_t>{-4, 0, 370});
  const std::vector<std::string_view> sorted{"-4", "0", "370"};
  const auto texts = Dictionary::of(std::span<const std::string_view>(sorted));
  for (const std::int64_t id : {-4, 0, 370}) {
    EXPECT_EQ(numbers.find(std::to_string(id)), numbers.find(id));
    EXPECT_EQ(texts.find(id), texts.find(std::to_string(id)));
    EXPECT_NE(texts.find(id), no_code);
  }
  for (const char* other : {"0370", "+370", "370.0", " 370", "-0", "", "-", "3 70", "99999999999999999999"})
    EXPECT_EQ(numbers.find(std::string_view(other)), no_code) << other;
}

TEST(Dictionary, RanksAreTakenUncopied) {
  const std::vector<std::uint32_t> ranks{2, 0, no_code, 5};
  const auto e = encode(std::span<const std::uint32_t>(ranks), "customer");
  EXPECT_EQ(e.code.data(), ranks.data());
  EXPECT_EQ(e.dictionary.size(), 6u);
}

TEST(Dictionary, PositionsKeepOnlyTheIdsThatOccur) {
  const std::vector<std::string_view> sorted{"a", "b", "c", "d"};
  const auto names = Dictionary::of(std::span<const std::string_view>(sorted));
  const std::vector<std::uint32_t> positions{3, 1, no_code, 3};
  const auto e = encode({std::span<const std::uint32_t>(positions), &names}, "customer");
  EXPECT_EQ(codes(e), (std::vector<std::uint32_t>{1, 0, no_code, 1}));
  EXPECT_EQ(e.dictionary.name(0), "b");
  const std::vector<std::uint32_t> outside{4};
  try {
    static_cast<void>(encode({std::span<const std::uint32_t>(outside), &names}, "customer"));
    FAIL();
  } catch (const error& why) {
    EXPECT_STREQ(why.what(), "Ledger: 'customer' has code 4 in line 0, its dictionary has 4 ids");
  }
}

TEST(Dictionary, HugeRanksAreRefusedInsteadOfFillingMemory) {
  const std::vector<std::uint32_t> ranks{0, 4000000000u};
  try {
    static_cast<void>(encode(std::span<const std::uint32_t>(ranks), "customer"));
    FAIL();
  } catch (const error& why) {
    EXPECT_STREQ(why.what(), "Ledger: 'customer' has code 4000000000 in 2 lines; codes must be ranks 0, 1, 2, ...: give ids as 64-bit integers");
  }
}

TEST(Dictionary, UnsortedIdsAreAnError) {
  EXPECT_THROW(static_cast<void>(Dictionary::of(std::vector<std::int64_t>{2, 1})), error);
  EXPECT_THROW(static_cast<void>(Dictionary::of(std::vector<std::int64_t>{1, 1})), error);
}

TEST(Dictionary, AnyNumberOfThreadsGivesTheSameCodes) {
  std::vector<std::string> names;
  for (int i = 0; i < 200'000; ++i) names.push_back("customer " + std::to_string(i * 7919LL % 50'021));
  const std::vector<std::string_view> ids(names.begin(), names.end());
  const auto one = encode(std::span<const std::string_view>(ids), "customer", 1);
  const auto three = encode(std::span<const std::string_view>(ids), "customer", 3);
  EXPECT_EQ(codes(one), codes(three));
  for (std::size_t i = 0; i < ids.size(); i += 997) EXPECT_EQ(one.dictionary.text(one.code[i]), ids[i]);
}
}  // namespace
