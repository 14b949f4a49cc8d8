#pragma once
// A small made-up exporter for tests of the review: 60 customers, 5 suppliers, 3 years of months.
#include <cstdint>
#include <string_view>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/ledger/delivery_rows.hpp>
#include <guanxi/ledger/ledger.hpp>

namespace guanxi::fixtures {

struct review_book {
  std::vector<std::uint32_t> customer, product, country;
  std::vector<day> date;
  std::vector<double> amount;
  std::vector<std::uint32_t> d_customer, d_supplier;
  std::vector<day> d_date;
  std::vector<double> d_amount;

  [[nodiscard]] ledger::order_lines lines() const {
    ledger::order_lines out;
    out.customer = std::span<const std::uint32_t>(customer);
    out.product = std::span<const std::uint32_t>(product);
    out.country = std::span<const std::uint32_t>(country);
    out.date = date;
    out.amount = amount;
    out.currency = "EUR";
    return out;
  }
  [[nodiscard]] ledger::delivery_lines deliveries() const {
    ledger::delivery_lines out;
    out.customer = std::span<const std::uint32_t>(d_customer);
    out.supplier = std::span<const std::uint32_t>(d_supplier);
    out.date = d_date;
    out.amount = d_amount;
    return out;
  }
};

/// Supplier 2 is us when `with_us`; else our sales are in the ledger alone.
[[nodiscard]] inline review_book make_review_book(std::uint64_t seed, bool with_us = true, std::uint32_t customers = 60) {
  review_book b;
  for (std::uint32_t c = 0; c < customers; ++c) {
    random_stream random(seed, c);
    const double size = random.lognormal(6, 1), share = random.beta(2, 3);
    const day stop = to_day({2021, 1, 1}) + static_cast<day>(random.uniform(300, 1'600));
    for (std::int32_t month = 0; month < 36; ++month) {
      const day first = to_day({2021 + month / 12, static_cast<std::uint32_t>(month % 12) + 1, 1});
      for (std::uint32_t s = 0; s < 5; ++s) {
        const double part = s == 2 ? share : (1 - share) * 0.25;
        if (!random.bernoulli(0.3 + 0.6 * part) || first > stop) continue;
        const double amount = size * part * random.lognormal(0, 0.4);
        if (s == 2) {
          b.customer.push_back(c), b.product.push_back(static_cast<std::uint32_t>(random.index(8))), b.country.push_back(c % 4);
          b.date.push_back(first + static_cast<day>(random.index(27))), b.amount.push_back(amount);
        }
        if (s == 2 && !with_us) continue;
        b.d_customer.push_back(c), b.d_supplier.push_back(s), b.d_date.push_back(first), b.d_amount.push_back(amount);
      }
    }
  }
  return b;
}

}  // namespace guanxi::fixtures
