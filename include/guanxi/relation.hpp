#pragma once
// The four tiers and movement between them, retention, sorting by several criteria.
#include <guanxi/relation/cohorts.hpp>
#include <guanxi/relation/cox.hpp>
#include <guanxi/relation/discrete_hazard.hpp>
#include <guanxi/relation/electre_tri.hpp>
#include <guanxi/relation/hysteresis.hpp>
#include <guanxi/relation/kaplan_meier.hpp>
#include <guanxi/relation/migration.hpp>
#include <guanxi/relation/movement.hpp>
#include <guanxi/relation/promethee.hpp>
#include <guanxi/relation/ranking.hpp>
#include <guanxi/relation/tier.hpp>
#include <guanxi/relation/tier_model.hpp>
#include <guanxi/relation/tier_rule.hpp>
#include <guanxi/relation/weights.hpp>
