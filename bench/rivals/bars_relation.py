"""Bars of the relation room without a rival."""

from __future__ import annotations

import guanxi as gx
import numpy as np
from bars import seconds


def bars() -> list[tuple[str, float, str, str, bool]]:
    rng = np.random.default_rng(5)
    x, w = rng.lognormal(size=(1_000_000, 8)), np.full(8, 1 / 8)
    rows: list[tuple[str, float, str, str, bool]] = []
    small = x[:100_000]
    if abs(gx.relation.promethee(small, w).net.sum()) > 1e-6:
        raise AssertionError("net flows do not sum to 0")
    ms = 1e3 * seconds(lambda: gx.relation.promethee(small, w))
    rows.append(("PROMETHEE II, 100,000 accounts x 8 criteria", ms, "ms", "under 60", ms < 60))
    profiles = np.repeat([[.5], [1.0], [2.0]], 8, axis=1)
    q, p, v = np.full(8, .1), np.full(8, .4), np.full(8, 4.0)
    low, high = (gx.relation.electre_tri(x, w, profiles, q, p, v, cut=.7, rule=rule) for rule in ("pessimistic", "optimistic"))
    if not np.all(low <= high):
        raise AssertionError("pessimistic above optimistic")
    ms = 1e3 * seconds(lambda: gx.relation.electre_tri(x, w, profiles, q, p, v, cut=.7))
    rows.append(("ELECTRE TRI-B, 1,000,000 accounts x 8 criteria x 3 profiles", ms, "ms", "under 50", ms < 50))
    duration, event = np.floor(200 * rng.uniform(size=1_000_000)) / 4, rng.uniform(size=1_000_000) < .6
    ms = 1e3 * seconds(lambda: gx.relation.kaplan_meier(duration, event))
    rows.append(("Kaplan-Meier by buckets, 1,000,000 customers", ms, "ms", "under 20", ms < 20))
    z = rng.normal(size=(1_000_000, 5))
    life = np.ceil(80 * rng.exponential(size=1_000_000) * np.exp(-.5 * z[:, 0])) / 4
    if abs(gx.relation.Cox().fit(z, life, event).coef_[0] - .5) > .02:
        raise AssertionError("the coefficient is not what the customers were made with")
    s = seconds(lambda: gx.relation.Cox().fit(z, life, event), 3)
    rows.append(("Cox, Efron, 1,000,000 customers x 5 covariates (R's coxph: 17 s once on such a machine)", s, "s", "under 1.7", s < 1.7))
    return rows
