"""
Days, units, threads, special functions.
"""

from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "beta_lower",
    "beta_quantile",
    "beta_upper",
    "binomial_log_pmf",
    "days_in",
    "digamma",
    "gamma_lower",
    "gamma_quantile",
    "gamma_upper",
    "lbeta",
    "lgamma",
    "log1mexp",
    "log1pexp",
    "log_rising",
    "logaddexp",
    "normal_cdf",
    "normal_quantile",
    "poisson_log_pmf",
    "thread_count",
    "to_text",
    "trigamma",
]

def beta_lower(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def beta_quantile(
    p: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def beta_upper(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def binomial_log_pmf(
    k: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    n: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    p: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def days_in(unit: str) -> float: ...
def digamma(x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
def gamma_lower(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def gamma_quantile(
    p: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    shape: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def gamma_upper(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def lbeta(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def lgamma(x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
def log1mexp(x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
def log1pexp(x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
def log_rising(
    x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    n: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def logaddexp(
    a: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def normal_cdf(x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
def normal_quantile(p: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
def poisson_log_pmf(
    k: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    mean: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> typing.Any: ...
def thread_count(asked: typing.SupportsInt | typing.SupportsIndex = 0) -> int: ...
def to_text(day: typing.SupportsInt | typing.SupportsIndex) -> str: ...
def trigamma(x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> typing.Any: ...
