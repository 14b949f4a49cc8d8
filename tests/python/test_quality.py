"""Tools that read the Python part: types under mypy --strict, ruff."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(root: Path, *command: str) -> None:
    got = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True)
    assert got.returncode == 0, got.stdout + got.stderr


def test_the_package_is_typed(root: Path) -> None:
    pytest.importorskip("mypy")
    run(root, "mypy")


def test_ruff_has_nothing_to_say(root: Path) -> None:
    pytest.importorskip("ruff")
    run(root, "ruff", "check", ".")
