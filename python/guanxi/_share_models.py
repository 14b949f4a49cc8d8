"""Models of one market: attraction with its elasticities, shares that move, concentration that is known with error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core
from ._errors import Error
from ._share_tools import Floats, array_of


def _kind(kind: str, who: str) -> str:
    if kind not in ("mnl", "mci"):
        raise Error(f"{who}: 'kind' is {kind!r}, it must be 'mnl' or 'mci'", "out_of_domain")
    return kind


def elasticities(shares: Any, x: Any, b: float, *, kind: str = "mnl") -> Floats:
    """By how many per cent each share changes when x of each supplier rises by one per cent.

    Parameters
    ----------
    shares : array of n shares that sum to 1.
    x : array of n values of the variable (price, ...).
    b : float
        Its coefficient.
    kind : 'mnl' (attraction exp(b x)) or 'mci' (x^b).

    Returns
    -------
    array n x n
        Row: whose share; column: whose x. Own: b x (1 - s) or b (1 - s); cross: -b x_k s_k or -b s_k.

    Raises
    ------
    guanxi.Error
        Shares that do not sum to 1, unlike lengths.

    Notes
    -----
    O(n^2). Cooper and Nakanishi (1988), section 2.4.
    """
    s, v = array_of(shares, "elasticities: shares"), array_of(x, "elasticities: x")
    out: Floats = _core.share.elasticities(s, v, float(b), _kind(kind, "elasticities")).reshape(len(s), len(s))
    return out


class Attraction:
    """Market shares as attractions over their sum: what price and the like do to shares.

    Parameters
    ----------
    kind : 'mci' (x^b, ln x) or 'mnl' (exp(b x)).
    level : float
        Probability inside the intervals.

    Attributes
    ----------
    b_, error_, low_, high_ : arrays by variable
    intercept_ : array by supplier, summing to 0; NaN for one never bought. fitted_ : array periods x suppliers.
    sigma_ : spread of ln share about the model.
    """

    def __init__(self, *, kind: str = "mci", level: float = 0.9) -> None:
        self.kind = _kind(kind, "Attraction")
        self.level = level

    def fit(self, shares: Any, x: Any) -> Attraction:
        """Least squares in logs centred period by period; gives self.

        Parameters
        ----------
        shares : array periods x suppliers
            At least 0; 0 or NaN = not offered in that period.
        x : array periods x suppliers [x variables]
            Above 0 for 'mci'.

        Raises
        ------
        guanxi.Error
            Unlike shapes, too few positive shares.

        Notes
        -----
        O(cells x (suppliers + variables)^2). Nakanishi and Cooper (1974).
        """
        s, v = array_of(shares, "Attraction.fit: shares"), array_of(x, "Attraction.fit: x")
        if s.ndim != 2 or v.shape[:2] != s.shape or v.ndim > 3:
            raise Error(f"Attraction.fit: 'shares' has shape {s.shape}, 'x' {v.shape}; periods x suppliers [x variables] are wanted", "size_mismatch")
        variables = 1 if v.ndim == 2 else v.shape[2]
        out = _core.share.fit_attraction(s.ravel(), v.ravel(), s.shape[1], variables, self.kind, self.level)
        self.b_: Floats = out["b"]
        self.error_: Floats = out["error"]
        self.low_: Floats = out["low"]
        self.high_: Floats = out["high"]
        self.intercept_: Floats = out["intercept"]
        self.fitted_: Floats = out["fitted"].reshape(s.shape)
        self.sigma_: float = out["sigma"]
        self.used_: int = out["used"]
        return self

    def elasticities(self, shares: Any, x: Any, variable: int = 0) -> Floats:
        """Own and cross elasticities at these shares and values: see :func:`elasticities`."""
        if not hasattr(self, "b_"):
            raise Error("Attraction: call fit first", "not_fitted")
        return elasticities(shares, x, float(self.b_[variable]), kind=self.kind)

    def __repr__(self) -> str:
        if not hasattr(self, "b_"):
            return f"Attraction(kind={self.kind!r}): not fitted"
        parts = ", ".join(f"{b:.3f} ({lo:.3f} to {hi:.3f})" for b, lo, hi in zip(self.b_, self.low_, self.high_))
        return f"Attraction ({self.kind}): b {parts}; ln shares stray by {self.sigma_:.3f}; {self.used_} shares used"


@dataclass(frozen=True)
class DynamicShares:
    """Shares over time. Arrays periods x suppliers, or by supplier for ``next``.

    share, low, high : after the period was seen. foretold, foretold_low, foretold_high : what the periods before said.
    next, next_low, next_high : of the period after the last. discount : what is kept of the evidence from period to period.
    log_score, log_score_static : sum of ln p(period | periods before), and the same when nothing is forgotten.
    """

    share: Floats
    low: Floats
    high: Floats
    foretold: Floats
    foretold_low: Floats
    foretold_high: Floats
    next: Floats
    next_low: Floats
    next_high: Floats
    discount: float
    log_score: float
    log_score_static: float

    def __repr__(self) -> str:
        now = ", ".join(f"{s:.1%} ({a:.1%} to {b:.1%})" for s, a, b in zip(self.next, self.next_low, self.next_high))
        return (f"DynamicShares: {self.discount:.2f} of the evidence is kept a period (log score {self.log_score:.1f}, "
                f"{self.log_score_static:.1f} when all is kept); next {now}")


_OVER_TIME = ("share", "low", "high", "foretold", "foretold_low", "foretold_high")


def dynamic_shares(counts: Any, *, prior: float = 0.5, level: float = 0.9, discount: float | None = None) -> DynamicShares:
    """Follows the shares of one market or customer from counts, forgetting at a learned rate.

    Parameters
    ----------
    counts : array periods x suppliers
        At least 0; money over the size of an order will do.
    prior : float
        Dirichlet parameter of every supplier at the start, above 0.
    level : float
        Probability inside the intervals.
    discount : float, optional
        In (0, 1]; None = learned from how well each period was foretold.

    Returns
    -------
    DynamicShares

    Raises
    ------
    guanxi.Error
        Negative or non-finite counts, settings out of range.

    Notes
    -----
    O(cells), some 25 times. Grunwald, Raftery and Guttorp (1993). Figures of a period use no later counts, but a learned
    discount is one number of the whole series.
    """
    x = array_of(counts, "dynamic_shares: counts")
    if x.ndim != 2:
        raise Error(f"dynamic_shares: 'counts' has {x.ndim} dimensions, periods x suppliers are wanted", "size_mismatch")
    out = _core.share.dynamic_shares(x.ravel(), x.shape[1], prior, level, math.nan if discount is None else discount)
    tables: dict[str, Any] = {name: v.reshape(x.shape) if name in _OVER_TIME else v for name, v in out.items()}
    return DynamicShares(**tables)


@dataclass(frozen=True)
class PosteriorConcentration:
    """Concentration known with error.

    hhi : mean with hhi_low, hhi_high. hhi_of_mean : of the mean shares, lower. effective : number of suppliers 1 / hhi, median
    with its interval. lead : largest share less the second, mean with its interval. p_largest, p_dominant, p_half : by supplier.
    """

    hhi: float
    hhi_low: float
    hhi_high: float
    hhi_of_mean: float
    effective: float
    effective_low: float
    effective_high: float
    lead: float
    lead_low: float
    lead_high: float
    p_largest: Floats
    p_dominant: Floats
    p_half: Floats

    def __repr__(self) -> str:
        top = int(np.argmax(self.p_largest))
        return (f"PosteriorConcentration: hhi {self.hhi:.3f} ({self.hhi_low:.3f} to {self.hhi_high:.3f}), {self.effective:.2f} effective suppliers; "
                f"supplier {top} largest with chance {self.p_largest[top]:.2f}, dominant {self.p_dominant[top]:.2f}")


def posterior_concentration(alpha: Any, *, level: float = 0.9, draws: int = 2000, seed: int = 0, g: float = 1.0) -> PosteriorConcentration:
    """Concentration and dominance when the shares are a Dirichlet law.

    Parameters
    ----------
    alpha : array
        Dirichlet parameter of every supplier, above 0: what is bought on average plus the counts seen.
    level : float
    draws, seed : int
        For what has no closed form.
    g : float
        Of :func:`dominance_threshold`.

    Returns
    -------
    PosteriorConcentration

    Raises
    ------
    guanxi.Error
        An empty or non-positive alpha.

    Notes
    -----
    O(draws x suppliers). E hhi is exact. Melnik, Shy and Stenbacka (2008).
    """
    return PosteriorConcentration(**_core.share.posterior_concentration(array_of(alpha, "posterior_concentration: alpha"), level, draws, seed, g))
