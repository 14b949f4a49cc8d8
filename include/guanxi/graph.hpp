#pragma once
// Customers and their many suppliers. guanxi/graph/bgl.hpp (the Boost.Graph view) is included by request only.
#include <guanxi/graph/competitors.hpp>
#include <guanxi/graph/concentration.hpp>
#include <guanxi/graph/core.hpp>
#include <guanxi/graph/cut_nodes.hpp>
#include <guanxi/graph/disrupt.hpp>
#include <guanxi/graph/labels.hpp>
#include <guanxi/graph/like_customers.hpp>
#include <guanxi/graph/needs_gap.hpp>
#include <guanxi/graph/next_suppliers.hpp>
#include <guanxi/graph/pagerank.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/single_source.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/tie_changes.hpp>
#include <guanxi/graph/walk.hpp>
#include <guanxi/graph/weighting.hpp>
