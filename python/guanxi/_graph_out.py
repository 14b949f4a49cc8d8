"""The graph for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa

from ._errors import Error
from ._frames import give, read
from ._graph_book import Book, _owners

if TYPE_CHECKING:
    from .graph import SupplierGraph


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

    def to_networkx(self) -> Any:
        """The ties as ``networkx.Graph``: nodes ("customer", label) and ("supplier", label) with ``side`` and, as networkx
        has it, ``bipartite`` 0 and 1; ties with ``weight``."""
        import networkx  # type: ignore[import-untyped, import-not-found, unused-ignore]

        out = networkx.Graph()
        for number, (side, labels) in enumerate((("customer", self._customers), ("supplier", self._suppliers))):
            out.add_nodes_from(((side, label) for label in labels.to_pylist()), side=side, bipartite=number)
        columns = self._tie_columns()
        out.add_weighted_edges_from((("customer", c), ("supplier", s), float(w)) for c, s, w in
                                    zip(columns["customer"].to_pylist(), columns["supplier"].to_pylist(), columns["weight"], strict=True))
        return out

    def to_igraph(self) -> Any:
        """The ties as ``igraph.Graph``: vertices with ``name``, ``side`` and ``type`` (False: customer), edges with ``weight``."""
        import igraph  # type: ignore[import-untyped, import-not-found, unused-ignore]

        rows = self._g.rows("customer")
        n_c, n = self._g.customers, self._g.customers + self._g.suppliers
        edges = np.column_stack([_owners(rows["start"]).astype(np.int64), rows["other"].astype(np.int64) + n_c])
        out = igraph.Graph(n, edges)
        out.vs["name"] = [str(x) for x in self._customers.to_pylist() + self._suppliers.to_pylist()]
        out.vs["side"] = ["customer"] * n_c + ["supplier"] * (n - n_c)
        out.vs["type"] = [False] * n_c + [True] * (n - n_c)
        out.es["weight"] = rows["weight"].tolist()
        return out

    @classmethod
    def from_networkx(cls, graph: Any, *, weight: str = "weight") -> SupplierGraph:
        """A graph of networkx with two sides, told by the node attribute ``bipartite`` (0: customer) or ``side``."""
        sides = {node: data.get("side", {0: "customer", 1: "supplier"}.get(data.get("bipartite"))) for node, data in graph.nodes(data=True)}
        strange = [node for node, side in sides.items() if side not in ("customer", "supplier")]
        if strange:
            raise Error(f"from_networkx: node {strange[0]!r} has no side; set the node attribute bipartite to 0 (customer) or 1 (supplier)", "bad_format")
        columns: dict[str, list[Any]] = {"customer": [], "supplier": [], "amount": []}
        for a, b, data in graph.edges(data=True):
            if sides[a] == sides[b]:
                raise Error(f"from_networkx: {a!r} and {b!r} are on the same side", "bad_format")
            for node in (a, b):
                columns[sides[node]].append(node[1] if isinstance(node, tuple) and len(node) == 2 and node[0] == sides[node] else node)
            columns["amount"].append(float(data.get(weight, 1.0)))
        return cast("SupplierGraph", cls(columns))

    # -- parts and dates ---------------------------------------------------------------------------------------------
    def snapshot(self, at: Any, *, since: Any = None) -> SupplierGraph:
        """The graph as it was known at the end of a period; with ``since`` only of the periods from that one on.

        Labels and their order stay, so snapshots can be compared node by node. Cost O(lines).
        """
        last = self._at(at, "snapshot")
        first = 0 if since is None else self._at(since, "snapshot")
        if last is None or first is None:
            raise Error("snapshot: at is None, wanted a period", "out_of_domain")
        out = cast("SupplierGraph", object.__new__(type(self)))
        out.__dict__.update(self.__dict__)
        out._g = self._g.window(first, last)
        out._forget()
        return out

    def updated(self, frame: Any) -> SupplierGraph:
        """A new graph of the lines so far and those of ``frame`` (columns as at the start); this one stays as it is.

        Without products and periods the ties so far count as one line each. Cost O(lines).
        """
        names = [name for name in self._names if name is not None]
        more = read(frame, "updated", names)
        customer, supplier, weight, product, period = self._names
        lines = self._g.lines()
        if len(lines["pair_start"]):
            pair = np.repeat(np.arange(len(lines["pair_customer"])), np.diff(lines["pair_start"].astype(np.int64)))
            old = {customer: self._customers.take(pa.array(lines["pair_customer"][pair])),
                   supplier: self._suppliers.take(pa.array(lines["pair_supplier"][pair]))}
            amount = lines["amount"]
        else:
            rows = self._g.rows("customer")
            old = {customer: self._customers.take(pa.array(_owners(rows["start"]))), supplier: self._suppliers.take(pa.array(rows["other"]))}
            amount = rows["weight"]
        amounts = weight or "amount"
        old[amounts] = pa.array(amount)
        if product is not None:
            old[product] = self._products.take(pa.array(lines["product"]))
        if period is not None:
            old[period] = self._periods.take(pa.array(lines["period"]))
        new = {name: more.column(name).combine_chunks() for name in names}
        if weight is None:
            new[amounts] = pa.array(np.ones(more.num_rows))
        table = {}
        for name, column in old.items():
            added = new[name]
            if isinstance(added, pa.ChunkedArray):
                added = pa.concat_arrays(added.chunks)
            if pa.types.is_string_view(added.type) or pa.types.is_dictionary(added.type):
                added = added.cast(pa.string())
            try:
                table[name] = pa.concat_arrays([column, added.cast(column.type) if name != amounts else added.cast(pa.float64())])
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise Error(f"updated: column '{name}' is {added.type}, so far it was {column.type}", "bad_format") from None
        out = type(self)(table, customer, supplier, amounts, product, period, keep_zero=self._keep_zero, threads=self._threads)
        out._kind, out._names = self._kind, self._names
        return cast("SupplierGraph", out)

    def ego(self, customer: Any, *, steps: int = 2) -> Any:
        """The ties around a customer: its own (step 1), with ``steps`` = 2 also those of customers who share a supplier.

        customer, supplier, weight, step; its own first, then by customer and supplier.
        """
        if steps not in (1, 2):
            raise Error(f"ego: steps is {steps!r}, wanted 1 or 2", "out_of_domain")
        me = int(self._ids(customer, "customer", "ego")[0])
        by_c, by_s = self._g.rows("customer"), self._g.rows("supplier")
        mine = by_c["other"][by_c["start"][me]:by_c["start"][me + 1]]
        who = np.array([me])
        if steps == 2 and len(mine):
            near = np.unique(np.concatenate([by_s["other"][by_s["start"][s]:by_s["start"][s + 1]] for s in mine]))
            who = np.concatenate([who, near[near != me]])
        count = (by_c["start"][who + 1] - by_c["start"][who]).astype(np.int64)
        slot = np.concatenate([np.arange(by_c["start"][c], by_c["start"][c + 1]) for c in who]).astype(np.int64) if len(who) else np.empty(0, np.int64)
        owner = np.repeat(who, count)
        return give({"customer": self._customers.take(pa.array(owner)), "supplier": self._suppliers.take(pa.array(by_c["other"][slot])),
                     "weight": by_c["weight"][slot], "step": np.where(owner == me, 1, 2)}, self._kind)
