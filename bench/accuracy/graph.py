"""Which tie comes next: the learned model beside personalised PageRank, like customers, popularity and ALS on real networks.

Protocol: lines up to a cut are known; ties first seen within the horizon after it, both ends known before, are to be
found. For customers (suppliers) every supplier (customer) without a tie is ranked: AUC, precision of the first 10,
mean average precision of the first 10, mean over those who got a new tie at any cut. Intervals are for 95 %: customers
are drawn again with all their cuts, and the differences to the model are paired. The model and the walk have their
defaults; rank, likeness neighbours and regularisation of ALS and the neighbours of the cosine are chosen for each cut
on the horizon before it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd

ROOT = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def kosovo() -> pd.DataFrame:
    raw = pd.read_csv(ROOT / "kosovo_procurement_2010_2016.csv.gz")
    cpv = raw.cpv2.map(lambda x: "" if pd.isna(x) else str(int(x)))
    return pd.DataFrame({"customer": raw.buyer + "|" + cpv, "supplier": raw.supplier, "period": raw.year.astype(int), "product": cpv,
                         "amount": raw.value_eur.astype(float)})


def liquor() -> pd.DataFrame:
    raw = pd.read_parquet(ROOT / "liquor_store_supplier_month.parquet")
    month = pd.to_datetime(raw.month.astype(str))
    frame = pd.DataFrame({"customer": raw.customer_id, "supplier": raw.supplier_id.astype(int), "period": (month.dt.year - 2014) * 12 + month.dt.month - 1,
                          "amount": raw.amount_usd.astype(float)})
    return frame[frame.supplier != 0]


def food() -> pd.DataFrame:
    raw = pd.read_parquet(ROOT / "food_trade_10_items_1992_2024.parquet")
    return pd.DataFrame({"customer": raw.importer.astype(str) + "|" + raw.item.astype(str), "supplier": raw.exporter.astype(str),
                         "period": raw.year.astype(int), "product": raw.item.astype(str), "amount": raw.value_kusd.astype(float)})


def councils() -> pd.DataFrame:
    raw = pd.read_csv(ROOT / "share_council_spend.csv.gz")
    return pd.DataFrame({"customer": raw.cust, "supplier": raw["sup"].astype(str), "period": (raw.y.astype(int) - 2016) * 4 + raw.q.astype(int) - 1,
                         "amount": raw.amt.astype(float)})


def als(known: gx.graph.Known, factors: int, ridge: float) -> np.ndarray:
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    model = AlternatingLeastSquares(factors=factors, regularization=ridge, iterations=20, random_state=7, num_threads=1)
    model.fit(csr_matrix(known.ties.astype(np.float32)), show_progress=False)
    return np.asarray(model.user_factors) @ np.asarray(model.item_factors).T


def cosine(known: gx.graph.Known, by_supplier: bool, k: int) -> np.ndarray:
    """Sum of the likeness of the k most like customers who buy from the supplier (or the like for suppliers)."""
    a = (known.ties.T if by_supplier else known.ties).astype(float)
    norm = np.sqrt(np.maximum(1, a.sum(1)))
    like = a @ a.T / norm[:, None] / norm[None, :]
    np.fill_diagonal(like, 0)
    if k < len(like):
        bar = np.partition(like, -k, axis=1)[:, -k][:, None]
        like = np.where(like >= bar, like, 0)
    out = like @ a
    return out.T if by_supplier else out


class Chosen:
    """A rival whose setting is chosen for each cut: that with the best AUC + MAP@10 on the horizon before it."""

    def __init__(self, graph: gx.graph.SupplierGraph, horizon: int, side: str, make: Callable[..., np.ndarray], grid: list[tuple[Any, ...]]) -> None:
        self.graph, self.horizon, self.side, self.make, self.grid = graph, horizon, side, make, grid
        self.past: dict[int, tuple[Any, ...]] = {}

    def at(self, number: int) -> Callable[[gx.graph.Known], np.ndarray]:
        from guanxi._graph_backtest import _cut, _measure

        best = self.grid[0]
        if number - self.horizon >= 0:
            known, came, alive = _cut(self.graph, number - self.horizon, self.horizon)
            if came.any():
                worth = [np.mean([m[0] + m[2] for _, m in _measure(self.make(known, *g), known.ties, came, alive, self.side == "supplier", 5)]) for g in self.grid]
                best = self.grid[int(np.argmax(worth))]
        return lambda now: self.make(now, *best)


def compare(title: str, frame: pd.DataFrame, cuts: list[int], horizon: int) -> list[tuple[str, list[str], list[list[object]]]]:
    graph = gx.graph.SupplierGraph(frame, period="period", product="product" if "product" in frame else None)
    out = []
    for side in ("customer", "supplier"):
        turned = side == "supplier"
        rivals = {"like-customers cosine, best k": Chosen(graph, horizon, side, lambda n, k, t=turned: cosine(n, t, k), [(10,), (25,), (50,), (100,), (10_000,)])}
        if find_spec("implicit"):
            rivals["ALS"] = Chosen(graph, horizon, side, als, [(f, r) for f in (4, 8, 16, 32) for r in (0.01, 1.0, 10.0)])
        first = int(frame.period.min())

        def ranking(rival: Chosen, dates: list[int]) -> Callable[[gx.graph.Known], np.ndarray]:
            turn = iter(dates)  # backtest asks date by date
            return lambda known: rival.at(next(turn) - first)(known)

        found = gx.graph.backtest(graph, cuts, horizon=horizon, sides=(side,), rankings={name: ranking(r, cuts) for name, r in rivals.items()})
        t = found.table_
        rows: list[list[object]] = []
        for r in t.to_dict("records"):
            row: list[object] = [r["ranked_by"]]
            for figure in ("auc", "precision", "map"):
                row.append(f"{r[figure]:.3f} ({r[figure + '_low']:.3f} to {r[figure + '_high']:.3f})")
                row.append("" if r["ranked_by"] == "learned model" else f"{r[f'ahead_{figure}_low']:+.3f} to {r[f'ahead_{figure}_high']:+.3f}")
            rows.append(row)
        head = f"{title}: {'winnable customers' if turned else 'next suppliers'}, {t.rankings[0]} rankings of {t.nodes[0]} {side}s, horizon {horizon}"
        out.append((head, ["ranked by", "AUC", "model ahead by", "P@10", "model ahead by", "MAP@10", "model ahead by"], rows))
        if not turned:
            c = found.chances_
            out.append((f"{title}: chances of a new tie against what came, {len(cuts)} cuts", ["pairs", "number", "ties expected", "ties that came"],
                        [[r["pairs"], r["number"], r["expected"], r["came"]] for r in c.to_dict("records")]))
    return out


NETWORKS: list[tuple[str, Callable[[], pd.DataFrame], list[int], int]] = [
    ("Kosovo procurement, years", kosovo, [2012, 2013, 2014, 2015], 1),
    ("Liquor shops, months", liquor, [23, 29, 35, 41, 47, 53, 59, 65], 1),
    ("Public bodies, quarters", councils, [7, 10, 13, 16, 19], 1),
    ("Food trade, years", food, [2000, 2004, 2008, 2012, 2016, 2020], 1),
]


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    out: list[tuple[str, list[str], list[list[object]]]] = []
    for title, read, cuts, horizon in NETWORKS:
        try:
            frame = read()
        except FileNotFoundError as reason:
            out.append((title, ["not run"], [[str(reason)]]))
            continue
        out += compare(title, frame, cuts, horizon)
    return out
