#include <guanxi/review/effort.hpp>

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::review {
namespace {

struct stakes {
  std::vector<double> value, value_low, value_high, alive, room, room_low, room_high;
  [[nodiscard]] stake_columns view() const { return {value, value_low, value_high, alive, room, room_low, room_high}; }
};

stakes some(std::size_t n) {
  stakes s;
  for (std::size_t i = 0; i < n; ++i) {
    const double size = 1'000.0 * static_cast<double>(i + 1);
    s.value.push_back(size);
    s.value_low.push_back(0.6 * size);
    s.value_high.push_back(1.5 * size);
    s.alive.push_back(i % 3 == 0 ? 0.4 : 1.0);
    s.room.push_back(i % 5 == 0 ? unknown : 2 * size);
    s.room_low.push_back(i % 5 == 0 ? unknown : size);
    s.room_high.push_back(i % 5 == 0 ? unknown : 4 * size);
  }
  return s;
}

TEST(Gains, NoEffortGainsNothingAndMoreEffortGainsMore) {
  const auto levels = default_efforts();
  const auto g = gains(some(40).view(), levels, 0.3);
  ASSERT_EQ(g.gain.size(), 40 * levels.size());
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(g.gain[i * 4], 0.0);
    EXPECT_EQ(g.high[i * 4], 0.0);
    for (std::size_t j = 1; j < 4; ++j) {
      const bool nothing_to_win = i % 5 == 0 && i % 3 != 0;  // headroom not known and surely alive
      if (nothing_to_win) {
        EXPECT_EQ(g.gain[i * 4 + j], 0.0);
      } else {
        EXPECT_GT(g.gain[i * 4 + j], g.gain[i * 4 + j - 1]);
        EXPECT_LT(g.low[i * 4 + j], g.gain[i * 4 + j]);
        EXPECT_GT(g.high[i * 4 + j], g.gain[i * 4 + j]);
      }
    }
  }
}

TEST(Gains, ThePartsAddUpAndNeverExceedWhatIsAtStake) {
  const auto s = some(30);
  const auto g = gains(s.view(), default_efforts(), 0.3);
  for (std::size_t i = 0; i < 30; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      const std::size_t row = i * 4 + j;
      EXPECT_EQ(g.from_headroom[row] + g.from_keeping[row], g.gain[row]);
      const double room = i % 5 == 0 ? 0.0 : s.room[i];
      EXPECT_LE(g.gain[row], 0.3 * (room + s.value[i] / s.alive[i]));
    }
}

TEST(Gains, SaturationIsThePriorsMeanPartOfTheHeadroom) {
  stakes s;
  s.value = {0}, s.value_low = {0}, s.value_high = {0}, s.alive = {1}, s.room = {1'000}, s.room_low = {900}, s.room_high = {1'100};
  const std::vector<effort_level> levels{{"hold", 0, 0}, {"all", 1e9, 0}};
  const auto g = gains(s.view(), levels, 1.0, {}, 20'000);
  EXPECT_NEAR(g.gain[1], 250.0, 4 * 1'000 * 0.145 / 141.4);  // Beta(2, 6): mean 1/4, sd 0.144; four standard errors
}

TEST(Gains, SameBitsForAnyNumberOfThreadsAndAnyNeighbours) {
  const auto many = some(1'000);
  const auto one = gains(many.view(), default_efforts(), 0.3, {}, 200, 5, 1);
  const auto two = gains(many.view(), default_efforts(), 0.3, {}, 200, 5, 2);
  EXPECT_EQ(one.low, two.low);
  EXPECT_EQ(one.gain, two.gain);
  EXPECT_NE(one.low, gains(many.view(), default_efforts(), 0.3, {}, 200, 6, 1).low);
}

TEST(Gains, RefusesWhatCannotBeMeant) {
  const auto s = some(3);
  const std::vector<effort_level> costly{{"visit", 8, 0}};
  EXPECT_THROW((void)gains(s.view(), costly, 0.3), error);
  EXPECT_THROW((void)gains(s.view(), {}, 0.3), error);
  try {
    (void)gains(s.view(), default_efforts(), 0.0);
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::out_of_domain);
    EXPECT_STREQ(e.what(), "review::gains: margin is 0.000000, wanted above 0 and at most 1");
  }
  auto view = s.view();
  view.p_alive = view.p_alive.first(2);
  EXPECT_THROW((void)gains(view, default_efforts(), 0.3), error);
}

}  // namespace
}  // namespace guanxi::review
