"""How long customers stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._shared import Floats, array, core, whole


@dataclass(frozen=True)
class SurvivalCurve:
    """A retention curve; one entry a distinct time.

    Attributes
    ----------
    time : array, in the unit of the durations. at_risk, events : customers (sums of weights) at that time.
    survival, std_error, low, high : part that stays longer, Greenwood's error, ends of the band. hazard : events / at_risk.
    median, median_low, median_high : NaN = not reached.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    hazard: Floats
    median: float
    median_low: float
    median_high: float

    def __repr__(self) -> str:
        return (f"Retention: {self.events.sum():g} left of {self.at_risk.max() if self.at_risk.size else 0:g}; "
                f"median {self.median:g} ({self.median_low:g} to {self.median_high:g})")


def kaplan_meier(duration: Any, event: Any, entry: Any = None, weights: Any = None, *, level: float = 0.9) -> SurvivalCurve:
    """Kaplan-Meier curve of the part of customers that stay, with Greenwood's errors and bands on the log scale.

    Parameters
    ----------
    duration : array (n,)
        Length of each relation in any unit of time, 0 or more.
    event : array (n,)
        1 = it ended, 0 = still with us when last seen.
    entry : array (n,), optional
        When it came under observation (late entry), before its duration.
    weights : array (n,), optional
        0 or more; a weight counts a customer in part.
    level : float
        Probability inside the bands, above 0 and below 1.

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    guanxi.Error
        Unlike lengths, a negative duration, an event or cause that is no whole number, an entry that is not before the duration.

    Notes
    -----
    Costs O(n) on a grid of whole periods, else O(n log n). Kaplan and Meier (1958); Greenwood (1926). See docs/relation/retention.md.
    """
    return SurvivalCurve(**core.kaplan_meier(array(duration), whole(event, "event"), array(entry), array(weights), level))


@dataclass(frozen=True)
class LogRank:
    """The log-rank test of groups.

    Attributes
    ----------
    statistic : chi squared with ``degrees`` degrees. p_value : NaN with fewer than two groups or no events.
    observed, expected : events by group, in the order of sorted labels.
    """

    statistic: float
    degrees: int
    p_value: float
    observed: Floats
    expected: Floats


def log_rank(duration: Any, event: Any, group: Any, weights: Any = None) -> LogRank:
    """Log-rank test of equal retention of the groups.

    Parameters
    ----------
    duration, event : array (n,)
        As in ``kaplan_meier``.
    group : array (n,)
        Any labels.
    weights : array (n,), optional
        0 or more; with weights that are no counts the p-value takes their sums for counts.

    Returns
    -------
    LogRank

    Raises
    ------
    guanxi.Error
        Unlike lengths, a negative duration, an event or cause that is no whole number.

    Notes
    -----
    Costs O(n) on a grid of whole periods, else O(n log n), and O(times G^2) for G groups. Mantel (1966); Peto and Peto (1972).
    """
    _, number = np.unique(np.asarray(group), return_inverse=True)
    return LogRank(*core.log_rank(array(duration), whole(event, "event"), number.astype(np.uint32), array(weights)))


@dataclass(frozen=True)
class Incidence:
    """Parts that left by each cause; with the part that stays they sum to 1.

    Attributes
    ----------
    time : array (times,). survival : part that has not left. incidence, std_error : (times, causes), column k - 1 for cause k.
    """

    time: Floats
    survival: Floats
    incidence: Floats
    std_error: Floats


def cumulative_incidence(duration: Any, cause: Any, weights: Any = None) -> Incidence:
    """Aalen-Johansen estimate of the parts that left by each of several causes.

    Parameters
    ----------
    duration : array (n,)
        In any unit of time, 0 or more.
    cause : array (n,)
        0 = still with us, 1 .. K = why it left.
    weights : array (n,), optional
        0 or more; a weight counts a customer in part.

    Returns
    -------
    Incidence

    Raises
    ------
    guanxi.Error
        Unlike lengths, a negative duration, an event or cause that is no whole number.

    Notes
    -----
    Costs O(n) on a grid of whole periods, else O(n log n). Aalen and Johansen (1978); errors by the Aalen estimator as in Marubini and
    Valsecchi (1995).
    """
    n, time, survival, f, se = core.cumulative_incidence(array(duration), whole(cause, "cause"), array(weights))
    return Incidence(time, survival, f.reshape(len(time), n), se.reshape(len(time), n))


@dataclass(frozen=True)
class Departures:
    """Parts of customers whose leaving nobody announced, for ``kaplan_meier``, ``log_rank``, ``cumulative_incidence`` and ``Cox``.

    Attributes
    ----------
    row : customer of each part (its place in the arguments). duration, event, weight : the parts; those of a customer sum to 1.
    """

    row: npt.NDArray[np.uint32]
    duration: Floats
    event: npt.NDArray[np.uint8]
    weight: Floats


def spread_departure(last: Any, age: Any, p_alive: Any) -> Departures:
    """Spreads 1 - P(alive) evenly over the silent periods of each customer, so that no rule of "90 days silent" is needed.

    Parameters
    ----------
    last : array (n,)
        Periods from the first to the last purchase (recency of ``Ledger.summary``).
    age : array (n,)
        Periods from the first purchase to now, at least ``last``.
    p_alive : array (n,)
        0 to 1, from any model of value.

    Returns
    -------
    Departures

    Raises
    ------
    guanxi.Error
        Unlike lengths, a chance outside 0 .. 1, a last purchase after now.

    Notes
    -----
    Costs O(silent periods). Nothing is known of where in the silence a customer left; spreading evenly says just that.
    """
    return Departures(*core.spread_departure(array(last), array(age), array(p_alive)))
