#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/share/hidden_period.hpp>
#include <guanxi/share/hidden_totals.hpp>

namespace guanxi::share::detail {

/// P(a cell is reported | its amount), when large cells are reported more often: logistic in the log amount.
struct sight_law {
  bool by_size = false;
  double level = 0.0, slope = 0.0;

  [[nodiscard]] double chance(double amount) const {
    return by_size && amount > 0 ? 1.0 / (1.0 + std::exp(-(level + slope * std::log(amount)))) : 0.0;
  }
};

/// With a past: logistic regression over cells that were bought last period; without: slope 1/2 and the level at which
/// seen money over its chance adds up to the total.
[[nodiscard]] inline sight_law sight_of(const hidden_period& p, std::span<const double> amount,
                                        std::span<const double> row, std::string& status) {
  sight_law out;
  out.by_size = p.seen_if_big;
  if (!p.seen_if_big) return out;
  if (!p.past.empty()) {
    double a = 0.0, b = 0.0;
    for (int pass = 0; pass < 30; ++pass) {
      double ga = -1e-3 * a, gb = -4.0 * (b - 0.5), haa = 1e-3, hab = 0.0, hbb = 4.0;
      for (std::size_t e = 0; e < amount.size(); ++e) {
        if (!(p.past[0][e] > 0) || !(row[e / p.suppliers] > 0) || p.amount[e] <= 0 || !(amount[e] > 0)) continue;
        const double x = std::log(std::isnan(p.amount[e]) ? amount[e] : p.amount[e]);
        const double q = 1.0 / (1.0 + std::exp(-(a + b * x))), y = std::isnan(p.amount[e]) ? 0.0 : 1.0;
        ga += y - q, gb += (y - q) * x;
        haa += q * (1 - q), hab += q * (1 - q) * x, hbb += q * (1 - q) * x * x;
      }
      const double det = haa * hbb - hab * hab;
      if (!(det > 0)) break;
      const double da = (hbb * ga - hab * gb) / det, db = (haa * gb - hab * ga) / det;
      a += da, b += db;
      if (std::abs(da) + std::abs(db) < 1e-9) break;
    }
    out.level = a, out.slope = b;
    return out;
  }
  out.slope = 0.5;
  double total = 0.0, low = -60.0, high = 60.0;
  for (const double x : row) total += x;
  for (int pass = 0; pass < 80; ++pass) {
    out.level = 0.5 * (low + high);
    double sum = 0.0;
    for (const double x : p.amount)
      if (x > 0) sum += x / out.chance(x);
    (sum > total ? low : high) = out.level;
  }
  say(status, "the slope of reporting on size is a guess of 0.5: give an earlier period in full");
  return out;
}

/// P(nothing that this customer buys is ever reported), from cells that would have been reported with a known
/// probability: `listed` cells that were, and for each cell that was not its P(active) and reach.
struct silence {
  std::size_t listed = 0;
  double log_nothing = 0.0;  // ln P(no cell is reported | the customer can be seen)
};

/// Part of the customers that are never seen: beta prior with mean 1/10 and the weight of 10 customers, a few EM steps.
///
/// Gives   P(never seen) of each customer.
[[nodiscard]] inline std::vector<double> concealed_customers(std::span<const silence> customers) {
  double rho = 0.1;
  std::vector<double> out(customers.size(), 0.0);
  for (int pass = 0; pass < 50; ++pass) {
    double sum = 1.0, all = 10.0;
    for (std::size_t i = 0; i < customers.size(); ++i) {
      if (customers[i].listed == 0 && customers[i].log_nothing == 0.0) continue;  // says nothing
      out[i] = customers[i].listed > 0 ? 0.0 : rho / (rho + (1.0 - rho) * std::exp(customers[i].log_nothing));
      sum += out[i], all += 1.0;
    }
    if (std::abs(sum / all - rho) < 1e-9) break;
    rho = sum / all;
  }
  return out;
}

}  // namespace guanxi::share::detail
