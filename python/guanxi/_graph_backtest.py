"""How well new ties are foretold on the past of a graph, beside what anybody could do without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ._errors import Error
from ._frames import give
from ._graph_book import _positive

if TYPE_CHECKING:
    from .graph import SupplierGraph

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
From = Literal["customer", "supplier"]
LEARNED = "learned model"
_CELLS = 60_000_000


@dataclass(frozen=True)
class Known:
    """What is known at the end of a period, customers x suppliers; what a ranking may look at.

    ties: whether they trade. recent: whether there is a line within the horizon.
    """

    ties: Flags
    recent: Flags


Ranking = Callable[[Known], Floats]


class Backtest:
    """What ``graph.backtest`` found: ``table_``, ``chances_``.

    table_ : frame
        side, ranked_by, rankings, nodes; auc, precision, map, mrr, each with _low and _high; and for all but the learned
        model ahead_auc, ahead_precision, ahead_map with _low and _high: how far the learned model is ahead (paired).
    chances_ : frame
        side, pairs (from the least likely to the likeliest), number, expected, came.
    """

    def __init__(self, table: dict[str, Any], chances: dict[str, Any], kind: Any) -> None:
        self.table_, self.chances_ = give(table, kind), give(chances, kind)
        self._rows = list(zip(*(table[name] for name in ("side", "ranked_by", "auc", "precision", "map")), strict=True))

    def __repr__(self) -> str:
        lines = [f"  {side:9} {name:24} {auc:.3f}  {p:.3f}  {m:.3f}" for side, name, auc, p, m in self._rows]
        return "Backtest: AUC, precision of 10, MAP of 10\n" + "\n".join(lines)


def backtest(graph: SupplierGraph, at: Any, *, horizon: int = 1, sides: Sequence[From] = ("customer", "supplier"),
             rankings: Mapping[str, Ranking] | None = None, level: float = 0.95, draws: int = 1000, seed: int = 7) -> Backtest:
    """Foretells new ties at past dates and says how often that was right.

    At each date only lines up to it are known. Ties first seen within ``horizon`` periods after it, both ends known before,
    are to be found: for every customer (supplier) that got one, all suppliers (customers) without a tie are ranked.

    Parameters
    ----------
    graph : SupplierGraph
        With periods.
    at : period or sequence of periods
    horizon : int
        Periods within which a tie has to come.
    sides : "customer", "supplier" or both
        From which side: next suppliers of customers, winnable customers of suppliers.
    rankings : mapping of names to functions, optional
        Rivals of your own: a function takes ``Known`` and gives scores, customers x suppliers.
    level : float
        Of the intervals: nodes are drawn again with all their rankings, ``draws`` times.

    Returns
    -------
    Backtest
        ``table_`` and ``chances_``. Beside the learned model stand the walk of fading ties, personalised PageRank,
        like-customers cosine, popularity and recent popularity.

    Raises
    ------
    guanxi.Error
        Without periods; when nothing came within any horizon; for graphs of more than 60 million pairs.

    Notes
    -----
    Cost: a fit and a table of all pairs a date. Equal scores are broken at random, from ``seed``.
    """
    if len(graph._periods) == 0:
        raise Error("backtest: no 'period' column was given", "unknown_name")
    if len(graph.customers) * len(graph.suppliers) > _CELLS:
        raise Error(f"backtest: {len(graph.customers)} customers x {len(graph.suppliers)} suppliers are more than {_CELLS} pairs", "out_of_domain")
    ahead = _positive(horizon, "horizon", "backtest")
    dates = list(at) if isinstance(at, (list, tuple, range, np.ndarray)) else [at]
    for side in sides:
        if side not in ("customer", "supplier"):
            raise Error(f"backtest: side is {side!r}, wanted 'customer' or 'supplier'", "unknown_name")
    kept: dict[tuple[str, str], list[tuple[int, Floats]]] = {}
    chances: dict[str, list[tuple[Floats, Flags]]] = {side: [] for side in sides}
    for date in dates:
        number = graph._at(date, "backtest")
        if number is None or number + ahead >= len(graph._periods):
            raise Error(f"backtest: at is {date}, the last period is {graph._periods[-1]}: nothing is known of {ahead} periods after it", "out_of_domain")
        known, came, alive = _cut(graph, number, ahead)
        for side in sides:
            turned = side == "supplier"
            for name, score in _scores(graph, date, ahead, known, side, rankings or {}).items():
                if name == LEARNED:
                    seen = ~np.isnan(score)
                    chances[side].append((score[seen], came[seen]))
                kept.setdefault((side, name), []).extend(_measure(score, known.ties, came, alive, turned, seed))
    if not any(kept.values()):
        raise Error(f"backtest: no tie came within {ahead} periods after any date", "empty")
    return Backtest(_table(kept, level, draws, seed), _chances(chances), graph._kind)


def _cut(graph: SupplierGraph, number: int, ahead: int) -> tuple[Known, Flags, Flags]:
    then, later = graph._g.window(0, number), graph._g.window(0, number + ahead)
    near = graph._g.window(max(0, number - ahead + 1), number)

    def matrix(g: Any) -> Flags:
        out = np.zeros((g.customers, g.suppliers), bool)
        rows = g.rows("customer")
        out[np.repeat(np.arange(g.customers), np.diff(rows["start"].astype(np.int64))), rows["other"]] = True
        return out

    ties = matrix(then)
    lines = near.lines()
    recent = np.zeros_like(ties)
    recent[lines["pair_customer"], lines["pair_supplier"]] = True
    alive: Flags = np.outer(ties.any(axis=1), ties.any(axis=0))
    return Known(ties, recent & ties), matrix(later) & ~ties & alive, alive


def _scores(graph: SupplierGraph, date: Any, ahead: int, known: Known, side: From, more: Mapping[str, Ranking]) -> dict[str, Floats]:
    number = graph._at(date, "backtest")
    out: dict[str, Floats] = {}
    model = graph._model(date, ahead, "auto", 0.85, "backtest", plain=True)
    everybody = np.empty(0, np.uint32)
    if model is not None:
        out[LEARNED] = _placed(graph._g.learned_next(model, side, everybody, 0), "chance", known, side)
    walk = graph._g.next_ties(side, everybody, 0, number, 0.0, 0.0, 0.85, True, False, 0)
    out["walk of fading ties"] = _placed(walk, "score", known, side, 0.0)
    plain = graph._g.next_ties(side, everybody, 0, number, np.inf, 0.0, 0.85, True, False, 0)
    out["personalised PageRank"] = _placed(plain, "score", known, side, 0.0)
    a = (known.ties if side == "customer" else known.ties.T).astype(float)
    norm = np.sqrt(np.maximum(1, a.sum(1)))
    like = a @ a.T / norm[:, None] / norm[None, :]
    np.fill_diagonal(like, 0)
    out["like-customers cosine"] = like @ a if side == "customer" else (like @ a).T
    along = int(side == "supplier")
    for name, m in (("popularity", known.ties), ("recent popularity", known.recent)):
        out[name] = np.broadcast_to(m.sum(axis=along, keepdims=True).astype(float), known.ties.shape)
    for name, rival in more.items():
        out[name] = np.asarray(rival(known), float)
        if out[name].shape != known.ties.shape:
            raise Error(f"backtest: ranking {name!r} gave scores of shape {out[name].shape}, wanted {known.ties.shape}", "size_mismatch")
    return out


def _placed(r: dict[str, Any], value: str, known: Known, side: From, empty: float = np.nan) -> Floats:
    out = np.full(known.ties.shape, empty)
    a, b = (r["from"], r["to"]) if side == "customer" else (r["to"], r["from"])
    out[a, b] = r[value]
    return out


def _measure(score: Floats, ties: Flags, came: Flags, alive: Flags, turned: bool, seed: int) -> list[tuple[int, Floats]]:
    """AUC, P@10, AP@10 and reciprocal rank of each node that got a new tie."""
    if turned:
        score, ties, came, alive = score.T, ties.T, came.T, alive.T
    random = np.random.default_rng(seed)
    out = []
    for i in np.flatnonzero(came.any(axis=1)):
        of = ~ties[i] & alive[i]
        x, y = np.nan_to_num(score[i][of]), came[i][of]
        n, hits = len(y), int(y.sum())
        if hits == n:
            continue
        order = np.lexsort((random.random(n), -x))
        place = np.flatnonzero(y[order])
        values, inverse, count = np.unique(x, return_inverse=True, return_counts=True)
        below = np.concatenate([[0], np.cumsum(count)[:-1]])
        rank = (below + (count + 1) / 2)[inverse]
        auc = (rank[y].sum() - hits * (hits + 1) / 2) / (hits * (n - hits))
        top = place[place < 10]
        out.append((int(i), np.array([auc, len(top) / 10, ((np.arange(len(top)) + 1) / (top + 1)).sum() / min(10, hits), 1 / (place[0] + 1)])))
    return out


def _interval(values: Floats, owner: npt.NDArray[np.int64], level: float, draws: int, seed: int) -> tuple[float, float]:
    """Interval of the mean when owners are drawn again with all that is theirs."""
    _, code = np.unique(owner, return_inverse=True)
    n = int(code.max()) + 1
    total, count = np.bincount(code, values, n), np.bincount(code, minlength=n)
    pick = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    low, high = np.quantile(pick @ total / (pick @ count), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _table(kept: dict[tuple[str, str], list[tuple[int, Floats]]], level: float, draws: int, seed: int) -> dict[str, Any]:
    out: dict[str, list[Any]] = {}
    figures = ("auc", "precision", "map", "mrr")
    for (side, name), rows in kept.items():
        owner, values = np.array([i for i, _ in rows], np.int64), np.array([v for _, v in rows]).reshape(-1, 4)
        if not len(owner):
            continue
        row: dict[str, Any] = {"side": side, "ranked_by": name, "rankings": len(owner), "nodes": len(np.unique(owner))}
        for j, figure in enumerate(figures):
            low, high = _interval(values[:, j], owner, level, draws, seed)
            row |= {figure: float(values[:, j].mean()), f"{figure}_low": low, f"{figure}_high": high}
        best = kept.get((side, LEARNED), [])
        same = name != LEARNED and len(best) == len(rows)
        ahead = np.array([v for _, v in best]).reshape(-1, 4) - values if same else np.full((1, 4), np.nan)
        for j, figure in enumerate(figures[:3]):
            low, high = _interval(ahead[:, j], owner, level, draws, seed) if same else (np.nan, np.nan)
            row |= {f"ahead_{figure}": float(ahead[:, j].mean()), f"ahead_{figure}_low": low, f"ahead_{figure}_high": high}
        for column, value in row.items():
            out.setdefault(column, []).append(value)
    return out


def _chances(chances: dict[str, list[tuple[Floats, Flags]]]) -> dict[str, Any]:
    out: dict[str, list[Any]] = {name: [] for name in ("side", "pairs", "number", "expected", "came")}
    names = ("lower half", "next 40 %", "next 9 %", "next 0.9 %", "top 0.1 %")
    for side, parts in chances.items():
        if not parts:
            continue
        p, y = np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])
        order = np.argsort(p, kind="stable")
        edges = [int(x * len(p)) for x in (0, 0.5, 0.9, 0.99, 0.999, 1)]
        groups = [*(order[a:b] for a, b in zip(edges, edges[1:], strict=False)), order]
        for name, i in zip((*names, "all"), groups, strict=True):
            for column, value in zip(out, (side, name, len(i), float(p[i].sum()), int(y[i].sum())), strict=True):
                out[column].append(value)
    return out
