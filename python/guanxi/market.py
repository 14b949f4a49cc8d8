"""Countries and products: growth, advantage, concentration, and where the change of our sales came from."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._codes import HS, Concordance, Converted, Country, Currency, concordance, country, country_names, currency, hs, resolve
from ._errors import Error
from ._frames import codes, floats, give, kind_of
from ._gravity import Gravity, gravity
from ._market_change import rivals_of_change, sources_of_change
from ._market_sums import groups, read, summed
from ._market_table import MarketTable, table
from ._potential import density, nowcast, potential, proximity, score

__all__ = ["Advantage", "Concentration", "Concordance", "ConstantShare", "Converted", "Country", "Currency", "Gravity", "HS", "MarketTable", "Trend",
           "advantage", "complementarity", "concentration", "concordance", "constant_share", "countries", "country", "country_names", "currency",
           "density", "gravity", "growth", "hs", "nowcast", "potential", "proximity", "resolve", "rivals_of_change", "score", "similarity",
           "sources_of_change", "table", "trend"]

Floats = npt.NDArray[np.float64]
_NOBODY = 0xFFFFFFFF


# -- growth -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Trend:
    """Growth a period by least squares on logarithms; unknown (NaN) where the data cannot tell."""

    rate: float
    low: float
    high: float
    standard_error: float
    used: int
    left_out: int
    status: str


def trend(values: Any, periods: Any = None, *, level: float = 0.95) -> Trend:
    """Log-linear trend of a series with Student's interval.

    Parameters
    ----------
    values : array of numbers
        Values of 0 or less have no logarithm: left out and counted in ``left_out``.
    periods : array of numbers, optional
        When each value was taken; 0, 1, 2, ... when not given.
    level : float
        Of the interval.
    """
    t = _core.market.trend(_row(values), np.empty(0) if periods is None else _row(periods), level)
    return Trend(t["rate"], t["low"], t["high"], t["standard_error"], t["used"], t["left_out"], t["status"])


def growth(values: Any, periods: Any = None, kind: Literal["cagr", "trend", "midpoint"] = "cagr") -> Any:
    """Growth a period of a series, or of each row of a matrix.

    Parameters
    ----------
    values : array (n,) or (rows, n)
    periods : array (n,), optional
        When each value was taken; steps of 1 when not given.
    kind : "cagr", "trend" or "midpoint"
        From the first to the last value; by least squares on logarithms (see `trend` for its interval); against the
        mean of both ends, in [-2, 2], which also stands zeros.

    Returns
    -------
    float, or array (rows,). NaN where a rate is not defined (a value of 0 at an end of "cagr").
    """
    if kind not in ("cagr", "trend", "midpoint"):
        raise Error(f"growth: kind is {kind!r}, wanted 'cagr', 'trend' or 'midpoint'", "unknown_name")
    table = np.asarray(values, float)
    if table.ndim not in (1, 2) or table.shape[-1] < 2:
        raise Error(f"growth: values have the shape {table.shape}, wanted at least two values in a row", "size_mismatch")
    at = np.arange(table.shape[-1], dtype=float) if periods is None else _row(periods)
    if len(at) != table.shape[-1]:
        raise Error(f"growth: 'periods' has {len(at)} entries, 'values' has {table.shape[-1]}", "size_mismatch")

    def one(v: Floats) -> float:
        if kind == "trend":
            return float(_core.market.trend(v, at, 0.95)["rate"])
        return float(_core.market.cagr(v[0], v[-1], at[-1] - at[0]) if kind == "cagr" else _core.market.midpoint(v[0], v[-1]))

    return one(table) if table.ndim == 1 else np.array([one(v) for v in table])


# -- concentration and profiles ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Concentration:
    """How an amount is spread over its parts; see `concentration`."""

    parts: int
    hhi: float
    normalised: float
    effective: float
    entropy: float
    cr1: float
    cr3: float
    _sorted: Floats

    def top(self, k: int) -> float:
        """Share of the ``k`` largest parts."""
        return float(self._sorted[:k].sum() / self._sorted.sum()) if self.parts else float("nan")


def concentration(amounts: Any, *, by: str | Sequence[str] | None = None, value: str = "value") -> Any:
    """Concentration of amounts (or shares) over their parts: an array gives one answer, a frame one a group.

    Parameters
    ----------
    amounts : array of numbers >= 0, or frame
    by : column or columns
        Groups of a frame, for example the market; its rows are the suppliers, already summed.
    value : str
        Column of amounts.

    Returns
    -------
    Concentration, or frame with the group columns, parts, total, hhi, normalised, effective, entropy, cr1, cr3.
    """
    if by is None:
        row = _row(amounts)
        c = _core.market.concentration(row)
        return Concentration(c["parts"], c["hhi"], c["normalised"], c["effective"], c["entropy"], c["cr1"], c["cr3"], -np.sort(-row[row > 0]))
    keys = [by] if isinstance(by, str) else list(by)
    table = read(amounts, "concentration", [*keys, value])
    group, labels = groups(table, keys)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=len(labels[keys[0]])))[:-1]
    found = [_core.market.concentration(part) for part in np.split(floats(table, value)[order], ends)]
    columns: dict[str, Any] = dict(labels)
    for name in ("parts", "total", "hhi", "normalised", "effective", "entropy", "cr1", "cr3"):
        columns[name] = np.array([c[name] for c in found])
    return give(columns, kind_of(amounts))


def similarity(a: Any, b: Any = None) -> Any:
    """Likeness of profiles, sum of the smaller shares, in [0, 1] (Finger and Kreinin 1979).

    Two vectors give a float; matrices (rows x products) all pairs of rows; ``b`` left out: the rows of ``a``.
    """
    x = np.asarray(a, float)
    y = x if b is None else np.asarray(b, float)
    if x.shape[-1] != y.shape[-1]:
        raise Error(f"market::similarity: the profiles have {x.shape[-1]} and {y.shape[-1]} products", "size_mismatch")
    pairs = _core.market.similarities(np.ascontiguousarray(x).ravel(), np.ascontiguousarray(y).ravel(), x.shape[-1])
    return float(pairs[0]) if x.ndim == 1 and y.ndim == 1 else pairs.reshape(np.atleast_2d(x).shape[0], -1)


def complementarity(exports: Any, imports: Any) -> Any:
    """How well what is exported fits what a market imports (Michaely 1996): `similarity` of both profiles."""
    return similarity(exports, imports)


# -- advantage ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Advantage:
    """Arrays exporters x products: rca (Balassa), rsca in [-1, 1], nrca (sums to 0 over rows and columns)."""

    rca: Floats
    rsca: Floats
    nrca: Floats

    def __repr__(self) -> str:
        exporters, products = self.rca.shape
        return f"Advantage over {exporters} exporters and {products} products; rca >= 1 in {int(np.nansum(self.rca >= 1)):,} cells"


def advantage(flows: Any, exporter: str = "exporter", product: str = "product", value: str = "value", *, period: str | None = None) -> Any:
    """Revealed advantage of exporters in products.

    Parameters
    ----------
    flows : array (exporters, products), or frame
        Money of 0 or more. Rows of a frame with the same keys are summed.
    period : str, optional
        Column; each period is a table of its own.

    Returns
    -------
    `Advantage` for an array; frame [period,] exporter, product, value, rca, rsca, nrca for a frame. NaN for exporters
    or products without trade. All figures depend on the set handed in.
    """
    if isinstance(flows, np.ndarray):
        if flows.ndim != 2:
            raise Error(f"advantage: the array has {flows.ndim} dimensions, wanted exporters x products", "size_mismatch")
        a = _core.market.advantage_table(np.ascontiguousarray(flows, float).ravel(), *flows.shape)
        return Advantage(*(a[name].reshape(flows.shape) for name in ("rca", "rsca", "nrca")))
    keys = ([period] if period else []) + [exporter, product]
    table = summed(read(flows, "advantage", [*keys, value]), keys, [value], "advantage")
    e, e_labels = codes(table, exporter)
    p, p_labels = codes(table, product)
    v = floats(table, value)
    out = {name: np.empty(len(v)) for name in ("rca", "rsca", "nrca")}
    t = codes(table, period)[0] if period else np.zeros(len(v), np.uint32)
    for one in np.unique(t):
        rows = np.flatnonzero(t == one)
        a = _core.market.advantage_rows(e[rows], p[rows], v[rows], len(e_labels), len(p_labels))
        for name, column in out.items():
            column[rows] = a[name]
    return give({name: table.column(name) for name in (*keys, value)} | out, kind_of(flows))


# -- where the change came from ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ConstantShare:
    """Change of our sales split into the market, our products, our places, our own doing; the four add up to it."""

    change: float
    market: float
    product: float
    place: float
    own: float
    entered: float
    left: float
    raised: int
    weights: str
    order: str
    cells: dict[str, Floats]

    def _lines(self) -> list[tuple[str, float]]:
        return [("change of our sales", self.change), ("the market", self.market), ("our products", self.product), ("our places", self.place),
                ("our own doing", self.own)]

    def __repr__(self) -> str:
        text = "\n".join(f"  {name:20} {x:>16,.1f}" for name, x in self._lines())
        note = f"\n  {self.raised} cells: our sales exceeded all purchases, which were raised to them" if self.raised else ""
        return f"ConstantShare ({self.weights} weights, {self.order})\n{text}{note}"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(n)}</th><td>{x:,.1f}</td></tr>" for n, x in self._lines())
        return f"<table><caption>Constant share, {self.weights} weights</caption>{rows}</table>"


def constant_share(w0: Any, w1: Any = None, W0: Any = None, W1: Any = None, *, weights: Literal["base", "end", "mid"] = "base",  # noqa: N803
                   order: Literal["product-first", "place-first"] = "product-first", product: str = "product", place: str = "place",
                   value: str = "value", total: str = "total", period: str = "period") -> ConstantShare:
    """Constant market share analysis: the market, our products, our places, our own doing.

    Parameters
    ----------
    w0, w1 : arrays (products, places)
        Our sales before and after; or ``w0`` alone is a frame with columns product, place, period, value (ours) and
        total (all purchases), of which the first and the last period are compared.
    W0, W1 : arrays (products, places)
        All purchases of the same cells.
    weights : "base", "end", "mid"
        Shares that weigh the growth: look at more than one, they can differ much.

    Returns
    -------
    ConstantShare, exactly additive; ``cells`` holds the pieces of every cell.
    """
    if w1 is None:
        tables = _two_periods(read(w0, "constant_share", [product, place, period, value, total]), product, place, period, value, total)
    elif W0 is None or W1 is None:
        raise Error("constant_share: w0, w1, W0 and W1 are needed, or one frame", "empty")
    else:
        tables = [np.atleast_2d(np.asarray(x, float)) for x in (w0, w1, W0, W1)]
    shape = tables[0].shape
    core: Any = _core.market
    s = core.constant_share(*(np.ascontiguousarray(t).ravel() for t in tables), *shape, weights, order)
    cells = {name: s[name].reshape(shape) for name in ("market", "product", "place", "own")}
    return ConstantShare(s["change"], s["total_market"], s["total_product"], s["total_place"], s["total_own"], s["entered"], s["left"],
                         len(s["raised"]), weights, order, cells)


# -- the table of countries ---------------------------------------------------------------------------------------------------
def countries(sales: Any, deliveries: Any = None, *, customer: str = "customer", country: str = "country", date: str = "date", amount: str = "amount",
              supplier: str = "supplier", period: str = "period", own: Any = None, end: Any = None, periods_a_year: int = 1) -> Any:
    """What our countries look like: our sales, the market seen there, our share, who leads, how concentrated.

    Parameters
    ----------
    sales : frame
        Our sales: customer, country, date, amount. A customer belongs to the country of most of its rows.
    deliveries : frame, optional
        customer, supplier, period (whole numbers), amount of everybody that could be seen. Customers without sales of
        ours count for no country.
    own : label, optional
        Our name among the suppliers; left out, our sales are added to the market.
    end : date, optional
        Last day of the last year; by default the last day of the sales.
    periods_a_year : int
        Periods of the deliveries in a year; their last period ends the last year.

    Returns
    -------
    frame
        country (empty: not known), customers, sales, sales_before, growth, market, market_growth, share, share_before,
        suppliers, leader (the largest rival), leader_share, hhi, from_market, from_own (our change as seen in the
        deliveries: bought more, share won); most sales first. Unknown, not 0, where nothing was seen.
    """
    table = read(sales, "countries", [customer, country, date, amount])
    kind = kind_of(sales)
    rows = np.flatnonzero(pc.and_(table.column(customer).is_valid(), table.column(date).is_valid()).to_numpy(zero_copy_only=False)
                          & np.isfinite(floats(table, amount)))
    table = table.take(pa.array(rows))
    if table.num_rows == 0:
        raise Error("countries: no row of 'sales' has customer, date and amount", "empty")
    c, c_labels = codes(table, customer)
    days = table.column(date).cast(pa.date32(), safe=False).cast(pa.int32()).to_numpy()
    last = int(days.max()) if end is None else int(pa.scalar(end if not isinstance(end, str) else datetime.date.fromisoformat(end),
                                                             pa.date32()).cast(pa.int32()).as_py())
    place, places = _home(table, c, len(c_labels), country)
    order = np.lexsort((days, c))
    start = np.concatenate([[0], np.cumsum(np.bincount(c, minlength=len(c_labels)))]).astype(np.uint64)
    seen, names = _seen(deliveries, customer, supplier, period, amount, c_labels)
    me = _NOBODY
    if own is not None and deliveries is not None:
        found = pc.index_in(pa.scalar(own, names.type), value_set=names).as_py()
        if found is None:
            raise Error(f"countries: own is {own!r}, not among the suppliers", "unknown_name")
        me = found
    core: Any = _core.market
    t = core.country_table(start, days[order].astype(np.int32), floats(table, amount)[order], place, len(places), last, *seen, len(names),
                                   0 if len(seen[2]) == 0 else int(seen[2].max()) + 1, me, periods_a_year)
    labels = pa.concat_arrays([places, pa.nulls(1, places.type)])
    keep = np.flatnonzero((t["customers"] > 0) | (t["sales"] != 0) | (t["sales_before"] != 0) | (t["suppliers"] > 0))
    keep = keep[np.argsort(-t["sales"][keep], kind="stable")]
    columns: dict[str, Any] = {"country": labels.take(pa.array(keep))}
    for name in ("customers", "sales", "sales_before", "growth", "market", "market_growth", "share", "share_before", "suppliers", "leader",
                 "leader_share", "hhi", "from_market", "from_own"):
        values = t[name][keep]
        if name == "leader":
            missing = values == _NOBODY
            columns[name] = pa.nulls(len(keep), names.type) if len(names) == 0 else names.take(pa.array(np.where(missing, 0, values), mask=missing))
        else:
            columns[name] = values
    return give(columns, kind)


# -- helpers ----------------------------------------------------------------------------------------------------------------
def _row(values: Any) -> Floats:
    return np.ascontiguousarray(np.asarray(values, float).ravel())


def _two_periods(table: pa.Table, product: str, place: str, period: str, value: str, total: str) -> list[Floats]:
    table = summed(table, [product, place, period], [value, total], "constant_share")
    p, p_labels = codes(table, product)
    q, q_labels = codes(table, place)
    t, t_labels = codes(table, period)
    if len(t_labels) < 2:
        raise Error(f"constant_share: there is {len(t_labels)} period, wanted two", "empty")
    out = []
    for name in (value, total):
        for end in (0, len(t_labels) - 1):
            cell = np.zeros((len(p_labels), len(q_labels)))
            rows = t == end
            cell[p[rows], q[rows]] = floats(table, name)[rows]
            out.append(cell)
    return out


def _home(table: pa.Table, customer: npt.NDArray[np.uint32], customers: int, country: str) -> tuple[npt.NDArray[np.uint32], pa.Array]:
    known = table.column(country).is_valid().to_numpy()
    place, places = codes(table.filter(pa.array(known)), country)
    home = np.full(customers, _NOBODY, np.uint32)
    pairs, count = np.unique(customer[known].astype(np.int64) * max(1, len(places)) + place, return_counts=True)
    for pair in pairs[np.lexsort((-pairs, count))]:  # the most rows last; the label that sorts first among equals
        home[pair // max(1, len(places))] = pair % max(1, len(places))
    return home, places


def _seen(deliveries: Any, customer: str, supplier: str, period: str, amount: str, c_labels: pa.Array) -> tuple[list[Any], pa.Array]:
    none = np.empty(0, np.uint32)
    if deliveries is None:
        return [none, none, none, np.empty(0)], pa.array([], pa.string())
    table = read(deliveries, "countries", [customer, supplier, period, amount])
    ids = pc.index_in(table.column(customer).cast(c_labels.type), value_set=c_labels)
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    keep = pc.and_(ids.is_valid(), pa.array(np.isfinite(floats(table, amount))))
    table, ids = table.filter(keep), ids.filter(keep)
    if not pa.types.is_integer(table.column(period).type):
        raise Error(f"countries: period column '{period}' is {table.column(period).type}, wanted whole numbers", "bad_format")
    s, names = codes(table, supplier)
    t = table.column(period).to_numpy().astype(np.int64)
    return [ids.to_numpy(zero_copy_only=False).astype(np.uint32), s, (t - (t.min() if len(t) else 0)).astype(np.uint32), floats(table, amount)], names
