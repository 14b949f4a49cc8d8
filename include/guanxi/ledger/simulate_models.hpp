#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/ledger/simulate_world.hpp>

namespace guanxi::ledger {

/// A purchase model to draw customers from; time in any one unit.
///
/// leaving none: NBD (k = 1) or CNBD-k; beta_geometric: BG/NBD, with at_zero MBG/NBD (a customer may leave right after
/// the first purchase), with k > 1 (M)BG/CNBD-k; exponential: Pareto/NBD (a, b unused; s, beta used).
struct model_settings {
  double r = 0.25, alpha = 4.5;  // rates of stages: gamma of shape r and rate alpha; a gap has k stages
  std::uint32_t k = 1;
  dropout leaving = dropout::beta_geometric;
  double a = 0.8, b = 2.5;      // Beta(a, b) chance to leave after a purchase
  double s = 0.6, beta = 12.0;  // hazards: gamma of shape s and rate beta
  bool at_zero = false;
  double horizon = 0.0;  // length of the time after `age` whose purchases are counted in `future`
  std::uint64_t seed = 7;
  unsigned threads = 0;
};

/// Summaries of drawn customers, as the models want them, and the truth behind each.
struct model_book {
  std::vector<double> frequency, recency, age;  // repeat purchases in (0, age], time of the last, length of observation
  std::vector<double> future;                   // purchases in (age, age + horizon]
  std::vector<double> rate;                     // stages a unit of time
  std::vector<std::uint8_t> alive;              // at age
};

/// Draws one customer for every age; the first purchase is at time 0 and is not counted.
///
/// Takes   ages > 0, one a customer. Gives the columns above, customer by customer the same for any number of threads.
/// Fails   errc::out_of_domain naming the parameter.
/// Costs   about 30 ns a purchase.
/// Source  Ehrenberg (1959); Schmittlein, Morrison and Colombo (1987); Fader, Hardie and Lee (2005); Batislam, Denizel
///         and Filiztekin (2007); Platzer and Reutterer (2016) for regular gaps.
[[nodiscard]] inline model_book simulate_model(const model_settings& m, std::span<const double> age) {
  const auto want = [](bool good, const char* name, double value) {
    if (!good)
      throw error(errc::out_of_domain, std::string("simulate_model: '") + name + "' is " + std::to_string(value) +
                                           ", it must be above 0 and finite");
  };
  const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
  want(positive(m.r), "r", m.r);
  want(positive(m.alpha), "alpha", m.alpha);
  want(m.k >= 1, "k", m.k);
  if (m.leaving == dropout::beta_geometric) {
    want(positive(m.a), "a", m.a);
    want(positive(m.b), "b", m.b);
  } else if (m.leaving == dropout::exponential) {
    want(positive(m.s), "s", m.s);
    want(positive(m.beta), "beta", m.beta);
  }
  if (!(m.horizon >= 0 && std::isfinite(m.horizon)))
    throw error(errc::out_of_domain,
                "simulate_model: 'horizon' is " + std::to_string(m.horizon) + ", it must be at least 0 and finite");
  for (const double t : age) want(positive(t), "age", t);

  const std::size_t n = age.size();
  model_book book;
  book.age.assign(age.begin(), age.end());
  for (auto* column : {&book.frequency, &book.recency, &book.future, &book.rate}) column->resize(n);
  book.alive.resize(n);
  parallel_blocks(
      n, 4096,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          random_stream draw(m.seed, i);
          const double rate = draw.gamma(m.r, m.alpha);
          const double chance = m.leaving == dropout::beta_geometric ? draw.beta(m.a, m.b) : 0.0;
          double dies = std::numeric_limits<double>::infinity();
          if (m.leaving == dropout::exponential) dies = draw.exponential() / draw.gamma(m.s, m.beta);
          if (m.leaving == dropout::beta_geometric && m.at_zero && draw.uniform() < chance) dies = 0.0;
          const double last = age[i] + m.horizon;
          double t = 0.0;
          book.rate[i] = rate;
          while (t < dies) {
            double gap = 0.0;
            for (std::uint32_t stage = 0; stage < m.k; ++stage) gap += draw.exponential() / rate;
            t += gap;
            if (!(t <= last && t < dies)) break;
            if (t <= age[i]) {
              book.frequency[i] += 1.0;
              book.recency[i] = t;
            } else {
              book.future[i] += 1.0;
            }
            if (m.leaving == dropout::beta_geometric && draw.uniform() < chance) dies = t;
          }
          book.alive[i] = dies > age[i];
        }
      },
      m.threads);
  return book;
}

/// Mean spend of customers from the gamma-gamma model: rates nu ~ gamma(q, gamma), each purchase gamma(p, nu).
///
/// Takes   purchases: number of spends behind each mean (0 gives NaN: unknown). Gives the mean spend of each customer.
/// Source  Fader, Hardie and Lee (2005), JMR 42, 415-430; Fader and Hardie (2013), note 025.
[[nodiscard]] inline std::vector<double> simulate_spend(double p, double q, double gamma,
                                                        std::span<const double> purchases, std::uint64_t seed = 7) {
  std::vector<double> mean(purchases.size());
  for (std::size_t i = 0; i < mean.size(); ++i) {
    random_stream draw(seed, i, 1);
    const double nu = draw.gamma(q, gamma);
    mean[i] =
        purchases[i] > 0 ? draw.gamma(p * purchases[i], nu * purchases[i]) : std::numeric_limits<double>::quiet_NaN();
  }
  return mean;
}

}  // namespace guanxi::ledger
