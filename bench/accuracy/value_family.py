"""Pareto/NBD against adaptive quadrature in 40 digits, over the whole domain of parameters and histories."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "python"))


def tables(points: int = 500) -> list[tuple[str, list[str], list[list[object]]]]:
    from test_value_family import worst_error

    return [("Pareto/NBD log-likelihood against quadrature in 40 digits", ["points", "largest relative error"], [[points, worst_error(points)]])]


if __name__ == "__main__":
    print(tables(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
