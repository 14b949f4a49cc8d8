"""The table of countries and products: one call, one row a market, with the reasons."""

from __future__ import annotations

import datetime
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import codes, floats, give, kind_of, plain_text, read
from ._gravity import gravity as fit_gravity

Floats = npt.NDArray[np.float64]
_NOBODY = 0xFFFFFFFF
_REPORT = ["none", "importer", "mirrored", "both"]
_EXPLAIN = {
    "size": "purchases from everybody in the period; where it is under way: the nowcast of the whole of it, with its range",
    "growth": "size / size_before - 1; unknown where one was reported by importers and the other mirrored",
    "trend": "growth a period by least squares on logarithms over all complete periods, with Student's interval",
    "sales": "ours, as far as seen", "share": "ours / everybody's, as far as seen",
    "suppliers": "with sales in the period", "leader": "the largest rival", "lead": "our share / the leader's",
    "hhi": "sum of squared shares, 0 to 1", "effective": "1 / hhi: as many suppliers of one size would give it",
    "rca": "(our sales of the product / all our sales) / (the world's of it / all of the world's): Balassa",
    "rsca": "(rca - 1) / (rca + 1)", "nrca": "x_cp / x - x_c x_p / x^2: sums to 0 over exporters and over products",
    "price": "our unit value / the market's", "rung": "part of the rivals' quantity that is sold for less than ours",
    "ladder": "unit value at 90 % of the quantity / at 10 %: long where quality differs",
    "similarity": "of our exports with the leader's over products: sum of the smaller shares (Finger and Kreinin)",
    "complementarity": "of our exports with what the importer buys: the same sum (Michaely)",
    "attainable": "potential as a share of the market, at most 1",
    "potential": "what we should sell: supply share x ease x demand (Decreux and Spies), or gravity's expectation; its range is what "
                 "exporters of our size trade where as much is expected",
    "gap": "potential less our sales, never below 0",
    "difficulty": "1 - chance; chance: part of past entrants in the cell that were there a period later; where we sell already: part of its "
                  "suppliers that held their share; drawn towards the product's rate, with beta quantiles",
    "cases": "past cases in the cell behind the difficulty",
    "score": "money at stake: chance x margin x gap, less the cost of entry where we do not sell yet; an absolute scale",
}
_NUMBERS = ["size", "size_low", "size_high", "size_before", "growth", "trend", "trend_low", "trend_high", "sales", "share", "share_before", "suppliers",
            "leader", "leader_share", "lead", "hhi", "effective", "rca", "rsca", "nrca", "price", "rung", "ladder", "similarity", "complementarity",
            "attainable", "attainable_low", "attainable_high", "potential", "potential_low", "potential_high", "gap", "gap_low", "gap_high", "cases",
            "difficulty", "difficulty_low", "difficulty_high", "score", "score_low", "score_high"]


@dataclass(frozen=True)
class MarketTable:
    """Countries x products; made by `table`.

    Attributes
    ----------
    markets : frame, one row a market, the most money at stake first
        importer, product, the columns that `explain` lists, report (whose report the size rests on).
    suppliers : frame
        importer, product, supplier, share, share_before, price (unit value / the market's); the largest first.
    conventions : dict
        What the figures rest on: sets, periods, rules.
    """

    markets: Any
    suppliers: Any
    conventions: dict[str, Any]
    _top: list[tuple[Any, ...]]

    def explain(self, column: str | None = None) -> str:
        """What a column means; all columns and the conventions when none is named."""
        if column is not None:
            stem = column.removesuffix("_low").removesuffix("_high").removesuffix("_before").removesuffix("_share")
            if stem not in _EXPLAIN:
                raise Error(f"explain: no column '{column}' in the table of markets", "unknown_name")
            return _EXPLAIN[stem]
        return "\n".join([f"{name}: {text}" for name, text in _EXPLAIN.items()] + [f"[{name}] {text}" for name, text in self.conventions.items()])

    def __repr__(self) -> str:
        c = self.conventions
        lines = [f"MarketTable: {c['cells']:,} markets in {c['period']}, {c['importers']} importers x {c['products']} products, {c['exporters']} exporters"]
        lines.append(f"  {'importer':16}{'product':16}{'size':>14}{'growth':>8}{'share':>7}  {'leader':12}{'gap':>12}{'at stake':>12}")
        for importer, product, size, growth, share, leader, gap, score in self._top:
            name = f"{str(importer)[:15]:16}{str(product)[:15]:16}"
            lines.append(f"  {name}{size:>14,.0f}{growth:>8.1%}{share:>7.1%}  {str(leader)[:11]:12}{gap:>12,.0f}{score:>12,.0f}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("importer", "product", "size", "growth", "share", "leader", "gap", "at stake"))
        rows = "".join("<tr>" + "".join(f"<td>{html.escape(f'{v:,.4g}' if isinstance(v, float) else str(v))}</td>" for v in row) + "</tr>" for row in self._top)
        return f"<table><caption>{self.conventions['cells']:,} markets in {self.conventions['period']}</caption><tr>{head}</tr>{rows}</table>"


def table(flows: Any, *, own: Any = None, exporter: str = "exporter", importer: str = "importer", product: str = "product", period: str = "period",
          value: str = "value", quantity: str | None = None, mirrored: str | None = None, expected: str | None = None,
          gravity: Sequence[str] | None = None, at: Any = None, back: int = 1, markets: Sequence[Any] | None = None,
          margin: float | Mapping[Any, float] = 1.0, entry: float | Mapping[Any, float] = 0.0, level: float = 0.9, cap: float = 10.0, like: int = 30,
          prior: float = 10.0, keep_own_trade: bool = False, threads: int = 0) -> MarketTable:
    """Every country x product: size, growth, shares, prices, potential, difficulty, and the money at stake.

    Parameters
    ----------
    flows : frame
        Who sold what to whom: exporter, importer, product, period, value (money of 0 or more, one currency). Rows of one key are
        summed. Absent cells are 0 where the importer has rows in the period, and unknown where it has none.
    own : label, optional
        The exporter that is us (our country, or our company). None: no column of ours.
    period : column
        Whole numbers (years, complete), or dates: then years are compared, and the year of ``at`` is estimated from the months up to it.
    quantity : column, optional
        In one unit a product; gives prices. 0 or unknown: no price.
    mirrored : column, optional
        True where the exporter reported. Growth across both kinds of report is unknown.
    expected : column, optional
        What a model expects of the row, in the period looked at; replaces the rule for the potential.
    gravity : columns, optional
        Regressors: fits the gravity equation to the period looked at, with effects exporter x product and importer x product, and
        takes its expectation. Rows without trade belong into ``flows`` with value 0.
    at : period or date, optional
        What is looked at, by default the last; nothing after it is read.
    back : int
        Compared with so many periods before.
    markets : labels, optional
        Importers to show. The figures of a market do not depend on it.
    margin : float or dict product -> float
        Part of sales; 1 gives the score in sales.
    entry : float or dict importer -> float
        Money it costs to get in.
    level : float
        Of all intervals.
    cap, like, prior : numbers
        Ease is at most ``cap``; the range of a potential rests on the ``like`` exporters nearest to us in size; the product's own rate
        counts for ``prior`` cases in a difficulty.

    Returns
    -------
    MarketTable

    Raises
    ------
    Error
        A negative or unknown value with its row, an exporter that does not exist.

    Notes
    -----
    Cost: 1M rows in some tenths of a second.
    Source: Balassa (1965), Finger and Kreinin (1979), Michaely (1996), Decreux and Spies (2016), Santos Silva and Tenreyro (2006).
    """
    keys, numbers = [exporter, importer, product], [value, *[c for c in (quantity, expected) if c], *(gravity or [])]
    if gravity is not None and expected is not None:
        raise Error("table: 'expected' and 'gravity' both say what to expect, wanted one of them", "out_of_domain")
    rows = plain_text(read(flows, "table", [*keys, period, *numbers, *([mirrored] if mirrored else [])]))
    rows, when, now_label, first, part = _periods(rows, period, value, at)
    found = {key: codes(rows, key) for key in keys}
    (e, sellers), (m, buyers), (p, goods) = found.values()
    me = _NOBODY if own is None else _index(own, sellers, "own", "exporters")
    periods = int(when.max()) + 1
    empty = np.empty(0)
    told = floats(rows, expected) if expected else empty
    rule = f"supply share x ease x demand; ease at most {cap:g}, that of exporters of our size where we do not sell yet"
    if expected:
        rule = f"column '{expected}'"
    home = np.full(len(sellers), _NOBODY, np.uint32)
    if not keep_own_trade and sellers.type == buyers.type:
        home = pc.fill_null(pc.index_in(sellers, value_set=buyers).cast(pa.int64()), _NOBODY).to_numpy(zero_copy_only=False).astype(np.uint32)
    if gravity is not None:
        told, rule = _expectation(rows, when == periods - 1, gravity, keys, value if part is None else part, home[e] == m, rule)
    flag = empty.astype(np.uint8) if mirrored is None else rows.column(mirrored).cast(pa.uint8()).fill_null(0).to_numpy().astype(np.uint8)
    # What was asked for may name what is not there: margins of goods that nobody trades.
    margins = np.array([margin.get(g, np.nan) if isinstance(margin, Mapping) else margin for g in goods.to_pylist()], float)
    costs = np.array([entry.get(b, np.nan) if isinstance(entry, Mapping) else entry for b in buyers.to_pylist()], float)
    t = _core.market.table(e, m, p, when, floats(rows, value), empty if part is None else part, floats(rows, quantity) if quantity else empty, told, flag, home,
                           len(sellers), len(buyers), len(goods), periods, me, _NOBODY, back, level, cap, like, prior, margins, costs, threads)
    shown = np.ones(len(t["importer"]), bool)
    if markets is not None:
        shown = np.isin(t["importer"], [_index(label, buyers, "markets", "importers") for label in markets])
    order = np.flatnonzero(shown)
    stake = np.nan_to_num(t["score"][order], nan=-np.inf)
    order = order[np.lexsort((-np.nan_to_num(t["size"][order]), -stake))]
    kind = kind_of(flows)
    columns: dict[str, Any] = {importer: buyers.take(pa.array(t["importer"][order])), product: goods.take(pa.array(t["product"][order]))}
    for name in _NUMBERS:
        column = t[name][order]
        columns[name] = _labelled(sellers, column) if name == "leader" else column
    columns["report"] = pa.array(_REPORT).take(pa.array(t["report"][order]))
    cell = np.repeat(np.arange(len(shown)), np.diff(t["start"]).astype(np.int64))
    lines = np.flatnonzero(shown[cell])
    suppliers = give({importer: buyers.take(pa.array(t["importer"][cell[lines]])), product: goods.take(pa.array(t["product"][cell[lines]])),
                      "supplier": _labelled(sellers, t["supplier"][lines]), "share": t["supplier_share"][lines], "share_before": t["supplier_before"][lines],
                      "price": t["supplier_price"][lines]}, kind)
    conventions = {
        "period": now_label, "compared with": "nothing" if t["before"] == _NOBODY else first + int(t["before"]), "under way": bool(t["partial"]),
        "cells": len(order), "exporters": len(sellers), "importers": len(buyers), "products": len(goods),
        "report": "importer" if mirrored is None else "importer and mirrored, growth across them unknown",
        "basis": "as handed in (FOB or CIF is not converted)",
        "absent cell": "0 where the importer has rows in the period, unknown where it has none",
        "own trade": "kept" if keep_own_trade else f"left out: {t['own_trade']} rows", "hhi": "0 to 1, all suppliers seen", "potential": rule,
        "range of the potential": f"{level:.0%} of {t['like_flows']:,} flows of the {like} exporters nearest in size, where as much is expected",
        "difficulty": f"past cases, the product's rate counts for {prior:g}", "score": "margin 1: in sales" if margin == 1.0 else "in money"}
    names = (importer, product, "size", "growth", "share", "leader", "gap", "score")
    top = [tuple(_plain(columns[name], i) for name in names) for i in range(min(5, len(order)))]
    return MarketTable(give(columns, kind), suppliers, conventions, top)


def _periods(rows: pa.Table, period: str, value: str, at: Any) -> tuple[pa.Table, npt.NDArray[np.uint32], Any, int, Floats | None]:
    """Rows up to ``at``, their period from 0, what is looked at, the first period, and the part of value in the months seen."""
    column = rows.column(period)
    if column.null_count:
        raise Error(f"table: '{period}' is unknown in {column.null_count} rows", "out_of_domain")
    if rows.num_rows == 0:
        raise Error("market::table: there is no row", "empty")
    if pa.types.is_integer(column.type):
        number = column.to_numpy().astype(np.int64)
        last = int(number.max()) if at is None else int(at)
        keep = number <= last
        if not keep.any():
            raise Error(f"table: no row up to {last}", "empty")
        rows, number = rows.filter(pa.array(keep)), number[keep]
        first = int(number.min())
        return rows, _from_zero(number, first, last), last, first, None
    if not pa.types.is_temporal(column.type):
        raise Error(f"table: '{period}' is {column.type}, wanted whole numbers or dates", "bad_format")
    when = column.cast(pa.date32(), safe=False)
    end = pc.max(when).as_py() if at is None else (datetime.date.fromisoformat(at) if isinstance(at, str) else at)
    year, month = pc.year(when).to_numpy(), pc.month(when).to_numpy()
    keep = (year < end.year) | ((year == end.year) & (month <= end.month))
    if not keep.any():
        raise Error(f"table: no row up to {end}", "empty")
    rows, year, month = rows.filter(pa.array(keep)), year[keep], month[keep]
    first = int(year.min())
    part = None if end.month == 12 else np.where(month <= end.month, floats(rows, value), 0.0)
    return rows, _from_zero(year, first, end.year), f"{end.year}" if part is None else f"{end.year} up to month {end.month}", first, part


def _from_zero(number: npt.NDArray[np.int64], first: int, last: int) -> npt.NDArray[np.uint32]:
    if last - first > 10_000:
        raise Error(f"table: periods run from {first} to {last}, at most 10000 are possible", "out_of_domain")
    if int(number.max()) < last:
        raise Error(f"table: no row in {last}, the last is {int(number.max())}", "empty")
    return (number - first).astype(np.uint32)


def _expectation(rows: pa.Table, now: npt.NDArray[np.bool_], regressors: Sequence[str], keys: list[str], value: Any, own_trade: npt.NDArray[np.bool_],
                 rule: str) -> tuple[Floats, str]:
    """Gravity's expectation of the rows of the period looked at, and how it came about."""
    use = np.flatnonzero(now & ~own_trade)
    part = rows.take(pa.array(use))
    amount = floats(rows, value) if isinstance(value, str) else value
    part = part.append_column("__amount", pa.array(amount[use]))
    exporter, importer, product = keys
    fit = fit_gravity(part, value="__amount", regressors=regressors, effects=[f"{exporter}+{product}", f"{importer}+{product}"])
    out = np.full(rows.num_rows, np.nan)
    out[use] = fit.fitted_
    told = ", ".join(f"{name} {b:.3f}" for name, b in fit.params_.items())
    return out, f"gravity ({told}; {fit.status_})"


def _index(label: Any, labels: pa.Array, argument: str, what: str) -> int:
    try:
        at = pc.index_in(pa.scalar(label, labels.type), value_set=labels).as_py()
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        at = None
    if at is None:
        raise Error(f"table: {argument} names {label!r}, not among the {what}", "unknown_name")
    return int(at)


def _labelled(labels: pa.Array, numbers: npt.NDArray[np.uint32]) -> pa.Array:
    missing = numbers == _NOBODY
    return labels.take(pa.array(np.where(missing, 0, numbers), mask=missing))


def _plain(column: Any, i: int) -> Any:
    value = column[i]
    return value.as_py() if isinstance(value, pa.Scalar) else float(value)
