"""Bars of the archive room without a rival."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path

import guanxi as gx
import numpy as np
import pyarrow as pa


def bars() -> list[tuple[str, float, str, str, bool]]:
    """Loading from Arrow; and what the compiled bench says of look-ups and expiry at a million customers, when it was built."""
    rows: list[tuple[str, float, str, str, bool]] = []
    n = 1_000_000
    draw = np.random.default_rng(7)
    notes = np.array([f"note {i}: " + "asks for bearings, seals and belts; " * 10 for i in range(1000)])
    frame = pa.table({"customer": [f"C-{i:07}" for i in range(n)], "country": [f"country {i}" for i in draw.integers(0, 60, n)],
                      "region": [f"region {i}" for i in draw.integers(0, 400, n)], "manager": [f"manager {i}" for i in draw.integers(0, 30, n)],
                      "tier": draw.integers(0, 4, n), "note": notes[draw.integers(0, 1000, n)]})
    with tempfile.TemporaryDirectory() as folder, gx.Archive(Path(folder) / "customers.db") as a:
        start = time.perf_counter()
        done = a.load(frame)
        rate = n / (time.perf_counter() - start)
        if done.rows != n or a.get("C-0000007", "tier") != frame["tier"][7].as_py():
            raise AssertionError("the load went wrong")
    rows.append(("archive: load 1,000,000 files of five facts, about 430 bytes, from Python", rate, "files a second", "200,000", rate >= 200_000))
    bench = Path(__file__).resolve().parents[2] / "build/bench/bench/archive_bench"
    if bench.exists():
        got = subprocess.run([bench, "--benchmark_filter=(look_up|expire).*/1000000", "--benchmark_format=json", "--benchmark_min_time=1"],
                             capture_output=True, text=True, check=True)
        for b in json.loads(got.stdout)["benchmarks"]:
            if b["name"].startswith("expire"):
                rows.append(("archive: expiry, C++, 1,000,000 rows", b["items_per_second"], "rows a second", "100,000", b["items_per_second"] >= 1e5))
            else:
                current = "current" in b["name"]
                rows.append((f"archive: look-up {'of now' if current else 'as of a day'}, C++, 1,000,000 customers", b["real_time"], "us",
                             f"at most {5 if current else 10}", b["real_time"] <= (5 if current else 10)))
    return rows
