"""Relation: lost customers, unlike periods, small books, stickiness, cold start, effort."""

from __future__ import annotations

import guanxi as gx
import numpy as np
import pandas as pd
import pytest
from guanxi import relation as R


def book(customers: int, periods: int, seed: int, exposure: bool = False) -> pd.DataFrame:
    """Two tiers of 1 and 6 orders a period of length 1."""
    rng = np.random.default_rng(seed)
    tier = (rng.uniform(size=customers) < .4).astype(int)
    rows = []
    for t in range(periods):
        tier = np.where(rng.uniform(size=customers) < np.where(tier == 0, .1, .15), 1 - tier, tier)
        length = (0.5, 1.0, 2.0)[t % 3] if exposure else 1.0
        rows.append(pd.DataFrame({"customer": np.arange(customers), "period": t, "orders": rng.poisson(np.array([1, 6])[tier] * length), "length": length}))
    return pd.concat(rows)


def test_lost_is_a_state_below_the_tiers() -> None:
    d = book(300, 12, 1)
    gone = {c: t for c, t in zip(range(0, 300, 4), np.random.default_rng(2).integers(3, 9, 75), strict=True)}
    d.loc[[t >= gone.get(c, 99) for c, t in zip(d.customer, d.period, strict=True)], "orders"] = 0
    t = R.TierModel(tiers=2, emissions={"orders": "negative_binomial"}, lost=True).fit(d)
    assert t.transitions_[0].tolist() == [1, 0, 0] and t.initial_[0] == 0
    last = t.tiers_[t.tiers_.period == 11].set_index("customer")
    assert list(t.tiers_.columns) == ["customer", "period", "tier", "label", "p_lost", "p_0", "p_1", "why"]
    assert last.loc[list(gone), "p_lost"].mean() > .7 and last.p_lost.drop(list(gone)).mean() < .15
    assert (last[last.p_lost > .95].label == "lost").all()
    f = t.forecast(2, d, draws=50)
    assert np.allclose(f[["p_lost", "p_0", "p_1"]].sum(axis=1), 1)
    assert "lost" in repr(t)


def test_exposure_and_a_stationary_start() -> None:
    t = R.TierModel(tiers=2, emissions={"orders": "poisson"}, exposure="length", initial="stationary").fit(book(400, 9, 3, exposure=True))
    assert t.emissions_["orders"]["mean"] == pytest.approx([1, 6], rel=.1)
    np.testing.assert_allclose(t.initial_ @ t.transitions_, t.initial_, atol=1e-12)
    with pytest.raises(gx.Error, match="^relation: 'initial' is 'open', want free or stationary$"):
        R.TierModel(initial="open").fit(book(3, 3, 1))
    with pytest.raises(gx.Error, match="'exposure' is 0.000000 in row 0"):
        R.TierModel(tiers=2, exposure="length").fit(book(3, 3, 1).assign(length=0))


def test_small_books_say_their_prior_and_count_their_tiers() -> None:
    t = R.TierModel(tiers=2).fit(book(50, 10, 4))
    assert t.prior_ == .5 and any(s.startswith("a book of 50 customers: 0.5 starts and moves") for s in t.status_)
    table = R.count_tiers(book(250, 10, 5), most=3, emissions={"orders": "poisson"})
    assert table.loc[table.best, "tiers"].tolist() == [2] and table.parameters.tolist() == [1, 5, 11]


def test_weights_reach_every_curve() -> None:
    t, e, g, w = [1, 2, 3, 4, 5], [1, 0, 2, 1, 0], ["a", "b", "a", "b", "a"], [1, 2, 1, 3, 1]
    many = np.repeat(np.arange(5), w)
    pick = lambda x: np.asarray(x)[many]  # noqa: E731
    assert R.log_rank(t, np.minimum(e, 1), g, w).statistic == pytest.approx(R.log_rank(pick(t), np.minimum(pick(e), 1), pick(g)).statistic)
    np.testing.assert_allclose(R.cumulative_incidence(t, e, w).incidence, R.cumulative_incidence(pick(t), pick(e)).incidence)
    d = R.spread_departure([3, 6], [6, 6], [.4, 1])
    assert d.row.tolist() == [0, 0, 0, 0, 1] and d.weight == pytest.approx([.4, .2, .2, .2, 1])
    assert R.kaplan_meier(d.duration, d.event, weights=d.weight).survival[-1] == pytest.approx(1.4 / 2)


def test_cox_in_strata_with_late_entry_agrees_with_lifelines() -> None:
    lifelines = pytest.importorskip("lifelines")
    from lifelines.datasets import load_rossi

    d = load_rossi()
    d["early"] = np.minimum(d.week - 1, d.index % 4)
    x = d[["fin", "age", "prio"]]
    ours = R.Cox().fit(x, d.week, d.arrest, strata=d.race, entry=d.early, residuals=True)
    theirs = lifelines.CoxPHFitter().fit(d[["fin", "age", "prio", "race", "week", "arrest", "early"]], "week", "arrest", strata="race", entry_col="early")
    np.testing.assert_allclose(ours.coef_, theirs.params_.to_numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours.standard_errors_, theirs.standard_errors_.to_numpy(), rtol=1e-4)
    assert ours.schoenfeld_.shape == (int(d.arrest.sum()), 3) and np.abs(ours.schoenfeld_.sum(0)).max() < 1e-6
    assert ((ours.proportionality_p_ > 0) & (ours.proportionality_p_ <= 1)).all()


def test_stickiness_gives_parts() -> None:
    frame = pd.DataFrame({"customer": ["x"] * 4, "period": [1, 2, 3, 4], "share": [.5, .5, 0, .5], "lines": [1, 2, 0, 1], "all_lines": [2, 2, 2, 2]})
    s = R.stickiness(frame, lines="lines", offered="all_lines")
    assert s.persistence[0] == .5 and s.breadth[0] == .5 and s.persistence_low[0] < .5 < s.persistence_high[0]


def test_portfolio_matrix() -> None:
    m = R.matrix([[.2, .8], [.9, .9]], [[.5], [.5]], errors=[[.1, 0], [.5, .5]], names="krapfel")
    assert m.name == ["rival", "partner"] and m.cell.tolist() == [1, 3]
    np.testing.assert_allclose(m.p.sum(1), 1)
    assert m.status.startswith("cuts run through the errors: 50 %")
    with pytest.raises(gx.Error, match="'names' has 4 entries for 6 cells"):
        R.matrix([[1, 2]], [[.5], [.5, 1]], names="krapfel")


def test_cold_start_sorting_and_firmness() -> None:
    rng = np.random.default_rng(1)
    x, w, t = rng.lognormal(size=(60, 3)), [1, 2, 1], [1, -1, 1]
    profiles, bounds = [[.5, 2, .5], [1.5, .7, 1.5]], np.c_[np.zeros(3), np.full(3, 40.0)]
    assert set(R.flow_sort(x, w, profiles, t)) <= {0, 1, 2} and set(R.topsis_sort(x, w, profiles, bounds, t)) <= {0, 1, 2}
    q = R.copras(x, w, t)
    assert q.max() == 1 and (q > 0).all()
    for method in ("topsis", "vikor", "promethee", "copras"):
        c = R.top_chances(x, w, t, k=5, method=method, draws=100)
        assert c.top.sum() == pytest.approx(5, abs=.5) and ((c.top >= 0) & (c.top <= 1)).all()
        s = R.stability(x, w, t, method=method)
        assert s.tried == 60 and s.turning == (s.turned > 0).sum() and (("rank reversal" in s.status) == (s.turning > 0))


def test_copras_written_out() -> None:
    x = np.random.default_rng(3).lognormal(size=(40, 4))
    w, t = np.array([.4, .3, .2, .1]), np.array([1, -1, 1, -1])
    part = x / x.sum(0) * w
    plus, minus = part[:, t == 1].sum(1), part[:, t == -1].sum(1)
    q = plus + minus.min() * minus.sum() / (minus * (minus.min() / minus).sum())
    np.testing.assert_allclose(R.copras(x, w, t), q / q.max(), atol=1e-12)
    dearer = x.copy()
    at = int(np.argsort(q)[20])
    dearer[at, 1] *= 2  # pymcdm 1.4.0 lets such an account rise
    assert R.copras(dearer, w, t)[at] < R.copras(x, w, t)[at]


def test_effort_has_an_interval_and_feeds_a_plan() -> None:
    a = np.array([[.9, .08, .02], [.1, .8, .1], [.02, .08, .9]])
    v = R.value_of_effort(a, [1_000, 4_000, 9_000], [0, 5, 20], .1)
    assert v.gain.shape == (3, 3) and (v.gain[0] == 0).all() and (v.gain_low[1:] < 0).all() and (v.gain[1:] > 0).all()
    gain, low, high = v.for_accounts([[1, 0, 0], [.2, .3, .5]])
    assert gain.shape == (2, 3) and (low <= gain).all() and (gain <= high).all()
    sure = R.value_of_effort([a, a], [1_000, 4_000, 9_000], [0, 5], .1, mean=.05, sd=0)
    np.testing.assert_allclose(sure.value[0], R.migration_value(a, [1_000, 4_000, 9_000], .1))
    np.testing.assert_allclose(sure.gain_low, sure.gain_high)
