"""Purchase models whose parameters depend on what is known of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core, _frames
from ._errors import Error
from ._value_family import LikelihoodRatio, _columns
from ._value_fitted import Fitted

Floats = npt.NDArray[np.float64]
_MODELS = ("ParetoNBD", "BGNBD", "MBGNBD")


def _is_words(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_dictionary(kind))


class CovariateModel(Fitted):
    """ParetoNBD, BGNBD or MBGNBD with covariates on purchases and on leaving.

    The rate of purchases is multiplied by exp(g . x), the rate of leaving (ParetoNBD) or the odds of leaving after a purchase
    (BGNBD, MBGNBD) by exp(h . z).

    Parameters
    ----------
    model
        "ParetoNBD", "BGNBD" or "MBGNBD".
    purchase, dropout
        Names of columns of the summary: numbers, or words (country, product group), which become one column a word beside
        the most frequent one.
    params
        The four parameters and the coefficients by name (``"purchase:size"``), to build a model without a fit; columns of
        numbers only.
    threads
        0: all of the machine's; the result is the same for any number.

    Attributes
    ----------
    params_, standard_errors_, covariance_, log_likelihood_, status_ and the others of every model
        Coefficients are named ``purchase:size``, ``dropout:country=Ghana``.
    test_ : LikelihoodRatio
        Against the same model without covariates.
    log_likelihood_without_ : float
    base_ : dict
        The word of each column of words that has no coefficient.

    Notes
    -----
    Source: Fader and Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models".
    """

    test_: LikelihoodRatio
    log_likelihood_without_: float
    base_: dict[str, str]

    def __init__(self, model: str = "ParetoNBD", *, purchase: Sequence[str] = (), dropout: Sequence[str] = (),
                 params: dict[str, float] | None = None, threads: int = 0) -> None:
        if model not in _MODELS:
            raise Error(f"value.CovariateModel: 'model' is {model!r}; one of {', '.join(_MODELS)} is wanted", "unknown_name")
        self.model = model
        self.purchase = [purchase] if isinstance(purchase, str) else list(purchase)
        self.dropout = [dropout] if isinstance(dropout, str) else list(dropout)
        self.params = params
        self.threads = threads
        self._words: dict[str, list[str]] = {}
        self._made: Any = None
        if params is not None:
            self._start()
            wanted = [*("r", "alpha"), *(("s", "beta") if model == "ParetoNBD" else ("a", "b")),
                      *(f"purchase:{n}" for n in self.purchase), *(f"dropout:{n}" for n in self.dropout)]
            if set(params) != set(wanted):
                raise Error(f"value.CovariateModel: 'params' has {', '.join(sorted(params))}; {', '.join(wanted)} are wanted", "unknown_name")
            self._core.set(np.array([params[n] for n in wanted], dtype=np.float64))
            self._take(self._core.result())
            self.base_ = {}

    def _start(self) -> None:
        self._made = _core.value.CovariateModel(self.model, self._names(self.purchase), self._names(self.dropout), self.threads)

    @property
    def _core(self) -> Any:
        if self._made is None:
            raise Error("value.CovariateModel: fit comes first", "not_fitted")
        return self._made

    def _names(self, columns: list[str]) -> list[str]:
        return [name for c in columns for name in ([f"{c}={w}" for w in self._words[c]] if c in self._words else [c])]

    def _known(self, summary: Any) -> tuple[Floats, Floats]:
        table = _frames.read(summary, "value.CovariateModel")
        for name in (*self.purchase, *self.dropout):
            _frames.require(name, table.column_names, "value.CovariateModel")
        return self._matrix(table, self.purchase), self._matrix(table, self.dropout)

    def _matrix(self, table: pa.Table, columns: list[str]) -> Floats:
        out: list[Floats] = []
        for c in columns:
            if c not in self._words:
                out.append(_frames.floats(table, c))
                continue
            words = table[c].cast(pa.string())
            seen = set(pc.unique(words).to_pylist())
            strange = seen - {*self._words[c], self.base_[c]}
            if strange:
                word = min(map(str, strange))
                raise Error(f"value.CovariateModel: {c} has {word!r}, which the fit has not seen", "unknown_name")
            out += [np.asarray(pc.equal(words, w).combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64) for w in self._words[c]]
        return np.ascontiguousarray(np.column_stack(out)) if out else np.empty((len(table), 0))

    def fit(self, summary: Any) -> CovariateModel:
        """Fits by maximum likelihood; always returns, see ``status_``.

        Parameters
        ----------
        summary
            Any frame with one row a customer: frequency, recency, age (or T) and the covariates; optionally weights.

        Raises
        ------
        guanxi.Error
            A row that is no history of purchases, a covariate that is unknown or the same for every customer.

        Notes
        -----
        Costs a sort, then 5 to 12 passes of about 0.25 us a distinct row (ParetoNBD; the others 0.12 us).
        """
        table = _frames.read(summary, "value.CovariateModel")
        self._words, self.base_ = {}, {}
        for c in dict.fromkeys((*self.purchase, *self.dropout)):
            _frames.require(c, table.column_names, "value.CovariateModel")
            if _is_words(table[c].type):
                counts = sorted((-v["counts"], str(v["values"])) for v in pc.value_counts(table[c].cast(pa.string())).to_pylist())
                if any(v == "None" for _, v in counts) and table[c].null_count:
                    raise Error(f"value.CovariateModel: {c} has {table[c].null_count} empty rows; give them a word of their own", "not_finite")
                if len(counts) < 2:
                    raise Error(f"value.CovariateModel: {c} is the same for every customer; a column that varies is wanted", "out_of_domain")
                self.base_[c], self._words[c] = counts[0][1], sorted(v for _, v in counts[1:])
        self._start()
        columns = _columns(table, "value.CovariateModel")
        self._core.fit(columns["frequency"], columns["recency"], columns["age"], *self._known(table), columns.get("weights"))
        self._take(self._core.result())
        self.log_likelihood_without_ = float(self._core.log_likelihood_without())
        self.test_ = LikelihoodRatio(*self._core.test())
        return self

    def _rows(self, summary: Any) -> tuple[Floats, ...]:
        columns = _columns(summary, "value.CovariateModel", weights=False)
        return columns["frequency"], columns["recency"], columns["age"], *self._known(summary)

    def probability_alive(self, summary: Any) -> Floats:
        """Chance that each customer still buys, in the order of the rows."""
        out: Floats = self._core.probability_alive(*self._rows(summary))
        return out

    def expected_purchases(self, summary: Any, horizon: float) -> Floats:
        """Expected purchases of each customer in (age, age + horizon]."""
        out: Floats = self._core.expected_purchases(*self._rows(summary), float(horizon))
        return out

    def expected_purchases_new(self, covariates: Any, horizon: float) -> Floats:
        """Expected repeat purchases of new customers, known by a frame of covariates alone."""
        table = _frames.read(covariates, "value.CovariateModel")
        zero = np.zeros(len(table))
        out: Floats = self._core.expected_purchases(zero, zero, zero, *self._known(table), float(horizon))
        return out

    def probability_of(self, summary: Any, n: int, horizon: float) -> Floats:
        """P(exactly n purchases in the horizon) of each customer."""
        out: Floats = self._core.probability_of(*self._rows(summary), int(n), float(horizon))
        return out

    def draws(self, n: int, seed: int) -> Floats:
        """n draws of the parameters from their approximate posterior, shape (n, parameters)."""
        out: Floats = self._core.draws(int(n), int(seed)).reshape(int(n), len(self.params_))
        return out

    def forecast(self, summary: Any, horizon: float, *, level: float = 0.9, draws: int = 100, seed: int = 0) -> Any:
        """Every prediction with its interval; columns as ``ParetoNBD.forecast``, a frame of the summary's kind."""
        return _frames.give(self._forecast(summary, horizon, level, draws, seed)[0], _frames.kind_of(summary))

    def total(self, summary: Any, horizon: float, *, level: float = 0.9, draws: int = 100, seed: int = 0) -> tuple[float, float, float]:
        """Purchases of all customers together in the horizon: expected, low, high."""
        _, total, low, high = self._forecast(summary, horizon, level, draws, seed)
        return float(total), float(low), float(high)

    def _forecast(self, summary: Any, horizon: float, level: float, draws: int, seed: int) -> tuple[Any, ...]:
        out: tuple[Any, ...] = self._core.forecast(*self._rows(summary), float(horizon), float(level), int(draws), int(seed), self.threads)
        return out
