"""The ledger that the rival files share, and the check that both sides give the same table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def book(customers: int = 1_000_000, lines: int = 10_000_000, text: bool = False) -> pa.Table:
    g = np.random.default_rng(7)
    ids = g.integers(100_000, 100_000 + customers, lines)
    return pa.table({"customer": pa.array(np.char.add("customer-", ids.astype("U7"))) if text else pa.array(ids),
                     "date": pa.array(g.integers(18_000, 19_095, lines).astype(np.int32)).cast(pa.date32()),
                     "amount": pa.array(g.integers(0, 100_000, lines) / 100)})


def same(ours: pa.Table, theirs: pa.Table) -> None:
    """Fails unless frequency, first, last and spend agree, customer by customer."""
    theirs = theirs.sort_by("customer")
    assert ours.column("customer").to_pylist() == theirs.column("customer").to_pylist()
    for name in ("frequency", "first", "last"):
        cast = pa.int64() if name == "frequency" else pa.date32()
        assert ours.column(name).cast(cast).equals(theirs.column(name).cast(cast)), name
    np.testing.assert_allclose(theirs.column("spend").to_numpy().astype(float), ours.column("spend").to_numpy(), rtol=1e-9)
