"""A rival's arrival: false alarms of quiet customers at the rate that was set, and the delay against the rule of two rising quarters."""

from __future__ import annotations

import numpy as np
from guanxi import share

PERIODS, RISE = 24, 14


def _quiet(law: str, customers: int, rng: np.random.Generator) -> np.ndarray:
    """Rivals' share of quiet customers, quarter by quarter."""
    base = rng.beta(2, 3, customers)[:, None]
    if law == "orders of one size":
        return rng.binomial(12, base, (customers, PERIODS)) / 12
    if law == "orders of unlike size":
        size = rng.lognormal(0, 1.2, (customers, PERIODS, 8))
        won = rng.random((customers, PERIODS, 8)) < base[..., None]
        return (size * won).sum(axis=2) / size.sum(axis=2)
    if law == "one order, all or nothing":
        return (rng.random((customers, PERIODS)) < base).astype(float)
    if law == "neighbours alike (.5)":
        e = rng.normal(size=(customers, PERIODS))
        for t in range(1, PERIODS):
            e[:, t] = 0.5 * e[:, t - 1] + np.sqrt(0.75) * e[:, t]
        return np.clip(base + 0.08 * e, 0, 1)
    raise ValueError(law)


LAWS = ("orders of one size", "orders of unlike size", "one order, all or nothing", "neighbours alike (.5)")


def _wallet(customers: int, rng: np.random.Generator) -> np.ndarray:
    return rng.lognormal(4, 0.5, customers)[:, None] * rng.lognormal(0, 0.04, (customers, PERIODS))


def _rule(x: np.ndarray, wallet: np.ndarray, rises: int) -> np.ndarray:
    """First period with so many rises in a row on a total within a tenth, -1 = none."""
    up = np.diff(x, axis=1) > 0
    out = np.full(len(x), -1)
    for t in range(x.shape[1] - 1, rises - 1, -1):
        flat = np.abs(wallet[:, t] / wallet[:, t - rises] - 1) <= 0.1
        out[up[:, t - rises:t].all(axis=1) & flat & (t >= 4)] = t
    return out


def false_alarms(customers: int = 4000) -> list[list[object]]:
    rows: list[list[object]] = []
    for law in LAWS:
        rng = np.random.default_rng(11)
        x, w = _quiet(law, customers, rng), _wallet(customers, rng)
        for rate in (0.01, 0.05, 0.1):
            watch = share.entry_watch(x, rate)
            alarm = share.entry_alarm(x, w, rate)
            rows.append([law, rate, float((watch.alarm >= 0).mean()), float((alarm.alarm >= 0).mean()), float((_rule(x, w, 2) >= 0).mean())])
    return rows


def delays(customers: int = 4000) -> list[list[object]]:
    """A rise in period 14 of 24; a rule named by its rises in a row, the watch at that rule's own rate of false alarms."""
    rows: list[list[object]] = []
    for law in LAWS[:2]:
        for size in (0.1, 0.2, 0.4):
            for rises in (2, 3, 4):
                rng = np.random.default_rng(12)
                quiet, wallet = _quiet(law, customers, rng), _wallet(customers, rng)
                rate = float((_rule(quiet, wallet, rises) >= 0).mean())
                x = quiet.copy()
                x[:, RISE:] = np.clip(x[:, RISE:] + size, 0, 1)
                watch = share.entry_watch(x, float(np.clip(rate, 1e-3, 0.999))).alarm
                rule = _rule(x, wallet, rises)
                line: list[object] = [law, size, rises, rate]
                for found in (watch, rule):
                    calm = (found < 0) | (found >= RISE)  # not already named before the rise
                    hit = calm & (found >= RISE)
                    line += [float((hit & (found < RISE + 4)).sum() / calm.sum()), float(hit.sum() / calm.sum()),
                             float(np.where(hit, found - RISE, PERIODS - RISE)[calm].mean()), float(calm.mean())]
                rows.append(line)
    return rows


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    return [("False alarms over 24 quarters: the rate set, and what quiet customers gave (4,000 simulated)",
             ["law of the share", "rate set", "entry_watch", "entry_alarm", "two rising quarters"], false_alarms()),
            ("Delay after a rise in quarter 14, entry_watch at the rule's own rate of false alarms",
             ["law of the share", "rise", "rule: rises in a row", "false alarms of both", "watch: named within a year", "at all", "mean delay", "quiet before",
              "rule: within a year", "at all, rule", "mean delay, rule", "quiet before, rule"], delays())]
