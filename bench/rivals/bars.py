"""Bars that are absolute: each task, its figure, its unit, what was wanted, and whether it was reached."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
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
    rows += graph_bars()
    return rows


def graph_bars() -> list[tuple[str, float, str, str, bool]]:
    """Walks, next suppliers and memory of the graph room."""
    from guanxi import _core
    from scipy_graph import ties

    rows: list[tuple[str, float, str, str, bool]] = []
    c, s, w = ties(100_000, 20_000, 1_000_000)
    g = _core.graph.SupplierGraph(c, s, w, customers=100_000, suppliers=20_000)
    seeds = np.unique(c)[::90][:1000]
    took = seconds(lambda: g.personalised(seeds, "supplier", 10, 0.85, 1e-5, False), 3)
    rows.append(("1,000 personalised walks, 1M ties, error at most 1e-5 x ties of the node", took, "s", "under 1", took < 1))
    c, s, w = ties(1_000_000, 100_000, 10_000_000)
    with tempfile.TemporaryDirectory() as folder:
        for name, column in (("c", c), ("s", s), ("w", w)):
            np.save(Path(folder) / name, column)
        code = f"""
import numpy as np
from guanxi import _core
c, s, w = (np.load(r'{folder}/' + name + '.npy') for name in 'csw')
peak = lambda: 1024 * int(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1])
before = peak()
g = _core.graph.SupplierGraph(c, s, w, customers=1_000_000, suppliers=100_000)
print((peak() - before) / sum(a.nbytes for side in ('customer', 'supplier') for a in g.rows(side).values()))
"""
        got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                             env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # its own process: a peak never falls
    times = float(got.stdout)
    rows.append((f"building {len(c):,} sorted ties: memory on top of the columns, against the arrays of both sides", times, "times", "at most 2", times <= 2))
    if (REAL / "liquor_store_supplier_month.parquet").exists():
        raw = pd.read_parquet(REAL / "liquor_store_supplier_month.parquet")
        year = raw[pd.to_datetime(raw.month.astype(str)).dt.year == 2019]
        book = gx.graph.SupplierGraph(year, customer="customer_id", supplier="supplier_id", weight="amount_usd", period="month")
        took = seconds(lambda: book.next_suppliers(10, model="walk"), 3)
        rows.append(("next suppliers by the walk, 694 shops x 145 suppliers", took, "s", "under 0.5", took < 0.5))
    return rows
