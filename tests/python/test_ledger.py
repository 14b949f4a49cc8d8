"""gx.Ledger and gx.Deliveries: every frame kind, files, aliases, bad input, invariants."""

from __future__ import annotations

import datetime
import gzip
import os
import pathlib
from typing import Any

import duckdb
import guanxi as gx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("GUANXI_DATA", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not (DATA / "value" / "cdnow_log.parquet").exists(), reason="the folder of real data is absent (GUANXI_DATA)")

LINES: dict[str, list[Any]] = {
    "customer": ["b", "a", "b", "a", "b"],
    "date": [datetime.date(2024, 1, d) for d in (1, 3, 8, 10, 15)],
    "amount": [10.0, 5.0, 20.0, 7.0, -4.0],
}


def rows(frame: Any) -> list[dict[str, Any]]:
    if isinstance(frame, pa.Table):
        return frame.to_pylist()
    return frame.to_dicts() if isinstance(frame, pl.DataFrame) else frame.to_dict("records")


def sentence(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(gx.Error) as caught:
        gx.Ledger(*args, **kwargs)
    return str(caught.value)


def reasons(led: gx.Ledger) -> list[str]:
    return [row["reason"] for row in rows(led.rejected)]


# -- frames in, the same kind out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make, kind", [
    (lambda d: pd.DataFrame(d), pd.DataFrame),
    (lambda d: pd.DataFrame(d).assign(date=lambda f: pd.to_datetime(f["date"])), pd.DataFrame),
    (lambda d: pd.DataFrame(d).astype({"customer": "category"}), pd.DataFrame),
    (lambda d: pl.DataFrame(d), pl.DataFrame),
    (lambda d: pl.DataFrame(d).lazy(), pl.DataFrame),
    (lambda d: pl.DataFrame(d).with_columns(pl.col("customer").cast(pl.Categorical)), pl.DataFrame),
    (lambda d: pa.table(d), pa.Table),
    (lambda d: pa.concat_tables([pa.table(d).slice(0, 2), pa.table(d).slice(2)]), pa.Table),
    (lambda d: pa.table(d), pa.Table),
    (lambda d: d, pa.Table),
])
def test_every_kind_of_frame_gives_the_same_answer_and_comes_back_as_its_kind(make: Any, kind: type) -> None:
    led = gx.Ledger(make(LINES))
    out = led.summary(unit="D")
    assert type(out) is kind
    got = rows(out)
    assert [r["customer"] for r in got] == ["a", "b"]
    assert [r["frequency"] for r in got] == [1, 1]
    assert [r["recency"] for r in got] == [7.0, 7.0]
    assert [r["age"] for r in got] == [12.0, 14.0]
    assert [r["spend"] for r in got] == [7.0, 16.0]
    assert [str(r["first"])[:10] for r in got] == ["2024-01-03", "2024-01-01"]
    assert type(led.rejected) is kind and type(led.days()) is kind and type(led.unmatched_credit) is kind


def test_a_duckdb_relation() -> None:
    relation = duckdb.sql("select 'k' || (i % 3) as kunde, date '2024-01-01' + i::int as datum, i * 1.5::decimal(9, 2) as betrag from range(30) t(i)")
    led = gx.Ledger(relation)
    assert (led.customers, led.lines) == (3, 30)
    assert type(led.summary()) is pa.Table


def test_pandas_dates_come_back_as_datetimes() -> None:
    out = gx.Ledger(pd.DataFrame(LINES)).summary()
    assert out["first"].dtype.kind == "M"


def test_facts() -> None:
    led = gx.Ledger(LINES, ledger_currency="EUR")
    assert (led.customers, led.lines, led.currency) == (2, 5, "EUR")
    assert (led.first_day, led.last_day) == (datetime.date(2024, 1, 1), datetime.date(2024, 1, 15))
    assert repr(led) == "Ledger: 2 customers, 5 lines, 2024-01-01 to 2024-01-15, net 38.00 EUR"
    assert "<td>2024-01-01 to 2024-01-15</td>" in led._repr_html_()


# -- columns by name -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [
    ("Customer ID", "Order Date", "Net Amount"), ("客户", "日期", "金额"), ("KUNDE", "Rechnungsdatum", "Umsatz"), ("client", "ts", "amount_gbp"),
    ("cust_id", "InvoiceDate", "Total"),
])
def test_common_names_are_found(names: tuple[str, str, str]) -> None:
    led = gx.Ledger(dict(zip(names, LINES.values(), strict=True)))
    assert (led.customers, led.lines) == (2, 5)
    assert led.currency == ("GBP" if names[2] == "amount_gbp" else None)


def test_a_wrong_name_says_what_exists_and_what_is_near() -> None:
    assert sentence(LINES, customer="custmer") == "Ledger: no column 'custmer' among 'customer', 'date', 'amount'; did you mean 'customer'?"


def test_a_missing_role_says_how_to_name_it() -> None:
    assert sentence({"x": [1], "date": ["2024-01-01"], "amount": [1]}) == "Ledger: no column looks like the customer among 'x', 'date', 'amount'; name it with customer="


def test_an_ambiguous_name_says_so() -> None:
    assert sentence({**LINES, "Customer": LINES["customer"]}) == "Ledger: 'customer' and 'Customer' could each be the customer; say which with customer="


def test_a_column_twice() -> None:
    frame = pd.DataFrame([[1, "2024-01-01", 2.0, 3.0]], columns=["customer", "date", "amount", "amount"])
    assert sentence(frame) == "Ledger: the column 'amount' is there twice"


def test_an_optional_column_can_be_left_out() -> None:
    frame = {**LINES, "product": [1, 2, 1, 2, 1]}
    assert len(rows(gx.Ledger(frame).products())) == 2
    with pytest.raises(gx.Error, match="no column of the product was given or found"):
        gx.Ledger(frame, product=False).products()


# -- bad input -----------------------------------------------------------------------------------------------------------


def test_no_frame() -> None:
    assert sentence(3) == "Ledger: a int is no frame; give pandas, polars, pyarrow or a mapping of columns"


def test_an_empty_frame() -> None:
    assert sentence({"customer": [], "date": [], "amount": []}) == "Ledger: the frame has no rows"
    assert sentence(pd.DataFrame(LINES).head(0)) == "Ledger: the frame has no rows"


def test_one_customer_on_one_day() -> None:
    led = gx.Ledger({"customer": [1, 1], "date": ["2024-01-01"] * 2, "amount": [1, 2]})
    row = rows(led.summary())[0]
    assert (row["frequency"], row["age"]) == (0, 0.0) and np.isnan(row["spend"])
    assert led.notes == ["all lines are of one day, 2024-01-01: nothing can be said about timing"]


def test_future_dates_are_kept_and_told() -> None:
    led = gx.Ledger({"customer": [1, 1], "date": ["2024-01-01", "2999-01-01"], "amount": [1, 2]})
    assert led.lines == 2
    assert led.notes[0].startswith("1 line is dated after today (") and led.notes[0].endswith("the last on 2999-01-01; kept: give 'end' to leave later days out")


def test_text_dates_that_are_not_iso_are_refused_with_the_reason() -> None:
    led = gx.Ledger({"customer": [1] * 5, "date": ["03/04/24", "03/04/2024", "31/12/2024", "2023-02-29", "2024-05-06"], "amount": [1] * 5})
    assert reasons(led) == [
        "the date '03/04/24' has a two-digit year; write the year in full or give date_format",
        "the date '03/04/2024' can be day-month or month-day; write year-month-day or give date_format",
        "the date '31/12/2024' is not written year-month-day; give date_format",
        "the date '2023-02-29' does not exist in the calendar",
    ]
    assert led.lines == 1


def test_date_format() -> None:
    led = gx.Ledger({"customer": [1, 1], "date": ["31.12.24", "2024-12-31"], "amount": [1, 2]}, date_format="%d.%m.%y")
    assert led.first_day == datetime.date(2024, 12, 31)
    assert reasons(led) == ["the date '2024-12-31' is not written %d.%m.%y"]


def test_nan_infinity_null_and_empty_ids() -> None:
    led = gx.Ledger(pl.DataFrame({"customer": ["a", "a", "a", None, " ", "a"], "date": ["2024-01-01"] * 6,
                                  "amount": [float("nan"), float("inf"), None, 1.0, 1.0, 1.0]}))
    assert reasons(led) == ["the amount is empty or NaN", "the amount is infinite", "the amount is empty or NaN", "the customer is empty", "the customer is empty"]
    assert led.notes[0] == "5 lines were refused of 6; see rejected"


def test_negative_totals_become_unmatched_credit() -> None:
    led = gx.Ledger({"customer": [1, 1, 2], "date": ["2024-01-01", "2024-01-05", "2024-01-05"], "amount": [10, -30, 5]})
    assert rows(led.unmatched_credit) == [{"customer": 1, "amount": 20.0}]
    assert led.notes[0] == "1 customer has credit notes above all earlier purchases; see unmatched_credit"


def test_repeated_rows_are_kept_and_told() -> None:
    led = gx.Ledger(pa.concat_tables([pa.table(LINES), pa.table(LINES)]))
    assert led.lines == 10
    assert led.notes[0] == "5 lines repeat an earlier line in every column; kept: was a file read twice?"


def test_mixed_time_zones_keep_the_day_written() -> None:
    east, west = datetime.timezone(datetime.timedelta(hours=9)), datetime.timezone(datetime.timedelta(hours=-8))
    dates = [datetime.datetime(2024, 1, 2, 1, tzinfo=east), datetime.datetime(2024, 1, 1, 23, tzinfo=west)]
    for column in (pd.Series(dates, dtype=object), pd.Series([d.isoformat() for d in dates])):
        days = rows(gx.Ledger(pd.DataFrame({"customer": [1, 1], "date": column, "amount": [1, 2]})).days())
        assert [str(r["date"])[:10] for r in days] == ["2024-01-01", "2024-01-02"]
    zoned = pl.DataFrame({"customer": [1], "amount": [1.0], "date": [datetime.datetime(2024, 1, 1, 23, 30)]}).with_columns(
        pl.col("date").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin"))
    assert gx.Ledger(zoned).first_day == datetime.date(2024, 1, 2)


def test_ids_of_both_kinds_are_joined_by_their_decimal_text() -> None:
    led = gx.Ledger({"customer": [370, 5], "date": ["2024-01-01"] * 2, "amount": [1, 2]})
    cells = gx.Deliveries({"customer": ["370", "0370", "x"], "supplier": ["s"] * 3, "period": ["2024-01"] * 3, "amount": [1, 2, 3]}, ledger=led)
    assert cells.core.columns()[0].tolist() == [1, 2, 3]
    assert cells.customer_ids.to_pylist() == ["5", "370", "0370", "x"]
    mixed = pd.DataFrame({"customer": pd.Series([370, "370", "a"], dtype=object), "date": ["2024-01-01"] * 3, "amount": [1, 2, 3]})
    assert gx.Ledger(mixed).customers == 2


def test_unlike_currencies() -> None:
    led = gx.Ledger({**LINES, "currency": ["EUR", "EUR", "USD", "EUR", None]})
    assert led.currency == "EUR"
    assert reasons(led) == ["the currency is USD, the ledger's is EUR", "the currency is empty"]


def test_columns_of_the_wrong_type() -> None:
    assert sentence({"customer": [1], "date": [True], "amount": [1]}) == "Ledger: the column of the date holds bool where dates are wanted"
    assert sentence({"customer": [1], "date": ["2024-01-01"], "amount": ["much"]}) == "Ledger: the amount 'much' is no number"
    led = gx.Ledger({"customer": [1, 1], "date": ["2024-01-01"] * 2, "amount": ["1.50", "1,50"]})
    assert reasons(led) == ["the amount '1,50' is no number"]


def test_words_for_an_end_or_unit_that_cannot_be() -> None:
    led = gx.Ledger(LINES)
    for call, want in [(lambda: led.summary(end="2023-01-01"), "Ledger.summary: 'end' 2023-01-01 lies before the first purchase on 2024-01-01"),
                       (lambda: led.summary(end="soon"), "Ledger.summary: end: 'soon' is no date written year-month-day"),
                       (lambda: led.summary(unit="Q"), "unit: 'Q' is not one of D, W, M, Y")]:
        with pytest.raises(gx.Error) as caught:
            call()
        assert str(caught.value) == want


# -- files ---------------------------------------------------------------------------------------------------------------


def test_files_of_all_kinds(tmp_path: pathlib.Path) -> None:
    frame = pd.DataFrame(LINES).assign(customer=["007", "8", "007", "8", "007"])
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.csv.gz", index=False)
    frame.to_csv(tmp_path / "b.csv", index=False, sep=";")
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    for name in ("a.csv", "a.csv.gz", "b.csv", "a.parquet", "a.xlsx"):
        led = gx.Ledger(tmp_path / name)
        assert (led.lines, led.customer_ids.to_pylist()) == (5, ["007", "8"]), name


def test_files_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    frame = pd.DataFrame({"customer": np.arange(5000), "date": ["2024-01-01"] * 5000, "amount": np.random.default_rng(1).random(5000)})
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:3000])
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes())[:20000])
    (tmp_path / "cut.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "a.doc").write_bytes(b"x")
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("cut.parquet", "cut.csv.gz", "cut.xlsx"):
        assert sentence(tmp_path / name).startswith(f"Ledger: '{tmp_path / name}' cannot be read, it is damaged or cut off ("), name
    assert sentence(tmp_path / "no.csv") == f"Ledger: there is no file '{tmp_path / 'no.csv'}'"
    assert sentence(tmp_path / "empty.csv") == f"Ledger: '{tmp_path / 'empty.csv'}' is empty"
    assert sentence(tmp_path / "a.doc") == f"Ledger: '{tmp_path / 'a.doc'}' is no file of a kind that is read; give .csv, .csv.gz, .parquet or .xlsx"


# -- real data -----------------------------------------------------------------------------------------------------------


@needs_data
def test_cdnow_gives_the_published_summary() -> None:
    published = pd.read_csv(ROOT / "tests" / "data" / "cdnow_summary_published.csv")  # lifetimes 0.11.3, MIT
    got = gx.Ledger(DATA / "value" / "cdnow_log.parquet").summary(end="1997-09-30").to_pandas()
    assert got["customer"].tolist() == published["ID"].tolist()
    assert (got["frequency"] == published["frequency"]).all()
    assert (got["recency"].round(2) == published["recency"]).all()
    assert (got["age"].round(2) == published["T"]).all()


@needs_data
@pytest.mark.parametrize("name, customers, lines, refused", [
    ("our_ledger_supplier_370.parquet", 843, 308_311, 0), ("online_retail_ii_export_only.csv.gz", 422, 44_951, 0),
    ("online_retail_ii_lines.parquet", 4_372, 406_829, 135_080), ("northwind_export_order_lines.csv.gz", 89, 2_155, 0),
    ("value/cdnow_log.parquet", 2_357, 6_696, 0), ("value/online_retail_2010_11_days.parquet", 4_372, 19_296, 0),
])
def test_the_shared_files_read_without_arguments(name: str, customers: int, lines: int, refused: int) -> None:
    led = gx.Ledger(DATA / name)
    assert (led.customers, led.lines, len(led.rejected)) == (customers, lines, refused)


@needs_data
def test_deliveries_of_the_liquor_shops() -> None:
    led = gx.Ledger(DATA / "our_ledger_supplier_370.parquet")
    path = DATA / "liquor_store_supplier_month.parquet"
    cells = gx.Deliveries(path, ledger=led)
    assert len(cells.prospects) == 18 and len(cells.periods) == 72
    table = pq.read_table(path).to_pandas()
    assert cells.frame().to_pandas()["amount"].sum() == pytest.approx(table["amount_usd"].astype(float).sum(), rel=1e-6)
    quarters = gx.Deliveries(path, every="Q").frame().to_pandas()
    assert quarters["period"].nunique() == 24


# -- deliveries ----------------------------------------------------------------------------------------------------------


def test_deliveries_sum_net_and_drop() -> None:
    frame = pd.DataFrame({"customer": ["a", "a", "a", "b"], "vendor": [1, 1, 2, 2], "month": ["2024-01", "2024-01", "2024-03", "2024-03"],
                          "amount": [5.0, -2.0, -1.0, 4.0], "orders": [1, 0, 1, 2]})
    cells = gx.Deliveries(frame)
    out = cells.frame()
    assert isinstance(out, pd.DataFrame)
    assert out["amount"].tolist() == [3.0, 4.0] and out["orders"].tolist() == [1.0, 2.0]
    assert [str(d)[:10] for d in out["period"]] == ["2024-01-01", "2024-03-01"]
    assert rows(cells.dropped)[0]["net"] == -1.0
    assert repr(cells) == "Deliveries: 2 customers, 2 suppliers, 2 cells, 3 periods (2024-01-01 to 2024-03-01), amount 7.00, 1 dropped"
    assert "<table>" in cells._repr_html_()


def test_deliveries_with_periods_of_their_own() -> None:
    cells = gx.Deliveries({"customer": [1, 1], "supplier": [1, 1], "period": [7, 9], "amount": [1, 2]})
    assert cells.periods.to_pylist() == [7, 8, 9]
    months = gx.Deliveries({"customer": [1, 1], "supplier": [1, 1], "period": [202412, 202501], "amount": [1, 2]})
    assert months.periods.to_pylist() == [datetime.date(2024, 12, 1), datetime.date(2025, 1, 1)]


def test_deliveries_in_words() -> None:
    with pytest.raises(gx.Error) as caught:
        gx.Deliveries({"customer": [1], "supplier": [1], "period": [1], "amount": [1]}, every="W")
    assert str(caught.value) == "every: 'W' is not one of M, Q, H, Y"
    with pytest.raises(gx.Error) as caught:
        gx.Deliveries({"customer": [], "supplier": [], "period": [], "amount": []})
    assert str(caught.value) == "Deliveries: the frame has no rows"


# -- invariants ----------------------------------------------------------------------------------------------------------

line = st.tuples(st.integers(-3, 8), st.integers(19_000, 19_060), st.integers(-5_000, 20_000))
ledgers = st.lists(line, min_size=1, max_size=80).filter(lambda lines: any(a >= 0 for _, _, a in lines))


def build(lines: list[tuple[int, int, int]], scale: float = 0.01, threads: int = 0) -> gx.Ledger:
    customer, date, amount = zip(*lines, strict=True)
    return gx.Ledger({"customer": pa.array(customer, pa.int64()), "date": pa.array(date, pa.int32()).cast(pa.date32()),
                      "amount": np.array(amount) * scale}, threads=threads)


@settings(max_examples=80, deadline=None)
@given(lines=ledgers, seed=st.integers(0, 1000))
def test_row_order_and_threads_change_no_bit(lines: list[tuple[int, int, int]], seed: int) -> None:
    shuffled = [lines[i] for i in np.random.default_rng(seed).permutation(len(lines))]
    want = build(lines, threads=1).summary()
    assert want.to_pandas().equals(build(shuffled, threads=3).summary().to_pandas())


@settings(max_examples=80, deadline=None)
@given(lines=ledgers, scale=st.sampled_from([1e-6, 0.5, 3.0, 1e6]))
def test_the_currency_scale_only_scales(lines: list[tuple[int, int, int]], scale: float) -> None:
    a, b = build(lines).summary().to_pandas(), build(lines, 0.01 * scale).summary().to_pandas()
    total = sum(abs(x) for _, _, x in lines) * 0.01 + 1
    np.testing.assert_allclose(b["spend"] / scale, a["spend"], rtol=1e-12, atol=1e-12 * total)
    assert (a.drop(columns="spend") == b.drop(columns="spend")).all().all()


@settings(max_examples=80, deadline=None)
@given(lines=ledgers, at=st.integers(0, 79), part=st.integers(0, 20_000))
def test_a_line_in_two_of_the_same_day_changes_nothing(lines: list[tuple[int, int, int]], at: int, part: int) -> None:
    customer, date, amount = lines[at % len(lines)]
    cut = min(part, max(amount, 0))
    if amount < 0:
        return
    rest = [line for i, line in enumerate(lines) if i != at % len(lines)]
    a, b = build(lines).summary().to_pandas(), build(rest + [(customer, date, cut), (customer, date, amount - cut)]).summary().to_pandas()
    np.testing.assert_allclose(b["spend"], a["spend"], rtol=1e-12, atol=1e-9)
    assert (a.drop(columns="spend") == b.drop(columns="spend")).all().all()


@settings(max_examples=80, deadline=None)
@given(lines=ledgers, bad=st.lists(st.sampled_from(["customer", "date", "amount"]), max_size=8), end=st.integers(19_000, 19_060))
def test_kept_and_refused_are_read_and_the_future_is_not_looked_at(lines: list[tuple[int, int, int]], bad: list[str], end: int) -> None:
    rows_in = [{"customer": c, "date": datetime.date(1970, 1, 1) + datetime.timedelta(d), "amount": a / 100} for c, d, a in lines]
    rows_in += [{**rows_in[0], column: None} for column in bad]
    led = gx.Ledger(pa.Table.from_pylist(rows_in))
    assert led.lines + len(led.rejected) == len(rows_in)
    net = sum(led.days().column("amount").to_pylist()) - sum(led.unmatched_credit.column("amount").to_pylist())
    assert net == pytest.approx(sum(a for _, _, a in lines) / 100, abs=1e-6)
    before, after = led.split(datetime.date(1970, 1, 1) + datetime.timedelta(end))
    assert before.lines + after.lines == led.lines
    if any(d <= end and a >= 0 for _, d, a in lines):
        day = datetime.date(1970, 1, 1) + datetime.timedelta(end)
        assert before.summary(end=day).to_pandas().equals(led.summary(end=day).to_pandas())
