"""Simulated books: do parameters come back, and do 90 % intervals of customers and of totals cover 90 %?

Run alone with more books: ``python bench/accuracy/value_recovery.py 300``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from guanxi import value

Floats = npt.NDArray[np.float64]
HORIZON, LEVEL, CUSTOMERS = 26.0, 0.9, 1000
TRUTH: dict[str, dict[str, float]] = {
    "NBD": {"r": 0.8, "alpha": 8.0},
    "BGNBD": {"r": 0.8, "alpha": 8.0, "a": 0.8, "b": 4.0},
    "MBGNBD": {"r": 0.8, "alpha": 8.0, "a": 0.8, "b": 4.0},
    "ParetoNBD": {"r": 0.8, "alpha": 8.0, "s": 1.2, "beta": 40.0},
}


def simulate(name: str, random: np.random.Generator, n: int = CUSTOMERS) -> tuple[dict[str, Floats], Floats]:
    """A summary in continuous time, and what each customer bought in the horizon after it."""
    p = TRUTH[name]
    rate, age = random.gamma(p["r"], 1 / p["alpha"], n), random.uniform(30, 60, n)
    gone = np.full(n, np.inf)
    stop = np.zeros(n)
    if name == "ParetoNBD":
        gone = random.exponential(1 / random.gamma(p["s"], 1 / p["beta"], n))
    elif name != "NBD":
        stop = random.beta(p["a"], p["b"], n)
    x, last, later, at = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    going = random.uniform(size=n) >= stop if name == "MBGNBD" else np.ones(n, dtype=bool)
    while going.any():
        at[going] += random.exponential(1, going.sum()) / rate[going]
        going &= at < np.minimum(gone, age + HORIZON)
        now = going & (at <= age)
        x[now] += 1
        last[now] = at[now]
        later[going & (at > age)] += 1
        going &= random.uniform(size=n) >= stop
    return {"frequency": x, "recency": last, "age": age}, later


def one_book(name: str, seed: int, posterior: bool) -> dict[str, float]:
    random = np.random.default_rng([seed, sorted(TRUTH).index(name)])
    summary, later = simulate(name, random)
    true = getattr(value, name)(params=TRUTH[name]).expected_purchases(summary, HORIZON)
    model = getattr(value, name)().fit(summary)
    draws: Any = model.posterior(summary, draws=400, seed=seed) if posterior else 60
    some = slice(0, 250)
    part = {k: v[some] for k, v in summary.items()}
    table = model.forecast(part, HORIZON, level=LEVEL, draws=draws if not posterior else _thin(draws), seed=seed).to_pydict()
    _, low, high = model.total(part, HORIZON, level=LEVEL, draws=draws if not posterior else _thin(draws), seed=seed)
    got = {k: np.array(v) for k, v in table.items()}
    mean, t = got["purchases"], true[some]
    # the delta method in logs: an expectation is positive and its law is skew
    spread = 1.6449 * got["purchases_error"] / np.maximum(mean, 1e-300)
    inside = (got["count_low"] <= later[some]) & (later[some] <= got["count_high"])
    errors = [abs(np.log(model.params_[k] / v)) <= 1.6449 * model.standard_errors_[k] / model.params_[k] for k, v in TRUTH[name].items()]
    return {
        "parameters": float(np.mean(errors)),
        "draws": float(((got["purchases_low"] <= t) & (t <= got["purchases_high"])).mean()),
        "delta": float(((mean * np.exp(-spread) <= t) & (t <= mean * np.exp(spread))).mean()),
        "count": float(inside.mean()),
        "total": float(low <= later[some].sum() <= high),
        "bias": float(mean.sum() / t.sum() - 1),
    }


def _thin(draws: Any) -> Any:
    draws.draws_ = draws.draws_[:: max(1, len(draws.draws_) // 60)]
    return draws


def tables(books: int = 40) -> list[tuple[str, list[str], list[list[object]]]]:
    rows: list[list[object]] = []
    for name in TRUTH:
        for posterior in (False, True):
            results = [one_book(name, seed, posterior) for seed in range(books)]
            rows.append([name + (", posterior" if posterior else ""), books, *(float(np.mean([r[k] for r in results])) for k in results[0])])
    header = ["model", "books", "parameters (normal in logs)", "expectation of a customer, draws", "expectation, delta method", "count of a customer",
              "total of 250", "bias of expectations"]
    return [(f"Coverage of 90 % intervals on simulated books of {CUSTOMERS:,}, 26 weeks ahead (counts are whole: they cover more)", header, rows)]


if __name__ == "__main__":
    for title, head, body in tables(int(sys.argv[1]) if len(sys.argv) > 1 else 100):
        print(title, *[" | ".join(head)], *[" | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row) for row in body], sep="\n")
