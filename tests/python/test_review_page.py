"""The review's page, the command line, the bar that shows where time goes."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import guanxi as gx
import pyarrow as pa
import pyarrow.csv
import pytest
from guanxi import _progress
from review_book import NASTY, book, columns, needs_report, trade_of

ROOMS = ["ledger", "value", "share", "graph", "market", "relation", "plan", "review"]
HERE = str(Path(gx.__file__).resolve().parents[1])


# -- the page --------------------------------------------------------------------------------------------------------------


def data_of(page: str) -> tuple[list[list[Any]], list[str], list[dict[str, Any]]]:
    """Rows and names of the table, and the charts, as the page's scripts read them."""
    rows = re.search(r"^const data = (.*);$", page, re.M)
    names = re.search(r"^const names = (.*);$", page, re.M)
    specs = re.search(r"^const charts = (.*);$", page, re.M)
    assert rows and names and specs

    def strict(text: str) -> Any:
        def refuse(name: str) -> Any:
            raise AssertionError(f"{name} is no JSON")

        return json.loads(text, parse_constant=refuse)

    return strict(rows.group(1)), strict(names.group(1)), strict(specs.group(1))


@pytest.mark.parametrize("deliveries", [True, False])
def test_the_page_is_one_file_that_needs_no_network(deliveries: bool, found: gx.Review, alone: gx.Review, tmp_path: Path) -> None:
    needs_report()
    review = found if deliveries else alone
    path = review.to_html(tmp_path / "review.html")
    assert path == tmp_path / "review.html" and [p.name for p in tmp_path.iterdir()] == ["review.html"]
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"""<(?:script|link|img|iframe|source|object|embed)\b[^>]*\b(?:src|href|data)\s*=\s*["']?(?:https?:)?//""", page)
    assert not re.search(r"@import\s|url\(\s*[\"']?(?:https?:)?//", page)
    rows, names, charts = data_of(page)
    assert sorted(row[names.index("customer")] for row in rows) == sorted(review.customers.column("customer").to_pylist())
    titles = [chart.get("title") or chart["layer"][0]["title"] for chart in charts]
    plan = ["The plan: where effort gains most"] if len(review.plan) else []
    if deliveries:
        assert plan and titles == ["Value against our share", "Shares of the seen market over time", *plan, "Why our sales changed"]
    else:
        assert titles == ["Value against the chance that it still buys", *plan]
    for line in [*review.todo(), *review.notes]:
        assert html.escape(line, quote=False) in page.replace("&#39;", "'").replace("&#34;", '"')


def test_unknown_is_null_on_the_page(alone: gx.Review, tmp_path: Path) -> None:
    needs_report()
    page = alone.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    rows, names, _ = data_of(page)
    assert {row[names.index("share")] for row in rows} == {None} and {row[names.index("dominant")] for row in rows} == {None}
    assert "no deliveries given" in page


def test_a_name_cannot_break_the_page(tmp_path: Path) -> None:
    needs_report()
    orders, seen = book([NASTY] + [f"c{i}" for i in range(13)])
    page = gx.review(gx.Ledger(orders), deliveries=seen, hours=600).to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    assert NASTY not in page and "<b>O" not in page
    rows, names, _ = data_of(page)
    assert NASTY in [row[names.index("customer")] for row in rows]
    assert page.count("<script") == page.count("</script>")


def test_the_page_carries_files_of_the_archive_without_personal_fields(found: gx.Review, tmp_path: Path) -> None:
    needs_report()
    first = columns(found.customers)["customer"][:2]
    with gx.Archive(tmp_path / "files.db", keys=tmp_path / "keys") as archive:
        archive.define("contact", many=True, personal=True)
        archive.put(first[0], {"needs": "chilled transport </script>"}, source="fair", user="li")
        archive.add(first[0], "contact", "purchasing", "Ama Mensah")
        page = found.to_html(tmp_path / "a.html", archive=archive).read_text(encoding="utf-8")
    line = re.search(r"^const files = (.*);$", page, re.M)
    assert line is not None
    files = json.loads(line.group(1))
    assert list(files) == [first[0]] and "chilled transport" in files[first[0]]
    assert "Ama Mensah" not in page and page.count("<script") == page.count("</script>")


def test_the_page_shows_the_trade_statistics(tmp_path: Path) -> None:
    needs_report()
    orders, seen = book()
    found = gx.review(gx.Ledger(orders), deliveries=seen, trade=trade_of(["France", "Kenya"]), home="China")
    page = found.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Countries and products" in page and page.count("<td>Chile</td>") == 2


def test_the_page_says_which_package_is_missing(found: gx.Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_report()
    monkeypatch.setitem(sys.modules, "itables", None)
    with pytest.raises(gx.Error) as caught:
        found.to_html(tmp_path / "a.html")
    assert str(caught.value) == "to_html: the page needs itables; install guanxi[report]"


def test_a_page_that_cannot_be_written(found: gx.Review, tmp_path: Path) -> None:
    needs_report()
    with pytest.raises(gx.Error, match=re.escape(f"to_html: '{tmp_path / 'no' / 'a.html'}' cannot be written: No such file or directory")):
        found.to_html(tmp_path / "no" / "a.html")


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium on this machine: the page was not opened")


@pytest.mark.parametrize("deliveries", [True, False])
def test_the_page_opens_in_a_browser(deliveries: bool, tmp_path: Path) -> None:
    needs_report()
    browser = chromium()
    orders, seen = book([NASTY] + [f"c{i}" for i in range(13)])
    path = gx.review(gx.Ledger(orders), deliveries=seen if deliveries else None, hours=600).to_html(tmp_path / "review.html")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
               "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=15000", "--dump-dom", path.as_uri()]
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # a sanitizer is not for the browser
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment).stdout
    assert 'data-ready="yes"' in dom, "the page's script did not run to its end"
    table = dom[dom.index('id="customers"'):]
    assert table[:table.index("</table>")].count("<tr") == 15  # a head and 14 customers
    assert "&lt;/script&gt;&lt;b&gt;O'Neill" in table and "<b>O'Neill" not in dom
    assert len(re.findall(r'<svg[^>]*class="marks"', dom)) == len(data_of(path.read_text(encoding="utf-8"))[2])
    if not deliveries:
        assert "not known" in table
    assert (dom.count("<canvas") > 0) == deliveries, "the map of competitors is not drawn"


# -- the command line ------------------------------------------------------------------------------------------------------


def guanxi(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("typer")
    environment = os.environ | {"PYTHONPATH": HERE}  # where a relative one would not be found from another folder
    return subprocess.run([sys.executable, "-m", "guanxi", *arguments], capture_output=True, text=True, cwd=folder, timeout=120, env=environment)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    orders, seen = book()
    pa.csv.write_csv(orders, tmp_path / "sales.csv")
    pa.csv.write_csv(seen, tmp_path / "seen.csv")
    return tmp_path


def test_the_command_writes_the_page(files: Path) -> None:
    needs_report()
    got = guanxi("review", "sales.csv", "--deliveries", "seen.csv", "--hours", "150", "--money", "9000", "--out", "x.html", folder=files)
    assert got.returncode == 0 and got.stderr == ""  # no bar where there is no terminal
    assert (files / "x.html").stat().st_size > 100_000
    assert "Review as of 2023-12-" in got.stdout and "What to do first" in got.stdout and "The page: x.html" in got.stdout
    assert "Kwame Ltd" in got.stdout


def test_the_demo(tmp_path: Path) -> None:
    needs_report()
    got = guanxi("demo", "--customers", "40", "--out", "d.html", folder=tmp_path)
    assert got.returncode == 0 and "40 customers" in got.stdout and (tmp_path / "d.html").exists()


@pytest.mark.parametrize("arguments, words", [
    (["sales.csv", "--customer", "custmer"],
     "guanxi: Ledger: no column 'custmer' among 'customer', 'date', 'amount_eur', 'product', 'country'; did you mean 'customer'?\n"),
    (["no.csv"], "guanxi: Ledger: there is no file 'no.csv'\n"),
    (["sales.csv", "--deliveries", "no.csv"], "guanxi: Deliveries: there is no file 'no.csv'\n"),
    (["sales.csv", "--hours", "-1"], "guanxi: review: hours is -1.000000, wanted 0 or more\n"),
    (["sales.csv", "--unit", "Q"], "guanxi: unit: 'Q' is not one of D, W, M, Y\n"),
    (["sales.csv", "--out", "no/x.html"], "guanxi: to_html: 'no/x.html' cannot be written: No such file or directory\n"),
])
def test_the_command_refuses_in_one_sentence(arguments: list[str], words: str, files: Path) -> None:
    needs_report()
    got = guanxi("review", *arguments, folder=files)
    assert (got.returncode, got.stderr) == (2, words)
    assert not list(files.glob("*.html"))


# -- where time goes -------------------------------------------------------------------------------------------------------


def test_no_bar_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    gx.review(gx.Ledger(book()[0]))
    gx.review(gx.Ledger(book()[0]), progress=False)
    assert capfd.readouterr() == ("", "")


RICH = ["rich", "rich.console", "rich.progress"]


@pytest.mark.parametrize("hidden", [[], RICH, [*RICH, "tqdm", "tqdm.auto"]], ids=["rich", "tqdm", "plain"])
def test_the_bar_is_drawn_by_what_there_is(hidden: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for name in hidden:
        monkeypatch.setitem(sys.modules, name, None)
    gx.review(gx.Ledger(book()[0]), progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    if len(hidden) == 5:
        assert re.findall(r"^ *[0-9.]+ s  (\w+)$", err, re.M) == ROOMS


def test_the_rooms_are_named_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    import contextlib
    from collections.abc import Callable

    seen: list[str] = []

    @contextlib.contextmanager
    def rooms(wanted: bool | None) -> Iterator[Callable[[str], None]]:
        yield seen.append

    monkeypatch.setattr(_progress, "rooms", rooms)
    gx.review(gx.Ledger(book()[0]), progress=True)
    assert seen == ROOMS == list(_progress.ROOMS)


def test_a_notebook_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", HERE)
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = ["import guanxi as gx\nworld = gx.simulate.exporter(customers=30, suppliers=5, years=3, seed=7)",
             "review = gx.review(world.ledger, deliveries=world.deliveries, hours=100)\nreview"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = notebook.cells[1].outputs
    assert not [o for o in outputs if o.output_type == "error"]
    shown = [o for o in outputs if o.output_type == "execute_result"]
    assert len(shown) == 1 and "<table>" in shown[0].data["text/html"] and "Review as of" in shown[0].data["text/plain"]
