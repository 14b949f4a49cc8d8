#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/value/customer_rows.hpp>

namespace guanxi::value {

/// What is known of each customer beside its purchases, row after row: rows x names numbers. Views only.
struct covariate_rows {
  std::span<const double> purchase;  // moves the rate of purchases
  std::span<const double> dropout;   // moves the odds, or the rate, of leaving
};

namespace detail {

inline void check_covariates(std::span<const double> values, std::size_t rows, const std::vector<std::string>& names, std::string_view what,
                             std::string_view caller) {
  if (values.size() != rows * names.size())
    throw error(errc::size_mismatch, std::string(caller) + ": '" + std::string(what) + "' has " + std::to_string(values.size()) + " numbers; " +
                                         std::to_string(rows) + " rows of " + std::to_string(names.size()) + " are wanted");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]) || std::fabs(values[i]) > 1e150)
      throw error(errc::not_finite, std::string(caller) + ": " + names[i % names.size()] + " is " + number(values[i]) + " in row " +
                                        std::to_string(i / names.size()));
}

/// Rows that are equal in history and covariates made one.
struct covariate_groups {
  std::vector<std::size_t> first, place;  // a row of each group; the group of each row
  std::vector<double> weight;
  covariate_groups(const customer_rows& rows, const covariate_rows& known, std::size_t wide_p, std::size_t wide_d) : place(rows.size()) {
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto compare = [&](std::size_t a, std::size_t b) {
      for (const auto& c : {rows.frequency, rows.recency, rows.age})
        if (c[a] != c[b]) return c[a] < c[b] ? -1 : 1;
      for (const auto& [c, wide] : {std::pair{known.purchase, wide_p}, {known.dropout, wide_d}})
        for (std::size_t k = 0; k < wide; ++k)
          if (c[a * wide + k] != c[b * wide + k]) return c[a * wide + k] < c[b * wide + k] ? -1 : 1;
      return 0;
    };
    const auto w = [&](std::size_t i) { return rows.weights.empty() ? 1.0 : rows.weights[i]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int c = compare(a, b);
      return c != 0 ? c < 0 : w(a) < w(b);  // weights in order too: the same bits for any order of the rows
    });
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || compare(order[i - 1], order[i]) != 0) first.push_back(order[i]), weight.push_back(0);
      place[order[i]] = first.size() - 1;
      weight.back() += w(order[i]);
    }
  }
};

/// Mean and deviation of each column over the groups.
struct column_scale {
  std::vector<double> mean, deviation;
  column_scale(std::span<const double> values, const std::vector<std::string>& names, const covariate_groups& g, std::string_view caller)
      : mean(names.size(), 0.0), deviation(names.size(), 0.0) {
    const std::size_t wide = names.size();
    double all = 0;
    for (const double w : g.weight) all += w;
    for (std::size_t k = 0; k < wide; ++k) {
      for (std::size_t i = 0; i < g.first.size(); ++i) mean[k] += g.weight[i] * values[g.first[i] * wide + k] / all;
      for (std::size_t i = 0; i < g.first.size(); ++i) {
        const double d = values[g.first[i] * wide + k] - mean[k];
        deviation[k] += g.weight[i] * d * d / all;
      }
      deviation[k] = std::sqrt(deviation[k]);
      if (!(deviation[k] > 1e-12 * std::fabs(mean[k])))
        throw error(errc::out_of_domain, std::string(caller) + ": " + names[k] + " is the same for every customer; a column that varies is wanted");
    }
  }
};

}  // namespace detail
}  // namespace guanxi::value
