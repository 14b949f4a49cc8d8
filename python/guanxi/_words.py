"""Figures in words that several rooms print."""

from __future__ import annotations

import math


def signed_percent(part: float) -> str:
    """A change as a part of 1 in whole per cent with its sign: "+3 %", "-12 %", "+0 %"; "not known" where there is none."""
    return f"{round(100 * part):+d} %" if math.isfinite(part) else "not known"
