"""Nowcast of yearly totals from the first half-year, on held-out years: suppliers of the shops in GUANXI_DATA.

Protocol: each year is estimated with nothing after its June; suppliers with sales of 10,000 or more last year and in its first half;
supplier 0 (unknown) left out. Error: mean of |log(estimate / actual)|, and sum of |error| over sum of actual; coverage of the 90 % interval.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from guanxi import market

ROOT = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    path = ROOT / "liquor_store_supplier_month.parquet"
    if not path.exists():
        return []
    frame = pd.read_parquet(path, columns=["supplier_id", "month", "amount_usd"])
    frame["month"] = pd.to_datetime(frame["month"].astype(str))
    frame = frame.groupby(["supplier_id", "month"], as_index=False).amount_usd.sum()
    frame = frame[frame.supplier_id.astype(int) != 0]
    rows: list[list[object]] = []
    for year in (2017, 2018, 2019):
        found = market.nowcast(frame, group="supplier_id", period="month", value="amount_usd", at=f"{year}-06-30").set_index("supplier_id")
        found["actual"] = frame[frame.month.dt.year == year].groupby("supplier_id").amount_usd.sum()
        found = found[(found.last_year >= 10_000) & (found.actual > 0) & found.estimate.notna() & found.bridge.notna()]
        inside = ((found.low <= found.actual) & (found.actual <= found.high)).mean()
        for name, column in (("nowcast", "estimate"), ("last year's total", "last_year"), ("bridge, last year", "bridge"), ("bridge, three years", "bridge3")):
            log_error = np.abs(np.log(found[column] / found.actual))
            rows.append([str(year), name, len(found), float(log_error.mean()), float((found[column] - found.actual).abs().sum() / found.actual.sum()),
                         float(inside) if column == "estimate" else ""])
    return [("Nowcast of a supplier's year from its first half", ["year", "rule", "markets", "mean log error", "error of the total", "coverage of 90 %"], rows)]
