"""Who depends on whom, and what breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from ._errors import Error
from ._frames import give
from ._graph_book import Book, Side, _take


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
