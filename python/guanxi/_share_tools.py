"""Plain tools of the share room: concentration, dominance, the allocation rule, trends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Error

Floats = npt.NDArray[np.float64]


def array_of(values: Any, what: str) -> Floats:
    try:
        return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise Error(f"{what}: numbers are wanted, {type(values).__name__} was given", "bad_format") from None


@dataclass(frozen=True)
class Concentration:
    """How concentrated one customer's purchases are.

    hhi: sum of squared shares. effective: 1 / hhi. exp_entropy: exp of Shannon's entropy. cr: array, cr[k-1] = share of the k
    largest. hall_tideman: 1 / (2 sum rank share - 1). kwoka: sum of squared gaps between neighbours in rank.
    """

    hhi: float
    effective: float
    exp_entropy: float
    cr: Floats
    hall_tideman: float
    kwoka: float


def concentration(shares: Any) -> Concentration:
    """All measures of concentration of one customer or market.

    Parameters
    ----------
    shares : array of shares or amounts, at least 0; divided by their sum first.

    Returns
    -------
    Concentration
        All NaN and ``cr`` empty when the sum is 0.

    Raises
    ------
    Error : a negative or non-finite share.

    Notes
    -----
    O(n log n). Hall and Tideman (1967); Kwoka (1977).
    """
    return Concentration(**_core.share.concentration(array_of(shares, "concentration: shares")))


def hhi(shares: Any, customer: Any = None) -> Any:
    """Sum of squared shares (Herfindahl 1950, Hirschman 1945).

    Parameters
    ----------
    shares : array of shares or amounts, at least 0
        Divided by their sum (a customer) first.
    customer : array of codes 0.., optional
        Whose share it is.

    Returns
    -------
    float, or with ``customer`` an array with one entry a code
        1/n to 1; NaN without purchases.

    Raises
    ------
    guanxi.Error
        A negative or non-finite share, unlike lengths.

    Notes
    -----
    O(n log n) for one customer, O(rows) with ``customer``.
    """
    values = array_of(shares, "hhi: shares")
    if customer is None:
        return concentration(values).hhi
    who = np.ascontiguousarray(customer, dtype=np.uint32)
    return _core.share.hhi(values, who, int(who.max()) + 1 if who.size else 0)


def dominance_threshold(s1: float, s2: float, g: float = 1.0) -> float:
    """Share from which the largest supplier counts as dominant: (1 - g (s1^2 - s2^2)) / 2.

    Parameters
    ----------
    s1, s2 : float
        The two largest shares, s1 >= s2, together at most 1.
    g : float
        0 to 1: how much a gap to the second matters.

    Returns
    -------
    float
        The largest is dominant when s1 exceeds it.

    Raises
    ------
    guanxi.Error
        Values outside these bounds.

    Notes
    -----
    O(1). Melnik, Shy and Stenbacka (2008).
    """
    return float(_core.share.dominance_threshold(s1, s2, g))


def wallet_allocation_rule(rank: Any, n: int) -> Any:
    """Share of wallet from a survey rank: (1 - rank / (n + 1)) 2 / n.

    Parameters
    ----------
    rank : float or array
        1 .. n, the mean rank for ties.
    n : int
        Suppliers that the customer uses.

    Returns
    -------
    float or array like ``rank``
        Shares; those of the ranks 1 .. n sum to 1.

    Raises
    ------
    guanxi.Error
        A rank outside 1 .. n.

    Notes
    -----
    O(1) a rank. Keiningham, Aksoy, Buoye and Cooil (2011). A rule of thumb: use it as a first guess.
    """
    if n != int(n) or n < 1:
        raise Error(f"wallet_allocation_rule: 'n' is {n}, it must be a whole number of at least 1", "out_of_domain")
    if np.ndim(rank) == 0:
        return float(_core.share.wallet_allocation_rule(float(rank), int(n)))
    return np.array([_core.share.wallet_allocation_rule(float(r), int(n)) for r in np.ravel(rank)]).reshape(np.shape(rank))


@dataclass(frozen=True)
class MannKendall:
    """s: pairs that rise less pairs that fall; variance of s; z; two-sided p; tau."""

    s: float
    variance: float
    z: float
    p: float
    tau: float


def mann_kendall(values: Any) -> MannKendall:
    """Rank test for a monotone trend, corrected for ties.

    Parameters
    ----------
    values : array in order of time
        NaN is left out.

    Returns
    -------
    MannKendall
        All 0 and p 1 for fewer than 2 values.

    Raises
    ------
    guanxi.Error
        Values that are no numbers.

    Notes
    -----
    O(n^2). Mann (1945), Kendall (1975). Values that depend on each other make p too small.
    """
    return MannKendall(*_core.share.mann_kendall(array_of(values, "mann_kendall: values")))


@dataclass(frozen=True)
class TheilSen:
    """Median slope a period, intercept at the first period, and the ends of the slope's interval."""

    slope: float
    intercept: float
    low: float
    high: float


def theil_sen(values: Any, level: float = 0.9) -> TheilSen:
    """Median of the slopes of all pairs, with Sen's interval.

    Parameters
    ----------
    values : array in order of time, one a period
        NaN is left out but keeps its place in time.
    level : float
        Probability inside the interval, above 0 and below 1.

    Returns
    -------
    TheilSen
        Slope a period; NaN for fewer than 2 values.

    Raises
    ------
    guanxi.Error
        A level outside (0, 1), values that are no numbers.

    Notes
    -----
    O(n^2 log n). Theil (1950), Sen (1968).
    """
    return TheilSen(*_core.share.theil_sen(array_of(values, "theil_sen: values"), level))
