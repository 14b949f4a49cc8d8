"""Columns of the archive: frames in, Arrow's layout out, nothing copied that need not be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ._archive_values import DAY
from ._errors import Error


def whole_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column


def text_buffers(array: pa.Array) -> tuple[Any, Any]:
    """Offsets and bytes of a text column; without a copy where it is large_string already."""
    array = whole_array(array).cast(pa.large_string()) if not pa.types.is_large_string(array.type) else whole_array(array)
    _, offsets, data = array.buffers()
    at = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)
    return at, np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)


def load_column(name: str, column: pa.ChunkedArray, personal: bool) -> dict[str, Any]:
    array = whole_array(column)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    kind = array.type
    known = None if array.null_count == 0 else np.asarray(array.is_valid().cast(pa.uint8()))
    values: Any
    if pa.types.is_boolean(kind):
        of, values = 1, np.asarray(array.fill_null(False).cast(pa.uint8()))
    elif pa.types.is_integer(kind):
        try:
            of, values = 2, np.asarray(array.fill_null(0).cast(pa.int64()))
        except pa.ArrowInvalid:
            raise Error(f"archive.load: column '{name}' has whole numbers of more than 64 bits", "out_of_domain") from None
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        of, values = 3, np.asarray(array.cast(pa.float64()).fill_null(0.0))
    elif pa.types.is_date(kind):
        of, values = 5, np.asarray(array.cast(pa.date32()).fill_null(DAY).cast(pa.int32()))
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        of, values = 4, text_buffers(array)
    elif pa.types.is_null(kind):
        of, values = 4, (np.zeros(len(array) + 1, np.int64), np.empty(0, np.uint8))
    else:
        raise Error(f"archive.load: column '{name}' holds {kind}; give truths, numbers, texts or dates (a timestamp cast to its date)",
                    "bad_format")
    return {"field": name, "kind": of, "values": values, "known": known, "personal": personal}


def instants(table: pa.Table, name: str) -> Any:
    """A column of dates, timestamps or ISO texts as microseconds; nulls are refused."""
    column = table.column(name)
    if column.null_count:
        raise Error(f"archive.load: column '{name}' has {column.null_count} empty entries where each row needs a time", "out_of_domain")
    try:
        if not pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us"))
        return np.asarray(whole_array(column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise Error(f"archive.load: column '{name}' cannot be read as dates or times", "bad_format") from None


def arrow(column: Mapping[str, Any], rows: int) -> pa.Array:
    """An Arrow column over the core's own memory: nothing is copied."""
    types = {1: pa.bool_(), 2: pa.int64(), 3: pa.float64(), 4: pa.large_string(), 5: pa.date32()}
    known = pa.py_buffer(column["known"]) if column["nulls"] else None
    values = column["values"]
    parts = [pa.py_buffer(v) for v in values] if isinstance(values, tuple) else [pa.py_buffer(values)]
    return pa.Array.from_buffers(types[column["kind"]], rows, [known, *parts], null_count=column["nulls"])


def batch(table: pa.Table, customer: str, names: list[str], times: list[str], personal: set[str]) -> dict[str, Any]:
    ids = table.column(customer)
    if not (pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type)):
        ids = ids.cast(ids.type.value_type) if pa.types.is_dictionary(ids.type) else ids
        ids = ids.cast(pa.large_string())
    ids = whole_array(ids)
    return {"customer": text_buffers(ids.fill_null("") if ids.null_count else ids),
            "columns": [load_column(n, table.column(n), n in personal) for n in names],
            **{n: instants(table, n) if n in times else None for n in ("valid_from", "valid_to", "known_at")}}
