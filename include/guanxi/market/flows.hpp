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
#include <guanxi/base/sum.hpp>
#include <guanxi/market/nobody.hpp>

namespace guanxi::market {

/// Who sold what to whom, period by period: columns of one length; optional ones may be empty.
struct flow_columns {
  std::span<const std::uint32_t> exporter{}, importer{}, product{}, period{};  // numbers from 0
  std::span<const double> value{};             // money of 0 or more, one currency
  std::span<const double> part{};              // of value: what fell in the months that have been seen of the last period
  std::span<const double> quantity{};          // in one unit a product; NaN or 0: not known
  std::span<const double> expected{};          // what a model says of the row (gravity); NaN: nothing
  std::span<const std::uint8_t> mirrored{};    // 1: reported by the exporter instead of the importer
  std::span<const std::uint32_t> home{};       // importer number of each exporter, `nobody`: none; own trade is left out
  std::size_t exporters = 0, importers = 0, products = 0, periods = 0;
};

namespace detail {

/// Rows of one (importer, product, exporter, period) as one entry, sorted by these keys; nothing depends on the caller's order.
struct flow_entries {
  std::vector<std::uint32_t> importer, product;  // of each cell
  std::vector<std::size_t> start;                // first entry of each cell, cells + 1
  std::vector<std::uint32_t> exporter, period;   // of each entry
  std::vector<double> value, part, quantity, priced, expected;  // priced: value of rows whose quantity is known
  std::vector<std::uint8_t> report;              // 1: importer's, 2: mirrored, 3: both
  std::size_t own_trade = 0;                     // rows left out
  [[nodiscard]] std::size_t cells() const noexcept { return importer.size(); }
};

inline void check_flows(const flow_columns& in) {
  const std::size_t n = in.value.size();
  const auto same = [&](std::size_t have, const char* name, bool needed) {
    if (have != n && (needed || have != 0))
      throw error(errc::size_mismatch, std::string("market::table: '") + name + "' has " + std::to_string(have) + " rows, 'value' has " + std::to_string(n));
  };
  same(in.exporter.size(), "exporter", true), same(in.importer.size(), "importer", true), same(in.product.size(), "product", true), same(in.period.size(), "period", true);
  same(in.part.size(), "part", false), same(in.quantity.size(), "quantity", false), same(in.expected.size(), "expected", false), same(in.mirrored.size(), "mirrored", false);
  if (n == 0) throw error(errc::empty, "market::table: there is no row");
  if (n >= 0xffffffffu) throw error(errc::out_of_domain, "market::table: " + std::to_string(n) + " rows, at most 4294967294 are possible");
  if (!in.home.empty() && in.home.size() != in.exporters)
    throw error(errc::size_mismatch, "market::table: 'home' has " + std::to_string(in.home.size()) + " entries, there are " + std::to_string(in.exporters) + " exporters");
  for (std::size_t i = 0; i < n; ++i) {
    if (in.exporter[i] >= in.exporters || in.importer[i] >= in.importers || in.product[i] >= in.products || in.period[i] >= in.periods)
      throw error(errc::out_of_domain, "market::table: row " + std::to_string(i) + " names an exporter, importer, product or period without label");
    const auto amount = [&](double x, const char* name) {
      if (!std::isfinite(x)) throw error(errc::not_finite, std::string("market::table: '") + name + "' in row " + std::to_string(i) + " is not a finite number");
      if (x < 0) throw error(errc::out_of_domain, std::string("market::table: '") + name + "' is " + std::to_string(x) + " in row " + std::to_string(i) + ", wanted 0 or more");
    };
    amount(in.value[i], "value");
    if (!in.part.empty()) amount(in.part[i], "part");
    if (!in.quantity.empty() && (in.quantity[i] < 0 || std::isinf(in.quantity[i])))
      throw error(errc::out_of_domain, "market::table: 'quantity' is " + std::to_string(in.quantity[i]) + " in row " + std::to_string(i) + ", wanted 0 or more, or NaN");
    if (!in.expected.empty() && (in.expected[i] < 0 || std::isinf(in.expected[i])))
      throw error(errc::out_of_domain, "market::table: 'expected' is " + std::to_string(in.expected[i]) + " in row " + std::to_string(i) + ", wanted 0 or more, or NaN");
  }
}

/// Stable counting sort of row numbers by a key below `keys`.
inline void sort_by(std::vector<std::uint32_t>& rows, std::vector<std::uint32_t>& spare, std::span<const std::uint32_t> key, std::size_t keys) {
  std::vector<std::uint32_t> at(keys + 1, 0);
  for (const std::uint32_t i : rows) ++at[key[i] + 1];
  for (std::size_t k = 0; k < keys; ++k) at[k + 1] += at[k];
  for (const std::uint32_t i : rows) spare[at[key[i]]++] = i;
  rows.swap(spare);
}

[[nodiscard]] inline flow_entries entries_of(const flow_columns& in) {
  check_flows(in);
  flow_entries out;
  const std::size_t n = in.value.size();
  std::vector<std::uint32_t> rows;
  rows.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (!in.home.empty() && in.home[in.exporter[i]] == in.importer[i]) ++out.own_trade;
    else rows.push_back(static_cast<std::uint32_t>(i));
  }
  std::vector<std::uint32_t> spare(rows.size());
  sort_by(rows, spare, in.period, in.periods);
  sort_by(rows, spare, in.exporter, in.exporters);
  sort_by(rows, spare, in.product, in.products);
  sort_by(rows, spare, in.importer, in.importers);
  const auto optional = [](std::span<const double> c, std::uint32_t i, double other) { return c.empty() ? other : c[i]; };
  const auto less = [&](std::uint32_t a, std::uint32_t b) {  // rows of one key in an order of their own
    const auto key = [&](std::uint32_t i, std::span<const double> c) { return c.empty() ? 0.0 : std::isnan(c[i]) ? -1.0 : c[i]; };
    for (const auto& c : {in.value, in.part, in.quantity, in.expected})
      if (key(a, c) != key(b, c)) return key(a, c) < key(b, c);
    return false;
  };
  for (std::size_t from = 0, to = 0; from < rows.size(); from = to) {
    const std::uint32_t a = rows[from];
    for (to = from + 1; to < rows.size(); ++to) {
      const std::uint32_t b = rows[to];
      if (in.period[a] != in.period[b] || in.exporter[a] != in.exporter[b] || in.product[a] != in.product[b] || in.importer[a] != in.importer[b]) break;
    }
    if (to - from > 1) std::sort(rows.begin() + static_cast<std::ptrdiff_t>(from), rows.begin() + static_cast<std::ptrdiff_t>(to), less);
    if (out.cells() == 0 || out.importer.back() != in.importer[a] || out.product.back() != in.product[a]) {
      out.importer.push_back(in.importer[a]), out.product.push_back(in.product[a]);
      out.start.push_back(out.exporter.size());
    }
    running_sum value, part, quantity, priced, expected;
    bool any = false, said = false;
    std::uint8_t report = 0;
    for (std::size_t r = from; r < to; ++r) {
      const std::uint32_t i = rows[r];
      value.add(in.value[i]);
      part.add(optional(in.part, i, in.value[i]));
      const double q = optional(in.quantity, i, unknown), e = optional(in.expected, i, unknown);
      if (q > 0 && in.value[i] > 0) quantity.add(q), priced.add(in.value[i]), any = true;  // 0 of one with some of the other: not known
      if (!std::isnan(e)) expected.add(e), said = true;
      report |= in.mirrored.empty() || in.mirrored[i] == 0 ? std::uint8_t{1} : std::uint8_t{2};
    }
    out.exporter.push_back(in.exporter[a]), out.period.push_back(in.period[a]);
    out.value.push_back(value.value()), out.part.push_back(part.value());
    out.quantity.push_back(any ? quantity.value() : unknown), out.priced.push_back(any ? priced.value() : unknown);
    out.expected.push_back(said ? expected.value() : unknown);
    out.report.push_back(report);
  }
  out.start.push_back(out.exporter.size());
  return out;
}

}  // namespace detail
}  // namespace guanxi::market
