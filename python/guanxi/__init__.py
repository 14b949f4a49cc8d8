"""guanxi: which customers deserve our limited people, time and money."""

from __future__ import annotations

from . import _core, graph, share
from ._errors import Error
from ._paths import get_cmake_dir, get_include
from .ledger import Ledger

__version__: str = _core.__version__

__all__ = ["Error", "Ledger", "__version__", "get_cmake_dir", "get_include", "graph", "share"]
