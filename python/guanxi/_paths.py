"""Where the C++ part of the installed package lies."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def get_include() -> str:
    """The folder for ``-I``: it holds ``guanxi.hpp`` and ``guanxi/``."""
    installed = _HERE / "include"
    return str(installed if installed.is_dir() else _HERE.parents[1] / "include")


def get_cmake_dir() -> str:
    """The folder for CMake's ``-Dguanxi_DIR=``: it holds ``guanxiConfig.cmake`` (in an installed package)."""
    return str(_HERE / "cmake")
