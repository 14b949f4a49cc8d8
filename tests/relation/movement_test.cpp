#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/relation/movement.hpp>

namespace relation = guanxi::relation;

namespace {
const std::vector<std::uint32_t> customer{0, 0, 0, 1, 1, 1, 2, 2};
const std::vector<std::int64_t> period{1, 2, 3, 1, 2, 4, 2, 3};
const std::vector<std::uint8_t> state{0, 1, 1, 2, 1, 0, 3, 3};
}  // namespace

TEST(Movement, CountsByHand) {
  const auto m = relation::movement(customer, period, state);
  const auto at = [&](std::size_t a, std::size_t b) { return m.counts[a * 4 + b]; };
  EXPECT_EQ(at(0, 1), 1u);
  EXPECT_EQ(at(1, 1), 1u);
  EXPECT_EQ(at(2, 1), 1u);
  EXPECT_EQ(at(3, 3), 1u);
  EXPECT_EQ(m.gaps, 1u);
  EXPECT_EQ(m.period, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(m.up, (std::vector<std::uint64_t>{1, 0}));
  EXPECT_EQ(m.down, (std::vector<std::uint64_t>{1, 0}));
  EXPECT_EQ(m.same, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_DOUBLE_EQ(m.rate[1], 1.0);
}

TEST(Movement, RowOrderDoesNotMatter) {
  std::vector<std::uint32_t> c(customer.rbegin(), customer.rend());
  std::vector<std::int64_t> p(period.rbegin(), period.rend());
  std::vector<std::uint8_t> s(state.rbegin(), state.rend());
  const auto a = relation::movement(customer, period, state), b = relation::movement(c, p, s);
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.up, b.up);
}

TEST(Movement, JeffreysInterval) {
  std::vector<std::uint32_t> c;
  std::vector<std::int64_t> p;
  std::vector<std::uint8_t> s;
  for (std::uint32_t i = 0; i < 10; ++i) {  // 7 of 10 stay, 3 rise
    c.insert(c.end(), {i, i}), p.insert(p.end(), {0, 1}), s.push_back(0), s.push_back(i < 3 ? 1 : 0);
  }
  const auto m = relation::movement(c, p, s, 2);
  EXPECT_NEAR(m.low[1], guanxi::beta_quantile(0.05, 3.5, 7.5), 1e-12);
  EXPECT_NEAR(m.high[1], guanxi::beta_quantile(0.95, 3.5, 7.5), 1e-12);
  EXPECT_DOUBLE_EQ(m.stay[0], 1.0 / (1.0 - 0.7));
}

TEST(Movement, BadInputSpeaks) {
  const auto says = [](auto&&... arguments) -> std::string {
    try {
      (void)relation::movement(arguments...);
    } catch (const guanxi::error& e) {
      return e.what();
    }
    return "no error";
  };
  const std::vector<std::uint32_t> c{17, 17};
  const std::vector<std::int64_t> p{3, 3};
  const std::vector<std::uint8_t> s{0, 1}, high{0, 7}, short_{0};
  EXPECT_EQ(says(c, p, s), "relation::movement: two rows for customer 17, period 3");
  EXPECT_EQ(says(c, p, high), "relation::movement: 'tier' is 7 in row 1, want 0 to 3");
  EXPECT_EQ(says(c, p, short_), "relation::movement: 'customer' has 2 entries, 'tier' has 1");
}
