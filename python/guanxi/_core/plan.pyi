from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "Allocation",
    "Explanation",
    "allocate",
    "allocate_at_risk",
    "allocate_by_highs",
    "assign",
    "common_draws",
    "explain",
    "knowledge_gradient",
    "least",
    "pairs",
    "pool_rule",
    "price_ranges",
    "prices_over_draws",
    "reasons",
    "response_draws",
    "response_from_answers",
    "runner_ups",
    "simple_rules",
    "spread",
]

class Allocation:
    @property
    def bound(self) -> float: ...
    @property
    def core(self) -> int: ...
    @property
    def dual(self) -> float: ...
    @property
    def failing(self) -> list[typing.Any]: ...
    @property
    def feasible(self) -> bool: ...
    @property
    def gap(self) -> float: ...
    @property
    def level(self) -> numpy.typing.NDArray[numpy.uint32]: ...
    @property
    def limit_prices(self) -> list[float]: ...
    @property
    def limit_used(self) -> list[float]: ...
    @property
    def loss(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def net(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def nodes(self) -> int: ...
    @property
    def prices(self) -> list[float]: ...
    @property
    def status(self) -> str: ...
    @property
    def used(self) -> list[float]: ...
    @property
    def value(self) -> float: ...

class Explanation:
    @property
    def cost(self) -> list[float]: ...
    @property
    def level(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def net(self) -> float: ...
    @property
    def runner_net(self) -> float: ...
    @property
    def runner_up(self) -> int: ...
    @property
    def switching(self) -> list[float]: ...
    @property
    def value(self) -> float: ...

def allocate(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    account: typing.Any | None = None,
    limit: typing.Any | None = None,
) -> Allocation: ...
def allocate_at_risk(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    draws: numpy.ndarray,
    risk: typing.SupportsFloat | typing.SupportsIndex,
    tail: typing.SupportsFloat | typing.SupportsIndex,
    tolerance: typing.SupportsFloat | typing.SupportsIndex,
    rounds: typing.SupportsInt | typing.SupportsIndex,
    account: typing.Any,
    limit: typing.Any,
    against: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
) -> tuple[typing.Any, ...]: ...
def allocate_by_highs(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    library: str,
    seconds: typing.SupportsFloat | typing.SupportsIndex,
    gap: typing.SupportsFloat | typing.SupportsIndex,
    core: bool,
    account: typing.Any,
    limit: typing.Any,
) -> Allocation: ...
def assign(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    manager: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    load: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    managers: typing.SupportsInt | typing.SupportsIndex,
    loads: typing.SupportsInt | typing.SupportsIndex,
    budgets: typing.SupportsInt | typing.SupportsIndex,
    floor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    capacity: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    effort: typing.SupportsInt | typing.SupportsIndex = 600,
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
    prices: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [],
) -> dict[str, typing.Any]: ...
def common_draws(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    mean: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    factors: collections.abc.Sequence[
        tuple[typing.Annotated[numpy.typing.ArrayLike, numpy.uint32], typing.SupportsFloat | typing.SupportsIndex]
    ],
    own_sd: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float32]: ...
def explain(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    plan: Allocation,
    account: typing.SupportsInt | typing.SupportsIndex,
) -> Explanation: ...
def knowledge_gradient(
    net: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    slope: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    levels: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def least(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    vary: typing.SupportsInt | typing.SupportsIndex,
    target: typing.SupportsFloat | typing.SupportsIndex,
    account: typing.Any | None = None,
    limit: typing.Any | None = None,
) -> tuple[float, float, Allocation, str]: ...
def pairs(
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    hours: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    languages: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    skills: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    latitude: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    longitude: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    visits: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    managers: typing.SupportsInt | typing.SupportsIndex,
    their_languages: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    their_skills: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    their_latitude: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    their_longitude: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    missing_skill: typing.SupportsFloat | typing.SupportsIndex,
    hours_per_1000_km: typing.SupportsFloat | typing.SupportsIndex,
    farthest: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.uint32],
    numpy.typing.NDArray[numpy.uint32],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
]: ...
def pool_rule(
    owner_gain: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    pool_gain: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    act: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    decay: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    moving: typing.SupportsFloat | typing.SupportsIndex,
    discount: typing.SupportsFloat | typing.SupportsIndex,
    delay: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.uint8],
]: ...
def price_ranges(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    plan: Allocation,
) -> list[tuple[float, float]]: ...
def prices_over_draws(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    draws: numpy.ndarray,
    plan: Allocation,
) -> tuple[typing.Any, ...]: ...
def reasons(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    plan: Allocation,
    code: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    names: collections.abc.Sequence[str],
) -> list[str]: ...
def response_draws(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    effort: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    high: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    half: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    power: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    draws: typing.SupportsInt | typing.SupportsIndex,
    half_doubt: typing.SupportsFloat | typing.SupportsIndex,
    power_doubt: typing.SupportsFloat | typing.SupportsIndex,
    high_doubt: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float32]: ...
def response_from_answers(
    effort: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    none: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    now: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    more: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    saturation: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]: ...
def runner_ups(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    plan: Allocation,
) -> tuple[
    numpy.typing.NDArray[numpy.uint32], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
]: ...
def simple_rules(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    revenue: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    present: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
) -> list[typing.Any]: ...
def spread(
    low: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    high: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    half: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    power: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    most: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.SupportsFloat | typing.SupportsIndex,
    tolerance: typing.SupportsFloat | typing.SupportsIndex = 1e-06,
    nodes: typing.SupportsInt | typing.SupportsIndex = 2000,
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
) -> dict[str, typing.Any]: ...
