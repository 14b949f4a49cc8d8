"""Leaving in whole periods, with what changes from period to period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .._errors import Error
from .._frames import floats, give, kind_of, read, require
from ._shared import Floats, core


class DiscreteHazard:
    """Hazard of leaving in a period, from rows of customers and periods; covariates may change from row to row.

    Parameters
    ----------
    covariates : columns, as known at the start of the row's period.
    age : column with the age of the relation in periods, 0 or more: its log(1 + age) is taken; None: no age.
    event : column with 0 (stayed), 1 (left) or between, where leaving is only probable (1 - P(alive)).
    link : "cloglog" (proportional hazards in whole periods) or "logit".
    ridge : shrinks coefficients of columns scaled to deviation 1; 0 = none.
    tol, max_passes : when the search stops.

    Attributes
    ----------
    names_, coef_, standard_errors_ : the constant first. log_likelihood_, log_likelihood_null_, gradient_norm_, passes_, status_.

    Notes
    -----
    Costs O(n p^2) a step. Prentice and Gloeckler (1978); Cox (1972). Effects of what people chose to do are not causal.
    """

    def __init__(self, *, covariates: Sequence[str] = (), age: str | None = "age", event: str = "event", link: str = "cloglog", ridge: float = 0.0,
                 tol: float = 1e-10, max_passes: int = 60) -> None:
        self.covariates, self.age, self.event, self.link = covariates, age, event, link
        self.ridge, self.tol, self.max_passes = ridge, tol, max_passes
        self._core: Any = None

    def _columns(self, frame: Any) -> tuple[pa.Table, Floats]:
        table = read(frame, "frame")
        columns = [np.ones(table.num_rows)]
        if self.age is not None:
            require(self.age, table.column_names, "frame")
            old = floats(table, self.age)
            if (old < 0).any():
                raise Error(f"relation: '{self.age}' is negative in row {int(np.flatnonzero(old < 0)[0])}, want 0 or more")
            columns.append(np.log1p(old))
        for name in self.covariates:
            require(name, table.column_names, "frame")
            columns.append(floats(table, name))
        return table, np.ascontiguousarray(np.column_stack(columns))

    def fit(self, frame: Any, weights: Any = None) -> DiscreteHazard:
        """Finds the coefficients by Newton's method; gives self, always with a status in ``status_``.

        Parameters
        ----------
        frame : frame
            The columns named in the settings; one row a customer and period in which it could leave.
        weights : array (n,), optional
            0 or more.

        Raises
        ------
        guanxi.Error
            A missing column, an event outside 0 .. 1, an entry that is not a number (with its place).

        Notes
        -----
        Costs O(n p^2) a step.
        """
        table, x = self._columns(frame)
        require(self.event, table.column_names, "frame")
        h = core.DiscreteHazard(self.link, self.ridge, self.tol, self.max_passes)
        h.fit(x, x.shape[1], floats(table, self.event), np.empty(0) if weights is None else np.ascontiguousarray(weights, float))
        self._core = h
        self.names_: list[str] = ["constant", *([f"log(1 + {self.age})"] if self.age is not None else []), *self.covariates]
        self.coef_: Floats = h.coefficients()
        self.standard_errors_: Floats = h.standard_errors()
        self.log_likelihood_: float = h.log_likelihood()
        self.log_likelihood_null_: float = h.log_likelihood_null()
        self.gradient_norm_: float = h.gradient_norm()
        self.passes_: int = h.passes()
        self.status_: list[str] = h.status()
        return self

    def _need(self) -> Any:
        if self._core is None:
            raise Error("relation: DiscreteHazard has no parameters yet; call fit first", "not_fitted")
        return self._core

    def hazard(self, frame: Any, *, level: float = 0.9) -> Any:
        """Chance of leaving in each row's period.

        Parameters
        ----------
        frame : frame
            As in ``fit``; the event is not needed.
        level : float
            Probability inside the intervals.

        Returns
        -------
        frame
            hazard, low, high; a row for each row, the caller's kind.

        Raises
        ------
        guanxi.Error
            Not fitted, a missing column.

        Notes
        -----
        Costs O(p^2) a row.
        """
        h, low, high = self._need().predict(self._columns(frame)[1], level)
        return give({"hazard": h, "low": low, "high": high}, kind_of(frame))

    def reach(self, frame: Any, column: str, *, hazard: float = 0.5, level: float = 0.9) -> Any:
        """Value of ``column`` at which each row's chance of leaving reaches ``hazard``: the price at which it would leave.

        Parameters
        ----------
        frame : frame
            As in ``fit``; the other columns stay as they are.
        column : str
            One of the covariates.
        hazard : float
            Above 0 and below 1.
        level : float
            Probability inside the intervals (delta method).

        Returns
        -------
        frame
            value, low, high in the unit of the column; null where the column has no effect.

        Raises
        ------
        guanxi.Error
            Not fitted, a column that is no covariate, a hazard outside its range.

        Notes
        -----
        Costs O(p^2) a row. Outside the values that were seen it is a guess along a straight line.
        """
        h = self._need()
        if column not in self.covariates:
            require(column, list(self.covariates), "covariates")
        value, low, high = h.reach(self._columns(frame)[1], self.names_.index(column), hazard, level)
        return give({"value": value, "low": low, "high": high}, kind_of(frame))

    def __repr__(self) -> str:
        if self._core is None:
            return "DiscreteHazard: not fitted"
        rows = [f"  {name}: {b:.4f} (se {s:.4f})" for name, b, s in zip(self.names_, self.coef_, self.standard_errors_, strict=True)]
        return "\n".join([f"DiscreteHazard ({self.link}): log-likelihood {self.log_likelihood_:.4f}", *rows, *(f"  {s}" for s in self.status_)])
