"""Customers and their many suppliers: who depends on whom, who is alike, what is missing, what comes next.

A trap worth knowing: common neighbours, Adamic-Adar and Jaccard are identically zero between a customer and a supplier
of a graph with two sides. Paths of length three or walks are needed (`SupplierGraph.next_suppliers`).
"""

from __future__ import annotations

import difflib
import html
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Kind, codes, floats, give, kind_of, plain_text, read

__all__ = ["SupplierGraph"]

Side = Literal["customer", "supplier"]
Measure = Literal["cosine", "jaccard", "overlap", "ruzicka"]
Weight = Literal["binary", "amount", "log", "share", "tfidf"]
Ids = npt.NDArray[np.uint32]
_NONE = np.uint32(0xFFFFFFFF)
_CHANGES = pa.array(["present", "new", "kept", "quiet", "lost", "back"])


class SupplierGraph:
    """Customers, their suppliers, and what passed between them.

    Parameters
    ----------
    frame : pandas, polars, pyarrow, DuckDB or mapping of columns
        One row a line of trade; any row order. Equal ties are summed.
    customer, supplier : str
        Columns of labels (numbers or text).
    weight : str or None
        Column of money; credits are negative. ``None``: every line counts 1.
    product, period : str, optional
        Columns of products, and of periods that can be ordered: whole numbers count as they are, dates that are all
        the first of a month count months, other dates days; text is ranked.
    keep_zero : bool
        Keep ties whose net amount is 0 ("bought, amount unknown to us"); they have no part in sums of money.
    threads : int
        0 uses all processors; the result is the same to the bit.

    Attributes
    ----------
    rejected : frame
        line, customer, supplier, reason: lines that were refused, and ties that net to zero or less (line empty).

    Raises
    ------
    guanxi.Error
        A column that does not exist, with the nearest name; no line left (``empty``).

    Notes
    -----
    Cost O(lines + labels): counting sorts. The customer's rows use the caller's columns without a copy when these are
    uint32 ranks and float64, sorted, without duplicates.
    """

    def __init__(self, frame: Any, customer: str = "customer", supplier: str = "supplier", weight: str | None = "amount",
                 product: str | None = None, period: str | None = None, *, keep_zero: bool = False, threads: int = 0) -> None:
        self._kind: Kind = kind_of(frame)
        self._threads = threads
        named = [name for name in (customer, supplier, weight, product, period) if name is not None]
        table = read(frame, "SupplierGraph", named)
        table, empty = _without_nulls(table, customer, supplier, product, period)
        kept_rows = empty.pop("kept")
        customer_ids, self._customers = _ranks(table, customer)
        supplier_ids, self._suppliers = _ranks(table, supplier)
        amount = np.ones(table.num_rows) if weight is None else floats(table, weight)
        product_ids: Ids | None = None
        period_ids: Ids | None = None
        self._products: pa.Array = pa.array([], pa.string())
        self._periods: pa.Array = pa.array([], pa.int64())
        if product is not None:
            product_ids, self._products = _ranks(table, product)
        if period is not None:
            period_ids, self._periods = _period_ids(table, period)
        self._g = _core.graph.SupplierGraph(customer_ids, supplier_ids, amount, product_ids, period_ids, len(self._customers),
                                            len(self._suppliers), len(self._products), len(self._periods), keep_zero)
        self._reject(empty, kept_rows, customer, supplier)
        self._forget()
        if self._g.ties == 0 and table.num_rows + len(empty["line"]) > 0:
            raise Error(f"SupplierGraph: all {table.num_rows + len(empty['line'])} lines were refused or net to zero; "
                        f"first reason: {self._rejected['reason'][0]}", "empty")

    # -- what there is ---------------------------------------------------------------------------------------------
    def _forget(self) -> None:
        self.status_: str = ""
        self.error_bound_: float = math.nan
        self.disrupted_: dict[str, float] = {}
        self.quiet_: int | None = None
        self.tests_: dict[str, float] = {}

    def _reject(self, empty: dict[str, list[Any]], kept_rows: npt.NDArray[np.int64] | None, customer: str, supplier: str) -> None:
        refused = self._g.refused()
        row = refused["row"]
        if kept_rows is not None and len(row):
            row = np.where(row >= 0, kept_rows[np.maximum(row, 0)], -1)
        line = pa.array(list(empty["line"]) + [None if r < 0 else int(r) for r in row], pa.int64())
        self._rejected = {
            "line": line,
            "customer": pa.array(empty["customer"] + self._customers.take(pa.array(refused["customer"])).to_pylist(), self._customers.type),
            "supplier": pa.array(empty["supplier"] + self._suppliers.take(pa.array(refused["supplier"])).to_pylist(), self._suppliers.type),
            "reason": pa.array(empty["reason"] + refused["reason"], pa.string())}

    @property
    def rejected(self) -> Any:
        """Lines and ties that are not in the graph: line, customer, supplier, reason."""
        return give(self._rejected, self._kind)

    @property
    def customers(self) -> npt.NDArray[Any]:
        """Labels of the customers in the order of their ids."""
        labels: npt.NDArray[Any] = self._customers.to_numpy(zero_copy_only=False)
        return labels

    @property
    def suppliers(self) -> npt.NDArray[Any]:
        """Labels of the suppliers in the order of their ids."""
        labels: npt.NDArray[Any] = self._suppliers.to_numpy(zero_copy_only=False)
        return labels

    def __len__(self) -> int:
        """Number of ties."""
        return int(self._g.ties)

    def ties(self) -> Any:
        """Ties by customer and supplier: customer, supplier, weight, lines, first, last (periods; empty without)."""
        return give(self._tie_columns(), self._kind)

    def _tie_columns(self) -> dict[str, Any]:
        rows, lines = self._g.rows("customer"), self._g.lines()
        n = self._g.ties
        columns = {"customer": self._customers.take(pa.array(_owners(rows["start"]))), "supplier": self._suppliers.take(pa.array(rows["other"])),
                   "weight": rows["weight"], "lines": lines["lines_of_tie"] if len(lines["lines_of_tie"]) else np.ones(n, np.uint32)}
        if len(lines["period"]):
            pair = lines["pair_of_tie"] if len(lines["pair_of_tie"]) else np.arange(n)
            start = lines["pair_start"]
            columns["first"] = self._periods.take(pa.array(lines["period"][start[pair]]))
            columns["last"] = self._periods.take(pa.array(lines["period"][start[pair + np.uint64(1) if pair.dtype == np.uint64 else pair + 1] - 1]))
        else:
            columns["first"] = columns["last"] = pa.nulls(n, self._periods.type)
        return columns

    # -- dependence ------------------------------------------------------------------------------------------------
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

    def disrupt(self, suppliers: Any, *, spare: float = 0.2) -> Any:
        """Who is hit when suppliers fail, and how much the others can take over.

        Parameters
        ----------
        suppliers : label or sequence of labels
        spare : float
            Room of every other supplier as a part of what it sells (of that product, when products are known; else
            all suppliers are one pool, which is optimistic).

        Returns
        -------
        frame
            customer, before, lost, replaced, unserved, lost_share: money, hardest hit first. ``disrupted_`` keeps the
            totals.
        """
        ids = self._ids(suppliers, "supplier", "disrupt")
        r = self._g.disrupt(ids, spare)
        order = np.argsort(-r["lost"], kind="stable")
        self.disrupted_ = {"lost": r["total_lost"], "unserved": r["total_unserved"]}
        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(order))}
        columns |= {name: r[name][order] for name in ("before", "lost", "replaced", "unserved", "lost_share")}
        return give(columns, self._kind)

    # -- likeness --------------------------------------------------------------------------------------------------
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

    def competitors(self, *, min_common: int = 1, null: Literal["hypergeometric"] | None = "hypergeometric", fdr: float = 0.05,
                    supplier: Any = None) -> Any:
        """Suppliers that serve the same customers, and whether more than chance explains.

        Parameters
        ----------
        min_common : int
            Pairs with fewer common customers are counted but never stored.
        null : "hypergeometric" or None
            Law of chance; ``None`` leaves the test out.
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
        if null not in ("hypergeometric", None):
            raise Error(f"competitors: null is {null!r}, wanted 'hypergeometric' or None", "unknown_name")
        r = self._g.competitors(_positive(min_common, "min_common", "competitors"), null is not None, fdr, self._threads)
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

    # -- what comes next -------------------------------------------------------------------------------------------
    def next_suppliers(self, k: int | None = 10, *, customers: Any = None, at: Any = None, half_life: float | Literal["auto"] | None = "auto",
                       power: float = 0.0, damping: float = 0.85, new_only: bool = True) -> Any:
        """Suppliers that customers are likely to add next.

        Parameters
        ----------
        k : int or None
            Rows a customer; ``None``: all candidates.
        at : period, optional
            Last period that counts; nothing after it is used.
        half_life : float, "auto" or None
            Periods after which a tie counts half; "auto" is half of the observed span, None lets ties never fade.
        power : float
            Ties count money to this power. 0: money says little of the next tie.

        Returns
        -------
        frame
            customer, supplier, score (personalised PageRank), chance (of the tie coming in the next period, learned on
            the last known period; unknown without periods, see ``status_``), rank, why.
        """
        r = self._g.next_ties("customer", self._some(customers, "customer", "next_suppliers"), 0 if k is None else _positive(k, "k", "next_suppliers"),
                              self._at(at, "next_suppliers"), _half_life(half_life), power, damping, new_only, True, self._threads)
        self.status_ = r["status"]
        columns = {"customer": self._customers.take(pa.array(r["from"])), "supplier": self._suppliers.take(pa.array(r["to"])), "score": r["score"],
                   "chance": r["chance"], "rank": r["rank"], "why": self._why(r, "like {}, who buy from it")}
        return give(columns, self._kind)

    def winnable(self, supplier: Any, k: int = 20, *, at: Any = None, half_life: float | Literal["auto"] | None = "auto", power: float = 0.0,
                 damping: float = 0.85) -> Any:
        """Customers that a supplier does not serve yet and is likely to win.

        The walk starts at the supplier: the customer's own view would hide how ready it is to add suppliers.

        Returns
        -------
        frame
            customer, score, chance (in the next period), expected (money in that period: chance x usual first share of
            an entrant x the customer's purchases a period), rank, why.
        """
        me = self._ids(supplier, "supplier", "winnable")[0]
        r = self._g.winnable(int(me), _positive(k, "k", "winnable"), self._at(at, "winnable"), _half_life(half_life), power, damping, self._threads)
        self.status_ = r["status"]
        columns = {"customer": self._customers.take(pa.array(r["to"])), "score": r["score"], "chance": r["chance"], "expected": r["expected"],
                   "rank": r["rank"], "why": self._why(r, "buys like {}, who are customers")}
        return give(columns, self._kind)

    def tie_changes(self, *, quiet: int | None = None) -> Any:
        """Which ties are new, kept, quiet, lost or back in each period.

        Parameters
        ----------
        quiet : int, optional
            Periods of absence that make a loss; by default the 95 % quantile of the book's own absences (``quiet_``).

        Returns
        -------
        frame
            customer, supplier, period, change, before, after (money in the period before and in this one),
            share_before, share_after (of the customer's purchases). The first period can only say "present".
        """
        r = self._g.tie_changes(quiet)
        self.quiet_ = int(r["quiet"])
        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(r["customer"])), "supplier": self._suppliers.take(pa.array(r["supplier"])),
                                   "period": self._periods.take(pa.array(r["period"])), "change": _CHANGES.take(pa.array(r["change"]))}
        columns |= {name: r[name] for name in ("before", "after", "share_before", "share_after")}
        return give(columns, self._kind)

    # -- structure -------------------------------------------------------------------------------------------------
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

    # -- out -------------------------------------------------------------------------------------------------------
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

    # -- prints ----------------------------------------------------------------------------------------------------
    def _facts(self) -> list[tuple[str, str]]:
        r = self._g.concentration("customer", self._threads)
        with_ties = r["ties"] > 0
        typical = f"{np.median(r['effective'][with_ties]):.2f}" if with_ties.any() else "unknown"
        facts = [("customers", f"{self._g.customers:,}"), ("suppliers", f"{self._g.suppliers:,}"), ("ties", f"{self._g.ties:,}"),
                 ("customers with one supplier", f"{int(r['single_source'].sum()):,}"), ("effective suppliers a customer, median", typical)]
        if len(self._products):
            facts.append(("products", f"{len(self._products):,}"))
        if len(self._periods):
            facts.append(("periods", f"{self._periods[0]} to {self._periods[-1]}"))
        if len(self._rejected["line"]):
            facts.append(("refused (see .rejected)", f"{len(self._rejected['line']):,}"))
        return facts

    def __repr__(self) -> str:
        return "SupplierGraph\n" + "\n".join(f"  {name}: {value}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in self._facts())
        return f"<table><caption>SupplierGraph</caption>{rows}</table>"

    # -- helpers ---------------------------------------------------------------------------------------------------
    def _labels(self, side: str) -> tuple[pa.Array, pa.Array]:
        if side not in ("customer", "supplier"):
            raise Error(f"concentration: side is {side!r}, wanted 'customer' or 'supplier'", "unknown_name")
        return (self._customers, self._suppliers) if side == "customer" else (self._suppliers, self._customers)

    def _nodes(self) -> dict[str, pa.Array]:
        c, s = self._customers, self._suppliers
        if c.type != s.type:
            c, s = c.cast(pa.string()), s.cast(pa.string())
        side = pa.array(np.repeat(["customer", "supplier"], [len(c), len(s)]))
        return {"node": pa.concat_arrays([c, s]), "side": side}

    def _scored(self, r: dict[str, Any]) -> Any:
        self.error_bound_ = r["error_bound"]
        self.status_ = "converged" if r["converged"] else f"stopped after {r['steps']} steps at error bound {r['error_bound']:.3g}"
        return give(self._nodes() | {"score": np.concatenate([r["customer"], r["supplier"]])}, self._kind)

    def _ids(self, labels: Any, side: Side, method: str) -> Ids:
        own = self._labels(side)[0]
        if isinstance(labels, (str, bytes)) or not isinstance(labels, (Sequence, np.ndarray, pa.Array)):
            labels = list(labels) if isinstance(labels, Iterable) and not isinstance(labels, (str, bytes)) else [labels]
        wanted = labels.to_pylist() if isinstance(labels, pa.Array) else [x.item() if isinstance(x, np.generic) else x for x in labels]
        try:
            found = pc.index_in(pa.array(wanted, own.type), value_set=own)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            raise Error(f"{method}: {side} labels are {own.type}, not like {wanted[0]!r}", "unknown_name") from None
        for label, place in zip(wanted, found, strict=True):
            if not place.is_valid:
                near = difflib.get_close_matches(str(label), [str(x) for x in own.to_pylist()], n=1, cutoff=0.5)
                raise Error(f"{method}: no {side} {label!r}" + (f"; did you mean '{near[0]}'?" if near else ""), "unknown_name")
        ids: Ids = found.to_numpy(zero_copy_only=False).astype(np.uint32)
        return ids

    def _some(self, labels: Any, side: Side, method: str) -> Ids:
        if labels is None:
            return np.empty(0, np.uint32)
        ids = self._ids(labels, side, method)
        if len(ids) == 0:
            raise Error(f"{method}: {side}s is an empty list; leave it out for all", "empty")
        return ids

    def _at(self, at: Any, method: str) -> int | None:
        if at is None:
            return None
        if len(self._periods) == 0:
            raise Error(f"{method}: 'at' was given, but no 'period' column", "unknown_name")
        try:
            seen = int(pc.sum(pc.less_equal(self._periods, pa.scalar(at, self._periods.type))).as_py())
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            raise Error(f"{method}: at is {at!r}, periods are {self._periods.type}", "bad_format") from None
        if seen == 0:
            raise Error(f"{method}: at is {at!r}, the first period is {self._periods[0]}", "out_of_domain")
        return seen - 1

    def _until(self, at: Any, method: str) -> Any:
        last = self._at(at, method)
        return self._g if last is None else self._g.window(0, last)

    def _seeds(self, seeds: Any, method: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        empty: npt.NDArray[np.float64] = np.empty(0)
        if seeds is None:
            return empty, empty
        both = seeds if isinstance(seeds, dict) else {"customer": seeds}
        out = {"customer": np.zeros(self._g.customers), "supplier": np.zeros(self._g.suppliers)}
        for side in both:
            if side not in out:
                raise Error(f"{method}: seeds name side {side!r}, wanted 'customer' or 'supplier'", "unknown_name")
        for known in ("customer", "supplier"):
            if known in both:
                np.add.at(out[known], self._ids(both[known], known, method), 1.0)
        return out["customer"], out["supplier"]

    def _why(self, r: dict[str, Any], sentence: str) -> pa.Array:
        out: list[str | None] = []
        for one, two in zip(_take(self._customers, r["via"]).to_pylist(), _take(self._customers, r["via2"]).to_pylist(), strict=True):
            names = [str(x) for x in (one, two) if x is not None]
            out.append(sentence.format(" and ".join(names)) if names else None)
        return pa.array(out, pa.string())


def _owners(start: npt.NDArray[np.uint64]) -> Ids:
    count = (start[1:] - start[:-1]).astype(np.int64)
    return np.repeat(np.arange(len(start) - 1, dtype=np.uint32), count)


def _take(labels: pa.Array, ids: Ids) -> pa.Array:
    missing = ids == _NONE
    if len(labels) == 0:
        return pa.nulls(len(ids), labels.type)
    return labels.take(pa.array(np.where(missing, 0, ids), mask=missing))


def _ranks_within(count: npt.NDArray[np.int64]) -> Ids:
    starts = np.repeat(np.cumsum(count) - count, count)
    return (np.arange(count.sum()) - starts + 1).astype(np.uint32)


def _positive(value: int, argument: str, method: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise Error(f"{method}: {argument} is {value!r}, wanted a whole number of at least 1", "out_of_domain")
    return int(value)


def _half_life(value: float | str | None) -> float:
    if value == "auto":
        return 0.0
    if value is None:
        return math.inf
    if isinstance(value, str) or not value > 0:
        raise Error(f"next_suppliers: half_life is {value!r}, wanted a number above 0, 'auto' or None", "out_of_domain")
    return float(value)


def _without_nulls(table: pa.Table, customer: str, supplier: str, product: str | None,
                   period: str | None) -> tuple[pa.Table, dict[str, Any]]:
    out: dict[str, Any] = {"line": [], "customer": [], "supplier": [], "reason": [], "kept": None}
    named = [(name, role) for name, role in ((customer, "customer"), (supplier, "supplier"), (product, "product"), (period, "period")) if name]
    if all(table.column(name).null_count == 0 for name, _ in named):
        return table, out
    bad: dict[int, str] = {}
    for name, role in named:
        for place in np.flatnonzero(table.column(name).is_null().to_numpy()):
            bad.setdefault(int(place), f"{role} is empty")
    for row in sorted(bad):
        out["line"].append(row)
        out["customer"].append(table.column(customer)[row].as_py())
        out["supplier"].append(table.column(supplier)[row].as_py())
        out["reason"].append(bad[row])
    keep = np.setdiff1d(np.arange(table.num_rows), np.fromiter(bad, np.int64))
    out["kept"] = keep
    return plain_text(table).take(pa.array(keep)), out


def _ranks(table: pa.Table, name: str) -> tuple[Ids, pa.Array]:
    column = table.column(name)
    if pa.types.is_integer(column.type):
        values = column.to_numpy()
        if values.dtype not in (np.uint32, np.int32, np.uint64, np.int64):
            values = values.astype(np.int64)
        ids, labels = _core.graph.rank_whole(np.ascontiguousarray(values))
        return ids.view(np.uint32) if ids.dtype == np.int32 else ids, pa.array(labels).cast(column.type)
    if pa.types.is_floating(column.type):
        values = column.to_numpy()
        whole = np.isfinite(values).all() and (values == np.floor(values)).all()
        labels, ids = np.unique(values, return_inverse=True)
        return ids.astype(np.uint32), pa.array(labels.astype(np.int64) if whole else labels)
    ids, labels = codes(table, name)
    return ids, labels


def _period_ids(table: pa.Table, name: str) -> tuple[Ids, pa.Array]:
    column = table.column(name)
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise Error(f"SupplierGraph: period column '{name}' is {kind}, which cannot be ordered", "bad_format")
    if pa.types.is_timestamp(kind):
        column, kind = column.cast(pa.date32(), safe=False), pa.date32()
    if pa.types.is_date(kind) and len(column):
        return _date_ids(column.cast(pa.date32()))
    if pa.types.is_integer(kind) and len(column):
        values = column.to_numpy().astype(np.int64)
        low, high = int(values.min()), int(values.max())
        if high - low <= 100_000:
            return (values - low).astype(np.uint32), pa.array(np.arange(low, high + 1)).cast(kind)
    return _ranks(table, name)


def _date_ids(column: pa.ChunkedArray) -> tuple[Ids, pa.Array]:
    days = column.to_numpy().astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    step = "M" if (months.astype("datetime64[D]") == days).all() else "D"
    counts = (months if step == "M" else days).astype(np.int64)
    labels = np.arange(counts.min(), counts.max() + 1).astype(f"datetime64[{step}]").astype("datetime64[D]")
    return (counts - counts.min()).astype(np.uint32), pa.array(labels)
