"""A sample of the points of bench/accuracy/value_twins.py, which takes 10,000 of every model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "accuracy"))
import value_twins


@pytest.mark.parametrize("name", list(value_twins.MODELS))
def test_every_answer_agrees_with_the_twin(name: str) -> None:
    for row in value_twins.rows(40, 1, (name,)):
        assert float(str(row[3])) < 1e-9, row
