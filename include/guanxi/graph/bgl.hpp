#pragma once
// By request only: the Boost.Graph view over the two-sided rows. No other header of guanxi includes Boost.Graph.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <boost/graph/graph_traits.hpp>
#include <boost/graph/properties.hpp>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/iterator/iterator_facade.hpp>
#include <boost/property_map/property_map.hpp>

#include <guanxi/graph/rows.hpp>

namespace guanxi::graph {

/// The ties as a Boost graph: customer c is vertex c, supplier s is vertex customers + s, each tie is two arcs.
///
/// Holds six views and no data, so it is copied freely and must not outlive the graph. Models VertexListGraph,
/// IncidenceGraph, BidirectionalGraph, AdjacencyGraph and EdgeListGraph; no parallel arcs, so algorithms for undirected
/// graphs (articulation points, cores) see every tie once in each direction. num_edges is therefore twice the ties.
/// get(boost::edge_weight, view) reads the money of a tie, get(boost::vertex_index, view) is the vertex itself.
class bgl_view {
 public:
  struct edge {
    std::uint32_t from = 0, to = 0;
    std::uint64_t slot = 0;  // of the tie: below ties() at the customer's side, else ties() + slot at the supplier's side
    friend bool operator==(const edge& a, const edge& b) noexcept { return a.from == b.from && a.to == b.to; }
    friend std::strong_ordering operator<=>(const edge& a, const edge& b) noexcept {
      return std::pair(a.from, a.to) <=> std::pair(b.from, b.to);
    }
  };
  struct category : boost::vertex_list_graph_tag, boost::bidirectional_graph_tag, boost::adjacency_graph_tag, boost::edge_list_graph_tag {};

  using vertex_descriptor = std::uint32_t;
  using edge_descriptor = edge;
  using directed_category = boost::bidirectional_tag;
  using edge_parallel_category = boost::disallow_parallel_edge_tag;
  using traversal_category = category;
  using vertices_size_type = std::size_t;
  using edges_size_type = std::uint64_t;
  using degree_size_type = std::size_t;
  using vertex_iterator = boost::counting_iterator<std::uint32_t, boost::random_access_traversal_tag, std::int64_t>;

  explicit bgl_view(const two_sided& ties) noexcept : ties_(ties) {}

  [[nodiscard]] static vertex_descriptor null_vertex() noexcept { return none; }
  [[nodiscard]] std::uint32_t customers() const noexcept { return static_cast<std::uint32_t>(ties_.customers()); }
  [[nodiscard]] std::uint32_t nodes() const noexcept { return static_cast<std::uint32_t>(ties_.customers() + ties_.suppliers()); }
  [[nodiscard]] std::uint64_t ties() const noexcept { return ties_.ties(); }
  [[nodiscard]] bool is_customer(std::uint32_t v) const noexcept { return v < customers(); }
  [[nodiscard]] std::uint64_t first(std::uint32_t v) const noexcept {
    return v < customers() ? ties_.customer.start[v] : ties() + ties_.supplier.start[v - customers()];
  }
  [[nodiscard]] std::uint64_t last(std::uint32_t v) const noexcept {
    return v < customers() ? ties_.customer.start[v + 1] : ties() + ties_.supplier.start[v - customers() + 1];
  }
  /// The other end of an arc's slot.
  [[nodiscard]] std::uint32_t other(std::uint64_t slot) const noexcept {
    return slot < ties() ? ties_.customer.other[slot] + customers() : ties_.supplier.other[slot - ties()];
  }
  [[nodiscard]] double weight(std::uint64_t slot) const noexcept {
    return slot < ties() ? ties_.customer.weight[slot] : ties_.supplier.weight[slot - ties()];
  }

  /// Arcs of one vertex; Out: those that leave it, else those that reach it.
  template <bool Out>
  class arc_iterator : public boost::iterator_facade<arc_iterator<Out>, edge, boost::random_access_traversal_tag, edge, std::int64_t> {
   public:
    arc_iterator() = default;
    arc_iterator(const std::uint32_t* ends, std::uint32_t vertex, std::uint32_t shift, std::uint64_t base, std::uint64_t at) noexcept
        : ends_(ends), base_(base), at_(at), vertex_(vertex), shift_(shift) {}

   private:
    friend class boost::iterator_core_access;
    [[nodiscard]] edge dereference() const noexcept {
      const std::uint32_t far = ends_[at_] + shift_;
      return Out ? edge{vertex_, far, base_ + at_} : edge{far, vertex_, base_ + at_};
    }
    [[nodiscard]] bool equal(const arc_iterator& o) const noexcept { return at_ == o.at_; }
    void increment() noexcept { ++at_; }
    void decrement() noexcept { --at_; }
    void advance(std::int64_t n) noexcept { at_ += static_cast<std::uint64_t>(n); }
    [[nodiscard]] std::int64_t distance_to(const arc_iterator& o) const noexcept { return static_cast<std::int64_t>(o.at_ - at_); }
    const std::uint32_t* ends_ = nullptr;
    std::uint64_t base_ = 0, at_ = 0;
    std::uint32_t vertex_ = 0, shift_ = 0;
  };
  using out_edge_iterator = arc_iterator<true>;
  using in_edge_iterator = arc_iterator<false>;

  class adjacency_iterator
      : public boost::iterator_facade<adjacency_iterator, std::uint32_t, boost::random_access_traversal_tag, std::uint32_t, std::int64_t> {
   public:
    adjacency_iterator() = default;
    adjacency_iterator(const std::uint32_t* at, std::uint32_t shift) noexcept : at_(at), shift_(shift) {}

   private:
    friend class boost::iterator_core_access;
    [[nodiscard]] std::uint32_t dereference() const noexcept { return *at_ + shift_; }
    [[nodiscard]] bool equal(const adjacency_iterator& o) const noexcept { return at_ == o.at_; }
    void increment() noexcept { ++at_; }
    void decrement() noexcept { --at_; }
    void advance(std::int64_t n) noexcept { at_ += n; }
    [[nodiscard]] std::int64_t distance_to(const adjacency_iterator& o) const noexcept { return o.at_ - at_; }
    const std::uint32_t* at_ = nullptr;
    std::uint32_t shift_ = 0;
  };

  /// All arcs, by source.
  class edge_iterator : public boost::iterator_facade<edge_iterator, edge, boost::forward_traversal_tag, edge, std::int64_t> {
   public:
    edge_iterator() = default;
    edge_iterator(const two_sided& ties, std::uint64_t at) noexcept : ties_(ties), at_(at) { settle(); }

   private:
    friend class boost::iterator_core_access;
    [[nodiscard]] edge dereference() const noexcept {
      const bgl_view g(ties_);
      return {vertex_, g.other(at_), at_};
    }
    [[nodiscard]] bool equal(const edge_iterator& o) const noexcept { return at_ == o.at_; }
    void increment() noexcept {
      ++at_;
      settle();
    }
    void settle() noexcept {
      const bgl_view g(ties_);
      while (vertex_ < g.nodes() && g.last(vertex_) <= at_) ++vertex_;
    }
    two_sided ties_;
    std::uint64_t at_ = 0;
    std::uint32_t vertex_ = 0;
  };

  template <bool Out>
  [[nodiscard]] std::pair<arc_iterator<Out>, arc_iterator<Out>> arcs(std::uint32_t v) const noexcept {
    const bool c = is_customer(v);
    const rows& r = c ? ties_.customer : ties_.supplier;
    const std::size_t row = c ? v : v - customers();
    const std::uint32_t shift = c ? customers() : 0;
    const std::uint64_t base = c ? 0 : ties();
    return {{r.other.data(), v, shift, base, r.start[row]}, {r.other.data(), v, shift, base, r.start[row + 1]}};
  }
  [[nodiscard]] std::pair<adjacency_iterator, adjacency_iterator> neighbours(std::uint32_t v) const noexcept {
    const bool c = is_customer(v);
    const rows& r = c ? ties_.customer : ties_.supplier;
    const std::size_t row = c ? v : v - customers();
    const std::uint32_t shift = c ? customers() : 0;
    return {{r.other.data() + r.start[row], shift}, {r.other.data() + r.start[row + 1], shift}};
  }
  [[nodiscard]] const two_sided& ties_view() const noexcept { return ties_; }

 private:
  two_sided ties_;
};

[[nodiscard]] inline std::pair<bgl_view::vertex_iterator, bgl_view::vertex_iterator> vertices(const bgl_view& g) noexcept {
  return {bgl_view::vertex_iterator(0), bgl_view::vertex_iterator(g.nodes())};
}
[[nodiscard]] inline std::size_t num_vertices(const bgl_view& g) noexcept { return g.nodes(); }
[[nodiscard]] inline std::pair<bgl_view::edge_iterator, bgl_view::edge_iterator> edges(const bgl_view& g) noexcept {
  return {bgl_view::edge_iterator(g.ties_view(), 0), bgl_view::edge_iterator(g.ties_view(), 2 * g.ties())};
}
[[nodiscard]] inline std::uint64_t num_edges(const bgl_view& g) noexcept { return 2 * g.ties(); }
[[nodiscard]] inline std::uint32_t source(const bgl_view::edge& e, const bgl_view&) noexcept { return e.from; }
[[nodiscard]] inline std::uint32_t target(const bgl_view::edge& e, const bgl_view&) noexcept { return e.to; }
[[nodiscard]] inline auto out_edges(std::uint32_t v, const bgl_view& g) noexcept { return g.arcs<true>(v); }
[[nodiscard]] inline auto in_edges(std::uint32_t v, const bgl_view& g) noexcept { return g.arcs<false>(v); }
[[nodiscard]] inline auto adjacent_vertices(std::uint32_t v, const bgl_view& g) noexcept { return g.neighbours(v); }
[[nodiscard]] inline std::size_t out_degree(std::uint32_t v, const bgl_view& g) noexcept { return g.last(v) - g.first(v); }
[[nodiscard]] inline std::size_t in_degree(std::uint32_t v, const bgl_view& g) noexcept { return out_degree(v, g); }
[[nodiscard]] inline std::size_t degree(std::uint32_t v, const bgl_view& g) noexcept { return 2 * out_degree(v, g); }

/// Money of an arc's tie.
class bgl_weight {
 public:
  using key_type = bgl_view::edge;
  using value_type = double;
  using reference = double;
  using category = boost::readable_property_map_tag;
  explicit bgl_weight(const bgl_view& g) noexcept : g_(g) {}
  friend double get(const bgl_weight& map, const bgl_view::edge& e) noexcept { return map.g_.weight(e.slot); }
  [[nodiscard]] double operator[](const bgl_view::edge& e) const noexcept { return g_.weight(e.slot); }

 private:
  bgl_view g_;
};

[[nodiscard]] inline boost::typed_identity_property_map<std::uint32_t> get(boost::vertex_index_t, const bgl_view&) noexcept { return {}; }
[[nodiscard]] inline std::uint32_t get(boost::vertex_index_t, const bgl_view&, std::uint32_t v) noexcept { return v; }
[[nodiscard]] inline bgl_weight get(boost::edge_weight_t, const bgl_view& g) noexcept { return bgl_weight(g); }
[[nodiscard]] inline double get(boost::edge_weight_t, const bgl_view& g, const bgl_view::edge& e) noexcept { return g.weight(e.slot); }

}  // namespace guanxi::graph

namespace boost {
template <>
struct property_map<guanxi::graph::bgl_view, vertex_index_t> {
  using type = typed_identity_property_map<std::uint32_t>;
  using const_type = type;
};
template <>
struct property_map<guanxi::graph::bgl_view, edge_weight_t> {
  using type = guanxi::graph::bgl_weight;
  using const_type = type;
};
}  // namespace boost
