#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// What a tie between two nodes of one side counts for in a projection.
enum class meeting : std::uint8_t {
  once,       // 1
  common,     // the number of common partners
  contested   // sum over common partners of the smaller of the two amounts
};

/// Nodes of one side, tied where they share partners: compressed rows, other ends ascending; each tie stands in both rows.
struct projection {
  std::vector<std::uint64_t> start{0};
  std::vector<std::uint32_t> other;
  std::vector<double> weight;
  [[nodiscard]] std::size_t size() const noexcept { return start.size() - 1; }
};

/// Projects one side: pairs with fewer than min_common common partners are never stored.
/// Costs O(sum of squared degrees of the partners), O(nodes) memory a thread. Fails errc::out_of_domain for min_common 0.
[[nodiscard]] inline projection project(const two_sided& g, side of, std::uint32_t min_common = 1, meeting weight = meeting::common, unsigned threads = 0) {
  if (min_common == 0) throw error(errc::out_of_domain, "graph::project: min_common is 0, wanted at least 1");
  const two_sided face = g.facing(of);
  const std::size_t n = face.customers();
  constexpr std::size_t block = 256;
  struct part {
    std::vector<std::uint64_t> count;
    std::vector<std::uint32_t> other;
    std::vector<double> weight;
  };
  std::vector<part> parts((n + block - 1) / block);
  parallel_blocks(
      n, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        std::vector<std::uint32_t> common(n, 0), met;
        std::vector<double> least(n, 0.0);
        part& mine = parts[number];
        for (std::size_t i = begin; i < end; ++i) {
          met.clear();
          for (std::uint64_t e = face.customer.start[i]; e < face.customer.start[i + 1]; ++e) {
            const std::uint32_t x = face.customer.other[e];
            for (std::uint64_t f = face.supplier.start[x]; f < face.supplier.start[x + 1]; ++f) {
              const std::uint32_t j = face.supplier.other[f];
              if (j == i) continue;
              if (common[j]++ == 0) met.push_back(j);
              least[j] += std::min(face.customer.weight[e], face.supplier.weight[f]);
            }
          }
          std::sort(met.begin(), met.end());
          const std::size_t before = mine.other.size();
          for (const std::uint32_t j : met) {
            const double w = weight == meeting::once ? 1.0 : weight == meeting::common ? static_cast<double>(common[j]) : least[j];
            if (common[j] >= min_common && w > 0) mine.other.push_back(j), mine.weight.push_back(w);
            common[j] = 0, least[j] = 0;
          }
          mine.count.push_back(mine.other.size() - before);
        }
      },
      threads);
  projection out;
  for (part& p : parts) {
    for (const std::uint64_t c : p.count) out.start.push_back(out.start.back() + c);
    out.other.insert(out.other.end(), p.other.begin(), p.other.end());
    out.weight.insert(out.weight.end(), p.weight.begin(), p.weight.end());
    p = {};
  }
  return out;
}

/// Burt's measures of every node of a projection; NaN for nodes that meet nobody.
struct brokers {
  std::vector<std::uint64_t> contacts;
  std::vector<double> constraint;  // 0 .. 1.125: how far the contacts hem a node in
  std::vector<double> effective;   // contacts without those that repeat one another
  std::vector<double> efficiency;  // effective / contacts
  std::vector<double> hierarchy;   // 0 .. 1: whether one contact makes the constraint; NaN with one contact
};

/// Structural holes among the nodes of one side.
///
/// p_ij = w_ij / sum_k w_ik; constraint_i = sum_j (p_ij + sum_q p_iq p_qj)^2 over contacts j; effective_i =
/// sum_j (1 - sum_q p_iq w_jq / max_k w_jk), q another contact; hierarchy by Coleman and Theil.
/// Costs   O(sum over contacts of their contacts); threads over nodes, same bits for any number.
/// Source  Burt (1992), Structural Holes, ch. 2. On the graph of two sides itself contacts are never tied to one another,
///         so there the constraint is the HHI (graph::concentration); here it is not.
[[nodiscard]] inline brokers brokerage(const projection& p, unsigned threads = 0) {
  const std::size_t n = p.size();
  brokers out;
  out.contacts.assign(n, 0);
  for (auto* v : {&out.constraint, &out.effective, &out.efficiency, &out.hierarchy}) v->assign(n, unknown);
  std::vector<double> sum(n, 0.0), most(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::uint64_t e = p.start[i]; e < p.start[i + 1]; ++e) sum[i] += p.weight[e], most[i] = std::max(most[i], p.weight[e]);
  parallel_blocks(
      n, 256,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<double> near(n, 0.0), through(n, 0.0);
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t d = p.start[i + 1] - p.start[i];
          out.contacts[i] = d;
          if (d == 0) continue;
          for (std::uint64_t e = p.start[i]; e < p.start[i + 1]; ++e) near[p.other[e]] = p.weight[e] / sum[i];
          double effective = 0;
          for (std::uint64_t e = p.start[i]; e < p.start[i + 1]; ++e) {
            const std::uint32_t q = p.other[e];
            double repeated = 0;
            for (std::uint64_t f = p.start[q]; f < p.start[q + 1]; ++f) {
              const std::uint32_t j = p.other[f];
              if (near[j] == 0) continue;
              through[j] += near[q] * p.weight[f] / sum[q];
              repeated += near[j] * p.weight[f] / most[q];
            }
            effective += 1 - repeated;
          }
          double constraint = 0, theil = 0;
          for (std::uint64_t e = p.start[i]; e < p.start[i + 1]; ++e) {
            const double c = near[p.other[e]] + through[p.other[e]];
            constraint += c * c;
          }
          for (std::uint64_t e = p.start[i]; e < p.start[i + 1]; ++e) {
            const double c = near[p.other[e]] + through[p.other[e]], r = c * c * static_cast<double>(d) / constraint;
            theil += r * std::log(r);
            near[p.other[e]] = through[p.other[e]] = 0;
          }
          out.constraint[i] = constraint;
          out.effective[i] = effective;
          out.efficiency[i] = effective / static_cast<double>(d);
          if (d > 1) out.hierarchy[i] = std::max(0.0, theil / (static_cast<double>(d) * std::log(static_cast<double>(d))));
        }
      },
      threads);
  return out;
}

}  // namespace guanxi::graph
