#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/walk.hpp>
#include <guanxi/graph/walk_kernel.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

struct next_options {
  std::size_t k = 10;               // 0: all candidates
  std::optional<std::uint32_t> at;  // last period that counts, inclusive; without: all that is known
  walk_reading walk;
  bool new_only = true;             // only ties that do not exist yet
  bool chances = true;              // calibrate on the period before
  unsigned threads = 0;
};

/// Chance that a tie comes into being in the next period: logistic in ln score and ln ties of the candidate.
struct chance_model {
  std::array<double, 3> b{unknown, unknown, unknown};  // 1, ln score, ln ties
  std::uint64_t pairs = 0, fresh = 0;                  // pairs looked at, ties among them that came
  [[nodiscard]] bool known() const noexcept { return b[0] == b[0]; }
  [[nodiscard]] double operator()(double score, double ties) const noexcept {
    if (!known() || !(score > 0)) return unknown;
    return 1 / (1 + std::exp(-(b[0] + b[1] * std::log(score) + b[2] * std::log(1 + ties))));
  }
};

/// Likely next ties; rows by `from` and rank.
struct prospects {
  std::vector<std::uint32_t> from, to;
  std::vector<double> score, chance;
  std::vector<std::uint32_t> rank;
  std::vector<std::uint32_t> via, via2;  // the customers through whom the two heaviest paths of length 3 lead; none
  chance_model model;
  std::string status;
};

namespace detail {

/// Logistic regression of 0/1 on (1, x, z) by Newton with a light ridge; grouped columns stream by.
struct logistic_rows {
  std::vector<double> x, z;
  std::vector<char> y;
};

[[nodiscard]] inline std::array<double, 3> fit_logistic(const logistic_rows& d) {
  std::array<double, 3> b{0, 0, 0};
  double yes = 0;
  for (const char y : d.y) yes += y;
  const double base = std::clamp(yes / static_cast<double>(d.y.size()), 1e-9, 1 - 1e-9);
  b[0] = std::log(base / (1 - base));
  for (int pass = 0; pass < 50; ++pass) {
    std::array<double, 3> g{0, 0, 0};
    std::array<double, 6> h{1e-9, 0, 0, 1e-9, 0, 1e-9};  // 00 01 02 11 12 22
    for (std::size_t i = 0; i < d.y.size(); ++i) {
      const double p = 1 / (1 + std::exp(-(b[0] + b[1] * d.x[i] + b[2] * d.z[i])));
      const double e = d.y[i] - p, w = p * (1 - p);
      g[0] += e, g[1] += e * d.x[i], g[2] += e * d.z[i];
      h[0] += w, h[1] += w * d.x[i], h[2] += w * d.z[i];
      h[3] += w * d.x[i] * d.x[i], h[4] += w * d.x[i] * d.z[i], h[5] += w * d.z[i] * d.z[i];
    }
    for (std::size_t k = 1; k < 3; ++k) g[k] -= 1e-3 * b[k];
    h[3] += 1e-3, h[5] += 1e-3;
    // Cholesky of the 3 x 3 system
    const double l00 = std::sqrt(h[0]), l10 = h[1] / l00, l20 = h[2] / l00;
    const double l11 = std::sqrt(std::max(1e-300, h[3] - l10 * l10)), l21 = (h[4] - l20 * l10) / l11;
    const double l22 = std::sqrt(std::max(1e-300, h[5] - l20 * l20 - l21 * l21));
    const double y0 = g[0] / l00, y1 = (g[1] - l10 * y0) / l11, y2 = (g[2] - l20 * y0 - l21 * y1) / l22;
    const double s2 = y2 / l22, s1 = (y1 - l21 * s2) / l11, s0 = (y0 - l10 * s1 - l20 * s2) / l00;
    const double size = std::max({std::abs(s0), std::abs(s1), std::abs(s2)});
    const double cut = size > 4 ? 4 / size : 1.0;
    b[0] += cut * s0, b[1] += cut * s1, b[2] += cut * s2;
    if (size < 1e-9) break;
  }
  return b;
}

/// Walks of all `from` nodes of one side over a graph, and what each finds on the other side.
class prospector {
 public:
  prospector(const prospector&) = delete;
  prospector& operator=(const prospector&) = delete;
  prospector(const SupplierGraph& g, side from, const walk_reading& how) : kernel_(g, how), walk_(kernel_.walk()), from_(from), near_(g.view().facing(from)) {}

  struct scratch {
    tie_walk::scratch walk;
    walk_kernel::scratch kernel;
    std::vector<double> near;
    std::vector<double> path;
    std::vector<std::uint32_t> reached;
    std::vector<char> marked;
  };
  struct found {
    std::uint32_t to;
    double score;
  };

  [[nodiscard]] const tie_walk& walk() const noexcept { return walk_; }
  [[nodiscard]] const two_sided& near_side() const noexcept { return near_; }
  [[nodiscard]] scratch make_scratch() const {
    const std::size_t n = kernel_.dense() ? near_.suppliers() : 0;
    return {kernel_.dense() ? tie_walk::scratch{} : walk_.make_scratch(), kernel_.make_scratch(), std::vector<double>(n), std::vector<double>(walk_.ties().customers()), {}, std::vector<char>(walk_.ties().customers())};
  }

  /// Candidates of one node, in order of id; only those without a tie when new_only.
  void candidates(std::uint32_t from, bool new_only, scratch& t, std::vector<found>& out) const {
    const std::size_t nc = walk_.ties().customers();
    const bool customer = from_ == side::customer;
    out.clear();
    if (kernel_.dense()) {
      kernel_.row(from_, from, t.near, t.kernel);
      for (std::uint32_t v = 0; v < t.near.size(); ++v)
        if (t.near[v] > 0 && !(new_only && has_tie(from, v))) out.push_back({v, t.near[v] * (customer ? kernel_.strength_s(v) : kernel_.strength_c(v))});
      return;
    }
    walk_.push(static_cast<std::uint32_t>(customer ? from : from + nc), t.walk);
    for (const std::uint32_t v : t.walk.touched) {
      if ((v < nc) == customer) continue;
      const auto id = static_cast<std::uint32_t>(v < nc ? v : v - nc);
      if (t.walk.score(v) > 0 && !(new_only && has_tie(from, id))) out.push_back({id, t.walk.score(v)});
    }
    tie_walk::clear(t.walk);
    std::sort(out.begin(), out.end(), [](const found& a, const found& b) { return a.to < b.to; });
  }

  /// Customers c' with the heaviest paths customer - supplier' - c' - supplier.
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> why(std::uint32_t customer, std::uint32_t supplier, scratch& t) const {
    const two_sided& g = walk_.ties();
    const std::size_t nc = g.customers();
    t.reached.clear();
    for (const std::uint32_t c : g.supplier.others(supplier)) t.marked[c] = 1;
    for (std::uint64_t e = g.customer.start[customer]; e < g.customer.start[customer + 1]; ++e) {
      const std::uint32_t s = g.customer.other[e];
      if (s == supplier) continue;
      const double step = walk_.value_at_customer(e) / walk_.strength(nc + s);
      for (std::uint64_t f = g.supplier.start[s]; f < g.supplier.start[s + 1]; ++f) {
        const std::uint32_t c = g.supplier.other[f];
        if (!t.marked[c] || c == customer) continue;
        if (t.path[c] == 0) t.reached.push_back(c);
        t.path[c] += step * walk_.value_at_supplier(f);
      }
    }
    std::pair<std::uint32_t, std::uint32_t> best{none, none};
    double first = 0, second = 0;
    std::sort(t.reached.begin(), t.reached.end());
    std::size_t e = g.supplier.start[supplier];
    for (const std::uint32_t c : t.reached) {
      while (g.supplier.other[e] < c) ++e;
      const double weight = t.path[c] * walk_.value_at_supplier(e) / walk_.strength(c);
      if (weight > first) {
        second = first, best.second = best.first;
        first = weight, best.first = c;
      } else if (weight > second) {
        second = weight, best.second = c;
      }
      t.path[c] = 0;
    }
    for (const std::uint32_t c : g.supplier.others(supplier)) t.marked[c] = 0;
    return best;
  }

 private:
  [[nodiscard]] bool has_tie(std::uint32_t from, std::uint32_t to) const noexcept {
    const auto o = near_.customer.others(from);
    return std::binary_search(o.begin(), o.end(), to);
  }
  walk_kernel kernel_;
  const tie_walk& walk_;
  side from_;
  two_sided near_;
};

/// Learns the chance on the last period of `now`: scores from `then`, which ends one period earlier.
[[nodiscard]] inline chance_model learn_chance(const SupplierGraph& then, const SupplierGraph& now, side from, const walk_reading& how) {
  chance_model out;
  const prospector p(then, from, how);
  const two_sided later = now.view().facing(from);
  const std::size_t n = later.customers(), others = later.suppliers();
  const std::size_t most = std::max<std::size_t>(20, 2'000'000 / std::max<std::size_t>(1, others));
  const std::size_t step = std::max<std::size_t>(1, (n + most - 1) / most);
  auto scratch = p.make_scratch();
  std::vector<prospector::found> found;
  logistic_rows d;
  for (std::size_t i = 0; i < n; i += step) {
    if (p.near_side().customer.degree(i) == 0) continue;
    p.candidates(static_cast<std::uint32_t>(i), true, scratch, found);
    const auto ties = later.customer.others(i);
    for (const auto& f : found) {
      d.x.push_back(std::log(f.score));
      d.z.push_back(std::log(1 + static_cast<double>(p.near_side().supplier.degree(f.to))));
      d.y.push_back(std::binary_search(ties.begin(), ties.end(), f.to));
      out.fresh += static_cast<std::uint64_t>(d.y.back());
    }
  }
  out.pairs = d.y.size();
  if (out.fresh >= 10 && out.fresh < out.pairs) out.b = fit_logistic(d);
  return out;
}

}  // namespace detail

/// Ties that are likely to come next: for a customer the suppliers, for a supplier the customers (side::supplier).
///
/// Ranks by a walk that starts at the asked node (personalised PageRank with fading ties). For winnable customers the
/// walk starts at the supplier: dividing by the customer's own strength would hide how ready it is to add suppliers.
/// Takes   who: ids on the side `from`; empty: all.
/// Gives   up to k rows each; chance is fitted on the last known period from scores of the period before, NaN (with a
///         status) when there are no two periods or fewer than 10 new ties to learn from. Nothing after `at` is used.
/// Fails   errc::out_of_domain for ids or damping; errc::unknown_name for `at` without periods.
/// Costs   one push a node, independent of the size of the graph; threads over blocks, same bits for any number.
/// Source  Andersen et al. (2006) for the push. Common-neighbour scores (Adamic-Adar, Jaccard) are identically zero
///         between a customer and a supplier; paths of length 3 or walks are needed.
[[nodiscard]] inline prospects next_ties(const SupplierGraph& graph, side from, std::span<const std::uint32_t> who = {},
                                         const next_options& o = {}) {
  if (!(o.walk.damping > 0 && o.walk.damping < 1))
    throw error(errc::out_of_domain, "graph::next_ties: damping is " + std::to_string(o.walk.damping) + ", wanted inside (0, 1)");
  if (o.at && !graph.has_periods()) throw error(errc::unknown_name, "graph::next_ties: 'at' was given, but no 'period' column");
  const std::size_t n = graph.view().facing(from).customers();
  for (const std::uint32_t id : who)
    if (id >= n) throw error(errc::out_of_domain, "graph::next_ties: node " + std::to_string(id) + " of " + std::to_string(n));
  std::uint32_t last = 0;
  for (const std::uint32_t t : graph.line_period()) last = std::max(last, t);
  last = o.at ? std::min(*o.at, last) : last;
  SupplierGraph cut;
  if (o.at) cut = graph.at(last);
  const SupplierGraph& now = o.at ? cut : graph;
  prospects out;
  out.status = "chances not asked for";
  if (o.chances && (!graph.has_periods() || last == 0)) out.status = "chance not known: fewer than two periods";
  if (o.chances && graph.has_periods() && last > 0) {
    out.model = detail::learn_chance(now.at(last - 1), now, from, o.walk);
    out.status = out.model.known() ? "chance learned on " + std::to_string(out.model.fresh) + " new ties among " + std::to_string(out.model.pairs) + " pairs"
                                   : "chance not known: only " + std::to_string(out.model.fresh) + " new ties in the last period";
  }
  const detail::prospector p(now, from, o.walk);
  const std::size_t rows = who.empty() ? n : who.size();
  constexpr std::size_t block = 16;
  std::vector<prospects> parts((rows + block - 1) / block);
  detail::workspaces<detail::prospector::scratch> pool;
  parallel_blocks(
      rows, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        auto scratch = pool.take([&] { return p.make_scratch(); });
        std::vector<detail::prospector::found> found;
        prospects& mine = parts[number];
        for (std::size_t i = begin; i < end; ++i) {
          const std::uint32_t id = who.empty() ? static_cast<std::uint32_t>(i) : who[i];
          p.candidates(id, o.new_only, *scratch, found);
          std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
          if (o.k != 0 && found.size() > o.k) found.resize(o.k);
          for (std::size_t r = 0; r < found.size(); ++r) {
            const auto& f = found[r];
            const auto [via, via2] = from == side::customer ? p.why(id, f.to, *scratch) : p.why(f.to, id, *scratch);
            mine.from.push_back(id);
            mine.to.push_back(f.to);
            mine.score.push_back(f.score);
            mine.chance.push_back(out.model(f.score, static_cast<double>(p.near_side().supplier.degree(f.to))));
            mine.rank.push_back(static_cast<std::uint32_t>(r + 1));
            mine.via.push_back(via);
            mine.via2.push_back(via2);
          }
        }
        pool.put(std::move(scratch));
      },
      o.threads);
  const auto append = [](auto& to, const auto& part) { to.insert(to.end(), part.begin(), part.end()); };
  for (const prospects& part : parts) {
    append(out.from, part.from), append(out.to, part.to), append(out.score, part.score), append(out.chance, part.chance);
    append(out.rank, part.rank), append(out.via, part.via), append(out.via2, part.via2);
  }
  return out;
}

/// Suppliers that customers are likely to add next. See next_ties.
[[nodiscard]] inline prospects next_suppliers(const SupplierGraph& g, std::span<const std::uint32_t> customers = {}, const next_options& o = {}) {
  return next_ties(g, side::customer, customers, o);
}

/// Customers that a supplier can win, with the money to expect.
struct winnable_customers {
  prospects who;                 // from = the supplier
  std::vector<double> expected;  // chance x usual first share of an entrant x purchases a period; NaN when not known
  double entry_share = unknown;  // median share of the customer's purchases that a new supplier got in its first period
};

/// Money to expect from customers whom a supplier could win. Takes who: rows of one supplier; at: last period that counts.
/// Costs O(lines + customers x periods).
[[nodiscard]] inline winnable_customers worth_of(const SupplierGraph& g, prospects who, std::optional<std::uint32_t> at = {}) {
  winnable_customers out{std::move(who), {}, unknown};
  out.expected.assign(out.who.to.size(), unknown);
  if (!g.has_periods()) return out;
  const std::uint32_t last = at ? *at : std::numeric_limits<std::uint32_t>::max();
  std::vector<double> all(g.customers() * g.periods(), 0.0);  // purchases of a customer in a period
  const auto cell = [&](std::uint32_t c, std::uint32_t t) -> double& { return all[c * g.periods() + t]; };
  for (std::size_t p = 0; p < g.pair_customer().size(); ++p)
    for (std::uint64_t i = g.pair_start()[p]; i < g.pair_start()[p + 1]; ++i)
      if (g.line_period()[i] <= last) cell(g.pair_customer()[p], g.line_period()[i]) += g.line_amount()[i];
  std::vector<double> shares, per_period(g.customers(), 0.0);
  std::vector<std::uint32_t> since(g.customers(), none);
  std::uint32_t end = 0;
  for (std::uint32_t c = 0; c < g.customers(); ++c) {
    for (std::uint32_t t = 0; t < g.periods(); ++t) {
      if (!(cell(c, t) > 0)) continue;
      if (since[c] == none) since[c] = t;
      end = std::max(end, t);
      per_period[c] += cell(c, t);
    }
  }
  for (std::size_t p = 0; p < g.pair_customer().size(); ++p) {
    const std::uint32_t c = g.pair_customer()[p], t = g.line_period()[g.pair_start()[p]];
    if (t > last || t == 0 || t == since[c] || !(cell(c, t) > 0)) continue;
    double first = 0;
    for (std::uint64_t i = g.pair_start()[p]; i < g.pair_start()[p + 1] && g.line_period()[i] == t; ++i) first += g.line_amount()[i];
    if (first > 0) shares.push_back(std::min(1.0, first / cell(c, t)));
  }
  if (shares.empty()) return out;
  const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
  std::nth_element(shares.begin(), middle, shares.end());
  out.entry_share = *middle;
  for (std::size_t i = 0; i < out.expected.size(); ++i) {
    const std::uint32_t c = out.who.to[i];
    if (since[c] == none) continue;
    out.expected[i] = out.who.chance[i] * out.entry_share * per_period[c] / static_cast<double>(end - since[c] + 1);
  }
  return out;
}

/// Customers that a supplier does not serve, by a walk that starts at the supplier. See next_ties.
/// Costs as next_ties, and O(lines) for the entrants' shares.
[[nodiscard]] inline winnable_customers winnable(const SupplierGraph& g, std::uint32_t supplier, const next_options& o = {}) {
  const std::array<std::uint32_t, 1> one{supplier};
  return worth_of(g, next_ties(g, side::supplier, one, o), o.at);
}

}  // namespace guanxi::graph
