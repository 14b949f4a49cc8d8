"""guanxi: which customers deserve our limited people, time and money."""

from __future__ import annotations

from . import _core, graph
from ._errors import Error

__version__: str = _core.__version__

__all__ = ["Error", "__version__", "graph"]
