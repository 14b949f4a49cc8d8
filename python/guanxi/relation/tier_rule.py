"""The tier of each customer by a stated rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from .._frames import floats, give, kind_of, read, require
from ._shared import core, labels

_EVIDENCE = ["value_year", "share", "share_low", "tenure", "orders_year", "breadth", "p_alive"]


def tier_rule(evidence: Any, *, cuts: Mapping[str, Any] | None = None, threads: int = 0) -> Any:
    """Tier of each customer by a stated rule, its probabilities and why.

    Parameters
    ----------
    evidence : frame
        Any of the columns value_year, share, share_low, tenure (years), orders_year, breadth, p_alive; ``customer`` is
        passed through. Null = not known.
    cuts : mapping, optional
        Cut points that differ from the defaults; see ``tier_cuts``.

    Returns
    -------
    frame
        customer, tier (0..3), label, p_vendor, p_preferred, p_partnership, p_alliance, why; the caller's kind.

    Raises
    ------
    guanxi.Error
        A value outside its domain, cuts that do not ascend. Costs O(n).
    """
    table, out = _rule(evidence, cuts, threads)
    tier, *p, why, _ = out
    columns: dict[str, Any] = {}
    if "customer" in table.column_names:
        columns["customer"] = table.column("customer")
    columns |= {"tier": tier, "label": labels(tier)}
    columns |= dict(zip(["p_vendor", "p_preferred", "p_partnership", "p_alliance"], p, strict=True))
    columns["why"] = pa.array(why, pa.string())
    return give(columns, kind_of(evidence))


def tier_cuts(evidence: Any, *, cuts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The cut points that ``tier_rule`` would use on this book; keep them to measure next year by the same rule.

    Parameters
    ----------
    evidence : frame
        As in ``tier_rule``.
    cuts : mapping, optional
        Cut points that differ from the defaults.

    Returns
    -------
    dict
        Every cut point by name, in the units of its column; those taken from the book are filled in.

    Raises
    ------
    guanxi.Error
        As ``tier_rule``.

    Notes
    -----
    Costs O(n log n). See docs/relation/tier_rule.md.
    """
    return dict(_rule(evidence, cuts, 0)[1][-1])


def _rule(evidence: Any, cuts: Mapping[str, Any] | None, threads: int) -> tuple[pa.Table, Any]:
    table = read(evidence, "evidence")
    known = [name for name in _EVIDENCE if name in table.column_names]
    if not known:
        require(_EVIDENCE[0], table.column_names, "evidence")
    none = np.empty(0)
    columns = [floats(table, name) if name in known else none for name in _EVIDENCE]
    return table, core.tier_rule(*columns, dict(cuts or {}), threads)
