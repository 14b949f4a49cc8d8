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
    """The cut points that ``tier_rule`` would use on this book; keep them to measure next year by the same rule."""
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
    """Counts and rates of moves between tiers; matrices are (tiers, tiers): from, to."""

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
    """Moves from one period to the next with Jeffreys intervals.

    ``tiers`` : frame with customer, period (integers; other kinds are ranked) and tier (0 .. count - 1).
    Raises guanxi.Error for two rows of one customer and period. Costs O(n log n).
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
        """A model with known parameters; nothing is fitted. ``rate`` may stand for ``mean``."""
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
        """Finds the parameters from one row a customer and period. Always returns; see ``status_``."""
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
        """P(tier | what was seen up to the row) and the reported tier, a row for each row: for decisions."""
        core = self._need()
        seen, table, _ = self._panel(panel)
        return self._rows(core.filter(seen, why), table, kind_of(panel))

    def smooth(self, panel: Any) -> Any:
        """P(tier | everything seen), for history only."""
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
        """Tiers, odds of moving with 90 % intervals and the columns, 1..periods ahead of each customer's last row.

        ``covariates`` : array (customers, periods, covariates) in the order of sorted customers; None holds the last row's.
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


@dataclass(frozen=True)
class SurvivalCurve:
    """A retention curve; one entry a distinct time. NaN median: not reached."""

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
    """Kaplan-Meier curve with Greenwood's errors and log-scale bands; O(n) on a grid of whole periods."""
    return SurvivalCurve(**_c.kaplan_meier(_array(duration), _array(event, np.uint8), _array(entry), _array(weights), level))


@dataclass(frozen=True)
class LogRank:
    statistic: float
    degrees: int
    p_value: float
    observed: Floats
    expected: Floats


def log_rank(duration: Any, event: Any, group: Any) -> LogRank:
    """Log-rank test of equal retention of the groups (any labels)."""
    _, number = np.unique(np.asarray(group), return_inverse=True)
    return LogRank(*_c.log_rank(_array(duration), _array(event, np.uint8), number.astype(np.uint32)))


@dataclass(frozen=True)
class Incidence:
    """Parts that left by each cause: ``incidence`` is (times, causes)."""

    time: Floats
    survival: Floats
    incidence: Floats
    std_error: Floats


def cumulative_incidence(duration: Any, cause: Any) -> Incidence:
    """Aalen-Johansen; cause 0 = still with us."""
    n, time, survival, f, se = _c.cumulative_incidence(_array(duration), _array(cause, np.uint8))
    return Incidence(time, survival, f.reshape(len(time), n), se.reshape(len(time), n))


class Cox:
    """Proportional hazards of leaving; ``ties`` "efron" or "breslow"."""

    def __init__(self, *, ties: str = "efron", tol: float = 1e-10, max_passes: int = 50) -> None:
        self.ties, self.tol, self.max_passes = ties, tol, max_passes

    def fit(self, X: Any, duration: Any, event: Any, weights: Any = None) -> Cox:
        """X: (n, p). Gives self; see ``status_`` for separation."""
        if self.ties not in ("efron", "breslow"):
            raise Error(f"relation: 'ties' is '{self.ties}', want efron or breslow", "unknown_name")
        x = np.ascontiguousarray(X, float)
        x = x.reshape(len(x), -1)
        r = _c.cox(x, x.shape[1], _array(duration), _array(event, np.uint8), _array(weights), self.ties == "efron", self.tol, self.max_passes)
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
    """Present value of a customer that stands in each tier; ``transitions`` (S, S), ``reward`` (S,), ``rate`` a period."""
    out: Floats = _c.migration_value(_array(transitions), _array(reward), rate, periods)
    return out


def gain_of_effort(transitions: Any, reward: Any, rate: float) -> Floats:
    """What each level of effort adds over level 0: ``transitions`` (E, S, S), ``reward`` (E, S) gross -> (E, S)."""
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
    net: Floats
    plus: Floats
    minus: Floats


def promethee(x: Any, weights: Any, types: Any = None, *, preference: str | Sequence[str] = "linear", q: Any = None, p: Any = None,
              s: Any = None) -> Flows:
    """PROMETHEE II flows in O(n log n). Default thresholds: q = 0, p and s the standard deviation of each column."""
    a, w, t = _criteria(x, weights, types)
    m = len(w)
    sd = np.maximum(a.std(axis=0), 1e-300) if len(a) else np.ones(m)
    fill = [np.broadcast_to(np.asarray(d if v is None else v, float), (m,)) for v, d in ((q, 0.0), (p, sd), (s, sd))]
    shape = [preference] * m if isinstance(preference, str) else list(preference)
    return Flows(*_c.promethee(a, w, t, shape, *map(np.ascontiguousarray, fill)))


def electre_tri(x: Any, weights: Any, profiles: Any, q: Any, p: Any, v: Any = None, *, cut: float = 0.75, rule: str = "pessimistic",
                types: Any = None) -> npt.NDArray[np.uint8]:
    """ELECTRE TRI-B class 0..R of each account; ``rule`` "pessimistic" or "optimistic"."""
    if rule not in ("pessimistic", "optimistic"):
        raise Error(f"relation: 'rule' is '{rule}', want pessimistic or optimistic", "unknown_name")
    a, w, t = _criteria(x, weights, types)
    both = _c.electre_tri(a, w, t, _array(profiles), _array(q), _array(p), _array(v), cut)
    out: npt.NDArray[np.uint8] = both[rule == "optimistic"]
    return out


@dataclass(frozen=True)
class Acceptability:
    """Share of draws in each class (n, classes), its standard error, the likeliest class."""

    share: Floats
    std_error: Floats
    likeliest: npt.NDArray[np.uint8] = field(repr=False)


def smaa(x: Any, weights: Any, profiles: Any, q: Any, p: Any, v: Any = None, *, cut: float = 0.75, types: Any = None, draws: int = 10_000,
         certainty: float = 0.0, seed: int = 0) -> Acceptability:
    """How firm an ELECTRE TRI class is when weights are uncertain; ``certainty`` 0: nothing is known of them."""
    a, w, t = _criteria(x, weights, types)
    n, share, se, best = _c.smaa_tri(a, w, t, _array(profiles), _array(q), _array(p), _array(v), cut, draws, certainty, seed)
    return Acceptability(share.reshape(-1, n), se.reshape(-1, n), best)


def topsis(x: Any, weights: Any, types: Any = None) -> Floats:
    """Closeness to the ideal, 0 to 1, more is better."""
    out: Floats = _c.topsis(*_criteria(x, weights, types))
    return out


def vikor(x: Any, weights: Any, types: Any = None, *, v: float = 0.5) -> Floats:
    """VIKOR's compromise q; less is better."""
    out: Floats = _c.vikor(*_criteria(x, weights, types), v)[2]
    return out


def spotis(x: Any, weights: Any, types: Any, bounds: Any) -> Floats:
    """Distance to the best corner of fixed ``bounds`` (m, 2); less is better; free of rank reversal."""
    out: Floats = _c.spotis(*_criteria(x, weights, types), _array(bounds))
    return out


def weights(x: Any, method: str = "entropy", types: Any = None) -> Floats:
    """Weights from the data: entropy, critic, merec, deviation or equal."""
    a = np.ascontiguousarray(x, float)
    out: Floats = _c.weights(a, a.shape[1], method, _array(types, np.int32))
    return out


@dataclass(frozen=True)
class Judged:
    weights: Floats
    ratio: float
    status: list[str]


def weights_ahp(pairs: Any) -> Judged:
    """AHP weights and the consistency ratio of a matrix of pairwise judgements."""
    return Judged(*_c.weights_ahp(_array(pairs)))
