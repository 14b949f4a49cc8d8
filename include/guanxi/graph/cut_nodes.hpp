#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// Nodes and ties without which a connected part falls apart. Nodes: customers 0 .., then suppliers from customers() on.
struct cuts {
  struct node {
    std::uint32_t id = 0;
    std::uint32_t pieces = 0;  // into which its part falls without it
    double severed = 0;        // trade inside all pieces but the heaviest
  };
  struct tie {
    std::uint32_t customer = 0, supplier = 0;
    double weight = 0;
    double severed = 0;  // trade inside the lighter of the two pieces
  };
  std::vector<node> nodes;     // by id
  std::vector<tie> bridges;    // by customer, supplier
  std::size_t components = 0;  // connected parts, nodes without ties among them
};

namespace detail {

class cut_search {
 public:
  explicit cut_search(const two_sided& g) : g_(g), nc_(g.customers()), n_(nc_ + g.suppliers()), nodes_(n_), depth_(n_) {}

  [[nodiscard]] cuts run() {
    for (std::size_t root = 0; root < n_; ++root) {
      if (nodes_[root].seen != 0) continue;
      ++out_.components;
      component(static_cast<std::uint32_t>(root));
    }
    std::sort(out_.nodes.begin(), out_.nodes.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    std::sort(out_.bridges.begin(), out_.bridges.end(), [](const auto& a, const auto& b) {
      return a.customer < b.customer || (a.customer == b.customer && a.supplier < b.supplier);
    });
    return std::move(out_);
  }

 private:
  struct state {
    std::uint32_t seen = 0;  // order of the visit, 0: not yet
    std::uint32_t low = 0;
    std::uint32_t cut_children = 0;
    double below = 0;     // ties of the finished subtree, each counted at its deeper end
    double cut_sum = 0;   // trade inside the children that fall off
    double cut_most = 0;
    double strength = 0;
  };
  struct frame {
    std::uint32_t node, parent;
    std::uint64_t edge;
    double to_parent = 0;  // ties from this subtree to the parent
    double parent_tie = 0;
  };
  [[nodiscard]] const rows& side_of(std::uint32_t v) const noexcept { return v < nc_ ? g_.customer : g_.supplier; }
  [[nodiscard]] std::size_t row_of(std::uint32_t v) const noexcept { return v < nc_ ? v : v - nc_; }
  [[nodiscard]] std::uint32_t node_of(std::uint32_t other, std::uint32_t from) const noexcept {
    return static_cast<std::uint32_t>(from < nc_ ? other + nc_ : other);
  }

  void component(std::uint32_t root) {
    members_.clear();
    bridges_.clear();
    double trade = 0;
    open(root, none, 0);
    while (!stack_.empty()) {
      frame& f = stack_.back();
      const rows& r = side_of(f.node);
      if (f.edge < r.start[row_of(f.node) + 1]) {
        const double w = r.weight[f.edge];
        const std::uint32_t u = node_of(r.other[f.edge], f.node);
        ++f.edge;
        nodes_[f.node].strength += w;
        if (u == f.parent) continue;
        if (nodes_[u].seen == 0) {
          open(u, f.node, w);  // f is no longer valid
        } else if (nodes_[u].seen < nodes_[f.node].seen) {  // back edge, counted at the deeper end
          nodes_[f.node].low = std::min(nodes_[f.node].low, nodes_[u].seen);
          nodes_[f.node].below += w;
          back_to(u, w);
        }
        continue;
      }
      const frame done = f;
      stack_.pop_back();
      if (stack_.empty()) {
        trade = nodes_[root].below;
        break;
      }
      close(done, stack_.back());
    }
    finish(root, trade);
  }

  void open(std::uint32_t v, std::uint32_t parent, double tie) {
    nodes_[v].seen = nodes_[v].low = ++clock_;
    if (parent != none) nodes_[v].below = tie;  // the tree tie, counted at the deeper end
    depth_[v] = static_cast<std::uint32_t>(stack_.size());
    members_.push_back(v);
    stack_.push_back({v, parent, side_of(v).start[row_of(v)], tie, tie});
  }

  // A back edge to the ancestor u leaves the subtree of u's child on the stack.
  void back_to(std::uint32_t u, double w) { stack_[depth_[u] + 1].to_parent += w; }

  void close(const frame& child, const frame& parent) {
    state &c = nodes_[child.node], &p = nodes_[parent.node];
    p.low = std::min(p.low, c.low);
    p.below += c.below;
    if (c.low < p.seen) return;
    const double inside = std::max(0.0, c.below - child.to_parent);
    ++p.cut_children;
    p.cut_sum += inside;
    p.cut_most = std::max(p.cut_most, inside);
    if (c.low > p.seen) {
      const bool customer = child.node < nc_;
      bridges_.push_back({customer ? child.node : parent.node, static_cast<std::uint32_t>((customer ? parent.node : child.node) - nc_),
                          child.parent_tie, inside});
    }
  }

  void finish(std::uint32_t root, double trade) {
    for (const std::uint32_t v : members_) {
      const state& s = nodes_[v];
      const bool is_root = v == root;
      if (s.cut_children < (is_root ? 2u : 1u)) continue;
      const double rest = is_root ? 0.0 : std::max(0.0, trade - s.strength - s.cut_sum);
      const double heaviest = std::max(rest, s.cut_most);
      out_.nodes.push_back({v, s.cut_children + (is_root ? 0u : 1u), std::max(0.0, s.cut_sum + rest - heaviest)});
    }
    for (cuts::tie& b : bridges_) {
      b.severed = std::min(b.severed, std::max(0.0, trade - b.weight - b.severed));
      out_.bridges.push_back(b);
    }
  }

  two_sided g_;
  std::size_t nc_, n_;
  std::vector<state> nodes_;
  std::vector<std::uint32_t> depth_, members_;
  std::vector<frame> stack_;
  std::vector<cuts::tie> bridges_;
  std::uint32_t clock_ = 0;
  cuts out_;
};

}  // namespace detail

/// Cut nodes and bridges of the graph, with what their loss would sever.
/// Costs   O(nodes + ties), no recursion. Source: Hopcroft and Tarjan (1973), CACM 16, 372.
[[nodiscard]] inline cuts cut_nodes(const two_sided& g) { return detail::cut_search(g).run(); }

}  // namespace guanxi::graph
