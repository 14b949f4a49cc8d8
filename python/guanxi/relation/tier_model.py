"""Tiers that are not seen: an ordered hidden Markov model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .._errors import Error
from .._frames import codes, floats, give, kind_of, read, require
from ._shared import LABELS, Floats, core, periods

_DEFAULTS = {"orders": "negative_binomial", "spend": "log_normal", "share": "beta", "breadth": "poisson"}


class TierModel:
    """Ordered hidden Markov model of the relation with each customer.

    Parameters
    ----------
    tiers : number of tiers, 1..8.
    emissions : columns, or {column: family or {"family": ..., "mean": ...}}; None takes those present of orders (negative
        binomial), spend (log_normal with a mass at 0), share (beta with masses at 0 and 1), breadth (poisson).
    covariates : columns that drive the move from their period to the next.
    label : a column with tiers already observed (0..tiers-1): nothing is hidden then.
    exposure : a column with the length of each row's period (above 0): counts grow with it.
    lost : adds a state below the tiers that is never left and in which nothing is bought. Then 0 = lost and tier t is t + 1.
    initial : "free", or "stationary": customers start by the law that the chain settles at (no covariates).
    hysteresis, dwell : what it takes before the reported tier moves.
    strength, ridge : how slopes are held together in small books.
    prior : starts and moves added to every cell; None: 0.5 in books of fewer than 200 customers, else 0.

    Raises guanxi.Error for a panel that the families cannot have. Source: Netzer, Lattin and Srinivasan (2008).
    """

    def __init__(self, *, tiers: int = 4, emissions: Any = None, covariates: Sequence[str] = (), label: str | None = None,
                 exposure: str | None = None, lost: bool = False, initial: str = "free", hysteresis: float = 0.6, dwell: int = 2,
                 strength: float = 10.0, ridge: float = 1.0, prior: float | None = None,
                 starts: int = 5, seed: int = 0, tol: float = 1e-8, max_passes: int = 1000, threads: int = 0) -> None:
        self.tiers, self.emissions, self.covariates, self.label = tiers, emissions, covariates, label
        self.hysteresis, self.dwell, self.strength, self.ridge, self.prior = hysteresis, dwell, strength, ridge, prior
        self.exposure, self.lost, self.initial = exposure, lost, initial
        self.starts, self.seed, self.tol, self.max_passes, self.threads = starts, seed, tol, max_passes, threads
        self._core: Any = None

    @classmethod
    def given(cls, initial: Any, transitions: Any, emissions: Mapping[str, Mapping[str, Any]], **settings: Any) -> TierModel:
        """A model with known parameters; nothing is fitted.

        Parameters
        ----------
        initial : array (S,)
            P(state) in a customer's first period; with ``lost`` state 0 is lost, else state s is tier s.
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
        self = cls(tiers=len(initial) - bool(settings.get("lost")), emissions=emissions, **settings)
        laws = self._laws([])
        self._core = core.TierModel.given(list(initial), [float(v) for v in np.ravel(transitions)], laws, self._settings(laws))
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
        if self.initial not in ("free", "stationary"):
            raise Error(f"relation: 'initial' is '{self.initial}', want free or stationary", "unknown_name")
        names = ("tiers", "hysteresis", "dwell", "strength", "ridge", "starts", "seed", "tol", "max_passes", "threads", "lost")
        prior = float("nan") if self.prior is None else self.prior
        return {"emissions": laws, "prior": prior, "stationary": self.initial == "stationary", **{name: getattr(self, name) for name in names}}

    @property
    def _states(self) -> int:
        return self.tiers + bool(self.lost)

    def _words(self) -> list[str]:
        words = LABELS if self.tiers == len(LABELS) else [f"tier {s}" for s in range(self.tiers)]
        return ["lost", *words] if self.lost else words

    def _panel(self, panel: Any) -> tuple[Any, pa.Table, Any]:
        table = read(panel, "panel")
        for name in ("customer", "period", *self.covariates, *(name for name in (self.label, self.exposure) if name)):
            require(name, table.column_names, "panel")
        laws = self._laws(table.column_names)
        for law in laws:
            require(law["column"], table.column_names, "panel")
        customer, names = codes(table, "customer")
        period, _ = periods(table)
        take = [(law["column"], floats(table, law["column"])) for law in laws]
        driven = [(name, floats(table, name)) for name in self.covariates]
        length = floats(table, self.exposure) if self.exposure else np.empty(0)
        return core.Panel(customer, period, take, driven, length), table, names

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
        ``thresholds_`` (S, S - 1) and ``effects_`` (S, covariates); ``bic_``, ``parameters_``, ``prior_``.
        """
        seen, table, _ = self._panel(panel)
        laws = self._laws(table.column_names)
        self._core = core.TierModel(self._settings(laws))
        self._core.fit(seen)
        self._learn()
        self.tiers_ = self.filter(panel)
        return self

    def _learn(self) -> None:
        s = self._states
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
        self.bic_: float = self._core.bic()
        self.parameters_: int = self._core.parameters()
        self.prior_: float = self._core.prior()
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
        live = ["p_vendor", "p_preferred", "p_partnership", "p_alliance"] if self.tiers == 4 else [f"p_{s}" for s in range(self.tiers)]
        return ["p_lost", *live] if self.lost else live

    def _rows(self, r: dict[str, Any], table: pa.Table, kind: Any) -> Any:
        p = r["p"].reshape(-1, self._states)
        columns: dict[str, Any] = {"customer": table.column("customer"), "period": table.column("period"), "tier": r["tier"],
                                   "label": pa.array(self._words()).take(pa.array(r["tier"]))}
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
        Costs a filter of the panel for each draw. The intervals of p_up and p_down hold the uncertainty of all parameters and so of
        today's tier; where a large share of a column is 0 its interval covers more than 90 %.
        """
        core = self._need()
        seen, _, names = self._panel(panel)
        ahead = np.empty(0) if covariates is None else np.ascontiguousarray(covariates, float).ravel()
        f = core.forecast(seen, periods, ahead, draws, True)
        p = f["p"].reshape(-1, self._states)
        columns: dict[str, Any] = {"customer": names.take(pa.array(f["customer"])), "ahead": f["ahead"], "tier": f["tier"]}
        columns |= {name: np.ascontiguousarray(p[:, s]) for s, name in enumerate(self._p_names())}
        columns |= {k: f[k] for k in ("p_up", "p_up_low", "p_up_high", "p_down", "p_down_low", "p_down_high")}
        for name, mean, low, high in f["columns"]:
            columns |= {name: mean, f"{name}_low": low, f"{name}_high": high}
        return give(columns, kind_of(panel))

    def __repr__(self) -> str:
        if self._core is None:
            return f"TierModel: {self.tiers} tiers, not fitted"
        words = self._words()
        lines = [f"TierModel: {self.tiers} tiers; log-likelihood {self.log_likelihood_:,.3f}"]
        lines += [f"  {w:<20}start {a:.3f}  stay {t:.3f}" for w, a, t in zip(words, self.initial_, np.diag(self.transitions_), strict=True)]
        return "\n".join([*lines, *(f"  {s}" for s in self.status_)])


def count_tiers(panel: Any, *, most: int = 6, **settings: Any) -> Any:
    """How many tiers a book can tell apart: fits 1 .. most and compares them by the Bayesian information criterion.

    Parameters
    ----------
    panel : frame
        As in ``TierModel.fit``.
    most : int
        Largest number of tiers tried, 1 to 8.
    settings
        Keywords of ``TierModel`` other than ``tiers``.

    Returns
    -------
    frame
        tiers, log_likelihood, parameters, bic, best (the least bic); one row a number of tiers, the caller's kind.

    Raises
    ------
    guanxi.Error
        As ``TierModel.fit``.

    Notes
    -----
    Costs a fit for each number. Schwarz (1978). A criterion counts what the data can tell apart; four tiers may still be what
    people can act on.
    """
    fits = [TierModel(tiers=t, **settings).fit(panel) for t in range(1, most + 1)]
    bic = [m.bic_ for m in fits]
    return give({"tiers": np.arange(1, most + 1), "log_likelihood": [m.log_likelihood_ for m in fits], "parameters": [m.parameters_ for m in fits],
                 "bic": bic, "best": [b == min(bic) for b in bic]}, kind_of(panel))


def _by_column(laws: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {law["column"]: {"family": law["family"], **{k: np.asarray(law[k]) for k in ("mean", "spread", "zero", "one", "reading") if len(law[k])}}
            for law in laws}
