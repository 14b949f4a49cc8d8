"""
Tiers, movement, retention, sorting by several criteria.
"""

from __future__ import annotations
import collections.abc
import guanxi._core.ledger
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "DiscreteHazard",
    "Panel",
    "TierModel",
    "cohorts",
    "copras",
    "cox",
    "cumulative_incidence",
    "electre_tri",
    "flow_sort",
    "gain_of_effort",
    "kaplan_meier",
    "labels",
    "log_rank",
    "migration_value",
    "movement",
    "portfolio",
    "promethee",
    "smaa_tri",
    "spotis",
    "spread_departure",
    "stability",
    "stickiness",
    "tier_rule",
    "top_chances",
    "topsis",
    "topsis_sort",
    "value_of_effort",
    "vikor",
    "weights",
    "weights_ahp",
]

class Panel:
    def __init__(
        self,
        customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        period: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
        emissions: collections.abc.Sequence[tuple[str, typing.Annotated[numpy.typing.ArrayLike, numpy.float64]]],
        covariates: collections.abc.Sequence[tuple[str, typing.Annotated[numpy.typing.ArrayLike, numpy.float64]]],
        exposure: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...

class TierModel:
    @staticmethod
    def given(
        arg0: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        arg1: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        arg2: collections.abc.Sequence[dict[str, typing.Any]],
        arg3: dict[str, typing.Any],
    ) -> TierModel: ...
    def __init__(self, settings: dict[str, typing.Any]) -> None: ...
    def bic(self) -> float: ...
    def effect_errors(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def effects(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def emission_errors(self) -> list[typing.Any]: ...
    def emissions(self) -> list[typing.Any]: ...
    def filter(self, arg0: Panel, arg1: bool) -> dict[str, typing.Any]: ...
    def fit(self, arg0: Panel) -> None: ...
    def forecast(
        self,
        arg0: Panel,
        arg1: typing.SupportsInt | typing.SupportsIndex,
        arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        arg3: typing.SupportsInt | typing.SupportsIndex,
        arg4: bool,
    ) -> dict[str, typing.Any]: ...
    def gradient_norm(self) -> float: ...
    def history(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def initial(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def log_likelihood(self) -> float: ...
    def parameters(self) -> int: ...
    def passes(self) -> int: ...
    def prior(self) -> float: ...
    def run_pass(self, arg0: Panel) -> float: ...
    def smooth(self, arg0: Panel) -> dict[str, typing.Any]: ...
    def states(self) -> int: ...
    def status(self) -> list[str]: ...
    def thresholds(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def transition_errors(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def transitions(
        self, arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]
    ) -> numpy.typing.NDArray[numpy.float64]: ...

class DiscreteHazard:
    def __init__(
        self,
        logit: bool,
        ridge: typing.SupportsFloat | typing.SupportsIndex,
        max_passes: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def fit(
        self,
        X: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        covariates: typing.SupportsInt | typing.SupportsIndex,
        event: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> None: ...
    def predict(
        self,
        X: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        level: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[
        numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
    ]: ...
    def reach(
        self,
        X: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        covariate: typing.SupportsInt | typing.SupportsIndex,
        hazard: typing.SupportsFloat | typing.SupportsIndex,
        level: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[
        numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
    ]: ...
    def result(self) -> dict[str, typing.Any]: ...

def cohorts(
    ledger: guanxi._core.ledger.Ledger,
    end: typing.SupportsInt | typing.SupportsIndex | None,
    unit: str,
    every: typing.SupportsInt | typing.SupportsIndex,
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def copras(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
) -> numpy.typing.NDArray[numpy.float64]: ...
def cox(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.SupportsInt | typing.SupportsIndex,
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    arg7: bool,
    arg8: bool,
    arg9: typing.SupportsFloat | typing.SupportsIndex,
    arg10: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def cumulative_incidence(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[
    int,
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
]: ...
def electre_tri(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg7: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.uint8]]: ...
def flow_sort(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: collections.abc.Sequence[str],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg7: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[numpy.uint8]: ...
def gain_of_effort(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.SupportsInt | typing.SupportsIndex,
    arg3: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def kaplan_meier(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg4: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def labels() -> list[str]: ...
def log_rank(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[float, int, float, numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]: ...
def migration_value(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.SupportsFloat | typing.SupportsIndex,
    arg3: typing.SupportsInt | typing.SupportsIndex | None,
) -> numpy.typing.NDArray[numpy.float64]: ...
def movement(
    customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    period: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    tier: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    tiers: typing.SupportsInt | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def portfolio(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: collections.abc.Sequence[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]],
) -> tuple[
    int,
    numpy.typing.NDArray[numpy.uint16],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.uint8],
    float,
]: ...
def promethee(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: collections.abc.Sequence[str],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[
    numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
]: ...
def smaa_tri(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg7: typing.SupportsFloat | typing.SupportsIndex,
    arg8: typing.SupportsInt | typing.SupportsIndex,
    arg9: typing.SupportsFloat | typing.SupportsIndex,
    arg10: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[
    int, numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint8]
]: ...
def spotis(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[numpy.float64]: ...
def spread_departure(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[
    numpy.typing.NDArray[numpy.uint32],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.uint8],
    numpy.typing.NDArray[numpy.float64],
]: ...
def stability(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: str,
    arg4: collections.abc.Sequence[str],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg7: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg8: typing.SupportsInt | typing.SupportsIndex,
    arg9: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[int, int, numpy.typing.NDArray[numpy.uint32], numpy.typing.NDArray[numpy.uint32]]: ...
def stickiness(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg5: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg6: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def tier_rule(
    value_year: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    share: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    share_low: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    tenure: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    orders_year: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    breadth: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    p_alive: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cuts: dict[str, typing.Any],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.uint8],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    list[str],
    dict[str, typing.Any],
]: ...
def top_chances(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: typing.SupportsInt | typing.SupportsIndex,
    arg4: str,
    arg5: collections.abc.Sequence[str],
    arg6: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg7: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg8: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg9: typing.SupportsInt | typing.SupportsIndex,
    arg10: typing.SupportsFloat | typing.SupportsIndex,
    arg11: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
]: ...
def topsis(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
) -> numpy.typing.NDArray[numpy.float64]: ...
def topsis_sort(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg4: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[numpy.uint8]: ...
def value_of_effort(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg3: typing.SupportsFloat | typing.SupportsIndex,
    arg4: typing.SupportsFloat | typing.SupportsIndex,
    arg5: typing.SupportsFloat | typing.SupportsIndex,
    arg6: typing.SupportsFloat | typing.SupportsIndex,
    arg7: typing.SupportsInt | typing.SupportsIndex,
    arg8: typing.SupportsInt | typing.SupportsIndex,
    arg9: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def vikor(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg2: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    arg3: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
]: ...
def weights(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    arg1: typing.SupportsInt | typing.SupportsIndex,
    arg2: str,
    arg3: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
) -> numpy.typing.NDArray[numpy.float64]: ...
def weights_ahp(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[numpy.typing.NDArray[numpy.float64], float, list[str]]: ...
