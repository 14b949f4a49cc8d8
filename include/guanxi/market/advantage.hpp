#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi::market {

/// Revealed advantage of every exporter in every product, in the order of the values given.
struct advantages {
  std::vector<double> rca;   // (x_cp / x_c) / (x_p / x): above 1 is more than the average exporter
  std::vector<double> rsca;  // (rca - 1) / (rca + 1), in [-1, 1]
  std::vector<double> nrca;  // x_cp / x - x_c x_p / x^2: sums to 0 over each exporter and each product
};

namespace detail {

[[nodiscard]] inline double checked(double value, std::size_t row) {
  if (value >= 0 && std::isfinite(value)) return value;
  std::string text = std::to_string(value);
  if (std::isfinite(value)) throw error(errc::out_of_domain, "market::advantage: value " + text + " in row " + std::to_string(row) + " is below 0");
  throw error(errc::not_finite, "market::advantage: value " + text + " in row " + std::to_string(row) + " is not a finite number");
}

struct margins {
  std::vector<double> exporter, product;
  double total = 0;
};

[[nodiscard]] inline margins closed(const std::vector<running_sum>& e, const std::vector<running_sum>& p, const running_sum& all) {
  margins out;
  for (const running_sum& s : e) out.exporter.push_back(s.value());
  for (const running_sum& s : p) out.product.push_back(s.value());
  out.total = all.value();
  return out;
}

inline void advantage_of(double v, double xc, double xp, double x, double& rca, double& rsca, double& nrca) noexcept {
  rca = xc > 0 && xp > 0 ? (v / xc) * (x / xp) : unknown;
  rsca = (rca - 1) / (rca + 1);
  nrca = (v - xc * (xp / x)) / x;
}

}  // namespace detail

/// Advantage of a full table.
///
/// Takes   values row by row: exporters x products, money of 0 or more; an absent cell is 0.
/// Gives   NaN for an exporter or a product without any trade: 0/0 is not known.
/// Fails   errc::size_mismatch; errc::out_of_domain or errc::not_finite with the row.
/// Costs   O(exporters x products), two passes, compensated sums.
/// Source  Balassa (1965); RSCA: Dalum, Laursen and Villumsen (1998); NRCA: Yu, Cai and Leung (2009), from memory.
/// Beware  all three depend on the set of exporters and products handed in.
[[nodiscard]] inline advantages advantage(std::span<const double> values, std::size_t exporters, std::size_t products) {
  if (values.size() != exporters * products)
    throw error(errc::size_mismatch, "market::advantage: " + std::to_string(values.size()) + " values for " + std::to_string(exporters) + " exporters x " +
                                         std::to_string(products) + " products");
  // Sums with what they lost beside them (Knuth's two-sum, no branches), columns and eight parts of a row side by side.
  std::vector<double> column(products, 0.0), column_rest(products, 0.0);
  const auto two_sum = [](double& sum, double& rest, double v) {
    const double t = sum + v, w = t - sum;
    rest += (sum - (t - w)) + (v - w);
    sum = t;
  };
  detail::margins m;
  running_sum all;
  for (std::size_t i = 0; i < exporters; ++i) {
    const double* row = values.data() + i * products;
    bool good = true;
    for (std::size_t j = 0; j < products; ++j) good &= row[j] >= 0 && row[j] <= std::numeric_limits<double>::max();
    if (!good)
      for (std::size_t j = 0; j < products; ++j) (void)detail::checked(row[j], i);
    double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0}, rest[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    std::size_t j = 0;
    for (; j + 8 <= products; j += 8)
      for (std::size_t l = 0; l < 8; ++l) two_sum(lane[l], rest[l], row[j + l]);
    for (; j < products; ++j) two_sum(lane[j % 8], rest[j % 8], row[j]);
    running_sum sum;
    for (std::size_t l = 0; l < 8; ++l) sum.add(lane[l]), sum.add(rest[l]);
    m.exporter.push_back(sum.value());
    all.add(sum.value());
    for (j = 0; j < products; ++j) two_sum(column[j], column_rest[j], row[j]);
  }
  for (std::size_t j = 0; j < products; ++j) m.product.push_back(column[j] + column_rest[j]);
  m.total = all.value();
  std::vector<double> scale(products), part(products);  // x / x_p and x_p / x
  for (std::size_t j = 0; j < products; ++j) scale[j] = m.product[j] > 0 ? m.total / m.product[j] : unknown, part[j] = m.product[j] / m.total;
  advantages out{std::vector<double>(values.size()), std::vector<double>(values.size()), std::vector<double>(values.size())};
  for (std::size_t i = 0; i < exporters; ++i) {
    const double xc = m.exporter[i], own = xc > 0 ? 1 : unknown, inverse = 1 / m.total;
    const double* row = values.data() + i * products;
    double *rca = out.rca.data() + i * products, *rsca = out.rsca.data() + i * products, *nrca = out.nrca.data() + i * products;
    for (std::size_t j = 0; j < products; ++j) {
      const double r = row[j] / xc * own * scale[j];
      rca[j] = r, rsca[j] = (r - 1) / (r + 1), nrca[j] = (row[j] - xc * part[j]) * inverse;
    }
  }
  return out;
}

/// Advantage of listed cells; the result has one entry a row. A cell that is not listed has rca 0 and
/// nrca - x_c x_p / x^2. Rows of the same cell must have been summed.
/// Takes   columns of one length: ids below the numbers given, money of 0 or more. Costs O(rows).
[[nodiscard]] inline advantages advantage(std::span<const std::uint32_t> exporter, std::span<const std::uint32_t> product,
                                          std::span<const double> value, std::size_t exporters, std::size_t products) {
  if (exporter.size() != value.size() || product.size() != value.size())
    throw error(errc::size_mismatch, "market::advantage: 'exporter', 'product', 'value' have " + std::to_string(exporter.size()) + ", " +
                                         std::to_string(product.size()) + ", " + std::to_string(value.size()) + " rows");
  std::vector<running_sum> e(exporters), p(products);
  running_sum all;
  for (std::size_t k = 0; k < value.size(); ++k) {
    if (exporter[k] >= exporters || product[k] >= products)
      throw error(errc::out_of_domain, "market::advantage: row " + std::to_string(k) + " names an exporter or product without label");
    const double v = detail::checked(value[k], k);
    e[exporter[k]].add(v);
    p[product[k]].add(v);
  }
  for (const running_sum& s : e) all.add(s.value());
  const detail::margins m = detail::closed(e, p, all);
  advantages out{std::vector<double>(value.size()), std::vector<double>(value.size()), std::vector<double>(value.size())};
  for (std::size_t k = 0; k < value.size(); ++k)
    detail::advantage_of(value[k], m.exporter[exporter[k]], m.product[product[k]], m.total, out.rca[k], out.rsca[k], out.nrca[k]);
  return out;
}

}  // namespace guanxi::market
