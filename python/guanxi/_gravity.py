"""The gravity equation by Poisson pseudo-maximum likelihood with fixed effects."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._frames import codes, floats, give, kind_of, plain_text, read

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]
_WHY = ["kept", "effect without trade", "separated"]


class Gravity:
    """A fitted gravity equation; made by `gravity`.

    Attributes
    ----------
    params_ : dict, regressor -> coefficient (NaN where left out as collinear)
    standard_errors_ : dict, regressor -> standard error
    covariance_ : array (regressors, regressors)
    effects_ : dict, effect -> frame with its key columns and ``effect`` (-inf: no trade at all, expected 0)
    fitted_ : array (rows), expected trade; NaN for refused rows
    dropped_ : frame with row (from 0) and why: what did not take part
    deviance_, iterations_, rows_, zeros_, groups_, parts_, converged_, status_
    """

    def __init__(self, names: list[str], effects: list[str], value: str, errors: str, kind: Any, found: dict[str, Any], labels: list[dict[str, pa.Array]],
                 kept: npt.NDArray[np.int64], rows: int, refused: list[tuple[int, str]]) -> None:
        self._names, self._effects, self._value, self._errors, self._kind, self._labels = names, effects, value, errors, kind, labels
        self.params_: dict[str, float] = dict(zip(names, found["coefficient"].tolist(), strict=True))
        self.standard_errors_: dict[str, float] = dict(zip(names, found["standard_error"].tolist(), strict=True))
        self.covariance_: Floats = found["covariance"].reshape(len(names), len(names))
        self._effect: list[Floats] = found["effect"]
        self.effects_: dict[str, Any] = {name: give(dict(keys) | {"effect": value}, kind)
                                         for name, keys, value in zip(effects, labels, found["effect"], strict=False)}
        if not effects:
            self.effects_["constant"] = give({"effect": found["effect"][0]}, kind)
        self.fitted_: Floats = np.full(rows, np.nan)
        self.fitted_[kept] = found["fitted"]
        out = np.flatnonzero(found["dropped"])
        lines = [(int(kept[i]), _WHY[found["dropped"][i]]) for i in out] + refused
        lines.sort()
        self.dropped_: Any = give({"row": pa.array([row for row, _ in lines], pa.int64()), "why": pa.array([why for _, why in lines], pa.string())}, kind)
        self.deviance_: float = found["deviance"]
        self.iterations_: int = found["iterations"]
        self.rows_: int = found["rows"]
        self.zeros_: int = found["zeros"]
        self.groups_: int = found["groups"]
        self.parts_: int = found["parts"]
        self.converged_: bool = found["converged"]
        self.status_: str = found["status"] + (f"; {len(refused)} rows refused, with an unknown value or without a key" if refused else "")

    def predict(self, frame: Any) -> Floats:
        """Expected trade of rows: array (rows).

        Needs the regressors' and the effects' columns; an offset does not enter. A level that the fit did not see, or
        a regressor that is not known, gives NaN; a level without any trade gives 0.
        """
        table = plain_text(read(frame, "predict", [*self._names, *dict.fromkeys(k for e in self._effects for k in e.split("+"))]))
        eta = np.zeros(table.num_rows)
        for name, b in self.params_.items():
            if b == b:
                eta += b * floats(table, name)
        if not self._effects:
            eta += self._effect[0][0]
        for name, keys, level in zip(self._effects, self._labels, self._effect, strict=False):
            eta += _look_up(table, name.split("+"), keys, level)
        return np.exp(eta)

    def interval(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Normal interval of each coefficient."""
        z = float(_core.base.normal_quantile(0.5 + level / 2))
        return {name: (b - z * self.standard_errors_[name], b + z * self.standard_errors_[name]) for name, b in self.params_.items()}

    def __repr__(self) -> str:
        lines = [f"Gravity of {self._value}: {self.rows_:,} rows, {self.zeros_:,} without trade; {self.status_}",
                 f"  {'':24}{'coefficient':>12}{'error':>10}{'z':>9}"]
        for name, b in self.params_.items():
            se = self.standard_errors_[name]
            lines.append(f"  {name:24}{b:>12.4f}{se:>10.4f}{b / se if se else float('nan'):>9.2f}")
        effects = ", ".join(self._effects) if self._effects else "a constant"
        lines.append(f"  effects: {effects}; errors: {self._errors}; deviance {self.deviance_:,.1f}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(n)}</th><td>{b:.4f}</td><td>{self.standard_errors_[n]:.4f}</td></tr>"
                       for n, b in self.params_.items())
        return (f"<table><caption>Gravity of {html.escape(self._value)}: {html.escape(self.status_)}</caption>"
                f"<tr><th></th><th>coefficient</th><th>error</th></tr>{rows}</table>")


def gravity(frame: Any, *, value: str = "value", regressors: Sequence[str], effects: Sequence[str] = (), errors: str | Sequence[str] = "hetero",
            offset: str | None = None, weight: str | None = None, tolerance: float = 1e-8, passes: int = 100, separation: bool = True,
            threads: int = 0) -> Gravity:
    """What trade should be, given distance, ties and who trades: Poisson pseudo-maximum likelihood with fixed effects.

    Parameters
    ----------
    frame : frame, one row an exporter, importer (and year)
    value : str
        Trade of 0 or more, any unit; zeros are welcome.
    regressors : columns of numbers
    effects : columns, or columns joined by ``+`` ("exporter+year")
        Each gives one effect a level. None: a constant.
    errors : "hetero", "model", the name of a column, or two names
        Robust to unlike variances (sandwich, no small-sample factor); the Poisson model's own; clustered by the column
        ("a+b" works too) with the factor G/(G-1); clustered two ways.
    offset, weight : str, optional
        Columns: added to the exponent; weight of a row, above 0.
    tolerance : float
        The fit ends when a pass moves it by less.
    separation : bool
        Look for rows whose expectation runs to 0 (iterative rectifier); they are dropped and listed.

    Returns
    -------
    Gravity

    Raises
    ------
    Error
        Negative trade, no trade at all, a column that does not exist.

    Notes
    -----
    Cost: passes x sweeps x rows; 1M rows with two effects take some tenths of a second. The same bits for any order of
    rows and any number of threads.
    Source: Santos Silva and Tenreyro (2006), Review of Economics and Statistics 88, 641; separation: Correia, Guimaraes
    and Zylkin (2021).
    """
    names, effects = list(regressors), [effects] if isinstance(effects, str) else list(effects)
    if isinstance(errors, str):
        word = errors if errors in ("hetero", "model") else "cluster"
        clusters = [] if word != "cluster" else [errors]
    else:
        word, clusters = "cluster", list(errors)
    keys = list(dict.fromkeys(k for e in [*effects, *clusters] for k in e.split("+")))
    numbers = list(dict.fromkeys([value, *names, *[c for c in (offset, weight) if c]]))
    table = plain_text(read(frame, "gravity", [*keys, *numbers]))
    rows = table.num_rows
    known = np.ones(rows, bool)
    for name in numbers:
        known &= np.isfinite(floats(table, name))
    for name in keys:
        if table.column(name).null_count:
            known &= table.column(name).is_valid().to_numpy()
    refused: list[tuple[int, str]] = []
    kept = np.arange(rows)
    if not known.all():
        kept = np.flatnonzero(known)
        refused = [(int(i), "unknown value or key") for i in np.flatnonzero(~known)]
        table = table.filter(pa.array(known))
    single: dict[str, tuple[Codes, pa.Array]] = {}
    found = [_levels(table, e.split("+"), single) for e in effects]
    groups = [_levels(table, c.split("+"), single)[0] for c in clusters]
    columns = np.empty((len(names), len(kept)))
    for i, name in enumerate(names):
        columns[i] = floats(table, name)
    fit = _core.market.gravity(floats(table, value), columns.ravel(), len(names), [f[0] for f in found],
                               floats(table, weight) if weight else np.empty(0), floats(table, offset) if offset else np.empty(0), groups, word,
                               names, tolerance, passes, separation, threads)
    described = word if word != "cluster" else f"clustered by {' and '.join(clusters)}, {fit['groups']:,} groups"
    return Gravity(names, effects, value, described, kind_of(frame), fit, [f[1] for f in found], kept, rows, refused)


def _small_codes(column: pa.ChunkedArray) -> tuple[Codes, pa.Array] | None:
    """Codes of whole numbers that lie close together, without a hash; None for other columns."""
    if not pa.types.is_integer(column.type) or column.null_count or len(column) == 0:
        return None
    number = column.to_numpy()
    low, high = int(number.min()), int(number.max())
    if high - low > 4 * len(number) + 1000:
        return None
    seen = np.zeros(high - low + 1, bool)
    at = number if low == 0 and number.dtype == np.int64 else number.astype(np.int64) - low
    seen[at] = True
    distinct = np.flatnonzero(seen)
    if len(distinct) == len(seen):
        return at.astype(np.uint32), pa.array((distinct + low).astype(number.dtype))
    rank = np.zeros(len(seen), np.uint32)
    rank[distinct] = np.arange(len(distinct), dtype=np.uint32)
    return rank[at], pa.array((distinct + low).astype(number.dtype))


def _levels(table: pa.Table, keys: list[str], single: dict[str, tuple[Codes, pa.Array]]) -> tuple[Codes, dict[str, pa.Array]]:
    """Level of each row among the distinct keys in sorted order, and those keys."""
    for key in keys:
        if key not in single:
            single[key] = _small_codes(table.column(key)) or codes(table, key)
    if len(keys) == 1:
        return single[keys[0]][0], {keys[0]: single[keys[0]][1]}
    joint = np.zeros(table.num_rows, np.int64)
    size = 1
    for key in keys:
        code, labels = single[key]
        joint = joint * len(labels) + code
        size *= max(1, len(labels))
    if size <= 4 * table.num_rows + 1000:
        seen = np.zeros(size, bool)
        seen[joint] = True
        distinct = np.flatnonzero(seen)
        number = np.zeros(size, np.uint32)
        number[distinct] = np.arange(len(distinct), dtype=np.uint32)
        group = number[joint]
    else:
        distinct, back = np.unique(joint, return_inverse=True)
        group = back.astype(np.uint32)
    out: dict[str, pa.Array] = {}
    rest = distinct
    for key in reversed(keys):
        labels = single[key][1]
        out[key] = labels.take(pa.array(rest % len(labels)))
        rest = rest // len(labels)
    return group, {key: out[key] for key in keys}


def _look_up(table: pa.Table, keys: list[str], labels: dict[str, pa.Array], level: Floats) -> Floats:
    joint = np.zeros(table.num_rows, np.int64)
    mine = np.zeros(len(level), np.int64)
    unseen = np.zeros(table.num_rows, bool)
    for key in keys:
        distinct = labels[key].unique()
        code = pc.index_in(table.column(key).cast(distinct.type), value_set=distinct)
        code = code.combine_chunks() if isinstance(code, pa.ChunkedArray) else code
        unseen |= code.is_null().to_numpy(zero_copy_only=False)
        joint = joint * len(distinct) + code.fill_null(0).to_numpy(zero_copy_only=False)
        mine = mine * len(distinct) + pc.index_in(labels[key], value_set=distinct).to_numpy(zero_copy_only=False)
    order = np.argsort(mine)
    at = np.minimum(np.searchsorted(mine[order], joint), len(order) - 1)
    out = level[order][at]
    out[(mine[order][at] != joint) | unseen] = np.nan
    return out
