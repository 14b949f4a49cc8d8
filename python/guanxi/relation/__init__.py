"""The relation with each customer: tiers and movement, retention, sorting by several criteria."""

from __future__ import annotations

from .._relation_retention import DiscreteHazard, cohorts
from ._shared import LABELS
from .cox import Cox
from .migration import EffortValues, gain_of_effort, migration_value, value_of_effort
from .movement import Movement, movement
from .ranking import Flows, Stability, TopChances, copras, promethee, spotis, stability, top_chances, topsis, vikor
from .retention import (
    Departures,
    Incidence,
    LogRank,
    SurvivalCurve,
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    spread_departure,
)
from .sorting import SCHOOLS, Acceptability, Matrix, electre_tri, flow_sort, matrix, smaa, topsis_sort
from .stickiness import stickiness
from .tier_model import TierModel, count_tiers
from .tier_rule import tier_cuts, tier_rule
from .weights import Judged, weights, weights_ahp

__all__ = ["LABELS", "SCHOOLS", "Acceptability", "Cox", "Departures", "DiscreteHazard", "EffortValues", "Flows", "Incidence", "Judged", "LogRank",
           "Matrix", "Movement", "Stability", "SurvivalCurve", "TierModel", "TopChances", "cohorts", "copras", "count_tiers",
           "cumulative_incidence", "electre_tri", "flow_sort", "gain_of_effort", "kaplan_meier", "log_rank", "matrix", "migration_value",
           "movement", "promethee", "smaa", "spotis", "spread_departure", "stability", "stickiness", "tier_cuts", "tier_rule", "top_chances",
           "topsis", "topsis_sort", "value_of_effort", "vikor", "weights", "weights_ahp"]
