"""Next orders, the overdue alarm, backtests at several dates."""

from __future__ import annotations

import datetime as dt

import guanxi as gx
import numpy as np
import pytest
from guanxi import value


@pytest.fixture(scope="module")
def led() -> gx.Ledger:
    return gx.simulate.exporter(customers=300, suppliers=5, years=3, seed=3).ledger


def test_next_orders_columns_and_alarm(led: gx.Ledger) -> None:
    rows = value.next_orders(led, false_alarm=0.1)
    table = value._frames.read(rows, "rows")
    assert table.column_names == ["customer", "silence", "chance", "overdue", "alarm_on", "next_low", "next_median", "next_high", "size", "size_low", "size_high"]
    for row in table.to_pylist():
        assert 0 <= row["chance"] <= 1
        assert row["size_low"] <= row["size"] <= row["size_high"]
        assert row["next_low"] <= row["next_median"] <= row["next_high"]
    often = value._frames.read(value.next_orders(led, false_alarm=0.3), "rows")
    assert sum(often["overdue"].to_pylist()) >= sum(table["overdue"].to_pylist())


def test_next_orders_bad_input(led: gx.Ledger) -> None:
    with pytest.raises(gx.Error, match=r"value::next_order: 'false_alarm' is 2; between 0 and 1 is wanted"):
        value.next_orders(led, false_alarm=2)
    with pytest.raises(gx.Error, match=r"value\.next_orders: a dict is no ledger; give gx\.Ledger\(frame\)"):
        value.next_orders({})  # type: ignore[arg-type]


def test_credits_after_an_origin_are_not_known_there() -> None:
    rng = np.random.default_rng(1)
    customer, date, amount = [], [], []
    for c in range(200):
        day = dt.date(2021, 1, 1) + dt.timedelta(days=int(rng.integers(0, 60)))
        while day < dt.date(2023, 1, 1):
            customer.append(c), date.append(day), amount.append(float(rng.gamma(2) * 50 + 1))
            day += dt.timedelta(days=int(rng.integers(5, 60)))
    columns = {"customer": customer, "date": date, "amount": amount}
    plain = value.backtest(gx.Ledger(columns), "2022-03-01", 26)
    late = {"customer": customer + list(range(200)), "date": date + [dt.date(2022, 12, 31)] * 200, "amount": amount + [-40.0] * 200}
    credited = value.backtest(gx.Ledger(late), "2022-03-01", 26)
    a, b = value._frames.read(plain, "a").to_pylist(), value._frames.read(credited, "b").to_pylist()
    assert [r["rmse"] for r in a] == [r["rmse"] for r in b]
    one = value.CustomerValue(horizon=13).fit(gx.Ledger(columns), "2022-03-01").predict()
    two = value.CustomerValue(horizon=13).fit(gx.Ledger(late), "2022-03-01").predict()
    assert value._frames.read(one, "a")["value"].to_pylist() == value._frames.read(two, "b")["value"].to_pylist()


def test_backtests_name_the_best(led: gx.Ledger) -> None:
    last = max(value._frames.read(value.next_orders(led), "rows")["next_low"].to_pylist())
    assert last is not None
    dates = ["2021-01-01", "2021-06-01"]
    first = value._frames.read(led.summary(), "summary").to_pylist()[0]["last"]
    year = (first.date() if isinstance(first, dt.datetime) else first).year
    dates = [f"{year - 1}-03-01", f"{year - 1}-05-01"]
    table = value._frames.read(value.backtests(led, dates, 13), "rows")
    assert table.column_names[0] == "at" and table.column_names[-1] == "best"
    assert len(set(map(str, table["at"].to_pylist()))) == 2
    assert any("rmse" in word.split() for word in table["best"].to_pylist())
    with pytest.raises(gx.Error, match="value.backtests: 'dates' is empty; at least one date is wanted"):
        value.backtests(led, [], 13)


def test_plot_backtest(led: gx.Ledger) -> None:
    altair = pytest.importorskip("altair")
    table = {"model": ["last_window", "customer_value"], "rmse": [2.0, 1.5]}
    assert isinstance(value.plot_backtest(table), altair.Chart)
    with pytest.raises(gx.Error, match="nothing"):
        value.plot_backtest(table, "nothing")
