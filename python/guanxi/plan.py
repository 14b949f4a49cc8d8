"""Who gets which of our limited hours, money and people: one level of effort an account, with a certified gap."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Floats, Kind, codes, floats, give, kind_of, read, require
from ._plan_assign import Assignment, assign, pairs
from ._plan_spread import Spread, answers, spread

__all__ = ["Assignment", "Explanation", "Least", "Plan", "Spread", "allocate", "answers", "assign", "common_draws",
           "knowledge_gradient", "least", "pairs", "pool", "spread"]

Exact = bool | Literal["auto"]
_core_plan: Any = _core.plan


@dataclass(frozen=True)
class Explanation:
    """Why an account got its level.

    Attributes
    ----------
    account, level, runner_up : the account, its level, and the best other level at the prices (None when there is none).
    value, net, loss : gain of the level; gain less cost at the prices; what it gives up to fit the budgets. Money.
    switching : {budget: price at which the runner-up is as good, the others held}; None where no price does.
    why : one sentence.
    """

    account: Any
    level: Any
    runner_up: Any
    value: float
    net: float
    loss: float
    costs: dict[str, float]
    switching: dict[str, float | None]
    why: str

    def __repr__(self) -> str:
        return self.why


@dataclass(frozen=True)
class _Book:
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


def _amount(x: float) -> str:
    if x != x:
        return "unknown"
    return f"{x:,.0f}" if abs(x) >= 1000 or x == round(x) else f"{x:,.4g}"


@dataclass
class Plan:
    """A plan: a level for every account, the price of every budget, and a bound that no plan can exceed.

    Attributes
    ----------
    choices : frame of the caller's kind, accounts sorted by id: account, level, value (gain), one cost a budget, loss (given up to
        fit), net (gain less cost at the prices), runner_up (next best level), behind (how far, in money at the prices; negative where
        the choice is a compromise), and ``switch_<budget>``: the price at which the runner-up is as good. With draws also low and
        high (5 to 95 % of the gain) and chance (that the gain exceeds its cost at the prices).
        An array of level numbers where arrays came in.
    prices : {budget: worth of one more unit}, money.
    value, bound, gap : gain of the plan; what no plan can exceed; (bound - value) / |bound|.
    used : {budget: what the plan uses}.
    status : "optimal", or "within 3.1e-06" (the gap).
    floor_prices, cap_prices : {(group, budget): what a unit of the floor costs, or of the cap is worth}.
    log : hashes of the inputs and of the plan, settings and version: the same inputs give the same ``log["plan"]``, a year later too.
    mean, cvar, totals : with draws: mean of the whole gain, mean of its worst draws, and the gain in every draw; else None.
    """

    choices: Any
    prices: dict[str, float]
    value: float
    bound: float
    gap: float
    status: str
    used: dict[str, float]
    floor_prices: dict[tuple[Any, str], float]
    cap_prices: dict[tuple[Any, str], float]
    _book: _Book = field(repr=False)
    _settings: dict[str, Any] = field(repr=False)
    _raw: Any = field(repr=False)
    _options: dict[str, Any] = field(repr=False)
    mean: float | None = None
    cvar: float | None = None
    totals: Floats | None = field(default=None, repr=False)
    _rules: Any = field(default=None, repr=False)

    @property
    def log(self) -> dict[str, Any]:
        """Hashes of the inputs and of the plan, settings and version. Made when asked for: hashing costs more than planning."""
        book, settings = self._book, self._settings
        out: dict[str, Any] = {"version": _core.__version__, "book": _hash(book.start, book.value, book.cost), "budgets": dict(book.budgets),
                               "settings": {k: v for k, v in settings.items() if k not in ("threads", "draws") and v},
                               "plan": _hash(np.asarray(self._raw.level))}
        for name, given in (("draws", settings.get("draws")), ("revenue", book.revenue), ("present", book.present)):
            if given is not None:
                out[name] = _hash(given)
        return out

    @property
    def baselines(self) -> Any:
        """Frame (rule, value, regret, used_<budget>): what simple rules gain with the same budgets, and what they leave lying.

        "the same for all" and "gain per unit of the first budget" always; "by revenue" and "ABC" where ``revenue`` was given, "last
        year's plan" where ``present`` was. Regret = value of the plan (its mean, with draws) less that of the rule.
        """
        made = self._made_rules()
        own = self.value if self.mean is None else self.mean
        columns: dict[str, Any] = {"rule": [r[0] for r in made], "value": [r[2] for r in made], "regret": [own - r[2] for r in made]}
        columns |= {f"used_{name}": [r[3][k] for r in made] for k, name in enumerate(self._book.budgets)}
        return give(columns, self._book.kind)

    def _made_rules(self) -> Any:
        if self._rules is None:
            book = self._book
            self._rules = _core_plan.simple_rules(*_columns(book), np.empty(0) if book.revenue is None else book.revenue,
                                                  np.empty(0, np.uint32) if book.present is None else book.present)
        return self._rules

    def cost_of_pin(self, account: Any, level: Any) -> tuple[float, float]:
        """What holding one account at a level costs: (by solving again, no less than this by the prices). Money."""
        i = self._book.account_number(account, "cost_of_pin")
        row = int(self._book.start[i]) + self._book.level_number(i, level, "cost_of_pin")
        pinned = self.resolve(pins={**(self._settings.get("pins") or {}), account: level})
        rows = slice(int(self._book.start[i]), int(self._book.start[i + 1]))
        net = self._book.value[rows] - self._book.cost[rows] @ np.array(list(self.prices.values()))
        sure = float(net.max() - net[row - rows.start]) - (self._raw.dual - self.value)
        return self.value - pinned.value, max(0.0, sure) if not self._settings.get("floors") and not self._settings.get("caps") else 0.0

    @property
    def price_intervals(self) -> Any:
        """Frame (budget, price, next, last): worth of the next unit and of the last one; next <= price <= last.

        At a kink a price is not unique: between next and last every price is right. Costs two warm solves a budget.
        """
        ranges = _core_plan.price_ranges(*_columns(self._book), self._options, self._raw)
        return give({"budget": list(self.prices), "price": list(self.prices.values()),
                     "next": [r[0] for r in ranges], "last": [r[1] for r in ranges]}, self._book.kind)

    def explain(self, account: Any) -> Explanation:
        """Level, runner-up and the price at which it would switch, for one account. Costs O(levels x budgets)."""
        i = self._book.account_number(account, "explain")
        raw = _core_plan.explain(*_columns(self._book), self._options, self._raw, i)
        level = self._book.level_name(i, raw.level)
        other = None if raw.runner_up == raw.level else self._book.level_name(i, raw.runner_up)
        names = list(self.prices)
        switching = {n: None if s != s else s for n, s in zip(names, raw.switching, strict=True)}
        cost = dict(zip(names, raw.cost, strict=True))
        paid = ", ".join(f"{_amount(c)} {n}" for n, c in cost.items() if c) or "nothing"
        why = f"{account}: level {level} gains {_amount(raw.value)} for {paid}"
        if other is None:
            why += "; it has no other level"
        else:
            why += f"; runner-up {other} is worth {_amount(raw.net - raw.runner_net)} less at the prices"
            if raw.loss > 0 and raw.runner_net > raw.net:
                why = why.replace(f"{_amount(raw.net - raw.runner_net)} less", f"{_amount(raw.runner_net - raw.net)} more")
                why += ", but does not fit the budgets"
            turn = [f"{n} at {_amount(s)} (now {_amount(self.prices[n])})" for n, s in switching.items() if s is not None]
            if turn:
                why += "; switches with the price of " + " or ".join(turn)
        return Explanation(account, level, other, raw.value, raw.net, raw.loss, cost, switching, why)

    def resolve(self, *, budgets: Mapping[str, float] | None = None, pins: Mapping[Any, Any] | None = None,
                excluded: Sequence[tuple[Any, Any]] | None = None, minimum: Mapping[Any, Any] | None = None,
                values: Mapping[tuple[Any, Any], float] | None = None) -> Plan:
        """What-if: the same book with other budgets (those named), pins, exclusions, minimum levels or single values.

        Given pins, exclusions and minimum levels replace the old ones. The search starts at the present prices.
        ``old.value - new.value`` is the cost of a pin.
        """
        old = self._book
        for name in budgets or {}:
            require(name, list(old.budgets), "plan.resolve budgets")
        value = old.value
        if values:
            value = value.copy()
            for (account, level), amount in values.items():
                i = old.account_number(account, "values")
                value[int(old.start[i]) + old.level_number(i, level, "values")] = amount
        book = replace(old, value=value, budgets={**old.budgets, **{k: float(v) for k, v in (budgets or {}).items()}})
        settings = dict(self._settings)
        for name, given in (("pins", pins), ("excluded", excluded), ("minimum", minimum)):
            if given is not None:
                settings[name] = given
        draws = settings.get("draws")
        if draws is not None and values:
            raise Error("plan.resolve: 'values' of a plan from draws stand in the draws, give those to plan.allocate", "out_of_domain")
        return _solve(book, settings, start=[*self._raw.prices, *self._raw.limit_prices])

    def _beside(self) -> str:
        """What simple rules would gain, in words."""
        own = self.value if self.mean is None else self.mean
        return "simple rules with the same budgets: " + "; ".join(
            f"{name} {_amount(value)}" + (f" ({100 * (value / own - 1):+.0f} %)" if own > 0 else "") for name, _, value, _ in self._made_rules())

    def _head(self) -> str:
        served = int(np.count_nonzero(np.asarray(self._raw.level)))
        spent = ", ".join(f"{_amount(u)} of {_amount(self._book.budgets[n])} {n}" for n, u in self.used.items())
        return f"Plan: {served:,} of {len(self._book.start) - 1:,} accounts; gain {_amount(self.value)}; {spent}; {self.status}"

    def _rows(self, most: int = 10) -> tuple[list[str], list[list[str]]]:
        book, raw = self._book, self._raw
        level = np.asarray(raw.level).astype(np.int64)
        row = book.start[:-1].astype(np.int64) + level
        order = np.argsort(-book.value[row], kind="stable")[:most]
        head = [book.names[0], book.names[1], "gain", *book.budgets, "net"]
        body = [[book.account_name(int(i)), str(book.level_name(int(i), int(level[i]))), _amount(float(book.value[row[i]])),
                 *[_amount(float(c)) for c in book.cost[row[i]]], _amount(float(raw.net[i]))] for i in order]
        return head, body

    def __repr__(self) -> str:
        head, body = self._rows()
        wide = [max(len(r[c]) for r in [head, *body]) for c in range(len(head))]
        lines = [self._head(), "one more unit is worth: " + ", ".join(f"{n} {_amount(p)}" for n, p in self.prices.items())]
        lines += ["  ".join(cell.ljust(w) if c == 0 else cell.rjust(w) for c, (cell, w) in enumerate(zip(r, wide, strict=True))).rstrip()
                  for r in [head, *body]]
        lines.insert(2, self._beside())
        left = len(self._book.start) - 1 - len(body)
        return "\n".join(lines + ([f"... and {left:,} more in .choices"] if left > 0 else []))

    def _repr_html_(self) -> str:
        head, body = self._rows()
        cells = "".join(f"<th>{html.escape(h)}</th>" for h in head)
        rows = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in r) + "</tr>" for r in body)
        worth = ", ".join(f"{html.escape(n)} {_amount(p)}" for n, p in self.prices.items())
        return (f"<div><p><b>{html.escape(self._head())}</b><br>one more unit is worth: {worth}<br>{html.escape(self._beside())}</p>"
                f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>")


def _columns(book: _Book) -> tuple[Any, Any, Any, Any]:
    return book.start, book.value, book.cost, np.array(list(book.budgets.values()), np.float64)


def _frame_book(options: Any, budgets: Mapping[str, float], account: str, level: str, value: str, region: Sequence[str],
                extra: tuple[str | None, str | None]) -> _Book:
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
    return _Book(start, np.ascontiguousarray(gain), np.ascontiguousarray(cost), {k: float(v) for k, v in budgets.items()}, accounts,
                 names_of, kind_of(options), (account, level, value), groups, order, revenue, present)


def _array_book(values: Any, costs: Any, budgets: Any) -> _Book:
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
    return _Book(start, np.ascontiguousarray(v).reshape(-1), np.ascontiguousarray(c).reshape(-1, c.shape[2]),
                 {k: float(b) for k, b in named.items()}, None, None, "pyarrow", ("account", "level", "value"), {})


def _core_options(book: _Book, settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, Any, str]]]:
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


def _solve(book: _Book, settings: dict[str, Any], start: list[float] | None = None) -> Plan:
    options, limits = _core_options(book, settings)
    first = {**options, "start_prices": start} if start is not None else options
    draws = settings.get("draws")
    if draws is None:
        raw = _core_plan.allocate(*_columns(book), first, book.account_name, lambda q: str(limits[q][1]))
        risky = None
    else:
        first = {**first, "exact": "none"} if settings["risk"] > 0 else first
        raw, *risky = _core_plan.allocate_at_risk(*_columns(book), first, draws, settings["risk"], settings["tail"], 1e-4, 20, book.account_name,
                                                  lambda q: str(limits[q][1]))
    if not raw.feasible:
        raise Error(f"plan.allocate: {raw.status}", "infeasible")
    return _plan_of(book, settings, options, limits, raw, risky)


def _hash(*columns: Any) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _plan_of(book: _Book, settings: dict[str, Any], options: dict[str, Any], limits: list[tuple[str, Any, str]], raw: Any,
             risky: Any = None) -> Plan:
    level = np.asarray(raw.level)
    if book.accounts is None:
        choices: Any = level.astype(np.int64)
    else:
        first = book.start[:-1].astype(np.int64)
        row = first + level.astype(np.int64)
        other, behind, switch = _core_plan.runner_ups(*_columns(book), options, raw)
        switch = switch.reshape(len(level), len(book.budgets))

        def name_of(rows: Any, none: Any = None) -> Any:
            return pa.array(rows - first) if book.levels is None else book.levels.take(pa.array(rows, mask=none))

        columns = {book.names[0]: book.accounts, book.names[1]: name_of(row), book.names[2]: book.value[row],
                   **{name: book.cost[row, k] for k, name in enumerate(book.budgets)},
                   "loss": np.asarray(raw.loss), "net": np.asarray(raw.net), "runner_up": name_of(first + other.astype(np.int64), other == level),
                   "behind": behind, **{f"switch_{name}": switch[:, k] for k, name in enumerate(book.budgets)}}
        if risky is not None:
            columns |= {"low": risky[4], "high": risky[5], "chance": risky[3]}
        choices = give(columns, book.kind)
    names = list(book.budgets)
    prices = {kind: {(g, b): p for (k, g, b), p in zip(limits, raw.limit_prices, strict=True) if k == kind} for kind in ("floors", "caps")}
    return Plan(choices, dict(zip(names, raw.prices, strict=True)), raw.value, raw.bound, raw.gap, raw.status,
                dict(zip(names, raw.used, strict=True)), prices["floors"], prices["caps"], book, settings, raw, options,
                *(risky[:3] if risky is not None else ()))


def _book_of(options: Any, budgets: Any, costs: Any, account: str, level: str, value: str, region: str | Sequence[str] | None,
             revenue: Any = None, present: Any = None) -> _Book:
    if costs is not None:
        book = _array_book(options, costs, budgets)
        return replace(book, revenue=None if revenue is None else np.asarray(revenue, np.float64),
                       present=None if present is None else np.asarray(present, np.uint32))
    if not isinstance(budgets, Mapping):
        raise Error("plan.allocate: 'budgets' must be {name of a cost column: amount} for a frame", "bad_format")
    return _frame_book(options, budgets, account, level, value, [region] if isinstance(region, str) else list(region or ()),
                       (revenue, present))


def allocate(options: Any, budgets: Any, *, costs: Any = None, account: str = "account", level: str = "level", value: str = "value",
             region: str | Sequence[str] | None = None, pins: Mapping[Any, Any] | None = None,
             excluded: Sequence[tuple[Any, Any]] | None = None, minimum: Mapping[Any, Any] | None = None,
             floors: Mapping[tuple[Any, str], float] | None = None, caps: Mapping[tuple[Any, str], float] | None = None,
             revenue: Any = None, present: Any = None, draws: Any = None, risk: float = 0.0, tail: float = 0.1,
             exact: Exact = "auto", nodes: int = 20_000, threads: int = 0) -> Plan:
    """One level of effort for every account under shared budgets, with the largest sum of gains.

    Parameters
    ----------
    options : frame with one row a level of an account (columns account, level, value, one cost a budget);
        or an array (accounts, levels) of gains, with ``costs`` an array (accounts, levels, budgets).
    budgets : {cost column: amount >= 0}; for arrays also a sequence.
    region : column, or columns, of the groups that floors and caps name; one group an account.
    pins, minimum : {account: level}: exactly this level; this level or a later one.
    excluded : pairs (account, level) that may not be chosen.
    floors, caps : {(group, budget): amount}: what the group takes at least, at most.
    revenue, present : columns of the frame (or arrays, one entry an account) with today's revenue and today's level: the plan is never
        worse than today's where that keeps the budgets, and ``baselines`` shows both rules beside it.
    draws : array (rows of the options, S), or (accounts, levels, S) for arrays: posterior draws of every gain. The values are then
        their means. float32 halves the memory.
    risk, tail : weight of the mean of the worst ``tail`` of the draws (CVaR) beside the mean: 0 the mean alone, 1 the tail alone.
    exact : "auto" proves optimality on small books, True tries to, False stops at the certified gap.
    nodes : of the proof; a count and not a time, so that every machine gives the same plan.

    Returns
    -------
    Plan : choices, prices, value, bound, gap, status, explain(), resolve().

    Raises
    ------
    guanxi.Error : with a sentence; code "infeasible" names every row that cannot be kept, and by how much.

    Notes
    -----
    Costs a few passes over the options. Rows may come in any order; the plan is the same. Source: multiple-choice
    knapsack by Lagrangian decomposition, Sinha and Zoltners (1979), Operations Research 27, 503-515.
    """
    book = _book_of(options, budgets, costs, account, level, value, region, revenue, present)
    if draws is not None:
        draws = np.asarray(draws)
        draws = np.ascontiguousarray(draws, np.float32 if draws.dtype == np.float32 else np.float64).reshape(len(book.value), -1) if len(book.value) else draws
        if not np.isfinite(draws).all():
            raise Error("plan.allocate: 'draws' hold NaN or infinity, wanted numbers", "not_finite")
        if book.order is not None:
            draws = np.ascontiguousarray(draws[book.order])
        book = replace(book, value=np.ascontiguousarray(draws.mean(axis=1, dtype=np.float64)))
    return _solve(book, {"pins": pins, "excluded": excluded, "minimum": minimum, "floors": floors, "caps": caps, "exact": exact,
                         "nodes": nodes, "threads": threads, "draws": draws, "risk": risk, "tail": tail})


def common_draws(options: Any, *, draws: int = 200, factors: Mapping[str, float] | None = None, own: float = 0.3, account: str = "account",
                 value: str = "value", seed: int = 0, threads: int = 0) -> npt.NDArray[np.float32]:
    """Draws of the gains in which countries, currencies and the like move together: input of ``allocate(draws=...)``.

    gain = value * exp(sum of the account's common factors + its own noise - variance / 2), so the mean stays ``value``. Accounts that
    are independent diversify away; without factors risk changes no plan.

    Parameters
    ----------
    options : frame: account, value, and the columns of the factors; rows in any order.
    factors : {column: standard deviation of the log}, e.g. {"country": 0.2, "currency": 0.1}.
    own : float
        Standard deviation of the log of each account's own noise.
    seed : int
        Names the random streams.

    Returns
    -------
    float32 array (rows, draws), in the order of the rows.
    """
    names = list(factors or {})
    table = read(options, "plan.common_draws", [account, value, *names])
    who, accounts = codes(table, account)
    order = np.argsort(who, kind="stable")
    start = np.concatenate([np.searchsorted(who[order], np.arange(len(accounts))), [len(who)]]).astype(np.uint64)
    lists = [(np.ascontiguousarray(codes(table, name)[0][order][start[:-1].astype(np.int64)]), float((factors or {})[name])) for name in names]
    made = _core_plan.common_draws(start, floats(table, value)[order], lists, np.full(len(accounts), float(own)), draws, seed, threads)
    out = np.empty((len(who), draws), np.float32)
    out[order] = made.reshape(len(who), draws)
    return out


def knowledge_gradient(net: Any, slope: Any) -> Floats:
    """What one try of each account is worth for the knowledge it gives, in money.

    Parameters
    ----------
    net : array (accounts, levels): value less cost at the prices.
    slope : array (accounts, levels): how far one observation is expected to move each (predictive standard deviation, any sign).

    Returns
    -------
    array (accounts,): E max (net + slope Z) - max net >= 0; add it to the value of a small trial level.

    Notes
    -----
    Source: Frazier, Powell and Dayanik (2009), INFORMS Journal on Computing 21, 599-613.
    """
    a, s = np.atleast_2d(np.asarray(net, np.float64)), np.atleast_2d(np.asarray(slope, np.float64))
    if a.shape != s.shape:
        raise Error(f"plan.knowledge_gradient: 'net' has shape {a.shape}, 'slope' {s.shape}", "size_mismatch")
    out: Floats = _core_plan.knowledge_gradient(np.ascontiguousarray(a), np.ascontiguousarray(s), a.shape[1])
    return out


def pool(idle: Any, *, account: str = "account", owner_gain: str = "owner_gain", pool_gain: str = "pool_gain", act: str = "act",
         decay: str = "decay", moving: float = 0.0, discount: float = 1.0, delay: float = 0.0) -> Any:
    """Which idle accounts return to the pool: those that lose value by waiting for their owner, not those idle for some days.

    Parameters
    ----------
    idle : frame: account; owner_gain, pool_gain (net gain if the owner, or the pool's next manager, works it; money); act (chance
        that the owner acts in a period), decay (chance that the occasion is lost in a period without work).
    moving, discount, delay : cost of changing hands; factor a period; periods until the pool works it.

    Returns
    -------
    frame of the caller's kind: account, keep, release, lost (release - keep), give_back; most lost first.

    Notes
    -----
    keep = act owner_gain / (1 - (1 - act)(1 - decay) discount): the gain when it comes, if it is still there.
    """
    table = read(idle, "plan.pool", [account, owner_gain, pool_gain, act, decay])
    keep, release, lost, back = _core_plan.pool_rule(floats(table, owner_gain), floats(table, pool_gain), floats(table, act), floats(table, decay),
                                                     moving, discount, delay)
    order = np.argsort(-lost, kind="stable")
    return give({account: table.column(account).take(pa.array(order)), "keep": keep[order], "release": release[order], "lost": lost[order],
                 "give_back": back[order].astype(bool)}, kind_of(idle))


@dataclass(frozen=True)
class Least:
    """The least amount of a budget: ``amount`` does, nothing below ``at_least`` can; ``plan`` is the plan at ``amount``."""

    amount: float
    at_least: float
    plan: Plan


def least(options: Any, budgets: Any, *, vary: str, target: float, costs: Any = None, account: str = "account", level: str = "level",
          value: str = "value", region: str | Sequence[str] | None = None, exact: Exact = "auto", nodes: int = 20_000,
          threads: int = 0, **conditions: Any) -> Least:
    """How much of the budget ``vary`` is needed to gain ``target``, the other budgets staying as they are.

    Takes the arguments of :func:`allocate`; the amount given for ``vary`` is not read (it may be left out).

    Raises
    ------
    guanxi.Error : code "infeasible" when no amount reaches the target, with the most that can be gained.
    """
    for name in conditions:
        require(name, ["pins", "excluded", "minimum", "floors", "caps"], "plan.least")
    if isinstance(budgets, Mapping) and costs is None:
        budgets = {**budgets, vary: 0.0}
    book = _book_of(options, budgets, costs, account, level, value, region)
    require(vary, list(book.budgets), "plan.least vary")
    settings = {"pins": None, "excluded": None, "minimum": None, "floors": None, "caps": None, **conditions, "exact": exact,
                "nodes": nodes, "threads": threads}
    made, limits = _core_options(book, settings)
    amount, at_least, raw, status = _core_plan.least(*_columns(book), made, list(book.budgets).index(vary), target, book.account_name,
                                                     lambda q: str(limits[q][1]))
    if status != "reached":
        raise Error(f"plan.least: {status}", "infeasible")
    final = replace(book, budgets={**book.budgets, vary: amount})
    return Least(amount, at_least, _plan_of(final, settings, made, limits, raw))
