"""What a market could be: this year's total before it is over, product space, potential trade, money at stake."""

from __future__ import annotations

import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import codes, floats, give, kind_of, plain_text, read

Floats = npt.NDArray[np.float64]


def nowcast(frame: Any, *, group: str = "market", period: str = "period", value: str = "value", at: Any = None, level: float = 0.9) -> Any:
    """This year's total of each market before the year is over.

    Parameters
    ----------
    frame : frame
        group, period (a date in the month), value; several rows of a month are summed. A month without rows is 0 from the
        group's first row on.
    at : date or ISO text, optional
        The last month that is known; rows after it are not read. By default the last month of the frame.
    level : float
        Of the interval.

    Returns
    -------
    frame
        group, estimate, low, high, bridge (last year's rest of the year), bridge3 (three years'), last_year (total). The rule was
        chosen on earlier years only. NaN: not known.
    """
    table = plain_text(read(frame, "nowcast", [group, period, value]))
    kind = kind_of(frame)
    when = table.column(period).cast(pa.date32(), safe=False)
    last = pc.max(when).as_py() if at is None else (datetime.date.fromisoformat(at) if isinstance(at, str) else at)
    if last is None:
        raise Error("nowcast: the frame has no rows", "empty")
    year, month = pc.year(when).to_numpy(), pc.month(when).to_numpy()
    keep = (year < last.year) | ((year == last.year) & (month <= last.month))
    table, year, month = table.filter(pa.array(keep)), year[keep], month[keep]
    amounts = floats(table, value)
    bad = np.flatnonzero(~np.isfinite(amounts))
    if len(bad):
        raise Error(f"nowcast: '{value}' is not a finite number in row {bad[0]}", "not_finite")
    g, labels = codes(table, group)
    if len(labels) == 0:
        raise Error("nowcast: no row up to the month asked for", "empty")
    first, years = int(year.min()), int(last.year - year.min() + 1)
    cell = g.astype(np.int64) * years + (year - first)
    full = np.bincount(cell, amounts, len(labels) * years)
    part = month <= last.month
    seen = np.bincount(cell[part], amounts[part], len(labels) * years)
    start = np.full(len(labels), years)
    np.minimum.at(start, g, year - first)
    early = (np.arange(years)[None, :] < start[:, None]).ravel()
    full[early], seen[early] = np.nan, np.nan
    found = _core.market.nowcast(seen, full, len(labels), years, level)
    return give({group: labels, "estimate": found["estimate"], "low": found["low"], "high": found["high"], "bridge": found["bridge1"],
                 "bridge3": found["bridge3"], "last_year": found["last_year"]}, kind)


def proximity(rca: Any) -> Floats:
    """Proximity of products (products, products) from advantages (exporters, products): in [0, 1], diagonal 1.

    Source: Hidalgo, Klinger, Barabasi and Hausmann (2007). NaN for a product in which nobody has an advantage.
    """
    table = np.atleast_2d(np.asarray(rca, float))
    return np.asarray(_core.market.proximity(np.ascontiguousarray(table).ravel(), *table.shape)).reshape(table.shape[1], table.shape[1])


def density(rca: Any, phi: Any = None, *, diagonal: Literal["keep", "leave out"] = "keep") -> Floats:
    """How much of what is near each product an exporter has: array (exporters, products) in [0, 1].

    ``diagonal``: whether the product itself counts; "keep" is the usual convention, both are in use and differ.
    """
    if diagonal not in ("keep", "leave out"):
        raise Error(f"density: diagonal is {diagonal!r}, wanted 'keep' or 'leave out'", "unknown_name")
    table = np.atleast_2d(np.asarray(rca, float))
    near = proximity(table) if phi is None else np.asarray(phi, float)
    found = _core.market.density(np.ascontiguousarray(table).ravel(), np.ascontiguousarray(near).ravel(), table.shape[0], table.shape[1],
                                 diagonal == "keep")
    return np.asarray(found).reshape(table.shape)


def potential(flows: Any, *, exporter: str = "exporter", importer: str = "importer", product: str = "product", value: str = "value", cap: float = 10.0) -> Any:
    """Potential trade of each row: supply share x ease x demand, and its gap to what is traded.

    Returns
    -------
    frame : the keys, value, potential, gap (never below 0), ease (traded over expected of the pair, at most ``cap``).

    Notes
    -----
    Source: Decreux and Spies (2016), the shape only: no projections of income and tariffs.
    """
    table = plain_text(read(flows, "potential", [exporter, importer, product, value]))
    found = [codes(table, key) for key in (exporter, importer, product)]
    (e, e_labels), (i, i_labels), (g, g_labels) = found
    p = _core.market.potential(e, i, g, floats(table, value), len(e_labels), len(i_labels), len(g_labels), cap)
    columns: dict[str, Any] = {name: table.column(name) for name in (exporter, importer, product, value)}
    return give(columns | {name: p[name] for name in ("potential", "gap", "ease")}, kind_of(flows))


def score(frame: Any, *, market: str = "market", demand: str = "demand", ours: str = "ours", attainable: str = "attainable", margin: str = "margin",
          low: str | None = None, high: str | None = None, entry: str | None = None, chance: str | None = None) -> Any:
    """Money at stake in each market: chance x margin x (attainable share x demand - ours), less the cost of entry.

    An absolute scale: each row is scored alone, so adding a market changes no other. Unknown in, unknown (NaN) out.

    Returns
    -------
    frame : market, score, low, high (from the interval of demand, where its columns are named); in money, in the rows' order.
    """
    names = [demand, ours, attainable, margin]
    table = plain_text(read(frame, "score", [market, *names, *[c for c in (low, high, entry, chance) if c]]))
    size = floats(table, demand)
    unknown = np.full(table.num_rows, np.nan)
    found = _core.market.score(size, floats(table, low) if low else unknown, floats(table, high) if high else unknown, floats(table, ours),
                               floats(table, attainable), floats(table, margin), floats(table, entry) if entry else np.zeros(table.num_rows),
                               floats(table, chance) if chance else np.ones(table.num_rows))
    return give({market: table.column(market)} | {name: found[name] for name in ("score", "low", "high")}, kind_of(frame))
