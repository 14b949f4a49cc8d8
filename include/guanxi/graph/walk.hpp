#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/weighting.hpp>

namespace guanxi::graph {

/// How a walk reads ties: a tie counts 2^(-age / half_life) x money^power, age = periods since its last line.
struct walk_reading {
  double half_life = 0;     // periods; 0: half of the observed span; infinity: age does not matter
  double power = 0;         // 0: money does not matter
  double damping = 0.85;    // chance to follow a tie
  double precision = 0;     // largest residual per strength that is left; 0: 1e-9 up to 50,000 ties, else 1e-6
};

/// Personalised PageRank from one node by forward push over ties as known at the end of a period.
///
/// Source  Andersen, Chung and Lang (2006), FOCS, 475-486. Weights are symmetric, so pi_u(v) D_u = pi_v(u) D_v.
class tie_walk {
 public:
  /// What a push knows of a node, side by side in memory.
  struct node_state {
    double score = 0, rest = 0;
    double bar = 0;  // rest up to which it may stay
    bool waiting = false;
  };
  struct scratch {
    std::vector<node_state> node;
    std::vector<std::uint32_t> queue, touched;
    [[nodiscard]] double score(std::size_t v) const noexcept { return node[v].score; }
  };

  tie_walk(const SupplierGraph& g, const walk_reading& how) : reading_(how), ties_(g.view()) {
    const rows& c = ties_.customer;
    value_c_.assign(ties_.ties(), 1.0);
    if (how.power != 0)
      for (std::size_t i = 0; i < value_c_.size(); ++i) value_c_[i] = std::pow(c.weight[i], how.power);
    if (g.has_periods()) fade(g);
    value_s_ = across(ties_.customer, ties_.supplier, value_c_);
    strength_.assign(ties_.customers() + ties_.suppliers(), 0.0);
    for (std::size_t i = 0; i < ties_.customers(); ++i)
      for (std::uint64_t e = c.start[i]; e < c.start[i + 1]; ++e) strength_[i] += value_c_[e];
    for (std::size_t i = 0; i < ties_.suppliers(); ++i)
      for (std::uint64_t e = ties_.supplier.start[i]; e < ties_.supplier.start[i + 1]; ++e) strength_[ties_.customers() + i] += value_s_[e];
    if (reading_.precision <= 0) reading_.precision = ties_.ties() <= 50'000 ? 1e-9 : 1e-6;
  }

  [[nodiscard]] const two_sided& ties() const noexcept { return ties_; }
  [[nodiscard]] std::size_t nodes() const noexcept { return strength_.size(); }
  [[nodiscard]] double strength(std::size_t node) const noexcept { return strength_[node]; }
  [[nodiscard]] double value_at_customer(std::size_t tie) const noexcept { return value_c_[tie]; }
  [[nodiscard]] double value_at_supplier(std::size_t tie) const noexcept { return value_s_[tie]; }
  [[nodiscard]] scratch make_scratch() const {
    scratch t{std::vector<node_state>(nodes()), {}, {}};
    for (std::size_t v = 0; v < nodes(); ++v) t.node[v].bar = reading_.precision * strength_[v];
    return t;
  }

  /// Scores from a start node (suppliers from customers() on) into t.score; t.touched lists the nodes that have one.
  void push(std::uint32_t start, scratch& t) const {
    const std::size_t nc = ties_.customers();
    const double a = reading_.damping;
    t.queue.assign(1, start);
    t.touched.assign(1, start);
    t.node[start].rest = 1;
    t.node[start].waiting = true;
    for (std::size_t at = 0; at < t.queue.size(); ++at) {
      if (at > 4096 && at * 2 > t.queue.size()) {  // forget what is done, so memory stays small
        t.queue.erase(t.queue.begin(), t.queue.begin() + static_cast<std::ptrdiff_t>(at));
        at = 0;
      }
      const std::uint32_t v = t.queue[at];
      node_state& from = t.node[v];
      from.waiting = false;
      const double r = from.rest;
      from.rest = 0;
      from.score += (1 - a) * r;
      if (!(strength_[v] > 0)) continue;
      const bool customer = v < nc;
      const rows& ties = customer ? ties_.customer : ties_.supplier;
      const std::vector<double>& value = customer ? value_c_ : value_s_;
      const std::size_t row = customer ? v : v - nc, shift = customer ? nc : 0;
      const double give = a * r / strength_[v];
      for (std::uint64_t e = ties.start[row]; e < ties.start[row + 1]; ++e) {
        const auto u = static_cast<std::uint32_t>(ties.other[e] + shift);
        node_state& to = t.node[u];
        if (to.rest == 0 && to.score == 0) t.touched.push_back(u);
        to.rest += give * value[e];
        if (!to.waiting && to.rest > to.bar) {
          to.waiting = true;
          t.queue.push_back(u);
        }
      }
    }
  }
  static void clear(scratch& t) noexcept {
    for (const std::uint32_t v : t.touched) t.node[v].score = t.node[v].rest = 0;
    t.touched.clear();
  }

 private:
  void fade(const SupplierGraph& g) {
    std::uint32_t first = std::numeric_limits<std::uint32_t>::max(), last = 0;
    for (const std::uint32_t t : g.line_period()) first = std::min(first, t), last = std::max(last, t);
    if (g.line_period().empty()) return;
    const double half = reading_.half_life > 0 ? reading_.half_life : 0.5 * (static_cast<double>(last - first) + 1);
    for (std::size_t i = 0; i < value_c_.size(); ++i) {
      const std::uint32_t seen = g.line_period()[g.pair_start()[g.pair_of(i) + 1] - 1];
      value_c_[i] *= std::exp2(-static_cast<double>(last - seen) / half);
    }
  }

  walk_reading reading_;
  two_sided ties_;
  std::vector<double> value_c_, value_s_, strength_;
};

}  // namespace guanxi::graph
