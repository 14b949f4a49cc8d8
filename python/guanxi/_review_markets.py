"""What a review knows of the markets: rivals of each country, the graph of customers and suppliers, words for one customer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from ._codes import resolve
from ._frames import plain_text, read, require
from ._market_table import table as market_table
from ._words import signed_percent
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
        change = "" if math.isnan(grown) else f" ({signed_percent(grown)})"
        text = f"{c['country']}: {c['market_year']:,.0f} a year as far as seen{change}, we hold {_percent(c['share'])}"
        largest = [r for r in of.get(c["country"], []) if not r["own"] and r["amount"] > 0][:most]
        if largest:
            text += "; " + ", ".join(_rival(r) for r in largest)
        words[c["country"]] = text + "."
    return words


def _rival(r: dict[str, Any]) -> str:
    before = "" if math.isnan(r["share_before"]) else f" (the year before {_percent(r['share_before'])})"
    return f"{r['supplier']} {_percent(r['share'])}{before}"


WORLD = ["size", "size_low", "size_high", "growth", "share", "leader", "leader_share", "price", "gap", "gap_low", "gap_high", "difficulty", "score"]
OTHERS = 10  # countries without a customer of ours that are shown


def world_table(trade: Any, home: Any, countries: pa.Table) -> tuple[pa.Table, list[str]]:
    """Markets of the countries of our customers, and of those others where most money is at stake, from trade statistics.

    Names of both sides are resolved to ISO 3166; what cannot be resolved is said in the notes and left out, never guessed.
    """
    flows = plain_text(read(trade, "review: trade"))
    for name in ("exporter", "importer", "product", "period", "value"):
        require(name, flows.column_names, "review: trade")
    found = market_table(flows, own=home, quantity="quantity" if "quantity" in flows.column_names else None)
    rows = found.markets
    ours, notes = _places(countries.column("country"), "customers' country")
    theirs, more = _places(rows.column("importer"), "importer")
    name_of = {code: given for given, (code, _) in ours.items()}  # a customer's country keeps the name that the ledger gives it
    at_home, _ = _places(pa.array([str(home)]), "home")
    unknown = ("", "")
    place = [theirs.get(str(label), unknown) for label in rows.column("importer").to_pylist()]
    inside = [code in name_of for code, _ in place]
    elsewhere = [code for (code, _), mine in zip(place, inside, strict=True) if code and not mine and code != at_home.get(str(home), unknown)[0]]
    others = list(dict.fromkeys(elsewhere))[:OTHERS]
    keep = [i for i, ((code, _), mine) in enumerate(zip(place, inside, strict=True)) if mine or code in others]
    head = {"country": pa.array([name_of.get(*place[i]) for i in keep], pa.string()), "customers_there": pa.array([inside[i] for i in keep])}
    out = pa.table(head | {"product": rows.column("product").take(pa.array(keep, pa.int64()))} |
                   {name: rows.column(name).take(pa.array(keep, pa.int64())) for name in WORLD})
    c = found.conventions
    told = f"Trade statistics: {c['cells']:,} markets in {c['period']}, our country {home}; potential: {c['potential']}."
    return out, [told, *notes, *more]


def _places(column: Any, what: str) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """ISO code and name of each name that can be resolved, and a note on the others."""
    table = resolve(list(dict.fromkeys(str(v) for v in column.to_pylist() if v is not None and str(v)))).to_pylist()
    unknown = [f"'{r['given']}'" + (f" (nearest: {r['nearest']})" if r["nearest"] else "") for r in table if r["status"] == "unknown"]
    notes = [f"Trade statistics: {len(unknown)} {what} name{'' if len(unknown) == 1 else 's'} not known: {'; '.join(unknown[:5])}"
             f"{' and others' if len(unknown) > 5 else ''}."] if unknown else []
    return {r["given"]: (r["alpha3"], r["name"]) for r in table if r["status"] == "found"}, notes
