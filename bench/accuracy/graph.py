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
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd

ROOT = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
Scores = np.ndarray
MODEL = "learned model"


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


class Cut:
    """What is known at the end of a period and what came within the horizon, as matrices."""

    def __init__(self, frame: pd.DataFrame, at: int, horizon: int) -> None:
        net = frame[frame.period <= at].groupby(["customer", "supplier"]).agg(amount=("amount", "sum"), last=("period", "max"), first=("period", "min"))
        net = net[net.amount > 0].reset_index()
        later = frame[frame.period <= at + horizon].groupby(["customer", "supplier"]).amount.sum()
        later = later[later > 0].reset_index()
        self.customers = np.sort(net.customer.unique())
        self.suppliers = np.sort(net.supplier.unique())
        c, s = np.searchsorted(self.customers, net.customer), np.searchsorted(self.suppliers, net.supplier)
        shape = (len(self.customers), len(self.suppliers))
        self.ties, self.new = np.zeros(shape, bool), np.zeros(shape, bool)
        self.ties[c, s] = True
        self.recent = np.zeros(shape)
        self.recent[c, s] = net["last"] > at - horizon
        later = later[later.customer.isin(self.customers) & later.supplier.isin(self.suppliers)]
        self.new[np.searchsorted(self.customers, later.customer), np.searchsorted(self.suppliers, later.supplier)] = True
        self.new &= ~self.ties
        self.at, self.horizon = at, horizon

    def place(self, frame: Any, value: str) -> Scores:
        out = np.full(self.ties.shape, np.nan if value == "chance" else 0.0)
        out[np.searchsorted(self.customers, frame.customer), np.searchsorted(self.suppliers, frame.supplier)] = frame[value]
        return out


def measures(score: Scores, cut: Cut, by_supplier: bool, seed: int = 5) -> dict[Any, tuple[float, float, float]]:
    """AUC, P@10 and AP@10 of each node with a new tie; equal scores broken at random."""
    score, ties, new = (x.T if by_supplier else x for x in (score, cut.ties, cut.new))
    names = cut.suppliers if by_supplier else cut.customers
    known = (cut.ties.any(axis=1) if by_supplier else cut.ties.any(axis=0))
    random = np.random.default_rng(seed)
    out = {}
    for i in np.flatnonzero(new.any(axis=1)):
        candidate = ~ties[i] & known
        x, y = score[i][candidate], new[i][candidate]
        order = np.lexsort((random.random(len(x)), -np.nan_to_num(x)))
        y = y[order]
        hits, n = np.flatnonzero(y), len(y)
        if len(hits) == n:
            continue
        ranks = pd.Series(np.nan_to_num(x)).rank().to_numpy()[order]
        auc = (ranks[y].sum() - len(hits) * (len(hits) + 1) / 2) / (len(hits) * (n - len(hits)))
        top = hits[hits < 10]
        precision = sum((j + 1) / (h + 1) for j, h in enumerate(top)) / min(10, len(hits))
        out[names[i]] = (auc, len(top) / 10, precision)
    return out


def walk(cut: Cut, damping: float = 0.85) -> Scores:
    """Personalised PageRank of every supplier from every customer, plain ties, exact."""
    a = cut.ties.astype(float)
    to_s, to_c = a / a.sum(1, keepdims=True), (a / a.sum(0)).T
    small = np.linalg.inv(np.eye(len(cut.customers)) - damping**2 * to_s @ to_c)
    return (1 - damping) * damping * small @ to_s


def from_supplier(cut: Cut, scores: Scores) -> Scores:
    """The same walk from the other end: strengths are symmetric."""
    return scores * cut.ties.sum(1)[:, None] / cut.ties.sum(0)[None, :]


def cosine(cut: Cut, by_supplier: bool, k: int) -> Scores:
    """Sum of the likeness of the k most like customers who buy from the supplier (or the like for suppliers)."""
    a = (cut.ties.T if by_supplier else cut.ties).astype(float)
    norm = np.sqrt(a.sum(1))
    like = a @ a.T / norm[:, None] / norm[None, :]
    np.fill_diagonal(like, 0)
    if k < len(like):
        bar = np.partition(like, -k, axis=1)[:, -k][:, None]
        like = np.where(like >= bar, like, 0)
    out = like @ a
    return out.T if by_supplier else out


def als(cut: Cut, factors: int, ridge: float) -> Scores:
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    model = AlternatingLeastSquares(factors=factors, regularization=ridge, iterations=20, random_state=7, num_threads=1)
    model.fit(csr_matrix(cut.ties.astype(np.float32)), show_progress=False)
    return np.asarray(model.user_factors) @ np.asarray(model.item_factors).T


def chosen(make: Callable[..., Scores], grid: list[tuple[Any, ...]], past: Cut | None, now: Cut, by_supplier: bool) -> Scores:
    """The setting with the best MAP@10 + AUC on the horizon before, then that setting now."""
    if past is None or not past.new.any():
        return make(now, *grid[0])
    worth = [np.mean([m[0] + m[2] for m in measures(make(past, *g), past, by_supplier).values()]) for g in grid]
    return make(now, *grid[int(np.argmax(worth))])


def learned(frame: pd.DataFrame, cut: Cut) -> tuple[Scores, Scores]:
    g = gx.graph.SupplierGraph(frame, period="period", product="product" if "product" in frame else None)
    table = g.next_suppliers(None, at=cut.at, horizon=cut.horizon, model="learned")
    return cut.place(table, "chance"), cut.place(table, "score")


def candidates(frame: pd.DataFrame, cut: Cut, past: Cut | None, by_supplier: bool) -> dict[str, Scores]:
    chance, fading = learned(frame, cut)
    plain = walk(cut)
    ones = np.ones(cut.ties.shape)
    popular = {name: ones * m.sum(axis=int(by_supplier), keepdims=True) for name, m in (("popularity", cut.ties), ("recent popularity", cut.recent))}
    out = {MODEL: chance, "walk of fading ties": fading, "personalised PageRank": from_supplier(cut, plain) if by_supplier else plain,
           "like-customers cosine": chosen(lambda c, k: cosine(c, by_supplier, k), [(10,), (25,), (50,), (100,), (10_000,)], past, cut, by_supplier), **popular}
    if by_supplier:
        del out["walk of fading ties"]
    try:
        out["ALS"] = chosen(als, [(f, r) for f in (4, 8, 16, 32) for r in (0.01, 1.0, 10.0)], past, cut, by_supplier)
    except ImportError:
        pass
    return out


def interval(values: np.ndarray, owner: np.ndarray, seed: int = 11, draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the mean of values when owners are drawn again with all that is theirs."""
    _, code = np.unique(owner, return_inverse=True)
    n = code.max() + 1
    total, count = np.bincount(code, values, n), np.bincount(code, minlength=n)
    pick = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    low, high = np.quantile(pick @ total / (pick @ count), [0.025, 0.975])
    return float(low), float(high)


def compare(title: str, frame: pd.DataFrame, cuts: list[int], horizon: int, by_supplier: bool) -> list[tuple[str, list[str], list[list[object]]]]:
    kept: dict[str, list[tuple[Any, tuple[float, float, float]]]] = {}
    chances: list[tuple[np.ndarray, np.ndarray]] = []
    first = int(frame.period.min())
    for at in cuts:
        cut = Cut(frame, at, horizon)
        past = Cut(frame, at - horizon, horizon) if at - horizon >= first else None
        for name, score in candidates(frame, cut, past, by_supplier).items():
            kept.setdefault(name, []).extend(measures(score, cut, by_supplier).items())
            if name == MODEL:
                seen = ~np.isnan(score)
                chances.append((score[seen], cut.new[seen]))
    model = np.array([m for _, m in kept[MODEL]])
    owner = np.array([str(name) for name, _ in kept[MODEL]])
    rows: list[list[object]] = []
    for name, values in kept.items():
        x = np.array([m for _, m in values])
        row: list[object] = [name]
        for j in range(3):
            low, high = interval(x[:, j], owner)
            row.append(f"{x[:, j].mean():.3f} ({low:.3f} to {high:.3f})")
            if name == MODEL:
                row.append("")
            else:
                low, high = interval(model[:, j] - x[:, j], owner)
                row.append(f"{low:+.3f} to {high:+.3f}")
        rows.append(row)
    who = "suppliers" if by_supplier else "customers"
    out = [(f"{title}: {'winnable customers' if by_supplier else 'next suppliers'}, {len(model)} rankings of {len(set(owner))} {who}, horizon {horizon}",
            ["ranked by", "AUC", "model ahead by", "P@10", "model ahead by", "MAP@10", "model ahead by"], rows)]
    if not by_supplier:
        p, y = np.concatenate([c[0] for c in chances]), np.concatenate([c[1] for c in chances])
        order = np.argsort(p, kind="stable")
        edges = [0, 0.5, 0.9, 0.99, 0.999, 1]
        parts = [order[int(a * len(p)):int(b * len(p))] for a, b in zip(edges, edges[1:], strict=False)]
        names = ["lower half", "next 40 %", "next 9 %", "next 0.9 %", "top 0.1 %"]
        out.append((f"{title}: chances of a new tie against what came, {len(cuts)} cuts", ["pairs", "number", "ties expected", "ties that came"],
                    [[n, len(i), float(p[i].sum()), int(y[i].sum())] for n, i in zip(names, parts, strict=True)] + [["all", len(p), float(p.sum()), int(y.sum())]]))
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
        for by_supplier in (False, True):
            out += compare(title, frame, cuts, horizon, by_supplier)
    return out
