"""Who gets which of our limited hours, money and people: one level of effort an account, with a certified gap."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from . import _core
from ._errors import Error
from ._frames import give, kind_of, require
from ._plan_assign import Assignment, assign, pairs
from ._plan_book import book_of, columns_of, core_options
from ._plan_draws import common_draws, knowledge_gradient, pool, response_draws
from ._plan_result import Explanation, Plan, plan_of, solve
from ._plan_spread import Spread, answers, spread

__all__ = ["Assignment", "Explanation", "Least", "Plan", "Spread", "allocate", "answers", "assign", "common_draws", "highs",
           "knowledge_gradient", "least", "pairs", "pool", "relax", "reproduce", "response_draws", "spread"]

Exact = bool | Literal["auto"]
_core_plan: Any = _core.plan
_CONDITIONS = ("pins", "excluded", "minimum", "floors", "caps")


def allocate(options: Any, budgets: Any, *, costs: Any = None, account: str = "account", level: str = "level", value: str = "value",
             region: str | Sequence[str] | None = None, pins: Mapping[Any, Any] | None = None,
             excluded: Sequence[tuple[Any, Any]] | None = None, minimum: Mapping[Any, Any] | None = None,
             floors: Mapping[tuple[Any, str], float] | None = None, caps: Mapping[tuple[Any, str], float] | None = None,
             revenue: Any = None, present: Any = None, draws: Any = None, risk: float = 0.0, tail: float = 0.1,
             against: Literal["present"] | None = None, exact: Exact = "auto", nodes: int = 400_000, threads: int = 0,
             noted: Mapping[str, Any] | None = None) -> Plan:
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
    against : "present" measures the tail by what is gained beyond today's plan, draw by draw: a plan that would lose to it in plausible
        draws pays for that. At ``risk=1`` the mean of the worst such differences is as large as can be, and never below 0 while
        today's plan keeps the budgets. For gains that rest on a stated belief (see ``response_draws``).
    exact : "auto" proves optimality on small books, True tries to, False stops at the certified gap.
    nodes : of the proof; a count and not a time, so that every machine gives the same plan.
    noted : what else the log should keep, such as the seeds of the draws and the date of the export.

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
    book = book_of(options, budgets, costs, account, level, value, region, revenue, present)
    if draws is not None:
        draws = np.asarray(draws)
        draws = np.ascontiguousarray(draws, np.float32 if draws.dtype == np.float32 else np.float64).reshape(len(book.value), -1) if len(book.value) else draws
        if not np.isfinite(draws).all():
            raise Error("plan.allocate: 'draws' hold NaN or infinity, wanted numbers", "not_finite")
        if book.order is not None:
            draws = np.ascontiguousarray(draws[book.order])
        book = replace(book, value=np.ascontiguousarray(draws.mean(axis=1, dtype=np.float64)))
    if against not in (None, "present"):
        raise Error(f"plan.allocate: 'against' is {against!r}, wanted 'present' or None", "out_of_domain")
    if against is not None and (draws is None or book.present is None):
        raise Error("plan.allocate: 'against' wants 'present' (today's levels) and 'draws'", "not_fitted")
    return solve(book, {"pins": pins, "excluded": excluded, "minimum": minimum, "floors": floors, "caps": caps, "exact": exact,
                         "nodes": nodes, "threads": threads, "draws": draws, "risk": risk, "tail": tail, "against": against,
                        "noted": noted})


@dataclass(frozen=True)
class Least:
    """The least amount of a budget: ``amount`` does, nothing below ``at_least`` can; ``plan`` is the plan at ``amount``."""

    amount: float
    at_least: float
    plan: Plan


def least(options: Any, budgets: Any, *, vary: str, target: float, costs: Any = None, account: str = "account", level: str = "level",
          value: str = "value", region: str | Sequence[str] | None = None, exact: Exact = "auto", nodes: int = 400_000,
          threads: int = 0, **conditions: Any) -> Least:
    """How much of the budget ``vary`` is needed to gain ``target``, the other budgets staying as they are.

    Takes the arguments of :func:`allocate`; the amount given for ``vary`` is not read (it may be left out).

    Raises
    ------
    guanxi.Error : code "infeasible" when no amount reaches the target, with the most that can be gained.
    """
    for name in conditions:
        require(name, list(_CONDITIONS), "plan.least")
    if isinstance(budgets, Mapping) and costs is None:
        budgets = {**budgets, vary: 0.0}
    book = book_of(options, budgets, costs, account, level, value, region)
    require(vary, list(book.budgets), "plan.least vary")
    settings = {**dict.fromkeys(_CONDITIONS), **conditions, "exact": exact,
                "nodes": nodes, "threads": threads}
    made, limits = core_options(book, settings)
    amount, at_least, raw, status = _core_plan.least(*columns_of(book), made, list(book.budgets).index(vary), target, book.account_name,
                                                     lambda q: str(limits[q][1]))
    if status != "reached":
        raise Error(f"plan.least: {status}", "infeasible")
    final = replace(book, budgets={**book.budgets, vary: amount})
    return Least(amount, at_least, plan_of(final, settings, made, limits, raw))


def _book_and_options(options: Any, budgets: Any, costs: Any, names: tuple[str, str, str], region: Any, conditions: Mapping[str, Any], word: str) -> Any:
    for name in conditions:
        require(name, list(_CONDITIONS), word)
    book = book_of(options, budgets, costs, *names, region)
    settings = {**dict.fromkeys(_CONDITIONS), **conditions, "exact": False, "nodes": 0, "threads": 0, "draws": None}
    return book, settings, *core_options(book, settings)


def relax(options: Any, budgets: Any, *, costs: Any = None, account: str = "account", level: str = "level", value: str = "value",
          region: str | Sequence[str] | None = None, **conditions: Any) -> Any:
    """Why no plan exists, row by row, and the least that each row must give way. Takes the arguments of :func:`allocate`.

    Returns
    -------
    frame (budget, limit, why, need, have, raise): empty where a plan exists. ``limit`` names the group of a floor or cap. ``why`` is
        "least need" (the accounts of the row need more than it has), "out of reach" (a floor asks more than can be given), "joint"
        (kept alone, not together; ``raise`` is then that of the cheapest mix of levels: whole levels may need more), "no level"
        (accounts without a level that fits) or "not found".
    """
    book, _, made, limits = _book_and_options(options, budgets, costs, (account, level, value), region, conditions, "plan.relax")
    raw = _core_plan.allocate(*columns_of(book), made)
    names = list(book.budgets)
    rows = [(names[k], str(limits[q][1]) if of_limit else None, why, need, have, more) for why, k, of_limit, q, need, have, more, _ in raw.failing]
    columns = zip(*rows, strict=True) if rows else [()] * 6
    return give({name: list(column) for name, column in zip(("budget", "limit", "why", "need", "have", "raise"), columns, strict=True)},
                kind_of(options))


def highs(options: Any, budgets: Any, *, costs: Any = None, account: str = "account", level: str = "level", value: str = "value",
          region: str | Sequence[str] | None = None, library: str | None = None, seconds: float = 60.0, gap: float = 1e-9,
          core: bool = True, **conditions: Any) -> Plan:
    """The plan by HiGHS: a second opinion, or the proof of a book that the nodes of ``allocate(exact=True)`` do not reach.

    Never needed: ``allocate`` stands alone. The C library is opened at run time: ``library``, else that of the package ``highsbox``
    (``pip install guanxi[highs]``), else the environment's GUANXI_HIGHS, else the system's.

    Parameters
    ----------
    core : bool
        Our prices first close the levels that no better plan can use, HiGHS gets the rest; False: the whole book.
    seconds, gap : where it stops. A time is no count: results may then differ between machines.

    Raises
    ------
    guanxi.Error : code "io" where no library can be opened.
    """
    book, settings, made, limits = _book_and_options(options, budgets, costs, (account, level, value), region, conditions, "plan.highs")
    raw = _core_plan.allocate_by_highs(*columns_of(book), made, library or _highs_path(), float(seconds), float(gap), core, book.account_name,
                                       lambda q: str(limits[q][1]))
    if not raw.feasible:
        raise Error(f"plan.allocate: {raw.status}", "infeasible")
    return plan_of(book, settings, made, limits, raw)


def _highs_path() -> str:
    found = importlib.util.find_spec("highsbox")
    if found is None or found.origin is None or "GUANXI_HIGHS" in os.environ:
        return ""
    for name in ("lib/libhighs.so", "lib/libhighs.dylib", "bin/highs.dll"):
        path = Path(found.origin).parent / "highs_dist" / name
        if path.exists():
            return str(path)
    return ""


def reproduce(log: Mapping[str, Any], options: Any, *, costs: Any = None, draws: Any = None, revenue: Any = None, present: Any = None,
              threads: int = 0) -> Plan:
    """Makes a plan again from its ``log`` and the inputs, and holds both to the log's hashes.

    Parameters
    ----------
    log : ``Plan.log``, also after a way through JSON.
    options, costs, draws, revenue, present : as they were given to :func:`allocate`.

    Raises
    ------
    guanxi.Error : naming the input that is not the one of the log; or, where all inputs are the same, that the plan is another one
        and by which versions.
    """
    settings, columns = dict(log["settings"]), dict(log["columns"])
    for name in _CONDITIONS:
        if isinstance(given := settings.get(name), list):
            settings[name] = [tuple(pair) for pair in given] if name == "excluded" else \
                {tuple(key) if isinstance(key, list) else key: amount for key, amount in given}
    frame = {} if costs is not None else {name: columns[name] for name in ("account", "level", "value")}
    p = allocate(options, dict(log["budgets"]), costs=costs, region=columns["region"] or None, draws=draws, revenue=revenue, present=present,
                 threads=threads, noted=log.get("noted"), **frame, **settings)
    mine = p.log
    for name in ("accounts", "levels", "draws", "options", "revenue", "present"):
        if mine.get(name) != log.get(name):
            raise Error(f"plan.reproduce: '{name}' are not those of the log", "out_of_domain")
    if mine["plan"] != log["plan"]:
        made = ", ".join(f"{name} {log.get(name)} then, {mine[name]} now" for name in ("version", "numpy", "pyarrow"))
        raise Error(f"plan.reproduce: the inputs are those of the log, the plan is another one ({made})", "out_of_domain")
    return p
