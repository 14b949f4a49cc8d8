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
    for path in sorted(HERE.glob("*.py")):
        if path.stem == "run" or (names and path.stem not in names):
            continue
        for title, header, rows in importlib.import_module(path.stem).tables():
            lines += ["", f"## {title}", "", "| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
            lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in rows]
        print(path.stem, "done", flush=True)
    text = "\n".join(lines) + "\n"
    print(text)
    if not names:
        PAGE.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
