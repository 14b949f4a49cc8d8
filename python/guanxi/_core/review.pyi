"""
The key-account review.
"""

from __future__ import annotations
import collections.abc
import guanxi._core.ledger
import typing

__all__: list[str] = ["review"]

def review(
    ledger: guanxi._core.ledger.Ledger,
    deliveries: guanxi._core.ledger.Deliveries | None,
    hours: typing.SupportsFloat | typing.SupportsIndex,
    money: typing.SupportsFloat | typing.SupportsIndex,
    horizon: typing.SupportsFloat | typing.SupportsIndex,
    unit: str,
    own: str,
    margin: typing.SupportsFloat | typing.SupportsIndex,
    efforts: collections.abc.Sequence[
        tuple[str, typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]
    ],
    response: collections.abc.Mapping[str, typing.SupportsFloat | typing.SupportsIndex],
    level: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
    progress: collections.abc.Callable[..., typing.Any] | None,
    managers: collections.abc.Sequence[
        tuple[str, typing.SupportsFloat | typing.SupportsIndex, collections.abc.Sequence[str]]
    ],
    pool_hour: typing.SupportsFloat | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
