"""Runs every rival file (or those named) and writes docs/performance.md from this one run."""

from __future__ import annotations

import importlib
import platform
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "performance.md"


def main(names: list[str]) -> None:
    sys.path.insert(0, str(HERE))
    from harness import Row

    rows: list[Row] = []
    left_out: list[str] = []
    for path in sorted(HERE.glob("*_*.py")):
        if path.stem.startswith("bars_") or (names and path.stem not in names):
            continue
        try:
            rows += importlib.import_module(path.stem).measure()
        except Exception as reason:  # the page names it; the other rivals are still run
            left_out.append(f"{path.stem}: {type(reason).__name__}: {reason}".replace("\n", " "))
        print(path.stem, "done", flush=True)
    lines = ["# Performance", "",
             "Written by `make bench-rivals` from one run; ratios count, seconds drift with the machine. Both sides gave the same",
             "answer before the clock started. A target that was not reached stays in the table.", "",
             f"Machine: {platform.machine()}, Python {platform.python_version()}.", "",
             "| task | rival | ours, s | rival, s | times faster | wanted | reached |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        wanted = "" if row.target is None else f"{row.target:g}"
        reached = "" if row.target is None else ("yes" if row.ratio >= row.target else "**no**")
        task = row.task + (f" ({row.note})" if row.note else "")
        lines.append(f"| {task} | {row.rival} | {row.ours:.3g} | {row.theirs:.3g} | {row.ratio:.3g} | {wanted} | {reached} |")
    lines += ["", "## Bars without a rival", "", "Measured in the same run, from Python; the review with its page.", "",
              "| task | figure | unit | wanted | reached |", "| --- | --- | --- | --- | --- |"]
    for task, figure, unit, wanted, reached in importlib.import_module("bars").bars():
        lines.append(f"| {task} | {figure:.3g} | {unit} | {wanted} | {'yes' if reached else '**no**'} |")
    if left_out:
        lines += ["", "Not run: " + "; ".join(left_out) + "."]
    text = "\n".join(lines) + "\n"
    print(text)
    if not names:
        PAGE.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
