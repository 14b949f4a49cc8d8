"""Shares from counts of choices: Dirichlet-multinomial and NBD-Dirichlet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import Error
from ._share_tools import Floats, array_of


def _table(counts: Any, what: str) -> npt.NDArray[Any]:
    array = np.asarray(counts)
    if array.ndim != 2:
        raise Error(f"{what}: 'counts' has {array.ndim} dimensions, rows of customers and columns of suppliers are wanted", "size_mismatch")
    if array.dtype == bool or not np.issubdtype(array.dtype, np.number):
        array = array_of(array, f"{what}: counts")
    return np.ascontiguousarray(array)


@dataclass(frozen=True)
class ShareTable:
    """Shares of every customer (row) and supplier (column) with the ends of their intervals."""

    mean: Floats
    low: Floats
    high: Floats


class DirichletMultinomial:
    """Shares from counts of choices: multinomial counts, share vectors from Dirichlet(alpha), alpha by maximum likelihood.

    Parameters
    ----------
    threads : 0 = all of the machine's; the result does not depend on it.

    Attributes
    ----------
    alpha_ : array, one a supplier. log_likelihood_ : multinomial coefficients left out. coefficient_ : the log of those, summed.
    gradient_norm_ : largest slope in log alpha. passes_ : evaluations. status_ : in words.

    Notes
    -----
    One pass over whole counts (about 1 ns a count), then Newton on a histogram. Mosimann (1962); Minka (2000).
    """

    def __init__(self, *, threads: int = 0) -> None:
        self.threads = threads

    def fit(self, counts: Any) -> DirichletMultinomial:
        """Learns alpha from counts; gives self, with what a person should know in ``status_``.

        Parameters
        ----------
        counts : array (customers, suppliers)
            At least 0, whole or not.

        Raises
        ------
        guanxi.Error
            A negative or non-finite count (with its place); all counts 0.

        Notes
        -----
        About 1 ns a whole count; about 60 ns a count and pass otherwise.
        """
        array = _table(counts, "DirichletMultinomial.fit")
        core = _core.share.DirichletMultinomial(self.threads)
        whole = np.issubdtype(array.dtype, np.integer)
        (core.fit_whole if whole else core.fit)(array, array.shape[1])
        self._core = core
        self.alpha_: Floats = np.array(core.alpha)
        self.log_likelihood_: float = core.log_likelihood
        self.coefficient_: float = core.coefficient
        self.gradient_norm_: float = core.gradient_norm
        self.passes_: int = core.passes
        self.status_: str = core.status
        return self

    def shares(self, counts: Any, level: float = 0.9) -> ShareTable:
        """Posterior shares of customers with these counts: mean (alpha + x) / (S + n) and the interval of its beta law.

        Parameters
        ----------
        counts : array (customers, suppliers)
            As many columns as in ``fit``.
        level : float
            Probability inside the intervals, above 0 and below 1.

        Returns
        -------
        ShareTable
            Arrays of the shape of ``counts``.

        Raises
        ------
        guanxi.Error
            Not fitted, another number of columns, a level outside (0, 1).

        Notes
        -----
        About 2 microseconds a cell.
        """
        if not hasattr(self, "_core"):
            raise Error("DirichletMultinomial: call fit first", "not_fitted")
        array = _table(counts, "DirichletMultinomial.shares")
        if array.shape[1] != len(self.alpha_):
            raise Error(f"DirichletMultinomial.shares: 'counts' has {array.shape[1]} columns, the fit has {len(self.alpha_)}", "size_mismatch")
        return ShareTable(*(part.reshape(array.shape) for part in self._core.shares(array.astype(np.float64, copy=False), level)))

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return "DirichletMultinomial(): not fitted"
        return (f"DirichletMultinomial: {len(self.alpha_)} suppliers, sum of alpha {self.alpha_.sum():.4g}, "
                f"log-likelihood {self.log_likelihood_:.6g}; {self.status_}")


class NBDDirichlet:
    """Buying of brands in a category (Goodhardt, Ehrenberg and Chatfield 1984): negative binomial purchases, Dirichlet split.

    Parameters
    ----------
    rule : "notch" leaves brands out whose S is an outlier of the box plot or above its upper notch; "weighted" takes all.

    Attributes
    ----------
    m_, k_, s_ : purchases a household, K and S. s_by_brand_ : array (NaN where no S meets the penetration). status_ : in words.
    penetration, buying_rate, category_rate, scr, loyal : arrays by brand. duplication : matrix, row j = part of the buyers of j
    that buys column k as well.

    Notes
    -----
    Some 100 microseconds for a table of 8 brands. The market must stand still. See docs/share/nbd_dirichlet.md.
    """

    def __init__(self, *, rule: str = "notch") -> None:
        self.rule = rule

    def fit(self, counts: Any = None, *, penetration: float | None = None, rate: float | None = None, shares: Any = None,
            penetrations: Any = None) -> NBDDirichlet:
        """Learns from a market table, or from counts by maximum likelihood; gives self.

        Parameters
        ----------
        counts : array (households, brands), optional
            Purchases in one period, whole, non-buyers included.
        penetration : float
            Part of all households that buys the category, above 0 and below 1.
        rate : float
            Purchases of the category a buyer, at least 1.
        shares : array (brands,)
            Of purchases; sum at most 1, what is missing is one more brand that is left out of the tables.
        penetrations : array (brands,)
            Above 0, at most the category's.

        Raises
        ------
        guanxi.Error
            Values outside these bounds, unlike lengths, neither counts nor a full table, an unknown rule.

        Notes
        -----
        Some 100 microseconds for a table of 8 brands; one pass over counts.
        """
        if self.rule not in ("notch", "weighted"):
            raise Error(f"NBDDirichlet: 'rule' is '{self.rule}', it must be 'notch' or 'weighted'", "unknown_name")
        core = _core.share.NBDDirichlet(self.rule == "notch")
        if counts is not None:
            array = _table(counts, "NBDDirichlet.fit").astype(np.float64, copy=False)
            core.fit_counts(array, array.shape[1])
        elif penetration is None or rate is None or shares is None or penetrations is None:
            raise Error("NBDDirichlet.fit: give counts, or all of penetration, rate, shares and penetrations", "empty")
        else:
            core.fit_table(float(penetration), float(rate), array_of(shares, "NBDDirichlet: shares"),
                           array_of(penetrations, "NBDDirichlet: penetrations"))
        return self._take(core)

    def _take(self, core: Any) -> NBDDirichlet:
        self._core = core
        self.m_: float = core.m
        self.k_: float = core.k
        self.s_: float = core.s
        self.s_by_brand_: Floats = core.s_by_brand
        self.status_: str = core.status
        return self

    def _fitted(self) -> Any:
        if not hasattr(self, "_core"):
            raise Error("NBDDirichlet: call fit first", "not_fitted")
        return self._core

    @property
    def penetration(self) -> Floats:
        """Part of all households that buys the brand."""
        out: Floats = self._fitted().penetration
        return out

    @property
    def buying_rate(self) -> Floats:
        """Purchases of the brand a buyer of it."""
        out: Floats = self._fitted().buying_rate
        return out

    @property
    def category_rate(self) -> Floats:
        """Purchases of the category a buyer of the brand."""
        out: Floats = self._fitted().category_rate
        return out

    @property
    def scr(self) -> Floats:
        """Share of category requirements."""
        out: Floats = self._fitted().scr
        return out

    @property
    def loyal(self) -> Floats:
        """Part of the brand's buyers that buys nothing else."""
        out: Floats = self._fitted().loyal
        return out

    @property
    def duplication(self) -> Floats:
        """Matrix (brands, brands): row j, column k = part of the buyers of j that buys k as well; 1 on the diagonal."""
        flat: Floats = self._fitted().duplication
        side = math.isqrt(len(flat))
        return flat.reshape(side, side)

    def frequency(self, brand: int, n: int, *, open: bool = False) -> Floats:
        """P(a household buys the brand 0, 1, .. n times).

        Parameters
        ----------
        brand : int
            Its place in the table, from 0.
        n : int
            At least 0.
        open : bool
            The last entry stands for n and more.

        Returns
        -------
        array (n + 1,)

        Raises
        ------
        guanxi.Error
            Not fitted, an unknown brand, a negative n.

        Notes
        -----
        Costs n + 1 passes over the table of category purchases.
        """
        if n < 0:
            raise Error(f"NBDDirichlet.frequency: 'n' is {n}, it must be at least 0", "out_of_domain")
        if brand < 0:
            raise Error(f"NBDDirichlet.frequency: 'brand' is {brand}, it must be at least 0", "out_of_domain")
        out: Floats = self._fitted().frequency(brand, n, open)
        return out

    def expect(self, brand: int, own: int) -> tuple[float, float]:
        """What is to be expected of a household that bought ``own`` times from the brand, all else unknown.

        Parameters
        ----------
        brand : int
            Its place in the table, from 0.
        own : int
            Its purchases of the brand in the period.

        Returns
        -------
        (float, float)
            Purchases of the category, the brand's share of the coming ones.

        Raises
        ------
        guanxi.Error
            Not fitted, an unknown brand, a negative ``own``.

        Notes
        -----
        Costs one pass over the table of category purchases.
        """
        if brand < 0 or own < 0:
            raise Error(f"NBDDirichlet.expect: 'brand' is {brand} and 'own' {own}, both must be at least 0", "out_of_domain")
        wallet, part = self._fitted().expect(brand, own)
        return float(wallet), float(part)

    def scaled(self, periods: float) -> NBDDirichlet:
        """The model for a period so many times as long: M grows, K and S stay.

        Parameters
        ----------
        periods : float
            Above 0.

        Raises
        ------
        guanxi.Error
            Not fitted, ``periods`` not above 0.
        """
        return NBDDirichlet(rule=self.rule)._take(self._fitted().scaled(periods))

    def with_s(self, s: float) -> NBDDirichlet:
        """The same model with S set by hand.

        Parameters
        ----------
        s : float
            Above 0.

        Raises
        ------
        guanxi.Error
            Not fitted, ``s`` not above 0.
        """
        return NBDDirichlet(rule=self.rule)._take(self._fitted().with_s(s))

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):
            return f"NBDDirichlet(rule={self.rule!r}): not fitted"
        rows = [f"NBDDirichlet: M {self.m_:.4g}, K {self.k_:.4g}, S {self.s_:.4g}; {self.status_}",
                "brand  share  penetration  buying rate  category rate    scr  loyal"]
        for j, values in enumerate(zip(self._core.shares, self.penetration, self.buying_rate, self.category_rate, self.scr, self.loyal)):
            rows.append("{:5d}  {:5.3f}  {:11.3f}  {:11.2f}  {:13.2f}  {:5.3f}  {:5.3f}".format(j, *values))
        return "\n".join(rows)
