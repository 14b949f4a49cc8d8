"""Bars of the plan room without a rival."""

from __future__ import annotations

import guanxi as gx
import numpy as np
from bars import seconds


def bars() -> list[tuple[str, float, str, str, bool]]:
    """The plan's bars: the answer is held to its gap before it is timed."""
    import guanxi.plan as plan
    from scipy_plan import instance

    rows: list[tuple[str, float, str, str, bool]] = []
    for n, bar, gap in ((1_000, 10, 1.5e-4), (100_000, 100, 3e-6), (1_000_000, 1_000, 3e-6)):
        v, c, b = instance(n)
        if plan.allocate(v, b, costs=c, exact=False).gap > gap:
            raise AssertionError(f"plan of {n}: gap above {gap}")
        ms = 1e3 * seconds(lambda v=v, c=c, b=b: plan.allocate(v, b, costs=c, exact=False), 3)  # type: ignore[misc]
        rows.append((f"plan, {n:,} accounts, 3 binding budgets, gap under {gap:g}", ms, "ms", f"under {bar}", ms <= bar))
    r = np.random.default_rng(7)
    n = 1_000_000
    curves = {"account": np.arange(n), "low": np.zeros(n), "high": r.lognormal(8, 1.3, n), "half": r.uniform(8, 40, n), "power": r.uniform(0.5, 3, n)}
    if plan.spread(curves, budget=12.0 * n).gap > 1e-6:
        raise AssertionError("spread: gap above 1e-6")
    core = gx._core.plan  # type: ignore[attr-defined]
    columns = [curves[k] for k in ("low", "high", "half", "power")]
    s = seconds(lambda: core.spread(*columns, np.empty(0), 12.0 * n), 3)
    rows.append(("continuous effort, 1,000,000 accounts", s, "s", "under 0.5", s <= 0.5))
    return rows
