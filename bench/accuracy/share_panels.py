"""Household panels with rivals hidden (a survey of a fifth of the customers), and coverage of hidden cells on made-up records."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from guanxi import share

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
Floats = npt.NDArray[np.float64]


def _halves(rows: pd.DataFrame, seed: int) -> tuple[Floats, Floats]:
    """Purchases of each household and brand in two halves, split at random: the order of the file is no order in time."""
    rng = np.random.default_rng(seed)
    rows = rows.assign(u=rng.random(len(rows)))
    half = rows.groupby("customer_id").u.rank(method="first") <= rows.groupby("customer_id").u.transform("size") / 2
    tables = [rows[m].pivot_table(index="customer_id", columns="supplier", values="u", aggfunc="size", fill_value=0) for m in (half, ~half)]
    who = tables[0].index.intersection(tables[1].index)
    brands = sorted(rows.supplier.unique())
    first, second = (t.reindex(index=who, columns=brands, fill_value=0).to_numpy(float) for t in tables)
    return first, second


def panels(seeds: int = 5) -> list[list[object]]:
    """P2: a fifth surveyed in full; of the others only our purchases (brand 1: the largest) and the number of all purchases."""
    full = pd.read_csv(DATA / "household_brand_panel.csv.gz")
    rows: list[list[object]] = []
    for category in ("tuna", "ketchup"):
        found: dict[str, list[list[float]]] = {}
        for seed in range(seeds):
            first, second = _halves(full[full.category == category], seed)
            rng = np.random.default_rng(100 + seed)
            own = int(first.sum(axis=0).argmax())
            pick = rng.random(len(first)) < 0.2
            model = share.DirichletMultinomial().fit(first[pick].astype(np.int64))
            alpha = np.asarray(model.alpha_)
            a, total = alpha[own], alpha.sum()
            test = ~pick & (second.sum(axis=1) > 0)
            n, r = first[test].sum(axis=1), first[test][:, own]
            new = second[test]
            truth = new[:, own] / new.sum(axis=1)
            market = first[pick].sum(axis=0) / first[pick].sum()
            others = alpha / (total - a)

            def spread(mine: Floats, rest_of: Floats) -> Floats:
                p = (1.0 - mine)[:, None] * rest_of[None, :]
                p[:, own] = mine
                return np.maximum(p, 1e-6)

            raw = np.where(n > 0, r / np.maximum(n, 1), market[own])
            guesses = {"market share": np.tile(market, (len(new), 1)), "raw r / n": spread(np.clip(raw, 0.01, 0.99), market / (1 - market[own])),
                       "ours, own and total": spread((a + r) / (total + n), others),
                       "ours, all brands": (alpha + first[test]) / (total + n)[:, None]}
            # 90 % of the bought share of the second half: draws of the posterior, then of the purchases
            draw = rng.beta(a + r[:, None], total - a + (n - r)[:, None], (len(new), 400))
            bought = rng.binomial(new.sum(axis=1).astype(int)[:, None], draw) / new.sum(axis=1)[:, None]
            low, high = np.quantile(bought, [0.05, 0.95], axis=1, method="inverted_cdf")
            inside = float(((truth >= low) & (truth <= high)).mean())
            for name, p in guesses.items():
                p = p / p.sum(axis=1, keepdims=True)
                loss = -float((new * np.log(p)).sum() / new.sum())
                found.setdefault(name, []).append([loss, 100 * float(np.abs(p[:, own] - truth).mean()), inside if name == "ours, own and total" else np.nan])
        rows += [[category, name, *(float(x) for x in np.mean(v, axis=0))] for name, v in found.items()]
    return rows


def _record(seed: int) -> tuple[Floats, list[Floats]]:
    """Links that come and go, amounts that wander: the present table and five years before it, newest first."""
    rng = np.random.default_rng(seed)
    n, k = 120, 60
    size, push = rng.lognormal(0, 1.2, n), rng.lognormal(0, 1.2, k)
    link = rng.random((n, k)) < 0.15
    level = rng.normal(0, 1.0, (n, k))
    years = []
    for _ in range(6):
        link = np.where(link, rng.random((n, k)) < 0.9, rng.random((n, k)) < 0.018)
        level = 0.95 * level + rng.normal(0, 0.3, (n, k))
        table = link * np.outer(size, push) * np.exp(level + rng.normal(0, 0.2, (n, k)))
        years.append(table)
    return years[-1], years[-2::-1]


def simulated(seeds: int = 10) -> list[list[object]]:
    rows: list[list[object]] = []
    for part in (0.1, 0.3, "big"):
        found = []
        for seed in range(seeds):
            truth, past = _record(seed)
            rng = np.random.default_rng(1000 + seed)
            known = (truth > 0) & (rng.random(truth.shape) < np.minimum(1, 0.6 * np.sqrt(truth / truth[truth > 0].mean()))) if part == "big" \
                else rng.random(truth.shape) < part
            years = [*past[::-1], np.where(known, truth, np.nan)]
            cells = [(c, s, t, float(v)) for t, year in enumerate(years) for (c, s), v in np.ndenumerate(year) if (v > 0 if t < 5 else np.isfinite(v))]
            frame = pd.DataFrame(cells, columns=["customer", "supplier", "period", "amount"])
            noise = np.exp(0.1 * rng.normal(size=len(truth)))
            totals = pd.DataFrame({"customer": range(len(truth)), "total": truth.sum(axis=1) * noise, "error": 0.1})
            supply = pd.DataFrame({"supplier": range(truth.shape[1]), "total": truth.sum(axis=0)})
            cover = pd.DataFrame({"coverage": [None], "period": [5], "kind": ["size" if part == "big" else "cell"]}).astype({"coverage": float})
            model = share.SupplierShares().fit(frame, customer_totals=totals, supplier_totals=supply, coverage=cover)
            got = model.shares_
            got = got[got.supplier.notna()].astype({"supplier": int})
            wide = {c: got.pivot(index="customer", columns="supplier", values=c).reindex(index=range(len(truth)), columns=range(truth.shape[1])).fillna(0.0).to_numpy()
                    for c in ("share", "low", "high", "low_active", "high_active")}
            wallet = truth.sum(axis=1)
            money = np.asarray(model.wallets_.wallet)[:, None]
            alive = ~known & (truth > 0)
            ok = (truth >= wide["low_active"] * money - 1e-9) & (truth <= wide["high_active"] * money + 1e-9)
            every = (truth >= wide["low"] * money - 1e-9) & (truth <= wide["high"] * money + 1e-9)
            w = model.wallets_
            found.append([ok[alive].mean(), every[~known].mean(), float(((wallet >= w.low) & (wallet <= w.high)).mean()),
                          float(np.abs(np.asarray(w.wallet) / wallet - 1).mean()), float(np.abs(noise - 1).mean())])
        rows.append([str(part), *(float(x) for x in np.mean(found, axis=0))])
    return rows


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    out: list[tuple[str, list[str], list[list[object]]]] = [
        ("Hidden cells on made-up records, totals of customers known with an error of 10 %",
         ["cells known", "90 % covers, positive", "all hidden", "wallet", "error of the wallet", "of the total told"], simulated())]
    if (DATA / "household_brand_panel.csv.gz").exists():
        out.append(("Household panels, a fifth surveyed, second half foretold", ["panel", "what is known", "log loss", "MAE own, points", "90 % covers, own"],
                    panels()))
    return out


if __name__ == "__main__":
    for _, header, rows in tables():
        print(header)
        for row in rows:
            print(*row)
