#pragma once
// Wallet, shares, raking, concentration, trend and dominance.
#include <guanxi/share/collect.hpp>
#include <guanxi/share/columns.hpp>
#include <guanxi/share/concentration.hpp>
#include <guanxi/share/dirichlet_multinomial.hpp>
#include <guanxi/share/gamma_shares.hpp>
#include <guanxi/share/habit_trend.hpp>
#include <guanxi/share/merge_periods.hpp>
#include <guanxi/share/nbd_dirichlet.hpp>
#include <guanxi/share/newton_alpha.hpp>
#include <guanxi/share/order_size.hpp>
#include <guanxi/share/p_largest.hpp>
#include <guanxi/share/pair_index.hpp>
#include <guanxi/share/share_filter.hpp>
#include <guanxi/share/supplier_shares.hpp>
#include <guanxi/share/trend.hpp>
#include <guanxi/share/wallet_allocation_rule.hpp>
