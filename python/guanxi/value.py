"""Which customers still buy, how much, and what for: RFM, purchase models, spend, forecasts, backtests."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from ._value_covariates import CovariateModel
from ._value_discrete import BGBB, SBG
from ._value_dynamic import ParetoNBDDynamic
from ._value_family import (
    BGNBD,
    MBGNBD,
    NBD,
    BGCNBDk,
    GammaGamma,
    LikelihoodRatio,
    MBGCNBDk,
    ParetoNBD,
    Posterior,
    likelihood_ratio,
)
from ._value_gompertz import GGompertzNBD
from ._value_next import backtests, next_orders, plot_backtest
from ._value_snapshot import Scorer, save_scorer
from .ledger import Day, Ledger, give_days, to_day

Floats = npt.NDArray[np.float64]
_UNKNOWN_DAY = -(2**31)

__all__ = [
    "BGBB",
    "BGCNBDk",
    "BGNBD",
    "CovariateModel",
    "CustomerValue",
    "GGompertzNBD",
    "GammaGamma",
    "LikelihoodRatio",
    "MBGCNBDk",
    "MBGNBD",
    "NBD",
    "ParetoNBD",
    "ParetoNBDDynamic",
    "Posterior",
    "SBG",
    "Scorer",
    "backtest",
    "backtests",
    "likelihood_ratio",
    "next_orders",
    "plot_backtest",
    "rfm",
    "rfm_edges",
    "save_scorer",
]


def _ledger(led: Any, argument: str) -> Ledger:
    if not isinstance(led, Ledger):
        raise Error(f"{argument}: a {type(led).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
    return led


class CustomerValue:
    """Forecast of what every customer will buy over a horizon, with intervals, learned from the ledger's own past.

    Parameters
    ----------
    horizon, unit
        The forecast covers (end, end + horizon]; unit is "D", "W", "M" or "Y".
    level
        Of the intervals.
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
    season_ : str
        How season and level were set; ``level_`` is the factor.
    """

    def __init__(self, *, horizon: float = 26, unit: str = "W", level: float = 0.9, seed: int = 0, threads: int = 0) -> None:
        self.horizon, self.unit, self.level, self.seed, self.threads = horizon, unit, level, seed, threads
        self._core: Any = _core.value.CustomerValue(horizon, unit, level, seed, threads)

    def fit(self, ledger: Ledger, end: Day | None = None) -> CustomerValue:
        """Learns from the purchase days up to ``end`` (inclusive; None: the ledger's last day). Nothing later is looked at."""
        led = _ledger(ledger, "value.CustomerValue.fit")
        self._core.fit(led.core, None if end is None else to_day(end, "value.CustomerValue.fit: end"))
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

    def __repr__(self) -> str:
        head = f"CustomerValue: the next {self.horizon:g} {self.unit}"
        return f"{head}, not fitted" if not hasattr(self, "status_") else f"{head}\n  {self.status_}"

    def _repr_html_(self) -> str:
        return "<p>" + html.escape(repr(self)).replace("\n", "<br>") + "</p>"


def backtest(ledger: Ledger, at: Day, horizon: float, unit: str = "W", *, level: float = 0.9, threads: int = 0) -> Any:
    """Tries every forecaster on a date in the past: what is known up to ``at`` against what came in (at, at + horizon].

    Returns
    -------
    frame
        One row a forecaster, naive rows first: model, mae (of the mean), mae_median, rmse, bias (percent of the total),
        correlation, coverage, top10, log_score, crps, interval_score, auc, the same for value, status.

    Raises
    ------
    guanxi.Error
        The ledger ends before at + horizon, or nobody has bought up to ``at``.
    """
    led = _ledger(ledger, "value.backtest")
    columns = _core.value.backtest(led.core, to_day(at, "value.backtest: at"), float(horizon), unit, level, threads)
    return _frames.give(columns, led.kind)


def rfm(ledger: Ledger, end: Day | None = None, bins: int = 5, *, monetary: str = "mean", edges: Any = None) -> Any:
    """Recency, frequency and money of each customer with scores 1 .. bins and a segment in words.

    Parameters
    ----------
    end
        Last day that is looked at; None: the ledger's last day.
    bins
        Scores a column; ties share a score, so a column with few distinct values has fewer.
    monetary
        "mean" (a purchase day) or "sum".
    edges
        Fixed edges of an earlier date, from ``rfm_edges``: three lists (recency, frequency, monetary).

    Returns
    -------
    frame
        customer, recency (days since the last purchase), frequency (purchase days), monetary, r, f, m, segment.
    """
    led = _ledger(ledger, "value.rfm")
    columns, _ = _rfm(led, end, bins, monetary, edges)
    columns["customer"] = led.customer_ids.take(pa.array(columns["customer"]))
    for name in ("r", "f", "m"):
        columns[name] = columns[name].astype(np.int64)
    return _frames.give(columns, led.kind)


def rfm_edges(ledger: Ledger, end: Day | None = None, bins: int = 5, *, monetary: str = "mean") -> tuple[list[float], list[float], list[float]]:
    """The inner edges of the scores (recency, frequency, monetary), to score a later date alike."""
    edges: tuple[list[float], list[float], list[float]] = _rfm(_ledger(ledger, "value.rfm_edges"), end, bins, monetary, None)[1]
    return edges


def _rfm(led: Ledger, end: Day | None, bins: int, monetary: str, edges: Any) -> tuple[dict[str, Any], Any]:
    if monetary not in ("mean", "sum"):
        raise Error(f"value.rfm: 'monetary' is '{monetary}'; 'mean' or 'sum' is wanted", "unknown_name")
    if isinstance(bins, bool) or not isinstance(bins, int) or not 1 <= bins <= 100:
        raise Error(f"value.rfm: 'bins' is {bins!r}; 1 to 100 is wanted", "out_of_domain")
    out: tuple[dict[str, Any], Any] = _core.value.rfm(
        led.core, None if end is None else to_day(end, "value.rfm: end"), bins, monetary == "sum",
        None if edges is None else [list(e) for e in edges])
    return out
