#include "columns.hpp"
#include "topics.hpp"

#include <guanxi/base/day.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/unit.hpp>

namespace guanxi::python {
void bind_base(py::module_& m) {
  auto base = m.def_submodule("base", "Days, units, threads.");
  base.def("to_text", [](day d) { return to_text(d); }, "day"_a);
  base.def("days_in", [](std::string_view letter) { return days_in(to_unit(letter)); }, "unit"_a);
  base.def("thread_count", &thread_count, "asked"_a = 0);
}
}  // namespace guanxi::python
