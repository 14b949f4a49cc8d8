"""Share: what part of each customer's purchases every supplier holds, with intervals.

Frames are found by column name; the kind of frame that goes in comes out. Arrays give arrays.
"""

from __future__ import annotations

import difflib
import html
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Kind, codes, floats, give, kind_of, read, require
from ._share_counts import DirichletMultinomial, NBDDirichlet, ShareTable
from ._share_ensembles import FitnessEnsemble, MinimumDensity, minimum_density
from ._share_hidden import Hidden, fill, people_of, renamed, rows_of
from ._share_models import Attraction, DynamicShares, PosteriorConcentration, dynamic_shares, elasticities, posterior_concentration
from ._share_moves import EntryAlarm, EntryWatch, entry_alarm, entry_watch, loss_split, wallets
from ._share_periods import Codes, periods_of
from ._share_pictures import SharePictures
from ._share_quantiles import QuantileFit, pinball, quantile_regression, wallet_quantiles
from ._share_rake import Raked, rake
from ._share_tools import Concentration, MannKendall, TheilSen, concentration, dominance_threshold, hhi, mann_kendall, theil_sen, wallet_allocation_rule

__all__ = ["Attraction", "Concentration", "DirichletMultinomial", "DynamicShares", "EntryAlarm", "EntryWatch", "FitnessEnsemble", "MannKendall",
           "MinimumDensity", "NBDDirichlet", "PosteriorConcentration", "QuantileFit", "Raked", "ShareTable", "SupplierShares", "TheilSen",
           "concentration", "dominance_threshold", "dynamic_shares", "elasticities", "entry_alarm", "entry_watch", "hhi", "loss_split",
           "mann_kendall", "minimum_density", "pinball", "posterior_concentration", "quantile_regression", "rake", "theil_sen",
           "wallet_allocation_rule", "wallet_quantiles", "wallets"]

REST = "(rest)"


def _code_of(value: Any, labels: pa.Array, what: str) -> int:
    """The code of one label, compared as the labels' type and then as text."""
    texts = labels.cast(pa.string()).to_pylist()
    if str(value) in texts:
        at: int = texts.index(str(value))
        return at
    near = difflib.get_close_matches(str(value), texts, n=1, cutoff=0.5)
    some = ", ".join(map(repr, texts[:8])) + (f", ... ({len(texts)} in all)" if len(texts) > 8 else "")
    raise Error(f"{what}: '{value}' is not among the suppliers {some}" + (f"; did you mean '{near[0]}'?" if near else ""), "unknown_name")


def _labelled(labels: pa.Array, code: Codes) -> pa.Array:
    """Labels of codes; the code REST is "(rest)" among texts and null among other ids."""
    at = code.astype(np.int64)
    at[code == _core.share.REST] = len(labels)
    other = REST if pa.types.is_string(labels.type) or pa.types.is_large_string(labels.type) else None
    return pa.concat_arrays([labels, pa.array([other], labels.type)]).take(pa.array(at))


def _whole_ids(frame: Any, labels: pa.Array, name: str = "supplier") -> Any:
    """Whole-number ids stay whole numbers in pandas, although "(rest)" has none."""
    if type(frame).__module__.partition(".")[0] == "pandas" and pa.types.is_integer(labels.type):
        frame[name] = frame[name].astype("Int64")
    return frame


class SupplierShares(SharePictures):
    """What part of each customer's purchases every supplier holds.

    Parameters
    ----------
    own : name of our company among the suppliers, or None.
    level : probability inside every interval.
    window : neighbouring periods merged into one, counted back from the last (12 makes years of months).
    keep : give rows for the last so many (merged) periods only; 0 = for all.
    trend_periods : the trend looks back over so many (merged) periods.
    phi : money that counts as one independent choice; None = learn it (1 when amounts are counts).
    firmness : concentration that a perfectly known habit keeps after one period; None = learn it (math.inf: habits never
        change, all periods count alike; 0: only the present period counts).
    draws, seed : random draws behind figures that have no closed form.
    threads : 0 = all of the machine's; the result does not depend on it.

    Attributes
    ----------
    shares_ : frame with customer, supplier, period, share, low, high, low_active, high_active, p_active, p_largest,
        p_dominant, trend, p_rising, source, amount. Sums to 1 a customer and period together with the row "(rest)": all
        suppliers from whom the customer has not been seen to buy.
    wallets_ : frame with customer, period, wallet, low, high.
    customers_ : frame, one row a customer: the last period at a glance.
    params_ : dict with firmness and loyalty (of habits, a period), alpha (by supplier), phi (money that counts as one choice, by customer).
    status_ : what a person should know, in words.

    Notes
    -----
    The share is the customer's *habit*: what customers buy on average plus what this one was seen to buy, in effective counts
    of money over phi that fade as habits drift. A customer seen once is drawn towards the others. Nothing about a period
    uses later ones. Costs some .7 microseconds a row given.
    """

    def __init__(self, *, own: Any = None, level: float = 0.9, window: int = 1, keep: int = 0, trend_periods: int = 8,
                 phi: float | None = None, firmness: float | None = None, draws: int = 200, seed: int = 0, threads: int = 0) -> None:
        self.own = own
        self.level = level
        self.window = window
        self.keep = keep
        self.trend_periods = trend_periods
        self.phi = phi
        self.firmness = firmness
        self.draws = draws
        self.seed = seed
        self.threads = threads

    def fit(self, deliveries: Any, own_sales: Any = None, *, customer_totals: Any = None, supplier_totals: Any = None, coverage: Any = None,
            covariates: Any = None, group_totals: Any = None, same_as: Any = None) -> SupplierShares:
        """Learns from deliveries to all customers, all of them seen or only some; gives self.

        With deliveries alone a cell that is not listed is no purchase. With any of the others the *last* period is taken as
        seen in part: cells that are not listed are unknown and filled from earlier periods (complete unless ``coverage`` says
        otherwise), covariates and totals.

        Parameters
        ----------
        deliveries : frame or ``gx.Deliveries``
            customer, supplier, period, amount (money, or counts) [, orders]; one row or several a key, in any order. An amount
            of 0 is a known zero.
        own_sales : frame, optional
            customer, amount [, period]: our sales in full; absent customers bought nothing from us. Needs ``own``.
        customer_totals, supplier_totals : frame, optional
            customer or supplier, total [, period] [, error: relative standard deviation, empty = exact]: with everybody in the
            last period. What is missing is estimated.
        coverage : frame, optional
            coverage in [0, 1] or null and any of customer, supplier, period (missing or null = all; the row with most keys wins)
            [, kind]. "cell" (also when empty): the probability that a purchase would have been listed; 1 = unlisted cells are
            zeros, null = nobody knows. A customer of whom nothing is listed although much should be may be one who hides.
            "size": large cells are listed more often, by how much is learned. "thinned": only this part of each cell's
            deliveries is seen, so amounts are lower bounds. Without coverage we are fully seen, others in part.
        covariates : frame or list of frames, optional
            Number columns by customer and supplier (distance, ...) are learned from the known cells; a text column by
            customer (country, chain) groups them. A pair without any number cannot trade.
        group_totals : frame, optional
            total [, error], and a text column by customer that a covariate has (country) or supplier or both: published sums
            over those customers, such as a country's imports.
        same_as : mapping or frame (name, same_as), optional
            Customers that changed their name: old to new.

        Raises
        ------
        guanxi.Error
            A missing column, an empty period, an ``own`` that is no supplier, settings out of range.

        Notes
        -----
        Amounts of one key are summed; credit notes net against them. Keys whose net amount stays negative or is not a number are left out and
        told in ``status_``. A cell that is not listed is no purchase. Costs some .7 microseconds a row given.
        """
        partial = any(x is not None for x in (own_sales, customer_totals, supplier_totals, coverage, covariates, group_totals))
        if type(deliveries).__name__ == "Deliveries" and hasattr(deliveries, "frame"):
            deliveries = deliveries.frame()
        table = read(deliveries, "SupplierShares.fit: deliveries")
        table = read(table, "SupplierShares.fit: deliveries",
                     ["customer", "supplier", "period", "amount"] + (["orders"] if "orders" in table.column_names else []))
        self._kind: Kind = kind_of(deliveries)
        self._hidden: Hidden | None = None
        if partial:
            return self._fit_partial(table, own_sales, customer_totals, supplier_totals, coverage, covariates, group_totals, same_as)
        table = renamed(table, same_as)
        customer, self._customers = codes(table, "customer")
        supplier, self._suppliers = codes(table, "supplier")
        periods = periods_of(table, "period", "SupplierShares.fit")
        self._periods = periods.labels
        own = _core.share.REST if self.own is None else _code_of(self.own, self._suppliers, "SupplierShares: own")
        for name in ("window", "keep", "trend_periods", "threads", "seed"):
            value = getattr(self, name)
            if value < 0 or int(value) != value:
                raise Error(f"SupplierShares: '{name}' is {value}, it must be a whole number of at least 0", "out_of_domain")
        core = _core.share.SupplierShares(own, self.level, self.draws, self.seed, self.threads, self.window, self.keep, self.trend_periods,
                                         math.nan if self.phi is None else self.phi, math.nan if self.firmness is None else self.firmness)
        orders = floats(table, "orders") if "orders" in table.column_names else np.empty(0)
        core.fit(customer, supplier, periods.number, floats(table, "amount"), orders,
                 len(self._customers), len(self._suppliers), len(periods))
        self._core: Any = core
        self.status_: str = core.status
        self.params_: dict[str, Any] = {
            "firmness": core.drift[0], "loyalty": core.drift[1],
            "alpha": give({"supplier": self._suppliers, "alpha": np.array(core.alpha)}, self._kind),
            "phi": give({"customer": self._customers, "phi": np.array(core.phi)}, self._kind)}
        return self

    def _fit_partial(self, table: pa.Table, own_sales: Any, customer_totals: Any, supplier_totals: Any, coverage: Any, covariates: Any,
                     group_totals: Any, same_as: Any) -> SupplierShares:
        def given(frame: Any, name: str, wanted: list[str]) -> pa.Table | None:
            if frame is None:
                return None
            out = read(frame, f"SupplierShares.fit: {name}")
            for column in wanted:
                require(column, out.column_names, f"SupplierShares.fit: {name}")
            return out

        many = [] if covariates is None else list(covariates) if isinstance(covariates, (list, tuple)) else [covariates]
        self._hidden = fill(table, self.own, given(own_sales, "own_sales", ["customer", "amount"]),
                            given(customer_totals, "customer_totals", ["customer", "total"]),
                            given(supplier_totals, "supplier_totals", ["supplier", "total"]), given(coverage, "coverage", ["coverage"]),
                            [read(c, "SupplierShares.fit: covariates") for c in many], given(group_totals, "group_totals", ["total"]), same_as,
                            self.level, self.draws, self.seed, self.threads)
        self._customers, self._suppliers = self._hidden.customers, self._hidden.suppliers
        self._periods = pa.array([self._hidden.period.as_py()], self._hidden.period.type)
        self.status_ = self._hidden.cells["status"]
        self.params_ = {name: self._hidden.cells[name] for name in ("discount", "group_weight", "power", "phi", "stretch")}
        return self

    def _fitted(self) -> Any:
        if not hasattr(self, "status_"):
            raise Error("SupplierShares: call fit first", "not_fitted")
        return getattr(self, "_core", None)

    def _period_labels(self, number: Codes) -> pa.Array:
        """The label of a merged period is the label of its first period."""
        shift = -len(self._periods) % self.window
        at = np.maximum(number.astype(np.int64) * self.window - shift, 0)
        return self._periods.take(pa.array(at))

    @property
    def shares_(self) -> Any:
        """One row a customer, supplier and period, with "(rest)" last; shares of a customer and period sum to 1.

        Returns
        -------
        frame
            share, low, high; low_active, high_active (given that the supplier delivers); p_active; p_largest (nobody holds more),
            p_dominant (share above 1/2); trend (slope of logit share a period), p_rising; source; amount.
        """
        core = self._fitted()
        if self._hidden is not None:
            return _whole_ids(give(rows_of(self._hidden, _labelled), self._kind), self._suppliers)
        return self._rows(core.shares, self._period_labels(core.shares["period"]))

    def _rows(self, raw: Any, period: pa.Array) -> Any:
        columns = self._columns(raw, period)
        return _whole_ids(give(columns, self._kind), self._suppliers)

    def forecast(self, periods: int = 1) -> Any:
        """Shares of the periods after the last one.

        Parameters
        ----------
        periods : how many (merged) periods ahead.

        Returns
        -------
        frame
            The columns of ``shares_``. The interval is for the share that is bought in that period (chance on top of the habit); p_largest and
            p_dominant are for the habit; trend and p_rising are today's; amount is NaN.

        Raises
        ------
        guanxi.Error
            Before fit, for periods below 1, or when the last period was seen in part only: a habit needs complete periods.

        Notes
        -----
        The habit fades by the drift that was learned, towards what customers buy on average. About 3 microseconds a row.
        Source: Mosimann (1962), Biometrika 49, 65-82.
        """
        core = self._fitted()
        if periods < 1 or int(periods) != periods:
            raise Error(f"SupplierShares.forecast: 'periods' is {periods}, it must be a whole number of at least 1", "out_of_domain")
        if self._hidden is not None:
            raise Error("SupplierShares.forecast: the last period was seen in part only; fit the complete deliveries alone", "out_of_domain")
        raw = core.forecast(int(periods))
        ahead = raw["period"].astype(np.int64) - (-(-len(self._periods) // self.window) - 1)
        return self._rows(raw, self._labels_ahead(ahead))

    def _labels_ahead(self, ahead: npt.NDArray[np.int64]) -> pa.Array:
        """Labels after the last period: whole numbers and dates go on in their steps, text says "last + n"."""
        last, kind, step = self._period_labels(np.array([-(-len(self._periods) // self.window) - 1], np.uint32))[0].as_py(), self._periods.type, 1
        if len(self._periods) > 1 and pa.types.is_integer(kind):
            step = self._periods[1].as_py() - self._periods[0].as_py()
        if pa.types.is_integer(kind):
            return pa.array(last + ahead * step * self.window, kind)
        if pa.types.is_date(kind):
            days = self._periods.to_numpy(zero_copy_only=False).astype("datetime64[D]")
            months = days.astype("datetime64[M]")
            if len(days) > 1 and months[1] == months[0]:  # weeks or days
                return pa.array(np.datetime64(last, "D") + ahead * int((days[1] - days[0]).astype(int)) * self.window, pa.date32()).cast(kind)
            by = int((months[1] - months[0]).astype(int)) if len(days) > 1 else 1
            start = np.datetime64(last, "M")
            return pa.array((start + ahead * by * self.window).astype("datetime64[D]") + (np.datetime64(last, "D") - start.astype("datetime64[D]")),
                            pa.date32()).cast(kind)
        return pa.array([f"{last} + {a}" for a in ahead.tolist()])

    @property
    def wallets_(self) -> Any:
        """One row a customer and period: what the customer bought from everybody.

        Returns
        -------
        frame
            customer, period, wallet, low, high, in the unit of ``amount``.
        """
        core = self._fitted()
        if self._hidden is not None:
            c = self._hidden.cells
            return give({"customer": self._customers, "period": self._periods.take(pa.array(np.zeros(len(self._customers), np.int64))),
                         "wallet": c["wallet"], "low": c["wallet_low"], "high": c["wallet_high"]}, self._kind)
        raw = core.wallets
        return give({"customer": self._customers.take(pa.array(raw["customer"])), "period": self._period_labels(raw["period"]),
                     "wallet": raw["wallet"], "low": raw["low"], "high": raw["high"]}, self._kind)

    @property
    def customers_(self) -> Any:
        """One row a customer for the last period: the wallet, our share, who is largest, the first rival.

        Returns
        -------
        frame
            wallet and own_share with intervals and trend; largest, largest_share, p_largest, p_dominant; rival with its share, interval and trend;
            headroom (what the customer buys from others) with its
            interval; effective (number of suppliers, 1 / sum of squared mean shares). NaN or null where nothing is known.
        """
        people = give(self._people(), self._kind)
        return _whole_ids(_whole_ids(people, self._suppliers, "largest"), self._suppliers, "rival")

    def _people(self) -> dict[str, Any]:
        core = self._fitted()
        raw = people_of(self._hidden) if self._hidden is not None else dict(core.customers)
        raw["customer"] = self._customers.take(pa.array(raw["customer"]))
        for name in ("largest", "rival"):
            nobody = raw[name] == _core.share.REST
            at = pa.array(np.where(nobody, 0, raw[name]).astype(np.int64), mask=nobody)
            raw[name] = self._suppliers.take(at) if len(self._suppliers) else pa.nulls(len(at), self._suppliers.type)
        return raw

    def _picture(self, rows: int = 8) -> tuple[str, list[list[str]]]:
        people = pa.table({k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in self._people().items()})
        top = people.take(pc.select_k_unstable(people, min(rows, len(people)), [("wallet", "descending")])).to_pylist()
        learned = "the last period seen in part" if self._hidden is not None else f"habits with firmness {self._core.drift[0]:g}"
        head = (f"SupplierShares: {len(people)} customers, {len(self._suppliers)} suppliers, {len(self._periods)} periods; "
                f"{learned}; {self.status_}")
        cells = [["customer", "wallet", "our share", f"{self.level:.0%}", "largest", "its share", "P(largest)"]]
        for r in top:
            own = not math.isnan(r["own_share"])
            cells.append([str(r["customer"]), f"{r['wallet']:,.0f}", f"{r['own_share']:.1%}" if own else "",
                          f"{r['own_low']:.1%} to {r['own_high']:.1%}" if own else "", str(r["largest"]),
                          f"{r['largest_share']:.1%}", f"{r['p_largest']:.2f}"])
        return head, cells

    def __repr__(self) -> str:
        if not hasattr(self, "status_"):
            return f"SupplierShares(own={self.own!r}): not fitted"
        head, cells = self._picture()
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join([head] + ["  ".join(cell.rjust(w) for cell, w in zip(row, widths)) for row in cells])

    def _repr_html_(self) -> str:
        if not hasattr(self, "status_"):
            return f"<p>{html.escape(repr(self))}</p>"
        head, cells = self._picture()
        first = "".join(f"<th>{html.escape(c)}</th>" for c in cells[0])
        rest = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in cells[1:])
        return f"<p>{html.escape(head)}</p><table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>"
