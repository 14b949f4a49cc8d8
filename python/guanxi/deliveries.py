"""Deliveries: what every supplier delivered to our customers, one row a customer, supplier and period."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _files, _frames
from ._errors import Error
from .ledger import Column, Ledger, clean, from_day, give_days, give_ids, take_columns


def _every(dates: pa.ChunkedArray) -> str:
    """The length of a period at whose starts all dates lie: Y, H or Q; else M."""
    if not pa.types.is_temporal(dates.type) or len(dates) == dates.null_count or pc.max(pc.day(dates)).as_py() > 1:
        return "M"
    months = set(pc.unique(pc.month(dates)).to_pylist()) - {None}
    return next((every for every, starts in (("Y", {1}), ("H", {1, 7}), ("Q", {1, 4, 7, 10})) if months <= starts), "M")


class Deliveries:
    """What is known of the deliveries of all suppliers, ourselves among them when they were given.

    Parameters
    ----------
    frame
        Any frame that ``Ledger`` takes, or a path.
    customer, supplier, period, amount, orders
        Names of the columns; ``None``: found by the table of common names; ``orders=False`` leaves it out. ``period`` is a
        date (put into months, quarters, half-years or years by ``every``), a text "2024-05" or "2024-Q2", a whole number
        yyyymm or yyyymmdd, or any whole numbers that count periods themselves.
    every
        "M", "Q", "H" or "Y": the length of a period for dates; ``None``: the longest of these at whose starts all dates lie, else
        "M".
    ledger
        A ``Ledger`` whose customer codes are to be shared; customers that it does not know follow as prospects.
    date_format
        How text dates are written, as for ``strptime``.

    Notes
    -----
    Rows of one customer, supplier and period are summed; credits are netted within the cell, and a cell whose net is not
    positive is left out and listed in ``dropped``. Rows that cannot be read are listed in ``rejected``.
    """

    def __init__(self, frame: Any, customer: Column = None, supplier: Column = None, period: Column = None, amount: Column = None,
                 orders: Column = None, *, every: str | None = None, ledger: Ledger | None = None, date_format: str | None = None,
                 threads: int = 0) -> None:
        given: dict[str, Column] = {"customer": customer, "supplier": supplier, "period": period, "amount": amount, "orders": orders}
        table, self.columns = take_columns(frame, given, ("customer", "supplier", "period", "amount"), "Deliveries")
        self.kind: _frames.Kind = "pyarrow" if _files.is_path(frame) else _frames.kind_of(frame)
        self.ledger = ledger
        if table.num_rows == 0:
            raise Error("Deliveries: the frame has no rows", "empty")
        table, refused = clean(table, date_format, "Deliveries")
        self.every = every if every is not None else _every(table.column("period"))
        self.core: Any = _core.ledger.Deliveries(table.__arrow_c_stream__(), "orders" in table.column_names, self.every,
                                                 None if ledger is None else ledger.core, threads, refused)

    @property
    def customers(self) -> int:
        """Number of customer codes: the ledger's and the prospects."""
        return int(self.core.customers)

    @property
    def prospects(self) -> pa.Array:
        """Ids of customers that the ledger does not know; without a ledger all of them."""
        return give_ids(self.core.prospect_ids)

    @property
    def customer_ids(self) -> pa.Array:
        """Ids of all customers in the order of their codes; texts when the ledger and the prospects are of both kinds."""
        parts = ([self.ledger.customer_ids] if self.ledger is not None else []) + [self.prospects]
        if len({part.type for part in parts if len(part)}) > 1:
            parts = [part.cast(pa.large_string()) for part in parts]
        parts = [part for part in parts if len(part)] or parts[:1]
        return pa.concat_arrays(parts)

    @property
    def supplier_ids(self) -> pa.Array:
        """Ids of the suppliers in the order of their codes."""
        return give_ids(self.core.supplier_ids)

    @property
    def lines(self) -> int:
        """Lines kept; with the rows of ``rejected`` they are the lines read."""
        return int(self.core.lines)

    @property
    def periods(self) -> pa.Array:
        """First days of the periods, or the caller's own numbers; every period between the first and the last."""
        return self._period_labels("pyarrow")

    def _period_labels(self, kind: _frames.Kind) -> pa.Array:
        count = range(self.core.periods)
        if self.core.by_date:
            return give_days(np.array([self.core.start_of(p) for p in count], np.int32), kind)
        return pa.array([self.core.number_of(p) for p in count], pa.int64())

    def frame(self) -> Any:
        """The cells: customer, supplier, period, amount and orders when given; sorted by customer, period and supplier."""
        customer, supplier, period, amount, orders = self.core.columns()
        columns = self._labels(customer, supplier, period) | {"amount": amount}
        if len(orders):
            columns["orders"] = orders
        return _frames.give(columns, self.kind)

    @property
    def dropped(self) -> Any:
        """Cells whose net money is not positive: customer, supplier, period, net."""
        customer, supplier, period, net = self.core.dropped()
        return _frames.give(self._labels(customer, supplier, period) | {"net": net}, self.kind)

    @property
    def rejected(self) -> Any:
        """Refused rows: line (counted from 0), column, reason."""
        line, column, reason = self.core.rejected()
        return _frames.give({"line": line.astype(np.int64), "column": pa.array(column, pa.string()),
                             "reason": pa.array(reason, pa.string())}, self.kind)

    def _labels(self, customer: npt.NDArray[np.uint32], supplier: npt.NDArray[np.uint32], period: npt.NDArray[np.uint32]) -> dict[str, Any]:
        return {"customer": self.customer_ids.take(pa.array(customer)), "supplier": self.supplier_ids.take(pa.array(supplier)),
                "period": self._period_labels(self.kind).take(pa.array(period))}

    def _facts(self) -> list[tuple[str, str]]:
        customer, _, _, amount, _ = self.core.columns()
        facts = [("customers", f"{len(np.unique(customer)):,}"), ("suppliers", f"{len(self.supplier_ids):,}"), ("cells", f"{len(amount):,}")]
        if self.core.periods:
            ends = (0, self.core.periods - 1)
            first, last = ((str(from_day(self.core.start_of(p))) if self.core.by_date else str(self.core.number_of(p))) for p in ends)
            facts.append(("periods", f"{self.core.periods} ({first} to {last})"))
        facts.append(("amount", f"{float(amount.sum()):,.2f}"))
        prospects = self.customers - int(self.core.known_customers)
        if self.ledger is not None:
            facts.append(("prospects", f"{prospects:,}"))
        refused, dropped = len(self.core.rejected()[0]), len(self.core.dropped()[0])
        return facts + [(name, f"{n:,}") for name, n in (("refused", refused), ("dropped", dropped)) if n]

    def __repr__(self) -> str:
        return "Deliveries: " + ", ".join(f"{name} {value}" if name == "amount" else f"{value} {name}" if name != "periods"
                                          else f"{value.split(' ')[0]} periods {value.partition(' ')[2]}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in self._facts())
        return f"<table><caption>Deliveries</caption>{rows}</table>"
