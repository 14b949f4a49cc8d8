#include "columns.hpp"
#include "topics.hpp"
#include "value_forecast.hpp"
#include "value_results.hpp"

#include <optional>

#include <guanxi/value/ggompertz_nbd.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using column = column_in<double>;
customer_rows rows_of(const column& x, const column& t, const column& age) { return {view(x), view(t), view(age)}; }
}  // namespace

void bind_value_gompertz(py::module_& topic) {
  py::class_<GGompertzNBD>(topic, "GGompertzNBD")
      .def(py::init<unsigned>(), "threads"_a = 0)
      .def("fit", [](GGompertzNBD& m, const column& x, const column& t, const column& age, const std::optional<column>& w) {
             customer_rows rows = rows_of(x, t, age);
             if (w) rows.weights = view(*w);
             py::gil_scoped_release free;
             m.fit(rows);
           }, "frequency"_a, "recency"_a, "age"_a, "weights"_a = py::none())
      .def("set", [](GGompertzNBD& m, double r, double alpha, double b, double s, double beta) { m.set({r, alpha, b, s, beta}); }, "r"_a, "alpha"_a, "b"_a, "s"_a, "beta"_a)
      .def("result", [](const GGompertzNBD& m) { return to_python(m.result()); })
      .def("probability_alive", [](const GGompertzNBD& m, const column& x, const column& t, const column& age) {
             const customer_rows rows = rows_of(x, t, age);
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_alive(rows, out); });
           }, "frequency"_a, "recency"_a, "age"_a)
      .def("expected_purchases", [](const GGompertzNBD& m, const column& x, const column& t, const column& age, double horizon) {
             const customer_rows rows = rows_of(x, t, age);
             return column_of(rows.size(), [&](std::span<double> out) { m.expected_purchases(rows, horizon, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "horizon"_a)
      .def("probability_of", [](const GGompertzNBD& m, const column& x, const column& t, const column& age, std::uint64_t n, double horizon) {
             const customer_rows rows = rows_of(x, t, age);
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_of(rows, n, horizon, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "n"_a, "horizon"_a)
      .def("intervals", [](const GGompertzNBD& m, const column& x, const column& t, const column& age, double horizon, double level, std::size_t draws, std::uint64_t seed) {
             const customer_rows rows = rows_of(x, t, age);
             std::pair<row_intervals, row_intervals> both;
             {
               py::gil_scoped_release free;
               both = m.intervals(rows, horizon, level, draws, seed);
             }
             return py::make_tuple(give(std::move(both.first.low)), give(std::move(both.first.high)), give(std::move(both.second.low)), give(std::move(both.second.high)));
           }, "frequency"_a, "recency"_a, "age"_a, "horizon"_a, "level"_a, "draws"_a, "seed"_a)
      .def("expected_purchases_new", &GGompertzNBD::expected_purchases_new, "horizon"_a)
      .def("pmf", &GGompertzNBD::pmf, "n"_a, "horizon"_a)
      .def("draws", [](const GGompertzNBD& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
  topic.def("gompertz_log_likelihood", [](const column& x, const column& t, const column& age, double r, double alpha, double b, double s, double beta) {
    const customer_rows rows = rows_of(x, t, age);
    return column_of(rows.size(), [&](std::span<double> out) {
      check(rows, "value.GGompertzNBD");
      for (std::size_t i = 0; i < rows.size(); ++i) out[i] = gompertz_log_likelihood({r, alpha, b, s, beta}, rows.frequency[i], rows.recency[i], rows.age[i]);
    });
  }, "frequency"_a, "recency"_a, "age"_a, "r"_a, "alpha"_a, "b"_a, "s"_a, "beta"_a);
}
}  // namespace guanxi::python
