"""What a review knows of the markets: rivals of each country, the graph of customers and suppliers, words for one customer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from .deliveries import Deliveries
from .graph import SupplierGraph

RIVALS = {
    "country": "as in countries",
    "supplier": "name",
    "own": "whether it is us",
    "amount": "what it sold in the last year of the deliveries, money",
    "before": "and in the year before, not known when that is not covered",
    "share": "its part of what was seen of the market",
    "share_before": "the same in the year before",
    "customers": "how many bought from it in the last year",
    "shared": "how many of these bought from us as well",
}


def rivals_table(raw: dict[str, Any], countries: list[str], suppliers: list[str], own: int) -> pa.Table:
    """One row a country and supplier, the largest first within a country."""
    columns: dict[str, Any] = dict(raw)
    place, who = columns.pop("country"), columns.pop("supplier")
    head = {"country": pa.array([countries[k] for k in place.tolist()], pa.string()), "supplier": pa.array([suppliers[s] for s in who.tolist()], pa.string()),
            "own": pa.array(who == own)}
    return pa.table(head | {name: pa.array(values) for name, values in columns.items()}).select(list(RIVALS))


def ties_table(raw: dict[str, Any], suppliers: list[str], deliveries: Deliveries | None) -> pa.Table:
    """Frame (customer, supplier, amount, before): who sold what to whom in the last year, ours from the ledger."""
    names = pa.array([], pa.string()) if deliveries is None else deliveries.customer_ids
    return pa.table({"customer": names.take(pa.array(raw["customer"])), "supplier": pa.array(suppliers, pa.string()).take(pa.array(raw["supplier"])),
                     "amount": pa.array(raw["amount"]), "before": pa.array(raw["before"])})


def graph_of(ties: pa.Table, threads: int) -> SupplierGraph | None:
    """The graph of the last year's ties; None when nothing was sold."""
    held = ties.filter(pa.array(np.asarray(ties.column("amount")) > 0))
    return SupplierGraph(held, threads=threads) if held.num_rows else None


def _percent(x: float) -> str:
    return "not known" if math.isnan(x) else f"{100 * x:.0f} %"


def market_words(countries: pa.Table, rivals: pa.Table, most: int = 3) -> dict[str, str]:
    """A sentence a country: how large the market is as far as seen, what we hold, and who the largest rivals are."""
    of: dict[str, list[dict[str, Any]]] = {}
    for r in rivals.to_pylist():
        of.setdefault(r["country"], []).append(r)
    words = {}
    for c in countries.to_pylist():
        if math.isnan(c["market_year"]):
            continue
        grown = c["market_year"] / c["market_before"] - 1 if c["market_before"] > 0 else math.nan
        change = "" if math.isnan(grown) else f" ({100 * grown:+.0f} %)"
        text = f"{c['country']}: {c['market_year']:,.0f} a year as far as seen{change}, we hold {_percent(c['share'])}"
        largest = [r for r in of.get(c["country"], []) if not r["own"] and r["amount"] > 0][:most]
        if largest:
            text += "; " + ", ".join(_rival(r) for r in largest)
        words[c["country"]] = text + "."
    return words


def _rival(r: dict[str, Any]) -> str:
    before = "" if math.isnan(r["share_before"]) else f" (the year before {_percent(r['share_before'])})"
    return f"{r['supplier']} {_percent(r['share'])}{before}"
