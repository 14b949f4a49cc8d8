"""What a tier is worth, and what effort adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._shared import Floats, array, core


def migration_value(transitions: Any, reward: Any, rate: float, periods: int | None = None) -> Floats:
    """Present value of a customer that stands in each tier now: V = (I - P / (1 + rate))^-1 reward.

    Parameters
    ----------
    transitions : array (S, S)
        Rows sum to 1: from, to, a period.
    reward : array (S,)
        Money a period, at its start.
    rate : float
        Interest a period, 0 or more.
    periods : int, optional
        Counts only so many periods ahead; None: without end.

    Returns
    -------
    array (S,)
        In the money of ``reward``.

    Raises
    ------
    guanxi.Error
        A row that does not sum to 1 (with its sum), unlike lengths, a negative rate, a value without end (rate 0).

    Notes
    -----
    Costs O(S^3), with ``periods`` O(periods S^2). Dwyer (1997); Pfeifer and Carraway (2000).
    """
    out: Floats = core.migration_value(array(transitions), array(reward), rate, periods)
    return out


def gain_of_effort(transitions: Any, reward: Any, rate: float) -> Floats:
    """What each level of effort, kept up, adds over level 0 to a customer of each tier.

    Parameters
    ----------
    transitions : array (E, S, S)
        One matrix a level; level 0 = nothing.
    reward : array (E, S)
        Money a period, gross: the plan charges the effort.
    rate : float
        Interest a period.

    Returns
    -------
    array (E, S)
        In the money of ``reward``; row 0 is 0.

    Raises
    ------
    guanxi.Error
        As ``migration_value``.

    Notes
    -----
    Costs E times ``migration_value``. Where effort never varied, the matrices above level 0 are a guess, and so is the gain.
    """
    r = array(reward)
    out: Floats = core.gain_of_effort(array(transitions), r, len(r), rate).reshape(r.shape)
    return out


@dataclass(frozen=True)
class EffortValues:
    """Value of a customer of each tier under each level of effort kept up; arrays (levels, tiers).

    Attributes
    ----------
    value, value_low, value_high : present value, gross of the effort. gain, gain_low, gain_high : over level 0.
    positive : chance that the gain is above 0.
    """

    value: Floats
    value_low: Floats
    value_high: Floats
    gain: Floats
    gain_low: Floats
    gain_high: Floats
    positive: Floats

    def for_accounts(self, p: Any) -> tuple[Floats, Floats, Floats]:
        """Gain and its interval of each account and level from its tier probabilities (n, tiers): what ``plan.allocate`` takes."""
        w = np.asarray(p, float)
        return w @ self.gain.T, w @ self.gain_low.T, w @ self.gain_high.T


def value_of_effort(transitions: Any, reward: Any, effort: Any, rate: float, *, mean: float = 0.05, sd: float = 0.10, half: float = 20.0,
                    draws: int = 1_000, seed: int = 0, level: float = 0.9) -> EffortValues:
    """Value of each tier under each level of effort, and what effort adds, when its effect is not known for sure.

    Parameters
    ----------
    transitions : array (S, S) or (draws, S, S)
        Rows sum to 1: from, to, a period, without extra effort; several matrices carry their own uncertainty.
    reward : array (S,)
        Money a period, gross: the plan charges the effort.
    effort : array (E,)
        Units (hours, visits) a period of each level; the first is 0.
    rate : float
        Interest a period.
    mean, sd : float
        What one unit is believed to do to the log-odds of moving up. The default is wide on purpose: ten units turn a chance of 10 %
        into 13 %, and 90 % of the belief lies between 5 % and 32 %. Set it where an experiment has spoken.
    half : float
        Units after which another unit does about half as much.
    draws, seed, level
        Draws, their seed, and the probability inside the intervals.

    Returns
    -------
    EffortValues

    Raises
    ------
    guanxi.Error
        As ``migration_value``; effort that does not start at 0, a negative spread.

    Notes
    -----
    Costs levels x draws decompositions of S x S. A ledger in which effort follows hope cannot tell what effort does: until it varies by
    design the gain is the prior's, and its interval shows that.
    """
    r, e = array(reward), array(effort)
    v = core.value_of_effort(array(transitions).ravel(), r, e, mean, sd, half, rate, draws, seed, level)
    return EffortValues(**{k: a.reshape(len(e), len(r)) for k, a in v.items()})
