"""Formulas of the market room against plain loops over real trade: the worst relative difference of each."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from pathlib import Path

import pandas as pd
from guanxi import market

ROOT = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def _off(got: float, want: float, scale: float | None = None) -> float:
    """Relative difference; sums that cancel are measured against what they are the sum of."""
    if math.isnan(want) or math.isnan(got):
        return 0.0 if math.isnan(want) and math.isnan(got) else math.inf
    return abs(got - want) / max(abs(want) if scale is None else scale, 1e-300) if got != want else 0.0


def _advantage(frame: pd.DataFrame, exporter: str, product: str, value: str) -> dict[str, float]:
    a = market.advantage(frame, exporter, product, value)
    cell: dict[tuple[str, str], float] = defaultdict(float)
    xc: dict[str, list[float]] = defaultdict(list)
    xp: dict[str, list[float]] = defaultdict(list)
    for e, p, v in zip(frame[exporter], frame[product], frame[value], strict=True):
        cell[e, p] += v
        xc[e].append(v)
        xp[p].append(v)
    sum_c, sum_p = {k: math.fsum(v) for k, v in xc.items()}, {k: math.fsum(v) for k, v in xp.items()}
    total = math.fsum(sum_c.values())
    worst = {"rca": 0.0, "rsca": 0.0, "nrca": 0.0}
    for e, p, rca, rsca, nrca in zip(a[exporter], a[product], a.rca, a.rsca, a.nrca, strict=True):
        v = cell[e, p]
        want = (v / sum_c[e]) / (sum_p[p] / total) if sum_c[e] > 0 and sum_p[p] > 0 else math.nan
        worst["rca"] = max(worst["rca"], _off(rca, want))
        worst["rsca"] = max(worst["rsca"], _off(rsca, (want - 1) / (want + 1), 1.0))
        worst["nrca"] = max(worst["nrca"], _off(nrca, v / total - sum_c[e] * sum_p[p] / total / total, max(v / total, sum_c[e] * sum_p[p] / total / total)))
    return worst


def _profiles(frame: pd.DataFrame, exporter: str, product: str, value: str) -> dict[str, float]:
    table = frame.pivot_table(index=exporter, columns=product, values=value, aggfunc="sum", fill_value=0.0).to_numpy(float)
    got = market.similarity(table)
    sums = [math.fsum(row) for row in table]
    worst = 0.0
    for i in range(0, len(table), 7):
        for j in range(0, len(table), 5):
            want = math.fsum(min(a / sums[i], b / sums[j]) for a, b in zip(table[i], table[j], strict=True)) if sums[i] > 0 and sums[j] > 0 else math.nan
            worst = max(worst, _off(got[i, j], want))
    return {"similarity": worst}


def _concentration(frame: pd.DataFrame, by: list[str], value: str) -> dict[str, float]:
    got = market.concentration(frame, by=by, value=value).set_index(by)
    worst = {"hhi": 0.0, "entropy": 0.0}
    for key, v in frame[frame[value] > 0].groupby(by if len(by) > 1 else by[0])[value]:
        total = math.fsum(v)
        worst["hhi"] = max(worst["hhi"], _off(got.hhi[key], math.fsum((x / total) ** 2 for x in v)))
        worst["entropy"] = max(worst["entropy"], _off(got.entropy[key], math.fsum(-x / total * math.log(x / total) for x in v), 1.0))
    return worst


def _constant_share(frame: pd.DataFrame, who: str, ends: tuple[int, int], names: tuple[str, str, str, str, str]) -> dict[str, float]:
    year, exporter, importer, product, value = names
    cells: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for y, e, m, p, v in zip(*(frame[n] for n in (year, exporter, importer, product, value)), strict=True):
        if y in ends:
            i = ends.index(y)
            cells[p, m][2 + i] += v
            if e == who:
                cells[p, m][i] += v
    total = [math.fsum(c[2 + i] for c in cells.values()) for i in (0, 1)]
    g = total[1] / total[0] - 1
    by: dict[str, list[list[float]]] = defaultdict(lambda: [[], []])
    for (p, _), c in cells.items():
        for i in (0, 1):
            by[p][i].append(c[2 + i])
    gp = {p: math.fsum(b) / math.fsum(a) - 1 if math.fsum(a) > 0 else 0.0 for p, (a, b) in by.items()}
    want = {"market": [], "product": [], "place": [], "own": []}  # type: dict[str, list[float]]
    for (p, _), (w0, w1, all0, all1) in cells.items():
        s0 = w0 / all0 if all0 > 0 else 0.0
        want["market"].append(g * w0)
        want["product"].append((gp[p] - g) * w0)
        want["place"].append(s0 * (all1 - all0) - gp[p] * w0)
        want["own"].append(w1 - s0 * all1)
    rows = [(p, m, end, c[i], c[2 + i]) for (p, m), c in cells.items() for i, end in enumerate(ends)]
    got = market.constant_share(pd.DataFrame(rows, columns=["product", "place", "period", "value", "total"]))
    size = max(abs(got.change), max(abs(math.fsum(v)) for v in want.values()))
    return {f"constant share: {n}": _off(getattr(got, n), math.fsum(v), size) for n, v in want.items()}


def _space(frame: pd.DataFrame, exporter: str, product: str, value: str) -> dict[str, float]:
    table = frame.pivot_table(index=exporter, columns=product, values=value, aggfunc="sum", fill_value=0.0).to_numpy(float)
    rca = market.advantage(table).rca
    has = [[c for c in range(len(rca)) if rca[c, p] >= 1] for p in range(rca.shape[1])]
    phi = market.proximity(rca)
    near = [[len(set(has[p]) & set(has[q])) / max(len(has[p]), len(has[q])) if has[p] and has[q] else math.nan for q in range(len(has))] for p in range(0, len(has), 11)]
    worst = max(_off(phi[p, q], near[i][q]) for i, p in enumerate(range(0, len(has), 11)) for q in range(len(has)))
    density = market.density(rca)
    off = 0.0
    for i, p in enumerate(range(0, len(has), 11)):
        line = [0.0 if math.isnan(x) else x for x in near[i]]
        for c in range(0, len(rca), 9):
            want = math.fsum(x for q, x in enumerate(line) if rca[c, q] >= 1) / math.fsum(line) if math.fsum(line) > 0 else math.nan
            off = max(off, _off(density[c, p], want))
    return {"proximity": worst, "density": off}


def tables() -> list[tuple[str, list[str], list[list[object]]]]:
    files = ("food_trade_10_items_1992_2024.parquet", "manufacturing_trade_69c_1986_2006.csv.gz", "world_trade_sitc_1998_2000.csv.gz")
    if not all((ROOT / name).exists() for name in files):
        return []
    food = pd.read_parquet(ROOT / files[0]).astype({"value_kusd": float, "importer": str, "exporter": str, "item": str})
    made = pd.read_csv(ROOT / files[1])
    made = made[made.exporter != made.importer]
    world = pd.read_csv(ROOT / files[2], dtype={"sitc4": str})
    rows: list[list[object]] = []

    def put(data: str, found: dict[str, float]) -> None:
        rows.extend([data, name, float(off), "yes" if off <= 1e-12 else "no"] for name, off in found.items())

    year = food[food.year == 2020]
    put("food trade", _advantage(year, "exporter", "item", "value_kusd"))
    put("food trade", _profiles(year, "exporter", "item", "value_kusd"))
    put("food trade", _concentration(year, ["importer", "item"], "value_kusd"))
    put("food trade", _constant_share(food, "BRA", (2010, 2020), ("year", "exporter", "importer", "item", "value_kusd")))
    last = made[made.year == 2006]
    put("manufacturing trade", _advantage(last, "exporter", "importer", "value_musd"))
    put("manufacturing trade", _profiles(last, "exporter", "importer", "value_musd"))
    put("manufacturing trade", _concentration(last, ["importer"], "value_musd"))
    put("manufacturing trade", _constant_share(made.assign(item="all"), "DEU", (1986, 2006), ("year", "exporter", "importer", "item", "value_musd")))
    put("SITC", _advantage(world, "country", "sitc4", "export_usd"))
    put("SITC", _profiles(world, "country", "sitc4", "export_usd"))
    put("SITC", _concentration(world, ["sitc4"], "export_usd"))
    put("SITC", _space(world, "country", "sitc4", "export_usd"))
    return [("Market formulas against plain loops on real trade", ["data", "formula", "worst relative difference", "within 1e-12"], rows)]
