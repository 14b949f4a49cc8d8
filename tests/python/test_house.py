"""The rules of the house, read off the files: which way includes and imports go, what a header may hold, what stays out of the tree."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

INCLUDE = ROOT / "include" / "guanxi"
HEADERS = sorted((ROOT / "include").rglob("*.hpp"))

# What a room may know, beside itself. The five rooms in the middle do not know one another.
MIDDLE = ["value", "share", "graph", "market", "archive"]
MAY_KNOW: dict[str, set[str]] = {"base": set(), "ledger": {"base"}}
MAY_KNOW |= {room: {"base", "ledger"} for room in MIDDLE}
MAY_KNOW["relation"] = {"base", "ledger", *MIDDLE}
MAY_KNOW["plan"] = {*MAY_KNOW["relation"], "relation"}
MAY_KNOW["review"] = {*MAY_KNOW["plan"], "plan"}

# Headers that bring heavy neighbours (Boost, streams) and so are asked for by name: no other header includes them.
BY_REQUEST = {"guanxi/graph/bgl.hpp", "guanxi/graph/graphml.hpp"}

# Modules of the package whose name is not that of their room.
ROOM_OF_MODULE = {"_codes": "market", "_gravity": "market", "_potential": "market",
                  "_errors": "base", "_paths": "base", "_frames": "base", "_words": "base", "_progress": "base", "_files": "ledger", "deliveries": "ledger", "simulate": "ledger", "_review": "review",
                  "report": "review", "__main__": "review", "__init__": "review"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.M)


def without_comments(text: str) -> str:
    """C++ without comments and without the insides of strings."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', '""', text, flags=re.S)


def room_of(header: str) -> str | None:
    """The room of an include such as guanxi/share/rake.hpp or guanxi/share.hpp; None for guanxi.hpp."""
    match = re.fullmatch(r"guanxi/(\w+)(?:/.+|\.hpp)", header)
    return match.group(1) if match else None


def wrong_includes(path: Path, room: str) -> list[str]:
    return [i for i in includes(path) if (to := room_of(i)) is not None and to != room and to not in MAY_KNOW[room]]


@pytest.mark.parametrize("path", HEADERS + sorted((ROOT / "src").rglob("*.[ch]pp")), ids=relative)
def test_includes_only_point_to_the_left(path: Path) -> None:
    room = path.relative_to(ROOT / "src").parts[0] if path.is_relative_to(ROOT / "src") else room_of(path.relative_to(ROOT / "include").as_posix())
    if room is None:
        assert path.name == "guanxi.hpp", f"{relative(path)} lies in no room"
        return
    assert room in MAY_KNOW, f"{relative(path)}: '{room}' is not a room"
    assert wrong_includes(path, room) == []


def test_the_check_of_includes_sees_a_wrong_one(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.hpp"
    wrong.write_text('#include <vector>\n#include <guanxi/base/day.hpp>\n#include <guanxi/value/nbd.hpp>\n#  include "guanxi/plan.hpp"\n')
    assert wrong_includes(wrong, "share") == ["guanxi/value/nbd.hpp", "guanxi/plan.hpp"]
    assert wrong_includes(wrong, "review") == []


@pytest.mark.parametrize("path", HEADERS, ids=relative)
def test_a_header_is_a_good_guest(path: Path) -> None:
    text = path.read_text()
    name = path.relative_to(ROOT / "include").as_posix()
    assert re.match(r"(//[^\n]*\n)*#pragma once\n", text), f"{name} does not begin with #pragma once"
    heavy = [i for i in includes(path) if i.startswith("boost/") or i in ("iostream", "ostream", "istream", "fstream", "sstream", "regex")]
    assert not heavy or name in BY_REQUEST, f"{name} includes {heavy[0]}; such headers are asked for by name (BY_REQUEST here)"
    asked = [i for i in includes(path) if i in BY_REQUEST]
    assert not asked or name in BY_REQUEST, f"{name} includes {asked[0]}, which is to be asked for by name"
    too_new = [i for i in includes(path) if i in ("expected", "format", "print", "generator", "mdspan")]
    assert not too_new, f"{name} includes <{too_new[0]}>, which g++ 12 has not"
    body = without_comments(text)
    loud = re.findall(r"\bstd::(?:cout|cerr|clog|abort|exit|terminate|quick_exit)\b|\b(?:printf|puts|abort|assert)\s*\(|\busing\s+namespace\s+std\b", body)
    assert not loud, f"{name} uses {loud[0]}: nothing prints, nothing aborts"


@pytest.mark.parametrize("path", [h for h in HEADERS if h.parent.is_relative_to(INCLUDE) and h.parent != INCLUDE], ids=relative)
def test_the_namespace_is_the_folder(path: Path) -> None:
    room = path.relative_to(INCLUDE).parts[0]
    wanted = "guanxi" if room == "base" else f"guanxi::{room}"
    opened = set(re.findall(r"^namespace ([\w:]+) \{", path.read_text(), re.M))
    foreign = {n for n in opened if n.startswith("guanxi") and n.split("::")[:2] != wanted.split("::")[:2] and room != "base"}
    assert not foreign, f"{relative(path)} opens namespace {sorted(foreign)[0]}, its folder says {wanted}"


def test_topic_headers_include_their_folder() -> None:
    for room in sorted(p.name for p in INCLUDE.iterdir() if p.is_dir()):
        topic = INCLUDE / f"{room}.hpp"
        assert topic.exists(), f"include/guanxi/{room}.hpp is missing: it includes the folder include/guanxi/{room}"


# Python -----------------------------------------------------------------------------------------------------------------------

MODULES = sorted((ROOT / "python" / "guanxi").glob("*.py"))


def room_of_module(name: str) -> str:
    """value and _value_discrete lie in the room value."""
    if name in ROOM_OF_MODULE:
        return ROOM_OF_MODULE[name]
    first = name.lstrip("_").split("_")[0]
    return first if first in MAY_KNOW else name


def imported(tree: ast.AST) -> set[str]:
    """The modules of the package that a module imports, and the parts of _core that it uses as core:<room>."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level == 1 or (node.module or "").split(".")[0] == "guanxi"):
            inside = (node.module or "").removeprefix("guanxi").lstrip(".")
            found |= {inside.split(".")[0]} if inside and inside != "_core" else {a.name for a in node.names if inside != "_core"}
            found |= {f"core:{a.name}" for a in node.names if inside == "_core"}
            found |= {f"core:{part}" for part in inside.split(".")[1:2] if inside.startswith("_core.")}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "_core":
            found.add(f"core:{node.attr}")
    return found - {"_core", "annotations"}


def wrong_imports(text: str, room: str) -> list[str]:
    wrong = []
    for name in sorted(imported(ast.parse(text))):
        to = room_of_module(name.removeprefix("core:"))
        if to in MAY_KNOW and to != room and to not in MAY_KNOW[room]:
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_only_point_to_the_left(path: Path) -> None:
    room = room_of_module(path.stem)
    assert room in MAY_KNOW, f"{relative(path)} lies in no room: name its room in ROOM_OF_MODULE"
    assert wrong_imports(path.read_text(), room) == []


def test_the_check_of_imports_sees_a_wrong_one() -> None:
    text = "from . import _core, ledger\nfrom .value import rfm\nx = _core.graph.core\nfrom ._frames import read\n"
    assert wrong_imports(text, "share") == ["core:graph", "value"]
    assert wrong_imports(text, "review") == []


@pytest.mark.parametrize("path", sorted((ROOT / "python" / "bindings").glob("*.cpp")), ids=relative)
def test_a_binding_knows_one_room(path: Path) -> None:
    if path.stem == "module":
        return
    room = room_of_module(path.stem)
    assert wrong_includes(path, room) == []
    assert not re.search(r"^\s*static\s+(?:const\s+)?py::", without_comments(path.read_text()), re.M), "a static Python object crashes at exit"


# The tree ---------------------------------------------------------------------------------------------------------------------

def tracked() -> list[Path]:
    """The files that git keeps; outside of a clone, what lies in the project's folders."""
    got = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if got.returncode == 0 and got.stdout:
        return [p for line in got.stdout.splitlines() if (p := ROOT / line).is_file()]
    folders = ["include", "src", "python", "tests", "bench", "docs", "cmake", "tools"]
    return [p for f in folders for p in (ROOT / f).rglob("*") if p.is_file() and p.suffix not in (".so", ".pyc")]


# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile("|".join(["/wor" + "k/", "/roo" + "t/", "/hom" + r"e/\w", "/User" + "s/", "C:" + r"\\User" + "s", "/tm" + "p/"]))
OUTSIDE = ".." + "/shared"


def test_no_path_of_a_machine_and_no_large_file() -> None:
    wrong = []
    for path in tracked():
        if path.stat().st_size > 1_000_000:
            wrong.append(f"{relative(path)} has {path.stat().st_size:,} bytes")
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATHS.search(line):
                wrong.append(f"{relative(path)}:{number}: the path of a machine: {line.strip()[:100]}")
        if OUTSIDE in text and "GUANXI_DATA" not in text:
            wrong.append(f"{relative(path)}: names {OUTSIDE} without GUANXI_DATA")
    assert wrong == []


def test_the_mirror_holds() -> None:
    rooms = set(MAY_KNOW) | {"support", "reference", "python", "data", "headers", "compile_fail", "consumers", "rivals", "accuracy", "results", "fuzz", "cpp", "golden"}
    for top in ("tests", "bench", "docs"):
        strange = [relative(p) for p in (ROOT / top).iterdir() if p.is_dir() and p.name not in rooms and not p.name.startswith((".", "__"))]
        assert strange == [], f"{top} mirrors the rooms of include/guanxi"


def test_commands_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        if page.exists():
            named = set(re.findall(r"(?:^|`|\$ )make ([a-z-]+)", page.read_text(), re.M))
            assert named <= targets, f"{relative(page)} names `make {sorted(named - targets)[0]}`, which the Makefile has not"


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text):
            if not (page.parent / target).exists():
                broken.append(f"{relative(page)} -> {target}")
    assert broken == []
