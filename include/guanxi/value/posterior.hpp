#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/value/any_purchase.hpp>
#include <guanxi/value/log_prior.hpp>

namespace guanxi::value {

struct posterior_settings {
  std::size_t chains = 4;
  std::size_t draws = 1000;    // kept, a chain
  std::size_t warmup = 200;    // thrown away, a chain
  std::uint64_t seed = 0;
  log_prior prior = {};        // empty: ln of every parameter ~ N(0, 2), of alpha and beta about ln(mean age)
  unsigned threads = 0;
};

/// Draws from the exact posterior of a model's parameters.
struct posterior {
  std::vector<std::string> names;
  std::vector<double> draws;          // chain after chain, draw after draw, parameter after parameter
  std::size_t chains = 0, per_chain = 0;
  std::vector<double> r_hat, ess;     // of each log parameter
  double accepted = 0;                // share of the proposals
  std::string status;
  [[nodiscard]] std::size_t parameters() const noexcept { return names.size(); }
  [[nodiscard]] std::span<const double> draw(std::size_t i) const noexcept { return {draws.data() + i * names.size(), names.size()}; }
  [[nodiscard]] std::size_t size() const noexcept { return chains * per_chain; }
};

namespace detail {

/// Split R-hat and effective sample size of one quantity, chains of equal length.
/// Source: Gelman et al. (2013), Bayesian Data Analysis, 11.4 and 11.5 (Geyer's initial positive pairs).
inline void diagnose(const std::vector<std::vector<double>>& whole, double& r_hat, double& ess) {
  std::vector<std::vector<double>> chains;
  for (const auto& c : whole) {
    const auto half = static_cast<std::ptrdiff_t>(c.size() / 2);
    chains.emplace_back(c.begin(), c.begin() + half);
    chains.emplace_back(c.end() - half, c.end());
  }
  const auto m = static_cast<double>(chains.size()), n = static_cast<double>(chains[0].size());
  r_hat = ess = unknown;
  if (n < 4) return;
  std::vector<double> mean, variance;
  for (const auto& c : chains) {
    double s = 0, q = 0;
    for (const double v : c) s += v;
    s /= n;
    for (const double v : c) q += (v - s) * (v - s);
    mean.push_back(s), variance.push_back(q / (n - 1));
  }
  double grand = 0, between = 0, within = 0;
  for (const double v : mean) grand += v / m;
  for (const double v : mean) between += (v - grand) * (v - grand) * n / (m - 1);
  for (const double v : variance) within += v / m;
  const double total = (n - 1) / n * within + between / n;
  if (!(within > 0)) return;
  r_hat = std::sqrt(total / within);
  double sum = 0, last = std::numeric_limits<double>::infinity();
  const auto rho = [&](std::size_t lag) {
    double v = 0;
    for (std::size_t c = 0; c < chains.size(); ++c)
      for (std::size_t i = lag; i < chains[c].size(); ++i) v += (chains[c][i] - mean[c]) * (chains[c][i - lag] - mean[c]) / (n * m);
    return 1 - (within - v) / total;
  };
  for (std::size_t lag = 0; lag + 1 < chains[0].size(); lag += 2) {
    double pair = rho(lag) + rho(lag + 1);
    if (pair < 0) break;
    pair = std::min(pair, last);  // made monotone
    last = pair;
    sum += pair;
  }
  ess = std::min(m * n / std::max(2 * sum - 1, 1e-3), m * n * std::log10(m * n));
}

template <std::size_t N>
struct posterior_target {
  any_purchase model;
  const row_groups& groups;
  const log_prior& prior;

  /// Log density alone.
  [[nodiscard]] double value(const std::array<double, N>& theta) const {
    if constexpr (N == 4)
      if (model.is_pareto()) {
        pareto_likelihood f(groups);
        return f.value(std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2]), std::exp(theta[3])) + prior.value(theta);
      }
    return (*this)(theta).value;
  }
  [[nodiscard]] local<N> operator()(const std::array<double, N>& theta) const {
    std::array<double, 4> p{1, 1, 0, 1};
    std::array<double, N> here{};
    for (std::size_t i = 0; i < N; ++i) here[i] = p[i] = std::exp(theta[i]);
    local<4> all;
    if (model.is_pareto()) {
      pareto_likelihood f(groups);
      all = f(p[0], p[1], p[2], p[3]);
    } else {
      purchase_likelihood f(groups, model.story());
      all = f(p[0], p[1], p[2], p[3]);
    }
    local<N> out;
    out.value = all.value;
    for (std::size_t i = 0; i < N; ++i) {
      out.gradient[i] = all.gradient[i];
      for (std::size_t j = 0; j < N; ++j) out.hessian[i][j] = all.hessian[i][j];
    }
    to_logs(out, here);
    prior.add(out, theta);
    return out;
  }
};

/// Metropolis and Hastings by turns: an independent proposal from a t law about the mode, and a random step.
template <std::size_t N>
void sample_posterior(posterior& out, const posterior_target<N>& target, const std::array<double, N>& start, const posterior_settings& s) {
  const optimum<N> mode = maximise<N>(target, start, -20.0, 20.0);
  // root of the covariance: inverse of the matrix of second derivatives at the mode
  std::array<std::array<double, N>, N> a{}, root{};
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = 0; j < N; ++j) a[i][j] = -mode.here.hessian[i][j];
  std::array<std::array<double, N>, N> cov{};
  for (double jitter = 0;; jitter = jitter == 0 ? 1e-8 : jitter * 10) {
    bool good = true;
    auto held = a;
    for (std::size_t i = 0; i < N; ++i) held[i][i] += jitter * (1 + std::fabs(a[i][i]));
    for (std::size_t j = 0; j < N && good; ++j) {
      std::array<double, N> e{}, column{};
      e[j] = 1;
      good = solve(held, e, column);
      for (std::size_t i = 0; i < N; ++i) cov[i][j] = column[i];
    }
    if (good || jitter > 1e6) break;
  }
  for (std::size_t j = 0; j < N; ++j) {
    double d = cov[j][j];
    for (std::size_t k = 0; k < j; ++k) d -= root[j][k] * root[j][k];
    root[j][j] = std::sqrt(std::max(d, 1e-12));
    for (std::size_t i = j + 1; i < N; ++i) {
      double c = cov[i][j];
      for (std::size_t k = 0; k < j; ++k) c -= root[i][k] * root[j][k];
      root[i][j] = c / root[j][j];
    }
  }
  constexpr double degrees = 6, widen = 1.15;
  const auto t_density = [&](const std::array<double, N>& theta) {  // log, less a constant
    std::array<double, N> z{};
    double square = 0;
    for (std::size_t i = 0; i < N; ++i) {
      double v = (theta[i] - mode.at[i]) / widen;
      for (std::size_t k = 0; k < i; ++k) v -= root[i][k] * z[k];
      z[i] = v / root[i][i];
      square += z[i] * z[i];
    }
    return -0.5 * (degrees + N) * std::log1p(square / degrees);
  };
  const auto shift = [&](random_stream& random, const std::array<double, N>& from, double scale) {
    std::array<double, N> z{}, to = from;
    for (double& v : z) v = random.normal();
    for (std::size_t i = 0; i < N; ++i)
      for (std::size_t k = 0; k <= i; ++k) to[i] += scale * root[i][k] * z[k];
    return to;
  };
  const auto value = [&](const std::array<double, N>& theta) {
    for (const double v : theta)
      if (!(std::fabs(v) < 25)) return -std::numeric_limits<double>::infinity();
    return target.value(theta);
  };
  const std::size_t inner = target.model.is_pareto() ? 2 : 1;  // updates a draw: the ridge of Pareto/NBD is walked slowly
  out.chains = s.chains, out.per_chain = s.draws;
  out.draws.resize(s.chains * s.draws * N);
  std::vector<std::vector<std::vector<double>>> kept(N, std::vector<std::vector<double>>(s.chains));
  std::vector<double> accepted(s.chains, 0.0);
  for (auto& one : kept)
    for (auto& chain : one) chain.resize(s.draws);
  parallel_blocks(
      s.chains, 1,
      [&](std::size_t c, std::size_t, std::size_t) {
        random_stream random(s.seed, c, 4);
        const auto proposal = [&] {
          const double tail = std::sqrt(degrees / (2 * random.gamma(degrees / 2)));
          return shift(random, mode.at, widen * tail);
        };
        std::array<double, N> at = proposal();
        double here = value(at), here_t = t_density(at), scale = 2.38 / std::sqrt(static_cast<double>(N));
        for (int again = 0; again < 50 && !std::isfinite(here); ++again) at = proposal(), here = value(at), here_t = t_density(at);
        for (std::size_t step = 0; step < (s.warmup + s.draws) * inner; ++step) {
          const std::size_t i = step / inner;
          const bool independent = step % 3 != 2;
          const std::array<double, N> to = independent ? proposal() : shift(random, at, scale);
          const double there = value(to), there_t = t_density(to);
          const double odds = there - here + (independent ? here_t - there_t : 0.0);
          const bool take = std::log(random.uniform()) < odds;
          if (!independent && i < s.warmup) scale *= take ? 1.25 : 0.93;
          if (take) at = to, here = there, here_t = there_t;
          if (i < s.warmup) continue;
          accepted[c] += take / static_cast<double>(inner);
          if (step % inner != inner - 1) continue;
          for (std::size_t j = 0; j < N; ++j) {
            kept[j][c][i - s.warmup] = at[j];
            out.draws[(c * s.draws + i - s.warmup) * N + j] = std::exp(at[j]);
          }
        }
      },
      s.threads);
  out.accepted = 0;
  for (const double v : accepted) out.accepted += v / static_cast<double>(s.chains * s.draws);
  out.r_hat.resize(N), out.ess.resize(N);
  for (std::size_t j = 0; j < N; ++j) diagnose(kept[j], out.r_hat[j], out.ess[j]);
  const double worst = *std::max_element(out.r_hat.begin(), out.r_hat.end()), least = *std::min_element(out.ess.begin(), out.ess.end());
  if (worst < 1.01 && least > 400)
    out.status = "chains agree: R-hat " + text(worst, 4) + ", at least " + text(least, 0) + " independent draws";
  else
    out.status = "do not rely on it yet: R-hat " + text(worst, 4) + ", " + text(least, 0) + " independent draws; take more draws or a narrower prior";
}

}  // namespace detail

/// Draws from the posterior of a purchase model's parameters.
///
/// Takes   model: which kind (a fitted one also tells k); rows: the customers.
/// Gives   draws with R-hat and effective sample size; the status says whether the chains agree. Same seed, same draws for
///         any number of threads.
/// Costs   one pass over the grouped rows a draw: CDNOW, 4 x 1,200: 0.1 s for BG/NBD, 2 s for Pareto/NBD on one core.
/// Source  Tierney (1994): independence chain from a t law at the mode, mixed with random steps; checked by simulation-based
///         calibration (Talts et al. 2018).
[[nodiscard]] inline posterior sample_posterior(const any_purchase& model, const customer_rows& rows, posterior_settings s = {}) {
  check(rows, model.name());
  if (s.chains < 1 || s.draws < 8 || s.chains > 1000 || s.draws > 10'000'000)
    throw error(errc::out_of_domain, model.name() + ": 'chains' and 'draws' are " + std::to_string(s.chains) + " and " +
                                         std::to_string(s.draws) + "; at least 1 and 8 are wanted");
  const std::size_t n = model.parameters();
  const row_groups groups = group(rows);
  double exposure = 0;
  for (std::size_t i = 0; i < groups.times.size(); ++i) exposure += groups.age_weight[i] * groups.times[i];
  const double age = std::log(std::max(exposure / std::max(groups.customers, 1e-300), 1e-12));
  if (s.prior.mean.empty()) {
    s.prior.mean.assign(n, 0.0);
    s.prior.deviation.assign(n, 2.0);
    s.prior.mean[1] = age;
    if (model.is_pareto()) s.prior.mean[3] = age;
  }
  s.prior.check(model.name(), n);
  posterior out;
  out.names = model.result().names;
  std::vector<double> start;
  for (std::size_t i = 0; i < n; ++i) {
    const double fitted = std::log(model.result().params[i]);
    start.push_back(std::isfinite(fitted) && std::fabs(fitted - s.prior.mean[i]) < 3 * s.prior.deviation[i] ? fitted : s.prior.mean[i]);
  }
  if (n == 2)
    detail::sample_posterior<2>(out, {model, groups, s.prior}, {start[0], start[1]}, s);
  else
    detail::sample_posterior<4>(out, {model, groups, s.prior}, {start[0], start[1], start[2], start[3]}, s);
  return out;
}

/// Latent state of customers, one a draw of the parameters: whether still alive, and the rate of purchases.
struct latent_draws {
  std::vector<std::uint8_t> alive;  // customer after customer, draw after draw
  std::vector<double> rate;         // purchases a unit of time while alive
};

/// Draws each customer's latent rate and alive state, given the parameters of each draw and the customer's history.
///
/// Costs   about 100 ns a customer and draw (Pareto 1 us where the customer has left: the time of leaving is inverted).
[[nodiscard]] inline latent_draws draw_customers(const any_purchase& model, const customer_rows& rows, std::span<const double> draws,
                                                 std::uint64_t seed, unsigned threads = 0) {
  check(rows, model.name());
  const std::size_t wide = model.parameters();
  if (draws.empty() || draws.size() % wide != 0)
    throw error(errc::size_mismatch, model.name() + ": 'draws' has " + std::to_string(draws.size()) + " entries; rows of " + std::to_string(wide) + " parameters are wanted");
  const std::size_t n_draws = draws.size() / wide;
  std::vector<any_purchase> at;
  for (std::size_t d = 0; d < n_draws; ++d) at.push_back(model.with(draws.subspan(d * wide, wide)));
  latent_draws out;
  out.alive.resize(rows.size() * n_draws);
  out.rate.resize(rows.size() * n_draws);
  parallel_blocks(
      rows.size(), 256,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> weight;
        for (std::size_t i = begin; i < end; ++i) {
          const double x = rows.frequency[i], t = rows.recency[i], age = rows.age[i];
          random_stream random(seed, i, 5);
          for (std::size_t d = 0; d < n_draws; ++d) {
            const bool lives = random.uniform() < at[d].alive(x, t, age);
            out.alive[i * n_draws + d] = lives;
            double rate;
            if (model.is_pareto()) {
              const pareto_parameters& q = at[d].pareto();
              double until = age;
              if (!lives) {  // time of leaving: its distribution function is the integral up to it
                const bool alpha_first = q.alpha <= q.beta;
                const double small = (alpha_first ? q.alpha : q.beta) + t, large = (alpha_first ? q.beta : q.alpha) + t;
                const double p = alpha_first ? q.r + x : q.s + 1, e = alpha_first ? q.s + 1 : q.r + x, span = std::log1p((age - t) / small);
                const double wanted = random.uniform() * detail::leaving_of<false>(span, std::exp(span), p, e, small / large).one;
                double low = 0, high = span;
                for (int step = 0; step < 45; ++step) {
                  const double middle = 0.5 * (low + high);
                  (detail::leaving_of<false>(middle, std::exp(middle), p, e, small / large).one < wanted ? low : high) = middle;
                }
                until = t + small * std::expm1(low);
              }
              rate = random.gamma(q.r + x) / (q.alpha + until);
            } else {
              const purchase_parameters& p = at[d].family();
              const unsigned k = model.story().stages;
              double count = p.r + k * x;
              if (lives && k > 1) {
                weight.assign(1, 1.0);
                for (unsigned j = 1; j < k; ++j) weight.push_back(weight.back() * (age - t) / (p.alpha + age) * (count + j - 1) / j);
                count += static_cast<double>(random.categorical(weight));
              }
              rate = random.gamma(count) / (p.alpha + (lives ? age : t)) / k;
            }
            out.rate[i * n_draws + d] = rate;
          }
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::value
