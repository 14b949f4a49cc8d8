"""Parts of a review's page: the markets with their rivals, the pictures of the graph, the customers' files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ._words import signed_percent

if TYPE_CHECKING:
    from ._review import Review
    from .archive import Archive

MOST_MARKETS = 60
MOST_FILES = 200   # customers' files on the page, the first rows of the table
MOST_LEFT = 15     # accounts worth a try, and for the pool
MOST_EGOS = 6      # accounts whose surroundings are drawn


def known_number(x: float | None, digits: int = 0) -> str:
    """A number for people; "not known" where there is none."""
    return "not known" if x is None or math.isnan(x) else f"{x:,.{digits}f}"


def percent(x: float | None) -> str:
    """A part of 1 as per cent."""
    return "not known" if x is None or math.isnan(x) else f"{100 * x:.0f} %"


def _change(after: float, before: float) -> str:
    return signed_percent(after / before - 1 if before else math.nan)


def _points(after: float, before: float) -> str:
    return "not known" if math.isnan(after) or math.isnan(before) else f"{100 * (after - before):+.1f} points"


def markets(review: Review) -> dict[str, Any] | None:
    """The table of countries; below each its suppliers. None when no country is known."""
    rows = review.countries_table.to_pylist()[:MOST_MARKETS]
    if not rows:
        return None
    of: dict[str, list[list[str]]] = {}
    for r in review.rivals_table.to_pylist():
        of.setdefault(r["country"], []).append(
            [f"{r['supplier']} (us)" if r["own"] else r["supplier"], known_number(r["amount"]), _change(r["amount"], r["before"]), percent(r["share"]),
             _points(r["share"], r["share_before"]), known_number(r["customers"]), known_number(r["shared"])])
    return {"header": ["Country", "Customers", "Our sales, last year", "Change", "Seen market", "Change", "Our share", "Largest rival", "Its share", "HHI"],
            "rival_header": ["Supplier", "Sold in the last year", "Change", "Share", "Change", "Customers", "Also ours"],
            "rows": [{"cells": [
                r["country"] or "not given", known_number(r["customers"]), known_number(r["sales_year"]), _change(r["sales_year"], r["sales_before"]),
                known_number(r["market_year"]), _change(r["market_year"], r["market_before"]), percent(r["share"]), r["leader"] or "not known",
                percent(r["leader_share"]), "not known" if math.isnan(r["hhi"]) else f"{r['hhi']:.2f}"], "rivals": of.get(r["country"], [])} for r in rows]}


def world(review: Review) -> dict[str, Any] | None:
    """Countries and products of the trade statistics, as text. None when they were not given."""
    if review.world_table is None:
        return None
    rows = review.world_table.slice(0, MOST_MARKETS).to_pylist()
    return {"header": ["Country", "Product", "Customers of ours", "Size", "Change", "Our country's share", "Largest", "Its share", "Our price", "Gap", "Chance",
                       "Money at stake"],
            "more": review.world_table.num_rows - len(rows),
            "rows": [[r["country"], str(r["product"]), "yes" if r["customers_there"] else "none", known_number(r["size"]), signed_percent(r["growth"]),
                      percent(r["share"]), str(r["leader"] or "not known"), percent(r["leader_share"]),
                      "not known" if math.isnan(r["price"]) else f"{r['price']:.2f} of the market's", known_number(r["gap"]),
                      percent(1 - r["difficulty"]), known_number(r["score"])] for r in rows]}


def left(review: Review) -> list[dict[str, Any]]:
    """Accounts that the plan left without effort: worth a try, and those that lose value by waiting. Only lists with entries."""
    told = [("Worth a try", "A try teaches more than it costs: what is unknown of these accounts may turn out to be worth effort.", "try_worth",
             "Worth of the try"),
            ("Return to the pool", "These lose value by waiting for us; whoever takes them works at "
             f"{known_number(review.book['pool_hour'], 2)}{review.currency_text} an hour.", "pool_lost", "Lost by waiting")]
    lists = []
    for title, note, name, header in told:
        rows = review.left_table(name).slice(0, MOST_LEFT).to_pylist()
        if rows:
            lists.append({"title": title, "note": note, "header": ["Customer", "Country", header, "Value", "P(alive)"],
                          "rows": [[str(r["customer"]), r["country"] or "not given", known_number(r[name]), known_number(r["value"]), percent(r["p_alive"])]
                                   for r in rows]})
    return lists


def pictures(review: Review) -> dict[str, Any] | None:
    """The map of competitors and the surroundings of the first accounts, as blocks of a page. None without deliveries."""
    from markupsafe import Markup

    graph = review.graph
    if graph is None:
        return None
    drawn = [graph.competitor_map(own=review.own_name or None, nodes=60, height=520)]
    names = set(review.ties_table.column("customer").to_pylist())
    first = [c for c in review.table.filter(review._busy()).column("customer").to_pylist() if c in names][:MOST_EGOS]
    egos = [(str(c), graph.ego_map(c, nodes=60, height=520)) for c in first]
    return {"library": Markup(drawn[0].library()), "map": Markup(drawn[0].block(library=False)) if drawn[0].nodes else None,
            "egos": [{"name": name, "block": Markup(picture.block(library=False))} for name, picture in egos]}


def files(archive: Archive | None, customers: list[Any]) -> dict[str, str]:
    """The page of each of the first customers that the archive knows, without personal fields."""
    return {} if archive is None else archive.pages([str(c) for c in customers[:MOST_FILES]])
