"""The review from Python: frames, columns, sentences, prints, markets."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path
from typing import Any

import guanxi as gx
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from review_book import NASTY, book, columns, needs_report, trade_of

GOLDEN = ROOT / "tests" / "golden"


def sentence(**given: Any) -> str:
    orders, seen = book()
    with pytest.raises(gx.Error) as caught:
        gx.review(gx.Ledger(orders), deliveries=seen, **given)
    return str(caught.value)


# -- frames and columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_the_kind_of_frame_that_went_in_comes_out(kind: str, found: gx.Review) -> None:
    module = pytest.importorskip(kind)
    orders, seen = book()
    if kind == "pandas":
        orders, seen = orders.to_pandas(), seen.to_pandas()
    elif kind == "polars":
        orders, seen = module.from_arrow(orders), module.from_arrow(seen)
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=150, money=9_000)
    wanted = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}[kind]
    for mine, theirs in ((got.customers, found.customers), (got.plan, found.plan), (got.countries, found.countries)):
        assert type(mine).__name__ == wanted and type(mine).__module__.startswith(kind)
        assert columns(mine) == columns(theirs)
    if kind == "pandas":
        assert got.customers["next_order"].dtype.kind == "M"


def test_the_columns_are_those_that_are_explained(found: gx.Review) -> None:
    assert found.customers.column_names == list(gx.review_columns)
    assert all(gx.review_columns.values()), "a column without a word"
    page = (ROOT / "docs" / "review" / "review.md").read_text()
    for name, words in gx.review_columns.items():
        assert f"| `{name}` | {words} |" in page


def test_every_customer_is_there_once_and_the_largest_gain_first(found: gx.Review) -> None:
    got = columns(found.customers)
    assert sorted(got["customer"]) == sorted(set(book()[0].column("customer").to_pylist()))
    assert got["gain"] == sorted(got["gain"], reverse=True)
    assert set(got["tier"]) <= {"vendor", "preferred supplier", "partnership", "strategic alliance"}
    assert all(got["why"]) and all(got["reason"]) and all(got["tier_why"]) and all(got["share_why"])


def test_intervals_hold_their_figures(found: gx.Review) -> None:
    got = columns(found.customers)
    for name in ("value", "purchases", "wallet", "share", "gain"):
        for low, mid, high in zip(got[f"{name}_low"], got[name], got[f"{name}_high"]):
            assert (low is None) == (mid is None) == (high is None)
            assert mid is None or low - 1e-9 <= mid <= high + 1e-9, name
    assert all(0 <= s <= 1 for s in got["share"])
    assert all(0 <= p <= 1 for name in ("p_alive", "p_buy", "p_tier", "p_largest", "p_rising") for p in got[name] if p is not None)


def test_the_plan_keeps_to_hours_and_money(found: gx.Review) -> None:
    got = columns(found.customers)
    assert 0 < sum(got["hours"]) <= 150 and 0 < sum(got["money"]) <= 9_000
    chosen = columns(found.plan)
    assert all(h > 0 for h in chosen["hours"]) and sum(chosen["hours"]) == sum(got["hours"])
    assert found.book["used"] == [sum(got["hours"]), sum(got["money"])] and found.book["budgets"] == [150, 9_000]
    assert sum(got["gain"]) <= found.book["bound"] * (1 + 1e-12)


def test_no_hours_means_no_effort() -> None:
    orders, seen = book()
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=0)
    assert set(columns(got.customers)["effort"]) == {"hold"} and len(columns(got.plan)["customer"]) == 0
    assert not any("Gains" in line for line in got.todo())
    assert "0 of 0 hours" in got.summary()


def test_own_efforts() -> None:
    orders, seen = book()
    efforts = [{"name": "leave"}, {"name": "call", "hours": 4}, {"name": "visit", "hours": 20, "money": 50}]
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=40, efforts=efforts)
    used = columns(got.customers)
    assert set(used["effort"]) <= {"leave", "call", "visit"} and sum(used["hours"]) <= 40
    cost = {"leave": (0, 0), "call": (4, 0), "visit": (20, 50)}
    assert all((h, m) == cost[e] for e, h, m in zip(used["effort"], used["hours"], used["money"]))


def test_an_effort_may_cost_money_alone() -> None:
    orders, seen = book()
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=100, efforts=[{"name": "hold"}, {"name": "visit", "hours": 25, "money": 1}])
    assert len(columns(got.plan)["customer"]) == 4 and "over 4 accounts" in got.summary()
    free = gx.review(gx.Ledger(orders), deliveries=seen, hours=0, efforts=[{"name": "hold"}, {"name": "samples", "money": 1}])
    assert set(columns(free.customers)["gain"]) == {0.0} and len(columns(free.plan)["customer"]) == 0  # hours win, money alone does not


# -- who we are among the suppliers ---------------------------------------------------------------------------------------


def test_we_are_recognised_by_our_figures(found: gx.Review) -> None:
    assert found.own_name == "us"
    assert "Among the suppliers we are 'us': its figures are 100 % the same as the ledger's." in found.notes


def test_we_are_found_under_another_name() -> None:
    orders, seen = book()
    renamed = pa.array(["Kontor 7" if s == "us" else s for s in seen.column("supplier").to_pylist()])
    got = gx.review(gx.Ledger(orders), deliveries=seen.set_column(1, "supplier", renamed))
    assert got.own_name == "Kontor 7"


def test_we_are_added_when_nobody_has_our_figures(found: gx.Review) -> None:
    orders, seen = book(with_us=False)
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=150, money=9_000)
    assert got.own_name == "us" and any("our sales were added to them as 'us'" in note for note in got.notes)
    mine, theirs = columns(got.customers), columns(found.customers)
    assert dict(zip(mine["customer"], mine["share"])) == pytest.approx(dict(zip(theirs["customer"], theirs["share"])))


def test_a_rival_that_is_called_us_stays_a_rival() -> None:
    orders, seen = book(with_us=False)
    renamed = pa.array(["us" if s == "Rival 0" else s for s in seen.column("supplier").to_pylist()])
    got = gx.review(gx.Ledger(orders), deliveries=seen.set_column(1, "supplier", renamed))
    assert got.own_name == "us (ledger)" and set(got.shares_over_time.column("supplier").to_pylist()) == {"us (ledger)", "us", "Rival 1", "Rival 2"}


def test_we_say_who_we_are() -> None:
    orders, seen = book()
    got = gx.review(gx.Ledger(orders), deliveries=seen, own="us")
    assert "Among the suppliers we are 'us', as you said." in got.notes
    rival = gx.review(gx.Ledger(orders), deliveries=seen, own="Rival 1")
    assert rival.own_name == "Rival 1" and any("'Rival 1', as you said; its figures are taken from the ledger" in n for n in rival.notes)


def test_without_deliveries_it_is_not_known(alone: gx.Review) -> None:
    got = columns(alone.customers)
    for name in ("wallet", "share", "trend", "dominant", "p_largest"):
        assert set(got[name]) == {None}, name
    assert set(got["share_why"]) == {"Not known: no deliveries given."}
    assert alone.change == {} and alone.book["share"] != alone.book["share"]
    assert "No deliveries of other suppliers were given: wallets and shares are not known." in alone.notes
    assert any(n.startswith("Room to grow: without deliveries") for n in alone.notes)
    assert "our share" not in alone.summary()


def test_neither_deliveries_nor_products() -> None:
    got = gx.review(gx.Ledger(book()[0].drop_columns(["product", "country"])))
    assert any("without deliveries it is not known what a customer buys elsewhere; taken as 100 % of its expected sales" in note for note in got.notes)
    assert set(columns(got.customers)["country"]) == {""}
    assert len(got.plan) > 0  # what is not known is a wide prior, not 0: the plan does not hold everybody
    none = gx.review(gx.Ledger(book()[0].drop_columns(["product", "country"])), response={"room": 0})
    assert any("gains rest on keeping customers alone" in note for note in none.notes)


def test_the_response_can_be_set_and_simple_rules_stand_beside_the_plan(found: gx.Review) -> None:
    orders, seen = book()
    quick = gx.review(gx.Ledger(orders), deliveries=seen, hours=150, money=9_000, response={"half": 4, "half_log_sd": 0.1})
    assert quick.book["plan_value"] > found.book["plan_value"]
    assert any("half of that after 4 hours" in note for note in quick.notes)
    beside = quick.baselines.to_pydict()
    assert beside["rule"][0] == "the plan" and min(beside["regret"]) > -1e-9 and "Simple rules with the same budgets, after the cost of effort (the plan: " in quick.summary()
    with pytest.raises(gx.Error, match="review: response has no 'haf'; it has half, half_log_sd"):
        gx.review(gx.Ledger(orders), response={"haf": 4})
    with pytest.raises(gx.Error, match="review: response half is 0.000000, wanted above 0"):
        gx.review(gx.Ledger(orders), response={"half": 0})


def test_managers_get_their_sheets() -> None:
    orders, seen = book()
    staff = {"manager": ["Ama", "Luis"], "hours": [80.0, 90.0]}
    assert gx.review(gx.Ledger(orders), deliveries=seen, money=9_000, managers=staff).book["budgets"][0] == 170.0
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=120, money=9_000, managers=staff)
    assert got.managers is not None
    assert sum(len(s) for s in got.managers.sheets.values()) == len(got.plan)
    assert got.managers.loads["Ama"] <= 80 and got.managers.loads["Luis"] <= 90
    assert set(got.plan.column("manager").to_pylist()) <= {"Ama", "Luis"} and "Managers: Ama" in got.summary()
    tight = gx.review(gx.Ledger(orders), deliveries=seen, hours=400, money=50_000, managers={"manager": ["Ama"], "hours": [10.0]})
    assert tight.managers is not None and tight.managers.loads["Ama"] <= 10.0 and tight.book["used"][0] <= 10.0
    rows = columns(got.customers)
    assert [m is None for m in rows["manager"]] == [h == 0 for h in rows["hours"]]
    assert got.managers.value == pytest.approx(got.book["plan_value"]) and got.managers.gap == got.book["gap"]
    chosen = columns(got.managers.choices)
    assert sum(chosen["value"]) == pytest.approx(sum(columns(got.plan)["gain"])) and all("hours, worth" in why for why in chosen["why"])
    alone = got.managers.without("Luis")
    assert set(alone.loads) == {"Ama"} and alone.value <= got.managers.bound


def test_managers_who_do_not_know_the_country_count_less() -> None:
    orders, seen = book()
    staff = pa.table({"manager": ["Ama", "Luis"], "hours": [500.0, 500.0], "countries": [["PL", "GH"], ["PE"]]})
    got = gx.review(gx.Ledger(orders), deliveries=seen, money=50_000, managers=staff)
    rows = [r for r in got.customers.to_pylist() if r["hours"] > 0]
    assert rows and all(r["manager"] == ("Luis" if r["country"] == "PE" else "Ama") for r in rows)
    abroad = gx.review(gx.Ledger(orders), deliveries=seen, money=50_000, managers=staff.set_column(2, "countries", pa.array([["NO"], ["NO"]])))
    assert abroad.book["plan_value"] < got.book["plan_value"]


def test_lost_customers_are_weighed_by_what_the_ledger_saw() -> None:
    world = gx.simulate.exporter(customers=120, suppliers=6, years=5, seed=3)
    got, stated = (gx.review(world.ledger, deliveries=world.deliveries, response={"win_back": 0.9, "win_back_weight": w}) for w in (1.0, 1e9))
    lost = [i for i, a in enumerate(columns(got.customers)["p_alive"]) if a is not None and a < 0.5]
    by_name = {r["customer"]: r for r in stated.customers.to_pylist()}
    assert lost
    for i in lost:
        row = got.customers.to_pylist()[i]
        assert 0 <= row["come_back"] <= 0.9 + 1e-9 and by_name[row["customer"]]["come_back"] == pytest.approx(0.9, abs=1e-6)
    assert any(n.startswith("Won back: of customers that were overdue and silent") for n in got.notes)


def test_tries_and_pool_are_of_accounts_without_effort() -> None:
    orders, seen = book()
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=60)
    held = {r["customer"] for r in got.customers.to_pylist() if r["hours"] == 0}
    assert len(got.pool) and set(got.pool.column("customer").to_pylist()) <= held and set(got.tries.column("customer").to_pylist()) <= held
    lost = got.pool.column("pool_lost").to_pylist()
    assert lost == sorted(lost, reverse=True) and got.book["pool_hour"] == pytest.approx(0.5 * got.book["prices"][0])
    assert "In the pool it could gain" in got.pool.column("why")[0].as_py()
    dear = gx.review(gx.Ledger(orders), deliveries=seen, hours=60, pool_hour=1e9)
    assert len(dear.pool) == 0
    assert "pool_hour is -1" in sentence(pool_hour=-1.0)


def test_quarters_are_read_as_quarters() -> None:
    orders, seen = book()
    month = [(d.year, (d.month - 1) // 3) for d in seen.column("period").to_pylist()]
    for quarter in ([datetime.date(y, 3 * q + 1, 1) for y, q in month], [f"{y}-{3 * q + 1:02}-01" for y, q in month], [f"{y}-Q{q + 1}" for y, q in month]):
        by_quarter = seen.set_column(2, "period", pa.array(quarter))
        cells = gx.Deliveries(by_quarter)
        assert (cells.every, len(cells.periods)) == ("Q", 12)
        got = gx.review(gx.Ledger(orders), deliveries=by_quarter)
        assert "Among the suppliers we are 'us': its figures are 100 % the same as the ledger's." in got.notes


@pytest.mark.parametrize("dates, every", [
    (["2021-01-01", "2022-01-01"], "Y"), (["2021-01-01", "2021-07-01"], "H"), (["2021-01-01", "2021-04-01"], "Q"), (["2021-01-01", "2021-02-01"], "M"),
    (["2021-01-01"] * 2, "M"), (["2021-01-01", "2022-01-15"], "M"), (["2021-01", "2021-04"], "M"), ([20210101, 20220101], "M"), ([1, 4], "M"),
])
def test_the_length_of_a_period_is_read_off_the_dates(dates: list[Any], every: str) -> None:
    kinds: list[list[Any]] = [dates]
    if isinstance(dates[0], str) and len(dates[0]) == 10:
        kinds.append([datetime.date.fromisoformat(d) for d in dates])
        kinds.append([datetime.datetime.fromisoformat(d) for d in dates])
    for period in kinds:
        assert gx.Deliveries({"customer": [1, 1], "supplier": [1, 1], "period": period, "amount": [1, 2]}).every == every
        assert gx.Deliveries({"customer": [1, 1], "supplier": [1, 1], "period": period, "amount": [1, 2]}, every="M").every == "M"


def test_notes_say_what_was_assumed(found: gx.Review, alone: gx.Review) -> None:
    assert "Margin assumed 30 % of sales: give `margin` or a cost column." in found.notes
    assert not any("Hours assumed" in n for n in found.notes)
    assert "Hours assumed 1,600, one person-year: give `hours`." in alone.notes
    assert "Money is not limited; what an effort costs is taken off its gain in the plan." in alone.notes
    assert any("stated prior, not an estimate" in n for n in found.notes)
    orders, _ = book()
    broken = orders.set_column(1, "date", pa.array([None] + orders.column("date").to_pylist()[1:], pa.date32()))
    assert any("1 line was refused" in n for n in gx.review(gx.Ledger(broken)).notes)


def test_the_level_is_that_of_every_interval(found: gx.Review) -> None:
    orders, seen = book()
    half = gx.review(gx.Ledger(orders), deliveries=seen, hours=150, money=9_000, level=0.5)
    wide, narrow = columns(found.customers), columns(half.customers)
    at = {customer: i for i, customer in enumerate(wide["customer"])}
    for i, customer in enumerate(narrow["customer"]):
        for name in ("value", "share"):
            width = [table[f"{name}_high"][row] - table[f"{name}_low"][row] for table, row in ((narrow, i), (wide, at[customer]))]
            assert width[0] < width[1], (name, customer)
    assert half.book["gain_high"] - half.book["gain_low"] < found.book["gain_high"] - found.book["gain_low"]
    told = " ".join([half.summary(), *half.header, *half.todo(), *narrow["why"], *narrow["share_why"]])
    assert "50 % from" in told and "90 %" not in told


# -- the same answer -------------------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), threads=st.integers(1, 5))
def test_the_order_of_rows_and_the_threads_change_nothing(seed: int, threads: int, found: gx.Review) -> None:
    orders, seen = book()
    random = np.random.default_rng(seed)
    orders, seen = orders.take(random.permutation(orders.num_rows)), seen.take(random.permutation(seen.num_rows))
    got = gx.review(gx.Ledger(orders, threads=threads), deliveries=seen, hours=150, money=9_000, threads=threads)
    assert columns(got.customers) == columns(found.customers)
    assert got.book == found.book and got.change == found.change and got.notes == found.notes


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(scale=st.sampled_from([0.01, 7.0, 1_000.0]))
def test_another_currency_changes_money_alone(scale: float, found: gx.Review) -> None:
    orders, seen = book()
    orders = orders.set_column(2, "amount_eur", pa.array(orders.column("amount_eur").to_numpy() * scale))
    seen = seen.set_column(3, "amount", pa.array(seen.column("amount").to_numpy() * scale))
    got = gx.review(gx.Ledger(orders), deliveries=seen, hours=150, money=9_000)
    mine, theirs = ({c: i for i, c in enumerate(r.customers.column("customer").to_pylist())} for r in (got, found))
    for name, factor in (("value", scale), ("wallet", scale), ("sales_year", scale), ("share", 1), ("p_alive", 1), ("purchases", 1)):
        here, there = got.customers.column(name).to_numpy(), found.customers.column(name).to_numpy()
        # the law of money is fitted: its search may end elsewhere in the last digits
        wanted = 1e-9 if name != "value" else 1e-6
        for customer, i in mine.items():
            assert here[i] == pytest.approx(there[theirs[customer]] * factor, rel=wanted, abs=1e-9 * factor), (name, customer)


def test_nothing_after_the_last_day_is_used(found: gx.Review) -> None:
    assert found.book["end"] == max(book()[0].column("date").to_pylist())
    assert all(d is None or d > found.book["end"] for d in columns(found.customers)["next_order"])


def test_a_young_ledger_does_not_know_the_year_before() -> None:
    orders, _ = book()
    date = orders.column("date").to_numpy()
    young = gx.review(gx.Ledger(orders.filter(pa.array(date > np.datetime64("2022-06-01")))))
    assert set(columns(young.customers)["sales_before"]) == {None} and np.isnan(young.book["sales_before"])
    assert set(columns(young.countries)["sales_before"]) == {None}
    assert "The ledger covers less than two years: sales of the year before are not known." in young.notes
    old = gx.review(gx.Ledger(orders.filter(pa.array(date > np.datetime64("2021-12-01")))))
    assert old.book["sales_before"] > 0 and not any("less than two years" in note for note in old.notes)


def test_a_customer_that_has_left_is_won_back_in_words() -> None:
    orders, seen = book()
    got = columns(gx.review(gx.Ledger(orders), deliveries=seen, hours=2_000, efforts=[{"name": "hold"}, {"name": "call", "hours": 40}]).customers)
    row = got["customer"].index("Fei Ltd")
    assert got["p_alive"][row] < 0.5 and got["tier"][row] == "vendor" and "it may be lost" in got["watch"][row]
    assert got["hours"][row] > 0 and ", by winning it back: the chance that it still buys is " in got["why"][row]


def test_the_change_of_sales_adds_up(found: gx.Review) -> None:
    parts = dict(found.change)
    after, before = parts.pop("last year"), parts.pop("year before")
    assert set(parts) == {"market", "customers", "rivals"}
    assert before + sum(parts.values()) == pytest.approx(after, rel=1e-12)


# -- settings that cannot be meant -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("given, words", [
    ({"horizon": 0}, "review: horizon is 0.000000, wanted a positive length"),
    ({"horizon": float("inf")}, "review: horizon is inf, wanted a positive length"),
    ({"level": 1.0}, "review: level is 1.000000, wanted a number between 0 and 1"),
    ({"hours": -1}, "review: hours is -1.000000, wanted 0 or more"),
    ({"money": -5}, "review: money is -5.000000, wanted 0 or more"),
    ({"margin": 1.5}, "review: margin is 1.500000, wanted above 0 and at most 1"),
    ({"margin": 0}, "review: margin is 0.000000, wanted above 0 and at most 1"),
    ({"unit": "Q"}, "unit: 'Q' is not one of D, W, M, Y"),
    ({"efforts": [{"name": "visit", "hours": 3}]}, "review::gains: the first effort level must cost no hours and no money"),
    ({"efforts": [{"name": "a"}, {"name": "visit", "hours": -3}]}, "review: effort 'visit' costs -3.000000 hours and 0.000000 money, wanted 0 or more of each"),
    ({"efforts": [{"hours": 3}]}, "review: an effort needs a name: {'hours': 3}"),
    ({"efforts": [{"name": "a"}, {"name": "b", "hour": 3}]}, "review: effort 'b' has no 'hour'; an effort has name, hours and money"),
])
def test_settings_that_cannot_be_meant(given: dict[str, Any], words: str) -> None:
    assert sentence(**given) == words


def test_a_wrong_column_of_the_deliveries() -> None:
    orders, seen = book()
    with pytest.raises(gx.Error, match="Deliveries: no column looks like the supplier among 'customer', 'period', 'amount'"):
        gx.review(gx.Ledger(orders), deliveries=seen.drop_columns(["supplier"]))
    with pytest.raises(gx.Error, match="Ledger: the frame has no rows"):
        gx.review(orders.slice(0, 0))


def test_one_customer_with_one_order() -> None:
    got = gx.review(gx.Ledger({"customer": ["a"], "date": ["2024-01-01"], "amount": [5.0]}))
    assert got.customers.num_rows == 1 and "1 customer" in got.summary()
    assert repr(got) and got._repr_html_() and got.todo()


# -- what a notebook prints ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["with_deliveries", "alone"])
@pytest.mark.parametrize("ending", ["txt", "html"])
def test_prints_are_those_on_file(name: str, ending: str, found: gx.Review, alone: gx.Review) -> None:
    """Write them anew with GUANXI_WRITE_GOLDEN=1, and look at the difference."""
    review = found if name == "with_deliveries" else alone
    text = repr(review) if ending == "txt" else review._repr_html_().replace("<tr>", "\n<tr>") + "\n"
    file = GOLDEN / f"review_{name}.{ending}"
    if os.environ.get("GUANXI_WRITE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


def test_names_are_escaped_in_the_notebook() -> None:
    orders, _ = book([f"c{i}" for i in range(13)] + [NASTY])
    shown = gx.review(gx.Ledger(orders))._repr_html_()
    assert "<b>" not in shown and "&lt;/script&gt;" in shown


# -- markets and the graph -------------------------------------------------------------------------------------------------


def test_rivals_add_up_to_their_market(found: gx.Review) -> None:
    rivals, countries = columns(found.rivals), columns(found.countries)
    for name, market, share in zip(countries["country"], countries["market_year"], countries["share"], strict=True):
        rows = [i for i, c in enumerate(rivals["country"]) if c == name]
        assert sum(rivals["amount"][i] for i in rows) == pytest.approx(market, rel=1e-9)
        assert [rivals["amount"][i] for i in rows] == sorted((rivals["amount"][i] for i in rows), reverse=True)
        assert sum(rivals["share"][i] for i in rows if rivals["own"][i]) == pytest.approx(share, abs=1e-12)
    assert all(s <= c for s, c in zip(rivals["shared"], rivals["customers"], strict=True))


def test_the_market_of_a_customer_in_words(found: gx.Review, alone: gx.Review) -> None:
    first = columns(found.customers)["customer"][0]
    country = columns(found.customers)["country"][0]
    at = columns(found.countries)["country"].index(country)
    words = found.market(first)
    assert words.startswith(f"{country}: {columns(found.countries)['market_year'][at]:,.0f} a year as far as seen")
    assert f"we hold {100 * columns(found.countries)['share'][at]:.0f} %" in words and columns(found.countries)["leader"][at] in words
    assert alone.market(first) == "What others sell in its country is not known."
    with pytest.raises(gx.Error, match=re.escape("review.market: no customer 'nobody'")):
        found.market("nobody")


def test_the_graph_is_that_of_the_last_year(found: gx.Review, alone: gx.Review) -> None:
    assert alone.graph is None and len(alone.rivals) == 0
    assert found.graph is not None and found.graph is found.graph
    ties = found.ties_table.to_pydict()
    assert found.graph.ego_map(columns(found.customers)["customer"][0]).nodes
    wallets = dict(zip(columns(found.customers)["customer"], columns(found.customers)["wallet"], strict=True))
    bought: dict[str, float] = {}
    for c, a in zip(ties["customer"], ties["amount"], strict=True):
        bought[c] = bought.get(c, 0.0) + a
    known = {c: w for c, w in wallets.items() if w == w and w > 0}
    assert known and all(bought[c] == pytest.approx(w, rel=1e-9) for c, w in known.items())


def test_trade_statistics_stand_beside_the_customers() -> None:
    orders, seen = book()
    plain = gx.review(gx.Ledger(orders), deliveries=seen)
    assert plain.world is None
    countries = columns(plain.countries)["country"]
    found = gx.review(gx.Ledger(orders), deliveries=seen, trade=trade_of(countries), home="China")
    world = columns(found.world)
    assert set(world["country"]) == {*countries, "Chile"} and set(world["product"]) == {"tea", "tools"}
    assert {c for c, there in zip(world["country"], world["customers_there"], strict=True) if not there} == {"Chile"}
    for c, size, share in zip(world["country"], world["size"], world["share"], strict=True):
        k = [*countries, "Chile"].index(c)
        assert size == pytest.approx(10.0 * (k + 1) + 102 + 7 * k) and share == pytest.approx(10.0 * (k + 1) / size)
    notes = [n for n in found.notes if n.startswith("Trade statistics")]
    assert "in 2023, our country China" in notes[0] and "1 importer name not known: 'Atlantys'" in notes[1]
    assert columns(found.customers) == columns(plain.customers)


def test_trade_statistics_without_a_column_are_refused() -> None:
    orders, seen = book()
    trade = trade_of(["France"])
    trade["worth"] = trade.pop("value")
    with pytest.raises(gx.Error, match=re.escape("review: trade: no column 'value' among 'exporter', 'importer', 'product', 'period', 'worth'")):
        gx.review(gx.Ledger(orders), deliveries=seen, trade=trade, home="China")


# -- real data -------------------------------------------------------------------------------------------------------------


def test_the_liquor_supplier(real_data: Path, tmp_path: Path) -> None:
    got = gx.review(gx.Ledger(real_data / "our_ledger_supplier_370.parquet"), deliveries=real_data / "liquor_store_supplier_month.parquet")
    assert got.own_name == "370" and any(n.startswith("Among the suppliers we are '370'") for n in got.notes)
    table = columns(got.customers)
    assert list(table) == list(gx.review_columns) and len(table["customer"]) == 843
    for name in ("value", "value_low", "value_high", "p_alive", "next_order", "wallet", "share", "share_low", "share_high", "dominant"):
        assert sum(v is not None for v in table[name]) > 800, name
    assert sum(table["hours"]) <= 1_600
    needs_report()
    assert got.to_html(tmp_path / "a.html").stat().st_size > 1_000_000


def test_the_gift_shop_without_deliveries(real_data: Path, tmp_path: Path) -> None:
    got = gx.review(gx.Ledger(real_data / "online_retail_ii_export_only.csv.gz"))
    table = columns(got.customers)
    assert len(table["customer"]) == 422 and set(table["share"]) == {None} and got.currency == "GBP"
    assert sum(v is not None for v in table["value"]) > 400 and sum(v is not None for v in table["next_order"]) > 400
    assert any(table["offer"])
    needs_report()
    assert "no deliveries given" in got.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
