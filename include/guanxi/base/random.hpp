#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi {

/// Philox4x32-10: 128 random bits as a pure function of a counter and a key.
/// Costs about 6 ns. Source: Salmon, Moraes, Dror and Shaw (2011), SC'11; checked against Random123's vectors.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                                std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// A stream of random numbers that is found by its name: (seed, id, part).
///
/// Streams of unlike names are independent; making one costs nothing, so every customer (id) and every purpose (part)
/// has its own and results do not depend on threads or on the order of work. A stream holds 2^33 numbers of 64 bits and
/// then starts again. It is a standard uniform random bit generator, but the laws below are written out here, so that
/// the same seed gives the same numbers with every standard library (up to its log and exp).
/// Parameters outside a law's domain throw errc::out_of_domain with the law, the value and what was wanted.
class random_stream {
 public:
  using result_type = std::uint64_t;

  constexpr random_stream() noexcept : random_stream(0) {}
  constexpr explicit random_stream(std::uint64_t seed, std::uint64_t id = 0, std::uint32_t part = 0) noexcept
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        id_{static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(id >> 32)},
        part_(part) {}

  static constexpr std::uint64_t min() noexcept { return 0; }
  static constexpr std::uint64_t max() noexcept { return std::numeric_limits<std::uint64_t>::max(); }

  /// The next 64 bits.
  constexpr std::uint64_t operator()() noexcept {
    if (second_) {
      second_ = false;
      return rest_;
    }
    const auto words = philox4x32({block_++, part_, id_[0], id_[1]}, key_);
    rest_ = words[2] | (std::uint64_t{words[3]} << 32);
    second_ = true;
    return words[0] | (std::uint64_t{words[1]} << 32);
  }

  /// Uniform on the open interval (0, 1): (j + 1/2) / 2^52.
  double uniform() noexcept { return (static_cast<double>((*this)() >> 12) + 0.5) * 0x1p-52; }
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

  /// Uniform on 0 .. n - 1, n >= 1, without bias.
  std::uint64_t index(std::uint64_t n) {
    want(n >= 1, "index", "n", 0.0, "at least 1");
    const std::uint64_t limit = max() - max() % n;
    std::uint64_t x = (*this)();
    while (x >= limit) x = (*this)();
    return x % n;
  }

  bool bernoulli(double p) noexcept { return uniform() < p; }

  /// Standard normal, by its quantile: one number of the stream each, |x| < 8.3.
  double normal() noexcept { return normal_quantile(uniform()); }
  double normal(double mean, double deviation) noexcept { return mean + deviation * normal(); }
  double lognormal(double log_mean, double log_deviation) noexcept { return std::exp(normal(log_mean, log_deviation)); }

  /// Exponential of rate 1.
  double exponential() noexcept { return -std::log(uniform()); }
  double exponential(double rate) {
    want(rate > 0, "exponential", "rate", rate, "above 0");
    return exponential() / rate;
  }

  /// log of a gamma variate of the shape and scale 1. Use it for tiny shapes, where the variate itself rounds to 0.
  /// Source: Marsaglia and Tsang (2000), ACM TOMS 26, 363-372; below shape 1, G(a) = G(a + 1) U^(1/a) in logs.
  double log_gamma(double shape) {
    want(shape > 0 && shape < infinite, "gamma", "shape", shape, "above 0");
    return shape >= 1 ? std::log(gamma_from_one(shape)) : std::log(gamma_from_one(shape + 1)) - exponential() / shape;
  }

  /// Gamma of the shape and scale 1 (mean = variance = shape); rate: divide by it. Shapes 1e-8 .. 1e8 and beyond.
  double gamma(double shape) {
    want(shape > 0 && shape < infinite, "gamma", "shape", shape, "above 0");
    if (shape >= 1) return gamma_from_one(shape);
    return std::exp(std::log(gamma_from_one(shape + 1)) - exponential() / shape);
  }
  double gamma(double shape, double rate) {
    want(rate > 0, "gamma", "rate", rate, "above 0");
    return gamma(shape) / rate;
  }

  /// Beta(a, b); by logs where a shape is below 1, so that tiny shapes give their 0 or 1 and never NaN.
  double beta(double a, double b) {
    if (a >= 1 && b >= 1) {
      const double x = gamma(a);
      return x / (x + gamma(b));
    }
    const double x = log_gamma(a);
    return logistic(x - log_gamma(b));
  }

  /// Dirichlet(alpha) into out, by logs; size of out = size of alpha.
  void dirichlet(std::span<const double> alpha, std::span<double> out) {
    if (alpha.size() != out.size())
      throw error(errc::size_mismatch, "random_stream::dirichlet: 'alpha' has " + std::to_string(alpha.size()) +
                                           " entries, 'out' has " + std::to_string(out.size()));
    double top = -infinite;
    for (std::size_t i = 0; i < alpha.size(); ++i) top = std::max(top, out[i] = log_gamma(alpha[i]));
    double total = 0.0;
    for (double& x : out) total += x = std::exp(x - top);
    for (double& x : out) x /= total;
  }

  /// Poisson, 0 <= mean <= 1e15. Costs O(mean) below 10, then about 30 ns.
  /// Source: inversion; Hoermann (1993), Insurance: Mathematics and Economics 12, 39-45 (PTRS).
  std::uint64_t poisson(double mean) {
    want(mean >= 0 && mean <= 1e15, "poisson", "mean", mean, "in [0, 1e15]");
    return mean < 10 ? poisson_small(mean) : poisson_large(mean);
  }

  /// Negative binomial: Poisson with a gamma(shape, rate) mean.
  std::uint64_t negative_binomial(double shape, double rate) { return poisson(gamma(shape, rate)); }

  /// Binomial, 0 <= p <= 1, n <= 1e15. Source: inversion; Hoermann (1993), J. Stat. Comput. Simul. 46, 101-110 (BTRS).
  std::uint64_t binomial(std::uint64_t n, double p) {
    want(p >= 0 && p <= 1, "binomial", "p", p, "in [0, 1]");
    want(n <= 1'000'000'000'000'000u, "binomial", "n", static_cast<double>(n), "at most 1e15");
    if (p > 0.5) return n - binomial(n, 1.0 - p);
    if (n == 0 || p == 0) return 0;
    return static_cast<double>(n) * p < 10 ? binomial_small(n, p) : binomial_large(n, p);
  }

  /// Number of trials up to and with the first success, 0 < p <= 1: 1, 2, ... (cut at 1e18).
  std::uint64_t geometric(double p) {
    want(p > 0 && p <= 1, "geometric", "p", p, "in (0, 1]");
    if (p == 1) return 1;
    const double trials = std::ceil(std::log(uniform()) / std::log1p(-p));
    return static_cast<std::uint64_t>(std::fmin(std::fmax(trials, 1.0), 1e18));
  }

  /// Index drawn with probability weight[i] / sum; weights >= 0, finite, not all 0. Costs O(n).
  std::size_t categorical(std::span<const double> weight) {
    double total = 0.0;
    for (const double w : weight) {
      want(w >= 0 && w < infinite, "categorical", "weight", w, "at least 0 and finite");
      total += w;
    }
    want(total > 0 && total < infinite, "categorical", "sum of weights", total, "above 0 and finite");
    double left = uniform() * total;
    std::size_t last = 0;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      if (weight[i] <= 0) continue;
      if (left < weight[i]) return i;
      left -= weight[i];
      last = i;
    }
    return last;
  }

 private:
  static constexpr double infinite = std::numeric_limits<double>::infinity();

  static void want(bool good, const char* law, const char* argument, double value, const char* wish) {
    if (!good)
      throw error(errc::out_of_domain, std::string("random_stream::") + law + ": '" + argument + "' is " +
                                           std::to_string(value) + ", it must be " + wish);
  }

  double gamma_from_one(double shape) noexcept {
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
      const double x = normal();
      const double root = 1.0 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      const double u = uniform();
      if (u < 1.0 - 0.0331 * (x * x) * (x * x)) return d * v;
      if (std::log(u) < 0.5 * x * x + d * (1.0 - v + std::log(v))) return d * v;
    }
  }

  std::uint64_t poisson_small(double mean) noexcept {
    const double none = std::exp(-mean);
    for (;;) {
      double left = uniform();
      double p = none;
      for (std::uint64_t k = 0; k < 100; p *= mean / static_cast<double>(++k)) {
        if (left < p) return k;
        left -= p;
      }
    }
  }

  std::uint64_t poisson_large(double mean) noexcept {
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double quick = 0.9277 - 3.6224 / (b - 2.0);
    for (;;) {
      const double u = uniform() - 0.5;
      const double v = uniform();
      const double us = 0.5 - std::abs(u);
      const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= quick) return static_cast<std::uint64_t>(k);
      if (k < 0 || (us < 0.013 && v > us)) continue;
      if (std::log(v * inverse_alpha / (a / (us * us) + b)) <= poisson_log_pmf(k, mean))
        return static_cast<std::uint64_t>(k);
    }
  }

  std::uint64_t binomial_small(std::uint64_t n, double p) noexcept {
    const double odds = p / (1.0 - p);
    const double none = std::exp(static_cast<double>(n) * std::log1p(-p));
    const std::uint64_t most = std::min<std::uint64_t>(n, 100);
    for (;;) {
      double left = uniform();
      double mass = none;
      for (std::uint64_t k = 0; k <= most; ++k) {
        if (left < mass) return k;
        left -= mass;
        mass *= odds * static_cast<double>(n - k) / static_cast<double>(k + 1);
      }
    }
  }

  std::uint64_t binomial_large(std::uint64_t trials, double p) noexcept {
    const auto n = static_cast<double>(trials);
    const double spread = std::sqrt(n * p * (1.0 - p));
    const double b = 1.15 + 2.53 * spread;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double quick = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * spread;
    const double at_mode = binomial_log_pmf(std::floor((n + 1.0) * p), n, p);
    for (;;) {
      const double u = uniform() - 0.5;
      const double v = uniform();
      const double us = 0.5 - std::abs(u);
      const double k = std::floor((2.0 * a / us + b) * u + n * p + 0.5);
      if (k < 0 || k > n) continue;
      if (us >= 0.07 && v <= quick) return static_cast<std::uint64_t>(k);
      if (std::log(v * alpha / (a / (us * us) + b)) <= binomial_log_pmf(k, n, p) - at_mode)
        return static_cast<std::uint64_t>(k);
    }
  }

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> id_;
  std::uint32_t part_;
  std::uint32_t block_ = 0;
  std::uint64_t rest_ = 0;
  bool second_ = false;
};

}  // namespace guanxi
