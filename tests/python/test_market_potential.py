"""Codes and names, nowcast, product space, potential, money at stake: against loops, with what must not change."""

import os
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from guanxi import market

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def test_every_country_is_found_by_all_its_keys():
    table = market.country_names().to_pylist()
    assert len(table) == 250
    for row in table:
        for key in ("alpha2", "alpha3", "name", "chinese"):
            assert market.country(row[key]).alpha3 == row["alpha3"], row[key]
        assert row["region"] and row["continent"]
    for given, want in {"Viet Nam": "VNM", "vietnam": "VNM", "越南": "VNM", "Korea, Republic of": "KOR", "韩国": "KOR", "Côte d'Ivoire": "CIV", "cote d ivoire": "CIV",
                        "EIRE": "IRL", "RSA": "ZAF", "The Netherlands": "NLD", "U.S.A.": "USA", "156": "CHN", "Niger": "NER", "Nigeria": "NGA", "台湾": "TWN", "Türkiye": "TUR"}.items():
        assert market.country(given).alpha3 == want, given


def test_unknown_names_are_reported_with_the_nearest_and_never_guessed():
    out = market.resolve(["Germany", "Germny", "Unspecified", "Nigria", None, "xyzxyz"]).to_pylist()
    assert [row["status"] for row in out] == ["found", "unknown", "no country", "unknown", "unknown", "unknown"]
    assert out[0]["alpha3"] == "DEU" and out[1]["alpha3"] is None and out[1]["nearest"].startswith("Germany") and "Nigeria" in out[3]["nearest"]
    assert out[5]["nearest"] is None
    with pytest.raises(gx.Error, match="'Germny' is no country that we know; near it: Germany"):
        market.country("Germny")
    with pytest.raises(gx.Error, match="was withdrawn in 2010; after it came CW SX BQ"):
        market.country("Netherlands Antilles")
    assert isinstance(market.resolve(pd.DataFrame({"country": ["法国"]})), pd.DataFrame)


def test_currency_and_hs():
    assert market.currency("JPY").digits == 0 and market.currency("EUR").chinese == "欧元"
    with pytest.raises(gx.Error, match="'XYZ' is no code"):
        market.currency("XYZ")
    code = market.hs("8483.10.90", edition=2022)
    assert (code.code, code.national, code.chapter) == ("848310", "90", 84) and code.section_title.startswith("Machinery")
    assert code != market.hs("84831090", edition=2017)
    with pytest.raises(gx.Error, match="ask for repair"):
        market.hs("10121", edition=2022)
    assert market.hs("10121", edition=2022, repair=True).code == "010121"
    with pytest.raises(gx.Error, match="edition 2021"):
        market.hs("010121", edition=2021)


def test_proximity_and_density_against_loops():
    rng = np.random.default_rng(3)
    rca = rng.gamma(1.0, size=(70, 12))
    rca[:, 5] = 0
    m = rca >= 1
    phi = market.proximity(rca)
    for p in range(12):
        for q in range(12):
            most = max(m[:, p].sum(), m[:, q].sum())
            want = np.nan if min(m[:, p].sum(), m[:, q].sum()) == 0 else (m[:, p] & m[:, q]).sum() / most
            assert phi[p, q] == want or (np.isnan(want) and np.isnan(phi[p, q]))
    for diagonal in ("keep", "leave out"):
        near = np.nan_to_num(phi)
        if diagonal == "leave out":
            np.fill_diagonal(near, 0)
        with np.errstate(invalid="ignore"):
            want = m @ near / near.sum(0)
        np.testing.assert_allclose(market.density(rca, diagonal=diagonal), want, rtol=1e-12)


def test_potential_against_loops():
    rng = np.random.default_rng(4)
    f = pd.DataFrame([(e, i, p, rng.gamma(1.0)) for e in range(4) for i in range(5) for p in range(3) if rng.random() < 0.8], columns=["exporter", "importer", "product", "value"])
    out = market.potential(f)
    for row in out.itertuples():
        want = 0.0
        for p in range(3):
            world = f[f["product"] == p].value.sum()
            want += f[(f.exporter == row.exporter) & (f["product"] == p)].value.sum() / world * f[(f.importer == row.importer) & (f["product"] == p)].value.sum()
        ease = f[(f.exporter == row.exporter) & (f.importer == row.importer)].value.sum() / want
        world = f[f["product"] == row.product].value.sum()
        mine = f[(f.exporter == row.exporter) & (f["product"] == row.product)].value.sum() / world * f[(f.importer == row.importer) & (f["product"] == row.product)].value.sum() * min(10, ease)
        assert row.potential == pytest.approx(mine, rel=1e-12) and row.gap == pytest.approx(max(0, mine - row.value), rel=1e-12, abs=1e-12)


def test_score_is_absolute_and_unknown_stays_unknown():
    f = pd.DataFrame({"market": ["A", "B", "C"], "demand": [1000.0, 500.0, 100.0], "low": [800.0, 400, 90], "high": [1200.0, 600, 110], "ours": [100.0, 0, 90],
                      "attainable": [0.3, 0.1, 0.5], "margin": [0.2, np.nan, 0.2], "entry": [5.0, 5, 0]})
    out = market.score(f, low="low", high="high", entry="entry")
    assert out.score[0] == pytest.approx(0.2 * (300 - 100) - 5) and np.isnan(out.score[1]) and out.score[2] == 0
    assert out.low[0] < out.score[0] < out.high[0]
    for k in range(3):
        alone = market.score(f.iloc[[k]], low="low", high="high", entry="entry")
        assert alone.score.iloc[0] == out.score[k] or np.isnan(out.score[k])


def months(seed: int, groups: int = 60, years: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(np.arange(12))
    rows = []
    for g in range(groups):
        level = rng.normal(8, 1)
        for y in range(years):
            level += rng.normal(0.03, 0.15)
            for m in range(12):
                rows.append((f"m{g:02}", f"{2010 + y}-{m + 1:02}-01", np.exp(level) * season[m] * rng.gamma(20, 1 / 20)))
    return pd.DataFrame(rows, columns=["market", "period", "value"]).assign(period=lambda f: pd.to_datetime(f.period))


def test_nowcast_does_not_look_ahead_and_covers():
    f = months(1)
    now = market.nowcast(f, at="2016-06-30")
    later = f.copy()
    later.loc[later.period > "2016-06-30", "value"] *= 100
    pd.testing.assert_frame_equal(now, market.nowcast(later, at="2016-06-30"))
    pd.testing.assert_frame_equal(now, market.nowcast(f.sample(frac=1, random_state=1), at="2016-06-30"), rtol=1e-12)
    inside, ours, last = 0, 0.0, 0.0
    for seed in range(5):
        f = months(seed)
        truth = f[f.period.dt.year == 2016].groupby("market").value.sum().to_numpy()
        n = market.nowcast(f, at="2016-06-30")
        inside += ((n.low <= truth) & (truth <= n.high)).sum()
        ours += np.abs(np.log(n.estimate / truth)).sum()
        last += np.abs(np.log(n.last_year / truth)).sum()
    assert 0.84 < inside / 300 < 0.96 and ours < 0.5 * last


def test_frame_kinds():
    f = months(2, groups=5)
    assert isinstance(market.nowcast(pa.Table.from_pandas(f), at="2016-06-30"), pa.Table)


@pytest.mark.skipif(not (DATA / "world_trade_sitc_1998_2000.csv.gz").exists(), reason="real data is not there")
def test_advantage_and_product_space_of_world_trade_against_arrays():
    f = pd.read_csv(DATA / "world_trade_sitc_1998_2000.csv.gz", dtype={1: str})
    x = f.pivot_table(index=f.columns[0], columns=f.columns[1], values=f.columns[2], aggfunc="sum").fillna(0.0).to_numpy(float)
    a = market.advantage(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        want = (x / x.sum(1, keepdims=True)) / (x.sum(0) / x.sum())
    np.testing.assert_allclose(a.rca, want, rtol=1e-12)
    np.testing.assert_allclose(a.rsca, (want - 1) / (want + 1), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(a.nrca, x / x.sum() - np.outer(x.sum(1), x.sum(0)) / x.sum() ** 2, atol=1e-17, rtol=1e-12)
    assert (a.rca >= 1).sum() == 31_951 and np.nanmax(a.rca) == pytest.approx(2868.80, abs=0.01)
    m = (a.rca >= 1).astype(float)
    phi = m.T @ m / np.maximum(m.sum(0)[:, None], m.sum(0)[None, :])
    np.testing.assert_allclose(market.proximity(a.rca), phi, rtol=1e-12)
    np.testing.assert_allclose(market.density(a.rca), m @ phi / phi.sum(0), rtol=1e-12)
