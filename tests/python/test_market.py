"""market in Python: figures of the reference, sums that must vanish, bad input."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip("real data is absent: set GUANXI_DATA")
    return path


def test_growth() -> None:
    v = [100, 108, 119, 130, 140]
    assert gx.market.growth(v) == pytest.approx(0.0878, abs=5e-5)
    assert gx.market.growth(v, kind="trend") == pytest.approx(0.0896, abs=5e-5)
    t = gx.market.trend(v)
    assert t.low < t.rate < t.high
    assert gx.market.growth(np.array([v, v[::-1]])).tolist() == pytest.approx([0.08776, 1 / 1.08776 - 1], abs=1e-5)
    assert gx.market.growth([0, 5], kind="midpoint") == 2
    assert np.isnan(gx.market.growth([0, 5]))


def test_advantage_of_array_and_frames_agree() -> None:
    x = np.array([[5.0, 0.0, 2.0], [1.0, 8.0, 0.0]])
    a = gx.market.advantage(x)
    np.testing.assert_allclose(a.rca, (x / x.sum(1, keepdims=True)) / (x.sum(0) / x.sum()))
    np.testing.assert_allclose(a.nrca.sum(0), 0, atol=1e-16)
    np.testing.assert_allclose(a.nrca.sum(1), 0, atol=1e-16)
    rows = [(f"c{i}", f"p{j}", x[i, j]) for i in range(2) for j in range(3) if x[i, j]]
    frame = pd.DataFrame(rows, columns=["exporter", "product", "value"])
    for kind, make in ((pd.DataFrame, frame), (pl.DataFrame, pl.from_pandas(frame)), (pa.Table, pa.table(frame))):
        out = gx.market.advantage(make)
        assert type(out) is kind
        assert np.asarray(out["rca"]).tolist() == a.rca[x > 0].tolist()


def test_sitc_trade() -> None:
    d = pd.read_csv(data("world_trade_sitc_1998_2000.csv.gz"))
    country, product, value = d.columns[:3]
    a = gx.market.advantage(d, country, product, value)
    assert (a.rca >= 1).sum() == 31_951
    assert a.rca.max() == pytest.approx(2868.80, abs=0.005)
    assert a.nrca.max() == pytest.approx(0.0122840, abs=5e-8)
    assert d[value].sum() == pytest.approx(119_740_265_088, rel=1e-9)


def test_food_trade_constant_share() -> None:
    d = pd.read_parquet(data("food_trade_10_items_1992_2024.parquet"))
    d = d[d.year.isin([2010, 2020])].assign(value_kusd=lambda x: x.value_kusd.astype(float))
    total = d.groupby(["year", "importer", "item"]).value_kusd.sum().rename("total").reset_index()
    for who, want in {"BRA": (6_740_042.3, 172_568.3, -1_527_888.5, 13_015_411.9), "NZL": (96_128.2, 8_986.1, 4_173.7, 193_887.1),
                      "CHN": (476_322.8, -33_679.8, 1_166_980.6, -476_463.7)}.items():
        ours = d[d.exporter == who].groupby(["year", "importer", "item"]).value_kusd.sum().rename("value").reset_index()
        frame = total.merge(ours, how="left").fillna({"value": 0.0})
        s = gx.market.constant_share(frame, product="item", place="importer", period="year")
        assert (s.market, s.product, s.place, s.own) == pytest.approx(want, abs=0.06)
        assert s.market + s.product + s.place + s.own == pytest.approx(s.change, abs=1e-6)
    mid = gx.market.constant_share(frame, product="item", place="importer", period="year", weights="mid")
    assert mid.own == pytest.approx(-250_767.9, abs=0.06)


def test_manufacturing_concentration() -> None:
    d = pd.read_csv(data("manufacturing_trade_69c_1986_2006.csv.gz"))
    d = d[(d.year == 2006) & (d.exporter != d.importer)]
    h = gx.market.concentration(d, by="importer", value="value_musd").set_index("importer").hhi
    assert h["DEU"] == h.min() == pytest.approx(0.059178, abs=5e-7)
    assert h["NPL"] == h.max() == pytest.approx(0.451244, abs=5e-7)
    assert h["CAN"] == pytest.approx(0.435571, abs=5e-7)
    assert h["EGY"] == pytest.approx(0.062764, abs=5e-7)
    assert h.mean() == pytest.approx(0.132326, abs=5e-7)


def test_concentration_and_similarity() -> None:
    c = gx.market.concentration([1, 5, 0, 2, 2])
    assert (c.parts, c.top(1), c.top(2)) == (4, 0.5, 0.7)
    assert c.hhi == pytest.approx(0.34)
    assert gx.market.similarity([1, 1, 2], [0, 0, 5]) == 0.5
    m = gx.market.similarity(np.array([[1, 1, 2], [0, 0, 5]]))
    assert m.tolist() == [[1.0, 0.5], [0.5, 1.0]]
    assert gx.market.complementarity([1, 1], [2, 2]) == 1.0


def test_sources_of_change() -> None:
    ours = pd.DataFrame({"customer": ["a", "b", "a", "b", "c"], "period": [1, 1, 2, 2, 2], "amount": [10.0, 10.0, 20.0, 5.0, 3.0]})
    totals = pd.DataFrame({"customer": ["a", "b", "a", "b"], "period": [1, 1, 2, 2], "amount": [100.0, 100.0, 150.0, 100.0],
                           "country": ["X", "Y", "X", "Y"]})
    out = gx.market.sources_of_change(ours, totals, country="country").set_index("customer")
    assert out.own["a"] == pytest.approx(5)
    assert out.own["b"] == pytest.approx(-5)
    assert out.unexplained["c"] == 3
    pieces = out[["market", "mix", "buyer", "own", "unexplained"]].sum(axis=1)
    assert pieces.tolist() == pytest.approx((out.after - out.before).tolist())


def test_the_table_of_countries() -> None:
    sales = pd.DataFrame({"customer": ["a", "a", "b", "c"], "country": ["X", "X", "X", None],
                          "date": pd.to_datetime(["2023-06-01", "2024-06-01", "2024-07-01", "2024-12-31"]), "amount": [40.0, 60.0, 20.0, 5.0]})
    seen = pd.DataFrame({"customer": ["a", "a", "a", "a", "b", "zz"], "supplier": ["us", "us", "Kano", "Kano", "us", "Kano"],
                         "period": [2023, 2024, 2023, 2024, 2024, 2024], "amount": [40.0, 60.0, 60.0, 100.0, 20.0, 1.0]})
    t = gx.market.countries(sales, seen, own="us")
    assert t.country[0] == "X"
    assert t.customers.tolist() == [2, 1]
    assert t.sales.tolist() == [80.0, 5.0]
    assert t.growth[0] == 1.0
    assert t.market[0] == 180.0
    assert np.isnan(t.market[1])
    assert t.leader[0] == "Kano"
    assert t.share[0] == pytest.approx(80 / 180)
    assert t.from_market[0] + t.from_own[0] == pytest.approx(40)
    alone = gx.market.countries(pl.from_pandas(sales))
    assert type(alone) is pl.DataFrame
    assert np.isnan(alone["market"].to_numpy()).all()


SENTENCES: list[tuple[Any, str]] = [
    (lambda: gx.market.growth([1]), "growth: values have the shape (1,), wanted at least two values in a row"),
    (lambda: gx.market.growth([1, 2], kind="log"), "growth: kind is 'log', wanted 'cagr', 'trend' or 'midpoint'"),
    (lambda: gx.market.advantage(np.array([[1.0, -3.0]])), "market::advantage: value -3.000000 in row 0 is below 0"),
    (lambda: gx.market.advantage(pd.DataFrame({"exporter": ["a"], "product": ["b"], "value": [float("nan")]})),
     "advantage: 'value' is not a finite number in row 0"),
    (lambda: gx.market.constant_share([[1]], [[1]]), "constant_share: w0, w1, W0 and W1 are needed, or one frame"),
    (lambda: gx.market.constant_share([[1]], [[1]], [[1]], [[1]], weights="last"),
     "market::constant_share: weights 'last' is not one of base, end, mid"),
    (lambda: gx.market.similarity([1, 2], [1]), "market::similarity: the profiles have 2 and 1 products"),
]


@pytest.mark.parametrize(("call", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_bad_input_speaks_plainly(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call()
    assert str(raised.value) == sentence


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1000)] * 4), min_size=1, max_size=12), st.sampled_from(["base", "end", "mid"]))
def test_constant_share_adds_up_and_scales(cells: list[tuple[int, int, int, int]], weights: Any) -> None:
    a = np.array(cells, float).T
    w0, w1, all0, all1 = a[0], a[1], a[0] + a[2], a[1] + a[3]
    s = gx.market.constant_share(w0, w1, all0, all1, weights=weights)
    np.testing.assert_allclose(sum(s.cells.values())[0], w1 - w0, atol=1e-8)
    t = gx.market.constant_share(w0 * 8, w1 * 8, all0 * 8, all1 * 8, weights=weights)
    assert t.own == pytest.approx(8 * s.own, abs=1e-8)


def _books(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Ours, everybody's, rivals': 30 customers in 3 countries, 2 products, 3 rivals, two periods."""
    rng = np.random.default_rng(seed)
    rows = [(f"k{c:02}", f"land{c % 3}", f"p{p}", t, s, rng.gamma(1.0) * 100) for c in range(30) for p in range(2) for t in (1, 2)
            for s in ("us", "r0", "r1", "r2") if rng.random() < 0.8]
    d = pd.DataFrame(rows, columns=["customer", "country", "product", "period", "supplier", "amount"])
    totals = d.groupby(["customer", "country", "product", "period"], as_index=False).amount.sum()
    return d[d.supplier == "us"].drop(columns=["supplier", "country"]), totals, d[d.supplier != "us"].drop(columns="country")


def test_sources_of_change_add_up_by_customer_country_and_status() -> None:
    ours, totals, rivals = _books(1)
    by = ["customer", "product"]
    out = gx.market.sources_of_change(ours, totals, by=by, country="country", product="product")
    pieces = out[["market", "mix", "buyer", "own", "unexplained"]].sum(axis=1)
    for key in ("customer", "country", "status", "product"):
        np.testing.assert_allclose(pieces.groupby(out[key]).sum(), (out.after - out.before).groupby(out[key]).sum(), atol=1e-9)
    assert set(out.status) == {"kept", "entered", "left", "none"} or set(out.status) == {"kept", "entered", "left"}
    entered = out[out.status == "entered"]
    assert (entered.before == 0).all() and (entered.after > 0).all()
    np.testing.assert_allclose(entered.own + entered.unexplained, entered.after)
    assert (out[out.status == "left"].after == 0).all()
    moves = gx.market.rivals_of_change(ours, totals, rivals, by=by)
    np.testing.assert_allclose(moves.groupby(by).amount.sum().reindex(pd.MultiIndex.from_frame(out[by]), fill_value=0.0), out.own, atol=1e-9)


def test_a_rivals_entry_a_lost_customer_and_a_market_shock_land_in_their_pieces() -> None:
    ours = pd.DataFrame({"customer": ["a", "b", "c", "a", "b"], "period": [1, 1, 1, 2, 2], "amount": [50.0, 50.0, 50.0, 20.0, 60.0]})
    totals = pd.DataFrame({"customer": list("abcabc"), "country": ["X", "X", "X"] * 2, "period": [1, 1, 1, 2, 2, 2], "amount": [100.0, 100.0, 100.0, 100.0, 120.0, 0.0]})
    rivals = pd.DataFrame({"customer": list("abcab"), "supplier": ["Kano", "Kano", "Kano", "Ruhr", "Kano"], "period": [1, 1, 1, 2, 2],
                           "amount": [50.0, 50.0, 50.0, 80.0, 60.0]})
    out = gx.market.sources_of_change(ours, totals, country="country").set_index("customer")
    assert out.own["a"] == pytest.approx(-30) and out.own["b"] == pytest.approx(0) and out.own["c"] == 0
    assert out.buyer["c"] + out.market["c"] + out.mix["c"] == pytest.approx(-50)
    assert out.status.to_dict() == {"a": "kept", "b": "kept", "c": "left"}
    moves = gx.market.rivals_of_change(ours, totals, rivals)
    assert moves.to_dict("records") == [{"customer": "a", "supplier": "Ruhr", "amount": pytest.approx(-30)}]


def test_ranges_of_the_causes() -> None:
    ours, totals, _ = _books(2)
    wide = totals.assign(low=totals.amount * 0.8, high=totals.amount * 1.25)
    out = gx.market.sources_of_change(ours, wide, by=["customer", "product"], low="low", high="high")
    known = out.own_low.notna()
    assert known.sum() > 20 and (out.own_low <= out.own_high)[known].all()
    same = totals.assign(low=totals.amount, high=totals.amount)
    sure = gx.market.sources_of_change(ours, same, by=["customer", "product"], low="low", high="high")
    np.testing.assert_allclose(sure.own_low[known], sure.own[known])
    with pytest.raises(gx.Error, match="'low' and 'high' go together, one is missing"):
        gx.market.sources_of_change(ours, totals, low="amount")


def test_concordance_of_editions() -> None:
    table = pd.DataFrame({"old": ["010121", "010129", "010129"], "new": ["010121", "010121", "010130"], "share": [1.0, 1.0, 3.0]})
    c = gx.market.concordance(table, old_edition=2017, new_edition=2022, weight="share")
    out = c.convert(pl.DataFrame({"code": ["010121", "0101.29.10", "880211"], "value": [10.0, 8.0, 5.0]}), edition=2017)
    assert type(out.frame) is pl.DataFrame and out.frame.rows() == [("010121", 12.0), ("010130", 6.0)]
    assert (out.total, out.split, out.unknown, out.unknown_rows) == (23.0, 8.0, 5.0, [2])
    with pytest.raises(gx.Error, match="the codes are of 2012, the table is from 2017 to 2022"):
        c.convert(table, edition=2012, code="old", value="share")
    with pytest.raises(gx.Error, match="the code in row 0 is 10121, wanted text"):
        gx.market.concordance(table.assign(old=10121), old_edition=2017, new_edition=2022)
    assert gx.market.hs("848310", edition=2022).heading_title.startswith("Transmission shafts")
    assert gx.market.hs("848310", edition=2017).heading_title == ""
    assert gx.market.country("Bulgaria").currency == "EUR"
