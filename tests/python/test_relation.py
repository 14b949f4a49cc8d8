from __future__ import annotations

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from guanxi import relation as R
from hypothesis import given, settings
from hypothesis import strategies as st

DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
LEFT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
BOOK = {"customer": ["a", "b"], "share": [0.42, None], "orders_year": [14.0, 2.0], "tenure": [5.0, 0.5], "value_year": [9e3, 1e3]}
PI = [.55, .25, .15, .05]
A = [[.90, .08, .015, .005], [.08, .82, .09, .01], [.02, .08, .82, .08], [.01, .01, .08, .90]]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_tier_rule_gives_the_frame_back_in_kind(frame: object) -> None:
    out = R.tier_rule(frame(BOOK))  # type: ignore[operator]
    assert type(out) is type(frame(BOOK))  # type: ignore[operator]
    why = list(out["why"]) if not isinstance(out, pa.Table) else out["why"].to_pylist()
    assert why[0].startswith("42 % of its purchases") and "partnership" in why[0]
    assert "its total purchases are not known" in why[1]


def test_kept_cuts_give_the_same_tiers() -> None:
    kept = R.tier_cuts(pd.DataFrame(BOOK))
    pd.testing.assert_frame_equal(R.tier_rule(pd.DataFrame(BOOK)), R.tier_rule(pd.DataFrame(BOOK), cuts=kept))
    with pytest.raises(gx.Error, match="no cut 'shares'"):
        R.tier_rule(pd.DataFrame(BOOK), cuts={"shares": 1})


def test_movement_counts() -> None:
    m = R.movement(pd.DataFrame({"customer": list("aabb"), "period": ["2019H1", "2019H2"] * 2, "tier": [0, 1, 2, 2]}))
    assert m.counts[0, 1] == 1 and m.counts[2, 2] == 1 and list(m.by_period["up"]) == [1]
    assert "2 moves" in repr(m)


def test_a_doubled_row_is_told_with_the_callers_names() -> None:
    rows = {"customer": ["b", "a", "b", "b"], "period": ["2019H1", "2019H1", "2019H2", "2019H2"], "tier": [0, 1, 1, 2]}
    with pytest.raises(gx.Error, match="^relation: two rows for customer b, period 2019H2$") as told:
        R.movement(rows)
    assert told.value.code == "duplicate"
    with pytest.raises(gx.Error, match="'level' is 2"):
        R.movement({"customer": ["a"], "period": [1], "tier": [0]}, level=2.0)


def test_the_reference_chain() -> None:
    t = R.TierModel.given(PI, A, {"orders": {"family": "poisson", "rate": [.5, 2, 4, 8]}})
    panel = pd.DataFrame({"customer": "x", "period": range(1, 7), "orders": [1, 0, 3, None, 6, 9]})
    f = t.filter(panel)
    assert f["p_vendor"][0] == pytest.approx(.679172087, abs=1e-9)
    assert f["p_alliance"][5] == pytest.approx(.763485390, abs=1e-9)
    ahead = t.forecast(2, panel)
    assert ahead[["p_vendor", "p_preferred", "p_partnership", "p_alliance"]].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_fit_learns_and_prints() -> None:
    g = np.random.default_rng(1)
    rows = [(i, p, g.poisson([1, 9][i % 2])) for i in range(60) for p in range(8)]
    t = R.TierModel(tiers=2, emissions={"orders": "poisson"}).fit(pd.DataFrame(rows, columns=["customer", "period", "orders"]))
    assert t.emissions_["orders"]["mean"] == pytest.approx([1, 9], rel=.15)
    assert np.all(np.diff(t.history_) >= -1e-9 * abs(t.history_[-1]))
    assert "TierModel: 2 tiers" in repr(t) and len(t.tiers_) == 480


def test_retention_against_published_values() -> None:
    k = R.kaplan_meier(DRUG, LEFT, level=.95)
    assert (k.median, k.median_low) == (23, 16) and np.isnan(k.median_high)
    time, event, drug = DRUG + CONTROL, LEFT + [1] * 21, [1] * 21 + [0] * 21
    assert R.log_rank(time, event, drug).statistic == pytest.approx(16.79294099, abs=1e-8)
    c = R.Cox().fit(np.array(drug)[:, None], time, event)
    assert c.coef_[0] == pytest.approx(-1.5721251488, abs=1e-8)
    assert c.standard_errors_[0] == pytest.approx(.4123967177, abs=1e-8)


def test_cox_agrees_with_lifelines_to_its_precision() -> None:
    lifelines = pytest.importorskip("lifelines")
    from lifelines.datasets import load_rossi

    d = load_rossi()
    x = d.drop(columns=["week", "arrest"])
    ours = R.Cox().fit(x, d["week"], d["arrest"])
    theirs = lifelines.CoxPHFitter().fit(d, "week", "arrest")
    np.testing.assert_allclose(ours.coef_, theirs.params_.to_numpy(), rtol=1e-4, atol=1e-6)
    assert ours.concordance_ == pytest.approx(theirs.concordance_index_, abs=1e-6)


def test_ranking_agrees_with_pymcdm() -> None:
    methods = pytest.importorskip("pymcdm.methods")
    weigh = pytest.importorskip("pymcdm.weights")
    x = np.random.default_rng(3).lognormal(size=(40, 4))
    w, t = np.array([.4, .3, .2, .1]), np.array([1, -1, 1, 1])
    np.testing.assert_allclose(R.topsis(x, w, t), methods.TOPSIS(normalization_function=__import__("pymcdm.normalizations").normalizations.vector_normalization)(x, w, t), atol=1e-12)
    np.testing.assert_allclose(R.vikor(x, w, t), methods.VIKOR()(x, w, t), atol=1e-12)
    np.testing.assert_allclose(R.promethee(x, w, t, preference="usual").net, methods.PROMETHEE_II("usual")(x, w, t), atol=1e-12)
    np.testing.assert_allclose(R.weights(x, "entropy"), weigh.entropy_weights(x), atol=1e-12)
    np.testing.assert_allclose(R.weights(x, "critic"), weigh.critic_weights(x), atol=1e-12)


def test_migration_value_of_one_live_state() -> None:
    assert R.migration_value([[.8, .2], [0, 1]], [7, 0], .15)[0] == pytest.approx(7 * 1.15 / .35)
    with pytest.raises(gx.Error, match="row 1 sums to 0.97, want 1"):
        R.migration_value([[.5, .5], [.5, .47]], [1, 2], .1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=60), st.integers(0, 3))
def test_net_flows_sum_to_zero_and_follow_the_value(values: list[int], q: int) -> None:
    net = R.promethee(np.array(values, float)[:, None], [1.0], q=q, p=q + 2).net
    assert abs(net.sum()) < 1e-10
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(net[order]) >= -1e-12)


def test_bad_input_speaks() -> None:
    with pytest.raises(gx.Error, match="^relation: 'cause' is -1 in row 1, want a whole number, 0 to 255$"):
        R.cumulative_incidence([1, 2], [1, -1])
    with pytest.raises(gx.Error, match="'event' is 256 in row 0"):
        R.kaplan_meier([1, 2], np.array([256, 1]))
    with pytest.raises(gx.Error, match="'event' is nan in row 1"):
        R.log_rank([1, 2], [1, np.nan], [0, 1])
    with pytest.raises(gx.Error, match="'event' is 0.5 in row 0"):
        R.Cox().fit([[1.0], [2.0]], [1, 2], [0.5, 1])
    with pytest.raises(gx.Error, match="'weights' has 2 entries, 'x' has 3 columns"):
        R.topsis(np.ones((2, 3)), [1, 1])
    with pytest.raises(gx.Error, match="no column 'period'"):
        R.TierModel().fit(pd.DataFrame({"customer": [1], "orders": [2]}))
    with pytest.raises(gx.Error, match="call fit first"):
        R.TierModel().filter(pd.DataFrame({"customer": [1], "period": [1], "orders": [2]}))
