"""Ranking by several criteria, and how firm the order is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._shared import Floats, array, core, criteria


@dataclass(frozen=True)
class Flows:
    """PROMETHEE's flows, one entry an account, within -1 and 1.

    Attributes
    ----------
    plus : how much it is preferred over others. minus : others over it. net : plus - minus; sums to 0.
    """

    net: Floats
    plus: Floats
    minus: Floats


def promethee(x: Any, weights: Any, types: Any = None, *, preference: str | Sequence[str] = "linear", q: Any = None, p: Any = None,
              s: Any = None) -> Flows:
    """PROMETHEE II: how much each account is preferred over the others, less the reverse.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    preference : str or sequence of m
        "usual", "u_shape", "v_shape", "level", "linear" or "gaussian".
    q, p, s : float or array (m,), optional
        Thresholds in the units of the columns, 0 <= q <= p, s > 0. By default q is 0, p and s the standard deviation of each column.

    Returns
    -------
    Flows

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        thresholds out of order, an unknown preference.

    Notes
    -----
    Costs O(n log n) a criterion, gaussian O(n^2). Brans and Vincke (1985). An added account can turn the order of two others.
    """
    a, w, t = criteria(x, weights, types)
    return Flows(*core.promethee(a, w, t, *_rules(a, len(w), preference, q, p, s)))


def _rules(x: Floats, m: int, preference: str | Sequence[str], q: Any, p: Any, s: Any) -> tuple[list[str], Any, Any, Any]:
    """One preference rule a criterion; missing thresholds by the deviation of the columns."""
    wanted = p is None or s is None
    sd = np.maximum(x.std(axis=0), 1e-300) if len(x) and wanted else np.ones(m)
    fill = [np.ascontiguousarray(np.broadcast_to(np.asarray(d if v is None else v, float), (m,))) for v, d in ((q, 0.0), (p, sd), (s, sd))]
    return [preference] * m if isinstance(preference, str) else list(preference), fill[0], fill[1], fill[2]


def topsis(x: Any, weights: Any, types: Any = None) -> Floats:
    """TOPSIS: closeness to the best of every criterion.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.

    Returns
    -------
    array (n,)
        0 to 1, more is better.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place).

    Notes
    -----
    Costs O(n m). Hwang and Yoon (1981). An added account can turn the order of two others.
    """
    out: Floats = core.topsis(*criteria(x, weights, types))
    return out


def vikor(x: Any, weights: Any, types: Any = None, *, v: float = 0.5) -> Floats:
    """VIKOR's compromise between the regret in all and the largest single regret.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    v : float
        Weight of the regret in all, 0 to 1.

    Returns
    -------
    array (n,)
        Less is better.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        v outside 0 .. 1.

    Notes
    -----
    Costs O(n m). Opricovic and Tzeng (2004).
    """
    out: Floats = core.vikor(*criteria(x, weights, types), v)[2]
    return out


def spotis(x: Any, weights: Any, types: Any, bounds: Any) -> Floats:
    """SPOTIS: weighted distance to the best corner of fixed bounds; free of rank reversal.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    bounds : array (m, 2)
        Low and high of each criterion, in its unit; they hold all values.

    Returns
    -------
    array (n,)
        Less is better.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        a value outside the bounds.

    Notes
    -----
    Costs O(n m). Dezert et al. (2020).
    """
    out: Floats = core.spotis(*criteria(x, weights, types), array(bounds))
    return out


def copras(x: Any, weights: Any, types: Any = None) -> Floats:
    """COPRAS: relative weight of each account; the best has 1.

    Parameters
    ----------
    x : array (n, m)
        0 or more; no account may have 0 in every criterion where less is better.
    weights, types
        As in ``topsis``.

    Returns
    -------
    array (n,)
        Above 0, at most 1, more is better.

    Raises
    ------
    guanxi.Error
        As ``topsis``; an entry below 0.

    Notes
    -----
    Costs O(n m). Zavadskas, Kaklauskas and Sarka (1994). An added account can turn the order of two others.
    """
    out: Floats = core.copras(*criteria(x, weights, types))
    return out


@dataclass(frozen=True)
class TopChances:
    """How firm a ranking is when weights are uncertain.

    Attributes
    ----------
    top : array (n,), chance of being among the best k. std_error : of the draws. mean_rank : 1 = best.
    """

    top: Floats
    std_error: Floats
    mean_rank: Floats


def top_chances(x: Any, weights: Any, types: Any = None, *, k: int = 10, method: str = "topsis", draws: int = 1_000, certainty: float = 0.0,
                seed: int = 0, preference: str | Sequence[str] = "linear", q: Any = None, p: Any = None, s: Any = None) -> TopChances:
    """Chance of each account of being among the best ``k`` when weights are drawn.

    Parameters
    ----------
    x, weights, types
        As in ``topsis``.
    k : int
        Length of the list, at least 1.
    method : {"topsis", "vikor", "promethee", "copras"}
    draws : int
        At least 1.
    certainty : float
        0 = nothing is known of the weights; else they are Dirichlet(certainty x weights).
    seed : int
        The same seed gives the same draws.
    preference, q, p, s
        As in ``promethee``.

    Returns
    -------
    TopChances

    Raises
    ------
    guanxi.Error
        As the method; no draws, a negative certainty.

    Notes
    -----
    Costs a ranking a draw. Lahdelma and Salminen (2001).
    """
    a, w, t = criteria(x, weights, types)
    return TopChances(*core.top_chances(a, w, t, k, method, *_rules(a, len(w), preference, q, p, s), draws, certainty, seed))


@dataclass(frozen=True)
class Stability:
    """What happens to the order of the others when an account is left out.

    Attributes
    ----------
    tried : accounts left out in turn. turning : those whose absence turned a pair of neighbours. left_out, turned : each of them and
    the number of pairs. status : a warning in words, or that the order held.
    """

    tried: int
    turning: int
    left_out: npt.NDArray[np.uint32]
    turned: npt.NDArray[np.uint32]
    status: str


def stability(x: Any, weights: Any, types: Any = None, *, method: str = "topsis", most: int = 200, seed: int = 0,
              preference: str | Sequence[str] = "linear", q: Any = None, p: Any = None, s: Any = None) -> Stability:
    """Rank reversal: whether the order of two accounts hangs on who else is in the list.

    Parameters
    ----------
    x, weights, types, method, preference, q, p, s
        As in ``top_chances``.
    most : int
        At most so many accounts are left out in turn, drawn by ``seed``.

    Returns
    -------
    Stability

    Raises
    ------
    guanxi.Error
        As the method.

    Notes
    -----
    Costs a ranking an account tried. Belton and Gear (1983). ``spotis`` and classes by fixed profiles cannot turn.
    """
    a, w, t = criteria(x, weights, types)
    tried, turning, who, turned = core.stability(a, w, t, method, *_rules(a, len(w), preference, q, p, s), most, seed)
    said = (f"rank reversal: leaving out {turning} of {tried} accounts turns the order of others; spotis or fixed profiles cannot turn"
            if turning else f"the order of the others held for all {tried} accounts left out")
    return Stability(tried, turning, who, turned, said)
