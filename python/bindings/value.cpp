#include "columns.hpp"
#include "topics.hpp"
#include "value_results.hpp"

#include <deque>
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
                     const std::optional<column>& gaps, std::vector<double> prior_mean, std::vector<double> prior_deviation) {
             const customer_rows rows = rows_of(x, t, age, w, gaps);
             py::gil_scoped_release free;
             m.fit(rows, {std::move(prior_mean), std::move(prior_deviation)});
           }, "frequency"_a, "recency"_a, "age"_a, "weights"_a = py::none(), "log_gaps"_a = py::none(),
           "prior_mean"_a = std::vector<double>{}, "prior_deviation"_a = std::vector<double>{})
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
}
}  // namespace

void bind_value(py::module_& m) {
  auto topic = m.def_submodule("value", "RFM, purchase models, spend, forecasts, backtests.");
  bind_models(topic);
  bind_tables(topic);
  bind_value_customer(topic);
  bind_value_next(topic);
  bind_value_discrete(topic);
  bind_value_family(topic);
  bind_value_snapshot(topic);
}
}  // namespace guanxi::python
