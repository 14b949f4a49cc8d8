from __future__ import annotations

import datetime
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import pytest
from guanxi import value

START = datetime.date(2022, 1, 3)


def season(weeks: int = 160) -> pd.DataFrame:
    return pd.DataFrame({"date": pd.date_range(START, periods=weeks, freq="7D"), "christmas": [float(w % 52 >= 44) for w in range(weeks)]})


def book(n: int = 900, seed: int = 2, days: int = 730) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rate, stays = random.gamma(1.0, 1 / 60, n), random.exponential(1 / random.gamma(1.5, 1 / 700, n))
    rows = []
    for c in range(n):
        born = int(random.integers(0, 200))
        busy = rate[c] * np.exp([0.9 * ((d // 7) % 52 >= 44) for d in range(days)])
        bought = random.uniform(size=days) < -np.expm1(-busy)
        rows += [(f"c{c}", START + datetime.timedelta(days=d), 10.0) for d in range(born, days) if d == born or (bought[d] and d - born < stays[c])]
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


LED = gx.Ledger(book())


def test_the_season_is_found_and_foretold() -> None:
    m = value.ParetoNBDDynamic(purchase=["christmas"]).fit(LED, season(), end="2023-06-30")
    assert m.status_.startswith("converged") and m.test_.p_value < 1e-6
    assert abs(m.params_["purchase:christmas"] - 0.9) < 4 * m.standard_errors_["purchase:christmas"]
    out = m.forecast(LED, season(), 26, end="2023-06-30", draws=20)
    assert isinstance(out, pd.DataFrame) and (out["purchases_low"] <= out["purchases_high"]).all() and out["p_alive"].between(0, 1).all()
    total, low, high = m.total(LED, season(), 26, end="2023-06-30", draws=20)
    assert low < total < high and total == pytest.approx(out["purchases"].sum())
    dull = m.total(LED, season().assign(christmas=lambda f: f["christmas"].where(f["date"] < "2023-07-01", 0.0)), 26, end="2023-06-30", draws=2)[0]
    assert dull < 0.95 * total


def test_nothing_after_the_end_is_looked_at() -> None:
    a = value.ParetoNBDDynamic(purchase=["christmas"]).fit(LED, season(), end="2023-03-31")
    frame = book()
    early = gx.Ledger(frame[pd.to_datetime(frame["date"]) <= "2023-03-31"])
    b = value.ParetoNBDDynamic(purchase=["christmas"]).fit(early, season(), end="2023-03-31")
    assert a.params_ == b.params_


def test_a_path_of_each_customer() -> None:
    ids = LED.customer_ids.to_pylist()
    own = pd.concat([season(110).assign(customer=c) for c in ids])
    a = value.ParetoNBDDynamic(purchase=["christmas"]).fit(LED, own.sample(frac=1, random_state=1))
    b = value.ParetoNBDDynamic(purchase=["christmas"]).fit(LED, season(110))
    assert a.log_likelihood_ == pytest.approx(b.log_likelihood_, abs=1e-6)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: value.ParetoNBDDynamic(purchase=["x"]).fit(LED, season()), "value.ParetoNBDDynamic: no column 'x'"),
    (lambda: value.ParetoNBDDynamic(purchase=["christmas"]).fit(LED, season().iloc[60:]), "value::ParetoNBDDynamic: the first period of the covariates begins after"),
    (lambda: value.ParetoNBDDynamic(purchase=["christmas"]).fit(LED, season().assign(customer="c1")), "value.ParetoNBDDynamic: the covariates have no row of customer c0"),
    (lambda: value.ParetoNBDDynamic(purchase=["christmas"]).total(LED, season(), 26), "value.ParetoNBDDynamic: fit comes first"),
    (lambda: value.ParetoNBDDynamic(purchase=["christmas"], unit="Q"), "value.ParetoNBDDynamic: 'unit' is 'Q'"),
])
def test_bad_input_is_named(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call()
    assert str(raised.value).startswith(sentence)
