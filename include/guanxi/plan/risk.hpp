#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/plan/allocate.hpp>

namespace guanxi::plan {

/// A cause that moves all accounts of a group alike: a country, a currency, a product line.
struct common_factor {
  std::span<const std::uint32_t> group;  // one entry an account
  double sd = 0.0;                       // of the log
};

/// Draws of gains around their means: mean_row exp(sum of the account's common factors + its own noise - variance / 2).
///
/// Accounts that are independent diversify away; without common factors risk changes no plan.
/// Takes   start, mean: the book's; factors; own_sd: log sd of each account's own noise, or empty; draws S; seed.
/// Gives   rows x S, row-major, whose mean over draws is near `mean`.
/// Fails   errc::size_mismatch.
/// Costs   one normal an account and draw; 4 bytes a row and draw. Same bits for any number of threads.
[[nodiscard]] inline std::vector<float> common_draws(std::span<const std::uint64_t> start, std::span<const double> mean,
                                                     std::span<const common_factor> factors,
                                                     std::span<const double> own_sd, std::size_t draws,
                                                     std::uint64_t seed = 0, unsigned threads = 0) {
  const std::size_t n = start.empty() ? 0 : start.size() - 1;
  for (const common_factor& f : factors)
    if (f.group.size() != n)
      throw error(errc::size_mismatch, "plan::common_draws: a factor has " + std::to_string(f.group.size()) +
                                           " entries, the book has " + std::to_string(n) + " accounts");
  if (!own_sd.empty() && own_sd.size() != n)
    throw error(errc::size_mismatch, "plan::common_draws: 'own_sd' has " + std::to_string(own_sd.size()) +
                                         " entries, the book has " + std::to_string(n) + " accounts");
  std::vector<std::vector<double>> shared;  // per factor: groups x draws
  for (std::size_t f = 0; f < factors.size(); ++f) {
    std::uint32_t groups = 0;
    for (const std::uint32_t g : factors[f].group) groups = std::max(groups, g + 1);
    std::vector<double> one(groups * draws);
    for (std::uint32_t g = 0; g < groups; ++g) {
      random_stream random(seed, g, static_cast<std::uint32_t>(f + 1));
      for (std::size_t w = 0; w < draws; ++w) one[g * draws + w] = factors[f].sd * random.normal();
    }
    shared.push_back(std::move(one));
  }
  std::vector<float> out(mean.size() * draws);
  parallel_blocks(
      n, 256,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> times(draws);
        for (std::size_t i = begin; i < end; ++i) {
          random_stream random(seed, i, 0);
          const double own = own_sd.empty() ? 0.0 : own_sd[i];
          double variance = own * own;
          for (const common_factor& f : factors) variance += f.sd * f.sd;
          for (std::size_t w = 0; w < draws; ++w) {
            double sum = own > 0.0 ? own * random.normal() : 0.0;
            for (std::size_t f = 0; f < factors.size(); ++f) sum += shared[f][factors[f].group[i] * draws + w];
            times[w] = std::exp(sum - 0.5 * variance);
          }
          for (std::uint64_t r = start[i]; r < start[i + 1]; ++r)
            for (std::size_t w = 0; w < draws; ++w) out[r * draws + w] = static_cast<float>(mean[r] * times[w]);
        }
      },
      threads);
  return out;
}

/// Settings of plan::allocate_at_risk.
struct risk_settings {
  double risk = 0.5;       // 0: the mean alone, 1: the tail alone
  double tail = 0.1;       // part of the draws that counts as the tail, worst first
  double tolerance = 1e-4; // relative gap at which the search stops
  std::size_t rounds = 20;
  std::span<const std::uint32_t> against = {};  // levels, one an account: the tail is that of the gain beyond this plan
};

/// A plan that is good on average and in its bad draws.
struct risk_plan {
  allocation chosen;           // value, bound and gap are those of the objective
  double mean = 0.0;           // of the plan's total over the draws
  double cvar = 0.0;           // mean of its worst draws (of what it gains beyond `against`, where given)
  std::vector<double> total;   // S: the plan's total in every draw
  std::vector<double> chance;  // per account: that its gain exceeds its cost at the prices
  std::vector<interval> gain;  // per account: of its gain, 5 to 95 %
  std::size_t rounds = 0;
};

namespace risk_detail {

/// Weights of the draws in the mean of the worst `tail` of them: 1/(S tail) each, a part at the edge.
inline void worst(std::span<const double> total, double tail, std::vector<double>& q) {
  const std::size_t s = total.size();
  std::vector<std::size_t> order(s);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return total[a] < total[b]; });
  const double most = 1.0 / (static_cast<double>(s) * tail);
  double left = 1.0;
  q.assign(s, 0.0);
  for (const std::size_t w : order) {
    q[w] = std::min(most, left);
    left -= q[w];
    if (left <= 0.0) break;
  }
}

/// Nearest point with 0 <= q <= most and sum 1.
inline void project(std::vector<double>& q, double most) {
  double low = *std::min_element(q.begin(), q.end()) - most - 1.0, high = *std::max_element(q.begin(), q.end()) + 1.0;
  for (std::size_t step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    double sum = 0.0;
    for (const double x : q) sum += std::clamp(x - middle, 0.0, most);
    (sum > 1.0 ? low : high) = middle;
  }
  double sum = 0.0;
  for (double& x : q) sum += x = std::clamp(x - high, 0.0, most);
  if (sum > 0.0)
    for (double& x : q) x = std::min(most, x / sum);
}

/// Plans met on the way: part of the mean, totals by draw.
struct met {
  double constant;
  std::vector<double> total;
};

/// Next weights: least of the highest plane, held near `center`. Accelerated steps on the mix of planes.
inline std::vector<double> next_weights(const std::vector<met>& planes, double risk, const std::vector<double>& center,
                                        double tau, double most) {
  const std::size_t m = planes.size(), s = center.size();
  std::vector<double> mix(m, 1.0 / static_cast<double>(m)), ahead = mix, before = mix, q(s), slope(m);
  double norm = 0.0;
  std::vector<std::vector<double>> z(m, std::vector<double>(s));
  for (std::size_t k = 0; k < m; ++k) {
    const double mean = std::accumulate(planes[k].total.begin(), planes[k].total.end(), 0.0) / static_cast<double>(s);
    double square = 0.0;
    for (std::size_t w = 0; w < s; ++w) {
      z[k][w] = planes[k].total[w] - mean;
      square += z[k][w] * z[k][w];
    }
    norm += square;
  }
  const double rate = 1.0 / std::max(tau * risk * risk * norm, 1e-300);
  double t = 1.0;
  const auto weights = [&](const std::vector<double>& x) {
    q = center;
    for (std::size_t k = 0; k < m; ++k)
      if (x[k] != 0.0)
        for (std::size_t w = 0; w < s; ++w) q[w] -= tau * risk * x[k] * z[k][w];
    project(q, most);
  };
  for (std::size_t step = 0; step < 200; ++step) {
    weights(ahead);
    for (std::size_t k = 0; k < m; ++k) {
      slope[k] = planes[k].constant;
      for (std::size_t w = 0; w < s; ++w) slope[k] += risk * planes[k].total[w] * q[w];
    }
    before = mix;
    for (std::size_t k = 0; k < m; ++k) mix[k] = ahead[k] + rate * slope[k];
    project(mix, 1.0);
    const double next = 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * t * t));
    for (std::size_t k = 0; k < m; ++k) ahead[k] = mix[k] + (t - 1.0) / next * (mix[k] - before[k]);
    t = next;
  }
  weights(mix);
  return q;
}

}  // namespace risk_detail

/// One level for every account, good on average and in the worst draws: max (1 - risk) mean + risk CVaR_tail of the total.
///
/// With `against`, say last year's plan, the tail is that of the total less what that plan gains in the same draw: a plan
/// that could lose to it in plausible draws pays for that. At risk 1 the mean of the worst such differences is as large as it
/// can be, and never below 0 where that plan keeps the budgets: staying with it is always open.
///
/// Takes   b: the options (its values are not read: the mean is that of the draws); draws: rows x S, row-major, float or
///         double; the worst `tail` part of S counts.
/// Gives   the plan with its mean and CVaR, the chance that each gain exceeds its cost, and a certified bound of the
///         objective: for any weights q of the draws the plan at v = (1 - risk) mean + risk q'g bounds every plan.
/// Fails   as allocate; errc::size_mismatch for draws; errc::out_of_domain for risk or tail.
/// Costs   one read of the draws and one warm allocate a round, at most `rounds`. Same bits for any number of threads.
/// Source  Rockafellar and Uryasev (2000), J. Risk 2, 21-41; weights by a proximal bundle, Kiwiel (1990), Math. Programming
///         46, 105-122.
template <class Real>
[[nodiscard]] risk_plan allocate_at_risk(const book& b, std::span<const double> budget, std::span<const Real> draws,
                                         const settings& set = {}, const risk_settings& how = {}) {
  const std::size_t rows = b.value.size(), s = rows == 0 ? 0 : draws.size() / rows;
  if (rows > 0 && (s == 0 || draws.size() != s * rows))
    throw error(errc::size_mismatch, "plan::allocate_at_risk: 'draws' has " + std::to_string(draws.size()) +
                                         " entries, wanted a multiple of the " + std::to_string(rows) + " rows");
  if (!(how.risk >= 0.0 && how.risk <= 1.0))
    throw error(errc::out_of_domain, "plan::allocate_at_risk: 'risk' is " + std::to_string(how.risk) + ", wanted 0 to 1");
  if (!(how.tail > 0.0 && how.tail <= 1.0))
    throw error(errc::out_of_domain,
                "plan::allocate_at_risk: 'tail' is " + std::to_string(how.tail) + ", wanted above 0 and at most 1");
  risk_plan out;
  const std::size_t n = b.accounts();
  const double most = s > 0 ? std::max(1.0, 1.0 / how.tail) / static_cast<double>(s) : 1.0;
  std::vector<double> mean(rows), value(rows), center(s, s > 0 ? 1.0 / static_cast<double>(s) : 0.0), q = center, tail;
  const auto weigh = [&](const std::vector<double>& by, double keep, double take) {  // value = keep mean + take by'g
    parallel_blocks(
        rows, 2048,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t r = begin; r < end; ++r) {
            const Real* g = draws.data() + r * s;
            std::array<double, 8> sum{};
            std::size_t w = 0;
            for (; w + 8 <= s; w += 8)
              for (std::size_t j = 0; j < 8; ++j) sum[j] += by[w + j] * static_cast<double>(g[w + j]);
            for (; w < s; ++w) sum[0] += by[w] * static_cast<double>(g[w]);
            const double all = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
            value[r] = keep * mean[r] + take * all;
          }
        },
        set.threads);
  };
  weigh(center, 0.0, 1.0);
  mean = value;
  if (!how.against.empty() && how.against.size() != n)
    throw error(errc::size_mismatch, "plan::allocate_at_risk: 'against' has " + std::to_string(how.against.size()) +
                                         " entries, the book has " + std::to_string(n) + " accounts");
  for (std::size_t i = 0; i < how.against.size(); ++i)
    if (how.against[i] >= b.levels(i))
      throw error(errc::unknown_name, "plan::allocate_at_risk: 'against' names level " + std::to_string(how.against[i]) +
                                          " of account " + std::to_string(i) + ", which has " + std::to_string(b.levels(i)));
  book at = b;
  at.value = value;
  settings inner = set;
  if (!how.against.empty()) inner.present = how.against;
  std::vector<risk_detail::met> planes;
  const auto totals = [&](const std::vector<std::uint32_t>& level) {
    const std::size_t blocks = (n + 2047) / 2048;
    std::vector<std::vector<double>> parts(blocks, std::vector<double>(s, 0.0));
    parallel_blocks(
        n, 2048,
        [&](std::size_t begin, std::size_t end, std::size_t number) {
          for (std::size_t i = begin; i < end; ++i) {
            const Real* g = draws.data() + (b.start[i] + level[i]) * s;
            for (std::size_t w = 0; w < s; ++w) parts[number][w] += static_cast<double>(g[w]);
          }
        },
        set.threads);
    std::vector<double> total(s, 0.0);
    for (const auto& part : parts)
      for (std::size_t w = 0; w < s; ++w) total[w] += part[w];
    return total;
  };
  std::vector<double> base(s, 0.0);  // what the plan to be measured against gains in each draw
  if (!how.against.empty()) base = totals({how.against.begin(), how.against.end()});
  double bound = std::numeric_limits<double>::infinity(), best = -bound, height = bound, tau = 0.0;
  const auto score = [&](allocation&& plan, std::vector<double>&& total) {
    const double average = s == 0 ? 0.0 : std::accumulate(total.begin(), total.end(), 0.0) / static_cast<double>(s);
    std::vector<double> beyond(total);
    for (std::size_t w = 0; w < s; ++w) beyond[w] -= base[w];
    risk_detail::worst(beyond, how.tail, tail);
    double bad = 0.0;
    for (std::size_t w = 0; w < s; ++w) bad += tail[w] * beyond[w];
    const double objective = (1.0 - how.risk) * average + how.risk * bad;
    planes.push_back({(1.0 - how.risk) * average, std::move(beyond)});
    if (objective > best) {
      best = objective;
      out.mean = average;
      out.cvar = bad;
      out.total = std::move(total);
      out.chosen = std::move(plan);
    }
  };
  for (std::size_t round = 0; round < std::max<std::size_t>(1, how.rounds); ++round) {
    ++out.rounds;
    if (round > 0) weigh(q, 1.0 - how.risk, how.risk);
    allocation plan = allocate(at, budget, inner);
    if (!plan.failing.empty()) {
      out.chosen = std::move(plan);
      return out;
    }
    inner.start_prices.assign(plan.prices.begin(), plan.prices.end());
    inner.start_prices.insert(inner.start_prices.end(), plan.limit_prices.begin(), plan.limit_prices.end());
    const std::vector<double>& by = round == 0 ? center : q;  // the first plan is that of the mean
    double here = plan.bound;
    for (std::size_t w = 0; w < s; ++w) here -= how.risk * by[w] * base[w];
    bound = std::min(bound, here);
    std::vector<double> total = totals(plan.level);
    score(std::move(plan), std::move(total));
    if (s == 0 || how.risk == 0.0 || how.tail == 1.0 || bound - best <= how.tolerance * std::abs(bound)) break;
    if (here < height) {  // the weights are better than those at the center
      height = here;
      center = q;
      tau *= 2.0;
    } else {
      tau *= 0.5;
    }
    if (round == 0) {
      double square = 0.0;
      const std::vector<double>& first = planes[0].total;
      const double average = std::accumulate(first.begin(), first.end(), 0.0) / static_cast<double>(s);
      for (const double x : first) square += (x - average) * (x - average);
      tau = 1.0 / (std::sqrt(static_cast<double>(s) * how.tail) * how.risk * std::sqrt(std::max(square, 1e-300)));
      q = tail;  // the worst draws of the first plan
    } else {
      q = risk_detail::next_weights(planes, how.risk, center, tau, most);
    }
  }
  if (!how.against.empty() && how.risk > 0.0) {  // staying with it is always open
    settings stay = set;
    for (std::size_t i = 0; i < n; ++i) stay.pins.push_back({static_cast<std::uint32_t>(i), how.against[i]});
    const double average = s == 0 ? 0.0 : std::accumulate(base.begin(), base.end(), 0.0) / static_cast<double>(s);
    if ((1.0 - how.risk) * average > best)
      if (allocation kept = allocate(at, budget, stay); kept.failing.empty()) {
        kept.prices = out.chosen.prices, kept.limit_prices = out.chosen.limit_prices;
        score(std::move(kept), std::vector<double>(base));
      }
  }
  out.chosen.value = best;
  out.chosen.bound = std::max(bound, best);
  out.chosen.gap = out.chosen.bound == best ? 0.0 : (out.chosen.bound - best) / std::abs(out.chosen.bound);
  out.chosen.status = out.chosen.gap <= 1e-12 ? "optimal" : std::string("within ").append(detail::gap_text(out.chosen.gap));
  out.chance.assign(n, unknown);
  out.gain.resize(n);
  parallel_blocks(
      n, 512,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> sorted(s);
        for (std::size_t i = begin; i < end; ++i) {
          const std::uint64_t r = b.start[i] + out.chosen.level[i];
          double cost = 0.0;
          for (std::size_t k = 0; k < b.budgets; ++k) cost += out.chosen.prices[k] * b.cost[r * b.budgets + k];
          std::size_t above = 0;
          for (std::size_t w = 0; w < s; ++w) {
            sorted[w] = static_cast<double>(draws[r * s + w]);
            above += sorted[w] > cost;
          }
          out.chance[i] = static_cast<double>(above) / static_cast<double>(s);
          const auto place = [&](double p) {
            const auto it = sorted.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(s - 1) + 0.5);
            std::nth_element(sorted.begin(), it, sorted.end());
            return *it;
          };
          out.gain[i] = {place(0.05), place(0.95)};
        }
      },
      set.threads);
  return out;
}

}  // namespace guanxi::plan
