"""The whole plan, proven, against HiGHS's own C library (highsbox) on the same book in the same run; not the slower road through scipy."""

from __future__ import annotations

import time

import guanxi.plan as plan
from harness import Row
from scipy_plan import instance


def measure() -> list[Row]:
    rows = []
    for n, seconds, target in ((1_000, 60.0, 20.0), (10_000, 120.0, None)):
        v, c, b = instance(n)
        start = time.perf_counter()
        proven = plan.allocate(v, b, costs=c, exact=True)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        theirs = plan.highs(v, b, costs=c, core=False, seconds=seconds, gap=1e-6)
        spent = time.perf_counter() - start
        assert proven.value >= theirs.value * (1 - 1e-12)
        rows.append(Row(f"plan of {n:,} accounts, 3 binding budgets: {proven.status}", f"{theirs.status.partition(' by ')[2]} C API, gap 1e-6", ours, spent,
                        target, f"ours {proven.value:.2f}, HiGHS {theirs.value:.2f}: {theirs.status.partition(' by ')[0]}"))
    return rows
