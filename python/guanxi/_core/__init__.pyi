"""
guanxi: the compiled core. Use the package guanxi.
"""

from __future__ import annotations
from . import base
from . import ledger
from . import simulate
from . import value
from . import share
from . import graph
from . import market
from . import archive
from . import relation
from . import plan
from . import review

__all__: list[str] = [
    "HAS_STORE",
    "archive",
    "base",
    "graph",
    "ledger",
    "market",
    "plan",
    "relation",
    "review",
    "share",
    "simulate",
    "value",
]
HAS_STORE: bool
__version__: str
