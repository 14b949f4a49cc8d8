#include <guanxi/base/incomplete.hpp>
#include <guanxi/ledger/simulate.hpp>
#include <guanxi/ledger/simulate_models.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

// The moments of the simulated world against the equations of docs/ledger/simulate.md; 4 standard errors, fixed seeds.
namespace guanxi::ledger {
namespace {

// A world in which nothing moves: rates stay as drawn, nobody leaves, all are there from the start.
exporter_settings still() {
  exporter_settings s;
  s.customers = 4000;
  s.years = 4;
  s.seed = 11;
  s.regularity = 1;
  s.season = 0;
  s.arrivals = 0;
  s.leaving = dropout::none;
  s.wallet_walk = s.growth = s.share_walk = s.arrive = s.leave = 0;
  s.tier_up = s.tier_down = 0;
  s.tier_rate = {1, 1, 1, 1};
  s.futures = 0;
  return s;
}

struct nothing {  // a sink that keeps nothing
  static constexpr bool rivals = true;
  void order(simulated_customer&, day, std::int64_t) {}
  void delivery(std::uint32_t, double, std::uint64_t, double, std::uint64_t) {}
};

struct moments {
  double n = 0, sum = 0, square = 0;
  void add(double x) {
    n += 1;
    sum += x;
    square += x * x;
  }
  [[nodiscard]] double mean() const { return sum / n; }
  [[nodiscard]] double variance() const { return (square - sum * sum / n) / (n - 1); }
  [[nodiscard]] double error() const { return std::sqrt(variance() / n); }
};

// Orders of each customer, in order: one entry an order (its first line).
std::vector<std::vector<day>> orders_of(const exporter_book& b) {
  std::vector<std::vector<day>> out(b.settings.customers);
  for (std::size_t i = 0; i < b.lines.date.size(); ++i)
    if (i == 0 || b.lines.order[i] != b.lines.order[i - 1]) out[b.lines.customer[i]].push_back(b.lines.date[i]);
  return out;
}

TEST(Simulate, SameBitsForAnyNumberOfThreadsAndPurposesApart) {
  exporter_settings s;
  s.customers = 1500;
  s.years = 2;
  s.futures = 2;
  s.threads = 1;
  const auto one = exporter(s);
  s.threads = 3;
  const auto three = exporter(s);
  EXPECT_EQ(one.lines.amount, three.lines.amount);
  EXPECT_EQ(one.lines.order, three.lines.order);
  EXPECT_EQ(one.deliveries.seen_amount, three.deliveries.seen_amount);
  EXPECT_EQ(one.cells.share, three.cells.share);
  EXPECT_EQ(one.customers.expected_value_52, three.customers.expected_value_52);
  // What we can see and how many continuations are asked for changes nothing that happens.
  s.coverage = {0.1};
  s.futures = 0;
  s.products = 5;
  const auto other = exporter(s);
  EXPECT_EQ(other.lines.date, one.lines.date);
  EXPECT_EQ(other.deliveries.amount, one.deliveries.amount);
  EXPECT_NE(other.deliveries.seen_amount, one.deliveries.seen_amount);
  s.seed = 8;
  EXPECT_NE(exporter(s).lines.date, one.lines.date);
}

TEST(Simulate, TheHistoryDoesNotDependOnWhatComesAfter) {
  exporter_settings s;
  s.customers = 300;
  s.arrivals = 0;
  s.years = 2;
  s.futures = 0;
  const auto two = exporter(s);
  s.years = 3;
  const auto three = exporter(s);
  const auto before = [](const exporter_book& b, day end) {
    std::vector<std::pair<day, double>> out;
    for (std::size_t i = 0; i < b.lines.date.size(); ++i)
      if (b.lines.date[i] < end) out.emplace_back(b.lines.date[i], b.lines.amount[i]);
    return out;
  };
  EXPECT_EQ(before(two, two.end), before(three, two.end));
  // The third year is the first one's hold-out year, in the same world.
  EXPECT_EQ(before(two, three.end), before(three, three.end));
}

TEST(Simulate, OrdersFollowTheNegativeBinomial) {  // (3), (6), (7) with k = 1
  const auto s = still();
  const auto b = exporter(s);
  const double weeks = (b.end - b.begin) / 7.0;
  moments m;
  for (const auto& days : orders_of(b))
    m.add(static_cast<double>(std::count_if(days.begin(), days.end(), [&](day d) { return d < b.end; })));
  const double mean = s.orders_per_week * weeks;
  const double variance = mean + mean * mean / s.rate_shape;
  EXPECT_NEAR(m.mean(), mean, 4 * std::sqrt(variance / m.n));
  // the variance of a gamma mixture has kurtosis about 3 + 6 / r
  EXPECT_NEAR(m.variance() / variance, 1.0, 4 * std::sqrt((2 + 6 / s.rate_shape) / m.n));
}

TEST(Simulate, GapsAreErlang) {  // (7)
  for (const std::uint32_t k : {1u, 2u, 5u}) {
    auto s = still();
    s.regularity = k;
    s.rate_shape = 1e6;  // all rates alike
    s.orders_per_week = 1.0 / 8;
    s.customers = 1500;
    const auto b = exporter(s);
    moments gap;
    for (const auto& days : orders_of(b)) {
      // one gap a customer, found from an early order, so that long ones are not cut off
      for (std::size_t i = 1; i < days.size(); ++i)
        if (days[i - 1] > b.begin + 100) {
          gap.add(days[i] - days[i - 1]);
          break;
        }
    }
    ASSERT_GT(gap.n, 1490);
    // Whole days: the difference of two floors adds a variance of 1/6.
    EXPECT_NEAR(gap.mean(), 56.0, 4 * 56.0 / std::sqrt(k * gap.n)) << k;
    const double want = 56.0 * 56.0 / k + 1.0 / 6;
    EXPECT_NEAR(gap.variance() / want, 1.0, 4 * std::sqrt((2 + 6.0 / k) / gap.n)) << k;
  }
}

TEST(Simulate, TheSeasonIsACosine) {  // (6)
  auto s = still();
  s.season = 0.4;
  s.season_peak = 3;
  s.rate_shape = 50;
  const auto b = exporter(s);
  std::array<double, 12> count{}, days{};
  for (const auto& orders : orders_of(b))
    for (const day d : orders)
      if (d < b.end) ++count[to_date(d).month - 1];
  for (day d = b.begin; d < b.end; ++d) ++days[to_date(d).month - 1];
  for (std::size_t m = 0; m < 12; ++m) {
    const double height = 1 + 0.4 * std::cos(2 * pi * (static_cast<double>(m) - 2) / 12);
    const double want = static_cast<double>(s.customers) * s.orders_per_week / 7 * days[m] * height;
    EXPECT_NEAR(count[m], want, 4 * std::sqrt(want + want * want / s.rate_shape / static_cast<double>(s.customers)))
        << m;
  }
}

TEST(Simulate, ACustomerLeavesAfterAnOrderByTheBetaGeometricLaw) {  // (8)
  auto s = still();
  s.leaving = dropout::beta_geometric;
  s.dropout_a = 1.5;
  s.dropout_b = 3;
  s.arrivals = 1;
  s.orders_per_week = 5;
  s.rate_shape = 200;
  s.years = 1;
  s.customers = 20'000;
  s.cells = false;
  const auto b = exporter(s);
  const auto orders = orders_of(b);
  // With five orders a week everybody's first four orders fall in the time when he came early enough.
  std::array<double, 4> at_risk{}, left{};
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (b.customers.entered[i] > b.begin + 250) continue;
    ASSERT_EQ(orders[i].front(), b.customers.entered[i]);
    for (std::size_t j = 0; j < 4 && j < orders[i].size(); ++j) {
      ++at_risk[j];
      if (orders[i].size() == j + 1) {
        ++left[j];
        EXPECT_EQ(b.customers.left[i], orders[i].back());
      }
    }
  }
  for (std::size_t j = 0; j < 4; ++j) {  // chance to leave after order j + 1, having stayed: a / (a + b + j)
    const double p = s.dropout_a / (s.dropout_a + s.dropout_b + static_cast<double>(j));
    EXPECT_NEAR(left[j] / at_risk[j], p, 4 * std::sqrt(p * (1 - p) / at_risk[j])) << j;
  }
}

TEST(Simulate, LifetimesAreParetoWhenHazardsAreGamma) {  // (9)
  auto s = still();
  s.leaving = dropout::exponential;
  s.lifetime_shape = 1.2;
  s.lifetime_weeks = 90;
  s.cells = false;
  s.customers = 10'000;
  const auto b = exporter(s);
  for (const double weeks : {10.0, 52.0, 150.0}) {
    double gone = 0;
    for (const day left : b.customers.left) gone += left < b.begin + 7 * weeks;
    const double stay = std::pow(s.lifetime_weeks / (s.lifetime_weeks + weeks), s.lifetime_shape);
    const auto n = static_cast<double>(s.customers);
    EXPECT_NEAR(gone / n, 1 - stay, 4 * std::sqrt(stay * (1 - stay) / n)) << weeks;
  }
}

TEST(Simulate, MoneyOfOrdersIsLognormalAndLinesAddUp) {  // (4)
  auto s = still();
  s.size_effect = 0;
  s.order_noise = 0.6;
  const auto b = exporter(s);
  moments log_mean, ratio;
  for (const double m : b.customers.order_mean) log_mean.add(std::log(m / s.order_median));
  EXPECT_NEAR(log_mean.mean(), 0.0, 4 * log_mean.error());
  EXPECT_NEAR(log_mean.variance() / (s.order_spread * s.order_spread), 1.0, 4 * std::sqrt(2 / log_mean.n));
  double order = 0;
  std::uint32_t who = 0;
  const auto close = [&] { ratio.add(std::log(order / b.customers.order_mean[who])); };
  for (std::size_t i = 0; i < b.lines.order.size(); ++i) {
    if (i > 0 && b.lines.order[i] != b.lines.order[i - 1]) {
      close();
      order = 0;
    }
    order += b.lines.amount[i];
    who = b.lines.customer[i];
    EXPECT_GE(b.lines.amount[i], 0.0);
    EXPECT_LT(b.lines.product[i], s.products);
  }
  EXPECT_NEAR(ratio.mean(), -0.5 * 0.36, 4 * ratio.error());
  EXPECT_NEAR(ratio.variance() / 0.36, 1.0, 4 * std::sqrt(2 / ratio.n));
}

TEST(Simulate, LinesOfAnOrderGrowWithTheTier) {  // (14), breadth
  for (const std::size_t tier : {0u, 3u}) {
    auto s = still();
    s.tier_start = {0, 0, 0, 0};
    s.tier_start[tier] = 1;
    const auto b = exporter(s);
    std::map<std::uint64_t, int> lines;
    for (const auto order : b.lines.order) ++lines[order];
    moments m;
    for (const auto& [order, n] : lines) m.add(n);
    // lines of nothing (cents of a tiny order) are left out: less than one in a thousand here
    EXPECT_NEAR(m.mean(), 1 + s.tier_lines[tier], 4 * m.error() + 0.002) << tier;
  }
}

TEST(Simulate, OurSalesAreWalletTimesShare) {  // (5), (6)
  exporter_settings s;
  s.customers = 6000;
  s.arrivals = 0;  // a first order on top of the rate is what brings a customer in
  s.regularity = 1;
  s.futures = 0;
  const auto b = exporter(s);
  const std::size_t all = b.periods + b.future_periods;
  std::vector<double> ours(s.customers * all);
  for (std::size_t i = 0; i < b.deliveries.amount.size(); ++i)
    if (b.deliveries.supplier[i] == 0)
      ours[b.deliveries.customer[i] * all + b.deliveries.period[i]] = b.deliveries.amount[i];
  moments off;  // by customer, so that its cells need not be independent
  for (std::size_t c = 0; c < s.customers; ++c) {
    double sum = 0;
    for (std::size_t p = 0; p < all; ++p)
      sum += (ours[c * all + p] - b.cells.wallet[c * all + p] * b.cells.share[c * all + p]) / b.customers.order_mean[c];
    off.add(sum);
  }
  EXPECT_NEAR(off.mean(), 0.0, 4 * off.error());
  EXPECT_LT(off.error(), 0.2);  // of about 20 orders: the test can see a hundredth
}

TEST(Simulate, AllDeliveriesAddUpToTheWallet) {
  exporter_settings s;
  s.customers = 6000;
  s.arrivals = 0;
  s.regularity = 1;
  s.futures = 0;
  s.years = 3;
  const auto b = exporter(s);
  const std::size_t all = b.periods + b.future_periods;
  std::vector<double> off(s.customers);
  for (std::size_t i = 0; i < b.deliveries.amount.size(); ++i)
    off[b.deliveries.customer[i]] += b.deliveries.amount[i] / b.customers.order_mean[b.deliveries.customer[i]];
  moments m;
  for (std::size_t c = 0; c < s.customers; ++c) {
    double wallet = 0;
    for (std::size_t p = 0; p < all; ++p) wallet += b.cells.wallet[c * all + p];
    m.add(off[c] - wallet / b.customers.order_mean[c]);
  }
  EXPECT_NEAR(m.mean(), 0.0, 4 * m.error());
}

TEST(Simulate, OurLinesAreOurDeliveries) {
  exporter_settings s;
  s.customers = 400;
  s.futures = 0;
  const auto b = exporter(s);
  double lines = 0, rows = 0;
  for (const double x : b.lines.amount) lines += x;
  for (std::size_t i = 0; i < b.deliveries.amount.size(); ++i) {
    if (b.deliveries.supplier[i] == 0) {
      rows += b.deliveries.amount[i];
      EXPECT_EQ(b.deliveries.seen_amount[i], b.deliveries.amount[i]);
    }
    EXPECT_LE(b.deliveries.seen_amount[i], b.deliveries.amount[i] * (1 + 1e-12));
    if (i == 0) continue;
    const auto key = [&](std::size_t r) {
      return std::array{b.deliveries.customer[r], b.deliveries.period[r], b.deliveries.supplier[r]};
    };
    EXPECT_LT(key(i - 1), key(i));
  }
  EXPECT_NEAR(lines, rows, 1e-3);
}

TEST(Simulate, TheWalletWalks) {  // (5)
  auto s = still();
  s.wallet_walk = 0.1;
  s.growth = 0.06;
  s.period_months = 12;
  const auto b = exporter(s);
  const std::size_t all = b.periods + b.future_periods;
  moments step;
  for (std::size_t c = 0; c < s.customers; ++c) {
    for (std::size_t p = 1; p < all; ++p) {
      const double days = b.period_start[p + 1] - b.period_start[p], before = b.period_start[p] - b.period_start[p - 1];
      step.add(std::log(b.cells.wallet[c * all + p] / days / (b.cells.wallet[c * all + p - 1] / before)));
    }
  }
  EXPECT_NEAR(step.mean(), 0.06 - 0.005, 4 * step.error());
  EXPECT_NEAR(step.variance() / 0.01, 1.0, 4 * std::sqrt(2 / step.n));
}

TEST(Simulate, SharesAreALogitOfTheWeights) {  // (11), (12)
  // Against a single rival of known law: logit(share) = own weight - N(popularity, spread), and it walks.
  auto s = still();
  s.suppliers = 2;
  s.rivals = 1;
  s.distance_effect = 0;
  s.tier_share = {0, 0, 0, 0};
  s.own_weight = 0.4;
  s.weight_spread = 0.9;
  s.share_walk = 0.3;
  const auto b = exporter(s);
  const auto w = make_world(s);
  const std::size_t all = b.periods + b.future_periods;
  moments level, step;
  const auto logit = [&](std::size_t i) { return std::log(b.cells.share[i] / (1 - b.cells.share[i])); };
  for (std::size_t c = 0; c < s.customers; ++c) {
    level.add(logit(c * all) + w.popularity[1]);
    for (std::size_t p = 1; p < all; ++p) step.add(logit(c * all + p) - logit(c * all + p - 1));
  }
  EXPECT_NEAR(level.mean(), 0.4, 4 * level.error());
  EXPECT_NEAR(level.variance() / 0.81, 1.0, 4 * std::sqrt(2 / level.n));
  EXPECT_NEAR(step.mean(), 0.0, 4 * step.error());
  EXPECT_NEAR(step.variance() / (2 * 0.09), 1.0, 4 * std::sqrt(2 / step.n));
}

TEST(Simulate, RivalsLinkArriveAndLeave) {  // (10), (13)
  auto s = still();
  s.rivals = 6;
  s.arrive = 0.2;
  s.leave = 0.05;
  const auto w = make_world(s);
  double mean = 0, variance = 0;
  for (const double l : w.link) {
    mean += l;
    variance += l * (1 - l);
  }
  EXPECT_NEAR(mean, 6.0, 1e-9);
  moments first, later;
  nothing sink;
  for (std::size_t i = 0; i < 4000; ++i) {
    simulated_customer c(w, i);
    first.add(static_cast<double>(c.rivals()));
    c.run(0, sink);
    const auto before = static_cast<double>(c.rivals());
    c.run(1, sink);
    // expected step: + arrive - leave x rivals
    later.add(static_cast<double>(c.rivals()) - before - (0.2 - 0.05 * before));
  }
  EXPECT_NEAR(first.mean(), mean, 4 * std::sqrt(variance / first.n) + 0.01);  // none linked: one is given
  EXPECT_NEAR(later.mean(), 0.0, 4 * later.error());
}

TEST(Simulate, TiersAreAnOrderedMarkovChain) {  // (14)
  auto s = still();
  s.tier_up = 0.08;
  s.tier_down = 0.05;
  const auto b = exporter(s);
  const std::size_t all = b.periods + b.future_periods;
  std::array<std::array<double, 5>, 5> count{};
  std::array<double, 5> first{};
  for (std::size_t c = 0; c < s.customers; ++c) {
    ++first[b.cells.tier[c * all]];
    for (std::size_t p = 1; p < all; ++p) ++count[b.cells.tier[c * all + p - 1]][b.cells.tier[c * all + p]];
  }
  for (std::size_t z = 1; z <= 4; ++z) {
    const double p = s.tier_start[z - 1], n = static_cast<double>(s.customers);
    EXPECT_NEAR(first[z] / n, p, 4 * std::sqrt(p * (1 - p) / n));
    double total = 0;
    for (const double x : count[z]) total += x;
    const double up = z < 4 ? 0.08 : 0.0, down = z > 1 ? 0.05 : 0.0;
    if (z < 4) {
      EXPECT_NEAR(count[z][z + 1] / total, up, 4 * std::sqrt(up * (1 - up) / total)) << z;
    }
    EXPECT_NEAR(count[z][z - 1] / total, down, 4 * std::sqrt(down * (1 - down) / total)) << z;
    EXPECT_EQ(count[z][z] + (z < 4 ? count[z][z + 1] : 0.0) + count[z][z - 1], total);
  }
}

TEST(Simulate, SightFollowsCoverageAndSize) {  // (15), (16)
  auto s = still();
  s.suppliers = 4;
  s.rivals = 2;
  s.coverage = {0.0, 0.2, 0.5, 0.9};
  s.order_noise = 0;  // every delivery of a customer is of the same size
  s.sight_size = 0.4;
  s.hidden = 0.2;
  const auto b = exporter(s);
  std::array<double, 4> off{}, variance{};
  double hidden = 0;
  for (const auto h : b.customers.hidden) hidden += h;
  EXPECT_NEAR(hidden / 4000, 0.2, 4 * std::sqrt(0.2 * 0.8 / 4000));
  for (std::size_t i = 0; i < b.deliveries.amount.size(); ++i) {
    const auto j = b.deliveries.supplier[i];
    const auto c = b.deliveries.customer[i];
    if (j == 0) continue;
    if (b.customers.hidden[c]) {
      EXPECT_EQ(b.deliveries.seen_orders[i], 0.0);
      EXPECT_EQ(b.deliveries.seen_amount[i], 0.0);
      continue;
    }
    const double p = std::pow(s.coverage[j], std::pow(s.order_median / b.customers.order_mean[c], s.sight_size));
    off[j] += b.deliveries.seen_orders[i] - p * b.deliveries.orders[i];
    variance[j] += p * (1 - p) * b.deliveries.orders[i];
  }
  for (std::size_t j = 1; j < 4; ++j) {
    EXPECT_GT(variance[j], 1000);
    EXPECT_NEAR(off[j], 0.0, 4 * std::sqrt(variance[j])) << j;
  }
}

TEST(Simulate, FullAndNoCoverage) {
  auto s = still();
  s.customers = 200;
  s.hidden = 0;
  s.coverage = {1.0};
  const auto all = exporter(s);
  for (std::size_t i = 0; i < all.deliveries.amount.size(); ++i)
    EXPECT_EQ(all.deliveries.seen_orders[i], all.deliveries.orders[i]);
  s.coverage = {0.0};
  const auto none = exporter(s);
  for (std::size_t i = 0; i < none.deliveries.amount.size(); ++i)
    if (none.deliveries.supplier[i] != 0) {
      EXPECT_EQ(none.deliveries.seen_orders[i], 0.0);
    }
}

TEST(Simulate, CountriesAreDrawnBySizeAndDistance) {  // (1)
  auto s = still();
  s.customers = 50'000;
  s.years = 1;
  s.cells = false;
  s.orders_per_week = 0.001;
  const auto b = exporter(s);
  const auto w = make_world(s);
  double total = 0;
  for (const double x : w.country_draw) total += x;
  std::vector<double> count(w.country_draw.size());
  for (const auto c : b.customers.country) ++count[c];
  for (std::size_t c = 0; c < count.size(); ++c) {
    const double p = w.country_draw[c] / total;
    EXPECT_NEAR(count[c] / 50'000, p, 4 * std::sqrt(p * (1 - p) / 50'000)) << simulated_countries[c].name;
  }
}

TEST(Simulate, ExpectedValuesAreMeansOfWhatComes) {
  for (const auto leaving : {dropout::beta_geometric, dropout::exponential}) {
    exporter_settings s;
    s.customers = 5000;
    s.leaving = leaving;
    s.regularity = 2;
    s.years = 3;
    s.futures = 16;
    const auto b = exporter(s);
    moments purchases, value;
    for (std::size_t i = 0; i < s.customers; ++i) {
      purchases.add(b.customers.purchases_52[i] - b.customers.expected_purchases_52[i]);
      value.add((b.customers.value_26[i] - b.customers.expected_value_26[i]) / b.customers.order_mean[i]);
      if (!b.customers.alive[i]) {
        EXPECT_EQ(b.customers.purchases_52[i], 0.0);
      }
    }
    EXPECT_NEAR(purchases.mean(), 0.0, 4 * purchases.error());
    EXPECT_NEAR(value.mean(), 0.0, 4 * value.error());
  }
}

TEST(Simulate, SaysWhichSettingIsWrong) {
  const auto says = [](auto change, const char* sentence) {
    exporter_settings s;
    change(s);
    try {
      (void)exporter(s);
      ADD_FAILURE() << sentence;
    } catch (const error& e) {
      EXPECT_STREQ(e.what(), sentence);
    }
  };
  says([](auto& s) { s.season = 1.5; }, "simulate::exporter: 'season' is 1.500000, it must be in [0, 1)");
  says([](auto& s) { s.suppliers = 1; },
       "simulate::exporter: 'suppliers' is 1.000000, it must be in 2 .. 100000 (we are one)");
  says([](auto& s) { s.start = {2019, 1, 2}; }, "simulate::exporter: 'start' must be the first day of a month");
  says([](auto& s) { s.rate_shape = std::nan(""); }, "simulate::exporter: 'rate_shape' is nan, it must be above 0");
  says([](auto& s) { s.coverage = {0.1, 0.2}; },
       "simulate::exporter: 'coverage' has 2 entries, give one or one a supplier (40)");
}

TEST(Simulate, SmallWorldsHoldTogether) {
  exporter_settings s;
  s.customers = 1;
  s.suppliers = 2;
  s.products = 1;
  s.years = 1;
  s.period_months = 12;
  const auto b = exporter(s);
  EXPECT_EQ(b.cells.wallet.size(), 2u);
  EXPECT_EQ(b.period_start.size(), 3u);
}

// ---- purchase models
// -------------------------------------------------------------------------------------------------

TEST(SimulateModel, NbdMoments) {
  model_settings m;
  m.leaving = dropout::none;
  m.r = 0.8;
  m.alpha = 5;
  const std::vector<double> age(20'000, 30.0);
  const auto b = simulate_model(m, age);
  moments x;
  for (const double f : b.frequency) x.add(f);
  const double mean = 0.8 / 5 * 30, variance = mean + mean * mean / 0.8;
  EXPECT_NEAR(x.mean(), mean, 4 * std::sqrt(variance / x.n));
  EXPECT_NEAR(x.variance() / variance, 1.0, 4 * std::sqrt((2 + 6 / 0.8) / x.n));
}

TEST(SimulateModel, LeavingAtZeroAndAfterEachPurchase) {
  model_settings m;
  m.r = 1e6;  // one rate, so fast that all the first purchases fall inside
  m.alpha = 1e4;
  m.a = 1.2;
  m.b = 2.0;
  const std::vector<double> age(40'000, 50.0);
  for (const bool at_zero : {false, true}) {
    m.at_zero = at_zero;
    const auto b = simulate_model(m, age);
    // Leaving after repeat purchase x, given that it was reached; at zero the first purchase counts as well.
    for (int x = at_zero ? 0 : 1; x < 4; ++x) {
      double reached = 0, stopped = 0;
      for (const double f : b.frequency) {
        reached += f >= x;
        stopped += f == x;
      }
      const int trial = at_zero ? x : x - 1;
      const double p = m.a / (m.a + m.b + trial);
      EXPECT_NEAR(stopped / reached, p, 4 * std::sqrt(p * (1 - p) / reached)) << at_zero << ' ' << x;
    }
  }
}

TEST(SimulateModel, ParetoSurvivalAndErlangGaps) {
  model_settings m;
  m.leaving = dropout::exponential;
  m.s = 0.9;
  m.beta = 20;
  const std::vector<double> age(20'000, 35.0);
  const auto b = simulate_model(m, age);
  double alive = 0;
  for (const auto a : b.alive) alive += a;
  const double p = std::pow(20.0 / 55.0, 0.9);
  EXPECT_NEAR(alive / 20'000, p, 4 * std::sqrt(p * (1 - p) / 20'000));

  m.leaving = dropout::none;
  m.r = 1e8;
  m.alpha = 1e8;  // stages at rate one
  m.k = 4;
  const std::vector<double> long_age(2'000, 400.0);
  const auto regular = simulate_model(m, long_age);
  moments x;
  for (const double f : regular.frequency) x.add(f);
  EXPECT_NEAR(x.mean(), 400.0 / 4 - (1 - 1.0 / 4) / 2, 4 * x.error());  // renewal theorem
  EXPECT_NEAR(x.variance() / (100.0 / 4), 1.0, 4 * std::sqrt(2 / x.n) + 0.02);
}

TEST(SimulateModel, SameForAnyNumberOfThreadsAndFutureIsCounted) {
  model_settings m;
  m.horizon = 39;
  m.threads = 1;
  std::vector<double> age;
  for (int i = 0; i < 10'000; ++i) age.push_back(27.0 + i % 12);
  const auto one = simulate_model(m, age);
  m.threads = 4;
  const auto four = simulate_model(m, age);
  EXPECT_EQ(one.recency, four.recency);
  EXPECT_EQ(one.future, four.future);
  double future = 0;
  for (std::size_t i = 0; i < age.size(); ++i) {
    future += one.future[i];
    EXPECT_LE(one.recency[i], age[i]);
    EXPECT_EQ(one.frequency[i] == 0, one.recency[i] == 0);
    if (!one.alive[i]) {
      EXPECT_EQ(one.future[i], 0.0);
    }
  }
  EXPECT_GT(future, 0);
  const std::vector<double> bad{1.0, -1.0};
  EXPECT_THROW((void)simulate_model(m, bad), error);
  m.r = 0;
  EXPECT_THROW((void)simulate_model(m, age), error);
}

TEST(SimulateModel, SpendHasTheGammaGammaMean) {
  const std::vector<double> purchases(40'000, 3.0);
  const auto mean = simulate_spend(6.25, 5.74, 15.4, purchases);
  moments m;
  for (const double x : mean) m.add(x);
  EXPECT_NEAR(m.mean(), 6.25 * 15.4 / (5.74 - 1), 4 * m.error());
  EXPECT_TRUE(std::isnan(simulate_spend(6, 5, 15, std::vector<double>{0.0})[0]));
}

}  // namespace
}  // namespace guanxi::ledger
