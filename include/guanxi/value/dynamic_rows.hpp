#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/value/covariate_rows.hpp>
#include <guanxi/value/customer_rows.hpp>

namespace guanxi::value {

/// Customers on a clock: when they first bought, when they bought again, and up to when that is known. Views only.
struct dynamic_rows {
  std::span<const double> born;          // first purchase
  double end = 0;                        // what happened up to here is known, of everybody
  std::span<const std::uint64_t> start;  // customers + 1: the repeats of customer c are when[start[c] .. start[c + 1])
  std::span<const double> when;          // repeat purchases on the same clock, ascending within a customer, in (born, end]
  [[nodiscard]] std::size_t size() const noexcept { return born.size(); }
};

/// What is known of each customer in each period; the last period lasts for ever. Views only.
struct covariate_paths {
  std::span<const std::uint64_t> start;  // customers + 1; or two entries: one path, common to all (a season)
  std::span<const double> from;          // beginning of each period, ascending within a path, the first not after `born`
  std::span<const double> purchase;      // periods x names
  std::span<const double> dropout;
  [[nodiscard]] bool common() const noexcept { return start.size() == 2; }
};

namespace detail {

/// A stretch of a customer's time with covariates that do not change; `row` of the paths.
struct stretch {
  double from = 0, to = 0;  // since the first purchase
  std::size_t row = 0;
};

inline void check(const dynamic_rows& rows, const covariate_paths& paths, const std::vector<std::string>& purchase, const std::vector<std::string>& dropout,
                  std::string_view caller) {
  const std::string who(caller);
  const std::size_t n = rows.size();
  if (n == 0) throw error(errc::empty, who + ": there are no customers");
  if (rows.start.size() != n + 1 || rows.start[0] != 0 || rows.start[n] != rows.when.size())
    throw error(errc::size_mismatch, who + ": 'start' has " + std::to_string(rows.start.size()) + " entries for " + std::to_string(n) + " customers; one more than customers, from 0 to all repeats, is wanted");
  if ((paths.start.size() != 2 && paths.start.size() != n + 1) || paths.start.front() != 0 || paths.start.back() != paths.from.size() || paths.from.empty())
    throw error(errc::size_mismatch, who + ": 'paths' has " + std::to_string(paths.start.size()) + " starts for " + std::to_string(n) + " customers; one path a customer, or one for all, is wanted");
  check_covariates(paths.purchase, paths.from.size(), purchase, "purchase", caller);
  check_covariates(paths.dropout, paths.from.size(), dropout, "dropout", caller);
  for (std::size_t c = 0; c < n; ++c) {
    if (!std::isfinite(rows.born[c]) || !(rows.born[c] <= rows.end)) bad_row(caller, errc::out_of_domain, c, "born is " + number(rows.born[c]) + ", not before the end,");
    double last = rows.born[c];
    if (rows.start[c + 1] < rows.start[c]) bad_row(caller, errc::out_of_domain, c, "'start' falls");
    for (std::uint64_t j = rows.start[c]; j < rows.start[c + 1]; ++j) {
      if (!(rows.when[j] > last) || rows.when[j] > rows.end) bad_row(caller, errc::out_of_domain, c, "a repeat at " + number(rows.when[j]) + " that does not follow the one before, or is after the end,");
      last = rows.when[j];
    }
    if (paths.common() && c > 0 && rows.born[c] >= paths.from[0]) continue;
    const std::size_t p = paths.common() ? 0 : c;
    if (paths.start[p + 1] <= paths.start[p] || paths.from[paths.start[p]] > rows.born[c])
      bad_row(caller, errc::out_of_domain, c, "the first period of the covariates begins after the first purchase at " + number(rows.born[c]));
    for (std::uint64_t j = paths.start[p] + 1; j < paths.start[p + 1]; ++j)
      if (!(paths.from[j] > paths.from[j - 1])) bad_row(caller, errc::out_of_domain, c, "periods of the covariates that do not ascend");
  }
}

/// The path of customer c cut to (from, to] of its own time; periods with equal covariates are one stretch.
inline void stretches(std::vector<stretch>& out, const covariate_paths& paths, std::size_t c, double born, double from, double to, std::size_t wide_p, std::size_t wide_d) {
  out.clear();
  const std::size_t p = paths.common() ? 0 : c;
  const auto first = paths.from.begin() + static_cast<std::ptrdiff_t>(paths.start[p]), last = paths.from.begin() + static_cast<std::ptrdiff_t>(paths.start[p + 1]);
  auto at = std::upper_bound(first, last, born + from);
  if (at != first) --at;
  const auto equal = [&](std::size_t a, std::size_t b) {
    return std::equal(paths.purchase.begin() + static_cast<std::ptrdiff_t>(a * wide_p), paths.purchase.begin() + static_cast<std::ptrdiff_t>((a + 1) * wide_p), paths.purchase.begin() + static_cast<std::ptrdiff_t>(b * wide_p)) &&
           std::equal(paths.dropout.begin() + static_cast<std::ptrdiff_t>(a * wide_d), paths.dropout.begin() + static_cast<std::ptrdiff_t>((a + 1) * wide_d), paths.dropout.begin() + static_cast<std::ptrdiff_t>(b * wide_d));
  };
  for (double here = from; here < to; ++at) {
    const double next = at + 1 == last ? to : std::min(to, *(at + 1) - born);
    const auto row = static_cast<std::size_t>(at - paths.from.begin());
    if (next > here) {
      if (!out.empty() && equal(out.back().row, row))
        out.back().to = next;
      else
        out.push_back({here, next, row});
      here = next;
    }
    if (at + 1 == last) break;
  }
}

}  // namespace detail
}  // namespace guanxi::value
