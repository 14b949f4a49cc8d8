"""
Customers and their many suppliers.
"""

from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = ["SupplierGraph", "TieModel", "rank_whole", "systemic_risk"]

class TieModel:
    features: typing.ClassVar[list[typing.Any]] = [
        "walk_from_customer",
        "walk_from_supplier",
        "walk_plain",
        "walk_plain_from_supplier",
        "walk_recent",
        "like_customers",
        "like_suppliers",
        "popularity",
        "recent_popularity",
        "winning",
        "tenure",
        "supplier_quiet",
        "suppliers",
        "recent_suppliers",
        "adding",
        "customer_quiet",
        "supplier_ticket",
        "customer_ticket",
        "ticket_mismatch",
        "product_match",
        "product_breadth",
        "walk_squared",
        "like_squared",
        "alike_squared",
        "popularity_squared",
        "match_by_walk",
        "like_sum",
        "alike_sum",
        "foretold",
        "three_ties",
    ]
    def mix(self, side: str) -> float: ...
    @property
    def known(self) -> bool: ...
    @property
    def new_ties(self) -> int: ...
    @property
    def ridge(self) -> float: ...
    @property
    def slopes(self) -> list[float]: ...
    @property
    def status(self) -> str: ...

class SupplierGraph:
    def __init__(
        self,
        customer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        supplier: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        amount: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        product: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32] | None = None,
        period: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32] | None = None,
        customers: typing.SupportsInt | typing.SupportsIndex = 0,
        suppliers: typing.SupportsInt | typing.SupportsIndex = 0,
        products: typing.SupportsInt | typing.SupportsIndex = 0,
        periods: typing.SupportsInt | typing.SupportsIndex = 0,
        keep_zero: bool = False,
    ) -> None: ...
    def advantage(self) -> numpy.typing.NDArray[numpy.float64]: ...
    def betweenness(
        self,
        sources: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    def birank(
        self,
        damping: typing.SupportsFloat | typing.SupportsIndex,
        tol: typing.SupportsFloat | typing.SupportsIndex,
        weight: str,
        customer_seeds: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        supplier_seeds: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> dict[str, typing.Any]: ...
    def brokerage(
        self,
        side: str,
        min_common: typing.SupportsInt | typing.SupportsIndex,
        weight: str,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    def communities(
        self,
        resolution: typing.SupportsFloat | typing.SupportsIndex,
        weight: str,
        starts: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
    ) -> dict[str, typing.Any]: ...
    def competitors(
        self,
        min_common: typing.SupportsInt | typing.SupportsIndex,
        test: bool,
        fdr: typing.SupportsFloat | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
        bicm: bool = False,
    ) -> dict[str, typing.Any]: ...
    def concentration(
        self, side: str = "customer", threads: typing.SupportsInt | typing.SupportsIndex = 0
    ) -> dict[str, typing.Any]: ...
    def core(
        self,
        a: typing.SupportsInt | typing.SupportsIndex | None = None,
        b: typing.SupportsInt | typing.SupportsIndex | None = None,
    ) -> dict[str, typing.Any]: ...
    def cut_nodes(self) -> dict[str, typing.Any]: ...
    def disrupt(
        self,
        suppliers: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        spare: typing.SupportsFloat | typing.SupportsIndex,
    ) -> dict[str, typing.Any]: ...
    def hits(self, tol: typing.SupportsFloat | typing.SupportsIndex, weight: str) -> dict[str, typing.Any]: ...
    def learn_ties(
        self,
        at: typing.SupportsInt | typing.SupportsIndex | None,
        horizon: typing.SupportsInt | typing.SupportsIndex,
        origins: typing.SupportsInt | typing.SupportsIndex,
        damping: typing.SupportsFloat | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> TieModel: ...
    def learned_next(
        self,
        model: TieModel,
        side: str,
        who: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        k: typing.SupportsInt | typing.SupportsIndex,
    ) -> dict[str, typing.Any]: ...
    def learned_winnable(
        self,
        model: TieModel,
        supplier: typing.SupportsInt | typing.SupportsIndex,
        k: typing.SupportsInt | typing.SupportsIndex,
    ) -> dict[str, typing.Any]: ...
    def like_customers(
        self,
        k: typing.SupportsInt | typing.SupportsIndex,
        measure: str,
        weight: str,
        customers: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        min_common: typing.SupportsInt | typing.SupportsIndex,
        max_degree: typing.SupportsInt | typing.SupportsIndex = 0,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    def lines(self) -> dict[str, typing.Any]: ...
    def motifs(self) -> dict[str, typing.Any]: ...
    def needs_gap(
        self,
        k: typing.SupportsInt | typing.SupportsIndex,
        neighbours: typing.SupportsInt | typing.SupportsIndex,
        by_product: bool,
        customers: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        measure: str,
        weight: str,
        level: typing.SupportsFloat | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    def next_ties(
        self,
        side: str,
        who: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        k: typing.SupportsInt | typing.SupportsIndex,
        at: typing.SupportsInt | typing.SupportsIndex | None,
        half_life: typing.SupportsFloat | typing.SupportsIndex,
        power: typing.SupportsFloat | typing.SupportsIndex,
        damping: typing.SupportsFloat | typing.SupportsIndex,
        new_only: bool,
        chances: bool,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    def nodf(self) -> dict[str, typing.Any]: ...
    def pagerank(
        self,
        damping: typing.SupportsFloat | typing.SupportsIndex,
        tol: typing.SupportsFloat | typing.SupportsIndex,
        weight: str,
        customer_seeds: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        supplier_seeds: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> dict[str, typing.Any]: ...
    def personalised(
        self,
        seeds: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
        want: str,
        k: typing.SupportsInt | typing.SupportsIndex,
        damping: typing.SupportsFloat | typing.SupportsIndex,
        precision: typing.SupportsFloat | typing.SupportsIndex,
        fading: bool,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    def refused(self) -> dict[str, typing.Any]: ...
    def rows(self, side: str) -> dict[str, typing.Any]: ...
    def single_source(
        self, level: typing.SupportsFloat | typing.SupportsIndex, by_product: bool
    ) -> dict[str, typing.Any]: ...
    def sophistication(
        self,
        kind: str,
        advantage: bool,
        updates: typing.SupportsInt | typing.SupportsIndex = 0,
        tol: typing.SupportsFloat | typing.SupportsIndex = 1e-10,
    ) -> dict[str, typing.Any]: ...
    def tie_changes(self, quiet: typing.SupportsInt | typing.SupportsIndex | None = None) -> dict[str, typing.Any]: ...
    def window(
        self, first: typing.SupportsInt | typing.SupportsIndex, last: typing.SupportsInt | typing.SupportsIndex
    ) -> SupplierGraph: ...
    def winnable(
        self,
        supplier: typing.SupportsInt | typing.SupportsIndex,
        k: typing.SupportsInt | typing.SupportsIndex,
        at: typing.SupportsInt | typing.SupportsIndex | None,
        half_life: typing.SupportsFloat | typing.SupportsIndex,
        power: typing.SupportsFloat | typing.SupportsIndex,
        damping: typing.SupportsFloat | typing.SupportsIndex,
        threads: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> dict[str, typing.Any]: ...
    @property
    def customers(self) -> int: ...
    @property
    def periods(self) -> int: ...
    @property
    def products(self) -> int: ...
    @property
    def suppliers(self) -> int: ...
    @property
    def ties(self) -> int: ...

@typing.overload
def rank_whole(values: numpy.typing.NDArray[numpy.uint32]) -> tuple[typing.Any, ...]: ...
@typing.overload
def rank_whole(values: numpy.typing.NDArray[numpy.int32]) -> tuple[typing.Any, ...]: ...
@typing.overload
def rank_whole(values: numpy.typing.NDArray[numpy.uint64]) -> tuple[typing.Any, ...]: ...
@typing.overload
def rank_whole(values: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]) -> tuple[typing.Any, ...]: ...
def systemic_risk(
    seller: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    buyer: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    product: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    amount: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    firms: typing.SupportsInt | typing.SupportsIndex,
    who: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32],
    essential: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    base: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex = 0,
) -> dict[str, typing.Any]: ...
