"""Bars that are absolute: each task, its figure, its unit, what was wanted, and whether it was reached."""

from __future__ import annotations

import importlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import guanxi as gx
import numpy as np
import pandas as pd
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


def default_forecaster(customers: int = 1_000_000, lines: int = 20_000_000) -> float:
    """Seconds of reading a ledger and forecasting every customer; rates are gamma, over three years."""
    rng = np.random.default_rng(5)
    rate = rng.gamma(1.0, 1.0, customers)
    who = np.sort(rng.choice(customers, size=lines, p=rate / rate.sum()))
    frame = pd.DataFrame({"customer": who, "date": np.datetime64("2021-01-01", "ns") + rng.integers(0, 1095, lines).astype("timedelta64[D]"),
                          "amount": rng.gamma(2.0, 50.0, lines) + 1})
    start = time.perf_counter()
    forecast = gx.value.CustomerValue(horizon=26).fit(gx.Ledger(frame)).predict()
    spent = time.perf_counter() - start
    total = float(forecast["purchases"].sum())
    if not 0.8 < total / (len(np.unique(who * 1095 + (frame["date"] - frame["date"].min()).dt.days)) / 6) < 1.2:
        raise AssertionError("a stationary book must go on as before")
    return spent


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
    rows.append(("P(alive), one core", rate, "million customers a second", "50", rate >= 50))
    rate = 1 / seconds(lambda: model.expected_purchases(million, 39))
    rows.append(("P(alive) and expected purchases, BG/NBD, one core", rate, "million customers a second", "10", rate >= 10))
    s = seconds(lambda: gx.value.ParetoNBD(threads=1).fit(million), 3)
    rows.append(("Pareto/NBD fit, 1,000,000 customers, grouping included, one core", s, "s", "under 1", s <= 1))
    pareto = gx.value.ParetoNBD(threads=1, params={"r": 0.5532, "alpha": 10.577, "s": 0.6062, "beta": 11.669})
    rate = 1 / seconds(lambda: pareto.expected_purchases(million, 39))
    rows.append(("P(alive) and expected purchases, Pareto/NBD, one core", rate, "million customers a second", "2", rate >= 2))
    for name, kind in (("BG/NBD", gx.value.BGNBD), ("Pareto/NBD", gx.value.ParetoNBD)):
        fitted = kind().fit(columns)
        if not fitted.posterior(columns).status_.startswith("chains agree"):
            raise AssertionError("chains disagree")
        s = seconds(lambda: fitted.posterior(columns), 3)  # noqa: B023
        rows.append((f"posterior of {name}, CDNOW, 4 chains of 1,000 draws", s, "s", "under 3", s < 3))
    s = default_forecaster()
    rows.append(("CustomerValue, 1,000,000 customers, 20,000,000 lines, all cores, ledger included", s, "s", "under 60", s < 60))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "review.html"
        for task, ledger, seen in (("supplier 370, 648,276 delivery rows", "our_ledger_supplier_370.parquet", "liquor_store_supplier_month.parquet"),
                                   ("export ledger, no deliveries", "online_retail_ii_export_only.csv.gz", None)):
            if (REAL / ledger).exists():
                s = seconds(lambda: gx.review(REAL / ledger, seen and REAL / seen).to_html(page), 3)
                rows.append((f"review and page: {task}", s, "s", "under 10", s < 10))
    for path in sorted(Path(__file__).parent.glob("bars_*.py")):
        rows += importlib.import_module(path.stem).bars()
    return rows
