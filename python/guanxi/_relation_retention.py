"""Retention in calendar periods: cohorts of first purchases, and the chance of leaving in each period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import Kind, floats, give, kind_of, plain_text, read, require
from .ledger import Day, Ledger, give_days, to_day

Floats = npt.NDArray[np.float64]
_c: Any = _core.relation


def cohorts(ledger: Ledger, end: Day | None = None, *, unit: str = "M", every: int = 1, group: Any = None, level: float = 0.9) -> Any:
    """Customers by the calendar period of their first purchase, and how many of them buy in each period after it.

    Parameters
    ----------
    ledger : Ledger
    end : date, optional
        Last day that is known, inclusive; None: the ledger's last day.
    unit, every : the calendar period: "D", "W" (from Monday), "M" or "Y", and how many of them (unit "M", every 3: quarters).
    group : mapping of customer to a name, optional
        Tier, country, ...: cohorts apart. Customers without one form the group "".
    level : of Wilson's interval.

    Returns
    -------
    frame
        One row a cohort and age: group (when given), cohort (first day), age (periods since, 0 = the first), customers, active, orders,
        amount, retention, low, high, partial (the ledger ends inside that period), opening (the ledger begins in the cohort's period,
        so it holds all older customers and is no cohort).

    Raises
    ------
    guanxi.Error
        Nobody bought up to ``end``; an unknown unit.

    Notes
    -----
    Costs one pass over the purchase days. Wilson (1927), JASA 22, 209-212.
    """
    if not isinstance(ledger, Ledger):
        raise Error(f"relation.cohorts: a {type(ledger).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
    names: list[str] = []
    number: Any = None
    if group is not None:
        of = [str(group.get(c, "")) for c in ledger.customer_ids.to_pylist()]
        names = sorted(set(of))
        place = {name: i for i, name in enumerate(names)}
        number = np.array([place[g] for g in of], np.uint32)
    columns = dict(_c.cohorts(ledger.core, None if end is None else to_day(end, "relation.cohorts: end"), unit, int(every),
                              np.empty(0, np.uint32) if number is None else number, float(level)))
    groups = columns.pop("group")
    columns["cohort"] = give_days(columns["cohort"], ledger.kind)
    for name in ("partial", "opening"):
        columns[name] = columns[name].astype(bool)
    if group is not None:
        columns = {"group": pa.array(names).take(pa.array(groups)), **columns}
    return give(columns, ledger.kind)


class DiscreteHazard:
    """Chance of leaving in a period, given that the customer is still there: a regression on customer-periods.

    The natural model where one looks once a half-year. Covariates may change from period to period (a rival's arrival, visits).

    Parameters
    ----------
    covariates : names of columns
    event, period, weights : names of columns
        event: 0, 1, or a chance between (1 - P(alive) of a customer that never says goodbye). period: anything that sorts, its chance
        is free; None: one chance for all. weights: 0 or more; None: 1 each.
    link : {"logit", "cloglog"}
        cloglog: the coefficients are those of proportional hazards in continuous time.
    ridge : float
        Penalty of the coefficients, for few customers; 0: maximum likelihood.

    Attributes
    ----------
    coef_, standard_errors_ : dict of each covariate: change of the link a unit. covariance_ : array (p, p).
    baseline_ : dict of each period: chance at covariates 0. log_likelihood_, log_likelihood_null_ (the periods' own chances alone).
    aic_. gradient_norm_, passes_. status_ : list of sentences; a covariate that separates and periods that say nothing are named.

    Notes
    -----
    Costs O(rows p^2) a Newton step, 5 to 9 steps. Prentice and Gloeckler (1978); Singer and Willett (1993).
    """

    def __init__(self, covariates: Sequence[str] = (), *, event: str = "event", period: str | None = None, weights: str | None = None,
                 link: str = "logit", ridge: float = 0.0, max_passes: int = 60, threads: int = 0) -> None:
        if link not in ("logit", "cloglog"):
            raise Error(f"relation.DiscreteHazard: 'link' is '{link}', want logit or cloglog", "unknown_name")
        self.covariates, self.event, self.period, self.weights, self.link = list(covariates), event, period, weights, link
        self._core: Any = _c.DiscreteHazard(link == "logit", float(ridge), int(max_passes), int(threads))

    def _read(self, frame: Any, more: Sequence[str]) -> tuple[pa.Table, Floats, Kind]:
        table = plain_text(read(frame, "relation.DiscreteHazard"))
        for name in [*self.covariates, *([self.period] if self.period else []), *more]:
            require(name, table.column_names, "relation.DiscreteHazard")
        x = np.column_stack([floats(table, name) for name in self.covariates]) if self.covariates else np.empty((table.num_rows, 0))
        return table, np.ascontiguousarray(x), kind_of(frame)

    def fit(self, frame: Any) -> DiscreteHazard:
        """Finds the coefficients; gives self, always with ``status_``.

        Raises
        ------
        guanxi.Error
            A column that is missing, an event outside 0 to 1, an entry that is not a number (with its place).
        """
        table, x, _ = self._read(frame, [self.event, *([self.weights] if self.weights else [])])
        self.periods_: pa.Array = pa.array([0])
        number = np.empty(0, np.uint32)
        if self.period is not None:
            column = table.column(self.period).combine_chunks()
            if column.null_count:
                raise Error(f"relation.DiscreteHazard: 'period' ({self.period}) is missing in {column.null_count} rows", "not_finite")
            self.periods_ = pc.unique(column).sort()
            number = pc.index_in(column, self.periods_).to_numpy(zero_copy_only=False).astype(np.uint32)
        w = floats(table, self.weights) if self.weights else np.empty(0)
        self._core.fit(x.reshape(-1), x.shape[1], floats(table, self.event), number, w)
        r = self._core.result()
        p = len(self.covariates)
        self.coef_ = dict(zip(self.covariates, r["coef"].tolist(), strict=True))
        self.standard_errors_ = dict(zip(self.covariates, r["standard_errors"].tolist(), strict=True))
        self.covariance_: Floats = r["covariance"].reshape(p, p) if len(r["covariance"]) else np.full((p, p), np.nan)
        base = self._core.predict(np.zeros(p * len(self.periods_)), np.arange(len(self.periods_), dtype=np.uint32), 0.9)[0]
        self.baseline_ = dict(zip(self.periods_.to_pylist(), base.tolist(), strict=True))
        self.log_likelihood_: float = r["log_likelihood"]
        self.log_likelihood_null_: float = r["log_likelihood_null"]
        self.aic_: float = 2 * (p + len(self.periods_)) - 2 * self.log_likelihood_
        self.gradient_norm_: float = r["gradient_norm"]
        self.passes_: int = r["passes"]
        self.status_: list[str] = [s if not s.startswith("covariate ") else self._named(s) for s in r["status"]]
        return self

    def _named(self, sentence: str) -> str:
        number = sentence.split()[1]
        return sentence.replace(f"covariate {number}", f"covariate {self.covariates[int(number)]}", 1)

    def _rows(self, frame: Any) -> tuple[Floats, npt.NDArray[np.uint32], Kind]:
        table, x, kind = self._read(frame, [])
        number = np.zeros(table.num_rows, np.uint32)
        if self.period is not None:
            at = pc.index_in(table.column(self.period).combine_chunks(), self.periods_)
            number = pc.fill_null(at, len(self.periods_)).to_numpy(zero_copy_only=False).astype(np.uint32)
        return x.reshape(-1), number, kind

    def predict(self, frame: Any, *, level: float = 0.9) -> Any:
        """Chance of leaving in its period of each row: a frame with hazard, low, high; null for a period that was never seen."""
        x, number, kind = self._rows(frame)
        columns = self._core.predict(x, number, float(level))
        return give({name: pa.array(c, from_pandas=True) for name, c in zip(("hazard", "low", "high"), columns, strict=True)}, kind)

    def reach(self, frame: Any, covariate: str, hazard: float = 0.5, *, level: float = 0.9) -> Any:
        """Value of ``covariate`` at which each row's chance of leaving reaches ``hazard``, the other covariates as they are.

        With our price over the rivals' as covariate it is the price position at which a customer would leave.

        Returns
        -------
        frame
            value, low, high (delta method); null where the covariate's effect is within 1.645 standard errors of nothing.

        Raises
        ------
        guanxi.Error
            A covariate that is not one of the model's, a hazard outside 0 to 1.
        """
        require(covariate, self.covariates, "relation.DiscreteHazard.reach")
        x, number, kind = self._rows(frame)
        columns = self._core.reach(x, number, self.covariates.index(covariate), float(hazard), float(level))
        return give({name: pa.array(c, from_pandas=True) for name, c in zip(("value", "low", "high"), columns, strict=True)}, kind)

    def __repr__(self) -> str:
        if not hasattr(self, "coef_"):
            return f"DiscreteHazard ({self.link}): not fitted"
        rows = [f"  {name}: {b:.4f} (se {self.standard_errors_[name]:.4f})" for name, b in self.coef_.items()]
        return "\n".join([f"DiscreteHazard ({self.link}): log-likelihood {self.log_likelihood_:.4f}, without covariates {self.log_likelihood_null_:.4f}",
                          *rows, *(f"  {s}" for s in self.status_)])
