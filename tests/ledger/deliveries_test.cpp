#include <guanxi/ledger/delivery_rows.hpp>

#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace {
using namespace guanxi;
using namespace guanxi::ledger;

struct columns {
  std::vector<std::int64_t> customer, supplier, period;
  std::vector<double> amount, orders;
  [[nodiscard]] delivery_lines lines() const {
    delivery_lines l;
    l.customer = std::span<const std::int64_t>(customer);
    l.supplier = std::span<const std::int64_t>(supplier);
    l.period = period;
    l.amount = amount;
    l.orders = orders;
    return l;
  }
};

TEST(Deliveries, AgreeWithAMapOfCells) {
  std::mt19937_64 g(4);
  columns c;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::pair<double, double>> want;
  for (int i = 0; i < 20'000; ++i) {
    c.customer.push_back(static_cast<std::int64_t>(g() % 50) * 3);
    c.supplier.push_back(static_cast<std::int64_t>(g() % 20) - 5);
    c.period.push_back(2010 + static_cast<std::int64_t>(g() % 9));
    c.amount.push_back((static_cast<double>(g() % 1000) - 200) / 8);
    c.orders.push_back(static_cast<double>(g() % 5));
    auto& cell = want[{c.customer.back(), c.period.back(), c.supplier.back()}];
    cell.first += c.amount.back();
    cell.second += c.orders.back();
  }
  const Deliveries d(c.lines());
  const deliveries view = d.view();
  std::size_t row = 0, dropped = 0;
  for (const auto& [key, cell] : want) {
    if (!(cell.first > 0)) {
      EXPECT_EQ(d.dropped()[dropped++].net, cell.first);
      continue;
    }
    ASSERT_LT(row, view.rows());
    EXPECT_EQ(d.prospects().numbers()[view.customer[row]], std::get<0>(key));
    EXPECT_EQ(d.number_of(view.period[row]), std::get<1>(key));
    EXPECT_EQ(d.suppliers().numbers()[view.supplier[row]], std::get<2>(key));
    EXPECT_DOUBLE_EQ(view.amount[row], cell.first);
    EXPECT_EQ(view.orders[row], cell.second);
    ++row;
  }
  EXPECT_EQ(row, view.rows());
  EXPECT_EQ(dropped, d.dropped().size());
  EXPECT_EQ(view.periods, 9u);
}

TEST(Deliveries, ShareTheLedgersCustomersAcrossKindsOfIds) {
  const auto ours = Dictionary::of(std::vector<std::int64_t>{5, 370});
  const std::vector<std::string_view> customer{"370", "new", "0370", "5"}, supplier{"x", "x", "y", "y"};
  const std::vector<day> date{0, 40, 40, 100};
  const std::vector<double> amount{1, 2, 3, 4};
  delivery_lines l;
  l.customer = std::span<const std::string_view>(customer);
  l.supplier = std::span<const std::string_view>(supplier);
  l.date = date;
  l.amount = amount;
  const Deliveries d(l, &ours);
  EXPECT_EQ(d.customers(), 4u);
  EXPECT_EQ(d.known_customers(), 2u);
  EXPECT_EQ(d.prospects().name(0), "0370");
  EXPECT_EQ(d.prospects().name(1), "new");
  const deliveries view = d.view();
  EXPECT_EQ(std::vector<std::uint32_t>(view.customer.begin(), view.customer.end()), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(std::vector<std::uint32_t>(view.period.begin(), view.period.end()), (std::vector<std::uint32_t>{3, 0, 1, 1}));
  EXPECT_EQ(to_text(d.start_of(3)), "1970-04-01");
  EXPECT_TRUE(view.orders.empty());
}

TEST(Deliveries, PeriodsOfDates) {
  const day d = to_day({2024, 8, 31});
  for (const auto& [letter, first] : {std::pair{"M", "2024-08-01"}, {"Q", "2024-07-01"}, {"H", "2024-07-01"}, {"Y", "2024-01-01"}}) {
    const every e = to_every(letter);
    EXPECT_EQ(to_text(first_day_of(period_of(d, e), e)), first);
  }
  try {
    static_cast<void>(to_every("W"));
    FAIL();
  } catch (const error& why) {
    EXPECT_STREQ(why.what(), "every: 'W' is not one of M, Q, H, Y");
  }
}

TEST(Deliveries, RefusedRowsAndSentences) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::string_view> customer{"a", "", "a", "a", "a", "a"}, supplier{"x", "x", "", "x", "x", "x"};
  const std::vector<day> date{10, 10, 10, no_day, 10, 10};
  const std::vector<double> amount{1, 1, 1, 1, nan, 1}, orders{1, 1, 1, 1, 1, -1};
  delivery_lines l;
  l.customer = std::span<const std::string_view>(customer);
  l.supplier = std::span<const std::string_view>(supplier);
  l.date = date;
  l.amount = amount;
  l.orders = orders;
  const Deliveries d(l);
  const std::vector<std::string> want{"the customer is empty", "the supplier is empty", "the date is empty", "the amount is empty or NaN",
                                      "the number of orders is negative or infinite"};
  ASSERT_EQ(d.rejected().size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(d.rejected()[i].reason, want[i]);
  EXPECT_EQ(d.lines() + d.rejected().size(), d.read());
  const auto fails = [](const delivery_lines& lines) -> std::string {
    try {
      const Deliveries ignored(lines);
    } catch (const error& why) {
      return why.what();
    }
    return "no error";
  };
  EXPECT_EQ(fails({}), "Deliveries: there are no lines");
  l.orders = std::span<const double>(orders).first(2);
  EXPECT_EQ(fails(l), "Deliveries: 'orders' has 2 entries, 'amount' has 6");
  columns far{{1, 1}, {1, 1}, {0, 5'000'000}, {1, 1}, {}};
  EXPECT_EQ(fails(far.lines()), "Deliveries: 'period' runs from 0 to 5000000; give consecutive whole numbers or dates");
}
}  // namespace
