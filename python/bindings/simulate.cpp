#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_simulate(py::module_&) {}
}  // namespace guanxi::python
