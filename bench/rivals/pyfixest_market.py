"""Gravity by PPML with two and three fixed effects against pyfixest (pip install pyfixest, in the environment of the run)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest
from guanxi import market
from harness import Row, race


def trade(countries: int, years: int, seed: int) -> pd.DataFrame:
    """countries x countries x years rows, about half without trade; effects of exporter-year and importer-year."""
    rng = np.random.default_rng(seed)
    e, i, y = (a.ravel() for a in np.meshgrid(np.arange(countries), np.arange(countries), np.arange(years), indexing="ij"))
    log_distance = rng.normal(8, 1, (countries, countries))[e, i]
    agreement = (rng.random(len(e)) < 0.2).astype(float)
    mean = np.exp(rng.normal(0, 1, (countries, years))[e, y] + rng.normal(0, 1, (countries, years))[i, y] - 0.9 * log_distance + 0.35 * agreement + 7)
    value = rng.poisson(np.minimum(mean, 1e6) * rng.gamma(1, 1, len(mean))).astype(float)
    return pd.DataFrame({"value": value, "log_distance": log_distance, "agreement": agreement, "exporter_year": e * years + y,
                         "importer_year": i * years + y, "pair": e * countries + i})


def _compare(frame: pd.DataFrame, regressors: list[str], effects: list[str], tolerance: float) -> tuple[float, float]:
    formula = f"value ~ {' + '.join(regressors)} | {' + '.join(effects)}"
    ours = market.gravity(frame, regressors=regressors, effects=effects)
    tight = pyfixest.fepois(formula, frame, vcov="hetero", iwls_tol=1e-12, fixef_tol=1e-12, iwls_maxiter=100, ssc=pyfixest.ssc(k_adj=False, G_adj=True))
    for name in regressors:
        if abs(ours.params_[name] - tight.coef()[name]) > tolerance:
            raise AssertionError(f"{name}: {ours.params_[name]} and {tight.coef()[name]}")
        if abs(ours.standard_errors_[name] / tight.se()[name] - 1) > 1e-3:
            raise AssertionError(f"{name}: errors {ours.standard_errors_[name]} and {tight.se()[name]}")
    return race(lambda: market.gravity(frame, regressors=regressors, effects=effects),
                lambda: pyfixest.fepois(formula, frame, vcov="hetero"), repeat=3)


def measure() -> list[Row]:
    rows = []
    big = trade(316, 10, 7)
    mine, theirs = _compare(big, ["log_distance", "agreement"], ["exporter_year", "importer_year"], 1e-8)
    rows.append(Row("gravity, 998,560 rows, 2 effects of 3,160 levels", f"pyfixest {pyfixest.__version__}", mine, theirs, 5.0, "coefficients equal to 1e-8"))
    panel = trade(100, 20, 8)
    mine, theirs = _compare(panel, ["agreement"], ["exporter_year", "importer_year", "pair"], 1e-8)
    rows.append(Row("gravity, 200,000 rows, 3 effects (with 10,000 pairs)", f"pyfixest {pyfixest.__version__}", mine, theirs, None, "coefficients equal to 1e-8"))
    return rows
