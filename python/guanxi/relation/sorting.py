"""Sorting into classes by several criteria."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .._errors import Error
from ._shared import Floats, array, core, criteria
from .ranking import _rules


def electre_tri(x: Any, weights: Any, profiles: Any, q: Any, p: Any, v: Any = None, *, cut: float = 0.75, rule: str = "pessimistic",
                types: Any = None) -> npt.NDArray[np.uint8]:
    """ELECTRE TRI-B: class of each account by comparison with profiles.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    profiles : array (R, m)
        The lines between the R + 1 classes, from the lowest up, in the units of the columns; at most 64.
    q, p, v : array (m,)
        In the units of the columns, 0 <= q <= p <= v: a shortfall up to q counts as none, from p on there is no support, at v it
        is a veto. ``v`` None: no veto.
    cut : float
        Part of the weight that must support the account; above 0.5, at most 1.
    rule : {"pessimistic", "optimistic"}
        The highest profile that the account outranks, or the class below the lowest that is strictly preferred to it.

    Returns
    -------
    array (n,)
        Classes 0 .. R; 0 lies below the first profile.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        profiles that cross, thresholds out of order, a cut outside its range.

    Notes
    -----
    Costs O(n m R). Yu (1992); Mousseau, Slowinski and Zielniewicz (2000).
    """
    if rule not in ("pessimistic", "optimistic"):
        raise Error(f"relation: 'rule' is '{rule}', want pessimistic or optimistic", "unknown_name")
    a, w, t = criteria(x, weights, types)
    both = core.electre_tri(a, w, t, array(profiles), array(q), array(p), array(v), cut)
    out: npt.NDArray[np.uint8] = both[rule == "optimistic"]
    return out


@dataclass(frozen=True)
class Acceptability:
    """How often each account falls into each class.

    Attributes
    ----------
    share : (n, classes), part of the draws. std_error : of the draws, sqrt(p (1 - p) / draws). likeliest : array (n,), class.
    """

    share: Floats
    std_error: Floats
    likeliest: npt.NDArray[np.uint8] = field(repr=False)


def smaa(x: Any, weights: Any, profiles: Any, q: Any, p: Any, v: Any = None, *, cut: float = 0.75, types: Any = None, draws: int = 10_000,
         certainty: float = 0.0, seed: int = 0) -> Acceptability:
    """SMAA-TRI: how firm an ELECTRE TRI class (pessimistic rule) is when weights are uncertain.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    profiles : array (R, m)
        The lines between the R + 1 classes, from the lowest up, in the units of the columns; at most 64.
    q, p, v : array (m,)
        In the units of the columns, 0 <= q <= p <= v: a shortfall up to q counts as none, from p on there is no support, at v it
        is a veto. ``v`` None: no veto.
    cut : float
        Part of the weight that must support the account; above 0.5, at most 1.
    draws : int
        At least 1.
    certainty : float
        0 = nothing is known of the weights; else they are Dirichlet(certainty x weights).
    seed : int
        The same seed gives the same draws.

    Returns
    -------
    Acceptability

    Raises
    ------
    guanxi.Error
        As ``electre_tri``; no draws, a negative certainty.

    Notes
    -----
    Costs O(n m R) a draw. Tervonen et al. (2009).
    """
    a, w, t = criteria(x, weights, types)
    n, share, se, best = core.smaa_tri(a, w, t, array(profiles), array(q), array(p), array(v), cut, draws, certainty, seed)
    return Acceptability(share.reshape(-1, n), se.reshape(-1, n), best)


def flow_sort(x: Any, weights: Any, profiles: Any, types: Any = None, *, preference: str | Sequence[str] = "linear", q: Any = None, p: Any = None,
              s: Any = None) -> npt.NDArray[np.uint8]:
    """FlowSort: class of each account by its net flow among the profiles.

    Parameters
    ----------
    x, weights, types
        As in ``promethee``.
    profiles : array (R, m)
        The lines between the R + 1 classes, from the lowest up.
    preference, q, p, s
        As in ``promethee``; missing thresholds come from the deviation of ``x``.

    Returns
    -------
    array (n,)
        Classes 0 .. R. No account can change another one's class, unless thresholds are left to the data.

    Raises
    ------
    guanxi.Error
        As ``promethee``; profiles that cross.

    Notes
    -----
    Costs O(n m R^2). Nemery and Lamboray (2008).
    """
    a, w, t = criteria(x, weights, types)
    out: npt.NDArray[np.uint8] = core.flow_sort(a, w, t, *_rules(a, len(w), preference, q, p, s), array(profiles))
    return out


def topsis_sort(x: Any, weights: Any, profiles: Any, bounds: Any, types: Any = None) -> npt.NDArray[np.uint8]:
    """TOPSIS-Sort: class by closeness to the best corner of fixed bounds, against that of the profiles.

    Parameters
    ----------
    x, weights, types
        As in ``topsis``.
    profiles : array (R, m)
        The lines between the R + 1 classes, from the lowest up.
    bounds : array (m, 2)
        Low and high of each criterion; they hold all values.

    Returns
    -------
    array (n,)
        Classes 0 .. R.

    Raises
    ------
    guanxi.Error
        As ``spotis``; profiles that cross.

    Notes
    -----
    Costs O((n + R) m). Sabokbar et al. (2016), here with given bounds.
    """
    a, w, t = criteria(x, weights, types)
    out: npt.NDArray[np.uint8] = core.topsis_sort(a, w, t, array(profiles), array(bounds))
    return out


SCHOOLS: dict[str, dict[str, Any]] = {
    "fiocca": {"axes": ["strength of the relation", "attractiveness"],
               "names": [["leave", "watch", "invest"], ["serve cheaply", "keep", "grow"], ["harvest", "defend", "key account"]]},
    "krapfel": {"axes": ["common interest", "value"], "names": [["acquaintance", "rival"], ["friend", "partner"]]},
    "kraljic": {"axes": ["supply risk", "profit impact"], "names": [["noncritical", "leverage"], ["bottleneck", "strategic"]]},
}


@dataclass(frozen=True)
class Matrix:
    """Cells of a portfolio matrix.

    Attributes
    ----------
    cell : array (n,), numbers with the last axis fastest. p : (n, cells). name : list of n names, or numbers as text.
    nearest : standard errors to the nearest cut. near_axis : its axis. status : warns when cells are doubtful.
    """

    cell: npt.NDArray[np.uint16]
    p: Floats
    name: list[str]
    nearest: Floats
    near_axis: npt.NDArray[np.uint8]
    status: str


def matrix(axes: Any, cuts: Sequence[Any], *, errors: Any = None, names: Any = None) -> Matrix:
    """Portfolio matrix: two or three axes, cuts on each, a cell an account with the chance of each cell.

    Parameters
    ----------
    axes : array (n, k)
        One row an account; k = 1 .. 4 columns.
    cuts : sequence of k lists
        Ascending; a value at a cut lies above it. Keep last year's, so that a move means something.
    errors : array (n, k), optional
        Standard errors of the axes; 0 or None: exact.
    names : str or nested list, optional
        "fiocca", "krapfel", "kraljic" (see ``SCHOOLS``), or a name for each cell in the order of the axes.

    Returns
    -------
    Matrix

    Raises
    ------
    guanxi.Error
        Unlike lengths, cuts that do not ascend, an entry that is not a number, names that do not fit the cells.

    Notes
    -----
    Costs O(n cells). Errors are taken as normal and independent. Fiocca (1982); Krapfel, Salmond and Spekman (1991); Kraljic (1983).
    """
    a = np.ascontiguousarray(axes, float)
    a = a.reshape(len(a), -1)
    lists = [[float(c) for c in np.ravel(one)] for one in cuts]
    if a.shape[1] != len(lists):
        raise Error(f"relation: 'axes' has {a.shape[1]} columns, 'cuts' has {len(lists)} lists", "size_mismatch")
    if isinstance(names, str) and names not in SCHOOLS:
        raise Error(f"relation: no school '{names}'; want {', '.join(SCHOOLS)}, or a name for each cell", "unknown_name")
    count, cell, p, nearest, near, doubtful = core.portfolio(a.ravel(), array(errors).ravel(), lists)
    words = np.ravel(np.asarray(SCHOOLS[names]["names"] if isinstance(names, str) else names)) if names is not None else np.arange(count).astype(str)
    if len(words) != count:
        raise Error(f"relation: 'names' has {len(words)} entries for {count} cells", "size_mismatch")
    share = f"{100 * doubtful:.0f} % of the accounts could as well lie in another cell (chance of their own below 0.9)"
    said = ("cuts run through the errors: " if doubtful > 1 / 3 else "") + share
    return Matrix(cell, p.reshape(-1, count), [str(words[c]) for c in cell], nearest, near, said)
