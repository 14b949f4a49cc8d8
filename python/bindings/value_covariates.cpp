#include "columns.hpp"
#include "topics.hpp"
#include "value_forecast.hpp"
#include "value_results.hpp"

#include <optional>
#include <string>
#include <vector>

#include <guanxi/value/covariate_model.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using column = column_in<double>;

covariate_kind kind_of(const std::string& name) {
  if (name == "ParetoNBD") return covariate_kind::pareto_nbd;
  return name == "BGNBD" ? covariate_kind::bgnbd : covariate_kind::mbgnbd;
}
}  // namespace

void bind_value_covariates(py::module_& topic) {
  py::class_<CovariateModel>(topic, "CovariateModel")
      .def(py::init([](const std::string& model, std::vector<std::string> purchase, std::vector<std::string> dropout, unsigned threads) {
             return CovariateModel({kind_of(model), std::move(purchase), std::move(dropout), threads});
           }), "model"_a, "purchase"_a, "dropout"_a, "threads"_a = 0)
      .def("fit", [](CovariateModel& m, const column& x, const column& t, const column& age, const column& purchase, const column& dropout, const std::optional<column>& w) {
             customer_rows rows{view(x), view(t), view(age)};
             if (w) rows.weights = view(*w);
             const covariate_rows known{view(purchase), view(dropout)};
             py::gil_scoped_release free;
             m.fit(rows, known);
           }, "frequency"_a, "recency"_a, "age"_a, "purchase"_a, "dropout"_a, "weights"_a = py::none())
      .def("set", [](CovariateModel& m, const column& params) { m.set(view(params)); }, "params"_a)
      .def("result", [](const CovariateModel& m) { return to_python(m.result()); })
      .def("log_likelihood_without", &CovariateModel::log_likelihood_without)
      .def("test", [](const CovariateModel& m) {
             const likelihood_ratio_test t = m.test();
             return py::make_tuple(t.statistic, t.degrees, t.p_value, t.p_at_boundary);
           })
      .def("probability_alive", [](const CovariateModel& m, const column& x, const column& t, const column& age, const column& purchase, const column& dropout) {
             const customer_rows rows{view(x), view(t), view(age)};
             const covariate_rows known{view(purchase), view(dropout)};
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_alive(rows, known, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "purchase"_a, "dropout"_a)
      .def("expected_purchases", [](const CovariateModel& m, const column& x, const column& t, const column& age, const column& purchase, const column& dropout, double horizon) {
             const customer_rows rows{view(x), view(t), view(age)};
             const covariate_rows known{view(purchase), view(dropout)};
             return column_of(rows.size(), [&](std::span<double> out) { m.expected_purchases(rows, known, horizon, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "purchase"_a, "dropout"_a, "horizon"_a)
      .def("probability_of", [](const CovariateModel& m, const column& x, const column& t, const column& age, const column& purchase, const column& dropout, std::uint64_t n, double horizon) {
             const customer_rows rows{view(x), view(t), view(age)};
             const covariate_rows known{view(purchase), view(dropout)};
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_of(rows, known, n, horizon, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "purchase"_a, "dropout"_a, "n"_a, "horizon"_a)
      .def("forecast", [](const CovariateModel& m, const column& x, const column& t, const column& age, const column& purchase, const column& dropout,
                          double horizon, double level, std::size_t draws, std::uint64_t seed, unsigned threads) {
             const customer_rows rows{view(x), view(t), view(age)};
             const covariate_rows known{view(purchase), view(dropout)};
             purchase_forecast f;
             {
               py::gil_scoped_release free;
               f = m.forecast(rows, known, draws, {horizon, level, threads, seed});
             }
             return to_python(std::move(f));
           }, "frequency"_a, "recency"_a, "age"_a, "purchase"_a, "dropout"_a, "horizon"_a, "level"_a, "draws"_a, "seed"_a, "threads"_a)
      .def("draws", [](const CovariateModel& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
}
}  // namespace guanxi::python
