"""The table of countries and products against loops on real trade, and what it must not do."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))


def made(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(f"c{e}", f"c{m}" if m < 6 else f"m{m}", f"p{p}", 2015 + t, 1000 * rng.gamma(0.7), rng.gamma(3.0))
            for t in range(5) for e in range(8) for m in range(10) for p in range(3) if rng.random() < 0.6]
    return pd.DataFrame(rows, columns=["exporter", "importer", "product", "period", "value", "quantity"])


def test_frames_print_and_explain() -> None:
    f = made()
    t = gx.market.table(f, own="c2", quantity="quantity")
    assert type(t.markets) is pd.DataFrame and t.markets.score.dropna().is_monotonic_decreasing
    assert "own trade" in t.conventions and "MarketTable: 30 markets in 2019" in repr(t)
    assert t.explain("gap_low") == "potential less our sales, never below 0" and "[period] 2019" in t.explain()
    for kind, frame in ((pl.DataFrame, pl.from_pandas(f)), (pa.Table, pa.table(f))):
        other = gx.market.table(frame, own="c2", quantity="quantity")
        assert type(other.markets) is kind
        assert np.array_equal(np.asarray(other.markets["score"]), t.markets.score.to_numpy(), equal_nan=True)
    shares = t.suppliers.groupby(["importer", "product"]).share.sum()
    assert np.allclose(shares, 1)
    assert not (t.suppliers.importer == t.suppliers.supplier).any()


def test_what_is_searched_changes_no_bit() -> None:
    f = made(2)
    whole = gx.market.table(f, own="c2").markets
    for some in (["m7"], ["m8", "m7", "c1"]):
        part = gx.market.table(f, own="c2", markets=some).markets
        want = whole[whole.importer.isin(some)].reset_index(drop=True)
        pd.testing.assert_frame_equal(part, want, check_exact=True)


def test_nothing_later_is_read() -> None:
    f = made(3)
    then = gx.market.table(f[f.period <= 2018], own="c1").markets
    pd.testing.assert_frame_equal(gx.market.table(f, own="c1", at=2018).markets, then, check_exact=True)


def test_margin_entry_and_unknown() -> None:
    f = made(4)
    one = gx.market.table(f, own="c1").markets.set_index(["importer", "product"])
    two = gx.market.table(f, own="c1", margin={"p0": 0.5, "p1": 0.1}, entry=7.0).markets.set_index(["importer", "product"]).loc[one.index]
    for (importer, product), row in one.iterrows():
        want = {"p0": 0.5, "p1": 0.1}.get(product, math.nan) * row.score - (0 if row.sales > 0 else 7)
        got = two.score[importer, product]
        assert got == pytest.approx(want, abs=1e-9) or (math.isnan(got) and math.isnan(want))


def test_a_year_under_way_from_dates() -> None:
    rng = np.random.default_rng(5)
    rows = [(f"c{e}", f"m{m}", "p", f"{2012 + t}-{k + 1:02}-01", (1 + m) * (2 + math.sin(k)) * rng.gamma(40) / 40)
            for t in range(6) for e in range(3) for m in range(30) for k in range(12)]
    f = pd.DataFrame(rows, columns=["exporter", "importer", "product", "period", "value"])
    f["period"] = pd.to_datetime(f.period)
    now = gx.market.table(f, own="c1", at="2017-06-30")
    assert now.conventions["under way"] and now.conventions["period"] == "2017 up to month 6"
    later = f.copy()
    later.loc[later.period > "2017-06-30", "value"] *= 100
    pd.testing.assert_frame_equal(gx.market.table(later, own="c1", at="2017-06-30").markets, now.markets, check_exact=True)
    truth = f[f.period.dt.year == 2017].groupby("importer").value.sum()
    m = now.markets.set_index("importer")
    assert np.abs(np.log(m["size"] / truth)).max() < 0.1
    assert ((m.size_low <= truth.loc[m.index]) & (truth.loc[m.index] <= m.size_high)).mean() > 0.7
    assert np.allclose(m.potential, m.attainable * m["size"])
    ended = gx.market.table(f, own="c1", at="2017-12-31")
    assert not ended.conventions["under way"]


def test_gravity_says_what_to_expect() -> None:
    rng = np.random.default_rng(6)
    e, m = (a.ravel() for a in np.meshgrid(np.arange(20), np.arange(20), indexing="ij"))
    far = rng.normal(8, 1, 400)
    f = pd.DataFrame({"exporter": [f"c{i}" for i in e], "importer": [f"c{i}" for i in m], "product": "p", "period": 2020, "far": far,
                      "value": rng.gamma(1.0, size=400) * np.exp(12 - far) * (rng.random(400) < 0.8)})
    t = gx.market.table(f, own="c3", gravity=["far"])
    assert "gravity (far -" in t.conventions["potential"]
    fit = gx.market.gravity(f[f.exporter != f.importer], regressors=["far"], effects=["exporter+product", "importer+product"])
    want = pd.Series(fit.fitted_, f[f.exporter != f.importer].importer.where(f.exporter == "c3")).loc[lambda s: s.index.notna()]
    got = t.markets.set_index("importer")
    for name in got.index:
        if name != "c3":
            assert got.potential[name] == pytest.approx(min(got["size"][name], want[name]), rel=1e-12)


SENTENCES: list[tuple[Any, str]] = [
    (lambda f: gx.market.table(f, own="zz"), "table: own names 'zz', not among the exporters"),
    (lambda f: gx.market.table(f, markets=["zz"]), "table: markets names 'zz', not among the importers"),
    (lambda f: gx.market.table(f, at=2000), "table: no row up to 2000"),
    (lambda f: gx.market.table(f, at=2030), "table: no row in 2030, the last is 2019"),
    (lambda f: gx.market.table(f.assign(period="x")), "table: 'period' is string, wanted whole numbers or dates"),
    (lambda f: gx.market.table(f.assign(value=-1.0)), "market::table: 'value' is -1.000000 in row 0, wanted 0 or more"),
    (lambda f: gx.market.table(f, level=1.0), "market::table: level is 1.000000, wanted inside (0, 1)"),
    (lambda f: gx.market.table(f, expected="value", gravity=["value"]), "table: 'expected' and 'gravity' both say what to expect, wanted one of them"),
    (lambda f: gx.market.table(f).explain("colour"), "explain: no column 'colour' in the table of markets"),
]


@pytest.mark.parametrize(("call", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_bad_input_speaks_plainly(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call(made())
    assert str(raised.value).replace("large_string", "string") == sentence


@pytest.mark.skipif(not (DATA / "food_trade_10_items_1992_2024.parquet").exists(), reason="real data is absent: set GUANXI_DATA")
def test_food_trade_against_loops() -> None:
    d = pd.read_parquet(DATA / "food_trade_10_items_1992_2024.parquet").astype({"value_kusd": float, "importer": str, "exporter": str, "item": str})
    d = d[d.year.between(2012, 2020)]
    got = gx.market.table(d, own="BRA", product="item", period="year", value="value_kusd", mirrored="mirrored").markets.set_index(["importer", "item"])
    d = d[d.exporter != d.importer]
    now, then = d[d.year == 2020], d[d.year == 2019]
    size = now.groupby(["importer", "item"]).value_kusd.sum()
    ours = now[now.exporter == "BRA"].groupby(["importer", "item"]).value_kusd.sum()
    world, mine = now.groupby("item").value_kusd.sum(), now[now.exporter == "BRA"].groupby("item").value_kusd.sum()
    assert (got["size"] > 0).sum() > 900
    sold = now.groupby("exporter").value_kusd.sum()
    away = (np.log(sold / sold["BRA"])).abs().drop("BRA").sort_values(kind="stable")
    like = [*away.index[:30], "BRA"]
    by = now[now.exporter.isin(like)].groupby(["exporter", "item"]).value_kusd.sum().unstack(fill_value=0.0) / world
    for (importer, item), row in got.iterrows():
        if not row["size"] > 0:
            continue
        cell = now[(now.importer == importer) & (now.item == item)].groupby("exporter").value_kusd.sum()
        assert row["size"] == pytest.approx(size[importer, item], rel=1e-12)
        assert row.share == pytest.approx(ours.get((importer, item), 0.0) / size[importer, item], rel=1e-12)
        assert row.hhi == pytest.approx(sum((cell / cell.sum()) ** 2), rel=1e-12)
        assert row.leader_share == pytest.approx((cell.drop("BRA", errors="ignore").max() if len(cell.drop("BRA", errors="ignore")) else math.nan) / cell.sum(), rel=1e-12, nan_ok=True)
        assert row.rca == pytest.approx((mine[item] / mine.sum()) / (world[item] / world.sum()), rel=1e-12)
        bought = now[now.importer == importer].groupby("item").value_kusd.sum()
        assert row.complementarity == pytest.approx(sum(min(bought[i] / bought.sum(), mine.get(i, 0.0) / mine.sum()) for i in bought.index), rel=1e-12)
        want = sum(mine.get(i, 0.0) / world[i] * bought[i] for i in bought.index)
        traded = sum(ours.get((importer, i), 0.0) for i in bought.index)
        if traded == 0:  # not there yet: exporters of its size together
            traded = now[now.exporter.isin(like) & (now.importer == importer)].value_kusd.sum()
            want = sum(by[i].sum() * bought[i] for i in bought.index)
        ease = min(10.0, traded / want)
        assert row.potential == pytest.approx(min(1.0, mine[item] / world[item] * ease) * size[importer, item], rel=1e-12)
    before = then.groupby(["importer", "item"]).value_kusd.sum()
    grown = got.growth.dropna()
    assert len(grown) > 800
    for key, g in grown.items():
        assert g == pytest.approx(got["size"][key] / before[key] - 1, rel=1e-12, abs=1e-12)
