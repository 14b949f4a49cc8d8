#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/p_largest.hpp>
#include <guanxi/share/share_filter.hpp>

namespace guanxi::share {

/// What is known of one customer's habit at the end of the last period.
struct habit_state {
  std::vector<std::uint32_t> supplier;  // `rest` last
  std::vector<double> shape;            // Dirichlet parameters, own evidence and average together
  std::vector<double> average;          // the part of each that is the average customer's
  double orders = 0.0;                  // effective choices of a period
};

/// One supplier's share in a period to come.
struct share_ahead {
  double share = unknown, low = unknown, high = unknown;  // of the money bought in that period
  double low_active = unknown, high_active = unknown, p_active = unknown;
  double p_largest = unknown, p_dominant = unknown;  // of the habit
};

/// Shares of a customer `ahead` periods after the last: the habit fades by its drift, and the interval is for the
/// bought share, which is chance on top of the habit.
///
/// Takes   a state and the drift of SupplierShares; level: inside every interval.
/// Gives   one row a supplier of the state; shares sum to 1.
/// Costs   O(suppliers x ahead), two beta quantiles a supplier.
/// Source  the bought share has mean m and variance m (1 - m) (1/n + (1 - 1/n) / (A + 1)) under the
///         Dirichlet-multinomial of n choices (Mosimann 1962); a beta law with these is used.
[[nodiscard]] inline std::vector<share_ahead> forecast_shares(const habit_state& now, const drift& wander,
                                                              std::size_t ahead, double level) {
  const std::size_t n = now.shape.size();
  double evidence = 0.0, average = 0.0;
  for (std::size_t j = 0; j < n; ++j) average += now.average[j], evidence += now.shape[j] - now.average[j];
  const double average_now = average;
  double keep = 1.0;
  for (std::size_t t = 0; t < ahead; ++t) {
    const drift::step next = wander.next(evidence, average);
    keep *= next.keep, evidence *= next.keep, average = next.average;
  }
  std::vector<double> shape(n), largest(n);
  double total = 0.0;
  for (std::size_t j = 0; j < n; ++j) {
    const double mean = average_now > 0 ? now.average[j] / average_now : 0.0;
    shape[j] = std::max(keep * (now.shape[j] - now.average[j]), 0.0) + average * mean;
    total += shape[j];
  }
  const std::size_t named = n > 0 && now.supplier.back() == rest ? n - 1 : n;
  std::vector<double> rivals(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(named));
  for (double& a : rivals) a = std::max(a, 1e-12);
  largest.resize(named);
  p_largest(rivals, {}, largest, 32);
  const double choices = std::max(now.orders, 1.0), tail = 0.5 * (1.0 - level);
  const double spread = 1.0 / choices + (1.0 - 1.0 / choices) / (total + 1.0),
               weight = std::max(1.0 / spread - 1.0, 1e-3);
  std::vector<share_ahead> out(n);
  for (std::size_t j = 0; j < n; ++j) {
    share_ahead& row = out[j];
    const double mean = total > 0 ? shape[j] / total : 0.0, others = total - shape[j];
    row.share = mean;
    const auto end = [&](double p, double least) {
      if (!(mean > 0)) return 0.0;
      if (!(others > 1e-12 * total)) return 1.0;
      const double x = beta_quantile(p, weight * mean, weight * (1.0 - mean));
      return x < least ? 0.0 : x;  // a share of less than half a choice is none
    };
    row.low = end(tail, 0.5 / choices), row.high = end(1.0 - tail, 0.0);
    row.p_active = !(shape[j] > 0) ? 0.0
                   : !(others > 0) ? 1.0
                                   : -std::expm1(log_rising(others, choices) - log_rising(total, choices));
    // given that the supplier delivers: the part of the law above that probability
    const double idle = 1.0 - row.p_active;
    row.low_active = end(std::min(idle + tail * row.p_active, 1.0 - 1e-12), 0.0);
    row.high_active = end(std::min(idle + (1.0 - tail) * row.p_active, 1.0 - 1e-12), 0.0);
    if (j >= named) continue;
    row.p_largest = largest[j];
    row.p_dominant = !(shape[j] > 0) ? 0.0 : !(others > 1e-12 * total) ? 1.0 : beta_tails(shape[j], others, 0.5).upper;
  }
  return out;
}

}  // namespace guanxi::share
