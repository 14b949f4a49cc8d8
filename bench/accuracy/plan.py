"""What plans gain under a known truth, beside simple rules: with the right response curve, and with a deliberately wrong one."""

from __future__ import annotations

import numpy as np
from guanxi import plan

LEVELS = np.array([0.0, 8.0, 24.0, 80.0])  # hours


def _won(most: np.ndarray, half: np.ndarray, power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return most[:, None] / (1 + (half[:, None] / LEVELS) ** power[:, None])


def _world(seed: int, n: int = 400) -> list[list[float]]:
    """True gain of each plan: room to grow is known with noise, revenue is a part of the wallet that has little to do with it."""
    r = np.random.default_rng(seed)
    wallet, share = r.lognormal(10, 1.1, n), r.beta(2, 2, n)
    revenue, room = wallet * share, wallet * (1 - share)
    most, half, power = r.beta(2, 6, n), r.lognormal(np.log(24), 0.5, n), r.lognormal(np.log(1.2), 0.3, n)
    truth = 0.3 * room[:, None] * _won(most, half, power)
    seen = room * r.lognormal(-0.045, 0.3, n)  # our estimate of the room
    budget, cost = [10.0 * n], np.tile(LEVELS, (n, 1))[:, :, None]
    last = plan.allocate(revenue[:, None] * _won(np.full(n, 0.25), np.full(n, 24.0), np.full(n, 1.2)), budget, costs=cost, exact=False).choices
    out = []
    for label_half, label_power in ((24.0, 1.2), (60.0, 2.5), (6.0, 0.7)):
        believed = 0.3 * seen[:, None] * _won(np.full(n, 0.25), np.full(n, label_half), np.full(n, label_power))
        p = plan.allocate(believed, budget, costs=cost, revenue=revenue, present=last, exact=False)
        at = np.arange(n)
        out.append([truth[at, p.choices].sum(), *(truth[at, level].sum() for _, level, _, _ in p._made_rules())])
    return out


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    worlds = np.array([_world(seed) for seed in range(20)])
    mean = worlds.mean(axis=0)
    words = ("right on average (half 24 h, power 1.2)", "wrong: slow S-shape (60 h, 2.5)", "wrong: quick (6 h, 0.7)")
    rows: list[list[object]] = [[word, *(float(x) for x in mean[k]), f"{int((worlds[:, k, 0] >= worlds[:, k, 3]).sum())} of 20"] for k, word in enumerate(words)]
    return [("True gain of plans, mean of 20 simulated books of 400 accounts",
             ["response believed", "plan", "by revenue", "ABC", "last year's plan", "same for all", "gain per hour", "not worse than last year"], rows)]
