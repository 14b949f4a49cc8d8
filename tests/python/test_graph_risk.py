"""Backtests, systemic risk and brokers in Python; brute-force twins of scores by nodes."""

from __future__ import annotations

import math
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TIES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(-20, 100)), min_size=1, max_size=45)


def graph_of(rows: list[tuple[int, int, int]], **named: Any) -> gx.graph.SupplierGraph | None:
    frame = pd.DataFrame(rows, columns=["customer", "supplier", "amount"]).astype({"amount": float})
    try:
        return gx.graph.SupplierGraph(frame, **named)
    except gx.Error as e:
        assert e.code == "empty"
        return None


def table_of(g: gx.graph.SupplierGraph) -> np.ndarray:
    out: np.ndarray = g.to_scipy().toarray()
    return out


def kinds(years: int = 9) -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = []
    for year in range(2016, 2016 + years):
        for customer in range(60):
            for _ in range(2):
                supplier = int(random.integers(30))
                if supplier % 3 != customer % 3 and random.random() < 0.8:
                    supplier = supplier // 3 * 3 + customer % 3
                rows.append((f"c{customer:02}", f"s{supplier:02}", year, 100.0 + supplier))
    return pd.DataFrame(rows, columns=["customer", "supplier", "year", "amount"])


def test_a_backtest_measures_what_a_person_would() -> None:
    frame = kinds()
    g = gx.graph.SupplierGraph(frame, period="year")
    found = gx.graph.backtest(g, [2020, 2021], rankings={"by name": lambda known: np.tile(-np.arange(known.ties.shape[1], dtype=float), (len(known.ties), 1))})
    t = found.table_.set_index(["side", "ranked_by"])
    known, later = frame[frame.year <= 2020], frame[frame.year == 2021]
    have = set(zip(known.customer, known.supplier, strict=True))
    new = sorted(set(zip(later.customer, later.supplier, strict=True)) - have)
    out = g.next_suppliers(None, at=2020, model="learned")
    hits, n = [], []
    for customer, group in out.groupby("customer"):
        mine = {s for c, s in new if c == customer}
        if mine:
            hits.append(group.sort_values("rank").supplier.head(10).isin(mine).sum() / 10)
            n.append(len(mine))
    one = gx.graph.backtest(g, 2020, sides=("customer",)).table_.set_index("ranked_by")
    assert one.rankings["learned model"] == len(hits)
    assert one.precision["learned model"] == pytest.approx(np.mean(hits))
    assert t.ahead_auc_low["customer", "by name"] > 0
    assert math.isnan(t.ahead_auc["customer", "learned model"])
    assert (t.auc_low <= t.auc).all() and (t.auc <= t.auc_high).all()
    assert {"walk of fading ties", "personalised PageRank", "like-customers cosine", "popularity", "recent popularity"} < set(one.index)
    chances = found.chances_.set_index(["side", "pairs"])
    assert chances.number["customer", "all"] == chances.number["customer"].drop("all").sum()
    assert "learned model" in repr(found)


def test_a_backtest_looks_at_nothing_later_and_keeps_its_kind() -> None:
    frame = kinds()
    changed = frame.assign(supplier=np.where(frame.year > 2022, "s00", frame.supplier))
    a, b = (gx.graph.backtest(gx.graph.SupplierGraph(f, period="year"), 2021, draws=50).table_ for f in (frame, changed))
    pd.testing.assert_frame_equal(a, b)
    assert isinstance(gx.graph.backtest(gx.graph.SupplierGraph(pl.from_pandas(frame), period="year"), 2021, draws=10).table_, pl.DataFrame)


def test_a_backtest_speaks_plainly() -> None:
    g = gx.graph.SupplierGraph(kinds(), period="year")
    for call, sentence in ((lambda: gx.graph.backtest(g, 2024), "backtest: at is 2024, the last period is 2024: nothing is known of 1 periods after it"),
                           (lambda: gx.graph.backtest(g, 2020, sides=("buyer",)), "backtest: side is 'buyer', wanted 'customer' or 'supplier'"),  # type: ignore[arg-type]
                           (lambda: gx.graph.backtest(gx.graph.SupplierGraph(kinds()), 2020), "backtest: no 'period' column was given"),
                           (lambda: gx.graph.backtest(g, 2020, rankings={"x": lambda known: np.zeros(3)}), "backtest: ranking 'x' gave scores of shape (3,)")):
        with pytest.raises(gx.Error) as raised:
            call()
        assert str(raised.value).startswith(sentence)


def test_systemic_risk_of_a_chain_with_a_second_source() -> None:
    # Mine A and mine B (ore) sell to Smelter; Smelter (metal) to Maker. A has 90 % of the ore.
    frame = pd.DataFrame({"supplier": ["A", "B", "Smelter"], "customer": ["Smelter", "Smelter", "Maker"], "amount": [90.0, 10.0, 300.0],
                          "product": ["ore", "ore", "metal"]})
    g = gx.graph.SupplierGraph(frame, product="product")
    r = g.systemic_risk().set_index("firm")
    assert g.status_ == "1 of 4 firms buy and sell"
    # A fails: ore comes to 0.9 x (1 - 0.9) + 0.1 = 0.19, so 81 % of the metal goes, and all of A
    assert r["index"]["A"] == pytest.approx((90 + 0.81 * 300) / 400)
    # B fails: ore comes to 0.9 + 0.1 x (1 - 0.1) = 0.99
    assert r["index"]["B"] == pytest.approx((10 + 0.01 * 300) / 400)
    assert r["index"]["Smelter"] == pytest.approx(1.0)  # nobody buys the ore
    assert r.output["Smelter"] == pytest.approx(0.75)
    easy = g.systemic_risk(firms="A", essential=["metal"], base=0.5)
    assert easy["index"].iloc[0] == pytest.approx((90 + 0.5 * 0.81 * 300) / 400)
    for call, sentence in ((lambda: g.systemic_risk(firms="Z"), "systemic_risk: no firm 'Z'"), (lambda: g.systemic_risk(essential=["gold"]), "systemic_risk: no product 'gold'"),
                           (lambda: g.systemic_risk(base=2), "graph::systemic_risk: base is 2.000000, wanted inside [0, 1]")):
        with pytest.raises(gx.Error) as raised:
            call()
        assert str(raised.value).startswith(sentence)


@settings(max_examples=40, deadline=None)
@given(TIES, st.sampled_from(["once", "common", "contested"]))
def test_brokers_equal_the_plain_sums(rows: Any, weight: Any) -> None:
    g = graph_of(rows)
    if g is None:
        return
    m = table_of(g)
    b = (m > 0).astype(float)
    w = {"once": (b @ b.T > 0).astype(float), "common": b @ b.T, "contested": np.minimum(m[:, None, :], m[None, :, :]).sum(2)}[weight]
    np.fill_diagonal(w, 0)
    p = np.divide(w, w.sum(1, keepdims=True), out=np.zeros_like(w), where=w.sum(1, keepdims=True) > 0)
    r = g.brokerage(weight=weight)
    np.testing.assert_allclose(np.nan_to_num(r.constraint), (((p + p @ p) ** 2) * (w > 0)).sum(1), atol=1e-12)
    scaled = np.divide(w, w.max(1, keepdims=True), out=np.zeros_like(w), where=w.max(1, keepdims=True) > 0)
    want = ((w > 0) * (1 - p @ scaled.T)).sum(1)
    np.testing.assert_allclose(np.nan_to_num(r.effective), want, atol=1e-12)
    assert (r.contacts == (w > 0).sum(1)).all()


@settings(max_examples=40, deadline=None)
@given(TIES)
def test_hits_fitness_and_bicm_equal_their_twins(rows: Any) -> None:
    g = graph_of(rows)
    if g is None:
        return
    b = (table_of(g) > 0).astype(float)
    n = len(b)
    h = g.hits(tol=1e-13).score.to_numpy()
    auth = np.full(b.shape[1], 1 / b.shape[1])
    for _ in range(20_000):
        hub = b @ auth
        new = b.T @ hub
        new /= new.sum()
        done = np.abs(new - auth).max() <= 1e-13
        auth = new
        if done:
            break
    hub = b @ auth
    np.testing.assert_allclose(h[n:], auth, atol=1e-9)
    np.testing.assert_allclose(h[:n], hub / hub.sum(), atol=1e-9)
    keep_c, keep_s = b.sum(1) > 0, b.sum(0) > 0
    f, q = np.ones(keep_c.sum()), np.ones(keep_s.sum())
    m = b[keep_c][:, keep_s]
    for _ in range(4):
        f, q = m @ q, 1 / (m.T @ (1 / f))
        f, q = f / f.mean(), q / q.mean()
    mine = g.fitness(updates=4).score.to_numpy()
    np.testing.assert_allclose(mine[:n][keep_c], f, rtol=1e-9)
    np.testing.assert_allclose(mine[n:][keep_s], q, rtol=1e-9)
    for row in g.competitors(null="bicm").itertuples():
        assert 0 <= row.p_value <= 1


def test_bicm_p_values_equal_the_dense_null() -> None:
    random = np.random.default_rng(8)
    b = random.random((14, 9)) < np.outer(np.linspace(0.15, 0.8, 14), np.linspace(0.4, 1, 9))
    b[0, 0] = True
    frame = pd.DataFrame([(f"c{i:02}", f"s{j}", 1.0) for i, j in zip(*np.nonzero(b), strict=True)], columns=["customer", "supplier", "amount"])
    g = gx.graph.SupplierGraph(frame)
    b = table_of(g) > 0
    x, y = b.sum(1) / math.sqrt(b.sum()), b.sum(0) / math.sqrt(b.sum())
    for _ in range(200_000):  # the dense null by sweeps over every node
        p = np.outer(x, y) / (1 + np.outer(x, y))
        if max(np.abs(p.sum(1) - b.sum(1)).max(), np.abs(p.sum(0) - b.sum(0)).max()) < 1e-11:
            break
        x = b.sum(1) / (y / (1 + np.outer(x, y))).sum(1)
        y = b.sum(0) / (x[:, None] / (1 + np.outer(x, y))).sum(0)
    for row in g.competitors(null="bicm").itertuples():
        i, j = int(row.supplier[1:]), int(row.rival[1:])
        mean = (p[:, i] * p[:, j]).sum()
        poisson = 1 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(row.common))
        law = np.array([1.0])  # Poisson-binomial, exact
        for one in p[:, i] * p[:, j]:
            law = np.convolve(law, [1 - one, one])
        assert min(abs(row.p_value - poisson), abs(row.p_value - law[row.common:].sum())) < 1e-6


def everything(g: gx.graph.SupplierGraph) -> dict[str, Any]:
    customer, supplier = g.customers[0], g.suppliers[0]
    return {"concentration": g.concentration(), "of suppliers": g.concentration("supplier"), "like": g.like_customers(3), "like tfidf": g.like_customers(3, weight="tfidf"),
            "gap": g.needs_gap(3, by="supplier"), "competitors": g.competitors(), "bicm": g.competitors(null="bicm"), "pagerank": g.pagerank(), "birank": g.birank(),
            "hits": g.hits(), "between": g.betweenness(), "core": g.core(), "core 1 1": g.core(1, 1), "cuts": g.cut_nodes(), "bridges": g.bridges(),
            "single": g.single_source(), "disrupt": g.disrupt(supplier), "groups": g.communities(), "rca": g.rca(), "complexity": g.complexity(),
            "fitness": g.fitness(updates=5), "brokers": g.brokerage(), "brokers of suppliers": g.brokerage("supplier", weight="contested"),
            "risk": g.systemic_risk(), "next": g.next_suppliers(2, model="walk"), "winnable": g.winnable(supplier, model="walk"), "ego": g.ego(customer)}


def test_isolated_nodes_zero_ties_own_names_and_one_sided_graphs_have_answers() -> None:
    frame = pd.DataFrame({"customer": ["a", "a", "b", "c", "d", "a"], "supplier": ["a", "x", "x", "y", "z", "x"], "amount": [5.0, 3.0, 4.0, 0.0, -2.0, 1.0],
                          "year": [2020, 2021, 2021, 2021, 2021, 2021]})
    g = gx.graph.SupplierGraph(frame, period="year")
    assert len(g) == 3  # a-a is a tie like others, a-x is one tie of 4, c-y and d-z are none
    assert set(g.rejected.reason) == {"net amount is zero", "credits exceed purchases"}
    c = g.concentration().set_index("customer")
    assert c.ties.tolist() == [2, 1, 0, 0] and math.isnan(c.hhi["d"]) and c.hhi["b"] == 1
    kept = gx.graph.SupplierGraph(frame, period="year", keep_zero=True)
    assert len(kept) == 4
    assert kept.concentration().set_index("customer").ties["c"] == 1
    assert kept.concentration().set_index("customer").strength["c"] == 0
    early = g.snapshot(2020)  # everybody but a stands alone
    for one in (g, kept, early):
        found = everything(one)
        assert np.isclose(found["pagerank"].score.sum(), 1)
        assert len(found["core"]) == len(one.customers) + len(one.suppliers)
        for name in ("hits", "between", "birank"):
            assert np.isfinite(found[name].score).all(), name
    assert early.core().set_index(["side", "node"]).core["customer", "b"] == 0
    assert math.isnan(early.brokerage().set_index("customer").constraint["b"])
    assert early.next_suppliers(2, customers=["b"], model="walk").empty
    lone = gx.graph.SupplierGraph(pd.DataFrame({"customer": ["a", "b", "c"], "supplier": ["x", "x", "x"], "amount": [1.0, 2.0, 3.0]}))  # one supplier only
    found = everything(lone)
    assert found["competitors"].empty and found["next"].empty and found["winnable"].empty
    assert found["like"].similarity.eq(1).all()
    assert found["risk"].set_index("firm")["index"]["x"] == 1
    other = gx.graph.SupplierGraph(pd.DataFrame({"customer": ["a", "a", "a"], "supplier": ["x", "y", "z"], "amount": [1.0, 2.0, 3.0]}))  # one customer only
    assert everything(other)["like"].empty
    twice = gx.graph.SupplierGraph(pd.concat([frame, frame]), period="year")
    pd.testing.assert_frame_equal(twice.competitors().drop(columns="contested"), g.competitors().drop(columns="contested"))
