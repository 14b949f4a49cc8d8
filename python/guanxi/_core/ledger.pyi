"""
Order lines and deliveries as checked, customer-sorted columns.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing
import typing_extensions

__all__: list[str] = ["ArrowNames", "Deliveries", "Ledger"]

class ArrowNames:
    def __init__(
        self,
        customer: str = "customer",
        date: str = "date",
        amount: str = "amount",
        order: str = "",
        product: str = "",
        country: str = "",
        supplier: str = "",
        cost: str = "",
        currency: str = "",
    ) -> None: ...

class Ledger:
    def __init__(
        self,
        stream: typing_extensions.CapsuleType,
        names: ArrowNames,
        currency: str = "",
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
        refused: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, str, str]] = [],
    ) -> None: ...
    def countries(
        self,
        start: typing.SupportsInt | typing.SupportsIndex | None = None,
        end: typing.SupportsInt | typing.SupportsIndex | None = None,
    ) -> tuple[typing.Any, ...]: ...
    def country(
        self, end: typing.SupportsInt | typing.SupportsIndex | None = None
    ) -> numpy.typing.NDArray[numpy.uint32]: ...
    def days(self, end: typing.SupportsInt | typing.SupportsIndex | None = None) -> tuple[typing.Any, ...]: ...
    def margin(
        self, end: typing.SupportsInt | typing.SupportsIndex | None = None
    ) -> numpy.typing.NDArray[numpy.float64]: ...
    def notes(self, today: typing.SupportsInt | typing.SupportsIndex) -> list[str]: ...
    def products(
        self,
        start: typing.SupportsInt | typing.SupportsIndex | None = None,
        end: typing.SupportsInt | typing.SupportsIndex | None = None,
    ) -> tuple[typing.Any, ...]: ...
    def rejected(self) -> tuple[typing.Any, ...]: ...
    def split(self, at: typing.SupportsInt | typing.SupportsIndex) -> tuple[Ledger, Ledger]: ...
    def summary(
        self, end: typing.SupportsInt | typing.SupportsIndex | None = None, unit: str = "W"
    ) -> dict[str, typing.Any]: ...
    def suppliers(
        self,
        start: typing.SupportsInt | typing.SupportsIndex | None = None,
        end: typing.SupportsInt | typing.SupportsIndex | None = None,
    ) -> tuple[typing.Any, ...]: ...
    def unmatched_credit(self) -> numpy.typing.NDArray[numpy.float64]: ...
    @property
    def country_ids(self) -> typing.Any: ...
    @property
    def currency(self) -> str: ...
    @property
    def customers(self) -> int: ...
    @property
    def first_day(self) -> int: ...
    @property
    def has_cost(self) -> bool: ...
    @property
    def ids(self) -> typing.Any: ...
    @property
    def last_day(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def product_ids(self) -> typing.Any: ...
    @property
    def read(self) -> int: ...
    @property
    def repeated(self) -> int: ...
    @property
    def supplier_ids(self) -> typing.Any: ...

class Deliveries:
    def __init__(
        self,
        stream: typing_extensions.CapsuleType,
        with_orders: bool = False,
        every: str = "M",
        ledger: Ledger | None = None,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
        refused: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, str, str]] = [],
    ) -> None: ...
    def columns(
        self,
    ) -> tuple[
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
    ]: ...
    def dropped(
        self,
    ) -> tuple[
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.uint32],
        numpy.typing.NDArray[numpy.float64],
    ]: ...
    def number_of(self, period: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def rejected(self) -> tuple[typing.Any, ...]: ...
    def start_of(self, period: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    @property
    def by_date(self) -> bool: ...
    @property
    def customers(self) -> int: ...
    @property
    def known_customers(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def periods(self) -> int: ...
    @property
    def prospect_ids(self) -> typing.Any: ...
    @property
    def read(self) -> int: ...
    @property
    def supplier_ids(self) -> typing.Any: ...
