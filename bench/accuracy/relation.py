"""Tiers one half-year ahead on real shops beside naive answers, reference values, and calibration where the truth is known.

Protocol of the shops: own supplier 370, half-years 2014H1 to 2019H2; score = own share x own amount; four classes by the quartiles of
the positive scores up to 2017H1, kept fixed. The class of each of the next half-years is foretold from everything before it, refitted at
each origin, for shops present in both. log score = mean -log P(true class); right = part whose likeliest class came true.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from guanxi import relation as R

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
Table = tuple[str, list[str], list[list[object]]]
FIRST, LAST = 7, 11  # 2017H2 .. 2019H2 as half-years since 2014H1
DRIVERS = ["log_score", "log_score_2", "before_1", "before_2", "autumn", "share", "log_total", "log_lines"]
MOVES = [[.90, .08, .015, .005], [.08, .82, .09, .01], [.02, .08, .82, .08], [.01, .01, .08, .90]]
START, RATE = [.55, .25, .15, .05], [.5, 2.0, 4.0, 8.0]


def shops() -> tuple[pd.DataFrame, np.ndarray]:
    """One row a shop and half-year in which it bought anything: class, what may drive its moves, and what was seen."""
    raw = pd.read_parquet(DATA / "liquor_store_supplier_month.parquet")
    month = pd.to_datetime(raw.month.astype(str))
    raw = raw.assign(period=(month.dt.year - 2014) * 2 + (month.dt.month > 6))
    own = raw[raw.supplier_id.astype(str).str.lstrip("0") == "370"].groupby(["customer_id", "period"])
    d = raw.groupby(["customer_id", "period"]).amount_usd.sum().rename("total").to_frame()
    d = d[d.total > 0].join(own.amount_usd.sum().rename("amount")).join(own.order_lines.sum().rename("lines")).fillna(0.0).reset_index()
    d = d.rename(columns={"customer_id": "customer"})
    d["share"] = d.amount / d.total
    d["score"] = d.share * d.amount
    cuts = d[(d.period <= 6) & (d.score > 0)].score.quantile([.25, .5, .75]).to_numpy()
    d["cls"] = np.searchsorted(cuts, d.score, side="left")
    d["log_score"] = np.log1p(d.score)
    d["log_score_2"] = d.log_score**2
    for k in (1, 2):
        d[f"before_{k}"] = d.groupby("customer").log_score.shift(k)
    d["before_1"] = d.before_1.fillna(d.log_score)
    d["before_2"] = d.before_2.fillna(d.before_1)
    d["autumn"] = d.period % 2.0
    d["log_total"], d["log_lines"] = np.log(d.total), np.log1p(d.lines)
    d["orders"], d["spend"] = d.lines, d.amount.clip(lower=0.0)
    d["share"] = d.share.clip(0.0, 1.0)
    return d.sort_values(["customer", "period"], ignore_index=True), cuts


def _moves(d: pd.DataFrame) -> pd.DataFrame:
    """Rows with the class of the very next half-year."""
    after = d[["customer", "period", "cls"]].assign(period=d.period - 1).rename(columns={"cls": "next"})
    return d.merge(after, on=["customer", "period"])


def _stays(past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    m = _moves(past)
    stay = float((m.cls == m.next).mean())
    p = np.full((len(now), 4), (1 - stay) / 3)
    p[np.arange(len(now)), now.cls] = stay
    return p


def _matrix(past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    m = _moves(past)
    count = np.full((4, 4), 0.5)
    np.add.at(count, (m.cls, m.next), 1.0)
    return (count / count.sum(1, keepdims=True))[now.cls]


def _season(past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    return _matrix(_same(past, int(now.period.iloc[0])), now)


def _same(past: pd.DataFrame, origin: int) -> pd.DataFrame:
    """Only the moves that start in the same half of a year."""
    m = _moves(past)
    m = m[m.period % 2 == origin % 2]
    key = np.arange(len(m))
    a = pd.DataFrame({"customer": key, "period": 0, "cls": m.cls.to_numpy()})
    b = pd.DataFrame({"customer": key, "period": 1, "cls": m.next.to_numpy()})
    return pd.concat([a, b])


def _unordered(past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    model = R.TierModel(emissions={"cls": "ordinal"}).fit(past)
    return _through_reading(model, past, now)


def _through_reading(model: R.TierModel, past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    f = model.forecast(1, past, draws=0)
    hidden = f.set_index("customer").loc[now.customer, ["p_vendor", "p_preferred", "p_partnership", "p_alliance"]].to_numpy()
    return hidden @ model.emissions_["cls"]["reading"].reshape(4, 4)


def _seen(past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    model = R.TierModel(label="cls", covariates=DRIVERS).fit(past)
    f = model.forecast(1, past, draws=0)
    return f.set_index("customer").loc[now.customer, ["p_vendor", "p_preferred", "p_partnership", "p_alliance"]].to_numpy()


def _hidden(past: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    laws = {"cls": "ordinal", "orders": "negative_binomial", "spend": "log_normal", "share": "beta"}
    model = R.TierModel(emissions=laws, covariates=["autumn", "log_total"], starts=2).fit(past)
    return _through_reading(model, past, now)


MODELS: list[tuple[str, Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]]] = [
    ("stays where it is", _stays), ("matrix of past moves", _matrix), ("matrix of the same half-year", _season),
    ("unordered hidden chain of the class", _unordered), ("TierModel, hidden: class, orders, spend, share; two drivers", _hidden),
    ("TierModel, tiers seen, eight drivers", _seen)]


def ahead() -> list[Table]:
    d, _ = shops()
    moves = _moves(d)
    truth: list[np.ndarray] = []
    now_class: list[np.ndarray] = []
    guess: dict[str, list[np.ndarray]] = {name: [] for name, _ in MODELS}
    for origin in range(FIRST - 1, LAST):
        past, now = d[d.period <= origin], moves[moves.period == origin]
        truth.append(now.next.to_numpy())
        now_class.append(now.cls.to_numpy())
        for name, model in MODELS:
            guess[name].append(model(past, now))
    rows: list[list[object]] = []
    for name, found in guess.items():
        score = [-np.log(p[np.arange(len(t)), t]) for p, t in zip(found, truth, strict=True)]
        p, t, c = np.concatenate(found), np.concatenate(truth), np.concatenate(now_class)
        up = (p * (np.arange(4)[None, :] > c[:, None])).sum()
        down = (p * (np.arange(4)[None, :] < c[:, None])).sum()
        rows.append([name, float(np.concatenate(score).mean()), *[float(s.mean()) for s in score], float((p.argmax(1) == t).mean()),
                     round(up), int((t > c).sum()), round(down), int((t < c).sum())])
    halves = ["2017H2", "2018H1", "2018H2", "2019H1", "2019H2"]
    best = np.concatenate(guess[MODELS[-1][0]])
    t, c = np.concatenate(truth), np.concatenate(now_class)
    return [(f"Class of the next half-year ({len(t):,} moves of liquor shops, log score)",
             ["model", "log score", *halves, "right", "ups expected", "ups seen", "downs expected", "downs seen"], rows),
            ("P(up) against what came, TierModel with eight drivers, same moves",
             ["P(up) said", "moves", "mean said", "seen"], _reliability((best * (np.arange(4)[None, :] > c[:, None])).sum(1), t > c))]


def _reliability(p: np.ndarray, came: np.ndarray) -> list[list[object]]:
    edges = np.array([0, .02, .05, .1, .2, .3, .4, .5, .7, 1.0001])
    rows: list[list[object]] = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (p >= low) & (p < high)
        if inside.any():
            rows.append([f"{low:g} to {min(high, 1):g}", int(inside.sum()), float(p[inside].mean()), float(came[inside].mean())])
    return rows


def reference() -> Table:
    rows: list[list[object]] = []

    def add(what: str, ours: float, want: float) -> None:
        rows.append([what, f"{ours:.10g}", f"{want:.10g}", float(abs(ours - want))])

    t = R.TierModel.given(START, MOVES, {"orders": {"family": "poisson", "rate": RATE}})
    six = {"customer": [0] * 6, "period": list(range(6)), "orders": [1, 0, 3, None, 6, 9]}
    add("last P(strategic alliance), six periods by hand", t.filter(six, why=False)["p_alliance"].to_pylist()[-1], .763485390)
    if (DATA / "liquor_store_supplier_month.parquet").exists():
        d, _ = shops()
        runs = d.groupby("customer").period.agg(["min", "max", "size"])
        whole = runs[(runs["size"] >= 8) & (runs["max"] - runs["min"] + 1 == runs["size"])].index
        long = d[d.customer.isin(whole)]
        add("shops, Poisson counts: log-likelihood", R.TierModel(emissions={"orders": "poisson"}).fit(long).log_likelihood_, -31835.17119428)
        add("shops, negative binomial: log-likelihood", R.TierModel(emissions={"orders": "negative_binomial"}).fit(long).log_likelihood_, -21705.974605)
        poor = {"orders": {"family": "negative_binomial", "mean": [1, 10, 60, 150]}}
        add("the same from a poor start", R.TierModel(emissions=poor).fit(long).log_likelihood_, -21705.974605)
    drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    left = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    control = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    k = R.kaplan_meier(drug, left)
    at = list(k.time).index(23)
    add("6-MP: survival of the drug at 23 weeks", float(k.survival[at]), .448179272)
    add("6-MP: its standard error", float(k.std_error[at]), .134591456)
    time, event, group = drug + control, left + [1] * 21, [1] * 21 + [0] * 21
    add("6-MP: log-rank", R.log_rank(time, event, group).statistic, 16.79294099)
    for ties, coef, se, ll in (("efron", -1.5721251488, .4123967177, -85.0084245774), ("breslow", -1.5091914126, .4095644064, -86.3796220711)):
        c = R.Cox(ties=ties).fit(np.array(group, float)[:, None], time, event)
        add(f"6-MP: Cox, {ties}, coefficient", float(c.coef_[0]), coef)
        add(f"6-MP: Cox, {ties}, standard error", float(c.standard_errors_[0]), se)
        add(f"6-MP: Cox, {ties}, log-likelihood", c.log_likelihood_, ll)
    recency = [[.5, .5, 0, 0], [.3, 0, .7, 0], [.1, 0, 0, .9], [0, 0, 0, 1]]
    add("recency chain: value of a fresh buyer", float(R.migration_value(recency, [90, -10, -10, 0], .1)[0]), 208.91634981)
    return ("Reference values of relation", ["what", "ours", "reference", "difference"], rows)


def simulated(customers: int, periods: int, seed: int) -> pd.DataFrame:
    """Customers of the reference chain with counts, spending and shares, and the true tier."""
    rng = np.random.default_rng(seed)
    moves = np.cumsum(MOVES, axis=1)
    tier = np.searchsorted(np.cumsum(START), rng.uniform(size=customers)).clip(0, 3)
    blocks = []
    for t in range(periods):
        if t:
            tier = (rng.uniform(size=customers)[:, None] > moves[tier]).sum(1).clip(0, 3)
        mean, size = np.array(RATE)[tier], np.array([1.0, 2, 4, 6])[tier]
        share = rng.beta(np.array([.1, .3, .5, .8])[tier] * 10, np.array([.9, .7, .5, .2])[tier] * 10)
        spend = np.where(rng.uniform(size=customers) < np.array([.4, .1, .05, .02])[tier], 0.0, np.exp(np.array([5.0, 6, 7, 8])[tier] + .8 * rng.normal(size=customers)))
        blocks.append(pd.DataFrame({"customer": np.arange(customers), "period": t, "truth": tier, "orders": rng.negative_binomial(size, size / (size + mean)),
                                    "spend": spend, "share": share}))
    return pd.concat(blocks, ignore_index=True)


def calibration() -> list[Table]:
    d = simulated(4_000, 13, 1)
    d.loc[np.random.default_rng(2).uniform(size=len(d)) < .1, "share"] = np.nan
    past, future = d[d.period < 12], d[d.period == 12].set_index("customer")
    model = R.TierModel().fit(past)
    f = model.forecast(1, past).set_index("customer")
    came = future.loc[f.index]
    names = ["p_vendor", "p_preferred", "p_partnership", "p_alliance"]
    p = f[names].to_numpy()
    rows = _reliability(p.ravel(), (np.arange(4)[None, :] == came.truth.to_numpy()[:, None]).ravel())
    cover: list[list[object]] = []
    for name in ("orders", "spend", "share"):
        seen = came[name].notna()
        y, low, high = came[name][seen], f[f"{name}_low"][seen], f[f"{name}_high"][seen]
        cover.append([f"{name} of the next period inside its 90 % interval", float(((y >= low) & (y <= high)).mean()), "0.88 to 0.92" if name == "share" else "0.90 or more (mass at 0)"])
    inside: list[float] = []
    one_up: list[bool] = []
    for seed in range(60):  # small books: are the odds of moving known as well as said?
        book = simulated(150, 12, 100 + seed)
        small = R.TierModel(starts=2).fit(book)
        truth, error = np.array(MOVES), small.standard_errors_["transitions"].reshape(4, 4)
        diagonal = np.arange(4)
        inside += list(np.abs(small.transitions_[diagonal, diagonal] - truth[diagonal, diagonal]) <= 1.645 * error[diagonal, diagonal])
        g = small.forecast(1, book, draws=200).set_index("customer")
        exact = R.TierModel.given(START, MOVES, {k: dict(v) for k, v in TRUE_LAWS.items()}).forecast(1, book, draws=0).set_index("customer")
        same = g.tier == exact.tier
        one_up += list(((exact.p_up >= g.p_up_low) & (exact.p_up <= g.p_up_high))[same])
    cover.append(["stay rates inside 1.645 standard errors, 60 books of 150 customers", float(np.mean(inside)), "0.90"])
    cover.append(["P(up) under the true parameters inside its 90 % interval, the same books", float(np.mean(one_up)), "0.88 to 0.92"])
    big = R.TierModel().fit(simulated(10_000, 36, 7)[["customer", "period", "orders", "spend", "share"]])
    recovery: list[list[object]] = []
    se = big.standard_errors_["transitions"].reshape(4, 4)
    for s in range(4):
        recovery.append([f"stay rate of tier {s}", MOVES[s][s], float(big.transitions_[s, s]), float(se[s, s]), float((big.transitions_[s, s] - MOVES[s][s]) / se[s, s])])
    for s in range(4):
        mean, error = float(big.emissions_["orders"]["mean"][s]), float(big.standard_errors_["emissions"]["orders"]["mean"][s])
        recovery.append([f"orders of tier {s}", RATE[s], mean, error, (mean - RATE[s]) / error])
    for s, true in enumerate((.1, .3, .5, .8)):
        mean, error = float(big.emissions_["share"]["mean"][s]), float(big.standard_errors_["emissions"]["share"]["mean"][s])
        recovery.append([f"share of tier {s}", true, mean, error, (mean - true) / error])
    return [("P(tier) of the next period against what came (simulated, 4,000 customers)", ["P said", "cells", "mean said", "seen"], rows),
            ("Intervals of the tier forecast (simulated)", ["what", "covered", "wanted"], cover),
            ("Parameters come back (simulated, 10,000 customers x 36 periods)", ["parameter", "true", "found", "standard error", "errors away"], recovery)]


TRUE_LAWS = {"orders": {"family": "negative_binomial", "mean": RATE, "spread": [1.0, 2, 4, 6]},
             "spend": {"family": "log_normal", "mean": [5.0, 6, 7, 8], "spread": [.64] * 4, "zero": [.4, .1, .05, .02]},
             "share": {"family": "beta", "mean": [.1, .3, .5, .8], "spread": [10.0] * 4}}


def tables() -> list[Table]:
    out = [reference()]
    if (DATA / "liquor_store_supplier_month.parquet").exists():
        out = [*ahead(), *out]
    return [*out, *calibration()]
