#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_market(py::module_&) {}
}  // namespace guanxi::python
