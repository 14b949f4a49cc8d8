"""The customer files: facts with two times in one SQLite file, personal values sealed under a key of each person."""

from __future__ import annotations

import datetime
import html
import importlib.util
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from . import _archive_columns as _columns
from . import _archive_values as _values
from . import _core, _frames
from ._archive_values import ERASED as ERASED
from ._archive_values import LOCKED as LOCKED
from ._archive_values import Certificate, Expiry, Loaded, Time, Value, Verification
from ._archive_values import Withheld as Withheld
from ._errors import Error


def page_id(customer: str) -> str:
    """The ``id`` of a customer's fragment (``Archive.page(customer, fragment=True)``): the same in every page."""
    return "customer-" + _core.archive.sha256(customer.encode())[:12]


def _bundled_libpq() -> str:
    """The libpq that comes with psycopg's wheel (the extra ``postgres``); empty where it is not installed."""
    spec = importlib.util.find_spec("psycopg_binary")
    if spec is None or spec.origin is None:
        return ""
    return next((str(p) for p in sorted((Path(spec.origin).parents[1] / "psycopg_binary.libs").glob("libpq-*.so*"))), "")


class Archive:
    """The customer files on disk: put facts at any time, overwrite nothing, read as of any day and as known at any day.

    Parameters
    ----------
    path : path
        The file; made when it is not there (unless ``read_only``). Or ``"postgresql://..."``: an archive on a server, for teams;
        needs libpq, which the system or the extra ``postgres`` brings.
    key : bytes or path, optional
        The master key of personal values: 32 bytes, or a file that holds them. Left out: ``<path>.master``, which is made at the
        first personal write, readable by its owner alone.
    keys : path, optional
        Where the keys of persons are kept; ``<path>.keys`` when left out.
    durable : {"full", "normal"}
        ``"full"``: an acknowledged write survives a power cut. ``"normal"``: faster, the last writes may be lost.
    read_only : bool
    busy : float
        Seconds that a write waits for another process.
    frame : {"pyarrow", "pandas", "polars"}
        The kind of the frames that are given.

    Raises
    ------
    gx.Error
        When SQLite was missing when the package was built, when the file cannot be opened, or when it is not an archive.
    """

    def __init__(self, path: str | os.PathLike[str], *, key: bytes | str | os.PathLike[str] | None = None,
                 keys: str | os.PathLike[str] | None = None, durable: str = "full", read_only: bool = False, busy: float = 5.0,
                 frame: _frames.Kind = "pyarrow") -> None:
        if not hasattr(_core, "archive"):
            raise Error("Archive: guanxi was built without SQLite; install libsqlite3-dev (Debian) and build the package again", "io")
        if durable not in ("full", "normal"):
            raise Error(f"Archive: durable '{durable}' is not one of full, normal", "unknown_name")
        self.path = os.fspath(path)
        if self.path.startswith(("postgresql://", "postgres://")):
            _core.archive.can_use_server(_bundled_libpq())
        self._frame: _frames.Kind = frame
        secret, key_path = (key, "") if isinstance(key, bytes) else (b"", os.fspath(key) if key is not None else "")
        if isinstance(key, bytes) and len(key) != 32:
            raise Error(f"Archive: the master key has {len(key)} bytes, it must have 32", "size_mismatch")
        self._core = _core.archive.Archive(self.path, read_only, durable == "full", int(busy * 1000), secret, key_path,
                                           os.fspath(keys) if keys is not None else "")

    # ---- writing

    def define(self, name: str, *, many: bool = False, personal: bool = False, searchable: bool = False, group: str = "") -> None:
        """Says what a field is.

        Parameters
        ----------
        name : str
        many : bool
            Several values side by side (contacts, products, competitors), written with ``add`` and ``drop``.
        personal : bool
            Always sealed under the key of the person, never searched, erasable.
        searchable : bool
            Its texts are found by their words (``find(text=...)``).
        group : str
            Kind of fact ("visit", "contact"), for rules of expiry.
        """
        self._core.define(name, many, personal, searchable, group)

    def fields(self) -> Any:
        """What is known of the fields: name, many, personal, searchable, group."""
        rows = self._core.fields()
        names = ("name", "many", "personal", "searchable", "group")
        kinds = (pa.string(), pa.bool_(), pa.bool_(), pa.bool_(), pa.string())
        return _frames.give({n: pa.array([r[i] for r in rows], k) for i, (n, k) in enumerate(zip(names, kinds))}, self._frame)

    def put(self, customer: str, fields: Mapping[str, Value], *, valid_from: Time = None, valid_to: Time = None,
            known_at: Time = None, source: str = "", user: str = "", personal: bool = False, person: str = "") -> datetime.datetime:
        """Writes facts of one customer in one transaction; gives the known time.

        ``valid_from`` left out means from now on, ``valid_to`` an open end. ``known_at`` is for loading history: not before the
        newest known time of the fact, not in the future. The value None takes a fact back: history still shows it.
        ``personal`` seals the values under the customer's key (or that of one named ``person`` of the customer), which ``erase``
        destroys.
        """
        known = self._core.put(str(customer), [_values.field_of(n, v) for n, v in fields.items()], _values.micros(valid_from, "valid_from"),
                               _values.micros(valid_to, "valid_to"), _values.micros(known_at, "known_at"), source, user, personal, person)
        return _values.EPOCH + datetime.timedelta(microseconds=known)

    def add(self, customer: str, field: str, key: str, value: Value | Mapping[str, Any] = None, *, valid_from: Time = None,
            valid_to: Time = None, known_at: Time = None, source: str = "", user: str = "", personal: bool = False,
            person: str = "") -> datetime.datetime:
        """Writes one entry of a field with many values, e.g. ``add("C-17", "competitor", "Acme")``.

        The entry is known by its ``key``; its value is the key when left out. A mapping is kept as JSON and comes back as a
        mapping, e.g. ``add("C-17", "contact", "buyer", {"name": ..., "phone": ...}, personal=True)``.
        """
        if isinstance(value, Mapping):
            value = json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
        _, kind, plain = _values.field_of(field, key if value is None else value)
        known = self._core.add(str(customer), field, str(key), kind, plain, _values.micros(valid_from, "valid_from"),
                               _values.micros(valid_to, "valid_to"), _values.micros(known_at, "known_at"), source, user, personal, person)
        return _values.EPOCH + datetime.timedelta(microseconds=known)

    def drop(self, customer: str, field: str, key: str, *, valid_from: Time = None, valid_to: Time = None, known_at: Time = None,
             source: str = "", user: str = "", person: str = "") -> datetime.datetime:
        """Takes one entry back, from ``valid_from`` (now when left out) on; history still shows it."""
        known = self._core.add(str(customer), field, str(key), 0, None, _values.micros(valid_from, "valid_from"),
                               _values.micros(valid_to, "valid_to"), _values.micros(known_at, "known_at"), source, user, False, person)
        return _values.EPOCH + datetime.timedelta(microseconds=known)

    def load(self, frame: Any, *, customer: str = "customer", valid_from: Time = None, valid_to: Time = None, known_at: Time = None,
             source: str = "", user: str = "", personal: Iterable[str] = ()) -> Loaded:
        """Writes many files in one transaction: all rows that can be taken, or nothing.

        Parameters
        ----------
        frame : DataFrame
            Wide (a column a field; null and NaN say nothing) or long (columns ``customer``, ``field``, ``value``). Columns named
            ``valid_from``, ``valid_to``, ``known_at`` give each row its times.
        customer : str
            The column of ids.
        personal : list of str
            Fields that are sealed.

        Returns
        -------
        Loaded
            Rows, facts, new customers, the known time, and the rows refused with their reasons.
        """
        table = _frames.plain_text(_frames.read(frame, "archive.load: frame"))
        _frames.require(customer, table.column_names, "archive.load: frame")
        times = [n for n in ("valid_from", "valid_to", "known_at") if n in table.column_names]
        sealed = set(personal)
        names = [n for n in table.column_names if n != customer and n not in times]
        long = set(names) == {"field", "value"}
        for name in sealed if not long else ():
            _frames.require(name, names, "archive.load: personal")
        batches = []
        if long:
            fields = table.column("field").cast(pa.string())
            for field in sorted(v for v in fields.unique().to_pylist() if v is not None):
                part = table.filter(pc.equal(fields, field))
                batches.append(_columns.batch(part.drop_columns(["field"]).rename_columns(
                    [field if n == "value" else n for n in part.column_names if n != "field"]), customer, [field], times, sealed))
        else:
            batches.append(_columns.batch(table, customer, names, times, sealed))
        report = self._core.load(batches, _values.micros(valid_from, "valid_from"), _values.micros(valid_to, "valid_to"),
                                 _values.micros(known_at, "known_at"), source, user)
        refused = report["refused"]
        return Loaded(report["rows"], report["facts"], report["new_customers"], _values.EPOCH + datetime.timedelta(microseconds=report["known"]),
                      _frames.give({"row": pa.array([r[0] for r in refused], pa.int64()),
                                    "column": pa.array([r[1] for r in refused], pa.string()),
                                    "reason": pa.array([r[2] for r in refused], pa.string())}, self._frame))

    # ---- asking

    @overload
    def get(self, customer: str, field: None = None, *, as_of: Time = None, known_at: Time = None) -> dict[str, Any]: ...
    @overload
    def get(self, customer: str, field: str, *, as_of: Time = None, known_at: Time = None) -> Any: ...
    @overload
    def get(self, customer: Sequence[str], field: str, *, as_of: Time = None, known_at: Time = None) -> list[Any]: ...
    def get(self, customer: str | Sequence[str], field: str | None = None, *, as_of: Time = None, known_at: Time = None) -> Any:
        """All fields that held at ``as_of`` as known at ``known_at`` (a dict, {} when nothing is known), or one field's value.

        A field with many values gives the list of its values (its entries by key: ``entries``). With a list of customers and a
        field: the list of their values. What was erased is ``gx.archive.ERASED``; what cannot be opened here is ``LOCKED``.
        """
        times = _values.micros(as_of, "as_of"), _values.micros(known_at, "known_at")
        if not isinstance(customer, str) and isinstance(customer, Iterable):
            if field is None:
                raise Error("archive.get: several customers are asked for one field; give it, or use table", "out_of_domain")
            return [v if v.__class__ is not tuple else _values.value_of(v) for v in self._core.get_many([str(c) for c in customer], field, *times)]
        if field is not None:
            return _values.value_of(self._core.get_field(str(customer), field, *times))
        out: dict[str, Any] = {}
        for name, _, many, pair in self._core.file(str(customer), *times):
            if many:
                out.setdefault(name, []).append(_values.entry_of(pair))
            else:
                out[name] = pair if pair.__class__ is not tuple else _values.value_of(pair)
        return out

    def entries(self, customer: str, field: str, *, as_of: Time = None, known_at: Time = None) -> dict[str, Any]:
        """The entries of a field with many values: key -> value, sorted by key."""
        found = self._core.file(str(customer), _values.micros(as_of, "as_of"), _values.micros(known_at, "known_at"))
        return {key: _values.entry_of(pair) for name, key, many, pair in found if many and name == field}

    def history(self, customer: str, field: str | None = None) -> Any:
        """Every version ever believed: field, key, value (as text), valid_from, valid_to, known_from, known_to, source, user."""
        rows = self._core.history(str(customer), field or "")
        values = [_values.value_of(r[2]) for r in rows]
        return _frames.give({"field": pa.array([r[0] for r in rows], pa.string()),
                             "key": pa.array([r[1] or None for r in rows], pa.string()),
                             "value": pa.array([None if v is None else str(v) for v in values], pa.string()),
                             **{name: pa.array([_values.time(r[i]) for r in rows], _values.STAMP)
                                for i, name in enumerate(("valid_from", "valid_to", "known_from", "known_to"), 3)},
                             "source": pa.array([r[7] for r in rows], pa.string()),
                             "user": pa.array([r[8] for r in rows], pa.string())}, self._frame)

    def find(self, *, text: str = "", as_of: Time = None, known_at: Time = None, **fields: Value) -> list[str]:
        """Customers for whom every condition holds, e.g. ``find(country="Ghana", tier=3, competitor="Acme")``; sorted.

        ``text``: words that must all stand in one of the customer's searchable texts, each as part of it, in either case. A
        condition on a field with many values is met by an entry of that key.
        """
        found: list[str] = self._core.find([_values.field_of(n, v) for n, v in fields.items()], text, _values.micros(as_of, "as_of"),
                                           _values.micros(known_at, "known_at"))
        return found

    def table(self, fields: Sequence[str] | None = None, *, as_of: Time = None, known_at: Time = None) -> Any:
        """One row a customer, sorted: ``customer`` and the fields of one value (all that are not personal when left out).

        The columns lie in memory as Arrow wants them and are handed over without a copy. Personal fields come only when named.
        """
        if fields is not None and not fields:
            raise Error("archive.table: 'fields' is empty; leave it out for all", "empty")
        rows, columns = self._core.columns(list(fields or []), _values.micros(as_of, "as_of"), _values.micros(known_at, "known_at"))
        return _frames.give({c["field"]: _columns.arrow(c, rows) for c in columns}, self._frame)

    def data_version(self) -> int:
        """Grows when another process has written: what was read before may be read again then."""
        version: int = self._core.data_version()
        return version

    # ---- what leaves

    def hold(self, customer: str, reason: str, *, until: Time = None, user: str = "") -> None:
        """Keeps a customer's facts from expiring until then (for ever when left out)."""
        self._core.hold(str(customer), reason, _values.micros(until, "until"), user)

    def expire(self, policy: Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | os.PathLike[str], *, dry_run: bool = True,
               at: Time = None, token: str = "", user: str = "") -> Expiry:
        """What falls due by rule; ``dry_run=True`` (the default) only shows it.

        A rule: name, field ("*" is every one), group (kind of fact, see ``define``), country (of the customer now), since
        ("valid_to": the fact ceased to hold; "known_to": the version was corrected), keep ("730d", "3y"), basis. One rule, a list,
        or the name of a JSON file. Give the ``token`` of a preview to be sure that the run deletes what the preview showed.
        """
        if isinstance(policy, (str, os.PathLike)):
            try:
                with open(policy, encoding="utf-8") as file:
                    policy = json.load(file)
            except (OSError, ValueError) as problem:
                raise Error(f"archive.expire: cannot read the policy: {problem}", "io") from None
        given: Any = policy
        rules: list[Mapping[str, Any]] = [given] if isinstance(given, Mapping) else list(given)
        when: Any = _values.micros(at if at is not None else datetime.datetime.now(datetime.timezone.utc), "at")
        report = self._core.expire([_values.rule_of(r) for r in rules], when, dry_run, token, user)
        return Expiry(self._expired(report["rows"]), self._expired(report["held"]), report["token"], report["done"])

    def _expired(self, rows: list[Any]) -> Any:
        names = ("customer", "field", "valid_from", "valid_to", "known_from", "known_to", "rule", "basis")
        return _frames.give({name: pa.array([_values.time(r[i]) for r in rows], _values.STAMP) if 2 <= i <= 5 else
                             pa.array([r[i] for r in rows], pa.string()) for i, name in enumerate(names)}, self._frame)

    def erase(self, customer: str, *, reason: str, user: str = "", person: str = "", forget_id: bool = False) -> Certificate:
        """Destroys the keys of a customer's personal values (of one named ``person``, when given), then the sealed values.

        Nobody can read them afterwards: not in this file, not in its backups. ``forget_id`` also replaces the customer's id.
        What is not personal stays.
        """
        made = self._core.erase(str(customer), reason, user, person, forget_id)
        return Certificate(_values.EPOCH + datetime.timedelta(microseconds=made[0]), *made[1:])

    # ---- runs, audit, care

    def add_run(self, name: str, result: Any, *, inputs: Mapping[str, str | bytes] | None = None, user: str = "") -> int:
        """Stores a run: its tables as JSON (text, or anything ``json`` writes) and its inputs by hash.

        Bytes in ``inputs`` are hashed (SHA-256), texts are taken as hashes.
        """
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
        pairs = [(k, v if isinstance(v, str) else _core.archive.sha256(v)) for k, v in (inputs or {}).items()]
        number: int = self._core.add_run(name, pairs, text, user)
        return number

    def runs(self) -> Any:
        """The runs stored: id, name, at, user."""
        rows = self._core.runs()
        return _frames.give({"id": pa.array([r["id"] for r in rows], pa.int64()),
                             "name": pa.array([r["name"] for r in rows], pa.string()),
                             "at": pa.array([_values.time(r["at"]) for r in rows], _values.STAMP),
                             "user": pa.array([r["user"] for r in rows], pa.string())}, self._frame)

    def run(self, number: int) -> dict[str, Any]:
        """One run: id, name, at, user, inputs (name -> hash), result (what the JSON text says)."""
        run: dict[str, Any] = dict(self._core.get_run(number))
        run["at"] = _values.time(run["at"])
        try:
            run["result"] = json.loads(run["result"])
        except ValueError:
            pass  # a text that is no JSON is given as it was
        return run

    def keep_review(self, review: Any, name: str = "", *, ledger: Any = None, deliveries: Any = None, user: str = "") -> int:
        """Stores a review as a run: its customers, plan, shares, countries, book and notes; gives the run's number.

        Of the ``ledger`` the summary is kept beside it, and a hash of what it and the ``deliveries`` held. Runs are kept as given
        and are not sealed: no personal fields belong in them.
        """
        from . import _archive_runs as runs

        inputs = {}
        if ledger is not None:
            inputs["ledger"] = runs.digest(ledger.summary() if hasattr(ledger, "summary") else ledger, "archive.keep_review: ledger")
        if deliveries is not None:
            inputs["deliveries"] = runs.digest(getattr(deliveries, "table", deliveries), "archive.keep_review: deliveries")
        return self.add_run(name, runs.review_text(review, ledger), inputs=inputs, user=user)

    def run_table(self, number: int, table: str = "customers") -> Any:
        """A table of a stored review (customers, plan, shares, countries, ledger), or the rows of another run."""
        from . import _archive_runs as runs

        kept = runs.table_of(self.run(number)["result"], table, number)
        return _frames.give({n: kept.column(n) for n in kept.column_names}, self._frame)

    def compare(self, before: int, after: Any, *, columns: Sequence[str] | None = None, happened: str = "sales_year") -> Any:
        """What became of a plan: one row a customer of either review.

        Parameters
        ----------
        before : int
            The number of a stored review.
        after : int, review or frame
            A later review (stored or not), or a frame with a column ``customer``.
        columns : list of str, optional
            Columns shown as ``<name>_was``, ``<name>_is`` and, for numbers, ``<name>_change``; left out: tier, sales_year, share,
            wallet, dominant, p_alive, effort, hours.
        happened : str
            The column of ``after`` that the value forecast is held against: sales of the last year fit a forecast of 52 weeks.

        Returns
        -------
        frame
            customer, seen ("both", "before", "after"), expected with its interval, happened, inside, and the columns.
        """
        from . import _archive_runs as runs

        first = runs.table_of(self.run(before)["result"], "customers", before)
        if isinstance(after, int):
            second = runs.table_of(self.run(after)["result"], "customers", after)
        else:
            second = _frames.plain_text(_frames.read(getattr(after, "customers", after), "archive.compare: after"))
        for table, what in ((first, f"run {before}"), (second, "after")):
            _frames.require("customer", table.column_names, f"archive.compare: {what}")
        return _frames.give(runs.compare(first, second, columns or runs.COMPARED, happened), self._frame)

    def page(self, customer: str, *, as_of: Time = None, known_at: Time = None, personal: bool = False, fragment: bool = False) -> str:
        """The page of a customer's file as HTML text that needs no network.

        Where the customer is and who looks after it; contacts, products, needs, advantages, problems, competitors, documents and any
        other list; the history of its tier; notes; what the stored reviews said; and every version ever believed. Each with the
        times it holds and when it was learnt.

        Parameters
        ----------
        customer : str
        as_of, known_at : time, optional
            What was true then, as known then.
        personal : bool
            Show personal values too. A page is a copy that no erasure reaches.
        fragment : bool
            Only the ``<article>`` with its own style, to be put into another page. Its style touches nothing outside it, and its
            ``id`` is ``page_id(customer)``, which a link may name.

        Returns
        -------
        str

        Raises
        ------
        gx.Error
            No such customer; the extra ``report`` is not installed.
        """
        found = self.pages([customer], as_of=as_of, known_at=known_at, personal=personal, fragment=fragment)
        if not found:
            raise Error(f"archive.page: no customer '{customer}'", "unknown_name")
        return found[str(customer)]

    def pages(self, customers: Sequence[str], *, as_of: Time = None, known_at: Time = None, personal: bool = False,
              fragment: bool = False) -> dict[str, str]:
        """``page`` of many customers: id -> text, those that the archive does not know left out. Runs and audit chain are read once."""
        from ._archive_page import pages

        return pages(self, [str(c) for c in customers], as_of, known_at, personal, fragment,
                     (_values.micros(as_of, "as_of"), _values.micros(known_at, "known_at")))

    def to_html(self, customer: str, path: str | os.PathLike[str], *, as_of: Time = None, known_at: Time = None,
                personal: bool = False) -> str:
        """Writes ``page(customer)`` into a file; gives the file's name."""
        text = self.page(customer, as_of=as_of, known_at=known_at, personal=personal)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as problem:
            raise Error(f"archive.to_html: cannot write '{os.fspath(path)}': {problem.strerror}", "io") from None
        return os.fspath(path)

    def audit(self) -> Any:
        """The audit chain: number, at, what, subject ("#17": the customer's number), detail, hash."""
        rows = self._core.audit()
        return _frames.give({"number": pa.array([r[0] for r in rows], pa.int64()), "at": pa.array([_values.time(r[1]) for r in rows], _values.STAMP),
                             **{n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(("what", "subject", "detail", "hash"), 2)}},
                            self._frame)

    def verify(self, tail: str = "") -> Verification:
        """Walks the audit chain; ``tail`` is a hash that was written down earlier and must still be in it."""
        return Verification(*self._core.verify(tail))

    def check(self) -> str:
        """Whether the file's pages and indices agree: "ok", or what SQLite found."""
        found: str = self._core.check()
        return found

    def backup(self, path: str | os.PathLike[str]) -> None:
        """A copy while others read and write. It holds sealed values but no keys: keep copies of the key file apart, and few."""
        self._core.backup(os.fspath(path))

    def copy_to(self, where: str | os.PathLike[str]) -> None:
        """All of it into a new file, or a new archive on a server (``"postgresql://..."``): the way from one to the other.

        Facts with their times, runs and the audit chain go along; one row of the chain says so. The key file goes on being used.
        """
        self._core.copy_to(os.fspath(where))

    def allow(self, role: str, customers: Iterable[str] | None = None, *, write: bool = True) -> None:
        """Lets a role of the server see these customers (None: the whole book), and write to them when ``write``.

        Only for an archive on a server, and only by the owner of its tables. The server itself keeps other rows back, whatever
        program asks. Who makes a customer may see it.
        """
        ids = None if customers is None else [str(c) for c in customers]
        if ids == []:
            raise Error("archive.allow: 'customers' is empty; leave it out for the whole book", "empty")
        self._core.allow(role, ids or [], write)

    def disallow(self, role: str, customers: Iterable[str] | None = None) -> None:
        """Takes rights back: of these customers, or all that the role has (None)."""
        ids = None if customers is None else [str(c) for c in customers]
        if ids == []:
            raise Error("archive.disallow: 'customers' is empty; leave it out for all of the role's rights", "empty")
        self._core.disallow(role, ids or [])

    def rights(self) -> Any:
        """Who may see what on a server: role, customer (null: the whole book), write."""
        rows = self._core.rights()
        return _frames.give({"role": pa.array([r[0] for r in rows], pa.string()), "customer": pa.array([r[1] or None for r in rows], pa.string()),
                             "write": pa.array([r[2] for r in rows], pa.bool_())}, self._frame)

    def compact(self) -> None:
        """Gives free pages back and writes every page anew; needs a moment when nobody else reads."""
        self._core.compact()

    def close(self) -> None:
        """Closes the file; a second close does nothing."""
        self._core.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        try:
            return f"Archive {self._place()}: {len(self.find()):,} customers, {len(self.runs()):,} runs"
        except Error as problem:
            return f"Archive {self._place()}: {problem}"

    def _place(self) -> str:
        """Without the password that the words of a server may hold."""
        return re.sub(r"^(postgres(?:ql)?://[^:/@]*):[^@]*@", r"\1@", self.path)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"
