"""Runs every accuracy file and writes docs/accuracy.md.

A file ``bench/accuracy/<topic>.py`` has one function ``tables() -> list[tuple[str, list[str], list[list[object]]]]``:
title, header, rows. Real data is looked for in the folder named by the environment variable GUANXI_DATA.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "accuracy.md"


def cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def main(names: list[str]) -> None:
    sys.path.insert(0, str(HERE))
    lines = ["# Accuracy", "", "Written by `make accuracy`. Naive baselines stand beside the models; where a model does not beat them, it shows."]
    left_out: list[str] = []
    for path in sorted(HERE.glob("*.py")):
        if path.stem == "run" or (names and path.stem not in names):
            continue
        try:
            tables = importlib.import_module(path.stem).tables()
        except Exception as reason:  # the page names it; the other topics are still run
            left_out.append(f"{path.stem}: {type(reason).__name__}: {reason}".replace("\n", " "))
            print(path.stem, "failed", flush=True)
            continue
        for title, header, rows in tables:
            lines += ["", f"## {title}", "", "| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
            lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in rows]
        print(path.stem, "done", flush=True)
    if left_out:
        lines += ["", "Not run: " + "; ".join(left_out) + "."]
    text = "\n".join(lines) + "\n"
    print(text)
    if not names:
        PAGE.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
