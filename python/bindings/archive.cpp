#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_archive(py::module_&) {}
}  // namespace guanxi::python
