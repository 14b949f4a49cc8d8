"""Retention against lifelines: Kaplan-Meier and Cox on the same customers."""

from __future__ import annotations

import lifelines
import numpy as np
import pandas as pd
from guanxi import relation
from harness import Row, race


def customers(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Five covariates, Weibull lifetimes in quarters of a unit (ties), uniform censoring."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(n, 5))
    life = 20 * (rng.exponential(size=n) * np.exp(-x @ np.array([.5, -.3, .2, 0, .1]))) ** (1 / 1.3)
    end = rng.uniform(0, 60, n)
    return x, np.ceil(4 * np.minimum(life, end)) / 4, life <= end


def measure() -> list[Row]:
    rows = []
    name = f"lifelines {lifelines.__version__}"
    for n, target in ((100_000, None), (1_000_000, 10.0)):
        _, t, e = customers(n)
        ours = relation.kaplan_meier(t, e)
        theirs = lifelines.KaplanMeierFitter().fit(t, e)
        if not np.allclose(ours.survival, theirs.survival_function_.to_numpy().ravel()[-len(ours.time):], atol=1e-9):
            raise AssertionError("the curves differ")
        a, b = race(lambda: relation.kaplan_meier(t, e), lambda: lifelines.KaplanMeierFitter().fit(t, e))
        rows.append(Row(f"Kaplan-Meier, {n:,} customers in quarters", name, a, b, target))
    for n, target in ((20_000, None), (100_000, None), (1_000_000, 20.0)):
        x, t, e = customers(n)
        frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(5)]).assign(t=t, e=e)
        ours_fit = relation.Cox().fit(x, t, e)
        theirs_fit = lifelines.CoxPHFitter().fit(frame, "t", "e")
        if not np.allclose(ours_fit.coef_, theirs_fit.params_.to_numpy(), atol=1e-5):
            raise AssertionError("the coefficients differ")
        a, b = race(lambda: relation.Cox().fit(x, t, e), lambda: lifelines.CoxPHFitter().fit(frame, "t", "e"), 3 if n < 1_000_000 else 1)
        rows.append(Row(f"Cox, Efron, five covariates, {n:,} customers", name, a, b, target))
    return rows
