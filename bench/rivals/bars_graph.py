"""Bars of the graph room without a rival."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
from bars import REAL, seconds


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
