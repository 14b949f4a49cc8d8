#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/positive_solve.hpp>

namespace guanxi::share {

/// How a customer's whole purchases grow with a part of them: ln whole = level + elasticity ln part, spread about it.
struct part_elasticity {
  double elasticity = 0.8, spread = 0.6;  // the guess when no parts are given
  std::size_t parts = 0;                  // that could be used; 0 = the guess
};

/// Learns from our own range how a whole grows with a part: each product group plays the supplier whose sales are
/// seen, our own sales play the wallet, which here is known.
///
/// Takes   part: customers x parts, what each customer bought of every group of our range.
/// Gives   mean slope of ln whole on ln part over groups with at least 20 customers, weighted by money. Groups that
///         are more than half of the whole tell nothing about rivals and are left out.
/// Fails   errc::size_mismatch. Costs one pass.
[[nodiscard]] inline part_elasticity own_elasticity(std::span<const double> part, std::size_t parts) {
  if (parts == 0 || part.size() % parts != 0)
    throw error(errc::size_mismatch, "share::own_elasticity: 'part' has " + std::to_string(part.size()) +
                                         " entries, which is no whole number of rows of " + std::to_string(parts));
  const std::size_t n = part.size() / parts;
  std::vector<double> whole(n, 0.0), money(parts, 0.0);
  double total = 0.0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < parts; ++k) {
      const double x = part[i * parts + k];
      if (!(x > 0)) continue;
      whole[i] += x;
      money[k] += x;
      total += x;
    }
  part_elasticity out;
  double weight = 0.0, slope = 0.0, square = 0.0;
  for (std::size_t k = 0; k < parts; ++k) {
    if (!(money[k] > 0) || money[k] > 0.5 * total) continue;
    double m = 0.0, sx = 0.0, sy = 0.0;
    for (std::size_t i = 0; i < n; ++i)
      if (const double x = part[i * parts + k]; x > 0) m += 1.0, sx += std::log(x), sy += std::log(whole[i]);
    if (m < 20) continue;
    double xx = 0.0, xy = 0.0, yy = 0.0;
    for (std::size_t i = 0; i < n; ++i)
      if (const double x = part[i * parts + k]; x > 0) {
        const double dx = std::log(x) - sx / m, dy = std::log(whole[i]) - sy / m;
        xx += dx * dx, xy += dx * dy, yy += dy * dy;
      }
    if (!(xx > 0)) continue;
    const double b = xy / xx;
    slope += money[k] * b;
    square += money[k] * std::max(yy - b * xy, 0.0) / m;
    weight += money[k];
    ++out.parts;
  }
  if (out.parts == 0) return out;
  out.elasticity = std::clamp(slope / weight, 0.2, 1.0);
  out.spread = std::sqrt(square / weight);  // about the line of ln whole, weighted by money
  return out;
}

/// Wallets with intervals, and how they were found.
struct own_wallets_result {
  std::vector<double> wallet, low, high;
  std::string status;
};

/// Wallets from our own sales and the market's total: wallet = c own^elasticity, c such that all add up.
///
/// Takes   own >= 0 a customer; market: what all customers buy from everybody.
/// Gives   wallet at least own; NaN with {0, inf} where we sold nothing: nothing is known of it.
/// Fails   errc::out_of_domain for negative sales, or a market below our own sales.
[[nodiscard]] inline own_wallets_result own_wallets(std::span<const double> own, double market,
                                                    const part_elasticity& law, double level = 0.9) {
  double sum = 0.0, power = 0.0;
  for (const double x : own) {
    if (!(x >= 0))
      throw error(errc::out_of_domain,
                  "share::own_wallets: 'own' has " + std::to_string(x) + ", it must be at least 0");
    sum += x;
    if (x > 0) power += std::pow(x, law.elasticity);
  }
  if (!(market >= sum))
    throw error(errc::out_of_domain, "share::own_wallets: 'market' is " + std::to_string(market) +
                                         ", our own sales alone are " + std::to_string(sum));
  own_wallets_result out;
  const double width = normal_quantile(0.5 + 0.5 * level) * law.spread;
  for (const double x : own) {
    const double wallet = x > 0 ? market / power * std::pow(x, law.elasticity) : unknown;
    out.wallet.push_back(x > 0 ? std::max(wallet, x) : unknown);
    out.low.push_back(x > 0 ? std::max(wallet * std::exp(-width), x) : 0.0);
    out.high.push_back(x > 0 ? std::max(wallet * std::exp(width), x) : std::numeric_limits<double>::infinity());
  }
  out.status = law.parts > 0 ? "wallets rest on our own range: elasticity " + std::to_string(law.elasticity) +
                                   " from " + std::to_string(law.parts) + " product groups"
                             : "wallets rest on a guessed elasticity of " + std::to_string(law.elasticity) +
                                   ": give product groups or some totals";
  return out;
}

/// Wallets where some customers' totals are known: our share is learned from what we see of each customer.
///
/// Takes   own, total (NaN = not known) a customer; trait: customers x traits, whatever our ledger tells of a customer
///         (sales, lines, days, products, sales of earlier years), each at least 0, taken as ln(1 + trait).
/// Gives   own over the median share of a Gaussian process on logit share, reach, height and noise by its marginal
///         likelihood; known totals come back unchanged.
/// Fails   errc::size_mismatch; errc::empty with fewer than 8 known totals of customers who buy from us.
/// Costs   48 Cholesky factors of the known totals (the first 1,500 are used), then O(customers x known).
[[nodiscard]] inline own_wallets_result surveyed_wallets(std::span<const double> own, std::span<const double> total,
                                                         std::span<const double> trait, double level = 0.9) {
  const std::size_t n = own.size();
  if (total.size() != n || n == 0 || trait.size() % n != 0)
    throw error(errc::size_mismatch, "share::surveyed_wallets: 'own' has " + std::to_string(n) + " entries, 'total' " +
                                         std::to_string(total.size()) + " and 'trait' " + std::to_string(trait.size()));
  const std::size_t given = trait.size() / n, d = given + 1;
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < n && known.size() < 1500; ++i)
    if (own[i] > 0 && total[i] > 0) known.push_back(i);
  const std::size_t m = known.size();
  if (m < 8)
    throw error(errc::empty, "share::surveyed_wallets: " + std::to_string(m) +
                                 " totals of customers who buy from us are known, at least 8 are wanted");
  std::vector<double> x(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    x[i * d] = std::log1p(std::max(own[i], 0.0));
    for (std::size_t k = 0; k < given; ++k) x[i * d + k + 1] = std::log1p(std::max(trait[i * given + k], 0.0));
  }
  for (std::size_t k = 0; k < d; ++k) {
    double mean = 0.0, square = 0.0;
    for (const std::size_t i : known) mean += x[i * d + k] / static_cast<double>(m);
    for (const std::size_t i : known) square += (x[i * d + k] - mean) * (x[i * d + k] - mean) / static_cast<double>(m);
    for (std::size_t i = 0; i < n; ++i)
      x[i * d + k] = square > 0 && std::isfinite(x[i * d + k]) ? (x[i * d + k] - mean) / std::sqrt(square) : 0.0;
  }
  std::vector<double> y(m);
  double middle = 0.0;
  for (std::size_t a = 0; a < m; ++a) {
    const double s = std::clamp(own[known[a]] / total[known[a]], 1e-6, 1.0 - 1e-6);
    y[a] = std::log(s / (1.0 - s));
    middle += y[a] / static_cast<double>(m);
  }
  for (double& v : y) v -= middle;
  const auto like = [&](std::size_t i, std::size_t j, double height, double reach) {
    double inner = 1.0, square = 0.0;
    for (std::size_t k = 0; k < d; ++k) {
      inner += x[i * d + k] * x[j * d + k];
      square += (x[i * d + k] - x[j * d + k]) * (x[i * d + k] - x[j * d + k]);
    }
    return 10.0 * inner + height * std::exp(-square / (2.0 * reach * reach));
  };
  double best = -std::numeric_limits<double>::infinity(), height = 0.3, reach = 2.0, noise = 0.2;
  std::vector<double> weight, factor;
  for (const double h : {0.1, 0.3, 1.0})
    for (const double r : {1.0, 2.0, 4.0}) {
      std::vector<double> bare(m * m);
      for (std::size_t a = 0; a < m; ++a)
        for (std::size_t b = 0; b <= a; ++b) bare[a * m + b] = like(known[a], known[b], h, r);
      for (const double v : {0.05, 0.1, 0.2, 0.4, 0.8}) {
        std::vector<double> l = bare;
        for (std::size_t a = 0; a < m; ++a) l[a * m + a] += v;
        cholesky(l, m);
        std::vector<double> w = solve_factored(l, y, m);
        double score = -0.5 * detail::dot(y.data(), w.data(), m);
        for (std::size_t a = 0; a < m; ++a) score -= std::log(l[a * m + a]);
        if (score > best) best = score, height = h, reach = r, noise = v, weight = std::move(w), factor = std::move(l);
      }
    }
  own_wallets_result out;
  const double z = normal_quantile(0.5 + 0.5 * level);
  std::vector<double> row(m);
  for (std::size_t i = 0; i < n; ++i) {
    if (total[i] >= 0) {
      for (auto* column : {&out.wallet, &out.low, &out.high}) column->push_back(total[i]);
      continue;
    }
    if (!(own[i] > 0)) {
      out.wallet.push_back(unknown), out.low.push_back(0.0),
          out.high.push_back(std::numeric_limits<double>::infinity());
      continue;
    }
    for (std::size_t a = 0; a < m; ++a) row[a] = like(i, known[a], height, reach);
    const double mean = middle + detail::dot(row.data(), weight.data(), m);
    const std::vector<double> back = solve_factored(factor, row, m);
    const double spread =
        std::sqrt(std::max(like(i, i, height, reach) - detail::dot(row.data(), back.data(), m), 0.0) + noise);
    const auto wallet = [&](double logit) { return own[i] * (1.0 + std::exp(-std::clamp(logit, -30.0, 30.0))); };
    out.wallet.push_back(wallet(mean));
    out.low.push_back(wallet(mean + z * spread));
    out.high.push_back(wallet(mean - z * spread));
  }
  out.status = "wallets rest on the known totals of " + std::to_string(m) + " customers";
  return out;
}

}  // namespace guanxi::share
