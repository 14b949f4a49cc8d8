"""Signs of stickiness of a customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from .._frames import codes, floats, give, kind_of, read, require
from ._shared import core, periods


def stickiness(panel: Any, *, share: str = "share", orders: str | None = None, lines: str | None = None, offered: str | None = None,
               level: float = 0.9) -> Any:
    """Signs of stickiness of each customer; the parts stand side by side and are not mixed into one index.

    Parameters
    ----------
    panel : frame
        customer, period and the named columns; one row a customer and period.
    share : str
        Our part of its purchases, 0 to 1, null = not known.
    orders : str, optional
        Orders behind the share (with everybody): what jumps by sampling alone is taken out of the volatility.
    lines, offered : str, optional
        Product lines bought from us and from anybody.
    level : float
        Probability inside the (Jeffreys) intervals.

    Returns
    -------
    frame
        customer, periods, bought (part of its periods), persistence (after a period with an order: another) with low and high, stay
        (expected further periods), volatility (deviation of logit share beyond sampling), breadth with low and high; NaN = cannot be seen.

    Raises
    ------
    guanxi.Error
        Two rows of one customer and period, a share outside 0 .. 1, a missing column.

    Notes
    -----
    Costs O(n log n). Brown, Cai and DasGupta (2001).
    """
    table = read(panel, "panel")
    for name in ("customer", "period", *(n for n in (share, orders, lines, offered) if n)):
        require(name, table.column_names, "panel")
    who, names = codes(table, "customer")
    when, _ = periods(table)
    none = np.empty(0)
    t = core.stickiness(who, when, floats(table, share), *(floats(table, n) if n else none for n in (orders, lines, offered)), level)
    return give({"customer": names.take(pa.array(t["customer"])), **{k: v for k, v in t.items() if k != "customer"}}, kind_of(panel))
