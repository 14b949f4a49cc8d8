from __future__ import annotations

import os
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import ROOT
from guanxi import relation as R
from scipy import optimize

DATA = Path(os.environ.get("GUANXI_DATA", ROOT.parent / "shared" / "data"))


def panel(seed: int = 3, customers: int = 300) -> pd.DataFrame:
    g = np.random.default_rng(seed)
    rows = []
    for c in range(customers):
        for half in ("2021H1", "2021H2", "2022H1", "2022H2"):
            visits, rival = g.poisson(2), int(g.random() < 0.2)
            gone = int(g.random() < 1 / (1 + np.exp(2.2 + 0.3 * visits - 1.2 * rival)))
            rows.append((c, half, visits, rival, gone))
            if gone:
                break
    return pd.DataFrame(rows, columns=["customer", "half", "visits", "rival", "event"])


def test_hazard_is_the_optimum_of_a_twin() -> None:
    frame = panel()
    m = R.DiscreteHazard(["visits", "rival"], period="half").fit(frame)
    x = np.column_stack([pd.get_dummies(frame["half"]).to_numpy(float), frame[["visits", "rival"]].to_numpy(float)])
    y = frame["event"].to_numpy(float)

    def minus(b: np.ndarray) -> float:
        eta = x @ b
        return float(np.logaddexp(0, eta).sum() - y @ eta)

    best = optimize.minimize(minus, np.zeros(6), tol=1e-12)
    assert m.log_likelihood_ == pytest.approx(-best.fun, abs=1e-8)
    assert list(m.coef_.values()) == pytest.approx(list(best.x[4:]), abs=1e-4)
    assert m.baseline_["2021H1"] == pytest.approx(1 / (1 + np.exp(-best.x[0])), abs=1e-4)
    p = m.predict(frame)
    assert isinstance(p, pd.DataFrame) and ((p["low"] < p["hazard"]) & (p["hazard"] < p["high"])).all()
    assert p["hazard"].sum() == pytest.approx(y.sum(), rel=1e-8)  # the score equations
    later = R.DiscreteHazard(["visits", "rival"], period="half").fit(frame).predict(pl.DataFrame({"half": ["2030H1"], "visits": [1], "rival": [0]}))
    assert isinstance(later, pl.DataFrame) and later["hazard"].null_count() == 1


def test_where_a_customer_would_leave() -> None:
    frame = panel(customers=2000)
    m = R.DiscreteHazard(["visits", "rival"], period="half").fit(frame)
    ask = pd.DataFrame({"half": ["2022H1"], "visits": [3], "rival": [1]})
    r = m.reach(ask, "visits", 0.2)
    assert m.predict(ask.assign(visits=r["value"]))["hazard"][0] == pytest.approx(0.2)
    assert r["low"][0] < r["value"][0] < r["high"][0]
    with pytest.raises(gx.Error, match="price"):
        m.reach(ask, "price")


def test_a_covariate_that_separates_is_named() -> None:
    frame = pd.DataFrame({"event": [0, 0, 0, 1, 1, 1], "rival": [0, 0, 0, 1, 1, 1]})
    assert R.DiscreteHazard(["rival"]).fit(frame).status_[0] == "covariate rival separates: no finite estimate"


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: R.DiscreteHazard(link="probit"), "relation.DiscreteHazard: 'link' is 'probit', want logit or cloglog"),
    (lambda: R.DiscreteHazard(event="gone").fit(pd.DataFrame({"gone": [0.5, 1.5]})),
     "relation::DiscreteHazard: 'event' is 1.500000 in row 1, want a chance from 0 to 1"),
    (lambda: R.DiscreteHazard(["x"]).fit(pd.DataFrame({"x": [1.0, np.nan], "event": [0, 1]})),
     "relation::DiscreteHazard: 'X' is not a number in row 1, column 0"),
    (lambda: R.cohorts([1, 2]), "relation.cohorts: a list is no ledger; give gx.Ledger(frame)")])
def test_what_is_wrong_is_said(call, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(gx.Error) as caught:
        call()
    assert str(caught.value) == sentence


def test_cohorts_by_country() -> None:
    lines = pd.DataFrame({"customer": ["a", "a", "b", "b", "c"], "date": pd.to_datetime(["2024-01-05", "2024-02-10", "2024-01-20", "2024-04-02", "2024-02-28"]),
                          "amount": [10.0, 20.0, 5.0, 7.0, 1.0]})
    t = R.cohorts(gx.Ledger(lines), "2024-04-30", group={"a": "Peru", "b": "Peru", "c": "Chile"})
    peru = t[(t["group"] == "Peru")]
    assert peru["retention"].tolist() == [1.0, 0.5, 0.0, 0.5] and peru["amount"].tolist() == [15.0, 20.0, 0.0, 7.0]
    assert t["opening"].tolist() == [False, False, False, True, True, True, True] and not t["partial"].any()
    assert R.cohorts(gx.Ledger(lines), "2024-04-29")["partial"].tolist() == [False, False, False, True, False, False, True]


@pytest.mark.skipif(not (DATA / "value" / "online_retail_2010_11_days.parquet").exists(), reason="the real data (GUANXI_DATA) is not here")
def test_cohorts_of_a_real_wholesaler() -> None:
    days = pd.read_parquet(DATA / "value" / "online_retail_2010_11_days.parquet")
    amount = next(c for c in days.columns if c.startswith("sold") or c in ("amount", "amount_sold"))
    days = days[days[amount] > 0]
    date = next(c for c in days.columns if "da" in c)
    t = R.cohorts(gx.Ledger(days.rename(columns={amount: "amount", date: "date"})[["customer", "date", "amount"]]))
    first = t[t["cohort"] == t["cohort"].min()].set_index("age")
    assert first["customers"].iloc[0] == 885 and first["opening"].all()
    assert first["active"].loc[[1, 2, 3, 4, 11, 12]].tolist() == [324, 286, 340, 321, 445, 235] and first["partial"].loc[12]
    january = t[t["cohort"] == sorted(t["cohort"].unique())[1]].set_index("age")
    assert (january["customers"].iloc[0], january["active"].loc[1]) == (417, 92)
