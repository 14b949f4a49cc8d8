#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_value(py::module_&) {}
}  // namespace guanxi::python
