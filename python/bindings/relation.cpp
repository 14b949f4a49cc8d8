#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_relation(py::module_&) {}
}  // namespace guanxi::python
