"""Who holds the network together."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa

from ._errors import Error
from ._frames import give
from ._graph_book import Book, Side, Weight, _positive


class Structure(Book):
    """Who holds the network together."""

    def pagerank(self, *, damping: float = 0.85, tol: float = 1e-10, weight: Weight = "binary", seeds: Any = None) -> Any:
        """PageRank of customers and suppliers together: node, side, score (sum 1).

        ``tol`` is the wanted bound of the sum of absolute errors; ``error_bound_`` what was reached.
        ``seeds``: labels of customers where walks start, or {"customer": labels, "supplier": labels}.
        """
        c, s = self._seeds(seeds, "pagerank")
        return self._scored(self._g.pagerank(damping, tol, weight, c, s))

    def birank(self, *, damping: float = 0.85, tol: float = 1e-10, weight: Weight = "binary", seeds: Any = None) -> Any:
        """BiRank (He 2017): mutual scores under the symmetric normalisation. node, side, score."""
        c, s = self._seeds(seeds, "birank")
        return self._scored(self._g.birank(damping, tol, weight, c, s))

    def core(self, a: int | None = None, b: int | None = None) -> Any:
        """Core number of every node; with ``a`` and ``b`` the members of the part in which every customer has at least
        ``a`` suppliers and every supplier at least ``b`` customers. node, side, core."""
        r = self._g.core(a, b)
        columns = self._nodes()
        values = np.concatenate([r["customer"], r["supplier"]])
        if a is None and b is None:
            return give(columns | {"core": values}, self._kind)
        keep = pa.array(np.flatnonzero(values))
        return give({name: column.take(keep) for name, column in columns.items()} | {"core": values[values != 0]}, self._kind)

    def cut_nodes(self) -> Any:
        """Nodes without which a connected part falls apart: node, side, pieces, severed (trade inside all pieces but
        the heaviest)."""
        r = self._g.cut_nodes()
        columns = {name: column.take(pa.array(r["node"])) for name, column in self._nodes().items()}
        return give(columns | {"pieces": r["pieces"], "severed": r["severed"]}, self._kind)

    def bridges(self) -> Any:
        """Ties without which a connected part falls in two: customer, supplier, weight, severed (trade inside the
        lighter piece)."""
        r = self._g.cut_nodes()
        return give({"customer": self._customers.take(pa.array(r["customer"])), "supplier": self._suppliers.take(pa.array(r["supplier"])),
                     "weight": r["weight"], "severed": r["bridge_severed"]}, self._kind)

    def personalised(self, seeds: Any, *, side: Side = "customer", want: Side | None = None, k: int | None = 10, damping: float = 0.85,
                     precision: float = 1e-5, fading: bool = False) -> Any:
        """Where walks that start anew at one node are found, for many nodes at once.

        Parameters
        ----------
        seeds : labels
            Nodes of ``side``; each has a walk of its own.
        want : "customer", "supplier" or None
            Nodes that are given; both sides when None.
        k : int or None
            Rows a seed; None: all that are reached.
        precision : float
            A score is at most precision x (ties of the node) too small, and never too large.
        fading : bool
            Ties count half after half of the observed span (needs periods).

        Returns
        -------
        frame
            seed, node, side, score, rank. Cost a seed independent of the size of the graph.
        """
        self._labels(side)
        if want is not None:
            self._labels(want)
        ids = self._ids(seeds, side, "personalised")
        shift = np.uint32(0 if side == "customer" else self._g.customers)
        r = self._g.personalised(ids + shift, want or "", 0 if k is None else _positive(k, "k", "personalised"), damping, precision, fading, self._threads)
        nodes = self._nodes()
        return give({"seed": self._labels(side)[0].take(pa.array(r["seed"] - shift)), "node": nodes["node"].take(pa.array(r["node"])),
                     "side": nodes["side"].take(pa.array(r["node"])), "score": r["score"], "rank": r["rank"]}, self._kind)

    def hits(self, *, tol: float = 1e-12, weight: Weight = "binary") -> Any:
        """HITS (Kleinberg 1999): customers as hubs, suppliers as authorities; each side sums to 1. node, side, score."""
        return self._scored(self._g.hits(tol, weight))

    def betweenness(self, *, sources: int | None = None, seed: int = 7) -> Any:
        """How many shortest paths between two others lead through a node, each pair once.

        Parameters
        ----------
        sources : int, optional
            Nodes from which paths start, drawn by ``seed``; exact when not given.

        Returns
        -------
        frame
            node, side, score, error (standard error over the drawn sources; 0 when exact). Cost O(sources x ties).
        """
        r = self._g.betweenness(0 if sources is None else _positive(sources, "sources", "betweenness"), seed, self._threads)
        return give(self._nodes() | {"score": np.concatenate([r["customer"], r["supplier"]]),
                                     "error": np.concatenate([r["customer_error"], r["supplier_error"]])}, self._kind)

    def nodf(self) -> dict[str, float]:
        """Nestedness (Almeida-Neto 2008), 0 to 100: ``rows`` of customers, ``columns`` of suppliers, ``all`` pairs."""
        return dict(self._g.nodf())

    def motifs(self) -> dict[str, float]:
        """Patterns of several suppliers: customer_pairs (a customer with two suppliers), supplier_pairs, squares (two
        customers with the same two suppliers), paths (three ties in a row), closed (4 squares / paths: Robins-Alexander)."""
        return dict(self._g.motifs())

    def rca(self) -> Any:
        """Revealed advantage of each tie (Balassa 1965): customer, supplier, rca: the supplier's part of what the customer
        buys against its part of all trade."""
        columns = self._tie_columns()
        return give({"customer": columns["customer"], "supplier": columns["supplier"], "rca": self._g.advantage()}, self._kind)

    def complexity(self, *, binary: Literal["ties", "rca"] = "ties") -> Any:
        """Economic complexity: customers (ECI) who have what few others have, and such suppliers or products (PCI).

        Parameters
        ----------
        binary : "ties" or "rca"
            Which ties count: all, or those with a revealed advantage of at least 1.

        Returns
        -------
        frame
            node, side, diversity (ties that count), score (mean 0, population deviation 1 on each side; unknown outside
            the largest connected part). ``lambda2_`` is the second eigenvalue, ``status_`` says what to beware of.
        """
        return self._sophisticated("complexity", binary, 0, 1e-10)

    def fitness(self, *, updates: int | None = None, tol: float = 1e-10, binary: Literal["ties", "rca"] = "ties") -> Any:
        """Fitness of customers and complexity of suppliers or products (Tacchella 2012), mean 1 on each side.

        ``updates``: how many; by default until no score changes by more than ``tol`` of itself (``updates_``).
        node, side, diversity, score.
        """
        return self._sophisticated("fitness", binary, 0 if updates is None else _positive(updates, "updates", "fitness"), tol)

    def _sophisticated(self, kind: str, binary: str, updates: int, tol: float) -> Any:
        if binary not in ("ties", "rca"):
            raise Error(f"{kind}: binary is {binary!r}, wanted 'ties' or 'rca'", "unknown_name")
        r = self._g.sophistication(kind, binary == "rca", updates, tol)
        self.status_, self.updates_ = r["status"], int(r["updates"])
        if kind == "complexity":
            self.lambda2_ = float(r["lambda2"])
        return give(self._nodes() | {"diversity": np.concatenate([r["customer_ties"], r["supplier_ties"]]),
                                     "score": np.concatenate([r["customer"], r["supplier"]])}, self._kind)

    def communities(self, *, resolution: float = 1.0, weight: Weight = "binary", starts: int | None = None, seed: int = 7) -> Any:
        """Groups of customers and suppliers that trade with one another more than their sizes explain.

        Parameters
        ----------
        resolution : float
            Above 1: smaller groups.
        starts : int, optional
            The best of so many random orders; 10 for small graphs, fewer for large ones.

        Returns
        -------
        frame
            node, side, community. ``modularity_`` is Barber's (2007).
        """
        r = self._g.communities(resolution, weight, 0 if starts is None else _positive(starts, "starts", "communities"), seed)
        self.modularity_ = float(r["modularity"])
        return give(self._nodes() | {"community": np.concatenate([r["customer"], r["supplier"]])}, self._kind)
