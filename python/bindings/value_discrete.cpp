#include "columns.hpp"
#include "topics.hpp"
#include "value_results.hpp"

#include <optional>
#include <vector>

#include <guanxi/value/bgbb.hpp>
#include <guanxi/value/sbg.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using column = column_in<double>;

py::tuple low_and_high(row_intervals&& r) { return py::make_tuple(give(std::move(r.low)), give(std::move(r.high))); }

void bind_sbg(py::module_& topic) {
  py::class_<SBG>(topic, "SBG")
      .def(py::init<>())
      .def("fit", [](SBG& m, const column& duration, const column& lost, const std::optional<column>& w) {
             contract_rows rows{view(duration), view(lost)};
             if (w) rows.weights = view(*w);
             py::gil_scoped_release free;
             m.fit(rows);
           }, "duration"_a, "lost"_a, "weights"_a = py::none())
      .def("fit_active", [](SBG& m, const column& active) {
             const auto counts = view(active);
             py::gil_scoped_release free;
             m.fit_active(counts);
           }, "active"_a)
      .def("set", [](SBG& m, double a, double b) { m.set(a, b); }, "a"_a, "b"_a)
      .def("result", [](const SBG& m) { return to_python(m.result()); })
      .def("survival", &SBG::survival, "ahead"_a, "tenure"_a)
      .def("retention", &SBG::retention, "tenure"_a)
      .def("residual_lifetime", &SBG::residual_lifetime, "tenure"_a, "rate"_a)
      .def("survival_interval", [](const SBG& m, std::size_t periods, std::uint64_t tenure, double level, std::size_t draws, std::uint64_t seed) {
             return low_and_high(m.survival_interval(periods, tenure, level, draws, seed));
           }, "periods"_a, "tenure"_a, "level"_a, "draws"_a, "seed"_a)
      .def("draws", [](const SBG& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
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

void bind_bgbb(py::module_& topic) {
  const auto rows_of = [](const column& x, const column& t, const column& n) { return occasion_rows{view(x), view(t), view(n)}; };
  py::class_<BGBB>(topic, "BGBB")
      .def(py::init<>())
      .def("fit", [](BGBB& m, const column& x, const column& t, const column& n, const std::optional<column>& w) {
             occasion_rows rows{view(x), view(t), view(n)};
             if (w) rows.weights = view(*w);
             py::gil_scoped_release free;
             m.fit(rows);
           }, "frequency"_a, "recency"_a, "occasions"_a, "weights"_a = py::none())
      .def("set", [](BGBB& m, double alpha, double beta, double gamma, double delta) { m.set(alpha, beta, gamma, delta); },
           "alpha"_a, "beta"_a, "gamma"_a, "delta"_a)
      .def("result", [](const BGBB& m) { return to_python(m.result()); })
      .def("probability_alive", [rows_of](const BGBB& m, const column& x, const column& t, const column& n, std::uint64_t ahead) {
             const auto rows = rows_of(x, t, n);
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_alive(rows, ahead, out); });
           }, "frequency"_a, "recency"_a, "occasions"_a, "ahead"_a)
      .def("expected_purchases", [rows_of](const BGBB& m, const column& x, const column& t, const column& n, std::uint64_t ahead) {
             const auto rows = rows_of(x, t, n);
             return column_of(rows.size(), [&](std::span<double> out) { m.expected_purchases(rows, ahead, out); });
           }, "frequency"_a, "recency"_a, "occasions"_a, "ahead"_a)
      .def("expected_purchases_interval", [rows_of](const BGBB& m, const column& x, const column& t, const column& n, std::uint64_t ahead,
                                                    double level, std::size_t draws, std::uint64_t seed) {
             const auto rows = rows_of(x, t, n);
             row_intervals out;
             {
               py::gil_scoped_release free;
               out = m.expected_purchases_interval(rows, ahead, level, draws, seed);
             }
             return low_and_high(std::move(out));
           }, "frequency"_a, "recency"_a, "occasions"_a, "ahead"_a, "level"_a, "draws"_a, "seed"_a)
      .def("probability_of", [rows_of](const BGBB& m, const column& x, const column& t, const column& n, std::uint64_t count, std::uint64_t ahead) {
             const auto rows = rows_of(x, t, n);
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_of(rows, count, ahead, out); });
           }, "frequency"_a, "recency"_a, "occasions"_a, "n"_a, "ahead"_a)
      .def("residual_purchases", [rows_of](const BGBB& m, const column& x, const column& t, const column& n, double rate) {
             const auto rows = rows_of(x, t, n);
             return column_of(rows.size(), [&](std::span<double> out) { m.residual_purchases(rows, rate, out); });
           }, "frequency"_a, "recency"_a, "occasions"_a, "rate"_a)
      .def("expected_purchases_new", &BGBB::expected_purchases_new, "ahead"_a)
      .def("pmf", &BGBB::pmf, "n"_a, "ahead"_a)
      .def("draws", [](const BGBB& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
}
}  // namespace

void bind_value_discrete(py::module_& topic) {
  bind_sbg(topic);
  bind_bgbb(topic);
}
}  // namespace guanxi::python
