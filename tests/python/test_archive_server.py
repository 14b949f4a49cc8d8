"""The archive's behaviours again, on a PostgreSQL server that this file starts on loopback."""

import importlib.machinery
import importlib.util
import itertools
import subprocess
from pathlib import Path
from typing import Any

import guanxi as gx
import pytest
from guanxi.archive import Archive
from test_archive import (  # noqa: F401 (collected here again: the fixture `a` is another)
    needs_sealing,
    test_a_fragment_of_the_page_fits_into_another,
    test_both_times,
    test_every_kind_comes_back,
    test_expiry_by_kind_of_fact_and_country,
    test_expiry_previews_and_then_does_the_same,
    test_find,
    test_load_is_all_or_nothing,
    test_many_values_and_text,
    test_runs,
    test_sentences,
    test_the_page_of_a_customer,
)

pytestmark = pytest.mark.skipif(not hasattr(gx._core, "archive"), reason="built without SQLite")
HELPER = Path(__file__).resolve().parents[1] / "archive" / "with_postgres"
count = itertools.count()


@pytest.fixture(scope="module")
def server() -> Any:
    if not gx._core.archive.can_use_server(gx.archive._bundled_libpq()):
        pytest.skip("needs libpq (Debian: libpq5)")
    loader = importlib.machinery.SourceFileLoader("with_postgres", str(HELPER))
    spec = importlib.util.spec_from_loader("with_postgres", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    try:
        with module.server() as words:
            yield words
    except LookupError as why:
        pytest.skip(str(why))


def sql(server: str, text: str) -> None:
    subprocess.run(["psql", "-q", server, "-v", "ON_ERROR_STOP=1", "-c", text], check=True, capture_output=True)


@pytest.fixture
def place(server: str) -> str:
    schema = f"s{next(count)}"
    sql(server, f"create schema {schema}")
    return f"{server}?options=-csearch_path%3D{schema}"


@pytest.fixture
def a(place: str, tmp_path: Any) -> Any:
    with Archive(place, keys=tmp_path / "keys", frame="pandas") as archive:
        yield archive


def test_rights_of_each_manager(place: str, server: str, a: Any, tmp_path: Any) -> None:
    sql(server, "create role li login")
    for c, country in (("A", "Peru"), ("B", "Ghana")):
        a.put(c, {"country": country}, valid_from="2024-01-01")
    a.allow("li", ["A"])
    assert a.rights().to_dict("records") == [{"role": "li", "customer": "A", "write": True}]
    with Archive(place.replace("owner@", "li@"), keys=tmp_path / "keys") as li:
        assert li.find() == ["A"] and li.get("B") == {} and li.table()["country"].to_pylist() == ["Peru"]
        li.put("A", {"country": "Chile"})
        with pytest.raises(gx.Error, match="it is there already, and this user may not see it"):
            li.put("B", {"country": "Chile"})
        with pytest.raises(gx.Error):
            li.allow("li")
    assert a.get("A", "country") == "Chile" and a.get("B", "country") == "Ghana" and a.verify().ok
    a.disallow("li")
    assert len(a.rights()) == 0
    with pytest.raises(gx.Error, match="'customers' is empty; leave it out for the whole book"):
        a.allow("li", [])


def test_a_file_goes_to_the_server_and_back(place: str, tmp_path: Any) -> None:
    with Archive(tmp_path / "a.db") as file:
        file.load({"customer": [f"C{i}" for i in range(50)], "tier": list(range(50)), "sales": [i / 4 for i in range(50)]})
        file.put("C7", {"tier": 3})
        file.add("C7", "competitor", "Acme")
        file.add_run("plan", [{"customer": "C7", "hours": 3}])
        file.copy_to(place)
        with Archive(place) as there:
            assert there.table().equals(file.table()) and there.find(competitor="Acme") == ["C7"] and there.run(1)["result"] == file.run(1)["result"]
            assert there.history("C7").equals(file.history("C7")) and there.verify().ok and there.check() == "ok"
            there.put("new", {"tier": 1})
            there.backup(tmp_path / "back.db")
            assert "owner@127" in repr(there)
        with Archive(tmp_path / "back.db") as back:
            assert back.get("new", "tier") == 1 and back.find() == sorted([*file.find(), "new"]) and back.verify().ok
        with pytest.raises(gx.Error, match="there is an archive already"):
            file.copy_to(place)


@needs_sealing
def test_personal_values_on_a_server(a: Any, server: str, place: str) -> None:
    a.put("C-17", {"phone": "+233 20 555 0142"}, personal=True)
    assert a.get("C-17", "phone") == "+233 20 555 0142"
    schema = place.rsplit("%3D", 1)[1]
    dump = subprocess.run(["psql", "-qAt", server, "-c", f"select * from {schema}.fact"], check=True, capture_output=True).stdout
    assert b"+233" not in dump and b"+233".hex().encode() not in dump
    done = a.erase("C-17", reason="request")
    assert done.keys == 1 and done.versions == 1 and not done.compacted
    assert a.get("C-17", "phone") is gx.archive.ERASED and a.verify().ok


def test_no_libpq_and_no_server() -> None:
    with pytest.raises(gx.Error) as raised:
        Archive("postgresql://li:secret@127.0.0.1:1/x")
    assert "secret" not in str(raised.value) and raised.value.code == "io"
