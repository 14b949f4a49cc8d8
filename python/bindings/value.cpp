#include "columns.hpp"
#include "topics.hpp"
#include "value_results.hpp"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <guanxi/ledger/ledger.hpp>
#include <guanxi/value.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using ledger::Ledger;
using column = column_in<double>;

/// Columns of a summary; they live as long as the numpy arrays in the arguments.
customer_rows rows_of(const column& frequency, const column& recency, const column& age, const std::optional<column>& weights,
                      const std::optional<column>& log_gaps) {
  customer_rows rows{view(frequency), view(recency), view(age)};
  if (weights) rows.weights = view(*weights);
  if (log_gaps) rows.log_gaps = view(*log_gaps);
  return rows;
}

spend_rows spend_of(const column& frequency, const column& spend, const std::optional<column>& weights) {
  spend_rows rows{view(frequency), view(spend)};
  if (weights) rows.weights = view(*weights);
  return rows;
}

template <class Body>
py::array_t<double> column_of(std::size_t n, Body&& body) {
  std::vector<double> out(n);
  {
    py::gil_scoped_release free;
    body(std::span<double>(out));
  }
  return give(std::move(out));
}

day end_of(const Ledger& led, std::optional<day> end) { return end ? *end : led.last_day(); }

purchase_settings settings_of(const std::string& kind, unsigned least, unsigned most, unsigned threads) {
  if (kind == "NBD") return {dropout::none, 1, 1, threads};
  if (kind == "BGNBD") return {dropout::after_purchase, 1, 1, threads};
  if (kind == "MBGNBD") return {dropout::from_start, 1, 1, threads};
  return {kind == "BGCNBDk" ? dropout::after_purchase : dropout::from_start, least, most, threads};
}

void bind_models(py::module_& topic) {
  py::class_<PurchaseModel>(topic, "PurchaseModel")
      .def(py::init([](const std::string& kind, unsigned least, unsigned most, unsigned threads) {
             return PurchaseModel("value." + kind, settings_of(kind, least, most, threads));
           }), "kind"_a, "least"_a = 1, "most"_a = 1, "threads"_a = 0)
      .def("fit", [](PurchaseModel& m, const column& x, const column& t, const column& age, const std::optional<column>& w,
                     const std::optional<column>& gaps) {
             const customer_rows rows = rows_of(x, t, age, w, gaps);
             py::gil_scoped_release free;
             m.fit(rows);
           }, "frequency"_a, "recency"_a, "age"_a, "weights"_a = py::none(), "log_gaps"_a = py::none())
      .def("set", [](PurchaseModel& m, double r, double alpha, double a, double b, unsigned k) { m.set({r, alpha, a, b}, k); },
           "r"_a, "alpha"_a, "a"_a = 0.0, "b"_a = 1.0, "k"_a = 1)
      .def("result", [](const PurchaseModel& m) { return to_python(m.result()); })
      .def_property_readonly("k", [](const PurchaseModel& m) { return m.story().stages; })
      .def_property_readonly("tried", &PurchaseModel::stages_tried)
      .def("probability_alive", [](const PurchaseModel& m, const column& x, const column& t, const column& age) {
             const customer_rows rows{view(x), view(t), view(age)};
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_alive(rows, out); });
           })
      .def("expected_purchases", [](const PurchaseModel& m, const column& x, const column& t, const column& age, double horizon) {
             const customer_rows rows{view(x), view(t), view(age)};
             return column_of(rows.size(), [&](std::span<double> out) { m.expected_purchases(rows, horizon, out); });
           })
      .def("probability_of", [](const PurchaseModel& m, const column& x, const column& t, const column& age, std::uint64_t n, double horizon) {
             const customer_rows rows{view(x), view(t), view(age)};
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_of(rows, n, horizon, out); });
           })
      .def("expected_purchases_new", &PurchaseModel::expected_purchases_new, "horizon"_a)
      .def("pmf", &PurchaseModel::pmf, "n"_a, "horizon"_a)
      .def("draws", [](const PurchaseModel& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);

  py::class_<GammaGamma>(topic, "GammaGamma")
      .def(py::init<>())
      .def("fit", [](GammaGamma& m, const column& x, const column& spend, const std::optional<column>& w) {
             const spend_rows rows = spend_of(x, spend, w);
             py::gil_scoped_release free;
             m.fit(rows);
           }, "frequency"_a, "spend"_a, "weights"_a = py::none())
      .def("set", [](GammaGamma& m, double p, double q, double v) { m.set(p, q, v); }, "p"_a, "q"_a, "v"_a)
      .def("result", [](const GammaGamma& m) { return to_python(m.result()); })
      .def("expected_spend", [](const GammaGamma& m, const column& x, const column& spend) {
             const spend_rows rows{view(x), view(spend)};
             return column_of(rows.size(), [&](std::span<double> out) { m.expected_spend(rows, out); });
           })
      .def("draws", [](const GammaGamma& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
}

py::dict to_python(forecast&& f) {
  py::dict out;
  out["p_alive"] = give(std::move(f.p_alive));
  out["p_buy"] = give(std::move(f.p_buy));
  out["purchases"] = give(std::move(f.purchases));
  out["purchases_median"] = give(std::move(f.purchases_median));
  out["purchases_low"] = give(std::move(f.purchases_low));
  out["purchases_high"] = give(std::move(f.purchases_high));
  out["spend"] = give(std::move(f.spend));
  out["value"] = give(std::move(f.value));
  out["value_median"] = give(std::move(f.value_median));
  out["value_low"] = give(std::move(f.value_low));
  out["value_high"] = give(std::move(f.value_high));
  out["next_order"] = give(std::move(f.next_order));
  out["reason"] = py::cast(f.reason);
  return out;
}

void bind_forecast(py::module_& topic) {
  py::class_<CustomerValue>(topic, "CustomerValue")
      .def(py::init([](double horizon, std::string_view u, double level, std::uint64_t seed, unsigned threads) {
             return CustomerValue({horizon, to_unit(u), level, seed, threads});
           }), "horizon"_a, "unit"_a, "level"_a, "seed"_a, "threads"_a)
      .def("fit", [](CustomerValue& m, const Ledger& led, std::optional<day> end) {
             py::gil_scoped_release free;
             const day at = end_of(led, end);
             const auto days = led.days(at);
             m.fit(days.view(), at);
           }, "ledger"_a, "end"_a = py::none())
      .def("predict", [](const CustomerValue& m) { return to_python(m.predict()); })
      .def_property_readonly("status", &CustomerValue::status)
      .def_property_readonly("season", &CustomerValue::season)
      .def_property_readonly("level_factor", &CustomerValue::level_factor)
      .def_property_readonly("ranks", [](const CustomerValue& m) { return give(std::vector<double>(m.ranks())); })
      .def_property_readonly("weights", [](const CustomerValue& m) {
             py::list out;
             for (const candidate_weight& w : m.weights()) out.append(py::make_tuple(w.candidate, w.purchases, w.weight));
             return out;
           })
      .def_property_readonly("scores", [](const CustomerValue& m) {
             py::list out;
             for (const candidate_score& s : m.scores()) out.append(py::make_tuple(s.candidate, s.log_score, s.rmse, s.bias));
             return out;
           });
}

void bind_tables(py::module_& topic) {
  topic.def("rfm", [](const Ledger& led, std::optional<day> end, unsigned bins, bool sum, const std::optional<std::vector<std::vector<double>>>& edges) {
    rfm_table table;
    {
      py::gil_scoped_release free;
      const day at = end_of(led, end);
      const auto days = led.days(at);
      rfm_edges fixed;
      if (edges) {
        if (edges->size() != 3) throw error(errc::size_mismatch, "value.rfm: 'edges' needs three lists: recency, frequency, monetary");
        fixed = {(*edges)[0], (*edges)[1], (*edges)[2]};
      }
      table = rfm(days.view(), at, bins, sum ? monetary::sum : monetary::mean, edges ? &fixed : nullptr);
    }
    py::dict out;
    out["customer"] = give(std::move(table.customer));
    out["recency"] = give(std::move(table.recency));
    out["frequency"] = give(std::move(table.frequency));
    out["monetary"] = give(std::move(table.monetary));
    out["r"] = give(std::move(table.r));
    out["f"] = give(std::move(table.f));
    out["m"] = give(std::move(table.m));
    out["segment"] = py::cast(table.segment);
    return py::make_tuple(out, py::make_tuple(table.edges.recency, table.edges.frequency, table.edges.monetary));
  }, "ledger"_a, "end"_a, "bins"_a, "sum"_a, "edges"_a);

  topic.def("backtest", [](const Ledger& led, day at, double horizon, std::string_view u, double level, unsigned threads) {
    std::vector<backtest_row> rows;
    {
      py::gil_scoped_release free;
      rows = backtest(led.days(), at, horizon, to_unit(u), level, threads);
    }
    py::dict out;
    std::vector<std::string> model, status;
    for (const auto& r : rows) model.push_back(r.model), status.push_back(r.status);
    out["model"] = py::cast(model);
    const auto put = [&](const char* name, double backtest_row::*member) {
      std::vector<double> values;
      for (const auto& r : rows) values.push_back(r.*member);
      out[name] = give(std::move(values));
    };
    put("mae", &backtest_row::mae);
    put("mae_median", &backtest_row::mae_median);
    put("rmse", &backtest_row::rmse);
    put("bias", &backtest_row::bias);
    put("correlation", &backtest_row::correlation);
    put("coverage", &backtest_row::coverage);
    put("top10", &backtest_row::top10);
    put("log_score", &backtest_row::log_score);
    put("crps", &backtest_row::crps);
    put("interval_score", &backtest_row::interval_score);
    put("auc", &backtest_row::auc);
    put("value_mae", &backtest_row::value_mae);
    put("value_mae_median", &backtest_row::value_mae_median);
    put("value_rmse", &backtest_row::value_rmse);
    put("value_bias", &backtest_row::value_bias);
    put("value_correlation", &backtest_row::value_correlation);
    put("value_coverage", &backtest_row::value_coverage);
    put("value_top10", &backtest_row::value_top10);
    out["status"] = py::cast(status);
    return out;
  }, "ledger"_a, "at"_a, "horizon"_a, "unit"_a, "level"_a, "threads"_a);
}
}  // namespace

void bind_value(py::module_& m) {
  auto topic = m.def_submodule("value", "RFM, purchase models, spend, forecasts, backtests.");
  bind_models(topic);
  bind_forecast(topic);
  bind_tables(topic);
  bind_value_discrete(topic);
}
}  // namespace guanxi::python
