"""Pictures of a graph: the surroundings of a customer, and the map of competitors. One file, nothing from the network."""

from __future__ import annotations

import html
import json
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import numpy.typing as npt

from ._errors import Error
from ._graph_book import Book, _positive

_HERE = Path(__file__).with_name("templates")
_CUSTOMER, _SUPPLIER, _MISSING, _OWN = "#2f6db3", "#d9822b", "#ffffff", "#b3261e"
_GROUPS = ["#d9822b", "#2f6db3", "#3d8f5f", "#8e5ea2", "#b85c5c", "#6b7a8f", "#b59f2b", "#3aa0a8"]
Points = npt.NDArray[np.float64]


class Picture:
    """A network to look at: shows itself in a notebook, and is a page or a block of a page.

    ``nodes`` and ``edges`` are what is drawn. Move the mouse over something to read it, click a node to see its own ties.
    """

    def __init__(self, title: str, nodes: list[dict[str, Any]], edges: list[dict[str, Any]], key: list[tuple[str, str, str]], height: int) -> None:
        self.title, self.nodes, self.edges, self._key, self.height = title, nodes, edges, key, height
        _fit(nodes, height)
        _show_labels(nodes)

    def block(self, *, library: bool = True) -> str:
        """HTML to put into a page. ``library=False`` where the page has the drawing library already (it is needed once)."""
        shapes = "".join(f'<span class="{"" if shape == "circle" else "sq"}" style="background:{fill};border-color:{line}"></span>{html.escape(name)}'
                         for name, (fill, line), shape in ((n, c.split("|"), s) for n, c, s in self._key))
        elements = [{"data": {k: v for k, v in n.items() if k not in ("x", "y")}, "position": {k: round(n[k], 1) for k in ("x", "y")}}
                    for n in self.nodes]
        elements += [{"data": e} for e in self.edges]
        data = json.dumps(elements).replace("<", "\\u003c")
        name = f"gx-net-{abs(hash_of(data)):x}"
        text = Template((_HERE / "network.html").read_text(encoding="utf-8")).substitute(
            id=name, title=html.escape(self.title, quote=True), key=shapes, data=data, height=self.height)
        return (self.library() if library else "") + text

    @staticmethod
    def library() -> str:
        """The drawing library (Cytoscape.js, MIT) as a script element."""
        code = (_HERE / "cytoscape.min.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
        return f"<script>/* Cytoscape.js: {' '.join((_HERE / 'cytoscape.LICENSE').read_text(encoding='utf-8').split())} */\n{code}</script>"

    def to_html(self, path: str | Path) -> None:
        """Writes a page that needs nothing else."""
        Path(path).write_text(self._page(), encoding="utf-8")

    def _page(self) -> str:
        return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title></head>'
                f'<body style="margin:8px">{self.block()}</body></html>')

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{html.escape(self._page(), quote=True)}" style="width:100%;height:{self.height + 70}px;border:0"></iframe>'

    def __repr__(self) -> str:
        return f"{self.title}: {len(self.nodes)} nodes, {len(self.edges)} ties; to_html(path) writes the page"


def hash_of(text: str) -> int:
    """A number from a text that is the same in every run."""
    value = 1469598103934665603
    for byte in text.encode()[:100_000]:
        value = (value ^ byte) * 1099511628211 & 0xFFFFFFFFFFFF
    return value


class Pictures(Book):
    """Pictures of a graph: the surroundings of a customer, and the map of competitors."""

    def ego_map(self, customer: Any, *, nodes: int = 80, height: int = 640) -> Picture:
        """A customer in the middle, its suppliers around it, then like customers, then suppliers that only those have.

        Parameters
        ----------
        customer : label
        nodes : int
            How many nodes at most, 10 to 300.
        height : int
            Of the picture, in pixels.
        """
        most = _within(nodes, "ego_map")
        me = int(self._ids(customer, "customer", "ego_map")[0])
        rows = self._g.rows("customer")
        start, other, weight = rows["start"], rows["other"], rows["weight"]

        def of(c: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
            return other[start[c]:start[c + 1]], weight[start[c]:start[c + 1]]

        mine, money = of(me)
        order = np.argsort(-money, kind="stable")[: max(5, most // 3)]
        ring1, part = mine[order], money[order] / max(money.sum(), 1e-300)
        like = self._g.like_customers(max(1, most // 3), "cosine", "binary", np.array([me], np.uint32), 1, 0, self._threads)
        friends, similar = like["like"], like["similarity"]
        wanted: dict[int, float] = {}
        known = set(mine.tolist())
        for c, a in zip(friends, similar, strict=True):
            for s in of(int(c))[0].tolist():
                if s not in known:
                    wanted[s] = wanted.get(s, 0.0) + float(a)
        room = most - 1 - len(ring1) - len(friends)
        missing = sorted(wanted, key=lambda s: (-wanted[s], s))[: max(0, room)]
        names_c, names_s = self._customers, self._suppliers
        drawn: list[dict[str, Any]] = [_node("me", str(names_c[me]), 0.0, 0.0, 44, _CUSTOMER, _CUSTOMER, "ellipse",
                                             f"{names_c[me]}: {len(mine)} suppliers, {money.sum():,.0f}", first=True)]
        edges: list[dict[str, Any]] = []
        angle: dict[int, float] = {}
        radius = max(170.0, len(ring1) * 30 / 6.28)
        for i, (s, p) in enumerate(zip(ring1.tolist(), part, strict=True)):
            angle[s] = 6.2831853 * i / max(1, len(ring1)) - 1.5708
            drawn.append(_node(f"s{s}", str(names_s[s]), 1.5 * radius * np.cos(angle[s]), radius * np.sin(angle[s]), 14 + 34 * float(np.sqrt(p)),
                               _SUPPLIER, _SUPPLIER, "rectangle", f"{names_s[s]}: {p:.1%} of what {names_c[me]} buys", around=angle[s]))
            edges.append(_edge("me", f"s{s}", 1 + 9 * float(p), "#8794a3", 0.9, f"{names_c[me]} buys {p:.1%} from {names_s[s]}"))
        shown = set(ring1.tolist())
        radius = max(radius + 130, len(friends) * 34 / 6.28)
        place = _round([_mean_angle([angle[s] for s in of(int(c))[0].tolist() if s in angle]) for c in friends])
        at = dict(zip(friends.tolist(), place, strict=True))
        for c, a in zip(friends.tolist(), similar, strict=True):
            drawn.append(_node(f"c{c}", str(names_c[c]), 1.5 * radius * np.cos(at[c]), radius * np.sin(at[c]), 12 + 14 * float(a),
                               "#bcd3ec", _CUSTOMER, "ellipse", f"{names_c[c]}: likeness {a:.2f}", around=at[c]))
        radius = max(radius + 130, len(missing) * 30 / 6.28)
        users = {s: [c for c in friends.tolist() if s in of(c)[0].tolist()] for s in missing}
        place = _round([_mean_angle([at[c] for c in users[s]]) for s in missing])
        for s, p in zip(missing, place, strict=True):
            drawn.append(_node(f"s{s}", str(names_s[s]), 1.5 * radius * np.cos(p), radius * np.sin(p), 10 + 14 * wanted[s] / max(wanted.values()),
                               _MISSING, _SUPPLIER, "rectangle",
                               f"{names_s[s]}: sells to {len(users[s])} of {len(friends)} like customers, not to {names_c[me]}", around=p))
        for c in friends.tolist():
            for s in of(c)[0].tolist():
                if s in shown or s in users:
                    edges.append(_edge(f"c{c}", f"s{s}", 0.8, "#9fb3c8" if s in shown else "#e6b98a", 0.35, f"{names_c[c]} buys from {names_s[s]}"))
        key = [("the customer and those like it", f"{_CUSTOMER}|{_CUSTOMER}", "circle"),
               ("its suppliers, larger with their part", f"{_SUPPLIER}|{_SUPPLIER}", "square"),
               ("suppliers of like customers only", f"{_MISSING}|{_SUPPLIER}", "square")]
        return Picture(f"Around {names_c[me]}", drawn, edges, key, height)

    def competitor_map(self, *, own: Any = None, nodes: int = 100, min_common: int = 2, validated: bool = True, fdr: float = 0.05,
                       height: int = 640) -> Picture:
        """Suppliers that fight for the same customers: near and joined where they meet most.

        Parameters
        ----------
        own : label, optional
            Our own name, drawn in red.
        nodes : int
            How many suppliers at most, by money, 10 to 300.
        min_common : int
            Pairs with fewer common customers are not joined.
        validated : bool
            Only pairs that meet more often than chance explains; all pairs when none passes.
        """
        most = _within(nodes, "competitor_map")
        rows = self._g.rows("supplier")
        money = np.add.reduceat(np.append(rows["weight"], 0.0), rows["start"][:-1].astype(np.int64)) if self._g.suppliers else np.empty(0)
        money = np.where(np.diff(rows["start"].astype(np.int64)) > 0, money, 0.0)
        r = self._g.competitors(_positive(min_common, "min_common", "competitor_map"), True, fdr, self._threads, False)
        me = None if own is None else int(self._ids(own, "supplier", "competitor_map")[0])
        pass_ = r["validated"].astype(bool) if validated and r["validated"].any() else np.ones(len(r["common"]), bool)
        meets = np.zeros(self._g.suppliers, bool)
        meets[r["supplier"][pass_]] = meets[r["rival"][pass_]] = True
        order = sorted(np.flatnonzero(pass_).tolist(), key=lambda i: (-float(r["contested"][i]), i))
        rank = np.flatnonzero(meets)[np.argsort(-money[meets], kind="stable")][:most].tolist()
        if me is not None and me not in rank:
            rank = [me, *rank[: most - 1]]
        inside = set(rank)
        keep = [i for i in order if int(r["supplier"][i]) in inside and int(r["rival"][i]) in inside]
        drawn_of = dict.fromkeys(rank, 0)
        strongest = []
        for i in keep:  # the strongest of each, so that nobody is drowned by the large
            a, b = int(r["supplier"][i]), int(r["rival"][i])
            if drawn_of[a] < 3 or drawn_of[b] < 3 or me in (a, b):
                strongest.append(i)
                drawn_of[a] += 1
                drawn_of[b] += 1
        rank = [s for s in rank if drawn_of[s] > 0 or s == me]
        index = {s: i for i, s in enumerate(rank)}
        pairs = np.array([[index[int(r["supplier"][i])], index[int(r["rival"][i])]] for i in strongest], int).reshape(-1, 2)
        pull = np.array([float(r["jaccard"][i]) for i in strongest])
        size = 14 + 40 * np.sqrt(money[rank] / max(float(money[rank].max(initial=0)), 1e-300))
        at = _spring(len(rank), pairs, pull, size, height)
        group = self._g.communities(1.0, "binary", 0, 7)["supplier"][rank]
        _, number = np.unique(group, return_inverse=True)
        common = np.argsort(np.argsort(-np.bincount(number), kind="stable"), kind="stable")[number] if len(number) else number
        names = [str(self._suppliers[s]) for s in rank]
        drawn = []
        for i, s in enumerate(rank):
            fill, line = (_OWN, "#7a1712") if s == me else (_GROUPS[int(common[i]) % len(_GROUPS)], "#ffffff")
            customers = int(rows["start"][s + 1] - rows["start"][s])
            drawn.append(_node(f"s{s}", names[i], at[i, 0], at[i, 1], float(size[i]), fill, line, "ellipse",
                               f"{names[i]}: {money[s]:,.0f} from {customers} customers", first=s == me))
        heaviest = max((float(r["contested"][i]) for i in strongest), default=1.0)
        edges = []
        for i in strongest:
            a, b, money_of_both = int(r["supplier"][i]), int(r["rival"][i]), float(r["contested"][i])
            edges.append(_edge(f"s{a}", f"s{b}", 0.8 + 6 * (money_of_both / max(heaviest, 1e-300)) ** 0.5, _OWN if me in (a, b) else "#9aa7b4", 0.45,
                               f"{names[index[a]]} and {names[index[b]]}: {int(r['common'][i])} common customers, {money_of_both:,.0f} contested"))
        key = [("supplier, larger with its sales; colours: communities", f"{_GROUPS[0]}|{_GROUPS[0]}", "circle")]
        if me is not None:
            key.append(("us", f"{_OWN}|{_OWN}", "circle"))
        more = f"the {len(strongest)} strongest of {len(keep)} pairs" if len(keep) > len(strongest) else f"{len(keep)} pairs"
        title = f"Competitors: {more}{' that meet more often than chance' if validated and r['validated'].any() else ''}"
        return Picture(title, drawn, edges, key, height)


def _within(nodes: int, method: str) -> int:
    if not 10 <= _positive(nodes, "nodes", method) <= 300:
        raise Error(f"{method}: nodes is {nodes}, wanted 10 to 300", "out_of_domain")
    return nodes


def _node(name: str, label: str, x: float, y: float, size: float, fill: str, line: str, shape: str, tip: str, *, around: float | None = None,
          first: bool = False) -> dict[str, Any]:
    short = label if len(label) <= 26 else label[:24] + "…"
    out = {"id": name, "label": short, "shown": "", "x": float(x), "y": float(y), "size": round(float(size), 1), "fill": fill, "line": line,
           "shape": shape, "tip": tip,
           "font": 13 if first or size > 34 else 11 if size > 20 else 9, "valign": "bottom", "halign": "center", "dx": 0, "dy": 3,
           "first": int(first), "z": 9000 if first else round(float(size))}
    if around is not None:
        side = float(np.cos(around))
        out |= {"halign": "right" if side > 0.2 else "left" if side < -0.2 else "center", "dx": 3 if side > 0.2 else -3 if side < -0.2 else 0,
                "valign": "center" if abs(side) > 0.2 else "bottom" if np.sin(around) > 0 else "top", "dy": 0}
    return out


def _edge(source: str, target: str, width: float, line: str, opacity: float, tip: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "source": source, "target": target, "width": round(width, 2), "line": line, "opacity": opacity,
            "style": "solid", "tip": tip}


def _mean_angle(angles: list[float]) -> float:
    return float(np.angle(np.exp(1j * np.array(angles)).sum())) if angles else 0.0


def _round(wanted: list[float]) -> list[float]:
    """Places on a ring at equal distances, in the order of the wanted angles and turned to lie near them."""
    n = len(wanted)
    if n == 0:
        return []
    order = np.argsort(np.mod(wanted, 6.2831853), kind="stable")
    even = 6.2831853 * np.arange(n) / n
    turn = _mean_angle(list(np.mod(np.array(wanted)[order], 6.2831853) - even))
    out = np.empty(n)
    out[order] = even + turn
    return [float(x) for x in out]


def _spring(n: int, pairs: npt.NDArray[Any], pull: Points, size: Points, height: int) -> Points:
    """Places by springs between pairs and pressure between all, from a fixed start; then discs are moved apart."""
    if n == 0:
        return np.empty((0, 2))
    turn = np.arange(n) * 2.399963
    at = np.sqrt(np.arange(n) + 0.5)[:, None] * np.column_stack([np.cos(turn), np.sin(turn)]) * 40
    step = 60.0
    length = 70.0
    strength = 0.3 + pull / max(float(pull.max(initial=0)), 1e-12)
    degree = np.maximum(1, np.bincount(pairs.ravel(), minlength=n)) if len(pairs) else np.ones(n)
    for _ in range(400):
        gap = at[:, None, :] - at[None, :, :]
        far = np.maximum((gap**2).sum(-1), 25.0)
        force = (gap * (length**2 / far)[:, :, None]).sum(1)
        if len(pairs):
            a, b = pairs[:, 0], pairs[:, 1]
            gap2 = at[a] - at[b]
            spring = gap2 * (strength * np.sqrt((gap2**2).sum(-1)) / length / np.sqrt(np.minimum(degree[a], degree[b])))[:, None]
            np.add.at(force, a, -spring)
            np.add.at(force, b, spring)
        force -= at * 0.8
        norm = np.sqrt((force**2).sum(1))[:, None]
        at = at + force / np.maximum(norm, 1e-9) * np.minimum(norm, step)
        step = max(1.0, step * 0.985)
    reach = 0.75 * (size[:, None] + size[None, :]) + 8  # they grow a little when the picture is fitted
    for _ in range(150):
        gap = at[:, None, :] - at[None, :, :]
        far = np.sqrt((gap**2).sum(-1)) + np.eye(n) * 1e9
        over = np.maximum(0, reach - far)
        if over.max() < 0.5:
            break
        at = at + 0.5 * (gap / np.maximum(far, 1e-6)[:, :, None] * over[:, :, None]).sum(1)
    return np.column_stack([1.25 * at[:, 0], at[:, 1]])


def _fit(nodes: list[dict[str, Any]], height: int) -> None:
    """Makes text and discs large enough to be read when the whole picture is shown."""
    if not nodes:
        return
    wide, high = (max(n[k] for n in nodes) - min(n[k] for n in nodes) for k in ("x", "y"))
    scale = max(0.8, (wide + 260) / 1100, (high + 60) / (height - 48))
    for n in nodes:
        n["font"] = round(n["font"] * scale, 1)
        n["size"] = round(n["size"] * scale**0.6, 1)
        n["dx"], n["dy"] = round(n["dx"] * scale, 1), round(n["dy"] * scale, 1)


def _show_labels(nodes: list[dict[str, Any]]) -> None:
    """Shows the labels that have room, larger nodes first; the others appear when their node is looked at."""
    taken: list[tuple[float, float, float, float]] = []
    for n in nodes:
        half = n["size"] / 2
        taken.append((n["x"] - half, n["y"] - half, n["x"] + half, n["y"] + half))
    for i in sorted(range(len(nodes)), key=lambda k: (-nodes[k]["first"], -nodes[k]["size"], k)):
        n = nodes[i]
        wide, high, half = 0.56 * n["font"] * len(n["label"]) + 4, 1.25 * n["font"], n["size"] / 2
        x = n["x"] + (half + 3 if n["halign"] == "right" else -half - 3 - wide if n["halign"] == "left" else -wide / 2)
        y = n["y"] + (-high / 2 if n["valign"] == "center" else half + 2 if n["valign"] == "bottom" else -half - 2 - high)
        box = (x, y, x + wide, y + high)
        hit = any(j != i and box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for j, t in enumerate(taken) if j != i)
        if hit and not n["first"]:
            continue
        n["shown"] = n["label"]
        taken.append(box)
