#pragma once
// The table of countries and products by plain loops over maps: slow and obvious.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <guanxi/market/table.hpp>

namespace guanxi::reference {

struct market_row {
  double size = 0, before = 0, sales = 0, share = 0, leader_share = 0, hhi = 0, rca = 0, nrca = 0, price = unknown, similarity = 0, complementarity = 0, potential = unknown, gap = 0, chance = 0;
  std::uint32_t leader = market::nobody;
};

/// Of complete periods and our exporter `own`; potential by supply, ease and demand.
inline std::map<std::pair<std::uint32_t, std::uint32_t>, market_row> market_rows(const market::flow_columns& in, std::uint32_t own, double cap, double prior) {
  using cell = std::pair<std::uint32_t, std::uint32_t>;
  const auto now = static_cast<std::uint32_t>(in.periods - 1);
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, double> x, q, priced;  // importer, product, exporter, period
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> reported;
  std::set<cell> cells;
  for (std::size_t i = 0; i < in.value.size(); ++i) {
    const std::tuple key{in.importer[i], in.product[i], in.exporter[i], in.period[i]};
    x[key] += in.value[i];
    cells.insert({in.importer[i], in.product[i]});
    reported[{in.importer[i], in.period[i]}] = 1;
    if (!in.quantity.empty() && in.quantity[i] > 0 && in.value[i] > 0) q[key] += in.quantity[i], priced[key] += in.value[i];
  }
  const auto at = [](const auto& table, auto key) { const auto f = table.find(key); return f == table.end() ? 0.0 : f->second; };
  const auto flow = [&](std::uint32_t m, std::uint32_t p, std::uint32_t e, std::uint32_t t) { return at(x, std::tuple{m, p, e, t}); };
  const auto sum = [&](int m, int p, int e, int t) {  // -1: all
    double s = 0;
    for (const auto& [k, v] : x)
      if ((m < 0 || std::get<0>(k) == static_cast<std::uint32_t>(m)) && (p < 0 || std::get<1>(k) == static_cast<std::uint32_t>(p)) &&
          (e < 0 || std::get<2>(k) == static_cast<std::uint32_t>(e)) && (t < 0 || std::get<3>(k) == static_cast<std::uint32_t>(t)))
        s += v;
    return s;
  };
  const int n = static_cast<int>(now), us = static_cast<int>(own);
  const auto likeness = [&](auto a, auto b) {
    double s = 0;
    for (std::uint32_t p = 0; p < in.products; ++p) s += std::min(a(static_cast<int>(p)), b(static_cast<int>(p)));
    return s;
  };
  std::map<std::uint32_t, double> wins[2], tries[2];
  std::map<cell, double> cell_wins[2], cell_tries[2];
  double all_wins[2] = {0, 0}, all_tries[2] = {0, 0};
  for (const auto& [m, p] : cells)
    for (std::uint32_t e = 0; e < in.exporters; ++e)
      for (std::uint32_t t = 0; t + 1 <= now; ++t) {
        const double v = flow(m, p, e, t), later = flow(m, p, e, t + 1);
        if (!(v > 0) || !reported.count({m, t + 1})) continue;
        const double s0 = v / sum(static_cast<int>(m), static_cast<int>(p), -1, static_cast<int>(t)), s1 = later > 0 ? later / sum(static_cast<int>(m), static_cast<int>(p), -1, static_cast<int>(t + 1)) : 0;
        const auto count = [&](int kind, bool win) { tries[kind][p] += 1, wins[kind][p] += win, cell_tries[kind][{m, p}] += 1, cell_wins[kind][{m, p}] += win, all_tries[kind] += 1, all_wins[kind] += win; };
        count(1, later > 0 && s1 >= s0);
        if (t > 0 && reported.count({m, t - 1}) && !(flow(m, p, e, t - 1) > 0)) count(0, later > 0);
      }
  std::map<cell, market_row> out;
  for (const auto& [m, p] : cells) {
    market_row r;
    const int mi = static_cast<int>(m), pi = static_cast<int>(p);
    r.size = sum(mi, pi, -1, n), r.before = sum(mi, pi, -1, n - 1), r.sales = flow(m, p, own, now), r.share = r.sales / r.size;
    double best = 0, value = 0, quantity = 0;
    for (std::uint32_t e = 0; e < in.exporters; ++e) {
      const double v = flow(m, p, e, now);
      r.hhi += v / r.size * (v / r.size);
      if (e != own && v > best) best = v, r.leader = e;
      value += at(priced, std::tuple{m, p, e, now}), quantity += at(q, std::tuple{m, p, e, now});
    }
    r.leader_share = best / r.size;
    if (at(q, std::tuple{m, p, own, now}) > 0) r.price = at(priced, std::tuple{m, p, own, now}) / at(q, std::tuple{m, p, own, now}) / (value / quantity);
    const double xc = sum(-1, -1, us, n), xp = sum(-1, pi, -1, n), all = sum(-1, -1, -1, n);
    r.rca = sum(-1, pi, us, n) / xc / (xp / all), r.nrca = sum(-1, pi, us, n) / all - xc * xp / all / all;
    const auto ours = [&](int k) { return sum(-1, k, us, n) / xc; };
    if (r.leader != market::nobody) r.similarity = likeness(ours, [&](int k) { return sum(-1, k, static_cast<int>(r.leader), n) / sum(-1, -1, static_cast<int>(r.leader), n); });
    r.complementarity = likeness(ours, [&](int k) { return sum(mi, k, -1, n) / sum(mi, -1, -1, n); });
    double want = 0;
    for (std::uint32_t k = 0; k < in.products; ++k) {
      const double world = sum(-1, static_cast<int>(k), -1, n);
      if (world > 0) want += sum(-1, static_cast<int>(k), us, n) / world * sum(mi, static_cast<int>(k), -1, n);
    }
    double ease = sum(mi, -1, us, n) / want;
    if (!(ease > 0)) {  // not there yet: all of them together (fewer than the exporters counted as like)
      double traded = 0, wanted = 0;
      for (std::uint32_t e = 0; e < in.exporters; ++e) {
        traded += sum(mi, -1, static_cast<int>(e), n);
        for (std::uint32_t k = 0; k < in.products; ++k)
          if (const double world = sum(-1, static_cast<int>(k), -1, n); world > 0) wanted += sum(-1, static_cast<int>(k), static_cast<int>(e), n) / world * sum(mi, static_cast<int>(k), -1, n);
      }
      ease = traded / wanted;
    }
    ease = std::min(cap, ease);
    r.potential = std::min(1.0, sum(-1, pi, us, n) / xp * ease) * r.size;
    r.gap = std::max(0.0, r.potential - r.sales);
    const int kind = r.sales > 0 ? 1 : 0;
    const double rate = (wins[kind][p] + prior * (all_wins[kind] + 0.5) / (all_tries[kind] + 1)) / (tries[kind][p] + prior);
    r.chance = (cell_wins[kind][{m, p}] + prior * rate) / (cell_tries[kind][{m, p}] + prior);
    out[{m, p}] = r;
  }
  return out;
}

}  // namespace guanxi::reference
