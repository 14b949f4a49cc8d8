"""Bars of the plan room without a rival."""

from __future__ import annotations

import guanxi as gx
import numpy as np
from bars import seconds


def roster(n: int = 1_000, managers: int = 20) -> dict[str, np.ndarray]:
    """Accounts and managers of five languages, positions, capacity 12 % above need and a floor of 85 % of it."""
    r = np.random.default_rng(0)
    worth, hours = r.lognormal(3, 1, n), r.lognormal(2, 0.5, n)
    language = r.integers(0, 5, n)
    speaks = np.array([r.choice(5, 2, replace=False) for _ in range(managers)])
    here, there = r.uniform(size=(n, 2)), r.uniform(size=(managers, 2))
    far = np.sqrt(((here[:, None] - there[None]) ** 2).sum(2))
    fit = np.where((speaks[None] == language[:, None, None]).any(2), 1.0, 0.6)
    value, load = np.round(worth[:, None] * fit * (1 - far / 2), 3), np.round(hours[:, None] * (1 + 0.4 * far), 2)
    capacity = np.full(managers, 1.12 * load.min(1).sum() / managers)
    return {"start": np.arange(n + 1, dtype=np.uint64) * np.uint64(managers), "value": value.ravel(), "load": load.ravel(), "capacity": capacity,
            "manager": np.tile(np.arange(managers, dtype=np.uint32), n)}


def bars() -> list[tuple[str, float, str, str, bool]]:
    """The plan's bars: the answer is held to its gap before it is timed."""
    import guanxi.plan as plan
    from scipy_plan import instance

    core = gx._core.plan  # type: ignore[attr-defined]
    rows: list[tuple[str, float, str, str, bool]] = []
    for n, bar, gap in ((1_000, 10, 1.5e-4), (100_000, 100, 3e-6), (1_000_000, 1_000, 3e-6)):
        v, c, b = instance(n)
        if plan.allocate(v, b, costs=c, exact=False).gap > gap:
            raise AssertionError(f"plan of {n}: gap above {gap}")
        ms = 1e3 * seconds(lambda v=v, c=c, b=b: plan.allocate(v, b, costs=c, exact=False), 3)  # type: ignore[misc]
        rows.append((f"plan, {n:,} accounts, 3 binding budgets, gap under {gap:g}", ms, "ms", f"under {bar}", ms <= bar))
    for n, within in ((1_000, 0.5), (10_000, 30.0)):
        v, c, b = instance(n)
        if plan.allocate(v, b, costs=c, exact=True).status != "optimal":
            raise AssertionError(f"plan of {n}: not proven")
        s = seconds(lambda v=v, c=c, b=b: plan.allocate(v, b, costs=c, exact=True), 3)  # type: ignore[misc]
        rows.append((f"plan proven optimal, {n:,} accounts", s, "s", f"under {within:g}", s <= within))
    v, c, b = instance(10_000)
    made = plan.allocate(v, b, costs=c, exact=False)
    less = [0.9 * b[0], b[1], b[2]]
    if abs(made.resolve(budgets={"budget 0": less[0]}).value / plan.allocate(v, less, costs=c, exact=False).value - 1) > 1e-5:
        raise AssertionError("a warm plan is not the fresh one")
    part = seconds(lambda: made.resolve(budgets={"budget 0": less[0]})) / seconds(lambda: plan.allocate(v, less, costs=c, exact=False))
    rows.append(("what-if with 10 % less hours, 10,000 accounts: warm start beside a fresh one", part, "of its time", "under 1", part <= 1))
    r = np.random.default_rng(7)
    n = 1_000_000
    curves = {"account": np.arange(n), "low": np.zeros(n), "high": r.lognormal(8, 1.3, n), "half": r.uniform(8, 40, n), "power": r.uniform(0.5, 3, n)}
    if plan.spread(curves, budget=12.0 * n).gap > 1e-6:
        raise AssertionError("spread: gap above 1e-6")
    columns = [curves[k] for k in ("low", "high", "half", "power")]
    s = seconds(lambda: core.spread(*columns, np.empty(0), 12.0 * n), 3)
    rows.append(("continuous effort, 1,000,000 accounts", s, "s", "under 0.5", s <= 0.5))
    o = roster()
    call = (o["start"], o["value"], o["manager"], o["load"], np.empty(0), 20, 1, 0, 0.85 * o["capacity"], o["capacity"], np.empty(0))
    found = core.assign(*call)
    loads = found["loads"]
    if not found["feasible"] or (loads > o["capacity"] * (1 + 1e-9)).any() or (loads < 0.85 * o["capacity"] * (1 - 1e-9)).any():
        raise AssertionError("assign: a load is broken")
    ms = 1e3 * seconds(lambda: core.assign(*call))
    rows.append(("1,000 accounts to 20 managers, capacity and floor", ms, "ms", "under 100", ms <= 100))
    rows.append(("the same: certified gap", 1e4 * found["gap"], "1e-4 of the bound", "under 1", found["gap"] <= 1e-4))
    v, c, b = instance(100_000)
    country = np.arange(100_000, dtype=np.uint32) % 13
    draws = core.common_draws(np.arange(100_001, dtype=np.uint64) * np.uint64(4), v.ravel(), [(country, 0.4)], np.full(100_000, 0.5), 200, 1, 0)
    draws = draws.reshape(400_000, 200)
    if plan.allocate(v, b, costs=c, draws=draws, risk=0.5, exact=False).gap > 1e-3:
        raise AssertionError("plan at risk: gap above 1e-3")
    s = seconds(lambda: plan.allocate(v, b, costs=c, draws=draws, risk=0.5, exact=False), 3)
    rows.append(("mean and CVaR over 200 draws, 100,000 accounts, gap under 1e-3", s, "s", "under 5", s <= 5))
    return rows
