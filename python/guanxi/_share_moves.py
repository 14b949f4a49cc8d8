"""What moved: our losses split by cause, rivals' arrival, wallets from our own ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import codes, floats, give, kind_of, read
from ._share_tools import Floats, array_of


def loss_split(frame: Any, *, level: float = 0.9, tie: float = 0.5, draws: int = 400, seed: int = 0, threads: int = 0) -> Any:
    """Splits the change of our sales to every customer into share, the customer's size and the market.

    Parameters
    ----------
    frame : frame
        customer, own_before, wallet_before, own_now, wallet_now, in one currency; NaN or null where not known. Where the wallets
        are estimates also their intervals: wallet_before_low, wallet_before_high, wallet_now_low, wallet_now_high.
    level : float
        Probability inside the intervals, those given and those returned.
    tie : float
        0 to 1: correlation of the errors of a customer's two wallets.
    draws, seed : int
        Random draws behind the intervals. threads : 0 = all of the machine's.

    Returns
    -------
    frame
        customer, change, rivals (won from or lost to them), size (it grew or shrank against the market), market.
        The three add up to ``change`` exactly; NaN where a wallet is not known. With intervals given: means over draws, each also
        with _low and _high, and p_rivals = P(rivals took some). The parts of every draw add up.

    Raises
    ------
    guanxi.Error
        A missing column, own sales above the wallet.

    Notes
    -----
    O(customers), with intervals O(customers x draws). Mean over the orders in which the three can change: Shapley (1953), Sun (1998).
    """
    names = ["customer", "own_before", "wallet_before", "own_now", "wallet_now"]
    ends = ["wallet_before_low", "wallet_before_high", "wallet_now_low", "wallet_now_high"]
    table = read(frame, "loss_split: frame")
    given = [name for name in ends if name in table.column_names]
    table = read(table, "loss_split: frame", names + (ends if given else []))
    if given:
        x = {name: floats(table, name) for name in names[1:] + ends}
        parts = _core.share.loss_split_draws(
            x["own_before"], x["wallet_before"], x["wallet_before_low"], x["wallet_before_high"], x["own_now"], x["wallet_now"],
            x["wallet_now_low"], x["wallet_now_high"], level, tie, draws, seed, threads)
    else:
        parts = _core.share.loss_split(*(floats(table, name) for name in names[1:]))
    return give({"customer": table.column("customer"), **parts}, kind_of(frame))


@dataclass(frozen=True)
class EntryAlarm:
    """Which customers show a rival's arrival or rise.

    p : how often the customer's own periods in random order look as bad. alarm : period number in which the rise began, -1 =
    none. rule : period of two rises in a row on a flat total, -1 = none. rule_false_alarm : how often that rule cries on
    shuffled periods.
    """

    p: Floats
    alarm: npt.NDArray[np.int32]
    rule: npt.NDArray[np.int32]
    rule_false_alarm: float

    def __repr__(self) -> str:
        return (f"EntryAlarm: {(self.alarm >= 0).sum()} of {len(self.p)} customers; the rule of two rises names {(self.rule >= 0).sum()} "
                f"and would name {self.rule_false_alarm:.0%} of quiet ones")


def entry_alarm(rival: Any, wallet: Any, false_alarm: float = 0.05, *, shuffles: int = 499, seed: int = 0, threads: int = 0) -> EntryAlarm:
    """A rival's arrival or rise with each customer, at the rate of false alarms that you set.

    Parameters
    ----------
    rival : array (customers, periods)
        Share of a rival, or of all rivals.
    wallet : array (customers, periods)
    false_alarm : float
        Part of quiet customers that may be named over the whole span, above 0 and below 1.
    shuffles : int
        Random orders; at least 1 / false_alarm.

    Returns
    -------
    EntryAlarm

    Raises
    ------
    guanxi.Error
        Unlike shapes, a rate outside (0, 1).

    Notes
    -----
    O(customers x periods x shuffles). CUSUM of Page (1954), its law by permutation. Seasons must be taken out before.
    """
    x, w = array_of(rival, "entry_alarm: rival"), array_of(wallet, "entry_alarm: wallet")
    if x.ndim != 2 or x.shape != w.shape:
        raise Error(f"entry_alarm: 'rival' has shape {x.shape}, 'wallet' {w.shape}; both must be customers x periods", "size_mismatch")
    return EntryAlarm(**_core.share.entry_alarm(x, w, x.shape[1], false_alarm, shuffles, seed, threads))


@dataclass(frozen=True)
class EntryWatch:
    """Alarms as they would have been raised, period by period.

    alarm : first period in which the alarm stood, -1 = none. began : where the rise behind it began. climb : the largest climb so
    far. threshold : a climb from here on is an alarm.
    """

    alarm: npt.NDArray[np.int32]
    began: npt.NDArray[np.int32]
    climb: Floats
    threshold: float

    def __repr__(self) -> str:
        return f"EntryWatch: {(self.alarm >= 0).sum()} of {len(self.alarm)} customers; an alarm is a climb of {self.threshold:.2f}"


def entry_watch(rival: Any, false_alarm: float = 0.05, *, first: int = 4, allowance: float = 0.5, seed: int = 0, threads: int = 0) -> EntryWatch:
    """A rival's arrival or rise, told in the period in which it shows, at the rate of false alarms that you set.

    Parameters
    ----------
    rival : array (customers, periods)
        Share of a rival, or of all rivals; NaN = not known.
    false_alarm : float
        Part of quiet customers that may be named over the whole span, above 0 and below 1.
    first : int
        Period from which alarms may stand.
    allowance : float
        Half the rise, in standard deviations, that should be found soonest.
    seed : int
        Ties are broken at random. threads : 0 = all of the machine's.

    Returns
    -------
    EntryWatch

    Raises
    ------
    guanxi.Error
        A shape that is not customers x periods, a rate outside (0, 1).

    Notes
    -----
    Each period is ranked among those before it; the CUSUM of the normal scores of these ranks has one law for all quiet series,
    whatever the law of the shares. Periods that depend on their neighbours break that. O(customers x periods^2). McDonald (1990).
    """
    x = array_of(rival, "entry_watch: rival")
    if x.ndim != 2:
        raise Error(f"entry_watch: 'rival' has shape {x.shape}; it must be customers x periods", "size_mismatch")
    return EntryWatch(**_core.share.entry_watch(x.ravel(), x.shape[1], false_alarm, first, allowance, seed, threads))


def _per_customer(table: pa.Table, labels: pa.Array, code: npt.NDArray[np.uint32]) -> tuple[list[Floats], Floats]:
    """Traits that a ledger tells of a customer, and its sales by product group."""
    n = len(labels)
    amount = np.nan_to_num(floats(table, "amount"))
    traits: list[Floats] = []
    if len(table) > n:
        traits.append(np.bincount(code, minlength=n).astype(float))
    parts = np.empty((n, 0))
    for name in table.column_names:
        if name in ("customer", "amount"):
            continue
        column = table.column(name)
        if name not in ("product", "group", "date", "order") and (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            traits.append(np.maximum(np.bincount(code, np.nan_to_num(floats(table, name)), n), 0.0))
            continue
        value, names = codes(table, name)
        pair = np.unique(code.astype(np.int64) * len(names) + value)
        traits.append(np.bincount(pair // len(names), minlength=n).astype(float))
        if name == "date":
            day = np.bincount(code.astype(np.int64) * len(names) + value, amount, n * len(names)).reshape(n, len(names))
            traits.append(np.maximum(day.max(axis=1), 0.0))
        if name == "group" or (name == "product" and "group" not in table.column_names):
            parts = np.maximum(np.bincount(code.astype(np.int64) * len(names) + value, amount, n * len(names)), 0.0).reshape(n, len(names))
    return traits, parts


def wallets(own_sales: Any, *, customer_totals: Any = None, market_total: float | None = None, elasticity: float | None = None,
            level: float = 0.9) -> Any:
    """Each customer's wallet and our share of it when no rival's sale is seen.

    Parameters
    ----------
    own_sales : frame
        customer, amount, one or several rows a customer [, date, product, group (of products), order, and any number column,
        as sales of earlier years]. What it holds is used.
    customer_totals : frame, optional
        customer, total with everybody: a survey of some customers. Customers who appear only here are added with sales 0.
    market_total : float, optional
        What all customers buy from everybody; needed without ``customer_totals``.
    elasticity : float, optional
        Of wallet on our sales; None = learned from how our whole sales grow with each product group.
    level : float
        Probability inside the intervals.

    Returns
    -------
    frame
        customer, own, wallet, low, high, share, share_low, share_high, source ("own", "survey" where the total is known).
        share is 0 and the wallet NaN where we sell nothing and know nothing.

    Raises
    ------
    guanxi.Error
        Neither totals nor a market total, a market below our sales, fewer than 8 known totals.

    Notes
    -----
    O(rows), with a survey of m totals also O(m^3). See docs/share/wallets.md.
    """
    table = read(own_sales, "wallets: own_sales")
    table = read(table, "wallets: own_sales", list(dict.fromkeys(["customer", "amount", *table.column_names])))
    if customer_totals is not None:
        told = read(customer_totals, "wallets: customer_totals", ["customer", "total"])
        names = set(table.column("customer").to_pylist())
        told = told.filter(pc.invert(pc.is_null(told.column("total"))))
        strange = [c for c in told.column("customer").to_pylist() if c not in names]
        if strange:
            extra: dict[str, Any] = {"customer": pa.array(strange, table.schema.field("customer").type),
                                     "amount": pa.array([0.0] * len(strange)).cast(table.schema.field("amount").type)}
            for name in table.column_names:
                if name not in extra:
                    extra[name] = pa.array([table.column(name)[0].as_py()] * len(strange), table.schema.field(name).type)
            table = pa.concat_tables([table, pa.table(extra).select(table.column_names)])
    code, labels = codes(table, "customer")
    n = len(labels)
    own = np.maximum(np.bincount(code, np.nan_to_num(floats(table, "amount")), n), 0.0)
    traits, parts = _per_customer(table, labels, code)
    source = np.array(["own"] * n, dtype=object)
    if customer_totals is not None:
        place = {c: i for i, c in enumerate(labels.to_pylist())}
        total = np.full(n, np.nan)
        for c, v in zip(told.column("customer").to_pylist(), floats(told, "total")):
            total[place[c]] = v
        below = np.flatnonzero(total < own * (1 - 1e-9))
        if len(below):
            c = int(below[0])
            raise Error(f"wallets: customer {labels[c].as_py()}: total {total[c]:,.2f} below our own sales of {own[c]:,.2f}", "out_of_domain")
        found = _core.share.surveyed_wallets(own, total, np.stack(traits, axis=1).ravel() if traits else np.empty(0), level)
        source[np.isfinite(total)] = "survey"
    elif market_total is None:
        raise Error("wallets: give market_total, or customer_totals of some customers", "empty")
    else:
        law = (elasticity, 0.6, 0) if elasticity is not None else (
            _core.share.own_elasticity(parts.ravel(), parts.shape[1]) if parts.shape[1] else (0.8, 0.6, 0))
        found = _core.share.own_wallets(own, float(market_total), *law, level)
    ends = {"share": "wallet", "share_low": "high", "share_high": "low"}
    with np.errstate(invalid="ignore", divide="ignore"):
        share = {name: np.where(own > 0, own / np.maximum(found[end], own), 0.0) for name, end in ends.items()}
    return give({"customer": labels, "own": own, "wallet": found["wallet"], "low": found["low"], "high": found["high"], **share,
                 "source": pa.array(source.tolist(), pa.string())}, kind_of(own_sales))
