"""Bars that are absolute: each task, its figure, its unit, what was wanted, and whether it was reached."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
from lifetimes_value import DATA, simulated

REAL = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def seconds(call: Callable[[], object], repeat: int = 5) -> float:
    """Median of some runs after a warm one."""
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def bars() -> list[tuple[str, float, str, str, bool]]:
    rows: list[tuple[str, float, str, str, bool]] = []
    cdnow = pd.read_csv(DATA, comment="#")
    columns = {name: cdnow[name].to_numpy(float) for name in ("frequency", "recency", "T")}
    ms = 1e3 * seconds(lambda: gx.value.BGNBD().fit(columns), 51)
    rows.append(("BG/NBD fit, CDNOW (2,357 customers)", ms, "ms", "under 1", ms < 1))
    big = simulated(1_000_000)
    million = {name: big[name].to_numpy(float) for name in ("frequency", "recency", "T")}
    s = seconds(lambda: gx.value.BGNBD().fit(million), 3)
    rows.append(("BG/NBD fit, 1,000,000 customers, grouping included", s, "s", "under 0.5", s < 0.5))
    model = gx.value.BGNBD(threads=1).fit(million)
    if not np.all((model.probability_alive(million) >= 0) & (model.probability_alive(million) <= 1)):
        raise AssertionError("P(alive) outside 0 to 1")
    rate = 1 / seconds(lambda: model.probability_alive(million))
    rows.append(("P(alive), one core", rate, "million customers a second", "30", rate >= 30))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "review.html"
        for task, ledger, seen in (("supplier 370, 648,276 delivery rows", "our_ledger_supplier_370.parquet", "liquor_store_supplier_month.parquet"),
                                   ("export ledger, no deliveries", "online_retail_ii_export_only.csv.gz", None)):
            if (REAL / ledger).exists():
                s = seconds(lambda: gx.review(REAL / ledger, seen and REAL / seen).to_html(page), 3)
                rows.append((f"review and page: {task}", s, "s", "under 10", s < 10))
    rows += plan_bars()
    return rows


def plan_bars() -> list[tuple[str, float, str, str, bool]]:
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
