"""Backtests of value on every real ledger in GUANXI_DATA: models, naive rows and customer_value on the same customers.

Protocol: the past up to the cut is known, the horizon after it is scored, all customers with a purchase up to the cut.
mae is of the mean, mae median of the median; bias in percent of the total; the interval is for 90 %.
Where another row is better than customer_value, or its bias is above 10 %, its cell says (lost).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import guanxi as gx
import pyarrow.parquet as pq
from guanxi import value

ROOT = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
COLUMNS = ["mae", "mae_median", "rmse", "bias", "correlation", "coverage", "top10", "log_score", "crps", "interval_score", "auc",
           "value_mae", "value_rmse", "value_bias", "value_top10", "value_coverage"]
LEDGERS: list[tuple[str, str, dict[str, Any], list[tuple[str, float]]]] = [
    ("Wholesaler, all customers", "online_retail_ii_lines.parquet", {"customer": "customer_id", "date": "ts", "amount": "amount_gbp"}, [("2011-06-09", 26), ("2011-09-09", 13)]),
    ("Wholesaler, export only", "online_retail_ii_export_only.csv.gz", {"customer": "customer_id", "date": "ts", "amount": "amount_gbp"}, [("2011-06-09", 26)]),
    ("Supplier 370", "our_ledger_supplier_370.parquet", {"customer": "customer_id", "date": "order_date", "amount": "amount_usd"},
     [("2016-01-01", 26), ("2017-01-01", 26), ("2018-01-01", 26), ("2019-01-01", 26), ("2019-07-01", 26), ("2018-12-31", 52)]),
    ("CDNOW", "value/cdnow_log.parquet", {"customer": "customer", "date": "date", "amount": "amount"}, [("1997-09-30", 39)]),
]


def beaten(column: str, rows: list[dict[str, Any]]) -> bool:
    """Whether another row is better than ours; of biases those above 10 % count as lost."""
    ours, others = rows[-1][column], [r[column] for r in rows[:-1] if r[column] is not None and r[column] == r[column]]
    if column in ("bias", "value_bias"):
        return abs(ours) > 10
    if column in ("mae", "value_mae", "coverage", "value_coverage", "interval_score") or not others:
        return False  # mae is the median's measure
    return ours < max(others) if column in ("correlation", "top10", "log_score", "auc", "value_top10") else ours > min(others)


def cell(row: dict[str, Any], column: str, lost: set[str]) -> object:
    if row[column] is None or row[column] != row[column]:
        return ""
    value_here = float(row[column])
    return f"{value_here:.4g} (lost)" if row["model"] == "customer_value" and column in lost else value_here


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    out: list[tuple[str, list[str], list[list[object]]]] = []
    for title, name, columns, cuts in LEDGERS:
        path = ROOT / name
        if not path.exists():
            continue
        frame = pq.read_table(path) if path.suffix == ".parquet" else str(path)
        led = gx.Ledger(frame, **columns)
        for at, weeks in cuts:
            try:
                table = value.backtest(led, at, weeks)
            except gx.Error as reason:
                out.append((f"{title}, cut {at}, {weeks:g} weeks", ["not run"], [[str(reason)]]))
                continue
            rows = table.to_pylist()
            lost = {c for c in COLUMNS if beaten(c, rows)}
            out.append((f"{title}, cut {at}, {weeks:g} weeks", ["model", *[c.replace("_", " ") for c in COLUMNS]],
                        [[row["model"], *[cell(row, c, lost) for c in COLUMNS]] for row in rows]))
    return out
