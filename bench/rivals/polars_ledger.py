"""Ledger from columns + summary against polars: the same table from the same columns."""

from __future__ import annotations

import guanxi as gx
import polars as pl
import pyarrow as pa
from harness import Row, race
from ledgerbook import book, same


def summary(lines: pl.DataFrame) -> pl.DataFrame:
    days = lines.lazy().filter(pl.col("amount") >= 0).group_by("customer", "date").agg(pl.col("amount").sum())
    return days.group_by("customer").agg(
        frequency=pl.len().cast(pl.Int64) - 1, first=pl.col("date").min(), last=pl.col("date").max(), total=pl.col("amount").sum(),
        opening=pl.col("amount").get(pl.col("date").arg_min()),
    ).with_columns(spend=pl.when(pl.col("frequency") > 0).then((pl.col("total") - pl.col("opening")) / pl.col("frequency")).otherwise(float("nan")),
                   recency=(pl.col("last") - pl.col("first")).dt.total_days() / 7).collect()


def measure() -> list[Row]:
    rows = []
    for name, customers, lines, text in (("10M lines, 1M customers", 1_000_000, 10_000_000, False), ("2M lines, 200k customers, text ids", 200_000, 2_000_000, True)):
        table = book(customers, lines, text)
        frame = pl.DataFrame(table)

        def theirs(lines: pl.DataFrame = frame) -> pl.DataFrame:
            return summary(lines)

        def ours(lines: pa.Table = table) -> pa.Table:
            return gx.Ledger(lines).summary()

        same(ours(), theirs().to_arrow())
        mine, other = race(ours, theirs)
        rows.append(Row(f"ledger from columns + summary, {name}", f"polars {pl.__version__}", mine, other, None if text else 3.0))
    return rows
