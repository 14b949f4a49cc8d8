#pragma once
// Who gets which of our limited hours, money and people.
#include <guanxi/plan/allocate.hpp>
#include <guanxi/plan/assign.hpp>
#include <guanxi/plan/book.hpp>
#include <guanxi/plan/curves.hpp>
#include <guanxi/plan/draw_prices.hpp>
#include <guanxi/plan/explain.hpp>
#include <guanxi/plan/explore.hpp>
#include <guanxi/plan/marginal.hpp>
#include <guanxi/plan/pairs.hpp>
#include <guanxi/plan/pool.hpp>
#include <guanxi/plan/reason.hpp>
#include <guanxi/plan/response.hpp>
#include <guanxi/plan/risk.hpp>
#include <guanxi/plan/roster.hpp>
#include <guanxi/plan/rules.hpp>
#include <guanxi/plan/spread.hpp>
