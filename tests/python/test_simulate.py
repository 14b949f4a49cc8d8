import datetime

import guanxi as gx
import numpy as np
import pytest


@pytest.fixture(scope="module")
def sim():
    return gx.simulate.exporter(customers=120, suppliers=10, years=3, seed=3, frame="pandas", futures=4)


def test_what_we_know_ends_at_the_end(sim) -> None:
    assert sim.begin == datetime.date(2019, 1, 1) and sim.end == datetime.date(2022, 1, 1)
    assert max(sim.ledger_frame["date"]) < sim.end <= min(sim.truth.future["date"])
    assert max(sim.deliveries["period"]) < sim.end
    assert sim.ledger.lines == len(sim.ledger_frame)
    assert list(sim.ledger_frame) == ["customer", "date", "amount", "order", "product", "country"]
    assert list(sim.deliveries) == ["customer", "supplier", "period", "amount", "orders"]


def test_our_own_deliveries_are_our_ledger(sim) -> None:
    ours = sim.deliveries[sim.deliveries["supplier"] == "us"]["amount"].sum()
    assert ours == pytest.approx(sim.ledger_frame["amount"].sum())


def test_the_future_counts_purchase_days(sim) -> None:
    future = sim.truth.future
    days = future[["customer", "date"]].drop_duplicates()
    soon = days[[d < sim.end + datetime.timedelta(182) for d in days["date"]]].groupby("customer").size()
    truth = sim.truth.customers.set_index("customer")["purchases_26"]
    assert (soon.reindex(truth.index, fill_value=0) == truth).all()


def test_truth_is_whole(sim) -> None:
    cells = sim.truth.cells
    assert len(cells) == 120 * 16 and cells["future"].sum() == 120 * 4
    assert ((cells["share"] >= 0) & (cells["share"] < 1)).all() and (cells["wallet"] > 0).all()
    assert ((cells["tier"] == 0) == (cells["share"] == 0)).mean() > 0.95
    customers = sim.truth.customers
    assert customers["alive"].eq(customers["share"] > 0).all()
    hidden = set(customers[customers["hidden"]]["customer"])
    assert set(sim.deliveries[sim.deliveries["supplier"] != "us"]["customer"]).isdisjoint(hidden)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_the_frame_is_of_the_kind_asked_for(kind: str) -> None:
    module = pytest.importorskip(kind)
    s = gx.simulate.exporter(customers=5, suppliers=3, years=1, frame=kind, futures=0)
    want = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}[kind]
    for frame in (s.ledger_frame, s.deliveries, s.truth.customers, s.truth.cells, s.truth.future, s.truth.suppliers):
        assert isinstance(frame, getattr(module, want))


def test_same_seed_same_bits() -> None:
    one, two = (gx.simulate.exporter(customers=700, years=1, futures=1, threads=t).ledger_frame for t in (1, 3))
    assert one.equals(two)


def test_unknown_is_nan_without_futures() -> None:
    s = gx.simulate.exporter(customers=5, suppliers=3, years=1, futures=0)
    assert np.isnan(s.truth.customers["expected_value_52"].to_numpy()).all()


@pytest.mark.parametrize(("settings", "code", "sentence"), [
    ({"regularity": 0}, "out_of_domain", "simulate::exporter: 'regularity' is 0.000000, it must be in 1 .. 1000"),
    ({"seasons": 0.2}, "unknown_name", "simulate.exporter: no setting 'seasons'; did you mean 'season'?"),
    ({"season": "x"}, "bad_format", "simulate.exporter: 'season' cannot be 'x', the default is 0.25"),
    ({"dropout": "sudden"}, "unknown_name", "simulate: dropout 'sudden' is not one of none, beta_geometric, exponential"),
    ({"coverage": [0.1]}, None, None),
    ({"coverage": [0.1, 0.2]}, "size_mismatch", "simulate::exporter: 'coverage' has 2 entries, give one or one a supplier (40)"),
    ({"period": "W"}, "unknown_name", "simulate.exporter: period 'W' is not one of M, Q, Y"),
    ({"start": "2019-01-02"}, "out_of_domain", "simulate::exporter: 'start' must be the first day of a month"),
])
def test_bad_settings(settings, code, sentence) -> None:
    if code is None:
        gx.simulate.exporter(customers=3, years=1, futures=0, **settings)
        return
    with pytest.raises(gx.Error) as raised:
        gx.simulate.exporter(**settings)
    assert raised.value.code == code and str(raised.value) == sentence


def test_it_prints_an_answer(sim) -> None:
    text = repr(sim)
    assert text.startswith("Simulated exporter\n  history    2019-01-01 to 2021-12-31")
    assert "<table>" in sim._repr_html_()
    assert repr(sim.truth).startswith("Truth of 120 customers")


def test_purchases_are_a_summary_with_the_truth() -> None:
    frame = gx.simulate.purchases(np.full(5000, 39.0), r=0.243, alpha=4.414, dropout="beta_geometric", a=0.793, b=2.426,
                                  horizon=39, frame="pandas")
    assert list(frame) == ["customer", "frequency", "recency", "age", "future", "rate", "alive"]
    # Fader, Hardie and Lee (2005), equation 9, at CDNOW's parameters.
    special = pytest.importorskip("scipy.special")
    z = 39 / (4.414 + 39)
    rest = (1 - z) ** 0.243 * special.hyp2f1(0.243, 2.426, 0.793 + 2.426 - 1, z)
    want = (0.793 + 2.426 - 1) / (0.793 - 1) * (1 - rest)
    error = frame["frequency"].std() / np.sqrt(5000)
    assert abs(frame["frequency"].mean() - want) < 4 * error
    assert (frame["recency"] <= 39).all() and not frame["future"][~frame["alive"]].any()
