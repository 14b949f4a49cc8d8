"""Who is alike, what is missing, who competes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa

from ._errors import Error
from ._frames import give
from ._graph_book import Book, Measure, Weight, _positive, _ranks_within, _take


class Likeness(Book):
    """Who is alike, what is missing, who competes."""

    def like_customers(self, k: int = 10, *, measure: Measure = "cosine", weight: Weight = "binary", customers: Any = None,
                       min_common: int = 1, max_degree: int | None = None) -> Any:
        """The ``k`` customers whose suppliers are most like those of each customer.

        Parameters
        ----------
        measure : "cosine", "jaccard", "overlap" or "ruzicka"
        weight : "binary", "amount", "log", "share" or "tfidf"
            What a tie counts for. Binary: once, however large.
        customers : labels, optional
            Only these; all when not given.
        min_common : int
            Customers with fewer common suppliers are not alike.
        max_degree : int, optional
            Leaves out suppliers with more customers than this (everybody buys from them).

        Returns
        -------
        frame
            customer, like, similarity, common, rank. Equal similarity: the label that sorts first.
            Cost O(sum over suppliers of customers squared), no product matrix.
        """
        r = self._g.like_customers(_positive(k, "k", "like_customers"), measure, weight, self._some(customers, "customer", "like_customers"),
                                   min_common, max_degree or 0, self._threads)
        count = np.diff(r["start"].astype(np.int64))
        columns = {"customer": self._customers.take(pa.array(np.repeat(r["customer"], count))), "like": self._customers.take(pa.array(r["like"])),
                   "similarity": r["similarity"], "common": r["common"], "rank": _ranks_within(count)}
        return give(columns, self._kind)

    def needs_gap(self, k: int = 10, *, neighbours: int = 50, by: Literal["product", "supplier"] | None = None, customers: Any = None,
                  measure: Measure = "cosine", weight: Weight = "binary", level: float = 0.9, at: Any = None) -> Any:
        """What like customers buy and a customer does not, or buys less of than its kind.

        Parameters
        ----------
        neighbours : int
            Like customers to compare with.
        by : "product" or "supplier"
            What an item is; products when the graph has them.
        level : float
            Of the interval of ``chance``.
        at : period, optional
            Nothing after this period is used.

        Returns
        -------
        frame
            customer, item, chance (part of the like customers who buy it, weighted by likeness) with low and high,
            expected (money if the customer spent like them), actual, gap, held_by (their main supplier of it), rank.
        """
        by = by or ("product" if len(self._products) else "supplier")
        if by not in ("product", "supplier"):
            raise Error(f"needs_gap: by is {by!r}, wanted 'product' or 'supplier'", "unknown_name")
        g = self._until(at, "needs_gap")
        r = g.needs_gap(_positive(k, "k", "needs_gap"), _positive(neighbours, "neighbours", "needs_gap"), by == "product",
                        self._some(customers, "customer", "needs_gap"), measure, weight, level, self._threads)
        items = self._products if by == "product" else self._suppliers
        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(r["customer"])), "item": items.take(pa.array(r["item"]))}
        columns |= {name: r[name] for name in ("chance", "low", "high", "expected", "actual", "gap")}
        columns |= {"held_by": _take(self._suppliers, r["held_by"]), "rank": r["rank"]}
        return give(columns, self._kind)

    def competitors(self, *, min_common: int = 1, null: Literal["hypergeometric", "bicm"] | None = "hypergeometric", fdr: float = 0.05,
                    supplier: Any = None) -> Any:
        """Suppliers that serve the same customers, and whether more than chance explains.

        Parameters
        ----------
        min_common : int
            Pairs with fewer common customers are counted but never stored.
        null : "hypergeometric", "bicm" or None
            Law of chance: the suppliers' numbers of customers are kept; or, with "bicm", those of the customers too (the
            most random graph with the degrees of both sides). ``None`` leaves the test out.
        fdr : float
            False discovery rate (Benjamini-Hochberg over all pairs of suppliers).
        supplier : label, optional
            Only the rivals of this supplier, which then stands first, most contested money first.

        Returns
        -------
        frame
            supplier, rival, common, contested (money both are after), jaccard, newman, p_value, validated; each pair
            once. ``tests_`` keeps the numbers of pairs that met, of tests, and the cut.
        """
        if null not in ("hypergeometric", "bicm", None):
            raise Error(f"competitors: null is {null!r}, wanted 'hypergeometric', 'bicm' or None", "unknown_name")
        r = self._g.competitors(_positive(min_common, "min_common", "competitors"), null is not None, fdr, self._threads, null == "bicm")
        self.tests_ = {"met": r["met"], "tests": r["tests"], "cut": r["cut"]}
        names = ("common", "contested", "jaccard", "newman", "p_value", "validated")
        first, second = r["supplier"], r["rival"]
        keep = np.arange(len(first))
        if supplier is not None:
            me = self._ids(supplier, "supplier", "competitors")[0]
            keep = np.flatnonzero((first == me) | (second == me))
            keep = keep[np.argsort(-r["contested"][keep], kind="stable")]
            first, second = np.full(len(keep), me), np.where(first[keep] == me, second[keep], first[keep])
        r["validated"] = r["validated"].astype(bool)
        columns = {"supplier": self._suppliers.take(pa.array(first)), "rival": self._suppliers.take(pa.array(second))}
        columns |= {name: r[name] if supplier is None else r[name][keep] for name in names}
        return give(columns, self._kind)
