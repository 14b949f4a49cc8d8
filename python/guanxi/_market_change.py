"""Where the change of our sales came from, customer by customer, and to whom it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import codes, give, kind_of
from ._market_sums import groups, read, summed


def sources_of_change(ours: Any, totals: Any, *, by: Sequence[str] = ("customer",), country: str | None = None, product: str | None = None,
                      period: str = "period", value: str = "amount", low: str | None = None, high: str | None = None,
                      level: float = 0.9, draws: int = 200, seed: int = 1) -> Any:
    """Where the change of our sales came from, customer by customer: the market, our mix, the customer, our doing.

    Parameters
    ----------
    ours : frame
        Columns ``by``, period, value: our sales. The first and the last period of it are compared.
    totals : frame
        The same columns: what the customers bought from everybody, us included. A cell that is missing in a period
        is not known: its change stays unexplained, it is never guessed.
    country, product : str, optional
        Columns of ``totals`` (product: one of ``by``) that make the market of a cell.

    low, high : str, optional
        Columns of ``totals``: ends of the range that holds ``level`` of what the customer may have bought (a wallet). Then the
        causes have ranges, from ``draws`` lognormal draws that are cut at our own sales.

    Returns
    -------
    frame
        ``by``, country (where named), status ("kept", "entered": not ours before, "left": not ours any more, "none"), before, after,
        market, mix, buyer (the customer grew more than its market), own, unexplained, and with ranges own_low, own_high, buyer_low,
        buyer_high. The pieces of each row add up to after - before, so any grouping of rows adds up too, by country or by status.
    """
    keys = list(by)
    if (low is None) != (high is None):
        raise Error("sources_of_change: 'low' and 'high' go together, one is missing", "out_of_domain")
    ranges = [name for name in (low, high) if name]
    joined, extra = _joined(ours, totals, keys, country, period, [value, *ranges], value)
    w, total = ([_cells(joined, f"{name}{i}", fill) for i in (0, 1)] for name, fill in (("w", 0.0), ("W", np.nan)))
    group = _markets(joined, [name for name in (country, product) if name])
    count = int(group.max(initial=0)) + 1
    s = _core.market.sources_of_change(w[0], w[1], total[0], total[1], group, count)
    columns: dict[str, Any] = {key: joined.column(key) for key in [*keys, *extra]}
    kind = (w[0] > 0) * 1 + (w[1] > 0) * 2
    columns |= {"status": pa.array(["none", "left", "entered", "kept"]).take(pa.array(kind)), "before": w[0], "after": w[1]}
    columns |= {name: s[name] for name in ("market", "mix", "buyer", "own", "unexplained")}
    if ranges:
        ends = [_cells(joined, f"{name}{i}", np.nan) for i in (0, 1) for name in ("low", "high")]
        r = _core.market.change_range(w[0], w[1], ends[0], ends[1], ends[2], ends[3], group, count, level, draws, seed)
        columns |= {name: r[name] for name in ("own_low", "own_high", "buyer_low", "buyer_high")}
    return give(columns, kind_of(ours))


def rivals_of_change(ours: Any, totals: Any, rivals: Any, *, by: Sequence[str] = ("customer",), supplier: str = "supplier", period: str = "period",
                     value: str = "amount") -> Any:
    """To whom our share went, and from whom it came.

    Parameters
    ----------
    ours, totals : frames
        As for `sources_of_change`.
    rivals : frame
        ``by``, supplier, period, value: what rivals sold to the same customers, without us.

    Returns
    -------
    frame
        ``by``, supplier (empty: no rival was seen that moved the other way), amount: below 0 lost to it, above 0 taken from it, in the
        order of ``by``. The rows of a customer add up to its ``own``.
    """
    keys = list(by)
    joined, _ = _joined(ours, totals, keys, None, period, [value], value)
    w, total = ([_cells(joined, f"{name}{i}", fill) for i in (0, 1)] for name, fill in (("w", 0.0), ("W", np.nan)))
    own = _core.market.sources_of_change(w[0], w[1], total[0], total[1], np.zeros(joined.num_rows, np.uint32), 1)["own"]
    ends = _ends(ours, keys, period, value)
    seen = summed(read(rivals, "rivals_of_change", [*keys, supplier, period, value]), [*keys, supplier, period], [value], "rivals_of_change")
    parts = [seen.filter(pc.equal(seen.column(period), end)).select([*keys, supplier, value]).rename_columns([*keys, supplier, f"v{i}"])
             for i, end in enumerate(ends)]
    both = parts[0].join(parts[1], keys=[*keys, supplier], join_type="full outer")
    number = joined.select(keys).append_column("cell", pa.array(np.arange(joined.num_rows, dtype=np.int64)))
    both = both.join(number, keys=keys, join_type="inner")
    who, names = codes(both, supplier)
    cell = both.column("cell").to_numpy().astype(np.uint32)
    m = _core.market.moves_to_rivals(own, total[0], total[1], cell, who, _cells(both, "v0", 0.0), _cells(both, "v1", 0.0))
    nobody = m["rival"] == 0xFFFFFFFF
    found: dict[str, Any] = {key: joined.column(key).take(pa.array(m["cell"])) for key in keys}
    label = pa.nulls(len(nobody), names.type) if len(names) == 0 else names.take(pa.array(np.where(nobody, 0, m["rival"]), mask=nobody))
    return give(found | {supplier: label, "amount": m["amount"]}, kind_of(ours))


def _ends(ours: Any, keys: list[str], period: str, value: str) -> tuple[Any, Any]:
    ends = pc.unique(read(ours, "sources_of_change", [*keys, period, value]).column(period)).sort()
    if len(ends) < 2:
        raise Error(f"sources_of_change: 'ours' has {len(ends)} period, wanted two", "empty")
    return ends[0], ends[-1]


def _joined(ours: Any, totals: Any, keys: list[str], country: str | None, period: str, columns: list[str], value: str) -> tuple[pa.Table, list[str]]:
    """One row a cell with w0, w1, W0, W1 (low0, ...), sorted by key, and the columns that came with it."""
    mine = summed(read(ours, "sources_of_change", [*keys, period, value]), [*keys, period], [value], "sources_of_change")
    extra = [country] if country and country not in keys else []
    rows = read(totals, "sources_of_change", [*keys, *extra, period, *columns])
    everything = summed(rows, [*keys, period], columns, "sources_of_change")
    frames = []
    for table, names in ((mine, {"w": value}), (everything, dict(zip(("W", "low", "high"), columns, strict=False)))):
        for i, end in enumerate(_ends(ours, keys, period, value)):
            part = table.filter(pc.equal(table.column(period), end)).select([*keys, *names.values()])
            frames.append(part.rename_columns([*keys, *(f"{name}{i}" for name in names)]))
    joined = frames[0]
    for part in frames[1:]:
        joined = joined.join(part, keys=keys, join_type="full outer")
    if extra:
        place = rows.select([*keys, *extra]).group_by(keys).aggregate([(extra[0], "min")]).rename_columns([*keys, extra[0]])
        joined = joined.join(place, keys=keys, join_type="left outer")
    return joined.sort_by([(key, "ascending") for key in keys]), extra


def _cells(joined: pa.Table, name: str, fill: float) -> npt.NDArray[np.float64]:
    return np.array(pc.fill_null(joined.column(name), fill).to_numpy(), float)


def _markets(joined: pa.Table, names: list[str]) -> npt.NDArray[np.uint32]:
    """Number of each row's market; rows whose market is not known share number 0."""
    named = np.ones(joined.num_rows, bool)
    for name in names:
        named &= joined.column(name).is_valid().to_numpy()
    group = np.zeros(joined.num_rows, np.uint32)
    if names and named.any():
        group[named] = groups(joined.filter(pa.array(named)), names)[0] + 1
    return group
