#include "columns.hpp"
#include "topics.hpp"
#include "value_results.hpp"

#include <string>
#include <vector>

#include <guanxi/value/pareto_dynamic.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using column = column_in<double>;
using starts = column_in<std::uint64_t>;

struct given {
  dynamic_rows rows;
  covariate_paths paths;
  given(const column& born, double end, const starts& start, const column& when, const starts& path, const column& from, const column& purchase, const column& dropout)
      : rows{view(born), end, view(start), view(when)}, paths{view(path), view(from), view(purchase), view(dropout)} {}
};
}  // namespace

void bind_value_dynamic(py::module_& topic) {
  py::class_<ParetoNBDDynamic>(topic, "ParetoNBDDynamic")
      .def(py::init([](std::vector<std::string> purchase, std::vector<std::string> dropout, unsigned threads) {
             return ParetoNBDDynamic({std::move(purchase), std::move(dropout), threads});
           }), "purchase"_a, "dropout"_a, "threads"_a = 0)
      .def("fit", [](ParetoNBDDynamic& m, const column& born, double end, const starts& start, const column& when, const starts& path, const column& from,
                     const column& purchase, const column& dropout) {
             const given g(born, end, start, when, path, from, purchase, dropout);
             py::gil_scoped_release free;
             m.fit(g.rows, g.paths);
           }, "born"_a, "end"_a, "start"_a, "when"_a, "path"_a, "from_"_a, "purchase"_a, "dropout"_a)
      .def("set", [](ParetoNBDDynamic& m, const column& params) { m.set(view(params)); }, "params"_a)
      .def("result", [](const ParetoNBDDynamic& m) { return to_python(m.result()); })
      .def("log_likelihood_without", &ParetoNBDDynamic::log_likelihood_without)
      .def("test", [](const ParetoNBDDynamic& m) {
             const likelihood_ratio_test t = m.test();
             return py::make_tuple(t.statistic, t.degrees, t.p_value, t.p_at_boundary);
           })
      .def("predict", [](const ParetoNBDDynamic& m, const column& born, double end, const starts& start, const column& when, const starts& path, const column& from,
                         const column& purchase, const column& dropout, double horizon) {
             const given g(born, end, start, when, path, from, purchase, dropout);
             std::vector<double> alive(g.rows.size()), mean(g.rows.size());
             {
               py::gil_scoped_release free;
               m.predict(g.rows, g.paths, horizon, alive, mean);
             }
             return py::make_tuple(give(std::move(alive)), give(std::move(mean)));
           }, "born"_a, "end"_a, "start"_a, "when"_a, "path"_a, "from_"_a, "purchase"_a, "dropout"_a, "horizon"_a)
      .def("forecast", [](const ParetoNBDDynamic& m, const column& born, double end, const starts& start, const column& when, const starts& path, const column& from,
                          const column& purchase, const column& dropout, double horizon, double level, std::size_t draws, std::uint64_t seed) {
             const given g(born, end, start, when, path, from, purchase, dropout);
             dynamic_forecast f;
             {
               py::gil_scoped_release free;
               f = m.forecast(g.rows, g.paths, horizon, level, draws, seed);
             }
             py::dict out;
             out["p_alive"] = give(std::move(f.p_alive));
             out["p_alive_low"] = give(std::move(f.p_alive_low));
             out["p_alive_high"] = give(std::move(f.p_alive_high));
             out["purchases"] = give(std::move(f.purchases));
             out["purchases_low"] = give(std::move(f.purchases_low));
             out["purchases_high"] = give(std::move(f.purchases_high));
             return py::make_tuple(out, f.total, f.total_low, f.total_high);
           }, "born"_a, "end"_a, "start"_a, "when"_a, "path"_a, "from_"_a, "purchase"_a, "dropout"_a, "horizon"_a, "level"_a, "draws"_a, "seed"_a)
      .def("draws", [](const ParetoNBDDynamic& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
}
}  // namespace guanxi::python
