// The list of topics, and the one place where guanxi::error becomes guanxi.Error.
#include "columns.hpp"
#include "topics.hpp"

#include <guanxi/base/error.hpp>

namespace py = pybind11;

PYBIND11_MODULE(_core, m) {
  m.doc() = "guanxi: the compiled core. Use the package guanxi.";
  m.attr("__version__") = GUANXI_VERSION;
#ifdef GUANXI_HAS_STORE
  m.attr("HAS_STORE") = true;
#else
  m.attr("HAS_STORE") = false;  // built without SQLite
#endif
  py::register_exception_translator([](std::exception_ptr raised) {
    try {
      if (raised) std::rethrow_exception(raised);
    } catch (const guanxi::error& e) {
      const py::object type = py::module_::import("guanxi._errors").attr("Error");
      const py::object value = type(py::str(e.what()), py::str(std::string(guanxi::name(e.code()))));
      PyErr_SetObject(type.ptr(), value.ptr());
    }
  });
  guanxi::python::bind_base(m);
  guanxi::python::bind_ledger(m);
  guanxi::python::bind_simulate(m);
  guanxi::python::bind_value(m);
  guanxi::python::bind_share(m);
  guanxi::python::bind_graph(m);
  guanxi::python::bind_market(m);
  guanxi::python::bind_archive(m);
  guanxi::python::bind_relation(m);
  guanxi::python::bind_plan(m);
  guanxi::python::bind_review(m);
}
