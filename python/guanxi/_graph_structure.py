"""Who holds the network together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ._frames import give
from ._graph_book import Book, Weight


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
