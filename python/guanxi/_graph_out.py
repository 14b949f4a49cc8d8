"""The graph for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa

from ._graph_book import Book, _owners


class Out(Book):
    """The graph for other tools."""

    def to_scipy(self) -> Any:
        """The ties as ``scipy.sparse.csr_array``, customers x suppliers; data and indices share this graph's memory."""
        from scipy.sparse import csr_array  # type: ignore[import-untyped, unused-ignore]

        rows = self._g.rows("customer")
        start = rows["start"].astype(np.int32 if self._g.ties < 2**31 else np.int64)  # scipy wants the type of the indices
        return csr_array((rows["weight"], rows["other"].view(np.int32), start), shape=(self._g.customers, self._g.suppliers), copy=False)

    def to_arrow(self) -> pa.Table:
        """The ties as a ``pyarrow.Table``."""
        return pa.table(self._tie_columns())

    def write_graphml(self, path: str | Path) -> None:
        """Writes nodes (label, side) and ties (weight) as GraphML."""
        rows = self._g.rows("customer")
        with open(path, "w", encoding="utf-8") as out:
            out.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
                      '<key id="label" for="node" attr.name="label" attr.type="string"/>\n'
                      '<key id="side" for="node" attr.name="side" attr.type="string"/>\n'
                      '<key id="weight" for="edge" attr.name="weight" attr.type="double"/>\n<graph edgedefault="undirected">\n')
            for side, labels in (("customer", self._customers), ("supplier", self._suppliers)):
                for i, label in enumerate(labels.to_pylist()):
                    out.write(f'<node id={quoteattr(f"{side[0]}{i}")}><data key="label">{escape(str(label))}</data>'
                              f'<data key="side">{side}</data></node>\n')
            for c, s, w in zip(_owners(rows["start"]), rows["other"], rows["weight"], strict=True):
                out.write(f'<edge source="c{c}" target="s{s}"><data key="weight">{float(w)!r}</data></edge>\n')
            out.write("</graph>\n</graphml>\n")
