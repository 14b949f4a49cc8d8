"""A book of options in canonical order, and what turns its numbers back into the caller's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ._errors import Error
from ._frames import Floats, Kind, codes, floats, kind_of, read, require


@dataclass(frozen=True)
class Book:
    """A book in canonical order, with what turns its numbers back into the caller's names."""

    start: npt.NDArray[np.uint64]
    value: Floats
    cost: Floats  # rows x K
    budgets: dict[str, float]
    accounts: pa.Array | None  # None: numbers 0..n-1
    levels: pa.Array | None  # names of the levels of all rows, in canonical order; None: numbers
    kind: Kind
    names: tuple[str, str, str]
    groups: dict[str, tuple[npt.NDArray[np.uint32], list[Any]]]
    order: npt.NDArray[np.int64] | None = None  # rows of the options in canonical order; None: as they came
    revenue: Floats | None = None  # one an account
    present: npt.NDArray[np.uint32] | None = None  # one an account

    def account_name(self, i: int) -> str:
        return str(i if self.accounts is None else self.accounts[i].as_py())

    def account_number(self, name: Any, argument: str) -> int:
        if self.accounts is None:
            if isinstance(name, (int, np.integer)) and 0 <= name < len(self.start) - 1:
                return int(name)
            raise Error(f"plan.allocate: {argument} names account {name!r}, wanted 0 to {len(self.start) - 2}", "unknown_name")
        try:
            found = pc.index(self.accounts, pa.scalar(name, self.accounts.type)).as_py()
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            found = -1
        if found < 0:
            raise Error(f"plan.allocate: {argument} names account {name!r}, which is not among the {len(self.accounts):,} of the options",
                        "unknown_name")
        return int(found)

    def level_number(self, i: int, level: Any, argument: str) -> int:
        first, last = int(self.start[i]), int(self.start[i + 1])
        have = list(range(last - first)) if self.levels is None else self.levels.slice(first, last - first).to_pylist()
        if level not in have:
            raise Error(f"plan.allocate: {argument} names level {level!r} of account {self.account_name(i)!r}, which has "
                        f"{', '.join(map(str, have))}", "unknown_name")
        return have.index(level)

    def level_name(self, i: int, number: int) -> Any:
        return number if self.levels is None else self.levels[int(self.start[i]) + number].as_py()


def columns_of(book: Book) -> tuple[Any, Any, Any, Any]:
    return book.start, book.value, book.cost, np.array(list(book.budgets.values()), np.float64)


def frame_book(options: Any, budgets: Mapping[str, float], account: str, level: str, value: str, region: Sequence[str],
                extra: tuple[str | None, str | None]) -> Book:
    if not budgets:
        raise Error("plan.allocate: 'budgets' is empty, wanted {name of a cost column: amount}", "empty")
    table = read(options, "plan.allocate", [account, level, value, *budgets, *region, *(name for name in extra if name is not None)])
    who, accounts = codes(table, account)
    which, level_values = codes(table, level)
    gain = floats(table, value)
    cost = np.column_stack([floats(table, name) for name in budgets]) if len(table) else np.empty((0, len(budgets)))
    key = who.astype(np.uint64) * np.uint64(max(1, len(level_values))) + which
    step = np.diff(key.astype(np.int64))
    order: Any = None
    if (step <= 0).any():
        order = np.argsort(key, kind="stable")
        key, who, which, gain, cost = key[order], who[order], which[order], gain[order], cost[order]
        twice = np.flatnonzero(np.diff(key) == 0)
        if len(twice):
            at = int(twice[0])
            raise Error(f"plan.allocate: account {accounts[int(who[at])].as_py()!r} has level {level_values[int(which[at])].as_py()!r} "
                        "twice, wanted one row each", "duplicate")
    start = np.concatenate([np.searchsorted(who, np.arange(len(accounts))), [len(who)]]).astype(np.uint64)
    groups: dict[str, tuple[npt.NDArray[np.uint32], list[Any]]] = {}
    for name in region:
        group, names = codes(table, name)
        if order is not None:
            group = group[order]
        first = group[start[:-1].astype(np.int64)]
        odd = np.flatnonzero(first[who] != group)
        if len(odd):
            raise Error(f"plan.allocate: account {accounts[int(who[odd[0]])].as_py()!r} stands in several groups of {name!r}, wanted one",
                        "out_of_domain")
        groups[name] = (np.ascontiguousarray(first), names.to_pylist())
    names_of = level_values.take(pa.array(which))
    first_row = start[:-1].astype(np.int64)
    revenue: Floats | None = None
    present: Any = None
    if extra[0] is not None:
        all_of = floats(table, extra[0])
        revenue = np.ascontiguousarray((all_of if order is None else all_of[order])[first_row])
    if extra[1] is not None:
        column = table.column(extra[1]).combine_chunks()
        today = pc.index_in(column.cast(level_values.type), value_set=level_values).to_numpy(zero_copy_only=False).astype(np.float64)
        today = (today if order is None else today[order])[first_row]
        hit = which == np.repeat(today, np.bincount(who, minlength=len(first_row)))
        at_row = np.flatnonzero(hit)
        present = np.full(len(first_row), 0xFFFFFFFF, np.uint32)
        present[who[at_row]] = (at_row - first_row[who[at_row]]).astype(np.uint32)
        odd = np.flatnonzero(present == 0xFFFFFFFF)
        if len(odd):
            raise Error(f"plan.allocate: {extra[1]!r} of account {accounts[int(odd[0])].as_py()!r} is none of its levels", "unknown_name")
    for column, label in [(gain, value), *[(cost[:, k], name) for k, name in enumerate(budgets)]]:
        bad = np.flatnonzero(~np.isfinite(column) | ((column < 0) & (label != value)))
        if len(bad):
            at = int(bad[0])
            wish = "a finite number" if label == value else "a number >= 0"
            raise Error(f"plan.allocate: {label!r} of account {accounts[int(who[at])].as_py()!r} level {names_of[at].as_py()!r} is "
                        f"{column[at]:g}, wanted {wish}", "out_of_domain" if np.isfinite(column[at]) else "not_finite")
    return Book(start, np.ascontiguousarray(gain), np.ascontiguousarray(cost), {k: float(v) for k, v in budgets.items()}, accounts,
                 names_of, kind_of(options), (account, level, value), groups, order, revenue, present)


def array_book(values: Any, costs: Any, budgets: Any) -> Book:
    v = np.asarray(values, np.float64)
    c = np.asarray(costs, np.float64)
    if v.ndim != 2:
        raise Error(f"plan.allocate: 'values' has {v.ndim} dimensions, wanted accounts x levels", "size_mismatch")
    if c.ndim == 2:
        c = c[:, :, None]
    if c.ndim != 3 or c.shape[:2] != v.shape:
        raise Error(f"plan.allocate: 'costs' has shape {c.shape}, wanted {v.shape} x budgets", "size_mismatch")
    named = budgets if isinstance(budgets, Mapping) else {f"budget {k}": b for k, b in enumerate(np.atleast_1d(np.asarray(budgets, np.float64)))}
    if len(named) != c.shape[2]:
        raise Error(f"plan.allocate: 'budgets' has {len(named)} entries, 'costs' has {c.shape[2]}", "size_mismatch")
    start = np.arange(v.shape[0] + 1, dtype=np.uint64) * np.uint64(v.shape[1])
    return Book(start, np.ascontiguousarray(v).reshape(-1), np.ascontiguousarray(c).reshape(-1, c.shape[2]),
                 {k: float(b) for k, b in named.items()}, None, None, "pyarrow", ("account", "level", "value"), {})


def book_of(options: Any, budgets: Any, costs: Any, account: str, level: str, value: str, region: str | Sequence[str] | None,
             revenue: Any = None, present: Any = None) -> Book:
    if costs is not None:
        book = array_book(options, costs, budgets)
        return replace(book, revenue=None if revenue is None else np.asarray(revenue, np.float64),
                       present=None if present is None else np.asarray(present, np.uint32))
    if not isinstance(budgets, Mapping):
        raise Error("plan.allocate: 'budgets' must be {name of a cost column: amount} for a frame", "bad_format")
    return frame_book(options, budgets, account, level, value, [region] if isinstance(region, str) else list(region or ()),
                       (revenue, present))


def core_options(book: Book, settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, Any, str]]]:
    """What the core wants, in numbers; and the limits in the caller's names."""
    def held(name: str) -> list[tuple[int, int]]:
        given = settings.get(name) or {}
        pairs = given.items() if isinstance(given, Mapping) else given
        out = []
        for account, level in pairs:
            i = book.account_number(account, name)
            out.append((i, book.level_number(i, level, name)))
        return out

    limits, names = [], []
    for word, is_floor in (("floors", True), ("caps", False)):
        for (group, budget), amount in (settings.get(word) or {}).items():
            if not book.groups:
                raise Error(f"plan.allocate: '{word}' is given without 'region', wanted the column of the groups", "unknown_name")
            require(budget, list(book.budgets), f"plan.allocate {word}")
            at = [(g, v[1].index(group)) for g, v in enumerate(book.groups.values()) if group in v[1]]
            if not at:
                raise Error(f"plan.allocate: '{word}' names group {group!r}, which is not in {', '.join(map(repr, book.groups))}",
                            "unknown_name")
            limits.append((at[0][0], at[0][1], list(book.budgets).index(budget), is_floor, float(amount)))
            names.append((word, group, budget))
    exact = settings["exact"]
    if exact not in (True, False, "auto"):
        raise Error(f"plan.allocate: 'exact' is {exact!r}, wanted True, False or 'auto'", "out_of_domain")
    options = {"pins": held("pins"), "excluded": held("excluded"), "minimum": held("minimum"), "limits": limits,
               "groups": [g[0] for g in book.groups.values()], "names": list(book.budgets), "threads": settings["threads"],
               "nodes": settings["nodes"], **({} if book.present is None else {"present": book.present}),
               "exact": "auto" if exact == "auto" else "full" if exact else "none"}
    return options, names
