#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/unit.hpp>
#include <guanxi/ledger/purchase_days.hpp>

namespace guanxi::value {

/// One row a customer: what the purchase models need. Views only.
///
/// Times are in any one unit (days, weeks, ...), with whatever precision they have; the parameters then are in that unit.
struct customer_rows {
  std::span<const double> frequency;      // repeat purchase days: purchase days less the first one; whole numbers >= 0
  std::span<const double> recency;        // first to last purchase; 0 when frequency is 0
  std::span<const double> age;            // first purchase to the end of what is known; >= recency
  std::span<const double> weights = {};   // how many customers the row stands for; empty: one each
  std::span<const double> log_gaps = {};  // sum of ln(gap) over the row's customer's gaps (needed for k > 1 stages only)

  [[nodiscard]] std::size_t size() const noexcept { return frequency.size(); }
};

namespace detail {
[[nodiscard]] inline std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  if (value == std::floor(value) && std::fabs(value) < 1e15) return std::to_string(static_cast<long long>(value));
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  return text;
}

inline void same_size(std::string_view caller, std::string_view name, std::size_t size, std::size_t wish) {
  if (size != wish)
    throw error(errc::size_mismatch, std::string(caller) + ": '" + std::string(name) + "' has " + std::to_string(size) +
                                         " entries, 'frequency' has " + std::to_string(wish));
}

[[noreturn]] inline void bad_row(std::string_view caller, errc code, std::size_t row, const std::string& what) {
  throw error(code, std::string(caller) + ": " + what + " in row " + std::to_string(row));
}

inline void check_positive(std::string_view caller, std::string_view name, double value) {
  if (!(value > 0) || std::isinf(value))
    throw error(std::isnan(value) ? errc::not_finite : errc::out_of_domain,
                std::string(caller) + ": '" + std::string(name) + "' is " + number(value) + "; a positive number is wanted");
}
}  // namespace detail

/// Fails with a sentence that names the row and its values when the rows are no summary of purchases.
/// Costs one pass. Takes caller: the name at the front of the sentence ("value::BGNBD").
inline void check(const customer_rows& rows, std::string_view caller) {
  const std::size_t n = rows.size();
  detail::same_size(caller, "recency", rows.recency.size(), n);
  detail::same_size(caller, "age", rows.age.size(), n);
  if (!rows.weights.empty()) detail::same_size(caller, "weights", rows.weights.size(), n);
  if (!rows.log_gaps.empty()) detail::same_size(caller, "log_gaps", rows.log_gaps.size(), n);
  if (n == 0) throw error(errc::empty, std::string(caller) + ": there are no customers");
  const auto bad = [caller](errc code, std::size_t i, const std::string& what) { detail::bad_row(caller, code, i, what); };
  for (std::size_t i = 0; i < n; ++i) {
    const double x = rows.frequency[i], t = rows.recency[i], age = rows.age[i];
    if (x >= 0 && x <= 1e9 && x == static_cast<double>(static_cast<std::int64_t>(x)) && t >= 0 && t <= age && age < 1e12 && (x > 0) == (t > 0)) continue;
    for (const auto& [name, value] : {std::pair{"frequency", x}, {"recency", t}, {"age", age}})
      if (!std::isfinite(value)) bad(errc::not_finite, i, std::string(name) + " is " + detail::number(value));
    if (x < 0) bad(errc::out_of_domain, i, "frequency " + detail::number(x) + " is negative");
    if (x != std::floor(x)) bad(errc::out_of_domain, i, "frequency " + detail::number(x) + " is not a whole number");
    if (x > 1e9) bad(errc::out_of_domain, i, "frequency " + detail::number(x) + " is above 1e9");
    if (t < 0) bad(errc::out_of_domain, i, "recency " + detail::number(t) + " is negative");
    if (t > age) bad(errc::out_of_domain, i, "recency " + detail::number(t) + " > age " + detail::number(age));
    if (age >= 1e12) bad(errc::out_of_domain, i, "age " + detail::number(age) + " is above 1e12");
    if (x > 0) bad(errc::out_of_domain, i, "frequency " + detail::number(x) + " with recency 0");
    bad(errc::out_of_domain, i, "frequency 0 with recency " + detail::number(t));
  }
  for (std::size_t i = 0; i < rows.weights.size(); ++i)
    if (!(rows.weights[i] >= 0) || std::isinf(rows.weights[i]))
      bad(std::isnan(rows.weights[i]) ? errc::not_finite : errc::out_of_domain, i,
          "weight " + detail::number(rows.weights[i]) + ", a number >= 0 is wanted,");
  for (std::size_t i = 0; i < rows.log_gaps.size(); ++i)
    if (!std::isfinite(rows.log_gaps[i]))
      bad(errc::not_finite, i, "log_gaps is " + detail::number(rows.log_gaps[i]));
}

/// The rows of a book of customers, owned: one row a customer with a purchase up to `end`.
struct customer_columns {
  std::vector<std::size_t> customer;  // index in the book
  std::vector<double> frequency, recency, age, log_gaps;
  std::vector<double> spend;  // mean money a purchase day after the first; NaN when there is none
  [[nodiscard]] customer_rows rows() const noexcept { return {frequency, recency, age, {}, log_gaps}; }
};

/// Rows of the purchase models from purchase days; nothing after `end` is looked at.
/// Takes   days: see ledger::purchase_days; end: inclusive; u: the unit of recency, age and gaps (day precision).
/// Costs   one pass over the days.
[[nodiscard]] inline customer_columns to_rows(const ledger::purchase_days& days, day end, unit u) {
  customer_columns out;
  const double scale = 1.0 / days_in(u);
  for (std::size_t c = 0; c < days.customers(); ++c) {
    const std::size_t from = days.start[c];
    if (from == days.start[c + 1] || days.date[from] > end) continue;
    std::size_t to = from;
    double gaps = 0, money = 0;
    for (std::size_t j = from + 1; j < days.start[c + 1] && days.date[j] <= end; ++j) {
      to = j;
      gaps += std::log((days.date[j] - days.date[j - 1]) * scale);
      money += days.amount[j];
    }
    const double x = static_cast<double>(to - from);
    out.customer.push_back(c);
    out.frequency.push_back(x);
    out.recency.push_back((days.date[to] - days.date[from]) * scale);
    out.age.push_back((end - days.date[from]) * scale);
    out.log_gaps.push_back(gaps);
    out.spend.push_back(x > 0 ? money / x : std::numeric_limits<double>::quiet_NaN());
  }
  return out;
}

}  // namespace guanxi::value
