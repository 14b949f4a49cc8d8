#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/share/dirichlet_multinomial.hpp>

namespace guanxi::share {

/// How the S of the single brands become one.
enum class combine_rule { notch, weighted };

/// Buying of brands in a category: purchases of the category are negative binomial, their split over brands
/// Dirichlet-multinomial, both independent.
///
/// Source  Goodhardt, Ehrenberg and Chatfield (1984), JRSS A 147, 621-655. The rule "notch" leaves brands out whose S
/// is an
///         outlier of the box plot or lies above the upper notch of the median.
class NBDDirichlet {
 public:
  explicit NBDDirichlet(combine_rule rule = combine_rule::notch) : rule_(rule) {}

  /// From a market table.
  ///
  /// Takes   penetration B of the category in (0, 1); rate w >= 1, purchases a buyer; shares of the brands (sum at most
  /// 1; what
  ///         is missing is one more brand, left out of the tables); penetrations of the brands in (0, B].
  /// Gives   *this. A brand whose penetration no S can give has S NaN and does not count.
  /// Fails   errc::out_of_domain, errc::size_mismatch.
  /// Costs   some 100 us for 8 brands.
  NBDDirichlet& fit(double penetration, double rate, std::span<const double> shares,
                    std::span<const double> penetrations) {
    if (!(penetration > 0 && penetration < 1))
      bad("'penetration' is " + std::to_string(penetration) + ", it must lie between 0 and 1");
    if (!(rate >= 1)) bad("'rate' is " + std::to_string(rate) + ", a buyer buys at least once");
    if (shares.size() != penetrations.size())
      throw error(errc::size_mismatch, "NBDDirichlet: 'shares' has " + std::to_string(shares.size()) +
                                           " entries, 'penetrations' has " + std::to_string(penetrations.size()));
    double sum = 0.0;
    for (std::size_t j = 0; j < shares.size(); ++j) {
      if (!(shares[j] > 0 && shares[j] <= 1))
        bad("brand " + std::to_string(j) + " has share " + std::to_string(shares[j]));
      if (!(penetrations[j] > 0 && penetrations[j] <= penetration))
        bad("brand " + std::to_string(j) + " has penetration " + std::to_string(penetrations[j]) +
            ", it must be above 0 and at most the category's " + std::to_string(penetration));
      sum += shares[j];
    }
    if (sum > 1.0 + 1e-9) bad("the shares sum to " + std::to_string(sum) + ", at most 1 is possible");
    m_ = penetration * rate;
    k_ = solve_k(penetration);
    share_.assign(shares.begin(), shares.end());
    status_ = std::isinf(k_) ? "penetration is as high as a Poisson law allows: buyers are alike, K is infinite"
                             : "converged";
    tabulate();
    s_by_brand_.clear();
    for (std::size_t j = 0; j < share_.size(); ++j) s_by_brand_.push_back(solve_s(share_[j], penetrations[j]));
    s_ = combine();
    if (s_ != s_) {
      s_ = 1.0;
      status_ = "no brand's penetration can be met by any S; S is set to 1";
    }
    fitted_ = true;
    return *this;
  }

  /// From counts of purchases, one row a household, one column a brand: M and K by maximum likelihood of the negative
  /// binomial, S and the shares by that of the Dirichlet-multinomial. Rows without purchases count as non-buyers.
  template <class T>
  NBDDirichlet& fit(std::span<const T> counts, std::size_t columns) {
    DirichletMultinomial split;
    split.fit(counts, columns);
    const count_histogram h = histogram_of_counts(counts, columns);
    if (!h.whole) bad("'counts' must be whole numbers");
    const auto rows = static_cast<double>(counts.size() / columns);
    double total = 0.0;
    for (const double s : h.column_sum) total += s;
    m_ = total / rows;
    s_ = 0.0;
    for (const double a : split.alpha()) s_ += a;
    share_.clear();
    for (const double a : split.alpha()) share_.push_back(a / s_);
    s_by_brand_.assign(columns, s_);
    status_ = split.status();
    k_ = solve_k(h.total, rows);
    if (std::isinf(k_)) status_ += "; totals vary no more than a Poisson law: K is infinite";
    tabulate();
    fitted_ = true;
    return *this;
  }

  [[nodiscard]] double m() const { return fitted(), m_; }  // purchases a household
  [[nodiscard]] double k() const { return fitted(), k_; }
  [[nodiscard]] double s() const { return fitted(), s_; }
  [[nodiscard]] const std::vector<double>& s_by_brand() const { return fitted(), s_by_brand_; }
  [[nodiscard]] const std::vector<double>& shares() const { return fitted(), share_; }
  [[nodiscard]] const std::string& status() const { return fitted(), status_; }

  /// Gives the same model with S set by hand.
  [[nodiscard]] NBDDirichlet with_s(double s) const {
    fitted();
    if (!(s > 0)) bad("'s' is " + std::to_string(s) + ", it must be above 0");
    NBDDirichlet other = *this;
    other.s_ = s;
    return other;
  }
  /// The model for a period T times as long: M(T) = T M, K and S as they are.
  [[nodiscard]] NBDDirichlet scaled(double periods) const {
    fitted();
    if (!(periods > 0)) bad("'periods' is " + std::to_string(periods) + ", it must be above 0");
    NBDDirichlet other = *this;
    other.m_ = m_ * periods;
    other.tabulate();
    return other;
  }

  /// Part of all households that buys the brand at all.
  [[nodiscard]] std::vector<double> penetration() const {
    return each([&](std::size_t j) { return 1.0 - none(alpha(j)); });
  }
  /// Purchases of the brand a buyer of it.
  [[nodiscard]] std::vector<double> buying_rate() const {
    return each([&](std::size_t j) { return m_ * share_[j] / (1.0 - none(alpha(j))); });
  }
  /// Purchases of the category a buyer of the brand.
  [[nodiscard]] std::vector<double> category_rate() const {
    return each([&](std::size_t j) {
      double sum = 0.0, p0 = 1.0;
      for (std::size_t n = 0; n < p_.size(); ++n) {
        sum += static_cast<double>(n) * p_[n] * (1.0 - p0);
        p0 *= no_purchase(alpha(j), n);
      }
      return sum / (1.0 - none(alpha(j)));
    });
  }
  /// Share of category requirements: the brand's part of what its buyers buy.
  [[nodiscard]] std::vector<double> scr() const {
    const auto own = buying_rate(), all = category_rate();
    return each([&](std::size_t j) { return own[j] / all[j]; });
  }
  /// Part of the brand's buyers that buys nothing else.
  [[nodiscard]] std::vector<double> loyal() const {
    return each([&](std::size_t j) {
      double sum = 0.0, only = 1.0;
      for (std::size_t n = 0; n + 1 < p_.size(); ++n) {
        only *= (alpha(j) + static_cast<double>(n)) / (s_ + static_cast<double>(n));
        sum += p_[n + 1] * only;
      }
      return sum / (1.0 - none(alpha(j)));
    });
  }
  /// Row j, column k: part of the buyers of j that buys k as well; 1 on the diagonal. Row-major.
  [[nodiscard]] std::vector<double> duplication() const {
    const std::size_t n = share_.size();
    std::vector<double> lacking(n), out(n * n, 1.0);
    for (std::size_t j = 0; j < n; ++j) lacking[j] = none(alpha(j));
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < j; ++k) {
        const double both = 1.0 - lacking[j] - lacking[k] + none(alpha(j) + alpha(k));
        out[j * n + k] = both / (1.0 - lacking[j]);
        out[k * n + j] = both / (1.0 - lacking[k]);
      }
    return out;
  }
  /// P(a household buys the brand n times), n = 0 .. up_to; the last entry stands for `up_to` and more when `open`.
  [[nodiscard]] std::vector<double> frequency(std::size_t brand, std::size_t up_to, bool open = false) const {
    known(brand);
    std::vector<double> out(up_to + 1, 0.0);
    double sum = 0.0;
    for (std::size_t r = 0; r <= up_to; ++r) sum += out[r] = times(brand, r).first;
    if (open) out[up_to] += std::max(0.0, 1.0 - sum);
    return out;
  }
  /// What is to be expected of a household that bought `own` times from the brand, all else unknown.
  struct given_own {
    double wallet = unknown;  // purchases of the category
    double share = unknown;   // of its coming purchases: E (alpha + own) / (S + n)
  };
  [[nodiscard]] given_own expect(std::size_t brand, std::size_t own) const {
    known(brand);
    const auto [p, sums] = times(brand, own);
    return {sums.wallet / p, sums.share / p};
  }

 private:
  [[noreturn]] static void bad(const std::string& what) { throw error(errc::out_of_domain, "NBDDirichlet: " + what); }
  void fitted() const {
    if (!fitted_) throw error(errc::not_fitted, "NBDDirichlet: call fit first");
  }
  void known(std::size_t brand) const {
    fitted();
    if (brand >= share_.size())
      bad("'brand' is " + std::to_string(brand) + ", there are " + std::to_string(share_.size()));
  }
  [[nodiscard]] double alpha(std::size_t j) const { return s_ * share_[j]; }
  template <class F>
  std::vector<double> each(F&& value) const {
    fitted();
    std::vector<double> out;
    for (std::size_t j = 0; j < share_.size(); ++j) out.push_back(value(j));
    return out;
  }

  /// P(n) of the category to where the tail is below 1e-13, by recursion.
  void tabulate() {
    p_.clear();
    const bool poisson = std::isinf(k_);
    double p = poisson ? std::exp(-m_) : std::exp(-k_ * std::log1p(m_ / k_)), left = 1.0;
    for (std::size_t n = 0; n < 1'000'000; ++n) {
      p_.push_back(p);
      left -= p;
      if (static_cast<double>(n) > m_ && (left < 1e-13 || p < 1e-17)) break;
      const auto x = static_cast<double>(n);
      p *= poisson ? m_ / (x + 1.0) : (k_ + x) / (x + 1.0) * (m_ / (m_ + k_));
    }
  }
  [[nodiscard]] double no_purchase(double a, std::size_t n) const {
    return (s_ - a + static_cast<double>(n)) / (s_ + static_cast<double>(n));
  }
  /// P(no purchase of a brand with this alpha).
  [[nodiscard]] double none(double a) const {
    double sum = 0.0, p0 = 1.0;
    for (std::size_t n = 0; n < p_.size(); ++n) {
      sum += p_[n] * p0;
      p0 *= no_purchase(a, n);
    }
    return sum;
  }
  /// P(r purchases of the brand), and the sums of n and of the coming share over it.
  [[nodiscard]] std::pair<double, given_own> times(std::size_t brand, std::size_t r) const {
    const double a = alpha(brand), own = static_cast<double>(r);
    double given = 1.0;
    for (std::size_t i = 0; i < r; ++i) given *= (a + static_cast<double>(i)) / (s_ + static_cast<double>(i));
    double sum = 0.0, wallet = 0.0, share = 0.0;
    for (std::size_t n = r; n < p_.size(); ++n) {
      const auto x = static_cast<double>(n);
      const double both = p_[n] * given;
      sum += both;
      wallet += both * x;
      share += both * (a + own) / (s_ + x);
      given *= (x + 1.0) / (x + 1.0 - own) * (s_ - a + x - own) / (s_ + x);
    }
    return {sum, {wallet, share}};
  }

  /// Root of an increasing function of ln x, by bisection and secant.
  template <class F>
  static double root(F&& f, double low, double high) {
    double a = std::log(low), b = std::log(high);
    for (int i = 0; i < 200 && b - a > 1e-15 * std::max(1.0, std::abs(a)); ++i) {
      const double middle = 0.5 * (a + b);
      (f(std::exp(middle)) < 0 ? a : b) = middle;
    }
    return std::exp(0.5 * (a + b));
  }
  [[nodiscard]] double solve_k(double penetration) const {
    const double want = -std::log1p(-penetration);
    if (want >= m_) return std::numeric_limits<double>::infinity();
    return root([&](double k) { return k * std::log1p(m_ / k) - want; }, 1e-9, 1e9);
  }
  /// Maximum likelihood K: sum_c total[c] / (K + c) = rows ln(1 + M/K).
  [[nodiscard]] double solve_k(const std::vector<double>& total, double rows) const {
    const auto slope = [&](double k) {
      double sum = -rows * std::log1p(m_ / k);
      for (std::size_t c = 0; c < total.size(); ++c) sum += total[c] / (k + static_cast<double>(c));
      return -sum;
    };
    if (slope(1e7) < 0) return std::numeric_limits<double>::infinity();
    return root(slope, 1e-9, 1e7);
  }
  /// S with which the brand has the penetration that was seen; NaN when none has.
  [[nodiscard]] double solve_s(double share, double penetration) {
    const auto gap = [&](double s) {
      s_ = s;
      return 1.0 - none(s * share) - penetration;
    };
    if (share >= 1.0 || gap(1e-6) > 0 || gap(1e6) < 0) return unknown;
    return root(gap, 1e-6, 1e6);
  }

  [[nodiscard]] double combine() const {
    std::vector<double> sorted;
    for (const double s : s_by_brand_)
      if (s == s) sorted.push_back(s);
    if (sorted.empty()) return unknown;
    std::sort(sorted.begin(), sorted.end());
    const auto median_of = [&](std::size_t from, std::size_t to) {  // of sorted[from .. to - 1]
      return 0.5 * (sorted[from + (to - from - 1) / 2] + sorted[from + (to - from) / 2]);
    };
    const std::size_t n = sorted.size(), half = (n + 1) / 2;
    const double h1 = median_of(0, half), h3 = median_of(n - half, n), middle = median_of(0, n), range = h3 - h1;
    double sum = 0.0, weight = 0.0;
    for (std::size_t j = 0; j < s_by_brand_.size(); ++j) {
      const double s = s_by_brand_[j];
      if (s != s) continue;
      const bool outlier =
          s < h1 - 1.5 * range || s > h3 + 1.5 * range || s > middle + 1.58 * range / std::sqrt(static_cast<double>(n));
      if (rule_ == combine_rule::notch && outlier) continue;
      sum += share_[j] * s;
      weight += share_[j];
    }
    return sum / weight;
  }

  combine_rule rule_;
  bool fitted_ = false;
  double m_ = unknown, k_ = unknown, s_ = unknown;
  std::vector<double> share_, s_by_brand_, p_;
  std::string status_;
};

}  // namespace guanxi::share
