"""What plans gain under a known truth, beside simple rules: with the right response curve, and with a deliberately wrong one."""

from __future__ import annotations

import numpy as np
from guanxi import plan

LEVELS = np.array([0.0, 8.0, 24.0, 80.0])  # hours
BOOKS = 20
BELIEFS = {"right on average (half 24 h, power 1.2)": (24.0, 1.2), "wrong: slow S-shape (60 h, 2.5)": (60.0, 2.5), "wrong: quick (6 h, 0.7)": (6.0, 0.7)}


def _won(most: np.ndarray, half: np.ndarray, power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return most[:, None] / (1 + (half[:, None] / LEVELS) ** power[:, None])


def _world(seed: int, n: int = 400) -> list[list[float]]:
    """True gain of each plan: room to grow is known with noise, revenue is a part of the wallet that has little to do with it.

    Three plans of the same belief: of the stated curve alone; of the mean over the curves that are plausible around it (log sd 0.7 of the
    half, 0.4 of the power, for all accounts alike); and of the worst tenth of those curves in what is gained beyond last year's plan.
    """
    r = np.random.default_rng(seed)
    wallet, share = r.lognormal(10, 1.1, n), r.beta(2, 2, n)
    revenue, room = wallet * share, wallet * (1 - share)
    most, half, power = r.beta(2, 6, n), r.lognormal(np.log(24), 0.5, n), r.lognormal(np.log(1.2), 0.3, n)
    truth = 0.3 * room[:, None] * _won(most, half, power)
    seen = room * r.lognormal(-0.045, 0.3, n)  # our estimate of the room
    budget, cost = [10.0 * n], np.tile(LEVELS, (n, 1))[:, :, None]
    last = plan.allocate(revenue[:, None] * _won(np.full(n, 0.25), np.full(n, 24.0), np.full(n, 1.2)), budget, costs=cost, exact=False).choices
    at = np.arange(n)
    rows = {"account": np.repeat(at, 4), "hours": np.tile(LEVELS, n), "high": np.repeat(0.3 * 0.25 * seen, 4)}
    out = []
    for label_half, label_power in BELIEFS.values():
        believed = 0.3 * seen[:, None] * _won(np.full(n, 0.25), np.full(n, label_half), np.full(n, label_power))
        p = plan.allocate(believed, budget, costs=cost, revenue=revenue, present=last, exact=False)
        draws = plan.response_draws(rows, half=label_half, power=label_power, seed=seed)
        mean, safe = (plan.allocate(believed, budget, costs=cost, present=last, draws=draws, exact=False, risk=risk, against=against)
                      for risk, against in ((0.0, None), (1.0, "present")))
        out.append([truth[at, level].sum() for level in (p.choices, mean.choices, safe.choices, *(r[1] for r in p._made_rules()))])
    return out


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    worlds = np.array([_world(seed) for seed in range(BOOKS)])  # books x beliefs x plans
    names = ["stated curve", "mean over curves", "against last year's", "by revenue", "ABC", "last year's plan", "same for all", "gain per hour"]
    gains: list[list[object]] = [[word, *(float(x) for x in worlds[:, k].mean(axis=0))] for k, word in enumerate(BELIEFS)]
    last = worlds[:, :, 5]
    beaten: list[list[object]] = []
    for k, word in enumerate(BELIEFS):
        row: list[object] = [word]
        for j in range(3):
            ratio = worlds[:, k, j] / last[:, k]
            row += [f"{int((ratio >= 1).sum())} of {BOOKS}", float(ratio.min())]
        beaten.append(row)
    return [(f"True gain of plans, mean of {BOOKS} simulated books of 400 accounts", ["response believed", *names], gains),
            ("Books in which a plan is no worse than last year's, and the least ratio to it",
             ["response believed", *(head for name in names[:3] for head in (name, "least ratio"))], beaten)]
