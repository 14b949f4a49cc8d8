"""Bars of the graph room without a rival."""

from __future__ import annotations

import guanxi as gx
import numpy as np
import pandas as pd
from bars import REAL, seconds


def bars() -> list[tuple[str, float, str, str, bool]]:
    """Walks, next suppliers and memory of the graph room."""
    import resource

    from guanxi import _core
    from scipy_graph import ties

    rows: list[tuple[str, float, str, str, bool]] = []
    c, s, w = ties(100_000, 20_000, 1_000_000)
    g = _core.graph.SupplierGraph(c, s, w, customers=100_000, suppliers=20_000)
    seeds = np.unique(c)[::90][:1000]
    took = seconds(lambda: g.personalised(seeds, "supplier", 10, 0.85, 1e-5, False), 3)
    rows.append(("1,000 personalised walks, 1M ties, error at most 1e-5 x ties of the node", took, "s", "under 1", took < 1))
    c, s, w = ties(1_000_000, 100_000, 10_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    g = _core.graph.SupplierGraph(c, s, w, customers=1_000_000, suppliers=100_000)
    arrays = sum(a.nbytes for side in ("customer", "supplier") for a in g.rows(side).values())
    more = max(0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before * 1024)
    rows.append((f"building {len(c):,} ties: memory above what was there, against the arrays of both sides", more / arrays, "times", "at most 2", more <= 2 * arrays))
    if (REAL / "liquor_store_supplier_month.parquet").exists():
        raw = pd.read_parquet(REAL / "liquor_store_supplier_month.parquet")
        year = raw[pd.to_datetime(raw.month.astype(str)).dt.year == 2019]
        book = gx.graph.SupplierGraph(year, customer="customer_id", supplier="supplier_id", weight="amount_usd", period="month")
        took = seconds(lambda: book.next_suppliers(10, model="walk"), 3)
        rows.append(("next suppliers by the walk, 694 shops x 145 suppliers", took, "s", "under 0.5", took < 0.5))
    return rows
