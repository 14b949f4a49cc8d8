#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/share/quantile_regression.hpp>

namespace guanxi::share {

/// What each customer could buy from us, read off the best like customers.
struct wallet_quantile_columns {
  std::vector<double> wallet, low, high;  // a high quantile of our sales to customers like this one, at least its own
  std::vector<double> headroom;           // wallet less own sales
  std::vector<double> b, error;           // of ln sales on (1, features)
  double q = 0.9;
  std::size_t known = 0;  // totals from which q was chosen
};

/// Wallets as a high quantile of own sales given features: where we sell to like customers best, we sell about all of
/// it.
///
/// Takes   own: our sales, >= 0 (customers without sales do not shape the line); feature: customers x k, finite; q, or
///         NaN = choose it from `total`: of .5, .55 ... .95, .98 the one whose wallets are nearest to the known totals
///         in mean absolute ln; total: NaN where not known, empty = none; level.
/// Gives   low and high: the interval of the line, not of the customer. q is not identified without known wallets.
/// Fails   errc::size_mismatch, errc::out_of_domain: fewer than 8 totals with q NaN, too few customers.
/// Costs   one quantile regression, twelve when q is chosen.
/// Source  Rosset, Perlich, Zadrozny, Merugu, Weiss and Lawrence (2007), KDD, 10.1145/1281192.1281297.
[[nodiscard]] inline wallet_quantile_columns wallet_quantiles(std::span<const double> own,
                                                              std::span<const double> feature, std::size_t features,
                                                              double q = 0.9, std::span<const double> total = {},
                                                              double level = 0.9, unsigned threads = 0) {
  const std::size_t n = own.size(), k = features + 1;
  if (feature.size() != n * features || (!total.empty() && total.size() != n))
    throw error(errc::size_mismatch, "share::wallet_quantiles: 'own' has " + std::to_string(n) + " entries, 'feature' " +
                                         std::to_string(feature.size()) + ", 'total' " + std::to_string(total.size()));
  if (!(level > 0 && level < 1))
    throw error(errc::out_of_domain,
                "share::wallet_quantiles: 'level' is " + std::to_string(level) + ", it must lie between 0 and 1");
  std::vector<double> y, x, all(n * k);
  for (std::size_t i = 0; i < n; ++i) {
    if (!(own[i] >= 0 && own[i] - own[i] == 0))
      throw error(errc::out_of_domain, "share::wallet_quantiles: 'own' is " + std::to_string(own[i]) + " at " +
                                           std::to_string(i) + ", it must be at least 0 and finite");
    all[i * k] = 1.0;
    for (std::size_t j = 0; j < features; ++j) all[i * k + 1 + j] = feature[i * features + j];
    if (own[i] <= 0) continue;
    y.push_back(std::log(own[i]));
    x.insert(x.end(), all.begin() + i * k, all.begin() + (i + 1) * k);
  }
  const auto at = [&](std::size_t i, std::span<const double> b) {
    double v = 0.0;
    for (std::size_t j = 0; j < k; ++j) v += all[i * k + j] * b[j];
    return v;
  };
  wallet_quantile_columns out;
  for (const double t : total) out.known += t > 0 ? 1 : 0;
  quantile_fit fit;
  if (q == q) {
    fit = quantile_regression(y, x, k, q, threads);
  } else {
    if (out.known < 8)
      throw error(errc::out_of_domain, "share::wallet_quantiles: " + std::to_string(out.known) +
                                           " known totals, at least 8 are needed to choose 'q'; give it");
    double best = std::numeric_limits<double>::infinity();
    for (const double p : {0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98}) {
      quantile_fit trial = quantile_regression(y, x, k, p, threads);
      double off = 0.0;
      for (std::size_t i = 0; i < n; ++i)
        if (total[i] > 0) off += std::abs(std::max(at(i, trial.b), own[i] > 0 ? std::log(own[i]) : -700.0) - std::log(total[i]));
      if (off < best) best = off, q = p, fit = std::move(trial);
    }
  }
  out.q = q;
  const double wide = normal_quantile(0.5 + 0.5 * level);
  for (std::size_t i = 0; i < n; ++i) {
    double variance = 0.0;
    for (std::size_t a = 0; a < k; ++a)
      for (std::size_t c = 0; c < k; ++c) variance += all[i * k + a] * fit.covariance[a * k + c] * all[i * k + c];
    const double line = at(i, fit.b), error = std::sqrt(std::max(0.0, variance));
    out.wallet.push_back(std::max(std::exp(line), own[i]));
    out.low.push_back(std::max(std::exp(line - wide * error), own[i]));
    out.high.push_back(std::max(std::exp(line + wide * error), own[i]));
    out.headroom.push_back(out.wallet[i] - own[i]);
  }
  out.b = std::move(fit.b);
  out.error = std::move(fit.error);
  return out;
}

}  // namespace guanxi::share
