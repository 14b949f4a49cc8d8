"""What the files of this room share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .. import _core
from .._errors import Error
from .._frames import codes

Floats = npt.NDArray[np.float64]
core: Any = _core.relation
LABELS: list[str] = list(core.labels())


def labels(tier: npt.NDArray[np.uint8], tiers: int = 4) -> pa.Array:
    words = LABELS if tiers == len(LABELS) else [f"tier {s}" for s in range(tiers)]
    return pa.array(words).take(pa.array(tier))


def periods(table: pa.Table) -> tuple[npt.NDArray[np.int64], Any]:
    """Whole periods and a way back to what the caller wrote."""
    column = table.column("period")
    if pa.types.is_integer(column.type) and column.null_count == 0:
        return column.to_numpy().astype(np.int64), lambda x: x
    rank, values = codes(table, "period")
    return rank.astype(np.int64), lambda x: values.take(pa.array(x))


def array(x: Any, dtype: Any = np.float64) -> Any:
    return np.empty(0, dtype) if x is None else np.ascontiguousarray(x, dtype)


def whole(values: Any, what: str) -> npt.NDArray[np.uint8]:
    """Events or causes as bytes; nothing is rounded or wrapped around on the way."""
    given = np.asarray(values)
    if given.dtype == bool or given.dtype == np.uint8:
        return np.ascontiguousarray(given, np.uint8)
    try:
        numbers = np.ascontiguousarray(given, np.float64)
    except (TypeError, ValueError):
        raise Error(f"relation: '{what}' holds {given.dtype} values, want whole numbers", "bad_format") from None
    bad = ~((numbers >= 0) & (numbers <= 255) & (numbers == np.floor(numbers)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise Error(f"relation: '{what}' is {numbers.flat[row]:g} in row {row}, want a whole number, 0 to 255")
    return numbers.astype(np.uint8)


def criteria(x: Any, weights: Any, types: Any) -> tuple[Floats, Floats, Any]:
    a = np.ascontiguousarray(x, float)
    w = array(weights)
    if a.ndim != 2 or a.shape[1] != len(w):
        raise Error(f"relation: 'weights' has {len(w)} entries, 'x' has {a.shape[1] if a.ndim == 2 else 1} columns", "size_mismatch")
    return a, w, array(types, np.int32)
