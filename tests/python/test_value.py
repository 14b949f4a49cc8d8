from __future__ import annotations

from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from guanxi import value
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

CDNOW = pd.read_csv(Path(__file__).parents[1] / "data" / "cdnow_summary_published.csv", comment="#")


def lines(seed: int = 1, customers: int = 120) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = []
    for c in range(customers):
        gap = random.gamma(2, 20)
        days = np.cumsum(random.exponential(gap, 60)) + random.uniform(0, 200)
        rows += [(f"c{c:03}", pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(d)), float(random.gamma(3, 40))) for d in days[days < 1100]]
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


@pytest.mark.parametrize(("model", "params", "ll"), [
    (value.NBD, {"r": 0.3848, "alpha": 12.072}, -9763.66),
    (value.BGNBD, {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4258}, -9582.43),
    (value.MBGNBD, {"r": 0.5248, "alpha": 6.1830, "a": 0.8914, "b": 1.6140}, -9582.13)])
def test_published_cdnow(model: type, params: dict[str, float], ll: float) -> None:
    m = model().fit(CDNOW)
    assert m.log_likelihood_ == pytest.approx(ll, abs=0.006)
    assert m.params_ == pytest.approx(params, rel=1e-3)
    assert m.covariance_.shape == (len(params), len(params))
    assert "log-likelihood" in repr(m) and "<table>" in m._repr_html_()


def test_expectation_is_that_of_the_closed_form() -> None:
    m = value.BGNBD().fit(CDNOW)
    r, alpha, a, b = m.params_.values()
    x, tx, age, t = CDNOW["frequency"].to_numpy(), CDNOW["recency"].to_numpy(), CDNOW["T"].to_numpy(), 39.0
    first = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x)
                                         * special.hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t)))
    odds = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + tx)) ** (r + x), 0)
    np.testing.assert_allclose(m.probability_alive(CDNOW), 1 / (1 + odds), rtol=1e-12)
    np.testing.assert_allclose(m.expected_purchases(CDNOW, t), first / (1 + odds), rtol=1e-9)


@given(st.permutations(range(len(CDNOW.iloc[::8]))))
@settings(max_examples=10, deadline=None)
def test_row_order_changes_no_bit(order: list[int]) -> None:
    some = CDNOW.iloc[::8]
    assert value.MBGNBD().fit(some).params_ == value.MBGNBD().fit(some.iloc[list(order)]).params_


@pytest.mark.parametrize("kind", [lambda d: d, pl.from_pandas, pa.Table.from_pandas])
def test_the_frame_that_went_in_comes_out(kind) -> None:  # type: ignore[no-untyped-def]
    frame = kind(lines())
    led = gx.Ledger(frame, customer="customer", date="date", amount="amount")
    cv = value.CustomerValue(horizon=13).fit(led)
    for out in (cv.predict(), cv.weights_, value.rfm(led), value.backtest(led, "2022-06-30", 13)):
        assert type(out) is type(frame)
    assert "learned at" in repr(cv)


def test_predict_columns_and_no_look_ahead() -> None:
    frame = lines()
    led = gx.Ledger(frame, customer="customer", date="date", amount="amount")
    end = "2022-03-31"
    before = gx.Ledger(frame[frame["date"] <= end], customer="customer", date="date", amount="amount")
    a, b = value.CustomerValue(horizon=26).fit(led, end).predict(), value.CustomerValue(horizon=26).fit(before, end).predict()
    assert list(a.columns) == ["customer", "p_alive", "p_buy", "purchases", "purchases_median", "purchases_low", "purchases_high", "spend",
                               "value", "value_median", "value_low", "value_high", "next_order", "reason"]
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert (a["next_order"].dropna() > pd.Timestamp(end)).all()


def test_rfm_edges_score_a_later_date_alike() -> None:
    led = gx.Ledger(lines(), customer="customer", date="date", amount="amount")
    edges = value.rfm_edges(led, "2021-06-30")
    out = value.rfm(led, "2022-06-30", edges=edges)
    assert out["f"].iloc[0] == 1 + sum(out["frequency"].iloc[0] > e for e in edges[1])


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: value.BGNBD().fit({"frequency": [2.0], "recency": [40.0], "age": [39.0]}), "value.BGNBD: recency 40 > age 39 in row 0"),
    (lambda: value.BGNBD().fit({"frequency": [2.0], "recency": [4.0]}), "value.BGNBD: no column 'age' among 'frequency', 'recency'"),
    (lambda: value.CustomerValue(horizon=0), "value::CustomerValue: 'horizon' is 0; a positive number is wanted"),
    (lambda: value.CustomerValue(unit="Q"), "unit: 'Q' is not one of D, W, M, Y"),
    (lambda: value.CustomerValue().predict(), "value.CustomerValue: fit comes first"),
    (lambda: value.CustomerValue().fit([1]), "value.CustomerValue.fit: a list is no ledger; give gx.Ledger(frame)"),
    (lambda: value.rfm(gx.Ledger(lines(), customer="customer", date="date", amount="amount"), bins=0), "value.rfm: 'bins' is 0; 1 to 100 is wanted"),
    (lambda: value.GammaGamma().fit({"frequency": [1.0], "spend": [-2.0]}), "value::GammaGamma: spend -2 where a positive mean is wanted, in row 0"),
    (lambda: value.NBD(params={"r": 1.0}), "value.NBD: 'params' has r; alpha, r are wanted"),
])
def test_bad_input_is_named(call, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(gx.Error) as raised:
        call()
    assert str(raised.value).startswith(sentence)
