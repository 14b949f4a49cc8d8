#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_share(py::module_&) {}
}  // namespace guanxi::python
