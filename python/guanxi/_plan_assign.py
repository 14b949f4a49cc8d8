"""Accounts to managers: who looks after whom, alone or together with how much effort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Kind, codes, floats, give, kind_of, read

_core_plan: Any = _core.plan


def _text(x: float) -> str:
    return "unknown" if x != x else f"{x:,.0f}" if abs(x) >= 1000 or x == round(x) else f"{x:,.4g}"


@dataclass
class Assignment:
    """One manager an account (and one level, where levels were given), with a bound that no assignment can exceed.

    Attributes
    ----------
    choices : frame of the caller's kind: account, manager, [level,] value, hours, [budgets,] loss, net, moved, runner_up (the next
        best manager at the prices), behind (what it would gain less at the prices), why.
    prices : {manager: worth of one more hour}; negative: what the manager's floor costs an hour.
    budget_prices : {budget: worth of one more unit}.
    loads : {manager: hours}.
    value, bound, gap, status : sum of values (less the cost of changing hands); bound; (bound - value) / |bound|.
    moves : number of accounts that change hands (where ``present`` was given).
    """

    choices: Any
    prices: dict[Any, float]
    budget_prices: dict[str, float]
    loads: dict[Any, float]
    value: float
    bound: float
    gap: float
    status: str
    moves: int
    capacity: dict[Any, float]
    floor: dict[Any, float]
    _table: pa.Table = field(repr=False)
    _kind: Kind = field(repr=False)
    _call: dict[str, Any] = field(repr=False)

    def sheet(self, manager: Any) -> Any:
        """The accounts of one manager, largest value first: his or her portfolio. A frame of the caller's kind."""
        if manager not in self.loads:
            raise Error(f"plan.assign: no manager {manager!r} among {', '.join(map(repr, self.loads))}", "unknown_name")
        rows = self._table.filter(pc.equal(self._table.column("manager"), pa.scalar(manager, self._table.column("manager").type)))
        rows = rows.take(pc.sort_indices(rows, [("value", "descending"), (rows.column_names[0], "ascending")]))
        return give({name: rows.column(name) for name in rows.column_names}, self._kind)

    @property
    def sheets(self) -> dict[Any, Any]:
        """{manager: portfolio}, every manager."""
        return {manager: self.sheet(manager) for manager in self.loads}

    @property
    def baselines(self) -> Any:
        """Frame (rule, value, regret): "largest value first", each account to the manager where it is worth most and still fits.

        A rule without a place for an account leaves it lying; floors are not looked at: that is to its favour. Costs one sort of the pairs.
        """
        call = self._call
        table: pa.Table = call["fit"]
        worth, need = floats(table, call["value"]), floats(table, call["hours"])
        who, whom = table.column(call["account"]).to_pylist(), table.column(call["manager"]).to_pylist()
        budget = {name: float(amount) for name, amount in (call["budgets"] or {}).items()}
        cost = {name: floats(table, name) for name in budget}
        left, done, value = dict(self.capacity), set(), 0.0
        for row in np.argsort(-worth, kind="stable").tolist():
            if who[row] in done or (whom[row] is not None and need[row] > left[whom[row]]) or any(cost[b][row] > budget[b] for b in budget):
                continue
            done.add(who[row])
            value += float(worth[row])
            if whom[row] is not None:
                left[whom[row]] -= float(need[row])
            for b in budget:
                budget[b] -= float(cost[b][row])
        return give({"rule": ["largest value first"], "value": [value], "regret": [self.value - value],
                     "left_out": [len(set(who)) - len(done)]}, self._kind)

    def without(self, manager: Any) -> Assignment:
        """What if this manager leaves: the same accounts among the others, the present hands kept where nothing else is better.

        ``old.value - new.value`` is what the departure costs. Fails with code "infeasible" when the others cannot carry it.
        """
        call = dict(self._call)
        table: pa.Table = call["fit"]
        column = call["manager"]
        if manager not in self.loads:
            raise Error(f"plan.assign: no manager {manager!r} among {', '.join(map(repr, self.loads))}", "unknown_name")
        there = pc.not_equal(table.column(column), pa.scalar(manager, table.column(column).type))
        call["fit"] = table.filter(pc.fill_null(there, True))
        for name in ("capacity", "floor"):
            if isinstance(call[name], Mapping):
                call[name] = {k: v for k, v in call[name].items() if k != manager}
        lost = set(table.column(call["account"]).unique().to_pylist()) - set(call["fit"].column(call["account"]).unique().to_pylist())
        if lost:
            raise Error(f"plan.assign: infeasible: without {manager!r} nobody may take account {min(lost, key=str)!r}"
                        + (f" and {len(lost) - 1:,} more" if len(lost) > 1 else ""), "infeasible")
        left = assign(**call)
        left._kind = self._kind
        left.choices = give({name: left._table.column(name) for name in left._table.column_names}, self._kind)
        return left

    def __repr__(self) -> str:
        out = [f"Assignment: {self._table.num_rows:,} accounts to {len(self.loads)} managers; value {_text(self.value)}; {self.status}"
               + (f"; {self.moves:,} change hands" if self.moves else "")]
        count = {row["values"]: row["counts"] for row in pc.value_counts(self._table.column("manager")).to_pylist()}
        out += [f"  {m}: {count.get(m, 0)} accounts, {_text(load)} of {_text(self.capacity[m])} hours, one more hour is worth {_text(self.prices[m])}"
                if self.prices[m] >= 0 else
                f"  {m}: {count.get(m, 0)} accounts, {_text(load)} hours, its floor of {_text(self.floor[m])} costs {_text(-self.prices[m])} an hour"
                for m, load in self.loads.items()]
        return "\n".join(out)


def _limit(given: Any, names: list[Any], word: str, otherwise: float) -> npt.NDArray[np.float64]:
    if given is None:
        return np.full(len(names), otherwise)
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                raise Error(f"plan.assign: '{word}' names manager {name!r}, which is not in the pairs", "unknown_name")
        missing = [n for n in names if n not in given]
        if missing and word == "capacity":
            raise Error(f"plan.assign: 'capacity' has no entry for manager {missing[0]!r}", "unknown_name")
        return np.array([float(given.get(n, otherwise)) for n in names])
    return np.full(len(names), float(given))


def assign(fit: Any, capacity: Any, floor: Any = None, *, account: str = "account", manager: str = "manager", value: str = "value",
           hours: str = "hours", level: str | None = None, budgets: Mapping[str, float] | None = None,
           balance: Mapping[str, float] | None = None, present: Mapping[Any, Any] | None = None, moving: float = 0.0,
           pins: Mapping[Any, Any] | None = None, effort: int = 600, threads: int = 0) -> Assignment:
    """Which manager looks after which account; with ``level`` also at which level of effort, in one problem with one bound.

    Parameters
    ----------
    fit : frame, one row a pair that is allowed: account, manager, value (money), hours. A missing pair is not allowed. A row without a
        manager is an option that needs nobody: a level without effort.
    capacity, floor : number, or {manager: hours}
        What each manager can and must carry.
    level : str, optional
        Column of levels of effort: one row a pair and level. Levels and managers are then chosen together.
    budgets : {column: amount}, optional
        Costs that all share: travel money, senior slots.
    balance : {column: part}, optional
        Each manager's sum of the column stays within this part of the mean over managers: {"sales": 0.25}. The column must be the
        same in every row of an account.
    present, moving : {account: manager}, money
        Who has the account today, and what changing hands costs; it is taken off the value.
    pins : {account: manager}, optional
    effort : int
        How many options the local search looks at.
    threads : int
        0 = all of the machine's; the answer does not depend on it.

    Returns
    -------
    Assignment

    Raises
    ------
    guanxi.Error : code "infeasible" names the managers that are short and the hours that are missing.

    Notes
    -----
    Costs about 40 passes over the pairs and a local search: some 30 ms for 1,000 x 20. Source: Fisher, Jaikumar and Van
    Wassenhove (1986), Management Science 32, 1095-1103, with signed prices for floors.
    """
    return _assign(fit, capacity, floor, account, manager, value, hours, level, budgets, balance, present, moving, pins, effort, threads, None)


def _assign(fit: Any, capacity: Any, floor: Any, account: str, manager: str, value: str, hours: str, level: str | None,
            budgets: Mapping[str, float] | None, balance: Mapping[str, float] | None, present: Mapping[Any, Any] | None, moving: float,
            pins: Mapping[Any, Any] | None, effort: int, threads: int, decided: dict[str, Any] | None) -> Assignment:
    """The work of :func:`assign`; ``decided`` holds an answer that was found elsewhere: choice {account: (manager, level)} and figures."""
    money = dict(budgets or {})
    parts = dict(balance or {})
    table = read(fit, "plan.assign", [account, manager, value, hours, *([level] if level else []), *money, *parts])
    call = {"fit": table, "capacity": capacity, "floor": floor, "account": account, "manager": manager, "value": value, "hours": hours,
            "level": level, "budgets": budgets, "balance": balance, "present": present, "moving": moving, "pins": pins, "effort": effort,
            "threads": threads}
    kind = kind_of(fit)
    who, accounts = codes(table, account)
    alone = table.column(manager).is_null().to_numpy()
    some = table.column(manager).drop_null()
    if not len(some):
        raise Error(f"plan.assign: no row of {manager!r} names anybody, wanted at least one manager", "empty")
    named = pa.table({manager: pc.fill_null(table.column(manager), some[0])})
    whom, managers = codes(named, manager)
    whom = np.where(alone, len(managers), whom).astype(np.uint32)
    step, levels = codes(table, level) if level else (np.zeros(len(who), np.uint32), None)
    order = np.lexsort((step, whom, who))
    who, whom, step = who[order], whom[order], step[order]
    if len(who) > 1:
        twice = np.flatnonzero((np.diff(who) == 0) & (np.diff(whom) == 0) & (np.diff(step) == 0))
        if len(twice):
            at = int(twice[0])
            raise Error(f"plan.assign: account {accounts[int(who[at])].as_py()!r} and manager {managers[int(whom[at])].as_py()!r} stand twice, "
                        "wanted one row a pair" + (" and level" if level else ""), "duplicate")
    names, people = accounts.to_pylist(), managers.to_pylist()
    worth, need = floats(table, value)[order], floats(table, hours)[order]
    for column, label in ((worth, value), (need, hours)):
        odd = np.flatnonzero(~np.isfinite(column) | ((column < 0) & (label == hours)))
        if len(odd):
            at = int(odd[0])
            raise Error(f"plan.assign: {label!r} of account {names[who[at]]!r} and manager {people[whom[at]]!r} is {column[at]:g}, wanted "
                        + ("a number >= 0" if label == hours else "a finite number"), "out_of_domain")
    today = np.full(len(names), 0xFFFFFFFF, np.uint32)
    for a, m in (present or {}).items():
        if a in names and m in people:
            today[names.index(a)] = people.index(m)
    known = today[who] != 0xFFFFFFFF
    changed = known & (today[who] != whom)
    if present is not None:
        gone = np.array([a in present and present[a] not in people for a in names], bool)  # the one who had it has left
        changed = changed | gone[who]
    worth = worth - moving * changed
    keep = np.ones(len(who), bool)
    for a, m in (pins or {}).items():
        if a not in names or m not in people:
            raise Error(f"plan.assign: pins name {a!r} to {m!r}, which is not in the pairs", "unknown_name")
        mine = who == names.index(a)
        if not (mine & (whom == people.index(m))).any():
            raise Error(f"plan.assign: pins name {a!r} to {m!r}, which is not an allowed pair", "infeasible")
        keep &= ~mine | (whom == people.index(m))
    who, whom, step, worth, need = who[keep], whom[keep], step[keep], worth[keep], need[keep]
    order, changed = order[keep], changed[keep]
    start = np.concatenate([np.searchsorted(who, np.arange(len(names))), [len(who)]]).astype(np.uint64)
    top, low = _limit(capacity, people, "capacity", np.inf), _limit(floor, people, "floor", 0.0)
    load, caps, floors = [need], [top], [low]
    for name, part in parts.items():
        column = floats(table, name)[order]
        mean = float(column[start[:-1].astype(np.int64)].sum()) / max(1, len(people))
        load.append(column)
        caps.append(np.full(len(people), mean * (1 + part)))
        floors.append(np.full(len(people), mean * (1 - part)))
    cost = np.column_stack([floats(table, b)[order] for b in money]) if money else np.empty((len(who), 0))
    core_whom = np.where(whom == len(people), 0xFFFFFFFF, whom).astype(np.uint32)
    raw = _decided(start, worth, whom, step, need, cost, decided, names, people) if decided else _core_plan.assign(
        start, np.ascontiguousarray(worth), core_whom, np.ascontiguousarray(np.column_stack(load)), np.ascontiguousarray(cost),
                            len(people), len(load), len(money), np.column_stack(floors).ravel(), np.column_stack(caps).ravel(),
                            np.array(list(money.values()), np.float64), effort, threads)
    if not raw["feasible"]:
        raise Error(f"plan.assign: {_why_not(raw, people)}", "infeasible")
    row = start[:-1].astype(np.int64) + raw["option"]
    columns = _choices(start, worth, whom, step, need, cost, raw, row, changed, accounts, managers, levels, account, level, value, hours, money, len(load))
    full = pa.table(columns)
    loads = raw["loads"].reshape(len(people), len(load))[:, 0]
    prices = raw["prices"].reshape(len(people), len(load))[:, 0]
    return Assignment(give(columns, kind), dict(zip(people, prices.tolist(), strict=True)),
                      dict(zip(money, raw["budget_prices"].tolist(), strict=True)), dict(zip(people, loads.tolist(), strict=True)), raw["value"],
                      raw["bound"], raw["gap"], raw["status"], int(changed[row].sum()), dict(zip(people, top.tolist(), strict=True)),
                      dict(zip(people, low.tolist(), strict=True)), full, kind, call)


def _decided(start: Any, worth: Any, whom: Any, step: Any, need: Any, cost: Any, decided: dict[str, Any], names: list[Any],
             people: list[Any]) -> dict[str, Any]:
    """What the core would hand back, for choices that were made elsewhere."""
    prices = np.append([decided["prices"][m] for m in people], 0.0)
    net = worth - prices[whom] * need - cost @ np.array(decided["budget_prices"])
    option = np.zeros(len(names), np.int64)
    loads, loss = np.zeros(len(people) + 1), np.zeros(len(names))
    first = start.astype(np.int64)
    for i, name in enumerate(names):
        m, j = decided["choice"][name]
        rows = slice(first[i], first[i + 1])
        option[i] = np.flatnonzero((whom[rows] == (len(people) if m is None else people.index(m))) & (step[rows] == j))[0]
        loss[i] = net[rows].max() - net[first[i] + option[i]]
    chosen = first[:-1] + option
    np.add.at(loads, whom[chosen], need[chosen])
    return {"option": option, "loss": loss, "net": net[chosen], "prices": prices[:-1], "budget_prices": np.array(decided["budget_prices"]),
            "loads": loads[:-1], "feasible": True, **{k: decided[k] for k in ("value", "bound", "gap", "status")}}


def _why_not(raw: dict[str, Any], people: list[Any]) -> str:
    text: str = raw["status"]
    if not raw["short_of"]:
        return text
    names = ", ".join(str(people[m]) for m in raw["short_of"][:5] if m < len(people)) + (", ..." if len(raw["short_of"]) > 5 else "")
    if "floor" in text:
        return f"{text}: {names} must have {_text(raw['need'])} hours, at most {_text(raw['have'])} can be given"
    return (f"{text}: the accounts that only {names} can take need at least {_text(raw['need'])} hours, there are {_text(raw['have'])}: "
            f"{_text(raw['need'] - raw['have'])} are missing")


def _choices(start: Any, worth: Any, whom: Any, step: Any, need: Any, cost: Any, raw: dict[str, Any], row: Any, changed: Any, accounts: pa.Array,
             managers: pa.Array, levels: pa.Array | None, account: str, level: str | None, value: str, hours: str, money: dict[str, float],
             loads: int) -> dict[str, Any]:
    """The columns of the result, with the next best manager of every account at the prices."""
    prices = np.vstack([raw["prices"].reshape(-1, loads), np.zeros((1, loads))])  # the last one: nobody
    net = worth - prices[whom, 0] * need - (cost @ raw["budget_prices"] if money else 0.0)
    n = len(accounts)
    owner = np.repeat(np.arange(n), np.diff(start.astype(np.int64)))
    other = np.where(whom == whom[row][owner], -np.inf, net)  # another manager, any level
    best = np.full(n, -np.inf)
    np.maximum.at(best, owner, other)
    at = np.full(n, -1)
    hits = np.flatnonzero((other == best[owner]) & np.isfinite(other))
    at[owner[hits[::-1]]] = hits[::-1]
    behind = np.where(np.isfinite(best), net[row] - best, np.nan)
    people = [*managers.to_pylist(), "nobody"]
    nobody = len(managers)
    why = []
    for i in range(n):
        text = f"{_text(float(need[row[i]]))} hours, worth {_text(float(worth[row[i]]))}"
        if at[i] < 0:
            text += "; nobody else may take it"
        elif behind[i] >= 0:
            text += f"; {people[whom[at[i]]]} would be worth {_text(float(behind[i]))} less at the prices of hours"
        else:
            text += f"; {people[whom[at[i]]]} would be worth {_text(float(-behind[i]))} more, but the hours do not fit"
        why.append(text + ("; changes hands" if changed[row[i]] else ""))
    out: dict[str, Any] = {account: accounts, "manager": managers.take(pa.array(whom[row], mask=whom[row] == nobody))}
    if level and levels is not None:
        out[level] = levels.take(pa.array(step[row]))
    out |= {value: worth[row], hours: need[row], **{b: cost[row, k] for k, b in enumerate(money)}, "loss": raw["loss"], "net": raw["net"],
            "moved": changed[row],
            "runner_up": managers.take(pa.array(np.where(at < 0, 0, whom[at]), mask=(at < 0) | (whom[at] == nobody))), "behind": behind, "why": why}
    return out


def _bits(table: pa.Table, name: str | None, words: dict[str, int], argument: str) -> npt.NDArray[np.uint64]:
    if name is None or name not in table.column_names:
        return np.empty(0, np.uint64)
    out = np.zeros(table.num_rows, np.uint64)
    for i, given in enumerate(table.column(name).to_pylist()):
        for word in (given.replace(",", " ").split() if isinstance(given, str) else given or ()):
            if word not in words:
                if len(words) == 64:
                    raise Error(f"{argument}: more than 64 distinct words in {name!r}", "out_of_domain")
                words[word] = len(words)
            out[i] |= np.uint64(1) << np.uint64(words[word])
    return out


def pairs(accounts: Any, managers: Any, *, account: str = "account", manager: str = "manager", value: str = "value", hours: str = "hours",
          languages: str = "languages", skills: str = "skills", latitude: str = "latitude", longitude: str = "longitude", visits: str = "visits",
          missing_skill: float = 0.25, hours_per_1000_km: float = 2.5, farthest: float | None = None) -> Any:
    """The pairs that may work, with the value and the hours that each would have: input of :func:`assign`.

    Parameters
    ----------
    accounts : frame: account, value, hours; and where known languages, skills (lists, or words with blanks), latitude, longitude,
        visits (journeys over the horizon).
    managers : frame: manager; and where known languages, skills, latitude, longitude.
    missing_skill : float
        Part of the value lost for each wanted skill that the manager lacks.
    hours_per_1000_km : float
        Of travel, each way; added to the hours for each visit.
    farthest : float, optional
        Kilometres; pairs further apart are left out.

    Returns
    -------
    frame of the accounts' kind: account, manager, value, hours, distance (km). A pair without a common language is left out; an
    account without languages takes anybody.

    Notes
    -----
    Costs one step a pair. Distances are those of a sphere.
    """
    ours, theirs = read(accounts, "plan.pairs"), read(managers, "plan.pairs managers")
    for table, wanted, word in ((ours, (account, value, hours), "plan.pairs"), (theirs, (manager,), "plan.pairs managers")):
        for name in wanted:
            if name not in table.column_names:
                raise Error(f"{word}: no column '{name}' among {', '.join(map(repr, table.column_names))}", "unknown_name")
    tongues: dict[str, int] = {}
    crafts: dict[str, int] = {}

    def number(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
        return floats(table, name) if name in table.column_names else np.empty(0)

    made = _core_plan.pairs(floats(ours, value), floats(ours, hours), _bits(ours, languages, tongues, "plan.pairs"), _bits(ours, skills, crafts, "plan.pairs"),
                            number(ours, latitude), number(ours, longitude), number(ours, visits), theirs.num_rows,
                            _bits(theirs, languages, tongues, "plan.pairs"), _bits(theirs, skills, crafts, "plan.pairs"), number(theirs, latitude),
                            number(theirs, longitude), missing_skill, hours_per_1000_km, farthest or 0.0)
    return give({account: ours.column(account).take(pa.array(made[0])), manager: theirs.column(manager).take(pa.array(made[1])), value: made[2],
                 hours: made[3], "distance": made[4]}, kind_of(accounts))


__all__: Sequence[str] = ["Assignment", "assign", "pairs"]
