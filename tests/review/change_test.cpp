#include <guanxi/base/interval.hpp>
#include <guanxi/review/change.hpp>
#include <guanxi/review/own_supplier.hpp>
#include <guanxi/review/words.hpp>

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::review {
namespace {

TEST(SplitChange, ThePartsAddUpForEveryCustomer) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> part(0, 1), money(0, 1e5);
  std::vector<double> own0(500), own1(500), all0(500), all1(500);
  for (std::size_t i = 0; i < 500; ++i) {
    all0[i] = i % 7 == 0 ? 0.0 : money(random);
    all1[i] = i % 11 == 0 ? 0.0 : money(random);
    own0[i] = all0[i] * part(random);
    own1[i] = all1[i] * part(random);
  }
  const auto c = split_change(own0, own1, all0, all1);
  for (std::size_t i = 0; i < 500; ++i)
    EXPECT_NEAR(c.share[i] + c.customer[i] + c.market[i], own1[i] - own0[i], 1e-9 * (1 + all0[i] + all1[i])) << i;
  EXPECT_NEAR(c.by_share + c.by_customer + c.by_market, c.after - c.before, 1e-6);
}

TEST(SplitChange, EachCauseAloneIsNamed) {
  const std::vector<double> half{50, 50}, less{40, 40}, all{100, 100}, grown{120, 120}, more{60, 60};
  const auto lost_share = split_change(half, less, all, all);
  EXPECT_NEAR(lost_share.by_share, -20, 1e-12);
  EXPECT_NEAR(lost_share.by_market, 0, 1e-12);
  const auto market = split_change(half, more, all, grown);
  EXPECT_NEAR(market.by_market, 20, 1e-12);
  EXPECT_NEAR(market.by_share, 0, 1e-12);
  const std::vector<double> moved{80, 120}, own_moved{40, 60};
  const auto customer = split_change(half, own_moved, all, moved);
  EXPECT_NEAR(customer.customer[0], -10, 1e-12);
  EXPECT_NEAR(customer.by_customer, 0, 1e-12);
}

TEST(SplitChange, ALostCustomerIsAWalletThatWent) {
  const std::vector<double> own0{30}, own1{0}, all0{90}, all1{0};
  const auto c = split_change(own0, own1, all0, all1);
  EXPECT_EQ(c.by_share, 0);
  EXPECT_NEAR(c.by_customer + c.by_market, -30, 1e-12);
}

TEST(SplitChange, UnlikeColumnsAreRefused) {
  const std::vector<double> one{1}, two{1, 2};
  EXPECT_THROW((void)split_change(two, two, two, one), error);
}

TEST(RecogniseOwn, FindsTheSupplierWithOurFigures) {
  // customer, period, supplier sorted; supplier 1 is us in all but one cell
  const std::vector<std::uint32_t> customer{0, 0, 0, 1, 1}, period{0, 0, 1, 0, 1}, supplier{0, 1, 1, 1, 0};
  const std::vector<double> amount{70, 30, 10, 5, 5}, own{30, 10, 5, 0};
  const ledger::deliveries seen{customer, supplier, period, amount, {}, 2, 2, 2};
  const auto match = recognise_own(seen, own);
  EXPECT_EQ(match.supplier, 1u);
  EXPECT_DOUBLE_EQ(match.likeness, 1.0);
  const std::vector<double> nobody{0, 0, 0, 0};
  EXPECT_EQ(recognise_own(seen, nobody).supplier, no_supplier);
}

TEST(JoinOwn, KeepsTheOrderAndEveryRow) {
  const std::vector<std::uint32_t> customer{0, 1}, period{1, 0}, supplier{0, 0};
  const std::vector<double> amount{70, 5}, own{1, 2, 0, 4};
  const ledger::deliveries seen{customer, supplier, period, amount, {}, 2, 1, 2};
  const auto joined = join_own(seen, own, 1);
  EXPECT_EQ(joined.customer, (std::vector<std::uint32_t>{0, 0, 0, 1, 1}));
  EXPECT_EQ(joined.period, (std::vector<std::uint32_t>{0, 1, 1, 0, 1}));
  EXPECT_EQ(joined.supplier, (std::vector<std::uint32_t>{1, 0, 1, 0, 1}));
  EXPECT_EQ(joined.amount, (std::vector<double>{1, 70, 2, 5, 4}));
  EXPECT_EQ(joined.view().suppliers, 2u);
}

TEST(JoinOwn, ReplacesWhatWasSeenOfUsInItsPlace) {
  const std::vector<std::uint32_t> customer{0, 0, 0, 1}, period{0, 0, 0, 0}, supplier{0, 1, 2, 1};
  const std::vector<double> amount{70, 9, 8, 5}, own{10, 0};
  const ledger::deliveries seen{customer, supplier, period, amount, {}, 2, 3, 1};
  const auto joined = join_own(seen, own, 1);
  EXPECT_EQ(joined.supplier, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(joined.amount, (std::vector<double>{70, 10, 8}));
  EXPECT_EQ(joined.suppliers, 3u);
}

TEST(RecogniseOwn, APartOfUsIsEnoughAndASmallRivalIsNot) {
  // 12 periods; supplier 0 is a rival with half our figures, supplier 1 is us, seen in every third period only
  std::vector<std::uint32_t> customer, period, supplier;
  std::vector<double> amount, own;
  for (std::uint32_t c = 0; c < 4; ++c)
    for (std::uint32_t t = 0; t < 12; ++t) {
      own.push_back(100 + c + t);
      customer.push_back(c), period.push_back(t), supplier.push_back(0), amount.push_back(own.back() / 2);
      if (t % 3 != 0) continue;
      customer.push_back(c), period.push_back(t), supplier.push_back(1), amount.push_back(own.back());
    }
  const auto match = recognise_own({customer, supplier, period, amount, {}, 4, 2, 12}, own);
  EXPECT_EQ(match.supplier, 1u);
  EXPECT_EQ(match.equal, 1.0);
  EXPECT_EQ(match.cells, 16u);
}

TEST(Words, NumbersReadWell) {
  EXPECT_EQ(in_words(1234567.8), "1,234,568");
  EXPECT_EQ(in_words(-1000), "-1,000");
  EXPECT_EQ(in_words(999), "999");
  EXPECT_EQ(in_words(-0.3), "0");
  EXPECT_EQ(in_words(unknown), "not known");
  EXPECT_EQ(percent(0.423), "42 %");
  EXPECT_EQ(percent(0.0423), "4.2 %");
  EXPECT_EQ(percent(-0.0423), "-4.2 %");
  EXPECT_EQ(percent(0.0), "0 %");
  EXPECT_EQ(percent(0.0996), "10 %");
  EXPECT_EQ(count_of(1, "order"), "1 order");
  EXPECT_EQ(count_of(12, "order"), "12 orders");
}

}  // namespace
}  // namespace guanxi::review
