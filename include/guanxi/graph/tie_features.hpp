#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/graph/like_customers.hpp>
#include <guanxi/graph/logistic.hpp>
#include <guanxi/graph/small_side.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/walk_kernel.hpp>

namespace guanxi::graph {

/// What the model of a next tie looks at, for a customer c and a supplier s that do not trade yet.
enum class tie_feature : std::uint8_t {
  walk_from_customer,  // ln of the walk with fading ties, against an even chance
  walk_from_supplier,
  walk_plain,          // ties never fade
  walk_plain_from_supplier,
  walk_recent,         // ties fade within the horizon
  like_customers,      // part of the customers most like c, weighted by likeness, who buy from s
  like_suppliers,      // likeness of s to the suppliers of c
  popularity,          // customers of s
  recent_popularity,   // customers of s within the horizon
  winning,             // new customers of s, fading
  tenure,              // periods since the first line of s
  supplier_quiet,      // periods since its last line
  suppliers,           // suppliers of c
  recent_suppliers,    // within the horizon
  adding,              // suppliers that c added, fading
  customer_quiet,      // periods since its last line
  supplier_ticket,     // money of a usual tie of s
  customer_ticket,     // of c
  ticket_mismatch,     // distance of the two, in logs
  product_match,       // part of the purchases of c in products that s sells, by their weight in what s sells
  product_breadth,     // products of s
  walk_squared, like_squared, alike_squared, popularity_squared, match_by_walk,
  like_sum,            // likeness of c to those of its like customers who buy from s, added up
  alike_sum,           // likeness of s to the suppliers of c, added up
  foretold,            // by all others of the smaller side (small_side_scores::regression), ties that fade
  three_ties           // paths of three ties, divided by degrees (small_side_scores::paths)
};
inline constexpr std::size_t tie_features_count = 30;
inline constexpr std::array<std::string_view, tie_features_count> tie_feature_names{
    "walk_from_customer", "walk_from_supplier", "walk_plain", "walk_plain_from_supplier", "walk_recent", "like_customers", "like_suppliers", "popularity",
    "recent_popularity", "winning", "tenure", "supplier_quiet", "suppliers", "recent_suppliers", "adding", "customer_quiet",
    "supplier_ticket", "customer_ticket", "ticket_mismatch", "product_match", "product_breadth", "walk_squared", "like_squared",
    "alike_squared", "popularity_squared", "match_by_walk", "like_sum", "alike_sum", "foretold", "three_ties"};

/// Features of pairs as known at the end of the last period of a graph. Nothing later is looked at.
class tie_features {
 public:
  struct settings {
    std::uint32_t horizon = 1;
    double damping = 0.85;
    std::size_t neighbours = 50;
    unsigned threads = 0;
  };
  /// One pair that could become a tie.
  struct pair {
    std::uint32_t customer, supplier;
    double walk;  // personalised PageRank, fading ties, from the node that was asked
    std::array<float, tie_features_count> x;
  };
  struct scratch {
    walk_kernel::scratch fading, plain, recent;
    std::vector<double> near_fading, near_plain, near_recent, like, alike, foretold, paths;
  };

  /// Takes who: customers whose likes will be asked for by row(); empty: all.
  tie_features(const SupplierGraph& g, std::uint32_t now, const settings& o, std::span<const std::uint32_t> who = {})
      : g_(g), ties_(g.view()), now_(now), o_(o), fading_(g, reading(0)), plain_(g, reading(std::numeric_limits<double>::infinity())),
        recent_(g, reading(std::max(1.0, static_cast<double>(o.horizon)))), foretold_(small_side_scores::regression(fading_.walk())),
        paths_(small_side_scores::paths(plain_.walk())) {
    count_history();
    weigh_products();
    like_options like;
    like.k = o.neighbours;
    like.threads = o.threads;
    suppliers_alike_ = graph::like_customers(ties_.swapped(), like);
    like_row_.assign(ties_.customers(), none);
    customers_alike_ = graph::like_customers(ties_, like, who);
    for (std::size_t i = 0; i < customers_alike_.customer.size(); ++i) like_row_[customers_alike_.customer[i]] = static_cast<std::uint32_t>(i);
    liked_by_ = turned(customers_alike_, ties_.customers());
    alike_to_ = turned(suppliers_alike_, ties_.suppliers());
    like_total_.assign(ties_.customers(), 0.0);
    for (std::size_t i = 0; i < customers_alike_.customer.size(); ++i)
      for (std::uint64_t e = customers_alike_.start[i]; e < customers_alike_.start[i + 1]; ++e)
        like_total_[customers_alike_.customer[i]] += customers_alike_.similarity[e];
  }

  [[nodiscard]] const SupplierGraph& graph_now() const noexcept { return g_; }
  [[nodiscard]] const walk_kernel& fading() const noexcept { return fading_; }
  [[nodiscard]] scratch make_scratch() const {
    const std::size_t n = std::max(ties_.customers(), ties_.suppliers());
    const std::vector<double> none_yet(n);
    return {fading_.make_scratch(), plain_.make_scratch(), recent_.make_scratch(), none_yet, none_yet, none_yet, none_yet, none_yet, none_yet, none_yet};
  }

  /// Suppliers a customer does not use yet and that have ties, by id. Large graphs: those that the walk reaches.
  void row(std::uint32_t c, scratch& t, std::vector<pair>& out) const {
    out.clear();
    const std::size_t n = ties_.suppliers();
    if (ties_.customer.degree(c) == 0) return;
    walks(side::customer, c, n, t);
    std::fill_n(t.like.begin(), n, 0.0);
    std::fill_n(t.alike.begin(), n, 0.0);
    if (const std::uint32_t i = like_row_[c]; i != none)
      for (std::uint64_t e = customers_alike_.start[i]; e < customers_alike_.start[i + 1]; ++e)
        for (const std::uint32_t s : ties_.customer.others(customers_alike_.like[e])) t.like[s] += customers_alike_.similarity[e];
    for (const std::uint32_t own : ties_.customer.others(c))
      for (std::uint64_t e = suppliers_alike_.start[own]; e < suppliers_alike_.start[own + 1]; ++e)
        t.alike[suppliers_alike_.like[e]] += suppliers_alike_.similarity[e];
    const auto own = ties_.customer.others(c);
    std::size_t at = 0;
    for (std::uint32_t s = 0; s < n; ++s) {
      while (at < own.size() && own[at] < s) ++at;
      if (at < own.size() && own[at] == s) continue;
      if (ties_.supplier.degree(s) == 0 || (!fading_.dense() && t.near_fading[s] == 0)) continue;
      out.push_back({c, s, t.near_fading[s] * fading_.strength_s(s), {}});
      fill(out.back(), {t.near_fading[s], t.near_plain[s], t.near_recent[s], t.like[s], t.alike[s], t.foretold[s], t.paths[s]});
    }
  }

  /// Customers that do not buy from a supplier yet and have ties, by id.
  void column(std::uint32_t s, scratch& t, std::vector<pair>& out) const {
    out.clear();
    const std::size_t n = ties_.customers();
    if (ties_.supplier.degree(s) == 0) return;
    walks(side::supplier, s, n, t);
    std::fill_n(t.like.begin(), n, 0.0);
    std::fill_n(t.alike.begin(), n, 0.0);
    std::vector<char> buys(n, 0);
    for (const std::uint32_t c : ties_.supplier.others(s)) buys[c] = 1;
    for (const std::uint32_t other : ties_.supplier.others(s))
      for (std::uint64_t e = liked_by_.start[other]; e < liked_by_.start[other + 1]; ++e) t.like[liked_by_.by[e]] += liked_by_.similarity[e];
    for (std::uint64_t e = alike_to_.start[s]; e < alike_to_.start[s + 1]; ++e)
      for (const std::uint32_t c : ties_.supplier.others(alike_to_.by[e])) t.alike[c] += alike_to_.similarity[e];
    for (std::uint32_t c = 0; c < n; ++c) {
      if (buys[c] || ties_.customer.degree(c) == 0 || (!fading_.dense() && t.near_fading[c] == 0)) continue;
      out.push_back({c, s, t.near_fading[c] * fading_.strength_c(c), {}});
      fill(out.back(), {t.near_fading[c], t.near_plain[c], t.near_recent[c], t.like[c], t.alike[c], t.foretold[c], t.paths[c]});
    }
  }

 private:
  [[nodiscard]] walk_reading reading(double half_life) const noexcept {
    walk_reading r;
    r.half_life = half_life;
    r.damping = o_.damping;
    return r;
  }
  void walks(side from, std::uint32_t node, std::size_t n, scratch& t) const {
    fading_.row(from, node, {t.near_fading.data(), n}, t.fading);
    plain_.row(from, node, {t.near_plain.data(), n}, t.plain);
    recent_.row(from, node, {t.near_recent.data(), n}, t.recent);
    foretold_.row(from, node, {t.foretold.data(), n});
    paths_.row(from, node, {t.paths.data(), n});
  }

  /// Who has a node among its likes.
  struct likes_turned {
    std::vector<std::uint64_t> start;
    std::vector<std::uint32_t> by;
    std::vector<double> similarity;
  };
  [[nodiscard]] static likes_turned turned(const likes& l, std::size_t n) {
    likes_turned out;
    out.start.assign(n + 1, 0);
    for (const std::uint32_t v : l.like) ++out.start[v + 1];
    for (std::size_t v = 0; v < n; ++v) out.start[v + 1] += out.start[v];
    out.by.resize(l.like.size()), out.similarity.resize(l.like.size());
    std::vector<std::uint64_t> next(out.start.begin(), out.start.end() - 1);
    for (std::size_t i = 0; i < l.customer.size(); ++i)
      for (std::uint64_t e = l.start[i]; e < l.start[i + 1]; ++e) {
        const std::uint64_t to = next[l.like[e]]++;
        out.by[to] = l.customer[i], out.similarity[to] = l.similarity[e];
      }
    return out;
  }

  struct history {
    std::vector<double> active, entries, first, last, ticket;
    explicit history(std::size_t n) : active(n), entries(n), first(n, std::numeric_limits<double>::infinity()), last(n, -1), ticket(n) {}
  };
  void count_history() {
    const double now = static_cast<double>(now_), horizon = static_cast<double>(o_.horizon);
    std::uint32_t begin = now_;
    for (const std::uint32_t t : g_.line_period()) begin = std::min(begin, t);
    const double half = 0.5 * (now - static_cast<double>(begin) + 1);
    for (std::uint32_t c = 0; c < ties_.customers(); ++c)
      for (std::uint64_t e = ties_.customer.start[c]; e < ties_.customer.start[c + 1]; ++e) {
        const std::uint32_t s = ties_.customer.other[e];
        const std::uint64_t p = g_.pair_of(e);
        const double first = g_.line_period()[g_.pair_start()[p]], last = g_.line_period()[g_.pair_start()[p + 1] - 1];
        for (const auto& [h, i] : {std::pair<history*, std::uint32_t>{&of_customer_, c}, {&of_supplier_, s}}) {
          h->active[i] += last > now - horizon;
          if (first > static_cast<double>(begin)) h->entries[i] += std::exp2(-(now - first) / half);
          h->first[i] = std::min(h->first[i], first);
          h->last[i] = std::max(h->last[i], last);
          if (ties_.customer.weight[e] > 0) h->ticket[i] += std::log(ties_.customer.weight[e]);
        }
      }
    for (std::size_t c = 0; c < ties_.customers(); ++c) of_customer_.ticket[c] /= std::max<double>(1, static_cast<double>(ties_.customer.degree(c)));
    for (std::size_t s = 0; s < ties_.suppliers(); ++s) of_supplier_.ticket[s] /= std::max<double>(1, static_cast<double>(ties_.supplier.degree(s)));
  }
  // Weights of products in what each node trades: log(1 + lines), so that one large contract does not decide.
  void weigh_products() {
    if (!g_.has_products()) return;
    sold_.assign(ties_.suppliers() + 1, 0);
    const std::size_t pairs = g_.pair_customer().size();
    std::vector<std::vector<std::pair<std::uint32_t, float>>> by_c(ties_.customers()), by_s(ties_.suppliers());
    for (std::size_t p = 0; p < pairs; ++p)
      for (std::uint64_t i = g_.pair_start()[p]; i < g_.pair_start()[p + 1]; ++i) {
        by_c[g_.pair_customer()[p]].emplace_back(g_.line_product()[i], 1.0f);
        by_s[g_.pair_supplier()[p]].emplace_back(g_.line_product()[i], 1.0f);
      }
    const auto pack = [](auto& lists, std::vector<std::uint64_t>& start, std::vector<std::uint32_t>& item, std::vector<float>& part) {
      start.assign(1, 0);
      for (auto& list : lists) {
        std::sort(list.begin(), list.end());
        const std::size_t from = item.size();
        for (std::size_t i = 0; i < list.size();) {
          std::size_t j = i;
          while (j < list.size() && list[j].first == list[i].first) ++j;
          item.push_back(list[i].first);
          part.push_back(std::log1p(static_cast<float>(j - i)));
          i = j;
        }
        float sum = 0;
        for (std::size_t i = from; i < part.size(); ++i) sum += part[i];
        for (std::size_t i = from; i < part.size(); ++i) part[i] /= sum;
        start.push_back(item.size());
      }
    };
    pack(by_c, bought_, bought_item_, bought_part_);
    pack(by_s, sold_, sold_item_, sold_part_);
  }
  [[nodiscard]] double match(std::uint32_t c, std::uint32_t s) const noexcept {
    std::uint64_t i = bought_[c], j = sold_[s];
    double sum = 0;
    while (i < bought_[c + 1] && j < sold_[s + 1]) {
      if (bought_item_[i] < sold_item_[j]) ++i;
      else if (bought_item_[i] > sold_item_[j]) ++j;
      else sum += std::sqrt(static_cast<double>(bought_part_[i++]) * sold_part_[j++]);
    }
    return sum;
  }
  struct closeness {
    double fading, plain, recent, like, alike, foretold, paths;
  };
  void fill(pair& p, const closeness& of) const noexcept {
    const std::uint32_t c = p.customer, s = p.supplier;
    const auto [fading, plain, recent, like_sum, alike, foretold, paths] = of;
    const double like = like_total_[c] > 0 ? like_sum / like_total_[c] : 0;
    const double nc = static_cast<double>(ties_.customers()), ns = static_cast<double>(ties_.suppliers()), now = static_cast<double>(now_);
    const auto soft = [](double x) { return std::log(1e-3 + x); };
    const double dc = static_cast<double>(ties_.customer.degree(c)), ds = static_cast<double>(ties_.supplier.degree(s));
    std::size_t k = 0;
    const auto put = [&](double x) { p.x[k++] = static_cast<float>(x); };
    const double walk = soft(ns * fading * fading_.strength_s(s)), likely = soft(like), likeness = soft(alike / dc), popular = std::log1p(ds);
    put(walk);
    put(soft(nc * fading * fading_.strength_c(c)));
    put(soft(ns * plain * plain_.strength_s(s)));
    put(soft(nc * plain * plain_.strength_c(c)));
    put(soft(ns * recent * recent_.strength_s(s)));
    put(likely);
    put(likeness);
    put(popular);
    put(std::log1p(of_supplier_.active[s]));
    put(std::log(0.1 + of_supplier_.entries[s]));
    put(std::log1p(now - of_supplier_.first[s]));
    put(std::log1p(now - of_supplier_.last[s]));
    put(std::log1p(dc));
    put(std::log1p(of_customer_.active[c]));
    put(std::log(0.1 + of_customer_.entries[c]));
    put(std::log1p(now - of_customer_.last[c]));
    put(of_supplier_.ticket[s]);
    put(of_customer_.ticket[c]);
    put(std::abs(of_supplier_.ticket[s] - of_customer_.ticket[c]));
    const double same = g_.has_products() ? match(c, s) : 0;
    put(same);
    put(g_.has_products() ? std::log(static_cast<double>(sold_[s + 1] - sold_[s]) + 1) : 0);
    put(walk * walk);
    put(likely * likely);
    put(likeness * likeness);
    put(popular * popular);
    put(same * walk);
    put(std::log(1e-2 + like_sum));
    put(std::log(1e-2 + alike));
    put(std::copysign(std::log1p(100 * std::abs(foretold)), foretold));
    put(std::log(1e-3 + std::max(0.0, paths)));
  }

  const SupplierGraph& g_;
  two_sided ties_;
  std::uint32_t now_;
  settings o_;
  walk_kernel fading_, plain_, recent_;
  small_side_scores foretold_, paths_;
  history of_customer_{ties_.customers()}, of_supplier_{ties_.suppliers()};
  likes suppliers_alike_, customers_alike_;
  likes_turned liked_by_, alike_to_;
  std::vector<double> like_total_;
  std::vector<std::uint32_t> like_row_;
  std::vector<std::uint64_t> bought_, sold_;
  std::vector<std::uint32_t> bought_item_, sold_item_;
  std::vector<float> bought_part_, sold_part_;
};

}  // namespace guanxi::graph
