"""Continuous effort: how many hours each account gets, for concave and S-shaped responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _core
from ._errors import Error
from ._frames import Kind, floats, give, kind_of, read
from ._words import signed_percent

_core_plan: Any = _core.plan


@dataclass
class Spread:
    """Efforts that sum to at most the budget, and a bound that no spread can exceed.

    Attributes
    ----------
    choices : frame of the caller's kind: account, effort, value, gain (value less that without effort), slope (what one more
        unit gains there); the order of the rows that came in.
    price : worth of one more unit of the budget, money.
    value, bound, gap : sum of values; what no spread can exceed; (bound - value) / |bound|.
    used : effort given out.
    status : "optimal" (to the tolerance), or "within 3.1e-04".
    """

    choices: Any
    price: float
    value: float
    bound: float
    gap: float
    used: float
    status: str
    budget: float
    _names: tuple[str, list[Any], Any] = field(repr=False)
    _curves: tuple[Any, ...] = field(repr=False)
    _kind: Kind = field(repr=False)

    @property
    def baselines(self) -> Any:
        """Frame (rule, value, regret): what simple rules gain with the same budget, and what they leave lying.

        "the same for all", and "in proportion to what can be won" (high - low); nobody above ``most``.
        """
        made = self._rules()
        return give({"rule": [name for name, _ in made], "value": [v for _, v in made], "regret": [self.value - v for _, v in made]}, self._kind)

    def _rules(self) -> list[tuple[str, float]]:
        low, high, half, power, most = self._curves
        out = []
        for name, weight in (("the same for all", np.ones(len(low))), ("in proportion to what can be won", np.maximum(high - low, 0.0))):
            effort = np.minimum(self.budget * weight / max(float(weight.sum()), 1e-300), most if len(most) else np.inf)
            with np.errstate(divide="ignore", over="ignore"):
                out.append((name, float(np.sum(low + (high - low) / (1.0 + (half / effort) ** power)))))
        return out

    def __repr__(self) -> str:
        _, accounts, effort = self._names
        served = int(np.count_nonzero(effort))
        lines = [f"Spread: {self.used:,.1f} of {self.budget:,.1f} over {served:,} of {len(accounts):,} accounts; value {self.value:,.0f}; "
                 f"{self.status}; one more unit is worth {self.price:,.4g}"]
        if accounts:
            beside = "; ".join(f"{name} {v:,.0f}" + (f" ({signed_percent(v / self.value - 1)})" if self.value > 0 else "") for name, v in self._rules())
            lines.append(f"simple rules with the same budget: {beside}")
        order = np.argsort(-effort, kind="stable")[:10]
        return "\n".join(lines + [f"  {accounts[i]}: {effort[i]:,.1f}" for i in order])


def spread(accounts: Any, *, budget: float, account: str = "account", low: str = "low", high: str = "high", half: str = "half",
           power: str = "power", most: str | None = None, tolerance: float = 1e-6, nodes: int = 2_000, threads: int = 0) -> Spread:
    """How much of one budget each account gets, when effort is continuous.

    The response of an account to ``x`` units is low + (high - low) x^power / (half^power + x^power): concave for power <= 1,
    S-shaped above.

    Parameters
    ----------
    accounts : frame with one row an account: account, low, high (money), half (> 0, unit of the budget), power (> 0).
    budget : float >= 0
        What there is to give, in the unit of ``half``.
    most : str, optional
        Column with the largest effort that an account can take; "most" is used when it exists.
    tolerance : float
        Gap at which the search over S-shapes stops.
    nodes : int
        Of that search; a count and not a time, so that every machine gives the same spread.
    threads : int
        0 = all of the machine's; the answer does not depend on it.

    Returns
    -------
    Spread

    Raises
    ------
    guanxi.Error : naming column, account and what was wanted.

    Notes
    -----
    Costs about ten passes over the accounts, some 0.3 s for a million. Source: Little (1970), Management Science 16, B466;
    Lodish (1971), Management Science 18, P25; Falk and Soland (1969), Management Science 15, 550-569.
    """
    have = list(accounts.keys()) if isinstance(accounts, dict) else list(getattr(accounts, "column_names", None) or accounts.columns)
    limit = most if most is not None else "most" if "most" in have else None
    table = read(accounts, "plan.spread", [account, low, high, half, power, *([limit] if limit else [])])
    column = {name: floats(table, name) for name in (low, high, half, power)}
    top = floats(table, limit) if limit else np.empty(0)
    raw = _core_plan.spread(column[low], column[high], column[half], column[power], top, float(budget), tolerance, nodes, threads)
    effort, value = raw["effort"], raw["value"]
    names = table.column(account).combine_chunks()
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.exp(-np.abs(column[power] * np.log(effort / column[half])))
        slope = np.where(effort > 0, (column[high] - column[low]) * column[power] * u / (effort * (1 + u) ** 2), np.nan)
    choices = give({account: names, "effort": effort, "value": value, "gain": value - column[low], "slope": slope}, kind_of(accounts))
    return Spread(choices, raw["price"], raw["total"], raw["bound"], raw["gap"], raw["used"], raw["status"], float(budget),
                  (account, names.to_pylist(), effort), (column[low], column[high], column[half], column[power], top), kind_of(accounts))


def answers(frame: Any, *, account: str = "account", effort: str = "effort", none: str = "none", now: str = "now", more: str = "more",
            saturation: str = "saturation") -> Any:
    """The responses behind four answers of the managers: input of :func:`spread`.

    The four questions, one row an account: what would it buy without any effort (``none``), with today's (``now``, at ``effort``
    hours), with half as much again (``more``), with all the effort in the world (``saturation``)?

    Returns
    -------
    frame of the caller's kind: account, low, high, half, power.

    Raises
    ------
    guanxi.Error : when answers do not rise in this order, with the account.

    Notes
    -----
    Source: Little (1970), Management Science 16, B466: four answers fix the four numbers of the curve.
    """
    table = read(frame, "plan.answers", [account, effort, none, now, more, saturation])
    x = [floats(table, name) for name in (effort, none, now, more, saturation)]
    bad = np.flatnonzero(~((x[1] < x[2]) & (x[2] < x[3]) & (x[3] < x[4]) & (x[0] > 0)))
    if len(bad):
        i = int(bad[0])
        raise Error(f"plan.answers: account {table.column(account)[i].as_py()!r} answers none {x[1][i]:g}, now {x[2][i]:g} at {x[0][i]:g} hours, "
                    f"half more {x[3][i]:g}, saturation {x[4][i]:g}; they must rise in this order", "out_of_domain")
    half, power = _core_plan.response_from_answers(*x)
    return give({account: table.column(account), "low": x[1], "high": x[4], "half": half, "power": power}, kind_of(frame))


__all__ = ["Spread", "answers", "spread"]
