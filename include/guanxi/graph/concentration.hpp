#pragma once
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
  parallel_blocks(
      n, 8192,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
          const guanxi::concentration c = concentration_of(r.weights(i));
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
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::graph
