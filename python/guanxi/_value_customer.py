"""The default forecaster of customer value, its season and properties, and the backtest of one date."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from .ledger import Day, Ledger, give_days, give_ids, to_day

Floats = npt.NDArray[np.float64]
_UNKNOWN_DAY = -(2**31)
_Z = 1.6448536269514722


def _ledger(led: Any, argument: str) -> Ledger:
    if not isinstance(led, Ledger):
        raise Error(f"{argument}: a {type(led).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
    return led


def _index(season: Any, led: Ledger, at: int | None) -> list[float]:
    """The season as numbers; of a ledger as it is known at the end of the ledger that is forecast."""
    if season is None:
        return []
    if isinstance(season, Ledger):
        columns, _ = _core.value.season_index(season.core, to_day(led.last_day, "season") if at is None else at)
        return [float(v) for v in columns["index"]]
    return [float(v) for v in season]


def _codes(led: Ledger, at: int | None, groups: Any, argument: str) -> tuple[list[tuple[str, Any]], list[tuple[str, list[str]]]]:
    """Codes of each property by customer of the ledger, -1 where not known, and what the codes stand for."""
    codes: list[tuple[str, Any]] = []
    labels: list[tuple[str, list[str]]] = []
    for one in [] if groups is None else groups if isinstance(groups, (list, tuple)) else [groups]:
        if isinstance(one, str):
            if one != "country":
                raise Error(f"{argument}: 'groups' names '{one}'; 'country' or a frame with the column customer is wanted", "unknown_name")
            code = led.core.country(at)
            if len(code) == 0:
                raise Error(f"{argument}: 'groups' names 'country', which the ledger has not", "unknown_name")
            codes.append(("country", np.where(code == np.uint32(0xFFFFFFFF), -1, code.astype(np.int64)).astype(np.int32)))
            labels.append(("country", [str(v) for v in give_ids(led.core.country_ids).to_pylist()]))
            continue
        frame = _frames.read(one, argument)
        _frames.require("customer", frame.column_names, argument)
        known_ids = pc.cast(led.customer_ids, pa.string())
        found = pc.fill_null(pc.index_in(pc.cast(frame["customer"], pa.string()), value_set=known_ids), -1)
        place = np.asarray(found, dtype=np.int64)
        for name in frame.column_names:
            if name == "customer":
                continue
            words = [None if v is None else str(v) for v in frame[name].to_pylist()]
            order = sorted({w for w in words if w is not None})
            number = {w: i for i, w in enumerate(order)}
            column = np.full(led.customers, -1, dtype=np.int32)
            here = np.array([-1 if w is None else number[w] for w in words], dtype=np.int32)
            column[place[place >= 0]] = here[place >= 0]
            codes.append((name, column))
            labels.append((name, order))
    return codes, labels


def season(ledger: Ledger, end: Day | None = None) -> Any:
    """How busy each month of the year is, learned from a ledger's purchases up to ``end`` and shrunk to none.

    Returns
    -------
    frame
        month, index (1: the mean of the year), low, high (ends of 90 % intervals), status. Under two years of history every
        index is 1, since growth and season are one there; the status says so.

    Notes
    -----
    Costs one pass. Source: Shiskin (1967), ratio to moving average; DerSimonian and Laird (1986) for the shrinkage.
    """
    led = _ledger(ledger, "value.season")
    columns, status = _core.value.season_index(led.core, None if end is None else to_day(end, "value.season: end"))
    return _frames.give({"month": np.arange(1, 13), **columns, "status": pa.array([status] * 12)}, led.kind)


class CustomerValue:
    """Forecast of what every customer will buy over a horizon, with intervals, learned from the ledger's own past.

    Parameters
    ----------
    horizon, unit
        The forecast covers (end, end + horizon]; unit is "D", "W", "M" or "Y".
    level
        Of the intervals.
    season
        How busy the months (12 numbers), weeks (52 or 53) or days (366) of the year are, only ratios count; or a ledger whose
        months are taken, as ``season`` learns them up to ``end`` (your own or that of a sister company). Everything is then
        learned and forecast in business time. None: only what origins a year ago tell, see ``season_``.
    groups
        Properties that may matter for how often customers buy and what for: "country" (the ledger's own), a frame with the
        column customer and one column a property, or a list of such. Shrunk: what does not matter changes nothing.
    seed
        Of the randomised ranks ``ranks_``.
    threads
        0: all of the machine's; the result is the same for any number.

    Attributes
    ----------
    status_ : str
        What was learned from what; says so when the stack does not beat "same as the last window".
    weights_ : frame
        candidate, purchases (class of customers), weight.
    scores_ : frame
        candidate, log_score, rmse, bias at the origins inside the past.
    effects_ : frame
        Of the properties in ``groups``: property, value, customers, rate, rate_low, rate_high, spend, spend_low, spend_high
        (factors; 1: none; ends of 90 % intervals).
    season_ : str
        How season and level were set; ``level_`` is the factor.
    """

    def __init__(self, *, horizon: float = 26, unit: str = "W", level: float = 0.9,
                 season: Sequence[float] | Ledger | None = None, groups: Any = None, seed: int = 0, threads: int = 0) -> None:
        self.season, self.groups = season, groups
        self.horizon, self.unit, self.level, self.seed, self.threads = horizon, unit, level, seed, threads
        self._core: Any = _core.value.CustomerValue(horizon, unit, level, seed, threads)

    def fit(self, ledger: Ledger, end: Day | None = None) -> CustomerValue:
        """Learns from the purchase days up to ``end`` (inclusive; None: the ledger's last day). Nothing later is looked at."""
        led = _ledger(ledger, "value.CustomerValue.fit")
        at = None if end is None else to_day(end, "value.CustomerValue.fit: end")
        self._core = _core.value.CustomerValue(self.horizon, self.unit, self.level, self.seed, self.threads)
        codes, self._labels = _codes(led, at, self.groups, "value.CustomerValue.fit")
        self._core.fit(led.core, at, _index(self.season, led, at), codes)
        self._ids, self._frame = led.customer_ids, led.kind
        self.status_ = str(self._core.status)
        self.season_ = str(self._core.season)
        self.level_ = float(self._core.level_factor)
        self.ranks_: Floats = self._core.ranks
        self.purchases_total_: tuple[float, float, float] = self._core.purchases_total  # mean, low, high of the book
        self.value_total_: tuple[float, float, float] = self._core.value_total
        return self

    def predict(self) -> Any:
        """One row a customer with a purchase up to ``end``, in the order of the ledger's ids; a frame of the ledger's kind.

        Columns: customer, p_alive, p_buy (at least one purchase in the horizon), purchases (mean), purchases_median,
        purchases_low, purchases_high, spend (money a purchase), value (mean), value_median, value_low, value_high,
        next_order (median date, given that an order comes), reason.
        """
        if not hasattr(self, "status_"):
            raise Error("value.CustomerValue: fit comes first", "not_fitted")
        columns = self._core.predict()
        rows = np.flatnonzero(~np.isnan(columns["purchases"]))
        out: dict[str, Any] = {"customer": self._ids.take(pa.array(rows))}
        for name, column in columns.items():
            if name == "reason":
                out[name] = pa.array(column, pa.string()).take(pa.array(rows))
            elif name == "next_order":
                dates = give_days(np.where(column[rows] == _UNKNOWN_DAY, 0, column[rows]).astype(np.int32), self._frame)
                out[name] = pc.if_else(pa.array(column[rows] != _UNKNOWN_DAY), dates, pa.scalar(None, dates.type))
            else:
                out[name] = column[rows]
        return _frames.give(out, self._frame)

    @property
    def weights_(self) -> Any:
        """Weight of each candidate forecast by class of customers."""
        names = ("candidate", "purchases", "weight")
        return _frames.give({n: pa.array([row[i] for row in self._core.weights]) for i, n in enumerate(names)}, self._frame)

    @property
    def scores_(self) -> Any:
        """How each candidate, the naive ones among them, and the stack did at the origins."""
        names = ("candidate", "log_score", "rmse", "bias")
        return _frames.give({n: pa.array([row[i] for row in self._core.scores]) for i, n in enumerate(names)}, self._frame)

    @property
    def effects_(self) -> Any:
        """What each value of the properties does to the purchase rate and to the money of a purchase."""
        rows: list[dict[str, Any]] = []
        for (name, labels), (customers, rate, spend) in zip(self._labels, self._core.effects, strict=True):
            for i, label in enumerate(labels[: len(customers)]):
                row: dict[str, Any] = {"property": name, "value": label, "customers": int(customers[i])}
                for word, (effect, deviation) in (("rate", rate[i]), ("spend", spend[i])):
                    row |= {word: math.exp(effect), f"{word}_low": math.exp(effect - _Z * deviation), f"{word}_high": math.exp(effect + _Z * deviation)}
                rows.append(row)
        names = ("property", "value", "customers", "rate", "rate_low", "rate_high", "spend", "spend_low", "spend_high")
        kinds = (pa.string(), pa.string(), pa.int64(), *[pa.float64()] * 6)
        return _frames.give({n: pa.array([r[n] for r in rows], k) for n, k in zip(names, kinds, strict=True)}, self._frame)

    def __repr__(self) -> str:
        head = f"CustomerValue: the next {self.horizon:g} {self.unit}"
        return f"{head}, not fitted" if not hasattr(self, "status_") else f"{head}\n  {self.status_}"

    def _repr_html_(self) -> str:
        return "<p>" + html.escape(repr(self)).replace("\n", "<br>") + "</p>"


def backtest(ledger: Ledger, at: Day, horizon: float, unit: str = "W", *, level: float = 0.9, season: Sequence[float] | Ledger | None = None,
             groups: Any = None, threads: int = 0) -> Any:
    """Tries every forecaster on a date in the past: what is known up to ``at`` against what came in (at, at + horizon].

    ``season`` and ``groups`` go to CustomerValue; of a ledger only what is known at ``at`` is used.

    Returns
    -------
    frame
        One row a forecaster, naive rows first: model, mae (of the mean), mae_median, rmse, bias (percent of the total),
        correlation, coverage, top10, log_score, crps, interval_score, auc, the same for value, status. For customer_value also coverage_randomised
        (of ranks in which the mass of a whole number is cut evenly), and total with total_low and total_high.

    Raises
    ------
    guanxi.Error
        The ledger ends before at + horizon, or nobody has bought up to ``at``.
    """
    led = _ledger(ledger, "value.backtest")
    day = to_day(at, "value.backtest: at")
    codes, _ = _codes(led, day, groups, "value.backtest")
    columns = _core.value.backtest(led.core, day, float(horizon), unit, level, threads, _index(season, led, day), codes)
    return _frames.give(columns, led.kind)
