#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// Core number of every node: the largest k such that it lies in a part where everybody has k ties or more.
struct core_numbers_of {
  std::vector<std::uint32_t> customer, supplier;
};

/// Core numbers by peeling.
/// Costs   O(nodes + ties). Source: Batagelj and Zaversnik (2003), arXiv cs/0310049.
[[nodiscard]] inline core_numbers_of core(const two_sided& g) {
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  std::vector<std::uint32_t> degree(n), place(n), order(n);
  std::uint32_t top = 0;
  for (std::size_t i = 0; i < n; ++i) {
    degree[i] = static_cast<std::uint32_t>(i < nc ? g.customer.degree(i) : g.supplier.degree(i - nc));
    top = std::max(top, degree[i]);
  }
  std::vector<std::uint32_t> first(std::size_t{top} + 2, 0);  // where the nodes of a degree begin in `order`
  for (const std::uint32_t d : degree) ++first[d + 1];
  for (std::size_t d = 1; d < first.size(); ++d) first[d] += first[d - 1];
  std::vector<std::uint32_t> next(first.begin(), first.end());
  for (std::size_t i = 0; i < n; ++i) {
    place[i] = next[degree[i]]++;
    order[place[i]] = static_cast<std::uint32_t>(i);
  }
  for (std::size_t at = 0; at < n; ++at) {
    const std::uint32_t v = order[at];
    const bool customer = v < nc;
    const rows& r = customer ? g.customer : g.supplier;
    const std::size_t shift = customer ? nc : 0;
    const std::size_t row = customer ? v : v - nc;
    for (std::uint64_t e = r.start[row]; e < r.start[row + 1]; ++e) {
      const std::size_t u = r.other[e] + shift;
      if (degree[u] <= degree[v]) continue;
      const std::uint32_t d = degree[u];
      const std::uint32_t front = first[d];  // the first node of this degree changes places with u
      const std::uint32_t w = order[front];
      if (w != u) {
        order[place[u]] = w;
        place[w] = place[u];
        order[front] = static_cast<std::uint32_t>(u);
        place[u] = front;
      }
      ++first[d];
      --degree[u];
    }
  }
  return {{degree.begin(), degree.begin() + static_cast<std::ptrdiff_t>(nc)}, {degree.begin() + static_cast<std::ptrdiff_t>(nc), degree.end()}};
}

/// Members (1) of the (a, b)-core: the largest part in which every customer has a suppliers or more and every supplier
/// b customers or more; the (k, k)-core is the k-core. Costs O(nodes + ties).
/// Source: Liu et al. (2019), WWW '19, 1130-1141, from memory.
[[nodiscard]] inline core_numbers_of core(const two_sided& g, std::uint32_t a, std::uint32_t b) {
  const std::size_t nc = g.customers(), n = nc + g.suppliers();
  std::vector<std::uint32_t> degree(n), in(n, 1), gone;
  for (std::size_t i = 0; i < n; ++i) {
    degree[i] = static_cast<std::uint32_t>(i < nc ? g.customer.degree(i) : g.supplier.degree(i - nc));
    if (degree[i] < (i < nc ? a : b)) {
      in[i] = 0;
      gone.push_back(static_cast<std::uint32_t>(i));
    }
  }
  while (!gone.empty()) {
    const std::size_t v = gone.back();
    gone.pop_back();
    const bool customer = v < nc;
    for (const std::uint32_t o : customer ? g.customer.others(v) : g.supplier.others(v - nc)) {
      const std::size_t u = customer ? o + nc : o;
      if (in[u] == 0 || --degree[u] >= (customer ? b : a)) continue;
      in[u] = 0;
      gone.push_back(static_cast<std::uint32_t>(u));
    }
  }
  return {{in.begin(), in.begin() + static_cast<std::ptrdiff_t>(nc)}, {in.begin() + static_cast<std::ptrdiff_t>(nc), in.end()}};
}

}  // namespace guanxi::graph
