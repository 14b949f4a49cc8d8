"""How well habits foretell shares: the next year and the next quarter of the complete record, naive answers beside the model."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from guanxi import share

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def _next(record: pd.DataFrame, window: int, ends: list[int]) -> list[object]:
    """Shares of the window after each end, foretold from everything before it; mean absolute error over customer x supplier."""
    errors: dict[str, list[float]] = {"habit": [], "last": [], "market": []}
    weight: list[float] = []
    for end in ends:
        past = record[record.period < end]
        s = share.SupplierShares(window=window, keep=1).fit(past).shares_
        habit = s[s.supplier != "(rest)"].pivot(index="customer", columns="supplier", values="share").fillna(0.0)
        money = record[(record.period >= end) & (record.period < end + window)].pivot_table(
            index="customer", columns="supplier", values="amount", aggfunc="sum", fill_value=0.0)
        last = past[past.period >= end - window].pivot_table(index="customer", columns="supplier", values="amount", aggfunc="sum", fill_value=0.0)
        people = money.index.intersection(last.index).intersection(habit.index)
        names = money.columns.union(last.columns).union(habit.columns)
        truth = money.reindex(index=people, columns=names, fill_value=0.0)
        before = last.reindex(index=people, columns=names, fill_value=0.0)
        wallet = truth.sum(axis=1)
        truth = truth.div(wallet, axis=0)
        guesses = {"habit": habit.reindex(index=people, columns=names, fill_value=0.0), "last": before.div(before.sum(axis=1), axis=0),
                   "market": pd.DataFrame(np.tile(before.sum() / before.to_numpy().sum(), (len(people), 1)), index=people, columns=names)}
        for name, guess in guesses.items():
            errors[name] += (0.5 * (guess - truth).abs().sum(axis=1)).tolist()
        weight += wallet.tolist()
    plain = [float(np.mean(errors[name])) for name in errors]
    weighted = [float(np.average(errors[name], weights=weight)) for name in errors]
    return [len(weight), *plain, *weighted]


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    path = DATA / "liquor_store_supplier_month.parquet"
    if not path.exists():
        return [("Shares of the next period", ["data"], [[f"no real data at {path}"]])]
    raw = pd.read_parquet(path)
    month = pd.to_datetime(raw.month.astype(str))
    record = pd.DataFrame({"customer": raw.customer_id, "supplier": raw.supplier_id.astype(str),
                           "period": (month.dt.year - 2014) * 12 + month.dt.month - 1, "amount": raw.amount_usd.astype(float)})
    rows = [["year", *_next(record, 12, [36, 48, 60])], ["quarter", *_next(record, 3, [48, 54, 60, 66, 69])], ["month", *_next(record, 1, [48, 55, 62, 69])]]
    return [("Shares of the next period, total variation (liquor shops, all suppliers known)",
             ["period", "customers", "habit", "last period", "market share", "habit, by wallet", "last, by wallet", "market, by wallet"], rows)]
