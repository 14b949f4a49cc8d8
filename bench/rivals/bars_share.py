"""Bars of the share room without a rival: a raking sweep against the memory it must read, the whole fit, one customer's update."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import numpy as np
from bars import seconds
from guanxi import share

_FIT = """
import time
import numpy as np
import guanxi as gx
core = gx._core.share
peak = lambda: int(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1]) / 1e6
customers, cells, periods, suppliers, orders = {customers}, 20, 12, 200, 10
rng = np.random.default_rng(5)
parts = []
for begin in range(0, customers, 50_000):
    n = min(50_000, customers - begin)
    habit = rng.gamma(0.3, size=(n, cells))
    habit /= habit.sum(axis=1, keepdims=True)
    edge = np.cumsum(habit, axis=1)
    size = np.exp(rng.normal(5, 1, n))
    who = np.cumsum(rng.integers(1, 10, (n, cells)), axis=1)
    won = np.zeros((n, periods, cells), np.uint8)
    for t in range(periods):
        for _ in range(orders):
            at = (rng.random((n, 1)) > edge).sum(axis=1).clip(max=cells - 1)
            won[np.arange(n), t, at] += 1
    c, t, j = np.nonzero(won)
    parts.append((np.uint32(begin) + c.astype(np.uint32), who[c, j].astype(np.uint32), t.astype(np.uint32), size[c] * won[c, t, j]))
    del won
customer, supplier, period, amount = (np.concatenate([p[k] for p in parts]) for k in range(4))
del parts
before = peak()
start = time.perf_counter()
model = core.SupplierShares(0, 0.9, 200, 0, 0, 1, 1, 8, float('nan'), float('nan'))
model.fit(customer, supplier, period, amount, np.empty(0), customers, suppliers, periods)
spent = time.perf_counter() - start
rows = model.shares
end = np.flatnonzero(np.diff(rows['customer'])) + 1
total = np.add.reduceat(rows['share'], np.r_[0, end])
assert np.abs(total - 1).max() < 1e-9
some = rng.choice(customers, 20_000, replace=False).astype(np.uint32)
some.sort()
pick = rng.integers(0, suppliers, len(some)).astype(np.uint32)
more = rng.gamma(1.0, 100.0, len(some))
def one(k):
    return model.update(some[k:k + 1], pick[k:k + 1], more[k:k + 1])
one(0)
start = time.perf_counter()
model.update(some, pick, more)
batch = (time.perf_counter() - start) / len(some)
start = time.perf_counter()
for k in range(5000):
    one(k)
single = (time.perf_counter() - start) / 5000
print(len(amount), spent, peak(), batch, single)
"""


def _whole_fit(customers: int = 1_000_000) -> tuple[int, float, float, float, float]:
    """Deliveries, seconds of the fit, peak memory in GB, seconds of an update in a batch of customers and alone."""
    out = subprocess.run([sys.executable, "-c", _FIT.format(customers=customers)], check=True, capture_output=True, text=True,
                         env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}).stdout.split()  # its own process: a peak never falls
    return int(out[0]), float(out[1]), float(out[2]), float(out[3]), float(out[4])


def _stream(arrays: list[np.ndarray], repeat: int = 7) -> float:
    """Seconds to read all arrays once on two threads."""
    half = [np.array_split(a.view(np.uint64) if a.nbytes % 8 == 0 else a, 2) for a in arrays]
    best = []
    for _ in range(repeat):
        team = [threading.Thread(target=lambda k=k: [np.bitwise_or.reduce(h[k]) for h in half]) for k in (0, 1)]
        start = time.perf_counter()
        for t in team:
            t.start()
        for t in team:
            t.join()
        best.append(time.perf_counter() - start)
    return float(np.median(best))


def _sweep(nonzeros: int = 10_000_000, columns: int = 1_000, repeat: int = 5) -> tuple[float, float]:
    """Seconds of one raking sweep over CSR rows, and of reading their values and columns once; taken turn by turn."""
    from scipy import sparse

    rng = np.random.default_rng(9)
    a_row = 10
    rows = nonzeros // a_row
    index = np.sort(rng.integers(0, columns, size=(rows, a_row)), axis=1).astype(np.int32).ravel()
    p = sparse.csr_matrix((rng.gamma(1.0, size=nonzeros) + 0.05, index, np.arange(rows + 1) * a_row), shape=(rows, columns))
    truth = rng.gamma(1.0, size=nonzeros) + 0.05
    row = np.add.reduceat(truth, np.arange(rows) * a_row)
    column = np.bincount(index, truth, columns)
    few, many = share.rake(p, row, column, tol=1e-2, matrix=False), share.rake(p, row, column, tol=1e-10, matrix=False)
    if not many.converged or many.error > 1e-10:
        raise AssertionError("raking did not converge")
    sweeps, streams = [], []
    for _ in range(repeat):
        start = time.perf_counter()
        share.rake(p, row, column, tol=1e-2, matrix=False)
        middle = time.perf_counter()
        share.rake(p, row, column, tol=1e-10, matrix=False)
        end = time.perf_counter()
        sweeps.append((end - 2 * middle + start) / (many.sweeps - few.sweeps))
        streams.append(_stream([p.data, p.indices], 3))
    return float(np.median(sweeps)), float(np.median(streams))


def bars() -> list[tuple[str, float, str, str, bool]]:
    rows: list[tuple[str, float, str, str, bool]] = []
    sweep, stream = _sweep()
    rows.append((f"sparse raking sweep, 10,000,000 cells ({1e3 * sweep:.1f} ms), against reading the arrays once ({1e3 * stream:.1f} ms)",
                 sweep / stream, "times", "at most 1.5", sweep <= 1.5 * stream))
    lines, spent, peak, batch, single = _whole_fit()
    task = f"SupplierShares, 1,000,000 customers x 20 suppliers x 12 periods, {lines:,} deliveries"
    rows.append((task, spent, "s", "under 60", spent < 60))
    rows.append((f"{task}: peak memory, deliveries included", peak, "GB", "under 8", peak < 8))
    rows.append(("update of one customer after a new sighting, in a batch of 20,000", 1e6 * batch, "us", "under 20", batch < 20e-6))
    rows.append(("update of one customer, a call of its own from Python", 1e6 * single, "us", "under 20", single < 20e-6))
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(100_000), rng.normal(size=(100_000, 9))])
    y = x.sum(axis=1) + rng.gumbel(size=100_000)
    fit = share.quantile_regression(y, x, 0.9)
    if fit.gap > 1e-9 or abs((y < x @ fit.b).mean() - 0.9) > 1e-3:
        raise AssertionError("quantile regression: not at its least loss")
    s = seconds(lambda: share.quantile_regression(y, x, 0.9), 5)
    rows.append(("quantile regression .9, 100,000 x 10", s, "s", "under 0.15", s < 0.15))
    x = rng.multinomial(6, rng.dirichlet(np.full(20, 0.15), 100_000)).astype(np.int64)
    ms = 1e3 * seconds(lambda: share.DirichletMultinomial().fit(x), 11)
    rows.append(("Dirichlet-multinomial fit, 100,000 x 20", ms, "ms", "under 3", ms < 3))
    return rows
