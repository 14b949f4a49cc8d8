"""Bars of the graph room without a rival."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
from bars import REAL, seconds


def memory(columns: tuple[np.ndarray, ...], n_c: int, n_s: int) -> float:
    """Peak of building on top of the columns, as a part of the arrays of both sides; in its own process, since a peak never falls."""
    with tempfile.TemporaryDirectory() as folder:
        for name, column in zip("csw", columns, strict=True):
            np.save(Path(folder) / name, column)
        code = f"""
import numpy as np
from guanxi import _core
c, s, w = (np.load(r'{folder}/' + name + '.npy') for name in 'csw')
_core.graph.SupplierGraph(c[:1], s[:1], w[:1], customers={n_c}, suppliers={n_s})
peak = lambda word: 1024 * int(next(x for x in open('/proc/self/status') if x.startswith(word)).split()[1])
before = peak('VmRSS')
g = _core.graph.SupplierGraph(c, s, w, customers={n_c}, suppliers={n_s})
print((peak('VmHWM') - before) / sum(a.nbytes for side in ('customer', 'supplier') for a in g.rows(side).values()))
"""
        got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    return float(got.stdout)


def on_view() -> list[tuple[str, float, str, str, bool]]:
    """Boost.Graph on the view against the direct kernels; needs the built graph_bench (GUANXI_BENCH, else build/*/bench)."""
    found = [Path(os.environ["GUANXI_BENCH"])] if "GUANXI_BENCH" in os.environ else sorted((Path(__file__).resolve().parents[2] / "build").glob("*/bench/graph_bench"))
    if not found:
        return []
    got = subprocess.run([str(found[0]), "--benchmark_filter=on_view/1000000", "--benchmark_format=json"], capture_output=True, text=True, check=True)
    names = {"core_on_view": "core_numbers", "cuts_on_view": "articulation_points", "pagerank_sweeps_on_view": "ten sweeps of page_rank"}
    rows = []
    for one in json.loads(got.stdout)["benchmarks"]:
        times = float(one["times"])
        rows.append((f"Boost.Graph {names[one['name'].split('/')[0]]} on the view, 1M ties, against the same on the rows", times, "times", "at most 2", times <= 2))
    return rows


def bars() -> list[tuple[str, float, str, str, bool]]:
    """Walks, next suppliers and memory of the graph room."""
    from guanxi import _core
    from scipy_graph import ties

    rows: list[tuple[str, float, str, str, bool]] = []
    c, s, w = ties(100_000, 20_000, 1_000_000)
    g = _core.graph.SupplierGraph(c, s, w, customers=100_000, suppliers=20_000)
    seeds = np.unique(c)[::90][:1000]
    took = seconds(lambda: g.personalised(seeds, "supplier", 10, 0.85, 1e-5, False), 3)
    rows.append(("1,000 personalised walks, 1M ties, error at most 1e-5 x ties of the node", took, "s", "under 1", took < 1))
    for n_c, n_s, wanted in ((100_000, 20_000, 1_000_000), (1_000_000, 100_000, 10_000_000)):
        times = memory(ties(n_c, n_s, wanted), n_c, n_s)
        rows.append((f"building {wanted:,} sorted ties: memory on top of the columns, against the arrays of both sides", times, "times", "at most 2", times <= 2))
    rows += on_view()
    if (REAL / "liquor_store_supplier_month.parquet").exists():
        raw = pd.read_parquet(REAL / "liquor_store_supplier_month.parquet")
        year = raw[pd.to_datetime(raw.month.astype(str)).dt.year == 2019]
        book = gx.graph.SupplierGraph(year, customer="customer_id", supplier="supplier_id", weight="amount_usd", period="month")
        took = seconds(lambda: book.next_suppliers(10, model="walk"), 3)
        rows.append(("next suppliers by the walk, 694 shops x 145 suppliers", took, "s", "under 0.5", took < 0.5))
    return rows
