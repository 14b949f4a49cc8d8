"""The sales ledger: order lines checked, encoded, and sorted by customer and day."""

from __future__ import annotations

import datetime
import functools
import html
import importlib.resources
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _files, _frames
from ._errors import Error

Day = str | datetime.date | datetime.datetime | np.datetime64
Column = str | Literal[False] | None
_EPOCH = datetime.date(1970, 1, 1)
_IDS = ("customer", "order", "product", "country", "supplier", "currency")


# -- columns by name ----------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def _aliases() -> dict[str, Any]:
    text = importlib.resources.files(__package__).joinpath("ledger_aliases.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def _plain(name: str) -> str:
    return re.sub(r"[\s._\-/#()]+", "", name).casefold()


def _without_currency(plain: str) -> tuple[str, str]:
    """'amountgbp' as ('amount', 'GBP'); a name that ends in no currency as it is."""
    for code in _aliases()["currencies"]:
        if plain.endswith(code.lower()) and len(plain) > 3:
            return plain[:-3], code
    return plain, ""


def find_column(role: str, have: list[str], argument: str, needed: bool) -> str | None:
    """The column that plays a role, by the table of aliases; an earlier row of the table wins.

    Fails with ``gx.Error`` when a needed role has no column, or two of equal rank. An optional role that two columns
    could play has none.
    """
    money = role in ("amount", "cost")
    for tier in _aliases()[role]:
        found = [name for name in have if _plain(name) in tier or (money and _without_currency(_plain(name))[0] in tier)]
        if len(found) == 1:
            return found[0]
        if len(found) > 1 and needed:
            raise Error(f"{argument}: {' and '.join(map(repr, found))} could each be the {role}; say which with {role}=", "unknown_name")
        if found:
            return None
    if needed:
        raise Error(f"{argument}: no column looks like the {role} among {', '.join(map(repr, have)) or 'no columns'}; "
                    f"name it with {role}=", "unknown_name")
    return None


def resolve(given: Mapping[str, Column], needed: tuple[str, ...], have: list[str], argument: str) -> dict[str, str]:
    """Role -> column for the names given, and those found by alias for None; False leaves an optional role out."""
    twice = sorted({name for name in have if have.count(name) > 1})
    if twice:
        raise Error(f"{argument}: the column {twice[0]!r} is there twice", "duplicate")
    result: dict[str, str] = {}
    for role, name in given.items():
        if name is None:
            found = find_column(role, have, argument, role in needed)
            if found is not None and found not in result.values():
                result[role] = found
        elif name is False:
            if role in needed:
                raise Error(f"{argument}: the {role} cannot be left out", "unknown_name")
        else:
            _frames.require(name, have, argument)
            result[role] = name
    return result


def column_names(frame: Any) -> list[str] | None:
    """Names of a frame's columns, without reading it; None when they are not known before."""
    if isinstance(frame, Mapping):
        return [str(name) for name in frame]
    if hasattr(frame, "collect_schema"):
        return list(frame.collect_schema().names())
    if isinstance(frame, (pa.Table, pa.RecordBatch)):
        return list(frame.column_names)
    columns = getattr(frame, "columns", None)
    return None if columns is None else [str(name) for name in columns]


def take_columns(frame: Any, given: Mapping[str, Column], needed: tuple[str, ...], argument: str) -> tuple[pa.Table, dict[str, str]]:
    """The frame's or file's columns, renamed to their roles; and role -> the caller's name."""
    roles: dict[str, str] = {}

    def choose(have: list[str]) -> tuple[list[str], set[str]]:
        roles.update(resolve(given, needed, have, argument))
        return list(dict.fromkeys(roles.values())), {roles[r] for r in _IDS if r in roles}

    if _files.is_path(frame):
        table = _files.read_file(frame, argument, choose)
    else:
        have = column_names(frame)
        if have is not None:
            columns, _ = choose(have)
            if hasattr(frame, "collect_schema") and hasattr(frame, "collect"):
                frame = frame.select(columns)
            elif type(frame).__module__.partition(".")[0] == "pandas":
                frame = _as_written(frame[columns].rename(columns=str), roles)
            table = _frames.read(frame, argument, columns)
        else:
            table = _frames.read(frame, argument)
            table = table.select(choose(table.column_names)[0])
    return pa.table({role: table.column(name) for role, name in roles.items()}), roles


def _as_written(frame: Any, roles: Mapping[str, str]) -> Any:
    """A pandas frame whose date column of objects holds ISO texts, so that every day stays the one written in its zone."""
    for role in ("date", "period"):
        name = roles.get(role)
        if name is not None and frame[name].dtype == object:
            texts = [v.isoformat() if isinstance(v, (datetime.date, datetime.datetime)) and v == v else v for v in frame[name]]
            frame = frame.assign(**{name: texts})
    return frame


# -- days ---------------------------------------------------------------------------------------------------------------


def to_day(value: Day, argument: str) -> int:
    """Days since 1970-01-01 of a date, datetime or ISO text."""
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value[:10])
        except ValueError:
            raise Error(f"{argument}: '{value}' is no date written year-month-day", "bad_format") from None
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            raise Error(f"{argument}: NaT is no date", "out_of_domain")
        return int(value.astype("datetime64[D]").astype(np.int64))
    if isinstance(value, datetime.date) and value == value:
        return (datetime.date(value.year, value.month, value.day) - _EPOCH).days
    raise Error(f"{argument}: {value!r} is no date", "bad_format")


def from_day(number: int) -> datetime.date:
    """The date of a day number."""
    return _EPOCH + datetime.timedelta(days=number)


def give_days(days: npt.NDArray[np.int32], kind: _frames.Kind) -> pa.Array:
    """A column of dates; for pandas as datetime64, since it has no date of its own."""
    column = pa.Array.from_buffers(pa.date32(), len(days), [None, pa.py_buffer(np.ascontiguousarray(days))])
    return column.cast(pa.timestamp("s")) if kind == "pandas" else column


def give_ids(ids: Any) -> pa.Array:
    """The ids of a dictionary as an Arrow column: numbers, or texts from (offsets, bytes) without a copy."""
    if isinstance(ids, tuple):
        offsets, data = ids
        return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    return pa.array(ids)


def clean(table: pa.Table, date_format: str | None, argument: str) -> tuple[pa.Table, list[tuple[int, str, str]]]:
    """Brings dates and amounts into a layout that the core reads; rows that cannot be are listed with the reason."""
    refused: list[tuple[int, str, str]] = []
    for role in ("date", "period"):
        if role not in table.column_names:
            continue
        column = table.column(role)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if date_format is not None and _is_text(column.type):
            read = pc.strptime(column, format=date_format, unit="s", error_is_null=True)
            lost = pc.and_(pc.is_null(read), pc.is_valid(column)).to_numpy()
            refused += [(int(i), role, f"the {role} '{column[i].as_py()}' is not written {date_format}") for i in np.flatnonzero(lost)]
            column = read
        elif pa.types.is_timestamp(column.type) and column.type.tz is not None:
            column = pc.local_timestamp(column)
        elif pa.types.is_boolean(column.type) or pa.types.is_floating(column.type):
            if column.null_count < len(column):
                raise Error(f"{argument}: the column of the {role} holds {column.type} where dates are wanted", "bad_format")
            column = pa.chunked_array([pa.nulls(len(column), pa.date32())])
        table = table.set_column(table.column_names.index(role), role, column)
    for role in ("amount", "cost", "orders"):
        if role not in table.column_names:
            continue
        column = table.column(role)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if _is_text(column.type):
            text = pc.utf8_trim_whitespace(column)
            number = pc.match_substring_regex(text, r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$")
            blank = pc.equal(text, "")
            lost = pc.fill_null(pc.invert(pc.or_(number, blank)), False).to_numpy()
            if lost.all() and len(lost):
                raise Error(f"{argument}: the {role} '{column[0].as_py()}' is no number", "bad_format")
            refused += [(int(i), role, f"the {role} '{column[i].as_py()}' is no number") for i in np.flatnonzero(lost)]
            column = pc.if_else(pc.fill_null(number, False), text, pa.scalar(None, text.type)).cast(pa.float64())
        elif not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
                  or pa.types.is_null(column.type)):
            raise Error(f"{argument}: the column of the {role} holds {column.type} where numbers are wanted", "bad_format")
        table = table.set_column(table.column_names.index(role), role, column)
    return table, sorted(refused)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


# -- the ledger ---------------------------------------------------------------------------------------------------------


class Ledger:
    """Our sales, one row an order line in; customers with their purchase days inside.

    Parameters
    ----------
    frame
        pandas, polars (eager or lazy), pyarrow, a DuckDB relation, a mapping of columns, anything with
        ``__arrow_c_stream__``; or the path of a .csv, .csv.gz, .parquet or .xlsx file.
    customer, date, amount
        Names of the columns. ``None``: found by a table of common names ("kunde", "invoice_date", "amount_gbp", ...).
    order, product, country, supplier, cost, currency
        Optional columns, found in the same way; ``False`` leaves one out.
    date_format
        How text dates are written, as for ``strptime`` ("%d.%m.%y"). Without it only year-month-day is taken.
    ledger_currency
        The currency of the ledger; lines in another one are refused. ``None``: the end of the amount's name
        ("amount_gbp"), else the most frequent of the currency column.
    threads
        0: all of the machine's. The result is the same for any number.

    Notes
    -----
    A purchase is a day with at least one line that is not a return (amount >= 0). A credit note (amount < 0) lowers the
    net of its own day if the customer also bought that day, otherwise of the last purchase day before it, and goes further
    back while something is left; what exceeds everything earlier is kept in ``unmatched_credit``.
    A line is kept or listed in ``rejected``. Ids of both kinds can be joined: a number equals its decimal text.
    Costs about 20 nanoseconds a line and core for integer ids.
    """

    def __init__(self, frame: Any, customer: Column = None, date: Column = None, amount: Column = None, order: Column = None,
                 product: Column = None, country: Column = None, supplier: Column = None, cost: Column = None,
                 currency: Column = None, *, date_format: str | None = None, ledger_currency: str | None = None,
                 threads: int = 0) -> None:
        given: dict[str, Column] = {"customer": customer, "date": date, "amount": amount, "order": order, "product": product,
                                    "country": country, "supplier": supplier, "cost": cost, "currency": currency}
        table, self.columns = take_columns(frame, given, ("customer", "date", "amount"), "Ledger")
        self.kind: _frames.Kind = "pyarrow" if _files.is_path(frame) else _frames.kind_of(frame)
        if table.num_rows == 0:
            raise Error("Ledger: the frame has no rows", "empty")
        table, refused = clean(table, date_format, "Ledger")
        money = ledger_currency or ("" if "currency" in table.column_names else _without_currency(_plain(self.columns["amount"]))[1])
        names = {role: role if role in table.column_names else "" for role in given}
        self.core: Any = _core.ledger.Ledger(table.__arrow_c_stream__(), _core.ledger.ArrowNames(**names), money, threads, refused)

    @classmethod
    def _wrap(cls, core: Any, kind: _frames.Kind, columns: dict[str, str]) -> Ledger:
        ledger = cls.__new__(cls)
        ledger.core, ledger.kind, ledger.columns = core, kind, columns
        return ledger

    # what is in it

    @property
    def customers(self) -> int:
        """Number of customers: distinct ids."""
        return int(self.core.customers)

    @property
    def lines(self) -> int:
        """Lines kept; with the rows of ``rejected`` they are the lines read."""
        return int(self.core.lines)

    @property
    def first_day(self) -> datetime.date:
        """Date of the first line kept."""
        return from_day(self.core.first_day)

    @property
    def last_day(self) -> datetime.date:
        """Date of the last line kept."""
        return from_day(self.core.last_day)

    @property
    def currency(self) -> str | None:
        """Currency of the amounts, None when it is not known."""
        return self.core.currency or None

    @property
    def customer_ids(self) -> pa.Array:
        """The customers' ids in the order of their codes: sorted, numbers as numbers and texts by their bytes."""
        return give_ids(self.core.ids)

    @property
    def rejected(self) -> Any:
        """Refused lines: line (counted from 0), column, reason. A frame of the caller's kind."""
        line, column, reason = self.core.rejected()
        return _frames.give({"line": line.astype(np.int64), "column": pa.array(column, pa.string()),
                             "reason": pa.array(reason, pa.string())}, self.kind)

    @property
    def notes(self) -> list[str]:
        """What one should know of the ledger, a sentence each: refused, repeated and future lines, unmatched credits."""
        return list(self.core.notes(to_day(datetime.date.today(), "today")))

    @property
    def unmatched_credit(self) -> Any:
        """Customers whose credit notes exceed all their earlier purchases: customer, amount."""
        amount = self.core.unmatched_credit()
        code = np.flatnonzero(amount > 0)
        return _frames.give({"customer": self.customer_ids.take(pa.array(code)), "amount": amount[code]}, self.kind)

    # what it answers

    def summary(self, end: Day | None = None, unit: str = "W") -> Any:
        """Frequency, recency, age and spend of every customer with a purchase up to ``end``.

        Parameters
        ----------
        end
            Last day that is looked at; None: the ledger's last day.
        unit
            "D", "W", "M" (365.25 / 12 days) or "Y" (365.25 days), with the precision of days.

        Returns
        -------
        frame
            customer, frequency (purchase days after the first), recency (first to last purchase), age (first purchase to
            ``end``), spend (mean net money per purchase day after the first, NaN when there is none), first, last,
            log_gaps (sum of ln of the gaps in ``unit``); in the order of the customers' ids.
        """
        columns = self.core.summary(None if end is None else to_day(end, "Ledger.summary: end"), unit)
        columns["customer"] = self.customer_ids.take(pa.array(columns["customer"]))
        for name in ("first", "last"):
            columns[name] = give_days(columns[name], self.kind)
        columns["frequency"] = columns["frequency"].astype(np.int64)
        return _frames.give(columns, self.kind)

    def days(self, end: Day | None = None) -> Any:
        """Purchase days up to ``end``: customer, date, amount (net of the credit notes known then)."""
        start, date, amount = self.core.days(None if end is None else to_day(end, "Ledger.days: end"))
        code = np.repeat(np.arange(len(start) - 1), np.diff(start.astype(np.int64)))
        return _frames.give({"customer": self.customer_ids.take(pa.array(code)), "date": give_days(date, self.kind), "amount": amount}, self.kind)

    def split(self, at: Day) -> tuple[Ledger, Ledger]:
        """The ledger up to and with ``at``, and the one after it. Customers keep their codes in both."""
        before, after = self.core.split(to_day(at, "Ledger.split: at"))
        return Ledger._wrap(before, self.kind, self.columns), Ledger._wrap(after, self.kind, self.columns)

    def products(self, start: Day | None = None, end: Day | None = None) -> Any:
        """Net money and lines of each customer and product between two dates: customer, product, amount, lines."""
        return self._items("product", self.core.products, self.core.product_ids, start, end)

    def countries(self, start: Day | None = None, end: Day | None = None) -> Any:
        """Net money and lines of each customer and country: customer, country, amount, lines."""
        return self._items("country", self.core.countries, self.core.country_ids, start, end)

    def suppliers(self, start: Day | None = None, end: Day | None = None) -> Any:
        """Net money and lines of each customer and supplier of ours: customer, supplier, amount, lines."""
        return self._items("supplier", self.core.suppliers, self.core.supplier_ids, start, end)

    def country(self, end: Day | None = None) -> Any:
        """The country of each customer up to ``end``: of most of its lines, the first in order among equals."""
        code = self.core.country(None if end is None else to_day(end, "Ledger.country: end"))
        if len(code) == 0:
            raise Error("Ledger.country: the ledger has no column of countries", "unknown_name")
        index = pa.array(code.astype(np.int64), mask=code == np.uint32(0xFFFFFFFF))
        return _frames.give({"customer": self.customer_ids, "country": give_ids(self.core.country_ids).take(index)}, self.kind)

    def margin(self, end: Day | None = None) -> Any:
        """1 - cost / amount of each customer over the lines with a cost, up to ``end``; NaN where none is known."""
        value = self.core.margin(None if end is None else to_day(end, "Ledger.margin: end"))
        return _frames.give({"customer": self.customer_ids, "margin": value}, self.kind)

    def _items(self, role: str, totals: Any, ids: Any, start: Day | None, end: Day | None) -> Any:
        if role not in self.columns:
            raise Error(f"Ledger: no column of the {role} was given or found; name it with {role}=", "unknown_name")
        row, item, amount, lines = totals(*(None if d is None else to_day(d, "Ledger") for d in (start, end)))
        code = np.repeat(np.arange(len(row) - 1), np.diff(row.astype(np.int64)))
        return _frames.give({"customer": self.customer_ids.take(pa.array(code)), role: give_ids(ids).take(pa.array(item)),
                             "amount": amount, "lines": lines.astype(np.int64)}, self.kind)

    # what a notebook prints

    def _facts(self) -> list[tuple[str, str]]:
        facts = [("customers", f"{self.customers:,}"), ("lines", f"{self.lines:,}")]
        if self.lines:
            facts.append(("days", f"{self.first_day} to {self.last_day}"))
            total = float(self.core.days()[2].sum())
            facts.append(("net", f"{total:,.2f}{' ' + self.currency if self.currency else ''}"))
        return facts

    def __repr__(self) -> str:
        head = ", ".join(f"{value} {name}" if name in ("customers", "lines") else f"{value}" if name == "days" else f"net {value}"
                         for name, value in self._facts())
        return "\n".join([f"Ledger: {head}", *(f"  {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in self._facts())
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return f"<table><caption>Ledger</caption>{rows}</table>" + (f"<ul>{notes}</ul>" if notes else "")
