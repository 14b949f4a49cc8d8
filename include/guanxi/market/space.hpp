#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>

namespace guanxi::market {

/// Proximity of products: exporters with an advantage in both, over the larger number of exporters of one; products x products.
///
/// Takes   rca: exporters x products, row by row; an advantage is rca >= 1, unknown is none.
/// Gives   in [0, 1], symmetric, 1 on the diagonal; NaN for a product in which nobody has an advantage.
/// Costs   O(products^2 x exporters / 64), bits and popcount.
/// Source  Hidalgo, Klinger, Barabasi and Hausmann (2007), Science 317, 482.
[[nodiscard]] inline std::vector<double> proximity(std::span<const double> rca, std::size_t exporters, std::size_t products) {
  if (rca.size() != exporters * products)
    throw error(errc::size_mismatch, "market::proximity: " + std::to_string(rca.size()) + " values for " + std::to_string(exporters) + " exporters x " + std::to_string(products) + " products");
  const std::size_t words = (exporters + 63) / 64;
  std::vector<std::uint64_t> bits(words * products, 0);  // word by word, so that a row of answers is one sweep
  std::vector<int> count(products, 0);
  for (std::size_t c = 0; c < exporters; ++c)
    for (std::size_t p = 0; p < products; ++p)
      if (rca[c * products + p] >= 1) bits[c / 64 * products + p] |= std::uint64_t{1} << (c % 64), ++count[p];
  std::vector<double> out(products * products, unknown);
  parallel_blocks(products, 32, [&](std::size_t from, std::size_t to, std::size_t) {
    std::vector<std::int64_t> both(products);
    for (std::size_t p = from; p < to; ++p) {
      if (count[p] == 0) continue;
      std::fill(both.begin(), both.end(), 0);
      for (std::size_t w = 0; w < words; ++w) {
        const std::uint64_t mine = bits[w * products + p], *all = bits.data() + w * products;
        if (mine != 0)
          for (std::size_t q = 0; q < products; ++q) both[q] += std::popcount(mine & all[q]);
      }
      double* row = out.data() + p * products;
      for (std::size_t q = 0; q < products; ++q) {
        const double x = static_cast<double>(both[q]) / std::max(count[p], count[q]);
        row[q] = count[q] > 0 ? x : unknown;
      }
    }
  });
  return out;
}

/// How much of what is near a product an exporter already has: sum of phi over its products / sum of phi; exporters x products.
/// keep_diagonal: the product itself counts (the usual convention; leaving it out changes figures by some hundredths).
/// Gives NaN for a product without neighbours. Costs O(exporters x products^2).
[[nodiscard]] inline std::vector<double> density(std::span<const double> rca, std::span<const double> phi, std::size_t exporters, std::size_t products, bool keep_diagonal = true) {
  if (rca.size() != exporters * products || phi.size() != products * products)
    throw error(errc::size_mismatch, "market::density: " + std::to_string(rca.size()) + " and " + std::to_string(phi.size()) + " values for " + std::to_string(exporters) +
                                         " exporters x " + std::to_string(products) + " products");
  std::vector<double> out(exporters * products, 0.0), all(products, 0.0);
  const auto near = [&](std::size_t q, std::size_t p) { return std::isnan(phi[q * products + p]) || (!keep_diagonal && p == q) ? 0.0 : phi[q * products + p]; };
  std::vector<double> row(products);
  for (std::size_t q = 0; q < products; ++q) {
    for (std::size_t p = 0; p < products; ++p) all[p] += row[p] = near(q, p);
    for (std::size_t c = 0; c < exporters; ++c)
      if (rca[c * products + q] >= 1)
        for (std::size_t p = 0; p < products; ++p) out[c * products + p] += row[p];
  }
  for (std::size_t c = 0; c < exporters; ++c)
    for (std::size_t p = 0; p < products; ++p) out[c * products + p] = all[p] > 0 ? out[c * products + p] / all[p] : unknown;
  return out;
}

/// Potential trade of each exporter with each market over products: supply share x ease x demand, and the gap to what is traded.
struct potentials {
  std::vector<double> potential, gap, ease;  // rows; ease is that of the row's exporter and importer
};
/// Takes   columns of trade (exporter, importer, product, value), no cell twice; ease is capped at `cap`.
/// Gives   potential = s_ik x ease_ij x M_jk with s_ik the exporter's share of the world's trade in the product, M_jk the market's
///         purchases of it, ease_ij = traded / sum_k s_ik M_jk over all products that both have; gap = max(0, potential - value).
/// Fails   errc::size_mismatch, errc::out_of_domain. Costs O(rows + exporters x importers x products).
/// Source  Decreux and Spies (2016), "Export potential assessments", ITC: the shape without projections of GDP and tariffs.
[[nodiscard]] inline potentials potential(std::span<const std::uint32_t> exporter, std::span<const std::uint32_t> importer, std::span<const std::uint32_t> product,
                                          std::span<const double> value, std::size_t exporters, std::size_t importers, std::size_t products, double cap = 10) {
  const std::size_t n = value.size();
  if (exporter.size() != n || importer.size() != n || product.size() != n)
    throw error(errc::size_mismatch, "market::potential: 'exporter', 'importer', 'product', 'value' have " + std::to_string(exporter.size()) + ", " + std::to_string(importer.size()) +
                                         ", " + std::to_string(product.size()) + ", " + std::to_string(n) + " rows");
  std::vector<double> supply(exporters * products, 0.0), demand(importers * products, 0.0), world(products, 0.0), traded(exporters * importers, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    if (exporter[i] >= exporters || importer[i] >= importers || product[i] >= products || !(value[i] >= 0) || !std::isfinite(value[i]))
      throw error(errc::out_of_domain, "market::potential: row " + std::to_string(i) + " has a label without number or a value below 0");
    supply[exporter[i] * products + product[i]] += value[i], demand[importer[i] * products + product[i]] += value[i];
    world[product[i]] += value[i], traded[exporter[i] * importers + importer[i]] += value[i];
  }
  std::vector<double> ease(exporters * importers, unknown);
  for (std::size_t e = 0; e < exporters; ++e)
    for (std::size_t m = 0; m < importers; ++m) {
      double want = 0;
      for (std::size_t p = 0; p < products; ++p)
        if (world[p] > 0) want += supply[e * products + p] / world[p] * demand[m * products + p];
      if (want > 0) ease[e * importers + m] = std::min(cap, traded[e * importers + m] / want);
    }
  potentials out;
  for (std::size_t i = 0; i < n; ++i) {
    const double t = ease[exporter[i] * importers + importer[i]];
    const double x = world[product[i]] > 0 ? supply[exporter[i] * products + product[i]] / world[product[i]] * t * demand[importer[i] * products + product[i]] : unknown;
    out.ease.push_back(t), out.potential.push_back(x), out.gap.push_back(std::isnan(x) ? unknown : std::max(0.0, x - value[i]));
  }
  return out;
}

/// Money at stake in each market: margin x (attainable share x demand - our sales), less the cost of entry; an absolute scale.
///
/// Takes   columns of one length: demand over the horizon with low and high, our sales there, attainable share in [0, 1], margin as
///         a part of sales, entry cost (money), chance of winning in [0, 1].
/// Gives   score, low, high in money; NaN where an input is unknown. Each row is scored alone, so no other market changes it.
struct stakes {
  std::vector<double> score, low, high;
};
[[nodiscard]] inline stakes score(std::span<const double> demand, std::span<const double> low, std::span<const double> high, std::span<const double> ours,
                                  std::span<const double> attainable, std::span<const double> margin, std::span<const double> entry, std::span<const double> chance) {
  for (const auto& [column, name] : {std::pair{low, "low"}, {high, "high"}, {ours, "ours"}, {attainable, "attainable"}, {margin, "margin"}, {entry, "entry"}, {chance, "chance"}})
    if (column.size() != demand.size())
      throw error(errc::size_mismatch, std::string("market::score: '") + name + "' has " + std::to_string(column.size()) + " rows, 'demand' has " + std::to_string(demand.size()));
  stakes out;
  for (std::size_t i = 0; i < demand.size(); ++i) {
    if (attainable[i] < 0 || attainable[i] > 1) throw error(errc::out_of_domain, "market::score: attainable share " + std::to_string(attainable[i]) + " in row " + std::to_string(i) + ", wanted 0 to 1");
    if (chance[i] < 0 || chance[i] > 1) throw error(errc::out_of_domain, "market::score: chance " + std::to_string(chance[i]) + " in row " + std::to_string(i) + ", wanted 0 to 1");
    const auto at = [&](double size) {
      const double more = attainable[i] * size - ours[i];
      return std::isnan(more) ? unknown : chance[i] * margin[i] * (more > 0 ? more : 0) - entry[i];
    };
    out.score.push_back(at(demand[i])), out.low.push_back(at(low[i])), out.high.push_back(at(high[i]));
  }
  return out;
}

}  // namespace guanxi::market
