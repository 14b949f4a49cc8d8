"""SupplierGraph in Python: frames, exact figures, invariants, bad input."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))

WOMEN = {"Evelyn": "11111101100000", "Laura": "11101111000000", "Theresa": "01111111100000", "Brenda": "10111111000000",
         "Charlotte": "00111010000000", "Frances": "00101101000000", "Eleanor": "00001111000000", "Pearl": "00000101100000",
         "Ruth": "00001011100000", "Verne": "00000011100100", "Myra": "00000001110100", "Katherine": "00000001110111",
         "Sylvia": "00000011110111", "Nora": "00000110111111", "Helen": "00000011011100", "Dorothy": "00000001100000",
         "Olivia": "00000000101000", "Flora": "00000000101000"}


def women() -> pd.DataFrame:
    rows = [(w, f"E{e + 1}", 1.0) for w, line in WOMEN.items() for e, x in enumerate(line) if x == "1"]
    return pd.DataFrame(rows, columns=["customer", "supplier", "amount"])


def trade() -> pd.DataFrame:
    return pd.DataFrame({"customer": ["b", "a", "a", "b", "c", "a"], "supplier": ["x", "x", "y", "y", "y", "x"],
                         "amount": [10.0, 5.0, 20.0, 30.0, 8.0, 7.0], "product": ["p", "p", "q", "q", "q", "q"],
                         "year": [2020, 2020, 2020, 2021, 2021, 2022]})


def graph(frame: Any, **named: Any) -> gx.graph.SupplierGraph:
    return gx.graph.SupplierGraph(frame, **named)


def test_southern_women() -> None:
    g = graph(women())
    assert len(g) == 89
    c = g.concentration().set_index("customer")
    assert c.hhi["Evelyn"] == 0.125
    assert c.constraint["Evelyn"] == 0.125
    rank = g.pagerank().set_index("node").score
    assert rank["E8"] == pytest.approx(0.072497125194, abs=1e-11)
    assert rank["Evelyn"] == pytest.approx(0.042563450745, abs=1e-11)
    assert g.error_bound_ <= 1e-10
    bi = g.birank().set_index("node").score
    assert bi["E8"] == pytest.approx(0.0925794145, abs=1e-9)
    assert bi["Evelyn"] == pytest.approx(0.071128894968, abs=1e-9)
    core = g.core().core.value_counts()
    assert core.to_dict() == {2: 4, 3: 5, 4: 23}
    swapped = graph(women(), customer="supplier", supplier="customer").competitors(null=None)
    assert len(swapped) == 139
    assert swapped.common.sum() == 322


def test_cut_nodes_and_bridges() -> None:
    frame = pd.DataFrame([("c1", "s1"), ("c2", "s1"), ("c2", "s2"), ("c3", "s2"), ("c3", "s3"), ("c4", "s3"), ("c4", "s2")],
                         columns=["customer", "supplier"])
    g = graph(frame, weight=None)
    assert set(g.cut_nodes().node) == {"s1", "c2", "s2"}
    assert list(zip(g.bridges().customer, g.bridges().supplier, strict=True)) == [("c1", "s1"), ("c2", "s1"), ("c2", "s2")]


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_the_kind_that_went_in_comes_out(kind: str) -> None:
    frame: Any = trade()
    if kind == "polars":
        frame = pl.from_pandas(frame)
    if kind == "pyarrow":
        frame = pa.table(frame)
    want = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.Table}[kind]
    g = graph(frame, product="product", period="year")
    for out in (g.ties(), g.concentration(), g.concentration("supplier"), g.like_customers(2), g.needs_gap(2), g.competitors(), g.next_suppliers(2),
                g.winnable("x"), g.tie_changes(), g.pagerank(), g.birank(), g.core(), g.core(1, 2), g.cut_nodes(), g.bridges(), g.single_source(),
                g.single_source(by="product"), g.disrupt(["x"]), g.rejected):
        assert type(out) is want
    rows = g.ties()
    rows = rows.to_pandas() if kind != "pandas" else rows
    assert rows.values.tolist() == [["a", "x", 12.0, 2, 2020, 2022], ["a", "y", 20.0, 1, 2020, 2020], ["b", "x", 10.0, 1, 2020, 2020],
                                    ["b", "y", 30.0, 1, 2021, 2021], ["c", "y", 8.0, 1, 2021, 2021]]


def test_labels_keep_their_type_and_order() -> None:
    g = graph(pd.DataFrame({"customer": [10, 9, -1], "supplier": ["b", "a", "b"], "amount": [1.0, 2.0, 3.0]}))
    assert g.customers.tolist() == [-1, 9, 10]
    assert g.suppliers.tolist() == ["a", "b"]
    assert g.concentration().customer.tolist() == [-1, 9, 10]
    assert g.pagerank().node.tolist() == ["-1", "9", "10", "a", "b"]
    both = graph(pd.DataFrame({"customer": [1, 2], "supplier": [1, 1], "amount": [1.0, 1.0]}))
    assert both.pagerank().node.tolist() == [1, 2, 1]  # the same label on both sides is kept apart
    cat = graph(pd.DataFrame({"customer": pd.Categorical(["z", "a"], categories=["z", "a", "m"]), "supplier": ["s", "s"], "amount": [1.0, 2.0]}))
    assert cat.concentration().customer.tolist()[:1] == ["a"]


def test_scipy_shares_memory() -> None:
    c = np.array([0, 0, 1, 2], np.uint32)
    s = np.array([0, 1, 1, 0], np.uint32)
    w = np.array([1.0, 2.0, 3.0, 4.0])
    g = graph(pa.table({"customer": c, "supplier": s, "amount": w}))
    m = g.to_scipy()
    assert m.toarray().tolist() == [[1, 2], [0, 3], [4, 0]]
    rows = g._g.rows("customer")
    assert np.shares_memory(m.data, rows["weight"])
    assert np.shares_memory(m.indices, rows["other"])
    assert np.shares_memory(rows["weight"], w)  # sorted columns without duplicates are not copied
    assert np.shares_memory(rows["other"], s)


def test_graphml_reads_back(tmp_path: Path) -> None:
    import xml.etree.ElementTree as ET

    frame = pd.DataFrame({"customer": ["A & <B>"], "supplier": ['"q"'], "amount": [1.5]})
    graph(frame).write_graphml(tmp_path / "g.graphml")
    root = ET.parse(tmp_path / "g.graphml").getroot()
    texts = [e.text for e in root.iter() if e.tag.endswith("data")]
    assert texts == ["A & <B>", "customer", '"q"', "supplier", "1.5"]


def test_changes_of_ties_and_what_is_found_by_name() -> None:
    g = graph(trade(), period="year")
    changes = g.tie_changes(quiet=1)
    got = {(r.customer, r.supplier, r.period): r.change for r in changes.itertuples()}
    assert got["a", "x", 2020] == "present"
    assert got["a", "x", 2021] == "lost"
    assert got["a", "x", 2022] == "back"
    assert got["b", "y", 2021] == "new"
    assert g.quiet_ == 1
    assert g.competitors(supplier="y").rival.tolist() == ["x"]
    assert g.disrupt("x").customer.tolist() == ["a", "b", "c"]
    assert g.disrupted_["lost"] == 22.0


def test_months_are_counted_and_gaps_in_the_calendar_are_gaps() -> None:
    frame = pd.DataFrame({"customer": ["a", "a"], "supplier": ["x", "x"], "amount": [1.0, 1.0],
                          "month": pd.to_datetime(["2019-11-01", "2020-02-01"])})
    g = graph(frame, period="month")
    assert g.tie_changes(quiet=5).change.tolist() == ["present", "quiet", "kept"]
    assert str(g.ties()["first"].iloc[0]).startswith("2019-11-01")


def test_refused_lines_are_listed() -> None:
    frame = pd.DataFrame({"customer": ["a", None, "b", "c", "d"], "supplier": ["x", "x", "x", None, "x"],
                          "amount": [1.0, 1.0, float("nan"), 2.0, -3.0]})
    g = graph(frame)
    r = g.rejected
    assert r.line.tolist()[:3] == [1, 3, 2]
    assert math.isnan(r.line[3])
    assert r.reason.tolist() == ["customer is empty", "supplier is empty", "amount is not a finite number", "credits exceed purchases"]
    assert r.customer.tolist()[2:] == ["b", "d"]
    assert len(g) == 1


SENTENCES: list[tuple[Any, str]] = [
    (lambda g: graph(trade(), customer="custmer"),
     "SupplierGraph: no column 'custmer' among 'customer', 'supplier', 'amount', 'product', 'year'; did you mean 'customer'?"),
    (lambda g: graph(pd.DataFrame({"customer": ["a"], "supplier": ["x"], "amount": [-1.0]})),
     "SupplierGraph: all 1 lines were refused or net to zero; first reason: credits exceed purchases"),
    (lambda g: g.winnable("xx"), "winnable: no supplier 'xx'; did you mean 'x'?"),
    (lambda g: g.like_customers(0), "like_customers: k is 0, wanted a whole number of at least 1"),
    (lambda g: g.like_customers(customers=[]), "like_customers: customers is an empty list; leave it out for all"),
    (lambda g: g.like_customers(measure="dice"), "graph: measure 'dice' is not one of cosine, jaccard, overlap, ruzicka"),
    (lambda g: g.pagerank(damping=1), "graph::pagerank: damping is 1.000000, wanted inside (0, 1)"),
    (lambda g: g.pagerank(tol=0), "graph::pagerank: tol must be above 0"),
    (lambda g: graph(trade()).needs_gap(by="product"), "graph::needs_gap: by product was asked, but no 'product' column was given"),
    (lambda g: graph(trade()).tie_changes(), "graph::tie_changes: no 'period' column was given"),
    (lambda g: graph(trade()).next_suppliers(at=2020), "next_suppliers: 'at' was given, but no 'period' column"),
    (lambda g: g.next_suppliers(at=1999), "next_suppliers: at is 1999, the first period is 2020"),
    (lambda g: g.next_suppliers(half_life=-1), "next_suppliers: half_life is -1, wanted a number above 0, 'auto' or None"),
    (lambda g: g.concentration("buyer"), "concentration: side is 'buyer', wanted 'customer' or 'supplier'"),
    (lambda g: g.competitors(fdr=2), "graph::competitors: fdr is 2.000000, wanted inside (0, 1)"),
    (lambda g: g.disrupt("x", spare=-1), "graph::disrupt: spare is -1.000000, wanted 0 or more"),
    (lambda g: graph(pd.DataFrame({"customer": ["a"], "supplier": ["x"], "amount": ["ten"]})), "amount: a column of"),
    (lambda g: graph(pd.DataFrame({"customer": ["a"], "supplier": ["x"], "amount": [1.0], "year": [True]}), period="year"),
     "SupplierGraph: period column 'year' is bool, which cannot be ordered"),
]


@pytest.mark.parametrize(("call", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_bad_input_speaks_plainly(call: Any, sentence: str) -> None:
    with pytest.raises(gx.Error) as raised:
        call(graph(trade(), product="product", period="year"))
    assert str(raised.value).startswith(sentence)


def test_an_empty_frame_has_answers() -> None:
    g = graph(pd.DataFrame({"customer": pd.Series([], dtype=str), "supplier": pd.Series([], dtype=str), "amount": pd.Series([], dtype=float)}))
    assert len(g) == 0
    for out in (g.ties(), g.concentration(), g.like_customers(), g.competitors(), g.pagerank(), g.core(), g.cut_nodes(), g.next_suppliers(), g.rejected):
        assert len(out) == 0
    assert "customers: 0" in repr(g)


def test_the_print_is_an_answer() -> None:
    g = graph(trade(), product="product", period="year")
    assert repr(g) == ("SupplierGraph\n  customers: 3\n  suppliers: 2\n  ties: 5\n  customers with one supplier: 1\n"
                       "  effective suppliers a customer, median: 1.60\n  products: 2\n  periods: 2020 to 2022")
    assert "<td>5</td>" in g._repr_html_()


LINES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(-300, 2000), st.integers(0, 3), st.integers(2015, 2018)),
                 min_size=1, max_size=60)


def frame_of(rows: list[tuple[int, int, int, int, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer", "supplier", "amount", "product", "year"])
    frame["amount"] /= 4
    frame["supplier"] = "s" + frame["supplier"].astype(str)
    return frame


def try_graph(frame: pd.DataFrame, **settings: Any) -> gx.graph.SupplierGraph | None:
    try:
        return graph(frame, product="product", period="year", **settings)
    except gx.Error as e:
        assert e.code == "empty"
        return None


def answers(g: gx.graph.SupplierGraph) -> list[pd.DataFrame]:
    some = g.suppliers[0]
    return [g.ties(), g.concentration(), g.concentration("supplier"), g.like_customers(3), g.like_customers(3, weight="share", measure="ruzicka"),
            g.needs_gap(3), g.needs_gap(3, by="supplier"), g.competitors(), g.next_suppliers(3), g.winnable(some), g.tie_changes(), g.pagerank(),
            g.birank(weight="amount"), g.core(), g.core(2, 1), g.cut_nodes(), g.bridges(), g.single_source(), g.single_source(by="product"),
            g.disrupt(some)]


@settings(max_examples=30, deadline=None)
@given(LINES, st.randoms())
def test_row_order_and_threads_change_no_bit(rows: Any, random: Any) -> None:
    g = try_graph(frame_of(rows), threads=1)
    random.shuffle(rows)
    h = try_graph(frame_of(rows), threads=3)
    assert (g is None) == (h is None)
    if g is None or h is None:
        return
    for one, two in zip(answers(g), answers(h), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


@settings(max_examples=30, deadline=None)
@given(LINES)
def test_currency_scales_amounts_only(rows: Any) -> None:
    frame = frame_of(rows)
    g = try_graph(frame)
    if g is None:
        return
    h = graph(frame.assign(amount=frame.amount * 8), product="product", period="year")
    money = {"weight", "strength", "expected", "actual", "gap", "contested", "before", "after", "severed", "lost", "replaced", "unserved"}
    for one, two in zip(answers(g), answers(h), strict=True):
        for name in one.columns:
            factor = 8 if name in money else 1
            if one[name].dtype == float:
                np.testing.assert_allclose(one[name] * factor, two[name], rtol=1e-12, atol=1e-9)
            else:
                assert one[name].tolist() == two[name].tolist() or one[name].isna().any()


@settings(max_examples=40, deadline=None)
@given(LINES)
def test_brute_force_twins(rows: Any) -> None:
    frame = frame_of(rows)
    g = try_graph(frame)
    if g is None:
        return
    w = frame.groupby(["customer", "supplier"]).amount.sum().unstack(fill_value=0.0).clip(lower=0)
    c = g.concentration().set_index("customer")
    share = w.div(w.sum(axis=1), axis=0)
    np.testing.assert_allclose(c.hhi, (share**2).sum(axis=1, min_count=1), atol=1e-12)
    assert ((share.max(axis=1) - c.largest_share).abs().dropna() < 1e-12).all()
    b = (w > 0).astype(float).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        sim = b @ b.T / np.sqrt(np.outer(b.sum(1), b.sum(1)))
    np.fill_diagonal(sim, 0)
    like = g.like_customers(2)
    best = -np.sort(-np.nan_to_num(sim), axis=1)[:, :2]
    assert like.similarity.sum() == pytest.approx(best.sum(), abs=1e-9)
    met = b.T @ b
    rivals = g.competitors()
    assert rivals.common.sum() == np.triu(met, 1).sum()
    # changes: the ties of a period are those that are present, new, kept or back in it
    net = frame.groupby(["customer", "supplier", "year"]).amount.sum()
    there = net[net > 0].groupby("year").size()
    changes = g.tie_changes()
    seen = changes[changes.change.isin(["present", "new", "kept", "back"])].groupby("period").size()
    assert seen.to_dict() == there.to_dict()
    lost = g.disrupt(list(g.suppliers))
    assert lost.lost.sum() == pytest.approx(lost.before.sum())
    assert lost.replaced.sum() == 0


def kosovo() -> pd.DataFrame:
    path = DATA / "kosovo_procurement_2010_2016.csv.gz"
    if not path.exists():
        pytest.skip("real data is absent: set GUANXI_DATA")
    d = pd.read_csv(path)
    d["customer"] = d.buyer + "|" + d.cpv2.map(lambda x: "" if pd.isna(x) else str(int(x)))
    return d


def test_kosovo_procurement() -> None:
    g = graph(kosovo(), weight="value_eur", period="year")
    c = g.concentration()
    assert (len(g.customers), len(g.suppliers), len(g)) == (213, 2268, 3267)
    assert c.hhi.mean() == pytest.approx(0.482176486, abs=5e-10)
    assert c.hhi.median() == pytest.approx(0.422545007, abs=5e-10)
    assert (c.single_source.sum(), (c.largest_share >= 0.5).sum()) == (42, 116)
    assert g.like_customers().similarity.sum() == pytest.approx(206.139945647, abs=1e-9)
    r = g.competitors()
    assert (len(r), (r.common >= 2).sum(), r.common.sum(), r.validated.sum()) == (138_109, 3_266, 141_602, 3)
    assert r.p_value.min() == pytest.approx(1.1994828070e-08, rel=1e-9)
    rank = g.pagerank().set_index("node")
    assert rank.score.idxmax() == "Prishtina|45"
    assert rank.score.max() == pytest.approx(0.042267845835, abs=5e-11)
    assert rank.score[rank.side == "customer"].sum() == pytest.approx(0.466420471257, abs=5e-11)
    assert (g.core().core.max(), g.core().core.sum()) == (4, 3437)
    assert g.cut_nodes().side.value_counts().to_dict() == {"customer": 147, "supplier": 45}
    assert len(g.bridges()) == 1800


def test_liquor_2019() -> None:
    path = DATA / "liquor_store_supplier_month.parquet"
    if not path.exists():
        pytest.skip("real data is absent: set GUANXI_DATA")
    d = pd.read_parquet(path)
    d = d[pd.to_datetime(d.month).dt.year == 2019]
    g = graph(d, customer="customer_id", supplier="supplier_id", weight="amount_usd", period="month")
    c = g.concentration()
    assert (len(g.customers), len(g.suppliers), len(g)) == (694, 145, 17_999)
    assert c.hhi.mean() == pytest.approx(0.13385723, abs=5e-9)
    assert c.hhi.median() == pytest.approx(0.123783493, abs=5e-10)  # in double; summed in single it is 0.12378347
    assert (c.single_source.sum(), (c.largest_share >= 0.5).sum()) == (3, 6)
    assert g.like_customers().similarity.sum() == pytest.approx(6239.337118053, abs=1e-8)
    r = g.competitors()
    assert (len(r), (r.common >= 2).sum(), r.common.sum(), r.validated.sum()) == (9_007, 6_537, 281_625, 5_242)
    assert r.p_value.min() == pytest.approx(2.4535618566e-66, rel=1e-8)
    rank = g.pagerank().set_index("node")
    assert rank.score.idxmax() == "260"
    assert rank.score.max() == pytest.approx(0.017743371380, abs=5e-11)
    assert (g.core().core.max(), g.core().core.sum()) == (37, 19_445)
    assert g.cut_nodes().side.value_counts().to_dict() == {"customer": 7, "supplier": 3}
    assert len(g.bridges()) == 24


def kinds(years: int = 8) -> pd.DataFrame:
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


def test_the_learned_model_ranks_by_chance_and_finds_the_kinds() -> None:
    g = gx.graph.SupplierGraph(kinds(), period="year")
    out = g.next_suppliers(3, at=2018)
    assert g.status_.startswith("learned on") and len(g.tie_model_) == 30
    assert (np.diff(out.chance)[out["rank"].to_numpy()[1:] > 1] <= 0).all() and out.chance.between(0, 1).all()
    assert (out.customer.str[1:].astype(int) % 3 == out.supplier.str[1:].astype(int) % 3).mean() > 0.8
    won = g.winnable("s04", k=5)
    assert (won.expected > 0).all() and len(won) <= 5
    walk = g.next_suppliers(3, model="walk")
    assert not g.status_.startswith("learned on") and list(walk.columns) == list(out.columns)


def test_the_learned_model_looks_at_nothing_later() -> None:
    frame = kinds()
    changed = frame.assign(supplier=np.where(frame.year > 2021, "s00", frame.supplier))
    a, b = (gx.graph.SupplierGraph(f, period="year").next_suppliers(5, at=2021, model="learned") for f in (frame, changed))
    pd.testing.assert_frame_equal(a, b)


def test_the_chances_add_up_to_what_comes() -> None:
    frame = kinds(12)
    g = gx.graph.SupplierGraph(frame, period="year")
    table = g.next_suppliers(None, at=2023, model="learned")
    known, later = frame[frame.year <= 2023], frame[frame.year == 2024]
    pairs = set(zip(later.customer, later.supplier, strict=True)) - set(zip(known.customer, known.supplier, strict=True))
    assert abs(table.chance.sum() - len(pairs)) < 4 * np.sqrt(len(pairs)) + 1


def test_a_past_too_short_to_learn_from_is_said() -> None:
    g = gx.graph.SupplierGraph(kinds(2), period="year")
    with pytest.raises(gx.Error, match="next_suppliers: chance not known"):
        gx.graph.SupplierGraph(kinds(1), period="year").next_suppliers(model="learned")
    with pytest.raises(gx.Error, match="next_suppliers: model is 'best', wanted 'auto', 'learned' or 'walk'"):
        g.next_suppliers(model="best")  # type: ignore[arg-type]
    with pytest.raises(gx.Error, match="winnable: horizon is 0, wanted a whole number of at least 1"):
        g.winnable("s01", horizon=0)


def southern_women() -> Any:
    rows = ["11111101100000", "11101111000000", "01111111100000", "10111111000000", "00111010000000", "00101101000000", "00001111000000",
            "00000101100000", "00001011100000", "00000011100100", "00000001110100", "00000001110111", "00000011110111", "00000110111111",
            "00000011011100", "00000001100000", "00000000101000", "00000000101000"]
    return gx.graph.SupplierGraph({"customer": [w for w, row in enumerate(rows) for x in row if x == "1"],
                                   "supplier": [e for row in rows for e, x in enumerate(row) if x == "1"]}, weight=None)


def test_structure_of_the_southern_women_is_the_published_one() -> None:
    g = southern_women()
    assert g.nodf()["all"] == pytest.approx(48.581186573, abs=1e-8)
    assert g.motifs()["closed"] == pytest.approx(0.46776406035665297, abs=1e-12)
    assert max(g.betweenness().to_pandas().score) == pytest.approx(110.20639698200813, abs=1e-8)
    g.communities(starts=50)
    assert g.modularity_ == pytest.approx(0.3455371796490342, abs=1e-12)
    assert g.fitness(updates=50).to_pandas().score[0] == pytest.approx(2.7933917811, abs=1e-9) and g.updates_ == 50
    hubs = g.hits().to_pandas()
    assert hubs.groupby("side").score.sum().tolist() == pytest.approx([1, 1])
    near = g.personalised([0, 1], want="supplier", k=3, precision=1e-9).to_pandas()
    assert set(near.side) == {"supplier"} and near["rank"].tolist() == [1, 2, 3, 1, 2, 3]
    assert g.competitors(null="bicm").to_pandas().p_value.between(0, 1).all()


@pytest.mark.skipif(not (DATA / "world_trade_sitc_1998_2000.csv.gz").exists(), reason="no real data")
def test_complexity_and_fitness_of_world_trade() -> None:
    w = pd.read_csv(DATA / "world_trade_sitc_1998_2000.csv.gz")
    g = gx.graph.SupplierGraph(w, customer="country", supplier="sitc4", weight="export_usd")
    assert (g.rca().rca >= 1).sum() == 31_951
    eci = g.complexity(binary="rca").set_index("node").score
    assert g.lambda2_ == pytest.approx(0.17913391945, abs=1e-10)
    assert eci[["sgs", "jpn", "hmd", "gbr", "deu"]].tolist() == pytest.approx([2.33993, 2.26263, 1.98965, 1.92422, 1.88438], abs=1e-5)
    fit = g.fitness(updates=19, binary="rca").set_index("node").score
    assert fit[["deu", "esp", "ita", "fra"]].tolist() == pytest.approx([3.8128956828, 3.3597213304, 3.2341165862, 3.1215103168], abs=1e-9)


def test_a_snapshot_is_the_graph_of_the_lines_so_far() -> None:
    frame = kinds(5)
    g = gx.graph.SupplierGraph(frame, period="year")
    then = g.snapshot(2018)
    want = gx.graph.SupplierGraph(frame[frame.year <= 2018], period="year")
    pd.testing.assert_frame_equal(then.ties()[["customer", "supplier", "weight", "lines"]], want.ties()[["customer", "supplier", "weight", "lines"]], check_dtype=False)
    assert len(then.customers) == len(g.customers) and len(g) > len(then)
    assert len(g.snapshot(2018, since=2018)) < len(then)


def test_updates_equal_building_anew() -> None:
    frame = kinds(5)
    g = gx.graph.SupplierGraph(frame[frame.year < 2019], period="year")
    before = g.ties()
    more = g.updated(frame[frame.year >= 2019])
    pd.testing.assert_frame_equal(more.ties(), gx.graph.SupplierGraph(frame, period="year").ties())
    pd.testing.assert_frame_equal(g.ties(), before)
    plain = gx.graph.SupplierGraph({"customer": ["a"], "supplier": ["x"]}, weight=None).updated({"customer": ["a", "b"], "supplier": ["x", "y"]})
    assert plain.ties().to_pandas().weight.tolist() == [2, 1]


def test_ego_and_country_failure() -> None:
    g = gx.graph.SupplierGraph(pd.DataFrame({"customer": list("aabc"), "supplier": list("xyyz"), "amount": [1.0, 2.0, 3.0, 4.0]}))
    assert g.ego("a").values.tolist() == [["a", "x", 1.0, 1], ["a", "y", 2.0, 1], ["b", "y", 3.0, 2]]
    assert g.ego("a", steps=1).step.tolist() == [1, 1]
    of = {"x": "NL", "y": "NL", "z": "DE"}
    assert g.disrupt(country="NL", of=of, spare=0).lost.tolist() == [3.0, 3.0, 0.0]
    assert g.disrupt("z", country=["NL"], of=of, spare=0).lost.sum() == 10
    with pytest.raises(gx.Error, match="disrupt: no supplier of country 'FR'"):
        g.disrupt(country="FR", of=of)


def test_pictures_are_whole_pages_and_safe_blocks() -> None:
    frame = kinds().assign(supplier=lambda f: f.supplier + "</script><b>")
    g = gx.graph.SupplierGraph(frame, period="year")
    for picture in (g.ego_map("c01", nodes=40), g.competitor_map(own=g.suppliers[3], nodes=30, validated=False)):
        block = picture.block(library=False)
        assert "</script><b>" not in block.replace("&lt;", "<").split("<script>")[1].rsplit("</script>", 1)[0]
        assert len(picture.nodes) <= 40 and "http://" not in block and "https://" not in block
        assert picture._repr_html_().startswith("<iframe srcdoc=") and "Cytoscape.js" in picture.block()
        names = {n["id"] for n in picture.nodes}
        assert all(e["source"] in names and e["target"] in names for e in picture.edges)
        assert block == picture.block(library=False)
    with pytest.raises(gx.Error, match="ego_map: nodes is 5, wanted 10 to 300"):
        g.ego_map("c01", nodes=5)
    lonely = gx.graph.SupplierGraph({"customer": ["a"], "supplier": ["x"], "amount": [1.0]})
    assert len(lonely.competitor_map().nodes) == 0 and len(lonely.ego_map("a").nodes) == 2


def test_networkx_there_and_back() -> None:
    networkx = pytest.importorskip("networkx")
    g = gx.graph.SupplierGraph(pd.DataFrame({"customer": list("aab"), "supplier": list("xyy"), "amount": [1.0, 2.0, 3.0]}))
    h = g.to_networkx()
    assert networkx.is_bipartite(h) and h.number_of_edges() == 3
    back = gx.graph.SupplierGraph.from_networkx(h)
    assert back.ties().select(["customer", "supplier", "weight"]).to_pylist() == g.to_arrow().select(["customer", "supplier", "weight"]).to_pylist()
    with pytest.raises(gx.Error, match="from_networkx: node 1 has no side"):
        gx.graph.SupplierGraph.from_networkx(networkx.path_graph([1, 2]))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.sampled_from([-2.0, 0.0, 1.0, 5.0])), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_structure_survives_every_small_book(lines: list[tuple[int, int, float]]) -> None:
    frame = {"customer": [x[0] for x in lines], "supplier": [x[1] for x in lines], "amount": [x[2] for x in lines]}
    try:
        g = gx.graph.SupplierGraph(frame)
    except gx.Error as reason:
        assert reason.code == "empty"
        return
    ties = g.to_arrow().to_pandas()
    c, s = np.searchsorted(g.customers, ties.customer), np.searchsorted(g.suppliers, ties.supplier)
    m = np.zeros((len(g.customers), len(g.suppliers)))
    m[c, s] = 1
    rows, columns = m.sum(1), m.sum(0)
    both = m @ m.T
    want = sum(100 * both[i, j] / rows[j] for i in range(len(m)) for j in range(len(m)) if rows[i] > rows[j] > 0)
    if len(m) > 1:
        assert g.nodf()["rows"] == pytest.approx(want / (len(m) * (len(m) - 1) / 2))
    found = g.communities(seed=1).to_pandas().community.to_numpy()
    inside = found[: len(m), None] == found[None, len(m):]
    assert g.modularity_ == pytest.approx(((m - np.outer(rows, columns) / m.sum()) * inside).sum() / m.sum(), abs=1e-12)
    assert g.modularity_ >= -1e-12
    f = g.fitness(updates=3).to_pandas()
    assert (f.score >= 0).all() and np.isfinite(f.score).all()
    e = g.complexity().to_pandas()
    assert e.score.isna().all() or abs(np.nanmean(e.score[: len(m)])) < 1e-6
    like = g.like_customers(3).to_pandas()
    for row in like.itertuples():
        i, j = np.searchsorted(g.customers, row.customer), np.searchsorted(g.customers, row.like)
        assert row.similarity == pytest.approx(both[i, j] / math.sqrt(rows[i] * rows[j]))
    rivals = g.competitors(null="bicm").to_pandas()
    assert rivals.p_value.between(0, 1).all()
    g.betweenness(), g.hits(), g.motifs(), g.ego(g.customers[0]), g.ego_map(g.customers[0]), g.competitor_map()
