"""What makes customers leave: proportional hazards."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._errors import Error
from ._shared import Floats, array, core, whole


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
    baseline_ : (times, cumulative hazard at covariates 0); with strata one stratum after the other, as in ``baseline_stratum_``.
    schoenfeld_ : (events, p), schoenfeld_time_ : (events,), proportionality_ : (p,) chi squared on the ranks of time and
    proportionality_p_ : (p,); empty unless ``residuals``. gradient_norm_, passes_. status_ : list of sentences; a column that
    separates is named.

    Notes
    -----
    Costs O(n p^2) a step, 5 to 8 steps. Cox (1972); Efron (1977). See docs/relation/retention.md.
    """

    def __init__(self, *, ties: str = "efron", tol: float = 1e-10, max_passes: int = 50) -> None:
        self.ties, self.tol, self.max_passes = ties, tol, max_passes

    def fit(self, X: Any, duration: Any, event: Any, weights: Any = None, *, entry: Any = None, strata: Any = None, residuals: bool = False) -> Cox:
        """Finds the coefficients by Newton's method; gives self, always with a status in ``status_``.

        Parameters
        ----------
        X : array (n, p)
            Finite.
        duration, event : array (n,)
            As in ``kaplan_meier``.
        weights : array (n,), optional
            0 or more.
        entry : array (n,), optional
            When it came under observation (late entry), before its duration.
        strata : array (n,), optional
            Any labels; each has a baseline of its own.
        residuals : bool
            Keeps Schoenfeld's residuals and tests that effects hold for all time.

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
        layer = np.empty(0, np.uint32) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.uint32)
        r = core.cox(x, x.shape[1], array(duration), whole(event, "event"), array(weights), array(entry), layer, residuals, self.ties == "efron", self.tol,
                   self.max_passes)
        self.coef_: Floats = r["coef"]
        self.standard_errors_: Floats = r["standard_errors"]
        self.log_likelihood_: float = r["log_likelihood"]
        self.log_likelihood_null_: float = r["log_likelihood_null"]
        self.concordance_: float = r["concordance"]
        self.gradient_norm_: float = r["gradient_norm"]
        self.passes_: int = r["passes"]
        self.status_: list[str] = r["status"]
        self.baseline_: tuple[Floats, Floats] = (r["baseline_time"], r["baseline"])
        self.baseline_stratum_: npt.NDArray[np.uint32] = r["baseline_stratum"]
        self.schoenfeld_: Floats = r["schoenfeld"].reshape(-1, x.shape[1])
        self.schoenfeld_time_: Floats = r["schoenfeld_time"]
        self.proportionality_: Floats = r["proportionality"]
        self.proportionality_p_: Floats = r["proportionality_p"]
        return self

    def __repr__(self) -> str:
        if not hasattr(self, "coef_"):
            return "Cox: not fitted"
        rows = [f"  x{j}: {b:.4f} (se {s:.4f})" for j, (b, s) in enumerate(zip(self.coef_, self.standard_errors_, strict=True))]
        return "\n".join([f"Cox: log-likelihood {self.log_likelihood_:.4f}, concordance {self.concordance_:.3f}", *rows, *(f"  {s}" for s in self.status_)])
