#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_plan(py::module_&) {}
}  // namespace guanxi::python
