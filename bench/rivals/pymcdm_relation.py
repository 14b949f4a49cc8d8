"""Ranking by several criteria against pymcdm: PROMETHEE II (all pairs there) and TOPSIS."""

from __future__ import annotations

import importlib.metadata

import numpy as np
from guanxi import relation
from harness import Row, race
from pymcdm import methods, normalizations


def measure() -> list[Row]:
    name = f"pymcdm {importlib.metadata.version('pymcdm')}"
    rows = []
    w, types = np.full(8, 1 / 8), np.array([1, 1, -1, 1, 1, -1, 1, 1])
    for n in (1_000, 2_000):
        x = np.random.default_rng(5).lognormal(size=(n, 8))
        rival = methods.PROMETHEE_II("usual")
        if not np.allclose(relation.promethee(x, w, types, preference="usual").net, rival(x, w, types), atol=1e-9):
            raise AssertionError("the net flows differ")
        a, b = race(lambda: relation.promethee(x, w, types, preference="usual"), lambda: rival(x, w, types), 3)
        rows.append(Row(f"PROMETHEE II, {n:,} accounts x 8 criteria", name, a, b, None, "theirs grows with the square"))
    x = np.random.default_rng(5).lognormal(size=(100_000, 8))
    topsis = methods.TOPSIS(normalization_function=normalizations.vector_normalization)
    if not np.allclose(relation.topsis(x, w, types), topsis(x, w, types), atol=1e-9):
        raise AssertionError("the closeness differs")
    a, b = race(lambda: relation.topsis(x, w, types), lambda: topsis(x, w, types))
    rows.append(Row("TOPSIS, 100,000 accounts x 8 criteria", name, a, b))
    return rows
