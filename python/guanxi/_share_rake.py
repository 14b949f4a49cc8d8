"""Raking: a prior scaled to wanted totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Error
from ._share_tools import Floats, array_of


@dataclass(frozen=True)
class Raked:
    """A raked matrix, and how it was found.

    Attributes
    ----------
    matrix : array or scipy CSR, as the prior came; None when it was not asked for. row_factors, column_factors : what prior cells were multiplied by.
    sweeps : made. converged : bool. error : sum of |row total - wanted| over the wanted sum (soft: change of the last sweep).
    violated : in words what cannot be or was changed; empty when all is well.
    """

    matrix: Any
    sweeps: int
    converged: bool
    violated: str
    row_factors: Floats
    column_factors: Floats
    error: float


def _weights(soft: Any, n: int, k: int) -> tuple[Floats, Floats]:
    if soft is None:
        return np.empty(0), np.empty(0)
    first, second = soft if isinstance(soft, tuple) else (soft, soft)
    return (np.ascontiguousarray(np.broadcast_to(array_of(first, "rake: soft"), (n,))),
            np.ascontiguousarray(np.broadcast_to(array_of(second, "rake: soft"), (k,))))


def rake(prior: Any, rows: Any, columns: Any, known: Any = None, soft: Any = None, tol: float = 1e-8, *, sweeps: int = 10_000,
         matrix: bool = True, threads: int = 0) -> Raked:
    """Scales rows and columns of a prior until they have the wanted totals: the nearest matrix in Kullback-Leibler divergence.

    Parameters
    ----------
    prior : array n x k or scipy CSR matrix, at least 0; cells at 0 stay 0.
    rows, columns : wanted totals, n and k.
    known : cells that keep their value: array n x k with NaN = unknown, or (row numbers, column numbers, values).
    soft : None = margins hold exactly; a number or (row weights, column weights): lambda = phi / (tau^2 total) for a relative
        error tau of the margin; inf = exact, 0 = ignored.
    tol : of the L1 error of the rows over their sum.
    matrix : False = give the factors only (``row_factors[:, None] * prior * column_factors`` is the matrix); with ``known`` cells
        it is always written.

    Returns
    -------
    Raked

    Raises
    ------
    guanxi.Error
        Unlike lengths, negative or non-finite margins, priors or known cells, a known cell outside the matrix.

    Notes
    -----
    Costs: the prior is read once a sweep. Deming and Stephan (1940); soft margins Chizat et al. (2018). When margins contradict each
    other, ``violated`` names the rows and columns and the amount that is missing.
    """
    sparse = hasattr(prior, "indptr") and hasattr(prior, "indices")
    if hasattr(prior, "tocsr") and not sparse or getattr(prior, "format", "csr") != "csr":
        prior, sparse = prior.tocsr(), True
    cells = prior if sparse else array_of(prior, "rake: prior")
    if cells.ndim != 2:
        raise Error(f"rake: 'prior' has {cells.ndim} dimensions, 2 are wanted", "size_mismatch")
    n, k = cells.shape
    r, c = array_of(rows, "rake: rows"), array_of(columns, "rake: columns")
    row_weight, column_weight = _weights(soft, n, k)
    settings = (row_weight, column_weight, tol, sweeps, threads, matrix)
    if not sparse:
        out = _core.share.rake_dense(cells, n, k, r, c, _known_dense(known, n, k), *settings)
        result: Any = out.pop("matrix")
        result = None if result is None else result.reshape(n, k)
    else:
        fixed, cells = _known_sparse(known, cells)
        column = cells.indices
        column = column.view(np.uint32) if column.dtype == np.int32 and column.flags.c_contiguous else column.astype(np.uint32)  # no copy
        out = _core.share.rake_sparse(cells.indptr.astype(np.uint64), column, np.asarray(cells.data, np.float64), k, r, c, fixed, *settings)
        result = out.pop("matrix")
        result = None if result is None else type(cells)((result, cells.indices.copy(), cells.indptr.copy()), shape=(n, k))
    return Raked(matrix=result, **out)


def _triplet(known: Any, n: int, k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    row, column = np.asarray(known[0], np.int64), np.asarray(known[1], np.int64)
    value = array_of(known[2], "rake: known")
    if not len(row) == len(column) == len(value):
        raise Error(f"rake: 'known' has {len(row)} rows, {len(column)} columns and {len(value)} values", "size_mismatch")
    if len(row) and (row.min() < 0 or row.max() >= n or column.min() < 0 or column.max() >= k):
        raise Error(f"rake: 'known' names a cell outside {n} x {k}", "out_of_domain")
    return row, column, value


def _known_dense(known: Any, n: int, k: int) -> Floats:
    if known is None:
        return np.empty(0)
    if isinstance(known, tuple):
        row, column, value = _triplet(known, n, k)
        full = np.full((n, k), np.nan)
        full[row, column] = value
        return full
    full = array_of(known, "rake: known")
    if full.shape != (n, k):
        raise Error(f"rake: 'known' has shape {full.shape}, the prior {(n, k)}", "size_mismatch")
    return full


def _known_sparse(known: Any, matrix: Any) -> tuple[Floats, Any]:
    """Known values of the stored cells, and the prior with every known cell stored."""
    if known is None:
        return np.empty(0), matrix
    n, k = matrix.shape
    if isinstance(known, tuple):
        row, column, value = _triplet(known, n, k)
    else:
        full = _known_dense(known, n, k)
        row, column = np.nonzero(~np.isnan(full))
        value = full[row, column]
    old_row = np.repeat(np.arange(n), np.diff(matrix.indptr))
    key = np.concatenate([old_row * k + matrix.indices, row * k + column])
    prior = np.concatenate([matrix.data.astype(np.float64), np.zeros(len(row))])
    fixed = np.concatenate([np.full(matrix.nnz, np.nan), value])
    cells, where = np.unique(key, return_inverse=True)
    data, held = np.zeros(len(cells)), np.full(len(cells), np.nan)
    np.add.at(data, where, prior)
    held[where[matrix.nnz:]] = fixed[matrix.nnz:]
    start = np.searchsorted(cells, np.arange(n + 1) * k)
    return held, type(matrix)((data, (cells % k).astype(matrix.indices.dtype), start.astype(matrix.indptr.dtype)), shape=(n, k))
