#if __has_include(<boost/graph/graph_traits.hpp>)
#include <guanxi/graph/bgl.hpp>
#include <guanxi/graph/core.hpp>
#include <guanxi/graph/cut_nodes.hpp>
#include <guanxi/graph/pagerank.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/betweenness_centrality.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/core_numbers.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/graph/graph_concepts.hpp>
#include <boost/graph/page_rank.hpp>

#include <gtest/gtest.h>

#include "support/graph.hpp"

namespace guanxi::graph {
namespace {

BOOST_CONCEPT_ASSERT((boost::VertexListGraphConcept<bgl_view>));
BOOST_CONCEPT_ASSERT((boost::IncidenceGraphConcept<bgl_view>));
BOOST_CONCEPT_ASSERT((boost::BidirectionalGraphConcept<bgl_view>));
BOOST_CONCEPT_ASSERT((boost::AdjacencyGraphConcept<bgl_view>));
BOOST_CONCEPT_ASSERT((boost::EdgeListGraphConcept<bgl_view>));
BOOST_CONCEPT_ASSERT((boost::ReadablePropertyGraphConcept<bgl_view, std::uint32_t, boost::vertex_index_t>));
BOOST_CONCEPT_ASSERT((boost::ReadablePropertyGraphConcept<bgl_view, bgl_view::edge, boost::edge_weight_t>));
static_assert(std::is_same_v<boost::graph_traits<const bgl_view>::vertex_descriptor, std::uint32_t>);

template <class T>
auto by_vertex(std::vector<T>& values) {
  return boost::make_iterator_property_map(values.begin(), boost::typed_identity_property_map<std::uint32_t>());
}

class BoostView : public testing::TestWithParam<int> {
 protected:
  fixtures::table t = GetParam() == 0 ? fixtures::southern_women() : fixtures::random_lines(60, 25, 18, static_cast<std::uint64_t>(GetParam()));
  SupplierGraph graph{t.view(false, false)};
  bgl_view g{graph.view()};
  std::size_t n = num_vertices(g);
};

TEST_P(BoostView, ReadsTheArraysInPlace) {
  std::size_t arcs = 0;
  for (auto [e, end] = edges(g); e != end; ++e, ++arcs) {
    const auto arc = *e;
    const bool customer = arc.from < graph.customers();
    const double* weight = customer ? graph.by_customer().weight.data() : graph.by_supplier().weight.data();
    EXPECT_EQ(get(boost::edge_weight, g, arc), weight[arc.slot - (customer ? 0 : graph.ties())]);
    EXPECT_NE(arc.from < graph.customers(), arc.to < graph.customers());
  }
  EXPECT_EQ(arcs, 2 * graph.ties());
  EXPECT_EQ(num_edges(g), 2 * graph.ties());
  EXPECT_EQ(g.ties_view().customer.other.data(), graph.by_customer().other.data());
  for (std::uint32_t v = 0; v < n; ++v) {
    const auto [out, out_end] = out_edges(v, g);
    const auto [in, in_end] = in_edges(v, g);
    EXPECT_EQ(static_cast<std::size_t>(std::distance(out, out_end)), out_degree(v, g));
    EXPECT_EQ(std::distance(in, in_end), std::distance(out, out_end));
    auto b = in;
    for (auto a = out; a != out_end; ++a, ++b) {
      EXPECT_EQ((*a).to, (*b).from);
      EXPECT_EQ(get(boost::edge_weight, g, *a), get(boost::edge_weight, g, *b));
    }
  }
}

TEST_P(BoostView, PageRankOfBoostIsOurs) {
  std::vector<double> rank(n), other(n);
  boost::graph::page_rank(g, by_vertex(rank), boost::graph::n_iterations(300), 0.85, n, by_vertex(other));
  const node_scores want = pagerank(graph.view(), {0.85, 1e-13, weighting::binary, 1000});
  double total = 0, ours = 0;
  for (std::uint32_t v = 0; v < n; ++v) {
    if (out_degree(v, g) == 0) continue;  // Boost lets the mass of nodes without ties leak: compare up to scale
    total += rank[v];
    ours += v < graph.customers() ? want.customer[v] : want.supplier[v - graph.customers()];
  }
  for (std::uint32_t v = 0; v < n; ++v) {
    const double mine = v < graph.customers() ? want.customer[v] : want.supplier[v - graph.customers()];
    EXPECT_NEAR(rank[v] / total, mine / ours, out_degree(v, g) == 0 ? 1.0 : 1e-12);
  }
}

TEST_P(BoostView, CoreNumbersOfBoostAreOurs) {
  std::vector<int> number(n);
  boost::core_numbers(g, by_vertex(number));
  const core_numbers_of want = core(graph.view());
  for (std::uint32_t v = 0; v < n; ++v)
    EXPECT_EQ(static_cast<std::uint32_t>(number[v]), v < graph.customers() ? want.customer[v] : want.supplier[v - graph.customers()]);
}

TEST_P(BoostView, ArticulationPointsOfBoostAreOurCutNodes) {
  std::vector<std::uint32_t> found, want;
  boost::articulation_points(g, std::back_inserter(found));
  std::sort(found.begin(), found.end());
  for (const auto& node : cut_nodes(graph.view()).nodes) want.push_back(node.id);
  EXPECT_EQ(found, want);
}

TEST_P(BoostView, SearchesReachEveryNode) {
  struct counter : boost::dfs_visitor<> {
    std::size_t* starts;
    std::size_t* seen;
    void start_vertex(std::uint32_t, const bgl_view&) { ++*starts; }
    void discover_vertex(std::uint32_t, const bgl_view&) { ++*seen; }
  };
  std::size_t starts = 0, seen = 0;
  counter visit;
  visit.starts = &starts, visit.seen = &seen;
  boost::depth_first_search(g, boost::visitor(visit));
  EXPECT_EQ(seen, n);
  EXPECT_EQ(starts, cut_nodes(graph.view()).components);
  std::vector<int> distance(n, -1);
  distance[0] = 0;
  boost::breadth_first_search(g, 0u, boost::visitor(boost::make_bfs_visitor(boost::record_distances(by_vertex(distance), boost::on_tree_edge()))));
  std::vector<double> length(n);
  boost::dijkstra_shortest_paths(g, 0u, boost::distance_map(by_vertex(length)));
  for (std::size_t v = 0; v < n; ++v) EXPECT_EQ(distance[v] < 0, length[v] > 1e300);
}

TEST_P(BoostView, BetweennessEqualsAdjacencyList) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> list(n);
  for (auto [e, end] = edges(g); e != end; ++e) add_edge((*e).from, (*e).to, list);
  std::vector<double> ours(n), theirs(n);
  boost::brandes_betweenness_centrality(g, by_vertex(ours));
  boost::brandes_betweenness_centrality(list, boost::make_iterator_property_map(theirs.begin(), get(boost::vertex_index, list)));
  for (std::size_t v = 0; v < n; ++v) EXPECT_NEAR(ours[v], theirs[v], 1e-9);
  if (GetParam() == 0) {
    EXPECT_NEAR(*std::max_element(ours.begin(), ours.end()) / 2, 110.20639698200813, 1e-9);
    EXPECT_EQ(std::max_element(ours.begin(), ours.end()) - ours.begin(), 18 + 7);  // E8
  }
}

INSTANTIATE_TEST_SUITE_P(Graphs, BoostView, testing::Values(0, 1, 2, 3, 4));

}  // namespace
}  // namespace guanxi::graph
#endif
