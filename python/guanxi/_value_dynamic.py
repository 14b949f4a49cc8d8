"""Pareto/NBD with covariates that change over time: season, campaigns, fairs, a customer's own size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from ._value_family import LikelihoodRatio
from ._value_fitted import Fitted
from .ledger import Day, Ledger, to_day

Floats = npt.NDArray[np.float64]
_DAYS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}
_WHO = "value.ParetoNBDDynamic"


class ParetoNBDDynamic(Fitted):
    """Pareto/NBD whose rates of purchases and of leaving follow covariates over time.

    The rate of purchases is multiplied by exp(g . x(time)), the rate of leaving by exp(h . z(time)).

    Parameters
    ----------
    purchase, dropout
        Names of columns of the covariates frame (numbers).
    unit
        "D", "W", "M" or "Y": of the parameters and of the horizon.
    params
        r, alpha, s, beta and the coefficients by name (``"purchase:season"``), to build a model without a fit.
    threads
        0: all of the machine's; the result is the same for any number.

    Attributes
    ----------
    params_, standard_errors_, covariance_, log_likelihood_, status_ and the others of every model
    test_ : LikelihoodRatio
        Against Pareto/NBD without covariates.
    log_likelihood_without_ : float

    Notes
    -----
    Source: Bachmann, Meierer and Naef (2021), Marketing Science 40(4), 783-809.
    """

    test_: LikelihoodRatio
    log_likelihood_without_: float

    def __init__(self, *, purchase: Sequence[str] = (), dropout: Sequence[str] = (), unit: str = "W", params: dict[str, float] | None = None,
                 threads: int = 0) -> None:
        if unit not in _DAYS:
            raise Error(f"{_WHO}: 'unit' is {unit!r}; one of D, W, M, Y is wanted", "unknown_name")
        self.purchase = [purchase] if isinstance(purchase, str) else list(purchase)
        self.dropout = [dropout] if isinstance(dropout, str) else list(dropout)
        self.unit, self.params, self.threads = unit, params, threads
        self._core: Any = _core.value.ParetoNBDDynamic(self.purchase, self.dropout, threads)
        if params is not None:
            wanted = ["r", "alpha", "s", "beta", *(f"purchase:{n}" for n in self.purchase), *(f"dropout:{n}" for n in self.dropout)]
            if set(params) != set(wanted):
                raise Error(f"{_WHO}: 'params' has {', '.join(sorted(params))}; {', '.join(wanted)} are wanted", "unknown_name")
            self._core.set(np.array([params[n] for n in wanted], dtype=np.float64))
            self._take(self._core.result())

    def _given(self, ledger: Any, covariates: Any, end: Day | None) -> tuple[Any, tuple[Any, ...]]:
        if not isinstance(ledger, Ledger):
            raise Error(f"{_WHO}: a {type(ledger).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
        last = to_day(ledger.last_day if end is None else end, f"{_WHO}: end")
        start, date, _ = ledger.core.days(last)
        start, days = start.astype(np.int64), date.astype(np.float64) / _DAYS[self.unit]
        size = np.diff(start)
        who = np.flatnonzero(size > 0)
        first = np.zeros(len(days), dtype=bool)
        first[start[:-1][who]] = True
        repeats = np.concatenate([[0], np.cumsum(size[who] - 1)]).astype(np.uint64)
        ids = ledger.customer_ids.take(pa.array(who))
        # the paths of the covariates
        table = _frames.read(covariates, _WHO)
        for name in ("date", *self.purchase, *self.dropout):
            _frames.require(name, table.column_names, _WHO)
        when = table["date"]
        if pa.types.is_string(when.type) or pa.types.is_large_string(when.type) or pa.types.is_string_view(when.type):
            when = pa.chunked_array([pa.array([to_day(v, f"{_WHO}: date") for v in when.to_pylist()])])
            period = when.to_numpy().astype(np.float64)
        else:
            period = pc.cast(pc.cast(when, pa.timestamp("s")), pa.int64()).to_numpy().astype(np.float64) / 86400.0
        keys = [("place", "ascending"), ("from", "ascending")]
        if "customer" in table.column_names:
            names = {str(v): i for i, v in enumerate(ids.to_pylist())}
            place = np.array([names.get(str(v), -1) for v in table["customer"].to_pylist()], dtype=np.int64)
            missing = set(range(len(who))) - set(place.tolist())
            if missing:
                raise Error(f"{_WHO}: the covariates have no row of customer {ids[min(missing)].as_py()}", "unknown_name")
            paths = len(who)
        else:
            place, paths = np.zeros(len(table), dtype=np.int64), 1
        order = pc.sort_indices(pa.table({"place": place, "from": period}), sort_keys=keys).to_numpy()
        order = order[place[order] >= 0]
        path = np.concatenate([[0], np.cumsum(np.bincount(place[order], minlength=paths))]).astype(np.uint64)

        def matrix(columns: list[str]) -> Floats:
            return np.ascontiguousarray(np.column_stack([_frames.floats(table, c)[order] for c in columns])) if columns else np.empty((len(order), 0))

        return ids, (days[first], (last + 1) / _DAYS[self.unit], repeats, days[~first], path, period[order] / _DAYS[self.unit],
                     matrix(self.purchase), matrix(self.dropout))

    def fit(self, ledger: Any, covariates: Any, *, end: Day | None = None) -> ParetoNBDDynamic:
        """Fits by maximum likelihood; always returns, see ``status_``.

        Parameters
        ----------
        ledger
            ``gx.Ledger``; nothing after ``end`` is looked at.
        covariates
            Any frame: date (first day of a period, which lasts until the next one), the columns of numbers, and customer
            where the path is a customer's own. Without customer it is common to all. Rows after ``end`` are for forecasts.
        end
            Last day that is looked at; None: the ledger's last day.

        Raises
        ------
        guanxi.Error
            A customer without a path, or one that begins after its first purchase; a column that never changes.

        Notes
        -----
        Costs 5 to 15 passes of 0.2 to 1 us a customer and period after its last purchase.
        """
        self._core.fit(*self._given(ledger, covariates, end)[1])
        self._take(self._core.result())
        self.log_likelihood_without_ = float(self._core.log_likelihood_without())
        self.test_ = LikelihoodRatio(*self._core.test())
        return self

    def forecast(self, ledger: Any, covariates: Any, horizon: float, *, end: Day | None = None, level: float = 0.9, draws: int = 100, seed: int = 0) -> Any:
        """P(alive) and expected purchases in (end, end + horizon], the covariates of the periods to come taken as known.

        Returns
        -------
        frame
            customer, p_alive, p_alive_low, p_alive_high, purchases, purchases_low, purchases_high (of the expectation).
        """
        self._ready()
        ids, given = self._given(ledger, covariates, end)
        out, *_ = self._core.forecast(*given, float(horizon), float(level), int(draws), int(seed))
        return _frames.give({"customer": ids, **out}, ledger.kind)

    def total(self, ledger: Any, covariates: Any, horizon: float, *, end: Day | None = None, level: float = 0.9, draws: int = 100,
              seed: int = 0) -> tuple[float, float, float]:
        """Expected purchases of all customers together in the horizon, and the interval of that expectation."""
        self._ready()
        _, total, low, high = self._core.forecast(*self._given(ledger, covariates, end)[1], float(horizon), float(level), int(draws), int(seed))
        return float(total), float(low), float(high)

    def draws(self, n: int, seed: int) -> Floats:
        """n draws of the parameters from their approximate posterior, shape (n, parameters)."""
        self._ready()
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), len(self.params_))
        return out

    def _ready(self) -> None:
        if not hasattr(self, "params_"):
            raise Error(f"{_WHO}: fit comes first", "not_fitted")
