"""The page of a review: one HTML file that opens without a network.

Charts are Vega-Lite specifications written by Altair and drawn by the JavaScript that ``vl-convert-python`` carries; the
table is DataTables as ``itables`` carries it; the page itself is a Jinja2 template.
"""

from __future__ import annotations

import base64
import datetime
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._errors import Error
from ._review_markets import market_words
from ._review_page import files, known_number, left, markets, percent, pictures, world

if TYPE_CHECKING:
    from ._review import Review
    from .archive import Archive

MOST_ROWS = 2_000  # rows of the customer table on the page; the frame has them all
TIER_COLOURS = {"vendor": "#7a8794", "preferred supplier": "#3f7fb5", "partnership": "#0b6e6e", "strategic alliance": "#6b3fa0"}
TABLE_COLUMNS = ["customer", "country", "tier", "tier_rank", "value", "value_low", "value_high", "p_alive", "next_order", "last_order",
                 "wallet", "wallet_low", "wallet_high", "share", "share_low", "share_high", "dominant", "effort", "hours",
                 "gain", "gain_low", "gain_high", "watch", "why", "reason", "tier_why", "share_why", "offer", "sales_year",
                 "sales_before"]


def page(review: Review, archive: Archive | None = None) -> str:
    """The whole page as text. Needs the extra ``report``: altair, vl-convert-python, itables, jinja2."""
    try:
        import altair  # noqa: F401
        import itables
        import jinja2
        import vl_convert
    except ImportError as missing:
        raise Error(f"to_html: the page needs {missing.name}; install guanxi[report]", "unknown_name") from missing

    bundle = Path(itables.__file__).parent / "html"
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True)
    rows, note = _rows(review)
    specs = [_sized(chart) for chart in charts(review)]
    safe = _script_safe
    from markupsafe import Markup

    return environment.get_template("review.html.j2").render(
        title=review.title, subtitle=_subtitle(review), tiles=_tiles(review), todo=review.todo(), charts=specs,
        table_note=note, markets=markets(review), world=world(review), left=left(review), pictures=pictures(review), notes=review.notes, footer=_footer(review),
        horizon=review.span,
        table_css=Markup((bundle / "dt_bundle.css").read_text()),
        table_js_base64=base64.b64encode((bundle / "dt_bundle.js").read_bytes()).decode(),
        market_words=Markup(safe(market_words(review.countries_table, review.rivals_table))),
        files=Markup(safe(files(archive, [row[0] for row in rows]))),
        table_rows=Markup(safe(rows)), table_names=Markup(safe(TABLE_COLUMNS)),
        chart_js=Markup(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")),
        chart_specs=Markup(safe(specs)))


def _known(value: Any) -> Any:
    """The value with NaN and infinity as null, which is how JSON says "not known"."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _known(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(part) for part in value]
    return value


def _script_safe(value: Any) -> str:
    """JSON that may stand inside a script element."""
    value = _known(value)
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _subtitle(review: Review) -> str:
    book = review.book
    who = f"{review.own_name}, " if review.own_name else ""
    return (f"{who}as of {book['end']}. {known_number(book['customers'])} customers, sales of the last year "
            f"{known_number(book['sales_year'])}{review.currency_text} (the year before: {known_number(book['sales_before'])}).")


def _tiles(review: Review) -> list[dict[str, str]]:
    book, money = review.book, review.currency_text
    sure = review.sure
    tiles = [
        {"name": f"Expected sales, next {review.span}", "value": known_number(book["value"]) + money,
         "note": f"{sure} from {known_number(book['value_low'])} to {known_number(book['value_high'])}"},
        {"name": "Our share of what they buy", "value": percent(book["share"]),
         "note": "no deliveries given" if math.isnan(book["wallet"]) else
         f"of {known_number(book['wallet'])}{money} a year seen at those who bought from us"},
        {"name": "Gain of the plan", "value": known_number(book["gain"]) + money,
         "note": f"{sure} from {known_number(book['gain_low'])} to {known_number(book['gain_high'])}, after margin"},
    ]
    for name, price, used, budget in zip(book["budget_names"], book["prices"], book["used"], book["budgets"], strict=True):
        unit = "One more hour is worth" if name == "hours" else "1,000 more money is worth"
        worth = price if name == "hours" else 1_000 * price
        tiles.append({"name": unit, "value": known_number(worth) + money, "note": f"{name}: {known_number(used)} of {known_number(budget)} used"})
    gap = book["gap"]
    tiles.append({"name": "How good the plan is", "value": "optimal" if gap <= 1e-12 else f"within {100 * gap:.2g} %",
                  "note": f"no plan under these limits is worth more than {known_number(book['bound'])}{money}"
                  + ("" if "money" in book["budget_names"] else ", money spent taken off")})
    return tiles


def _rows(review: Review) -> tuple[list[list[Any]], str]:
    table = review.table
    shown = min(table.num_rows, MOST_ROWS)
    kept = table.slice(0, shown).select(TABLE_COLUMNS).to_pydict()

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return None if math.isnan(value) else float(f"{value:.6g}")
        if isinstance(value, (datetime.date, datetime.datetime)):
            return str(value)[:10]
        return value if value is None or isinstance(value, (int, str)) else str(value)

    rows = [[plain(kept[name][i]) for name in TABLE_COLUMNS] for i in range(shown)]
    note = f"Sorted by what the plan gains. Click a row for the reasons; ranges are {review.sure} intervals."
    if shown < table.num_rows:
        note += f" The page shows the first {shown:,} of {table.num_rows:,} customers; the frame has them all."
    return rows, note


def _footer(review: Review) -> str:
    from . import __version__

    return f"guanxi {__version__}. Every estimate carries a {review.sure} interval; what is not known is said, never filled in."


def _sized(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width="container", height=300).configure_view(strokeOpacity=0).to_dict(validate=False)
    return spec


def _cut(name: str, most: int = 28) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def charts(review: Review) -> list[Any]:
    """The pictures of the book as Altair charts: value against share, shares over time, the plan, the sales change."""
    import altair as alt

    alt.data_transformers.disable_max_rows()
    table = review.table.slice(0, MOST_ROWS)
    people = [r for r in table.select(["customer", "tier", "value", "share", "gain", "effort", "country"]).to_pylist()]
    tiers = list(TIER_COLOURS)
    colour = alt.Color("tier:N", scale=alt.Scale(domain=tiers, range=list(TIER_COLOURS.values())), title="tier")
    tip = ["customer:N", "country:N", "tier:N", alt.Tooltip("value:Q", format=",.0f"), alt.Tooltip("gain:Q", format=",.0f"), "effort:N"]
    out: list[Any] = []
    shared = [p for p in people if not math.isnan(p["share"]) and p["value"] > 0]
    if shared:
        out.append(alt.Chart(alt.Data(values=[p | {"share": round(p["share"], 4)} for p in shared]), title="Value against our share")
                   .mark_circle(opacity=0.65, stroke="white", strokeWidth=0.5).encode(
            x=alt.X("share:Q", title="our share of its purchases", axis=alt.Axis(format="%")),
            y=alt.Y("value:Q", title="expected sales over the horizon", scale=alt.Scale(type="symlog", constant=1_000)),
            size=alt.Size("gain:Q", title="gain of the plan", scale=alt.Scale(range=[15, 500])), color=colour,
            tooltip=[*tip, alt.Tooltip("share:Q", format=".0%")]))
    else:
        alive = [r | p for r, p in zip(table.select(["p_alive"]).to_pylist(), people, strict=True) if p["value"] > 0]
        out.append(alt.Chart(alt.Data(values=alive), title="Value against the chance that it still buys").mark_circle(opacity=0.65).encode(
            x=alt.X("p_alive:Q", title="P(alive)", axis=alt.Axis(format="%")),
            y=alt.Y("value:Q", title="expected sales over the horizon", scale=alt.Scale(type="symlog", constant=1_000)),
            size=alt.Size("gain:Q", title="gain of the plan", scale=alt.Scale(range=[15, 500])), color=colour, tooltip=tip))
    periods = review.shares_over_time.to_pylist()
    if periods:
        names = list(dict.fromkeys(r["supplier"] for r in periods))
        own = [n for n in names if n == review.own_name]
        scale = alt.Scale(domain=names, range=["#0b6e6e" if n in own else c for n, c in zip(
            names, ["#c58b2a", "#8a5a83", "#5b84b1", "#a3a948", "#b5651d", "#7a8794", "#999999", "#444444"] * 4)])
        out.append(alt.Chart(alt.Data(values=[{"supplier": r["supplier"], "period": str(r["period"])[:10], "share": round(r["share"], 4)} for r in periods]),
                             title="Shares of the seen market over time").mark_line(point=False, strokeWidth=2).encode(
            x=alt.X("period:T", title=None), y=alt.Y("share:Q", title="share", axis=alt.Axis(format="%")),
            color=alt.Color("supplier:N", scale=scale, sort=names),
            strokeWidth=alt.condition(alt.FieldOneOfPredicate("supplier", own), alt.value(4), alt.value(1.6)),
            tooltip=["supplier:N", "period:T", alt.Tooltip("share:Q", format=".1%")]))
    chosen = [r for r in table.select(["customer", "gain", "gain_low", "gain_high", "effort", "hours", "money", "why"]).to_pylist()
              if r["hours"] > 0 or r["money"] > 0][:20]
    if chosen:
        for r in chosen:
            r["customer"] = _cut(str(r["customer"]))
        base = alt.Chart(alt.Data(values=chosen), title="The plan: where effort gains most").encode(
            y=alt.Y("customer:N", sort=[r["customer"] for r in chosen], title=None))
        out.append(base.mark_bar(color="#0b6e6e", opacity=0.8).encode(
            x=alt.X("gain:Q", axis=alt.Axis(tickCount=6), title=f"gain over the horizon, with {review.sure} interval"),
            tooltip=["customer:N", "effort:N", "hours:Q", alt.Tooltip("gain:Q", format=",.0f"), "why:N"])
            + base.mark_rule(color="#1c2733").encode(x="gain_low:Q", x2="gain_high:Q"))
    parts = review.change
    if parts:
        order = ["year before", "market", "customers", "rivals", "last year"]
        level, bars = 0.0, []
        for name in order[:-1]:
            amount = parts[name]
            bars.append({"part": name, "from": level, "to": level + amount, "amount": amount,
                         "kind": "total" if name == "year before" else "up" if amount >= 0 else "down"})
            level += amount
        bars.append({"part": "last year", "from": 0.0, "to": level, "amount": level, "kind": "total"})
        out.append(alt.Chart(alt.Data(values=bars), title="Why our sales changed").mark_bar(size=42).encode(
            x=alt.X("part:N", sort=order, title=None, axis=alt.Axis(labelAngle=0)), y=alt.Y("from:Q", title="sales"), y2="to:Q",
            color=alt.Color("kind:N", scale=alt.Scale(domain=["total", "up", "down"], range=["#7a8794", "#2f7d32", "#a02c2c"]), legend=None),
            tooltip=["part:N", alt.Tooltip("amount:Q", format=",.0f")]))
    return out

