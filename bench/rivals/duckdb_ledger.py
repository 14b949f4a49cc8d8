"""Ledger from columns + summary against DuckDB: the same table from the same Arrow columns."""

from __future__ import annotations

import duckdb
import guanxi as gx
import pyarrow as pa
from harness import Row, race
from ledgerbook import book, same

QUERY = """
with days as (select customer, date, sum(amount) as net from lines where amount >= 0 group by customer, date),
     firsts as (select customer, count(*) - 1 as frequency, min(date) as first, max(date) as last, sum(net) as total, arg_min(net, date) as opening
                from days group by customer)
select customer, frequency, (last - first) / 7.0 as recency, (date '2022-04-13' - first) / 7.0 as age,
       case when frequency > 0 then (total - opening) / frequency else 'nan'::double end as spend, first, last
from firsts
"""


def measure() -> list[Row]:
    rows = []
    for name, customers, lines, text in (("10M lines, 1M customers", 1_000_000, 10_000_000, False), ("2M lines, 200k customers, text ids", 200_000, 2_000_000, True)):
        table = book(customers, lines, text)

        def theirs(lines: pa.Table = table) -> pa.Table:
            return duckdb.sql(QUERY).to_arrow_table()

        def ours(lines: pa.Table = table) -> pa.Table:
            return gx.Ledger(lines).summary()

        same(ours(), theirs())
        mine, other = race(ours, theirs)
        rows.append(Row(f"ledger from columns + summary, {name}", f"DuckDB {duckdb.__version__}", mine, other, None if text else 3.0))
    return rows
