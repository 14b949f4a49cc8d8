"""Matrices from totals alone: the fewest ties, and the ensemble of all that go with a number of ties."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Error
from ._share_tools import Floats, array_of


@dataclass(frozen=True)
class MinimumDensity:
    """The fewest ties found: matrix (rows x columns), ties (their number), left (of the total that found no allowed pair)."""

    matrix: Floats
    ties: int
    left: float

    def __repr__(self) -> str:
        n, k = self.matrix.shape
        return f"MinimumDensity: {self.ties} ties among {n} x {k}" + (f", {self.left:g} found no pair" if self.left > 0 else "")


def minimum_density(rows: Any, columns: Any, allowed: Any = None) -> MinimumDensity:
    """The fewest ties that explain the totals of customers and suppliers.

    Parameters
    ----------
    rows, columns : arrays
        Totals of customers (n) and suppliers (k), at least 0, of equal sum.
    allowed : array n x k, optional
        False or 0 where a pair cannot trade.

    Returns
    -------
    MinimumDensity
        At most n + k - 1 ties.

    Raises
    ------
    guanxi.Error
        Unequal sums, negative totals, a shape that does not fit.

    Notes
    -----
    O((n + k) log(n + k)), with ``allowed`` O(ties x n k). Anand, Craig and von Peter (2015), made without chance. One end of
    what the totals allow; raking is the other.
    """
    r, c = array_of(rows, "minimum_density: rows"), array_of(columns, "minimum_density: columns")
    mask = np.empty(0, np.uint8) if allowed is None else np.ascontiguousarray(np.asarray(allowed) != 0, np.uint8)
    row, column, value, left = _core.share.minimum_density(r, c, mask.ravel())
    matrix = np.zeros((len(r), len(c)))
    matrix[row, column] = value
    return MinimumDensity(matrix, len(value), float(left))


class FitnessEnsemble:
    """All purchases that go with known totals and a number of ties: chances and intervals, cell by cell.

    Parameters
    ----------
    level : float
        Probability inside the intervals.
    seed : int
        Of ``draw``.
    threads : int
        0 = all of the machine's; the result does not depend on it.

    Attributes
    ----------
    p_active_, amount_, low_, high_, low_active_, high_active_ : arrays n x k
        P(the pair trades); mean amount; interval with an atom at 0; interval given that it trades.
    links_ : float
        Expected number of ties. z_ : float, strength of the density.

    Notes
    -----
    P(tie) = z r c / (1 + z r c); a tie's amount is exponential with mean r c / (W P). Totals and the number of ties hold on
    average. Cimini, Squartini, Garlaschelli and Gabrielli (2015); Parisi, Squartini and Garlaschelli (2020).
    """

    def __init__(self, *, level: float = 0.9, seed: int = 0, threads: int = 0) -> None:
        self.level = level
        self.seed = seed
        self.threads = threads

    def fit(self, rows: Any, columns: Any, links: float | None = None, known: Any = None) -> FitnessEnsemble:
        """Finds the density; gives self.

        Parameters
        ----------
        rows, columns : arrays
            Totals of customers (n) and suppliers (k), at least 0, of equal sum.
        links : float, optional
            How many pairs trade; None = learned from ``known``.
        known : array n x k, optional
            1 = trades, 0 = does not, NaN = not known.

        Raises
        ------
        guanxi.Error
            Neither links nor known ties, more links than pairs, unequal sums.

        Notes
        -----
        Some ten passes over the n k cells.
        """
        r, c = array_of(rows, "FitnessEnsemble.fit: rows"), array_of(columns, "FitnessEnsemble.fit: columns")
        code = np.empty(0, np.uint8)
        if known is not None:
            told = array_of(known, "FitnessEnsemble.fit: known")
            if told.shape != (len(r), len(c)):
                raise Error(f"FitnessEnsemble.fit: 'known' has shape {told.shape}, {(len(r), len(c))} is wanted", "size_mismatch")
            code = np.where(np.isnan(told), 255, told > 0).astype(np.uint8).ravel()
        self._core: Any = _core.share.FitnessEnsemble(r, c, math.nan if links is None else float(links), code, self.threads)
        self._shape = (len(r), len(c))
        cells = {name: values.reshape(self._shape) for name, values in self._core.cells(self.level).items()}
        self.p_active_: Floats = cells["p_active"]
        self.amount_: Floats = cells["amount"]
        self.low_: Floats = cells["low"]
        self.high_: Floats = cells["high"]
        self.low_active_: Floats = cells["low_active"]
        self.high_active_: Floats = cells["high_active"]
        self.links_: float = self._core.links
        self.z_: float = self._core.z
        return self

    def draw(self, number: int = 0) -> npt.NDArray[np.float64]:
        """One matrix of the ensemble, n x k; the same seed and number give the same matrix."""
        if not hasattr(self, "_core"):
            raise Error("FitnessEnsemble: call fit first", "not_fitted")
        out: npt.NDArray[np.float64] = self._core.draw(self.seed, number).reshape(self._shape)
        return out

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return "FitnessEnsemble: not fitted"
        n, k = self._shape
        return f"FitnessEnsemble: {n} x {k}, {self.links_:.0f} ties expected ({self.links_ / max(n * k, 1):.1%} of all pairs)"
