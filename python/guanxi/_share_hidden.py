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


@dataclass
class Sight:
    """How the last period can be seen, cell by cell, and earlier periods that are not complete."""

    full: npt.NDArray[np.bool_]  # an unlisted cell is a zero
    reach: Floats                # P(an unlisted cell would have been listed), or the part of the deliveries that is seen
    thinned: npt.NDArray[np.bool_]
    by_size: bool
    poor: set[int]
    past_part: dict[int, Floats]  # period: part of the deliveries seen, where it is less than all


KINDS = ("cell", "size", "thinned")


def _covered(coverage: pa.Table | None, customer: Codes, supplier: Codes, period: Codes, shape: tuple[int, int], last: int,
             own: int) -> Sight:
    """Reads coverage rows; the row with most keys is written last and wins."""
    out = Sight(np.zeros(shape, bool), np.zeros(shape), np.zeros(shape, bool), False, set(), {})
    if own >= 0:
        out.full[:, own] = True
    if coverage is None:
        return out
    value = floats(coverage, "coverage")
    if np.any((value < 0) | (value > 1)):
        bad = int(np.flatnonzero((value < 0) | (value > 1))[0])
        raise Error(f"SupplierShares.fit: coverage row {bad} is {value[bad]}, it must lie in [0, 1] or be empty", "out_of_domain")
    kinds = [k or "cell" for k in coverage.column("kind").to_pylist()] if "kind" in coverage.column_names else ["cell"] * len(value)
    strange = sorted({str(k) for k in kinds if k not in KINDS})
    if strange:
        raise Error(f"SupplierShares.fit: coverage kind '{strange[0]}' is none of {', '.join(map(repr, KINDS))}", "unknown_name")
    out.by_size = "size" in kinds
    listed = [np.where(np.asarray(pc.is_null(coverage.column(n))), -1, c) if len(c) else np.full(len(value), -1)
              for n, c in zip(("customer", "supplier", "period"), (customer, supplier, period))]
    order = np.argsort(sum((c >= 0).astype(int) for c in listed), kind="stable")
    for r in order:
        c, s, t = (int(column[r]) for column in listed)
        where = (c if c >= 0 else slice(None), s if s >= 0 else slice(None))
        if kinds[r] == "thinned" and not value[r] > 0:
            raise Error(f"SupplierShares.fit: coverage row {r} is of kind 'thinned' and {value[r]:g}; give the part of the deliveries that is seen, "
                        "above 0", "out_of_domain")
        complete = bool(value[r] == 1)
        if t in (-1, last):
            out.full[where] = complete
            out.thinned[where] = kinds[r] == "thinned" and not complete
            out.reach[where] = 0.0 if complete or not np.isfinite(value[r]) or kinds[r] == "size" else value[r]
        if t != -1 and t != last:
            if kinds[r] == "thinned":
                out.past_part.setdefault(t, np.ones(shape))[where] = value[r]
            elif complete:
                out.poor.discard(t)
            else:
                out.poor.add(t)
    return out


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


def _not_negative(value: Floats, name: str) -> None:
    if np.any(value < 0):
        bad = int(np.flatnonzero(value < 0)[0])
        raise Error(f"SupplierShares.fit: {name} row {bad} is {value[bad]}, it must be at least 0", "out_of_domain")


def _totals(value: pa.Table | None, who: Codes, when: Codes, last: int, size: int, name: str) -> tuple[Floats, Floats]:
    """Totals of the last period and their relative errors."""
    out, noise = np.full(size, np.nan), np.zeros(size)
    if value is None:
        return out, noise
    amount = floats(value, "total")
    _not_negative(amount, name)
    now = (when == last) if len(when) else np.ones(len(amount), bool)
    out[who[now]] = amount[now]
    if "error" in value.column_names:
        error = np.nan_to_num(floats(value, "error"), nan=0.0)
        _not_negative(error, f"{name}: error")
        noise[who[now]] = error[now]
    return out, noise


def _sums(told: pa.Table | None, customers: pa.Array, suppliers: pa.Array, covariates: list[pa.Table]) -> list[tuple[list[int], float, float]]:
    """Cells, total and error of each row of group_totals: a text column by customer, or of suppliers, or both."""
    if told is None:
        return []
    require("total", told.column_names, "SupplierShares.fit: group_totals")
    keys = [c for c in told.column_names if c not in ("total", "error")]
    n, k = len(customers), len(suppliers)
    member: dict[str, dict[str, set[int]]] = {"customer": {str(c): {i} for i, c in enumerate(customers.to_pylist())}}
    for table in covariates:
        for name in keys:
            if name in table.column_names and name not in ("customer", "supplier") and "supplier" not in table.column_names:
                place = member["customer"]
                for who, what in zip(table.column("customer").to_pylist(), table.column(name).to_pylist()):
                    if str(who) in place:
                        member.setdefault(name, {}).setdefault(str(what), set()).update(place[str(who)])
    column = {str(s): j for j, s in enumerate(suppliers.to_pylist())}
    for name in keys:
        if name != "supplier" and name not in member:
            raise Error(f"SupplierShares.fit: group_totals has a column '{name}', which is no column by customer of the covariates", "unknown_name")
    total = floats(told, "total")
    _not_negative(total, "group_totals")
    error = np.nan_to_num(floats(told, "error"), nan=0.0) if "error" in told.column_names else np.zeros(len(total))
    _not_negative(error, "group_totals: error")
    out = []
    for r, row in enumerate(told.select(keys).to_pylist()):
        who, whom = set(range(n)), range(k)
        for name, value in row.items():
            if value is None:
                continue
            if name == "supplier":
                if str(value) not in column:
                    raise Error(f"SupplierShares.fit: group_totals row {r} names supplier '{value}', of whom nothing else is known", "unknown_name")
                whom = range(column[str(value)], column[str(value)] + 1)
            else:
                who &= member[name].get(str(value), set())
        if np.isfinite(total[r]):
            out.append(([i * k + j for i in sorted(who) for j in whom], float(total[r]), float(error[r])))
    return out


def fill(deliveries: pa.Table, own: Any, own_sales: pa.Table | None, customer_totals: pa.Table | None, supplier_totals: pa.Table | None,
         coverage: pa.Table | None, covariates: list[pa.Table], group_totals: pa.Table | None, same_as: Any, level: float, draws: int, seed: int,
         threads: int) -> Hidden:
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
    if coverage is not None and raw_coverage is not None:  # keys that were empty mean all
        restored = pa.table({c: raw_coverage.column(c) for c in coverage.column_names})
        sight = _covered(restored, customer[4], supplier[4], period[4], (n, k), last, us)
    else:
        sight = _covered(None, customer[4], supplier[4], period[4], (n, k), last, us)
    here = good & (period[0] == last)
    net = np.bincount(at[here], amount[here], n * k)
    listed = np.bincount(at[here], minlength=n * k) > 0
    thinned = sight.thinned.ravel()
    table = np.where(sight.full.ravel(), 0.0, np.nan)
    table[listed & ~thinned] = np.maximum(net[listed & ~thinned], 0.0)
    part = np.where(thinned, np.maximum(net, 0.0), np.nan)
    if own_sales is not None:
        sold = period[1] == last if len(period[1]) else np.ones(len(own_sales), bool)
        table.reshape(n, k)[:, us] = np.maximum(np.bincount(customer[1][sold], floats(own_sales, "amount")[sold], n), 0.0)
    said = []
    left_out = int((~good).sum())
    if left_out:
        said.append(f"{left_out} rows of deliveries left out because their amount is not a number, the first is row {int(np.flatnonzero(~good)[0])}")
    negative = np.flatnonzero(net < -1e-9 * np.abs(amount[good]).max(initial=0.0))
    if len(negative):
        who, whom = divmod(int(negative[0]), k)
        said.append(f"{len(negative)} cells with a negative net amount were taken as 0, the first is customer {customers[who].as_py()}, "
                    f"supplier {suppliers[whom].as_py()}: {net[negative[0]]:.2f}")
    past, gaps = [], []
    for t in range(last - 1, max(last - 6, -1), -1):
        then = good & (period[0] == t)
        if then.any() and t not in sight.poor:
            earlier = np.maximum(np.bincount(at[then], amount[then], n * k), 0.0)
            past.append(earlier / sight.past_part[t].ravel() if t in sight.past_part else earlier)
        else:
            gaps.append(str(labels[t].as_py()))
    if gaps:
        said.append(f"earlier periods without complete deliveries were skipped: {', '.join(sorted(gaps))}")
    rows, row_error = _totals(customer_totals, customer[2], period[2], last, n, "customer_totals")
    columns, column_error = _totals(supplier_totals, supplier[3], period[3], last, k, "supplier_totals")
    cell, group = _covariates(covariates, tables[5:5 + len(covariates)], customer[5:], supplier[5:], n, k)
    sums = _sums(group_totals, customers, suppliers, tables[5:5 + len(covariates)])
    cells = _core.share.fill_hidden(n, k, table, rows, columns, past, cell.ravel(), cell.shape[1], group, sight.by_size, row_error, column_error,
                                    part if thinned.any() else np.empty(0), sight.reach.ravel() if sight.reach.any() else np.empty(0), sums,
                                    _core.share.REST if us < 0 else us, level, draws, seed, threads)
    cells["status"] = "; ".join([*said, cells["status"]] if cells["status"] else said)
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
    """Long columns: cells seen, with a share above a millionth or that could hold a ten-thousandth, then "(rest)" a customer."""
    c, n, k = hidden.cells, len(hidden.customers), len(hidden.suppliers)
    wallet = np.where(c["wallet"] > 0, c["wallet"], np.nan)
    share = (c["amount"].reshape(n, k) / wallet[:, None])
    with np.errstate(invalid="ignore"):
        seen = int(np.flatnonzero(np.array(_core.share.source_names()) == "seen")[0])
        kept = ((c["source"].reshape(n, k) == seen) & (share > 0)) | (share > 1e-6) | (c["high_active"].reshape(n, k) > 1e-4 * wallet[:, None])
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
    for name in ("trend", "p_rising"):
        out[name] = both(c[name][at], blank)
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
    out |= {name: c[name] for name in ("headroom", "headroom_low", "headroom_high")}
    pick = np.arange(n)
    best = np.where(np.isfinite(share), share, -1).argmax(axis=1)
    cells = {name: c[name].reshape(n, k) for name in ("low", "high", "p_largest", "p_dominant")}
    if hidden.own >= 0:
        out |= {"own_share": share[:, hidden.own], "own_low": cells["low"][:, hidden.own] / wallet, "own_high": cells["high"][:, hidden.own] / wallet,
                "own_trend": c["trend"].reshape(n, k)[:, hidden.own], "own_p_rising": c["p_rising"].reshape(n, k)[:, hidden.own],
                "own_p_largest": cells["p_largest"][:, hidden.own]}
    else:
        out |= {name: np.full(n, np.nan) for name in ("own_share", "own_low", "own_high", "own_trend", "own_p_rising", "own_p_largest")}
    out |= {"largest": best.astype(np.uint32), "largest_share": share[pick, best], "p_largest": cells["p_largest"][pick, best],
            "p_dominant": cells["p_dominant"][pick, best]}
    others = np.where(np.isfinite(share), share, -1)
    if hidden.own >= 0 and k > 1:
        others[:, hidden.own] = -2
    rival = others.argmax(axis=1)
    out |= {"rival": rival.astype(np.uint32), "rival_share": share[pick, rival], "rival_low": cells["low"][pick, rival] / wallet,
            "rival_high": cells["high"][pick, rival] / wallet, "rival_trend": c["trend"].reshape(n, k)[pick, rival],
            "rival_p_rising": c["p_rising"].reshape(n, k)[pick, rival], "effective": 1 / np.nansum(share**2, axis=1)}
    return out
