"""Bars of the market room without a rival."""

from __future__ import annotations

import guanxi as gx
import numpy as np
import pyarrow as pa
from bars import seconds
from guanxi import _core


def bars() -> list[tuple[str, float, str, str, bool]]:
    rng = np.random.default_rng(5)
    rows: list[tuple[str, float, str, str, bool]] = []
    n = 1_000_000
    flows = pa.table({"exporter": rng.integers(0, 200, n), "importer": rng.integers(0, 200, n), "product": rng.integers(0, 50, n), "period": rng.integers(2015, 2023, n),
                      "value": rng.gamma(0.8, 1000, n)})
    table = gx.market.table(flows, own=3).suppliers
    sums = table.group_by(["importer", "product"]).aggregate([("share", "sum")]).column("share_sum").to_numpy()
    if not np.allclose(sums, 1):
        raise AssertionError("shares do not sum to 1")
    s = seconds(lambda: gx.market.table(flows, own=3), 3)
    rows.append(("table of markets, 1,000,000 rows, 10,000 markets", s, "s", "under 1", s < 1))
    w0, w1 = rng.gamma(1.0, 100, n), rng.gamma(1.0, 100, n)
    all0, all1, group = w0 + rng.gamma(1.0, 300, n), w1 + rng.gamma(1.0, 300, n), rng.integers(0, 40, n).astype(np.uint32)
    found = _core.market.sources_of_change(w0, w1, all0, all1, group, 40)
    if np.abs(sum(found[name] for name in ("market", "mix", "buyer", "own")) - (w1 - w0)).max() > 1e-8:
        raise AssertionError("the pieces do not add up")
    rate = 1 / seconds(lambda: _core.market.sources_of_change(w0, w1, all0, all1, group, 40))
    rows.append(("sources of change", rate, "million cells a second", "50", rate >= 50))
    return rows
