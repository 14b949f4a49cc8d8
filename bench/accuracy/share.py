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


def _wide(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot_table(index="customer", columns="supplier", values="amount", aggfunc="sum", fill_value=0.0).astype(float)


def _sets() -> dict[str, tuple[pd.DataFrame, pd.DataFrame, list[pd.DataFrame]]]:
    """Name -> (table of the scored year, earlier deliveries, covariates). Every set was looked at before the design was final."""
    out: dict[str, tuple[pd.DataFrame, pd.DataFrame, list[pd.DataFrame]]] = {}
    council = pd.read_csv(DATA / "share_council_spend.csv.gz").rename(columns={"cust": "customer", "sup": "supplier", "y": "period", "amt": "amount"})
    trade = pd.read_csv(DATA / "manufacturing_trade_69c_1986_2006.csv.gz").rename(
        columns={"importer": "customer", "exporter": "supplier", "year": "period", "value_musd": "amount"})
    food = pd.read_parquet(DATA / "food_trade_10_items_1992_2024.parquet").rename(
        columns={"importer": "customer", "exporter": "supplier", "year": "period", "value_kusd": "amount"})
    trade = trade[trade.customer != trade.supplier]
    items = sorted(food.item.unique())
    chosen = [("council", council, y) for y in (2018, 2020, 2021)] + [("manufactures", trade, 2006)]
    chosen += [(i, food[food.item == i], 2016) for i in items]
    for name, frame, year in chosen:
        frame = frame[["customer", "supplier", "period", "amount"]].astype({"customer": str, "supplier": str})
        table = _wide(frame[frame.period == year])
        if name == "council":
            table = table[(table > 0).sum(axis=1) >= 5]
            table = table.loc[:, (table > 0).sum(axis=0) >= 3]
        table = table.loc[table.sum(axis=1) > 0, table.sum(axis=0) > 0]
        past = frame[(frame.period < year) & (frame.period >= year - 5) & frame.customer.isin(table.index) & frame.supplier.isin(table.columns)]
        groups = [pd.DataFrame({"customer": table.index, "body": [c.split("|")[0] for c in table.index]})] if name == "council" else []
        out[f"{name} {year}"] = (table, past, groups)
    world = pd.read_csv(DATA / "share_trade_gravity.csv.gz").rename(columns={"iso_d": "customer", "iso_o": "supplier", "flow": "amount"})
    world["distance"] = np.log(world.distw)
    cells = world[["customer", "supplier", "distance", "rta", "contig", "comlang_off", "comcur"]]
    out["world trade"] = (_wide(world), world.iloc[:0][["customer", "supplier", "amount"]].assign(period=0), [cells])
    return out


def _rivals(table: pd.DataFrame, past: pd.DataFrame, known: np.ndarray, listed: np.ndarray) -> dict[str, np.ndarray]:
    """What a margin or history method says of the hidden cells: raked to the same margins, known cells put in."""
    truth = table.to_numpy()
    hidden = np.where(known, 0.0, truth)
    row, column = hidden.sum(axis=1), hidden.sum(axis=0)
    even = np.outer(row, column) / max(row.sum(), 1e-300) * listed
    priors = {"RAS": even}
    years = [_wide(past[past.period == y]).reindex(index=table.index, columns=table.columns, fill_value=0.0).to_numpy()
             for y in sorted(past.period.unique(), reverse=True)]
    if years:
        priors["last year"] = years[0] + 1e-6 * even
        priors["all years"] = sum(years) + 1e-6 * even
        for d in (0.3, 0.5):
            priors[f"years, d = {d}"] = sum(d**k * h for k, h in enumerate(years)) + 1e-6 * even
    return {name: np.where(known, truth, share.rake(np.where(known, 0.0, p), row, column, tol=1e-7, sweeps=500).matrix) for name, p in priors.items()}


def _score(guess: np.ndarray, truth: np.ndarray, hidden: np.ndarray) -> tuple[float, float]:
    """Weighted total variation over hidden cells in share points; how often the largest supplier is right."""
    return (50.0 * float((np.abs(guess - truth) * hidden).sum() / truth.sum()), float((guess.argmax(axis=1) == truth.argmax(axis=1)).mean()))


def masked(names: list[str] | None = None, parts: tuple[float, ...] = (0.1, 0.3), seeds: int = 2) -> list[list[object]]:
    """P1: one supplier in full and a part of the other cells known (or cells that are big), margins exact; the rest filled."""
    rows: list[list[object]] = []
    for name, (table, past, covariates) in _sets().items():
        if names and name not in names:
            continue
        truth = table.to_numpy()
        listed = np.ones(truth.shape, bool)
        if name == "world trade":
            listed = covariates[0].assign(one=1).pivot_table(index="customer", columns="supplier", values="one").reindex(
                index=table.index, columns=table.columns).notna().to_numpy()
        for part in (*parts, "big"):
            found: dict[str, list[tuple[float, float]]] = {}
            inside, positive = [], []
            for seed in range(seeds):
                rng = np.random.default_rng(seed)
                own = int(rng.integers(truth.shape[1]))
                if part == "big":
                    known = (truth > 0) & (rng.random(truth.shape) < np.minimum(1, 0.6 * np.sqrt(truth / truth[truth > 0].mean())))
                else:
                    known = rng.random(truth.shape) < part
                known[:, own] = True
                known |= ~listed
                for rival, guess in _rivals(table, past, known, listed).items():
                    found.setdefault(rival, []).append(_score(guess, truth, ~known))
                c, s = np.nonzero(known & listed)
                year = int(past.period.max()) + 1 if len(past) else 0
                seen = pd.DataFrame({"customer": table.index[c], "supplier": table.columns[s], "period": year, "amount": truth[c, s]})
                deliveries = pd.concat([past, seen]).astype({"period": int})
                ours = str(table.columns[own])
                cover = pd.DataFrame({"supplier": [None, ours], "coverage": [0.0, 1.0], "period": [year, year], "kind": ["size" if part == "big" else "cell"] * 2})
                model = share.SupplierShares(own=ours).fit(
                    deliveries, customer_totals=pd.DataFrame({"customer": table.index, "period": year, "total": truth.sum(axis=1)}),
                    supplier_totals=pd.DataFrame({"supplier": table.columns, "period": year, "total": truth.sum(axis=0)}), coverage=cover,
                    covariates=covariates or None)
                got = model.shares_
                got = got[got.supplier != "(rest)"]
                wallet = truth.sum(axis=1)[:, None]
                ends = {n: got.pivot(index="customer", columns="supplier", values=n).reindex(index=table.index, columns=table.columns).fillna(0.0).to_numpy()
                        for n in ("share", "low", "high", "low_active", "high_active")}
                found.setdefault("ours", []).append(_score(ends["share"] * wallet, truth, ~known))
                t, hidden = truth / np.maximum(wallet, 1e-300), ~known
                ok = (t >= ends["low"] - 1e-6) & (t <= ends["high"] + 1e-6)
                inside.append(ok[hidden].mean())
                alive = hidden & (truth > 0)
                positive.append(((t >= ends["low_active"] - 1e-6) & (t <= ends["high_active"] + 1e-6))[alive].mean())
            mean = {k: np.mean(v, axis=0) for k, v in found.items()}
            best = min((k for k in mean if k != "ours"), key=lambda k: mean[k][0])
            rows.append([name, str(part), float(mean["ours"][0]), best, float(mean[best][0]), float(1 - mean["ours"][0] / mean[best][0]), float(mean["ours"][1]),
                         float(mean[best][1]), float(np.mean(inside)), float(np.mean(positive))])
            print(*rows[-1], flush=True)
    return rows


def own_ledger(seeds: int = 5) -> list[list[object]]:
    """P3: our own sales of one year, rivals hidden; without a survey, and with the totals of a fifth of the shops."""
    lines = pd.read_parquet(DATA / "our_ledger_supplier_370.parquet")
    lines["date"] = pd.to_datetime(lines.order_date)
    full = pd.read_parquet(DATA / "liquor_store_supplier_month.parquet")
    full["year"] = pd.to_datetime(full.month.astype(str)).dt.year
    year = full[full.year == 2019]
    total = year.groupby("customer_id").amount_usd.sum()
    ours = year[year.supplier_id.astype(int) == 370].groupby("customer_id").amount_usd.sum().reindex(total.index, fill_value=0.0)
    truth = (ours / total).to_numpy()
    now = lines[(lines.date.dt.year == 2019) & lines.customer_id.isin(total.index)]
    before = lines[lines.date.dt.year == 2018].groupby("customer_id").amount_usd.sum()
    own = pd.DataFrame({"customer": now.customer_id, "amount": now.amount_usd.astype(float), "date": now.date, "product": now.product_id, "group": now.category,
                        "units": now.units.astype(float)})
    # last year's sales stand on the first line of each shop, so that they add up to themselves
    own["before"] = np.where(~own.customer.duplicated(), own.customer.map(before).fillna(0.0), 0.0)

    def mae(frame: pd.DataFrame, who: np.ndarray | None = None) -> tuple[float, float]:
        f = frame.set_index("customer").reindex(total.index)
        off = np.abs(f.share.fillna(0.0).to_numpy() - truth)
        inside = ((truth >= f.share_low) & (truth <= f.share_high))[f.own > 0]
        keep = np.ones(len(off), bool) if who is None else who
        return float(off[keep].mean()), float(inside[keep[(f.own > 0).to_numpy()]].mean())

    buyers = truth > 0
    flat = float(np.abs(np.where(buyers, truth[buyers].mean(), 0.0) - truth).mean())
    alone = mae(share.wallets(own, market_total=float(total.sum())))
    rows: list[list[object]] = [["market total only", *alone, "zero or the buyers' mean", flat]]
    surveyed, near, cover = [], [], []
    size = np.log(ours.to_numpy() + 1.0)
    for seed in range(seeds):
        pick = np.random.default_rng(seed).permutation(len(total))[: int(0.2 * len(total))]
        told = np.zeros(len(total), bool)
        told[pick] = True
        got = mae(share.wallets(own, customer_totals=pd.DataFrame({"customer": total.index[told], "total": total[told]})), ~told)
        surveyed.append(got[0])
        cover.append(got[1])
        guess = np.array([np.median(truth[pick[np.argsort(np.abs(size[pick] - x))[:20]]]) for x in size])
        near.append(np.abs(np.where(buyers, guess, 0.0) - truth)[~told].mean())
    rows.append(["totals of a fifth of the shops", float(np.mean(surveyed)), float(np.mean(cover)), "median of the 20 nearest shops", float(np.mean(near))])
    return rows


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
             ["period", "customers", "habit", "last period", "market share", "habit, by wallet", "last, by wallet", "market, by wallet"], rows),
            ("Hidden cells filled (protocol: one supplier and a part of the other cells known, totals exact, earlier years in full)",
             ["set", "cells known", "wTV ours", "best rival", "wTV rival", "less by", "largest right, ours", "rival", "90 % covers, all hidden", "positive"], masked()),
            ("Our share of each shop's wallet, rivals hidden", ["known", "mean absolute error", "90 % covers, where we sell", "baseline", "its error"], own_ledger())]
