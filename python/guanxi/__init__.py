"""guanxi: which customers deserve our limited people, time and money."""

from __future__ import annotations

from . import _core, graph, market, plan, relation, share, simulate, value
from ._errors import Error
from ._paths import get_cmake_dir, get_include
from ._review import COLUMNS as review_columns
from ._review import Review, review
from .archive import Archive
from .deliveries import Deliveries
from .ledger import Ledger

__version__: str = _core.__version__

__all__ = ["Archive", "Deliveries", "Error", "Ledger", "Review", "__version__", "get_cmake_dir", "get_include", "graph",
           "market", "plan", "relation", "review", "review_columns", "share", "simulate", "value"]
