"""
Countries and products.
"""

from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "NOBODY",
    "advantage_rows",
    "advantage_table",
    "cagr",
    "concentration",
    "constant_share",
    "country_table",
    "midpoint",
    "similarities",
    "sources_of_change",
    "trend",
]

def advantage_rows(
    exporter: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    product: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    exporters: typing.SupportsInt | typing.SupportsIndex,
    products: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def advantage_table(
    values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    exporters: typing.SupportsInt | typing.SupportsIndex,
    products: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def cagr(
    first: typing.SupportsFloat | typing.SupportsIndex,
    last: typing.SupportsFloat | typing.SupportsIndex,
    periods: typing.SupportsFloat | typing.SupportsIndex,
) -> float: ...
def concentration(amounts: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> dict[str, typing.Any]: ...
def constant_share(
    w0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    w1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    W0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    W1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    products: typing.SupportsInt | typing.SupportsIndex,
    places: typing.SupportsInt | typing.SupportsIndex,
    weights: str,
    order: str,
) -> dict[str, typing.Any]: ...
def country_table(
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64],
    date: typing.Annotated[numpy.typing.ArrayLike, numpy.int32],
    amount: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    country: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    countries: typing.SupportsInt | typing.SupportsIndex,
    end: typing.SupportsInt | typing.SupportsIndex,
    customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    supplier: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    delivered: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    suppliers: typing.SupportsInt | typing.SupportsIndex,
    periods: typing.SupportsInt | typing.SupportsIndex,
    own: typing.SupportsInt | typing.SupportsIndex,
    periods_a_year: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def midpoint(
    first: typing.SupportsFloat | typing.SupportsIndex, last: typing.SupportsFloat | typing.SupportsIndex
) -> float: ...
def similarities(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    products: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def sources_of_change(
    w0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    w1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    W0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    W1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    groups: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def trend(
    values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    periods: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...

NOBODY: int = 4294967295
