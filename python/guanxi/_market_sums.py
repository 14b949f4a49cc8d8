"""Rows of one key as one, for the market room."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ._errors import Error
from ._frames import codes, floats, plain_text
from ._frames import read as read_frame


def read(frame: Any, argument: str, names: list[str]) -> pa.Table:
    return plain_text(read_frame(frame, argument, names))


def groups(table: pa.Table, keys: list[str]) -> tuple[npt.NDArray[np.uint32], dict[str, pa.Array]]:
    """Rank of each row's keys among the distinct keys in sorted order, and those keys."""
    found = [codes(table, key) for key in keys]
    joint = np.zeros(table.num_rows, np.int64)
    for code, labels in found:
        joint = joint * max(1, len(labels)) + code
    distinct, first, group = np.unique(joint, return_index=True, return_inverse=True)
    return group.astype(np.uint32), {key: labels.take(pa.array(code[first])) for key, (code, labels) in zip(keys, found, strict=True)}


def summed(table: pa.Table, keys: list[str], values: list[str], method: str) -> pa.Table:
    for name in values:
        bad = np.flatnonzero(~np.isfinite(floats(table, name)))
        if len(bad):
            raise Error(f"{method}: '{name}' is not a finite number in row {bad[0]}", "not_finite")
        table = table.set_column(table.column_names.index(name), name, pa.array(floats(table, name)))
    group, labels = groups(table, keys)
    sums = {name: np.bincount(group, floats(table, name), len(next(iter(labels.values())))) for name in values}
    return pa.table(labels | {name: pa.array(column) for name, column in sums.items()})
