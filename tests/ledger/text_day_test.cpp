#include <guanxi/ledger/text_day.hpp>

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace {
using namespace guanxi;
using namespace guanxi::ledger;

TEST(TextDay, IsoInItsForms) {
  for (const char* text : {"2024-02-29", "2024-02-29T23:30:00+02:00", " 2024-02-29 08:30 ", "20240229"}) {
    day d = 0;
    EXPECT_TRUE(read_text_day(text, d)) << text;
    EXPECT_EQ(to_text(d), "2024-02-29") << text;
  }
}
TEST(TextDay, MonthsAndQuartersAreDaysOnlyForPeriods) {
  for (const auto& [text, want] : {std::pair{"2024-05", "2024-05-01"}, {"202405", "2024-05-01"}, {"2024-Q2", "2024-04-01"},
                                   {"2024Q4", "2024-10-01"}, {"2024-02-29", "2024-02-29"}}) {
    day d = 0;
    EXPECT_TRUE(read_text_period(text, d)) << text;
    EXPECT_EQ(to_text(d), want) << text;
    if (std::string_view(text).size() < 8) {
      EXPECT_FALSE(read_text_day(text, d)) << text;
    }
  }
  day d = 0;
  for (const char* text : {"2024-13", "202400", "2024Q5", "2024", "", "24-05", "2024-5", "Q1-2024"}) EXPECT_FALSE(read_text_period(text, d)) << text;
}
TEST(TextDay, WhyNot) {
  EXPECT_EQ(why_no_day("03/04/24"), "the date '03/04/24' has a two-digit year; write the year in full or give date_format");
  EXPECT_EQ(why_no_day("31.12.99"), "the date '31.12.99' has a two-digit year; write the year in full or give date_format");
  EXPECT_EQ(why_no_day("03/04/2024"), "the date '03/04/2024' can be day-month or month-day; write year-month-day or give date_format");
  EXPECT_EQ(why_no_day("31/12/2024"), "the date '31/12/2024' is not written year-month-day; give date_format");
  EXPECT_EQ(why_no_day("2023-02-29"), "the date '2023-02-29' does not exist in the calendar");
  EXPECT_EQ(why_no_day("2023/2/9"), "the date '2023/2/9' is not written year-month-day; give date_format");
  EXPECT_EQ(why_no_day("tomorrow"), "the date 'tomorrow' is no date written year-month-day");
  EXPECT_EQ(why_no_day("99999999999999999999999-1-1").substr(0, 8), "the date");
  EXPECT_EQ(why_no_day("  "), "the date is empty");
  day d = 0;
  for (const char* text : {"03/04/24", "03/04/2024", "2023-02-29", "2023/02/28", "", "20230229", "2024-02-2x"}) EXPECT_FALSE(read_text_day(text, d)) << text;
}
}  // namespace
