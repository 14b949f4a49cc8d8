"""Frames at the border: any Arrow-speaking frame in, the same kind out.

Inside the package a frame is a ``pyarrow.Table``. ``read`` makes one of what the caller gave (pandas, polars, pyarrow,
DuckDB, a mapping of columns, anything with ``__arrow_c_stream__``), ``give`` turns a table back into the caller's kind.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ._errors import Error

Kind = Literal["pandas", "polars", "pyarrow"]
Floats = npt.NDArray[np.float64]


def kind_of(frame: Any) -> Kind:
    """Which kind of frame a result should be: the caller's, or pyarrow for anything else."""
    module = type(frame).__module__.partition(".")[0]
    if module == "pandas":
        return "pandas"
    return "polars" if module == "polars" else "pyarrow"


def read(frame: Any, argument: str, names: list[str] | None = None) -> pa.Table:
    """The frame as a ``pyarrow.Table``, with only ``names`` when given. Zero copy where the layout allows."""
    module = type(frame).__module__.partition(".")[0]
    if module == "polars" and hasattr(frame, "collect"):
        frame = frame.collect()
    if names is not None:
        have = list(frame.keys() if isinstance(frame, Mapping) else getattr(frame, "columns", ()))
        if have and all(isinstance(name, str) for name in have):
            for name in names:
                require(name, have, argument)
            if module in ("pandas", "polars"):
                frame = frame[list(dict.fromkeys(names))]
    if module == "pandas":
        table = _from_pandas(frame, argument)
    elif isinstance(frame, pa.Table):
        table = frame
    elif isinstance(frame, Mapping) or hasattr(frame, "__arrow_c_stream__"):
        table = pa.table(frame)
    else:
        raise Error(f"{argument}: a {type(frame).__name__} is no frame; give pandas, polars, pyarrow or a mapping of columns",
                    "bad_format")
    if names is not None:
        for name in names:
            require(name, table.column_names, argument)
        table = table.select(list(dict.fromkeys(names)))
    return table


def _from_pandas(frame: Any, argument: str) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for name in frame.columns:
        try:
            columns[str(name)] = pa.Array.from_pandas(frame[name])
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # an object column of several kinds: compare as text
            columns[str(name)] = pa.array([None if v is None or v != v else str(v) for v in frame[name]], pa.string())
    return pa.table(columns)


def plain_text(table: pa.Table) -> pa.Table:
    """The table with polars' text (string views, which Arrow can neither take nor sort) as plain strings."""
    for i, column in enumerate(table.columns):
        if pa.types.is_string_view(column.type):
            table = table.set_column(i, table.column_names[i], column.cast(pa.string()))
    return table


def require(name: str, have: list[str], argument: str) -> None:
    """Fails with the names that exist and the nearest one when ``name`` is not among ``have``."""
    if name in have:
        return
    near = difflib.get_close_matches(name, have, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise Error(f"{argument}: no column '{name}' among {', '.join(map(repr, have)) or 'no columns'}{hint}", "unknown_name")


def floats(table: pa.Table, name: str) -> Floats:
    """A column as float64, null as NaN; without a copy where it is float64 in one piece and has no nulls."""
    column = table.column(name)
    if pa.types.is_decimal(column.type) or not pa.types.is_float64(column.type):
        try:
            column = column.cast(pa.float64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise Error(f"{name}: a column of {column.type} where numbers are wanted", "bad_format") from None
    if column.num_chunks == 1 and column.null_count == 0:
        array: Floats = column.chunk(0).to_numpy(zero_copy_only=True)
        return array
    array = column.to_numpy()
    return array


def codes(table: pa.Table, name: str) -> tuple[npt.NDArray[np.uint32], pa.Array]:
    """A column as codes 0.. into its distinct values in sorted order (nulls are refused), and those values."""
    column = table.column(name)
    if column.null_count:
        raise Error(f"{name}: {column.null_count} empty entries where each row needs one", "out_of_domain")
    encoded = column.combine_chunks() if pa.types.is_dictionary(column.type) else column.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    values = encoded.dictionary
    if pa.types.is_string_view(values.type):  # polars' text, which Arrow cannot sort
        values = values.cast(pa.string())
    order = pc.array_sort_indices(values).to_numpy()
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return rank[encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)], values.take(pa.array(order))


def give(columns: Mapping[str, Any], kind: Kind) -> Any:
    """A frame of the asked kind from named numpy or Arrow columns."""
    table = pa.table({name: column if isinstance(column, (pa.Array, pa.ChunkedArray)) else pa.array(column)
                      for name, column in columns.items()})
    if kind == "pyarrow":
        return table
    if kind == "polars":
        import polars

        return polars.from_arrow(table)
    return table.to_pandas()
