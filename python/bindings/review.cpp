#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_review(py::module_&) {}
}  // namespace guanxi::python
