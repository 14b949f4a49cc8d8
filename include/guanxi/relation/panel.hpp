#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/relation/emission.hpp>

namespace guanxi::relation {

/// A named column of the panel; NaN = not known.
struct panel_column {
  std::string name;
  std::span<const double> values;
};

/// One row a customer and period, in any order; views only. A customer starts with its first row.
/// A zero row (it bought elsewhere) and a missing row (no record) are different things.
struct panel {
  std::span<const std::uint32_t> customer;  // codes
  std::span<const std::int64_t> period;     // consecutive whole numbers; a step of more than 1 is a gap
  std::vector<panel_column> emissions;      // in the order of the model's emissions
  std::vector<panel_column> covariates;     // z of period t drives the move from t to t + 1
  std::span<const double> exposure = {};    // length of each row's period, above 0; counts grow with it. Empty: all 1
};

namespace detail {

inline constexpr std::uint32_t no_row = 0xffffffffu;

/// The panel sorted by customer and period, with a row for every period in a gap.
struct prepared {
  std::vector<std::size_t> start;       // customers + 1, into the rows below
  std::vector<std::uint32_t> customer;  // code of each customer
  std::vector<std::int64_t> first;      // its first period
  std::vector<std::uint32_t> source;    // row of the panel; no_row in a gap
  std::vector<coded> columns;
  std::vector<double> z;  // rows x covariates, standardised; held through gaps
  std::size_t covariates = 0;
  std::size_t inserted = 0, holes = 0;  // rows added in gaps; covariate cells that were NaN

  [[nodiscard]] std::size_t rows() const noexcept { return source.size(); }
  [[nodiscard]] std::size_t customers() const noexcept { return customer.size(); }
};

inline void check_panel(const panel& p) {
  const std::size_t n = p.customer.size();
  const auto length = [n](const std::string& column, std::size_t m) {
    if (m != n) {
      throw error(errc::size_mismatch, "relation: panel column 'customer' has " + std::to_string(n) + " entries, '" +
                                           column + "' has " + std::to_string(m));
    }
  };
  length("period", p.period.size());
  for (const auto& c : p.emissions) length(c.name, c.values.size());
  for (const auto& c : p.covariates) {
    length(c.name, c.values.size());
    for (std::size_t i = 0; i < n; ++i) {
      if (std::isinf(c.values[i])) {
        throw error(errc::not_finite, "relation: covariate '" + c.name + "' is infinite in row " + std::to_string(i) +
                                          ", want a finite number");
      }
    }
  }
  if (!p.exposure.empty()) length("exposure", p.exposure.size());
  for (std::size_t i = 0; i < p.exposure.size(); ++i) {
    if (!(p.exposure[i] > 0.0) || !std::isfinite(p.exposure[i])) {
      throw error(errc::out_of_domain, "relation: 'exposure' is " + std::to_string(p.exposure[i]) + " in row " +
                                           std::to_string(i) + ", want a finite length above 0");
    }
  }
  if (n >= no_row)
    throw error(errc::out_of_domain,
                "relation: panel has " + std::to_string(n) + " rows, want fewer than 4,294,967,295");
}

inline void sort_rows(const panel& p, prepared& out) {
  const std::size_t n = p.customer.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return p.customer[a] != p.customer[b] ? p.customer[a] < p.customer[b] : p.period[a] < p.period[b];
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);
  const std::size_t most = 20 * n + 1000;
  for (std::size_t j = 0; j < n; ++j) {
    const std::uint32_t row = order[j];
    const bool fresh = j == 0 || p.customer[order[j - 1]] != p.customer[row];
    if (fresh) {
      out.start.push_back(out.source.size());
      out.customer.push_back(p.customer[row]);
      out.first.push_back(p.period[row]);
    } else {
      const std::int64_t last = p.period[order[j - 1]];
      if (last == p.period[row]) {
        throw error(errc::duplicate, "relation: panel has two rows for customer " + std::to_string(p.customer[row]) +
                                         ", period " + std::to_string(last));
      }
      const auto gap = static_cast<std::uint64_t>(p.period[row]) - static_cast<std::uint64_t>(last) - 1;
      if (gap > most || out.inserted + gap > most) {
        throw error(errc::out_of_domain, "relation: 'period' jumps from " + std::to_string(last) + " to " +
                                             std::to_string(p.period[row]) + " for customer " +
                                             std::to_string(p.customer[row]) +
                                             "; count periods in consecutive whole numbers");
      }
      out.source.insert(out.source.end(), static_cast<std::size_t>(gap), no_row);
      out.inserted += static_cast<std::size_t>(gap);
    }
    out.source.push_back(row);
  }
  out.start.push_back(out.source.size());
}

/// Codes of counts in periods of unlike lengths: distinct pairs of value and length.
inline void encode_pairs(const panel_column& column, std::span<const double> exposure, const prepared& rows,
                         coded& out) {
  std::vector<std::pair<double, double>> pair;
  for (std::size_t i = 0; i < column.values.size(); ++i) {
    if (!std::isnan(column.values[i])) pair.emplace_back(column.values[i], exposure[i]);
  }
  std::sort(pair.begin(), pair.end());
  pair.erase(std::unique(pair.begin(), pair.end()), pair.end());
  out.value.clear();
  for (const auto& [y, x] : pair) out.value.push_back(y), out.exposure.push_back(x);
  out.code.resize(rows.rows(), coded::missing);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const std::uint32_t row = rows.source[r];
    if (row == no_row || std::isnan(column.values[row])) continue;
    const auto at = std::lower_bound(pair.begin(), pair.end(), std::pair{column.values[row], exposure[row]});
    out.code[r] = static_cast<std::uint32_t>(at - pair.begin());
  }
}

inline coded encode(const panel_column& column, family kind, std::size_t states, const prepared& rows,
                    std::span<const double> exposure = {}) {
  coded out;
  for (std::size_t i = 0; i < column.values.size(); ++i) {
    const double y = column.values[i];
    if (std::isnan(y)) continue;
    if (const char* want = wish(kind, y, states)) {
      std::string text = std::to_string(y);
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
      throw error(errc::out_of_domain,
                  "relation: '" + column.name + "' is " + text + " in row " + std::to_string(i) + ", want " + want);
    }
    out.value.push_back(y);
  }
  std::sort(out.value.begin(), out.value.end());
  double sum = 0.0, squares = 0.0;
  std::size_t n = 0;
  if (!out.value.empty()) {
    const auto known = static_cast<double>(out.value.size());
    out.zeros =
        static_cast<double>(std::upper_bound(out.value.begin(), out.value.end(), 0.0) - out.value.begin()) / known;
    out.ones = static_cast<double>(out.value.end() - std::lower_bound(out.value.begin(), out.value.end(), 1.0)) / known;
  }
  const auto scaled = [&](double y) { return kind == family::log_normal ? std::log(y) : y; };
  for (const double y : out.value) {
    if (kind == family::log_normal && y <= 0.0) continue;
    sum += scaled(y), ++n;
  }
  if (n > 0) out.centre = sum / static_cast<double>(n);
  for (const double y : out.value) {
    if (kind == family::log_normal && y <= 0.0) continue;
    squares += (scaled(y) - out.centre) * (scaled(y) - out.centre);
  }
  if (n > 0 && squares > 0.0) out.variance = squares / static_cast<double>(n);
  if (!exposure.empty() && (kind == family::poisson || kind == family::negative_binomial)) {
    encode_pairs(column, exposure, rows, out);
    return out;
  }
  out.value.erase(std::unique(out.value.begin(), out.value.end()), out.value.end());
  out.code.resize(rows.rows(), coded::missing);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    if (rows.source[r] == no_row || std::isnan(column.values[rows.source[r]])) continue;
    const auto at = std::lower_bound(out.value.begin(), out.value.end(), column.values[rows.source[r]]);
    out.code[r] = static_cast<std::uint32_t>(at - out.value.begin());
  }
  return out;
}

/// Sorted, gap-filled and coded rows. `centre` and `scale` of the covariates are found here when they come empty.
[[nodiscard]] inline prepared prepare(const panel& p, std::span<const emission> laws, std::size_t states,
                                      std::vector<double>& centre, std::vector<double>& scale) {
  check_panel(p);
  prepared out;
  sort_rows(p, out);
  for (std::size_t c = 0; c < laws.size(); ++c)
    out.columns.push_back(encode(p.emissions[c], laws[c].kind, states, out, p.exposure));
  const std::size_t k = out.covariates = p.covariates.size();
  if (k == 0) return out;
  if (centre.empty()) {
    for (const auto& column : p.covariates) {
      double sum = 0.0, squares = 0.0, n = 0.0;
      for (const std::uint32_t row : out.source) {
        if (row != no_row && !std::isnan(column.values[row])) sum += column.values[row], n += 1.0;
      }
      const double m = n > 0.0 ? sum / n : 0.0;
      for (const std::uint32_t row : out.source) {
        if (row != no_row && !std::isnan(column.values[row]))
          squares += (column.values[row] - m) * (column.values[row] - m);
      }
      centre.push_back(m);
      const double sd = n > 0.0 ? std::sqrt(squares / n) : 0.0;
      scale.push_back(sd > 1e-12 * (1.0 + std::fabs(m)) ? sd : 1.0);
    }
  }
  out.z.resize(out.rows() * k);
  for (std::size_t r = 0; r < out.rows(); ++r) {
    for (std::size_t j = 0; j < k; ++j) {
      if (out.source[r] == no_row) {
        out.z[r * k + j] = out.z[(r - 1) * k + j];
        continue;
      }
      const double x = p.covariates[j].values[out.source[r]];
      out.holes += std::isnan(x);
      out.z[r * k + j] = std::isnan(x) ? 0.0 : (x - centre[j]) / scale[j];
    }
  }
  return out;
}

}  // namespace detail
}  // namespace guanxi::relation
