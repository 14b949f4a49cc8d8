"""A fitted scorer in one file: saved from a table of forecasts, asked by name in microseconds."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames

_FIGURES = ("p_alive", "p_buy", "purchases", "purchases_low", "purchases_high", "spend", "value", "value_low", "value_high", "next_order")


def _text(table: pa.Table, name: str | None) -> list[str]:
    if name is None:
        return []
    values: list[Any] = table[name].to_pylist()
    return ["" if v is None else str(v) for v in values]


def save_scorer(path: str | os.PathLike[str], table: Any, *, customer: str = "customer", country: str | None = None,
                product_group: str | None = None, label: str = "", hold: float = 20.0) -> None:
    """Saves a table of forecasts as a scorer: one versioned file that C++ and Python map into memory.

    Parameters
    ----------
    path
        Of the file; an old one is replaced in one step, readers of it are not disturbed.
    table
        One row a customer, as ``CustomerValue.predict()`` gives it, or any frame with some of the columns p_alive, p_buy,
        purchases, purchases_low, purchases_high, spend, value, value_low, value_high, next_order.
    country, product_group
        Columns by which unknown customers are judged: the mean of their pair, held towards the book's mean.
    hold
        How many customers the book's mean weighs in that.

    Raises
    ------
    guanxi.Error
        A customer who is there twice, a column that is missing, a file that cannot be written.
    """
    frame = _frames.read(table, "value.save_scorer")
    for name in (customer, country, product_group):
        if name is not None:
            _frames.require(name, frame.column_names, "value.save_scorer")
    figures: list[Any] = []
    for name in _FIGURES:
        if name not in frame.column_names:
            figures.append(None)
        elif name == "next_order":
            column = frame[name].combine_chunks() if isinstance(frame[name], pa.ChunkedArray) else frame[name]
            if pa.types.is_temporal(column.type):
                column = pc.cast(pc.cast(column, pa.date32()), pa.int32())
            figures.append(np.asarray(pc.fill_null(pc.cast(column, pa.float64()), float("nan")), dtype=np.float64))
        else:
            figures.append(_frames.floats(frame, name))
    _core.value.write_snapshot(os.fspath(path), _text(frame, customer), _text(frame, country), _text(frame, product_group), figures, label, float(hold))


class Scorer:
    """A saved scorer, mapped into memory; ``swap`` exchanges the file while others ask.

    Costs under 2 us a call from C++ (``guanxi::value::LiveScorer``), some more through Python; the figures are the same bits.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._core: Any = _core.value.LiveScorer(self.path)

    def score(self, customer: str, country: str = "", product_group: str = "") -> dict[str, Any]:
        """Figures of a customer; of country and product group, country, product group or the book for an unknown one.

        Returns
        -------
        dict
            The figures (NaN where not known; next_order in days since 1970), ``source`` in words, ``known``: customers
            behind the figures.
        """
        out: dict[str, Any] = self._core.score(str(customer), str(country), str(product_group))
        return out

    def swap(self, path: str | os.PathLike[str]) -> None:
        """Puts another file in the place of this one; when it cannot be opened the old one stays."""
        self._core.swap(os.fspath(path))
        self.path = os.fspath(path)

    def __len__(self) -> int:
        return int(self._core.customers)

    def __repr__(self) -> str:
        return f"Scorer: {len(self):,} known customers, from {self.path}"
