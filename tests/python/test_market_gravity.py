"""Gravity by PPML: published figures, a slow twin with dummies, separation, errors, invariants."""

import os
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from guanxi import market
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def small(seed: int, rows: int = 400, levels: tuple[int, ...] = (12, 9), zero: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "z": rng.normal(size=rows) * 3 + 10} | {f"e{i}": rng.integers(0, n, rows) for i, n in enumerate(levels)})
    mean = np.exp(0.4 * frame.x - 0.1 * frame.z + sum(0.3 * np.sin(frame[f"e{i}"]) for i in range(len(levels))) + 2)
    frame["value"] = rng.gamma(2.0, 0.5, rows) * mean * (rng.random(rows) > zero)
    frame["w"] = rng.uniform(0.5, 2, rows)
    frame["off"] = rng.normal(size=rows) * 0.2
    frame["g"] = rng.integers(0, 30, rows)
    frame["h"] = rng.integers(0, 20, rows)
    return frame


def twin(frame: pd.DataFrame, regressors: list[str], effects: list[str], weight: str | None = None, offset: str | None = None):
    """Newton on regressors and dummies, all dense; covariances by the textbook."""
    dummies = [pd.get_dummies(frame[e], dtype=float).to_numpy()[:, (1 if i else 0):] for i, e in enumerate(effects)]
    x = np.column_stack([frame[regressors].to_numpy(float), *(dummies or [np.ones((len(frame), 1))])])
    y = frame["value"].to_numpy(float)
    w = frame[weight].to_numpy() if weight else np.ones(len(y))
    off = frame[offset].to_numpy() if offset else np.zeros(len(y))
    eta = np.log((y + y.mean()) / 2)
    for _ in range(60):
        mu = np.exp(eta)
        b = np.linalg.lstsq(x * np.sqrt(w * mu)[:, None], (eta - off + (y - mu) / mu) * np.sqrt(w * mu), rcond=None)[0]
        eta = x @ b + off
    mu = np.exp(eta)
    bread = np.linalg.pinv(x.T @ (x * (w * mu)[:, None]))
    score = x * (w * (y - mu))[:, None]
    return b, mu, bread, score


def clustered(score: np.ndarray, bread: np.ndarray, groups: list[np.ndarray], k: int) -> np.ndarray:
    def meat(g: np.ndarray) -> np.ndarray:
        sums = np.array([score[g == one].sum(0) for one in np.unique(g)])
        return sums.T @ sums

    if len(groups) == 1:
        total, least = meat(groups[0]), len(np.unique(groups[0]))
    else:
        both = groups[0] * 1000 + groups[1]
        total, least = meat(groups[0]) + meat(groups[1]) - meat(both), min(len(np.unique(g)) for g in groups)
    return np.sqrt(np.diag(bread @ total @ bread * least / (least - 1))[:k])


@pytest.mark.parametrize("effects", [[], ["e0"], ["e0", "e1"], ["e0", "e1", "e2"]])
@pytest.mark.parametrize("options", [{}, {"weight": "w"}, {"offset": "off"}, {"weight": "w", "offset": "off"}])
def test_equals_the_slow_twin(effects, options):
    frame = small(3, levels=(12, 9, 5))
    g = market.gravity(frame, regressors=["x", "z"], effects=effects, **options)
    b, mu, bread, score = twin(frame, ["x", "z"], effects, **options)
    np.testing.assert_allclose(list(g.params_.values()), b[:2], atol=1e-8, rtol=0)
    np.testing.assert_allclose(g.fitted_, mu, rtol=1e-7)
    hetero = np.sqrt(np.diag(bread @ (score.T @ score) @ bread))[:2]
    np.testing.assert_allclose(list(g.standard_errors_.values()), hetero, rtol=1e-6)
    model = market.gravity(frame, regressors=["x", "z"], effects=effects, errors="model", **options)
    np.testing.assert_allclose(list(model.standard_errors_.values()), np.sqrt(np.diag(bread))[:2], rtol=1e-6)
    for errors, groups in (("g", [frame.g.to_numpy()]), (["g", "h"], [frame.g.to_numpy(), frame.h.to_numpy()])):
        c = market.gravity(frame, regressors=["x", "z"], effects=effects, errors=errors, **options)
        np.testing.assert_allclose(list(c.standard_errors_.values()), clustered(score, bread, groups, 2), rtol=1e-6)
    if not options.get("offset"):
        np.testing.assert_allclose(g.predict(frame), g.fitted_, rtol=1e-9)


@pytest.mark.skipif(not (DATA / "manufacturing_trade_69c_1986_2006.csv.gz").exists(), reason="real data is not there")
def test_the_table_of_the_advanced_guide():
    m = pd.read_csv(DATA / "manufacturing_trade_69c_1986_2006.csv.gz")
    m = m[((m.year - 1986) % 4 == 0) & (m.exporter != m.importer)].copy()
    m["log_distance"] = np.log(m.distance_km)
    m["pair"] = np.where(m.exporter < m.importer, m.exporter + m.importer, m.importer + m.exporter)
    g = market.gravity(m, value="value_musd", regressors=["log_distance", "contiguous", "common_language", "colonial_tie"],
                       effects=["exporter+year", "importer+year"], errors="pair")
    np.testing.assert_allclose(list(g.params_.values()), [-0.84092283, 0.43744269, 0.24745293, -0.22249037], atol=1e-8)
    np.testing.assert_allclose(list(g.standard_errors_.values()), [0.03166, 0.08316, 0.07654, 0.11625], atol=5e-6)
    assert g.deviance_ == pytest.approx(4_265_244.78, abs=0.01)
    assert (g.rows_, g.groups_, g.parts_, g.converged_) == (28_152, 2_346, 6, True)
    f = pd.read_csv(DATA / "share_trade_gravity.csv.gz")
    f["log_distance"] = np.log(f.distw)
    g = market.gravity(f, value="flow", regressors=["log_distance", "rta", "contig", "comlang_off", "comcur"], effects=["iso_o", "iso_d"])
    np.testing.assert_allclose(list(g.params_.values()), [-0.83116092, 0.43272123, 0.41495481, 0.24300005, -0.17174934], atol=1e-8)
    assert g.deviance_ == pytest.approx(3_946_094.05, abs=0.01)


def test_separated_rows_are_found_and_said():
    frame = small(5, zero=0.4)
    frame["tie"] = 0.0
    zeros = np.flatnonzero(frame.value == 0)[:7]
    frame.loc[zeros, "tie"] = 1.0  # only rows without trade have the tie: its coefficient runs to minus infinity
    g = market.gravity(frame, regressors=["x", "z", "tie"], effects=["e0", "e1"])
    assert sorted(g.dropped_["row"]) == zeros.tolist() and set(g.dropped_["why"]) == {"separated"}
    assert np.isnan(g.params_["tie"]) and "'tie'" in g.status_ and "7 separated rows" in g.status_
    assert (g.fitted_[zeros] == 0).all()
    plain = market.gravity(frame.drop(index=zeros), regressors=["x", "z"], effects=["e0", "e1"])
    for name in ("x", "z"):
        assert g.params_[name] == pytest.approx(plain.params_[name], abs=1e-9)


def test_separation_by_two_regressors_and_by_effects():
    frame = small(6, zero=0.4)
    trade = frame.value > 0
    frame["a"] = np.where(trade, frame.x, frame.x + (np.arange(len(frame)) % 5 == 0))  # a - x is 0 with trade, 0 or 1 without
    g = market.gravity(frame, regressors=["x", "a"], effects=["e0", "e1"])
    want = np.flatnonzero(~trade & (np.arange(len(frame)) % 5 == 0))
    assert sorted(g.dropped_["row"]) == want.tolist()
    # Two worlds that trade inside only, and zeros of exporters of one to importers of the other in one direction.
    rng = np.random.default_rng(1)
    rows = [(e, i, 1 + rng.gamma(1.0)) for w in (0, 4) for e in range(w, w + 4) for i in range(w, w + 4)] + [(e, i, 0.0) for e in range(4) for i in range(4, 8)]
    f = pd.DataFrame(rows, columns=["e", "i", "value"])
    f["x"] = rng.normal(size=len(f))
    g = market.gravity(f, regressors=["x"], effects=["e", "i"])
    assert sorted(g.dropped_["row"]) == list(range(32, 48)) and "16 separated rows" in g.status_ and "2 parts" in g.status_
    # With zeros in both directions nothing is separated.
    f = pd.concat([f, pd.DataFrame([(e, i, 0.0, rng.normal()) for e in range(4, 8) for i in range(4)], columns=["e", "i", "value", "x"])], ignore_index=True)
    both = market.gravity(f, regressors=["x"], effects=["e", "i"])
    assert both.parts_ == 1 and len(both.dropped_) == 0


def test_levels_without_trade_and_collinear_regressors_are_named():
    frame = small(7)
    frame.loc[frame.e0 == 3, "value"] = 0
    frame["twice"] = 2 * frame.x + frame.e1
    g = market.gravity(frame, regressors=["x", "twice", "z"], effects=["e0", "e1"])
    assert set(g.dropped_["why"]) == {"effect without trade"} and len(g.dropped_) == (frame.e0 == 3).sum()
    assert np.isnan(g.params_["twice"]) and "left out, since effects and other regressors explain it: 'twice'" in g.status_
    level = g.effects_["e0"]
    assert level.effect[level.e0 == 3].item() == -np.inf
    assert (g.predict(frame[frame.e0 == 3]) == 0).all()
    assert np.isnan(g.predict(pd.DataFrame({"x": [0.0], "twice": [0.0], "z": [0.0], "e0": [99], "e1": [0]}))).all()


def test_unknown_values_are_refused_by_row_and_bad_ones_by_a_sentence():
    frame = small(8)
    clean = market.gravity(frame.drop(index=[4, 9]), regressors=["x"], effects=["e0"])
    frame.loc[4, "value"], frame.loc[9, "x"] = np.nan, np.nan
    g = market.gravity(frame, regressors=["x"], effects=["e0"])
    assert list(g.dropped_["row"]) == [4, 9] and "2 rows refused" in g.status_ and np.isnan(g.fitted_[[4, 9]]).all()
    assert g.params_ == clean.params_
    frame.loc[17, "value"] = -3
    with pytest.raises(gx.Error, match=r"market::gravity: value -3\.000000 in row \d+ is below 0"):
        market.gravity(frame, regressors=["x"], effects=["e0"])
    with pytest.raises(gx.Error, match="every value is 0"):
        market.gravity(frame.assign(value=0.0), regressors=["x"], effects=["e0"])
    with pytest.raises(gx.Error, match="no column 'y'"):
        market.gravity(frame, regressors=["y"])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_same_bits_for_any_order_of_rows_and_threads(seed):
    frame = small(seed, rows=200)
    a = market.gravity(frame, regressors=["x", "z"], effects=["e0", "e1"], threads=1)
    b = market.gravity(frame.sample(frac=1, random_state=seed), regressors=["x", "z"], effects=["e0", "e1"], threads=2)
    assert a.params_ == b.params_ and a.standard_errors_ == b.standard_errors_ and a.deviance_ == b.deviance_


def test_same_bits_over_many_blocks_and_unit_of_money():
    rng = np.random.default_rng(2)
    frame = small(11, rows=120_000, levels=(300, 40))
    a = market.gravity(frame, regressors=["x", "z"], effects=["e0", "e1"], threads=1)
    b = market.gravity(frame.iloc[rng.permutation(len(frame))], regressors=["x", "z"], effects=["e0", "e1"], threads=4)
    assert a.params_ == b.params_ and a.standard_errors_ == b.standard_errors_
    c = market.gravity(frame.assign(value=frame.value * 1e6), regressors=["x", "z"], effects=["e0", "e1"])
    np.testing.assert_allclose(list(c.params_.values()), list(a.params_.values()), atol=1e-10)
    np.testing.assert_allclose(list(c.standard_errors_.values()), list(a.standard_errors_.values()), rtol=1e-8)


def test_intervals_cover_the_truth():
    inside = np.zeros(2)
    runs = 200
    for seed in range(runs):
        g = market.gravity(small(seed, rows=600, levels=(8, 6), zero=0.2), regressors=["x", "z"], effects=["e0", "e1"])
        low_high = g.interval(0.95)
        inside += [low_high["x"][0] <= 0.4 <= low_high["x"][1], low_high["z"][0] <= -0.1 <= low_high["z"][1]]
    assert ((inside / runs > 0.89) & (inside / runs < 0.98)).all(), inside / runs


def test_frame_kinds_and_print():
    frame = small(12)
    arrow = market.gravity(pa.Table.from_pandas(frame), regressors=["x"], effects=["e0"])
    assert isinstance(arrow.dropped_, pa.Table)
    assert arrow.params_ == market.gravity(frame, regressors=["x"], effects=["e0"]).params_
    text = repr(arrow)
    assert text.startswith("Gravity of value: 400 rows") and "effects: e0; errors: hetero" in text and "<table>" in arrow._repr_html_()
