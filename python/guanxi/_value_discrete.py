"""Models of counted occasions: contracts that are renewed, and customers who may buy at fairs, tenders or seasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core, _frames
from ._errors import Error
from ._value_fitted import Fitted

Floats = npt.NDArray[np.float64]


def _given(core: Any, params: dict[str, float], wanted: tuple[str, ...], who: str) -> None:
    if set(params) != set(wanted):
        raise Error(f"value.{who}: 'params' has {', '.join(sorted(params))}; {', '.join(wanted)} are wanted", "unknown_name")
    core.set(**params)


def _table(frame: Any, names: tuple[str, ...], who: str) -> tuple[list[Floats], Floats | None]:
    table = _frames.read(frame, f"value.{who}")
    for name in names:
        _frames.require(name, table.column_names, f"value.{who}")
    weights = _frames.floats(table, "weights") if "weights" in table.column_names else None
    return [_frames.floats(table, name) for name in names], weights


class SBG(Fitted):
    """Shifted beta-geometric: contracts that end at each renewal with their own chance, which is Beta(a, b) over the book.

    ``SBG(params={"a": .., "b": ..})`` builds it without a fit. Retention rises with tenure, because those who are likely to
    leave do so first. Source: Fader and Hardie (2007), J. Interactive Marketing 21(1), 76-90, eq. 5 to 8.
    """

    def __init__(self, *, params: dict[str, float] | None = None) -> None:
        self.params = params
        self._core: Any = _core.value.SBG()
        if params is not None:
            _given(self._core, params, ("a", "b"), "SBG")
            self._take(self._core.result())

    def fit(self, contracts: Any) -> SBG:
        """Fits by maximum likelihood; always returns, see ``status_``.

        Parameters
        ----------
        contracts
            Any frame with one row a contract: duration (whole; lost: the period in which it ended, from 1; otherwise the
            periods survived, from 0), lost (1 or 0), optionally weights.

        Raises
        ------
        guanxi.Error
            A row that is no history of a contract; the sentence names row and values.

        Notes
        -----
        Costs one pass over the rows, then 5 to 15 passes over the distinct periods.
        """
        columns, weights = _table(contracts, ("duration", "lost"), "SBG")
        self._core.fit(*columns, weights)
        self._take(self._core.result())
        return self

    def fit_active(self, active: Any) -> SBG:
        """Fits to the number of contracts that still ran after 0, 1, 2, ... renewals (numbers >= 0 that never rise)."""
        self._core.fit_active(np.ascontiguousarray(active, dtype=np.float64))
        self._take(self._core.result())
        return self

    def survival(self, ahead: int, tenure: int = 0) -> float:
        """P(a contract with ``tenure`` renewals behind it lasts ``ahead`` more)."""
        return float(self._core.survival(int(ahead), int(tenure)))

    def retention(self, tenure: int) -> float:
        """Share of the contracts with ``tenure`` renewals behind them that renew once more."""
        return float(self._core.retention(int(tenure)))

    def residual_lifetime(self, tenure: int = 0, rate: float = 0.0) -> float:
        """Expected further periods, each discounted by 1 / (1 + rate), the first one once.

        With rate 0 it is the plain expected remaining life, infinite for a <= 1.
        Source: Fader and Hardie (2010), Marketing Science 29(1), eq. 3 (there the coming renewal is not discounted).
        """
        return float(self._core.residual_lifetime(int(tenure), float(rate)))

    def survival_interval(self, periods: int, tenure: int = 0, *, level: float = 0.9, draws: int = 400, seed: int = 0) -> tuple[Floats, Floats]:
        """Low and high end of the survival curve after 1 .. periods further periods, from draws of the parameters."""
        low, high = self._core.survival_interval(int(periods), int(tenure), float(level), int(draws), int(seed))
        return low, high

    def draws(self, n: int, seed: int) -> Floats:
        """n draws of (a, b) from their approximate posterior, shape (n, 2); same seed, same draws."""
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), 2)
        return out


class BGBB(Fitted):
    """Beta-geometric/beta-binomial: who buys on which of the occasions that can be counted (fairs, tenders, seasons, years).

    While there, a customer buys on an occasion with its own chance, Beta(alpha, beta) over the book; before each occasion it
    leaves for good with its own chance, Beta(gamma, delta). ``BGBB(params={...})`` builds it without a fit.
    Source: Fader, Hardie and Shang (2010), Marketing Science 29(6), 1086-1108.

    Every method takes any frame with one row a customer: frequency (occasions with a purchase after the first purchase),
    recency (number of the last of them, 0 for none), occasions (or periods: how many there were), optionally weights.
    """

    def __init__(self, *, params: dict[str, float] | None = None) -> None:
        self.params = params
        self._core: Any = _core.value.BGBB()
        if params is not None:
            _given(self._core, params, ("alpha", "beta", "gamma", "delta"), "BGBB")
            self._take(self._core.result())

    @staticmethod
    def _columns(summary: Any) -> tuple[list[Floats], Floats | None]:
        table = _frames.read(summary, "value.BGBB")
        name = "periods" if "periods" in table.column_names and "occasions" not in table.column_names else "occasions"
        return _table(table, ("frequency", "recency", name), "BGBB")

    def fit(self, summary: Any) -> BGBB:
        """Fits by maximum likelihood; always returns, see ``status_``.

        Raises
        ------
        guanxi.Error
            A row that is no history of occasions; the sentence names row and values.

        Notes
        -----
        Costs a sort, then 6 to 15 passes over the distinct rows times their silent occasions.
        """
        columns, weights = self._columns(summary)
        self._core.fit(*columns, weights)
        self._take(self._core.result())
        return self

    def probability_alive(self, summary: Any, ahead: int = 0) -> Floats:
        """P(still there on the occasion ``ahead`` of the last one); 0: on the last one itself."""
        out: Floats = self._core.probability_alive(*self._columns(summary)[0], int(ahead))
        return out

    def expected_purchases(self, summary: Any, ahead: int) -> Floats:
        """Expected purchases on the next ``ahead`` occasions."""
        out: Floats = self._core.expected_purchases(*self._columns(summary)[0], int(ahead))
        return out

    def expected_purchases_interval(self, summary: Any, ahead: int, *, level: float = 0.9, draws: int = 400, seed: int = 0) -> tuple[Floats, Floats]:
        """Low and high end of those expectations, from draws of the parameters."""
        low, high = self._core.expected_purchases_interval(*self._columns(summary)[0], int(ahead), float(level), int(draws), int(seed))
        return low, high

    def probability_of(self, summary: Any, n: int, ahead: int) -> Floats:
        """P(exactly n purchases on the next ``ahead`` occasions) of each customer."""
        out: Floats = self._core.probability_of(*self._columns(summary)[0], int(n), int(ahead))
        return out

    def residual_purchases(self, summary: Any, rate: float = 0.0) -> Floats:
        """Discounted expected purchases on all occasions to come; rate an occasion, 0: the plain sum, infinite for gamma <= 1."""
        out: Floats = self._core.residual_purchases(*self._columns(summary)[0], float(rate))
        return out

    def expected_purchases_new(self, ahead: int) -> float:
        """Expected purchases of a new customer on its first ``ahead`` occasions."""
        return float(self._core.expected_purchases_new(int(ahead)))

    def pmf(self, n: int, ahead: int) -> float:
        """P(a new customer buys on exactly n of its first ``ahead`` occasions)."""
        return float(self._core.pmf(int(n), int(ahead)))

    def draws(self, n: int, seed: int) -> Floats:
        """n draws of the parameters from their approximate posterior, shape (n, 4); same seed, same draws."""
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), 4)
        return out
