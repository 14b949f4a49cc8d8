"""
Customer files with two times.
"""

from __future__ import annotations
import collections.abc
import typing

__all__: list[str] = ["Archive", "always", "can_seal", "can_use_server", "sha256"]

class Archive:
    def __init__(
        self,
        path: str,
        read_only: bool,
        power_safe: bool,
        busy_ms: typing.SupportsInt | typing.SupportsIndex,
        key: bytes,
        key_path: str,
        keys: str,
    ) -> None: ...
    def add(
        self,
        customer: str,
        field: str,
        key: str,
        kind: typing.SupportsInt | typing.SupportsIndex,
        value: typing.Any,
        valid_from: typing.SupportsInt | typing.SupportsIndex | None,
        valid_to: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
        source: str,
        user: str,
        personal: bool,
        person: str,
    ) -> int: ...
    def add_run(self, name: str, inputs: collections.abc.Sequence[tuple[str, str]], result: str, user: str) -> int: ...
    def allow(self, role: str, customers: collections.abc.Sequence[str], may_write: bool) -> None: ...
    def audit(self) -> list[typing.Any]: ...
    def backup(self, path: str) -> None: ...
    def check(self) -> str: ...
    def close(self) -> None: ...
    def columns(
        self,
        fields: collections.abc.Sequence[str],
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> tuple[int, list[typing.Any]]: ...
    def compact(self) -> None: ...
    def copy_to(self, where: str) -> None: ...
    def data_version(self) -> int: ...
    def define(self, name: str, many: bool, personal: bool, searchable: bool, group: str) -> None: ...
    def disallow(self, role: str, customers: collections.abc.Sequence[str]) -> None: ...
    def erase(
        self, customer: str, reason: str, user: str, person: str, forget_id: bool
    ) -> tuple[int, str, list[str], int, int, int, str, bool, bool]: ...
    def expire(
        self,
        rules: list[typing.Any],
        at: typing.SupportsInt | typing.SupportsIndex,
        dry_run: bool,
        token: str,
        user: str,
    ) -> dict[str, typing.Any]: ...
    def fields(self) -> list[typing.Any]: ...
    def file(
        self,
        customer: str,
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> list[typing.Any]: ...
    def find(
        self,
        conditions: list[typing.Any],
        text: str,
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> list[str]: ...
    def get_field(
        self,
        customer: str,
        field: str,
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> typing.Any: ...
    def get_many(
        self,
        customers: collections.abc.Sequence[str],
        field: str,
        as_of: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
    ) -> list[typing.Any]: ...
    def get_run(self, id: typing.SupportsInt | typing.SupportsIndex) -> dict[str, typing.Any]: ...
    def history(self, customer: str, field: str) -> list[typing.Any]: ...
    def hold(
        self, customer: str, reason: str, until: typing.SupportsInt | typing.SupportsIndex | None, user: str
    ) -> None: ...
    def load(
        self,
        batches: list[typing.Any],
        valid_from: typing.SupportsInt | typing.SupportsIndex | None,
        valid_to: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
        source: str,
        user: str,
    ) -> dict[str, typing.Any]: ...
    def put(
        self,
        customer: str,
        fields: list[typing.Any],
        valid_from: typing.SupportsInt | typing.SupportsIndex | None,
        valid_to: typing.SupportsInt | typing.SupportsIndex | None,
        known_at: typing.SupportsInt | typing.SupportsIndex | None,
        source: str,
        user: str,
        personal: bool,
        person: str,
    ) -> int: ...
    def rights(self) -> list[typing.Any]: ...
    def runs(self) -> list[typing.Any]: ...
    def verify(self, tail: str) -> tuple[bool, int, int, str]: ...

def can_seal() -> bool: ...
def can_use_server(library: str) -> bool: ...
def sha256(bytes: bytes) -> str: ...

always: int = 9223372036854775807
