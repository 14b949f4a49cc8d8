import datetime
import multiprocessing
from typing import Any

import guanxi as gx
import pytest
from guanxi.archive import Archive

pytestmark = pytest.mark.skipif(not hasattr(gx._core, "archive"), reason="built without SQLite")
UTC = datetime.timezone.utc


@pytest.fixture
def a(tmp_path: Any):
    with Archive(tmp_path / "customers.db", durable="normal", frame="pandas") as archive:
        yield archive


def test_both_times(a) -> None:
    a.put("C-17", {"tier": 2, "country": "Ghana"}, valid_from="2024-01-01", known_at="2024-03-01", source="visit", user="li")
    a.put("C-17", {"tier": 3}, valid_from=datetime.date(2024, 2, 1), known_at="2024-05-01T08:00:00+08:00")
    assert a.get("C-17") == {"tier": 3, "country": "Ghana"}
    assert a.get("C-17", "tier", as_of="2024-04-01", known_at="2024-04-01") == 2
    assert a.get("C-17", "tier", as_of="2024-04-01", known_at="2024-05-01") == 3  # midnight UTC is 8:00 in Shanghai
    assert a.get("nobody") == {} and a.get("C-17", "unheard") is None
    h = a.history("C-17", "tier")
    assert list(h["value"]) == ["2", "2", "3"] and h["valid_to"].isna().sum() == 2 and list(h["user"]) == ["li", "li", ""]
    a.put("C-17", {"tier": None}, valid_from="2024-02-01")
    assert a.get("C-17") == {"country": "Ghana"}


def test_every_kind_comes_back(a) -> None:
    fields = {"a": True, "b": 2**62, "c": 0.1, "d": "客户 065 🙂", "e": datetime.date(2024, 2, 29)}
    a.put("x", fields)
    assert a.get("x") == fields and a.get("x", "a") is True


def test_find(a) -> None:
    for i in range(6):
        a.put(f"C{i}", {"country": "Peru" if i % 2 else "Ghana", "tier": i // 2})
    assert a.find() == [f"C{i}" for i in range(6)]
    assert a.find(country="Peru", tier=1) == ["C3"]


@pytest.mark.parametrize(("call", "code", "sentence"), [
    (lambda a: a.put("x", {"tier": "three"}), "bad_format", "archive: field 'tier' holds a whole number, this is a text"),
    (lambda a: a.put("x", {"tags": ["a", "b"]}), "bad_format",
     "archive: field 'tags' is a list, it must be null, a bool, a number, a text or a date; give each value a field of its own"),
    (lambda a: a.put("x", {"n": 2**64}), "out_of_domain",
     "archive: field 'n' is 18446744073709551616, whole numbers have 64 bits"),
    (lambda a: a.put("x", {"n": 1}, valid_from="2024-02-01", valid_to="2024-01-01"), "out_of_domain",
     "archive::put: valid_to 2024-01-01 is not after valid_from 2024-02-01"),
    (lambda a: a.put("x", {"n": 1}, known_at="2999-01-01"), "out_of_domain", "archive::put: known_at 2999-01-01 is in the future"),
    (lambda a: a.put("x", {"n": 1}, valid_from="yesterday"), "bad_format", "archive: valid_from 'yesterday' is no ISO date or time"),
    (lambda a: a.get("x", known_at="2999-01-01"), "out_of_domain", "archive::get: known_at 2999-01-01 is in the future"),
    (lambda a: a.find(region="x"), "unknown_name", "archive::find: no field 'region'"),
    (lambda a: a.expire({"name": "r", "keep": "long"}), "bad_format", "archive.expire: rule 'r' keeps 'long'; give '730d' or '3y'"),
    (lambda a: a.run(7), "unknown_name", "archive::get_run: no run 7"),
])
def test_sentences(a, call, code, sentence) -> None:
    a.put("y", {"tier": 3})
    with pytest.raises(gx.Error) as raised:
        call(a)
    assert (raised.value.code, str(raised.value)) == (code, sentence)


def test_expiry_previews_and_then_does_the_same(a) -> None:
    a.put("A", {"note": "old"}, valid_from="2019-01-01", valid_to="2020-01-01")
    a.put("B", {"note": "old"}, valid_from="2019-01-01", valid_to="2020-01-01")
    a.hold("B", "dispute", user="li")
    rule = {"name": "notes", "field": "note", "keep": "3y", "basis": "visit notes"}
    assert len(a.expire(rule, at="2022-12-31").rows) == 0
    preview = a.expire(rule, at="2023-01-01")
    assert list(preview.rows["customer"]) == ["A"] and list(preview.held["customer"]) == ["B"] and not preview.done
    assert len(a.history("A")) == 1
    done = a.expire(rule, at="2023-01-01", dry_run=False, token=preview.token, user="li")
    assert done.done and done.rows.equals(preview.rows) and len(a.history("A")) == 0 and len(a.history("B")) == 1
    assert a.verify().ok


def test_runs(a) -> None:
    n = a.add_run("plan 2026", [{"customer": "A", "hours": 3}], inputs={"ledger": b"abc"}, user="li")
    run = a.run(n)
    assert run["result"] == [{"customer": "A", "hours": 3}] and run["inputs"]["ledger"].startswith("ba7816bf")
    assert list(a.runs()["name"]) == ["plan 2026"]
    v = a.verify()
    assert v.ok and v.rows == 2 and a.verify(v.tail).ok and not a.verify("0").ok


def test_a_closed_archive_says_so_and_prints(tmp_path) -> None:
    a = Archive(tmp_path / "a.db")
    a.put("x", {"tier": 1})
    assert repr(a).endswith("a.db: 1 customers, 0 runs") and "<p>" in a._repr_html_()
    a.close()
    a.close()
    with pytest.raises(gx.Error, match="archive: it is closed"):
        a.get("x")
    assert "it is closed" in repr(a)


def test_without_sqlite(monkeypatch, tmp_path) -> None:
    monkeypatch.delattr(gx._core, "archive")
    with pytest.raises(gx.Error, match="built without SQLite; install libsqlite3-dev"):
        Archive(tmp_path / "a.db")


def test_not_an_archive(tmp_path) -> None:
    (tmp_path / "a.db").write_text("x" * 4096)
    with pytest.raises(gx.Error) as raised:
        Archive(tmp_path / "a.db")
    assert raised.value.code == "bad_format"


def _write(path: str, letter: str) -> None:
    with Archive(path, durable="normal") as a:
        for i in range(40):
            a.put(f"{letter}{i}", {"x": i, "y": i})


def test_two_writers_in_processes(tmp_path) -> None:
    path = str(tmp_path / "a.db")
    Archive(path).close()
    context = multiprocessing.get_context("spawn")
    team = [context.Process(target=_write, args=(path, letter)) for letter in "AB"]
    for p in team:
        p.start()
    reader = Archive(path, read_only=True)
    while any(p.is_alive() for p in team):
        assert all(f["x"] == f["y"] for f in map(reader.get, reader.find()))
    for p in team:
        p.join()
        assert p.exitcode == 0
    assert len(reader.find()) == 80
