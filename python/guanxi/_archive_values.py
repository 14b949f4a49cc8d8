"""Times, values and rules of the archive as Python says them, and the reports of its calls."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from . import _core, _frames
from ._errors import Error


class Withheld:
    """A personal value that cannot be shown: ``ERASED`` (its key was destroyed) or ``LOCKED`` (its key is not at hand)."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return self.why.upper()

    def __bool__(self) -> bool:
        return False


ERASED = Withheld("erased")
LOCKED = Withheld("locked")

Time = str | datetime.date | datetime.datetime | None
Value = bool | int | float | str | datetime.date | Withheld | None
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.date(1970, 1, 1)
STAMP = pa.timestamp("us", "UTC")


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


class Certificate(NamedTuple):
    """What an erasure did: fields, keys destroyed, versions emptied, and where the audit chain says so."""

    at: datetime.datetime
    subject: str
    fields: list[str]
    keys: int
    versions: int
    audit_row: int
    hash: str
    id_forgotten: bool
    compacted: bool


class Loaded(NamedTuple):
    """What a load wrote; ``refused`` lists the rows left out: row, column, reason."""

    rows: int
    facts: int
    new_customers: int
    known_at: datetime.datetime
    refused: Any


def micros(time: Time, argument: str) -> int | None:
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
    since = time - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def time(micros: int) -> datetime.datetime | None:
    if micros == _core.archive.always:
        return None
    return EPOCH + datetime.timedelta(microseconds=micros)


def field_of(name: str, value: Value) -> tuple[str, int, Any]:
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
        return name, 5, (value - DAY).days
    more = "; write each value with add" if isinstance(value, (list, tuple, set, dict)) else ""
    raise Error(f"archive: field '{name}' is a {type(value).__name__}, it must be null, a bool, a number, a text or a date{more}",
                "bad_format")


def value_of(pair: Any) -> Any:
    """A value as it crosses: the plain object, or (kind, plain object)."""
    if pair.__class__ is not tuple:
        return pair
    kind, plain = pair
    if kind == 5:
        return DAY + datetime.timedelta(days=plain)
    if kind == 6:
        return ERASED if plain else LOCKED
    return plain


def entry_of(pair: Any) -> Any:
    """A value of a field with many values: a mapping was stored as the JSON text of an object."""
    value = value_of(pair)
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            pass
    return value


def keep(rule: Mapping[str, Any]) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d+)\s*([dy])\s*", str(rule.get("keep", "")))
    if not found:
        raise Error(f"archive.expire: rule '{rule.get('name', '')}' keeps {rule.get('keep')!r}; give '730d' or '3y'", "bad_format")
    n = int(found[1])
    if n > 100_000:
        raise Error(f"archive.expire: rule '{rule.get('name', '')}' keeps {n}, at most 100000", "out_of_domain")
    return (0, n) if found[2] == "d" else (n, 0)


RULE = {"name", "field", "country", "since", "keep", "basis", "group"}


def rule_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    for name in rule:
        _frames.require(name, sorted(RULE), "archive.expire: rule")
    since = rule.get("since", "valid_to")
    if since not in ("valid_to", "known_to"):
        raise Error(f"archive.expire: since '{since}' is not one of valid_to, known_to", "unknown_name")
    years, days = keep(rule)
    return {"name": str(rule.get("name", "")), "field": str(rule.get("field", "*")), "country": str(rule.get("country", "")),
            "since": since, "years": years, "days": days, "basis": str(rule.get("basis", "")), "group": str(rule.get("group", ""))}
