"""Cohorts by first order, and signs of stickiness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .._errors import Error
from .._frames import codes, floats, give, kind_of, read, require
from ._shared import core, periods

_UNITS = ("W", "M", "Q", "Y")


def cohorts(ledger: Any, *, unit: str = "M", customer: str = "customer", date: str = "date", amount: str = "amount", end: Any = None,
            level: float = 0.9) -> Any:
    """Cohorts by the period of the first order: who came back at each age.

    Parameters
    ----------
    ledger : frame
        One row an order line with the named columns; amounts of 0 or less (credit notes) are left out.
    unit : {"W", "M", "Q", "Y"}
        Length of a period of the calendar; weeks start on Monday.
    customer, date, amount : str
        Names of the columns.
    end : date, optional
        Last day that the ledger covers; None: its last date. The period of that day is marked as partial unless it ends with it.
    level : float
        Probability inside the (Wilson) intervals.

    Returns
    -------
    frame
        cohort (first day), age, customers, active, orders, amount, retention, low, high, partial, whole_book (the first cohort holds
        all older customers: it is none); the caller's kind.

    Raises
    ------
    guanxi.Error
        A missing column, an unknown unit, a row after ``end``.

    Notes
    -----
    Costs O(n log n). Wilson (1927).
    """
    if unit not in _UNITS:
        raise Error(f"relation: 'unit' is '{unit}', want one of {', '.join(_UNITS)}", "unknown_name")
    table = read(ledger, "ledger")
    for name in (customer, date, amount):
        require(name, table.column_names, "ledger")
    column = table.column(date)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string()).cast(pa.date32())
    try:
        day = column.cast(pa.timestamp("s")).cast(pa.date32(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise Error(f"{date}: a column of {column.type} where dates are wanted", "bad_format") from None
    if day.null_count:
        raise Error(f"{date}: {day.null_count} empty entries where each row needs one")
    if len(day) == 0:
        raise Error("ledger: no rows", "empty")
    close = np.array([pc.max(day).as_py() if end is None else end], "datetime64[D]")
    period = _number(day.combine_chunks().to_numpy(zero_copy_only=False).astype("datetime64[D]"), unit)
    last, after = _number(close, unit)[0], _number(close + np.timedelta64(1, "D"), unit)[0]
    who, _ = codes(table, customer)
    t = core.cohorts(who, period, floats(table, amount), int(last), bool(after > last), level)
    columns: dict[str, Any] = {"cohort": pa.array(_day(t["cohort"], unit)).cast(pa.date32())}
    columns |= {name: t[name] for name in ("age", "customers", "active", "orders", "amount", "retention", "low", "high")}
    columns |= {name: t[name].astype(bool) for name in ("partial", "whole_book")}
    return give(columns, kind_of(ledger))


def _number(days: Any, unit: str) -> Any:
    """Periods of the calendar since 1970 in which the days lie."""
    if unit == "W":
        return (days.astype(np.int64) + 3) // 7
    months = days.astype("datetime64[M]").astype(np.int64)
    return months // {"M": 1, "Q": 3, "Y": 12}[unit]


def _day(number: Any, unit: str) -> Any:
    if unit == "W":
        return (number * 7 - 3).astype("datetime64[D]")
    return (number * {"M": 1, "Q": 3, "Y": 12}[unit]).astype("datetime64[M]").astype("datetime64[D]")


def stickiness(panel: Any, *, share: str = "share", orders: str | None = None, lines: str | None = None, offered: str | None = None,
               level: float = 0.9) -> Any:
    """Signs of stickiness of each customer; the parts stand side by side and are not mixed into one index.

    Parameters
    ----------
    panel : frame
        customer, period and the named columns; one row a customer and period.
    share : str
        Our part of its purchases, 0 to 1, null = not known.
    orders : str, optional
        Orders behind the share (with everybody): what jumps by sampling alone is taken out of the volatility.
    lines, offered : str, optional
        Product lines bought from us and from anybody.
    level : float
        Probability inside the (Jeffreys) intervals.

    Returns
    -------
    frame
        customer, periods, bought (part of its periods), persistence (after a period with an order: another) with low and high, stay
        (expected further periods), volatility (deviation of logit share beyond sampling), breadth with low and high; NaN = cannot be seen.

    Raises
    ------
    guanxi.Error
        Two rows of one customer and period, a share outside 0 .. 1, a missing column.

    Notes
    -----
    Costs O(n log n). Brown, Cai and DasGupta (2001). The price at which a customer would leave: ``DiscreteHazard.reach``.
    """
    table = read(panel, "panel")
    for name in ("customer", "period", *(n for n in (share, orders, lines, offered) if n)):
        require(name, table.column_names, "panel")
    who, names = codes(table, "customer")
    when, _ = periods(table)
    none = np.empty(0)
    t = core.stickiness(who, when, floats(table, share), *(floats(table, n) if n else none for n in (orders, lines, offered)), level)
    return give({"customer": names.take(pa.array(t["customer"])), **{k: v for k, v in t.items() if k != "customer"}}, kind_of(panel))
