from __future__ import annotations

from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from guanxi import value

CDNOW = pd.read_csv(Path(__file__).parents[1] / "data" / "cdnow_summary_published.csv", comment="#")
MODEL = value.GGompertzNBD(params={"r": 0.8, "alpha": 6.0, "b": 0.05, "s": 1.5, "beta": 4.0})


def test_on_cdnow_it_is_pareto_nbd() -> None:
    m = value.GGompertzNBD().fit(CDNOW)
    assert m.log_likelihood_ == pytest.approx(-9594.974, abs=0.01) and m.status_.startswith("the hazard does not rise: equals Pareto/NBD")
    pareto = value.ParetoNBD().fit(CDNOW)
    np.testing.assert_allclose(m.probability_alive(CDNOW), pareto.probability_alive(CDNOW), atol=2e-3)
    np.testing.assert_allclose(m.expected_purchases(CDNOW, 39).sum(), pareto.expected_purchases(CDNOW, 39).sum(), rtol=2e-3)


def test_forecast_has_intervals() -> None:
    m = value.GGompertzNBD().fit(CDNOW)
    some = CDNOW.iloc[::50].reset_index(drop=True)
    out = m.forecast(some, 26, draws=20)
    assert isinstance(out, pd.DataFrame) and isinstance(m.forecast(pl.from_pandas(some), 26, draws=3), pl.DataFrame)
    assert (out["purchases_low"] <= out["purchases_high"]).all() and out["p_none"].between(0, 1).all()
    np.testing.assert_allclose(out["p_none"], m.probability_of(some, 0, 26))


def test_the_more_recent_the_more_alive_and_time_may_be_rescaled() -> None:
    t = np.linspace(1, 30, 20)
    rows = {"frequency": np.full(20, 3.0), "recency": t, "age": np.full(20, 30.0)}
    assert (np.diff(MODEL.probability_alive(rows)) > 0).all()
    days = value.GGompertzNBD(params={"r": 0.8, "alpha": 42.0, "b": 0.05 / 7, "s": 1.5, "beta": 4.0})
    np.testing.assert_allclose(days.expected_purchases({**rows, "recency": 7 * t, "age": np.full(20, 210.0)}, 7 * 26), MODEL.expected_purchases(rows, 26), rtol=1e-11)
    assert sum(MODEL.pmf(n, 10) for n in range(200)) == pytest.approx(1)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: value.GGompertzNBD(params={"r": 1.0}), "value.GGompertzNBD: 'params' has r; r, alpha, b, s, beta are wanted"),
    (lambda: value.GGompertzNBD().probability_alive(CDNOW), "value::GGompertzNBD: fit comes first"),
    (lambda: MODEL.expected_purchases(CDNOW, -1), "value::GGompertzNBD: 'horizon' is -1; a positive number is wanted"),
])
def test_bad_input_is_named(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call()
    assert str(raised.value).startswith(sentence)
