#include <guanxi/relation/cohorts.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <guanxi/base/random.hpp>

namespace guanxi::relation {
namespace {

struct book {
  std::vector<std::uint64_t> start{0};
  std::vector<day> date;
  std::vector<double> amount;
  [[nodiscard]] ledger::purchase_days days() const { return {start, date, amount}; }
};

book random_book() {
  book out;
  for (std::size_t c = 0; c < 300; ++c) {
    random_stream random(8, c);
    day at = to_day({2021, 11, 20}) + static_cast<day>(random.uniform() * 500);
    for (int k = 0; k < static_cast<int>(random.uniform() * 8); ++k, at += 1 + static_cast<day>(random.uniform() * 90))
      out.date.push_back(at), out.amount.push_back(static_cast<double>(c % 7 + 1));
    out.start.push_back(out.date.size());
  }
  return out;
}

TEST(Cohorts, AreWhatAPlainCountSays) {
  const book b = random_book();
  const day end = to_day({2023, 6, 10});
  std::vector<std::uint32_t> group(300);
  for (std::size_t c = 0; c < 300; ++c) group[c] = static_cast<std::uint32_t>(c % 3);
  using key = std::tuple<std::uint32_t, day, std::uint32_t>;
  std::map<key, std::set<std::size_t>> who;
  std::map<key, double> money;
  std::map<std::pair<std::uint32_t, day>, double> size;
  const auto month = [](day d) {
    const date at = to_date(d);
    return at.year * 12 + static_cast<int>(at.month) - 1;
  };
  for (std::size_t c = 0; c < 300; ++c)
    for (std::size_t j = b.start[c]; j < b.start[c + 1] && b.date[j] <= end; ++j) {
      const date born = to_date(b.date[b.start[c]]);
      const day cohort = to_day({born.year, born.month, 1});
      const key k{group[c], cohort, static_cast<std::uint32_t>(month(b.date[j]) - month(cohort))};
      who[k].insert(c), money[k] += b.amount[j];
      if (j == b.start[c]) size[{group[c], cohort}] += 1;
    }
  const cohort_table t = cohorts(b.days(), end, unit::months, 1, group);
  double active = 0;
  for (std::size_t i = 0; i < t.age.size(); ++i) {
    const key k{t.group[i], t.cohort[i], t.age[i]};
    EXPECT_EQ(t.active[i], who.count(k) ? static_cast<double>(who[k].size()) : 0.0);
    EXPECT_EQ(t.amount[i], money.count(k) ? money[k] : 0.0);
    EXPECT_EQ(t.customers[i], (size[{t.group[i], t.cohort[i]}]));
    EXPECT_LE(t.low[i], t.retention[i] + 1e-15);
    EXPECT_GE(t.high[i], t.retention[i] - 1e-15);
    EXPECT_TRUE(t.age[i] > 0 || t.retention[i] == 1.0);
    EXPECT_EQ(t.partial[i], month(t.cohort[i]) + static_cast<int>(t.age[i]) == month(end));
    active += t.active[i];
  }
  double want = 0;
  for (const auto& [k, set] : who) want += static_cast<double>(set.size());
  EXPECT_EQ(active, want);
}

TEST(Cohorts, PeriodsBeginWhereTheCalendarSays) {
  EXPECT_EQ(to_text(detail::first_day_of(detail::period_of(to_day({2024, 5, 31}), unit::months, 3), unit::months, 3)), "2024-04-01");
  EXPECT_EQ(to_text(detail::first_day_of(detail::period_of(to_day({1969, 12, 30}), unit::weeks, 1), unit::weeks, 1)), "1969-12-29");
  EXPECT_EQ(to_text(detail::first_day_of(detail::period_of(to_day({2026, 11, 24}), unit::weeks, 1), unit::weeks, 1)), "2026-11-23");
  EXPECT_EQ(to_text(detail::first_day_of(detail::period_of(to_day({1969, 2, 3}), unit::months, 1), unit::months, 1)), "1969-02-01");
  EXPECT_EQ(to_text(detail::first_day_of(detail::period_of(to_day({2024, 5, 31}), unit::years, 1), unit::years, 1)), "2024-01-01");
  for (day d = -2000; d < 2000; ++d)
    for (const unit u : {unit::days, unit::weeks, unit::months, unit::years}) {
      const auto p = detail::period_of(d, u, 1);
      ASSERT_LE(detail::first_day_of(p, u, 1), d);
      ASSERT_GT(detail::first_day_of(p + 1, u, 1), d);
    }
}

TEST(Cohorts, SayWhatIsWrong) {
  const book b = random_book();
  EXPECT_THROW((void)cohorts(b.days(), to_day({2001, 1, 1})), error);
  EXPECT_THROW((void)cohorts(b.days(), to_day({2023, 1, 1}), unit::months, 0), error);
}

}  // namespace
}  // namespace guanxi::relation
