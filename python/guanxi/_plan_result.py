"""The plan as an object: choices, prices, bound, what-if, prints, the log."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from ._errors import Error
from ._frames import Floats, give, require
from ._plan_book import Book, columns_of, core_options
from ._words import signed_percent

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
        the choice is a compromise), ``switch_<budget>`` (the price at which the runner-up is as good) and why, in words. With draws
        also low and high (5 to 95 % of the gain) and chance (that the gain exceeds its cost at the prices).
        An array of level numbers where arrays came in. Made when first asked for.
    prices : {budget: worth of one more unit}, money.
    value, bound, gap : gain of the plan; what no plan can exceed; (bound - value) / |bound|.
    used : {budget: what the plan uses}.
    status : "optimal", or "within 3.1e-06" (the gap).
    floor_prices, cap_prices : {(group, budget): what a unit of the floor costs, or of the cap is worth}.
    log : hashes of the inputs and of the plan, settings, versions and what was ``noted``; plain words and numbers that JSON can keep.
        :func:`guanxi.plan.reproduce` makes the plan again from it, a year later too, or says which input is another one.
    mean, cvar, totals : with draws: mean of the whole gain, mean of its worst draws (of what is gained beyond today's plan, where
        ``against`` asks for that), and the gain in every draw; else None.
    """

    prices: dict[str, float]
    value: float
    bound: float
    gap: float
    status: str
    used: dict[str, float]
    floor_prices: dict[tuple[Any, str], float]
    cap_prices: dict[tuple[Any, str], float]
    _book: Book = field(repr=False)
    _settings: dict[str, Any] = field(repr=False)
    _raw: Any = field(repr=False)
    _options: dict[str, Any] = field(repr=False)
    mean: float | None = None
    cvar: float | None = None
    totals: Floats | None = field(default=None, repr=False)
    _columns: dict[str, Any] | None = field(default=None, repr=False)  # low, high and chance, with draws
    _choices: Any = field(default=None, repr=False)
    _rules: Any = field(default=None, repr=False)
    _moves: Any = field(default=None, repr=False)

    @property
    def choices(self) -> Any:
        """One row an account, or an array of level numbers; see the attributes above."""
        if self._choices is None:
            book, level = self._book, np.asarray(self._raw.level)
            self._choices = level.astype(np.int64) if book.accounts is None else give(self._made_choices(level), book.kind)
        return self._choices

    def _made_choices(self, level: Any) -> dict[str, Any]:
        book, raw = self._book, self._raw
        first = book.start[:-1].astype(np.int64)
        row = first + level.astype(np.int64)
        other, behind, switch = _core_plan.runner_ups(*columns_of(book), self._options, raw)
        switch = switch.reshape(len(level), len(book.budgets))
        known = pa.array(np.arange(len(book.value))) if book.levels is None else book.levels
        coded = (known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known).dictionary_encode()
        why = _core_plan.reasons(*columns_of(book), self._options, raw, coded.indices.to_numpy(zero_copy_only=False).astype(np.uint32),
                                 [str(name) for name in coded.dictionary.to_pylist()])

        def name_of(rows: Any, none: Any = None) -> Any:
            return pa.array(rows - first) if book.levels is None else book.levels.take(pa.array(rows, mask=none))

        columns = {book.names[0]: book.accounts, book.names[1]: name_of(row), book.names[2]: book.value[row],
                   **{name: book.cost[row, k] for k, name in enumerate(book.budgets)},
                   "loss": np.asarray(raw.loss), "net": np.asarray(raw.net), "runner_up": name_of(first + other.astype(np.int64), other == level),
                   "behind": behind, **{f"switch_{name}": switch[:, k] for k, name in enumerate(book.budgets)}}
        return columns | (self._columns or {}) | {"why": pa.array(why, pa.string())}

    @property
    def log(self) -> dict[str, Any]:
        """Hashes of the inputs and of the plan, settings and versions. Made when asked for: hashing costs more than planning."""
        book, settings = self._book, self._settings
        out: dict[str, Any] = {
            "version": _core.__version__, "numpy": np.__version__, "pyarrow": pa.__version__,
            "options": _hash(book.start, book.value, book.cost), "accounts": _hash_text(book.accounts), "levels": _hash_text(book.levels),
            "budgets": dict(book.budgets), "columns": dict(zip(("account", "level", "value"), book.names, strict=True)) | {"region": list(book.groups)},
            "settings": {k: _plain(v) for k, v in settings.items() if k not in ("threads", "draws", "noted") and v},
            "noted": _plain(settings.get("noted") or {}), "plan": _hash(np.asarray(self._raw.level))}
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
            self._rules = _core_plan.simple_rules(*columns_of(book), np.empty(0) if book.revenue is None else book.revenue,
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

        At a kink a price is not unique: between next and last every price is right. Costs two warm solves a budget. With draws also
        low and high: 5 to 95 % of the price when each draw in turn is the truth, which is another matter; one warm search a draw.
        """
        ranges = _core_plan.price_ranges(*columns_of(self._book), self._options, self._raw)
        columns: dict[str, Any] = {"budget": list(self.prices), "price": list(self.prices.values()),
                                   "next": [r[0] for r in ranges], "last": [r[1] for r in ranges]}
        if self._settings.get("draws") is not None:
            columns |= {"low": self._over_draws()[0], "high": self._over_draws()[1]}
        return give(columns, self._book.kind)

    def _over_draws(self) -> Any:
        if self._settings.get("draws") is None:
            raise Error("plan.firmness: the plan was made without draws, wanted allocate(draws=...)", "not_fitted")
        if self._moves is None:
            self._moves = _core_plan.prices_over_draws(*columns_of(self._book), self._options, self._settings["draws"], self._raw)
        return self._moves

    @property
    def firmness(self) -> Any:
        """Frame (account, level, firm): the part of the draws in which the account would get its level or a later one.

        Near-ties abound: a level with 0.5 is a coin that fell. Wants draws; costs one warm search of the prices a draw, once.
        """
        book, level = self._book, np.asarray(self._raw.level)
        row = book.start[:-1].astype(np.int64) + level.astype(np.int64)
        columns = {book.names[0]: np.arange(len(level)) if book.accounts is None else book.accounts,
                   book.names[1]: level if book.levels is None else book.levels.take(pa.array(row)), "firm": self._over_draws()[3]}
        return give(columns, book.kind)

    def price_curve(self, budget: str, parts: Sequence[float] = (0.8, 0.9, 1.0, 1.1, 1.2)) -> Any:
        """Frame (amount, gain, bound, price, status): the plan's gain and the price of ``budget`` with more and less of it.

        ``parts`` are multiples of the present amount; the other budgets stay. Gain and price are unknown where no plan exists, and
        status says why. Costs one warm plan each, without a proof.
        """
        require(budget, list(self.prices), "plan.price_curve")
        columns: dict[str, list[Any]] = {name: [] for name in ("amount", "gain", "bound", "price", "status")}
        for part in parts:
            amount = float(part) * self._book.budgets[budget]
            try:
                p = self._again(replace(self._book, budgets={**self._book.budgets, budget: amount}), {**self._settings, "exact": False})
                row: tuple[Any, ...] = (amount, p.value, p.bound, p.prices[budget], p.status)
            except Error as reason:
                if reason.code != "infeasible":
                    raise
                row = (amount, np.nan, np.nan, np.nan, str(reason).removeprefix("plan.allocate: "))
            for column, entry in zip(columns.values(), row, strict=True):
                column.append(entry)
        return give(columns, self._book.kind)

    def explain(self, account: Any) -> Explanation:
        """Level, runner-up and the price at which it would switch, for one account. Costs O(levels x budgets)."""
        i = self._book.account_number(account, "explain")
        raw = _core_plan.explain(*columns_of(self._book), self._options, self._raw, i)
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
        return self._again(book, settings)

    def _again(self, book: Book, settings: dict[str, Any]) -> Plan:
        return solve(book, settings, start=[*self._raw.prices, *self._raw.limit_prices])

    def to_html(self, path: str | Path, most: int = 1_000) -> Path:
        """Writes the plan as one page that opens without a network: prices, simple rules, and the first ``most`` accounts with why."""
        target = Path(path)
        rules = "".join(f"<tr><td>{html.escape(n)}</td><td>{_amount(v)}</td></tr>" for n, _, v, _ in self._made_rules())
        rows = ""
        if self._book.accounts is not None:
            table = pa.table(self._made_choices(np.asarray(self._raw.level))).select([*self._book.names, "why"])
            order = np.argsort(-table.column(2).to_numpy(), kind="stable")[:most]
            rows = "".join("<tr>" + "".join(f"<td>{html.escape(_amount(c) if isinstance(c, float) else str(c))}</td>" for c in r.values()) + "</tr>"
                           for r in table.take(pa.array(order)).to_pylist())
            rows = "<table><tr>" + "".join(f"<th>{html.escape(n)}</th>" for n in table.column_names) + f"</tr>{rows}</table>"
        text = ("<!doctype html><meta charset=utf-8><title>Plan</title><style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em .8em;"
                f"text-align:left;vertical-align:top}}</style><h1>Plan</h1>{self._repr_html_()}<h2>Simple rules with the same budgets</h2>"
                f"<table>{rules}</table><h2>Accounts</h2>{rows}")
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as reason:
            raise Error(f"plan.to_html: '{target}' cannot be written: {reason.strerror}", "io") from reason
        return target

    def _beside(self) -> str:
        """What simple rules would gain, in words."""
        own = self.value if self.mean is None else self.mean
        return "simple rules with the same budgets: " + "; ".join(
            f"{name} {_amount(value)}" + (f" ({signed_percent(value / own - 1)})" if own > 0 else "") for name, _, value, _ in self._made_rules())

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


def solve(book: Book, settings: dict[str, Any], start: list[float] | None = None) -> Plan:
    options, limits = core_options(book, settings)
    first = {**options, "start_prices": start} if start is not None else options
    draws = settings.get("draws")
    if draws is None:
        raw = _core_plan.allocate(*columns_of(book), first, book.account_name, lambda q: str(limits[q][1]))
        risky = None
    else:
        first = {**first, "exact": "none"} if settings["risk"] > 0 else first
        against = np.empty(0, np.uint32) if settings.get("against") is None else book.present
        raw, *risky = _core_plan.allocate_at_risk(*columns_of(book), first, draws, settings["risk"], settings["tail"], 1e-4, 20, book.account_name,
                                                  lambda q: str(limits[q][1]), against)
    if not raw.feasible:
        raise Error(f"plan.allocate: {raw.status}", "infeasible")
    return plan_of(book, settings, options, limits, raw, risky)


def _hash(*columns: Any) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _hash_text(words: pa.Array | None) -> str:
    return hashlib.sha256("\x1f".join("" if words is None else map(str, words.to_pylist())).encode()).hexdigest()


def _plain(given: Any) -> Any:
    """Settings as JSON keeps them: mappings with keys that are no text as lists of pairs, numpy's numbers as numbers."""
    if isinstance(given, Mapping):
        if all(isinstance(key, str) for key in given):
            return {key: _plain(value) for key, value in given.items()}
        return [[_plain(key), _plain(value)] for key, value in given.items()]
    if isinstance(given, (list, tuple)):
        return [_plain(one) for one in given]
    if isinstance(given, np.generic):
        return given.item()
    return given if given is None or isinstance(given, (str, int, float, bool)) else str(given)


def plan_of(book: Book, settings: dict[str, Any], options: dict[str, Any], limits: list[tuple[str, Any, str]], raw: Any,
             risky: Any = None) -> Plan:
    names = list(book.budgets)
    prices = {kind: {(g, b): p for (k, g, b), p in zip(limits, raw.limit_prices, strict=True) if k == kind} for kind in ("floors", "caps")}
    return Plan(dict(zip(names, raw.prices, strict=True)), raw.value, raw.bound, raw.gap, raw.status,
                dict(zip(names, raw.used, strict=True)), prices["floors"], prices["caps"], book, settings, raw, options,
                *((None, None, None, None) if risky is None else (*risky[:3], {"low": risky[4], "high": risky[5], "chance": risky[3]})))
