"""Customers and their many suppliers: who depends on whom, who is alike, what is missing, what comes next.

A trap worth knowing: common neighbours, Adamic-Adar and Jaccard are identically zero between a customer and a supplier
of a graph with two sides. Paths of length three or walks are needed (`SupplierGraph.next_suppliers`).
"""

from __future__ import annotations

import html

import numpy as np

from ._graph_backtest import Backtest, Known, backtest
from ._graph_dependence import Dependence
from ._graph_likeness import Likeness
from ._graph_next import Next
from ._graph_out import Out
from ._graph_pictures import Picture, Pictures
from ._graph_structure import Structure

__all__ = ["Backtest", "Known", "Picture", "SupplierGraph", "backtest"]


class SupplierGraph(Dependence, Likeness, Next, Structure, Pictures, Out):
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
