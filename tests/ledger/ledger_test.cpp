#include <guanxi/ledger.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reference/ledger.hpp"

namespace {
using namespace guanxi;
using ledger::Ledger;
using ledger::order_lines;

struct columns {
  std::vector<std::int64_t> customer;
  std::vector<day> date;
  std::vector<double> amount;

  [[nodiscard]] order_lines lines() const {
    order_lines l;
    l.customer = std::span<const std::int64_t>(customer);
    l.date = date;
    l.amount = amount;
    return l;
  }
};

columns random_columns(std::size_t n, std::int64_t customers, std::int64_t stretch, double credits, unsigned seed) {
  std::mt19937_64 g(seed);
  columns c;
  for (std::size_t i = 0; i < n; ++i) {
    c.customer.push_back(static_cast<std::int64_t>(g() % static_cast<std::uint64_t>(customers)) * stretch - 7);
    c.date.push_back(static_cast<day>(17000 + g() % 900));
    const double amount = static_cast<double>(1 + g() % 100000) / 100;
    c.amount.push_back(static_cast<double>(g() % 1000) < 1000 * credits ? -2 * amount : amount);
  }
  return c;
}

void expect_like_reference(const columns& c, const Ledger& led, day end, unit u) {
  reference::plain_ledger plain;
  for (std::size_t i = 0; i < c.amount.size(); ++i) plain.add(c.customer[i], c.date[i], c.amount[i]);
  const auto want = plain.summary(end, u);
  const auto got = led.summary(end, u);
  ASSERT_EQ(got.rows(), want.size());
  std::size_t row = 0;
  for (const auto& [id, w] : want) {
    ASSERT_EQ(led.names().numbers()[got.customer[row]], id);
    EXPECT_EQ(got.frequency[row], w.frequency);
    EXPECT_DOUBLE_EQ(got.recency[row], w.recency);
    EXPECT_DOUBLE_EQ(got.age[row], w.age);
    EXPECT_EQ(got.first[row], w.first);
    EXPECT_EQ(got.last[row], w.last);
    EXPECT_NEAR(got.log_gaps[row], w.log_gaps, 1e-12 * (1 + std::fabs(w.log_gaps)));
    if (w.frequency) EXPECT_NEAR(got.spend[row], w.spend, 1e-11 * (1 + w.spend));
    else EXPECT_TRUE(std::isnan(got.spend[row]));
    ++row;
  }
}

TEST(Ledger, AgreesWithThePlainLedger) {
  unsigned seed = 1;
  for (const std::size_t n : {1u, 5u, 300u, 40000u, 300000u})
    for (const std::int64_t stretch : {std::int64_t{1}, std::int64_t{3}, std::int64_t{1} << 40})
      for (const double credits : {0.0, 0.1}) {
        const columns c = random_columns(n, static_cast<std::int64_t>(n / 10 + 1), stretch, credits, ++seed);
        bool bought = false;
        for (const double a : c.amount) bought |= a >= 0;
        if (!bought) continue;
        const Ledger led(c.lines());
        expect_like_reference(c, led, led.last_day(), unit::weeks);
        if (n > 100) expect_like_reference(c, led, 17300, unit::months);
      }
}

}  // namespace
