from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = ["Allocation", "Explanation", "allocate", "explain", "least", "price_ranges"]

class Allocation:
    @property
    def bound(self) -> float: ...
    @property
    def core(self) -> int: ...
    @property
    def dual(self) -> float: ...
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
def explain(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    plan: Allocation,
    account: typing.SupportsInt | typing.SupportsIndex,
) -> Explanation: ...
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
def price_ranges(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cost: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    budget: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    options: dict[str, typing.Any],
    plan: Allocation,
) -> list[tuple[float, float]]: ...
