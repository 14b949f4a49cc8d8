"""CustomerValue: season and properties from Python, and what a backtest says of coverage and totals."""

from __future__ import annotations

import guanxi as gx
import numpy as np
import pandas as pd
import pytest
from guanxi import value


def lines(seed: int = 1, customers: int = 150) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = []
    for c in range(customers):
        country = ("DE", "FR", "IT")[c % 3]
        gap = random.gamma(3, 12) * {"DE": 0.4, "FR": 1.0, "IT": 2.5}[country]
        days = np.cumsum(random.exponential(gap, 200)) + random.uniform(0, 200)
        rows += [(f"c{c:03}", pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(d)), float(random.gamma(3, 40)), country) for d in days[days < 1100]]
    return pd.DataFrame(rows, columns=["customer", "date", "amount", "country"])


@pytest.fixture(scope="module")
def led() -> gx.Ledger:
    return gx.Ledger(lines(), country="country")


def test_country_is_learned_and_a_frame_says_the_same(led: gx.Ledger) -> None:
    own = value.CustomerValue(horizon=26, groups="country").fit(led, "2022-06-30")
    rate = own.effects_.set_index("value")["rate"]
    assert rate["DE"] > 1 > rate["IT"]
    frame = led.country("2022-06-30")
    given = value.CustomerValue(horizon=26, groups=frame).fit(led, "2022-06-30")
    assert given.predict()["purchases"].tolist() == own.predict()["purchases"].tolist()
    assert set(own.effects_["property"]) == {"country"}


def test_an_even_season_changes_nothing_and_a_ledger_gives_its_months(led: gx.Ledger) -> None:
    plain = value.CustomerValue(horizon=13).fit(led).predict()
    even = value.CustomerValue(horizon=13, season=[2.0] * 12).fit(led)
    assert even.predict()["purchases"].tolist() == plain["purchases"].tolist()
    assert even.predict()["next_order"].tolist() == plain["next_order"].tolist()
    assert "season as given" in even.status_
    months = value.season(led)
    assert list(months["month"]) == list(range(1, 13))
    assert months["index"].mean() == pytest.approx(1)
    by_ledger = value.CustomerValue(horizon=13, season=led).fit(led).predict()
    by_numbers = value.CustomerValue(horizon=13, season=list(months["index"])).fit(led).predict()
    assert by_ledger["value"].tolist() == by_numbers["value"].tolist()


def test_backtest_takes_both_and_tells_coverage_and_totals(led: gx.Ledger) -> None:
    table = value.backtest(led, "2022-06-30", 13, season=led, groups="country").set_index("model")
    own = table.loc["customer_value"]
    assert 0.8 < own["coverage_randomised"] < 1
    assert own["total_low"] < own["total"] < own["total_high"]
    assert np.isnan(table.loc["last_window", "coverage_randomised"])
    assert "the last window at the origins" in own["status"] or "at the origins" in own["status"]


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda led: value.CustomerValue(groups="region").fit(led), "value.CustomerValue.fit: 'groups' names 'region'; 'country' or a frame with the column customer is wanted"),
    (lambda led: value.CustomerValue(season=[1, 2]).fit(led), "value::season_clock: 'season' has 2 entries; 12 months, 52 or 53 weeks, or 366 days are wanted"),
    (lambda led: value.CustomerValue(groups="country").fit(gx.Ledger(lines()[["customer", "date", "amount"]])),
     "value.CustomerValue.fit: 'groups' names 'country', which the ledger has not")])
def test_wrong_settings(led: gx.Ledger, call: object, sentence: str) -> None:
    with pytest.raises(gx.Error) as caught:
        call(led)  # type: ignore[operator]
    assert str(caught.value) == sentence
