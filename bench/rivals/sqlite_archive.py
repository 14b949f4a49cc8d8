"""Customer files against plain sqlite3 in Python on a table of facts with two times: load, one file, one field of many, the table of all."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import guanxi as gx
import numpy as np
import pyarrow as pa
from harness import Row, race

OPEN = 2**63 - 1
FIELDS = ("country", "region", "manager", "tier", "sector", "since", "sales", "note")


def files(customers: int) -> pa.Table:
    draw = np.random.default_rng(7)
    ids = [f"C-{i:07}" for i in range(customers)]
    return pa.table({"customer": ids, "country": [f"country {i}" for i in draw.integers(0, 60, customers)],
                     "region": [f"region {i}" for i in draw.integers(0, 400, customers)],
                     "manager": [f"manager {i}" for i in draw.integers(0, 30, customers)], "tier": draw.integers(0, 4, customers),
                     "sector": [f"sector {i}" for i in draw.integers(0, 20, customers)], "since": draw.integers(2000, 2025, customers),
                     "sales": draw.random(customers) * 1e6,
                     "note": [f"note {i}: " + "asks for bearings, seals and belts; " * 8 for i in draw.integers(0, 10**9, customers)]})


class Plain:
    """The same facts by the standard library: one row a fact, key (customer, field, known from, valid from), index (field, value)."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self.db.executescript("pragma journal_mode = wal; pragma synchronous = normal; create table customer(id integer primary key, ref text unique);"
                              "create table fact(subject int, field int, tf int, vf int, vt int, tt int, value any, primary key(subject, field, tf, vf)) strict, without rowid;")

    def load(self, rows: list[tuple[str, ...]]) -> None:
        self.db.execute("begin")
        self.db.executemany("insert into customer(ref) values(?)", ((r[0],) for r in rows))
        self.db.executemany("insert into fact values(?, ?, 0, 0, ?, ?, ?)",
                            ((i, f, OPEN, OPEN, v) for i, row in enumerate(rows, 1) for f, v in enumerate(row[1:])))
        self.db.execute("create index fact_value on fact(field, value, subject) where length(value) <= 40")
        self.db.execute("commit")

    def one(self, customer: str) -> dict[str, object]:
        found = self.db.execute("select f.field, f.value from customer c join fact f on f.subject = c.id where c.ref = ? and f.tf <= ? and f.tt > ? "
                                "and f.vf <= ? and f.vt > ?", (customer, 1, 1, 1, 1)).fetchall()
        return {FIELDS[f]: v for f, v in found}

    def field(self, customer: str, field: int) -> object:
        return self.db.execute("select f.value from customer c join fact f on f.subject = c.id where c.ref = ? and f.field = ? and f.tf <= ? and "
                               "f.tt > ? and f.vf <= ? and f.vt > ?", (customer, field, 1, 1, 1, 1)).fetchone()[0]

    def table(self) -> pa.Table:
        columns: dict[str, dict[str, object]] = {f: {} for f in FIELDS}
        for ref, field, value in self.db.execute("select c.ref, f.field, f.value from fact f join customer c on c.id = f.subject where f.tf <= 1 and "
                                                 "f.tt > 1 and f.vf <= 1 and f.vt > 1").fetchall():
            columns[FIELDS[field]][ref] = value
        ids = sorted(columns["country"])
        return pa.table({"customer": ids, **{f: [c.get(i) for i in ids] for f, c in columns.items()}})


def measure() -> list[Row]:
    rival, customers = f"sqlite3 (Python, SQLite {sqlite3.sqlite_version})", 100_000
    frame = files(customers)
    rows = list(zip(*(c.to_pylist() for c in frame.columns)))
    ids = [rows[i][0] for i in np.random.default_rng(3).integers(0, customers, 20_000)]
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        def path() -> Path:
            nonlocal count
            count += 1
            return Path(folder) / f"{count}.db"

        def ours_load() -> None:
            with gx.Archive(path(), durable="normal") as a:
                a.load(frame, valid_from="1970-01-01", known_at="1970-01-01")

        def theirs_load() -> None:
            p = Plain(path())
            p.load(rows)
            p.db.close()

        load = race(ours_load, theirs_load, 3)
        a, p = gx.Archive(path(), durable="normal"), Plain(path())
        a.load(frame, valid_from="1970-01-01", known_at="1970-01-01")
        p.load(rows)
        for c in ids[:100]:
            if a.get(c) != p.one(c) or a.get(c, "tier") != p.field(c, 3):
                raise AssertionError(f"the two differ at {c}")
        if a.table(list(FIELDS)).to_pylist() != p.table().to_pylist():
            raise AssertionError("the two tables differ")
        one = race(lambda: [a.get(c) for c in ids], lambda: [p.one(c) for c in ids], 3)
        field = race(lambda: a.get(ids, "tier"), lambda: [p.field(c, 3) for c in ids], 3)
        table = race(lambda: a.table(list(FIELDS)), p.table, 3)
        a.close(), p.db.close()
    return [Row("archive: load 100,000 files of 8 facts", rival, *load, 1.5), Row("archive: 20,000 files, one by one", rival, *one, 2.0),
            Row("archive: one field of 20,000 customers", rival, *field, 5.0), Row("archive: 100,000 files as a table", rival, *table, 3.0)]
