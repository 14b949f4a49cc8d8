#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <guanxi/market/codes.hpp>
#include <guanxi/market/concordance.hpp>

namespace guanxi::market {
namespace {

template <class A, class B>
concept comparable = requires(A a, B b) { a == b; };

template <class Call>
std::string message(Call&& call) {
  try {
    call();
  } catch (const error& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Codes, EveryCountryIsFoundByAllItsKeys) {
  for (const country_entry& c : country_entries) {
    for (const std::string_view key : {c.alpha2, c.alpha3, c.name, c.chinese}) EXPECT_EQ(&country(key), &c) << key;
    EXPECT_FALSE(c.region.empty() || c.continent.empty()) << c.name;
    if (!c.currency.empty()) {
      EXPECT_EQ(currency(c.currency).code, c.currency) << c.name;
    }
    if (c.number > 0) {
      const std::string number = std::to_string(c.number);
      EXPECT_EQ(&country(std::string(3 - number.size(), '0') + number), &c);
    }
  }
}

TEST(Codes, NamesAreNeverGuessed) {
  EXPECT_EQ(country("Niger").alpha3, "NER");
  EXPECT_EQ(country("CÔTE D'IVOIRE").alpha3, "CIV");
  EXPECT_EQ(country("越南").alpha3, "VNM");
  EXPECT_EQ(find_country("Nigerr"), -1);
  EXPECT_EQ(find_country("Unspecified"), -2);
  EXPECT_EQ(nearest_countries("Germny").front()->alpha2, "DE");
  EXPECT_EQ(message([] { (void)country("Germny"); }).substr(0, 68), "market::country: 'Germny' is no country that we know; near it: Germa");
  EXPECT_NE(message([] { (void)country("Netherlands Antilles"); }).find("after it came CW SX BQ"), std::string::npos);
  EXPECT_EQ(message([] { (void)currency("XYZ"); }), "market::currency: 'XYZ' is no code of ISO 4217");
}

TEST(Codes, KeysAreSortedSoThatTheSearchFindsThem) {
  for (std::size_t i = 1; i < std::size(detail::country_keys); ++i) EXPECT_LT(detail::country_keys[i - 1].key, detail::country_keys[i].key);
  for (std::size_t i = 1; i < std::size(hs_headings); ++i) EXPECT_LT(hs_headings[i - 1].heading, hs_headings[i].heading);
}

TEST(Codes, EditionsAreTypes) {
  const hs<2022> shaft("8483.10.90");
  EXPECT_EQ(shaft.code(), "848310");
  EXPECT_EQ(shaft.national(), "90");
  EXPECT_EQ(shaft.heading(), 8483);
  EXPECT_EQ(shaft.heading_title().substr(0, 19), "Transmission shafts");
  EXPECT_EQ(hs<2012>("848310").heading_title(), "") << "titles of other editions are not known";
  EXPECT_EQ(hs<2022>("84").heading(), 0);
  static_assert(!std::is_constructible_v<hs<2017>, hs<2022>>);
  static_assert(!comparable<hs<2017>, hs<2022>> && comparable<hs<2022>, hs<2022>>);
  EXPECT_NE(message([] { hs<2022> x("10121"); }).find("ask for repair"), std::string::npos);
  EXPECT_EQ(hs<2022>("10121", true).code(), "010121");
  EXPECT_EQ(message([] { hs<2022> x("7701"); }), "market::hs: '7701' has no chapter of the Harmonized System");
  EXPECT_EQ(message([] { hs<2022> x("84a1"); }), "market::hs: '84a1' is not made of digits");
  for (const hs_heading_entry& h : hs_headings) {
    const std::string four = std::to_string(h.heading);
    EXPECT_EQ(hs<2022>(std::string(4 - four.size(), '0') + four).heading_title(), h.title);
  }
}

TEST(Concordance, KeepsTheTotalAndSaysWhatIsSplit) {
  const std::vector<hs<2017>> from{hs<2017>("010121"), hs<2017>("010129"), hs<2017>("010129"), hs<2017>("010129")};
  const std::vector<hs<2022>> to{hs<2022>("010121"), hs<2022>("010121"), hs<2022>("010130"), hs<2022>("010190")};
  const std::vector<double> weight{1, 1, 2, 5};
  const concordance<2017, 2022> map(from, to, weight);
  const std::vector<hs<2017>> code{hs<2017>("010121"), hs<2017>("010129"), hs<2017>("880000"), hs<2017>("010129")};
  const std::vector<double> value{10, 80, 7, 1.0 / 3};
  const converted_codes out = map.convert(code, value);
  ASSERT_EQ(out.code, (std::vector<std::string>{"010121", "010130", "010190"}));
  EXPECT_NEAR(out.value[0], 20 + 1.0 / 24, 1e-13);
  EXPECT_NEAR(out.value[1], 20 + 1.0 / 12, 1e-13);
  EXPECT_NEAR(out.value[0] + out.value[1] + out.value[2] + out.unknown, out.total, 1e-13);
  EXPECT_EQ(out.unknown, 7.0);
  EXPECT_EQ(out.unknown_rows, (std::vector<std::size_t>{2}));
  EXPECT_NEAR(out.split, 80 + 1.0 / 3, 1e-13);
  const code_map equal(std::vector<std::string>{"a", "a"}, std::vector<std::string>{"x", "y"}, std::vector<double>{0, 0});
  EXPECT_EQ(equal.convert(std::vector<std::string>{"a"}, std::vector<double>{6}).value, (std::vector<double>{3, 3}));
  EXPECT_EQ(message([] { code_map(std::vector<std::string>{"a", "a"}, std::vector<std::string>{"x", "x"}); }), "market::concordance: a -> x is given twice, again in row 1");
  EXPECT_EQ(message([] { code_map(std::vector<std::string>{"a"}, std::vector<std::string>{"x"}, std::vector<double>{-1}); }),
            "market::concordance: weight -1.000000 in row 0, wanted 0 or more");
}

}  // namespace
}  // namespace guanxi::market
