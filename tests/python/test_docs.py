"""Every example in README.md and docs/ runs, and prints what the page says.

- ```python blocks run in order, one namespace a page, in a temporary folder.
- A ```text block right after one must equal what it printed.
- ```cpp blocks with ``int main`` are compiled against the headers and run; a ```text block right after one must equal the output.
- ``<!-- needs GUANXI_DATA -->`` before a block: it runs only where the real data is.
- ``<!-- not run: reason -->`` before a block: a drawing, with the reason in words.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT, data_folder

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.M | re.S)
NEEDS_DATA = "<!-- needs GUANXI_DATA -->"
NOT_RUN = re.compile(r"<!-- not run: \S[^>]*-->")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass
class Block:
    """A fenced block of a page."""

    kind: str
    code: str
    line: int
    needs_data: bool
    not_run: bool
    output: str | None  # the ```text block right after it


def blocks(text: str) -> list[Block]:
    """The blocks of a page, each with the output that stands right after it."""
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        before = text[end : match.start()]
        end = match.end()
        kind, code = match.group(1), match.group(2)
        if kind == "text" and found and not before.strip() and found[-1].output is None:
            found[-1].output = code
            continue
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(kind, code, line, NEEDS_DATA in before, bool(NOT_RUN.search(before)), None))
    return found


def clean(text: str) -> str:
    """Without blanks at the ends of lines and empty lines at both ends."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def compare(page: Path, block: Block, got: str) -> None:
    if block.output is not None:
        where = f"{page.relative_to(ROOT)}, line {block.line}"
        assert clean(got) == clean(block.output), f"{where} printed:\n{clean(got)}\n\nbut the page says:\n{clean(block.output)}"


def run_python(page: Path, block: Block, names: dict[str, object]) -> None:
    out = io.StringIO()
    code = compile("\n" * block.line + block.code, str(page), "exec")
    with contextlib.redirect_stdout(out):
        exec(code, names)  # noqa: S102
    compare(page, block, out.getvalue())


def flags() -> list[str]:
    """Where Eigen and Boost are, as system headers; and the store, where it was built."""
    import guanxi as gx

    found: list[str] = []
    for path in sys.path:
        prefix = Path(path) / "cmeel.prefix" / "include"
        if prefix.is_dir():
            found += ["-isystem", str(prefix), "-isystem", str(prefix / "eigen3")]
    if Path("/usr/include/eigen3").is_dir():
        found += ["-isystem", "/usr/include/eigen3"]
    store = Path(gx.__file__).parent / "lib" / "libguanxi_store.a"
    return found + ([str(store), "-lsqlite3"] if store.exists() else [])


def run_cpp(page: Path, block: Block, folder: Path) -> None:
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    assert compiler, "no C++ compiler"
    source, program = folder / f"line_{block.line}.cpp", folder / f"line_{block.line}"
    source.write_text(block.code)
    command = [compiler, "-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", "-I", str(ROOT / "include"), str(source), "-o", str(program), *flags(), "-pthread"]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, f"{page.relative_to(ROOT)}, line {block.line} does not compile:\n{built.stderr}"
    ran = subprocess.run([str(program)], cwd=folder, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, f"{page.relative_to(ROOT)}, line {block.line} ended with {ran.returncode}:\n{ran.stderr}"
    compare(page, block, ran.stdout)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder to run in; the data's folder is named for pages that need it."""
    folder = data_folder()
    if folder is not None:
        monkeypatch.setenv("GUANXI_DATA", str(folder.resolve()))
    monkeypatch.chdir(tmp_path)
    yield tmp_path


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(ROOT)) for p in PAGES])
def test_examples(page: Path, elsewhere: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    left_out = 0
    for block in blocks(page.read_text()):
        if block.not_run:
            continue
        if block.needs_data and data_folder() is None:
            left_out += 1
        elif block.kind == "python":
            run_python(page, block, names)
        elif block.kind == "cpp" and "int main" in block.code and "GUANXI_SANITIZED" not in os.environ:
            run_cpp(page, block, elsewhere)
    if left_out:
        pytest.skip(f"{left_out} examples need real data: set GUANXI_DATA to its folder")


def test_the_runner_sees_a_wrong_page(elsewhere: Path) -> None:
    page = ROOT / "README.md"
    right, wrong = blocks("```python\nprint(6 * 7)\n```\n\n```text\n42\n```\n\n```python\nprint(1)\n```\n```text\n2\n```\n")
    run_python(page, right, {})
    with pytest.raises(AssertionError, match="line 9 printed"):
        run_python(page, wrong, {})
    (cpp,) = blocks("```cpp\n#include <guanxi/base/day.hpp>\nint main() { return guanxi::to_day({1970, 1, 2}) - 1 + wrong; }\n```\n")
    if "GUANXI_SANITIZED" not in os.environ:
        with pytest.raises(AssertionError, match="does not compile"):
            run_cpp(page, cpp, elsewhere)
