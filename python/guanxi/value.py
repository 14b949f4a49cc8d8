"""Which customers still buy, how much, and what for: RFM, purchase models, spend, forecasts, backtests."""

from __future__ import annotations

import html
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from ._value_discrete import BGBB, SBG
from ._value_fitted import Fitted
from .ledger import Day, Ledger, give_days, to_day

Floats = npt.NDArray[np.float64]
_UNKNOWN_DAY = -(2**31)

__all__ = ["BGBB", "BGCNBDk", "BGNBD", "CustomerValue", "GammaGamma", "MBGCNBDk", "MBGNBD", "NBD", "SBG", "backtest", "rfm", "rfm_edges"]


def _columns(summary: Any, argument: str, *, gaps: bool = False, weights: bool = True) -> dict[str, Floats]:
    """frequency, recency, age (or T), and weights and log_gaps where there are any."""
    table = _frames.read(summary, argument)
    have = table.column_names
    age = "age" if "age" in have or "T" not in have else "T"
    for name in ("frequency", "recency", age):
        _frames.require(name, have, argument)
    out = {"frequency": _frames.floats(table, "frequency"), "recency": _frames.floats(table, "recency"), "age": _frames.floats(table, age)}
    if weights and "weights" in have:
        out["weights"] = _frames.floats(table, "weights")
    if gaps and "log_gaps" in have:
        out["log_gaps"] = _frames.floats(table, "log_gaps")
    return out


def _ledger(led: Any, argument: str) -> Ledger:
    if not isinstance(led, Ledger):
        raise Error(f"{argument}: a {type(led).__name__} is no ledger; give gx.Ledger(frame)", "bad_format")
    return led


M = TypeVar("M", bound="_PurchaseModel")


class _PurchaseModel(Fitted):
    _kind = ""
    _least = 1
    _most = 1

    def __init__(self, *, params: dict[str, float] | None = None, threads: int = 0) -> None:
        self.params = params
        self.threads = threads
        self._core: Any = _core.value.PurchaseModel(self._kind, self._least, self._most, threads)
        if params is not None:
            wanted = {"r", "alpha"} if self._kind == "NBD" else {"r", "alpha", "a", "b"}
            if self._kind.endswith("k"):
                wanted |= {"k"}
            if set(params) != wanted:
                raise Error(f"value.{self._kind}: 'params' has {', '.join(sorted(params))}; {', '.join(sorted(wanted))} are wanted", "unknown_name")
            self._core.set(**{name: int(value) if name == "k" else value for name, value in params.items()})
            self._take(self._core.result())
            if self._kind.endswith("k"):
                self.k_ = int(self._core.k)

    def fit(self: M, summary: Any) -> M:
        """Fits by maximum likelihood; always returns, see ``status_``.

        Parameters
        ----------
        summary
            Any frame with one row a customer: frequency (repeat purchases, whole), recency and age (or T) in one unit
            of time; optionally weights (customers a row stands for) and log_gaps (needed for k > 1).

        Returns
        -------
        self
            With params_, standard_errors_, covariance_, log_likelihood_, status_, passes_, converged_, gradient_norm_,
            condition_, aic_, bic_.

        Raises
        ------
        guanxi.Error
            A row that is no history of purchases; the sentence names row and values.

        Notes
        -----
        Costs about 40 ns a row for grouping, then 6 to 12 passes over the distinct rows.
        """
        self._core.fit(**_columns(summary, f"value.{self._kind}", gaps=True))
        self._take(self._core.result())
        return self

    def _rows(self, summary: Any) -> tuple[Floats, Floats, Floats]:
        columns = _columns(summary, f"value.{self._kind}", weights=False)
        return columns["frequency"], columns["recency"], columns["age"]

    def probability_alive(self, summary: Any) -> Floats:
        """Chance that each customer still buys, in the order of the rows; in [0, 1]."""
        out: Floats = self._core.probability_alive(*self._rows(summary))
        return out

    def expected_purchases(self, summary: Any, horizon: float) -> Floats:
        """Expected purchases of each customer in (age, age + horizon]; horizon in the unit of the summary."""
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
        """n draws of the parameters from their approximate posterior, shape (n, parameters); same seed, same draws."""
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), len(self.params_))
        return out


class NBD(_PurchaseModel):
    """Poisson purchases with gamma rates, no dropout.

    ``NBD(params={"r": .., "alpha": ..})`` builds it without a fit. Source: Ehrenberg (1959), Applied Statistics 8, 26-41.
    """

    _kind = "NBD"


class BGNBD(_PurchaseModel):
    """NBD with dropout after each repeat purchase (parameters r, alpha, a, b).

    Source: Fader, Hardie and Lee (2005), Marketing Science 24, 275-284.
    """

    _kind = "BGNBD"


class MBGNBD(_PurchaseModel):
    """NBD with dropout after every purchase, the first included (parameters r, alpha, a, b).

    Source: Batislam, Denizel and Filiztekin (2007), Int. J. Research in Marketing 24, 201-209.
    """

    _kind = "MBGNBD"


class _Regular(_PurchaseModel):
    k_: int
    k_log_likelihood_: dict[int, float]

    def __init__(self, *, k: int | None = None, most: int = 6, params: dict[str, float] | None = None, threads: int = 0) -> None:
        self.k = k
        self.most = most
        self._least, self._most = (1, most) if k is None else (k, k)
        super().__init__(params=params, threads=threads)

    def fit(self: R, summary: Any) -> R:
        """As for the other models; k_ is the number of stages that the likelihood chose, k_log_likelihood_ what each k gave."""
        super().fit(summary)
        self.k_ = int(self._core.k)
        self.k_log_likelihood_ = dict(self._core.tried)
        return self


R = TypeVar("R", bound=_Regular)


class BGCNBDk(_Regular):
    """BG/NBD with regular gaps: Erlang with k stages; k by likelihood unless given. Needs the column log_gaps for k > 1.

    Expectations are exact renewal sums. Source: Platzer and Reutterer (2017), "Ticking away the moments".
    """

    _kind = "BGCNBDk"


class MBGCNBDk(_Regular):
    """MBG/NBD with regular gaps: Erlang with k stages; k by likelihood unless given. Needs the column log_gaps for k > 1.

    Source: Platzer and Reutterer (2017), "Ticking away the moments".
    """

    _kind = "MBGCNBDk"


class GammaGamma(Fitted):
    """Money a purchase: gamma, with a scale of each customer that is gamma over the book (parameters p, q, v).

    Assumes that the size of orders does not depend on their number.
    Source: Fader, Hardie and Lee (2005), J. Marketing Research 42, 415-430.
    """

    def __init__(self, *, params: dict[str, float] | None = None) -> None:
        self.params = params
        self._core: Any = _core.value.GammaGamma()
        if params is not None:
            if set(params) != {"p", "q", "v"}:
                raise Error(f"value.GammaGamma: 'params' has {', '.join(sorted(params))}; p, q, v are wanted", "unknown_name")
            self._core.set(**params)
            self._take(self._core.result())

    @staticmethod
    def _columns(summary: Any) -> tuple[Floats, Floats, Floats | None]:
        table = _frames.read(summary, "value.GammaGamma")
        for name in ("frequency", "spend"):
            _frames.require(name, table.column_names, "value.GammaGamma")
        weights = _frames.floats(table, "weights") if "weights" in table.column_names else None
        return _frames.floats(table, "frequency"), _frames.floats(table, "spend"), weights

    def fit(self, summary: Any) -> GammaGamma:
        """Fits to the columns frequency and spend (mean money a purchase) of the rows with frequency > 0."""
        self._core.fit(*self._columns(summary))
        self._take(self._core.result())
        return self

    def expected_spend(self, summary: Any) -> Floats:
        """Expected money a purchase of each customer."""
        frequency, spend, _ = self._columns(summary)
        out: Floats = self._core.expected_spend(frequency, spend)
        return out

    def draws(self, n: int, seed: int) -> Floats:
        """n draws of (p, q, v) from their approximate posterior; same seed, same draws."""
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), 3)
        return out


class CustomerValue:
    """Forecast of what every customer will buy over a horizon, with intervals, learned from the ledger's own past.

    Parameters
    ----------
    horizon, unit
        The forecast covers (end, end + horizon]; unit is "D", "W", "M" or "Y".
    level
        Of the intervals.
    seed
        Of the randomised ranks ``ranks_``.
    threads
        0: all of the machine's; the result is the same for any number.

    Attributes
    ----------
    status_ : str
        What was learned from what; says so when the stack does not beat "same as the last window".
    weights_ : frame
        candidate, purchases (class of customers), weight.
    scores_ : frame
        candidate, log_score, rmse, bias at the origins inside the past.
    season_ : str
        How season and level were set; ``level_`` is the factor.
    """

    def __init__(self, *, horizon: float = 26, unit: str = "W", level: float = 0.9, seed: int = 0, threads: int = 0) -> None:
        self.horizon, self.unit, self.level, self.seed, self.threads = horizon, unit, level, seed, threads
        self._core: Any = _core.value.CustomerValue(horizon, unit, level, seed, threads)

    def fit(self, ledger: Ledger, end: Day | None = None) -> CustomerValue:
        """Learns from the purchase days up to ``end`` (inclusive; None: the ledger's last day). Nothing later is looked at."""
        led = _ledger(ledger, "value.CustomerValue.fit")
        self._core.fit(led.core, None if end is None else to_day(end, "value.CustomerValue.fit: end"))
        self._ids, self._frame = led.customer_ids, led.kind
        self.status_ = str(self._core.status)
        self.season_ = str(self._core.season)
        self.level_ = float(self._core.level_factor)
        self.ranks_: Floats = self._core.ranks
        return self

    def predict(self) -> Any:
        """One row a customer with a purchase up to ``end``, in the order of the ledger's ids; a frame of the ledger's kind.

        Columns: customer, p_alive, p_buy (at least one purchase in the horizon), purchases (mean), purchases_median,
        purchases_low, purchases_high, spend (money a purchase), value (mean), value_median, value_low, value_high,
        next_order (median date, given that an order comes), reason.
        """
        if not hasattr(self, "status_"):
            raise Error("value.CustomerValue: fit comes first", "not_fitted")
        columns = self._core.predict()
        rows = np.flatnonzero(~np.isnan(columns["purchases"]))
        out: dict[str, Any] = {"customer": self._ids.take(pa.array(rows))}
        for name, column in columns.items():
            if name == "reason":
                out[name] = pa.array(column, pa.string()).take(pa.array(rows))
            elif name == "next_order":
                dates = give_days(np.where(column[rows] == _UNKNOWN_DAY, 0, column[rows]).astype(np.int32), self._frame)
                out[name] = pc.if_else(pa.array(column[rows] != _UNKNOWN_DAY), dates, pa.scalar(None, dates.type))
            else:
                out[name] = column[rows]
        return _frames.give(out, self._frame)

    @property
    def weights_(self) -> Any:
        """Weight of each candidate forecast by class of customers."""
        names = ("candidate", "purchases", "weight")
        return _frames.give({n: pa.array([row[i] for row in self._core.weights]) for i, n in enumerate(names)}, self._frame)

    @property
    def scores_(self) -> Any:
        """How each candidate, the naive ones among them, and the stack did at the origins."""
        names = ("candidate", "log_score", "rmse", "bias")
        return _frames.give({n: pa.array([row[i] for row in self._core.scores]) for i, n in enumerate(names)}, self._frame)

    def __repr__(self) -> str:
        head = f"CustomerValue: the next {self.horizon:g} {self.unit}"
        return f"{head}, not fitted" if not hasattr(self, "status_") else f"{head}\n  {self.status_}"

    def _repr_html_(self) -> str:
        return "<p>" + html.escape(repr(self)).replace("\n", "<br>") + "</p>"


def backtest(ledger: Ledger, at: Day, horizon: float, unit: str = "W", *, level: float = 0.9, threads: int = 0) -> Any:
    """Tries every forecaster on a date in the past: what is known up to ``at`` against what came in (at, at + horizon].

    Returns
    -------
    frame
        One row a forecaster, naive rows first: model, mae (of the mean), mae_median, rmse, bias (percent of the total),
        correlation, coverage, top10, log_score, crps, interval_score, auc, the same for value, status.

    Raises
    ------
    guanxi.Error
        The ledger ends before at + horizon, or nobody has bought up to ``at``.
    """
    led = _ledger(ledger, "value.backtest")
    columns = _core.value.backtest(led.core, to_day(at, "value.backtest: at"), float(horizon), unit, level, threads)
    return _frames.give(columns, led.kind)


def rfm(ledger: Ledger, end: Day | None = None, bins: int = 5, *, monetary: str = "mean", edges: Any = None) -> Any:
    """Recency, frequency and money of each customer with scores 1 .. bins and a segment in words.

    Parameters
    ----------
    end
        Last day that is looked at; None: the ledger's last day.
    bins
        Scores a column; ties share a score, so a column with few distinct values has fewer.
    monetary
        "mean" (a purchase day) or "sum".
    edges
        Fixed edges of an earlier date, from ``rfm_edges``: three lists (recency, frequency, monetary).

    Returns
    -------
    frame
        customer, recency (days since the last purchase), frequency (purchase days), monetary, r, f, m, segment.
    """
    led = _ledger(ledger, "value.rfm")
    columns, _ = _rfm(led, end, bins, monetary, edges)
    columns["customer"] = led.customer_ids.take(pa.array(columns["customer"]))
    for name in ("r", "f", "m"):
        columns[name] = columns[name].astype(np.int64)
    return _frames.give(columns, led.kind)


def rfm_edges(ledger: Ledger, end: Day | None = None, bins: int = 5, *, monetary: str = "mean") -> tuple[list[float], list[float], list[float]]:
    """The inner edges of the scores (recency, frequency, monetary), to score a later date alike."""
    edges: tuple[list[float], list[float], list[float]] = _rfm(_ledger(ledger, "value.rfm_edges"), end, bins, monetary, None)[1]
    return edges


def _rfm(led: Ledger, end: Day | None, bins: int, monetary: str, edges: Any) -> tuple[dict[str, Any], Any]:
    if monetary not in ("mean", "sum"):
        raise Error(f"value.rfm: 'monetary' is '{monetary}'; 'mean' or 'sum' is wanted", "unknown_name")
    if isinstance(bins, bool) or not isinstance(bins, int) or not 1 <= bins <= 100:
        raise Error(f"value.rfm: 'bins' is {bins!r}; 1 to 100 is wanted", "out_of_domain")
    out: tuple[dict[str, Any], Any] = _core.value.rfm(
        led.core, None if end is None else to_day(end, "value.rfm: end"), bins, monetary == "sum",
        None if edges is None else [list(e) for e in edges])
    return out
