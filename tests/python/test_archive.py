import datetime
import multiprocessing
from typing import Any

import guanxi as gx
import pandas as pd
import polars as pl
import pyarrow as pa
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
     "archive: field 'tags' is a list, it must be null, a bool, a number, a text or a date; write each value with add"),
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


needs_sealing = pytest.mark.skipif(not getattr(getattr(gx._core, "archive", None), "can_seal", bool)(), reason="needs libsodium")


def _copies(folder: Any, plain: str) -> int:
    return sum(p.read_bytes().count(plain.encode()) for p in folder.rglob("*") if p.is_file())


@needs_sealing
def test_personal_values_are_sealed_and_erased(tmp_path) -> None:
    with Archive(tmp_path / "a.db", frame="pandas") as a:
        a.put("C-17", {"phone": "+233 20 555 0142"}, personal=True)
        a.add("C-17", "contact", "buyer", {"name": "Kwame Owusu", "since": datetime.date(2024, 1, 1)}, personal=True)
        a.put("C-17", {"country": "Ghana"})
        assert a.get("C-17") == {"contact": [{"name": "Kwame Owusu", "since": "2024-01-01"}], "country": "Ghana", "phone": "+233 20 555 0142"}
        assert list(a.entries("C-17", "contact")) == ["buyer"]
        assert "phone" not in a.table().columns and list(a.table(["phone"])["phone"]) == ["+233 20 555 0142"]
        assert _copies(tmp_path, "+233 20") + _copies(tmp_path, "Kwame") == 0
        a.backup(tmp_path / "before.db")
        done = a.erase("C-17", reason="request", user="dpo")
        assert done.fields == ["contact", "phone"] and done.keys == 1 and done.versions == 2 and done.compacted
        assert a.audit()["hash"].iloc[-1] == done.hash and a.verify().ok
        assert a.get("C-17", "phone") is gx.archive.ERASED and not a.get("C-17", "phone") and repr(a.get("C-17", "phone")) == "ERASED"
        assert a.get("C-17")["country"] == "Ghana" and a.table(["phone"])["phone"].isna().all()
    with Archive(tmp_path / "before.db", keys=tmp_path / "a.db.keys", key=tmp_path / "a.db.master") as back:
        assert back.get("C-17", "phone") is gx.archive.ERASED
    with Archive(tmp_path / "before.db") as alone:
        assert alone.get("C-17", "phone") is gx.archive.LOCKED
    with pytest.raises(gx.Error, match="the master key has 3 bytes, it must have 32"):
        Archive(tmp_path / "b.db", key=b"abc")


def test_many_values_and_text(a) -> None:
    a.define("note", searchable=True, group="visit")
    a.put("C-1", {"note": "asks for bearings 6204, 轴承 for pumps", "country": "Ghana"}, user="li")
    a.put("C-2", {"note": "prefers Acme's price", "country": "Ghana"})
    for rival in ("Acme", "Bolt"):
        a.add("C-2", "competitor", rival, valid_from="2024-01-01")
    a.add("C-1", "competitor", "Acme", valid_from="2024-01-01")
    a.add("C-1", "product", "8482", 0.4, valid_from="2024-01-01")
    assert a.get("C-2")["competitor"] == ["Acme", "Bolt"] and a.entries("C-1", "product") == {"8482": 0.4}
    assert a.find(competitor="Acme") == ["C-1", "C-2"] and a.find(competitor="Acme", product="8482") == ["C-1"]
    a.drop("C-2", "competitor", "Acme", valid_from="2025-01-01")
    assert a.find(competitor="Acme") == ["C-1"] and a.find(competitor="Acme", as_of="2024-06-01") == ["C-1", "C-2"]
    assert a.find(text="BEARING") == ["C-1"] and a.find(text="6204 PUMP bear") == ["C-1"] and a.find(text="轴承 6204") == ["C-1"] and a.find(text="acme", country="Ghana") == ["C-2"]
    assert a.find(text="bear acme") == [] and a.find(text='"or" near(') == []
    a.put("C-1", {"note": "quiet"})
    assert a.find(text="bearing") == []
    h = a.history("C-2", "competitor")
    assert list(h["key"]) == ["Acme", "Acme", "Acme", "Bolt"]
    with pytest.raises(gx.Error, match="field 'competitor' holds many values, write it with add and drop"):
        a.put("C-1", {"competitor": "Cog"})
    with pytest.raises(gx.Error, match="field 'country' holds one value, write it with put"):
        a.add("C-1", "country", "Peru")
    with pytest.raises(gx.Error, match="field 'competitor' holds many values, ask for the whole file"):
        a.get("C-1", "competitor")
    assert [tuple(r) for r in a.fields().query("name == 'note'").values] == [("note", False, False, True, "visit")]


@pytest.mark.parametrize("kind", ["pyarrow", "pandas", "polars"])
def test_load_and_table(tmp_path, kind) -> None:
    columns = {"customer": ["B", "A", None, "C"], "country": ["Peru", "Ghana", "x", None], "tier": [1, 2, 3, 4],
               "sales": [0.5, float("nan"), 1.0, 2.0], "since": [datetime.date(2020, 1, i) for i in (1, 2, 3, 4)], "ok": [True, False, True, None]}
    frame = {"pyarrow": pa.table, "pandas": pd.DataFrame, "polars": pl.DataFrame}[kind](columns)
    with Archive(tmp_path / "a.db", durable="normal", frame="pyarrow") as a:
        done = a.load(frame, valid_from="2024-01-01", source="erp")
        assert (done.rows, done.new_customers, done.facts) == (3, 3, 12)
        assert done.refused.to_pylist() == [{"row": 2, "column": "customer", "reason": "no customer"}]
        t = a.table()
        assert t.to_pydict() == {"customer": ["A", "B", "C"], "country": ["Ghana", "Peru", None], "ok": [False, True, None],
                                 "sales": [None, 0.5, 2.0], "since": [datetime.date(2020, 1, i) for i in (2, 1, 4)], "tier": [2, 1, 4]}
        assert t.schema.field("country").type == pa.large_string() and t.schema.field("since").type == pa.date32()
        t.validate(full=True)
        assert a.table(["tier"], as_of="2023-12-31").num_rows == 0
        assert a.get(["C", "A", "nobody"], "tier") == [4, 2, None]
        before = done.known_at
        again = a.load({"customer": ["A", "D"], "tier": [3, 1]})
        assert again.new_customers == 1 and a.get(["A", "D"], "tier") == [3, 1]
        assert a.get(["A", "D"], "tier", as_of=before, known_at=before) == [2, None]
        long = a.load({"customer": ["A", "E", "A"], "field": ["tier", "tier", "tier"], "value": [1, 2, 4],
                       "known_at": [datetime.datetime.now(datetime.timezone.utc)] * 3})
        assert long.rows == 3 and a.get(["A", "E"], "tier") == [4, 2] and a.verify().ok and a.check() == "ok"


def test_load_is_all_or_nothing(a) -> None:
    a.put("A", {"tier": 1})
    with pytest.raises(gx.Error, match="field 'tier' holds a whole number, this is a text"):
        a.load({"customer": ["X", "Y"], "country": ["Peru", "Peru"], "tier": ["one", "two"]})
    assert a.find() == ["A"]
    with pytest.raises(gx.Error, match="'country'"):
        a.find(country="Peru")
    assert a.load({"customer": ["A", "B"], "tier": [2, 2], "known_at": ["2001-01-01", "2001-01-01"]}).refused["reason"].to_list() == [
        "known_at 2001-01-01 is before the newest version of this fact"]
    with pytest.raises(gx.Error, match="no column 'customer_id'"):
        a.load({"customer": ["X"]}, customer="customer_id")
    with pytest.raises(gx.Error, match="holds list"):
        a.load({"customer": ["X"], "tags": [["a"]]})


def test_the_table_is_not_copied(tmp_path) -> None:
    with Archive(tmp_path / "a.db", durable="normal") as a:
        a.load({"customer": [f"C{i:04}" for i in range(1000)], "sales": [float(i) for i in range(1000)]})
        t = a.table()
        rows, columns = a._core.columns([], None, None)
        array = gx._archive_columns.arrow(columns[1], rows)
        assert array.buffers()[1].address == columns[1]["values"].__array_interface__["data"][0]
        assert t["sales"].to_pylist()[:3] == [0.0, 1.0, 2.0]


def test_a_review_is_kept_and_compared(tmp_path) -> None:
    sim = gx.simulate.exporter(customers=40, suppliers=8, years=4, seed=3)
    before, _ = sim.ledger.split("2024-01-01") if hasattr(sim.ledger, "split") else (sim.ledger, None)
    first, second = gx.review(before, sim.deliveries), gx.review(sim.ledger, sim.deliveries)
    with Archive(tmp_path / "a.db", durable="normal") as a:
        n = a.keep_review(first, "plan", ledger=before, deliveries=sim.deliveries, user="li")
        assert a.run(n)["inputs"]["ledger"] == a.run(a.keep_review(first, "again", ledger=before))["inputs"]["ledger"]
        kept, there = a.run_table(n), first.customers
        assert kept.num_rows == there.num_rows and kept["tier"].to_pylist() == there["tier"].to_pylist()
        assert kept["last_order"].to_pylist() == there["last_order"].to_pylist()
        assert a.run_table(n, "plan").num_rows == first.plan.num_rows and a.run_table(n, "shares").num_rows == first.shares_over_time.num_rows
        out = a.compare(n, second)
        rows = {r["customer"]: r for r in out.to_pylist()}
        now = {r["customer"]: r for r in second.customers.to_pylist()}
        was = {r["customer"]: r for r in there.to_pylist()}
        assert set(rows) == set(now) | set(was)
        for c, r in rows.items():
            if r["seen"] == "both":
                assert (r["tier_was"], r["tier_is"]) == (was[c]["tier"], now[c]["tier"]) and r["happened"] == now[c]["sales_year"]
                assert r["inside"] == (was[c]["value_low"] <= now[c]["sales_year"] <= was[c]["value_high"])
                assert r["sales_year_change"] == now[c]["sales_year"] - was[c]["sales_year"]
        assert a.compare(n, a.keep_review(second, "next")).equals(out) and a.verify().ok
        with pytest.raises(gx.Error, match="no column 'tables' among"):
            a.run_table(n, "tables")
        with pytest.raises(gx.Error, match="a dict is no review: it has no 'customers'"):
            a.keep_review({})
        with pytest.raises(gx.Error, match="none of 'x' is in both tables"):
            a.compare(n, second, columns=["x"])
        a.put("C1", {"tier": "vendor"})
        assert a.to_html("C1", tmp_path / "c.html") and "vendor" in (tmp_path / "c.html").read_text()


@needs_sealing
def test_the_page_of_a_customer(a, tmp_path) -> None:
    a.put("C <17>", {"country": "Ghana", "tier": 2, "note": "<b>asks</b> for bearings"}, valid_from="2024-01-01", source="visit", user="li")
    a.put("C <17>", {"tier": 3}, valid_from="2024-06-01")
    a.add("C <17>", "contact", "buyer", {"name": "Kwame Owusu"}, personal=True)
    a.add("C <17>", "competitor", "Acme", valid_from="2024-01-01")
    page = tmp_path / "c.html"
    a.to_html("C <17>", page)
    text = page.read_text()
    assert "C &lt;17&gt;" in text and "&lt;b&gt;asks&lt;/b&gt;" in text and "Acme" in text and "visit, li" in text and "unbroken" in text
    assert "Kwame" not in text and "personal, not shown" in text and "buyer" not in text
    a.to_html("C <17>", page, personal=True)
    assert "Kwame Owusu" in page.read_text()
    a.erase("C <17>", reason="request")
    a.to_html("C <17>", page, personal=True)
    assert "Kwame" not in page.read_text() and "erased" in page.read_text()
    with pytest.raises(gx.Error, match="archive.page: no customer 'nobody'"):
        a.to_html("nobody", page)


def test_a_fragment_of_the_page_fits_into_another(a) -> None:
    a.put("C-17", {"country": "Ghana", "region": "Ashanti", "tier": 2, "note": "asks for <bearings>"}, valid_from="2024-01-01", known_at="2024-03-01", source="visit")
    a.put("C-17", {"tier": 3}, valid_from="2024-06-01", known_at="2024-07-01", source="invoices", user="wu")
    for field, key in (("problem", "late payer"), ("need", "6204 bearings"), ("competitor", "Acme"), ("advantage", "own store"), ("colour", "red")):
        a.add("C-17", field, key, valid_from="2024-01-01")
    a.add("C-17", "document", "offer 12", "https://example.com/12.pdf")
    a.add("C-17", "document", "letter", "javascript:alert(1)")
    text = a.page("C-17", fragment=True)
    assert text.lstrip().startswith("<article") and "<html" not in text and "<script" not in text and f'id="{gx.archive.page_id("C-17")}"' in text
    assert all(rule.startswith(".gx-file") for rule in text[text.index("<style>") + 7:text.index("</style>")].strip().splitlines())
    order = [text.index(f"<h3>{h}") for h in ("Needs", "Advantages", "Problems", "Competitors", "Documents", "colour")]
    assert order == sorted(order) and "asks for &lt;bearings&gt;" in text
    tiers = text[text.index("Tier over time"):text.index("How it came about")]
    assert "2024-01-01 to 2024-06-01" in tiers and "2024-07-01" in tiers and "invoices, wu" in tiers
    assert 'href="https://example.com/12.pdf"' in text and 'href="javascript' not in text
    whole = a.page("C-17")
    assert whole.startswith("<!doctype html>") and "https://example" in whole and text.strip()[:300] in whole
    assert "Acme" not in a.page("C-17", as_of="2023-06-01", fragment=True).split("How it came about")[0]


def test_backup_while_open_and_a_second_does_not_overwrite(a, tmp_path) -> None:
    a.put("A", {"tier": 1})
    a.backup(tmp_path / "copy.db")
    with Archive(tmp_path / "copy.db") as copy:
        assert copy.get("A", "tier") == 1 and copy.verify().ok
    with pytest.raises(gx.Error, match="is there already"):
        a.backup(tmp_path / "copy.db")
    a.compact()
    assert a.get("A", "tier") == 1


def test_expiry_by_kind_of_fact_and_country(a) -> None:
    a.define("note", group="visit")
    for c, country in (("A", "Germany"), ("B", "Ghana")):
        a.put(c, {"country": country}, valid_from="2018-01-01")
        a.put(c, {"note": "x", "price": 1.0}, valid_from="2019-01-01", valid_to="2020-01-01")
    rules = [{"name": "visits", "group": "visit", "keep": "1y"}, {"name": "visits in Ghana", "group": "visit", "country": "Ghana", "keep": "5y"}]
    due = a.expire(rules, at="2022-01-01").rows
    assert list(due["customer"]) == ["A"] and list(due["field"]) == ["note"]
    assert len(a.expire(rules, at="2025-01-01").rows) == 2


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
