#include "columns.hpp"
#include "topics.hpp"

#include <guanxi/base/day.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/base/unit.hpp>

namespace guanxi::python {
namespace {
// Special functions for the tests against mpmath and for notebooks: element by element over numpy arrays.
void bind_special(py::module_& m) {
  m.def("lgamma", py::vectorize(&lgamma), "x"_a);
  m.def("digamma", py::vectorize(&digamma), "x"_a);
  m.def("trigamma", py::vectorize(&trigamma), "x"_a);
  m.def("lbeta", py::vectorize(&lbeta), "a"_a, "b"_a);
  m.def("log_rising", py::vectorize(&log_rising), "x"_a, "n"_a);
  m.def("gamma_lower", py::vectorize([](double a, double x) { return gamma_tails(a, x).lower; }), "a"_a, "x"_a);
  m.def("gamma_upper", py::vectorize([](double a, double x) { return gamma_tails(a, x).upper; }), "a"_a, "x"_a);
  m.def("beta_lower", py::vectorize([](double a, double b, double x) { return beta_tails(a, b, x).lower; }), "a"_a,
        "b"_a, "x"_a);
  m.def("beta_upper", py::vectorize([](double a, double b, double x) { return beta_tails(a, b, x).upper; }), "a"_a,
        "b"_a, "x"_a);
  m.def("gamma_quantile", py::vectorize(&gamma_quantile), "p"_a, "shape"_a);
  m.def("beta_quantile", py::vectorize(&beta_quantile), "p"_a, "a"_a, "b"_a);
  m.def("log1pexp", py::vectorize(&log1pexp), "x"_a);
  m.def("log1mexp", py::vectorize(&log1mexp), "x"_a);
  m.def("logaddexp", py::vectorize(&logaddexp), "a"_a, "b"_a);
  m.def("normal_cdf", py::vectorize(&normal_cdf), "x"_a);
  m.def("normal_quantile", py::vectorize(&normal_quantile), "p"_a);
  m.def("poisson_log_pmf", py::vectorize(&poisson_log_pmf), "k"_a, "mean"_a);
  m.def("binomial_log_pmf", py::vectorize(&binomial_log_pmf), "k"_a, "n"_a, "p"_a);
}
}  // namespace

void bind_base(py::module_& m) {
  auto base = m.def_submodule("base", "Days, units, threads, special functions.");
  base.def("to_text", [](day d) { return to_text(d); }, "day"_a);
  base.def("days_in", [](std::string_view letter) { return days_in(to_unit(letter)); }, "unit"_a);
  base.def("thread_count", &thread_count, "asked"_a = 0);
  bind_special(base);
}
}  // namespace guanxi::python
