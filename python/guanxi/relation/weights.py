"""Weights of criteria, from the data or from judgements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._shared import Floats, array, core


def weights(x: Any, method: str = "entropy", types: Any = None) -> Floats:
    """Weights of criteria from the data alone; they say which columns differ, not which matter.

    Parameters
    ----------
    x : array (n, m)
        Finite; "entropy" wants 0 or more, "merec" above 0.
    method : {"entropy", "critic", "merec", "deviation", "equal"}
    types : array (m,), optional
        As in ``topsis``.

    Returns
    -------
    array (m,)
        Sums to 1; a constant column has weight 0 (except with "equal"; all are equal when every column is constant).

    Raises
    ------
    guanxi.Error
        An unknown method, a value that the method cannot take (with its place).

    Notes
    -----
    Costs O(n m), critic and merec O(n m^2). Diakoulaki et al. (1995) (CRITIC); Keshavarz-Ghorabaee et al. (2021) (MEREC).
    """
    a = np.ascontiguousarray(x, float)
    out: Floats = core.weights(a, a.shape[1], method, array(types, np.int32))
    return out


@dataclass(frozen=True)
class Judged:
    """Weights from judgements.

    Attributes
    ----------
    weights : array (m,), sums to 1. ratio : consistency ratio, NaN beyond 10 criteria. status : above 0.1, which three contradict most.
    """

    weights: Floats
    ratio: float
    status: list[str]


def weights_ahp(pairs: Any) -> Judged:
    """AHP: weights and the consistency ratio of a matrix of pairwise judgements.

    Parameters
    ----------
    pairs : array (m, m)
        Entry (i, j): how many times more i matters than j; above 0, and (j, i) is 1 / (i, j).

    Returns
    -------
    Judged

    Raises
    ------
    guanxi.Error
        Not square, an entry that is not above 0 or does not fit its mirror.

    Notes
    -----
    Costs O(m^2) a step of the power method. Saaty (1980).
    """
    return Judged(*core.weights_ahp(array(pairs)))
