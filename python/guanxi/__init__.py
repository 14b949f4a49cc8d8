"""guanxi: which customers deserve our limited people, time and money."""

from __future__ import annotations

from . import _core, graph, share, simulate
from ._errors import Error
from .archive import Archive
from .deliveries import Deliveries
from .ledger import Ledger

__version__: str = _core.__version__

__all__ = ["Archive", "Deliveries", "Error", "Ledger", "__version__", "graph", "share", "simulate"]
