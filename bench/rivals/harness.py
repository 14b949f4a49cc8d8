"""What every rival file shares: timing in one run, and the row that a comparison gives.

A rival file ``bench/rivals/<rival>_<topic>.py`` has one function ``measure() -> list[Row]``. It makes its data from a seed,
checks that both sides give the same answer, and only then times them, turn by turn. ``bench/rivals/run.py`` finds all
files and writes ``docs/performance.md``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One task, ours against one rival, in seconds (medians of the same run)."""

    task: str  # "BG/NBD fit, CDNOW (2,357 customers)"
    rival: str  # "lifetimes 0.11.3"
    ours: float
    theirs: float
    target: float | None = None  # the ratio theirs / ours that we want to reach, if one was set
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours


def race(ours: Callable[[], object], theirs: Callable[[], object], repeat: int = 5) -> tuple[float, float]:
    """Median seconds of both sides, taken turn by turn after one warm call each, so that drift hits both alike."""
    ours(), theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeat):
        for side, call in enumerate((ours, theirs)):
            start = time.perf_counter()
            call()
            times[side].append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])
