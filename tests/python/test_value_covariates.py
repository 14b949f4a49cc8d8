from __future__ import annotations

from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from guanxi import value
from hypothesis import given, settings
from hypothesis import strategies as st


def book(n: int = 1200, seed: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size, country = random.normal(0, 1, n), random.choice(["home", "Ghana", "Peru"], n, p=[0.6, 0.2, 0.2])
    rate = random.gamma(0.8, 1 / 6, n) * np.exp(0.5 * size)
    stays = random.exponential(1 / (random.gamma(1.4, 1 / 60, n) * np.where(country == "Ghana", 2.5, 1)))
    age = random.uniform(40, 70, n)
    rows = []
    for k in range(n):
        times = random.exponential(1 / rate[k], 900).cumsum()
        times = times[times < min(age[k], stays[k])]
        rows.append((len(times), times[-1] if len(times) else 0.0))
    x, t = (np.array(c, dtype=float) for c in zip(*rows, strict=True))
    return pd.DataFrame({"frequency": x, "recency": t, "age": age, "size": size, "country": country})


BOOK = book()


@pytest.mark.parametrize("name", ["ParetoNBD", "BGNBD", "MBGNBD"])
def test_coefficients_come_back_and_words_become_columns(name: str) -> None:
    m = value.CovariateModel(name, purchase=["size"], dropout=["country"]).fit(BOOK)
    assert m.status_.startswith("converged") and m.base_ == {"country": "home"}
    assert list(m.params_)[4:] == ["purchase:size", "dropout:country=Ghana", "dropout:country=Peru"]
    assert abs(m.params_["purchase:size"] - 0.5) < 4 * m.standard_errors_["purchase:size"]
    assert m.params_["dropout:country=Ghana"] > m.params_["dropout:country=Peru"]
    assert m.test_.degrees == 3 and m.test_.p_value < 1e-10 and m.log_likelihood_ > m.log_likelihood_without_
    assert m.log_likelihood_without_ == pytest.approx(getattr(value, name)().fit(BOOK).log_likelihood_, rel=1e-9)
    assert "purchase:size" in repr(m)


def test_predictions_have_intervals_and_new_customers_are_told_by_their_covariates() -> None:
    m = value.CovariateModel("BGNBD", purchase=["size"], dropout=["country"]).fit(BOOK)
    some = BOOK.iloc[:40]
    out = m.forecast(some, 26, draws=30, seed=1)
    assert isinstance(out, pd.DataFrame) and isinstance(m.forecast(pl.from_pandas(some), 26, draws=3), pl.DataFrame)
    np.testing.assert_allclose(out["purchases"], m.expected_purchases(some, 26))
    np.testing.assert_allclose(out["p_alive"], m.probability_alive(some))
    assert (out["purchases_error"] > 0).all() and (out["count_low"] <= out["count_high"]).all()
    total, low, high = m.total(some, 26, draws=30, seed=1)
    assert low < total < high and total == pytest.approx(out["purchases"].sum())
    new = m.expected_purchases_new(pd.DataFrame({"size": [-1.0, 1.0, 1.0], "country": ["home", "home", "Ghana"]}), 26)
    assert new[0] < new[2] < new[1]
    own = value.BGNBD(params={n: m.params_[n] for n in ("r", "alpha", "a", "b")})
    assert m.expected_purchases_new({"size": [0.0], "country": ["home"]}, 26)[0] == pytest.approx(own.expected_purchases_new(26))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100), shift=st.floats(-3000, 3000))
def test_row_order_and_the_scale_of_a_column_change_nothing(seed: int, scale: float, shift: float) -> None:
    some = BOOK.iloc[:300]
    a = value.CovariateModel("MBGNBD", purchase=["size"]).fit(some)
    b = value.CovariateModel("MBGNBD", purchase=["size"], threads=2).fit(some.sample(frac=1, random_state=seed))
    assert a.params_ == b.params_ and a.log_likelihood_ == b.log_likelihood_
    moved = value.CovariateModel("MBGNBD", purchase=["size"]).fit(some.assign(size=some["size"] * scale + shift))
    assert moved.log_likelihood_ == pytest.approx(a.log_likelihood_, abs=1e-6)
    assert moved.params_["purchase:size"] * scale == pytest.approx(a.params_["purchase:size"], rel=1e-3, abs=1e-4)
    np.testing.assert_allclose(moved.expected_purchases(some.assign(size=some["size"] * scale + shift), 26), a.expected_purchases(some, 26), rtol=1e-3)


def test_weights_are_repeated_rows() -> None:
    some = BOOK.iloc[:200]
    a = value.CovariateModel("BGNBD", purchase=["size"]).fit(some.assign(weights=2.0))
    b = value.CovariateModel("BGNBD", purchase=["size"]).fit(pd.concat([some, some]))
    assert a.log_likelihood_ == pytest.approx(b.log_likelihood_) and a.params_ == pytest.approx(b.params_, rel=1e-6)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: value.CovariateModel("NBD", purchase=["size"]), "value.CovariateModel: 'model' is 'NBD'; one of ParetoNBD, BGNBD, MBGNBD is wanted"),
    (lambda: value.CovariateModel(purchase=["sizes"]).fit(BOOK), "value.CovariateModel: no column 'sizes'"),
    (lambda: value.CovariateModel(purchase=["size"]).probability_alive(BOOK), "value.CovariateModel: fit comes first"),
    (lambda: value.CovariateModel("BGNBD").fit(BOOK), "value::CovariateModel (BGNBD): there is no covariate, neither of 'purchase' nor of 'dropout'"),
    (lambda: value.CovariateModel("BGNBD", purchase=["country"]).fit(BOOK).probability_alive(BOOK.iloc[:2].assign(country="Chad")),
     "value.CovariateModel: country has 'Chad', which the fit has not seen"),
    (lambda: value.CovariateModel("BGNBD", purchase=["country"]).fit(BOOK.assign(country="x")),
     "value.CovariateModel: country is the same for every customer; a column that varies is wanted"),
])
def test_bad_input_is_named(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call()
    assert str(raised.value).startswith(sentence)
