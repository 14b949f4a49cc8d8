"""Reasons, logs that make a plan again, prices over draws, curves in doubt, relaxation, HiGHS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import guanxi as gx
import guanxi.plan as plan
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hyp
from hypothesis import strategies as st
from test_plan import SMALL, budgets, frame, instance

OPTIONS = pd.DataFrame({
    "account": ["Accra", "Accra", "Accra", "Bergen", "Bergen", "Cadiz", "Cadiz"], "level": ["hold", "call", "visit", "hold", "call", "hold", "call"],
    "value": [0.0, 9_000, 14_000, 0, 6_000, 0, 2_000], "hours": [0.0, 10, 24, 0, 12, 0, 8], "money": [0.0, 500, 900, 0, 200, 0, 100]})


def test_why_says_what_is_gained_given_up_and_near() -> None:
    p = plan.allocate(OPTIONS, {"hours": 24, "money": 1_500})
    why = p.choices.set_index("account").why
    assert why["Accra"].startswith("gains 9,000 for 10 hours, 500 money, ")
    assert why["Cadiz"].startswith("no effort here gains what it costs elsewhere; nearest call, which falls short by ")
    held = p.resolve(pins={"Cadiz": "call"}).choices.set_index("account").why
    assert "held by hand" in held["Cadiz"]
    assert all(text.endswith(".") and "nan" not in text for text in [*why, *held])


def test_why_of_a_compromise_names_what_does_not_fit() -> None:
    v, c, b = instance(200)
    p = plan.allocate(pd.DataFrame(frame(v, c)), budgets(b))
    given_up = p.choices[p.choices.behind < 0]
    assert len(given_up) and given_up.why.str.contains("more, but does not fit the budgets").all()


def test_a_log_makes_the_plan_again_after_a_way_through_json() -> None:
    v, c, b = instance(120)
    f = pd.DataFrame(frame(v, c)).assign(region=np.repeat(np.where(np.arange(120) % 3 == 0, "north", "south"), 4))
    p = plan.allocate(f, budgets(b), region="region", floors={("north", "hours"): 100.0}, pins={"A00003": np.int64(1)}, excluded=[("A00004", 3)],
                      noted={"seed": 7, "export": "2026-11-01"})
    log = json.loads(json.dumps(p.log))
    assert log["noted"] == {"seed": 7, "export": "2026-11-01"}
    again = plan.reproduce(log, f.sample(frac=1, random_state=1), threads=2)
    assert again.log["plan"] == log["plan"] and again.value == p.value
    with pytest.raises(gx.Error, match="plan.reproduce: 'options' are not those of the log"):
        plan.reproduce(log, f.assign(value=f.value * 1.001))
    with pytest.raises(gx.Error, match="plan.reproduce: the inputs are those of the log, the plan is another one .version .* then"):
        plan.reproduce({**log, "plan": "0"}, f)
    arrays = plan.allocate(v, b, costs=c)
    assert plan.reproduce(json.loads(json.dumps(arrays.log)), v, costs=c).log == arrays.log


def test_a_log_of_draws_wants_the_same_draws() -> None:
    v, c, b = instance(60)
    f = pd.DataFrame(frame(v, c))
    d = plan.common_draws(f, draws=50, seed=3)
    p = plan.allocate(f, budgets(b), draws=d, risk=0.5, noted={"seed": 3})
    log = json.loads(json.dumps(p.log))
    assert plan.reproduce(log, f, draws=plan.common_draws(f, draws=50, seed=3)).log == p.log
    with pytest.raises(gx.Error, match="plan.reproduce: 'draws' are not those of the log"):
        plan.reproduce(log, f, draws=plan.common_draws(f, draws=50, seed=4))


def test_prices_over_draws_are_those_of_each_draw_solved_afresh() -> None:
    v, c, b = instance(150)
    f = pd.DataFrame(frame(v, c)).assign(country=np.repeat(np.arange(150) % 5, 4))
    d = plan.common_draws(f, draws=20, factors={"country": 0.4}, seed=2)
    p = plan.allocate(f, budgets(b), draws=d)
    each = [plan.allocate(f.assign(value=d[:, w].astype(float)), budgets(b), exact=False) for w in range(20)]
    between = p.price_intervals
    hours = np.sort([e.prices["hours"] for e in each])
    assert between.low[0] == pytest.approx(hours[1], rel=0.02) and between.high[0] == pytest.approx(hours[18], rel=0.02)
    firm = p.firmness
    level = p.choices.level.to_numpy()
    fresh = np.mean([e.choices.level.to_numpy() >= level for e in each], axis=0)
    assert np.abs(firm.firm - fresh).mean() < 0.02  # a plan mends what prices leave open in some accounts
    assert ((firm.firm >= 0) & (firm.firm <= 1)).all() and (firm.firm[level == 0] == 1).all()
    with pytest.raises(gx.Error, match="made without draws"):
        _ = plan.allocate(f, budgets(b)).firmness


def test_the_price_falls_along_its_curve() -> None:
    v, c, b = instance(300)
    p = plan.allocate(pd.DataFrame(frame(v, c)), budgets(b))
    curve = p.price_curve("hours", (0.0, 0.5, 0.9, 1.0, 1.1, 3.0))
    assert (np.diff(curve.gain) >= -1e-6 * p.value).all() and (np.diff(curve.price[1:]) <= 1e-6).all()
    assert curve.price.iloc[-1] == 0.0 and curve.gain[3] == pytest.approx(p.value, rel=2e-4)
    tight = plan.allocate(pd.DataFrame(SMALL), {"hours": 6}).price_curve("hours", (0.1, 1.0))
    assert np.isnan(tight.gain[0]) and "needs at least 3" in tight.status[0]


def believed(n: int, seed: int) -> tuple[pd.DataFrame, dict[str, float]]:
    r = np.random.default_rng(seed)
    hours = np.array([0, 8, 24, 80.0])
    f = pd.DataFrame({"account": np.repeat([f"A{i:03d}" for i in range(n)], 4), "level": np.tile(np.arange(4), n), "hours": np.tile(hours, n),
                      "high": np.repeat(r.lognormal(8, 1, n), 4), "half": 60.0, "power": 2.5, "today": np.repeat(r.permutation(np.arange(n) % 4), 4)})
    f["value"] = f.high / (1 + (f.half / f.hours.replace(0, 1e-12)) ** f.power)
    return f, {"hours": float(f.groupby("account").first().today.map(dict(enumerate(hours))).sum())}


def test_draws_over_curves_stay_on_the_curve_where_nothing_is_in_doubt() -> None:
    f, _ = believed(20, 1)
    sure = plan.response_draws(f, half="half", power="power", draws=5, doubt={"half": 0, "power": 0, "high": 0})
    assert np.allclose(sure, f.value.to_numpy()[:, None], rtol=1e-5)
    wide = plan.response_draws(f, half="half", power="power", draws=400, seed=3)
    assert np.allclose(plan.response_draws(f.iloc[::-1], half="half", power="power", draws=400, seed=3, threads=3)[::-1], wide)
    assert (wide[f.hours == 0] == 0).all() and (np.diff(wide.reshape(20, 4, 400), axis=1) >= 0).all()
    assert wide[f.level == 3].mean() < f.high.mean()
    with pytest.raises(gx.Error, match="'doubt' has no 'halve'; it has half, power, high"):
        plan.response_draws(f, doubt={"halve": 1})
    with pytest.raises(gx.Error, match="plan::response_draws: 'half' of account 0 is -1"):
        plan.response_draws(f, half=-1.0)


@hyp(max_examples=15, deadline=None)
@given(st.integers(5, 60), st.integers(0, 10_000))
def test_against_todays_plan_the_tail_of_what_is_gained_never_falls_below_nothing(n: int, seed: int) -> None:
    f, b = believed(n, seed)
    d = plan.response_draws(f, half="half", power="power", draws=60, seed=seed)
    p = plan.allocate(f, b, draws=d, risk=1.0, present="today", against="present")
    assert p.cvar is not None and p.cvar >= -1e-9 * float(d.sum()) and p.bound >= p.value
    rows = d.reshape(n, 4, 60)
    level = p.choices.level.to_numpy()
    today = f.today.to_numpy()[::4]
    beyond = np.sort((rows[np.arange(n), level] - rows[np.arange(n), today]).astype(float).sum(0))
    assert p.cvar == pytest.approx(beyond[:6].mean(), rel=1e-5, abs=1e-6 * float(d.sum()))


def test_against_wants_todays_plan_and_draws() -> None:
    f, b = believed(5, 1)
    with pytest.raises(gx.Error, match="'against' wants 'present'"):
        plan.allocate(f, b, against="present")
    with pytest.raises(gx.Error, match="'against' is 'past', wanted 'present' or None"):
        plan.allocate(f, b, against="past")  # type: ignore[arg-type]


def test_relax_names_the_rows_and_giving_way_by_that_much_does() -> None:
    f = pd.DataFrame(SMALL)
    rows = plan.relax(f, {"hours": 1})
    assert rows.to_dict("records") == [{"budget": "hours", "limit": None, "why": "least need", "need": 3.0, "have": 1.0, "raise": 2.0}]
    assert len(plan.relax(f, {"hours": 1 + rows["raise"][0]})) == 0
    v, c, b = instance(40)
    north = pd.DataFrame(frame(v, c)).assign(region=np.repeat(np.where(np.arange(40) % 2 == 0, "north", "south"), 4))
    asks = {"region": "region", "floors": {("north", "hours"): 900.0, ("south", "hours"): 900.0}}
    joint = plan.relax(north, {**budgets(b), "money": 3_000.0}, **asks)
    assert len(joint) and set(joint.why) <= {"least need", "joint", "out of reach"} and (joint["raise"] >= 0).all()
    wide = {name: amount + joint[(joint.budget == name) & joint.limit.isna()]["raise"].sum() * 1.1 for name, amount in {**budgets(b), "money": 3_000.0}.items()}
    assert len(plan.relax(north, wide, region="region")) == 0
    with pytest.raises(gx.Error, match="plan.relax: no column 'pin' among .*; did you mean 'pins'"):
        plan.relax(f, {"hours": 1}, pin={})


def test_the_page_of_a_plan_is_one_file(tmp_path: Path) -> None:
    p = plan.allocate(OPTIONS.assign(account=OPTIONS.account.replace("Cadiz", "<Cadiz>")), {"hours": 24, "money": 1_500})
    text = p.to_html(tmp_path / "plan.html").read_text()
    assert "&lt;Cadiz&gt;" in text and "<Cadiz>" not in text and "no effort here gains" in text and "http" not in text
    with pytest.raises(gx.Error, match="cannot be written"):
        p.to_html(tmp_path / "no" / "plan.html")


def highs_or_skip(*call: Any, **given_: Any) -> plan.Plan:
    try:
        return plan.highs(*call, **given_)
    except gx.Error as reason:
        if reason.code == "io" and "cannot be opened" in str(reason):
            pytest.skip("HiGHS's C library is not installed (pip install highsbox)")
        raise


@pytest.mark.parametrize("core", [True, False])
def test_highs_finds_the_same_optimum(core: bool) -> None:
    for n, seed in ((30, 1), (120, 2), (400, 3)):
        v, c, b = instance(n, seed)
        theirs = highs_or_skip(v, b, costs=c, core=core, seconds=20)
        ours = plan.allocate(v, b, costs=c, exact=True)
        assert theirs.value <= ours.bound * (1 + 1e-12) and theirs.bound >= ours.value * (1 - 1e-9)
        if "optimal by HiGHS" in theirs.status:
            assert theirs.value == pytest.approx(ours.value, rel=1e-9)


def test_highs_keeps_floors_and_names_what_cannot_be() -> None:
    v, c, b = instance(60)
    f = pd.DataFrame(frame(v, c)).assign(region=np.repeat(np.where(np.arange(60) % 3 == 0, "north", "south"), 4))
    asks: dict[str, Any] = {"region": "region", "floors": {("north", "hours"): 500.0}, "caps": {("south", "money"): 20_000.0}, "pins": {"A00001": 2}}
    theirs = highs_or_skip(f, budgets(b), **asks)
    ours = plan.allocate(f, budgets(b), exact=True, **asks)
    assert theirs.value == pytest.approx(ours.value, rel=1e-7) and theirs.choices.level[1] == 2
    assert theirs.choices.hours[np.arange(60) % 3 == 0].sum() >= 500 - 1e-6
    with pytest.raises(gx.Error, match="infeasible: 'hours' needs at least 3"):
        plan.highs(pd.DataFrame(SMALL), {"hours": 1})
    with pytest.raises(gx.Error, match="'/no/such/libhighs.so' cannot be opened"):
        plan.highs(v, b, costs=c, library="/no/such/libhighs.so")
