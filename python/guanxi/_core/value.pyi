"""
RFM, purchase models, spend, forecasts, backtests.
"""

from __future__ import annotations
import collections.abc
import guanxi._core.ledger
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "BGBB",
    "CovariateModel",
    "CustomerValue",
    "GGompertzNBD",
    "GammaGamma",
    "LiveScorer",
    "ParetoNBD",
    "ParetoNBDDynamic",
    "PurchaseModel",
    "SBG",
    "backtest",
    "bgbb_log_likelihood",
    "discounted_purchases",
    "draw_customers",
    "forecast_purchases",
    "gamma_gamma_log_likelihood",
    "gompertz_log_likelihood",
    "likelihood_ratio",
    "next_orders",
    "pareto_log_likelihood",
    "purchase_log_likelihood",
    "rfm",
    "sample_posterior",
    "sbg_log_likelihood",
    "season_index",
    "track_population",
    "write_snapshot",
]

class PurchaseModel:
    def __init__(
        self,
        kind: str,
        least: typing.SupportsInt | typing.SupportsIndex = 1,
        most: typing.SupportsInt | typing.SupportsIndex = 1,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases(
        self,
        arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg3: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases_new(self, horizon: typing.SupportsFloat | typing.SupportsIndex) -> float: ...
    def fit(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
        log_gaps: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
        prior_mean: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [],
        prior_deviation: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [],
    ) -> None: ...
    def pmf(
        self, n: typing.SupportsInt | typing.SupportsIndex, horizon: typing.SupportsFloat | typing.SupportsIndex
    ) -> float: ...
    def probability_alive(
        self,
        arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def probability_of(
        self,
        arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg3: typing.SupportsInt | typing.SupportsIndex,
        arg4: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(
        self,
        r: typing.SupportsFloat | typing.SupportsIndex,
        alpha: typing.SupportsFloat | typing.SupportsIndex,
        a: typing.SupportsFloat | typing.SupportsIndex = 0.0,
        b: typing.SupportsFloat | typing.SupportsIndex = 1.0,
        k: typing.SupportsInt | typing.SupportsIndex = 1,
    ) -> None: ...
    @property
    def k(self) -> int: ...
    @property
    def tried(self) -> list[tuple[int, float]]: ...

class GammaGamma:
    def __init__(self) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_spend(
        self,
        arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def fit(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        spend: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
    ) -> None: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(
        self,
        p: typing.SupportsFloat | typing.SupportsIndex,
        q: typing.SupportsFloat | typing.SupportsIndex,
        v: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class CustomerValue:
    def __init__(
        self,
        horizon: typing.SupportsFloat | typing.SupportsIndex,
        unit: str,
        level: typing.SupportsFloat | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def fit(
        self,
        ledger: guanxi._core.ledger.Ledger,
        end: typing.SupportsInt | typing.SupportsIndex | None,
        season: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        groups: collections.abc.Sequence[
            tuple[str, collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]]
        ],
    ) -> None: ...
    def predict(self) -> dict[str, typing.Any]: ...
    @property
    def effects(self) -> list[typing.Any]: ...
    @property
    def level_factor(self) -> float: ...
    @property
    def purchases_total(self) -> tuple[float, float, float]: ...
    @property
    def ranks(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def scores(self) -> list[typing.Any]: ...
    @property
    def season(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def value_total(self) -> tuple[float, float, float]: ...
    @property
    def weights(self) -> list[typing.Any]: ...

class SBG:
    def __init__(self) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def fit(
        self,
        duration: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        lost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
    ) -> None: ...
    def fit_active(self, active: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> None: ...
    def residual_lifetime(
        self, tenure: typing.SupportsInt | typing.SupportsIndex, rate: typing.SupportsFloat | typing.SupportsIndex
    ) -> float: ...
    def result(self) -> dict[str, typing.Any]: ...
    def retention(self, tenure: typing.SupportsInt | typing.SupportsIndex) -> float: ...
    def set(
        self, a: typing.SupportsFloat | typing.SupportsIndex, b: typing.SupportsFloat | typing.SupportsIndex
    ) -> None: ...
    def survival(
        self, ahead: typing.SupportsInt | typing.SupportsIndex, tenure: typing.SupportsInt | typing.SupportsIndex
    ) -> float: ...
    def survival_interval(
        self,
        periods: typing.SupportsInt | typing.SupportsIndex,
        tenure: typing.SupportsInt | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
        draws: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
    ) -> tuple[typing.Any, ...]: ...

class BGBB:
    def __init__(self) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        ahead: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases_interval(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        ahead: typing.SupportsInt | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
        draws: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
    ) -> tuple[typing.Any, ...]: ...
    def expected_purchases_new(self, ahead: typing.SupportsInt | typing.SupportsIndex) -> float: ...
    def fit(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
    ) -> None: ...
    def pmf(
        self, n: typing.SupportsInt | typing.SupportsIndex, ahead: typing.SupportsInt | typing.SupportsIndex
    ) -> float: ...
    def probability_alive(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        ahead: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def probability_of(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        n: typing.SupportsInt | typing.SupportsIndex,
        ahead: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def residual_purchases(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        rate: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(
        self,
        alpha: typing.SupportsFloat | typing.SupportsIndex,
        beta: typing.SupportsFloat | typing.SupportsIndex,
        gamma: typing.SupportsFloat | typing.SupportsIndex,
        delta: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class CovariateModel:
    def __init__(
        self,
        model: str,
        purchase: collections.abc.Sequence[str],
        dropout: collections.abc.Sequence[str],
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def fit(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
    ) -> None: ...
    def forecast(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
        draws: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
    ) -> tuple[typing.Any, ...]: ...
    def log_likelihood_without(self) -> float: ...
    def probability_alive(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def probability_of(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        n: typing.SupportsInt | typing.SupportsIndex,
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(self, params: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> None: ...
    def test(self) -> tuple[float, float, float, float]: ...

class ParetoNBDDynamic:
    def __init__(
        self,
        purchase: collections.abc.Sequence[str],
        dropout: collections.abc.Sequence[str],
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def fit(
        self,
        born: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        end: typing.SupportsFloat | typing.SupportsIndex,
        start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
        when: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        path: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
        from_: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...
    def forecast(
        self,
        born: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        end: typing.SupportsFloat | typing.SupportsIndex,
        start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
        when: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        path: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
        from_: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
        draws: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
    ) -> tuple[dict[str, typing.Any], float, float, float]: ...
    def log_likelihood_without(self) -> float: ...
    def predict(
        self,
        born: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        end: typing.SupportsFloat | typing.SupportsIndex,
        start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
        when: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        path: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
        from_: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        purchase: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        dropout: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(self, params: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> None: ...
    def test(self) -> tuple[float, float, float, float]: ...

class GGompertzNBD:
    def __init__(self, threads: typing.SupportsInt | typing.SupportsIndex = 0) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases_new(self, horizon: typing.SupportsFloat | typing.SupportsIndex) -> float: ...
    def fit(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
    ) -> None: ...
    def intervals(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
        draws: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
    ) -> tuple[
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
    ]: ...
    def pmf(
        self, n: typing.SupportsInt | typing.SupportsIndex, horizon: typing.SupportsFloat | typing.SupportsIndex
    ) -> float: ...
    def probability_alive(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def probability_of(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        n: typing.SupportsInt | typing.SupportsIndex,
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(
        self,
        r: typing.SupportsFloat | typing.SupportsIndex,
        alpha: typing.SupportsFloat | typing.SupportsIndex,
        b: typing.SupportsFloat | typing.SupportsIndex,
        s: typing.SupportsFloat | typing.SupportsIndex,
        beta: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class ParetoNBD:
    def __init__(self, threads: typing.SupportsInt | typing.SupportsIndex = 0) -> None: ...
    def draws(
        self, n: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def expected_purchases_new(self, horizon: typing.SupportsFloat | typing.SupportsIndex) -> float: ...
    def fit(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None = None,
        prior_mean: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [],
        prior_deviation: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [],
    ) -> None: ...
    def pmf(
        self, n: typing.SupportsInt | typing.SupportsIndex, horizon: typing.SupportsFloat | typing.SupportsIndex
    ) -> float: ...
    def probability_alive(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def probability_of(
        self,
        frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        n: typing.SupportsInt | typing.SupportsIndex,
        horizon: typing.SupportsFloat | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def result(self) -> dict[str, typing.Any]: ...
    def set(
        self,
        r: typing.SupportsFloat | typing.SupportsIndex,
        alpha: typing.SupportsFloat | typing.SupportsIndex,
        s: typing.SupportsFloat | typing.SupportsIndex,
        beta: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class LiveScorer:
    def __init__(self, path: str) -> None: ...
    def score(self, customer: str, country: str = "", product_group: str = "") -> dict[str, typing.Any]: ...
    def swap(self, path: str) -> None: ...
    @property
    def customers(self) -> int: ...

def backtest(
    ledger: guanxi._core.ledger.Ledger,
    at: typing.SupportsInt | typing.SupportsIndex,
    horizon: typing.SupportsFloat | typing.SupportsIndex,
    unit: str,
    level: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
    season: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [],
    groups: collections.abc.Sequence[
        tuple[str, collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]]
    ] = [],
) -> dict[str, typing.Any]: ...
def bgbb_log_likelihood(
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    occasions: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    beta: typing.SupportsFloat | typing.SupportsIndex,
    gamma: typing.SupportsFloat | typing.SupportsIndex,
    delta: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def discounted_purchases(
    model: PurchaseModel,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    rate: typing.SupportsFloat | typing.SupportsIndex,
    horizon: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def discounted_purchases(
    model: ParetoNBD,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    rate: typing.SupportsFloat | typing.SupportsIndex,
    horizon: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def draw_customers(
    model: PurchaseModel,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.float64]]: ...
@typing.overload
def draw_customers(
    model: ParetoNBD,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.float64]]: ...
@typing.overload
def forecast_purchases(
    model: PurchaseModel,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    horizon: typing.SupportsFloat | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def forecast_purchases(
    model: ParetoNBD,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    horizon: typing.SupportsFloat | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
def gamma_gamma_log_likelihood(
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    spend: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    p: typing.SupportsFloat | typing.SupportsIndex,
    q: typing.SupportsFloat | typing.SupportsIndex,
    v: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def gompertz_log_likelihood(
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    r: typing.SupportsFloat | typing.SupportsIndex,
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    b: typing.SupportsFloat | typing.SupportsIndex,
    s: typing.SupportsFloat | typing.SupportsIndex,
    beta: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def likelihood_ratio(smaller: PurchaseModel, larger: PurchaseModel) -> tuple[float, float, float, float]: ...
@typing.overload
def likelihood_ratio(smaller: PurchaseModel, larger: ParetoNBD) -> tuple[float, float, float, float]: ...
def next_orders(
    ledger: guanxi._core.ledger.Ledger,
    end: typing.SupportsInt | typing.SupportsIndex | None,
    false_alarm: typing.SupportsFloat | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[dict[str, typing.Any], float, str]: ...
def pareto_log_likelihood(
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    r: typing.SupportsFloat | typing.SupportsIndex,
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    s: typing.SupportsFloat | typing.SupportsIndex,
    beta: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def purchase_log_likelihood(
    kind: str,
    k: typing.SupportsInt | typing.SupportsIndex,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    log_gaps: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    r: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    alpha: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[numpy.float64]: ...
def rfm(
    ledger: guanxi._core.ledger.Ledger,
    end: typing.SupportsInt | typing.SupportsIndex | None,
    bins: typing.SupportsInt | typing.SupportsIndex,
    sum: bool,
    edges: collections.abc.Sequence[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]] | None,
) -> tuple[dict[str, typing.Any], tuple[list[float], list[float], list[float]]]: ...
@typing.overload
def sample_posterior(
    model: PurchaseModel,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    chains: typing.SupportsInt | typing.SupportsIndex,
    draws: typing.SupportsInt | typing.SupportsIndex,
    warmup: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    mean: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    deviation: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
@typing.overload
def sample_posterior(
    model: ParetoNBD,
    frequency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    recency: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    age: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    chains: typing.SupportsInt | typing.SupportsIndex,
    draws: typing.SupportsInt | typing.SupportsIndex,
    warmup: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    mean: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    deviation: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def sbg_log_likelihood(
    duration: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    lost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    a: typing.SupportsFloat | typing.SupportsIndex,
    b: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def season_index(
    ledger: guanxi._core.ledger.Ledger, end: typing.SupportsInt | typing.SupportsIndex | None
) -> tuple[dict[str, typing.Any], str]: ...
@typing.overload
def track_population(
    model: PurchaseModel,
    born: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    times: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
@typing.overload
def track_population(
    model: ParetoNBD,
    born: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    times: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def write_snapshot(
    path: str,
    customer: collections.abc.Sequence[str],
    country: collections.abc.Sequence[str],
    product_group: collections.abc.Sequence[str],
    figures: collections.abc.Sequence[typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None],
    label: str,
    hold: typing.SupportsFloat | typing.SupportsIndex,
) -> None: ...
