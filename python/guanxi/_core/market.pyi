"""
Countries and products.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "NOBODY",
    "advantage_rows",
    "advantage_table",
    "all_countries",
    "cagr",
    "change_range",
    "concentration",
    "constant_share",
    "convert_codes",
    "country",
    "country_table",
    "currency",
    "density",
    "find_country",
    "gravity",
    "hs",
    "is_hs_edition",
    "midpoint",
    "moves_to_rivals",
    "nearest_countries",
    "nowcast",
    "potential",
    "proximity",
    "score",
    "similarities",
    "sources_of_change",
    "table",
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
def all_countries() -> list[typing.Any]: ...
def cagr(
    first: typing.SupportsFloat | typing.SupportsIndex,
    last: typing.SupportsFloat | typing.SupportsIndex,
    periods: typing.SupportsFloat | typing.SupportsIndex,
) -> float: ...
def change_range(
    w0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    w1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    low0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    high0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    low1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    high1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    groups: typing.SupportsInt | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    draws: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
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
def convert_codes(
    old: collections.abc.Sequence[str],
    new: collections.abc.Sequence[str],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    code: collections.abc.Sequence[str],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> dict[str, typing.Any]: ...
def country(name: str) -> dict[str, typing.Any]: ...
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
def currency(code: str) -> dict[str, typing.Any]: ...
def density(
    rca: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    phi: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    exporters: typing.SupportsInt | typing.SupportsIndex,
    products: typing.SupportsInt | typing.SupportsIndex,
    keep_diagonal: bool,
) -> numpy.typing.NDArray[numpy.float64]: ...
def find_country(name: str) -> int: ...
def gravity(
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    regressors: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    columns: typing.SupportsInt | typing.SupportsIndex,
    effects: collections.abc.Sequence[typing.Annotated[numpy.typing.ArrayLike, numpy.uint32]],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    offset: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    clusters: collections.abc.Sequence[typing.Annotated[numpy.typing.ArrayLike, numpy.uint32]],
    errors: str,
    names: collections.abc.Sequence[str],
    tolerance: typing.SupportsFloat | typing.SupportsIndex,
    passes: typing.SupportsInt | typing.SupportsIndex,
    separation: bool,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def hs(text: str, repair: bool) -> dict[str, typing.Any]: ...
def is_hs_edition(year: typing.SupportsInt | typing.SupportsIndex) -> bool: ...
def midpoint(
    first: typing.SupportsFloat | typing.SupportsIndex, last: typing.SupportsFloat | typing.SupportsIndex
) -> float: ...
def moves_to_rivals(
    own: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    W0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    W1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    cell: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    rival: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    before: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    after: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> dict[str, typing.Any]: ...
def nearest_countries(name: str, most: typing.SupportsInt | typing.SupportsIndex) -> list[str]: ...
def nowcast(
    seen: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    full: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    markets: typing.SupportsInt | typing.SupportsIndex,
    years: typing.SupportsInt | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def potential(
    exporter: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    importer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    product: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    exporters: typing.SupportsInt | typing.SupportsIndex,
    importers: typing.SupportsInt | typing.SupportsIndex,
    products: typing.SupportsInt | typing.SupportsIndex,
    cap: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def proximity(
    rca: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    exporters: typing.SupportsInt | typing.SupportsIndex,
    products: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
def score(
    demand: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    low: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    high: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ours: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    attainable: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    margin: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    entry: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    chance: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> dict[str, typing.Any]: ...
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
def table(
    exporter: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    importer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    product: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    value: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    part: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    quantity: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    expected: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    mirrored: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    home: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    exporters: typing.SupportsInt | typing.SupportsIndex,
    importers: typing.SupportsInt | typing.SupportsIndex,
    products: typing.SupportsInt | typing.SupportsIndex,
    periods: typing.SupportsInt | typing.SupportsIndex,
    own: typing.SupportsInt | typing.SupportsIndex,
    now: typing.SupportsInt | typing.SupportsIndex,
    back: typing.SupportsInt | typing.SupportsIndex,
    level: typing.SupportsFloat | typing.SupportsIndex,
    cap: typing.SupportsFloat | typing.SupportsIndex,
    like: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    margin: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    entry: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def trend(
    values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    periods: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    level: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...

NOBODY: int = 4294967295
