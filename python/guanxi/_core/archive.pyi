"""
Customer files with two times.
"""

from __future__ import annotations
import collections.abc
import typing

__all__: list[str] = ["Archive", "always", "sha256"]

class Archive:
    def __init__(
        self, path: str, read_only: bool, power_safe: bool, busy_ms: typing.SupportsInt | typing.SupportsIndex
    ) -> None: ...
    def add_run(self, name: str, inputs: collections.abc.Sequence[tuple[str, str]], result: str, user: str) -> int: ...
    def audit(self) -> list[typing.Any]: ...
    def close(self) -> None: ...
    def expire(
        self,
        rules: list[typing.Any],
        at: typing.SupportsInt | typing.SupportsIndex,
        dry_run: bool,
        token: str,
        user: str,
    ) -> dict[str, typing.Any]: ...
    def find(
        self,
        conditions: list[typing.Any],
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> list[str]: ...
    def get(
        self,
        customer: str,
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> list[typing.Any]: ...
    def get_field(
        self,
        customer: str,
        field: str,
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> tuple[typing.Any, ...]: ...
    def get_run(self, id: typing.SupportsInt | typing.SupportsIndex) -> dict[str, typing.Any]: ...
    def history(self, customer: str, field: str) -> list[typing.Any]: ...
    def hold(
        self, customer: str, reason: str, until: typing.SupportsInt | typing.SupportsIndex | None, user: str
    ) -> None: ...
    def put(
        self,
        customer: str,
        fields: list[typing.Any],
        valid_from: typing.SupportsInt | typing.SupportsIndex | None,
        valid_to: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
        source: str,
        user: str,
    ) -> int: ...
    def runs(self) -> list[typing.Any]: ...
    def verify(self, tail: str) -> tuple[bool, int, int, str]: ...

def sha256(bytes: bytes) -> str: ...

always: int = 9223372036854775807
