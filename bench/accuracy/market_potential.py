"""What gravity and the rule of supply, ease and demand say of trade some years later, beside naive rows; rolling origins.

Each origin uses its own year alone. Manufactures: trade of a pair four years later. Food: an exporter's flow of an item five years later.
"What was traded", "last share" and the like are the naive rows. Error: sum of |error| over sum of actual, after every rule's total has
been set to the actual one (nobody foretells the world's growth here). "Foretells growth": rank correlation of ln(rule / traded) with
ln(later / traded); a rule that says nothing has 0. "Entry": chance that the rule ranks a pair without trade that traded later
above one that did not (0.5 says nothing).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from guanxi import market
from scipy.stats import rankdata, spearmanr

ROOT = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def _error(rule: np.ndarray, later: np.ndarray) -> float:
    known = np.nan_to_num(rule)
    return float(np.abs(known * later.sum() / known.sum() - later).sum() / later.sum())


def _foretells(rule: np.ndarray, now: np.ndarray, later: np.ndarray) -> float:
    use = (rule > 0) & (now > 0) & (later > 0)
    return float(spearmanr(np.log(rule[use] / now[use]), np.log(later[use] / now[use])).statistic)


def _entry(rule: np.ndarray, came: np.ndarray) -> float:
    rank = rankdata(np.nan_to_num(rule))
    n = int(came.sum())
    return float((rank[came].sum() - n * (n + 1) / 2) / (n * (len(came) - n)))


def _rows(origin: int, rules: dict[str, np.ndarray], now: np.ndarray, later: np.ndarray) -> list[list[object]]:
    out: list[list[object]] = []
    none = now == 0
    for name, rule in rules.items():
        plain = name.startswith("what was traded")
        out.append([str(origin), name, len(now), _error(rule, later), "" if plain else _foretells(rule, now, later),
                    "" if plain or (later[none] > 0).sum() < 10 else _entry(rule[none], later[none] > 0)])
    return out


def _manufactures() -> list[list[object]]:
    d = pd.read_csv(ROOT / "manufacturing_trade_69c_1986_2006.csv.gz")
    d = d[d.exporter != d.importer].assign(log_distance=lambda x: np.log(x.distance_km))
    rows: list[list[object]] = []
    for origin in (1990, 1994, 1998, 2002):
        now = d[d.year == origin].set_index(["exporter", "importer"]).sort_index()
        later = d[d.year == origin + 4].set_index(["exporter", "importer"]).value_musd.reindex(now.index).to_numpy()
        fit = market.gravity(now.reset_index(), value="value_musd", effects=["exporter", "importer"],
                             regressors=["log_distance", "contiguous", "common_language", "colonial_tie", "trade_agreement"])
        traded, expected = now.value_musd.to_numpy(float), np.nan_to_num(fit.fitted_)
        product = now.value_musd.groupby("exporter").transform("sum").to_numpy() * now.value_musd.groupby("importer").transform("sum").to_numpy()
        rules = {"what was traded": traded, "gravity": expected, "sizes alone (row x column)": product, "nine parts traded, one part gravity": 0.9 * traded + 0.1 * expected}
        rows += _rows(origin, rules, traded, later)
    return rows


def _food() -> list[list[object]]:
    d = pd.read_parquet(ROOT / "food_trade_10_items_1992_2024.parquet").astype({"value_kusd": float, "importer": str, "exporter": str, "item": str})
    d = d[d.exporter != d.importer]
    rows: list[list[object]] = []
    for origin in (2002, 2007, 2012, 2017):
        now, then = (d[d.year == y].groupby(["exporter", "importer", "item"]).value_kusd.sum() for y in (origin, origin + 5))
        sells = now.groupby(["exporter", "item"]).sum().rename("sells")
        buys = now.groupby(["importer", "item"]).sum().rename("buys")
        reports = set(then.index.get_level_values(1))
        pairs = sells.reset_index().merge(buys.reset_index(), on="item")
        pairs = pairs[(pairs.exporter != pairs.importer) & pairs.importer.isin(reports)]
        pairs = pairs[pairs.importer.isin(now.index.get_level_values(1))]
        index = pd.MultiIndex.from_frame(pairs[["exporter", "importer", "item"]])
        traded, later = (s.reindex(index, fill_value=0.0).to_numpy() for s in (now, then))
        flows = pairs[["exporter", "importer", "item"]].assign(value=traded)
        rule = market.potential(flows, product="item").potential.to_numpy()
        world = pairs.groupby("item").buys.transform(lambda s: s.unique().sum()).to_numpy()
        plain = (pairs.sells * pairs.buys).to_numpy() / world
        rules = {"what was traded": traded, "supply x ease x demand": rule, "supply x demand (no ease)": plain,
                 "nine parts traded, one part supply x ease x demand": 0.9 * traded + 0.1 * np.nan_to_num(rule)}
        rows += _rows(origin, rules, traded, later)
    return rows


def _ranges() -> list[list[object]]:
    """Do the ranges of the table's potentials hold what is traded later by those who sell there?"""
    d = pd.read_parquet(ROOT / "food_trade_10_items_1992_2024.parquet").astype({"value_kusd": float, "importer": str, "exporter": str, "item": str})
    d = d[d.exporter != d.importer]
    rows: list[list[object]] = []
    for origin in (2007, 2012, 2017):
        inside = count = 0
        score, came = [], []
        past = d[d.year.between(origin - 5, origin)]
        for own in ("BRA", "NZL", "CHN", "ESP", "KEN", "VNM", "TUR", "PER"):
            t = market.table(past, own=own, product="item", period="year", value="value_kusd").markets.set_index(["importer", "item"])
            later = d[(d.year == origin + 1) & (d.exporter == own)].groupby(["importer", "item"]).value_kusd.sum().reindex(t.index, fill_value=0.0)
            use = (t.sales > 0) & t.potential_low.notna()
            inside += int(((t.potential_low <= later) & (later <= t.potential_high))[use].sum())
            count += int(use.sum())
            held = d[(d.year == origin + 1) & (d.exporter == own)].groupby(["importer", "item"]).value_kusd.sum()
            size = d[d.year == origin + 1].groupby(["importer", "item"]).value_kusd.sum()
            share = (held / size).reindex(t.index, fill_value=0.0)
            seen = use & (size.reindex(t.index) > 0) & t.difficulty.notna()
            score += (1 - t.difficulty[seen]).tolist()
            came += (share[seen] >= t.share[seen]).tolist()
        chance, won = np.array(score), np.array(came, float)
        rows.append([str(origin), count, inside / count, float(chance.mean()), float(won.mean()), float(np.mean((chance - won) ** 2)), float(np.mean((won.mean() - won) ** 2))])
    return rows


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    header = ["origin", "rule", "flows", "error of the total", "foretells growth", "entry"]
    out: list[tuple[str, list[str], list[list[object]]]] = []
    if (ROOT / "manufacturing_trade_69c_1986_2006.csv.gz").exists():
        out.append(("Gravity against trade four years later, manufactures of 69 countries", header, _manufactures()))
    if (ROOT / "food_trade_10_items_1992_2024.parquet").exists():
        out.append(("Potential against trade five years later, ten farm products", header, _food()))
        out.append(("The table of markets, eight exporters of food, against the year after",
                    ["origin", "cells we sell to", "range of the potential holds (of 90 %)", "mean chance to hold the share", "held", "Brier", "Brier of the mean"], _ranges()))
    return out
