"""Continuous effort and managers, from Python."""

from __future__ import annotations

from typing import Any

import guanxi as gx
import guanxi.plan as plan
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hyp
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix, vstack


def curves(n: int, seed: int) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    low = r.uniform(0, 50, n)
    return pd.DataFrame({"account": [f"A{i:04d}" for i in range(n)], "low": low, "high": low + r.lognormal(5, 1, n), "half": r.uniform(5, 30, n),
                         "power": r.uniform(0.5, 3, n), "most": 80.0})


def test_spread_gives_the_kind_back_and_its_bound_is_that_of_numpy() -> None:
    f = curves(300, 1)
    s = plan.spread(f, budget=3_000)
    assert isinstance(s.choices, pd.DataFrame) and list(s.choices.columns) == ["account", "effort", "value", "gain", "slope"]
    assert isinstance(plan.spread(pl.from_pandas(f), budget=3_000).choices, pl.DataFrame)
    x = np.linspace(0, 80, 8001)
    curve = f.low.to_numpy()[:, None] + (f.high - f.low).to_numpy()[:, None] / (1 + (f.half.to_numpy()[:, None] / np.maximum(x, 1e-9)) ** f.power.to_numpy()[:, None])
    curve[:, 0] = f.low
    bound = s.price * 3_000 + (curve - s.price * x).max(1).sum()
    assert s.value <= s.bound <= bound * (1 + 1e-5)
    assert s.choices.effort.sum() == pytest.approx(3_000) and s.gap <= 1e-5
    equal = f.low + (f.high - f.low) / (1 + (f.half / 10) ** f.power)
    assert s.value > equal.sum()


def test_simple_rules_stand_beside_spread_and_assign() -> None:
    f = curves(60, 2)
    s = plan.spread(f, budget=600.0)
    equal = f.low + (f.high - f.low) / (1 + (f.half / 10.0) ** f.power)
    assert s.baselines.value[0] == pytest.approx(equal.sum()) and (s.baselines.regret >= -1e-6 * s.value).all()
    assert "simple rules with the same budget: the same for all " in repr(s)
    f = offers(60, 4, 1)
    cap = 1.1 * f.groupby("account").hours.min().sum() / 4
    a = plan.assign(f, cap)
    assert a.baselines.rule[0] == "largest value first" and a.baselines.value[0] <= a.bound
    assert a.baselines.regret[0] == pytest.approx(a.value - a.baselines.value[0])


@hyp(max_examples=20, deadline=None)
@given(st.integers(2, 30), st.integers(0, 10_000))
def test_spread_does_not_look_at_the_order_of_rows_or_the_currency(n: int, seed: int) -> None:
    f = curves(n, seed)
    want = plan.spread(f, budget=8.0 * n)
    turned = plan.spread(f.iloc[::-1].reset_index(drop=True), budget=8.0 * n)
    assert turned.value == pytest.approx(want.value, rel=2e-6)
    rich = plan.spread(f.assign(low=1000 * f.low, high=1000 * f.high), budget=8.0 * n)
    assert rich.value == pytest.approx(1000 * want.value, rel=2e-6)
    assert plan.spread(f, budget=9.0 * n).bound >= want.value


def test_the_four_answers_make_the_curve() -> None:
    asked = pd.DataFrame({"account": ["a", "b"], "effort": [10.0, 4.0], "none": [0.0, 10.0], "now": [40.0, 15.0], "more": [60.0, 18.0], "saturation": [100.0, 30.0]})
    c = plan.answers(asked)
    for x, word in ((10.0, "now"), (15.0, "more")):
        effort = x * asked.effort / 10
        assert np.allclose(c.low + (c.high - c.low) / (1 + (c.half / effort) ** c.power), asked[word])
    with pytest.raises(gx.Error, match="plan.answers: account 'b' answers none 10, now 15 at 4 hours, half more 14"):
        plan.answers(asked.assign(more=[60.0, 14.0]))


def offers(n: int, managers: int, seed: int) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    worth, hours = r.lognormal(3, 1, n), r.lognormal(2, 0.5, n)
    rows = [(f"A{i:04d}", f"M{m}", round(worth[i] * r.uniform(0.6, 1), 3), round(hours[i] * r.uniform(1, 1.4), 2))
            for i in range(n) for m in range(managers) if m == i % managers or r.uniform() < 0.7]
    return pd.DataFrame(rows, columns=["account", "manager", "value", "hours"])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_assign_against_milp(seed: int) -> None:
    f = offers(60, 4, seed)
    cap = round(1.15 * f.groupby("account").hours.min().sum() / 4, 2)
    a = plan.assign(f, cap, 0.8 * cap)
    n, m = 60, 4
    who = f.account.str[1:].astype(int).to_numpy()
    whom = f.manager.str[1:].astype(int).to_numpy()
    one = coo_matrix((np.ones(len(f)), (who, np.arange(len(f)))), (n, len(f)))
    load = coo_matrix((f.hours, (whom, np.arange(len(f)))), (m, len(f)))
    found = milp(-f.value, constraints=LinearConstraint(vstack([one, load]), np.r_[np.ones(n), np.full(m, 0.8 * cap)], np.r_[np.ones(n), np.full(m, cap)]),
                 bounds=Bounds(0, 1), integrality=np.ones(len(f)), options={"mip_rel_gap": 1e-9, "time_limit": 20})
    assert a.bound >= -found.fun * (1 - 1e-9)
    assert a.value <= -found.fun * (1 + 1e-8)
    assert a.value >= -found.fun * (1 - 2e-3)
    loads = a.choices.groupby("manager").hours.sum()
    assert (loads <= cap + 1e-9).all() and (loads >= 0.8 * cap - 1e-9).all()
    assert sum(len(s) for s in a.sheets.values()) == n
    assert a.choices.why.str.contains("hours, worth").all()


def test_who_had_the_account_keeps_it_unless_it_pays() -> None:
    f = offers(80, 4, 5)
    cap = 1.3 * f.groupby("account").hours.min().sum() / 4
    free = plan.assign(f, cap)
    old = {r.account: r.manager for r in f.groupby("account").head(1).itertuples()}
    stays = plan.assign(f, cap, present=old, moving=1e6)
    cheap = plan.assign(f, 2 * cap, present=old, moving=0.01)
    assert stays.moves <= cheap.moves
    assert plan.assign(f, 10 * cap, present=old, moving=1e6).moves == 0
    with pytest.raises(gx.Error, match="infeasible: without 'M0' nobody may take account 'A0028' and 1 more"):
        free.without("M0")
    roomy = plan.assign(f[~f.account.isin({"A0028", *(a for a in f.account.unique() if f[f.account == a].manager.nunique() == 1)})], 2 * cap)
    fewer = roomy.without("M0")
    assert fewer.value < roomy.value and "M0" not in fewer.loads
    pinned = plan.assign(f, cap, pins={"A0001": "M1"})
    assert pinned.choices.set_index("account").manager["A0001"] == "M1"


def test_balance_keeps_portfolios_alike() -> None:
    f = offers(80, 4, 7)
    sales = pd.Series(np.random.default_rng(1).lognormal(4, 0.7, 80), index=[f"A{i:04d}" for i in range(80)])
    f["sales"] = f.account.map(sales)
    cap = 1.6 * f.groupby("account").hours.min().sum() / 4
    a = plan.assign(f, cap, balance={"sales": 0.05})
    held = a.choices.assign(sales=a.choices.account.map(sales)).groupby("manager").sales.sum()
    assert (abs(held / held.mean() - 1) <= 0.05 + 1e-9).all()


def joint(n: int, managers: int, seed: int) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        top, skill = r.lognormal(8, 1), r.uniform(0.6, 1, managers)
        for j, (part, hours, money) in enumerate([(0, 0, 0), (0.25, 8, 200), (0.6, 24, 1500), (1.0, 80, 6000)]):
            rows += [(f"A{i:04d}", f"M{m}", j, round(top * part * skill[m], 2), float(hours), float(money)) for m in range(managers)]
    return pd.DataFrame(rows, columns=["account", "manager", "level", "value", "hours", "money"])


def test_levels_and_managers_together_beat_one_after_the_other() -> None:
    f = joint(60, 3, 3)
    hours, money = 700.0, 90_000.0
    both = plan.assign(f, hours, level="level", budgets={"money": money})
    assert both.gap <= 5e-3 and both.budget_prices["money"] >= 0
    assert (both.choices.groupby("manager").hours.sum() <= hours + 1e-9).all() and both.choices.money.sum() <= money + 1e-9
    best = f.groupby(["account", "level"], as_index=False).agg(value=("value", "max"), hours=("hours", "first"), money=("money", "first"))
    first = plan.allocate(best, {"hours": 3 * hours, "money": money})
    chosen = f.merge(first.choices[["account", "level"]], on=["account", "level"])
    after = plan.assign(chosen, hours)
    assert both.value >= after.value * (1 - 1e-3)
    assert both.bound >= after.value


def test_a_row_without_a_manager_needs_nobody() -> None:
    f = joint(40, 3, 4)
    free = pd.concat([f[f.level > 0], f[(f.level == 0) & (f.manager == "M0")].assign(manager=None)], ignore_index=True)
    a, b = (plan.assign(x, 300.0, level="level", budgets={"money": 40_000.0}) for x in (f, free))
    assert b.value == pytest.approx(a.value, rel=5e-3) and abs(b.bound / a.bound - 1) < 1e-3
    idle = b.choices[b.choices.manager.isna()]
    assert len(idle) and (idle.level == 0).all() and (b.choices[b.choices.level == 0].manager.isna()).all()
    assert sum(len(s) for s in b.sheets.values()) == 40 - len(idle)
    gone = b.without("M2")
    assert gone.value <= b.bound and set(gone.choices.manager.dropna()) <= {"M0", "M1"}
    with pytest.raises(gx.Error, match="no row of 'manager' names anybody"):
        plan.assign(free[free.level == 0], 300.0)


def test_pairs_need_a_common_language_and_count_travel() -> None:
    a = pd.DataFrame({"account": ["Lima", "Oslo"], "value": [100.0, 80.0], "hours": [10.0, 5.0], "languages": ["es", ""], "skills": [["coffee", "cocoa"], []],
                      "latitude": [-12.0, 59.9], "longitude": [-77.0, 10.7], "visits": [2.0, 0.0]})
    m = pd.DataFrame({"manager": ["Ana", "Kai"], "languages": ["es pt", "no en"], "skills": [["coffee"], []], "latitude": [40.4, 59.9], "longitude": [-3.7, 10.7]})
    p = plan.pairs(a, m)
    assert list(zip(p.account, p.manager, strict=True)) == [("Lima", "Ana"), ("Oslo", "Ana"), ("Oslo", "Kai")]
    assert p.value[0] == 75.0 and p.distance[0] == pytest.approx(9_520, rel=0.02)
    assert p.hours[0] == pytest.approx(10 + 2 * 2 * 2.5 * p.distance[0] / 1000)
    assert len(plan.pairs(a, m, farthest=500)) == 1


@pytest.mark.parametrize(("call", "sentence"), [
    ({"capacity": 1.0}, "plan.assign: infeasible: capacity is short: the accounts that only M0, M1, M2 can take need at least"),
    ({"capacity": {"M0": 5.0}}, "plan.assign: 'capacity' has no entry for manager 'M1'"),
    ({"capacity": {"M0": 5.0, "M1": 5, "M2": 5, "X": 1}}, "plan.assign: 'capacity' names manager 'X', which is not in the pairs"),
    ({"capacity": 1e4, "floor": 9e3}, "plan.assign: infeasible: the floor is more than all its accounts can fill: M0 must have 9,000 hours"),
    ({"capacity": 1e4, "pins": {"A0001": "M9"}}, "plan.assign: pins name 'A0001' to 'M9', which is not in the pairs"),
])
def test_refusals_of_assign(call: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gx.Error, match=sentence):
        plan.assign(offers(30, 3, 1), **call)


def test_the_prints_are_answers() -> None:
    assert repr(plan.assign(offers(30, 3, 1), 1e4)).splitlines()[0].startswith("Assignment: 30 accounts to 3 managers; value ")
    assert repr(plan.spread(curves(20, 1), budget=100)).startswith("Spread: 100.0 of 100.0 over ")
