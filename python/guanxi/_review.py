"""The key-account review: the one call that goes through every room of the house."""

from __future__ import annotations

import datetime
import html
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _progress
from ._errors import Error
from ._frames import Kind, floats, give, read
from ._plan_assign import Assignment, _assign
from ._review_markets import graph_of, market_words, rivals_table, ties_table, world_table
from ._words import signed_percent
from .deliveries import Deliveries
from .graph import SupplierGraph
from .ledger import Ledger

if TYPE_CHECKING:
    from .archive import Archive

EPOCH = datetime.date(1970, 1, 1)
NO_SUPPLIER = 0xFFFFFFFF
TIERS = ["vendor", "preferred supplier", "partnership", "strategic alliance"]
_UNKNOWN_DAY = -(2**31)

# What each column of `customers` means; the order is the order of the frame.
COLUMNS = {
    "customer": "id as in the ledger",
    "country": "most frequent country of its orders",
    "tier": "one of the four relations",
    "p_tier": "chance of that tier",
    "value": "expected sales over the horizon, money",
    "value_low": "lower end of its interval",
    "value_high": "upper end",
    "p_alive": "chance that it still buys",
    "p_buy": "chance of an order within the horizon",
    "purchases": "expected purchase days over the horizon",
    "purchases_low": "lower end of its interval",
    "purchases_high": "upper end",
    "next_order": "median date of the next order, given that one comes",
    "last_order": "date",
    "sales_year": "net sales of the last year",
    "sales_before": "net sales of the year before, not known when the ledger is younger",
    "orders_year": "purchase days of the last year",
    "wallet": "what it bought from all suppliers seen in the last year, money",
    "wallet_low": "lower end of its interval",
    "wallet_high": "upper end",
    "share": "our part of that",
    "share_low": "lower end of its interval",
    "share_high": "upper end",
    "trend": "change of logit share a year",
    "p_rising": "chance that our share rises",
    "dominant": "largest supplier",
    "dominant_share": "its share",
    "p_largest": "chance that it is the largest",
    "effort": "level that the plan chose",
    "hours": "hours of our people",
    "money": "travel and samples",
    "gain": "what the effort gains over the horizon, money after margin",
    "gain_low": "lower end of its interval",
    "gain_high": "upper end",
    "net": "gain less the price of hours and money",
    "manager": "who gives the effort, where managers were given",
    "come_back": "how often customers silent as long came back within the horizon",
    "try_worth": "without effort: what a try would teach, less what it gives up, money",
    "pool_lost": "without effort: what is lost while it waits for us and not for the pool, money",
    "watch": "what to look at now",
    "why": "why this effort",
    "reason": "what decided the forecast",
    "tier_why": "what decided the tier",
    "share_why": "what the share rests on",
    "offer": "what customers like it buy and it does not",
}


@dataclass
class Review:
    """What a review found. Frames are of the kind that the ledger was made from.

    Attributes
    ----------
    customers : frame
        One row a customer, sorted by what the plan gains; the columns are explained in ``guanxi.review_columns``.
    countries : frame
        One row a country: customers, sales, seen market, our share, leader, concentration.
    rivals : frame
        One row a country and supplier, the largest first: amount, share, the same in the year before, customers, and how many
        of these are ours as well. Empty without deliveries.
    graph : guanxi.graph.SupplierGraph or None
        The ties of the last year of the deliveries, ours from the ledger: ``graph.ego_map(customer)``, ``graph.competitors()``.
    change : dict
        Why our sales changed: year before, market, customers, rivals (the parts add up); empty without deliveries.
    book : dict
        Figures of the whole book: value, wallet, share, gain with intervals, prices of hours and money, bound and gap.
    managers : guanxi.plan.Assignment or None
        Who gives which effort, where managers were given: level and manager chosen together; ``managers.sheets`` is the portfolio of each.
    notes : list of str
        What the figures rest on: assumptions used, refused rows, how each model ended.
    """

    table: pa.Table
    countries_table: pa.Table
    rivals_table: pa.Table
    ties_table: pa.Table
    shares_over_time: pa.Table
    book: dict[str, Any]
    change: dict[str, float]
    notes: list[str]
    kind: Kind
    horizon: float
    unit: str
    own_name: str
    currency: str = ""
    level: float = 0.9
    title: str = "Key-account review"
    efforts: list[dict[str, Any]] = field(default_factory=list)
    managers: Assignment | None = None
    threads: int = 0
    world_table: pa.Table | None = None

    @property
    def customers(self) -> Any:
        """One row a customer, as a frame of the ledger's kind."""
        return self._give(self.table, COLUMNS)

    @property
    def countries(self) -> Any:
        """One row a country, as a frame of the ledger's kind."""
        return self._give(self.countries_table, self.countries_table.column_names)

    @property
    def rivals(self) -> Any:
        """One row a country and supplier, as a frame of the ledger's kind."""
        return self._give(self.rivals_table, self.rivals_table.column_names)

    @property
    def world(self) -> Any:
        """Countries x products of the trade statistics, the most money at stake first; None when ``trade`` was not given."""
        return None if self.world_table is None else self._give(self.world_table, self.world_table.column_names)

    @cached_property
    def graph(self) -> SupplierGraph | None:
        """Customers and suppliers of the last year; made when it is asked for first."""
        return graph_of(self.ties_table, self.threads)

    def market(self, customer: Any) -> str:
        """The market of a customer's country in words: how large as far as seen, what we hold, who else sells there."""
        at = self.table.column("customer").to_pylist()
        if customer not in at:
            raise Error(f"review.market: no customer {customer!r}", "unknown_name")
        country = self.table.column("country")[at.index(customer)].as_py()
        return market_words(self.countries_table, self.rivals_table).get(country, "What others sell in its country is not known.")

    @property
    def plan(self) -> Any:
        """The accounts that get effort: customer, effort, hours, money, gain with interval, net, why."""
        chosen = self.table.filter(self._busy())
        names = ["customer", "tier", "effort", "hours", "money", "gain", "gain_low", "gain_high", "net", "why"]
        if self.managers is not None:
            names.insert(3, "manager")
        return self._give(chosen, names)

    @property
    def baselines(self) -> Any:
        """Frame (rule, value, regret): what simple rules would gain with the same budgets, and what they leave lying.

        Expected gain after margin; where money is not limited its cost is taken off, for the plan and for the rules alike.
        """
        book = self.book
        return give({"rule": ["the plan", *book["baseline_names"]], "value": [book["plan_value"], *book["baselines"]],
                     "regret": [0.0, *(book["plan_value"] - v for v in book["baselines"])]}, self.kind)

    @property
    def tries(self) -> Any:
        """Accounts without effort where a try teaches more than it costs, most first: customer, country, try_worth, value, p_alive, why.

        The knowledge gradient: what is unknown of one account may turn out to be worth effort. The few largest deserve an experiment.
        """
        return self._left("try_worth")

    @property
    def pool(self) -> Any:
        """Accounts that lose value by waiting for us, most lost first: customer, country, pool_lost, value, p_alive, why.

        The plan has no hours for them; whoever takes them from the pool works at ``book["pool_hour"]`` an hour. Not a matter of days.
        """
        return self._left("pool_lost")

    def _left(self, name: str) -> Any:
        return self._give(self.left_table(name), ["customer", "country", name, "value", "p_alive", "why"])

    def left_table(self, name: str) -> pa.Table:
        """Rows whose ``name`` (try_worth, pool_lost) is above 0, the largest first."""
        rows = self.table.filter(pc.greater(self.table.column(name), 0))
        return rows.take(pc.sort_indices(rows, [(name, "descending"), ("customer", "ascending")]))

    def _busy(self) -> pa.ChunkedArray:
        """Which rows get effort: any that costs hours or money."""
        return pc.or_(pc.greater(self.table.column("hours"), 0), pc.greater(self.table.column("money"), 0))

    def _give(self, table: pa.Table, names: Iterable[str]) -> Any:
        columns = {name: table.column(name) for name in names}
        if self.kind == "pandas":  # which has no date of its own
            columns = {name: c.cast(pa.timestamp("s")) if pa.types.is_date(c.type) else c for name, c in columns.items()}
        return give(columns, self.kind)

    @property
    def currency_text(self) -> str:
        """' EUR' when the currency is known, else nothing."""
        return f" {self.currency}" if self.currency else ""

    @property
    def sure(self) -> str:
        """The level of every interval, as "90 %"."""
        return f"{100 * self.level:g} %"

    @property
    def span(self) -> str:
        """The horizon in words, as "52 weeks"."""
        unit = {"D": "day", "W": "week", "M": "month", "Y": "year"}[self.unit]
        return f"{self.horizon:g} {unit}{'' if self.horizon == 1 else 's'}"

    def todo(self, most: int = 7) -> list[str]:
        """What to do first, in words: the accounts with the largest gain, then those to watch."""
        rows = self.table.select(["customer", "watch", "value"]).to_pylist()
        chosen = self.table.select(["customer", "effort", "hours", "why"]).filter(self._busy()).slice(0, most).to_pylist()
        busy = [f"{r['customer']}: {r['effort']}, {r['hours']:,.0f} h. {r['why'].partition('; net of')[0].rstrip('.')}." for r in chosen]
        watch = sorted((r for r in rows if r["watch"]), key=lambda r: -(0.0 if math.isnan(r["value"]) else r["value"]))
        busy += [f"{r['customer']}: watch. {r['watch']}" for r in watch[:3]]
        return busy or ["No account gains more than its effort costs under these limits: hold all, and look at the limits first."]

    def to_html(self, path: str | Path, *, archive: Archive | None = None) -> Path:
        """Writes the page, one file that opens without a network; gives its path.

        With an ``archive`` the page carries the files of the first customers (without personal fields), opened from their rows.
        """
        from .report import page

        target = Path(path)
        try:
            target.write_text(page(self, archive), encoding="utf-8")
        except OSError as reason:
            raise Error(f"to_html: '{target}' cannot be written: {reason.strerror}", "io") from reason
        return target

    def head(self, most: int = 10) -> list[list[str]]:
        """The first rows as text, for prints."""
        rows = []
        for r in self.table.slice(0, most).to_pylist():
            rows.append([_cut(r["customer"]), r["tier"], _span(r["value"], r["value_low"], r["value_high"]), _part(r["p_alive"]),
                         str(r["next_order"] or "-"), _number(r["wallet"]), _part(r["share"]), _cut(r["dominant"] or "-", 14), r["effort"],
                         _number(r["hours"]), _span(r["gain"], r["gain_low"], r["gain_high"])])
        return rows

    @property
    def header(self) -> list[str]:
        """Names of the columns of ``head``."""
        return ["customer", "tier", f"value ({self.sure})", "P(alive)", "next order", "wallet", "share", "largest", "effort", "hours", f"gain ({self.sure})"]

    def summary(self) -> str:
        """The book in one paragraph."""
        book, money, sure = self.book, self.currency_text, self.sure
        count = int(pc.sum(self._busy()).as_py() or 0)
        text = (f"Review as of {book['end']}: {book['customers']:,} customer{'' if book['customers'] == 1 else 's'}, "
                f"expected sales {_number(book['value'])}{money} "
                f"({sure} from {_number(book['value_low'])} to {_number(book['value_high'])}) over {self.span}.\n")
        if not math.isnan(book["share"]):
            text += f"They buy {_number(book['wallet'])}{money} a year as far as seen; our share is {_part(book['share'])}.\n"
        used = ", ".join(f"{_number(u)} of {_number(b)} {n}" for n, u, b in zip(book["budget_names"], book["used"], book["budgets"], strict=True))
        prices = "; ".join(f"one more {'hour' if n == 'hours' else 'unit of money'} is worth {p:,.2f}"
                           for n, p in zip(book["budget_names"], book["prices"], strict=True))
        gap = "optimal" if book["gap"] <= 1e-12 else f"within {100 * book['gap']:.2g} % of the best"
        text += (f"Plan: {used} over {count:,} accounts; gain {_number(book['gain'])}{money}, {sure} from {_number(book['gain_low'])} "
                 f"to {_number(book['gain_high'])}; {gap}; {prices}.\n")
        if book["baseline_names"] and book["plan_value"] > 0:
            own = book["plan_value"]
            rules = zip(book["baseline_names"], book["baselines"], strict=True)
            text += f"Simple rules with the same budgets, after the cost of effort (the plan: {_number(own)}): "
            text += "; ".join(f"{name} {_number(v)} ({signed_percent(v / own - 1)})" for name, v in rules) + ".\n"
        if self.managers is not None:
            text += "Managers: " + "; ".join(f"{m} {h:,.0f} h" for m, h in self.managers.loads.items()) + ".\n"
        return text

    def __repr__(self) -> str:
        rows = [self.header, *self.head()]
        wide = [max(len(row[i]) for row in rows) for i in range(len(self.header))]
        left = {0, 1, 7, 8}
        lines = ["  ".join(cell.ljust(w) if i in left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, wide, strict=True))).rstrip() for row in rows]
        return self.summary() + "\n" + "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.header)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self.head())
        return f"<p>{html.escape(self.summary()).replace(chr(10), '<br>')}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(x: float | None) -> str:
    return "-" if x is None or math.isnan(x) else f"{x:,.0f}"


def _part(x: float | None) -> str:
    return "-" if x is None or math.isnan(x) else f"{100 * x:.0f} %"


def _span(x: float, low: float, high: float) -> str:
    return "-" if math.isnan(x) else f"{x:,.0f} ({low:,.0f} to {high:,.0f})"


def _cut(name: object, most: int = 24) -> str:
    text = str(name)
    return text if len(text) <= most else text[: most - 1] + "…"


def _dates(days: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=days == _UNKNOWN_DAY).cast(pa.date32())


def review(led: Ledger, deliveries: Any = None, hours: float | None = None, money: float | None = None, *, horizon: float = 52,
           unit: str = "W", own: str | None = None, margin: float | None = None, efforts: Sequence[Mapping[str, Any]] | None = None,
           response: Mapping[str, float] | None = None, managers: Any = None, pool_hour: float | None = None, trade: Any = None, home: Any = None,
           level: float = 0.9, seed: int = 0,
           threads: int = 0, progress: bool | None = None) -> Review:
    """Which customers deserve our limited people, time and money, and what to do with each of them.

    Parameters
    ----------
    led : Ledger
        Our sales; anything that ``guanxi.Ledger`` takes is taken too.
    deliveries : frame, path or Deliveries, optional
        What is known of every supplier's deliveries to these customers (customer, supplier, period, amount).
    hours, money : float, optional
        What our people have over the horizon. Without hours one person-year (1,600 h) is assumed; without money its cost is
        taken off the gain but not limited.
    horizon, unit : float, str
        Length of the forecast and of the plan; unit is "D", "W", "M" or "Y".
    own : str, optional
        Our name among the suppliers; without it we are recognised by our figures, else added.
    margin : float, optional
        The part of sales that is left to us; without it from the ledger's cost, else 0.3.
    efforts : sequence of mappings, optional
        Ways to treat an account: ``{"name": "visit", "hours": 24, "money": 1500}``; the first must cost nothing.
    response : mapping, optional
        What effort does, in place of the stated prior: any of most_a, most_b (part of the room won at saturation, Beta), half
        (hours that win half of it), half_log_sd, power, power_log_sd, win_back (pull on a customer that has left), win_back_weight
        (customers that it counts for beside those that the ledger saw come back or not), learned (part of the doubt about an account
        that a try settles), room, room_low, room_high (what a customer buys elsewhere where nothing is seen, as a multiple of its
        expected sales, and its interval).
    managers : frame, optional
        One row a manager: manager, hours, and if known countries (words with blanks or commas, or a list). Level and
        manager are then chosen together, within everybody's hours; a manager who does not know the country gets 75 % of the gain.
        ``hours`` is their sum unless given.
    pool_hour : float, optional
        Worth of an hour of those who take accounts from the pool; half of ours when not given.
    trade : frame, optional
        Trade statistics: exporter, importer, product, period, value (money; see ``guanxi.market.table``). ``review.world`` then tells
        the markets of our customers' countries, and others where much is at stake.
    home : label, optional
        Our country among the exporters of ``trade``.
    level : float
        Of every interval.
    seed : int
        Names the random streams; the same inputs give the same review.
    threads : int
        0 = all of the machine's; the result does not depend on it.
    progress : bool, optional
        Shows where time goes; by default on a terminal and in a notebook only.

    Returns
    -------
    Review

    Raises
    ------
    Error
        With one sentence, when an argument cannot be meant.

    Notes
    -----
    Costs about 1 s for 1,000 customers with 300,000 order lines and 650,000 delivery rows.
    """
    if not isinstance(led, Ledger):
        led = Ledger(led)
    if deliveries is not None and not isinstance(deliveries, Deliveries):
        deliveries = Deliveries(deliveries, ledger=led)
    staff = None if managers is None else read(managers, "review managers", ["manager", "hours"])
    if staff is not None and hours is None:
        hours = float(np.sum(floats(staff, "hours")))
    levels = [_effort(e) for e in efforts or ()]
    steps: AbstractContextManager[Callable[[str], None]] = _progress.rooms(progress)
    with steps as step:
        raw = _core.review.review(
            led.core, None if deliveries is None else deliveries.core, float("nan") if hours is None else float(hours),
            float("nan") if money is None else float(money), float(horizon), unit, "" if own is None else str(own),
            float("nan") if margin is None else float(margin),
            levels, {str(k): float(v) for k, v in (response or {}).items()}, level, seed, threads, step,
            [] if staff is None else _people(staff, read(managers, "review managers")), float("nan") if pool_hour is None else float(pool_hour))
    gains = raw["customers"].pop("level_gain")
    made = _assemble(raw, led, deliveries, horizon, unit, level)
    made.threads = threads
    if trade is not None:
        made.world_table, notes = world_table(trade, home, made.countries_table)
        made.notes += notes
    if staff is not None and len(raw["book"]["manager_prices"]):
        made.managers = _assignment(raw, led, made, gains, _people(staff, read(managers, "review managers")), money)
    return made


def _people(staff: pa.Table, full: pa.Table) -> list[tuple[str, float, list[str]]]:
    given = full.column("countries").to_pylist() if "countries" in full.column_names else [None] * staff.num_rows
    knows = [c.replace(",", " ").split() if isinstance(c, str) else [str(one) for one in c or ()] for c in given]
    return [(str(name), float(h), c) for name, h, c in zip(staff.column("manager").to_pylist(), floats(staff, "hours"), knows, strict=True)]


def _assignment(raw: dict[str, Any], led: Ledger, made: Review, gains: Any, people: list[tuple[str, float, list[str]]], money: float | None) -> Assignment:
    """The choices of the core as an assignment: sheets, prices, what if somebody leaves."""
    n, levels, staff = len(led.customer_ids), len(made.efforts), len(people)
    names = [p[0] for p in people]
    country = raw["country"]
    fit = np.array([[1.0 if not knows or not c or c in knows else 0.75 for _, _, knows in people] for c in country]).reshape(n, staff)
    cost = {key: np.array([e[key] for e in made.efforts]) for key in ("hours", "money")}
    gain = gains.reshape(n, levels)
    worth = fit[:, :, None] * gain[:, None, :] - (cost["money"] if money is None else 0.0)
    customer, manager, step = np.meshgrid(np.arange(n), np.arange(staff), np.arange(1, levels), indexing="ij")
    value = worth[:, :, 1:].ravel()
    keep = value > 0
    who, whom, level = (np.concatenate([a.ravel()[keep], b]) for a, b in
                        ((customer, np.arange(n)), (manager, np.full(n, staff)), (step, np.zeros(n, np.int64))))
    table = pa.table({"customer": led.customer_ids.take(pa.array(who)), "manager": pa.array([*names, None]).take(pa.array(whom)), "level": level,
                      "value": np.concatenate([value[keep], np.zeros(n)]), "hours": cost["hours"][level], "money": cost["money"][level]})
    book, chosen = raw["book"], made.table.select(["customer", "manager", "effort"]).to_pylist()
    number = {e["name"]: j for j, e in enumerate(made.efforts)}
    limits = {} if money is None else {"money": float(money)}
    decided = {"choice": {r["customer"]: (r["manager"], number[r["effort"]]) for r in chosen}, "prices": dict(zip(names, book["manager_prices"], strict=True)),
               "budget_prices": [] if money is None else [book["prices"][1]], "value": book["plan_value"], "bound": book["bound"], "gap": book["gap"],
               "status": book["plan_status"]}
    found = _assign(table, {name: h for name, h, _ in people}, None, "customer", "manager", "value", "hours", "level", limits, None, None, 0.0, None, 600, 0,
                    decided)
    found._kind = made.kind
    found._table = found._table.filter(pc.is_valid(found._table.column("manager")))
    found.choices = give({name: found._table.column(name) for name in found._table.column_names}, made.kind)
    return found


def _effort(given: Mapping[str, Any]) -> tuple[str, float, float]:
    if "name" not in given:
        raise Error(f"review: an effort needs a name: {dict(given)!r}", "unknown_name")
    for name in given:
        if name not in ("name", "hours", "money"):
            raise Error(f"review: effort '{given['name']}' has no '{name}'; an effort has name, hours and money", "unknown_name")
    return str(given["name"]), float(given.get("hours", 0)), float(given.get("money", 0))


def _assemble(raw: dict[str, Any], led: Ledger, deliveries: Deliveries | None, horizon: float, unit: str, level: float) -> Review:
    suppliers = raw["suppliers"]
    columns: dict[str, Any] = dict(raw["customers"])
    tier = columns.pop("tier")
    effort = [e["name"] for e in raw["efforts"]]
    people = raw["managers"]

    def supplier(codes: np.ndarray[Any, Any]) -> pa.Array:
        return pa.array([None if c == NO_SUPPLIER else suppliers[c] for c in codes.tolist()], pa.string())

    table: dict[str, Any] = {
        "customer": led.customer_ids, "country": pa.array(raw["country"], pa.string()),
        "tier": pa.array([TIERS[t] for t in tier.tolist()], pa.string()), "tier_rank": pa.array(tier),
        "dominant": supplier(columns.pop("dominant")), "effort": pa.array([effort[i] for i in columns.pop("level").tolist()], pa.string()),
        "manager": pa.array([people[m] if m < len(people) else None for m in columns.pop("manager").tolist()], pa.string()),
        "next_order": _dates(columns.pop("next_order")), "last_order": _dates(columns.pop("last_order")),
    }
    table |= {name: pa.array(values) for name, values in columns.items()}
    full = pa.table(table)
    order = np.lexsort((-np.nan_to_num(columns["value"]), -columns["gain"]))
    countries: dict[str, Any] = dict(raw["countries"])
    countries["leader"] = supplier(countries["leader"])
    book = dict(raw["book"])
    book["end"] = EPOCH + datetime.timedelta(days=book["end"])
    book["customers"] = full.num_rows
    for name in ("sales_year", "sales_before"):
        book[name] = float(np.sum(columns[name]))
    return Review(
        table=full.take(pa.array(order)), countries_table=pa.table(countries),
        rivals_table=rivals_table(raw["rivals"], countries["country"], suppliers, raw["over_time"]["own"]),
        ties_table=ties_table(raw["ties"], suppliers, deliveries), book=book, change=dict(raw["change"]),
        shares_over_time=_over_time(raw["over_time"], suppliers, deliveries), notes=[*led.notes, *raw["notes"]], kind=led.kind, horizon=horizon,
        unit=unit, own_name=raw["own"], currency=led.currency or "", level=level, efforts=list(raw["efforts"]))


def _over_time(cells: dict[str, Any], suppliers: list[str], deliveries: Deliveries | None, most: int = 6) -> pa.Table:
    """Shares of the largest suppliers by period, the others together."""
    if deliveries is None or len(cells["amount"]) == 0:
        return pa.table({"supplier": pa.array([], pa.string()), "period": pa.array([], pa.string()), "share": pa.array([], pa.float64())})
    amount = np.zeros((len(suppliers), int(cells["period"].max()) + 1))
    np.add.at(amount, (cells["supplier"], cells["period"]), cells["amount"])
    largest = np.argsort(-amount.sum(axis=1), kind="stable")
    shown = list(largest[:most])
    own = cells["own"]
    if own != NO_SUPPLIER and own not in shown:
        shown[-1] = own
    total = amount.sum(axis=0)
    start = [str(label) for label in deliveries.periods.to_pylist()]
    rows = [(suppliers[s], start[t], amount[s, t] / total[t]) for s in shown for t in range(amount.shape[1]) if total[t] > 0]
    return pa.table({"supplier": pa.array([r[0] for r in rows], pa.string()), "period": pa.array([r[1] for r in rows], pa.string()),
                     "share": pa.array([r[2] for r in rows], pa.float64())})
