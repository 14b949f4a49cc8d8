#pragma once
// The four tiers and movement between them, retention, sorting by several criteria.
#include <guanxi/relation/hysteresis.hpp>
#include <guanxi/relation/movement.hpp>
#include <guanxi/relation/tier.hpp>
#include <guanxi/relation/tier_model.hpp>
#include <guanxi/relation/tier_rule.hpp>
