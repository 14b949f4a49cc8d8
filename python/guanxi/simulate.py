"""A seeded exporter with known truth, and purchase models to draw customers from."""

from __future__ import annotations

import datetime
import difflib
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from .ledger import Ledger, to_day

_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, repr=False)
class Truth:
    """What was true in a simulated world; none of it may be shown to a method that is tested.

    Attributes
    ----------
    customers : frame, one row a customer
        customer, country, entered (day), left (day or null), alive, hidden, tier (1..4, 0 when lost), rate (orders a week
        now), base_rate, order_mean, wallet (money a year), share (ours), and for 26 and 52 weeks after the end:
        purchases_26 (days with a purchase, as they came), expected_purchases_26 (mean given the truth at the end),
        value_26, expected_value_26, and the same with 52.
    cells : frame, one row a customer and period, also of the year after the end
        customer, period (first day), wallet (expected spending with everybody), share (our expected part of it), tier,
        future (whether the period lies after the end).
    deliveries : frame
        customer, supplier, period, amount, orders: every delivery, seen or not, with `future`.
    future : frame
        Our order lines of the year after the end, in the columns of the ledger.
    suppliers : frame
        supplier, coverage: chance that a delivery of median size is seen.
    """

    customers: Any
    cells: Any
    deliveries: Any
    future: Any
    suppliers: Any

    def __repr__(self) -> str:
        return f"Truth of {len(self.customers):,} customers: customers, cells, deliveries, future, suppliers"


class Simulation:
    """A simulated exporter: what we know (``ledger``, ``deliveries``) and what is true (``truth``).

    Attributes
    ----------
    ledger : Ledger
        Our sales until the end.
    ledger_frame : frame
        The same as order lines: customer, date, amount, order, product, country.
    deliveries : frame
        What can be seen until the end: customer, supplier, period (first day), amount, orders. We are "us", fully seen.
    truth : Truth
    end : datetime.date
        First day after the history.
    settings : dict
    """

    def __init__(self, book: Any, settings: dict[str, Any], kind: _frames.Kind, currency: str | None) -> None:
        self._book = book
        self._kind: _frames.Kind = kind
        self.settings = settings
        self.begin = _date(book.begin)
        self.end = _date(book.end)
        self._customers = _names("C", book.customers["country"].size)
        self._suppliers = pa.array(["us", *_names("R", book.coverage.__len__() - 1).to_pylist()])
        self._starts = pa.array(np.asarray(book.period_start, np.int32)).cast(pa.date32())
        self._countries = pa.array([name for name, _, _ in _core.simulate.countries()])
        lines, history = book.lines, None
        history = lines["date"] < book.end
        self.ledger_frame = self._lines(history)
        self.deliveries = self._seen()
        self.truth = Truth(customers=self._customer_truth(), cells=self._cells(), deliveries=self._all_deliveries(),
                           future=self._lines(~history), suppliers=self._give({"supplier": self._suppliers,
                                                                              "coverage": np.asarray(book.coverage)}))
        self._currency = currency
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """Our sales until the end as a ``Ledger`` (made at the first use)."""
        if self._ledger is None:
            self._ledger = Ledger(self.ledger_frame, customer="customer", date="date", amount="amount", order="order",
                                  product="product", country="country", supplier=False, cost=False)
        return self._ledger

    def _give(self, columns: dict[str, Any]) -> Any:
        return _frames.give(columns, self._kind)

    def _lines(self, keep: npt.NDArray[np.bool_]) -> Any:
        lines = {name: column[keep] for name, column in self._book.lines.items()}
        customer = pa.array(lines["customer"])
        country = pa.array(self._book.customers["country"][lines["customer"]])
        products = _names("P", int(self.settings["products"]))
        return self._give({"customer": self._customers.take(customer), "date": pa.array(lines["date"]).cast(pa.date32()),
                           "amount": lines["amount"], "order": lines["order"],
                           "product": products.take(pa.array(lines["product"])), "country": self._countries.take(country)})

    def _rows(self, keep: npt.NDArray[np.bool_], amount: str, orders: str) -> dict[str, Any]:
        rows = {name: column[keep] for name, column in self._book.deliveries.items()}
        return {"customer": self._customers.take(pa.array(rows["customer"])),
                "supplier": self._suppliers.take(pa.array(rows["supplier"])),
                "period": self._starts.take(pa.array(rows["period"])), "amount": rows[amount], "orders": rows[orders]}

    def _seen(self) -> Any:
        rows = self._book.deliveries
        return self._give(self._rows((rows["seen_orders"] > 0) & (rows["period"] < self._book.periods), "seen_amount", "seen_orders"))

    def _all_deliveries(self) -> Any:
        period = self._book.deliveries["period"]
        columns = self._rows(np.ones(period.size, bool), "amount", "orders")
        return self._give({**columns, "future": period >= self._book.periods})

    def _cells(self) -> Any:
        cells = self._book.cells
        each = self._book.periods + self._book.future_periods
        n = cells["wallet"].size // each
        period = np.tile(np.arange(each), n)
        return self._give({"customer": self._customers.take(pa.array(np.repeat(np.arange(n), each))),
                           "period": self._starts.take(pa.array(period)), "wallet": cells["wallet"], "share": cells["share"],
                           "tier": cells["tier"], "future": period >= self._book.periods})

    def _customer_truth(self) -> Any:
        known = dict(self._book.customers)
        left = known.pop("left")
        columns: dict[str, Any] = {"customer": self._customers,
                                   "country": self._countries.take(pa.array(known.pop("country"))),
                                   "entered": pa.array(known.pop("entered")).cast(pa.date32()),
                                   "left": pa.array(left, mask=left == _NEVER).cast(pa.date32()),
                                   "alive": known.pop("alive").astype(bool), "hidden": known.pop("hidden").astype(bool)}
        columns.update(known)
        return self._give(columns)

    def _facts(self) -> list[tuple[str, str]]:
        book = self._book
        history = book.lines["date"] < book.end
        alive = int(book.customers["alive"].sum())
        rows = book.deliveries
        theirs = (rows["supplier"] > 0) & (rows["period"] < book.periods)
        total = float(rows["amount"][theirs].sum())
        facts = [("history", f"{self.begin} to {self.end - datetime.timedelta(1)}, and one year after it"),
                 ("customers", f"{book.customers['country'].size:,}, {alive:,} of them alive at the end"),
                 ("our sales", f"{book.lines['amount'][history].sum():,.0f} in {int(history.sum()):,} order lines")]
        if total > 0:
            seen = float(rows["seen_amount"][theirs].sum()) / total
            facts.append(("rivals", f"{len(self._suppliers) - 1}, {seen:.0%} of their deliveries by value can be seen"))
        facts.append(("seed", str(self.settings["seed"])))
        return facts

    def __repr__(self) -> str:
        return "\n".join(["Simulated exporter", *(f"  {name:<10} {text}" for name, text in self._facts())])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{html.escape(n)}</th><td>{html.escape(t)}</td></tr>" for n, t in self._facts())
        return f"<table><caption>Simulated exporter</caption>{rows}</table>"


def _date(number: int) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=number)


def _names(letter: str, n: int) -> pa.Array:
    """"C001", "C002", ...: as many digits as the last one has, at least three."""
    digits = pa.array(np.arange(1, n + 1)).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(letter), pc.utf8_lpad(digits, max(3, len(str(n))), "0"), "")


def _apply(settings: Any, given: dict[str, Any], function: str) -> None:
    have = [name for name in dir(settings) if not name.startswith("_")]
    for name, value in given.items():
        if name not in have:
            near = difflib.get_close_matches(name, have, n=1, cutoff=0.5)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise Error(f"{function}: no setting '{name}'{hint}", "unknown_name")
        try:
            setattr(settings, name, value)
        except (TypeError, OverflowError):
            raise Error(f"{function}: '{name}' cannot be {value!r}, the default is {getattr(settings, name)!r}", "bad_format") from None


def exporter(*, customers: int = 800, suppliers: int = 40, years: int = 6, seed: int = 7, start: Any = "2019-01-01",
             period: Literal["M", "Q", "Y"] = "Q", coverage: float | Sequence[float] = 0.6, hidden: float = 0.1,
             frame: _frames.Kind = "pyarrow", **settings: Any) -> Simulation:
    """A seeded exporter: its ledger, what it can see of its rivals' deliveries, and the truth behind both.

    Parameters
    ----------
    customers, suppliers, years : int
        Size of the world. We are one of the suppliers, named "us". One year after the history is simulated as well.
    seed : int
        The same seed gives the same bits on any number of threads.
    start : date or ISO text
        First day of a month.
    period : {"M", "Q", "Y"}
        Length of the periods of deliveries and truth: month, quarter, year.
    coverage : float or one a supplier
        How much of the rivals' deliveries can be seen: chance for a delivery of median size. One number is the mean of the
        suppliers' own values, several are those values themselves (ours is not used).
    hidden : float
        Part of the customers whose rivals are never seen.
    frame : {"pyarrow", "pandas", "polars"}
        The kind of the frames.
    **settings
        Any further setting of docs/ledger/simulate.md, e.g. ``regularity=2``, ``season=0.25``, ``dropout="exponential"``,
        ``futures=32`` (continuations behind each expected value; 0 leaves them unknown), ``cells=True``, ``threads=0``.

    Returns
    -------
    Simulation

    Raises
    ------
    gx.Error
        ``out_of_domain``, ``size_mismatch`` or ``unknown_name``, naming the setting.

    Notes
    -----
    Cost: about 4 us a customer and year on one core, and ``futures`` short continuations of one year each on top.
    """
    months = {"M": 1, "Q": 3, "Y": 12}
    if period not in months:
        raise Error(f"simulate.exporter: period '{period}' is not one of M, Q, Y", "unknown_name")
    if frame not in ("pyarrow", "pandas", "polars"):
        raise Error(f"simulate.exporter: frame '{frame}' is not one of pyarrow, pandas, polars", "unknown_name")
    core = _core.simulate.Settings()
    cover = [float(coverage)] if isinstance(coverage, (int, float)) else [float(c) for c in coverage]
    given = {"customers": customers, "suppliers": suppliers, "years": years, "seed": seed,
             "start": to_day(start, "simulate.exporter: start"), "period_months": months[period], "coverage": cover,
             "hidden": hidden, **settings}
    _apply(core, given, "simulate.exporter")
    book = _core.simulate.exporter(core)
    used = {name: getattr(core, name) for name in dir(core) if not name.startswith("_")}
    return Simulation(book, used, frame, None)


def purchases(age: Any, *, r: float, alpha: float, k: int = 1, dropout: Literal["none", "beta_geometric", "exponential"] = "none",
              a: float = 1.0, b: float = 1.0, s: float = 1.0, beta: float = 1.0, at_zero: bool = False, horizon: float = 0.0,
              seed: int = 7, frame: _frames.Kind = "pyarrow") -> Any:
    """Customers drawn from a purchase model, as the summary that the models of ``gx.value`` read, with the truth.

    ``dropout="none"`` is the NBD, ``"beta_geometric"`` the BG/NBD (``at_zero=True``: MBG/NBD), ``"exponential"`` the
    Pareto/NBD; ``k`` stages a gap make purchases regular (BG/CNBD-k).

    Parameters
    ----------
    age : array of float, one a customer
        Length of observation, above 0, in any one unit of time.
    r, alpha, a, b, s, beta : float
        The model's parameters: rates of stages gamma(r, alpha); chance to leave beta(a, b) or hazard gamma(s, beta).
    horizon : float
        Time after ``age`` whose purchases are counted in ``future``.

    Returns
    -------
    frame
        customer, frequency, recency, age, future (purchases in the horizon), rate, alive.
    """
    core = _core.simulate.ModelSettings()
    _apply(core, {"r": r, "alpha": alpha, "k": k, "dropout": dropout, "a": a, "b": b, "s": s, "beta": beta, "at_zero": at_zero,
                  "horizon": horizon, "seed": seed}, "simulate.purchases")
    columns = dict(_core.simulate.model(core, np.ascontiguousarray(age, np.float64)))
    columns["alive"] = columns["alive"].astype(bool)
    return _frames.give({"customer": _names("C", columns["frequency"].size), **columns}, frame)
