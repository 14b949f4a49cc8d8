"""Numbers for the caller's periods, with their gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ._errors import Error
from ._frames import codes

Codes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Periods:
    """Consecutive numbers 0.. for the caller's periods, and the labels of the numbers."""

    number: Codes
    labels: pa.Array  # one a number, gaps filled where the distance of periods is known

    def __len__(self) -> int:
        return len(self.labels)


def _months(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    months: npt.NDArray[np.int64] = column.cast(pa.date32()).to_numpy().astype("datetime64[M]").astype(np.int64)
    return months


def periods_of(table: pa.Table, name: str, argument: str) -> Periods:
    """Numbers the periods. Whole numbers and dates keep their gaps (a month without rows is a month); text is taken as dates
    when all of it reads as dates, else the distinct texts in sorted order are the periods."""
    column = table.column(name)
    if column.null_count:
        raise Error(f"{argument}: {column.null_count} empty entries in '{name}' where each row needs a period", "out_of_domain")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        texts = column.cast(pa.string())
        if len(texts) and pc.all(pc.match_substring_regex(texts, r"^\d{4}-\d{2}(-\d{2})?$")).as_py():
            days = pc.if_else(pc.equal(pc.utf8_length(texts), 7), pc.binary_join_element_wise(texts, "01", "-"), texts)
            try:
                column = pc.cast(days, pa.date32())
            except pa.ArrowInvalid as reason:
                raise Error(f"{argument}: '{name}' has a date that does not exist: {reason}", "bad_format") from None
    if pa.types.is_temporal(column.type):
        return _dated(column)
    if pa.types.is_integer(column.type):
        return _numbered(column.to_numpy().astype(np.int64))
    number, labels = codes(table, name)
    return Periods(number, labels)


def _numbered(values: npt.NDArray[np.int64]) -> Periods:
    if not len(values):
        return Periods(np.empty(0, np.uint32), pa.array([], pa.int64()))
    low, step = int(values.min()), _step(values)
    count = (int(values.max()) - low) // step + 1
    return Periods(((values - low) // step).astype(np.uint32), pa.array(low + step * np.arange(count)))


def _step(values: npt.NDArray[np.int64]) -> int:
    """The greatest step that divides all distances: 12 for yearly data counted in months."""
    gaps = np.diff(np.unique(values))
    return reduce(math.gcd, gaps.tolist(), 0) or 1


def _dated(column: pa.ChunkedArray) -> Periods:
    days = column.cast(pa.date32()).to_numpy().astype("datetime64[D]")
    if not len(days):
        return Periods(np.empty(0, np.uint32), pa.array([], pa.date32()))
    months = days.astype("datetime64[M]")
    inside = (days - months).astype(np.int64)
    if np.all(inside == inside[0]):  # the same day of every month: months, quarters or years
        numbered = _numbered(months.astype(np.int64))
        first = numbered.labels.to_numpy().astype("datetime64[M]").astype("datetime64[D]") + inside[0]
    else:
        numbered = _numbered(days.astype(np.int64))
        first = numbered.labels.to_numpy().astype("datetime64[D]")
    return Periods(numbered.number, pa.array(first, pa.date32()))
