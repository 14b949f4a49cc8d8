"""The classic purchase models: fits, predictions with intervals, posteriors."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from . import _core, _frames
from ._errors import Error
from ._value_fitted import Fitted

Floats = npt.NDArray[np.float64]


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


def _prior(prior: Mapping[str, tuple[float, float]] | None, names: tuple[str, ...], argument: str, *, every: bool = False) -> tuple[list[float], list[float]]:
    """Means and deviations of the logs, from medians and deviations by name."""
    if not prior:
        return [], []
    for name, (median, deviation) in prior.items():
        if name not in names:
            raise Error(f"{argument}: 'prior' has {name}; {', '.join(names)} are wanted", "unknown_name")
        if not (0 < median < math.inf) or not deviation > 0:
            raise Error(f"{argument}: 'prior' of {name} is ({median}, {deviation}); two positive numbers are wanted", "out_of_domain")
    if every and set(prior) != set(names):
        raise Error(f"{argument}: 'prior' has {', '.join(prior)}; all of {', '.join(names)} are wanted", "unknown_name")
    return ([math.log(prior[n][0]) if n in prior else 0.0 for n in names], [float(prior[n][1]) if n in prior else math.inf for n in names])


M = TypeVar("M", bound="_PurchaseModel")


class _PurchaseModel(Fitted):
    _kind = ""
    _least = 1
    _most = 1
    _wanted: tuple[str, ...] = ("r", "alpha", "a", "b")

    def __init__(self, *, params: dict[str, float] | None = None, threads: int = 0) -> None:
        self.params = params
        self.threads = threads
        self._core: Any = self._make()
        if params is not None:
            wanted = set(self._wanted)
            if self._kind.endswith("k"):
                wanted |= {"k"}
            if set(params) != wanted:
                raise Error(f"value.{self._kind}: 'params' has {', '.join(sorted(params))}; {', '.join(sorted(wanted))} are wanted", "unknown_name")
            self._core.set(**{name: int(value) if name == "k" else value for name, value in params.items()})
            self._take(self._core.result())
            if self._kind.endswith("k"):
                self.k_ = int(self._core.k)

    def _make(self) -> Any:
        return _core.value.PurchaseModel(self._kind, self._least, self._most, self.threads)

    def fit(self: M, summary: Any, *, prior: Mapping[str, tuple[float, float]] | None = None) -> M:
        """Fits by maximum likelihood, or to the posterior mode under a prior; always returns, see ``status_``.

        Parameters
        ----------
        summary
            Any frame with one row a customer: frequency (repeat purchases, whole), recency and age (or T) in one unit
            of time; optionally weights (customers a row stands for) and log_gaps (needed for k > 1).
        prior
            What was known before: ``{"r": (1.0, 0.5)}`` is a log-normal law with median 1 and deviation 0.5 in logs.
            Parameters that are left out have none.

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
        columns = _columns(summary, f"value.{self._kind}", gaps=self._kind != "ParetoNBD")
        mean, deviation = _prior(prior, self._wanted, f"value.{self._kind}.fit")
        self._core.fit(**columns, prior_mean=mean, prior_deviation=deviation)
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

    def _theta(self, draws: int | Posterior, seed: int) -> Floats:
        if isinstance(draws, Posterior):
            return np.ascontiguousarray(draws.draws_.reshape(-1))
        out: Floats = self._core.draws(int(draws), int(seed))
        return out

    def forecast(self, summary: Any, horizon: float, *, level: float = 0.9, draws: int | Posterior = 100, seed: int = 0) -> Any:
        """Every prediction with its interval; a frame of the summary's kind, one row a customer.

        Parameters
        ----------
        summary
            As for ``fit``.
        horizon
            In the unit of the summary.
        level
            Of every interval.
        draws
            How many draws of the parameters carry their uncertainty, or a ``Posterior``.
        seed
            Of the draws.

        Returns
        -------
        frame
            p_alive, p_alive_low, p_alive_high, p_none (no purchase in the horizon), purchases (expected),
            purchases_error (delta method), purchases_low, purchases_high (interval of the expectation), count_low,
            count_high (interval of the number itself).

        Raises
        ------
        guanxi.Error
            Rows that are no histories, a horizon or level outside its range, a model that is not fitted.

        Notes
        -----
        Costs one law of counts a distinct history and draw: about 1 us, 15 us for ParetoNBD.
        ``total(...)`` gives the same for all customers together. Source: Fader, Hardie and Lee (2005) for the laws.
        """
        out, _ = self._forecast(summary, horizon, level, draws, seed)
        return _frames.give(out, _frames.kind_of(summary))

    def total(self, summary: Any, horizon: float, *, level: float = 0.9, draws: int | Posterior = 100, seed: int = 0) -> tuple[float, float, float]:
        """Purchases of all customers together in the horizon: expected, low, high. Parameters as for ``forecast``."""
        return self._forecast(summary, horizon, level, draws, seed)[1]

    def _forecast(self, summary: Any, horizon: float, level: float, draws: int | Posterior, seed: int) -> tuple[dict[str, Any], tuple[float, float, float]]:
        self._ready()
        out, total, low, high = _core.value.forecast_purchases(
            self._core, *self._rows(summary), self._theta(draws, seed), float(horizon), float(level), int(seed), self.threads)
        return out, (float(total), float(low), float(high))

    def discounted_purchases(self, summary: Any, rate: float, horizon: float = math.inf) -> Floats:
        """Discounted expected purchases of each customer (DERT where the horizon is infinite).

        Parameters
        ----------
        summary
            As for ``fit``.
        rate
            Continuous discount a unit of time: ln(1 + d) for d a unit; 15 % a year in weeks: ``math.log(1.15) / 52.18``.
        horizon
            In the unit of the summary; infinite needs a rate above 0.

        Returns
        -------
        array
            Times the money a purchase it is the residual value.
        """
        self._ready()
        out: Floats = _core.value.discounted_purchases(self._core, *self._rows(summary), float(rate), float(horizon), self.threads)
        return out

    def residual_value(self, summary: Any, rate: float, spend: Any, horizon: float = math.inf) -> Floats:
        """Discounted expected purchases times ``spend`` (money a purchase of each customer, or one number for all)."""
        return self.discounted_purchases(summary, rate, horizon) * np.asarray(spend, dtype=np.float64)

    def track(self, born: Any, times: Any, *, level: float = 0.9, draws: int | Posterior = 50, seed: int = 0) -> Any:
        """Cumulative repeat purchases of a whole population up to each of ``times``, with an interval.

        Parameters
        ----------
        born
            When each customer made the first purchase, on the clock of ``times``.

        Returns
        -------
        pyarrow.Table
            time, purchases, low, high.
        """
        self._ready()
        return _frames.give(_core.value.track_population(
            self._core, np.ascontiguousarray(born, dtype=np.float64), np.ascontiguousarray(times, dtype=np.float64),
            self._theta(draws, seed), float(level), int(seed), self.threads), "pyarrow")

    def posterior(self, summary: Any, *, prior: Mapping[str, tuple[float, float]] | None = None, chains: int = 4, draws: int = 1000,
                  warmup: int = 200, seed: int = 0) -> Posterior:
        """Draws from the exact posterior of the parameters.

        Parameters
        ----------
        prior
            As for ``fit``; None: a log-normal law of deviation 2 for every parameter, about 1, alpha and beta about the
            customers' mean age.

        Notes
        -----
        Costs one pass over the grouped rows a draw. Source: Tierney (1994), an independence chain from a t law at the mode
        mixed with random steps; checked by simulation-based calibration.
        """
        self._ready()
        name = f"value.{self._kind}.posterior"
        mean, deviation = _prior(prior, self._wanted, name, every=True)
        columns = _columns(summary, name)
        return Posterior(self, _core.value.sample_posterior(
            self._core, columns["frequency"], columns["recency"], columns["age"], columns.get("weights"), int(chains), int(draws),
            int(warmup), int(seed), mean, deviation, self.threads))

    def _ready(self) -> None:
        if not hasattr(self, "params_"):
            raise Error(f"value.{self._kind}: fit comes first", "not_fitted")


class NBD(_PurchaseModel):
    """Poisson purchases with gamma rates, no dropout.

    ``NBD(params={"r": .., "alpha": ..})`` builds it without a fit. Source: Ehrenberg (1959), Applied Statistics 8, 26-41.
    """

    _kind = "NBD"
    _wanted = ("r", "alpha")


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

    def fit(self: R, summary: Any, *, prior: Mapping[str, tuple[float, float]] | None = None) -> R:
        """As for the other models; k_ is the number of stages that the likelihood chose, k_log_likelihood_ what each k gave."""
        super().fit(summary, prior=prior)
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


class ParetoNBD(_PurchaseModel):
    """Poisson purchases until an exponential time of leaving; both rates gamma-distributed (parameters r, alpha, s, beta).

    The likelihood is stable for up to thousands of purchases and for alpha = beta: the time of leaving is integrated out by
    Gauss and Legendre in the logarithm of time. Gradient and second derivatives are analytic.
    Source: Schmittlein, Morrison and Colombo (1987), Management Science 33, 1-24.
    """

    _kind = "ParetoNBD"
    _wanted = ("r", "alpha", "s", "beta")

    def _make(self) -> Any:
        return _core.value.ParetoNBD(self.threads)


class Posterior:
    """Draws from the posterior of a model's parameters.

    Attributes
    ----------
    draws_ : array, shape (draws, parameters)
        Chain after chain; ``names_`` are the columns.
    r_hat_, ess_ : dict
        Of the logarithm of each parameter: agreement of the chains (below 1.01 is wanted), independent draws.
    status_ : str
        Whether the chains agree.
    """

    def __init__(self, model: _PurchaseModel, result: dict[str, Any]) -> None:
        self._model = model
        self.names_: list[str] = list(result["names"])
        self.draws_: Floats = result["draws"].reshape(-1, len(self.names_))
        self.chains_ = int(result["chains"])
        self.r_hat_ = dict(zip(self.names_, result["r_hat"], strict=True))
        self.ess_ = dict(zip(self.names_, result["ess"], strict=True))
        self.accepted_ = float(result["accepted"])
        self.status_ = str(result["status"])

    def interval(self, level: float = 0.9) -> dict[str, tuple[float, float]]:
        """Equal-tailed interval of each parameter."""
        low, high = np.quantile(self.draws_, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return {name: (float(low[i]), float(high[i])) for i, name in enumerate(self.names_)}

    def customers(self, summary: Any, *, draws: int = 200, seed: int = 0) -> tuple[npt.NDArray[np.bool_], Floats]:
        """Latent state of each customer, drawn from the joint posterior.

        Returns
        -------
        alive, rate
            Two arrays of shape (customers, draws): whether still buying, and purchases a unit of time while alive.
        """
        use = np.linspace(0, len(self.draws_) - 1, min(int(draws), len(self.draws_))).astype(int)
        alive, rate = _core.value.draw_customers(self._model._core, *self._model._rows(summary),
                                                 np.ascontiguousarray(self.draws_[use].reshape(-1)), int(seed), self._model.threads)
        return alive.reshape(-1, len(use)).astype(bool), rate.reshape(-1, len(use))

    def __repr__(self) -> str:
        lines = [f"Posterior of {type(self._model).__name__}: {self.status_}"]
        for name, (low, high) in self.interval().items():
            middle = float(np.median(self.draws_[:, self.names_.index(name)]))
            quality = f"R-hat {self.r_hat_[name]:.3f}, {self.ess_[name]:,.0f} independent draws"
            lines.append(f"  {name:<6} {middle:>12.5g}   90 % from {low:.4g} to {high:.4g}   {quality}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return "<p>" + html.escape(repr(self)).replace("\n", "<br>") + "</p>"


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the gain in log-likelihood of the larger model, against chi-squared."""

    statistic: float
    degrees: float
    p_value: float
    p_at_boundary: float


def likelihood_ratio(smaller: _PurchaseModel, larger: _PurchaseModel) -> LikelihoodRatio:
    """Tests a model against a larger one that contains it, both fitted to the same customers.

    ``p_at_boundary`` is the one to read when the smaller model is the larger one without dropout.
    Source: Wilks (1938); Self and Liang (1987).
    """
    for model in (smaller, larger):
        model._ready()
    return LikelihoodRatio(*_core.value.likelihood_ratio(smaller._core, larger._core))
