"""Reviews kept as runs, and what became of a plan."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from . import _frames
from ._errors import Error

COMPARED = ("tier", "sales_year", "share", "wallet", "dominant", "p_alive", "effort", "hours")


def _plain(value: Any) -> Any:
    """As JSON can hold it: NaN and infinity are null, dates are ISO text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _table(frame: Any, what: str) -> pa.Table:
    return _frames.plain_text(_frames.read(frame, what))


def _columns(frame: Any, what: str) -> dict[str, Any]:
    table = _table(frame, what)
    dates = [n for n, c in zip(table.column_names, table.columns) if pa.types.is_date(c.type) or pa.types.is_timestamp(c.type)]
    return {"columns": {n: _plain(table.column(n).to_pylist()) for n in table.column_names}, "dates": dates}


def digest(frame: Any, what: str) -> str:
    """SHA-256 of a frame's columns: the same values give the same hash, whatever the kind of frame and its pieces."""
    table = _table(frame, what)
    seen = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns):
        seen.update(json.dumps([name, [repr(v) for v in column.to_pylist()]]).encode())
    return seen.hexdigest()


def review_text(review: Any, ledger: Any) -> str:
    """The tables of a review as one JSON text."""
    for name in ("customers", "plan", "countries", "book", "notes"):
        if not hasattr(review, name):
            raise Error(f"archive.keep_review: a {type(review).__name__} is no review: it has no '{name}'", "bad_format")
    tables = {"customers": _columns(review.customers, "review.customers"), "plan": _columns(review.plan, "review.plan"),
              "countries": _columns(review.countries, "review.countries")}
    if getattr(review, "shares_over_time", None) is not None:
        tables["shares"] = _columns(review.shares_over_time, "review.shares_over_time")
    if ledger is not None:
        tables["ledger"] = _columns(ledger.summary() if hasattr(ledger, "summary") else ledger, "archive.keep_review: ledger")
    return json.dumps({"kind": "review", "tables": tables, "book": _plain(review.book), "change": _plain(getattr(review, "change", {})),
                       "notes": list(review.notes), "horizon": [getattr(review, "horizon", None), getattr(review, "unit", None)]},
                      ensure_ascii=False, allow_nan=False, default=str)


def table_of(result: Any, name: str, number: int) -> pa.Table:
    """One table of a stored review; of any other run its rows."""
    if isinstance(result, dict) and result.get("kind") == "review":
        _frames.require(name, sorted(result["tables"]), f"archive.run_table: run {number}")
        kept = result["tables"][name]
        table = pa.table(kept["columns"])
        for date in kept["dates"]:
            column = table.column(date)
            if not pa.types.is_null(column.type):
                days = pa.array([None if v is None else datetime.date.fromisoformat(v[:10]) for v in column.to_pylist()], pa.date32())
                table = table.set_column(table.column_names.index(date), date, days)
        return table
    if isinstance(result, list) and result and all(isinstance(row, dict) for row in result):
        return pa.Table.from_pylist(result)
    raise Error(f"archive.run_table: run {number} holds no table '{name}'", "unknown_name")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compare(before: pa.Table, after: pa.Table, names: Sequence[str], happened: str) -> dict[str, Any]:
    """One row a customer of either: what was said, what is; see ``Archive.compare``."""
    rows = [{str(r["customer"]): r for r in t.to_pylist()} for t in (before, after)]
    both = [n for n in names if n in before.column_names and n in after.column_names]
    if not both:
        raise Error(f"archive.compare: none of {', '.join(map(repr, names))} is in both tables", "unknown_name")
    customers = sorted(set(rows[0]) | set(rows[1]))
    out: dict[str, Any] = {"customer": pa.array(customers, pa.string()),
                           "seen": pa.array(["both" if c in rows[0] and c in rows[1] else "before" if c in rows[0] else "after"
                                             for c in customers], pa.string())}

    def column(side: int, name: str) -> list[Any]:
        return [rows[side].get(c, {}).get(name) for c in customers]

    if {"value", "value_low", "value_high"} <= set(before.column_names) and happened in after.column_names:
        expected, low, high, now = column(0, "value"), column(0, "value_low"), column(0, "value_high"), column(1, happened)
        out |= {"expected": pa.array(expected, pa.float64()), "expected_low": pa.array(low, pa.float64()),
                "expected_high": pa.array(high, pa.float64()), "happened": pa.array(now, pa.float64()),
                "inside": pa.array([None if not (_number(a) and _number(b) and _number(x)) else a <= x <= b
                                    for a, b, x in zip(low, high, now)], pa.bool_())}
    for name in both:
        was, now = column(0, name), column(1, name)
        out[f"{name}_was"], out[f"{name}_is"] = pa.array(was), pa.array(now)
        if any(map(_number, was)) or any(map(_number, now)):
            out[f"{name}_change"] = pa.array([y - x if _number(x) and _number(y) else None for x, y in zip(was, now)], pa.float64())
    return out
