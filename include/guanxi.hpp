#pragma once
// The whole library, but for what must be asked for by name (Boost.Graph views, Arrow, the simulator).
#include <guanxi/archive.hpp>
#include <guanxi/base.hpp>
#include <guanxi/graph.hpp>
#include <guanxi/ledger.hpp>
#include <guanxi/market.hpp>
#include <guanxi/plan.hpp>
#include <guanxi/relation.hpp>
#include <guanxi/review.hpp>
#include <guanxi/share.hpp>
#include <guanxi/value.hpp>
