from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import guanxi as gx
import mpmath as mp
import numpy as np
import pandas as pd
import polars as pl
import pytest
from guanxi import _core, value

CDNOW = pd.read_csv(Path(__file__).parents[1] / "data" / "cdnow_summary_published.csv", comment="#")


def twin(r: Any, alpha: Any, s: Any, beta: Any, x: Any, t: Any, age: Any) -> Any:
    """Log-likelihood of Pareto/NBD by adaptive quadrature in 40 digits."""
    least = min(alpha, beta)
    span = mp.log((least + age) / (least + t))

    def f(v: Any) -> Any:
        u = (least + t) * mp.e**v - least
        return ((alpha + t) / (alpha + u)) ** (r + x) * ((beta + t) / (beta + u)) ** (s + 1) * (least + u)

    points, step = [mp.mpf(0)], mp.mpf(4) / max(mp.mpf(4), r + x + s + 1)
    while points[-1] + step < span:
        points.append(points[-1] + step)
        step *= mp.mpf("1.5")
    points.append(span)
    left = mp.quad(f, points, maxdegree=8) if span > 0 else mp.mpf(0)
    odds = s * left / (beta + t) * ((alpha + age) / (alpha + t)) ** (r + x) * ((beta + age) / (beta + t)) ** s
    return (mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta) - (r + x) * mp.log(alpha + age)
            - s * mp.log(beta + age) + mp.log(1 + odds))


def points(n: int, seed: int = 5) -> list[tuple[float, ...]]:
    """Parameters and histories over the whole domain: x to 5,000, scales 1e-8 to 1e4, alpha = beta among them."""
    random = np.random.default_rng(seed)
    out = []
    for i in range(n):
        r, alpha, s, beta = (10 ** random.uniform(-3, 4), 10 ** random.uniform(-8, 4), 10 ** random.uniform(-3, 4), 10 ** random.uniform(-8, 4))
        if i % 3 == 0:
            r, alpha, s, beta = 10 ** random.uniform(-1, 1), 10 ** random.uniform(-1, 2), 10 ** random.uniform(-1, 1), 10 ** random.uniform(-1, 2)
        if i % 5 == 0:
            beta = alpha
        x, age = float(random.choice([0, 1, 2, 5, 20, 100, 1000, 5000])), 10 ** random.uniform(-1, 3)
        t = 0.0 if x == 0 else age * float(random.choice([random.uniform(), 1 - 10 ** random.uniform(-8, -1), 10 ** random.uniform(-6, -1)]))
        out.append((r, alpha, s, beta, x, t, age))
    return out


def worst_error(n: int) -> float:
    worst = 0.0
    with mp.workdps(40):
        for r, alpha, s, beta, x, t, age in points(n):
            want = twin(*map(mp.mpf, (r, alpha, s, beta, x, t, age)))
            got = _core.value.pareto_log_likelihood(np.array([x]), np.array([t]), np.array([age]), r, alpha, s, beta)[0]
            worst = max(worst, float(abs(got - want) / abs(want)))
    return worst


def test_pareto_likelihood_agrees_with_quadrature() -> None:
    assert worst_error(120) < 1e-9  # bench/accuracy/value_twins.py does 10,000 of every model


def test_pareto_published_cdnow() -> None:
    m = value.ParetoNBD().fit(CDNOW)
    assert m.log_likelihood_ == pytest.approx(-9594.974, abs=1e-3)
    assert m.params_ == pytest.approx({"r": 0.5533, "alpha": 10.578, "s": 0.6061, "beta": 11.669}, rel=1e-3)
    assert m.probability_alive(CDNOW).sum() == pytest.approx(1051.89, abs=0.3)
    assert m.expected_purchases(CDNOW, 39).sum() == pytest.approx(1665.52, abs=0.3)
    assert value.likelihood_ratio(value.NBD().fit(CDNOW), m).p_at_boundary < 1e-20


@pytest.mark.parametrize("model", [value.NBD, value.BGNBD, value.MBGNBD, value.ParetoNBD])
def test_every_prediction_has_an_interval(model: type) -> None:
    some = CDNOW.iloc[::20].reset_index(drop=True)
    m = model().fit(CDNOW)
    out = m.forecast(some, 26, draws=40, seed=1)
    assert isinstance(out, pd.DataFrame) and len(out) == len(some)
    assert (out["purchases_low"] <= out["purchases"] * 1.05).all() and (out["purchases"] * 0.95 <= out["purchases_high"]).all()
    assert (out["count_low"] <= out["count_high"]).all() and (out["purchases_error"] > 0).all()
    np.testing.assert_allclose(out["p_none"], m.probability_of(some, 0, 26), atol=0.02)
    total, low, high = m.total(some, 26, draws=40, seed=1)
    assert low < total < high and total == pytest.approx(out["purchases"].sum())
    assert isinstance(m.forecast(pl.from_pandas(some), 26, draws=3), pl.DataFrame)
    rate = math.log(1.15) / 52.18
    assert (m.discounted_purchases(some, rate) >= m.discounted_purchases(some, rate, 52)).all()
    assert m.residual_value(some, rate, 20.0)[3] == pytest.approx(20 * m.discounted_purchases(some, rate)[3])


def test_tracking_of_the_population() -> None:
    m = value.BGNBD().fit(CDNOW)
    born = CDNOW["T"].max() - CDNOW["T"].to_numpy()
    path = m.track(born, [10, 20, float(CDNOW["T"].max())], draws=10).to_pandas()
    assert path["purchases"].iloc[-1] == pytest.approx(CDNOW["frequency"].sum(), rel=0.05)
    assert (path["low"] < path["purchases"]).all() and path["purchases"].is_monotonic_increasing


def test_posterior_of_cdnow() -> None:
    m = value.BGNBD().fit(CDNOW)
    p = m.posterior(CDNOW, seed=1)
    assert p.status_.startswith("chains agree") and p.draws_.shape == (4000, 4)
    for name, (low, high) in p.interval().items():
        assert low < m.params_[name] < high
    alive, rate = p.customers(CDNOW.iloc[:50], draws=400)
    np.testing.assert_allclose(alive.mean(axis=1), m.probability_alive(CDNOW.iloc[:50]), atol=0.12)
    assert (rate > 0).all() and "R-hat" in repr(p)
    assert m.forecast(CDNOW.iloc[:5], 26, draws=p)["purchases"].notna().all()


def test_a_prior_pulls_the_mode() -> None:
    held = value.BGNBD().fit(CDNOW, prior={"r": (1.0, 0.001)})
    assert held.params_["r"] == pytest.approx(1, abs=0.02)
    assert held.log_likelihood_ < value.BGNBD().fit(CDNOW).log_likelihood_


def test_scorer_gives_the_same_bits(tmp_path: Path) -> None:
    m = value.ParetoNBD().fit(CDNOW)
    table = CDNOW.assign(customer=[f"c{i}" for i in range(len(CDNOW))], country=np.where(CDNOW.index % 2, "Ghana", "Kenya"),
                         p_alive=m.probability_alive(CDNOW), purchases=m.expected_purchases(CDNOW, 26))
    value.save_scorer(tmp_path / "a.gxs", table, country="country", label="Pareto/NBD, 26 weeks")
    scorer = value.Scorer(tmp_path / "a.gxs")
    for i in range(0, len(table), 100):
        answer = scorer.score(f"c{i}")
        assert answer["p_alive"] == table["p_alive"][i] and answer["purchases"] == table["purchases"][i]
    stranger = scorer.score("nobody", "Ghana")
    assert stranger["source"] == "country" and 0 < stranger["p_alive"] < 1 and math.isnan(stranger["value"])
    assert len(scorer) == len(CDNOW) and "2,357 known customers" in repr(scorer)
    (tmp_path / "b.gxs").write_bytes(b"not this")
    with pytest.raises(gx.Error, match="is no saved scorer of guanxi"):
        scorer.swap(tmp_path / "b.gxs")
    assert scorer.score("c0")["source"] == "customer"


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: value.ParetoNBD(params={"r": 1.0}), "value.ParetoNBD: 'params' has r; alpha, beta, r, s are wanted"),
    (lambda: value.ParetoNBD().forecast(CDNOW, 26), "value.ParetoNBD: fit comes first"),
    (lambda: value.BGNBD().fit(CDNOW, prior={"q": (1, 1)}), "value.BGNBD.fit: 'prior' has q; r, alpha, a, b are wanted"),
    (lambda: value.BGNBD().fit(CDNOW, prior={"r": (-1, 1)}), "value.BGNBD.fit: 'prior' of r is (-1, 1); two positive numbers are wanted"),
    (lambda: value.Scorer("/nowhere/at/all"), "value::Snapshot: '/nowhere/at/all' cannot be opened"),
])
def test_bad_input_is_named(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call()
    assert str(raised.value).startswith(sentence)
