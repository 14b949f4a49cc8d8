#pragma once
// Countries and products: growth, share, advantage, and where the change of our sales came from.
#include <guanxi/market/advantage.hpp>
#include <guanxi/market/codes.hpp>
#include <guanxi/market/concordance.hpp>
#include <guanxi/market/constant_share.hpp>
#include <guanxi/market/country_table.hpp>
#include <guanxi/market/gravity.hpp>
#include <guanxi/market/growth.hpp>
#include <guanxi/market/nowcast.hpp>
#include <guanxi/market/rival_moves.hpp>
#include <guanxi/market/similarity.hpp>
#include <guanxi/market/space.hpp>
#include <guanxi/market/table.hpp>
