#pragma once
// Small graphs with known answers, and random ones from a seed.
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <guanxi/graph/supplier_graph.hpp>

namespace guanxi::graph::fixtures {

struct table {
  std::vector<std::uint32_t> customer, supplier, product, period;
  std::vector<double> amount;
  std::size_t customers = 0, suppliers = 0, products = 0, periods = 0;

  [[nodiscard]] lines view(bool with_product = true, bool with_period = true) const {
    lines in{customer, supplier, amount, {}, {}, customers, suppliers};
    if (with_product && !product.empty()) in.product = product, in.products = products;
    if (with_period && !period.empty()) in.period = period, in.periods = periods;
    return in;
  }
  [[nodiscard]] table permuted(std::uint64_t seed) const {
    std::vector<std::size_t> order(amount.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937_64 random(seed);
    std::shuffle(order.begin(), order.end(), random);
    table out = *this;
    for (std::size_t i = 0; i < order.size(); ++i) {
      out.customer[i] = customer[order[i]];
      out.supplier[i] = supplier[order[i]];
      out.amount[i] = amount[order[i]];
      if (!product.empty()) out.product[i] = product[order[i]];
      if (!period.empty()) out.period[i] = period[order[i]];
    }
    return out;
  }
};

/// Lines with duplicates, credits and zeros; some nodes stay without lines.
[[nodiscard]] inline table random_lines(std::size_t rows, std::uint32_t customers, std::uint32_t suppliers, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  table t;
  t.customers = customers, t.suppliers = suppliers, t.products = 7, t.periods = 6;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto c = static_cast<std::uint32_t>(random() % customers), s = static_cast<std::uint32_t>(random() % suppliers);
    t.customer.push_back(c * c / customers);
    t.supplier.push_back(s * s / suppliers);
    t.product.push_back(static_cast<std::uint32_t>(random() % 7));
    t.period.push_back(static_cast<std::uint32_t>(random() % 6));
    const double cents = static_cast<double>(random() % 100'000) / 100;
    t.amount.push_back(random() % 9 == 0 ? -cents : random() % 20 == 0 ? 0.0 : cents);
  }
  return t;
}

/// Davis, Gardner and Gardner (1941), Deep South: 18 women, 14 social events; published 0/1 table.
[[nodiscard]] inline table southern_women() {
  const char* rows[] = {"11111101100000", "11101111000000", "01111111100000", "10111111000000", "00111010000000", "00101101000000",
                        "00001111000000", "00000101100000", "00001011100000", "00000011100100", "00000001110100", "00000001110111",
                        "00000011110111", "00000110111111", "00000011011100", "00000001100000", "00000000101000", "00000000101000"};
  table t;
  t.customers = 18, t.suppliers = 14;
  for (std::uint32_t w = 0; w < 18; ++w)
    for (std::uint32_t e = 0; e < 14; ++e)
      if (rows[w][e] == '1') t.customer.push_back(w), t.supplier.push_back(e), t.amount.push_back(1.0);
  return t;
}

[[nodiscard]] inline table pairs(std::vector<std::pair<std::uint32_t, std::uint32_t>> ties) {
  table t;
  for (const auto& [c, s] : ties) t.customer.push_back(c), t.supplier.push_back(s), t.amount.push_back(1.0);
  return t;
}

}  // namespace guanxi::graph::fixtures
