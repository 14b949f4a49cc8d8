"""Which customers still buy, how much, and what for: RFM, purchase models, spend, forecasts, backtests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from . import _core, _frames
from ._errors import Error
from ._value_covariates import CovariateModel
from ._value_customer import CustomerValue, backtest, season
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
from .ledger import Day, Ledger, to_day

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
    "season",
]


def _ledger(led: Any, argument: str) -> Ledger:
    if not isinstance(led, Ledger):
        raise Error(f"{argument}: a {type(led).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
    return led


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
