#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/value/customer_rows.hpp>
#include <guanxi/value/draw_interval.hpp>
#include <guanxi/value/fit_result.hpp>
#include <guanxi/value/newton.hpp>
#include <guanxi/value/purchase_model.hpp>
#include <guanxi/value/rising_table.hpp>

namespace guanxi::value {

/// One row a customer with occasions to buy that can be counted: trade fairs, tenders, seasons, yearly appeals. Views only.
struct occasion_rows {
  std::span<const double> frequency;     // occasions on which it bought, after the first purchase; whole numbers >= 0
  std::span<const double> recency;       // number of the last occasion with a purchase; 0 when frequency is 0
  std::span<const double> occasions;     // occasions so far
  std::span<const double> weights = {};  // customers that the row stands for; empty: one each
  [[nodiscard]] std::size_t size() const noexcept { return frequency.size(); }
};

/// Fails with a sentence that names the row when the rows are no history of occasions.
inline void check(const occasion_rows& rows, std::string_view caller) {
  const std::size_t n = rows.size();
  detail::same_size(caller, "recency", rows.recency.size(), n);
  detail::same_size(caller, "occasions", rows.occasions.size(), n);
  if (!rows.weights.empty()) detail::same_size(caller, "weights", rows.weights.size(), n);
  if (n == 0) throw error(errc::empty, std::string(caller) + ": there are no customers");
  const auto whole = [](double v) { return v >= 0 && v <= 1e5 && v == std::floor(v); };
  for (std::size_t i = 0; i < n; ++i) {
    const double x = rows.frequency[i], t = rows.recency[i], all = rows.occasions[i];
    const std::string said = "frequency " + detail::number(x) + ", recency " + detail::number(t) + ", occasions " + detail::number(all);
    if (!whole(x) || !whole(t) || !whole(all))
      detail::bad_row(caller, errc::out_of_domain, i, said + ": whole numbers from 0 to 100,000 are wanted,");
    if (t > all || x > t || (x == 0) != (t == 0))
      detail::bad_row(caller, errc::out_of_domain, i, said + ": frequency <= recency <= occasions is wanted, both 0 or neither,");
    if (!rows.weights.empty() && !(rows.weights[i] >= 0 && rows.weights[i] < 1e300))
      detail::bad_row(caller, errc::out_of_domain, i, "weight " + detail::number(rows.weights[i]) + ", a number >= 0 is wanted,");
  }
}

/// Beta-geometric/beta-binomial: while alive a customer buys on an occasion with its own chance, Beta(alpha, beta) over
/// the book; before each occasion it leaves for good with its own chance, Beta(gamma, delta).
///
/// Source  Fader, Hardie and Shang (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual Setting",
///         Marketing Science 29(6), eq. 3 (likelihood), 8 to 14 (expectations). The sums over the occasion at which a
///         customer left are kept as sums: no pole at gamma = 1.
class BGBB {
 public:
  using parameters = std::array<double, 4>;  // alpha, beta, gamma, delta

  /// Fits by maximum likelihood. Costs a sort, then 6 to 15 passes over the distinct rows times their silent occasions.
  BGBB& fit(const occasion_rows& rows) {
    check(rows, "value::BGBB");
    take(rows);
    return search();
  }
  /// A model from known parameters.
  BGBB& set(double alpha, double beta, double gamma, double delta) {
    const parameters p{alpha, beta, gamma, delta};
    for (std::size_t i = 0; i < 4; ++i) detail::check_positive("value::BGBB", names()[i], p[i]);
    params_ = p;
    result_ = {};
    result_.names = names();
    result_.params.assign(p.begin(), p.end());
    result_.status = "parameters were given, not fitted";
    return *this;
  }
  [[nodiscard]] const fit_result& result() const noexcept { return result_; }

  /// P(the customer is still there on occasion `occasions + ahead`); ahead 0: on the last one so far.
  void probability_alive(const occasion_rows& rows, std::uint64_t ahead, std::span<double> out) const {
    ready(rows, out.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      out[i] = alive(params_, rows.frequency[i], rows.recency[i], rows.occasions[i]) * stays(params_, rows.occasions[i], ahead);
  }
  /// Expected purchases on the next `ahead` occasions.
  void expected_purchases(const occasion_rows& rows, std::uint64_t ahead, std::span<double> out) const {
    ready(rows, out.size());
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = expected(params_, rows, i, ahead);
  }
  /// Interval of those expectations over draws of the parameters.
  [[nodiscard]] row_intervals expected_purchases_interval(const occasion_rows& rows, std::uint64_t ahead, double level, std::size_t draws,
                                                          std::uint64_t seed) const {
    ready(rows, rows.size());
    return draw_interval(result_, rows.size(), level, draws, seed, "value::BGBB", [&](std::span<const double> p, std::span<double> out) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = expected({p[0], p[1], p[2], p[3]}, rows, i, ahead);
    });
  }
  /// P(exactly n purchases on the next `ahead` occasions). Costs ahead - n steps a row.
  void probability_of(const occasion_rows& rows, std::uint64_t n, std::uint64_t ahead, std::span<double> out) const {
    ready(rows, out.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double x = rows.frequency[i], all = rows.occasions[i], there = alive(params_, x, rows.recency[i], all);
      out[i] = there * buys(params_, x, all, n, ahead) + (n == 0 ? 1 - there : 0.0);
    }
  }
  /// Discounted expected purchases on all occasions to come, rate an occasion, the next one discounted once.
  /// rate 0: the plain sum, infinite for gamma <= 1.
  void residual_purchases(const occasion_rows& rows, double rate, std::span<double> out) const {
    ready(rows, out.size());
    if (!(rate >= 0) || std::isinf(rate))
      throw error(errc::out_of_domain, "value::BGBB: 'rate' is " + detail::number(rate) + "; a number >= 0 an occasion is wanted");
    const auto [alpha, beta, gamma, delta] = params_;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double x = rows.frequency[i], all = rows.occasions[i], d = delta + all, z = 1 / (1 + rate);
      const double stay = rate > 0 ? z * d / (gamma + d) * detail::hypergeometric_one(d + 1, gamma + d + 1, z)
                          : gamma > 1 ? d / (gamma - 1) : std::numeric_limits<double>::infinity();
      out[i] = alive(params_, x, rows.recency[i], all) * (alpha + x) / (alpha + beta + all) * stay;
    }
  }
  /// Expected purchases of a new customer on its first `ahead` occasions.
  [[nodiscard]] double expected_purchases_new(std::uint64_t ahead) const {
    fitted();
    double stay = 1, sum = 0;
    for (std::uint64_t j = 0; j < ahead; ++j) sum += stay *= goes_on(params_, static_cast<double>(j));
    return params_[0] / (params_[0] + params_[1]) * sum;
  }
  /// P(a new customer buys on exactly n of its first `ahead` occasions).
  [[nodiscard]] double pmf(std::uint64_t n, std::uint64_t ahead) const {
    fitted();
    return buys(params_, 0, 0, n, ahead);
  }
  [[nodiscard]] std::vector<double> draws(std::size_t n, std::uint64_t seed) const {
    fitted();
    return detail::draw_parameters(result_, n, seed);
  }

  /// The log-likelihood of rows at given parameters, without a fit.
  [[nodiscard]] static double log_likelihood(const occasion_rows& rows, const parameters& p) {
    check(rows, "value::BGBB");
    BGBB one;
    one.take(rows);
    return one.at(p).value;
  }
  /// The log-likelihood with its derivatives in (alpha, beta, gamma, delta) for the rows of the last fit.
  [[nodiscard]] local<4> at(const parameters& p) const {
    const detail::rising_table a(p[0], most_), b(p[1], most_), ab(p[0] + p[1], most_), d(p[3], most_), gd(p[2] + p[3], most_ + 1);
    local<4> sum;
    std::vector<double> term;
    for (const group& g : groups_) {
      const std::size_t x = g.frequency, first = g.recency, last = g.occasions;
      term.resize(last - first + 1);
      double peak = -std::numeric_limits<double>::infinity();
      for (std::size_t m = first; m <= last; ++m) {  // m: the last occasion on which the customer was there
        const bool left = m < last;
        term[m - first] = b.log[m - x] - ab.log[m] + d.log[m] - gd.log[m + left] + (left ? std::log(p[2]) : 0.0);
        peak = std::max(peak, term[m - first]);
      }
      double mass = 0;
      for (double& t : term) mass += t = std::exp(t - peak);
      std::array<double, 4> mean{};
      std::array<std::array<double, 4>, 4> second{};
      for (std::size_t m = first; m <= last; ++m) {
        const bool left = m < last;
        const double w = term[m - first] / mass;
        const double g1 = gd.first[m + left], g2 = gd.second[m + left];
        const std::array<double, 4> v{a.first[x] - ab.first[m], b.first[m - x] - ab.first[m], (left ? 1 / p[2] : 0.0) - g1, d.first[m] - g1};
        for (std::size_t i = 0; i < 4; ++i) {
          mean[i] += w * v[i];
          for (std::size_t j = 0; j <= i; ++j) second[i][j] += w * v[i] * v[j];
        }
        second[0][0] += w * (a.second[x] - ab.second[m]);
        second[1][0] -= w * ab.second[m];
        second[1][1] += w * (b.second[m - x] - ab.second[m]);
        second[2][2] -= w * ((left ? 1 / (p[2] * p[2]) : 0.0) + g2);
        second[3][2] -= w * g2;
        second[3][3] += w * (d.second[m] - g2);
      }
      sum.value += g.weight * (x == 0 ? silent(p, last, a.log[x] + peak + std::log(mass)) : a.log[x] + peak + std::log(mass));
      for (std::size_t i = 0; i < 4; ++i) {
        sum.gradient[i] += g.weight * mean[i];
        for (std::size_t j = 0; j <= i; ++j) sum.hessian[i][j] += g.weight * (second[i][j] - mean[i] * mean[j]);
      }
    }
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i + 1; j < 4; ++j) sum.hessian[i][j] = sum.hessian[j][i];
    return sum;
  }

 private:
  /// ln P(no purchase on n occasions): by what is missing from 1 where little is; `plain` otherwise.
  [[nodiscard]] static double silent(const parameters& p, std::size_t n, double plain) {
    double buys = 0, stay = 1, quiet = 0;  // quiet: ln P(nothing bought on m occasions | there)
    for (std::size_t m = 0; m <= n; ++m) {
      const double at = static_cast<double>(m), go = m < n ? p[2] / (p[2] + p[3] + at) : 1.0;
      buys -= stay * go * std::expm1(quiet);
      stay *= (p[3] + at) / (p[2] + p[3] + at);
      quiet -= std::log1p(p[0] / (p[1] + at));
    }
    return buys < 0.5 ? std::log1p(-buys) : plain;
  }
  struct group {
    std::size_t frequency, recency, occasions;
    double weight;
  };
  static std::vector<std::string> names() { return {"alpha", "beta", "gamma", "delta"}; }
  void fitted() const {
    if (result_.params.empty()) throw error(errc::not_fitted, "value::BGBB: fit comes first");
  }
  void ready(const occasion_rows& rows, std::size_t size) const {
    fitted();
    check(rows, "value::BGBB");
    detail::same_size("value::BGBB", "out", size, rows.size());
  }
  /// P(there on the last occasion so far): the odds against are a sum of running products over the silent occasions.
  [[nodiscard]] static double alive(const parameters& p, double x, double t, double all) {
    const auto [alpha, beta, gamma, delta] = p;
    double odds = 0, ratio = 1;  // ratio: likelihood of having bought nothing in m + 1 .. all and stayed, over m
    for (double m = all - 1; m >= t; --m) {
      // leaving after m against staying to the end
      ratio *= (alpha + beta + m) / (beta + m - x) * (gamma + delta + m) / (delta + m);
      odds += ratio * gamma / (gamma + delta + m);
      if (odds > 1e300) return 0;
    }
    return 1 / (1 + odds);
  }
  /// P(on occasion seen + 1 | there on the last of `seen`).
  [[nodiscard]] static double goes_on(const parameters& p, double seen) { return (p[3] + seen) / (p[2] + p[3] + seen); }
  [[nodiscard]] static double stays(const parameters& p, double all, std::uint64_t ahead) {
    double stay = 1;
    for (std::uint64_t j = 0; j < ahead; ++j) stay *= goes_on(p, all + static_cast<double>(j));
    return stay;
  }
  [[nodiscard]] static double expected(const parameters& p, const occasion_rows& rows, std::size_t i, std::uint64_t ahead) {
    const double x = rows.frequency[i], all = rows.occasions[i];
    double stay = 1, sum = 0;
    for (std::uint64_t j = 0; j < ahead; ++j) sum += stay *= goes_on(p, all + static_cast<double>(j));
    return alive(p, x, rows.recency[i], all) * (p[0] + x) / (p[0] + p[1] + all) * sum;
  }
  /// P(n purchases on the next `ahead` occasions) of a customer that is there now.
  [[nodiscard]] static double buys(const parameters& p, double x, double all, std::uint64_t n, std::uint64_t ahead) {
    if (n > ahead) return 0;
    const double a = p[0] + x, b = p[1] + all - x, count = static_cast<double>(n);
    double stay = stays(p, all, n), sum = 0;
    // n purchases on exactly k occasions: starts at k = n with all bought
    double law = std::exp(log_rising(a, count) - log_rising(a + b, count));
    for (std::uint64_t k = n; k <= ahead; ++k) {
      const double here = p[3] + all + static_cast<double>(k), go = k < ahead ? p[2] / (p[2] + here) : 1.0;
      sum += stay * go * law;
      stay *= here / (p[2] + here);
      const double next = static_cast<double>(k) + 1;
      law *= next / (next - count) * (b + static_cast<double>(k) - count) / (a + b + static_cast<double>(k));
    }
    return sum;
  }
  void take(const occasion_rows& rows) {
    std::vector<group> all(rows.size());
    most_ = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      all[i] = {static_cast<std::size_t>(rows.frequency[i]), static_cast<std::size_t>(rows.recency[i]),
                static_cast<std::size_t>(rows.occasions[i]), rows.weights.empty() ? 1.0 : rows.weights[i]};
      most_ = std::max(most_, all[i].occasions);
    }
    std::sort(all.begin(), all.end(), [](const group& l, const group& r) {
      return std::tie(l.occasions, l.recency, l.frequency, l.weight) < std::tie(r.occasions, r.recency, r.frequency, r.weight);
    });
    groups_.clear();
    for (const group& g : all) {
      if (g.weight == 0) continue;
      if (!groups_.empty() && groups_.back().frequency == g.frequency && groups_.back().recency == g.recency && groups_.back().occasions == g.occasions)
        groups_.back().weight += g.weight;
      else
        groups_.push_back(g);
    }
  }
  BGBB& search() {
    result_ = {};
    result_.names = names();
    double bought = 0, chances = 0;
    for (const group& g : groups_) {
      result_.customers += g.weight;
      bought += g.weight * static_cast<double>(g.frequency);
      chances += g.weight * static_cast<double>(g.occasions);
    }
    if (!(bought > 0)) {
      result_.params.assign(4, unknown);
      result_.standard_errors = result_.params;
      result_.status = chances > 0 ? "nobody has bought again: nothing is identifiable" : "there was no occasion yet: nothing to learn from";
      return *this;
    }
    const auto f = [this](const std::array<double, 4>& theta) {
      const parameters p{std::exp(theta[0]), std::exp(theta[1]), std::exp(theta[2]), std::exp(theta[3])};
      local<4> here = at(p);
      detail::to_logs(here, p);
      return here;
    };
    optimum<4> best;
    const double rate = std::clamp(bought / chances, 0.02, 0.98);
    for (const auto& [gamma, delta] : {std::pair{-0.5, 1.0}, std::pair{-2.5, 1.5}}) {
      const optimum<4> one = maximise<4>(f, {std::log(2 * rate), std::log(2 * (1 - rate)), gamma, delta}, -18, 18);
      if (!best.passes || one.here.value > best.here.value) best = one;
    }
    for (std::size_t i = 0; i < 4; ++i) params_[i] = std::exp(best.at[i]);
    result_.params.assign(params_.begin(), params_.end());
    result_.log_likelihood = best.here.value;
    result_.passes = best.passes;
    result_.converged = best.converged;
    result_.gradient_norm = best.gradient_norm;
    detail::fill_errors(result_, best);
    judge(best, bought);
    return *this;
  }
  void judge(const optimum<4>& best, double bought) {
    if (params_[2] / (params_[2] + params_[3]) < 1e-4) {
      result_.status = "dropout vanished: equals beta-binomial purchases";
      detail::fill_errors(result_, best, 2);
    } else if (!best.converged)
      result_.status = "stopped after " + std::to_string(best.passes) + " passes, gradient norm " + detail::text(best.gradient_norm, 6);
    else if (best.at[0] > 9 || best.at[2] > 9)
      result_.status = std::string("boundary: all customers look alike in their ") + (best.at[0] > 9 ? "purchases" : "leaving") +
                       "; only the mean chance is identified";
    else if (result_.condition > 1e8)
      result_.status = "flat ridge: not every parameter is identified";
    else if (bought < 20)
      result_.status = "converged, but on only " + detail::number(bought) + " repeat purchases: wide errors";
    else
      result_.status = "converged in " + std::to_string(best.passes) + " passes";
  }

  parameters params_{1, 1, 1, 1};
  std::vector<group> groups_;
  std::size_t most_ = 0;
  fit_result result_;
};

}  // namespace guanxi::value
