"""A small exporter without chance; what the tests of its review share."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

NASTY = "</script><b>O'Neill & \"Söhne\"</b><!--"

Book = tuple[pa.Table, pa.Table]


def add(columns: dict[str, list[Any]], *row: Any) -> None:
    for column, value in zip(columns.values(), row, strict=True):
        column.append(value)


def book(names: list[str] | None = None, with_us: bool = True) -> Book:
    """A small exporter without chance: 14 customers, 4 suppliers, three years of months; orders and deliveries."""
    names = names or [f"{'Ana Bo Chidi Dana Emre Fei Gita Hugo Ivo Jia Kwame Lena Mio Nils'.split()[i]} Ltd" for i in range(14)]
    orders: dict[str, list[Any]] = {k: [] for k in ("customer", "date", "amount_eur", "product", "country")}
    seen: dict[str, list[Any]] = {k: [] for k in ("customer", "supplier", "period", "amount")}
    for c, name in enumerate(names):
        for month in range(36):
            first = datetime.date(2021 + month // 12, month % 12 + 1, 1)
            wave = 1 + 0.3 * ((7 * c + 3 * month) % 5 - 2) / 2
            ours = round(120.0 * (c + 1) * wave * (0.6 + 0.02 * month if c % 3 == 0 else 1.0), 2)
            left = month > 24 and c == 5  # one that buys from rivals alone now
            if (month + c) % (1 + c % 3) == 0 and not left:
                add(orders, name, first + datetime.timedelta(days=(5 * c) % 27), ours, f"P{(c + month) % 6}", ["PL", "GH", "PE"][c % 3])
                if with_us:
                    add(seen, name, "us", first, ours)
            for rival in range(3):
                if (month + rival + c) % (2 + rival) == 0:
                    add(seen, name, f"Rival {rival}", first, round(90.0 * (c + 2) * (1 + 0.2 * rival) * (1.1 - 0.05 * ((month + c) % 4)), 2))
    return pa.table(orders), pa.table(seen)


def columns(frame: Any) -> dict[str, list[Any]]:
    """Any frame as lists, with dates as dates and unknown as None."""
    table = frame if isinstance(frame, pa.Table) else pa.table(frame) if not hasattr(frame, "to_arrow") else frame.to_arrow()

    def plain(v: Any) -> Any:
        if isinstance(v, datetime.datetime):
            return v.date()
        return None if isinstance(v, float) and np.isnan(v) else v

    return {name: [plain(v) for v in table.column(name).to_pylist()] for name in table.column_names}


def trade_of(countries: list[str]) -> dict[str, list[Any]]:
    """Two exporters, every country of the ledger, one that nobody serves and one whose name nobody knows; three years."""
    rows: dict[str, list[Any]] = {name: [] for name in ("exporter", "importer", "product", "period", "value")}
    for k, importer in enumerate([*countries, "Chile", "Atlantys"]):
        for product in ("tea", "tools"):
            for year in (2021, 2022, 2023):
                add(rows, "China", importer, product, year, 10.0 * (k + 1))
                add(rows, "India", importer, product, year, 100.0 + 7 * k + year - 2021)
    return rows


def needs_report() -> None:
    for name in ("altair", "vl_convert", "itables", "jinja2"):
        pytest.importorskip(name)
