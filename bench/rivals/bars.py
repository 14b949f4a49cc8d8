"""Bars that are absolute: each task, its figure, its unit, what was wanted, and whether it was reached."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
import pyarrow as pa
from lifetimes_value import DATA, simulated

REAL = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def seconds(call: Callable[[], object], repeat: int = 5) -> float:
    """Median of some runs after a warm one."""
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def bars() -> list[tuple[str, float, str, str, bool]]:
    rows: list[tuple[str, float, str, str, bool]] = []
    cdnow = pd.read_csv(DATA, comment="#")
    columns = {name: cdnow[name].to_numpy(float) for name in ("frequency", "recency", "T")}
    ms = 1e3 * seconds(lambda: gx.value.BGNBD().fit(columns), 51)
    rows.append(("BG/NBD fit, CDNOW (2,357 customers)", ms, "ms", "under 1", ms < 1))
    big = simulated(1_000_000)
    million = {name: big[name].to_numpy(float) for name in ("frequency", "recency", "T")}
    s = seconds(lambda: gx.value.BGNBD().fit(million), 3)
    rows.append(("BG/NBD fit, 1,000,000 customers, grouping included", s, "s", "under 0.5", s < 0.5))
    model = gx.value.BGNBD(threads=1).fit(million)
    if not np.all((model.probability_alive(million) >= 0) & (model.probability_alive(million) <= 1)):
        raise AssertionError("P(alive) outside 0 to 1")
    rate = 1 / seconds(lambda: model.probability_alive(million))
    rows.append(("P(alive), one core", rate, "million customers a second", "30", rate >= 30))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "review.html"
        for task, ledger, seen in (("supplier 370, 648,276 delivery rows", "our_ledger_supplier_370.parquet", "liquor_store_supplier_month.parquet"),
                                   ("export ledger, no deliveries", "online_retail_ii_export_only.csv.gz", None)):
            if (REAL / ledger).exists():
                s = seconds(lambda: gx.review(REAL / ledger, seen and REAL / seen).to_html(page), 3)
                rows.append((f"review and page: {task}", s, "s", "under 10", s < 10))
    return rows + archive_bars()


def archive_bars() -> list[tuple[str, float, str, str, bool]]:
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
