from __future__ import annotations

from typing import Any

import guanxi as gx
import guanxi.plan as plan
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hyp
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_matrix, eye, kron, vstack


def instance(n: int, seed: int = 5) -> tuple[Any, Any, Any]:
    r = np.random.default_rng(seed)
    base, shape = r.lognormal(8, 1.3, n), r.uniform(0.5, 1.6, n)
    v = np.round(base[:, None] * np.array([0, 0.25, 0.6, 1.0]) ** shape[:, None], 2)
    h = np.round(np.array([0, 8, 24, 80.0]) * r.uniform(0.7, 1.3, (n, 1)), 2)
    m = np.round(np.array([0, 200, 1500, 6000.0]) * r.lognormal(0, 0.6, (n, 1)), 2)
    c = np.stack([h, m, np.tile([0, 0, 1, 3.0], (n, 1))], 2)
    return v, c, np.floor(np.floor(0.3 * c[:, 3].sum(0)) * [1, 0.86, 0.95])


def frame(v: Any, c: Any) -> dict[str, Any]:
    n, levels = v.shape
    return {"account": np.repeat([f"A{i:05d}" for i in range(n)], levels), "level": np.tile(np.arange(levels), n), "value": v.ravel(),
            "hours": c[:, :, 0].ravel(), "money": c[:, :, 1].ravel(), "slots": c[:, :, 2].ravel()}


def budgets(b: Any) -> dict[str, float]:
    return dict(zip(["hours", "money", "slots"], map(float, b), strict=True))


def rows(v: Any, c: Any) -> Any:
    n, levels = v.shape
    one = kron(eye(n), np.ones((1, levels)))
    return one, vstack([coo_matrix(c[:, :, k].reshape(1, -1)) for k in range(c.shape[2])])


@pytest.mark.parametrize(("n", "seed"), [(50, 1), (200, 2), (1000, 5)])
def test_the_optimum_is_that_of_milp(n: int, seed: int) -> None:
    v, c, b = instance(n, seed)
    p = plan.allocate(v, b, costs=c, exact=True)
    assert p.status == "optimal"
    one, use = rows(v, c)
    found = milp(-v.ravel(), constraints=[LinearConstraint(one, 1, 1), LinearConstraint(use, -np.inf, b)], bounds=Bounds(0, 1),
                 integrality=np.ones(v.size), options={"mip_rel_gap": 1e-7, "time_limit": 20})
    assert p.value >= -found.fun - 1e-9 * p.value
    assert p.bound >= -found.fun - 1e-9 * p.value
    if found.status == 0:
        assert p.value == pytest.approx(-found.fun, rel=1.1e-7)


def test_prices_and_bound_are_those_of_the_linear_program() -> None:
    v, c, b = instance(1000)
    p = plan.allocate(v, b, costs=c, exact=False)
    one, use = rows(v, c)
    lp = linprog(-v.ravel(), A_ub=use, b_ub=b, A_eq=one, b_eq=np.ones(len(v)), bounds=(0, None), method="highs")
    assert p.bound == pytest.approx(-lp.fun, rel=1e-8)
    assert list(p.prices.values()) == pytest.approx(list(-lp.ineqlin.marginals), rel=2e-3)
    assert p.gap <= 1.5e-4


def test_identity_and_bound_by_numpy() -> None:
    v, c, b = instance(5000, 3)
    p = plan.allocate(v, b, costs=c, exact=False)
    l = np.array(list(p.prices.values()))
    r = v - c @ l
    at = np.arange(len(v))
    dual = l @ b + r.max(1).sum()
    assert dual >= p.bound * (1 - 1e-12)
    parts = (r.max(1) - r[at, p.choices]).sum() + l @ (b - c[at, p.choices].sum(0))
    assert dual - v[at, p.choices].sum() == pytest.approx(parts, abs=1e-11 * dual)
    assert (c[at, p.choices].sum(0) <= b * (1 + 1e-12)).all()


@pytest.mark.parametrize(("make", "kind"), [(pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame), (pa.table, pa.Table)])
def test_the_frame_that_went_in_comes_out(make: Any, kind: type) -> None:
    v, c, b = instance(40)
    p = plan.allocate(make(frame(v, c)), budgets(b))
    assert type(p.choices) is kind
    names = p.choices.column_names if kind is pa.Table else list(p.choices.columns)
    assert names == ["account", "level", "value", "hours", "money", "slots", "loss", "net", "runner_up", "behind", "switch_hours",
                     "switch_money", "switch_slots", "why"]
    assert list(np.asarray(p.choices["level"])) == list(plan.allocate(v, b, costs=c).choices)


@hyp(max_examples=25, deadline=None)
@given(st.integers(2, 60), st.integers(0, 10_000))
def test_rows_budgets_currency_and_threads_change_nothing(n: int, seed: int) -> None:
    v, c, b = instance(n, seed)
    f = pd.DataFrame(frame(v, c))
    want = plan.allocate(f, budgets(b))
    mixed = plan.allocate(f.sample(frac=1, random_state=seed), budgets(b), threads=3)
    assert mixed.choices.equals(want.choices) and mixed.prices == want.prices and mixed.value == want.value
    turned = plan.allocate(f, dict(reversed(budgets(b).items())))
    assert turned.value == pytest.approx(want.value, rel=1e-9)
    rich = plan.allocate(f.assign(value=f.value * 1024), budgets(b))
    assert rich.value == pytest.approx(1024 * want.value, rel=1e-9)
    more = plan.allocate(f, {**budgets(b), "hours": 1.3 * b[0]})
    assert more.value >= want.value * (1 - 1e-9)


def test_a_pin_costs_and_resolve_is_a_fresh_call() -> None:
    v, c, b = instance(300)
    f = pd.DataFrame(frame(v, c))
    p = plan.allocate(f, budgets(b))
    who = p.choices.account[p.choices.level == 0].iloc[0]
    pinned = p.resolve(pins={who: 3})
    assert pinned.value < p.value
    assert pinned.choices.set_index("account").level[who] == 3
    fresh = plan.allocate(f, budgets(b), pins={who: 3})
    assert fresh.value == pytest.approx(pinned.value, rel=1e-12) and fresh.choices.level.equals(pinned.choices.level)
    less = p.resolve(budgets={"hours": 0.9 * b[0]})
    again = plan.allocate(f, {**budgets(b), "hours": 0.9 * b[0]})
    assert less.value == pytest.approx(again.value, rel=1e-12)
    worth = p.resolve(values={(who, 3): 1e9})
    assert worth.choices.set_index("account").level[who] == 3


def test_floors_caps_and_their_prices() -> None:
    v, c, b = instance(300)
    f = pd.DataFrame(frame(v, c)).assign(region=np.repeat(np.where(np.arange(300) % 3 == 0, "north", "south"), 4))
    free = plan.allocate(f, budgets(b))
    north = free.choices.hours[np.arange(300) % 3 == 0].sum()
    p = plan.allocate(f, budgets(b), region="region", floors={("north", "hours"): 1.1 * north}, caps={("south", "money"): 0.2 * b[1]})
    assert p.choices.hours[np.arange(300) % 3 == 0].sum() >= 1.1 * north - 1e-6
    assert p.choices.money[np.arange(300) % 3 != 0].sum() <= 0.2 * b[1] + 1e-6
    assert p.floor_prices[("north", "hours")] >= 0 and p.cap_prices[("south", "money")] > 0
    assert p.value < free.value


def test_price_intervals_and_explain() -> None:
    v, c, b = instance(300)
    p = plan.allocate(pd.DataFrame(frame(v, c)), budgets(b))
    between = p.price_intervals
    assert (between.next <= between.price).all() and (between.price <= between["last"]).all()
    why = p.explain("A00007")
    assert why.level == p.choices.level[7] and "A00007: level" in repr(why)
    assert why.net == pytest.approx(p.choices.net[7])


def test_least_hours_for_a_target() -> None:
    v, c, b = instance(200)
    f = pd.DataFrame(frame(v, c))
    p = plan.allocate(f, budgets(b))
    found = plan.least(f, {"money": b[1], "slots": b[2]}, vary="hours", target=0.9 * p.value)
    assert found.plan.value >= 0.9 * p.value
    assert found.at_least <= found.amount <= b[0] * 1.0001
    with pytest.raises(gx.Error, match="infeasible: the target is"):
        plan.least(f, budgets(b), vary="hours", target=100 * p.value)


SMALL = {"account": ["x", "x", "y", "y"], "level": [0, 1, 0, 1], "value": [0.0, 7.0, 0.0, 5.0], "hours": [2.0, 3.0, 1.0, 4.0],
         "region": ["n", "n", "s", "s"]}


@pytest.mark.parametrize(("change", "given_", "sentence"), [
    ({}, {"budgets": {"hors": 3}}, "plan.allocate: no column 'hors' among .*; did you mean 'hours'"),
    ({}, {"budgets": {"hours": 1}}, r"plan.allocate: infeasible: 'hours' needs at least 3, budget 1: raise it by 2 or free one of x, y \(largest first\)"),
    ({}, {"budgets": {"hours": -1}}, "plan::allocate: budget 'hours' is -1, wanted >= 0"),
    ({}, {"budgets": {}}, "plan.allocate: 'budgets' is empty"),
    ({"value": [0.0, float("nan"), 0.0, 5.0]}, {}, "plan.allocate: 'value' of account 'x' level 1 is nan, wanted a finite number"),
    ({"hours": [0.0, 1.0, -2.0, 5.0]}, {}, "plan.allocate: 'hours' of account 'y' level 0 is -2, wanted a number >= 0"),
    ({"level": [0, 0, 0, 1]}, {}, "plan.allocate: account 'x' has level 0 twice, wanted one row each"),
    ({}, {"pins": {"z": 1}}, "plan.allocate: pins names account 'z', which is not among the 2 of the options"),
    ({}, {"pins": {"y": 9}}, "plan.allocate: pins names level 9 of account 'y', which has 0, 1"),
    ({}, {"floors": {("n", "hours"): 1}}, "plan.allocate: 'floors' is given without 'region'"),
    ({}, {"floors": {("q", "hours"): 1}, "region": "region"}, "plan.allocate: 'floors' names group 'q'"),
    ({}, {"floors": {("n", "hours"): 8}, "region": "region"}, "infeasible: the floor of n on 'hours' asks 8, at most 3 can be met"),
    ({"region": ["n", "s", "s", "s"]}, {"region": "region"}, "plan.allocate: account 'x' stands in several groups"),
    ({}, {"exact": "maybe"}, "plan.allocate: 'exact' is 'maybe', wanted True, False or 'auto'"),
])
def test_refusals(change: dict[str, Any], given_: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gx.Error, match=sentence):
        plan.allocate(pd.DataFrame({**SMALL, **change}), **{"budgets": {"hours": 100}, **given_})


def test_arrays_of_unlike_shape() -> None:
    with pytest.raises(gx.Error, match=r"'costs' has shape \(2, 3, 1\), wanted \(2, 2\) x budgets"):
        plan.allocate(np.zeros((2, 2)), [1.0], costs=np.zeros((2, 3)))


def test_the_print_is_an_answer_and_the_log_repeats() -> None:
    p = plan.allocate(pd.DataFrame(SMALL), {"hours": 6})
    assert repr(p).splitlines()[0] == "Plan: 1 of 2 accounts; gain 7; 4 of 6 hours; optimal"
    assert repr(p).splitlines()[2] == ("simple rules with the same budgets: the same for all 0 (-100 %); gain per unit of the first budget 7 (+0 %)")
    assert repr(p).splitlines()[3].split() == ["account", "level", "gain", "hours", "net"]
    assert repr(p).splitlines()[4].split()[:4] == ["x", "1", "7", "3"]
    assert "<table>" in p._repr_html_()
    assert p.log == plan.allocate(pd.DataFrame(SMALL), {"hours": 6}).log


def test_no_accounts() -> None:
    p = plan.allocate(pd.DataFrame(SMALL).iloc[:0], {"hours": 6})
    assert p.value == 0 and p.status == "optimal" and len(p.choices) == 0


def test_the_columns_of_the_choices_agree_with_explain() -> None:
    v, c, b = instance(200)
    p = plan.allocate(pd.DataFrame(frame(v, c)), budgets(b))
    for i in (0, 7, 55, 199):
        why = p.explain(p.choices.account[i])
        row = p.choices.iloc[i]
        assert row.runner_up == why.runner_up and row.value == why.value
        want = why.switching["hours"]
        assert (want is None and np.isnan(row.switch_hours)) or row.switch_hours == pytest.approx(want)


def test_rules_are_beaten_and_todays_plan_is_never_undercut() -> None:
    v, c, b = instance(300)
    r = np.random.default_rng(3)
    f = pd.DataFrame(frame(v, c)).assign(revenue=np.repeat(v[:, 3] * r.lognormal(0, 1, 300), 4))
    p = plan.allocate(f, budgets(b), revenue="revenue")
    assert list(p.baselines.rule) == ["by revenue", "ABC", "the same for all", "gain per unit of the first budget"]
    assert (p.baselines.regret > 0).all() and (p.baselines.used_hours <= b[0] + 1e-6).all()
    best = np.repeat(plan.allocate(v, b, costs=c, exact=True).choices, 4)
    kept = plan.allocate(f.assign(today=best), budgets(b), present="today", exact=False)
    assert kept.value == pytest.approx(v[np.arange(300), best[::4]].sum())
    assert kept.baselines.regret[0] == pytest.approx(0, abs=1e-6)
    with pytest.raises(gx.Error, match="plan.allocate: 'today' of account 'A00000' is none of its levels"):
        plan.allocate(f.assign(today=9), budgets(b), present="today")


def test_draws_with_common_factors_and_the_log() -> None:
    v, c, b = instance(120)
    f = pd.DataFrame(frame(v, c)).assign(country=np.repeat(np.where(np.arange(120) < 80, "x", "y"), 4)).sample(frac=1, random_state=1)
    d = plan.common_draws(f, draws=300, factors={"country": 0.6}, own=0.2, seed=4)
    assert d.shape == (480, 300)
    assert np.allclose(plan.common_draws(f.iloc[::-1], draws=300, factors={"country": 0.6}, own=0.2, seed=4)[::-1], d)
    plain, careful = (plan.allocate(f, budgets(b), draws=d, risk=risk) for risk in (0.0, 0.9))
    assert plain.mean is not None and careful.mean is not None and plain.cvar is not None and careful.cvar is not None
    assert careful.cvar >= plain.cvar * (1 - 1e-9) and careful.mean <= plain.mean * (1 + 1e-9)
    assert careful.value <= careful.bound and {"low", "high", "chance"} <= set(careful.choices.columns)
    assert (careful.choices.low <= careful.choices.high).all()
    again = plan.allocate(f.sort_index(), budgets(b), draws=d[np.argsort(f.index)], risk=0.9, threads=3)
    assert again.log == careful.log and again.choices.level.equals(careful.choices.level)
    with pytest.raises(gx.Error, match="'draws' hold NaN"):
        plan.allocate(f, budgets(b), draws=np.full((480, 3), np.nan))


def test_the_cost_of_a_pin_is_at_least_what_the_prices_say() -> None:
    v, c, b = instance(200)
    p = plan.allocate(pd.DataFrame(frame(v, c)), budgets(b))
    who = p.choices.account[p.choices.level == 0].iloc[0]
    cost, sure = p.cost_of_pin(who, 3)
    assert cost >= sure - 1e-6 and cost > 0


def test_the_pool_takes_what_waits_in_vain() -> None:
    idle = pd.DataFrame({"account": ["busy", "sleepy", "steady"], "owner_gain": [100.0, 100.0, 100.0], "pool_gain": [80.0, 80.0, 80.0],
                         "act": [0.9, 0.05, 0.05], "decay": [0.2, 0.2, 0.0]})
    out = plan.pool(idle).set_index("account")
    assert out.give_back.to_dict() == {"sleepy": True, "busy": False, "steady": False}
    assert out.keep["steady"] == pytest.approx(100)
    wait = sum((0.95 * 0.8) ** t * 0.05 * 100 for t in range(500))
    assert out.keep["sleepy"] == pytest.approx(wait) and out.lost["sleepy"] == pytest.approx(80 - wait)
    with pytest.raises(gx.Error, match="plan::pool_rule: 'act' of account 0 is 1.5"):
        plan.pool(idle.assign(act=1.5))


def test_a_try_is_worth_what_it_can_change() -> None:
    kg = plan.knowledge_gradient([[0.0, -1.0], [0.0, -1.0]], [[0.0, 0.0], [0.0, 2.0]])
    assert kg[0] == 0.0 and kg[1] == pytest.approx(2 * (0.3520653 - 0.5 * 0.3085375), rel=1e-5)
