"""Classical tools of the share room from Python: twins by scipy and numpy, invariants, bad input, words and pictures."""

from __future__ import annotations

import guanxi as gx
import numpy as np
import pandas as pd
import pytest
from guanxi import share
from scipy import optimize, special


def _book(customers: int = 40, periods: int = 6, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(customers):
        habit = rng.dirichlet([2.0, 1.0, 0.6, 0.3])
        size = rng.lognormal(5, 0.7)
        for t in range(periods):
            for s, n in enumerate(rng.multinomial(8, habit)):
                if n:
                    rows.append((f"C{c:02d}", "ABCD"[s], t, size * n))
    return pd.DataFrame(rows, columns=["customer", "supplier", "period", "amount"])


def test_quantile_regression_is_the_linear_program() -> None:
    rng = np.random.default_rng(1)
    for q in (0.1, 0.5, 0.9):
        x = np.column_stack([np.ones(150), rng.normal(size=(150, 3))])
        y = x @ [1.0, 2.0, -1.0, 0.5] + rng.standard_t(3, 150)
        n, k = x.shape
        lp = optimize.linprog(np.r_[np.zeros(k), np.full(n, q), np.full(n, 1 - q)], A_eq=np.column_stack([x, np.eye(n), -np.eye(n)]), b_eq=y,
                              bounds=[(None, None)] * k + [(0, None)] * (2 * n))
        fit = share.quantile_regression(y, x, q)
        assert fit.loss == pytest.approx(lp.fun, abs=1e-8)
        np.testing.assert_allclose(fit.b, lp.x[:k], atol=1e-7)
        assert fit.exact and share.pinball(y, x @ fit.b, q) == pytest.approx(fit.loss / n)


def test_quantile_regression_of_many_rows_is_that_of_all() -> None:
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(60_000), rng.normal(size=(60_000, 3))])
    y = x.sum(axis=1) + rng.gumbel(size=60_000) * (1 + 0.3 * np.abs(x[:, 1]))
    fit = share.quantile_regression(y, x, 0.9)
    assert fit.gap < 1e-9
    r = y - x @ fit.b
    far = np.abs(r) > 1e-9
    # no corner of the subgradient: sum over rows off the plane is within what the k rows on it can balance
    g = x[far].T @ (0.9 - (r[far] < 0))
    on = x[~far]
    weight = np.linalg.solve(on.T, -g) if len(on) == 4 else np.linalg.lstsq(on.T, -g, rcond=None)[0]
    assert ((weight > -0.1 - 1e-6) & (weight < 0.9 + 1e-6)).all()


def test_attraction_is_least_squares_in_centred_logs() -> None:
    rng = np.random.default_rng(4)
    price = rng.uniform(0.5, 2, (30, 4))
    u = np.array([0.4, 0.1, -0.2, -0.3]) - 1.3 * np.log(price) + rng.normal(0, 0.05, (30, 4))
    s = np.exp(u) / np.exp(u).sum(axis=1, keepdims=True)
    fit = share.Attraction(kind="mci").fit(s, price)
    y = (np.log(s) - np.log(s).mean(axis=1, keepdims=True)).ravel()
    z = (np.log(price) - np.log(price).mean(axis=1, keepdims=True)).ravel()
    brand = np.tile(np.eye(4) - 0.25, (30, 1))
    b = np.linalg.lstsq(np.column_stack([brand, z]), y, rcond=None)[0]
    assert fit.b_[0] == pytest.approx(b[-1], abs=1e-10)
    e = fit.elasticities(s[0], price[0])
    np.testing.assert_allclose(e, fit.b_[0] * (np.eye(4) - s[0]), atol=1e-12)
    np.testing.assert_allclose(s[0] @ e, 0, atol=1e-12)  # shares go on summing to 1
    ref = share.elasticities([0.32596, 0.31994, 0.3541], [1.0, 1.0, 1.0], -1.3)
    assert ref[0, 0] == pytest.approx(-0.87625, abs=1e-4) and ref[1, 0] == pytest.approx(0.42375, abs=1e-4)
    with pytest.raises(gx.Error, match="the shares sum to 0.900000, they must sum to 1"):
        share.elasticities([0.5, 0.4], [1, 1], 1.0)
    with pytest.raises(gx.Error, match="'kind' is 'probit', it must be 'mnl' or 'mci'"):
        share.Attraction(kind="probit")


def test_dynamic_shares_score_is_the_dirichlet_multinomial() -> None:
    rng = np.random.default_rng(5)
    x = rng.multinomial(20, [0.5, 0.3, 0.2], 8).astype(float)
    d = share.dynamic_shares(x, discount=0.7)
    a = np.full(3, 0.5)
    score = 0.0
    for t, n in enumerate(x):
        if t:
            a = 0.5 + 0.7 * (a - 0.5)
            score += special.gammaln(a.sum()) - special.gammaln(a.sum() + n.sum()) + (special.gammaln(a + n) - special.gammaln(a)).sum()
        np.testing.assert_allclose(d.foretold[t], a / a.sum(), atol=1e-14)
        a = a + n
        np.testing.assert_allclose(d.share[t], a / a.sum(), atol=1e-14)
    assert d.log_score == pytest.approx(score, abs=1e-8)
    assert share.dynamic_shares(x).log_score >= d.log_score - 1e-9
    np.testing.assert_array_equal(share.dynamic_shares(x[:5], discount=0.7).share, d.share[:5])  # no look-ahead
    shift = np.r_[rng.multinomial(50, [0.8, 0.2], 6), rng.multinomial(50, [0.2, 0.8], 6)]
    assert share.dynamic_shares(shift).discount < 0.6 < share.dynamic_shares(rng.multinomial(50, [0.8, 0.2], 12)).discount


def test_posterior_concentration_moments() -> None:
    a = np.array([6, 3, 1.5, 0.5])
    c = share.posterior_concentration(a)
    s = a.sum()
    assert c.hhi == pytest.approx((a * (a + 1)).sum() / (s * (s + 1)), abs=1e-12)
    assert c.hhi_low < c.hhi < c.hhi_high and c.hhi_of_mean == pytest.approx(((a / s) ** 2).sum())
    np.testing.assert_allclose(c.p_half, special.betainc(s - a, a, 0.5), atol=1e-10)
    assert c.p_largest.sum() == pytest.approx(1)
    with pytest.raises(gx.Error, match="'alpha' is 0.000000 at 1, it must be above 0 and finite"):
        share.posterior_concentration([1.0, 0.0])


def test_minimum_density_and_fitness() -> None:
    m = share.minimum_density([5, 3, 2], [4, 3, 3])
    np.testing.assert_allclose(m.matrix.sum(axis=1), [5, 3, 2])
    np.testing.assert_allclose(m.matrix.sum(axis=0), [4, 3, 3])
    assert m.ties <= 5
    rng = np.random.default_rng(6)
    r, c = rng.lognormal(0, 1, 20), rng.lognormal(0, 1, 30)
    c *= r.sum() / c.sum()
    e = share.FitnessEnsemble().fit(r, c, links=150)
    assert e.p_active_.sum() == pytest.approx(150)
    np.testing.assert_allclose(e.amount_, np.outer(r, c) / r.sum(), rtol=1e-10)
    z = optimize.brentq(lambda u: (1 - 1 / (1 + np.exp(u) * np.outer(r, c))).sum() - 150, -30, 30, xtol=1e-13)
    np.testing.assert_allclose(e.p_active_, 1 - 1 / (1 + np.exp(z) * np.outer(r, c)), atol=1e-8)
    np.testing.assert_allclose(share.FitnessEnsemble().fit(1000 * r, 1000 * c, links=150).p_active_, e.p_active_, atol=1e-10)  # currency
    known = np.full((20, 30), np.nan)
    known[:, :10] = rng.random((20, 10)) < e.p_active_[:, :10]
    learned = share.FitnessEnsemble().fit(r, c, known=known)
    assert learned.p_active_[:, :10].sum() == pytest.approx(np.nansum(known), abs=1e-6)
    assert (e.draw(1) == e.draw(1)).all() and (e.draw(1) != e.draw(2)).any()
    with pytest.raises(gx.Error, match="give 'links', or some 'known' cells that trade"):
        share.FitnessEnsemble().fit(r, c)


def test_wallet_quantiles_learn_their_quantile() -> None:
    rng = np.random.default_rng(7)
    size = rng.normal(size=1500)
    wallet = np.exp(5 + size)
    own = wallet * rng.uniform(0.2, 1, 1500)
    frame = pd.DataFrame({"customer": np.arange(1500), "own": own, "size": size, "total": np.where(np.arange(1500) < 100, wallet, np.nan)})
    w = share.wallet_quantiles(frame, ["size"])
    assert w["q"][0] >= 0.9 and (w.wallet >= w.own).all() and (w.low <= w.wallet).all() and (w.high >= w.wallet).all()
    assert np.abs(np.log(w.wallet / wallet)).mean() < np.abs(np.log(own / wallet)).mean() / 3
    with pytest.raises(gx.Error, match="3 known totals, at least 8 are needed to choose 'q'; give it"):
        share.wallet_quantiles(frame.assign(total=np.where(np.arange(1500) < 3, wallet, np.nan)), ["size"])


def test_loss_split_with_intervals_adds_up() -> None:
    frame = pd.DataFrame({"customer": ["a", "b"], "own_before": [40.0, 30.0], "wallet_before": [100.0, 60.0], "own_now": [20.0, 15.0],
                          "wallet_now": [100.0, 30.0]})
    plain = share.loss_split(frame)
    wide = share.loss_split(frame.assign(wallet_before_low=[80.0, 50.0], wallet_before_high=[130.0, 75.0], wallet_now_low=[80.0, 25.0],
                                         wallet_now_high=[130.0, 40.0]))
    np.testing.assert_allclose(wide.rivals + wide["size"] + wide.market, wide.change, atol=1e-12)
    assert (wide.rivals_low < plain.rivals).all() and (wide.rivals_high > plain.rivals).all()
    assert wide.p_rivals[0] > 0.95
    exact = {f"wallet_{w}_{e}": frame[f"wallet_{w}"] for w in ("before", "now") for e in ("low", "high")}
    np.testing.assert_allclose(share.loss_split(frame.assign(**exact)).rivals, plain.rivals, atol=1e-12)


def test_entry_watch_holds_its_rate_and_does_not_look_ahead() -> None:
    rng = np.random.default_rng(8)
    quiet = rng.beta(0.5, 3, (3000, 16))
    w = share.entry_watch(quiet, false_alarm=0.1)
    assert 0.08 < (w.alarm >= 0).mean() < 0.12
    later = quiet.copy()
    later[:, 12:] = 0.99
    up = share.entry_watch(later, false_alarm=0.1)
    early = w.alarm.clip(-1) * (w.alarm < 12)
    assert ((w.alarm < 0) | (w.alarm >= 12) | (up.alarm == early)).all()
    assert ((up.alarm >= 12) & (up.alarm <= 15)).mean() > 0.6


def test_update_is_the_row_of_the_fit_and_moves_the_right_way() -> None:
    book = _book()
    model = share.SupplierShares(own="A").fit(book)
    rows = model.shares_
    seen = rows[rows.period == 5].groupby("customer").supplier.nunique()
    who, other = seen.index[seen == 5][:2]  # they bought from all four
    same = model.update(pd.DataFrame({"customer": [who], "supplier": ["A"], "amount": [0.0]}))
    want = rows[(rows.customer == who) & (rows.period == 5)]
    have = same[same.supplier.isin(want.supplier)]
    pd.testing.assert_frame_equal(have.reset_index(drop=True), want.reset_index(drop=True))
    more = model.update(pd.DataFrame({"customer": [who, who, other], "supplier": ["D", "D", "B"], "amount": [500.0, 500.0, 1.0]}))
    assert list(more.customer.unique()) == sorted([who, other])
    at = lambda f, s: float(f[(f.customer == who) & (f.supplier == s)].share.iloc[0])  # noqa: E731
    assert at(more, "D") > at(rows[rows.period == 5], "D") and at(more, "A") < at(same, "A")
    assert more.groupby("customer").share.sum().to_numpy() == pytest.approx([1, 1])
    with pytest.raises(gx.Error, match="row 0: the fit did not know supplier 'Z'; fit again"):
        model.update(pd.DataFrame({"customer": [who], "supplier": ["Z"], "amount": [1.0]}))
    with pytest.raises(gx.Error, match="call fit first"):
        share.SupplierShares().update(book)


def test_sentence_says_what_the_columns_say() -> None:
    book = pd.concat([_book(), pd.DataFrame({"customer": "Kwame", "supplier": ["A", "B"] * 6, "period": np.repeat(np.arange(6), 2),
                                             "amount": [800.0, 200, 700, 300, 500, 500, 400, 600, 200, 800, 100, 900]})])
    model = share.SupplierShares(own="A").fit(book)
    text = model.sentence("Kwame")
    assert text.startswith("In 5 Kwame bought 1,000 in all. Our part is ")
    assert "and is falling (chance" in text and "The largest is B with" in text and text.endswith(").")
    with pytest.raises(gx.Error, match="'Nobody' is not among the customers that bought"):
        model.sentence("Nobody")


def test_pictures_hold_what_the_columns_hold() -> None:
    model = share.SupplierShares(own="A").fit(_book())
    spec = model.picture("C07").to_dict()
    values = spec["layer"][0]["data"]["values"] if "data" in spec["layer"][0] else spec["data"]["values"]
    assert {v["supplier"] for v in values} <= set("ABCD") and {v["period"] for v in values} == set(range(6))
    assert all(v["low"] <= v["share"] <= v["high"] for v in values)
    heat = model.map(customers=10).to_dict()
    cells = heat["layer"][0]["data"]["values"] if "data" in heat["layer"][0] else heat["data"]["values"]
    assert len({v["customer"] for v in cells}) == 10 and all(v["low"] <= v["high"] for v in cells)


def test_rake_gives_factors_alone() -> None:
    rng = np.random.default_rng(9)
    p = rng.gamma(1, size=(40, 30))
    t = rng.gamma(1, size=(40, 30))
    full, few = share.rake(p, t.sum(1), t.sum(0)), share.rake(p, t.sum(1), t.sum(0), matrix=False)
    assert few.matrix is None
    np.testing.assert_array_equal(few.row_factors[:, None] * p * few.column_factors, full.matrix)
    from scipy import sparse
    s = sparse.csr_matrix(np.where(p > 0.7, p, 0.0))
    u = np.where(p > 0.7, t, 0.0)
    both = share.rake(s, u.sum(1), u.sum(0))
    np.testing.assert_allclose(both.matrix.toarray().sum(axis=1), u.sum(1), rtol=1e-6)
    assert share.rake(s, u.sum(1), u.sum(0), matrix=False).matrix is None
    with pytest.raises(gx.Error, match="'prior' has -1.000000 at 3, it must be at least 0 and finite"):
        bad = p.copy()
        bad.flat[3] = -1
        share.rake(bad, t.sum(1), t.sum(0))


def test_likelihood_of_counts_and_its_slope_are_scipys() -> None:
    rng = np.random.default_rng(10)
    x = rng.multinomial(9, rng.dirichlet([0.8, 0.5, 0.3], 500)).astype(np.int64)
    m = share.DirichletMultinomial().fit(x)
    n = x.sum(axis=1)

    def value(a: np.ndarray) -> float:
        s = a.sum()
        return float((special.gammaln(s) - special.gammaln(s + n)).sum() + (special.gammaln(a + x) - special.gammaln(a)).sum())

    assert m.log_likelihood_ == pytest.approx(value(m.alpha_), abs=1e-8)
    a = m.alpha_
    slope = (special.digamma(a.sum()) - special.digamma(a.sum() + n)).sum() + (special.digamma(a + x) - special.digamma(a)).sum(axis=0)
    assert np.abs(slope * a).max() < 1e-4
