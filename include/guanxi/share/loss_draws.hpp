#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/loss_split.hpp>
#include <guanxi/share/posterior_concentration.hpp>

namespace guanxi::share {

/// A wallet that is known with error: the middle and the ends of an interval. low = high = middle: exact.
struct wallet_interval {
  std::span<const double> middle, low, high;
};

/// The split with intervals, customer by customer. In every draw the three parts add up to `change`.
struct loss_draw_columns {
  std::vector<double> change;
  struct part {
    std::vector<double> mean, low, high;
  } rivals, size, market;
  std::vector<double> p_rivals;  // P(rivals took some: their part is below 0)
};

namespace detail {

/// What is above our own sales is lognormal with the given middle and ends.
struct wallet_law {
  double own = 0.0, log_middle = 0.0, log_low = 0.0, log_high = 0.0;  // logs of the rest; sds on either side
  bool exact = true, known = true;
  double middle = 0.0;

  wallet_law(double own_sales, double m, double low, double high, double z) : own(own_sales), middle(m) {
    known = m >= 0;
    if (!known) return;
    exact = !(high > low) || !(m > own);
    if (exact) return;
    const double floor = 1e-9 * m;
    log_middle = std::log(std::max(m - own, floor));
    log_low = (log_middle - std::log(std::max(low - own, floor))) / z;
    log_high = (std::log(std::max(high - own, floor)) - log_middle) / z;
    log_low = std::clamp(log_low, 0.0, 3.0);
    log_high = std::clamp(log_high, 0.0, 3.0);
  }
  [[nodiscard]] double draw(double normal) const {
    return exact ? middle : own + std::exp(log_middle + normal * (normal < 0 ? log_low : log_high));
  }
};

/// Sales = share x size x market, each part its mean over the six orders; market is what is left, so that they add up.
inline std::array<double, 3> split_one(double own0, double own1, double w0, double w1, double market0, double market1) {
  const double s1 = w1 > 0 ? own1 / w1 : w0 > 0 ? own0 / w0 : 0.0, s0 = w0 > 0 ? own0 / w0 : s1;
  const auto part = [](double a0, double a1, double b0, double b1, double c0, double c1) {
    return (a1 - a0) * ((b0 * c0 + b1 * c1) / 3.0 + (b0 * c1 + b1 * c0) / 6.0);
  };
  const double z0 = w0 / market0, z1 = w1 / market1;
  const double rivals = part(s0, s1, z0, z1, market0, market1), size = part(z0, z1, s0, s1, market0, market1);
  return {rivals, size, own1 - own0 - rivals - size};
}

}  // namespace detail

/// loss_split when the wallets are known with error: who took it, with an interval and a probability.
///
/// Takes   own sales of every customer before and now (exact, >= 0); wallets with intervals of probability `level`, NaN =
///         not known; draws >= 2; seed. The error of a customer's two wallets is drawn with correlation `tie` in 0 .. 1
///         (a customer who was thought too big before is thought too big now).
/// Gives   mean and interval of each part; in each draw they add up to the change, and so do the means. The market of a
///         draw is the sum of that draw's wallets.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(customers x draws), some .3 us each. Same bits for any number of threads.
/// Source  as loss_split; what a wallet holds above our sales is lognormal with different spread below and above.
[[nodiscard]] inline loss_draw_columns loss_split_draws(std::span<const double> own_before, wallet_interval before,
                                                        std::span<const double> own_now, wallet_interval now,
                                                        double level = 0.9, double tie = 0.5, int draws = 400,
                                                        std::uint64_t seed = 0, unsigned threads = 0) {
  const std::size_t n = own_before.size();
  for (const auto& x : {before.middle, before.low, before.high, own_now, now.middle, now.low, now.high})
    if (x.size() != n)
      throw error(errc::size_mismatch, "share::loss_split_draws: 'own_before' has " + std::to_string(n) +
                                           " entries, another column has " + std::to_string(x.size()));
  if (!(level > 0 && level < 1) || !(tie >= 0 && tie <= 1) || draws < 2)
    throw error(errc::out_of_domain, "share::loss_split_draws: 'level' is " + std::to_string(level) + ", 'tie' " +
                                         std::to_string(tie) + ", 'draws' " + std::to_string(draws) +
                                         "; level must lie between 0 and 1, tie in 0 .. 1, draws be at least 2");
  const double z = normal_quantile(0.5 + 0.5 * level);
  std::vector<detail::wallet_law> first, second;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(own_before[i] >= 0 && own_now[i] >= 0) || own_before[i] > before.middle[i] * (1 + 1e-9) ||
        own_now[i] > now.middle[i] * (1 + 1e-9))
      throw error(errc::out_of_domain,
                  "share::loss_split_draws: customer " + std::to_string(i) + " has own sales below 0 or above its wallet");
    first.emplace_back(own_before[i], before.middle[i], before.low[i], before.high[i], z);
    second.emplace_back(own_now[i], now.middle[i], now.low[i], now.high[i], z);
  }
  const double other = std::sqrt(1.0 - tie * tie);
  const auto wallets = [&](std::size_t i, int d) {
    if (first[i].exact && second[i].exact) return std::array{first[i].middle, second[i].middle};
    random_stream stream(seed, i, static_cast<std::uint32_t>(d));
    const double e = stream.normal(), f = tie * e + other * stream.normal();
    return std::array{first[i].draw(e), second[i].draw(f)};
  };
  constexpr std::size_t block = 256;
  const std::size_t blocks = (n + block - 1) / block;
  std::vector<std::vector<std::array<double, 2>>> part(blocks);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        part[number].assign(static_cast<std::size_t>(draws), {0.0, 0.0});
        for (std::size_t i = begin; i < end; ++i)
          if (first[i].known && second[i].known)
            for (int d = 0; d < draws; ++d) {
              const auto w = wallets(i, d);
              part[number][static_cast<std::size_t>(d)][0] += w[0];
              part[number][static_cast<std::size_t>(d)][1] += w[1];
            }
      },
      threads);
  std::vector<std::array<double, 2>> market(static_cast<std::size_t>(draws), {0.0, 0.0});
  for (const auto& p : part)
    for (std::size_t d = 0; d < market.size(); ++d) market[d][0] += p[d][0], market[d][1] += p[d][1];
  loss_draw_columns out;
  out.change.resize(n);
  out.p_rivals.assign(n, unknown);
  for (auto* p : {&out.rivals, &out.size, &out.market})
    for (auto* c : {&p->mean, &p->low, &p->high}) c->assign(n, unknown);
  const double tail = 0.5 * (1.0 - level);
  parallel_blocks(
      n, 64,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::array<std::vector<double>, 3> values;
        for (std::size_t i = begin; i < end; ++i) {
          out.change[i] = own_now[i] - own_before[i];
          if (!first[i].known || !second[i].known || !(market[0][0] > 0 && market[0][1] > 0)) continue;
          for (auto& v : values) v.clear();
          double took = 0.0;
          std::array<double, 3> mean{};
          for (int d = 0; d < draws; ++d) {
            const auto w = wallets(i, d);
            const auto& m = market[static_cast<std::size_t>(d)];
            const auto s = detail::split_one(own_before[i], own_now[i], w[0], w[1], m[0], m[1]);
            for (std::size_t k = 0; k < 3; ++k) values[k].push_back(s[k]), mean[k] += s[k] / draws;
            took += s[0] < 0 ? 1.0 : 0.0;
          }
          out.p_rivals[i] = took / draws;
          mean[2] = out.change[i] - mean[0] - mean[1];
          std::size_t k = 0;
          for (auto* p : {&out.rivals, &out.size, &out.market}) {
            std::sort(values[k].begin(), values[k].end());
            p->mean[i] = mean[k];
            p->low[i] = detail::sorted_quantile(values[k], tail);
            p->high[i] = detail::sorted_quantile(values[k], 1.0 - tail);
            ++k;
          }
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::share
