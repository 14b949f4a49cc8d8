"""Who depends on whom, and what breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from . import _core
from ._errors import Error
from ._frames import give
from ._graph_book import Book, Side, _owners, _positive, _take


class Dependence(Book):
    """Who depends on whom, and what breaks."""

    def concentration(self, side: Side = "customer") -> Any:
        """How the trade of each customer (or supplier) is spread over its ties.

        Returns
        -------
        frame
            customer|supplier, ties, strength (money), hhi, constraint (Burt's: equal to hhi in a graph of two sides),
            effective (1/hhi), entropy, cr1, cr3, largest, largest_share, single_source (exactly one tie).
            Unknown for labels without ties. Cost O(ties).
        """
        own, other = self._labels(side)
        r = self._g.concentration(side, self._threads)
        columns = {side: own, "ties": r["ties"], "strength": r["strength"], "hhi": r["hhi"], "constraint": r["hhi"],
                   "effective": r["effective"], "entropy": r["entropy"], "cr1": r["cr1"], "cr3": r["cr3"],
                   "largest": _take(other, r["largest"]), "largest_share": r["largest_share"],
                   "single_source": r["single_source"].astype(bool)}
        return give(columns, self._kind)

    def single_source(self, *, level: float = 0.95, by: Literal["product"] | None = None) -> Any:
        """Needs that hang on one supplier.

        Parameters
        ----------
        level : float
            Share of the largest supplier from which a need counts, in (0, 1].
        by : "product", optional
            Look at each product of a customer by itself.

        Returns
        -------
        frame
            customer, item (empty without ``by``), supplier, share, since (first period from which the supplier held
            the level in every period with purchases; empty when not).
        """
        if by not in (None, "product"):
            raise Error(f"single_source: by is {by!r}, wanted None or 'product'", "unknown_name")
        r = self._g.single_source(level, by == "product")
        since = pa.array(np.maximum(r["since"], 0), mask=r["since"] < 0)
        columns = {"customer": self._customers.take(pa.array(r["customer"])), "item": _take(self._products, r["item"]),
                   "supplier": self._suppliers.take(pa.array(r["supplier"])), "share": r["share"], "since": self._periods.take(since)}
        return give(columns, self._kind)

    def disrupt(self, suppliers: Any = None, *, spare: float = 0.2, country: Any = None, of: Mapping[Any, Any] | None = None) -> Any:
        """Who is hit when suppliers fail, and how much the others can take over.

        Parameters
        ----------
        suppliers : label or sequence of labels
        spare : float
            Room of every other supplier as a part of what it sells (of that product, when products are known; else
            all suppliers are one pool, which is optimistic).
        country, of : label or sequence of labels, mapping
            All suppliers of these countries fail as well; ``of`` gives the country of a supplier's label.

        Returns
        -------
        frame
            customer, before, lost, replaced, unserved, lost_share: money, hardest hit first. ``disrupted_`` keeps the
            totals.
        """
        ids = np.empty(0, np.uint32) if suppliers is None else self._ids(suppliers, "supplier", "disrupt")
        if country is not None:
            if of is None:
                raise Error("disrupt: country was given, but not of (the country of each supplier)", "unknown_name")
            wanted = {country} if isinstance(country, str) or not isinstance(country, Iterable) else set(country)
            places = [of.get(label) for label in self._suppliers.to_pylist()]
            absent = sorted(str(x) for x in wanted - set(places))
            if absent:
                raise Error(f"disrupt: no supplier of country {absent[0]!r}", "unknown_name")
            ids = np.union1d(ids, np.flatnonzero([place in wanted for place in places]).astype(np.uint32))
        r = self._g.disrupt(ids, spare)
        order = np.argsort(-r["lost"], kind="stable")
        self.disrupted_ = {"lost": r["total_lost"], "unserved": r["total_unserved"]}
        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(order))}
        columns |= {name: r[name][order] for name in ("before", "lost", "replaced", "unserved", "lost_share")}
        return give(columns, self._kind)

    def systemic_risk(self, *, firms: Any = None, essential: Any = None, base: float = 0.0, tol: float = 0.01) -> Any:
        """What part of all output is lost when a firm fails, and its failure runs on through those who buy from it and sell to it.

        Only where the same firms buy and sell: a label on both sides is one firm. Firms that only buy or only sell are its
        ends. Sales of a product are hard to replace where the seller has much of the product's market.

        Parameters
        ----------
        firms : label or sequence of labels, optional
            Which fail, one at a time; all when not given.
        essential : sequence of product labels, optional
            Products without which a buyer makes nothing. By default all are, which is the most that can be lost.
        base : float
            Part of the output that needs no inessential input.
        tol : float
            A failure has run its course when no level falls by more than this part of itself.

        Returns
        -------
        frame
            firm, index (part of all sales that is lost, its own with it), output (its own part of all sales), rounds
            (1,000: stopped while still falling); highest index first. ``status_`` says how many firms buy and sell. Cost O(lines) a round and firm.
        """
        labels = sorted(set(self._customers.to_pylist()) | set(self._suppliers.to_pylist()), key=lambda x: (str(type(x)), x))
        number = {label: i for i, label in enumerate(labels)}
        buyer_of = np.array([number[x] for x in self._customers.to_pylist()], np.uint32)
        seller_of = np.array([number[x] for x in self._suppliers.to_pylist()], np.uint32)
        lines = self._g.lines()
        if len(self._products):
            pair = np.repeat(np.arange(len(lines["pair_customer"])), np.diff(lines["pair_start"].astype(np.int64)))
            key = np.stack([lines["pair_customer"][pair], lines["pair_supplier"][pair], lines["product"]])
            (buyer, seller, product), back = np.unique(key, axis=1, return_inverse=True)
            amount = np.bincount(back.ravel(), lines["amount"], len(buyer))
        else:
            rows = self._g.rows("customer")
            buyer, seller, amount = _owners(rows["start"]), rows["other"], rows["weight"]
            product = np.empty(0, np.uint32)
        both = len(set(self._customers.to_pylist()) & set(self._suppliers.to_pylist()))
        needed = np.empty(0, np.uint8)
        if essential is not None:
            if not len(self._products):
                raise Error("systemic_risk: essential was given, but no 'product' column", "unknown_name")
            wanted = [essential] if isinstance(essential, str) or not isinstance(essential, Iterable) else list(essential)
            products = self._products.to_pylist()
            absent = [x for x in wanted if x not in products]
            if absent:
                raise Error(f"systemic_risk: no product {absent[0]!r}", "unknown_name")
            needed = np.array([x in wanted for x in products], np.uint8)
        who = np.empty(0, np.uint32)
        if firms is not None:
            asked = [firms] if isinstance(firms, str) or not isinstance(firms, Iterable) else list(firms)
            strange = [x for x in asked if x not in number]
            if strange:
                raise Error(f"systemic_risk: no firm {strange[0]!r}", "unknown_name")
            who = np.array([number[x] for x in asked], np.uint32)
        r = _core.graph.systemic_risk(seller_of[seller], buyer_of[buyer], product.astype(np.uint32), amount, len(labels), who, needed, base, tol,
                                      self._threads)
        self.status_ = f"{both} of {len(labels)} firms buy and sell"
        ids = who if len(who) else np.arange(len(labels))
        order = np.argsort(-r["index"], kind="stable")
        columns: dict[str, Any] = {"firm": pa.array([labels[i] for i in ids[order]])}
        columns |= {name: r[name][order] for name in ("index", "output", "rounds")}
        return give(columns, self._kind)

    def brokerage(self, side: Side = "customer", *, min_common: int = 1, weight: Literal["once", "common", "contested"] = "common") -> Any:
        """Burt's measures among the nodes of one side, tied where they share partners: who stands between groups.

        Parameters
        ----------
        min_common : int
            Pairs with fewer common partners are not tied, and never stored.
        weight : "once", "common" or "contested"
            What a pair counts for: 1, its common partners, or the money both exchange with them.

        Returns
        -------
        frame
            customer|supplier, contacts, constraint, effective (contacts without those that repeat one another),
            efficiency, hierarchy. Unknown for those who meet nobody. In ``concentration`` the constraint of the graph of
            two sides itself is the HHI.
        """
        own, _ = self._labels(side)
        r = self._g.brokerage(side, _positive(min_common, "min_common", "brokerage"), weight, self._threads)
        return give({side: own} | {name: r[name] for name in ("contacts", "constraint", "effective", "efficiency", "hierarchy")}, self._kind)
