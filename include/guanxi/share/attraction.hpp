#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/positive_solve.hpp>

namespace guanxi::share {

/// How attraction depends on a variable x: exp(b x), or x^b.
enum class attraction_kind { mnl, mci };

/// By how many per cent the share of supplier j (row) changes when x of supplier k (column) rises by one per cent.
///
/// Takes   share of each supplier, summing to 1; x: the variable (price, ...), for MCI only its sign-free change counts;
///         b: its coefficient.
/// Gives   row-major matrix: own elasticity MNL b x_j (1 - s_j), MCI b (1 - s_j); cross -b x_k s_k, -b s_k.
/// Fails   errc::size_mismatch, errc::out_of_domain for shares below 0 or not summing to 1 (1e-6).
/// Costs   O(suppliers^2). Source  Cooper and Nakanishi (1988), Market-Share Analysis, section 2.4.
[[nodiscard]] inline std::vector<double> elasticities(std::span<const double> share, std::span<const double> x, double b,
                                                      attraction_kind kind) {
  const std::size_t n = share.size();
  if (x.size() != n)
    throw error(errc::size_mismatch, "share::elasticities: 'share' has " + std::to_string(n) + " entries, 'x' has " +
                                         std::to_string(x.size()));
  double sum = 0.0;
  for (std::size_t j = 0; j < n; ++j) {
    if (!(share[j] >= 0) || (kind == attraction_kind::mci && !(x[j] > 0)))
      throw error(errc::out_of_domain, "share::elasticities: supplier " + std::to_string(j) + " has share " +
                                           std::to_string(share[j]) + " and x " + std::to_string(x[j]) +
                                           "; a share must be at least 0, x of MCI above 0");
    sum += share[j];
  }
  if (std::abs(sum - 1.0) > 1e-6)
    throw error(errc::out_of_domain,
                "share::elasticities: the shares sum to " + std::to_string(sum) + ", they must sum to 1");
  std::vector<double> out(n * n);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t k = 0; k < n; ++k)
      out[j * n + k] = b * (kind == attraction_kind::mnl ? x[k] : 1.0) * ((j == k ? 1.0 : 0.0) - share[k]);
  return out;
}

/// A fitted attraction model.
struct attraction_fit {
  std::vector<double> intercept;                  // by supplier, summing to 0; NaN: never a positive share
  std::vector<double> b, error, low, high;        // by variable: coefficient, standard error, interval
  std::vector<double> fitted;                     // shares, periods x suppliers, NaN where the share was not positive
  double sigma = unknown;                         // of ln share about the model
  std::size_t used = 0;                           // cells with a positive share
};

/// Fits shares = attractions over their sum, attraction = exp(intercept_j + sum_k b_k f(x_k)), f = x (MNL) or ln x (MCI).
///
/// Takes   share: periods x suppliers, >= 0, 0 or NaN = not offered in that period; x: periods x suppliers x variables;
///         level of the intervals.
/// Gives   least squares in logs centred period by period (Nakanishi and Cooper 1974): what all suppliers of a period
///         have in common drops out. Needs more cells than periods + suppliers + variables.
/// Fails   errc::size_mismatch, errc::out_of_domain.
/// Costs   O(cells (suppliers + variables)^2).
/// Source  Nakanishi and Cooper (1974), Journal of Marketing Research 11, 303-311.
[[nodiscard]] inline attraction_fit fit_attraction(std::span<const double> share, std::span<const double> x,
                                                   std::size_t suppliers, std::size_t variables, attraction_kind kind,
                                                   double level = 0.9) {
  if (suppliers == 0 || share.size() % suppliers != 0 || x.size() != share.size() * variables)
    throw error(errc::size_mismatch, "share::fit_attraction: 'share' has " + std::to_string(share.size()) +
                                         " entries and 'x' " + std::to_string(x.size()) + " for " +
                                         std::to_string(suppliers) + " suppliers and " + std::to_string(variables) +
                                         " variables");
  if (!(level > 0 && level < 1))
    throw error(errc::out_of_domain,
                "share::fit_attraction: 'level' is " + std::to_string(level) + ", it must lie between 0 and 1");
  const std::size_t periods = share.size() / suppliers;
  std::vector<std::size_t> place(suppliers, suppliers);  // of the intercept among those that were ever bought
  std::size_t brands = 0, used_periods = 0;
  for (std::size_t j = 0; j < suppliers; ++j)
    for (std::size_t t = 0; t < periods && place[j] == suppliers; ++t)
      if (share[t * suppliers + j] > 0) place[j] = brands++;
  const std::size_t width = brands + variables;
  std::vector<double> normal(width * width, 0.0), right(width, 0.0), row(width);
  attraction_fit out;
  std::vector<double> design, target;
  std::vector<std::size_t> cell;
  for (std::size_t t = 0; t < periods; ++t) {
    std::vector<std::size_t> in;
    for (std::size_t j = 0; j < suppliers; ++j)
      if (share[t * suppliers + j] > 0) in.push_back(j);
    if (in.size() < 2) continue;
    ++used_periods;
    const auto many = static_cast<double>(in.size());
    const auto value = [&](std::size_t j, std::size_t k) {
      const double v = x[(t * suppliers + j) * variables + k];
      if (!(v - v == 0) || (kind == attraction_kind::mci && !(v > 0)))
        throw guanxi::error(errc::out_of_domain, "share::fit_attraction: 'x' is " + std::to_string(v) + " in period " +
                                                     std::to_string(t) + ", supplier " + std::to_string(j) +
                                                     "; it must be finite, and above 0 for MCI");
      return kind == attraction_kind::mci ? std::log(v) : v;
    };
    double mean = 0.0;
    for (const std::size_t j : in) mean += std::log(share[t * suppliers + j]) / many;
    std::vector<double> centre(variables, 0.0);
    for (const std::size_t j : in)
      for (std::size_t k = 0; k < variables; ++k) centre[k] += value(j, k) / many;
    for (const std::size_t j : in) {
      std::fill(row.begin(), row.end(), 0.0);
      for (const std::size_t other : in) row[place[other]] -= 1.0 / many;
      row[place[j]] += 1.0;
      for (std::size_t k = 0; k < variables; ++k) row[brands + k] = value(j, k) - centre[k];
      const double y = std::log(share[t * suppliers + j]) - mean;
      design.insert(design.end(), row.begin(), row.end());
      target.push_back(y);
      cell.push_back(t * suppliers + j);
      for (std::size_t a = 0; a < width; ++a) {
        if (row[a] == 0) continue;
        right[a] += row[a] * y;
        for (std::size_t c = 0; c <= a; ++c) normal[a * width + c] += row[a] * row[c];
      }
    }
  }
  out.used = target.size();
  const double free = static_cast<double>(out.used) - static_cast<double>(used_periods + brands + variables) + 1.0;
  if (out.used == 0 || free < 1)
    throw guanxi::error(errc::out_of_domain, "share::fit_attraction: " + std::to_string(out.used) +
                                                 " positive shares, more than periods + suppliers + variables = " +
                                                 std::to_string(used_periods + brands + variables) + " are needed");
  // The intercepts are known up to a constant: hold their sum at 0.
  for (std::size_t a = 0; a < brands; ++a)
    for (std::size_t c = 0; c <= a; ++c) normal[a * width + c] += 1.0;
  cholesky(normal, width);
  const std::vector<double> theta = solve_factored(normal, right, width);
  double squares = 0.0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    double off = target[i];
    for (std::size_t a = 0; a < width; ++a) off -= design[i * width + a] * theta[a];
    squares += off * off;
  }
  out.sigma = std::sqrt(squares / free);
  const double wide = normal_quantile(0.5 + 0.5 * level);
  for (std::size_t k = 0; k < variables; ++k) {
    std::vector<double> unit(width, 0.0);
    unit[brands + k] = 1.0;
    const double variance = solve_factored(normal, unit, width)[brands + k];
    out.b.push_back(theta[brands + k]);
    out.error.push_back(out.sigma * std::sqrt(variance));
    out.low.push_back(out.b[k] - wide * out.error[k]);
    out.high.push_back(out.b[k] + wide * out.error[k]);
  }
  out.intercept.assign(suppliers, unknown);
  for (std::size_t j = 0; j < suppliers; ++j)
    if (place[j] < suppliers) out.intercept[j] = theta[place[j]];
  out.fitted.assign(share.size(), unknown);
  for (std::size_t i = 0; i < cell.size();) {
    const std::size_t period = cell[i] / suppliers;
    std::size_t end = i;
    double sum = 0.0;
    for (; end < cell.size() && cell[end] / suppliers == period; ++end) {
      double utility = 0.0;
      for (std::size_t a = 0; a < width; ++a) utility += design[end * width + a] * theta[a];
      sum += out.fitted[cell[end]] = std::exp(utility);
    }
    for (; i < end; ++i) out.fitted[cell[i]] /= sum;
  }
  return out;
}

}  // namespace guanxi::share
