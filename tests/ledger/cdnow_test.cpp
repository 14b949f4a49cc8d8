// The published summary of CDNOW (tests/data/cdnow_summary_published.csv: lifetimes 0.11.3, MIT) out of its log.
#include <guanxi/ledger.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {
using namespace guanxi;

struct published {
  std::vector<double> frequency, recency, age;
};
published read_published() {
  std::ifstream file(std::string(GUANXI_TEST_DATA) + "/cdnow_summary_published.csv");
  published p;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::stringstream cells(line);
    std::string cell;
    std::vector<double> row;
    while (std::getline(cells, cell, ',')) row.push_back(std::stod(cell));
    p.frequency.push_back(row[1]);
    p.recency.push_back(row[2]);
    p.age.push_back(row[3]);
  }
  return p;
}

// A log with the published table's own first, last and number of purchase days gives that table back.
TEST(Cdnow, ALogMadeFromThePublishedTableGivesItBack) {
  const published p = read_published();
  ASSERT_EQ(p.frequency.size(), 2357u);
  const day end = to_day({1997, 9, 30});
  std::vector<std::int64_t> customer;
  std::vector<day> date;
  std::vector<double> amount;
  for (std::size_t c = 0; c < p.frequency.size(); ++c) {
    const auto age = static_cast<day>(std::lround(p.age[c] * 7)), recency = static_cast<day>(std::lround(p.recency[c] * 7));
    const auto repeats = static_cast<day>(p.frequency[c]);
    ASSERT_LE(repeats, recency) << "a purchase a day at most";
    for (day r = 0; r <= repeats; ++r) {
      customer.push_back(static_cast<std::int64_t>(c) + 1);
      date.push_back(end - age + (r == repeats ? recency : r));
      amount.push_back(0);  // free orders count
    }
  }
  ledger::order_lines lines;
  lines.customer = std::span<const std::int64_t>(customer);
  lines.date = date;
  lines.amount = amount;
  const auto s = ledger::Ledger(lines).summary(end);
  ASSERT_EQ(s.rows(), p.frequency.size());
  for (std::size_t c = 0; c < s.rows(); ++c) {
    EXPECT_EQ(s.frequency[c], p.frequency[c]);
    EXPECT_NEAR(s.recency[c], p.recency[c], 0.005);
    EXPECT_NEAR(s.age[c], p.age[c], 0.005);
  }
}
}  // namespace
