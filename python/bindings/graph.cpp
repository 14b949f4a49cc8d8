#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_graph(py::module_&) {}
}  // namespace guanxi::python
