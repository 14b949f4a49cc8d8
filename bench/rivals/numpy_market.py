"""Advantage, product space and likeness of profiles against the array forms an analyst writes, on a table of 226 x 785 made from a seed."""

from __future__ import annotations

import numpy as np
from guanxi import market
from harness import Row, race


def trade(exporters: int = 226, products: int = 785, seed: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(0, 2, exporters))[:, None] * np.exp(rng.normal(0, 1, products))[None, :]
    return size * rng.gamma(0.3, size=(exporters, products)) * (rng.random((exporters, products)) < 0.7)


def advantages(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    xc, xp, total = x.sum(1, keepdims=True), x.sum(0), x.sum()
    rca = (x / xc) / (xp / total)
    return rca, (rca - 1) / (rca + 1), x / total - xc * xp / total**2


def proximities(rca: np.ndarray) -> np.ndarray:
    m = (rca >= 1).astype(float)
    k = m.sum(0)
    return m.T @ m / np.maximum(k[:, None], k[None, :])


def similarities(x: np.ndarray) -> np.ndarray:
    s = x / x.sum(1, keepdims=True)
    return np.array([np.minimum(s, row).sum(1) for row in s])


def measure() -> list[Row]:
    x = trade()
    mine, want = market.advantage(x), advantages(x)
    for got, name in zip(want, ("rca", "rsca", "nrca"), strict=True):
        np.testing.assert_allclose(getattr(mine, name), got, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(market.proximity(mine.rca), proximities(want[0]), rtol=1e-12)
    np.testing.assert_allclose(market.similarity(x), similarities(x), rtol=1e-12)
    who = f"numpy {np.__version__}"
    rows = []
    ours, theirs = race(lambda: market.advantage(x), lambda: advantages(x), repeat=31)
    rows.append(Row("rca, rsca and nrca, 226 x 785", who, ours, theirs, None, "equal to 1e-9; sums compensated on our side; the time is that of fresh memory"))
    ours, theirs = race(lambda: market.proximity(mine.rca), lambda: proximities(want[0]), repeat=11)
    rows.append(Row("proximity of 785 products over 226 exporters", who, ours, theirs, 3.0, "equal to 1e-12"))
    ours, theirs = race(lambda: market.similarity(x), lambda: similarities(x), repeat=5)
    rows.append(Row("similarity of all pairs of 226 profiles x 785", who, ours, theirs, 3.0, "equal to 1e-12"))
    return rows
