#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/graph/needs_gap.hpp>
#include <guanxi/graph/supplier_graph.hpp>

namespace guanxi::graph {

/// What customers lose when suppliers fail, one entry a customer.
struct disruption {
  std::vector<double> before, lost, replaced, unserved;  // money
  std::vector<double> lost_share;                        // lost / before; NaN without purchases
  double total_lost = 0, total_unserved = 0;
};

namespace detail {

/// One pool of needs that can replace one another: what remains of the capacity, and who needs how much.
struct pool_line {
  std::uint32_t item, supplier, customer;
  double amount;
};

/// Takes back what the remaining suppliers can give, first to customers who know them, then to others; in proportion.
template <class Knows>
void replace_in_pool(std::span<const pool_line> pool, const std::vector<char>& fails, double spare, Knows&& knows, disruption& out) {
  struct giver {
    std::uint32_t supplier;
    double room;
  };
  struct needer {
    std::uint32_t customer;
    double need;
  };
  std::vector<giver> givers;
  std::vector<needer> needers;
  for (std::size_t i = 0; i < pool.size();) {  // sorted by supplier, customer
    const std::uint32_t s = pool[i].supplier;
    double sum = 0;
    for (; i < pool.size() && pool[i].supplier == s; ++i) {
      sum += pool[i].amount;
      if (fails[s]) needers.push_back({pool[i].customer, pool[i].amount});
    }
    if (!fails[s]) givers.push_back({s, spare * sum});
  }
  std::stable_sort(needers.begin(), needers.end(), [](const needer& a, const needer& b) { return a.customer < b.customer; });
  std::vector<double> wanted(givers.size(), 0.0), room(needers.size(), 0.0);
  for (std::size_t n = 0; n < needers.size(); ++n)
    for (const giver& s : givers)
      if (knows(needers[n].customer, s.supplier)) room[n] += s.room;
  for (std::size_t n = 0; n < needers.size(); ++n)
    for (std::size_t s = 0; room[n] > 0 && s < givers.size(); ++s)
      if (knows(needers[n].customer, givers[s].supplier)) wanted[s] += needers[n].need * givers[s].room / room[n];
  double left_room = 0, left_need = 0;
  for (std::size_t n = 0; n < needers.size(); ++n) {
    double got = 0;
    for (std::size_t s = 0; room[n] > 0 && s < givers.size(); ++s)
      if (knows(needers[n].customer, givers[s].supplier))
        got += needers[n].need * givers[s].room / room[n] * (wanted[s] > givers[s].room ? givers[s].room / wanted[s] : 1.0);
    out.replaced[needers[n].customer] += got;
    needers[n].need = std::max(0.0, needers[n].need - got);
    left_need += needers[n].need;
  }
  for (std::size_t s = 0; s < givers.size(); ++s) left_room += std::max(0.0, givers[s].room - wanted[s]);
  const double part = left_need > 0 ? std::min(1.0, left_room / left_need) : 0.0;
  for (const needer& n : needers) out.replaced[n.customer] += n.need * part;
}

}  // namespace detail

/// Who is hit when suppliers fail, and how much the others could take over.
///
/// With products the volume lost of a product is offered to its remaining suppliers, each with room for `spare` times
/// what it sells of that product; without products all remaining suppliers are one pool, which is optimistic. Customers
/// who already buy from a remaining supplier come first, what is left goes to all; where room is short everybody gets the
/// same part.
/// Takes   failing: supplier ids (twice counts once); spare >= 0.
/// Fails   errc::out_of_domain for an id that does not exist or a negative spare.
/// Costs   O(needers x remaining suppliers x log) a product that is hit.
[[nodiscard]] inline disruption disrupt(const SupplierGraph& g, std::span<const std::uint32_t> failing, double spare = 0.2) {
  if (!(spare >= 0)) throw error(errc::out_of_domain, "graph::disrupt: spare is " + std::to_string(spare) + ", wanted 0 or more");
  std::vector<char> fails(g.suppliers(), 0);
  for (const std::uint32_t s : failing) {
    if (s >= g.suppliers())
      throw error(errc::out_of_domain, "graph::disrupt: supplier " + std::to_string(s) + " of " + std::to_string(g.suppliers()));
    fails[s] = 1;
  }
  const baskets b = g.has_products() ? baskets_by_product(g) : baskets_by_supplier(g.view());
  disruption out;
  const std::size_t n = g.customers();
  out.before.resize(n), out.lost.resize(n), out.replaced.resize(n), out.unserved.resize(n), out.lost_share.resize(n, unknown);
  std::vector<detail::pool_line> all;
  for (std::uint32_t c = 0; c < n; ++c)
    for (std::uint64_t i = b.start[c]; i < b.start[c + 1]; ++i) {
      all.push_back({g.has_products() ? b.item[i] : 0, b.holder[i], c, b.amount[i]});
      out.before[c] += b.amount[i];
      if (fails[b.holder[i]]) out.lost[c] += b.amount[i];
    }
  std::stable_sort(all.begin(), all.end(), [](const detail::pool_line& x, const detail::pool_line& y) {
    return x.item != y.item ? x.item < y.item : x.supplier < y.supplier;
  });
  const auto knows = [&](std::uint32_t c, std::uint32_t s) {
    const auto known = g.by_customer().others(c);
    return std::binary_search(known.begin(), known.end(), s);
  };
  for (std::size_t i = 0; i < all.size();) {
    std::size_t j = i;
    bool hit = false;
    for (; j < all.size() && all[j].item == all[i].item; ++j) hit |= fails[all[j].supplier] != 0;
    if (hit) detail::replace_in_pool({all.data() + i, j - i}, fails, spare, knows, out);
    i = j;
  }
  for (std::size_t c = 0; c < n; ++c) {
    out.replaced[c] = std::min(out.replaced[c], out.lost[c]);
    out.unserved[c] = out.lost[c] - out.replaced[c];
    if (out.before[c] > 0) out.lost_share[c] = out.lost[c] / out.before[c];
    out.total_lost += out.lost[c];
    out.total_unserved += out.unserved[c];
  }
  return out;
}

}  // namespace guanxi::graph
