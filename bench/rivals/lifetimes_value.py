"""Purchase models against lifetimes: same data, same answer, then the clock."""

from __future__ import annotations

import importlib.metadata
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from guanxi import value
from harness import Row, race

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "cdnow_summary_published.csv"


def simulated(n: int) -> pd.DataFrame:
    """BG/NBD customers with the parameters of CDNOW, in weeks with the precision of days."""
    random = np.random.default_rng(7)
    rate, stop = random.gamma(0.2426, 1 / 4.4136, n), random.beta(0.7929, 2.4258, n)
    age = np.floor(7 * random.uniform(27, 39, n)) / 7
    x, last, at, going = np.zeros(n), np.zeros(n), np.zeros(n), rate > 1e-9
    while going.any():
        at[going] += random.exponential(1, going.sum()) / rate[going]
        day = np.floor(7 * at) / 7
        going &= day <= age
        new = going & (day > last)
        x[new] += 1
        last[new] = day[new]
        going &= random.uniform(size=n) > stop
    return pd.DataFrame({"frequency": x, "recency": last, "T": age})


def measure() -> list[Row]:
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter

    warnings.filterwarnings("ignore")
    rival = f"lifetimes {importlib.metadata.version('lifetimes')}"
    cdnow = pd.read_csv(DATA, comment="#")
    rows: list[Row] = []

    def fits(task: str, frame: pd.DataFrame, ours: Any, theirs: Any, repeat: int, target: float | None) -> None:
        columns = [frame[name].to_numpy(dtype=np.float64) for name in ("frequency", "recency", "T")]
        summary = dict(zip(("frequency", "recency", "T"), columns, strict=True))
        mine, other = ours().fit(summary), theirs().fit(*columns)
        for name, got in mine.params_.items():
            if abs(got / float(other.params_[name]) - 1) > 0.03:
                raise AssertionError(f"{task}: {name} is {got} against {float(other.params_[name])}")
        rows.append(Row(task, rival, *race(lambda: ours().fit(summary), lambda: theirs().fit(*columns), repeat), target))

    fits("BG/NBD fit, CDNOW (2,357 customers)", cdnow, value.BGNBD, BetaGeoFitter, 5, 300)
    fits("MBG/NBD fit, CDNOW (2,357 customers)", cdnow, value.MBGNBD, ModifiedBetaGeoFitter, 5, 100)
    fits("Pareto/NBD fit, CDNOW (2,357 customers)", cdnow, value.ParetoNBD, ParetoNBDFitter, 3, 100)
    fits("BG/NBD fit, 100,000 simulated customers", simulated(100_000), value.BGNBD, BetaGeoFitter, 1, 20)

    big = simulated(1_000_000)
    columns = [big[name].to_numpy(dtype=np.float64) for name in ("frequency", "recency", "T")]
    summary = dict(zip(("frequency", "recency", "T"), columns, strict=True))
    other = BetaGeoFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    mine = value.BGNBD(params={key: float(other.params_[key]) for key in ("r", "alpha", "a", "b")}, threads=1)
    theirs_alive = np.asarray(other.conditional_probability_alive(*columns))
    if np.abs(mine.probability_alive(summary) - theirs_alive).max() > 1e-9:
        raise AssertionError("P(alive) differs")
    rows.append(Row("P(alive), 1,000,000 customers, one core", rival,
                    *race(lambda: mine.probability_alive(summary), lambda: other.conditional_probability_alive(*columns), 3)))
    theirs_expected = np.asarray(other.conditional_expected_number_of_purchases_up_to_time(39, *columns))
    if np.nanmax(np.abs(mine.expected_purchases(summary, 39) - theirs_expected)) > 1e-6:
        raise AssertionError("expected purchases differ")
    rows.append(Row("expected purchases, 1,000,000 customers, one core", rival,
                    *race(lambda: mine.expected_purchases(summary, 39),
                          lambda: other.conditional_expected_number_of_purchases_up_to_time(39, *columns), 3)))

    random = np.random.default_rng(3)
    x = random.integers(1, 12, 100_000).astype(float)
    spend = random.gamma(6.25 * x) / (x * random.gamma(3.74, size=len(x)) / 15.44)
    money = {"frequency": x, "spend": spend}
    a, b = value.GammaGamma().fit(money), GammaGammaFitter().fit(x, spend)
    if abs(a.params_["q"] / float(b.params_["q"]) - 1) > 0.02:
        raise AssertionError("gamma-gamma differs")
    rows.append(Row("gamma-gamma fit, 100,000 customers", rival, *race(lambda: value.GammaGamma().fit(money), lambda: GammaGammaFitter().fit(x, spend), 1)))
    return rows
