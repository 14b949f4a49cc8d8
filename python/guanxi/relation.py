"""The relation with each customer: tiers and movement, retention, sorting by several criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import _core
from ._errors import Error
from ._frames import codes, floats, give, kind_of, read, require
from ._relation_retention import DiscreteHazard as DiscreteHazard
from ._relation_retention import cohorts as cohorts

Floats = npt.NDArray[np.float64]
_c: Any = _core.relation
LABELS: list[str] = list(_c.labels())
_EVIDENCE = ["value_year", "share", "share_low", "tenure", "orders_year", "breadth", "p_alive"]
_DEFAULTS = {"orders": "negative_binomial", "spend": "log_normal", "share": "beta", "breadth": "poisson"}


def tier_rule(evidence: Any, *, cuts: Mapping[str, Any] | None = None, threads: int = 0) -> Any:
    """Tier of each customer by a stated rule, its probabilities and why.

    Parameters
    ----------
    evidence : frame
        Any of the columns value_year, share, share_low, tenure (years), orders_year, breadth, p_alive; ``customer`` is
        passed through. Null = not known.
    cuts : mapping, optional
        Cut points that differ from the defaults; see ``tier_cuts``.

    Returns
    -------
    frame
        customer, tier (0..3), label, p_vendor, p_preferred, p_partnership, p_alliance, why; the caller's kind.

    Raises
    ------
    guanxi.Error
        A value outside its domain, cuts that do not ascend. Costs O(n).
    """
    table, out = _rule(evidence, cuts, threads)
    tier, *p, why, _ = out
    columns: dict[str, Any] = {}
    if "customer" in table.column_names:
        columns["customer"] = table.column("customer")
    columns |= {"tier": tier, "label": _labels(tier)}
    columns |= dict(zip(["p_vendor", "p_preferred", "p_partnership", "p_alliance"], p, strict=True))
    columns["why"] = pa.array(why, pa.string())
    return give(columns, kind_of(evidence))


def tier_cuts(evidence: Any, *, cuts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The cut points that ``tier_rule`` would use on this book; keep them to measure next year by the same rule.

    Parameters
    ----------
    evidence : frame
        As in ``tier_rule``.
    cuts : mapping, optional
        Cut points that differ from the defaults.

    Returns
    -------
    dict
        Every cut point by name, in the units of its column; those taken from the book are filled in.

    Raises
    ------
    guanxi.Error
        As ``tier_rule``.

    Notes
    -----
    Costs O(n log n). See docs/relation/tier_rule.md.
    """
    return dict(_rule(evidence, cuts, 0)[1][-1])


def _rule(evidence: Any, cuts: Mapping[str, Any] | None, threads: int) -> tuple[pa.Table, Any]:
    table = read(evidence, "evidence")
    known = [name for name in _EVIDENCE if name in table.column_names]
    if not known:
        require(_EVIDENCE[0], table.column_names, "evidence")
    none = np.empty(0)
    columns = [floats(table, name) if name in known else none for name in _EVIDENCE]
    return table, _c.tier_rule(*columns, dict(cuts or {}), threads)


def _labels(tier: npt.NDArray[np.uint8], tiers: int = 4) -> pa.Array:
    words = LABELS if tiers == len(LABELS) else [f"tier {s}" for s in range(tiers)]
    return pa.array(words).take(pa.array(tier))


@dataclass(frozen=True)
class Movement:
    """Counts and rates of moves between tiers; matrices are (tiers, tiers): row = from, column = to.

    Attributes
    ----------
    counts : moves. rates, low, high : part of the row's moves, with its interval; NaN, 0 and 1 for a row without moves.
    stay, stay_low, stay_high : array (tiers,), expected periods in the tier, 1 / (1 - rate of staying).
    by_period : frame with period, up, same, down: moves into the period.
    gaps : neighbouring rows of a customer with periods missing between; they are no moves.
    """

    counts: npt.NDArray[np.uint64]
    rates: Floats
    low: Floats
    high: Floats
    stay: Floats
    stay_low: Floats
    stay_high: Floats
    by_period: Any
    gaps: int

    def __repr__(self) -> str:
        words = LABELS if len(self.counts) == len(LABELS) else [f"tier {s}" for s in range(len(self.counts))]
        lines = [f"Movement: {int(self.counts.sum())} moves, {self.gaps} gaps left out"]
        for word, count, rate in zip(words, self.counts, self.rates, strict=True):
            lines.append(f"  {word:<20}{int(count.sum()):>7}  " + " ".join(f"{r:6.3f}" for r in rate))
        return "\n".join(lines)


def movement(tiers: Any, *, level: float = 0.9, count: int = 4) -> Movement:
    """Moves between tiers from one period to the next, with Jeffreys intervals.

    Parameters
    ----------
    tiers : frame
        customer, period (integers keep their gaps; other kinds are ranked) and tier (0 .. count - 1); rows in any order.
    level : float
        Probability inside the intervals, above 0 and below 1.
    count : int
        Number of tiers.

    Returns
    -------
    Movement
        ``by_period`` is a frame of the caller's kind.

    Raises
    ------
    guanxi.Error
        Two rows of one customer and period, a tier outside 0 .. count - 1, a level outside (0, 1), a missing column.

    Notes
    -----
    Costs O(n) for rows sorted by customer and period, else O(n log n). Brown, Cai and DasGupta (2001). Moves of one customer are not
    independent, so the intervals are a little too narrow.
    """
    table = read(tiers, "tiers", ["customer", "period", "tier"])
    customer, names = codes(table, "customer")
    period, shown = _periods(table)
    tier = floats(table, "tier")
    if tier.size and not ((tier >= 0) & (tier < count) & (tier == np.floor(tier))).all():
        row = int(np.flatnonzero(~((tier >= 0) & (tier < count) & (tier == np.floor(tier))))[0])
        raise Error(f"relation: 'tier' is {tier[row]:g} in row {row}, want 0 to {count - 1}")
    try:
        m = _c.movement(customer, period, tier.astype(np.uint8), count, level)
    except Error as reason:
        if reason.code != "duplicate":
            raise
        order = np.lexsort((period, customer))  # say it with the caller's names, not with our codes
        who, when = customer[order], period[order]
        at = int(np.flatnonzero((who[1:] == who[:-1]) & (when[1:] == when[:-1]))[0])
        raise Error(f"relation: two rows for customer {names[int(who[at])]}, period {shown(when[at : at + 1])[0]}", "duplicate") from None
    by = {"period": shown(m["period"]), "up": m["up"], "same": m["same"], "down": m["down"]}
    counts, rates, low, high = (m[k].reshape(count, count) for k in ("counts", "rate", "low", "high"))
    return Movement(counts, rates, low, high, m["stay"], m["stay_low"], m["stay_high"], give(by, kind_of(tiers)), int(m["gaps"]))


def _periods(table: pa.Table) -> tuple[npt.NDArray[np.int64], Any]:
    """Whole periods and a way back to what the caller wrote."""
    column = table.column("period")
    if pa.types.is_integer(column.type) and column.null_count == 0:
        return column.to_numpy().astype(np.int64), lambda x: x
    rank, values = codes(table, "period")
    return rank.astype(np.int64), lambda x: values.take(pa.array(x))


class TierModel:
    """Ordered hidden Markov model of the relation with each customer.

    Parameters
    ----------
    tiers : number of states, 1..8.
    emissions : columns, or {column: family or {"family": ..., "mean": ...}}; None takes those present of orders (negative
        binomial), spend (log_normal with a mass at 0), share (beta with masses at 0 and 1), breadth (poisson).
    covariates : columns that drive the move from their period to the next.
    label : a column with tiers already observed (0..tiers-1): nothing is hidden then.
    hysteresis, dwell : what it takes before the reported tier moves.
    strength, ridge, prior : how slopes and moves are held together in small books.

    Raises guanxi.Error for a panel that the families cannot have. Source: Netzer, Lattin and Srinivasan (2008).
    """

    def __init__(self, *, tiers: int = 4, emissions: Any = None, covariates: Sequence[str] = (), label: str | None = None,
                 hysteresis: float = 0.6, dwell: int = 2, strength: float = 10.0, ridge: float = 1.0, prior: float = 0.0,
                 starts: int = 5, seed: int = 0, tol: float = 1e-8, max_passes: int = 1000, threads: int = 0) -> None:
        self.tiers, self.emissions, self.covariates, self.label = tiers, emissions, covariates, label
        self.hysteresis, self.dwell, self.strength, self.ridge, self.prior = hysteresis, dwell, strength, ridge, prior
        self.starts, self.seed, self.tol, self.max_passes, self.threads = starts, seed, tol, max_passes, threads
        self._core: Any = None

    @classmethod
    def given(cls, initial: Any, transitions: Any, emissions: Mapping[str, Mapping[str, Any]], **settings: Any) -> TierModel:
        """A model with known parameters; nothing is fitted.

        Parameters
        ----------
        initial : array (S,)
            P(tier) in a customer's first period.
        transitions : array (S, S)
            Rows sum to 1: from, to, a period.
        emissions : {column: {"family": ..., "mean": ..., ...}}
            Complete; ``rate`` may stand for ``mean``.
        settings
            Keywords of ``TierModel``.

        Raises
        ------
        guanxi.Error
            A row that does not sum to 1, wrong lengths, an unknown family.
        """
        self = cls(tiers=len(initial), emissions=emissions, **settings)
        laws = self._laws([])
        self._core = _c.TierModel.given(list(initial), [float(v) for v in np.ravel(transitions)], laws, self._settings(laws))
        self._learn()
        return self

    def _laws(self, have: list[str]) -> list[dict[str, Any]]:
        if self.label is not None:
            return [{"column": self.label, "family": "label"}]
        given = self.emissions
        if given is None:
            given = {name: family for name, family in _DEFAULTS.items() if name in have}
            if not given:
                raise Error(f"relation: the panel has none of {', '.join(_DEFAULTS)}; name its columns in 'emissions'", "unknown_name")
        elif not isinstance(given, Mapping):
            given = {name: _DEFAULTS.get(name, "normal") for name in given}
        laws = []
        for name, law in given.items():
            one = {"family": law} if isinstance(law, str) else dict(law)
            if "rate" in one:
                one["mean"] = one.pop("rate")
            laws.append({"column": name, **{k: v if k == "family" else [float(x) for x in np.ravel(v)] for k, v in one.items()}})
        return laws

    def _settings(self, laws: list[dict[str, Any]]) -> dict[str, Any]:
        names = ("tiers", "hysteresis", "dwell", "strength", "ridge", "prior", "starts", "seed", "tol", "max_passes", "threads")
        return {"emissions": laws, **{name: getattr(self, name) for name in names}}

    def _panel(self, panel: Any) -> tuple[Any, pa.Table, Any]:
        table = read(panel, "panel")
        for name in ("customer", "period", *self.covariates, *((self.label,) if self.label else ())):
            require(name, table.column_names, "panel")
        laws = self._laws(table.column_names)
        for law in laws:
            require(law["column"], table.column_names, "panel")
        customer, names = codes(table, "customer")
        period, _ = _periods(table)
        take = [(law["column"], floats(table, law["column"])) for law in laws]
        driven = [(name, floats(table, name)) for name in self.covariates]
        return _c.Panel(customer, period, take, driven), table, names

    def fit(self, panel: Any) -> TierModel:
        """Finds the parameters by expectation-maximisation from several starts; gives self, and always a status in ``status_``.

        Parameters
        ----------
        panel : frame
            customer, period, the columns of ``emissions`` (null = not known), covariates or label; one row a customer and period, in any
            order.

        Raises
        ------
        guanxi.Error
            Two rows of one customer and period, a value that the column's family cannot have, no rows, a missing column.

        Notes
        -----
        Costs O(S^2) a row and pass. Afterwards ``tiers_`` is ``filter(panel)``; ``transitions_`` (S, S), ``initial_`` (S,), ``emissions_``,
        ``standard_errors_``, ``log_likelihood_``, ``history_`` (log-likelihood by pass), ``passes_``, ``gradient_norm_``, and with covariates
        ``thresholds_`` (S, S - 1) and ``effects_`` (S, covariates).
        """
        seen, table, _ = self._panel(panel)
        laws = self._laws(table.column_names)
        self._core = _c.TierModel(self._settings(laws))
        self._core.fit(seen)
        self._learn()
        self.tiers_ = self.filter(panel)
        return self

    def _learn(self) -> None:
        s = self.tiers
        self.initial_: Floats = self._core.initial()
        self.transitions_: Floats = self._core.transitions(np.empty(0)).reshape(s, s)
        self.thresholds_: Floats = self._core.thresholds().reshape(-1, max(s - 1, 1))
        self.effects_: Floats = self._core.effects().reshape(-1, max(len(self.covariates), 1))
        self.emissions_ = _by_column(self._core.emissions())
        self.standard_errors_ = {"transitions": self._core.transition_errors(), "effects": self._core.effect_errors(),
                                 "emissions": _by_column(self._core.emission_errors())}
        self.log_likelihood_: float = self._core.log_likelihood()
        self.history_: Floats = self._core.history()
        self.passes_: int = self._core.passes()
        self.gradient_norm_: float = self._core.gradient_norm()
        self.status_: list[str] = self._core.status()

    def _need(self) -> Any:
        if self._core is None:
            raise Error("relation: TierModel has no parameters yet; call fit first", "not_fitted")
        return self._core

    def filter(self, panel: Any, *, why: bool = True) -> Any:
        """P(tier | what was seen up to the row) and the reported tier: for decisions.

        Parameters
        ----------
        panel : frame
            As in ``fit``.
        why : bool
            Adds a sentence a row: which columns speak for the tier.

        Returns
        -------
        frame
            customer, period, tier (with hysteresis), label, one probability a tier, why; a row for each row, the caller's kind.

        Raises
        ------
        guanxi.Error
            Not fitted; a panel as ``fit`` refuses it.

        Notes
        -----
        Costs O(S^2) a row.
        """
        core = self._need()
        seen, table, _ = self._panel(panel)
        return self._rows(core.filter(seen, why), table, kind_of(panel))

    def smooth(self, panel: Any) -> Any:
        """P(tier | everything seen), for history only: it looks ahead of its row.

        Parameters
        ----------
        panel : frame
            As in ``fit``.

        Returns
        -------
        frame
            As ``filter``, without why.

        Raises
        ------
        guanxi.Error
            Not fitted; a panel as ``fit`` refuses it.

        Notes
        -----
        Costs O(S^2) a row.
        """
        core = self._need()
        seen, table, _ = self._panel(panel)
        return self._rows(core.smooth(seen), table, kind_of(panel))

    def _p_names(self) -> list[str]:
        return ["p_vendor", "p_preferred", "p_partnership", "p_alliance"] if self.tiers == 4 else [f"p_{s}" for s in range(self.tiers)]

    def _rows(self, r: dict[str, Any], table: pa.Table, kind: Any) -> Any:
        p = r["p"].reshape(-1, self.tiers)
        columns: dict[str, Any] = {"customer": table.column("customer"), "period": table.column("period"), "tier": r["tier"],
                                   "label": _labels(r["tier"], self.tiers)}
        columns |= {name: np.ascontiguousarray(p[:, s]) for s, name in enumerate(self._p_names())}
        if r["why"]:
            columns["why"] = pa.array(r["why"], pa.string())
        return give(columns, kind)

    def forecast(self, periods: int, panel: Any, *, covariates: Any = None, draws: int = 200) -> Any:
        """Tiers, odds of moving and the columns, 1 .. periods ahead of each customer's last row.

        Parameters
        ----------
        periods : int
            At least 1.
        panel : frame
            As in ``fit``.
        covariates : array (customers, periods, covariates), optional
            In the order of sorted customers: what holds in the last row and the periods after it. None holds the last row's.
        draws : int
            Draws of the parameters behind the intervals.

        Returns
        -------
        frame
            customer, ahead, tier, one probability a tier, p_up and p_down with 90 % intervals, each column with its interval.

        Raises
        ------
        guanxi.Error
            Not fitted; a panel as ``fit`` refuses it.

        Notes
        -----
        Costs periods x S^2 a customer and draw. The intervals of p_up and p_down hold the uncertainty of the transitions, not of today's
        tier.
        """
        core = self._need()
        seen, _, names = self._panel(panel)
        ahead = np.empty(0) if covariates is None else np.ascontiguousarray(covariates, float).ravel()
        f = core.forecast(seen, periods, ahead, draws, True)
        p = f["p"].reshape(-1, self.tiers)
        columns: dict[str, Any] = {"customer": names.take(pa.array(f["customer"])), "ahead": f["ahead"], "tier": f["tier"]}
        columns |= {name: np.ascontiguousarray(p[:, s]) for s, name in enumerate(self._p_names())}
        columns |= {k: f[k] for k in ("p_up", "p_up_low", "p_up_high", "p_down", "p_down_low", "p_down_high")}
        for name, mean, low, high in f["columns"]:
            columns |= {name: mean, f"{name}_low": low, f"{name}_high": high}
        return give(columns, kind_of(panel))

    def __repr__(self) -> str:
        if self._core is None:
            return f"TierModel: {self.tiers} tiers, not fitted"
        words = LABELS if self.tiers == len(LABELS) else [f"tier {s}" for s in range(self.tiers)]
        lines = [f"TierModel: {self.tiers} tiers; log-likelihood {self.log_likelihood_:,.3f}"]
        lines += [f"  {w:<20}start {a:.3f}  stay {t:.3f}" for w, a, t in zip(words, self.initial_, np.diag(self.transitions_), strict=True)]
        return "\n".join([*lines, *(f"  {s}" for s in self.status_)])


def _by_column(laws: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {law["column"]: {"family": law["family"], **{k: np.asarray(law[k]) for k in ("mean", "spread", "zero", "one", "reading") if len(law[k])}}
            for law in laws}


def _array(x: Any, dtype: Any = np.float64) -> Any:
    return np.empty(0, dtype) if x is None else np.ascontiguousarray(x, dtype)


def _whole(values: Any, what: str) -> npt.NDArray[np.uint8]:
    """Events or causes as bytes; nothing is rounded or wrapped around on the way."""
    given = np.asarray(values)
    if given.dtype == bool or given.dtype == np.uint8:
        return np.ascontiguousarray(given, np.uint8)
    try:
        numbers = np.ascontiguousarray(given, np.float64)
    except (TypeError, ValueError):
        raise Error(f"relation: '{what}' holds {given.dtype} values, want whole numbers", "bad_format") from None
    bad = ~((numbers >= 0) & (numbers <= 255) & (numbers == np.floor(numbers)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise Error(f"relation: '{what}' is {numbers.flat[row]:g} in row {row}, want a whole number, 0 to 255")
    return numbers.astype(np.uint8)


@dataclass(frozen=True)
class SurvivalCurve:
    """A retention curve; one entry a distinct time.

    Attributes
    ----------
    time : array, in the unit of the durations. at_risk, events : customers (sums of weights) at that time.
    survival, std_error, low, high : part that stays longer, Greenwood's error, ends of the band. hazard : events / at_risk.
    median, median_low, median_high : NaN = not reached.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    hazard: Floats
    median: float
    median_low: float
    median_high: float

    def __repr__(self) -> str:
        return (f"Retention: {self.events.sum():g} left of {self.at_risk.max() if self.at_risk.size else 0:g}; "
                f"median {self.median:g} ({self.median_low:g} to {self.median_high:g})")


def kaplan_meier(duration: Any, event: Any, entry: Any = None, weights: Any = None, *, level: float = 0.9) -> SurvivalCurve:
    """Kaplan-Meier curve of the part of customers that stay, with Greenwood's errors and bands on the log scale.

    Parameters
    ----------
    duration : array (n,)
        Length of each relation in any unit of time, 0 or more.
    event : array (n,)
        1 = it ended, 0 = still with us when last seen.
    entry : array (n,), optional
        When it came under observation (late entry), before its duration.
    weights : array (n,), optional
        0 or more; a weight counts a customer in part.
    level : float
        Probability inside the bands, above 0 and below 1.

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    guanxi.Error
        Unlike lengths, a negative duration, an event or cause that is no whole number, an entry that is not before the duration.

    Notes
    -----
    Costs O(n) on a grid of whole periods, else O(n log n). Kaplan and Meier (1958); Greenwood (1926). See docs/relation/retention.md.
    """
    return SurvivalCurve(**_c.kaplan_meier(_array(duration), _whole(event, "event"), _array(entry), _array(weights), level))


@dataclass(frozen=True)
class LogRank:
    """The log-rank test of groups.

    Attributes
    ----------
    statistic : chi squared with ``degrees`` degrees. p_value : NaN with fewer than two groups or no events.
    observed, expected : events by group, in the order of sorted labels.
    """

    statistic: float
    degrees: int
    p_value: float
    observed: Floats
    expected: Floats


def log_rank(duration: Any, event: Any, group: Any) -> LogRank:
    """Log-rank test of equal retention of the groups.

    Parameters
    ----------
    duration, event : array (n,)
        As in ``kaplan_meier``.
    group : array (n,)
        Any labels.

    Returns
    -------
    LogRank

    Raises
    ------
    guanxi.Error
        Unlike lengths, a negative duration, an event or cause that is no whole number.

    Notes
    -----
    Costs O(n) on a grid of whole periods, else O(n log n), and O(times G^2) for G groups. Mantel (1966); Peto and Peto (1972).
    """
    _, number = np.unique(np.asarray(group), return_inverse=True)
    return LogRank(*_c.log_rank(_array(duration), _whole(event, "event"), number.astype(np.uint32)))


@dataclass(frozen=True)
class Incidence:
    """Parts that left by each cause; with the part that stays they sum to 1.

    Attributes
    ----------
    time : array (times,). survival : part that has not left. incidence, std_error : (times, causes), column k - 1 for cause k.
    """

    time: Floats
    survival: Floats
    incidence: Floats
    std_error: Floats


def cumulative_incidence(duration: Any, cause: Any) -> Incidence:
    """Aalen-Johansen estimate of the parts that left by each of several causes.

    Parameters
    ----------
    duration : array (n,)
        In any unit of time, 0 or more.
    cause : array (n,)
        0 = still with us, 1 .. K = why it left.

    Returns
    -------
    Incidence

    Raises
    ------
    guanxi.Error
        Unlike lengths, a negative duration, an event or cause that is no whole number.

    Notes
    -----
    Costs O(n) on a grid of whole periods, else O(n log n). Aalen and Johansen (1978); errors by the Aalen estimator as in Marubini and
    Valsecchi (1995).
    """
    n, time, survival, f, se = _c.cumulative_incidence(_array(duration), _whole(cause, "cause"))
    return Incidence(time, survival, f.reshape(len(time), n), se.reshape(len(time), n))


class Cox:
    """Proportional hazards of leaving.

    Parameters
    ----------
    ties : {"efron", "breslow"}
        How customers that leave at the same time are counted.
    tol, max_passes : when the search stops.

    Attributes
    ----------
    coef_, standard_errors_ : array (p,), log of the ratio of hazards a unit of each column.
    log_likelihood_, log_likelihood_null_ : partial, with the columns and without. concordance_ : Harrell's, ties count 1/2.
    baseline_ : (times, cumulative hazard at covariates 0). gradient_norm_, passes_. status_ : list of sentences; a column that
    separates is named.

    Notes
    -----
    Costs O(n p^2) a step, 5 to 8 steps. Cox (1972); Efron (1977). See docs/relation/retention.md.
    """

    def __init__(self, *, ties: str = "efron", tol: float = 1e-10, max_passes: int = 50) -> None:
        self.ties, self.tol, self.max_passes = ties, tol, max_passes

    def fit(self, X: Any, duration: Any, event: Any, weights: Any = None) -> Cox:
        """Finds the coefficients by Newton's method; gives self, always with a status in ``status_``.

        Parameters
        ----------
        X : array (n, p)
            Finite.
        duration, event : array (n,)
            As in ``kaplan_meier``.
        weights : array (n,), optional
            0 or more.

        Raises
        ------
        guanxi.Error
            Unlike lengths, an entry that is not a number (with its place), a negative duration, unknown ``ties``.

        Notes
        -----
        Costs O(n p^2) a step, 5 to 8 steps.
        """
        if self.ties not in ("efron", "breslow"):
            raise Error(f"relation: 'ties' is '{self.ties}', want efron or breslow", "unknown_name")
        x = np.ascontiguousarray(X, float)
        x = x.reshape(len(x), -1)
        r = _c.cox(x, x.shape[1], _array(duration), _whole(event, "event"), _array(weights), self.ties == "efron", self.tol, self.max_passes)
        self.coef_: Floats = r["coef"]
        self.standard_errors_: Floats = r["standard_errors"]
        self.log_likelihood_: float = r["log_likelihood"]
        self.log_likelihood_null_: float = r["log_likelihood_null"]
        self.concordance_: float = r["concordance"]
        self.gradient_norm_: float = r["gradient_norm"]
        self.passes_: int = r["passes"]
        self.status_: list[str] = r["status"]
        self.baseline_: tuple[Floats, Floats] = (r["baseline_time"], r["baseline"])
        return self

    def __repr__(self) -> str:
        if not hasattr(self, "coef_"):
            return "Cox: not fitted"
        rows = [f"  x{j}: {b:.4f} (se {s:.4f})" for j, (b, s) in enumerate(zip(self.coef_, self.standard_errors_, strict=True))]
        return "\n".join([f"Cox: log-likelihood {self.log_likelihood_:.4f}, concordance {self.concordance_:.3f}", *rows, *(f"  {s}" for s in self.status_)])


def migration_value(transitions: Any, reward: Any, rate: float, periods: int | None = None) -> Floats:
    """Present value of a customer that stands in each tier now: V = (I - P / (1 + rate))^-1 reward.

    Parameters
    ----------
    transitions : array (S, S)
        Rows sum to 1: from, to, a period.
    reward : array (S,)
        Money a period, at its start.
    rate : float
        Interest a period, 0 or more.
    periods : int, optional
        Counts only so many periods ahead; None: without end.

    Returns
    -------
    array (S,)
        In the money of ``reward``.

    Raises
    ------
    guanxi.Error
        A row that does not sum to 1 (with its sum), unlike lengths, a negative rate, a value without end (rate 0).

    Notes
    -----
    Costs O(S^3), with ``periods`` O(periods S^2). Dwyer (1997); Pfeifer and Carraway (2000).
    """
    out: Floats = _c.migration_value(_array(transitions), _array(reward), rate, periods)
    return out


def gain_of_effort(transitions: Any, reward: Any, rate: float) -> Floats:
    """What each level of effort, kept up, adds over level 0 to a customer of each tier.

    Parameters
    ----------
    transitions : array (E, S, S)
        One matrix a level; level 0 = nothing.
    reward : array (E, S)
        Money a period, gross: the plan charges the effort.
    rate : float
        Interest a period.

    Returns
    -------
    array (E, S)
        In the money of ``reward``; row 0 is 0.

    Raises
    ------
    guanxi.Error
        As ``migration_value``.

    Notes
    -----
    Costs E times ``migration_value``. Where effort never varied, the matrices above level 0 are a guess, and so is the gain.
    """
    r = _array(reward)
    out: Floats = _c.gain_of_effort(_array(transitions), r, len(r), rate).reshape(r.shape)
    return out


def _criteria(x: Any, weights: Any, types: Any) -> tuple[Floats, Floats, Any]:
    a = np.ascontiguousarray(x, float)
    w = _array(weights)
    if a.ndim != 2 or a.shape[1] != len(w):
        raise Error(f"relation: 'weights' has {len(w)} entries, 'x' has {a.shape[1] if a.ndim == 2 else 1} columns", "size_mismatch")
    return a, w, _array(types, np.int32)


@dataclass(frozen=True)
class Flows:
    """PROMETHEE's flows, one entry an account, within -1 and 1.

    Attributes
    ----------
    plus : how much it is preferred over others. minus : others over it. net : plus - minus; sums to 0.
    """

    net: Floats
    plus: Floats
    minus: Floats


def promethee(x: Any, weights: Any, types: Any = None, *, preference: str | Sequence[str] = "linear", q: Any = None, p: Any = None,
              s: Any = None) -> Flows:
    """PROMETHEE II: how much each account is preferred over the others, less the reverse.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    preference : str or sequence of m
        "usual", "u_shape", "v_shape", "level", "linear" or "gaussian".
    q, p, s : float or array (m,), optional
        Thresholds in the units of the columns, 0 <= q <= p, s > 0. By default q is 0, p and s the standard deviation of each column.

    Returns
    -------
    Flows

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        thresholds out of order, an unknown preference.

    Notes
    -----
    Costs O(n log n) a criterion, gaussian O(n^2). Brans and Vincke (1985). An added account can turn the order of two others.
    """
    a, w, t = _criteria(x, weights, types)
    m = len(w)
    sd = np.maximum(a.std(axis=0), 1e-300) if len(a) else np.ones(m)
    fill = [np.broadcast_to(np.asarray(d if v is None else v, float), (m,)) for v, d in ((q, 0.0), (p, sd), (s, sd))]
    shape = [preference] * m if isinstance(preference, str) else list(preference)
    return Flows(*_c.promethee(a, w, t, shape, *map(np.ascontiguousarray, fill)))


def electre_tri(x: Any, weights: Any, profiles: Any, q: Any, p: Any, v: Any = None, *, cut: float = 0.75, rule: str = "pessimistic",
                types: Any = None) -> npt.NDArray[np.uint8]:
    """ELECTRE TRI-B: class of each account by comparison with profiles.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    profiles : array (R, m)
        The lines between the R + 1 classes, from the lowest up, in the units of the columns; at most 64.
    q, p, v : array (m,)
        In the units of the columns, 0 <= q <= p <= v: a shortfall up to q counts as none, from p on there is no support, at v it
        is a veto. ``v`` None: no veto.
    cut : float
        Part of the weight that must support the account; above 0.5, at most 1.
    rule : {"pessimistic", "optimistic"}
        The highest profile that the account outranks, or the class below the lowest that is strictly preferred to it.

    Returns
    -------
    array (n,)
        Classes 0 .. R; 0 lies below the first profile.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        profiles that cross, thresholds out of order, a cut outside its range.

    Notes
    -----
    Costs O(n m R). Yu (1992); Mousseau, Slowinski and Zielniewicz (2000).
    """
    if rule not in ("pessimistic", "optimistic"):
        raise Error(f"relation: 'rule' is '{rule}', want pessimistic or optimistic", "unknown_name")
    a, w, t = _criteria(x, weights, types)
    both = _c.electre_tri(a, w, t, _array(profiles), _array(q), _array(p), _array(v), cut)
    out: npt.NDArray[np.uint8] = both[rule == "optimistic"]
    return out


@dataclass(frozen=True)
class Acceptability:
    """How often each account falls into each class.

    Attributes
    ----------
    share : (n, classes), part of the draws. std_error : of the draws, sqrt(p (1 - p) / draws). likeliest : array (n,), class.
    """

    share: Floats
    std_error: Floats
    likeliest: npt.NDArray[np.uint8] = field(repr=False)


def smaa(x: Any, weights: Any, profiles: Any, q: Any, p: Any, v: Any = None, *, cut: float = 0.75, types: Any = None, draws: int = 10_000,
         certainty: float = 0.0, seed: int = 0) -> Acceptability:
    """SMAA-TRI: how firm an ELECTRE TRI class (pessimistic rule) is when weights are uncertain.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    profiles : array (R, m)
        The lines between the R + 1 classes, from the lowest up, in the units of the columns; at most 64.
    q, p, v : array (m,)
        In the units of the columns, 0 <= q <= p <= v: a shortfall up to q counts as none, from p on there is no support, at v it
        is a veto. ``v`` None: no veto.
    cut : float
        Part of the weight that must support the account; above 0.5, at most 1.
    draws : int
        At least 1.
    certainty : float
        0 = nothing is known of the weights; else they are Dirichlet(certainty x weights).
    seed : int
        The same seed gives the same draws.

    Returns
    -------
    Acceptability

    Raises
    ------
    guanxi.Error
        As ``electre_tri``; no draws, a negative certainty.

    Notes
    -----
    Costs O(n m R) a draw. Tervonen et al. (2009).
    """
    a, w, t = _criteria(x, weights, types)
    n, share, se, best = _c.smaa_tri(a, w, t, _array(profiles), _array(q), _array(p), _array(v), cut, draws, certainty, seed)
    return Acceptability(share.reshape(-1, n), se.reshape(-1, n), best)


def topsis(x: Any, weights: Any, types: Any = None) -> Floats:
    """TOPSIS: closeness to the best of every criterion.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.

    Returns
    -------
    array (n,)
        0 to 1, more is better.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place).

    Notes
    -----
    Costs O(n m). Hwang and Yoon (1981). An added account can turn the order of two others.
    """
    out: Floats = _c.topsis(*_criteria(x, weights, types))
    return out


def vikor(x: Any, weights: Any, types: Any = None, *, v: float = 0.5) -> Floats:
    """VIKOR's compromise between the regret in all and the largest single regret.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    v : float
        Weight of the regret in all, 0 to 1.

    Returns
    -------
    array (n,)
        Less is better.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        v outside 0 .. 1.

    Notes
    -----
    Costs O(n m). Opricovic and Tzeng (2004).
    """
    out: Floats = _c.vikor(*_criteria(x, weights, types), v)[2]
    return out


def spotis(x: Any, weights: Any, types: Any, bounds: Any) -> Floats:
    """SPOTIS: weighted distance to the best corner of fixed bounds; free of rank reversal.

    Parameters
    ----------
    x : array (n, m)
        One row an account, one column a criterion; finite.
    weights : array (m,)
        0 or more, not all 0; need not sum to 1.
    types : array (m,), optional
        1 where more is better, -1 where less is; None: 1 for all.
    bounds : array (m, 2)
        Low and high of each criterion, in its unit; they hold all values.

    Returns
    -------
    array (n,)
        Less is better.

    Raises
    ------
    guanxi.Error
        Unlike lengths, a weight that is negative, a type other than 1 and -1, an entry that is not a number (with its place),
        a value outside the bounds.

    Notes
    -----
    Costs O(n m). Dezert et al. (2020).
    """
    out: Floats = _c.spotis(*_criteria(x, weights, types), _array(bounds))
    return out


def weights(x: Any, method: str = "entropy", types: Any = None) -> Floats:
    """Weights of criteria from the data alone; they say which columns differ, not which matter.

    Parameters
    ----------
    x : array (n, m)
        Finite; "entropy" wants 0 or more, "merec" above 0.
    method : {"entropy", "critic", "merec", "deviation", "equal"}
    types : array (m,), optional
        As in ``topsis``.

    Returns
    -------
    array (m,)
        Sums to 1; a constant column has weight 0 (except with "equal"; all are equal when every column is constant).

    Raises
    ------
    guanxi.Error
        An unknown method, a value that the method cannot take (with its place).

    Notes
    -----
    Costs O(n m), critic and merec O(n m^2). Diakoulaki et al. (1995) (CRITIC); Keshavarz-Ghorabaee et al. (2021) (MEREC).
    """
    a = np.ascontiguousarray(x, float)
    out: Floats = _c.weights(a, a.shape[1], method, _array(types, np.int32))
    return out


@dataclass(frozen=True)
class Judged:
    """Weights from judgements.

    Attributes
    ----------
    weights : array (m,), sums to 1. ratio : consistency ratio, NaN beyond 10 criteria. status : above 0.1, which three contradict most.
    """

    weights: Floats
    ratio: float
    status: list[str]


def weights_ahp(pairs: Any) -> Judged:
    """AHP: weights and the consistency ratio of a matrix of pairwise judgements.

    Parameters
    ----------
    pairs : array (m, m)
        Entry (i, j): how many times more i matters than j; above 0, and (j, i) is 1 / (i, j).

    Returns
    -------
    Judged

    Raises
    ------
    guanxi.Error
        Not square, an entry that is not above 0 or does not fit its mirror.

    Notes
    -----
    Costs O(m^2) a step of the power method. Saaty (1980).
    """
    return Judged(*_c.weights_ahp(_array(pairs)))
