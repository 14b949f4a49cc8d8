"""What a person looks at: shares of one customer over time, who holds what, a sentence, and a customer after new sightings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import _core
from ._errors import Error
from ._frames import floats, give, kind_of, read

_OURS = "#0b6e6e"
_OTHERS = ["#c58b2a", "#8a5a83", "#5b84b1", "#a3a948", "#b5651d", "#7a8794", "#999999", "#444444"]
REST = "(rest)"


def _text(value: Any) -> str:
    """A label as it is written on a picture."""
    return str(value)[:10] if hasattr(value, "year") else str(value)


def _money(x: float) -> str:
    """Three figures are what a person remembers."""
    if x == 0 or not math.isfinite(x):
        return "0" if x == 0 else "an unknown amount"
    digits = max(0, 2 - math.floor(math.log10(abs(x))))
    return f"{round(x, 2 - math.floor(math.log10(abs(x)))):,.{min(digits, 2)}f}"


def _turn(p: float, slope: float) -> str:
    if not p == p:
        return ""
    if p >= 0.9:
        return f"is rising (chance {p:.0%})"
    if p <= 0.1:
        return f"is falling (chance {1 - p:.0%})"
    return "shows no clear trend" if abs(slope) == abs(slope) else ""


class SharePictures:
    """Pictures and words of fitted shares."""

    own: Any
    level: float
    shares_: Any
    wallets_: Any
    _core: Any
    _hidden: Any
    _kind: Any
    _customers: pa.Array
    _suppliers: pa.Array
    _people: Any
    _period_labels: Any

    def _arrow(self, frame: Any) -> pa.Table:
        return read(frame, "SupplierShares", None)

    def _rows_of(self, customer: Any, who: str) -> pa.Table:
        """The share rows of one customer, all periods."""
        if not hasattr(self, "status_"):
            raise Error("SupplierShares: call fit first", "not_fitted")
        table = self._arrow(self.shares_)
        names = pc.cast(table.column("customer"), pa.string())
        mine = table.filter(pc.equal(names, str(customer)))
        if not len(mine):
            raise Error(f"SupplierShares.{who}: '{customer}' is not among the customers that bought", "unknown_name")
        return mine

    def picture(self, customer: Any, *, suppliers: int = 5, width: int = 640, height: int = 320) -> Any:
        """Shares of one customer over time, each with its band.

        Parameters
        ----------
        customer : label
        suppliers : int
            How many to draw: we, and those that hold most in the last period.
        width, height : int
            Pixels.

        Returns
        -------
        altair.LayerChart
            Shows itself in a notebook; ``save("page.html", inline=True)`` writes a page that needs no network.

        Raises
        ------
        guanxi.Error
            Not fitted, an unknown customer.

        Notes
        -----
        O(rows). With ``keep`` below the number of periods only the periods kept are drawn.
        """
        import altair as alt

        mine = self._rows_of(customer, "picture").to_pylist()
        last = max(r["period"] for r in mine)
        now = sorted((r for r in mine if r["period"] == last and r["supplier"] not in (REST, None)), key=lambda r: -r["share"])
        names = [str(r["supplier"]) for r in now if str(r["supplier"]) == str(self.own)]
        names += [str(r["supplier"]) for r in now if str(r["supplier"]) != str(self.own)][: max(suppliers - len(names), 0)]
        colours = [_OURS if n == str(self.own) else "" for n in names]
        others = iter(_OTHERS * (len(names) // len(_OTHERS) + 1))
        scale = alt.Scale(domain=names, range=[c or next(others) for c in colours])
        dated = hasattr(last, "year")
        values = [{"supplier": str(r["supplier"]), "period": _text(r["period"]) if dated else r["period"], "share": round(r["share"], 4),
                   "low": round(r["low"], 4), "high": round(r["high"], 4)} for r in mine if str(r["supplier"]) in names]
        x = alt.X("period:T" if dated else "period:O", title=None, axis=alt.Axis(labelAngle=0))
        base = alt.Chart(alt.Data(values=values), title=f"Who {customer} buys from, with {self.level:.0%} bands").encode(
            x=x, color=alt.Color("supplier:N", scale=scale, sort=names, title=None),
            tooltip=["supplier:N", alt.Tooltip("period:T" if dated else "period:O"), *(alt.Tooltip(f"{n}:Q", format=".1%") for n in ("share", "low", "high"))])
        band = base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", title="share", axis=alt.Axis(format="%")), y2="high:Q")
        line = base.mark_line(point=len({v["period"] for v in values}) < 25).encode(
            y=alt.Y("share:Q", scale=alt.Scale(domain=[0, 1])),
            strokeWidth=alt.condition(alt.FieldOneOfPredicate("supplier", [str(self.own)]), alt.value(4), alt.value(2)))
        return (band + line).properties(width=width, height=height)

    def map(self, *, customers: int = 40, suppliers: int = 20, width: int = 640) -> Any:
        """Who holds what: one row a customer, one column a supplier, colour the share, a dot where it is not well known.

        Parameters
        ----------
        customers, suppliers : int
            How many to draw, the largest first: by wallet, and by what they hold of these wallets.

        Returns
        -------
        altair.LayerChart
            The dot grows with the width of the interval.

        Raises
        ------
        guanxi.Error
            Not fitted.

        Notes
        -----
        O(rows of the last period).
        """
        import altair as alt

        if not hasattr(self, "status_"):
            raise Error("SupplierShares: call fit first", "not_fitted")
        people = self._people()
        wallet = {str(c): w for c, w in zip(people["customer"].to_pylist(), np.asarray(people["wallet"]).tolist())}
        rows = [c for c, w in sorted(wallet.items(), key=lambda p: (-p[1] if p[1] == p[1] else 0.0, p[0]))][:customers]
        table = self._arrow(self.shares_)
        table = table.filter(pc.equal(table.column("period"), pc.max(table.column("period"))))
        chosen = set(rows)
        cells = [r for r in table.to_pylist() if str(r["customer"]) in chosen and r["supplier"] not in (REST, None)]
        held: dict[str, float] = {}
        for r in cells:
            held[str(r["supplier"])] = held.get(str(r["supplier"]), 0.0) + r["share"] * max(wallet[str(r["customer"])], 0.0)
        columns = [s for s, _ in sorted(held.items(), key=lambda p: (str(self.own) != p[0], -p[1], p[0]))][:suppliers]
        values = [{"customer": str(r["customer"]), "supplier": str(r["supplier"]), "share": round(r["share"], 4), "low": round(r["low"], 4),
                   "high": round(r["high"], 4), "width": round(r["high"] - r["low"], 4), "wallet": wallet[str(r["customer"])]}
                  for r in cells if str(r["supplier"]) in columns]
        base = alt.Chart(alt.Data(values=values), title="Who holds what; the dot is the width of the interval").encode(
            x=alt.X("supplier:N", sort=columns, title=None, axis=alt.Axis(orient="top", labelAngle=-40)),
            y=alt.Y("customer:N", sort=rows, title=None),
            tooltip=["customer:N", "supplier:N", alt.Tooltip("wallet:Q", format=",.0f"),
                     *(alt.Tooltip(f"{n}:Q", format=".1%") for n in ("share", "low", "high"))])
        heat = base.mark_rect(stroke="white").encode(
            color=alt.Color("share:Q", scale=alt.Scale(range=["#f2f8f8", _OURS], domain=[0, 1]), legend=alt.Legend(format="%", title="share", type="gradient")))
        dots = base.transform_filter("datum.width > 0.1").mark_circle(color="#1c2733", opacity=0.55).encode(
            size=alt.Size("width:Q", scale=alt.Scale(domain=[0, 1], range=[0, 160]), legend=None))
        return (heat + dots).properties(width=width, height=18 * max(len(rows), 1))

    def sentence(self, customer: Any) -> str:
        """What a salesperson should know of one customer before the visit, in words.

        Parameters
        ----------
        customer : label

        Returns
        -------
        str
            The wallet, our share and its interval, where it goes, who holds most, the room that is left.

        Raises
        ------
        guanxi.Error
            Not fitted, an unknown customer.
        """
        mine = self._rows_of(customer, "sentence")
        people = self._people()
        names = [str(c) for c in people["customer"].to_pylist()]
        at = names.index(str(customer))
        p = {k: v[at] for k, v in people.items() if not isinstance(v, pa.Array)} | {
            k: v[at].as_py() for k, v in people.items() if isinstance(v, pa.Array)}
        period = _text(pc.max(mine.column("period")).as_py())
        wallet, low, high = float(p["wallet"]), float(p["wallet_low"]), float(p["wallet_high"])
        about = f"{_money(wallet)}" + (f" ({_money(low)} to {_money(high)})" if high > low * 1.001 else "")
        parts = [f"In {period} {customer} bought {about} in all."] if wallet > 0 else [f"In {period} {customer} bought nothing that was seen."]
        share = float(p["own_share"])
        if share == share:
            trend = _turn(float(p["own_p_rising"]), float(p["own_trend"]))
            parts.append(f"Our part is {share:.0%} ({p['own_low']:.0%} to {p['own_high']:.0%})" + (f" and {trend}." if trend else "."))
        ours = self.own is not None and str(p["largest"]) == str(self.own)
        rival, hold = p["rival"], float(p["rival_share"])
        if ours:
            parts.append(f"We are the largest supplier (chance {p['p_largest']:.0%}).")
        if rival is not None and hold == hold:
            turn = _turn(float(p["rival_p_rising"]), float(p["rival_trend"]))
            lead = "Next comes" if ours else "The largest is"
            closed = not ours and float(p["p_dominant"]) >= 0.9
            parts.append(f"{lead} {rival} with {hold:.0%} ({p['rival_low']:.0%} to {p['rival_high']:.0%})" + (f"; its part {turn}" if turn else "")
                         + ("; it is firmly in place" if closed else "") + ".")
        if share == share and wallet > 0:
            room, few = wallet * (1 - share), wallet * (1 - float(p["own_high"]))
            most = wallet * (1 - float(p["own_low"]))
            parts.append(f"Others hold {_money(room)} of it ({_money(few)} to {_money(most)}).")
        return " ".join(parts)

    def update(self, sightings: Any) -> Any:
        """The last period of some customers after new deliveries were seen, without a new fit; the model is not changed.

        Parameters
        ----------
        sightings : frame
            customer, supplier, amount: new deliveries of the last period, on top of those of the fit. Rows of one pair are summed.

        Returns
        -------
        frame
            Rows as in ``shares_`` of these customers and the last period: what a refit of the customer gives with the parameters
            of the fit.

        Raises
        ------
        guanxi.Error
            Not fitted, a customer or supplier that the fit did not know, negative amounts, a period seen in part.

        Notes
        -----
        Some 10 microseconds a customer in one call with many; a call costs about half a millisecond.
        """
        if not hasattr(self, "status_"):
            raise Error("SupplierShares: call fit first", "not_fitted")
        if self._hidden is not None:
            raise Error("SupplierShares.update: the last period was seen in part; fit again", "out_of_domain")
        table = read(sightings, "SupplierShares.update: sightings", ["customer", "supplier", "amount"])
        code = {}
        for name, labels in (("customer", self._customers), ("supplier", self._suppliers)):
            column = table.column(name).combine_chunks()
            at = pc.index_in(column if column.type == labels.type else column.cast(labels.type), value_set=labels)
            if at.null_count:
                row = int(np.flatnonzero(np.asarray(pc.is_null(at)))[0])
                raise Error(f"SupplierShares.update: row {row}: the fit did not know {name} '{column[row].as_py()}'; fit again", "unknown_name")
            code[name] = np.asarray(at).astype(np.uint32)
        amount = floats(table, "amount")
        order = np.lexsort((code["supplier"], code["customer"]))
        c, s, a = code["customer"][order], code["supplier"][order], amount[order]
        new = np.flatnonzero(np.r_[True, (c[1:] != c[:-1]) | (s[1:] != s[:-1])]) if len(c) else np.empty(0, np.int64)
        raw = self._core.update(c[new], s[new], np.add.reduceat(a, new) if len(new) else a)
        return give(self._columns(raw, self._period_labels(raw["period"])), kind_of(sightings))

    def _columns(self, raw: Any, period: pa.Array) -> dict[str, Any]:
        from .share import _labelled

        columns: dict[str, Any] = {"customer": self._customers.take(pa.array(raw["customer"])), "supplier": _labelled(self._suppliers, raw["supplier"]),
                                   "period": period}
        columns |= {name: raw[name] for name in ("share", "low", "high", "low_active", "high_active", "p_active", "p_largest", "p_dominant",
                                                 "trend", "p_rising")}
        columns["source"] = pa.array(_core.share.source_names()).take(pa.array(raw["source"]))
        columns["amount"] = raw["amount"]
        return columns
