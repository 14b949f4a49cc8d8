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
    heading: int = 0
    heading_title: str = ""


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

    ``repair`` puts back a leading zero that a spreadsheet took. Titles of chapters are the same in all editions,
    those of headings (four digits) are known for 2022 and empty for others.
    """
    if not _core.market.is_hs_edition(edition):
        raise Error(f"hs: edition {edition} is not one of 1992, 1996, 2002, 2007, 2012, 2017, 2022", "unknown_name")
    found = _core.market.hs(code, repair)
    return HS(edition=edition, **(found if edition == 2022 else found | {"heading_title": ""}))


@dataclass(frozen=True)
class Converted:
    """Values in the codes of another edition; ``split`` of the total rests on weights, ``unknown`` was in codes without an entry."""

    frame: Any
    total: float
    split: float
    unknown: float
    unknown_rows: list[int]

    def __repr__(self) -> str:
        whole = self.total or 1.0
        return (f"Converted: {self.total:,.0f} in all, {self.split / whole:.1%} in codes that became several, "
                f"{self.unknown / whole:.1%} in codes without an entry "
                f"({len(self.unknown_rows)} rows)")


class Concordance:
    """A table between two editions of goods codes; made by `concordance`."""

    def __init__(self, old: list[str], new: list[str], weight: Any, old_edition: int, new_edition: int) -> None:
        self._old, self._new, self._weight = old, new, weight
        self.old_edition, self.new_edition = old_edition, new_edition

    def __repr__(self) -> str:
        return f"Concordance HS {self.old_edition} -> HS {self.new_edition}: {len(set(self._old)):,} codes to {len(set(self._new)):,}"

    def convert(self, frame: Any, *, edition: int, code: str = "code", value: str = "value") -> Converted:
        """Sums of a frame's values in the new codes.

        The total is kept; codes without an entry are reported with their rows, never guessed. ``edition`` is that of the frame's
        codes: it must be the old one of the table.
        """
        from ._frames import floats, plain_text, read

        if edition != self.old_edition:
            raise Error(f"concordance: the codes are of {edition}, the table is from {self.old_edition} to {self.new_edition}", "bad_format")
        table = plain_text(read(frame, "concordance", [code, value]))
        given = [_six(text, i, edition) for i, text in enumerate(table.column(code).to_pylist())]
        found = _core.market.convert_codes(self._old, self._new, self._weight, given, floats(table, value))
        out = give({code: pa.array(found["code"], pa.string()), value: np.array(found["value"], float)}, kind_of(frame))
        return Converted(out, found["total"], found["split"], found["unknown"], list(found["unknown_rows"]))


def concordance(table: Any, *, old_edition: int, new_edition: int, old: str = "old", new: str = "new", weight: str | None = None) -> Concordance:
    """A table between two editions of goods codes, as customs offices publish them, from a frame.

    Parameters
    ----------
    table : frame
        Columns ``old`` and ``new`` of codes (text, 6 digits; longer ones are cut), and a ``weight``: values of both sides where
        they are known. Without weights an old code goes to its new ones in equal parts.
    """
    from ._frames import floats, plain_text, read

    for year in (old_edition, new_edition):
        if not _core.market.is_hs_edition(year):
            raise Error(f"concordance: edition {year} is not one of 1992, 1996, 2002, 2007, 2012, 2017, 2022", "unknown_name")
    rows = plain_text(read(table, "concordance", [old, new, *([weight] if weight else [])]))
    before, after = ([_six(text, i, year) for i, text in enumerate(rows.column(name).to_pylist())] for name, year in ((old, old_edition), (new, new_edition)))
    weights = floats(rows, weight) if weight else np.empty(0)
    _core.market.convert_codes(before, after, weights, [], np.empty(0))  # what is wrong with the table is said here
    return Concordance(before, after, weights, old_edition, new_edition)


def _six(text: Any, row: int, edition: int) -> str:
    if not isinstance(text, str):
        raise Error(f"concordance: the code in row {row} is {text!r}, wanted text (numbers lose their leading zeros)", "bad_format")
    return hs(text, edition=edition).code


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
