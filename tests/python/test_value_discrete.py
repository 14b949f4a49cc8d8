from __future__ import annotations

from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
import pytest
from guanxi import value
from scipy import optimize, special

DONORS = pd.read_csv(Path(__file__).parents[1] / "data" / "donations_bgbb.csv", comment="#")
HIGH = [1000, 869, 743, 653, 593, 551, 517, 491]


def test_published_donors() -> None:
    m = value.BGBB().fit(DONORS)
    assert m.params_ == pytest.approx({"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}, rel=1e-3)
    assert m.log_likelihood_ == pytest.approx(-33225.58, abs=0.006)
    assert m.covariance_.shape == (4, 4) and "log-likelihood" in repr(m) and "<table>" in m._repr_html_()


def test_weights_are_repeated_rows() -> None:
    some = DONORS.assign(weights=DONORS["weights"] // 50 + 1)
    long = some.loc[some.index.repeat(some["weights"])].drop(columns="weights").sample(frac=1, random_state=1)
    assert value.BGBB().fit(some).params_ == pytest.approx(value.BGBB().fit(long).params_, rel=1e-9)


def test_expectation_is_that_of_the_printed_formula() -> None:
    m = value.BGBB().fit(DONORS)
    al, be, ga, de = m.params_.values()
    x, t, n = (DONORS[c].to_numpy(float) for c in ("frequency", "recency", "periods"))
    lb = special.betaln
    like = np.exp(lb(al + x, be + n - x) + lb(ga, de + n))
    for i in range(6):
        like += np.where(i < n - t, np.exp(lb(al + x, be + t - x + i) + lb(ga + 1, de + t + i)), 0)
    g = special.gammaln
    ahead = 5
    first = np.exp(lb(al + x + 1, be + n - x)) * de / (ga - 1) * np.exp(lb(ga, de)) * np.exp(g(ga + de) - g(1 + de))
    rest = np.exp(g(1 + de + n) - g(ga + de + n)) - np.exp(g(1 + de + n + ahead) - g(ga + de + n + ahead))
    np.testing.assert_allclose(m.expected_purchases(DONORS, ahead), first * rest / like, rtol=1e-9)
    low, high = m.expected_purchases_interval(DONORS, ahead, draws=200, seed=1)
    mean = m.expected_purchases(DONORS, ahead)
    assert np.all((low < mean) & (mean < high))
    total = sum(m.probability_of(DONORS, k, ahead) for k in range(ahead + 1))
    np.testing.assert_allclose(total, 1, atol=1e-12)


def test_sbg_is_the_optimum_of_a_twin() -> None:
    m = value.SBG().fit_active(HIGH)
    assert (m.params_["a"], m.params_["b"]) == pytest.approx((0.668, 3.806), abs=6e-4)
    lost = -np.diff(HIGH)

    def minus(theta: np.ndarray) -> float:
        a, b = np.exp(theta)
        t = np.arange(1, 8)
        lb = special.betaln
        return -float((lost * (lb(a + 1, b + t - 1) - lb(a, b))).sum() + HIGH[-1] * (lb(a, b + 7) - lb(a, b)))

    best = optimize.minimize(minus, np.zeros(2), tol=1e-12)
    assert -best.fun == pytest.approx(m.log_likelihood_, abs=1e-6)
    rows = pd.DataFrame({"duration": [*range(1, 8), 7], "lost": [1] * 7 + [0], "weights": [*lost, HIGH[-1]]})
    assert value.SBG().fit(rows).params_ == m.params_
    assert m.survival(3) == pytest.approx(m.retention(0) * m.retention(1) * m.retention(2))
    low, high = m.survival_interval(7)
    curve = np.array([m.survival(t) for t in range(1, 8)])
    assert np.all((low < curve) & (curve < high)) and np.all(np.diff(curve) < 0)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: value.SBG().survival(1), "value::SBG: fit comes first"),
    (lambda: value.SBG(params={"a": 1.0}), "value.SBG: 'params' has a; a, b are wanted"),
    (lambda: value.SBG().fit_active([3, 4]), "value::SBG: 'active' is 4 after 1 renewals; numbers >= 0 that never rise are wanted"),
    (lambda: value.BGBB(params={"alpha": 1.0, "beta": -1.0, "gamma": 1.0, "delta": 1.0}),
     "value::BGBB: 'beta' is -1; a positive number is wanted"),
    (lambda: value.BGBB().fit(pd.DataFrame({"frequency": [2], "recency": [1], "occasions": [4]})),
     "value::BGBB: frequency 2, recency 1, occasions 4: frequency <= recency <= occasions is wanted, both 0 or neither, in row 0")])
def test_what_is_wrong_is_said(call, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(gx.Error) as caught:
        call()
    assert str(caught.value) == sentence
