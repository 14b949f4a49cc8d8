"""Share: what part of each customer's purchases every supplier holds, with intervals.

Frames are found by column name; the kind of frame that goes in comes out. Arrays give arrays.
"""

from __future__ import annotations

import difflib
import html
import math
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Kind, codes, floats, give, kind_of, read

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]

__all__ = ["Concentration", "DirichletMultinomial", "MannKendall", "NBDDirichlet", "Raked", "ShareTable", "SupplierShares",
           "TheilSen", "concentration", "dominance_threshold", "hhi", "mann_kendall", "rake", "theil_sen", "wallet_allocation_rule"]

REST = "(rest)"


# ---- periods ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Periods:
    """Consecutive numbers 0.. for the caller's periods, and the labels of the numbers."""

    number: Codes
    labels: pa.Array  # one a number, gaps filled where the distance of periods is known

    def __len__(self) -> int:
        return len(self.labels)


def _months(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    months: npt.NDArray[np.int64] = column.cast(pa.date32()).to_numpy().astype("datetime64[M]").astype(np.int64)
    return months


def _periods(table: pa.Table, name: str, argument: str) -> _Periods:
    """Numbers the periods. Whole numbers and dates keep their gaps (a month without rows is a month); text is taken as dates
    when all of it reads as dates, else the distinct texts in sorted order are the periods."""
    column = table.column(name)
    if column.null_count:
        raise Error(f"{argument}: {column.null_count} empty entries in '{name}' where each row needs a period", "out_of_domain")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        texts = column.cast(pa.string())
        if len(texts) and pc.all(pc.match_substring_regex(texts, r"^\d{4}-\d{2}(-\d{2})?$")).as_py():
            days = pc.if_else(pc.equal(pc.utf8_length(texts), 7), pc.binary_join_element_wise(texts, "01", "-"), texts)
            try:
                column = pc.cast(days, pa.date32())
            except pa.ArrowInvalid as reason:
                raise Error(f"{argument}: '{name}' has a date that does not exist: {reason}", "bad_format") from None
    if pa.types.is_temporal(column.type):
        return _dated(column)
    if pa.types.is_integer(column.type):
        return _numbered(column.to_numpy().astype(np.int64))
    number, labels = codes(table, name)
    return _Periods(number, labels)


def _numbered(values: npt.NDArray[np.int64]) -> _Periods:
    if not len(values):
        return _Periods(np.empty(0, np.uint32), pa.array([], pa.int64()))
    low, step = int(values.min()), _step(values)
    count = (int(values.max()) - low) // step + 1
    return _Periods(((values - low) // step).astype(np.uint32), pa.array(low + step * np.arange(count)))


def _step(values: npt.NDArray[np.int64]) -> int:
    """The greatest step that divides all distances: 12 for yearly data counted in months."""
    gaps = np.diff(np.unique(values))
    return reduce(math.gcd, gaps.tolist(), 0) or 1


def _dated(column: pa.ChunkedArray) -> _Periods:
    days = column.cast(pa.date32()).to_numpy().astype("datetime64[D]")
    if not len(days):
        return _Periods(np.empty(0, np.uint32), pa.array([], pa.date32()))
    months = days.astype("datetime64[M]")
    inside = (days - months).astype(np.int64)
    if np.all(inside == inside[0]):  # the same day of every month: months, quarters or years
        numbered = _numbered(months.astype(np.int64))
        first = numbered.labels.to_numpy().astype("datetime64[M]").astype("datetime64[D]") + inside[0]
    else:
        numbered = _numbered(days.astype(np.int64))
        first = numbered.labels.to_numpy().astype("datetime64[D]")
    return _Periods(numbered.number, pa.array(first, pa.date32()))


# ---- supplier shares ------------------------------------------------------------------------------------------------


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


class SupplierShares:
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
    uses later ones. Costs about 2 microseconds a row given.
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

    def fit(self, deliveries: Any) -> SupplierShares:
        """Learns from deliveries of all suppliers to all customers; gives self.

        Parameters
        ----------
        deliveries : frame or ``gx.Deliveries``
            customer, supplier, period, amount (money, or counts) [, orders]; one row or several a key, in any order.

        Raises
        ------
        guanxi.Error
            A missing column, an empty period, an ``own`` that is no supplier, settings out of range.

        Notes
        -----
        Amounts of one key are summed; credit notes net against them. Keys whose net amount stays negative or is not a number are left out and
        told in ``status_``. A cell that is not listed is no purchase. Costs about 2 microseconds a row given.
        """
        if type(deliveries).__name__ == "Deliveries" and hasattr(deliveries, "frame"):
            deliveries = deliveries.frame()
        table = read(deliveries, "SupplierShares.fit: deliveries")
        table = read(table, "SupplierShares.fit: deliveries",
                     ["customer", "supplier", "period", "amount"] + (["orders"] if "orders" in table.column_names else []))
        self._kind: Kind = kind_of(deliveries)
        customer, self._customers = codes(table, "customer")
        supplier, self._suppliers = codes(table, "supplier")
        periods = _periods(table, "period", "SupplierShares.fit")
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
        self._core = core
        self.status_: str = core.status
        self.params_: dict[str, Any] = {
            "firmness": core.drift[0], "loyalty": core.drift[1],
            "alpha": give({"supplier": self._suppliers, "alpha": np.array(core.alpha)}, self._kind),
            "phi": give({"customer": self._customers, "phi": np.array(core.phi)}, self._kind)}
        return self

    def _fitted(self) -> Any:
        if not hasattr(self, "_core"):
            raise Error("SupplierShares: call fit first", "not_fitted")
        return self._core

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
        raw = self._fitted().shares
        names = pa.array(_core.share.source_names())
        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(raw["customer"])),
                                   "supplier": _labelled(self._suppliers, raw["supplier"]),
                                   "period": self._period_labels(raw["period"])}
        columns |= {name: raw[name] for name in ("share", "low", "high", "low_active", "high_active", "p_active", "p_largest",
                                                 "p_dominant", "trend", "p_rising")}
        columns["source"] = names.take(pa.array(raw["source"]))
        columns["amount"] = raw["amount"]
        return give(columns, self._kind)

    @property
    def wallets_(self) -> Any:
        """One row a customer and period: what the customer bought from everybody.

        Returns
        -------
        frame
            customer, period, wallet, low, high, in the unit of ``amount``.
        """
        raw = self._fitted().wallets
        return give({"customer": self._customers.take(pa.array(raw["customer"])), "period": self._period_labels(raw["period"]),
                     "wallet": raw["wallet"], "low": raw["low"], "high": raw["high"]}, self._kind)

    @property
    def customers_(self) -> Any:
        """One row a customer for the last period: the wallet, our share, who is largest, the first rival.

        Returns
        -------
        frame
            wallet and own_share with intervals and trend; largest, largest_share, p_largest, p_dominant; rival with its share, interval and trend;
            effective (number of suppliers, 1 / sum of squared mean shares). NaN or null where nothing is known.
        """
        return give(self._people(), self._kind)

    def _people(self) -> dict[str, Any]:
        raw = dict(self._fitted().customers)
        raw["customer"] = self._customers.take(pa.array(raw["customer"]))
        for name in ("largest", "rival"):
            nobody = raw[name] == _core.share.REST
            at = pa.array(np.where(nobody, 0, raw[name]).astype(np.int64), mask=nobody)
            raw[name] = self._suppliers.take(at) if len(self._suppliers) else pa.nulls(len(at), self._suppliers.type)
        return raw

    def _picture(self, rows: int = 8) -> tuple[str, list[list[str]]]:
        people = pa.table({k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in self._people().items()})
        top = people.take(pc.select_k_unstable(people, min(rows, len(people)), [("wallet", "descending")])).to_pylist()
        head = (f"SupplierShares: {len(people)} customers, {len(self._suppliers)} suppliers, {len(self._periods)} periods; "
                f"habits with firmness {self._core.drift[0]:g}; {self.status_}")
        cells = [["customer", "wallet", "our share", f"{self.level:.0%}", "largest", "its share", "P(largest)"]]
        for r in top:
            own = not math.isnan(r["own_share"])
            cells.append([str(r["customer"]), f"{r['wallet']:,.0f}", f"{r['own_share']:.1%}" if own else "",
                          f"{r['own_low']:.1%} to {r['own_high']:.1%}" if own else "", str(r["largest"]),
                          f"{r['largest_share']:.1%}", f"{r['p_largest']:.2f}"])
        return head, cells

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return f"SupplierShares(own={self.own!r}): not fitted"
        head, cells = self._picture()
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join([head] + ["  ".join(cell.rjust(w) for cell, w in zip(row, widths)) for row in cells])

    def _repr_html_(self) -> str:
        if not hasattr(self, "_core"):
            return f"<p>{html.escape(repr(self))}</p>"
        head, cells = self._picture()
        first = "".join(f"<th>{html.escape(c)}</th>" for c in cells[0])
        rest = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in cells[1:])
        return f"<p>{html.escape(head)}</p><table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>"


# ---- plain tools ------------------------------------------------------------------------------------------------------


def _array(values: Any, what: str) -> Floats:
    try:
        return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise Error(f"{what}: numbers are wanted, {type(values).__name__} was given", "bad_format") from None


@dataclass(frozen=True)
class Concentration:
    """How concentrated one customer's purchases are.

    hhi: sum of squared shares. effective: 1 / hhi. exp_entropy: exp of Shannon's entropy. cr: array, cr[k-1] = share of the k
    largest. hall_tideman: 1 / (2 sum rank share - 1). kwoka: sum of squared gaps between neighbours in rank.
    """

    hhi: float
    effective: float
    exp_entropy: float
    cr: Floats
    hall_tideman: float
    kwoka: float


def concentration(shares: Any) -> Concentration:
    """All measures of concentration of one customer or market.

    Parameters
    ----------
    shares : array of shares or amounts, at least 0; divided by their sum first.

    Returns
    -------
    Concentration
        All NaN and ``cr`` empty when the sum is 0.

    Raises
    ------
    Error : a negative or non-finite share.

    Notes
    -----
    O(n log n). Hall and Tideman (1967); Kwoka (1977).
    """
    return Concentration(**_core.share.concentration(_array(shares, "concentration: shares")))


def hhi(shares: Any, customer: Any = None) -> Any:
    """Sum of squared shares (Herfindahl 1950, Hirschman 1945).

    Parameters
    ----------
    shares : array of shares or amounts, at least 0
        Divided by their sum (a customer) first.
    customer : array of codes 0.., optional
        Whose share it is.

    Returns
    -------
    float, or with ``customer`` an array with one entry a code
        1/n to 1; NaN without purchases.

    Raises
    ------
    guanxi.Error
        A negative or non-finite share, unlike lengths.

    Notes
    -----
    O(n log n) for one customer, O(rows) with ``customer``.
    """
    values = _array(shares, "hhi: shares")
    if customer is None:
        return concentration(values).hhi
    who = np.ascontiguousarray(customer, dtype=np.uint32)
    return _core.share.hhi(values, who, int(who.max()) + 1 if who.size else 0)


def dominance_threshold(s1: float, s2: float, g: float = 1.0) -> float:
    """Share from which the largest supplier counts as dominant: (1 - g (s1^2 - s2^2)) / 2.

    Parameters
    ----------
    s1, s2 : float
        The two largest shares, s1 >= s2, together at most 1.
    g : float
        0 to 1: how much a gap to the second matters.

    Returns
    -------
    float
        The largest is dominant when s1 exceeds it.

    Raises
    ------
    guanxi.Error
        Values outside these bounds.

    Notes
    -----
    O(1). Melnik, Shy and Stenbacka (2008).
    """
    return float(_core.share.dominance_threshold(s1, s2, g))


def wallet_allocation_rule(rank: Any, n: int) -> Any:
    """Share of wallet from a survey rank: (1 - rank / (n + 1)) 2 / n.

    Parameters
    ----------
    rank : float or array
        1 .. n, the mean rank for ties.
    n : int
        Suppliers that the customer uses.

    Returns
    -------
    float or array like ``rank``
        Shares; those of the ranks 1 .. n sum to 1.

    Raises
    ------
    guanxi.Error
        A rank outside 1 .. n.

    Notes
    -----
    O(1) a rank. Keiningham, Aksoy, Buoye and Cooil (2011). A rule of thumb: use it as a first guess.
    """
    if n != int(n) or n < 1:
        raise Error(f"wallet_allocation_rule: 'n' is {n}, it must be a whole number of at least 1", "out_of_domain")
    if np.ndim(rank) == 0:
        return float(_core.share.wallet_allocation_rule(float(rank), int(n)))
    return np.array([_core.share.wallet_allocation_rule(float(r), int(n)) for r in np.ravel(rank)]).reshape(np.shape(rank))


@dataclass(frozen=True)
class MannKendall:
    """s: pairs that rise less pairs that fall; variance of s; z; two-sided p; tau."""

    s: float
    variance: float
    z: float
    p: float
    tau: float


def mann_kendall(values: Any) -> MannKendall:
    """Rank test for a monotone trend, corrected for ties.

    Parameters
    ----------
    values : array in order of time
        NaN is left out.

    Returns
    -------
    MannKendall
        All 0 and p 1 for fewer than 2 values.

    Raises
    ------
    guanxi.Error
        Values that are no numbers.

    Notes
    -----
    O(n^2). Mann (1945), Kendall (1975). Values that depend on each other make p too small.
    """
    return MannKendall(*_core.share.mann_kendall(_array(values, "mann_kendall: values")))


@dataclass(frozen=True)
class TheilSen:
    """Median slope a period, intercept at the first period, and the ends of the slope's interval."""

    slope: float
    intercept: float
    low: float
    high: float


def theil_sen(values: Any, level: float = 0.9) -> TheilSen:
    """Median of the slopes of all pairs, with Sen's interval.

    Parameters
    ----------
    values : array in order of time, one a period
        NaN is left out but keeps its place in time.
    level : float
        Probability inside the interval, above 0 and below 1.

    Returns
    -------
    TheilSen
        Slope a period; NaN for fewer than 2 values.

    Raises
    ------
    guanxi.Error
        A level outside (0, 1), values that are no numbers.

    Notes
    -----
    O(n^2 log n). Theil (1950), Sen (1968).
    """
    return TheilSen(*_core.share.theil_sen(_array(values, "theil_sen: values"), level))


# ---- counts -------------------------------------------------------------------------------------------------------------


def _table(counts: Any, what: str) -> npt.NDArray[Any]:
    array = np.asarray(counts)
    if array.ndim != 2:
        raise Error(f"{what}: 'counts' has {array.ndim} dimensions, rows of customers and columns of suppliers are wanted", "size_mismatch")
    if array.dtype == bool or not np.issubdtype(array.dtype, np.number):
        array = _array(array, f"{what}: counts")
    return np.ascontiguousarray(array)


@dataclass(frozen=True)
class ShareTable:
    """Shares of every customer (row) and supplier (column) with the ends of their intervals."""

    mean: Floats
    low: Floats
    high: Floats


class DirichletMultinomial:
    """Shares from counts of choices: multinomial counts, share vectors from Dirichlet(alpha), alpha by maximum likelihood.

    Parameters
    ----------
    threads : 0 = all of the machine's; the result does not depend on it.

    Attributes
    ----------
    alpha_ : array, one a supplier. log_likelihood_ : multinomial coefficients left out. coefficient_ : the log of those, summed.
    gradient_norm_ : largest slope in log alpha. passes_ : evaluations. status_ : in words.

    Notes
    -----
    One pass over whole counts (about 1 ns a count), then Newton on a histogram. Mosimann (1962); Minka (2000).
    """

    def __init__(self, *, threads: int = 0) -> None:
        self.threads = threads

    def fit(self, counts: Any) -> DirichletMultinomial:
        """Learns alpha from counts; gives self, with what a person should know in ``status_``.

        Parameters
        ----------
        counts : array (customers, suppliers)
            At least 0, whole or not.

        Raises
        ------
        guanxi.Error
            A negative or non-finite count (with its place); all counts 0.

        Notes
        -----
        About 1 ns a whole count; about 60 ns a count and pass otherwise.
        """
        array = _table(counts, "DirichletMultinomial.fit")
        core = _core.share.DirichletMultinomial(self.threads)
        whole = np.issubdtype(array.dtype, np.integer)
        (core.fit_whole if whole else core.fit)(array, array.shape[1])
        self._core = core
        self.alpha_: Floats = np.array(core.alpha)
        self.log_likelihood_: float = core.log_likelihood
        self.coefficient_: float = core.coefficient
        self.gradient_norm_: float = core.gradient_norm
        self.passes_: int = core.passes
        self.status_: str = core.status
        return self

    def shares(self, counts: Any, level: float = 0.9) -> ShareTable:
        """Posterior shares of customers with these counts: mean (alpha + x) / (S + n) and the interval of its beta law.

        Parameters
        ----------
        counts : array (customers, suppliers)
            As many columns as in ``fit``.
        level : float
            Probability inside the intervals, above 0 and below 1.

        Returns
        -------
        ShareTable
            Arrays of the shape of ``counts``.

        Raises
        ------
        guanxi.Error
            Not fitted, another number of columns, a level outside (0, 1).

        Notes
        -----
        About 2 microseconds a cell.
        """
        if not hasattr(self, "_core"):
            raise Error("DirichletMultinomial: call fit first", "not_fitted")
        array = _table(counts, "DirichletMultinomial.shares")
        if array.shape[1] != len(self.alpha_):
            raise Error(f"DirichletMultinomial.shares: 'counts' has {array.shape[1]} columns, the fit has {len(self.alpha_)}", "size_mismatch")
        return ShareTable(*(part.reshape(array.shape) for part in self._core.shares(array.astype(np.float64, copy=False), level)))

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return "DirichletMultinomial(): not fitted"
        return (f"DirichletMultinomial: {len(self.alpha_)} suppliers, sum of alpha {self.alpha_.sum():.4g}, "
                f"log-likelihood {self.log_likelihood_:.6g}; {self.status_}")


class NBDDirichlet:
    """Buying of brands in a category (Goodhardt, Ehrenberg and Chatfield 1984): negative binomial purchases, Dirichlet split.

    Parameters
    ----------
    rule : "notch" leaves brands out whose S is an outlier of the box plot or above its upper notch; "weighted" takes all.

    Attributes
    ----------
    m_, k_, s_ : purchases a household, K and S. s_by_brand_ : array (NaN where no S meets the penetration). status_ : in words.
    penetration, buying_rate, category_rate, scr, loyal : arrays by brand. duplication : matrix, row j = part of the buyers of j
    that buys column k as well.

    Notes
    -----
    Some 100 microseconds for a table of 8 brands. The market must stand still. See docs/share/nbd_dirichlet.md.
    """

    def __init__(self, *, rule: str = "notch") -> None:
        self.rule = rule

    def fit(self, counts: Any = None, *, penetration: float | None = None, rate: float | None = None, shares: Any = None,
            penetrations: Any = None) -> NBDDirichlet:
        """Learns from a market table, or from counts by maximum likelihood; gives self.

        Parameters
        ----------
        counts : array (households, brands), optional
            Purchases in one period, whole, non-buyers included.
        penetration : float
            Part of all households that buys the category, above 0 and below 1.
        rate : float
            Purchases of the category a buyer, at least 1.
        shares : array (brands,)
            Of purchases; sum at most 1, what is missing is one more brand that is left out of the tables.
        penetrations : array (brands,)
            Above 0, at most the category's.

        Raises
        ------
        guanxi.Error
            Values outside these bounds, unlike lengths, neither counts nor a full table, an unknown rule.

        Notes
        -----
        Some 100 microseconds for a table of 8 brands; one pass over counts.
        """
        if self.rule not in ("notch", "weighted"):
            raise Error(f"NBDDirichlet: 'rule' is '{self.rule}', it must be 'notch' or 'weighted'", "unknown_name")
        core = _core.share.NBDDirichlet(self.rule == "notch")
        if counts is not None:
            array = _table(counts, "NBDDirichlet.fit").astype(np.float64, copy=False)
            core.fit_counts(array, array.shape[1])
        elif penetration is None or rate is None or shares is None or penetrations is None:
            raise Error("NBDDirichlet.fit: give counts, or all of penetration, rate, shares and penetrations", "empty")
        else:
            core.fit_table(float(penetration), float(rate), _array(shares, "NBDDirichlet: shares"),
                           _array(penetrations, "NBDDirichlet: penetrations"))
        return self._take(core)

    def _take(self, core: Any) -> NBDDirichlet:
        self._core = core
        self.m_: float = core.m
        self.k_: float = core.k
        self.s_: float = core.s
        self.s_by_brand_: Floats = core.s_by_brand
        self.status_: str = core.status
        return self

    def _fitted(self) -> Any:
        if not hasattr(self, "_core"):
            raise Error("NBDDirichlet: call fit first", "not_fitted")
        return self._core

    @property
    def penetration(self) -> Floats:
        """Part of all households that buys the brand."""
        out: Floats = self._fitted().penetration
        return out

    @property
    def buying_rate(self) -> Floats:
        """Purchases of the brand a buyer of it."""
        out: Floats = self._fitted().buying_rate
        return out

    @property
    def category_rate(self) -> Floats:
        """Purchases of the category a buyer of the brand."""
        out: Floats = self._fitted().category_rate
        return out

    @property
    def scr(self) -> Floats:
        """Share of category requirements."""
        out: Floats = self._fitted().scr
        return out

    @property
    def loyal(self) -> Floats:
        """Part of the brand's buyers that buys nothing else."""
        out: Floats = self._fitted().loyal
        return out

    @property
    def duplication(self) -> Floats:
        """Matrix (brands, brands): row j, column k = part of the buyers of j that buys k as well; 1 on the diagonal."""
        flat: Floats = self._fitted().duplication
        side = math.isqrt(len(flat))
        return flat.reshape(side, side)

    def frequency(self, brand: int, n: int, *, open: bool = False) -> Floats:
        """P(a household buys the brand 0, 1, .. n times).

        Parameters
        ----------
        brand : int
            Its place in the table, from 0.
        n : int
            At least 0.
        open : bool
            The last entry stands for n and more.

        Returns
        -------
        array (n + 1,)

        Raises
        ------
        guanxi.Error
            Not fitted, an unknown brand, a negative n.

        Notes
        -----
        Costs n + 1 passes over the table of category purchases.
        """
        if n < 0:
            raise Error(f"NBDDirichlet.frequency: 'n' is {n}, it must be at least 0", "out_of_domain")
        if brand < 0:
            raise Error(f"NBDDirichlet.frequency: 'brand' is {brand}, it must be at least 0", "out_of_domain")
        out: Floats = self._fitted().frequency(brand, n, open)
        return out

    def expect(self, brand: int, own: int) -> tuple[float, float]:
        """What is to be expected of a household that bought ``own`` times from the brand, all else unknown.

        Parameters
        ----------
        brand : int
            Its place in the table, from 0.
        own : int
            Its purchases of the brand in the period.

        Returns
        -------
        (float, float)
            Purchases of the category, the brand's share of the coming ones.

        Raises
        ------
        guanxi.Error
            Not fitted, an unknown brand, a negative ``own``.

        Notes
        -----
        Costs one pass over the table of category purchases.
        """
        if brand < 0 or own < 0:
            raise Error(f"NBDDirichlet.expect: 'brand' is {brand} and 'own' {own}, both must be at least 0", "out_of_domain")
        wallet, part = self._fitted().expect(brand, own)
        return float(wallet), float(part)

    def scaled(self, periods: float) -> NBDDirichlet:
        """The model for a period so many times as long: M grows, K and S stay.

        Parameters
        ----------
        periods : float
            Above 0.

        Raises
        ------
        guanxi.Error
            Not fitted, ``periods`` not above 0.
        """
        return NBDDirichlet(rule=self.rule)._take(self._fitted().scaled(periods))

    def with_s(self, s: float) -> NBDDirichlet:
        """The same model with S set by hand.

        Parameters
        ----------
        s : float
            Above 0.

        Raises
        ------
        guanxi.Error
            Not fitted, ``s`` not above 0.
        """
        return NBDDirichlet(rule=self.rule)._take(self._fitted().with_s(s))

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return f"NBDDirichlet(rule={self.rule!r}): not fitted"
        rows = [f"NBDDirichlet: M {self.m_:.4g}, K {self.k_:.4g}, S {self.s_:.4g}; {self.status_}",
                "brand  share  penetration  buying rate  category rate    scr  loyal"]
        for j, values in enumerate(zip(self._core.shares, self.penetration, self.buying_rate, self.category_rate, self.scr, self.loyal)):
            rows.append("{:5d}  {:5.3f}  {:11.3f}  {:11.2f}  {:13.2f}  {:5.3f}  {:5.3f}".format(j, *values))
        return "\n".join(rows)


# ---- raking -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Raked:
    """A raked matrix, and how it was found.

    Attributes
    ----------
    matrix : array or scipy CSR, as the prior came. row_factors, column_factors : what prior cells were multiplied by.
    sweeps : made. converged : bool. error : sum of |row total - wanted| over the wanted sum (soft: change of the last sweep).
    violated : in words what cannot be or was changed; empty when all is well.
    """

    matrix: Any
    sweeps: int
    converged: bool
    violated: str
    row_factors: Floats
    column_factors: Floats
    error: float


def _weights(soft: Any, n: int, k: int) -> tuple[Floats, Floats]:
    if soft is None:
        return np.empty(0), np.empty(0)
    first, second = soft if isinstance(soft, tuple) else (soft, soft)
    return (np.ascontiguousarray(np.broadcast_to(_array(first, "rake: soft"), (n,))),
            np.ascontiguousarray(np.broadcast_to(_array(second, "rake: soft"), (k,))))


def rake(prior: Any, rows: Any, columns: Any, known: Any = None, soft: Any = None, tol: float = 1e-8, *, sweeps: int = 10_000,
         threads: int = 0) -> Raked:
    """Scales rows and columns of a prior until they have the wanted totals: the nearest matrix in Kullback-Leibler divergence.

    Parameters
    ----------
    prior : array n x k or scipy CSR matrix, at least 0; cells at 0 stay 0.
    rows, columns : wanted totals, n and k.
    known : cells that keep their value: array n x k with NaN = unknown, or (row numbers, column numbers, values).
    soft : None = margins hold exactly; a number or (row weights, column weights): lambda = phi / (tau^2 total) for a relative
        error tau of the margin; inf = exact, 0 = ignored.
    tol : of the L1 error of the rows over their sum.

    Returns
    -------
    Raked

    Raises
    ------
    guanxi.Error
        Unlike lengths, negative or non-finite margins, priors or known cells, a known cell outside the matrix.

    Notes
    -----
    Costs: the prior is read once a sweep. Deming and Stephan (1940); soft margins Chizat et al. (2018). When margins contradict each
    other, ``violated`` names the rows and columns and the amount that is missing.
    """
    sparse = hasattr(prior, "indptr") and hasattr(prior, "indices")
    if hasattr(prior, "tocsr") and not sparse or getattr(prior, "format", "csr") != "csr":
        prior, sparse = prior.tocsr(), True
    matrix = prior if sparse else _array(prior, "rake: prior")
    if matrix.ndim != 2:
        raise Error(f"rake: 'prior' has {matrix.ndim} dimensions, 2 are wanted", "size_mismatch")
    n, k = matrix.shape
    r, c = _array(rows, "rake: rows"), _array(columns, "rake: columns")
    row_weight, column_weight = _weights(soft, n, k)
    settings = (row_weight, column_weight, tol, sweeps, threads)
    if not sparse:
        out = _core.share.rake_dense(matrix, n, k, r, c, _known_dense(known, n, k), *settings)
        result: Any = out.pop("matrix").reshape(n, k)
    else:
        fixed, matrix = _known_sparse(known, matrix)
        out = _core.share.rake_sparse(matrix.indptr.astype(np.uint64), matrix.indices.astype(np.uint32), matrix.data.astype(np.float64), k,
                                      r, c, fixed, *settings)
        result = type(matrix)((out.pop("matrix"), matrix.indices.copy(), matrix.indptr.copy()), shape=(n, k))
    return Raked(matrix=result, **out)


def _triplet(known: Any, n: int, k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    row, column = np.asarray(known[0], np.int64), np.asarray(known[1], np.int64)
    value = _array(known[2], "rake: known")
    if not len(row) == len(column) == len(value):
        raise Error(f"rake: 'known' has {len(row)} rows, {len(column)} columns and {len(value)} values", "size_mismatch")
    if len(row) and (row.min() < 0 or row.max() >= n or column.min() < 0 or column.max() >= k):
        raise Error(f"rake: 'known' names a cell outside {n} x {k}", "out_of_domain")
    return row, column, value


def _known_dense(known: Any, n: int, k: int) -> Floats:
    if known is None:
        return np.empty(0)
    if isinstance(known, tuple):
        row, column, value = _triplet(known, n, k)
        full = np.full((n, k), np.nan)
        full[row, column] = value
        return full
    full = _array(known, "rake: known")
    if full.shape != (n, k):
        raise Error(f"rake: 'known' has shape {full.shape}, the prior {(n, k)}", "size_mismatch")
    return full


def _known_sparse(known: Any, matrix: Any) -> tuple[Floats, Any]:
    """Known values of the stored cells, and the prior with every known cell stored."""
    if known is None:
        return np.empty(0), matrix
    n, k = matrix.shape
    if isinstance(known, tuple):
        row, column, value = _triplet(known, n, k)
    else:
        full = _known_dense(known, n, k)
        row, column = np.nonzero(~np.isnan(full))
        value = full[row, column]
    old_row = np.repeat(np.arange(n), np.diff(matrix.indptr))
    key = np.concatenate([old_row * k + matrix.indices, row * k + column])
    prior = np.concatenate([matrix.data.astype(np.float64), np.zeros(len(row))])
    fixed = np.concatenate([np.full(matrix.nnz, np.nan), value])
    cells, where = np.unique(key, return_inverse=True)
    data, held = np.zeros(len(cells)), np.full(len(cells), np.nan)
    np.add.at(data, where, prior)
    held[where[matrix.nnz:]] = fixed[matrix.nnz:]
    start = np.searchsorted(cells, np.arange(n + 1) * k)
    return held, type(matrix)((data, (cells % k).astype(matrix.indices.dtype), start.astype(matrix.indptr.dtype)), shape=(n, k))
