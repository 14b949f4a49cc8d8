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
#include <guanxi/share/hidden_period.hpp>

namespace guanxi::share::detail {

/// Sentences, one after the other.
inline void say(std::string& status, const std::string& sentence) {
  if (!status.empty()) status.append("; ");
  status.append(sentence);
}

[[nodiscard]] inline double normal_density(double z) { return 0.3989422804014327 * std::exp(-0.5 * z * z); }

/// Totals of customers or of suppliers: what is known or guessed of each, and what is left of it for hidden cells.
struct side_totals {
  std::vector<double> all, left, error;  // error: relative standard deviation, 0 = exact
  std::size_t missing = 0;
  bool soft = false;  // some total is not exact
};

/// What was seen of every cell: known amounts, and the seen part of the others.
[[nodiscard]] inline double seen_amount(const hidden_period& p, std::size_t e) {
  if (!std::isnan(p.amount[e])) return p.amount[e];
  return !p.part.empty() && p.part[e] > 0 ? p.part[e] : 0.0;
}

/// Totals that were not told: last period's, grown like the told ones; without a past the mean of the told ones.
inline void guess_totals(const hidden_period& p, side_totals& side, std::span<const double> seen, bool rows,
                         std::string& status) {
  const std::size_t k = p.suppliers;
  double told = 0.0, before = 0.0, all = 0.0;
  std::size_t count = 0;
  std::vector<double> last(side.all.size(), 0.0), change;
  if (!p.past.empty())
    for (std::size_t e = 0; e < p.amount.size(); ++e) last[rows ? e / k : e % k] += p.past[0][e];
  for (std::size_t i = 0; i < side.all.size(); ++i) {
    if (std::isnan(side.all[i])) {
      ++side.missing;
      continue;
    }
    ++count;
    all += side.all[i];
    if (last[i] > 0 && side.all[i] > 0)
      told += side.all[i], before += last[i], change.push_back(std::log(side.all[i] / last[i]));
  }
  if (side.missing == 0) return;
  if (change.size() < 20 && p.past.size() > 1) {  // how totals moved a period ago
    std::vector<double> older(side.all.size(), 0.0);
    for (std::size_t e = 0; e < p.amount.size(); ++e) older[rows ? e / k : e % k] += p.past[1][e];
    for (std::size_t i = 0; i < older.size(); ++i)
      if (older[i] > 0 && last[i] > 0) change.push_back(std::log(last[i] / older[i]));
  }
  std::sort(change.begin(), change.end());
  const std::size_t n = change.size();  // two thirds of the changes lie within one deviation
  const double spread = n < 20 ? 1.0 : std::max(0.5 * (change[5 * n / 6] - change[n / 6]), 0.01);
  const double growth = before > 0 && told > 0 ? told / before : 1.0;
  const double mean = count > 0 ? all / static_cast<double>(count) : 0.0;
  for (std::size_t i = 0; i < side.all.size(); ++i)
    if (std::isnan(side.all[i])) {
      side.all[i] = std::max(last[i] > 0 ? last[i] * growth : mean, seen[i]);
      side.error[i] = last[i] > 0 ? spread : 1.0;
    }
  side.soft = true;
  say(status, "the total of " + std::to_string(side.missing) + (rows ? " customers" : " suppliers") +
                  (p.past.empty() ? " is a guess: give it" : " rests on the period before"));
}

/// Totals of all cells (guessed where not told), and what of them is left for the hidden ones.
inline void read_totals(const hidden_period& p, side_totals& row, side_totals& column, std::string& status) {
  const std::size_t n = p.customers, k = p.suppliers;
  std::vector<double> seen_row(n, 0.0), seen_column(k, 0.0);
  for (std::size_t e = 0; e < p.amount.size(); ++e)
    seen_row[e / k] += seen_amount(p, e), seen_column[e % k] += seen_amount(p, e);
  const auto one = [&](const char* who, side_totals& side, std::span<const double> told, std::span<const double> error,
                       const std::vector<double>& seen, bool rows) {
    side.all.assign(told.begin(), told.end());
    side.error.assign(told.size(), 0.0);
    for (std::size_t i = 0; i < error.size(); ++i)
      if (error[i] > 0 && !std::isnan(told[i])) side.error[i] = error[i], side.soft = true;
    guess_totals(p, side, seen, rows, status);
    side.left.resize(told.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (!std::isnan(told[i]) && seen[i] > side.all[i] * (1 + 1e-9 + 3.0 * side.error[i]) + 1e-9)
        say(status, std::string(who) + " " + std::to_string(i) + ": total " + short_number(side.all[i]) +
                        " below the " + short_number(seen[i]) + " already seen, which was taken");
      side.all[i] = std::max(side.all[i], seen[i]);
      side.left[i] = side.all[i] - seen[i];
      if (side.left[i] <= 1e-12 * side.all[i]) side.left[i] = 0.0;
      const double spread = side.error[i] * side.all[i];  // a noisy total may leave more than it says
      if (spread > 0 && side.left[i] < 2.0 * spread) {
        const double z = (std::isnan(told[i]) ? side.left[i] : std::max(told[i] - seen[i], -4.0 * spread)) / spread;
        side.left[i] = spread * (z + normal_density(z) / normal_cdf(z));
      }
    }
  };
  one("customer", row, p.row, p.row_error, seen_row, true);
  one("supplier", column, p.column, p.column_error, seen_column, false);
  std::vector<std::uint8_t> open(k, 0);
  for (std::size_t e = 0; e < p.amount.size(); ++e)
    if (std::isnan(p.amount[e])) open[e % k] = 1;
  for (std::size_t j = 0; j < k; ++j)
    if (open[j] == 0 && column.left[j] > 0) {
      if (!std::isnan(p.column[j]))
        say(status, "supplier " + std::to_string(j) + ": total " + short_number(column.all[j]) +
                        ", but nothing of it is hidden and " + short_number(seen_column[j]) +
                        " were seen: the total was set aside");
      column.left[j] = 0.0;
    }
}

}  // namespace guanxi::share::detail
