"""Draws of gains, what a try is worth, and which idle accounts return to the pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import _core
from ._errors import Error
from ._frames import Floats, codes, floats, give, kind_of, read

_core_plan: Any = _core.plan


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


def response_draws(options: Any, *, effort: str = "hours", high: str = "high", half: str | float = 24.0, power: str | float = 1.2, draws: int = 200,
                   doubt: Mapping[str, float] | None = None, account: str = "account", seed: int = 0,
                   threads: int = 0) -> npt.NDArray[np.float32]:
    """Draws of the gains over the response curves that are plausible: input of ``allocate(draws=..., against="present")``.

    A curve that was stated and not learned may be wrong for all accounts alike; that does not diversify away. The plan should gain in
    each plausible curve, not in the stated one alone.

    Parameters
    ----------
    options : frame: account, effort (unit of ``half``), high (gain at saturation, money; the same in every row of an account), and half
        and power where these are names of columns; rows in any order.
    half, power : column, or one number: the effort that wins half, and the shape (above 1 the first hours alone do little).
    doubt : {"half": 0.7, "power": 0.4, "high": 0.3}
        Standard deviations of logs: of half and power for all accounts alike, of each account's own saturation. Less for a curve that
        was learned by an experiment.
    seed : int
        Names the random streams.

    Returns
    -------
    float32 array (rows, draws), in the order of the rows.
    """
    names = [name for name in (high, half, power) if isinstance(name, str)]
    table = read(options, "plan.response_draws", [account, effort, *names])
    width = {"half": 0.7, "power": 0.4, "high": 0.3}
    for name in doubt or {}:
        if name not in width:
            raise Error(f"plan.response_draws: 'doubt' has no {name!r}; it has half, power, high", "unknown_name")
    width |= doubt or {}
    who, accounts = codes(table, account)
    order = np.argsort(who, kind="stable")
    start = np.concatenate([np.searchsorted(who[order], np.arange(len(accounts))), [len(who)]]).astype(np.uint64)
    first = order[start[:-1].astype(np.int64)]

    def each(given: str | float) -> Floats:
        return np.ascontiguousarray(floats(table, given)[first]) if isinstance(given, str) else np.full(len(accounts), float(given))

    made = _core_plan.response_draws(start, floats(table, effort)[order], each(high), each(half), each(power), draws, float(width["half"]),
                                     float(width["power"]), float(width["high"]), seed, threads)
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
