"""The page of one customer's file: what is known now, who says so, how it came about, what reviews said. One HTML file."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _archive_values as _values
from ._errors import Error

if TYPE_CHECKING:
    from .archive import Archive

LEAD = ("company", "country", "region", "place", "tier", "manager", "industry", "website")  # shown first, when they are there
LISTS = {"contact": "Contacts", "product": "Products", "need": "Needs", "advantage": "Advantages", "problem": "Problems",
         "competitor": "Competitors", "document": "Documents", "note": "Notes"}  # in this order; other lists follow by name
STEPS = ("tier", "value", "share", "dominant", "effort", "gain", "why")


def _day(time: datetime.datetime | None) -> str:
    if time is None:
        return "open"
    return f"{time:%Y-%m-%d}" if time.time() == datetime.time() else f"{time:%Y-%m-%d %H:%M}"


def _span(valid_from: int, valid_to: int) -> str:
    return f"{_day(_values.time(valid_from))} to {_day(_values.time(valid_to))}"


def _shown(value: Any) -> str:
    if value is None:
        return "taken back"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return "; ".join(f"{k}: {_shown(v)}" for k, v in value.items())
    if repr(value) in ("ERASED", "LOCKED"):
        return "erased" if repr(value) == "ERASED" else "sealed: its key is not at hand"
    return str(value)


def _link(shown: str) -> str:
    return shown if shown.startswith(("https://", "http://")) and not any(c in shown for c in " \t\n\"'<>") else ""


def _reviews(archive: Archive, customers: set[str]) -> dict[str, list[dict[str, Any]]]:
    """What each stored review said of each of these customers, oldest first. Reads every run once."""
    from ._archive_runs import table_of

    found: dict[str, list[dict[str, Any]]] = {c: [] for c in customers}
    for head in archive._core.runs():
        run = archive.run(head["id"])
        if not (isinstance(run["result"], dict) and run["result"].get("kind") == "review"):
            continue
        for row in table_of(run["result"], "customers", head["id"]).to_pylist():
            if (customer := str(row["customer"])) in found:
                found[customer].append({"name": run["name"] or f"run {head['id']}", "at": _day(run["at"])[:10],
                                        **{n: "" if row.get(n) is None else f"{100 * row[n]:.0f} %" if n == "share" else _shown(row[n]) for n in STEPS}})
    return found


def pages(archive: Archive, customers: Sequence[str], as_of: Any, known_at: Any, personal: bool, fragment: bool,
          times: tuple[int | None, int | None]) -> dict[str, str]:
    """The page of each customer that the archive knows, as text, or only its article. Needs the extra ``report``: jinja2."""
    try:
        import jinja2
    except ImportError as missing:
        raise Error(f"archive.page: the page needs {missing.name}; install guanxi[report]", "unknown_name") from missing
    known = {c: versions for c in customers if (versions := archive._core.history(c, ""))}
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True)
    template = environment.get_template("archive_customer.html.j2")
    reviews, checked = _reviews(archive, set(known)), archive.verify()
    return {c: template.render(**_facts(archive, c, versions, as_of, known_at, personal, times), fragment=fragment, reviews=reviews[c], checked=checked)
            for c, versions in known.items()}


def _facts(archive: Archive, customer: str, versions: list[Any], as_of: Any, known_at: Any, personal: bool,
           times: tuple[int | None, int | None]) -> dict[str, Any]:
    """What the template is filled with."""
    from .archive import page_id

    rules = {r[0]: r for r in archive._core.fields()}
    facts = archive._core.file(customer, *times)
    sealed = {name for name, r in rules.items() if r[2]}

    def hide(field: str, value: Any) -> str:
        return "personal, not shown" if field in sealed and not personal and repr(value) not in ("ERASED", "LOCKED") else _shown(value)

    now = int((datetime.datetime.now(datetime.timezone.utc) - _values.EPOCH).total_seconds() * 1e6) + 1
    at, known = times[0] if times[0] is not None else now, times[1] if times[1] is not None else now
    holding = {(v[0], v[1]): v for v in versions if v[3] <= at < v[4] and v[5] <= known < v[6]}
    single: list[dict[str, Any]] = []
    many: dict[str, list[dict[str, Any]]] = {}
    for field, key, is_many, pair in facts:
        value = _values.entry_of(pair) if is_many else _values.value_of(pair)
        v = holding.get((field, key))
        shown = hide(field, value)
        row = {"field": field, "key": "" if field in sealed and not personal else key, "value": shown, "link": _link(shown),
               "said": ", ".join(part for part in ((v[7], v[8]) if v else ()) if part),
               "valid": _span(v[3], v[4]) if v else "", "since": _day(_values.time(v[3])) if v else "",
               "known": _day(_values.time(v[5])) if v else "", "personal": field in sealed}
        if is_many:
            many.setdefault(field, []).append(row)
        else:
            single.append(row)
    single.sort(key=lambda r: (LEAD.index(r["field"]) if r["field"] in LEAD else len(LEAD), r["field"]))
    order = list(LISTS)
    lists = [(LISTS.get(f, f), many[f]) for f in sorted(many, key=lambda f: (order.index(f) if f in order else len(order), f))]
    story = [{"field": v[0], "key": "" if v[0] in sealed and not personal else v[1],
              "value": hide(v[0], _values.entry_of(v[2]) if rules[v[0]][1] else _values.value_of(v[2])),
              "valid": _span(v[3], v[4]), "known": _day(_values.time(v[5])), "until": _day(_values.time(v[6])),
              "past": _values.time(v[6]) is not None, "said": ", ".join(p for p in (v[7], v[8]) if p)}
             for v in sorted(versions, key=lambda v: (v[5], v[0], v[1]), reverse=True)]
    tiers = sorted((v for v in versions if v[0] == "tier" and v[5] <= known < v[6]), key=lambda v: v[3])
    what = [f"as of {as_of}" if as_of is not None else "as of today", f"as known at {known_at}" if known_at is not None else "with all that is known"]
    lead = [r for r in single if r["field"] in LEAD][:6]
    return {
        "customer": customer, "anchor": page_id(customer), "what": ", ".join(what), "lead": lead,
        "single": [r for r in single if r not in lead], "lists": lists, "story": story, "steps": STEPS, "versions": len(versions),
        "tiers": [{"value": hide("tier", _values.value_of(v[2])), "valid": _span(v[3], v[4]), "known": _day(_values.time(v[5])),
                   "said": ", ".join(p for p in (v[7], v[8]) if p)} for v in tiers] if not rules.get("tier", ("", True))[1] else []}
