"""guanxi: which customers deserve our limited people, time and money."""

from __future__ import annotations

from . import _core, graph, relation, share, simulate
from ._errors import Error
from .deliveries import Deliveries
from .ledger import Ledger

__version__: str = _core.__version__

__all__ = ["Deliveries", "Error", "Ledger", "__version__", "graph", "relation", "share"]
