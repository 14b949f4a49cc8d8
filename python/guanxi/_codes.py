"""Names and codes of countries, currencies and goods; unknown names are reported, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from ._errors import Error
from ._frames import give, kind_of


@dataclass(frozen=True)
class Country:
    """A country or area of ISO 3166-1; region and continent by UN M49."""

    alpha2: str
    alpha3: str
    number: int
    name: str
    chinese: str
    region: str
    continent: str
    currency: str


@dataclass(frozen=True)
class Currency:
    """A currency of ISO 4217; ``digits`` of its minor unit."""

    code: str
    number: int
    digits: int
    name: str
    chinese: str


@dataclass(frozen=True)
class HS:
    """A code of the Harmonized System, with its edition; codes of two editions are never equal."""

    code: str
    edition: int
    national: str
    repaired: bool
    chapter: int
    chapter_title: str
    section_title: str


def country(name: str) -> Country:
    """The country of an ISO code (2 or 3 letters, number) or of a name, English or Chinese.

    Raises
    ------
    Error
        "unknown_name", with the nearest names to choose from, or with what came after a withdrawn country.
    """
    return Country(**_core.market.country(name))


def currency(code: str) -> Currency:
    """The currency of an ISO 4217 code."""
    return Currency(**_core.market.currency(code))


def hs(code: str, *, edition: int, repair: bool = False) -> HS:
    """A goods code. ``edition``: 1992, 1996, 2002, 2007, 2012, 2017 or 2022; there is no default, since codes change.

    ``repair`` puts back a leading zero that a spreadsheet took. Titles are those of the chapters, the same in all editions.
    """
    if not _core.market.is_hs_edition(edition):
        raise Error(f"hs: edition {edition} is not one of 1992, 1996, 2002, 2007, 2012, 2017, 2022", "unknown_name")
    return HS(edition=edition, **_core.market.hs(code, repair))


def resolve(names: Any, *, name: str = "country") -> Any:
    """Countries of a column of names or codes, with every unknown one reported.

    Parameters
    ----------
    names : sequence of text, or frame with the column ``name``

    Returns
    -------
    frame
        given, alpha3, name, chinese, region, status ("found", "no country" for areas such as "Unspecified", "unknown"),
        nearest (for the unknown: names to choose from, never chosen for you). One row a row.
    """
    from ._frames import plain_text, read

    framed = hasattr(names, "columns") or hasattr(names, "column_names") or isinstance(names, dict)
    column = plain_text(read(names, "resolve", [name])).column(name).to_pylist() if framed else list(names)
    table = _core.market.all_countries()
    found = {text: _core.market.find_country(str(text)) if text is not None else -1 for text in set(column)}
    near = {text: ", ".join(_core.market.nearest_countries(str(text), 3)) for text, at in found.items() if at == -1 and text is not None}
    place = [found[text] for text in column]
    out: dict[str, Any] = {"given": pa.array([None if text is None else str(text) for text in column], pa.string())}
    for field in ("alpha3", "name", "chinese", "region"):
        out[field] = pa.array([table[at][field] if at >= 0 else None for at in place], pa.string())
    out["status"] = pa.array(["found" if at >= 0 else "no country" if at == -2 else "unknown" for at in place], pa.string())
    out["nearest"] = pa.array([near.get(text) or None if at == -1 else None for text, at in zip(column, place, strict=True)], pa.string())
    return give(out, kind_of(names) if framed else "pyarrow")


def country_names() -> pa.Table:
    """The whole table: alpha2, alpha3, number, name, chinese, region, continent, currency."""
    rows = _core.market.all_countries()
    return pa.table({key: np.array([row[key] for row in rows]) if key == "number" else pa.array([row[key] for row in rows]) for key in rows[0]})
