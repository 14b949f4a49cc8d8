"""A period of which only some cells are seen: columns of frames to tables and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import codes, floats, read, require
from ._share_periods import periods_of

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

MOST_CELLS = 20_000_000


@dataclass(frozen=True)
class Hidden:
    """What was found of the last period, customers x suppliers, and the labels."""

    customers: pa.Array
    suppliers: pa.Array
    period: Any
    cells: dict[str, Any]
    own: int  # -1: none


def _column(tables: list[pa.Table], name: str) -> tuple[list[Codes], pa.Array]:
    """Codes of one column over several tables that may each lack it, and the labels; unlike types meet as text."""
    parts = [t.column(name) for t in tables if name in t.column_names]
    plain = [p.cast(p.type.value_type) if pa.types.is_dictionary(p.type) else p for p in parts]
    kinds = {p.type for p in plain if len(p)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    plain = [p.cast(kind) for p in plain]
    joined = pa.table({name: pa.chunked_array([c for p in plain for c in p.chunks], kind)})
    number, labels = codes(joined, name)
    out, at = [], 0
    for table in tables:
        if name not in table.column_names:
            out.append(np.zeros(0, np.int64))
            continue
        out.append(number[at:at + len(table)].astype(np.int64))
        at += len(table)
    return out, labels


def _periods(tables: list[pa.Table]) -> tuple[list[Codes], pa.Array]:
    parts = [t.column("period") for t in tables if "period" in t.column_names]
    kinds = {p.type for p in parts if len(p)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    joined = pa.table({"period": pa.chunked_array([c for p in parts for c in p.cast(kind).chunks], kind)})
    found = periods_of(joined, "period", "SupplierShares.fit")
    out, at = [], 0
    for table in tables:
        rows = len(table) if "period" in table.column_names else 0
        out.append(found.number[at:at + rows].astype(np.int64))
        at += rows
    return out, found.labels


def renamed(table: pa.Table, same_as: Any) -> pa.Table:
    """Customers under their present name."""
    if same_as is None or "customer" not in table.column_names:
        return table
    if not isinstance(same_as, Mapping):
        names = read(same_as, "SupplierShares.fit: same_as", ["name", "same_as"])
        same_as = dict(zip(names.column("name").to_pylist(), names.column("same_as").to_pylist()))
    old = table.column("customer")
    new = pa.array([same_as.get(c, c) for c in old.to_pylist()], old.type.value_type if pa.types.is_dictionary(old.type) else old.type)
    return table.set_column(table.column_names.index("customer"), "customer", new)


def _covered(coverage: pa.Table | None, customer: Codes, supplier: Codes, period: Codes, shape: tuple[int, int], last: int,
             own: int) -> tuple[npt.NDArray[np.bool_], set[int], bool]:
    """Which cells of the last period are complete, which earlier periods are not, and whether sight grows with size."""
    full = np.zeros(shape, bool)
    if own >= 0:
        full[:, own] = True
    if coverage is None:
        return full, set(), False
    value = floats(coverage, "coverage")
    if np.any((value < 0) | (value > 1)):
        bad = int(np.flatnonzero((value < 0) | (value > 1))[0])
        raise Error(f"SupplierShares.fit: coverage row {bad} is {value[bad]}, it must lie in [0, 1] or be empty", "out_of_domain")
    kinds = coverage.column("kind").to_pylist() if "kind" in coverage.column_names else ["cell"] * len(value)
    strange = set(kinds) - {"cell", "size", None}
    if strange:
        raise Error(f"SupplierShares.fit: coverage kind '{sorted(map(str, strange))[0]}' is none of 'cell', 'size'", "unknown_name")
    keys = [len(c) > 0 for c in (customer, supplier, period)]
    listed = [np.where(np.asarray(pc.is_null(coverage.column(n))), -1, c) if k else np.full(len(value), -1)
              for n, c, k in zip(("customer", "supplier", "period"), (customer, supplier, period), keys)]
    order = np.argsort(sum((c >= 0).astype(int) for c in listed), kind="stable")  # the row with most keys is written last
    poor: set[int] = set()
    for r in order:
        c, s, t = (int(column[r]) for column in listed)
        complete = bool(value[r] == 1)
        if t in (-1, last):
            full[c if c >= 0 else slice(None), s if s >= 0 else slice(None)] = complete
        elif not complete:
            poor.add(t)
        else:
            poor.discard(t)
    return full, poor, "size" in kinds


def _null_keys(table: pa.Table) -> pa.Table:
    """Empty keys of coverage rows (all) get any label, so that they can be coded."""
    for name in ("customer", "supplier", "period"):
        if name in table.column_names and table.column(name).null_count:
            some = [v for v in table.column(name).to_pylist() if v is not None]
            if not some:
                table = table.drop_columns([name])
            else:
                at = table.column_names.index(name)
                table = table.set_column(at, name, pc.fill_null(table.column(name), pa.scalar(some[0], table.column(name).type)))
    return table


def _totals(value: pa.Table | None, who: Codes, when: Codes, last: int, size: int, name: str) -> Floats:
    out = np.full(size, np.nan)
    if value is None:
        return out
    amount = floats(value, "total")
    if np.any(amount < 0):
        bad = int(np.flatnonzero(amount < 0)[0])
        raise Error(f"SupplierShares.fit: {name} row {bad} is {amount[bad]}, it must be at least 0", "out_of_domain")
    now = (when == last) if len(when) else np.ones(len(amount), bool)
    out[who[now]] = amount[now]
    return out


def fill(deliveries: pa.Table, own: Any, own_sales: pa.Table | None, customer_totals: pa.Table | None, supplier_totals: pa.Table | None,
         coverage: pa.Table | None, covariates: list[pa.Table], same_as: Any, level: float, draws: int, seed: int, threads: int) -> Hidden:
    """Fills the last period from whatever is known of it and the complete periods before."""
    if own_sales is not None:
        if own is None:
            raise Error("SupplierShares.fit: own_sales were given, but 'own' does not say who we are", "empty")
        own_sales = own_sales.append_column("supplier", pa.array([own] * len(own_sales)))
    raw_coverage = coverage
    coverage = _null_keys(coverage) if coverage is not None else None
    told = [deliveries, own_sales, customer_totals, supplier_totals, coverage, *covariates]
    tables = [renamed(t, same_as) if t is not None else pa.table({}) for t in told]
    if own is not None:
        tables.append(pa.table({"supplier": pa.array([own])}))
    customer, customers = _column(tables, "customer")
    supplier, suppliers = _column(tables, "supplier")
    period, labels = _periods(tables[:5])
    last, n, k = len(labels) - 1, len(customers), len(suppliers)
    if n * k > MOST_CELLS:
        raise Error(f"SupplierShares.fit: {n} customers x {k} suppliers are more than {MOST_CELLS:,} cells; split by country or product group",
                    "out_of_domain")
    us = int(supplier[-1][0]) if own is not None else -1
    amount = floats(tables[0], "amount")
    good = np.isfinite(amount)
    at = customer[0] * k + supplier[0]
    named = raw_coverage is not None and coverage is not None
    if named and coverage is not None and raw_coverage is not None:  # keys that were empty mean all
        restored = {c: raw_coverage.column(c) for c in coverage.column_names}
        full, poor, big = _covered(pa.table(restored), customer[4], supplier[4], period[4], (n, k), last, us)
    else:
        full, poor, big = _covered(None, customer[4], supplier[4], period[4], (n, k), last, us)
    table = np.where(full, 0.0, np.nan).ravel()
    here = good & (period[0] == last)
    net = np.bincount(at[here], amount[here], n * k)
    seen = np.bincount(at[here], minlength=n * k) > 0
    table[seen] = np.maximum(net[seen], 0.0)
    if own_sales is not None:
        sold = period[1] == last if len(period[1]) else np.ones(len(own_sales), bool)
        table.reshape(n, k)[:, us] = np.maximum(np.bincount(customer[1][sold], floats(own_sales, "amount")[sold], n), 0.0)
    past = []
    for t in range(last - 1, max(last - 6, -1), -1):
        then = good & (period[0] == t)
        if then.any() and t not in poor:
            past.append(np.maximum(np.bincount(at[then], amount[then], n * k), 0.0))
    rows = _totals(customer_totals, customer[2], period[2], last, n, "customer_totals")
    columns = _totals(supplier_totals, supplier[3], period[3], last, k, "supplier_totals")
    cell, group = _covariates(covariates, tables[5:5 + len(covariates)], customer[5:], supplier[5:], n, k)
    cells = _core.share.fill_hidden(n, k, table, rows, columns, past, cell.ravel(), cell.shape[1], group, big, level, draws, seed, threads)
    return Hidden(customers, suppliers, labels[last], cells, us)


def _covariates(given: list[pa.Table], tables: list[pa.Table], customer: list[Codes], supplier: list[Codes], n: int,
                k: int) -> tuple[Floats, npt.NDArray[np.uint32]]:
    """Numbers by cell (customer and supplier), and the group of every customer from a text column by customer."""
    numbers: list[Floats] = []
    group = np.empty(0, np.uint32)
    for table, who, whom in zip(tables, customer, supplier):
        require("customer", table.column_names, "SupplierShares.fit: covariates")
        by_cell = "supplier" in table.column_names
        for name in table.column_names:
            kind = table.column(name).type
            if name in ("customer", "supplier", "period"):
                continue
            if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
                column = np.full(n * k, np.nan)
                if by_cell:
                    column[who * k + whom] = floats(table, name)
                else:
                    column.reshape(n, k)[who] = floats(table, name)[:, None]
                numbers.append(column)
            elif not by_cell:
                code, _ = codes(table, name)
                group = np.zeros(n, np.uint32)
                group[who] = code + 1
    return (np.stack(numbers, axis=1) if numbers else np.empty((n * k, 0))), group


def rows_of(hidden: Hidden, labelled: Any) -> dict[str, Any]:
    """Long columns: cells with a share above a millionth or that could hold a ten-thousandth, then "(rest)" a customer."""
    c, n, k = hidden.cells, len(hidden.customers), len(hidden.suppliers)
    wallet = np.where(c["wallet"] > 0, c["wallet"], np.nan)
    share = (c["amount"].reshape(n, k) / wallet[:, None])
    with np.errstate(invalid="ignore"):
        kept = (share > 1e-6) | (c["high_active"].reshape(n, k) > 1e-4 * wallet[:, None])
    who, whom = np.nonzero(kept)
    at = who * k + whom
    rest = np.where(np.isfinite(wallet), 1.0 - np.where(kept, share, 0.0).sum(axis=1), np.nan)
    bought = np.flatnonzero(np.isfinite(wallet))
    order = np.argsort(np.concatenate([who, bought]), kind="stable")

    def both(cell: npt.NDArray[Any], left: npt.NDArray[Any]) -> npt.NDArray[Any]:
        joined: npt.NDArray[Any] = np.concatenate([cell, left])[order]
        return joined

    blank = np.full(len(bought), np.nan)
    spare = np.maximum(rest[bought], 0.0)
    names = pa.array(_core.share.source_names())
    prior = int(np.flatnonzero(np.array(_core.share.source_names()) == "prior")[0])
    supplier = both(whom, np.full(len(bought), _core.share.REST)).astype(np.uint32)
    person = both(who, bought)
    out: dict[str, Any] = {"customer": hidden.customers.take(pa.array(person)), "supplier": labelled(hidden.suppliers, supplier),
                           "period": pa.array([hidden.period.as_py()] * len(person), hidden.period.type),
                           "share": both(share[who, whom], spare)}
    for name in ("low", "high", "low_active", "high_active"):
        out[name] = both(np.minimum(c[name][at] / wallet[who], 1.0), spare)
    out["p_active"] = both(c["p_active"][at], np.where(spare > 0, 1.0, 0.0))
    for name in ("p_largest", "p_dominant"):
        out[name] = both(c[name][at], blank)
    out["trend"] = out["p_rising"] = np.full(len(person), np.nan)
    source = both(c["source"][at], np.full(len(bought), prior)).astype(np.int64)
    if hidden.own >= 0:
        own = int(np.flatnonzero(np.array(_core.share.source_names()) == "own")[0])
        source[(supplier == hidden.own) & (source == int(np.flatnonzero(np.array(_core.share.source_names()) == "seen")[0]))] = own
    out["source"] = names.take(pa.array(source))
    out["amount"] = both(c["amount"][at], spare * wallet[bought])
    return out


def people_of(hidden: Hidden) -> dict[str, Any]:
    """One row a customer: wallet, our share, the largest supplier, the first rival."""
    c, n, k = hidden.cells, len(hidden.customers), len(hidden.suppliers)
    wallet = np.where(c["wallet"] > 0, c["wallet"], np.nan)
    share = c["amount"].reshape(n, k) / wallet[:, None]
    out: dict[str, Any] = {"customer": np.arange(n), "wallet": c["wallet"], "wallet_low": c["wallet_low"], "wallet_high": c["wallet_high"]}
    pick = np.arange(n)
    best = np.where(np.isfinite(share), share, -1).argmax(axis=1)
    cells = {name: c[name].reshape(n, k) for name in ("low", "high", "p_largest", "p_dominant")}
    if hidden.own >= 0:
        out |= {"own_share": share[:, hidden.own], "own_low": cells["low"][:, hidden.own] / wallet, "own_high": cells["high"][:, hidden.own] / wallet,
                "own_p_largest": cells["p_largest"][:, hidden.own]}
    else:
        out |= {name: np.full(n, np.nan) for name in ("own_share", "own_low", "own_high", "own_p_largest")}
    out |= {"largest": best.astype(np.uint32), "largest_share": share[pick, best], "p_largest": cells["p_largest"][pick, best],
            "p_dominant": cells["p_dominant"][pick, best]}
    others = np.where(np.isfinite(share), share, -1)
    if hidden.own >= 0 and k > 1:
        others[:, hidden.own] = -2
    rival = others.argmax(axis=1)
    out |= {"rival": rival.astype(np.uint32), "rival_share": share[pick, rival], "rival_low": cells["low"][pick, rival] / wallet,
            "rival_high": cells["high"][pick, rival] / wallet, "effective": 1 / np.nansum(share**2, axis=1)}
    return out
