#pragma once
#include <cmath>
#include <cstddef>
#include <span>

#include <guanxi/base/interval.hpp>
#include <guanxi/base/sum.hpp>

namespace guanxi {

/// How an amount is spread over its parts (a customer's purchases over suppliers, a market over exporters).
struct concentration {
  std::size_t parts = 0;           // parts with a positive amount
  double total = 0.0;              // their sum
  double hhi = unknown;            // sum of squared shares, 1/parts .. 1
  double normalised = unknown;     // (hhi - 1/parts) / (1 - 1/parts); unknown for one part
  double effective = unknown;      // 1 / hhi: number of equal parts with this hhi
  double entropy = unknown;        // - sum s ln s, natural logarithm
  double cr1 = unknown;            // share of the largest part
  double cr3 = unknown;            // share of the three largest
  std::size_t largest = npos;      // index of the largest part; the lower index at a tie
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

/// Concentration of amounts.
///
/// Takes   amounts >= 0 in one unit; zero, negative and NaN entries are not parts.
/// Gives   everything unknown (NaN) and total 0 when there is no part.
/// Costs   O(n), two passes, one logarithm a part; no allocation.
/// Source  Herfindahl (1950); Hirschman (1964), AER 54, 761. For the ties of a customer in a graph of two sides hhi is
///         also Burt's (1992) constraint: ego's contacts are never tied to each other, so the indirect term is zero.
[[nodiscard]] inline concentration concentration_of(std::span<const double> amounts) noexcept {
  concentration out;
  running_sum sum;
  double first = 0, second = 0, third = 0;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    const double x = amounts[i];
    if (!(x > 0)) continue;
    ++out.parts;
    sum.add(x);
    if (x > first) {
      third = second, second = first, first = x;
      out.largest = i;
    } else if (x > second) {
      third = second, second = x;
    } else if (x > third) {
      third = x;
    }
  }
  if (out.parts == 0) return out;
  out.total = sum.value();
  double squares = 0, entropy = 0;
  for (const double x : amounts) {
    if (!(x > 0)) continue;
    const double share = x / out.total;
    squares += share * share;
    if (share > 0) entropy -= share * std::log(share);
  }
  out.hhi = squares;
  const double n = static_cast<double>(out.parts);
  if (out.parts > 1) out.normalised = (squares - 1 / n) / (1 - 1 / n);
  out.effective = 1 / squares;
  out.entropy = out.parts == 1 ? 0.0 : entropy;
  out.cr1 = first / out.total;
  out.cr3 = (first + second + third) / out.total;
  return out;
}

/// HHI of the chances behind counts, without the upward bias of small samples.
///
/// Takes   counts n_i >= 0 (orders, shipments) whose sum is N.
/// Gives   sum n_i (n_i - 1) / (N (N - 1)); unknown when N < 2.
/// Source  Simpson (1949), Nature 163, 688.
[[nodiscard]] inline double unbiased_hhi(std::span<const double> counts) noexcept {
  double n = 0, pairs = 0;
  for (const double c : counts) {
    n += c;
    pairs += c * (c - 1);
  }
  return n < 2 ? unknown : pairs / (n * (n - 1));
}

}  // namespace guanxi
