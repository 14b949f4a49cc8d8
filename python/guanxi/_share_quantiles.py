"""Wallets from the best like customers: quantile lines, and the room that is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from ._errors import Error
from ._frames import floats, give, kind_of, read
from ._share_tools import Floats, array_of


@dataclass(frozen=True)
class QuantileFit:
    """A linear quantile: b and error by column, covariance, loss (sum), gap (how far from the least loss, relative), exact."""

    b: Floats
    error: Floats
    covariance: Floats
    loss: float
    gap: float
    exact: bool


def quantile_regression(y: Any, x: Any, q: float = 0.5, *, threads: int = 0) -> QuantileFit:
    """The plane below which a part q of the values lies.

    Parameters
    ----------
    y : array of n values.
    x : array n x k
        Independent columns; put a column of ones for an intercept. n above k.
    q : float
        Above 0 and below 1.

    Returns
    -------
    QuantileFit
        Standard errors by Powell's sandwich.

    Raises
    ------
    guanxi.Error
        Unlike lengths, q out of range, values that are not finite.

    Notes
    -----
    100,000 x 10 in some .1 s. Koenker and Bassett (1978); Portnoy and Koenker (1997).
    """
    rows = array_of(x, "quantile_regression: x")
    if rows.ndim != 2:
        raise Error(f"quantile_regression: 'x' has {rows.ndim} dimensions, n x k are wanted", "size_mismatch")
    k = rows.shape[1]
    out = _core.share.quantile_regression(array_of(y, "quantile_regression: y"), rows.ravel(), k, q, threads)
    out["covariance"] = out["covariance"].reshape(k, k)
    return QuantileFit(**out)


def pinball(y: Any, guess: Any, q: float) -> float:
    """Mean of r (q - 1{r < 0}), r = y - guess: compares guesses of a quantile. O(n)."""
    return float(_core.share.pinball(array_of(y, "pinball: y"), array_of(guess, "pinball: guess"), q))


def wallet_quantiles(frame: Any, features: list[str], *, q: float | None = None, level: float = 0.9, threads: int = 0) -> Any:
    """What each customer could buy from us, read off the best like customers.

    Parameters
    ----------
    frame : frame
        customer, own (our sales, at least 0) and the feature columns; total (with everybody, null = not known) where ``q`` is to
        be learned. Use logs of sizes as features.
    features : list of column names
        Numbers, finite.
    q : float, optional
        The quantile of our sales that stands for the wallet; None = the one nearest to the known totals, .9 without totals.
    level : float
        Probability inside the intervals.

    Returns
    -------
    frame
        customer, own, wallet, low, high, headroom (wallet less own), q. low and high bound the line, not the customer.

    Raises
    ------
    guanxi.Error
        A missing column, fewer than 8 totals when some are given and q is not, features that are not finite.

    Notes
    -----
    One quantile regression of ln own, eleven when q is learned. Rosset, Perlich et al. (2007). A quantile of our own sales is a
    lower bound of the wallet; q is not identified without known totals.
    """
    table = read(frame, "wallet_quantiles: frame")
    table = read(table, "wallet_quantiles: frame", ["customer", "own", *features] + (["total"] if "total" in table.column_names else []))
    own = floats(table, "own")
    x = np.column_stack([floats(table, name) for name in features]) if features else np.empty((len(own), 0))
    total = floats(table, "total") if "total" in table.column_names else np.empty(0)
    if q is None and not total.size:
        q = 0.9
    out = _core.share.wallet_quantiles(own, np.ascontiguousarray(x).ravel(), len(features), math.nan if q is None else q, total, level, threads)
    return give({"customer": table.column("customer"), "own": own, "wallet": out["wallet"], "low": out["low"], "high": out["high"],
                 "headroom": out["headroom"], "q": pa.array(np.full(len(own), out["q"]))}, kind_of(frame))
