#include <guanxi/value/posterior.hpp>
#include <guanxi/value/purchase_intervals.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "support/value_books.hpp"

namespace guanxi::value {
namespace {

struct book {
  std::vector<double> x, t, age, later;  // later: purchases in the 20 after age
  [[nodiscard]] customer_rows rows() const { return {x, t, age}; }
};

/// Customers of BG/NBD or Pareto/NBD with their purchases in a further 20 units.
book simulated(bool pareto, std::size_t n, std::array<double, 4> p, std::uint64_t seed) {
  book out;
  for (std::size_t c = 0; c < n; ++c) {
    random_stream random(seed, c);
    const double age = 20 + 20 * random.uniform(), rate = random.gamma(p[0]) / p[1];
    const double odds = pareto ? 0 : random.beta(p[2], p[3]), gone = pareto ? random.exponential() / (random.gamma(p[2]) / p[3]) : 1e300;
    double at = 0, x = 0, last = 0, later = 0;
    while (rate > 1e-12) {
      at += random.exponential() / rate;
      if (at > age + 20 || at > gone) break;
      if (at <= age) x += 1, last = at;
      else later += 1;
      if (!pareto && random.uniform() < odds) break;
    }
    out.x.push_back(x), out.t.push_back(last), out.age.push_back(age), out.later.push_back(later);
  }
  return out;
}

/// Share of customers whose later count, placed at random inside its own step of the law, lies in the middle 90 %.
double covered(const any_purchase& model, const book& b, std::span<const double> draws) {
  detail::ahead_space space;
  double in = 0;

  const std::size_t wide = model.parameters(), n = draws.size() / wide;
  for (std::size_t i = 0; i < b.x.size(); ++i) {
    const auto k = static_cast<std::size_t>(b.later[i]);
    double at_least = 0, more = 0;
    for (std::size_t d = 0; d < n; ++d) {
      model.with(draws.subspan(d * wide, wide)).at_least(b.x[i], b.t[i], b.age[i], 20, space);
      at_least += k < space.at_least.size() ? space.at_least[k] : 0.0;
      more += k + 1 < space.at_least.size() ? space.at_least[k + 1] : 0.0;
    }
    random_stream random(99, i);
    const double rank = 1 - (more + random.uniform() * (at_least - more)) / static_cast<double>(n);
    in += rank > 0.05 && rank < 0.95;
  }
  return in / static_cast<double>(b.x.size());
}

TEST(PurchaseIntervals, CoverSingleCustomersAndTotals) {
  for (const bool pareto : {false, true}) {
    const std::array<double, 4> truth = pareto ? std::array<double, 4>{0.8, 6, 1.2, 40} : std::array<double, 4>{0.8, 6, 0.9, 5};
    int inside = 0;
    double share = 0;
    constexpr int books = 100;
    for (std::uint64_t k = 0; k < books; ++k) {
      const book b = simulated(pareto, 400, truth, 1000 + k);
      BGNBD bg(1);
      ParetoNBD pa(1);
      if (pareto) pa.fit(b.rows());
      else bg.fit(b.rows());
      const any_purchase model = pareto ? any_purchase(pa) : any_purchase(bg);
      // 400 customers leave a skewed ridge in Pareto/NBD: its posterior is drawn, not its normal approximation
      const auto draws = pareto ? sample_posterior(model, b.rows(), {.chains = 2, .draws = 60, .warmup = 60, .seed = k}).draws : bg.draws(60, k);
      const purchase_forecast f = forecast_purchases(model, b.rows(), draws, {20, 0.9, 0, k});
      const double total = std::accumulate(b.later.begin(), b.later.end(), 0.0);
      inside += total >= f.total_low && total <= f.total_high;
      if (k < 20) share += covered(model, b, std::span(draws).subspan(0, pareto ? 4 * 10 : 4 * 30)) / 20;
    }
    EXPECT_GE(share, 0.88) << pareto;
    EXPECT_LE(share, 0.92) << pareto;
    EXPECT_GE(inside, 82) << pareto;  // 90 of 100 expected, 2.7 standard deviations
    EXPECT_LE(inside, 98) << pareto;
  }
}

TEST(PurchaseIntervals, MomentsAreThoseOfTheLaw) {
  ParetoNBD model(1);
  model.set({0.55, 10.6, 0.6, 11.7});
  const any_purchase any(model);
  detail::ahead_space space;
  const auto [mean, square] = any.moments(6, 20, 30, 26, space);
  any.at_least(6, 20, 30, 26, space);
  double first = 0, second = 0;
  for (std::size_t k = space.at_least.size(); k-- > 1;) first += space.at_least[k], second += (2.0 * static_cast<double>(k) - 1) * space.at_least[k];
  EXPECT_NEAR(mean / first, 1, 1e-10);
  EXPECT_NEAR(square / second, 1, 1e-9);
}

TEST(PurchaseIntervals, DeltaMethodAgreesWithDraws) {
  const auto data = support::cdnow();
  BGNBD model(1);
  model.fit(data.rows());
  const std::vector<double> x{0, 3}, t{0, 20}, age{30, 30};
  const auto f = forecast_purchases(model, {x, t, age}, model.draws(2000, 1), {26, 0.9});
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR((f.purchases_high[i] - f.purchases_low[i]) / (2 * 1.645 * f.purchases_error[i]), 1, 0.08);
    EXPECT_LE(f.p_alive_low[i], f.p_alive[i] + 1e-12);
    EXPECT_LE(f.purchases_low[i], f.purchases[i]);
    EXPECT_GE(f.count_high[i], f.count_low[i]);
  }
}

TEST(PurchaseIntervals, DiscountedPurchasesOfTheFamily) {
  const std::vector<double> x{6}, t{20}, age{30};
  const double forever = std::numeric_limits<double>::infinity();
  NBD nbd(1);
  nbd.set({0.5, 10, 0, 1}, 1);
  EXPECT_NEAR(discounted_purchases(nbd, {x, t, age}, 0.01, forever)[0], 6.5 / 40 / 0.01, 1e-8);
  ParetoNBD pareto(1);
  pareto.set({0.55, 10.6, 0.6, 11.7});
  std::vector<double> want(1);
  pareto.discounted_purchases({x, t, age}, 0.01, forever, want);
  EXPECT_NEAR(discounted_purchases(pareto, {x, t, age}, 0.01, forever)[0] / want[0], 1, 1e-8);
  BGNBD bg(1);
  bg.set({0.5, 6, 0.9, 1.6}, 1);
  double sum = 0, before = 0;
  std::vector<double> e(1);
  for (int i = 1; i <= 2000; ++i) {  // purchases of each small step, discounted at its middle
    bg.expected_purchases({x, t, age}, 0.05 * i, e);
    sum += (e[0] - before) * std::exp(-0.02 * 0.05 * (i - 0.5));
    before = e[0];
  }
  EXPECT_NEAR(discounted_purchases(bg, {x, t, age}, 0.02, 100)[0] / sum, 1, 1e-6);
}

TEST(PurchaseIntervals, ThePopulationIsTracked) {
  const book b = simulated(true, 3000, {0.8, 6, 1.2, 40}, 5);
  ParetoNBD model(1);
  model.fit(b.rows());
  std::vector<double> born;
  for (const double a : b.age) born.push_back(std::floor(10 * (40 - a)) / 10);
  const auto path = track_population(model, born, std::vector<double>{10, 40, 60}, model.draws(10, 3), {1, 0.9});
  double seen = std::accumulate(b.x.begin(), b.x.end(), 0.0);
  EXPECT_NEAR(path[1].purchases / seen, 1, 0.05);
  EXPECT_LT(path[1].low, path[1].purchases);
  seen += std::accumulate(b.later.begin(), b.later.end(), 0.0);
  EXPECT_GE(seen, path[2].low * 0.97);
  EXPECT_LE(seen, path[2].high * 1.03);
}

TEST(PurchaseIntervals, LikelihoodRatioFindsTheDropout) {
  const auto data = support::cdnow();
  NBD nbd;
  BGNBD bg;
  nbd.fit(data.rows()), bg.fit(data.rows());
  const auto test = likelihood_ratio(nbd.result(), bg.result());
  EXPECT_NEAR(test.statistic, 2 * (9763.66 - 9582.43), 0.02);
  EXPECT_EQ(test.degrees, 2);
  EXPECT_LT(test.p_value, 1e-30);
  EXPECT_THROW(static_cast<void>(likelihood_ratio(bg.result(), nbd.result())), error);
}

TEST(Posterior, OfCdnowAgreesWithTheFit) {
  const auto data = support::cdnow();
  BGNBD model;
  model.fit(data.rows());
  const posterior p = sample_posterior(model, data.rows(), {.seed = 3});
  EXPECT_EQ(p.status.substr(0, 12), "chains agree") << p.status;
  for (std::size_t j = 0; j < 4; ++j) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < p.size(); ++i) mean += std::log(p.draw(i)[j]) / static_cast<double>(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) square += std::pow(std::log(p.draw(i)[j]) - mean, 2) / static_cast<double>(p.size());
    const double error = model.result().standard_errors[j] / model.result().params[j];
    EXPECT_NEAR(mean, std::log(model.result().params[j]), 0.7 * error) << j;
    EXPECT_NEAR(std::sqrt(square) / error, 1, 0.25) << j;
  }
  const posterior again = sample_posterior(model, data.rows(), {.seed = 3, .threads = 1});
  EXPECT_EQ(p.draws, again.draws);
}

/// Simulation-based calibration: the rank of the true parameter among draws of its posterior is uniform.
TEST(Posterior, RanksOfTheTruthAreUniform) {
  for (const bool pareto : {false, true}) {
    const log_prior prior{{0.0, 1.5, 0.0, pareto ? 3.0 : 1.0}, {0.4, 0.4, 0.4, 0.4}};
    std::array<std::array<int, 10>, 4> bins{};
    constexpr int books = 200;
    for (std::uint64_t k = 0; k < books; ++k) {
      random_stream random(8, k, 9);
      std::array<double, 4> truth{};
      for (std::size_t j = 0; j < 4; ++j) truth[j] = std::exp(random.normal(prior.mean[j], prior.deviation[j]));
      const book b = simulated(pareto, 150, truth, 50'000 + k);
      BGNBD bg(1);
      ParetoNBD pa(1);
      bg.set({1, 4, 1, 2}, 1), pa.set({1, 4, 1, 20});
      const posterior p = sample_posterior(pareto ? any_purchase(pa) : any_purchase(bg), b.rows(),
                                           {.chains = 1, .draws = 270, .warmup = 60, .seed = k, .prior = prior, .threads = 1});
      for (std::size_t j = 0; j < 4; ++j) {
        int rank = 0;  // among every third draw: nearly independent
        for (std::size_t i = 0; i < 270; i += 3) rank += p.draw(i)[j] < truth[j];
        ++bins[j][static_cast<std::size_t>(std::min(9, rank * 10 / 91))];
      }
    }
    for (std::size_t j = 0; j < 4; ++j) {
      double chi = 0;
      for (const int n : bins[j]) chi += (n - books / 10.0) * (n - books / 10.0) / (books / 10.0);
      EXPECT_LT(chi, 27.9) << pareto << j;  // P = 0.001 with 9 degrees
    }
  }
}

TEST(Posterior, CustomersAreDrawnFromTheirOwnPosterior) {
  for (const bool pareto : {false, true}) {
    BGNBD bg(1);
    ParetoNBD pa(1);
    bg.set({0.5, 6, 0.9, 1.6}, 1), pa.set({0.55, 10.6, 0.6, 11.7});
    const any_purchase model = pareto ? any_purchase(pa) : any_purchase(bg);
    std::vector<double> many;
    for (int i = 0; i < 20'000; ++i) many.insert(many.end(), model.result().params.begin(), model.result().params.end());
    const std::vector<double> x{4}, t{12}, age{30};
    const latent_draws d = draw_customers(model, {x, t, age}, many, 3);
    double alive = 0, rate = 0;
    for (std::size_t i = 0; i < d.alive.size(); ++i) alive += d.alive[i], rate += d.alive[i] ? d.rate[i] : 0;
    EXPECT_NEAR(alive / 20'000, model.alive(4, 12, 30), 0.012);
    const double shape = pareto ? 4.55 : 4.5, inverse = pareto ? 40.6 : 36;
    EXPECT_NEAR(rate / alive, shape / inverse, 0.002);
    // all states together: the rate's posterior mean by weights over a grid of rates
    double all = 0;
    for (const double r : d.rate) all += r / 20'000;
    EXPECT_GT(all, shape / inverse);  // who has left bought quicker while alive
    EXPECT_LT(all, shape / ((pareto ? 10.6 : 6) + 12));
  }
}

}  // namespace
}  // namespace guanxi::value
