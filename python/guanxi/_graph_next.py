"""What comes next: new ties, and how ties change."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa

from ._errors import Error
from ._frames import give
from ._graph_book import Book, _half_life, _positive

Model = Literal["auto", "learned", "walk"]
_CHANGES = pa.array(["present", "new", "kept", "quiet", "lost", "back"])


class Next(Book):
    """What comes next: new ties, and how ties change."""

    def next_suppliers(self, k: int | None = 10, *, customers: Any = None, at: Any = None, horizon: int = 1, model: Model = "auto",
                       half_life: float | Literal["auto"] | None = "auto", power: float = 0.0, damping: float = 0.85,
                       new_only: bool = True) -> Any:
        """Suppliers that customers are likely to add next.

        Parameters
        ----------
        k : int or None
            Rows a customer; ``None``: all candidates.
        at : period, optional
            Last period that counts; nothing after it is used.
        horizon : int
            Periods within which a tie should come, for the learned model.
        model : "auto", "learned" or "walk"
            "learned": a model of walks, likeness, popularity, recency, value and product that is fitted to past periods of
            this graph (``tie_model_``). "walk": ranked by the walk alone. "auto": learned where the past allows and no
            setting of the walk was given.
        half_life : float, "auto" or None
            Of the walk: periods after which a tie counts half; "auto" is half of the observed span, None lets ties never
            fade.
        power : float
            Of the walk: ties count money to this power. 0: money says little of the next tie.

        Returns
        -------
        frame
            customer, supplier, score (personalised PageRank), chance (of the tie coming within ``horizon`` periods,
            learned on past periods; unknown without, see ``status_``), rank, why.

        Raises
        ------
        guanxi.Error
            ``not_fitted`` when "learned" is asked for and the past has fewer than 20 new ties.
        """
        who = self._some(customers, "customer", "next_suppliers")
        rows = 0 if k is None else _positive(k, "k", "next_suppliers")
        half = _half_life(half_life)
        m = self._model(at, horizon, model, damping, "next_suppliers", plain=half_life == "auto" and power == 0 and new_only)
        if m is not None:
            r = self._g.learned_next(m, "customer", who, rows)
        else:
            r = self._g.next_ties("customer", who, rows, self._at(at, "next_suppliers"), half, power, damping, new_only, True, self._threads)
        self.status_ = r["status"]
        columns = {"customer": self._customers.take(pa.array(r["from"])), "supplier": self._suppliers.take(pa.array(r["to"])), "score": r["score"],
                   "chance": r["chance"], "rank": r["rank"], "why": self._why(r, "like {}, who buy from it")}
        return give(columns, self._kind)

    def winnable(self, supplier: Any, k: int = 20, *, at: Any = None, horizon: int = 1, model: Model = "auto",
                 half_life: float | Literal["auto"] | None = "auto", power: float = 0.0, damping: float = 0.85) -> Any:
        """Customers that a supplier does not serve yet and is likely to win.

        The walk starts at the supplier: the customer's own view would hide how ready it is to add suppliers. Settings as in
        ``next_suppliers``.

        Returns
        -------
        frame
            customer, score, chance (within ``horizon`` periods), expected (money in the first period: chance x usual
            first share of an entrant x the customer's purchases a period), rank, why.
        """
        me = int(self._ids(supplier, "supplier", "winnable")[0])
        rows, half = _positive(k, "k", "winnable"), _half_life(half_life)
        m = self._model(at, horizon, model, damping, "winnable", plain=half_life == "auto" and power == 0)
        if m is not None:
            r = self._g.learned_winnable(m, me, rows)
        else:
            r = self._g.winnable(me, rows, self._at(at, "winnable"), half, power, damping, self._threads)
        self.status_ = r["status"]
        columns = {"customer": self._customers.take(pa.array(r["to"])), "score": r["score"], "chance": r["chance"], "expected": r["expected"],
                   "rank": r["rank"], "why": self._why(r, "buys like {}, who are customers")}
        return give(columns, self._kind)

    def _model(self, at: Any, horizon: int, model: str, damping: float, method: str, *, plain: bool) -> Any:
        """The learned model, kept for the next call with the same settings; None where the walk ranks."""
        if model not in ("auto", "learned", "walk"):
            raise Error(f"{method}: model is {model!r}, wanted 'auto', 'learned' or 'walk'", "unknown_name")
        if model == "auto" and (not plain or len(self._periods) < 2) or model == "walk":
            return None
        key = (self._at(at, method), _positive(horizon, "horizon", method), damping)
        if self._learned is None or self._learned[0] != key:
            self._learned = (key, self._g.learn_ties(key[0], key[1], 4, damping, 7, self._threads))
        m = self._learned[1]
        self.tie_model_ = dict(zip(m.features, m.slopes, strict=True)) if m.known else {}
        if not m.known and model == "learned":
            raise Error(f"{method}: {m.status}", "not_fitted")
        return m if m.known else None

    def tie_changes(self, *, quiet: int | None = None) -> Any:
        """Which ties are new, kept, quiet, lost or back in each period.

        Parameters
        ----------
        quiet : int, optional
            Periods of absence that make a loss; by default the 95 % quantile of the book's own absences (``quiet_``).

        Returns
        -------
        frame
            customer, supplier, period, change, before, after (money in the period before and in this one),
            share_before, share_after (of the customer's purchases). The first period can only say "present".
        """
        r = self._g.tie_changes(quiet)
        self.quiet_ = int(r["quiet"])
        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(r["customer"])), "supplier": self._suppliers.take(pa.array(r["supplier"])),
                                   "period": self._periods.take(pa.array(r["period"])), "change": _CHANGES.take(pa.array(r["change"]))}
        columns |= {name: r[name] for name in ("before", "after", "share_before", "share_after")}
        return give(columns, self._kind)
