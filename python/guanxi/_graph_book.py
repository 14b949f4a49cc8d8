"""A graph of customers and suppliers as columns, its labels, and the helpers that all its subjects share."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Kind, codes, floats, give, kind_of, plain_text, read

Side = Literal["customer", "supplier"]
Measure = Literal["cosine", "jaccard", "overlap", "ruzicka"]
Weight = Literal["binary", "amount", "log", "share", "tfidf"]
Ids = npt.NDArray[np.uint32]
_NONE = np.uint32(0xFFFFFFFF)


class Book:
    """Labels, ties and refused lines; what every subject of the graph needs."""

    def __init__(self, frame: Any, customer: str = "customer", supplier: str = "supplier", weight: str | None = "amount",
                 product: str | None = None, period: str | None = None, *, keep_zero: bool = False, threads: int = 0) -> None:
        self._kind: Kind = kind_of(frame)
        self._threads = threads
        self._keep_zero = keep_zero
        self._names = (customer, supplier, weight, product, period)
        named = [name for name in (customer, supplier, weight, product, period) if name is not None]
        table = read(frame, "SupplierGraph", named)
        table, empty = _without_nulls(table, customer, supplier, product, period)
        kept_rows = empty.pop("kept")
        customer_ids, self._customers = _ranks(table, customer)
        supplier_ids, self._suppliers = _ranks(table, supplier)
        amount = np.ones(table.num_rows) if weight is None else floats(table, weight)
        product_ids: Ids | None = None
        period_ids: Ids | None = None
        self._products: pa.Array = pa.array([], pa.string())
        self._periods: pa.Array = pa.array([], pa.int64())
        if product is not None:
            product_ids, self._products = _ranks(table, product)
        if period is not None:
            period_ids, self._periods = _period_ids(table, period)
        self._g = _core.graph.SupplierGraph(customer_ids, supplier_ids, amount, product_ids, period_ids, len(self._customers),
                                            len(self._suppliers), len(self._products), len(self._periods), keep_zero)
        self._reject(empty, kept_rows, customer, supplier)
        self._forget()
        if self._g.ties == 0 and table.num_rows + len(empty["line"]) > 0:
            raise Error(f"SupplierGraph: all {table.num_rows + len(empty['line'])} lines were refused or net to zero; "
                        f"first reason: {self._rejected['reason'][0]}", "empty")

    # -- what there is ---------------------------------------------------------------------------------------------
    def _forget(self) -> None:
        self.status_: str = ""
        self.error_bound_: float = math.nan
        self.disrupted_: dict[str, float] = {}
        self.quiet_: int | None = None
        self.tests_: dict[str, float] = {}
        self.tie_model_: dict[str, float] = {}
        self.lambda2_: float = math.nan
        self.modularity_: float = math.nan
        self.updates_: int = 0
        self._learned: tuple[Any, Any] | None = None

    def _reject(self, empty: dict[str, list[Any]], kept_rows: npt.NDArray[np.int64] | None, customer: str, supplier: str) -> None:
        refused = self._g.refused()
        row = refused["row"]
        if kept_rows is not None and len(row):
            row = np.where(row >= 0, kept_rows[np.maximum(row, 0)], -1)
        line = pa.array(list(empty["line"]) + [None if r < 0 else int(r) for r in row], pa.int64())
        self._rejected = {
            "line": line,
            "customer": pa.array(empty["customer"] + self._customers.take(pa.array(refused["customer"])).to_pylist(), self._customers.type),
            "supplier": pa.array(empty["supplier"] + self._suppliers.take(pa.array(refused["supplier"])).to_pylist(), self._suppliers.type),
            "reason": pa.array(empty["reason"] + refused["reason"], pa.string())}

    @property
    def rejected(self) -> Any:
        """Lines and ties that are not in the graph: line, customer, supplier, reason."""
        return give(self._rejected, self._kind)

    @property
    def customers(self) -> npt.NDArray[Any]:
        """Labels of the customers in the order of their ids."""
        labels: npt.NDArray[Any] = self._customers.to_numpy(zero_copy_only=False)
        return labels

    @property
    def suppliers(self) -> npt.NDArray[Any]:
        """Labels of the suppliers in the order of their ids."""
        labels: npt.NDArray[Any] = self._suppliers.to_numpy(zero_copy_only=False)
        return labels

    def __len__(self) -> int:
        """Number of ties."""
        return int(self._g.ties)

    def ties(self) -> Any:
        """Ties by customer and supplier: customer, supplier, weight, lines, first, last (periods; empty without)."""
        return give(self._tie_columns(), self._kind)

    def _tie_columns(self) -> dict[str, Any]:
        rows, lines = self._g.rows("customer"), self._g.lines()
        n = self._g.ties
        columns = {"customer": self._customers.take(pa.array(_owners(rows["start"]))), "supplier": self._suppliers.take(pa.array(rows["other"])),
                   "weight": rows["weight"], "lines": lines["lines_of_tie"] if len(lines["lines_of_tie"]) else np.ones(n, np.uint32)}
        if len(lines["period"]):
            pair = lines["pair_of_tie"] if len(lines["pair_of_tie"]) else np.arange(n)
            start = lines["pair_start"]
            columns["first"] = self._periods.take(pa.array(lines["period"][start[pair]]))
            columns["last"] = self._periods.take(pa.array(lines["period"][start[pair + np.uint64(1) if pair.dtype == np.uint64 else pair + 1] - 1]))
        else:
            columns["first"] = columns["last"] = pa.nulls(n, self._periods.type)
        return columns

    # -- helpers ---------------------------------------------------------------------------------------------------
    def _labels(self, side: str) -> tuple[pa.Array, pa.Array]:
        if side not in ("customer", "supplier"):
            raise Error(f"concentration: side is {side!r}, wanted 'customer' or 'supplier'", "unknown_name")
        return (self._customers, self._suppliers) if side == "customer" else (self._suppliers, self._customers)

    def _nodes(self) -> dict[str, pa.Array]:
        c, s = self._customers, self._suppliers
        if c.type != s.type:
            c, s = c.cast(pa.string()), s.cast(pa.string())
        side = pa.array(np.repeat(["customer", "supplier"], [len(c), len(s)]))
        return {"node": pa.concat_arrays([c, s]), "side": side}

    def _scored(self, r: dict[str, Any]) -> Any:
        self.error_bound_ = r["error_bound"]
        self.status_ = "converged" if r["converged"] else f"stopped after {r['steps']} steps at error bound {r['error_bound']:.3g}"
        return give(self._nodes() | {"score": np.concatenate([r["customer"], r["supplier"]])}, self._kind)

    def _ids(self, labels: Any, side: Side, method: str) -> Ids:
        own = self._labels(side)[0]
        if isinstance(labels, (str, bytes)) or not isinstance(labels, (Sequence, np.ndarray, pa.Array)):
            labels = list(labels) if isinstance(labels, Iterable) and not isinstance(labels, (str, bytes)) else [labels]
        wanted = labels.to_pylist() if isinstance(labels, pa.Array) else [x.item() if isinstance(x, np.generic) else x for x in labels]
        try:
            found = pc.index_in(pa.array(wanted, own.type), value_set=own)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            raise Error(f"{method}: {side} labels are {own.type}, not like {wanted[0]!r}", "unknown_name") from None
        for label, place in zip(wanted, found, strict=True):
            if not place.is_valid:
                near = difflib.get_close_matches(str(label), [str(x) for x in own.to_pylist()], n=1, cutoff=0.5)
                raise Error(f"{method}: no {side} {label!r}" + (f"; did you mean '{near[0]}'?" if near else ""), "unknown_name")
        ids: Ids = found.to_numpy(zero_copy_only=False).astype(np.uint32)
        return ids

    def _some(self, labels: Any, side: Side, method: str) -> Ids:
        if labels is None:
            return np.empty(0, np.uint32)
        ids = self._ids(labels, side, method)
        if len(ids) == 0:
            raise Error(f"{method}: {side}s is an empty list; leave it out for all", "empty")
        return ids

    def _at(self, at: Any, method: str) -> int | None:
        if at is None:
            return None
        if len(self._periods) == 0:
            raise Error(f"{method}: 'at' was given, but no 'period' column", "unknown_name")
        try:
            seen = int(pc.sum(pc.less_equal(self._periods, pa.scalar(at, self._periods.type))).as_py())
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            raise Error(f"{method}: at is {at!r}, periods are {self._periods.type}", "bad_format") from None
        if seen == 0:
            raise Error(f"{method}: at is {at!r}, the first period is {self._periods[0]}", "out_of_domain")
        return seen - 1

    def _until(self, at: Any, method: str) -> Any:
        last = self._at(at, method)
        return self._g if last is None else self._g.window(0, last)

    def _seeds(self, seeds: Any, method: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        empty: npt.NDArray[np.float64] = np.empty(0)
        if seeds is None:
            return empty, empty
        both = seeds if isinstance(seeds, dict) else {"customer": seeds}
        out = {"customer": np.zeros(self._g.customers), "supplier": np.zeros(self._g.suppliers)}
        for side in both:
            if side not in out:
                raise Error(f"{method}: seeds name side {side!r}, wanted 'customer' or 'supplier'", "unknown_name")
        for known in ("customer", "supplier"):
            if known in both:
                np.add.at(out[known], self._ids(both[known], known, method), 1.0)
        return out["customer"], out["supplier"]

    def _why(self, r: dict[str, Any], sentence: str) -> pa.Array:
        out: list[str | None] = []
        for one, two in zip(_take(self._customers, r["via"]).to_pylist(), _take(self._customers, r["via2"]).to_pylist(), strict=True):
            names = [str(x) for x in (one, two) if x is not None]
            out.append(sentence.format(" and ".join(names)) if names else None)
        return pa.array(out, pa.string())


def _owners(start: npt.NDArray[np.uint64]) -> Ids:
    count = (start[1:] - start[:-1]).astype(np.int64)
    return np.repeat(np.arange(len(start) - 1, dtype=np.uint32), count)


def _take(labels: pa.Array, ids: Ids) -> pa.Array:
    missing = ids == _NONE
    if len(labels) == 0:
        return pa.nulls(len(ids), labels.type)
    return labels.take(pa.array(np.where(missing, 0, ids), mask=missing))


def _ranks_within(count: npt.NDArray[np.int64]) -> Ids:
    starts = np.repeat(np.cumsum(count) - count, count)
    return (np.arange(count.sum()) - starts + 1).astype(np.uint32)


def _positive(value: int, argument: str, method: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise Error(f"{method}: {argument} is {value!r}, wanted a whole number of at least 1", "out_of_domain")
    return int(value)


def _half_life(value: float | str | None) -> float:
    if value == "auto":
        return 0.0
    if value is None:
        return math.inf
    if isinstance(value, str) or not value > 0:
        raise Error(f"next_suppliers: half_life is {value!r}, wanted a number above 0, 'auto' or None", "out_of_domain")
    return float(value)


def _without_nulls(table: pa.Table, customer: str, supplier: str, product: str | None,
                   period: str | None) -> tuple[pa.Table, dict[str, Any]]:
    out: dict[str, Any] = {"line": [], "customer": [], "supplier": [], "reason": [], "kept": None}
    named = [(name, role) for name, role in ((customer, "customer"), (supplier, "supplier"), (product, "product"), (period, "period")) if name]
    if all(table.column(name).null_count == 0 for name, _ in named):
        return table, out
    bad: dict[int, str] = {}
    for name, role in named:
        for place in np.flatnonzero(table.column(name).is_null().to_numpy()):
            bad.setdefault(int(place), f"{role} is empty")
    for row in sorted(bad):
        out["line"].append(row)
        out["customer"].append(table.column(customer)[row].as_py())
        out["supplier"].append(table.column(supplier)[row].as_py())
        out["reason"].append(bad[row])
    keep = np.setdiff1d(np.arange(table.num_rows), np.fromiter(bad, np.int64))
    out["kept"] = keep
    return plain_text(table).take(pa.array(keep)), out


def _ranks(table: pa.Table, name: str) -> tuple[Ids, pa.Array]:
    column = table.column(name)
    if pa.types.is_integer(column.type):
        values = column.to_numpy()
        if values.dtype not in (np.uint32, np.int32, np.uint64, np.int64):
            values = values.astype(np.int64)
        ids, labels = _core.graph.rank_whole(np.ascontiguousarray(values))
        return ids.view(np.uint32) if ids.dtype == np.int32 else ids, pa.array(labels).cast(column.type)
    if pa.types.is_floating(column.type):
        values = column.to_numpy()
        whole = np.isfinite(values).all() and (values == np.floor(values)).all()
        labels, ids = np.unique(values, return_inverse=True)
        return ids.astype(np.uint32), pa.array(labels.astype(np.int64) if whole else labels)
    ids, labels = codes(table, name)
    return ids, labels


def _period_ids(table: pa.Table, name: str) -> tuple[Ids, pa.Array]:
    column = table.column(name)
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise Error(f"SupplierGraph: period column '{name}' is {kind}, which cannot be ordered", "bad_format")
    if pa.types.is_timestamp(kind):
        column, kind = column.cast(pa.date32(), safe=False), pa.date32()
    if pa.types.is_date(kind) and len(column):
        return _date_ids(column.cast(pa.date32()))
    if pa.types.is_integer(kind) and len(column):
        values = column.to_numpy().astype(np.int64)
        low, high = int(values.min()), int(values.max())
        if high - low <= 100_000:
            return (values - low).astype(np.uint32), pa.array(np.arange(low, high + 1)).cast(kind)
    return _ranks(table, name)


def _date_ids(column: pa.ChunkedArray) -> tuple[Ids, pa.Array]:
    days = column.to_numpy().astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    step = "M" if (months.astype("datetime64[D]") == days).all() else "D"
    counts = (months if step == "M" else days).astype(np.int64)
    labels = np.arange(counts.min(), counts.max() + 1).astype(f"datetime64[{step}]").astype("datetime64[D]")
    return (counts - counts.min()).astype(np.uint32), pa.array(labels)
