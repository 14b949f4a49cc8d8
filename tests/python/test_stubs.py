"""The stubs of the compiled core are those that the compiled core would give now."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import guanxi as gx
import pytest


def shape(path: Path) -> str:
    """The stub without its layout."""
    return ast.dump(ast.parse(path.read_text()))


def test_the_stubs_do_not_drift(root: Path, tmp_path: Path) -> None:
    if not gx._core.HAS_STORE:
        pytest.skip("the core was built without SQLite, so the archive has no signatures")
    fresh = tmp_path / "_core"
    got = subprocess.run([sys.executable, str(root / "tools" / "stubs"), str(fresh)], capture_output=True, text=True)
    assert got.returncode == 0, got.stderr
    kept = root / "python" / "guanxi" / "_core"
    names = {p.relative_to(fresh) for p in fresh.rglob("*.pyi")}
    assert names == {p.relative_to(kept) for p in kept.rglob("*.pyi")}, "a topic came or went: run `make stubs`"
    for name in sorted(names):
        assert shape(fresh / name) == shape(kept / name), f"{name} is out of date: run `make stubs`"
