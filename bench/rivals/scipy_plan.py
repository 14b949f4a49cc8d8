"""plan.allocate against plain numpy passes and scipy's milp on the same book in the same run."""

from __future__ import annotations

import time

import guanxi.plan as plan
import numpy as np
import scipy
from harness import Row, race
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix, eye, kron, vstack


def instance(n: int, seed: int = 5):  # type: ignore[no-untyped-def]
    r = np.random.default_rng(seed)
    base, shape = r.lognormal(8, 1.3, n), r.uniform(0.5, 1.6, n)
    v = np.round(base[:, None] * np.array([0, 0.25, 0.6, 1.0]) ** shape[:, None], 2)
    h = np.round(np.array([0, 8, 24, 80.0]) * r.uniform(0.7, 1.3, (n, 1)), 2)
    m = np.round(np.array([0, 200, 1500, 6000.0]) * r.lognormal(0, 0.6, (n, 1)), 2)
    c = np.stack([h, m, np.tile([0, 0, 1, 3.0], (n, 1))], 2)
    return v, c, np.floor(np.floor(0.3 * c[:, 3].sum(0)) * [1, 0.86, 0.95])


def measure() -> list[Row]:
    rows = []
    for n, target in ((1_000, None), (100_000, 1 / 8)):
        v, c, b = instance(n)
        made = plan.allocate(v, b, costs=c, exact=False)
        price = np.array(list(made.prices.values()))
        at = np.arange(n)

        def one_pass() -> float:
            r = v - c @ price
            best = r.argmax(1)
            return float(price @ b + r[at, best].sum() + 0.0 * c[at, best].sum())

        assert abs(one_pass() - made.bound) <= 1e-9 * made.bound and made.gap <= (1.5e-4 if n == 1_000 else 3.5e-6)
        ours, theirs = race(lambda: plan.allocate(v, b, costs=c, exact=False), one_pass)
        rows.append(Row(f"plan from arrays, {n:,} accounts, 3 binding budgets, gap {made.gap:.1e}", "one plain numpy pass at given prices",
                        ours, theirs, target, "no rival does the same: the yardstick is one pass"))
    v, c, b = instance(1_000)
    start = time.perf_counter()
    proven = plan.allocate(v, b, costs=c, exact=True)
    ours = time.perf_counter() - start
    one = kron(eye(len(v)), np.ones((1, 4)))
    use = vstack([coo_matrix(c[:, :, k].reshape(1, -1)) for k in range(3)])
    start = time.perf_counter()
    found = milp(-v.ravel(), constraints=[LinearConstraint(one, 1, 1), LinearConstraint(use, -np.inf, b)], bounds=Bounds(0, 1),
                 integrality=np.ones(v.size), options={"mip_rel_gap": 1e-6, "time_limit": 60})
    theirs = time.perf_counter() - start
    assert proven.value >= -found.fun * (1 - 1e-12)
    rows.append(Row(f"proof of optimality, 1,000 accounts: {proven.status}", f"scipy {scipy.__version__} milp (HiGHS), gap 1e-6", ours, theirs, 20,
                    f"ours {proven.value:.2f}, milp {-found.fun:.2f}"))
    return rows
