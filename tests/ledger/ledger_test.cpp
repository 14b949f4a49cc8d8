#include <guanxi/ledger.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
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


// -- same bits ---------------------------------------------------------------------------------------------------------

void expect_same_bits(const Ledger& a, const Ledger& b) {
  const auto same = [](auto x, auto y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0);
  };
  const auto da = a.days(), db = b.days();
  EXPECT_TRUE(same(da.start, db.start));
  EXPECT_TRUE(same(da.date, db.date));
  EXPECT_TRUE(same(da.amount, db.amount));
  EXPECT_TRUE(same(a.unmatched_credit(), b.unmatched_credit()));
  const auto sa = a.summary(), sb = b.summary();
  EXPECT_TRUE(same(sa.customer.view(), sb.customer.view()));
  EXPECT_TRUE(same(sa.spend.view(), sb.spend.view()));
  EXPECT_TRUE(same(sa.recency.view(), sb.recency.view()));
  EXPECT_TRUE(same(sa.log_gaps.view(), sb.log_gaps.view()));
}

TEST(Ledger, RowOrderAndThreadsChangeNoBit) {
  columns c = random_columns(200'000, 700, 3, 0.05, 11);
  for (std::size_t i = 0; i < c.amount.size(); ++i) c.amount[i] *= 1.1;  // no cents: sums are rounded
  for (std::size_t i = 0; i < 5000; ++i) c.date[i] = 17100, c.customer[i] = 8;  // long sums of one day
  const Ledger one(c.lines(), 1);
  expect_same_bits(one, Ledger(c.lines(), 2));
  expect_same_bits(one, Ledger(c.lines(), 5));
  std::mt19937_64 g(3);
  for (std::size_t i = c.amount.size() - 1; i > 0; --i) {
    const std::size_t j = g() % (i + 1);
    std::swap(c.customer[i], c.customer[j]);
    std::swap(c.date[i], c.date[j]);
    std::swap(c.amount[i], c.amount[j]);
  }
  expect_same_bits(one, Ledger(c.lines(), 2));
}

TEST(Ledger, NothingAfterTheEndIsLookedAt) {
  const columns past = random_columns(20'000, 300, 1, 0.1, 5);
  columns changed = past;
  const day end = 17400;
  for (std::size_t i = 0; i < changed.amount.size(); ++i)
    if (changed.date[i] > end) changed.amount[i] = -changed.amount[i] * 3, changed.date[i] += 50;
  const auto a = Ledger(past.lines()).summary(end), b = Ledger(changed.lines()).summary(end);
  ASSERT_EQ(a.rows(), b.rows());
  EXPECT_EQ(std::memcmp(a.spend.data(), b.spend.data(), a.rows() * sizeof(double)), 0);
  EXPECT_EQ(std::memcmp(a.age.data(), b.age.data(), a.rows() * sizeof(double)), 0);
  const Ledger cut = Ledger(past.lines()).split(end).first;
  const auto c = cut.summary(end);
  ASSERT_EQ(a.rows(), c.rows());
  EXPECT_EQ(std::memcmp(a.spend.data(), c.spend.data(), a.rows() * sizeof(double)), 0);
}

// -- credits -----------------------------------------------------------------------------------------------------------

columns small(std::vector<std::int64_t> customer, std::vector<day> date, std::vector<double> amount) {
  return {std::move(customer), std::move(date), std::move(amount)};
}
std::vector<double> net(const Ledger& led) { return {led.days().amount.begin(), led.days().amount.end()}; }

TEST(Credits, LowerTheirOwnDayFirstThenEarlierDays) {
  EXPECT_EQ(net(Ledger(small({1, 1, 1}, {10, 20, 20}, {100, 50, -30}).lines())), (std::vector<double>{100, 20}));
  EXPECT_EQ(net(Ledger(small({1, 1, 1}, {10, 20, 25}, {100, 50, -30}).lines())), (std::vector<double>{100, 20}));
  EXPECT_EQ(net(Ledger(small({1, 1, 1}, {10, 20, 25}, {100, 50, -80}).lines())), (std::vector<double>{70, 0}));
}
TEST(Credits, NeverTouchLaterDaysAndWhatIsLeftIsKept) {
  const Ledger led(small({1, 1, 2}, {10, 5, 3}, {100, -40, -7}).lines());
  EXPECT_EQ(net(led), (std::vector<double>{100}));
  EXPECT_EQ(led.unmatched_credit()[0], 40);
  EXPECT_EQ(led.unmatched_credit()[1], 7);
  EXPECT_EQ(led.summary().rows(), 1u);  // customer 2 has never bought
}
TEST(Credits, AFreeOrderIsAPurchaseAndACreditAloneIsNone) {
  const Ledger led(small({1, 1, 1}, {10, 20, 30}, {0, 5, -1}).lines());
  EXPECT_EQ(led.summary().frequency[0], 1u);
  EXPECT_EQ(led.last_day(), 30);
}
TEST(Credits, NetMinusUnmatchedIsTheSumOfTheLines) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const columns c = random_columns(50'000, 2000, 1, 0.3, seed);
    const Ledger led(c.lines());
    double lines = 0, kept = 0;
    for (const double a : c.amount) lines += a;
    for (const double a : led.days().amount) kept += a;
    for (const double a : led.unmatched_credit()) kept -= a;
    EXPECT_NEAR(kept, lines, 1e-6);
    for (const double a : led.days().amount) EXPECT_GE(a, 0);
  }
}

// -- refused lines -----------------------------------------------------------------------------------------------------

TEST(Rejected, EachReasonInWords) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<std::string_view> customer{"a", "", "a", "a", "a", "a", "a", "a", "b"};
  const std::vector<day> date{10, 10, ledger::no_day, 10, 10, 10, 10, 100'000'000, 12};
  const std::vector<double> amount{1, 1, 1, nan, inf, -inf, 1e16, 1, 2};
  order_lines l;
  l.customer = std::span<const std::string_view>(customer);
  l.date = date;
  l.amount = amount;
  const Ledger led(l);
  const std::vector<std::string> want{"the customer is empty", "the date is empty", "the amount is empty or NaN", "the amount is infinite",
                                      "the amount is infinite", "the amount is larger than 1e15", "the date lies outside the years 1 to 9999"};
  ASSERT_EQ(led.rejected().size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(led.rejected()[i].reason, want[i]);
    EXPECT_EQ(led.rejected()[i].line, i + 1);
  }
  EXPECT_EQ(led.lines(), 2u);
  EXPECT_EQ(led.read(), 9u);
  EXPECT_EQ(led.customers(), 2u);
}
TEST(Rejected, UnlikeCurrencies) {
  const columns c = small({1, 1, 2, 2}, {10, 11, 12, 13}, {1, 2, 3, 4});
  const std::vector<std::string_view> money{"EUR", "USD", "EUR", ""};
  order_lines l = c.lines();
  l.line_currency = std::span<const std::string_view>(money);
  const Ledger most(l);
  EXPECT_EQ(most.currency(), "EUR");
  ASSERT_EQ(most.rejected().size(), 2u);
  EXPECT_EQ(most.rejected()[0].reason, "the currency is USD, the ledger's is EUR");
  EXPECT_EQ(most.rejected()[1].reason, "the currency is empty");
  l.currency = "USD";
  EXPECT_EQ(Ledger(l).lines(), 1u);
  l.currency = "CHF";
  EXPECT_EQ(Ledger(l).lines(), 0u);
}
TEST(Rejected, AReadersReasonsAreKept) {
  const columns c = small({1, 1, 2}, {10, ledger::no_day, 12}, {1, 2, 3});
  const std::vector<ledger::rejected_line> earlier{{1, "date", "the date '1/2/03' has a two-digit year"}, {2, "amount", "no number"}};
  order_lines l = c.lines();
  l.refused = earlier;
  const Ledger led(l);
  ASSERT_EQ(led.rejected().size(), 2u);
  EXPECT_EQ(led.rejected()[0].reason, "the date '1/2/03' has a two-digit year");
  EXPECT_EQ(led.rejected()[1].reason, "no number");
  EXPECT_EQ(led.lines(), 1u);
}

template <class Call>
std::string sentence(Call&& call) {
  try {
    call();
  } catch (const error& why) {
    return why.what();
  }
  return "no error";
}

TEST(BadInput, Sentences) {
  EXPECT_EQ(sentence([] { Ledger led{order_lines{}}; }), "Ledger: there are no lines");
  const columns c = small({1}, {10}, {1});
  order_lines l = c.lines();
  const std::vector<day> two{10, 11};
  l.date = two;
  EXPECT_EQ(sentence([&] { Ledger led(l); }), "Ledger: 'date' has 2 entries, 'amount' has 1");
  const columns nan = small({1, 2}, {10, 10}, {std::nan(""), std::nan("")});
  const Ledger none(nan.lines());
  EXPECT_EQ(none.lines(), 0u);
  EXPECT_EQ(none.days().rows(), 0u);
  EXPECT_EQ(sentence([&] { static_cast<void>(none.summary()); }),
            "Ledger: no line was kept; 2 were refused, the first because: the amount is empty or NaN");
  EXPECT_EQ(sentence([&] { static_cast<void>(Ledger(c.lines()).summary(9)); }),
            "Ledger.summary: 'end' 1970-01-10 lies before the first purchase on 1970-01-11");
  EXPECT_EQ(sentence([&] { static_cast<void>(Ledger(small({1}, {10}, {-1}).lines()).summary()); }),
            "Ledger.summary: there is no purchase to summarise");
}
TEST(BadInput, OneCustomerAndOneDay) {
  const Ledger led(small({4, 4, 4}, {10, 10, 10}, {1, 2, 3}).lines());
  const auto s = led.summary();
  EXPECT_EQ(s.frequency[0], 0u);
  EXPECT_EQ(s.age[0], 0);
  EXPECT_TRUE(std::isnan(s.spend[0]));
  EXPECT_EQ(led.notes(20), (std::vector<std::string>{"all lines are of one day, 1970-01-11: nothing can be said about timing"}));
}
TEST(BadInput, FutureAndRepeatedLinesAreKeptAndTold) {
  const Ledger led(small({1, 1, 1, 2}, {10, 10, 10, 30}, {5, 5, 5, 1}).lines());
  EXPECT_EQ(led.lines(), 4u);
  EXPECT_EQ(led.repeated(), 2u);
  EXPECT_EQ(led.notes(20),
            (std::vector<std::string>{"2 lines repeat an earlier line in every column; kept: was a file read twice?",
                                      "1 line is dated after today (1970-01-21), the last on 1970-01-31; kept: give 'end' to leave later days out"}));
}
TEST(BadInput, LinesThatDifferInTheirProductDoNotRepeat) {
  const columns c = small({1, 1, 1}, {10, 10, 10}, {5, 5, 5});
  const std::vector<std::int64_t> product{7, 8, 7};
  order_lines l = c.lines();
  l.product = std::span<const std::int64_t>(product);
  EXPECT_EQ(Ledger(l).repeated(), 1u);
}
TEST(BadInput, TenMillionPurchasesOfOneCustomer) {
  const std::size_t n = 10'000'000;
  columns c;
  c.customer.assign(n, 5);
  c.date.resize(n);
  c.amount.assign(n, 0.1);
  for (std::size_t i = 0; i < n; ++i) c.date[i] = static_cast<day>(i % 1000);
  for (std::size_t i = 0; i < 1'000'000; ++i) c.date[i] = 3;
  const Ledger led(c.lines());
  EXPECT_EQ(led.days().rows(), 1000u);
  EXPECT_EQ(led.summary().frequency[0], 999u);
  EXPECT_NEAR(led.summary().spend[0] * 999 + led.days().amount[0], 1e6, 1e-6);
}
TEST(BadInput, DaysAsFarApartAsTheCalendar) {
  const Ledger led(small({1, 1}, {to_day({1, 1, 1}), to_day({9999, 12, 31})}, {1, 2}).lines());
  EXPECT_NEAR(led.summary(unit::days).recency[0], 3652058, 0);
  EXPECT_NEAR(led.summary(unit::days).log_gaps[0], std::log(3652058.0), 1e-12);
}

// -- the rest ----------------------------------------------------------------------------------------------------------

TEST(Ledger, SplitLosesNoLineAndKeepsTheCodes) {
  const columns c = random_columns(30'000, 500, 5, 0.1, 9);
  const Ledger led(c.lines());
  const auto [before, after] = led.split(17450);
  EXPECT_EQ(before.lines() + after.lines(), led.lines());
  EXPECT_EQ(before.customers(), led.customers());
  EXPECT_EQ(before.last_day(), 17450);
  EXPECT_EQ(after.first_day(), 17451);
  columns early, late;
  for (std::size_t i = 0; i < c.amount.size(); ++i) {
    columns& part = c.date[i] <= 17450 ? early : late;
    part.customer.push_back(c.customer[i]);
    part.date.push_back(c.date[i]);
    part.amount.push_back(c.amount[i]);
  }
  EXPECT_EQ(net(before), net(Ledger(early.lines())));
  EXPECT_EQ(net(after), net(Ledger(late.lines())));
  EXPECT_EQ(led.split(1).first.lines(), 0u);
}

TEST(Ledger, DaysUntilAnEndOwnTheirColumnsAndAllDaysAreTheLedgersOwn) {
  const columns c = random_columns(3000, 50, 1, 0.1, 4);
  const Ledger led(c.lines());
  const auto all = led.days(led.last_day());
  EXPECT_EQ(all.view().date.data(), led.days().date.data());
  const auto some = led.days(17300);
  for (const day d : some.view().date) EXPECT_LE(d, 17300);
  EXPECT_EQ(some.view().customers(), led.customers());
  ledger::days_until moved = led.days(17300);
  const double* address = moved.view().amount.data();
  const ledger::days_until again = std::move(moved);
  EXPECT_EQ(again.view().amount.data(), address);
}

TEST(Ledger, ProductsCountriesAndMargins) {
  const columns c = small({1, 1, 1, 2, 2}, {10, 11, 40, 12, 13}, {10, 20, 40, 5, -1});
  const std::vector<std::string_view> product{"x", "y", "x", "y", ""}, country{"FR", "DE", "FR", "IT", "AT"};
  const std::vector<double> cost{5, 10, 40, std::nan(""), std::nan("")};
  order_lines l = c.lines();
  l.product = std::span<const std::string_view>(product);
  l.country = std::span<const std::string_view>(country);
  l.cost = cost;
  const Ledger led(l);
  const auto all = led.products().totals(0, 100);
  EXPECT_EQ(all.start, (std::vector<std::uint64_t>{0, 2, 3}));
  EXPECT_EQ(all.item, (std::vector<std::uint32_t>{0, 1, 1}));
  EXPECT_EQ(all.amount, (std::vector<double>{50, 20, 5}));
  EXPECT_EQ(all.lines, (std::vector<std::uint32_t>{2, 1, 1}));
  EXPECT_EQ(led.products().totals(0, 11).amount, (std::vector<double>{10, 20}));
  EXPECT_EQ(led.country_names().name(led.country(100)[0]), "FR");
  EXPECT_EQ(led.country_names().name(led.country(11)[0]), "DE");   // a tie: the smaller name
  EXPECT_EQ(led.country_names().name(led.country(100)[1]), "AT");
  EXPECT_EQ(led.country(11)[1], ledger::no_code);
  EXPECT_DOUBLE_EQ(led.margin(100)[0], 1 - 55.0 / 70);
  EXPECT_TRUE(std::isnan(led.margin(100)[1]));
  const auto [before, after] = led.split(11);
  EXPECT_EQ(before.products().totals(0, 100).amount, (std::vector<double>{10, 20}));
  EXPECT_EQ(after.products().totals(0, 100).amount, (std::vector<double>{40, 5}));
}

TEST(Ledger, CurrencyScaleAndSplitLines) {
  columns c = random_columns(5000, 100, 1, 0.05, 21);
  const Ledger led(c.lines());
  const auto s = led.summary();
  columns scaled = c;
  for (double& a : scaled.amount) a *= 1e-4;
  const auto t = Ledger(scaled.lines()).summary();
  for (std::size_t i = 0; i < s.rows(); ++i)
    if (s.frequency[i]) {
      EXPECT_NEAR(t.spend[i] * 1e4, s.spend[i], 1e-12 * s.spend[i] + 1e-300);
    }
  for (std::size_t i = 0; i < 500; ++i) {
    c.amount[i] /= 2;
    c.customer.push_back(c.customer[i]);
    c.date.push_back(c.date[i]);
    c.amount.push_back(c.amount[i]);
  }
  const auto u = Ledger(c.lines()).summary();
  ASSERT_EQ(u.rows(), s.rows());
  for (std::size_t i = 0; i < s.rows(); ++i) {
    EXPECT_EQ(u.frequency[i], s.frequency[i]);
    if (s.frequency[i]) {
      EXPECT_NEAR(u.spend[i], s.spend[i], 1e-12 * s.spend[i]);
    }
  }
}

}  // namespace
