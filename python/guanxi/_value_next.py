"""When the next order comes, how large it is, who is overdue; backtests over several dates and their pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from .ledger import Day, Ledger, give_days, to_day

_UNKNOWN_DAY = -(2**31)


def _ledger(led: Any, argument: str) -> Ledger:
    if not isinstance(led, Ledger):
        raise Error(f"{argument}: a {type(led).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
    return led


def next_orders(ledger: Ledger, end: Day | None = None, *, false_alarm: float = 0.05, level: float = 0.9, threads: int = 0) -> Any:
    """Date and size of each customer's next order if the customer still buys, and an alarm for those who are overdue.

    Parameters
    ----------
    end
        Last day that is known; None: the ledger's last day.
    false_alarm
        Share of a buying customer's gaps in which the alarm may be raised although the next order still comes.
    level
        Of the intervals.

    Returns
    -------
    frame
        One row a customer with a purchase up to ``end``: customer, silence (days), chance (of a silence at least so long
        while the customer still buys), overdue, alarm_on (date), next_low, next_median, next_high (dates), size, size_low,
        size_high (money of the next order: median and interval).

    Raises
    ------
    guanxi.Error
        ``false_alarm`` or ``level`` is not between 0 and 1, or nobody has bought up to ``end``.

    Notes
    -----
    Costs a fit of MBG/CNBD-k. Source: Platzer and Reutterer (2016) for regular gaps; the threshold is a quantile of what
    completed gaps of the ledger's first half showed.
    """
    led = _ledger(ledger, "value.next_orders")
    columns, _, _ = _core.value.next_orders(led.core, None if end is None else to_day(end, "value.next_orders: end"), float(false_alarm), float(level), threads)
    rows = np.flatnonzero(~np.isnan(columns["silence"]))
    out: dict[str, Any] = {"customer": led.customer_ids.take(pa.array(rows))}
    for name, column in columns.items():
        part = column[rows]
        if name in ("alarm_on", "next_low", "next_median", "next_high"):
            dates = give_days(np.where(part == _UNKNOWN_DAY, 0, part).astype(np.int32), led.kind)
            out[name] = pc.if_else(pa.array(part != _UNKNOWN_DAY), dates, pa.scalar(None, dates.type))
        else:
            out[name] = part.astype(bool) if name == "overdue" else part
    return _frames.give(out, led.kind)


def backtests(ledger: Ledger, dates: list[Day], horizon: float, unit: str = "W", *, level: float = 0.9, threads: int = 0) -> Any:
    """``backtest`` at several dates in one call, with a verdict for each measure.

    Returns
    -------
    frame
        The rows of ``backtest`` at every date, with the column at (date) first and best (names of the measures, separated by
        spaces, in which this row is not beaten by another at the same date).

    Raises
    ------
    guanxi.Error
        ``dates`` is empty, or a date does not fit the ledger: see ``backtest``.
    """
    led = _ledger(ledger, "value.backtests")
    if not dates:
        raise Error("value.backtests: 'dates' is empty; at least one date is wanted", "empty")
    low = ("mae_median", "rmse", "crps", "interval_score", "value_mae", "value_rmse")
    high = ("log_score", "top10", "correlation", "auc")
    days: list[int] = []
    whole: dict[str, list[Any]] = {}
    for date in dates:
        day = to_day(date, "value.backtests: dates")
        columns = _core.value.backtest(led.core, day, float(horizon), unit, level, threads)
        count = len(columns["model"])
        words: list[list[str]] = [[] for _ in range(count)]
        for name in low + high:
            column = np.asarray(columns[name], dtype=np.float64)
            if not np.all(np.isnan(column)):
                best = np.nanmin(column) if name in low else np.nanmax(column)
                for i in np.flatnonzero(column == best):
                    words[i].append(name)
        days += [day] * count
        for name, values in columns.items():
            whole.setdefault(name, []).extend(list(values))
        whole.setdefault("best", []).extend(" ".join(w) for w in words)
    return _frames.give({"at": give_days(np.array(days, dtype=np.int32), led.kind), **{n: pa.array(v) for n, v in whole.items()}}, led.kind)


def plot_backtest(table: Any, measure: str = "rmse") -> Any:
    """Picture of a backtest: one bar a forecaster, customer_value and the naive rows in their own colours.

    Takes the frame of ``backtest`` or ``backtests`` (then one panel a date). Needs the optional package altair; gives an
    ``altair.Chart``.
    """
    frame = _frames.read(table, "value.plot_backtest")
    _frames.require("model", frame.column_names, "value.plot_backtest")
    _frames.require(measure, frame.column_names, "value.plot_backtest")
    try:
        import altair as alt
    except ImportError as reason:
        raise Error("value.plot_backtest: the package 'altair' is missing; install guanxi[report]", "unknown_name") from reason
    naive = ("last_window", "mean_of_two", "same_window_last_year", "rate")
    rows = [{"model": r["model"], measure: r[measure], "at": str(r.get("at", ""))[:10],
             "kind": "ours" if r["model"] == "customer_value" else "naive" if r["model"] in naive else "classic"}
            for r in frame.to_pylist() if r[measure] is not None and r[measure] == r[measure]]
    chart = alt.Chart(alt.Data(values=rows)).mark_bar().encode(
        x=alt.X(f"{measure}:Q"), y=alt.Y("model:N", sort=None), color=alt.Color("kind:N"))
    return chart.facet(row="at:N") if "at" in frame.column_names else chart
