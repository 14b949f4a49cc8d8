"""
Shares, wallets, raking, concentration.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "DirichletMultinomial",
    "FitnessEnsemble",
    "NBDDirichlet",
    "REST",
    "SharesColumns",
    "SupplierShares",
    "concentration",
    "dominance_threshold",
    "dynamic_shares",
    "elasticities",
    "entry_alarm",
    "entry_watch",
    "fill_hidden",
    "fit_attraction",
    "hhi",
    "loss_split",
    "loss_split_draws",
    "mann_kendall",
    "minimum_density",
    "own_elasticity",
    "own_wallets",
    "pinball",
    "posterior_concentration",
    "quantile_regression",
    "rake_dense",
    "rake_sparse",
    "source_names",
    "surveyed_wallets",
    "theil_sen",
    "wallet_allocation_rule",
    "wallet_quantiles",
]

class SharesColumns:
    pass

class SupplierShares:
    def __init__(
        self,
        own: typing.SupportsInt | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
        draws: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
        window: typing.SupportsInt | typing.SupportsIndex,
        keep: typing.SupportsInt | typing.SupportsIndex,
        trend_periods: typing.SupportsInt | typing.SupportsIndex,
        phi: typing.SupportsFloat | typing.SupportsIndex,
        firmness: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...
    def fit(
        self,
        customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        supplier: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        amount: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        orders: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        customers: typing.SupportsInt | typing.SupportsIndex,
        suppliers: typing.SupportsInt | typing.SupportsIndex,
        periods: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def forecast(self, periods: typing.SupportsInt | typing.SupportsIndex) -> dict[str, typing.Any]: ...
    def update(
        self,
        customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        supplier: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        amount: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> dict[str, typing.Any]: ...
    @property
    def alpha(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def customers(self) -> dict[str, typing.Any]: ...
    @property
    def drift(self) -> tuple[float, float]: ...
    @property
    def phi(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def shares(self) -> dict[str, typing.Any]: ...
    @property
    def status(self) -> str: ...
    @property
    def wallets(self) -> dict[str, typing.Any]: ...

class DirichletMultinomial:
    def __init__(self, threads: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def fit(
        self,
        counts: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        columns: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def fit_whole(
        self,
        counts: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        columns: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def shares(
        self,
        counts: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        level: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[
        numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
    ]: ...
    @property
    def alpha(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def coefficient(self) -> float: ...
    @property
    def gradient_norm(self) -> float: ...
    @property
    def log_likelihood(self) -> float: ...
    @property
    def passes(self) -> int: ...
    @property
    def status(self) -> str: ...

class NBDDirichlet:
    def __init__(self, notch: bool) -> None: ...
    def expect(
        self, brand: typing.SupportsInt | typing.SupportsIndex, own: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[float, float]: ...
    def fit_counts(
        self,
        counts: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        columns: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def fit_table(
        self,
        penetration: typing.SupportsFloat | typing.SupportsIndex,
        rate: typing.SupportsFloat | typing.SupportsIndex,
        shares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        penetrations: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...
    def frequency(
        self, brand: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex, open: bool
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def scaled(self, periods: typing.SupportsFloat | typing.SupportsIndex) -> NBDDirichlet: ...
    def with_s(self, s: typing.SupportsFloat | typing.SupportsIndex) -> NBDDirichlet: ...
    @property
    def buying_rate(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def category_rate(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def duplication(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def k(self) -> float: ...
    @property
    def loyal(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def m(self) -> float: ...
    @property
    def penetration(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def s(self) -> float: ...
    @property
    def s_by_brand(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def scr(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def shares(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def status(self) -> str: ...

class FitnessEnsemble:
    def __init__(
        self,
        rows: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        columns: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        links: typing.SupportsFloat | typing.SupportsIndex,
        known: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
        threads: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def cells(self, level: typing.SupportsFloat | typing.SupportsIndex) -> dict[str, typing.Any]: ...
    def draw(
        self, seed: typing.SupportsInt | typing.SupportsIndex, number: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def links(self) -> float: ...
    @property
    def z(self) -> float: ...

def concentration(shares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> dict[str, typing.Any]: ...
def dominance_threshold(
    s1: typing.SupportsFloat | typing.SupportsIndex,
    s2: typing.SupportsFloat | typing.SupportsIndex,
    g: typing.SupportsFloat | typing.SupportsIndex = 1.0,
) -> float: ...
def dynamic_shares(
    counts: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    suppliers: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    discount: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def elasticities(
    shares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.SupportsFloat | typing.SupportsIndex,
    kind: str,
) -> numpy.typing.NDArray[numpy.float64]: ...
def entry_alarm(
    rival: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    wallet: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    periods: typing.SupportsInt | typing.SupportsIndex,
    false_alarm: typing.SupportsFloat | typing.SupportsIndex,
    shuffles: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def entry_watch(
    rival: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    periods: typing.SupportsInt | typing.SupportsIndex,
    false_alarm: typing.SupportsFloat | typing.SupportsIndex,
    first: typing.SupportsInt | typing.SupportsIndex,
    allowance: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def fill_hidden(
    customers: typing.SupportsInt | typing.SupportsIndex,
    suppliers: typing.SupportsInt | typing.SupportsIndex,
    amount: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    row: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    column: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    past: collections.abc.Sequence[typing.Annotated[numpy.typing.ArrayLike, numpy.float64]],
    covariate: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    covariates: typing.SupportsInt | typing.SupportsIndex,
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    seen_if_big: bool,
    row_error: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    column_error: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    part: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    reach: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    sums: collections.abc.Sequence[
        tuple[
            collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
        ]
    ],
    own: typing.SupportsInt | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    draws: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def fit_attraction(
    shares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    suppliers: typing.SupportsInt | typing.SupportsIndex,
    variables: typing.SupportsInt | typing.SupportsIndex,
    kind: str,
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def hhi(
    shares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    customers: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def loss_split(
    own_before: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    wallet_before: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    own_now: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    wallet_now: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> dict[str, typing.Any]: ...
def loss_split_draws(
    own_before: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    before: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    before_low: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    before_high: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    own_now: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    now: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    now_low: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    now_high: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
    tie: typing.SupportsFloat | typing.SupportsIndex,
    draws: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def mann_kendall(
    values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[float, float, float, float, float]: ...
def minimum_density(
    rows: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    columns: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    allowed: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
) -> tuple[
    numpy.typing.NDArray[numpy.uint32], numpy.typing.NDArray[numpy.uint32], numpy.typing.NDArray[numpy.float64], float
]: ...
def own_elasticity(
    part: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], parts: typing.SupportsInt | typing.SupportsIndex
) -> tuple[float, float, int]: ...
def own_wallets(
    own: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    market: typing.SupportsFloat | typing.SupportsIndex,
    elasticity: typing.SupportsFloat | typing.SupportsIndex,
    spread: typing.SupportsFloat | typing.SupportsIndex,
    parts: typing.SupportsInt | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def pinball(
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    guess: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    q: typing.SupportsFloat | typing.SupportsIndex,
) -> float: ...
def posterior_concentration(
    alpha: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
    draws: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    g: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def quantile_regression(
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    k: typing.SupportsInt | typing.SupportsIndex,
    q: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def rake_dense(
    prior: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    n: typing.SupportsInt | typing.SupportsIndex,
    k: typing.SupportsInt | typing.SupportsIndex,
    rows: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    columns: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    known: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    row_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    column_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    sweeps: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
    matrix: bool,
) -> dict[str, typing.Any]: ...
def rake_sparse(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    index: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    prior: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    k: typing.SupportsInt | typing.SupportsIndex,
    rows: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    columns: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    known: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    row_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    column_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    sweeps: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
    matrix: bool,
) -> dict[str, typing.Any]: ...
def source_names() -> list[str]: ...
def surveyed_wallets(
    own: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    total: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    trait: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def theil_sen(
    values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], level: typing.SupportsFloat | typing.SupportsIndex
) -> tuple[float, float, float, float]: ...
def wallet_allocation_rule(
    rank: typing.SupportsFloat | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
) -> float: ...
def wallet_quantiles(
    own: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    feature: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    features: typing.SupportsInt | typing.SupportsIndex,
    q: typing.SupportsFloat | typing.SupportsIndex,
    total: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...

REST: int = 4294967295
