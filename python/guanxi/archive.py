"""The customer files: facts with two times in one SQLite file."""

from __future__ import annotations

import datetime
import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import pyarrow as pa

from . import _core, _frames
from ._errors import Error

Time = str | datetime.date | datetime.datetime | None
Value = bool | int | float | str | datetime.date | None
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_DAY = datetime.date(1970, 1, 1)


class Verification(NamedTuple):
    """What walking the audit chain found."""

    ok: bool
    rows: int
    first_bad: int
    tail: str


class Expiry(NamedTuple):
    """What falls due (``rows``), what a hold keeps back (``held``), the token of the list, and whether it was done."""

    rows: Any
    held: Any
    token: str
    done: bool


def _micros(time: Time, argument: str) -> int | None:
    """Microseconds since 1970 UTC; a date is its midnight UTC, a naive time is UTC."""
    if time is None:
        return None
    if isinstance(time, str):
        try:
            time = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
        except ValueError:
            raise Error(f"archive: {argument} '{time}' is no ISO date or time", "bad_format") from None
    if not isinstance(time, datetime.datetime):
        if not isinstance(time, datetime.date):
            raise Error(f"archive: {argument} is a {type(time).__name__}, it must be a date, a datetime or ISO text", "bad_format")
        time = datetime.datetime(time.year, time.month, time.day)
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.timezone.utc)
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _time(micros: int) -> datetime.datetime | None:
    if micros == _core.archive.always:
        return None
    return _EPOCH + datetime.timedelta(microseconds=micros)


def _field(name: str, value: Value) -> tuple[str, int, Any]:
    """Name, kind, plain value. Numpy scalars and timestamps count as what they are."""
    scalar: Any = value
    if hasattr(scalar, "item") and not isinstance(scalar, (str, bytes)):
        value = scalar.item()
    if value is None:
        return name, 0, None
    if isinstance(value, bool):
        return name, 1, value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Error(f"archive: field '{name}' is {value}, whole numbers have 64 bits", "out_of_domain")
        return name, 2, value
    if isinstance(value, float):
        return name, 3, value
    if isinstance(value, str):
        return name, 4, value
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return name, 5, (value - _DAY).days
    more = "; give each value a field of its own" if isinstance(value, (list, tuple, set, dict)) else ""
    raise Error(f"archive: field '{name}' is a {type(value).__name__}, it must be null, a bool, a number, a text or a date{more}",
                "bad_format")


def _value(pair: tuple[int, Any]) -> Value:
    kind, plain = pair
    if kind == 5:
        return _DAY + datetime.timedelta(days=plain)
    value: Value = plain
    return value


def _keep(rule: Mapping[str, Any]) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d+)\s*([dy])\s*", str(rule.get("keep", "")))
    if not found:
        raise Error(f"archive.expire: rule '{rule.get('name', '')}' keeps {rule.get('keep')!r}; give '730d' or '3y'", "bad_format")
    n = int(found[1])
    if n > 100_000:
        raise Error(f"archive.expire: rule '{rule.get('name', '')}' keeps {n}, at most 100000", "out_of_domain")
    return (0, n) if found[2] == "d" else (n, 0)


_RULE = {"name", "field", "country", "since", "keep", "basis"}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    for name in rule:
        _frames.require(name, sorted(_RULE), "archive.expire: rule")
    since = rule.get("since", "valid_to")
    if since not in ("valid_to", "known_to"):
        raise Error(f"archive.expire: since '{since}' is not one of valid_to, known_to", "unknown_name")
    years, days = _keep(rule)
    return {"name": str(rule.get("name", "")), "field": str(rule.get("field", "*")), "country": str(rule.get("country", "")),
            "since": since, "years": years, "days": days, "basis": str(rule.get("basis", ""))}


class Archive:
    """The customer files on disk: put facts at any time, overwrite nothing, read as of any day and as known at any day.

    Parameters
    ----------
    path : path
        The file; made when it is not there (unless ``read_only``).
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

    def __init__(self, path: str | os.PathLike[str], *, durable: str = "full", read_only: bool = False, busy: float = 5.0,
                 frame: _frames.Kind = "pyarrow") -> None:
        if not hasattr(_core, "archive"):
            raise Error("Archive: guanxi was built without SQLite; install libsqlite3-dev (Debian) and build the package again", "io")
        if durable not in ("full", "normal"):
            raise Error(f"Archive: durable '{durable}' is not one of full, normal", "unknown_name")
        self.path = os.fspath(path)
        self._frame: _frames.Kind = frame
        self._core = _core.archive.Archive(self.path, read_only, durable == "full", int(busy * 1000))

    def put(self, customer: str, fields: Mapping[str, Value], *, valid_from: Time = None, valid_to: Time = None,
            known_at: Time = None, source: str = "", user: str = "") -> datetime.datetime:
        """Writes facts of one customer in one transaction; gives the known time.

        ``valid_from`` left out means from now on, ``valid_to`` an open end. ``known_at`` is for loading history: not before the
        newest known time of the fact, not in the future. The value None takes a fact back: history still shows it.
        """
        known = self._core.put(str(customer), [_field(n, v) for n, v in fields.items()], _micros(valid_from, "valid_from"),
                               _micros(valid_to, "valid_to"), _micros(known_at, "known_at"), source, user)
        return _EPOCH + datetime.timedelta(microseconds=known)

    def get(self, customer: str, field: str | None = None, *, as_of: Time = None, known_at: Time = None) -> Any:
        """All fields that held at ``as_of`` as known at ``known_at`` (a dict, {} when nothing is known), or one field's value."""
        times = _micros(as_of, "as_of"), _micros(known_at, "known_at")
        if field is not None:
            return _value(self._core.get_field(str(customer), field, *times))
        return {name: _value(pair) for name, pair in self._core.get(str(customer), *times)}

    def history(self, customer: str, field: str | None = None) -> Any:
        """Every version ever believed: field, value (as text), valid_from, valid_to, known_from, known_to, source, user."""
        rows = self._core.history(str(customer), field or "")
        stamp = pa.timestamp("us", "UTC")
        texts = [None if (v := _value(r[1])) is None else str(v) for r in rows]
        return _frames.give({"field": pa.array([r[0] for r in rows], pa.string()), "value": pa.array(texts, pa.string()),
                             **{name: pa.array([_time(r[i]) for r in rows], stamp)
                                for i, name in enumerate(("valid_from", "valid_to", "known_from", "known_to"), 2)},
                             "source": pa.array([r[6] for r in rows], pa.string()),
                             "user": pa.array([r[7] for r in rows], pa.string())}, self._frame)

    def find(self, *, as_of: Time = None, known_at: Time = None, **fields: Value) -> list[str]:
        """Customers for whom every condition holds, e.g. ``find(country="Ghana", tier=3)``; sorted."""
        found: list[str] = self._core.find([_field(n, v) for n, v in fields.items()], _micros(as_of, "as_of"),
                                           _micros(known_at, "known_at"))
        return found

    def hold(self, customer: str, reason: str, *, until: Time = None, user: str = "") -> None:
        """Keeps a customer's facts from expiring until then (for ever when left out)."""
        self._core.hold(str(customer), reason, _micros(until, "until"), user)

    def expire(self, policy: Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | os.PathLike[str], *, dry_run: bool = True,
               at: Time = None, token: str = "", user: str = "") -> Expiry:
        """What falls due by rule; ``dry_run=True`` (the default) only shows it.

        A rule: name, field ("*" is every one), country (of the customer now), since ("valid_to": the fact ceased to hold;
        "known_to": the version was corrected), keep ("730d", "3y"), basis. One rule, a list, or the name of a JSON file.
        Give the ``token`` of a preview to be sure that the run deletes what the preview showed.
        """
        if isinstance(policy, (str, os.PathLike)):
            try:
                with open(policy, encoding="utf-8") as file:
                    policy = json.load(file)
            except (OSError, ValueError) as problem:
                raise Error(f"archive.expire: cannot read the policy: {problem}", "io") from None
        given: Any = policy
        rules: list[Mapping[str, Any]] = [given] if isinstance(given, Mapping) else list(given)
        when: Any = _micros(at if at is not None else datetime.datetime.now(datetime.timezone.utc), "at")
        report = self._core.expire([_rule(r) for r in rules], when, dry_run, token, user)
        return Expiry(self._expired(report["rows"]), self._expired(report["held"]), report["token"], report["done"])

    def _expired(self, rows: list[Any]) -> Any:
        stamp = pa.timestamp("us", "UTC")
        names = ("customer", "field", "valid_from", "valid_to", "known_from", "known_to", "rule", "basis")
        return _frames.give({name: pa.array([_time(r[i]) for r in rows], stamp) if 2 <= i <= 5 else
                             pa.array([r[i] for r in rows], pa.string()) for i, name in enumerate(names)}, self._frame)

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
                             "at": pa.array([_time(r["at"]) for r in rows], pa.timestamp("us", "UTC")),
                             "user": pa.array([r["user"] for r in rows], pa.string())}, self._frame)

    def run(self, number: int) -> dict[str, Any]:
        """One run: id, name, at, user, inputs (name -> hash), result (what the JSON text says)."""
        run: dict[str, Any] = dict(self._core.get_run(number))
        run["at"] = _time(run["at"])
        try:
            run["result"] = json.loads(run["result"])
        except ValueError:
            pass  # a text that is no JSON is given as it was
        return run

    def verify(self, tail: str = "") -> Verification:
        """Walks the audit chain; ``tail`` is a hash that was written down earlier and must still be in it."""
        return Verification(*self._core.verify(tail))

    def close(self) -> None:
        """Closes the file; a second close does nothing."""
        self._core.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        try:
            return f"Archive {self.path}: {len(self.find()):,} customers, {len(self.runs()):,} runs"
        except Error as problem:
            return f"Archive {self.path}: {problem}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"
