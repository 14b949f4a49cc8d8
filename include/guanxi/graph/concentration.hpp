#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/concentration.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// How a node's trade is spread over its ties, one entry a node.
struct spread {
  std::vector<std::uint64_t> ties;
  std::vector<double> strength;       // money over all ties
  std::vector<double> hhi;            // = Burt's constraint in a graph of two sides
  std::vector<double> effective, entropy, cr1, cr3;
  std::vector<std::uint32_t> largest;  // the other end of the heaviest tie; none without ties
  std::vector<double> largest_share;
  std::vector<std::uint8_t> single_source;  // 1: exactly one tie
};

namespace detail {

/// ln x of a normal number above 0, written so that a compiler does several at once; within 1 unit in the last place.
/// Source: the argument reduction and the polynomial of FreeBSD's e_log.c, (c) Sun Microsystems 1993, freely usable.
[[nodiscard]] inline double log_positive(double x) noexcept {
  constexpr std::uint64_t one = 0x3ff0000000000000u, root_half = 0x3fe6a09e00000000u, exponent = 0xfff0000000000000u;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t up = bits + (one - root_half);
  const double k = std::bit_cast<double>((up >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
  const double f = std::bit_cast<double>(bits - ((up & exponent) - one)) - 1.0;
  const double s = f / (2.0 + f), z = s * s;
  const double r = z * (6.666666666666735130e-01 +
                        z * (3.999999999940941908e-01 +
                             z * (2.857142874366239149e-01 +
                                  z * (2.222219843214978396e-01 +
                                       z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01 + z * 1.479819860511658591e-01))))));
  const double half = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 - ((half - (s * (half + r) + k * 1.90821492927058770002e-10)) - f);
}

/// Sums and the three largest of one node's ties, all above 0 (what SupplierGraph keeps, unless zeros are kept).
struct tie_sums {
  double total = 0, first = 0, second = 0, third = 0;
  std::size_t largest = 0;
  bool plain = true;  // no tie of 0
};
[[nodiscard]] inline tie_sums sum_ties(std::span<const double> w) noexcept {
  tie_sums t;
  double sum = 0, lost = 0, least = 1;
  for (std::size_t i = 0; i < w.size(); ++i) {  // no branches: what is lost in each sum is exact either way (Knuth)
    const double x = w[i], next = sum + x, added = next - sum;
    lost += (sum - (next - added)) + (x - added);
    sum = next;
    least = std::min(least, x);
    t.largest = x > t.first ? i : t.largest;
    const double below = std::min(t.first, x);
    t.first = std::max(t.first, x);
    const double last = std::min(t.second, below);
    t.second = std::max(t.second, below);
    t.third = std::max(t.third, last);
  }
  t.total = sum + lost;
  t.plain = least >= 0x1p-1000 && t.first <= 0x1p1000;
  return t;
}

}  // namespace detail

/// Dependence of customers on suppliers (or the other way round for side::supplier).
///
/// Gives   NaN for nodes without ties or without strength: nothing is known of their spread.
/// Costs   O(ties); threads 0 = all of the machine's, same bits for any number.
/// Source  Burt (1992), Structural Holes, ch. 2; see guanxi::concentration_of.
[[nodiscard]] inline spread concentration(const two_sided& g, side of = side::customer, unsigned threads = 0) {
  const rows r = g.facing(of).customer;
  const std::size_t n = r.size();
  spread out;
  out.ties.resize(n), out.strength.resize(n), out.hhi.resize(n), out.effective.resize(n), out.entropy.resize(n);
  out.cr1.resize(n), out.cr3.resize(n), out.largest.resize(n), out.largest_share.resize(n), out.single_source.resize(n);
  const auto put = [&](std::size_t i, const guanxi::concentration& c) {
    out.ties[i] = r.degree(i);
    out.strength[i] = c.total;
    out.hhi[i] = c.hhi;
    out.effective[i] = c.effective;
    out.entropy[i] = c.entropy;
    out.cr1[i] = c.cr1;
    out.cr3[i] = c.cr3;
    out.largest[i] = c.parts == 0 ? none : r.others(i)[c.largest];
    out.largest_share[i] = c.cr1;
    out.single_source[i] = r.degree(i) == 1;
  };
  parallel_blocks(
      n, 2048,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        const std::uint64_t from = r.start[begin];
        std::vector<double> share(r.start[end] - from);  // then s ln s
        for (std::size_t i = begin; i < end; ++i) {
          const auto w = r.weights(i);
          const detail::tie_sums t = detail::sum_ties(w);
          if (w.empty() || !t.plain) {
            put(i, concentration_of(w));
            continue;
          }
          double* s = share.data() + (r.start[i] - from);
          double squares = 0;
          for (std::size_t e = 0; e < w.size(); ++e) {
            s[e] = w[e] / t.total;
            squares += s[e] * s[e];
          }
          guanxi::concentration c;
          c.parts = w.size(), c.total = t.total, c.hhi = squares, c.effective = 1 / squares, c.entropy = 0;
          c.cr1 = t.first / t.total, c.cr3 = (t.first + t.second + t.third) / t.total, c.largest = t.largest;
          put(i, c);
        }
        for (double& s : share) s = s > 0x1p-1000 ? s * detail::log_positive(s) : 0.0;
        for (std::size_t i = begin; i < end; ++i) {
          if (r.degree(i) < 2 || !(out.entropy[i] == 0)) continue;
          double sum = 0;
          for (std::uint64_t e = r.start[i]; e < r.start[i + 1]; ++e) sum -= share[e - from];
          out.entropy[i] = sum;
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::graph
