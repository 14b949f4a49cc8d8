"""Dirichlet-multinomial fits and raking against scipy and numpy."""

from __future__ import annotations

import numpy as np
import scipy
from guanxi import share
from harness import Row, race
from scipy import optimize, sparse, special


def _counts(rows: int, columns: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    alpha = rng.gamma(1.0, size=columns) * 0.2 + 0.02
    habits = rng.dirichlet(alpha, size=rows)
    return rng.multinomial(rng.integers(1, 41, size=rows), habits).astype(np.int64)


def _lbfgs(x: np.ndarray) -> np.ndarray:
    n = x.sum(1)

    def negative(log_alpha: np.ndarray) -> tuple[float, np.ndarray]:
        a = np.exp(log_alpha)
        s = a.sum()
        value = (special.gammaln(a + x) - special.gammaln(a)).sum() + (special.gammaln(s) - special.gammaln(s + n)).sum()
        slope = (special.digamma(a + x) - special.digamma(a)).sum(0) + (special.digamma(s) - special.digamma(s + n)).sum()
        return -value, -slope * a

    start = np.log(2 * x.sum(0) / x.sum())
    return np.exp(optimize.minimize(negative, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-13}).x)


def _histogram_newton(x: np.ndarray) -> np.ndarray:
    """The same method as ours in numpy: counts above each number, then Newton with a diagonal plus rank one Hessian."""

    def above(v: np.ndarray) -> np.ndarray:
        h = np.bincount(v)
        return (h.sum() - np.cumsum(h))[:-1].astype(float)

    columns = [above(x[:, j]) for j in range(x.shape[1])]
    total = above(x.sum(1))
    a = 2 * x.sum(0) / x.sum()
    for _ in range(60):
        g = np.array([(h / (aj + np.arange(len(h)))).sum() for h, aj in zip(columns, a)])
        q = -np.array([(h / (aj + np.arange(len(h))) ** 2).sum() for h, aj in zip(columns, a)])
        t = a.sum() + np.arange(len(total))
        g -= (total / t).sum()
        z = (total / t**2).sum()
        b = (g / q).sum() / (1 / z + (1 / q).sum())
        step = (g - b) / q
        cut = min(1.0, 0.9 / max((step / a).max(), 1e-300))
        a = a - cut * step
        if np.abs(g * a).max() < 1e-9 * len(x):
            break
    return a


def _rake_csr(p: sparse.csr_matrix, t: sparse.csr_matrix, row: np.ndarray, column: np.ndarray, sweeps: int) -> tuple[np.ndarray, np.ndarray]:
    c = np.ones(len(column))
    for _ in range(sweeps):
        r = row / (p @ c)
        c = column / (t @ r)
    return r, c


def _rake_dense(p: np.ndarray, row: np.ndarray, column: np.ndarray, sweeps: int) -> tuple[np.ndarray, np.ndarray]:
    c = np.ones(len(column))
    for _ in range(sweeps):
        r = row / (p @ c)
        c = column / (r @ p)
    return r, c


def _written(p: np.ndarray, r: np.ndarray, c: np.ndarray) -> np.ndarray:
    out = r[:, None] * p
    out *= c
    return out


def _written_csr(p: sparse.csr_matrix, r: np.ndarray, c: np.ndarray) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.repeat(r, np.diff(p.indptr)) * p.data * c[p.indices], p.indices.copy(), p.indptr.copy()), shape=p.shape)


def _quantile_rows() -> list[Row]:
    """scipy's linear program is slow: a tenth of the rows."""
    rng = np.random.default_rng(3)
    n, k, q = 10_000, 10, 0.9
    x = np.column_stack([np.ones(n), rng.normal(size=(n, k - 1))])
    y = x.sum(axis=1) + rng.gumbel(size=n)
    dual = {"c": -y, "A_eq": x.T, "b_eq": (1 - q) * x.sum(axis=0), "bounds": (0, 1), "method": "highs"}
    ours, theirs = share.quantile_regression(y, x, q), optimize.linprog(**dual)
    loss = -theirs.fun - (1 - q) * y.sum()
    assert abs(ours.loss / loss - 1) < 1e-8
    mine, other = race(lambda: share.quantile_regression(y, x, q), lambda: optimize.linprog(**dual), repeat=3)
    return [Row("quantile regression .9, 10k x 10", f"scipy {scipy.__version__}, HiGHS on the dual", mine, other, 5.0, "errors of the coefficients included in ours")]


def _rake_rows() -> list[Row]:
    rng = np.random.default_rng(9)
    out = []
    n, k, a_row = 100_000, 1_000, 9
    start = np.arange(n + 1) * a_row
    index = np.sort(rng.integers(0, k, size=(n, a_row)), axis=1).ravel()
    p = sparse.csr_matrix((rng.gamma(1.0, size=n * a_row) + 0.05, index, start), shape=(n, k))
    p.sum_duplicates()
    truth = p.copy()
    truth.data = rng.gamma(1.0, size=p.nnz) + 0.05
    row, column = np.asarray(truth.sum(1)).ravel(), np.asarray(truth.sum(0)).ravel()
    ours = share.rake(p, row, column, tol=1e-8)
    sweeps = ours.sweeps
    t = p.T.tocsr()  # outside the clock
    r, c = _rake_csr(p, t, row, column, sweeps)
    assert np.abs((p.multiply(r[:, None]).tocsr() @ c) / (ours.matrix @ np.ones(k)) - 1).max() < 1e-6
    mine, theirs = race(lambda: share.rake(p, row, column, tol=1e-8, matrix=False), lambda: _rake_csr(p, t, row, column, sweeps))
    out.append(Row(f"raking 100k x 1k, {p.nnz / 1e6:.2f} M cells, {sweeps} sweeps, factors", f"scipy {scipy.__version__} CSR, factor form", mine, theirs, 2.0,
                   "ours with checks; the rival's transpose made beforehand"))
    mine, theirs = race(lambda: share.rake(p, row, column, tol=1e-8), lambda: _written_csr(p, *_rake_csr(p, t, row, column, sweeps)))
    out.append(Row(f"raking 100k x 1k, {p.nnz / 1e6:.2f} M cells, {sweeps} sweeps, matrix", f"scipy {scipy.__version__} CSR", mine, theirs, 2.0))
    for n, k in ((1_000, 1_000), (10_000, 1_000)):
        prior = rng.gamma(1.0, size=(n, k)) + 0.05
        truth = rng.gamma(1.0, size=(n, k)) + 0.05
        row, column = truth.sum(1), truth.sum(0)
        found = share.rake(prior, row, column, tol=1e-8)
        r, c = _rake_dense(prior, row, column, found.sweeps)
        assert np.allclose(r[:, None] * prior * c, found.matrix, rtol=1e-6)
        mine, theirs = race(lambda: share.rake(prior, row, column, tol=1e-8, matrix=False), lambda: _rake_dense(prior, row, column, found.sweeps))
        out.append(Row(f"raking {n} x {k} dense, {found.sweeps} sweeps, factors", f"numpy {np.__version__}, factor form", mine, theirs, 1.5))
        mine, theirs = race(lambda: share.rake(prior, row, column, tol=1e-8), lambda: _written(prior, *_rake_dense(prior, row, column, found.sweeps)))
        out.append(Row(f"raking {n} x {k} dense, {found.sweeps} sweeps, matrix", f"numpy {np.__version__}", mine, theirs, 1.5))
    return out


def measure() -> list[Row]:
    x = _counts(100_000, 20)
    m = share.DirichletMultinomial().fit(x)
    assert np.allclose(m.alpha_, _histogram_newton(x), rtol=1e-5) and np.allclose(m.alpha_, _lbfgs(x), rtol=1e-3)
    rows = []
    mine, theirs = race(lambda: share.DirichletMultinomial().fit(x), lambda: _histogram_newton(x))
    rows.append(Row("Dirichlet-multinomial fit, 100k x 20", f"numpy {np.__version__}, histogram and Newton", mine, theirs, 3.0))
    mine, theirs = race(lambda: share.DirichletMultinomial().fit(x), lambda: _lbfgs(x), repeat=1)
    rows.append(Row("Dirichlet-multinomial fit, 100k x 20", f"scipy {scipy.__version__}, L-BFGS", mine, theirs))
    return rows + _rake_rows() + _quantile_rows()
