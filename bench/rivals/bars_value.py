"""Bars of the saved scorer, from the compiled bench, when it was built (`make bench`)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path


def bars() -> list[tuple[str, float, str, str, bool]]:
    """Time of one score with eight threads asking at once, a million customers: median, and one in a thousand."""
    bench = Path(__file__).resolve().parents[2] / "build/bench/bench/value_bench"
    if not bench.exists():
        return []
    got = subprocess.run([bench, "--benchmark_filter=snapshot_score/1000000/8", "--benchmark_format=json"], capture_output=True, text=True, check=True)
    found = json.loads(got.stdout)["benchmarks"][0]
    return [("saved scorer, C++, 1,000,000 customers, 8 threads: median score", found["p50_us"], "us", "at most 2", found["p50_us"] <= 2),
            ("the same: 99.9 % of the scores within", found["p999_us"], "us", "at most 50", found["p999_us"] <= 50)]
