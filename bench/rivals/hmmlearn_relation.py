"""One pass of expectation-maximisation against hmmlearn's (scaling, four Poisson states): same likelihood, then the clock."""

from __future__ import annotations

import time

import hmmlearn
import numpy as np
from guanxi import relation
from harness import Row
from hmmlearn.hmm import PoissonHMM

MOVES = np.array([[.90, .08, .015, .005], [.08, .82, .09, .01], [.02, .08, .82, .08], [.01, .01, .08, .90]])
START, RATE = np.array([.55, .25, .15, .05]), np.array([.3, 1.2, 3.0, 7.0])


def panel(customers: int, periods: int) -> np.ndarray:
    """Counts, customers x periods, of the chain above."""
    rng = np.random.default_rng(7)
    tier = rng.choice(4, size=customers, p=START)
    out = np.empty((customers, periods), np.int64)
    for t in range(periods):
        if t:
            tier = (rng.uniform(size=customers)[:, None] > np.cumsum(MOVES, 1)[tier]).sum(1).clip(0, 3)
        out[:, t] = rng.poisson(RATE[tier])
    return out


def measure() -> list[Row]:
    rows = []
    for customers, repeat in ((1_000, 3), (10_000, 1)):
        y = panel(customers, 36)
        theirs = PoissonHMM(4, implementation="scaling", n_iter=1, tol=-np.inf, init_params="", params="stl")
        laws = {"orders": {"family": "poisson", "rate": RATE}}
        ours = relation.TierModel.given(START, MOVES, laws)
        frame = {"customer": np.repeat(np.arange(customers, dtype=np.uint32), 36), "period": np.tile(np.arange(36), customers), "orders": y.ravel().astype(float)}
        seen, _, _ = ours._panel(frame)
        column, lengths = y.reshape(-1, 1), [36] * customers

        def reset() -> None:
            theirs.startprob_, theirs.transmat_, theirs.lambdas_ = START.copy(), MOVES.copy(), RATE[:, None].copy()

        reset()
        theirs.fit(column, lengths)
        mine = ours._core.run_pass(seen)
        if not np.isclose(mine, theirs.monitor_.history[0], rtol=1e-10):
            raise AssertionError("the two likelihoods differ")
        if not np.allclose(theirs.transmat_, ours._core.transitions(np.empty(0)).reshape(4, 4), atol=1e-8):
            raise AssertionError("the two new transition matrices differ")
        a, b = [], []
        for _ in range(repeat):
            reset()
            start = time.perf_counter()
            ours._core.run_pass(seen)
            middle = time.perf_counter()
            theirs.fit(column, lengths)
            a.append(middle - start)
            b.append(time.perf_counter() - middle)
        rows.append(Row(f"one EM pass of four Poisson states, {customers:,} customers x 36 periods", f"hmmlearn {hmmlearn.__version__} scaling", float(np.median(a)),
                        float(np.median(b)), 20, "ours with sorting and coding the panel"))
    return rows
