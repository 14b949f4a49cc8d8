"""gx.share: frames, names, published tables, invariants, sentences."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from guanxi import Error, share
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse, special

DATA = Path(os.environ.get("GUANXI_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def record(customers: int = 30, periods: int = 6, seed: int = 1) -> dict[str, list[object]]:
    rng = np.random.default_rng(seed)
    rows: dict[str, list[object]] = {"customer": [], "supplier": [], "period": [], "amount": []}
    for c in range(customers):
        habit = rng.dirichlet([1.0, 0.7, 0.4])
        for t in range(periods):
            for j, n in enumerate(rng.multinomial(6, habit)):
                if n:
                    for name, value in zip(rows, (f"C{c:03d}", ("us", "Müller", "Tanaka")[j], dt.date(2020, 1 + t, 1), 100.0 * n)):
                        rows[name].append(value)
    return rows


FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("kind", FRAMES)
def test_the_kind_of_frame_that_goes_in_comes_out(kind: str) -> None:
    s = share.SupplierShares(own="us").fit(FRAMES[kind](record()))
    for frame in (s.shares_, s.wallets_, s.customers_, s.params_["alpha"]):
        assert isinstance(frame, {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.Table}[kind])


def test_rows_sum_to_one_and_carry_the_callers_names() -> None:
    s = share.SupplierShares(own="us").fit(pa.table(record()))
    table = s.shares_.to_pandas()
    assert list(table.columns) == ["customer", "supplier", "period", "share", "low", "high", "low_active", "high_active", "p_active",
                                   "p_largest", "p_dominant", "trend", "p_rising", "source", "amount"]
    assert np.allclose(table.groupby(["customer", "period"]).share.sum(), 1, atol=1e-12)
    assert set(table.supplier) <= {"us", "Müller", "Tanaka", "(rest)"}
    assert set(table[table.supplier == "us"].source) == {"own"}
    assert table.period.iloc[0] == dt.date(2020, 1, 1)
    wallet = s.wallets_.to_pandas()
    assert (wallet.wallet == 600).all() and (wallet.low == wallet.high).all()


def test_row_order_and_repeated_rows_change_no_bit() -> None:
    frame = pd.DataFrame(record())
    want = share.SupplierShares(own="us").fit(frame).shares_
    shuffled = frame.sample(frac=1, random_state=3)
    half = pd.concat([shuffled.assign(amount=shuffled.amount / 2)] * 2)
    for other in (shuffled, half):
        pd.testing.assert_frame_equal(share.SupplierShares(own="us", threads=2).fit(other).shares_, want, check_exact=True)


def test_a_month_without_rows_is_a_month() -> None:
    rows = {"customer": ["a", "a"], "supplier": ["x", "x"], "period": [dt.date(2020, 1, 1), dt.date(2020, 4, 1)], "amount": [1.0, 2.0]}
    quarters = share.SupplierShares().fit(pa.table(rows)).wallets_.column("period").to_pylist()
    assert quarters == [dt.date(2020, 1, 1), dt.date(2020, 4, 1)]  # all gaps are quarters
    rows = {name: values + values[-1:] for name, values in rows.items()}
    rows["period"][-1] = dt.date(2020, 5, 1)
    assert len(share.SupplierShares().fit(pa.table(rows)).wallets_) == 5
    rows["period"] = ["2020-01", "2020-04", "2020-05"]
    assert len(share.SupplierShares().fit(pa.table(rows)).wallets_) == 5
    rows["period"] = [2011, 2014, 2015]
    assert share.SupplierShares(window=2).fit(pa.table(rows)).wallets_.column("period").to_pylist() == [2011, 2012, 2014]


def test_print_is_an_answer() -> None:
    s = share.SupplierShares(own="us").fit(pd.DataFrame(record()))
    assert "30 customers, 3 suppliers, 6 periods" in repr(s) and "our share" in repr(s)
    assert s._repr_html_().count("<tr>") == 9
    assert repr(share.SupplierShares(own="us")) == "SupplierShares(own='us'): not fitted"


def sentence(call: object) -> str:
    with pytest.raises(gx.Error) as caught:
        call()  # type: ignore[operator]
    return str(caught.value)


def test_bad_input_is_a_sentence() -> None:
    frame = pd.DataFrame(record())
    assert sentence(lambda: share.SupplierShares(own="uss").fit(frame)) == (
        "SupplierShares: own: 'uss' is not among the suppliers 'Müller', 'Tanaka', 'us'; did you mean 'us'?")
    assert sentence(lambda: share.SupplierShares().fit(frame.rename(columns={"amount": "amont"}))) == (
        "SupplierShares.fit: deliveries: no column 'amount' among 'customer', 'supplier', 'period', 'amont'; did you mean 'amont'?")
    assert sentence(lambda: share.SupplierShares().shares_) == "SupplierShares: call fit first"
    assert sentence(lambda: share.SupplierShares(level=2).fit(frame)) == "SupplierShares: 'level' is 2.000000, it must lie between 0 and 1"
    assert sentence(lambda: share.SupplierShares(keep=-1).fit(frame)) == "SupplierShares: 'keep' is -1, it must be a whole number of at least 0"
    frame.loc[0, "period"] = None
    assert sentence(lambda: share.SupplierShares().fit(frame)) == (
        "SupplierShares.fit: 1 empty entries in 'period' where each row needs a period")


def test_empty_frames_credit_notes_and_unknown_amounts() -> None:
    empty = pa.table({"customer": pa.array([], pa.string()), "supplier": pa.array([], pa.string()), "period": pa.array([], pa.int64()),
                      "amount": pa.array([], pa.float64())})
    s = share.SupplierShares().fit(empty)
    assert s.status_ == "no deliveries: nothing is known of any customer" and len(s.shares_) == 0
    rows = {"customer": ["a"] * 4, "supplier": ["x", "x", "y", "z"], "period": [1, 1, 1, 1], "amount": [10.0, -4.0, -1.0, None]}
    s = share.SupplierShares().fit(pa.table(rows))
    assert s.status_.startswith("2 rows left out because their net amount is negative or not a number")
    assert s.wallets_.column("wallet").to_pylist() == [6.0]


def test_integer_suppliers_stay_integers_and_rest_is_null() -> None:
    rows = {"customer": [1, 2, 2], "supplier": [7, 7, 9], "period": [1, 1, 1], "amount": [5.0, 3.0, 4.0]}
    table = share.SupplierShares(own=7).fit(pa.table(rows)).shares_
    assert table.schema.field("supplier").type == pa.int64()
    assert table.column("supplier").to_pylist() == [7, None, 7, 9, None]


# ---- Dirichlet-multinomial ----------------------------------------------------------------------------------------------


def counts_of(n: int = 2000, seed: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.multinomial(rng.integers(1, 25), rng.dirichlet([0.5, 1.0, 0.3, 0.1])) for _ in range(n)])


def test_dirichlet_multinomial_equals_scipy() -> None:
    x = counts_of()

    def negative(log_alpha: np.ndarray) -> tuple[float, np.ndarray]:
        a, n = np.exp(log_alpha), x.sum(1)
        s = a.sum()
        value = (special.gammaln(a + x) - special.gammaln(a)).sum() + (special.gammaln(s) - special.gammaln(s + n)).sum()
        slope = (special.digamma(a + x) - special.digamma(a)).sum(0) + (special.digamma(s) - special.digamma(s + n)).sum()
        return -value, -slope * a

    twin = optimize.minimize(negative, np.zeros(4), jac=True, method="BFGS", options={"gtol": 1e-7})
    for counts in (x, x.astype(float), x.astype(np.int32)):
        m = share.DirichletMultinomial().fit(counts)
        assert m.status_ == "converged" and m.passes_ < 12
        assert m.log_likelihood_ == pytest.approx(-twin.fun, rel=1e-12)
        np.testing.assert_allclose(m.alpha_, np.exp(twin.x), rtol=1e-6)
    total = special.gammaln(x.sum(1) + 1).sum() - special.gammaln(x + 1).sum()
    assert m.coefficient_ == pytest.approx(total, rel=1e-12)
    s = m.shares(x[:50])
    np.testing.assert_allclose(s.mean.sum(1), 1, rtol=1e-12)
    n, a = x[:50].sum(1, keepdims=True), m.alpha_
    np.testing.assert_allclose(s.low, special.betaincinv(a + x[:50], a.sum() - a + n - x[:50], 0.05), rtol=1e-8)


def test_dirichlet_multinomial_sentences() -> None:
    assert sentence(lambda: share.DirichletMultinomial().fit([[1, -2]])).startswith(
        "DirichletMultinomial: 'counts' has -2.000000 in row 0, column 1")
    assert sentence(lambda: share.DirichletMultinomial().fit([1, 2])) == (
        "DirichletMultinomial.fit: 'counts' has 1 dimensions, rows of customers and columns of suppliers are wanted")
    assert sentence(lambda: share.DirichletMultinomial().fit(counts_of(50)).shares([[1, 2]])) == (
        "DirichletMultinomial.shares: 'counts' has 2 columns, the fit has 4")


# ---- NBD-Dirichlet ------------------------------------------------------------------------------------------------------


def test_toothpaste() -> None:
    d = share.NBDDirichlet(rule="notch").fit(penetration=.56, rate=2.6, shares=[.25, .19, .10, .10, .09, .08, .03, .02],
                                             penetrations=[.20, .17, .09, .08, .08, .07, .03, .02])
    assert (d.m_, round(d.k_, 6), round(d.s_, 6)) == (pytest.approx(1.456), .778816, 1.295253)
    np.testing.assert_array_equal(d.buying_rate.round(2), [1.82, 1.76, 1.68, 1.68, 1.67, 1.66, 1.62, 1.61])
    np.testing.assert_array_equal(d.category_rate.round(2), [3.16, 3.22, 3.30, 3.30, 3.31, 3.32, 3.37, 3.38])
    np.testing.assert_array_equal(d.duplication[0, 1:].round(2), [.19, .10, .10, .09, .08, .03, .02])
    np.testing.assert_array_equal(d.with_s(1.3).loyal.round(3), [.452, .424, .386, .386, .382, .378, .358, .354])
    assert d.frequency(0, 6, open=True).sum() == pytest.approx(1)
    assert d.expect(0, 3)[0] > 3 and "buying rate" in repr(d)
    assert sentence(lambda: d.frequency(-1, 1)) == "NBDDirichlet.frequency: 'brand' is -1, it must be at least 0"
    assert sentence(lambda: d.expect(0, -1)) == "NBDDirichlet.expect: 'brand' is 0 and 'own' -1, both must be at least 0"
    assert sentence(lambda: share.NBDDirichlet().fit(penetration=.5)) == (
        "NBDDirichlet.fit: give counts, or all of penetration, rate, shares and penetrations")
    assert sentence(lambda: share.NBDDirichlet(rule="mean").fit(counts_of(9))) == (
        "NBDDirichlet: 'rule' is 'mean', it must be 'notch' or 'weighted'")


# ---- raking -------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10_000))
def test_raking_meets_the_margins_and_keeps_known_cells(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.gamma(0.7, size=(n, k)) + 1e-3
    known = np.where(rng.random((n, k)) < 0.3, truth, np.nan)
    r = share.rake(rng.gamma(1.0, size=(n, k)) + 1e-3, truth.sum(1), truth.sum(0), known=known, tol=1e-11)
    np.testing.assert_array_equal(r.matrix[~np.isnan(known)], truth[~np.isnan(known)])
    if r.converged:
        np.testing.assert_allclose(r.matrix.sum(1), truth.sum(1), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(r.matrix.sum(0), truth.sum(0), rtol=1e-6, atol=1e-9)
    else:
        assert r.violated


def test_sparse_in_sparse_out() -> None:
    rng = np.random.default_rng(2)
    truth = sparse.random(40, 30, 0.3, random_state=3, format="csr")
    truth.data += 0.1
    prior = truth.copy()
    prior.data = rng.gamma(1.0, size=prior.nnz) + 0.01
    row, column = np.asarray(truth.sum(1)).ravel(), np.asarray(truth.sum(0)).ravel()
    r = share.rake(prior, row, column, tol=1e-12)
    dense = share.rake(prior.toarray(), row, column, tol=1e-12)
    assert sparse.issparse(r.matrix) and r.converged
    np.testing.assert_allclose(r.matrix.toarray(), dense.matrix, atol=1e-9)
    cells = (np.array([0, 5]), np.array([0, 7]), np.array([truth[0, 0], truth[5, 7]]))
    held = share.rake(prior, row, column, known=cells)
    assert held.matrix[0, 0] == truth[0, 0] and held.matrix[5, 7] == truth[5, 7]


def test_raking_says_what_cannot_be() -> None:
    r = share.rake([[1, 1, 0], [0, 1, 0], [0, 1, 1]], [10, 300, 20], [15, 40, 275])
    assert not r.converged and r.violated == "margins inconsistent: row 1 wants 260 more than column 1 can give"
    assert share.rake([[1, 1], [0, 0]], [5, 310], [200, 115]).violated == "row 1 wants 310 but its prior is all zero"
    assert sentence(lambda: share.rake([[1, 1]], [1, 2], [1, 1])) == "share::rake: 'rows' has 2 entries, the prior has 1"
    soft = share.rake([[1, 1], [1, 1]], [10, 20], [5, 5], soft=np.inf)
    assert soft.violated == "rows sum to 30, columns to 10; the columns were scaled"
    np.testing.assert_array_equal(share.rake([[1, 2], [3, 4]], [10, 20], [5, 25], soft=0.0).matrix, [[1, 2], [3, 4]])


# ---- plain tools --------------------------------------------------------------------------------------------------------


def test_concentration_and_rules() -> None:
    c = share.concentration([.4, .3, .2, .1])
    assert (c.hhi, c.effective, c.cr[1], c.kwoka) == pytest.approx((.30, 10 / 3, .70, .03))
    np.testing.assert_allclose(share.hhi([1, 1, 2], [0, 0, 2]), [.5, np.nan, 1])
    np.testing.assert_allclose(share.wallet_allocation_rule(np.arange(1, 5), 4), [.4, .3, .2, .1])
    assert share.wallet_allocation_rule(1, 1) == 1.0
    assert share.dominance_threshold(.82, .04) == pytest.approx(.1646)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=20), st.floats(1e-3, 1e3), st.floats(0.01, 0.99))
def test_hhi_knows_no_currency_and_never_rises_by_a_split(amounts: list[float], rate: float, part: float) -> None:
    h = share.hhi(amounts)
    assert share.hhi(np.array(amounts) * rate) == pytest.approx(h, rel=1e-12)
    assert share.hhi([amounts[0] * part, amounts[0] * (1 - part), *amounts[1:]]) <= h + 1e-12


def test_trends_equal_scipy() -> None:
    from scipy import stats

    x = np.random.default_rng(8).normal(size=25).cumsum()
    ours, theirs = share.theil_sen(x, level=0.95), stats.theilslopes(x, alpha=0.95)
    assert ours.slope == pytest.approx(theirs.slope) and ours.intercept == pytest.approx(theirs.intercept)
    assert (ours.low, ours.high) == pytest.approx((theirs.low_slope, theirs.high_slope))
    assert share.mann_kendall(x).tau == pytest.approx(stats.kendalltau(np.arange(25), x).statistic)


# ---- real data ----------------------------------------------------------------------------------------------------------


def test_the_complete_record_of_the_state() -> None:
    path = DATA / "liquor_store_supplier_month.parquet"
    if not path.exists():
        pytest.skip(f"no real data at {path}")
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["customer_id", "supplier_id", "month", "amount_usd"]).rename_columns(
        ["customer", "supplier", "period", "amount"])
    s = share.SupplierShares(own="370", window=12, keep=1).fit(table)
    people = s.customers_.to_pandas()
    last = table.to_pandas()
    last = last[pd.to_datetime(last.period).dt.year == 2019]
    seen = last[last.supplier == "370"].groupby("customer").amount.sum() / last.groupby("customer").amount.sum()
    both = people.set_index("customer").join(seen.rename("seen")).dropna(subset=["seen"])
    assert len(both) > 600 and (both.own_share - both.seen).abs().mean() < 0.01
    assert people.wallet.sum() == pytest.approx(last.amount.sum(), rel=1e-6)


# ---- a period seen in part ----------------------------------------------------------------------------------------------


def _seen_in_part(kind: str = "pandas") -> tuple[Any, dict[str, Any]]:
    rng = np.random.default_rng(3)
    n, k = 40, 12
    table = rng.gamma(0.5, 100.0, (n, k)) * (rng.random((n, k)) < 0.7) + 1e-3
    rows = []
    for year in range(3):
        table = table * np.exp(rng.normal(0, 0.2, table.shape))
        keep = np.ones(table.shape, bool) if year < 2 else (rng.random(table.shape) < 0.2) | (np.arange(k) == 0)
        rows += [(f"C{i:02d}", f"S{j:02d}", year, table[i, j]) for i, j in zip(*np.nonzero(keep))]
    frame = pd.DataFrame(rows, columns=["customer", "supplier", "period", "amount"])
    totals = {"customer_totals": pd.DataFrame({"customer": [f"C{i:02d}" for i in range(n)], "total": table.sum(axis=1)}),
              "supplier_totals": pd.DataFrame({"supplier": [f"S{j:02d}" for j in range(k)], "total": table.sum(axis=0)})}
    return frame, totals


def test_a_period_seen_in_part_sums_to_one_and_keeps_what_is_known() -> None:
    frame, totals = _seen_in_part()
    s = share.SupplierShares(own="S00").fit(frame, **totals)
    out = s.shares_
    assert np.allclose(out.groupby("customer").share.sum(), 1.0, atol=1e-9)
    known = out.merge(frame[frame.period == 2], on=["customer", "supplier"], suffixes=("", "_told"))
    assert len(known) > 50 and np.allclose(known.amount, known.amount_told)
    assert set(out.source) <= {"own", "seen", "history", "margins", "covariates", "prior"}
    assert (out.low <= out.high + 1e-12).all() and "backtest" in s.status_
    assert np.allclose(s.wallets_.wallet, totals["customer_totals"].total)
    assert len(s.customers_) == 40 and "the last period seen in part" in repr(s)


def test_row_order_and_currency_do_not_matter_to_a_period_seen_in_part() -> None:
    frame, totals = _seen_in_part()
    first = share.SupplierShares().fit(frame, **totals).shares_
    mixed = share.SupplierShares().fit(frame.sample(frac=1.0, random_state=1), **{n: t.sample(frac=1.0, random_state=2) for n, t in totals.items()}).shares_
    assert np.array_equal(first.share, mixed.share) and np.array_equal(first.high, mixed.high)
    rich = share.SupplierShares().fit(frame.assign(amount=frame.amount * 7.5), **{n: t.assign(total=t.total * 7.5) for n, t in totals.items()}).shares_
    assert np.allclose(first.share, rich.share, atol=1e-9)


def test_a_renamed_customer_keeps_its_history() -> None:
    frame, totals = _seen_in_part()
    old = frame.assign(customer=np.where((frame.customer == "C05") & (frame.period < 2), "Old name", frame.customer))
    plain, told = (share.SupplierShares().fit(f, same_as=names, **totals).shares_ for f, names in ((frame, None), (old, {"Old name": "C05"})))
    assert np.array_equal(plain.share, told.share)


def test_bad_coverage_and_missing_own_are_said() -> None:
    frame, totals = _seen_in_part()
    with pytest.raises(Error, match=r"coverage row 0 is 1.5, it must lie in \[0, 1\] or be empty"):
        share.SupplierShares().fit(frame, coverage=pd.DataFrame({"coverage": [1.5]}), **totals)
    with pytest.raises(Error, match="own_sales were given, but 'own' does not say who we are"):
        share.SupplierShares().fit(frame, pd.DataFrame({"customer": ["C01"], "amount": [1.0]}), **totals)
    with pytest.raises(Error, match="no column 'total' among"):
        share.SupplierShares().fit(frame, customer_totals=pd.DataFrame({"customer": ["C01"]}))
    low = share.SupplierShares().fit(frame, customer_totals=totals["customer_totals"].assign(total=0.0))
    assert "already seen, which was taken" in low.status_


def test_integer_suppliers_stay_integers_in_pandas() -> None:
    frame = pd.DataFrame({"customer": [1, 1, 2], "supplier": [370, 12, 370], "period": [0, 0, 0], "amount": [5.0, 3.0, 2.0]})
    s = share.SupplierShares(own=370).fit(frame)
    assert str(s.shares_.supplier.dtype) == "Int64" and set(s.shares_.supplier.dropna()) == {370, 12}
    assert str(s.customers_.largest.dtype) == "Int64"


def test_wallets_need_an_anchor_and_keep_what_is_told() -> None:
    own = pd.DataFrame({"customer": [f"C{i}" for i in range(20)], "amount": np.arange(1.0, 21.0)})
    with pytest.raises(Error, match="give market_total, or customer_totals"):
        share.wallets(own)
    with pytest.raises(Error, match="at least 8 are wanted"):
        share.wallets(own, customer_totals=pd.DataFrame({"customer": ["C1"], "total": [30.0]}))
    alone = share.wallets(own, market_total=1000.0)
    assert alone.wallet.sum() == pytest.approx(1000.0) and (alone.share <= 1).all()
    told = share.wallets(own, customer_totals=pd.DataFrame({"customer": [f"C{i}" for i in range(10)], "total": np.arange(1.0, 11.0) * 10}))
    told = told.set_index("customer")
    assert told.wallet["C3"] == 40.0 and told.source["C3"] == "survey" and told.source["C15"] == "own"
    assert (told.low <= told.wallet).all() and (told.wallet <= told.high).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 2, *[st.floats(0.01, 100)] * 2), min_size=1, max_size=20))
def test_loss_split_adds_up(rows: list[tuple[float, float, float, float]]) -> None:
    s0, s1, w0, w1 = (np.array(c) for c in zip(*rows))
    frame = pd.DataFrame({"customer": range(len(rows)), "own_before": s0 * w0, "wallet_before": w0, "own_now": s1 * w1, "wallet_now": w1})
    out = share.loss_split(frame)
    assert np.allclose(out.rivals + out["size"] + out.market, out.change, atol=1e-9)


def test_entry_alarm_says_what_is_wrong() -> None:
    with pytest.raises(Error, match="both must be customers x periods"):
        share.entry_alarm(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(Error, match="must lie in"):
        share.entry_alarm(np.zeros((2, 3)), np.ones((2, 3)), false_alarm=1.5)
    quiet = share.entry_alarm(np.full((3, 8), 0.5), np.ones((3, 8)))
    assert (quiet.alarm == -1).all() and (quiet.p == 1).all()


def test_noisy_thinned_and_group_totals_are_read() -> None:
    frame, totals = _seen_in_part()
    exact = share.SupplierShares(own="S00").fit(frame, **totals)
    noisy = share.SupplierShares(own="S00").fit(frame, customer_totals=totals["customer_totals"].assign(error=0.3), supplier_totals=totals["supplier_totals"])
    wide = noisy.wallets_
    assert np.all(wide.high > wide.wallet) and np.all(wide.low < wide.wallet)
    assert np.allclose(exact.wallets_.high, exact.wallets_.wallet)
    now = frame.period.max()
    thin = share.SupplierShares(own="S00").fit(frame, coverage=pd.DataFrame({"coverage": [0.5], "period": [now], "kind": ["thinned"]}), **totals)
    seen = frame[frame.period == now].groupby(["customer", "supplier"]).amount.sum()
    got = thin.shares_.set_index(["customer", "supplier"]).amount
    assert np.all(got.reindex(seen.index) >= seen - 1e-9)
    people = exact.customers_
    assert np.all(people.headroom >= people.headroom_low) and np.all(people.headroom <= people.headroom_high)
    country = pd.DataFrame({"customer": totals["customer_totals"].customer, "country": ["A" if i % 2 else "B" for i in range(len(people))]})
    was = exact.shares_.merge(country, on="customer")
    was = was[(was.country == "A") & (was.supplier == "S01")]
    want = was.amount.sum() + 0.1 * was[was.source != "seen"].amount.sum()
    told = pd.DataFrame({"country": ["A"], "supplier": ["S01"], "total": [want]})
    s = share.SupplierShares(own="S00").fit(frame, covariates=country, group_totals=told, **totals)
    mine = s.shares_.merge(country, on="customer")
    assert mine[(mine.country == "A") & (mine.supplier == "S01")].amount.sum() == pytest.approx(want, rel=1e-3)


def test_bad_parts_are_sentences() -> None:
    frame, totals = _seen_in_part()
    with pytest.raises(Error, match=r"coverage row 0 is of kind 'thinned' and 0; give the part of the deliveries that is seen, above 0"):
        share.SupplierShares().fit(frame, coverage=pd.DataFrame({"coverage": [0.0], "kind": ["thinned"]}), **totals)
    with pytest.raises(Error, match="coverage kind 'most' is none of 'cell', 'size', 'thinned'"):
        share.SupplierShares().fit(frame, coverage=pd.DataFrame({"coverage": [0.5], "kind": ["most"]}), **totals)
    with pytest.raises(Error, match="customer_totals: error row 0 is -0.1, it must be at least 0"):
        share.SupplierShares().fit(frame, customer_totals=totals["customer_totals"].assign(error=-0.1))
    with pytest.raises(Error, match="group_totals row 0 names supplier 'nobody', of whom nothing else is known"):
        share.SupplierShares().fit(frame, group_totals=pd.DataFrame({"supplier": ["nobody"], "total": [1.0]}), **totals)
    with pytest.raises(Error, match="group_totals has a column 'country', which is no column by customer of the covariates"):
        share.SupplierShares().fit(frame, group_totals=pd.DataFrame({"country": ["A"], "total": [1.0]}), **totals)
    last = frame.period.max()
    odd = frame.copy()
    odd.loc[odd.index[odd.period == last][0], "amount"] = -5.0
    odd.loc[odd.index[odd.period == last][1], "amount"] = np.nan
    status = share.SupplierShares().fit(odd, **totals).status_
    assert "1 rows of deliveries left out because their amount is not a number" in status
    assert "1 cells with a negative net amount were taken as 0" in status
    small = pd.DataFrame({"supplier": ["S00"], "total": [1e-6]})
    assert "is below the" in share.SupplierShares(own="S00").fit(frame, group_totals=small, **totals).status_


def test_forecast_goes_on_in_the_callers_periods() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame([(f"C{c}", f"S{s}", 2015 + t, float(rng.gamma(1.0))) for c in range(20) for s in range(4) for t in range(6)],
                         columns=["customer", "supplier", "period", "amount"])
    s = share.SupplierShares(own="S1").fit(frame)
    ahead = s.forecast(2)
    assert sorted(ahead.period.unique()) == [2021, 2022]
    assert np.allclose(ahead.groupby(["customer", "period"]).share.sum(), 1.0)
    months = frame.assign(period=[f"2024-{p - 2014:02d}" for p in frame.period])
    assert [str(p) for p in sorted(share.SupplierShares().fit(months).forecast(2).period.unique())] == ["2024-07-01", "2024-08-01"]
    words = frame.assign(period=[f"p{p - 2014}" for p in frame.period])
    assert sorted(share.SupplierShares().fit(words).forecast(1).period.unique()) == ["p6 + 1"]
    with pytest.raises(Error, match="'periods' is 0, it must be a whole number of at least 1"):
        s.forecast(0)
    part, totals = _seen_in_part()
    with pytest.raises(Error, match="the last period was seen in part only"):
        share.SupplierShares().fit(part, **totals).forecast()
