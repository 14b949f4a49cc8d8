#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/beta_ends.hpp>

namespace guanxi::share {

/// Shares of one market over time. Row-major, periods x suppliers; `foretold` is what the periods before said.
struct dynamic_share_columns {
  std::vector<double> share, low, high;             // after the period was seen
  std::vector<double> foretold, foretold_low, foretold_high;
  std::vector<double> next, next_low, next_high;    // of the period after the last, by supplier
  double discount = 1.0;                            // what is kept of the evidence from period to period
  double log_score = 0.0;                           // sum of ln p(period | periods before), the first left out
  double log_score_static = 0.0;                    // the same with discount 1
};

/// Follows the shares of one market, or of one customer, from counts: a Dirichlet law that forgets at a learned rate.
///
/// Takes   count: periods x suppliers, >= 0, real numbers allowed (money over phi); prior: Dirichlet parameter of every
///         supplier at the start; level; discount in (0, 1], NaN = learn it from the one-step log score.
/// Gives   shares that use periods up to their own only. The discount is one number of the whole series: with it
///         learned, `foretold` of early periods knows it from later ones; give it where that matters.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(cells) an evaluation, some 25 of them; three quantiles a cell.
/// Source  power discount: Smith (1979), JRSS B 41, 375-387; for shares Grunwald, Raftery and Guttorp (1993), JRSS B 55,
///         103-116. Prediction of a period is Dirichlet-multinomial.
class dynamic_shares {
 public:
  dynamic_shares(std::span<const double> count, std::size_t suppliers, double prior = 0.5, double level = 0.9,
                 double discount = unknown)
      : count_(count.begin(), count.end()), suppliers_(suppliers), prior_(prior), level_(level) {
    const auto fail = [](const std::string& what) {
      throw error(errc::out_of_domain, "share::dynamic_shares: " + what);
    };
    if (suppliers == 0 || count.size() % suppliers != 0)
      throw error(errc::size_mismatch, "share::dynamic_shares: 'count' has " + std::to_string(count.size()) +
                                           " entries for " + std::to_string(suppliers) + " suppliers");
    for (std::size_t i = 0; i < count.size(); ++i)
      if (!(count[i] >= 0 && count[i] <= std::numeric_limits<double>::max()))
        fail("'count' is " + std::to_string(count[i]) + " at " + std::to_string(i) +
             ", it must be at least 0 and finite");
    if (!(prior > 0) || !(level > 0 && level < 1)) fail("'prior' must be above 0 and 'level' between 0 and 1");
    if (discount == discount && !(discount > 0 && discount <= 1))
      fail("'discount' is " + std::to_string(discount) + ", it must be above 0 and at most 1");
    out_.discount = discount == discount ? discount : best();
    out_.log_score = score(out_.discount);
    out_.log_score_static = score(1.0);
    fill();
  }

  [[nodiscard]] const dynamic_share_columns& columns() const noexcept { return out_; }

  /// ln p of every period but the first, each from those before it.
  [[nodiscard]] double score(double discount) const {
    std::vector<double> a(suppliers_, prior_);
    double sum = 0.0;
    for (std::size_t t = 0; t * suppliers_ < count_.size(); ++t) {
      double total = 0.0, n = 0.0, value = 0.0;
      for (std::size_t j = 0; j < suppliers_; ++j) {
        if (t > 0) a[j] = faded(a[j], discount);
        const double x = count_[t * suppliers_ + j];
        total += a[j];
        n += x;
        value += log_rising(a[j], x);
        a[j] += x;
      }
      if (t > 0) sum += value - log_rising(total, n);
    }
    return sum;
  }

 private:
  /// The prior is not forgotten: evidence above it is.
  [[nodiscard]] double faded(double a, double discount) const { return prior_ + discount * (a - prior_); }

  /// Golden section in the log of the odds; the score is smooth with one top in practice, a coarse look comes first.
  [[nodiscard]] double best() const {
    if (count_.size() < 3 * suppliers_) return 1.0;
    const auto at = [&](double u) { return score(logistic(u)); };
    double middle = -4.0, top = -std::numeric_limits<double>::infinity();
    for (double u = -4.0; u <= 8.0; u += 1.0)
      if (const double s = at(u); s > top) top = s, middle = u;
    double a = middle - 1.0, b = middle + 1.0;
    const double golden = 0.5 * (std::sqrt(5.0) - 1.0);
    double c = b - golden * (b - a), d = a + golden * (b - a), fc = at(c), fd = at(d);
    for (int step = 0; step < 30; ++step) {
      if (fc > fd)
        b = d, d = c, fd = fc, c = b - golden * (b - a), fc = at(c);
      else
        a = c, c = d, fc = fd, d = a + golden * (b - a), fd = at(d);
    }
    const double found = logistic(0.5 * (a + b));
    return score(1.0) >= score(found) ? 1.0 : found;
  }

  void fill() {
    const std::size_t cells = count_.size();
    for (auto* c : {&out_.share, &out_.low, &out_.high, &out_.foretold, &out_.foretold_low, &out_.foretold_high})
      c->resize(cells);
    std::vector<double> a(suppliers_, prior_);
    for (std::size_t t = 0; t * suppliers_ < cells; ++t) {
      if (t > 0)
        for (double& x : a) x = faded(x, out_.discount);
      const std::size_t first = t * suppliers_;
      law(a, std::span(out_.foretold).subspan(first, suppliers_), std::span(out_.foretold_low).subspan(first, suppliers_),
          std::span(out_.foretold_high).subspan(first, suppliers_));
      for (std::size_t j = 0; j < suppliers_; ++j) a[j] += count_[first + j];
      law(a, std::span(out_.share).subspan(first, suppliers_), std::span(out_.low).subspan(first, suppliers_),
          std::span(out_.high).subspan(first, suppliers_));
    }
    for (double& x : a) x = faded(x, out_.discount);
    for (auto* c : {&out_.next, &out_.next_low, &out_.next_high}) c->resize(suppliers_);
    law(a, out_.next, out_.next_low, out_.next_high);
  }

  void law(std::span<const double> a, std::span<double> mean, std::span<double> low, std::span<double> high) const {
    double total = 0.0;
    for (const double x : a) total += x;
    for (std::size_t j = 0; j < a.size(); ++j) {
      mean[j] = a[j] / total;
      if (suppliers_ == 1) {
        low[j] = high[j] = 1.0;
        continue;
      }
      const interval ends = beta_law(a[j], total - a[j]).ends(0.5 * (1.0 - level_));
      low[j] = ends.low;
      high[j] = ends.high;
    }
  }

  std::vector<double> count_;
  std::size_t suppliers_;
  double prior_, level_;
  dynamic_share_columns out_;
};

}  // namespace guanxi::share
