#include <guanxi/base/day.hpp>
#include <guanxi/base/unit.hpp>

#include <gtest/gtest.h>

namespace guanxi {
namespace {

TEST(Day, KnownDatesHaveTheirNumber) {
  EXPECT_EQ(to_day({1970, 1, 1}), 0);
  EXPECT_EQ(to_day({2000, 3, 1}), 11017);
  EXPECT_EQ(to_day({1969, 12, 31}), -1);
  EXPECT_EQ(to_text(to_day({2024, 2, 29})), "2024-02-29");
}

TEST(Day, EveryDayOfFourCenturiesGoesThereAndBack) {
  for (day d = to_day({1800, 1, 1}); d < to_day({2200, 1, 1}); ++d) {
    const date calendar = to_date(d);
    ASSERT_TRUE(valid(calendar));
    ASSERT_EQ(to_day(calendar), d);
  }
}

TEST(Day, ReadsTheDayAsWritten) {
  day d = 0;
  EXPECT_TRUE(read_day("2024-02-29", d));
  EXPECT_EQ(d, to_day({2024, 2, 29}));
  EXPECT_TRUE(read_day("2010-12-01T23:30:00-05:00", d));
  EXPECT_EQ(d, to_day({2010, 12, 1}));
}

TEST(Day, RefusesWhatIsNoDate) {
  day d = 0;
  for (const char* text :
       {"", "2023-02-29", "24-02-2024", "01/02/2024", "2024-13-01", "2024-1-01", "2024-02-29x", "0000-01-01"})
    EXPECT_FALSE(read_day(text, d)) << text;
}

TEST(Unit, LettersAndLengths) {
  EXPECT_EQ(days_in(to_unit("W")), 7.0);
  EXPECT_DOUBLE_EQ(days_in(to_unit("M")) * 12, days_in(to_unit("Y")));
  try {
    (void)to_unit("Q");
    FAIL() << "a quarter is no unit";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unknown_name);
    EXPECT_STREQ(e.what(), "unit: 'Q' is not one of D, W, M, Y");
  }
}

}  // namespace
}  // namespace guanxi
