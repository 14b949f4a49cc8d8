#pragma once
#include <guanxi/market/table.hpp>

namespace guanxi::market {
namespace detail {

struct table_maker {
  const flow_columns& in;
  const table_settings& set;
  const flow_entries& f;
  const world_sums& world;
  market_table& out;
  std::uint32_t last;                       // last complete period
  std::vector<double> mine;                 // our exports by product, now
  std::vector<double> whole{}, part{};      // purchases, cell x period; part: in the months seen (the same where all were)

  [[nodiscard]] bool known(std::uint32_t importer, std::size_t t) const { return world.reported[importer * in.periods + t] != 0; }
  [[nodiscard]] double bought(std::size_t c) const { return part[c * in.periods + out.now]; }
  void fill_totals() {
    whole.resize(f.cells() * in.periods), part.resize(whole.size());
    parallel_blocks(f.cells(), 512, [&](std::size_t from, std::size_t to, std::size_t) {
      for (std::size_t c = from; c < to; ++c) {
        totals_of(f, c, f.value, std::span(whole).subspan(c * in.periods, in.periods));
        totals_of(f, c, f.part, std::span(part).subspan(c * in.periods, in.periods));
      }
    }, set.threads);
  }

  void resize(std::size_t n) const {
    for (auto* c : {&out.size, &out.size_low, &out.size_high, &out.size_before, &out.growth, &out.trend, &out.trend_low, &out.trend_high, &out.sales, &out.share, &out.share_before,
                    &out.leader_share, &out.lead, &out.hhi, &out.effective, &out.rca, &out.rsca, &out.nrca, &out.price, &out.rung, &out.ladder, &out.similarity, &out.complementarity,
                    &out.attainable, &out.attainable_low, &out.attainable_high, &out.potential, &out.potential_low, &out.potential_high, &out.gap, &out.gap_low, &out.gap_high,
                    &out.difficulty, &out.difficulty_low, &out.difficulty_high, &out.score, &out.score_low, &out.score_high})
      c->assign(n, unknown);
    out.report.assign(n, 0), out.suppliers.assign(n, 0), out.leader.assign(n, nobody), out.cases.assign(n, 0);
    out.start.assign(n + 1, 0);
  }

  /// Purchases, growth and trend; the current year from what was seen where it is not over.
  void sizes() const {
    const std::size_t n = f.cells(), years = std::size_t{out.now} + 1;
    nowcasts cast;
    if (out.partial) {
      std::vector<double> seen(n * years, unknown), full(n * years, unknown);
      for (std::size_t c = 0; c < n; ++c)
        for (std::size_t t = 0; t < years; ++t)
          if (known(f.importer[c], t)) seen[c * years + t] = part[c * in.periods + t], full[c * years + t] = whole[c * in.periods + t];
      cast = nowcast(seen, full, n, years, set.level);
    }
    parallel_blocks(n, 512, [&](std::size_t from, std::size_t to, std::size_t) {
      std::vector<double> v, when;
      for (std::size_t c = from; c < to; ++c) {
        const std::uint32_t m = f.importer[c];
        if (out.partial) {
          const bool any = known(m, out.now);  // the estimate of a market that did not report rests on last year alone
          out.size[c] = cast.estimate[c], out.size_low[c] = any ? cast.low[c] : unknown, out.size_high[c] = any ? cast.high[c] : unknown;
        } else if (known(m, out.now)) {
          out.size[c] = out.size_low[c] = out.size_high[c] = bought(c);
        }
        if (out.before != nobody && known(m, out.before)) out.size_before[c] = whole[c * in.periods + out.before];
        std::uint8_t kind[2] = {0, 0};
        for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i) {
          if (f.period[i] == out.now) kind[1] |= f.report[i];
          if (f.period[i] == out.before) kind[0] |= f.report[i];
        }
        out.report[c] = kind[1];
        if (out.size_before[c] > 0 && (kind[0] == kind[1] || kind[1] == 0)) out.growth[c] = out.size[c] / out.size_before[c] - 1;
        v.clear(), when.clear();
        for (std::size_t t = 0; t <= last; ++t)
          if (known(m, t)) v.push_back(whole[c * in.periods + t]), when.push_back(static_cast<double>(t));
        const log_trend line = market::trend(v, when, set.level);
        out.trend[c] = line.rate, out.trend_low[c] = line.range.low, out.trend_high[c] = line.range.high;
      }
    }, set.threads);
  }

  /// Shares of everybody, the leader, concentration, prices.
  void suppliers() const {
    for (std::size_t c = 0; c < f.cells(); ++c) {
      std::size_t many = 0;
      for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i) many += f.period[i] == out.now && f.part[i] > 0;
      out.suppliers[c] = static_cast<std::uint32_t>(many);
      out.start[c + 1] = out.start[c] + many;
    }
    out.supplier.resize(out.start.back());
    for (auto* v : {&out.supplier_share, &out.supplier_before, &out.supplier_price}) v->assign(out.start.back(), unknown);
    parallel_blocks(f.cells(), 512, [&](std::size_t from, std::size_t to, std::size_t) {
      for (std::size_t c = from; c < to; ++c) cell_of_suppliers(c);
    }, set.threads);
  }

  void cell_of_suppliers(std::size_t c) const {
    struct line {
      double value, before, price, quantity;
      std::uint32_t exporter;
    };
    const std::uint32_t m = f.importer[c];
    const bool then = out.before != nobody && known(m, out.before), here = known(m, out.now);
    const double all = bought(c), all_before = then ? part[c * in.periods + out.before] : unknown;
    std::vector<line> lines;
    double own = 0, own_before = 0, priced = 0, weighed = 0, own_price = unknown;
    for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i) {
      if (f.period[i] == out.before && f.exporter[i] == set.own) own_before = f.part[i];
      if (f.period[i] != out.now || !(f.part[i] > 0)) continue;
      double before = 0;
      for (std::size_t k = i; k-- > f.start[c] && f.exporter[k] == f.exporter[i];)
        if (f.period[k] == out.before) before = f.part[k];
      const double price = f.priced[i] / f.quantity[i];
      if (!std::isnan(price)) priced += f.priced[i], weighed += f.quantity[i];
      if (f.exporter[i] == set.own) own = f.part[i], own_price = price;
      lines.push_back({f.part[i], before, price, f.quantity[i], f.exporter[i]});
    }
    std::sort(lines.begin(), lines.end(), [](const line& a, const line& b) { return a.value != b.value ? a.value > b.value : a.exporter < b.exporter; });
    std::vector<double> amounts;
    std::vector<unit_value> rivals, everybody;
    const double market_price = priced / weighed;
    for (std::size_t k = 0; k < lines.size(); ++k) {
      const line& l = lines[k];
      const std::size_t at = out.start[c] + k;
      out.supplier[at] = l.exporter, out.supplier_share[at] = l.value / all;
      if (then) out.supplier_before[at] = all_before > 0 ? l.before / all_before : unknown;
      out.supplier_price[at] = l.price / market_price;
      amounts.push_back(l.value);
      if (!std::isnan(l.price)) {
        everybody.push_back({l.price, l.quantity});
        if (l.exporter != set.own) rivals.push_back({l.price, l.quantity});
      }
      if (l.exporter != set.own && out.leader[c] == nobody) out.leader[c] = l.exporter, out.leader_share[c] = l.value / all;
    }
    const concentration k = concentration_of(amounts);
    out.hhi[c] = k.hhi, out.effective[c] = k.effective;
    const auto cheaper = [](const unit_value& a, const unit_value& b) { return a.price != b.price ? a.price < b.price : a.quantity < b.quantity; };
    std::sort(everybody.begin(), everybody.end(), cheaper), std::sort(rivals.begin(), rivals.end(), cheaper);
    if (everybody.size() > 1) out.ladder[c] = price_at(everybody, 0.9) / price_at(everybody, 0.1);
    if (set.own == nobody) return;
    if (here) out.sales[c] = own, out.share[c] = all > 0 ? own / all : unknown;
    if (then) out.share_before[c] = all_before > 0 ? own_before / all_before : unknown;
    if (here && out.leader[c] != nobody) out.lead[c] = out.share[c] / out.leader_share[c];
    out.price[c] = own_price / market_price;
    if (!std::isnan(own_price) && !rivals.empty()) {
      double below = 0, weight = 0;
      for (const unit_value& u : rivals) weight += u.quantity, below += u.price < own_price ? u.quantity : u.price == own_price ? u.quantity / 2 : 0;
      out.rung[c] = below / weight;
    }
  }

  /// Advantage in the product; likeness with the leader and with what the importer buys.
  void profiles() const {
    if (set.own == nobody || !(world.all > 0)) return;
    std::vector<double> like(in.exporters, unknown), fit(in.importers, unknown);
    std::vector<char> asked(in.exporters, 0);
    for (const std::uint32_t e : out.leader)
      if (e != nobody) asked[e] = 1;
    const double sold = world.sold[set.own];
    for (std::size_t e = 0; e < in.exporters; ++e) {
      if (!asked[e] || !(sold > 0) || !(world.sold[e] > 0)) continue;
      double sum = 0;
      for (std::size_t i = world.line[e]; i < world.line[e + 1]; ++i) sum += std::min(world.line_value[i] / world.sold[e], mine[world.line_product[i]] / sold);
      like[e] = std::min(1.0, sum);
    }
    std::vector<double> sum(in.importers, 0.0);
    for (std::size_t c = 0; c < f.cells(); ++c)
      if (sold > 0 && world.bought[f.importer[c]] > 0) sum[f.importer[c]] += std::min(bought(c) / world.bought[f.importer[c]], mine[f.product[c]] / sold);
    for (std::size_t m = 0; m < in.importers; ++m)
      if (sold > 0 && world.bought[m] > 0) fit[m] = std::min(1.0, sum[m]);
    for (std::size_t c = 0; c < f.cells(); ++c) {
      const std::uint32_t p = f.product[c];
      advantage_of(mine[p], sold, world.product[p], world.all, out.rca[c], out.rsca[c], out.nrca[c]);
      if (out.leader[c] != nobody) out.similarity[c] = like[out.leader[c]];
      out.complementarity[c] = fit[f.importer[c]];
    }
  }

  /// Exporters nearest to us in size.
  [[nodiscard]] std::vector<std::uint32_t> peers() const {
    std::vector<std::pair<double, std::uint32_t>> by;
    const double sold = world.sold[set.own];
    for (std::uint32_t e = 0; e < in.exporters; ++e)
      if (e != set.own && world.sold[e] > 0 && sold > 0) by.emplace_back(std::abs(std::log(world.sold[e] / sold)), e);
    std::sort(by.begin(), by.end());
    std::vector<std::uint32_t> out_list;
    for (std::size_t i = 0; i < by.size() && i < set.like; ++i) out_list.push_back(by[i].second);
    return out_list;
  }

  /// Potential, its range, the gap.
  void potentials_of() const {
    if (set.own == nobody) return;
    std::vector<std::uint32_t> who = peers();
    who.push_back(set.own);
    const std::size_t many = who.size();
    std::vector<std::uint32_t> rank(in.exporters, nobody);
    for (std::size_t k = 0; k < many; ++k) rank[who[k]] = static_cast<std::uint32_t>(k);
    std::vector<double> share(many * in.products, 0.0);  // of the world's trade in the product
    for (std::size_t k = 0; k < many; ++k)
      for (std::size_t i = world.line[who[k]]; i < world.line[who[k] + 1]; ++i) share[k * in.products + world.line_product[i]] = world.line_value[i] / world.product[world.line_product[i]];
    const bool told = !in.expected.empty();
    std::vector<double> traded(many * in.importers, 0.0), want(many * in.importers, 0.0);
    for (std::size_t c = 0; c < f.cells() && !told; ++c) {
      const std::size_t m = f.importer[c];
      if (!(bought(c) > 0)) continue;
      for (std::size_t k = 0; k < many; ++k) want[k * in.importers + m] += share[k * in.products + f.product[c]] * bought(c);
      for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i)
        if (f.period[i] == out.now && rank[f.exporter[i]] != nobody) traded[rank[f.exporter[i]] * in.importers + m] += f.part[i];
    }
    std::vector<double> usual(in.importers, unknown);  // ease of all of them together: what we get where we do not sell yet
    for (std::size_t m = 0; m < in.importers && !told; ++m) {
      double t = 0, w = 0;
      for (std::size_t k = 0; k < many; ++k) t += traded[k * in.importers + m], w += want[k * in.importers + m];
      if (w > 0) usual[m] = t / w;
    }
    like_flows flows;
    const std::size_t stride = std::max<std::size_t>(1, f.cells() * many / 200'000);
    std::vector<double> had(many), said(many), ours(f.cells(), unknown);
    for (std::size_t c = 0; c < f.cells(); ++c) {
      const double all = bought(c);
      if (!known(f.importer[c], out.now)) continue;
      std::fill(had.begin(), had.end(), 0.0), std::fill(said.begin(), said.end(), unknown);
      for (std::size_t i = f.start[c]; i < f.start[c + 1]; ++i)
        if (f.period[i] == out.now && rank[f.exporter[i]] != nobody) had[rank[f.exporter[i]]] = f.part[i], said[rank[f.exporter[i]]] = f.expected[i];
      for (std::size_t k = 0; k < many; ++k) {
        const std::size_t pair = k * in.importers + f.importer[c];
        double x = said[k];
        const bool sells = told || traded[pair] > 0;
        if (!told) {
          const double ease = sells ? traded[pair] / want[pair] : usual[f.importer[c]];
          x = want[pair] > 0 ? share[k * in.products + f.product[c]] * std::min(set.cap, ease) * all : 0.0;
        }
        if (k + 1 == many) ours[c] = x;
        else if (sells && c % stride == 0) flows.add(x, had[k]);
      }
    }
    flows.close();
    out.like_flows = flows.size();
    parallel_blocks(f.cells(), 512, [&](std::size_t from, std::size_t to, std::size_t) {
      for (std::size_t c = from; c < to; ++c) {
        const double all = bought(c), x = ours[c];
        if (!(all > 0) || std::isnan(x)) continue;
        const interval range = x > 0 ? flows.range(x, set.level) : interval{};
        const auto piece = [&](double v) { return v > all ? 1.0 : v / all; };  // keeps NaN
        out.attainable[c] = piece(x), out.attainable_low[c] = piece(range.low), out.attainable_high[c] = piece(range.high);
        if (x == 0) out.attainable_low[c] = out.attainable_high[c] = 0;
        const auto money = [&](double a, double size, double& potential, double& gap) {
          potential = a * size;
          const double more = (a - out.share[c]) * size;
          gap = std::isnan(more) ? unknown : more > 0 ? more : 0;
        };
        money(out.attainable[c], out.size[c], out.potential[c], out.gap[c]);
        money(out.attainable_low[c], out.size_low[c], out.potential_low[c], out.gap_low[c]);
        money(out.attainable_high[c], out.size_high[c], out.potential_high[c], out.gap_high[c]);
      }
    }, set.threads);
  }

  /// Chance from past cases, difficulty, and the money at stake.
  void stakes_of() const {
    std::vector<chance_counts> cell(f.cells()), product(in.products);
    chance_counts world_counts;
    const auto add = [](chance_counts& to, const chance_counts& x) { to.entrants += x.entrants, to.stayed += x.stayed, to.holders += x.holders, to.held += x.held; };
    parallel_blocks(f.cells(), 512, [&](std::size_t from, std::size_t to, std::size_t) {
      for (std::size_t c = from; c < to; ++c) cell[c] = chances_of(f, c, std::span<const double>(whole).subspan(c * in.periods, in.periods), world.reported.data() + f.importer[c] * in.periods, last);
    }, set.threads);
    for (std::size_t c = 0; c < f.cells(); ++c) add(product[f.product[c]], cell[c]);
    for (const chance_counts& p : product) add(world_counts, p);
    parallel_blocks(f.cells(), 512, [&](std::size_t from, std::size_t to, std::size_t) {
      for (std::size_t c = from; c < to; ++c) {
        const std::uint32_t p = f.product[c], m = f.importer[c];
        const bool inside = set.own != nobody && out.sales[c] > 0;
        const auto tries = [&](const chance_counts& x) { return inside ? x.holders : x.entrants; };
        const auto wins = [&](const chance_counts& x) { return inside ? x.held : x.stayed; };
        const double everywhere = tries(world_counts) > 0 ? (wins(world_counts) + 0.5) / (tries(world_counts) + 1) : unknown;  // never 0 or 1
        const double rate = (wins(product[p]) + set.prior * everywhere) / (tries(product[p]) + set.prior);
        const double n = tries(cell[c]), k = wins(cell[c]), a = k + set.prior * rate, b = n - k + set.prior * (1 - rate);
        out.cases[c] = static_cast<std::uint32_t>(n);
        if (std::isnan(rate)) continue;
        const double chance = a / (a + b), tail = 0.5 * (1 - set.level);
        out.difficulty[c] = 1 - chance;
        out.difficulty_low[c] = a > 0 && b > 0 ? 1 - beta_quantile(1 - tail, a, b) : out.difficulty[c];
        out.difficulty_high[c] = a > 0 && b > 0 ? 1 - beta_quantile(tail, a, b) : out.difficulty[c];
        const double margin = set.margin.empty() ? 1 : set.margin[p], cost = inside || set.entry.empty() ? 0 : set.entry[m];
        out.score[c] = chance * margin * out.gap[c] - cost;
        out.score_low[c] = chance * margin * out.gap_low[c] - cost;
        out.score_high[c] = chance * margin * out.gap_high[c] - cost;
      }
    }, set.threads);
  }
};

inline void check_table(const flow_columns& in, const table_settings& set) {
  const auto bad = [](const std::string& text) { throw error(errc::out_of_domain, "market::table: " + text); };
  if (set.own != nobody && set.own >= in.exporters) bad("own is " + std::to_string(set.own) + ", there are " + std::to_string(in.exporters) + " exporters");
  if (set.now != nobody && set.now >= in.periods) bad("now is " + std::to_string(set.now) + ", there are " + std::to_string(in.periods) + " periods");
  if (set.back == 0) bad("back is 0, wanted at least 1");
  if (!(set.level > 0 && set.level < 1)) bad("level is " + std::to_string(set.level) + ", wanted inside (0, 1)");
  if (!(set.cap > 0)) bad("cap is " + std::to_string(set.cap) + ", wanted above 0");
  if (!(set.prior > 0)) bad("prior is " + std::to_string(set.prior) + ", wanted above 0");
  if (!set.margin.empty() && set.margin.size() != in.products)
    throw error(errc::size_mismatch, "market::table: 'margin' has " + std::to_string(set.margin.size()) + " entries, there are " + std::to_string(in.products) + " products");
  if (!set.entry.empty() && set.entry.size() != in.importers)
    throw error(errc::size_mismatch, "market::table: 'entry' has " + std::to_string(set.entry.size()) + " entries, there are " + std::to_string(in.importers) + " importers");
}

}  // namespace detail

inline market_table table(const flow_columns& in, const table_settings& set) {
  detail::check_table(in, set);
  detail::flow_entries f = detail::entries_of(in);
  market_table out;
  out.importer = f.importer, out.product = f.product, out.own_trade = f.own_trade;
  out.now = set.now != nobody ? set.now : static_cast<std::uint32_t>(in.periods - 1);
  out.before = out.now >= set.back ? out.now - set.back : nobody;
  out.partial = !in.part.empty() && out.now > 0 && std::size_t{out.now} + 1 == in.periods;
  if (!out.partial) f.part = f.value;
  const detail::world_sums world = detail::world_of(in, f, out.now);
  const std::uint32_t last = out.partial ? out.now - 1 : out.now;
  detail::table_maker make{in, set, f, world, out, last, std::vector<double>(in.products, 0.0)};
  if (set.own != nobody)
    for (std::size_t i = world.line[set.own]; i < world.line[set.own + 1]; ++i) make.mine[world.line_product[i]] = world.line_value[i];
  make.resize(f.cells());
  make.fill_totals();
  make.sizes();
  make.suppliers();
  make.profiles();
  make.potentials_of();
  make.stakes_of();
  return out;
}

}  // namespace guanxi::market
