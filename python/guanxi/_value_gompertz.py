"""Gamma-Gompertz/NBD: purchases until a time of leaving whose hazard rises with age."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core, _frames
from ._errors import Error
from ._value_family import _columns
from ._value_fitted import Fitted

Floats = npt.NDArray[np.float64]
_NAMES = ("r", "alpha", "b", "s", "beta")


class GGompertzNBD(Fitted):
    """Gamma-Gompertz/NBD: Poisson purchases until a Gompertz time of leaving (parameters r, alpha, b, s, beta).

    The hazard of leaving rises with age as e^(b u); its level is gamma-distributed over the book. As b goes to 0 the model
    becomes Pareto/NBD, and the status says so. Source: Bemmaor and Glady (2012), Management Science 58(5), 1012-1021.
    """

    def __init__(self, *, params: dict[str, float] | None = None, threads: int = 0) -> None:
        self.params = params
        self.threads = threads
        self._core: Any = _core.value.GGompertzNBD(threads)
        if params is not None:
            if set(params) != set(_NAMES):
                raise Error(f"value.GGompertzNBD: 'params' has {', '.join(sorted(params))}; {', '.join(_NAMES)} are wanted", "unknown_name")
            self._core.set(**params)
            self._take(self._core.result())

    def fit(self, summary: Any) -> GGompertzNBD:
        """Fits by maximum likelihood; always returns, see ``status_``.

        Parameters
        ----------
        summary
            Any frame with one row a customer: frequency, recency, age (or T); optionally weights.

        Raises
        ------
        guanxi.Error
            A row that is no history of purchases; the sentence names row and values.

        Notes
        -----
        Costs 10 to 60 passes of 1 to 5 us a distinct history. First and second derivatives are analytic.
        """
        columns = _columns(summary, "value.GGompertzNBD")
        self._core.fit(columns["frequency"], columns["recency"], columns["age"], columns.get("weights"))
        self._take(self._core.result())
        return self

    def _rows(self, summary: Any) -> tuple[Floats, Floats, Floats]:
        columns = _columns(summary, "value.GGompertzNBD", weights=False)
        return columns["frequency"], columns["recency"], columns["age"]

    def probability_alive(self, summary: Any) -> Floats:
        """Chance that each customer still buys, in the order of the rows."""
        out: Floats = self._core.probability_alive(*self._rows(summary))
        return out

    def expected_purchases(self, summary: Any, horizon: float) -> Floats:
        """Expected purchases of each customer in (age, age + horizon]."""
        out: Floats = self._core.expected_purchases(*self._rows(summary), float(horizon))
        return out

    def probability_of(self, summary: Any, n: int, horizon: float) -> Floats:
        """P(exactly n purchases in the horizon) of each customer."""
        out: Floats = self._core.probability_of(*self._rows(summary), int(n), float(horizon))
        return out

    def expected_purchases_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new customer in the horizon after the first purchase."""
        return float(self._core.expected_purchases_new(float(horizon)))

    def pmf(self, n: int, horizon: float) -> float:
        """P(a new customer repeats exactly n times in the horizon after the first purchase)."""
        return float(self._core.pmf(int(n), float(horizon)))

    def draws(self, n: int, seed: int) -> Floats:
        """n draws of the parameters from their approximate posterior, shape (n, 5)."""
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), len(_NAMES))
        return out

    def forecast(self, summary: Any, horizon: float, *, level: float = 0.9, draws: int = 100, seed: int = 0) -> Any:
        """p_alive, purchases (expected) and p_none, the first two with intervals over draws of the parameters.

        A frame of the summary's kind, one row a customer.
        """
        rows = self._rows(summary)
        alive_low, alive_high, low, high = self._core.intervals(*rows, float(horizon), float(level), int(draws), int(seed))
        return _frames.give({
            "p_alive": self._core.probability_alive(*rows), "p_alive_low": alive_low, "p_alive_high": alive_high,
            "p_none": self._core.probability_of(*rows, 0, float(horizon)),
            "purchases": self._core.expected_purchases(*rows, float(horizon)), "purchases_low": low, "purchases_high": high,
        }, _frames.kind_of(summary))
