#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>

namespace guanxi::value {

/// Mean and variance of a customer's purchase rate, given what is known of it.
struct rate_moments {
  double mean = unknown, variance = unknown;
};

/// The law of purchase rates over a book, without a shape put on it: masses on a grid of rates.
///
/// A gamma law pulls large customers down too far, because books have heavier tails than a gamma. Here the tail is what the
/// book shows. Old customers (there before the ledger began) are seen only if they bought; their masses are of those seen.
class rate_mixture {
 public:
  /// Fits by maximum likelihood (EM over a grid of 60 rates, even in logs from a twentieth of a purchase in the longest
  /// exposure to the highest rate seen).
  ///
  /// Takes   count and exposure of each customer as in fit_rates; seen_if_bought[i] != 0: it was there before the ledger
  ///         began, so it is seen only because it bought within `window`, the length of the ledger.
  /// Gives   masses; log-likelihood never falls from pass to pass. Rows with no exposure are left out.
  /// Costs   groups x 60 numbers, once an exponential each, then 2 operations a pass; at most 300 passes. Equal counts and
  ///         exposures (to 2 %) are one group.
  /// Source  Kiefer and Wolfowitz (1956), Ann. Math. Statist. 27, 887-906; Laird (1978), JASA 73, 805-811; Robbins (1956).
  static rate_mixture fit(std::span<const double> count, std::span<const double> exposure,
                          std::span<const std::uint8_t> seen_if_bought, double window) {
    rate_mixture out;
    out.window_ = window;
    const std::vector<group> groups = group_rows(count, exposure, seen_if_bought);
    double longest = 0, fastest = 0;
    for (const group& g : groups) {
      longest = std::max(longest, g.exposure);
      fastest = std::max(fastest, (g.count + 1) / g.exposure);
    }
    if (groups.empty() || !(fastest > 0)) return out;
    constexpr std::size_t size = 60;
    const double low = std::log(0.05 / longest), high = std::max(low + 1, std::log(1.2 * fastest));
    out.log_rate_.resize(size), out.rate_.resize(size);
    for (std::size_t k = 0; k < size; ++k) {
      out.log_rate_[k] = low + (high - low) * static_cast<double>(k) / static_cast<double>(size - 1);
      out.rate_[k] = std::exp(out.log_rate_[k]);
    }
    out.climb(groups);
    out.drop_empty();
    return out;
  }

  [[nodiscard]] bool empty() const noexcept { return rate_.empty(); }
  [[nodiscard]] std::span<const double> rates() const noexcept { return rate_; }
  /// Masses of customers that are seen; they sum to 1.
  [[nodiscard]] std::span<const double> masses() const noexcept { return mass_; }
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }
  [[nodiscard]] unsigned passes() const noexcept { return passes_; }

  /// Posterior of the rate after `count` purchases in `exposure` (both may be faded, so need not be whole).
  /// Costs one exponential a rate that has mass (10 to 30).
  [[nodiscard]] rate_moments posterior(double count, double exposure, bool old) const noexcept {
    const std::span<const double> prior = old ? std::span<const double>(log_mass_old_) : std::span<const double>(log_mass_);
    double top = -1e300;
    for (std::size_t k = 0; k < rate_.size(); ++k) top = std::max(top, prior[k] + count * log_rate_[k] - exposure * rate_[k]);
    double total = 0, first = 0, second = 0;
    for (std::size_t k = 0; k < rate_.size(); ++k) {
      const double log_here = prior[k] + count * log_rate_[k] - exposure * rate_[k] - top;
      if (log_here < -40) continue;
      const double p = std::exp(log_here);
      total += p, first += p * rate_[k], second += p * rate_[k] * rate_[k];
    }
    if (!(total > 0)) return {};
    const double mean = first / total;
    return {mean, std::max(0.0, second / total - mean * mean)};
  }

 private:
  struct group {
    double count = 0, exposure = 0, weight = 0;
    bool old = false;
  };
  [[nodiscard]] static std::vector<group> group_rows(std::span<const double> count, std::span<const double> exposure,
                                                     std::span<const std::uint8_t> old) {
    struct key {
      double count;
      long step;
      bool old;
      double exposure;
    };
    std::vector<key> keys;
    keys.reserve(count.size());
    for (std::size_t i = 0; i < count.size(); ++i)
      if (exposure[i] > 0) keys.push_back({count[i], std::lround(50 * std::log(exposure[i])), old[i] != 0, exposure[i]});
    std::sort(keys.begin(), keys.end(), [](const key& a, const key& b) {
      if (a.old != b.old) return a.old < b.old;
      if (a.count != b.count) return a.count < b.count;
      if (a.step != b.step) return a.step < b.step;
      return a.exposure < b.exposure;
    });
    std::vector<group> out;
    const key* before = nullptr;
    for (const key& k : keys) {
      if (!before || before->old != k.old || before->count != k.count || before->step != k.step) out.push_back({k.count, 0, 0, k.old});
      out.back().exposure += k.exposure, out.back().weight += 1;
      before = &k;
    }
    for (group& g : out) g.exposure /= g.weight;
    return out;
  }

  void climb(const std::vector<group>& groups) {
    const std::size_t n = groups.size(), m = rate_.size();
    std::vector<double> p(n * m), next(m);
    double total = 0, shift = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const group& g = groups[i];
      double top = -1e300;
      for (std::size_t k = 0; k < m; ++k) {
        double& here = p[i * m + k];
        here = g.count * (log_rate_[k] + std::log(g.exposure)) - rate_[k] * g.exposure - lgamma(g.count + 1);
        if (g.old) here -= std::log(-std::expm1(-rate_[k] * window_));
        top = std::max(top, here);
      }
      for (std::size_t k = 0; k < m; ++k) p[i * m + k] = std::exp(p[i * m + k] - top);
      total += g.weight, shift += g.weight * top;
    }
    mass_.assign(m, 1.0 / static_cast<double>(m));
    double before = -1e300;
    for (passes_ = 1; passes_ <= 300; ++passes_) {
      std::fill(next.begin(), next.end(), 0.0);
      double value = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const double* row = p.data() + i * m;
        double sum = 0;
        for (std::size_t k = 0; k < m; ++k) sum += mass_[k] * row[k];
        value += groups[i].weight * std::log(sum);
        const double share = groups[i].weight / (sum * total);
        for (std::size_t k = 0; k < m; ++k) next[k] += share * mass_[k] * row[k];
      }
      log_likelihood_ = value + shift;
      mass_ = next;
      if (value - before < 1e-6 * total) break;
      before = value;
    }
  }

  /// Rates without mass go; the logarithms that posteriors need are kept.
  void drop_empty() {
    std::size_t kept = 0;
    double sum = 0;
    for (std::size_t k = 0; k < mass_.size(); ++k) {
      if (mass_[k] < 1e-9) continue;
      rate_[kept] = rate_[k], log_rate_[kept] = log_rate_[k], mass_[kept] = mass_[k];
      sum += mass_[kept++];
    }
    rate_.resize(kept), log_rate_.resize(kept), mass_.resize(kept);
    log_mass_.resize(kept), log_mass_old_.resize(kept);
    for (std::size_t k = 0; k < kept; ++k) {
      mass_[k] /= sum;
      log_mass_[k] = std::log(mass_[k]);
      log_mass_old_[k] = log_mass_[k] - std::log(-std::expm1(-rate_[k] * window_));
    }
  }

  std::vector<double> rate_, log_rate_, mass_, log_mass_, log_mass_old_;
  double window_ = 1, log_likelihood_ = unknown;
  unsigned passes_ = 0;
};

}  // namespace guanxi::value
