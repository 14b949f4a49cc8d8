"""Moves between tiers, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._errors import Error
from .._frames import codes, floats, give, kind_of, read
from ._shared import LABELS, Floats, core, periods


@dataclass(frozen=True)
class Movement:
    """Counts and rates of moves between tiers; matrices are (tiers, tiers): row = from, column = to.

    Attributes
    ----------
    counts : moves. rates, low, high : part of the row's moves, with its interval; NaN, 0 and 1 for a row without moves.
    stay, stay_low, stay_high : array (tiers,), expected periods in the tier, 1 / (1 - rate of staying).
    by_period : frame with period, up, same, down: moves into the period.
    gaps : neighbouring rows of a customer with periods missing between; they are no moves.
    """

    counts: npt.NDArray[np.uint64]
    rates: Floats
    low: Floats
    high: Floats
    stay: Floats
    stay_low: Floats
    stay_high: Floats
    by_period: Any
    gaps: int

    def __repr__(self) -> str:
        words = LABELS if len(self.counts) == len(LABELS) else [f"tier {s}" for s in range(len(self.counts))]
        lines = [f"Movement: {int(self.counts.sum())} moves, {self.gaps} gaps left out"]
        for word, count, rate in zip(words, self.counts, self.rates, strict=True):
            lines.append(f"  {word:<20}{int(count.sum()):>7}  " + " ".join(f"{r:6.3f}" for r in rate))
        return "\n".join(lines)


def movement(tiers: Any, *, level: float = 0.9, count: int = 4) -> Movement:
    """Moves between tiers from one period to the next, with Jeffreys intervals.

    Parameters
    ----------
    tiers : frame
        customer, period (integers keep their gaps; other kinds are ranked) and tier (0 .. count - 1); rows in any order.
    level : float
        Probability inside the intervals, above 0 and below 1.
    count : int
        Number of tiers.

    Returns
    -------
    Movement
        ``by_period`` is a frame of the caller's kind.

    Raises
    ------
    guanxi.Error
        Two rows of one customer and period, a tier outside 0 .. count - 1, a level outside (0, 1), a missing column.

    Notes
    -----
    Costs O(n) for rows sorted by customer and period, else O(n log n). Brown, Cai and DasGupta (2001). Moves of one customer are not
    independent, so the intervals are a little too narrow.
    """
    table = read(tiers, "tiers", ["customer", "period", "tier"])
    customer, names = codes(table, "customer")
    period, shown = periods(table)
    tier = floats(table, "tier")
    if tier.size and not ((tier >= 0) & (tier < count) & (tier == np.floor(tier))).all():
        row = int(np.flatnonzero(~((tier >= 0) & (tier < count) & (tier == np.floor(tier))))[0])
        raise Error(f"relation: 'tier' is {tier[row]:g} in row {row}, want 0 to {count - 1}")
    try:
        m = core.movement(customer, period, tier.astype(np.uint8), count, level)
    except Error as reason:
        if reason.code != "duplicate":
            raise
        order = np.lexsort((period, customer))  # say it with the caller's names, not with our codes
        who, when = customer[order], period[order]
        at = int(np.flatnonzero((who[1:] == who[:-1]) & (when[1:] == when[:-1]))[0])
        raise Error(f"relation: two rows for customer {names[int(who[at])]}, period {shown(when[at : at + 1])[0]}", "duplicate") from None
    by = {"period": shown(m["period"]), "up": m["up"], "same": m["same"], "down": m["down"]}
    counts, rates, low, high = (m[k].reshape(count, count) for k in ("counts", "rate", "low", "high"))
    return Movement(counts, rates, low, high, m["stay"], m["stay_low"], m["stay_high"], give(by, kind_of(tiers)), int(m["gaps"]))
